/* What if: the list of changes made in the page, with undo and names; figures follow it, the run stays as it is. */
(function (gp) {
  "use strict";

  const KINDS = ["close", "open", "add", "target", "plan"];
  const whatif = { list: [], past: [], saved: [], name: "", figures: null };
  gp.whatif = whatif;

  whatif.isThere = () => Boolean(gp.head && gp.head.whatif && gp.bulk);
  whatif.isActive = () => whatif.list.length > 0;

  /* What a change is of: a second one of the same thing takes the place of the first. */
  const thing = (c) => (c.kind === "target" ? "target " + c.service : c.kind === "plan" ? "plan" : "site " + c.site);

  /* Put in force what `change` makes of the list; the one before can be brought back. The times are unpacked at the first
     change, and a second one that comes meanwhile finds what the first has made. */
  whatif.use = async function (change) {
    await gp.times.load();
    const list = change(whatif.list);
    whatif.past.push({ list: whatif.list, name: whatif.name });
    settle(list);
  };

  function settle(list) {
    const before = whatif.isActive();
    whatif.list = list;
    whatif.figures = list.length ? gp.figures.make(list) : null;
    const mode = list.length && (!before || gp.state.mode === "current") ? (gp.state.mode === "current" ? "plan" : gp.state.mode) : gp.state.mode;
    gp.set({ whatif: gp.state.whatif + 1, mode: gp.model.isComparable() ? mode : "plan" });
  }

  whatif.put = (change) => whatif.use((list) => [...list.filter((c) => thing(c) !== thing(change)), change]);
  whatif.remove = (change) => whatif.use((list) => list.filter((c) => c !== change));
  whatif.reset = () => whatif.use(() => []);
  whatif.undo = function () {
    const before = whatif.past.pop();
    if (!before) return;
    whatif.name = before.name;
    settle(before.list);
  };
  whatif.rename = function (name) {
    whatif.name = name;
    gp.announceChange(["whatifName"]);
  };

  /* --- sites ------------------------------------------------------------------------------------------------- */

  whatif.changeOf = (row) => whatif.list.find((c) => c.site === gp.bulk.facilities.id[row]);

  /* What can be done with a site in the shown year: "close", "open", "add", "back" (undo its change), or "" with `why`. */
  whatif.canDo = function (row) {
    if (!whatif.isThere()) return "";
    if (whatif.changeOf(row)) return "back";
    if (gp.model.isCandidate(row)) return "add";
    const rules = gp.changed.rules();
    return rules.closable.includes(row) ? "close" : rules.openable.includes(row) ? "open" : "";
  };

  /* Switch a site as its card offers it; a candidate for the given kinds of care, without a word for the shown one. */
  whatif.toggle = function (row, services) {
    const act = whatif.canDo(row), site = gp.bulk.facilities.id[row], year = gp.model.year();
    if (act === "back") return whatif.remove(whatif.changeOf(row));
    if (act === "add") return whatif.put({ kind: "add", site, services: services || [gp.model.service().counts], year });
    return act ? whatif.put({ kind: act, site, year }) : undefined;
  };

  whatif.setTarget = function (minutes) {
    const parent = gp.model.parentOf(gp.state.service), ids = [parent, ...gp.model.variantsOf(gp.head.services[parent].id)].map((i) => gp.head.services[i]);
    const others = (list) => list.filter((c) => c.kind !== "target" || !ids.some((s) => s.id === c.service));
    const more = ids.filter((s) => s.target.minutes !== minutes).map((s) => ({ kind: "target", service: s.id, minutes }));
    return whatif.use((list) => [...others(list), ...more]);
  };

  whatif.setPlan = function (plan) {
    const more = plan === (gp.bulk.whatif.envelopes.now || "") ? [] : [{ kind: "plan", plan }];
    return whatif.use((list) => [...list.filter((c) => c.kind !== "plan"), ...more]);
  };

  /* --- best next site ---------------------------------------------------------------------------------------- */

  /* Every candidate alone beside what stands, by gain, then by id. */
  whatif.gains = function () {
    const key = [gp.state.whatif, gp.state.year, gp.model.service("plan").id].join("|");
    if (whatif.gainKey === key) return whatif.gainRows;
    const c = gp.model.coverage(null, "plan"), service = gp.model.service("plan"), people = gp.model.points("plan").people;
    const rows = gp.model.siteOrder().filter((row) => gp.model.isCandidate(row) && gp.bulk.facilities.counts[row] === 0)
      .map((row) => Object.assign({ row }, gp.figures.meanSaved(c, people, gp.times.to(row), service.target.minutes * 10)));
    whatif.gainKey = key;
    whatif.gainRows = rows.sort((a, b) => b.gain - a.gain);
    return whatif.gainRows;
  };

  /* --- winners and losers ------------------------------------------------------------------------------------ */

  /* Points whose minutes differ between the sides, biggest change for most people first: saved minutes, or reached and lost. */
  whatif.moved = function () {
    const base = gp.model.coverage(null, "base"), plan = gp.model.coverage(null, "plan"), people = gp.model.points("plan").people;
    const rows = people.map((n, i) => ({ i, n, saved: gp.model.saved(base.tenths[i], plan.tenths[i]) })).filter((r) => r.n > 0 && r.saved !== 0 && r.saved !== null);
    const weight = (r) => r.n * Math.min(Math.abs(r.saved), 6000);
    rows.sort((a, b) => weight(b) - weight(a) || a.i - b.i);
    return { winners: rows.filter((r) => r.saved > 0), losers: rows.filter((r) => r.saved < 0) };
  };

  /* --- kept what-ifs, and the list as plain data for a link --------------------------------------------------- */

  whatif.keep = function () {
    const name = whatif.name || gp.t("whatif.unnamed", { n: whatif.saved.length + 1 });
    whatif.saved = [...whatif.saved.filter((s) => s.name !== name), { name, list: whatif.list, figures: gp.figures.make(whatif.list) }];
    gp.announceChange(["whatifSaved"]);
  };
  whatif.forget = function (kept) {
    whatif.saved = whatif.saved.filter((s) => s !== kept);
    gp.announceChange(["whatifSaved"]);
  };

  /* The list as data that JSON knows; and back: what this page does not know is left out. */
  whatif.data = () => whatif.list.map((c) => Object.assign({}, c));
  whatif.restore = (data) => whatif.use(() => (Array.isArray(data) ? data : []).map(checked).filter(Boolean));

  function checked(c) {
    if (!c || typeof c !== "object" || !KINDS.includes(c.kind)) return null;
    const known = { target: isTarget, plan: isPlan }[c.kind] || isSite;
    return known(c);
  }
  const isTarget = (c) => (gp.head.services.some((s) => s.id === c.service) && Number.isInteger(c.minutes) && c.minutes >= 1 && c.minutes <= 1440
    ? { kind: "target", service: c.service, minutes: c.minutes } : null);
  const isPlan = (c) => (gp.bulk.whatif.envelopes && Object.hasOwn(gp.bulk.whatif.envelopes.plans, c.plan) ? { kind: "plan", plan: c.plan } : null);
  function isSite(c) {
    const row = gp.model.siteRow(c.site), tags = gp.head.services.map((s) => s.counts);
    if (row < 0 || !gp.head.years.includes(c.year) || (c.kind === "add") !== gp.model.isCandidate(row)) return null;
    if (c.kind !== "add") return { kind: c.kind, site: c.site, year: c.year };
    const services = (Array.isArray(c.services) ? c.services : []).filter((s) => tags.includes(s));
    return services.length ? { kind: "add", site: c.site, services, year: c.year } : null;
  }
})(window.geoplan);
