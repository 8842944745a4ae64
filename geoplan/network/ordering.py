"""In which order a hierarchy lets go of the nodes: dead ends and chains first, then nested dissection."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from geoplan.errors import MissingExtraError
from geoplan.network.elimination import elimination_tree, postorder, reduce_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["auto", "metis", "geometric"]

METIS_SEED: Final = 20_261_121
"""Any fixed number: the same network gets the same order."""

LEAF_NODES: Final = 4
"""The geometric dissection cuts cells down to this size."""


def rank_nodes(
    nodes: int,
    tail: NDArray[np.integer[Any]],
    head: NDArray[np.integer[Any]],
    *,
    x: NDArray[np.float64] | None = None,
    y: NDArray[np.float64] | None = None,
    method: Method = "auto",
) -> NDArray[np.int32]:
    """Return the rank of each node (0 is let go of first), as int32.

    Ranks come in postorder of the elimination tree: what a sweep touches together lies together.

    Parameters
    ----------
    nodes, tail, head
        The road graph; directions do not matter, nor do loops and parallel arcs.
    x, y
        Coordinates in metres (any equal-scale projection), needed by `geometric`.
    method
        `metis`: nested dissection by way of pymetis; `geometric`: median cuts by coordinates, with about
        two thirds more arcs; `auto`: METIS, or geometric where pymetis is missing and coordinates are given.

    Raises
    ------
    MissingExtraError
        pymetis is missing and nothing else can be done.
    """
    indptr, adjacent = symmetric_rows(nodes, tail, head)
    degree = np.diff(indptr).astype(np.int32)
    order, rows = reduce_graph(indptr, adjacent, degree)
    core = np.flatnonzero(degree > 0)
    core_rows = _core_rows(core, indptr, degree, rows)
    dissect = _metis_module(method, has_places=x is not None and y is not None)
    if dissect is None:
        if x is None or y is None:
            raise ValueError("a geometric order needs the coordinates x and y")
        core_rank = geometric_rank(*core_rows, x=x[core], y=y[core])
    else:
        core_rank = _metis_rank(dissect, *core_rows)
    rank = np.empty(nodes, dtype=np.int32)
    rank[order] = np.arange(len(order))
    rank[core] = len(order) + core_rank
    return _in_postorder(rank, tail, head)


def symmetric_rows(
    nodes: int, tail: NDArray[np.integer[Any]], head: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the undirected graph in compressed rows, without loops and parallels, rows sorted."""
    low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head).astype(np.int64)
    key = np.sort((low * nodes + high)[low != high])
    key = key[np.diff(key, prepend=-1) > 0]
    low, high = key // nodes, key % nodes
    both = np.sort(np.concatenate([key, high * nodes + low]))
    indptr = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(both // max(nodes, 1), minlength=nodes), out=indptr[1:])
    return indptr, (both % max(nodes, 1)).astype(np.int32)


def _core_rows(
    core: NDArray[np.intp], indptr: NDArray[np.int32], degree: NDArray[np.int32], rows: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the graph left over after the reduction, its nodes numbered anew."""
    number = np.full(len(degree), -1, dtype=np.int32)
    number[core] = np.arange(len(core))
    place = np.repeat(np.arange(len(degree)), np.diff(indptr))
    left = np.arange(len(rows)) - indptr[place] < degree[place]
    core_indptr = np.zeros(len(core) + 1, dtype=np.int32)
    np.cumsum(degree[core], out=core_indptr[1:])
    return core_indptr, number[rows[left]]


def _metis_module(method: Method, *, has_places: bool) -> Any | None:
    """Return pymetis, or None for the geometric order."""
    if method == "geometric":
        return None
    try:
        return importlib.import_module("pymetis")
    except ModuleNotFoundError as error:
        if method == "auto" and has_places:
            return None
        raise MissingExtraError("pymetis", "fast") from error


def _metis_rank(pymetis: Any, indptr: NDArray[np.int32], adjacent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the rank of each node by METIS nested dissection with a fixed seed."""
    if len(indptr) <= 2:
        return np.arange(len(indptr) - 1, dtype=np.int32)
    options = pymetis.Options(seed=METIS_SEED)
    with warnings.catch_warnings():
        # pymetis wants its own container from 2027 on; older versions have none.
        warnings.simplefilter("ignore", DeprecationWarning)
        _, rank = pymetis.nested_dissection(xadj=indptr, adjncy=adjacent, options=options)
    return np.asarray(rank, dtype=np.int32)


def geometric_rank(
    indptr: NDArray[np.int32],
    adjacent: NDArray[np.int32],
    *,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Return the rank of each node by nested dissection along coordinates, all cells of a depth at once.

    Each cell is cut at the median of its longer side. Of the nodes with a neighbour across the cut those of
    the side that has fewer become the separator and take the highest ranks of the cell.
    """
    n = len(indptr) - 1
    tail = np.repeat(np.arange(n, dtype=np.int32), np.diff(indptr))
    rank = np.full(n, -1, dtype=np.int32)
    node = np.lexsort((np.arange(n), y, x)).astype(np.int32)
    cell = np.zeros(n, dtype=np.int64)
    base = np.zeros(1, dtype=np.int64)
    while len(node):
        size = np.bincount(cell, minlength=len(base))
        node, cell, position = _sorted_along(node, cell, size, x, y)
        upper = (2 * position >= size[cell]).astype(np.int64)
        separator = _separators(node, cell, upper, len(base), tail, adjacent)
        separator |= size[cell] <= LEAF_NODES
        child = np.where(separator, -1, 2 * cell + upper)
        count = np.bincount(child[~separator], minlength=2 * len(base))
        high = base + count[0::2] + count[1::2]
        place = _running(cell, separator)
        rank[node[separator]] = (high[cell] + place)[separator]
        base = np.stack([base, base + count[0::2]], axis=1).ravel()
        node, cell = node[~separator], child[~separator]
        used, cell = np.unique(cell, return_inverse=True)
        base = base[used]
        tail, adjacent = _arcs_within(n, node, cell, tail, adjacent)
    return rank


def _sorted_along(
    node: NDArray[np.int32],
    cell: NDArray[np.int64],
    size: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Return nodes by cell and along the longer side of it, their cells, and the position within."""
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    order = np.argsort(cell, kind="stable")
    node, cell = node[order], cell[order]
    spans = [np.maximum.reduceat(c[node], start) - np.minimum.reduceat(c[node], start) for c in (x, y)]
    along = np.where((spans[0] >= spans[1])[cell], x[node], y[node])
    order = np.lexsort((node, along, cell))
    return node[order], cell, np.arange(len(node)) - start[cell]


def _separators(
    node: NDArray[np.int32],
    cell: NDArray[np.int64],
    upper: NDArray[np.int64],
    cells: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Return which nodes separate the two halves of their cell; arcs are those inside the cells."""
    nodes = int(node.max()) + 1
    side = np.full(max(nodes, int(tail.max(initial=0)) + 1), -1, dtype=np.int64)
    side[node] = upper
    boundary = np.zeros(len(side), dtype=bool)
    boundary[tail[side[tail] != side[head]]] = True
    touching = boundary[node]
    count = np.bincount((2 * cell + upper)[touching], minlength=2 * cells)
    fewer = (count[1::2] < count[0::2]).astype(np.int64)
    return np.asarray(touching & (upper == fewer[cell]), dtype=bool)


def _running(cell: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each chosen entry how many chosen ones of its cell stand before it (cells sorted)."""
    total = np.cumsum(chosen)
    start = np.flatnonzero(np.diff(cell, prepend=-1) > 0)
    before: NDArray[np.int64] = total[start] - chosen[start]
    return np.asarray(total - 1 - before[np.cumsum(np.diff(cell, prepend=-1) > 0) - 1], dtype=np.int64)


def _arcs_within(
    nodes: int,
    node: NDArray[np.int32],
    cell: NDArray[np.int64],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the arcs whose two ends are left and lie in one cell."""
    where = np.full(nodes, -1, dtype=np.int64)
    where[node] = cell
    keep = (where[tail] == where[head]) & (where[tail] >= 0)
    return tail[keep], head[keep]


def _in_postorder(
    rank: NDArray[np.int32], tail: NDArray[np.integer[Any]], head: NDArray[np.integer[Any]]
) -> NDArray[np.int32]:
    """Return the rank with each subtree of the elimination tree in one piece."""
    parent = elimination_tree(*symmetric_rows(len(rank), rank[tail], rank[head]))
    return np.asarray(postorder(parent)[rank], dtype=np.int32)
