/* District polygons: share within the target, hatching and dashes for what is uncertain, tooltip and click. */
(function (gp) {
  "use strict";

  const districts = { layers: [] };
  gp.districts = districts;

  districts.start = function (layer) {
    districts.group = layer;
    layer.eachLayer((polygon) => {
      const i = polygon.feature.properties.i;
      districts.layers[i] = polygon;
      districts.listen(polygon, i);
    });
    // no bindTooltip: its focus listeners would make every polygon a silent tab stop; the table is the keyboard's way
    districts.tip = L.tooltip({ className: "gp-tip", direction: "auto", opacity: 1 });
    gp.map.on("zoomend", () => strength() !== districts.strength && districts.restyle());
    addPatterns();
    hatchPart();
    districts.restyle();
  };

  districts.listen = (polygon, i) => polygon.on({ mouseover: () => hover(i, true), mousemove: (e) => follow(i, e), mouseout: () => hover(i, false), click: (e) => click(i, e) });

  function addPatterns() {
    // one set of patterns for every svg of the document: fills refer to them by their id
    document.body.append(gp.svg("svg", { width: 0, height: 0, class: "gp-defs", "aria-hidden": "true", focusable: "false" }, gp.palette.defs()));
  }

  /* Nobody has published where the line runs inside these districts: the whole district is hatched. */
  function hatchPart() {
    districts.layers.forEach((polygon, i) => {
      if (gp.head.districts.liberated[i] !== "part") return;
      L.geoJSON(polygon.feature.geometry, { pane: "gp-hatch", interactive: false,
        style: { fillColor: "url(#gp-part)", fillOpacity: 1, color: "#a3195b", weight: 1.6, dashArray: "6 4" } }).addTo(gp.map);
    });
  }

  /* The figures that colour district `i`: its own, or those of its region. */
  districts.row = (i) => (gp.state.theme === "regions" ? gp.regions.row(gp.head.districts.region[i]) : gp.model.districtRow(i));

  districts.fill = function (i) {
    if (gp.modes.isDifference()) return gp.modes.areaFill(i);
    const row = districts.row(i);
    const state = gp.model.stateOf(row);
    if (state === "share") return gp.palette.shareColour(gp.model.share(row));
    return { empty: "#f7f6f3", not_assessed: "url(#gp-not-assessed)", unreachable: "url(#gp-unreachable)" }[state];
  };

  districts.isDark = function (i) {
    if (gp.modes.isDifference() && gp.map.getZoom() < 9) return gp.modes.isDark(i);
    if (!gp.areas() || gp.map.getZoom() >= 9) return false;
    const row = districts.row(i);
    return !gp.filter.hides(gp.filter.keyOfRow(row)) && gp.model.stateOf(row) === "share" && gp.model.share(row) < 0.6;
  };

  /* Closer in, ground and roads matter more than the colour. */
  const strength = () => (gp.map.getZoom() >= 9 ? 0.5 : 0.78);

  function style(i) {
    const assumed = gp.head.districts.confidence[i] === "assumed";
    const shaded = gp.areas() && !gp.filter.hides(gp.filter.keyOfRow(districts.row(i)));
    return { fillColor: shaded ? districts.fill(i) : "#fdfcf9", fillOpacity: shaded ? strength() : 0.62,
      color: assumed ? "#1d2733" : gp.modes.isDifference() ? "#b4bcc4" : "#ffffff", weight: assumed ? 1.6 : 1, opacity: 1, dashArray: assumed ? "5 4" : null };
  }

  districts.style = style;

  const worn = []; // the look of each polygon: most stay as they are

  districts.restyle = function () {
    districts.strength = strength();
    const plain = !gp.areas();
    districts.layers.forEach((polygon, i) => {
      const look = style(i);
      if (plain && !look.dashArray) look.color = "#9aa3ab";
      const key = Object.values(look).join();
      if (worn[i] === key) return;
      worn[i] = key;
      polygon.setStyle(look);
      if (look.dashArray) polygon.bringToFront();
    });
    const chosen = gp.state.selection;
    if (chosen && chosen.kind === "district") mark(chosen.i);
    gp.regions.restyle();
  };

  function mark(i) {
    worn[i] = null;
    districts.layers[i].setStyle({ color: "#111a24", weight: 3, dashArray: null }).bringToFront();
  }

  function hover(i, on) {
    if (!on) districts.quiet();
    const chosen = gp.state.selection;
    if (chosen && chosen.kind === "district" && chosen.i === i) return;
    worn[i] = null;
    if (on) districts.layers[i].setStyle({ weight: 2.4, color: "#111a24" });
    else districts.restyle();
  }

  /* The tooltip goes with the pointer, unless a point lies on top. */
  function follow(i, event) {
    if (gp.points.hovered >= 0) return;
    if (districts.told !== i) districts.tip.setContent(tooltip(i));
    districts.told = i;
    districts.tip.setLatLng(event.latlng).addTo(gp.map);
  }

  districts.quiet = function () {
    districts.told = -1;
    districts.tip.remove();
  };

  function click(i, event) {
    if (gp.points.hit(event.containerPoint) >= 0) return; // the point on top answers
    L.DomEvent.stopPropagation(event);
    gp.set({ selection: gp.state.theme === "regions" ? { kind: "region", i: gp.head.districts.region[i] } : { kind: "district", i } });
  }

  /* What stands for a district in one line: a share, or the word of its state. */
  districts.verdict = function (row) {
    const state = gp.model.stateOf(row);
    return state === "share" ? gp.percent(gp.model.share(row), 1) : gp.t("state." + state);
  };

  function tooltip(i) {
    const row = districts.row(i), region = gp.state.theme === "regions";
    const target = gp.model.service().target.minutes;
    return gp.el("div", {}, gp.el("strong", {}, region ? gp.name(gp.head.regions.name, gp.head.districts.region[i]) : gp.name(gp.head.districts.name, i)),
      gp.el("div", {}, gp.t("tip.within", { minutes: target }) + ": ", gp.el("b", {}, districts.verdict(row))),
      gp.el("div", {}, gp.t("people") + ": " + gp.number(row ? row.population : 0)),
      gp.modes.tip(i), districts.assessed(row), region ? null : note(i));
  }

  const isPart = (row) => row && row.assessed < row.population;

  /* A share of a part of the people says of how many; where nobody is assessed, that. */
  districts.assessed = (row) => (!isPart(row) ? null : gp.el("div", { class: "gp-kpi-assessed" },
    gp.t(row.assessed ? "kpi.assessed" : "kpi.assessed.none", { n: gp.number(row.assessed), all: gp.number(row.population) })));

  /* The same in few words, for a cell of a table: "of 4,550 assessed", or nothing. */
  districts.ofWhom = (row) => (isPart(row) && row.assessed ? gp.t("assessed.of", { n: gp.number(row.assessed) }) : "");

  function note(i) {
    const d = gp.head.districts;
    const lines = [];
    if (d.liberated[i] !== "no") lines.push(gp.t("liberated." + d.liberated[i]));
    if (d.confidence[i] === "assumed") lines.push(gp.t("border.assumed"));
    return lines.map((line) => gp.el("div", { class: "gp-soft" }, line));
  }
  districts.notes = note;
})(window.geoplan);
