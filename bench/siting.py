"""Siting against HiGHS alone and spopt (CBC, HiGHS): same instances, one run each, build time included.

    python bench/siting.py                 every case; docs/siting-bench.json and docs/siting-bench.md
    python bench/siting.py --only mclp     cases whose name has this word; other records stay
    python bench/siting.py --list          names of the cases

Each answer is a process of its own. Every line shows status and gap as the tool itself reports them: a tool
that stops at its time limit and calls that optimal is listed as it is, with how far off it is.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from siting_cases import KINDS, Case, cases, instance_of

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
GRACE_S: Final = 120.0
"""A peer that has not stopped so long after its time limit is ended."""


def geoplan(case: Case) -> dict[str, Any]:
    """Return geoplan's answer; the pairs are made outside the clock, as for the others their matrix."""
    from geoplan.analysis.siting import solve_siting  # noqa: PLC0415 - not for the peers' processes

    tenths, people, question = case.made()
    most = np.inf if question.limit is None else question.limit * 10
    instance = instance_of(tenths, people, most=most)
    del tenths
    start, cpu = time.perf_counter(), time.process_time()
    plan = solve_siting(instance, question)
    used = time.perf_counter() - start, time.process_time() - cpu
    return _record(plan.status, plan.objective, used, gap=plan.gap, bound=plan.bound)


def highs_alone(case: Case) -> dict[str, Any]:
    """Return the answer of HiGHS on the whole program, nothing found or fixed before."""
    from geoplan.analysis.siting_milp import Clock, Stop, solve  # noqa: PLC0415 - likewise
    from geoplan.analysis.siting_models import build_model  # noqa: PLC0415 - likewise

    tenths, people, question = case.made()
    instance = instance_of(tenths, people)
    start, cpu = time.perf_counter(), time.process_time()
    outcome = solve(build_model(instance, question).program, Stop(Clock(question.time_limit_s)))
    used = time.perf_counter() - start, time.process_time() - cpu
    value, bound = abs(outcome.objective), abs(outcome.bound)
    scale = instance.scale if question.model == "p-median" else 1
    gap = abs(value - bound) / max(value, 1e-9)
    return _record(outcome.state, value / scale, used, gap=gap, bound=bound / scale)


