"""All years of a phasing question as one program: x[year, site] never falls, people follow the open sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.analysis.siting_instance import cover_matrix, merge_rows
from geoplan.analysis.siting_milp import Builder

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from geoplan.analysis.phasing_case import PhasingCase, PhasingRule
    from geoplan.analysis.siting_instance import BoolArray, FloatArray
    from geoplan.analysis.siting_milp import Program

    Opened = tuple[tuple[int, ...], ...]
    IntArray = NDArray[np.int64]


LARGEST_MONEY: Final = 1e4
"""The largest sum that enters the program: the solver's tolerances are absolute, 1e-6."""


def money_size(case: PhasingCase) -> float:
    """Return how much money is 1 in the program."""
    largest = float((case.open_cost + case.running_cost).max(initial=0.0))
    return largest / LARGEST_MONEY if largest > 0 else 1.0


@dataclass(frozen=True)
class Slack:
    """Which limits may be broken, and at what price: the program then asks for the least break.

    Attributes
    ----------
    money, number, in_all
        One amount that is added to every year's money, to every year's number, to the number of all years.
    fixed, unserved
        Each site that must open, each demand that must be served, may be given up for 1.
    """

    money: bool = False
    number: bool = False
    in_all: bool = False
    fixed: bool = False
    unserved: bool = False


@dataclass(frozen=True)
class _People:
    """How the people of one year stand in the program.

    Their columns begin at `first` and give `weight` each. For covering they are merged demand, covered by the
    candidates of `rows`; for costs `rows` is None. `constant` is what standing sites give by themselves.
    """

    constant: float
    first: int
    rows: sparse.csr_matrix | None
    weight: FloatArray


@dataclass(frozen=True)
class Phases:
    """A program with what its columns mean.

    Attributes
    ----------
    program
        Always a minimisation; for covering the objective is the negative weight.
    x
        Column of each year and candidate, shape (years, candidates).
    candidates
        Positions of the candidates in the case.
    constant
        What is added to the objective of the question for people whom standing sites serve.
    slack
        Columns of the breaks, empty without any.
    """

    program: Program
    x: IntArray
    candidates: IntArray
    constant: float
    cover: bool
    slack: IntArray
    _people: tuple[_People, ...]

    def value(self, objective: float) -> float:
        """Return an objective or bound of the program as one of the question."""
        return self.constant + (-objective if self.cover else objective)

    def opened(self, solution: FloatArray) -> Opened:
        """Return which sites (positions) open in each year."""
        on = np.rint(solution[self.x]).astype(bool)
        new = on & ~np.vstack([np.zeros((1, on.shape[1]), dtype=bool), on[:-1]])
        return tuple(tuple(self.candidates[row].tolist()) for row in new)

    def start(self, opened: Opened) -> FloatArray:
        """Return the columns of a plan; those of people are left to the solver unless they follow at once."""
        out = np.full(len(self.program.cost), np.nan)
        on = np.zeros(len(self.candidates), dtype=bool)
        for k, new in enumerate(opened):
            on |= np.isin(self.candidates, new)
            out[self.x[k]] = on
            people = self._people[k]
            if people.rows is not None:
                n = people.rows.shape[0]
                out[people.first : people.first + n] = np.minimum(1.0, people.rows @ on.astype(np.float64))
        return out


