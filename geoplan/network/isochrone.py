"""Service areas: polygons from which a facility is reached within given minutes, as the engine counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import UsageError
from geoplan.network.access import unproject_degrees
from geoplan.network.contour import areas_inside
from geoplan.network.field import Direction, Field, KnownPoints, World, find_fields
from geoplan.network.lattice import COARSE, Seeds, Window, crossings, level_of, survey
from geoplan.network.mending import polygons, united, with_places, with_roads
from geoplan.network.reach import RoadSamples, road_minutes, sample_roads
from geoplan.units import TENTHS_PER_MINUTE, TOBLER_FLAT_KMH, UNREACHABLE_TENTHS, project_metres, to_tenths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geoplan.network.access import AccessRule
    from geoplan.network.snap import Snapping

    Progress = Callable[[int, int], None]

UNION: Final = "union"
"""The `facility_id` of the area of all facilities together."""

RESOLUTION_M: Final = 250.0
"""Step of the lattice where a limit runs, for a country; a town wants less."""

COLUMNS: Final = (
    "facility_id",
    "service",
    "direction",
    "band_upper_minutes",
    "population",
    "area_km2",
    "geometry",
)

DEGREE_STEP: Final = 1e-6
"""Corners are rounded to this many degrees, a tenth of a metre."""


@dataclass(frozen=True)
class AreaOptions:
    """What is drawn.

    Attributes
    ----------
    bands_minutes
        Upper ends in minutes, rising; each area holds the ones before it.
    service
        A label for the table.
    direction
        `to`: travel to the facility; `from`: from it.
    resolution_m
        Step of the lattice where a limit runs.
    union
        Draw the area of all facilities together as well.
    """

    bands_minutes: tuple[int, ...]
    service: str = ""
    direction: Direction = "to"
    resolution_m: float = RESOLUTION_M
    union: bool = True

    def __post_init__(self) -> None:
        """Raise `UsageError` where nothing could be drawn."""
        rising = all(a < b for a, b in zip(self.bands_minutes, self.bands_minutes[1:], strict=False))
        if not self.bands_minutes or self.bands_minutes[0] <= 0 or not rising:
            raise UsageError("bands must be minutes above 0, from small to large", hint="Write e.g. 30,60.")
        if not self.resolution_m > 0:
            raise UsageError("the resolution must be above 0 metres")

    @property
    def limits(self) -> NDArray[np.float64]:
        """Minutes below which a time rounds to at most the end of each band."""
        return np.array(self.bands_minutes) + 0.5 / TENTHS_PER_MINUTE - 1e-10


@dataclass(frozen=True)
class People:
    """Demand points: where they meet the roads, and how many people each stands for."""

    places: Snapping
    population: NDArray[np.int64]


@dataclass(frozen=True)
class _Drawn:
    """One facility's areas in `CRS_METRES`, one a band, and tenths to every place."""

    facility_id: str
    areas: list[shapely.MultiPolygon]
    tenths: NDArray[np.int64]


