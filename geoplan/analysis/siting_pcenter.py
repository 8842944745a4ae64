"""Least largest cost by bisection over the distinct costs: each radius is a question of covering.

After Minieka (1970); greedy covers and a local search bring the upper end down, dual bounds and dominance the
lower end up; then the radius below the best plan is excluded by a tree, and with it all that are smaller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_setcover import dual_bound, quick_cover, reduce, smallest_cover

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

    Progress = Callable[[float, float], None]


FIRST_PROOF: Final = 0.4
"""Share of the time that the proof of the upper end may take before others are tried."""


@dataclass(frozen=True)
class CenterPlan:
    """Sites, their largest cost, and the least that is proven; `sites` None if no plan is known."""

    sites: IntArray | None
    radius: float
    bound: float
    proven: bool


def solve_center(
    cost: FloatArray, p: int, fixed: BoolArray, clock: Clock, *, progress: Progress | None = None
) -> CenterPlan:
    """Return p columns of a cost matrix (rows x columns, inf = no route) with the least largest row minimum.

    Columns of `fixed` are open whatever comes. An infinite bound means that no p columns serve all rows.
    """
    from_fixed = cost[:, fixed].min(axis=1) if fixed.any() else np.full(len(cost), np.inf)
    free = np.flatnonzero(~fixed)
    search = _Search(cost[:, free], from_fixed, p - int(fixed.sum()), clock, progress)
    search.run()
    if search.plan is None:
        return CenterPlan(None, np.inf, search.bound, search.bound == np.inf)
    sites = np.sort(np.concatenate([np.flatnonzero(fixed), free[search.plan]]))
    return CenterPlan(sites, search.radius, search.bound, search.proven)


def equal_center(cost: FloatArray, plan: CenterPlan, fixed: BoolArray) -> bool:
    """Whether exchanging one column of a plan for another leaves its largest cost as it is, or lower."""
    assert plan.sites is not None  # noqa: S101 - asked of a plan
    near = cost <= plan.radius
    count = near[:, plan.sites].sum(axis=1)
    for column in plan.sites[~fixed[plan.sites]]:
        able = near[(count == 1) & near[:, column]].all(axis=0)
        able[plan.sites] = False
        if able.any():
            return True
    return False


class _Search:
    """The bracket [bound, radius] of one bisection; it only ever narrows."""

    def __init__(
        self, cost: FloatArray, from_fixed: FloatArray, p: int, clock: Clock, progress: Progress | None
    ) -> None:
        self.cost, self.from_fixed, self.p, self.clock, self.progress = cost, from_fixed, p, clock, progress
        levels = np.unique(np.concatenate([cost[np.isfinite(cost)], from_fixed[np.isfinite(from_fixed)]]))
        nearest = np.minimum(cost.min(axis=1, initial=np.inf), from_fixed)
        least = float(nearest.max(initial=-np.inf))
        self.levels = levels[levels >= least] if np.isfinite(least) else levels[:0]
        self.low, self.high = 0, len(self.levels)  # answer is levels[low..high], high = none known
        self.plan: IntArray | None = None

    @property
    def radius(self) -> float:
        """The largest cost of the best plan."""
        return float(self.levels[self.high]) if self.plan is not None else np.inf

    @property
    def bound(self) -> float:
        """The least largest cost that is not excluded."""
        return float(self.levels[self.low]) if self.low < len(self.levels) else np.inf

    @property
    def proven(self) -> bool:
        """Whether the bracket is closed."""
        return self.low == self.high

    def run(self) -> None:
        """Narrow the bracket quickly, then prove its upper end, or failing that what lies between."""
        self._bisect(self._quickly)
        while self.low < self.high and not self.clock.over:
            # the search rarely misses a plan: the next smaller radius is the one to exclude
            part = self.clock.part(FIRST_PROOF)
            answer = self._exactly(self.high - 1, part)
            if answer is None:
                self._bisect(self._excluded)
                self._bisect(lambda level: self._exactly(level, self.clock))
                break
            if not answer:
                self.low = self.high

    def cells(self, level: int) -> BoolArray:
        """Return which column is in range of which row that no fixed site covers."""
        radius = self.levels[level]
        return np.asarray(self.cost[self.from_fixed > radius] <= radius)

    def _bisect(self, test: Callable[[int], bool | None]) -> None:
        """Halve the bracket: yes is a plan, no a level not worth more time; the test proves what it can."""
        low, high = self.low, self.high
        while low < high and not self.clock.over:
            middle = (low + high) // 2
            if test(middle):
                high = min(middle, self.high)
            else:
                low = middle + 1
            low, high = max(low, self.low), min(high, self.high)
            if self.progress is not None:
                self.progress(self.radius, self.bound)

    def _take(self, columns: IntArray) -> None:
        """Take over a plan with its true radius."""
        spare = np.setdiff1d(np.arange(self.cost.shape[1]), columns)
        plan = np.sort(np.concatenate([columns, spare[: self.p - len(columns)]])).astype(np.int64)
        reach = self.cost[:, plan].min(axis=1, initial=np.inf)
        radius = np.minimum(reach, self.from_fixed).max()
        level = int(np.searchsorted(self.levels, radius))
        if level < self.high or self.plan is None:
            self.plan, self.high = plan, level

    def _quickly(self, level: int) -> bool:
        """Whether greedy or the local search finds a cover of this radius; a bound may exclude it."""
        reduced = reduce(self.cells(level))
        if reduced is None:
            self.low = max(self.low, level + 1)
            return False
        found = quick_cover(reduced, self.clock, target=self.p)
        if found.bound > self.p:
            self.low = max(self.low, level + 1)
        elif found.columns is not None and len(found.columns) <= self.p:
            self._take(found.columns)
            return True
        return False

    def _excluded(self, level: int) -> bool:
        """Raise the lower end if the dual bound excludes this radius; yes if it does not."""
        reduced = reduce(self.cells(level))
        left = -1 if reduced is None else self.p - len(reduced.fixed)
        if reduced is None or left < 0 or dual_bound(reduced.cells, left + 1, beyond=left) > left:
            self.low = max(self.low, level + 1)
            return False
        return True

    def _exactly(self, level: int, clock: Clock) -> bool | None:
        """Whether p columns cover all rows within this radius; None if the time is not enough."""
        found = smallest_cover(self.cells(level), clock, target=self.p)
        if found.columns is not None and len(found.columns) <= self.p:
            self._take(found.columns)
            return True
        if found.bound > self.p:
            self.low = max(self.low, level + 1)
            return False
        return None
