/* What the shown service and year say about a point, a district or a group: the page's only arithmetic. */
(function (gp) {
  "use strict";

  const UNREACHABLE = -1;
  const NOT_ASSESSED = -2;
  const model = { UNREACHABLE, NOT_ASSESSED };
  gp.model = model;

  model.service = () => gp.head.services[gp.state.service];
  model.year = () => gp.head.years[gp.state.year];
  model.parents = () => gp.head.services.map((s, i) => i).filter((i) => !gp.head.services[i].variantOf);
  model.variantsOf = (id) => gp.head.services.map((s, i) => i).filter((i) => gp.head.services[i].variantOf === id);
  model.parentOf = function (i) {
    const above = gp.head.services[i].variantOf;
    return above ? gp.head.services.findIndex((s) => s.id === above) : i;
  };

  function table(columns) {
    const names = Object.keys(columns);
    return columns.level.map((_, i) => Object.fromEntries(names.map((n) => [n, columns[n][i]])));
  }

  model.build = function () {
    const rows = table(gp.head.summary);
    model.totals = new Map(rows.map((r) => [[r.year, r.level, r.id, r.service].join("|"), r]));
    model.districtBands = new Map();
    const b = gp.head.bands;
    b.year.forEach((year, i) => {
      const key = [year, gp.word(b.service, i), b.district[i]].join("|");
      if (!model.districtBands.has(key)) model.districtBands.set(key, new Map());
      model.districtBands.get(key).set(gp.word(b.band, i), b.population[i]);
    });
  };

  /* The row of totals of a nation, group, region or district for the shown or a given service. */
  model.total = (level, id, service) =>
    model.totals.get([model.year(), level, id, service || model.service().id].join("|"));

  model.nation = (service) => model.totals.get(
    Array.from(model.totals.keys()).find((key) =>
      key.startsWith(model.year() + "|nation|") && key.endsWith("|" + (service || model.service().id))));

  model.share = (row) => (row && row.assessed > 0 ? row.within_target / row.assessed : null);

  /* The state of a total: people there at all, assessed, reached by road, and which share. */
  model.stateOf = function (row) {
    if (!row || row.population === 0) return "empty";
    if (row.assessed === 0) return "not_assessed";
    if (row.unreachable === row.assessed) return "unreachable";
    return "share";
  };

  model.districtRow = (d, service) => model.total("district", gp.head.districts.id[d], service);

  /* People by band of a district, in the order of the legend. */
  model.bandsOfDistrict = (d, service) =>
    model.districtBands.get([model.year(), service || model.service().id, d].join("|")) || new Map();

  model.coverage = (service) => gp.bulk.coverage[gp.state.year][service || model.service().id];

  /* 0, 1, ... for the band that holds `tenths` (upper end inclusive), or the code of a state. */
  model.bandAt = function (tenths, service) {
    if (tenths < 0) return tenths;
    const bands = (service || model.service()).bands;
    const at = bands.findIndex((b) => tenths <= b.minutes * 10);
    return at < 0 ? bands.length : at;
  };

  /* Names of the bands as the tables write them: 0-30, 30-60, >60. */
  model.bandNames = function (service) {
    const ends = (service || model.service()).bands.map((b) => b.minutes);
    return ends.map((end, i) => (i ? ends[i - 1] : 0) + "-" + end).concat(">" + ends[ends.length - 1]);
  };

  /* Points and facilities of the shown year: the first year's columns, with those that differ in it. */
  model.turnYear = function () {
    if (!gp.bulk) return;
    model.whole = model.whole || { points: gp.bulk.points, facilities: gp.bulk.facilities };
    ["points", "facilities"].forEach((name) => {
      gp.bulk[name] = Object.assign({}, model.whole[name], gp.state.year ? gp.bulk[name + "_later"][gp.state.year - 1] : null);
    });
  };

  model.people = (i) => gp.bulk.points.people[i];
  model.isSettlement = (i) => gp.word(gp.bulk.points.kind, i) === "settlement";
  model.isPlanned = (i) => gp.bulk.points.planned[i] === 1 && model.people(i) === 0;

  /* Facilities that give the shown service now or one day, as row numbers. */
  model.facilitiesShown = function () {
    const tag = model.service().counts;
    const rows = gp.bulk.facilities;
    const near = new Set(model.coverage().facility);
    return rows.id.map((_, i) => i).filter((i) => rows.services[i].includes(tag) || near.has(i));
  };
  model.counts = (i) => gp.bulk.facilities.counts[i] === 1;

  /* Does a facility that operates count for the shown service? Its variants leave out some by their status. */
  model.countsHere = (i) => model.counts(i) && gp.bulk.facilities.services[i].includes(model.service().counts) &&
    !model.service().excludeStatus.includes(gp.bulk.facilities.status[i]);
})(window.geoplan);
