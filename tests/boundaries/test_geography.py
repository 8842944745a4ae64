"""The shipped base geography: ids, names, coverage, the rules of the border repair, terrain, background."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

BOUNDARIES = Path(__file__).parents[2] / "boundaries"
REPORT = BOUNDARIES / "build" / "districts_report.csv"
MOVES = BOUNDARIES / "build" / "districts_moves.csv"
OFFSHORE = {"gn585369"}
AGHDARA_AREAS_KM2 = {"AZ-KAL": 735.84, "AZ-TAR": 851.25, "AZ-AGM": 73.74}
EQUAL_AREA = pyproj.Transformer.from_crs(
    "EPSG:4326", "+proj=laea +lat_0=40.2 +lon_0=47.5 +datum=WGS84", always_xy=True
)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def features_of(name):
    return json.loads((BOUNDARIES / name).read_text(encoding="utf-8"))["features"]


def area_km2(shape):
    metres = shapely.transform(shape, lambda c: np.column_stack(EQUAL_AREA.transform(c[:, 0], c[:, 1])))
    return metres.area / 1e6


@pytest.fixture(scope="module")
def settlements():
    return rows_of(BOUNDARIES / "settlements.csv")


@pytest.fixture(scope="module")
def districts():
    return {f["properties"]["district_id"]: f["properties"] for f in features_of("districts.geojson")}


@pytest.fixture(scope="module")
def shapes():
    return {
        f["properties"]["district_id"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features_of("districts.geojson")
    }


@pytest.fixture(scope="module")
def exceptions():
    rows = [r["settlements_or_reason"] for r in rows_of(MOVES) if r["step"] == "exception"]
    return {text.split(":")[0] for text in rows}


def point(row):
    return shapely.Point(float(row["lon"]), float(row["lat"]))


# --- districts


def test_there_are_75_districts_in_14_regions_sorted_by_id(districts):
    ids = list(districts)
    assert len(ids) == 75
    assert ids == sorted(ids)
    regions = {(d["region_id"], d["region_az"], d["region_en"], d["region_ru"]) for d in districts.values()}
    assert len(regions) == 14
    assert {r[0] for r in regions} >= {"karabakh", "east-zangezur", "baku", "nakhchivan"}


def test_cities_are_dissolved_and_lachin_has_its_own_name(districts):
    assert {"AZ-LAN", "AZ-SAK", "AZ-YEV", "AZ-SUS", "AZ-NV", "AZ-X-AGD"} <= set(districts)
    assert not {"AZ-LA", "AZ-SA", "AZ-YE", "AZ-NX"} & set(districts)
    assert districts["AZ-LAC"]["name_en"] == "Lachin"
    assert districts["AZ-XA"]["name_az"] == "Xankəndi"
    assert districts["AZ-SBN"]["name_az"] == "Şabran"


def test_every_name_is_present_and_undamaged(districts, settlements):
    rows = [*districts.values(), *settlements]
    for row in rows:
        for key in ("name_az", "name_en", "name_ru"):
            assert row[key].strip() == row[key] != ""
            assert not set(row[key]) & set("?\u01dd\u018e\ufffd"), row
        assert re.fullmatch(r"[А-Яа-яЁё0-9 ()\-]+", row["name_ru"]), row
    assert not re.search("[А-Яа-я]", "".join(row["name_az"] + row["name_en"] for row in rows))


def test_liberated_is_full_part_or_no(districts):
    groups = {
        value: {d for d in districts if districts[d]["liberated"] == value}
        for value in ("full", "part", "no")
    }
    assert groups["part"] == {"AZ-AGM", "AZ-FUZ", "AZ-TAR"}
    assert groups["full"] == {
        f"AZ-{c}" for c in ("CAB", "KAL", "LAC", "QBI", "SUS", "X-AGD", "XA", "XCI", "XVD", "ZAN")
    }
    assert sum(map(len, groups.values())) == 75


def test_centres_are_settlements_of_their_own_district(districts, settlements):
    home = {s["settlement_id"]: s["district_id"] for s in settlements}
    for key, district in districts.items():
        assert home[district["centre_settlement_id"]] == key


def test_the_coverage_has_no_gap_and_no_overlap(shapes):
    parts = list(shapes.values())
    assert shapely.is_valid(parts).all()
    assert shapely.coverage_is_valid(parts, gap_width=0.002)
    outline = shapely.coverage_union_all(parts)
    assert abs(outline.area - sum(p.area for p in parts)) < 1e-9
    # Only Artsvashen, inside Gadabay, is a true hole of the country.
    holes = [hole for part in shapely.get_parts(outline) for hole in part.interiors]
    assert len(holes) == 1
    assert area_km2(shapely.Polygon(holes[0])) > 20


def test_coordinates_have_at_most_five_decimals(shapes):
    coordinates = shapely.get_coordinates(list(shapes.values()))
    assert np.abs(coordinates * 1e5 - np.round(coordinates * 1e5)).max() < 1e-5


def test_no_district_changes_by_more_than_the_limit(shapes):
    report = {row["district_id"]: row for row in rows_of(REPORT)}
    assert set(report) == set(shapes)
    for key, row in report.items():
        before, after = float(row["area_km2_before"]), area_km2(shapes[key])
        limit = max(0.05 * before, 15.0)
        assert after == pytest.approx(float(row["area_km2_after"]), abs=0.01)
        # A long edge bends in the equal-area projection: a vertex set on it shifts areas by up to 0.02 km2.
        assert after - before == pytest.approx(float(row["gained_km2"]) - float(row["lost_km2"]), abs=0.03)
        assert float(row["gained_km2"]) <= limit
        assert float(row["lost_km2"]) <= limit
        assert int(row["parts_after"]) <= int(row["parts_before"])
        assert int(row["parts_after"]) == len(shapely.get_parts(shapes[key]))


def test_the_listed_moves_add_up_to_the_report():
    report = {row["district_id"]: row for row in rows_of(REPORT)}
    repairs = [r for r in rows_of(MOVES) if r["step"] == "repair"]
    for key, row in report.items():
        gained = sum(float(r["km2"]) for r in repairs if r["to"] == key)
        lost = sum(float(r["km2"]) for r in repairs if r["from"] == key)
        assert gained == pytest.approx(float(row["gained_km2"]), abs=0.01)
        assert lost == pytest.approx(float(row["lost_km2"]), abs=0.01)


def test_the_outer_border_moves_by_less_than_a_kilometre():
    (row,) = [r for r in rows_of(MOVES) if r["step"] == "outer border"]
    assert float(re.search(r"at most ([\d.]+) km", row["settlements_or_reason"])[1]) <= 1.0
    assert float(row["km2"]) < 15


def test_aghdara_has_its_legal_areas_and_says_that_it_is_assumed(districts, shapes):
    cut = {r["from"]: float(r["km2"]) for r in rows_of(MOVES) if r["step"] == "cut" and r["to"] == "AZ-X-AGD"}
    for giver, legal_km2 in AGHDARA_AREAS_KM2.items():
        assert cut[giver] == pytest.approx(legal_km2, rel=0.005)
    assert area_km2(shapes["AZ-X-AGD"]) == pytest.approx(sum(AGHDARA_AREAS_KM2.values()), rel=0.005)
    assert districts["AZ-X-AGD"]["confidence"] == "assumed"
    assert len(shapely.get_parts(shapes["AZ-X-AGD"])) == 1


# --- settlements


def test_settlement_ids_are_unique_sorted_and_of_the_agreed_form(settlements, districts):
    ids = [row["settlement_id"] for row in settlements]
    assert len(ids) == len(set(ids)) == 307
    assert ids == sorted(ids)
    for row in settlements:
        assert row["district_id"] in districts
        code = row["district_id"].removeprefix("AZ-").lower()
        assert re.fullmatch(rf"gn{row['geonames_id']}|{code}-[a-z0-9-]+", row["settlement_id"]), row


def test_at_least_97_percent_of_the_land_settlements_lie_in_their_own_district(
    settlements, shapes, exceptions
):
    land = [row for row in settlements if row["settlement_id"] not in OFFSHORE]
    astray = {r["settlement_id"] for r in land if not shapes[r["district_id"]].contains(point(r))}
    assert 1 - len(astray) / len(land) >= 0.97
    assert astray <= exceptions
    assert exceptions - OFFSHORE <= astray


@pytest.mark.parametrize(
    ("name", "district"),
    [
        ("Laçın", "AZ-LAC"),
        ("Cəbrayıl", "AZ-CAB"),
        ("Mingəçevir", "AZ-MI"),
        ("Xırdalan", "AZ-ABS"),
        ("Qusar", "AZ-QUS"),
        ("Ucar", "AZ-UCA"),
        ("Ağdərə", "AZ-X-AGD"),
        ("Şıxarx", "AZ-TAR"),
        ("Alxanlı", "AZ-FUZ"),
        ("Xındırıstan", "AZ-AGM"),
        ("Nabran", "AZ-XAC"),
    ],
)
def test_a_town_lies_in_its_own_district(settlements, shapes, name, district):
    (row,) = [r for r in settlements if r["name_az"] == name]
    assert row["district_id"] == district
    assert [key for key, shape in shapes.items() if shape.contains(point(row))] == [district]


def test_points_outside_the_country_are_listed(settlements, shapes, exceptions):
    outline = shapely.coverage_union_all(list(shapes.values()))
    outside = {r["settlement_id"] for r in settlements if not outline.contains(point(r))}
    assert outside <= exceptions


def test_liberated_settlements_agree_with_their_district(settlements, districts):
    for row in settlements:
        district = districts[row["district_id"]]["liberated"]
        if district == "part":
            assert row["return_programme"] == "false" or row["liberated"] == "true"
        else:
            assert row["liberated"] == {"full": "true", "no": "false"}[district], row
    assert sum(row["return_programme"] == "true" for row in settlements) == 59


def test_never_occupied_villages_of_the_part_districts_are_listed(settlements):
    rows = {(r["district_id"], r["name_az"]): r for r in settlements}
    for key in (
        ("AZ-FUZ", "Əhmədbəyli"),
        ("AZ-FUZ", "Alxanlı"),
        ("AZ-AGM", "Xındırıstan"),
        ("AZ-AGM", "Əfətli"),
    ):
        assert rows[key]["liberated"] == rows[key]["return_programme"] == "false"
        assert "http" in rows[key]["source"]


def test_positions_kinds_and_confidences_are_of_the_agreed_words(settlements):
    for row in settlements:
        assert row["kind"] in {"city", "settlement", "village"}
        assert row["confidence"] in {"high", "medium", "low", "assumed"}
        assert row["name_ru_confidence"] in {"high", "medium", "low", "assumed"}
        assert 0.1 <= float(row["position_radius_km"]) <= 15
        assert re.fullmatch(r"\d{2}\.\d{5}", row["lat"])
        assert re.fullmatch(r"\d{2}\.\d{5}", row["lon"])
        assert row["source"]
        if "judgement" in row["source"]:
            assert row["confidence"] == "assumed"


def test_openstreetmap_coordinates_carry_their_attribution(settlements):
    nodes = [row for row in settlements if "OSM node" in row["source"] or "OpenStreetMap" in row["source"]]
    assert nodes
    assert all("© OpenStreetMap contributors, ODbL 1.0" in row["source"] for row in nodes)
    assert all("CC BY 4.0" in r["source"] for r in settlements if r["settlement_id"].startswith("gn"))


def test_no_place_stands_twice(settlements):
    seen = {}
    for row in settlements:
        for other in seen.get(row["name_az"], []):
            assert point(row).distance(point(other)) > 0.02, (row, other)
        seen.setdefault(row["name_az"], []).append(row)


def test_the_population_list_is_about_shipped_settlements(settlements):
    ids = {row["settlement_id"]: row["geonames_id"] for row in settlements}
    for row in rows_of(BOUNDARIES / "build" / "geonames_population.csv"):
        assert ids[row["settlement_id"]] == row["geonames_id"]
        assert int(row["population"]) >= 0


# --- terrain and background


def test_terrain_knows_the_heights_of_mountain_and_coast():
    with np.load(BOUNDARIES / "terrain.npz", allow_pickle=False) as data:
        elevation_m, north, west, step = (data[k] for k in ("elevation_m", "north", "west", "step_deg"))
        assert "GLOBE" in str(data["source"])
    assert elevation_m.dtype == np.int16
    assert elevation_m.shape == (432, 756)

    def height_m(lat, lon):
        return int(elevation_m[int((north - lat) / step), int((lon - west) / step)])

    assert height_m(40.38, 49.85) < 200
    assert 1200 < height_m(39.76, 46.75) < 1800  # Shusha
    assert height_m(40.3, 46.2) > 2800  # Omar pass
    assert elevation_m.max() > 4000


def test_neighbours_frame_the_country_and_do_not_overlap_it(shapes):
    features = features_of("neighbours.geojson")
    kinds = {f["properties"]["name_en"]: f["properties"]["kind"] for f in features}
    assert kinds["Caspian Sea"] == "sea"
    assert {"Armenia", "Georgia", "Iran", "Russia", "Türkiye"} <= set(kinds)
    assert all(f["properties"][key] for f in features for key in ("name_az", "name_ru"))
    outside = [f["geometry"] for f in features if f["properties"]["kind"] != "lake"]
    around = shapely.union_all([shapely.from_geojson(json.dumps(geometry)) for geometry in outside])
    overlap = around.intersection(shapely.coverage_union_all(list(shapes.values())))
    assert area_km2(overlap) < 0.5
    west, south, east, north = around.bounds
    assert (west, south, east, north) == (43.8, 37.6, 52.0, 42.6)


def test_large_lakes_are_water_of_sane_size_away_from_settlements(settlements):
    lakes = {
        f["properties"]["name_en"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in features_of("neighbours.geojson")
        if f["properties"]["kind"] == "lake"
    }
    assert set(lakes) == {"Mingachevir reservoir", "Araz reservoir", "Lake Sevan"}
    assert area_km2(lakes["Mingachevir reservoir"]) == pytest.approx(605, rel=0.05)  # its published surface
    for lake in lakes.values():
        assert lake.is_valid
        assert lake.geom_type == "Polygon"
        assert not [row["name_az"] for row in settlements if lake.contains(point(row))]
