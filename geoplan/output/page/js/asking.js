/* The panel of what-if: the list of changes, targets and plans, the best next site, who gains and loses, kept what-ifs; and the banner. */
(function (gp) {
  "use strict";

  const TOP = 6, MOST = 60; // rows of each short list, and of one that was opened
  const asking = { tab: "whatif" };
  gp.asking = asking;

  const button = (key, act, hook, off) => gp.el("button", { type: "button", class: "gp-button", disabled: off, "data-gp-act": hook, "data-gp-focus": "whatif-" + hook, on: { click: act } }, gp.t(key));

  /* --- the banner: a what-if is never taken for a plan ------------------------------------------------------------ */

  asking.banner = function () {
    const on = gp.whatif.isActive();
    gp.replace("gp-banner", !on ? null : [
      gp.el("p", {}, gp.el("b", {}, gp.whatif.name || gp.t("whatif.title")), " · ", gp.t("whatif.banner", { n: gp.whatif.list.length }),
        gp.el("span", { class: "gp-paper-only" }, " " + gp.whatif.list.map(words).join("; ").replace(/\.?$/, "."))),
      gp.el("span", { class: "gp-banner-acts" }, button("whatif.undo", gp.whatif.undo, "banner-undo"), button("whatif.reset", reset, "banner-reset"), button("whatif.open", () => gp.set({ tab: "whatif" }), "banner-open"))]);
  };

  function reset() {
    gp.whatif.reset();
    gp.say(gp.t("whatif.said", { n: 0 }));
  }

  /* --- one change in words ------------------------------------------------------------------------------------------ */

  function words(c) {
    if (c.kind === "target") return gp.t("whatif.target.words", { service: gp.name(gp.head.services.find((s) => s.id === c.service).name), minutes: c.minutes });
    if (c.kind === "plan") return gp.t("whatif.plan.words", { plan: gp.t("envelope." + c.plan) });
    const name = gp.sites.title(gp.model.siteRow(c.site)), services = c.services ? c.services.map(gp.serviceName).join(", ") : "";
    return gp.t("whatif." + c.kind + ".words", { name, services, year: c.year });
  }
  asking.words = words;

  function changes() {
    const list = gp.whatif.list;
    return gp.el("section", { "data-gp-whatif": "changes" }, gp.el("h3", {}, gp.t("whatif.changes")),
      list.length ? gp.el("ol", { class: "gp-changes" }, list.map((c, k) => gp.el("li", { "data-gp-asked": c.kind }, gp.el("span", {}, words(c)),
        gp.el("button", { type: "button", class: "gp-close-small", "aria-label": gp.t("whatif.remove") + ": " + words(c), title: gp.t("whatif.remove"), "data-gp-remove": k,
          "data-gp-focus": "whatif-remove-" + k, on: { click: () => gp.whatif.remove(c) } }, "×")))) : gp.el("p", { class: "gp-soft" }, gp.t("whatif.empty")),
      gp.el("div", { class: "gp-acts" }, button("whatif.undo", gp.whatif.undo, "undo", !gp.whatif.past.length), button("whatif.reset", reset, "reset", !list.length)));
  }

  function naming() {
    if (!gp.whatif.isActive()) return null;
    const input = gp.el("input", { type: "text", maxlength: 120, "data-gp-name": true, "data-gp-focus": "whatif-name", placeholder: gp.t("whatif.name.hint"), autocomplete: "off",
      on: { input: (e) => gp.whatif.rename(e.target.value) } });
    input.value = gp.whatif.name;
    return gp.el("section", { "data-gp-whatif": "save" }, gp.el("label", { class: "gp-field" }, gp.el("span", {}, gp.t("whatif.name")), input),
      gp.el("div", { class: "gp-acts" }, button("whatif.save", () => gp.toml.save(gp.whatif.list, gp.whatif.name), "save"), button("whatif.keep", gp.whatif.keep, "keep")),
      gp.el("p", { class: "gp-soft" }, gp.t("whatif.save.hint")));
  }

  /* --- target and resettlement ------------------------------------------------------------------------------------ */

  function target() {
    const service = gp.model.service("plan"), own = gp.head.services[gp.state.service].target.minutes;
    const input = gp.el("input", { type: "number", min: 1, max: 1440, step: 5, "data-gp-target": true, "data-gp-focus": "whatif-target", on: { change: (e) => move(Number(e.target.value)) } });
    const slide = gp.el("input", { type: "range", min: 5, max: Math.max(180, own), step: 5, "aria-label": gp.t("whatif.target"), "data-gp-target-range": true, "data-gp-focus": "whatif-range",
      on: { change: (e) => move(Number(e.target.value)), input: (e) => { input.value = e.target.value; } } });
    input.value = service.target.minutes;
    slide.value = service.target.minutes;
    return gp.el("section", { "data-gp-whatif": "target" }, gp.el("label", { class: "gp-field gp-field-row" }, gp.el("span", {}, gp.t("whatif.target")), input, gp.el("span", { class: "gp-soft" }, gp.t("min"))), slide);
  }

  function move(minutes) {
    if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440) gp.whatif.setTarget(minutes);
  }

  function plan() {
    const e = gp.bulk.whatif.envelopes;
    if (!e) return null;
    const now = gp.changed.planOf(gp.whatif.list), chosen = now ? now.plan : e.now;
    const options = [...(e.now ? [] : [""]), ...Object.keys(e.plans)];
    return gp.el("section", { "data-gp-whatif": "plan" }, gp.el("label", { class: "gp-field" }, gp.el("span", {}, gp.t("whatif.plan")),
      gp.el("select", { "data-gp-plan": true, "data-gp-focus": "whatif-plan", on: { change: (x) => gp.whatif.setPlan(x.target.value) } },
        options.map((name) => gp.el("option", { value: name, selected: name === chosen }, gp.t(name ? "envelope." + name : "envelope.none"))))),
    gp.el("p", { class: "gp-soft" }, gp.t("envelope.note")));
  }

  /* --- best next site --------------------------------------------------------------------------------------------- */

  function best() {
    const title = gp.el("h3", {}, gp.t("best.title"));
    if (!gp.times.ready) return gp.el("section", { "data-gp-whatif": "best" }, title, gp.el("p", { class: "gp-soft" }, gp.t("busy")));
    const service = gp.model.service("plan"), rows = gp.whatif.gains().slice(0, TOP).filter((r) => r.gain > 0);
    const about = gp.el("p", { class: "gp-soft" }, gp.t("best.about", { service: gp.name(service.name), minutes: service.target.minutes, year: gp.model.year() }));
    if (!rows.length) return gp.el("section", { "data-gp-whatif": "best" }, title, gp.el("p", {}, gp.t("best.none")));
    return gp.el("section", { "data-gp-whatif": "best" }, title, about, gp.el("ol", { class: "gp-best" }, rows.map((r, k) => site(r, k))));
  }

  function site(r, k) {
    const id = gp.bulk.facilities.id[r.row];
    return gp.el("li", { "data-gp-best": id, "data-gp-gain": r.gain, "data-gp-saved": r.minutes === null ? "" : r.minutes },
      gp.el("button", { type: "button", class: "gp-best-name", "data-gp-focus": "best-" + id, on: { click: () => show(r.row) } }, gp.el("b", {}, gp.sites.title(r.row)),
        gp.el("span", {}, gp.t("best.gain", { people: gp.number(r.gain) }), r.minutes === null ? null : " · " + gp.t("best.saved", { minutes: gp.number(r.minutes, 2) }))),
      gp.el("button", { type: "button", class: "gp-button" + (k ? "" : " gp-button-main"), "data-gp-add": id, "data-gp-focus": "best-add-" + id, "aria-label": gp.t("best.add") + ": " + gp.sites.title(r.row),
        on: { click: () => gp.whatif.toggle(r.row) } }, gp.t("best.add")));
  }

  function show(row) {
    const f = gp.bulk.facilities;
    gp.set({ selection: { kind: "facilities", rows: [row], key: String(row) } });
    gp.map.setView([f.lat[row], f.lon[row]], Math.max(gp.map.getZoom(), 8.5));
  }

  /* --- winners and losers ------------------------------------------------------------------------------------------- */

  function moved() {
    if (!gp.model.isComparable()) return null;
    const { winners, losers } = gp.whatif.moved();
    return gp.el("section", { "data-gp-whatif": "moved" }, gp.el("h3", {}, gp.t("moved.title")),
      winners.length || losers.length ? null : gp.el("p", { class: "gp-soft" }, gp.t("moved.none")),
      side("winners", winners), side("losers", losers));
  }

  const peopleOf = (rows) => rows.reduce((sum, r) => sum + r.n, 0);

  function side(key, rows) {
    if (!rows.length) return null;
    const { base, plan: after } = gp.modes.sides(), whole = asking["all" + key];
    const more = rows.length > TOP && !whole ? gp.el("button", { type: "button", class: "gp-link", "data-gp-focus": "moved-" + key, on: { click: () => { asking["all" + key] = true; gp.announceChange(["whatifList"]); } } }, gp.t("and.more", { n: gp.number(rows.length - TOP) })) : null;
    const rest = whole && rows.length > MOST ? gp.el("p", { class: "gp-soft" }, gp.t("and.more", { n: gp.number(rows.length - MOST) })) : null;
    return gp.el("div", { class: "gp-moved", ["data-gp-" + key]: rows.length, "data-gp-people": peopleOf(rows) },
      gp.el("h4", { class: "gp-change-" + (key === "winners" ? "better" : "worse") }, gp.t("moved." + key, { places: gp.number(rows.length), people: gp.number(peopleOf(rows)) })),
      gp.el("ul", {}, rows.slice(0, whole ? MOST : TOP).map((r) => gp.el("li", {},
        gp.el("button", { type: "button", class: "gp-moved-row", "data-gp-moved": gp.bulk.points.id[r.i], "data-gp-focus": "moved-" + gp.bulk.points.id[r.i], on: { click: () => select(r.i) } },
          gp.el("span", {}, gp.points.title(r.i)), gp.el("span", { class: "gp-soft" }, gp.t("people.n", { n: gp.number(r.n) })),
          gp.el("b", {}, gp.modes.minutes(base.tenths[r.i], base.error[r.i]) + " → " + gp.modes.minutes(after.tenths[r.i], after.error[r.i])))))), more, rest);
  }

  function select(i) {
    gp.set({ selection: { kind: "point", i } });
    gp.mapView.goTo(i);
  }

  /* --- kept what-ifs ------------------------------------------------------------------------------------------------ */

  const GROUPS = [["nation", "nation"], ["outside_baku", "group"], ["liberated", "group"]];

  function kept() {
    const saved = gp.whatif.saved;
    if (!saved.length) return null;
    const service = gp.head.services[gp.state.service].id, sides = [{ name: gp.t("mode.current"), total: (level, id) => gp.model.total(level, id, service, "base") },
      ...saved.map((s) => ({ name: s.name, kept: s, total: (level, id) => s.figures.total(level, id, service) }))];
    return gp.el("section", { "data-gp-whatif": "kept" }, gp.el("h3", {}, gp.t("kept.title")),
      gp.el("div", { class: "gp-kept" }, gp.el("table", {}, gp.el("caption", { class: "gp-hidden" }, gp.t("kept.caption", { service: gp.name(gp.model.service().name) })),
        gp.el("thead", {}, gp.el("tr", {}, gp.el("th", { scope: "col" }, gp.t("kept.group")), sides.map((s) => gp.el("th", { scope: "col", class: "gp-num" }, s.name)))),
        gp.el("tbody", {}, GROUPS.flatMap(([id, level]) => row(id, level, sides))))),
      gp.el("ul", { class: "gp-acts" }, saved.map((s, k) => gp.el("li", {}, gp.el("button", { type: "button", class: "gp-button", "data-gp-kept": k, "data-gp-focus": "kept-" + k, on: { click: () => again(s) } }, gp.t("kept.show", { name: s.name })),
        gp.el("button", { type: "button", class: "gp-close-small", "aria-label": gp.t("kept.forget") + ": " + s.name, title: gp.t("kept.forget"), "data-gp-focus": "forget-" + k, on: { click: () => gp.whatif.forget(s) } }, "×")))));
  }

  function row(id, level, sides) {
    const key = id === "nation" ? gp.model.nationId : id, totals = sides.map((s) => s.total(level, key));
    const cells = (write) => totals.map((t) => gp.el("td", { class: "gp-num" }, t ? write(t) : "–"));
    return [gp.el("tr", { "data-gp-kept-row": id }, gp.el("th", { scope: "row" }, gp.t("group." + id)), cells((t) => gp.percent(gp.model.share(t), 1))),
      gp.el("tr", {}, gp.el("th", { scope: "row", class: "gp-soft" }, gp.t("kept.people")), cells((t) => gp.number(t.within_target)))];
  }

  async function again(s) {
    await gp.whatif.use(() => s.list);
    gp.whatif.rename(s.name);
  }

  /* --- the panel ------------------------------------------------------------------------------------------------------ */

  asking.render = function () {
    return gp.el("div", { class: "gp-whatif", "data-gp-section": "whatif" },
      gp.el("p", { class: "gp-soft" }, gp.t("whatif.about")), changes(), naming(), target(), plan(), best(), moved(), kept(),
      gp.whatif.isActive() ? gp.el("p", { class: "gp-soft", "data-gp-engine": true }, gp.t("whatif.engine")) : null);
  };

  gp.panels.push({ tab: "whatif", there: () => gp.whatif.isThere(), render: asking.render });
  gp.whenReady(() => {
    if (!gp.whatif.isThere()) return;
    gp.onChange(["lang", "whatif", "whatifName"], asking.banner);
    gp.onChange(["whatifSaved", "whatifList"], gp.tables.render);
    gp.onChange(["whatifTimes"], () => gp.state.tab === "whatif" && gp.tables.render());
    gp.times.load().then(() => gp.announceChange(["whatifTimes"]));
  });
})(window.geoplan);
