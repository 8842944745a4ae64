"""Files of all kinds into the same table; bad files; what is left out is said; the cache."""

from __future__ import annotations

import bz2
import gzip
import math
import os
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from osm_worlds import GEOD, osm_xml, speeds, turn, write

from geoplan import cache
from geoplan.errors import InputError, MissingExtraError, UsageError
from geoplan.network import osm, table_network
from geoplan.network.osm_info import fit_findings, roads_info
from geoplan.network.osm_tags import NO_DAY, ROAD_CLASSES, STATUSES
from geoplan.network.road_table import RoadTable

osmium = pytest.importorskip("osmium", reason="the extra 'osm' is not installed")

NODES = {i: (40.0 + 0.01 * (i % 3), 47.0 + 0.012 * i) for i in range(1, 9)}
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "name": "Baş yol", "ref": "M2", "maxspeed": "60"}),
    11: ([4, 2, 5], {"highway": "residential", "oneway": "-1", "surface": "gravel"}),
    12: ([3, 6], {"route": "ferry", "duration": "0:10"}),
    13: ([5, 7], {"highway": "construction", "construction": "trunk", "opening_date": "2027-05-01"}),
    14: ([7, 8], {"highway": "track", "tunnel": "yes"}),
    15: ([8, 1], {"highway": "footway"}),
}
RULES = [turn(12, 3, 10, "no_left_turn")]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "cache"))


def same(a, b):
    """Return whether two tables hold the same roads."""
    mine, other = ({k: v for k, v in t.arrays().items() if "texts" not in k} for t in (a, b))
    numbers = all(np.array_equal(mine[k], other[k], equal_nan=mine[k].dtype.kind == "f") for k in mine)
    return mine.keys() == other.keys() and numbers and a.words == b.words


def as_pbf(folder, xml):
    path = folder / "world.osm.pbf"
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-10-01T00:00:00Z")
    header.set("sorting", "Type_then_ID")
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for thing in osmium.FileProcessor(str(xml)):
            writer.add(thing)
    return path


def test_all_file_kinds_give_the_same_table(tmp_path):
    xml = write(tmp_path, NODES, WAYS, RULES)
    packed = tmp_path / "world.osm.gz"
    packed.write_bytes(gzip.compress(xml.read_bytes()))
    squeezed = tmp_path / "world.osm.bz2"
    squeezed.write_bytes(bz2.compress(xml.read_bytes()))
    misnamed = tmp_path / "world.pbf"
    misnamed.write_bytes(xml.read_bytes())
    table = osm.read_osm(xml)
    assert table.data_date == "2026-10-01"
    assert table.credit == "© OpenStreetMap contributors, ODbL 1.0, data of 2026-10-01"
    for path in (packed, squeezed, misnamed, as_pbf(tmp_path, xml)):
        assert same(osm.read_osm(path), table), path.name
    assert osm.is_osm_file("a/b.OSM.PBF")
    assert not osm.is_osm_file("roads.csv")


def test_ways_are_cut_at_junctions_and_measured_along_the_ellipsoid(tmp_path):
    table = osm.read_osm(write(tmp_path, NODES, WAYS))
    ids = table.road_ids().tolist()
    assert ids == ["w10-0", "w10-1", "w11-0", "w11-1", "w12-0", "w13-0"]
    nodes = table.node_ids()
    ends = list(zip(nodes[table.from_node], nodes[table.to_node], strict=True))
    assert ends[:2] == [("n1", "n2"), ("n2", "n3")]
    assert ends[2:4] == [("n2", "n4"), ("n5", "n2")]  # oneway=-1 runs against the drawing
    assert table.oneway.tolist() == [False, False, True, True, False, False]
    for i in range(len(table)):
        first, last = table.line_start[i], table.line_start[i + 1]
        lon, lat = table.line_lon[first:last], table.line_lat[first:last]
        assert table.length_km[i] == pytest.approx(GEOD.line_length(lon, lat) / 1000, rel=1e-5)
        at = table.from_node[i]
        assert (lon[0], lat[0]) == (table.node_lon[at], table.node_lat[at])


