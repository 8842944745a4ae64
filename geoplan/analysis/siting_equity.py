"""Equity first: the best worst district, then the most weight in range with no district below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting import Plan, solve_siting
from geoplan.analysis.siting_milp import INFINITY, Builder, Clock, Stop, solve
from geoplan.analysis.siting_models import add_number, add_sides, district_cover

if TYPE_CHECKING:
    from geoplan.analysis.siting_instance import Instance, Question


@dataclass(frozen=True)
class EquityPlan:
    """Both stages.

    Attributes
    ----------
    floor, floor_bound, floor_status
        Stage one: the share of its weight that the worst district has in range, the most that any plan can
        give, and whether that is proven (optimal) or not (feasible, unknown).
    unserved_districts
        Districts without anybody whom a candidate reaches within the limit: no plan can help them, and they
        stand outside the floor.
    plan
        Stage two, under the floor.
    """

    floor: float
    floor_bound: float
    floor_status: str
    unserved_districts: tuple[str, ...]
    plan: Plan


def solve_equity(instance: Instance, question: Question) -> EquityPlan:
    """Return the plan with the best worst district, and among those the most weight in range (mclp)."""
    clock = Clock(question.time_limit_s)
    names, hopeless = _districts(instance, question)
    counted = np.array([name not in hopeless for name in instance.district], dtype=bool)
    status, floor, bound = _floor(instance, question, counted, clock.part(0.5))
    # a hair below, as the floor is a quotient of sums
    least = tuple((name, max(0.0, floor - 1e-9)) for name in names if name not in hopeless)
    side = replace(question.side, district_least=least)
    left = max(1.0, clock.left_s)
    plan = solve_siting(instance, replace(question, side=side, time_limit_s=left))
    return EquityPlan(floor, bound, status, hopeless, plan)


def _districts(instance: Instance, question: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return all districts with weight, and those where nobody has a candidate in range."""
    near = np.zeros(instance.n, dtype=bool)
    near[instance.within(question.limit).demand] = True
    heavy = instance.weight > 0
    district = np.array(instance.district, dtype=object)
    names = tuple(sorted(set(district[heavy])))
    reachable = set(district[heavy & near])
    return names, tuple(name for name in names if name not in reachable)


def _floor(
    instance: Instance, question: Question, counted: np.ndarray, clock: Clock
) -> tuple[str, float, float]:
    """Return status, value and bound of the best worst share of districts."""
    own = replace(instance, weight=np.where(counted, instance.weight, 0.0))
    build = Builder()
    m = instance.m
    build.columns(m, lower=instance.fixed.astype(float), upper=instance.usable.astype(float), whole=True)
    add_number(build, question, m)
    names, base, (district, column, weight) = district_cover(build, own, question.limit)
    worst = build.columns(1, cost=-1.0, upper=1.0, whole=False)
    heavy = base > 0
    rows = np.cumsum(heavy) - 1
    keep = heavy[district]
    entry = (rows[district[keep]], column[keep], weight[keep] / base[district[keep]])
    k = int(heavy.sum())
    build.rows(k, entry, (np.arange(k), worst, -1.0), lower=0.0, upper=INFINITY)
    add_sides(build, instance, question)
    outcome = solve(build.build(), Stop(clock))
    if outcome.x is None:
        return outcome.state, 0.0, 1.0
    sites = outcome.x[:m] > 0.5
    return outcome.state, _worst(own, question, sites, names), min(1.0, -outcome.bound)


def _worst(instance: Instance, question: Question, sites: np.ndarray, names: tuple[str, ...]) -> float:
    """Return the smallest share of a district's weight in range, counted anew."""
    pairs = instance.within(question.limit)
    covered = np.zeros(instance.n, dtype=bool)
    covered[pairs.demand[sites[pairs.site]]] = True
    district = np.array(instance.district, dtype=object)
    shares = []
    for name in names:
        own = (district == name) & instance.reached
        total = float(instance.weight[own].sum())
        if total > 0:
            shares.append(float(instance.weight[own & covered].sum()) / total)
    return min(shares, default=0.0)
