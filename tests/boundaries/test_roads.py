"""The shipped road graph, judged by the shipped files alone, and its builder."""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

BOUNDARIES = Path(__file__).resolve().parents[2] / "boundaries"


@pytest.fixture(scope="module", autouse=True)
def _build_on_path():
    sys.path.insert(0, str(BOUNDARIES / "build"))
    yield
    sys.path.remove(str(BOUNDARIES / "build"))


@pytest.fixture(scope="module")
def check(_build_on_path):
    return importlib.import_module("roads_check")


@pytest.fixture(scope="module")
def graph(check):
    return check.read_graph(BOUNDARIES)


@pytest.mark.parametrize(
    "rule",
    [
        "table_problems",
        "ratio_problems",
        "spacing_problems",
        "outline_problems",
        "component_problems",
        "reach_problems",
    ],
)
def test_shipped_graph_keeps_the_rule(check, graph, rule):
    assert getattr(check, rule)(graph) == []


def test_ten_town_pairs_have_two_routes(check, graph):
    routes = check.second_routes(graph)
    assert len({pair for pair, *_ in routes}) >= 10


def test_nakhchivan_is_cut_off_and_whole(check, graph):
    label = check.components(graph)
    assert label["baki"] != label["naxcivan"]
    assert len({label[node] for node in ("naxcivan", "sarur", "ordubad", "culfa", "sahbuz", "sadarak")}) == 1


def test_shusha_road_year_changes_the_way(check, graph):
    assert check.route_km(graph, "ahmadbayli", "susa") == pytest.approx(81.7, abs=1.5)
    before = [road for road in graph.roads if check.usable(road, "2025-01-01")]
    assert len(before) < len([road for road in graph.roads if check.usable(road, "2026-01-01")])


def test_words_are_those_of_the_contract(graph):
    allowed = {
        "class": {"motorway", "trunk", "primary", "secondary", "tertiary", "unclassified"},
        "surface": {"paved", "gravel", "unpaved"},
        "oneway": {"no", "yes"},
        "status": {"open", "construction", "planned"},
        "closed_in_winter": {"true", "false"},
        "tunnel": {"true", "false"},
        "geometry_confidence": {"high", "medium", "low", "assumed"},
        "confidence": {"high", "medium", "low", "assumed"},
    }
    for column, words in allowed.items():
        assert {road[column] for road in graph.roads} <= words, column
    assert all(road["source"] for road in graph.roads)
    kinds = Counter(node["kind"] for node in graph.nodes.values())
    assert set(kinds) <= {"town", "junction", "pass", "border", "village", "waypoint"}


def test_the_build_is_repeatable(tmp_path):
    roads = importlib.import_module("roads")
    assert roads.main(["--out", str(tmp_path)]) == 0
    for name in ("roads.csv", "road_nodes.csv"):
        assert (tmp_path / name).read_bytes() == (BOUNDARIES / name).read_bytes(), name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "nowhere"}, "unknown node nowhere"),
        ({"to": "a"}, "a line from a node to itself"),
        ({"length_km": "0"}, "length not positive"),
    ],
)
def test_authored_tables_are_checked(change, words):
    roads = importlib.import_module("roads")
    nodes = [{"node_id": "a"}, {"node_id": "b"}, {"node_id": "b"}, {"node_id": "c"}]
    line = {"from": "a", "to": "b", "length_km": "", **change}
    with pytest.raises(roads.AuthoredTableError) as caught:
        roads.check_authored(nodes, [line])
    assert words in str(caught.value)
    assert "duplicate node: b" in str(caught.value)
    assert "node without a road: c" in str(caught.value)


@pytest.mark.usefixtures("_build_on_path")
def test_a_road_up_a_slope_is_longer_than_its_drawn_line():
    laid = importlib.import_module("roads_terrain")
    rows, columns = 40, 40
    ramp = np.repeat(np.arange(rows)[::-1, None] * 100.0, columns, axis=1)
    slope = np.zeros((rows, columns))
    terrain = laid.Terrain(ramp, slope, np.ones((rows, columns), dtype=bool), 40.0, 48.0, 1 / 120)
    up = np.array([[48.1, 39.7], [48.1, 39.95]])
    along = np.array([[48.02, 39.8], [48.3, 39.8]])
    drawn_km = laid.distances_km(up).sum()
    climb_km = drawn_km / 0.9266 * 0.1
    assert laid.road_km(terrain, up, road_class="primary") == pytest.approx(climb_km / 0.065, rel=0.02)
    assert laid.road_km(terrain, along, road_class="primary") < 1.1 * laid.distances_km(along).sum()


