"""Who goes to which open site, nearest or best within capacities, and what a plan is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_instance import COVER_MODELS, Instance, Pairs, Question, Side
from geoplan.analysis.siting_milp import Clock, Stop, solve
from geoplan.analysis.siting_models import bands_of, build_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray

WHOLE_TOLERANCE: Final = 1e-6
"""A share this near to a whole number of load units is that number: the solver works in floats."""


@dataclass(frozen=True)
class Allocation:
    """Shares of demand that go to open sites, sorted by demand, then by site.

    Attributes
    ----------
    demand, site
        Positions, shape (rows,).
    share
        Share of the demand, above 0 and at most 1.
    cost
        Travel cost in the units of the instance.
    """

    demand: IntArray
    site: IntArray
    share: FloatArray
    cost: FloatArray


def loaded(instance: Instance, question: Question) -> bool:
    """Whether loads decide who goes where: capacities, least loads, or one source for each demand."""
    return question.capacitated or bool((instance.least_load > 0).any())


def open_mask(instance: Instance, sites: Sequence[int]) -> BoolArray:
    """Return the mask of some sites."""
    mask = np.zeros(instance.m, dtype=bool)
    mask[list(sites)] = True
    return mask


def nearest(instance: Instance, sites: Sequence[int], *, limit: float | None = None) -> Allocation:
    """Return each demand whole at its cheapest open site within the limit; a tie goes to the smaller id."""
    pairs = instance.within(limit)
    pairs = pairs.where(open_mask(instance, sites)[pairs.site])
    order = np.lexsort((pairs.site, pairs.cost, pairs.demand))
    demand = pairs.demand[order]
    first = order[np.concatenate([[True], np.diff(demand) != 0])] if len(order) else order
    one = np.ones(len(first))
    return Allocation(pairs.demand[first], pairs.site[first], one, pairs.cost[first])


def allocate(
    instance: Instance, question: Question, sites: Sequence[int], clock: Clock | None = None
) -> Allocation | None:
    """Return who goes where under a plan, or None if the plan cannot serve whom it must.

    Capacitated plans are solved again with their sites fixed: covering plans serve the most load, all others
    the least weight x cost.
    """
    if not loaded(instance, question):
        limit = question.bands[-1][0] if question.model == "gradual-cover" else question.limit
        return nearest(instance, sites, limit=limit if question.model in COVER_MODELS else None)
    if len(sites) == 1 and not question.single_source:
        return _at_one(instance, question, sites[0])
    fixed = replace(
        instance,
        fixed=open_mask(instance, sites),
        usable=open_mask(instance, sites),
        pairs=instance.pairs.where(open_mask(instance, sites)[instance.pairs.site]),
    )
    asked = question
    if question.model == "lscp":
        limited = fixed.within(question.limit)
        fixed, asked = replace(fixed, pairs=limited), replace(question, model="capacitated-p-median")
    # the sites are settled: of the side constraints only those on who is served still say anything
    side = Side(
        district_least_share=question.side.district_least_share, district_least=question.side.district_least
    )
    asked = replace(asked, open=None, budget=None, side=side, any_plan=True)
    built = build_model(fixed, asked)
    outcome = solve(built.program, Stop(clock or Clock(60.0)))
    if outcome.x is None or built.pairs is None:
        return None
    return _shares(fixed, built.pairs, outcome.x[built.x : built.x + len(built.pairs)])


def _at_one(instance: Instance, question: Question, site: int) -> Allocation | None:
    """Return who goes to the only open site: all in range, or as many as it has room for, by id."""
    limited = question.model in COVER_MODELS
    pairs = instance.within(question.limit if limited else None)
    pairs = pairs.where(pairs.site == site)
    load = instance.load[pairs.demand]
    room = instance.capacity[site] if question.capacitated else np.inf
    before = np.concatenate([[0.0], np.cumsum(load)[:-1]]) if len(load) else load
    fits = np.clip(room - before, 0.0, load)
    share = np.where(load > 0, fits / np.where(load > 0, load, 1.0), 1.0)
    if fits.sum() < instance.least_load[site] or (question.model != "capacitated-mclp" and (share < 1).any()):
        return None
    keep = share > 0
    return Allocation(pairs.demand[keep], pairs.site[keep], share[keep], pairs.cost[keep])


def _shares(instance: Instance, pairs: Pairs, x: FloatArray) -> Allocation:
    """Return the shares, as whole loads where loads and capacities are whole."""
    load = instance.load[pairs.demand]
    flow = x * load
    near = np.rint(flow)
    whole = (np.abs(flow - near) <= WHOLE_TOLERANCE * np.maximum(1.0, load)) & (load == np.rint(load))
    share = np.where(whole & (load > 0), near / np.where(load > 0, load, 1.0), x)
    share = np.where(np.abs(share - np.rint(share)) <= WHOLE_TOLERANCE, np.rint(share), share)
    keep = share > WHOLE_TOLERANCE
    return Allocation(pairs.demand[keep], pairs.site[keep], share[keep], pairs.cost[keep])


def worth(
    instance: Instance, question: Question, sites: Sequence[int], allocation: Allocation | None
) -> float | None:
    """Return the objective of a plan in the units of the instance, or None if it breaks a limit of coverage.

    Counts: lscp sites, covering models weight (backup-cover with `places` the number), capacitated-mclp load;
    median models weight x cost; p-center and p-dispersion a cost; fixed-charge money plus weight x cost in
    the unit of the matrix.
    """
    if allocation is None:
        return None
    if question.model == "p-dispersion":
        return dispersion(instance, sites)
    if question.model in {"lscp", "mclp", "gradual-cover", "backup-cover"}:
        return _cover_worth(instance, question, sites, allocation)
    share_of = np.bincount(allocation.demand, weights=allocation.share, minlength=instance.n)
    if question.model == "capacitated-mclp":
        return float((instance.load * share_of).sum())
    if (share_of[instance.needed(question.model)] < 1 - 1e-9).any():
        return None
    return _cost_worth(instance, question, sites, allocation)


def _cost_worth(
    instance: Instance, question: Question, sites: Sequence[int], allocation: Allocation
) -> float:
    """Return what a plan costs that serves everybody it must."""
    if question.model == "p-center":
        return float(allocation.cost[instance.weight[allocation.demand] > 0].max(initial=0.0))
    travel = float((instance.weight[allocation.demand] * allocation.share * allocation.cost).sum())
    if question.model == "fixed-charge":
        return question.money_weight * instance.money_of(sites) + travel / instance.scale
    return travel


def _cover_worth(
    instance: Instance, question: Question, sites: Sequence[int], allocation: Allocation
) -> float | None:
    """Return what an uncapacitated covering plan is worth."""
    mask = open_mask(instance, sites)
    if question.model in {"mclp", "gradual-cover"}:
        return sum(
            step * float(instance.weight[count_open(instance, mask, limit) > 0].sum())
            for limit, step in bands_of(question)
        )
    count = count_open(instance, mask, question.limit)
    if question.model == "lscp":
        return _lscp_worth(instance, question, sites, count, allocation)
    if (count[instance.reached] < 1).any():
        return None
    counted = instance.weight if question.count == "people" else np.ones(instance.n)
    return float(counted[count >= 2].sum())


def _lscp_worth(
    instance: Instance, question: Question, sites: Sequence[int], count: IntArray, allocation: Allocation
) -> float | None:
    """Return the number of sites if they cover what they must."""
    if question.capacitated:
        share = np.bincount(allocation.demand, weights=allocation.share, minlength=instance.n)
        return None if (share[instance.reached] < 1 - 1e-9).any() else float(len(sites))
    if question.cover_share is not None:
        need = question.cover_share * question.total_weight * (1 - 1e-12)
        return None if float(instance.weight[count > 0].sum()) < need else float(len(sites))
    return None if (count[instance.reached] < 1).any() else float(len(sites))


def count_open(instance: Instance, mask: BoolArray, limit: float | None) -> IntArray:
    """Return how many open sites are within the limit of each demand."""
    pairs = instance.within(limit)
    return np.bincount(pairs.demand[mask[pairs.site]], minlength=instance.n)


def dispersion(instance: Instance, sites: Sequence[int]) -> float:
    """Return the smallest cost between two of the sites, in either direction; infinite without a route."""
    mask = open_mask(instance, sites)
    between = mask[instance.pairs.demand] & mask[instance.pairs.site]
    return float(instance.pairs.cost[between].min(initial=np.inf))
