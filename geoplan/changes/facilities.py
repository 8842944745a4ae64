"""Facilities of one day: opened, closed, upgraded, moved, added, with more services."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.changes.log import error, no_effect, row, unknown, words
from geoplan.changes.mobile import mobile_stops
from geoplan.changes.places import blank, cells_of, place_of
from geoplan.errors import Finding
from geoplan.scenario.change_facilities import (
    UPGRADES,
    AddFacility,
    AddService,
    CloseFacility,
    FacilityChange,
    MoveFacility,
    OpenFacility,
    PlacedFacility,
    UpgradeFacility,
)
from geoplan.scenario.change_mobile import VEHICLES, Fleet, MobileUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geoplan.result import ChangeRow
    from geoplan.scenario import AnyChange
    from geoplan.tables.read import TableSet

    Cells = dict[str, Any]
    Outcome = tuple[Cells, list[Finding]]

WORKING: Final = ("operating", "unverified")
CONFIDENCES: Final = ("assumed", "low", "medium", "high")
"""From worst to best."""


def changed_facilities(
    changes: Sequence[AnyChange], tables: TableSet, day: dt.date
) -> tuple[pd.DataFrame, list[ChangeRow], list[Finding]]:
    """Return the facilities as they are on `day`, the log and the findings; `changes` by start."""
    mine = [change for change in changes if isinstance(change, FacilityChange)]
    units = [change for change in changes if isinstance(change, MobileUnit)]
    if not mine and not units:
        return tables.facilities, [], []
    rows: dict[str, Cells] = cells_of(tables.facilities)
    log: list[ChangeRow] = []
    findings = [
        f for change in mine if isinstance(change, PlacedFacility) for f in place_of(change, tables)[1]
    ]
    if findings:
        return tables.facilities, [], findings
    later = {change.facility for change in mine if isinstance(change, AddFacility)}
    for change in mine:
        exists = change.facility in rows
        if not exists and change.facility not in later:
            names = ((k, (r["name_az"], r["name_en"], r["name_ru"])) for k, r in rows.items())
            findings.append(unknown(change, "facility", change.facility, names))
        if not change.holds(day) or (not exists and not isinstance(change, AddFacility)):
            continue
        before = rows.get(change.facility, {})
        cells, found = _CHANGING[type(change)](change, before, tables, day)
        findings += found
        cells = cells | _money(change, before)
        rows[change.facility] = {**before, **cells}
        log += _logged(change, before, cells)
    stops, more, found = mobile_stops(units, rows, tables, day)
    return _frame(rows | stops, tables.facilities), log + more, findings + found


def _frame(rows: dict[str, Cells], like: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as a table with the columns, types and order of the facilities."""
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(like.columns)).sort_index()
    dates = ("open_from", "open_until")
    frame = frame.astype({c: _roomy(frame[c], t) for c, t in like.dtypes.items() if c not in dates})
    for column in dates:
        days = [d if isinstance(d, dt.date) else None for d in frame[column].tolist()]
        frame[column] = pd.Series(days, index=frame.index, dtype=object)
    frame.index = pd.Index(frame.index, name=like.index.name, dtype=like.index.dtype)
    return frame


def _roomy(cells: pd.Series[Any], kind: Any) -> Any:
    """Return the type of a column; whole numbers get room for empty cells where a new row has some."""
    return "Int64" if kind == "int64" and cells.isna().any() else kind


def _logged(change: FacilityChange, before: Cells, cells: Cells) -> list[ChangeRow]:
    """Return one row a cell that is new."""
    log = []
    for column, new in cells.items():
        old = before.get(column)
        if column not in {"source", "note"} and words(old) != words(new):
            log.append(row(change, change.facility, column, old, new))
    return log


def _money(change: FacilityChange, before: Cells) -> Cells:
    """Return the cells of staff and money; what a change costs once is added to what was spent before."""
    prefix = "fleet_" if isinstance(change, Fleet) else ""
    cells = {prefix + k: getattr(change, k) for k in ("staff", "running_cost_azn")}
    if change.cost_azn is not None:
        spent = before.get(f"{prefix}cost_azn", pd.NA)
        cells[f"{prefix}cost_azn"] = change.cost_azn + (0 if pd.isna(spent) else int(spent))
    return {name: value for name, value in cells.items() if value is not None}


