"""`RoadTable` -> `RoadNetwork` of one year, season and vehicle, array by array, at the size of a country."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from geoplan.errors import Finding
from geoplan.network.edges import EXEMPT_FROM_LIMITS
from geoplan.network.graph import RoadNetwork, UsableRoads, Weight, assemble
from geoplan.network.lines import centre_of, lay_lines
from geoplan.network.osm_tags import NO_DAY, ROAD_CLASSES, STATUSES, SURFACES
from geoplan.network.road_table import TURN_KM, TURN_KMH, TURN_PREFIX, RoadTable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def build_table_network(
    table: RoadTable,
    speeds: pd.DataFrame,
    *,
    vehicle: str | None = None,
    season: str = "summer",
    year: int = 2026,
    weight: Weight = "time",
) -> tuple[RoadNetwork, list[Finding]]:
    """Return the network of the roads of a table usable on 1 January of `year`, and what is wrong with it.

    The same as `build_network` on `table.frame()` and `table.node_frame()`, without their texts.

    Parameters
    ----------
    speeds
        Columns class, surface, vehicle, season, speed_kmh.
    vehicle
        Whose speeds; the table's own vehicle if not given.
    """
    vehicle = vehicle or table.vehicle
    findings = list(table.findings)
    if vehicle != table.vehicle:
        findings.append(_other_vehicle(table, vehicle))
    used = usable(table, season=season, year=year)
    speed_kmh = table_speeds_kmh(table, speeds, vehicle=vehicle, season=season)
    findings += _missing_speeds(table, used & np.isnan(speed_kmh), vehicle, season)
    road = np.flatnonzero(used & (speed_kmh > 0))
    if not len(road):
        findings.append(
            Finding(
                "error", "no-usable-road", f"no road is usable by {vehicle} in {season} {year}.", table.source
            )
        )
    return assemble(_used_roads(table, road, speed_kmh[road]), weight, findings), findings


def _other_vehicle(table: RoadTable, vehicle: str) -> Finding:
    return Finding(
        "warning", "roads-vehicle",
        f"the roads were chosen for {table.vehicle}, the speeds are those of {vehicle}.", table.source,
        "Read the file again for this vehicle.",
    )  # fmt: skip


def usable(table: RoadTable, *, season: str, year: int) -> NDArray[np.bool_]:
    """Return which roads of a table are open on 1 January of `year` in `season`."""
    day = (date(year, 1, 1) - date(1970, 1, 1)).days
    dated = table.open_from_day != NO_DAY
    begun = np.where(dated, table.open_from_day <= day, table.status == STATUSES.index("open"))
    return begun & ~(table.closed_in_winter & (season == "winter"))


def table_speeds_kmh(
    table: RoadTable, speeds: pd.DataFrame, *, vehicle: str, season: str
) -> NDArray[np.float64]:
    """Return km/h of each road, nan where none is known: its own speed, else that of class and surface.

    The legal limit caps the speed of the class, not the road's own; an ambulance on a call is exempt.
    """
    rows = speeds[(speeds["vehicle"] == vehicle) & (speeds["season"] == season)]
    kmh = np.full((len(ROAD_CLASSES), len(SURFACES)), np.nan)
    for name, surface, value in zip(rows["class"], rows["surface"], rows["speed_kmh"], strict=True):
        if name in ROAD_CLASSES and surface in SURFACES:
            kmh[ROAD_CLASSES.index(name), SURFACES.index(surface)] = value
    by_kind = kmh[table.road_class, table.surface]
    if vehicle not in EXEMPT_FROM_LIMITS:
        by_kind = np.where(table.limit_kmh < by_kind, table.limit_kmh, by_kind)
    return np.where(np.isnan(table.speed_kmh), by_kind, table.speed_kmh)


def _missing_speeds(table: RoadTable, missing: NDArray[np.bool_], vehicle: str, season: str) -> list[Finding]:
    """Return one error for each class and surface without a speed."""
    kinds, count = np.unique(
        np.column_stack([table.road_class[missing], table.surface[missing]]), axis=0, return_counts=True
    )
    return [
        Finding(
            "error", "missing-speed",
            f"no speed for class '{ROAD_CLASSES[k]}', surface '{SURFACES[s]}', vehicle '{vehicle}', season"
            f" '{season}'; {n} roads need it.", "speeds.csv", "Add this row.",
        )
        for (k, s), n in zip(kinds.tolist(), count.tolist(), strict=True)
    ]  # fmt: skip


def _used_roads(table: RoadTable, road: NDArray[np.intp], speed_kmh: NDArray[np.float64]) -> UsableRoads:
    """Return the chosen roads, then the turns as one-way roads of a millimetre."""
    turns = len(table.turn_from)
    turn_ends = np.column_stack([table.turn_from, table.turn_to])
    on = np.column_stack([table.from_node, table.to_node])[road]
    back = np.column_stack([table.back_from, table.back_to])[road]
    size = np.diff(table.line_start)[road]
    vertex = _ranges(table.line_start[:-1][road], size)
    start = np.concatenate([[0], np.cumsum(np.append(size, np.full(turns, 2)))]).astype(np.int64)
    both = np.repeat(table.turn_from, 2)
    empty = np.full(turns, "", dtype=object)
    turn_ids = np.array([f"{TURN_PREFIX}{k:07d}" for k in range(turns)], dtype=object)
    centre_deg = centre_of(table.line_lat, table.line_lon)
    return UsableRoads(
        node_ids=table.node_ids(),
        node_row=np.arange(len(table.node_osm_id), dtype=np.int32),
        node_lat=table.node_lat,
        node_lon=table.node_lon,
        road_ids=np.append(table.road_ids()[road], turn_ids),
        road_row=np.append(road, len(table) + np.arange(turns)).astype(np.int32),
        road_ref=np.append(table.texts("ref")[road], empty),
        road_name=np.append(table.texts("name")[road], empty),
        road_class=np.append(table.texts("road_class")[road], np.full(turns, "service", dtype=object)),
        ends=np.concatenate([on, turn_ends]).astype(np.int32),
        back=np.concatenate([back, turn_ends[:, ::-1]]).astype(np.int32),
        oneway=np.append(table.oneway[road], np.ones(turns, dtype=bool)),
        turn=np.append(np.zeros(len(road), dtype=bool), np.ones(turns, dtype=bool)),
        km=np.append(table.length_km[road], np.full(turns, TURN_KM)),
        speed_kmh=np.append(speed_kmh, np.full(turns, TURN_KMH)),
        lines=lay_lines(
            start,
            np.append(table.line_lon[vertex], table.node_lon[both]),
            np.append(table.line_lat[vertex], table.node_lat[both]),
            centre_deg=centre_deg,
        ),
        centre_deg=centre_deg,
    )


def _ranges(begin: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return begin, begin + 1 ... of each range, one range after the other."""
    before = np.cumsum(size) - size
    return np.asarray(np.repeat(begin - before, size) + np.arange(size.sum()), dtype=np.int64)
