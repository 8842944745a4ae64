/* The card of what was clicked: a settlement with its routes, a district, or the facilities of a place. */
(function (gp) {
  "use strict";

  gp.card = { render };

  const WORST = 5; // places named in the card of an area
  const CARDS = { point: pointCard, district: districtCard, region: regionCard, facilities: facilitiesCard };

  function render() {
    const chosen = gp.state.selection, box = document.getElementById("gp-card");
    box.hidden = !chosen || !gp.bulk;
    gp.replace("gp-chosen", box.hidden ? null : forPaper(chosen));
    if (box.hidden) return;
    const close = gp.el("button", { type: "button", class: "gp-close", "aria-label": gp.t("close"), title: gp.t("close"),
      "data-gp-focus": "card-close", on: { click: () => gp.set({ selection: null }) } }, "×");
    gp.replace(box, close, CARDS[chosen.kind](chosen));
  }

  /* The card in one line: paper has no room for it, but says whose route is drawn. */
  function forPaper(chosen) {
    const name = { point: () => gp.points.title(chosen.i) + ", " + gp.name(gp.head.districts.name, gp.bulk.points.district[chosen.i]),
      district: () => gp.name(gp.head.districts.name, chosen.i), region: () => gp.name(gp.head.regions.name, chosen.i), facilities: () => chosen.rows.map((i) => gp.name(gp.bulk.facilities.name, i)).join("; ") }[chosen.kind]();
    return [gp.t("card.label") + ": ", gp.el("b", {}, name), chosen.kind === "point" ? routeInWords(chosen) : null];
  }

  function routeInWords({ i, service }) {
    const shown = gp.head.services.find((s) => s.id === (service || gp.model.service().id)), c = gp.model.coverage(shown.id), to = c.facility[i];
    const words = [gp.name(shown.name) + ": " + gp.points.verdict(i, shown.id)];
    if (to >= 0) words.push(...(c.km[i] === null ? [] : [distance(c.km[i]).textContent]), gp.name(gp.bulk.facilities.name, to));
    return " · " + words.join(" · ");
  }

  const fact = (name, value) => (value === "" || value === null ? null : gp.el("div", {}, gp.el("dt", {}, name), gp.el("dd", {}, value)));

  /* Doubt is a word beside the figure, never a shade alone. */
  function confidence(word) {
    return gp.el("span", { class: "gp-confidence gp-confidence-" + word }, gp.t("confidence." + word));
  }

  function pointCard({ i, service }) {
    const p = gp.bulk.points, shown = service || gp.model.service().id;
    return [
      gp.el("h2", { tabindex: -1, "data-gp-focus": "card-title" }, gp.points.title(i)),
      gp.el("p", { class: "gp-soft" }, gp.name(gp.head.districts.name, p.district[i]), p.liberated[i] ? " · " + gp.t("liberated.place") : ""),
      gp.el("dl", { class: "gp-facts" },
        fact(gp.t("people"), gp.model.isPlanned(i) ? gp.t("planned.place") : [gp.number(gp.model.people(i)), " ", confidence(gp.word(p.confidence, i))]),
        p.planned_persons[i] ? fact(gp.t("planned.persons"), gp.number(p.planned_persons[i])) : null,
        p.radius_km[i] >= 1.5 ? fact(gp.t("position"), gp.t("position.within", { km: gp.number(p.radius_km[i], 1) })) : null),
      gp.el("h3", {}, gp.t("card.nearest")),
      gp.el("ul", { class: "gp-nearest" }, gp.model.parents().flatMap((s) => [s, ...gp.model.variantsOf(gp.head.services[s].id)])
        .map((s) => nearest(i, gp.head.services[s], shown))),
      way(i, shown),
      source(gp.word(p.source, i)),
    ];
  }

  function nearest(i, service, shown) {
    const c = gp.model.coverage(service.id), to = c.facility[i], reached = c.tenths[i] >= 0;
    const text = [gp.el("span", { class: "gp-nearest-service" }, gp.name(service.name)),
      gp.el("b", { "data-gp-minutes": service.id }, gp.points.verdict(i, service.id)),
      reached ? gp.el("span", { class: "gp-nearest-name" }, to >= 0 ? gp.name(gp.bulk.facilities.name, to) : gp.t("facility.unnamed")) : null,
      reached ? gp.el("span", { class: "gp-marks" }, c.km[i] === null ? null : distance(c.km[i]), confidence(gp.word(c.confidence, i)), c.assumed[i] ? gp.el("span", { class: "gp-confidence gp-confidence-assumed" }, gp.t("on.assumed")) : null) : null];
    if (!reached) return gp.el("li", { class: "gp-nearest-row" }, text);
    return gp.el("li", {}, gp.el("button", { type: "button", class: "gp-nearest-row", "aria-pressed": service.id === shown,
      title: gp.t("card.route.show"), "data-gp-route": service.id, "data-gp-focus": "route-" + service.id,
      on: { click: () => gp.set({ selection: { kind: "point", i, service: service.id } }) } }, text));
  }

  const distance = (km) => gp.el("span", { class: "gp-km" }, gp.t("km", { n: km < 1 ? "<\u00a01" : gp.number(km) }));

  function way(i, service) {
    const found = gp.route.of(i, service);
    if (!found) return null;
    if (found.straight) return gp.el("p", { class: "gp-way", "data-gp-straight": true }, gp.el("span", { class: "gp-way-line gp-way-straight", "aria-hidden": "true" }), gp.t("card.way.straight"));
    const names = gp.route.names(found.roads);
    return gp.el("p", { class: "gp-way" }, gp.el("span", { class: "gp-way-line", "aria-hidden": "true" }),
      found.line.length ? gp.t("card.way") + " " + (shortened(names) || gp.t("card.way.local")) : gp.t("card.way.direct"));
  }

  const shortened = (names) => names.slice(0, 9).join(" → ") + (names.length > 9 ? " → …" : "");

  const source = (text) => (text ? gp.el("details", { class: "gp-source" }, gp.el("summary", { "data-gp-focus": "card-source" }, gp.t("source")), gp.el("p", {}, text)) : null);

  function districtCard({ i }) {
    const d = gp.head.districts, row = gp.model.districtRow(i);
    return [
      gp.el("h2", { tabindex: -1, "data-gp-focus": "card-title" }, gp.name(d.name, i)),
      gp.el("p", { class: "gp-soft" }, gp.name(gp.head.regions.name, d.region[i])),
      gp.districts.notes(i), gp.districts.assessed(row),
      gp.el("dl", { class: "gp-facts" }, fact(gp.t("people"), gp.number(row ? row.population : 0)),
        row && row.mean_minutes !== null ? fact(gp.t("kpi.times"), [row.mean_minutes, row.p50_minutes, row.p90_minutes].map((v) => gp.number(v)).join(" / ")) : null),
      bandRows([i], row),
      services((service) => gp.model.districtRow(i, service)),
      worst((p) => gp.bulk.points.district[p] === i),
      gp.el("button", { type: "button", class: "gp-button", "data-gp-focus": "card-zoom", on: { click: () => gp.mapView.goToDistrict(i) } }, gp.t("zoom.here")),
      source(d.note[i]),
    ];
  }

  function regionCard({ i }) {
    const row = gp.regions.row(i), members = gp.regions.members(i);
    return [
      gp.el("h2", { tabindex: -1, "data-gp-focus": "card-title" }, gp.name(gp.head.regions.name, i)),
      gp.el("p", { class: "gp-soft" }, members.map((d) => gp.name(gp.head.districts.name, d)).join(", ")),
      gp.districts.assessed(row),
      gp.el("dl", { class: "gp-facts" }, fact(gp.t("people"), gp.number(row ? row.population : 0)),
        row && row.mean_minutes !== null ? fact(gp.t("kpi.times"), [row.mean_minutes, row.p50_minutes, row.p90_minutes].map((v) => gp.number(v)).join(" / ")) : null),
      bandRows(members, row),
      services((service) => gp.regions.row(i, service)),
      worst((p) => members.includes(gp.bulk.points.district[p])),
      gp.el("button", { type: "button", class: "gp-button", "data-gp-focus": "card-zoom", on: { click: () => gp.mapView.goToBox(gp.regions.bounds(i)) } }, gp.t("zoom.here")),
    ];
  }

  /* Every service against its target. */
  const services = (rowOf) => [gp.el("h3", {}, gp.t("card.services")),
    gp.el("ul", { class: "gp-nearest" }, gp.model.services().map((service) => gp.el("li", { class: "gp-nearest-row", "data-gp-target": service.id },
      gp.el("span", { class: "gp-nearest-service" }, gp.name(service.name) + ", " + gp.t("within.short", { minutes: service.target.minutes })),
      ofAll(rowOf(service.id)))))];

  /* The settlements that wait longest: first those with no way by road, the larger before the smaller. */
  function worst(inside) {
    const tenths = gp.model.coverage().tenths, target = gp.model.service().target.minutes * 10;
    const far = (i) => (tenths[i] === gp.model.UNREACHABLE ? Infinity : tenths[i]);
    const found = tenths.map((_, i) => i).filter((i) => inside(i) && gp.model.isSettlement(i) && gp.model.people(i) > 0 && far(i) > target)
      .sort((a, b) => (far(b) === far(a) ? 0 : far(b) - far(a)) || gp.model.people(b) - gp.model.people(a)).slice(0, WORST);
    if (!found.length) return null;
    return [gp.el("h3", {}, gp.t("card.worst")), gp.el("ul", { class: "gp-nearest" }, found.map((i) => gp.el("li", {}, gp.el("button", { type: "button", class: "gp-nearest-row",
      "data-gp-worst": gp.bulk.points.id[i], "data-gp-focus": "worst-" + i, on: { click: () => { gp.set({ selection: { kind: "point", i } }); gp.mapView.goTo(i); } } },
    gp.el("span", { class: "gp-nearest-service" }, gp.points.title(i)), gp.el("b", {}, gp.points.verdict(i)),
    gp.el("span", { class: "gp-nearest-name gp-num" }, gp.t("people") + ": " + gp.number(gp.model.people(i)))))))];
  }

  const ofAll = (row) => [gp.el("b", {}, gp.districts.verdict(row)),
    gp.districts.ofWhom(row) ? gp.el("span", { class: "gp-nearest-name gp-num" }, gp.districts.ofWhom(row)) : null];

  /* People by band, as bars with their numbers. */
  function bandRows(members, row) {
    if (!row || !row.population) return null;
    const found = new Map(), colours = gp.palette.bands();
    members.forEach((d) => gp.model.bandsOfDistrict(d).forEach((people, band) => found.set(band, (found.get(band) || 0) + people)));
    const names = gp.model.bandNames().map((name, k) => [name, name.replace("-", "\u2013") + " " + gp.t("min"), colours[k]])
      .concat([["unreachable", gp.t("state.unreachable"), "#5b6570"], ["not_assessed", gp.t("state.not_assessed"), "#c3c9cf"]]);
    return gp.el("ul", { class: "gp-bandrows" }, names.filter(([key]) => found.get(key)).map(([key, label, colour]) =>
      gp.el("li", {}, gp.el("span", {}, label),
        gp.el("span", { class: "gp-bandbar", "aria-hidden": "true" }, gp.paint(gp.el("i", {}), { width: 100 * found.get(key) / row.population + "%", background: colour })),
        gp.el("span", { class: "gp-num" }, gp.number(found.get(key))))));
  }

  function facilitiesCard({ rows }) {
    return [
      gp.el("h2", { tabindex: -1, "data-gp-focus": "card-title" }, rows.length > 1 ? gp.t("facilities.here", { n: rows.length }) : gp.name(gp.bulk.facilities.name, rows[0])),
      rows.map((i) => facility(i, rows.length > 1)),
    ];
  }

  const FIGURES = ["visit_days_a_month", "beds", "staff", "cost_azn", "running_cost_azn", "ambulances", "cars", "offroad_vehicles",
    "fleet_staff", "fleet_cost_azn", "fleet_running_cost_azn"];

  function facility(i, named) {
    if (gp.model.isCandidate(i)) return gp.sites.card(i);
    const f = gp.bulk.facilities;
    const reach = f.open_from[i] ? fact(gp.t("facility.from"), f.open_from[i].slice(0, 4)) : null;
    return gp.el("article", { class: "gp-facility" },
      named ? gp.el("h3", {}, gp.name(f.name, i)) : null,
      gp.el("p", { class: "gp-soft" }, [gp.t("status." + f.status[i]), gp.t("level." + f.level[i]), f.owner[i] === "military" ? gp.t("owner.military") : null, gp.model.countsHere(i) ? null : gp.t("counts.not")].filter(Boolean).join(" · ")),
      gp.el("dl", { class: "gp-facts" },
        fact(gp.t("facility.place"), [gp.name(f.settlement, i), f.district[i] >= 0 ? gp.name(gp.head.districts.name, f.district[i]) : ""].filter(Boolean).join(", ")),
        fact(gp.t("facility.services"), f.services[i].map(gp.serviceName).join(", ")),
        FIGURES.map((key) => (f[key][i] === null ? null : fact(gp.t("facility." + key), gp.number(f[key][i])))), reach, catchment(i),
        f.serves[i] >= 0 ? fact(gp.t("facility.serves"), gp.name(gp.head.districts.name, f.serves[i])) : null,
        fact(gp.t("facility.position"), gp.t("position." + f.position_quality[i])),
        fact(gp.t("confidence"), confidence(f.confidence[i]))),
      gp.sites.button(i),
      source([f.source[i], f.note[i]].filter(Boolean).join(" — ")));
  }

  /* For how many people it is the nearest, service by service. */
  function catchment(i) {
    return gp.model.services().filter((s) => gp.bulk.facilities.services[i].includes(s.counts) && !s.variantOf).map((s) => {
      const to = gp.model.coverage(s.id).facility, people = to.reduce((sum, f, k) => (f === i ? sum + gp.model.people(k) : sum), 0);
      return gp.el("div", { "data-gp-catchment": s.id }, gp.el("dt", {}, gp.t("facility.catchment", { service: gp.name(s.name) })), gp.el("dd", {}, gp.number(people)));
    });
  }

  gp.serviceName = function (tag) {
    const known = gp.head.services.find((s) => s.id === tag);
    if (known) return gp.name(known.name);
    return gp.knows("service." + tag) ? gp.t("service." + tag) : tag.replace(/_/g, " ");
  };
})(window.geoplan);
