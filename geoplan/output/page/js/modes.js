/* Current, Plan, Compare, Difference: which side the page shows, and what changed between the two. */
(function (gp) {
  "use strict";

  const MODES = ["current", "plan", "compare", "difference"];

  /* Brown: worse; teal: better (BrBG, ColorBrewer by Cynthia Brewer); told apart by people who confuse red and green. */
  const COLOURS = ["#01665e", "#35978f", "#80cdc1", "#f5f5f5", "#dfc27d", "#bf812d", "#8c510a"];
  const DARK = [0, 1, 5, 6];
  const SHARE_STEPS = [0.2, 0.05, 0.0005]; // as parts of one: 20 and 5 points; less than a twentieth of a point is none
  const MINUTE_STEPS = [300, 100, 1]; // tenths: 30 and 10 minutes; a tenth is something
  const modes = { MODES, COLOURS };
  gp.modes = modes;

  modes.isDifference = () => gp.state.mode === "difference";
  modes.isCompare = () => gp.state.mode === "compare";

  /* --- buttons ----------------------------------------------------------------------------------------------- */

  modes.render = () => gp.el("div", { id: "gp-modes", class: "gp-modes" }, buttons());
  modes.follow = () => document.getElementById("gp-modes") && gp.replace("gp-modes", buttons());

  function buttons() {
    if (!gp.model.isComparable()) return null;
    return gp.el("div", { class: "gp-segment", role: "group", "aria-label": gp.t("mode.label") }, MODES.map((mode) =>
      gp.el("button", { type: "button", "aria-pressed": gp.state.mode === mode, "data-gp-mode": mode, "data-gp-focus": "mode-" + mode,
        title: gp.t("mode." + mode + ".title", names()), on: { click: () => modes.show(mode) } }, gp.t("mode." + mode))));
  }

  modes.show = function (mode) {
    gp.set({ mode });
    gp.say(gp.t("mode." + mode + ".title", names()));
  };

  /* What the two sides are called: a parent and a plan by their titles, an in-page change by its name. */
  function names() {
    const own = gp.name(gp.head.scenario.title), base = gp.model.hasParent() ? gp.name(gp.head.base.scenario.title) : own;
    return { base, plan: gp.model.isChanged() ? gp.whatif.name || gp.t("whatif.title") : own };
  }
  modes.names = names;

  /* --- what changed ------------------------------------------------------------------------------------------- */

  const step = (value, steps) => (value > 0 ? steps.findIndex((s) => value >= s) : steps.findIndex((s) => -value >= s));
  function place(value, steps) {
    const k = step(value, steps);
    return k < 0 ? 3 : value > 0 ? k : 6 - k;
  }

  /* Number of the colour of an area by its two rows of totals; the state's word where there is no share on both sides. */
  modes.areaClass = function (base, plan) {
    const now = gp.model.stateOf(plan), before = gp.model.stateOf(base);
    if (now === "empty" || now === "not_assessed") return now;
    if (now === "unreachable" && before === "unreachable") return "unreachable";
    return place((gp.model.share(plan) || 0) - (gp.model.share(base) || 0), SHARE_STEPS);
  };
  modes.pointClass = function (before, after) {
    const saved = gp.model.saved(before, after);
    if (saved === null) return "not_assessed";
    if (after < 0 && before < 0) return "unreachable";
    return place(saved, MINUTE_STEPS);
  };

  /* The two rows of district or region `i` as the level has it. */
  modes.rows = function (i) {
    const region = gp.state.theme === "regions", id = region ? gp.head.regions.id[gp.head.districts.region[i]] : gp.head.districts.id[i];
    return ["base", "plan"].map((side) => gp.model.total(region ? "region" : "district", id, null, side));
  };

  const STATES = { empty: "#f7f6f3", not_assessed: "url(#gp-not-assessed)", unreachable: "url(#gp-unreachable)" };
  modes.areaFill = function (i) {
    const found = modes.areaClass(...modes.rows(i));
    return STATES[found] || COLOURS[found];
  };
  modes.isDark = (i) => DARK.includes(modes.areaClass(...modes.rows(i)));

  /* Colour of point `i` by the minutes saved; null for the marks of its state. */
  modes.pointColour = function (i, sides) {
    const found = modes.pointClass(sides.base.tenths[i], sides.plan.tenths[i]);
    return typeof found === "string" ? null : COLOURS[found];
  };
  modes.sides = () => ({ base: gp.model.coverage(null, "base"), plan: gp.model.coverage(null, "plan") });

  /* --- in words ----------------------------------------------------------------------------------------------- */

  const signed = (text, value) => (value > 0 ? "+" : "") + text;

  /* "70.1% -> 74.0%, +3.9 points, +12,300 people", with a class that says the direction; null where nothing can be said. */
  modes.change = function (base, plan) {
    if (!base || !plan || gp.model.share(base) === null || gp.model.share(plan) === null) return null;
    const share = gp.model.share(plan) - gp.model.share(base), people = plan.within_target - base.within_target;
    const way = Math.abs(share) < 5e-5 && people === 0 ? "same" : share > 0 || (share === 0 && people > 0) ? "better" : "worse";
    return { way, share, people, from: gp.percent(gp.model.share(base), 1), to: gp.percent(gp.model.share(plan), 1),
      points: signed(gp.number(share * 100, 1), share), persons: signed(gp.number(people), people) };
  };

  const ARROW = { better: "▲", worse: "▼", same: "=" };

  /* The line beneath a share. */
  modes.line = function (base, plan) {
    const c = modes.change(base, plan);
    if (!c) return null;
    const words = c.way === "same" ? gp.t("change.none.here") : gp.t("change.line", c);
    return gp.el("p", { class: "gp-change gp-change-" + c.way, "data-gp-change": c.way, "data-gp-people": c.people },
      gp.el("span", { "aria-hidden": "true" }, ARROW[c.way] + " "), c.way === "same" ? null : gp.el("span", { class: "gp-change-from" }, c.from + " → " + c.to + " "), words);
  };

  /* For tooltips: before and after of an area, or of a point. */
  modes.tip = (i) => (gp.model.isComparable() ? modes.line(...modes.rows(i)) : null);
  modes.pointTip = function (i) {
    if (!gp.model.isComparable()) return null;
    const { base, plan } = modes.sides(), saved = gp.model.saved(base.tenths[i], plan.tenths[i]);
    if (saved === null || saved === 0) return null;
    return gp.el("p", { class: "gp-change gp-change-" + (saved > 0 ? "better" : "worse") }, gp.el("span", { "aria-hidden": "true" }, (saved > 0 ? ARROW.better : ARROW.worse) + " "),
      modes.minutes(base.tenths[i], base.error[i]) + " → " + modes.minutes(plan.tenths[i], plan.error[i]));
  };
  /* Where the position is less exact than the time, only an upper bound is honest. */
  modes.minutes = (tenths, error) => (tenths >= 0 ? gp.t("minutes", { n: error && tenths / 10 < error ? gp.minutes(tenths, error) : gp.number(tenths / 10, tenths % 10 ? 1 : 0) }) : gp.t(tenths === gp.model.UNREACHABLE ? "state.unreachable" : "state.not_assessed"));

  /* --- legend of the difference --------------------------------------------------------------------------------- */

  modes.legendTitle = () => gp.t(gp.areas() ? "difference.share" : "difference.minutes", { minutes: gp.model.service("plan").target.minutes });
  modes.legend = function () {
    const steps = gp.areas() ? SHARE_STEPS.slice(0, 2).map((s) => gp.number(s * 100)) : MINUTE_STEPS.slice(0, 2).map((s) => gp.number(s / 10));
    const words = gp.areas() ? "difference.points." : "difference.time.";
    const texts = [gp.t(words + "most", { n: steps[0] }), gp.t(words + "more", { a: steps[1], b: steps[0] }), gp.t(words + "some", { n: steps[1] }), gp.t("difference.none"),
      gp.t(words + "less", { n: steps[1] }), gp.t(words + "fewer", { a: steps[1], b: steps[0] }), gp.t(words + "least", { n: steps[0] })];
    return COLOURS.map((colour, k) => gp.el("li", { "data-gp-difference": k }, gp.palette.swatch(colour), gp.el("span", {}, texts[k])));
  };
})(window.geoplan);
