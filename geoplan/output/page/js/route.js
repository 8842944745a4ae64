/* The fastest route of a point to its nearest centre: pointers over the drawn roads, then a line. */
(function (gp) {
  "use strict";

  const route = {};
  gp.route = route;

  function lengths(line) {
    const out = [0];
    for (let k = 1; k < line.length; k += 1) {
      const dx = (line[k][0] - line[k - 1][0]) * Math.cos(line[k][1] * Math.PI / 180), dy = line[k][1] - line[k - 1][1];
      out.push(out[k - 1] + Math.hypot(dx, dy));
    }
    return out;
  }

  /* The piece of a line between two shares of its length, in the direction of travel. */
  function piece(line, start, end) {
    if (start > end) return piece(line, end, start).reverse();
    const at = lengths(line), whole = at[at.length - 1] || 1;
    const point = function (share) {
      const s = share * whole;
      const k = Math.max(1, at.findIndex((v) => v >= s - 1e-12));
      const part = (s - at[k - 1]) / (at[k] - at[k - 1] || 1);
      return [0, 1].map((c) => line[k - 1][c] + (line[k][c] - line[k - 1][c]) * part);
    };
    const between = line.filter((_, k) => at[k] > start * whole && at[k] < end * whole);
    return [point(start), ...between, point(end)];
  }

  function follow(r, row, node) {
    const roads = gp.bulk.roads, parts = [], passed = [];
    let at = node;
    // a route visits no road twice: more steps than roads would be a broken pointer
    for (let step = 0; step <= roads.id.length; step += 1) {
      const next = r.next[row][at];
      if (next < 0) break;
      const forward = roads.from[next] === at;
      const line = gp.basemap.line(next);
      parts.push(forward ? line : line.slice().reverse());
      passed.push(next);
      at = forward ? roads.to[next] : roads.from[next];
    }
    return { parts, passed, at };
  }

  /* {line: [[lat, lon]...], legs: [[from, to]...], roads: [row...]} of point `i`, null where nothing is reached. */
  route.of = function (i, service) {
    const parent = gp.model.isOfParent(null, service), other = parent ? gp.bulk.base.routes[gp.state.year] : null;
    const r = other || gp.bulk.routes[gp.state.year], c = gp.model.coverage(service), f = gp.bulk.facilities, p = gp.bulk.points;
    const to = c.facility[i], entry = r.entry[service];
    if (to < 0 || c.tenths[i] < 0 || !entry) return null;
    const start = [p.lat[i], p.lon[i]], end = [f.lat[to], f.lon[to]];
    // only the ways of the run and of its parent travel with the page
    const own = parent ? c : gp.model.own.coverage(service);
    if (own.facility[i] !== to || own.tenths[i] !== c.tenths[i]) return { line: [], legs: [[start, end]], roads: [], straight: true };
    const row = r.facility.indexOf(to), node = entry.node[i];
    if (row < 0 || entry.direct[i] || node === -2) return { line: [], legs: [[start, end]], roads: [] };
    const drawn = node === -1
      ? { coordinates: piece(gp.basemap.line(r.road[i]), r.share[i], r.facility_share[row]), roads: [r.road[i]] }
      : viaNodes(r, row, i, node);
    const line = drawn.coordinates.map(([lon, lat]) => [lat, lon]);
    return { line, legs: [[start, line[0]], [line[line.length - 1], end]], roads: drawn.roads };
  };

  function viaNodes(r, row, i, node) {
    const roads = gp.bulk.roads, own = r.road[i], last = r.facility_road[row];
    const first = piece(gp.basemap.line(own), r.share[i], roads.from[own] === node ? 0 : 1);
    const middle = follow(r, row, node);
    const arrival = piece(gp.basemap.line(last), roads.from[last] === middle.at ? 0 : 1, r.facility_share[row]);
    return { coordinates: [first, ...middle.parts, arrival].flat(), roads: [own, ...middle.passed, last] };
  }

  /* Refs or names along the way, each once in a row. */
  route.names = function (rows) {
    const words = rows.map((i) => gp.word(gp.bulk.roads.ref, i) || gp.word(gp.bulk.roads.name, i)).filter(Boolean);
    return words.filter((word, k) => k === 0 || word !== words[k - 1]);
  };

  route.draw = function () {
    if (route.layer) route.layer.remove();
    const chosen = gp.state.selection;
    if (!gp.bulk || !chosen || chosen.kind !== "point") return;
    const found = route.of(chosen.i, chosen.service || gp.model.service().id);
    if (!found) return;
    const style = { pane: "gp-route", interactive: false, lineCap: "round", lineJoin: "round" };
    const line = (points, look) => L.polyline(points, Object.assign({}, style, look));
    route.layer = L.layerGroup([
      line(found.line, { color: "#ffffff", weight: 9, opacity: 0.95 }),
      ...found.legs.map((leg) => line(leg, { color: "#ffffff", weight: 6 })),
      line(found.line, { color: "#d1480a", weight: 4.6 }),
      ...found.legs.map((leg) => line(leg, { color: "#d1480a", weight: found.straight ? 3 : 2.6, dashArray: found.straight ? "10 8" : "1 6" })),
    ]).addTo(gp.map);
    route.bounds = L.latLngBounds([...found.line, ...found.legs.flat()]);
  };
})(window.geoplan);
