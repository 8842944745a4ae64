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

ROUNDS: Final = 400
"""Subgradient steps in one go."""

PATIENCE: Final = 15
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
    current = np.sort(chosen)
    while not clock.over and 0 < len(current) < problem.m:
        gains = swap_gains(problem, current)
        gains[:, current] = -np.inf
        out, new = np.unravel_index(int(np.argmax(gains)), gains.shape)
        if gains[out, new] <= 1e-9 * max(1.0, float(problem.weight.sum())):
            break
        current = np.sort(np.append(np.delete(current, out), new)).astype(np.int64)
    return current


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
    for _ in range(rounds):
        outside = np.setdiff1d(pool, best)
        if clock.over or len(outside) < kick:
            break
        rest = np.delete(best, draw.choice(len(best), kick, replace=False))
        start = np.append(rest, draw.choice(outside, kick, replace=False))
        plan = interchange(problem, start, clock)
        weight = covered_weight(problem, plan)
        if weight >= covered:
            best, covered = plan, weight
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
