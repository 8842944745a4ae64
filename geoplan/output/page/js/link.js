/* A link to what is shown: view, service, year, mode, level, selection, filters and in-page changes, in the address after the #. */
(function (gp) {
  "use strict";

  const WAIT_MS = 400; // browsers refuse an address that changes too often
  const OWN_LAYERS = ["roads", "facilities", "planned"];
  const link = { notice: null };
  gp.link = link;

  const run = () => gp.head.provenance.hash.slice(0, 12);
  const layerNames = () => [...OWN_LAYERS, ...gp.layers.map((layer) => layer.name)];

  /* --- writing ------------------------------------------------------------------------------------------------ */

  const IDS = { point: () => gp.bulk.points.id, district: () => gp.head.districts.id, region: () => gp.head.regions.id };

  function selectionText() {
    const chosen = gp.state.selection;
    if (!chosen) return "";
    if (chosen.kind === "facilities") return "facilities:" + chosen.rows.map((i) => gp.bulk.facilities.id[i]).join(",");
    if (!IDS[chosen.kind]) return "";
    return chosen.kind + ":" + IDS[chosen.kind]()[chosen.i] + (chosen.service ? ":" + chosen.service : "");
  }

  link.text = function () {
    const at = gp.map.getCenter(), s = gp.state, out = new URLSearchParams();
    const put = (key, value) => value && out.set(key, value);
    put("run", run());
    put("map", [at.lat.toFixed(4), at.lng.toFixed(4), gp.map.getZoom().toFixed(2)].join(","));
    put("lang", s.lang);
    put("service", gp.head.services[s.service].id);
    put("year", String(gp.head.years[s.year]));
    put("mode", gp.model.isComparable() ? s.mode : "");
    put("level", s.theme);
    put("tab", s.tab);
    put("layers", layerNames().filter((name) => s[name]).join(",") || "none");
    put("hide", s.hidden);
    put("select", selectionText());
    if (gp.whatif && gp.whatif.isActive()) {
      put("changes", JSON.stringify(gp.whatif.data()));
      put("name", gp.whatif.name);
    }
    return "#" + out.toString();
  };

  link.address = () => window.location.href.replace(/#.*$/s, "") + link.text();

  function write() {
    link.timer = 0;
    try {
      window.history.replaceState(null, "", link.text());
    } catch {
      link.still = true; // an address that may not change is no fault: the button still copies the link
    }
  }

  function soon() {
    if (link.still || !gp.bulk) return;
    clearTimeout(link.timer);
    link.timer = setTimeout(write, WAIT_MS);
  }

  /* --- reading ------------------------------------------------------------------------------------------------ */

  /* Each piece as a change of the state, or undefined where this page does not know it. */
  const known = (list, value) => (list.includes(value) ? value : undefined);
  const place = (list, value) => (list.indexOf(value) < 0 ? undefined : list.indexOf(value));
  const READ = {
    lang: (v) => ({ lang: known(gp.head.languages, v) }),
    service: (v) => ({ service: place(gp.head.services.map((s) => s.id), v) }),
    year: (v) => ({ year: place(gp.head.years.map(String), v) }),
    level: (v) => ({ theme: known(["settlements", "districts", "regions"], v) }),
    tab: (v) => ({ tab: known(["settlements", "districts", "regions", "assumptions", ...gp.panels.map((p) => p.tab)], v) }),
    hide: (v) => ({ hidden: v.split(",").every((key) => /^[bs]\d$/.test(key) || gp.filter.STATES.includes(key)) ? v : undefined }),
    layers: (v) => Object.fromEntries(layerNames().map((name) => [name, v.split(",").includes(name)])),
  };
  const LATER = ["run", "map", "mode", "select", "changes", "name"];

  function readAll(words) {
    const changes = {};
    words.forEach((value, key) => {
      const found = READ[key] ? READ[key](value) : {};
      if (Object.values(found).includes(undefined) || !(READ[key] || LATER.includes(key))) tell("link.part", { part: key });
      else Object.assign(changes, found);
    });
    return changes;
  }

  function selection(text) {
    const [kind, ids, service] = text.split(":");
    if (kind === "facilities") {
      const rows = ids.split(",").map((id) => gp.bulk.facilities.id.indexOf(id));
      return rows.length && !rows.includes(-1) ? { kind, rows, key: rows.join() } : undefined;
    }
    const i = IDS[kind] ? IDS[kind]().indexOf(ids) : -1;
    if (i < 0) return undefined;
    return gp.head.services.some((s) => s.id === service) ? { kind, i, service } : { kind, i };
  }

  const NONE = new URLSearchParams();

  /* The words of the address; a link to another run is refused as a whole. */
  function words() {
    const found = new URLSearchParams(window.location.hash.slice(1));
    if (!found.has("run")) return NONE;
    if (found.get("run") === run()) return found;
    tell("link.other", { wanted: found.get("run").slice(0, 12), here: run() });
    return NONE;
  }

  /* Before the first picture: what the head alone can show. */
  link.start = function () {
    link.words = words();
    Object.assign(gp.state, readAll(link.words));
    link.render(); // what was refused is said in the link's own language
  };

  function showMap(text) {
    const [lat, lon, zoom] = text.split(",").map(Number);
    if (![lat, lon, zoom].every(Number.isFinite) || Math.abs(lat) > 85 || Math.abs(lon) > 180) return tell("link.part", { part: "map" });
    return gp.map.setView([lat, lon], zoom, { animate: false });
  }

  function changesOf(text) {
    try { return JSON.parse(text); } catch { return null; }
  }

  async function restoreChanges() {
    const asked = changesOf(link.words.get("changes"));
    if (!Array.isArray(asked) || !gp.whatif || !gp.whatif.isThere()) return tell("link.part", { part: "changes" });
    gp.whatif.name = (link.words.get("name") || "").slice(0, 80);
    await gp.whatif.restore(asked);
    return gp.whatif.data().length === asked.length ? undefined : tell("link.part", { part: "changes" });
  }

  /* Once all is read: view, in-page changes, mode, selection. */
  link.finish = async function () {
    const asked = link.words;
    if (asked.has("map")) showMap(asked.get("map"));
    if (asked.has("changes")) await restoreChanges();
    if (asked.has("mode")) {
      const mode = gp.model.isComparable() ? known(gp.modes.MODES, asked.get("mode")) : undefined;
      if (mode) gp.set({ mode });
      else tell("link.part", { part: "mode" });
    }
    if (asked.has("select")) {
      const chosen = selection(asked.get("select"));
      if (chosen) gp.set({ selection: chosen });
      else tell("link.part", { part: "select" });
    }
  };

  /* --- the reader --------------------------------------------------------------------------------------------- */

  function tell(key, params) {
    const before = key === "link.part" && link.notice && link.notice.key === key ? link.notice.params.part + ", " : "";
    link.notice = { key, params: before ? { part: before + params.part } : params };
    link.render();
  }

  link.render = function () {
    const n = link.notice;
    gp.replace("gp-notice", n ? gp.el("p", { class: "gp-notice", role: "alert", "data-gp-notice": n.key }, gp.t(n.key, n.params), " ",
      gp.el("button", { type: "button", class: "gp-link", on: { click: () => { link.notice = null; link.render(); } } }, gp.t("close"))) : null);
  };

  link.buttons = function () {
    const button = (key, act) => gp.el("button", { type: "button", class: "gp-button", "data-gp-copy": key, "data-gp-focus": "copy-" + key, on: { click: act } }, gp.t("copy." + key));
    gp.replace("gp-copies", button("figures", () => gp.download.copy(gp.download.figures(), gp.t("copy.figures.done"))),
      button("link", () => gp.download.copy(link.address(), gp.t("copy.link.done"))));
  };

  gp.whenReady(function () {
    gp.onChange([...Object.keys(gp.state), "whatifName"], soon);
    gp.map.on("moveend", soon);
    window.addEventListener("hashchange", async () => {
      link.words = words();
      gp.set(Object.assign({ selection: null }, readAll(link.words)));
      await link.finish();
    });
  });
})(window.geoplan);
