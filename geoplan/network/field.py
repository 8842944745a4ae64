"""Minutes between one facility and any place of the map: the field that service areas are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from geoplan.network.access import AccessRule, Ground, unproject_degrees
from geoplan.network.direct import take_direct
from geoplan.network.lines import HOME_DEG
from geoplan.network.snap import Snapping, snap_points
from geoplan.network.sweep import Sweep, join, sweep
from geoplan.network.travel import with_legs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork

Direction = Literal["to", "from"]
"""Whether people travel to the facility, or help travels from it."""


@dataclass(frozen=True)
class World:
    """Roads, land and rules: everything that the minutes between two places depend on."""

    network: RoadNetwork
    ground: Ground
    rule: AccessRule

    @cached_property
    def land(self) -> shapely.Geometry | None:
        """The land that areas are cut to; None where the roads are the user's own or there is no outline.

        The outline of this country binds nobody where the roads are measured about a middle of their own.
        """
        elsewhere = self.network.centre_deg != HOME_DEG
        return None if self.ground.outside_is_free or elsewhere else self.ground.outline

    def near_land(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], within_m: float
    ) -> NDArray[np.bool_]:
        """Return which points lie within `within_m` of the land."""
        if self.land is None:
            return np.ones(len(x_m), dtype=bool)
        shapely.prepare(self.land)
        return np.asarray(shapely.dwithin(self.land, shapely.points(x_m, y_m), within_m))

    def snap(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> Snapping:
        """Return where points in `CRS_METRES` meet the roads, by the engine's own rule."""
        lat, lon = unproject_degrees(x_m, y_m, centre_deg=self.network.centre_deg)
        return snap_points(self.network, [""] * len(lat), lat, lon, ground=self.ground, rule=self.rule)


@dataclass(frozen=True)
class Field:
    """Minutes between one facility and any place.

    Attributes
    ----------
    world
        Roads, land and rules.
    facilities, number
        Where the facilities meet the roads, and which of them this is.
    swept
        The sweep of this one facility, one row.
    direction
        `to`: travel towards the facility; `from`: from it.
    """

    world: World
    facilities: Snapping
    number: int
    swept: Sweep
    direction: Direction

    @property
    def leg_minutes(self) -> float:
        """Minutes of the facility's own leg, in the direction of travel."""
        legs = self.facilities.in_minutes if self.direction == "to" else self.facilities.out_minutes
        return float(legs[self.number])

    @cached_property
    def node_minutes(self) -> NDArray[np.float64]:
        """Minutes between every node and the facility, its leg included; infinite: no way."""
        minutes, _ = self.world.network.packing.unpack(self.swept.cost[0])
        return minutes + self.leg_minutes

    def minutes(self, points: Snapping) -> NDArray[np.float64]:
        """Return minutes for each point, infinite where no way leads; `od_matrix` before it rounds."""
        world, outward = self.world, self.direction == "from"
        joined = join(world.network, self.swept, self.facilities, points, outward=outward)
        here, there = (self.facilities, self.swept.points), (points, np.arange(len(points)))
        origin, destination = (here, there) if outward else (there, here)
        cost = joined.cost if outward else joined.cost.T
        minutes, km = with_legs(world.network, cost, origin, destination)
        take_direct(world.network, minutes, km, origin, destination, world.ground, world.rule)
        return minutes.ravel()


def find_fields(world: World, facilities: Snapping, *, direction: Direction, width: int) -> Iterator[Field]:
    """Yield the field of each snapped facility, in the order of their positions on the roads.

    Parameters
    ----------
    width
        Number of places that are asked at once, for the size of the engine's chunks.
    """
    outward = direction == "from"
    for swept in sweep(world.network, facilities, outward=outward, width=width, trees=False):
        for point, row in zip(swept.points, swept.source, strict=True):
            one = Sweep(
                first=swept.first[row : row + 1],
                points=np.array([point]),
                source=np.zeros(1, dtype=np.intp),
                cost=swept.cost[row : row + 1],
                before=swept.before[row : row + 1],
                edge=swept.edge[row : row + 1],
            )
            yield Field(world, facilities, int(point), one, direction)


def take_rows(snapping: Snapping, rows: NDArray[np.intp]) -> Snapping:
    """Return some of the points of a snapping."""
    arrays = {f.name: getattr(snapping, f.name)[rows] for f in fields(snapping) if f.name != "ids"}
    return replace(snapping, ids=tuple(snapping.ids[i] for i in rows), **arrays)


class KnownPoints:
    """Points of the coarse lattice that are snapped already: facilities share them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keys = np.empty(0, dtype=np.int64)
        self._snapping: Snapping | None = None

    def at(self, keys: NDArray[np.int64], x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> Snapping:
        """Return the snapping of points with unique keys; those seen for the first time are snapped now."""
        new = np.flatnonzero(~np.isin(keys, self._keys))
        if self._snapping is None or len(new):
            self._add(keys[new], self._world.snap(x_m[new], y_m[new]))
        known = self._snapping
        if known is None:  # _add has just set it
            raise RuntimeError
        return take_rows(known, np.searchsorted(self._keys, keys))

    def _add(self, keys: NDArray[np.int64], snapping: Snapping) -> None:
        """Keep more points, sorted by key."""
        if self._snapping is not None:
            snapping = _joined(self._snapping, snapping)
        every = np.concatenate([self._keys, keys])
        order = np.argsort(every, kind="stable")
        self._keys, self._snapping = every[order], take_rows(snapping, order)


def _joined(a: Snapping, b: Snapping) -> Snapping:
    """Return the points of two snappings."""
    names = [f.name for f in fields(a) if f.name != "ids"]
    arrays = {name: np.concatenate([getattr(a, name), getattr(b, name)]) for name in names}
    return replace(a, ids=a.ids + b.ids, **arrays)
