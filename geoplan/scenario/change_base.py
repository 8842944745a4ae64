"""What all changes share: key, dates, place in the file, and the checks of their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import shapely
from pydantic import BeforeValidator, Field, model_validator

from geoplan.scenario.base import Day, Model, Text, as_tuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

Confidence = Literal["high", "medium", "low", "assumed"]
Nodes = Annotated[tuple[Text, Text], BeforeValidator(as_tuple)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class ChangeKey(NamedTuple):
    """What makes a change one: no two changes of a scenario share it."""

    thing: str
    attribute: str
    start: str


def wkt(kind: str) -> Any:
    """Return a check that a text is a shape of one kind, longitude before latitude."""

    def check(value: Any) -> Any:
        shape = shapely.from_wkt(value, on_invalid="ignore") if isinstance(value, str) else None
        if shape is None or shape.geom_type != kind or shape.is_empty or not shape.is_valid:
            example = {"Polygon": "POLYGON ((46.7 39.8, 46.9 39.8, 46.9 39.9, 46.7 39.8))"}
            sample = example.get(kind, "LINESTRING (46.7 39.8, 46.9 39.9)")
            raise ValueError(f"write a shape such as '{sample}', longitude first")
        return value

    return BeforeValidator(check)


def given(change: Model, names: Sequence[str]) -> list[str]:
    """Return which of the keys have a value."""
    return [name for name in names if getattr(change, name) not in {None, "", ()}]


def one_of(change: Model, names: Sequence[str]) -> None:
    """Refuse a change that has none or more than one of the keys."""
    if len(found := given(change, names)) != 1:
        words = " and ".join(found) or "none of them"
        raise ValueError(f"give exactly one of {', '.join(names)} (found: {words})")


class BaseChange(Model):
    """What every change has."""

    object_: ClassVar[str] = ""
    about: ClassVar[str] = ""

    override: bool = False
    """Replace the parent's change of the same key; without it such a change is an error."""
    source: str = ""
    """Where this comes from: address, document or nothing; kept in the log."""
    where: str = ""
    """The place in the file, as `file.toml:12`; set by geoplan, not a key of the file."""

    @property
    def starts(self) -> dt.date | None:
        """First day on which it holds; None: in all years."""
        return None

    @property
    def ends(self) -> dt.date | None:
        """First day on which it no longer holds; None: it has no end."""
        return None

    @property
    def thing(self) -> str:
        """What is changed."""
        return self.object_

    @property
    def attribute(self) -> str:
        """What of it is changed."""
        return self.about

    @property
    def key(self) -> ChangeKey:
        """Thing, attribute and start (ISO date, empty: in all years)."""
        return ChangeKey(self.thing, self.attribute, self.starts.isoformat() if self.starts else "")

    def doing(self) -> str:
        """Return what it does, in a few English words without the thing and the dates."""
        raise NotImplementedError

    def label(self) -> str:
        """Return the change in one English line for people."""
        since = f" from {self.starts}" if self.starts else ""
        until = f" until {self.ends}" if self.ends else ""
        return f"{self.doing()}{since}{until}"

    def holds(self, day: dt.date) -> bool:
        """Whether it is in force on `day`."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day < self.ends)


class DatedChange(BaseChange):
    """A change with a beginning and perhaps an end."""

    start: Day | None = None
    """First day it holds, a date or a year; without it the change holds in all years."""
    until: Day | None = None
    """First day it no longer holds; then what was before holds again."""

    @property
    def starts(self) -> dt.date | None:
        """First day on which it holds."""
        return self.start

    @property
    def ends(self) -> dt.date | None:
        """First day on which it no longer holds."""
        return self.until

    @model_validator(mode="after")
    def _ends_after_start(self) -> DatedChange:
        if self.until is not None and self.start is not None and self.until <= self.start:
            raise ValueError(f"until ({self.until}) must lie after start ({self.start})")
        return self


class Trusted(Model):
    """A change that is as sure as it says."""

    confidence: Confidence = "assumed"
    """How far it can be trusted; figures that rest on assumed facilities are given apart."""
