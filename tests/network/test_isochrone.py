"""Service areas against the engine itself, by point, by road, by people and by water."""

from __future__ import annotations

import math

import network_oracle as oracle
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from network_worlds import country, lat, lon, place
from test_oracle import worlds

from geoplan.errors import UsageError
from geoplan.network import reach, snap, travel
from geoplan.network.access import AccessRule, Ground, unproject_degrees
from geoplan.network.field import World, find_fields
from geoplan.network.isochrone import AreaOptions, People, service_areas
from geoplan.network.mending import stretch_lines
from geoplan.units import project_metres

RULE = AccessRule()
BAY = shapely.box(-60_000, -60_000, 60_000, 60_000) - shapely.box(-70_000, 2_000, 15_000, 6_000)
"""Land with a bay from the west."""

PLACES = {"a": (0, 0), "b": (20, 0), "c": (20, 20), "d": (0, 20)}
ROADS = [("a", "b", 20), ("b", "c", 20), ("c", "d", 20)]
"""A horseshoe, open to the west: whoever lives in the north-west goes a long way round."""


def drawn(network, care, *, bands=(30, 60), ground=None, places=None, population=None, **options):
    """Return the table, the world and the facilities' snapping for `care` {id: (east, north)}."""
    world = World(network, ground or Ground(), RULE)
    facilities = snap.snap_points(network, *place(care), ground=world.ground, rule=RULE)
    people = snap.snap_points(network, *place(places or {}), ground=world.ground, rule=RULE)
    crowd = np.array(population or [100] * len(people))
    table = service_areas(world, facilities, People(people, crowd), AreaOptions(bands, **options))
    return table, world, facilities


def area(table, facility, band):
    rows = table[(table["facility_id"] == facility) & (table["band_upper_minutes"] == band)]
    (shape,) = rows["geometry"]
    return shape


def metres(shape):
    """Return a shape of the table in the metres of the engine."""
    return shapely.transform(shape, lambda c: np.column_stack(project_metres(c[:, 1], c[:, 0])))


def differing(world, facilities, table, points_m, *, direction="to", resolution_m=250.0):
    """Return points of the plane where area and engine differ, farther from the line than the resolution."""
    lat_deg, lon_deg = unproject_degrees(*points_m.T)
    points = snap.snap_points(world.network, [str(i) for i in range(len(points_m))], lat_deg, lon_deg,
                              ground=world.ground, rule=RULE)  # fmt: skip
    here = world.ground.distance_outside_m(*points_m.T) == 0
    pair = (points, facilities) if direction == "to" else (facilities, points)
    tenths = travel.od_matrix(world.network, *pair, ground=world.ground, rule=RULE).tenths
    tenths = tenths if direction == "to" else tenths.T
    wrong = []
    for row in table[table["facility_id"] != "union"].itertuples():
        times = tenths[:, facilities.ids.index(row.facility_id)]
        truth = (times >= 0) & (times <= 10 * row.band_upper_minutes)
        shape = metres(row.geometry)
        shapely.prepare(shape)
        claimed = shapely.intersects_xy(shape, *points_m.T)
        for i in np.flatnonzero(here & (claimed != truth)):
            apart = shape.boundary.distance(shapely.Point(points_m[i])) if not shape.is_empty else math.inf
            if apart > resolution_m:
                wrong.append((row.facility_id, row.band_upper_minutes, *points_m[i], times[i], apart))
    return wrong


def apart(places, roads):
    """Return the roads that share no stretch: of two roads in one place neither is the nearest."""
    kept, lines = [], []
    for tail, head, km, options in roads:
        line = shapely.LineString([places[tail], *options.get("via", []), places[head]])
        if line.is_simple and all(line.intersection(other).length == 0 for other in lines):
            kept.append((tail, head, km, options))
            lines.append(line)
    assume(kept)
    return kept


def scattered(count, *, seed, half_m=45_000):
    return np.random.default_rng(seed).uniform(-half_m, half_m, (count, 2))


