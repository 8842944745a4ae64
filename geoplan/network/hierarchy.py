"""Directed customisable contraction hierarchy: the part that only depends on which roads join which nodes.

`build_hierarchy(...)` orders the nodes and finds the arcs left behind when they go one by one;
`metric.customise(hierarchy, weights)` gives a `Metric`, which answers questions. Method: Dibbelt, Strasser
and Wagner, "Customizable Contraction Hierarchies" (2016); sweeps: Delling, Goldberg, Nowatzyk and Werneck,
"PHAST" (2011). Needs the extra `fast`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.network.elimination import elimination_tree, fill_in, find_slots, sort_rows
from geoplan.network.kernels import Frame, ancestors
from geoplan.network.ordering import Method, rank_nodes, symmetric_rows
from geoplan.network.stops import Selection
from geoplan.network.sweeps import induced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

FORMAT: Final = 1
"""Version of the arrays; part of the key, so that a cache of another version is never read."""


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Nodes by rank, and arcs from each node to its higher neighbours, sorted by tail and head.

    Attributes
    ----------
    rank, node
        int32, one a node: rank of each node, and the node of each rank.
    first, head, tail
        int32: the arcs of rank r are `first[r]` to `first[r + 1] - 1`; heads and tails are ranks.
    down_first, down_arc
        int32: the arcs that end in each rank, by tail.
    slot, slot_arc
        int32, one a road arc that is no loop: 2 x hierarchy arc (+ 1 where the road runs from the higher
        to the lower rank), ascending, and the number of the road arc.
    arcs
        Number of road arcs, loops included.
    key
        Hash of the road graph and of the order; the name for a cache.
    """

    rank: NDArray[np.int32]
    node: NDArray[np.int32]
    first: NDArray[np.int32]
    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    down_first: NDArray[np.int32]
    down_arc: NDArray[np.int32]
    slot: NDArray[np.int32]
    slot_arc: NDArray[np.int32]
    arcs: int
    key: str

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.rank)

    @property
    def frame(self) -> Frame:
        """The arrays as the kernels take them."""
        return Frame(
            self.first, self.head, self.tail, self.down_first, self.down_arc, self.slot, self.slot_arc
        )

    @cached_property
    def arc_slot(self) -> NDArray[np.int32]:
        """Slot of each road arc, -1 for a loop."""
        slots = np.full(self.arcs, -1, dtype=np.int32)
        slots[self.slot_arc] = self.slot
        return slots

    def select(self, nodes: ArrayLike) -> Selection:
        """Return what a sweep restricted to `nodes` must touch; worth keeping for the next question."""
        ranks = self.rank[_node_numbers(nodes, self.nodes)]
        chosen = self.above(ranks)
        local = np.full(self.nodes, -1, dtype=np.int32)
        first, tail, head, arc = induced(self.first, self.head, chosen, local)
        return Selection(chosen, local, first, tail, head, arc)

    def above(self, ranks: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return some ranks and all their ancestors in the elimination tree, ascending."""
        return np.sort(ancestors(self.first, self.head, ranks))

    def extended(self, tail: ArrayLike, head: ArrayLike) -> Hierarchy:
        """Return the hierarchy with more road arcs between its nodes, numbered after the old ones.

        Where all of them join nodes that the hierarchy joins already, only their places are added.
        Otherwise the arcs are found anew under the old order, which is quick, if not quite as lean as a
        new order would be.
        """
        tails, heads = _node_numbers(tail, self.nodes), _node_numbers(head, self.nodes)
        slots = find_slots(self.first, self.head, self.rank[tails], self.rank[heads])
        key = _digest(self.key, tails, heads)
        if (slots == -2).any():
            old_tail, old_head = self.ends()
            every = np.concatenate([old_tail, tails]), np.concatenate([old_head, heads])
            return _assemble(self.rank, *every, key)
        numbers = np.arange(self.arcs, self.arcs + len(slots), dtype=np.int32)
        slot, slot_arc = _by_slot(
            np.concatenate([self.slot, slots]), np.concatenate([self.slot_arc, numbers])
        )
        return replace(self, slot=slot, slot_arc=slot_arc, arcs=self.arcs + len(slots), key=key)

    def renumbered(self) -> Hierarchy:
        """Return the hierarchy of the same roads with every node numbered by its rank.

        For a network whose nodes are put into the order `node`: a spatial order as good as a curve, under
        which answers need not be dealt out over memory. Road arcs keep their numbers.
        """
        every = np.arange(self.nodes, dtype=np.int32)
        key = hashlib.sha256(f"{self.key} by rank".encode()).hexdigest()
        return replace(self, rank=every, node=every, key=key)

    def ends(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return tail and head of each road arc; loops, which serve no path, come back as loops at node 0."""
        tail, head = np.zeros((2, self.arcs), dtype=np.int32)
        arc, downward = self.slot >> 1, (self.slot & 1).astype(bool)
        low, high = self.node[self.tail[arc]], self.node[self.head[arc]]
        tail[self.slot_arc] = np.where(downward, high, low)
        head[self.slot_arc] = np.where(downward, low, high)
        return tail, head

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as plain arrays for `numpy.savez`; no pickling is needed to read them."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Hierarchy:
        """Return the hierarchy of `to_arrays`.

        Raises
        ------
        ValueError
            An array is missing or does not fit the others: the file is damaged or of another version.
        """
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise ValueError(f"no hierarchy: {', '.join(missing)} missing")
        values: dict[str, Any] = {name: arrays[name] for name in names}
        values["arcs"], values["key"] = int(values["arcs"]), str(values["key"])
        made = cls(**values)
        _check(made)
        return made


def build_hierarchy(
    nodes: int,
    tail: ArrayLike,
    head: ArrayLike,
    *,
    x: NDArray[np.float64] | None = None,
    y: NDArray[np.float64] | None = None,
    method: Method = "auto",
) -> Hierarchy:
    """Return the hierarchy of a directed road graph.

    Parameters
    ----------
    nodes
        Number of nodes.
    tail, head
        One a road arc, node numbers. Parallel arcs and loops are fine.
    x, y, method
        See `rank_nodes`.
    """
    tails, heads = _node_numbers(tail, nodes), _node_numbers(head, nodes)
    if len(tails) != len(heads):
        raise ValueError(f"{len(tails)} tails, but {len(heads)} heads")
    rank = rank_nodes(nodes, tails, heads, x=x, y=y, method=method)
    return _assemble(rank, tails, heads, hierarchy_key(nodes, tails, heads, method=method))


def hierarchy_key(nodes: int, tail: ArrayLike, head: ArrayLike, *, method: Method = "auto") -> str:
    """Return the key that `build_hierarchy` gives the hierarchy of this graph, without building it."""
    start = f"geoplan hierarchy {FORMAT} {method} {nodes}"
    return _digest(start, np.asarray(tail, dtype=np.int32), np.asarray(head, dtype=np.int32))


def _digest(start: str, tail: NDArray[np.int32], head: NDArray[np.int32]) -> str:
    """Return a hash of a text and two arrays."""
    digest = hashlib.sha256(f"{start} {len(tail)};".encode())
    for array in (tail, head):
        digest.update(np.ascontiguousarray(array, dtype="<i4").tobytes())
    return digest.hexdigest()


def _node_numbers(values: ArrayLike, nodes: int) -> NDArray[np.int32]:
    """Return node numbers as int32 after a look at their range."""
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "iu" and numbers.size:
        raise ValueError(f"node numbers must be whole numbers, not {numbers.dtype}")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= nodes):
        raise ValueError(f"node numbers must lie in 0..{nodes - 1}")
    return numbers.astype(np.int32)


