"""What all models of a scenario share: frozen, closed to unknown keys, strict, and their kinds of value."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ServiceId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Model(BaseModel):
    """Base of all models: frozen, closed to unknown keys, strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Words(Model):
    """A text in the three languages of the page; one plain text stands for all three."""

    az: Text
    """Azerbaijani."""
    ru: Text
    """Russian."""
    en: Text
    """English."""


def _in_all_languages(value: Any) -> Any:
    """Return one plain text as the same text in three languages."""
    return {"az": value, "ru": value, "en": value} if isinstance(value, str) else value


Trilingual = Annotated[Words, BeforeValidator(_in_all_languages)]


def as_tuple(value: Any) -> Any:
    """Return a single text as one of its kind; strict models take no lists after a validator of ours."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _as_day(value: Any) -> Any:
    """Return a year as its 1 January and a date of TOML or JSON as a date; anything else fails."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        day = value
    else:
        day = _parsed("" if isinstance(value, bool) else value)
    if not 1990 <= day.year <= 2100:
        raise ValueError("write a year from 1990 to 2100")
    return day


def _parsed(value: Any) -> dt.date:
    """Return the day that a year or a text names."""
    try:
        return dt.date(value, 1, 1) if isinstance(value, int) else dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError("write a year (2027) or a date (2027-07-01)") from error


Day = Annotated[dt.date, BeforeValidator(_as_day)]
"""A date, or a year that means its 1 January."""