# --- by point ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["to", "from"])
def test_toy_country_equals_the_engine_point_by_point(toy, toy_network, direction):
    network = toy_network()
    world = World(network, Ground(), RULE)
    rows = toy["facilities"]
    facilities = snap.snap_points(network, list(rows.index), rows["lat"], rows["lon"])
    people = snap.snap_points(
        network, list(toy["settlements"].index), *toy["settlements"][["lat", "lon"]].to_numpy().T
    )
    options = AreaOptions((20, 45, 90), direction=direction)
    table = service_areas(world, facilities, People(people, np.full(len(people), 1000)), options)
    points = np.random.default_rng(3).uniform((-60_000, -40_000), (90_000, 60_000), (6000, 2))
    assert differing(world, facilities, table, points, direction=direction) == []


@settings(max_examples=15, deadline=None)
@given(worlds(), st.sampled_from(["to", "from"]), st.integers(0, 9))
def test_random_worlds_equal_the_engine_point_by_point(world_drawn, direction, seed):
    places, roads, homes, care = world_drawn
    network, _ = country(places, apart(places, roads))
    table, world, facilities = drawn(
        network, care, bands=(15, 40), places=homes, direction=direction, union=False
    )
    points = np.random.default_rng(seed).uniform(-12_000, 45_000, (1000, 2))
    wrong = differing(world, facilities, table, points, direction=direction)
    assert len(wrong) <= 2, wrong  # a pocket without roads may be narrower than the lattice's first step
    for row in table.itertuples():
        assert row.geometry.is_valid


def test_hills_count_in_the_direction_of_travel():
    class Slope:
        def heights_m(self, lat_deg, _lon_deg):
            return 3000 + 30_000 * (lat_deg - 40.2)  # 27 % up to the north

    network, _ = country({"a": (-30, 0), "b": (0, 0), "c": (30, 0)}, [("a", "b", 30), ("b", "c", 30)])
    ground = Ground(terrain=Slope())
    found = {}
    for direction in ("to", "from"):
        table, world, facilities = drawn(
            network, {"f": (0, 0)}, bands=(90, 240), ground=ground, direction=direction, union=False
        )
        assert differing(world, facilities, table, scattered(2000, seed=1), direction=direction) == []
        found[direction] = area(table, "f", 240)
    # to the facility one walks down from the north, from it up
    north = [metres(found[d]).bounds[3] for d in ("to", "from")]
    assert north[0] > north[1] + 500


# --- by road ----------------------------------------------------------------------------------------------


def test_roads_are_cut_where_the_limit_falls():
    network, _ = country(PLACES, ROADS)
    world = World(network, Ground(), RULE)
    facilities = snap.snap_points(network, *place({"f": (5, 0)}))
    (field,) = find_fields(world, facilities, direction="to", width=1)
    cut = reach.reached_stretches(field, 25.0)  # 60 km/h: 25 km
    assert list(cut.edge) == [0, 1]
    assert cut.share_from == pytest.approx([0, 0])
    assert cut.share_to == pytest.approx([1, 0.5], abs=1e-3)
    assert shapely.length(stretch_lines(field, cut)) == pytest.approx([20_000, 10_000], rel=5e-3)


def test_one_way_roads_are_reached_along_their_direction():
    ring = [("a", "b", 20, {"oneway": True}), ("b", "c", 20), ("c", "d", 20), ("d", "a", 20)]
    network, _ = country(PLACES, ring)
    world = World(network, Ground(), RULE)
    facilities = snap.snap_points(network, *place({"f": (10, 0)}))
    found = {}
    for direction in ("to", "from"):
        (field,) = find_fields(world, facilities, direction=direction, width=1)
        cut = reach.reached_stretches(field, 8.0)
        found[direction] = list(zip(cut.edge, cut.share_from.round(2), cut.share_to.round(2), strict=True))
    assert found == {"to": [(0, 0.1, 0.5)], "from": [(0, 0.5, 0.9)]}


