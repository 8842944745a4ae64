/* The map as a whole: views, scale, and what a selection does to it. */
(function (gp) {
  "use strict";

  const map = {};
  gp.mapView = map;

  map.start = function (layers) {
    gp.map = layers.map;
    const box = gp.map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("data-gp-map", "");
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 110 }).addTo(gp.map);
    const north = L.control({ position: "bottomleft" });
    north.onAdd = () => { map.north = gp.el("div", { class: "gp-north", role: "img" }); return map.north; };
    north.addTo(gp.map);
    new ResizeObserver(() => gp.map.invalidateSize({ animate: false })).observe(box);
  };

  /* The map in words: the share, what it was before, and where most people are too far. */
  map.label = function () {
    const row = gp.model.nation(), before = gp.model.isComparable() && gp.state.mode !== "current" ? gp.model.nation(undefined, "base") : null;
    const worst = gp.sheet.worst().slice(0, 3).map(({ i }) => gp.name(gp.head.districts.name, i));
    const first = gp.t("map.label", { service: gp.name(gp.model.service().name), minutes: gp.model.service().target.minutes,
      share: [gp.percent(gp.model.share(row), 1), gp.districts.ofWhom(row)].filter(Boolean).join(" ") });
    const said = [first, before && gp.model.stateOf(before) === "share" ? gp.t("map.before", { share: gp.percent(gp.model.share(before), 1) }) : null,
      worst.length ? gp.t("map.worst", { names: worst.join(", ") }) : null].filter(Boolean).join(" ");
    gp.map.getContainer().setAttribute("aria-label", said);
    map.north.setAttribute("aria-label", gp.t("north.label"));
    gp.replace(map.north, map.northMark());
  };

  /* An arrow and the letter of north in the language shown, 20 by 32 pixels. */
  map.northMark = () => gp.svg("svg", { viewBox: "0 0 20 32", width: 20, height: 32, "aria-hidden": "true" },
    gp.svg("path", { d: "M10 1L15.5 17L10 13.6L4.5 17Z", fill: "#1d2733" }), gp.svg("text", { x: 10, y: 29.5, "text-anchor": "middle", "font-size": 12, "font-weight": 700, fill: "#1d2733" }, gp.t("north")));

  /* Fit a named view: country, liberated, nakhchivan. */
  map.show = function (view, animate) {
    const box = gp.head.views[view];
    if (!box) return;
    gp.map.invalidateSize({ animate: false, pan: false });
    // on a phone the tools stand below the map, elsewhere over its upper edge
    const frame = gp.map.getContainer().getBoundingClientRect(), over = underTools(frame);
    gp.map.fitBounds(box, { paddingTopLeft: [14, Math.max(14, over)], paddingBottomRight: [14, 14], animate: animate && !calm() });
  };

  /* How far the tools reach down over the map; what stands in its left quarter covers nothing of the country. */
  function underTools(frame) {
    const tools = [...document.getElementById("gp-tools").children].map((node) => node.getBoundingClientRect());
    const wide = tools.filter((t) => t.right > frame.left + frame.width / 4 && t.top < frame.bottom);
    return Math.max(0, ...wide.map((t) => t.bottom - frame.top + 8));
  }

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* Bring a point into view, closer than now; with a route, all of it. */
  map.goTo = function (i) {
    const p = gp.bulk.points, at = [p.lat[i], p.lon[i]];
    const found = gp.route.of(i, gp.model.service().id);
    if (!found) return void gp.map.setView(at, Math.max(gp.map.getZoom(), 9.5), { animate: !calm() });
    const box = L.latLngBounds([at, ...found.line, ...found.legs.flat()]);
    fit(box);
  };

  /* On a phone the table stands below the map: what was chosen there is shown above. */
  map.reveal = function () {
    if (isPhone()) gp.map.getContainer().scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  };

  const isPhone = () => window.innerWidth <= 720;

  map.goToBox = (box) => fit(box);
  map.goToDistrict = (i) => fit(gp.districts.layers[i].getBounds());

  /* Into the part of the map that tools and card leave free. */
  function fit(box) {
    const card = document.getElementById("gp-card").getBoundingClientRect(), frame = gp.map.getContainer().getBoundingClientRect();
    const phone = isPhone(); // there the card is a sheet at the lower edge
    const right = phone ? 30 : card.width + 60, below = phone && card.height ? Math.max(0, frame.bottom - card.top) + 20 : 60;
    gp.map.fitBounds(box, { paddingTopLeft: [phone ? 30 : 60, phone ? 30 : 100], maxZoom: 11, animate: !calm(),
      paddingBottomRight: [right, Math.min(below, frame.height - 80)] });
  }
})(window.geoplan);
