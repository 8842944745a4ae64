"""Times between points: edges shared, one-ways at both ends, direct paths, distance weight, chunks."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from network_worlds import country, place

from geoplan.network import snap, sweep, travel
from geoplan.network.access import AccessRule, Ground
from geoplan.units import project_metres

RING = {"a": (0, 0), "b": (30, 0), "c": (30, 30), "d": (0, 30)}


def ring(*, oneway=True, **choices):
    """Return a ring a-b-c-d-a of 30 km sides at 60 km/h, its first side one-way; a vertex every 5 km."""
    steps = range(5, 30, 5)
    roads = [
        ("a", "b", 30, {"oneway": oneway, "via": [(s, 0) for s in steps]}),
        ("b", "c", 30, {"via": [(30, s) for s in steps]}),
        ("c", "d", 30, {"via": [(30 - s, 30) for s in steps]}),
        ("d", "a", 30, {"via": [(0, 30 - s) for s in steps]}),
    ]
    return country(RING, roads, **choices)[0]


def matrix(network, origins, destinations, *, ground=None, rule=None):
    o = snap.snap_points(network, *place(origins), ground=ground, rule=rule)
    d = snap.snap_points(network, *place(destinations), ground=ground, rule=rule)
    return travel.od_matrix(network, o, d, ground=ground, rule=rule)


def way(network, origin, destination, *, ground=None, rule=None):
    o = snap.snap_points(network, *place({"o": origin}), ground=ground, rule=rule)
    d = snap.snap_points(network, *place({"d": destination}), ground=ground, rule=rule)
    return travel.route(network, o, d, ground=ground, rule=rule)


NO_DIRECT = AccessRule(access_speed_kmh=1, access_km=1000)
"""So slow off the road that no direct path is ever quicker; legs of points on the road stay nothing."""


@pytest.mark.parametrize(
    ("origin", "destination", "oneway", "minutes"),
    [
        ((10, 0), (20, 0), True, 10),
        ((20, 0), (10, 0), False, 10),
        ((20, 0), (10, 0), True, 10 + 90 + 10),
        ((10, 0), (10, 0), True, 0),
        ((30, 15), (10, 0), True, 15 + 60 + 10),
        ((10, 0), (0, 15), True, 20 + 60 + 15),
        ((0, 15), (10, 0), True, 15 + 10),
        ((0, 0), (0, 15), True, 15),
        ((30, 15), (30, 0), True, 15),
    ],
)
def test_positions_on_edges_in_any_order(origin, destination, oneway, minutes):
    found = way(ring(oneway=oneway), origin, destination, rule=NO_DIRECT)
    assert found.tenths / 10 == pytest.approx(minutes, abs=0.11)


def test_one_way_end_is_the_node_itself():
    # both points lie at node b, at the head of the one-way road (the smaller id wins the tie)
    network = ring()
    found = snap.snap_points(network, *place({"p": (32, -2)}))
    assert (found.road_id[0], found.share[0]) == ("r00", 1.0)
    away = sweep.find_ends(network, found, leaving=True)
    assert away.cost[0, 1] == 0.0
    assert np.isinf(away.cost[0, 0])
    assert way(network, (32, -2), (30, 10), rule=NO_DIRECT).road_ids == ("r01",)


def test_legs_count_in_minutes_and_kilometres():
    # 10 km of leg straight = 13 km, 39 min; 5 km straight = 6.5 km, 19.5 min; 30 + 10 + 10 km of road
    found = way(ring(), (10, -10), (35, 10))
    assert found.tenths / 10 == pytest.approx(39 + 20 + 10 + 19.5, abs=0.2)
    assert found.km == pytest.approx(13 + 30 + 6.5, abs=0.1)
    assert (found.access.km, found.egress.km) == pytest.approx((13, 6.5), abs=0.05)
    assert found.refs == ("R0", "R1")


def test_unreachable_is_minus_one_and_nan():
    far = RING | {"x": (300, 0), "y": (310, 0), "z": (320, 10)}
    roads = [("a", "b", 30), ("b", "c", 30), ("x", "y", 10), ("y", "z", 15)]
    network, _ = country(far, roads)
    found = matrix(network, {"o": (10, 1)}, {"d": (305, 1), "e": (20, 1)})
    assert found.tenths[0, 0] == -1
    assert np.isnan(found.km[0, 0])
    assert found.tenths[0, 1] > 0


def test_point_not_snapped_is_reached_by_nobody_and_reaches_nobody():
    found = matrix(ring(), {"o": (-100, 0), "p": (5, 5)}, {"d": (-101, 0), "e": (5, 6)})
    assert found.tenths[0].tolist() == [-1, -1]
    assert found.tenths[1, 0] == -1
    assert not found.direct[0].any()


def test_direct_path_where_it_is_quicker():
    # 2 km apart across the gap of a horseshoe of 90 km
    network, _ = country(RING | {"d": (0, 2)}, [("a", "b", 30), ("b", "c", 30), ("c", "d", 41)])
    found = way(network, (0, 0), (0, 2))
    assert found.direct
    assert found.tenths == 78
    assert found.km == pytest.approx(2.6, abs=0.01)
    assert (found.road_ids, found.coordinates.shape) == ((), (2, 2))


def test_direct_path_stays_on_land():
    network, _ = country(RING | {"d": (0, 2)}, [("a", "b", 30), ("b", "c", 30), ("c", "d", 41)])
    land = shapely.box(-50_000, -50_000, 50_000, 50_000)
    inlet = Ground(land - shapely.box(-60_000, 500, 10_000, 1_500))
    found = way(network, (0, 0), (0, 2), ground=inlet)
    assert not found.direct
    assert found.tenths / 10 == pytest.approx(101, abs=0.3)


def test_direct_path_walks_beyond_fifteen_kilometres_and_ends_at_forty():
    # two dead ends 30 km apart: 39 km of leg, 15 at 20 km/h and 24 on foot
    places = {"a": (0, 0), "b": (200, 0), "c": (200, 30), "d": (0, 30)}
    roads = [("a", "b", 400), ("b", "c", 30), ("c", "d", 400)]
    found = way(country(places, roads)[0], (0, 0), (0, 30))
    assert found.direct
    assert found.tenths / 10 == pytest.approx(45 + 24 / 5.0367 * 60, abs=0.2)
    farther = way(country(places | {"c": (200, 41), "d": (0, 41)}, roads)[0], (0, 0), (0, 41))
    assert not farther.direct
    assert farther.tenths == 8300


def test_direct_path_between_components():
    network, _ = country(
        RING | {"x": (0, 10), "y": (-10, 10), "z": (-10, 20)},
        [("a", "b", 30), ("b", "c", 30), ("x", "y", 10), ("y", "z", 10)],
    )
    found = way(network, (0, 0), (0, 10))
    assert found.direct
    assert found.km == pytest.approx(13, abs=0.05)


def test_same_place_takes_no_time():
    found = way(ring(), (-5, -5), (-5, -5))
    assert (found.tenths, found.km, found.direct) == (0, 0.0, True)
    assert found.coordinates.shape == (2, 2)


def test_distance_weight_minimises_kilometres_and_keeps_the_minutes_of_that_route():
    roads = [("a", "b", 40, {"kmh": 120}), ("a", "b", 32, {"kmh": 30}), ("b", "c", 30), ("c", "d", 30)]
    quick, _ = country(RING, roads)
    short, _ = country(RING, roads, weight="distance")
    points = ((-1, 0), (31, 31))
    by_time, by_km = (way(n, *points, rule=NO_DIRECT) for n in (quick, short))
    assert by_time.road_ids == ("r00", "r02")
    assert by_km.road_ids == ("r01", "r02")
    legs = (1 + 2**0.5) * 1.3
    assert by_time.km == pytest.approx(70 + legs, abs=0.05)
    assert by_km.km == pytest.approx(62 + legs, abs=0.05)
    assert by_km.tenths / 10 == pytest.approx(64 + 30 + legs * 60, abs=2)


def test_distance_weight_takes_the_direct_path_only_if_quicker_and_shorter():
    # 14 km straight = 18.2 km: shorter than 20 km of road, but 54.6 minutes against 20
    places = {"a": (0, 0), "b": (14, 0), "c": (14, 30)}
    slow, _ = country(places, [("a", "b", 20), ("b", "c", 30)], weight="distance")
    assert not way(slow, (0, 0), (14, 0)).direct
    longer, _ = country(places, [("a", "b", 17, {"kmh": 5}), ("b", "c", 30)], weight="distance")
    assert not way(longer, (0, 0), (14, 0)).direct
    both, _ = country(places, [("a", "b", 20, {"kmh": 5}), ("b", "c", 30)], weight="distance")
    assert way(both, (0, 0), (14, 0)).direct


def test_uphill_and_downhill_legs_differ():
    class Ramp:
        def heights_m(self, lat, _lon):
            return (lat - 40.2) * -111.0367 * 60

    ground = Ground(terrain=Ramp())
    points = ((15, -25), (15, 31))
    there, back = way(ring(), *points, ground=ground), way(ring(), *points[::-1], ground=ground)
    assert there.access.minutes < back.egress.minutes
    assert there.access.km == back.egress.km
    assert there.tenths != back.tenths


def test_both_directions_of_a_sweep_agree(monkeypatch):
    rng = np.random.default_rng(3)
    many = {f"p{i}": tuple(xy) for i, xy in enumerate(rng.uniform(-5, 35, (40, 2)))}
    few = dict(list(many.items())[:7])
    network = ring()
    there, back = matrix(network, few, many), matrix(network, many, few)
    for j, b in enumerate(few):
        for i, a in enumerate(many):
            alone = matrix(network, {a: many[a]}, {b: few[b]})
            assert alone.tenths[0, 0] == back.tenths[i, j]
            assert alone.km[0, 0] == pytest.approx(back.km[i, j], abs=2e-6)
    monkeypatch.setattr(sweep, "CHUNK_SOURCES", 3)
    again = matrix(network, few, many)
    assert (again.tenths == there.tenths).all()
    assert again.km == pytest.approx(there.km, abs=2e-6)


def test_ties_of_minutes_go_to_the_shorter_road():
    roads = [("a", "b", 60, {"kmh": 120}), ("a", "b", 30, {"kmh": 60}), ("b", "c", 30), ("c", "d", 30)]
    found = way(country(RING, roads)[0], (-1, 0), (31, 31), rule=NO_DIRECT)
    assert found.road_ids == ("r01", "r02")


def test_progress_counts_to_the_end():
    seen = []
    network = ring()
    points = snap.snap_points(network, *place({f"p{i}": (i, 1) for i in range(5)}))
    travel.od_matrix(network, points, points, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (25, 25)


def test_coordinates_run_from_door_to_door_along_the_drawn_lines():
    network = ring()
    found = way(network, (10, -10), (35, 10))
    _, lat, lon = place({"o": (10, -10), "d": (35, 10)})
    assert found.coordinates[0] == pytest.approx([lon[0], lat[0]])
    assert found.coordinates[-1] == pytest.approx([lon[1], lat[1]])
    x, y = project_metres(found.coordinates[:, 1], found.coordinates[:, 0])
    assert np.hypot(np.diff(x), np.diff(y)).sum() == pytest.approx(45_000, rel=2e-3)
    corner = np.abs(found.coordinates - [network.lines.lon[6], network.lines.lat[6]]).max(axis=1)
    assert corner.min() == 0


def test_empty_sides():
    network = ring()
    none, some = snap.snap_points(network, [], [], []), snap.snap_points(network, *place({"p": (5, 5)}))
    assert travel.od_matrix(network, none, some).tenths.shape == (0, 1)
    empty = travel.od_matrix(network, some, none)
    assert travel.route_forest(network, some, none, matrix=empty).next_road.shape == (0, 4)


def test_no_roads_at_all():
    network, _ = country(RING, [("a", "b", 30, {"status": "planned"})])
    found = matrix(network, {"o": (1, 1), "p": (2, 2)}, {"d": (1, 1)})
    assert (found.tenths == -1).all()
    assert not way(network, (1, 1), (2, 2)).reached
