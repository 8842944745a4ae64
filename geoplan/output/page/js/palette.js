/* Colours and patterns: viridis from light (near, covered) to dark (far, not covered); states have patterns. */
(function (gp) {
  "use strict";

  /* Seven stops of viridis (van der Walt and Smith 2015), light to dark. */
  const VIRIDIS = [[253, 231, 37], [144, 215, 67], [53, 183, 121], [33, 145, 140], [49, 104, 142], [68, 57, 131], [68, 1, 84]];
  const palette = { ink: "#1d2733", accent: "#0b4f8a", state: "#5b6570" };
  gp.palette = palette;

  function at(share) {
    const place = share * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
    const mix = VIRIDIS[low].map((v, k) => Math.round(v + (VIRIDIS[low + 1][k] - v) * (place - low)));
    return "rgb(" + mix.join(",") + ")";
  }

  /* `n` colours, near to far; the darkest tenth is left out, names and roads must stay readable on it. */
  palette.steps = (n) => Array.from({ length: n }, (_, i) => at(n === 1 ? 0 : 0.9 * i / (n - 1)));

  palette.bands = () => palette.steps(gp.model.service().bands.length + 1);

  /* Classes of the share within the target, high to low: 80-100, 60-80, ... */
  palette.SHARES = [0.8, 0.6, 0.4, 0.2, 0];
  palette.shareColour = function (share) {
    const colours = palette.steps(palette.SHARES.length);
    return colours[palette.SHARES.findIndex((low) => share >= low)];
  };

  function pattern(id, size, ...marks) {
    return gp.svg("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" }, marks);
  }

  function line(d, stroke, width) {
    return gp.svg("path", { d, stroke, "stroke-width": width, fill: "none", "stroke-linecap": "square" });
  }

  /* Patterns that fills refer to by url(#...): unreachable, not assessed, part, assumed. */
  palette.defs = function () {
    return gp.svg("defs", {},
      pattern("gp-unreachable", 8, gp.svg("rect", { width: 8, height: 8, fill: "#fff" }),
        line("M0 0L8 8M8 0L0 8", "#3d4650", 1.1)),
      pattern("gp-not-assessed", 6, gp.svg("rect", { width: 6, height: 6, fill: "#eef0f2" }),
        gp.svg("circle", { cx: 3, cy: 3, r: 0.9, fill: "#7b8590" })),
      pattern("gp-part", 11, line("M-2 13L13 -2M-2 2L2 -2M9 13L13 9", "rgba(255,255,255,0.55)", 2.4),
        line("M-2 13L13 -2M-2 2L2 -2M9 13L13 9", "rgba(20,28,36,0.75)", 1)),
      pattern("gp-barrier", 9, gp.svg("rect", { width: 9, height: 9, fill: "rgba(255,255,255,.35)" }),
        line("M-2 11L11 -2M-2 2L2 -2M7 11L11 7", "#b3261e", 1.8)),
      pattern("gp-assumed", 4, gp.svg("rect", { width: 4, height: 4, fill: "#fff" }),
        line("M-1 5L5 -1", "currentColor", 1.5)));
  };

  /* A small picture of a colour or a pattern for legends. */
  palette.swatch = (fill, extra) =>
    gp.svg("svg", { width: 22, height: 14, viewBox: "0 0 22 14", "aria-hidden": "true", class: "gp-swatch" },
      gp.svg("rect", Object.assign({ x: 0.5, y: 0.5, width: 21, height: 13, rx: 2, fill, stroke: "rgba(20,28,36,.45)" }, extra)));
})(window.geoplan);
