"""Maximal covering: good plans by greedy, interchange and kicks; a bound by Lagrangian relaxation.

The Lagrangian relaxes z_i <= sum of y_j in range (Galvao & ReVelle 1996, EJOR 88) with multipliers between 0
and the weight; steps are scaled by weight, so that a city and a hamlet move alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from geoplan.analysis.siting_instance import merge_rows

if TYPE_CHECKING:
    from geoplan.analysis.siting_instance import FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

ROUNDS: Final = 1000
"""Subgradient steps in one go."""

PATIENCE: Final = 25
"""Steps without a better bound after which the step length is halved."""

SHORTEST_STEP: Final = 2e-3

KICK: Final = 2
"""Columns exchanged at random between two local searches; 3 and 4 were measured and find less."""

POOL: Final = 4
"""Kicks draw from this many times p columns, those that the bound values most."""


@dataclass(frozen=True)
class Cover:
    """Choose `p` columns that cover the most weight.

    Attributes
    ----------
    rows
        Rows x columns, 1.0 where the column covers the row; distinct rows.
    columns
        The transpose, in CSR form.
    weight
        Of each row.
    p
        Exact number of columns to choose.
    step
        Differences of the objective are multiples of this (1 for whole weights), 0 if unknown.
    """

    rows: sparse.csr_matrix
    columns: sparse.csr_matrix
    weight: FloatArray
    p: int
    step: float

    @property
    def m(self) -> int:
        """Number of columns."""
        return int(self.rows.shape[1])


def make_cover(cover: sparse.csr_matrix, weight: FloatArray, p: int) -> Cover:
    """Return the problem with equal rows merged and rows without weight left out."""
    heavy = np.flatnonzero(weight > 0)
    rows, merged, _ = merge_rows(cover[heavy], weight[heavy])
    whole = bool(np.all(weight == np.rint(weight))) and float(weight.sum()) < 2**52
    return Cover(rows, rows.T.tocsr(), merged, p, 1.0 if whole else 0.0)


def round_down(value: float, step: float) -> float:
    """Return the largest objective that a bound leaves, for objectives that are multiples of `step`."""
    return float(np.floor(value / step + 1e-6) * step) if step else value


def counts(problem: Cover, chosen: IntArray) -> FloatArray:
    """Return how many of the chosen columns cover each row."""
    picked = problem.columns[chosen]
    return np.bincount(picked.indices, minlength=problem.rows.shape[0]).astype(np.float64)


def covered_weight(problem: Cover, chosen: IntArray) -> float:
    """Return the weight that the chosen columns cover."""
    return float(problem.weight[counts(problem, chosen) > 0].sum())


def greedy(problem: Cover) -> IntArray:
    """Return p columns, each the one that adds most; a tie goes to the first (Church & ReVelle 1974)."""
    gain = problem.columns @ problem.weight
    open_rows = np.ones(problem.rows.shape[0], dtype=bool)
    chosen: list[int] = []
    for _ in range(problem.p):
        best = int(np.argmax(gain))
        chosen.append(best)
        rows = problem.columns.indices[problem.columns.indptr[best] : problem.columns.indptr[best + 1]]
        fresh = rows[open_rows[rows]]
        open_rows[fresh] = False
        gain = gain - problem.rows[fresh].T @ problem.weight[fresh]
        gain[best] = -np.inf
    return np.sort(np.array(chosen, dtype=np.int64))


def interchange(problem: Cover, chosen: IntArray, clock: Clock) -> IntArray:
    """Return the plan after the best swaps of one open for one closed column (Teitz & Bart 1968)."""
    return _Swaps(problem, chosen).descend(clock)


class _Swaps:
    """What every swap of a plan would add, kept up to date row by row as columns come and go."""

    def __init__(self, problem: Cover, chosen: IntArray) -> None:
        self.problem = problem
        self.open = np.sort(chosen).astype(np.int64)
        n, p = problem.rows.shape[0], len(self.open)
        self.count = np.zeros(n, dtype=np.int64)
        self.holders = np.zeros(n, dtype=np.int64)
        self.fresh = problem.columns @ problem.weight
        self.kept = np.zeros((p, problem.m))
        self.lost = np.zeros(p)
        self.least = 1e-9 * max(1.0, float(problem.weight.sum()))
        for place in range(p):
            self._come(place)

    def descend(self, clock: Clock) -> IntArray:
        """Make the best swap until none adds anything, and return the columns, sorted."""
        while not clock.over and 0 < len(self.open) < self.problem.m:
            gains = self.fresh[None, :] + self.kept - self.lost[:, None]
            gains[:, self.open] = -np.inf
            out, new = np.unravel_index(int(np.argmax(gains)), gains.shape)
            if gains[out, new] <= self.least:
                break
            self.exchange(int(out), int(new))
        return np.sort(self.open)

    def exchange(self, place: int, column: int) -> None:
        """Put a column at the place of another."""
        self._go(place)
        self.open[place] = column
        self._come(place)

    def back_to(self, plan: IntArray) -> None:
        """Undo what was exchanged since a plan."""
        spare = np.setdiff1d(plan, self.open)
        places = np.flatnonzero(~np.isin(self.open, plan))
        for place, column in zip(places.tolist(), spare.tolist(), strict=True):
            self.exchange(place, column)

    def _rows(self, place: int) -> IntArray:
        """Return the rows that the column at a place covers."""
        columns, column = self.problem.columns, self.open[place]
        return np.asarray(columns.indices[columns.indptr[column] : columns.indptr[column + 1]])

    def _come(self, place: int) -> None:
        """Count a column in: rows without cover become its own, own rows of others become shared."""
        rows = self._rows(place)
        count = self.count[rows]
        self._own(rows[count == 0], place, 1.0)
        self._shared(rows[count == 1], -1.0)
        self.count[rows] += 1
        self.holders[rows] += place

    def _go(self, place: int) -> None:
        """Count a column out: its own rows are without cover again, rows shared by two become the other's."""
        rows = self._rows(place)
        self.count[rows] -= 1
        self.holders[rows] -= place
        count = self.count[rows]
        self._own(rows[count == 0], place, -1.0)
        self._shared(rows[count == 1], 1.0)

    def _own(self, rows: IntArray, place: int, sign: float) -> None:
        """Move rows between `without cover` and `own of a place`."""
        weight = self.problem.weight[rows]
        worth = self.problem.rows[rows].T @ weight
        self.fresh = self.fresh - sign * worth
        self.kept[place] += sign * worth
        self.lost[place] += sign * float(weight.sum())

    def _shared(self, rows: IntArray, sign: float) -> None:
        """Move rows between `shared` and `own of the one place that holds them`."""
        owner, weight = self.holders[rows], self.problem.weight[rows]
        shape = (len(self.open), len(rows))
        own = sparse.csr_matrix((weight, (owner, np.arange(len(rows)))), shape=shape)
        self.kept += sign * np.asarray((own @ self.problem.rows[rows]).todense())
        self.lost += sign * np.bincount(owner, weights=weight, minlength=len(self.open))


