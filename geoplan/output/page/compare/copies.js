/* What leaves the page: each table as CSV, the link as text. */
(function (gp) {
  "use strict";

  const copies = {};
  gp.copies = copies;

  /* A cell that a spreadsheet would run as a formula gets an apostrophe, as in the tables beside the page. */
  function cell(value) {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value === null || value === undefined ? "" : value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  /* Records of one table; base, plan, year and service stand in every row. */
  copies.csv = function (name, records) {
    const of = { base_id: gp.head.base.id, scenario_id: gp.model.plan().id, year: gp.model.year(), service: gp.model.service().id };
    const rows = records.map((record) => Object.assign({}, of, record));
    const heads = Object.keys(rows[0] || of);
    const text = [heads, ...rows.map((row) => heads.map((key) => row[key]))].map((r) => r.map(cell).join(",")).join("\n") + "\n";
    const file = [name, of.scenario_id, of.service, of.year].join("_").replace(/[^\w.-]/g, "-") + ".csv";
    const link = gp.el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const STATES = { "-1": "unreachable", "-2": "not_assessed", "-3": "absent" };
  const status = (tenths) => (tenths >= 0 ? "reached" : STATES[tenths]);
  const minutes = (tenths) => (tenths >= 0 ? tenths / 10 : null);

  copies.place = ({ i, before, after, people, state, tenths }) => ({
    demand_id: gp.bulk.points.id[i], name: gp.name(gp.bulk.points.name, i), district_id: gp.head.districts.id[gp.bulk.points.district[i]], population_after: people,
    status_before: status(before), status_after: status(after), minutes_before: minutes(before), minutes_after: minutes(after),
    difference_minutes: tenths === null ? null : tenths / 10, change: state,
  });

  /* Rows of the head as they are, names in the language shown. */
  copies.plain = (row) => Object.fromEntries(Object.entries(row).filter(([key]) => !["year", "service"].includes(key))
    .map(([key, value]) => [key, key === "name" ? gp.name(value) : value]));

  /* A page of a file may have no clipboard: then the link is shown for the reader to copy. */
  copies.link = async function () {
    const text = gp.link.address();
    try {
      await navigator.clipboard.writeText(text);
      gp.say(gp.t("copy.done"));
      gp.replace("gp-copied", gp.t("copy.done"));
    } catch {
      const field = gp.el("input", { type: "text", readonly: true, "aria-label": gp.t("copy.by.hand") });
      field.value = text;
      gp.replace("gp-copied", gp.t("copy.by.hand"), " ", field);
      field.select();
    }
  };

  copies.buttons = function () {
    const button = (key, act) => gp.el("button", { type: "button", class: "gp-button", "data-gp-copy": key, "data-gp-focus": "copy-" + key, on: { click: act } }, gp.t("copy." + key));
    gp.replace("gp-copies", button("link", copies.link), button("places", () => copies.csv("difference_by_settlement", gp.model.places().map(copies.place))),
      button("print", () => window.print()), gp.el("span", { id: "gp-copied", class: "gp-soft" }));
  };
})(window.geoplan);
