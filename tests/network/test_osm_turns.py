"""One-ways, barriers and turn restrictions through the whole engine against a Dijkstra over the raw XML."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_worlds import Oracle, osm_xml, speeds, turn, write

from geoplan.network import graph, snap, travel
from geoplan.network.access import AccessRule
from geoplan.network.osm import read_osm
from geoplan.network.road_table import contract_tables
from geoplan.network.table_network import build_table_network
from geoplan.tables.read import read_tables

pytest.importorskip("osmium", reason="the extra 'osm' is not installed")

RULE = AccessRule(snap_limit_km=0.02)
SPEEDS = speeds()


def network_of(path, *, weight="distance", frame=False):
    table = read_osm(path, use_cache=False)
    if frame:
        return graph.build_network(table.frame(), table.node_frame(), SPEEDS, weight=weight)[0]
    return build_table_network(table, SPEEDS, weight=weight)[0]


def matrix_km(network, places):
    lat, lon = np.array(places).T
    found = snap.snap_points(network, [f"p{i}" for i in range(len(places))], lat, lon, rule=RULE)
    return found, travel.od_matrix(network, found, found, rule=RULE)


def place_on(nodes, ways, way, number, share):
    a, b = (np.array(nodes[ways[way][0][k]][:2]) for k in (number, number + 1))
    return tuple(a + share * (b - a))


# a cross: 1 west, 2 middle, 3 east, 4 north, 5 south; a way round from 3 to 4
CROSS = {1: (47.1, 9.50), 2: (47.1, 9.51), 3: (47.1, 9.52), 4: (47.11, 9.51), 5: (47.09, 9.51)}
ARMS = {i: ([i, 2], {"highway": "residential"}) for i in (1, 3, 4, 5)}
ROUND = {9: ([3, 4], {"highway": "primary"})}


def km_between(tmp_path, restrictions, first, last, ways=None):
    ways = ways or (ARMS | ROUND)
    path = write(tmp_path, CROSS, ways, restrictions)
    places = [place_on(CROSS, ways, way, 0, 0.5) for way in (first, last)]
    found, od = matrix_km(network_of(path), places)
    assert list(found.verdict) == ["accepted"] * 2
    oracle = Oracle(path).with_drawn(ways)
    assert od.km[0, 1] == pytest.approx(oracle.km((first, 0, 0.5), (last, 0, 0.5)), rel=1e-4)
    return od.km[0, 1]


def test_a_forbidden_left_turn_goes_round(tmp_path):
    straight = km_between(tmp_path, [], 1, 4)
    detour = km_between(tmp_path, [turn(1, 2, 4, "no_left_turn")], 1, 4)
    assert straight == pytest.approx(0.38 + 0.556, abs=0.01)
    assert detour > straight + 1.5
    assert km_between(tmp_path, [turn(1, 2, 4, "no_left_turn")], 4, 1) == pytest.approx(straight, abs=1e-5)


def test_only_straight_on_forbids_every_other_turn(tmp_path):
    rule = [turn(1, 2, 3, "only_straight_on")]
    straight = km_between(tmp_path, [], 1, 3)
    assert km_between(tmp_path, rule, 1, 3) == pytest.approx(straight, abs=1e-4)
    assert km_between(tmp_path, rule, 1, 5) > km_between(tmp_path, [], 1, 5) + 1


def test_a_turn_may_not_be_made_by_turning_round_in_the_junction(tmp_path):
    rules = [turn(1, 2, 4, "no_left_turn"), turn(4, 2, 4, "no_u_turn")]
    assert km_between(tmp_path, rules, 1, 4) > 2


def test_exceptions_and_other_vehicles_are_honoured(tmp_path):
    plain = km_between(tmp_path, [], 1, 4)
    for tags in ({"except": "psv;motorcar"}, {"except": "motor_vehicle"}):
        path = write(tmp_path, CROSS, ARMS | ROUND, [turn(1, 2, 4, "no_left_turn", **tags)])
        places = [place_on(CROSS, ARMS, way, 0, 0.5) for way in (1, 4)]
        assert matrix_km(network_of(path), places)[1].km[0, 1] == pytest.approx(plain, abs=1e-5)
    for_lorries = turn(1, 2, 4, "no_left_turn")
    for_lorries[1].pop("restriction")
    for_lorries[1]["restriction:hgv"] = "no_left_turn"
    path = write(tmp_path, CROSS, ARMS | ROUND, [for_lorries])
    assert matrix_km(network_of(path), places)[1].km[0, 1] == pytest.approx(plain, abs=1e-5)


def test_restrictions_not_applied_are_counted_and_said(tmp_path):
    via_way = ([("way", 1, "from"), ("way", 3, "via"), ("way", 9, "to")],
               {"type": "restriction", "restriction": "no_u_turn"})  # fmt: skip
    at_hours = turn(1, 2, 4, "no_left_turn")
    at_hours[1].pop("restriction")
    at_hours[1]["restriction:conditional"] = "no_left_turn @ (Mo-Fr 07:00-09:00)"
    broken = ([("way", 1, "from"), ("way", 4, "to")], {"type": "restriction", "restriction": "no_left_turn"})
    table = read_osm(write(tmp_path, CROSS, ARMS | ROUND, [via_way, at_hours, broken]), use_cache=False)
    assert {f.code for f in table.findings} == {"osm-via-way", "osm-hours", "osm-unclear-turn"}
    assert all(f.severity == "note" and f.message.endswith(": 1.") for f in table.findings)
    assert len(table.turn_from) == 0


def test_a_barrier_stops_cars_and_an_open_gate_does_not(tmp_path):
    for kind, tags, stops in (
        ("bollard", {}, True), ("gate", {}, False), ("gate", {"access": "private"}, True),
        ("bollard", {"motor_vehicle": "yes"}, False), ("lift_gate", {"motor_vehicle": "no"}, True),
    ):  # fmt: skip
        nodes = CROSS | {6: (47.1, 9.505, {"barrier": kind} | tags)}
        ways = ARMS | {1: ([1, 6, 2], {"highway": "residential"}), 9: ([1, 4], {"highway": "primary"})}
        path = write(tmp_path, nodes, ways)
        places = [place_on(nodes, ways, 1, 0, 0.5), place_on(nodes, ways, 1, 1, 0.5)]
        km = matrix_km(network_of(path), places)[1].km[0, 1]
        assert (km > 1) == stops, (kind, tags)


@st.composite
def towns(draw):
    """Return nodes, ways and restrictions of a town: a grid, directions and rules of all kinds."""
    side = draw(st.integers(2, 3))
    jitter = st.integers(-20, 20)
    nodes = {
        1 + x + 10 * y: (47.1 + 0.003 * y + draw(jitter) * 1e-5, 9.5 + 0.004 * x + draw(jitter) * 1e-5)
        for x, y in itertools.product(range(side), range(side))
    }
    links = [(1 + x + 10 * y, 2 + x + 10 * y) for x in range(side - 1) for y in range(side)]
    links += [(1 + x + 10 * y, 11 + x + 10 * y) for x in range(side) for y in range(side - 1)]
    kinds = st.sampled_from(["no", "no", "no", "yes", "-1"])
    ways = {}
    for number, (a, b) in enumerate(links, start=100):
        middle = number + 1000
        nodes[middle] = tuple((np.array(nodes[a]) + np.array(nodes[b])) / 2 + draw(jitter) * 4e-6)
        if draw(st.sampled_from([True] * 9 + [False])):
            ways[number] = ([a, middle, b], {"highway": "residential", "oneway": draw(kinds)})
    if draw(st.booleans()) and ways:
        victim = draw(st.sampled_from(sorted(ways)))
        nodes[victim + 1000] = (*nodes[victim + 1000], {"barrier": "bollard"})
    return nodes, ways, draw(rules_over(ways))


@st.composite
def rules_over(draw, ways):
    """Return some restrictions between ways that share an end."""
    pairs = [
        (f, via, t)
        for f, t in itertools.product(sorted(ways), repeat=2)
        for via in {ways[f][0][0], ways[f][0][-1]} & {ways[t][0][0], ways[t][0][-1]}
    ]
    if not pairs:
        return []
    rules = []
    for f, via, t in draw(st.lists(st.sampled_from(sorted(pairs)), max_size=5, unique=True)):
        kinds = ["no_u_turn"] if f == t else ["no_left_turn", "no_right_turn", "only_straight_on"]
        rules.append(turn(f, via, t, draw(st.sampled_from(kinds))))
    return rules


def usable_rules(ways, rules):
    """Return the rules whose way to take can be taken: `only` into a way that cannot forbids nothing."""

    def leaves(way, via):
        refs, tags = ways[way]
        return tags["oneway"] == "no" or refs[0 if tags["oneway"] == "yes" else -1] == via

    return [r for r in rules if leaves(r[0][2][1], r[0][1][1])]


@settings(max_examples=150, deadline=None)
@given(towns(), st.booleans())
def test_the_engine_equals_a_dijkstra_over_the_raw_file(tmp_path_factory, town, frame):
    nodes, ways, rules = town
    rules = usable_rules(ways, rules)
    if not ways:
        return
    path = write(tmp_path_factory.mktemp("town"), nodes, ways, rules)
    oracle = Oracle(path).with_drawn(ways)
    spots = [(way, k, share) for way in sorted(ways) for k, share in ((0, 0.3), (1, 0.6))]
    network = network_of(path, frame=frame)
    found, od = matrix_km(network, [place_on(nodes, ways, *spot) for spot in spots])
    on_its_way = [
        found.snapped[i] and found.road_id[i].startswith(f"w{way}-") and found.distance_m[i] < 0.5
        for i, (way, _, _) in enumerate(spots)
    ]
    for i, j in itertools.product(np.flatnonzero(on_its_way), repeat=2):
        if i != j:
            expected = oracle.km(spots[i], spots[j])
            got = od.km[i, j] if np.isfinite(od.km[i, j]) else np.inf
            assert got == pytest.approx(expected, rel=2e-4, abs=5e-5), (spots[i], spots[j])


def test_a_route_over_a_restricted_junction_is_drawn_without_a_gap(tmp_path):
    ways = ARMS | ROUND
    path = write(tmp_path, CROSS, ways, [turn(1, 2, 4, "no_left_turn")])
    network = network_of(path)
    ends = [place_on(CROSS, ways, way, 0, 0.5) for way in (1, 4)]
    near, far = (
        snap.snap_points(network, [k], [p[0]], [p[1]], rule=RULE) for k, p in zip("ab", ends, strict=True)
    )
    way = travel.route(network, near, far, rule=RULE)
    assert sum(step.km for step in way.steps) == pytest.approx(
        way.km - way.access.km - way.egress.km, abs=2e-6
    )
    steps = np.abs(np.diff(way.coordinates, axis=0)).max(axis=1)
    assert steps.max() < 0.02
    named = [step.road_id.split("-")[0] for step in way.steps if step.km > 1e-5]
    assert named == ["w1", "w3", "w3", "w4"]  # on, round at the next junction, and back


def test_the_same_world_from_the_raw_text():
    assert osm_xml(CROSS, ARMS).count("<way") == 4


def test_written_tables_give_the_same_network(tmp_path):
    nodes = {i: (lat - 6.8, lon + 38.0) for i, (lat, lon) in CROSS.items()}
    path = write(tmp_path, nodes, ARMS | ROUND, [turn(1, 2, 4, "no_left_turn")])
    table = read_osm(path, use_cache=False)
    for frame, name in zip(contract_tables(table), ("roads", "road_nodes"), strict=True):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    tables = read_tables({name: (tmp_path / f"{name}.csv",) for name in ("roads", "road_nodes")})
    assert {f.code for f in tables.findings if f.where.startswith("road")} <= {"straight-line"}
    network, findings = graph.build_network(tables.roads, tables.road_nodes, SPEEDS, weight="distance")
    assert [f for f in findings if f.severity == "error"] == []
    assert network.edge_turn.sum() == len(table.turn_from) > 0
    places = [place_on(nodes, ARMS, way, 0, 0.5) for way in ARMS]
    _, written = matrix_km(network, places)
    _, direct = matrix_km(network_of(path), places)
    assert written.km == pytest.approx(direct.km, abs=1e-5)
