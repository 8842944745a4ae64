"""Records of the benchmark -> docs/bench.md and docs/bench.svg, misses shown like hits."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any, Final

from networks import SYNTHETIC, TITLES
from works import WORKS

if TYPE_CHECKING:
    from pathlib import Path

    Records = dict[str, dict[str, Any]]

GOALS: Final = (
    ("nearest", "geoplan", "scipy, file order", 10), ("nearest", "geoplan", "scipy, Morton order", 5),
    ("nearest", "geoplan", "networkx", 100), ("od1500", "geoplan", "scipy, file order", 50),
    ("od1500", "geoplan", "routingkit-cch", 10), ("od1500", "geoplan", "pandana", 100),
    ("snap", "geoplan", "osmnx", 20), ("read", "geoplan, .osm.pbf", "osmnx, .osm", 10),
    ("change", "geoplan, partial", "geoplan, all", 20), ("closed", "geoplan", "scipy, arrays made anew", 10),
    ("closed", "geoplan", "pandana, made anew", 100),
)  # fmt: skip
"""Work, geoplan's way, the peer, and how many times faster geoplan is to be."""

ONLY: Final = {"od1500": ("s300k",), "read": ("porto",)}
"""Networks that a goal names; others are shown in the tables."""

SWEEP_RECORD: Final = "bench-sweep.json"

BANDWIDTH: Final = 4
GROWTH: Final = 12
MEMORY_MB: Final = 1500
READ_MEMORY: Final = 3


