"""Changes of what drives to people: mobile units with their stops, and the vehicles of a facility."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from geoplan.scenario.base import Model, Text
from geoplan.scenario.change_base import Count, Trusted, given
from geoplan.scenario.change_facilities import FacilityChange, Paid, Services

Vehicle = Literal["ambulance", "car", "offroad"]

VEHICLES: Final = ("ambulances", "cars", "offroad_vehicles")
"""Kinds of vehicle of a fleet, as keys of the change and columns of the facilities."""


class Stop(Model):
    """A place that a mobile unit visits."""

    settlement: Text
    """Id of the settlement."""
    days_a_month: Annotated[int, Field(ge=1, le=31)]
    """On how many days of a month the unit is there."""


class MobileUnit(Trusted, Paid):
    """A unit drives from place to place; each stop is a row of the facilities, and none is a centre.

    A service counts a stop only if its `mobile_days_least` says so; staff and money belong to the unit as a
    whole, so they stand in the log and in the note of each stop, not in the columns of its stops.
    """

    change: Literal["mobile_unit"]
    """The kind of change."""
    unit: Text
    """Its id; the stops are the facilities `<unit>@<settlement>`."""
    name: Text
    """Its name."""
    services: Services
    """Services that it gives where it stops."""
    stops: Annotated[tuple[Stop, ...], Field(min_length=1)]
    """Places it visits: `{ settlement = "...", days_a_month = 4 }`, each once."""
    vehicle: Vehicle = "offroad"
    """What it drives."""

    about: ClassVar[str] = "stops"

    @property
    def thing(self) -> str:
        """The unit."""
        return f"mobile unit {self.unit}"

    @property
    def days_a_month(self) -> int:
        """Days of a month on which it is at one of its stops."""
        return sum(stop.days_a_month for stop in self.stops)

    def doing(self) -> str:
        """Return what it does."""
        places = "1 place" if len(self.stops) == 1 else f"{len(self.stops)} places"
        return f"let {self.unit} visit {places}, {self.days_a_month} days a month in all"

    @model_validator(mode="after")
    def _each_place_once(self) -> MobileUnit:
        places = [stop.settlement for stop in self.stops]
        twice = sorted({place for place in places if places.count(place) > 1})
        if twice:
            raise ValueError(f"'{twice[0]}' is a stop twice: add up its days")
        return self


class Fleet(FacilityChange):
    """Vehicles stand at a facility, their station; those that are not named stay as they were.

    They are kept in the table and on the page; no travel time and no analysis of dispatch rests on them.
    Staff and money are those of the vehicles, beside the facility's own.
    """

    change: Literal["fleet"]
    """The kind of change."""
    ambulances: Count | None = None
    """Ambulances in all from then on."""
    cars: Count | None = None
    """Cars in all from then on."""
    offroad_vehicles: Count | None = None
    """Off-road vehicles in all from then on."""

    about: ClassVar[str] = "fleet"

    def doing(self) -> str:
        """Return what it does."""
        told = ", ".join(f"{getattr(self, name)} {name.replace('_', ' ')}" for name in given(self, VEHICLES))
        return f"let {self.facility} have {told}"

    @model_validator(mode="after")
    def _has_vehicles(self) -> Fleet:
        if not given(self, VEHICLES):
            raise ValueError(f"give one of {', '.join(VEHICLES)}")
        return self
