/* What the shown service and year say about a point, a district or a group, before and after: every reader of figures asks here. */
(function (gp) {
  "use strict";

  const UNREACHABLE = -1;
  const NOT_ASSESSED = -2;
  const model = { UNREACHABLE, NOT_ASSESSED };
  gp.model = model;

  /* What shown figures rest on: who draws figures redraws when one of these changes. */
  model.FIGURES = ["service", "year", "mode", "whatif"];

  model.year = () => gp.head.years[gp.state.year];

  /* --- sides: "base" is what is compared with, "plan" the run with the changes made in the page ---------------- */

  model.hasParent = () => Boolean(gp.head.base);
  model.isChanged = () => Boolean(gp.whatif && gp.whatif.isActive());
  model.isComparable = () => model.hasParent() || model.isChanged();
  model.side = () => model.forced || (gp.state.mode === "current" ? "base" : "plan");

  /* Draw as if the page showed `side`: half of a map, say. */
  model.as = function (side, act) {
    const before = { forced: model.forced, points: gp.bulk && gp.bulk.points, facilities: gp.bulk && gp.bulk.facilities };
    model.forced = side;
    try {
      model.turn();
      return act();
    } finally {
      model.forced = before.forced;
      if (gp.bulk) Object.assign(gp.bulk, { points: before.points, facilities: before.facilities });
    }
  };

  /* The figures of a side: of the parent, of the run itself, or of the run as changed in the page. */
  function source(side, service) {
    if ((side || model.side()) === "plan") return model.isChanged() ? gp.whatif.figures : model.own;
    return model.parent && model.parent.knows(service || gp.head.services[gp.state.service].id) ? model.parent : model.own;
  }

  /* Which roads are open in each year, on the shown side. */
  model.roadsOpen = () => (model.side() === "base" && gp.bulk.base && gp.bulk.base.roads_open) || gp.bulk.roads.open;

  /* The source whose ways travel: the parent's for its own side, else the run's. */
  model.isOfParent = (side, service) => source(side, service) === model.parent;

  /* Are the shown figures those of the run itself? What only the engine can say is true of no other. */
  model.isOfRun = (side) => source(side) === model.own;

  function rows(columns) {
    const names = Object.keys(columns);
    return columns.level.map((_, i) => Object.fromEntries(names.map((n) => [n, columns[n][i]])));
  }

  /* The totals and bands of one run as it was written. */
  function written(head, bulk) {
    const totals = new Map(rows(head.summary).map((r) => [[r.year, r.level, r.id, r.service].join("|"), r]));
    const bands = new Map(), b = head.bands, services = new Map(head.services.map((s) => [s.id, s]));
    b.year.forEach((year, i) => {
      const key = [year, gp.word(b.service, i), b.district[i]].join("|");
      if (!bands.has(key)) bands.set(key, new Map());
      bands.get(key).set(gp.word(b.band, i), b.population[i]);
    });
    return {
      knows: (service) => services.has(service),
      service: (id) => services.get(id),
      total: (level, id, service) => totals.get([model.year(), level, id, service].join("|")),
      bands: (d, service) => bands.get([model.year(), service, d].join("|")) || new Map(),
      coverage: (service) => bulk().coverage(service),
    };
  }

  model.build = function () {
    model.nationId = gp.head.summary.id[gp.head.summary.level.indexOf("nation")];
    model.own = written(gp.head, () => ({ coverage: (service) => gp.bulk.coverage[gp.state.year][service] }));
    model.parent = gp.head.base ? written(gp.head.base, () => ({ coverage: parentCoverage })) : null;
  };

  /* Of the parent only the columns travel that differ from the run's. */
  function parentCoverage(service) {
    const own = gp.bulk.coverage[gp.state.year][service], other = gp.bulk.base.coverage[gp.state.year][service];
    model.parentCache = model.parentCache || new Map();
    const key = gp.state.year + "|" + service;
    if (!model.parentCache.has(key)) model.parentCache.set(key, Object.assign({}, own, other));
    return model.parentCache.get(key);
  }

  /* --- services ---------------------------------------------------------------------------------------------- */

  /* Service number `i` with the bands and the target of a side. */
  model.serviceAt = function (i, side) {
    const own = gp.head.services[i];
    return source(side, own.id).service(own.id) || own;
  };
  model.service = (side) => model.serviceAt(gp.state.service, side);
  model.services = (side) => gp.head.services.map((_, i) => model.serviceAt(i, side));
  model.parents = () => gp.head.services.map((s, i) => i).filter((i) => !gp.head.services[i].variantOf);
  model.variantsOf = (id) => gp.head.services.map((s, i) => i).filter((i) => gp.head.services[i].variantOf === id);
  model.parentOf = function (i) {
    const above = gp.head.services[i].variantOf;
    return above ? gp.head.services.findIndex((s) => s.id === above) : i;
  };
  const shown = (service) => service || gp.head.services[gp.state.service].id;

  /* --- totals ------------------------------------------------------------------------------------------------ */

  /* The row of totals of a nation, group, region or district; service and side are the shown ones without a word. */
  model.total = (level, id, service, side) => source(side, shown(service)).total(level, id, shown(service));
  model.nation = (service, side) => model.total("nation", model.nationId, service, side);
  model.districtRow = (d, service, side) => model.total("district", gp.head.districts.id[d], service, side);

  /* Tenths of a minute saved from one state to another: endless where a way is won or lost, null where nobody is assessed. */
  model.saved = function (before, after) {
    if (before === NOT_ASSESSED || after === NOT_ASSESSED) return null;
    if (before < 0 && after < 0) return 0;
    return before < 0 ? Infinity : after < 0 ? -Infinity : before - after;
  };

  model.share = (row) => (row && row.assessed > 0 ? row.within_target / row.assessed : null);

  /* The state of a total: people there at all, assessed, reached by road, and which share. */
  model.stateOf = function (row) {
    if (!row || row.population === 0) return "empty";
    if (row.assessed === 0) return "not_assessed";
    if (row.unreachable === row.assessed) return "unreachable";
    return "share";
  };

  /* People by band of a district, by the names of `bandNames` and of the states. */
  model.bandsOfDistrict = (d, service, side) => source(side, shown(service)).bands(d, shown(service));

  /* --- points ------------------------------------------------------------------------------------------------ */

  /* Columns of all points for one service: tenths (or a code), km, facility (row number), confidence, error, assumed. */
  model.coverage = (service, side) => source(side, shown(service)).coverage(shown(service));

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

  /* `gp.bulk.points` and `gp.bulk.facilities` are the columns of the shown year and side; other sides are asked for. */
  model.turn = function () {
    if (!gp.bulk) return;
    model.whole = model.whole || { points: gp.bulk.points, facilities: gp.bulk.facilities };
    ["points", "facilities"].forEach((name) => { gp.bulk[name] = model[name](); });
  };

  /* The columns of the shown year as the run or its parent has them; candidate sites stand behind the facilities. */
  model.columns = function (name, side) {
    const year = gp.state.year, base = side === "base" && gp.bulk.base ? gp.bulk.base[name][year] : null;
    const key = [name, year, base ? "base" : ""].join("|"), known = model.known || (model.known = new Map());
    if (!known.has(key)) {
      const own = Object.assign({}, model.whole[name], year ? gp.bulk[name + "_later"][year - 1] : null, base);
      known.set(key, name === "facilities" && gp.head.whatif ? withCandidates(own) : own);
    }
    return Object.assign({}, known.get(key));
  };

  function withCandidates(own) {
    const more = gp.bulk.whatif.candidates, none = more.id.map(() => null);
    const join = (column, rest) => (Array.isArray(column) ? column.concat(rest)
      : Object.fromEntries(Object.keys(column).map((lang) => [lang, column[lang].concat(rest[lang])])));
    const texts = { status: "candidate", level: "district", owner: "civil", confidence: "assumed", position_quality: "assumed" };
    const fill = (key, column) => (more[key] ? more[key] : key === "settlement" ? more.name : key === "services" ? more.id.map(() => []) : key === "counts"
      ? more.id.map(() => 0) : key === "serves" ? more.id.map(() => -1) : typeof column[0] === "string" ? more.id.map(() => texts[key] || "") : none);
    model.firstCandidate = own.id.length;
    return Object.fromEntries(Object.entries(own).map(([key, column]) => [key, join(column, fill(key, column))]));
  }

  /* Is a row of the facilities a place where none stands? */
  model.isCandidate = (row) => model.firstCandidate !== undefined && row >= model.firstCandidate;

  /* All rows in the order of their ids by code point: of equal times the smaller id wins. */
  model.siteOrder = function () {
    const ids = gp.bulk.facilities.id;
    model.inOrder = model.inOrder || ids.map((_, i) => i).sort((a, b) => gp.changed.compareIds(ids[a], ids[b]));
    return model.inOrder;
  };
  model.siteRow = (id) => gp.bulk.facilities.id.indexOf(id);

  model.points = (side) => of("points", side);
  model.facilities = (side) => of("facilities", side);
  function of(name, side) {
    const asked = side || model.side(), columns = model.columns(name, asked);
    return asked === "plan" && model.isChanged() ? gp.changed[name](gp.whatif.list, columns) : columns;
  }

  model.people = (i, side) => (side && side !== model.side() ? model.points(side) : gp.bulk.points).people[i];
  model.isSettlement = (i) => gp.word(gp.bulk.points.kind, i) === "settlement";
  model.isPlanned = (i) => gp.bulk.points.planned[i] === 1 && model.people(i) === 0;

  /* --- facilities -------------------------------------------------------------------------------------------- */

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
    !model.service().excludeStatus.includes(gp.bulk.facilities.status[i]) && countsAsStop(gp.bulk.facilities.visit_days_a_month[i]);

  /* A stop of a mobile unit counts only for a service that says how often it must be visited. */
  function countsAsStop(days) {
    const least = model.service().mobileDaysLeast;
    return days === null || (least > 0 && days >= least);
  }
})(window.geoplan);
