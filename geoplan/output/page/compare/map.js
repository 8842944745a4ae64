/* The difference map: districts and places from brown (worse) over white to green (better); states have marks. */
(function (gp) {
  "use strict";

  /* Seven classes of BrBG (Brewer 2003), worse to better. */
  const COLOURS = ["#8c510a", "#d8b365", "#f6e8c3", "#f5f5f5", "#c7eae5", "#5ab4ac", "#01665e"];
  const LIMITS = { share: [5, 20], minutes: [10, 30] };
  const NONE = "#e3e6e9", INK = "#1d2733";
  const map = { COLOURS };
  gp.mapView = map;
  let districts, layers = [], dots, halo;

  /* 0-6 for a difference; `better` is +1 where more is better, -1 where less is. */
  map.classOf = function (value, theme) {
    const [small, large] = LIMITS[theme], better = theme === "share" ? value : -value;
    if (Math.abs(better) < 0.05) return 3;
    const size = Math.abs(better) >= large ? 3 : Math.abs(better) >= small ? 2 : 1;
    return 3 + (better > 0 ? size : -size);
  };
  map.colour = (value, theme) => (value === null || value === undefined ? NONE : COLOURS[map.classOf(value, theme)]);

  map.start = function (handed) {
    gp.map = handed.map;
    districts = handed.districts;
    const box = gp.map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("data-gp-map", "");
    L.control.zoom({ position: "topright" }).addTo(gp.map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 110 }).addTo(gp.map);
    districts.eachLayer((layer) => {
      const i = layer.feature.properties.i;
      layers[i] = layer;
      layer.bindTooltip(() => tip(i), { sticky: true, className: "gp-tip" });
      layer.on("click", () => gp.set({ selection: { kind: "district", i } }));
    });
    // dots lie above the districts but leave them the pointer
    gp.map.createPane("gp-dots").style.zIndex = 410;
    gp.map.getPane("gp-dots").style.pointerEvents = "none";
    dots = L.layerGroup().addTo(gp.map);
    new ResizeObserver(() => gp.map.invalidateSize({ animate: false })).observe(box);
  };

  /* The whole country; once header and panel have their size. */
  map.fit = function () {
    gp.map.invalidateSize({ animate: false, pan: false });
    const wide = window.innerWidth > 720; // the legend lies on the right below
    if (gp.head.view) gp.map.fitBounds(gp.head.view, { paddingTopLeft: [14, 14], paddingBottomRight: [wide ? 170 : 14, 14], animate: false });
  };

  /* Leaflet takes an element: names stay text. */
  function tip(i) {
    const row = gp.model.district(i);
    const name = gp.el("strong", {}, gp.name(gp.head.districts.name, i));
    if (!row) return gp.el("div", {}, name);
    return gp.el("div", {}, name, gp.el("div", {}, gp.panel.shares(row)),
      gp.el("div", {}, gp.t("kpi.mean"), ": ", gp.panel.minutes(row)));
  }

  map.restyle = function () {
    layers.forEach((layer, i) => layer.setStyle({ weight: 1, color: "#66717c", fillOpacity: 0.85,
      fillColor: map.colour(gp.model.step(gp.model.district(i)), gp.state.theme) }));
    const nation = gp.model.nation();
    gp.map.getContainer().setAttribute("aria-label", gp.t("map.label", { service: gp.name(gp.model.service().name),
      shares: nation ? gp.panel.shares(nation) : "" }));
    places();
    map.mark();
  };

  /* What is selected: a district by its outline, a place by a ring. */
  map.mark = function () {
    const chosen = gp.state.selection;
    layers.forEach((layer, i) => {
      const on = Boolean(chosen) && chosen.kind === "district" && chosen.i === i;
      layer.setStyle({ weight: on ? 3.5 : 1, color: on ? INK : "#66717c" });
      if (on) layer.bringToFront();
    });
    if (halo) halo.remove();
    halo = null;
    if (!chosen || chosen.kind !== "point" || !gp.bulk) return;
    const p = gp.bulk.points;
    halo = L.circleMarker([p.lat[chosen.i], p.lon[chosen.i]], { pane: "gp-dots", radius: 11, color: INK, weight: 3, fill: false, interactive: false }).addTo(gp.map);
  };

  function places() {
    if (!gp.bulk) return;
    dots.clearLayers();
    const p = gp.bulk.points, renderer = map.renderer || (map.renderer = L.canvas({ padding: 0.3, pane: "gp-dots" }));
    gp.model.places().filter(gp.model.moved).forEach((row) => {
      const look = style(row);
      L.circleMarker([p.lat[row.i], p.lon[row.i]], Object.assign({ renderer, pane: "gp-dots", interactive: false,
        radius: radius(row) }, look)).addTo(dots);
    });
  }

  function radius({ i, people, state }) {
    if (state.startsWith("became")) return 5;
    if (gp.word(gp.bulk.points.kind, i) === "rural_cell") return 1.8;
    return people > 100000 ? 8 : people > 10000 ? 6 : people > 1000 ? 4.2 : 3;
  }

  function style(row) {
    if (row.state === "became_reachable") return { color: COLOURS[6], weight: 3, fillColor: "#fff", fillOpacity: 1 };
    if (row.state === "became_unreachable") return { color: COLOURS[0], weight: 3, fillColor: "#fff", fillOpacity: 1, dashArray: "3 3" };
    return { color: INK, weight: gp.word(gp.bulk.points.kind, row.i) === "rural_cell" ? 0.3 : 1, fillColor: map.colour(row.tenths / 10, "minutes"), fillOpacity: 0.95 };
  }

  /* Bring a place into view. */
  map.goTo = function (i) {
    const p = gp.bulk.points, calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    gp.map.setView([p.lat[i], p.lon[i]], Math.max(gp.map.getZoom(), 9), { animate: !calm });
  };

  map.legend = function () {
    const theme = gp.state.theme, [small, large] = LIMITS[theme];
    const ranges = ["\u2265 " + large, small + "\u2013" + large, "< " + small];
    const rows = [["better", [6, 5, 4]], ["worse", [2, 1, 0]]].map(([word, classes]) =>
      classes.map((c, k) => item(square(COLOURS[c]), gp.t("legend." + theme + "." + word) + " " + (word === "better" ? ranges[k] : ranges[2 - k]))));
    gp.replace("gp-legend", gp.el("details", { open: window.innerWidth > 720 },
      gp.el("summary", {}, gp.t("legend." + theme)),
      gp.el("ul", {}, rows[0], item(square(COLOURS[3]), gp.t("legend.same")), rows[1],
        item(square(NONE), gp.t("legend.none")),
        item(ring(COLOURS[6], null), gp.t("state.became_reachable")),
        item(ring(COLOURS[0], "3 3"), gp.t("state.became_unreachable")),
        gp.el("li", { class: "gp-soft" }, gp.t("legend.points")))));
  };

  const item = (picture, text) => gp.el("li", {}, picture, gp.el("span", {}, text));
  const square = (fill) => gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, rx: 2, fill, stroke: "rgba(20,28,36,.45)" }));
  const ring = (stroke, dash) => gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("circle", { cx: 11, cy: 7, r: 5, fill: "#fff", stroke, "stroke-width": 2.4, "stroke-dasharray": dash }));
})(window.geoplan);
