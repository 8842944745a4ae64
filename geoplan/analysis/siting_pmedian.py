"""Least sum of weight x cost: good plans by greedy, interchange and kicks; a Lagrangian bound.

The same code serves the p-median (exactly p sites) and the uncapacitated fixed-charge model (any number,
opening costs). The Lagrangian relaxes the assignment rows (Cornuejols, Fisher & Nemhauser 1977); gains
of all swaps are found in one pass over the matrix (Whitaker 1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

    Progress = Callable[[float, float], None]

ROUNDS: Final = 3000
PATIENCE: Final = 30
MEMORY: Final = 0.3
"""Share of the last direction in the next one (Camerini, Fratta & Maffioli 1975)."""

SHORTEST_STEP: Final = 1e-3
MILP_PAIRS: Final = 400_000
KICKS: Final = 60
ALTERNATIVE_S: Final = 10.0


@dataclass(frozen=True)
class Median:
    """Open between `least` and `most` columns for the least opening cost plus weight x cost.

    Attributes
    ----------
    price
        Rows x columns: weight x cost of serving a row from a column; a large number where there is no route.
    scale
        Of each row, what its multiplier is measured in: the weight, at least a hair.
    opening
        Opening cost of each column.
    forced
        Columns that are open whatever comes.
    least, most
        Number of open columns.
    step
        Differences of the objective are multiples of this; 0 if unknown.
    no_route
        The large number: a plan that costs as much serves somebody by no route.
    """

    price: FloatArray
    scale: FloatArray
    opening: FloatArray
    forced: BoolArray
    least: int
    most: int
    step: float
    no_route: float

    @property
    def m(self) -> int:
        """Number of columns."""
        return int(self.price.shape[1])


@dataclass(frozen=True)
class MedianPlan:
    """The best columns, their cost, the least cost that any plan can have, and why the search ended."""

    chosen: IntArray
    cost: float
    bound: float
    stopped_by: str
    unique: str = "unknown"


def make_median(
    cost: FloatArray,
    weight: FloatArray,
    opening: FloatArray,
    *,
    forced: BoolArray,
    least: int,
    most: int,
    whole: bool,
) -> Median:
    """Return the problem for a cost matrix (rows x columns, inf = no route) and weights.

    Rows without weight are left out; rows that equal another are added to it.
    """
    heavy = weight > 0
    cost, weight = cost[heavy], weight[heavy]
    finite = np.where(np.isfinite(cost), cost, 0.0)
    worst = float((weight * finite.max(axis=1, initial=0.0)).sum() + opening.sum()) + 1.0
    price = np.where(np.isfinite(cost), weight[:, None] * finite, worst)
    return Median(price, np.maximum(weight, 1e-9), opening, forced, least, most, 1.0 if whole else 0.0, worst)


def plan_cost(problem: Median, chosen: IntArray) -> float:
    """Return opening cost plus the cost of serving each row from its cheapest open column."""
    return float(problem.opening[chosen].sum() + problem.price[:, chosen].min(axis=1).sum())


def greedy(problem: Median) -> IntArray:
    """Return a plan: the column that lowers the cost most, one after another; a tie goes to the first."""
    chosen = np.flatnonzero(problem.forced).tolist()
    start = problem.price[:, chosen].min(axis=1) if chosen else np.full(len(problem.price), problem.no_route)
    nearest = start
    while len(chosen) < problem.most:
        after = problem.opening + np.minimum(problem.price, nearest[:, None]).sum(axis=0)
        after[chosen] = np.inf
        best = int(np.argmin(after))
        if len(chosen) >= problem.least and after[best] >= nearest.sum():
            break
        chosen.append(best)
        nearest = np.minimum(nearest, problem.price[:, best])
    return np.sort(np.array(chosen, dtype=np.int64))


def interchange(problem: Median, chosen: IntArray, clock: Clock) -> IntArray:
    """Return the plan after the best swaps; with a free number also after closing or opening one."""
    current = np.sort(chosen)
    while not clock.over and len(current):
        change, out, new = _best_move(problem, current)
        if change >= -1e-9 * max(1.0, plan_cost(problem, current)):
            break
        kept = np.delete(current, out) if out >= 0 else current
        current = np.sort(np.append(kept, new) if new >= 0 else kept).astype(np.int64)
    return current


def _best_move(problem: Median, chosen: IntArray) -> tuple[float, int, int]:
    """Return the change of cost, the position that closes (-1 none) and the column that opens (-1 none)."""
    first, d1, d2 = _two_nearest(problem, chosen)
    order = np.argsort(first, kind="stable")
    held = np.bincount(first, minlength=len(chosen))
    # a row saves where the new column is nearer; it pays, up to its second nearest, if its own one closes
    saved = np.minimum(problem.price - d1[:, None], 0.0).sum(axis=0)
    paid = np.minimum(np.maximum(problem.price, d1[:, None]), d2[:, None]) - d1[:, None]
    starts = np.concatenate([[0], np.cumsum(held)[:-1]])
    by_holder = np.add.reduceat(paid[order], np.minimum(starts, len(order) - 1), axis=0)
    by_holder[held == 0] = 0.0
    swap = saved[None, :] + by_holder + problem.opening[None, :] - problem.opening[chosen][:, None]
    swap[:, chosen] = np.inf
    swap[problem.forced[chosen]] = np.inf
    out, new = np.unravel_index(int(np.argmin(swap)), swap.shape)
    best = (float(swap[out, new]), int(out), int(new))
    return min(best, *_free_moves(problem, chosen, saved, d2 - d1, first), key=lambda move: move[0])


def _free_moves(
    problem: Median, chosen: IntArray, saved: FloatArray, loss: FloatArray, first: IntArray
) -> list[tuple[float, int, int]]:
    """Return the best single closing and opening where the number of open columns is free."""
    moves = [(np.inf, -1, -1)]
    if len(chosen) > max(problem.least, 1):
        close = np.bincount(first, weights=loss, minlength=len(chosen)) - problem.opening[chosen]
        close[problem.forced[chosen]] = np.inf
        moves.append((float(close.min()), int(np.argmin(close)), -1))
    if len(chosen) < problem.most:
        add = saved + problem.opening
        add[chosen] = np.inf
        moves.append((float(add.min()), -1, int(np.argmin(add))))
    return moves


def _two_nearest(problem: Median, chosen: IntArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the position of each row's nearest open column, its price and the second price."""
    near = problem.price[:, chosen]
    first = near.argmin(axis=1)
    rows = np.arange(len(near))
    d1 = near[rows, first]
    if len(chosen) == 1:
        return first, d1, np.full(len(near), problem.no_route)
    rest = near.copy()
    rest[rows, first] = np.inf
    return first, d1, rest.min(axis=1)


