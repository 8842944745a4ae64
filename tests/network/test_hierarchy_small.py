"""Small multigraphs with one-ways, islands, ties, loops, parallel and free arcs against plain Dijkstra."""

from __future__ import annotations

import builtins
import importlib

import numpy as np
import pytest
from hierarchy_worlds import plain_dijkstra
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the hierarchy needs numba (extra `fast`)")
pytest.importorskip("pymetis", reason="the hierarchy needs pymetis (extra `fast`)")

from geoplan import compiled
from geoplan.errors import MissingExtraError
from geoplan.network import ordering
from geoplan.network.hierarchy import build_hierarchy
from geoplan.network.metric import customise
from geoplan.network.stops import Stops
from geoplan.network.weights import CLOSED, other_fits, pack_weights, unpack_costs, whole_numbers

WEIGHTS = st.one_of(st.none(), st.integers(0, 4), st.integers(0, 1000))


@st.composite
def multigraphs(draw):
    """Return nodes, arcs (tail, head, weight or None) and three facilities with two ways each."""
    nodes = draw(st.integers(1, 11))
    place = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(place, place, WEIGHTS), max_size=45))
    way = st.tuples(place, WEIGHTS)
    points = draw(st.lists(st.tuples(way, way), min_size=1, max_size=4))
    return nodes, arcs, points


def columns(arcs):
    tail = np.array([t for t, _, _ in arcs], dtype=np.int32)
    head = np.array([h for _, h, _ in arcs], dtype=np.int32)
    return tail, head, np.array([CLOSED if w is None else w for _, _, w in arcs], dtype=np.int64)


def stops_of(points):
    node = [[n for n, _ in ways] for ways in points]
    return Stops.from_ways(node, [[CLOSED if c is None else c for _, c in ways] for ways in points])


def expected_nearest(nodes, arcs, points):
    seeds = [(n, c, p) for p, ways in enumerate(points) for n, c in ways if c is not None]
    best = plain_dijkstra(nodes, arcs, seeds)
    found = [best.get(v, (-1, -1)) for v in range(nodes)]
    return [c for c, _ in found], [p for _, p in found]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(multigraphs())
def test_equals_plain_dijkstra(world):
    nodes, arcs, points = world
    tail, head, weight = columns(arcs)
    metric = customise(build_hierarchy(nodes, tail, head), weight)
    stops = stops_of(points)
    turned = [(h, t, w) for t, h, w in arcs]
    for towards, seen in ((False, arcs), (True, turned)):
        cost, label = metric.nearest(stops, towards=towards)
        assert (cost.tolist(), label.tolist()) == expected_nearest(nodes, seen, points)
    everywhere = Stops.at_nodes(np.arange(nodes))
    matrix = metric.matrix(stops, everywhere)
    for p, ways in enumerate(points):
        assert matrix[p].tolist() == expected_nearest(nodes, arcs, [ways])[0]
    assert np.array_equal(metric.matrix(everywhere, everywhere)[0], metric.costs(Stops.at_nodes([0])))
    _check_paths(metric, stops, everywhere, matrix, (tail, head, weight))


def _check_paths(metric, stops, everywhere, matrix, arcs):
    tail, head, weight = arcs
    for p in range(len(stops)):
        for v in range(len(everywhere)):
            path = metric.path(stops, everywhere, pair=(p, v))
            if path is None:
                assert matrix[p, v] == -1
                continue
            assert path.cost == matrix[p, v]
            nodes = [*tail[path.arcs], v]
            assert nodes[1:] == [*head[path.arcs]]
            first = np.flatnonzero(stops.way == path.origin_way)[0]
            assert stops.node[first] == nodes[0]
            assert stops.cost[first] + weight[path.arcs].sum() == path.cost