def _assemble(
    rank: NDArray[np.int32], tail: NDArray[np.int32], head: NDArray[np.int32], key: str
) -> Hierarchy:
    """Return the hierarchy of road arcs under an order."""
    rows = symmetric_rows(len(rank), rank[tail], rank[head])
    first, heads = fill_in(*rows, elimination_tree(*rows))
    heads, tails, down_first, down_arc = sort_rows(first, heads)
    slots = find_slots(first, heads, rank[tail], rank[head])
    slot, slot_arc = _by_slot(slots, np.arange(len(tail), dtype=np.int32))
    node = np.empty_like(rank)
    node[rank] = np.arange(len(rank), dtype=np.int32)
    return Hierarchy(rank, node, first, heads, tails, down_first, down_arc, slot, slot_arc, len(tail), key)


def _by_slot(
    slots: NDArray[np.int32], arcs: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return slots ascending and their road arcs (lowest first within a slot), without loops."""
    order = np.lexsort((arcs, slots))
    order = order[slots[order] >= 0]
    return slots[order], arcs[order]


def _check(made: Hierarchy) -> None:
    """Raise if arrays from outside would let a kernel read or write beyond their ends."""
    n, m = made.nodes, len(made.head)
    sized = all(
        len(array) == size
        for array, size in (
            (made.node, n), (made.first, n + 1), (made.down_first, n + 1), (made.tail, m),
            (made.down_arc, m), (made.slot_arc, len(made.slot)),
        )
    )  # fmt: skip
    ranged = sized and all(
        array.dtype == np.int32 and (array.size == 0 or (array.min() >= 0 and array.max() < limit))
        for array, limit in (
            (made.rank, n), (made.node, n), (made.head, n), (made.tail, n), (made.down_arc, m),
            (made.first, m + 1), (made.down_first, m + 1), (made.slot, 2 * m), (made.slot_arc, made.arcs),
        )
    )  # fmt: skip
    if not ranged or not (
        np.array_equal(made.tail, np.repeat(np.arange(n), np.diff(made.first)))
        and np.array_equal(made.head[made.down_arc], np.repeat(np.arange(n), np.diff(made.down_first)))
        and np.array_equal(made.rank[made.node], np.arange(n))
        and (made.head > made.tail).all()
        and (np.diff(made.slot) >= 0).all()
    ):
        raise ValueError("the arrays of the hierarchy contradict each other: the file is damaged")
