"""A siting question on checked tables: plan, proof, and what was asked beside it, as tables and a record."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.analysis.siting import Plan, solve_siting
from geoplan.analysis.siting_ask import NEEDS_OPEN, SiteOptions
from geoplan.analysis.siting_decide import alternatives, evaluate, frontier, robustness
from geoplan.analysis.siting_equity import EquityPlan, solve_equity
from geoplan.analysis.siting_explain import Explanation, explain
from geoplan.analysis.siting_instance import Question, Side
from geoplan.analysis.siting_make import Choices, Made, Tables, make_instance
from geoplan.analysis.siting_sides import meets_sides
from geoplan.analysis.siting_tables import (
    alternatives_table,
    assignment_table,
    exact_shares,
    frontier_table,
    plan_table,
    robustness_table,
)
from geoplan.analysis.siting_verify import Claim, ground_of, verify
from geoplan.analysis.siting_verify_sides import Sides
from geoplan.errors import Finding, did_you_mean, raise_on_errors, sort_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geoplan.analysis.siting_instance import Instance

    Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class SiteAnswer:
    """What `geoplan site` writes.

    Attributes
    ----------
    tables
        File stem -> table: plan, assignment, and frontier, alternatives, robustness where asked.
    record
        `siting.json`.
    findings
        Warnings and notes.
    status
        optimal, feasible, infeasible or unknown.
    reason
        Why there is no plan, in one sentence; empty where there is one.
    """

    tables: dict[str, pd.DataFrame]
    record: dict[str, Any]
    findings: tuple[Finding, ...]
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """All that belongs to one question: the tables, the instance made of them, what is asked.

    `question` has positions of the instance in its side constraints, `options` the ids as written.
    """

    tables: Tables
    made: Made
    question: Question
    options: SiteOptions


def make_case(tables: Tables, question: Question, options: SiteOptions) -> Case:
    """Return a question on tables, checked and complete.

    Raises
    ------
    InputError
        With every problem of the tables, sites that are no sites, more sites asked for than there are.
    """
    made = make_instance(tables, _standard(options.choices))
    return Case(tables, made, _complete(made, question, options, tables), options)


def solve_case(
    case: Case, findings: Sequence[Finding] = (), *, progress: Progress | None = None
) -> tuple[SiteAnswer, Plan]:
    """Return the answer to a case, with the findings before it, and its plan."""
    found = [*findings, *case.made.findings]
    plan, equity = _solved(case.made.instance, case.question, case.options, progress)
    if plan.status == "infeasible":
        return _no_plan(case.made, case.question, plan, found), plan
    if plan.status == "unknown":
        return _nothing_found(case.made, case.question, plan, found), plan
    return _written(case, plan, equity, found), plan


def _standard(choices: Choices) -> Choices:
    """Return the choices for tables whose capacity and money columns were renamed as they were read."""
    return replace(
        choices,
        capacity_column="capacity" if choices.capacity_column else "",
        cost_column="cost" if choices.cost_column else "",
    )


def _complete(made: Made, question: Question, options: SiteOptions, tables: Tables) -> Question:
    """Return the question with ids turned into positions, and raise on what does not fit the sites."""
    instance = made.instance
    findings = list(made.findings)
    place = {name: k for k, name in enumerate(instance.site_ids)}
    named = {
        "--excludes": [n for pair in options.excludes for n in pair],
        "--needs": [n for pair in options.needs for n in pair],
        "--evaluate": list(options.evaluate),
    }
    for option, ids in named.items():
        findings += _strange(option, ids, place)
    regions = set(instance.region)
    for option, pairs in (("--region-least", options.region_least), ("--region-most", options.region_most)):
        findings += _strange(option, [name for name, _ in pairs], regions, what="region of the sites")
    by_district = options.equity_floor or options.district_least is not None
    if by_district and not any(instance.district):
        findings.append(Finding("error", "missing-column", "the demand has no column 'district'."))
    if question.open is None and options.evaluate and question.model in NEEDS_OPEN:
        question = replace(question, open=len(set(options.evaluate)))
    most = question.open or 0
    there = int(instance.usable.sum())
    if most > there:
        message = f"{most} sites are to be open, but there are only {there} candidates."
        findings.append(Finding("error", "open-over-candidates", message, where="--open"))
    raise_on_errors(findings)
    side = Side(
        excludes=tuple((place[a], place[b]) for a, b in options.excludes),
        needs=tuple((place[a], place[b]) for a, b in options.needs),
        region_least=options.region_least,
        region_most=options.region_most,
        district_least_share=options.district_least,
    )
    total = float(tables.demand["weight"].sum()) if tables.demand is not None else 0.0
    return replace(question, side=side, total_weight=total)


def _strange(option: str, ids: Sequence[str], known: Any, *, what: str = "site") -> list[Finding]:
    """Return an error for each id of an option that is not known."""
    return [
        Finding("error", "unknown-site", f"'{n}' is no {what}.{did_you_mean(n, known)}", where=option)
        for n in sorted(set(ids) - set(known))
    ]


def _solved(
    instance: Instance, question: Question, options: SiteOptions, progress: Progress | None
) -> tuple[Plan, EquityPlan | None]:
    """Return the plan, and both stages where the equity floor is asked."""
    if options.equity_floor:
        equity = solve_equity(instance, question)
        return equity.plan, equity
    return solve_siting(instance, question, progress=progress), None


def _base(made: Made, question: Question, plan: Plan) -> dict[str, Any]:
    """Return the part of the record that every answer has."""
    instance = made.instance
    ids = [instance.site_ids[s] for s in plan.sites]
    aside = set(made.unservable)
    lost = [float(w) for d, w in zip(instance.demand_ids, instance.weight, strict=True) if d in aside]
    return {
        "model": question.model,
        "status": plan.status,
        "stopped_by": plan.stopped_by,
        "objective": plain(plan.objective),
        "bound": plain(plan.bound),
        "gap": plain(plan.gap),
        "sites": ids,
        "sites_new": [n for n, s in zip(ids, plan.sites, strict=True) if not instance.existing[s]],
        "sites_existing": [n for n, s in zip(ids, plan.sites, strict=True) if instance.existing[s]],
        "people_covered": 0.0,
        "places_covered": 0,
        "unservable": list(made.unservable),
        "unservable_weight": math.fsum(lost),
        "unique": plan.unique,
        "verified": False,
        "reproducible": plan.reproducible,
        "seconds": round(plan.seconds, 3),
    }


def plain(value: float) -> float | None:
    """Return a number that JSON knows, None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def _no_plan(made: Made, question: Question, plan: Plan, findings: list[Finding]) -> SiteAnswer:
    """Return the answer to a question without a plan: why, and what would have to give."""
    why = explain(made.instance, question)
    record = _base(made, question, plan) | {"infeasible": _why(why)}
    return SiteAnswer({}, record, sort_findings(findings), "infeasible", _sentence(why))


