"""Demand: people conserved, put only where people can live, the same whatever the order of the rows."""

from __future__ import annotations

import datetime as dt
import math
from types import SimpleNamespace

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import box

from geoplan.tables import cells
from geoplan.tables.demand import CELL_SOURCE, COLUMNS, PART_REACH_KM, build_demand
from geoplan.tables.read import read_tables
from geoplan.tables.residents import KARABAKH_THREE_RESIDENTS, PERSONS_PER_FAMILY, apportion
from geoplan.tables.terrain import Terrain
from geoplan.units import CRS_METRES

GEOD = Geod(ellps="WGS84")

DISTRICTS = [
    # id, kind, liberated, polygon
    ("AZ-BA", "city", "no", box(48.0, 40.0, 48.3, 40.2)),
    ("AZ-LER", "district", "no", box(47.4, 40.0, 48.0, 40.4)),
    ("AZ-AGM", "district", "part", box(46.8, 40.0, 47.4, 40.4)),
    ("AZ-XA", "city", "full", box(46.5, 40.0, 46.8, 40.4)),
    ("AZ-LAC", "district", "full", box(46.5, 39.6, 47.4, 40.0)),
]

SETTLEMENTS = [
    # id, name, district, lat, lon, liberated
    ("gn1", "Baku", "AZ-BA", 40.10, 48.10, False),
    ("gn2", "Lerik", "AZ-LER", 40.20, 47.70, False),
    ("gn3", "Guzanli", "AZ-AGM", 40.20, 47.30, False),
    ("agm-x", "Xidirli", "AZ-AGM", 40.20, 47.00, True),
    ("agm-y", "Planned", "AZ-AGM", 40.10, 46.90, True),
    ("xa-a", "Khankendi", "AZ-XA", 40.20, 46.65, True),
    ("lac-a", "Lachin", "AZ-LAC", 39.80, 46.60, True),
    ("lac-b", "Zabux", "AZ-LAC", 39.70, 46.70, True),
    ("lac-c", "Nowhere", "AZ-LAC", 39.70, 47.20, True),
]

RESETTLEMENT = [
    # settlement, date, persons, kind
    ("lac-a", dt.date(2024, 7, 31), 200, "returned"),
    ("lac-a", dt.date(2026, 1, 1), 100, "returned"),
    ("lac-a", dt.date(2026, 1, 21), 50, "returned"),
    ("lac-b", dt.date(2025, 6, 1), 100, "returned"),
    ("xa-a", dt.date(2025, 8, 1), 50, "returned"),
    ("agm-x", dt.date(2025, 9, 1), 40, "returned"),
    ("agm-y", dt.date(2026, 12, 31), 900, "planned"),
    ("lac-a", None, 5000, "planned"),
    (None, dt.date(2026, 1, 1), 77, "place_unknown"),
    (None, dt.date(2026, 1, 1), 30_000, "other_residents"),
]


def toy(**changes):
    districts = gpd.GeoDataFrame(
        {
            "name_az": [d for d, *_ in DISTRICTS],
            "name_en": [d for d, *_ in DISTRICTS],
            "name_ru": [d for d, *_ in DISTRICTS],
            "kind": [d[1] for d in DISTRICTS],
            "liberated": [d[2] for d in DISTRICTS],
            "region_id": [f"region-{d[0]}" for d in DISTRICTS],
        },
        geometry=[d[3] for d in DISTRICTS],
        index=pd.Index([d[0] for d in DISTRICTS], name="district_id"),
        crs="EPSG:4326",
    )
    settlements = pd.DataFrame(
        SETTLEMENTS, columns=["settlement_id", "name_az", "district_id", "lat", "lon", "liberated"]
    ).set_index("settlement_id")
    settlements = settlements.assign(
        name_en=settlements["name_az"],
        name_ru=settlements["name_az"],
        position_radius_km=1.0,
        source="map",
        confidence="high",
    )
    resettlement = pd.DataFrame(RESETTLEMENT, columns=["settlement_id", "date", "persons", "kind"]).assign(
        families=pd.array([pd.NA] * len(RESETTLEMENT), dtype="Int64"), source="news", confidence="medium"
    )
    resettlement["persons"] = resettlement["persons"].astype("Int64")
    roads = pd.DataFrame(
        {
            "status": ["open", "planned"],
            "geometry": ["LINESTRING (47.4 40.2, 48.3 40.1)", "LINESTRING (47 40, 47 41)"],
        },
        index=pd.Index(["a", "b"], name="road_id"),
    )
    flat = Terrain(np.zeros((400, 700), dtype=np.int16), 42.0, 44.5, 0.01, "flat")
    tables = {
        "districts": districts,
        "settlements": settlements,
        "population": people([("gn1", 2019, 1_500), ("gn2", 2019, 400), ("gn3", 2025, 300)], "settlement_id"),
        "district_population": people(
            [("AZ-BA", 2019, 2_000), ("AZ-LER", 2019, 10_001), ("AZ-AGM", 2025, 5_003)], "district_id"
        ),
        "resettlement": resettlement,
        "roads": roads,
        "neighbours": gpd.GeoDataFrame({"kind": ["sea"]}, geometry=[box(48.3, 39, 50, 42)], crs="EPSG:4326"),
        "terrain": flat,
    }
    return SimpleNamespace(**(tables | changes))


