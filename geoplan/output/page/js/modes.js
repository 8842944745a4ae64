/* Current, Plan, Compare, Difference: which side the page shows, and what changed between the two. */
(function (gp) {
  "use strict";

  const MODES = ["current", "plan", "compare", "difference"];

  /* Teal or purple: better, brown or orange: worse (BrBG and PuOr, ColorBrewer by Cynthia Brewer): told apart by people who
     confuse red and green. Minutes have one scale, what is seen against the target the other. */
  const SCALES = {
    minutes: { colours: ["#01665e", "#35978f", "#80cdc1", "#f5f5f5", "#dfc27d", "#bf812d", "#8c510a"], dark: [0, 1, 5, 6] },
    gap: { colours: ["#542788", "#8073ac", "#b2abd2", "#f5f5f5", "#fdb863", "#e08214", "#b35806"], dark: [0, 1, 6] },
  };
  gp.state.measure = "minutes";
  const scale = () => SCALES[gp.state.measure];
  const SHARE_STEPS = [0.2, 0.05, 0.0005]; // as parts of one: 20 and 5 points; less than a twentieth of a point is none
  const MINUTE_STEPS = [300, 100, 1]; // tenths: 30 and 10 minutes; a tenth is something
  const modes = { MODES, SCALES };
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
    if (gp.state.measure === "minutes") return place(saved(plan.level, plan.id), MINUTE_STEPS);
    return place((gp.model.share(plan) || 0) - (gp.model.share(base) || 0), SHARE_STEPS);
  };
  modes.pointClass = function (before, after) {
    const won = gp.model.saved(before, after);
    if (won === null) return "not_assessed";
    if (after < 0 && before < 0) return "unreachable";
    return place(gp.state.measure === "minutes" || !Number.isFinite(won) ? won : beyond(before, "base") - beyond(after, "plan"), MINUTE_STEPS);
  };

  /* Tenths of a minute beyond the target of a side. */
  const beyond = (tenths, side) => Math.max(0, tenths - gp.model.service(side).target.minutes * 10);

  /* Tenths saved in the mean by the people of an area who have a way on both sides; endless where all ways are new or lost. */
  function saved(level, id) {
    const key = [gp.state.whatif, gp.state.year, gp.model.service("plan").id].join("|");
    if (modes.savedKey !== key) Object.assign(modes, { savedKey: key, savedOf: sums() });
    const sum = modes.savedOf.get(level + "|" + id);
    return !sum ? 0 : sum.people ? sum.saved / sum.people : sum.won - sum.lost > 0 ? Infinity : sum.lost > sum.won ? -Infinity : 0;
  }

  function sums() {
    const { base, plan } = modes.sides(), p = gp.model.points("plan"), d = gp.head.districts, out = new Map();
    const of = (key) => out.get(key) || out.set(key, { people: 0, saved: 0, won: 0, lost: 0 }).get(key);
    p.people.forEach((n, i) => {
      const tenths = n ? gp.model.saved(base.tenths[i], plan.tenths[i]) : null;
      if (tenths === null || (base.tenths[i] < 0 && plan.tenths[i] < 0)) return;
      [of("district|" + d.id[p.district[i]]), of("region|" + gp.head.regions.id[d.region[p.district[i]]])].forEach((sum) => {
        if (Number.isFinite(tenths)) Object.assign(sum, { people: sum.people + n, saved: sum.saved + n * tenths });
        else sum[tenths > 0 ? "won" : "lost"] += n;
      });
    });
    return out;
  }

  /* The two rows of district or region `i` as the level has it. */
  modes.rows = function (i) {
    const region = gp.state.theme === "regions", id = region ? gp.head.regions.id[gp.head.districts.region[i]] : gp.head.districts.id[i];
    return ["base", "plan"].map((side) => gp.model.total(region ? "region" : "district", id, null, side));
  };

  const STATES = { empty: "#f7f6f3", not_assessed: "url(#gp-not-assessed)", unreachable: "url(#gp-unreachable)" };
  modes.areaFill = function (i) {
    const found = modes.areaClass(...modes.rows(i));
    return STATES[found] || scale().colours[found];
  };
  modes.isDark = (i) => scale().dark.includes(modes.areaClass(...modes.rows(i)));

  /* Colour of point `i` by the minutes saved; null for the marks of its state. */
  modes.pointColour = function (i, sides) {
    const found = modes.pointClass(sides.base.tenths[i], sides.plan.tenths[i]);
    return typeof found === "string" ? null : scale().colours[found];
  };
  modes.sides = () => ({ base: gp.model.coverage(null, "base"), plan: gp.model.coverage(null, "plan") });

  /* --- in words ----------------------------------------------------------------------------------------------- */

  const signed = (text, value) => (value > 0 ? "+" : "") + text;

  /* "70.1% -> 74.0%, +3.9 points, +12,300 people", with a class that says the direction; null where nothing can be said. */
  modes.change = function (base, plan) {
    if (!base || !plan || gp.model.share(base) === null || gp.model.share(plan) === null) return null;
    const share = gp.model.share(plan) - gp.model.share(base), people = plan.within_target - base.within_target;
    // a mean over other people says nothing about the same ones
    const mean = base.unreachable === plan.unreachable && base.population === plan.population && base.mean_minutes !== null && plan.mean_minutes !== null
      ? Math.round((plan.mean_minutes - base.mean_minutes) * 10) / 10 : 0;
    const even = Math.abs(share) < 5e-5 && people === 0;
    const way = even && mean === 0 ? "same" : even ? (mean < 0 ? "better" : "worse") : share > 0 || (share === 0 && people > 0) ? "better" : "worse";
    return { way, even, mean, minutes: signed(gp.number(mean, 1), mean), share, people, from: gp.percent(gp.model.share(base), 1), to: gp.percent(gp.model.share(plan), 1),
      points: signed(gp.number(share * 100, 1), share), persons: signed(gp.number(people), people) };
  };

  const ARROW = { better: "▲", worse: "▼", same: "=" };

  /* The line beneath a share. */
  modes.line = function (base, plan) {
    const c = modes.change(base, plan);
    if (!c) return null;
    const words = c.way === "same" ? gp.t("change.none.here") : [c.even ? null : gp.t("change.line", c), c.mean ? gp.t("change.mean", c) : null].filter(Boolean).join(" · ");
    return gp.el("p", { class: "gp-change gp-change-" + c.way, "data-gp-change": c.way, "data-gp-people": c.people },
      gp.el("span", { "aria-hidden": "true" }, ARROW[c.way] + " "), c.even ? null : gp.el("span", { class: "gp-change-from" }, c.from + " → " + c.to + " "), words);
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

  const isShare = () => gp.areas() && gp.state.measure === "gap";
  modes.legendTitle = () => gp.t(isShare() ? "difference.share" : gp.state.measure === "gap" ? "difference.gap" : gp.areas() ? "difference.mean" : "difference.minutes",
    { minutes: gp.model.service("plan").target.minutes });

  const measures = () => gp.el("li", {}, gp.el("div", { class: "gp-segment gp-measures", role: "group", "aria-label": gp.t("difference.measure") }, Object.keys(SCALES).map((measure) =>
    gp.el("button", { type: "button", "aria-pressed": gp.state.measure === measure, "data-gp-measure": measure, "data-gp-focus": "measure-" + measure, on: { click: () => gp.set({ measure }) } },
      gp.t("difference.measure." + measure)))));

  modes.legend = function () {
    const steps = isShare() ? SHARE_STEPS.slice(0, 2).map((s) => gp.number(s * 100)) : MINUTE_STEPS.slice(0, 2).map((s) => gp.number(s / 10));
    const words = isShare() ? "difference.points." : "difference.time.";
    const texts = [gp.t(words + "most", { n: steps[0] }), gp.t(words + "more", { a: steps[1], b: steps[0] }), gp.t(words + "some", { n: steps[1] }), gp.t("difference.none"),
      gp.t(words + "less", { n: steps[1] }), gp.t(words + "fewer", { a: steps[1], b: steps[0] }), gp.t(words + "least", { n: steps[0] })];
    return [measures(), ...scale().colours.map((colour, k) => gp.el("li", { "data-gp-difference": k }, gp.palette.swatch(colour), gp.el("span", {}, texts[k])))];
  };

  gp.whenReady(() => gp.onChange(["measure"], () => [gp.districts.restyle, gp.points.redraw, gp.labels.redraw, gp.legend.render].forEach((act) => act())));
})(window.geoplan);
