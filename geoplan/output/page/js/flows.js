/* Flows: a thin line from every settlement to the centre nearest by road, as wide as its people are many. */
(function (gp) {
  "use strict";

  const COLOUR = "#1d2733";
  const flows = { name: "flows" };
  gp.flows = flows;
  gp.state.flows = false;

  flows.there = () => Boolean(gp.bulk);

  /* {from, to, people} of every settlement that reaches a centre, and of the rural people of each district together; the smallest first. */
  flows.lines = function () {
    const c = gp.model.coverage(), p = gp.bulk.points, rural = new Map(), out = [];
    p.id.forEach((_, i) => {
      const to = c.facility[i], people = gp.model.people(i);
      if (c.tenths[i] < 0 || to < 0 || people <= 0) return;
      if (gp.model.isSettlement(i)) return void out.push({ from: [p.lat[i], p.lon[i]], to, people });
      const key = p.district[i] + "|" + to, sum = rural.get(key) || { from: [0, 0], to, people: 0 };
      sum.from = [sum.from[0] + people * p.lat[i], sum.from[1] + people * p.lon[i]];
      sum.people += people;
      rural.set(key, sum);
    });
    rural.forEach((sum) => out.push(Object.assign(sum, { from: sum.from.map((v) => v / sum.people) })));
    return out.sort((a, b) => a.people - b.people);
  };

  const width = (people, zoom) => Math.min(8, (0.4 + 0.0115 * Math.sqrt(people)) * Math.max(0.8, 1 + (zoom - 7.5) * 0.2));

  function draw(context, view) {
    const f = gp.bulk.facilities, zoom = gp.map.getZoom();
    context.strokeStyle = COLOUR;
    context.lineCap = "round";
    context.setLineDash([]);
    context.globalAlpha = 0.5;
    flows.lines().forEach((line) => {
      const from = gp.map.latLngToContainerPoint(line.from), end = gp.map.latLngToContainerPoint([f.lat[line.to], f.lon[line.to]]);
      if (Math.max(from.x, end.x) < view.west || Math.min(from.x, end.x) > view.east || Math.max(from.y, end.y) < view.north || Math.min(from.y, end.y) > view.south) return;
      context.lineWidth = width(line.people, zoom);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(end.x, end.y);
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  flows.redraw = function () {
    if (!flows.layer) return;
    show(flows.layer, gp.state.flows);
    show(flows.base, gp.state.flows && gp.modes.isCompare());
  };

  function show(layer, on) {
    if (!on) layer.remove();
    else if (gp.map.hasLayer(layer)) layer.redraw();
    else layer.addTo(gp.map);
  }

  flows.legend = () => [[gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("path", { d: "M1 12L21 6", stroke: COLOUR, "stroke-width": 2.4, opacity: 0.5 }), gp.svg("path", { d: "M1 2L21 6", stroke: COLOUR, "stroke-width": 0.8, opacity: 0.5 })), gp.t("flows.legend")]];

  gp.layers.push(flows);
  gp.whenReady(() => {
    ["gp-flows", "gp-flows-base"].forEach((name) => gp.paint(gp.map.createPane(name), { "z-index": "400", "pointer-events": "none" }));
    flows.layer = new gp.CanvasLayer("gp-flows", draw);
    flows.base = new gp.CanvasLayer("gp-flows-base", (context, view) => gp.model.as("base", () => draw(context, view)));
    gp.onChange(["flows", ...gp.model.FIGURES], flows.redraw);
    gp.onChange(["flows"], gp.controls.render);
    gp.onChange(["flows"], gp.legend.render);
    flows.redraw();
  });
})(window.geoplan);
