"""Borders, roads and neighbours as light GeoJSON that carries positions only: names travel as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

BORDER_TOLERANCE_DEG: Final = 0.0015
"""About 150 m: under one pixel until zoom 10."""

NEIGHBOUR_TOLERANCE_DEG: Final = 0.005

BEYOND_DEG: Final = 6.0
"""How far the background runs on past the edge of its sheet: tall and wide screens see more."""

DIGITS: Final = 4
"""Decimals of a degree on the page: 11 m."""


def light_districts(geometries: Sequence[Any]) -> Geometries:
    """Return the district polygons simplified together, so that shared borders stay shared."""
    shapes = np.array(list(geometries), dtype=object)
    # overlapping polygons of a planner's own layer are simplified one by one: slivers, but no failure
    simplify: Callable[..., Any] = (
        shapely.coverage_simplify if shapely.coverage_is_valid(shapes) else shapely.simplify
    )
    return rounded(simplify(shapes, BORDER_TOLERANCE_DEG))


def light_neighbours(geometries: Sequence[Any]) -> Geometries:
    """Return the background polygons, simplified one by one."""
    return rounded(shapely.simplify(np.array(list(geometries), dtype=object), NEIGHBOUR_TOLERANCE_DEG))


def beyond_the_sheet(geometries: Geometries) -> Geometries:
    """Return the background with what touches the edge of its sheet drawn on outwards by `BEYOND_DEG`.

    Only vertices on the edge move, each straight away from it, so that the polygons still meet.
    """
    if len(geometries) == 0:
        return geometries
    west, south, east, north = shapely.total_bounds(geometries)
    near = 2 * 10.0**-DIGITS

    def outwards(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points[:, 0], points[:, 1]
        along = (x >= east - near).astype(float) - (x <= west + near)
        across = (y >= north - near).astype(float) - (y <= south + near)
        moved: NDArray[np.float64] = points + BEYOND_DEG * np.column_stack([along, across])
        return moved

    out: Geometries = shapely.transform(geometries, outwards)
    return out


def road_lines(roads: pd.DataFrame) -> Geometries:
    """Return the drawn lines of the road table, from WKT text or from geometries, in full detail."""
    values = roads["geometry"].tolist()
    lines = shapely.from_wkt(values) if values and isinstance(values[0], str) else values
    return rounded(np.array(list(lines), dtype=object))


def rounded(geometries: Geometries) -> Geometries:
    """Return the geometries with `DIGITS` decimals; equal vertices stay equal."""
    out: Geometries = shapely.transform(geometries, lambda points: np.round(points, DIGITS))
    return out


def feature_collection(geometries: Geometries) -> dict[str, Any]:
    """Return GeoJSON whose features carry only their row number `i`."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"i": i}, "geometry": shape.__geo_interface__}
            for i, shape in enumerate(geometries)
            if shape is not None and not shape.is_empty
        ],
    }


def outline(geometries: Geometries) -> dict[str, Any] | None:
    """Return the union of the polygons as one GeoJSON geometry, without inner borders; None for none."""
    if len(geometries) == 0:
        return None
    valid = shapely.coverage_is_valid(geometries)
    union = shapely.coverage_union_all(geometries) if valid else shapely.union_all(geometries)
    return dict(union.__geo_interface__) if not union.is_empty else None


def inner_borders(geometries: Geometries) -> dict[str, Any] | None:
    """Return the borders of the background without the edge of its sheet, where no border runs."""
    if len(geometries) == 0:
        return None
    edge = shapely.box(*shapely.total_bounds(geometries)).exterior.buffer(2 * 10.0**-DIGITS)
    lines = shapely.difference(shapely.union_all(shapely.boundary(geometries)), edge)
    return None if lines.is_empty else dict(lines.__geo_interface__)


def label_points(geometries: Geometries) -> list[list[float]]:
    """Return lat, lon of the middle of the widest part of each polygon: where a name fits best."""
    middles = shapely.get_point(shapely.maximum_inscribed_circle(geometries, tolerance=0.01), 0)
    return [[round(p.y, DIGITS), round(p.x, DIGITS)] for p in middles]


def bounds(geometries: Geometries) -> list[list[float]] | None:
    """Return [[south, west], [north, east]] of all polygons together; None for none."""
    if len(geometries) == 0:
        return None
    west, south, east, north = (round(float(v), DIGITS) for v in shapely.total_bounds(geometries))
    return [[south, west], [north, east]]
