"""Where a changed or new facility stands: the cells of a settlement, of a position, of an empty row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.changes.log import unknown

if TYPE_CHECKING:
    from geoplan.errors import Finding
    from geoplan.scenario.change_base import BaseChange
    from geoplan.scenario.change_facilities import PlacedFacility
    from geoplan.tables.read import TableSet

    Cells = dict[str, Any]
    Outcome = tuple[Cells, list[Finding]]

POSITION_RADIUS_KM = 1.0
"""Radius of a position given by latitude and longitude."""

TOWN_RADIUS_KM = 0.5
"""Least radius of a facility of which only the settlement is known."""


def cells_of(rows: pd.DataFrame) -> dict[str, Cells]:
    """Return the cells of each row of a table by its id."""
    return {str(k): dict(v) for k, v in rows.to_dict("index").items()}  # type: ignore[arg-type]


def blank(tables: TableSet) -> Cells:
    """Return the cells of a facility of which nothing is known."""
    kinds = tables.facilities.dtypes.items()
    return {str(column): pd.NA if pd.api.types.is_integer_dtype(kind) else "" for column, kind in kinds}


def place_of(change: PlacedFacility, tables: TableSet) -> Outcome:
    """Return the cells of the place that a change names, or which id is unknown."""
    if change.settlement:
        return in_settlement(change, change.settlement, tables)
    if change.district not in tables.districts.index:
        rows = tables.districts[["name_az", "name_en", "name_ru"]]
        names = zip(rows.index, rows.to_numpy(), strict=True)
        return {}, [unknown(change, "district", change.district, names)]
    return {
        "settlement_id": "",
        "district_id": change.district,
        "lat": change.lat,
        "lon": change.lon,
        "position_quality": "assumed",
        "position_radius_km": POSITION_RADIUS_KM,
    }, []


def in_settlement(change: BaseChange, settlement: str, tables: TableSet) -> Outcome:
    """Return the cells of a facility in a settlement, or that there is no such settlement."""
    if settlement not in tables.settlements.index:
        rows = tables.settlements[["name_az", "name_en", "name_ru"]]
        names = zip(rows.index, rows.to_numpy(), strict=True)
        return {}, [unknown(change, "settlement", settlement, names)]
    place = cells_of(tables.settlements.loc[[settlement]])[settlement]
    return {
        "settlement_id": settlement,
        "district_id": place["district_id"],
        "lat": float(place["lat"]),
        "lon": float(place["lon"]),
        "position_quality": "town_centre",
        "position_radius_km": max(float(place["position_radius_km"]), TOWN_RADIUS_KM),
    }, []
