"""Contracted chains: everything about the removed nodes can be had back, one-way streets included."""

from __future__ import annotations

import numpy as np
import pytest
from hierarchy_worlds import make_country, plain_dijkstra
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.network.chains import along_chain, contract_chains, expand, road_arcs, ways_to_core, weigh_chains
from geoplan.network.curve import curve_order, numbers_of
from geoplan.network.weights import CLOSED


@st.composite
def sparse_graphs(draw):
    """Return nodes and arcs of a graph with many chains, rings, dead ends and one-ways."""
    nodes = draw(st.integers(1, 14))
    place = st.integers(0, nodes - 1)
    weight = st.integers(0, 9)
    roads = draw(st.lists(st.tuples(place, place, weight, st.one_of(st.none(), weight)), max_size=18))
    arcs = [(t, h, w) for t, h, w, _ in roads] + [(h, t, w) for t, h, _, w in roads if w is not None]
    return nodes, arcs


def columns(arcs):
    return tuple(np.array([arc[i] for arc in arcs], dtype=np.int64) for i in range(3))


def full_costs(nodes, arcs):
    rows = [plain_dijkstra(nodes, arcs, [(v, 0, 0)]) for v in range(nodes)]
    return np.array([[row.get(v, (CLOSED, 0))[0] for v in range(nodes)] for row in rows])


def added(*parts):
    """Return the sum of costs, CLOSED if one of them is."""
    return CLOSED if CLOSED in parts else sum(parts)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(sparse_graphs())
def test_costs_between_all_nodes_survive_the_contraction(world):
    nodes, arcs = world
    tail, head, weight = columns(arcs)
    chains = contract_chains(nodes, tail, head)
    offsets = weigh_chains(chains, weight)
    core_arcs = [
        (t, h, None if w == CLOSED else w)
        for t, h, w in zip(chains.tail.tolist(), chains.head.tolist(), offsets.core.tolist(), strict=True)
    ]
    core = full_costs(len(chains.core), core_arcs)
    expected = full_costs(nodes, arcs)
    out_node, out_cost = ways_to_core(chains, offsets, np.arange(nodes), leaving=True)
    in_node, in_cost = ways_to_core(chains, offsets, np.arange(nodes), leaving=False)
    for u in range(nodes):
        along = along_chain(chains, offsets, np.full(nodes, u), np.arange(nodes))
        for v in range(nodes):
            ways = [
                added(out_cost[u, i], core[out_node[u, i], in_node[v, j]], in_cost[v, j])
                for i in range(2)
                for j in range(2)
            ]
            assert min(*ways, along[v]) == expected[u, v]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(sparse_graphs(), st.booleans())
def test_nearest_of_the_core_expands_to_all_nodes(world, towards):
    nodes, arcs = world
    tail, head, weight = columns(arcs)
    keep = np.zeros(nodes, dtype=bool)
    facilities = [0, nodes // 2, nodes - 1]
    keep[facilities] = True
    chains = contract_chains(nodes, tail, head, keep=keep)
    assert (chains.number[facilities] >= 0).all()
    offsets = weigh_chains(chains, weight)
    seen = arcs if not towards else [(h, t, w) for t, h, w in arcs]
    best = plain_dijkstra(nodes, seen, [(f, 0, number) for number, f in enumerate(facilities)])
    every = [best.get(v, (-1, -1)) for v in range(nodes)]
    cost, label = (np.array([pair[i] for pair in every]) for i in range(2))
    nearest = cost[chains.core], label[chains.core].astype(np.int32)
    got = expand(chains, offsets, nearest, towards=towards)
    assert np.array_equal(got[0], cost)
    assert np.array_equal(got[1], label)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(sparse_graphs())
def test_core_arcs_unpack_to_road_arcs(world):
    nodes, arcs = world
    tail, head, weight = columns(arcs)
    chains = contract_chains(nodes, tail, head)
    offsets = weigh_chains(chains, weight)
    for core_arc, cost in enumerate(offsets.core):
        if cost == CLOSED:
            with pytest.raises(ValueError, match="one-way"):
                road_arcs(chains, core_arc, weight)
            continue
        roads = road_arcs(chains, core_arc, weight)
        assert weight[roads].sum() == cost
        assert tail[roads[0]] == chains.core[chains.tail[core_arc]]
        assert head[roads[-1]] == chains.core[chains.head[core_arc]]
        assert np.array_equal(head[roads[:-1]], tail[roads[1:]])


def test_a_ring_keeps_its_lowest_node_and_a_dead_end_its_end():
    ring = contract_chains(4, [1, 2, 3], [2, 3, 1])
    assert ring.core.tolist() == [0, 1]
    assert ring.member.tolist() == [2, 3]
    lane = contract_chains(3, [0, 1, 1, 2], [1, 0, 2, 1])
    assert lane.core.tolist() == [0, 2]


def test_bends_of_a_country_disappear():
    plain, bent = make_country(800, seed=2), make_country(800, seed=2, bends=6)
    few, many = (contract_chains(c.nodes, c.tail, c.head) for c in (plain, bent))
    assert bent.nodes > 7 * plain.nodes
    assert np.array_equal(few.core, many.core)


def test_curve_order_is_reversible_and_keeps_neighbours_together():
    country = make_country(4000, seed=3)
    order = curve_order(country.x_m, country.y_m)
    number = numbers_of(order)
    assert np.array_equal(order[number], np.arange(4000))
    assert np.array_equal(numbers_of(number), order)
    gap = np.abs(number[country.tail].astype(int) - number[country.head])
    assert np.median(gap) < 40 < np.median(np.abs(country.tail.astype(int) - country.head))
    assert curve_order(np.array([0, 1, 0, 1.0]), np.array([0, 0, 1, 1.0])).tolist() == [0, 1, 2, 3]
    assert curve_order(np.zeros(3), np.zeros(3)).tolist() == [0, 1, 2]
    assert len(curve_order(np.zeros(0), np.zeros(0))) == 0
