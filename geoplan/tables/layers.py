"""Map layers (GeoJSON, GeoPackage, Shapefile) as text cells and shapes in EPSG:4326."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.errors import Finding
from geoplan.tables.csv_text import read_bytes, read_utf8
from geoplan.units import CRS_ON_DISK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

GEOJSON_SUFFIXES: Final = (".geojson", ".json")
DBF_NAME_LENGTH: Final = 10
"""A Shapefile cuts the names of its columns after ten characters."""

DEGREE_CRS: Final = ("CRS84", "EPSG::4326", "EPSG:4326")
SAVE_IN_DEGREES: Final = (
    "In QGIS: Export > Save Features As, format GeoJSON or GeoPackage, CRS EPSG:4326 - WGS 84."
)


def read_layer_text(
    path: Path, file: str, *, known: Sequence[str]
) -> tuple[pd.DataFrame | None, Shapes, list[Finding]]:
    """Return the properties of a map layer as text cells, its shapes, and what is wrong with the file.

    Parameters
    ----------
    path
        `.geojson`, `.json`, `.gpkg`, `.shp` or whatever else pyogrio reads.
    file
        The name by which findings call it.
    known
        Column names of the table, to undo the short names of a Shapefile.

    Returns
    -------
    Cells with index = number of the feature in the file, from 1 (None where the file cannot be read at
    all); shapes in EPSG:4326, None where a feature has none. A GeoJSON is in EPSG:4326 by RFC 7946; any
    other format must say its CRS and is brought to EPSG:4326.
    """
    if path.suffix.lower() in GEOJSON_SUFFIXES:
        return _read_geojson(path, file)
    return _read_ogr(path, file, known)


def _nothing(code: str, message: str, where: str, hint: str) -> tuple[None, Shapes, list[Finding]]:
    """Return the answer for a layer that cannot be read."""
    return None, np.empty(0, dtype=object), [Finding("error", code, message, where=where, hint=hint)]


def _read_geojson(path: Path, file: str) -> tuple[pd.DataFrame | None, Shapes, list[Finding]]:
    """Read a GeoJSON without a detour over GDAL: quicker, and encoding errors stay visible."""
    text, findings = read_utf8(path, file)
    if text is None:
        return None, np.empty(0, dtype=object), findings
    try:
        data = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        return _nothing("not-geojson", f"the file is not JSON ({error}).", f"{file}:{line}", SAVE_IN_DEGREES)
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        return _nothing("not-geojson", "the file is no GeoJSON FeatureCollection.", file, SAVE_IN_DEGREES)
    crs = str((data.get("crs") or {}).get("properties", {}).get("name", "CRS84"))
    if not crs.endswith(DEGREE_CRS):
        return _nothing(
            "wrong-crs", f"the file is in {crs}; a GeoJSON is in EPSG:4326.", file, SAVE_IN_DEGREES
        )
    cells = pd.DataFrame([f.get("properties") or {} for f in features])
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [_shape(f.get("geometry")) for f in features]
    return _as_text(cells), shapes, _degree_findings(shapes, file)


def _shape(geometry: Any) -> Any:
    """Return the shape of a GeoJSON geometry, None where it has none or a broken one."""
    try:
        return shapely.geometry.shape(geometry) if geometry else None
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def _read_ogr(
    path: Path, file: str, known: Sequence[str]
) -> tuple[pd.DataFrame | None, Shapes, list[Finding]]:
    """Read any other format by pyogrio."""
    raw, findings = read_bytes(path, file)
    if raw is None:
        return None, np.empty(0, dtype=object), findings
    try:
        layer = str(pyogrio.list_layers(path)[0][0])
        frame = pyogrio.read_dataframe(path, layer=layer)
    except (pyogrio.errors.DataSourceError, ValueError, IndexError, UnicodeDecodeError) as error:
        return _nothing(
            "not-a-layer", f"the file cannot be read as a map layer ({error}).", file, SAVE_IN_DEGREES
        )
    if not _says_crs(getattr(frame, "crs", None)):
        message = "the layer does not say its coordinate reference system (CRS)."
        return _nothing("missing-crs", message, file, f"{SAVE_IN_DEGREES} A Shapefile needs its .prj file.")
    frame = frame.to_crs(CRS_ON_DISK)
    shapes = frame.geometry.to_numpy()
    cells = frame.drop(columns=frame.geometry.name)
    if path.suffix.lower() == ".shp":
        full = {name[:DBF_NAME_LENGTH]: name for name in reversed(list(known))}
        cells = cells.rename(columns=lambda name: full.get(name, name))
    return _as_text(cells), shapes, _degree_findings(shapes, file)


def _says_crs(crs: Any) -> bool:
    """Whether a CRS places the layer on the Earth; GeoPackage has words for 'undefined' of its own."""
    if crs is None or str(crs.name).casefold().startswith(("undefined", "unknown")):
        return False
    return bool(crs.is_geographic or crs.is_projected)


def _as_text(cells: pd.DataFrame) -> pd.DataFrame:
    """Return property values as text cells, features numbered from 1."""
    text = {str(name): [_text(value) for value in cells[name].tolist()] for name in cells.columns}
    index = pd.RangeIndex(1, len(cells) + 1, name="feature")
    return pd.DataFrame(text, index=index, dtype="str")


def _text(value: Any) -> str:
    """Return one property as the text that would stand in a CSV file."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _degree_findings(shapes: Shapes, file: str) -> list[Finding]:
    """Return an error if the coordinates cannot be degrees."""
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
    if not np.isfinite(bounds).all():
        return []
    if bounds[0] >= -180 and bounds[1] >= -90 and bounds[2] <= 180 and bounds[3] <= 90:
        return []
    message = f"the coordinates are not degrees (they reach {bounds[2]:.0f}, {bounds[3]:.0f})."
    return [Finding("error", "wrong-crs", message, where=file, hint=SAVE_IN_DEGREES)]
