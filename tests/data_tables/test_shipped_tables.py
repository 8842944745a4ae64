"""The shipped tables of scenarios/data keep the rules of their SOURCES.md."""

from __future__ import annotations

import csv
import importlib
import itertools
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "scenarios" / "data"
BUILD = ROOT / "boundaries" / "build"
CONFIDENCE = {"high", "medium", "low", "assumed"}
FULL = {
    "AZ-CAB", "AZ-KAL", "AZ-LAC", "AZ-QBI", "AZ-SUS", "AZ-X-AGD", "AZ-XA", "AZ-XCI", "AZ-XVD", "AZ-ZAN",
}  # fmt: skip
PART = {"AZ-AGM", "AZ-FUZ", "AZ-TAR"}
RETURNED = 26513
TARGET_WORDS = {
    "label_az": "bu ssenarinin planlaşdırma hədəfi",
    "label_en": "planning target of this scenario",
    "label_ru": "плановый ориентир этого сценария",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def services(row: dict[str, str]) -> set[str]:
    return set(row["services"].split(";"))


@pytest.fixture(scope="module")
def facilities() -> dict[str, dict[str, str]]:
    return {row["facility_id"]: row for row in rows(DATA / "facilities.csv")}


@pytest.fixture(scope="module")
def settlements() -> dict[str, dict[str, str]]:
    return {row["settlement_id"]: row for row in rows(ROOT / "boundaries" / "settlements.csv")}


@pytest.fixture(scope="module")
def districts() -> dict[str, dict[str, str]]:
    return {row["district_id"]: row for row in rows(BUILD / "district_counts.csv")}


@pytest.fixture(scope="module")
def facts_tables():
    sys.path.insert(0, str(BUILD))
    try:
        yield importlib.import_module("facts_tables")
    finally:
        sys.path.remove(str(BUILD))


def running(table: dict[str, dict[str, str]], service: str) -> list[dict[str, str]]:
    return [
        r for r in table.values() if r["status"] in {"operating", "unverified"} and service in services(r)
    ]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.name)
def test_files_are_plain_utf8_with_lf_and_a_source_in_every_row(path):
    raw = path.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    table = rows(path)
    assert table
    assert all(row["source"].strip() for row in table)
    assert all(row.get("confidence", "low") in CONFIDENCE for row in table)
    assert all(len(row) == len(table[0]) and None not in row.values() for row in table)


# --- facilities


def test_pci_is_given_only_where_it_is_sourced(facilities):
    assert {row["facility_id"] for row in running(facilities, "cardiology_pci")} == {
        "f-kardiologiya-institutu",
        "f-markazi-neftcilar-xastaxanasi",
        "f-atu-urak-damar-markazi",
        "f-markazi-gomruk-hospitali",
        "f-lankaran-regional-markazi-xastaxana",
        "f-markazi-klinika-ganca",
    }
    assert facilities["f-markazi-klinika-ganca"]["status"] == "unverified"
    assert services(facilities["f-naxcivan-respublika-xastaxanasi"]) == {"emergency_hospital", "primary_care"}


def test_radiotherapy_is_given_only_by_the_national_centre(facilities):
    assert [row["facility_id"] for row in running(facilities, "oncology_radiotherapy")] == [
        "f-milli-onkologiya-markazi"
    ]
    assert facilities["f-milli-onkologiya-markazi"]["position_quality"] == "building"


def test_every_hospital_gives_primary_care_too(facilities):
    assert all("primary_care" in services(row) for row in facilities.values())


def test_modular_and_outpatient_hospitals_are_assumed(facilities):
    doubtful = [
        r for r in facilities.values() if "modul" in r["facility_id"] or "poliklinika-x" in r["facility_id"]
    ]
    running_now = [row for row in doubtful if row["status"] == "operating"]
    assert len(running_now) == 4
    assert all(row["confidence"] == "assumed" for row in running_now)
    assert all("emergency_hospital" in services(row) for row in running_now)


def test_polyclinics_family_centres_and_posts_give_primary_care_only(facilities):
    words = ("Ailə Sağlamlıq Mərkəzi", "məntəqəsi", "böyüklər poliklinikası")
    small = [row for row in facilities.values() if any(word in row["name_az"] for word in words)]
    assert len(small) == 11
    assert all(services(row) == {"primary_care"} for row in small)


