/* What a canvas layer draws, as SVG: paper and slides get lines and letters in place of dots. */
(function (gp) {
  "use strict";

  const KEPT = ["globalAlpha", "fillStyle", "strokeStyle", "lineWidth", "lineCap", "lineJoin", "font", "textAlign", "textBaseline", "letterSpacing", "lineDashOffset"];
  const START = { globalAlpha: 1, fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", font: "10px sans-serif",
    textAlign: "start", textBaseline: "alphabetic", letterSpacing: "0px", lineDashOffset: 0 };
  const ANCHOR = { center: "middle", right: "end", end: "end" };
  const round = (v) => Math.round(v * 100) / 100;
  const ruler = document.createElement("canvas").getContext("2d");

  /* A drawing context that understands what our layers ask of a canvas, and makes elements of it. */
  class Recorder {
    constructor() {
      Object.assign(this, START);
      this.shapes = [];
      this.path = [];
      this.dash = [];
      this.stack = [];
      this.clips = [];
    }

    save() { this.stack.push([...KEPT.map((k) => this[k]), this.dash]); }

    restore() {
      const kept = this.stack.pop();
      if (kept) KEPT.forEach((k, i) => { this[k] = kept[i]; });
      if (kept) this.dash = kept[KEPT.length];
    }

    setTransform() {}
    clearRect() {}
    setLineDash(dash) { this.dash = dash; }
    measureText(words) {
      ruler.font = this.font;
      return ruler.measureText(words);
    }

    beginPath() { this.path = []; }
    moveTo(x, y) { this.path.push("M" + round(x) + " " + round(y)); }
    lineTo(x, y) { this.path.push("L" + round(x) + " " + round(y)); }
    closePath() { this.path.push("Z"); }
    rect(x, y, w, h) { this.path.push("M" + round(x) + " " + round(y) + "h" + round(w) + "v" + round(h) + "h" + round(-w) + "Z"); }

    roundRect(x, y, w, h, r) {
      const [a, b] = [round(w - 2 * r), round(h - 2 * r)], arc = (dx, dy) => "a" + r + " " + r + " 0 0 1 " + dx + " " + dy;
      this.path.push("M" + round(x + r) + " " + round(y) + "h" + a + arc(r, r) + "v" + b + arc(-r, r) + "h" + -a + arc(-r, -r) + "v" + -b + arc(r, -r) + "Z");
    }

    arc(x, y, r) {
      const d = round(r);
      this.path.push("M" + round(x - r) + " " + round(y) + "a" + d + " " + d + " 0 1 1 " + 2 * d + " 0a" + d + " " + d + " 0 1 1 " + -2 * d + " 0Z");
    }

    add(tag, attributes, words) {
      const quiet = this.globalAlpha < 1 ? { opacity: round(this.globalAlpha) } : {};
      this.shapes.push(gp.svg(tag, Object.assign(attributes, quiet), words));
    }

    fill() { this.add("path", { d: this.path.join(""), fill: this.fillStyle }); }
    fillRect(x, y, w, h) { this.add("rect", { x: round(x), y: round(y), width: round(w), height: round(h), fill: this.fillStyle }); }

    line() {
      return { stroke: this.strokeStyle, "stroke-width": round(this.lineWidth), "stroke-linecap": this.lineCap === "butt" ? null : this.lineCap,
        "stroke-linejoin": this.lineJoin === "miter" ? null : this.lineJoin, "stroke-dasharray": this.dash.length ? this.dash.join(" ") : null };
    }

    stroke() { this.add("path", Object.assign({ d: this.path.join(""), fill: "none" }, this.line())); }

    letters(x, y) {
      const [, slant, weight, size, family] = /^(italic )?(\d+ |bold )?([\d.]+)px (.*)$/.exec(this.font);
      // the middle of a canvas is that of the em box: a third of the size above the line is as good to the eye
      const down = this.textBaseline === "middle" ? 0.35 * Number(size) : 0;
      return { x: round(x), y: round(y + down), "font-family": family.replace(/"/g, "'"), "font-size": size, "font-weight": weight ? weight.trim() : null,
        "font-style": slant ? "italic" : null, "text-anchor": ANCHOR[this.textAlign] || null, "letter-spacing": parseFloat(this.letterSpacing) || null };
    }

    fillText(words, x, y) { this.add("text", Object.assign(this.letters(x, y), { fill: this.fillStyle }), words); }
    strokeText(words, x, y) { this.add("text", Object.assign(this.letters(x, y), { fill: "none", "aria-hidden": "true" }, this.line()), words); }
  }

  /* The drawing of `draw(context, view)` on a ground of `size`, drawn `pad` beyond each edge. */
  function record(draw, size, pad) {
    const recorder = new Recorder();
    draw(recorder, { west: -pad.x, north: -pad.y, east: size.x + pad.x, south: size.y + pad.y });
    return recorder.shapes;
  }

  gp.vector = { record };
})(window.geoplan);
