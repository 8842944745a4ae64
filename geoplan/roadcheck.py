"""How far the kilometres of the road table are from published road distances; reported, never tuned to."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan import shipped
from geoplan.errors import Finding
from geoplan.network.graph import build_network
from geoplan.network.snap import snap_points
from geoplan.network.travel import od_matrix
from geoplan.routing import find_place

if TYPE_CHECKING:
    from geoplan.network.access import AccessRule, Ground
    from geoplan.tables.read import TableSet

CHECK_YEAR: Final = 2026
"""The roads of 1 January of this year are compared: the pages were read in that year."""

COLUMNS: Final = (
    "from",
    "to",
    "via",
    "published_km",
    "network_km",
    "error_percent",
    "mountain",
    "source",
    "date_seen",
)


def check_distances(
    tables: TableSet, *, ground: Ground, rule: AccessRule
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return published road distances beside those of the fastest route, and a note on the error.

    Only the shipped roads are compared: the list was made for them. A row with `via` is measured by way
    of that place. Places are the shipped settlements by name.
    """
    if tables.paths["roads"] != (shipped.table("roads"),):
        return pd.DataFrame(columns=[*COLUMNS]), []
    with shipped.table("published_distances").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stops = [_stops(row) for row in rows]
    places = _places(sorted({name for row in stops for name in row}), tables)
    km = _network_km(tables, places, ground, rule)
    table = pd.DataFrame(
        [_compared(row, names, km) for row, names in zip(rows, stops, strict=True)],
        columns=[*COLUMNS],
    )
    return table, [_finding(table)] if len(table) else []


def _stops(row: dict[str, str]) -> list[str]:
    """Return the places of a row in order: from, those of `via`, to."""
    via = [name for name in row["via"].split("-") if name]
    return [row["from"], *via, row["to"]]


def _places(names: list[str], tables: TableSet) -> pd.DataFrame:
    """Return lat and lon of the places of which there is exactly one of the name; index = the name."""
    found = {}
    for name in names:
        places, match = find_place(name, tables)
        if len(match.found) == 1:
            found[name] = places.loc[match.found[0], ["lat", "lon"]].to_numpy(dtype=float)
    return pd.DataFrame.from_dict(found, orient="index", columns=["lat", "lon"])


def _network_km(
    tables: TableSet, places: pd.DataFrame, ground: Ground, rule: AccessRule
) -> dict[tuple[str, str], float]:
    """Return kilometres of the fastest route between all pairs of the places."""
    network, _ = build_network(tables.roads, tables.road_nodes, tables.speeds, year=CHECK_YEAR)
    names = [str(name) for name in places.index]
    points = snap_points(network, names, places["lat"], places["lon"], ground=ground, rule=rule)
    matrix = od_matrix(network, points, points, ground=ground, rule=rule)
    return {(a, b): matrix.km[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}


def _compared(row: dict[str, str], places: list[str], km: dict[tuple[str, str], float]) -> list[object]:
    """Return one row of the comparison; network km are nan where a place is not known."""
    legs = [km.get(pair, np.nan) for pair in itertools.pairwise(places)]
    network_km, published_km = round(float(sum(legs)), 1), float(row["km"])
    error_percent = round((network_km / published_km - 1) * 100, 1)
    mountain = row["mountain"] == "true"
    return [
        row["from"], row["to"], row["via"], published_km, network_km, error_percent, mountain,
        row["source"], row["date_seen"],
    ]  # fmt: skip


def _finding(table: pd.DataFrame) -> Finding:
    """Return the note on the mean error."""
    measured = table[table["network_km"].notna()]
    mountain = measured[measured["mountain"]]
    mean = round(float(measured["error_percent"].abs().mean()), 1)
    in_mountains = round(float(mountain["error_percent"].abs().mean()), 1)
    return Finding(
        "note",
        "road-distance-check",
        f"Road kilometres differ from {len(measured)} published distances by {mean} % in the mean"
        f" ({in_mountains} % over {len(mountain)} mountain pairs).",
        where="roads.csv",
        hint="See tables/check_distances.csv; lengths were not set by these distances.",
        params=(
            ("pairs", len(measured)),
            ("percent", mean),
            ("mountain_pairs", len(mountain)),
            ("mountain_percent", in_mountains),
        ),
    )
