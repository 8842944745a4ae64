"""Every kind of bad input, by the words that a planner reads."""

from __future__ import annotations

import warnings

import geopandas as gpd
import pytest
from small_country import district, square

from geoplan import shipped
from geoplan.errors import InputError
from geoplan.network import graph
from geoplan.tables import check_roads
from geoplan.tables.terrain import load_terrain


def expect(found, *words):
    """Check that one finding holds all the words, and return it."""
    hits = [f for f in found if all(word in f for word in words)]
    assert hits, f"{words} not in\n" + "\n".join(found)
    return hits[0]


def only(found, *words):
    """Check that there is exactly one finding and that it holds all the words."""
    assert len(found) == 1, "\n".join(found)
    return expect(found, *words)


# --- columns and cells ----------------------------------------------------------------------------------


def test_missing_column(country):
    country.change("settlements", "district_id", "distrct")
    found = country.problems()
    only(found, "settlements.csv:1", "the column 'district_id' is missing", "Is it the column 'distrct'?")


def test_missing_column_without_a_likeness_says_what_to_add(country):
    country.texts["speeds"] = "class,surface,vehicle,season\nprimary,paved,car,summer\n"
    only(country.problems(), "speeds.csv:1", "'speed_kmh' is missing", "Add it: Mean speed driven")


def test_unknown_column_is_ignored_with_a_warning(country):
    country.change("settlements", "geonames_id", "geoname_id")
    only(country.warnings(), "settlements.csv:1", "'geoname_id' is not known", "Did you mean 'geonames_id'?")
    assert country.problems() == []


def test_a_note_column_is_always_welcome(country):
    country.texts["speeds"] = (
        country.texts["speeds"]
        .replace("confidence\n", "confidence,note\n")
        .replace("assumed\n", "assumed,mine\n")
    )
    assert country.findings() == ()


def test_a_column_twice(country):
    country.change("population", "source", "year")
    only(country.problems(), "population.csv:1", "the column 'year' occurs twice")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("primary,paved,car,summer,80", "primary,paved,car,summer,fast", ("'fast' is not a number",)),
        ("primary,paved,car,summer,80", "primary,paved,car,summer,", ("'speed_kmh' is empty",)),
        ("primary,paved,car,summer,80", 'primary,paved,car,summer,"80,5"', ("decimal comma", "80.5")),
        ("primary,paved,car,summer,80", "primary,paved,car,summer,nan", ("'nan' is not a number",)),
        ("primary,paved,car,summer,80", "primary,paved,car,sumer,80", ("'sumer'", "Did you mean 'summer'?")),
        ("primary,paved,car,summer,80", "primary,paved,car,summer,800", ("800", "between 1 and 150 km/h")),
        ("primary,paved,car,summer,80", "primary,paved,car,summer,'80", ("Take the apostrophe off: 80",)),
    ],
)
def test_wrong_cells_name_row_and_column(country, old, new, words):
    country.change("speeds", old, new)
    expect(country.problems(), "speeds.csv:2", *words)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("4 000", ("'4 000' is not a whole number", "Write the digits only: 4000")),
        ('"4,000,000"', ("Write the digits only: 4000000",)),
        ('"4,000"', ("'4,000' is not a whole number", "Leave out thousands separators", ": 4000.")),
        ("4.000.000", ("Write the digits only: 4000000",)),
        ('"4000,5"', ("'4000,5' is not a whole number", "without a comma")),
        ("4000.5", ("'4000.5' is not a whole number",)),
        ("-4000", ("population is -4000: it cannot be negative", "Write zero or more")),
    ],
)
def test_wrong_population(country, cell, words):
    country.change("population", "4000", cell)
    only(country.problems(), "population.csv:2 s-bati:population", *words)


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("03.07.2025", "Write 2025-07-03"),
        ("2025-07", "2025-07-01"),
        ("soon", "2026-07-03"),
        ("2025-13-01", "year"),
    ],
)
def test_wrong_date(country, cell, hint):
    country.change("facilities", "2025-07-03", cell)
    only(country.problems(), "facilities.csv:3 f-serq:open_from", f"'{cell}' is not a date", hint)


@pytest.mark.parametrize(
    ("cell", "hint"), [("bəli", "Write true."), ("0", "Write false."), ("?", "true or false")]
)
def test_wrong_boolean(country, cell, hint):
    country.change("settlements", "1,false,false,123", f"1,{cell},false,123")
    only(country.problems(), "settlements.csv:2 s-bati:liberated", hint)


