"""Closed and slowed roads: equal to a network built from the changed table, by both engines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_worlds import country, place
from osm_worlds import turn, write
from test_engine import both, spread
from test_oracle import worlds
from test_osm_turns import network_of

from geoplan import shipped
from geoplan.errors import UsageError
from geoplan.network import engine, prepared, snap, travel
from geoplan.network.access import AccessRule
from geoplan.network.graph import build_network
from geoplan.network.hierarchy import build_hierarchy
from geoplan.network.metric import customise
from geoplan.network.stops import Stops
from geoplan.network.weights import CLOSED
from geoplan.network.whatif import find_change, roads_on_trial, with_roads

SQUARE = {"a": (0, 0), "b": (10, 0), "c": (10, 10), "d": (0, 10)}
ROADS = [("a", "b", 10), ("b", "c", 10), ("c", "d", 10), ("d", "a", 10)]


def same(changed, rebuilt, origins, destinations):
    """Check that two networks snap and route the same points the same way."""
    sides = []
    for network in (changed, rebuilt):
        sides.append([snap.snap_points(network, *place(p)) for p in (origins, destinations)])
        tables = [snap.snapping_table(side) for side in sides[-1]]
        sides[-1].append(pd.concat(tables))
    pd.testing.assert_frame_equal(sides[0][2], sides[1][2])
    one = both(changed, *sides[0][:2])
    two = travel.od_matrix(rebuilt, *sides[1][:2], engine="scipy")
    for field in ("tenths", "km", "direct"):
        assert np.array_equal(getattr(one, field), getattr(two, field), equal_nan=field == "km")


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["time", "distance"]), st.data())
def test_changed_networks_equal_rebuilt_ones(world, weight, data):
    places, roads, origins, destinations = world
    ids = [f"r{k:02d}" for k in range(len(roads))]
    closed = data.draw(st.sets(st.sampled_from(ids), max_size=max(len(ids) - 1, 1)))
    slow = data.draw(st.dictionaries(st.sampled_from(ids), st.sampled_from([0.5, 2.0, 4.0])))
    before, _ = country(places, roads, weight=weight)
    if data.draw(st.booleans()):
        prepared.prepare(before)
    changed = with_roads(before, closed=closed, factor=slow)
    given_again = [
        (a, b, km, {**o, "kmh": o["kmh"] / slow.get(i, 1), "status": "planned" if i in closed else "open"})
        for i, (a, b, km, o) in zip(ids, roads, strict=True)
    ]
    rebuilt, _ = country(places, given_again, weight=weight)
    if len(rebuilt.road_ids):
        same(changed, rebuilt, origins, destinations)


def test_only_the_part_above_is_made_again(monkeypatch):
    network, _ = country(SQUARE, ROADS)
    state = prepared.prepare(network)
    monkeypatch.setattr(prepared, "customise", lambda *_: pytest.fail("all was made again"))
    changed = with_roads(network, factor={"r01": 3})
    points = spread(changed, 20, 1)
    found = both(changed, points, points)
    assert changed.prepared[engine.KEPT] is not state
    assert network.prepared[engine.KEPT] is state
    assert not np.array_equal(found.tenths, both(network, points, points).tenths)


def test_changes_add_up_and_do_not_touch_the_network_before():
    network, _ = country(SQUARE, ROADS)
    first = with_roads(network, closed=["r00"])
    second = with_roads(first, closed=["r02"], factor={"r01": 2})
    assert not network.edge_closed.any()
    assert first.edge_closed.tolist() == [True, False, False, False]
    assert second.edge_closed.tolist() == [True, False, True, False]
    assert second.edge_minutes[1] == 2 * network.edge_minutes[1]
    assert with_roads(network).packing == network.packing


def test_a_point_on_a_closed_road_reaches_nothing_until_it_is_snapped_again():
    network, _ = country(SQUARE, ROADS)
    where = place({"o": (5, 0), "d": (5, 10)})
    on_foot = AccessRule(snap_limit_km=8)  # no direct path from one to the other
    points = snap.snap_points(network, *where, rule=on_foot)
    changed = with_roads(network, closed=["r00"])
    assert both(changed, points, points, rule=on_foot).tenths.tolist() == [[0, -1], [-1, 0]]
    again = snap.snap_points(changed, *where, rule=on_foot)
    assert again.road_id[0] != "r00"
    assert (both(changed, again, again, rule=on_foot).tenths >= 0).all()


def test_a_road_with_restricted_turns_can_be_closed(tmp_path):
    nodes = {1: (47.1, 9.50), 2: (47.1, 9.51), 3: (47.1, 9.52), 4: (47.11, 9.51)}
    ways = {i: ([i, 2], {"highway": "residential"}) for i in (1, 3, 4)} | {
        9: ([3, 4], {"highway": "primary"})
    }
    rules = [turn(1, 2, 4, "no_left_turn")]
    network = network_of(write(tmp_path, nodes, ways, rules))
    prepared.prepare(network)
    changed = with_roads(network, closed=["w9-0"])
    points = spread(changed, 40, 2)
    both(changed, points, points)


def test_the_shipped_graph_with_each_tenth_road_closed():
    tables = [pd.read_csv(shipped.table(n)) for n in ("roads", "road_nodes", "speeds")]
    roads, nodes = tables[0].set_index("road_id"), tables[1].set_index("node_id")
    network, _ = build_network(roads, nodes, tables[2])
    prepared.prepare(network)
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(38.6, 41.7, 60), rng.uniform(45, 50, 60)
    for road in sorted(network.road_ids)[::25]:
        changed = with_roads(network, closed=[road])
        rebuilt, _ = build_network(roads.drop(index=road), nodes, tables[2])
        points = snap.snap_points(changed, [str(i) for i in range(60)], lat, lon)
        other = snap.snap_points(rebuilt, [str(i) for i in range(60)], lat, lon)
        assert points.road_id.tolist() == other.road_id.tolist()
        one, two = both(changed, points, points), travel.od_matrix(rebuilt, other, other)
        assert np.array_equal(one.tenths, two.tenths)
        assert np.array_equal(one.km, two.km, equal_nan=True)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_trial_is_the_change_and_leaves_no_trace(seed, wide):
    rng = np.random.default_rng(seed)
    nodes, arcs = int(rng.integers(2, 12)), int(rng.integers(1, 40))
    tail, head = rng.integers(0, nodes, (2, arcs))
    weight = rng.integers(0, 9, arcs) << (30 if wide else 0)
    metric = customise(build_hierarchy(nodes, tail, head), weight)
    kept = [array.copy() for array in (metric.weight, metric.up, metric.down)]
    some = rng.integers(0, arcs, int(rng.integers(1, 5)))
    new = rng.choice(np.array([CLOSED, 0, 3, 2**20, 2**40]), len(some))
    every = Stops.at_nodes(np.arange(nodes))
    # of an arc that is named twice, the last weight counts
    expected = customise(metric.hierarchy, _with(weight, some, new)).matrix(every, every)
    with metric.trial(some, new) as trial:
        assert np.array_equal(trial.matrix(every, every), expected)
        assert np.array_equal(trial.nearest(every.part(0, 1))[0], expected[:, 0])
    assert np.array_equal(metric.changed(some, new).matrix(every, every), expected)
    with pytest.raises(KeyError), metric.trial(some, new):
        raise KeyError
    for before, after in zip(kept, (metric.weight, metric.up, metric.down), strict=True):
        assert np.array_equal(before, after)


def _with(weight, some, new):
    changed = weight.copy()
    changed[some] = new
    return changed


def test_unknown_roads_and_absurd_factors_are_named():
    network, _ = country(SQUARE, ROADS)
    with pytest.raises(UsageError, match="'r0'"):
        with_roads(network, closed=["r0"])
    for factor in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="r01"):
            with_roads(network, factor={"r01": factor})


def test_roads_on_trial_are_those_of_with_roads_and_leave_no_trace():
    network, _ = country(SQUARE, ROADS)
    state = prepared.prepare(network)
    weights = [array.copy() for array in (state.metric.weight, state.metric.up, state.metric.down)]
    change = find_change(network, ["r00"], {"r01": 3})
    points = spread(network, 20, 1)
    expected = both(with_roads(network, closed=["r00"], factor={"r01": 3}), points, points)
    with roads_on_trial(network, change) as changed:
        assert np.array_equal(both(changed, points, points).tenths, expected.tenths)
    with pytest.raises(KeyError), roads_on_trial(network, change):
        raise KeyError
    for before, after in zip(weights, (state.metric.weight, state.metric.up, state.metric.down), strict=True):
        assert np.array_equal(before, after)
    assert network.prepared[engine.KEPT] is state
    assert engine.KEPT not in changed.prepared  # what was given serves no more
