/* Places where a centre could stand: small diamonds, switched on from their card; and the switch on every facility's card. */
(function (gp) {
  "use strict";

  const sites = { name: "candidates" };
  gp.sites = sites;
  gp.state.candidates = false;

  sites.there = () => gp.whatif.isThere();
  const district = (row) => (gp.bulk.facilities.district[row] >= 0 ? gp.name(gp.head.districts.name, gp.bulk.facilities.district[row]) : "");
  sites.title = (row) => [gp.name(gp.bulk.facilities.name, row), district(row)].filter((word, k, all) => word && all.indexOf(word) === k).join(", ");

  sites.icon = (size) => gp.svg("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" },
    gp.svg("path", { d: "M12 3L21 12L12 21L3 12Z", fill: "#ffffff", stroke: "#ffffff", "stroke-width": 4, "stroke-linejoin": "round" }),
    gp.svg("path", { d: "M12 4L20 12L12 20L4 12Z", fill: "#fff", stroke: "#8a3106", "stroke-width": 1.8, "stroke-linejoin": "round" }),
    gp.svg("path", { d: "M12 8.4V15.6M8.4 12H15.6", stroke: "#8a3106", "stroke-width": 1.8 }));

  sites.redraw = function () {
    if (!sites.layer) return;
    sites.layer.clearLayers();
    if (!gp.state.candidates) return;
    gp.bulk.facilities.id.forEach((_, row) => {
      if (gp.model.isCandidate(row) && gp.bulk.facilities.counts[row] === 0) place(row);
    });
  };

  function place(row) {
    const f = gp.bulk.facilities, size = gp.map.getZoom() < 8 ? 13 : 20, title = sites.title(row) + ", " + gp.t("status.candidate");
    const icon = L.divIcon({ html: sites.icon(size), className: "gp-icon gp-site", iconSize: [size, size] });
    const marker = L.marker([f.lat[row], f.lon[row]], { icon, alt: title, keyboard: true, riseOnHover: true, zIndexOffset: -200 });
    marker.bindTooltip(() => gp.el("div", {}, title), { className: "gp-tip", direction: "top", offset: [0, -size / 2], opacity: 1 });
    marker.on("click keypress", (e) => {
      if (e.type === "keypress" && e.originalEvent.key !== "Enter") return;
      L.DomEvent.stopPropagation(e);
      gp.set({ selection: { kind: "facilities", rows: [row], key: String(row) } });
    });
    marker.addTo(sites.layer);
    const node = marker.getElement();
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", title);
    node.setAttribute("data-gp-site", f.id[row]);
  }

  sites.legend = () => [[sites.icon(18), gp.t("sites.legend")]];

  /* --- cards --------------------------------------------------------------------------------------------------- */

  /* A candidate has no beds and no owner: what it would do for people stands in their place. */
  sites.card = function (row) {
    const c = gp.whatif.changeOf(row), gain = c ? null : gainOf(row);
    return gp.el("article", { class: "gp-facility", "data-gp-site-card": gp.bulk.facilities.id[row] },
      gp.el("p", { class: "gp-soft" }, [gp.t("status.candidate"), district(row) === gp.name(gp.bulk.facilities.name, row) ? "" : district(row)].filter(Boolean).join(" · ")),
      gain ? gp.el("p", {}, gain.gain > 0 ? gp.t("sites.gain", { people: gp.number(gain.gain), service: gp.name(gp.model.service("plan").name), minutes: gp.model.service("plan").target.minutes })
        : gp.t("sites.gain.none", { service: gp.name(gp.model.service("plan").name), minutes: gp.model.service("plan").target.minutes })) : null,
      c ? null : kinds(row), sites.button(row));
  };

  function gainOf(row) {
    if (!gp.times.ready) {
      gp.times.load().then(() => gp.announceChange(["whatifTimes"]));
      return null;
    }
    return gp.whatif.gains().find((g) => g.row === row);
  }

  /* For which kinds of care: the shown one is ticked. */
  const ticked = { site: -1, tags: new Set() };
  function kinds(row) {
    const tags = [...new Set(gp.model.parents().map((i) => gp.head.services[i].counts))], shown = gp.model.service().counts;
    if (ticked.site !== row || ticked.shown !== shown) Object.assign(ticked, { site: row, shown, tags: new Set([shown]) });
    return gp.el("fieldset", { class: "gp-kinds" }, gp.el("legend", {}, gp.t("sites.services")), tags.map((tag) => {
      const box = gp.el("input", { type: "checkbox", "data-gp-kind": tag, "data-gp-focus": "kind-" + tag, on: { change: (e) => (e.target.checked ? ticked.tags.add(tag) : ticked.tags.delete(tag)) } });
      box.checked = ticked.tags.has(tag);
      return gp.el("label", {}, box, gp.el("span", {}, gp.serviceName(tag)));
    }));
  }

  /* The switch of a site; nothing where the shown year has none for it. */
  sites.button = function (row) {
    const act = gp.whatif.canDo(row);
    if (!act) return null;
    const c = gp.whatif.changeOf(row), word = act === "back" ? "back." + c.kind : act;
    const said = c ? gp.el("p", { class: "gp-asked-line", "data-gp-asked-line": c.kind }, gp.asking.words(c)) : null;
    return [said, gp.el("button", { type: "button", class: "gp-button gp-switch gp-switch-" + act, "data-gp-switch": gp.bulk.facilities.id[row], "data-gp-act": act,
      "data-gp-focus": "switch-" + gp.bulk.facilities.id[row], on: { click: () => act_(row) } }, gp.t("switch." + word, { year: gp.model.year() }))];
  };

  async function act_(row) {
    const chosen = gp.model.isCandidate(row) && !gp.whatif.changeOf(row) ? [...ticked.tags] : null;
    if (chosen && !chosen.length) return void gp.say(gp.t("sites.none"));
    await gp.whatif.toggle(row, chosen || undefined);
    gp.say(gp.t("whatif.said", { n: gp.whatif.list.length }));
  }

  gp.layers.push(sites);
  gp.whenReady(() => {
    if (!sites.there()) return;
    sites.layer = L.layerGroup().addTo(gp.map);
    gp.onChange(["candidates", "lang", "year", "whatif", "mode"], sites.redraw);
    gp.onChange(["candidates"], gp.controls.render);
    gp.onChange(["candidates"], gp.legend.render);
    gp.onChange(["whatifTimes"], gp.card.render);
    gp.map.on("zoomend", sites.redraw);
    sites.redraw();
    // unpacked when the page is at rest, so that the first change is as quick as any
    setTimeout(() => gp.times.load(), 400);
  });
})(window.geoplan);
