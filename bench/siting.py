"""Siting against plain HiGHS and spopt (CBC, HiGHS): same instances, one run each, build time included.

    python bench/siting.py                 easy, medium and hard covers of 1500 x 500, medians, centers
    python bench/siting.py --large         also 20,000 x 2,000 covers and 5,000 x 500 medians
    python bench/siting.py --peers         also spopt, where it is installed

Every line shows status, objective and gap as each tool reports them: a tool that stops at its time limit and
calls that optimal is listed as it is.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_cover import covered_weight, greedy, interchange, make_cover
from geoplan.analysis.siting_instance import Instance, Pairs, Question, cover_matrix
from geoplan.analysis.siting_milp import Clock, Stop, solve
from geoplan.analysis.siting_models import build_model

if TYPE_CHECKING:
    from collections.abc import Iterator

EASY, MEDIUM, HARD = 0.95, 0.70, 0.40
"""Share of people covered at the optimum."""


def country(n: int, m: int, *, seed: int = 0, kind: str = "towns") -> tuple[np.ndarray, np.ndarray]:
    """Return minutes (n x m, tenths) and people of a made-up country of 400 x 400 km.

    Half of all places lie around 40 towns, the rest anywhere; `kind` uniform: all anywhere.
    """
    draw = np.random.default_rng(seed)
    towns = draw.random((40, 2)) * 400

    def places(k: int) -> np.ndarray:
        if kind == "uniform":
            return draw.random((k, 2)) * 400
        near = towns[draw.integers(0, 40, k - k // 2)] + draw.normal(0, 12, (k - k // 2, 2))
        return np.vstack([draw.random((k // 2, 2)) * 400, near])

    a, b = places(n), places(m)
    km = np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)) if n * m <= 4_000_000 else _far(a, b)
    people = np.rint(np.exp(draw.normal(5, 1.5, n)))
    return np.rint(km * 13), people


def _far(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return distances row by row: the cube of all differences would not fit."""
    return np.array([np.hypot(x - b[:, 0], y - b[:, 1]) for x, y in a], dtype=np.float32)


def instance_of(tenths: np.ndarray, people: np.ndarray, *, most: float = np.inf) -> Instance:
    """Return the instance of a matrix in tenths of a minute; pairs above `most` tenths are left out."""
    n, m = tenths.shape
    demand, site = np.nonzero(tenths <= most)
    pairs = Pairs(demand.astype(np.int32), site.astype(np.int32), tenths[demand, site].astype(np.float64))
    ones, none = np.ones(m, dtype=bool), np.zeros(m)
    return Instance(
        demand_ids=tuple(f"d{i:05d}" for i in range(n)),
        site_ids=tuple(f"s{j:05d}" for j in range(m)),
        weight=people,
        load=people,
        capacity=np.full(m, np.inf),
        least_load=none,
        money=none,
        fixed=~ones,
        existing=~ones,
        usable=ones,
        district=("",) * n,
        region=("",) * m,
        reached=np.ones(n, dtype=bool),
        pairs=pairs,
        scale=10,
        place=("",) * m,
        place_cost=none,
    )


def limit_for(tenths: np.ndarray, people: np.ndarray, p: int, share: float) -> float:
    """Return the limit in minutes at which p sites cover about this share of people (local search)."""
    low, high = 1.0, 400.0
    for _ in range(12):
        middle = (low + high) / 2
        near = instance_of(tenths, people, most=middle * 10)
        problem = make_cover(cover_matrix(near.pairs, near.n, near.m), people, p)
        got = covered_weight(problem, interchange(problem, greedy(problem), Clock(5.0)))
        low, high = (low, middle) if got >= share * people.sum() else (middle, high)
    return round(high, 1)


def ours(instance: Instance, question: Question) -> dict[str, Any]:
    """Return geoplan's answer."""
    start = time.perf_counter()
    plan = solve_siting(instance, question)
    return _line("geoplan", plan.status, plan.objective, plan.gap, time.perf_counter() - start)


def plain_highs(instance: Instance, question: Question) -> dict[str, Any]:
    """Return HiGHS on the whole program, nothing fixed before."""
    start = time.perf_counter()
    built = build_model(instance, question)
    outcome = solve(built.program, Stop(Clock(question.time_limit_s)))
    value = abs(outcome.objective)
    value = value / instance.scale if question.model == "p-median" else value
    gap = abs(outcome.objective - outcome.bound) / max(abs(outcome.objective), 1e-9)
    return _line("HiGHS alone", outcome.state, value, gap, time.perf_counter() - start)


