"""The fewest sites that cover a share of all weight, by the most weight that each number of sites covers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting_instance import cover_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy import sparse

    from geoplan.analysis.siting_instance import FloatArray, Instance, IntArray, Question
    from geoplan.analysis.siting_milp import Clock

    Most = Callable[[int, Clock], tuple[tuple[int, ...] | None, float]]
    """Number of open sites -> the plan that covers the most, and the bound of what it covers."""

HAIR = 1 - 1e-12
"""0.9 of 10 people are 9 and not 9.000000000000002."""


@dataclass(frozen=True)
class Fewest:
    """Positions of the open sites (None: no number is enough) and the least number not excluded."""

    sites: tuple[int, ...] | None
    bound: float


def fewest_for_share(instance: Instance, question: Question, clock: Clock, most: Most) -> Fewest:
    """Return the fewest sites that cover `cover_share` of all weight; of plans as small the one found first.

    A greedy plan gives a number that is enough; then one site fewer is tried until its bound falls short. The
    plan covers the most weight that its number of sites can.
    """
    cover = cover_matrix(instance.within(question.limit), instance.n, instance.m)
    need = (question.cover_share or 0.0) * question.total_weight * HAIR
    fixed = np.flatnonzero(instance.fixed & instance.usable)
    chosen = _greedy(cover, instance.weight, fixed, need)
    if chosen is None:
        return Fewest(None, np.inf)
    sites = tuple(sorted(chosen.tolist()))
    if len(sites) > len(fixed):
        better, _ = most(len(sites), clock.part(0.3))
        sites = better if better is not None and _covered(cover, instance, better) >= need else sites
    bound = len(sites)
    while bound > len(fixed):
        plan, weight = most(bound - 1, clock.part(0.5))
        if weight < need:
            break
        bound -= 1
        if plan is not None and len(sites) == bound + 1 and _covered(cover, instance, plan) >= need:
            sites = plan
    return Fewest(sites, float(bound))


def _covered(cover: sparse.csr_matrix, instance: Instance, sites: tuple[int, ...]) -> float:
    """Return the weight that some sites cover."""
    near = np.asarray(cover[:, list(sites)].sum(axis=1)).ravel() > 0
    return float(instance.weight[near].sum())


def _greedy(cover: sparse.csr_matrix, weight: FloatArray, fixed: IntArray, need: float) -> IntArray | None:
    """Return the fixed sites and, one by one, the site that covers most of the rest, until it is enough."""
    columns = cover.T.tocsr()
    open_left = np.asarray(cover[:, fixed].sum(axis=1)).ravel() == 0
    chosen = list(fixed)
    while float(weight[~open_left].sum()) < need:
        gain = columns @ (weight * open_left)
        site = int(np.argmax(gain))
        if gain[site] <= 0:
            return None
        chosen.append(site)
        open_left &= np.asarray(cover[:, [site]].todense()).ravel() == 0
    return np.array(chosen, dtype=np.int64)


def other_for_share(instance: Instance, question: Question, sites: tuple[int, ...]) -> bool:
    """Whether exchanging one site leaves a plan that is enough too: then it is not unique."""
    cover = cover_matrix(instance.within(question.limit), instance.n, instance.m)
    need = (question.cover_share or 0.0) * question.total_weight * HAIR
    columns = cover.T.tocsr()
    free = [s for s in sites if not instance.fixed[s]]
    others = instance.usable.copy()
    others[list(sites)] = False
    for site in free:
        rest = [s for s in sites if s != site]
        bare = np.asarray(cover[:, rest].sum(axis=1)).ravel() == 0
        base = float(instance.weight[~bare].sum())
        gain = columns @ (instance.weight * bare)
        if (gain[others] + base >= need).any():
            return True
    return False


def asked_most(question: Question, open_: int, clock: Clock) -> Question:
    """Return the question for the most weight that a number of sites covers."""
    return replace(question, model="mclp", open=open_, cover_share=None, time_limit_s=max(clock.left_s, 0.1))