def kicked(
    problem: Median, chosen: IntArray, value: FloatArray, clock: Clock, *, rounds: int, seed: int
) -> IntArray:
    """Return the best plan of an iterated local search: random exchange, then interchange, `rounds` times."""
    draw = np.random.default_rng(seed)
    best, cost = chosen, plan_cost(problem, chosen)
    movable = np.flatnonzero(~problem.forced[best])
    kick = min(2, len(movable))
    pool = np.argsort(value, kind="stable")[: 4 * max(1, len(best))]
    for _ in range(rounds):
        outside = np.setdiff1d(pool, best)
        movable = np.flatnonzero(~problem.forced[best])
        if clock.over or not kick or len(outside) < kick or len(movable) < kick:
            break
        kept = np.delete(best, draw.choice(movable, kick, replace=False))
        plan = interchange(problem, np.append(kept, draw.choice(outside, kick, replace=False)), clock)
        after = plan_cost(problem, plan)
        if after <= cost:
            best, cost = plan, after
    return best


@dataclass(frozen=True)
class Dual:
    """A Lagrangian bound: multipliers, bound, value of each column, the best plan met on the way."""

    multiplier: FloatArray
    bound: float
    value: FloatArray
    chosen: IntArray
    cost: float


def lagrange(
    problem: Median, chosen: IntArray, clock: Clock, *, rounds: int = ROUNDS, start: FloatArray | None = None
) -> Dual:
    """Return the best bound and plan of a subgradient search that starts from a plan.

    Multipliers move by weight x step: a row of 100,000 people in one stride, a hamlet in its own.
    """
    _, d1, d2 = _two_nearest(problem, chosen)
    cost = float(problem.opening[chosen].sum() + d1.sum())
    u = np.minimum(d2, 3 * d1 + problem.scale) if start is None else start
    best = Dual(u, -np.inf, np.zeros(problem.m), chosen, cost)
    length, idle, memory = 1.0, 0, np.zeros(len(u))
    for _ in range(rounds):
        below = np.minimum(problem.price - u[:, None], 0.0)
        value = problem.opening + below.sum(axis=0)
        opened = cheapest(problem, value)
        bound = float(u.sum() + value[opened].sum())
        idle = 0 if bound > best.bound + 1e-7 * abs(best.bound) else idle + 1
        if bound > best.bound:
            best = replace(best, multiplier=u, bound=bound, value=value)
        best = _with_plan(problem, best, opened)
        if round_up(best.bound, problem.step) >= best.cost or clock.over:
            break
        if idle >= PATIENCE:
            length, idle, u, memory = length / 2, 0, best.multiplier, np.zeros(len(u))
            if length < SHORTEST_STEP:
                break
            continue
        slope = memory = 1.0 - (below[:, opened] < 0).sum(axis=1) + MEMORY * memory
        size = float((problem.scale * slope**2).sum())
        if size <= 0:
            break
        u = np.maximum(0.0, u + length * (1.01 * best.cost - bound) / size * problem.scale * slope)
    return best


def _with_plan(problem: Median, best: Dual, opened: IntArray) -> Dual:
    """Return the dual with the columns of its own solution as plan where they are better."""
    if not len(opened):
        return best
    cost = plan_cost(problem, opened)
    return replace(best, chosen=np.sort(opened), cost=cost) if cost < best.cost else best


def cheapest(problem: Median, value: FloatArray) -> IntArray:
    """Return the columns that the relaxed problem opens: forced ones, the cheapest, and all that pay."""
    order = np.argsort(np.where(problem.forced, -np.inf, value), kind="stable")
    paying = int(((value < 0) | problem.forced).sum())
    return order[: min(max(paying, problem.least), problem.most)]


def round_up(value: float, step: float) -> float:
    """Return the least objective that a bound leaves, for objectives that are multiples of `step`."""
    return float(np.ceil(value / step - 1e-6) * step) if step else value