def test_one_central_hospital_in_every_district_that_was_never_occupied(facilities, districts):
    has = {
        row["district_id"]
        for row in running(facilities, "emergency_hospital")
        if not row["serves_district_id"]
    }
    assert {key for key, row in districts.items() if row["liberated"] == "no"} <= has
    by_rule = [row for row in facilities.values() if row["source"].startswith("rule:")]
    assert max(Counter(row["district_id"] for row in by_rule).values()) == 1
    assert all(row["confidence"] == "assumed" and row["operator"] == "TABIB" for row in by_rule)


def test_liberated_districts_have_no_hospital_by_rule_outside_never_occupied_towns(facilities, settlements):
    by_rule = [row for row in facilities.values() if row["source"].startswith("rule:")]
    assert not FULL & {row["district_id"] for row in by_rule}
    in_part = {row["district_id"]: row for row in by_rule if row["district_id"] in PART}
    assert {key: settlements[row["settlement_id"]]["name_az"] for key, row in in_part.items()} == {
        "AZ-AGM": "Quzanlı",
        "AZ-FUZ": "Horadiz",
        "AZ-TAR": "Tərtər",
    }
    assert all(settlements[row["settlement_id"]]["liberated"] == "false" for row in in_part.values())


def test_displaced_hospitals_stand_outside_the_district_they_serve(facilities):
    displaced = [row for row in facilities.values() if row["serves_district_id"]]
    assert {row["serves_district_id"] for row in displaced} == {"AZ-CAB", "AZ-KAL", "AZ-SUS", "AZ-QBI"}
    assert not FULL & {row["district_id"] for row in displaced}
    left_out = " ".join(row["name"] for row in rows(DATA / "facilities_left_out.csv"))
    assert all(word in left_out for word in ("Zəngilan", "Laçın", "Xocavənd", "Xocalı"))


def test_planned_hospitals_have_no_opening(facilities):
    coming = {
        r["settlement_id"]: r for r in facilities.values() if r["status"] in {"construction", "planned"}
    }
    assert not any(row["open_from"] for row in coming.values())
    beds = Counter(r["beds"] for r in facilities.values() if r["status"] in {"construction", "planned"})
    assert beds & Counter({"210": 1, "180": 1, "90": 1, "150": 1, "91": 2}) == Counter(
        {"210": 1, "180": 1, "90": 1, "150": 1, "91": 2}
    )


def test_military_hospitals_are_marked(facilities):
    military = {key for key, row in facilities.items() if row["owner"] == "military"}
    assert military == {"f-kalbacar-harbi-hospital", "f-mn-bas-klinik-hospitali"}
    assert "emergency_hospital" in services(facilities["f-kalbacar-harbi-hospital"])


def test_facilities_know_their_settlement_and_stand_near_it(facilities, settlements):
    for row in facilities.values():
        place = settlements[row["settlement_id"]]
        assert row["district_id"] == place["district_id"], row["facility_id"]
        assert abs(float(row["lat"]) - float(place["lat"])) < 0.1, row["facility_id"]
        assert abs(float(row["lon"]) - float(place["lon"])) < 0.13, row["facility_id"]
        assert row["name_en"], row["facility_id"]
        assert row["name_ru"], row["facility_id"]


def test_positions_from_openstreetmap_carry_the_attribution(facilities, settlements):
    for row in facilities.values():
        place = settlements[row["settlement_id"]]
        same_point = (row["lat"], row["lon"]) == (place["lat"], place["lon"])
        if same_point and "OpenStreetMap" in place["source"]:
            assert "© OpenStreetMap contributors, ODbL 1.0" in row["source"], row["facility_id"]


def test_low_confidence_rows_live_only_in_their_own_file(facilities):
    assumed = rows(DATA / "facilities_regional_assumed.csv")
    assert {row["confidence"] for row in assumed} == {"low"}
    assert len(assumed) == 18
    assert not {row["facility_id"] for row in assumed} & set(facilities)
    assert not any(row["confidence"] == "low" for row in facilities.values())
    assert list(assumed[0]) == list(facilities["f-baki-smx"])


# --- people


def test_district_population_has_every_district_but_the_fully_liberated(districts):
    table = {row["district_id"]: row for row in rows(DATA / "district_population.csv")}
    assert set(table) == set(districts) - FULL
    assert table["AZ-AGM"]["population"] == "78323"
    assert {key for key, row in table.items() if row["confidence"] == "assumed"} == {"AZ-FUZ", "AZ-TAR"}
    for key, row in districts.items():
        if row["liberated"] == "no":
            expected = row["census_2019_residence"] or row["estimate_2025_10"]
            assert table[key]["population"] == expected


