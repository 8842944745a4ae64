"""Comparison -> the difference page: a Folium map of districts in our frame, one self-contained HTML text."""

from __future__ import annotations

import hashlib
import html
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folium
import numpy as np
from branca.element import Figure

from geoplan.analysis.difference import ABSENT
from geoplan.output.comparing import is_identical
from geoplan.output.page import geometry
from geoplan.output.page.html import (
    ADDRESS,
    add_policy,
    check_self_contained,
    data_block,
    inline_links,
    json_for_script,
    renumber_ids,
    set_language_and_viewport,
)
from geoplan.output.page.pack import coded, column, names, packed, position, text_column, trilingual
from geoplan.output.page.parts import Html, Start
from geoplan.output.page.schema import SCHEMA
from geoplan.output.page.vendored import LANGUAGES, page_texts

if TYPE_CHECKING:
    import pandas as pd

    from geoplan.comparison import Comparison, Pair, Side

CODES: Final = {"unreachable": -1, "not_assessed": -2, ABSENT: -3}
"""Codes of the states in the columns of tenths of a minute."""

SCRIPTS: Final = (
    "js/core.js",
    "js/format.js",
    "js/unpack.js",
    "compare/model.js",
    "compare/map.js",
    "compare/copies.js",
    "compare/panel.js",
    "compare/link.js",
    "compare/start.js",
)
"""The modules in the order in which they are joined; the first three are those of the planner's page."""

NAMING: Final = ("facility", "road", "ref", "unit", "service", "district")
"""Keys of a change that name its thing; the first that has a value."""

STYLES: Final = ("app.css", "access.css", "compare/compare.css")
"""The styles of the planner's page that hold here too, then our own."""

_HERE: Final = Path(__file__).resolve().parent
_DATA_MARK: Final = "<!--geoplan-data-->"


def render_comparison(comparison: Comparison) -> str:
    """Return the whole page as HTML text: no link to anywhere, the same bytes on every call.

    Texts of tables and scenarios travel as JSON and reach the document only through `textContent`.
    """
    shapes = geometry.light_districts(comparison.base.districts.geometry)
    text = renumber_ids(_figure(comparison, shapes).render())
    text = inline_links(text, _texts())
    text = set_language_and_viewport(text, LANGUAGES[0])
    text = add_policy(text)
    check_self_contained(text)
    blocks = [
        data_block("geoplan-head", json_for_script(_head(comparison, shapes))),
        data_block("geoplan-bulk", packed(_bulk(comparison)), "application/octet-stream"),
        data_block("geoplan-relief", "null"),
    ]
    return text.replace(_DATA_MARK, "\n".join(blocks), 1)


