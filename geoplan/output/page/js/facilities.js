/* Facilities as own icons: form by service, size by level, hollow if not open, hatched if assumed. */
(function (gp) {
  "use strict";

  const SIZE = { national: 30, regional: 28, district: 22, primary: 18 };
  const INK = { heart: "#a3195b", rays: "#6a3d9a", bed: "#0b4f8a", cross: "#00695c" };
  const GLYPH = {
    heart: "M12 19.2C6.2 15 4.6 12 4.6 9.5A3.9 3.9 0 0 1 12 7.6a3.9 3.9 0 0 1 7.4 1.9c0 2.5-1.6 5.5-7.4 9.7z",
    rays: "M12 9.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2zM8.3 4.9h7.4L13.4 8.6h-2.8zM4.7 17.6l-3.7-6.4 4.4.2 1.9 3zm14.6 0 3.7-6.4-4.4.2-1.9 3z",
    bed: "M7.6 5h2.9v5.5h3V5h2.9v14h-2.9v-5.8h-3V19H7.6z",
    cross: "M9.7 5h4.6v4.7H19v4.6h-4.7V19H9.7v-4.7H5V9.7h4.7z",
  };
  const NEAR_PX = 26;
  const facilities = { groups: [] };
  gp.facilities = facilities;

  facilities.start = function () {
    facilities.layer = L.layerGroup().addTo(gp.map);
    gp.map.on("zoomend", gather); // the names follow on moveend
    facilities.redraw();
  };

  /* The form that stands for the shown service. */
  facilities.form = function (tag) {
    if (/cardio|cardiac|heart/.test(tag)) return "heart";
    if (/onco|radio/.test(tag)) return "rays";
    return /primary/.test(tag) ? "cross" : "bed";
  };

  const isOpen = (i) => gp.model.counts(i);
  facilities.isAssumed = (i) => gp.bulk.facilities.confidence[i] === "assumed";
  const isMilitary = (i) => gp.bulk.facilities.owner[i] === "military";

  /* Operates, but the shown variant of the service leaves it out. */
  facilities.isLeftOut = (i) => isOpen(i) && !gp.model.countsHere(i);

  /* One icon: a disc with its form, faint and struck out if it does not count here; badges say more than one, military, unverified. */
  const made = new Map();
  facilities.icon = function (options) {
    const key = JSON.stringify(options) + (gp.paper ? "paper" : "");
    if (!made.has(key)) made.set(key, picture(options));
    return made.get(key).cloneNode(true);
  };

  function picture(options) {
    const { form, size, open, assumed, left } = options;
    const ink = INK[form], full = open && !left;
    const fill = !full ? "#ffffff" : assumed ? "url(#gp-assumed)" : ink;
    const disc = gp.svg("circle", { cx: 16, cy: 16, r: 13, fill, stroke: ink, "stroke-width": open ? 2 : 2.4,
      "stroke-dasharray": open ? null : "4 3" });
    const plate = assumed && full ? gp.svg("circle", { cx: 16, cy: 16, r: 8.6, fill: "#fff" }) : null;
    const glyph = gp.svg("path", { d: GLYPH[form], transform: "translate(4 4)", fill: full && !assumed ? "#fff" : ink });
    return gp.svg("svg", { viewBox: "0 0 32 32", width: size, height: size, color: ink, "aria-hidden": "true" },
      gp.svg("circle", { cx: 16, cy: 16.5, r: 15.5, fill: "rgba(20,30,40,.35)" }),
      gp.svg("circle", { cx: 16, cy: 16, r: 15, fill: options.asked ? "#d1480a" : "#fff" }),
      gp.svg("g", { opacity: left ? 0.5 : null }, disc, plate, glyph, left ? gp.svg("path", { d: "M7 25L25 7", stroke: ink, "stroke-width": 2.4 }) : null), badge(options));
  }

  const PAPER_PX = 11; // 8.25 pt

  /* The letters of a badge are a quarter of the icon, on paper at least as large as other letters. */
  function badge({ count, military, unverified, size }) {
    const text = count > 1 ? String(count) : military ? "★" : unverified ? "?" : "";
    if (!text) return null;
    const grow = gp.paper ? Math.max(1, PAPER_PX * 32 / (9 * size)) : 1;
    return gp.svg("g", { transform: grow > 1 ? `translate(${(1 - grow) * 28} ${(1 - grow) * 4}) scale(${grow})` : null }, gp.svg("circle", { cx: 25.5, cy: 6.5, r: 6.5, fill: "#1d2733", stroke: "#fff", "stroke-width": 1.2 }),
      gp.svg("text", { x: 25.5, y: 9.6, "text-anchor": "middle", "font-size": 9, "font-weight": 700, fill: "#fff" }, text));
  }

  /* Places with several facilities share one icon; on zooming in they part if they truly lie apart. */
  function group(rows) {
    const f = gp.bulk.facilities, groups = [];
    rows.forEach((i) => {
      const p = gp.map.project([f.lat[i], f.lon[i]]);
      const near = groups.find((g) => g.p.distanceTo(p) < NEAR_PX);
      if (near) near.rows.push(i);
      else groups.push({ p, at: [f.lat[i], f.lon[i]], rows: [i] });
    });
    return groups;
  }

  /* From afar a district has one hospital: small icons leave room for its name. */
  const sizeOf = (i) => Math.round((SIZE[gp.bulk.facilities.level[i]] || 22) * (gp.map.getZoom() < 8.25 && !gp.paper ? 0.82 : 1));

  const weight = (i) => (isOpen(i) ? 0 : 10) + (facilities.isLeftOut(i) ? 5 : 0) + (facilities.isAssumed(i) ? 2 : 0) - (SIZE[gp.bulk.facilities.level[i]] || 20) / 100;

  facilities.redraw = function () {
    if (!facilities.layer) return;
    gather();
    gp.labels.redraw();
  };

  function gather() {
    facilities.layer.clearLayers();
    facilities.groups = [];
    if (gp.state.facilities) {
      facilities.groups = group(gp.model.facilitiesShown().sort((a, b) => weight(a) - weight(b)));
      facilities.groups.forEach(place);
    }
  }

  facilities.describe = function (i) {
    const f = gp.bulk.facilities;
    const words = [gp.name(f.name, i), gp.t("status." + f.status[i])];
    if (isMilitary(i)) words.push(gp.t("owner.military"));
    if (facilities.isAssumed(i)) words.push(gp.t("confidence.assumed"));
    if (!gp.model.countsHere(i)) words.push(gp.t("counts.not"));
    return words.join(", ");
  };

  facilities.iconOf = function (i, count) {
    const f = gp.bulk.facilities;
    return facilities.icon({ form: facilities.form(gp.model.service().counts), size: sizeOf(i), open: isOpen(i),
      asked: Boolean(gp.whatif.isActive() && gp.whatif.changeOf(i)), assumed: facilities.isAssumed(i), left: facilities.isLeftOut(i), military: isMilitary(i), unverified: f.status[i] === "unverified", count });
  };

  function place(g) {
    const first = g.rows[0], size = sizeOf(first), title = titleOf(g);
    const icon = L.divIcon({ html: facilities.iconOf(first, g.rows.length), className: "gp-icon", iconSize: [size, size] });
    const marker = L.marker(g.at, { icon, alt: title, keyboard: true, riseOnHover: true, zIndexOffset: size * 10 });
    marker.bindTooltip(() => tip(g), { className: "gp-tip", direction: "top", offset: [0, -size / 2], opacity: 1 });
    marker.on("click keypress", (e) => {
      if (e.type === "keypress" && e.originalEvent.key !== "Enter") return;
      L.DomEvent.stopPropagation(e);
      gp.set({ selection: { kind: "facilities", rows: g.rows, key: g.rows.join() } });
    });
    marker.addTo(facilities.layer);
    marker.getElement().setAttribute("role", "button");
    marker.getElement().setAttribute("data-gp-site", g.rows.map((i) => gp.bulk.facilities.id[i]).join(" "));
    marker.getElement().setAttribute("aria-label", title);
    Object.assign(g, { size, marker });
  }

  const titleOf = (g) => (g.rows.length > 1 ? gp.t("facilities.here", { n: g.rows.length }) : facilities.describe(g.rows[0]));

  /* Another language changes no icon, only its name; what a tooltip says is of the language before. */
  facilities.rename = function () {
    facilities.groups.forEach((g) => {
      g.marker.closeTooltip();
      g.marker.getElement().setAttribute("aria-label", titleOf(g));
    });
    if (facilities.layer) gp.labels.redraw();
  };

  function tip(g) {
    const lines = g.rows.slice(0, 5).map((i) => gp.el("div", {}, facilities.describe(i)));
    const rest = g.rows.length > 5 ? gp.el("div", { class: "gp-soft" }, gp.t("and.more", { n: gp.number(g.rows.length - 5) })) : null;
    return gp.el("div", {}, lines, rest);
  }

  /* Where icons stand now: names keep clear of them. */
  facilities.boxes = () => facilities.groups.map((g) => {
    const p = gp.map.latLngToContainerPoint(g.at), r = g.size / 2;
    return { west: p.x - r, east: p.x + r, north: p.y - r, south: p.y + r, p };
  });
})(window.geoplan);
