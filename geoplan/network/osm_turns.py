"""Barriers and turn restrictions -> nodes of their own, so that plain shortest paths cannot break them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geoplan.network.osm_read import Restriction

FORWARD, BACK = 0, 1


@dataclass(frozen=True)
class RoadEnds:
    """The roads as far as turns need them.

    `from_node` and `to_node` follow the direction of travel of one-way roads; `way_id` is the source's.
    """

    from_node: NDArray[np.int32]
    to_node: NDArray[np.int32]
    oneway: NDArray[np.bool_]
    way_id: NDArray[np.int64]


@dataclass
class Split:
    """Ends of the roads after nodes were split; nodes beyond the old ones are copies.

    Attributes
    ----------
    tail, head
        int32, (2, roads): where a road is entered and left, forward and back.
    copy_of, copy_number
        For each new node the old node and a running number, from 1.
    turn_from, turn_to
        Connections between new nodes, one for each allowed turn between groups of roads.
    counts
        `restrictions_applied`, `restrictions_void` (nothing that could be taken is forbidden),
        `restrictions_unclear` (the road to come from is not one), `barriers`.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    copy_of: list[int] = field(default_factory=list)
    copy_number: list[int] = field(default_factory=list)
    turn_from: list[int] = field(default_factory=list)
    turn_to: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("restrictions_applied", "restrictions_void", "restrictions_unclear", "barriers"), 0
        )
    )


_Move = tuple[int, int]
"""A road and the direction (`FORWARD`, `BACK`) in which it is driven."""


def split_nodes(
    ends: RoadEnds,
    nodes: int,
    *,
    barriers: Iterable[int],
    restrictions: Sequence[tuple[int, Restriction]],
) -> Split:
    """Return the roads with barriers and turn restrictions built into their nodes.

    At a barrier every road gets a node of its own. At a junction with restrictions the roads to come from
    and the roads to take are grouped by what is allowed between them; each group is a node, and each allowed
    pair of groups a connection. A turn back into the same road counts as a turn like any other: allowed
    unless forbidden, as everywhere in a graph of nodes.

    Parameters
    ----------
    nodes
        Number of nodes.
    barriers
        Nodes that stop the vehicle.
    restrictions
        Pairs of node and restriction.
    """
    split = Split(
        np.stack([ends.from_node, ends.to_node]).astype(np.int32),
        np.stack([ends.to_node, ends.from_node]).astype(np.int32),
    )
    stopped = set(barriers)
    rules: dict[int, list[Restriction]] = {}
    for node, rule in restrictions:
        rules.setdefault(node, []).append(rule)
    around = _roads_around(ends, {*stopped, *rules})
    next_node = nodes
    for node in sorted(around):
        arrivals, departures = _moves(ends, node, around[node])
        if node in stopped:
            next_node = _split_at_barrier(split, node, (arrivals, departures), next_node)
            continue
        allowed = _allowed(ends, rules[node], arrivals, departures, split.counts)
        if not allowed.all():
            next_node = _split_at_junction(split, node, (arrivals, departures), allowed, next_node)
    return split


def _roads_around(ends: RoadEnds, nodes: set[int]) -> dict[int, list[int]]:
    """Return the roads at each of some nodes, sorted."""
    wanted = np.array(sorted(nodes), dtype=np.int64)
    around: dict[int, list[int]] = {int(n): [] for n in wanted}
    touching = np.isin(ends.from_node, wanted) | np.isin(ends.to_node, wanted)
    for road in np.flatnonzero(touching).tolist():
        for node in {int(ends.from_node[road]), int(ends.to_node[road])}:
            if node in around:
                around[node].append(road)
    return {node: roads for node, roads in around.items() if roads}


