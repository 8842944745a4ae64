/* Header, choices, key figures base -> plan, and the tables of winners, losers, bands, changes and notes. */
(function (gp) {
  "use strict";

  const LARGEST = 20;
  const NAMES = { az: "Azərbaycanca", ru: "Русский", en: "English" };
  const panel = {};
  gp.panel = panel;
  Object.assign(gp.state, { by: "minutes" });

  const arrow = " \u2192 ";
  panel.shares = (row) => gp.percent(row.share_before, 1) + arrow + gp.percent(row.share_after, 1);
  panel.minutes = (row) => gp.number(row.mean_before_minutes, 1) + arrow + gp.number(row.mean_after_minutes, 1);

  const minutes = (tenths) => (tenths >= 0 ? gp.number(tenths / 10, 1) : gp.t(tenths === -1 ? "state.unreachable" : tenths === -2 ? "state.not_assessed" : "state.absent"));
  const signed = (value, digits) => (value > 0 ? "+" : "") + gp.number(value, digits);

  panel.header = function () {
    const plan = gp.model.plan(), title = gp.name(gp.head.base.title) + arrow + gp.name(plan.title);
    document.documentElement.lang = gp.state.lang;
    document.title = title;
    gp.replace("gp-header",
      gp.el("div", { class: "gp-title" }, gp.el("h1", {}, title),
        gp.el("p", { class: "gp-soft" }, gp.t("header.ids", { base: gp.head.base.id, plan: plan.id }))),
      gp.el("div", { class: "gp-header-side" }, choices(), languages()));
  };

  function choices() {
    const plans = gp.head.plans.map((p) => gp.name(p.title));
    const pick = (key, label, options) => (options.length < 2 ? null : gp.el("label", {}, gp.t(label),
      gp.el("select", { "data-gp-focus": key, on: { change: (e) => choose(key, Number(e.target.value)) } },
        options.map((o, i) => gp.el("option", { value: i, selected: i === gp.state[key] }, o)))));
    return gp.el("div", { class: "gp-choices" }, pick("plan", "plan", plans), pick("year", "year", gp.model.plan().years));
  }

  /* Another plan may have other years and services. */
  function choose(key, value) {
    gp.set(key === "plan" ? { plan: value, year: 0, service: 0 } : { [key]: value });
  }

  const languages = () => gp.el("div", { class: "gp-segment", role: "group", "aria-label": gp.t("language") },
    gp.head.languages.map((code) => gp.el("button", { type: "button", lang: code, title: NAMES[code], "aria-label": NAMES[code],
      "aria-pressed": code === gp.state.lang, "data-gp-language": code, "data-gp-focus": "language-" + code,
      on: { click: () => gp.set({ lang: code }) } }, code.toUpperCase())));

  panel.services = () => gp.replace("gp-services", gp.el("div", { class: "gp-tabsbar", role: "group", "aria-label": gp.t("services.label") },
    gp.model.plan().services.map((s, i) => gp.el("button", { type: "button", class: "gp-service", "aria-pressed": i === gp.state.service,
      "data-gp-service": s.id, "data-gp-focus": "service-" + s.id, on: { click: () => gp.set({ service: i }) } }, gp.name(s.name)))));

  panel.tools = () => gp.replace("gp-tools", gp.el("div", { class: "gp-segment", role: "group", "aria-label": gp.t("theme.label") },
    ["share", "minutes"].map((theme) => gp.el("button", { type: "button", "aria-pressed": theme === gp.state.theme, "data-gp-theme": theme,
      "data-gp-focus": "theme-" + theme, on: { click: () => gp.set({ theme }) } }, gp.t("theme." + theme)))));

  panel.kpi = function () {
    const groups = [["nation", gp.model.nation()], ["outside_baku", gp.model.group("group", "outside_baku")],
      ["liberated", gp.model.group("group", "liberated")]].filter(([, row]) => row && row.population_after > 0);
    const service = gp.model.service();
    gp.replace("gp-kpi", gp.el("h2", {}, gp.t("kpi.title", { minutes: service.target_minutes })),
      gp.model.plan().identical ? gp.el("p", { class: "gp-notice", role: "note" }, gp.t("identical")) : null,
      groups.map(([key, row]) => card(key, row)));
  };

  function card(key, row) {
    const step = row.share_difference === null ? null : row.share_difference * 100;
    const facts = [
      [gp.t("kpi.within"), gp.number(row.within_target_before) + arrow + gp.number(row.within_target_after) +
        " (" + signed(row.within_target_difference) + ")", "within"],
      [gp.t("kpi.mean"), panel.minutes(row), "mean"],
      [gp.t("kpi.unreachable"), gp.number(row.unreachable_before) + arrow + gp.number(row.unreachable_after), "unreachable"],
      [gp.t("kpi.shorter"), gp.number(row.people_shorter + row.people_became_reachable), "shorter"],
      [gp.t("kpi.longer"), gp.number(row.people_longer + row.people_became_unreachable), "longer"],
    ];
    if (row.population_difference) facts.push([gp.t("kpi.population"), gp.number(row.population_before) + arrow + gp.number(row.population_after), "population"]);
    return gp.el("article", { class: "gp-kpi", "data-gp-kpi": key }, gp.el("h3", {}, gp.name(row.name)),
      gp.el("p", { class: "gp-arrow" }, gp.el("strong", { class: "gp-kpi-step" }, row.assessed_after ? panel.shares(row) : gp.t("state.not_assessed")),
        step === null ? null : gp.el("span", { class: step > 0 ? "gp-better" : step < 0 ? "gp-worse" : "" }, signed(step, 1) + " " + gp.t("unit.points"))),
      gp.el("dl", { class: "gp-facts" }, facts.map(([name, value, hook]) =>
        gp.el("div", { "data-gp-figure": hook }, gp.el("dt", {}, name), gp.el("dd", {}, value)))));
  }

  panel.tables = function () {
    if (!gp.bulk) return;
    gp.replace("gp-tabs", byChoice(), block("winners", places("shorter")), block("losers", places("longer")),
      block("reachable", states(["became_reachable"])), block("unreachable", states(["became_unreachable"])), block("districts", districts()),
      block("bands", bands()), block("alone", contributions("alone")), block("sequence", contributions("sequence")), notes());
  };

  const byChoice = () => gp.el("div", { class: "gp-choices gp-block" }, gp.el("label", {}, gp.t("by"),
    gp.el("select", { "data-gp-focus": "by", on: { change: (e) => gp.set({ by: e.target.value }) } },
      ["minutes", "person_minutes"].map((by) => gp.el("option", { value: by, selected: by === gp.state.by }, gp.t("by." + by))))));

  /* A table with its heading; columns are [sentence key, is a number]. */
  function block(key, made) {
    const empty = !made || !made.rows.length;
    const save = empty ? null : gp.el("button", { type: "button", class: "gp-button gp-save", "data-gp-csv": key, "data-gp-focus": "csv-" + key,
      "aria-label": gp.t("csv.of", { table: gp.t("block." + key) }), on: { click: () => gp.copies.csv(key, made.records) } }, "CSV");
    return gp.el("section", { class: "gp-block", "data-gp-block": key },
      gp.el("div", { class: "gp-block-head" }, gp.el("h2", { id: "gp-block-" + key }, gp.t("block." + key)), save),
      !empty && made.note ? gp.el("p", { class: "gp-soft" }, made.note) : null,
      empty ? gp.el("p", { class: "gp-soft" }, gp.t("block.none")) : gp.el("div", { class: "gp-scroll", tabindex: 0, role: "region", "aria-labelledby": "gp-block-" + key },
        gp.el("table", {}, gp.el("thead", {}, gp.el("tr", {}, made.columns.map(([name, number]) =>
          gp.el("th", { scope: "col", class: number ? "gp-num" : null }, gp.t(name))))),
        gp.el("tbody", {}, made.rows.map((cells) => gp.el("tr", {}, cells.map((cell, k) =>
          (k ? gp.el("td", { class: made.columns[k][1] ? "gp-num" : null }, cell) : gp.el("th", { scope: "row" }, cell)))))))));
  }

  const placeColumns = () => [["column.name"], ["column.people", true], ["column.minutes", true],
    [gp.state.by === "minutes" ? "column.step" : "column.person_minutes", true]];

  function places(state) {
    const size = gp.state.by === "minutes" ? (r) => Math.abs(r.tenths) : (r) => Math.abs(r.tenths * r.people);
    const other = gp.state.by === "minutes" ? (r) => Math.abs(r.tenths * r.people) : (r) => Math.abs(r.tenths);
    const rows = gp.model.places().filter((r) => r.state === state && r.people > 0)
      .sort((a, b) => size(b) - size(a) || other(b) - other(a) || a.i - b.i);
    const shown = rows.slice(0, LARGEST);
    return { columns: placeColumns(), rows: shown.map(placeRow), records: shown.map(gp.copies.place), note: some(shown.length, rows.length) };
  }

  const some = (shown, all) => (shown < all ? gp.t("rows.some", { shown: gp.number(shown), all: gp.number(all) }) : null);

  const link = (i) => gp.el("button", { type: "button", "data-gp-place": gp.bulk.points.id[i], "data-gp-focus": "place-" + i,
    on: { click: () => { gp.set({ selection: { kind: "point", i } }); gp.mapView.goTo(i); } } }, gp.name(gp.bulk.points.name, i),
  gp.el("span", { class: "gp-soft" }, " " + districtName(i)));
  const districtName = (i) => (gp.bulk.points.district[i] < 0 ? "" : gp.name(gp.head.districts.name, gp.bulk.points.district[i]));

  const placeRow = (r) => [link(r.i), gp.number(r.people), minutes(r.before) + arrow + minutes(r.after),
    gp.state.by === "minutes" ? signed(r.tenths / 10, 1) : signed(Math.round(r.tenths * r.people / 10))];

  function states(wanted) {
    const rows = gp.model.places().filter((r) => wanted.includes(r.state)).sort((a, b) => b.people - a.people || a.i - b.i);
    const shown = rows.slice(0, 10 * LARGEST);
    return { columns: [["column.name"], ["column.people", true], ["column.minutes", true]], records: rows.map(gp.copies.place), note: some(shown.length, rows.length),
      rows: shown.map((r) => [link(r.i), gp.number(r.people), minutes(r.before) + arrow + minutes(r.after)]) };
  }

  function districts() {
    const rows = gp.head.districts.id.map((_, i) => gp.model.district(i)).filter((r) => r && r.population_after > 0 &&
      (r.within_target_difference || r.people_shorter || r.people_longer || r.people_became_reachable || r.people_became_unreachable));
    rows.sort((a, b) => b.within_target_difference - a.within_target_difference || b.people_shorter - a.people_shorter || (a.id < b.id ? -1 : 1));
    return { columns: [["column.district"], ["column.share", true], ["column.within", true], ["column.mean", true]], records: rows.map(gp.copies.plain),
      rows: rows.map((r) => [area(r), panel.shares(r), signed(r.within_target_difference), panel.minutes(r)]) };
  }

  const area = (r) => gp.el("button", { type: "button", "data-gp-focus": "district-" + r.id,
    on: { click: () => gp.set({ selection: { kind: "district", i: gp.head.districts.id.indexOf(r.id) } }) } }, gp.name(r.name));

  const bandName = (band) => (/\d/.test(band) ? band : gp.t("state." + band));

  function bands() {
    const rows = gp.model.plan().transitions.filter((r) => r.year === gp.model.year() && r.service === gp.model.service().id && r.band_before !== r.band_after);
    rows.sort((a, b) => b.people - a.people);
    return { columns: [["column.band_before"], ["column.band_after"], ["column.people", true], ["column.places", true]], records: rows.map(gp.copies.plain),
      rows: rows.map((r) => [bandName(r.band_before), bandName(r.band_after), gp.number(r.people), gp.number(r.places)]) };
  }

  /* Kind and thing in the language shown; a change that the page was not told of by its English line. */
  function changeName(r) {
    if (r.change_key === "settings") return gp.t("change.settings");
    const told = gp.model.plan().changes[r.change_label];
    return told && gp.knows("kind." + told.kind) ? [gp.t("kind." + told.kind), told.thing, told.start].filter(Boolean).join(", ") : r.change_label;
  }

  function contributions(mode) {
    const rows = gp.model.plan().contributions.filter((r) => r.year === gp.model.year() && r.service === gp.model.service().id && r.level === "nation" && r.mode === mode);
    return { columns: [["column.change"], ["column.within", true], ["column.shorter", true], ["column.longer", true], ["column.person_minutes", true]],
      records: rows.map(gp.copies.plain), note: gp.t("note." + mode),
      rows: rows.map((r) => [changeName(r), signed(r.within_target_difference),
        gp.number(r.people_shorter + r.people_became_reachable), gp.number(r.people_longer + r.people_became_unreachable), signed(Math.round(r.lost_person_minutes - r.gained_person_minutes))]) };
  }

  function notes() {
    const list = gp.model.plan().notes;
    if (!list.length) return null;
    return gp.el("section", { class: "gp-block", "data-gp-block": "notes" }, gp.el("h2", {}, gp.t("block.notes")),
      gp.el("ul", { class: "gp-notes" }, list.map((n) => gp.el("li", {}, gp.knows("note." + n.code) ? gp.t("note." + n.code, n.params) : n.message))));
  }

  /* The selected place or district, for every service. */
  panel.chosen = function () {
    const chosen = gp.state.selection;
    if (!chosen || !gp.bulk) return gp.replace("gp-chosen");
    const point = chosen.kind === "point", close = () => gp.set({ selection: null });
    const title = point ? gp.name(gp.bulk.points.name, chosen.i) : gp.name(gp.head.districts.name, chosen.i);
    return gp.replace("gp-chosen", gp.el("article", { class: "gp-kpi", "data-gp-chosen": point ? gp.bulk.points.id[chosen.i] : gp.head.districts.id[chosen.i] },
      gp.el("div", { class: "gp-block-head" }, gp.el("h3", {}, title, point ? gp.el("span", { class: "gp-soft" }, " " + districtName(chosen.i)) : null),
        gp.el("button", { type: "button", class: "gp-button", "data-gp-focus": "chosen-close", on: { click: close } }, gp.t("close"))),
      gp.el("dl", { class: "gp-facts" }, (point ? ofPlace(chosen.i) : ofDistrict(chosen.i)).map(([name, value]) =>
        gp.el("div", {}, gp.el("dt", {}, name), gp.el("dd", {}, value))))));
  };

  function ofPlace(i) {
    const rows = gp.model.ofPlace(i);
    return [[gp.t("column.people"), gp.number(rows[0].people)], ...rows.map((r) => [gp.name(r.service.name),
      minutes(r.before) + arrow + minutes(r.after) + (r.tenths === null ? "" : " (" + signed(r.tenths / 10, 1) + ")")])];
  }

  const ofDistrict = (i) => gp.model.ofDistrict(i).map(({ service, row }) => [gp.name(service.name),
    row && row.assessed_after ? panel.shares(row) + "; " + panel.minutes(row) + " " + gp.t("unit.minutes") : gp.t("state.not_assessed")]);

  panel.credit = () => gp.replace("gp-credit", gp.el("details", {}, gp.el("summary", {}, gp.t("credit")),
    gp.el("ul", {}, gp.head.attributions.map((line) => gp.el("li", {}, line)))));
})(window.geoplan);
