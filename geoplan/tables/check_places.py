"""Checks on the map: district shapes, points against the country and their district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.errors import Finding
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geoplan.errors import Severity
    from geoplan.tables.parse import Rows

    Tables = Mapping[str, Rows]
    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

OUTSIDE_LIMIT_KM: Final = 5.0
"""A point farther than this outside the country is an error, a nearer one a warning."""

OFFSHORE_LIMIT_KM: Final = 150.0
"""A point on the sea may lie this far out with a warning (the oil settlements lie 100 km from Baku)."""

OVERLAP_LIMIT_KM2: Final = 0.01
"""Districts may overlap by rounding; more than a hectare is an error."""


def check_places(tables: Tables, *, own_roads: bool = False) -> tuple[list[Finding], Country | None]:
    """Return all that is wrong with shapes and points, and the country if its districts are sound.

    With `own_roads` the road graph may lie anywhere.
    """
    findings, country = check_districts(tables)
    if "neighbours" in tables:
        findings += check_shapes(tables["neighbours"])
    if country is None:
        return findings, None
    for name in ("settlements", "facilities", "candidates", "road_nodes"):
        if name in tables and not (own_roads and name == "road_nodes"):
            findings += check_positions(tables[name], country)
    for name in ("settlements", "facilities", "candidates"):
        if name in tables:
            findings += check_own_district(tables[name], country)
    return findings, country


def check_districts(tables: Tables) -> tuple[list[Finding], Country | None]:
    """Return what is wrong with the shapes of the districts, and the country that they draw.

    No country where a shape is wrong: points held against it would be blamed for the fault of the shape.
    """
    if "districts" not in tables:
        return [], None
    rows = tables["districts"]
    country = build_country(tables)
    findings = check_shapes(rows) + check_overlaps(rows, country)
    if not findings:
        return [], country
    message = "no point was held against the districts, because their shapes have errors."
    hint = "Mend the shapes and check again."
    where = rows.places[0].split(":")[0]
    return [*findings, Finding("note", "checks-skipped", message, where=where, hint=hint)], None


@dataclass(frozen=True)
class Country:
    """The districts in metres of `CRS_METRES`.

    Attributes
    ----------
    ids
        District of each polygon.
    polygons
        One a district row; empty where the row has no usable shape.
    coverage
        Whether the polygons share their borders vertex by vertex, so that none can overlap.
    outline
        Their union.
    sea
        Union of the seas and lakes of the neighbours layer, or None.
    """

    ids: tuple[str, ...]
    polygons: Shapes
    coverage: bool
    outline: Any
    sea: Any


def in_metres(shapes: Any) -> Any:
    """Return shapes of longitudes and latitudes in metres of `CRS_METRES`."""
    return shapely.transform(shapes, lambda xy: np.column_stack(project_metres(xy[:, 1], xy[:, 0])))


def build_country(tables: Tables) -> Country:
    """Return the country that the districts and neighbours draw; broken shapes are mended for the purpose."""
    rows = tables["districts"].frame
    polygons = in_metres(_usable(rows["geometry"].to_numpy()))
    coverage = bool(shapely.coverage_is_valid(polygons))
    outline = shapely.coverage_union_all(polygons) if coverage else shapely.union_all(polygons)
    shapely.prepare(polygons)
    shapely.prepare(outline)
    sea = None
    if "neighbours" in tables:
        around = tables["neighbours"].frame
        wet = around[around["kind"].isin(["sea", "lake"])]["geometry"].to_numpy()
        sea = in_metres(shapely.union_all(_usable(wet))) if len(wet) else None
    return Country(tuple(rows["district_id"]), polygons, coverage, outline, sea)


def _usable(shapes: Shapes) -> Shapes:
    """Return the shapes, mended where invalid and empty where there is none or no area."""
    shapes = shapes.copy()
    shapes[~np.isin(shapely.get_type_id(shapes), _AREAS)] = shapely.Polygon()
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad])
    return shapes


_AREAS: Final = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


def check_shapes(rows: Rows) -> list[Finding]:
    """Return an error for each feature without a valid polygon."""
    shapes = rows.frame["geometry"].to_numpy()
    findings = []
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), _AREAS) | shapely.is_empty(shapes)):
        message = (
            "the feature has no polygon." if shapes[i] is None else f"the shape is a {shapes[i].geom_type}."
        )
        hint = "Draw it as a Polygon or MultiPolygon."
        where = rows.where(int(i), "geometry")
        findings.append(Finding("error", "no-polygon", message, where=where, hint=hint))
    for i in np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)):
        message = f"the polygon is invalid ({shapely.is_valid_reason(shapes[i])})."
        hint = "Mend it: in QGIS Processing > Fix geometries."
        where = rows.where(int(i), "geometry")
        findings.append(Finding("error", "invalid-polygon", message, where=where, hint=hint))
    return findings


def check_overlaps(rows: Rows, country: Country) -> list[Finding]:
    """Return an error for each pair of districts that share more ground than rounding explains."""
    if country.coverage:
        return []
    one, other = shapely.STRtree(country.polygons).query(country.polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(country.polygons[one], country.polygons[other])
    areas_km2 = shapely.area(shared) / 1e6
    hint = "Draw the common border once, for example with QGIS topological editing."
    return [
        Finding(
            "error",
            "overlapping-polygons",
            f"the polygon overlaps that of {country.ids[b]} ({rows.places[b]}) by {area:.2f} km2.",
            where=rows.where(int(a), "geometry"),
            hint=hint,
        )
        for a, b, area in zip(one, other, areas_km2, strict=True)
        if area > OVERLAP_LIMIT_KM2
    ]


def check_positions(rows: Rows, country: Country) -> list[Finding]:
    """Return an error or warning for each point outside the country, and tell swapped coordinates.

    A road node at the border may lie beyond it by the tolerance without a word.
    """
    lat, lon = (rows.frame[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    away_km = _distance_km(country.outline, lat, lon)
    border = (rows.frame["kind"] == "border").to_numpy() if "kind" in rows.frame else np.zeros(len(lat), bool)
    out = np.flatnonzero(away_km > np.where(border, OUTSIDE_LIMIT_KM, 0.0))
    swapped = _distance_km(country.outline, lon[out], lat[out]) <= OUTSIDE_LIMIT_KM
    wet = _on_sea(country, lat[out], lon[out])
    findings = []
    for i, swap, sea in zip(out.tolist(), swapped, wet, strict=True):
        far = bool(away_km[i] > OUTSIDE_LIMIT_KM)
        if far and swap:
            findings.append(_swapped(rows, i, lat[i], lon[i]))
        elif far and sea and away_km[i] <= OFFSHORE_LIMIT_KM:
            findings.append(_outside(rows, i, "warning", "offshore", f"lies {away_km[i]:.1f} km offshore."))
        else:
            message = f"lies {away_km[i]:.1f} km outside the country."
            findings.append(_outside(rows, i, "error" if far else "warning", "outside-country", message))
    return findings


def _distance_km(shape: Any, lat: Floats, lon: Floats) -> Floats:
    """Return how far points lie outside a shape in metres; 0 inside and for points without coordinates."""
    known = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90)
    x, y = project_metres(np.where(known, lat, 0.0), np.where(known, lon, 0.0))
    away = np.zeros(len(lat))
    out = np.flatnonzero(known & ~shapely.intersects_xy(shape, x, y))
    away[out] = shapely.distance(shape, shapely.points(x[out], y[out])) / 1000
    return np.nan_to_num(away, nan=np.inf)


def _on_sea(country: Country, lat: Floats, lon: Floats) -> NDArray[np.bool_]:
    """Return which points lie on the sea or a lake."""
    if country.sea is None:
        return np.zeros(len(lat), dtype=bool)
    x, y = project_metres(lat, lon)
    return np.asarray(shapely.intersects_xy(country.sea, x, y), dtype=bool)


def _swapped(rows: Rows, i: int, lat: float, lon: float) -> Finding:
    """Return the error for a point whose latitude and longitude stand in each other's place."""
    message = f"lat {lat:g} and lon {lon:g} are swapped: the point lies far outside the country."
    hint = f"Did you mean lat {lon:g}, lon {lat:g}?"
    return Finding("error", "lat-lon-swapped", message, where=rows.where(i, "lat"), hint=hint)


