"""Shortest paths from positions on edges to all nodes, in chunks, by SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geoplan.network.arcs import Arcs
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping

CHUNK_CELLS: Final = 2_000_000
"""Sources x nodes of one chunk: about 100 MB of working memory."""

CHUNK_SOURCES: Final = 256
"""Sources of one chunk at most: each is a node of the chunk's own graph."""

NO_ROUTE, SAME_EDGE, BY_FROM, BY_TO = -2, -1, 0, 1


@dataclass(frozen=True)
class Ends:
    """The two ways between each position and the nodes of its edge: column 0 by its beginning, 1 by its end.

    These are `edge_from` and `edge_to` but at junctions with turn restrictions, see `RoadNetwork`.

    `cost` is infinite where a one-way edge forbids it and for points that are not snapped.
    """

    node: NDArray[np.int32]
    cost: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp]) -> Ends:
        """Return the ends of some of the positions."""
        return Ends(self.node[rows], self.cost[rows])


@dataclass(frozen=True)
class Sweep:
    """Paths between some sources and all nodes.

    Attributes
    ----------
    first
        For each source one point of the snapping that lies there.
    points, source
        All points of the chunk's sources, and for each the row of its source.
    cost
        float64, (sources, nodes); infinite where there is no path.
    before, edge
        int32, (sources, nodes): the node before this one as seen from the source (-1: the source itself
        or no path), and the edge between them (-1 likewise). No columns where no tree was asked for.
    """

    first: NDArray[np.intp]
    points: NDArray[np.intp]
    source: NDArray[np.intp]
    cost: NDArray[np.float64]
    before: NDArray[np.int32]
    edge: NDArray[np.int32]


@dataclass(frozen=True)
class Joined:
    """Best paths between sources and points: cost, and how the point meets its edge's ends.

    `choice`: `BY_FROM` or `BY_TO` through that node of the point's edge, `SAME_EDGE` along the shared
    edge without touching a node, `NO_ROUTE`.
    """

    cost: NDArray[np.float64]
    choice: NDArray[np.int8]


def find_ends(network: RoadNetwork, snapping: Snapping, *, leaving: bool) -> Ends:
    """Return how each position is left (`leaving`) or arrived at along its own edge.

    A position at the very end of an edge is that node, so one-way traffic does not bar it there.
    """
    edge = np.where(snapping.snapped, snapping.edge, 0)
    share = np.where(snapping.snapped, snapping.share, 0.0)
    if not len(network.road_ids):
        none = np.zeros((len(snapping), 2))
        return Ends(none.astype(np.int32), none + np.inf)
    part = np.column_stack([share, 1 - share])
    oneway = network.edge_oneway[edge]
    barred = np.zeros((len(snapping), 2), dtype=bool)
    against = 0 if leaving else 1
    barred[:, against] = oneway & (part[:, against] > 0)
    barred[~snapping.snapped | network.edge_closed[edge]] = True
    return Ends(
        network.edge_exits[edge] if leaving else network.edge_entries[edge],
        np.where(barred, np.inf, network.part_cost(edge[:, None], part)),
    )


