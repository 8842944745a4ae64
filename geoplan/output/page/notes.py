"""Result -> what the assumptions panel says in words: findings, changes of the scenario, sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import shapely

from geoplan import sources
from geoplan.network.road_table import OSM_ATTRIBUTION
from geoplan.output.page.geometry import DIGITS
from geoplan.output.page.pack import plain
from geoplan.output.page.vendored import leaflet_version

if TYPE_CHECKING:
    from geoplan.errors import Finding
    from geoplan.result import Result

_OWN: Final = re.compile(rf"({'|'.join(sources.SHIPPED)}): own table (.+)", re.DOTALL)
_OSM: Final = re.compile(rf"{re.escape(OSM_ATTRIBUTION)}(?:, data of (.+))?", re.DOTALL)

SHIPPED_ON: Final = "2026-11-21"
"""The day on which the shipped tables were made, see `boundaries/SOURCES.md`."""

ACCEPTED: Final = "accepted"
"""The verdict on a point that met its nearest road."""


def findings(result: Result) -> list[dict[str, Any]]:
    """Return the findings; those that read alike (one a year, of the same thing) once."""
    alike = {(f.severity, f.code, f.message, f.where, f.hint): f for f in reversed(result.findings)}
    return [_finding(f) for f in reversed(alike.values())]


def _finding(finding: Finding) -> dict[str, Any]:
    """Return one finding; the page has its own sentence for the codes that it knows."""
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "where": finding.where,
        "hint": finding.hint,
        "params": dict(finding.params),
    }


def changes(result: Result) -> list[dict[str, str]]:
    """Return what the changes of the scenario made different, as the log of the run has it."""
    return [
        {
            "key": " | ".join(row.key),
            "thing": row.thing,
            "attribute": row.attribute,
            "start": row.start,
            "old": row.old,
            "new": row.new,
            "where": row.where,
        }
        for row in result.changes_log
    ]


def barriers(result: Result) -> list[dict[str, Any]]:
    """Return the areas in which changes of the scenario bind roads, in the order of the changes.

    `kind` is the change, `reason` its word for why; `line` holds the rings as [lat, lon], `label` a place
    for the name; `start` and `until` are ISO dates, empty without a bound.
    """
    found = (c for c in getattr(result.scenario, "changes", ()) if getattr(c, "inside", None))
    return [_barrier(change) for change in found]


def _barrier(change: Any) -> dict[str, Any]:
    """Return one area of a change of roads."""
    shape = shapely.from_wkt(change.inside)
    middle = shapely.point_on_surface(shape)
    rings = [shape.exterior, *shape.interiors]
    return {
        "kind": str(change.change),
        "reason": str(getattr(change, "reason", "")),
        "start": plain(change.starts) or "",
        "until": plain(change.ends) or "",
        "where": str(change.where),
        "line": [[[round(y, DIGITS), round(x, DIGITS)] for x, y in ring.coords] for ring in rings],
        "label": [round(middle.y, DIGITS), round(middle.x, DIGITS)],
    }


def snapping(result: Result, unnamed: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return how the points met the roads: counts by year, kind and verdict, and those no road was near.

    A point is listed once, with the first year in which it stands so, unless its id is among `unnamed`; the
    page knows its name by its id.
    """
    rows = result.snapping
    if "verdict" not in rows:
        return {"counts": [], "list": []}
    keys = ["year", "point_kind", "verdict"]
    counts = rows.groupby(keys, sort=True, observed=True).size().reset_index(name="points")
    bad = rows[(rows["verdict"] != ACCEPTED) & ~rows["point_id"].isin(unnamed)]
    bad = bad.sort_values(["year", "verdict", "point_id"], kind="stable")
    bad = bad.drop_duplicates(["point_id", "verdict"])
    columns = ["year", "point_id", "point_kind", "verdict", "snap_m", "road_name"]
    return {
        "counts": [[plain(v) for v in row] for row in counts.itertuples(index=False)],
        "list": [[plain(v) for v in row] for row in bad[columns].itertuples(index=False)],
    }


def provenance(result: Result) -> dict[str, Any]:
    """Return what identifies the run; neither clock nor bytes of input files, so that a rebuild is identical.

    The sha256 of every input stands in `run.json`.
    """
    source = result.provenance
    return {
        "version": source.geoplan_version,
        "hash": source.run_hash,
        "attributions": [attribution(line) for line in source.attributions],
        "data": SHIPPED_ON if set(source.attributions) & set(sources.SHIPPED.values()) else "",
        "leaflet": leaflet_version(),
    }


def attribution(line: str) -> dict[str, Any]:
    """Return one line on a source with the key of the page's own sentence; an unknown line has none."""
    for name, text in sources.SHIPPED.items():
        if line == text:
            return {"text": line, "key": name, "params": {}, "date": SHIPPED_ON}
    if own := _OWN.fullmatch(line):
        return {"text": line, "key": "own", "params": {"table": own[1], "file": own[2]}}
    if osm := _OSM.fullmatch(line):
        return {"text": line, "key": "osm.dated" if osm[1] else "osm", "params": {"date": osm[1] or ""}}
    return {"text": line, "key": "", "params": {}}
