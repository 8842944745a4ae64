"""Checks on the map: district shapes, points against the country and their district, roads against nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
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

END_LIMIT_KM: Final = 1.0
"""A road's drawn line ends at most this far from its node."""

LENGTH_SLACK: Final = 1.02
"""A road may be this much shorter than the straight line or its drawn line: positions are rounded."""

COMPONENT_SHARE: Final = 0.01
COMPONENT_NODES: Final = 3
"""A part of the road graph is isolated if it has less than this share of all kilometres or fewer nodes: the
rule of `geoplan.network.graph`, here for roads of any year and direction (a test holds the two together)."""


def check_places(tables: Tables, *, own_roads: bool = False) -> list[Finding]:
    """Return all that is wrong on the map; with `own_roads` the road graph may lie anywhere."""
    findings = [
        f for name in ("districts", "neighbours") if name in tables for f in check_shapes(tables[name])
    ]
    if "districts" in tables:
        country = build_country(tables)
        findings += check_overlaps(tables["districts"], country)
        for name in ("settlements", "facilities", "road_nodes"):
            if name in tables and not (own_roads and name == "road_nodes"):
                findings += check_positions(tables[name], country)
        for name in ("settlements", "facilities"):
            if name in tables:
                findings += check_own_district(tables[name], country)
    if "roads" in tables and "road_nodes" in tables:
        findings += check_roads(tables["roads"], tables["road_nodes"])
        if "facilities" in tables and not own_roads:
            findings += check_isolated(tables["facilities"], tables["roads"], tables["road_nodes"])
    return findings


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


def check_roads(roads: Rows, nodes: Rows) -> list[Finding]:
    """Return what is wrong with each road: no length, a loop, too short, a line that misses its nodes."""
    frame = roads.frame
    ends = road_ends(roads, nodes)
    lines = road_lines(roads, ends)
    findings = []
    straight_km = np.hypot(*(ends[1] - ends[0]).T) / 1000
    drawn_km = shapely.length(lines) / 1000
    for i, (length, a, b) in enumerate(zip(frame["length_km"], frame["from"], frame["to"], strict=True)):
        where = roads.where(i, "length_km")
        if length == 0 or (a == b and a) or drawn_km[i] == 0:
            findings.append(_no_length(roads, i, float(length), same=bool(a == b and a)))
        elif length * LENGTH_SLACK < straight_km[i]:
            message = f"length_km {length:g} is less than the straight line ({straight_km[i]:.1f} km)."
            hint = "Correct the length or the position of a node."
            findings.append(Finding("warning", "shorter-than-straight", message, where=where, hint=hint))
        elif length * LENGTH_SLACK < drawn_km[i]:
            message = f"length_km {length:g} is less than the drawn line ({drawn_km[i]:.1f} km)."
            hint = "The table's length counts. Correct it or the line."
            findings.append(Finding("warning", "shorter-than-line", message, where=where, hint=hint))
    return findings + _line_ends(roads, lines, *ends)


def road_lines(roads: Rows, ends: tuple[Floats, Floats]) -> Shapes:
    """Return the lines in metres: drawn, else straight between the ends, None where an end is unknown."""
    cells = roads.frame["geometry"].to_numpy(dtype=object)
    lines = np.asarray(in_metres(shapely.from_wkt([cell or None for cell in cells])), dtype=object)
    straight = np.stack(ends, axis=1)
    bare = shapely.is_missing(lines) & np.isfinite(straight).all(axis=(1, 2))
    lines[bare] = shapely.linestrings(straight[bare])
    return lines


def road_ends(roads: Rows, nodes: Rows) -> tuple[Floats, Floats]:
    """Return positions in metres, (n, 2), of both ends of each road; NaN where a node is unknown."""
    points = nodes.frame.drop_duplicates("node_id").set_index("node_id")
    begin, end = (_node_metres(roads.frame[side], points) for side in ("from", "to"))
    return begin, end