def _why(why: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON."""
    return {
        "out_of_range": list(why.out_of_range),
        "conflict": list(why.conflict),
        "conflict_verified": why.verified,
        "relaxations": [{"limit": n, "now": a, "least_change_to": b} for n, a, b in why.relaxations],
    }


def _sentence(why: Explanation) -> str:
    """Return an explanation as one line."""
    parts = []
    if why.out_of_range:
        shown = ", ".join(why.out_of_range[:10]) + (" ..." if len(why.out_of_range) > 10 else "")
        parts.append(f"no candidate in range of {len(why.out_of_range)} demand: {shown}")
    if why.conflict:
        parts.append("these cannot hold together: " + "; ".join(why.conflict[:10]))
    parts += [f"{name} {now:g} would have to be {then:g}" for name, now, then in why.relaxations]
    return "no plan satisfies the limits: " + ("; ".join(parts) or "the reason was not found in time")


def _nothing_found(made: Made, question: Question, plan: Plan, findings: list[Finding]) -> SiteAnswer:
    """Return the answer where the time ended before any plan was found."""
    reason = f"no plan was found within {question.time_limit_s:g} s, and none was excluded: give it more time"
    return SiteAnswer({}, _base(made, question, plan), sort_findings(findings), "unknown", reason)


def _written(case: Case, plan: Plan, equity: EquityPlan | None, findings: list[Finding]) -> SiteAnswer:
    """Return tables and record of a plan, checked by `verify`."""
    instance, question, options = case.made.instance, case.question, case.options
    people, places = covered(instance, question, plan)
    assignment = assignment_table(instance, question, plan)
    tables = {"plan": plan_table(instance, question, plan), "assignment": exact_shares(assignment)}
    wrong = _verified(case, plan, assignment)
    record = _base(case.made, question, plan) | {
        "people_covered": people,
        "places_covered": places,
        "verified": not wrong,
        "money": instance.money_of(plan.sites) if options.choices.cost_column else None,
    }
    if wrong:
        findings.append(Finding("warning", "not-verified", f"the plan does not hold: {'; '.join(wrong)}."))
    if equity is not None:
        record["equity"] = {
            "floor": equity.floor,
            "bound": equity.floor_bound,
            "gap": abs(equity.floor_bound - equity.floor) / max(equity.floor, 1e-9),
            "status": equity.floor_status,
            "districts_without_candidates": list(equity.unserved_districts),
        }
    record |= _extras(instance, question, options, plan, tables)
    return SiteAnswer(tables, record, sort_findings(findings), plan.status)


def covered(instance: Instance, question: Question, plan: Plan) -> tuple[float, int]:
    """Return the weight and the number of places that a plan covers.

    Within the limit (the last band) of an open site; without a limit whoever is assigned. Under capacities
    what is assigned counts, in shares; a place counts if any of it is served.
    """
    rows = plan.allocation
    if rows is None or question.model == "p-dispersion":
        return 0.0, 0
    keep = rows.cost <= (instance.units(question.limit) if question.limit is not None else math.inf)
    weight = instance.weight[rows.demand[keep]] * rows.share[keep]
    return float(weight.sum()), len(set(rows.demand[keep].tolist()))


def _verified(case: Case, plan: Plan, assignment: pd.DataFrame) -> tuple[str, ...]:
    """Return what the independent check finds wrong."""
    tables, question, choices, instance = case.tables, case.question, case.options.choices, case.made.instance
    sites = tables.sites if tables.sites is not None else pd.DataFrame({"id": list(instance.site_ids)})
    sites = sites.assign(id=sites["id"].astype(str))
    shut = set(choices.closed) | (set(sites.loc[sites["closed"], "id"]) if "closed" in sites else set())
    demand = tables.demand if tables.demand is not None else pd.DataFrame({"id": [], "weight": []})
    load = demand["load"].fillna(demand["weight"]) if "load" in demand else demand["weight"]
    fixed = set(choices.fixed) | (set(sites.loc[sites["fixed"], "id"]) if "fixed" in sites else set())
    claim = Claim(
        question.model,
        plan.objective,
        tuple(instance.site_ids[s] for s in plan.sites),
        assignment,
        limit=question.limit,
        cover_share=question.cover_share,
        bands=question.bands,
        count=question.count,
        money_weight=question.money_weight,
        open=question.open,
        open_is_most=question.open_is_most,
        budget=question.budget,
        fixed=tuple(sorted(fixed)),
        capacity_column="capacity" if choices.capacity_column else "",
        cost_column="cost" if choices.cost_column else "",
        single_source=question.single_source,
        sides=Sides(
            closed=tuple(sorted(shut)),
            excludes=case.options.excludes,
            needs=case.options.needs,
            region_least=case.options.region_least,
            region_most=case.options.region_most,
            district_least=case.options.district_least,
        ),
    )
    ground = ground_of(
        tables.matrix,
        demand.assign(load=load),
        sites,
        measure=tables.measure,
        from_site=tables.from_site,
        candidates=sorted(set(sites["id"]) - shut),
        chosen=claim.sites,
    )
    return verify(claim, ground)


def _extras(
    instance: Instance, question: Question, options: SiteOptions, plan: Plan, tables: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    """Solve what was asked beside the plan; tables are added to `tables`, figures returned."""
    record: dict[str, Any] = {}
    if options.evaluate:
        record["evaluate"] = _compared(instance, question, options)
    if options.frontier:
        tables["frontier"] = frontier_table(
            instance, question, frontier(instance, question, options.frontier)
        )
    if options.alternatives:
        more = alternatives(instance, question, plan, k=options.alternatives, differ=options.differ)
        tables["alternatives"] = alternatives_table(instance, question, (plan, *more))
    if options.draws is not None:
        drawn = robustness(instance, question, options.draws)
        tables["robustness"] = robustness_table(instance, drawn, plan)
        record["draws"] = {
            "asked": options.draws.n,
            "solved": drawn.solved,
            "proven": drawn.proven,
            "seed": options.draws.seed,
            "weight_spread": options.draws.weight_spread,
            "cost_spread": options.draws.cost_spread,
        }
    return record


def _compared(instance: Instance, question: Question, options: SiteOptions) -> dict[str, Any]:
    """Return a planner's own list against the best of the same size."""
    chosen = sorted(set(options.evaluate))
    sites = [instance.site_ids.index(name) for name in chosen]
    value, _ = evaluate(instance, question, sites)
    # lscp asks for the number itself: its best stands without one
    size = None if question.model == "lscp" else len(sites)
    best = solve_siting(instance, replace(question, open=size))
    loss = None
    if value is not None and best.sites:
        loss = plain(best.objective - value if question.largest else value - best.objective)
    return {
        "sites": chosen,
        "objective": None if value is None else plain(value),
        "feasible": value is not None and meets_sides(instance, question, tuple(sites)),
        "best_objective": plain(best.objective),
        "best_bound": plain(best.bound),
        "best_status": best.status,
        "best_sites": [instance.site_ids[s] for s in best.sites],
        "loss_against_best": loss,
    }
