"""Rural land as H3 hexagons clipped to districts, and how habitable each piece is (assumed rule)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import h3
import numpy as np
import shapely
from scipy.spatial import cKDTree

from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.tables.terrain import Terrain

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PIECE_MIN_KM2: Final = 0.1
"""Smaller slivers of a hexagon along a district border carry nobody; their people go to the neighbours."""

PART_PLACE_KM: Final = 5.0
"""A settlement this near to a detached part of its district stands for people on it."""

ELEVATION_FULL_M: Final = 1000.0
ELEVATION_EMPTY_M: Final = 2400.0
"""Assumed: all ground up to 1,000 m counts in full, then less and less up to 2,400 m, just above the
highest lasting village of the country (Khinalug, about 2,350 m; own knowledge)."""

SLOPE_DECAY: Final = 0.15
"""Assumed: ground of slope s counts exp(-s / 0.15); 15 % of slope leaves 37 %."""

SETTLEMENT_DECAY_KM: Final = 10.0
SETTLEMENT_DECAY_CITY_KM: Final = 3.0
ROAD_DECAY_KM: Final = 5.0
"""Assumed: nearness falls as exp(-d / 10 km) from settlements, in cities of republican rank as
exp(-d / 3 km), since what they hold beyond their settlements is suburb, and as exp(-d / 5 km) from roads."""

FAR_SHARE: Final = 0.1
FAR_SHARE_CITY: Final = 0.01
"""Assumed: what nearness leaves far from everything; in cities next to nothing."""

ROAD_STEP_M: Final = 1000.0
"""Road lines are taken as points at most this far apart when nearness is measured."""

RING_SAMPLES: Final = 6
RING_SHARE: Final = 0.6
"""Terrain is sampled at the middle of a piece and at six points around it, at 0.6 of its radius."""

SLOPE_STEP_M: Final = 900.0
"""Half the span of the central difference that gives the slope: about one cell of the terrain model."""

_METRES_PER_DEGREE: Final = 111_195.0  # mean meridian degree of a sphere of 6,371 km: only to lay out samples
_HULL_MARGIN: Final = 1.6  # hexagon edges by which the covered area reaches past the districts


@dataclass(frozen=True)
class LandPieces:
    """Pieces of hexagons inside districts, sorted by id.

    Attributes
    ----------
    ids
        `h3-<index>` where one district holds all of the hexagon's land, else `h3-<index>-<district code>`.
    district
        int64: place of the piece's district in the list that was given.
    lat, lon
        A point inside the piece, degrees with 5 decimals.
    area_km2
        Area of the piece, equal-area projection.
    polygons
        The pieces, EPSG:4326.
    """

    ids: tuple[str, ...]
    district: Ints
    lat: Floats
    lon: Floats
    area_km2: Floats
    polygons: NDArray[Any]

    def take(self, rows: NDArray[Any]) -> LandPieces:
        """Return the pieces at `rows` (integers or a mask)."""
        where = np.arange(len(self.ids))[rows]
        return LandPieces(
            ids=tuple(self.ids[i] for i in where),
            district=self.district[where],
            lat=self.lat[where],
            lon=self.lon[where],
            area_km2=self.area_km2[where],
            polygons=self.polygons[where],
        )

    def radius_km(self) -> Floats:
        """Return the radius of the circle of each piece's area."""
        return np.asarray(np.sqrt(self.area_km2 / math.pi), dtype=np.float64)


def land_pieces(
    district_ids: Sequence[str],
    polygons: NDArray[Any],
    *,
    resolutions: Sequence[int],
    water: NDArray[Any] | None = None,
) -> LandPieces:
    """Cut H3 hexagons along district borders.

    Parameters
    ----------
    district_ids, polygons, resolutions
        One each per district: id, polygon in EPSG:4326, H3 resolution.
    water
        Polygons (EPSG:4326) to take off, e.g. lakes.
    """
    code, owner, parts = [], [], []
    levels = np.asarray(resolutions)
    for level in sorted(set(resolutions)):
        rows = np.flatnonzero(levels == level)
        cells, hexagons = _hexagons(polygons[rows], level)
        hexagon, row, part = _clip(hexagons, polygons[rows])
        code.append(cells[hexagon])
        owner.append(rows[row])
        parts.append(part)
    pieces = _without_water(np.concatenate(parts), water)
    return _labelled(district_ids, np.concatenate(code), np.concatenate(owner), pieces)


