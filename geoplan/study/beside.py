"""What stands beside a plan: the frontier against the number of new sites, and against money."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_milp import Clock
from geoplan.analysis.siting_tables import frontier_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from geoplan.analysis.siting import Plan
    from geoplan.analysis.siting_instance import Question
    from geoplan.study.ask import Study

    Step = Callable[[str], None]


def by_coverage(question: Question) -> Question:
    """Return the question as most people covered by a number of sites, where it asks for the fewest sites."""
    if question.model != "lscp" or question.capacitated:
        return question
    return replace(question, model="mclp", cover_share=None)


def frontier_by_number(study: Study, step: Step) -> pd.DataFrame:
    """Return the best plan for 0, 1, ... new sites, each solved on its own; money binds nobody here."""
    clock = Clock(study.siting.time_limit_s)
    points: list[tuple[int, Plan]] = []
    most = study.siting.frontier
    for new in range(most + 1):
        step(f"frontier: {new} of {most} new sites")
        question = replace(by_coverage(study.with_new(new)), budget=None)
        part = max(0.5, clock.left_s / (most - new + 1))
        plan = solve_siting(study.case.made.instance, replace(question, time_limit_s=part))
        if plan.status != "infeasible":
            points.append((study.n_standing + new, plan))
    question = by_coverage(study.case.question)
    table = frontier_table(study.case.made.instance, question, points)
    if len(table):
        table.insert(1, "open_new", table["open"] - study.n_standing)
    return table


def frontier_by_money(study: Study, number: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Return the best plan for each of so many budgets, in equal steps up to the money of the last by number.

    At most as many new sites as that plan has may open.
    """
    steps = study.siting.frontier_money
    instance, clock = study.case.made.instance, Clock(study.siting.time_limit_s)
    highest = float(number["cost"].max())
    most = int(number["open_new"].max())
    points, budgets = [], []
    for k, budget in enumerate(np.linspace(0.0, highest, steps + 1)):
        step(f"frontier: budget {k} of {steps}")
        asked = replace(by_coverage(study.with_new(most, at_most=True)), budget=float(budget))
        part = max(0.5, clock.left_s / (steps - k + 1))
        plan = solve_siting(instance, replace(asked, time_limit_s=part))
        if plan.status in {"optimal", "feasible"}:
            points.append((len(plan.sites), plan))
            budgets.append(float(budget))
    table = frontier_table(instance, by_coverage(study.case.question), points)
    if len(table):
        table.insert(0, "budget_azn", budgets)
        table.insert(2, "open_new", table["open"] - study.n_standing)
    return table