def people(rows, key):
    return pd.DataFrame(rows, columns=[key, "year", "population"]).assign(
        source="census", confidence="high", basis="census of residents"
    )


def build(tables=None, **changes):
    options = {"year": 2026, "other_residents": False, "resolution": 6, "resolution_baku": 7} | changes
    return build_demand(tables or toy(), **options)


def codes(findings, severity="error"):
    return sorted(f.code for f in findings if f.severity == severity)


def true_areas_km2(polygons):
    """Areas by PROJ; edges are densified, for a long edge along a parallel is curved in the projection."""
    return gpd.GeoSeries(polygons, crs=4326).segmentize(0.002).to_crs(CRS_METRES).area.to_numpy() / 1e6


def km(lat1, lon1, lat2, lon2):
    """Geodesic distance, independent of the projection that geoplan uses."""
    return GEOD.inv(lon1, lat1, lon2, lat2)[2] / 1000


# --- apportionment --------------------------------------------------------------------------------


def test_apportion_by_hand():
    # quotas 1.5, 3.0, 5.5 of 10: the two halves tie for the one person left; the earlier row gets it
    assert apportion(10, np.array([1.5, 3.0, 5.5])).tolist() == [2, 3, 5]
    assert apportion(2, np.zeros(3)).tolist() == [1, 1, 0]
    assert apportion(0, np.zeros(0)).tolist() == []
    assert apportion(7, np.array([1e-300, 0.0])).tolist() == [7, 0]


@pytest.mark.parametrize(
    ("total", "weights"),
    [(-1, [1.0]), (1, []), (1, [-1.0, 2.0]), (1, [math.nan]), (1, [math.inf]), (10**13, [1.0])],
)
def test_apportion_refuses_nonsense(total, weights):
    with pytest.raises(ValueError, match="apportion needs"):
        apportion(total, np.array(weights))


@given(
    st.integers(0, 10**9),
    st.lists(st.floats(0, 1e12, allow_nan=False), min_size=1, max_size=60),
)
def test_apportion_conserves_and_keeps_quota(total, weights):
    w = np.array(weights)
    share = apportion(total, w)
    assert int(share.sum()) == total
    assert (share >= 0).all()
    if w.max() > 0 and w[w > 0].min() > 1e-9 * w.max():
        quota = total * (w / w.sum())
        assert (np.abs(share - quota) < 1 + 1e-6 * (1 + quota)).all()


@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=30, unique=True))
def test_a_larger_weight_never_gets_less(total, weights):
    share = apportion(total, np.sort(np.array(weights, dtype=float)))
    assert (np.diff(share) >= 0).all()


# --- pieces of land -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pieces():
    return cells.land_pieces(
        [d[0] for d in DISTRICTS], np.array([d[3] for d in DISTRICTS]), resolutions=[7, 6, 6, 6, 6]
    )


def test_pieces_tile_every_district(pieces):
    areas = true_areas_km2([d[3] for d in DISTRICTS])
    for row, area_km2 in enumerate(areas):
        here = pieces.take(pieces.district == row)
        # slivers under PIECE_MIN_KM2 are dropped, nothing else
        assert area_km2 - 1.0 < here.area_km2.sum() <= area_km2 + 0.01
        assert shapely.area(shapely.intersection_all(here.polygons[:2])) == 0
        assert shapely.union_all(here.polygons).difference(DISTRICTS[row][3].buffer(1e-9)).area < 1e-12


