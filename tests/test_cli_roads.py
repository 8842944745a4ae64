"""Roads from OpenStreetMap through the command line: matrix, route, roads, cache, and a scenario on them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import shapely
from test_cli import answer, geoplan, points

pytest.importorskip("osmium", reason="extracts are read with osmium")

import sys

sys.path.insert(0, str(Path(__file__).parent / "network"))
from osm_worlds import GEOD, osm_xml, turn, write

CREDIT = "© OpenStreetMap contributors, ODbL 1.0, data of 2026-10-01"

NODES = {
    1: (41.0, -8.0),
    2: (41.0, -7.99),
    3: (41.0, -7.98),
    4: (41.01, -7.99),
    5: (41.02, -7.99),
    6: (41.02, -7.98),
    7: (41.0, -7.97),
    8: (41.05, -7.9),
    9: (41.0505, -7.9),
    10: (41.01, -7.995),
}
WAYS = {
    10: ([1, 2], {"highway": "primary", "name": "Rua A"}),
    11: ([2, 3], {"highway": "primary", "name": "Rua A"}),
    12: ([2, 4, 5], {"highway": "residential", "oneway": "yes"}),
    13: ([5, 6, 3], {"highway": "secondary"}),
    14: ([5, 10, 2], {"highway": "tertiary"}),
    15: ([3, 7], {"highway": "primary"}),
    16: ([7, 3], {"highway": "track"}),
    17: ([8, 9], {"highway": "service"}),
}
NO_LEFT = turn(10, 2, 12, "no_left_turn")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A small town west of Greenwich, with a turn restriction and an island."""
    return write(tmp_path, NODES, WAYS, [NO_LEFT])


def km(*nodes: int) -> float:
    """Return kilometres along nodes on the ellipsoid, by pyproj."""
    lat, lon = zip(*(NODES[n] for n in nodes), strict=True)
    return GEOD.line_length(lon, lat) / 1000


def ask(tmp_path: Path, roads: Path, out: str = "m.csv", *words: str) -> pd.DataFrame:
    """Return the matrix from node 1 to nodes 4 and 6, which lie on the roads."""
    a = points(tmp_path / "a.csv", "p,41.0,-8.0\n")
    b = points(tmp_path / "b.csv", "q,41.01,-7.99\nr,41.02,-7.98\n")
    path = tmp_path / out
    done = geoplan(
        "matrix",
        "--origins",
        str(a),
        "--destinations",
        str(b),
        "--out",
        str(path),
        "--roads",
        str(roads),
        *words,
    )
    assert done.returncode == 0, done.stderr
    return pd.read_csv(path)


def test_an_extract_works_directly_and_keeps_one_ways_and_turns(tmp_path: Path, world: Path) -> None:
    table = ask(tmp_path, world, "m.csv", "--weight", "distance")
    # no left turn into the one-way street: on to node 3, round there, and right into it from the east
    to_q = km(1, 2, 3) + km(3, 2, 4)
    to_r = km(1, 2, 3) + km(3, 6)
    assert table["km"].tolist() == pytest.approx([to_q, to_r], abs=2e-3)
    assert table["origin_snap_m"].tolist() == pytest.approx([0, 0], abs=0.5)


def test_without_the_restriction_the_left_turn_is_taken(tmp_path: Path) -> None:
    table = ask(tmp_path, write(tmp_path, NODES, WAYS), "free.csv", "--weight", "distance")
    assert table["km"].tolist() == pytest.approx([km(1, 2, 4), km(1, 2, 3, 6)], abs=2e-3)


def test_speeds_are_those_of_the_shipped_table(tmp_path: Path, world: Path) -> None:
    speeds = pd.read_csv(Path(__file__).parents[1] / "scenarios" / "data" / "speeds.csv")
    speeds = speeds[
        (speeds["vehicle"] == "car") & (speeds["season"] == "summer") & (speeds["surface"] == "paved")
    ]
    kmh = speeds.set_index("class")["speed_kmh"]
    table = ask(tmp_path, world)
    by_east = km(1, 2, 3) / kmh["primary"] * 60 + km(3, 6) / kmh["secondary"] * 60
    by_west = (
        km(1, 2) / kmh["primary"] * 60
        + km(2, 10, 5) / kmh["tertiary"] * 60
        + km(5, 6) / kmh["secondary"] * 60
    )
    assert table["minutes"].iloc[1] == pytest.approx(min(by_east, by_west), abs=0.051)