def _moves(ends: RoadEnds, node: int, roads: list[int]) -> tuple[list[_Move], list[_Move]]:
    """Return the moves that arrive at a node and those that leave it."""
    arrivals: list[_Move] = []
    departures: list[_Move] = []
    for road in roads:
        begins, finishes = int(ends.from_node[road]) == node, int(ends.to_node[road]) == node
        two_way = not ends.oneway[road]
        arrivals += [(road, FORWARD)] * finishes + [(road, BACK)] * (begins and two_way)
        departures += [(road, FORWARD)] * begins + [(road, BACK)] * (finishes and two_way)
    return arrivals, departures


def _split_at_barrier(split: Split, node: int, moves: tuple[list[_Move], list[_Move]], next_node: int) -> int:
    """Give every end of a road at a barrier a node of its own; return the next free number."""
    split.counts["barriers"] += 1
    own: dict[tuple[int, int], int] = {}
    arrivals, departures = moves
    for kind, ends_of, listed in ((0, split.head, arrivals), (1, split.tail, departures)):
        for road, way in listed:
            # arriving forward and leaving back is one and the same end of the road
            end = (road, way ^ kind)
            if end not in own:
                own[end] = node if not own else next_node + len(own) - 1
                _note_copy(split, node, len(own) - 1)
            ends_of[way, road] = own[end]
    return next_node + max(len(own) - 1, 0)


def _note_copy(split: Split, node: int, number: int) -> None:
    """Write down copy `number` of a node; 0 is the node itself."""
    if number:
        split.copy_of.append(node)
        split.copy_number.append(number)


def _allowed(
    ends: RoadEnds,
    rules: list[Restriction],
    arrivals: list[_Move],
    departures: list[_Move],
    counts: dict[str, int],
) -> NDArray[np.bool_]:
    """Return which departures (columns) are allowed after which arrivals (rows)."""
    allowed = np.ones((len(arrivals), len(departures)), dtype=bool)
    for rule in rules:
        forbidden = np.zeros_like(allowed)
        rows = [i for i, (road, _) in enumerate(arrivals) if int(ends.way_id[road]) in rule.from_ways]
        columns = [j for j, (road, _) in enumerate(departures) if int(ends.way_id[road]) in rule.to_ways]
        from_ways = [int(ends.way_id[arrivals[i][0]]) for i in rows]
        same = rule.u_turn and rule.from_ways == rule.to_ways
        if not same and len(set(from_ways)) < len(from_ways):
            counts["restrictions_unclear"] += 1
            continue
        if rule.only:
            forbidden[rows] = True
            forbidden[np.ix_(rows, columns)] = False
        elif same:
            for i in rows:
                forbidden[i, [j for j in columns if departures[j][0] == arrivals[i][0]]] = True
        else:
            forbidden[np.ix_(rows, columns)] = True
        if not columns or not (forbidden & allowed).any():
            counts["restrictions_void"] += 1
            continue
        counts["restrictions_applied"] += 1
        allowed &= ~forbidden
    return allowed


def _split_at_junction(
    split: Split,
    node: int,
    moves: tuple[list[_Move], list[_Move]],
    allowed: NDArray[np.bool_],
    next_node: int,
) -> int:
    """Split a junction into groups of arrivals and departures; return the next free number."""
    row_kinds, row_group = np.unique(allowed, axis=0, return_inverse=True)
    kinds, column_group = np.unique(row_kinds, axis=1, return_inverse=True)
    arrivals, departures = moves
    count = int(sum(kinds.shape))
    numbers = [node, *range(next_node, next_node + count - 1)]
    for k in range(count):
        _note_copy(split, node, k)
    into, out = numbers[: len(kinds)], numbers[len(kinds) :]
    for (road, way), group in zip(arrivals, row_group.ravel().tolist(), strict=True):
        split.head[way, road] = into[group]
    for (road, way), group in zip(departures, column_group.ravel().tolist(), strict=True):
        split.tail[way, road] = out[group]
    for i, j in zip(*np.nonzero(kinds), strict=True):
        split.turn_from.append(into[i])
        split.turn_to.append(out[j])
    return next_node + count - 1
