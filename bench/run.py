"""Peers and geoplan side by side: one command measures, and writes docs/bench.md and docs/bench.svg.

    python bench/run.py                             # what is not measured yet, up to 12 minutes
    python bench/run.py --fresh --minutes 60
    python bench/run.py --networks porto --works read snap
    python bench/run.py --report                    # write the documents from what there is

Extracts lie in the folder `GEOPLAN_OSM_DIR`. Each measurement is a process of its own (so is its peak
memory), one after another in a fixed order: warm-up, then up to 7 rounds. It is kept at once: a run that was
broken off goes on. A peer that is not installed is `absent`; one that takes longer than the limit is stopped
and said to. Never part of the tests.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from networks import TITLES, is_there, make_world
from report import GOALS, write_report
from works import WORKS, Task, asked, task_of

HERE = Path(__file__).resolve().parent
ROUNDS = 7
ROUND_SECONDS = 3.0
"""After so long no further round begins: slow peers get fewer, and the table says how many."""

ORDER = ["porto", "s300k", "s1m", "s100k", "s500k", "s200k", "liechtenstein"]
"""Networks in the order of measuring: what the goals name first, should time run out."""

LEAST_SECONDS = 0.05
"""A round of a quick work repeats it for about so long."""

ORDER = ["porto", "s300k", "s1m", "s100k", "s500k", "s200k", "liechtenstein"]
"""Networks in the order of measuring: what the goals name first, should time run out."""

LEAST_SECONDS = 0.05
"""A round of a quick work repeats it for about so long."""

LONG_SECONDS = 15.0
"""A work that takes longer has no warm-up: its first time counts."""

LIMIT_SECONDS = {"pandana": 300.0, "osmnx": 300.0}
OTHER_LIMIT_SECONDS = 90.0


def measure(network: str, work: str, peer: str, folder: Path) -> dict[str, Any]:
    """Return the record of one measurement, made in this process."""
    world = make_world(network, folder)
    before_mb = peak_mb()
    start = time.process_time()
    try:
        task = task_of(world, work, peer)
        ready_s = time.process_time() - start
        first, got = timed(task)
    except ModuleNotFoundError as error:
        return {"status": "absent", "note": str(error)}
    if task.check:
        task.check(got)
    del got
    gc.collect()
    cpu_s, wall_s = rounds(task, first) if first[1] < LONG_SECONDS else ([first[0]], [first[1]])
    cpu_s, wall_s = ([s * task.scale for s in taken] for taken in (cpu_s, wall_s))
    return {
        "status": "ok", "rounds": len(cpu_s), "scale": task.scale, "checked": task.check is not None,
        "cpu_s": float(np.median(cpu_s)), "cpu_min_s": min(cpu_s), "cpu_max_s": max(cpu_s),
        "wall_s": float(np.median(wall_s)), "ready_s": ready_s, "peak_mb": peak_mb(), "start_mb": before_mb,
    }  # fmt: skip


def timed(task: Task, repeats: int = 1) -> tuple[tuple[float, float], Any]:
    """Return CPU and wall seconds of one time, and what the work returned last."""
    wall, cpu, got = time.perf_counter(), time.process_time(), None
    for _ in range(repeats):
        got = task.run()
    return ((time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats), got


def rounds(task: Task, first: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Return CPU and wall seconds of each round after the first, which was the warm-up."""
    warm_s = first[1]
    if warm_s < LEAST_SECONDS:  # the first time may hold more than the work itself
        warm_s = timed(task)[0][1]
    repeats = max(1, int(LEAST_SECONDS / max(warm_s, 1e-6)))
    taken: list[tuple[float, float]] = []
    begun = time.perf_counter()
    while len(taken) < ROUNDS and (not taken or time.perf_counter() - begun < ROUND_SECONDS):
        taken.append(timed(task, repeats)[0])
    return [cpu for cpu, _ in taken], [wall for _, wall in taken]


def peak_mb() -> float:
    """Return the highest memory use of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_process(network: str, work: str, peer: str, folder: Path) -> dict[str, Any]:
    """Return the record of one measurement, made in a process of its own."""
    limit = next((s for name, s in LIMIT_SECONDS.items() if peer.startswith(name)), OTHER_LIMIT_SECONDS)
    file = folder / f"record-{os.getpid()}.json"  # some peers print what they like
    command = [sys.executable, __file__, "--one", network, work, peer, str(file), "--folder", str(folder)]
    load = os.getloadavg()[0]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"status": "slow", "note": f"stopped after {limit:.0f} s", "load": load}
    if done.returncode:
        return {"status": "failed", "note": done.stderr.strip().splitlines()[-1][:200], "load": load}
    record = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return {**record, "load": load}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [line for line in info.read_text(encoding="utf-8").splitlines() if "model name" in line]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": model, "cores": os.cpu_count(), "memory_gb": round(memory_gb), "system": platform.system(),
        "python": platform.python_version(),
    }  # fmt: skip


def plan(choices: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Return the measurements in order: what a goal rests on, slow peers of it, the rest; then by network."""
    every = [
        (network, work, peer)
        for network in choices.networks
        if is_there(network)
        for work in choices.works
        for peer in WORKS[work][1]
        if asked(network, work, peer) and (not choices.peers or peer in choices.peers)
    ]
    return sorted(every, key=_urgency)


def _urgency(measurement: tuple[str, str, str]) -> int:
    network, work, peer = measurement
    goals = {(w, p) for w, own, other, _ in GOALS for p in (own, other)} | {("nearest", "bandwidth bound")}
    wanted = (work, peer) in goals or (peer.startswith("geoplan") and work in ("prepare", "equal"))
    slow = network == "s300k" and ("pandana" in peer or peer == "osmnx")
    return 2 if not wanted else 1 if slow else 0


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--networks", nargs="*", default=ORDER, choices=list(TITLES))
    parser.add_argument("--works", nargs="*", default=list(WORKS), choices=list(WORKS))
    parser.add_argument("--peers", nargs="*")
    parser.add_argument("--minutes", type=float, default=12.0, help="no new measurement begins after so long")
    parser.add_argument("--fresh", action="store_true", help="measure again what has been measured")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "geoplan-bench")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    choices = parser.parse_args()
    choices.folder.mkdir(parents=True, exist_ok=True)
    if choices.one:
        *names, record = choices.one
        Path(record).write_text(json.dumps(measure(*names, choices.folder)), encoding="utf-8")
        return
    file = choices.out / "bench.json"
    state = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"records": {}}
    known = {f"{n}/{w}/{p}" for n in TITLES for w, (_, peers) in WORKS.items() for p in peers}
    state["records"] = {key: kept for key, kept in state["records"].items() if key in known}
    if choices.fresh and not choices.report:
        anew = {"/".join(names) for names in plan(choices)}
        state["records"] = {key: kept for key, kept in state["records"].items() if key not in anew}
    begun = time.monotonic()
    for network, work, peer in [] if choices.report else plan(choices):
        key = f"{network}/{work}/{peer}"
        if key in state["records"]:
            continue
        if time.monotonic() - begun > choices.minutes * 60:
            print(
                f"the {choices.minutes:g} minutes are over; type the command again, without --fresh, to go on"
            )
            break
        make_world(network, choices.folder)
        record = in_process(network, work, peer, choices.folder)
        state["records"][key], state["machine"] = record, machine()
        file.write_text(
            json.dumps(state, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(key, record.get("cpu_s", record.get("note")), flush=True)
    write_report(state, choices.out)


if __name__ == "__main__":
    main()
