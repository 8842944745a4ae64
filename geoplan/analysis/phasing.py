"""Which sites open in which year: nested over the years, best for all of them together, with proof.

One program holds all years: x[site, year] never falls, the money and the number of openings of each year
bind, and the weight covered (or the weight x cost) is added up over the years. Beside it stand the plan that
looks at the last year first and, where money is only assumed, the plan by the number of sites alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geoplan.analysis.phasing_case import PhasingCase, PhasingRule, case_of_instances, make_case
from geoplan.analysis.phasing_explain import Explained, explain_phasing
from geoplan.analysis.phasing_model import build_phases
from geoplan.analysis.phasing_start import by_gain, first_phases, without_idle
from geoplan.analysis.phasing_verify import Checked, check_phases
from geoplan.analysis.siting_milp import Clock, Stop, solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.analysis.phasing_model import Phases

    Progress = Callable[[float, float], None]

PlanName = Literal["nested", "last_year_first", "by_number"]

__all__ = [
    "Checked",
    "Explained",
    "PhasedPlan",
    "PhasedPlans",
    "PhasingCase",
    "PhasingRule",
    "case_of_instances",
    "check_phases",
    "make_case",
    "phases_table",
    "solve_phases",
    "solve_phasing",
]

COLUMNS: Final = (
    "plan",
    "year",
    "rank",
    "site_id",
    "status",
    "cost_azn",
    "spent_azn",
    "budget_azn",
    "people_covered",
    "population",
)

WHOLE: Final = 1e-4
"""A bound this little below a whole number is that number."""

SHARES: Final = {"nested": 0.5, "final": 0.4, "last_year_first": 0.5, "by_number": 0.9}
"""How much of the time left each solve may use; what one leaves goes to the next."""


@dataclass(frozen=True)
class PhasedPlan:
    """Which sites open in which year.

    Attributes
    ----------
    name
        nested, last_year_first or by_number.
    status
        optimal, feasible (the time ended before the proof), infeasible, or unknown (before any plan).
    stopped_by
        proof, gap or time.
    objective, bound, gap
        Weight covered, added up over the years (objective `cover`, as large as possible), or weight x cost
        (objective `cost`, as small as possible); gap is |bound - objective| / max(|objective|, 1e-9). NaN
        without a plan.
    opened
        By year the ids of the sites that open in it, in the order of their gain; ties by id. All empty
        without a plan.
    verified
        What a second look from the pairs alone found wrong; empty if the plan holds.
    checked
        Figures of each year, worked out by that second look; None without a plan.
    seconds
        Wall time.
    """

    name: str
    status: str
    stopped_by: str
    objective: float
    bound: float
    gap: float
    opened: tuple[tuple[str, ...], ...]
    verified: tuple[str, ...]
    checked: Checked | None
    seconds: float


@dataclass(frozen=True)
class PhasedPlans:
    """The nested plan and those beside it.

    Attributes
    ----------
    case, rule
        The question.
    plans
        `nested` first; `last_year_first`; `by_number` where it was asked and money binds.
    explained
        Why there is no plan, None where there is one.
    """

    case: PhasingCase
    rule: PhasingRule
    plans: tuple[PhasedPlan, ...]
    explained: Explained | None

    def plan(self, name: PlanName) -> PhasedPlan | None:
        """Return a plan by its name."""
        return next((plan for plan in self.plans if plan.name == name), None)


def solve_phasing(
    case: PhasingCase,
    rule: PhasingRule,
    *,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> PhasedPlan:
    """Return the nested plan that is best for the sum over the years.

    Parameters
    ----------
    case
        Sites, people and ways of each year; see `make_case` and `case_of_instances`.
    rule
        Limit, money and numbers.
    time_limit_s
        Wall time of the solver, seconds.
    gap
        Relative gap that is good enough.
    progress
        Called with incumbent and bound in the sense of the objective.

    Raises
    ------
    ValueError
        If rule and case do not fit each other.
    """
    rule.check(case)
    clock = Clock(time_limit_s)
    return _solved("nested", case, rule, clock, gap=gap, progress=progress)


def solve_phases(
    case: PhasingCase,
    rule: PhasingRule,
    *,
    by_number: bool = False,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> PhasedPlans:
    """Return the nested plan, the plan that looks at the last year first, and that by number alone.

    All three together hold `time_limit_s`. `by_number` adds the plan without money that opens as many sites
    each year as the rule allows, or as the nested plan opens where the rule gives no numbers; for budgets
    that are assumed. Without a plan the explanation says why. Parameters and errors as in `solve_phasing`.
    """
    rule.check(case)
    clock = Clock(time_limit_s)
    nested = _solved("nested", case, rule, clock.part(SHARES["nested"]), gap=gap, progress=progress)
    if nested.checked is None:
        return PhasedPlans(
            case, rule, (nested,), explain_phasing(case, rule, clock.part(SHARES["by_number"]))
        )
    plans = [nested, _like(nested, _last_year_first(case, rule, clock, gap), case, rule)]
    if by_number and rule.budgets is not None:
        numbers = rule.open_each or tuple(len(sites) for sites in nested.opened)
        free = replace(rule, budgets=None, open_each=numbers)
        plan = _solved("by_number", case, free, clock.part(SHARES["by_number"]), gap=gap)
        plans.append(_like(nested, plan, case, free))
    return PhasedPlans(case, rule, tuple(plans), None)


def _like(nested: PhasedPlan, plan: PhasedPlan, case: PhasingCase, rule: PhasingRule) -> PhasedPlan:
    """Return a plan with the sites of the nested one where these are exactly as good under its rule.

    Else plans that differ by a tie alone would look like two answers.
    """
    if plan.checked is None:
        return plan
    checked, wrong = check_phases(case, rule, nested.opened)
    same = [c.covered[-1] if rule.objective == "cover" else c.travel[-1] for c in (checked, plan.checked)]
    if wrong or same[0] != same[1] or checked.objective(rule) != plan.objective:
        return plan
    return replace(plan, opened=nested.opened, checked=checked)


def _last_year_first(case: PhasingCase, rule: PhasingRule, clock: Clock, gap: float) -> PhasedPlan:
    """Return the plan that makes the last year as good as it can be, and then the sum over the years.

    The final set is the best that the money and numbers of all years can open; among the plans that reach its
    value, the one with the best order of opening.
    """
    since = clock.used_s
    final = np.zeros(case.n_years, dtype=bool)
    final[-1] = True
    goal = _search(case, rule, build_phases(case, rule, years=final), clock.part(SHARES["final"]), gap=gap)
    if goal.opened is None:
        return _plan("last_year_first", case, rule, goal, clock.used_s - since)
    checked, _ = check_phases(case, rule, _names(case, goal.opened))
    best = (checked.covered if rule.objective == "cover" else checked.travel)[-1]
    phases = build_phases(case, rule, last_at_least=_not_worse(case, rule, best))
    part = clock.part(SHARES["last_year_first"])
    found = _search(case, rule, phases, part, gap=gap, start=goal.opened)
    if goal.stopped_by != "proof":
        found = replace(found, stopped_by=goal.stopped_by)
    return _plan("last_year_first", case, rule, found, clock.used_s - since)


def _not_worse(case: PhasingCase, rule: PhasingRule, value: float) -> float:
    """Return the limit that holds a value of the last year against rounding."""
    if rule.objective == "cover" and case.whole:
        return value - 0.5
    return value * (1 - 1e-9) if rule.objective == "cover" else value * (1 + 1e-9)


@dataclass(frozen=True)
class _Found:
    """What a search found: the sites (positions) that open in each year, and a bound of the question."""

    opened: tuple[tuple[int, ...], ...] | None
    bound: float
    stopped_by: str
    infeasible: bool = False


def _solved(
    name: PlanName,
    case: PhasingCase,
    rule: PhasingRule,
    clock: Clock,
    *,
    gap: float,
    progress: Progress | None = None,
) -> PhasedPlan:
    """Return the best plan of a rule for the sum over the years."""
    phases = build_phases(case, rule)
    found = _search(case, rule, phases, clock, gap=gap, start=first_phases(case, rule), progress=progress)
    return _plan(name, case, rule, found, clock.used_s)


def _search(
    case: PhasingCase,
    rule: PhasingRule,
    phases: Phases,
    clock: Clock,
    *,
    gap: float,
    start: tuple[tuple[int, ...], ...] | None = None,
    progress: Progress | None = None,
) -> _Found:
    """Return what the solver finds; where it finds nothing in its time, the plan it started from."""

    def told(primal: float, dual: float) -> None:
        if progress is not None:
            progress(phases.value(primal), phases.value(dual))

    first = phases.start(start) if start is not None else None
    outcome = solve(phases.program, Stop(clock, gap=gap), start=first, progress=told)
    if outcome.state == "infeasible":
        return _Found(None, float("nan"), "proof", infeasible=True)
    opened = phases.opened(outcome.x) if outcome.x is not None else start
    bound = phases.value(outcome.bound)
    if opened is None:
        return _Found(None, bound, "time")
    opened = without_idle(case, rule, opened)
    stopped = "proof" if outcome.state == "optimal" and gap == 0 else "gap"
    return _Found(opened, bound, stopped if outcome.state == "optimal" else "time")


def _names(case: PhasingCase, opened: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Return the ids of what opens in each year."""
    return tuple(tuple(case.site_ids[s] for s in year) for year in opened)


