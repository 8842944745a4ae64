"""Sweep files: TOML -> which keys of which scenario take which values, and which figures are kept."""

from __future__ import annotations

import math
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from geoplan.errors import Finding, InputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIGURES: Final = (
    "population",
    "assessed",
    "within_target",
    "share_within_target",
    "unreachable",
    "mean_minutes",
    "p50_minutes",
    "p90_minutes",
    "on_assumed",
    "beyond_target",
)
"""Columns of `coverage_summary` that a sweep can keep."""

Figure = Literal[
    "population",
    "assessed",
    "within_target",
    "share_within_target",
    "unreachable",
    "mean_minutes",
    "p50_minutes",
    "p90_minutes",
    "on_assumed",
    "beyond_target",
]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    """Base of all models: frozen, closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Range(_Model):
    """Evenly spaced values from `from` to `to`, both included where the step meets them."""

    start: Annotated[int | Number, Field(alias="from")]
    """The first value."""
    to: int | Number
    """No value lies beyond it."""
    step: Annotated[int | Number, Field(gt=0)]
    """From one value to the next."""

    def values(self) -> list[int | float]:
        """Return the values."""
        count = math.floor((self.to - self.start) / self.step + 1e-9) + 1
        # 12 digits: 0.1 + 0.2 is written 0.3
        return [_short(self.start + i * self.step, digits=12) for i in range(max(count, 0))]


class Spread(_Model):
    """How a drawn key is spread: uniform, triangular, normal, or one of several values."""

    low: Number | None = None
    """Lower end of a uniform or triangular spread; a normal one is cut there."""
    high: Number | None = None
    """Upper end likewise."""
    mode: Number | None = None
    """Peak of a triangular spread."""
    mean: Number | None = None
    """Mean of a normal spread."""
    sd: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation of a normal spread."""
    choices: tuple[Any, ...] = ()
    """Values that are equally likely."""
    whole: bool = False
    """Round to whole numbers."""

    @property
    def kind(self) -> str:
        """Return `choices`, `normal`, `triangular` or `uniform`."""
        if self.choices:
            return "choices"
        if self.mean is not None:
            return "normal"
        return "uniform" if self.mode is None else "triangular"

    @model_validator(mode="after")
    def _makes_sense(self) -> Spread:
        ends = self.low is not None and self.high is not None
        if self.kind == "normal":
            if self.sd is None or self.mode is not None:
                raise ValueError("a normal spread needs mean and sd")
        elif self.kind != "choices" and not ends:
            raise ValueError("give low and high, or mean and sd, or choices")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")
        if self.mode is not None and ends and not (self.low or 0) <= self.mode <= (self.high or 0):
            raise ValueError("mode must lie between low and high")
        return self


def _dotted(leaves: type[BaseModel]) -> Any:
    """Return what joins nested tables to dotted keys, so that keys may be written with or without quotes."""
    names = {field.alias or name for name, field in leaves.model_fields.items()}

    def flat(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        out: dict[str, Any] = {}
        for key, inner in value.items():
            deeper = isinstance(inner, dict) and not set(inner) <= names
            out |= {f"{key}.{k}": v for k, v in flat(inner).items()} if deeper else {key: inner}
        return out

    return BeforeValidator(flat)


class Draw(_Model):
    """A block of runs whose keys are drawn together."""

    method: Literal["latin_hypercube", "monte_carlo"]
    """Latin hypercube spreads few runs evenly; Monte Carlo draws each run by itself."""
    runs: Annotated[int, Field(ge=1, le=1_000_000)]
    """How many draws."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """Start of the random numbers; without it the sweep's seed plus the number of the block."""
    keys: Annotated[dict[Text, Spread], _dotted(Spread), Field(min_length=1)]
    """Spread by key of the scenario."""


class Keep(_Model):
    """Which rows and figures of `coverage_summary` go into the table."""

    levels: tuple[Literal["nation", "group", "region", "district"], ...] = ("nation", "group")
    """Levels."""
    ids: tuple[Text, ...] = ()
    """Ids of groups, regions or districts; empty: all of the levels."""
    services: tuple[Text, ...] = ()
    """Services; empty: all."""
    figures: Annotated[tuple[Figure, ...], Field(min_length=1)] = (
        "within_target",
        "share_within_target",
        "unreachable",
        "mean_minutes",
        "p50_minutes",
        "p90_minutes",
    )
    """Columns."""


def _values(value: Any) -> Any:
    """Return a list of values as it is and a table as a range."""
    return Range.model_validate(value).values() if isinstance(value, dict) else value


class SweepPlan(_Model):
    """A question asked many times: a base scenario and the keys that vary."""

    base: Text
    """A shipped scenario's name, or a TOML file relative to this one."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Start of the random numbers of all draws."""
    vary: Annotated[
        dict[Text, Annotated[list[Any], BeforeValidator(_values), Field(min_length=1)]], _dotted(Range)
    ] = {}
    """Values by key: a list, or a range `{ from = , to = , step = }`; all combinations are run."""
    draw: tuple[Draw, ...] = ()
    """Blocks of draws; each is combined with every combination of the rest."""
    keep: Keep = Keep()
    """What goes into the table."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that vary, in the order of the file."""
        return (*self.vary, *(key for block in self.draw for key in block.keys))

    @model_validator(mode="after")
    def _keys_agree(self) -> SweepPlan:
        twice = sorted({key for key in self.keys if self.keys.count(key) > 1})
        if twice:
            raise ValueError(f"the key '{twice[0]}' varies in two places")
        if not self.keys:
            raise ValueError("nothing varies: give [vary] or [[draw]]")
        return self


def _short(value: float, *, digits: int) -> float | int:
    """Return a number with so many significant digits; whole numbers stay whole."""
    return value if isinstance(value, int) else float(f"{value:.{digits}g}")


def load_plan(path: Path) -> SweepPlan:
    """Return a sweep file.

    Raises
    ------
    UsageError
        If there is no such file.
    InputError
        With every problem of the file.
    """
    if not path.is_file():
        guess = did_you_mean(path.name, [p.name for p in path.parent.glob("*.toml")])
        raise UsageError(f"there is no sweep file '{path}'.{guess}", hint="Write one: see docs/sweeps.md.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return SweepPlan.model_validate(tomllib.loads(text))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"the file is not TOML in UTF-8 ({error})."
        raise InputError([Finding("error", "not-toml", message, where=path.name)]) from error
    except ValidationError as error:
        raise InputError([_explain(path.name, text, detail) for detail in error.errors()]) from error


def _explain(file: str, text: str, detail: Any) -> Finding:
    """Return the finding for one problem that pydantic found."""
    place = [str(part) for part in detail["loc"]]
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        hint = did_you_mean(place[-1], _known_keys()).strip()
        message, code = f"unknown key '{'.'.join(place)}'.", "unknown-key"
        return Finding("error", code, message, where=_where(file, text, place), hint=hint)
    shown = f"{'.'.join(place)}: " if place else ""
    return Finding("error", "bad-value", f"{shown}{message}.", where=_where(file, text, place))


def _known_keys() -> list[str]:
    """Return every key that any part of a sweep file knows."""
    models: Sequence[type[BaseModel]] = (SweepPlan, Draw, Keep, Spread, Range)
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _where(file: str, text: str, place: Sequence[str]) -> str:
    """Return the file with the first line that names the last word of `place`, as far as one does."""
    words = [word for word in reversed(place) if not word.isdigit()]
    for word in words:
        for number, line in enumerate(text.splitlines(), start=1):
            if line.split("#")[0].split("=")[0].strip().strip("[]\"'").endswith(word):
                return f"{file}:{number}"
    return file
