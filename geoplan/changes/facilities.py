"""Facilities of one day: opened, closed, upgraded, moved, added, with more services."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.changes.log import error, no_effect, row, unknown, words
from geoplan.scenario.change_facilities import (
    AddFacility,
    AddService,
    CloseFacility,
    FacilityChange,
    MoveFacility,
    OpenFacility,
    PlacedFacility,
    UpgradeFacility,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geoplan.errors import Finding
    from geoplan.result import ChangeRow
    from geoplan.scenario import AnyChange
    from geoplan.tables.read import TableSet

    Cells = dict[str, Any]
    Outcome = tuple[Cells, list[Finding]]

WORKING: Final = ("operating", "unverified")
CONFIDENCES: Final = ("assumed", "low", "medium", "high")
"""From worst to best."""

LOGGED_ONLY: Final = ("staff", "cost_azn")
"""What a change may say that no table has."""


def changed_facilities(
    changes: Sequence[AnyChange], tables: TableSet, day: dt.date
) -> tuple[pd.DataFrame, list[ChangeRow], list[Finding]]:
    """Return the facilities as they are on `day`, the log and the findings; `changes` by start."""
    mine = [change for change in changes if isinstance(change, FacilityChange)]
    if not mine:
        return tables.facilities, [], []
    rows: dict[str, Cells] = _cells(tables.facilities)
    log: list[ChangeRow] = []
    findings = [f for change in mine if isinstance(change, PlacedFacility) for f in _place(change, tables)[1]]
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
        rows[change.facility] = {**before, **cells}
        log += _logged(change, before, cells)
    return _frame(rows, tables.facilities), log, findings


def _cells(facilities: pd.DataFrame) -> dict[str, Cells]:
    """Return the cells of each facility by its id."""
    return {str(k): dict(v) for k, v in facilities.to_dict("index").items()}  # type: ignore[arg-type]


def _frame(rows: dict[str, Cells], like: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as a table with the columns, types and order of the facilities."""
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(like.columns)).sort_index()
    frame = frame.astype({c: t for c, t in like.dtypes.items() if c not in {"open_from", "open_until"}})
    for column in ("open_from", "open_until"):
        days = [d if isinstance(d, dt.date) else None for d in frame[column].tolist()]
        frame[column] = pd.Series(days, index=frame.index, dtype=object)
    frame.index = pd.Index(frame.index, name=like.index.name, dtype=like.index.dtype)
    return frame


def _logged(change: FacilityChange, before: Cells, cells: Cells) -> list[ChangeRow]:
    """Return one row a cell that is new, and one for each figure that only the log keeps."""
    log = []
    for column, new in cells.items():
        old = before.get(column)
        if column not in {"source", "note"} and words(old) != words(new):
            log.append(row(change, change.facility, column, old, new))
    told = {name: getattr(change, name) for name in LOGGED_ONLY}
    return log + [row(change, change.facility, k, None, v) for k, v in told.items() if v is not None]


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
    return cells | ({"beds": change.beds} if change.beds is not None else {}), []


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
    cells = {name: getattr(change, name) for name in ("level", "beds") if getattr(change, name) is not None}
    same = all(str(before[name]) == str(value) for name, value in cells.items())
    return cells, [no_effect(change, f"{change.facility} is so already")] if same else []


def _moved(change: Any, _before: Cells, tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility at another place."""
    return _place(change, tables)


def _added(change: Any, before: Cells, tables: TableSet, _day: dt.date) -> Outcome:
    """Return the cells of a facility that no table has."""
    if before:
        message = f"there is a facility '{change.facility}' already."
        return {}, [error(change, "facility-exists", message, "Write open_facility, or give another id.")]
    place, found = _place(change, tables)
    empty = {column: pd.NA if column == "beds" else "" for column in tables.facilities.columns}
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
        "beds": pd.NA if change.beds is None else change.beds,
        "source": change.source or f"scenario, {change.where}",
        "confidence": change.confidence,
    }
    return empty | place | cells, found


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
}


def _worse(one: str, other: str) -> str:
    """Return the lower of two confidences."""
    return min(one, other, key=CONFIDENCES.index)


def _place(change: PlacedFacility, tables: TableSet) -> Outcome:
    """Return the cells of the place that a change names, or which id is unknown."""
    if not change.settlement:
        if change.district in tables.districts.index:
            cells = {
                "settlement_id": "",
                "district_id": change.district,
                "lat": change.lat,
                "lon": change.lon,
            }
            return cells | {"position_quality": "assumed", "position_radius_km": 1.0}, []
        rows = tables.districts[["name_az", "name_en", "name_ru"]]
        return {}, [
            unknown(change, "district", change.district, zip(rows.index, rows.to_numpy(), strict=True))
        ]
    if change.settlement not in tables.settlements.index:
        rows = tables.settlements[["name_az", "name_en", "name_ru"]]
        names = zip(rows.index, rows.to_numpy(), strict=True)
        return {}, [unknown(change, "settlement", change.settlement, names)]
    place = _cells(tables.settlements.loc[[change.settlement]])[change.settlement]
    return {
        "settlement_id": change.settlement,
        "district_id": place["district_id"],
        "lat": float(place["lat"]),
        "lon": float(place["lon"]),
        "position_quality": "town_centre",
        "position_radius_km": max(float(place["position_radius_km"]), 0.5),
    }, []
