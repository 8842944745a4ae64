"""Phases without a solver: a greedy first plan, who in a plan adds nothing, and the order of gain in a year.

Both objectives are one here: somebody's cost is that of the nearest open site, and for covering 0 within the
limit and 1 beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.analysis.phasing_case import PhasingCase, PhasingRule
    from geoplan.analysis.siting_instance import BoolArray, FloatArray

    Opened = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Losses:
    """What every demand loses in one year: by the standing sites, and by each candidate it has a way to.

    Attributes
    ----------
    weight, stands
        Of each demand: its weight, and its loss while nothing opens.
    demand, site, loss
        The pairs with candidates that lose less, shape (pairs,).
    """

    weight: FloatArray
    stands: FloatArray
    demand: NDArray[np.int32]
    site: NDArray[np.int32]
    loss: FloatArray


def losses(case: PhasingCase, rule: PhasingRule) -> tuple[Losses, ...]:
    """Return the losses of each year."""
    worst = 1.0
    if rule.objective == "cost":
        worst = 2.0 * max((float(w.cost.max(initial=0.0)) for w in case.ways), default=0.0) + 1.0
    return tuple(_losses(case, rule, k, worst) for k in range(case.n_years))


def _losses(case: PhasingCase, rule: PhasingRule, year: int, worst: float) -> Losses:
    """Return the losses of one year; `worst` is that of somebody without an open site."""
    ways = case.ways[year]
    if rule.objective == "cover":
        ways = ways.where(ways.cost <= rule.reach)
    loss = ways.cost if rule.objective == "cost" else np.zeros(len(ways))
    stands = np.full(len(case.demand_ids), worst)
    there = case.existing[year][ways.site]
    np.minimum.at(stands, ways.demand[there], loss[there])
    use = case.usable[ways.site] & (case.weight[year][ways.demand] > 0) & (loss < stands[ways.demand])
    return Losses(case.weight[year], stands, ways.demand[use], ways.site[use], loss[use])


def total(every: Sequence[Losses], opened: Opened) -> float:
    """Return the loss of a plan, added up over people and years."""
    return float(sum((y.weight * b).sum() for y, b in zip(every, _best(every, opened), strict=True)))


def _best(every: Sequence[Losses], opened: Opened) -> list[FloatArray]:
    """Return the loss of each demand in each year of a plan."""
    out = []
    now: list[int] = []
    for year, new in zip(every, opened, strict=True):
        now += new
        best = year.stands.copy()
        use = np.isin(year.site, now)
        np.minimum.at(best, year.demand[use], year.loss[use])
        out.append(best)
    return out


def _gains(every: Sequence[Losses], best: Sequence[FloatArray], first: int, m: int) -> FloatArray:
    """Return by how much each site alone lowers the losses of the years from `first` on."""
    gain = np.zeros(m)
    for year, now in zip(every[first:], best[first:], strict=True):
        less = year.weight[year.demand] * np.maximum(0.0, now[year.demand] - year.loss)
        gain += np.bincount(year.site, weights=less, minlength=m)
    return gain


def _open(every: Sequence[Losses], best: Sequence[FloatArray], first: int, site: int) -> None:
    """Lower the losses of the years from `first` on by an open site."""
    for year, now in zip(every[first:], best[first:], strict=True):
        use = year.site == site
        np.minimum.at(now, year.demand[use], year.loss[use])


def first_phases(case: PhasingCase, rule: PhasingRule) -> Opened | None:
    """Return a plan that keeps the rule, site by site where it gains most; None if greed finds none.

    Two orders are tried, by gain and by gain for each unit of money, and the better plan is kept; sites that
    must open come first in each year.
    """
    every = losses(case, rule)
    plans = [_greedy(case, rule, every, per_money=flag) for flag in (False, True)]
    kept = [plan for plan in plans if plan is not None and _serves(case, rule, every, plan)]
    return min(kept, key=lambda plan: total(every, plan), default=None)


def _serves(case: PhasingCase, rule: PhasingRule, every: Sequence[Losses], opened: Opened) -> bool:
    """Whether a plan opens what must open, and with costs leaves nobody without a site who could have one."""
    chosen = {site for year in opened for site in year}
    if not set(np.flatnonzero(case.fixed).tolist()) <= chosen:
        return False
    if rule.objective == "cover":
        return True
    every_site = (tuple(case.candidates.tolist()), *(() for _ in case.years[1:]))
    could, now = _best(every, every_site), _best(every, opened)
    worst = max(float(y.stands.max(initial=0.0)) for y in every)
    return all(
        not ((y.weight > 0) & (b >= worst) & (c < worst)).any()
        for y, b, c in zip(every, now, could, strict=True)
    )


def _greedy(
    case: PhasingCase, rule: PhasingRule, every: Sequence[Losses], *, per_money: bool
) -> Opened | None:
    """Return the greedy plan, None where money or numbers are too little from the start."""
    purse = Purse(case, rule)
    best = [y.stands.copy() for y in every]
    closed = case.usable.copy()
    opened: list[tuple[int, ...]] = []
    price = np.maximum(case.open_cost + case.running_cost, 1e-9) if per_money else np.ones(len(closed))
    for k in range(case.n_years):
        purse.begin()
        new: list[int] = []
        while True:
            gain = _gains(every, best, k, len(closed))
            score = np.where(case.fixed & closed, np.inf, gain / price)
            score = np.where(closed & purse.affords() & (score > 0), score, -1.0)
            site = int(np.argmax(score))
            if score[site] <= 0:
                break
            purse.open(site)
            closed[site] = False
            new.append(site)
            _open(every, best, k, site)
        opened.append(tuple(new))
    return tuple(opened)


class Purse:
    """Money and numbers that are left, year by year."""

    def __init__(self, case: PhasingCase, rule: PhasingRule) -> None:
        self._case, self._rule = case, rule
        self._year = -1
        self._money = self._number = 0.0
        self._in_all = np.inf if rule.open_total is None else float(rule.open_total)
        self._running = 0.0

    def begin(self) -> None:
        """Begin the next year: its own money and number, and what was left where that is carried over."""
        rule = self._rule
        self._year += 1
        money = np.inf if rule.budgets is None else rule.budgets[self._year]
        number = np.inf if rule.open_each is None else rule.open_each[self._year]
        kept = (self._money, self._number) if rule.carry_over and self._year else (0.0, 0.0)
        self._money = kept[0] + money - (self._running if rule.running_in_budget else 0.0)
        self._number = kept[1] + number

    def affords(self) -> BoolArray:
        """Return which sites can be opened now, and kept running in all years to come."""
        case, rule = self._case, self._rule
        enough: BoolArray = case.open_cost + self._first_year() <= self._money
        if rule.running_in_budget and rule.budgets is not None and not rule.carry_over:
            later = rule.budgets[self._year + 1 :]
            enough &= self._running + case.running_cost <= min(later, default=np.inf)
        return enough & (self._number >= 1) & (self._in_all >= 1)

    def _first_year(self) -> FloatArray | float:
        """Return what running each site takes of this year's money."""
        return self._case.running_cost if self._rule.running_in_budget else 0.0

    def open(self, site: int) -> None:
        """Pay for a site."""
        own = float(self._case.running_cost[site])
        self._money -= float(self._case.open_cost[site]) + (own if self._rule.running_in_budget else 0.0)
        self._running += own
        self._number -= 1
        self._in_all -= 1


def without_idle(case: PhasingCase, rule: PhasingRule, opened: Opened) -> Opened:
    """Return the plan without sites that lower nobody's loss in any year, the last ids first.

    Money and numbers that they took are left; sites that must open stay.
    """
    every = losses(case, rule)
    value = total(every, opened)
    for site in sorted((s for year in opened for s in year), reverse=True):
        fewer = tuple(tuple(s for s in year if s != site) for year in opened)
        if not case.fixed[site] and total(every, fewer) <= value:
            opened = fewer
    return opened


def by_gain(case: PhasingCase, rule: PhasingRule, opened: Opened) -> Opened:
    """Return the plan with each year's sites in the order of their gain from that year on, ties by id."""
    every = losses(case, rule)
    best = [y.stands.copy() for y in every]
    ordered = []
    for k, year in enumerate(opened):
        rest, new = sorted(year), []
        while rest:
            gain = _gains(every, best, k, len(case.site_ids))
            site = max(rest, key=lambda s: (gain[s], -s))
            rest.remove(site)
            new.append(site)
            _open(every, best, k, site)
        ordered.append(tuple(new))
    return tuple(ordered)
