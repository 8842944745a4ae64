"""How far a plan can be trusted: people, speed and year drawn anew, and regret in other states."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_decide import evaluate, wilson
from geoplan.analysis.siting_milp import Clock
from geoplan.study.beside import by_coverage
from geoplan.study.ground import JOINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geoplan.analysis.siting import Plan
    from geoplan.analysis.siting_instance import FloatArray, Instance
    from geoplan.scenario.siting import Draws
    from geoplan.study.ask import Study

    Step = Callable[[str], None]


@dataclass(frozen=True)
class Drawn:
    """What the draws gave.

    Attributes
    ----------
    table
        `robustness.csv`.
    record
        The distributions, how many draws were solved, and what the plan covers over them.
    """

    table: pd.DataFrame
    record: dict[str, Any]


def robustness_of(studies: Mapping[int, Study], year: int, plan: Plan, draws: Draws, step: Step) -> Drawn:
    """Return how often each site is chosen when people, speed and year are drawn anew.

    Parameters
    ----------
    studies
        The question in each year that may be drawn, and in the year that is planned for.
    year
        The year that is planned for.
    plan
        The plan of that year.
    draws
        The distributions. Each draw has its own generator (seed, number of the draw).
    """
    home = studies[year]
    clock = Clock(home.siting.time_limit_s)
    own = _new_ids(home, plan.sites)
    chosen: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    shares, proven = [], 0
    for k in range(draws.n):
        if clock.over:
            break
        step(f"draw {k + 1} of {draws.n}")
        study, instance = _draw(studies, year, draws, k)
        part = max(0.5, clock.left_s / (draws.n - k))
        best = solve_siting(instance, replace(study.case.question, time_limit_s=part))
        if best.status not in {"optimal", "feasible"}:
            continue
        names = _new_ids(study, best.sites)
        chosen.update(names)
        sizes[len(names)] += 1
        proven += best.status == "optimal"
        shares.append(_share_covered(study, instance, own))
    solved = sum(sizes.values())
    return Drawn(
        _table(chosen, own, solved),
        _said(draws, year)
        | {"asked": draws.n, "solved": solved, "proven": proven}
        | {"new_sites": {str(n): sizes[n] for n in sorted(sizes)}}
        | {"share_covered_by_plan": _interval(shares)},
    )


def _new_ids(study: Study, sites: Sequence[int]) -> list[str]:
    """Return the ids of the sites of a plan that do not stand."""
    ids = study.case.made.instance.site_ids
    return [ids[s] for s in sites if not study.standing[s]]


def _draw(studies: Mapping[int, Study], year: int, draws: Draws, k: int) -> tuple[Study, Instance]:
    """Return the question of the year that draw k takes, and its instance with people and minutes drawn."""
    generator = np.random.default_rng([draws.seed, k])
    years = sorted(set(draws.years)) or [year]
    study = studies[years[int(generator.integers(len(years)))]]
    speed = float(np.exp(generator.normal(0.0, draws.speed_spread)))
    instance = study.case.made.instance
    factor = _people_factors(study, draws, generator)
    cost = np.rint(instance.pairs.cost * speed)
    return study, replace(
        instance,
        weight=np.rint(instance.weight * factor),
        load=instance.load * factor,
        pairs=replace(instance.pairs, cost=cost),
    )


def _people_factors(study: Study, draws: Draws, generator: np.random.Generator) -> FloatArray:
    """Return one factor a demand: the same for all counts of one confidence in one district.

    A standard normal number is drawn for every district there is, in the order of their ids.
    """
    demand = pd.concat([g.demand for g in study.grounds])
    demand = demand[~demand.index.duplicated()]
    districts = sorted(set(demand["district_id"]))
    normal = dict(zip(districts, generator.normal(size=len(districts)), strict=True))
    spread = draws.population_spread.model_dump()
    logs = {
        name: normal[district] * spread[confidence]
        for name, district, confidence in zip(
            demand.index, demand["district_id"], demand["population_confidence"], strict=True
        )
    }
    ids = [name.partition(JOINT)[0] for name in study.case.made.instance.demand_ids]
    factors: FloatArray = np.exp(np.array([logs[name] for name in ids]))
    return factors


def _share_covered(study: Study, instance: Instance, new: Sequence[str]) -> float:
    """Return the share of all people whom the new sites and what stands cover in one draw."""
    wanted = set(new)
    names = instance.site_ids
    sites = [s for s in range(instance.m) if study.standing[s] or names[s] in wanted]
    limit = study.case.question.limit
    pairs = instance.within(limit)
    near = np.zeros(instance.n, dtype=bool)
    near[pairs.demand[np.isin(pairs.site, sites)]] = True
    return float(instance.weight[near].sum() / instance.weight.sum())


def _interval(shares: Sequence[float]) -> dict[str, float] | None:
    """Return median and the middle 95 % of the draws."""
    if not shares:
        return None
    low, middle, high = np.quantile(shares, [0.025, 0.5, 0.975])
    return {"low": round(low, 6), "median": round(middle, 6), "high": round(high, 6)}


def _table(chosen: Counter[str], own: Sequence[str], solved: int) -> pd.DataFrame:
    """Return the sites that a draw or the plan opens, the most frequent first, with Wilson's intervals."""
    names = sorted({*chosen, *own}, key=lambda name: (-chosen[name], name))
    hits = np.array([chosen[name] for name in names], dtype=np.int64)
    low, high = wilson(hits, solved)
    return pd.DataFrame(
        {
            "site_id": names,
            "in_plan": [name in set(own) for name in names],
            "chosen": hits,
            "draws": solved,
            "share": hits / max(solved, 1),
            "share_low": low,
            "share_high": high,
        }
    )


def _said(draws: Draws, year: int) -> dict[str, Any]:
    """Return the distributions in words and numbers."""
    return {
        "seed": draws.seed,
        "population": "one log-normal factor for each district and confidence of the count",
        "population_spread": draws.population_spread.model_dump(),
        "speed": "one log-normal factor on all minutes",
        "speed_spread": draws.speed_spread,
        "years": sorted(set(draws.years)) or [year],
        "intervals": "share of draws: Wilson, 95 %; people covered: middle 95 % of the draws",
    }


def regret_table(states: Iterable[tuple[str, Study]], new: Sequence[str], step: Step) -> pd.DataFrame:
    """Return one row a state: what the plan is worth there, what the best plan is, and the difference."""
    rows = []
    for name, study in states:
        step(f"regret: {name}")
        rows.append(_regret(study, name, new))
    return pd.DataFrame(rows)


def _regret(study: Study, state: str, new: Sequence[str]) -> dict[str, Any]:
    """Return how a plan does in another state against the best plan of as many new sites there.

    Where the fewest sites are asked for, people covered are compared. A site of the plan that is not there
    in this state is left out.
    """
    instance = study.case.made.instance
    place = {name: k for k, name in enumerate(instance.site_ids)}
    own = [place[name] for name in new if name in place and not study.standing[place[name]]]
    sites = sorted({*own, *np.flatnonzero(study.standing).tolist()})
    question = by_coverage(study.case.question)
    if question.open is not None or question.model != study.case.question.model:
        question = replace(by_coverage(study.with_new(len(own))), budget=question.budget)
    value, _ = evaluate(instance, question, sites)
    best = solve_siting(instance, question)
    worth = np.nan if value is None else value
    return {
        "state": state,
        "objective_of_plan": worth,
        "best_objective": best.objective,
        "regret": best.objective - worth if question.largest else worth - best.objective,
        "best_sites": ";".join(_new_ids(study, best.sites)),
        "status": best.status,
    }
