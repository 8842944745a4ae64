"""The single-source capacitated p-median from below: knapsacks, what they fix, and a tree over the sites.

With the assignment rows relaxed, what a site is worth is a knapsack of whom it would serve, and the p best
sites are open (Ceselli & Righini 2005, Networks 45). Knapsacks are solved to the end over whole units of
load; where loads are no whole units they are rounded down, which keeps the bound valid.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_capacitated import (
    ROUNDING,
    Packed,
    Packing,
    cheaper,
    improved,
    neighbourhoods,
    solve_rest,
)
from geoplan.analysis.siting_fast import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock

    Progress = Callable[[float, float], None]

UNITS: Final = 500
"""Most units of load that a knapsack is solved over."""

ROOT_STEPS: Final = 600
NODE_STEPS: Final = 80
"""Steps of the bound at the root and at every other node."""

PATIENCE: Final = 12
"""Steps without a better bound after which the step is halved."""

DEFLECTION: Final = 0.3
"""Share of the last direction in the next."""

FADING: Final = 0.05
"""Share of the last step in how often a site was chosen."""

SMALL_PAIRS: Final = 60
"""Pairs left at which HiGHS takes over from the tree."""


@dataclass(frozen=True)
class Knapsacks:
    """Loads and capacities in whole units; a unit of load never counts more than it is.

    Attributes
    ----------
    load, room
        Units of each demand and each site.
    """

    load: IntArray
    room: IntArray


def units_of(problem: Packed) -> Knapsacks:
    """Return the loads in units: their common divisor, or larger ones where that would be too fine."""
    load, room = problem.load, np.minimum(problem.room, problem.load.sum())
    most = float(room.max(initial=0.0))
    whole = bool(np.all(load == np.rint(load))) and most < 2**50
    unit = float(np.gcd.reduce(load.astype(np.int64))) if whole and len(load) else 0.0
    if unit > 0 and most / unit <= UNITS:
        used, held = np.rint(load / unit), np.floor(room / unit + 1e-6)
    else:
        unit = most / UNITS if most > 0 else 1.0
        used, held = np.floor(load / unit * (1 - ROUNDING)), np.floor(room / unit * (1 + 3 * ROUNDING))
    return Knapsacks(used.astype(np.int64), held.astype(np.int64))


@dataclass(frozen=True)
class _Filled:
    """The knapsacks of all sites: best gain for every capacity, and what was taken where."""

    gain: FloatArray
    best: FloatArray
    taken: BoolArray


def _fill(sacks: Knapsacks, gain: FloatArray) -> _Filled:
    """Solve the knapsacks of all sites at once; `gain` is (n, m), -inf where demand must not go."""
    n, m = gain.shape
    width = int(sacks.room.max(initial=0)) + 1
    best = np.zeros((m, width))
    taken = np.zeros((n, m, width), dtype=bool)
    fast = kernels(n * m * width)
    if fast is not None:
        fast.fill(gain, sacks.load, sacks.room, best, taken)
        return _Filled(gain, best, taken)
    for i in np.flatnonzero((gain > 0).any(axis=1)):
        q = int(sacks.load[i])
        if q >= width:
            continue
        own = np.flatnonzero(gain[i] > 0)
        rows = best[own]
        with_it = rows[:, : width - q] + gain[i, own, None]
        take = with_it > rows[:, q:]
        taken[i, own, q:] = take
        rows[:, q:] = np.where(take, with_it, rows[:, q:])
        best[own] = rows
    return _Filled(gain, best, taken)


def _served(sacks: Knapsacks, filled: _Filled, sites: IntArray) -> FloatArray:
    """Return how often each demand is in the knapsacks of some sites."""
    left = sacks.room[sites].copy()
    count = np.zeros(len(sacks.load))
    fast = kernels(filled.taken.size)
    if fast is not None:
        fast.served(filled.taken, sacks.load, sacks.room, sites, count)
        return count
    for i in range(len(sacks.load) - 1, -1, -1):
        take = filled.taken[i, sites, left]
        count[i] = take.sum()
        left -= np.where(take, sacks.load[i], 0)
    return count


@dataclass(frozen=True)
class Node:
    """What is still possible: pairs alive, sites that must be open; multipliers and the bound they prove."""

    alive: BoolArray
    forced: BoolArray
    u: FloatArray
    bound: float
    often: FloatArray


@dataclass(frozen=True)
class Proof:
    """Best plan known and what is proven; whether the tree was searched to its end."""

    plan: Packing | None
    bound: float
    nodes: int


class Search:
    """The bound, the plans it leads to, and the tree; `run` answers."""

    def __init__(self, problem: Packed, clock: Clock, progress: Progress | None = None) -> None:
        self.problem, self.clock, self.progress = problem, clock, progress
        self.sacks = units_of(problem)
        self.best: Packing | None = None
        self.tried: set[bytes] = set()
        self.nodes = self.made = 0
        self.floor = np.inf
        self.all_prices = float(
            np.where(np.isfinite(problem.price), problem.price, 0).max(axis=1, initial=0).sum()
        )

    @property
    def cost(self) -> float:
        """Cost of the best plan."""
        return np.inf if self.best is None else self.best.cost

    @property
    def need(self) -> float:
        """A bound above this leaves no better plan."""
        if self.best is None:
            return np.inf
        slack = 1e-9 * max(1.0, self.cost)
        return self.cost - max(self.problem.step - slack, slack)

    def offer(self, plan: Packing | None) -> None:
        """Take a plan if it is better."""
        self.best = cheaper(self.best, plan)

    def run(self, *, gap: float = 0.0, max_nodes: int | None = None) -> Proof:
        """Search until the proof, the gap, the nodes or the time are reached."""
        problem = self.problem
        u = np.sort(np.where(np.isfinite(problem.price), problem.price, np.inf), axis=1)
        u = u[:, min(problem.m - 1, max(1, problem.m // problem.p))]
        u = np.where(np.isfinite(u), u, np.nanmax(np.where(np.isfinite(problem.price), problem.price, 0)))
        alive = np.isfinite(problem.price) & (problem.load[:, None] <= problem.room[None, :])
        root = Node(alive, problem.forced, u, -np.inf, np.zeros(problem.m))
        solved = self._bounded(root, ROOT_STEPS)
        if solved is not None and self.best is not None:
            self.offer(neighbourhoods(problem, self.best, solved.alive, self.clock))
            solved = self._bounded(solved, NODE_STEPS)
        if solved is not None and self.best is None:
            return Proof(None, solved.bound, 0)
        return self._tree(solved, gap, max_nodes)

    def _tree(self, root: Node | None, gap: float, max_nodes: int | None) -> Proof:
        """Search the tree from a solved root on, best bound first."""
        heap: list[tuple[float, int, Node]] = [] if root is None else [(root.bound, 0, root)]
        while heap:
            low = self._bound(heap)
            if self.progress is not None and self.best is not None:
                self.progress(self.cost, low)
            close = self.best is not None and self.cost - low <= gap * abs(self.cost)
            if self.clock.over or close or (max_nodes is not None and self.nodes >= max_nodes):
                break
            _, _, node = heapq.heappop(heap)
            if node.bound > self.need:
                continue
            self.nodes += 1
            for child in self._children(node):
                solved = self._bounded(child, NODE_STEPS)
                if solved is not None:
                    self.made += 1
                    heapq.heappush(heap, (solved.bound, self.made, solved))
        return Proof(self.best, self._bound(heap), self.nodes)

    def _bound(self, heap: list[tuple[float, int, Node]]) -> float:
        """Return what is proven: the lowest bound of what is open, rounded up to the step."""
        low = min(self.floor, heap[0][0] if heap else np.inf)
        if low > self.need:
            return self.cost
        step = self.problem.step
        if step > 0 and np.isfinite(low):
            low = step * float(np.ceil(low / step - 1e-6))
        return min(low, self.cost)

    def _children(self, node: Node) -> list[Node]:
        """Return the two halves of a node, or nothing after HiGHS has solved what few pairs are left."""
        usable = node.alive.any(axis=0) | node.forced
        open_ = np.flatnonzero(usable & ~node.forced)
        if int(usable.sum()) <= self.problem.p or not len(open_) or int(node.alive.sum()) <= SMALL_PAIRS:
            self._finish(node)
            return []
        # the site that the steps of the bound chose in about half of them
        site = int(open_[int(np.argmin(np.abs(node.often[open_] - 0.5)))])
        shut, kept = node.alive.copy(), node.forced.copy()
        shut[:, site], kept[site] = False, True
        return [replace(node, alive=shut), replace(node, forced=kept)]

    def _finish(self, node: Node) -> None:
        """Let HiGHS solve what is left of a node."""
        plan, bound = solve_rest(self.problem, node.alive, node.forced, self.clock, below=self.cost)
        self.offer(plan)
        if max(bound, node.bound) <= self.need:
            self.floor = min(self.floor, max(bound, node.bound))

    def _bounded(self, node: Node, steps: int) -> Node | None:
        """Return a node with the best bound that some steps of the subgradient find, None if nothing is left.

        Sites and pairs that no better plan can have are taken out on the way.
        """
        problem = self.problem
        best, u, factor, since = node, node.u, 1.0, 0
        alive, forced = node.alive, node.forced
        direction, often = np.zeros(problem.n), node.often.copy()
        for step in range(steps):
            if step and self.clock.over:
                break
            if not _possible(problem, alive, forced):
                return None
            filled = _fill(
                self.sacks, np.where(alive, u[:, None] - np.where(alive, problem.price, 0), -np.inf)
            )
            value = -filled.best[np.arange(problem.m), self.sacks.room]
            chosen = self._chosen(value, forced)
            bound = float(u.sum() + value[chosen].sum())
            often *= 1 - FADING
            often[chosen] += FADING
            since += 1
            if bound > best.bound or step == 0:
                better = bound > best.bound + 1e-4 * abs(best.bound)
                since = 0 if better or step == 0 else since
                best = Node(alive, forced, u, max(bound, node.bound), often)
                self._try(chosen)
            if max(bound, best.bound) > self.need:
                return None
            alive = self._fixed(filled, value, chosen, bound, (alive, forced))
            slope = 1.0 - _served(self.sacks, filled, chosen)
            if not slope.any():
                break
            direction = slope + DEFLECTION * direction
            target = self.cost if self.best is not None else max(1.05 * bound, bound + 0.05 * self.all_prices)
            size = float(direction @ direction)
            u = u + factor * max(target - bound, 1e-6 * abs(target)) / max(size, 1e-9) * direction
            if since >= PATIENCE:
                factor, since, u = factor / 2, 0, best.u
                direction = np.zeros(problem.n)
            if factor < 0.005:
                break
        return replace(best, alive=alive, forced=forced, often=often)

    def _chosen(self, value: FloatArray, forced: BoolArray) -> IntArray:
        """Return the forced sites and the cheapest others, sorted by value."""
        rest = np.flatnonzero(~forced)
        rest = rest[np.argsort(value[rest], kind="stable")[: self.problem.p - int(forced.sum())]]
        return np.concatenate([np.flatnonzero(forced), rest])

    def _try(self, chosen: IntArray) -> None:
        """Look for a plan near the sites of the bound, once for each set of them."""
        key = np.sort(chosen).astype(np.int64).tobytes()
        if key not in self.tried:
            self.tried.add(key)
            self.offer(improved(self.problem, np.sort(chosen)))

    def _fixed(
        self,
        filled: _Filled,
        value: FloatArray,
        chosen: IntArray,
        bound: float,
        state: tuple[BoolArray, BoolArray],
    ) -> BoolArray:
        """Return the pairs that are alive after all is left out that only dearer plans have."""
        alive, forced = state
        if self.best is None:
            return alive
        free = chosen[int(forced.sum()) :]
        if not len(free):
            last, base = 0.0, np.where(forced, bound - value, np.inf)
        else:
            last = float(value[free].max())
            base = np.full(self.problem.m, bound - last)
            base[chosen] = bound - value[chosen]
        # a pair in use: its gain, and the best of the room that is left
        left = self.sacks.room[None, :] - self.sacks.load[:, None]
        inside = np.take_along_axis(filled.best.T, np.maximum(left, 0), axis=0)
        in_use = base[None, :] - (np.where(alive, filled.gain, 0.0) + inside)
        left_in: BoolArray = alive & (left >= 0) & ~(in_use > self.need)
        return left_in


def _possible(problem: Packed, alive: BoolArray, forced: BoolArray) -> bool:
    """Whether every demand has a place to go, and the forced sites are not too many."""
    return bool(alive.any(axis=1).all()) and int(forced.sum()) <= problem.p
