"""What a decision needs beside one plan: frontier, alternatives, gains, an own list, random draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.allocation import Allocation, allocate, nearest, open_mask, worth
from geoplan.analysis.siting import Plan, shown_value, solve_siting
from geoplan.analysis.siting_milp import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.siting_instance import FloatArray, Instance, IntArray, Question

GAINS_S: Final = 10.0
"""Longest time for the marginal gains: under capacities each one is a program of its own."""

Z_95: Final = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


def frontier(instance: Instance, question: Question, most: int) -> tuple[tuple[int, Plan], ...]:
    """Return the best plan for 0, 1, ... `most` open sites, each solved on its own.

    Numbers below that of the fixed sites have no plan and are left out; so is 0 where the model needs one.
    The time limit is shared out over the points still to come.
    """
    clock = Clock(question.time_limit_s)
    plans = []
    for p in range(int(instance.fixed.sum()), most + 1):
        if p > int(instance.usable.sum()):
            break
        if p == 0:
            plans += _nothing_open(question)
            continue
        if question.model == "p-dispersion" and p < 2:
            continue
        part = max(0.5, clock.left_s / (most - p + 1))
        plans.append((p, solve_siting(instance, replace(question, open=p, time_limit_s=part))))
    return tuple(plans)


def _nothing_open(question: Question) -> list[tuple[int, Plan]]:
    """Return the plan without sites for models that have one."""
    if question.model not in {"mclp", "gradual-cover", "capacitated-mclp"}:
        return []
    empty = np.zeros(0, dtype=np.int64)
    nobody = Allocation(empty, empty, np.zeros(0), np.zeros(0))
    return [(0, Plan("optimal", "proof", 0.0, 0.0, 0.0, (), nobody, "yes", 0.0))]


def alternatives(
    instance: Instance, question: Question, best: Plan, *, k: int, differ: int
) -> tuple[Plan, ...]:
    """Return up to k plans after the best, each the best that differs by `differ` sites from all before."""
    clock = Clock(question.time_limit_s)
    known = [(best.sites, differ)]
    plans: list[Plan] = []
    while len(plans) < k and not clock.over:
        side = replace(question.side, apart=(*question.side.apart, *known))
        part = max(0.5, clock.left_s / (k - len(plans)))
        plan = solve_siting(instance, replace(question, side=side, time_limit_s=part))
        if not plan.sites:
            break
        plans.append(plan)
        known.append((plan.sites, differ))
    return tuple(plans)


def evaluate(
    instance: Instance, question: Question, sites: Sequence[int]
) -> tuple[float | None, Allocation | None]:
    """Return what a planner's own list is worth, in the unit of the matrix, and who goes where.

    None where the list breaks a limit of the model.
    """
    chosen = tuple(sorted(sites))
    asked = replace(question, open=len(chosen))
    if asked.model in {"capacitated-mclp", "capacitated-p-median"}:
        asked = replace(asked, capacitated=True)
    if asked.model == "lscp" and asked.total_weight <= 0:
        asked = replace(asked, total_weight=float(instance.weight.sum()))
    allocation = allocate(instance, asked, chosen)
    value = worth(instance, asked, chosen, allocation)
    return (None if value is None else shown_value(instance, asked, value)), allocation


def marginal_gains(instance: Instance, question: Question, plan: Plan) -> FloatArray:
    """Return what each open site adds: the objective of the plan against the plan without it, shape (sites,).

    NaN where the plan without the site breaks the model (somebody would not be served at all), and where the
    time for it is over. A gain is
    positive where the site makes the plan better.
    """
    gains = np.full(len(plan.sites), np.nan)
    instance = only_pairs_of(instance, plan.sites)
    clock = Clock(GAINS_S)
    for k in range(len(plan.sites)):
        rest = tuple(s for s in plan.sites if s != plan.sites[k])
        if not rest and question.model in {"mclp", "gradual-cover", "capacitated-mclp"}:
            gains[k] = plan.objective
        elif rest and not clock.over:
            value, _ = evaluate(instance, question, rest)
            if value is not None and np.isfinite(value):
                gains[k] = plan.objective - value if question.largest else value - plan.objective
    return gains


def only_pairs_of(instance: Instance, sites: Sequence[int]) -> Instance:
    """Return the instance with the routes to some sites alone."""
    return replace(instance, pairs=instance.pairs.where(open_mask(instance, sites)[instance.pairs.site]))


def ranks(gains: FloatArray, weight_assigned: FloatArray, ids: Sequence[str]) -> IntArray:
    """Return the rank of each open site from 1: by gain, then by weight assigned, then by id.

    A site that cannot be done without comes first.
    """
    need = np.where(np.isnan(gains), np.inf, gains)
    order = sorted(range(len(ids)), key=lambda k: (-need[k], -weight_assigned[k], ids[k]))
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(1, len(ids) + 1)
    return rank


@dataclass(frozen=True)
class Draws:
    """How the input is drawn anew.

    Attributes
    ----------
    n, seed
        Number of draws and the seed of the generator.
    weight_spread
        Standard deviation of the logarithm of each demand's weight, drawn on its own.
    cost_spread
        Standard deviation of the logarithm of all travel costs together (one factor a draw: speed).
    """

    n: int
    seed: int = 1
    weight_spread: float = 0.1
    cost_spread: float = 0.1


@dataclass(frozen=True)
class Robustness:
    """How often each site is chosen.

    Attributes
    ----------
    solved
        Number of draws that gave a plan, and of those proven.
    chosen
        Of each site, in how many plans it is open.
    low, high
        95 % interval (Wilson 1927) of the share.
    """

    solved: int
    proven: int
    chosen: IntArray
    low: FloatArray
    high: FloatArray


def robustness(instance: Instance, question: Question, draws: Draws) -> Robustness:
    """Return how often each site is chosen when weights and travel costs are drawn anew.

    Each draw has its own generator (seed, number of the draw): draw 7 is the same whether 10 or 100 are made.
    """
    clock = Clock(question.time_limit_s)
    chosen = np.zeros(instance.m, dtype=np.int64)
    solved = proven = 0
    for k in range(draws.n):
        if clock.over:
            break
        part = max(0.5, clock.left_s / (draws.n - k))
        plan = solve_siting(drawn(instance, draws, k), replace(question, time_limit_s=part))
        if plan.sites:
            chosen[list(plan.sites)] += 1
            solved += 1
            proven += plan.status == "optimal"
    low, high = wilson(chosen, solved)
    return Robustness(solved, proven, chosen, low, high)


def drawn(instance: Instance, draws: Draws, k: int) -> Instance:
    """Return the instance of draw k: weights and loads times own factors, costs times one factor."""
    generator = np.random.default_rng([draws.seed, k])
    people = np.exp(generator.normal(0.0, draws.weight_spread, instance.n))
    speed = float(np.exp(generator.normal(0.0, draws.cost_spread)))
    weight = np.rint(instance.weight * people) if _whole(instance.weight) else instance.weight * people
    load = np.rint(instance.load * people) if _whole(instance.load) else instance.load * people
    cost = np.rint(instance.pairs.cost * speed) if instance.scale > 1 else instance.pairs.cost * speed
    return replace(instance, weight=weight, load=load, pairs=replace(instance.pairs, cost=cost))


def _whole(values: FloatArray) -> bool:
    """Whether all values are whole numbers."""
    return bool(np.all(values == np.rint(values)))


def wilson(hits: IntArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of a share of n (Wilson 1927, JASA 22); 0 to 1 where n is 0."""
    if n == 0:
        return np.zeros(len(hits)), np.ones(len(hits))
    share = hits / n
    middle = share + Z_95**2 / (2 * n)
    spread = Z_95 * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n))
    base = 1 + Z_95**2 / n
    return np.clip((middle - spread) / base, 0.0, 1.0), np.clip((middle + spread) / base, 0.0, 1.0)


def people_within(instance: Instance, sites: Sequence[int], limit: float | None) -> tuple[float, int]:
    """Return the weight and the number of places within the limit of an open site (any cost if None)."""
    served = nearest(instance, sites, limit=limit).demand
    return float(instance.weight[served].sum()), len(served)