def test_facts_reach_the_table_of_the_contract(tmp_path):
    table = osm.read_osm(write(tmp_path, NODES, WAYS))
    frame = table.frame()
    first = frame.loc["w10-0"]
    assert (first["name"], first["ref"], first["class"], first["limit_kmh"]) == (
        "Baş yol",
        "M2",
        "primary",
        60,
    )
    assert frame.loc["w11-0", "surface"] == "gravel"
    ferry = frame.loc["w12-0"]
    assert ferry["class"] == "ferry"
    assert ferry["speed_kmh"] == pytest.approx(ferry["length_km"] * 6)
    building = frame.loc["w13-0"]
    assert (building["status"], building["open_from"]) == ("construction", date(2027, 5, 1))
    assert set(frame["source"]) == {table.credit}
    assert frame.index.is_unique
    assert table.node_frame().index.is_unique
    assert set(frame["from"]) | set(frame["to"]) <= set(table.node_frame().index)


def test_off_road_vehicles_take_tracks(tmp_path):
    path = write(tmp_path, NODES, WAYS)
    table = osm.read_osm(path, vehicle="offroad")
    assert "track" in table.texts("road_class")
    assert table.tunnel.sum() == 1
    assert "track" not in osm.read_osm(path, vehicle="car").texts("road_class")
    with pytest.raises(UsageError, match=r"no vehicle is called 'cars'\. Did you mean 'car'\?"):
        osm.read_osm(path, vehicle="cars")


def test_limits_winter_and_dates_rule_the_network(tmp_path):
    ways = {
        1: ([1, 2], {"highway": "primary", "maxspeed": "30"}),
        2: ([2, 3], {"highway": "primary", "maxspeed": "120"}),
        3: ([3, 4], {"highway": "primary", "seasonal": "yes"}),
        4: ([4, 1], {"highway": "construction", "construction": "primary", "opening_date": "2027"}),
    }
    table = osm.read_osm(write(tmp_path, NODES, ways))
    table_speeds = speeds()

    def kmh(**state):
        network, _ = table_network.build_table_network(table, table_speeds, **state)
        return dict(zip(network.road_ids, network.edge_km / network.edge_minutes * 60, strict=True))

    summer = kmh()
    assert summer["w1-0"] == pytest.approx(30)
    assert summer["w2-0"] == pytest.approx(68)
    assert set(summer) == {"w1-0", "w2-0", "w3-0"}
    assert set(kmh(season="winter")) == {"w1-0", "w2-0"}
    assert kmh(season="winter")["w1-0"] == pytest.approx(30)
    assert "w4-0" in kmh(year=2027)
    assert kmh(vehicle="ambulance")["w1-0"] > 60


def test_parallel_loops_and_doubled_nodes(tmp_path):
    nodes = {1: (47.0, 9.0), 2: (47.0, 9.01), 3: (47.001, 9.005), 4: (47.0, 9.01), 5: (47.0, 9.02)}
    ways = {
        1: ([1, 2], {"highway": "primary"}),
        2: ([1, 3, 2], {"highway": "primary"}),
        3: ([2, 4], {"highway": "primary"}),  # two nodes at one place
        4: ([4, 5, 5], {"highway": "primary"}),  # a node twice in a row
        5: ([1, 3, 5, 1], {"highway": "residential"}),
    }
    table = osm.read_osm(write(tmp_path, nodes, ways))
    assert (table.length_km > 0).all()
    assert table.length_km.min() == pytest.approx(1e-6)
    network, findings = table_network.build_table_network(table, speeds())
    assert [f for f in findings if f.severity == "error"] == []
    assert network.component_nodes.max() == 5


