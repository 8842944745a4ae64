"""Changes of roads: open, close, slow, speed up, season of passes, and new roads."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import shapely
from pydantic import Field, model_validator

from geoplan.scenario.base import Text
from geoplan.scenario.change_base import DatedChange, Nodes, Trusted, one_of, wkt


class RoadChange(DatedChange):
    """A change of the roads that one of four keys names."""

    road: str = ""
    """Id of one road (column `road_id`)."""
    ref: str = ""
    """Road number, all its sections: `M2`."""
    between: Nodes | None = None
    """Two nodes: the roads that join them directly."""
    inside: Annotated[str, wkt("Polygon")] | None = None
    """Polygon as WKT, longitude first: every road whose drawn line touches it."""

    @model_validator(mode="after")
    def _one_way_to_name_them(self) -> RoadChange:
        one_of(self, ("road", "ref", "between", "inside"))
        return self

    @property
    def thing(self) -> str:
        """The roads, by the key that names them."""
        if self.between is not None:
            return "roads between " + " and ".join(sorted(self.between))
        if self.inside is not None:
            return f"roads inside {self.inside}"
        return f"roads {self.ref}" if self.ref else f"road {self.road}"

    def which(self) -> str:
        """Return the roads in words for people; a polygon by its middle."""
        if self.inside is None:
            return self.thing
        middle = shapely.from_wkt(self.inside).centroid
        return f"roads inside the polygon about {middle.y:.2f} N, {middle.x:.2f} E"


class OpenRoad(RoadChange):
    """Roads under construction, planned or closed can be used."""

    change: Literal["open_road"]
    """The kind of change."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"open {self.which()}"


class CloseRoad(RoadChange):
    """Roads cannot be used."""

    change: Literal["close_road"]
    """The kind of change."""
    reason: Literal["flood", "slide", "snow", "mines", "checkpoint", "works", "other"] = "other"
    """Why; for the log and for people."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"close {self.which()}" + (f" ({self.reason})" if self.reason != "other" else "")


class SpeedChange(RoadChange):
    """A change of the speed of roads, by one of several measures."""

    speed_kmh: Annotated[float, Field(ge=1, le=150)] | None = None
    """Speed, km/h; roads that are slower (when slowing) or faster (when speeding up) stay as they are."""

    about: ClassVar[str] = "speed"
    measures: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _one_measure(self) -> SpeedChange:
        one_of(self, self.measures)
        return self


class SlowRoad(SpeedChange):
    """Roads are slower."""

    change: Literal["slow_road"]
    """The kind of change."""
    factor: Annotated[float, Field(ge=0.01, lt=1)] | None = None
    """Share of the speed that is left: 0.5 doubles the time."""
    delay_minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    """Minutes lost on each of the roads (a checkpoint)."""

    measures: ClassVar[tuple[str, ...]] = ("factor", "speed_kmh", "delay_minutes")

    def doing(self) -> str:
        """Return what it does."""
        if self.factor:
            return f"slow {self.which()} to {self.factor:.0%} of its speed"
        how = f"to {self.speed_kmh:g} km/h" if self.speed_kmh else f"by {self.delay_minutes:g} minutes"
        return f"slow {self.which()} {how}"


class SpeedUpRoad(SpeedChange):
    """Roads are paved, widened or faster for another reason."""

    change: Literal["speed_up_road"]
    """The kind of change."""
    factor: Annotated[float, Field(gt=1, le=5)] | None = None
    """Times the speed: 2 halves the time."""
    surface: Literal["paved", "gravel"] | None = None
    """New surface: the speed table's speed for it holds, unless the road was faster."""

    measures: ClassVar[tuple[str, ...]] = ("factor", "speed_kmh", "surface")

    def doing(self) -> str:
        """Return what it does."""
        if self.factor:
            return f"speed up {self.which()} to {self.factor:g} times its speed"
        how = f"to {self.speed_kmh:g} km/h" if self.speed_kmh else f"by a {self.surface} surface"
        return f"speed up {self.which()} {how}"


class PassCalendar(RoadChange):
    """In which season passes are closed."""

    change: Literal["pass_calendar"]
    """The kind of change."""
    closed_in_winter: bool
    """Whether snow closes the roads in the season `winter`."""

    about: ClassVar[str] = "season"

    def doing(self) -> str:
        """Return what it does."""
        return ("close" if self.closed_in_winter else "keep open") + f" {self.which()} in winter"


class AddRoad(Trusted, DatedChange):
    """A road that no table has can be used."""

    change: Literal["add_road"]
    """The kind of change."""
    road: Text
    """Its id."""
    nodes: Nodes
    """The two nodes it joins."""
    length_km: Annotated[float, Field(gt=0, le=1000)]
    """Length along the road, km."""
    road_class: Literal["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified"]
    """Class; with the surface it gives the speed."""
    surface: Literal["paved", "gravel", "unpaved"] = "paved"
    """Surface."""
    speed_kmh: Annotated[float, Field(ge=1, le=150)] | None = None
    """Own speed, km/h; without it the speed table's."""
    name: str = ""
    """Name of the road."""
    ref: str = ""
    """Road number."""
    line: Annotated[str, wkt("LineString")] | None = None
    """Drawn line as WKT, longitude first; without it a straight one."""
    closed_in_winter: bool = False
    """Whether snow closes it in the season `winter`."""
    tunnel: bool = False
    """Whether it has a tunnel."""

    @property
    def thing(self) -> str:
        """The road."""
        return f"road {self.road}"

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"add road {self.road} from {self.nodes[0]} to {self.nodes[1]}, {self.length_km:g} km"
