"""Changes of facilities: open, close, upgrade, move, add, and one more service."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from geoplan.scenario.base import ServiceId, Text, as_tuple
from geoplan.scenario.change_base import Confidence, Count, DatedChange, given

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Level = Literal["national", "regional", "district", "primary"]
Services = Annotated[tuple[ServiceId, ...], BeforeValidator(as_tuple), Field(min_length=1)]


class FacilityChange(DatedChange):
    """A change of one facility."""

    facility: Text
    """Id of the facility (column `facility_id`)."""
    staff: Count | None = None
    """Staff that it takes; kept in the log, no travel time depends on it."""
    cost_azn: Count | None = None
    """What it costs in manat; kept in the log, no travel time depends on it."""

    @property
    def thing(self) -> str:
        """The facility."""
        return f"facility {self.facility}"


class OpenFacility(FacilityChange):
    """A facility of the table that is planned, under construction or closed begins to work."""

    change: Literal["open_facility"]
    """The kind of change."""
    beds: Count | None = None
    """Beds; without it as in the table."""
    confidence: Confidence = "assumed"
    """How far the opening can be trusted; figures that rest on assumed facilities are given apart."""

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


class UpgradeFacility(FacilityChange):
    """A facility becomes larger or of a higher level."""

    change: Literal["upgrade_facility"]
    """The kind of change."""
    level: Level | None = None
    """New level of care."""
    beds: Count | None = None
    """New number of beds."""

    about: ClassVar[str] = "level"

    def doing(self) -> str:
        """Return what it does."""
        beds = f"{self.beds} beds" if self.beds is not None else ""
        return f"upgrade {self.facility} to {' with '.join(filter(None, (self.level, beds)))}".strip()

    @model_validator(mode="after")
    def _upgrades_something(self) -> UpgradeFacility:
        if not given(self, ("level", "beds")):
            raise ValueError("give level, beds or both; a new service is 'add_service'")
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


class AddFacility(PlacedFacility):
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
    beds: Count | None = None
    """Beds."""
    confidence: Confidence = "assumed"
    """How far it can be trusted; figures that rest on assumed facilities are given apart."""

    about: ClassVar[str] = "open"

    def doing(self) -> str:
        """Return what it does."""
        return f"add {self.facility} at {self._there()}"


class AddService(FacilityChange):
    """A facility gives one more service."""

    change: Literal["add_service"]
    """The kind of change."""
    service: ServiceId
    """The service, as in column `services`."""
    confidence: Confidence = "assumed"
    """How far this can be trusted; the facility's confidence is lowered to it."""

    @property
    def attribute(self) -> str:
        """The service."""
        return f"service {self.service}"

    def doing(self) -> str:
        """Return what it does."""
        return f"add {self.service} to {self.facility}"