def test_large_packed_files_are_known_by_their_first_block(tmp_path):
    rng = np.random.default_rng(1)
    many = NODES | {1000 + i: tuple(place) for i, place in enumerate(rng.uniform(1, 50, (20_000, 2)))}
    text = osm_xml(many, WAYS).encode()
    path = tmp_path / "large.osm.bz2"
    path.write_bytes(bz2.compress(text))
    assert path.stat().st_size > 200_000
    assert len(osm.read_osm(path)) == 6


def test_the_date_is_that_of_the_file_not_of_a_thing(tmp_path):
    text = osm_xml(NODES, WAYS).replace(
        '<osm version="0.6" timestamp="2026-10-01T00:00:00Z">', '<osm version="0.6">{}'
    )
    path = tmp_path / "dated.osm"
    path.write_text(text.format('<meta osm_base="2026-09-09T01:02:03Z"/>'), encoding="utf-8")
    assert osm.read_osm(path).data_date == "2026-09-09"
    dated = text.format("").replace('version="1"', 'version="1" timestamp="2020-02-02T00:00:00Z"')
    path.write_text(dated.replace("2020-02", "2021-03", 3), encoding="utf-8")
    assert osm.read_osm(path).data_date == "2020-02-02"  # the latest road's: at least as new
    path.write_text(text.format(""), encoding="utf-8")
    table = osm.read_osm(path)
    assert table.data_date == ""
    assert [f.code for f in table.findings] == ["osm-no-date"]
    assert table.credit == "© OpenStreetMap contributors, ODbL 1.0"


def test_ways_before_their_nodes_are_read_in_a_second_round(tmp_path):
    text = osm_xml(NODES, WAYS)
    ways = text[text.index("<way") : text.index("</osm>")]
    shuffled = text.replace(ways, "").replace('<node id="1"', ways + '<node id="1"', 1)
    path = tmp_path / "shuffled.osm.pbf"  # the content decides, not the name
    path.write_text(shuffled, encoding="utf-8")
    assert same(osm.read_osm(path), osm.read_osm(write(tmp_path, NODES, WAYS)))


def test_roads_drawn_in_an_editor_have_numbers_below_zero(tmp_path):
    ways = {-i: ([-n for n in refs], tags) for i, (refs, tags) in WAYS.items()}
    drawn = osm.read_osm(write(tmp_path, {-i: place for i, place in NODES.items()}, ways))
    table = osm.read_osm(write(tmp_path, NODES, WAYS))
    assert sorted(drawn.length_km) == pytest.approx(sorted(table.length_km))
    assert drawn.road_ids()[0] == "w-13-0"
    assert drawn.counts["missing_nodes"] == 0


# --- bad input: each says what is wrong


def refused(path, **kwargs):
    with pytest.raises(InputError) as caught:
        osm.read_osm(path, **kwargs)
    (finding,) = caught.value.findings
    assert finding.hint
    return finding