@pytest.mark.usefixtures("_build_on_path")
def test_the_climb_is_rise_and_fall_by_the_kilometre():
    laid = importlib.import_module("roads_terrain")
    rows, columns = 60, 10
    ridge = 20.0 * np.minimum(np.arange(rows), np.arange(rows)[::-1])  # up 20 m a cell, then down again
    grid = np.repeat(ridge[:, None], columns, axis=1)
    passable = np.ones((rows, columns), dtype=bool)
    terrain = laid.Terrain(grid, np.zeros_like(grid), passable, 40.0, 48.0, 1 / 120)
    over = np.array([[48.04, 39.98], [48.04, 39.52]])
    km = 2 * float(laid.distances_km(over).sum())
    climb = laid.climb_m_per_km(terrain, over, km=km, road_class="primary")
    assert climb == pytest.approx(20 / 0.9266 / 2, rel=0.1)
    steep = laid.climb_m_per_km(
        laid.Terrain(grid * 30, grid, passable, 40.0, 48.0, 1 / 120), over, km=km, road_class="primary"
    )
    assert steep == pytest.approx(65, rel=0.1)  # the road goes round what is steeper


def test_mountain_roads_climb_and_the_plain_does_not(graph):
    climb = {road["road_id"]: float(road["climb_m_per_km"]) for road in graph.roads}
    assert all(0 <= value <= 100 for value in climb.values())
    assert climb["r19-omar-asirimi-murov-canub"] > 50
    assert climb["m1-20-yanvar-dairasi-xirdalan"] < 15
    assert all(climb[road["road_id"]] == 0 for road in graph.roads if road["tunnel"] == "true")


def test_the_edges_of_a_sourced_road_sum_to_it(graph):
    lengths = importlib.import_module("roads_lengths")
    name_km = {(frozenset((r["from"], r["to"])), r["name"]): float(r["length_km"]) for r in graph.roads}
    summed = [
        road
        for road in lengths.read_lengths(BOUNDARIES / "build" / "road_lengths.csv")
        if road["use"] == "sum"
    ]
    assert len(summed) >= 10
    for road in summed:
        stops = road["chain"].split()
        km = sum(name_km[frozenset(ends), road["name"]] for ends in pairwise(stops))
        assert km == pytest.approx(float(road["km"]), abs=0.01 * len(stops)), road["road"]


def test_a_length_below_the_drawn_line_or_given_twice_is_refused():
    lengths = importlib.import_module("roads_lengths")
    rows = [{"from": "a", "to": "b", "name": "n", "length_km": ""}]
    road = {"road": "R9", "name": "n", "chain": "a b", "km": "12", "use": "sum", "source": "s"}
    assert lengths.shares(rows, [10.0], [11.0], [road])[0].km == pytest.approx(12)
    assert lengths.shares(rows, [10.0], [11.0], [road | {"use": "kept"}]) == {}
    with pytest.raises(lengths.RoadLengthError, match="drawn"):
        lengths.shares(rows, [13.0], [14.0], [road])
    with pytest.raises(lengths.RoadLengthError, match="0 lines a - c"):
        lengths.shares(rows, [10.0], [11.0], [road | {"chain": "a c"}])
    with pytest.raises(lengths.RoadLengthError, match="a length of its own"):
        lengths.shares([rows[0] | {"length_km": "9"}], [8.0], [9.0], [road])


def test_the_length_model_has_no_bias_on_projects_it_has_not_seen(capsys):
    """In the sum at most 3 % on each kind of ground, 1 % on all; each project judged by the others' model."""
    assert importlib.import_module("roads").main(["--modelled"]) == 0
    left_out = [line for line in capsys.readouterr().out.splitlines() if line.startswith("left out:")]
    assert len(left_out) == 4
    for line in left_out:
        bias = float(re.search(r"sum ([+-][0-9.]+)%", line)[1])
        assert abs(bias) <= (1 if " all:" in line else 3), line
