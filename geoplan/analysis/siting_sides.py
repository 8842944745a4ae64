"""Whether a plan keeps the side constraints, by plain counting; candidates one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.allocation import open_mask
from geoplan.analysis.siting_instance import Pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.analysis.siting_instance import Instance, IntArray, Question, Side


def meets_sides(instance: Instance, question: Question, sites: tuple[int, ...]) -> bool:
    """Whether a plan keeps budget and side constraints."""
    if question.budget is not None and instance.money_of(sites) > question.budget:
        return False
    if not (_meets_pairs(question.side, set(sites)) and _meets_regions(instance, question.side, sites)):
        return False
    known = question.side.apart
    return all(_apart(set(sites), set(k), differ) for k, differ in known) and meets_districts(
        instance, question, sites
    )


def _meets_pairs(side: Side, chosen: set[int]) -> bool:
    """Whether no two sites that exclude each other are open, and none without what it needs."""
    apart = not any(a in chosen and b in chosen for a, b in side.excludes)
    return apart and not any(a in chosen and b not in chosen for a, b in side.needs)


def _meets_regions(instance: Instance, side: Side, sites: tuple[int, ...]) -> bool:
    """Whether each region has neither too few nor too many open sites."""
    regions = [instance.region[s] for s in sites]
    enough = all(regions.count(name) >= least for name, least in side.region_least)
    return enough and all(regions.count(name) <= most for name, most in side.region_most)


def _apart(chosen: set[int], known: set[int], differ: int) -> bool:
    """Whether a plan of the same size leaves out enough sites of a known one."""
    return len(known - chosen) >= differ if len(known) == len(chosen) else len(known ^ chosen) >= differ


def meets_districts(instance: Instance, question: Question, sites: tuple[int, ...]) -> bool:
    """Whether each district has its least share of weight within the limit."""
    side = question.side
    if side.district_least_share is None and not side.district_least:
        return True
    pairs = instance.within(question.limit)
    covered = np.zeros(instance.n, dtype=bool)
    covered[pairs.demand[open_mask(instance, sites)[pairs.site]]] = True
    own = dict(side.district_least)
    for name in sorted(set(instance.district)):
        members = (np.array(instance.district, dtype=object) == name) & instance.reached
        least = own.get(name, side.district_least_share or 0.0)
        if instance.weight[members & covered].sum() < least * instance.weight[members].sum() * (1 - 1e-12):
            return False
    return True


def one_by_one(instance: Instance, candidates: IntArray) -> Iterator[tuple[int, Instance]]:
    """Yield each candidate with the instance of its own pairs."""
    pairs = instance.pairs
    order = np.argsort(pairs.site, kind="stable")
    starts = np.searchsorted(pairs.site[order], np.arange(instance.m + 1))
    for site in candidates.tolist():
        own = order[starts[site] : starts[site + 1]]
        yield site, replace(instance, pairs=Pairs(pairs.demand[own], pairs.site[own], pairs.cost[own]))
