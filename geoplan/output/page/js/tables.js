/* The tables: equal to the map for those who cannot or need not see it; search, sort, Enter zooms; only the rows in sight are drawn. */
(function (gp) {
  "use strict";

  const AROUND = 20; // rows drawn above and below those in sight
  const TABLES = ["settlements", "districts", "regions"];
  const view = { search: "", sort: { settlements: ["people", -1], districts: ["share", 1], regions: ["share", 1] }, height: 29, rows: [] };
  gp.tables = { render, mark };

  function render() {
    // a link may name a tab that this page has not; before the bulk is there nobody knows
    if (gp.bulk && !tabNames().includes(gp.state.tab)) gp.state.tab = TABLES[0];
    const added = gp.panels.find((p) => p.tab === gp.state.tab && p.there());
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
    gp.set({ tab });
  }

  function arrow(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = tabNames(), next = names[(names.indexOf(tab) + step + names.length) % names.length];
    open(next);
    document.getElementById("gp-tab-" + next).focus();
  }

  function panel(name) {
    if (!gp.bulk) return gp.el("p", { class: "gp-soft" }, gp.t("busy"));
    const rows = sorted(name);
    const box = gp.el("div", { class: "gp-scroll", tabindex: 0, role: "region", "aria-label": gp.t("tab." + name), "data-gp-focus": "scroll-" + name }, frame(name));
    box.addEventListener("scroll", () => draw(false));
    Object.assign(view, { name, rows, box, first: 0, last: 0 });
    view.tools = tools(name);
    draw(true);
    return [view.tools, box];
  }

  const sorted = (name) => gp.rows.sorted(name, view.search, view.sort[name]);

  function tools(name) {
    const input = gp.el("input", { type: "search", id: "gp-search", "aria-label": gp.t("search." + name), placeholder: gp.t("search." + name), "data-gp-search": true,
      "data-gp-focus": "search", autocomplete: "off", spellcheck: "false", on: { input: (e) => search(e.target.value) } });
    input.value = view.search;
    const save = (kind, text) => gp.el("button", { type: "button", class: "gp-button", ["data-gp-" + kind]: name, "data-gp-focus": kind, title: gp.t(kind + ".title"),
      on: { click: () => gp.download[kind](view.name, view.rows) } }, text);
    return gp.el("div", { class: "gp-table-tools" }, input, gp.el("span", { class: "gp-soft gp-count", "data-gp-count": view.rows.length, role: "status" }, countText()),
      save("csv", "CSV"), save("geojson", "GeoJSON"));
  }

  const countText = () => gp.t("rows", { n: gp.number(view.rows.length) });

  function search(text) {
    view.search = text;
    view.rows = sorted(view.name);
    const count = view.tools.querySelector("[data-gp-count]");
    count.textContent = countText();
    count.setAttribute("data-gp-count", view.rows.length);
    view.box.scrollTop = 0;
    draw(true);
  }

  function frame(name) {
    return gp.el("table", { "data-gp-table": name }, gp.el("caption", { class: "gp-hidden" }, gp.t("caption." + name, { service: gp.name(gp.model.service().name) })),
      gp.el("thead", {}, gp.el("tr", { "aria-rowindex": 1 }, gp.rows.COLUMNS[name].map((c) => heading(name, c)))), gp.el("tbody", {}));
  }

  /* Only the rows in sight and some around them are in the document; the others keep their room. */
  function draw(anew) {
    const { box, rows } = view, top = Math.floor(box.scrollTop / view.height), seen = Math.ceil((box.clientHeight || 600) / view.height);
    const inside = top >= view.first + (view.first ? 5 : 0) && (top + seen <= view.last - 5 || view.last === rows.length);
    if (!anew && inside) return;
    view.first = Math.max(0, Math.min(top - AROUND, rows.length - seen));
    view.last = Math.min(rows.length, view.first + seen + 2 * AROUND);
    const body = box.querySelector("tbody"), focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("data-gp-focus") : null;
    body.replaceChildren(...room(view.first), ...rows.slice(view.first, view.last).map((r, k) => line(view.name, r, view.first + k)), ...room(rows.length - view.last),
      ...(rows.length ? [] : [gp.el("tr", {}, gp.el("td", { colspan: gp.rows.COLUMNS[view.name].length, class: "gp-soft" }, gp.t(gp.filter.any() ? "search.hidden" : "search.none")))]));
    box.querySelector("table").setAttribute("aria-rowcount", rows.length + 1);
    const again = focused && body.querySelector('[data-gp-focus="' + CSS.escape(focused) + '"]');
    if (again) again.focus({ preventScroll: true });
  }

  const room = (n) => (n > 0 ? [gp.el("tr", { "aria-hidden": "true", class: "gp-room" }, gp.paint(gp.el("td", { colspan: 9 }), { height: n * view.height + "px", padding: "0" }))] : []);

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

  function line(name, r, place) {
    const chosen = gp.state.selection, [first, ...rest] = gp.rows.COLUMNS[name], id = gp.rows.id(r);
    const on = chosen && chosen.kind === r.kind && chosen.i === r.i;
    // the whole row answers the pointer; a click of its button, which Enter makes, arrives here too
    return gp.el("tr", { "data-gp-row": id, class: r.kind === "rest" ? "gp-rest" : null, "aria-rowindex": place + 2, "aria-selected": on ? "true" : null, on: { click: () => select(r) } },
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
    if (!chosen || !["point", "district", "region"].includes(chosen.kind) || !gp.bulk) return;
    const row = document.querySelector('#gp-tabs tr[data-gp-row="' + CSS.escape(gp.rows.id(chosen)) + '"]');
    if (row) row.setAttribute("aria-selected", "true");
  }

  /* Enter (a click of the button) selects and zooms; the rural rest is all over its district. */
  function select(r) {
    gp.set({ selection: { kind: r.kind === "rest" ? "district" : r.kind, i: r.i } });
    if (r.kind === "point") gp.mapView.goTo(r.i);
    else if (r.kind === "region") gp.mapView.goToBox(gp.regions.bounds(r.i));
    else gp.mapView.goToDistrict(r.i);
    gp.mapView.reveal();
    gp.say(r.kind === "point" ? gp.points.title(r.i) + ", " + gp.points.verdict(r.i) : spoken(r));
  }

  function spoken(r) {
    if (r.kind === "rest") return [gp.rows.title(r), gp.name(gp.head.districts.name, r.i), gp.rows.COLUMNS.settlements[3].text(r)].join(", ");
    const row = gp.rows.total(r);
    return [gp.rows.title(r), gp.districts.verdict(row), gp.districts.ofWhom(row)].filter(Boolean).join(", ");
  }

  function updown(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step) return;
    const row = event.target.closest("tr")[step];
    if (!row || !row.querySelector("th button")) return;
    event.preventDefault();
    row.querySelector("th button").focus();
  }

  /* Paper shows the first rows, wherever the reader has scrolled to. */
  window.addEventListener("beforeprint", () => {
    if (!view.box || !view.box.isConnected) return;
    view.box.scrollTop = 0;
    draw(true);
  });
})(window.geoplan);
