/* Compare: the side before on the left, the plan on the right, and a handle between them for pointer and keys. */
(function (gp) {
  "use strict";

  const STEP = 2, LEAP = 10; // percent of the map's width that a key moves the handle
  const PANES = ["gp-districts", "gp-areas", "gp-flows", "gp-points"]; // each has a twin for the base, those of layers once they are there
  const compare = { at: 50, layers: [] };
  gp.compare = compare;

  compare.draw = function () {
    const on = gp.modes.isCompare() && gp.model.isComparable();
    if (on) show();
    else if (compare.handle) hide();
  };

  /* --- the base side: its own districts and points in panes above those of the plan ---------------------------- */

  function show() {
    if (!compare.handle) build();
    compare.handle.hidden = false;
    paint();
    if (compare.points) compare.points.redraw();
    clip();
    words();
  }

  function hide() {
    compare.handle.hidden = true;
    compare.group.remove();
    if (compare.points) {
      compare.points.remove();
      compare.points = null;
    }
    PANES.forEach((name) => clipped(name, ""));
  }

  function build() {
    [["gp-districts-base", 301], ["gp-points-base", 411]].forEach(([name, height]) => {
      gp.map.createPane(name).style.zIndex = height;
      gp.map.getPane(name).style.pointerEvents = name === "gp-points-base" ? "none" : "";
    });
    compare.group = L.layerGroup();
    compare.layers = gp.districts.layers.map((polygon, i) => {
      const twin = L.geoJSON(polygon.feature.geometry, { pane: "gp-districts-base" }).getLayers()[0];
      gp.districts.listen(twin, i);
      return twin.addTo(compare.group);
    });
    compare.handle = handle();
    gp.map.getContainer().append(compare.handle);
    gp.map.on("move zoom viewreset resize", () => gp.modes.isCompare() && clip());
  }

  function paint() {
    compare.group.addTo(gp.map);
    gp.model.as("base", () => compare.layers.forEach((twin, i) => twin.setStyle(gp.districts.style(i))));
    if (gp.points.layer && !compare.points) {
      compare.points = new gp.CanvasLayer("gp-points-base", (context, view) => gp.model.as("base", () => gp.points.draw(context, view))).addTo(gp.map);
    }
  }

  const clipped = (name, shape) => gp.map.getPane(name) && gp.paint(gp.map.getPane(name), { "clip-path": shape });

  /* Each pane shows its half; the corners are those of the window as the panes count them. */
  function clip() {
    const size = gp.map.getSize(), x = size.x * compare.at / 100;
    const corner = gp.map.containerPointToLayerPoint([0, 0]), end = gp.map.containerPointToLayerPoint([size.x, size.y]), middle = corner.x + x;
    const box = (west, east) => "polygon(" + [[west, corner.y], [east, corner.y], [east, end.y], [west, end.y]].map((p) => p[0] + "px " + p[1] + "px").join(",") + ")";
    PANES.forEach((name) => {
      clipped(name + "-base", box(corner.x, middle));
      clipped(name, box(middle, end.x));
    });
    gp.paint(compare.handle, { left: compare.at + "%" });
  }

  /* --- the handle ------------------------------------------------------------------------------------------------ */

  function handle() {
    const node = gp.el("div", { class: "gp-swipe", role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
      "data-gp-swipe": true, "data-gp-focus": "swipe", on: { keydown: key, pointerdown: grab } },
    gp.el("span", { class: "gp-swipe-word gp-swipe-base" }), gp.el("span", { class: "gp-swipe-knob", "aria-hidden": "true" }, "◂▸"), gp.el("span", { class: "gp-swipe-word gp-swipe-plan" }));
    L.DomEvent.disableClickPropagation(node);
    return node;
  }

  function words() {
    const said = gp.modes.names();
    compare.handle.setAttribute("aria-label", gp.t("compare.label", said));
    compare.handle.setAttribute("aria-valuenow", String(Math.round(compare.at)));
    compare.handle.setAttribute("aria-valuetext", gp.t("compare.value", { n: gp.number(compare.at) }));
    compare.handle.querySelector(".gp-swipe-base").textContent = gp.t("mode.current");
    compare.handle.querySelector(".gp-swipe-plan").textContent = gp.t("mode.plan");
  }

  compare.move = function (at) {
    compare.at = Math.max(0, Math.min(100, at));
    clip();
    words();
  };

  function key(event) {
    const way = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP, Home: -100, End: 100 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    compare.move(compare.at + way);
  }

  function grab(event) {
    const box = gp.map.getContainer().getBoundingClientRect(), node = compare.handle;
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    const drag = (e) => compare.move(100 * (e.clientX - box.left) / box.width);
    const drop = function () {
      node.removeEventListener("pointermove", drag);
      node.removeEventListener("pointerup", drop);
      node.removeEventListener("pointercancel", drop);
    };
    node.addEventListener("pointermove", drag);
    node.addEventListener("pointerup", drop);
    node.addEventListener("pointercancel", drop);
  }
})(window.geoplan);
