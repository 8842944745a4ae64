"""Heights of the ground: the shipped terrain grid, read once and sampled bilinearly."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.errors import Finding, InputError
from geoplan.tables.csv_text import file_missing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

KEYS: Final = ("elevation_m", "north", "west", "step_deg", "source")


@dataclass(frozen=True)
class Terrain:
    """Ground heights on a regular grid of degrees (WGS 84).

    Attributes
    ----------
    elevation_m
        Heights of the cell middles in metres, (rows, columns); row 0 is the northernmost.
    north, west
        Outer edges of the grid in degrees.
    step_deg
        Width and height of a cell in degrees.
    source
        Where the heights come from.
    """

    elevation_m: NDArray[np.int16]
    north: float
    west: float
    step_deg: float
    source: str

    def heights_m(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.float64]:
        """Return heights in metres, shaped like `lat` and `lon` (degrees) together.

        Bilinear between the four cell middles around a point; beyond the grid the nearest edge holds.
        """
        row = (self.north - np.asarray(lat, dtype=np.float64)) / self.step_deg - 0.5
        column = (np.asarray(lon, dtype=np.float64) - self.west) / self.step_deg - 0.5
        rows, columns = self.elevation_m.shape
        row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
        top, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        below, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
        south, east = row - top, column - left
        z = self.elevation_m
        upper = z[top, left] * (1 - east) + z[top, right] * east
        lower = z[below, left] * (1 - east) + z[below, right] * east
        return np.asarray(upper * (1 - south) + lower * south, dtype=np.float64)


def load_terrain(path: Path) -> Terrain:
    """Return the terrain of an `.npz` file with the arrays `KEYS`; nothing in it is unpickled.

    Raises
    ------
    InputError
        If the file is absent, is no such archive, lacks an array or holds no heights.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            missing = [key for key in KEYS if key not in data]
            if missing:
                raise _bad(path, f"the terrain has no array {', '.join(missing)}.")
            terrain = Terrain(
                elevation_m=np.asarray(data["elevation_m"], dtype=np.int16),
                north=float(data["north"]),
                west=float(data["west"]),
                step_deg=float(data["step_deg"]),
                source=str(data["source"]),
            )
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise InputError([file_missing(path, path.name, error)]) from error
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _bad(path, "this is not a terrain archive.") from error
    if terrain.elevation_m.ndim != 2 or not terrain.elevation_m.size or terrain.step_deg <= 0:
        raise _bad(path, "the terrain needs a two-dimensional array of heights and a positive step.")
    return terrain


def _bad(path: Path, message: str) -> InputError:
    """Return the error for an unusable terrain file."""
    hint = f"A terrain file is a NumPy .npz with the arrays {', '.join(KEYS)}."
    return InputError([Finding("error", "bad-terrain", message, where=path.name, hint=hint)])