def test_wrong_line(country):
    country.change("roads", "LINESTRING (47.5 40.5, 47.3 40.2)", "LINESTRING (47.5 40.5)")
    expect(country.problems(), "roads.csv:3 r2-bati-dag:geometry", "at least two points")


def test_a_comma_in_a_length_may_be_either(country):
    country.change("roads", ",90.0,", ',"1,234",')
    words = ("'1,234' has a decimal comma", "Write a decimal point: 1.234.", "separates thousands: 1234.")
    expect(country.problems(), "roads.csv:2 m1-bati-serq:length_km", *words)


def test_a_service_that_is_nearly_known(country):
    country.change("facilities", "cardiology_pci;", "cardiology_pcl;")
    only(
        country.warnings(),
        "facilities.csv:2 f-bati:services",
        "'cardiology_pcl'",
        "Did you mean 'cardiology_pci'",
    )


def test_wrong_level(country):
    country.change("facilities", "regional", "oblast")
    only(country.problems(), "facilities.csv:2 f-bati:level", "'oblast' is not one of national, regional")


def test_reversed_dates(country):
    country.change("facilities", "2030", "2025-07-03")
    only(country.problems(), "facilities.csv:3 f-serq:open_until", "not after open_from 2025-07-03")


# --- files ------------------------------------------------------------------------------------------------


def test_missing_file(country):
    country.extra = {"roads": (country.folder / "raods.csv",)}
    found = expect(country.problems(), "raods.csv", "the file is not there", "Did you mean 'roads.csv'?")
    assert "under [tables] in the scenario, or on the command line" in found
    country.extra = {"roads": (country.folder / "absent" / "roads.csv",)}
    found = only(
        country.problems(), "roads.csv", "the file is not there", "There is no folder 'absent' either"
    )
    assert "Did you mean" not in found


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", ",,,\n"])
def test_empty_file(country, text):
    country.texts["roads"] = text
    only(country.problems(), "roads.csv", "the file is empty")


def test_a_header_without_rows(country):
    country.texts["roads"] = country.texts["roads"].splitlines()[0]
    only(country.problems(), "roads.csv", "a header but no rows", "Add rows")


def test_semicolons(country):
    country.texts["population"] = country.texts["population"].replace(",", ";")
    only(country.problems(), "population.csv:1", "separated by semicolons", "Excel")


def test_tabs(country):
    country.texts["population"] = country.texts["population"].replace(",", "\t")
    only(country.problems(), "population.csv:1", "separated by tabs")


def test_decimal_commas_without_quotes(country):
    country.change("settlements", "40.50000,47.50000", "40,50000,47,50000")
    expect(country.problems(), "settlements.csv:2", "17 cells, the header 15", "write 40.50000")


def test_too_few_cells(country):
    country.change("population", "s-dag,2025,500,toy,low", "s-dag,2025,500")
    only(country.problems(), "population.csv:3", "3 cells, the header 5", "missing commas")


def test_a_column_too_many_in_the_header_is_one_error(country):
    country.change("settlements", "confidence\n", "confidence,mine\n")
    found = only(country.problems(), "settlements.csv:1", "the header has 16 cells, but all 3 rows have 15")
    assert "first in line 2" in found
    assert "surplus column" in found


def test_a_column_too_few_in_the_header_is_one_error(country):
    country.change("population", "settlement_id,year,", "settlement_id,")
    only(country.problems(), "population.csv:1", "the header has 4 cells, but all 2 rows have 5", "Add the")


def test_many_rows_with_decimal_commas_are_one_error(country):
    for number in range(12):
        country.add("population", f"s-{number},2025,1,5,toy,low")
    found = only(country.problems(), "population.csv:1", "12 of 14 rows have 6 (first in line 4)")
    assert "If 2025,1 is a decimal comma" in found or "If 1,5 is a decimal comma" in found


def test_quotes_that_do_not_close(country):
    country.change("population", "toy,low\ns-dag", '"toy"x,low\ns-dag')
    only(country.problems(), "population.csv:2", "not CSV", "double quotes")


def test_line_numbers_count_lines_of_the_file_not_rows(country):
    country.change("facilities", ",toy,high,\n", ',toy,high,"two\nlines"\n')
    country.change("facilities", "2025-07-03", "never")
    only(country.problems(), "facilities.csv:4 f-serq:open_from")


