/* Areas in which a change of the scenario closes, slows or opens roads: hatched, with what, why and when. */
(function (gp) {
  "use strict";

  const barriers = {};
  gp.barriers = barriers;
  gp.state.barriers = true;

  /* What the plan changes is not there in what it is compared with. */
  const shown = () => (gp.state.barriers && gp.model.side() === "plan" ? gp.head.barriers : []);

  const today = () => gp.model.year() + "-01-01";
  barriers.holds = (b) => (!b.start || b.start <= today()) && (!b.until || today() < b.until);

  barriers.name = (b) => gp.t(b.reason ? "barrier.reason." + b.reason : "barrier." + b.kind);
  barriers.dates = function (b) {
    if (b.start && b.until) return gp.t("barrier.between", { start: gp.day(b.start), until: gp.day(b.until) });
    if (b.start) return gp.t("barrier.since", { start: gp.day(b.start) });
    return b.until ? gp.t("barrier.before", { until: gp.day(b.until) }) : gp.t("barrier.always");
  };

  barriers.draw = function () {
    if (barriers.layer) barriers.layer.remove();
    barriers.layer = L.layerGroup(shown().map(area)).addTo(gp.map);
  };

  /* Hatched while it holds on the day shown, an empty outline before and after. */
  function area(b) {
    const holds = barriers.holds(b);
    const shape = L.polygon(b.line, { pane: "gp-barriers", interactive: false, color: "#8a1c1c", weight: 1.8, dashArray: holds ? null : "5 5",
      fill: holds, fillColor: "url(#gp-barrier)", fillOpacity: 1 });
    return shape;
  }

  /* Its name and dates, for the canvas of names. */
  barriers.labels = () => shown().filter(barriers.holds).flatMap((b) => [
    { text: barriers.name(b), at: b.label, size: 12.5, alpha: 1, rank: 0, colour: "#7a1414", halo: "rgba(255,255,255,.95)" },
    { text: barriers.dates(b), at: b.label, size: 10.5, alpha: 1, rank: 0.5, below: 15, colour: "#7a1414", halo: "rgba(255,255,255,.95)" }]);

  gp.whenReady(barriers.draw);
  gp.layers.push({ name: "barriers", there: () => gp.head.barriers.length > 0,
    legend: () => [[gp.palette.swatch("url(#gp-barrier)", { stroke: "#8a1c1c" }), gp.t("barrier.legend")]] });
})(window.geoplan);
