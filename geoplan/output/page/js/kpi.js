/* Key figures of the nation, of the nation outside Baku and of the liberated territories. */
(function (gp) {
  "use strict";

  gp.kpi = { render, bar };

  function groups() {
    return [
      group("nation", "nation", gp.model.nationId),
      group("outside_baku", "group", "outside_baku"),
      group("liberated", "group", "liberated"),
    ].filter((g) => g.row);
  }

  const group = (key, level, id) => ({ key, row: gp.model.total(level, id), base: gp.model.total(level, id, null, "base"), plan: gp.model.total(level, id, null, "plan") });

  function render() {
    const service = gp.model.service();
    gp.replace("gp-kpi",
      gp.el("h2", {}, gp.t("kpi.title", { minutes: service.target.minutes })),
      gp.el("p", { class: "gp-soft gp-norm" }, norm(service), otherTarget(service)),
      groups().map(card),
      notice());
  }

  /* Before and after may be measured by different targets: that is said. */
  function otherTarget(service) {
    const before = gp.model.service("base").target.minutes;
    return gp.model.isComparable() && before !== service.target.minutes ? " · " + gp.t("kpi.other.target", { minutes: before }) : null;
  }

  /* Only a published norm may be called one. */
  function norm(service) {
    const target = service.target;
    if (!target.published) return gp.t(target.changed ? "target.changed" : "target.planning");
    return target.label ? gp.name(target.label) : gp.t("target.published");
  }

  /* Why there is no figure: nobody lives there, nobody is assessed, no facility gives the service, or no road leads to one. */
  function emptiness() {
    const state = gp.model.stateOf(gp.model.nation());
    if (state === "empty") return "nobody";
    if (state === "not_assessed") return "not-assessed";
    if (state !== "unreachable") return null;
    return gp.bulk && !gp.bulk.facilities.id.some((_, i) => gp.model.countsHere(i)) ? "no-facility" : "nothing";
  }

  function notice() {
    const why = emptiness();
    return why ? gp.el("p", { class: "gp-notice", role: "note", "data-gp-state": why }, gp.t("kpi." + why)) : null;
  }

  /* Within, beyond and unreachable as one bar; its words stand beneath. */
  function bar(row) {
    const whole = row.assessed || 1;
    const parts = [["within", row.within_target], ["beyond", row.beyond_by_road], ["unreachable", row.unreachable]];
    return gp.el("div", { class: "gp-bar", "aria-hidden": "true" },
      parts.filter(([, people]) => people > 0).map(([name, people]) =>
        gp.paint(gp.el("span", { class: "gp-bar-" + name }), { "flex-grow": String(people / whole) })));
  }

  function card({ key, row, base, plan }) {
    const state = gp.model.stateOf(row);
    const title = gp.el("h3", {}, gp.t("group." + key));
    const head = gp.el("div", { class: "gp-kpi-head" }, title,
      gp.el("strong", { class: "gp-kpi-share" }, state === "share" ? gp.percent(gp.model.share(row), 1) : gp.t("state." + state)));
    const figures = state === "share" || state === "unreachable" ? [bar(row), facts(row)] : null;
    return gp.el("article", { class: "gp-kpi", "data-gp-kpi": key }, head,
      gp.model.isComparable() && gp.model.side() === "plan" ? gp.modes.line(base, plan) : null, gp.districts.assessed(row), figures);
  }

  function facts(row) {
    const time = row.mean_minutes === null ? null
      : [gp.t("kpi.times"), [row.mean_minutes, row.p50_minutes, row.p90_minutes].map((v) => gp.number(v)).join(" / "), "times"];
    const list = [
      [gp.t("kpi.beyond"), gp.number(row.beyond_by_road), "beyond"],
      [gp.t("kpi.unreachable"), gp.number(row.unreachable), "unreachable"],
      time,
      row.on_assumed > 0 ? [gp.t("kpi.assumed"), gp.number(row.on_assumed), "assumed"] : null,
    ].filter(Boolean);
    return gp.el("dl", { class: "gp-facts" }, list.map(([name, value, hook]) =>
      gp.el("div", { "data-gp-figure": hook }, gp.el("dt", {}, name), gp.el("dd", {}, value))));
  }
})(window.geoplan);
