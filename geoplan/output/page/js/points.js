/* Settlements and rural cells on one canvas: colour by minutes, size by people, a mark for each state. */
(function (gp) {
  "use strict";

  const points = { at: [], size: [], order: [] };
  gp.points = points;

  points.start = function () {
    arrange();
    points.layer = new gp.CanvasLayer("gp-points", draw).addTo(gp.map);
    points.tip = L.tooltip({ className: "gp-tip", direction: "top", offset: [0, -8], opacity: 1 });
    gp.map.on("mousemove", (e) => hover(e));
    gp.map.on("click", (e) => click(e));
  };
  /* Big ones first, so that a village in front of a city can be seen and hit. */
  function arrange() {
    const people = gp.bulk.points.people, named = people.map((_, i) => gp.model.isSettlement(i));
    points.order = people.map((_, i) => i).sort((a, b) => named[a] - named[b] || people[b] - people[a]);
  }

  points.newYear = function () {
    if (gp.bulk) arrange();
  };
  points.redraw = () => points.layer && points.layer.redraw();

  function radius(i, zoom) {
    const grow = Math.max(0.75, 1 + (zoom - 7.5) * 0.16);
    const rural = gp.model.isSettlement(i) ? 1 : 0.7;
    return Math.min(20, (1.9 + 0.055 * Math.pow(gp.model.people(i), 0.4)) * grow * rural);
  }

  /* Is point `i` drawn with what is switched on? */
  function shown(i) {
    const chosen = gp.state.selection;
    if (chosen && chosen.kind === "point" && chosen.i === i) return true;
    if (gp.model.isPlanned(i)) return gp.state.planned && gp.map.getZoom() >= 8.25;
    if (gp.filter.any() && gp.filter.hides(gp.filter.keyOfPoint(i))) return false;
    if (gp.areas()) return gp.model.isSettlement(i) && gp.map.getZoom() >= (gp.model.people(i) > 0 ? 9 : 10);
    return gp.model.people(i) > 0 || gp.map.getZoom() >= 10;
  }

  function draw(context, view) {
    const zoom = gp.map.getZoom(), p = gp.bulk.points;
    const colours = gp.palette.bands(), coverage = gp.model.coverage();
    const sides = gp.modes.isDifference() ? gp.modes.sides() : null;
    points.at = [];
    points.order.forEach((i) => {
      if (!shown(i)) return;
      const at = gp.map.latLngToContainerPoint([p.lat[i], p.lon[i]]);
      if (!gp.inside(at, view, 20)) return;
      points.at[i] = at;
      points.size[i] = gp.model.isPlanned(i) ? 4.5 : radius(i, zoom);
      circleOfDoubt(context, i, at, zoom);
      const change = sides ? gp.modes.pointColour(i, sides) : null;
      mark(context, i, at, change ? "change" : gp.model.bandAt(coverage.tenths[i]), change ? { change } : colours);
    });
    ring(context);
  }

  points.draw = draw;

  function disc(context, at, r) {
    context.beginPath();
    context.arc(at.x, at.y, r, 0, 2 * Math.PI);
  }

  function mark(context, i, at, band, colours) {
    const r = points.size[i];
    if (gp.model.isPlanned(i)) return hollow(context, at, r, "#7a3b8f", [2.5, 2]);
    if (gp.areas()) return hollow(context, at, 2.6, "#1d2733", []);
    if (band === gp.model.NOT_ASSESSED) return hollow(context, at, r, gp.model.isSettlement(i) ? "#7b8590" : "#b3bbc2", []);
    if (band === gp.model.UNREACHABLE) return crossed(context, at, Math.max(r, gp.model.isSettlement(i) ? 3.6 : 2.6));
    context.globalAlpha = gp.model.isSettlement(i) ? 1 : 0.72;
    disc(context, at, r);
    context.fillStyle = colours[band];
    context.fill();
    context.globalAlpha = gp.model.isSettlement(i) ? 1 : 0.45;
    context.lineWidth = gp.model.isSettlement(i) ? 0.9 : 0.5;
    context.strokeStyle = "#1d2733";
    context.stroke();
    context.globalAlpha = 1;
    return undefined;
  }

  function hollow(context, at, r, colour, dash) {
    disc(context, at, r);
    context.fillStyle = "rgba(255,255,255,.85)";
    context.fill();
    context.setLineDash(dash);
    context.lineWidth = r < 2 ? 0.8 : 1.5;
    context.strokeStyle = colour;
    context.stroke();
    context.setLineDash([]);
  }

  function crossed(context, at, r) {
    hollow(context, at, r, r < 3 ? "#55606c" : "#1d2733", []);
    const k = r * 0.62;
    context.beginPath();
    context.moveTo(at.x - k, at.y - k);
    context.lineTo(at.x + k, at.y + k);
    context.moveTo(at.x + k, at.y - k);
    context.lineTo(at.x - k, at.y + k);
    context.lineWidth = r < 3 ? 0.8 : 1.3;
    context.stroke();
  }

  /* The circle in which a placed point lies, once it is wide enough to be seen. */
  function circleOfDoubt(context, i, at, zoom) {
    const p = gp.bulk.points, km = p.radius_km[i], chosen = gp.state.selection;
    const isChosen = chosen && chosen.kind === "point" && chosen.i === i;
    if (!km || !gp.model.isSettlement(i) || (!isChosen && (zoom < 10 || km < 1.5 || gp.areas()))) return;
    const r = km * 1000 / metresPerPixel(p.lat[i], zoom);
    if (r < points.size[i] + 3) return;
    disc(context, at, r);
    context.fillStyle = "rgba(122,59,143,.05)";
    context.fill();
    context.setLineDash([4, 4]);
    context.lineWidth = 1.2;
    context.strokeStyle = "#7a3b8f";
    context.stroke();
    context.setLineDash([]);
  }

  const metresPerPixel = (lat, zoom) => 40075016.686 * Math.cos(lat * Math.PI / 180) / Math.pow(2, zoom + 8);

  function ring(context) {
    const chosen = gp.state.selection;
    if (!chosen || chosen.kind !== "point" || !points.at[chosen.i]) return;
    [[7, "#ffffff", 5], [7, "#d1480a", 2.6]].forEach(([extra, colour, width]) => {
      disc(context, points.at[chosen.i], points.size[chosen.i] + extra - 3);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    });
  }

  /* The topmost point under a place of the map, -1 for none. */
  points.hit = function (place) {
    for (let k = points.order.length - 1; k >= 0; k -= 1) {
      const i = points.order[k], at = points.at[i];
      if (at && at.distanceTo(place) <= Math.max(points.size[i], 4) + 2) return i;
    }
    return -1;
  };

  function hover(event) {
    const i = event.originalEvent.buttons ? -1 : points.hit(event.containerPoint);
    gp.map.getContainer().classList.toggle("gp-pointing", i >= 0);
    if (i === points.hovered) return;
    points.hovered = i;
    if (i < 0) return void points.tip.remove();
    gp.map.eachLayer((layer) => layer !== points.tip && layer.closeTooltip && layer.closeTooltip());
    gp.districts.quiet();
    points.tip.setLatLng([gp.bulk.points.lat[i], gp.bulk.points.lon[i]]).setContent(tooltip(i)).addTo(gp.map);
  }

  /* What a tooltip says is of the shown language, service and year: a change takes it away. */
  points.quiet = function () {
    points.hovered = -1;
    if (points.tip) points.tip.remove();
  };

  /* Minutes, or the word of the state, of point `i`. */
  points.verdict = function (i, service) {
    const c = gp.model.coverage(service), tenths = c.tenths[i];
    if (tenths === gp.model.UNREACHABLE) return gp.t("state.unreachable");
    if (tenths === gp.model.NOT_ASSESSED) return gp.t("state.not_assessed");
    return gp.t("minutes", { n: gp.minutes(tenths, c.error[i]) });
  };

  points.title = function (i) {
    const p = gp.bulk.points;
    return gp.model.isSettlement(i) ? gp.name(p.name, i)
      : gp.t("rural.cell", { district: gp.name(gp.head.districts.name, p.district[i]) });
  };

  function tooltip(i) {
    return gp.el("div", {}, gp.el("strong", {}, points.title(i)),
      gp.el("div", {}, gp.name(gp.model.service().name) + ": ", gp.el("b", {}, points.verdict(i))), gp.modes.pointTip(i),
      gp.el("div", {}, gp.model.isPlanned(i) ? gp.t("planned.place") : gp.t("people") + ": " + gp.number(gp.model.people(i))));
  }

  function click(event) {
    const i = points.hit(event.containerPoint);
    gp.set({ selection: i >= 0 ? { kind: "point", i } : null });
  }
})(window.geoplan);