def _plan(name: str, case: PhasingCase, rule: PhasingRule, found: _Found, seconds: float) -> PhasedPlan:
    """Return the plan with its figures, worked out and checked from the pairs."""
    nan = float("nan")
    if found.opened is None:
        status = "infeasible" if found.infeasible else "unknown"
        nothing = tuple(() for _ in case.years)
        return PhasedPlan(name, status, found.stopped_by, nan, nan, nan, nothing, (), None, seconds)
    opened = _names(case, by_gain(case, rule, found.opened))
    checked, wrong = check_phases(case, rule, opened)
    objective = checked.objective(rule)
    bound = _bound(case, rule, found.bound, objective)
    return PhasedPlan(
        name=name,
        status="feasible" if found.stopped_by == "time" else "optimal",
        stopped_by=found.stopped_by,
        objective=objective,
        bound=bound,
        gap=abs(bound - objective) / max(abs(objective), 1e-9),
        opened=opened,
        verified=wrong,
        checked=checked,
        seconds=seconds,
    )


def _bound(case: PhasingCase, rule: PhasingRule, bound: float, objective: float) -> float:
    """Return the bound, no weaker than what everybody knows, and whole where the objective is."""
    if rule.objective == "cost":
        return min(max(bound, 0.0), objective)
    bound = min(bound, float(case.weight.sum()))
    if case.whole:
        bound = float(np.floor(bound + WHOLE))
    return max(bound, objective)


