/* The tile layer that was asked for when the page was built: the one thing that needs the Internet, beneath all else. */
(function (gp) {
  "use strict";

  gp.tiles = { start };

  function start(layers) {
    const pane = gp.map.createPane("gp-tiles");
    gp.paint(pane, { "z-index": "190", "pointer-events": "none" });
    L.tileLayer(gp.head.basemap.url, { pane: "gp-tiles", maxZoom: 19, crossOrigin: false }).addTo(gp.map);
    // our own ground stays as borders only: the tiles show land and sea
    layers.neighbours.setStyle({ fillOpacity: 0 });
    gp.paint(gp.map.getPane("gp-relief"), { display: "none" });
  }
})(window.geoplan);
