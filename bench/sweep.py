"""Road what-ifs by the hundred: closures on 300,000 nodes against SciPy, one process and two, and sweeps.

    python bench/sweep.py                  all of it, about three minutes; best on a quiet machine
    python bench/sweep.py --only processes --out /tmp      one part of it, reported elsewhere

Each of 200 closures is asked of `geoplan.network.nearest.Trials`: nearest of 12 facilities for 3,000 points
on roads, legs, kilometres, tenths and all. SciPy does with its arrays what it must do anew for each closure,
at nodes and without legs; a few closures are enough for its median, and their answers are compared with ours.
Two processes get half of the work each; starting them is counted apart. The sweeps are `geoplan sweep` over
the shipped country. The record goes to docs/bench-sweep.json, and docs/bench.md is
written anew.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from networks import POINTS, World, make_world
from report import SWEEP_RECORD, write_report
from scipy.sparse.csgraph import dijkstra

from geoplan.network.nearest import Trials
from geoplan.network.snap import snap_points
from geoplan.sweep import tasks
from geoplan.sweep.sweep import Where, sweep

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from geoplan.network.graph import RoadNetwork

PARTS: Final = ("what_ifs", "processes", "sweeps")
NETWORK: Final = "s300k"
CLOSURES: Final = 200
SCIPY_CLOSURES: Final = 12
ROUNDS: Final = 10
"""Each process asks its closures so often: one time is too short to be divided."""

SWEEP: Final = """\
base = "base.toml"
[vary]
changes.1.road = {roads}
"""

BASE: Final = """\
extends = "baseline"
title = "A closed road"
[[changes]]
change = "close_road"
road = "{road}"
"""


def ready(network: str, folder: Path) -> tuple[World, Trials, list[str]]:
    """Return the network, the question asked of it, and the roads to close."""
    world = make_world(network, folder)
    roads = world.network()
    points = world.points[:POINTS]
    sides = (_snapped(world, roads, nodes) for nodes in (points, world.facilities))
    closed = np.random.default_rng(5).choice(roads.road_ids, CLOSURES, replace=False)
    trials = Trials(roads, *sides)
    trials.nearest(closed=[str(closed[0])])
    return world, trials, [str(road) for road in closed]


def _snapped(world: World, roads: RoadNetwork, nodes: np.ndarray) -> Any:
    return snap_points(roads, [str(i) for i in range(len(nodes))], world.lat[nodes], world.lon[nodes])


def what_ifs(network: str, folder: Path) -> dict[str, Any]:
    """Return the times of what-ifs and of SciPy, medians over closures, in CPU seconds."""
    world, trials, closed = ready(network, folder)
    own = []
    for road in closed:
        begun = time.process_time()
        trials.nearest(closed=[road])
        own.append(time.process_time() - begun)
    theirs = [_scipy(world, trials, road) for road in closed[:SCIPY_CLOSURES]]
    return {
        "closures": len(own), "scipy_closures": len(theirs), "geoplan_s": statistics.median(own),
        "geoplan_all_s": sum(own), "scipy_s": statistics.median(theirs),
    }  # fmt: skip


def _scipy(world: World, trials: Trials, road: str) -> float:
    """Return SciPy's seconds for one closure; raise where it says otherwise."""
    network = trials.network
    (edge,) = network.edges_of(road)
    begun = time.process_time()
    keep = network.directed.edge != edge
    ends = world.head[keep], world.tail[keep]
    graph = _least(world.nodes, *ends, world.time_ms[keep])
    cost = dijkstra(graph, indices=world.facilities, min_only=True)[world.points[:POINTS]]
    seconds = time.process_time() - begun
    found = trials.nearest(closed=[road])
    stays = np.asarray(trials.points.edge != edge)
    tenths = np.where(np.isfinite(cost), np.floor(cost / 6000 + 0.5 + 1e-9), -1)
    far = np.abs(found.tenths - tenths)[stays & ~found.direct]
    if far.max(initial=0) > 1:  # the legs to the road, a few metres, are ours alone
        raise ValueError(f"other times than SciPy's while {road} is closed")
    return seconds


def _least(nodes: int, tail: np.ndarray, head: np.ndarray, cost: np.ndarray) -> Any:
    """Return the matrix of the arcs, of parallel ones the least."""
    from geoplan.network.arcs import pack_arcs  # noqa: PLC0415 - beside its use

    edge = np.arange(len(tail), dtype=np.int32)
    return pack_arcs(nodes, tail, head, cost.astype(np.float64), edge).matrix()


