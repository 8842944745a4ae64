/* Start: figures and districts from the small head, then the places; and who redraws on which change. */
(function (gp) {
  "use strict";

  gp.start = async function (handed) {
    gp.readHead();
    gp.model.build();
    gp.link.start();
    gp.mapView.start(handed);
    listen();
    everything();
    gp.mapView.fit();
    gp.replace("gp-busy", gp.t("busy"));
    await gp.model.read();
    gp.replace("gp-busy");
    gp.mapView.restyle();
    gp.panel.tables();
    gp.copies.buttons();
    gp.link.listen();
    gp.link.finish();
    window.geoplanReady = { districts: gp.head.districts.id.length, points: gp.bulk.points.id.length };
  };

  function texts() {
    document.querySelectorAll("[data-gp-text]").forEach((node) => { node.textContent = gp.t(node.getAttribute("data-gp-text")); });
    document.querySelectorAll("[data-gp-label]").forEach((node) => node.setAttribute("aria-label", gp.t(node.getAttribute("data-gp-label"))));
  }

  function everything() {
    [texts, gp.panel.header, gp.panel.services, gp.panel.tools, gp.panel.credit, gp.link.render, gp.panel.kpi, gp.mapView.restyle, gp.mapView.legend].forEach((act) => act());
  }

  function listen() {
    gp.onChange(["lang"], texts);
    gp.onChange(["lang", "plan", "year"], gp.panel.header);
    gp.onChange(["lang", "plan", "service"], gp.panel.services);
    gp.onChange(["lang", "theme"], gp.panel.tools);
    gp.onChange(["lang"], gp.panel.credit);
    gp.onChange(["lang"], gp.link.render);
    gp.onChange(["lang"], () => gp.bulk && gp.copies.buttons());
    gp.onChange(["lang", "plan", "year", "service", "selection"], gp.panel.chosen);
    gp.onChange(["selection"], gp.mapView.mark);
    gp.onChange(["lang", "plan", "year", "service"], gp.panel.kpi);
    gp.onChange(["lang", "plan", "year", "service", "theme"], gp.mapView.restyle);
    gp.onChange(["lang", "theme"], gp.mapView.legend);
    gp.onChange(["lang", "plan", "year", "service", "by"], gp.panel.tables);
  }
})(window.geoplan);