@pytest.mark.parametrize("encoding", ["cp1254", "cp1251", "utf-16"])
def test_other_encodings(country, encoding):
    text = country.texts["settlements"]
    if encoding == "cp1251":
        text = text.replace("ı", "i").replace("ğ", "g").replace("Ş", "S").replace("ə", "e")
    elif encoding == "cp1254":
        text = text.replace("ə", "e").replace("Баты", "Bati").replace("Даг", "Dag").replace("Шарг", "Sarg")
    country.texts["settlements"] = text.encode(encoding)
    found = expect(country.problems(), "settlements.csv", "not UTF-8", "CSV UTF-8 (Comma delimited)")
    assert "LibreOffice" in found
    assert len(country.problems()) == 1  # nobody else is blamed for the missing settlements


@pytest.mark.parametrize("name", ["Ş?rq", "?ərq", "S\ufffdrq", "ÅžÉ™rq"])
def test_names_that_lost_their_letters(country, name):
    country.change("settlements", "s-serq,Şərq", f"s-serq,{name}")
    only(country.problems(), "settlements.csv:4 s-serq:name_az", name, "letters such as ə were lost", "UTF-8")


# --- ids and references -----------------------------------------------------------------------------------


def test_duplicate_id_names_both_rows(country):
    country.change("settlements", "s-dag,", "s-bati,")
    country.change("population", "s-dag", "s-bati")
    found = country.problems()
    expect(found, "settlements.csv:3 s-bati:settlement_id", "stands already in settlements.csv:2")
    expect(
        found, "population.csv:3 s-bati:settlement_id", "'s-bati, 2025' stands already in population.csv:2"
    )


@pytest.mark.parametrize(
    ("written", "meant"), [("T-QARB", "T-QERB"), ("t-qerb", "T-QERB"), ("Qerb", "T-QERB"), ("Гарб", "T-QERB")]
)
def test_unknown_district(country, written, meant):
    country.change("settlements", "T-QERB,city", f"{written},city")
    found = country.problems()
    expect(
        found,
        "settlements.csv:2 s-bati:district_id",
        f"'{written}' is no district",
        f"Did you mean '{meant}'?",
    )


def test_unknown_settlement_of_resettled_people(country):
    country.change("resettlement", "s-serq", "s-sharq")
    only(
        country.problems(),
        "resettlement.csv:2 s-sharq:settlement_id",
        "no settlement of settlements.csv",
        "'s-serq'",
    )


def test_returned_people_need_a_place(country):
    country.change("resettlement", "s-serq,", ",")
    only(
        country.problems(),
        "resettlement.csv:2",
        "kind is returned, but no settlement is given",
        "place_unknown",
    )


def test_a_total_needs_a_number(country):
    country.change("resettlement", "2026-01-01,50", "2026-01-01,")
    only(country.problems(), "resettlement.csv:3", "neither persons nor families are given")


def test_liberated_must_agree_with_the_district(country):
    country.change("settlements", "1,true,true", "1,false,true")
    only(country.problems(), "settlements.csv:4 s-serq:liberated", "liberated = full", "Write true")


def test_settlements_hold_more_people_than_their_district(country):
    country.change("district_population", "9000", "4400")
    only(country.problems(), "district_population.csv:2 T-QERB:population", "4,500 people", "only 4,400")


def test_census_in_a_liberated_district_is_not_used(country):
    country.add("population", "s-serq,2025,10,toy,low")
    only(country.warnings(), "population.csv:4 s-serq:settlement_id", "only the resettlement table counts")


def test_two_spellings_of_one_facility(country):
    country.add(
        "facilities",
        "f-2,Bati Xestexanasi,,,,T-QERB,40.5,47.52,,,,,,emergency_hospital,,,,,,,,",
    )
    only(country.warnings(), "facilities.csv:4 f-2:name_az", "the name of 'f-bati' (facilities.csv:2)")


# --- positions --------------------------------------------------------------------------------------------


def test_swapped_coordinates(country):
    country.change("settlements", "40.50000,47.50000", "47.50000,40.50000")
    only(
        country.problems(), "settlements.csv:2 s-bati:lat", "are swapped", "Did you mean lat 40.5, lon 47.5?"
    )


@pytest.mark.parametrize(
    ("old", "new", "meant"), [("40.20000", "4020000", "40.20000"), ("47.30000", "473", "47.3")]
)
def test_coordinates_without_a_decimal_point(country, old, new, meant):
    country.change("settlements", old, new)
    only(country.problems(), "settlements.csv:3 s-dag:l", f"{new} is not a l", f"Did you mean {meant}?")