@settings(max_examples=150, deadline=None, derandomize=True)
@given(multigraphs(), st.data())
def test_a_partial_run_equals_a_full_one_to_the_bit(world, data):
    nodes, arcs, _ = world
    tail, head, weight = columns([*arcs, (0, 0, 1)])
    hierarchy = build_hierarchy(nodes, tail, head)
    metric = customise(hierarchy, weight)
    chosen = st.lists(st.integers(0, len(weight) - 1), min_size=1, max_size=5, unique=True)
    for _ in range(3):
        changed = data.draw(chosen)
        new = [CLOSED if w is None else w for w in (data.draw(WEIGHTS) for _ in changed)]
        weight[changed] = new
        metric = metric.changed(changed, new)
        full = customise(hierarchy, weight)
        assert np.array_equal(metric.up, full.up)
        assert np.array_equal(metric.down, full.down)
        assert np.array_equal(metric.weight, full.weight)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(multigraphs(), st.data())
def test_added_roads_equal_a_new_hierarchy(world, data):
    nodes, arcs, points = world
    place = st.integers(0, nodes - 1)
    more = data.draw(st.lists(st.tuples(place, place, WEIGHTS), min_size=1, max_size=4))
    old, new = columns(arcs), columns(more)
    every = columns([*arcs, *more])
    extended = build_hierarchy(nodes, *old[:2]).extended(*new[:2])
    assert extended.arcs == len(every[0])
    got = customise(extended, every[2]).nearest(stops_of(points))
    expected = customise(build_hierarchy(nodes, *every[:2]), every[2]).nearest(stops_of(points))
    assert np.array_equal(got[0], expected[0])
    assert np.array_equal(got[1], expected[1])


def line(weights):
    """Return the metric of a two-way road over len(weights) + 1 nodes."""
    tail = np.arange(len(weights))
    hierarchy = build_hierarchy(
        len(weights) + 1, np.concatenate([tail, tail + 1]), np.concatenate([tail + 1, tail])
    )
    return customise(hierarchy, np.concatenate([weights, weights]))


def test_sums_too_large_for_32_bits_are_taken_in_64():
    weights = np.full(40, 2**28)
    metric = line(weights)
    end = Stops.at_nodes([40])
    assert metric.costs(Stops.at_nodes([0]))[40] == 40 * 2**28
    assert metric.matrix(Stops.at_nodes([0]), end)[0, 0] == 40 * 2**28
    assert metric.path(Stops.at_nodes([0]), end).cost == 40 * 2**28
    small = line(np.full(40, 2**23))
    assert small.number == np.int32
    assert small.costs(Stops.from_ways([[0]], [[2**31]]))[40] == 2**31 + 40 * 2**23
    assert small.changed([3], [2**40]).costs(Stops.at_nodes([0]))[40] == 2**40 + 39 * 2**23
    assert small.changed([3], [2**29 - 1]).costs(Stops.at_nodes([0]))[40] == 2**29 - 1 + 39 * 2**23


def test_sums_too_large_for_64_bits_are_refused():
    with pytest.raises(OverflowError):
        line(np.full(9, 2**52)).costs(Stops.at_nodes([0]))
    with pytest.raises(OverflowError):
        line(np.full(3, 5)).changed([0, 1, 2], [2**52, 2**52, 2**52]).costs(Stops.at_nodes([0]))


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        ([-1.0], "negative"), ([float("nan")], "NaN"), ([0.5], "whole"), ([-float("inf")], "whole"),
        ([2**60], "2\\^53"), ([1e30], "2\\^53"), (["a"], "whole"), ([1, 2], "1 road arcs"),
    ],
)  # fmt: skip
def test_weights_that_would_be_wrong_without_a_word_are_refused(weights, word):
    hierarchy = build_hierarchy(2, [0], [1])
    with pytest.raises(ValueError, match=word):
        customise(hierarchy, weights)