def test_national_sum_and_its_difference_are_those_of_the_sources_page():
    total = sum(int(row["population"]) for row in rows(DATA / "district_population.csv"))
    assert total == 10_125_572
    assert 10_253_647 - total - RETURNED == 101_562
    page = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert "10,125,572" in page
    assert "101,562" in page


def test_settlements_never_hold_more_than_their_district(settlements):
    totals = {r["district_id"]: int(r["population"]) for r in rows(DATA / "district_population.csv")}
    held: Counter[str] = Counter()
    for row in rows(DATA / "population.csv"):
        place = settlements[row["settlement_id"]]
        assert place["liberated"] == "false"
        held[place["district_id"]] += int(row["population"])
    assert set(held) == set(totals)
    assert all(held[key] <= total for key, total in totals.items())
    towns = {"AZ-GA", "AZ-MI", "AZ-NA", "AZ-NV", "AZ-SM", "AZ-SR"}
    assert {key for key, total in totals.items() if held[key] == total} == towns


def test_no_settlement_carries_a_district_total():
    people = {row["settlement_id"]: int(row["population"]) for row in rows(DATA / "population.csv")}
    assert people["gn147611"] == 7301  # Lerik
    assert people["gn584649"] == 61200  # Yevlax
    assert people["gn587084"] < 1_800_000  # Bakı without its listed settlements


# --- resettlement


def test_returned_people_add_up_to_the_dated_total():
    table = rows(DATA / "resettlement.csv")
    returned = sum(int(r["persons"]) for r in table if r["kind"] in {"returned", "place_unknown"})
    others = [row for row in table if row["kind"] == "other_residents"]
    assert returned == RETURNED
    assert [(row["settlement_id"], int(row["persons"])) for row in others] == [("", 70000 - RETURNED)]
    assert max(row["date"] for row in table if row["kind"] != "planned") == "2026-01-01"


def test_sourced_counts_stay_as_they_are():
    table = rows(DATA / "resettlement.csv")
    sourced = {(r["settlement_id"], r["date"]): r["persons"] for r in table if r["confidence"] != "assumed"}
    assert sourced["zan-agali", "2024-07-31"] == "871"
    assert sourced["lac-lacin", "2024-09-11"] == "2090"
    assert sourced["fuz-fuzuli", "2024-07-31"] == "3132"
    assert sourced["xa-xankandi", "2026-01-01"] == "162"
    assert sourced["cab-horovlu", "2025-12-24"] == "762"


def test_resettlement_rows_are_in_the_liberated_places_and_unique(settlements):
    table = rows(DATA / "resettlement.csv")
    keys = [(row["settlement_id"], row["date"], row["kind"]) for row in table]
    assert len(keys) == len(set(keys))
    placed = [row for row in table if row["settlement_id"]]
    assert all(settlements[row["settlement_id"]]["liberated"] == "true" for row in placed)
    returned = {row["settlement_id"] for row in placed if row["kind"] == "returned"}
    assert not returned & {row["settlement_id"] for row in placed if row["kind"] == "planned"}
    assert len(returned) == 37


def test_assumed_shares_stay_within_sourced_houses_and_plans():
    held: Counter[str] = Counter()
    for row in rows(DATA / "resettlement.csv"):
        if row["kind"] == "returned":
            held[row["settlement_id"]] += int(row["persons"])
    per_family = RETURNED / 6633
    for row in rows(BUILD / "resettlement_counts.csv"):
        if row["kind"] == "capacity":
            room = int(row["persons"]) if row["persons"] else int(row["families"]) * per_family
            assert held[row["settlement_id"]] <= room


def test_shares_in_proportion_are_whole_and_capped(facts_tables):
    assert facts_tables.share_in_proportion(10, {"a": 30, "b": 30, "c": 40}) == {"a": 3, "b": 3, "c": 4}
    assert facts_tables.share_in_proportion(1, {"b": 5, "a": 5}) == {"b": 0, "a": 1}
    assert facts_tables.share_in_proportion(99, {"a": 30, "b": 5}) == {"a": 30, "b": 5}


def test_equal_shares_leave_unplaced_what_a_limit_cuts_off(facts_tables):
    assert facts_tables.share_equally(10, {"a": 2, "b": 10}) == {"a": 2, "b": 5}
    assert facts_tables.share_equally(10, {}) == {}


