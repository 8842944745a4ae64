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