@pytest.mark.parametrize(("tail", "head"), [([0], [2]), ([-1], [0]), ([0.0], [1.0]), ([0, 1], [1])])
def test_arcs_between_no_nodes_are_refused(tail, head):
    with pytest.raises(ValueError, match=r"node numbers|tails"):
        build_hierarchy(2, tail, head)


def test_numbers_that_do_not_exist_are_refused():
    metric = line(np.full(3, 5))
    for wrong in (-1, 4):
        with pytest.raises((ValueError, IndexError)):
            metric.nearest(Stops.at_nodes([wrong]))
        with pytest.raises(ValueError, match="node numbers"):
            metric.hierarchy.select([wrong])
    for wrong in (-1, 6):
        with pytest.raises(ValueError, match="road arcs"):
            metric.changed([wrong], [1])
    within = metric.hierarchy.select([metric.hierarchy.node[-1]])
    with pytest.raises(ValueError, match="not selected"):
        metric.nearest_of_points(Stops.at_nodes([0]), Stops.at_nodes(range(4)), within=within)
    with pytest.raises(ValueError, match="costs"):
        Stops.from_ways([[0, 1]], [[1]])


def test_packed_weights_carry_both_sums_and_refuse_what_does_not_fit():
    packed = pack_weights([5, CLOSED, 0], [7, 9, 0])
    main, other = unpack_costs(np.array([packed[0] * 3, -1]))
    assert (main.tolist(), other.tolist()) == ([15, -1], [21, -1])
    assert packed[1] == CLOSED
    with pytest.raises(ValueError, match="does not fit"):
        pack_weights([1], [2**26])
    assert other_fits(np.array([10, 20]), np.array([5, 30]), 2**25)
    assert not other_fits(np.array([10, 20]), np.array([5, 30]), 2**26)
    assert not other_fits(np.array([0]), np.array([5]), 1)
    assert whole_numbers([np.inf])[0] == CLOSED


def test_no_nodes_no_arcs_no_points():
    empty = customise(build_hierarchy(0, [], []), [])
    assert len(empty.nearest(Stops.at_nodes([]))[0]) == 0
    lone = customise(build_hierarchy(3, [], []), [])
    assert lone.nearest(Stops.at_nodes([]))[0].tolist() == [-1, -1, -1]
    assert lone.matrix(Stops.at_nodes([]), Stops.at_nodes([1])).shape == (0, 1)
    assert lone.matrix(Stops.at_nodes([0, 1]), Stops.at_nodes([1])).tolist() == [[-1], [0]]
    assert lone.path(Stops.at_nodes([0]), Stops.at_nodes([1])) is None
    assert len(lone.path(Stops.at_nodes([1]), Stops.at_nodes([1])).arcs) == 0


def test_without_pymetis_coordinates_must_do(monkeypatch):
    def absent(name, *_):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(ordering.importlib, "import_module", absent)
    ends = [0, 1, 2, 0], [1, 2, 0, 2]
    with pytest.raises(MissingExtraError, match="pymetis"):
        build_hierarchy(3, *ends)
    with pytest.raises(MissingExtraError, match="pymetis"):
        build_hierarchy(3, *ends, method="metis", x=np.zeros(3), y=np.zeros(3))
    assert build_hierarchy(3, *ends, x=np.zeros(3), y=np.zeros(3)).nodes == 3
    with pytest.raises(ValueError, match="coordinates"):
        build_hierarchy(3, *ends, method="geometric")


def test_without_numba_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def blocked(name, *rest):
        if name == "numba":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    spec = importlib.util.find_spec("geoplan.compiled")
    fresh = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(MissingExtraError, match="numba"):
        spec.loader.exec_module(fresh)


def test_without_a_folder_for_its_cache_numba_compiles_all_the_same(monkeypatch):
    real = compiled.numba.njit

    def readonly(*, cache=False, **choices):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(**choices)

    monkeypatch.setattr(compiled.numba, "njit", readonly)
    assert compiled.compiled(lambda x: x + 1)(2) == 3
