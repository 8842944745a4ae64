/* What a list of changes makes of facilities, people and targets in the shown year; pure: the list is given, nothing is kept. */
(function (gp) {
  "use strict";

  const changed = {};
  gp.changed = changed;

  /* Site ids by code point, as Python sorts them. */
  changed.compareIds = function (a, b) {
    const left = Array.from(a), right = Array.from(b), short = Math.min(left.length, right.length);
    for (let k = 0; k < short; k += 1) {
      if (left[k] !== right[k]) return left[k].codePointAt(0) - right[k].codePointAt(0);
    }
    return left.length - right.length;
  };

  /* The rules of a year: who gives a service, who may be switched; a year without its own has those of the year before. */
  changed.rules = function () {
    const years = gp.bulk.whatif.years;
    let k = gp.state.year;
    while (!years[k]) k -= 1;
    return years[k];
  };

  /* The changes that hold in the shown year: sites from the year of their switching on, targets and plans in all. */
  changed.inForce = (list) => list.filter((c) => c.year === undefined || c.year <= gp.model.year());

  const FIRST = { open: ["operating", 1], add: ["operating", 1], close: [null, 0] };

  /* The columns of facilities with candidates behind them and the switches of a list. */
  changed.facilities = function (list, columns) {
    const out = columns || gp.model.columns("facilities"), force = changed.inForce(list).filter((c) => FIRST[c.kind]);
    if (!force.length) return out;
    ["counts", "status", "confidence", "services"].forEach((key) => { out[key] = out[key].slice(); });
    force.forEach((c) => put(out, gp.model.siteRow(c.site), c));
    return out;
  };



  function put(out, row, c) {
    if (row < 0) return;
    const [status, counts] = FIRST[c.kind];
    out.counts[row] = counts;
    if (!status) return;
    out.status[row] = status;
    out.confidence[row] = "assumed";
    if (c.kind === "add") out.services[row] = c.services;
  }

  /* Rows that count for a service in the shown year, in the order of their ids. */
  changed.serving = function (list, service) {
    const f = changed.facilities(list), tag = gp.head.services.find((s) => s.id === service), first = gp.model.firstCandidate;
    const gives = new Set(changed.rules().gives[service]);
    const serves = (row) => (row < first ? gives.has(row) : f.services[row].includes(tag.counts) && !tag.excludeStatus.includes("operating"));
    return gp.model.siteOrder().filter((row) => f.counts[row] === 1 && serves(row));
  };

  /* A service with the target of the list; the page's own word for a target that nobody has published. */
  changed.service = function (list, id) {
    const own = gp.head.services.find((s) => s.id === id), change = list.find((c) => c.kind === "target" && c.service === id);
    return change ? Object.assign({}, own, { target: { minutes: change.minutes, published: false, label: null, changed: true } }) : own;
  };

  changed.planOf = (list) => list.find((c) => c.kind === "plan");

  /* People of all points in the shown year under a list's resettlement plan. */
  changed.people = function (list) {
    const plan = changed.planOf(list), people = gp.model.columns("points").people;
    if (!plan) return people;
    const key = gp.state.year + "|" + plan.plan, kept = changed.kept || (changed.kept = new Map());
    if (!kept.has(key)) kept.set(key, settled(people, plan.plan));
    return kept.get(key);
  };

  function settled(people, plan) {
    const { plans, now } = gp.bulk.whatif.envelopes, out = people.slice();
    const add = ([rows, more], sign) => rows.forEach((row, k) => { out[row] += sign * more[k]; });
    if (now) add(plans[now][gp.state.year], -1);
    add(plans[plan][gp.state.year], 1);
    return out;
  }

  changed.points = function (list, columns) {
    const plan = changed.planOf(list);
    if (!plan) return columns;
    const { words, at } = columns.confidence, own = words.includes("assumed") ? words : [...words, "assumed"], doubt = at.slice();
    gp.bulk.whatif.envelopes.plans[plan.plan][gp.state.year][0].forEach((row) => { doubt[row] = own.indexOf("assumed"); });
    return Object.assign({}, columns, { people: changed.people(list), confidence: { words: own, at: doubt } });
  };
})(window.geoplan);
