"""OSMnx graphs in and out; what OSMnx itself writes is read."""

from __future__ import annotations

import networkx as nx
import numpy as np
import osmnx
import pytest
from osm_worlds import speeds, turn, write
from shapely.geometry import LineString

from geoplan.errors import InputError
from geoplan.network import osm, osm_graph, table_network

NODES = {i: (47.0 + 0.001 * (i % 2), 9.5 + 0.002 * i) for i in range(1, 6)}
WAYS = {
    1: ([1, 2, 3], {"highway": "primary", "name": "Main", "maxspeed": "50"}),
    2: ([3, 4], {"highway": "residential", "oneway": "yes", "surface": "gravel"}),
    3: ([4, 5, 1], {"highway": "residential", "tunnel": "yes"}),
    4: ([1, 3], {"highway": "service"}),
}


@pytest.fixture
def table(tmp_path):
    pytest.importorskip("osmium", reason="the extra 'osm' is not installed")
    return osm.read_osm(write(tmp_path, NODES, WAYS, [turn(1, 3, 2, "no_left_turn")]), use_cache=False)


def key(table):
    """Return the roads as comparable rows."""
    ids = table.node_osm_id
    rows = zip(
        table.way_id.tolist(), ids[table.from_node].tolist(), ids[table.to_node].tolist(),
        table.oneway.tolist(), table.length_km.round(9).tolist(), table.texts("surface").tolist(),
        table.texts("name").tolist(), np.nan_to_num(table.limit_kmh).tolist(), table.tunnel.tolist(),
        strict=True,
    )  # fmt: skip
    return sorted((w, *sorted((a, b)), *rest) if not rest[0] else (w, a, b, *rest) for w, a, b, *rest in rows)


def test_out_and_in_again(table):
    graph = osm_graph.to_osmnx(table)
    assert sorted(graph.nodes) == [1, 3, 4]
    assert graph.size() == 2 * 3 + 1
    assert graph.graph["attribution"] == table.credit
    assert key(osm_graph.from_osmnx(graph)) == key(table)
    assert osmnx.shortest_path(graph, 3, 4) == [3, 4]


def test_graphml_of_osmnx_is_read(table, tmp_path):
    path = tmp_path / "town.graphml"
    osmnx.save_graphml(osm_graph.to_osmnx(table), path)
    again = osm_graph.from_osmnx(path)
    assert again.source == "town.graphml"
    assert key(again) == key(table)
    network, findings = table_network.build_table_network(again, speeds())
    assert [f for f in findings if f.severity == "error"] == []
    assert len(network.road_ids) == 4


def test_lists_and_absent_attributes_of_simplified_graphs():
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (lat, lon) in NODES.items():
        graph.add_node(node, x=lon, y=lat)
    line = LineString([(9.502, 47.001), (9.503, 47.002), (9.504, 47.0)])
    for a, b, shape in ((1, 2, line), (2, 1, line.reverse())):
        graph.add_edge(
            a, b, osmid=[7, 8], highway=["primary", "trunk"], name=["A", "B"], length=300.0, geometry=shape
        )
    graph.add_edge(2, 3, osmid=9, highway="residential", oneway=True)
    graph.add_edge(3, 4, osmid=10, highway="footway")
    table = osm_graph.from_osmnx(graph)
    assert table.way_id.tolist() == [7, 9]
    assert table.oneway.tolist() == [False, True]
    assert table.texts("road_class").tolist() == ["primary", "residential"]
    assert table.length_km[0] == 0.3
    assert 0.1 < table.length_km[1] < 0.3


def test_bad_graphs_are_refused(tmp_path):
    metres = nx.MultiDiGraph(crs="EPSG:32632")
    with pytest.raises(InputError, match="has the projection"):
        osm_graph.from_osmnx(metres)
    empty = nx.MultiDiGraph(crs="epsg:4326")
    with pytest.raises(InputError, match="no road that a car can use"):
        osm_graph.from_osmnx(empty)
    for text in ("<html/>", "no xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><graphml/>"):
        path = tmp_path / "x.graphml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="no GraphML file of OSMnx"):
            osm_graph.from_osmnx(path)
    with pytest.raises(InputError, match="no GraphML file of OSMnx"):
        osm_graph.from_osmnx(tmp_path / "absent.graphml")
