"""What a reader must know of an OpenStreetMap extract: counts of the reading -> findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from geoplan.errors import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHOWN: Final = 5
"""A finding on many ways names this many."""


class _Case(NamedTuple):
    """One thing worth saying, when any of its counts is above 0."""

    severity: Severity
    code: str
    counts: tuple[str, ...]
    message: str
    hint: str = ""


_CASES: Final = (
    _Case(
        "warning",
        "osm-maxspeed",
        ("odd_limits",),
        "ways with a maxspeed that cannot be, so that the speed of their class holds",
        "Correct the tag in OpenStreetMap.",
    ),
    _Case(
        "warning",
        "osm-missing-nodes",
        ("missing_nodes",),
        "nodes of roads that the file does not hold, so that the roads are cut there",
        "Common at the edge of an extract; take a larger one if places near the edge matter.",
    ),
    _Case(
        "warning",
        "osm-ferry-duration",
        ("ferries_odd_duration",),
        "ferries with a duration that cannot be, so that the speed of their class holds",
        "Correct the tag in OpenStreetMap (hours:minutes).",
    ),
    _Case(
        "note",
        "osm-via-way",
        ("restrictions_via_way",),
        "turn restrictions that run over a way in between, not applied",
    ),
    _Case(
        "note",
        "osm-hours",
        ("restrictions_conditional",),
        "turn restrictions that hold at certain hours only, not applied",
    ),
    _Case(
        "note",
        "osm-unclear-turn",
        ("restrictions_unclear", "restrictions_broken"),
        "turn restrictions that do not say from which road or over which node they run, not applied",
    ),
    _Case(
        "note",
        "osm-reversible",
        ("ways_reversible",),
        "ways that change their direction with the hour, left out",
    ),
    _Case(
        "note",
        "osm-winter-road",
        ("ways_winter_only",),
        "winter roads and ice roads, left out because a road cannot be closed in summer only",
    ),
)


def reading_findings(
    counts: Mapping[str, int], *, examples: Mapping[str, Sequence[str]], date: str, source: str
) -> tuple[Finding, ...]:
    """Return the findings about a reading.

    Parameters
    ----------
    counts
        Named whole numbers of the reading.
    examples
        By code, the ways that a finding is about; the first few are named.
    date
        Of the data; empty if unknown.
    source
        Name of the file.
    """
    found = []
    for case in _CASES:
        count = sum(counts.get(name, 0) for name in case.counts)
        if count:
            shown = ", ".join(examples.get(case.code, ())[:SHOWN])
            message = f"{case.message}: {count}" + (f" (way {shown})." if shown else ".")
            found.append(Finding(case.severity, case.code, message, source, case.hint, (("count", count),)))
    if not date:
        found.append(
            Finding("note", "osm-no-date", "the file does not say of which date its data are.", source)
        )
    return tuple(found)
