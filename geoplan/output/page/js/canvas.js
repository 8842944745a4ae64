/* A Leaflet layer that is one canvas: redrawn once a frame at most, after a move or a change; scaled while a zoom runs. */
(function (gp) {
  "use strict";

  const PAD = 0.15; // share of the view drawn beyond each edge, so that a short pan shows no gap

  gp.CanvasLayer = L.Layer.extend({
    initialize(pane, draw) {
      this.paneName = pane;
      this.draw = draw;
    },

    onAdd() {
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", this._map.getPane(this.paneName));
      this.canvas.setAttribute("aria-hidden", "true");
      this.drawNow();
    },

    onRemove() {
      cancelAnimationFrame(this.asked);
      this.asked = 0;
      this.canvas.remove();
      this.canvas = null;
    },

    getEvents() {
      return { moveend: this.redraw, resize: this.redraw, zoomanim: this.scale };
    },

    /* Many parts ask after one change: the frame draws once, when the page has its new layout. */
    redraw() {
      if (this.canvas && !this.asked) this.asked = requestAnimationFrame(() => this.drawNow());
    },

    drawNow() {
      cancelAnimationFrame(this.asked);
      this.asked = 0;
      if (!this.canvas) return;
      const size = this._map.getSize();
      const pad = L.point(Math.round(size.x * PAD), Math.round(size.y * PAD));
      const width = size.x + 2 * pad.x, height = size.y + 2 * pad.y, dense = window.devicePixelRatio || 1;
      this.canvas.width = width * dense;
      this.canvas.height = height * dense;
      gp.paint(this.canvas, { width: width + "px", height: height + "px" });
      this.corner = this._map.containerPointToLatLng(L.point(-pad.x, -pad.y));
      L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint(L.point(-pad.x, -pad.y)));
      const context = this.canvas.getContext("2d");
      context.setTransform(dense, 0, 0, dense, pad.x * dense, pad.y * dense);
      this.draw(context, { west: -pad.x, north: -pad.y, east: size.x + pad.x, south: size.y + pad.y });
    },

    /* Chromium prints a canvas with a white ground over all that lies beneath, and as dots: on paper its lines stand in. */
    forPaper(on) {
      if (this.picture) this.picture.remove();
      this.picture = null;
      if (!this.canvas) return;
      this.canvas.classList.toggle("gp-away", on);
      if (!on) return;
      this.picture = this.asLines();
      gp.paint(this.picture, { position: "absolute", overflow: "visible" });
      L.DomUtil.setPosition(this.picture, this._map.containerPointToLayerPoint([0, 0]));
      this.canvas.after(this.picture);
    },

    /* The drawing as SVG of the size of the view. */
    asLines() {
      const size = this._map.getSize();
      return gp.svg("svg", { width: size.x, height: size.y, viewBox: `0 0 ${size.x} ${size.y}`, "aria-hidden": "true" },
        gp.vector.record((context, view) => this.draw(context, view), size, L.point(0, 0)));
    },

    scale(event) {
      const scale = this._map.getZoomScale(event.zoom);
      const offset = this._map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
      L.DomUtil.setTransform(this.canvas, offset, scale);
    },
  });

  gp.inside = (p, box, pad) =>
    p.x > box.west - pad && p.x < box.east + pad && p.y > box.north - pad && p.y < box.south + pad;
})(window.geoplan);
