"""Drawn road lines as flat vertex arrays: where a share of a line lies, and the piece between two shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.units import LAEA_LAT_DEG, LAEA_LON_DEG, project_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOME_DEG: Final = (LAEA_LAT_DEG, LAEA_LON_DEG)
"""Middle of `CRS_METRES`."""

HOME_REACH_DEGREES: Final = 8.0
"""Roads whose middle lies farther than this from it are measured about their own middle."""


@dataclass(frozen=True)
class DrawnLines:
    """Polylines laid end to end in flat arrays; line i owns vertices `start[i]` to `start[i + 1] - 1`.

    Attributes
    ----------
    start
        int64, (lines + 1).
    lon, lat
        Degrees, EPSG:4326, one a vertex.
    x_m, y_m
        Metres of `CRS_METRES`, one a vertex.
    along_m
        Metres from the first vertex of the first line, all lines end to end; straight in `CRS_METRES`.
    """

    start: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    along_m: NDArray[np.float64]

    @cached_property
    def length_m(self) -> NDArray[np.float64]:
        """Drawn length of each line in metres (never a cost: the table's `length_km` rules that)."""
        return self.along_m[self.start[1:] - 1] - self.along_m[self.start[:-1]]

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The lines as shapely LineStrings in `CRS_METRES`."""
        if len(self.start) == 1:
            return np.empty(0, dtype=object)
        owner = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        return np.asarray(shapely.linestrings(np.column_stack([self.x_m, self.y_m]), indices=owner))

    def at(
        self, line: NDArray[np.integer[Any]], share: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latitude and longitude (degrees) of positions given as a share of their line."""
        vertex, part = self._locate(line, share)
        lat = self.lat[vertex] + part * (self.lat[vertex + 1] - self.lat[vertex])
        lon = self.lon[vertex] + part * (self.lon[vertex + 1] - self.lon[vertex])
        return lat, lon

    def at_m(
        self, line: NDArray[np.integer[Any]], share: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y in metres of positions given as a share of their line."""
        vertex, part = self._locate(line, share)
        x_m = self.x_m[vertex] + part * (self.x_m[vertex + 1] - self.x_m[vertex])
        y_m = self.y_m[vertex] + part * (self.y_m[vertex + 1] - self.y_m[vertex])
        return x_m, y_m

    def cut(self, line: int, share_from: float, share_to: float) -> NDArray[np.float64]:
        """Return the lon, lat vertices, (n, 2), of `line` between two shares, in the order of travel."""
        low, high = sorted((share_from, share_to))
        ends = np.array([low, high])
        lat, lon = self.at(np.array([line, line]), ends)
        vertex, part = self._locate(np.array([line, line]), ends)
        inner = slice(int(vertex[0]) + 1, int(vertex[1]) + (1 if part[1] > 0 else 0))
        piece = np.column_stack(
            [
                np.concatenate([lon[:1], self.lon[inner], lon[1:]]),
                np.concatenate([lat[:1], self.lat[inner], lat[1:]]),
            ]
        )
        return piece[::-1] if share_from > share_to else piece

    def _locate(
        self, line: NDArray[np.integer[Any]], share: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the vertex before each position and the part (0-1) of the way to the next vertex."""
        first, last = self.start[line], self.start[line + 1] - 2
        target = self.along_m[first] + share * self.length_m[line]
        vertex = np.clip(np.searchsorted(self.along_m, target, side="right") - 1, first, last)
        step = self.along_m[vertex + 1] - self.along_m[vertex]
        part = (target - self.along_m[vertex]) / np.where(step > 0, step, 1.0)
        return vertex, np.clip(part, 0.0, 1.0)


def centre_of(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> tuple[float, float]:
    """Return the middle (lat, lon) of the projection for roads that lie there.

    That of `CRS_METRES`, in which outlines and terrain are, unless the roads are of another part of the
    world: so far out its distances would be wrong by percents.
    """
    if not len(lat):
        return HOME_DEG
    middle = (float(lat.min() + lat.max()) / 2, float(lon.min() + lon.max()) / 2)
    far = max(abs(middle[0] - HOME_DEG[0]), abs(middle[1] - HOME_DEG[1])) >= HOME_REACH_DEGREES
    return middle if far else HOME_DEG


def draw_lines(
    shapes: NDArray[np.object_], *, centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)
) -> DrawnLines:
    """Return `DrawnLines` of LineStrings in EPSG:4326 (lon lat), each with at least two vertices."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    start = np.searchsorted(owner, np.arange(len(shapes) + 1))
    return lay_lines(start, coordinates[:, 0], coordinates[:, 1], centre_deg=centre_deg)


def lay_lines(
    start: NDArray[np.integer[Any]],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG),
) -> DrawnLines:
    """Return `DrawnLines` of flat vertex arrays in degrees; metres about `centre_deg` (lat, lon)."""
    x_m, y_m = project_metres(lat, lon, centre_deg=centre_deg)
    step = np.hypot(np.diff(x_m, prepend=0.0), np.diff(y_m, prepend=0.0))
    step[start[:-1]] = 0.0
    return DrawnLines(start.astype(np.int64), lon.copy(), lat.copy(), x_m, y_m, np.cumsum(step))
