"""A generator of synthetic road countries: planar, towns and highways, about 2.66 directed segments a node.

Used by the benchmarks and by the tests of the hierarchy; the same size and seed give the same country.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH_M: Final = 480_000.0
HEIGHT_M: Final = 320_000.0
"""The country is a rectangle about as large as a box round Azerbaijan."""

SEGMENTS_PER_NODE: Final = 1.33
"""Undirected segments a node, as in real extracts once bends are gone; twice that when directed."""

ONE_WAY_SHARE: Final = 0.15
"""Of the segments that are not needed to hold the country together: 4 % of all."""

DETOUR: Final = 1.15
"""A road is longer than the straight line between its ends."""

SPEEDS_KMH: Final = np.array([110.0, 80.0, 60.0, 40.0])
"""Highway, main road, road, street."""

HIGHWAY_STEP_M: Final = 60_000.0
MAIN_STEP_M: Final = 15_000.0
CORRIDOR_M: Final = 900.0
"""Segments within this distance of a line of the highway or main-road grid belong to it."""


@dataclass(frozen=True)
class Country:
    """Nodes and directed arcs of a synthetic country, in file order (random, as in a raw extract).

    Attributes
    ----------
    x_m, y_m
        float64, one a node.
    tail, head
        int32, one an arc; a two-way segment is two arcs.
    time_ms, length_dm
        int64, one an arc.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.x_m)


def make_country(nodes: int, *, seed: int = 1, bends: int = 0) -> Country:
    """Return a strongly connected country.

    Parameters
    ----------
    nodes
        Junctions and dead ends.
    bends
        Nodes of degree 2 to put into every segment, as a raw extract has them.
    """
    rng = np.random.default_rng(seed)
    x, y = _places(nodes, rng)
    ends, one_way = _segments(x, y, rng)
    speed_kmh = _speeds(x, y, ends)
    length_m = np.hypot(x[ends[:, 0]] - x[ends[:, 1]], y[ends[:, 0]] - y[ends[:, 1]]) * DETOUR
    if bends:
        x, y, ends, parts = _with_bends(x, y, ends, bends)
        one_way, speed_kmh = one_way[parts], speed_kmh[parts]
        length_m = length_m[parts] / (bends + 1)
    length_dm = np.maximum(np.rint(length_m * 10), 1).astype(np.int64)
    time_ms = np.maximum(np.rint(length_m * 3600 / speed_kmh), 1).astype(np.int64)
    back = np.flatnonzero(~one_way)
    every = np.concatenate([np.arange(len(ends)), back])
    tail = np.concatenate([ends[:, 0], ends[back, 1]]).astype(np.int32)
    head = np.concatenate([ends[:, 1], ends[back, 0]]).astype(np.int32)
    return Country(x, y, tail, head, time_ms[every], length_dm[every])


def _places(nodes: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions: a third in the open country, the rest in towns of unequal size."""
    rural = nodes // 3
    towns = max(nodes // 1500, 3)
    centre = rng.uniform((0.05 * WIDTH_M, 0.05 * HEIGHT_M), (0.95 * WIDTH_M, 0.95 * HEIGHT_M), (towns, 2))
    weight = 1 / np.arange(1, towns + 1) ** 0.8
    town = rng.choice(towns, nodes - rural, p=weight / weight.sum())
    radius_m = 250 * np.sqrt(nodes * weight / weight.sum())
    urban = centre[town] + rng.normal(0, 1, (nodes - rural, 2)) * radius_m[town][:, None] / 2
    open_country = rng.uniform((0, 0), (WIDTH_M, HEIGHT_M), (rural, 2))
    position = rng.permutation(np.concatenate([open_country, urban]))
    return position[:, 0].copy(), position[:, 1].copy()


def _segments(
    x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return ends of the segments (a spanning tree and short others), and which are one-way."""
    corners = Delaunay(np.column_stack([x, y])).simplices
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    pairs = np.unique(pairs.astype(np.int64), axis=0)
    length = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    # The tree prefers short segments only on the whole: real networks are no minimal trees.
    cost = length * rng.uniform(0.5, 1.5, len(pairs)) + 1e-6
    tree = minimum_spanning_tree(
        coo_matrix((cost, (pairs[:, 0], pairs[:, 1])), shape=(len(x), len(x)))
    ).tocoo()
    key = pairs[:, 0] * len(x) + pairs[:, 1]
    in_tree = np.isin(key, tree.row.astype(np.int64) * len(x) + tree.col)
    typical = np.zeros(len(x))
    np.maximum.at(typical, tree.row, tree.data)
    wanted = int(SEGMENTS_PER_NODE * len(x)) - int(in_tree.sum())
    rank = np.where(in_tree, np.inf, cost / (typical[pairs[:, 0]] + typical[pairs[:, 1]] + 1.0))
    rank *= rng.uniform(0.3, 1.7, len(pairs))
    extra = np.argsort(rank, kind="stable")[: max(wanted, 0)]
    keep = in_tree.copy()
    keep[extra] = True
    one_way = keep & ~in_tree & (rng.random(len(pairs)) < ONE_WAY_SHARE)
    flip = rng.random(len(pairs)) < 0.5
    ends = np.where(flip[:, None], pairs[:, ::-1], pairs)
    order = rng.permutation(np.flatnonzero(keep))
    return ends[order], one_way[order]


def _speeds(x: NDArray[np.float64], y: NDArray[np.float64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return km/h of each segment by the grid of highways and main roads that it runs along."""
    middle_x, middle_y = x[ends].mean(axis=1), y[ends].mean(axis=1)

    def beside(step_m: float) -> NDArray[np.bool_]:
        off_x = np.abs(middle_x - np.rint(middle_x / step_m) * step_m)
        off_y = np.abs(middle_y - np.rint(middle_y / step_m) * step_m)
        return np.minimum(off_x, off_y) < CORRIDOR_M

    length = np.hypot(np.diff(x[ends], axis=1), np.diff(y[ends], axis=1)).ravel()
    slow = np.where(length < 150, 3, 2)
    return SPEEDS_KMH[np.where(beside(HIGHWAY_STEP_M), 0, np.where(beside(MAIN_STEP_M), 1, slow))]


def _with_bends(
    x: NDArray[np.float64], y: NDArray[np.float64], ends: NDArray[np.int64], bends: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return nodes and segments with `bends` nodes put into each, and the segment that each part is of."""
    count = len(ends)
    share = np.arange(1, bends + 1) / (bends + 1)
    new_x = x[ends[:, 0], None] + np.diff(x[ends], axis=1) * share
    new_y = y[ends[:, 0], None] + np.diff(y[ends], axis=1) * share
    new = len(x) + np.arange(count * bends).reshape(count, bends)
    chain = np.column_stack([ends[:, 0], new, ends[:, 1]])
    parts = np.repeat(np.arange(count), bends + 1)
    pieces = np.column_stack([chain[:, :-1].ravel(), chain[:, 1:].ravel()])
    return np.concatenate([x, new_x.ravel()]), np.concatenate([y, new_y.ravel()]), pieces, parts
