/* Economic regions: made of districts, with borders of their own where two of them meet. */
(function (gp) {
  "use strict";

  const regions = {};
  gp.regions = regions;

  regions.row = (r, service, side) => gp.model.total("region", gp.head.regions.id[r], service, side);
  regions.members = (r) => gp.head.districts.id.map((_, i) => i).filter((i) => gp.head.districts.region[i] === r);
  regions.isDark = (r) => gp.districts.isDark(regions.members(r)[0]);

  /* The place for its name: the district's that lies nearest to the middle of all its districts. */
  regions.label = function (r) {
    regions.labels = regions.labels || [];
    if (!regions.labels[r]) {
      const spots = regions.members(r).map((i) => gp.head.districts.label[i]);
      const middle = [0, 1].map((k) => spots.reduce((sum, s) => sum + s[k], 0) / spots.length);
      const far = (s) => Math.hypot(s[0] - middle[0], s[1] - middle[1]);
      regions.labels[r] = spots.reduce((best, s) => (far(s) < far(best) ? s : best));
    }
    return regions.labels[r];
  };

  regions.bounds = function (r) {
    const box = L.latLngBounds([]);
    regions.members(r).forEach((i) => box.extend(gp.districts.layers[i].getBounds()));
    return box;
  };

  const rings = (geometry) => (geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat());

  /* Neighbours share their vertices: a piece of border that two regions have, or only one, is a border of regions. */
  function borders() {
    const owners = new Map();
    gp.districts.layers.forEach((polygon, i) => rings(polygon.feature.geometry).forEach((ring) => {
      for (let k = 1; k < ring.length; k += 1) {
        const [a, b] = [ring[k - 1].join(), ring[k].join()];
        const key = a < b ? a + " " + b : b + " " + a;
        if (!owners.has(key)) owners.set(key, { line: [ring[k - 1], ring[k]], of: new Set() });
        owners.get(key).of.add(gp.head.districts.region[i]);
      }
    }));
    return joined([...owners.values()].filter((edge) => edge.of.size > 1).map((edge) => edge.line));
  }

  /* Single pieces end to end: far fewer lines to draw. */
  function joined(pieces) {
    const lines = [];
    pieces.forEach(([a, b]) => {
      const last = lines[lines.length - 1], end = last && last[last.length - 1];
      if (end && end[0] === a[0] && end[1] === a[1]) last.push(b);
      else lines.push([a, b]);
    });
    return { type: "MultiLineString", coordinates: lines };
  }

  /* --- a region as one shape: inner borders go, what is left is joined to rings -------------------------------- */

  const area = (ring) => ring.slice(1).reduce((sum, p, k) => sum + (p[0] - ring[k][0]) * (p[1] + ring[k][1]), 0); // below zero: counter-clockwise
  const turned = (ring, clockwise) => ((area(ring) > 0) === clockwise ? ring : ring.slice().reverse());
  const polygons = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

  function outerEdges(r) {
    const edges = new Map();
    regions.members(r).forEach((i) => polygons(gp.districts.layers[i].feature.geometry).forEach((polygon) => polygon.forEach((ring, k) => {
      turned(ring, k > 0).forEach((b, at, all) => {
        if (!at) return;
        const a = all[at - 1], back = b.join() + " " + a.join();
        if (!edges.delete(back)) edges.set(a.join() + " " + b.join(), [a, b]);
      });
    })));
    return edges;
  }

  /* Walk from edge to edge; where the way meets itself a ring is done. */
  function ringsOf(edges) {
    const from = new Map(), rings = [];
    edges.forEach(([a, b]) => from.set(a.join(), [...(from.get(a.join()) || []), b]));
    const starts = [...edges.values()].map(([a]) => a);
    starts.forEach((start) => {
      let key = start.join();
      const path = [start], at = new Map([[key, 0]]);
      while (from.get(key).length) {
        const next = from.get(key).pop();
        key = next.join();
        path.push(next);
        if (at.has(key)) {
          rings.push(path.slice(at.get(key)));
          path.splice(at.get(key) + 1).forEach((p) => p !== next && at.delete(p.join()));
        } else at.set(key, path.length - 1);
      }
    });
    return rings;
  }

  const within = (p, ring) => ring.slice(1).reduce((inside, b, k) => {
    const a = ring[k];
    return (a[1] > p[1]) !== (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] ? !inside : inside;
  }, false);

  regions.shape = function (r) {
    const rings = ringsOf(outerEdges(r)), outer = rings.filter((ring) => area(ring) < 0).map((ring) => [ring]);
    const middle = (ring) => [0, 1].map((k) => (ring[0][k] + ring[1][k]) / 2);
    rings.filter((ring) => area(ring) > 0).forEach((hole) => {
      const home = outer.find(([ring]) => within(middle(hole), ring));
      if (home) home.push(hole);
    });
    return { type: "MultiPolygon", coordinates: outer };
  };

  regions.restyle = function () {
    const on = gp.state.theme === "regions";
    if (on && !regions.lines) {
      const shape = borders(), line = (style) => L.geoJSON(shape, { pane: "gp-outline", interactive: false, style: Object.assign({ lineJoin: "round", fill: false }, style) });
      regions.lines = L.featureGroup([line({ color: "#ffffff", weight: 4.4, opacity: 0.75 }), line({ color: "#1d2733", weight: 1.8, opacity: 1 })]);
    }
    if (!regions.lines) return;
    if (on) regions.lines.addTo(gp.map);
    else regions.lines.remove();
  };
})(window.geoplan);
