"""Least sum of weight x cost: good plans by greedy, interchange and kicks; a Lagrangian bound.

The same code serves the p-median (exactly p sites) and the uncapacitated fixed-charge model (any number,
opening costs). The Lagrangian relaxes the assignment rows (Cornuejols, Fisher & Nemhauser 1977); gains
of all swaps are found in one pass over the matrix (Whitaker 1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_fast import exact_grid, kernels, on_grid

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
NEAR: Final = 0.1
"""Relative distance of bound and plan from which on relaxed solutions are looked at as plans."""

POOL: Final = 4
"""Kicks draw from this many times the number of open columns."""

MILP_PAIRS: Final = 400_000
KICKS: Final = 100
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
    grid
        All prices are multiples of this power of two, so small that no sum of them is ever rounded: whatever
        the order, compiled or not, the sums are the same.
    """

    price: FloatArray
    scale: FloatArray
    opening: FloatArray
    forced: BoolArray
    least: int
    most: int
    step: float
    no_route: float
    grid: float

    @property
    def m(self) -> int:
        """Number of columns."""
        return int(self.price.shape[1])

    @cached_property
    def columns(self) -> FloatArray:
        """The prices column by column: what a few columns cost lies close together."""
        return np.ascontiguousarray(self.price.T)


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
    grid = min(exact_grid((len(weight) + 1) * worst), 1.0 if whole else np.inf)
    worst, opening = float(on_grid(np.array(worst), grid)), on_grid(opening, grid)
    price = np.where(np.isfinite(cost), on_grid(weight[:, None] * finite, grid), worst)
    scale = np.maximum(weight, 1e-9)
    return Median(price, scale, opening, forced, least, most, 1.0 if whole else 0.0, worst, grid)


def plan_cost(problem: Median, chosen: IntArray) -> float:
    """Return opening cost plus the cost of serving each row from its cheapest open column."""
    _, nearest, _ = _two_nearest(problem, chosen)
    return float(problem.opening[chosen].sum() + nearest.sum())


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
    saved, by_holder = _saved_and_paid(problem, first, d1, d2, len(chosen))
    swap = saved[None, :] + by_holder + problem.opening[None, :] - problem.opening[chosen][:, None]
    swap[:, chosen] = np.inf
    swap[problem.forced[chosen]] = np.inf
    out, new = np.unravel_index(int(np.argmin(swap)), swap.shape)
    best = (float(swap[out, new]), int(out), int(new))
    return min(best, *_free_moves(problem, chosen, saved, d2 - d1, first), key=lambda move: move[0])


def _saved_and_paid(
    problem: Median, first: IntArray, d1: FloatArray, d2: FloatArray, p: int
) -> tuple[FloatArray, FloatArray]:
    """Return what each column saves the rows that it is nearer to, and what each closing then costs.

    A row saves where the new column is nearer; it pays, up to its second nearest, if its own one closes.
    """
    loops = kernels(problem.price.size)
    if loops is not None:
        saved, paid = np.zeros(problem.m), np.zeros((p, problem.m))
        loops.saved_and_paid(problem.price, first, d1, d2, saved, paid)
        return saved, paid
    order = np.argsort(first, kind="stable")
    held = np.bincount(first, minlength=p)
    saved = np.minimum(problem.price - d1[:, None], 0.0).sum(axis=0)
    each = np.minimum(np.maximum(problem.price, d1[:, None]), d2[:, None]) - d1[:, None]
    starts = np.concatenate([[0], np.cumsum(held)[:-1]])
    paid = np.add.reduceat(each[order], np.minimum(starts, len(order) - 1), axis=0)
    paid[held == 0] = 0.0
    return saved, paid


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
    loops = kernels(problem.price.size)
    if loops is not None and len(chosen) > 1:
        n = len(problem.price)
        found = np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)
        loops.two_nearest(problem.columns, chosen, *found)
        return found
    near = problem.columns[chosen].T
    first = near.argmin(axis=1)
    rows = np.arange(len(near))
    d1 = near[rows, first]
    if len(chosen) == 1:
        return first, d1, np.full(len(near), problem.no_route)
    rest = np.array(near)
    rest[rows, first] = np.inf
    return first, d1, rest.min(axis=1)


def kicked(
    problem: Median, chosen: IntArray, value: FloatArray, clock: Clock, *, rounds: int, seed: int
) -> IntArray:
    """Return the best plan of an iterated local search: random exchange, then interchange, `rounds` times.

    Among the columns that the bound values most, and at the end once among all.
    """
    pool = np.argsort(value, kind="stable")[: POOL * max(1, len(chosen))]
    columns = np.union1d(pool, chosen)
    part = narrowed(problem, columns)
    draw = np.random.default_rng(seed)
    best: IntArray = np.searchsorted(columns, np.sort(chosen))
    cost = plan_cost(part, best)
    for _ in range(rounds):
        movable = np.flatnonzero(~part.forced[best])
        outside = np.setdiff1d(np.arange(part.m), best)
        kick = min(2, len(movable), len(outside))
        if clock.over or not kick:
            break
        kept = np.delete(best, draw.choice(movable, kick, replace=False))
        plan = interchange(part, np.append(kept, draw.choice(outside, kick, replace=False)), clock)
        after = plan_cost(part, plan)
        if after <= cost:
            best, cost = plan, after
    return interchange(problem, columns[best], clock)


def narrowed(problem: Median, keep: IntArray) -> Median:
    """Return the problem on some of its columns."""
    return replace(
        problem,
        price=np.ascontiguousarray(problem.price[:, keep]),
        opening=problem.opening[keep],
        forced=problem.forced[keep],
    )


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
    u = on_grid(np.minimum(d2, 3 * d1 + problem.scale) if start is None else start, problem.grid)
    best = Dual(u, -np.inf, np.zeros(problem.m), chosen, cost)
    length, idle, memory = 1.0, 0, np.zeros(len(u))
    seen: set[bytes] = set()
    for _ in range(rounds):
        value = problem.opening + _below(problem, u)
        opened = np.sort(cheapest(problem, value))
        bound = float(u.sum() + value[opened].sum())
        idle = 0 if bound > best.bound + 1e-7 * abs(best.bound) else idle + 1
        if bound > best.bound:
            best = replace(best, multiplier=u, bound=bound, value=value)
        if best.cost - bound < NEAR * abs(best.cost) and opened.tobytes() not in seen:
            seen.add(opened.tobytes())
            best = _with_plan(problem, best, opened)
        if round_up(best.bound, problem.step) >= best.cost or clock.over:
            break
        if idle >= PATIENCE:
            length, idle, u, memory = length / 2, 0, best.multiplier, np.zeros(len(u))
            if length < SHORTEST_STEP:
                break
            continue
        slope = memory = 1.0 - (problem.columns[opened] < u).sum(axis=0) + MEMORY * memory
        size = float((problem.scale * slope**2).sum())
        if size <= 0:
            break
        u = np.maximum(0.0, u + length * (1.01 * best.cost - bound) / size * problem.scale * slope)
        u = on_grid(u, problem.grid)
    return best


def _below(problem: Median, u: FloatArray) -> FloatArray:
    """Return by how much each column's prices are below the multipliers, in all (at most 0)."""
    loops = kernels(problem.price.size)
    if loops is None:
        return np.asarray(np.minimum(problem.price - u[:, None], 0.0).sum(axis=0))
    value = np.zeros(problem.m)
    loops.below(problem.price, u, value)
    return value


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
