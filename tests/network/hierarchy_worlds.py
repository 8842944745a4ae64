"""Random road graphs and slow, plain answers for the tests of the hierarchy."""

from __future__ import annotations

import heapq
import importlib.util
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

SYNTHETIC = Path(__file__).parents[2] / "bench" / "synthetic.py"


def make_country(nodes, **choices):
    """Return a synthetic country of the benchmarks."""
    name = "bench_synthetic"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SYNTHETIC)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name].make_country(nodes, **choices)


def plain_dijkstra(nodes, arcs, seeds):
    """Return {node: (cost, number)} of the nearest seed; of equals the lowest number.

    `arcs` are (tail, head, weight), weight None where closed; `seeds` are (node, cost, number).
    """
    out = {v: [] for v in range(nodes)}
    for tail, head, weight in arcs:
        if weight is not None:
            out[tail].append((head, weight))
    best = {}
    heap = [(cost, number, node) for node, cost, number in seeds]
    heapq.heapify(heap)
    while heap:
        cost, number, node = heapq.heappop(heap)
        if node in best:
            continue
        best[node] = (cost, number)
        for head, weight in out[node]:
            if head not in best:
                heapq.heappush(heap, (cost + weight, number, head))
    return best


def scipy_matrix(nodes, tail, head, weight):
    """Return the arcs as a SciPy matrix, of parallel ones the cheapest."""
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    return csr_matrix((weight[first].astype(float), (tail[first], head[first])), shape=(nodes, nodes))


def whole(costs):
    """Return SciPy's floats as whole numbers, -1 where infinite."""
    return np.where(np.isfinite(costs), costs, -1).astype(np.int64)
