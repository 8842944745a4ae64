"""The roads of the liberated territories: lengths, dates, winter and reach, read from the shipped tables."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import networkx as nx
import pytest
import shapely
from shapely import wkt

BOUNDARIES = Path(__file__).resolve().parents[2] / "boundaries"
KM_PER_DEGREE = 111.2
COS_LATITUDE = 0.769  # at 39.7 N, the middle of the liberated territories

# Sourced length of each project (facts/roads.csv and the sources in the rows), km
PROJECTS_KM = {
    "Əhmədbəyli-Füzuli-Şuşa": 81.7,
    "Zəfər yolu": 101.0,
    "Bərdə-Ağdam": 44.5,
    "Ağdam-Füzuli": 64.8,
    "Ağdam-Əsgəran-Xocalı-Xankəndi": 33.6,
    "Horadiz-Cəbrayıl-Zəngilan-Ağbənd": 123.6,
    "Xudafərin-Qubadlı-Laçın": 70.4,
    "Qubadlı-Eyvazlı": 28.5,
    "Qubadlı-Mahmudlu-Yazıdüzü": 26.4,
    "Toğanalı-Kəlbəcər-İstisu": 82.0,
    "Kəlbəcər-Laçın": 75.8,
    "Kəlbəcər-Laçın köhnə yolu": 109.1,
    "Şükürbəyli-Cəbrayıl-Hadrut": 39.7,
    "Şükürbəyli-Cəbrayıl-Hadrut köhnə yolu": 42.0,
    "Füzuli-Hadrut": 13.0,
    "Hadrut-Tuğ-Azıx": 22.0,
    "Tərtər-Çaylı-Suqovuşan-Talış": 28.5,
    "Talış-Tapqaraqoyunlu-Qaşaltı": 22.0,
    "Suqovuşan-Sərsəng-Gözlükörpü-Kəlbəcər": 77.6,
    "Laçın şəhərinə daxil olmadan yeni yol": 22.0,  # of 32 km, 10 km lie in Armenia
    "Tərtər-Ağdərə": 24.2,
    "Ağdərə-Ağdam": 35.5,
    "Füzuli-Xocavənd-Ağdam": 55.7,
    "Ömər aşırımı yolu": 31.5,
    "Xankəndi-Şuşa-Laçın": 52.0,  # 36 km to the turn at Yaşıl tala, 41 km from Shusha to Lachin
    "Şuşa-Laçın yeni yolu": 34.0,
}
# No page names the day these were opened to traffic: no year may use them
UNOPENED = (
    "Ağdam-Füzuli",
    "Horadiz-Cəbrayıl-Zəngilan-Ağbənd",
    "Xudafərin-Qubadlı-Laçın",
    "Qubadlı-Eyvazlı",
    "Qubadlı-Mahmudlu-Yazıdüzü",
    "Kəlbəcər-Laçın",
    "Füzuli-Hadrut",
    "Şuşa-Laçın yeni yolu",
    "Talış-Tapqaraqoyunlu-Qaşaltı",
    "Suqovuşan-Sərsəng-Gözlükörpü-Kəlbəcər",
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def roads() -> list[dict[str, str]]:
    return rows(BOUNDARIES / "roads.csv")


@pytest.fixture(scope="module")
def liberated(roads) -> list[dict[str, str]]:
    """Shipped rows that the authored table of the liberated territories holds."""
    names = {row["name"] for row in rows(BOUNDARIES / "build" / "lines_liberated.csv")}
    return [row for row in roads if row["name"] in names]


def day(text: str) -> dt.date:
    return dt.date(int(text), 1, 1) if len(text) == 4 else dt.date.fromisoformat(text)


def usable(row: dict[str, str], year: int, *, winter: bool = False) -> bool:
    date = dt.date(year, 1, 1)
    if row["status"] != "open" and not row["open_from"]:
        return False
    if row["open_from"] and day(row["open_from"]) > date:
        return False
    if row["open_until"] and day(row["open_until"]) <= date:
        return False
    return not (winter and row["closed_in_winter"] == "true")


def graph(roads: list[dict[str, str]], year: int, *, winter: bool = False) -> nx.Graph:
    """Usable edges on 1 January of `year`; of parallel edges the shorter."""
    net = nx.Graph()
    for row in roads:
        if usable(row, year, winter=winter):
            km = float(row["length_km"])
            old = net.get_edge_data(row["from"], row["to"])
            if old is None or km < old["km"]:
                net.add_edge(row["from"], row["to"], km=km)
    return net


def test_the_road_to_shusha_is_shorter_from_2026(roads):
    km = {
        year: nx.shortest_path_length(graph(roads, year), "ahmadbayli", "susa", "km") for year in (2025, 2026)
    }
    assert km == {2025: pytest.approx(101, abs=1), 2026: pytest.approx(81.7, abs=0.5)}


def test_before_the_victory_road_shusha_was_cut_off(roads):
    net = graph(roads, 2021)
    assert "susa" not in net or not nx.has_path(net, "ahmadbayli", "susa")


@pytest.mark.parametrize(("name", "km"), PROJECTS_KM.items())
def test_the_edges_of_a_project_add_up_to_its_sourced_length(liberated, name, km):
    assert sum(float(row["length_km"]) for row in liberated if row["name"] == name) == pytest.approx(km)


@pytest.mark.parametrize("name", UNOPENED)
def test_a_project_without_an_opening_date_is_never_usable(liberated, name):
    edges = [row for row in liberated if row["name"] == name]
    assert edges
    assert {(row["status"], row["open_from"]) for row in edges} == {("construction", "")}
    assert not any(usable(row, year) for row in edges for year in (2024, 2026, 2040))


def test_the_technical_opening_of_the_murovdag_tunnel_is_no_opening(liberated):
    (tunnel,) = [row for row in liberated if {row["from"], row["to"]} == {"murov-simal", "murov-canub"}]
    assert (tunnel["status"], tunnel["tunnel"], tunnel["open_from"]) == ("construction", "true", "")
    assert float(tunnel["length_km"]) == pytest.approx(11.7)


@pytest.mark.parametrize(
    ("name", "last_year"), [("Bərdə-Ağdam köhnə yolu", 2023), ("Şükürbəyli-Cəbrayıl-Hadrut köhnə yolu", 2022)]
)
def test_a_replaced_road_ends_when_the_new_one_opens(liberated, name, last_year):
    replaced = [row for row in liberated if row["name"] == name and row["open_until"]]
    assert any(usable(row, last_year) for row in replaced)
    assert not any(usable(row, 2024) for row in replaced)
    for old in replaced:
        assert any(new["open_from"] == old["open_until"] for new in liberated)


def test_kalbajar_is_reached_over_the_omar_pass_in_summer_only(roads):
    summer, winter = (graph(roads, 2026, winter=season) for season in (False, True))
    over = nx.shortest_path(summer, "toganali", "kalbacar", "km")
    assert "omar-asirimi" in over
    assert nx.path_weight(summer, over, "km") == pytest.approx(75.8, abs=0.5)
    assert "omar-asirimi" not in winter
    around = nx.shortest_path(winter, "toganali", "kalbacar", "km")
    assert "vang-dairasi" in around
    assert nx.path_weight(winter, around, "km") > 200


@pytest.mark.parametrize("year", [2021, 2026, 2040])
def test_the_present_kalbajar_lachin_road_is_usable_until_the_new_one_has_a_date(roads, year):
    # 126 km between the centres today, 93.8 by the project: https://news.az/news/azerbaijani-turkish-
    # presidents-inspect-progress-on-kalbajar-lachin-highway-construction
    net = graph(roads, year)
    way = nx.shortest_path(net, "kalbacar", "lacin", "km")
    assert way == ["kalbacar", "qamisli-ayrici", "vang-dairasi", "qorcu", "lacin"]
    assert nx.path_weight(net, way, "km") == pytest.approx(126, rel=0.02)
    old = [row for row in roads if row["name"] == "Kəlbəcər-Laçın köhnə yolu"]
    assert [(row["class"], row["surface"]) for row in old].count(("unclassified", "gravel")) == 2


@pytest.mark.parametrize("town", ["xankandi", "lacin", "tartar"])
def test_kalbajar_is_reached_from_south_and_east_in_winter(roads, town):
    assert nx.has_path(graph(roads, 2026, winter=True), town, "kalbacar")


def test_winter_closes_the_omar_pass_and_nothing_else_here(liberated):
    closed = {row["name"] for row in liberated if row["closed_in_winter"] == "true"}
    assert closed == {"Ömər aşırımı yolu"}


def test_every_place_of_the_return_lies_by_a_usable_road(roads):
    lines = [
        shapely.transform(wkt.loads(row["geometry"]), lambda xy: xy * [COS_LATITUDE, 1.0])
        for row in roads
        if usable(row, 2026)
    ]
    tree = shapely.STRtree(lines)
    places = [row for row in rows(BOUNDARIES / "settlements.csv") if row["return_programme"] == "true"]
    assert len(places) >= 59
    far = {}
    for row in places:
        point = shapely.Point(float(row["lon"]) * COS_LATITUDE, float(row["lat"]))
        km = float(lines[tree.nearest(point)].distance(point)) * KM_PER_DEGREE
        if km > 1:
            far[row["name_az"]] = round(km, 1)
    assert far == {}


def test_the_roads_of_2026_hang_together_with_the_country(roads):
    net = graph(roads, 2026, winter=True)
    main = nx.node_connected_component(net, "ganca")
    nodes = {row["node_id"] for row in rows(BOUNDARIES / "build" / "nodes_liberated.csv")}
    only_projects_or_pass = {"mahmudlu", "yaziduzu-sarhad", "omar-asirimi"}
    assert nodes - main == only_projects_or_pass


def test_no_length_is_below_the_drawn_line(liberated):
    short = []
    for row in liberated:
        line = shapely.transform(wkt.loads(row["geometry"]), lambda xy: xy * [COS_LATITUDE, 1.0])
        if float(row["length_km"]) < line.length * KM_PER_DEGREE * 0.985:  # the flat scale is good to 1 %
            short.append(row["road_id"])
    assert short == []


def test_every_row_says_where_it_comes_from(liberated):
    for row in liberated:
        assert row["geometry_confidence"] == "assumed", row["road_id"]
        assert row["confidence"] in {"high", "medium", "low", "assumed"}, row["road_id"]
        assert row["source"], row["road_id"]
        for key in ("open_from", "open_until"):
            assert not row[key] or day(row[key]).year >= 2020, row["road_id"]