def test_point_far_outside_the_country(country):
    country.change("settlements", "40.20000,47.30000", "40.20000,46.80000")
    only(
        country.problems(),
        "settlements.csv:3 s-dag:lat",
        "17.0 km outside the country",
        "Correct the position",
    )


def test_point_a_little_outside_the_country(country):
    country.change("settlements", "40.20000,47.30000", "40.20000,46.98000")
    only(country.warnings(), "settlements.csv:3 s-dag:lat", "1.7 km outside the country")
    assert country.problems() == []


def test_point_offshore(country):
    country.change("settlements", "40.50000,48.50000", "40.50000,49.50000")
    only(country.warnings(), "settlements.csv:4 s-serq:lat", "42.4 km offshore")
    assert country.problems() == []


def test_a_border_node_may_stand_just_beyond(country):
    country.change("road_nodes", "town,40.20000,47.30000", "border,40.20000,46.98000")
    country.change("roads", "LINESTRING (47.5 40.5, 47.3 40.2)", "LINESTRING (47.5 40.5, 46.98 40.2)")
    country.change("roads", ",45.0,", ",65.0,")
    assert country.findings() == ()


def test_settlement_in_another_district(country):
    country.change("settlements", "40.20000,47.30000", "40.20000,48.10000")
    found = only(country.warnings(), "settlements.csv:3 s-dag:district_id")
    assert "8.5 km outside its district T-QERB: it lies in T-SERQ" in found


def test_mismatch_within_the_position_radius_is_a_note(country):
    country.change("settlements", "40.20000,47.30000,1,", "40.20000,48.10000,10,")
    assert [(f.severity, f.code) for f in country.findings()] == [("note", "outside-own-district")]


# --- polygons ---------------------------------------------------------------------------------------------


def test_invalid_polygon(country):
    bow = [[[47, 40], [48, 41], [48, 40], [47, 41], [47, 40]]]
    country.districts[0] = district("T-QERB", "Qərb", "no", bow)
    expect(
        country.problems(),
        "districts.geojson:1 T-QERB:geometry",
        "invalid (Self-intersection",
        "Fix geometries",
    )


def test_overlapping_polygons(country):
    country.districts[1] = district("T-SERQ", "Şərq", "full", square(47.9, 40, 49, 41))
    found = only(country.problems(), "districts.geojson:1 T-QERB:geometry", "overlaps that of T-SERQ")
    assert "by 941.07 km2" in found


@pytest.mark.parametrize(
    "polygon",
    [[[[47, 40], [48, 41], [48, 40], [47, 41], [47, 40]]], square(47, 40, 48.4, 41)],
    ids=["bow-tie", "overlap"],
)
def test_points_are_not_blamed_for_a_broken_district(country, polygon):
    country.change("settlements", "40.20000,47.30000", "40.20000,46.80000")
    country.change("facilities", "40.50000,48.49000", "40.50000,49.90000")
    country.districts[0] = district("T-QERB", "Qərb", "no", polygon)
    assert all("districts.geojson:1 T-QERB:geometry" in problem for problem in country.problems())
    note = next(f for f in country.findings() if f.code == "checks-skipped")
    assert str(note).startswith("note: districts.geojson: no point was held against the districts")
    assert country.warnings() == []


def test_feature_without_a_polygon(country):
    country.districts[1]["geometry"] = {"type": "Point", "coordinates": [48.5, 40.5]}
    expect(country.problems(), "districts.geojson:2 T-SERQ:geometry", "the shape is a Point")
    country.districts[1]["geometry"] = None
    expect(country.problems(), "districts.geojson:2 T-SERQ:geometry", "has no polygon")


def test_missing_crs(country, tmp_path):
    country.paths()
    frame = gpd.read_file(tmp_path / "districts.geojson")[["name_az", "geometry"]]
    frame.to_file(tmp_path / "plain.shp", encoding="utf-8")
    (tmp_path / "plain.prj").unlink()
    country.extra = {"districts": (tmp_path / "plain.shp",)}
    only(country.problems(), "plain.shp", "does not say its coordinate reference system (CRS)", "EPSG:4326")