def _node_metres(ids: Any, points: Any) -> Floats:
    """Return (n, 2) positions in metres of node ids, NaN where unknown."""
    lat, lon = (ids.map(points[c]).to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    return np.column_stack(project_metres(lat, lon))


def _no_length(roads: Rows, i: int, length_km: float, *, same: bool) -> Finding:
    """Return the error for a road that has no length or goes nowhere."""
    if same:
        message, hint = (
            "the road begins and ends at the same node.",
            "Correct 'from' or 'to', or take it out.",
        )
        return Finding("error", "loop-road", message, where=roads.where(i, "to"), hint=hint)
    column = "length_km" if length_km == 0 else "geometry"
    message = "the road has no length."
    hint = "Write its length in kilometres." if length_km == 0 else "Draw a line with two different points."
    return Finding("error", "zero-length", message, where=roads.where(i, column), hint=hint)


def _line_ends(roads: Rows, lines: Shapes, begin: Floats, end: Floats) -> list[Finding]:
    """Return a finding for each drawn line that does not begin at `from` and end at `to`."""
    first, last = (
        np.column_stack([shapely.get_x(p), shapely.get_y(p)])
        for p in (shapely.get_point(lines, 0), shapely.get_point(lines, -1))
    )
    as_drawn = np.maximum(_gap_km(first, begin), _gap_km(last, end))
    turned = np.maximum(_gap_km(first, end), _gap_km(last, begin))
    findings = []
    for i in np.flatnonzero(as_drawn > END_LIMIT_KM):
        where = roads.where(int(i), "geometry")
        if turned[i] <= END_LIMIT_KM:
            message, hint = "the line runs from 'to' to 'from'.", "Swap 'from' and 'to', or turn the line."
            findings.append(Finding("error", "line-reversed", message, where=where, hint=hint))
        else:
            message = f"the line ends {as_drawn[i]:.1f} km away from its node."
            hint = "Let the line begin at 'from' and end at 'to'."
            findings.append(Finding("warning", "line-misses-node", message, where=where, hint=hint))
    return findings


def _gap_km(a: Floats, b: Floats) -> Floats:
    """Return distances in km between points, 0 where one is unknown."""
    return np.asarray(np.nan_to_num(np.hypot(*(a - b).T) / 1000), dtype=np.float64)


def check_isolated(facilities: Rows, roads: Rows, nodes: Rows) -> list[Finding]:
    """Return an error for each facility whose nearest road is cut off from the rest of the graph."""
    lines = road_lines(roads, road_ends(roads, nodes))
    drawn = np.flatnonzero(~shapely.is_missing(lines))
    lat, lon = (facilities.frame[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if not len(drawn) or not len(known):
        return []
    size, share = components(roads.frame)
    points = shapely.points(*project_metres(lat[known], lon[known]))
    nearest = drawn[shapely.STRtree(lines[drawn]).nearest(points)]
    hint = "Join that road to the network by adding the missing road, or correct the facility's position."
    findings = []
    for i, road in zip(known.tolist(), nearest.tolist(), strict=True):
        if size[road] < COMPONENT_NODES or share[road] < COMPONENT_SHARE:
            name = f"'{roads.frame['road_id'].iloc[road]}' ({roads.places[road]})"
            message = f"its nearest road {name} is cut off: it is joined to {size[road]} nodes only."
            where = facilities.where(i, "lat")
            findings.append(Finding("error", "isolated-facility", message, where=where, hint=hint))
    return findings


def components(roads: pd.DataFrame) -> tuple[NDArray[np.int64], Floats]:
    """Return, for each road, how many nodes its part of the graph has, and that part's share of all km."""
    names = np.unique(np.concatenate([roads["from"].to_numpy(dtype=str), roads["to"].to_numpy(dtype=str)]))
    begin, end = (np.searchsorted(names, roads[side].to_numpy(dtype=str)) for side in ("from", "to"))
    graph = coo_array((np.ones(len(roads)), (begin, end)), shape=(len(names), len(names)))
    _, label = connected_components(graph, directed=False)
    length_km = roads["length_km"].fillna(0.0).to_numpy(dtype=np.float64)
    km = np.bincount(label[begin], weights=length_km, minlength=int(label.max()) + 1)
    total_km = max(float(km.sum()), 1e-9)
    return np.bincount(label)[label[begin]].astype(np.int64), km[label[begin]] / total_km