def test_the_script_makes_the_shipped_tables_again(facts_tables, settlements):
    kinds = {key: row["kind"] for key, row in settlements.items()}
    made = facts_tables.resettlement(rows(BUILD / "resettlement_counts.csv"), kinds)
    key = ("settlement_id", "date", "kind")
    assert sorted(made, key=lambda r: [r[k] for k in key]) == rows(DATA / "resettlement.csv")
    people = facts_tables.district_population(rows(BUILD / "district_counts.csv"))
    assert sorted(people, key=lambda r: r["district_id"]) == rows(DATA / "district_population.csv")
    sourced = rows(BUILD / "facilities_sourced.csv")
    places = list(settlements.values())
    hospitals = facts_tables.facilities(sourced, rows(BUILD / "district_counts.csv"), places)
    assert sorted(hospitals, key=lambda r: r["facility_id"]) == rows(DATA / "facilities.csv")


# --- speeds and standards


def test_speeds_cover_every_combination_and_are_slower_in_winter():
    table = {
        (r["class"], r["surface"], r["vehicle"], r["season"]): float(r["speed_kmh"])
        for r in rows(DATA / "speeds.csv")
    }
    classes = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified")
    surfaces, vehicles = ("paved", "gravel", "unpaved"), ("car", "ambulance", "offroad")
    minor = ("residential", "road", "service", "track", "living_street")
    states = (vehicles, ("summer", "winter"))
    every = set(itertools.product(classes + minor, surfaces, *states))
    assert set(table) == every | set(itertools.product(("ferry",), ("paved",), *states))
    for road_class, surface, vehicle in itertools.product(classes + minor, surfaces, vehicles):
        summer, winter = (table[road_class, surface, vehicle, s] for s in ("summer", "winter"))
        assert winter < summer <= 110
    for (better, worse), rest in itertools.product(
        itertools.pairwise(classes), itertools.product(surfaces, vehicles)
    ):
        assert table[better, *rest, "summer"] > table[worse, *rest, "summer"]
    for (better, worse), road_class in itertools.product(itertools.pairwise(surfaces), classes + minor):
        assert table[road_class, better, "car", "summer"] > table[road_class, worse, "car", "summer"]


def test_standards_hold_the_bands_and_targets_of_the_scenario():
    found: dict[tuple[str, str], set[int]] = {}
    for row in rows(DATA / "standards.csv"):
        found.setdefault((row["service"], row["kind"]), set()).add(int(row["minutes"]))
    assert found == {
        ("cardiology_pci", "band"): {30, 60, 90, 120},
        ("cardiology_pci", "target"): {60},
        ("oncology_radiotherapy", "band"): {45, 60, 120},
        ("oncology_radiotherapy", "target"): {60},
        ("emergency_hospital", "band"): {30, 60},
        ("emergency_hospital", "target"): {60},
        ("primary_care", "band"): {15, 30},
        ("primary_care", "target"): {30},
    }


def test_what_no_norm_gives_is_called_a_planning_target():
    published = set()
    for row in rows(DATA / "standards.csv"):
        if row["published"] == "true":
            published.add((row["service"], row["minutes"]))
            continue
        assert row["confidence"] == "assumed"
        assert {key: row[key] for key in TARGET_WORDS} == TARGET_WORDS
    assert published == {
        ("cardiology_pci", "90"),
        ("cardiology_pci", "120"),
        ("oncology_radiotherapy", "45"),
        ("primary_care", "30"),
    }


# --- the list the road graph is checked against


def test_published_distances_are_enough_and_have_addresses():
    table = rows(BUILD / "published_distances.csv")
    assert len({(row["from"], row["to"]) for row in table}) >= 40
    assert sum(row["mountain"] == "true" for row in table) >= 20
    assert len({(r["from"], r["to"]) for r in table if r["note"].startswith("two routes")}) >= 10
    assert all(row["source"] and row["date_seen"] for row in table)
    assert all(float(row["km"]) > 5 for row in table)
    keys = [(row["from"], row["to"], row["via"]) for row in table]
    assert len(keys) == len(set(keys))


def test_published_distances_are_longer_than_the_straight_line(settlements, facts_tables):
    distance_km = importlib.import_module("settlements").distance_km
    places: dict[str, list[tuple[float, float]]] = {}
    for row in settlements.values():
        for name in (row["name_az"], f"{row['name_az']}@{row['district_id']}"):
            places.setdefault(name, []).append((float(row["lat"]), float(row["lon"])))
    compared = 0
    for row in rows(BUILD / "published_distances.csv"):
        ends = [places.get(row[end], []) for end in ("from", "to")]
        assert all(len(points) <= 1 for points in ends), f"ambiguous name: {row}"
        if all(ends):
            assert float(row["km"]) > distance_km(*ends[0][0], *ends[1][0]), row
            compared += 1
    assert compared >= 40
