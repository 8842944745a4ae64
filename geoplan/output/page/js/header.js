/* Header: what this page is, of which day, in which language; and the choice of service. */
(function (gp) {
  "use strict";

  const LANGUAGE_NAMES = { az: "Azərbaycanca", ru: "Русский", en: "English" };

  gp.header = { render, services, year };

  function render() {
    const scenario = gp.head.scenario, title = gp.name(scenario.title);
    document.documentElement.lang = gp.state.lang;
    document.title = title;
    gp.replace("gp-header",
      gp.el("div", { class: "gp-title" },
        gp.el("h1", {}, title),
        gp.el("p", { class: "gp-soft" }, gp.el("span", { id: "gp-state-date" }, stateDate()), " · ",
          gp.t("season." + scenario.season), " · ", gp.t("vehicle." + scenario.vehicle), gp.head.provenance.data ? " · " + gp.t("header.data", { date: gp.day(gp.head.provenance.data) }) : null)),
      gp.el("div", { class: "gp-header-side" }, gp.modes.render(), gp.years.render(), languages()));
  }

  const stateDate = () => gp.t("header.state", { date: gp.date(gp.model.year(), 1, 1) });

  /* Of the header only the date follows the year: the slider under the pointer must stay. */
  function year() {
    document.getElementById("gp-state-date").textContent = stateDate();
    gp.years.follow();
  }

  function languages() {
    return gp.el("div", { class: "gp-segment", role: "group", "aria-label": gp.t("language") },
      gp.head.languages.map((code) => gp.el("button", { type: "button", lang: code, title: LANGUAGE_NAMES[code],
        "aria-label": code.toUpperCase() + ", " + LANGUAGE_NAMES[code], "aria-pressed": code === gp.state.lang, "data-gp-language": code,
        "data-gp-focus": "language-" + code, on: { click: () => gp.set({ lang: code }) } }, code.toUpperCase())));
  }

  function services() {
    const parent = gp.model.parentOf(gp.state.service);
    gp.replace("gp-services",
      gp.el("div", { class: "gp-tabsbar", role: "group", "aria-label": gp.t("services.label") },
        gp.model.parents().map((i) => serviceButton(i, parent))),
      gp.model.variantsOf(gp.head.services[parent].id).map((i) => variantSwitch(i, parent)));
  }

  function serviceButton(i, parent) {
    const service = gp.head.services[i];
    const icon = gp.facilities.icon({ form: gp.facilities.form(service.counts), size: 22, open: true });
    return gp.el("button", { type: "button", class: "gp-service", "aria-pressed": i === parent, "data-gp-service": service.id,
      "data-gp-focus": "service-" + service.id, on: { click: () => gp.set({ service: i }) } },
    icon, gp.el("span", {}, gp.name(service.name)));
  }

  function variantSwitch(i, parent) {
    const on = gp.state.service === i, service = gp.head.services[i];
    const box = gp.el("input", { type: "checkbox", "data-gp-service": service.id, "data-gp-focus": "service-" + service.id,
      on: { change: () => gp.set({ service: on ? parent : i }) } });
    box.checked = on;
    return gp.el("label", { class: "gp-variant" }, box, gp.el("span", {}, gp.name(service.name)));
  }
})(window.geoplan);
