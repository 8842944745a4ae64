/* Start: first the districts from the small head, then everything else; and who redraws on which change. */
(function (gp) {
  "use strict";

  gp.start = async function (layers) {
    gp.readHead();
    Object.assign(gp.state, gp.head.first);
    gp.model.build();
    gp.link.start();
    gp.mapView.start(layers);
    gp.basemap.start(layers);
    if (gp.tiles) gp.tiles.start(layers);
    gp.districts.start(layers.districts);
    performance.mark("gp-districts");
    listen();
    gp.labels.start();
    chrome();
    gp.mapView.show("country", false);
    gp.replace("gp-busy", gp.t("busy"));
    await gp.readBulk();
    gp.replace("gp-busy");
    gp.model.turn();
    gp.basemap.dressRoads();
    gp.points.start();
    gp.facilities.start();
    gp.ready();
    gp.controls.render();
    gp.kpi.render();
    gp.tables.render();
    gp.legend.render();
    await gp.link.finish();
    performance.mark("gp-ready");
    window.geoplanReady = { districts: gp.head.districts.id.length, points: gp.bulk.points.id.length,
      facilities: gp.bulk.facilities.id.length, ms: Math.round(performance.now()) };
  };

  /* All that can be said from the head alone. */
  function chrome() {
    texts();
    gp.header.render();
    gp.header.services();
    gp.controls.render();
    gp.controls.credit();
    gp.kpi.render();
    gp.link.buttons();
    gp.legend.render();
    gp.tables.render();
    gp.mapView.label();
  }

  /* Static texts and labels of the frame. */
  function texts() {
    document.querySelectorAll("[data-gp-text]").forEach((node) => { node.textContent = gp.t(node.getAttribute("data-gp-text")); });
    document.querySelectorAll("[data-gp-label]").forEach((node) => node.setAttribute("aria-label", gp.t(node.getAttribute("data-gp-label"))));
  }

  function listen() {
    const figures = gp.model.FIGURES;
    gp.onChange(["service"], gp.filter.newService);
    gp.onChange(["year", "mode", "whatif"], gp.model.turn);
    gp.onChange(["lang", ...figures], () => [gp.districts, gp.points].forEach((part) => part.quiet()));
    gp.onChange(["lang"], texts);
    gp.onChange(["lang"], gp.header.render);
    gp.onChange(["year"], gp.header.year);
    gp.onChange(["lang", "service"], gp.header.services);
    gp.onChange(["lang", "theme", "roads", "facilities", "planned", "barriers"], gp.controls.render);
    gp.onChange(["lang"], gp.controls.credit);
    gp.onChange(["lang"], () => [gp.link.buttons, gp.link.render].forEach((act) => act()));
    gp.onChange(["lang", ...figures], gp.kpi.render);
    gp.onChange(["service"], dropOwnRoute);
    gp.onChange(["lang", "year", "mode", "barriers"], gp.barriers.draw);
    gp.onChange([...figures, "theme", "selection", "hidden"], gp.districts.restyle);
    gp.onChange(["lang", ...figures], gp.mapView.label);
    gp.onChange(["lang", "mode", "whatif", "whatifName"], gp.modes.follow);
    gp.onChange(["lang", ...figures, "theme", "selection", "hidden"], gp.compare.draw);
    gp.onChange(["roads", "theme", "year", "mode"], gp.basemap.restyle);
    gp.onChange(["selection", ...figures], gp.route.draw);
    gp.onChange(["lang"], gp.facilities.rename);
    gp.onChange([...figures, "facilities"], gp.facilities.redraw);
    gp.onChange(["theme", "planned", "roads", "hidden", "barriers"], gp.labels.redraw);
    gp.onChange(["year", "mode", "whatif"], gp.points.newYear);
    gp.onChange([...figures, "theme", "planned", "selection", "hidden"], gp.points.redraw);
    gp.onChange(["lang", ...figures, "theme", "roads", "facilities", "planned", "selection", "hidden", "barriers"], gp.legend.render);
    gp.onChange(["lang", ...figures, "tab", "table", "hidden"], gp.tables.render);
    gp.onChange(["selection"], gp.tables.mark);
    gp.onChange(["lang", ...figures, "selection"], gp.card.render);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && gp.state.selection) gp.set({ selection: null });
    });
  }

  /* A chosen point follows the service that is shown. */
  function dropOwnRoute() {
    const chosen = gp.state.selection;
    if (chosen && chosen.service) gp.state.selection = { kind: chosen.kind, i: chosen.i };
    if (chosen && chosen.kind === "facilities") gp.state.selection = null;
  }
})(window.geoplan);