def _serve(pipe: Connection, network: str, folder: Path) -> None:
    """Answer closures in a process of its own: ready, then go, then done."""
    _, trials, _ = ready(network, folder)
    pipe.send("ready")
    while (roads := pipe.recv()) is not None:
        begun = time.process_time()
        for road in roads * ROUNDS:
            trials.nearest(closed=[road])
        pipe.send(time.process_time() - begun)


def processes(network: str, folder: Path) -> dict[str, Any]:
    """Return the wall seconds of one process and of two for the same closures, made ready before."""
    closed = ready(network, folder)[2]
    spawn = multiprocessing.get_context("spawn")
    out: dict[str, Any] = {"load": os.getloadavg()[0]}
    for count in (1, 2):
        begun = time.perf_counter()
        pipes = []
        for _ in range(count):
            here, there = spawn.Pipe()
            spawn.Process(target=_serve, args=(there, network, folder), daemon=True).start()
            pipes.append(here)
        for pipe in pipes:
            pipe.recv()
        start_s = time.perf_counter() - begun
        begun = time.perf_counter()
        for i, pipe in enumerate(pipes):
            pipe.send(closed[i::count])
        cpu_s = sum(pipe.recv() for pipe in pipes)
        wall_s = time.perf_counter() - begun
        out |= {f"wall_{count}_s": wall_s, f"cpu_{count}_s": cpu_s, f"start_{count}_s": start_s}
        for pipe in pipes:
            pipe.send(None)
    return out | {"asked": len(closed) * ROUNDS, "ratio": out["wall_1_s"] / out["wall_2_s"]}


def sweeps(closures: int) -> dict[str, Any]:
    """Return what sweeps over closures of the shipped country take: by trials, anew, on two processes."""
    from geoplan.scenario import load_scenario  # noqa: PLC0415 - beside its use
    from geoplan.tables.pool import TablePool  # noqa: PLC0415 - as above

    roads = TablePool().read(load_scenario("baseline").table_paths()).roads
    open_ = roads.index[(roads["status"] == "open").to_numpy()]
    chosen = sorted(np.random.default_rng(5).choice(np.asarray(open_, dtype=str), closures, replace=False))
    out: dict[str, Any] = {"runs": closures}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "base.toml").write_text(BASE.format(road=chosen[0]), encoding="utf-8")
        few = closures // 5
        for key, some, where, alike in (
            ("trials_s", chosen, Where(1), tasks.ALIKE),
            ("two_s", chosen, Where(2), tasks.ALIKE),
            ("anew_s", chosen[:few], Where(1), closures + 1),
        ):
            (folder / "sweep.toml").write_text(SWEEP.format(roads=json.dumps(some)), encoding="utf-8")
            tasks.ALIKE, before = alike, tasks.ALIKE
            begun = time.perf_counter()
            summary = sweep(folder / "sweep.toml", folder / key, where=where)
            out[key] = (time.perf_counter() - begun) / len(some) * closures
            tasks.ALIKE = before
            out["failed"] = max(out.get("failed", 0), summary.failed)
        same = [(folder / k / "sweep.csv").read_bytes() for k in ("trials_s", "two_s")]
        if same[0] != same[1] or not same[0].startswith((folder / "anew_s" / "sweep.csv").read_bytes()):
            raise ValueError("the three sweeps differ")
    return out


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(PARTS), choices=list(PARTS), help="what to measure")
    parser.add_argument("--network", default=NETWORK)
    parser.add_argument("--runs", type=int, default=CLOSURES, help="runs of each sweep")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "docs")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "geoplan-bench")
    choices = parser.parse_args()
    choices.folder.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {}
    if "what_ifs" in choices.only:
        record["what_ifs"] = what_ifs(choices.network, choices.folder)
    if "processes" in choices.only:
        record["processes"] = processes(choices.network, choices.folder)
    if "sweeps" in choices.only:
        record["sweeps"] = sweeps(choices.runs)
    print(json.dumps(record, indent=1))
    file = choices.out / SWEEP_RECORD
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    file.write_text(json.dumps(known | record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    others = choices.out / "bench.json"
    state = json.loads(others.read_text(encoding="utf-8")) if others.is_file() else {"records": {}}
    write_report(state, choices.out)


if __name__ == "__main__":
    main()
