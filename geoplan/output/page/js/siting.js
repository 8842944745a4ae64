/* Where new centres should stand: stars on the map; what each gains, the frontier, how sure the choice is, who gains. */
(function (gp) {
  "use strict";

  const TOP = 12; // rows that a chart shows; the table beneath has all
  const STAR = "M16 3.2l3.9 8.3 9.1 1.2-6.7 6.3 1.7 9L16 23.6 8 28l1.7-9L3 12.7l9.1-1.2z";
  const siting = { name: "proposed", tab: "siting" };
  gp.siting = siting;
  gp.state.proposed = true;

  siting.there = () => Boolean(gp.bulk && (gp.bulk.siting || gp.bulk.phasing));
  const data = () => gp.bulk.siting;

  const name = (i, sites) => gp.name((sites || data().sites).name, i);
  const list = (numbers, sites) => numbers.map((i) => name(i, sites)).join(", ") || "\u2013";
  siting.nameOf = name;
  siting.listOf = list;

  /* The names of the services that are sited, whatever stands in the head. */
  siting.serviceNames = (ids) => ids.map(gp.serviceName).join(", ");

  /* --- stars --------------------------------------------------------------------------------------------------- */

  /* {name, at, words} of every site that a section would open, for the shown service. */
  siting.stars = function () {
    const shown = gp.head.services[gp.model.parentOf(gp.state.service)].id;
    const own = gp.bulk.siting && data().services.includes(shown)
      ? opened().map((k, n) => star(data().plan.site[k], data().sites, n + 1, gp.t("siting.star", { rank: gp.number(n + 1) }))) : [];
    const later = gp.phasing.openings(shown).map(({ site, year, sites }) => star(site, sites, year, gp.t("phasing.star", { year })));
    const known = new Map();
    [...own, ...later].filter((s) => s.at).forEach((s) => known.set(s.id, known.has(s.id) ? Object.assign(known.get(s.id), { words: known.get(s.id).words + ", " + s.words }) : s));
    return Array.from(known.values());
  };

  /* Rows of the plan that open something new, the most useful first: their places in this order are their numbers. */
  const opened = () => (data().plan ? data().plan.site.map((_, k) => k).filter((k) => data().plan.status[k] !== "existing").sort((a, b) => data().plan.rank[a] - data().plan.rank[b]) : []);

  const star = (site, sites, mark, words) => ({ id: sites.id[site], mark: String(mark), name: name(site, sites), words,
    at: sites.lat[site] === null ? null : [sites.lat[site], sites.lon[site]] });

  /* Hollow and dashed as all that is planned; the number says its place in the order, or its year. */
  siting.icon = (mark, size) => gp.svg("svg", { viewBox: "0 0 32 32", width: size, height: size, "aria-hidden": "true" },
    gp.svg("path", { d: STAR, fill: "#ffffff", stroke: "#ffffff", "stroke-width": 5, "stroke-linejoin": "round" }),
    gp.svg("path", { d: STAR, fill: "#fff7d6", stroke: "#8a3106", "stroke-width": 2.2, "stroke-dasharray": "3.4 1.8", "stroke-linejoin": "round" }),
    mark ? gp.svg("text", { x: 16, y: 20.5, "text-anchor": "middle", "font-size": mark.length > 2 ? 9 : 11, "font-weight": 700, fill: "#5b2004" }, mark) : null);

  siting.redraw = function () {
    if (!siting.layer) return;
    siting.layer.clearLayers();
    siting.placed = gp.state.proposed && siting.there() ? siting.stars() : [];
    siting.placed.forEach(place);
    gp.labels.redraw();
  };

  /* Where stars stand now: names keep clear of them. */
  siting.boxes = () => (siting.placed || []).map((s) => {
    const p = gp.map.latLngToContainerPoint(s.at), r = 15;
    return { west: p.x - r, east: p.x + r, north: p.y - r, south: p.y + r, p };
  });

  function place(s) {
    const size = s.mark.length > 2 ? 42 : 32;
    const icon = L.divIcon({ html: siting.icon(s.mark, size), className: "gp-icon gp-star", iconSize: [size, size] });
    const title = s.name + ", " + s.words;
    const marker = L.marker(s.at, { icon, alt: title, keyboard: true, riseOnHover: true, zIndexOffset: 500 });
    marker.bindTooltip(() => gp.el("div", {}, gp.el("strong", {}, s.name), gp.el("div", {}, s.words)), { className: "gp-tip", direction: "top", offset: [0, -size / 2], opacity: 1 });
    marker.on("click keypress", (e) => {
      if (e.type === "keypress" && e.originalEvent.key !== "Enter") return;
      L.DomEvent.stopPropagation(e);
      gp.set({ tab: gp.bulk.siting ? "siting" : "phasing" });
    });
    marker.addTo(siting.layer);
    const node = marker.getElement();
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", title);
    node.setAttribute("data-gp-star", s.id);
  }

  siting.legend = () => (siting.stars().length ? [[siting.icon("", 20), gp.t("siting.legend")]] : []);

  /* --- panel --------------------------------------------------------------------------------------------------- */

  function render() {
    const d = data();
    return gp.el("div", { class: "gp-section", "data-gp-section": "siting" }, head(d), plan(d), gains(d), frontier(d), money(d), robustness(d), alternatives(d), regret(d), districts(d));
  }

  const people = (value) => gp.number(value);
  const money_ = (value) => (value === null || value === undefined ? "\u2013" : gp.t("money", { n: gp.number(value) }));
  siting.money = money_;

  /* What was asked and how sure the answer is, in two sentences. */
  function head(d) {
    const r = d.record, known = gp.knows("siting.model." + d.model) ? gp.t("siting.model." + d.model) : d.model;
    const asked = d.share ? gp.t("siting.model.share", { share: gp.percent(d.share) }) : known;
    const reached = (r.coverage || []).map((c) => gp.el("p", {}, d.services.length > 1 ? gp.el("b", {}, siting.serviceNames([c.service]) + ": ") : "",
      gp.t("siting.covered.words", { before: people(c.people_covered_before), after: people(c.people_covered_after), all: people(c.population) })));
    const aside = r.unservable_weight ? gp.el("p", { class: "gp-soft" }, gp.t("siting.aside", { people: people(r.unservable_weight) })) : null;
    const proof = r.status === "optimal" ? gp.t("siting.proven") : gp.t("siting.notproven", { status: gp.knows("siting.status." + r.status) ? gp.t("siting.status." + r.status) : r.status });
    return [gp.el("p", {}, gp.el("b", {}, siting.serviceNames(d.services)), ", ", gp.t("siting.of", { year: d.year }), ": ", asked,
      d.limit === null ? "" : " (" + gp.t("minutes", { n: gp.number(d.limit) }) + ")", "."),
    gp.el("p", { class: "gp-soft" }, proof, " ", r.unique === "yes" ? gp.t("siting.unique") : "", " ", r.verified ? gp.t("siting.verified") : gp.t("siting.unverified"),
      d.year !== gp.model.year() ? " " + gp.t("siting.otheryear", { year: d.year }) : ""), reached, aside];
  }

  function plan(d) {
    if (!d.plan) return gp.el("p", { class: "gp-notice", role: "note" }, gp.t("siting.noplan"));
    const p = d.plan, costs = p.cost && p.cost.some((v) => v), order = opened(), stay = p.site.length - order.length;
    const head_ = [gp.t("column.name"), gp.t("siting.rank"), gp.t("siting.gain"), costs ? gp.t("cost.assumed") : null].filter((c) => c !== null);
    const rows = order.map((k, n) => [name(p.site[k]), gp.number(n + 1), p.marginal_gain && p.marginal_gain[k] !== null ? people(p.marginal_gain[k]) : "\u2013",
      costs ? gp.number(p.cost[k]) : null].filter((c) => c !== null));
    const kept = stay ? gp.el("p", { class: "gp-soft" }, gp.t("siting.stay", { n: gp.number(stay) })) : null;
    return block("plan", gp.t("siting.plan"), gp.chart.table(gp.t("siting.plan"), head_, rows), kept, order.length ? inFigures(d) : null);
  }

  /* The figures beside are the run's: what the plan does to them is a what-if of the page, where its sites are possible ones. */
  function inFigures(d) {
    const changes = asChanges(d);
    const show = changes ? gp.el("button", { type: "button", class: "gp-button gp-button-main", "data-gp-siting-whatif": true, "data-gp-focus": "siting-whatif", on: { click: () => shown(d, changes) } }, gp.t("siting.whatif")) : null;
    return [gp.el("p", { class: "gp-soft" }, gp.t("siting.figures")), show];
  }

  /* Null where a what-if cannot say it: a hospital to upgrade, two services on one site, a page without what-if. */
  function asChanges(d) {
    const ids = opened().map((k) => d.sites.id[d.plan.site[k]]);
    const possible = (id) => gp.model.siteRow(id) >= 0 && gp.model.isCandidate(gp.model.siteRow(id));
    if (d.services.length > 1 || !gp.whatif.isThere() || !gp.head.years.includes(d.year) || !ids.every(possible)) return null;
    const services = [gp.head.services.find((s) => s.id === d.services[0]).counts];
    return ids.map((site) => ({ kind: "add", site, services, year: d.year }));
  }

  async function shown(d, changes) {
    gp.set({ service: gp.head.services.findIndex((s) => s.id === d.services[0]), year: gp.head.years.indexOf(d.year) });
    await gp.whatif.restore(changes);
  }

  const block = (key, title, ...content) => gp.el("section", { "data-gp-siting": key }, gp.el("h3", {}, title), content);

  /* Services that are sited together have rows of their own. */
  const together = (d, table, k) => (d.services.length > 1 && table.service ? ", " + gp.serviceName(table.service[k]) : "");

  function gains(d) {
    if (!d.gains || !d.gains.site.length) return null;
    const g = d.gains, told = (k) => name(g.site[k]) + together(d, g, k), order = g.site.map((_, k) => k).sort((a, b) => (g.rank ? g.rank[a] - g.rank[b] : g.gain_people[b] - g.gain_people[a]));
    const saved = (k) => (g.mean_minutes_saved ? gp.number(g.mean_minutes_saved[k], 1) : "\u2013");
    const words = (k) => gp.t("siting.gain.words", { name: told(k), people: people(g.gain_people[k]), minutes: saved(k) });
    const title = gp.t("siting.gains");
    return block("gains", title, gp.chart.bars({ key: "gains", title: gp.t("siting.gains.chart"), x: { label: gp.t("siting.gain.axis"), whole: true },
      rows: order.slice(0, TOP).map((k) => ({ name: told(k), value: g.gain_people[k], words: words(k) })),
      table: gp.chart.table(title, [gp.t("column.name"), gp.t("siting.gain"), gp.t("siting.saved")], order.map((k) => [told(k), people(g.gain_people[k]), saved(k)])) }));
  }

  /* People covered against the number of sites, and against the money where the plan has any. */
  function frontier(d) {
    if (!d.frontier) return null;
    const at = d.frontier.open_new || d.frontier.open, label = gp.t(d.frontier.open_new ? "siting.new.axis" : "siting.open.axis");
    return curve(d.frontier, "frontier", at, { label, whole: true }, (k) => gp.number(at[k]));
  }

  function money(d) {
    const f = d.frontier_by_money;
    if (!f) return null;
    const at = f.budget_azn || f.cost;
    return curve(f, "frontier_by_money", at, { label: gp.t("siting.money.axis"), text: gp.chart.short }, (k) => money_(at[k]));
  }

  function curve(f, key, at, x, told) {
    const rows = at.map((_, k) => k).filter((k) => at[k] !== null && f.people_covered[k] !== null).sort((a, b) => at[a] - at[b]), title = gp.t("siting." + key);
    if (!rows.length) return null;
    const words = (k) => gp.t("siting.point", { at: told(k), people: people(f.people_covered[k]), sites: list(f.sites[k]) });
    return block(key, title, gp.chart.lines({ key, title: gp.t("siting." + key + ".chart"), x, y: { label: gp.t("siting.covered.axis"), whole: true, zero: false },
      series: [{ name: title, points: rows.map((k) => ({ x: at[k], y: f.people_covered[k], words: words(k) })) }],
      table: gp.chart.table(title, [x.label, gp.t("siting.covered"), gp.t("cost.assumed"), gp.t("siting.sites")],
        rows.map((k) => [told(k), people(f.people_covered[k]), gp.number(f.cost ? f.cost[k] : null), list(f.sites[k])]), [3]) }));
  }

  function robustness(d) {
    if (!d.robustness || !d.robustness.site.length) return null;
    const r = d.robustness, order = r.site.map((_, k) => k), title = gp.t("siting.robustness"), draws = d.record.draws || {};
    const range = (k) => gp.percent(r.share_low[k]) + " \u2013 " + gp.percent(r.share_high[k]);
    const words = (k) => gp.t("siting.robust.words", { name: name(r.site[k]), share: gp.percent(r.share[k]), range: range(k) });
    return block("robustness", title, gp.el("p", { class: "gp-soft" }, gp.t("siting.draws", { n: gp.number(r.draws ? r.draws[0] : draws.solved) })),
      gp.chart.bars({ key: "robustness", title: gp.t("siting.robust.chart"), x: { label: gp.t("siting.robust.axis"), most: 1, text: (v) => gp.percent(v) },
        rows: order.slice(0, TOP).map((k) => ({ name: name(r.site[k]) + (r.in_plan[k] ? " \u2605" : ""), value: r.share[k], low: r.share_low[k], high: r.share_high[k], words: words(k), kind: r.in_plan[k] ? "chosen" : "other" })),
        note: gp.t("siting.robust.note"),
        table: gp.chart.table(title, [gp.t("column.name"), gp.t("siting.share"), gp.t("siting.interval"), gp.t("siting.inplan")],
          order.map((k) => [name(r.site[k]), gp.percent(r.share[k]), range(k), gp.t(r.in_plan[k] ? "yes" : "no")]), [3]) }));
  }

  function alternatives(d) {
    const a = d.alternatives;
    if (!a || a.rank.length < 2) return null;
    const title = gp.t("siting.alternatives");
    return block("alternatives", title, gp.chart.table(title, [gp.t("siting.sites"), gp.t("siting.rank"), gp.t("siting.loss"), gp.t("siting.differs")],
      a.rank.map((_, k) => [list(a.sites[k]), gp.number(a.rank[k]), people(a.loss[k]), gp.number(a.differs[k])])));
  }

  function regret(d) {
    const r = d.regret;
    if (!r || !r.state.length) return null;
    const title = gp.t("siting.regret"), state = (text) => text.replace(/[a-z]+/g, (word) => (gp.knows("season." + word) ? gp.t("season." + word) : word));
    return block("regret", title, gp.el("p", { class: "gp-soft" }, gp.t("siting.regret.note")),
      gp.chart.table(title, [gp.t("siting.state"), gp.t("siting.regret.lost"), gp.t("siting.regret.best")], r.state.map((s, k) => [state(s), people(r.regret[k]), list(r.best_sites[k])]), [2]));
  }

  /* Who gains and who loses: the districts in which more, or fewer, people come within the limit. */
  function districts(d) {
    const b = d.by_district;
    if (!b) return null;
    const change = (k) => b.covered_after[k] - b.covered_before[k], title = gp.t("siting.districts");
    const order = b.district.map((_, k) => k).filter((k) => b.district[k] >= 0).sort((x, y) => change(y) - change(x));
    const told = order.filter((k) => change(k) !== 0), district = (k) => gp.name(gp.head.districts.name, b.district[k]) + together(d, b, k);
    const mean = (k) => gp.number(b.mean_minutes_before[k], 0) + " \u2192 " + gp.number(b.mean_minutes_after[k], 0);
    return block("by_district", title, told.length ? gp.chart.bars({ key: "by_district", title: gp.t("siting.districts.chart"), x: { label: gp.t("siting.districts.axis"), whole: true },
      rows: ends(told, TOP).map((k) => ({ name: district(k), value: change(k), words: gp.t("siting.districts.words", { name: district(k), change: signed(change(k)), mean: mean(k) }) })),
      table: gp.chart.table(title, [gp.t("column.district"), gp.t("siting.before"), gp.t("siting.after"), gp.t("siting.change"), gp.t("column.mean")],
        order.map((k) => [district(k), people(b.covered_before[k]), people(b.covered_after[k]), signed(change(k)), mean(k)])) }) : gp.el("p", { class: "gp-soft" }, gp.t("siting.districts.none")));
  }

  const signed = (v) => (v > 0 ? "+" : "") + gp.number(v);
  gp.chart.signed = signed;

  /* The most of both ends of an order. */
  const ends = (rows, n) => (rows.length <= n ? rows : [...rows.slice(0, n - 4), ...rows.slice(-4)]);
  gp.chart.ends = ends;

  gp.panels.push({ tab: "siting", there: () => Boolean(gp.bulk && gp.bulk.siting), render });
  gp.layers.push(siting);
  gp.whenReady(() => {
    if (!siting.there()) return;
    siting.layer = L.layerGroup().addTo(gp.map);
    gp.onChange(["proposed", "lang", "service"], siting.redraw);
    gp.onChange(["proposed"], gp.controls.render);
    gp.onChange(["proposed"], gp.legend.render);
    siting.redraw();
  });
})(window.geoplan);