@cache
def _texts() -> dict[str, str]:
    """Return the content behind the addresses that the page links to."""
    shared = page_texts()
    return {
        f"{ADDRESS}leaflet.js": shared[f"{ADDRESS}leaflet.js"],
        f"{ADDRESS}leaflet.css": shared[f"{ADDRESS}leaflet.css"],
        f"{ADDRESS}app.js": "\n".join((_HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
        f"{ADDRESS}app.css": "\n".join((_HERE / name).read_text(encoding="utf-8") for name in STYLES),
    }


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the page's own sentences by language and key."""
    texts = {key: (_HERE / "compare" / f"{key}.json").read_text(encoding="utf-8") for key in LANGUAGES}
    return {key: json.loads(text) for key, text in texts.items()}


def _figure(comparison: Comparison, shapes: geometry.Geometries) -> Figure:
    """Return the Folium figure: our frame around a map with one layer of districts."""
    above, _, below = (_HERE / "compare" / "frame.html").read_text(encoding="utf-8").partition("<!--map-->")
    figure = Figure(title=html.escape(trilingual(comparison.base.about["title"])[LANGUAGES[0]]))
    figure.add_child(Html(above))
    chart = folium.Map(
        location=[40.3, 47.7],
        zoom_start=7,
        tiles=None,
        attribution_control=False,
        zoom_control=False,
        zoom_snap=0.25,
        min_zoom=5.5,
        max_zoom=14,
    )
    # on the instance: branca's add_js_link would change the list of the class, and so of later maps
    chart.default_js = [("leaflet_js", f"{ADDRESS}leaflet.js"), ("geoplan_js", f"{ADDRESS}app.js")]
    chart.default_css = [("leaflet_css", f"{ADDRESS}leaflet.css"), ("geoplan_css", f"{ADDRESS}app.css")]
    figure.add_child(chart)
    layer = folium.GeoJson(geometry.feature_collection(shapes), smooth_factor=0.5)
    layer.add_to(chart)
    sentences = " ".join(html.escape(catalogue()[language]["noscript"]) for language in LANGUAGES)
    Html(f"<noscript><p>{sentences}</p></noscript>{below}{_DATA_MARK}").add_to(chart)
    Start({"districts": layer}).add_to(chart)
    return figure


def _head(comparison: Comparison, shapes: geometry.Geometries) -> dict[str, Any]:
    """Return what the page needs for its first picture."""
    base = comparison.base
    sides = (base, *(pair.plan for pair in comparison.pairs))
    return {
        "schema": SCHEMA,
        "languages": list(LANGUAGES),
        "catalogue": catalogue(),
        "base": _title(base),
        "hash": comparison_hash(comparison),
        "plans": [_plan(pair) for pair in comparison.pairs],
        "districts": {"id": [str(k) for k in base.districts.index], "name": names(base.districts)},
        "view": geometry.bounds(shapes),
        "attributions": list(dict.fromkeys(line for side in sides for line in side.attributions)),
    }


def comparison_hash(comparison: Comparison) -> str:
    """Return what a link to the page names: twelve letters of the hash of all that is compared."""
    sides = (comparison.base, *(pair.plan for pair in comparison.pairs))
    text = "\n".join(f"{side.id} {side.run_hash}" for side in sides)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _title(side: Side) -> dict[str, Any]:
    """Return id and titles of one side."""
    return {"id": side.id, "title": trilingual(side.about["title"]), "hash": side.run_hash}


def _plan(pair: Pair) -> dict[str, Any]:
    """Return titles, services, totals, transitions, contributions and notes of one plan."""
    known = pair.plan.services
    return {
        **_title(pair.plan),
        "years": list(pair.years),
        "services": [
            {"id": s, "name": trilingual(known[s]["name"]), "target_minutes": known[s]["target_minutes"]}
            for s in pair.services
        ],
        "identical": is_identical(pair),
        "groups": _groups(pair.by_group),
        "transitions": _records(pair.transitions),
        "contributions": _records(pair.contributions),
        "changes": _changes(pair),
        "notes": [{"code": n.code, "message": n.message, "params": dict(n.params)} for n in pair.notes],
    }


def _changes(pair: Pair) -> dict[str, dict[str, str]]:
    """Return kind, thing and start of each change of the plan by its English line."""
    if pair.plan.scenario is None:
        return {}
    return {
        change.label(): {
            "kind": change.change,
            "thing": _thing(change),
            "start": str(change.starts or ""),
        }
        for change in pair.plan.scenario.changes
    }


def _thing(change: Any) -> str:
    """Return the id of what a change is about, two nodes joined by a dash; empty where it has none."""
    if ends := getattr(change, "between", None):
        return " – ".join(ends)
    return next((str(value) for name in NAMING if (value := getattr(change, name, ""))), "")


def _groups(table: pd.DataFrame) -> dict[str, Any]:
    """Return the differences of nation, groups, regions and districts as columns."""
    texts = ("level", "id", "service")
    figures = [c for c in table.columns if c not in texts and not c.startswith("name_")]
    digits = {c: 6 if c.startswith("share_") else 1 if c.endswith("_minutes") else 0 for c in figures}
    out: dict[str, Any] = {c: column(table[c], digits[c]) for c in figures}
    return {**out, **{c: text_column(table[c]) for c in texts}, "name": names(table)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a small table as rows; empty is null."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", force_ascii=False))
    return rows


def _bulk(comparison: Comparison) -> dict[str, Any]:
    """Return the places and, for each plan, year and service, their tenths of a minute before and after."""
    every = [pair.by_settlement.drop_duplicates("demand_id") for pair in comparison.pairs]
    ids = sorted({str(key) for rows in every for key in rows["demand_id"]})
    first: dict[str, Any] = {}
    for rows in every:
        for record in rows.to_dict("records"):
            first.setdefault(str(record["demand_id"]), record)
    sides = [comparison.base, *(pair.plan for pair in comparison.pairs)]
    lat, lon = (_coordinates(sides, ids, axis) for axis in ("lat", "lon"))
    return {
        "points": {
            "id": ids,
            "name": {key: [str(first[i][f"name_{key}"]) for i in ids] for key in LANGUAGES},
            "kind": coded([str(first[i]["demand_kind"]) for i in ids]),
            "district": position(
                [str(first[i]["district_id"]) for i in ids],
                [str(k) for k in comparison.base.districts.index],
            ),
            "lat": lat,
            "lon": lon,
        },
        "plans": [{str(year): _year(pair, year, ids) for year in pair.years} for pair in comparison.pairs],
    }


def _coordinates(sides: list[Side], ids: list[str], axis: str) -> list[float]:
    """Return one coordinate of every place, from the first side that has it."""
    known: dict[str, float] = {}
    for side in sides:
        known = dict(zip(side.places.index, side.places[axis].tolist(), strict=True)) | known
    return [round(float(known[i]), 5) for i in ids]


def _year(pair: Pair, year: int, ids: list[str]) -> dict[str, Any]:
    """Return people after, and tenths before and after by service, of every place in one year."""
    rows = pair.by_settlement[pair.by_settlement["year"] == year]
    parts = {s: rows[rows["service"] == s].set_index("demand_id").reindex(ids) for s in pair.services}
    people = next(iter(parts.values()))["population_after"].fillna(0).astype("int64").tolist()
    columns = {
        service: {side: _tenths(part, side) for side in ("before", "after")}
        for service, part in parts.items()
    }
    return {"people": people, "services": columns}


def _tenths(part: pd.DataFrame, side: str) -> list[int]:
    """Return tenths of a minute, or the code of the state."""
    status = part[f"status_{side}"].astype(object).fillna(ABSENT)
    codes = status.map(CODES).fillna(0).to_numpy(dtype=float)
    tenths = np.rint(part[f"minutes_{side}"].fillna(0).to_numpy(dtype=float) * 10)
    return [int(v) for v in np.where(codes < 0, codes, tenths)]
