"""Quick ratios of the hierarchy's kernels to SciPy and to memory bandwidth, all in one process a network.

    python bench/engine_kernels.py                  # synthetic countries of 100,000 to 1,000,000 nodes
    python bench/engine_kernels.py roads.npz        # arrays x, y, tail, head, time_ms, length_dm

Numbers are medians (and minimum) of CPU time in milliseconds after a warm-up; SciPy's matrix is measured on
16 origins and scaled up, because it costs every origin the same. The hierarchy's nodes are numbered by rank,
as geoplan numbers a network; SciPy is given file order and Morton order. Not part of the test run.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from synthetic import Country, make_country

from geoplan.network.curve import curve_order, numbers_of
from geoplan.network.hierarchy import Hierarchy, build_hierarchy
from geoplan.network.metric import Metric, customise
from geoplan.network.stops import Stops
from geoplan.network.weights import CLOSED, pack_weights, unpack_costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ROUNDS = 7
SIZES = (100_000, 300_000, 1_000_000)
FACILITIES, POINTS, MATRIX, SAMPLE = 12, 3000, 1500, 16


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return median and minimum of the CPU time in ms, one round of warm-up before."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return float(np.median(taken)), min(taken)


def peak_mb() -> float:
    """Return the highest memory use of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scipy_graph(nodes: int, tail: NDArray[Any], head: NDArray[Any], weight: NDArray[Any]) -> csr_matrix:
    """Return the matrix that SciPy needs, of parallel arcs the cheapest."""
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    return csr_matrix((weight[first].astype(float), (tail[first], head[first])), shape=(nodes, nodes))


def in_curve_order(country: Country) -> tuple[Country, NDArray[np.int32]]:
    """Return the same country with nodes numbered along a curve, and the new numbers."""
    order = curve_order(country.x_m, country.y_m)
    number = numbers_of(order)
    ends = number[country.tail], number[country.head]
    moved = Country(country.x_m[order], country.y_m[order], *ends, country.time_ms, country.length_dm)
    return moved, number


def swept_bytes(metric: Metric) -> list[NDArray[Any]]:
    """Return arrays as large as what a nearest-of-many touches: arcs, keys, numbers, answers."""
    hierarchy = metric.hierarchy
    key, answer = np.zeros(hierarchy.nodes), np.zeros((hierarchy.nodes, 3), dtype=np.int32)
    return [hierarchy.tail, hierarchy.head, metric.up, key, hierarchy.rank, answer]


def compare_nearest(country: Country, metric: Metric, rng: np.random.Generator) -> None:
    """Measure nearest of 12 for all nodes, towards the facilities."""
    places = rng.integers(0, country.nodes, FACILITIES)
    graph = scipy_graph(country.nodes, country.head, country.tail, country.time_ms)
    moved, number = in_curve_order(country)
    curved = scipy_graph(moved.nodes, moved.head, moved.tail, moved.time_ms)
    expected = dijkstra(graph, indices=places, min_only=True)
    hierarchy = metric.hierarchy
    by_rank = customise(hierarchy.renumbered(), country.time_ms)
    stops = Stops.at_nodes(hierarchy.rank[places])
    check(expected, by_rank.nearest(stops)[0][hierarchy.rank])
    ours = timed(lambda: by_rank.nearest(stops))
    in_file = timed(lambda: dijkstra(graph, indices=places, min_only=True))
    in_curve = timed(lambda: dijkstra(curved, indices=number[places], min_only=True))
    bound = timed(lambda: [array.copy() for array in swept_bytes(metric)])
    show("nearest of 12, all nodes", ours)
    show("  the same, file order", timed(lambda: metric.nearest(Stops.at_nodes(places))))
    show("  SciPy, file order", in_file, ours)
    show("  SciPy, Morton order", in_curve, ours)
    show("  numpy copy of the bytes", bound, ours)


def check(expected: NDArray[Any], got: NDArray[Any]) -> None:
    """Stop if SciPy's costs are others than ours."""
    if not np.array_equal(np.where(np.isfinite(expected), expected, -1), got):
        raise SystemExit("the hierarchy does not agree with SciPy")


