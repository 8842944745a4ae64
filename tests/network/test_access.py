"""The off-road leg by hand, on level ground, on slopes and past the fifteenth kilometre."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.network.access import (
    AccessRule,
    Ground,
    Straight,
    straight_minutes,
    unproject_degrees,
)
from geoplan.units import project_metres

RULE = AccessRule()
TOBLER_FLAT_KMH = 6 * math.exp(-3.5 * 0.05)


class Ramp:
    """Ground that rises `per_km` metres a kilometre to the north."""

    def __init__(self, per_km):
        self.per_km = per_km

    def heights_m(self, lat, _lon):
        return (lat - 40.2) * 111.0367 * self.per_km


def northward(straight_m, *, offset_km=0.0):
    """Return one piece whose far end lies `straight_m` north of its near end."""
    one = np.ones(1)
    return Straight(
        far_lat=one * (40.2 + straight_m / 111_036.7), far_lon=one * 47.5, near_lat=one * 40.2,
        near_lon=one * 47.5, length_m=one * straight_m, offset_km=one * offset_km,
    )  # fmt: skip


def minutes(straight_m, *, terrain=None, offset_km=0.0):
    towards, away = straight_minutes(
        northward(straight_m, offset_km=offset_km), ground=Ground(terrain=terrain), rule=RULE
    )
    return towards[0], away[0]


def test_level_leg_is_straight_times_detour_at_access_speed():
    # 10 km straight = 13 km of leg at 20 km/h = 39 minutes, both ways
    assert minutes(10_000) == pytest.approx((39.0, 39.0))
    assert RULE.leg_km(np.array([10_000.0]))[0] == pytest.approx(13.0)


def test_only_the_excess_over_fifteen_kilometres_is_walked():
    # 20 km straight = 26 km: 15 km at 20 km/h = 45 min, 11 km on foot at 5.04 km/h
    assert minutes(20_000) == pytest.approx((45 + 11 / TOBLER_FLAT_KMH * 60,) * 2)


def test_access_speed_falls_with_slope_both_ways_alike():
    # 65 m a straight km = 50 m a km of leg: slope 0.05
    expected = 13 / (20 * math.exp(-3.5 * 0.05)) * 60
    assert minutes(10_000, terrain=Ramp(65)) == pytest.approx((expected, expected), rel=1e-6)


def test_walking_uphill_and_downhill_differ():
    drive = 45 * math.exp(3.5 * 0.05)
    down = 11 / (6 * math.exp(-3.5 * abs(-0.05 + 0.05))) * 60
    up = 11 / (6 * math.exp(-3.5 * abs(0.05 + 0.05))) * 60
    towards, away = minutes(20_000, terrain=Ramp(65))
    assert towards == pytest.approx(drive + down, rel=1e-6)
    assert away == pytest.approx(drive + up, rel=1e-6)


def test_kilometres_already_used_by_a_nearer_piece_count():
    # 6.5 km of leg, 12 km from the road: 3 km are left at 20 km/h
    assert minutes(5_000, offset_km=12.0)[0] == pytest.approx(9 + 3.5 / TOBLER_FLAT_KMH * 60)


def test_a_leg_of_nothing_takes_no_time():
    assert minutes(0.0, terrain=Ramp(65)) == (0.0, 0.0)


def test_unknown_heights_count_as_level():
    class Unknown:
        def heights_m(self, lat, _lon):
            return np.full(len(lat), np.nan)

    assert minutes(10_000, terrain=Unknown()) == pytest.approx((39.0, 39.0))


def test_slopes_beyond_45_degrees_count_as_45_degrees():
    class Spike:
        def heights_m(self, lat, _lon):
            return np.where(lat > 40.25, 32_767.0, 0.0)

    steep = 13 / (20 * math.exp(-3.5)) * 60
    assert minutes(10_000, terrain=Ramp(5_000)) == pytest.approx((steep, steep), rel=1e-6)
    assert max(minutes(10_000, terrain=Spike())) < steep


def test_constants_can_be_overridden():
    rule = AccessRule(detour_factor=1.5, access_speed_kmh=30, access_km=6)
    towards, _ = straight_minutes(northward(6_000.0), ground=None, rule=rule)
    assert towards[0] == pytest.approx(12 + 3 / TOBLER_FLAT_KMH * 60)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 40_000), st.floats(-300, 300))
def test_no_slope_beats_the_least_minutes(straight_m, per_km):
    least = RULE.least_minutes(np.array([straight_m]))[0]
    assert min(minutes(straight_m, terrain=Ramp(per_km))) >= least - 1e-9


def test_each_leg_is_timed_alone():
    lengths = np.array([300.0, 0.0, 12_345.0, 700.0])
    zero = np.zeros(4)
    lat = 40.2 + lengths / 111_036.7
    together, _ = straight_minutes(
        Straight(lat, zero + 47.5, zero + 40.2, zero + 47.5, lengths, zero),
        ground=Ground(terrain=Ramp(40)), rule=RULE,
    )  # fmt: skip
    alone = [minutes(length, terrain=Ramp(40))[0] for length in lengths]
    assert together == pytest.approx(alone)


def test_unproject_inverts_the_projection():
    lat, lon = np.array([38.4, 40.2, 41.9, 39.2]), np.array([44.8, 47.5, 50.8, 45.4])
    back = unproject_degrees(*project_metres(lat, lon))
    assert np.abs(back[0] - lat).max() < 1e-9
    assert np.abs(back[1] - lon).max() < 1e-9


def test_ground_allows_inside_and_within_the_tolerance_only():
    ground = Ground(shapely.box(0, 0, 10_000, 10_000), tolerance_m=250)
    zero = np.zeros(3)
    allowed = ground.allows((zero + 100, zero + 100), (np.array([9_000.0, 10_150.0, 10_400.0]), zero + 100))
    assert allowed.tolist() == [True, True, False]
    assert ground.distance_outside_m(
        np.array([5_000.0, 12_000.0]), np.array([5_000.0, 5_000.0])
    ).tolist() == [0, 2000]


def test_ground_without_outline_allows_all():
    far = (np.array([0.0]), np.array([1e6]))
    assert Ground().allows(far, far).all()
