"""Least largest cost by bisection over the distinct costs: each radius is a question of covering.

After Minieka (1970); greedy covers bring the upper end down, dual bounds and dominance the lower end up, and
only radii that neither settles go to HiGHS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting_setcover import dual_bound, greedy_cover, reduce, smallest_cover

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

    Progress = Callable[[float, float], None]


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
        """Narrow the bracket by greedy covers, dual bounds, then exactly."""
        self._bisect(self._by_greedy)
        self._bisect_low()
        self._bisect(self._exactly)

    def cells(self, level: int) -> BoolArray:
        """Return which column is in range of which row that no fixed site covers."""
        radius = self.levels[level]
        return np.asarray(self.cost[self.from_fixed > radius] <= radius)

    def _bisect(self, test: Callable[[int], bool | None]) -> None:
        """Halve the bracket while the test says yes (a plan) or no (none); None leaves it open."""
        low, high = self.low, self.high
        while low < high and not self.clock.over:
            middle = (low + high) // 2
            answer = test(middle)
            if answer is None:
                break
            if answer:
                high = min(middle, self.high)
            else:
                low = middle + 1
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

    def _by_greedy(self, level: int) -> bool:
        """Whether a greedy cover of this radius is small enough; a no proves nothing."""
        reduced = reduce(self.cells(level))
        if reduced is None:
            return False
        chosen = greedy_cover(reduced.cells) if len(reduced.cells) else np.zeros(0, dtype=np.int64)
        if len(reduced.fixed) + len(chosen) > self.p:
            return False
        fixed = np.array(reduced.fixed, dtype=np.int64)
        self._take(np.sort(np.concatenate([fixed, reduced.columns[chosen]])))
        return True

    def _bisect_low(self) -> None:
        """Raise the lower end to the first radius that the dual bound does not exclude."""
        low, high = self.low, self.high
        while low < high and not self.clock.over:
            middle = (low + high) // 2
            if self._excluded(middle):
                low = middle + 1
            else:
                high = middle
        self.low = max(self.low, low)

    def _excluded(self, level: int) -> bool:
        """Whether no p columns cover all rows within this radius, by the dual bound."""
        reduced = reduce(self.cells(level))
        if reduced is None:
            return True
        left = self.p - len(reduced.fixed)
        if left < 0:
            return True
        if not len(reduced.cells):
            return False
        return dual_bound(reduced.cells, left + 1, beyond=left) > left

    def _exactly(self, level: int) -> bool | None:
        """Whether p columns cover all rows within this radius; None if the time is not enough."""
        found = smallest_cover(self.cells(level), self.clock, target=self.p)
        if found.columns is not None and len(found.columns) <= self.p:
            self._take(found.columns)
            return True
        if found.bound > self.p:
            self.low = max(self.low, level + 1)
            return False
        return None