def test_a_piece_holds_its_point_and_its_hexagon_holds_both(pieces):
    assert shapely.contains_xy(pieces.polygons, pieces.lon, pieces.lat).all()
    for name, lat, lon, row in zip(pieces.ids, pieces.lat, pieces.lon, pieces.district, strict=True):
        assert h3.latlng_to_cell(lat, lon, 7 if row == 0 else 6) == name.split("-")[1]


def test_ids_carry_the_district_only_where_a_hexagon_is_shared(pieces):
    assert list(pieces.ids) == sorted(set(pieces.ids))
    bare = [name.split("-")[1] for name in pieces.ids]
    for name, cell in zip(pieces.ids, bare, strict=True):
        assert (name == f"h3-{cell}") == (bare.count(cell) == 1)
    assert any(name.endswith("-ler") for name in pieces.ids)


def test_water_is_taken_off():
    land = box(47.0, 40.0, 47.5, 40.3)
    lake = box(47.1, 40.1, 47.2, 40.2)
    wet = cells.land_pieces(["AZ-LER"], np.array([land]), resolutions=[7], water=np.array([lake]))
    assert not shapely.contains_xy(lake, wet.lon, wet.lat).any()
    assert wet.area_km2.sum() == pytest.approx(true_areas_km2([land.difference(lake)])[0], abs=0.5)


def test_habitability_by_hand(pieces):
    one = pieces.take(np.arange(1))
    flat = Terrain(np.full((400, 700), 1700, dtype=np.int16), 42.0, 44.5, 0.01, "plateau")
    place = gpd.GeoSeries.from_xy([47.0], [40.0], crs=4326).to_crs(CRS_METRES)
    metres = np.array([[place.x[0], place.y[0]]])
    got = cells.habitability(one, flat, settlements=metres, roads=np.zeros((0, 2)), in_city=np.array([False]))
    # 1,700 m is half way from 1,000 to 2,400 m; no slope; no road at all leaves the far share 0.1
    away_km = km(one.lat[0], one.lon[0], 40.0, 47.0)
    want = one.area_km2[0] * 0.5 * (0.1 + 0.9 * math.exp(-away_km / 10)) * 0.1
    assert got[0] == pytest.approx(want, rel=1e-3)


def test_steep_and_high_ground_counts_less():
    ramp = np.repeat(np.arange(400)[::-1, None] * 20, 700, axis=1).astype(
        np.int16
    )  # 20 m a row of 0.01 degrees
    terrain = Terrain(ramp, 42.0, 44.5, 0.01, "ramp")
    low, high = cells.terrain_share(
        np.array([38.2, 41.9]), np.array([47.0, 47.0]), np.array([1.0, 1.0]), terrain
    )
    slope = 20 / (0.01 * 111_195)
    assert low == pytest.approx(math.exp(-slope / cells.SLOPE_DECAY), rel=1e-6)
    assert high == 0


# --- the whole ------------------------------------------------------------------------------------


def test_every_district_is_conserved():
    demand, findings = build()
    assert codes(findings) == []
    assert demand.groupby("district_id")["population"].sum().to_dict() == {
        "AZ-BA": 2_000,
        "AZ-LER": 10_001,
        "AZ-AGM": 5_003 + 40,
        "AZ-XA": 50,
        "AZ-LAC": 400,
    }


def test_shape_of_the_table():
    demand, _ = build()
    assert list(demand.columns) == list(COLUMNS)
    assert demand.index.name == "demand_id"
    assert list(demand.index) == sorted(set(demand.index))
    assert demand["population"].dtype == np.int64
    assert demand["liberated"].dtype == bool
    assert demand["planned"].dtype == bool
    assert str(demand["planned_persons"].dtype) == "Int64"
    assert demand["region_id"].eq("region-" + demand["district_id"]).all()
    assert not demand.drop(columns="planned_persons").isna().any(axis=None)
    rural = demand[demand["demand_kind"] == "rural_cell"]
    assert (rural["population"] > 0).all()
    assert set(rural["source"]) == {CELL_SOURCE}
    assert set(rural["population_confidence"]) == {"assumed"}


def test_rural_points_lie_in_their_district_and_not_in_full_ones():
    demand, _ = build()
    rural = demand[demand["demand_kind"] == "rural_cell"]
    outlines = {d[0]: d[3] for d in DISTRICTS}
    for row in rural.itertuples():
        assert outlines[row.district_id].contains(shapely.Point(row.lon, row.lat))
    assert set(rural["district_id"]) == {"AZ-BA", "AZ-LER", "AZ-AGM"}
    assert not rural["liberated"].any()


