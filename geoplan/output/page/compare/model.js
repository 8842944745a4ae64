/* Which plan, year and service are shown, and what they say of a group, a district or a place. */
(function (gp) {
  "use strict";

  const UNREACHABLE = -1, NOT_ASSESSED = -2, ABSENT = -3;
  const model = {};
  gp.model = model;
  Object.assign(gp.state, { plan: 0, theme: "share" });

  model.plan = () => gp.head.plans[gp.state.plan];
  model.year = () => model.plan().years[gp.state.year];
  model.service = () => model.plan().services[gp.state.service];

  model.build = function () {
    gp.head.plans.forEach((plan) => {
      const columns = plan.groups, names = Object.keys(columns).filter((n) => n !== "name");
      plan.byKey = new Map();
      columns.level.forEach((_, i) => {
        const row = Object.fromEntries(names.map((n) => [n, columns[n][i]]));
        row.name = { az: columns.name.az[i], ru: columns.name.ru[i], en: columns.name.en[i] };
        plan.byKey.set([row.year, row.service, row.level, row.id].join("|"), row);
      });
    });
  };

  model.group = (level, id) => model.plan().byKey.get([model.year(), model.service().id, level, id].join("|"));
  model.district = (i) => model.group("district", gp.head.districts.id[i]);
  model.nation = () => Array.from(model.plan().byKey.values()).find((r) =>
    r.level === "nation" && r.year === model.year() && r.service === model.service().id);

  /* The difference that colours a district: share in points, or minutes; null where there is none. */
  model.step = function (row) {
    if (!row || row.population_after === 0) return null;
    if (gp.state.theme === "minutes") return row.mean_difference_minutes;
    return row.share_difference === null ? null : row.share_difference * 100;
  };

  model.read = async function () {
    gp.bulk = JSON.parse(new TextDecoder().decode(await gp.unzip("geoplan-bulk")));
  };

  /* One place for every service of the shown plan and year. */
  model.ofPlace = function (i) {
    const part = gp.bulk.plans[gp.state.plan][model.year()];
    return model.plan().services.map((service) => {
      const rows = part.services[service.id];
      return Object.assign(place(i, rows.before[i], rows.after[i], part.people[i]), { service });
    });
  };

  /* One district likewise. */
  model.ofDistrict = (i) => model.plan().services.map((service) => ({ service,
    row: model.plan().byKey.get([model.year(), service.id, "district", gp.head.districts.id[i]].join("|")) }));

  /* All places of the shown plan, year and service. */
  model.places = function () {
    const key = [gp.state.plan, model.year(), model.service().id].join("|");
    if (model.kept && model.kept.key === key) return model.kept.rows;
    const part = gp.bulk.plans[gp.state.plan][model.year()];
    const rows = part.services[model.service().id];
    const out = gp.bulk.points.id.map((_, i) => place(i, rows.before[i], rows.after[i], part.people[i]));
    model.kept = { key, rows: out };
    return out;
  };

  function place(i, before, after, people) {
    const both = before >= 0 && after >= 0;
    return { i, before, after, people, tenths: both ? after - before : null, state: state(before, after) };
  }

  function state(before, after) {
    if (before === ABSENT && after === ABSENT) return "absent";
    if (before === ABSENT) return "only_after";
    if (after === ABSENT) return "only_before";
    if (before === NOT_ASSESSED || after === NOT_ASSESSED) return "not_compared";
    if (before === UNREACHABLE && after >= 0) return "became_reachable";
    if (before >= 0 && after === UNREACHABLE) return "became_unreachable";
    return after < before ? "shorter" : after > before ? "longer" : "same";
  }

  model.moved = (row) => ["shorter", "longer", "became_reachable", "became_unreachable"].includes(row.state);
})(window.geoplan);
