"""Contracts chains of nodes with two neighbours, and keeps how far each removed node is from both ends.

Plain NumPy: it serves SciPy as well as the hierarchy (which needs it less: it lets go of chains first).
A removed node may lie on a one-way street; what cannot be driven costs `CLOSED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geoplan.network.weights import CLOSED, UNREACHED, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Links:
    """Road arcs grouped by their two ends, without loops.

    Attributes
    ----------
    first, arc
        int32: the parallel road arcs of link l are `arc[first[l]]` to `arc[first[l + 1] - 1]`.
    half_tail, half_head, half_link
        int32: halves 2 p and 2 p + 1 are the two directions of pair p of neighbours; the link that runs
        along each, -1 if the road is one-way against it.
    """

    first: NDArray[np.int32]
    arc: NDArray[np.int32]
    half_tail: NDArray[np.int32]
    half_head: NDArray[np.int32]
    half_link: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Chains:
    """A road graph without its chains; nothing in it depends on weights.

    Attributes
    ----------
    core
        int32: the node behind each core number.
    number
        int32, one a node: its core number, -1 if it is removed.
    first, member
        int32: the removed nodes of chain c are `member[first[c]]` to `member[first[c + 1] - 1]`, from its
        start to its end.
    start, end
        int32, one a chain: the core numbers of its ends; the same for a loop.
    place
        int32, one a node: its place in `member`, -1 for a core node.
    tail, head
        int32, one a core arc, core numbers: links between core nodes, then chains from start to end, then
        chains from end to start.
    direct
        int32: the links behind the first core arcs.
    step
        int32: the halves along each chain, one more than it has members.
    links
        The road arcs behind it all.
    """

    core: NDArray[np.int32]
    number: NDArray[np.int32]
    first: NDArray[np.int32]
    member: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    place: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    direct: NDArray[np.int32]
    step: NDArray[np.int32]
    links: Links

    @property
    def chain(self) -> NDArray[np.int32]:
        """Chain of each place in `member`."""
        return np.repeat(np.arange(len(self.start), dtype=np.int32), np.diff(self.first))


class Sums(NamedTuple):
    """Running sums, one more than there are steps: of the open ones, and how many were closed."""

    total: NDArray[np.int64]
    closed: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Offsets:
    """Weights of a contracted graph; `CLOSED` where there is no way.

    Attributes
    ----------
    core
        int64, one a core arc.
    to_start, to_end, from_start, from_end
        int64, one a removed node in the order of `Chains.member`: cost along its chain.
    forth, back
        Running sums over `Chains.step` in both directions.
    """

    core: NDArray[np.int64]
    to_start: NDArray[np.int64]
    to_end: NDArray[np.int64]
    from_start: NDArray[np.int64]
    from_end: NDArray[np.int64]
    forth: Sums
    back: Sums


def contract_chains(
    nodes: int, tail: ArrayLike, head: ArrayLike, *, keep: NDArray[np.bool_] | None = None
) -> Chains:
    """Return the graph with every node of exactly two neighbours removed.

    Of a ring without any other node the lowest stays. Parallel arcs and loops are no neighbours more.

    Parameters
    ----------
    nodes, tail, head
        A directed road graph.
    keep
        Nodes that must stay, whatever their neighbours.
    """
    tails, heads = np.asarray(tail, dtype=np.int64), np.asarray(head, dtype=np.int64)
    links = _linked(nodes, tails, heads)
    gone = np.bincount(links.half_tail, minlength=nodes) == 2
    if keep is not None:
        gone &= ~keep
    gone[_lowest_of_rings(nodes, links, gone)] = False
    onward = _onward(links, gone)
    last, hops = _followed(onward)
    return _numbered(links, gone, last, hops)


def _linked(nodes: int, tail: NDArray[np.int64], head: NDArray[np.int64]) -> Links:
    """Return the arcs grouped by their ends."""
    width = max(nodes, 1)
    arc = np.flatnonzero(tail != head)
    key = tail[arc] * width + head[arc]
    order = np.argsort(key, kind="stable")
    link, begin = np.unique(key[order], return_index=True)
    low, high = np.minimum(link // width, link % width), np.maximum(link // width, link % width)
    pair = np.unique(low * width + high)
    half = np.stack([pair, (pair % width) * width + pair // width], axis=1).ravel()
    at = np.minimum(np.searchsorted(link, half), max(len(link) - 1, 0))
    known = link[at] == half if len(link) else np.zeros(0, dtype=bool)
    return Links(
        np.append(begin, len(arc)).astype(np.int32),
        arc[order].astype(np.int32),
        (half // width).astype(np.int32),
        (half % width).astype(np.int32),
        np.where(known, at, -1).astype(np.int32),
    )


def _lowest_of_rings(nodes: int, links: Links, gone: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the lowest node of each ring in which every node would go."""
    inner = gone[links.half_tail] & gone[links.half_head]
    ends = links.half_tail[inner], links.half_head[inner]
    _, label = connected_components(coo_matrix((np.ones(len(ends[0])), ends), shape=(nodes, nodes)))
    held = np.zeros(nodes, dtype=bool)
    held[label[links.half_tail[gone[links.half_tail] & ~gone[links.half_head]]]] = True
    candidates = np.flatnonzero(gone & ~held[label])
    _, lowest = np.unique(label[candidates], return_index=True)
    return candidates[lowest]


