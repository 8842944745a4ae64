"""A closed road as two dead ends: who lives on it still reaches its nearer end, and nobody passes.

So is a pass that snow closes in winter. Without the dead ends a place on a closed road would be joined to
some other road, and might come out nearer to care than before the closure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.network.access import unproject_degrees
from geoplan.units import project_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARK: Final = "~"
"""The halves of the road `x` are `x~1` and `x~2`; so are the nodes at which they end."""

DIGITS: Final = 9
"""Decimals of degrees at the cut: a tenth of a millimetre, so that shares of the line stay what they were."""


def with_halves(
    roads: pd.DataFrame, nodes: pd.DataFrame, numbers: list[int]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, tuple[int, int]]]:
    """Return roads and nodes with the halves of some roads behind them, and the row numbers of the halves.

    The halves are cut in the middle of the drawn line, have half its length each, and cannot be used until
    somebody opens them. One-way roads and roads whose way back has other ends get none: as dead ends they
    could not be left and entered.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    ends: list[tuple[str, dict[str, Any]]] = []
    halves: dict[int, tuple[int, int]] = {}
    for number in numbers:
        road = {str(name): value for name, value in roads.iloc[number].to_dict().items()}
        if road["oneway"] == "yes" or road["back_from"] or road["back_to"]:
            continue
        identity = str(roads.index[number])
        pieces, middle = _cut(road, nodes)
        for part, line in enumerate(pieces, start=1):
            half = f"{identity}{MARK}{part}"
            side = {"to": half} if part == 1 else {"from": half}
            shape = shapely.to_wkt(shapely.linestrings(line), rounding_precision=DIGITS)
            new = {
                "length_km": road["length_km"] / 2,
                "geometry": shape,
                "status": "planned",
                "open_from": None,
            }
            rows.append((half, road | new | side))
            ends.append((half, _end(road, middle)))
        halves[number] = (len(roads) + len(rows) - 2, len(roads) + len(rows) - 1)
    return _appended(roads, rows), _appended(nodes, ends), halves


def is_half(roads: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are halves of closed roads."""
    return np.array([MARK in str(road) for road in roads.index], dtype=bool)


def _cut(road: dict[str, Any], nodes: pd.DataFrame) -> tuple[list[NDArray[Any]], NDArray[Any]]:
    """Return the lon, lat vertices of both halves, from `from` to `to`, and the place of the cut."""
    line = shapely.get_coordinates(shapely.from_wkt(road["geometry"]))
    begin = nodes.loc[road["from"], ["lon", "lat"]].to_numpy(dtype=np.float64)
    if np.hypot(*(line[-1] - begin)) < np.hypot(*(line[0] - begin)):
        line = line[::-1]
    x_m, y_m = project_metres(line[:, 1], line[:, 0])
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))])
    half_m = along_m[-1] / 2
    lat, lon = unproject_degrees(np.interp(half_m, along_m, x_m), np.interp(half_m, along_m, y_m))
    middle = np.array([[float(lon), float(lat)]])
    before, after = line[along_m < half_m], line[along_m > half_m]
    return [np.concatenate([before, middle]), np.concatenate([middle, after])], middle[0]


def _end(road: dict[str, Any], middle: NDArray[Any]) -> dict[str, Any]:
    """Return the node at which a half ends."""
    names = dict.fromkeys(("name_az", "name_en", "name_ru"), road["name"])
    place = {"kind": "waypoint", "lat": float(middle[1]), "lon": float(middle[0])}
    return names | place | {"source": "middle of a closed road", "confidence": "assumed"}


def _appended(table: pd.DataFrame, rows: list[tuple[str, dict[str, Any]]]) -> pd.DataFrame:
    """Return the table with more rows behind it, of the same columns and types."""
    if not rows:
        return table
    more = pd.DataFrame([cells for _, cells in rows], index=[name for name, _ in rows])
    more = more[list(table.columns)].astype(table.dtypes.to_dict())
    joined = pd.concat([table, more])
    joined.index = pd.Index(joined.index, name=table.index.name, dtype=table.index.dtype)
    return joined
