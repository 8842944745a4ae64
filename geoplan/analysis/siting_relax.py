"""What would have to give: the least change of each single limit that makes a question feasible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_milp import Clock, Stop, solve
from geoplan.analysis.siting_models import build_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geoplan.analysis.siting_instance import Instance, Question

    Relaxation = tuple[str, float, float]

STEPS: Final = 1000
"""Capacity factors and shares are looked for to a thousandth."""

MOST_FACTOR: Final = 100.0


def relaxations(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield (limit, its value, the least change that alone makes a plan possible), where there is one.

    The minutes and the share of districts are in the unit of the question, the capacity is a common factor.
    """
    if question.model == "p-dispersion":
        if question.open is not None:
            yield ("open", float(question.open), float(instance.usable.sum()))
        return
    asked = as_cover(instance, question)
    if question.open is not None:
        yield from _number(instance, asked, clock.part(0.4))
    if question.budget is not None:
        yield from _budget(instance, asked, clock.part(0.4))
    if asked.capacitated:
        yield from _capacity(instance, asked, clock.part(0.5))
    if question.side.district_least_share is not None:
        yield from _districts(instance, asked, clock.part(0.5))
    if question.limit is not None and question.model not in {"p-median", "p-center"}:
        yield from _limit(instance, asked, clock)


def as_cover(instance: Instance, question: Question) -> Question:
    """Return a question that has a plan exactly if `question` has one, without its costs.

    Where no load decides, serving everybody at any cost is covering everybody at any radius: rows by the
    demand, not by the pair.
    """
    if question.model not in {"p-median", "p-center"} or (instance.least_load > 0).any():
        return question
    return replace(question, model="p-center", radius=np.inf)


def feasible(instance: Instance, question: Question, clock: Clock) -> bool | None:
    """Whether a question has a plan; None if the time is not enough."""
    program = build_model(instance, replace(question, any_plan=True)).program
    # any plan will do: without an objective the solver stops at the first
    outcome = solve(replace(program, cost=np.zeros(len(program.cost))), Stop(clock, reached=np.inf))
    if outcome.x is not None:
        return True
    return False if outcome.state == "infeasible" else None


def _number(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield the number of sites nearest to the asked one that has a plan."""
    built = build_model(instance, replace(question, open=None))
    asked = float(question.open or 0)
    for sign in (1.0, -1.0):
        cost = np.zeros(len(built.program.cost))
        cost[: instance.m] = sign
        outcome = solve(replace(built.program, cost=cost), Stop(clock))
        if outcome.state != "optimal":
            return
        value = float(round(sign * outcome.objective))
        if sign * (value - asked) > 0:
            yield ("open", asked, value)
            return


def _budget(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield the least money that a plan needs."""
    built = build_model(instance, replace(question, budget=None))
    outcome = solve(replace(built.program, cost=built.money), Stop(clock))
    if outcome.state == "optimal" and outcome.x is not None:
        sites = np.flatnonzero(outcome.x[: instance.m] > 0.5).tolist()
        yield ("budget", float(question.budget or 0.0), instance.money_of(sites))


def _capacity(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield the least factor, to a thousandth, by which all capacities would have to grow."""

    def enough(k: int) -> bool | None:
        return feasible(replace(instance, capacity=instance.capacity * (k / STEPS)), question, clock)

    high = STEPS
    while high < STEPS * MOST_FACTOR and not enough(2 * high):
        high *= 2
    step = _first(enough, high, 2 * high)
    if step is not None:
        yield ("capacity", 1.0, step / STEPS)


def _districts(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield the largest least share of every district, to a thousandth, that has a plan."""
    asked = question.side.district_least_share or 0.0

    def enough(k: int) -> bool | None:
        side = replace(question.side, district_least_share=asked - k / STEPS)
        return feasible(instance, replace(question, side=side), clock)

    step = _first(enough, 0, int(asked * STEPS))
    if step is not None:
        yield ("district_least_share", asked, round(asked - step / STEPS, 6))


def _limit(instance: Instance, question: Question, clock: Clock) -> Iterator[Relaxation]:
    """Yield the least limit, one of the costs that occur, that has a plan."""
    asked = float(question.limit or 0.0)
    levels = np.unique(instance.pairs.cost)
    levels = levels[levels > instance.units(asked)] / instance.scale

    def enough(k: int) -> bool | None:
        return feasible(instance, replace(question, limit=float(levels[k])), clock)

    step = _first(enough, -1, len(levels) - 1) if len(levels) else None
    if step is not None:
        yield ("limit", asked, float(levels[step]))


def _first(enough: Callable[[int], bool | None], low: int, high: int) -> int | None:
    """Return the first step above `low`, up to `high`, that is enough; None if none is or time ends."""
    if high <= low or not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        answer = enough(middle)
        if answer is None:
            return None
        low, high = (low, middle) if answer else (middle, high)
    return high
