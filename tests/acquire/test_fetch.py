"""geoplan fetch roads: asked through osmnx, cached, credited; clear words where nobody answers."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import sys
from unittest import mock

import pandas as pd
import pytest

pytest.importorskip("osmium", reason="fetched roads are read with osmium")

from geoplan.acquire import overpass
from geoplan.cli import main
from geoplan.errors import UsageError

BOX = "46.9,40.9,47.1,41.1"
TURN = {
    "type": "relation",
    "id": 20,
    "tags": {"type": "restriction", "restriction": "no_right_turn"},
    "members": [
        {"type": "way", "ref": 12, "role": "from"},
        {"type": "node", "ref": 3, "role": "via"},
        {"type": "way", "ref": 10, "role": "to"},
    ],
}


def geoplan(*words):
    """Run the command line in this process; return code, standard output and standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["geoplan", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


def fetch(server, out, *words):
    """Fetch from the test's server."""
    address = ["--endpoint", f"{server.address}/api", "--geocoder", server.address]
    return geoplan("fetch", "roads", "--out", str(out), *address, *words)


def test_a_box_becomes_the_same_table_as_a_file(server, tmp_path):
    code, said, err = fetch(server, tmp_path / "o", "--bbox", BOX, "--json")
    assert code == 0, err
    answer = json.loads(said)
    assert answer["attribution"] == "© OpenStreetMap contributors, ODbL 1.0, data of 2026-11-01"
    assert len(server.asked) == len(overpass.WAY_FILTERS) + 1
    assert "way(id:10,11,12,13);rel(bw)" in server.asked[-1]
    assert all(request.startswith("/api/interpreter") for request in server.asked)
    roads = pd.read_csv(tmp_path / "o" / "roads.csv")
    # the bollard cuts way 11 in two; the private way is left out; the street keeps its odd name
    assert sorted(roads["road_id"]) == ["w10-0", "w10-1", "w11-0", "w11-1", "w12-0"]
    assert roads.set_index("road_id").loc["w10-0", "name"] == "Küçə & 'A' <1>"
    assert roads.set_index("road_id").loc["w12-0", "oneway"] == "yes"
    sources = (tmp_path / "o" / "SOURCES.txt").read_text(encoding="utf-8")
    for words in ("© OpenStreetMap contributors, ODbL 1.0, data of 2026-11-01", server.address, BOX):
        assert words in sources
    again = tmp_path / "again"
    assert geoplan("roads", "build", str(tmp_path / "o" / "roads.osm"), "--out", str(again))[0] == 0
    assert (again / "roads.csv").read_bytes() == (tmp_path / "o" / "roads.csv").read_bytes()


def test_turn_restrictions_come_along(server, tmp_path):
    server.restrictions = [TURN]
    code, _, err = fetch(server, tmp_path / "o", "--bbox", BOX)
    assert code == 0, err
    file = tmp_path / "o" / "roads.osm"
    assert '<member type="node" ref="3" role="via"/>' in file.read_text(encoding="utf-8")
    info = json.loads(geoplan("roads", "info", str(file), "--json")[1])
    assert info["restrictions"]["applied"] == 1
    roads = pd.read_csv(tmp_path / "o" / "roads.csv")
    assert roads["back_from"].notna().any()


def test_an_area_is_looked_up_by_its_name(server, tmp_path):
    code, _, err = fetch(server, tmp_path / "o", "--area", "Test, Azerbaijan")
    assert code == 0, err
    assert "Test, Azerbaijan" in server.asked[0]
    assert server.asked[0].startswith("/search")
    assert (tmp_path / "o" / "roads.csv").is_file()


def test_an_unknown_area_is_said(server, tmp_path):
    server.places = []
    code, _, err = fetch(server, tmp_path / "o", "--area", "Atlantis")
    assert code == 3
    assert "'Atlantis' names no area with a border" in err
    assert not (tmp_path / "o").exists()


def test_the_second_time_nobody_is_asked(server, tmp_path):
    assert fetch(server, tmp_path / "o", "--bbox", BOX)[0] == 0
    asked = len(server.asked)
    assert fetch(server, tmp_path / "p", "--bbox", BOX)[0] == 0
    assert len(server.asked) == asked
    assert (tmp_path / "p" / "roads.csv").read_bytes() == (tmp_path / "o" / "roads.csv").read_bytes()
    assert fetch(server, tmp_path / "q", "--bbox", BOX, "--refresh")[0] == 0
    assert len(server.asked) == 2 * asked
    kinds = {entry["kind"] for entry in json.loads(geoplan("cache", "info", "--json")[1])["entries"]}
    assert kinds == {"overpass", "osm-roads"}


def test_offline_refuses_and_says_what_to_do_by_hand(server, tmp_path):
    code, _, err = fetch(server, tmp_path / "o", "--bbox", BOX, "--offline")
    assert code == 2
    assert "--offline" in err
    assert "geoplan roads build FILE" in err
    assert server.asked == []


def test_a_host_that_does_not_answer(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}/api"
    code, _, err = geoplan(
        "fetch", "roads", "--out", str(tmp_path / "o"), "--bbox", BOX, "--endpoint", endpoint
    )
    assert code == 2
    assert f"127.0.0.1:{port} does not answer" in err
    assert "By hand" in err
    assert "Traceback" not in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, None, "refuses: HTTP 403"),
        (200, b"<html>", "not JSON"),
        (200, {"remark": "runtime error: Query timed out", "elements": []}, "gave up: runtime error"),
        (200, {"elements": [{"type": "node", "id": 1}]}, "not that of an Overpass server"),
    ],
)
def test_bad_answers_leave_nothing(server, tmp_path, status, body, words):
    server.status, server.body = [status], body
    code, _, err = fetch(server, tmp_path / "o", "--bbox", BOX)
    assert code == 2
    assert words in err
    assert not (tmp_path / "o").exists()
    assert json.loads(geoplan("cache", "info", "--json")[1])["entries"] == []


