"""Changes of facilities: open, close, upgrade, move, add, and one more service."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from geoplan.scenario.base import Model, ServiceId, Text, as_tuple
from geoplan.scenario.change_base import Count, DatedChange, Trusted, given

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Level = Literal["national", "regional", "district", "primary"]
UPGRADES: Final = ("level", "beds", "staff", "running_cost_azn")
"""What an upgrade may change."""

Services = Annotated[tuple[ServiceId, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class Paid(DatedChange):
    """A change that takes people and money; no travel time depends on them."""

    staff: Count | None = None
    """Staff in all from then on."""
    cost_azn: Count | None = None
    """What the change costs once, in manat; added to what the facility has cost before."""
    running_cost_azn: Count | None = None
    """What running it costs a year from then on, in manat."""


class FacilityChange(Paid):
    """A change of one facility."""

    facility: Text
    """Id of the facility (column `facility_id`)."""

    @property
    def thing(self) -> str:
        """The facility."""
        return f"facility {self.facility}"


class Sized(Model):
    """A change that may say how large a facility is."""

    beds: Count | None = None
    """Beds in all from then on; without it as before."""


class OpenFacility(Trusted, Sized, FacilityChange):
    """A facility of the table that is planned, under construction or closed begins to work."""

    change: Literal["open_facility"]
    """The kind of change."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"open {self.facility}"


class CloseFacility(FacilityChange):
    """A facility stops working."""

    change: Literal["close_facility"]
    """The kind of change."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"close {self.facility}"


class UpgradeFacility(Sized, FacilityChange):
    """A facility becomes larger or of a higher level."""

    change: Literal["upgrade_facility"]
    """The kind of change."""
    level: Level | None = None
    """New level of care."""

    about: ClassVar[str] = "level"

    def doing(self) -> str:
        """Return what it does."""
        told = {"level": "{}", "beds": "{} beds", "staff": "{} staff", "running_cost_azn": "{} AZN a year"}
        words = [told[name].format(getattr(self, name)) for name in given(self, UPGRADES)]
        return f"upgrade {self.facility} to {' with '.join(words)}"

    @model_validator(mode="after")
    def _upgrades_something(self) -> UpgradeFacility:
        if not given(self, UPGRADES):
            raise ValueError(f"give one of {', '.join(UPGRADES)}; a new service is 'add_service'")
        return self


class PlacedFacility(FacilityChange):
    """A change that puts a facility somewhere."""

    settlement: str = ""
    """Id of the settlement where it stands then; gives position and district."""
    lat: Latitude | None = None
    """Latitude in degrees, instead of a settlement."""
    lon: Longitude | None = None
    """Longitude in degrees, instead of a settlement."""
    district: str = ""
    """District of the position `lat`, `lon`."""

    @model_validator(mode="after")
    def _somewhere(self) -> PlacedFacility:
        own = given(self, ("lat", "lon", "district"))
        if bool(self.settlement) == bool(own) or (own and len(own) < 3):
            raise ValueError("give either settlement, or lat, lon and district")
        return self

    def _there(self) -> str:
        return self.settlement or f"{self.lat:g}, {self.lon:g}"


class MoveFacility(PlacedFacility):
    """A facility works at another place."""

    change: Literal["move_facility"]
    """The kind of change."""

    about: ClassVar[str] = "position"

    def doing(self) -> str:
        """Return what it does."""
        return f"move {self.facility} to {self._there()}"


class AddFacility(Trusted, Sized, PlacedFacility):
    """A facility that no table has begins to work."""

    change: Literal["add_facility"]
    """The kind of change."""
    name: Text
    """Its name."""
    services: Services
    """Services it gives."""
    level: Level = "district"
    """Level of care."""
    owner: Literal["civil", "military"] = "civil"
    """Who owns it."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"add {self.facility} at {self._there()}"


class AddService(Trusted, FacilityChange):
    """A facility gives one more service."""

    change: Literal["add_service"]
    """The kind of change."""
    service: ServiceId
    """The service, as in column `services`."""

    @property
    def attribute(self) -> str:
        """The service."""
        return f"service {self.service}"

    def doing(self) -> str:
        """Return what it does."""
        return f"add {self.service} to {self.facility}"
