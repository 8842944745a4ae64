"""The way between a place and the road: how long it is, how long it takes and where it may run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import shapely

from geoplan.units import (
    LAEA_LAT_DEG,
    LAEA_LON_DEG,
    TOBLER_DECAY,
    TOBLER_FLAT_KMH,
    TOBLER_SLOPE_SHIFT,
    project_metres,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry


SAMPLE_STEP_M: Final = 500.0
"""Terrain is read at most this far apart along a leg: about half a cell of the shipped terrain."""

SLOPE_LIMIT: Final = 1.0
"""Slopes of a leg are cut to -1..1 (45 degrees): what is steeper is noise of the terrain, and no road or
path climbs it; without the cut one wrong height would make a leg of centuries."""

METRES_PER_DEGREE: Final = 111_200.0
"""Metres in a degree of latitude, for the first guess of the inverse projection only."""


CLOSE_M: Final = 1e-5
"""An error of the inverse projection that is small enough."""


class HeightSource(Protocol):
    """Anything that knows heights: `geoplan.tables.terrain.Terrain` or a test's own hill."""

    def heights_m(self, lat: NDArray[np.float64], lon: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Return metres above the sea; nan where unknown (then taken as level)."""


@dataclass(frozen=True)
class AccessRule:
    """Constants of the off-road leg; a scenario may override each.

    Attributes
    ----------
    detour_factor
        Length of a leg per straight distance.
    access_speed_kmh, access_km
        Speed on level ground on the local road assumed for the kilometres nearest the network, and how
        many those are; what lies beyond is walked.
    slope_decay
        k of the slope adjustment: speed = access_speed_kmh x exp(-k |slope|), so level is unchanged.
    snap_limit_km
        A point farther (straight) from every acceptable edge is not snapped; also the longest direct path.
    outside_limit_km
        A point farther than this outside the outline is not snapped.
    """

    detour_factor: float = 1.3
    access_speed_kmh: float = 20.0
    access_km: float = 15.0
    slope_decay: float = 3.5
    snap_limit_km: float = 40.0
    outside_limit_km: float = 5.0

    def leg_km(self, straight_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return kilometres of legs of the given straight length."""
        return straight_m * (self.detour_factor / 1000)

    def least_minutes(self, straight_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return minutes that no leg of this straight length can undercut on any slope."""
        km = self.leg_km(straight_m)
        drive_km = np.minimum(km, self.access_km)
        return drive_km * (60 / self.access_speed_kmh) + (km - drive_km) * (60 / TOBLER_FLAT_KMH)


@dataclass(frozen=True)
class Ground:
    """The land that legs and direct paths may cross, and its heights.

    Attributes
    ----------
    outline
        Land of the country in `CRS_METRES`; None: no limit.
    terrain
        Heights; None: level.
    tolerance_m
        How far a path may leave the outline: coast and border are no sharper than this.
    outside_is_free
        True for a road table of the user's own: the outline then binds only points inside it.
    """

    outline: BaseGeometry | None = None
    terrain: HeightSource | None = None
    tolerance_m: float = 250.0
    outside_is_free: bool = False

    @cached_property
    def _region(self) -> BaseGeometry | None:
        """The outline widened by the tolerance, simplified within it (never wider than the tolerance)."""
        if self.outline is None:
            return None
        region = self.outline.simplify(0.2 * self.tolerance_m).buffer(0.8 * self.tolerance_m, quad_segs=2)
        shapely.prepare(region)
        return region

    def distance_outside_m(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far each point lies outside the outline, 0 inside."""
        outside_m = np.zeros(len(x_m))
        if self.outline is not None:
            shapely.prepare(self.outline)
            out = ~shapely.intersects_xy(self.outline, x_m, y_m)
            outside_m[out] = shapely.distance(self.outline, shapely.points(x_m[out], y_m[out]))
        return outside_m

    def nearest_inside_m(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the point of the outline nearest to each of the given points."""
        line = shapely.shortest_line(self.outline, shapely.points(x_m, y_m))
        start = shapely.get_point(line, 0)
        return np.asarray(shapely.get_x(start)), np.asarray(shapely.get_y(start))

    def allows(
        self,
        from_xy_m: tuple[NDArray[np.float64], NDArray[np.float64]],
        to_xy_m: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> NDArray[np.bool_]:
        """Return whether each straight segment stays on the land, within the tolerance."""
        if self._region is None:
            return np.ones(len(from_xy_m[0]), dtype=bool)
        ends = np.stack([np.column_stack(from_xy_m), np.column_stack(to_xy_m)], axis=1)
        return np.asarray(shapely.covers(self._region, shapely.linestrings(ends)))


@dataclass(frozen=True)
class Straight:
    """Straight pieces of legs, each from a far end to the end nearer the road.

    Attributes
    ----------
    far_lat, far_lon, near_lat, near_lon
        Degrees.
    length_m
        Straight length.
    offset_km
        Kilometres of leg that still lie between the near end and the road.
    """

    far_lat: NDArray[np.float64]
    far_lon: NDArray[np.float64]
    near_lat: NDArray[np.float64]
    near_lon: NDArray[np.float64]
    length_m: NDArray[np.float64]
    offset_km: NDArray[np.float64]


def straight_minutes(
    pieces: Straight, *, ground: Ground | None, rule: AccessRule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes towards the near end and minutes towards the far end of each piece.

    A leg is as long as the straight line times the detour factor. Its first `access_km` counted from the
    road run at access_speed_kmh x exp(-k |s|), the rest by Tobler's walking 6 exp(-3.5 |s + 0.05|) km/h
    (Tobler 1993), where s is the rise per metre *of leg* in the direction of travel, read from the terrain
    in steps of at most `SAMPLE_STEP_M` and cut to +-`SLOPE_LIMIT`.
    """
    count = np.maximum(np.ceil(pieces.length_m / SAMPLE_STEP_M), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(count)), count)
    order = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    step_km = (rule.leg_km(pieces.length_m) / count)[owner]
    rise = _rise_m(pieces, count, None if ground is None else ground.terrain)
    slope = np.clip(rise / np.where(step_km > 0, step_km * 1000, 1.0), -SLOPE_LIMIT, SLOPE_LIMIT)
    begin_km = pieces.offset_km[owner] + order * step_km
    drive_km = np.clip(rule.access_km - begin_km, 0.0, step_km)
    drive = drive_km * (60 / rule.access_speed_kmh) * np.exp(rule.slope_decay * np.abs(slope))
    walk_km = step_km - drive_km
    towards = drive + walk_km * _walk_minutes_per_km(-slope)
    away = drive + walk_km * _walk_minutes_per_km(slope)
    n = len(count)
    return _sum_by(owner, towards, n), _sum_by(owner, away, n)


def _sum_by(owner: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the sum of `values` of each of `count` owners."""
    return np.bincount(owner, values, minlength=count).astype(np.float64)


def _walk_minutes_per_km(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    return (60 / TOBLER_FLAT_KMH) * np.exp(TOBLER_DECAY * np.abs(slope + TOBLER_SLOPE_SHIFT))


def _rise_m(pieces: Straight, count: NDArray[np.int64], terrain: HeightSource | None) -> NDArray[np.float64]:
    """Return the rise in metres, from near to far, of each of the `count` equal steps of each piece."""
    total = int(count.sum())
    if terrain is None or total == 0:
        return np.zeros(total)
    owner = np.repeat(np.arange(len(count)), count + 1)
    first = np.cumsum(count + 1) - (count + 1)
    part = (np.arange(len(owner)) - first[owner]) / count[owner]
    lat = pieces.near_lat[owner] + part * (pieces.far_lat - pieces.near_lat)[owner]
    lon = pieces.near_lon[owner] + part * (pieces.far_lon - pieces.near_lon)[owner]
    heights_m = np.asarray(terrain.heights_m(lat, lon), dtype=np.float64)
    within = owner[1:] == owner[:-1]
    return np.asarray(np.nan_to_num(np.diff(heights_m)[within], nan=0.0), dtype=np.float64)


def unproject_degrees(
    x_m: ArrayLike, y_m: ArrayLike, *, centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude of points in `CRS_METRES`, to better than a millimetre.

    `centre_deg` as in `project_metres`.

    The forward projection is inverted by correcting a guess with the remaining error; each round gains
    about two digits, since the projection is nearly true to scale over the country.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    lat, lon = np.full(x.shape, centre_deg[0]), np.full(x.shape, centre_deg[1])
    for _ in range(12):
        x_now, y_now = project_metres(lat, lon, centre_deg=centre_deg)
        if max(np.abs(x - x_now).max(initial=0.0), np.abs(y - y_now).max(initial=0.0)) < CLOSE_M:
            break
        lat = np.clip(lat + (y - y_now) / METRES_PER_DEGREE, -89.0, 89.0)
        lon = lon + (x - x_now) / (METRES_PER_DEGREE * np.cos(np.radians(lat)))
    return lat, lon