@pytest.mark.parametrize("name", ["world.xml", "roads.bin", "a.txt"])
def test_the_content_decides_what_a_file_is(tmp_path: Path, world: Path, name: str) -> None:
    other = world.rename(tmp_path / name)
    assert ask(tmp_path, other)["status"].tolist() == ["reached", "reached"]


def test_a_graph_of_osmnx_works_directly(tmp_path: Path, world: Path) -> None:
    import networkx as nx

    from geoplan.network.osm import read_osm
    from geoplan.network.osm_graph import to_osmnx

    graph = to_osmnx(read_osm(write(tmp_path, NODES, WAYS)))
    for *_, data in graph.edges(data=True):
        data["geometry"] = shapely.to_wkt(data["geometry"])
    nx.write_graphml(graph, tmp_path / "g.graphml")
    table = ask(tmp_path, tmp_path / "g.graphml", "g.csv", "--weight", "distance")
    assert table["km"].tolist() == ask(tmp_path, world, "m.csv", "--weight", "distance")["km"].tolist()


def test_the_licence_is_kept_beside_the_matrix_and_goes_with_it(tmp_path: Path, world: Path) -> None:
    ask(tmp_path, world)
    note = tmp_path / "m.csv.SOURCES.txt"
    assert CREDIT in note.read_text(encoding="utf-8")
    words = ("--origins", str(tmp_path / "a.csv"), "--destinations", str(tmp_path / "b.csv"))
    given = answer("matrix", *words, "--out", str(tmp_path / "m.csv"), "--roads", str(world), "--overwrite")
    assert given["attributions"] == [CREDIT]
    assert given["sources"] == str(note)
    own = tmp_path / "roads.csv"
    own.write_text(
        "road_id,from,to,class,length_km,geometry,source\n"
        'r1,a,b,primary,1,"LINESTRING (-8 41, -7.99 41)",measured\n'
        'r2,b,c,primary,1,"LINESTRING (-7.99 41, -7.98 41)",measured\n',
        encoding="utf-8",
    )
    given = answer("matrix", *words, "--out", str(tmp_path / "m.csv"), "--roads", str(own), "--overwrite")
    assert (given["attributions"], given["sources"]) == ([], "")
    assert not note.exists()


def test_points_of_another_country_are_refused_and_some_are_warned_of(tmp_path: Path, world: Path) -> None:
    a = points(tmp_path / "a.csv", "p,41.0,-8.0\n")
    far = points(tmp_path / "far.csv", "baku,40.37767,49.89201\n")
    some = points(tmp_path / "some.csv", "baku,40.37767,49.89201\nq,41.0,-7.98\n")
    words = ("--origins", str(a), "--out", str(tmp_path / "m.csv"), "--roads", str(world))
    done = geoplan("matrix", *words, "--destinations", str(far))
    assert done.returncode == 3
    assert "every point lies more than 40 km off the roads of world.osm" in done.stderr
    assert not (tmp_path / "m.csv").exists()
    assert not (tmp_path / "m.csv.SOURCES.txt").exists()
    done = geoplan("matrix", *words, "--destinations", str(some))
    assert done.returncode == 0
    assert "1 of 2 points lie more than 40 km" in done.stderr
    assert pd.read_csv(tmp_path / "m.csv")["status"].tolist() == ["not_snapped", "reached"]


def test_route_by_coordinates_on_roads_far_away(world: Path) -> None:
    route = answer("route", "41.0,-8.0", "41.02,-7.98", "--roads", str(world), "--weight", "distance")
    assert route["km"] == pytest.approx(km(1, 2, 3) + km(3, 6), abs=2e-3)
    assert route["attributions"] == [CREDIT]
    assert CREDIT in geoplan("route", "41.0,-8.0", "41.02,-7.98", "--roads", str(world)).stdout
    done = geoplan("route", "Bakı", "Lənkəran", "--roads", str(world))
    assert done.returncode == 3
    assert "every point lies" in done.stderr


