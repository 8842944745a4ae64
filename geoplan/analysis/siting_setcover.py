"""Fewest sites that cover every row: dominance, greedy, a Lagrangian bound, and HiGHS on what is left.

Reductions after Toregas & ReVelle (1972): a row that is covered whenever another is may go, a column that
covers no more than another may go, a row with one column fixes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_setcover_tree import SetCoverTree
from geoplan.analysis.siting_tree import Growth, Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.analysis.siting_instance import BoolArray, IntArray
    from geoplan.analysis.siting_milp import Clock

DENSE_CELLS: Final = 60_000_000
"""Largest table of rows x rows or columns x columns for which dominance is looked for."""

BOUND_ROUNDS: Final = 120

SEARCH_STEPS: Final = 3000
"""Exchanges of the local search: a fraction of a second."""

LONG_SEARCH_STEPS: Final = 12_000
"""Exchanges before a tree is grown: a tree is good at proofs, the search at finding a cover."""


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
    quick = quick_cover(reduced, clock, target=target)
    most = len(reduced.fixed) if quick.columns is None else len(quick.columns)
    enough = target is not None and (quick.bound > target or most <= target)
    if enough or quick.bound >= most:
        return quick
    base = len(reduced.fixed)
    left = None if target is None else target - base
    chosen, bound = _proven(reduced.cells, _within(reduced, quick), clock, left)
    return SetCover(_whole(reduced, chosen), max(quick.bound, base + bound))


def quick_cover(reduced: Reduced, clock: Clock, *, target: int | None = None) -> SetCover:
    """Return a good cover and a bound: greedy, dual bound, local search; with a target only what it asks."""
    base = len(reduced.fixed)
    if not len(reduced.cells):
        return SetCover(np.array(reduced.fixed, dtype=np.int64), base)
    plan = greedy_cover(reduced.cells)
    if target is not None and base + len(plan) <= target:
        return SetCover(_whole(reduced, plan), base)
    beyond = np.inf if target is None else target - base
    bound = max(1.0, float(np.ceil(dual_bound(reduced.cells, len(plan), beyond=beyond))))
    if bound > beyond or bound >= len(plan):
        return SetCover(_whole(reduced, plan), base + bound)
    sizes = range(len(plan) - 1, int(bound) - 1, -1) if target is None else [target - base]
    for size in sizes:
        found = search_cover(reduced.cells, plan, size, clock)
        if found is None:
            break
        plan = found
    return SetCover(_whole(reduced, plan), base + bound)


def _within(reduced: Reduced, cover: SetCover) -> IntArray:
    """Return the columns of a cover as positions in the reduced problem."""
    assert cover.columns is not None  # noqa: S101 - a reduced problem has a cover
    return np.flatnonzero(np.isin(reduced.columns, np.setdiff1d(cover.columns, reduced.fixed)))


def _whole(reduced: Reduced, chosen: IntArray) -> IntArray:
    """Return the columns of the whole problem."""
    fixed = np.array(reduced.fixed, dtype=np.int64)
    return np.sort(np.concatenate([fixed, reduced.columns[chosen]]))


def _proven(
    cells: NDArray[np.float32], plan: IntArray, clock: Clock, target: int | None
) -> tuple[IntArray, float]:
    """Return the best cover that a long local search and a tree find, and a bound on its size."""
    if target is not None:
        found = search_cover(cells, plan, target, clock, steps=LONG_SEARCH_STEPS)
        if found is not None:
            return found, 0.0
    wanted = -np.inf if target is None else float(target)
    below = float(len(plan)) if target is None else min(float(len(plan)), target + 1.0)
    growth = Growth(SetCoverTree(cells), plan, Limits(clock, below=below, target=wanted))
    growth.plant()
    tree = growth.run()
    return (tree.chosen if len(tree.chosen) < len(plan) else plan), tree.bound


def search_cover(
    cells: NDArray[np.float32], plan: IntArray, size: int, clock: Clock, *, steps: int = SEARCH_STEPS
) -> IntArray | None:
    """Return a cover of `size` columns, or None if the search meets none.

    Weights of rows that stay open grow, so that the search does not turn in circles: the column that is
    missed least goes, and one that covers some open row comes (after Gao, Weise & Li 2015, RWLS).
    """
    draw = np.random.default_rng(1)
    state = _CoverSearch(cells, plan[: max(size, 0)])
    for k in range(steps):
        if not state.open_rows.size:
            return np.sort(state.chosen)
        if clock.over or not len(state.chosen):
            break
        state.step(k, float(draw.random()))
    return None


class _CoverSearch:
    """So many columns, how often each row is covered, the weight of each row, when a column moved."""

    def __init__(self, cells: NDArray[np.float32], chosen: IntArray) -> None:
        self.cells = cells
        self.chosen = chosen.copy()
        self.weight = np.ones(len(cells), dtype=np.float32)
        self.count = cells[:, chosen].sum(axis=1)
        self.moved = np.zeros(cells.shape[1], dtype=np.int64)
        self.open_rows = np.flatnonzero(self.count == 0)
        self.last = -1

    def step(self, k: int, chance: float) -> None:
        """Exchange one column."""
        alone = np.flatnonzero(self.count == 1)
        loss = self.weight[alone] @ self.cells[np.ix_(alone, self.chosen)]
        loss = np.where(self.chosen == self.last, np.inf, loss)
        least = np.flatnonzero(loss == loss.min())
        place = int(least[np.argmin(self.moved[self.chosen[least]])])
        out = int(self.chosen[place])
        self.count = self.count - self.cells[:, out]
        self.moved[out] = k
        self.open_rows = np.flatnonzero(self.count == 0)
        row = self.open_rows[int(chance * len(self.open_rows))] if self.open_rows.size else 0
        gain = self.weight[self.open_rows] @ self.cells[self.open_rows]
        gain = np.where(self.cells[row] > 0, gain, -1.0)
        gain[out] = -1.0
        most = np.flatnonzero(gain == gain.max())
        new = int(most[np.argmin(self.moved[most])])
        self.chosen[place] = self.last = new
        self.moved[new] = k
        self.count = self.count + self.cells[:, new]
        self.open_rows = np.flatnonzero(self.count == 0)
        self.weight[self.open_rows] += 1.0
