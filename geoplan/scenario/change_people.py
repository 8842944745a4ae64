"""Changes of people and standards: resettlement envelope, growth, other residents, bands and targets."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from geoplan.scenario.base import Minutes, ServiceId, Share, Text
from geoplan.scenario.change_base import BaseChange, DatedChange, given

STANDARD_KEYS: Final = ("bands_minutes", "target_minutes", "target_share")


class Resettlement(DatedChange):
    """People return to the liberated territories as an assumed envelope says."""

    change: Literal["resettlement"]
    """The kind of change."""
    envelope: Text
    """Table of people by settlement and date: `shipped:resettlement_middle`, or a path as in [tables]."""

    object_: ClassVar[str] = "resettlement"

    about: ClassVar[str] = "envelope"

    def doing(self) -> str:
        """Return what it does."""
        return f"let people return by the assumed envelope {self.envelope.removeprefix('shipped:')}"


class Growth(DatedChange):
    """The people of districts outside the liberated territories grow or shrink."""

    change: Literal["growth"]
    """The kind of change."""
    percent_per_year: Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)]
    """Growth a year in percent, compound, from `start` on (from the first year without one)."""
    district: str = ""
    """One district; without it all of them."""

    @property
    def thing(self) -> str:
        """The district or all."""
        return f"district {self.district}" if self.district else "districts"

    about: ClassVar[str] = "growth"

    def doing(self) -> str:
        """Return what it does."""
        return (
            f"let the people of {self.district or 'all districts'} grow by {self.percent_per_year:g} % a year"
        )


class OtherResidents(DatedChange):
    """Students and workers of the liberated territories are counted or not, whatever [population] says."""

    change: Literal["other_residents"]
    """The kind of change."""
    counted: bool
    """Whether they are counted."""

    object_: ClassVar[str] = "other residents"

    about: ClassVar[str] = "counted"

    def doing(self) -> str:
        """Return what it does."""
        return f"{'count' if self.counted else 'leave out'} students and workers"


class Standard(BaseChange):
    """A service has other bands or another target, in all years."""

    change: Literal["standard"]
    """The kind of change."""
    service: ServiceId
    """Id of the service."""
    bands_minutes: Annotated[tuple[Minutes, ...], Field(min_length=1)] | None = None
    """New upper ends of the bands in minutes, ascending."""
    target_minutes: Minutes | None = None
    """New target in minutes."""
    target_share: Share | None = None
    """New share of the people who should be within the target, 0 to 1."""

    @model_validator(mode="after")
    def _changes_something(self) -> Standard:
        if not given(self, STANDARD_KEYS):
            raise ValueError(f"give one of {', '.join(STANDARD_KEYS)}")
        bands = self.bands_minutes
        if bands is not None and list(bands) != sorted(set(bands)):
            raise ValueError(f"bands must ascend, each once: write {sorted(set(bands))}")
        return self

    @property
    def thing(self) -> str:
        """The service."""
        return f"service {self.service}"

    about: ClassVar[str] = "standard"

    def doing(self) -> str:
        """Return what it does."""
        new = ", ".join(f"{name} {getattr(self, name)}" for name in given(self, STANDARD_KEYS))
        return f"measure {self.service} by {new}"