def build_phases(
    case: PhasingCase,
    rule: PhasingRule,
    *,
    years: BoolArray | None = None,
    last_at_least: float | None = None,
    slack: Slack | None = None,
) -> Phases:
    """Return the program of a question.

    Parameters
    ----------
    case, rule
        The question.
    years
        Which years count in the objective; None: all.
    last_at_least
        What the last year must cover (at most cost, with the objective `cost`), standing sites included.
    slack
        Limits that may be broken; then the objective is the least break, and nothing else.
    """
    build = Builder()
    counts = np.ones(case.n_years, dtype=bool) if years is None else years
    candidates = case.candidates
    lower = np.zeros((case.n_years, len(candidates)))
    lower[-1] = case.fixed[candidates] & (slack is None or not slack.fixed)
    first = build.columns(lower.size, lower=lower.ravel(), whole=True)
    x = first + np.arange(lower.size).reshape(lower.shape)
    _never_falls(build, x)
    breaks = _limits(build, case, rule, x, slack or Slack())
    lost = None
    if slack is not None and slack.unserved:
        lost = build.columns(len(case.demand_ids), cost=1.0, whole=True) + np.arange(len(case.demand_ids))
        breaks = np.concatenate([breaks, lost])
    people = []
    for k in range(case.n_years):
        needed = bool(counts[k]) or (k == case.n_years - 1 and last_at_least is not None)
        price = 1.0 if counts[k] and slack is None else 0.0
        if rule.objective == "cover":
            part = _cover(build, case, rule, k, x[k], price=price) if needed and slack is None else None
        else:
            part = _cost(build, case, k, x[k], price=price, lost=lost)
        people.append(part or _People(0.0, 0, None, np.zeros(0)))
    if last_at_least is not None:
        _hold_last(build, rule, people[-1], last_at_least)
    return Phases(
        program=build.build(),
        x=x,
        candidates=candidates,
        constant=sum(p.constant for p, c in zip(people, counts, strict=True) if c),
        cover=rule.objective == "cover",
        slack=breaks,
        _people=tuple(people),
    )


def _never_falls(build: Builder, x: IntArray) -> None:
    """Add x[year] >= x[year - 1] for every candidate."""
    if len(x) > 1 and x.shape[1]:
        later, before = x[1:].ravel(), x[:-1].ravel()
        row = np.arange(len(later))
        build.rows(len(later), (row, later, 1.0), (row, before, -1.0), lower=0.0)


def _limits(build: Builder, case: PhasingCase, rule: PhasingRule, x: IntArray, slack: Slack) -> IntArray:
    """Add money and numbers of each year and of all, and return the columns by which they may be broken."""
    breaks: list[int] = []

    def broken(wanted: bool, *, whole: bool) -> int | None:  # noqa: FBT001
        if not wanted:
            return None
        breaks.append(build.columns(1, cost=1.0, upper=np.inf, whole=whole))
        return breaks[-1]

    if rule.budgets is not None:
        size = money_size(case)
        money = case.open_cost[case.candidates] / size
        running = case.running_cost[case.candidates] / size * rule.running_in_budget
        limits = np.array(rule.budgets, dtype=np.float64) / size
        _yearly(build, rule, x, (money, running), limits, broken(slack.money, whole=False))
    if rule.open_each is not None:
        ones = np.ones(x.shape[1])
        limits = np.array(rule.open_each, dtype=np.float64)
        _yearly(build, rule, x, (ones, 0.0 * ones), limits, broken(slack.number, whole=True))
    if rule.open_total is not None:
        more = broken(slack.in_all, whole=True)
        entries = [(0, x[-1], 1.0)] + ([(0, more, -1.0)] if more is not None else [])
        build.rows(1, *entries, upper=float(rule.open_total))
    if slack.fixed:
        _give_up(build, case, x, breaks)
    return np.array(breaks, dtype=np.int64)


def _yearly(
    build: Builder,
    rule: PhasingRule,
    x: IntArray,
    price: tuple[FloatArray, FloatArray],
    limits: FloatArray,
    more: int | None,
) -> None:
    """Add for each year that what opens and what runs keeps the limit; carried over, what was used so far."""
    opening, running = price
    for k in range(len(x)):
        first = 0 if rule.carry_over else k
        entries: list[Any] = [(0, x[k], opening)]
        entries += [(0, x[t], running) for t in range(first, k + 1)]
        if first:
            entries.append((0, x[first - 1], -opening))
        if more is not None:
            entries.append((0, more, -float(k + 1 - first)))
        build.rows(1, *entries, upper=float(limits[first : k + 1].sum()))


