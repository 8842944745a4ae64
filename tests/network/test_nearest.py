"""The nearest facility of many points, also on trial: equal to the rows of a matrix on roads built anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_worlds import country, place
from osm_worlds import turn, write
from test_engine import ROADS, SQUARE, spread
from test_oracle import worlds
from test_osm_turns import network_of

from geoplan import shipped
from geoplan.errors import UsageError
from geoplan.network import engine, nearest, prepared, snap, travel
from geoplan.network.access import AccessRule, Ground
from geoplan.network.graph import build_network
from geoplan.network.islands import keep_islands
from geoplan.network.nearest import Trials, nearest_facilities
from geoplan.network.whatif import with_roads

ENGINES = ("scipy", "hierarchy")


def by_rows(network, points, facilities, *, towards=True, **choices):
    """Return tenths and places of the nearest facility, read off the matrix; ties by id, row by row."""
    pair = (points, facilities) if towards else (facilities, points)
    matrix = travel.od_matrix(network, *pair, engine="scipy", **choices)
    tenths, km = (a if towards else a.T for a in (matrix.tenths, matrix.km))
    rows = []
    for row, lengths in zip(tenths.tolist(), km.tolist(), strict=True):
        best = min(((t, facilities.ids[f], f) for f, t in enumerate(row) if t >= 0), default=(-1, "", -1))
        rows.append((best[0], best[2], lengths[best[2]] if best[2] >= 0 else None))
    return tenths, rows


def rows_of(found):
    """Return an answer in the shape of `by_rows`."""
    km = [None if v != v else v for v in found.km.tolist()]  # noqa: PLR0124 - NaN
    return list(zip(found.tenths.tolist(), found.facility.tolist(), km, strict=True))


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["time", "distance"]), st.booleans(), st.data())
def test_trials_equal_roads_built_anew(world, weight, towards, data):
    places, roads, people, care = world
    ids = [f"r{k:02d}" for k in range(len(roads))]
    network, _ = country(places, roads, weight=weight)
    if not len(network.road_ids):
        return
    points, facilities = (snap.snap_points(network, *place(p)) for p in (people, care))
    asked = [Trials(network, points, facilities, towards=towards, engine=name) for name in ENGINES]
    for _ in range(3):
        closed = data.draw(st.sets(st.sampled_from(ids), max_size=max(len(ids) - 1, 1)))
        slow = data.draw(st.dictionaries(st.sampled_from(ids), st.sampled_from([0.5, 2.0, 4.0]), max_size=3))
        changed = keep_islands(with_roads(network, closed=closed, factor=slow), network)
        again = [snap.snap_points(changed, *place(p)) for p in (people, care)]
        tenths, expected = by_rows(changed, *again, towards=towards)
        for one in asked:
            assert rows_of(one.nearest(closed=closed, factor=slow)) == expected
            assert np.array_equal(one.tenths(closed=closed, factor=slow), tenths)
    before = by_rows(network, points, facilities, towards=towards)
    for one in asked:
        assert rows_of(one.nearest()) == before[1]
        assert np.array_equal(one.tenths(), before[0])


def test_of_equally_near_ones_the_smaller_id_wins():
    network, _ = country({"a": (0, 0), "b": (10, 0), "c": (20, 0)}, [("a", "b", 10), ("b", "c", 10)])
    points = snap.snap_points(network, *place({"p": (10, 0)}))
    care = snap.snap_points(network, *place({"z": (5, 0), "a": (15, 0.001)}))  # a second farther: one tenth
    for name in ENGINES:
        found = nearest_facilities(network, points, care, engine=name)
        assert (found.tenths.tolist(), found.facility.tolist()) == ([50], [1])


def test_whoever_a_closed_road_cuts_off_stays_and_reaches_nothing():
    places = {"a": (0, 0), "b": (10, 0), "c": (10, 10), "d": (60, 10), "e": (60, 0)}
    roads = [("a", "b", 10), ("b", "c", 10), ("c", "a", 15), ("c", "d", 50), ("d", "e", 10)]
    network, _ = country(places, roads)
    rule = AccessRule(snap_limit_km=12)
    points = snap.snap_points(network, *place({"far": (60, 5), "on": (20, 10), "near": (5, 0)}), rule=rule)
    care = snap.snap_points(network, *place({"h": (10, 0)}), rule=rule)
    for name in ENGINES:
        asked = Trials(network, points, care, rule=rule, engine=name)
        cut = asked.nearest(closed=["r03"])
        assert cut.facility.tolist() == [-1, 0, 0]  # the one on the closed road takes the next
        assert cut.tenths[0] == -1
        assert np.isnan(cut.km[0])
        assert asked.nearest().facility.tolist() == [0, 0, 0]


def test_the_shipped_graph_with_land_and_each_road_closed():
    tables = [pd.read_csv(shipped.table(n)) for n in ("roads", "road_nodes", "speeds")]
    roads, nodes = tables[0].set_index("road_id"), tables[1].set_index("node_id")
    network, _ = build_network(roads, nodes, tables[2])
    rng = np.random.default_rng(3)
    where = [
        ([f"{kind}{i}" for i in range(count)], rng.uniform(38.6, 41.7, count), rng.uniform(45, 50, count))
        for kind, count in (("p", 120), ("f", 12))
    ]
    points, care = (snap.snap_points(network, *w) for w in where)
    one, two = (Trials(network, points, care, engine=name) for name in ENGINES)
    for road in sorted(network.road_ids)[::5]:
        found = rows_of(one.nearest(closed=[road], factor={sorted(network.road_ids)[7]: 2}))
        assert found == rows_of(two.nearest(closed=[road], factor={sorted(network.road_ids)[7]: 2}))
        changed = keep_islands(
            with_roads(network, closed=[road], factor={sorted(network.road_ids)[7]: 2}), network
        )
        again = [snap.snap_points(changed, *w) for w in where]
        assert found == by_rows(changed, *again)[1]


def test_turn_restrictions_hold_on_trial(tmp_path):
    nodes = {1: (47.1, 9.50), 2: (47.1, 9.51), 3: (47.1, 9.52), 4: (47.11, 9.51)}
    ways = {i: ([i, 2], {"highway": "residential"}) for i in (1, 3, 4)} | {
        9: ([3, 4], {"highway": "primary"})
    }
    network = network_of(write(tmp_path, nodes, ways, [turn(1, 2, 4, "no_left_turn")]))
    points = spread(network, 40, 2)
    asked = [Trials(network, points, points, engine=name) for name in ENGINES]
    for road in sorted(set(network.road_ids[~network.edge_turn])):
        changed = keep_islands(with_roads(network, closed=[road]), network)
        again = snap.snap_points(changed, points.ids, points.lat, points.lon)
        expected = by_rows(changed, again, again)[0]
        assert all(np.array_equal(a.tenths(closed=[road]), expected) for a in asked)


def test_nothing_of_the_hierarchy_is_made_twice(monkeypatch):
    network, _ = country(SQUARE, ROADS)
    points = spread(network, 20, 1)
    asked = Trials(network, points, points, engine="hierarchy")
    asked.nearest()
    monkeypatch.setattr(prepared, "customise", lambda *_: pytest.fail("all was made again"))
    monkeypatch.setattr(nearest, "direct_paths", lambda *_: pytest.fail("all was made again"))
    for road in network.road_ids:
        asked.nearest(closed=[road])


def test_no_point_no_facility_no_road_of_that_name():
    network, _ = country(SQUARE, ROADS)
    some, none = spread(network, 3, 1), snap.snap_points(network, [], [], [])
    for name in ENGINES:
        assert Trials(network, none, some, engine=name).nearest().tenths.tolist() == []
        alone = Trials(network, some, none, engine=name).nearest(closed=["r00"])
        assert (alone.tenths.tolist(), alone.facility.tolist()) == ([-1] * 3, [-1] * 3)
        with pytest.raises(UsageError, match="'r0'"):
            Trials(network, some, some, engine=name).nearest(closed=["r0"])


def test_without_the_extra_scipy_answers(monkeypatch):
    network, _ = country(SQUARE, ROADS)
    monkeypatch.setattr(nearest, "has_fast", lambda: False)
    points = spread(network, 5, 1, ground=Ground())
    Trials(network, points, points).nearest(closed=["r01"])
    assert engine.KEPT not in network.prepared
