"""Compiled kernels that turn costs by road into what leaves the engine: tenths, nearest facility."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geoplan.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.compiled import Whole

    Ints = NDArray[np.int32] | NDArray[np.int64]


class Units(NamedTuple):
    """How a cost is read: bits and units as in `packing.Packing`, and whether time is what is minimised."""

    bits: Whole
    per_minute: float
    per_km: float
    time: bool


class Legs(NamedTuple):
    """Off-road legs of both sides: minutes (infinite: not snapped) and kilometres."""

    row_minutes: NDArray[np.float64]
    row_km: NDArray[np.float64]
    column_minutes: NDArray[np.float64]
    column_km: NDArray[np.float64]


class Direct(NamedTuple):
    """Direct paths by row: those of row r are `first[r]` to `first[r + 1] - 1`."""

    first: NDArray[np.int64]
    column: NDArray[np.int64]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64]


@compiled
def tenths_of(minutes: float) -> Whole:
    """Return minutes as whole tenths, -1 if infinite: `units.to_tenths`, operation by operation."""
    if minutes == np.inf:
        return np.int64(-1)
    return np.int64(np.floor((minutes * 10.0 + 0.5) + 1e-9))


@compiled
def finish_row(
    cost: Ints,
    row: Whole,
    units: Units,
    legs: Legs,
    direct: Direct,
    out: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    """Fill minutes, kilometres and whether it is a direct path for one row of costs (-1: no way).

    The same sums in the same order as `travel.with_legs` and `direct.take_direct`, so the same bits.
    """
    minutes, km, straight = out
    mask = (np.int64(1) << units.bits) - 1
    row_minutes, row_km = legs.row_minutes[row], legs.row_km[row]
    for j in range(len(cost)):
        c = np.int64(cost[j])
        straight[j] = False
        if c < 0:
            minutes[j] = np.inf
            km[j] = np.inf
            continue
        main, other = c >> units.bits, c & mask
        time, length = (main, other) if units.time else (other, main)
        minutes[j] = time / units.per_minute + (row_minutes + legs.column_minutes[j])
        km[j] = length / units.per_km + (row_km + legs.column_km[j])
    if row_minutes == np.inf:
        return
    for i in range(direct.first[row], direct.first[row + 1]):
        j = direct.column[i]
        if legs.column_minutes[j] == np.inf or direct.minutes[i] >= minutes[j]:
            continue
        if units.time or direct.km[i] < km[j]:
            minutes[j] = direct.minutes[i]
            km[j] = direct.km[i]
            straight[j] = True


@compiled
def nearest_columns(
    cost: Ints,
    order: NDArray[np.int64],
    units: Units,
    legs: Legs,
    direct: Direct,
    found: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    """Fill tenths, row, kilometres and whether it is direct of the best row of each column.

    Parameters
    ----------
    cost
        (facilities, points).
    order
        The rows, those that win ties first.
    found
        Filled here, one a column; tenths and row come in as -1.
    """
    tenths, label, km, straight = found
    columns = cost.shape[1]
    one = np.empty(columns), np.empty(columns), np.empty(columns, np.bool_)
    for row in order:
        finish_row(cost[row], row, units, legs, direct, one)
        for j in range(columns):
            t = tenths_of(one[0][j])
            if t >= 0 and (tenths[j] < 0 or t < tenths[j]):
                tenths[j] = t
                label[j] = row
                km[j] = one[1][j]
                straight[j] = one[2][j]


@compiled
def all_tenths(cost: Ints, units: Units, legs: Legs, direct: Direct, tenths: NDArray[np.int32]) -> None:
    """Fill the tenths of all pairs, columns of `cost` in rows."""
    columns = cost.shape[1]
    one = np.empty(columns), np.empty(columns), np.empty(columns, np.bool_)
    for row in range(len(cost)):
        finish_row(cost[row], row, units, legs, direct, one)
        for j in range(columns):
            tenths[j, row] = tenths_of(one[0][j])


class Places(NamedTuple):
    """Where both sides lie in metres, and the straight metres outside the outline of each."""

    row_xy: tuple[NDArray[np.float64], NDArray[np.float64]]
    column_xy: tuple[NDArray[np.float64], NDArray[np.float64]]
    row_extra: NDArray[np.float64]
    column_extra: NDArray[np.float64]


class Least(NamedTuple):
    """The least minutes of a direct path, see `access.AccessRule.least_minutes`."""

    limit_m: float
    km_per_m: float
    drive_km: float
    drive_minutes_per_km: float
    walk_minutes_per_km: float


@compiled
def may_be_direct(straight_m: float, minutes: float, least: Least) -> bool:
    """Return whether a direct path may be quicker: never false where it is."""
    if straight_m > least.limit_m * (1 + 1e-9):
        return False
    km = straight_m * least.km_per_m
    drive_km = min(km, least.drive_km)
    at_least = drive_km * least.drive_minutes_per_km + (km - drive_km) * least.walk_minutes_per_km
    return at_least * (1 - 1e-9) < minutes


@compiled
def finish_pairs(
    cost: Ints,
    units: Units,
    legs: Legs,
    places: Places,
    least: Least,
    out: tuple[NDArray[np.int32], NDArray[np.float64]],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Fill tenths and kilometres of all pairs; return which may be quicker by a direct path.

    The same sums in the same order as `travel.with_legs`, so the same bits.

    Returns
    -------
    Numbers of the pairs (row x columns + column), their minutes and kilometres by road.
    """
    tenths, km = out
    mask = (np.int64(1) << units.bits) - 1
    minutes, length = np.empty(cost.shape[1]), np.empty(cost.shape[1])
    pair, pair_minutes, pair_km = np.empty(64, np.int64), np.empty(64), np.empty(64)
    count = 0
    for i in range(cost.shape[0]):
        leg_minutes, leg_km = legs.row_minutes[i], legs.row_km[i]
        for j in range(cost.shape[1]):
            c = np.int64(cost[i, j])
            main, other = np.float64(c >> units.bits), np.float64(c & mask)
            time, far = (main, other) if units.time else (other, main)
            time = time / units.per_minute + (leg_minutes + legs.column_minutes[j])
            far = far / units.per_km + (leg_km + legs.column_km[j])
            minutes[j] = time if c >= 0 else np.inf
            length[j] = far if c >= 0 else np.nan
        for j in range(cost.shape[1]):
            reached = minutes[j] < np.inf
            tenths[i, j] = np.int32(np.floor((minutes[j] * 10.0 + 0.5) + 1e-9)) if reached else np.int32(-1)
            km[i, j] = np.rint(length[j] * 1e6) / 1e6
        x, y, extra = places.row_xy[0][i], places.row_xy[1][i], places.row_extra[i]
        for j in range(cost.shape[1]):
            across, up = x - places.column_xy[0][j], y - places.column_xy[1][j]
            straight_m = np.sqrt(across * across + up * up) + (extra + places.column_extra[j])
            if not may_be_direct(straight_m, minutes[j], least):
                continue
            if count == len(pair):
                pair = np.append(pair, np.empty(count, np.int64))
                pair_minutes = np.append(pair_minutes, np.empty(count))
                pair_km = np.append(pair_km, np.empty(count))
            pair[count] = i * cost.shape[1] + j
            pair_minutes[count] = minutes[j]
            pair_km[count] = length[j] if minutes[j] < np.inf else np.inf
            count += 1
    return pair[:count].copy(), pair_minutes[:count].copy(), pair_km[:count].copy()
