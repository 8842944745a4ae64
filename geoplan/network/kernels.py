"""Compiled kernels that set the weights of a hierarchy, or repair them above a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geoplan.network.compiled import compiled
from geoplan.network.elimination import find_arc, place_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.compiled import Whole

    Ints = NDArray[np.int32] | NDArray[np.int64]


class Frame(NamedTuple):
    """The fixed part of a hierarchy as the kernels take it; see `Hierarchy` for each array."""

    first: NDArray[np.int32]
    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    down_first: NDArray[np.int32]
    down_arc: NDArray[np.int32]
    slot: NDArray[np.int32]
    slot_arc: NDArray[np.int32]


@compiled
def set_base(frame: Frame, weight: Ints, up: Ints, down: Ints) -> None:
    """Give each hierarchy arc the weight of its cheapest road arc; `up` and `down` come in infinite."""
    for i in range(len(frame.slot)):
        s = frame.slot[i]
        w = weight[frame.slot_arc[i]]
        if s & 1:
            down[s >> 1] = min(down[s >> 1], w)
        else:
            up[s >> 1] = min(up[s >> 1], w)


@compiled
def close_triangles(frame: Frame, up: Ints, down: Ints) -> None:
    """Let every arc take the way over each lower node where that is shorter, lowest arcs first.

    For each node x and lower neighbour z, the arcs from z past x point to neighbours of x, because the
    elimination of z has joined them. Infinite + infinite fits the type, and a minimum brings it back.
    """
    first, head = frame.first, frame.head
    n = len(first) - 1
    place = np.empty(n, np.int32)
    for x in range(n):
        for a in range(first[x], first[x + 1]):
            place[head[a]] = a
        for i in range(frame.down_first[x], frame.down_first[x + 1]):
            a = frame.down_arc[i]
            to_x, from_x = up[a], down[a]
            for b in range(a + 1, first[frame.tail[a] + 1]):
                t = place[head[b]]
                up[t] = min(up[t], from_x + up[b])
                down[t] = min(down[t], down[b] + to_x)


@compiled
def peak_of(values: Ints, infinite: Whole) -> Whole:
    """Return the greatest finite value, 0 if there is none."""
    best: Whole = np.int64(0)
    for value in values:
        if value < infinite and value > best:
            best = np.int64(value)
    return best


@compiled
def base_of(frame: Frame, weight: Ints, wanted: Whole, infinite: Whole) -> Whole:
    """Return the weight of the cheapest road arc in a slot, infinite if there is none."""
    best = np.int64(infinite)
    i = place_of(frame.slot, np.int64(wanted), np.int64(0), np.int64(len(frame.slot)))
    while i < len(frame.slot) and frame.slot[i] == wanted:
        best = min(best, np.int64(weight[frame.slot_arc[i]]))
        i += 1
    return best


@compiled
def weigh_arc(
    frame: Frame, weight: Ints, up: Ints, down: Ints, a: Whole, infinite: Whole
) -> tuple[Whole, Whole]:
    """Return both weights of one arc from its road arcs and all its lower triangles."""
    best_up = base_of(frame, weight, 2 * a, infinite)
    best_down = base_of(frame, weight, 2 * a + 1, infinite)
    x, y = frame.tail[a], frame.head[a]
    i, i_end = frame.down_first[x], frame.down_first[x + 1]
    j, j_end = frame.down_first[y], frame.down_first[y + 1]
    while i < i_end and j < j_end:
        b, c = frame.down_arc[i], frame.down_arc[j]
        if frame.tail[b] == frame.tail[c]:
            best_up = min(best_up, np.int64(down[b]) + np.int64(up[c]))
            best_down = min(best_down, np.int64(down[c]) + np.int64(up[b]))
        i += frame.tail[b] <= frame.tail[c]
        j += frame.tail[c] <= frame.tail[b]
    return best_up, best_down


@compiled
def mark_above(
    frame: Frame, up: Ints, down: Ints, a: Whole, new_up: Whole, new_down: Whole, dirty: NDArray[np.uint8]
) -> Whole:
    """Mark the arcs over arc `a` that rest on its old weights or gain by its new ones; return how many.

    In a triangle x-y-w with lowest node x the arc between y and w has seen x's arcs to both. It changes
    only if its weight was the sum over x before, or if the sum over x is less now.
    """
    x, y = frame.tail[a], frame.head[a]
    count = 0
    for b in range(frame.first[x], frame.first[x + 1]):
        w = frame.head[b]
        if w == y:
            continue
        t = find_arc(frame.first, frame.head, min(y, w), max(y, w))
        from_y, to_y = (up[t], down[t]) if y < w else (down[t], up[t])
        rests = (from_y == down[a] + up[b]) or (to_y == down[b] + up[a])
        gains = (from_y > new_down + up[b]) or (to_y > down[b] + new_up)
        if (rests or gains) and dirty[t] == 0:
            dirty[t] = 1
            count += 1
    return count


@compiled
def repair(
    frame: Frame,
    weight: Ints,
    up: Ints,
    down: Ints,
    places: tuple[NDArray[np.int32], NDArray[np.int32]],
    infinite: Whole,
) -> Whole:
    """Bring `up` and `down` in line with road arcs whose weight changed; return the highest finite new one.

    Everything that can change hangs above: arcs of ancestors of the lower ends. Ancestors are visited
    upwards, so each arc is weighed once, when all below it is final: to the bit as a full run.

    Parameters
    ----------
    places
        int32: the hierarchy arcs (slot // 2) of the changed road arcs, and the `ancestors` of their tails,
        ascending.
    """
    dirty = np.zeros(len(frame.head), np.uint8)
    changed, above = places
    for a in changed:
        dirty[a] = 1
    peak: Whole = np.int64(0)
    for v in above:
        for a in range(frame.first[v], frame.first[v + 1]):
            if dirty[a] == 0:
                continue
            new_up, new_down = weigh_arc(frame, weight, up, down, a, infinite)
            if new_up != up[a] or new_down != down[a]:
                mark_above(frame, up, down, a, new_up, new_down, dirty)
                up[a], down[a] = new_up, new_down
                peak = max(peak, new_up if new_up < infinite else 0)
                peak = max(peak, new_down if new_down < infinite else 0)
    return peak


@compiled
def meets(frame: Frame, up: Ints, down: Ints, tail: Whole, head: Whole, infinite: Whole) -> bool:
    """Return whether there is a way between two ranks: up from the one, then down to the other."""
    first, heads = frame.first, frame.head
    out = np.zeros(len(first) - 1, np.bool_)
    back = np.zeros(len(first) - 1, np.bool_)
    out[tail] = True
    back[head] = True
    v = head
    while True:
        for a in range(first[v], first[v + 1]):
            if back[v] and down[a] < infinite:
                back[heads[a]] = True
        if first[v] == first[v + 1]:
            break
        v = heads[first[v]]
    v = tail
    while True:
        if out[v] and back[v]:
            return True
        for a in range(first[v], first[v + 1]):
            if out[v] and up[a] < infinite:
                out[heads[a]] = True
        if first[v] == first[v + 1]:
            return False
        v = heads[first[v]]


@compiled
def cut_off(
    frame: Frame,
    weights: tuple[Ints, Ints],
    rows: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    closed: NDArray[np.bool_],
    ends: tuple[Whole, Whole],
    limits: tuple[Whole, Whole],
    onwards: Whole,
) -> tuple[NDArray[np.int32], bool]:
    """Return the edges at all nodes that no way from `anchor` reaches any more, found from one of them.

    Whatever lies on a way from such a node to another is such a node too, so they hang together.

    Parameters
    ----------
    weights
        `up` and `down`.
    rows
        Road arcs by rank of their tail: first, heads, edges. Against the roads if not `onwards`.
    ends
        Ranks: where to begin, and the anchor.
    limits
        The infinite weight, and how many nodes may be tried.
    onwards
        False: nodes that do not reach the anchor.

    Returns
    -------
    Edges, and whether the limit was kept.
    """
    first, head, edge = rows
    up, down = weights
    start, anchor = ends
    infinite, limit = limits
    seen = np.zeros(len(first) - 1, np.bool_)
    nodes = np.empty(limit + 1, np.int32)
    edges = np.empty(64, np.int32)
    count, done, ways, tried = 0, 0, 0, 1
    one, two = (anchor, start) if onwards else (start, anchor)
    if not meets(frame, up, down, one, two, infinite):
        nodes[0] = start
        count = 1
    seen[start] = True
    while done < count:
        v = nodes[done]
        done += 1
        for a in range(first[v], first[v + 1]):
            if closed[edge[a]]:
                continue
            if ways == len(edges):
                more = np.empty(2 * ways, np.int32)
                more[:ways] = edges
                edges = more
            edges[ways] = edge[a]
            ways += 1
            w = head[a]
            if seen[w]:
                continue
            seen[w] = True
            tried += 1
            if tried > limit:
                return edges[:0].copy(), False
            one, two = (anchor, w) if onwards else (w, anchor)
            if not meets(frame, up, down, one, two, infinite):
                nodes[count] = w
                count += 1
    return edges[:ways].copy(), True


@compiled
def ancestors(
    first: NDArray[np.int32], head: NDArray[np.int32], nodes: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return `nodes` and everything above them in the elimination tree, without repeats, not sorted.

    The parent of a node is its lowest higher neighbour.
    """
    seen = np.zeros(len(first) - 1, np.bool_)
    found = np.empty(len(first) - 1, np.int32)
    count = 0
    for node in nodes:
        v = node
        while not seen[v]:
            seen[v] = True
            found[count] = v
            count += 1
            if first[v] == first[v + 1]:
                break
            v = head[first[v]]
    return found[:count].copy()
