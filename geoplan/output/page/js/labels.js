/* Names on the map: one canvas, most important first, none over another; they change with the zoom. */
(function (gp) {
  "use strict";

  const FONT = "system-ui, 'Noto Sans', 'Segoe UI', sans-serif";
  const SHIFTS = [15, -15, 24, -24]; // px up and down in which the name of a district looks for room
  const PAPER_PX = 11; // 8.25 pt
  const labels = {};
  gp.labels = labels;

  labels.start = function () {
    labels.layer = new gp.CanvasLayer("gp-labels", draw).addTo(gp.map);
  };
  labels.redraw = () => labels.layer.redraw();

  /* Full at `full`, gone at `gone`. */
  const fade = (zoom, full, gone) => Math.max(0, Math.min(1, (zoom - gone) / (full - gone)));

  /* The regions by name where they are coloured, as far as they are told apart. */
  function regions(zoom) {
    if (gp.state.theme !== "regions" || zoom >= 9.5) return [];
    return gp.head.regions.id.map((_, i) => ({ text: gp.name(gp.head.regions.name, i), at: gp.regions.label(i), size: zoom < 7.6 ? 12.5 : 14, alpha: 1, rank: 1,
      apart: 100, shifts: SHIFTS, colour: gp.regions.isDark(i) ? "#ffffff" : "#15202b", halo: gp.regions.isDark(i) ? "rgba(20,20,40,.8)" : "rgba(255,255,255,.9)" }));
  }

  function districts(zoom) {
    if (gp.state.theme === "regions" && zoom < 8) return [];
    const d = gp.head.districts;
    const strength = zoom < 9.5 ? 1 : Math.max(0.4, fade(zoom, 9.5, 11.5));
    const size = zoom < 7.6 ? 10.5 : zoom < 8.5 ? 11.5 : 13;
    return d.id.map((id, i) => ({
      text: gp.name(d.name, i), at: d.label[i], size, alpha: strength, rank: zoom < 9.5 ? 2 : 4, apart: 100, shifts: SHIFTS,
      colour: gp.districts.isDark(i) ? "#ffffff" : gp.areas() ? "#15202b" : "#47525d", halo: gp.districts.isDark(i) ? "rgba(20,20,40,.72)" : "rgba(255,255,255,.85)",
    }));
  }

  function background(zoom) {
    const n = gp.head.neighbours;
    return n.kind.map((kind, i) => ({
      text: gp.name(n.name, i), at: n.label[i], size: kind === "country" ? 13 : 12, alpha: fade(zoom, 9, 11) ? 1 - fade(zoom, 12, 9) : 1, rank: 9,
      spaced: kind === "country", italic: kind !== "country", colour: kind === "country" ? "#77716a" : "#44708f", halo: "rgba(255,255,255,.7)",
    }));
  }

  /* People a place must have to be named at a zoom. */
  const floor = (zoom) => (zoom >= 11 ? -1 : zoom >= 10 ? 300 : zoom >= 9 ? 2500 : zoom >= 8.25 ? 20000 : Infinity);

  function settlements(zoom) {
    if (!gp.bulk) return [];
    const p = gp.bulk.points, least = floor(zoom);
    return p.id.map((_, i) => i).filter((i) => gp.model.isSettlement(i) &&
      (gp.model.people(i) >= least || (zoom >= 9 && p.liberated[i] === 1 && gp.model.people(i) > 0) ||
       (zoom >= 9.75 && gp.state.planned && gp.model.isPlanned(i))))
      .map((i) => ({
        text: gp.name(p.name, i), at: [p.lat[i], p.lon[i]], size: gp.model.people(i) > 50000 ? 13 : 11.5, alpha: 1,
        rank: 3 - Math.min(0.9, gp.model.people(i) / 1e6), below: 9, apart: 100, colour: "#111a24", halo: "rgba(255,255,255,.9)",
        italic: gp.model.isPlanned(i),
      }));
  }

  function refs(zoom) {
    if (!gp.bulk || !gp.state.roads || zoom < 8) return [];
    const r = gp.bulk.roads;
    return r.id.map((_, i) => i).filter((i) => /^[MM]/.test(gp.word(r.ref, i)) || (zoom >= 9.5 && gp.word(r.ref, i)))
      .map((i) => {
        const line = gp.basemap.line(i), middle = line[Math.floor(line.length / 2)];
        return { text: gp.word(r.ref, i), at: [middle[1], middle[0]], size: 10, alpha: 1, rank: 5, shield: true,
          colour: "#5a3a17", apart: 130 };
      });
  }

  /* What lies over the map: no name is written beneath it. */
  function covered() {
    if (gp.picture.taken) return gp.picture.taken;
    const origin = gp.map.getContainer().getBoundingClientRect();
    return [...document.querySelectorAll("#gp-tools > *, #gp-legend, #gp-credit, .gp-north, .leaflet-control-scale")].map((node) => {
      const r = node.getBoundingClientRect();
      return { west: r.left - origin.left, east: r.right - origin.left, north: r.top - origin.top, south: r.bottom - origin.top };
    });
  }

  function box(label, p, width) {
    const y = p.y + (label.below || 0), h = label.size * 0.62, w = width / 2 + 2;
    return { west: p.x - w, east: p.x + w, north: y - h, south: y + h, y, text: label.text, apart: label.apart, p };
  }

  /* A name is whole or not there; one wholly beyond the edge waits for the next pan. */
  function whole(place, screen) {
    const away = place.east < 0 || place.west > screen.east || place.south < 0 || place.north > screen.south;
    return away || (place.west >= 2 && place.north >= 2 && place.east <= screen.east - 2 && place.south <= screen.south - 2);
  }

  function free(candidate, taken) {
    return taken.every((t) => (candidate.east < t.west || candidate.west > t.east ||
      candidate.south < t.north || candidate.north > t.south) &&
      !(candidate.apart && t.text === candidate.text && candidate.p.distanceTo(t.p) < candidate.apart));
  }

  function write(context, label, place) {
    context.globalAlpha = label.alpha;
    if (label.shield) {
      context.fillStyle = "#fff8e6";
      context.strokeStyle = "#b98a4a";
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(place.west, place.north, place.east - place.west, place.south - place.north, 3);
      context.fill();
      context.stroke();
    } else {
      context.lineWidth = 2.6;
      context.strokeStyle = label.halo;
      context.strokeText(label.text, place.p.x, place.y);
    }
    context.fillStyle = label.colour;
    context.fillText(label.text, place.p.x, place.y);
  }

  function draw(context, view) {
    const zoom = gp.map.getZoom();
    const taken = gp.facilities.boxes().concat(gp.siting.boxes(), covered()), size = gp.map.getSize();
    const screen = { east: size.x, south: size.y };
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    [...regions(zoom), ...gp.barriers.labels(), ...districts(zoom), ...settlements(zoom), ...background(zoom), ...refs(zoom)]
      .sort((a, b) => a.rank - b.rank).forEach((found) => {
        const label = gp.paper ? Object.assign(found, { size: Math.max(found.size, PAPER_PX) }) : found;
        const p = gp.map.latLngToContainerPoint(label.at);
        if (label.alpha <= 0.05 || !label.text || !gp.inside(p, view, 0)) return;
        context.font = (label.italic ? "italic " : "") + (label.rank < 9 ? "600 " : "") + label.size + "px " + FONT;
        if ("letterSpacing" in context) context.letterSpacing = label.spaced ? "2px" : "0px";
        const width = context.measureText(label.text).width + (label.shield ? 5 : 0);
        const place = [0, ...(label.shifts || [])].map((dy) => box(label, p.add([0, dy]), width))
          .find((b) => whole(b, screen) && free(b, taken));
        if (!place) return;
        taken.push(place);
        write(context, label, place);
      });
  }
})(window.geoplan);
