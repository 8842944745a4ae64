"""The p-median and the fixed-charge model to proof: fixed by the Lagrangian bound, then HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_milp import Builder, Clock, Outcome, Stop, solve
from geoplan.analysis.siting_pmedian import (
    ALTERNATIVE_S,
    KICKS,
    MILP_PAIRS,
    ROUNDS,
    Dual,
    Median,
    MedianPlan,
    cheapest,
    greedy,
    interchange,
    kicked,
    lagrange,
    narrowed,
    plan_cost,
    round_up,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray

    Progress = Callable[[float, float], None]


AGAIN: Final = 300
"""Steps of the bound when it is taken up again."""


def solve_median(
    problem: Median,
    clock: Clock,
    *,
    gap: float = 0.0,
    max_iterations: int | None = None,
    progress: Progress | None = None,
) -> MedianPlan:
    """Return the cheapest plan, proven if the time allows.

    Parameters
    ----------
    problem
        With at least `least` columns, forced ones not above `most`.
    clock, gap, max_iterations
        When to stop: time, relative gap, subgradient steps of a round and nodes of the search tree.
    progress
        Called with incumbent and bound.
    """
    rounds = ROUNDS if max_iterations is None else min(ROUNDS, max_iterations)
    search = _Search(problem, clock, gap, progress)
    rest = search.shrink(rounds)
    if not search.done and not clock.over:
        search.finish(rest, max_iterations)
    unique = search.uniqueness(rest) if search.stopped_by == "proof" else "unknown"
    return MedianPlan(search.chosen, search.cost, search.bound, search.stopped_by, unique)


@dataclass(frozen=True)
class _Rest:
    """The problem on the columns that are left, those that are settled open, and the last bound."""

    problem: Median
    columns: IntArray
    dual: Dual


class _Search:
    """The state of one solve: incumbent and bound get better, never worse."""

    def __init__(self, problem: Median, clock: Clock, gap: float, progress: Progress | None) -> None:
        self.problem, self.clock, self.gap, self.progress = problem, clock, gap, progress
        self.chosen = interchange(problem, greedy(problem), clock)
        self.cost, self.bound = plan_cost(problem, self.chosen), -np.inf
        self.stopped_by = "time"

    @property
    def slack(self) -> float:
        """What rounding may hide."""
        return 1e-9 * max(1.0, abs(self.cost))

    @property
    def done(self) -> bool:
        """Whether the proof is there or the gap is small enough."""
        if self.bound >= self.cost - self.slack:
            self.bound, self.stopped_by = self.cost, "proof"
            return True
        if self.cost - self.bound <= self.gap * max(self.cost, 1e-9):
            self.stopped_by = "gap"
            return True
        return False

    def update(self, chosen: IntArray, bound: float) -> None:
        """Take over what is better."""
        cost = plan_cost(self.problem, chosen)
        if cost < self.cost:
            self.chosen, self.cost = np.sort(chosen), cost
        self.bound = min(self.cost, max(self.bound, round_up(bound, self.problem.step)))
        if self.progress is not None:
            self.progress(self.cost, self.bound)

    def shrink(self, rounds: int) -> _Rest:
        """Bound, search and fix until that no longer helps."""
        problem, columns = self.problem, np.arange(self.problem.m)
        start: FloatArray | None = None
        kicks = 0
        while True:
            inside = np.flatnonzero(np.isin(columns, self.chosen))
            dual = lagrange(problem, inside, self.clock, rounds=rounds, start=start)
            self.update(columns[interchange(problem, dual.chosen, self.clock)], dual.bound)
            if not self.done:
                kicks += 1
                inside = np.flatnonzero(np.isin(columns, self.chosen))
                plan = kicked(problem, inside, dual.value, self.clock, rounds=min(KICKS, rounds), seed=kicks)
                self.update(columns[plan], dual.bound)
            dual = replace(dual, cost=self.cost)
            opened, closed = self._settled(problem, dual)
            keep = np.flatnonzero(~closed)
            shrunk = len(keep) < 0.9 * problem.m
            problem = narrowed(replace(problem, forced=opened), keep)
            columns, start = columns[keep], dual.multiplier
            dual = replace(dual, value=dual.value[keep])
            if self.done or not shrunk or self.clock.over:
                return _Rest(problem, columns, dual)

    def _settled(self, problem: Median, dual: Dual) -> tuple[BoolArray, BoolArray]:
        """Return which columns every plan at least as good has, and which none has."""
        inside = np.zeros(problem.m, dtype=bool)
        opened = cheapest(problem, dual.value)
        inside[opened] = True
        full, bare = len(opened) == problem.most, len(opened) == problem.least
        free = inside & ~problem.forced
        last_in = float(dual.value[free].max(initial=-np.inf))
        first_out = float(dual.value[~inside].min(initial=np.inf))
        # one comes in: the dearest makes room if there is none, or if it does not pay; one goes: the next
        # comes in if the number asks for it, or if it pays
        enter = dual.bound + dual.value - (last_in if full else max(0.0, last_in))
        leave = dual.bound - dual.value + (first_out if bare else min(0.0, first_out))
        limit = self.cost + self.slack
        if problem.step:
            enter, leave = (np.ceil(v / problem.step - 1e-6) * problem.step for v in (enter, leave))
        return problem.forced | (inside & (leave > limit)), ~inside & (enter > limit)

    def finish(self, rest: _Rest, nodes: int | None) -> None:
        """Give the rest to HiGHS; where it is too large, search on."""
        pairs = _useful_pairs(rest.problem, rest.dual, self.cost + self.slack)
        if pairs[0].size > MILP_PAIRS:
            self._press_on(rest)
            return
        start = np.isin(rest.columns, self.chosen).astype(float)
        stop = Stop(self.clock, gap=self.gap, max_nodes=nodes)
        outcome = _milp(rest.problem, pairs, stop, start, self._relay())
        found = self.chosen
        if outcome.x is not None:
            found = rest.columns[np.flatnonzero(outcome.x[: rest.problem.m] > 0.5)]
        # what was fixed or left out costs more than the plan known: the rest's bound holds for all
        self.update(found, min(outcome.bound, self.cost))
        if not self.done:
            self.stopped_by = "time" if self.clock.over or nodes is None else "iterations"

    def _press_on(self, rest: _Rest) -> None:
        """Look for better plans and bounds while the time lasts."""
        seed, start = 100, rest.dual.multiplier
        problem = rest.problem
        while not self.clock.over and not self.done and seed < 140:
            seed += 1
            inside = np.flatnonzero(np.isin(rest.columns, self.chosen))
            plan = kicked(problem, inside, rest.dual.value, self.clock, rounds=3 * KICKS, seed=seed)
            dual = lagrange(problem, plan, self.clock, rounds=AGAIN, start=start)
            start = dual.multiplier
            self.update(rest.columns[dual.chosen], dual.bound)

    def _relay(self) -> Progress | None:
        """Return a progress call that never goes back."""
        if self.progress is None:
            return None
        report = self.progress
        return lambda primal, dual: report(min(self.cost, primal), min(self.cost, max(self.bound, dual)))

    def uniqueness(self, rest: _Rest) -> str:
        """Return whether another plan costs as little: yes (none does), no or unknown."""
        inside = np.flatnonzero(np.isin(rest.columns, self.chosen))
        if len(inside) != len(self.chosen):
            return "unknown"
        pairs = _useful_pairs(rest.problem, rest.dual, self.cost + self.slack)
        if pairs[0].size > MILP_PAIRS:
            return "unknown"
        need = self.cost + 1e-7 * max(1.0, self.cost)
        stop = Stop(Clock(min(ALTERNATIVE_S, self.clock.left_s)), reached=need, beyond=need)
        outcome = _milp(rest.problem, pairs, stop, None, None, without=inside)
        if outcome.x is not None and outcome.objective <= need:
            return "no"
        return "yes" if outcome.bound > need else "unknown"


def _useful_pairs(problem: Median, dual: Dual, limit: float) -> tuple[IntArray, IntArray]:
    """Return the pairs (row, column) that a plan at least as good as `limit` may use.

    A pair dearer than the row's dearest possible nearest forced column never serves; one whose reduced cost
    lifts the bound above the limit neither.
    """
    forced = problem.price[:, problem.forced].min(axis=1, initial=np.inf)
    over = np.maximum(problem.price - dual.multiplier[:, None], 0.0)
    keep = (problem.price <= forced[:, None]) & (dual.bound + over <= limit)
    row, column = np.nonzero(keep & (problem.price < problem.no_route))
    return row, column


def _milp(
    problem: Median,
    pairs: tuple[IntArray, IntArray],
    stop: Stop,
    start: FloatArray | None,
    progress: Progress | None,
    *,
    without: IntArray | None = None,
) -> Outcome:
    """Solve the strong formulation on the pairs that are left: sum x = 1, x <= y."""
    row, column = pairs
    n, m, k = len(problem.price), problem.m, len(row)
    build = Builder()
    build.columns(m, cost=problem.opening, lower=problem.forced.astype(float), whole=True)
    x = build.columns(k, cost=problem.price[row, column], whole=False)
    build.rows(n, (row, x + np.arange(k), 1.0), lower=1.0, upper=1.0)
    linked = np.flatnonzero(~problem.forced[column])
    at = np.arange(len(linked))
    build.rows(len(linked), (at, x + linked, 1.0), (at, column[linked], -1.0), upper=0.0)
    build.rows(1, (0, np.arange(m), 1.0), lower=problem.least, upper=problem.most)
    if without is not None:
        sign = np.ones(m)
        sign[without] = -1.0
        build.rows(1, (0, np.arange(m), sign), lower=1 - len(without))
    first = None
    if start is not None:
        first = np.concatenate([start, _serve(problem, pairs, start > 0.5)])
    return solve(build.build(), stop, start=first, progress=progress)


def _serve(problem: Median, pairs: tuple[IntArray, IntArray], opened: BoolArray) -> FloatArray:
    """Return shares that send each row to its cheapest open column."""
    row, column = pairs
    price = np.where(opened[None, :], problem.price, np.inf)
    return np.asarray(column == price.argmin(axis=1)[row], dtype=np.float64)
