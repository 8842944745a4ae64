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
