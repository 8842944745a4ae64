"""Find large lakes in the shipped elevation grid: what is flat to the metre over 20 km2 and is water."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.ndimage import label

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry as Geometry

TERRAIN = Path(__file__).parent.parent / "terrain.npz"
MIN_AREA_KM2 = 20.0
KM_PER_DEG = 111.2
SIMPLIFY_DEG = 0.006  # of the stair steps of cells of 0.0083 degrees
SOURCE = (
    "assumed: contiguous cells of one elevation in NOAA GLOBE (boundaries/terrain.npz), at least 20 km2; "
    "shore good to 1 km, state of the 1990s"
)


@dataclass(frozen=True)
class Lake:
    """A named lake: where it lies, and the elevations that GLOBE gives its surface."""

    names: tuple[str, str, str]  # Azerbaijani, English, Russian
    seeds: tuple[tuple[float, float, int], ...]  # latitude, longitude, elevation in metres


# The rule alone also finds plains near sea level; these are the flats that are lakes. GLOBE gives Mingachevir
# two levels, west and east of 47 degrees. Şəmkir, Yenikənd and Sərsəng reservoirs are not in GLOBE.
LAKES = (
    Lake(
        ("Mingəçevir su anbarı", "Mingachevir reservoir", "Мингечевирское водохранилище"),
        ((40.92, 46.72, 73), (40.83, 47.05, 78)),
    ),
    Lake(("Araz su anbarı", "Araz reservoir", "Аразское водохранилище"), ((39.14, 45.36, 759),)),
    Lake(("Göyçə gölü (Sevan)", "Lake Sevan", "Озеро Севан"), ((40.35, 45.35, 1875),)),
)


def flat(elevation_m: NDArray[np.int16], level_m: int, cell: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the cells of one elevation that hang together with a cell of the grid."""
    if elevation_m[cell] != level_m:
        raise ValueError(f"the cell {cell} lies at {elevation_m[cell]} m, not at {level_m} m")
    parts, _ = label(elevation_m == level_m)
    return np.asarray(parts == parts[cell])


def outline(cells: NDArray[np.bool_], *, north: float, west: float, step_deg: float) -> Geometry:
    """Return the outline of cells in degrees, its stair steps removed."""
    rows, columns = np.nonzero(cells)
    left, top = west + columns * step_deg, north - rows * step_deg
    boxes = shapely.box(left, top - step_deg, left + step_deg, top)
    shape = shapely.union_all(shapely.set_precision(boxes, 1e-5))
    largest = max(shapely.get_parts(shape), key=lambda part: float(part.area))
    smooth: Geometry = shapely.set_precision(shapely.simplify(largest, SIMPLIFY_DEG), 1e-5)
    return smooth


def lake_shapes(path: Path = TERRAIN) -> list[tuple[tuple[str, str, str], Geometry]]:
    """Return names and outline (degrees) of each lake; ValueError where a flat is smaller than 20 km2."""
    with np.load(path) as grid:
        elevation_m = grid["elevation_m"]
        north, west, step = (float(grid[key]) for key in ("north", "west", "step_deg"))
    out = []
    for lake in LAKES:
        cells = np.zeros(elevation_m.shape, dtype=bool)
        for lat, lon, level_m in lake.seeds:
            cell = int((north - lat) / step), int((lon - west) / step)
            found = flat(elevation_m, level_m, cell)
            km2 = found.sum() * (step * KM_PER_DEG) ** 2 * np.cos(np.radians(lat))
            if km2 < MIN_AREA_KM2:
                raise ValueError(f"{lake.names[1]}: {km2:.0f} km2 at {level_m} m")
            cells |= found
        out.append((lake.names, outline(cells, north=north, west=west, step_deg=step)))
    return out
