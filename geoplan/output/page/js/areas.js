/* Service areas: from where the nearest centre lies within each band, as the engine has drawn them for the run. */
(function (gp) {
  "use strict";

  const areas = { name: "areas", drawn: [] };
  gp.serviceAreas = areas;
  gp.state.areas = false;

  areas.there = () => Boolean(gp.bulk && gp.bulk.areas);

  /* Polygons of one year: a year that is like an earlier one is its number. */
  function ofYear(year) {
    const found = gp.bulk.areas.years[year];
    return typeof found === "number" ? gp.bulk.areas.years[found] : found;
  }

  /* One list of polygons a band for the shown service, year and side; null where the run has not drawn what is shown. */
  areas.shown = function () {
    const side = gp.model.side(), year = gp.state.year, service = gp.head.services[gp.state.service].id;
    if (side === "plan" && gp.model.isChanged()) return null;
    const base = side === "base" && gp.bulk.areas.base ? gp.bulk.areas.base[year] : null;
    return (base || ofYear(year))[service] || [];
  };

  /* Corners are steps from the one before, in parts of a degree. */
  function ring(steps) {
    let lat = 0, lon = 0;
    const out = [], k = gp.bulk.areas.steps;
    for (let i = 0; i < steps.length; i += 2) {
      lat += steps[i];
      lon += steps[i + 1];
      out.push([lat / k, lon / k]);
    }
    return out;
  }

  /* Each band holds the ones before it: the outermost lies at the bottom, and the next one covers it. */
  function drawn(pane) {
    const bands = areas.shown(), colours = gp.palette.bands();
    if (!bands) return null;
    return L.layerGroup(bands.map((polygons, k) => L.polygon(polygons.map((rings) => rings.map(ring)), {
      pane, interactive: false, smoothFactor: 0.6, fillColor: colours[k], fillOpacity: 1, color: "#ffffff", weight: 0.8, opacity: 0.9,
    })).reverse()).addTo(gp.map);
  }

  /* Beside the base each side has its own. */
  areas.redraw = function () {
    areas.drawn.forEach((layer) => layer.remove());
    areas.drawn = [];
    if (!areas.there() || !gp.state.areas) return;
    const both = [drawn("gp-areas"), gp.modes.isCompare() ? gp.model.as("base", () => drawn("gp-areas-base")) : null];
    areas.drawn = both.filter(Boolean);
  };

  /* The colours of areas are those of the points: over coloured districts they would say two things at once. */
  function follow() {
    if (gp.state.areas && gp.state.theme !== "settlements") gp.set({ theme: "settlements" });
    areas.redraw();
  }

  function leave() {
    if (gp.state.areas && gp.state.theme !== "settlements") gp.set({ areas: false });
  }

  areas.note = () => (gp.state.areas && !areas.shown() ? gp.t("areas.hidden") : null);
  areas.legend = () => (areas.shown() ? [[gp.palette.swatch(gp.palette.bands()[0], { "fill-opacity": 0.65 }), gp.t("areas.legend")]] : []);

  gp.layers.push(areas);
  gp.whenReady(() => {
    ["gp-areas", "gp-areas-base"].forEach((name) => gp.paint(gp.map.createPane(name), { "z-index": "320", opacity: "0.6", "pointer-events": "none" }));
    gp.onChange(["areas"], follow);
    gp.onChange(["theme"], leave);
    gp.onChange(gp.model.FIGURES, areas.redraw);
    gp.onChange(["areas", ...gp.model.FIGURES], gp.controls.render);
    gp.onChange(["areas"], gp.legend.render);
    areas.redraw();
  });
})(window.geoplan);
