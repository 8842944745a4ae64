"""What tags mean: classes, access, direction, limits, surface, dates, durations."""

from __future__ import annotations

import math

import pytest

from geoplan.network import osm_tags as t


def facts(tags, vehicle="car"):
    found = t.read_way({"highway": "residential"} | tags, vehicle)
    return found if isinstance(found, int) else found._asdict()


@pytest.mark.parametrize(
    ("tags", "vehicle", "expected"),
    [
        ({"highway": "motorway"}, "car", "motorway"),
        ({"highway": "primary_link"}, "car", "primary"),
        ({"highway": "living_street"}, "car", "living_street"),
        ({"highway": "service", "service": "driveway"}, "car", "service"),
        ({"highway": "road"}, "ambulance", "road"),
        ({"highway": "", "route": "ferry"}, "car", "ferry"),
        ({"highway": "track"}, "offroad", "track"),
        ({"highway": "track"}, "car", None),
        ({"highway": "track"}, "ambulance", None),
        ({"highway": "path"}, "offroad", None),
        ({"highway": "pedestrian"}, "car", None),
        ({"highway": "ferry"}, "car", None),
        ({"highway": "construction"}, "car", None),
        ({"highway": "construction", "construction": "trunk"}, "car", "trunk"),
        ({"highway": "service", "area": "yes"}, "car", None),
        ({"highway": "", "route": "bicycle"}, "car", None),
    ],
)
def test_which_ways_are_roads(tags, vehicle, expected):
    found = facts({k: v for k, v in tags.items() if v} if tags["highway"] else tags, vehicle)
    name = None if isinstance(found, int) else t.ROAD_CLASSES[found["road_class"]]
    assert name == expected


@pytest.mark.parametrize(
    ("tags", "car", "ambulance"),
    [
        ({}, True, True),
        ({"access": "no"}, False, False),
        ({"access": "private"}, False, False),
        ({"access": "destination"}, True, True),
        ({"access": "permissive"}, True, True),
        ({"access": "customers"}, True, True),
        ({"access": "no", "motor_vehicle": "yes"}, True, True),
        ({"access": "yes", "vehicle": "no"}, False, False),
        ({"vehicle": "no", "motor_vehicle": "destination"}, True, True),
        ({"vehicle": "yes", "motor_vehicle": "private"}, False, False),
        ({"access": "no", "emergency": "yes"}, False, True),
        ({"access": "yes", "emergency": "no"}, True, False),
        ({"access": "no", "emergency": "fire_hydrant"}, False, False),
        ({"access": "no", "foot": "yes"}, False, False),
    ],
)
def test_the_most_specific_access_tag_wins(tags, car, ambulance):
    assert t.may_drive(tags, "car") == t.may_drive(tags, "offroad") == car
    assert t.may_drive(tags, "ambulance") == ambulance


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "no", "highway": "motorway"}, 0),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway_link"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "-1"}, -1),
        ({"oneway": "alternating"}, 0),
        ({"oneway": "reversible"}, None),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, 0),
    ],
)
def test_directions(tags, expected):
    assert t.way_direction(tags) == expected


@pytest.mark.parametrize(
    ("value", "kmh", "odd"),
    [
        ("50", 50, False), ("50 km/h", 50, False), ("30 mph", 48.28, False), ("30mph", 48.28, False),
        ("10 knots", 18.52, False), ("DE:urban", 50, False), ("AZ:rural", 90, False), ("AZ:urban", 60, False),
        ("DE:motorway", math.nan, False), ("none", math.nan, False), ("signals", math.nan, False),
        ("walk", 7, False), ("DE:zone:30", 30, False), ("DE:30", 30, False), ("50;30", 30, False),
        ("1000", math.nan, True), ("0", math.nan, True), ("-50", math.nan, True), ("fast", math.nan, True),
        ("5O", math.nan, True), ("", math.nan, True), ("9" * 400, math.nan, True),
        ("XX:moon", math.nan, True),
    ],
)  # fmt: skip
def test_limits(value, kmh, odd):
    found, is_odd = t.limit_kmh(value)
    assert is_odd == odd
    assert found == pytest.approx(kmh, abs=0.01, nan_ok=True)


