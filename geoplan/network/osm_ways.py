"""Raw ways -> roads between junctions: cut where ways meet, measured along the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.units import WGS84_A_M, WGS84_F

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.osm_read import RawWays

LEAST_KM: Final = 1e-6
"""A road between two different nodes at one place is a millimetre long: no weight may be zero."""


@dataclass(frozen=True)
class Cut:
    """Roads between junctions, before turns; sorted by way and piece, directions as drawn in the source.

    Attributes
    ----------
    way
        int64, one a road: place of its way in `RawWays`.
    piece
        int32, number along the way.
    from_node, to_node
        int32, places in `node_osm_id`.
    length_km
        float64.
    line_start, line_lon, line_lat
        Vertices of the lines end to end.
    node_osm_id, node_lon, node_lat
        One a node, sorted by number.
    """

    way: NDArray[np.int64]
    piece: NDArray[np.int32]
    from_node: NDArray[np.int32]
    to_node: NDArray[np.int32]
    length_km: NDArray[np.float64]
    line_start: NDArray[np.int64]
    line_lon: NDArray[np.float64]
    line_lat: NDArray[np.float64]
    node_osm_id: NDArray[np.int64]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]


def step_km(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return kilometres along the ellipsoid between places that follow each other, one fewer than places.

    The principal radii of WGS 84 at the middle latitude (Bomford 1980, Geodesy, 2.14): for steps up to
    50 km good to 1e-5, far below the rule of 0.1 %.
    """
    dlon = np.radians((np.diff(lon) + 180.0) % 360.0 - 180.0)
    dlat = np.radians(np.diff(lat))
    middle = np.radians((lat[1:] + lat[:-1]) / 2)
    e2 = WGS84_F * (2 - WGS84_F)
    w2 = 1 - e2 * np.sin(middle) ** 2
    across_m = WGS84_A_M / np.sqrt(w2)
    along_m = across_m * (1 - e2) / w2
    return np.asarray(np.hypot(across_m * np.cos(middle) * dlon, along_m * dlat) / 1000, dtype=np.float64)


def cut_ways(raw: RawWays) -> Cut:
    """Return the roads between junctions.

    Junctions are nodes that occur twice or more in the kept ways, ends of ways, barriers that stop the
    vehicle and nodes of turn restrictions. A way with missing nodes is cut there.
    """
    way = np.repeat(np.arange(len(raw.way_id)), np.diff(raw.start))
    nodes, node, uses = np.unique(raw.node_id, return_inverse=True, return_counts=True)
    known = np.isfinite(raw.lon) & np.isfinite(raw.lat)
    linked = (way[1:] == way[:-1]) & known[1:] & known[:-1]
    begins, ends = np.append(True, ~linked), np.append(~linked, True)
    special = np.isin(nodes, np.concatenate([raw.stops, _vias(raw)]))
    is_cut = known & (begins | ends | ((uses >= 2) | special)[node])
    place = np.flatnonzero(is_cut)
    run = np.cumsum(begins)[place]
    pair = np.flatnonzero(run[1:] == run[:-1])
    first, last = place[pair], place[pair + 1]
    along = np.concatenate([[0.0], np.cumsum(np.where(linked, _steps(raw), 0.0))])
    length_km = along[last] - along[first]
    loop = node[first] == node[last]
    keep = ~(loop & (length_km < LEAST_KM))
    first, last, length_km = first[keep], last[keep], length_km[keep]
    return _gathered(raw, way, (nodes, node), (first, last), np.maximum(length_km, LEAST_KM))


def _vias(raw: RawWays) -> NDArray[np.int64]:
    return np.array([r.via for r in raw.restrictions], dtype=np.int64)


def _steps(raw: RawWays) -> NDArray[np.float64]:
    """Return kilometres from each place to the next, 0 where either is unknown."""
    if not len(raw.lon):
        return np.empty(0)
    return np.nan_to_num(step_km(raw.lon, raw.lat), nan=0.0)


def _gathered(
    raw: RawWays,
    way: NDArray[np.int64],
    numbering: tuple[NDArray[np.int64], NDArray[np.intp]],
    span: tuple[NDArray[np.intp], NDArray[np.intp]],
    length_km: NDArray[np.float64],
) -> Cut:
    """Return the roads that lie between first and last places, with only the nodes at their ends."""
    nodes, node = numbering
    first, last = span
    used, position, number = np.unique(
        np.concatenate([node[first], node[last]]), return_index=True, return_inverse=True
    )
    at = np.concatenate([first, last])[position]
    size = last - first + 1
    line_start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    vertex = np.repeat(first - line_start[:-1], size) + np.arange(line_start[-1])
    owner = way[first]
    return Cut(
        way=owner,
        piece=numbered(owner),
        from_node=number[: len(first)].astype(np.int32),
        to_node=number[len(first) :].astype(np.int32),
        length_km=length_km,
        line_start=line_start,
        line_lon=raw.lon[vertex],
        line_lat=raw.lat[vertex],
        node_osm_id=nodes[used],
        node_lon=raw.lon[at],
        node_lat=raw.lat[at],
    )


def numbered(owner: NDArray[Any]) -> NDArray[np.int32]:
    """Return 0, 1, 2 ... within each stretch of equal owners."""
    fresh = np.append(True, owner[1:] != owner[:-1]) if len(owner) else np.empty(0, dtype=bool)
    begin = np.flatnonzero(fresh)
    return (np.arange(len(owner)) - np.repeat(begin, np.diff(np.append(begin, len(owner))))).astype(np.int32)


def turn_lines(line_start: NDArray[np.int64], back: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the order of vertices that turns the lines marked `back` round and leaves the others."""
    size = np.diff(line_start)
    place = np.arange(line_start[-1])
    mirrored = np.repeat(line_start[:-1] + line_start[1:] - 1, size) - place
    return np.where(np.repeat(back, size), mirrored, place)
