"""Road table -> the edges usable in one year, season and vehicle: ends, speeds, lines, and what is wrong."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.network.road_table import TURN_KM, TURN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EXEMPT_FROM_LIMITS: Final = frozenset({"ambulance"})
"""Vehicles that may drive faster than the legal limit."""

LINE_END_TOLERANCE_KM: Final = 5.0
"""A drawn line whose ends lie farther than this from its nodes gets a warning; tables that are read from
files hold no such line, and what is nearer is said when they are checked (`tables.check_roads`)."""

CLIMB_KMH: Final = 0.14
"""km/h lost for each metre of rise or fall a kilometre: 7 km/h on a steady 5 %. Assumed for this country."""

LEAST_SHARE: Final = 0.5
"""No climb takes more than this share of the speed: assumed."""


def usable_roads(roads: pd.DataFrame, *, season: str, year: int) -> NDArray[np.bool_]:
    """Return which roads are open on 1 January of `year` in `season`."""
    day = date(year, 1, 1)
    opens, closes = _dates(roads, "open_from"), _dates(roads, "open_until")
    from_known = np.array([d is not None for d in opens], dtype=bool)
    begun = np.array([d is None or d <= day for d in opens], dtype=bool)
    ended = np.array([d is not None and d <= day for d in closes], dtype=bool)
    unfinished = np.isin(texts(roads, "status"), ["construction", "planned"]) & ~from_known
    usable = begun & ~ended & ~unfinished
    if season == "winter" and "closed_in_winter" in roads:
        usable &= ~(roads["closed_in_winter"].fillna(value=False).to_numpy(dtype=bool))
    return np.asarray(usable, dtype=bool)


def _dates(roads: pd.DataFrame, column: str) -> list[date | None]:
    """Return the dates of a column; empty, NaN, NaT and a missing column are None."""
    if column not in roads:
        return [None] * len(roads)
    cells = roads[column].astype(object)
    return [None if missing else _as_date(cell) for cell, missing in zip(cells, cells.isna(), strict=True)]


def _as_date(cell: Any) -> date:
    """Return `cell` (date, timestamp, `2026` or `2026-05-01`) as a date; a year is its 1 January."""
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = str(cell)
    return date(int(text), 1, 1) if text.isdigit() else date.fromisoformat(text)


def texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column as plain strings, `""` where empty or absent."""
    if column not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame[column].astype(object).where(frame[column].notna(), ""), dtype=object)


def with_ends(
    roads: pd.DataFrame, node_ids: pd.Index[str], findings: list[Finding]
) -> tuple[pd.DataFrame, NDArray[np.int32]]:
    """Return the roads that have their nodes and a length, with their node numbers, (roads, 4).

    The numbers are those of `from`, `to`, `back_from` and `back_to`; without the last two the way back runs
    from `to` to `from`.
    """
    ends = np.column_stack([node_ids.get_indexer(pd.Index(names)) for names in _end_names(roads)])
    length_km = roads["length_km"].to_numpy(dtype=np.float64)
    for column, number in zip(_END_COLUMNS, ends.T, strict=True):
        if column not in roads:
            continue
        for road, node in roads.loc[number < 0, column].items():
            findings.append(
                Finding("error", "unknown-node", f"road {road} names the unknown node '{node}'.",
                        f"roads.csv: {road}:{column}", "Add the node or correct the name.")
            )  # fmt: skip
    long_enough = np.isfinite(length_km) & (length_km > 0)
    for road, km in roads.loc[~long_enough, "length_km"].items():
        findings.append(
            Finding("error", "road-length", f"road {road} has length_km {km}; it must be above 0.",
                    f"roads.csv: {road}:length_km", "Give the length of the road in kilometres.")
        )  # fmt: skip
    good = (ends >= 0).all(axis=1) & long_enough
    return roads[good], ends[good].astype(np.int32)


_END_COLUMNS: Final = ("from", "to", "back_from", "back_to")


def _end_names(roads: pd.DataFrame) -> list[NDArray[np.object_]]:
    """Return the names of the four ends of each road; where the way back names none, those of the way on."""
    on = [roads[c].astype(object).to_numpy() for c in ("from", "to")]
    back = [texts(roads, c) for c in ("back_from", "back_to")]
    return [*on, *(np.where(own == "", on[1 - k], own) for k, own in enumerate(back))]