def compare_matrix(country: Country, hierarchy: Hierarchy, metric: Metric, rng: np.random.Generator) -> None:
    """Measure a matrix 1500 x 1500 of minutes, and of minutes with kilometres."""
    origins, destinations = rng.integers(0, country.nodes, (2, MATRIX))
    stops = Stops.at_nodes(origins), Stops.at_nodes(destinations)
    graph = scipy_graph(country.nodes, country.tail, country.head, country.time_ms)
    packed = customise(hierarchy, pack_weights(country.time_ms, country.length_dm))
    rows = dijkstra(graph, indices=origins[:SAMPLE])[:, destinations]
    got = metric.matrix(*stops)
    both = unpack_costs(packed.matrix(*stops))[0]
    if not (
        np.array_equal(np.where(np.isfinite(rows), rows, -1), got[:SAMPLE]) and np.array_equal(both, got)
    ):
        raise SystemExit("the hierarchy does not agree with SciPy")
    ours = timed(lambda: metric.matrix(*stops), 5)
    theirs = timed(lambda: dijkstra(graph, indices=origins[:SAMPLE]), 1)
    show("matrix 1500 x 1500", ours)
    show("  with kilometres (64 bits)", timed(lambda: packed.matrix(*stops), 5))
    scale = MATRIX / SAMPLE
    show("  SciPy, file order (scaled)", (theirs[0] * scale, theirs[1] * scale), ours)


def compare_changes(country: Country, hierarchy: Hierarchy, metric: Metric, rng: np.random.Generator) -> None:
    """Measure full and partial customisation, and one closed road followed by a question."""
    roads = rng.integers(0, len(country.tail), 101)
    facilities = Stops.at_nodes(rng.integers(0, country.nodes, FACILITIES))
    points = Stops.at_nodes(rng.integers(0, country.nodes, POINTS))
    within = hierarchy.select(points.node)
    full = timed(lambda: customise(hierarchy, country.time_ms))
    show("full customisation", full)
    turn = iter(np.tile(roads, 3))
    partial = timed(lambda: metric.changed([next(turn)], [CLOSED]), 101)
    show("  one closed road, partial", partial, None)
    print(f"{'':32}  full is {full[0] / partial[0]:.0f}x the partial one")

    def ours() -> NDArray[Any]:
        changed = metric.changed([next(turn)], [CLOSED])
        return changed.nearest_of_points(facilities, points, within=within)[0]

    def theirs() -> NDArray[Any]:
        weight = country.time_ms.astype(float)
        weight[next(turn)] = np.inf
        graph = scipy_graph(country.nodes, country.head, country.tail, weight)
        return dijkstra(graph, indices=facilities.node, min_only=True)[points.node]

    together = timed(ours, 51)
    show("closed road + nearest for 3,000", together)
    show("  SciPy, arrays rebuilt", timed(theirs, 3), together)


def show(name: str, taken: tuple[float, float], ours: tuple[float, float] | None = None) -> None:
    """Print one line."""
    ratio = f"  {taken[0] / ours[0]:8.2f}x" if ours else ""
    print(f"{name:32} {taken[0]:10.2f} (min {taken[1]:.2f}) ms{ratio}", flush=True)


def measure(country: Country) -> None:
    """Print everything about one network."""
    rng = np.random.default_rng(1)
    print(f"\n{country.nodes} nodes, {len(country.tail)} directed arcs; before: {peak_mb():.0f} MB")
    start = time.process_time()
    hierarchy = build_hierarchy(country.nodes, country.tail, country.head)
    metric = customise(hierarchy, country.time_ms)
    metric.nearest(Stops.at_nodes([0]))
    taken = time.process_time() - start
    print(
        f"order, hierarchy, weights, first answer: {taken:.2f} s (numba may compile), "
        f"{len(hierarchy.head)} arcs, {metric.number}, peak {peak_mb():.0f} MB"
    )
    compare_nearest(country, metric, rng)
    compare_matrix(country, hierarchy, metric, rng)
    compare_changes(country, hierarchy, metric, rng)


def load(file: Path) -> Country:
    """Return a country from a file."""
    with np.load(file, allow_pickle=False) as arrays:
        return Country(*(arrays[name] for name in ("x", "y", "tail", "head", "time_ms", "length_dm")))


def save(country: Country, file: Path) -> None:
    """Write a country to a file."""
    np.savez(
        file, x=country.x_m, y=country.y_m, tail=country.tail, head=country.head,
        time_ms=country.time_ms, length_dm=country.length_dm,
    )  # fmt: skip


def main() -> None:
    """Measure the files given, or synthetic countries, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--nodes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    choices = parser.parse_args()
    if choices.one:
        measure(load(choices.one))
        return
    with tempfile.TemporaryDirectory() as folder:
        for nodes in choices.nodes if not choices.files else []:
            file = Path(folder) / f"{nodes}.npz"
            save(make_country(nodes), file)
            choices.files.append(file)
        for file in choices.files:
            subprocess.run([sys.executable, __file__, "--one", str(file)], check=True)


if __name__ == "__main__":
    main()
