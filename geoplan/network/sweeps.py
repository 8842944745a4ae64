"""Compiled sweeps over a hierarchy: climb from few nodes, sweep down to many, sixteen lanes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geoplan.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32] | NDArray[np.int64]

LANES: Final = 16
"""Sources that share a sweep: sixteen 32-bit numbers are one cache line."""


class Rows(NamedTuple):
    """Upward arcs of some nodes, numbered 0, 1, ... by rank: compressed rows with one weight an arc."""

    first: NDArray[np.int32]
    head: NDArray[np.int32]
    weight: Ints


class Seeds(NamedTuple):
    """Points as ragged lists of (node, cost): those of point p are `first[p]` to `first[p + 1] - 1`."""

    first: NDArray[np.int32]
    node: NDArray[np.int32]
    cost: Ints


@compiled
def induced(
    first: NDArray[np.int32], head: NDArray[np.int32], nodes: NDArray[np.int32], local: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return rows of the chosen nodes in their own numbers, and the arc each entry comes from.

    Parameters
    ----------
    nodes
        Ascending and closed upwards: with a node all its higher neighbours.
    local
        Filled here: the number of each chosen node.
    """
    for i in range(len(nodes)):
        local[nodes[i]] = i
    own_first = np.zeros(len(nodes) + 1, np.int32)
    for i in range(len(nodes)):
        own_first[i + 1] = own_first[i] + first[nodes[i] + 1] - first[nodes[i]]
    own_head = np.empty(own_first[-1], np.int32)
    arc = np.empty(own_first[-1], np.int32)
    for i in range(len(nodes)):
        begin = first[nodes[i]]
        for k in range(own_first[i], own_first[i + 1]):
            arc[k] = begin + k - own_first[i]
            own_head[k] = local[head[arc[k]]]
    return own_first, own_head, arc


@compiled
def seed_keys(seeds: Seeds, key: NDArray[np.int64], shift: int) -> None:
    """Put cost and number of each point into the keys of its nodes: key = cost x 2^shift + number."""
    for p in range(len(seeds.first) - 1):
        for i in range(seeds.first[p], seeds.first[p + 1]):
            v = seeds.node[i]
            key[v] = min(key[v], (np.int64(seeds.cost[i]) << shift) + p)


@compiled
def climb_keys(rows: Rows, key: NDArray[np.int64], shift: int, infinite: int) -> None:
    """Carry the keys upwards, lowest nodes first."""
    for v in range(len(rows.first) - 1):
        if key[v] >= infinite:
            continue
        for a in range(rows.first[v], rows.first[v + 1]):
            u = rows.head[a]
            key[u] = min(key[u], key[v] + (np.int64(rows.weight[a]) << shift))


@compiled
def sweep_keys(rows: Rows, key: NDArray[np.int64], shift: int) -> None:
    """Carry the keys downwards, highest nodes first (PHAST): a plain run through the arrays, no branches."""
    for v in range(len(rows.first) - 2, -1, -1):
        best = key[v]
        for a in range(rows.first[v], rows.first[v + 1]):
            best = min(best, key[rows.head[a]] + (np.int64(rows.weight[a]) << shift))
        key[v] = best


