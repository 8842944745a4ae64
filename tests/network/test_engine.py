"""Both engines give the same matrix, to the tenth and the millimetre; the choice, the cache, the extra."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from network_worlds import country, place
from osm_worlds import turn, write
from test_oracle import worlds
from test_osm_turns import network_of, place_on, towns, usable_rules

from geoplan import cache, shipped
from geoplan.errors import InputError, MissingExtraError
from geoplan.network import engine, packing, prepared, snap, travel
from geoplan.network.access import AccessRule, Ground
from geoplan.network.graph import build_network

SQUARE = {"a": (0, 0), "b": (10, 0), "c": (10, 10), "d": (0, 10)}
ROADS = [("a", "b", 10), ("b", "c", 10, {"oneway": True}), ("c", "d", 10), ("d", "a", 10), ("a", "c", 15)]


def both(network, origins, destinations, **choices):
    """Return the matrix of SciPy after checking that the hierarchy gives the same."""
    one, two = (
        travel.od_matrix(network, origins, destinations, engine=name, **choices)
        for name in ("scipy", "hierarchy")
    )
    assert (one.engine, two.engine) == ("scipy", "hierarchy")
    assert np.array_equal(one.tenths, two.tenths)
    assert np.array_equal(one.km, two.km, equal_nan=True)
    assert np.array_equal(one.direct, two.direct)
    assert (one.origin_ids, one.destination_ids) == (two.origin_ids, two.destination_ids)
    return one


def spread(network, count, seed, **choices):
    """Return snapped random points in the box of a network."""
    rng = np.random.default_rng(seed)
    lat = rng.uniform(network.node_lat.min(), network.node_lat.max(), count)
    lon = rng.uniform(network.node_lon.min(), network.node_lon.max(), count)
    return snap.snap_points(network, [f"p{i}" for i in range(count)], lat, lon, **choices)


@settings(max_examples=200, deadline=None)
@given(worlds(), st.sampled_from(["time", "distance"]))
def test_engines_agree_on_random_multigraphs(world, weight):
    places, roads, origins, destinations = world
    network, _ = country(places, roads, weight=weight)
    o, d = (snap.snap_points(network, *place(points)) for points in (origins, destinations))
    both(network, o, d)
    both(network, d, o)


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from(["time", "distance"]))
def test_engines_agree_on_osm_towns_with_turn_restrictions(tmp_path_factory, town, weight):
    nodes, ways, rules = town
    if not ways:
        return
    path = write(tmp_path_factory.mktemp("town"), nodes, ways, usable_rules(ways, rules))
    network = network_of(path, weight=weight)
    spots = [place_on(nodes, ways, w, k, share) for w in sorted(ways) for k, share in ((0, 0.3), (1, 0.6))]
    lat, lon = np.array(spots).T
    points = snap.snap_points(network, [f"p{i}" for i in range(len(lat))], lat, lon)
    both(network, points, points)


@pytest.fixture(scope="module")
def tables():
    """The shipped roads, nodes and speeds."""
    read = {n: pd.read_csv(shipped.table(n)) for n in ("roads", "road_nodes", "speeds")}
    return read["roads"].set_index("road_id"), read["road_nodes"].set_index("node_id"), read["speeds"]


@pytest.mark.parametrize("weight", ["time", "distance"])
def test_engines_agree_on_the_shipped_graph(tables, weight):
    network, _ = build_network(*tables, weight=weight)
    ground = Ground(shapely.box(-3e5, -3e5, 3e5, 3e5))
    origins, destinations = (spread(network, n, s, ground=ground) for n, s in ((400, 1), (60, 2)))
    found = both(network, origins, destinations, ground=ground)
    assert found.direct.any()
    assert (found.tenths == -1).any()  # Nakhchivan
    assert (found.tenths > 0).mean() > 0.4
    both(network, destinations, origins, ground=ground)
    same = replace(origins, share=np.where(np.arange(400) % 2, origins.share, np.round(origins.share)))
    both(network, same, same, ground=ground)


def test_engines_agree_in_chunks(tables, monkeypatch):
    network, _ = build_network(*tables)
    origins, destinations = spread(network, 60, 3), spread(network, 40, 4)
    whole = both(network, origins, destinations)
    monkeypatch.setattr(engine, "MATRIX_CELLS", 40 * 7)
    seen = []
    parts = travel.od_matrix(
        network, origins, destinations, engine="hierarchy", progress=lambda *done: seen.append(done)
    )
    assert np.array_equal(whole.tenths, parts.tenths)
    assert [done for done, _ in seen] == [*range(280, 2400, 280), 2400]


def test_engines_agree_where_nothing_is_to_be_found():
    network, _ = country(SQUARE, ROADS)
    nobody = snap.snap_points(network, [], [], [])
    far = snap.snap_points(network, *place({"x": (900, 900), "y": (5, 1)}))
    some = snap.snap_points(network, *place({"o": (5, 1)}))
    for one, two in itertools.product((nobody, far, some), repeat=2):
        both(network, one, two)
    roadless, _ = country(SQUARE, [("a", "b", 10, {"status": "planned"})])
    point = snap.snap_points(roadless, *place({"o": (5, 1)}))
    both(roadless, point, point)


def test_free_and_parallel_roads_and_loops_agree():
    roads = [*ROADS, ("a", "b", 10), ("a", "b", 1e-9), ("d", "d", 5, {"via": [(1, 12)]})]
    network, _ = country(SQUARE, roads)
    assert (network.edge_cost == 0).sum() == 1
    points = spread(network, 40, 5)
    found = both(network, points, points, rule=AccessRule(access_speed_kmh=1, access_km=1000))
    assert (found.tenths >= 0).all()


def test_auto_leaves_small_questions_to_scipy(tables):
    network, _ = build_network(*tables)
    points = spread(network, 300, 6)
    found = travel.od_matrix(network, points, points)
    assert (found.engine, found.findings) == ("scipy", ())
    assert engine.KEPT not in network.prepared


def test_auto_takes_the_hierarchy_for_large_questions_and_where_it_is_made_already(tables, monkeypatch):
    network, _ = build_network(*tables)
    points = spread(network, 50, 7)
    monkeypatch.setattr(engine, "SCIPY_NODE_SECONDS", 1e-3)
    assert travel.od_matrix(network, points, points).engine == "hierarchy"
    monkeypatch.setattr(engine, "SCIPY_NODE_SECONDS", 1e-6)
    assert travel.od_matrix(network, points, points).engine == "hierarchy"


def test_without_the_extra_auto_says_so_once_and_force_is_an_error(tables, monkeypatch):
    network, _ = build_network(*tables)
    points = spread(network, 20, 8)
    monkeypatch.setattr(engine, "SCIPY_NODE_SECONDS", 1.0)
    monkeypatch.setattr(engine, "has_fast", lambda: False)
    first, again = (travel.od_matrix(network, points, points) for _ in range(2))
    assert first.engine == again.engine == "scipy"
    assert [f.code for f in first.findings] == ["engine-slow"]
    assert again.findings == ()

    def absent(_network):
        raise MissingExtraError("numba", "fast")

    monkeypatch.setattr(prepared, "prepare", absent)
    with pytest.raises(MissingExtraError, match="numba"):
        travel.od_matrix(network, points, points, engine="hierarchy")


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache folder of its own, for networks of any size."""
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "CACHE_NODES", 0)
    return tmp_path / "cache"