def test_part_district_people_stay_near_never_occupied_places():
    demand, _ = build()
    rural = demand[(demand["demand_kind"] == "rural_cell") & (demand["district_id"] == "AZ-AGM")]
    assert len(rural) > 3
    back = [(s[3], s[4]) for s in SETTLEMENTS if s[5]]
    for row in rural.itertuples():
        kept_km = km(row.lat, row.lon, 40.20, 47.30)
        assert kept_km <= PART_REACH_KM * 1.001
        assert kept_km < min(km(row.lat, row.lon, *place) for place in back)


def test_part_district_with_no_free_piece_uses_the_nearest_one():
    tables = toy()
    tables.settlements.loc["agm-x", ["lat", "lon"]] = [40.2, 47.3001]
    tables.settlements.loc["agm-y", ["lat", "lon"]] = [40.2, 47.2999]
    tables.settlements.loc["xa-a", ["lat", "lon"]] = [40.2001, 47.3]
    tables.settlements.loc["lac-a", ["lat", "lon"]] = [40.1999, 47.3]
    demand, findings = build(tables)
    rural = demand[(demand["demand_kind"] == "rural_cell") & (demand["district_id"] == "AZ-AGM")]
    assert codes(findings) == []
    assert rural["population"].tolist() == [5_003 - 300]


def test_nobody_lives_in_a_lake():
    lake = box(47.6, 40.1, 47.9, 40.3)
    tables = toy(neighbours=gpd.GeoDataFrame({"kind": ["lake"]}, geometry=[lake], crs="EPSG:4326"))
    demand, _ = build(tables)
    rural = demand[demand["demand_kind"] == "rural_cell"]
    assert not shapely.contains_xy(lake, rural["lon"], rural["lat"]).any()
    assert demand.loc[demand["district_id"] == "AZ-LER", "population"].sum() == 10_001


def test_nobody_lives_in_a_detached_part_without_a_settlement():
    tables = toy()
    exclave, island = box(48.4, 40.0, 48.6, 40.2), box(48.7, 40.0, 48.8, 40.1)
    mainland = box(47.4, 40.0, 48.0, 40.4)
    tables.districts.loc["AZ-LER", "geometry"] = shapely.MultiPolygon([mainland, exclave, island])
    tables.settlements.loc["gn9"] = tables.settlements.loc["gn2"].replace({"Lerik": "Island"})
    tables.settlements.loc["gn9", ["lat", "lon"]] = [
        40.05,
        48.81,
    ]  # just off its island: the nearest part is meant
    demand, _ = build(tables)
    rural = demand[(demand["demand_kind"] == "rural_cell") & (demand["district_id"] == "AZ-LER")]
    assert not shapely.contains_xy(exclave, rural["lon"], rural["lat"]).any()
    assert shapely.contains_xy(island, rural["lon"], rural["lat"]).any()
    assert demand.loc[demand["district_id"] == "AZ-LER", "population"].sum() == 10_001


def test_liberated_flag_is_the_settlements_own():
    demand, _ = build()
    assert demand.index[demand["liberated"]].tolist() == ["agm-x", "agm-y", "lac-a", "lac-b", "lac-c", "xa-a"]


def test_rows_of_a_settlement_add_up_to_the_day():
    for year, lachin in ((2024, 0), (2025, 200), (2026, 300), (2027, 350)):
        demand, _ = build(year=year)
        assert demand.loc["lac-a", "population"] == lachin


def test_planned_places_are_hollow():
    demand, _ = build()
    hollow = demand.loc["agm-y"]
    assert (hollow["population"], hollow["planned"], hollow["planned_persons"]) == (0, True, 900)
    # a place with people keeps its plan and is not hollow; one that nobody plans is empty and not planned
    assert not demand.loc["lac-a", "planned"]
    assert demand.loc["lac-a", "planned_persons"] == 5_000
    assert not demand.loc["lac-c", "planned"]
    assert demand.loc["lac-c", "population_confidence"] == "assumed"
    # people who come after the day of the run: the place is planned on that day
    assert build(year=2024)[0].loc["xa-a", "planned"]


def test_a_plan_may_have_families_only_or_no_number():
    tables = toy()
    row = tables.resettlement["settlement_id"] == "agm-y"
    tables.resettlement.loc[row, ["persons", "families"]] = [pd.NA, 93]
    assert build(tables)[0].loc["agm-y", "planned_persons"] == 93 * PERSONS_PER_FAMILY
    tables.resettlement.loc[row, "families"] = pd.NA
    hollow = build(tables)[0].loc["agm-y"]
    assert hollow["planned"]
    assert pd.isna(hollow["planned_persons"])


