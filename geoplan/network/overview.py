"""Service areas at a glance: bands around all facilities of each service together, on one coarse lattice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.network.access import unproject_degrees
from geoplan.network.contour import areas_inside
from geoplan.network.lattice import Crossings
from geoplan.network.mending import polygons
from geoplan.network.travel import od_matrix
from geoplan.units import TENTHS_PER_MINUTE, UNREACHABLE_TENTHS, project_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.network.field import World
    from geoplan.network.snap import Snapping

FINEST_M: Final = 100.0
"""Finest step of the lattice, for a town."""

POINTS: Final = 22_000
"""About how many points the rectangle around the land has: steps of 3 km for Azerbaijan, which are three
pixels where a page shows the whole country."""

MARGIN_STEPS: Final = 3
"""Steps beyond the land on each side: no point of the outermost rows and columns is ever inside."""

KEEP_M: Final = 0.2
"""Corners nearer than this share of a step to a straight line are left out."""

COLUMNS: Final = ("service", "band_upper_minutes", "geometry")


@dataclass(frozen=True)
class AreasOf:
    """A service, which of the facilities give it (bool, one each), and its bands in minutes, rising."""

    service: str
    given: NDArray[np.bool_]
    bands_minutes: tuple[int, ...]


@dataclass(frozen=True)
class _Lattice:
    """Rows and columns of places in the plane, `step_m` apart; `asked` are those near the land."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    asked: NDArray[np.bool_]
    step_m: float


class KnownLattices:
    """Lattices that are snapped already: years with the same roads share them."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[_Lattice, Snapping]] = {}

    def at(self, world: World, facilities: Snapping) -> tuple[_Lattice, Snapping]:
        """Return the lattice over a world, and where its points meet the roads."""
        key = _fingerprint(world)
        if key not in self._known:
            lattice = _lattice(world, facilities)
            points = world.snap(lattice.x_m[lattice.asked], lattice.y_m[lattice.asked])
            self._known = {key: (lattice, points)}
        return self._known[key]


def _fingerprint(world: World) -> bytes:
    """Return what a snapping depends on beside land and rules: the roads, their lines and components."""
    network = world.network
    ids = "\n".join(map(str, network.road_ids)).encode()
    arrays = (network.edge_km, network.edge_oneway, network.edge_closed, network.component_ok)
    return hashlib.sha256(b"\0".join([ids, *(a.tobytes() for a in arrays)])).digest()


def overview_areas(
    world: World, facilities: Snapping, wanted: Sequence[AreasOf], *, known: KnownLattices | None = None
) -> pd.DataFrame:
    """Return the land from which the nearest facility of each service lies within each band.

    The engine's minutes are asked at the points of a lattice and interpolated between them, so a line runs
    within about a step of the truth: a picture of a whole country, made in the time of one small matrix. The
    areas of `geoplan.network.isochrone` are exact to a tenth of that.

    Parameters
    ----------
    world
        Roads (built to minimise time), land and rules.
    facilities
        Where those that count meet the roads.
    known
        Lattices of earlier calls with the same land and rules, and facilities about the same place.

    Returns
    -------
    Columns `service, band_upper_minutes, geometry` (MultiPolygon, EPSG:4326; each holds the ones before it;
    empty where nothing is within the band), in the order of `wanted` and of the bands.
    """
    lattice, points = (known or KnownLattices()).at(world, facilities)
    matrix = od_matrix(world.network, points, facilities, ground=world.ground, rule=world.rule)
    rows = [
        (one.service, band, area)
        for one in wanted
        for band, area in zip(one.bands_minutes, _areas(world, lattice, matrix.tenths, one), strict=True)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _lattice(world: World, facilities: Snapping) -> _Lattice:
    """Return the lattice over the land, or over the roads where there is no outline."""
    west, south, east, north = _bounds_m(world, facilities)
    step = max(float(np.sqrt((east - west) * (north - south) / POINTS)), FINEST_M)
    pad = MARGIN_STEPS * step
    x_m, y_m = np.meshgrid(
        np.arange(west - pad, east + pad + step, step), np.arange(south - pad, north + pad + step, step)
    )
    asked = np.zeros(x_m.shape, dtype=bool)
    inner = slice(1, -1), slice(1, -1)
    near = world.near_land(x_m[inner].ravel(), y_m[inner].ravel(), 1.5 * step)
    asked[inner] = near.reshape(x_m[inner].shape)
    return _Lattice(x_m, y_m, asked, step)


def _bounds_m(world: World, facilities: Snapping) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the land, or of roads and facilities."""
    if world.land is not None:
        west, south, east, north = (float(v) for v in shapely.bounds(world.land))
        return west, south, east, north
    network = world.network
    x_m, y_m = project_metres(network.node_lat, network.node_lon, centre_deg=network.centre_deg)
    x_m, y_m = np.append(x_m, facilities.base_x_m), np.append(y_m, facilities.base_y_m)
    return float(x_m.min()), float(y_m.min()), float(x_m.max()), float(y_m.max())


def _areas(
    world: World, lattice: _Lattice, tenths: NDArray[np.int32], one: AreasOf
) -> list[shapely.MultiPolygon]:
    """Return the areas of one service in degrees, one a band."""
    far = np.iinfo(np.int32).max
    reached = np.where(tenths == UNREACHABLE_TENTHS, far, tenths)[:, one.given]
    nearest = reached.min(axis=1, initial=far)
    minutes = np.full(lattice.asked.shape, np.inf)
    minutes[lattice.asked] = np.where(nearest == far, np.inf, nearest / TENTHS_PER_MINUTE)
    out: list[shapely.MultiPolygon] = []
    for band in one.bands_minutes:
        inside = minutes <= band
        area = shapely.union_all(areas_inside(inside, _crossings(lattice, minutes, inside, float(band))))
        if world.land is not None:
            area = shapely.intersection(area, world.land)
        out.append(_degrees(world, shapely.simplify(polygons(area), KEEP_M * lattice.step_m)))
    return out


def _crossings(
    lattice: _Lattice, minutes: NDArray[np.float64], inside: NDArray[np.bool_], limit: float
) -> Crossings:
    """Return where the straight line between the minutes of two neighbours meets the limit."""
    width = inside.shape[1]
    keys, places = [], []
    for north in (0, 1):
        first = (slice(None, -1), slice(None)) if north else (slice(None), slice(None, -1))
        other = (slice(1, None), slice(None)) if north else (slice(None), slice(1, None))
        row, column = np.nonzero(inside[first] != inside[other])
        here, there = minutes[first][row, column], minutes[other][row, column]
        both = np.isfinite(here) & np.isfinite(there)
        part = np.full(len(row), 0.5)
        # a limit that is met at a point itself would give two crossings at one place
        part[both] = np.clip((limit - here[both]) / (there[both] - here[both]), 0.02, 0.98)
        x_m = lattice.x_m[row, column] + (1 - north) * part * lattice.step_m
        y_m = lattice.y_m[row, column] + north * part * lattice.step_m
        keys.append(2 * (row * width + column).astype(np.int64) + north)
        places.append(np.column_stack([x_m, y_m]))
    key, xy_m = np.concatenate(keys), np.concatenate(places)
    order = np.argsort(key)
    return Crossings(key[order], xy_m[order])


def _degrees(world: World, area: shapely.MultiPolygon) -> shapely.MultiPolygon:
    """Return an area of the plane in degrees."""

    def degrees(xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        lat, lon = unproject_degrees(xy_m[:, 0], xy_m[:, 1], centre_deg=world.network.centre_deg)
        return np.column_stack([lon, lat])

    return polygons(shapely.transform(area, degrees))
