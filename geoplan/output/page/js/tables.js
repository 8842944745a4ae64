/* The tables: equal to the map for those who cannot or need not see it; search, sort, Enter zooms, CSV. */
(function (gp) {
  "use strict";

  const CHUNK = 80; // rows drawn at once; the rest follows on scrolling
  const TABLES = ["settlements", "districts"];
  const view = { search: "", sort: { settlements: ["people", -1], districts: ["share", 1] }, rows: CHUNK };
  gp.tables = { render, mark };

  function render() {
    const added = gp.panels.find((p) => p.tab === gp.state.tab);
    gp.replace("gp-tabs", tabs(), gp.el("div", { role: "tabpanel", id: "gp-tabpanel", "aria-labelledby": "gp-tab-" + gp.state.tab },
      added ? added.render() : gp.state.tab === "assumptions" ? gp.assumptions.render() : panel(gp.state.tab)));
  }

  const tabNames = () => [...TABLES, ...gp.panels.filter((p) => p.there()).map((p) => p.tab), "assumptions"];

  function tabs() {
    return gp.el("div", { class: "gp-tabsbar gp-panel-tabs", role: "tablist", "aria-label": gp.t("tabs.label") }, tabNames().map((tab) =>
      gp.el("button", { type: "button", role: "tab", id: "gp-tab-" + tab, "aria-selected": String(tab === gp.state.tab),
        "aria-controls": "gp-tabpanel", tabindex: tab === gp.state.tab ? 0 : -1, "data-gp-tab": tab, "data-gp-focus": "tab-" + tab,
        on: { click: () => open(tab), keydown: (e) => arrow(e, tab) } }, gp.t("tab." + tab))));
  }

  function open(tab) {
    view.rows = CHUNK;
    gp.set({ tab });
  }

  function arrow(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = tabNames(), next = names[(names.indexOf(tab) + step + names.length) % names.length];
    open(next);
    document.getElementById("gp-tab-" + next).focus();
  }

  /* What each table shows: name, value for sorting, text for reading. */
  const COLUMNS = {
    settlements: [
      { key: "name", text: (r) => gp.points.title(r.i) },
      { key: "district", text: (r) => gp.name(gp.head.districts.name, gp.bulk.points.district[r.i]) },
      { key: "people", number: true, value: (r) => gp.model.people(r.i),
        text: (r) => (gp.model.isPlanned(r.i) ? gp.t("planned.short") : gp.number(gp.model.people(r.i))) },
      { key: "minutes", number: true, value: (r) => minutesOrder(gp.model.coverage().tenths[r.i]), text: (r) => minutesCell(r.i) },
    ],
    districts: [
      { key: "name", text: (r) => gp.name(gp.head.districts.name, r.i) },
      { key: "people", number: true, value: (r) => total(r).population, text: (r) => gp.number(total(r).population) },
      { key: "share", number: true, value: (r) => shareOrder(total(r)), text: (r) => gp.districts.verdict(total(r)), more: (r) => gp.districts.ofWhom(total(r)) },
      { key: "mean", number: true, value: (r) => total(r).mean_minutes === null ? Infinity : total(r).mean_minutes, text: (r) => gp.number(total(r).mean_minutes) },
    ],
  };

  const total = (r) => gp.model.districtRow(r.i) || { population: 0, assessed: 0, mean_minutes: null };
  const minutesOrder = (tenths) => (tenths >= 0 ? tenths : tenths === gp.model.UNREACHABLE ? 1e8 : 1e9);
  const minutesCell = (i) => (gp.model.coverage().tenths[i] >= 0 ? gp.minutes(gp.model.coverage().tenths[i], gp.model.coverage().error[i]) : gp.points.verdict(i));
  const shareOrder = (row) => ({ share: gp.model.share(row), unreachable: -1, not_assessed: 2, empty: 3 })[gp.model.stateOf(row)];

  function keys() {
    if (gp.tables.folded) return gp.tables.folded;
    const p = gp.bulk.points, d = gp.head.districts.name, all = ["az", "ru", "en"];
    const district = gp.head.districts.id.map((_, i) => gp.foldAll(all.map((l) => d[l][i])));
    gp.tables.folded = { districts: district,
      settlements: p.id.map((_, i) => gp.foldAll(all.map((l) => p.name[l][i])) + " " + (district[p.district[i]] || "")) };
    return gp.tables.folded;
  }

  function found(name) {
    const wanted = gp.fold(view.search).split(" ").filter(Boolean), folded = keys()[name];
    const every = name === "districts" ? gp.head.districts.id.map((_, i) => i)
      : gp.bulk.points.id.map((_, i) => i).filter((i) => gp.model.isSettlement(i));
    return every.filter((i) => wanted.every((word) => (" " + folded[i]).includes(" " + word))).map((i) => ({ i }));
  }

  function sorted(name) {
    const [key, way] = view.sort[name];
    const column = COLUMNS[name].find((c) => c.key === key), compare = gp.collator();
    const byName = (a, b) => compare(COLUMNS[name][0].text(a), COLUMNS[name][0].text(b));
    const order = column.number ? (a, b) => column.value(a) - column.value(b) : (a, b) => compare(column.text(a), column.text(b));
    return found(name).sort((a, b) => way * order(a, b) || byName(a, b));
  }

  function panel(name) {
    if (!gp.bulk) return gp.el("p", { class: "gp-soft" }, gp.t("busy"));
    const rows = sorted(name);
    const more = gp.el("div", { class: "gp-scroll", tabindex: 0, role: "region", "aria-label": gp.t("tab." + name), "data-gp-focus": "scroll-" + name }, table(name, rows));
    more.addEventListener("scroll", () => extend(more, name, rows));
    return [tools(name, rows), more];
  }

  function tools(name, rows) {
    const input = gp.el("input", { type: "search", id: "gp-search", "aria-label": gp.t("search." + name), placeholder: gp.t("search." + name), "data-gp-search": true,
      "data-gp-focus": "search", autocomplete: "off", spellcheck: "false", on: { input: (e) => search(e.target.value, name) } });
    input.value = view.search;
    return gp.el("div", { class: "gp-table-tools" }, input,
      gp.el("span", { class: "gp-soft gp-count", "data-gp-count": rows.length, role: "status" }, gp.t("rows", { n: gp.number(rows.length) })),
      gp.el("button", { type: "button", class: "gp-button", "data-gp-csv": name, "data-gp-focus": "csv", title: gp.t("csv.title"), on: { click: () => csv(name) } }, "CSV"));
  }

  function search(text, name) {
    view.search = text;
    view.rows = CHUNK;
    const rows = sorted(name), count = document.querySelector("[data-gp-count]");
    count.textContent = gp.t("rows", { n: gp.number(rows.length) });
    count.setAttribute("data-gp-count", rows.length);
    const scroll = document.querySelector(".gp-scroll"), fresh = scroll.cloneNode(false);
    fresh.append(table(name, rows));
    fresh.addEventListener("scroll", () => extend(fresh, name, rows));
    scroll.replaceWith(fresh);
  }

  function table(name, rows) {
    return gp.el("table", { "data-gp-table": name }, gp.el("caption", { class: "gp-hidden" }, gp.t("caption." + name, { service: gp.name(gp.model.service().name) })),
      gp.el("thead", {}, gp.el("tr", {}, COLUMNS[name].map((c) => heading(name, c)))),
      gp.el("tbody", {}, rows.slice(0, view.rows).map((r) => line(name, r)),
        rows.length ? null : gp.el("tr", {}, gp.el("td", { colspan: COLUMNS[name].length, class: "gp-soft" }, gp.t("search.none")))));
  }

  function extend(box, name, rows) {
    if (view.rows >= rows.length || box.scrollTop + box.clientHeight < box.scrollHeight - 200) return;
    box.querySelector("tbody").append(...rows.slice(view.rows, view.rows + CHUNK).map((r) => line(name, r)));
    view.rows += CHUNK;
  }

  function heading(name, column) {
    const [key, way] = view.sort[name], on = key === column.key;
    return gp.el("th", { scope: "col", class: column.number ? "gp-num" : null, "aria-sort": on ? (way > 0 ? "ascending" : "descending") : "none" },
      gp.el("button", { type: "button", "data-gp-sort": column.key, "data-gp-focus": "sort-" + column.key, on: { click: () => sort(name, column) } },
        gp.t("column." + column.key), gp.el("span", { class: "gp-sort", "aria-hidden": "true" }, on ? (way > 0 ? "▲" : "▼") : "")));
  }

  function sort(name, column) {
    const [key, way] = view.sort[name];
    view.sort[name] = [column.key, key === column.key ? -way : column.number ? -1 : 1];
    gp.announceChange(["table"]);
  }

  function line(name, r) {
    const chosen = gp.state.selection, kind = name === "districts" ? "district" : "point";
    const on = chosen && chosen.kind === kind && chosen.i === r.i;
    const [first, ...rest] = COLUMNS[name];
    const id = name === "districts" ? gp.head.districts.id[r.i] : gp.bulk.points.id[r.i];
    // the whole row answers the pointer; a click of its button, which Enter makes, arrives here too
    return gp.el("tr", { "data-gp-row": id, "aria-selected": on ? "true" : null, on: { click: () => select(kind, r.i) } },
      gp.el("th", { scope: "row" }, gp.el("button", { type: "button", "data-gp-focus": "row-" + id, on: { keydown: updown } }, first.text(r))),
      rest.map((c) => cellOf(c, c.text(r), c.more ? c.more(r) : "")));
  }

  /* A word where a number is expected is written small: it must not push the column out. */
  function cellOf(column, text, more) {
    const word = column.number && /\p{L}{4}/u.test(text);
    return gp.el("td", { class: column.number ? "gp-num" + (word ? " gp-word" : "") : null }, text, more ? gp.el("small", {}, more) : null);
  }

  /* Show which row is selected without drawing the table anew: it keeps its place. */
  function mark() {
    const chosen = gp.state.selection;
    document.querySelectorAll("#gp-tabs tr[aria-selected]").forEach((row) => row.removeAttribute("aria-selected"));
    if (!chosen || chosen.kind === "facilities" || !gp.bulk) return;
    const id = chosen.kind === "district" ? gp.head.districts.id[chosen.i] : gp.bulk.points.id[chosen.i];
    const row = document.querySelector('#gp-tabs tr[data-gp-row="' + CSS.escape(id) + '"]');
    if (row) row.setAttribute("aria-selected", "true");
  }

  /* Enter (a click of the button) selects and zooms. */
  function select(kind, i) {
    gp.set({ selection: { kind, i } });
    if (kind === "point") gp.mapView.goTo(i);
    else gp.mapView.goToDistrict(i);
    gp.mapView.reveal();
    gp.say(kind === "point" ? gp.points.title(i) + ", " + gp.points.verdict(i) : spoken(i));
  }

  const spoken = (i) => [gp.name(gp.head.districts.name, i), gp.districts.verdict(total({ i })), gp.districts.ofWhom(total({ i }))].filter(Boolean).join(", ");

  function updown(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step) return;
    const row = event.target.closest("tr")[step];
    if (!row || !row.querySelector("th button")) return;
    event.preventDefault();
    row.querySelector("th button").focus();
  }

  /* A cell that a spreadsheet would run as a formula gets an apostrophe, as in the tables of the run. */
  function cell(value) {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value === null ? "" : value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function csv(name) {
    const rows = sorted(name).map((r) => (name === "districts" ? districtCsv(r) : settlementCsv(r)));
    if (!rows.length) return;
    const text = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))].map((r) => r.map(cell).join(",")).join("\n") + "\n";
    const link = gp.el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: name + "_" + gp.model.service().id + "_" + gp.model.year() + ".csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const stateWord = (tenths) => (tenths >= 0 ? "reached" : tenths === gp.model.UNREACHABLE ? "unreachable" : "not_assessed");

  function settlementCsv({ i }) {
    const p = gp.bulk.points, c = gp.model.coverage(), to = c.facility[i];
    return { demand_id: p.id[i], name: gp.points.title(i), district_id: gp.head.districts.id[p.district[i]], population: gp.model.people(i), service: gp.model.service().id,
      minutes: c.tenths[i] >= 0 ? c.tenths[i] / 10 : null, km: c.km[i], facility_id: to >= 0 ? gp.bulk.facilities.id[to] : null, status: stateWord(c.tenths[i]), confidence: gp.word(c.confidence, i) };
  }

  function districtCsv(r) {
    const row = total(r);
    return { district_id: gp.head.districts.id[r.i], name: gp.name(gp.head.districts.name, r.i), population: row.population, service: gp.model.service().id,
      assessed: row.assessed, within_target: row.within_target, beyond_target_by_road: row.beyond_by_road, unreachable: row.unreachable, mean_minutes: row.mean_minutes };
  }
})(window.geoplan);
