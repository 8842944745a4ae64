"""Service areas on roads of another part of the world: the same world moved east has the same areas."""

from __future__ import annotations

import numpy as np
import osm_worlds
import pandas as pd
import pytest
import shapely

from geoplan.network.access import AccessRule, Ground
from geoplan.network.field import World
from geoplan.network.graph import build_network
from geoplan.network.isochrone import AreaOptions, People, service_areas
from geoplan.network.snap import snap_points

RULE = AccessRule()
EAST = 47.5


def areas(shift_deg, *, ground=None):
    """Return the network and the areas about a place at 41 N and `shift_deg` E."""
    places = {"a": (41.0, 0.0), "b": (41.0, 0.12), "c": (41.1, 0.12), "d": (41.1, 0.0)}
    nodes = pd.DataFrame(
        [[lat, lon + shift_deg] for lat, lon in places.values()], index=list(places), columns=["lat", "lon"]
    )
    ends = [("a", "b"), ("b", "c"), ("c", "d")]
    roads = pd.DataFrame(ends, columns=["from", "to"], index=[f"r{i}" for i in range(3)])
    km = [
        osm_worlds.GEOD.inv(*nodes.loc[f, ["lon", "lat"]], *nodes.loc[t, ["lon", "lat"]])[2] / 1000
        for f, t in ends
    ]
    roads = roads.assign(**{"class": "primary", "surface": "paved", "length_km": km, "status": "open"})
    roads = roads.assign(oneway="no", speed_kmh=60.0, closed_in_winter=False, name="", ref="")
    network, findings = build_network(roads, nodes, osm_worlds.speeds())
    assert [f for f in findings if f.severity == "error"] == []
    world = World(network, ground or Ground(), RULE)
    care = snap_points(network, ["f"], [41.0], [shift_deg + 0.06], ground=world.ground, rule=RULE)
    people = snap_points(
        network, ["near", "far"], [41.01, 41.1], [shift_deg + 0.02, shift_deg + 0.01], ground=world.ground
    )
    options = AreaOptions((10, 20), union=True)
    return network, service_areas(world, care, People(people, np.array([100, 10])), options)


def test_areas_do_not_depend_on_where_the_world_lies():
    home, here = areas(EAST)
    abroad, there = areas(-8.0)
    assert home.centre_deg != abroad.centre_deg
    assert there["population"].tolist() == here["population"].tolist()
    assert there["area_km2"].to_numpy() == pytest.approx(here["area_km2"].to_numpy(), rel=0.01)
    for mine, moved in zip(here["geometry"], there["geometry"], strict=True):
        back = shapely.transform(moved, lambda xy: xy + np.array([EAST + 8.0, 0.0]))
        overlap = shapely.intersection(mine, back).area / shapely.union(mine, back).area
        assert overlap > 0.97


def test_the_outline_of_this_country_binds_nobody_abroad():
    box = Ground(shapely.box(-1000, -1000, 1000, 1000))
    _, free = areas(-8.0)
    _, bound = areas(-8.0, ground=box)
    assert bound["area_km2"].tolist() == free["area_km2"].tolist()
