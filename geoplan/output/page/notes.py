"""Result -> what the assumptions panel says in words: findings, changes of the scenario, sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from geoplan import sources
from geoplan.network.road_table import OSM_ATTRIBUTION
from geoplan.output.page.vendored import leaflet_version

if TYPE_CHECKING:
    from geoplan.errors import Finding
    from geoplan.result import Result

_OWN: Final = re.compile(rf"({'|'.join(sources.SHIPPED)}): own table (.+)", re.DOTALL)
_OSM: Final = re.compile(rf"{re.escape(OSM_ATTRIBUTION)}(?:, data of (.+))?", re.DOTALL)


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


def provenance(result: Result) -> dict[str, Any]:
    """Return what identifies the run; no clock, so that a rebuild is byte-identical."""
    source = result.provenance
    return {
        "version": source.geoplan_version,
        "hash": source.run_hash,
        "inputs": [[name, digest] for name, digest in sorted(source.input_sha256.items())],
        "attributions": [attribution(line) for line in source.attributions],
        "leaflet": leaflet_version(),
    }


def attribution(line: str) -> dict[str, Any]:
    """Return one line on a source with the key of the page's own sentence; an unknown line has none."""
    for name, text in sources.SHIPPED.items():
        if line == text:
            return {"text": line, "key": name, "params": {}}
    if own := _OWN.fullmatch(line):
        return {"text": line, "key": "own", "params": {"table": own[1], "file": own[2]}}
    if osm := _OSM.fullmatch(line):
        return {"text": line, "key": "osm.dated" if osm[1] else "osm", "params": {"date": osm[1] or ""}}
    return {"text": line, "key": "", "params": {}}
