"""Why no phases exist: the demand and the sites that stand in the way, and the least break of each limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.phasing_model import Slack, build_phases, money_size
from geoplan.analysis.siting_milp import Stop, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.phasing_case import PhasingCase, PhasingRule
    from geoplan.analysis.siting_milp import Clock

SHOWN: Final = 10
"""Ids that are listed one by one."""

BREAKS: Final = {
    "budgets": Slack(money=True),
    "open_each": Slack(number=True),
    "open_total": Slack(in_all=True),
    "fixed": Slack(fixed=True),
    "unserved": Slack(unserved=True),
}
"""The limits that may each be broken alone."""

WORDS: Final = {
    "budgets": "{:,.10g} more money in every year",
    "open_each": "{:g} more openings in every year",
    "open_total": "{:g} more openings in all",
    "fixed": "{:g} of the sites that must open given up",
    "unserved": "{:g} places left without a site",
}


@dataclass(frozen=True)
class Explained:
    """Why there is no plan.

    Attributes
    ----------
    reasons
        In words, the plainest first.
    relaxations
        The least break of each single limit that would allow a plan, by the name of the limit; without a
        limit that no break mends alone.
    proven
        Whether every relaxation is the least one by proof.
    """

    reasons: tuple[str, ...]
    relaxations: dict[str, float]
    proven: bool


def explain_phasing(case: PhasingCase, rule: PhasingRule, clock: Clock) -> Explained:
    """Return why a question has no plan; each limit is relaxed by itself, all others hold."""
    found: dict[str, float] = {}
    proven = True
    for name, slack in BREAKS.items():
        if not _binds(case, rule, name):
            continue
        phases = build_phases(case, rule, slack=slack)
        outcome = solve(phases.program, Stop(clock.part(0.5)))
        proven = proven and outcome.state in {"optimal", "infeasible"}
        if outcome.x is not None:
            size = money_size(case) if name == "budgets" else 1.0
            found[name] = _rounded(outcome.objective * size, whole=name != "budgets")
    reasons = [*_unaffordable(case, rule), *_too_many(case, rule), *_unreached(case, rule)]
    reasons += [f"enough would be: {WORDS[name].format(value)}" for name, value in found.items()]
    if not found:
        reasons.append("no single limit is the reason: several have to give way together")
    return Explained(tuple(reasons), found, proven)


def _rounded(value: float, *, whole: bool) -> float:
    """Return a least break, whole numbers as such and money to the cent, rounded up."""
    return float(np.rint(value)) if whole else float(np.ceil(value * 100 - 1e-3) / 100)


def _binds(case: PhasingCase, rule: PhasingRule, name: str) -> bool:
    """Whether a limit is there at all."""
    if name == "fixed":
        return bool(case.fixed.any())
    if name == "unserved":
        return rule.objective == "cost"
    return getattr(rule, name) is not None


def _unaffordable(case: PhasingCase, rule: PhasingRule) -> list[str]:
    """Return that sites which must open cost more than any year has."""
    if rule.budgets is None:
        return []
    most = sum(rule.budgets) if rule.carry_over else max(rule.budgets)
    dear = [case.site_ids[k] for k in np.flatnonzero(case.fixed & (case.open_cost > most))]
    return (
        [f"must open and costs more than the {most:,.10g} that can be spent: {_listed(dear)}"] if dear else []
    )


def _too_many(case: PhasingCase, rule: PhasingRule) -> list[str]:
    """Return that more sites must open than may."""
    must = int(case.fixed.sum())
    limits = [sum(rule.open_each)] if rule.open_each is not None else []
    limits += [rule.open_total] if rule.open_total is not None else []
    most = min(limits, default=None)
    return [f"{must} sites must open, {most} may"] if most is not None and must > most else []


def _unreached(case: PhasingCase, rule: PhasingRule) -> list[str]:
    """Return who reaches no standing site in a year, with costs: somebody must open for each of them."""
    if rule.objective != "cost":
        return []
    reasons = []
    for k, year in enumerate(case.years):
        ways = case.ways[k]
        stands, could = (np.zeros(len(case.demand_ids), dtype=bool) for _ in range(2))
        stands[ways.demand[case.existing[k][ways.site]]] = True
        could[ways.demand[case.usable[ways.site]]] = True
        need = [case.demand_ids[d] for d in np.flatnonzero((case.weight[k] > 0) & could & ~stands)]
        if need:
            reasons.append(f"in {year} {len(need)} places reach no standing site: {_listed(need)}")
    return reasons


def _listed(ids: Sequence[str]) -> str:
    """Return ids in words, the first ones only."""
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
