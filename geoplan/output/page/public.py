"""Result -> what everybody may see of it: rows and columns taken out before any of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.output.page.pack import text_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.errors import Finding
    from geoplan.result import ChangeRow, Result, YearState

DOUBTFUL: Final = ("low", "assumed")
"""Confidence of rows that only those who know their sources should read one by one."""

STAFF: Final = ("staff", "fleet_staff")
"""Columns of facilities that count people at work."""

_SECTIONS: Final = ("siting", "phasing")


@dataclass(frozen=True)
class LeftOut:
    """What a public page does not hold.

    Attributes
    ----------
    points, facilities
        Ids of the rows that were taken out.
    military_beds
        How many military facilities lost their number of beds.
    sections
        Parts that only a page without `--public` has: `what_if`, `staff`, `areas`, `siting`, `phasing`.
    names
        Ids and names of what was taken out: nothing on the page may say them.
    """

    points: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    military_beds: int = 0
    sections: tuple[str, ...] = ()
    names: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def gone(self) -> frozenset[str]:
        """Ids of the rows that were taken out."""
        return frozenset((*self.points, *self.facilities))

    def as_dict(self) -> dict[str, Any]:
        """Return the counts that the page lists."""
        return {
            "points": len(self.points),
            "facilities": len(self.facilities),
            "military_beds": self.military_beds,
            "sections": list(self.sections),
        }

    def silent_on(self, texts: Iterable[str]) -> bool:
        """Whether none of the texts names a row that was taken out."""
        return not any(name in text for text in texts for name in self.names)


def for_everybody(result: Result) -> tuple[Result, LeftOut]:
    """Return the result without what is not for everybody, and what that was.

    The figures of districts, regions and groups stay as the run has them: only single rows go. A place whose
    nearest facility was taken out keeps its minutes and loses the name and the way.
    """
    sides = [result, *([result.base] if result.base is not None else [])]
    left = _what_goes(sides)
    shown = _without(result, left)
    if result.base is not None:
        shown = replace(shown, base=_without(result.base, left))
    return shown, left


def _what_goes(sides: list[Result]) -> LeftOut:
    """Return the rows that no side of the page may show."""
    states = [state for side in sides for state in side.years]
    points = pd.concat([s.demand[s.demand["population_confidence"].isin(DOUBTFUL)] for s in states])
    places = pd.concat([s.facilities[s.facilities["confidence"].isin(DOUBTFUL)] for s in states])
    kept = pd.concat([s.facilities for s in states])
    kept = kept[~kept.index.duplicated() & ~kept.index.isin(places.index)]
    military = kept[(kept["owner"] == "military") & kept["beds"].notna()]
    return LeftOut(
        points=_ids(points),
        facilities=_ids(places),
        military_beds=len(military),
        sections=_sections(sides, kept),
        names=frozenset(_words(places)) | frozenset(_ids(points)),
    )


def _ids(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the ids of a table's rows, sorted, each once."""
    return tuple(sorted({str(key) for key in rows.index}))


def _words(places: pd.DataFrame) -> set[str]:
    """Return the ids and names of facilities."""
    columns = [text_column(places[name]) for name in places.columns if name.startswith("name_")]
    return {word for column in [_ids(places), *columns] for word in column if word}


def _sections(sides: list[Result], places: pd.DataFrame) -> tuple[str, ...]:
    """Return the parts of the page that go, those that would have been there."""
    found = ["what_if"]
    if any(name in places and places[name].notna().any() for name in STAFF):
        found.append("staff")
    if any(state.areas is not None for side in sides for state in side.years):
        found.append("areas")
    found += [name for name in _SECTIONS if any(getattr(side, name, None) is not None for side in sides)]
    return tuple(found)


def _without(result: Result, left: LeftOut) -> Result:
    """Return one side without the rows."""
    rows = result.coverage_by_settlement
    rows = rows[~rows["demand_id"].isin(left.points)]
    hidden = rows["facility_id"].isin(left.facilities)
    parts: dict[str, Any] = {name: None for name in _SECTIONS if hasattr(result, name)}
    return replace(
        result,
        years=tuple(_state_without(state, left) for state in result.years),
        coverage_by_settlement=rows.assign(facility_id=rows["facility_id"].where(~hidden, None)),
        findings=tuple(f for f in result.findings if left.silent_on(_finding_texts(f))),
        changes_log=tuple(row for row in result.changes_log if _may_be_said(row, left, result)),
        **parts,
    )


def _finding_texts(finding: Finding) -> list[str]:
    """Return every text of a finding."""
    return [finding.message, finding.where, finding.hint, *(str(value) for _, value in finding.params)]


def _may_be_said(row: ChangeRow, left: LeftOut, result: Result) -> bool:
    """Whether a line of the list of changes says nothing that was taken out."""
    if row.attribute in STAFF:
        return False
    texts = (*row.key, row.thing, row.old, row.new)
    military = row.attribute == "beds" and any(
        row.thing in state.facilities.index and state.facilities.loc[row.thing, "owner"] == "military"
        for state in result.years
    )
    return not military and left.silent_on(texts)


def _state_without(state: YearState, left: LeftOut) -> YearState:
    """Return the state of one year without the rows, staff, military beds and the times to every site."""
    places = state.facilities[~state.facilities.index.isin(left.facilities)]
    places = places.assign(
        **{name: pd.Series(pd.NA, index=places.index, dtype="Int64") for name in STAFF if name in places},
        beds=places["beds"].mask(places["owner"] == "military"),
    )
    people = state.demand[~state.demand.index.isin(left.points)]
    return replace(state, demand=people, facilities=places, sites=None, site_tenths=None, areas=None)
