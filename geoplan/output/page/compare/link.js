/* A link to what is shown: plan, year, service, colours, order, view and selection, in the address after the #. */
(function (gp) {
  "use strict";

  const WAIT_MS = 400; // browsers refuse an address that changes too often
  const link = { words: new URLSearchParams(), notice: null };
  gp.link = link;

  /* --- writing ---------------------------------------------------------------------------------------------- */

  function selectionText() {
    const chosen = gp.state.selection;
    if (!chosen) return "";
    return chosen.kind + ":" + (chosen.kind === "point" ? gp.bulk.points.id : gp.head.districts.id)[chosen.i];
  }

  link.text = function () {
    const at = gp.map.getCenter(), s = gp.state;
    const out = new URLSearchParams({
      run: gp.head.hash, map: [at.lat.toFixed(4), at.lng.toFixed(4), gp.map.getZoom().toFixed(2)].join(","), lang: s.lang,
      plan: gp.model.plan().id, year: gp.model.year(), service: gp.model.service().id, theme: s.theme, by: s.by,
    });
    if (s.selection) out.set("select", selectionText());
    return "#" + out.toString();
  };

  link.address = () => window.location.href.replace(/#.*$/s, "") + link.text();

  function write() {
    try {
      window.history.replaceState(null, "", link.text());
    } catch {
      link.still = true; // some places let no address change: the button copies the link all the same
    }
  }

  function soon() {
    if (link.still || !gp.bulk) return;
    clearTimeout(link.timer);
    link.timer = setTimeout(write, WAIT_MS);
  }

  /* --- reading ---------------------------------------------------------------------------------------------- */

  /* The words of the address; those of another comparison are refused as a whole. */
  function words() {
    const found = new URLSearchParams(window.location.hash.slice(1));
    if (!found.has("run")) return new URLSearchParams();
    if (found.get("run") === gp.head.hash) return found;
    tell("link.other", { wanted: found.get("run").slice(0, 12), here: gp.head.hash });
    return new URLSearchParams();
  }

  /* Years and services are those of the plan that the link names. */
  function stateOf(found) {
    const plans = gp.head.plans.map((p) => p.id), plan = gp.head.plans[Math.max(plans.indexOf(found.get("plan")), 0)];
    const lists = {
      lang: gp.head.languages, theme: ["share", "minutes"], by: ["minutes", "person_minutes"],
      plan: plans, year: plan.years.map(String), service: plan.services.map((s) => s.id),
    };
    const changes = {};
    Object.entries(lists).forEach(([key, list]) => {
      if (!found.has(key)) return;
      const i = list.indexOf(found.get(key));
      if (i < 0) tell("link.part", { part: key });
      else changes[key] = typeof gp.state[key] === "number" ? i : list[i];
    });
    return changes;
  }

  link.start = function () {
    link.words = words();
    Object.assign(gp.state, stateOf(link.words));
  };

  function showMap(text) {
    const [lat, lon, zoom] = text.split(",").map(Number);
    if (![lat, lon, zoom].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lon) > 180) tell("link.part", { part: "map" });
    else gp.map.setView([lat, lon], zoom, { animate: false });
  }

  function choose(text) {
    const [kind, id] = text.split(":"), lists = { point: gp.bulk.points.id, district: gp.head.districts.id };
    const i = Object.hasOwn(lists, kind) ? lists[kind].indexOf(id) : -1;
    if (i < 0) tell("link.part", { part: "select" });
    else gp.set({ selection: { kind, i } });
  }

  /* Once the places are read: view and selection. */
  link.finish = function () {
    if (link.words.has("map")) showMap(link.words.get("map"));
    if (link.words.has("select")) choose(link.words.get("select"));
  };

  link.listen = function () {
    gp.onChange(Object.keys(gp.state), soon);
    gp.map.on("moveend", soon);
    window.addEventListener("hashchange", () => {
      link.words = words();
      if (!link.words.has("run")) return;
      gp.set(Object.assign({ selection: null }, stateOf(link.words)));
      link.finish();
    });
  };

  /* --- the reader ------------------------------------------------------------------------------------------- */

  function tell(key, params) {
    link.notice = { key, params };
    link.render();
  }

  link.render = function () {
    const n = link.notice, close = () => { link.notice = null; link.render(); };
    gp.replace("gp-notice", n ? gp.el("p", { class: "gp-notice", role: "alert", "data-gp-notice": n.key }, gp.t(n.key, n.params), " ",
      gp.el("button", { type: "button", class: "gp-button", on: { click: close } }, gp.t("close"))) : null);
  };
})(window.geoplan);