def _outside(rows: Rows, i: int, severity: Severity, code: str, message: str) -> Finding:
    """Return the finding for a point outside the country."""
    lat, lon = rows.frame["lat"].iloc[i], rows.frame["lon"].iloc[i]
    hint = "Check the position; it counts as it stands." if severity == "warning" else "Correct the position."
    message = f"the point {lat:g}, {lon:g} {message}"
    return Finding(severity, code, message, where=rows.where(i, "lat"), hint=hint)


def check_own_district(rows: Rows, country: Country) -> list[Finding]:
    """Return a finding for each point inside the country but outside the polygon of its own district.

    A warning; a note where the point's own position radius explains it.
    """
    place = {district: i for i, district in enumerate(country.ids)}
    own = rows.frame["district_id"].map(place).to_numpy(dtype=np.float64)
    lat, lon = (rows.frame[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    checked = np.flatnonzero(np.isfinite(own) & np.isfinite(lat) & np.isfinite(lon))
    x, y = project_metres(lat[checked], lon[checked])
    home = country.polygons[own[checked].astype(int)]
    out = np.flatnonzero(~shapely.intersects_xy(home, x, y))
    points: Shapes = np.asarray(shapely.points(x[out], y[out]), dtype=object)
    away_km = np.asarray(shapely.distance(home[out], points)) / 1000
    tree = shapely.STRtree(country.polygons)
    radius_km = rows.frame["position_radius_km"].to_numpy(dtype=np.float64)
    findings = []
    for i, point, away in zip(checked[out].tolist(), points, away_km, strict=True):
        there = [country.ids[k] for k in sorted(tree.query(point, predicate="intersects"))]
        if not there:
            continue  # outside the country: said by check_positions
        district = rows.frame["district_id"].iloc[i]
        message = f"the point is {away:.1f} km outside its district {district}: it lies in {there[0]}."
        hint = "The table's district_id counts. Correct the position or the district_id if one is wrong."
        severity: Severity = "note" if away <= radius_km[i] else "warning"
        where = rows.where(i, "district_id")
        findings.append(Finding(severity, "outside-own-district", message, where=where, hint=hint))
    return findings
