"""Write service areas as a GeoPackage or as GeoJSON, whole or absent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyogrio
import shapely

from geoplan.errors import GeoplanError, UsageError
from geoplan.output.files import check_file_free
from geoplan.output.layers import FIXED_DATE
from geoplan.output.staging import staged
from geoplan.units import CRS_ON_DISK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

LAYER: Final = "service_areas"

SUFFIXES: Final = (".gpkg", ".geojson")

DEGREE_DIGITS: Final = 6


def check_areas_path(path: Path, *, overwrite: bool) -> None:
    """Raise where areas cannot be written to `path`; call it before long work."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} is no {' or '.join(SUFFIXES)} file", hint="Name a file with that ending.")
    check_file_free(path, overwrite=overwrite)


def write_areas(table: pd.DataFrame, path: Path, *, attributions: Sequence[str], overwrite: bool) -> None:
    """Write areas (geometry in EPSG:4326) to `path`, a `.gpkg` (layer `service_areas`) or a `.geojson`.

    Raises
    ------
    UsageError
        If the ending is another.
    OutputExistsError
        If the file exists and `overwrite` is false.
    GeoplanError
        If the folder does not exist or the file cannot be replaced.
    """
    check_areas_path(path, overwrite=overwrite)
    try:
        with staged(path) as (folder, _):
            folder.mkdir()  # GDAL goes by the ending and leaves files of its own beside the layer
            stage = folder / f"areas{path.suffix.lower()}"
            if stage.suffix == ".gpkg":
                _write_package(table, stage, "; ".join(attributions))
            else:
                stage.write_text(_geojson(table, attributions), encoding="utf-8", newline="\n")
            stage.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise GeoplanError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
            hint="Make the folder first, and close the programs that have the file open.",
        ) from error


def _write_package(table: pd.DataFrame, path: Path, attribution: str) -> None:
    """Write a GeoPackage that is the same to the byte for the same areas."""
    layer = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS_ON_DISK)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        pyogrio.write_dataframe(
            layer, path, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon",
            layer_metadata={"attribution": attribution},
        )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _geojson(table: pd.DataFrame, attributions: Sequence[str]) -> str:
    """Return a FeatureCollection (RFC 7946), one feature a line, with the attributions as a member."""
    names = [c for c in table.columns if c != "geometry"]
    rows = zip(table[names].to_dict("records"), table["geometry"], strict=True)
    features = [
        json.dumps({"type": "Feature", "properties": row, "geometry": _geometry(shape)}, ensure_ascii=False)
        for row, shape in rows
    ]
    credit = json.dumps(list(attributions), ensure_ascii=False)
    head = f'{{"type": "FeatureCollection",\n"attribution": {credit},\n"features": [\n'
    return head + ",\n".join(features) + "\n]}\n"


def _geometry(shape: shapely.MultiPolygon) -> dict[str, Any]:
    """Return a MultiPolygon as GeoJSON, outer rings against the clock, coordinates rounded for good."""
    parts = shapely.get_parts(shapely.orient_polygons(shape))
    return {
        "type": "MultiPolygon",
        "coordinates": [[_ring(ring) for ring in (part.exterior, *part.interiors)] for part in parts],
    }


def _ring(ring: shapely.LinearRing) -> list[list[float]]:
    """Return the corners of a ring."""
    corners: list[list[float]] = shapely.get_coordinates(ring).round(DEGREE_DIGITS).tolist()
    return corners