@compiled
def split_keys(
    key: NDArray[np.int64], where: NDArray[np.int32], shift: int, infinite: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Return cost and number of each node by its place `where`, -1 for unreached, and the highest cost."""
    cost = np.empty(len(where), np.int64)
    label = np.empty(len(where), np.int32)
    mask = (np.int64(1) << shift) - 1
    peak = np.int64(0)
    for i in range(len(where)):
        k = key[where[i]]
        reached = k < infinite
        c = k >> shift
        cost[i] = c if reached else -1
        label[i] = (k & mask) if reached else -1
        peak = max(peak, cost[i])
    return cost, label, peak


@compiled
def best_keys(seeds: Seeds, key: NDArray[np.int64], shift: int, infinite: int) -> NDArray[np.int64]:
    """Return for each point the least key over its nodes, its own cost added."""
    found = np.full(len(seeds.first) - 1, infinite, np.int64)
    for p in range(len(found)):
        for i in range(seeds.first[p], seeds.first[p + 1]):
            k = key[seeds.node[i]]
            if k < infinite:
                found[p] = min(found[p], k + (np.int64(seeds.cost[i]) << shift))
    return found


@compiled
def climb_lanes(
    rows: Rows, seen: NDArray[np.bool_], lane: Ints, link: NDArray[np.int32], below: Ints
) -> None:
    """Carry sixteen lanes upwards over the nodes seen; hand what reaches a target's node over to `below`.

    Leaves `seen` and `lane` as they must be for the next group.
    """
    number = lane.dtype.type
    for v in range(len(seen)):
        if not seen[v]:
            continue
        seen[v] = False
        for a in range(rows.first[v], rows.first[v + 1]):
            u = rows.head[a]
            w = rows.weight[a]
            for k in range(LANES):
                lane[u, k] = min(lane[u, k], number(lane[v, k] + w))
        if link[v] >= 0:
            for k in range(LANES):
                below[link[v], k] = lane[v, k]


@compiled
def sweep_lanes(rows: Rows, lane: Ints) -> None:
    """Carry sixteen lanes downwards, highest nodes first."""
    number = lane.dtype.type
    best = np.empty(LANES, lane.dtype)
    for v in range(len(rows.first) - 2, -1, -1):
        for k in range(LANES):
            best[k] = lane[v, k]
        for a in range(rows.first[v], rows.first[v + 1]):
            u = rows.head[a]
            w = rows.weight[a]
            for k in range(LANES):
                best[k] = min(best[k], number(lane[u, k] + w))
        for k in range(LANES):
            lane[v, k] = best[k]


@compiled
def mark_chain(rows: Rows, seen: NDArray[np.bool_], node: int) -> None:
    """Mark a node and all its ancestors."""
    v = node
    while not seen[v]:
        seen[v] = True
        if rows.first[v] == rows.first[v + 1]:
            break
        v = rows.head[rows.first[v]]


@compiled
def take_lanes(lane: Ints, targets: Seeds, group: NDArray[np.int32], infinite: int, out: Ints) -> None:
    """Write the costs of one group of sources to all targets into `out`, -1 where there is no path."""
    for t in range(len(targets.first) - 1):
        for k in range(len(group)):
            best = np.int64(-1)
            for i in range(targets.first[t], targets.first[t + 1]):
                value = np.int64(lane[targets.node[i], k])
                if value < infinite and (best < 0 or value + targets.cost[i] < best):
                    best = value + targets.cost[i]
            out[group[k], t] = best


@compiled
def highest(lane: Ints, infinite: int) -> int:
    """Return the greatest finite value of all lanes."""
    best = np.int64(0)
    for v in range(lane.shape[0]):
        for k in range(LANES):
            if lane[v, k] < infinite:
                best = max(best, np.int64(lane[v, k]))
    return best


@compiled
def run_lanes(
    ways: tuple[Rows, Rows],
    points: tuple[Seeds, Seeds],
    link: NDArray[np.int32],
    order: NDArray[np.int32],
    infinite: int,
    out: Ints,
) -> int:
    """Fill rows of a matrix (RPHAST): climb and sweep for sixteen sources at a time, over asked nodes only.

    Parameters
    ----------
    ways
        Rows above the sources with the weights of climbing, rows above the targets with those of sweeping.
    points
        Sources and targets in the numbers of those rows.
    link
        int32: number among the target rows of each source row, -1 if it is no ancestor of a target.
    order
        int32: the sources to do; neighbours in it should be neighbours on the ground.

    Returns
    -------
    The greatest finite cost met, by which the caller sees whether the type was wide enough.
    """
    rise, fall = ways
    sources, targets = points
    lane = np.full((len(rise.first) - 1, LANES), infinite, out.dtype)
    below = np.full((len(fall.first) - 1, LANES), infinite, out.dtype)
    seen = np.zeros(len(lane), np.bool_)
    peak = np.int64(0)
    for begin in range(0, len(order), LANES):
        group = order[begin : begin + LANES]
        lane[:] = infinite
        below[:] = infinite
        for k in range(len(group)):
            for i in range(sources.first[group[k]], sources.first[group[k] + 1]):
                v = sources.node[i]
                lane[v, k] = min(lane[v, k], sources.cost[i])
                mark_chain(rise, seen, v)
        climb_lanes(rise, seen, lane, link, below)
        peak = max(peak, highest(lane, infinite))
        sweep_lanes(fall, below)
        peak = max(peak, highest(below, infinite))
        take_lanes(below, targets, group, infinite, out)
    return peak
