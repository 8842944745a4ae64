"""Where questions meet the hierarchy: points as lists of (node, cost), and chosen nodes with all above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.network.sweeps import Rows, Seeds
from geoplan.network.weights import CLOSED, INFINITE, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Stops:
    """Points, each with its ways between the point and nodes: along the edge that it is snapped to.

    Attributes
    ----------
    first
        int32: the ways of point p are `first[p]` to `first[p + 1] - 1`; a point may have none.
    node
        int32, one a way.
    cost
        int64, one a way: whole numbers like the weights of the arcs.
    way
        int64, one a way: its place in the input of `from_ways`.
    """

    first: NDArray[np.int32]
    node: NDArray[np.int32]
    cost: NDArray[np.int64]
    way: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.first) - 1

    @classmethod
    def at_nodes(cls, nodes: ArrayLike) -> Stops:
        """Return points that lie at nodes."""
        node = np.asarray(nodes, dtype=np.int32).ravel()
        count = len(node)
        return cls(np.arange(count + 1, dtype=np.int32), node, np.zeros(count, np.int64), np.arange(count))

    @classmethod
    def from_ways(cls, node: ArrayLike, cost: ArrayLike) -> Stops:
        """Return points with the same number of ways each.

        Parameters
        ----------
        node, cost
            (points, ways); `CLOSED` or infinite cost (a one-way street) drops the way.
        """
        nodes, costs = np.atleast_2d(np.asarray(node)), np.atleast_2d(whole_numbers(cost, what="costs"))
        if nodes.shape != costs.shape:
            raise ValueError(f"nodes are {nodes.shape}, costs {costs.shape}")
        open_ = costs != CLOSED
        first = np.concatenate([[0], np.cumsum(open_.sum(axis=1))]).astype(np.int32)
        return cls(first, nodes[open_].astype(np.int32), costs[open_], np.flatnonzero(open_))

    def part(self, begin: int, end: int) -> Stops:
        """Return the points from `begin` to before `end`."""
        low, high = self.first[begin], self.first[end]
        first = (self.first[begin : end + 1] - low).astype(np.int32)
        return Stops(first, self.node[low:high], self.cost[low:high], self.way[low:high])

    def seeds(
        self, rank: NDArray[np.int32], number: np.dtype[Any], local: NDArray[np.int32] | None = None
    ) -> Seeds:
        """Return the points for the kernels: nodes as ranks or local numbers.

        Raises
        ------
        OverflowError
            A cost does not fit the type.
        ValueError
            A node does not exist, or is not among those selected.
        """
        if self.node.min(initial=0) < 0 or self.node.max(initial=-1) >= len(rank):
            raise ValueError(f"a point has a way to a node outside 0..{len(rank) - 1}")
        if self.cost.max(initial=0) > INFINITE[number] // 2:
            raise OverflowError(f"a cost of a point does not fit {number}")
        ranks = rank[self.node]
        places = ranks if local is None else local[ranks]
        if places.min(initial=0) < 0:
            raise ValueError("a point has a way to a node that was not selected")
        return Seeds(self.first, places, self.cost.astype(number))


@dataclass(frozen=True, eq=False)
class Selection:
    """Some nodes with everything above them in a hierarchy, in numbers of their own (ascending by rank).

    Attributes
    ----------
    ranks
        int32: the ranks chosen.
    local
        int32, one a rank of the whole: its number here, -1 if it is not here.
    first, tail, head, arc
        Upward rows in the numbers of here, and the arc of the whole for each entry.
    """

    ranks: NDArray[np.int32]
    local: NDArray[np.int32]
    first: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    arc: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.ranks)

    def rows(self, weight: NDArray[Any]) -> Rows:
        """Return the rows with their part of the weights of the whole."""
        return Rows(self.first, self.tail, self.head, weight[self.arc])
