/* What the figures rest on: method, sources, confidence, findings, and which run this is. */
(function (gp) {
  "use strict";

  const LEVELS = ["high", "medium", "low", "assumed"];
  const SNAPPED = 60; // points listed one by one
  gp.assumptions = { render, inShort };

  function render() {
    return gp.el("div", { class: "gp-assumptions" }, leftOut(), section("method", method()), changes(), section("confidence", confidence()),
      section("findings", findings(), gp.head.findings.length), section("snapping", snapping(), gp.head.snapping.list.length),
      section("sources", sources()), section("run", run()));
  }

  /* Only a scenario that changes something says what. */
  const changes = () => (gp.head.changes.length ? section("changes", gp.changes.render(), gp.head.changes.length) : null);

  /* A page for everybody says what it does not hold. */
  function leftOut() {
    const left = gp.head.public;
    if (!left) return null;
    const rows = left.sections.map((name) => gp.t("public." + name));
    if (left.military_beds) rows.push(gp.t("public.beds", { n: gp.number(left.military_beds) }));
    if (left.facilities) rows.push(gp.t("public.facilities", { n: gp.number(left.facilities) }));
    if (left.points) rows.push(gp.t("public.points", { n: gp.number(left.points) }));
    return section("public", [gp.el("p", {}, gp.t("public.lead")), gp.el("ul", { class: "gp-findings gp-dots" }, rows.map((row) => gp.el("li", {}, row)))]);
  }

  /* How the points of the shown year met the roads, and those that met none or another one than the nearest. */
  function snapping() {
    const { counts, list } = gp.head.snapping;
    if (!counts.length) return gp.el("p", { class: "gp-soft" }, gp.t("snapping.none"));
    const shown = counts.filter(([year]) => year === gp.model.year());
    return [gp.el("dl", { class: "gp-facts" }, shown.map(([, kind, verdict, n]) => gp.el("div", { "data-gp-verdict": verdict },
      gp.el("dt", {}, word("snapping.kind", kind) + ": " + word("snapping", verdict)), gp.el("dd", {}, gp.number(n))))),
    list.length && gp.bulk ? gp.el("ul", { class: "gp-findings" }, list.slice(0, SNAPPED).map(snapped),
      list.length > SNAPPED ? gp.el("li", { class: "gp-soft" }, gp.t("and.more", { n: gp.number(list.length - SNAPPED) })) : null) : null];
  }

  function snapped([year, id, kind, verdict, metres, road]) {
    const point = gp.bulk.points.id.indexOf(id), facility = gp.bulk.facilities.id.indexOf(id);
    const name = point >= 0 ? gp.points.title(point) : facility >= 0 ? gp.name(gp.bulk.facilities.name, facility) : id;
    const more = [word("snapping", verdict), metres === null ? null : gp.t("snapping.metres", { m: gp.number(metres) }), road].filter(Boolean);
    return gp.el("li", { "data-gp-snapped": id }, gp.el("b", {}, name), " · " + more.join(" · ") + (gp.head.years.length > 1 ? " · " + year : ""));
  }

  function section(key, content, count) {
    const box = gp.el("details", { open: key !== "run", "data-gp-section": key },
      gp.el("summary", { "data-gp-focus": "section-" + key }, gp.t("section." + key), count ? gp.el("span", { class: "gp-count" }, gp.number(count)) : null), content);
    return box;
  }

  function method() {
    const check = gp.head.check;
    const error = check.error === null || check.error === undefined ? gp.t("check.none") : checked(check);
    const description = gp.name(gp.head.scenario.description);
    return [description ? gp.el("p", {}, description) : null,
      [["method.people"], ["method.time", "method.error"], ["method.states"]].map((keys) => gp.el("p", {}, keys.map((key) => gp.t(key)).join(" "))), gp.el("p", { "data-gp-check": true }, error), targets()];
  }

  const checked = (check) => gp.t("check.error", { pairs: gp.number(check.pairs), error: gp.number(check.error, 1), mountain_pairs: gp.number(check.mountain_pairs), mountain: gp.number(check.mountain_error, 1) });

  /* Every target and band, and whether a published norm stands behind it. */
  function targets() {
    return gp.el("ul", { class: "gp-targets" }, gp.head.services.filter((s) => !s.variantOf).map((s) => gp.el("li", {}, gp.el("b", {}, gp.name(s.name)), ": ",
      [s.target, ...s.bands.filter((b) => b.published)].filter((n, k, all) => all.findIndex((m) => m.minutes === n.minutes) === k).map(normText).join("; "))));
  }

  function normText(norm) {
    if (!norm.published) return gp.t("minutes", { n: gp.number(norm.minutes) }) + " – " + gp.t("target.planning");
    return gp.t("minutes", { n: gp.number(norm.minutes) }) + " – " + gp.t("target.published") + (norm.label ? " (" + gp.name(norm.label) + ")" : "");
  }

  /* People of the shown year and service by the confidence of their figures. */
  function doubts() {
    const c = gp.head.confidence;
    const rows = c.year.map((_, i) => i).filter((i) => c.year[i] === gp.model.year() && c.service[i] === gp.model.service().id);
    const people = (level) => rows.filter((i) => c.confidence[i] === level).reduce((sum, i) => sum + c.population[i], 0);
    return { all: rows.reduce((sum, i) => sum + c.population[i], 0), people, doubtful: people("low") + people("assumed") };
  }

  function confidence() {
    const { all, people, doubtful } = doubts();
    if (!all) return gp.el("p", { class: "gp-soft" }, gp.t("state.not_assessed"));
    return [gp.el("p", {}, gp.t("confidence.share", { share: gp.percent(doubtful / all, 1), people: gp.number(doubtful), service: gp.name(gp.model.service().name) })),
      gp.el("ul", { class: "gp-bandrows" }, LEVELS.map((level) => gp.el("li", {}, gp.el("span", {}, gp.t("confidence." + level)),
        gp.el("span", { class: "gp-bandbar", "aria-hidden": "true" }, gp.paint(gp.el("i", { class: "gp-level-" + level }), { width: 100 * people(level) / all + "%" })),
        gp.el("span", { class: "gp-num" }, gp.percent(people(level) / all, 1)))))];
  }

  /* What a sheet of paper has room for: doubt, target, check, and how many findings there are. */
  function inShort() {
    const { doubtful, all } = doubts(), check = gp.head.check, severities = ["error", "warning", "note"];
    const counts = severities.map((s) => [s, gp.head.findings.filter((f) => f.severity === s).length]).filter(([, n]) => n);
    return [
      all ? gp.t("confidence.share", { share: gp.percent(doubtful / all, 1), people: gp.number(doubtful), service: gp.name(gp.model.service().name) }) : null,
      normText(gp.model.service().target),
      check.error === null || check.error === undefined ? gp.t("check.none") : checked(check),
      counts.length ? counts.map(([s, n]) => gp.t("severity." + s) + ": " + gp.number(n)).join(", ") : gp.t("findings.none"),
      gp.t("method.people"), gp.t("method.states"),
    ];
  }

  function findings() {
    if (!gp.head.findings.length) return gp.el("p", { class: "gp-soft" }, gp.t("findings.none"));
    return ["error", "warning", "note"].map((severity) => {
      const rows = gp.head.findings.filter((f) => f.severity === severity);
      if (!rows.length) return null;
      return [gp.el("h4", {}, gp.t("severity." + severity) + " (" + gp.number(rows.length) + ")"), byCode(rows).map(group)];
    });
  }

  function byCode(rows) {
    const codes = new Map();
    rows.forEach((f) => codes.set(f.code, [...(codes.get(f.code) || []), f]));
    return Array.from(codes.values());
  }

  /* Many findings of one kind fold into one line that opens. */
  function group(rows) {
    if (rows.length < 4) return gp.el("ul", { class: "gp-findings" }, rows.map(finding));
    const title = gp.knows("finding.title." + rows[0].code) ? gp.t("finding.title." + rows[0].code) : sentence(rows[0]);
    return gp.el("details", { class: "gp-finding-group" }, gp.el("summary", { "data-gp-focus": "finding-" + rows[0].code }, title, gp.el("span", { class: "gp-count" }, gp.number(rows.length))),
      gp.el("ul", { class: "gp-findings" }, rows.map(finding)));
  }

  /* Our own sentence for a code that the catalogue knows, else the English message as it came. */
  function sentence(f) {
    const key = "finding." + f.code;
    if (!gp.knows(key)) return f.message;
    const params = Object.fromEntries(Object.entries(f.params).map(([name, value]) => [name, param(name, value)]));
    const text = gp.t(key, params);
    // a sentence with an open place would be worse than the English one
    return /\{\w+\}/.test(text) ? f.message : text;
  }

  /* A word of ours by its key; one that we do not know as it came. */
  function word(name, value) {
    return gp.knows(name + "." + value) ? gp.t(name + "." + value) : String(value).replace(/_/g, " ");
  }

  /* Numbers by the rules of the language; a year is a name and not a quantity, a day is a date, and what we know by its words has a sentence. */
  function param(name, value) {
    if (gp.knows(name + "." + value)) return gp.t(name + "." + value);
    const service = name === "service" && gp.head.services.find((one) => one.id === value);
    if (service) return gp.name(service.name);
    if (name === "district" && gp.head.districts.id.includes(value)) return gp.name(gp.head.districts.name, gp.head.districts.id.indexOf(value));
    if (typeof value === "number" && name !== "year") return gp.number(value, Number.isInteger(value) ? 0 : 1);
    const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
    return day ? gp.date(day[1], Number(day[2]), Number(day[3])) : value;
  }

  function finding(f) {
    const own = gp.knows("finding." + f.code);
    return gp.el("li", { "data-gp-finding": f.code }, gp.el("span", { lang: own ? null : "en" }, sentence(f)), f.where ? gp.el("code", {}, f.where) : null);
  }

  function sources() {
    const p = gp.head.provenance;
    return gp.el("ul", { class: "gp-findings" }, p.attributions.map((line) => gp.el("li", {}, gp.credit(line), line.date ? gp.el("span", { class: "gp-soft" }, " · " + gp.t("source.dated", { date: gp.day(line.date) })) : null)),
      gp.head.basemap ? gp.el("li", {}, gp.t("basemap.tiles", { origin: gp.head.basemap.origin })) : null,
      gp.el("li", {}, "Leaflet " + p.leaflet + " (BSD-2-Clause, © Volodymyr Agafonkin, CloudMade)"));
  }

  function run() {
    const p = gp.head.provenance;
    return gp.el("dl", { class: "gp-facts gp-run" }, [[gp.t("run.scenario"), gp.head.scenario.id], [gp.t("run.version"), p.version], [gp.t("run.hash"), p.hash], [gp.t("run.year"), gp.model.year()]].map(([name, value]) => gp.el("div", {}, gp.el("dt", {}, name), gp.el("dd", {}, gp.el("code", {}, value)))));
  }
})(window.geoplan);
