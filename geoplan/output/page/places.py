"""Result -> points and facilities as columns: whole for the first year, for later years only what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.output.page.pack import coded, column, names, position, text_column
from geoplan.output.page.vendored import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.result import Result, YearState

Columns = dict[str, Any]

FIGURES: Final = (
    "beds",
    "staff",
    "cost_azn",
    "running_cost_azn",
    "ambulances",
    "cars",
    "offroad_vehicles",
    "fleet_staff",
    "fleet_cost_azn",
    "fleet_running_cost_azn",
    "visit_days_a_month",
)
"""Whole numbers of a facility, as its card lists them; null where unknown."""


def point_columns(result: Result, ids: list[str], *, beside: Result | None = None) -> list[Columns]:
    """Return the demand points in the order of `ids`, one table of columns a year (see `only_changes`).

    What only `beside` has stands there as it has it, with nobody living there.
    """
    frames = [state.demand for state in result.years]
    known = [*frames, *(state.demand for state in _years(beside))]
    return only_changes([_points(result, frame, _in_order(frame, known, ids)) for frame in frames])


def facility_columns(result: Result, ids: list[str], *, beside: Result | None = None) -> list[Columns]:
    """Return the facilities in the order of `ids`, one table of columns a year (see `only_changes`).

    What only `beside` has stands there as it has it, and does not count.
    """
    known = [state.facilities for state in (*result.years, *_years(beside))]
    tables = [_facilities(result, s, _in_order(s.facilities, known, ids)) for s in result.years]
    return only_changes(tables)


def _years(result: Result | None) -> tuple[YearState, ...]:
    """Return the years of a result; none of no result."""
    return () if result is None else result.years


def only_changes(tables: Sequence[Columns]) -> list[Columns]:
    """Return the first table whole and of each later one only the columns that differ from the first."""
    first, *later = tables
    return [first, *({key: v for key, v in table.items() if v != first[key]} for table in later)]


def _in_order(frame: pd.DataFrame, frames: list[pd.DataFrame], ids: list[str]) -> pd.DataFrame:
    """Return the rows of one year, with the first row found elsewhere for an id that this year lacks."""
    lacking = [key for key in ids if key not in frame.index]
    if not lacking:
        return frame.loc[ids]
    every = pd.concat(frames)
    every = every[~every.index.duplicated()]
    return pd.concat([frame, every.loc[lacking]]).loc[ids]


def _points(result: Result, frame: pd.DataFrame, rows: pd.DataFrame) -> Columns:
    """Return the demand points of one year; nobody lives at a point that is not there in that year."""
    return {
        "id": [str(key) for key in rows.index],
        "kind": coded(text_column(rows["demand_kind"])),
        "name": names(rows),
        "district": position(rows["district_id"], _districts(result)),
        "lat": column(rows["lat"], 5),
        "lon": column(rows["lon"], 5),
        "radius_km": column(rows["position_radius_km"]),
        "people": frame["population"].reindex(rows.index).fillna(0).astype("int64").tolist(),
        "confidence": coded(text_column(rows["population_confidence"])),
        "liberated": column(rows["liberated"].astype(int)),
        "planned": column(rows["planned"].astype(int)),
        "planned_persons": column(rows["planned_persons"], 0),
        "source": coded(text_column(rows["source"])),
    }


def _facilities(result: Result, state: YearState, rows: pd.DataFrame) -> Columns:
    """Return the facilities of one year, and whether they operate and count in it."""
    texts = ("position_quality", "owner", "operator", "level", "status", "confidence", "source", "note")
    out: Columns = {key: text_column(rows[key]) for key in (*texts, "open_from", "open_until")}
    counts = state.facilities["counts"].reindex(rows.index)
    return out | {
        "id": [str(key) for key in rows.index],
        "name": names(rows),
        "settlement": _settlement_names(result, rows),
        "district": position(rows["district_id"], _districts(result)),
        "serves": position(text_column(rows["serves_district_id"]), _districts(result)),
        "lat": column(rows["lat"], 5),
        "lon": column(rows["lon"], 5),
        "radius_km": column(rows["position_radius_km"]),
        **{key: column(rows[key], 0) for key in FIGURES},
        "services": [_words(value) for value in rows["services"]],
        "counts": [int(v is True or v == 1) for v in counts.tolist()],
    }


def _settlement_names(result: Result, rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return the settlement's own name in each language; the name that the run found where it is unknown."""
    known = names(result.settlements)
    at = position(text_column(rows["settlement_id"]), [str(key) for key in result.settlements.index])
    fallback = text_column(rows["settlement_name_az"])
    return {
        key: [known[key][k] if k >= 0 else own for k, own in zip(at, fallback, strict=True)]
        for key in LANGUAGES
    }


def _districts(result: Result) -> list[str]:
    """Return the ids of the districts in the order of their polygons."""
    return [str(key) for key in result.districts.index]


def _words(value: Any) -> list[str]:
    """Return a list cell as a list, also where it is still text."""
    return [w for w in value.split(";") if w] if isinstance(value, str) else [str(w) for w in value]
