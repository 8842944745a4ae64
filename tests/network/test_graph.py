"""From road table to network: which roads count, how fast, parallel arcs, components, findings."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from network_worlds import country
from scipy.sparse.csgraph import connected_components, dijkstra

from geoplan.network import graph
from geoplan.network.arcs import pack_arcs
from geoplan.network.edges import speeds_kmh

SQUARE = {"a": (0, 0), "b": (10, 0), "c": (10, 10), "d": (0, 10)}


def cost_between(network, tail, head):
    """Return the minutes of the arc between two nodes given by id, None if there is none."""
    ids = list(network.node_ids)
    row = slice(*network.arcs.indptr[[ids.index(tail), ids.index(tail) + 1]])
    minutes, _ = network.packing.unpack(network.arcs.cost[row])
    found = {ids[h]: m for h, m in zip(network.arcs.head[row], minutes, strict=True)}
    return found.get(head)


def test_parallel_roads_take_the_minimum_not_the_sum():
    network, _ = country(
        SQUARE, [("a", "b", 20), ("a", "b", 12), ("b", "a", 15), ("b", "c", 5), ("c", "a", 30)]
    )
    assert cost_between(network, "a", "b") == 12
    assert cost_between(network, "b", "a") == 12
    assert len(network.arcs.head) == 6


def test_equal_parallel_roads_go_to_the_smaller_id():
    network, _ = country(SQUARE, [("a", "b", 12), ("a", "b", 12), ("b", "c", 5)])
    assert network.arcs.edge[0] == 0


def test_free_arcs_survive_in_the_matrix():
    one, zero = np.ones(1, dtype=np.int32), np.zeros(1, dtype=np.int32)
    arcs = pack_arcs(2, zero, one, np.zeros(1), zero)
    assert arcs.matrix().nnz == 1
    assert dijkstra(arcs.matrix(), indices=0).tolist() == [0, 0]
    assert dijkstra(arcs.reversed().matrix(), indices=1).tolist() == [0, 0]
    assert connected_components(arcs.matrix())[0] == 1


def test_closed_arcs_are_left_out():
    one, zero = np.ones(2, dtype=np.int32), np.zeros(2, dtype=np.int32)
    arcs = pack_arcs(2, zero, one, np.array([np.inf, 7.0]), np.array([0, 1], dtype=np.int32))
    assert (arcs.cost.tolist(), arcs.edge.tolist()) == ([7], [1])


def test_one_way_has_one_arc_and_reverses():
    network, _ = country(SQUARE, [("a", "b", 10, {"oneway": True}), ("b", "c", 10), ("c", "a", 10)])
    assert cost_between(network, "b", "a") is None
    assert cost_between(network, "a", "b") == 10
    assert network.arcs_reversed.matrix().toarray() == pytest.approx(network.arcs.matrix().toarray().T)


def test_row_order_of_the_tables_does_not_matter():
    roads = [("a", "b", 10), ("b", "c", 11), ("c", "d", 12, {"oneway": True}), ("d", "a", 13)]
    one, _ = country(SQUARE, roads)
    other, _ = country(dict(reversed(SQUARE.items())), roads)
    assert one.node_ids.tolist() == other.node_ids.tolist()
    assert (one.arcs.cost == other.arcs.cost).all()
    assert other.node_row.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("options", "year", "season", "usable"),
    [
        ({}, 2026, "summer", True),
        ({"open_from": date(2026, 1, 1)}, 2026, "summer", True),
        ({"open_from": date(2026, 1, 2)}, 2026, "summer", False),
        ({"open_from": date(2025, 6, 1)}, 2025, "summer", False),
        ({"open_until": date(2026, 1, 1)}, 2026, "summer", False),
        ({"open_until": date(2026, 1, 2)}, 2026, "summer", True),
        ({"open_from": "2026", "open_until": "2030-05-01"}, 2026, "summer", True),
        ({"open_from": pd.Timestamp("2027-01-01")}, 2026, "summer", False),
        ({"status": "construction"}, 2026, "summer", False),
        ({"status": "planned"}, 2099, "summer", False),
        ({"status": "construction", "open_from": date(2027, 1, 1)}, 2027, "summer", True),
        ({"closed_in_winter": True}, 2026, "winter", False),
        ({"closed_in_winter": True}, 2026, "summer", True),
        ({"kmh": 0.0}, 2026, "summer", False),
    ],
)
def test_year_season_and_status(options, year, season, usable):
    roads = [("a", "b", 10), ("b", "c", 10), ("c", "d", 10, options)]
    network, findings = country(SQUARE, roads, year=year, season=season)
    assert ("r02" in network.road_ids) == usable
    assert not [f for f in findings if f.severity == "error"]


def test_own_speed_wins_over_the_speed_table(toy, toy_network):
    network = toy_network()
    new = list(network.road_ids).index("r4-bulaq-dag")
    assert network.edge_minutes[new] == pytest.approx(30)


@pytest.mark.parametrize(
    ("climb", "own", "limit", "vehicle", "kmh"),
    [
        (0, np.nan, np.nan, "car", 60), (np.nan, np.nan, np.nan, "car", 60), (50, np.nan, np.nan, "car", 53),
        (300, np.nan, np.nan, "car", 30), (50, 60, np.nan, "car", 60), (50, np.nan, 40, "car", 40),
        (50, np.nan, 58, "car", 53), (50, np.nan, 40, "ambulance", 53),
    ],
)  # fmt: skip
def test_climbs_slow_the_class_but_not_a_measured_speed(climb, own, limit, vehicle, kmh):
    roads = pd.DataFrame(
        {
            "class": "primary",
            "surface": "paved",
            "climb_m_per_km": climb,
            "speed_kmh": own,
            "limit_kmh": limit,
        },
        index=["r"],
    )
    speeds = pd.DataFrame(
        [("primary", "paved", v, "summer", 60.0) for v in ("car", "ambulance")],
        columns=["class", "surface", "vehicle", "season", "speed_kmh"],
    )
    assert speeds_kmh(roads, speeds, vehicle=vehicle, season="summer", findings=[]).tolist() == [kmh]


def test_missing_speed_names_class_surface_vehicle_and_season(toy):
    roads = toy["roads"].assign(surface="unpaved")
    _, findings = graph.build_network(roads, toy["road_nodes"], toy["speeds"], vehicle="car", season="winter")
    errors = [f for f in findings if f.code == "missing-speed"]
    assert [dict(f.params)["class"] for f in errors] == ["primary", "secondary", "tertiary"]
    text = str(errors[0])
    for word in ("'primary'", "'unpaved'", "'car'", "'winter'", "4 roads", "m1-abad-bulaq", "surface paved"):
        assert word in text


def test_roads_with_errors_are_named_and_left_out():
    network, findings = country(
        SQUARE, [("a", "b", 10), ("b", "c", 10), ("c", "z", 5), ("c", "d", 0), ("a", "d", "nan")]
    )
    errors = {f.code: str(f) for f in findings if f.severity == "error"}
    assert "'z'" in errors["unknown-node"]
    assert "roads.csv: r02:to" in errors["unknown-node"]
    assert len([f for f in findings if f.code == "road-length"]) == 2
    assert network.road_ids.tolist() == ["r00", "r01"]


@pytest.mark.parametrize("kmh", [-50.0, float("inf")])
def test_absurd_speed_is_an_error(kmh):
    network, findings = country(SQUARE, [("a", "b", 10), ("b", "c", 10, {"kmh": kmh})])
    assert [(f.code, f.severity) for f in findings] == [("road-speed", "error")]
    assert f"{kmh:g} km/h" in str(findings[0])
    assert network.road_ids.tolist() == ["r00"]


def test_empty_cells_count_as_open_two_way():
    blank = {"status": None, "closed_in_winter": None, "open_from": pd.NaT, "open_until": np.nan, "ref": None}
    network, _ = country(SQUARE, [("a", "b", 10), ("b", "c", 10, blank)], season="winter")
    assert network.road_ids.tolist() == ["r00", "r01"]
    assert network.road_ref[1] == ""


def test_no_usable_road_is_an_error():
    network, findings = country(SQUARE, [("a", "b", 10, {"status": "planned"})])
    assert [f.code for f in findings] == ["no-usable-road"]
    assert len(network.road_ids) == 0


def test_two_node_island_is_never_acceptable():
    roads = [("a", "b", 10), ("b", "c", 10), ("x", "y", 500)]
    network, findings = country(SQUARE | {"x": (50, 50), "y": (60, 50)}, roads)
    assert network.edge_ok.tolist() == [True, True, False]
    assert [(f.severity, f.code) for f in findings] == [("note", "road-islands")]


def test_component_below_one_percent_is_not_acceptable():
    more = {"x": (50, 50), "y": (60, 50), "z": (60, 60)}
    roads = [("a", "b", 500), ("b", "c", 500), ("x", "y", 5), ("y", "z", 5)]
    assert country(SQUARE | more, roads)[0].edge_ok.tolist() == [True, True, False, False]
    roads[2:] = [("x", "y", 5), ("y", "z", 6)]
    assert country(SQUARE | more, roads)[0].edge_ok.all()


def test_an_only_road_is_acceptable():
    assert country(SQUARE, [("a", "b", 10)])[0].edge_ok.all()


def test_edge_between_components_is_not_acceptable():
    # d can be entered from c but never left
    network, _ = country(SQUARE, [("a", "b", 10), ("b", "c", 10), ("c", "d", 10, {"oneway": True})])
    assert network.edge_component.tolist()[2] == -1
    assert network.edge_ok.tolist() == [True, True, False]


def test_line_drawn_backwards_is_turned():
    road = ("a", "b", 10, {"geometry": "LINESTRING (47.6174 40.2, 47.55 40.25, 47.5 40.2)"})
    network, findings = country(SQUARE, [road, ("b", "c", 10)])
    assert network.lines.lon[0] == 47.5
    assert not [f for f in findings if f.code == "road-line-ends"]


def test_line_far_from_its_node_is_reported():
    road = ("a", "b", 10, {"geometry": "LINESTRING (47.5 40.2, 47.7 40.2)"})
    _, findings = country(SQUARE, [road, ("b", "c", 10)])
    assert "7.0 km" in next(str(f) for f in findings if f.code == "road-line-ends")


def test_missing_line_is_drawn_straight():
    network, _ = country(SQUARE, [("a", "b", 10, {"geometry": None}), ("b", "c", 10)])
    assert network.lines.length_m == pytest.approx([10_000, 10_000], rel=1e-3)


def test_cut_follows_the_drawn_line_in_the_order_of_travel():
    network, _ = country(SQUARE, [("a", "b", 30, {"via": [(0, 10), (10, 10)]}), ("b", "c", 10)])
    piece = network.lines.cut(0, 0.1, 0.9)
    assert len(piece) == 4
    assert (network.lines.cut(0, 0.9, 0.1) == piece[::-1]).all()
    assert network.lines.cut(0, 0.0, 1.0)[:, 0] == pytest.approx(network.lines.lon[:4])
    assert len(network.lines.cut(0, 0.4, 0.5)) == 2


def test_a_bare_road_table_is_enough(toy):
    bare = toy["roads"][["from", "to", "class", "surface", "length_km"]]
    network, findings = graph.build_network(bare, toy["road_nodes"], toy["speeds"], season="winter")
    assert not [f for f in findings if f.severity == "error"]
    assert len(network.road_ids) == len(bare)
    assert not network.edge_oneway.any()
