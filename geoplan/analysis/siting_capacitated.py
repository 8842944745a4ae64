"""Plans for the single-source capacitated p-median: who goes where whole, and which sites should be open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_instance import dense_costs
from geoplan.analysis.siting_milp import Builder, Stop, solve

if TYPE_CHECKING:
    from geoplan.analysis.siting_instance import BoolArray, FloatArray, Instance, IntArray
    from geoplan.analysis.siting_milp import Clock, Outcome

PRICES: Final = 8
"""How often the price of a load above capacity is raised before a set of sites is given up."""

MOVES: Final = 2_000
"""Most moves of one descent."""

NEAR: Final = 3
"""Neighbouring open sites whose demand is handed out anew in one step."""

LARGE_NODES: Final = 10
"""Most nodes of one such step: counted, not timed, so that the plan is the same on any machine."""

LARGE_PAIRS: Final = 300
"""Most pairs of such a step: larger ones cost more time than they bring."""

LARGE_SITES: Final = 12
"""Closed sites that such a step may open."""

ROUNDING: Final = 1e-9
"""Relative load above capacity that sums of decimals may show."""

CUTOFF: Final = 1e-4
"""Smallest step, in units of the largest price, at which the solver is told the cost to stay below."""


@dataclass(frozen=True)
class Packed:
    """Every demand goes to one open site whole; the loads there stay within the capacity.

    Attributes
    ----------
    price
        Weight x cost of demand at a site, infinite where there is no route, shape (n, m).
    load, room
        Of each demand what it uses, of each site what it holds.
    p, forced
        How many sites are open; which of them must be.
    step
        Differences between the costs of plans are multiples of this; 0 if unknown.
    """

    price: FloatArray
    load: FloatArray
    room: FloatArray
    p: int
    forced: BoolArray
    step: float

    @property
    def n(self) -> int:
        """Number of demand points."""
        return len(self.load)

    @property
    def m(self) -> int:
        """Number of sites."""
        return len(self.room)


@dataclass(frozen=True)
class Packing:
    """A plan that holds: the site of each demand, the open sites (sorted), and the cost."""

    site: IntArray
    sites: IntArray
    cost: float


def packed_of(instance: Instance, p: int) -> tuple[Packed, IntArray, IntArray]:
    """Return the problem of an instance, with the positions of its demand and of its sites."""
    rows = np.flatnonzero(instance.needed("capacitated-p-median"))
    columns = np.flatnonzero(instance.usable)
    cost = dense_costs(instance.pairs, instance.n, instance.m)[np.ix_(rows, columns)]
    weight = instance.weight[rows][:, None]
    price = np.where(np.isfinite(cost), weight * np.where(np.isfinite(cost), cost, 0.0), np.inf)
    room = instance.capacity[columns]
    return make_packed(price, instance.load[rows], room, p, instance.fixed[columns]), rows, columns


def make_packed(price: FloatArray, load: FloatArray, room: FloatArray, p: int, forced: BoolArray) -> Packed:
    """Return the problem; the step is the common divisor of the prices where they are whole numbers."""
    finite = price[np.isfinite(price)]
    exact = bool(np.all(finite == np.rint(finite))) and float(finite.max(initial=0.0)) < 2**50
    step = float(np.gcd.reduce(finite.astype(np.int64))) if exact and len(finite) else 0.0
    # a step that rounding could hide says nothing
    if step <= 1e-7 * float(np.where(np.isfinite(price), price, 0.0).max(axis=1, initial=0.0).sum()):
        step = 0.0
    return Packed(price, load, room, p, forced, step)


def checked(problem: Packed, site: IntArray, sites: IntArray) -> Packing | None:
    """Return the plan with its cost, or None where it breaks a rule."""
    sites = np.unique(sites)
    used = np.bincount(site, weights=problem.load, minlength=problem.m)
    cost = float(problem.price[np.arange(problem.n), site].sum())
    holds = bool(np.all(used <= problem.room * (1 + ROUNDING))) and bool(np.all(np.isin(site, sites)))
    fits = len(sites) == problem.p and bool(np.all(np.isin(np.flatnonzero(problem.forced), sites)))
    return Packing(site, sites, cost) if holds and fits and np.isfinite(cost) else None


def cheaper(best: Packing | None, other: Packing | None) -> Packing | None:
    """Return the cheaper plan; of equal ones the first."""
    if best is None or (other is not None and other.cost < best.cost):
        return other
    return best


def assigned(problem: Packed, sites: IntArray) -> Packing | None:
    """Return who goes where for some sites: descent by shifts and swaps, loads above capacity at a price."""
    price = problem.price[:, sites]
    if len(sites) == 0 or not np.isfinite(price).any(axis=1).all():
        return None
    finite = price[np.isfinite(price)]
    high = 1.0 + float(finite.max(initial=0.0))
    price = np.where(np.isfinite(price), price, problem.n * high)
    per_load = high / max(1e-9, float(problem.load.max(initial=0.0)))
    at = price.argmin(axis=1)
    for raised in range(PRICES):
        at = _descent(price, problem.load, problem.room[sites], at, per_load * 2.0 ** (raised - 3))
        got = checked(problem, sites[at], sites)
        if got is not None:
            return got
    return None


def _descent(price: FloatArray, load: FloatArray, room: FloatArray, at: IntArray, fine: float) -> IntArray:
    """Return where a descent over shifts and swaps of two ends."""
    at = at.copy()
    rows = np.arange(len(at))
    used = np.bincount(at, weights=load, minlength=price.shape[1])
    for _ in range(MOVES):
        over = fine * np.maximum(used - room, 0.0)
        now, own = price[rows, at], over[at]
        less = fine * np.maximum((used - room)[at] - load, 0.0) - own
        more = fine * np.maximum((used - room)[None, :] + load[:, None], 0.0) - over[None, :]
        shift = price - now[:, None] + less[:, None] + more
        shift[rows, at] = 0.0
        there = price[:, at] - now[:, None]
        change = load[None, :] - load[:, None]
        mine = fine * np.maximum((used - room)[at][:, None] + change, 0.0) - own[:, None]
        swap = there + there.T + mine + mine.T
        swap[at[:, None] == at[None, :]] = 0.0
        best_shift, best_swap = int(shift.argmin()), int(swap.argmin())
        if min(shift.flat[best_shift], swap.flat[best_swap]) >= -1e-9 * (1.0 + now.sum()):
            break
        if shift.flat[best_shift] <= swap.flat[best_swap]:
            i, k = divmod(best_shift, price.shape[1])
            at[i] = k
        else:
            i, j = divmod(best_swap, len(at))
            at[i], at[j] = at[j], at[i]
        used = np.bincount(at, weights=load, minlength=price.shape[1])
    return at


def improved(problem: Packed, sites: IntArray, allowed: BoolArray | None = None) -> Packing | None:
    """Return the plan of some sites, each moved to the middle of whom it serves until that brings nothing."""
    best = assigned(problem, sites)
    while best is not None:
        moved = _recentred(problem, best, allowed)
        if np.array_equal(moved, best.sites):
            break
        other = assigned(problem, moved)
        if other is None or other.cost >= best.cost:
            break
        best = other
    return best


def _recentred(problem: Packed, plan: Packing, allowed: BoolArray | None) -> IntArray:
    """Return the sites, each replaced by the cheapest one that serves the same demand."""
    taken = np.zeros(problem.m, dtype=bool)
    taken[plan.sites] = True
    for site in plan.sites:
        if problem.forced[site]:
            continue
        own = plan.site == site
        total = problem.price[own].sum(axis=0)
        free = ~taken & (problem.room >= problem.load[own].sum())
        free = free if allowed is None else free & allowed
        free[site] = True
        new = int(np.where(free, total, np.inf).argmin())
        if total[new] < total[site]:
            taken[site], taken[new] = False, True
    return np.flatnonzero(taken)


def neighbourhoods(problem: Packed, best: Packing, alive: BoolArray, clock: Clock) -> Packing:
    """Return the plan after the demand of neighbouring sites was handed out anew, around each site in turn.

    Only pairs that are alive are used.
    """
    queue = list(best.sites.tolist())
    while queue and not clock.over:
        centre = queue.pop(0)
        if centre not in best.sites:
            continue
        other = _large_step(problem, best, centre, alive, clock)
        if other is not None and other.cost < best.cost:
            best = other
            queue = list(best.sites.tolist())
    return best


def _large_step(
    problem: Packed, best: Packing, centre: int, alive: BoolArray, clock: Clock
) -> Packing | None:
    """Return the best plan that leaves alone what is far from a site."""
    own = problem.price[best.site == centre].sum(axis=0)
    near = best.sites[np.argsort(own[best.sites], kind="stable")[:NEAR]]
    near = np.union1d(near, [centre])[: NEAR + 1]
    rows = np.flatnonzero(np.isin(best.site, near))
    closed = np.setdiff1d(np.arange(problem.m), best.sites)
    total = problem.price[rows][:, closed].min(axis=0, initial=np.inf)
    pull = np.where(np.isfinite(problem.price[rows]), problem.price[rows], 0.0)[:, closed].sum(axis=0)
    closed = closed[np.lexsort((closed, pull, total))[:LARGE_SITES]]
    columns = np.union1d(near, closed)
    within = alive[np.ix_(rows, columns)]
    if int(within.sum()) > LARGE_PAIRS:
        return None
    part = Packed(
        problem.price[np.ix_(rows, columns)],
        problem.load[rows],
        problem.room[columns],
        len(near),
        problem.forced[columns],
        problem.step,
    )
    cost = float(problem.price[rows, best.site[rows]].sum())
    got, _ = solve_rest(part, within, part.forced, clock, below=cost, nodes=LARGE_NODES)
    if got is None:
        return None
    site = best.site.copy()
    site[rows] = columns[got.site]
    return checked(problem, site, np.concatenate([np.setdiff1d(best.sites, near), columns[got.sites]]))


def solve_rest(
    problem: Packed,
    alive: BoolArray,
    forced: BoolArray,
    clock: Clock,
    *,
    below: float,
    nodes: int | None = None,
) -> tuple[Packing | None, float]:
    """Return the best plan on the pairs that are alive if it costs less than `below`, and what is proven.

    At most p sites serve anybody: others may stand open and empty, at no cost.
    The bound holds for all plans on these pairs that cost less than `below`; infinite if there is none.
    """
    sites = np.flatnonzero(alive.any(axis=0) | forced)
    demand, place = np.nonzero(alive[:, sites])
    build = Builder()
    build.columns(len(sites), lower=forced[sites].astype(float), whole=True)
    cost = problem.price[demand, sites[place]]
    x = build.columns(len(cost), cost=cost, whole=True)
    k = np.arange(len(cost))
    build.rows(1, (0, np.arange(len(sites)), 1.0), upper=problem.p)
    build.rows(problem.n, (demand, x + k, 1.0), lower=1.0, upper=1.0)
    build.rows(len(cost), (k, x + k, 1.0), (k, place, -1.0), upper=0.0)
    tight = np.flatnonzero(np.isfinite(problem.room[sites]))
    own = np.isin(place, tight)
    at = np.searchsorted(tight, place[own])
    room = (np.arange(len(tight)), tight, -problem.room[sites][tight])
    build.rows(len(tight), (at, x + k[own], problem.load[demand[own]]), room, upper=0.0)
    unit = max(1.0, float(cost.max(initial=0.0)))
    if np.isfinite(below) and problem.step > CUTOFF * unit:
        build.rows(1, (0, x + k, cost / unit), upper=(below - problem.step / 2) / unit)
    outcome = solve(build.build(), Stop(clock, max_nodes=nodes))
    return _read(problem, outcome, sites, (demand, place), x)


def _read(
    problem: Packed, outcome: Outcome, sites: IntArray, pairs: tuple[IntArray, IntArray], x: int
) -> tuple[Packing | None, float]:
    """Return the plan and the bound that a solve brought."""
    if outcome.x is None:
        return None, outcome.bound
    demand, place = pairs
    taken = np.flatnonzero(outcome.x[x : x + len(demand)] > 0.5)
    if not np.array_equal(demand[taken], np.arange(problem.n)):
        return None, outcome.bound
    serving = np.union1d(sites[place[taken]], np.flatnonzero(problem.forced))
    spare = np.setdiff1d(np.arange(problem.m), serving)[: max(0, problem.p - len(serving))]
    return checked(problem, sites[place[taken]], np.union1d(serving, spare)), outcome.bound
