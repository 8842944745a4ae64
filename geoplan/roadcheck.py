"""How far the kilometres of the road table are from published road distances; reported, never tuned to."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan import shipped
from geoplan.errors import Finding
from geoplan.network.edges import usable_roads
from geoplan.network.graph import build_network
from geoplan.network.snap import snap_points
from geoplan.network.travel import od_matrix
from geoplan.routing import find_place
from geoplan.sources import is_shipped

if TYPE_CHECKING:
    from geoplan.network.access import AccessRule, Ground
    from geoplan.tables.read import TableSet

PRESENT_YEAR: Final = 2026
"""Undated pages are compared with the roads of 1 January of this year, in which they were read."""

COLUMNS: Final = (
    "from",
    "to",
    "via",
    "page_year",
    "published_km",
    "network_km",
    "error_percent",
    "district_centres",
    "mountain",
    "not_counted_because",
    "source",
    "date_seen",
)


def check_distances(
    tables: TableSet, *, ground: Ground, rule: AccessRule
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return published road distances beside those of the fastest route, and a note on the error.

    Only the shipped roads are compared: the list was made for them. A row with `via` is measured by way
    of that place. A page describes the roads of its time: a row with `page_year` is measured on the roads
    of 1 January of that year, or on today's where those do not join the places (pages on roads of
    Soviet times, or on territory closed in that year).
    """
    if [is_shipped(path, "roads") for path in tables.paths["roads"]] != [True]:
        return pd.DataFrame(columns=[*COLUMNS]), []
    with shipped.table("published_distances").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stops = [_stops(row) for row in rows]
    places = _places(sorted({name for row in stops for name in row}), tables)
    years = [int(row["page_year"] or PRESENT_YEAR) for row in rows]
    standing = _distinct_years(tables, {*years, PRESENT_YEAR})
    km = {year: _network_km(tables, places, ground, rule, year) for year in sorted(set(standing.values()))}
    table = pd.DataFrame(
        [
            _compared(row, names, places, [km[standing[year]], km[standing[PRESENT_YEAR]]])
            for row, names, year in zip(rows, stops, years, strict=True)
        ],
        columns=[*COLUMNS],
    )
    return table, [_finding(table)] if len(table) else []


def _stops(row: dict[str, str]) -> list[str]:
    """Return the places of a row in order: from, those of `via`, to."""
    via = [name for name in row["via"].split("-") if name]
    return [row["from"], *via, row["to"]]


def _places(names: list[str], tables: TableSet) -> pd.DataFrame:
    """Return lat, lon and whether it is a district centre of each name that only one place bears."""
    centres = set(tables.districts["centre_settlement_id"])
    found = {}
    for name in names:
        places, match = find_place(name, tables)
        if len(match.found) == 1:
            lat, lon = places.loc[match.found[0], ["lat", "lon"]].to_numpy(dtype=float)
            found[name] = (float(lat), float(lon), match.found[0] in centres)
    return pd.DataFrame.from_dict(found, orient="index", columns=["lat", "lon", "centre"])


def _distinct_years(tables: TableSet, years: set[int]) -> dict[int, int]:
    """Return for each year the first of the years in which the same roads are usable."""
    first: dict[bytes, int] = {}
    return {
        year: first.setdefault(usable_roads(tables.roads, season="summer", year=year).tobytes(), year)
        for year in sorted(years)
    }


def _network_km(
    tables: TableSet, places: pd.DataFrame, ground: Ground, rule: AccessRule, year: int
) -> dict[tuple[str, str], float]:
    """Return kilometres of the fastest route between all pairs of the places on the roads of one year."""
    network, _ = build_network(tables.roads, tables.road_nodes, tables.speeds, year=year)
    names = [str(name) for name in places.index]
    points = snap_points(network, names, places["lat"], places["lon"], ground=ground, rule=rule)
    matrix = od_matrix(network, points, points, ground=ground, rule=rule)
    return {(a, b): matrix.km[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}


def _compared(
    row: dict[str, str], stops: list[str], places: pd.DataFrame, states: list[dict[tuple[str, str], float]]
) -> list[object]:
    """Return one row of the comparison by the first road state that joins the places.

    Network km are nan where a place is not known.
    """
    sums = [float(sum(km.get(pair, np.nan) for pair in itertools.pairwise(stops))) for km in states]
    network_km = round(next((km for km in sums if np.isfinite(km)), np.nan), 1)
    published_km = float(row["km"])
    error_percent = round((network_km / published_km - 1) * 100, 1)
    centres = all(name in places.index and places.loc[name, "centre"] for name in stops)
    return [
        row["from"], row["to"], row["via"], row["page_year"], published_km, network_km, error_percent,
        centres, row["mountain"] == "true", row["not_counted_because"], row["source"], row["date_seen"],
    ]  # fmt: skip


def _finding(table: pd.DataFrame) -> Finding:
    """Return the note on the mean error: between district centres, and of all pairs that count."""
    every = table[table["network_km"].notna() & (table["not_counted_because"] == "")]
    centres = every[every["district_centres"]]
    pairs, percent = _mean_error(centres)
    mountain_pairs, mountain_percent = _mean_error(centres[centres["mountain"]])
    all_pairs, all_percent = _mean_error(every)
    return Finding(
        "note",
        "road-distance-check",
        f"Between district centres road kilometres differ from {pairs} published distances by {percent} %"
        f" in the mean ({mountain_percent} % over {mountain_pairs} mountain pairs); of all {all_pairs} pairs"
        f" by {all_percent} %.",
        where="roads.csv",
        hint="See tables/check_distances.csv; lengths were not set by these distances.",
        params=(
            ("pairs", pairs),
            ("percent", percent),
            ("mountain_pairs", mountain_pairs),
            ("mountain_percent", mountain_percent),
            ("all_pairs", all_pairs),
            ("all_percent", all_percent),
        ),
    )


def _mean_error(table: pd.DataFrame) -> tuple[int, float]:
    """Return how many pairs there are and their mean absolute error in percent."""
    return len(table), round(float(table["error_percent"].abs().mean()), 1)
