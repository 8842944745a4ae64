"""Sites far from one another: largest smallest distance by bisection, each step an independent set.

Kuby (1987) states the model; here a threshold makes a conflict graph of the pairs that are nearer, and p
sites without a conflict are looked for, with cliques instead of edges as rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting_milp import Builder, Clock, Stop, solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, Instance, IntArray

    Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class SpreadPlan:
    """Sites, the smallest distance between two of them, and the most that any plan can have."""

    sites: IntArray | None
    distance: float
    bound: float
    proven: bool


def distances(instance: Instance) -> FloatArray:
    """Return the sites x sites matrix of the smaller of both directions, inf where there is no route."""
    d = np.full((instance.m, instance.m), np.inf)
    d[instance.pairs.demand, instance.pairs.site] = instance.pairs.cost
    np.fill_diagonal(d, np.inf)
    return np.asarray(np.minimum(d, d.T), dtype=np.float64)


def solve_dispersion(
    instance: Instance, p: int, clock: Clock, *, progress: Progress | None = None
) -> SpreadPlan:
    """Return p usable sites, fixed ones among them, with the largest smallest distance; p at least 2."""
    usable = np.flatnonzero(instance.usable)
    d = distances(instance)[np.ix_(usable, usable)]
    fixed = instance.fixed[usable]
    levels = np.concatenate([np.unique(d[np.isfinite(d)]), [np.inf]])
    best = _farthest_first(d, p, fixed)
    value = _smallest(d, best)
    low, high = int(np.searchsorted(levels, value)), len(levels) - 1
    while low < high and not clock.over:
        middle = (low + high + 1) // 2
        found, excluded = _independent(d < levels[middle], p, fixed, clock)
        if found is not None:
            best, value = found, _smallest(d, found)
            low = max(middle, int(np.searchsorted(levels, value)))
        elif excluded:
            high = middle - 1
        else:
            break
        if progress is not None:
            progress(value, float(levels[high]))
    return SpreadPlan(usable[best], value, float(levels[high]), low >= high)


def _smallest(d: FloatArray, chosen: IntArray) -> float:
    """Return the smallest distance between two chosen sites."""
    return float(d[np.ix_(chosen, chosen)].min())


def _farthest_first(d: FloatArray, p: int, fixed: BoolArray) -> IntArray:
    """Return p sites, each the farthest from those before it (Ravi, Rosenkrantz & Tayi 1994)."""
    chosen = np.flatnonzero(fixed).tolist()
    if not chosen:
        finite = np.where(np.isfinite(d), d, -1.0)
        chosen = [int(np.unravel_index(int(np.argmax(finite)), d.shape)[0])]
    while len(chosen) < p:
        gap = d[:, chosen].min(axis=1)
        gap[chosen] = -np.inf
        chosen.append(int(np.argmax(gap)))
    return np.array(sorted(chosen), dtype=np.int64)


def _independent(conflict: BoolArray, p: int, fixed: BoolArray, clock: Clock) -> tuple[IntArray | None, bool]:
    """Return p sites without a conflict, and whether it is proven that there are none."""
    m = len(conflict)
    build = Builder()
    build.columns(m, cost=-1.0, lower=fixed.astype(float), whole=True)
    cliques = _cliques(conflict)
    row = np.repeat(np.arange(len(cliques)), [len(c) for c in cliques])
    if cliques:
        build.rows(len(cliques), (row, np.concatenate(cliques), 1.0), upper=1.0)
    stop = Stop(clock, reached=-p + 1e-6, beyond=-p + 1e-4)
    outcome = solve(build.build(), stop)
    if outcome.x is not None and (outcome.x > 0.5).sum() >= p:
        chosen = np.flatnonzero(outcome.x > 0.5)
        spare = chosen[~fixed[chosen]][: p - int(fixed.sum())]
        return np.sort(np.concatenate([np.flatnonzero(fixed), spare])), False
    return None, outcome.bound > -p + 1e-4


def _cliques(conflict: BoolArray) -> list[IntArray]:
    """Return sets of mutually conflicting sites that together hold every conflict."""
    left = np.triu(conflict, k=1)
    cliques: list[IntArray] = []
    for a in range(len(conflict)):
        while left[a].any():
            clique = [a, int(np.argmax(left[a]))]
            common = conflict[clique[0]] & conflict[clique[1]]
            while common.any():
                new = int(np.argmax(np.where(common, left[a] * 2 + 1, 0)))
                clique.append(new)
                common = common & conflict[new]
            members = np.array(sorted(clique), dtype=np.int64)
            left[np.ix_(members, members)] = False
            cliques.append(members)
    return cliques
