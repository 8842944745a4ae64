/* Legend: what each colour, pattern and mark on the map means; nothing by colour alone. */
(function (gp) {
  "use strict";

  gp.legend = { render };

  function render() {
    const box = gp.el("details", { open: isOpen(), on: { toggle: gp.labels.redraw } },
      gp.el("summary", { "data-gp-focus": "legend", on: { click: () => { gp.legend.open = !box.open; } } }, title()),
      gp.el("ul", {}, gp.modes.isDifference() ? gp.modes.legend() : gp.areas() ? shares() : bands()),
      all(),
      more());
    gp.replace("gp-legend", box);
  }

  /* As the reader left it; else open where it hides nothing: beside a card a middling screen has no room. */
  function isOpen() {
    if (gp.legend.open !== undefined) return gp.legend.open;
    return window.innerWidth > (gp.state.selection ? 1500 : 720);
  }

  /* On paper nothing can be opened: all marks are shown. */
  gp.legend.paper = function (on) {
    const before = { open: gp.legend.open, more: gp.legend.more };
    if (on) Object.assign(gp.legend, { kept: before, open: true, more: true });
    else Object.assign(gp.legend, gp.legend.kept);
    render();
  };

  /* The marks stand behind a second click: the map needs the room. */
  function more() {
    const box = gp.el("details", { class: "gp-legend-more", open: gp.legend.more, on: { toggle: gp.labels.redraw } },
      gp.el("summary", { "data-gp-focus": "legend-more", on: { click: () => { gp.legend.more = !box.open; } } }, gp.t("legend.more")),
      gp.el("ul", {}, extras()));
    return box;
  }

  function title() {
    const service = gp.model.service();
    if (gp.modes.isDifference()) return gp.modes.legendTitle();
    return gp.areas() ? gp.t("legend.share", { minutes: service.target.minutes })
      : gp.t("legend.minutes");
  }

  /* A line that is a switch: it hides and shows what it stands for, on the map and in the table. */
  function choice(key, picture, text, people) {
    return gp.el("li", {}, gp.el("button", { type: "button", class: "gp-legend-item", "aria-pressed": !gp.filter.hides(key), "data-gp-legend": key,
      "data-gp-focus": "legend-" + key, title: gp.t(gp.filter.hides(key) ? "legend.show" : "legend.hide"), on: { click: () => gp.filter.toggle(key) } },
    picture, gp.el("span", {}, text), people ? gp.el("span", { class: "gp-legend-people" }, gp.number(people[key] || 0)) : null));
  }

  function all() {
    if (!gp.filter.any()) return null;
    return gp.el("button", { type: "button", class: "gp-link gp-legend-all", "data-gp-legend-all": true, "data-gp-focus": "legend-all", on: { click: gp.filter.clear } }, gp.t("legend.all"));
  }

  const item = (picture, text) => gp.el("li", {}, picture, gp.el("span", {}, text));

  function shares() {
    const colours = gp.palette.steps(gp.palette.SHARES.length);
    const areas = gp.state.theme === "regions" ? gp.head.regions.id.map((_, r) => gp.regions.row(r)) : gp.head.districts.id.map((_, i) => gp.model.districtRow(i));
    const people = gp.filter.peopleOfAreas(areas);
    const rows = gp.palette.SHARES.map((low, k) => choice("s" + k, gp.palette.swatch(colours[k]), shareRange(low), people));
    return rows.concat([["unreachable", "url(#gp-unreachable)"], ["not_assessed", "url(#gp-not-assessed)"], ["empty", "#f7f6f3"]]
      .filter(([state]) => areas.some((row) => gp.model.stateOf(row) === state))
      .map(([state, fill]) => choice(state, gp.palette.swatch(fill), gp.t("state." + state), people)));
  }

  const shareRange = (low) => gp.percent(low) .replace(/\D+$/, "") + "\u2013" + gp.percent(low + 0.2);

  function bands() {
    const service = gp.model.service(), colours = gp.palette.bands();
    const ends = service.bands.map((b) => gp.number(b.minutes));
    const people = gp.filter.peopleOfBands();
    const rows = colours.map((colour, k) => choice("b" + k, disc({ fill: colour }), range(ends, k) + mark(service, k), people));
    return rows.concat(choice("unreachable", cross(), gp.t("state.unreachable"), people), choice("not_assessed", disc({ fill: "#fff", stroke: "#7b8590" }), gp.t("state.not_assessed"), people));
  }

  function range(ends, k) {
    if (k === ends.length) return "> " + ends[k - 1];
    return (k ? "> " + ends[k - 1] + " \u2013 " : "\u2264 ") + ends[k];
  }

  const mark = (service, k) => (k < service.bands.length && service.bands[k].published ? " " + gp.t("legend.norm") : "");

  const disc = (look) => gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("circle", Object.assign({ cx: 11, cy: 7, r: 5.6, stroke: "#1d2733", "stroke-width": 1 }, look)));

  const cross = () => gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("circle", { cx: 11, cy: 7, r: 5.6, fill: "#fff", stroke: "#1d2733", "stroke-width": 1.2 }),
    gp.svg("path", { d: "M7.8 3.8l6.4 6.4M14.2 3.8l-6.4 6.4", stroke: "#1d2733", "stroke-width": 1.2 }));

  const stroke = (attributes) => gp.svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "gp-swatch" },
    gp.svg("path", Object.assign({ d: "M1 7H21", fill: "none" }, attributes)));

  function extras() {
    const d = gp.head.districts, rows = [];
    if (d.liberated.includes("full")) rows.push(item(stroke({ stroke: "#a3195b", "stroke-width": 2.4 }), gp.t("liberated.full")));
    if (d.liberated.includes("part")) rows.push(item(gp.palette.swatch("url(#gp-part)", { stroke: "#a3195b", "stroke-dasharray": "4 2" }), gp.t("liberated.part")));
    if (d.confidence.includes("assumed")) rows.push(item(stroke({ stroke: "#1d2733", "stroke-width": 1.6, "stroke-dasharray": "5 3" }), gp.t("border.assumed")));
    if (gp.state.roads) rows.push(item(stroke({ stroke: "#6b4f7d", "stroke-width": 2, "stroke-dasharray": "2 4" }), gp.t("legend.road.closed")));
    if (gp.state.facilities) rows.push(...icons());
    if (gp.state.planned) rows.push(item(disc({ fill: "#fff", stroke: "#7a3b8f", "stroke-dasharray": "2.5 2", "stroke-width": 1.5 }), gp.t("planned.place")));
    gp.layers.filter((layer) => layer.there() && gp.state[layer.name] && layer.legend).forEach((layer) => rows.push(...layer.legend().map(([picture, words]) => item(picture, words))));
    return rows;
  }

  function icons() {
    const form = gp.facilities.form(gp.model.service().counts);
    const icon = (options) => gp.facilities.icon(Object.assign({ form, size: gp.paper ? 26 : 20 }, options));
    const rows = [item(icon({ open: true }), gp.t("legend.open")), item(icon({ open: false }), gp.t("legend.later"))];
    if (!gp.bulk) return rows;
    const shown = gp.model.facilitiesShown(), f = gp.bulk.facilities;
    if (shown.some((i) => gp.facilities.isAssumed(i))) rows.push(item(icon({ open: true, assumed: true }), gp.t("legend.assumed")));
    if (shown.some((i) => f.owner[i] === "military")) rows.push(item(icon({ open: true, military: true }), gp.t("owner.military")));
    if (shown.some((i) => f.status[i] === "unverified")) rows.push(item(icon({ open: true, unverified: true }), gp.t("status.unverified")));
    if (shown.some((i) => gp.facilities.isLeftOut(i))) rows.push(item(icon({ open: true, left: true }), gp.t("counts.not")));
    return rows;
  }
})(window.geoplan);
