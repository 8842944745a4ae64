"""Random small multigraphs (one-ways, parallel edges, islands, ties) against networkx and brute force."""

from __future__ import annotations

import network_oracle as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_worlds import country, place

from geoplan.network import snap, travel
from geoplan.network.access import AccessRule
from geoplan.units import to_tenths

RULE = AccessRule()


@st.composite
def worlds(draw):
    """Return (places, roads, origins, destinations) on a coarse grid, so that ties are common."""
    count = draw(st.integers(2, 8))
    cells = draw(
        st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=count, max_size=count, unique=True)
    )
    places = {f"n{i}": (5 * e, 5 * n) for i, (e, n) in enumerate(cells)}
    road = st.tuples(
        st.sampled_from(sorted(places)), st.sampled_from(sorted(places)), st.sampled_from([3, 5, 5, 10, 12]),
        st.sampled_from([30.0, 60.0, 60.0, 90.0]), st.booleans() | st.just(False), st.booleans(),
    )  # fmt: skip
    drawn = draw(st.lists(road, min_size=1, max_size=16))
    roads = [
        (a, b, km, {"kmh": kmh, "oneway": oneway, **({"via": [(17, 13)]} if bend or a == b else {})})
        for a, b, km, kmh, oneway, bend in drawn
    ]
    spot = st.tuples(st.integers(-10, 40), st.integers(-10, 40)) | st.sampled_from(list(places.values()))
    origins, destinations = (
        {f"{name}{i}": xy for i, xy in enumerate(draw(st.lists(spot, min_size=1, max_size=5)))}
        for name in "od"
    )
    return places, roads, origins, destinations


@settings(max_examples=100, deadline=None)
@given(worlds(), st.sampled_from(["time", "distance"]))
def test_matrix_equals_networkx(world, weight):
    places, roads, origins, destinations = world
    network, _ = country(places, roads, weight=weight)
    o = snap.snap_points(network, *place(origins))
    d = snap.snap_points(network, *place(destinations))
    matrix = travel.od_matrix(network, o, d)
    exact, whole = (make(network, [o, d]) for make in (oracle.graph_with, oracle.whole_graph))
    for i in range(len(o)):
        for j in range(len(d)):
            minutes, km = oracle.best(network, o, d, i, j, g=whole, rule=RULE)
            assert abs(matrix.tenths[i, j] - to_tenths(minutes)) <= (1 if near_half(minutes) else 0)
            least, _ = oracle.best(network, o, d, i, j, g=exact, rule=RULE)
            if weight == "time":  # roads and parts of them are rounded to the millisecond
                assert minutes == pytest.approx(least, abs=18 / 60_000)
            assert matrix.km[i, j] == pytest.approx(km if np.isfinite(km) else np.nan, abs=2e-6, nan_ok=True)


def near_half(minutes):
    """Return whether rounding to tenths hangs on the last digits of a float."""
    return np.isfinite(minutes) and abs(minutes * 10 % 1 - 0.5) < 1e-6


@settings(max_examples=75, deadline=None)
@given(worlds())
def test_snapping_equals_brute_force(world):
    places, roads, origins, _ = world
    network, _ = country(places, roads)
    assert np.flatnonzero(network.edge_ok).tolist() == oracle.acceptable_edges(network)
    found = snap.snap_points(network, *place(origins))
    for i in range(len(found)):
        least, positions = oracle.nearest_edge(network, found.base_x_m[i], found.base_y_m[i])
        assert found.snapped[i] == (least <= 40_000)
        if found.snapped[i]:
            assert found.distance_m[i] == pytest.approx(least, abs=1e-5)
            at = [share for e, share in positions if e == found.edge[i]]
            if len(at) == 1 and least > 1:
                assert found.share[i] == pytest.approx(at[0], abs=1e-6) or has_two_feet(
                    network, found, i, least
                )


def has_two_feet(network, found, i, least):
    """Return whether the position found is as near as the nearest, elsewhere on a bent line."""
    foot = network.lines.shapes[found.edge[i]].interpolate(found.share[i], normalized=True)
    away = np.hypot(foot.x - found.base_x_m[i], foot.y - found.base_y_m[i])
    return away == pytest.approx(least, abs=1e-3)


@settings(max_examples=75, deadline=None)
@given(worlds(), st.sampled_from(["time", "distance"]))
def test_routes_and_forests_walk_to_the_matrix(world, weight):
    places, roads, origins, destinations = world
    network, _ = country(places, roads, weight=weight)
    o, d = (snap.snap_points(network, *place(points)) for points in (origins, destinations))
    matrix = travel.od_matrix(network, o, d)
    forest = travel.route_forest(network, o, d, matrix=matrix)
    for i, a in enumerate(origins):
        for j, b in enumerate(destinations):
            way = travel.route(
                network, snap.snap_points(network, *place({a: origins[a]})),
                snap.snap_points(network, *place({b: destinations[b]})),
            )  # fmt: skip
            assert (way.tenths, way.direct) == (matrix.tenths[i, j], matrix.direct[i, j])
            if not way.reached or way.direct:
                assert forest.entry_node[i, j] == -2
                continue
            assert way.km == pytest.approx(matrix.km[i, j], abs=2e-6)
            legs = way.access.km + way.egress.km
            assert sum(s.km for s in way.steps) + legs == pytest.approx(way.km, abs=2e-6)
            total = sum(s.minutes for s in way.steps) + way.access.minutes + way.egress.minutes
            assert total == pytest.approx(way.tenths / 10, abs=0.0501)
            # the engine rounds the parts of roads at both ends to the decimetre
            assert walk_km(network, forest, i, j) + legs == pytest.approx(way.km, abs=1.1e-4)


def walk_km(network, forest, i, j):
    """Follow the pointers of a forest as the page does; return kilometres on roads."""
    edge_of = {int(r): e for e, r in enumerate(network.road_row)}
    first, last = edge_of[int(forest.demand_road[i])], edge_of[int(forest.facility_road[j])]
    a, b = float(forest.demand_share[i]), float(forest.facility_share[j])
    row = int(forest.entry_node[i, j])
    if row == -1:
        assert first == last
        assert b >= a or not network.edge_oneway[first]
        return abs(b - a) * network.edge_km[first]
    place_of = {int(r): n for n, r in enumerate(network.node_row)}
    km = min(part(network, first, a, place_of[row], leaving=True))
    while (road := int(forest.next_road[j, row])) >= 0:
        e, n = edge_of[road], place_of[row]
        forward = network.edge_from[e] == n
        assert forward or (network.edge_to[e] == n and not network.edge_oneway[e])
        km += network.edge_km[e]
        row = int(network.node_row[network.edge_to[e] if forward else network.edge_from[e]])
    return km + min(part(network, last, b, place_of[row], leaving=False))


def part(network, edge, share, node, *, leaving):
    """Return the lengths by which a position can be left to, or reached from, a node of its edge."""
    ways = []
    if network.edge_from[edge] == node and not (leaving and network.edge_oneway[edge] and share > 0):
        ways.append(share * network.edge_km[edge])
    if network.edge_to[edge] == node and not (not leaving and network.edge_oneway[edge] and share < 1):
        ways.append((1 - share) * network.edge_km[edge])
    return ways