def spopt(case: Case, solver: str) -> dict[str, Any]:
    """Return spopt's answer with a PuLP solver."""
    import pulp  # noqa: PLC0415 - peers are no dependency
    from spopt.locate import MCLP, PCenter, PMedian  # noqa: PLC0415 - likewise

    tenths, people, question = case.made()
    matrix = tenths.astype(float)
    start, cpu = time.perf_counter(), time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    more = {"p_facilities": case.p}
    if case.model == "mclp":
        model = MCLP.from_cost_matrix(matrix, people, service_radius=(question.limit or 0.0) * 10, **more)
    elif case.model == "p-median":
        model = PMedian.from_cost_matrix(matrix, people, **more)
    else:
        model = PCenter.from_cost_matrix(matrix, **more)
    kinds = {"CBC": pulp.PULP_CBC_CMD, "HiGHS": pulp.HiGHS}
    model = model.solve(kinds[solver](msg=False, timeLimit=case.time_s), results=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    used = time.perf_counter() - start, time.process_time() - cpu + spent
    value = float(pulp.value(model.problem.objective))
    return _record(pulp.LpStatus[model.problem.status], value if case.model == "mclp" else value / 10, used)


def _record(status: str, objective: float, used: tuple[float, float], **more: float) -> dict[str, Any]:
    """Return one answer as JSON."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    numbers = {"objective": objective, **more}
    return {
        "status": status,
        "seconds": round(used[0], 3),
        "cpu_seconds": round(used[1], 3),
        "peak_mb": round(peak / 1024),
        **{k: float(v) if np.isfinite(v) else None for k, v in numbers.items()},
    }


TOOLS: Final[dict[str, Callable[[Case], dict[str, Any]]]] = {
    "geoplan": geoplan,
    "HiGHS alone": highs_alone,
    "spopt CBC": lambda case: spopt(case, "CBC"),
    "spopt HiGHS": lambda case: spopt(case, "HiGHS"),
}


def run_apart(case: Case, tool: str) -> dict[str, Any]:
    """Answer one case in a process of its own."""
    command = [sys.executable, __file__, "--one", case.name, "--tool", tool]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=case.time_s + GRACE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"status": f"ended {GRACE_S:.0f} s after its limit"}
    if done.returncode:
        return {"status": (done.stderr.strip().splitlines() or ["failed"])[-1][:70]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Run what is asked and write records and table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    parser.add_argument("--tool", default="geoplan", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    wanted = [case for case in cases() if asked.only in case.name]
    if asked.one:
        case = next(case for case in cases() if case.name == asked.one)
        print(json.dumps(TOOLS[asked.tool](case)))
    elif asked.list:
        print("\n".join(case.name for case in wanted))
    else:
        _run(wanted)


def _run(wanted: list[Case]) -> None:
    """Run cases one after another; records are written as they come."""
    path = DOCS / "siting-bench.json"
    state = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"records": {}}
    state["machine"] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    for case in wanted:
        for tool in case.tools:
            load = os.getloadavg()[0]
            answer = run_apart(case, tool) | {"load": round(load, 1)}
            state["records"][f"{case.name} | {tool}"] = answer
            print(case.name, "|", tool, answer, flush=True)
            path.write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            (DOCS / "siting-bench.md").write_text(report(state), encoding="utf-8")


HEAD: Final = (
    "| question | by | status | gap it states | off the best known | wall s | CPU s | peak MB | wanted |",
    "|---|---|---|--:|--:|--:|--:|--:|---|",
)


def report(state: dict[str, Any]) -> str:
    """Return the page of the records."""
    records = state["records"]
    loads = [r["load"] for r in records.values()]
    machine = state["machine"]
    lines = [
        "# Benchmark of siting",
        "",
        "Written by `python bench/siting.py`: same instances for all, one run, building the model included,",
        "making the instance not; each answer a process of its own on one thread. Where geoplan has numba,",
        "compiling its loops the first time is in the figure of that case. spopt states no gap; OR-Tools has",
        "none of these models. `off the best known` compares the objective with the best plan of any tool.",
        "",
        *(f"- `{kind}`: {text}." for kind, text in KINDS.items()),
        "- easy, medium, hard: a limit at which 20 sites cover about 95, 70, 40 % of the people.",
        "",
        f"Machine: {machine['cores']} cores, {machine['system']}, Python {machine['python']}, shared: load",
        f"{min(loads)} to {max(loads)} while measuring (wall seconds suffer, CPU seconds hardly).",
        "",
        *HEAD,
    ]
    for case in cases():
        mine = {tool: records.get(f"{case.name} | {tool}") for tool in case.tools}
        known = {tool: r for tool, r in mine.items() if r is not None}
        lines += [_row(case, tool, r, known) for tool, r in known.items()]
    return "\n".join(lines) + "\n"


def _row(case: Case, tool: str, record: dict[str, Any], known: dict[str, dict[str, Any]]) -> str:
    """Return one line of the table."""
    values = [r["objective"] for r in known.values() if r.get("objective") is not None]
    best = (max if case.model == "mclp" else min)(values, default=None)
    own = record.get("objective")
    off = "" if best is None or own is None else f"{abs(own - best) / max(abs(best), 1e-9):.4%}"
    gap = "" if record.get("gap") is None else f"{record['gap']:.4%}"
    cells = [case.name, tool, record["status"], gap, off]
    cells += [
        "" if record.get(k) is None else f"{record[k]:g}" for k in ("seconds", "cpu_seconds", "peak_mb")
    ]
    cells.append(_wanted(case, known) if tool == "geoplan" and case.goal else "")
    return f"| {' | '.join(cells)} |"


def _wanted(case: Case, known: dict[str, dict[str, Any]]) -> str:
    """Return a goal with what was measured where it compares tools."""
    mine, peer = known.get("geoplan", {}), known.get("spopt CBC", {})
    if "spopt" not in case.goal or not peer.get("seconds") or not mine.get("seconds"):
        return case.goal
    wall, cpu = (peer[k] / mine[k] for k in ("seconds", "cpu_seconds"))
    return f"{case.goal}: {wall:.0f}x wall, {cpu:.0f}x CPU"


if __name__ == "__main__":
    main()