def parts_with_places(polygon: Any, lat: Floats, lon: Floats) -> Any:
    """Return `polygon` (EPSG:4326) without the detached parts that are nearest to none of the places.

    Assumed: an island or exclave without a listed settlement (reserve, sandbank, village beyond the border)
    has no people. A place further than `PART_PLACE_KM` from the polygon (oil platforms) speaks for no part;
    if no part would be left, the polygon comes back as it is.
    """
    parts = np.asarray(shapely.get_parts(polygon), dtype=object)
    if len(parts) < 2 or not len(lat):
        return polygon
    places = np.column_stack(project_metres(lat, lon))
    metres = shapely.transform(parts, _to_metres)
    away_m = np.array([shapely.distance(metres, shapely.Point(place)) for place in places])
    near = away_m.min(axis=1) <= PART_PLACE_KM * 1000
    return shapely.multipolygons(parts[np.unique(away_m[near].argmin(axis=1))]) if near.any() else polygon


def _hexagons(polygons: NDArray[Any], level: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return indexes and polygons of all hexagons that may touch `polygons`, sorted by index."""
    edge_deg = h3.average_hexagon_edge_length(level, unit="m") / _METRES_PER_DEGREE
    # an edge is longer in degrees of longitude: divide by the cosine of the northernmost latitude
    north_deg = min(float(shapely.bounds(polygons)[:, 3].max()), 80.0)
    margin = _HULL_MARGIN * edge_deg / math.cos(math.radians(north_deg))
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(shapely.get_coordinates(polygons))), margin)
    outline = [(lat, lon) for lon, lat in shapely.get_coordinates(hull)]
    cells = sorted(h3.h3shape_to_cells(h3.LatLngPoly(outline), level))
    rings = [h3.cell_to_boundary(cell) for cell in cells]
    sizes = np.fromiter(map(len, rings), dtype=np.int64, count=len(rings))
    lat_lon = np.concatenate([np.asarray(ring) for ring in rings])
    lines = shapely.linearrings(lat_lon[:, ::-1], indices=np.repeat(np.arange(len(rings)), sizes))
    return np.asarray(cells, dtype=object), np.asarray(shapely.polygons(lines), dtype=object)


def _clip(hexagons: NDArray[Any], polygons: NDArray[Any]) -> tuple[Ints, Ints, NDArray[Any]]:
    """Return hexagon, district and geometry of every non-empty intersection."""
    tree = shapely.STRtree(hexagons)
    row, hexagon = tree.query(polygons, predicate="intersects")
    inside_row, inside_hexagon = tree.query(polygons, predicate="contains")
    width = len(hexagons)
    whole = np.isin(row * width + hexagon, inside_row * width + inside_hexagon)
    parts = hexagons[hexagon]
    parts[~whole] = shapely.intersection(parts[~whole], polygons[row[~whole]])
    keep = shapely.area(parts) > 0
    return hexagon[keep], row[keep], parts[keep]


def _without_water(parts: NDArray[Any], water: NDArray[Any] | None) -> NDArray[Any]:
    """Return `parts` less the water that they touch; a part wholly under water becomes empty."""
    if water is None or not len(water):
        return parts
    dry = parts.copy()
    for lake in water:
        wet = np.flatnonzero(shapely.intersects(dry, lake))
        dry[wet] = shapely.difference(dry[wet], lake)
    return dry


def _labelled(
    district_ids: Sequence[str], cells: NDArray[Any], owner: NDArray[Any], parts: NDArray[Any]
) -> LandPieces:
    """Drop slivers, name the pieces, give each a point and an area, and sort them by id."""
    area_km2 = _area_km2(parts)
    largest = np.zeros(len(district_ids))
    np.maximum.at(largest, owner, area_km2)
    keep = (area_km2 > 0) & ((area_km2 >= PIECE_MIN_KM2) | (area_km2 == largest[owner]))
    cells, owner, parts, area_km2 = cells[keep], owner[keep], parts[keep], area_km2[keep]
    _, place, count = np.unique(cells, return_inverse=True, return_counts=True)
    shared = count[place] > 1
    codes = [d.removeprefix("AZ-").lower() for d in district_ids]
    ids = [
        f"h3-{cell}-{codes[d]}" if s else f"h3-{cell}"
        for cell, d, s in zip(cells, owner, shared, strict=True)
    ]
    order = np.argsort(np.asarray(ids, dtype=object), kind="stable")
    lon, lat = _inner_points(parts)
    return LandPieces(
        ids=tuple(ids[i] for i in order),
        district=owner[order].astype(np.int64),
        lat=lat[order],
        lon=lon[order],
        area_km2=area_km2[order],
        polygons=parts[order],
    )


def _area_km2(parts: NDArray[Any]) -> Floats:
    """Return areas in the equal-area projection."""
    metres = shapely.transform(parts, _to_metres)
    return np.asarray(shapely.area(metres) / 1e6, dtype=np.float64)


def _to_metres(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return projected coordinates for an (n, 2) array of longitude and latitude."""
    return np.column_stack(project_metres(lon_lat[:, 1], lon_lat[:, 0]))


def _inner_points(parts: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return lon, lat of the centroid where it lies in the piece, else of some point in it."""
    points = shapely.centroid(parts)
    out = ~shapely.contains(parts, points)
    points[out] = shapely.point_on_surface(parts[out])
    return np.round(shapely.get_x(points), 5), np.round(shapely.get_y(points), 5)


def nearest_km(lat: Floats, lon: Floats, places: NDArray[np.float64]) -> tuple[Floats, Ints]:
    """Return distance to, and row of, the nearest of `places` (n, 2 metres); inf and -1 if there is none."""
    if not len(places):
        return np.full(len(lat), np.inf), np.full(len(lat), -1, dtype=np.int64)
    distance_m, row = cKDTree(places).query(np.column_stack(project_metres(lat, lon)))
    return np.asarray(distance_m / 1000, dtype=np.float64), np.asarray(row, dtype=np.int64)


def road_points(lines: NDArray[Any]) -> NDArray[np.float64]:
    """Return points in metres along road lines (EPSG:4326), at most `ROAD_STEP_M` apart."""
    lines = lines[~(shapely.is_missing(lines) | shapely.is_empty(lines))]
    metres = shapely.transform(lines, _to_metres)
    return np.asarray(shapely.get_coordinates(shapely.segmentize(metres, ROAD_STEP_M)), dtype=np.float64)


def habitability(
    pieces: LandPieces,
    terrain: Terrain,
    *,
    settlements: NDArray[np.float64],
    roads: NDArray[np.float64],
    in_city: NDArray[np.bool_],
) -> Floats:
    """Return a weight per piece: area x terrain x nearness to settlements x nearness to roads.

    `settlements` and `roads` are points in metres, (n, 2); `in_city` says per piece whether its district is
    a city. The rule and its constants are assumed (see docs/demand.md); nothing in it is fitted.
    """
    to_settlement_km, _ = nearest_km(pieces.lat, pieces.lon, settlements)
    to_road_km, _ = nearest_km(pieces.lat, pieces.lon, roads)
    far = np.where(in_city, FAR_SHARE_CITY, FAR_SHARE)
    decay_km = np.where(in_city, SETTLEMENT_DECAY_CITY_KM, SETTLEMENT_DECAY_KM)
    near_settlement = far + (1 - far) * np.exp(-to_settlement_km / decay_km)
    near_road = far + (1 - far) * np.exp(-to_road_km / ROAD_DECAY_KM)
    ground = terrain_share(pieces.lat, pieces.lon, pieces.radius_km(), terrain)
    return np.asarray(pieces.area_km2 * ground * near_settlement * near_road, dtype=np.float64)


def terrain_share(lat: Floats, lon: Floats, radius_km: Floats, terrain: Terrain) -> Floats:
    """Return the mean, over seven sample points of each piece, of what its height and slope leave (0..1)."""
    angle = np.arange(RING_SAMPLES) * (2 * math.pi / RING_SAMPLES)
    north = np.concatenate(([0.0], np.cos(angle)))
    east = np.concatenate(([0.0], np.sin(angle)))
    reach_deg = (RING_SHARE * 1000 / _METRES_PER_DEGREE) * radius_km[:, None]
    cosine = np.cos(np.radians(lat))[:, None]
    sample_lat = lat[:, None] + reach_deg * north
    sample_lon = lon[:, None] + reach_deg * east / cosine
    height_m = terrain.heights_m(sample_lat, sample_lon)
    slope = _slope(terrain, sample_lat, sample_lon, cosine)
    low = (ELEVATION_EMPTY_M - height_m) / (ELEVATION_EMPTY_M - ELEVATION_FULL_M)
    share = np.clip(low, 0, 1) * np.exp(-slope / SLOPE_DECAY)
    return np.asarray(share.mean(axis=1), dtype=np.float64)


def _slope(terrain: Terrain, lat: Floats, lon: Floats, cosine: Floats) -> Floats:
    """Return the slope (rise over run) by central differences over twice `SLOPE_STEP_M`."""
    step_deg = SLOPE_STEP_M / _METRES_PER_DEGREE
    east_deg = step_deg / cosine
    north_rise_m = terrain.heights_m(lat + step_deg, lon) - terrain.heights_m(lat - step_deg, lon)
    east_rise_m = terrain.heights_m(lat, lon + east_deg) - terrain.heights_m(lat, lon - east_deg)
    return np.asarray(np.hypot(north_rise_m, east_rise_m) / (2 * SLOPE_STEP_M), dtype=np.float64)
