"""A second look at phases, from the pairs alone: nothing is shared with what built or solved the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.phasing_case import PhasingCase, PhasingRule
    from geoplan.analysis.siting_instance import FloatArray

TOLERANCE = 1e-9
"""Relative; money is added up in floating point."""


@dataclass(frozen=True)
class Checked:
    """Figures of each year of a plan.

    Attributes
    ----------
    covered, population
        Weight within the limit of an open or standing site, NaN without a limit, and all weight.
    travel
        Weight x cost to the nearest open or standing site, over demand that has one.
    left
        Weight that reaches no open or standing site.
    opening, running
        Money for what opens in the year, and for running all new sites of the plan in it.
    """

    covered: tuple[float, ...]
    population: tuple[float, ...]
    travel: tuple[float, ...]
    left: tuple[float, ...]
    opening: tuple[float, ...]
    running: tuple[float, ...]

    def objective(self, rule: PhasingRule) -> float:
        """Return what the plan is worth."""
        return float(sum(self.covered if rule.objective == "cover" else self.travel))


def check_phases(
    case: PhasingCase, rule: PhasingRule, opened: Sequence[Sequence[str]]
) -> tuple[Checked, tuple[str, ...]]:
    """Return the figures of a plan by its ids, and what is wrong with it in words (empty if it holds)."""
    known = {name: k for k, name in enumerate(case.site_ids)}
    names = [name for year in opened for name in year]
    wrong = [f"no such site: {name}" for name in names if name not in known]
    wrong += [f"{name} opens twice" for name in sorted({n for n in names if names.count(n) > 1})]
    wrong += [f"{n} may not open" for n in names if n in known and not case.usable[known[n]]]
    late = [case.site_ids[k] for k in np.flatnonzero(case.fixed) if case.site_ids[k] not in names]
    wrong += [f"{name} must open and does not" for name in late]
    checked = _figures(case, rule, [[known[n] for n in year if n in known] for year in opened])
    wrong += _over(case, rule, [len(year) for year in opened], checked)
    if rule.objective == "cost":
        wrong += _unserved(case, checked)
    return checked, tuple(wrong)


def _figures(case: PhasingCase, rule: PhasingRule, opened: Sequence[Sequence[int]]) -> Checked:
    """Return the figures of each year, from the nearest open site of each demand."""
    now: set[int] = set()
    columns: list[tuple[float, ...]] = []
    for k in range(case.n_years):
        now |= set(opened[k])
        best = _nearest(case, k, now)
        weight = case.weight[k]
        reached = np.isfinite(best)
        covered = float("nan") if rule.limit is None else float(weight[best <= rule.limit].sum())
        columns.append(
            (
                covered,
                float(weight.sum()),
                float((weight[reached] * best[reached]).sum()),
                float(weight[~reached].sum()),
                float(sum(case.open_cost[s] for s in opened[k])),
                float(sum(case.running_cost[s] for s in sorted(now))),
            )
        )
    return Checked(*(tuple(row) for row in zip(*columns, strict=True)))


def _nearest(case: PhasingCase, year: int, new: set[int]) -> FloatArray:
    """Return the cost of each demand to the nearest site that is open in a year, infinite without one."""
    ways = case.ways[year]
    stands = case.existing[year].copy()
    stands[sorted(new)] = True
    best = np.full(len(case.demand_ids), np.inf)
    there = stands[ways.site]
    np.minimum.at(best, ways.demand[there], ways.cost[there])
    return best


def _over(case: PhasingCase, rule: PhasingRule, counts: Sequence[int], checked: Checked) -> list[str]:
    """Return the years in which a plan opens or spends more than it may."""
    wrong = []
    spent = [
        o + (r if rule.running_in_budget else 0.0)
        for o, r in zip(checked.opening, checked.running, strict=True)
    ]
    for what, used, most in (("opens", counts, rule.open_each), ("spends", spent, rule.budgets)):
        for k, year in enumerate(case.years if most is not None else ()):
            first = 0 if rule.carry_over else k
            total, limit = sum(used[first : k + 1]), sum(most[first : k + 1]) if most is not None else 0
            if total > limit + TOLERANCE * max(1.0, abs(limit)):
                wrong.append(f"{year} {what} {total:g}, more than {limit:g}")
    if rule.open_total is not None and sum(counts) > rule.open_total:
        wrong.append(f"{sum(counts)} sites open, more than {rule.open_total}")
    return wrong


def _unserved(case: PhasingCase, checked: Checked) -> list[str]:
    """Return the years in which somebody who has a way to some site has none to an open one."""
    wrong = []
    for k, year in enumerate(case.years):
        could = np.zeros(len(case.demand_ids), dtype=bool)
        open_to = case.usable | case.existing[k]
        could[case.ways[k].demand[open_to[case.ways[k].site]]] = True
        hopeless = float(case.weight[k][~could].sum())
        if checked.left[k] > hopeless * (1 + TOLERANCE) + TOLERANCE:
            wrong.append(f"in {year} a weight of {checked.left[k] - hopeless:g} reaches no open site")
    return wrong
