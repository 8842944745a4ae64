"""Mobile units of one day: each stop a row of the facilities that says how often the unit is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.changes.log import error, row
from geoplan.changes.places import blank, in_settlement
from geoplan.errors import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from geoplan.result import ChangeRow
    from geoplan.scenario.change_mobile import MobileUnit
    from geoplan.tables.read import TableSet

    Cells = dict[str, Any]

DAYS_OF_A_MONTH: Final = 30
"""More visits than that, and a unit is in two places on one day."""

OF_THE_UNIT: Final = ("services", "vehicle", "staff", "cost_azn", "running_cost_azn")
"""What belongs to a unit as a whole."""


def mobile_stops(
    changes: Sequence[MobileUnit], facilities: Mapping[str, Cells], tables: TableSet, day: dt.date
) -> tuple[dict[str, Cells], list[ChangeRow], list[Finding]]:
    """Return the rows of the stops on `day` by their id, the log and the findings; `changes` by start.

    A later change of a unit replaces its stops.
    """
    active: dict[str, MobileUnit] = {}
    log: list[ChangeRow] = []
    findings: list[Finding] = []
    for change in changes:
        findings += _wrong(change, facilities, tables)
        if not findings and change.holds(day):
            log += _logged(change, active.get(change.unit))
            active[change.unit] = change
            findings += _two_places(change)
    if any(f.severity == "error" for f in findings):
        return {}, [], findings
    rows = {
        stop_id(unit, stop.settlement): _stop(unit, stop.settlement, stop.days_a_month, tables)
        for unit in active.values()
        for stop in unit.stops
    }
    return rows, log, findings


def stop_id(unit: MobileUnit, settlement: str) -> str:
    """Return the id of a stop in the table of facilities."""
    return f"{unit.unit}@{settlement}"


def _wrong(change: MobileUnit, facilities: Mapping[str, Cells], tables: TableSet) -> list[Finding]:
    """Return an error for each stop in no settlement, or whose id a facility has."""
    findings = [f for stop in change.stops for f in in_settlement(change, stop.settlement, tables)[1]]
    for stop in change.stops:
        if (identity := stop_id(change, stop.settlement)) in facilities:
            message = f"there is a facility '{identity}' already."
            findings.append(error(change, "facility-exists", message, "Give the unit another id."))
    return findings


def _two_places(change: MobileUnit) -> list[Finding]:
    """Return a warning where a unit has more days of visits than a month has."""
    if change.days_a_month <= DAYS_OF_A_MONTH:
        return []
    message = f"{change.unit} is at its stops on {change.days_a_month} days of a month: two places in a day."
    hint = "Take visits out, or plan a second unit."
    return [Finding("warning", "mobile-unit-busy", message, where=change.where, hint=hint)]


def _logged(change: MobileUnit, before: MobileUnit | None) -> list[ChangeRow]:
    """Return one row for each figure of the unit and each stop that is new."""
    log = []
    for name in OF_THE_UNIT:
        old, new = (_figure(unit, name) for unit in (before, change))
        if old != new:
            log.append(row(change, change.unit, name, old, new))
    visits = [{s.settlement: s.days_a_month for s in unit.stops} if unit else {} for unit in (before, change)]
    for place in sorted({*visits[0], *visits[1]}):
        old, new = (days.get(place) for days in visits)
        if old != new:
            log.append(row(change, stop_id(change, place), "visit_days_a_month", old, new))
    return log


def _figure(unit: MobileUnit | None, name: str) -> Any:
    """Return a figure of a unit, None where there is none."""
    value = getattr(unit, name) if unit is not None else None
    return ";".join(value) if isinstance(value, tuple) else value


def _stop(unit: MobileUnit, settlement: str, days: int, tables: TableSet) -> Cells:
    """Return the cells of one stop."""
    place = tables.settlements.loc[settlement]
    names = {f"name_{k}": f"{unit.name}, {place[f'name_{k}']}" for k in ("az", "en", "ru")}
    return (
        blank(tables)
        | in_settlement(unit, settlement, tables)[0]
        | names
        | {
            "owner": "civil",
            "level": "primary",
            "services": ";".join(unit.services),
            "status": "operating",
            "open_from": unit.start,
            "open_until": unit.until,
            "staff": pd.NA if unit.staff is None else unit.staff,
            "mobile_unit": unit.unit,
            "visit_days_a_month": days,
            "source": unit.source or f"scenario, {unit.where}",
            "confidence": unit.confidence,
        }
    )
