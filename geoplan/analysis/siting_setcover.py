"""Fewest sites that cover every row: dominance, greedy, a Lagrangian bound, and HiGHS on what is left.

Reductions after Toregas & ReVelle (1972): a row that is covered whenever another is may go, a column that
covers no more than another may go, a row with one column fixes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_milp import Builder, Clock, Stop, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray

DENSE_CELLS: Final = 60_000_000
"""Largest table of rows x rows or columns x columns for which dominance is looked for."""

BOUND_ROUNDS: Final = 120


@dataclass(frozen=True)
class Reduced:
    """A covering problem after dominance.

    Attributes
    ----------
    cells
        Rows x columns, float32 0/1.
    columns
        The columns left, as positions in the whole problem.
    fixed
        Columns that every smallest cover may have.
    """

    cells: NDArray[np.float32]
    columns: IntArray
    fixed: tuple[int, ...]


@dataclass(frozen=True)
class SetCover:
    """A smallest cover as far as known: `columns` (None if none is known) and a bound on its size."""

    columns: IntArray | None
    bound: float


def reduce(cells: BoolArray) -> Reduced | None:
    """Return what is left after dominance, or None if a row has no column."""
    left = np.asarray(cells, dtype=np.float32)
    columns = np.arange(left.shape[1])
    fixed: list[int] = []
    while left.shape[0]:
        size = left.shape
        in_row = left.sum(axis=1)
        if (in_row == 0).any():
            return None
        only = np.unique(np.argmax(left[in_row == 1], axis=1)) if (in_row == 1).any() else np.zeros(0, int)
        if len(only):
            fixed += columns[only].tolist()
            open_rows = left[:, only].sum(axis=1) == 0
            keep = np.setdiff1d(np.arange(left.shape[1]), only)
            left, columns = left[open_rows][:, keep], columns[keep]
        left = left[_needed_rows(left)]
        keep = _useful_columns(left)
        left, columns = left[:, keep], columns[keep]
        if left.shape == size:
            break
    return Reduced(left, columns, tuple(sorted(fixed)))


def _needed_rows(cells: NDArray[np.float32]) -> IntArray:
    """Return the rows that no other row implies; of equal rows the first."""
    n = len(cells)
    if n * n > DENSE_CELLS or n < 2:
        return np.arange(n)
    size = cells.sum(axis=1)
    order = np.argsort(size, kind="stable")
    sorted_cells, sorted_size = cells[order], size[order]
    common = sorted_cells @ sorted_cells.T
    # row a implies row b if all columns of a are columns of b; then b, the later one, may go
    implies = np.triu(common == sorted_size[:, None], k=1)
    return np.sort(order[~implies.any(axis=0)])


def _useful_columns(cells: NDArray[np.float32]) -> IntArray:
    """Return the columns that no other column covers; of equal columns the first."""
    m = cells.shape[1]
    size = cells.sum(axis=0)
    filled = np.flatnonzero(size > 0)
    if m * m > DENSE_CELLS or len(filled) < 2:
        return filled
    order = filled[np.argsort(-size[filled], kind="stable")]
    sorted_cells, sorted_size = cells[:, order], size[order]
    common = sorted_cells.T @ sorted_cells
    inside = np.triu(common == sorted_size[None, :], k=1)
    return np.sort(order[~inside.any(axis=0)])


def greedy_cover(cells: NDArray[np.float32]) -> IntArray:
    """Return a cover: most new rows first, then redundant columns left out (Chvatal 1979)."""
    open_rows = np.ones(len(cells), dtype=bool)
    chosen: list[int] = []
    while open_rows.any():
        best = int(np.argmax(cells[open_rows].sum(axis=0)))
        chosen.append(best)
        open_rows &= cells[:, best] == 0
    count = cells[:, chosen].sum(axis=1)
    for column in list(chosen):
        if (count[cells[:, column] > 0] >= 2).all():
            chosen.remove(column)
            count = count - cells[:, column]
    return np.array(sorted(chosen), dtype=np.int64)


def dual_bound(cells: NDArray[np.float32], most: int, *, beyond: float = np.inf) -> float:
    """Return a lower bound on the size of a cover by subgradient steps; stops above `beyond`.

    `most` is the size of a known cover, the target of the steps (Beasley 1990, EJOR 49).
    """
    n, m = cells.shape
    u = (1.0 / np.maximum(1.0, (cells / np.maximum(1.0, cells.sum(axis=0))).sum(axis=1))).astype(np.float32)
    u = np.minimum(u, 1.0)
    best, length, idle = 0.0, 2.0, 0
    for _ in range(BOUND_ROUNDS if m else 0):
        value = 1.0 - u @ cells
        chosen = value < 0
        bound = float(u.sum() + value[chosen].sum())
        idle = 0 if bound > best + 1e-6 else idle + 1
        best = max(best, bound)
        if best > beyond + 1e-4 or idle > 40:
            break
        if idle and idle % 8 == 0:
            length /= 2
        slope = 1.0 - cells[:, chosen].sum(axis=1)
        size = float((slope**2).sum())
        if size == 0:
            break
        u = np.maximum(0.0, u + np.float32(length * max(1.05 * most - bound, 0.1) / size) * slope)
    return min(best, float(most)) - 1e-4 if n else 0.0


def smallest_cover(cells: BoolArray, clock: Clock, *, target: int | None = None) -> SetCover:
    """Return a smallest cover of all rows, or with `target` any cover of at most that many columns.

    Returns
    -------
    `columns` None and an infinite bound where a row has no column. With a target the bound is above it if no
    such cover exists; else both only say what the time allowed.
    """
    reduced = reduce(cells)
    if reduced is None:
        return SetCover(None, np.inf)
    base = len(reduced.fixed)
    if not len(reduced.cells):
        return SetCover(np.array(reduced.fixed, dtype=np.int64), base)
    plan = greedy_cover(reduced.cells)
    if target is not None and base + len(plan) <= target:
        return SetCover(_whole(reduced, plan), base)
    beyond = np.inf if target is None else target - base
    bound = float(np.ceil(dual_bound(reduced.cells, len(plan), beyond=beyond)))
    if bound > beyond or bound >= len(plan):
        return SetCover(_whole(reduced, plan), base + bound)
    goal = None if target is None else float(target - base)
    chosen, bound = _milp(reduced.cells, plan, clock, goal)
    return SetCover(_whole(reduced, chosen), base + bound)


def _whole(reduced: Reduced, chosen: IntArray) -> IntArray:
    """Return the columns of the whole problem."""
    fixed = np.array(reduced.fixed, dtype=np.int64)
    return np.sort(np.concatenate([fixed, reduced.columns[chosen]]))


def _milp(
    cells: NDArray[np.float32], plan: IntArray, clock: Clock, goal: float | None
) -> tuple[IntArray, float]:
    """Return the best cover and the bound that HiGHS finds, from the greedy plan on."""
    n, m = cells.shape
    build = Builder()
    build.columns(m, cost=1.0, whole=True)
    row, column = np.nonzero(cells)
    build.rows(n, (row, column, 1.0), lower=1.0)
    start: FloatArray = np.zeros(m)
    start[plan] = 1.0
    stop = Stop(
        clock,
        reached=None if goal is None else goal + 1e-6,
        beyond=len(plan) - 1 + 1e-4 if goal is None else goal + 1e-4,
    )
    outcome = solve(build.build(), stop, start=start)
    bound = float(np.ceil(outcome.bound - 1e-4)) if np.isfinite(outcome.bound) else 0.0
    if outcome.x is None:
        return plan, bound
    found = np.flatnonzero(outcome.x > 0.5)
    return (found if len(found) < len(plan) else plan), bound