def spopt_cover(tenths: np.ndarray, people: np.ndarray, question: Question, solver: str) -> dict[str, Any]:
    """Return spopt's maximal cover with a PuLP solver, or why it did not run."""
    try:
        import pulp  # noqa: PLC0415 - peers are no dependency
        from spopt.locate import MCLP  # noqa: PLC0415 - likewise
    except ImportError as error:
        return _line(f"spopt {solver}", f"not installed: {error.name}", np.nan, np.nan, 0.0)
    start = time.perf_counter()
    model = MCLP.from_cost_matrix(
        tenths, people, service_radius=(question.limit or 0) * 10, p_facilities=question.open or 1
    )
    kinds = {"CBC": pulp.PULP_CBC_CMD, "HiGHS": pulp.HiGHS}
    try:
        model = model.solve(kinds[solver](msg=False, timeLimit=question.time_limit_s))
    except (RuntimeError, pulp.PulpSolverError) as error:
        return _line(f"spopt {solver}", str(error)[:40], np.nan, np.nan, time.perf_counter() - start)
    status = pulp.LpStatus[model.problem.status]
    return _line(
        f"spopt {solver}", status, pulp.value(model.problem.objective), np.nan, time.perf_counter() - start
    )


def _line(tool: str, status: str, objective: float, gap: float, seconds: float) -> dict[str, Any]:
    """Return one row of the table."""
    return {"tool": tool, "status": status, "objective": objective, "gap": gap, "seconds": seconds}


def covers(*, peers: bool) -> Iterator[dict[str, Any]]:
    """Yield the covers of 1500 x 500, p = 20: easy, medium, hard."""
    tenths, people = country(1500, 500)
    for name, share in (("easy", EASY), ("medium", MEDIUM), ("hard", HARD)):
        limit = limit_for(tenths, people, 20, share)
        question = Question("mclp", open=20, limit=limit, time_limit_s=60)
        instance = instance_of(tenths, people)
        case = {"case": f"mclp 1500x500 p=20 {name} ({limit:g} min)"}
        yield case | ours(instance, question)
        yield case | plain_highs(instance, question)
        for solver in ("CBC", "HiGHS") if peers else ():
            yield case | spopt_cover(tenths, people, question, solver)


def medians_and_centers() -> Iterator[dict[str, Any]]:
    """Yield medians and centers of 1500 x 500."""
    for kind in ("towns", "uniform"):
        tenths, people = country(1500, 500, kind=kind)
        instance = instance_of(tenths, people)
        for model in ("p-median", "p-center"):
            for p in (5, 10, 20, 50):
                question = Question(model, open=p, time_limit_s=60)
                yield {"case": f"{model} 1500x500 {kind} p={p}"} | ours(instance, question)


def large() -> Iterator[dict[str, Any]]:
    """Yield covers of 20,000 x 2,000 and medians of 5,000 x 500."""
    tenths, people = country(20_000, 2_000)
    for limit in (30.0, 60.0, 90.0):
        instance = instance_of(tenths, people, most=limit * 10)
        for p in (5, 20, 50):
            question = Question("mclp", open=p, limit=limit, time_limit_s=60)
            yield {"case": f"mclp 20000x2000 {limit:g} min p={p}"} | ours(instance, question)
    del tenths
    for kind in ("towns", "uniform"):
        tenths, people = country(5_000, 500, kind=kind)
        instance = instance_of(tenths, people)
        for p in (10, 50):
            question = Question("p-median", open=p, time_limit_s=20)
            yield {"case": f"p-median 5000x500 {kind} p={p}"} | ours(instance, question)


def main() -> None:
    """Run what is asked and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--covers-only", action="store_true")
    asked = parser.parse_args()
    rows = list(covers(peers=asked.peers))
    rows += [] if asked.covers_only else list(medians_and_centers())
    rows += list(large()) if asked.large else []
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, formatters={"gap": "{:.4%}".format, "seconds": "{:.2f}".format}))


if __name__ == "__main__":
    main()
