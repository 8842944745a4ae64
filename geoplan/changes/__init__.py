"""Scenario changes -> the tables of one year: facilities, roads and people as they are on its 1 January."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from geoplan.changes.facilities import changed_facilities
from geoplan.changes.halves import is_half
from geoplan.changes.people import changed_people, counts_others
from geoplan.changes.roads import changed_roads, winter_closes
from geoplan.changes.standards import with_standards
from geoplan.scenario.change_roads import CloseRoad, PassCalendar

if TYPE_CHECKING:
    from geoplan.errors import Finding
    from geoplan.result import ChangeRow
    from geoplan.scenario import Scenario
    from geoplan.tables.read import TableSet

__all__ = ["apply_changes", "calibrated", "counts_others", "is_half", "unclosed", "with_standards"]


def apply_changes(
    scenario: Scenario, tables: TableSet, year: int
) -> tuple[TableSet, tuple[ChangeRow, ...], list[Finding]]:
    """Return the tables of 1 January of `year`, what was changed, and what is wrong with the changes.

    Changes in force on that day are applied by their start, then by their place in the file; later ones see
    what earlier ones did. Roads that any change adds are rows in every year, so that road numbers mean the
    same in all years. `tables` stays as it is; without changes it is returned itself, unless winter closes
    roads of it or the scenario calibrates speeds.
    """
    tables = calibrated(scenario, tables)
    if not scenario.changes and not winter_closes(scenario, tables):
        return tables, (), []
    day = dt.date(year, 1, 1)
    in_order = sorted(scenario.changes, key=lambda change: change.starts or dt.date.min)
    facilities, facility_log, findings = changed_facilities(in_order, tables, day)
    ways, road_log, found = changed_roads(in_order, tables, day, scenario=scenario)
    findings += found
    people, people_log, found = changed_people(in_order, tables, day, scenario=scenario)
    findings += found
    state = replace(tables, facilities=facilities)
    state = replace(state, **ways, **people)  # type: ignore[arg-type]
    return state, (*facility_log, *road_log, *people_log), findings


def calibrated(scenario: Scenario, tables: TableSet) -> TableSet:
    """Return the tables with the speeds of the speed table scaled by the scenario's factor of each class."""
    factors = scenario.calibration.model_dump()
    if not factors:
        return tables
    speeds = tables.speeds
    scaled = speeds["speed_kmh"] * speeds["class"].map(factors).astype(float).fillna(1.0)
    return replace(tables, speeds=speeds.assign(speed_kmh=scaled))


def unclosed(scenario: Scenario, tables: TableSet, year: int) -> TableSet | None:
    """Return the tables of 1 January of `year` as if neither change nor winter closed a road.

    None if nothing does.
    """
    day = dt.date(year, 1, 1)
    closing = [c for c in scenario.changes if isinstance(c, CloseRoad | PassCalendar) and c.holds(day)]
    if not closing and not winter_closes(scenario, tables):
        return None
    others = tuple(change for change in scenario.changes if change not in closing)
    state, _, _ = apply_changes(scenario.model_copy(update={"changes": others}), tables, year)
    return replace(state, roads=state.roads.assign(closed_in_winter=False))