def test_a_truncated_pbf(tmp_path):
    path = as_pbf(tmp_path, write(tmp_path, NODES, WAYS))
    path.write_bytes(path.read_bytes()[:-40])
    finding = refused(path)
    assert (finding.code, finding.where) == ("osm-damaged", "world.osm.pbf")
    assert "cannot be read to its end" in finding.message
    assert list((tmp_path / "cache").glob("*")) == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_truncated_xml(tmp_path, pack):
    data = pack(osm_xml(NODES, WAYS).encode())
    path = tmp_path / "cut.osm"
    path.write_bytes(data[: len(data) * 2 // 3])
    assert refused(path).code in ("osm-damaged", "not-osm")


def test_an_entity_bomb_is_not_opened(tmp_path):
    bomb = '<!DOCTYPE osm [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    text = osm_xml(NODES, WAYS, head=bomb).replace("Baş yol", "&b;")
    plain = tmp_path / "bomb.osm"
    plain.write_text(text, encoding="utf-8")
    packed = tmp_path / "bomb.osm.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        finding = refused(path)
        assert finding.code == "osm-doctype"
        assert "declares a document type or entities" in finding.message


def test_an_entity_bomb_behind_a_long_comment_is_not_opened(tmp_path):
    bomb = f'<!--{"x" * 200_000}--><!DOCTYPE osm [<!ENTITY a "boom">]>'
    path = write(tmp_path, NODES, WAYS, head=bomb)
    assert refused(path).code in ("osm-damaged", "not-osm")


@pytest.mark.parametrize(
    "data", [b"", b"id,lat,lon\n1,2,3\n", b"\x89PNG\r\n\x1a\n" + bytes(99), b"<html></html>", b"\x1f\x8bxx"]
)
def test_not_an_osm_file(tmp_path, data):
    path = tmp_path / "roads.osm"
    path.write_bytes(data)
    finding = refused(path)
    assert (finding.code, finding.message) == ("not-osm", "this is no OpenStreetMap file.")


def test_an_absent_file(tmp_path):
    assert refused(tmp_path / "none.osm.pbf").code == "osm-unreadable"


def test_no_drivable_way(tmp_path):
    finding = refused(write(tmp_path, NODES, {15: WAYS[15], 13: WAYS[13]}))
    assert finding.message.startswith("the file has no road that a car can use (2 ways")
    assert refused(write(tmp_path, NODES, {})).code == "osm-no-roads"


def test_absurd_limits_are_said_and_not_believed(tmp_path):
    ways = {1: ([1, 2], {"highway": "primary", "maxspeed": "6000"}), 2: ([2, 3], {"highway": "primary"})}
    table = osm.read_osm(write(tmp_path, NODES, ways))
    (finding,) = table.findings
    assert finding.message == (
        "ways with a maxspeed that cannot be, so that the speed of their class holds: 1 (way 1 '6000')."
    )
    assert math.isnan(table.limit_kmh[0])


def test_a_way_with_missing_nodes_is_cut(tmp_path):
    ways = {
        1: ([1, 2, 99, 3, 4], {"highway": "primary"}),
        2: ([98, 97], {"highway": "primary"}),
        3: ([5], {"highway": "primary"}),
    }
    table = osm.read_osm(write(tmp_path, NODES, ways))
    nodes = table.node_ids()
    assert [(nodes[a], nodes[b]) for a, b in zip(table.from_node, table.to_node, strict=True)] == [
        ("n1", "n2"),
        ("n3", "n4"),
    ]
    (finding,) = table.findings
    assert (finding.severity, finding.code) == ("warning", "osm-missing-nodes")
    assert finding.message.endswith("so that the roads are cut there: 3.")
    assert table.counts["ways_one_node"] == 1


def test_ways_that_depend_on_hour_or_season_are_counted(tmp_path):
    extra = {
        20: ([1, 3], {"highway": "primary", "oneway": "reversible"}),
        21: ([1, 4], {"highway": "primary", "ice_road": "yes"}),
        22: ([1, 5], {"route": "ferry", "duration": "0:00:01"}),
    }
    table = osm.read_osm(write(tmp_path, NODES, WAYS | extra))
    assert {f.code for f in table.findings} == {"osm-reversible", "osm-winter-road", "osm-ferry-duration"}


def test_points_of_another_country(tmp_path):
    table = osm.read_osm(write(tmp_path, NODES, WAYS))
    (error,) = fit_findings(
        table, ["baku", "ganja"], [50.4, 50.68], [49.9, 46.36], limit_km=40, where="points.csv"
    )
    assert error.severity == "error"
    assert error.message.startswith("every point lies more than 40 km off the roads of world.osm")
    (warning,) = fit_findings(table, ["a", "b"], [40.01, 47.0], [47.03, 9.0], limit_km=40, where="points.csv")
    assert (warning.severity, warning.message[:18]) == ("warning", "1 of 2 points lie ")
    assert fit_findings(table, ["a"], [40.1], [47.0], limit_km=40, where="p.csv") == []


def test_without_the_extra_the_line_to_type_is_named(tmp_path, monkeypatch):
    path = write(tmp_path, NODES, WAYS)
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(MissingExtraError) as caught:
        osm.read_osm(path)
    assert caught.value.hint == "Type: pip install 'geoplan[osm]'"


# --- the cache


def test_the_second_start_reads_arrays_only(tmp_path, monkeypatch):
    path = write(tmp_path, NODES, WAYS, RULES)
    first = osm.read_osm(path)
    monkeypatch.setattr(osm, "read_ways", None)
    assert same(osm.read_osm(path), first)
    moved = path.rename(tmp_path / "other.osm")
    assert osm.read_osm(moved).source == "other.osm"
    assert cache.info().entries[0][0] == osm.CACHE_KIND
    with pytest.raises(TypeError):
        osm.read_osm(moved, vehicle="offroad")  # another profile is another entry


def test_a_corrupt_entry_is_made_again_and_said(tmp_path):
    path = write(tmp_path, NODES, WAYS)
    first = osm.read_osm(path)
    (entry,) = (tmp_path / "cache").glob("*.npz")
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 255
    entry.write_bytes(data)
    again = osm.read_osm(path)
    assert [f.code for f in again.findings] == [*(f.code for f in first.findings), "cache-corrupt"]
    assert osm.read_osm(path).findings == first.findings


def test_a_full_disk_means_no_cache_and_a_finding(tmp_path, monkeypatch):
    def full(file, **_arrays):
        file.write(b"some bytes")
        raise OSError(28, "No space left on device")

    path = write(tmp_path, NODES, WAYS)
    monkeypatch.setattr(np, "savez", full)
    table = osm.read_osm(path)
    (finding,) = table.findings
    assert (finding.code, finding.severity) == ("cache-not-written", "warning")
    assert "No space left on device" in finding.message
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_table_survives_its_arrays(tmp_path):
    table = osm.read_osm(write(tmp_path, NODES, WAYS, RULES), use_cache=False)
    again = RoadTable.from_arrays(table.arrays())
    assert same(again, table)
    assert (again.findings, again.counts, again.credit) == (table.findings, table.counts, table.credit)


# --- reports


def test_roads_info(tmp_path):
    table = osm.read_osm(write(tmp_path, NODES, WAYS, RULES))
    report = roads_info(table)
    assert list(report.km_by_class) == ["primary", "residential", "ferry"]
    assert sum(report.km_by_class.values()) + report.construction_km == pytest.approx(
        report.total_km, abs=0.005
    )
    assert report.construction_km > 0
    assert report.restrictions["applied"] == 1
    assert report.west == pytest.approx(47.012)
    text = "\n".join(report.lines())
    assert "© OpenStreetMap contributors, ODbL 1.0, data of 2026-10-01" in text
    assert report.as_dict()["data_date"] == "2026-10-01"
    assert 0 < report.oneway_share < 1
    assert STATUSES[table.status[-1]] == "construction"
    assert ROAD_CLASSES[table.road_class[-1]] == "trunk"
    assert (table.open_from_day != NO_DAY).sum() == 1


def extracts():
    folder = os.environ.get("GEOPLAN_OSM_DIR")
    return sorted(Path(folder).glob("*.osm.pbf")) if folder else []


@pytest.mark.skipif(not extracts(), reason="GEOPLAN_OSM_DIR does not name a folder with .osm.pbf extracts")
@pytest.mark.parametrize("path", extracts(), ids=lambda p: p.name)
def test_real_extracts_are_read_whole(path):
    table = osm.read_osm(path)
    report = roads_info(table)
    assert report.largest_component_share > 0.9
    assert report.data_date
    assert same(osm.read_osm(path), table)
    network, findings = table_network.build_table_network(table, speeds())
    assert [f for f in findings if f.severity == "error"] == []
    assert len(network.road_ids) >= len(table) * 0.9
