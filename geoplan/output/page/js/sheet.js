/* One sheet of paper, A4 across: map, key figures, where most people are too far, what it rests on; lists shorten before letters shrink. */
(function (gp) {
  "use strict";

  const PAGE = { width: 1047, height: 716 }; // CSS pixels inside margins of 10 mm, two of them to spare
  const MAP = { width: 700, least: 300 };
  const LETTERS = [12, 11.4, 10.8]; // px: 9 pt, and down to a little over 8 pt
  const ROWS = { most: 18, least: 3 };
  const sheet = { only: false };
  gp.sheet = sheet;

  function turn(on) {
    if (!gp.bulk || Boolean(gp.paper) === on) return;
    if (on) sheet.before = { center: gp.map.getCenter(), zoom: gp.map.getZoom(), bounds: gp.map.getBounds(), open: unfold(true) };
    gp.paper = on;
    document.documentElement.classList.toggle("gp-printing", on);
    paperRules(on);
    gp.legend.paper(on);
    gp.controls.credit();
    gp.facilities.redraw();
    gp.siting.redraw();
    if (on) fit();
    else release();
    layers().forEach((layer) => layer.forPaper(on));
  }
  sheet.turn = turn;

  /* Everything that is drawn on canvas. */
  function layers() {
    const found = [];
    gp.map.eachLayer((layer) => { if (layer instanceof gp.CanvasLayer) found.push(layer); });
    return found;
  }
  sheet.layers = layers;

  /* What folds on the screen is open on paper. */
  function unfold(on) {
    if (!on) return sheet.before.open.forEach((box) => { box.open = false; });
    const closed = Array.from(document.querySelectorAll("#gp-tabs details:not([open])"));
    closed.forEach((box) => { box.open = true; });
    return closed;
  }

  /* Before the browser prints, the page is measured as it will lie on paper: the rules of paper hold on the screen meanwhile. */
  function paperRules(on) {
    Array.from(document.styleSheets).forEach((sheet_) => Array.from(sheet_.cssRules).forEach((rule) => {
      if (rule instanceof CSSMediaRule && /^(print|print, screen)$/.test(rule.media.mediaText)) rule.media.mediaText = on ? "print, screen" : "print";
    }));
  }

  function release() {
    unfold(false);
    gp.replace("gp-sheet");
    gp.replace("gp-grounds");
    gp.paint(document.body, { "--sheet-letters": "" });
    size("", "");
    gp.map.setView(sheet.before.center, sheet.before.zoom, { animate: false });
  }

  function size(width, height) {
    gp.paint(gp.map.getContainer(), { width: width && width + "px", height: height && height + "px" });
    gp.map.invalidateSize({ animate: false, pan: false });
  }
  sheet.size = size;

  /* First all that cannot give way, then the map in what is left, then the list beside it; letters shrink last. */
  function fit() {
    const root = document.documentElement;
    root.classList.add("gp-measuring");
    sheet.fits = LETTERS.some((letters, k) => {
      gp.paint(document.body, { "--sheet-letters": letters + "px" });
      gp.replace("gp-grounds", grounds());
      return lay(k === LETTERS.length - 1 ? 0 : ROWS.least);
    });
    root.classList.remove("gp-measuring");
    gp.map.fitBounds(framed(sheet.before.bounds), { animate: false });
  }

  /* What a map of another shape is to show: what was in view, or the country where all of it was. */
  function framed(bounds) {
    const country = L.latLngBounds(gp.head.views.country);
    return bounds.contains(country) ? country.pad(0.02) : bounds;
  }
  sheet.framed = framed;

  /* Does the sheet hold its parts with at least so many rows? */
  function lay(least) {
    gp.replace("gp-sheet", figures());
    size(MAP.width, MAP.least);
    const others = tall() - Math.max(MAP.least, height("gp-sheet")), room = Math.floor(PAGE.height - others);
    const rows = sheet.worst(), at = (n) => {
      gp.replace("gp-sheet", figures(), list(rows.slice(0, n)));
      return height("gp-sheet");
    };
    if (room < MAP.least) return false;
    size(MAP.width, room);
    let n = Math.min(rows.length, ROWS.most);
    while (n > 0 && at(n) > room) n -= 1;
    if (n === 0) gp.replace("gp-sheet", figures());
    sheet.rows = n;
    return (n >= Math.min(least, rows.length)) && height("gp-sheet") <= room && tall() <= PAGE.height;
  }

  const tall = () => Math.ceil(document.body.getBoundingClientRect().height);
  const height = (id) => Math.ceil(document.getElementById(id).getBoundingClientRect().height);

  /* --- key figures ---------------------------------------------------------------------------------------------- */

  const GROUPS = ["nation", "outside_baku", "liberated"];

  const row = (key, side) => (key === "nation" ? gp.model.nation(undefined, side) : gp.model.total("group", key, undefined, side));

  function figures() {
    const two = gp.model.isComparable() && gp.state.mode !== "current", service = gp.model.service();
    const head = [gp.t("kpi.title", { minutes: service.target.minutes }), two ? gp.t("sheet.base") : null, two ? gp.t("sheet.plan") : gp.t("column.share"), gp.t("sheet.beyond"), gp.t("column.mean")];
    return gp.el("table", { class: "gp-sheet-figures" }, gp.el("thead", {}, gp.el("tr", {}, head.filter((c) => c !== null).map((c, k) => gp.el("th", { scope: "col", class: k ? "gp-num" : null }, c)))),
      gp.el("tbody", {}, GROUPS.filter((key) => row(key)).map((key) => group(key, two))));
  }

  function group(key, two) {
    const now = row(key), before = two ? row(key, "base") : null;
    return gp.el("tr", { "data-gp-sheet": key }, gp.el("th", { scope: "row" }, gp.t("group." + key), gp.districts.ofWhom(now) ? gp.el("small", {}, gp.districts.ofWhom(now)) : null),
      two ? gp.el("td", { class: "gp-num" }, gp.districts.verdict(before)) : null,
      gp.el("td", { class: "gp-num" }, gp.el("b", {}, gp.districts.verdict(now))),
      gp.el("td", { class: "gp-num" }, gp.number(now.beyond_by_road + now.unreachable)),
      gp.el("td", { class: "gp-num" }, gp.number(now.mean_minutes)));
  }

  /* --- where most people are too far ---------------------------------------------------------------------------- */

  /* Districts by the people beyond the target, those without any way among them. */
  function worst() {
    return gp.head.districts.id.map((_, i) => ({ i, row: gp.model.districtRow(i) })).filter((d) => d.row && d.row.assessed > d.row.within_target)
      .map((d) => Object.assign(d, { people: d.row.assessed - d.row.within_target })).sort((a, b) => b.people - a.people || a.i - b.i);
  }
  sheet.worst = worst;

  function list(rows) {
    if (!rows.length) return null;
    return gp.el("table", { class: "gp-sheet-worst" }, gp.el("caption", {}, gp.t("sheet.worst", { minutes: gp.model.service().target.minutes })),
      gp.el("thead", {}, gp.el("tr", {}, [gp.t("column.district"), gp.t("sheet.beyond"), gp.t("column.share"), gp.t("column.mean")].map((c, k) => gp.el("th", { scope: "col", class: k ? "gp-num" : null }, c)))),
      gp.el("tbody", {}, rows.map(({ i, row: r, people }) => gp.el("tr", { "data-gp-worst": gp.head.districts.id[i] }, gp.el("th", { scope: "row" }, gp.name(gp.head.districts.name, i)),
        gp.el("td", { class: "gp-num" }, gp.number(people)), gp.el("td", { class: "gp-num" }, gp.districts.verdict(r)), gp.el("td", { class: "gp-num" }, gp.number(r.mean_minutes))))));
  }

  /* --- what it rests on ------------------------------------------------------------------------------------------ */

  function grounds() {
    return [gp.el("h2", {}, gp.t("tab.assumptions")), gp.el("ul", {}, gp.assumptions.inShort().filter(Boolean).map((line) => gp.el("li", {}, line)))];
  }

  window.addEventListener("beforeprint", () => turn(true));
  window.addEventListener("afterprint", () => turn(false));
})(window.geoplan);