def test_files_that_are_no_roads(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><osm version="0.6"/>'
    for name, text, code, words in (
        ("x.doc", "hello", 2, "no road table"),
        ("missing.osm", None, 3, "cannot be read"),
        ("x.osm", "hello", 3, "no OpenStreetMap file"),
        ("x.graphml", "hello", 3, "no GraphML"),
        (
            "bomb.osm",
            bomb,
            3,
            "document type",
        ),
    ):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        for command in (("roads", "info"), ("roads", "build")):
            done = geoplan(*command, str(tmp_path / name))
            assert (done.returncode, words in done.stderr) == (code, True), (name, done.stderr)
            assert "Traceback" not in done.stderr
    assert list((tmp_path / "cache").glob("*")) == []


def test_info_counts_what_the_file_holds(world: Path) -> None:
    info = answer("roads", "info", str(world))
    assert info["km_by_class"]["primary"] == pytest.approx(km(1, 2, 3, 7), abs=1e-3)
    assert info["km_by_class"]["residential"] == pytest.approx(km(2, 4, 5), abs=1e-3)
    assert "track" not in info["km_by_class"]
    total = info["total_km"]
    assert info["oneway_share"] == pytest.approx(km(2, 4, 5) / total, abs=1e-3)
    assert info["components"] == 2
    assert info["restrictions"]["applied"] == 1
    assert (info["data_date"], info["credit"]) == ("2026-10-01", CREDIT)
    assert [info[k] for k in ("west", "south", "east", "north")] == [-8.0, 41.0, -7.9, 41.0505]
    text = geoplan("roads", "info", str(world), "--vehicle", "offroad").stdout
    assert "track" in text
    assert CREDIT in text


def test_build_fills_the_cache_and_the_cache_is_shown_and_cleared(tmp_path: Path, world: Path) -> None:
    assert answer("cache", "info")["entries"] == []
    assert geoplan("roads", "build", str(world)).returncode == 0
    (entry,) = answer("cache", "info")["entries"]
    assert entry["kind"] == "osm-roads"
    assert str(tmp_path / "cache") in geoplan("cache", "info").stdout
    cleared = answer("cache", "clear")
    assert (cleared["files"], cleared["freed_bytes"]) == (1, entry["bytes"])
    assert "Removed 0 files" in geoplan("cache", "clear").stdout


def test_built_tables_give_the_times_of_the_extract(tmp_path: Path, world: Path) -> None:
    folder = tmp_path / "tables"
    made = answer("roads", "build", str(world), "--out", str(folder))
    assert "roads-islands-left-out" in [f["code"] for f in made["findings"]]
    assert {Path(p).name for p in made["written"]} >= {
        "roads.csv",
        "road_nodes.csv",
        "roads.json",
        "SOURCES.txt",
    }
    assert CREDIT in (folder / "SOURCES.txt").read_text(encoding="utf-8")
    assert json.loads((folder / "roads.json").read_text(encoding="utf-8"))["origin"]["File"] == "world.osm"
    for weight in ("time", "distance"):
        direct = ask(tmp_path, world, "d.csv", "--weight", weight, "--overwrite")
        tables = ask(tmp_path, folder / "roads.csv", "t.csv", "--weight", weight, "--overwrite")
        pd.testing.assert_frame_equal(direct, tables, atol=2e-3)
    assert CREDIT in (tmp_path / "t.csv.SOURCES.txt").read_text(encoding="utf-8")
    done = geoplan("roads", "build", str(world), "--out", str(folder))
    assert done.returncode == 5
    assert geoplan("roads", "build", str(world), "--out", str(folder), "--overwrite").returncode == 0


def test_build_chooses_classes_and_a_box(tmp_path: Path, world: Path) -> None:
    folder = tmp_path / "t"
    assert geoplan("roads", "build", str(world), "--classes", "primary", "--out", str(folder)).returncode == 0
    roads = pd.read_csv(folder / "roads.csv")
    assert set(roads[roads["via"].isna()]["class"]) == {"primary"}
    box = ("--bbox", "-7.985,40.9,-7.9,41.01", "--out", str(tmp_path / "b"))
    assert geoplan("roads", "build", str(world), *box).returncode == 0
    ids = set(pd.read_csv(tmp_path / "b" / "roads.csv")["road_id"])
    assert {i for i in ids if not i.startswith("turn")} == {"w11-0", "w13-0", "w15-0"}
    for words, code, said in (
        (["--classes", "primry", "--out", "x"], 2, "Did you mean 'primary'"),
        (["--bbox", "1,2,3", "--out", "x"], 2, "no box"),
        (["--classes", "primary"], 2, "need --out"),
        (["--bbox", "10,10,11,11", "--out", "x"], 3, "no road of these classes"),
        (["--in-country", "--out", "x"], 3, "no road of the file lies in the country"),
    ):
        done = geoplan("roads", "build", str(world), *words)
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped strategic roads, drawn as an OpenStreetMap file."""
    home = Path(__file__).parents[1] / "boundaries"
    places = pd.read_csv(home / "road_nodes.csv")
    number = {name: i for i, name in enumerate(places["node_id"], start=1)}
    nodes = {number[r.node_id]: (r.lat, r.lon) for r in places.itertuples()}
    ways = {}
    for way, row in enumerate(pd.read_csv(home / "roads.csv").to_dict("records"), start=1):
        refs = [number[row["from"]]]
        for lon, lat in shapely.get_coordinates(shapely.from_wkt(row["geometry"]))[1:-1]:
            nodes[len(nodes) + 1000] = (lat, lon)
            refs.append(len(nodes) + 999)
        tags = {"highway": row["class"], "surface": row["surface"], "name": row["name"]}
        if row["status"] == "open":
            ways[way] = ([*refs, number[row["to"]]], tags)
    path = tmp_path_factory.mktemp("country") / "own.osm"
    path.write_text(osm_xml(nodes, ways), encoding="utf-8")
    return path


def scenario(folder: Path, roads: str, nodes: str) -> Path:
    """Write a scenario with own roads."""
    path = folder / "own.toml"
    path.write_text(
        f'extends = "baseline"\ntitle = {{ az = "a", en = "a", ru = "a" }}\n'
        f'[tables]\nroads = "{roads}"\nroad_nodes = "{nodes}"\n',
        encoding="utf-8",
    )
    return path


def test_a_scenario_on_built_roads_says_whose_they_are(tmp_path: Path, country: Path) -> None:
    done = geoplan("roads", "build", str(country), "--in-country", "--out", str(tmp_path / "osm"))
    assert done.returncode == 0, done.stderr
    path = scenario(tmp_path, "osm/roads.csv", "osm/road_nodes.csv")
    out = tmp_path / "out"
    done = geoplan("run", str(path), "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    assert CREDIT in json.loads((out / "run.json").read_text(encoding="utf-8"))["attributions"]
    assert "OpenStreetMap contributors, ODbL 1.0, data of 2026-10-01" in (out / "index.html").read_text(
        encoding="utf-8"
    )
    assert (out / "index.html").stat().st_size < 3e6


def test_a_scenario_on_an_extract_says_what_to_do(tmp_path: Path, country: Path) -> None:
    (tmp_path / "own.osm").write_bytes(country.read_bytes())
    done = geoplan(
        "run", str(scenario(tmp_path, "own.osm", "shipped:road_nodes")), "--out", str(tmp_path / "o")
    )
    assert done.returncode == 3
    assert "the roads of a scenario are a roads.csv" in done.stderr
    assert "geoplan roads build FILE" in done.stderr
    assert not (tmp_path / "o").exists()


def test_help_of_the_groups_is_quick_and_names_the_commands() -> None:
    for group, commands in (
        ("roads", ("build", "info")),
        ("cache", ("info", "clear")),
        ("fetch", ("roads",)),
    ):
        done = geoplan(group, "--help")
        assert done.returncode == 0
        assert all(command in done.stdout for command in commands)