def test_limits_by_direction_and_zone_tags():
    both = {"maxspeed:forward": "60", "maxspeed:backward": "40"}
    assert t.way_limit_kmh(both, 0) == (40, False)
    assert t.way_limit_kmh(both, 1) == (60, False)
    assert t.way_limit_kmh(both, -1) == (40, False)
    assert t.way_limit_kmh({"source:maxspeed": "AZ:urban"}, 0) == (60, False)
    assert math.isnan(t.way_limit_kmh({"source:maxspeed": "sign"}, 0)[0])


@pytest.mark.parametrize(
    ("tags", "road_class", "surface"),
    [
        ({}, "primary", "paved"), ({"surface": "asphalt"}, "track", "paved"),
        ({"surface": "fine_gravel"}, "service", "gravel"), ({"surface": "dirt"}, "tertiary", "unpaved"),
        ({"surface": "concrete:plates"}, "service", "paved"), ({}, "track", "unpaved"),
        ({"tracktype": "grade1"}, "track", "paved"), ({"tracktype": "grade2"}, "track", "gravel"),
        ({"surface": "ground;grass"}, "track", "unpaved"), ({"surface": "water"}, "ferry", "paved"),
    ],
)  # fmt: skip
def test_surfaces(tags, road_class, surface):
    assert t.surface_of(tags, road_class) == surface


@pytest.mark.parametrize(
    ("tags", "closed"),
    [
        ({}, False), ({"seasonal": "yes"}, True), ({"seasonal": "summer"}, True), ({"seasonal": "no"}, False),
        ({"motor_vehicle:conditional": "no @ (Nov-Apr)"}, True),
        ({"motor_vehicle:conditional": "no @ (Nov 15-May 1)"}, True),
        ({"access:conditional": "no @ winter"}, True), ({"access:conditional": "no @ snow"}, True),
        ({"access:conditional": "no @ (May-Sep)"}, False), ({"access:conditional": "yes @ winter"}, False),
        ({"access:conditional": "no @ (22:00-06:00)"}, False),
    ],
)  # fmt: skip
def test_what_snow_closes(tags, closed):
    assert t.closed_in_winter(tags) == closed


def test_winter_roads_are_left_out_with_their_reason():
    assert facts({"winter_road": "yes"}) == t.SKIP_WINTER_ONLY
    assert facts({"ice_road": "yes"}) == t.SKIP_WINTER_ONLY
    assert facts({"oneway": "reversible"}) == t.SKIP_REVERSIBLE
    assert facts({"access": "private"}) == t.SKIP_CLOSED


def test_a_road_under_construction_opens_when_tagged():
    building = {"highway": "construction", "construction": "primary"}
    assert facts(building)["open_from_day"] == t.NO_DAY
    assert t.STATUSES[facts(building)["status"]] == "construction"
    assert facts(building | {"opening_date": "1970-01-11"})["open_from_day"] == 10
    assert [t.day_of(value) for value in ("1971", "1970-02")] == [365, 31]
    for value in ("soon", "1970-13-01", "", "1-2-3-4"):
        assert t.day_of(value) == t.NO_DAY


@pytest.mark.parametrize(
    ("value", "minutes"),
    [
        ("25", 25),
        ("1:30", 90),
        ("0:20:30", 20.5),
        ("PT1H5M", 65),
        ("about an hour", math.nan),
        ("0", math.nan),
    ],
)
def test_durations(value, minutes):
    assert t.minutes_of(value) == pytest.approx(minutes, nan_ok=True)


def test_other_facts_of_a_way():
    found = facts({"lanes": "3", "tunnel": "yes", "bridge": "viaduct", "maxspeed": "1000"})
    assert (found["lanes"], found["tunnel"], found["bridge"], found["odd_limit"]) == (3, True, True, True)
    assert facts({"lanes": "many", "tunnel": "no"})["lanes"] == 0
