"""Points meet roads: by land, from just outside the outline, never on an island, each with its verdict."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from network_worlds import country, place

from geoplan.network import snap
from geoplan.network.access import AccessRule, Ground

PLACES = {"a": (0, 0), "b": (20, 0), "c": (20, 20), "d": (0, 20)}
ROADS = [("a", "b", 20), ("b", "c", 20), ("c", "d", 20)]
"""A horseshoe, open to the west."""

BAY = shapely.box(-60_000, -60_000, 60_000, 60_000) - shapely.box(-70_000, 2_000, 15_000, 6_000)
"""Land with a bay from the west, between the southern road and what lies north of it."""


def snapped(point, *, roads=None, places=None, ground=None, rule=None):
    network, _ = country(places or PLACES, roads or ROADS)
    return network, snap.snap_points(network, *place({"p": point}), ground=ground, rule=rule)


def test_nearest_position_on_the_nearest_edge():
    _, found = snapped((5, 3))
    assert found.verdict[0] == "accepted"
    assert found.road_id[0] == "r00"
    assert found.share[0] == pytest.approx(0.25, abs=1e-3)
    assert found.distance_m[0] == pytest.approx(3_000, rel=5e-3)
    assert found.leg_km[0] == pytest.approx(found.distance_m[0] * 1.3 / 1000)
    assert found.out_minutes[0] == pytest.approx(found.leg_km[0] * 3)
    assert (found.foot_lon[0], found.foot_lat[0]) == pytest.approx((47.5 + 5 / 85.1454, 40.2), abs=1e-4)


def test_equally_near_edges_go_to_the_smaller_road_id():
    _, found = snapped((25, -5))
    assert (found.road_id[0], found.share[0]) == ("r00", 1.0)


def test_nearer_edge_across_water_is_passed_over():
    # 7 km north of the southern road, 13 km from the eastern and the northern one
    free = snapped((8, 7))[1]
    by_land = snapped((8, 7), ground=Ground(BAY))[1]
    assert free.road_id[0] == "r00"
    assert by_land.road_id[0] == "r01"
    assert by_land.distance_m[0] == pytest.approx(12_000, rel=0.01)
    assert by_land.verdict[0] == "accepted"
    assert "across water" in by_land.note[0]


def test_another_part_of_the_same_edge_may_be_reached_by_land():
    loop = [("a", "b", 60, {"via": [(20, 0), (20, 20), (0, 20)]}), ("b", "c", 5)]
    places = {"a": (0, 0), "b": (-2, 20), "c": (-3, 25)}
    _, found = snapped((8, 7), roads=loop, places=places, ground=Ground(BAY))
    assert found.road_id[0] == "r00"
    assert found.distance_m[0] == pytest.approx(12_000, rel=0.01)


def test_the_search_by_land_is_exact():
    rng = np.random.default_rng(7)
    points = {f"p{i}": tuple(xy) for i, xy in enumerate(rng.uniform((-20, 6.5), (14, 19), (60, 2)))}
    network, _ = country(PLACES, ROADS)
    found = snap.snap_points(network, *place(points), ground=Ground(BAY))
    region = BAY.buffer(250)
    shapely.prepare(region)
    shares = np.linspace(0, 1, 501)
    spots = shapely.line_interpolate_point(network.lines.shapes[:, None], shares, normalized=True).ravel()
    for i in range(len(found)):
        start = shapely.Point(found.base_x_m[i], found.base_y_m[i])
        foot = network.lines.shapes[found.edge[i]].interpolate(found.share[i], normalized=True)
        assert region.covers(shapely.LineString([start, foot]))
        near = spots[shapely.distance(spots, start) < found.distance_m[i] - 5]
        legs = [shapely.LineString([start, spot]) for spot in near]
        strict = BAY.buffer(100)
        assert not any(strict.covers(leg) for leg in legs)


def test_no_road_by_land_is_too_far():
    lake = shapely.box(-60_000, -60_000, 60_000, 60_000) - shapely.box(-15_000, 5_000, 15_000, 15_000)
    island = shapely.box(-2_000, 8_000, 2_000, 12_000)
    _, found = snapped((0, 10), ground=Ground(lake | island))
    assert found.verdict[0] == "too_far"
    assert found.edge[0] == -1
    assert np.isinf(found.out_minutes[0])
    assert "by land" in found.note[0]


@pytest.mark.parametrize(("north", "verdict"), [(-39.9, "accepted"), (-40.1, "too_far")])
def test_forty_kilometres_is_the_limit(north, verdict):
    assert snapped((10, north))[1].verdict[0] == verdict


def test_limit_can_be_overridden():
    assert snapped((10, -10), rule=AccessRule(snap_limit_km=9))[1].verdict[0] == "too_far"


def test_point_just_outside_is_measured_from_the_outline():
    coast = Ground(shapely.box(-60_000, -10_000, 60_000, 60_000))
    _, found = snapped((10, -13), ground=coast)
    assert found.verdict[0] == "accepted"
    assert found.extra_m[0] == pytest.approx(3_000, rel=0.01)
    assert found.distance_m[0] == pytest.approx(13_000, rel=0.01)
    assert found.leg_km[0] == pytest.approx(16.9, rel=0.01)
    assert found.out_minutes[0] == pytest.approx(45 + 1.9 / 5.0367 * 60, rel=0.01)
    assert "outside the outline" in found.note[0]


def test_point_far_outside_is_not_snapped():
    coast = Ground(shapely.box(-60_000, -10_000, 60_000, 60_000))
    _, found = snapped((10, -16), ground=coast)
    assert found.verdict[0] == "outside"
    assert np.isnan(found.distance_m[0])


def test_own_roads_may_lie_outside_but_inside_points_stay_inside():
    west = Ground(shapely.box(-60_000, -60_000, 9_000, 60_000), outside_is_free=True)
    _, outside = snapped((25, 10), ground=west)
    assert outside.road_id[0] == "r01"
    # 8 km east lies inside; the eastern road is nearest but abroad
    _, inside = snapped((8.5, 9.9), places=PLACES | {"b": (14, 0), "c": (14, 20)}, ground=west)
    assert inside.road_id[0] == "r00"


def test_two_node_island_is_passed_over_and_named():
    more = PLACES | {"x": (5, 5), "y": (8, 5)}
    _, found = snapped((6, 5), places=more, roads=[*ROADS, ("x", "y", 900)])
    assert found.verdict[0] == "moved_component"
    assert found.road_id[0] == "r00"
    assert "'r03'" in found.note[0]
    finding = snap.snapping_findings(found, where="facilities.csv")[0]
    assert (finding.severity, finding.code) == ("warning", "snap-moved-component")
    assert finding.where == "facilities.csv: p:lat"


def test_road_that_cannot_be_left_again_is_passed_over():
    more = PLACES | {"x": (40, 0)}
    _, found = snapped((40, 1), places=more, roads=[*ROADS, ("b", "x", 20, {"oneway": True})])
    assert found.verdict[0] == "moved_component"
    assert found.road_id[0] in {"r00", "r01"}  # both end at b
    assert found.distance_m[0] == pytest.approx(20_025, rel=0.01)


def test_accepted_points_give_no_finding():
    assert snap.snapping_findings(snapped((5, 3))[1], where="x.csv") == []


def test_table_has_one_row_a_point_with_text_ids():
    network, _ = country(PLACES, ROADS)
    points = place({"007": (5, 3), "far": (500, 500)})
    table = snap.snapping_table(snap.snap_points(network, *points))
    assert table["point_id"].tolist() == ["007", "far"]
    assert list(table.columns) == [
        "point_id", "snap_m", "road_id", "road_name", "road_class", "component_nodes", "component_share",
        "verdict", "note",
    ]  # fmt: skip
    assert table["component_nodes"].tolist() == [4, 0]


def test_no_points_and_no_roads():
    network, _ = country(PLACES, ROADS)
    assert len(snap.snap_points(network, [], [], [])) == 0
    empty, _ = country(PLACES, [("a", "b", 5, {"status": "planned"})])
    found = snap.snap_points(empty, *place({"p": (0, 0)}), ground=Ground(BAY))
    assert found.verdict[0] == "too_far"
    assert len(snap.snapping_table(found)) == 1


def test_road_without_extent_is_a_point():
    land = Ground(shapely.box(-60_000, -60_000, 60_000, 60_000))
    _, found = snapped((-4, -3), roads=[("a", "a", 5), *ROADS], ground=land)
    assert (found.road_id[0], found.share[0]) == ("r00", 0.0)
    assert found.distance_m[0] == pytest.approx(5_000, rel=1e-2)