def test_a_sum_is_as_sure_as_its_worst_row():
    tables = toy()
    tables.resettlement.loc[1, ["confidence", "source"]] = ["assumed", "shared"]
    demand, _ = build(tables)
    assert demand.loc["lac-a", "population_confidence"] == "assumed"
    assert demand.loc["lac-a", "source"] == "news | shared"


def test_place_unknown_is_said_and_not_placed():
    demand, findings = build()
    (note,) = [f for f in findings if f.code == "place-unknown"]
    assert dict(note.params)["persons"] == 77
    (national,) = [f for f in findings if f.code == "population-national-sum"]
    params = dict(national.params)
    assert params["total"] == int(demand["population"].sum()) == 2_000 + 10_001 + 5_043 + 450
    assert params["difference"] == params["total"] - 10_253_647
    assert params["place_unknown"] == 77


def test_the_basis_of_the_totals_is_said():
    _, findings = build()
    (note,) = [f for f in findings if f.code == "population-basis"]
    assert dict(note.params) == {"persons": 17_004, "districts": 3, "basis": "census of residents"}


def test_other_residents_are_a_switch():
    without, notes = build()
    with_others, more = build(other_residents=True)
    extra = with_others["population"] - without["population"]
    assert extra.sum() == 30_000
    # Khankendi is filled to 22,000 with its 50 returned; the other 8,050 go by returned 40 : 300 : 100
    assert extra[extra > 0].to_dict() == {
        "agm-x": 732,
        "lac-a": 5_489,
        "lac-b": 1_829,
        "xa-a": KARABAKH_THREE_RESIDENTS - 50,
    }
    assert set(with_others.loc[extra > 0, "population_confidence"]) == {"assumed"}
    assert codes(notes, "note").count("other-residents-left-out") == 1
    assert codes(more, "note").count("other-residents-counted") == 1


def test_other_residents_with_a_place_stand_there():
    tables = toy()
    tables.resettlement.loc[tables.resettlement["kind"] == "other_residents", "settlement_id"] = "agm-y"
    demand, _ = build(tables, other_residents=True)
    assert demand.loc["agm-y", "population"] == 30_000
    assert not demand.loc["agm-y", "planned"]


def test_families_alone_count_four_persons_each():
    tables = toy()
    row = tables.resettlement["settlement_id"] == "lac-b"
    tables.resettlement.loc[row, ["persons", "families"]] = [pd.NA, 30]
    demand, _ = build(tables)
    assert demand.loc["lac-b", "population"] == 30 * PERSONS_PER_FAMILY
    assert demand.loc["lac-b", "population_confidence"] == "assumed"


def test_order_of_rows_does_not_matter():
    tables = toy()
    names = ("districts", "settlements", "population", "district_population", "resettlement", "roads")
    shuffled = toy(**{n: getattr(tables, n).sample(frac=1, random_state=7) for n in names})
    first, notes = build(tables, other_residents=True)
    second, more = build(shuffled, other_residents=True)
    pd.testing.assert_frame_equal(first, second)
    assert notes == more


def test_input_is_left_as_it_was():
    tables, untouched = toy(), toy()
    build(tables, other_residents=True)
    for name in ("settlements", "population", "district_population", "resettlement", "roads"):
        pd.testing.assert_frame_equal(getattr(tables, name), getattr(untouched, name))


def test_cells_are_named_after_district_and_nearest_settlement():
    demand, _ = build()
    rural = demand[demand["demand_kind"] == "rural_cell"]
    names = {
        d: rural.loc[rural["district_id"] == d, "name_en"].unique().tolist() for d in ("AZ-BA", "AZ-LER")
    }
    assert names == {
        "AZ-BA": ["rest of AZ-BA city (near Baku)"],
        "AZ-LER": ["rural area of AZ-LER (near Lerik)"],
    }


# --- the shipped country --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def country():
    return read_tables({})


@pytest.fixture(scope="module")
def shipped_demand(country):
    return build(country)


