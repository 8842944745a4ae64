"""Maximal covering: good plans by greedy, interchange and kicks; a bound by Lagrangian relaxation.

The Lagrangian relaxes z_i <= sum of y_j in range (Galvao & ReVelle 1996, EJOR 88) with multipliers between 0
and the weight; steps are scaled by weight, so that a city and a hamlet move alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from geoplan.analysis.siting_fast import exact_grid, on_grid
from geoplan.analysis.siting_instance import merge_rows
from geoplan.analysis.siting_swaps import Swaps

if TYPE_CHECKING:
    from geoplan.analysis.siting_instance import FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

ROUNDS: Final = 1200
"""Steps of the volume method in one go."""

PATIENCE: Final = 8
"""Steps without a better bound after which the step length is shortened."""

GROWTH, SHRINKAGE, SHORTEST_STEP = 1.1, 0.7, 3e-4

MEAN_SHARE, LEAST_SHARE, MILE, SLOW = 0.1, 1e-4, 100, 1e-4
"""Largest share of a new solution in the mean; halved after a mile of steps that brings next to nothing."""


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
    if not whole:
        # of sums that are exact in any order the compiled loops and NumPy have the same
        merged = on_grid(merged, exact_grid(4 * float(merged.sum())))
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
    return Swaps(problem, chosen).descend(clock)


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


@dataclass(frozen=True)
class Dual:
    """A Lagrangian bound: multipliers, bound, value of each column, and how far each column is open.

    `open` is the mean of the relaxed solutions met on the way, near the optimum of the linear relaxation.
    """

    multiplier: FloatArray
    bound: float
    value: FloatArray
    open: FloatArray


def lagrange(
    problem: Cover, covered: float, clock: Clock, *, rounds: int = ROUNDS, start: FloatArray | None = None
) -> Dual:
    """Return the best bound of the volume method (Barahona & Anbil 2000, Math. Prog. 87).

    Multipliers follow a running mean of the relaxed solutions, in strides of weight x step, away from
    the best ones so far. `covered` is the weight of a plan known: the aim of the steps, and where they end.
    """
    weight = problem.weight
    state = _relaxed(problem, weight / 2 if start is None else start)
    best, mean, slope = state, state.open, state.slope
    length, idle, share, before = 1.0, 0, MEAN_SHARE, np.inf
    for k in range(rounds):
        move = np.where((best.multiplier >= weight) & (slope < 0), 0.0, slope)
        move = np.where((best.multiplier <= 0) & (move > 0), 0.0, move)
        size = float((weight * move**2).sum())
        if size <= 0 or clock.over or round_down(best.bound, problem.step) <= covered:
            break
        stride = length * (best.bound - covered) / size
        state = _relaxed(problem, np.clip(best.multiplier - stride * weight * move, 0.0, weight))
        part = _part(weight, slope, state.slope - slope, share)
        slope = slope + part * (state.slope - slope)
        mean = mean + part * (state.open - mean)
        if state.bound < best.bound:
            if (weight * state.slope * slope).sum() > 0:
                length = min(2.0, GROWTH * length)
            idle, best = 0, state
        else:
            idle += 1
        if idle >= PATIENCE:
            length, idle = length * SHRINKAGE, 0
        if k % MILE == MILE - 1:
            if before - best.bound < SLOW * abs(best.bound):
                share = max(share / 2, LEAST_SHARE)
            if length < SHORTEST_STEP:
                break
            before = best.bound
    return Dual(best.multiplier, best.bound, best.value, mean)


@dataclass(frozen=True)
class _Relaxed:
    """One relaxed problem: its multipliers, bound, values, open columns, and by how much rows are covered."""

    multiplier: FloatArray
    bound: float
    value: FloatArray
    open: FloatArray
    slope: FloatArray


def _relaxed(problem: Cover, multiplier: FloatArray) -> _Relaxed:
    """Solve the relaxed problem of some multipliers."""
    value = problem.columns @ multiplier
    top = largest(value, problem.p)
    bound = float((problem.weight - multiplier).sum() + value[top].sum())
    chosen = np.zeros(problem.m)
    chosen[top] = 1.0
    return _Relaxed(multiplier, bound, value, chosen, counts(problem, top) - 1.0)


def _part(weight: FloatArray, slope: FloatArray, change: FloatArray, most: float) -> float:
    """Return the share of the new solution in the mean that makes the mean slope shortest, within limits."""
    size = float((weight * change**2).sum())
    part = -float((weight * slope * change).sum()) / size if size > 0 else most
    return min(part, most) if part > 0 else most / 10


def largest(value: FloatArray, p: int) -> IntArray:
    """Return the positions of the p largest values; a tie goes to the first."""
    return np.argsort(-value, kind="stable")[:p]
