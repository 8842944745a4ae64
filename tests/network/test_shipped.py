"""The shipped road graph: equal to networkx, whole where it must be, apart where it must be."""

from __future__ import annotations

import network_oracle as oracle
import numpy as np
import pandas as pd
import pytest
import shapely
from network_worlds import read_roads

from geoplan import shipped
from geoplan.network import graph, snap, travel
from geoplan.network.access import AccessRule, Ground
from geoplan.tables.terrain import load_terrain
from geoplan.units import project_metres, to_tenths


@pytest.fixture(scope="module")
def tables():
    nodes = pd.read_csv(shipped.table("road_nodes")).set_index("node_id")
    return read_roads(shipped.table("roads")), nodes, pd.read_csv(shipped.table("speeds"))


@pytest.fixture(scope="module")
def land():
    shapes = shapely.from_geojson(shipped.table("districts").read_text(encoding="utf-8"))
    outline = shapely.union_all(shapely.get_parts(shapes))

    def project(lon_lat):
        return np.column_stack(project_metres(lon_lat[:, 1], lon_lat[:, 0]))

    return Ground(shapely.transform(outline, project), load_terrain(shipped.table("terrain")))


def build(tables, **choices):
    network, findings = graph.build_network(*tables, **choices)
    assert [str(f) for f in findings if f.severity == "error"] == []
    return network


def at_nodes(network, tables, ids):
    rows = tables[1].loc[ids]
    return snap.snap_points(network, ids, rows["lat"], rows["lon"])


@pytest.mark.parametrize("season", ["summer", "winter"])
@pytest.mark.parametrize("vehicle", ["car", "ambulance", "offroad"])
@pytest.mark.parametrize("year", [2025, 2026, 2030])
def test_every_road_has_a_speed(tables, season, vehicle, year):
    build(tables, season=season, vehicle=vehicle, year=year)


@pytest.mark.parametrize("weight", ["time", "distance"])
def test_minutes_and_kilometres_equal_networkx(tables, weight):
    network = build(tables, weight=weight)
    rng = np.random.default_rng(11)
    origins, destinations = (
        snap.snap_points(
            network, [f"{k}{i}" for i in range(n)], rng.uniform(38.6, 41.7, n), rng.uniform(45, 50, n)
        )
        for k, n in (("o", 25), ("d", 8))
    )
    matrix = travel.od_matrix(network, origins, destinations)
    g = oracle.whole_graph(network, [origins, destinations])
    for i in range(25):
        for j in range(8):
            minutes, km = oracle.best(network, origins, destinations, i, j, g=g, rule=AccessRule())
            assert abs(matrix.tenths[i, j] - to_tenths(minutes)) <= (1 if minutes * 10 % 1 < 1e-6 else 0)
            assert matrix.km[i, j] == pytest.approx(km if np.isfinite(km) else np.nan, abs=2e-6, nan_ok=True)


def test_nakhchivan_is_a_component_of_its_own(tables):
    network = build(tables)
    towns = at_nodes(network, tables, ["baki", "naxcivan", "ganca"])
    found = travel.od_matrix(network, towns, towns)
    assert found.tenths[0, 1] == found.tenths[1, 0] == -1
    assert found.tenths[0, 2] > 0
    assert (towns.verdict == "accepted").all()


def test_legs_and_direct_paths_stay_on_land(tables, land):
    network = build(tables)
    places = pd.read_csv(shipped.table("settlements"))
    rng = np.random.default_rng(5)
    lat = np.concatenate([places["lat"], rng.uniform(38.4, 41.9, 600)])
    lon = np.concatenate([places["lon"], rng.uniform(44.8, 50.6, 600)])
    found = snap.snap_points(network, [f"p{i}" for i in range(len(lat))], lat, lon, ground=land)
    ok = np.flatnonzero(found.snapped)
    assert found.snapped[: len(places)].mean() > 0.97
    x, y = project_metres(found.foot_lat[ok], found.foot_lon[ok])
    legs = shapely.linestrings(np.stack([np.column_stack([found.base_x_m[ok], found.base_y_m[ok]]),
                                         np.column_stack([x, y])], axis=1))  # fmt: skip
    region = land.outline.buffer(300)
    shapely.prepare(region)
    assert shapely.covers(region, legs).all()
    matrix = travel.od_matrix(network, found, found, ground=land)
    i, j = np.nonzero(matrix.direct)
    ends = np.stack([np.column_stack([found.base_x_m[k], found.base_y_m[k]]) for k in (i, j)], axis=1)
    assert shapely.covers(region, shapely.linestrings(ends)).all()
