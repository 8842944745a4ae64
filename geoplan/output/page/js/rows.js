/* The rows of the tables: what each level lists, its columns, and how rows are found and sorted. */
(function (gp) {
  "use strict";

  const LANGUAGES = ["az", "ru", "en"];
  const rows = {};
  gp.rows = rows;

  /* --- the rural rest of a district: its cells as one row, each person counting the same ---------------------- */

  function restOf(cells) {
    const c = gp.model.coverage(), people = gp.bulk.points.people;
    const out = { people: 0, reached: 0, unreachable: 0, minutes: 0, km: 0, cells: cells.length };
    cells.forEach((i) => {
      const n = people[i], tenths = c.tenths[i];
      out.people += n;
      if (tenths === gp.model.UNREACHABLE) out.unreachable += n;
      if (tenths < 0) return;
      out.reached += n;
      out.minutes += n * tenths / 10;
      out.km += n * c.km[i];
    });
    const mean = (sum) => (out.reached ? sum / out.reached : null);
    return Object.assign(out, { minutes: mean(out.minutes), km: mean(out.km) });
  }

  function cellsByDistrict() {
    if (rows.cells) return rows.cells;
    rows.cells = new Map();
    gp.bulk.points.id.forEach((_, i) => {
      if (gp.model.isSettlement(i)) return;
      const d = gp.bulk.points.district[i];
      rows.cells.set(d, [...(rows.cells.get(d) || []), i]);
    });
    return rows.cells;
  }

  /* The row of district `d`; made once for the figures that are shown. */
  rows.rest = function (d) {
    const c = gp.model.coverage(), people = gp.bulk.points.people;
    if (rows.restFor !== c || rows.restPeople !== people) Object.assign(rows, { restFor: c, restPeople: people, rests: new Map() });
    if (!rows.rests.has(d)) rows.rests.set(d, restOf(cellsByDistrict().get(d)));
    return rows.rests.get(d);
  };

  const restTenths = (d) => {
    const rest = rows.rest(d);
    if (rest.reached) return Math.round(rest.minutes * 10);
    return rest.unreachable ? gp.model.UNREACHABLE : gp.model.NOT_ASSESSED;
  };

  /* --- what a row says ---------------------------------------------------------------------------------------- */

  const NOBODY = { population: 0, assessed: 0, mean_minutes: null };
  rows.total = (r) => (r.kind === "region" ? gp.regions.row(r.i) : gp.model.districtRow(r.i)) || NOBODY;
  rows.tenths = (r) => (r.kind === "rest" ? restTenths(r.i) : gp.model.coverage().tenths[r.i]);
  rows.people = (r) => (r.kind === "rest" ? rows.rest(r.i).people : gp.model.people(r.i));

  rows.id = (r) => ({ point: () => gp.bulk.points.id[r.i], rest: () => "rest-" + gp.head.districts.id[r.i],
    district: () => gp.head.districts.id[r.i], region: () => gp.head.regions.id[r.i] })[r.kind]();

  rows.title = (r) => ({ point: () => gp.points.title(r.i), rest: () => gp.t("rural.rest"),
    district: () => gp.name(gp.head.districts.name, r.i), region: () => gp.name(gp.head.regions.name, r.i) })[r.kind]();

  rows.district = (r) => (r.kind === "rest" ? r.i : gp.bulk.points.district[r.i]);

  /* The key by which the legend hides it. */
  rows.key = (r) => (r.kind === "point" || r.kind === "rest" ? gp.filter.keyOfTenths(rows.tenths(r)) : gp.filter.keyOfRow(rows.total(r)));

  function minutesText(r) {
    const tenths = rows.tenths(r);
    if (r.kind === "rest") return tenths >= 0 ? gp.number(rows.rest(r.i).minutes) : stateWord(tenths);
    return tenths >= 0 ? gp.minutes(tenths, gp.model.coverage().error[r.i]) : stateWord(tenths);
  }
  const stateWord = (tenths) => gp.t(tenths === gp.model.UNREACHABLE ? "state.unreachable" : "state.not_assessed");
  const restMore = (r) => (r.kind === "rest" && rows.rest(r.i).unreachable && rows.rest(r.i).reached
    ? gp.t("rural.unreached", { n: gp.number(rows.rest(r.i).unreachable) }) : "");
  const minutesOrder = (tenths) => (tenths >= 0 ? tenths : tenths === gp.model.UNREACHABLE ? 1e8 : 1e9);
  const shareOrder = (row) => ({ share: gp.model.share(row), unreachable: -1, not_assessed: 2, empty: 3 })[gp.model.stateOf(row)];
  const peopleText = (r) => (r.kind === "point" && gp.model.isPlanned(r.i) ? gp.t("planned.short") : gp.number(rows.people(r)));

  const AREAS = [
    { key: "name", text: rows.title },
    { key: "people", number: true, value: (r) => rows.total(r).population, text: (r) => gp.number(rows.total(r).population) },
    { key: "share", number: true, value: (r) => shareOrder(rows.total(r)), text: (r) => gp.districts.verdict(rows.total(r)), more: (r) => gp.districts.ofWhom(rows.total(r)) },
    { key: "mean", number: true, value: (r) => (rows.total(r).mean_minutes === null ? Infinity : rows.total(r).mean_minutes), text: (r) => gp.number(rows.total(r).mean_minutes) },
  ];
  rows.COLUMNS = {
    settlements: [
      { key: "name", text: rows.title },
      { key: "district", text: (r) => gp.name(gp.head.districts.name, rows.district(r)) },
      { key: "people", number: true, value: rows.people, text: peopleText },
      { key: "minutes", number: true, value: (r) => minutesOrder(rows.tenths(r)), text: minutesText, more: restMore },
    ],
    districts: AREAS,
    regions: AREAS,
  };

  /* --- which rows, in which order ----------------------------------------------------------------------------- */

  const count = (n, kind) => Array.from({ length: n }, (_, i) => ({ kind, i }));

  function every(name) {
    rows.lists = rows.lists || {};
    if (rows.lists[name]) return rows.lists[name];
    const list = { districts: () => count(gp.head.districts.id.length, "district"), regions: () => count(gp.head.regions.id.length, "region"),
      settlements: () => [...count(gp.bulk.points.id.length, "point").filter((r) => gp.model.isSettlement(r.i)),
        ...count(gp.head.districts.id.length, "rest").filter((r) => cellsByDistrict().has(r.i))] }[name]();
    rows.lists[name] = list.map((r) => Object.assign(r, { folded: " " + folded(r) }));
    return rows.lists[name];
  }

  const inAll = (names, i) => gp.foldAll(LANGUAGES.map((l) => names[l][i]));

  /* All spellings of a row's name and district, made once. */
  function folded(r) {
    if (r.kind === "region") return inAll(gp.head.regions.name, r.i);
    rows.districtKeys = rows.districtKeys || gp.head.districts.id.map((_, i) => inAll(gp.head.districts.name, i));
    if (r.kind === "district") return rows.districtKeys[r.i];
    const own = r.kind === "rest" ? gp.foldAll(LANGUAGES.map((l) => gp.head.catalogue[l]["rural.rest"])) : inAll(gp.bulk.points.name, r.i);
    return own + " " + (rows.districtKeys[rows.district(r)] || "");
  }

  rows.found = function (name, search) {
    const wanted = gp.fold(search).split(" ").filter(Boolean).map((word) => " " + word);
    return every(name).filter((r) => wanted.every((word) => r.folded.includes(word)) && !gp.filter.hides(gp.filter.any() ? rows.key(r) : ""));
  };

  /* Found rows in order; every value and name is asked for once. */
  rows.sorted = function (name, search, [key, way]) {
    const column = rows.COLUMNS[name].find((c) => c.key === key), compare = gp.collator();
    const list = rows.found(name, search).map((r) => ({ r, value: column.number ? column.value(r) : column.text(r), name: rows.title(r) }));
    const order = column.number ? (a, b) => a.value - b.value : (a, b) => compare(a.value, b.value);
    return list.sort((a, b) => way * order(a, b) || compare(a.name, b.name)).map((item) => item.r);
  };
})(window.geoplan);