def _onward(links: Links, gone: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the half that goes on behind each half through a removed node; itself where it ends."""
    half = np.arange(len(links.half_tail), dtype=np.int64)
    both = np.bincount(links.half_tail, half, minlength=len(gone)).astype(np.int64)
    return np.where(gone[links.half_head], both[links.half_head] - (half ^ 1), half).astype(np.int32)


def _followed(onward: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each half the last one of its chain and the steps until there, by pointer doubling."""
    last = onward
    hops = (onward != np.arange(len(onward))).astype(np.int32)
    while True:
        further = last[last]
        if np.array_equal(further, last):
            return last, hops
        hops = hops + hops[last]
        last = further


def _numbered(
    links: Links, gone: NDArray[np.bool_], last: NDArray[np.int32], hops: NDArray[np.int32]
) -> Chains:
    """Return the chains in order of their first half, their members from start to end."""
    half = np.arange(len(last), dtype=np.int32)
    core = np.flatnonzero(~gone).astype(np.int32)
    number = np.full(len(gone), -1, dtype=np.int32)
    number[core] = np.arange(len(core))
    opening = half[~gone[links.half_tail] & gone[links.half_head]]
    opening = opening[opening < (last[opening] ^ 1)]
    chain_of = np.full(len(half), -1, dtype=np.int32)
    chain_of[opening] = np.arange(len(opening))
    # Each removed node is left by two halves: one of them leads to the start of its chain.
    leaving = half[gone[links.half_tail]]
    chain = chain_of[last[leaving] ^ 1]
    towards_start = chain >= 0
    back, chain = leaving[towards_start], chain[towards_start]
    order = np.lexsort((hops[back], chain))
    member = links.half_tail[back[order]]
    place = np.full(len(gone), -1, dtype=np.int32)
    place[member] = np.arange(len(member))
    first = np.concatenate([[0], np.cumsum(np.bincount(chain, minlength=len(opening)))]).astype(np.int32)
    # The steps run from start to end: the reverse of each half towards the start, and the last half.
    step = np.insert(back[order] ^ 1, first[1:], last[opening]).astype(np.int32)
    start, end = number[links.half_tail[opening]], number[links.half_head[last[opening]]]
    plain = half[~gone[links.half_tail] & ~gone[links.half_head] & (links.half_link >= 0)]
    tail = np.concatenate([number[links.half_tail[plain]], start, end])
    head = np.concatenate([number[links.half_head[plain]], end, start])
    return Chains(
        core, number, first, member, start, end, place, tail, head, links.half_link[plain], step, links
    )


def weigh_chains(chains: Chains, weights: ArrayLike) -> Offsets:
    """Return the weights of the core arcs and the offsets of the removed nodes.

    Parameters
    ----------
    weights
        One a road arc: whole numbers, `CLOSED` or infinite; see `weights.whole_numbers`.
    """
    weight = whole_numbers(weights)
    along = _half_weights(chains.links, weight)
    forth, back = _summed(along[chains.step]), _summed(along[chains.step ^ 1])
    begin = chains.first[:-1] + np.arange(len(chains.start))
    final = chains.first[1:] + np.arange(1, len(chains.start) + 1)
    own, chain = _own_step(chains), chains.chain
    direct = _link_weights(chains.links, weight)[chains.direct]
    return Offsets(
        core=np.concatenate([direct, _between(forth, begin, final), _between(back, begin, final)]),
        to_start=_between(back, begin[chain], own),
        to_end=_between(forth, own, final[chain]),
        from_start=_between(forth, begin[chain], own),
        from_end=_between(back, own, final[chain]),
        forth=forth,
        back=back,
    )


def _own_step(chains: Chains) -> NDArray[np.int64]:
    """Return for each removed node the step that begins at it."""
    return np.arange(len(chains.member)) + chains.chain + 1


def _summed(weight: NDArray[np.int64]) -> Sums:
    """Return running sums of weights."""
    closed = weight == CLOSED
    total = np.concatenate([[0], np.cumsum(np.where(closed, 0, weight))])
    return Sums(total, np.concatenate([[0], np.cumsum(closed)]))


def _between(sums: Sums, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums from step `begin` to before step `end`, `CLOSED` if anything between is."""
    barred = sums.closed[end] > sums.closed[begin]
    return np.where(barred, CLOSED, sums.total[end] - sums.total[begin])


def _link_weights(links: Links, weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weight of the cheapest road arc of each link."""
    if not len(links.arc):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.minimum.reduceat(weight[links.arc], links.first[:-1]), dtype=np.int64)


def _half_weights(links: Links, weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weight of each half, `CLOSED` against one-way traffic."""
    padded = np.append(_link_weights(links, weight), CLOSED)
    return padded[links.half_link]


def expand(
    chains: Chains,
    offsets: Offsets,
    nearest: tuple[NDArray[np.int64], NDArray[np.int32]],
    *,
    towards: bool = True,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return cost and facility of all nodes from those of the core.

    Right for facilities at core nodes: one on a chain may be reached without passing an end of it.

    Parameters
    ----------
    nearest
        Cost (int64, `UNREACHED` where it is) and number of a facility (int32), one a core node.
    towards
        Whether the costs are those of travel to the facility.

    Returns
    -------
    The same, one a node; a tie goes to the lower facility.
    """
    cost = np.full(len(chains.number), UNREACHED, dtype=np.int64)
    label = np.full(len(chains.number), -1, dtype=np.int32)
    cost[chains.core], label[chains.core] = nearest
    chain = chains.chain
    legs = (offsets.to_start, offsets.to_end) if towards else (offsets.from_start, offsets.from_end)
    one = _over(chains.start[chain], legs[0], nearest[0])
    two = _over(chains.end[chain], legs[1], nearest[0])
    by_start, by_end = nearest[1][chains.start[chain]], nearest[1][chains.end[chain]]
    second = (two < one) | ((two == one) & (by_end < by_start))
    best = np.minimum(one, two)
    cost[chains.member] = np.where(best == CLOSED, UNREACHED, best)
    label[chains.member] = np.where(best == CLOSED, -1, np.where(second, by_end, by_start))
    return cost, label


def _over(node: NDArray[np.int32], leg: NDArray[np.int64], cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return leg + cost of the node at the end of it, `CLOSED` where either is not to be had."""
    barred = (leg == CLOSED) | (cost[node] == UNREACHED)
    return np.where(barred, CLOSED, np.where(barred, 0, leg) + cost[node])


def ways_to_core(
    chains: Chains, offsets: Offsets, nodes: ArrayLike, *, leaving: bool
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return two core numbers and costs for each node, as `Stops.from_ways` takes them.

    Parameters
    ----------
    leaving
        From the node to the core; False: from the core to the node.
    """
    wanted = np.asarray(nodes, dtype=np.int64)
    place = chains.place[wanted]
    removed = place >= 0
    core = np.repeat(chains.number[wanted][:, None], 2, axis=1)
    cost = np.zeros((len(wanted), 2), dtype=np.int64)
    cost[:, 1] = CLOSED
    at = place[removed]
    core[removed] = np.column_stack([chains.start, chains.end])[chains.chain[at]]
    legs = (offsets.to_start, offsets.to_end) if leaving else (offsets.from_start, offsets.from_end)
    cost[removed] = np.column_stack([leg[at] for leg in legs])
    return core, cost


def along_chain(chains: Chains, offsets: Offsets, tail: ArrayLike, head: ArrayLike) -> NDArray[np.int64]:
    """Return the costs between pairs of removed nodes along their common chain, `CLOSED` if they have none.

    The way over the ends of the chain may be shorter still: take the minimum of both.
    """
    one, two = chains.place[np.asarray(tail)], chains.place[np.asarray(head)]
    chain = np.append(chains.chain, -1)
    shared = (one >= 0) & (two >= 0) & (chain[one] == chain[two])
    own = np.append(_own_step(chains), 0)
    begin, end = own[np.where(shared, one, -1)], own[np.where(shared, two, -1)]
    ahead = _between(offsets.forth, np.minimum(begin, end), np.maximum(begin, end))
    behind = _between(offsets.back, np.minimum(begin, end), np.maximum(begin, end))
    return np.where(shared, np.where(begin <= end, ahead, behind), CLOSED)


def road_arcs(chains: Chains, core_arc: int, weights: ArrayLike) -> NDArray[np.int32]:
    """Return the road arcs behind a core arc in order of travel, of parallel ones the cheapest.

    Raises
    ------
    ValueError
        The core arc runs along a chain that is one-way against it.
    """
    direct, count = len(chains.direct), len(chains.start)
    if core_arc < direct:
        links = chains.direct[[core_arc]]
    else:
        chain = (core_arc - direct) % count
        steps = chains.step[chains.first[chain] + chain : chains.first[chain + 1] + chain + 1]
        halves = steps if core_arc < direct + count else steps[::-1] ^ 1
        links = chains.links.half_link[halves]
    if (links < 0).any():
        raise ValueError(f"core arc {core_arc} is closed by a one-way road")
    weight = np.asarray(weights)
    groups = [chains.links.arc[chains.links.first[link] : chains.links.first[link + 1]] for link in links]
    return np.array([group[np.argmin(weight[group])] for group in groups], dtype=np.int32)
