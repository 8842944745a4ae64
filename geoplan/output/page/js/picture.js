/* The map as one picture for a slide: SVG with lines and letters, and the same as PNG. */
(function (gp) {
  "use strict";

  const SIZE = { width: 1280, height: 720 };
  const NS = "http://www.w3.org/2000/svg";
  const FONT = "system-ui, 'Noto Sans', 'Segoe UI', sans-serif";
  const picture = {};
  gp.picture = picture;

  /* Act on a map of the size of a slide, then put everything back. */
  function posed(act) {
    const before = { center: gp.map.getCenter(), zoom: gp.map.getZoom(), bounds: gp.map.getBounds() }, root = document.documentElement;
    root.classList.add("gp-posing");
    gp.legend.paper(true);
    gp.sheet.size(SIZE.width, SIZE.height);
    gp.map.fitBounds(gp.sheet.framed(before.bounds), { animate: false, padding: [16, 16] });
    const legend = legendBox();
    picture.taken = [{ west: legend.x, east: SIZE.width, north: legend.y, south: SIZE.height }, { west: 0, east: 240, north: SIZE.height - 40, south: SIZE.height }, { west: 0, east: 40, north: SIZE.height - 84, south: SIZE.height }];
    try {
      return act(legend);
    } finally {
      picture.taken = undefined;
      root.classList.remove("gp-posing");
      gp.sheet.size("", "");
      gp.legend.paper(false);
      gp.map.setView(before.center, before.zoom, { animate: false });
    }
  }

  /* --- parts ----------------------------------------------------------------------------------------------------- */

  const g = (attributes, ...children) => gp.svg("g", attributes, children);

  function pane(node) {
    const opacity = Number(getComputedStyle(node).opacity);
    const parts = Array.from(node.children).map((child) => part(child)).filter(Boolean);
    return parts.length ? g({ opacity: opacity < 1 ? opacity : null }, parts) : null;
  }

  function part(node) {
    if (getComputedStyle(node).display === "none") return null;
    if (node instanceof SVGElement) return vectors(node);
    if (node instanceof HTMLImageElement) return image(node);
    if (node.classList.contains("leaflet-marker-icon")) return icon(node);
    return null;
  }

  const origin = () => L.DomUtil.getPosition(gp.map.getPane("mapPane"));

  /* Paths of Leaflet stand in the coordinates of its map pane. */
  function vectors(node) {
    const at = origin();
    return g({ transform: `translate(${at.x} ${at.y})` }, Array.from(node.children).map((child) => child.cloneNode(true)));
  }

  function image(node) {
    const at = origin().add(L.DomUtil.getPosition(node) || [0, 0]), style = getComputedStyle(node);
    return gp.svg("image", { href: node.src, x: at.x, y: at.y, width: parseFloat(style.width), height: parseFloat(style.height), opacity: style.opacity, preserveAspectRatio: "none" });
  }

  function icon(node) {
    const drawn = node.querySelector("svg");
    if (!drawn) return null;
    const at = origin().add(L.DomUtil.getPosition(node)), style = getComputedStyle(node), copy = drawn.cloneNode(true);
    const width = parseFloat(style.width), height = parseFloat(style.height);
    set(copy, { x: at.x + parseFloat(style.marginLeft), y: at.y + parseFloat(style.marginTop), width, height });
    return copy;
  }

  function set(node, attributes) {
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    return node;
  }

  /* Drawings on canvas, each with the height of its pane. */
  function drawn() {
    const found = [];
    gp.map.eachLayer((layer) => { if (layer instanceof gp.CanvasLayer) found.push(layer); });
    const height = (layer) => Number(getComputedStyle(gp.map.getPane(layer.paneName)).zIndex) || 0;
    return found.map((layer) => ({ height: height(layer), shapes: Array.from(layer.asLines().childNodes) }));
  }

  /* --- legend and scale ------------------------------------------------------------------------------------------ */

  const MARGIN = 14, PAD = 12, LINE = 20;

  /* Rows of the legend as they stand in the page: a title, then swatch and words. */
  function legendRows() {
    const box = document.getElementById("gp-legend"), title = box.querySelector("summary");
    const rows = Array.from(box.querySelectorAll("li")).filter((li) => li.querySelector("svg")).map((li) => ({ swatch: li.querySelector("svg"), words: Array.from(li.querySelectorAll("span")).map((s) => s.textContent.trim()).filter(Boolean).join(" · ") || li.textContent.trim() }));
    return { title: title ? title.textContent.trim() : "", rows };
  }

  function legendBox() {
    const { title, rows } = legendRows(), ruler = document.createElement("canvas").getContext("2d");
    ruler.font = "650 14px " + FONT;
    const first = ruler.measureText(title).width;
    ruler.font = "13px " + FONT;
    const width = Math.min(420, Math.max(first, ...rows.map((r) => 32 + ruler.measureText(r.words).width))) + 2 * PAD, height = (rows.length + 1) * LINE + 2 * PAD;
    return { title, rows, width, height, x: SIZE.width - MARGIN - width, y: SIZE.height - MARGIN - height };
  }

  function legend(box) {
    return g({ transform: `translate(${box.x} ${box.y})`, "font-family": FONT, "font-size": 13, fill: "#1d2733" },
      gp.svg("rect", { width: box.width, height: box.height, rx: 8, fill: "#ffffff", "fill-opacity": 0.94, stroke: "#c6ced6" }),
      gp.svg("text", { x: PAD, y: PAD + 12, "font-size": 14, "font-weight": 650 }, box.title),
      box.rows.map((row, k) => {
        const swatch = row.swatch.cloneNode(true), y = PAD + (k + 1) * LINE;
        set(swatch, { x: PAD, y: y + 2, width: 22, height: 14 });
        if (!swatch.getAttribute("viewBox")) swatch.setAttribute("viewBox", "0 0 22 14");
        return [swatch, gp.svg("text", { x: PAD + 32, y: y + 13.5 }, row.words)];
      }));
  }

  function scale() {
    const line = document.querySelector(".leaflet-control-scale-line"), width = line ? parseFloat(line.style.width) : 0;
    if (!width) return null;
    const x = MARGIN, y = SIZE.height - MARGIN;
    return g({ "font-family": FONT, "font-size": 13, fill: "#1d2733", stroke: "none" },
      gp.svg("path", { d: `M${x} ${y - 9}V${y}H${x + width}V${y - 9}`, fill: "none", stroke: "#1d2733", "stroke-width": 2 }),
      gp.svg("text", { x: x + 6, y: y - 6 }, line.textContent), g({ transform: `translate(${x} ${y - 62})` }, gp.mapView.northMark()),
      gp.svg("text", { x: x + width + 14, y: y - 2, fill: "#55606c" }, gp.t("credit") + " " + gp.head.scenario.id + ", " + gp.model.year()));
  }

  /* --- pictures -------------------------------------------------------------------------------------------------- */

  function compose(box) {
    const ground = gp.svg("rect", { width: SIZE.width, height: SIZE.height, fill: "#eeece6" }), title = document.createElementNS(NS, "title");
    title.textContent = gp.map.getContainer().getAttribute("aria-label");
    const every = [...layersOf(), ...drawn()].sort((a, b) => a.height - b.height);
    return gp.svg("svg", { xmlns: NS, width: SIZE.width, height: SIZE.height, viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" },
      title, gp.palette.defs(), ground, every.map((one) => g({}, one.shapes)), scale(), legend(box));
  }

  const layersOf = () => Array.from(gp.map.getPane("mapPane").children).map((node) => ({ height: Number(getComputedStyle(node).zIndex) || 0, shapes: [pane(node)].filter(Boolean) }));

  /* The map as the text of an SVG file. */
  picture.svg = () => posed((box) => '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(compose(box)) + "\n");

  /* The same as a PNG, as an address that holds it; `dense` dots a pixel. */
  picture.png = async function (dense) {
    const image_ = new Image(), canvas = document.createElement("canvas");
    image_.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(picture.svg());
    await image_.decode();
    canvas.width = SIZE.width * dense;
    canvas.height = SIZE.height * dense;
    canvas.getContext("2d").drawImage(image_, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/png");
  };
})(window.geoplan);