def swap_gains(problem: Cover, chosen: IntArray) -> FloatArray:
    """Return what each swap adds, shape (open, columns)."""
    picked = problem.columns[chosen]
    n = problem.rows.shape[0]
    count = np.bincount(picked.indices, minlength=n)
    holder = np.repeat(np.arange(len(chosen)), np.diff(picked.indptr))
    alone = count[picked.indices] == 1
    row, owner = picked.indices[alone], holder[alone]
    own = sparse.csr_matrix((problem.weight[row], (owner, row)), shape=(len(chosen), n))
    lost = np.bincount(owner, weights=problem.weight[row], minlength=len(chosen))
    fresh = problem.columns @ np.where(count == 0, problem.weight, 0.0)
    kept = np.asarray((own @ problem.rows).todense())
    return np.asarray(fresh[None, :] + kept - lost[:, None])


def kicked(
    problem: Cover, chosen: IntArray, value: FloatArray, clock: Clock, *, rounds: int, seed: int
) -> IntArray:
    """Return the best plan of an iterated local search: a random kick, then interchange, `rounds` times."""
    draw = np.random.default_rng(seed)
    best, covered = chosen, covered_weight(problem, chosen)
    pool = largest(value, POOL * problem.p)
    kick = min(KICK, problem.p)
    search = _Swaps(problem, best)
    for _ in range(rounds):
        outside = np.setdiff1d(pool, search.open)
        if clock.over or len(outside) < kick:
            break
        places = draw.choice(len(best), kick, replace=False)
        for place, column in zip(places, draw.choice(outside, kick, replace=False), strict=True):
            search.exchange(int(place), int(column))
        plan = search.descend(clock)
        weight = float(problem.weight[search.count > 0].sum())
        if weight >= covered:
            best, covered = plan, weight
        else:
            search.back_to(best)
    return best


@dataclass(frozen=True)
class Dual:
    """A Lagrangian bound: multipliers, bound, value of each column, best plan met on the way."""

    multiplier: FloatArray
    bound: float
    value: FloatArray
    chosen: IntArray
    covered: float


def lagrange(
    problem: Cover, chosen: IntArray, clock: Clock, *, rounds: int = ROUNDS, start: FloatArray | None = None
) -> Dual:
    """Return the best bound and the best plan of a subgradient search that starts from a plan."""
    weight, p = problem.weight, problem.p
    count = counts(problem, chosen)
    u = weight / np.maximum(1.0, count) if start is None else start
    best = Dual(u, np.inf, np.zeros(problem.m), chosen, float(weight[count > 0].sum()))
    length, idle = 1.0, 0
    for _ in range(rounds):
        value = problem.columns @ u
        top = largest(value, p)
        bound = float((weight - u).sum() + value[top].sum())
        idle = 0 if bound < best.bound - 1e-7 * abs(best.bound) else idle + 1
        if bound < best.bound:
            best = replace(best, multiplier=u, bound=bound, value=value)
        count = counts(problem, top)
        covered = float(weight[count > 0].sum())
        if covered > best.covered:
            best = replace(best, chosen=np.sort(top), covered=covered)
        if round_down(best.bound, problem.step) <= best.covered or clock.over:
            break
        if idle >= PATIENCE:
            length, idle, u = length / 2, 0, best.multiplier
            if length < SHORTEST_STEP:
                break
            continue
        slope = np.where((u >= weight) & (count < 1), 0.0, count - 1.0)
        slope = np.where((u <= 0) & (count > 1), 0.0, slope)
        size = float((weight * slope**2).sum())
        if size <= 0:
            break
        u = np.clip(u - length * (bound - best.covered) / size * weight * slope, 0.0, weight)
    return best


def largest(value: FloatArray, p: int) -> IntArray:
    """Return the positions of the p largest values; a tie goes to the first."""
    return np.argsort(-value, kind="stable")[:p]
