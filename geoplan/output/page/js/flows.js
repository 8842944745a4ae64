/* Flows: a thin line from every place to the centre nearest by road, as wide as its people are many. */
(function (gp) {
  "use strict";

  const COLOUR = "#1d2733";
  const flows = { name: "flows" };
  gp.flows = flows;
  gp.state.flows = false;

  flows.there = () => Boolean(gp.bulk);

  /* [point, facility] of every place with people that reaches a centre, the smallest places first. */
  flows.pairs = function () {
    const c = gp.model.coverage();
    return gp.bulk.points.id.map((_, i) => i).filter((i) => c.tenths[i] >= 0 && c.facility[i] >= 0 && gp.model.people(i) > 0)
      .sort((a, b) => gp.model.people(a) - gp.model.people(b)).map((i) => [i, c.facility[i]]);
  };

  const width = (people, zoom) => Math.min(7, (0.35 + 0.011 * Math.sqrt(people)) * Math.max(0.8, 1 + (zoom - 7.5) * 0.2));

  function draw(context, view) {
    const p = gp.bulk.points, f = gp.bulk.facilities, zoom = gp.map.getZoom(), at = new Map();
    const goal = (to) => at.get(to) || at.set(to, gp.map.latLngToContainerPoint([f.lat[to], f.lon[to]])).get(to);
    context.strokeStyle = COLOUR;
    context.lineCap = "round";
    context.globalAlpha = 0.5;
    flows.pairs().forEach(([i, to]) => {
      const from = gp.map.latLngToContainerPoint([p.lat[i], p.lon[i]]), end = goal(to);
      if (Math.max(from.x, end.x) < view.west || Math.min(from.x, end.x) > view.east || Math.max(from.y, end.y) < view.north || Math.min(from.y, end.y) > view.south) return;
      context.lineWidth = width(gp.model.people(i), zoom);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(end.x, end.y);
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  flows.redraw = function () {
    if (!flows.layer) return;
    if (!gp.state.flows) flows.layer.remove();
    else if (gp.map.hasLayer(flows.layer)) flows.layer.redraw();
    else flows.layer.addTo(gp.map);
  };

  flows.legend = () => [[gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("path", { d: "M1 12L21 6", stroke: COLOUR, "stroke-width": 2.4, opacity: 0.5 }), gp.svg("path", { d: "M1 2L21 6", stroke: COLOUR, "stroke-width": 0.8, opacity: 0.5 })), gp.t("flows.legend")]];

  gp.layers.push(flows);
  gp.whenReady(() => {
    gp.paint(gp.map.createPane("gp-flows"), { "z-index": "400", "pointer-events": "none" });
    flows.layer = new gp.CanvasLayer("gp-flows", draw);
    gp.onChange(["flows", ...gp.model.FIGURES], flows.redraw);
    gp.onChange(["flows"], gp.controls.render);
    gp.onChange(["flows"], gp.legend.render);
    flows.redraw();
  });
})(window.geoplan);
