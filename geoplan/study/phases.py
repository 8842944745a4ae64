"""Which sites open in which year: the phasing of a scenario's siting question as a section of its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.analysis.phasing import phases_table, solve_phases
from geoplan.analysis.phasing_case import PhasingRule, case_of_instances
from geoplan.analysis.siting_instance import COVER_MODELS
from geoplan.errors import UsageError
from geoplan.sections import PhasingSection
from geoplan.siting_answer import plain
from geoplan.study.ground import JOINT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geoplan.analysis.phasing import PhasedPlan, PhasedPlans
    from geoplan.scenario.siting import Phasing, Siting
    from geoplan.study.ask import Study

    Progress = Callable[[float, float], None]

ANSWERED = frozenset({"mclp", "lscp", "p-median"})
"""Models whose question can be asked over years: most people within the limit, or least people x minutes."""


def phased(
    studies: Mapping[int, Study], phasing: Phasing, *, progress: Progress | None = None
) -> PhasingSection:
    """Return the nested plan over the years, the plan that looks at the last year first, and that by number.

    The sum over the years counts: people within the limit (`mclp`, `lscp`) or people x minutes (`p-median`).
    The number `open` of the question binds all years together; `lscp` finds none and leaves it free.

    Raises
    ------
    UsageError
        If the model has no phases.
    """
    first = studies[phasing.years[0]]
    siting = first.siting
    check_phased(siting)
    opening, running = _money(first)
    case = case_of_instances(
        {year: studies[year].case.made.instance for year in phasing.years},
        open_cost=opening,
        running_cost=running,
    )
    rule = PhasingRule(
        objective="cover" if siting.model in COVER_MODELS else "cost",
        limit=first.case.question.limit,
        budgets=phasing.budgets_azn or None,
        open_each=phasing.open_each,
        open_total=siting.open,
        carry_over=phasing.carry_over,
        running_in_budget=phasing.running_in_budget,
    )
    answer = solve_phases(
        case, rule, by_number=True, time_limit_s=siting.time_limit_s, gap=siting.gap, progress=progress
    )
    return PhasingSection(
        service="+".join(siting.service),
        years=phasing.years,
        record=_record(answer, rule, phasing),
        phases=phases_table(answer),
    )


def check_phased(siting: Siting) -> None:
    """Raise `UsageError` for what a question asks and phases do not know, rather than pass it over."""
    if siting.model not in ANSWERED or siting.closable:
        what = "closable" if siting.closable else f"model {siting.model}"
        hint = f"Phases know {', '.join(sorted(ANSWERED))} and sites that stay open."
        raise UsageError(f"phasing with {what}", hint=hint)
    asked = {
        "limits by pair, region or district": siting.excludes
        or siting.needs
        or siting.region_least
        or siting.region_most
        or siting.district_least is not None,
        "capacities": siting.model == "lscp" and any(kind.capacity is not None for kind in siting.kinds),
        "budget_azn (years have budgets_azn)": siting.budget_azn is not None,
        "shared_open_azn": siting.shared_open_azn > 0,
        "equity_floor": siting.equity_floor,
    }
    if unheard := [name for name, given in asked.items() if given]:
        hint = "Take it out, or ask for the phases in a scenario of their own."
        raise UsageError(f"phasing does not know {', '.join(unheard)}", hint=hint)


def _money(study: Study) -> tuple[dict[str, float], dict[str, float]]:
    """Return what each site costs to open, and to run a year, by its id in the case."""
    opening: dict[str, float] = {}
    running: dict[str, float] = {}
    for ground in study.grounds:
        end = JOINT + ground.service.id if len(study.grounds) > 1 else ""
        ids = [name + end for name in ground.sites.index]
        opening |= dict(zip(ids, ground.sites["open_azn"].tolist(), strict=True))
        running |= dict(zip(ids, ground.sites["run_azn_a_year"].tolist(), strict=True))
    return opening, running


def _record(answer: PhasedPlans, rule: PhasingRule, phasing: Phasing) -> dict[str, Any]:
    """Return what `siting.json` says of the phases."""
    record: dict[str, Any] = {
        "years": list(phasing.years),
        "objective": rule.objective,
        "budgets_azn": list(rule.budgets) if rule.budgets is not None else None,
        "budgets_assumed": rule.budgets is not None and phasing.confidence == "assumed",
        "open_each": list(rule.open_each) if rule.open_each is not None else None,
        "open_total": rule.open_total,
        "plans": {plan.name: _plan(answer, plan) for plan in answer.plans},
        "reason": "",
    }
    if answer.explained is not None:
        why = answer.explained
        record["infeasible"] = {
            "reasons": list(why.reasons),
            "relaxations": why.relaxations,
            "proven": why.proven,
        }
        record["reason"] = f"no phases satisfy the limits: {'; '.join(why.reasons)}"
    return record


def _plan(answer: PhasedPlans, plan: PhasedPlan) -> dict[str, Any]:
    """Return one plan as JSON."""
    years = [str(year) for year in answer.case.years]
    said: dict[str, Any] = {
        "status": plan.status,
        "stopped_by": plan.stopped_by,
        "objective": plain(plan.objective),
        "bound": plain(plan.bound),
        "gap": plain(plan.gap),
        "opened": {year: list(sites) for year, sites in zip(years, plan.opened, strict=True)},
        "verified": plan.checked is not None and not plan.verified,
        "wrong": list(plan.verified),
        "seconds": round(plan.seconds, 3),
    }
    if plan.checked is not None:
        covered = [plain(v) for v in plan.checked.covered]
        said["people_covered"] = dict(zip(years, covered, strict=True))
        said["population"] = dict(zip(years, plan.checked.population, strict=True))
        said["opening_azn"] = dict(zip(years, plan.checked.opening, strict=True))
    return said