def _give_up(build: Builder, case: PhasingCase, x: IntArray, breaks: list[int]) -> None:
    """Let each site that must open stay closed, at the price of 1."""
    must = np.flatnonzero(case.fixed[case.candidates])
    lost = build.columns(len(must), cost=1.0, whole=True) + np.arange(len(must))
    row = np.arange(len(must))
    build.rows(len(must), (row, x[-1][must], 1.0), (row, lost, 1.0), lower=1.0)
    breaks.extend(lost.tolist())


def _cover(
    build: Builder, case: PhasingCase, rule: PhasingRule, year: int, x: IntArray, *, price: float
) -> _People:
    """Add who is covered in one year; demand that the same sites cover is one row."""
    ways = case.ways[year]
    near = ways.where(ways.cost <= rule.reach)
    weight = case.weight[year]
    served = np.zeros(len(weight), dtype=bool)
    served[near.demand[case.existing[year][near.site]]] = True
    heavy = np.flatnonzero((weight > 0) & ~served)
    cover = cover_matrix(near, len(weight), len(case.site_ids))[:, case.candidates]
    rows, merged, _ = merge_rows(cover[heavy].tocsr(), weight[heavy])
    first = build.columns(len(merged), cost=-price * merged, whole=False)
    entries = rows.tocoo()
    row = np.arange(len(merged))
    build.rows(len(merged), (row, first + row, 1.0), (entries.row, x[entries.col], -1.0), upper=0.0)
    return _People(float(weight[served].sum()), first, rows, merged)


def _cost(
    build: Builder, case: PhasingCase, year: int, x: IntArray, *, price: float, lost: IntArray | None
) -> _People:
    """Add who goes where in one year: to a candidate that is open and nearer than all that stands."""
    ways, weight = case.ways[year], case.weight[year]
    stands = np.full(len(weight), np.inf)
    there = case.existing[year][ways.site]
    np.minimum.at(stands, ways.demand[there], ways.cost[there])
    use = case.usable[ways.site] & (weight[ways.demand] > 0) & (ways.cost < stands[ways.demand])
    demand, cost = ways.demand[use], ways.cost[use]
    rows, at = np.unique(demand, return_inverse=True)
    own = np.isfinite(stands) & (weight > 0)
    served = own.copy()
    served[rows] = False
    first = build.columns(len(demand), cost=price * weight[demand] * cost, whole=False)
    pair = first + np.arange(len(demand))
    home = np.flatnonzero(own[rows])
    stay = weight[rows[home]] * stands[rows[home]]
    build.columns(len(home), cost=price * stay, whole=False)
    entries: list[Any] = [(at, pair, 1.0), (home, first + len(demand) + np.arange(len(home)), 1.0)]
    if lost is not None:
        away = np.flatnonzero(~own[rows])
        entries.append((away, lost[rows[away]], 1.0))
    build.rows(len(rows), *entries, lower=1.0)
    place = np.searchsorted(case.candidates, ways.site[use])
    row = np.arange(len(demand))
    build.rows(len(demand), (row, pair, 1.0), (row, x[place], -1.0), upper=0.0)
    every = np.concatenate([weight[demand] * cost, stay])
    return _People(float((weight[served] * stands[served]).sum()), first, None, every)


def _hold_last(build: Builder, rule: PhasingRule, last: _People, value: float) -> None:
    """Add that the last year is at least as good as `value`."""
    columns = last.first + np.arange(len(last.weight))
    scale = 1.0 / max(1.0, float(np.abs(last.weight).max(initial=0.0)))
    limit = (value - last.constant) * scale
    if rule.objective == "cover":
        build.rows(1, (0, columns, last.weight * scale), lower=limit)
    else:
        build.rows(1, (0, columns, last.weight * scale), upper=limit)