def write_report(state: dict[str, Any], folder: Path) -> None:
    """Write the table and, where matplotlib is installed, the picture."""
    records = state["records"]
    lines = [*_head(state), "", "## What it must show", "", *_goals(records), ""]
    for work, (title, peers) in WORKS.items():
        rows = [_row(records, n, work, p) for n in TITLES for p in peers if f"{n}/{work}/{p}" in records]
        if rows:
            lines += [f"## {title}", "", *TABLE_HEAD, *rows, ""]
    lines += _sweep_lines(folder / SWEEP_RECORD)
    (folder / "bench.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    _draw(records, folder / "bench.svg")


TABLE_HEAD: Final = (
    "| network | by | CPU s, median | min | max | wall s | rounds | ready in, CPU s | peak MB |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|",
)


def _head(state: dict[str, Any]) -> list[str]:
    machine, loads = state.get("machine", {}), [r["load"] for r in state["records"].values() if "load" in r]
    where = ", ".join(f"{machine.get(k)}{unit}" for k, unit in (("cpu", ""), ("cores", " cores")))
    load = f"{min(loads):.1f} to {max(loads):.1f}" if loads else "unknown"
    made_on = f"Machine: {where}, {machine.get('memory_gb')} GB, {machine.get('system')}, Python"
    return [
        "# Benchmark",
        "",
        "Written by `python bench/run.py`; misses are shown. CPU seconds of all threads. The machine was",
        "shared: compare figures with one another rather than with those of another day. Each measurement is",
        "a process of its own: made ready, warmed up (and compared with SciPy where geoplan answers), up to",
        "7 rounds. Long works are done in part and scaled up: matrices by the sources (pandana: by the",
        "pairs), service areas of networkx by the facilities. The extracts are © OpenStreetMap contributors,",
        "ODbL 1.0; as read by geoplan they hold junctions, ends of ways and dead ends only. The bandwidth",
        "bound is a numpy copy of the arrays that the sweep touches into memory that is there already.",
        "`geoplan` in a table is the public call (`od_matrix`, `Trials`, `roads_on_trial`, `snap_points`,",
        "`service_areas`): positions on roads, legs, direct paths, tenths and kilometres, where the peers",
        "answer from node to node. Rows of bare nodes and arcs, and nearest for every node, are its kernels.",
        "Records may come from several runs on one machine: a run that was broken off goes on.",
        "",
        f"{made_on} {machine.get('python')}; load {load} while measuring.",
        *(line for note in state.get("notes", []) for line in ("", f"- {note}")),
    ]


def _seconds(value: float) -> str:
    """Return seconds with three figures."""
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def _row(records: Records, network: str, work: str, peer: str) -> str:
    """Return one line of a table."""
    record = records[f"{network}/{work}/{peer}"]
    start = f"| {TITLES[network]} | {peer} "
    if record["status"] != "ok":
        return f"{start}| {record['status']}: {record['note']} | | | | | | |"
    cells = [record[k] for k in ("cpu_s", "cpu_min_s", "cpu_max_s", "wall_s")]
    scaled = " (scaled)" if record["scale"] > 1 else ""
    return (
        f"{start}| {' | '.join(_seconds(c) for c in cells)} | {record['rounds']}{scaled} "
        f"| {_seconds(record['ready_s'])} | {record['peak_mb']:,.0f} |"
    )


def _cpu(records: Records, network: str, work: str, peer: str) -> float | None:
    record = records.get(f"{network}/{work}/{peer}", {})
    return float(record["cpu_s"]) if record.get("status") == "ok" else None


def _goals(records: Records) -> list[str]:
    """Return the table of goals: one line a goal and network."""
    lines = ["| goal | network | wanted | measured | |", "|---|---|--:|--:|---|"]
    for work, own, peer, wanted in GOALS:
        for network in ONLY.get(work, ("liechtenstein", "porto", "s300k", "s1m")):
            one, two = (_cpu(records, network, work, p) for p in (own, peer))
            if one and two:
                lines.append(
                    _goal(f"{WORKS[work][0]}: {peer}", network, f"{wanted}x", two / one, two / one >= wanted)
                )
    for network in TITLES:
        one, two = (_cpu(records, network, "nearest", p) for p in ("geoplan", "bandwidth bound"))
        if one and two:
            name = "Nearest of 12: times the bandwidth bound"
            lines.append(_goal(name, network, f"at most {BANDWIDTH}x", one / two, one / two <= BANDWIDTH))
    return lines + _whole_goals(records)


def _whole_goals(records: Records) -> list[str]:
    """Return the goals on memory, growth and equality."""
    lines = []
    own, theirs = (
        records.get(f"porto/read/{p}", {}).get("peak_mb") for p in ("geoplan, .osm.pbf", "osmnx, .osm")
    )
    if own and theirs:
        share = theirs / own
        lines.append(
            _goal("Reading: memory of osmnx", "porto", f"{READ_MEMORY}x", share, share >= READ_MEMORY)
        )
    for peer in WORKS["prepare"][1]:
        peak = records.get(f"s1m/prepare/{peer}", {}).get("peak_mb")
        if peak:
            lines.append(_goal(f"{peer}: peak MB", "s1m", f"below {MEMORY_MB}", peak, peak < MEMORY_MB))
    for work in ("nearest", "od1500", "change", "prepare"):
        peer = next(iter(WORKS[work][1])) if work != "prepare" else "geoplan, hierarchy"
        one, two = (_cpu(records, n, work, peer) for n in ("s100k", "s1m"))
        if one and two:
            name = f"{WORKS[work][0]}: 1M to 100k nodes"
            lines.append(_goal(name, "s1m", f"at most {GROWTH}x", two / one, two / one <= GROWTH))
    for network in TITLES:
        record = records.get(f"{network}/equal/geoplan")
        if record:
            right = record["status"] == "ok"
            cells = ("all", "met") if right else (record["note"], "**missed**")
            lines.append(f"| 2,000 pairs equal to SciPy | {TITLES[network]} | all | {' | '.join(cells)} |")
    return lines


def _sweep_lines(file: Path) -> list[str]:
    """Return the section of `python bench/sweep.py`, which keeps a record of its own."""
    if not file.is_file():
        return []
    sweep = json.loads(file.read_text(encoding="utf-8"))
    lines = ["## Road what-ifs by the hundred", "", "Written by `python bench/sweep.py`.", ""]
    lines += ["| goal | network | wanted | measured | |", "|---|---|--:|--:|---|"]
    if one := sweep.get("what_ifs"):
        times = one["scipy_s"] / one["geoplan_s"]
        name = f"{one['closures']} closures, nearest of 12 for 3,000 points: scipy anew, CPU seconds"
        lines.append(_goal(name, "s300k", "10x", times, times >= 10))
    if two := sweep.get("processes"):
        name = f"{two['asked']:,} closures on two processes against one, load {two['load']:.1f} before"
        lines.append(_goal(name, "s300k", "1.7x", two["ratio"], two["ratio"] >= 1.7))
    lines.append("")
    if one:
        own, theirs = one["geoplan_s"] * 1000, one["scipy_s"] * 1000
        lines.append(
            f"A closure takes {own:.1f} ms (median of {one['closures']}), SciPy {theirs:.0f} ms (median of"
            f" {one['scipy_closures']}, whose answers were compared)."
        )
    if two:
        lines.append(
            f"Once ready, one process took {two['wall_1_s']:.1f} s ({two['cpu_1_s']:.1f} s of CPU), two took"
            f" {two['wall_2_s']:.1f} s ({two['cpu_2_s']:.1f} s of CPU together); to make ready took"
            f" {two['start_1_s']:.1f} and {two['start_2_s']:.1f} s."
        )
    if three := sweep.get("sweeps"):
        lines.append(
            f"A sweep of {three['runs']} closures over the shipped country took {three['trials_s']:.0f} s by"
            f" trials on one process, its start included, {three['two_s']:.0f} s on two, and would have taken"
            f" {three['anew_s']:.0f} s by runs anew (a fifth of them was done; all wrote the same rows)."
        )
    return [*lines, ""]


def _goal(name: str, network: str, wanted: str, got: float, met: bool) -> str:  # noqa: FBT001 - a cell
    """Return one line of the table of goals."""
    shown = f"{got:,.0f}" if got >= 20 else f"{got:.1f}"
    return f"| {name} | {TITLES[network]} | {wanted} | {shown} | {'met' if met else '**missed**'} |"


def _draw(records: Records, file: Path) -> None:
    """Draw the nearest of 12 and the matrix by peer, and the growth with the network."""
    try:
        plots = importlib.import_module("matplotlib.pyplot")
    except ModuleNotFoundError:
        return
    importlib.import_module("matplotlib").rcParams["svg.hashsalt"] = "geoplan"
    figure, axes = plots.subplots(1, 3, figsize=(15, 5))
    for axis, work in zip(axes, ("nearest", "od1500"), strict=False):
        _bars(axis, records, work)
    sizes = sorted(SYNTHETIC.items(), key=lambda item: item[1])
    for work, peer in (("nearest", "geoplan"), ("od1500", "geoplan"), ("change", "geoplan, all"),
                       ("prepare", "geoplan, hierarchy")):  # fmt: skip
        found = [(n, s) for name, n in sizes if (s := _cpu(records, name, work, peer))]
        if found:
            axes[2].plot(
                *zip(*found, strict=True), marker="o", label=WORKS[work][0].removesuffix(", for every node")
            )
    axes[2].set(
        xscale="log", yscale="log", xlabel="nodes", ylabel="CPU seconds", title="geoplan as networks grow"
    )
    axes[2].legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    plots.close(figure)


def _bars(axis: Any, records: Records, work: str) -> None:
    """Draw CPU seconds by peer on Porto and 300,000 nodes."""
    peers = [p for p in WORKS[work][1] if any(_cpu(records, n, work, p) for n in ("porto", "s300k"))]
    for shift, network in ((-0.2, "porto"), (0.2, "s300k")):
        values = [_cpu(records, network, work, p) or 0.0 for p in peers]
        axis.barh([i + shift for i in range(len(peers))], values, height=0.4, label=TITLES[network])
    axis.set(xscale="log", xlabel="CPU seconds", title=WORKS[work][0], yticks=range(len(peers)))
    axis.set_yticklabels(peers)
    axis.invert_yaxis()
    axis.legend(loc="upper right")