@settings(max_examples=60, deadline=None)
@given(worlds(), st.sampled_from(["to", "from"]), st.sampled_from([4.0, 11.5, 26.0]))
def test_cuts_equal_networkx(world_drawn, direction, limit):
    places, roads, _, care = world_drawn
    network, _ = country(places, roads)
    world = World(network, Ground(), RULE)
    facilities = snap.snap_points(network, *place(care), ground=world.ground, rule=RULE)
    rng = np.random.default_rng(5)
    good = np.flatnonzero(network.edge_ok)
    assume(len(good))
    edge, share = rng.choice(good, 40), rng.uniform(0.001, 0.999, 40).round(9)
    at_deg = network.lines.at(edge, share)
    points = snap.snap_points(network, [str(i) for i in range(40)], *at_deg)
    points.edge[:], points.share[:] = edge, share  # on a crossing of roads another edge may be as near
    g = oracle.graph_with(network, [points, facilities])
    for field in find_fields(world, facilities, direction=direction, width=40):
        cut = reach.reached_stretches(field, limit)
        for i in range(40):
            ends = ("p", 0, i), ("p", 1, field.number)
            by_road, _ = oracle._by_road(g, *(ends if direction == "to" else ends[::-1]), "time")
            minutes = by_road + field.leg_minutes
            if abs(minutes - limit) < 1e-4:
                continue
            on = (cut.edge == edge[i]) & (cut.share_from <= share[i]) & (share[i] <= cut.share_to)
            assert on.any() == (minutes <= limit)
            assert reach.road_minutes(field, edge[[i]], share[[i]])[0] == pytest.approx(minutes, abs=1e-5)


def test_a_reached_road_too_narrow_for_the_lattice_is_still_in_the_area():
    # 120 km/h: the tip of the reached road is a needle far narrower than a cell
    network, _ = country(
        {"a": (0, 0), "b": (40, 0.1), "c": (80, 0)},
        [("a", "b", 40, {"kmh": 120}), ("b", "c", 40, {"kmh": 120})],
    )
    table, world, facilities = drawn(network, {"f": (0, 0)}, bands=(30,), resolution_m=1000.0)
    (field,) = find_fields(world, facilities, direction="to", width=1)
    lines = stretch_lines(field, reach.reached_stretches(field, 30.0))
    assert shapely.length(lines).sum() == pytest.approx(60_000, rel=5e-3)
    missing = shapely.difference(lines, metres(area(table, "f", 30)))
    assert shapely.length(missing).max() < 2.0


# --- by water ---------------------------------------------------------------------------------------------


def test_never_across_a_bay():
    network, _ = country(PLACES, ROADS)
    ground = Ground(BAY)
    table, world, facilities = drawn(network, {"f": (2, 0)}, bands=(15, 30), ground=ground)
    far_bank = shapely.box(-60_000, 6_500, 10_000, 60_000)
    for row in table.itertuples():
        shape = metres(row.geometry)
        assert shape.intersection(far_bank).area == 0
        assert shape.difference(BAY.buffer(1)).area == 0
    assert differing(world, facilities, table, scattered(3000, seed=2)) == []


def test_never_across_a_river_without_a_bridge():
    # two banks 3 km apart, the bridge 40 km to the east: the far bank belongs to its own road
    places = {"a": (-10, 0), "b": (30, 0), "c": (30, 3), "d": (0, 3)}
    network, _ = country(places, [("a", "b", 40), ("b", "c", 3), ("c", "d", 30)])
    table, world, facilities = drawn(network, {"f": (-10, 0)}, bands=(20,))
    shape = metres(area(table, "f", 20))
    banks = shapely.box(2_000, -20_000, 30_000, 20_000)
    assert shape.bounds[2] > 9_500
    assert shape.intersection(banks).bounds[3] == pytest.approx(1_500, abs=250)
    assert differing(world, facilities, table, scattered(3000, seed=4, half_m=12_000)) == []


def test_an_island_has_no_part_in_it():
    roads = [*ROADS, ("i", "j", 5)]
    network, _ = country(PLACES | {"i": (5, 10), "j": (10, 10)}, roads)
    table, world, facilities = drawn(network, {"f": (0, 0)}, bands=(20,))
    assert differing(world, facilities, table, scattered(3000, seed=6)) == []


# --- by people --------------------------------------------------------------------------------------------


def test_every_place_is_on_its_side_even_at_the_line():
    network, _ = country(PLACES, ROADS)
    rng = np.random.default_rng(8)
    # places along the line of 30 minutes: 30 km by road, less what the leg takes
    spots = {f"p{i:03d}": (x, y) for i, (x, y) in enumerate(rng.uniform(-6, 26, (400, 2)).round(4))}
    spots |= {f"q{i:03d}": (20 - x, 20) for i, x in enumerate(np.linspace(9.9, 10.1, 21))}
    numbers = list(range(1, len(spots) + 1))
    table, _, facilities = drawn(
        network, {"f": (0, 0), "g": (0, 0)}, places=spots, population=numbers, resolution_m=1000.0
    )
    people = snap.snap_points(network, *place(spots))
    tenths = travel.od_matrix(network, people, facilities).tenths[:, 0]
    for row in table.itertuples():
        within = tenths <= 10 * row.band_upper_minutes
        assert row.population == np.array(numbers)[within].sum()
        assert (shapely.intersects_xy(row.geometry, people.lon, people.lat) == within).all()