def phases_table(plans: PhasedPlans) -> pd.DataFrame:
    """Return one row a site that opens in a year; a year that opens nothing has one with an empty site.

    Columns `plan, year, rank, site_id, status, cost_azn, spent_azn, budget_azn, people_covered, population`:
    `rank` is the order of gain within the year (0 where nothing opens), `status` is opened (empty where
    nothing opens), `cost_azn` what the site costs to open; `spent_azn` and `budget_azn` are those of the year
    (empty where money is not given), with running costs where the budget pays for them.
    """
    rows = [row for plan in plans.plans if plan.checked is not None for row in _rows(plans, plan)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"year": np.int64, "rank": np.int64})


def _rows(plans: PhasedPlans, plan: PhasedPlan) -> list[tuple[Any, ...]]:
    """Return the rows of one plan."""
    case, rule, checked = plans.case, plans.rule, plan.checked
    if checked is None:
        return []
    priced = bool(case.open_cost.any())
    cost = dict(zip(case.site_ids, case.open_cost.tolist(), strict=True))
    rows = []
    for k, year in enumerate(case.years):
        spent = checked.opening[k] + (checked.running[k] if rule.running_in_budget else 0.0)
        budget = rule.budgets[k] if rule.budgets is not None and plan.name != "by_number" else np.nan
        figures = (spent if priced else np.nan, budget, checked.covered[k], checked.population[k])
        named = [
            (rank, site, "opened", cost[site] if priced else np.nan)
            for rank, site in enumerate(plan.opened[k], 1)
        ]
        rows += [(plan.name, year, *head, *figures) for head in named or [(0, "", "", np.nan)]]
    return rows