def test_shipped_districts_are_conserved(country, shipped_demand):
    demand, findings = shipped_demand
    assert codes(findings) == []
    assert codes(findings, "warning") == []
    # summed from the tables themselves, without the code under test
    want = country.district_population.set_index("district_id")["population"].reindex(country.districts.index)
    rows = country.resettlement
    held = np.array([d <= dt.date(2026, 1, 1) for d in rows["date"]])
    back = rows[(rows["kind"] == "returned").to_numpy() & held]
    by_district = back["persons"].groupby(back["settlement_id"].map(country.settlements["district_id"])).sum()
    want = want.fillna(0).add(by_district, fill_value=0).astype(int)
    got = demand.groupby("district_id")["population"].sum()
    assert got.reindex(want.index).to_dict() == want.to_dict()
    assert len(got) == 75


def test_shipped_returned_people_add_up_to_the_dated_total(shipped_demand):
    demand, findings = shipped_demand
    unknown = next(dict(f.params)["persons"] for f in findings if f.code == "place-unknown")
    assert demand.loc[demand["liberated"], "population"].sum() + unknown == 26_513


def test_shipped_rural_points_lie_in_their_district(country, shipped_demand):
    demand, _ = shipped_demand
    rural = demand[demand["demand_kind"] == "rural_cell"]
    outline = country.districts.geometry.reindex(rural["district_id"]).to_numpy()
    assert shapely.intersects_xy(outline, rural["lon"].to_numpy(), rural["lat"].to_numpy()).all()
    assert not (country.districts["liberated"].reindex(rural["district_id"]) == "full").any()
    assert rural["position_radius_km"].between(0.1, 4).all()


def test_shipped_settlements_are_all_there(country, shipped_demand):
    demand, _ = shipped_demand
    places = demand[demand["demand_kind"] == "settlement"]
    assert places.index.tolist() == country.settlements.index.tolist()


def test_no_rural_people_and_no_roads_at_all():
    tables = toy(
        district_population=people(
            [("AZ-BA", 2019, 1_500), ("AZ-LER", 2019, 400), ("AZ-AGM", 2025, 300)], "district_id"
        )
    )
    tables.roads = tables.roads.iloc[:0]
    demand, findings = build(tables)
    assert codes(findings) == []
    assert set(demand["demand_kind"]) == {"settlement"}
    tables = toy(roads=tables.roads)
    assert build(tables)[0]["population"].sum() == 17_004 + 490


# --- contradictions in the tables -----------------------------------------------------------------


def test_year_rule():
    both = people(
        [("gn1", 2019, 1_500), ("gn1", 2025, 1_600), ("gn2", 2019, 400), ("gn3", 2025, 300)], "settlement_id"
    )
    tables = toy(population=both)
    assert build(tables)[0].loc["gn1", "population"] == 1_600
    demand, findings = build(tables, year=2024)
    assert demand.loc["gn1", "population"] == 1_500
    assert demand.loc["gn3", "population"] == 300
    assert codes(findings, "warning") == ["population-year-later", "population-year-later"]


@pytest.mark.parametrize(
    ("table", "rows", "code"),
    [
        ("population", [("gn1", 2019, 2_001)], "settlements-exceed-district"),
        ("population", [("gn1", 2019, 1), ("gn1", 2019, 2)], "duplicate-year"),
        ("district_population", [("AZ-LAC", 2019, 70_000)], "de-jure-district"),
    ],
)
def test_contradictions_are_errors(table, rows, code):
    key = "settlement_id" if table == "population" else "district_id"
    tables = toy()
    joined = pd.concat([getattr(tables, table), people(rows, key)])
    joined = joined.drop_duplicates([key, "year"], keep="last") if code != "duplicate-year" else joined
    tables = toy(**{table: joined})
    _, findings = build(tables)
    assert code in codes(findings)
    assert all(f.hint for f in findings if f.severity == "error")


def test_registered_people_of_liberated_places_do_not_count():
    plain, _ = build()
    tables = toy()
    extra = people([("lac-a", 2019, 70_000), ("agm-y", 2019, 2_000)], "settlement_id")
    demand, findings = build(toy(population=pd.concat([tables.population, extra])))
    pd.testing.assert_frame_equal(demand, plain)
    assert codes(findings, "warning") == ["population-liberated-not-used"]


def test_a_district_without_a_total_is_an_error():
    tables = toy()
    tables.district_population = tables.district_population.iloc[1:]
    assert "district-total-missing" in codes(build(tables)[1])


def test_a_part_district_without_never_occupied_place_is_an_error():
    tables = toy()
    tables.settlements = tables.settlements.drop(index="gn3")
    tables.population = tables.population[tables.population["settlement_id"] != "gn3"]
    # Lerik is nearer to the east of the district than any liberated place, and still does not count
    assert codes(build(tables)[1]) == ["rural-people-nowhere"]
