"""Plane geometry of a district coverage: the working plane, true areas, and clean shared vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry as Geometry

LON0, LAT0 = 47.5, 40.2
KM_PER_DEG_LAT = 111.04
KM_PER_DEG_LON = 111.32 * float(np.cos(np.radians(LAT0)))
DECIMALS = 5
GAP_DEG = 0.002  # a narrower gap between two shapes (about 0.2 km) is a fault
# Equal areas: the projection in which every area of the report is measured.
EQUAL_AREA = pyproj.Transformer.from_crs(
    "EPSG:4326", f"+proj=laea +lat_0={LAT0} +lon_0={LON0} +datum=WGS84 +units=m", always_xy=True
)
Units = dict[str, "Geometry"]


def to_plane(shape: Geometry) -> Geometry:
    """
    Return a shape of degrees in the working plane, in km.

    The plane is an affine picture of longitude and latitude: straight edges stay straight, and a new vertex
    on an edge lies on it in both. Distances are right within 2 % over the country.
    """
    return shapely.transform(shape, lambda c: (c - [LON0, LAT0]) * [KM_PER_DEG_LON, KM_PER_DEG_LAT])


def to_degrees(shape: Geometry) -> Geometry:
    """Return a shape of the working plane in degrees."""
    return shapely.transform(shape, lambda c: c / [KM_PER_DEG_LON, KM_PER_DEG_LAT] + [LON0, LAT0])


def area_km2(shape: Geometry) -> float:
    """Return the area of a shape of degrees, in km2."""
    metres = shapely.transform(shape, lambda c: np.column_stack(EQUAL_AREA.transform(c[:, 0], c[:, 1])))
    return float(metres.area) / 1e6


def parts(shape: Geometry) -> list[shapely.Polygon]:
    """Return the polygons of a shape, largest first; lines and points are left out."""
    polygons = [p for p in shapely.get_parts(shape) if isinstance(p, shapely.Polygon) and not p.is_empty]
    return sorted(polygons, key=lambda p: (-p.area, p.bounds))


def polygonal(shape: Geometry) -> Geometry:
    """Return the polygons of a shape as one shape."""
    found = parts(shape)
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)


def map_units(units: Mapping[str, Geometry], change: Callable[[Geometry], Geometry]) -> Units:
    """Return the units with every shape changed by one function."""
    return {key: change(units[key]) for key in sorted(units)}


def snap(units: Mapping[str, Geometry]) -> Units:
    """
    Return the units (degrees) as a clean coverage on a grid of five decimals.

    Every border line is noded on the grid and cut into faces, and each face is given to the unit that covers
    its inner point: neighbours then share every vertex, and no gap or overlap can be left.
    """
    keys = sorted(units)
    grid = 10.0**-DECIMALS
    lines = shapely.union_all([units[key].boundary for key in keys], grid_size=grid)
    faces = [_rounded(face) for face in shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))]
    tree = shapely.STRtree([units[key] for key in keys])
    owned: dict[str, list[Geometry]] = {key: [] for key in keys}
    for face in faces:
        owners = sorted(tree.query(face.representative_point(), predicate="within"))
        if owners:
            owned[keys[owners[0]]].append(face)
    return {key: _ordered(shapely.coverage_union_all(owned[key])) for key in keys}


def _rounded(shape: Geometry) -> Geometry:
    return shapely.transform(shape, lambda c: np.round(c, DECIMALS))


def _ordered(shape: Geometry) -> Geometry:
    """Return the shape in one normal form: outer rings counter-clockwise, parts from the largest on."""
    normal = shapely.normalize(shapely.orient_polygons(polygonal(shape)))
    return polygonal(shapely.orient_polygons(normal))


def is_coverage(units: Mapping[str, Geometry]) -> bool:
    """Return whether the units fit together without gap or overlap, every shape valid."""
    shapes: Sequence[Geometry] = [units[key] for key in sorted(units)]
    fits = bool(shapely.coverage_is_valid(shapes, gap_width=GAP_DEG))
    return fits and bool(shapely.is_valid(shapes).all())


def pairwise_moves(
    before: Mapping[str, Geometry], after: Mapping[str, Geometry]
) -> dict[tuple[str, str], float]:
    """Return the area in km2 that went from one unit to another; '' stands for outside of all units."""
    moves = {}
    whole = {
        "before": shapely.union_all(list(before.values())),
        "after": shapely.union_all(list(after.values())),
    }
    for giver in sorted(before):
        lost = before[giver].difference(after[giver])
        for taker in sorted(after):
            if taker != giver and lost.intersects(after[taker]):
                moves[giver, taker] = area_km2(lost.intersection(after[taker]))
        moves[giver, ""] = area_km2(lost.difference(whole["after"]))
    for taker in sorted(after):
        moves["", taker] = area_km2(after[taker].difference(whole["before"]))
    return {pair: moved for pair, moved in moves.items() if moved > 0}
