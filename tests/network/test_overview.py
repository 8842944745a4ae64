"""Areas at a glance against the engine at random places, and against the exact areas."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from network_worlds import country, place
from test_isochrone import BAY, PLACES, ROADS, area, drawn, metres

from geoplan.network import snap, travel
from geoplan.network.access import AccessRule, Ground, unproject_degrees
from geoplan.network.field import World
from geoplan.network.overview import AreasOf, KnownLattices, overview_areas
from geoplan.units import project_metres

RULE = AccessRule()
CARE = {"f": (0, 0), "g": (20, 20)}
BANDS = (20, 45)
GROUND = Ground(outline=BAY)


@pytest.fixture(scope="module")
def world():
    network, _ = country(PLACES, ROADS)
    return World(network, GROUND, RULE)


@pytest.fixture(scope="module")
def goals(world):
    return snap.snap_points(world.network, *place(CARE), ground=world.ground, rule=RULE)


def shapes(table, service):
    rows = table[table["service"] == service].set_index("band_upper_minutes")
    return {int(band): metres(shape) for band, shape in rows["geometry"].items()}


def test_places_away_from_the_line_lie_where_the_engine_says(world, goals):
    given = {"both": np.array([True, True]), "one": np.array([True, False])}
    table = overview_areas(world, goals, [AreasOf(key, mask, BANDS) for key, mask in given.items()])
    xy_m = np.random.default_rng(7).uniform(-50_000, 50_000, (1500, 2))
    xy_m = xy_m[world.ground.distance_outside_m(*xy_m.T) == 0]
    lat, lon = unproject_degrees(*xy_m.T)
    points = snap.snap_points(world.network, [""] * len(lat), lat, lon, ground=world.ground, rule=RULE)
    tenths = travel.od_matrix(world.network, points, goals, ground=world.ground, rule=RULE).tenths
    step_m = np.sqrt(120_000 * 120_000 / 22_000)
    for service, mask in given.items():
        nearest = np.where(tenths < 0, 10**6, tenths)[:, mask].min(axis=1)
        for band, shape in shapes(table, service).items():
            sure = shapely.distance(shape.boundary, shapely.points(xy_m)) > step_m
            claimed = shapely.intersects_xy(shape, *xy_m.T)
            assert sure.sum() > 500
            assert list(claimed[sure]) == list((nearest <= 10 * band)[sure])


def test_each_band_is_nearly_the_exact_one(world, goals):
    table = overview_areas(world, goals, [AreasOf("care", np.array([True, True]), BANDS)])
    exact, _, _ = drawn(world.network, CARE, bands=BANDS, ground=GROUND)
    for band, shape in shapes(table, "care").items():
        true = metres(area(exact, "union", band))
        assert shapely.area(shape ^ true) < 0.06 * shapely.area(true)
        assert shape.is_valid


def test_a_band_holds_the_one_before_and_no_water(world, goals):
    table = overview_areas(world, goals, [AreasOf("care", np.array([True, True]), BANDS)])
    near, far = shapes(table, "care").values()
    assert shapely.area(near - far) < 1e-3 * shapely.area(near)
    assert shapely.area(far - BAY) < 1e-6 * shapely.area(far)


def test_a_service_that_nobody_gives_has_empty_areas(world, goals):
    table = overview_areas(world, goals, [AreasOf("none", np.array([False, False]), BANDS)])
    assert list(table["band_upper_minutes"]) == list(BANDS)
    assert all(shape.is_empty for shape in table["geometry"])


def test_roads_of_ones_own_without_an_outline_have_areas_too():
    network, _ = country(PLACES, ROADS)
    world = World(network, Ground(), RULE)
    goals = snap.snap_points(network, *place({"f": (0, 0)}), ground=world.ground, rule=RULE)
    table = overview_areas(world, goals, [AreasOf("care", np.array([True]), (10,))])
    x_m, y_m = project_metres(goals.lat, goals.lon)
    assert shapely.intersects_xy(shapes(table, "care")[10], x_m, y_m).all()


def test_a_lattice_is_snapped_once_for_the_same_roads_and_anew_for_others(world, goals, monkeypatch):
    asked = []
    plain = World.snap

    def snapping(self, x_m, y_m):
        asked.append(len(x_m))
        return plain(self, x_m, y_m)

    monkeypatch.setattr(World, "snap", snapping)
    known, wanted = KnownLattices(), [AreasOf("care", np.array([True, True]), BANDS)]
    first = overview_areas(world, goals, wanted, known=known)
    second = overview_areas(world, goals, wanted, known=known)
    assert len(asked) == 1
    assert list(first["geometry"]) == list(second["geometry"])
    other, _ = country(PLACES, ROADS[:2])
    changed = World(other, GROUND, RULE)
    stand = snap.snap_points(other, *place(CARE), ground=GROUND, rule=RULE)
    third = overview_areas(changed, stand, wanted, known=known)
    alone = overview_areas(changed, stand, wanted)
    assert len(asked) == 3
    assert list(third["geometry"]) == list(alone["geometry"]) != list(first["geometry"])