def sweep(
    network: RoadNetwork, snapping: Snapping, *, outward: bool, width: int = 1, trees: bool = True
) -> Iterator[Sweep]:
    """Yield sweeps that together hold every snapped point: paths from it (`outward`) or to it.

    Points at the same position share a source. Each source is a node of its own with arcs to the ends of
    its edge, so positions count exactly and the graph between the nodes is the same for every question.

    Parameters
    ----------
    width
        Number of points on the other side, for the size of the chunks.
    trees
        Whether `before` and `edge` are needed: they take longer than the costs.
    """
    arcs = network.arcs if outward else network.arcs_reversed
    ends = find_ends(network, snapping, leaving=outward)
    first, points, source = find_positions(snapping)
    size = int(np.clip(CHUNK_CELLS // max(arcs.nodes, width, 1), 1, CHUNK_SOURCES))
    for begin in range(0, len(first), size):
        chunk = first[begin : begin + size]
        here = (source >= begin) & (source < begin + size)
        given = chunk, points[here], source[here] - begin
        yield _swept(arcs, ends.take(chunk), given, trees=trees)


def find_positions(snapping: Snapping) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return one point of each different position, all snapped points, and the position of each."""
    points = np.flatnonzero(snapping.snapped)
    order = points[np.lexsort((points, snapping.share[points], snapping.edge[points]))]
    edge, share = snapping.edge[order], snapping.share[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (edge[1:] != edge[:-1]) | (share[1:] != share[:-1])
    return order[new], order, np.cumsum(new) - 1


def _swept(
    arcs: Arcs,
    ends: Ends,
    given: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
    *,
    trees: bool,
) -> Sweep:
    """Return the sweep of one chunk of sources."""
    nodes = arcs.nodes
    graph = arcs.with_sources(ends.node, ends.cost)
    start = np.arange(nodes, graph.nodes)
    if not trees:
        cost = dijkstra(graph.matrix(), directed=True, indices=start)
        none = np.empty((len(start), 0), dtype=np.int32)
        return Sweep(*given, cost[:, :nodes], none, none)
    cost, before = dijkstra(graph.matrix(), directed=True, indices=start, return_predecessors=True)
    arc = _arcs_before(graph, before)
    edge = np.where(arc >= 0, graph.edge[arc], -1)
    inner = np.where((before >= 0) & (before < nodes), before, -1)
    return Sweep(*given, cost[:, :nodes], inner[:, :nodes].astype(np.int32), edge[:, :nodes].astype(np.int32))


def _arcs_before(graph: Arcs, before: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the arc that leads to each node in each tree, -1 at roots and where there is no path.

    There is one arc a pair of nodes, so the arc is the one whose tail is the node before its head.
    """
    arc = np.full(before.shape, -1, dtype=np.int64)
    row, number = np.nonzero(before[:, graph.head] == graph.tail)
    arc[row, graph.head[number]] = number
    return arc


def join(network: RoadNetwork, swept: Sweep, sources: Snapping, points: Snapping, *, outward: bool) -> Joined:
    """Return the best path between each source of a sweep and each point of the other side."""
    ends = find_ends(network, points, leaving=not outward)
    by_from = swept.cost[:, ends.node[:, 0]] + ends.cost[:, 0]
    by_to = swept.cost[:, ends.node[:, 1]] + ends.cost[:, 1]
    to = by_to < by_from
    cost = np.where(to, by_to, by_from)
    found = np.isfinite(cost)
    joined = Joined(cost, np.where(found, to.astype(np.int8), np.int8(NO_ROUTE)))
    join_on_edge(network, (sources, swept.first), points, joined, outward=outward)
    return joined


def join_on_edge(
    network: RoadNetwork,
    source: tuple[Snapping, NDArray[np.intp]],
    points: Snapping,
    joined: Joined,
    *,
    outward: bool,
) -> None:
    """Let pairs on one edge go straight along it where that is no dearer and not against one-way traffic.

    Parameters
    ----------
    source
        A snapping and the points of it that are the rows of `joined`, which is changed.
    """
    row, column, along = pairs_on_edge(network, source, points, outward=outward)
    better = along <= joined.cost[row, column]
    row, column = row[better], column[better]
    joined.cost[row, column] = along[better]
    joined.choice[row, column] = SAME_EDGE


def pairs_on_edge(
    network: RoadNetwork, source: tuple[Snapping, NDArray[np.intp]], points: Snapping, *, outward: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return row and column of the pairs that lie on one edge, and what it costs to go straight along it."""
    here, there = source[0].edge[source[1]], np.where(points.snapped, points.edge, -1)
    row, column = _equal_pairs(here, there)
    edge = here[row]
    forward = points.share[column] - source[0].share[source[1]][row]
    ahead = forward if outward else -forward
    allowed = ((ahead >= 0) | ~network.edge_oneway[edge]) & ~network.edge_closed[edge]
    row, column = row[allowed], column[allowed]
    return row, column, network.part_cost(edge[allowed], np.abs(ahead[allowed]))


def _equal_pairs(one: NDArray[np.int32], two: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all places i, j with one[i] == two[j], negative numbers left out."""
    order = np.argsort(two, kind="stable")
    begin, end = (np.searchsorted(two[order], one, side=side) for side in ("left", "right"))
    count = np.where(one >= 0, end - begin, 0)
    row = np.repeat(np.arange(len(one)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - begin, count)
    return row, order[place]
