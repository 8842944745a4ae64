"""Directed arcs in compressed rows: parallel arcs to the minimum, never summed, never lost when zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Arcs:
    """Arcs sorted by tail and head, at most one a pair of nodes.

    Attributes
    ----------
    indptr
        int32, (nodes + 1): the arcs of node i are `indptr[i]` to `indptr[i + 1] - 1`.
    head
        int32, one an arc.
    cost
        float64: whole numbers from 0, see `packing.Packing`.
    edge
        int32: the edge that the arc runs along; -1 for an arc from a point to a node.
    """

    indptr: NDArray[np.int32]
    head: NDArray[np.int32]
    cost: NDArray[np.float64]
    edge: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def tail(self) -> NDArray[np.int32]:
        """Tail node of each arc."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.indptr))

    def reversed(self) -> Arcs:
        """Return the arcs turned round: paths *to* a node become paths from it."""
        return pack_arcs(self.nodes, self.head, self.tail, self.cost, self.edge)

    def matrix(self) -> csr_matrix:
        """Return the costs as a SciPy matrix (rows are tails); an arc that costs nothing is a stored zero."""
        return csr_matrix((self.cost, self.head, self.indptr), shape=(self.nodes, self.nodes))

    def with_sources(self, ends: NDArray[np.int32], cost: NDArray[np.float64]) -> Arcs:
        """Return the arcs with one more node for each row of `ends`, from which arcs lead to those nodes.

        Nothing leads to the new nodes, so the paths between the old ones stay as they are.

        Parameters
        ----------
        ends
            int32, (sources, k): the nodes that a source reaches.
        cost
            (sources, k), infinite where an end cannot be reached.
        """
        sources, k = ends.shape
        row = np.repeat(np.arange(sources, dtype=np.int32), k)
        open_ = np.isfinite(cost).ravel()
        none = np.full(int(open_.sum()), -1, dtype=np.int32)
        new = pack_arcs(sources, row[open_], ends.ravel()[open_], cost.ravel()[open_], none)
        empty_rows = np.concatenate([self.indptr, new.indptr[1:] + self.indptr[-1]]).astype(np.int32)
        return Arcs(
            empty_rows,
            np.concatenate([self.head, new.head]),
            np.concatenate([self.cost, new.cost]),
            np.concatenate([self.edge, new.edge]),
        )


def pack_arcs(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    cost: NDArray[np.float64],
    edge: NDArray[np.int32],
) -> Arcs:
    """Return arcs sorted by tail and head, of parallel ones the cheapest (then the lowest edge number).

    Arcs of infinite cost are left out.

    `scipy.sparse.coo_array.tocsr` would add parallel arcs up; here the minimum stays.
    """
    order = np.lexsort((edge, cost, head, tail))
    order = order[np.isfinite(cost[order])]
    tail, head = tail[order], head[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    keep = order[first]
    indptr = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail[first], minlength=nodes), out=indptr[1:])
    return Arcs(indptr, head[first].astype(np.int32), cost[keep], edge[keep].astype(np.int32))