def test_a_busy_server_is_asked_again_and_not_for_ever(server, tmp_path, only_this_machine):
    server.status = [429, 504]
    assert fetch(server, tmp_path / "o", "--bbox", BOX)[0] == 0
    assert sum(only_this_machine) >= 100
    server.status = [429] * 10
    code, _, err = fetch(server, tmp_path / "p", "--bbox", BOX, "--refresh")
    assert code == 2
    assert "still busy: HTTP 429" in err


def test_an_area_without_roads_is_an_error(server, tmp_path):
    server.body = {"osm3s": {"timestamp_osm_base": "2026-11-01T00:00:00Z"}, "elements": []}
    code, _, err = fetch(server, tmp_path / "o", "--bbox", BOX)
    assert code == 3
    assert "no road that a car can use" in err


def test_settings_of_osmnx_and_the_resolver_are_put_back(server, tmp_path):
    import osmnx

    names = [n for n in vars(osmnx.settings) if not n.startswith("_")]
    before, resolver = {n: getattr(osmnx.settings, n) for n in names}, socket.getaddrinfo
    assert fetch(server, tmp_path / "o", "--area", "Test")[0] == 0
    server.status = [500]
    assert fetch(server, tmp_path / "p", "--bbox", BOX, "--refresh")[0] == 2
    assert {n: getattr(osmnx.settings, n) for n in names} == before
    assert socket.getaddrinfo is resolver


@pytest.mark.parametrize(
    "words", [[], ["--bbox", BOX, "--area", "x"], ["--bbox", "1,2,3"], ["--bbox", "5,1,4,2"]]
)
def test_wrong_use(server, tmp_path, words):
    assert fetch(server, tmp_path / "o", *words)[0] == 2
    assert server.asked == []


def test_a_broken_cache_entry_is_asked_for_again(server, tmp_path):
    from geoplan import cache

    request = overpass.AreaRequest(bbox=(46.9, 40.9, 47.1, 41.1), endpoint=f"{server.address}/api")
    cache.store(overpass.CACHE_KIND, request.key, {"xml": overpass._bytes(b"no zlib")})
    fetched = overpass.fetch_roads(request, progress=lambda _step: None)
    assert [f.code for f in fetched.findings] == ["cache-corrupt"]
    assert overpass.fetch_roads(request, progress=lambda _step: None).from_cache
    with pytest.raises(UsageError):
        overpass.fetch_roads(request, offline=True, progress=lambda _step: None)