def turn_rows(roads: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are no roads but allowed turns at junctions with turn restrictions."""
    named = np.array([str(road).startswith(TURN_PREFIX) for road in roads.index], dtype=bool)
    return named & (roads["length_km"].to_numpy(dtype=np.float64) <= TURN_KM)


def speeds_kmh(
    roads: pd.DataFrame, speeds: pd.DataFrame, *, vehicle: str, season: str, findings: list[Finding]
) -> NDArray[np.float64]:
    """Return km/h of each road: its own speed, else that of its class and surface; 0 where none is known.

    Rise and fall (`climb_m_per_km`) slow the speed of the class, and the legal limit caps it; a road's own
    speed stands. An ambulance on a call is exempt from limits.
    """
    rows = speeds[(speeds["vehicle"] == vehicle) & (speeds["season"] == season)]
    kmh = rows["speed_kmh"].to_numpy(dtype=np.float64)
    known = dict(zip(zip(rows["class"], rows["surface"], strict=True), kmh, strict=True))
    kinds = list(zip(texts(roads, "class"), texts(roads, "surface"), strict=True))
    by_kind = np.array([known.get(kind, np.nan) for kind in kinds], dtype=np.float64)
    if "climb_m_per_km" in roads:
        by_kind = climbing_kmh(by_kind, roads["climb_m_per_km"].to_numpy(dtype=np.float64, na_value=0.0))
    if "limit_kmh" in roads and vehicle not in EXEMPT_FROM_LIMITS:
        limit_kmh = roads["limit_kmh"].to_numpy(dtype=np.float64, na_value=np.nan)
        by_kind = np.where(limit_kmh < by_kind, limit_kmh, by_kind)
    own = roads["speed_kmh"].to_numpy(dtype=np.float64, na_value=np.nan) if "speed_kmh" in roads else np.nan
    speed_kmh = np.where(np.isnan(own), by_kind, own)
    ids = np.asarray(roads.index, dtype=object)
    absurd = (speed_kmh < 0) | np.isinf(speed_kmh)
    findings.extend(_absurd_speed(str(ids[k]), float(speed_kmh[k])) for k in np.flatnonzero(absurd))
    speed_kmh = np.where(absurd, 0.0, speed_kmh)
    missing: dict[tuple[str, str], list[str]] = {}
    for number in np.flatnonzero(np.isnan(speed_kmh)):
        missing.setdefault(kinds[number], []).append(str(ids[number]))
    findings.extend(_missing_speed(kind, missing[kind], vehicle, season, known) for kind in sorted(missing))
    return np.nan_to_num(speed_kmh, nan=0.0)


def climbing_kmh(level_kmh: NDArray[np.float64], climb_m_per_km: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return speeds on roads that rise and fall by so much a kilometre, both directions alike.

    The form is that of the British COBA manual (Design Manual for Roads and Bridges, volume 13, section 1,
    part 5, 2002), where the speed of light vehicles on rural roads falls in proportion to hilliness.
    """
    slowed = level_kmh - CLIMB_KMH * np.nan_to_num(climb_m_per_km, nan=0.0)
    return np.asarray(np.maximum(slowed, LEAST_SHARE * level_kmh), dtype=np.float64)


def _absurd_speed(road: str, kmh: float) -> Finding:
    """Return the error for a speed that no route may use (SciPy would only warn, or drop the road)."""
    return Finding(
        "error", "road-speed", f"road {road} has a speed of {kmh:g} km/h.", f"roads.csv: {road}:speed_kmh",
        "Give a speed of 0 (closed) or more, here or in speeds.csv.",
    )  # fmt: skip


def _missing_speed(
    kind: tuple[str, str], roads: list[str], vehicle: str, season: str, known: Mapping[tuple[str, str], float]
) -> Finding:
    """Return the error for roads of one class and surface without a speed."""
    surface, others = kind[1], sorted(s for c, s in known if c == kind[0])
    have = f" The table has this class with surface {', '.join(others)}." if others else ""
    return Finding(
        "error",
        "missing-speed",
        f"no speed for class '{kind[0]}', surface '{surface}', vehicle '{vehicle}', season '{season}';"
        f" {len(roads)} roads need it, first '{roads[0]}'.",
        "speeds.csv",
        f"Add this row, or give the roads their own speed_kmh.{have}",
        (
            ("class", kind[0]),
            ("surface", surface),
            ("vehicle", vehicle),
            ("season", season),
            ("roads", len(roads)),
        ),
    )


def draw_shapes(
    roads: pd.DataFrame, nodes: pd.DataFrame, ends: NDArray[np.int32], findings: list[Finding]
) -> NDArray[np.object_]:
    """Return the drawn line of each road from its first to its second node."""
    point = np.column_stack([nodes["lon"].to_numpy(np.float64), nodes["lat"].to_numpy(np.float64)])
    straight = (
        np.asarray(shapely.linestrings(point[ends]), dtype=object) if len(ends) else np.empty(0, object)
    )
    if "geometry" not in roads:
        return straight
    cells = np.array([None if g is None or g != g or g == "" else g for g in roads["geometry"]], dtype=object)  # noqa: PLR0124 - NaN
    text = np.array([isinstance(g, str) for g in cells], dtype=bool)
    cells[text] = shapely.from_wkt(cells[text])
    drawn = np.array([g is not None and not g.is_empty for g in cells], dtype=bool)
    shapes = np.where(drawn, cells, straight)
    return _turned(shapes, point[ends], np.asarray(roads.index, dtype=object), findings)


def _turned(
    shapes: NDArray[np.object_],
    ends: NDArray[np.float64],
    road_ids: NDArray[np.object_],
    findings: list[Finding],
) -> NDArray[np.object_]:
    """Return the lines in the direction of their road; a line far from its nodes gets a warning."""
    first, last = (shapely.get_coordinates(shapely.get_point(shapes, k)) for k in (0, -1))
    as_drawn_km = np.maximum(_apart_km(first, ends[:, 0]), _apart_km(last, ends[:, 1]))
    other_km = np.maximum(_apart_km(first, ends[:, 1]), _apart_km(last, ends[:, 0]))
    back = other_km < as_drawn_km
    for number in np.flatnonzero(np.minimum(as_drawn_km, other_km) > LINE_END_TOLERANCE_KM):
        gap = round(float(min(as_drawn_km[number], other_km[number])), 1)
        findings.append(
            Finding("warning", "road-line-ends",
                    f"the drawn line of road {road_ids[number]} ends {gap} km from its node.",
                    f"roads.csv: {road_ids[number]}:geometry", "Draw it from the first to the second node.",
                    (("road", str(road_ids[number])), ("km", gap)))
        )  # fmt: skip
    shapes = shapes.copy()
    shapes[back] = shapely.reverse(shapes[back])
    return shapes


def _apart_km(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rough kilometres between lon lat pairs, good enough to compare with a tolerance."""
    dlon = (a[:, 0] - b[:, 0]) * np.cos(np.radians(a[:, 1]))
    return np.hypot(dlon, a[:, 1] - b[:, 1]) * 111.2