def is_open(cells: Cells, day: dt.date) -> bool:
    """Whether a facility works on `day` by its status and dates."""
    begin, end = cells["open_from"], cells["open_until"]
    return cells["status"] in WORKING and (begin is None or begin <= day) and (end is None or day < end)


# --- what each kind makes of a facility ---------------------------------------------------------------


def _opened(change: Any, before: Cells, _tables: TableSet, day: dt.date) -> Outcome:
    """Return the cells of a facility that begins to work."""
    if is_open(before, change.start or day):
        return {}, [no_effect(change, f"{change.facility} works already on {change.start or day}")]
    cells = {"status": "operating", "open_from": change.start, "open_until": change.until}
    cells |= {"confidence": _worse(before["confidence"], change.confidence)}
    return cells | _told(change, ("beds",)), []


def _closed(change: Any, before: Cells, _tables: TableSet, day: dt.date) -> Outcome:
    """Return the cells of a facility that stops working, or why it cannot."""
    begin = change.start or day
    if is_open(before, begin):
        return {"open_until": begin}, []
    opens = before["open_from"]
    if before["status"] not in WORKING or (opens is not None and opens > begin):
        since = f"it opens on {opens}" if opens is not None else f"it is {before['status']}"
        message = f"{change.facility} closes on {begin}, but does not work then: {since}."
        return {}, [error(change, "closing-before-opening", message, "Let it open first, or close it later.")]
    return {}, [no_effect(change, f"{change.facility} is closed already on {begin}")]


def _upgraded(change: Any, before: Cells, _tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility that becomes larger or of a higher level."""
    cells = _told(change, UPGRADES)
    same = all(words(before[name]) == words(value) for name, value in cells.items())
    return cells, [no_effect(change, f"{change.facility} is so already")] if same else []


def _told(change: Any, names: Sequence[str]) -> Cells:
    """Return the cells that a change names under their own columns."""
    return {name: getattr(change, name) for name in names if getattr(change, name) is not None}


def _stationed(change: Any, before: Cells, _tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility with other vehicles."""
    cells = _told(change, VEHICLES)
    same = all(words(before[name]) == words(value) for name, value in cells.items())
    found = [no_effect(change, f"{change.facility} has them already")] if same else []
    return cells, [*found, _no_dispatch(change)]


def _no_dispatch(change: Fleet) -> Finding:
    """Return the note that says what the vehicles are not used for."""
    message = (
        f"the vehicles of {change.facility} stand in facilities.csv and on its card; no travel time and no "
        "analysis of dispatch rests on them."
    )
    return Finding(
        "note", "fleet-not-dispatched", message, where=change.where, params=(("facility", change.facility),)
    )


def _moved(change: Any, _before: Cells, tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility at another place."""
    return place_of(change, tables)


def _added(change: Any, before: Cells, tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility that no table has."""
    if before:
        message = f"there is a facility '{change.facility}' already."
        return {}, [error(change, "facility-exists", message, "Write open_facility, or give another id.")]
    place, found = place_of(change, tables)
    cells = {
        "name_az": change.name,
        "name_en": change.name,
        "name_ru": change.name,
        "owner": change.owner,
        "level": change.level,
        "services": ";".join(change.services),
        "status": "operating",
        "open_from": change.start,
        "open_until": change.until,
        "source": change.source or f"scenario, {change.where}",
        "confidence": change.confidence,
    }
    return blank(tables) | place | cells | _told(change, ("beds",)), found


def _served(change: Any, before: Cells, _tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility that gives one more service."""
    services = before["services"].split(";")
    if change.service in services:
        return {}, [no_effect(change, f"{change.facility} gives {change.service} already")]
    worse = _worse(before["confidence"], change.confidence)
    return {"services": ";".join([*services, change.service]), "confidence": worse}, []


_CHANGING: Final[dict[type, Callable[[Any, Cells, TableSet, dt.date], Outcome]]] = {
    OpenFacility: _opened,
    CloseFacility: _closed,
    UpgradeFacility: _upgraded,
    MoveFacility: _moved,
    AddFacility: _added,
    AddService: _served,
    Fleet: _stationed,
}


def _worse(one: str, other: str) -> str:
    """Return the lower of two confidences."""
    return min(one, other, key=CONFIDENCES.index)