def service_areas(
    world: World,
    facilities: Snapping,
    people: People,
    options: AreaOptions,
    *,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the areas from which (to which) each facility lies within the minutes of each band.

    A place lies in the area of a band exactly when the engine gives it at most so many minutes, rounded to
    tenths as everywhere; the line between runs within about half of `resolution_m` of the truth, and every
    demand point on land lies on the right side. Areas are cut to the land. Facilities that meet no road
    have no area.

    Parameters
    ----------
    world
        Roads (built to minimise time), land and rules that facilities and people were snapped with.

    Returns
    -------
    Columns `facility_id` (or `union`), `service, direction, band_upper_minutes, population` (people whose
    engine time is within the band), `area_km2, geometry` (valid MultiPolygon, EPSG:4326); sorted by
    facility, `union` last, and by band.

    Raises
    ------
    UsageError
        If the network minimises kilometres: the shortest routes say nothing of what is within a time.
    """
    if world.network.weight != "time":
        raise UsageError("service areas need a network that minimises time")
    surveyor = _Surveyor(world, people.places, options)
    drawn: list[_Drawn] = []
    for field in find_fields(world, facilities, direction=options.direction, width=len(people.places)):
        drawn.append(surveyor.draw(field))
        if progress is not None:
            progress(len(drawn), int(facilities.snapped.sum()))
    drawn.sort(key=lambda d: d.facility_id)
    plane = _Plane(world.network.centre_deg)
    rows = [
        row
        for d in drawn
        for row in _rows(d.facility_id, plane.on_disk(d.areas), d.tenths, people, options, plane)
    ]
    if options.union and drawn:
        union = _united(rows, len(options.bands_minutes))
        rows += _rows(UNION, union, _nearest(drawn), people, options, plane)
    columns = [
        "facility_id",
        "service",
        "direction",
        "band_upper_minutes",
        "population",
        "area_km2",
        "geometry",
    ]
    return pd.DataFrame(rows, columns=columns)


class _Surveyor:
    """Draws the areas of one facility after another; what does not depend on the facility is made once."""

    def __init__(self, world: World, places: Snapping, options: AreaOptions) -> None:
        self.world, self.places, self.options = world, places, options
        self.known = KnownPoints(world)
        self.samples: RoadSamples = sample_roads(world.network, spacing_m=options.resolution_m / 2)
        self.drawn: dict[tuple[float, float], _Drawn] = {}

    def draw(self, field: Field) -> _Drawn:
        """Return the areas of one facility; several at one place have the same."""
        facilities, number = field.facilities, field.number
        place = float(facilities.lat[number]), float(facilities.lon[number])
        if place not in self.drawn:
            self.drawn[place] = self._drawn(field)
        return replace(self.drawn[place], facility_id=facilities.ids[number])

    def _drawn(self, field: Field) -> _Drawn:
        """Return the areas of one facility."""
        limits = self.options.limits
        on_road = road_minutes(field, self.samples.edge, self.samples.share)
        at_places = field.minutes(self.places)
        window = Window.around(self._bounds_m(field, on_road), step_m=self.options.resolution_m)
        done = survey(
            window,
            limits,
            self._seeds(field, on_road, at_places),
            ask_coarse=lambda row, column: self._ask_coarse(field, window, row, column),
            ask=lambda x_m, y_m: self._ask(field, x_m, y_m),
        )
        areas: list[shapely.MultiPolygon] = []
        for band in reversed(range(len(limits))):
            inside = done.level <= band
            lines = crossings(done, inside, float(limits[band]), lambda x_m, y_m: self._ask(field, x_m, y_m))
            area = united(list(areas_inside(inside, lines)), self.world.land)
            area = with_roads(area, field, float(limits[band]))
            area = with_places(area, field, self.places, at_places, float(limits[band]))
            areas.insert(0, polygons(shapely.intersection(area, areas[0])) if areas else area)
        return _Drawn(field.facilities.ids[field.number], areas, to_tenths(at_places))

    def _bounds_m(self, field: Field, on_road: NDArray[np.float64]) -> tuple[float, float, float, float]:
        """Return a rectangle that holds everything within the last limit."""
        limit = float(self.options.limits[-1])
        near = on_road < limit
        rest_m = _farthest_m(self.world.rule, limit - on_road[near]) + self.options.resolution_m
        own_m = _farthest_m(self.world.rule, np.array([limit]))
        x_m = np.append(self.samples.x_m[near], field.facilities.base_x_m[field.number])
        y_m = np.append(self.samples.y_m[near], field.facilities.base_y_m[field.number])
        far_m = np.append(rest_m, own_m)
        return (
            float((x_m - far_m).min()),
            float((y_m - far_m).min()),
            float((x_m + far_m).max()),
            float((y_m + far_m).max()),
        )

    def _seeds(self, field: Field, on_road: NDArray[np.float64], at_places: NDArray[np.float64]) -> Seeds:
        """Return roads, places and the facility itself with their levels."""
        number, places = field.number, self.places
        minutes = np.concatenate([on_road, at_places, [0.0]])
        return Seeds(
            np.concatenate([self.samples.x_m, places.base_x_m, field.facilities.base_x_m[[number]]]),
            np.concatenate([self.samples.y_m, places.base_y_m, field.facilities.base_y_m[[number]]]),
            level_of(minutes, self.options.limits),
        )

    def _near_land(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points of the lattice may be corners of a cell with land in it."""
        return self.world.near_land(x_m, y_m, 1.5 * COARSE * self.options.resolution_m)

    def _ask(self, field: Field, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the engine's minutes at points of the plane; far from land infinite."""
        minutes = np.full(len(x_m), np.inf)
        near = self._near_land(x_m, y_m)
        minutes[near] = field.minutes(self.world.snap(x_m[near], y_m[near]))
        return minutes

    def _ask_coarse(
        self, field: Field, window: Window, row: NDArray[np.intp], column: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the engine's minutes at points of the coarse lattice, which all facilities share."""
        x_m, y_m = window.places_m(row, column)
        minutes = np.full(len(row), np.inf)
        near = self._near_land(x_m, y_m)
        keys = window.keys(row, column)[near]
        minutes[near] = field.minutes(self.known.at(keys, x_m[near], y_m[near]))
        return minutes


def _farthest_m(rule: AccessRule, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return straight metres that no leg of so many minutes exceeds: `least_minutes` inverted."""
    drive_km = np.minimum(minutes * rule.access_speed_kmh / 60, rule.access_km)
    walk_km = (minutes - drive_km * 60 / rule.access_speed_kmh) * TOBLER_FLAT_KMH / 60
    straight_m = (drive_km + np.maximum(walk_km, 0.0)) * 1000 / rule.detour_factor
    return np.minimum(straight_m, rule.snap_limit_km * 1000)


@dataclass(frozen=True)
class _Plane:
    """The projection about `centre_deg` (lat, lon) that all metres are in."""

    centre_deg: tuple[float, float]

    def on_disk(self, areas: Sequence[shapely.MultiPolygon]) -> list[shapely.MultiPolygon]:
        """Return areas in degrees, valid after rounding."""

        def degrees(xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
            lat, lon = unproject_degrees(xy_m[:, 0], xy_m[:, 1], centre_deg=self.centre_deg)
            return np.column_stack([lon, lat])

        return [polygons(shapely.set_precision(shapely.transform(a, degrees), DEGREE_STEP)) for a in areas]

    def area_km2(self, area: shapely.Geometry) -> float:
        """Return the area of polygons in degrees; the projection is equal-area."""

        def metres(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(project_metres(lon_lat[:, 1], lon_lat[:, 0], centre_deg=self.centre_deg))

        return float(shapely.area(shapely.transform(area, metres))) / 1e6


def _united(rows: list[tuple[object, ...]], bands: int) -> list[shapely.MultiPolygon]:
    """Return the areas of all facilities together, one a band."""
    areas = np.array([row[-1] for row in rows], dtype=object)
    return [polygons(shapely.union_all(areas[band::bands], grid_size=DEGREE_STEP)) for band in range(bands)]


def _nearest(drawn: list[_Drawn]) -> NDArray[np.int64]:
    """Return tenths to the nearest facility of each place."""
    tenths = np.stack([d.tenths for d in drawn])
    far = np.iinfo(np.int64).max
    least = np.where(tenths == UNREACHABLE_TENTHS, far, tenths).min(axis=0)
    return np.where(least == far, UNREACHABLE_TENTHS, least)


def _rows(
    facility_id: str,
    areas: list[shapely.MultiPolygon],
    tenths: NDArray[np.int64],
    people: People,
    options: AreaOptions,
    plane: _Plane,
) -> list[tuple[object, ...]]:
    """Return the table rows of one facility, one a band."""
    rows: list[tuple[object, ...]] = []
    for band, area in zip(options.bands_minutes, areas, strict=True):
        within = (tenths != UNREACHABLE_TENTHS) & (tenths <= band * TENTHS_PER_MINUTE)
        people_within = int(people.population[within].sum())
        label = (facility_id, options.service, options.direction, band)
        rows.append((*label, people_within, round(plane.area_km2(area), 3), area))
    return rows