def test_a_place_just_outside_the_outline_is_held_by_a_strip():
    network, _ = country(PLACES, ROADS)
    ground = Ground(BAY)
    table, _, _ = drawn(network, {"f": (2, 0)}, bands=(30,), ground=ground, places={"p": (2, 3.0)})
    shape = metres(area(table, "f", 30))
    assert table["population"].tolist() == [100, 100]
    assert shapely.intersects_xy(area(table, "f", 30), lon(2), lat(3.0))
    assert 0 < shape.difference(BAY).area < 60 * 1100


# --- the table --------------------------------------------------------------------------------------------


def test_table_is_nested_valid_sorted_and_repeats():
    network, _ = country(PLACES, ROADS)
    care = {"g": (20, 10), "f": (0, 0), "h": (0, 0)}
    first, *_ = drawn(network, care, bands=(15, 30, 60), service="s")
    again, *_ = drawn(network, dict(reversed(care.items())), bands=(15, 30, 60), service="s")
    assert list(zip(first["facility_id"], first["band_upper_minutes"], strict=True)) == [
        (i, b) for i in ("f", "g", "h", "union") for b in (15, 30, 60)
    ]
    assert set(first["service"]) == {"s"}
    assert first.drop(columns="geometry").equals(again.drop(columns="geometry"))
    assert list(shapely.to_wkb(first["geometry"].to_numpy())) == list(
        shapely.to_wkb(again["geometry"].to_numpy())
    )
    assert shapely.is_valid(first["geometry"].to_numpy()).all()
    for name, rows in first.groupby("facility_id"):
        inner, *outer = [metres(g) for g in rows["geometry"]]
        for wider in outer:
            assert inner.difference(wider).area < 1, name
            inner = wider
        assert rows["area_km2"].is_monotonic_increasing
    union = metres(area(first, "union", 30))
    for name in "fgh":
        assert metres(area(first, name, 30)).difference(union).area < 100  # corners are rounded to 0.1 m
    assert first["area_km2"].to_numpy() == pytest.approx(
        [metres(g).area / 1e6 for g in first["geometry"]], rel=1e-3
    )
    assert shapely.equals(area(first, "f", 30), area(first, "h", 30))


def test_a_disc_where_all_is_off_the_road():
    # a facility 10 km from the road, 15 minutes: only straight there, 5 km of way
    network, _ = country({"a": (0, 0), "b": (60, 0)}, [("a", "b", 60)])
    table, _, _ = drawn(network, {"f": (30, 10)}, bands=(15,))
    radius_km = (15.05 / 60 * 20) / 1.3
    assert area(table, "f", 15).geom_type == "MultiPolygon"
    assert table["area_km2"][0] == pytest.approx(math.pi * radius_km**2, rel=0.02)


def test_a_facility_without_a_road_has_no_area():
    network, _ = country(PLACES, ROADS)
    table, *_ = drawn(network, {"f": (0, 0), "z": (200, 200)})
    assert set(table["facility_id"]) == {"f", "union"}
    none, *_ = drawn(network, {"z": (200, 200)})
    assert none.empty
    assert "band_upper_minutes" in none


def test_without_acceptable_roads_there_is_nothing_to_draw():
    for roads in ([("a", "b", 3, {"oneway": True})], [("a", "b", 3, {"kmh": 0.0})]):
        network, _ = country({"a": (0, 0), "b": (0, 5)}, roads)
        table, *_ = drawn(network, {"f": (0, 0)}, places={"p": (0, 1)})
        assert table.empty


@pytest.mark.parametrize("bands", [(), (0, 30), (60, 30), (30, 30)])
def test_bands_must_rise(bands):
    with pytest.raises(UsageError, match="bands"):
        AreaOptions(bands)


def test_a_network_of_shortest_routes_is_refused():
    network, _ = country(PLACES, ROADS, weight="distance")
    with pytest.raises(UsageError, match="minimises time"):
        drawn(network, {"f": (0, 0)})
