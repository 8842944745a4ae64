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
  const WATER = { fillColor: "#d5e3ee", stroke: false, fillOpacity: 1 };
  const LAND = { fillColor: "#eeece6", stroke: false, fillOpacity: 1 };

  const basemap = { casings: [] };
  gp.basemap = basemap;

  basemap.start = function (layers) {
    basemap.roads = layers.roads;
    layers.neighbours.eachLayer((layer) => {
      const kind = gp.head.neighbours.kind[layer.feature.properties.i];
      layer.setStyle(kind === "country" ? LAND : WATER);
      if (kind !== "country") layer.bringToFront();
    });
    relief();
    if (gp.head.neighbours.borders) {
      L.geoJSON(gp.head.neighbours.borders, { pane: "gp-neighbours", interactive: false, style: { color: "#c3c6c4", weight: 0.9 } }).addTo(gp.map);
    }
    outlines();
    layers.roads.remove();
  };

  /* Its cells are a kilometre wide: closer in the shading fades. */
  function relief() {
    if (!gp.relief) return;
    const image = L.imageOverlay(gp.relief.src, gp.relief.bounds, { pane: "gp-relief", alt: "" }).addTo(gp.map);
    const fit = () => image.setOpacity(Math.max(0.18, Math.min(0.55, 0.55 - (gp.map.getZoom() - 8.5) * 0.17)));
    gp.map.on("zoomend", fit);
    fit();
  }

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

  const isOpen = (i) => gp.model.roadsOpen()[gp.state.year][i] === 1;

  /* Over coloured districts roads step back: thin and white; over plain ones they show their class. */
  function style(i) {
    const look = ROADS[gp.word(gp.bulk.roads.class, i)] || ROADS.unclassified;
    const open = isOpen(i);
    if (gp.areas()) {
      return { color: open ? "#ffffff" : "#f0d9f7", weight: open ? Math.max(0.8, look.weight * 0.62) : 1.2, opacity: open ? 0.7 : 0.95,
        dashArray: open ? null : "2 4", lineCap: "round" };
    }
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
    basemap.casing = L.geoJSON(features, { pane: "gp-roads", interactive: false });
    basemap.restyle();
  };

  const casing = (i) => ({ color: "#ffffff", opacity: isOpen(i) ? 0.75 : 0, lineCap: "round", weight: weightOf(i) + 1.8 });
  const weightOf = (i) => (ROADS[gp.word(gp.bulk.roads.class, i)] || ROADS.unclassified).weight;

  /* Only what looks otherwise than before is touched. */
  function dress(layer, look) {
    const key = Object.values(look).join();
    if (layer.worn === key) return;
    layer.worn = key;
    layer.setStyle(look);
  }

  basemap.restyle = function () {
    if (!gp.bulk) return;
    basemap.roads.eachLayer((layer) => dress(layer, style(layer.feature.properties.i)));
    basemap.casing.eachLayer((layer) => dress(layer, casing(layer.feature.properties.i)));
    basemap.toggle();
  };

  basemap.toggle = function () {
    if (!gp.bulk) return;
    const show = (layer, on) => (on ? layer.addTo(gp.map) : layer.remove());
    const before = gp.map.hasLayer(basemap.casing);
    show(basemap.casing, gp.state.roads && !gp.areas());
    show(basemap.roads, gp.state.roads);
    if (gp.state.roads && gp.map.hasLayer(basemap.casing) && !before) basemap.roads.bringToFront();
  };
})(window.geoplan);
