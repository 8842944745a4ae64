/* Charts as SVG: axes with units, points that take focus, and beneath each chart the table that says the same. */
(function (gp) {
  "use strict";

  const WIDTH = 360, LEFT = 58, RIGHT = 14, TOP = 10, PLOT = 150, FOOT = 40;
  const MARKS = ["circle", "square", "triangle", "diamond"];
  const chart = {};
  gp.chart = chart;

  /* A number on an axis: whole numbers short, 1,200,000 as 1.2 million. */
  function short(value) {
    const size = Math.abs(value);
    if (size >= 1e6) return gp.t("chart.million", { n: gp.number(value / 1e6, size % 1e6 ? 1 : 0) });
    if (size >= 1e4) return gp.t("chart.thousand", { n: gp.number(value / 1e3, size % 1e3 ? 1 : 0) });
    return gp.number(value, Number.isInteger(value) ? 0 : size < 1 ? 2 : 1);
  }
  chart.short = short;

  /* Round steps, three to six of them, that hold all of `low` to `high`. */
  chart.ticks = function (low, high, whole) {
    const span = high - low || Math.abs(high) || 1;
    const rough = span / 4, power = Math.pow(10, Math.floor(Math.log10(rough)));
    let step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= rough - 1e-12);
    if (whole) step = Math.max(1, Math.ceil(step));
    const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
    return Array.from({ length: Math.max(2, last - first + 1) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
  };

  const text = (x, y, words, attributes) => gp.svg("text", Object.assign({ x, y, class: "gp-chart-text" }, attributes), words);
  const rule = (x1, y1, x2, y2, name) => gp.svg("line", { x1, y1, x2, y2, class: name });

  /* A point or a bar that can be reached by key and says its numbers; the mouse reads them as a title. */
  const spoken = (words, ...shapes) => gp.svg("g", { tabindex: 0, role: "img", "aria-label": words, class: "gp-chart-point" },
    gp.svg("title", {}, words), shapes);

  function mark(kind, x, y) {
    const r = 4.5;
    if (kind === "circle") return gp.svg("circle", { cx: x, cy: y, r });
    const corners = { square: [[-1, -1], [1, -1], [1, 1], [-1, 1]], triangle: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]], diamond: [[0, -1.35], [1.2, 0], [0, 1.35], [-1.2, 0]] }[kind];
    return gp.svg("polygon", { points: corners.map(([a, b]) => (x + a * r * 0.95) + "," + (y + b * r * 0.95)).join(" ") });
  }

  /* The whole figure: title, picture, key of the series, and the table. */
  function figure({ title, key, note }, picture, series, table) {
    return gp.el("figure", { class: "gp-chart", "data-gp-chart": key },
      gp.el("figcaption", {}, title), picture,
      series.length > 1 ? gp.el("ul", { class: "gp-chart-key" }, series.map((s, k) => gp.el("li", {},
        gp.svg("svg", { viewBox: "0 0 22 12", width: 22, height: 12, class: "gp-chart-series gp-chart-series-" + k, "aria-hidden": "true" },
          gp.svg("path", { d: "M1 6H21", class: "gp-chart-line" }), mark(MARKS[k], 11, 6)), gp.el("span", {}, s.name)))) : null,
      note ? gp.el("p", { class: "gp-soft" }, note) : null,
      gp.el("details", { class: "gp-chart-table" }, gp.el("summary", { "data-gp-focus": "chart-table-" + key }, gp.t("chart.table")), table));
  }

  /* A table of head cells and rows of texts; the first cell of a row names it, columns but the first hold numbers. */
  chart.table = function (title, head, rows, words) {
    const number = (k) => k > 0 && !(words || []).includes(k);
    return gp.el("div", { class: "gp-chart-scroll", tabindex: 0, role: "region", "aria-label": title },
      gp.el("table", {}, gp.el("caption", { class: "gp-hidden" }, title),
        gp.el("thead", {}, gp.el("tr", {}, head.map((cell, k) => gp.el("th", { scope: "col", class: number(k) ? "gp-num" : null }, cell)))),
        gp.el("tbody", {}, rows.map((row) => gp.el("tr", {}, row.map((cell, k) => (k === 0 ? gp.el("th", { scope: "row" }, cell)
          : gp.el("td", { class: number(k) ? "gp-num" : null }, cell))))))));
  };

  /* Lines through points. `x` and `y`: {label (with its unit), text (number -> words), whole}; `series`: [{name, points: [{x, y, words}]}];
     `steps`: the line keeps its height until the next point, as a number of sites does. */
  chart.lines = function (options) {
    const { x, y, series } = options, all = series.flatMap((s) => s.points);
    const xs = x.values || chart.ticks(Math.min(...all.map((p) => p.x)), Math.max(...all.map((p) => p.x)), x.whole);
    const ys = chart.ticks(y.zero === false ? Math.min(...all.map((p) => p.y)) : Math.min(0, ...all.map((p) => p.y)), Math.max(...all.map((p) => p.y)), y.whole);
    const atX = scale(xs, LEFT + 8, WIDTH - RIGHT), atY = scale(ys, TOP + PLOT, TOP);
    const picture = gp.svg("svg", { viewBox: `0 0 ${WIDTH} ${TOP + PLOT + FOOT}`, role: "group", "aria-label": options.title },
      ys.map((v) => [rule(LEFT, atY(v), WIDTH - RIGHT, atY(v), "gp-chart-grid"), text(LEFT - 6, atY(v) + 4, short(v), { "text-anchor": "end" })]),
      thinned(xs, atX, x.text || short).map((v) => [rule(atX(v), TOP + PLOT, atX(v), TOP + PLOT + 4, "gp-chart-axis"),
        text(atX(v), TOP + PLOT + 17, (x.text || short)(v), { "text-anchor": "middle" })]),
      rule(LEFT, TOP + PLOT, WIDTH - RIGHT, TOP + PLOT, "gp-chart-axis"),
      text((LEFT + WIDTH - RIGHT) / 2, TOP + PLOT + 34, x.label, { "text-anchor": "middle", class: "gp-chart-text gp-chart-label" }),
      series.map((s, k) => gp.svg("g", { class: "gp-chart-series gp-chart-series-" + k },
        gp.svg("path", { class: "gp-chart-line", d: path(s.points.map((p) => [atX(p.x), atY(p.y)]), options.steps) }),
        s.points.map((p) => spoken(p.words, mark(MARKS[k], atX(p.x), atY(p.y)))))));
    return figure(options, [gp.el("p", { class: "gp-chart-unit" }, y.label), picture], series, options.table);
  };

  const path = (points, steps) => points.map(([a, b], k) => (!k ? "M" + a + " " + b : (steps ? "H" + a : "") + (steps ? "V" + b : "L" + a + " " + b))).join("");

  function scale(ticks, from, to) {
    const low = ticks[0], high = ticks[ticks.length - 1];
    return (value) => Math.round(10 * (from + (to - from) * (high === low ? 0.5 : (value - low) / (high - low)))) / 10;
  }

  /* As many numbers under the axis as have room beside each other. */
  function thinned(values, at, words) {
    const widest = Math.max(...values.map((v) => String(words(v)).length)) * 7 + 8;
    const room = Math.max(1, Math.ceil(widest / Math.max(1, Math.abs(at(values[values.length - 1]) - at(values[0])) / Math.max(1, values.length - 1))));
    return values.filter((_, k) => k % room === 0);
  }

  const ROW = 36, BAR = 11;

  /* Bars from zero, each with its name above it, one a row: {name, value, low, high, words, kind}; `x.label` has the unit. An interval is a line with ends. */
  chart.bars = function (options) {
    const { rows, x } = options, values = rows.flatMap((r) => [r.value, r.low, r.high]).filter((v) => v !== undefined && v !== null);
    const ticks = chart.ticks(Math.min(0, ...values), Math.max(x.most || 0, ...values), x.whole);
    const at = scale(x.most === 1 && !values.some((v) => v < 0) ? [0, 1] : ticks, 8, WIDTH - RIGHT), bottom = TOP + rows.length * ROW;
    const shown = x.most === 1 && !values.some((v) => v < 0) ? [0, 0.25, 0.5, 0.75, 1] : ticks;
    const picture = gp.svg("svg", { viewBox: `0 0 ${WIDTH} ${bottom + FOOT}`, role: "group", "aria-label": options.title },
      shown.map((v) => rule(at(v), TOP, at(v), bottom, v === 0 ? "gp-chart-axis" : "gp-chart-grid")),
      thinned(shown, at, x.text || short).map((v) => text(at(v), bottom + 16, (x.text || short)(v), { "text-anchor": v === shown[0] ? "start" : v === shown[shown.length - 1] ? "end" : "middle" })),
      text(WIDTH / 2, bottom + 33, x.label, { "text-anchor": "middle", class: "gp-chart-text gp-chart-label" }),
      rows.map((r, k) => row(r, TOP + k * ROW, at, x)));
    return figure(options, picture, [], options.table);
  };

  function row(r, y, at, x) {
    const from = Math.min(at(0), at(r.value)), wide = Math.max(1, Math.abs(at(r.value) - at(0))), middle = y + 17 + BAR / 2;
    return gp.svg("g", { class: "gp-chart-row gp-chart-" + (r.kind || (r.value < 0 ? "loss" : "gain")) },
      text(8, y + 12, r.name, { class: "gp-chart-text gp-chart-name" }),
      text(WIDTH - RIGHT, y + 12, (x.text || gp.number)(r.value), { "text-anchor": "end", class: "gp-chart-text gp-chart-value" }),
      spoken(r.words, gp.svg("rect", { x: from, y: y + 17, width: wide, height: BAR, rx: 2 }),
        r.low === undefined || r.low === null ? null : gp.svg("path", { class: "gp-chart-interval",
          d: `M${at(r.low)} ${middle - 4}V${middle + 4}M${at(r.low)} ${middle}H${at(r.high)}M${at(r.high)} ${middle - 4}V${middle + 4}` })));
  }
})(window.geoplan);
