/* Coverage, bands and totals of a list of changes: the same arithmetic as geoplan/analysis/coverage.py, to the person. */
(function (gp) {
  "use strict";

  const CONFIDENCE = ["high", "medium", "low", "assumed"];
  const EMPTY = CONFIDENCE.length;
  gp.figures = { make, meanSaved, nearest };

  /* A source of figures for the model; each service and year is computed when first asked for. */
  function make(list) {
    const known = new Map();
    const of = function (service) {
      const key = gp.state.year + "|" + service;
      if (!known.has(key)) known.set(key, { coverage: coverage(list, service) });
      return known.get(key);
    };
    const part = (service, name, compute) => {
      const kept = of(service);
      kept[name] = kept[name] || compute(list, service, kept.coverage);
      return kept[name];
    };
    return {
      list,
      knows: () => true,
      service: (id) => gp.changed.service(list, id),
      total: (level, id, service) => part(service, "totals", totals).get(level + "|" + id),
      bands: (d, service) => part(service, "bands", bands).get(d) || new Map(),
      coverage: (service) => of(service).coverage,
    };
  }

  /* Of equal times the smaller id wins: rows come in the order of ids, and only a shorter way replaces. */
  function nearest(rows) {
    const size = gp.bulk.points.id.length, tenths = new Int32Array(size).fill(gp.model.UNREACHABLE), at = new Int32Array(size).fill(-1);
    rows.forEach((row) => {
      const column = gp.times.to(row);
      for (let i = 0; i < size; i += 1) {
        const t = column[i];
        if (t >= 0 && (at[i] < 0 || t < tenths[i])) {
          tenths[i] = t;
          at[i] = row;
        }
      }
    });
    return { tenths, at };
  }

  function coverage(list, service) {
    const own = model().own.coverage(service), f = gp.changed.facilities(list), rows = gp.changed.serving(list, service);
    const { tenths, at } = nearest(rows), size = tenths.length, target = gp.changed.service(list, service).target.minutes;
    const km = new Array(size).fill(null), error = new Array(size).fill(null), assumed = new Uint8Array(size), words = new Uint8Array(size).fill(EMPTY);
    const p = gp.bulk.points, perKm = gp.head.whatif.minutes_per_km;
    const ranks = f.confidence.map((word) => CONFIDENCE.indexOf(word));
    for (let i = 0; i < size; i += 1) {
      if (own.tenths[i] === gp.model.NOT_ASSESSED) {
        tenths[i] = gp.model.NOT_ASSESSED;
        at[i] = -1;
        continue;
      }
      const to = at[i];
      words[i] = to < 0 ? 1 : ranks[to];
      if (to < 0) continue;
      const wrong = (p.radius_km[i] + f.radius_km[to]) * perKm;
      if (Math.abs(tenths[i] / 10 - target) < wrong) words[i] = Math.max(words[i], 2);
      error[i] = tenth(wrong);
      assumed[i] = f.confidence[to] === "assumed" ? 1 : 0;
      if (own.facility[i] === to) km[i] = own.km[i];
    }
    const sure = nearest(rows.filter((row) => f.confidence[row] !== "assumed"));
    return { tenths, facility: at, km, error, assumed, confidence: { words: [...CONFIDENCE, ""], at: words }, sure: sure.tenths };
  }

  const model = () => gp.model;

  /* One decimal, an exact half to the even neighbour, as Python and numpy round. */
  function tenth(value) {
    const scaled = value * 10, low = Math.floor(scaled);
    return (scaled - low === 0.5 ? low + (low % 2) : Math.round(scaled)) / 10;
  }

  /* People by the groups that a point belongs to: nation, outside Baku, liberated, its region, its district. */
  function groups() {
    if (gp.figures.groups) return gp.figures.groups;
    const d = gp.head.districts, p = gp.bulk.points, names = new Map(), rows = [];
    const number = (key) => (names.has(key) ? names : names.set(key, names.size)).get(key);
    const fixed = ["nation|" + gp.model.nationId, "group|outside_baku", "group|liberated"].map(number);
    const region = gp.head.regions.id.map((id) => number("region|" + id)), district = d.id.map((id) => number("district|" + id));
    const capital = d.id.indexOf("AZ-BA");
    p.id.forEach((_, i) => {
      const own = p.district[i], mine = [fixed[0], district[own], region[d.region[own]]];
      if (own !== capital) mine.push(fixed[1]);
      if (p.liberated[i]) mine.push(fixed[2]);
      rows.push(mine);
    });
    gp.figures.groups = { names: Array.from(names.keys()), rows };
    return gp.figures.groups;
  }

  function totals(list, service, c) {
    const { names, rows } = groups(), people = gp.changed.people(list), target = gp.changed.service(list, service).target.minutes * 10;
    const column = () => new Float64Array(names.length);
    const sum = { population: column(), assessed: column(), within: column(), unreachable: column(), assumed: column(), reached: column(), product: column() };
    for (let i = 0; i < rows.length; i += 1) {
      const n = people[i], t = c.tenths[i];
      if (!n) continue;
      const within = t >= 0 && t <= target, thanks = within && !(c.sure[i] >= 0 && c.sure[i] <= target);
      rows[i].forEach((g) => {
        sum.population[g] += n;
        if (t === gp.model.NOT_ASSESSED) return;
        sum.assessed[g] += n;
        if (t < 0) sum.unreachable[g] += n;
        else {
          sum.reached[g] += n;
          sum.product[g] += n * t;
        }
        if (within) sum.within[g] += n;
        if (thanks) sum.assumed[g] += n;
      });
    }
    const p50 = quantile(c.tenths, people, sum.reached, 0.5), p90 = quantile(c.tenths, people, sum.reached, 0.9);
    return new Map(names.map((name, g) => [name, row(name, g)]));

    function row(name, g) {
      const [level, id] = name.split("|"), somebody = sum.reached[g] > 0;
      return { year: gp.model.year(), level, id, service, population: sum.population[g], assessed: sum.assessed[g], within_target: sum.within[g],
        unreachable: sum.unreachable[g], on_assumed: sum.assumed[g], beyond_by_road: sum.assessed[g] - sum.within[g] - sum.unreachable[g],
        mean_minutes: somebody ? tenthExact(sum.product[g] / sum.reached[g] / 10) : null,
        p50_minutes: somebody ? p50[g] / 10 : null, p90_minutes: somebody ? p90[g] / 10 : null };
    }
  }

  /* One decimal of the number as it is held, as Python's round: toFixed is exact, but lifts an exact half. */
  function tenthExact(value) {
    const quarter = value * 4;
    return Number.isInteger(quarter) && quarter % 2 !== 0 ? tenth(value) : Number(value.toFixed(1));
  }

  /* The least time within which at least `share` of a group's people are, for every group in one sweep. */
  function quantile(tenths, people, reached, share) {
    const { rows } = groups(), need = reached.map((n) => Math.max(Math.ceil(share * n - 1e-9), 1));
    const order = inOrder(tenths, people), count = new Float64Array(need.length), found = new Int32Array(need.length).fill(-1);
    order.forEach((i) => rows[i].forEach((g) => {
      count[g] += people[i];
      if (found[g] < 0 && count[g] >= need[g]) found[g] = tenths[i];
    }));
    return found;
  }

  let sorted = { tenths: null };
  function inOrder(tenths, people) {
    if (sorted.tenths === tenths && sorted.people === people) return sorted.order;
    const keys = [];
    for (let i = 0; i < tenths.length; i += 1) if (tenths[i] >= 0 && people[i] > 0) keys.push(tenths[i] * 1048576 + i);
    const order = Float64Array.from(keys).sort().map((key) => key % 1048576);
    sorted = { tenths, people, order };
    return order;
  }

  function bands(list, service, c) {
    const people = gp.changed.people(list), shown = gp.changed.service(list, service), names = gp.model.bandNames(shown), out = new Map();
    for (let i = 0; i < people.length; i += 1) {
      if (!people[i]) continue;
      const d = gp.bulk.points.district[i], band = gp.model.bandAt(c.tenths[i], shown);
      const name = band >= 0 ? names[band] : band === gp.model.UNREACHABLE ? "unreachable" : "not_assessed";
      if (!out.has(d)) out.set(d, new Map());
      out.get(d).set(name, (out.get(d).get(name) || 0) + people[i]);
    }
    return out;
  }

  /* What a site alone would add beside the coverage `c`: people who come within the target, mean minutes saved by those with a way. */
  function meanSaved(c, people, column, target) {
    let gain = 0, saved = 0, base = 0, fresh = 0;
    for (let i = 0; i < people.length; i += 1) {
      const before = c.tenths[i], own = column[i], n = people[i];
      if (!n || before === gp.model.NOT_ASSESSED) continue;
      if (own >= 0 && own <= target && !(before >= 0 && before <= target)) gain += n;
      if (before < 0) fresh += own >= 0 ? n : 0;
      else {
        base += n;
        if (own >= 0 && own < before) saved += n * (before - own);
      }
    }
    return { gain, fresh, minutes: base ? saved / (10 * base) : null };
  }
})(window.geoplan);
