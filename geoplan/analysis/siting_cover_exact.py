"""Maximal covering to proof: sites fixed by the Lagrangian bound, the rest given to HiGHS, the clock kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_cover import (
    ROUNDS,
    Cover,
    Dual,
    counts,
    covered_weight,
    greedy,
    interchange,
    lagrange,
    largest,
    round_down,
    swap_gains,
)
from geoplan.analysis.siting_cover_tree import CoverTree, undominated
from geoplan.analysis.siting_instance import merge_rows
from geoplan.analysis.siting_swaps import kicked
from geoplan.analysis.siting_tree import Growth, Limits, penalties

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock
    from geoplan.analysis.siting_tree import Tree

    Progress = Callable[[float, float], None]

TREE_ENTRIES: Final = 60_000
"""Most entries of the rest that go to the tree: beyond, its root alone takes long."""

SHRUNK: Final = 0.6
"""A root that leaves less than this share of the columns free is left for a smaller one."""

KICKS: Final = 150
"""Kicks between two bounds."""

ALTERNATIVE_S: Final = 10.0
"""Longest search for a second plan that is as good."""


@dataclass(frozen=True)
class CoverPlan:
    """The best plan known and what is proven.

    Attributes
    ----------
    chosen
        Columns, sorted.
    covered, bound
        Weight covered and the most that any plan can cover.
    stopped_by
        proof, gap, time or iterations.
    unique
        yes, no or unknown.
    """

    chosen: IntArray
    covered: float
    bound: float
    stopped_by: str
    unique: str = "unknown"


def _open_or_closed(dual: Dual, problem: Cover, covered: float) -> tuple[BoolArray, BoolArray]:
    """Return which columns every plan has that covers as much as `covered`, and which none has."""
    none = np.zeros(problem.m, dtype=bool)
    total, enter, leave = penalties(-dual.value, none, ~none, problem.p, problem.p)
    # prices are of a minimisation: what a column costs the bound is what it is above the total
    enter, leave = (dual.bound - (v - total) for v in (enter, leave))
    needed = covered - 1e-9 * max(1.0, float(problem.weight.sum()))
    if problem.step:
        enter, leave = (np.floor(v / problem.step + 1e-6) * problem.step for v in (enter, leave))
    return leave < needed, enter < needed


@dataclass(frozen=True)
class _Rest:
    """What is left after fixing: the smaller problem, its columns in the whole one, and what is settled."""

    problem: Cover
    columns: IntArray
    opened: IntArray
    settled: float


def _without(
    rest: _Rest, opened: BoolArray, closed: BoolArray, multiplier: FloatArray | None
) -> tuple[_Rest, FloatArray]:
    """Return the rest without columns that are settled, and the multipliers of its rows."""
    problem = rest.problem
    count = counts(problem, np.flatnonzero(opened))
    keep_rows, keep_columns = np.flatnonzero(count == 0), np.flatnonzero(~opened & ~closed)
    left = problem.rows[keep_rows][:, keep_columns]
    rows, weight, group = merge_rows(left.tocsr(), problem.weight[keep_rows])
    kept = group >= 0
    old = np.zeros(len(keep_rows)) if multiplier is None else multiplier[keep_rows]
    new = np.bincount(group[kept], weights=old[kept], minlength=len(weight)).astype(np.float64)
    smaller = Cover(rows, rows.T.tocsr(), weight, problem.p - int(opened.sum()), problem.step)
    settled = rest.settled + float(problem.weight[count > 0].sum())
    done = np.concatenate([rest.opened, rest.columns[opened]])
    return _Rest(smaller, rest.columns[keep_columns], done, settled), new


def solve_cover(
    problem: Cover,
    clock: Clock,
    *,
    gap: float = 0.0,
    max_iterations: int | None = None,
    progress: Progress | None = None,
) -> CoverPlan:
    """Return the plan that covers most, proven if the time allows.

    Parameters
    ----------
    problem
        With at least p columns.
    clock
        Time left.
    gap
        Relative gap at which to stop.
    max_iterations
        Most subgradient steps of a round and most nodes of the search tree.
    progress
        Called with incumbent and bound.
    """
    rounds = ROUNDS if max_iterations is None else min(ROUNDS, max_iterations)
    whole = _Rest(problem, np.arange(problem.m), np.zeros(0, dtype=np.int64), 0.0)
    keep = undominated(problem)
    if problem.p <= len(keep) < problem.m:
        closed = ~np.isin(np.arange(problem.m), keep)
        whole, _ = _without(whole, np.zeros(problem.m, dtype=bool), closed, None)
    chosen = whole.columns[interchange(whole.problem, greedy(whole.problem), clock)]
    state = _Search(problem, clock, gap, rounds, progress, chosen, covered_weight(problem, chosen))
    rest = state.shrink(whole, max_iterations)
    if state.stopped_by not in {"iterations", "gap"} and rest.problem.rows.nnz <= TREE_ENTRIES:
        # also after a proof: the tree tells whether another plan is as good
        state.finish(rest, max_iterations)
    unique = state.unique if state.done and state.stopped_by == "proof" else "unknown"
    return CoverPlan(state.chosen, state.covered, state.bound, state.stopped_by, unique)


class _Search:
    """The state of one solve: incumbent and bound get better, never worse."""

    def __init__(
        self,
        problem: Cover,
        clock: Clock,
        gap: float,
        rounds: int,
        progress: Progress | None,
        chosen: IntArray,
        covered: float,
    ) -> None:
        self.problem, self.clock, self.gap, self.rounds = problem, clock, gap, rounds
        self.progress, self.chosen, self.covered = progress, chosen, covered
        self.bound = float(problem.weight.sum())
        self.stopped_by = "time"
        self.passes = 0
        self.unique = "unknown"

    @property
    def done(self) -> bool:
        """Whether the proof is there or the gap is small enough."""
        if self.bound <= self.covered + 1e-9 * max(1.0, self.covered):
            self.bound, self.stopped_by = self.covered, "proof"
            return True
        if self.bound - self.covered <= self.gap * max(self.covered, 1e-9):
            self.stopped_by = "gap"
            return True
        return False

    def update(self, chosen: IntArray, covered: float, bound: float) -> None:
        """Take over what is better."""
        if covered > self.covered:
            self.chosen, self.covered = np.sort(chosen), covered
        self.bound = max(self.covered, min(self.bound, round_down(bound, self.problem.step)))
        if self.progress is not None:
            self.progress(self.covered, self.bound)

    def shrink(self, rest: _Rest, passes: int | None) -> _Rest:
        """Bound, search and fix until a tree can take the rest or the time is over, and return the rest."""
        multiplier: FloatArray | None = None
        while 0 < rest.problem.p < rest.problem.m and rest.problem.rows.nnz > TREE_ENTRIES:
            if passes is not None and self.passes >= passes:
                self.stopped_by = "iterations"
                break
            rest, multiplier = self._pass(rest, multiplier)
            if self.done or self.clock.over:
                break
        return rest

    def _pass(self, rest: _Rest, multiplier: FloatArray | None) -> tuple[_Rest, FloatArray]:
        """Bound once, look for better plans, fix; return the rest and its multipliers."""
        self.passes += 1
        problem = rest.problem
        known = self.covered - rest.settled
        dual = lagrange(problem, known, self.clock, rounds=self.rounds, start=multiplier)
        plan = interchange(problem, np.sort(largest(dual.open, problem.p)), self.clock)
        self._take(rest, plan, dual.bound)
        inside: IntArray = np.flatnonzero(np.isin(rest.columns, self.chosen))
        start = inside if len(inside) == problem.p else plan
        if not self.done:
            pool = np.flatnonzero(dual.open > 0)
            kicks = min(self.rounds, KICKS)
            plan = kicked(problem, start, pool, self.clock, rounds=kicks, seed=self.passes)
            self._take(rest, plan, dual.bound)
        # sites are fixed against the best plan of all: the rest keeps every plan that is as good
        opened, closed = _open_or_closed(dual, problem, self.covered - rest.settled)
        return _without(rest, opened, closed, dual.multiplier)

    def _take(self, rest: _Rest, plan: IntArray, bound: float) -> None:
        """Take over a plan and a bound of the rest."""
        found = np.concatenate([rest.opened, rest.columns[plan]])
        self.update(found, rest.settled + covered_weight(rest.problem, plan), rest.settled + bound)

    def finish(self, rest: _Rest, nodes: int | None) -> None:
        """Grow a tree over the rest; once more over what its root leaves, where that is much less."""
        thorough = True
        while True:
            problem = rest.problem
            if problem.p <= 0 or problem.p >= problem.m:
                self._end(rest)
                return
            inside: IntArray = np.flatnonzero(np.isin(rest.columns, self.chosen))
            start = inside if len(inside) == problem.p else greedy(problem)
            limits = Limits(self.clock, self.gap, nodes, self.clock.used_s + ALTERNATIVE_S)
            tree = CoverTree(problem, self.clock)
            growth = Growth(
                tree, start, limits, tied=self._tied(rest), thorough=thorough, progress=self._relay(rest)
            )
            thorough = False
            opened, closed = growth.plant()
            if SHRUNK * problem.m <= (~opened & ~closed).sum():
                self._grown(rest, growth.run())
                if not self.done:
                    self.stopped_by = "time" if self.clock.over or nodes is None else "iterations"
                return
            self._grown(rest, growth.tree)
            rest, _ = _without(rest, opened, closed, None)

    def _grown(self, rest: _Rest, tree: Tree) -> None:
        """Take over what a tree found and proved of the rest."""
        found = _in_whole(rest, tree.chosen)
        self.update(found, covered_weight(self.problem, found), rest.settled - tree.bound)
        self.unique = tree.unique

    def _end(self, rest: _Rest) -> None:
        """Settle a rest that leaves no choice."""
        chosen = np.concatenate([rest.opened, rest.columns[: max(0, rest.problem.p)]]).astype(np.int64)
        self.update(chosen, covered_weight(self.problem, chosen), self.covered)
        self.stopped_by = "proof" if self.done else "time"

    def _relay(self, rest: _Rest) -> Progress | None:
        """Return a progress call in terms of the whole problem."""
        if self.progress is None:
            return None
        report = self.progress
        return lambda primal, dual: report(
            max(self.covered, rest.settled - primal), min(self.bound, rest.settled - dual)
        )

    def _tied(self, rest: _Rest) -> Callable[[IntArray], bool]:
        """Return the question whether a plan of the rest is known to be one of several."""
        return lambda plan: self._equal_swap(_in_whole(rest, plan))

    def _equal_swap(self, plan: IntArray) -> bool:
        """Whether exchanging one site of a plan for another leaves the weight covered as it is."""
        if not 0 < len(plan) < self.problem.m:
            return False
        gains = swap_gains(self.problem, plan)
        gains[:, plan] = -np.inf
        return bool(gains.max() >= -1e-9 * max(1.0, self.covered))


def _in_whole(rest: _Rest, plan: IntArray) -> IntArray:
    """Return a plan of the rest as sorted columns of the whole problem."""
    return np.sort(np.concatenate([rest.opened, rest.columns[plan]])).astype(np.int64)
