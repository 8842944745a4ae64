"""Exchange of one open column for a closed one in maximal covering, kept up to date from swap to swap.

After Teitz & Bart (1968); of all swaps the gains are held, as Whitaker (1983) does for the p-median. With
whole weights every sum is exact, so that the compiled loops and the NumPy code take the same swaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.analysis.siting_fast import kernels

if TYPE_CHECKING:
    from geoplan.analysis.siting_cover import Cover
    from geoplan.analysis.siting_instance import IntArray
    from geoplan.analysis.siting_milp import Clock

KICK: Final = 2
"""Columns exchanged at random between two local searches; 3 and 4 were measured and find less."""


class Swaps:
    """What every swap of a plan would add.

    `count` is by how many open columns each row is covered, `holders` the sum of their places (so that the
    one holder of a row covered once is known); `fresh` what a column adds, `lost` what a place alone covers,
    `kept` how much of that a column would take over.
    """

    def __init__(self, problem: Cover, chosen: IntArray) -> None:
        self.problem = problem
        self.open = np.sort(chosen).astype(np.int64)
        n, p = problem.rows.shape[0], len(self.open)
        self.is_open = np.zeros(problem.m, dtype=bool)
        self.count = np.zeros(n, dtype=np.int64)
        self.holders = np.zeros(n, dtype=np.int64)
        self.fresh = np.asarray(problem.columns @ problem.weight, dtype=np.float64)
        self.kept = np.zeros((p, problem.m))
        self.lost = np.zeros(p)
        self.least = 1e-9 * max(1.0, float(problem.weight.sum()))
        self._loops: Any = kernels(problem.rows.nnz)
        for place in range(p):
            self._come(place)

    @property
    def covered(self) -> float:
        """Weight that is covered now."""
        return float(self.problem.weight[self.count > 0].sum())

    def descend(self, clock: Clock) -> IntArray:
        """Make the best swap until none adds anything, and return the columns, sorted."""
        while not clock.over and 0 < len(self.open) < self.problem.m:
            gain, out, new = self._best()
            if gain <= self.least:
                break
            self.exchange(out, new)
        return np.sort(self.open)

    def exchange(self, place: int, column: int) -> None:
        """Put a column at the place of another."""
        self._go(place)
        self.open[place] = column
        self._come(place)

    def back_to(self, plan: IntArray) -> None:
        """Undo what was exchanged since a plan, place by place."""
        for place in np.flatnonzero(self.open != plan).tolist():
            self._go(place)
        for place in np.flatnonzero(self.open != plan).tolist():
            self.open[place] = plan[place]
            self._come(place)

    def _best(self) -> tuple[float, int, int]:
        """Return gain, place and column of the best swap."""
        if self._loops is not None:
            gain, out, new = self._loops.best_swap(self.fresh, self.kept, self.lost, self.is_open)
            return float(gain), int(out), int(new)
        gains = self.fresh[None, :] + self.kept - self.lost[:, None]
        gains[:, self.is_open] = -np.inf
        out, new = np.unravel_index(int(np.argmax(gains)), gains.shape)
        return float(gains[out, new]), int(out), int(new)

    def _arrays(self) -> tuple[Any, ...]:
        """Return the arrays that the compiled loops read and write."""
        rows, columns = self.problem.rows, self.problem.columns
        known = (rows.indptr, rows.indices, columns.indptr, columns.indices, self.problem.weight)
        return (*known, self.count, self.holders, self.fresh, self.kept, self.lost)

    def _rows(self, place: int) -> IntArray:
        """Return the rows that the column at a place covers."""
        columns, column = self.problem.columns, self.open[place]
        return np.asarray(columns.indices[columns.indptr[column] : columns.indptr[column + 1]])

    def _come(self, place: int) -> None:
        """Count a column in: rows without cover become its own, own rows of others become shared."""
        self.is_open[self.open[place]] = True
        if self._loops is not None:
            self._loops.come(self.open[place], place, *self._arrays())
            return
        rows = self._rows(place)
        count = self.count[rows]
        self._own(rows[count == 0], place, 1.0)
        self._shared(rows[count == 1], -1.0)
        self.count[rows] += 1
        self.holders[rows] += place

    def _go(self, place: int) -> None:
        """Count a column out: its own rows are without cover again, rows shared by two become the other's."""
        self.is_open[self.open[place]] = False
        if self._loops is not None:
            self._loops.go(self.open[place], place, *self._arrays())
            return
        rows = self._rows(place)
        self.count[rows] -= 1
        self.holders[rows] -= place
        count = self.count[rows]
        self._own(rows[count == 0], place, -1.0)
        self._shared(rows[count == 1], 1.0)

    def _entries(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Return the columns of some rows one after another, and how many each row has."""
        start, stop = self.problem.rows.indptr[rows], self.problem.rows.indptr[rows + 1]
        size = stop - start
        shift = start - np.concatenate([[0], np.cumsum(size)[:-1]]) if len(rows) else start
        at = np.repeat(shift, size) + np.arange(int(size.sum()))
        return self.problem.rows.indices[at], size

    def _own(self, rows: IntArray, place: int, sign: float) -> None:
        """Move rows between `without cover` and `own of a place`."""
        weight = self.problem.weight[rows]
        columns, size = self._entries(rows)
        worth = np.bincount(columns, weights=np.repeat(weight, size), minlength=self.problem.m)
        self.fresh -= sign * worth
        self.kept[place] += sign * worth
        self.lost[place] += sign * float(weight.sum())

    def _shared(self, rows: IntArray, sign: float) -> None:
        """Move rows between `shared` and `own of the one place that holds them`."""
        owner, weight = self.holders[rows], self.problem.weight[rows]
        columns, size = self._entries(rows)
        cell = np.repeat(owner * self.problem.m, size) + columns
        worth = np.bincount(cell, weights=np.repeat(weight, size), minlength=self.kept.size)
        self.kept += sign * worth.reshape(self.kept.shape)
        self.lost += sign * np.bincount(owner, weights=weight, minlength=len(self.open))


def kicked(
    problem: Cover, chosen: IntArray, pool: IntArray, clock: Clock, *, rounds: int, seed: int
) -> IntArray:
    """Return the best plan of an iterated local search: columns of the pool put in at random, then swaps.

    The best plan so far is left again and again; of plans as good the later one is kept, to move on.
    """
    draw = np.random.default_rng(seed)
    search = Swaps(problem, chosen)
    best, covered = search.open.copy(), search.covered
    kick = min(KICK, len(best), len(np.setdiff1d(pool, best)))
    for _ in range(rounds if kick else 0):
        if clock.over:
            break
        for place in draw.choice(len(best), kick, replace=False).tolist():
            outside = pool[~search.is_open[pool]]
            if len(outside):
                search.exchange(place, int(outside[draw.integers(len(outside))]))
        search.descend(clock)
        weight = search.covered
        if weight >= covered:
            best, covered = search.open.copy(), weight
        else:
            search.back_to(best)
    return np.sort(best)