def test_the_hierarchy_is_cached_and_a_corrupt_one_made_again(tables, own_cache, monkeypatch):
    def ask():
        network, _ = build_network(*tables)
        points = spread(network, 20, 9)
        return both(network, points, points), travel.od_matrix(network, points, points, engine="hierarchy")

    first, _ = ask()
    (entry,) = own_cache.glob("hierarchy-*.npz")
    built = prepared._built
    monkeypatch.setattr(prepared, "_built", lambda _: pytest.fail("the cache was not read"))
    assert np.array_equal(ask()[0].tenths, first.tenths)
    monkeypatch.setattr(prepared, "_built", built)
    whole = entry.read_bytes()
    for damage in (whole[:-200], whole[: len(whole) // 2], b"", _flipped(whole, len(whole) // 2)):
        entry.write_bytes(damage)
        network, _ = build_network(*tables)
        points = spread(network, 20, 9)
        found = travel.od_matrix(network, points, points, engine="hierarchy")
        assert [f.code for f in found.findings] == ["cache-corrupt"]
        assert np.array_equal(found.tenths, first.tenths)
        again = travel.od_matrix(network, points, points, engine="hierarchy")
        assert again.findings == ()
        assert entry.read_bytes() == whole


def _flipped(data, place):
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


def test_an_entry_that_contradicts_itself_is_made_again(tables, own_cache):
    network, _ = build_network(*tables)
    points = spread(network, 20, 9)
    first = travel.od_matrix(network, points, points, engine="hierarchy")
    (entry,) = own_cache.glob("hierarchy-*.npz")
    key = entry.stem.removeprefix("hierarchy-")
    arrays, _ = cache.load("hierarchy", key)
    arrays["head"] = arrays["head"][::-1].copy()
    cache.store("hierarchy", key, arrays)
    network.prepared.clear()
    found = travel.od_matrix(network, points, points, engine="hierarchy")
    assert [f.code for f in found.findings] == ["cache-corrupt"]
    assert np.array_equal(found.tenths, first.tenths)


def test_a_cache_that_cannot_be_written_is_said(tables, own_cache):
    own_cache.parent.joinpath("cache").write_text("a file where a folder should be")
    network, _ = build_network(*tables)
    points = spread(network, 20, 9)
    found = travel.od_matrix(network, points, points, engine="hierarchy")
    assert [f.code for f in found.findings] == ["cache-not-written"]
    assert np.array_equal(found.tenths, travel.od_matrix(network, points, points).tenths)


SIDE_BY_SIDE = """
import numpy as np, pandas as pd
from geoplan import shipped
from geoplan.network import prepared, snap, travel
from geoplan.network.graph import build_network
prepared.CACHE_NODES = 0
r, n, s = (pd.read_csv(shipped.table(t)) for t in ("roads", "road_nodes", "speeds"))
network, _ = build_network(r.set_index("road_id"), n.set_index("node_id"), s)
points = snap.snap_points(network, list("abc"), [40.4, 40.7, 41.3], [49.8, 46.4, 48.5])
found = travel.od_matrix(network, points, points, engine="hierarchy")
print(found.engine, [f.code for f in found.findings], found.tenths.tolist())
"""


def test_runs_side_by_side_share_the_cache(own_cache):
    command = [sys.executable, "-c", SIDE_BY_SIDE]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {run.communicate(timeout=120)[0] for run in runs}
    assert len(said) == 1
    assert said.pop().startswith("hierarchy [] [[")
    assert [p.name.split("-")[0] for p in own_cache.iterdir()] == ["hierarchy"]


@pytest.mark.parametrize(("weight", "km"), [("time", 300), ("distance", 900)])
def test_ways_too_long_for_the_units_go_on_in_coarser_ones(weight, km):
    sides = [(one, two, km, {"kmh": 12.0}) for one, two in ("ab", "bc", "cd", "da")]
    network, findings = country(SQUARE, sides, weight=weight)
    assert findings == []
    points = snap.snap_points(network, *place({"b": (10, 0), "d": (0, 10), "m": (5, 0)}))
    rule = AccessRule(access_speed_kmh=1e-6, access_km=1000)
    for name in ("scipy", "hierarchy"):
        found = travel.od_matrix(network, points, points, engine=name, rule=rule)
        assert found.engine == "scipy"
        assert {f.code for f in found.findings} == {"coarse-units"}
        assert found.tenths[0, 1] == 2 * km * 5 * 10
        assert found.km[0, 1] == pytest.approx(2 * km, abs=1e-3)
        assert found.tenths[2, 0] == pytest.approx(km / 2 * 5 * 10, abs=2)


def test_units_are_chosen_so_that_no_way_mixes_them_up():
    minutes, km = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    assert not packing.choose_packing("time", minutes, km).coarse
    assert not packing.choose_packing("distance", minutes, km).coarse
    fast = packing.choose_packing("time", np.array([100.0]), np.array([2000.0]))
    assert (fast.per_minute, fast.per_km) == (60_000, 1000)
    slow = packing.choose_packing("distance", np.array([6e5]), np.array([1.0]))
    assert slow.coarse
    units = packing.LADDERS["time"][0]
    assert units.unpack(units.pack(np.array([1.5, np.inf]), np.array([2.25, 1.0])))[0].tolist() == [
        1.5,
        np.inf,
    ]
    assert units.unpack(units.pack(np.array([1e-9]), np.array([0.001])))[1].tolist() == [0.001]
    with pytest.raises(OverflowError):
        units.pack(np.array([1e6]), np.array([1.0]))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["time", "distance"]),
    st.lists(st.tuples(st.floats(1e-6, 500), st.floats(0.5, 300)), min_size=1, max_size=30),
)
def test_packed_sums_are_the_sums(weight, roads):
    km = np.array([k for k, _ in roads])
    minutes = km / np.array([v for _, v in roads]) * 60
    units = packing.choose_packing(weight, minutes, km)
    total = units.pack(minutes, km).sum()
    if total >= packing.EXACT:
        return
    sums = units.unpack(np.array([total]))
    parts = units.unpack(units.pack(minutes, km))
    for whole, part, per in zip(sums, parts, (units.per_minute, units.per_km), strict=True):
        assert round(whole[0] * per) == np.rint(part * per).sum()


def test_absurd_roads_are_an_error():
    network, _ = country(SQUARE, [(a, b, 1e9, {"kmh": 1e-3}) for a, b in ("ab", "bc", "cd", "da")])
    points = snap.snap_points(network, *place({"b": (10, 0), "d": (0, 10)}))
    with pytest.raises(InputError, match="lengths and speeds"):
        travel.od_matrix(network, points, points)


def test_restricted_turns_are_the_same_by_both_engines(tmp_path):
    nodes = {1: (47.1, 9.50), 2: (47.1, 9.51), 3: (47.1, 9.52), 4: (47.11, 9.51)}
    ways = {i: ([i, 2], {"highway": "residential"}) for i in (1, 3, 4)} | {
        9: ([3, 4], {"highway": "primary"})
    }
    network = network_of(write(tmp_path, nodes, ways, [turn(1, 2, 4, "no_left_turn")]))
    assert network.edge_turn.any()
    points = spread(network, 60, 10)
    both(network, points, points)
