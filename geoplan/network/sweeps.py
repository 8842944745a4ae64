"""Compiled sweeps over a hierarchy: climb from few nodes, sweep down to many, sixteen lanes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geoplan.network.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.compiled import Whole

    Ints = NDArray[np.int32] | NDArray[np.int64]

LANES: Final = 16
"""Sources that share a sweep: sixteen 32-bit numbers are one cache line."""


class Rows(NamedTuple):
    """Upward arcs of some nodes, numbered 0, 1, ... by rank: compressed rows, tails, a weight an arc."""

    first: NDArray[np.int32]
    tail: NDArray[np.int32]
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
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return first, tail and head of the rows of chosen nodes in their own numbers, and each entry's arc.

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
    own_tail = np.empty(own_first[-1], np.int32)
    own_head = np.empty(own_first[-1], np.int32)
    arc = np.empty(own_first[-1], np.int32)
    for i in range(len(nodes)):
        begin = first[nodes[i]]
        for k in range(own_first[i], own_first[i + 1]):
            arc[k] = begin + k - own_first[i]
            own_tail[k] = i
            own_head[k] = local[head[arc[k]]]
    return own_first, own_tail, own_head, arc


@compiled
def seed_keys(seeds: Seeds, key: NDArray[np.int64], shift: Whole) -> None:
    """Put cost and number of each point into the keys of its nodes: key = cost x 2^shift + number."""
    for p in range(len(seeds.first) - 1):
        for i in range(seeds.first[p], seeds.first[p + 1]):
            v = seeds.node[i]
            key[v] = min(key[v], (np.int64(seeds.cost[i]) << shift) + p)


@compiled
def climb_keys(
    rows: Rows, nodes: NDArray[np.int32], key: NDArray[np.int64], shift: Whole, infinite: Whole
) -> Whole:
    """Carry the keys upwards over `nodes` (ascending, closed upwards); return the highest finite one."""
    peak: Whole = np.int64(0)
    for v in nodes:
        if key[v] >= infinite:
            continue
        peak = max(peak, key[v])
        for a in range(rows.first[v], rows.first[v + 1]):
            u = rows.head[a]
            key[u] = min(key[u], key[v] + (np.int64(rows.weight[a]) << shift))
    return peak


@compiled
def sweep_keys(rows: Rows, key: NDArray[np.int64], shift: Whole) -> None:
    """Carry the keys downwards, highest nodes first (PHAST).

    One loop over all arcs rather than a loop over nodes with one over their two or three arcs inside: the
    processor cannot foretell where such short loops end. Unsigned indices spare the test for negative ones.
    Together they make the sweep two and a half times as fast.
    """
    bits = np.uint64(shift)
    arcs = np.uint32(len(rows.head))
    for i in range(arcs):
        a = np.uint32(arcs - np.uint32(1)) - i
        v = np.uint32(rows.tail[a])
        key[v] = min(key[v], key[np.uint32(rows.head[a])] + (np.int64(rows.weight[a]) << bits))


@compiled
def split_keys(
    key: NDArray[np.int64], where: NDArray[np.int32], shift: Whole, infinite: Whole, cost: Ints
) -> tuple[NDArray[np.int32], Whole]:
    """Fill the cost of each node by its place `where`; return their numbers and the highest cost.

    -1 for unreached.
    """
    label = np.empty(len(where), np.int32)
    mask = (np.int64(1) << shift) - 1
    bits = np.uint64(shift)
    peak: Whole = np.int64(0)
    for i in range(len(where)):
        k = key[np.uint32(where[i])]
        reached = k < infinite
        cost[i] = k >> bits if reached else -1
        label[i] = np.int32(k & mask) if reached else np.int32(-1)
        peak = max(peak, k if reached else 0)
    return label, peak >> bits


@compiled
def best_keys(seeds: Seeds, key: NDArray[np.int64], shift: Whole, infinite: Whole) -> NDArray[np.int64]:
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
    """Carry the lanes upwards over the nodes seen; hand what reaches a target's node over to `below`.

    Leaves `seen` as it must be for the next group. The number of lanes is read from the array: a loop of
    known length is unrolled before it can be vectorised, which costs a factor of three.
    """
    number = lane.dtype.type
    lanes = lane.shape[1]
    for v in range(len(seen)):
        if not seen[v]:
            continue
        seen[v] = False
        own = lane[v]
        for a in range(rows.first[v], rows.first[v + 1]):
            other = lane[rows.head[a]]
            w = rows.weight[a]
            for k in range(lanes):
                other[k] = min(other[k], number(own[k] + w))
        if link[v] >= 0:
            below[link[v]] = own


@compiled
def sweep_lanes(rows: Rows, lane: Ints) -> None:
    """Carry the lanes downwards, highest nodes first."""
    number = lane.dtype.type
    lanes = lane.shape[1]
    for v in range(len(rows.first) - 2, -1, -1):
        own = lane[v]
        for a in range(rows.first[v], rows.first[v + 1]):
            other = lane[rows.head[a]]
            w = rows.weight[a]
            for k in range(lanes):
                own[k] = min(own[k], number(other[k] + w))


@compiled
def mark_chain(rows: Rows, seen: NDArray[np.bool_], node: Whole) -> None:
    """Mark a node and all its ancestors."""
    v = node
    while not seen[v]:
        seen[v] = True
        if rows.first[v] == rows.first[v + 1]:
            break
        v = rows.head[rows.first[v]]


@compiled
def take_lanes(lane: Ints, targets: Seeds, group: NDArray[np.int32], infinite: Whole, out: Ints) -> None:
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
def highest(lane: Ints, infinite: Whole) -> Whole:
    """Return the greatest finite value of all lanes."""
    values = lane.ravel()
    best = lane.dtype.type(0)
    for i in range(len(values)):
        best = max(best, values[i] if values[i] < infinite else lane.dtype.type(0))
    return np.int64(best)


@compiled
def run_lanes(
    ways: tuple[Rows, Rows],
    points: tuple[Seeds, Seeds],
    link: NDArray[np.int32],
    order: NDArray[np.int32],
    infinite: Whole,
    out: Ints,
) -> Whole:
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
    peak: Whole = np.int64(0)
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
