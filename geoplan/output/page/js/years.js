/* The year: a slider over the years of the run, and a button that plays them one after another. */
(function (gp) {
  "use strict";

  const STEP_MS = 1600; // time to read one year before the next
  const years = { timer: 0 };
  gp.years = years;

  years.render = function () {
    if (gp.head.years.length < 2) return null;
    const last = gp.head.years.length - 1;
    years.play = gp.el("button", { type: "button", class: "gp-play", "data-gp-play": true, "data-gp-focus": "year-play", on: { click: toggle } });
    years.range = gp.el("input", { type: "range", id: "gp-year", min: 0, max: last, step: 1, "data-gp-year": true, "data-gp-focus": "year",
      "aria-label": gp.t("year"), list: "gp-year-marks", on: { input: (e) => pick(Number(e.target.value)) } });
    years.shown = gp.el("output", { for: "gp-year", class: "gp-year-shown" });
    const box = gp.el("div", { class: "gp-year", role: "group", "aria-label": gp.t("year") }, years.play, years.range, years.shown,
      gp.el("datalist", { id: "gp-year-marks" }, gp.head.years.map((_, i) => gp.el("option", { value: i }))));
    years.follow();
    return box;
  };

  /* The control stays while the year changes: a slider that is drawn anew cannot be dragged. */
  years.follow = function () {
    if (!years.range) return;
    years.range.value = gp.state.year;
    years.range.setAttribute("aria-valuetext", String(gp.model.year()));
    years.shown.textContent = String(gp.model.year());
    const key = years.timer ? "year.pause" : calm() ? "year.next" : "year.play";
    years.play.textContent = years.timer ? "❚❚" : calm() ? "⏵❙" : "►";
    years.play.setAttribute("aria-label", gp.t(key));
    years.play.title = gp.t(key);
  };

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const after = () => (gp.state.year + 1) % gp.head.years.length;

  function pick(year) {
    stop();
    gp.set({ year });
  }

  /* Who wants no motion gets one year a press. */
  function toggle() {
    if (years.timer) stop();
    else if (calm()) gp.set({ year: after() });
    else {
      years.timer = setInterval(tick, STEP_MS);
      gp.set({ year: after() });
    }
    years.follow();
    gp.say(String(gp.model.year()));
  }

  function tick() {
    if (document.hidden) return;
    gp.set({ year: after() });
    if (gp.state.year === gp.head.years.length - 1) stop();
  }

  function stop() {
    clearInterval(years.timer);
    years.timer = 0;
    if (years.play) years.follow();
  }
  years.stop = stop;
})(window.geoplan);
