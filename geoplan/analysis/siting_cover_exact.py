"""Maximal covering to proof: sites fixed by the Lagrangian bound, the rest given to HiGHS, the clock kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    kicked,
    lagrange,
    round_down,
    swap_gains,
)
from geoplan.analysis.siting_instance import merge_rows
from geoplan.analysis.siting_milp import Builder, Clock, Stop, solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray

    Progress = Callable[[float, float], None]

MILP_ENTRIES: Final = 150_000
"""Most entries of the rest that HiGHS is given: beyond, its root alone can take a minute."""

KICKS: Final = 60
"""Kicks between two bounds."""

EASY_ENTRIES: Final = 60_000
"""Up to this size HiGHS proves a plan in less time than bounds and kicks would save."""

EASY_ROUNDS, EASY_KICKS = 80, 10

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


def _open_or_closed(dual: Dual, problem: Cover) -> tuple[BoolArray, BoolArray]:
    """Return which columns every plan at least as good as the best one has, and which none has."""
    order = np.argsort(-dual.value, kind="stable")
    inside = np.zeros(problem.m, dtype=bool)
    inside[order[: problem.p]] = True
    last_in = dual.value[order[problem.p - 1]]
    first_out = dual.value[order[problem.p]] if problem.p < problem.m else -np.inf
    slack = 1e-9 * max(1.0, float(problem.weight.sum()))
    needed = dual.covered - slack
    forced_in = dual.bound - (last_in - dual.value)
    forced_out = dual.bound - (dual.value - first_out)
    if problem.step:
        forced_in = np.floor(forced_in / problem.step + 1e-6) * problem.step
        forced_out = np.floor(forced_out / problem.step + 1e-6) * problem.step
    closed = ~inside & (forced_in < needed)
    opened = inside & (forced_out < needed)
    return opened, closed


@dataclass(frozen=True)
class _Rest:
    """What is left after fixing: the smaller problem, its columns in the whole one, and what is settled."""

    problem: Cover
    columns: IntArray
    opened: IntArray
    settled: float


def _reduce(rest: _Rest, dual: Dual) -> tuple[_Rest, FloatArray]:
    """Return the rest after fixing columns, and the multipliers of its rows."""
    problem = rest.problem
    opened, closed = _open_or_closed(dual, problem)
    count = counts(problem, np.flatnonzero(opened))
    keep_rows, keep_columns = np.flatnonzero(count == 0), np.flatnonzero(~opened & ~closed)
    left = problem.rows[keep_rows][:, keep_columns]
    rows, weight, group = merge_rows(left.tocsr(), problem.weight[keep_rows])
    kept = group >= 0
    multiplier = np.bincount(group[kept], weights=dual.multiplier[keep_rows][kept], minlength=len(weight))
    smaller = Cover(rows, rows.T.tocsr(), weight, problem.p - int(opened.sum()), problem.step)
    settled = rest.settled + float(problem.weight[count > 0].sum())
    done = np.concatenate([rest.opened, rest.columns[opened]])
    return _Rest(smaller, rest.columns[keep_columns], done, settled), multiplier.astype(np.float64)


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
    chosen = interchange(problem, greedy(problem), clock)
    state = _Search(problem, clock, gap, rounds, progress, chosen, covered_weight(problem, chosen))
    whole = _Rest(problem, np.arange(problem.m), np.zeros(0, dtype=np.int64), 0.0)
    rest, _ = state.press_on(*state.shrink(whole, None), max_iterations)
    if not state.done and state.stopped_by != "iterations" and not clock.over:
        state.finish(rest, max_iterations)
    unique = state.uniqueness(rest) if state.stopped_by == "proof" else "unknown"
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
        self.kicks = 0

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

    def shrink(self, rest: _Rest, multiplier: FloatArray | None) -> tuple[_Rest, FloatArray | None]:
        """Bound, search and fix until that no longer helps, and return the rest."""
        while 0 < rest.problem.p < rest.problem.m:
            rest, multiplier, shrunk = self._pass(rest, multiplier)
            if self.done or not shrunk or self.clock.over:
                break
        return rest, multiplier

    def _pass(self, rest: _Rest, multiplier: FloatArray | None) -> tuple[_Rest, FloatArray, bool]:
        """Bound once, look for better plans, fix; return the rest and whether it became smaller."""
        inside: IntArray = np.flatnonzero(np.isin(rest.columns, self.chosen))
        if len(inside) != rest.problem.p:
            inside = greedy(rest.problem)
        easy = rest.problem.rows.nnz <= EASY_ENTRIES
        rounds = min(self.rounds, EASY_ROUNDS) if easy else self.rounds
        kicks = min(self.rounds, EASY_KICKS if easy else KICKS)
        dual = lagrange(rest.problem, inside, self.clock, rounds=rounds, start=multiplier)
        self._take(rest, interchange(rest.problem, dual.chosen, self.clock), dual.bound)
        if not self.done:
            self.kicks += 1
            start: IntArray = np.flatnonzero(np.isin(rest.columns, self.chosen))
            start = start if len(start) == rest.problem.p else dual.chosen
            plan = kicked(rest.problem, start, dual.value, self.clock, rounds=kicks, seed=self.kicks)
            self._take(rest, plan, dual.bound)
        # sites are fixed against the best plan of all: the rest keeps every plan that is as good
        smaller, left = _reduce(rest, replace(dual, covered=self.covered - rest.settled))
        return smaller, left, not easy and smaller.problem.m < 0.9 * rest.problem.m

    def _take(self, rest: _Rest, plan: IntArray, bound: float) -> None:
        """Take over a plan and a bound of the rest."""
        found = np.concatenate([rest.opened, rest.columns[plan]])
        self.update(found, rest.settled + covered_weight(rest.problem, plan), rest.settled + bound)

    def finish(self, rest: _Rest, nodes: int | None) -> None:
        """Give the rest to HiGHS."""
        problem = rest.problem
        if problem.p <= 0 or problem.p >= problem.m:
            chosen = np.concatenate([rest.opened, rest.columns[: max(0, problem.p)]])
            self.update(chosen, covered_weight(self.problem, chosen.astype(np.int64)), self.covered)
            self.stopped_by = "proof" if self.done else "time"
            return
        inside = np.isin(rest.columns, self.chosen)
        start = inside.astype(np.float64) if inside.sum() == problem.p else None
        stop = Stop(self.clock, gap=self.gap, max_nodes=nodes)
        _, bound, best = _milp(problem, stop, start, self._relay(rest))
        if best is not None:
            found = np.concatenate([rest.opened, rest.columns[best]])
            self.update(found, covered_weight(self.problem, found), rest.settled + bound)
        else:
            self.update(self.chosen, self.covered, rest.settled + bound)
        if not self.done:
            self.stopped_by = "time" if self.clock.over or nodes is None else "iterations"

    def press_on(
        self, rest: _Rest, multiplier: FloatArray | None, passes: int | None
    ) -> tuple[_Rest, FloatArray | None]:
        """Search and fix on while the rest is too large for HiGHS and the time lasts."""
        while not self.done and not self.clock.over and rest.problem.rows.nnz > MILP_ENTRIES:
            if passes is not None and self.kicks >= passes:
                self.stopped_by = "iterations"
                break
            rest, multiplier, _ = self._pass(rest, multiplier)
        return rest, multiplier

    def _relay(self, rest: _Rest) -> Progress | None:
        """Return a progress call in terms of the whole problem."""
        if self.progress is None:
            return None
        report = self.progress
        return lambda primal, dual: report(
            max(self.covered, rest.settled - primal), min(self.bound, rest.settled - dual)
        )

    def _equal_swap(self) -> bool:
        """Whether exchanging one site for another leaves the weight covered as it is."""
        if not 0 < len(self.chosen) < self.problem.m:
            return False
        gains = swap_gains(self.problem, self.chosen)
        gains[:, self.chosen] = -np.inf
        return bool(gains.max() >= -1e-9 * max(1.0, self.covered))

    def uniqueness(self, rest: _Rest) -> str:
        """Return whether another plan covers as much: yes (none does), no or unknown."""
        problem = rest.problem
        if self._equal_swap():
            return "no"
        if problem.p <= 0 or problem.p == problem.m:
            return "yes"
        if problem.rows.nnz > MILP_ENTRIES:
            return "unknown"
        inside = np.isin(rest.columns, self.chosen)
        if inside.sum() != problem.p:
            return "unknown"
        need = self.covered - rest.settled - 1e-7 * max(1.0, self.covered)
        stop = Stop(Clock(min(10.0, self.clock.left_s)), reached=-need, beyond=-need)
        covered, bound, _ = _milp(problem, stop, None, None, without=np.flatnonzero(inside))
        if covered >= need:
            return "no"
        return "yes" if bound < need else "unknown"


def _milp(
    problem: Cover,
    stop: Stop,
    start: FloatArray | None,
    progress: Progress | None,
    *,
    without: IntArray | None = None,
) -> tuple[float, float, IntArray | None]:
    """Return weight covered, bound and columns of the program y, z: sum y = p, z <= sum of y in range."""
    n, m = problem.rows.shape
    build = Builder()
    y = build.columns(m, whole=True)
    z = build.columns(n, cost=-problem.weight, whole=False)
    row = np.repeat(np.arange(n), np.diff(problem.rows.indptr))
    build.rows(n, (row, y + problem.rows.indices, 1.0), (np.arange(n), z + np.arange(n), -1.0), lower=0.0)
    build.rows(1, (np.zeros(m), y + np.arange(m), 1.0), lower=problem.p, upper=problem.p)
    if without is not None:
        build.rows(1, (np.zeros(len(without)), y + without, 1.0), upper=len(without) - 1)
    first = None
    if start is not None:
        first = np.concatenate([start, np.minimum(1.0, problem.rows @ start)])
    outcome = solve(build.build(), stop, start=first, progress=progress)
    bound = -outcome.bound if np.isfinite(outcome.bound) else (np.inf if outcome.bound < 0 else -np.inf)
    if outcome.x is None:
        return -np.inf, bound, None
    return -outcome.objective, bound, np.flatnonzero(outcome.x[:m] > 0.5)
