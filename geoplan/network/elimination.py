"""Kernels that turn an elimination order into the fixed part of a hierarchy: tree, fill-in, arc numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoplan.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.compiled import Whole


@compiled
def elimination_tree(indptr: NDArray[np.int32], adjacent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the parent of each node in the elimination tree of a symmetric graph numbered by rank; -1: root.

    Liu's algorithm with path compression. The parent of v is the lowest node above v that v is joined to
    once all nodes below v are gone.
    """
    n = len(indptr) - 1
    parent = np.full(n, -1, np.int32)
    ancestor = np.full(n, -1, np.int32)
    for v in range(n):
        for i in range(indptr[v], indptr[v + 1]):
            u = adjacent[i]
            while u != -1 and u < v:
                above = ancestor[u]
                ancestor[u] = v
                if above == -1:
                    parent[u] = v
                u = above if above != v else -1
    return parent


@compiled
def postorder(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the new rank of each node: children before parents, each subtree without gaps.

    The fill-in stays the same; what is swept together then lies together in memory.
    """
    n = len(parent)
    size = np.ones(n, np.int32)
    for v in range(n):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    # Each node hands the places below its own to its children, the first child lowest.
    free = np.zeros(n, np.int32)
    rank = np.empty(n, np.int32)
    roots = np.int32(n)
    for v in range(n - 1, -1, -1):
        if parent[v] < 0:
            roots -= size[v]
            low = roots
        else:
            low = free[parent[v]] - size[v]
            free[parent[v]] = low
        rank[v] = low + size[v] - 1
        free[v] = rank[v]
    return rank


@compiled
def fill_in(
    indptr: NDArray[np.int32], adjacent: NDArray[np.int32], parent: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each node its higher neighbours after elimination, as compressed rows (not sorted)."""
    n = len(indptr) - 1
    first = np.zeros(n + 1, np.int32)
    head = np.empty(max(2 * len(adjacent), 16), np.int32)
    seen = np.full(n, -1, np.int32)
    child = np.full(n, -1, np.int32)
    sibling = np.full(n, -1, np.int32)
    end = 0
    for v in range(n):
        if end + n - v > len(head):
            # Room for the longest row possible is made before the row is written.
            more = np.empty(max(2 * len(head), end + n - v), np.int32)
            more[:end] = head[:end]
            head = more
        for i in range(indptr[v], indptr[v + 1]):
            u = adjacent[i]
            if u > v and seen[u] != v:
                seen[u] = v
                head[end] = u
                end += 1
        c = child[v]
        while c != -1:
            for i in range(first[c], first[c + 1]):
                u = head[i]
                if u != v and seen[u] != v:
                    seen[u] = v
                    head[end] = u
                    end += 1
            c = sibling[c]
        first[v + 1] = end
        if parent[v] >= 0:
            sibling[v] = child[parent[v]]
            child[parent[v]] = v
    return first, head[:end].copy()


@compiled
def sort_rows(
    first: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Sort every row by transposing twice; return head, tail, and for each node the arcs that end in it.

    Returns
    -------
    head, tail
        int32, one an arc, sorted by tail and then head.
    down_first, down_arc
        The arcs from lower nodes into each node, by tail.
    """
    n = len(first) - 1
    down_first = np.zeros(n + 1, np.int32)
    for a in range(len(head)):
        down_first[head[a] + 1] += 1
    for v in range(n):
        down_first[v + 1] += down_first[v]
    lower = np.empty(len(head), np.int32)
    place = down_first[:-1].copy()
    for v in range(n):
        for a in range(first[v], first[v + 1]):
            u = head[a]
            lower[place[u]] = v
            place[u] += 1
    tail = np.empty(len(head), np.int32)
    down_arc = np.empty(len(head), np.int32)
    place = first[:-1].copy()
    for u in range(n):
        for i in range(down_first[u], down_first[u + 1]):
            v = lower[i]
            a = place[v]
            place[v] += 1
            head[a] = u
            tail[a] = v
            down_arc[i] = a
    return head, tail, down_first, down_arc


@compiled
def place_of(values: NDArray[np.int32], wanted: Whole, begin: Whole, end: Whole) -> Whole:
    """Return the first place from `begin` to `end` whose value is not less than `wanted`, by bisection."""
    while begin < end:
        middle = (begin + end) // 2
        if values[middle] < wanted:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def find_arc(first: NDArray[np.int32], head: NDArray[np.int32], low: Whole, high: Whole) -> Whole:
    """Return the arc from node `low` to the higher node `high`, -1 if there is none."""
    end = np.int64(first[low + 1])
    a = place_of(head, np.int64(high), np.int64(first[low]), end)
    return a if a < end and head[a] == high else -1


@compiled
def find_slots(
    first: NDArray[np.int32], head: NDArray[np.int32], tails: NDArray[np.int32], heads: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the slot of each road arc between ranks: 2 x hierarchy arc, + 1 if it runs downwards.

    -1: both ends are one node; -2: the hierarchy has no such arc.
    """
    slot = np.empty(len(tails), np.int32)
    for i in range(len(tails)):
        t, h = tails[i], heads[i]
        if t == h:
            slot[i] = -1
            continue
        a = find_arc(first, head, min(t, h), max(t, h))
        slot[i] = -2 if a < 0 else 2 * a + (t > h)
    return slot


@compiled
def relink(
    indptr: NDArray[np.int32],
    rows: NDArray[np.int32],
    degree: NDArray[np.int32],
    node: Whole,
    gone: Whole,
    other: Whole,
) -> None:
    """In the row of `node` put `other` for `gone`; drop the entry if there is no other or it is there."""
    begin, end = indptr[node], indptr[node] + degree[node]
    known = other < 0
    place: Whole = begin
    for i in range(begin, end):
        if rows[i] == gone:
            place = i
        elif rows[i] == other:
            known = True
    if known:
        rows[place] = rows[end - 1]
        degree[node] -= 1
    else:
        rows[place] = other


@compiled
def reduce_graph(
    indptr: NDArray[np.int32], adjacent: NDArray[np.int32], degree: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Eliminate nodes of degree 0, 1 and 2 again and again; what is left is the core.

    Dead ends and chains make no fill-in worth speaking of, so a general ordering need not look at them. In
    one round no two neighbours go, so that a chain of k nodes becomes a tree of height log k, not k.

    Parameters
    ----------
    indptr, adjacent
        A symmetric graph without loops and parallels. Not changed.
    degree
        Length of each row; comes back as the neighbours left, 0 for an eliminated node.

    Returns
    -------
    order
        int32: the eliminated nodes, first to last.
    rows
        int32: `adjacent` with the neighbours left at the start of each row.
    """
    n = len(indptr) - 1
    rows = adjacent.copy()
    order = np.empty(n, np.int32)
    turn_of = np.zeros(n, np.int32)  # the last round in which a neighbour went
    waiting = np.zeros(n, np.bool_)
    now, later = np.empty(n, np.int32), np.empty(n, np.int32)
    count, length, turn = 0, 0, 0
    for v in range(n):
        if degree[v] <= 2:
            waiting[v] = True
            now[length] = v
            length += 1
    while length > 0:
        turn += 1
        kept = 0
        for place in range(length):
            v = now[place]
            if turn_of[v] == turn:
                later[kept] = v
                kept += 1
                continue
            waiting[v] = False
            order[count] = v
            count += 1
            begin = indptr[v]
            for i in range(begin, begin + degree[v]):
                u = rows[i]
                other = rows[2 * begin + 1 - i] if degree[v] == 2 else -1
                relink(indptr, rows, degree, u, v, other)
                turn_of[u] = turn
                if degree[u] <= 2 and not waiting[u]:
                    waiting[u] = True
                    later[kept] = u
                    kept += 1
            degree[v] = 0
        now, later, length = later, now, kept
    return order[:count].copy(), rows
