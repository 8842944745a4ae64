/* The map as a whole: views, scale, what a selection does to it, and its size on paper. */
(function (gp) {
  "use strict";

  const PAPER = { width: 1040, height: 560 }; // CSS pixels of the map on A4 landscape
  const map = {};
  gp.mapView = map;

  map.start = function (layers) {
    gp.map = layers.map;
    const box = gp.map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("data-gp-map", "");
    L.control.scale({ imperial: false, position: "bottomright", maxWidth: 110 }).addTo(gp.map);
    map.show("country", false);
    window.addEventListener("beforeprint", () => paper(true));
    window.addEventListener("afterprint", () => paper(false));
  };

  map.label = function () {
    const row = gp.model.nation();
    const said = gp.t("map.label", { service: gp.name(gp.model.service().name), minutes: gp.model.service().target.minutes,
      share: gp.percent(gp.model.share(row), 1) });
    gp.map.getContainer().setAttribute("aria-label", said);
  };

  /* Fit a named view: country, liberated, nakhchivan. */
  map.show = function (view, animate) {
    const box = gp.head.views[view];
    if (!box) return;
    gp.map.fitBounds(box, { padding: [14, 14], animate: animate && !calm() });
  };

  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* Bring a point into view, closer than now; with a route, all of it. */
  map.goTo = function (i) {
    const p = gp.bulk.points, at = [p.lat[i], p.lon[i]];
    const found = gp.route.of(i, gp.model.service().id);
    if (!found) return void gp.map.setView(at, Math.max(gp.map.getZoom(), 9.5), { animate: !calm() });
    const box = L.latLngBounds([at, ...found.line, ...found.legs.flat()]);
    gp.map.fitBounds(box, { padding: [70, 70], maxZoom: 11, animate: !calm() });
  };

  map.goToDistrict = (i) => gp.map.fitBounds(gp.districts.layers[i].getBounds(), { padding: [60, 60], animate: !calm() });

  /* Paper has its own size: set it before the browser lays the page out for print, and take it back after. */
  function paper(on) {
    if (on) map.before = { center: gp.map.getCenter(), zoom: gp.map.getZoom(), bounds: gp.map.getBounds() };
    document.documentElement.classList.toggle("gp-printing", on);
    gp.paint(gp.map.getContainer(), on ? { width: PAPER.width + "px", height: PAPER.height + "px" } : { width: "", height: "" });
    gp.map.invalidateSize({ animate: false, pan: false });
    if (on) gp.map.fitBounds(map.before.bounds, { animate: false });
    else gp.map.setView(map.before.center, map.before.zoom, { animate: false });
  }
})(window.geoplan);
