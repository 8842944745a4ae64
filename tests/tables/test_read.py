"""What a sound set of files becomes: types, order, defaults, hashes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geoplan import shipped
from geoplan.errors import InputError, UsageError
from geoplan.tables.read import NAMES, read_points, read_tables, tables_hash


def test_sound_files_have_no_findings(country):
    assert country.findings() == ()


def test_types_of_columns(country):
    tables = country.read()
    assert tables.settlements.index.name == "settlement_id"
    assert tables.settlements["liberated"].dtype == bool
    assert tables.settlements["lat"].dtype == float
    assert tables.settlements["geonames_id"].tolist() == [123, pd.NA, pd.NA]
    assert tables.population["population"].dtype == "int64"
    assert tables.facilities["beds"].tolist() == [120, pd.NA]
    assert tables.roads["speed_kmh"].isna().tolist() == [True, False]
    assert tables.districts.crs.to_epsg() == 4326
    assert tables.terrain.heights_m(40.5, 47.5) == 100
    assert tables.raw_sha256["roads/roads.csv"].isalnum()


def test_dates_years_and_lists(country):
    facilities = country.read().facilities
    assert facilities["open_from"].tolist() == [dt.date(2013, 1, 1), dt.date(2025, 7, 3)]
    assert facilities["open_until"].tolist() == [None, dt.date(2030, 1, 1)]
    assert facilities["services"].tolist() == ["cardiology_pci;emergency_hospital", "emergency_hospital"]


def test_tables_are_sorted_by_id_whatever_the_order_of_rows(country):
    first = country.read()
    header, *rows = country.texts["settlements"].splitlines()
    country.texts["settlements"] = "\n".join([header, *reversed(rows)]) + "\n"
    country.districts.reverse()
    second = country.read()
    pd.testing.assert_frame_equal(first.settlements, second.settlements)
    assert tables_hash(first) == tables_hash(second)


def test_hash_ignores_how_a_file_is_written_and_sees_what_it_says(country):
    first = tables_hash(country.read())
    country.texts["speeds"] = ("\ufeff" + country.texts["speeds"]).replace("\n", "\r\n")
    assert tables_hash(country.read()) == first
    country.change("speeds", "summer,80", "summer,81")
    assert tables_hash(country.read()) != first


def test_hash_sees_every_table(country):
    tables = country.read()
    first = tables_hash(tables)
    for name in NAMES:
        table = getattr(tables, name)
        if isinstance(table, pd.DataFrame) and len(table):
            fewer = dataclasses.replace(tables, **{name: table.iloc[1:]})
            assert tables_hash(fewer) != first, name


def test_byte_order_mark_and_blank_lines_are_accepted(country):
    country.texts["population"] = "\ufeff" + country.texts["population"].replace("\n", "\n\n") + ",,,,\n"
    assert country.findings() == ()


def test_several_files_of_one_table_are_joined_and_named(country, tmp_path):
    header, first, second, *_ = country.texts["facilities"].splitlines()
    other = tmp_path / "more.csv"
    other.write_text(f"{header}\n{second}\n{first.replace('40.50000', '95')}\n", encoding="utf-8")
    country.texts["facilities"] = f"{header}\n{first}\n"
    country.extra = {"facilities": (tmp_path / "facilities.csv", other)}
    problems = country.problems()
    assert any(p.startswith("error: more.csv:3 f-bati:lat: 95 is not a latitude") for p in problems)
    assert any("more.csv:3 f-bati:facility_id" in p and "facilities.csv:2" in p for p in problems)


def test_files_of_the_same_name_are_told_apart_by_their_folder(country, tmp_path):
    header, first, second = country.texts["facilities"].splitlines()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "facilities.csv").write_text(
        f"{header}\n{second.replace('T-SERQ', 'T-X', 1)}\n", encoding="utf-8"
    )
    country.texts["facilities"] = f"{header}\n{first}\n"
    country.extra = {"facilities": (tmp_path / "facilities.csv", folder / "facilities.csv")}
    assert any("mine/facilities.csv:2 f-serq:district_id" in p for p in country.problems())


def test_a_planners_own_facilities_need_six_columns(country):
    country.texts["facilities"] = (
        "facility_id,name_az,district_id,lat,lon,services\nf-1,Yeni,T-QERB,40.5,47.5,cardiology_pci\n"
    )
    tables = country.read()
    row = tables.facilities.loc["f-1"]
    assert (row["name_ru"], row["status"], row["confidence"], row["owner"]) == (
        "Yeni",
        "operating",
        "low",
        "civil",
    )
    notes = [str(f) for f in tables.findings]
    assert any("'status' is empty in all 1 rows: 'operating' is taken." in n for n in notes)
    assert any("'name_ru' is empty in all 1 rows: that of 'name_az' is taken." in n for n in notes)
    assert {f.severity for f in tables.findings} == {"note"}


def test_a_default_for_some_rows_names_the_first(country):
    country.change("settlements", "Dagh,Даг", "Dagh,")
    notes = [str(f) for f in country.findings()]
    assert len(notes) == 1
    place, message = "note: settlements.csv:3 s-dag:name_ru: ", "'name_ru' is empty in 1 of 3 rows: "
    assert notes[0].startswith(f"{place}{message}that of 'name_az' is taken. Fill it in if that is not so:")


def test_a_road_without_a_line_gets_a_straight_one_and_a_note(country):
    country.change("roads", '"LINESTRING (47.5 40.5, 47.3 40.2)"', "")
    tables = country.read()
    line = shapely.from_wkt(tables.roads.loc["r2-bati-dag", "geometry"])
    assert line.equals(shapely.LineString([(47.5, 40.5), (47.3, 40.2)]))
    assert [f.code for f in tables.findings] == ["straight-line"]
    assert tables.findings[0].where == "roads.csv:3 r2-bati-dag:geometry"


def test_apostrophe_before_a_formula_is_taken_off_in_texts(country):
    country.change("facilities", ",toy,low,", ",'=cmd,low,'tis a note")
    facilities = country.read().facilities
    assert facilities.loc["f-serq", "source"] == "=cmd"
    assert facilities.loc["f-serq", "note"] == "'tis a note"


def test_a_table_without_rows_is_a_warning_where_nothing_may_be_known(country):
    country.texts["resettlement"] = country.texts["resettlement"].splitlines()[0] + "\n"
    tables = country.read()
    assert tables.resettlement.empty
    assert [f.code for f in tables.findings] == ["no-rows"]


def test_own_roads_may_lie_anywhere_and_need_no_node_table(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text(
        "road_id,from,to,class,length_km,geometry\n"
        'r-1,vaduz,schaan,primary,3.5,"LINESTRING (9.52 47.14, 9.51 47.165)"\n'
        'r-2,schaan,bendern,primary,5.5,"LINESTRING (9.51 47.165, 9.507 47.212)"\n',
        encoding="utf-8",
    )
    tables = read_tables({"roads": (path,)}, own_roads=True)
    assert tables.road_nodes.index.tolist() == ["bendern", "schaan", "vaduz"]
    assert tables.road_nodes.loc["schaan", ["lat", "lon"]].tolist() == [47.165, 9.51]
    with pytest.raises(InputError, match="'vaduz' is no road node"):
        read_tables({"roads": (path,)})


def test_own_roads_without_a_line_need_a_node_table(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text("road_id,from,to,class,length_km\nr-1,a,b,primary,3.5\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads\.csv:2 r-1:from: 'a' is no road node"):
        read_tables({"roads": (path,)}, own_roads=True)


def test_layers_of_other_formats(country, tmp_path):
    country.paths()
    frame = gpd.read_file(tmp_path / "districts.geojson")
    frame.to_crs("EPSG:32639").to_file(tmp_path / "districts.gpkg", driver="GPKG")
    cut = frame.rename(columns=lambda name: name[:10]).set_geometry("geometry")
    cut.to_file(tmp_path / "short.shp", encoding="utf-8")
    for file in ("districts.gpkg", "short.shp"):
        country.extra = {"districts": (tmp_path / file,)}
        districts = country.read().districts
        assert districts.index.tolist() == ["T-QERB", "T-SERQ"]
        assert districts["name_az"].tolist() == ["Qərb", "Şərq"]
        assert districts["liberated"].tolist() == ["no", "full"]
        assert abs(districts.loc["T-QERB", "geometry"].bounds[0] - 47) < 1e-6


def test_unknown_table_name(country):
    with pytest.raises(UsageError, match=r"no table is called 'road'\. Did you mean 'roads'"):
        read_tables(country.paths() | {"road": ()})


def test_points(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,lat,lon\nb,40.1,47.1\na,40.2,47.2\n", encoding="utf-8")
    points = read_points(path)
    assert points.index.tolist() == ["b", "a"]
    assert points["lon"].tolist() == [47.1, 47.2]
    path.write_text("id,lat,lon\nb,40.1,47.1\nb,40.2,x\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_points(path)
    assert "a.csv:3 b:lon: 'x' is not a number" in str(error.value)
    assert "a.csv:3 b:id: id 'b' stands already in a.csv:2" in str(error.value)


def test_shipped_tables_pass_their_own_checks():
    tables = read_tables({})
    assert [str(f) for f in tables.findings if f.severity == "error"] == []
    assert len(tables.districts) == 75
    assert len(json.dumps(tables.raw_sha256)) > 64
    assert tables.paths["roads"] == (shipped.table("roads"),)


def test_shipped_candidate_facilities_join_the_baseline():
    paths = {"facilities": (shipped.table("facilities"), shipped.table("facilities_regional_assumed"))}
    assert len(read_tables(paths).facilities) > len(read_tables({}).facilities)
