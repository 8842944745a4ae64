"""Direct paths: from point to point off the roads, where that is quicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.network.access import AccessRule, Ground, Straight, straight_minutes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping

CHUNK_PAIRS: Final = 2_000_000
"""Pairs of one chunk when all direct paths are sought."""

Side = tuple["Snapping", "NDArray[np.intp]"]
"""Points and the rows of them that are meant."""


def take_direct(
    network: RoadNetwork,
    minutes: NDArray[np.float64],
    km: NDArray[np.float64],
    origin: Side,
    destination: Side,
    ground: Ground,
    rule: AccessRule,
) -> NDArray[np.bool_]:
    """Put the direct path into `minutes` and `km` where it is quicker; return where.

    Under weight `distance` it must be shorter as well. It is a leg from the origin to the destination:
    at most `snap_limit_km` straight, by land, and only between points that are snapped.
    """
    (o, rows), (d, columns) = origin, destination
    straight_m = _straight_m(o, rows, d, columns)
    i, j = np.nonzero((straight_m <= rule.snap_limit_km * 1000) & (rule.least_minutes(straight_m) < minutes))
    pairs = o, rows[i], d, columns[j]
    better, *direct = quicker_directly(network, pairs, (minutes[i, j], km[i, j]), ground, rule)
    i, j = i[better], j[better]
    minutes[i, j], km[i, j] = direct
    found = np.zeros(minutes.shape, dtype=bool)
    found[i, j] = True
    return found


def quicker_directly(
    network: RoadNetwork,
    pairs: tuple[Snapping, NDArray[np.intp], Snapping, NDArray[np.intp]],
    by_road: tuple[NDArray[np.float64], NDArray[np.float64]],
    ground: Ground,
    rule: AccessRule,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return which of some pairs (origins and rows, destinations and rows) are quicker off the roads.

    `by_road` are their minutes and kilometres; see `take_direct`.

    Returns
    -------
    Their places among the pairs, minutes and kilometres of the direct paths.
    """
    o, rows, d, columns = pairs
    straight_m = np.hypot(o.base_x_m[rows] - d.base_x_m[columns], o.base_y_m[rows] - d.base_y_m[columns])
    straight_m = straight_m + o.extra_m[rows] + d.extra_m[columns]
    km = rule.leg_km(straight_m)
    hopeful = (straight_m <= rule.snap_limit_km * 1000) & (rule.least_minutes(straight_m) < by_road[0])
    hopeful &= o.snapped[rows] & d.snapped[columns]
    if network.weight == "distance":
        hopeful &= km < by_road[1]
    k = np.flatnonzero(hopeful)
    minutes = _direct_minutes(o, rows[k], d, columns[k], ground, rule)
    quicker = minutes < by_road[0][k]
    k, minutes = k[quicker], minutes[quicker]
    allowed = _by_land(o, rows[k], d, columns[k], ground)
    return k[allowed], minutes[allowed], km[k[allowed]]


@dataclass(frozen=True)
class DirectPaths:
    """All direct paths between two sets of points, sorted by column and row."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]


def direct_paths(o: Snapping, d: Snapping, ground: Ground, rule: AccessRule) -> DirectPaths:
    """Return every direct path from `o` to `d` that the rule allows, whatever the roads are.

    What `take_direct` finds for one network, once for many networks.
    """
    rows, every = np.flatnonzero(o.snapped), np.flatnonzero(d.snapped)
    size = max(CHUNK_PAIRS // max(len(rows), 1), 1)
    parts = [
        _paths_of(o, rows, d, every[begin : begin + size], ground, rule)
        for begin in range(0, len(every), size)
    ]
    none = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
    return DirectPaths(*(np.concatenate(arrays) for arrays in zip(none, *parts, strict=True)))


def _paths_of(
    o: Snapping,
    rows: NDArray[np.intp],
    d: Snapping,
    columns: NDArray[np.intp],
    ground: Ground,
    rule: AccessRule,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the direct paths from some points to some others."""
    straight_m = _straight_m(o, rows, d, columns)
    j, i = np.nonzero((straight_m <= rule.snap_limit_km * 1000).T)
    near_m = straight_m[i, j]
    allowed = _by_land(o, rows[i], d, columns[j], ground)
    i, j, near_m = rows[i[allowed]], columns[j[allowed]], near_m[allowed]
    return i, j, _direct_minutes(o, i, d, j, ground, rule), rule.leg_km(near_m)


def _straight_m(
    o: Snapping, rows: NDArray[np.intp], d: Snapping, columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return straight metres from some points (rows) to others, the pieces outside the outline included."""
    between_m = np.hypot(
        o.base_x_m[rows][:, None] - d.base_x_m[columns][None, :],
        o.base_y_m[rows][:, None] - d.base_y_m[columns][None, :],
    )
    return np.asarray(between_m + o.extra_m[rows][:, None] + d.extra_m[columns][None, :])


def _by_land(
    o: Snapping, rows: NDArray[np.intp], d: Snapping, columns: NDArray[np.intp], ground: Ground
) -> NDArray[np.bool_]:
    """Return which direct paths stay on the land, if either end is bound to it."""
    allowed = ~(o.bound[rows] | d.bound[columns])
    k = np.flatnonzero(~allowed)
    allowed[k] = ground.allows(
        (o.base_x_m[rows[k]], o.base_y_m[rows[k]]), (d.base_x_m[columns[k]], d.base_y_m[columns[k]])
    )
    return allowed


def _direct_minutes(
    o: Snapping,
    rows: NDArray[np.intp],
    d: Snapping,
    columns: NDArray[np.intp],
    ground: Ground,
    rule: AccessRule,
) -> NDArray[np.float64]:
    """Return minutes of direct paths; the kilometres at the access speed are nearest the destination."""
    middle_m = np.hypot(o.base_x_m[rows] - d.base_x_m[columns], o.base_y_m[rows] - d.base_y_m[columns])
    origin = (o.lat[rows], o.lon[rows])
    o_base, d_base = (o.base_lat[rows], o.base_lon[rows]), (d.base_lat[columns], d.base_lon[columns])
    target = (d.lat[columns], d.lon[columns])
    total, offset_km = np.zeros(len(rows)), np.zeros(len(rows))
    for far, near, length_m in (
        (d_base, target, d.extra_m[columns]),
        (o_base, d_base, middle_m),
        (origin, o_base, o.extra_m[rows]),
    ):
        towards, _ = straight_minutes(Straight(*far, *near, length_m, offset_km), ground=ground, rule=rule)
        total += towards
        offset_km = offset_km + rule.leg_km(length_m)
    return total
