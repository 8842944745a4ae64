"""Read the shipped elevation grid and lay road lines over it: slope, climb, paths, road lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.ndimage import map_coordinates, minimum_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0088

HIDING_CHORD_KM = 10.0
THROUGH_CLASSES = frozenset(["motorway", "trunk"])
MAX_GRADE = {"motorway": 0.05, "trunk": 0.06, "primary": 0.065, "secondary": 0.07}
MAX_GRADE_OTHER = 0.10
SAMPLE_KM = 0.5
CLIMB_PIECE_KM = 2.0  # climbs are read over pieces of this length: two cells, so that grid noise is no climb

PATH_BENDS_PER_SLOPE = 1.8  # how much a line that is laid prefers gentle ground; no length rests on it
MOUNTAIN_SLOPE = 0.012  # mean slope of the gentlest ground from which a leg is laid along the terrain
MARGIN_DEG = 0.1  # how far a least-cost path may leave the box of its two ends
STEPS = (
    (0, 1), (1, 0), (1, 1), (1, -1),
    (1, 2), (2, 1), (1, -2), (2, -1),
    (1, 3), (3, 1), (1, -3), (3, -1), (2, 3), (3, 2), (2, -3), (3, -2),
)  # fmt: skip
SIMPLIFY_DEG = 0.004
MAX_SPACING_KM = 4.0


@dataclass(frozen=True)
class LengthModel:
    """How much longer a road is than its drawn line; the numbers are this project's own, `assumed`.

    A drawn line is a chain of chords. In the plain the road is longer by the shortest bends and by those
    that a long chord hides (share at a chord of 10 km or more, in proportion below; less where the class is
    higher). On slopes it winds more than a 30 arc-second grid shows: motorways and trunk roads in proportion
    to the slope, as they are cut and bridged; primary roads less, minor ones more, and soon by a nearly
    constant share, as they follow the ground.

    The numbers are set on sourced lengths of road projects, never on town-to-town tables; how well they do,
    also on projects they have not seen, stands in README.md and is printed by `roads.py --modelled`.
    """

    short_bends: float = 0.02
    hidden_trunk: float = 0.02
    hidden_primary: float = 0.07
    hidden_other: float = 0.08
    through_bends_per_slope: float = 1.8
    through_most_bends: float = 0.35
    winding_primary: float = 0.08  # share added on steep ground
    winding_other: float = 0.22
    winding_slope: float = 0.015  # terrain slope at which two thirds of it are reached

    def hidden_bends(self, road_class: str) -> float:
        """Share hidden by a long chord, by class."""
        known = {"motorway": 0.0, "trunk": self.hidden_trunk, "primary": self.hidden_primary}
        return known.get(road_class, self.hidden_other)

    def slope_bends(self, slope: Floats, road_class: str) -> Floats:
        """Share added on slopes."""
        if road_class in THROUGH_CLASSES:
            return np.minimum(self.through_bends_per_slope * slope, self.through_most_bends)
        winding = self.winding_primary if road_class == "primary" else self.winding_other
        return np.asarray(winding * (1 - np.exp(-slope / self.winding_slope)), dtype=np.float64)


LENGTHS = LengthModel()


@dataclass(frozen=True)
class Terrain:
    """Elevation grid in metres (row 0 in the north), its slope, and the cells a road may use."""

    elevation_m: Floats
    slope: Floats
    passable: NDArray[np.bool_]
    north: float
    west: float
    step_deg: float

    def cell(self, lon: Floats, lat: Floats) -> Floats:
        """Fractional (row, column) of points, shape (2, n); the value of a cell holds at its centre."""
        rows = (self.north - lat) / self.step_deg - 0.5
        columns = (lon - self.west) / self.step_deg - 0.5
        return np.vstack([rows, columns])

    def sample(self, grid: Floats, points: Floats) -> Floats:
        """Values of `grid` at `points` (n, 2: lon, lat), bilinear."""
        cells = self.cell(points[:, 0], points[:, 1])
        return np.asarray(map_coordinates(grid, cells, order=1, mode="nearest"), dtype=np.float64)


def read_terrain(path: Path, *, land: shapely.Geometry) -> Terrain:
    """Read the clip of NOAA GLOBE and mark the cells whose centre lies on `land` (EPSG:4326)."""
    with np.load(path) as grid:
        elevation_m = grid["elevation_m"].astype(np.float64)
        north, west, step = (float(grid[key]) for key in ("north", "west", "step_deg"))
    rows, columns = elevation_m.shape
    lats = north - (np.arange(rows) + 0.5) * step
    lons = west + (np.arange(columns) + 0.5) * step
    metres = step * np.pi / 180 * EARTH_RADIUS_KM * 1000
    down, across = np.gradient(elevation_m, metres)
    steepness = np.hypot(down, across / np.cos(np.radians(lats))[:, None])
    # A road takes the gentlest ground within a cell: at the foot of a ridge it does not wind like one on it.
    slope = minimum_filter(steepness, size=3, mode="nearest")
    shapely.prepare(land)
    passable = shapely.contains_xy(land, *np.meshgrid(lons, lats))
    return Terrain(elevation_m, slope, passable, north, west, step)


def distances_km(points: Floats) -> Floats:
    """Great-circle lengths of the chords of a line (n, 2: lon, lat)."""
    lon, lat = np.radians(points.T)
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)), dtype=np.float64)


def densify(points: Floats, *, spacing_km: float) -> Floats:
    """Cut a line into chords of at most `spacing_km`."""
    out = [points[:1]]
    for start, end, km in zip(points[:-1], points[1:], distances_km(points), strict=True):
        pieces = max(1, int(np.ceil(km / spacing_km - 1e-9)))
        shares = np.arange(1, pieces + 1)[:, None] / pieces
        out.append(start + shares * (end - start))
    return np.vstack(out)


def mean_slope(terrain: Terrain, points: Floats) -> float:
    """Mean terrain slope (rise over run) along a line."""
    return float(terrain.sample(terrain.slope, densify(points, spacing_km=SAMPLE_KM)).mean())


def road_km(
    terrain: Terrain, points: Floats, *, road_class: str, climb: bool = True, model: LengthModel = LENGTHS
) -> float:
    """Length of the road along a drawn line, km.

    Every piece of about 2 km counts the larger of its chords times the sinuosity of its ground, and of what
    its net climb needs at the largest grade of its class.
    """
    pieces = densify(points, spacing_km=SAMPLE_KM)
    chords = distances_km(pieces)
    middle = (pieces[:-1] + pieces[1:]) / 2
    drawn = distances_km(points)
    share = np.minimum(drawn / HIDING_CHORD_KM, 1) * model.hidden_bends(road_class)
    hidden = np.repeat(share, np.maximum(1, np.ceil(drawn / SAMPLE_KM - 1e-9).astype(int)))
    bends = model.slope_bends(terrain.sample(terrain.slope, middle), road_class)
    along = np.concatenate([[0.0], np.cumsum(chords)])
    wound = np.concatenate([[0.0], np.cumsum(chords * (1 + model.short_bends + hidden + bends))])
    count = max(1, round(along[-1] / CLIMB_PIECE_KM))
    cuts = np.linspace(0, along[-1], count + 1)
    height = np.interp(cuts, along, terrain.sample(terrain.elevation_m, pieces))
    need = np.abs(np.diff(height)) / 1000 / MAX_GRADE.get(road_class, MAX_GRADE_OTHER)
    lengths = np.diff(np.interp(cuts, along, wound))
    return float(np.maximum(lengths, need).sum() if climb else lengths.sum())


def climb_m_per_km(terrain: Terrain, points: Floats, *, km: float, road_class: str) -> float:
    """Rise and fall together, metres per kilometre of road, of a road of length `km` along a drawn line.

    Heights are read about every 2 km, and no piece is steeper than the largest grade of its class: a road
    goes round what a drawn line crosses.
    """
    pieces = densify(points, spacing_km=SAMPLE_KM)
    along = np.concatenate([[0.0], np.cumsum(distances_km(pieces))])
    cuts = np.linspace(0, along[-1], max(1, round(along[-1] / CLIMB_PIECE_KM)) + 1)
    height = np.interp(cuts, along, terrain.sample(terrain.elevation_m, pieces))
    most = 1000 * MAX_GRADE.get(road_class, MAX_GRADE_OTHER) * km / (len(cuts) - 1)
    return float(np.minimum(np.abs(np.diff(height)), most).sum() / km)


def _window(terrain: Terrain, ends: Floats) -> tuple[slice, slice]:
    cells = terrain.cell(ends[:, 0], ends[:, 1])
    margin = MARGIN_DEG / terrain.step_deg
    low = np.maximum(np.floor(cells.min(axis=1) - margin).astype(int), 0)
    high = np.minimum(np.ceil(cells.max(axis=1) + margin).astype(int) + 1, terrain.slope.shape)
    return slice(low[0], high[0]), slice(low[1], high[1])


def _arcs(height: Floats, slope: Floats, *, cell_km: tuple[float, float]) -> coo_array:
    """Arcs between cells; a step costs its road length: chord with bends, or its climb at 6 %."""
    index = np.arange(height.size).reshape(height.shape)
    rows, columns = height.shape
    tails, heads, costs = [], [], []
    for down, right in STEPS:
        here = (slice(0, rows - down), slice(max(0, -right), columns - max(0, right)))
        there = (slice(down, rows), slice(max(0, right), columns - max(0, -right)))
        km = float(np.hypot(down * cell_km[0], right * cell_km[1]))
        bends = PATH_BENDS_PER_SLOPE * (slope[here] + slope[there]) / 2
        climb = np.abs(height[here] - height[there]) / 1000 / 0.06
        tails.append(index[here].ravel())
        heads.append(index[there].ravel())
        costs.append(np.maximum(km * (1.05 + bends), climb).ravel())
    shape = (height.size, height.size)
    return coo_array((np.concatenate(costs), (np.concatenate(tails), np.concatenate(heads))), shape=shape)


def _nearest_cell(terrain: Terrain, point: Floats, window: tuple[slice, slice]) -> tuple[int, int]:
    cells = np.rint(terrain.cell(point[:1], point[1:])[:, 0]).astype(int)
    limits = [(part.start, part.stop - 1) for part in window]
    row, column = (int(np.clip(cell, *limit)) - limit[0] for cell, limit in zip(cells, limits, strict=True))
    return row, column


def least_cost_line(terrain: Terrain, ends: Floats) -> Floats:
    """Lay a leg (2, 2: lon, lat) along the terrain: the path of least road length over the grid.

    Dijkstra over the cells of the window (32 directions), cells off the land left out, stair steps removed
    by Douglas-Peucker at about 0.4 km. The straight leg is returned where no path exists.
    """
    window = _window(terrain, ends)
    latitude = float(ends[:, 1].mean())
    km = terrain.step_deg * np.pi / 180 * EARTH_RADIUS_KM
    height = terrain.elevation_m[window]
    slope = np.where(terrain.passable[window], terrain.slope[window], 1e6)
    graph = _arcs(height, slope, cell_km=(km, km * float(np.cos(np.radians(latitude)))))
    start, stop = (
        int(np.ravel_multi_index(_nearest_cell(terrain, end, window), height.shape)) for end in ends
    )
    _, previous = dijkstra(graph.tocsr(), directed=False, indices=[start], return_predecessors=True)
    previous = previous[0]
    path = [stop]
    while path[-1] != start and previous[path[-1]] >= 0:
        path.append(int(previous[path[-1]]))
    if path[-1] != start or len(path) < 3:
        return ends
    rows, columns = np.unravel_index(path[-2:0:-1], height.shape)
    lats = terrain.north - (rows + window[0].start + 0.5) * terrain.step_deg
    lons = terrain.west + (columns + window[1].start + 0.5) * terrain.step_deg
    line = np.vstack([ends[:1], np.column_stack([lons, lats]), ends[1:]])
    return np.asarray(shapely.LineString(line).simplify(SIMPLIFY_DEG).coords, dtype=np.float64)
