"""Write a result as a GeoPackage: districts, settlements, roads, facilities and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.output.cells import as_text
from geoplan.output.routes import RoadLines, road_lines, route_coordinates
from geoplan.output.sited import placed_plan
from geoplan.units import CRS_ON_DISK

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result, YearState

FIXED_DATE: Final = "2000-01-01T00:00:00Z"
"""GDAL stamps layers with the time of writing; a fixed one keeps equal results equal to the byte."""


def write_layers(result: Result, path: Path) -> None:
    """Write the five layers of `result` to a GeoPackage in EPSG:4326, and `plan` where sites were chosen."""
    lines = road_lines(result.roads, result.road_nodes)
    layers = {
        "districts": _districts(result),
        "settlements": _settlements(result),
        "roads": _roads(result),
        "facilities": _facilities(result),
        "routes": pd.concat([_routes(result, year, lines) for year in result.years], ignore_index=True),
    }
    if (plan := placed_plan(result)) is not None:
        layers["plan"] = _points(plan)
    credit = {"attribution": "; ".join(result.provenance.attributions)}
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                layer, path, layer=name, driver="GPKG", append=name != "districts", layer_metadata=credit
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with `lat` and `lon` as points."""
    place = shapely.points(table["lon"].to_numpy(dtype=float), table["lat"].to_numpy(dtype=float))
    return gpd.GeoDataFrame(_plain(table), geometry=place, crs=CRS_ON_DISK)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates and lists are text, as a GeoPackage wants them."""
    texts = {
        c: [as_text(v) for v in table[c]]
        for c in table.columns
        if table[c].dtype == object and c != "geometry"
    }
    return table.assign(**texts)


def _districts(result: Result) -> gpd.GeoDataFrame:
    """Return the districts of every year with the share within target of each service."""
    summary = result.coverage_summary[result.coverage_summary["level"] == "district"]
    columns = {"share_within_target": "share", "beyond_target": "beyond", "unreachable": "unreachable"}
    rows = summary.rename(columns={"id": "district_id", **columns}).set_index(["district_id", "year"])
    services = [service.id for service in result.scenario.services]
    figures = [rows[rows["service"] == s][list(columns.values())].add_suffix(f"_{s}") for s in services]
    people = rows[rows["service"] == services[0]][["population"]]
    table = pd.concat([people, *figures], axis=1).reset_index()
    base = result.districts.reset_index()
    merged = base.merge(table, on="district_id", how="left", sort=False)
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=CRS_ON_DISK)


def _settlements(result: Result) -> gpd.GeoDataFrame:
    """Return the demand points of every year with minutes, km and facility of each service."""
    rows = result.coverage_by_settlement.set_index("demand_id")
    parts = []
    for state in result.years:
        figures = [
            rows[(rows["year"] == state.year) & (rows["service"] == service.id)][
                ["minutes", "km", "facility_id"]
            ].add_suffix(f"_{service.id}")
            for service in result.scenario.services
        ]
        parts.append(pd.concat([state.demand, *figures], axis=1).reset_index().assign(year=state.year))
    return _points(pd.concat(parts, ignore_index=True))


def _roads(result: Result) -> gpd.GeoDataFrame:
    """Return the roads with a mark for each year in which they are open."""
    table = result.roads.drop(columns="geometry").reset_index()
    opened = {f"open_{state.year}": np.asarray(state.open_roads, dtype=bool) for state in result.years}
    lines = shapely.from_wkt(result.roads["geometry"].to_numpy())
    return gpd.GeoDataFrame(_plain(table.assign(**opened)), geometry=lines, crs=CRS_ON_DISK)


def _facilities(result: Result) -> gpd.GeoDataFrame:
    """Return the facilities of every year."""
    parts = [state.facilities.reset_index().assign(year=state.year) for state in result.years]
    return _points(pd.concat(parts, ignore_index=True))


def _routes(result: Result, state: YearState, lines: RoadLines) -> gpd.GeoDataFrame:
    """Return the fastest route of every settlement to its nearest facility of each service."""
    rows = result.coverage_by_settlement
    chosen = rows[
        (rows["year"] == state.year) & (rows["demand_kind"] == "settlement") & (rows["status"] == "reached")
    ]
    place = {d: i for i, d in enumerate(state.routes.demand_ids)}
    column = {f: i for i, f in enumerate(state.routes.facility_ids)}
    start = dict(zip(state.demand.index, state.demand[["lon", "lat"]].to_numpy(), strict=True))
    end = dict(zip(state.facilities.index, state.facilities[["lon", "lat"]].to_numpy(), strict=True))
    drawn = [
        route_coordinates(state.routes, lines, place[d], column[f], start=tuple(start[d]), end=tuple(end[f]))
        for d, f in zip(chosen["demand_id"], chosen["facility_id"], strict=True)
    ]
    shapes = [None if d is None else shapely.LineString(d) for d in drawn]
    kept = ["scenario_id", "year", "demand_id", "service", "facility_id", "minutes", "km", "confidence"]
    return gpd.GeoDataFrame(chosen[kept].reset_index(drop=True), geometry=shapes, crs=CRS_ON_DISK)
