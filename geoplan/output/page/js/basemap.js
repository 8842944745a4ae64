/* The vector background: neighbours and sea, relief, roads by class, outlines. No tile, no request. */
(function (gp) {
  "use strict";

  const ROADS = {
    motorway: { weight: 2.6, colour: "#8a5a2b" },
    trunk: { weight: 2.2, colour: "#8a5a2b" },
    primary: { weight: 1.7, colour: "#9a7550" },
    secondary: { weight: 1.3, colour: "#8d8175" },
    tertiary: { weight: 1.0, colour: "#8d8175" },
    unclassified: { weight: 0.9, colour: "#8d8175" },
  };
  const WATER = { fillColor: "#d5e3ee", color: "#a9c1d4", weight: 0.8, fillOpacity: 1 };
  const LAND = { fillColor: "#eeece6", color: "#cdc8bd", weight: 0.8, fillOpacity: 1 };

  const basemap = { casings: [] };
  gp.basemap = basemap;

  basemap.start = function (layers) {
    basemap.roads = layers.roads;
    layers.neighbours.eachLayer((layer) => {
      const kind = gp.head.neighbours.kind[layer.feature.properties.i];
      layer.setStyle(kind === "country" ? LAND : WATER);
      if (kind !== "country") layer.bringToFront();
    });
    if (gp.relief) L.imageOverlay(gp.relief.src, gp.relief.bounds, { pane: "gp-relief", opacity: 0.55, alt: "" }).addTo(gp.map);
    outlines();
    layers.roads.remove();
  };

  function outlines() {
    const { country, liberated } = gp.head.outlines;
    const draw = (shape, style) => shape &&
      L.geoJSON(shape, { pane: "gp-outline", interactive: false, style: Object.assign({ fill: false }, style) }).addTo(gp.map);
    draw(country, { color: "#5d6670", weight: 1.4 });
    draw(liberated, { color: "#ffffff", weight: 5, opacity: 0.8 });
    draw(liberated, { color: "#a3195b", weight: 2.2 });
  }

  /* The coordinates of road `i` as [lon, lat]. */
  basemap.line = (i) => basemap.lines[i];

  function style(i) {
    const roads = gp.bulk.roads;
    const look = ROADS[gp.word(roads.class, i)] || ROADS.unclassified;
    const open = roads.open[gp.state.year][i] === 1;
    return { color: open ? look.colour : "#6b4f7d", weight: open ? look.weight : 1.8, opacity: 0.9,
      dashArray: open ? null : "2 5", lineCap: "round" };
  }

  /* Once the bulk is there: the class of each road is known. */
  basemap.dressRoads = function () {
    basemap.lines = [];
    const features = [];
    basemap.roads.eachLayer((layer) => {
      basemap.lines[layer.feature.properties.i] = layer.feature.geometry.coordinates;
      features.push(layer.feature);
    });
    const wide = { pane: "gp-roads", interactive: false };
    basemap.casing = L.geoJSON(features, Object.assign({
      style: (f) => Object.assign(style(f.properties.i), { color: "#ffffff", opacity: 0.75, dashArray: null,
        weight: style(f.properties.i).weight + 1.8 }),
      filter: (f) => gp.bulk.roads.open[gp.state.year][f.properties.i] === 1,
    }, wide));
    basemap.restyle();
    basemap.toggle();
  };

  basemap.restyle = function () {
    basemap.roads.eachLayer((layer) => layer.setStyle(style(layer.feature.properties.i)));
  };

  basemap.toggle = function () {
    if (!gp.bulk) return;
    [basemap.casing, basemap.roads].forEach((layer) =>
      gp.state.roads ? layer.addTo(gp.map) : layer.remove());
  };
})(window.geoplan);
