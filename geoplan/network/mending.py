"""What falls between the points of a lattice: reached roads, and places on the wrong side of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geoplan.network.reach import Stretches, reached_stretches, road_minutes
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.network.field import Field
    from geoplan.network.snap import Snapping

RIBBON_M: Final = 25.0
"""Half the width of what is drawn for a road or a place that is too narrow for the lattice."""

LEAST_PIECE_M: Final = 1.0
"""Stretches of road shorter than this outside the drawn area are left to its rounding."""

ROUNDING_M: Final = 0.5
"""More than rounding the corners of an area moves its line."""


def polygons(area: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a geometry as one MultiPolygon, in a fixed order."""
    parts = shapely.get_parts(shapely.get_parts(shapely.normalize(area)))
    return shapely.MultiPolygon(list(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]))


def united(parts: Sequence[shapely.Geometry], land: shapely.Geometry | None) -> shapely.MultiPolygon:
    """Return polygons as one area, cut to the land."""
    area = shapely.union_all(np.array(parts, dtype=object))
    return polygons(area if land is None else shapely.intersection(area, land))


def with_roads(area: shapely.MultiPolygon, field: Field, limit_minutes: float) -> shapely.MultiPolygon:
    """Return the area with the reached stretches of road, and the facility, that it lacks."""
    shapely.prepare(area)
    lines = stretch_lines(field, reached_stretches(field, limit_minutes))
    left = shapely.difference(lines[~shapely.covers(area, lines)], area)
    left = left[shapely.length(left) > LEAST_PIECE_M]
    ribbons = shapely.buffer(left, RIBBON_M, cap_style="flat")
    point = shapely.Point(_base(field.facilities, np.array([field.number]))[0])
    around = [] if shapely.intersects(area, point) else [shapely.buffer(point, RIBBON_M)]
    extra = [*ribbons, *around]
    return united([*extra, area], field.world.land) if extra else area


def stretch_lines(field: Field, stretches: Stretches) -> NDArray[np.object_]:
    """Return the drawn lines of stretches of road, LineStrings in `CRS_METRES`."""
    lines, centre_deg = field.world.network.lines, field.world.network.centre_deg
    shapes = np.array(lines.shapes[stretches.edge], dtype=object)
    for i in np.flatnonzero((stretches.share_from > 0) | (stretches.share_to < 1)):
        share = float(stretches.share_from[i]), float(stretches.share_to[i])
        lon_lat = lines.cut(int(stretches.edge[i]), *share)
        metres = project_metres(lon_lat[:, 1], lon_lat[:, 0], centre_deg=centre_deg)
        shapes[i] = shapely.linestrings(np.column_stack(metres))
    return shapes


def with_places(
    area: shapely.MultiPolygon,
    field: Field,
    places: Snapping,
    minutes: NDArray[np.float64],
    limit_minutes: float,
) -> shapely.MultiPolygon:
    """Return the area with every demand point on its right side.

    A place that the area lacks is added with its way to the road (or straight to the facility, where that is
    its route): whoever stands on that way is nearer still. A place of the country just outside the drawn
    outline is joined by a strip, which alone leaves the land. Around a place that the area should not hold
    a small disc is cut out.

    Parameters
    ----------
    minutes
        One a place.
    """
    within = minutes < limit_minutes
    centre_deg = field.world.network.centre_deg
    here = np.column_stack(project_metres(places.lat, places.lon, centre_deg=centre_deg))
    held, on_line = _sides(area, here)
    lacks = np.flatnonzero(within & (~held | on_line))
    if len(lacks):
        base = _base(places, lacks)
        ways = _buffered(base, _way_ends(field, places, lacks, limit_minutes))
        strips = _buffered(here[lacks], base)[places.extra_m[lacks] > 0]
        mended = united([*ways, area], field.world.land)
        area = united([*strips, mended], None)
        held, on_line = _sides(area, here)
    extra = np.flatnonzero(~within & (held | on_line))
    if len(extra):
        radius_m = np.clip(np.nan_to_num(places.distance_m[extra], nan=np.inf) / 2, 1.0, RIBBON_M)
        discs = shapely.buffer(shapely.points(here[extra]), radius_m, quad_segs=4)
        area = polygons(shapely.difference(area, shapely.union_all(discs)))
    return area


def _sides(
    area: shapely.MultiPolygon, here: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which points the area holds, and which lie too near its line to survive rounding."""
    line = shapely.boundary(area)
    shapely.prepare([area, line])
    points = shapely.points(here)
    held = np.asarray(shapely.intersects(area, points), dtype=bool)
    return held, np.asarray(shapely.dwithin(line, points, ROUNDING_M), dtype=bool)


def _way_ends(
    field: Field, places: Snapping, rows: NDArray[np.intp], limit_minutes: float
) -> NDArray[np.float64]:
    """Return x, y of the ends of the places' ways: on the road, or the facility where they go straight."""
    legs = places.out_minutes if field.direction == "to" else places.in_minutes
    by_road = road_minutes(field, places.edge[rows], places.share[rows]) + legs[rows]
    centre_deg = field.world.network.centre_deg
    foot_m = project_metres(places.foot_lat[rows], places.foot_lon[rows], centre_deg=centre_deg)
    foot = np.column_stack(foot_m)
    facility = _base(field.facilities, np.array([field.number]))
    return np.where((by_road < limit_minutes)[:, None], foot, facility)


def _base(points: Snapping, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return x, y of points on the land, (n, 2)."""
    return np.column_stack([points.base_x_m[rows], points.base_y_m[rows]])


def _buffered(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return straight ways as narrow polygons."""
    return np.asarray(shapely.buffer(shapely.linestrings(np.stack([start, end], axis=1)), RIBBON_M))
