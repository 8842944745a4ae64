"""Compiled loops of the siting searches: the same sums in the same order as the NumPy code beside them.

Imported only where the extra `fast` is installed and the problem is large enough to pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]


@compiled
def come(  # noqa: PLR0913, PLR0917 - a kernel takes arrays one by one
    column: int,
    place: int,
    row_start: Ints,
    row_columns: Ints,
    column_start: Ints,
    column_rows: Ints,
    weight: Floats,
    count: Ints,
    holders: Ints,
    fresh: Floats,
    kept: Floats,
    lost: Floats,
) -> None:
    """Count a column in at a place: see `Swaps` for what the arrays mean."""
    for k in range(column_start[column], column_start[column + 1]):
        row = column_rows[k]
        people = weight[row]
        if count[row] == 0:
            lost[place] += people
            for e in range(row_start[row], row_start[row + 1]):
                fresh[row_columns[e]] -= people
                kept[place, row_columns[e]] += people
        elif count[row] == 1:
            owner = holders[row]
            lost[owner] -= people
            for e in range(row_start[row], row_start[row + 1]):
                kept[owner, row_columns[e]] -= people
        count[row] += 1
        holders[row] += place


@compiled
def go(  # noqa: PLR0913, PLR0917 - likewise
    column: int,
    place: int,
    row_start: Ints,
    row_columns: Ints,
    column_start: Ints,
    column_rows: Ints,
    weight: Floats,
    count: Ints,
    holders: Ints,
    fresh: Floats,
    kept: Floats,
    lost: Floats,
) -> None:
    """Count a column out of a place."""
    for k in range(column_start[column], column_start[column + 1]):
        row = column_rows[k]
        people = weight[row]
        count[row] -= 1
        holders[row] -= place
        if count[row] == 0:
            lost[place] -= people
            for e in range(row_start[row], row_start[row + 1]):
                fresh[row_columns[e]] += people
                kept[place, row_columns[e]] -= people
        elif count[row] == 1:
            owner = holders[row]
            lost[owner] += people
            for e in range(row_start[row], row_start[row + 1]):
                kept[owner, row_columns[e]] += people


@compiled
def best_swap(
    fresh: Floats, kept: Floats, lost: Floats, is_open: NDArray[np.bool_]
) -> tuple[float, int, int]:
    """Return gain, place and column of the best swap; a tie goes to the first place, then column."""
    best, out, new = -np.inf, -1, -1
    for place in range(kept.shape[0]):
        for column in range(kept.shape[1]):
            gain = fresh[column] + kept[place, column] - lost[place]
            if gain > best and not is_open[column]:
                best, out, new = gain, place, column
    return best, out, new


@compiled
def saved_and_paid(price: Floats, first: Ints, d1: Floats, d2: Floats, saved: Floats, paid: Floats) -> None:
    """Add up, row by row, what each column saves, and what each closing pays if the column opens."""
    for row in range(price.shape[0]):
        near, next_near, holder = d1[row], d2[row], first[row]
        for column in range(price.shape[1]):
            cost = price[row, column]
            if cost < near:
                saved[column] += cost - near
            else:
                paid[holder, column] += min(cost, next_near) - near


@compiled
def below(price: Floats, u: Floats, value: Floats) -> None:
    """Add up, row by row, by how much each column is below the multipliers."""
    for row in range(price.shape[0]):
        most = u[row]
        for column in range(price.shape[1]):
            gap = price[row, column] - most
            if gap < 0.0:
                value[column] += gap


@compiled
def two_nearest(columns: Floats, chosen: Ints, first: Ints, d1: Floats, d2: Floats) -> None:
    """Fill in of each row the position of its nearest chosen column, its price, and the second price."""
    for row in range(len(d1)):
        first[row], d1[row], d2[row] = 0, columns[chosen[0], row], np.inf
    for place in range(1, len(chosen)):
        column = chosen[place]
        for row in range(len(d1)):
            cost = columns[column, row]
            if cost < d1[row]:
                d2[row] = d1[row]
                d1[row] = cost
                first[row] = place
            elif cost < d2[row]:
                d2[row] = cost


@compiled
def fill(gain: Floats, load: Ints, room: Ints, best: Floats, taken: NDArray[np.bool_]) -> None:
    """Solve the knapsack of every site: best gain for each capacity, and what is taken where."""
    for site in range(gain.shape[1]):
        for item in range(gain.shape[0]):
            more, used = gain[item, site], load[item]
            if more <= 0.0:
                continue
            for held in range(room[site], used - 1, -1):
                with_it = best[site, held - used] + more
                if with_it > best[site, held]:
                    best[site, held] = with_it
                    taken[item, site, held] = True


@compiled
def served(taken: NDArray[np.bool_], load: Ints, room: Ints, sites: Ints, count: Floats) -> None:
    """Count how often each demand is in the knapsacks of some sites."""
    for site in sites:
        left = room[site]
        for item in range(len(load) - 1, -1, -1):
            if taken[item, site, left]:
                count[item] += 1.0
                left -= load[item]
