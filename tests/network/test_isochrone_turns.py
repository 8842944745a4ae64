"""Service areas where turns are restricted: the time of the detour, not that of the forbidden turn."""

from __future__ import annotations

import numpy as np
import pytest
from network_worlds import lat, lon
from osm_worlds import turn, write
from test_isochrone import area, differing, drawn, metres

pytest.importorskip("osmium", reason="the extra 'osm' is not installed")

from test_osm_turns import network_of

# a cross: 1 west, 2 middle, 3 east, 4 north; a way round from 3 to 4
PLACES = {1: (-12, 0), 2: (0, 0), 3: (12, 0), 4: (0, 12)}
WAYS = {i: ([i, 2], {"highway": "secondary"}) for i in (1, 3, 4)} | {9: ([3, 4], {"highway": "secondary"})}
HOSPITAL = {"h": (0, 9)}
BANDS = (25, 40)


def world_of(tmp_path, rules):
    nodes = {i: (float(lat(north)), float(lon(east))) for i, (east, north) in PLACES.items()}
    return network_of(write(tmp_path, nodes, WAYS, rules), weight="time")


@pytest.mark.parametrize("direction", ["to", "from"])
def test_areas_equal_the_engine_where_a_turn_is_forbidden(tmp_path, direction):
    network = world_of(tmp_path, [turn(1, 2, 4, "no_left_turn")])
    table, world, facilities = drawn(network, HOSPITAL, bands=BANDS, direction=direction)
    points = np.random.default_rng(4).uniform((-16_000, -6_000), (16_000, 16_000), (3000, 2))
    wrong = differing(world, facilities, table, points, direction=direction)
    assert len(wrong) <= 2, wrong  # a pocket without roads may be narrower than the lattice's first step
    assert all(abs(minutes - 10 * band) <= 2 for _, band, _, _, minutes, _ in wrong)


def test_only_travel_over_the_forbidden_turn_is_slower(tmp_path):
    sizes = {}
    for name, rules in (("free", []), ("forbidden", [turn(1, 2, 4, "no_left_turn")])):
        for direction in ("to", "from"):
            table, *_ = drawn(world_of(tmp_path, rules), HOSPITAL, bands=BANDS, direction=direction)
            sizes[name, direction] = metres(area(table, "h", BANDS[0])).area
    assert sizes["forbidden", "to"] < 0.9 * sizes["free", "to"]  # from the west one must go round
    assert sizes["forbidden", "from"] == pytest.approx(sizes["free", "from"], rel=1e-3)
