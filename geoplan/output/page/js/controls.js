/* Tools on the map: zoom, views, and which layers are shown. */
(function (gp) {
  "use strict";

  const LAYERS = ["roads", "facilities", "planned"];
  const open = new Set(); // menus that the reader has opened
  gp.controls = { render, credit };

  function render() {
    gp.replace("gp-tools",
      gp.el("div", { class: "gp-zoom" },
        zoomButton("zoom.in", "+", () => gp.map.zoomIn()), zoomButton("zoom.out", "\u2212", () => gp.map.zoomOut())),
      themes(), layers(), views());
  }

  function zoomButton(key, sign, act) {
    return gp.el("button", { type: "button", "aria-label": gp.t(key), title: gp.t(key), "data-gp-focus": key, on: { click: act } }, sign);
  }

  function themes() {
    return gp.el("div", { class: "gp-segment", role: "group", "aria-label": gp.t("theme.label") },
      ["regions", "districts", "settlements"].map((theme) => gp.el("button", { type: "button", "aria-pressed": gp.state.theme === theme,
        "data-gp-theme": theme, "data-gp-focus": "theme-" + theme, on: { click: () => gp.set({ theme }) } }, gp.t("theme." + theme))));
  }

  const names = () => [...LAYERS, ...gp.layers.filter((layer) => layer.there()).map((layer) => layer.name)];

  /* What the map carries, behind one button that says how much of it is on. */
  function layers() {
    const all = names();
    return menu("layers", gp.t("layers.label") + " " + all.filter((name) => gp.state[name]).length + "/" + all.length, [
      gp.el("fieldset", { class: "gp-layers" }, gp.el("legend", { class: "gp-hidden" }, gp.t("layers.label")), all.map(layer)),
      gp.layers.map((layer) => layer.there() && layer.note && layer.note()).filter(Boolean).map((words) => gp.el("p", { class: "gp-layer-note", role: "note" }, words))]);
  }

  function layer(name) {
    const box = gp.el("input", { type: "checkbox", "data-gp-layer": name, "data-gp-focus": "layer-" + name,
      on: { change: (e) => gp.set({ [name]: e.target.checked }) } });
    box.checked = gp.state[name];
    return gp.el("label", {}, box, gp.el("span", {}, gp.t("layer." + name)));
  }

  /* A button whose list hangs over the map; it stays open while it is drawn anew. */
  function menu(name, title, content) {
    const box = gp.el("details", { class: "gp-menu", open: open.has(name), on: { toggle: () => (box.open ? open.add(name) : open.delete(name)),
      keydown: (e) => { if (e.key === "Escape" && box.open) { e.stopPropagation(); close(box); } },
      focusout: (e) => { if (e.relatedTarget && box.isConnected && !box.contains(e.relatedTarget)) box.open = false; } } },
    gp.el("summary", { "data-gp-focus": "menu-" + name, "data-gp-menu": name }, title), gp.el("div", { class: "gp-menu-list" }, content));
    return box;
  }

  function close(box) {
    box.open = false;
    box.querySelector("summary").focus();
  }

  /* Whole country, liberated territories, Nakhchivan and every region. */
  function views() {
    const known = Object.keys(gp.head.views).filter((view) => gp.head.views[view]);
    const choice = (hook, name, act) => gp.el("li", {}, gp.el("button", { type: "button", ...hook, on: { click: () => { close(box); act(); } } }, name));
    const box = menu("views", gp.t("view.label"), [gp.el("ul", {}, known.map((view) => choice({ "data-gp-view": view }, gp.t("view." + view), () => go(view)))),
      gp.el("h3", {}, gp.t("view.regions")),
      gp.el("ul", {}, byName().map((r) => choice({ "data-gp-region": gp.head.regions.id[r] }, gp.name(gp.head.regions.name, r), () => region(r))))]);
    return box;
  }

  function byName() {
    const compare = gp.collator(), names = gp.head.regions.name[gp.state.lang];
    return gp.head.regions.id.map((_, r) => r).sort((a, b) => compare(names[a], names[b]));
  }

  function region(r) {
    gp.mapView.goToBox(gp.regions.bounds(r));
    gp.say(gp.name(gp.head.regions.name, r));
  }

  function go(view) {
    // the settlements are what one zooms to the liberated territories for
    if (view === "liberated") gp.set({ theme: "settlements" });
    gp.mapView.show(view, true);
    gp.say(gp.t("view." + view));
  }

  function credit() {
    gp.replace("gp-credit", gp.t("credit") + " ",
      gp.el("button", { type: "button", class: "gp-link", "data-gp-focus": "credit",
        on: { click: () => gp.set({ tab: "assumptions" }) } }, gp.t("credit.sources")),
      gp.head.basemap ? gp.el("span", { "data-gp-basemap": true }, " " + gp.t("basemap.tiles", { origin: gp.head.basemap.origin })) : null,
      gp.el("span", { class: "gp-paper-only" }, gp.head.provenance.attributions.map(gp.credit).join("; ") + ". geoplan " + gp.head.provenance.version + ", " +
        gp.head.scenario.id + ", " + gp.head.provenance.hash.slice(0, 16)));
  }
})(window.geoplan);
