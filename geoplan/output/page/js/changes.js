/* What the scenario changes: each thing with its attributes, before and after, as the log of the run has them. */
(function (gp) {
  "use strict";

  gp.changes = { render };

  function render() {
    const groups = new Map();
    gp.head.changes.forEach((row) => {
      const key = [row.key, row.thing, row.where].join("|");
      groups.set(key, [...(groups.get(key) || []), row]);
    });
    return gp.el("ul", { class: "gp-findings" }, Array.from(groups.values()).map(item));
  }

  function item(rows) {
    const first = rows[0];
    return gp.el("li", { "data-gp-change": first.thing }, gp.el("b", {}, thing(first.thing)),
      first.start ? " · " + gp.t("change.from", { date: day(first.start) }) : null,
      gp.el("ul", {}, rows.map((row) => gp.el("li", {}, attribute(row.attribute), ": ",
        gp.el("span", { class: "gp-change-old" }, value(row, row.old)), " → ", gp.el("b", {}, value(row, row.new))))),
      first.where ? gp.el("code", {}, first.where) : null);
  }

  const day = gp.day;

  const named = (table, id) => (table && table.id.includes(id) ? table.id.indexOf(id) : -1);

  /* The name of whatever has this id; the id itself where nothing has. */
  function thing(id) {
    if (gp.knows("change.thing." + id)) return gp.t("change.thing." + id);
    const service = gp.head.services.find((s) => s.id === id);
    if (service) return gp.name(service.name);
    const bulk = gp.bulk || {};
    const found = [[bulk.facilities, (i) => gp.name(bulk.facilities.name, i)], [gp.head.districts, (i) => gp.name(gp.head.districts.name, i)],
      [bulk.points, (i) => gp.points.title(i)], [bulk.roads, road]].find(([table]) => named(table, id) >= 0);
    return found ? found[1](named(found[0], id)) || id : id;
  }

  const road = (i) => [gp.word(gp.bulk.roads.ref, i), gp.word(gp.bulk.roads.name, i)].filter(Boolean).join(", ");

  function attribute(name) {
    const people = /^persons on (\d{4}-\d{2}-\d{2})$/.exec(name);
    if (people) return gp.t("change.persons", { date: day(people[1]) });
    return gp.knows("change." + name) ? gp.t("change." + name) : name.replace(/_/g, " ");
  }

  const WORDS = { status: "status.", confidence: "confidence.", level: "level.", owner: "owner.", position_quality: "position." };

  function value(row, text) {
    if (text === "") return "–";
    const key = WORDS[row.attribute] + text;
    if (WORDS[row.attribute] && gp.knows(key)) return gp.t(key);
    if (row.attribute === "services") return text.split(";").map(gp.serviceName).join(", ");
    if (/_id$/.test(row.attribute)) return thing(text);
    return row.attribute.startsWith("persons") ? gp.number(Number(text)) : day(text);
  }
})(window.geoplan);
