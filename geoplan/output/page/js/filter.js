/* What the legend hides: bands, classes of shares and states, by their keys; map and tables ask here. */
(function (gp) {
  "use strict";

  const STATES = ["unreachable", "not_assessed", "empty"];
  const filter = { STATES };
  gp.filter = filter;

  const hidden = () => gp.state.hidden.split(",").filter(Boolean);
  /* The colours of a difference are of another kind: nothing of them is hidden. */
  filter.any = () => gp.state.hidden !== "" && !gp.modes.isDifference();
  filter.hides = (key) => filter.any() && hidden().includes(key);
  filter.clear = () => gp.set({ hidden: "" });

  filter.toggle = function (key) {
    const now = hidden();
    const next = now.includes(key) ? now.filter((k) => k !== key) : [...now, key];
    gp.set({ hidden: next.sort().join(",") });
  };

  /* Another service has other bands: what was hidden of them is shown again, states stay hidden. */
  filter.newService = function () {
    gp.state.hidden = hidden().filter((key) => STATES.includes(key)).join(",");
  };

  filter.keyOfTenths = function (tenths) {
    if (tenths === gp.model.UNREACHABLE) return "unreachable";
    return tenths === gp.model.NOT_ASSESSED ? "not_assessed" : "b" + gp.model.bandAt(tenths);
  };
  filter.keyOfPoint = (i) => filter.keyOfTenths(gp.model.coverage().tenths[i]);

  filter.keyOfRow = function (row) {
    const state = gp.model.stateOf(row);
    return state === "share" ? "s" + gp.palette.SHARES.findIndex((low) => gp.model.share(row) >= low) : state;
  };

  /* People by key, of bands: those of the tables, so that a page for everybody counts also whom it does not draw. */
  filter.peopleOfBands = function () {
    const keys = new Map(gp.model.bandNames().map((name, k) => [name, "b" + k])), out = {};
    gp.head.districts.id.forEach((_, d) => gp.model.bandsOfDistrict(d).forEach((people, band) => {
      const key = keys.get(band) || band;
      out[key] = (out[key] || 0) + people;
    }));
    return out;
  };

  filter.peopleOfAreas = function (rows) {
    const out = {};
    rows.filter(Boolean).forEach((row) => { out[filter.keyOfRow(row)] = (out[filter.keyOfRow(row)] || 0) + row.population; });
    return out;
  };
})(window.geoplan);
