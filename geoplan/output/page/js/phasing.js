/* Which centres open in which year: the plan by money beside the plan by number, and how many people each year reaches. */
(function (gp) {
  "use strict";

  const PLANS = ["nested", "last_year_first", "by_number"];
  const phasing = {};
  gp.phasing = phasing;

  const data = () => gp.bulk.phasing;
  const rows = (plan) => data().phases.plan.map((_, k) => k).filter((k) => data().phases.plan[k] === plan);
  const plans = () => [...PLANS.filter((p) => rows(p).length), ...new Set(data().phases.plan.filter((p) => !PLANS.includes(p)))];
  const title = (plan) => (gp.knows("phasing.plan." + plan) ? gp.t("phasing.plan." + plan) : plan);

  /* {site, year, sites} of what the first plan opens, for one service: the stars of the map. */
  phasing.openings = function (service) {
    if (!gp.bulk.phasing || !data().services.includes(service)) return [];
    const p = data().phases;
    return rows(plans()[0]).filter((k) => p.status[k] === "opened" && p.site[k] >= 0).map((k) => ({ site: p.site[k], year: p.year[k], sites: data().sites }));
  };

  function render() {
    return gp.el("div", { class: "gp-section", "data-gp-section": "phasing" },
      gp.el("p", {}, gp.el("b", {}, gp.siting.serviceNames(data().services)), ", ", data().years[0] + "\u2013" + data().years[data().years.length - 1], ". ", gp.t("phasing.note")),
      gp.el("p", { class: "gp-notice", role: "note" }, gp.t("phasing.assumed")), curve(), calendar());
  }

  /* The year of a plan in one: what opens, what is spent and who is reached. */
  function years(plan) {
    const p = data().phases;
    return data().years.map((year) => {
      const here = rows(plan).filter((k) => p.year[k] === year), first = here[0];
      if (first === undefined) return null;
      const of = (status) => here.filter((k) => p.site[k] >= 0 && p.status[k] === status).map((k) => p.site[k]);
      return { year, opened: of("opened"), spent: p.spent_azn ? p.spent_azn[first] : null, budget: p.budget_azn ? p.budget_azn[first] : null,
        covered: p.people_covered[first], population: p.population[first] };
    }).filter(Boolean);
  }

  const reached = (y) => gp.number(y.covered) + (y.population ? " (" + gp.percent(y.covered / y.population, 1) + ")" : "");
  const opens = (y) => (y.opened.length ? gp.siting.listOf(y.opened, data().sites) : gp.t("phasing.nothing"));

  function curve() {
    const name = gp.t("phasing.chart"), words = (plan, y) => gp.t("phasing.point", { plan: title(plan), year: y.year, people: reached(y), sites: opens(y) });
    return gp.chart.lines({ key: "phasing", title: name, x: { label: gp.t("year"), values: data().years, text: String }, y: { label: gp.t("siting.covered.axis"), whole: true, zero: false },
      series: plans().map((plan) => ({ name: title(plan), points: years(plan).map((y) => ({ x: y.year, y: y.covered, words: words(plan, y) })) })),
      table: gp.chart.table(name, [gp.t("year"), ...plans().map(title)], data().years.map((year) => [String(year), ...plans().map((plan) => {
        const y = years(plan).find((v) => v.year === year);
        return y ? reached(y) : "\u2013";
      })])) });
  }

  /* One row a year, one column a plan: what opens, whom it reaches, and what of the money is spent. */
  function calendar() {
    const name = gp.t("phasing.calendar");
    return gp.el("section", { "data-gp-phases": true }, gp.el("h3", {}, name),
      gp.chart.table(name, [gp.t("year"), ...plans().map(title)], data().years.map((year) => [String(year), ...plans().map((plan) => cell(years(plan).find((y) => y.year === year)))]), plans().map((_, k) => k + 1)));
  }

  function cell(y) {
    if (!y) return "\u2013";
    return gp.el("div", { class: "gp-phase" }, gp.el("b", {}, opens(y)), gp.el("span", {}, gp.t("phasing.reached", { people: gp.number(y.covered), share: gp.percent(y.population ? y.covered / y.population : null, 1) })),
      y.spent === null || y.spent === undefined ? null : gp.el("span", { class: "gp-soft" }, y.budget === null ? gp.t("phasing.spent", { spent: gp.siting.money(y.spent) })
        : gp.t("phasing.spent.of", { spent: gp.siting.money(y.spent), budget: gp.siting.money(y.budget) })));
  }

  gp.panels.push({ tab: "phasing", there: () => Boolean(gp.bulk && gp.bulk.phasing), render });
})(window.geoplan);
