"""The hierarchy gives SciPy's answers on a synthetic country, in both directions, in 32 and 64 bits."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hierarchy_worlds import make_country, scipy_matrix, whole
from scipy.sparse.csgraph import dijkstra

pytest.importorskip("numba", reason="the hierarchy needs numba (extra `fast`)")
pytest.importorskip("pymetis", reason="the hierarchy needs pymetis (extra `fast`)")

from geoplan.network.hierarchy import Hierarchy, build_hierarchy, hierarchy_key
from geoplan.network.metric import customise
from geoplan.network.stops import Stops
from geoplan.network.weights import CLOSED, UNREACHED, pack_weights, unpack_costs

NODES = 12_000


@pytest.fixture(scope="module")
def country():
    return make_country(NODES, seed=5)


@pytest.fixture(scope="module")
def hierarchy(country):
    return build_hierarchy(country.nodes, country.tail, country.head)


@pytest.fixture(scope="module")
def metric(country, hierarchy):
    return customise(hierarchy, country.time_ms)


@pytest.fixture(scope="module")
def packed(country, hierarchy):
    return customise(hierarchy, pack_weights(country.time_ms, country.length_dm))


@pytest.fixture(scope="module")
def graph(country):
    return scipy_matrix(country.nodes, country.tail, country.head, country.time_ms)


def some(count, seed=0):
    return np.random.default_rng(seed).integers(0, NODES, count)


def test_two_thousand_random_pairs_equal_scipy(metric, graph):
    origins, destinations = some(50, 1), some(40, 2)
    expected = whole(dijkstra(graph, indices=origins))[:, destinations]
    got = metric.matrix(Stops.at_nodes(origins), Stops.at_nodes(destinations))
    assert got.shape == (50, 40)
    assert np.array_equal(got, expected)


def test_directions_differ_and_both_are_right(metric, graph):
    facility = some(1, 3)
    there = metric.costs(Stops.at_nodes(facility))
    back = metric.costs(Stops.at_nodes(facility), towards=True)
    assert np.array_equal(there, whole(dijkstra(graph, indices=facility[0])))
    assert np.array_equal(back, whole(dijkstra(graph.T.tocsr(), indices=facility[0])))
    assert (there != back).any()


@pytest.mark.parametrize("towards", [True, False])
def test_nearest_of_twelve_for_all_nodes(metric, graph, towards):
    facilities = some(12, 4)
    rows = whole(dijkstra(graph.T.tocsr() if towards else graph, indices=facilities))
    cost, label = metric.nearest(Stops.at_nodes(facilities), towards=towards)
    assert np.array_equal(cost, rows.min(axis=0))
    assert np.array_equal(label, rows.argmin(axis=0))


def test_a_tie_goes_to_the_facility_that_stands_first(metric):
    node = some(1, 5)[0]
    _, label = metric.nearest(Stops.at_nodes([node, node, node]))
    assert (label == 0).all()


def test_points_have_ways_with_costs_of_their_own(metric, graph):
    node, cost = some(60, 6).reshape(30, 2), np.random.default_rng(6).integers(0, 90_000, (30, 2))
    facility_node, facility_cost = some(10, 7).reshape(5, 2), np.full((5, 2), 1000)
    facility_cost[1] = CLOSED
    points, facilities = Stops.from_ways(node, cost), Stops.from_ways(facility_node, facility_cost)
    rows = whole(dijkstra(graph, indices=node.ravel()))[:, facility_node.ravel()].reshape(30, 2, 5, 2)
    total = (rows + cost[:, :, None, None] + 1000).min(axis=(1, 3))
    total[:, 1] = UNREACHED
    assert np.array_equal(metric.matrix(points, facilities), total)
    open_ = np.delete(np.arange(5), 1)
    nearest, label = metric.nearest_of_points(facilities, points)
    assert np.array_equal(nearest, total[:, open_].min(axis=1))
    assert np.array_equal(label, open_[total[:, open_].argmin(axis=1)])


def test_a_restricted_sweep_gives_what_the_full_one_gives(metric, hierarchy):
    points, facilities = Stops.at_nodes(some(500, 8)), Stops.at_nodes(some(12, 9))
    within = hierarchy.select(points.node)
    assert len(within) < NODES
    for towards in (True, False):
        cost, label = metric.nearest(facilities, towards=towards)
        some_cost, some_label = metric.nearest_of_points(facilities, points, towards=towards, within=within)
        assert np.array_equal(some_cost, cost[points.node])
        assert np.array_equal(some_label, label[points.node])


def test_more_facilities_than_a_key_can_number(packed, metric):
    facilities = Stops.at_nodes(some(700, 10))
    cost, label = metric.nearest(facilities)
    packed_cost, packed_label = packed.nearest(facilities)
    assert np.array_equal(unpack_costs(packed_cost)[0], cost)
    assert (packed_label > 255).any()
    main = unpack_costs(packed.matrix(facilities, Stops.at_nodes(some(20, 11))))[0]
    assert np.array_equal(main, metric.matrix(facilities, Stops.at_nodes(some(20, 11))))
    assert len(np.unique(label)) > 256


def test_matrix_is_the_same_from_either_side_and_with_two_threads(metric):
    few, many = Stops.at_nodes(some(3, 12)), Stops.at_nodes(some(130, 13))
    wide, tall = metric.matrix(few, many), metric.matrix(many, few)
    single = np.array([metric.matrix(few.part(i, i + 1), many)[0] for i in range(3)])
    assert np.array_equal(wide, single)
    assert np.array_equal(tall, np.array([metric.matrix(many, few.part(i, i + 1))[:, 0] for i in range(3)]).T)
    assert np.array_equal(metric.matrix(many, many, threads=2), metric.matrix(many, many))


def test_unpacked_paths_join_up_and_cost_what_was_said(country, metric, packed):
    origins, destinations = Stops.at_nodes(some(60, 14)), Stops.at_nodes(some(60, 15))
    for number in range(60):
        pair = (number, number)
        path = packed.path(origins, destinations, pair=pair)
        arcs = path.arcs
        assert country.tail[arcs[0]] == origins.node[number]
        assert country.head[arcs[-1]] == destinations.node[number]
        assert np.array_equal(country.head[arcs[:-1]], country.tail[arcs[1:]])
        main, other = unpack_costs(np.array([path.cost]))
        assert main[0] == country.time_ms[arcs].sum() == metric.path(origins, destinations, pair=pair).cost
        assert other[0] == country.length_dm[arcs].sum()


def test_a_path_says_which_ways_it_took(metric):
    origin = Stops.from_ways([[100, 200]], [[CLOSED, 5]])
    destination = Stops.from_ways([[300, 300]], [[9, 7]])
    path = metric.path(origin, destination)
    assert (path.origin_way, path.destination_way) == (1, 1)
    assert path.cost == metric.path(Stops.at_nodes([200]), Stops.at_nodes([300])).cost + 12


def test_floats_and_whole_numbers_agree(country, hierarchy, metric):
    weights = country.time_ms.astype(float)
    weights[7] = np.inf
    closed = country.time_ms.copy()
    closed[7] = CLOSED
    assert np.array_equal(customise(hierarchy, weights).up, customise(hierarchy, closed).up)
    assert metric.number == np.int32


def test_the_same_graph_gives_the_same_bits(country, hierarchy, metric):
    again = build_hierarchy(country.nodes, country.tail, country.head)
    assert again.key == hierarchy.key == hierarchy_key(country.nodes, country.tail, country.head)
    assert _digest(again.to_arrays()) == _digest(hierarchy.to_arrays())
    assert np.array_equal(customise(again, country.time_ms).up, metric.up)


def test_a_geometric_order_is_slower_but_right(country, graph):
    places = {"x": country.x_m, "y": country.y_m}
    hierarchy = build_hierarchy(country.nodes, country.tail, country.head, method="geometric", **places)
    assert np.array_equal(np.sort(hierarchy.rank), np.arange(NODES))
    origins, destinations = some(10, 16), some(10, 17)
    got = customise(hierarchy, country.time_ms).matrix(Stops.at_nodes(origins), Stops.at_nodes(destinations))
    assert np.array_equal(got, whole(dijkstra(graph, indices=origins))[:, destinations])


def test_closed_slowed_and_opened_roads_equal_a_full_run(country, hierarchy, metric, packed):
    rng = np.random.default_rng(19)
    for made, weight in (
        (metric, country.time_ms),
        (packed, pack_weights(country.time_ms, country.length_dm)),
    ):
        now, changed = weight.copy(), made
        for factor in (CLOSED, 7, 1):
            roads = rng.integers(0, hierarchy.arcs, 12)
            now[roads] = CLOSED if factor == CLOSED else weight[roads] * factor
            changed = changed.changed(roads, now[roads])
            full = customise(hierarchy, now)
            assert np.array_equal(changed.up, full.up)
            assert np.array_equal(changed.down, full.down)
        assert np.array_equal(made.up, customise(hierarchy, weight).up)


def test_numbered_by_rank_it_gives_the_same_answers(country, hierarchy, metric):
    moved = customise(hierarchy.renumbered(), country.time_ms)
    facilities = some(12, 18)
    cost, label = metric.nearest(Stops.at_nodes(facilities))
    got = moved.nearest(Stops.at_nodes(hierarchy.rank[facilities]))
    assert np.array_equal(got[0], cost[hierarchy.node])
    assert np.array_equal(got[1], label[hierarchy.node])
    assert moved.hierarchy.key != hierarchy.key


def test_survives_a_file_without_pickles(country, hierarchy, metric, tmp_path):
    file = tmp_path / "hierarchy.npz"
    np.savez(file, **hierarchy.to_arrays())
    with np.load(file, allow_pickle=False) as arrays:
        read = Hierarchy.from_arrays(arrays)
    assert read.key == hierarchy.key
    assert np.array_equal(customise(read, country.time_ms).down, metric.down)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("head", lambda a: a[:-1]),
        ("head", lambda a: np.full_like(a, NODES)),
        ("first", lambda a: a[::-1]),
        ("slot", lambda a: a - 1),
        ("rank", np.zeros_like),
        ("down_arc", lambda a: a.astype(np.int64)),
    ],
)
def test_damaged_arrays_are_refused(hierarchy, name, damage):
    arrays = hierarchy.to_arrays()
    arrays[name] = damage(arrays[name])
    with pytest.raises(ValueError, match=r"contradict|negative"):
        Hierarchy.from_arrays(arrays)
    del arrays[name]
    with pytest.raises(ValueError, match=f"{name} missing"):
        Hierarchy.from_arrays(arrays)


def _digest(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()
