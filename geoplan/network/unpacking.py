"""Compiled kernels that find one path in a hierarchy and unpack it to the road arcs it runs along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoplan.network.compiled import compiled
from geoplan.network.elimination import place_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.compiled import Whole
    from geoplan.network.kernels import Frame, Ints
    from geoplan.network.sweeps import Rows, Seeds


@compiled
def climb_tree(
    rows: Rows, seeds: Seeds, point: Whole, infinite: Whole
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Climb from one point; return cost, the row entry that led to each node, and the node before.

    A node at which the point itself comes in has entry -1 - (number of its seed).
    """
    n = len(rows.first) - 1
    cost = np.full(n, infinite, np.int64)
    entry = np.full(n, -1, np.int32)
    before = np.full(n, -1, np.int32)
    for i in range(seeds.first[point], seeds.first[point + 1]):
        v = seeds.node[i]
        if seeds.cost[i] < cost[v]:
            cost[v] = seeds.cost[i]
            entry[v] = -1 - i
    for v in range(n):
        if cost[v] >= infinite:
            continue
        for a in range(rows.first[v], rows.first[v + 1]):
            u = rows.head[a]
            c = cost[v] + rows.weight[a]
            if c < cost[u]:
                cost[u] = c
                entry[u] = a
                before[u] = v
    return cost, entry, before


@compiled
def trace(entry: NDArray[np.int32], before: NDArray[np.int32], top: Whole) -> tuple[NDArray[np.int32], Whole]:
    """Return the row entries from `top` down to where the point came in, and the number of its seed."""
    found = np.empty(len(entry), np.int32)
    count = 0
    v = top
    while before[v] >= 0:
        found[count] = entry[v]
        count += 1
        v = before[v]
    return found[:count].copy(), -1 - entry[v]


@compiled
def road_arc(frame: Frame, weight: Ints, slot: Whole, wanted: Whole) -> Whole:
    """Return the lowest road arc of a slot that has the wanted weight, -1 if none has."""
    i = place_of(frame.slot, np.int64(slot), np.int64(0), np.int64(len(frame.slot)))
    while i < len(frame.slot) and frame.slot[i] == slot:
        if weight[frame.slot_arc[i]] == wanted:
            return frame.slot_arc[i]
        i += 1
    return -1


@compiled
def split_slot(frame: Frame, up: Ints, down: Ints, slot: Whole, wanted: Whole) -> tuple[Whole, Whole]:
    """Return the two slots, in order of travel, over the lowest node by which a shortcut has its weight."""
    x, y = frame.tail[slot >> 1], frame.head[slot >> 1]
    i, i_end = frame.down_first[x], frame.down_first[x + 1]
    j, j_end = frame.down_first[y], frame.down_first[y + 1]
    while i < i_end and j < j_end:
        b, c = frame.down_arc[i], frame.down_arc[j]
        if frame.tail[b] == frame.tail[c]:
            if slot & 1 == 0 and np.int64(down[b]) + up[c] == wanted:
                return 2 * b + 1, 2 * c
            if slot & 1 == 1 and np.int64(down[c]) + up[b] == wanted:
                return 2 * c + 1, 2 * b
        i += frame.tail[b] <= frame.tail[c]
        j += frame.tail[c] <= frame.tail[b]
    return -1, -1


@compiled
def unpack_slots(
    frame: Frame, weight: Ints, up: Ints, down: Ints, slots: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the road arcs of a path given as slots (2 x arc, + 1 downwards), in order of travel.

    Real arcs are preferred to shortcuts of the same weight. Shortcuts come apart over lower nodes only, so
    this ends even where arcs cost nothing. -1 marks a slot that nothing explains (damaged weights).
    """
    stack = np.empty(len(slots) + len(frame.first), np.int32)
    depth = len(slots)
    for i in range(depth):
        stack[i] = slots[depth - 1 - i]
    found = np.empty(max(2 * depth, 64), np.int32)
    count = 0
    while depth > 0:
        depth -= 1
        slot = stack[depth]
        wanted = np.int64(down[slot >> 1] if slot & 1 else up[slot >> 1])
        arc = road_arc(frame, weight, slot, wanted)
        one, two = -1, -1
        if arc < 0:
            one, two = split_slot(frame, up, down, slot, wanted)
        if one >= 0:
            stack[depth] = two
            stack[depth + 1] = one
            depth += 2
            continue
        if count == len(found):
            more = np.empty(2 * count, np.int32)
            more[:count] = found
            found = more
        found[count] = arc
        count += 1
    return found[:count].copy()
