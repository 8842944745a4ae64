"""Branch and bound over which columns are open, with strong branching on a linear relaxation kept warm.

Made for programs whose relaxation is tight and whose trees are therefore small: HiGHS spends most of its time
on cuts that do not help here. Every bound is worked out anew from the duals by the Lagrangian of the problem
itself (no solver tolerance enters it), fixes columns, and is rounded to the step of the objective.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from geoplan.analysis.siting_lp import WarmProgram

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_lp import Relaxed
    from geoplan.analysis.siting_milp import Clock, Program

    Progress = Callable[[float, float], None]

CANDIDATES: Final = 4
"""Columns tried for branching at a node: those that look best by what branching has brought so far."""

RELIABLE: Final = 1
"""Trials after which the past of a column is trusted instead of a new trial."""

TRIAL_STEPS: Final = 100
"""Steps of the simplex method in a trial: the bound of its duals is valid wherever it stops."""

FRACTION: Final = 1e-6
"""Values this near to 0 or 1 are whole."""


class Problem(Protocol):
    """What the tree asks of a problem; always a minimisation."""

    @property
    def program(self) -> Program:
        """The relaxation; its first `m` columns are what is chosen."""

    @property
    def m(self) -> int:
        """Number of columns to choose from."""

    @property
    def least(self) -> int:
        """Fewest open columns."""

    @property
    def most(self) -> int:
        """Most open columns."""

    @property
    def step(self) -> float:
        """Differences of the objective are multiples of this; 0 if unknown."""

    def price(self, dual: FloatArray) -> tuple[float, FloatArray]:
        """Return the constant and the price of each column in the Lagrangian of some duals."""

    def improved(self, x: FloatArray, *, root: bool) -> tuple[IntArray, float]:
        """Return a good plan near a point of the relaxation, and its objective; at the root a better one."""

    def worth(self, chosen: IntArray) -> float:
        """Return the objective of a plan."""


@dataclass(frozen=True)
class Tree:
    """The end of a search: best plan, bound, whether another plan is as good, nodes that were branched on."""

    chosen: IntArray
    cost: float
    bound: float
    unique: str
    nodes: int


@dataclass(frozen=True)
class _Node:
    """Bounds of the columns, what is proven under them, the relaxation, and the Lagrangian of its duals."""

    low: BoolArray
    high: BoolArray
    bound: float
    relaxed: Relaxed
    constant: float
    value: FloatArray


@dataclass(frozen=True)
class Limits:
    """When a tree ends before its proof: time, relative gap, nodes; `alike_s` ends the search for ties.

    `target` is a cost that is good enough, `below` a cost that a plan must be below to be of any use.
    """

    clock: Clock
    gap: float = 0.0
    nodes: int | None = None
    alike_s: float = 0.0
    target: float = -np.inf
    below: float = np.inf


class Growth:
    """The open nodes of one tree, the best plan, and what branching on each column has brought.

    `plant` solves the root; `run` branches from there. `tied` says of the best plan whether another is known
    to be as good: then none is looked for. `thorough` searches longer at the root. `progress` is called with
    incumbent and bound.
    """

    def __init__(
        self,
        problem: Problem,
        chosen: IntArray,
        limits: Limits,
        *,
        tied: Callable[[IntArray], bool] | None = None,
        thorough: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.problem, self.limits, self.progress, self.tied = problem, limits, progress, tied
        self.thorough = thorough
        # a search for a plan below some cost has no use for plans that are as good
        self.chosen, self.unique = np.sort(chosen), "unknown" if limits.below == np.inf else "no"
        self.cost = min(problem.worth(self.chosen), limits.below)
        self.bound, self.nodes = -np.inf, 0
        self.warm = WarmProgram(problem.program, problem.m, limits.clock)
        self.heap: list[tuple[float, int, _Node]] = []
        self.made = 0
        self.risen = np.zeros((2, problem.m))
        self.tried = np.zeros((2, problem.m))

    @property
    def tree(self) -> Tree:
        """What is known so far."""
        return Tree(self.chosen, self.cost, self.bound, self.unique, self.nodes)

    @property
    def slack(self) -> float:
        """What rounding may hide."""
        return 1e-9 * max(1.0, abs(self.cost))

    def plant(self) -> tuple[BoolArray, BoolArray]:
        """Solve the root, look for plans near it, and return which columns are settled open and closed."""
        low = np.zeros(self.problem.m, dtype=bool)
        node = self._node(low, ~low, None, -np.inf)
        if node is not None:
            self._improve(node)
            node = self._fixed(node)
            self._push(node)
        self._settle()
        return (low, low) if node is None else (node.low, ~node.high)

    def run(self) -> Tree:
        """Branch on the node with the least bound until none can hold a better plan, or an equal one."""
        while self.heap and not self._enough():
            _, _, node = heapq.heappop(self.heap)
            self.nodes += 1
            self._branch(self._fixed(node))
        self._settle()
        if self.unique == "unknown" and not self.heap and self.bound >= self.cost:
            self.unique = "yes"
        return self.tree

    def _settle(self) -> None:
        """Take the least bound of the open nodes over, and report."""
        least = self.heap[0][0] if self.heap else self.cost
        self.bound = self.cost if least >= self.cost - self.slack else max(self.bound, least)
        if self.progress is not None:
            self.progress(self.cost, self.bound)

    def _enough(self) -> bool:
        """Whether the search may end: no time, no nodes, gap small enough, or nothing left to learn."""
        self._settle()
        limits = self.limits
        if self.cost <= limits.target or limits.clock.over:
            return True
        if limits.nodes is not None and self.nodes >= limits.nodes:
            return True
        if self.bound < self.cost:
            return self.cost - self.bound <= limits.gap * max(abs(self.cost), 1e-9)
        self._ask_for_ties()
        return self.unique != "unknown" or limits.clock.used_s > limits.alike_s

    def _excluded(self, bound: Any) -> Any:
        """Whether bounds exclude all that is still looked for: better plans, or also plans as good."""
        return bound > self.cost + self.slack if self.unique == "unknown" else bound >= self.cost - self.slack

    def _push(self, node: _Node | None) -> None:
        """Keep a node that may hold what is looked for."""
        if node is not None and not self._excluded(node.bound):
            self.made += 1
            heapq.heappush(self.heap, (node.bound, self.made, node))

    def _node(
        self, low: BoolArray, high: BoolArray, basis: Any, least: float, *, steps: int | None = None
    ) -> _Node | None:
        """Return the node of some bounds, or None if nothing satisfies them; its parent proves `least`.

        With `steps` the relaxation is solved for so many steps only.
        """
        count = int(low.sum())
        if count > self.problem.most or int(high.sum()) < self.problem.least:
            return None
        relaxed = self.warm.solve(low, high, basis, steps=steps)
        if relaxed.empty:
            return None
        constant, value = self.problem.price(relaxed.dual)
        bound, _, _ = penalties(value, low, high, self.problem.least, self.problem.most)
        bound = max(least, float(self._stepped(constant + bound)))
        return self._fixed(_Node(low, high, bound, relaxed, constant, value))

    def _fixed(self, node: _Node) -> _Node:
        """Return a node with every column settled that the best plan known leaves no choice about."""
        low, high = node.low, node.high
        _, enter, leave = penalties(node.value, low, high, self.problem.least, self.problem.most)
        closed = ~low & high & self._excluded(self._stepped(node.constant + enter))
        opened = ~low & high & self._excluded(self._stepped(node.constant + leave))
        return replace(node, low=low | opened, high=high & ~closed)

    def _stepped(self, bound: Any) -> Any:
        """Return the least objective that a bound leaves."""
        step = self.problem.step
        return np.ceil(bound / step - 1e-6) * step if step else bound

    def _branch(self, node: _Node) -> None:
        """Replace a node by children that together hold all its plans."""
        x = node.relaxed.x
        self._improve(node)
        free = node.high & ~node.low
        if self.limits.clock.over:
            self._push(node)
            return
        # where the relaxation was not solved its values say nothing: any free column will do
        broken = np.flatnonzero(free & (x > FRACTION) & (x < 1 - FRACTION) if node.relaxed.solved else free)
        if len(broken):
            for child in self._best_split(node, broken):
                self._push(child)
        elif not self._excluded(node.bound):
            self._around(node, np.flatnonzero(x > 0.5) if node.relaxed.solved else np.flatnonzero(node.low))

    def _improve(self, node: _Node) -> None:
        """Look for a better plan near the relaxation of a node."""
        efforts = (False, True) if self.thorough and self.nodes == 0 else (False,)
        for root in efforts:
            if node.relaxed.solved and node.bound < self.cost - self.slack:
                chosen, cost = self.problem.improved(node.relaxed.x, root=root)
                self._take(np.sort(chosen), cost)

    def _ask_for_ties(self) -> None:
        """Take over what is known about plans as good as the best."""
        if self.unique == "unknown" and self.tied is not None and self.tied(self.chosen):
            self.unique = "no"

    def _take(self, chosen: IntArray, cost: float) -> None:
        """Take over a plan that is better, and notice one that is as good."""
        if cost < self.cost - self.slack:
            self.chosen, self.cost = chosen, cost
            self.unique = "unknown" if self.limits.below == np.inf else "no"
        elif cost <= self.cost + self.slack and not np.array_equal(chosen, self.chosen):
            self.unique = "no"

    def _around(self, node: _Node, plan: IntArray) -> None:
        """Take a plan over, and split the node into all other plans (Lawler 1972)."""
        self._take(plan, self.problem.worth(plan))
        self._ask_for_ties()
        low, high = node.low, node.high
        inside = np.isin(np.arange(self.problem.m), plan)
        # of a fixed number of columns another plan leaves one of these out; else it may also have one more
        fixed = self.problem.least == self.problem.most
        for column in np.flatnonzero(high & ~low & (inside | (not fixed))):
            if self.limits.clock.over or self._excluded(node.bound):
                break
            other_low, other_high = low.copy(), high.copy()
            if inside[column]:
                other_high[column] = False
                low = low.copy()
                low[column] = True
            else:
                other_low[column] = True
                high = high.copy()
                high[column] = False
            self._push(self._node(other_low, other_high, node.relaxed.basis, node.bound))

    def _best_split(self, node: _Node, broken: IntArray) -> tuple[_Node | None, ...]:
        """Return the children of the column whose branching lifts the bound most.

        Where a trial leaves only one child, that child is the node with one column settled: no further trial.
        """
        best: tuple[float, tuple[_Node | None, ...]] = (-1.0, (node,))
        for column in self._ranked(node, broken):
            children = tuple(self._child(node, int(column), value=k) for k in (0, 1))
            alive = tuple(c for c in children if c is not None and not self._excluded(c.bound))
            if len(alive) < 2:
                best = (0.0, alive)
                break
            rise = [self._rise(node, child) for child in alive]
            score = max(rise[0], 1e-6) * max(rise[1], 1e-6)
            if score > best[0]:
                best = (score, alive)
            if self.limits.clock.over or (self.tried[:, column] > RELIABLE).all():
                break
        return tuple(self._finished(child) for child in best[1])

    def _finished(self, node: _Node | None) -> _Node | None:
        """Return a node whose trial was cut short with its relaxation solved."""
        if node is None or node.relaxed.solved or self.limits.clock.over:
            return node
        return self._node(node.low, node.high, node.relaxed.basis, node.bound)

    def _ranked(self, node: _Node, broken: IntArray) -> IntArray:
        """Return the fractional columns worth a trial, the most promising first."""
        x = node.relaxed.x[broken]
        mean = self.risen.sum(axis=1) / np.maximum(1.0, self.tried.sum(axis=1))
        gone = self.tried[:, broken]
        unknown = np.maximum(mean, 1.0)[:, None]
        rise = np.where(gone > 0, self.risen[:, broken] / np.maximum(1.0, gone), unknown)
        score = np.maximum(rise[0] * x, 1e-6) * np.maximum(rise[1] * (1 - x), 1e-6)
        return broken[np.argsort(-score, kind="stable")[:CANDIDATES]]

    def _child(self, node: _Node, column: int, *, value: int) -> _Node | None:
        """Return a node with one more column closed (0) or open (1), and note what it brought."""
        low, high = node.low.copy(), node.high.copy()
        if value:
            low[column] = True
        else:
            high[column] = False
        child = self._node(low, high, node.relaxed.basis, node.bound, steps=TRIAL_STEPS)
        if child is not None:
            x = node.relaxed.x[column]
            self.risen[value, column] += (child.bound - node.bound) / max(1 - x if value else x, FRACTION)
            self.tried[value, column] += 1
        return child

    def _rise(self, node: _Node, child: _Node | None) -> float:
        """Return how far a child is above its parent; at most what is needed."""
        most = self.cost - node.bound + 1.0
        return most if child is None else min(child.bound - node.bound, most)


def penalties(
    value: FloatArray, low: BoolArray, high: BoolArray, least: int, most: int
) -> tuple[float, FloatArray, FloatArray]:
    """Return the least total price, and of each column what it is with the column open, and closed.

    The relaxed problem opens the columns of `low`, then the cheapest of `high`: as many as it must, and
    beyond that all that pay.
    """
    free = np.flatnonzero(high & ~low)
    base, count = float(value[low].sum()), int(low.sum())
    order = free[np.argsort(value[free], kind="stable")]
    ranked = value[order]
    paying = int((ranked < 0).sum())
    k = int(np.clip(paying, max(0, least - count), max(0, min(most - count, len(order)))))
    total = base + float(ranked[:k].sum())
    last_in = float(ranked[k - 1]) if k else -np.inf
    first_out = float(ranked[k]) if k < len(order) else np.inf
    full, bare = count + k >= most, count + k <= least
    inside = np.zeros(len(value), dtype=bool)
    inside[order[:k]] = True
    # one comes in: the dearest makes room if there is none, or if it does not pay; one goes: the next comes
    # in if the number asks for it, or if it pays
    room = last_in if full else max(0.0, last_in)
    after = first_out if bare else min(0.0, first_out)
    enter = np.where(inside, total, total + value - room)
    leave = np.where(inside, total - value + after, total)
    return total, enter, leave