@pytest.mark.parametrize("crs", [None, 'LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]'])
def test_missing_crs_of_a_geopackage(country, tmp_path, crs):
    country.paths()
    frame = gpd.read_file(tmp_path / "districts.geojson").set_crs(crs, allow_override=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # writing without a CRS is what is tested here
        frame.to_file(tmp_path / "plain.gpkg", driver="GPKG")
    country.extra = {"districts": (tmp_path / "plain.gpkg",)}
    only(country.problems(), "plain.gpkg", "does not say its coordinate reference system (CRS)", "EPSG:4326")


def test_geojson_in_metres(country):
    country.districts[0] = district("T-QERB", "Qərb", "no", square(300000, 4400000, 400000, 4500000))
    expect(country.problems(), "districts.geojson", "the coordinates are not degrees", "EPSG:4326")


def test_geojson_that_says_another_crs(country):
    country.paths()
    crs = '{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32639"}}'
    path = country.folder / "other.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "crs": {crs}, "features": []}}', encoding="utf-8")
    country.extra = {"districts": (path,)}
    expect(country.problems(), "other.geojson", "EPSG::32639", "EPSG:4326")


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"type": "Feature"}'])
def test_files_that_are_no_geojson(country, text):
    path = country.folder / "broken.geojson"
    path.write_text(text, encoding="utf-8")
    country.extra = {"districts": (path,)}
    only(country.problems(), "broken.geojson", "GeoJSON")


def test_a_layer_that_cannot_be_read(country):
    path = country.folder / "broken.gpkg"
    path.write_text("nothing of the kind", encoding="utf-8")
    country.extra = {"districts": (path,)}
    only(country.problems(), "broken.gpkg", "cannot be read as a map layer")


# --- roads ------------------------------------------------------------------------------------------------


def test_road_without_length(country):
    country.change("roads", ",45.0,", ",0,")
    only(country.problems(), "roads.csv:3 r2-bati-dag:length_km", "the road has no length")


