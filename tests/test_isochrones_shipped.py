"""Service areas of the shipped baseline, and the command that writes them."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
import typer
from typer.testing import CliRunner

from geoplan.areas import AreaQuestion, isochrones
from geoplan.cli_isochrones import isochrones_command
from geoplan.errors import OutputExistsError, UsageError
from geoplan.network.access import AccessRule
from geoplan.network.field import World
from geoplan.network.graph import build_network
from geoplan.network.isochrone import AreaOptions, People, service_areas
from geoplan.network.snap import snap_points
from geoplan.routing import country
from geoplan.stage import offers
from geoplan.tables.read import read_tables
from geoplan.units import CRS_METRES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from geoplan.result import Result


def counted(shape: shapely.Geometry, demand: pd.DataFrame) -> int:
    """Return the people whose point lies in `shape`."""
    inside = shapely.intersects_xy(shape, demand["lon"].to_numpy(), demand["lat"].to_numpy())
    return int(demand["population"].to_numpy()[inside].sum())


@pytest.fixture(scope="module")
def heart(baseline: Result) -> gpd.GeoDataFrame:
    """The areas of every centre that opens heart vessels."""
    areas = isochrones(baseline.scenario, AreaQuestion("cardiology_pci"), progress=lambda _step: None)
    assert areas.attributions == baseline.provenance.attributions
    return gpd.GeoDataFrame(areas.table, geometry="geometry", crs="EPSG:4326")


def test_people_within_are_those_of_the_coverage_table(baseline: Result, heart: gpd.GeoDataFrame) -> None:
    rows = baseline.coverage_by_settlement
    rows = rows[(rows["service"] == "cardiology_pci") & (rows["status"] == "reached")]
    union = heart[heart["facility_id"] == "union"].set_index("band_upper_minutes")
    assert list(union.index) == [30, 60, 90, 120]
    for band, population in union["population"].items():
        assert population == rows.loc[rows["minutes"] <= band, "population"].sum()


def test_people_inside_the_shapes_are_the_same_within_one_percent(
    baseline: Result, heart: gpd.GeoDataFrame
) -> None:
    for row in heart.itertuples():
        assert counted(row.geometry, baseline.years[0].demand) == pytest.approx(row.population, rel=0.01)


def test_areas_lie_on_the_land_and_in_one_another(baseline: Result, heart: gpd.GeoDataFrame) -> None:
    assert heart.geometry.is_valid.all()
    assert (heart.geometry.geom_type == "MultiPolygon").all()
    shapes = heart.to_crs(CRS_METRES)
    land = baseline.districts.to_crs(CRS_METRES).union_all().buffer(30)
    # strips to places that stand just outside the drawn outline are 50 m wide
    assert shapes.geometry.difference(land).area.max() < 50 * 5000
    for _, rows in shapes.groupby("facility_id"):
        parts = list(rows.geometry)
        for inner, outer in itertools.pairwise(parts):
            assert inner.difference(outer).area < 1000  # corners are rounded to 0.1 m
        assert rows["area_km2"].is_monotonic_increasing


@pytest.mark.parametrize("direction", ["to", "from"])
def test_every_place_is_on_its_side_of_every_hospital(baseline: Result, direction: str) -> None:
    tables = read_tables(baseline.scenario.table_paths())
    network, _ = build_network(tables.roads, tables.road_nodes, tables.speeds)
    world = World(network, country(tables), AccessRule())
    year = baseline.years[0]
    service = next(s for s in baseline.scenario.services if s.id == "emergency_hospital")
    giving = year.facilities.loc[list(year.counting)]
    sample = giving[offers(giving, service)].iloc[(3 if direction == "to" else 7) :: 9]
    goals, people = (
        snap_points(network, list(t.index), t["lat"], t["lon"], ground=world.ground, rule=world.rule)
        for t in (sample, year.demand)
    )
    crowd = People(people, year.demand["population"].to_numpy(dtype=np.int64))
    options = AreaOptions((30, 60), service.id, direction)  # type: ignore[arg-type]
    table = service_areas(world, goals, crowd, options)
    assert len(table) == 2 * (len(sample) + 1)
    for row in table.itertuples():
        assert counted(row.geometry, year.demand) == row.population
        if direction == "to" and row.facility_id != "union":
            tenths = year.tenths[:, year.counting.index(row.facility_id)]
            within = (tenths >= 0) & (tenths <= row.band_upper_minutes * 10)
            assert row.population == year.demand["population"].to_numpy()[within].sum()


# --- the command ------------------------------------------------------------------------------------------


def command(*words: object) -> str:
    """Run `geoplan isochrones` in an application of its own and return what it printed."""
    app = typer.Typer()
    app.command()(isochrones_command)
    done = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=True)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


ONE = ("baseline", "--service", "emergency_hospital", "--facility", "f-babak-rmx", "--bands", "20,40")


def test_command_writes_a_geopackage_and_geojson_with_the_same_areas(tmp_path: Path) -> None:
    first, again, text = tmp_path / "a.gpkg", tmp_path / "b.gpkg", tmp_path / "c.geojson"
    shown = command(*ONE, "--out", first)
    command(*ONE, "--out", again, "--quiet")
    told = json.loads(command(*ONE, "--out", text, "--json"))
    assert shown.splitlines()[0].startswith("f-babak-rmx <= 20 min: ")
    assert first.read_bytes() == again.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gpkg", "b.gpkg", "c.geojson"]
    assert [a["band_upper_minutes"] for a in told["areas"]] == [20, 40]
    layer, other = gpd.read_file(first, layer="service_areas"), gpd.read_file(text)
    assert layer.crs == other.crs == "EPSG:4326"
    apart = shapely.symmetric_difference(layer.geometry.to_numpy(), other.geometry.to_numpy())
    assert shapely.area(apart).max() < 1e-12
    assert list(layer["population"]) == list(other["population"]) == [a["population"] for a in told["areas"]]
    assert layer["name_en"][0] == "Babek District Central Hospital"
    raw = json.loads(text.read_text(encoding="utf-8"))
    assert any("Natural Earth" in line for line in raw["attribution"])
    assert "Natural Earth" in pyogrio.read_info(first, layer="service_areas")["layer_metadata"]["attribution"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--service", "emergency_hospitl"), "Did you mean 'emergency_hospital'"),
        (("--facility", "f-babak-rm"), "Did you mean 'f-babak-rmx'"),
        (("--facility", "f-baki-smx", "--service", "oncology_radiotherapy"), "does not give"),
        (("--bands", "30;60"), "no list of minutes"),
        (("--bands", "60,30"), "from small to large"),
    ],
)
def test_command_names_what_is_wrong(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        command(*ONE, *words, "--out", tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_command_replaces_nothing_unasked_and_knows_its_endings(tmp_path: Path) -> None:
    old = tmp_path / "a.geojson"
    old.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        command(*ONE, "--out", old)
    assert old.read_text(encoding="utf-8") == "mine"
    with pytest.raises(UsageError, match=r"\.gpkg or \.geojson"):
        command(*ONE, "--out", tmp_path / "a.shp")
