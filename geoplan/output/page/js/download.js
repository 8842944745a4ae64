/* What leaves the page: the table as CSV or GeoJSON, the key figures and the link as text. */
(function (gp) {
  "use strict";

  const download = {};
  gp.download = download;

  download.save = function (text, type, name) {
    const link = gp.el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  /* A cell that a spreadsheet would run as a formula gets an apostrophe, as in the tables of the run. */
  function cell(value) {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value === null || value === undefined ? "" : value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  const fileName = (name, ending) => name + "_" + gp.model.service().id + "_" + gp.model.year() + "." + ending;

  download.csv = function (name, list) {
    const rows = list.map(record);
    if (!rows.length) return;
    const text = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))].map((r) => r.map(cell).join(",")).join("\n") + "\n";
    download.save(text, "text/csv;charset=utf-8", fileName(name, "csv"));
  };

  download.geojson = function (name, list) {
    const features = list.map((r) => ({ type: "Feature", id: gp.rows.id(r), properties: record(r), geometry: geometry(r) }));
    download.save(JSON.stringify({ type: "FeatureCollection", features }), "application/geo+json", fileName(name, "geojson"));
  };

  /* Positions as the page has them; the rural rest of a district has the district's middle. */
  function geometry(r) {
    const p = gp.bulk.points, middle = gp.head.districts.label[r.i];
    const shape = (i) => gp.districts.layers[i].feature.geometry;
    return { point: () => ({ type: "Point", coordinates: [p.lon[r.i], p.lat[r.i]] }), rest: () => ({ type: "Point", coordinates: [middle[1], middle[0]] }),
      district: () => shape(r.i), region: () => gp.regions.shape(r.i) }[r.kind]();
  }

  const stateWord = (tenths) => (tenths >= 0 ? "reached" : tenths === gp.model.UNREACHABLE ? "unreachable" : "not_assessed");
  const record = (r) => (r.kind === "point" ? settlement(r) : r.kind === "rest" ? rest(r) : area(r));

  function settlement({ i }) {
    const p = gp.bulk.points, c = gp.model.coverage(), to = c.facility[i];
    return { demand_id: p.id[i], name: gp.points.title(i), district_id: gp.head.districts.id[p.district[i]], population: gp.model.people(i), service: gp.model.service().id,
      minutes: c.tenths[i] >= 0 ? c.tenths[i] / 10 : null, km: c.km[i], facility_id: to >= 0 ? gp.bulk.facilities.id[to] : null, status: stateWord(c.tenths[i]), confidence: gp.word(c.confidence, i) };
  }

  /* The rural rest: means over its reached people; so many people, no single facility. */
  function rest(r) {
    const row = gp.rows.rest(r.i), round = (value) => (value === null ? null : Math.round(value * 10) / 10);
    return { demand_id: gp.rows.id(r), name: gp.t("rural.rest") + ", " + gp.name(gp.head.districts.name, r.i), district_id: gp.head.districts.id[r.i], population: row.people,
      service: gp.model.service().id, minutes: round(row.minutes), km: round(row.km), facility_id: null, status: stateWord(gp.rows.tenths(r)), confidence: "assumed" };
  }

  function area(r) {
    const row = gp.rows.total(r), own = r.kind === "region" ? "region_id" : "district_id";
    return { [own]: gp.rows.id(r), name: gp.rows.title(r), population: row.population, service: gp.model.service().id,
      assessed: row.assessed, within_target: row.within_target, beyond_target_by_road: row.beyond_by_road, unreachable: row.unreachable, mean_minutes: row.mean_minutes };
  }

  /* --- copies ------------------------------------------------------------------------------------------------- */

  /* A page of a file may have no clipboard: then a hidden field is copied, and at last shown for the reader to copy. */
  download.copy = async function (text, said) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!byField(text)) return void show(text);
    }
    gp.say(said);
    toast(said);
  };

  function byField(text) {
    const field = gp.el("textarea", { class: "gp-hidden", "aria-hidden": "true", tabindex: -1 }), before = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { done = false; }
    field.remove();
    if (before && before.focus) before.focus({ preventScroll: true });
    return done;
  }

  function show(text) {
    const field = gp.el("textarea", { readonly: true, rows: 8, "aria-label": gp.t("copy.by.hand") });
    field.value = text;
    const box = gp.el("dialog", { class: "gp-dialog", "data-gp-copy-dialog": true }, gp.el("p", {}, gp.t("copy.by.hand")), field,
      gp.el("button", { type: "button", class: "gp-button", on: { click: () => box.close() } }, gp.t("close")));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
    field.select();
  }

  function toast(text) {
    document.querySelectorAll(".gp-toast").forEach((node) => node.remove());
    const node = gp.el("div", { class: "gp-toast", "aria-hidden": "true" }, text);
    document.body.append(node);
    setTimeout(() => node.remove(), 2500);
  }

  /* The key figures as the panel shows them, with what they are of. */
  download.figures = function () {
    const head = [document.querySelector("#gp-header h1").textContent, document.getElementById("gp-state-date").textContent, gp.name(gp.model.service().name),
      ...[...document.querySelectorAll("#gp-kpi > h2, #gp-kpi > .gp-norm")].map((node) => node.textContent)];
    const cards = [...document.querySelectorAll("#gp-kpi [data-gp-kpi]")].map((card) => [
      [...card.querySelectorAll(".gp-kpi-head > *")].map((node) => node.textContent).join(": "),
      ...[...card.querySelectorAll("dl > div")].map((row) => "  " + [...row.children].map((node) => node.textContent).join(": "))].join("\n"));
    const p = gp.head.provenance;
    return [...head, "", ...cards, "", "geoplan " + p.version + ", " + gp.head.scenario.id + ", " + p.hash.slice(0, 12)].join("\n") + "\n";
  };
})(window.geoplan);