def test_line_without_length(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.5 40.5, 47.5 40.5")
    expect(
        country.problems(),
        "roads.csv:3 r2-bati-dag:geometry",
        "the road has no length",
        "two different points",
    )


def test_road_to_an_unknown_node(country):
    country.change("roads", "R2,bati,dag", "R2,bati,dagh")
    only(
        country.problems(), "roads.csv:3 r2-bati-dag:to", "'dagh' is no road node of road_nodes.csv", "'dag'"
    )


def test_road_to_itself(country):
    country.change("roads", "R2,bati,dag", "R2,bati,bati")
    expect(country.problems(), "roads.csv:3 r2-bati-dag:to", "begins and ends at the same node")


def test_road_shorter_than_possible(country):
    country.change("roads", ",45.0,", ",30,")
    only(country.warnings(), "roads.csv:3 r2-bati-dag:length_km", "less than the straight line (37.4 km)")


def test_road_shorter_than_its_line(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.5 40.5, 47.1 40.4, 47.3 40.2")
    only(country.warnings(), "roads.csv:3 r2-bati-dag:length_km", "less than the drawn line (63.7 km)")


def test_line_drawn_backwards(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.3 40.2, 47.5 40.5")
    only(country.problems(), "roads.csv:3 r2-bati-dag:geometry", "runs from 'to' to 'from'", "Swap")


def test_line_that_misses_its_node(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.5 40.5, 47.35 40.2")
    only(country.warnings(), "roads.csv:3 r2-bati-dag:geometry", "4.3 km away from its node")
    assert country.problems() == []


def test_line_that_ends_far_from_its_node(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.5 40.5, 47.2 40.2")
    only(country.problems(), "roads.csv:3 r2-bati-dag:geometry", "8.5 km away from its node", "longitude")
    assert country.warnings() == []


def test_a_digit_dropped_in_a_line_is_one_error_that_names_the_point(country):
    country.change("roads", "LINESTRING (47.5 40.5, 47.3 40.2)", "LINESTRING (4.5 40.5, 47.3 40.2)")
    found = only(country.problems(), "roads.csv:3 r2-bati-dag:geometry", "point 1 of the line (4.5 40.5)")
    assert "km outside the country" in found
    assert country.warnings() == []


def test_a_wrong_point_in_the_middle_of_a_line(country):
    country.change("roads", "48 40.52", "48 45.2")
    only(country.problems(), "roads.csv:2 m1-bati-serq:geometry", "point 2 of the line (48 45.2)")
    country.change("roads", "48 45.2", "48 40.94")
    only(country.warnings(), "roads.csv:2 m1-bati-serq:length_km", "less than the drawn line")
    country.change("roads", ",90.0,", ",60.0,")
    expect(country.warnings(), "roads.csv:2 m1-bati-serq:length_km", "less than the straight line")
    country.change("roads", ",60.0,", ",90.0,")
    country.change("roads", "48 40.94,", "48 40.94, 47.5 40.94, 48 40.9, 47.2 40.9,")
    only(country.problems(), "roads.csv:2 m1-bati-serq:geometry", "lies far off", "length_km 90 is less")


def test_a_line_may_cross_the_border_a_little(country):
    country.change("roads", "47.5 40.5, 47.3 40.2", "47.5 40.5, 46.98 40.3, 47.3 40.2")
    country.change("roads", ",45.0,", ",90.0,")
    assert country.findings() == ()


def test_own_roads_may_lie_abroad_but_keep_to_their_nodes(country):
    country.add("road_nodes", "tiflis,Tiflis,,,town,41.70000,44.80000,toy,high")
    country.add("road_nodes", "rustavi,Rustavi,,,town,41.55000,45.00000,toy,high")
    line = '"LINESTRING (44.8 41.7, 45 41.55)"'
    country.add("roads", f"tr,TR,tiflis,rustavi,,secondary,paved,,26,,,,,,,,,{line},,toy,high")
    assert country.problems(own_roads=True) == []
    country.change("roads", "(44.8 41.7, 45", "(4.8 41.7, 45")
    only(country.problems(own_roads=True), "roads.csv:4 tr:geometry", "km away from its node")


def test_a_node_in_the_wrong_place_is_not_held_against_its_roads(country):
    country.change("road_nodes", "40.20000,47.30000", "47.30000,40.20000")
    only(country.problems(), "road_nodes.csv:3 dag:lat", "are swapped")
    assert country.warnings() == []


def test_kind_of_road_without_a_speed(country):
    country.change("roads", "M1,primary,paved", "M1,primary,gravel")
    only(
        country.problems(), "roads.csv:2 m1-bati-serq:class", "class primary, surface gravel (car in summer)"
    )


def test_facility_on_an_isolated_component(country):
    country.add("road_nodes", "ada-1,Ada 1,,,junction,40.80000,47.20000,toy,high")
    country.add("road_nodes", "ada-2,Ada 2,,,junction,40.85000,47.25000,toy,high")
    country.add("roads", "ada,Ada,ada-1,ada-2,,secondary,paved,,7.2,,,,,,,,,,,toy,high")
    country.change("facilities", "40.50000,47.51000", "40.81000,47.20000")
    country.change("facilities", "s-bati", "")
    only(
        country.problems(), "facilities.csv:2 f-bati:lat", "nearest road 'ada' (roads.csv:4)", "2 nodes only"
    )


def test_isolated_means_what_the_engine_means():
    assert check_roads.COMPONENT_NODES == graph.COMPONENT_NODES
    assert check_roads.COMPONENT_SHARE == graph.COMPONENT_SHARE


# --- terrain ----------------------------------------------------------------------------------------------


def test_terrain_that_is_none(country, tmp_path):
    path = tmp_path / "bad.npz"
    path.write_bytes(b"not an archive")
    country.extra = {"terrain": (path,)}
    found = only(country.problems(), "bad.npz", "this is not a terrain archive.", "the arrays elevation_m")
    assert "pickle" not in found
    country.extra = {"terrain": (tmp_path / "absent.npz",)}
    only(country.problems(), "absent.npz", "the file is not there")
    country.extra = {"terrain": (path, path)}
    only(country.problems(), "the terrain is one file, not 2")
    with pytest.raises(InputError):
        load_terrain(path)


# --- all at once ------------------------------------------------------------------------------------------


def test_all_problems_of_all_tables_in_one_report(country):
    country.change("settlements", "40.20000,47.30000", "4020000,47.30000")
    country.change("roads", "R2,bati,dag", "R2,bati,dagh")
    country.change("population", "4000", "-4")
    country.change("speeds", "summer,80", "sumer,80")
    country.texts["standards"] = country.texts["standards"].replace(",", ";")
    country.texts["district_population"] = ""
    country.districts[1] = district("T-SERQ", "Şərq", "full", square(47.9, 40, 49, 41))
    with pytest.raises(InputError) as error:
        country.read()
    text = str(error.value)
    files = ("settlements.csv:3", "roads.csv:3", "population.csv:2", "speeds.csv:2", "standards.csv:1")
    for file in (*files, "district_population.csv", "districts.geojson:1"):
        assert file in text
    assert error.value.exit_code == 3
    assert text.startswith("the input has 8 problems")


def test_shipped_tables_are_files_of_their_contract():
    for name in ("settlements", "roads", "facilities"):
        assert shipped.table(name).is_file()
