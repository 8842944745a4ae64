"""A scenario's siting question from the run to the sections of its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_decide import people_within
from geoplan.errors import Finding, UsageError, sort_findings
from geoplan.run import run, run_with_base
from geoplan.sections import SitingSection
from geoplan.siting_answer import SiteAnswer, solve_case
from geoplan.study.ask import Study, study_of
from geoplan.study.beside import frontier_by_money, frontier_by_number
from geoplan.study.figures import districts_table, gains_table, people_before_and_after, shown
from geoplan.study.ground import JOINT, shift_minutes
from geoplan.study.phases import check_phased, phased
from geoplan.study.uncertain import regret_table, robustness_of
from geoplan.tables.read import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from geoplan.analysis.siting import Plan
    from geoplan.result import Result
    from geoplan.scenario import Scenario, Siting
    from geoplan.tables.read import TableSet

    Step = Callable[[str], None]
    Progress = Callable[[float, float], None]

FEW_DRAWS = 100
"""Fewer draws than this leave an interval wider than a decision can use."""


def site_scenario(
    scenario: Scenario,
    *,
    step: Step | None = None,
    progress: Progress | None = None,
    ran: Callable[[Scenario], Result] | None = None,
) -> Result:
    """Return what `scenario` finds, with the answer to its section `[siting]` in `Result.siting`.

    The run covers the scenario's years and those of the question. Without a plan the section says why:
    `record["reason"]` is not empty.

    Parameters
    ----------
    scenario
        The effective scenario with its section `siting`.
    step
        Called with the name of each step as it begins.
    progress
        Called with objective and bound of the plan while it is looked for.
    ran
        Runs the scenario for the years it needs; beside the scenario's parent by default.

    Raises
    ------
    UsageError
        If the scenario asks nothing, or options and model do not go together.
    InputError
        With every problem of tables and ids.
    """
    siting = scenario.siting
    if siting is None:
        hint = "Add a section [siting] to the scenario, or say --service ID --open P."
        raise UsageError(f"the scenario {scenario.id} asks for no sites", hint=hint)
    if siting.phasing is not None:
        check_phased(siting)
    told = step or _nobody
    year = siting.year or scenario.years[-1]
    years = tuple(sorted({*scenario.years, year, *(siting.phasing.years if siting.phasing else ())}))
    siting = siting.model_copy(update={"year": year})
    wanted = scenario.model_copy(update={"years": years, "siting": siting})
    result = run_with_base(wanted, progress=step) if ran is None else ran(wanted)
    states = _States(result, siting, told)
    study = states.study(year)
    told("look for the plan")
    answer, plan = solve_case(study.case, progress=progress)
    section = _section(_Case(result, states, study, year), answer, plan, told)
    phasing = None
    if siting.phasing is not None:
        told("phases")
        phasing = phased(
            {y: states.study(y) for y in siting.phasing.years}, siting.phasing, progress=progress
        )
    findings = sort_findings([*result.findings, *answer.findings, *_notes(siting, section.record)])
    return replace(result, siting=section, phasing=phasing, findings=findings)


def _nobody(_step: str) -> None:
    """Tell nobody."""


class _States:
    """The siting question in the years of the run, and in other years and seasons that are run when asked."""

    def __init__(self, result: Result, siting: Siting, step: Step) -> None:
        self._result = result
        self._siting = siting
        self._step = step
        self._tables: TableSet | None = None
        self._known: dict[tuple[int, str], Study] = {}

    def study(self, year: int, season: str = "") -> Study:
        """Return the question in the state of one year and season (empty: the scenario's)."""
        scenario = self._result.scenario
        season = season or scenario.season
        if (year, season) not in self._known:
            result = self._result
            if season != scenario.season or year not in scenario.years:
                result = self._other(year, season)
            state = next(s for s in result.years if s.year == year)
            self._known[year, season] = study_of(result, state, self._siting)
        return self._known[year, season]

    def _other(self, year: int, season: str) -> Result:
        """Return a run of another year or season, for its figures alone."""
        asked = self._result.scenario.model_copy(update={"years": (year,), "season": season})
        if self._tables is None:
            self._tables = read_tables(asked.table_paths())
        return run(
            asked,
            progress=lambda name: self._step(f"{season} {name}"),
            tables=self._tables,
            figures_only=True,
            with_sites=True,
        )


@dataclass(frozen=True)
class _Case:
    """All that belongs to one answer."""

    result: Result
    states: _States
    study: Study
    year: int


def _section(case: _Case, answer: SiteAnswer, plan: Plan, step: Step) -> SitingSection:
    """Return the section of an answer with everything that was asked beside the plan."""
    study, siting = case.study, case.study.siting
    tables = {"gains": gains_table(study)}
    record = _head(case) | answer.record | {"reason": answer.reason}
    if answer.tables:
        step("who gains")
        tables |= _plan_tables(study, answer)
        tables["by_district"] = districts_table(study, record["sites"], case.result.districts)
        record["coverage"] = people_before_and_after(study, record["sites"])
        if siting.budget_azn is not None:
            record["by_number"] = _by_number(study)
    tables |= _frontiers(study, step)
    if answer.tables and siting.draws is not None:
        studies = {y: case.states.study(y) for y in sorted({case.year, *siting.draws.years})}
        drawn = robustness_of(studies, case.year, plan, siting.draws, step)
        tables["robustness"], record["draws"] = drawn.table, drawn.record
    if answer.tables and siting.regret is not None:
        others = [(y, "") for y in siting.regret.years] + [(case.year, s) for s in siting.regret.seasons]
        found = ((f"{y} {s or case.result.scenario.season}", case.states.study(y, s)) for y, s in others)
        tables["regret"] = regret_table(found, record["sites_new"], step)
    return SitingSection(
        service="+".join(siting.service),
        year=case.year,
        model=siting.model,
        limit_minutes=study.case.question.limit,
        record=record,
        tables=tables,
    )


def _head(case: _Case) -> dict[str, Any]:
    """Return what the record says of the question."""
    study, siting = case.study, case.study.siting
    sites = [g.sites for g in study.grounds]
    return {
        "scenario_id": case.result.scenario.id,
        "run_hash": case.result.provenance.run_hash,
        "service": list(siting.service),
        "year": case.year,
        "season": case.result.scenario.season,
        "open_new": siting.open,
        "limit_minutes": [shown(g.limit_minutes) for g in study.grounds],
        "standing": study.n_standing,
        "candidates": int(sum((s["kind"] != "existing").sum() for s in sites)),
        "asked": siting.model_dump(mode="json"),
        "assumed": assumed(siting),
    }


def assumed(siting: Siting) -> list[str]:
    """Return in words which figures of a question are assumed."""
    words = {"new": "new sites", "upgrade": "upgraded facilities", "existing": "standing sites"}
    found = [f"money and capacity of {words[k.kind]}" for k in siting.kinds if k.confidence == "assumed"]
    if siting.phasing is not None and siting.phasing.budgets_azn and siting.phasing.confidence == "assumed":
        found.append("budgets of the years")
    return list(dict.fromkeys(found))


def _plan_tables(study: Study, answer: SiteAnswer) -> dict[str, pd.DataFrame]:
    """Return the tables of the plan; minutes of a service that were moved up are moved back."""
    tables = dict(answer.tables)
    shifts = {g.service.id: shift_minutes(study.grounds, g, study.siting) for g in study.grounds}
    if any(shifts.values()):
        given = tables["assignment"]
        back = [shifts[name.rpartition(JOINT)[2]] for name in given["demand_id"]]
        tables["assignment"] = given.assign(cost=(given["cost"] - back).round(1))
    if "alternatives" in tables:
        tables["alternatives"] = _with_people(study, tables["alternatives"])
    return tables


def _with_people(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the alternatives with the people that each covers, and with their new sites alone."""
    instance, limit = study.case.made.instance, study.case.question.limit
    place = {name: k for k, name in enumerate(instance.site_ids)}
    plans = [[place[name] for name in cell.split(";") if name] for cell in table["sites"]]
    table = new_sites_only(study, table)
    covered = [people_within(instance, plan, limit)[0] for plan in plans]
    table.insert(list(table.columns).index("sites"), "people_covered", covered)
    return table


def new_sites_only(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of plans whose `sites` are the new ones; `closed` names standing ones that close."""
    ids = study.case.made.instance.site_ids
    standing = {ids[k] for k in range(len(ids)) if study.standing[k]}
    plans = [[name for name in cell.split(";") if name] for cell in table["sites"]]
    table = table.assign(sites=[";".join(n for n in plan if n not in standing) for plan in plans])
    if study.siting.closable:
        table["closed"] = [";".join(sorted(standing - set(plan))) for plan in plans]
    return table


def _frontiers(study: Study, step: Step) -> dict[str, pd.DataFrame]:
    """Return the frontiers that are asked for."""
    if not study.siting.frontier:
        return {}
    number = frontier_by_number(study, step)
    found = {"frontier": number}
    if study.siting.frontier_money and len(number) and number["cost"].max() > 0:
        found["frontier_by_money"] = frontier_by_money(study, number, step)
    return {name: new_sites_only(study, table) for name, table in found.items() if len(table)}


def _by_number(study: Study) -> dict[str, Any]:
    """Return the plan of the same question without its budget."""
    instance = study.case.made.instance
    plan = solve_siting(instance, replace(study.case.question, budget=None))
    return {
        "status": plan.status,
        "objective": plan.objective if plan.sites else None,
        "sites_new": [instance.site_ids[s] for s in plan.sites if not study.standing[s]],
        "money_azn": instance.money_of(plan.sites) if plan.sites else None,
    }


def _notes(siting: Siting, record: dict[str, Any]) -> list[Finding]:
    """Return notes on what an answer rests on."""
    notes = []
    if record["assumed"]:
        message = f"Assumed, an example without a source: {', '.join(record['assumed'])}."
        notes.append(Finding("note", "siting-assumed", message, where="siting.kinds"))
    drawn = record.get("draws")
    if drawn is not None and drawn["proven"] < drawn["asked"]:
        message = f"{drawn['proven']} of {drawn['asked']} draws were solved to proof in time."
        hint = "Give it more time (time_limit_s): another run may count otherwise."
        notes.append(Finding("warning", "draws-unproven", message, where="siting.draws", hint=hint))
    if siting.draws is not None and siting.draws.n < FEW_DRAWS:
        message = f"{siting.draws.n} draws say little about how often a site is chosen."
        hint = f"Draw {FEW_DRAWS} times or more."
        notes.append(Finding("note", "few-draws", message, where="siting.draws.n", hint=hint))
    return notes
