"""Contract -> pandera schema: what each table must hold, and the test of every kind of cell."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa
import shapely

from geoplan.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRACTS: Final = Path(__file__).resolve().parent / "contracts"

FREE_COLUMN: Final = "note"
"""Every table may have this column; where a contract does not name it, it is left out without a word."""

TEXT_TYPES: Final = ("text", "id", "list")
"""Types whose cells are texts, on which a spreadsheet's apostrophe may stand."""

OPEN_VOCABULARY: Final = "..."
LIST_SEPARATOR: Final = ";"
RANGE: Final = re.compile(r"(-?[0-9.]*)\.\.(-?[0-9.]*)")


@dataclass(frozen=True)
class Column:
    """One row of a data dictionary.

    Attributes
    ----------
    name, unit, description
        As in the dictionary.
    type
        text, id, integer, number, boolean, date_or_year, list (items separated by semicolons), wkt (a
        LINESTRING) or geometry (the shape of a map layer).
    required
        The column must be there and every cell filled; else both may be absent.
    allowed
        Words `a|b|c` (a trailing `...` lets others in), or a range `min..max` with either end open.
    default
        What an empty cell means, `@column` for the value of another column; its use is a finding.
    """

    name: str
    type: str
    unit: str
    required: bool
    allowed: str
    description: str
    default: str

    @property
    def words(self) -> tuple[str, ...]:
        """The allowed words, without `...`; empty for a range or free column."""
        if not self.allowed or self.limits is not None:
            return ()
        return tuple(word for word in self.allowed.split("|") if word != OPEN_VOCABULARY)

    @property
    def open(self) -> bool:
        """Whether words beside the allowed ones may stand."""
        return not self.words or self.allowed.split("|")[-1] == OPEN_VOCABULARY

    @property
    def limits(self) -> tuple[float, float] | None:
        """The allowed range, infinite where an end is open."""
        match = RANGE.fullmatch(self.allowed)
        if not match:
            return None
        low, high = match.groups()
        return (float(low) if low else -np.inf, float(high) if high else np.inf)

    @property
    def is_coordinate(self) -> bool:
        """Whether the column is a latitude or a longitude."""
        return self.type == "number" and self.unit == "degrees"


Contract = tuple[Column, ...]


@dataclass(frozen=True)
class TableSpec:
    """What holds for a table as a whole.

    Attributes
    ----------
    index
        Column that becomes the index, or empty.
    key
        Columns that no two rows share; a row with an empty cell among them is not compared.
    may_be_empty
        Whether a header without rows is in order (with a warning).
    layer
        Whether it is a map layer with shapes.
    """

    index: str = ""
    key: tuple[str, ...] = ()
    may_be_empty: bool = False
    layer: bool = False


SPECS: Final[dict[str, TableSpec]] = {
    "districts": TableSpec("district_id", ("district_id",), layer=True),
    "settlements": TableSpec("settlement_id", ("settlement_id",)),
    "road_nodes": TableSpec("node_id", ("node_id",)),
    "roads": TableSpec("road_id", ("road_id",)),
    "neighbours": TableSpec(may_be_empty=True, layer=True),
    "facilities": TableSpec("facility_id", ("facility_id",)),
    "candidates": TableSpec("site_id", ("site_id",), may_be_empty=True),
    "population": TableSpec(key=("settlement_id", "year"), may_be_empty=True),
    "district_population": TableSpec(key=("district_id", "year")),
    "resettlement": TableSpec(key=("settlement_id", "date", "kind"), may_be_empty=True),
    "speeds": TableSpec(key=("class", "surface", "vehicle", "season")),
    "standards": TableSpec(key=("service", "kind", "minutes"), may_be_empty=True),
    "points": TableSpec("id", ("id",)),
    "matrix": TableSpec(),
    "demand": TableSpec("id", ("id",)),
    "sites": TableSpec("id", ("id",)),
}


@functools.cache
def load_contract(name: str) -> Contract:
    """Return the data dictionary of the table `name`.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    if name not in SPECS:
        hint = "Tables: " + ", ".join(sorted(SPECS))
        raise UsageError(f"no table is called '{name}'.{did_you_mean(name, SPECS)}", hint=hint)
    with (CONTRACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Column(
                name=row["column"],
                type=row["type"],
                unit=row["unit"],
                required=row["required"] == "true",
                allowed=row["allowed"],
                description=row["description"],
                default=row["default"],
            )
            for row in csv.DictReader(file)
        )


@functools.cache
def build_schema(contract: Contract) -> pa.DataFrameSchema:
    """Return the pandera schema that holds every text cell of a table against `contract`."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(None, checks=pa.Check(_sound(column), error="cell"), required=False)
            for column in contract
            if column.type != "geometry"
        }
    )


def _sound(column: Column) -> Callable[[pd.Series[str]], pd.Series[bool]]:
    """Return a check of the column's cells; each distinct cell is looked at once."""

    def check(cells: pd.Series[str]) -> pd.Series[bool]:
        values = cells.tolist()
        sound = {value: not cell_problem(column, value.strip()) for value in dict.fromkeys(values)}
        return pd.Series([sound[value] for value in values], index=cells.index, dtype=bool)

    return check


def cell_problem(column: Column, text: str) -> str:
    """Return the code of what is wrong with a cell (stripped): '' for nothing.

    `missing-value`, `wrong-type`, `not-allowed` (a word or a range) or `broken-letters`.
    """
    if not text:
        return "missing-value" if column.required else ""
    if not _TESTS[column.type](text):
        return "wrong-type"
    if column.allowed and not is_allowed(column, text):
        return "not-allowed"
    return "broken-letters" if _bears_names(column) and BROKEN_LETTERS.search(text) else ""


BROKEN_LETTERS: Final = re.compile(r"[^\W\d_]\?|\?[^\W\d_]|\ufffd|É™|Ä±|ÅŸ|ÄŸ|Ã[¼¶§œ‡–]")
"""A ? beside a letter, the replacement character, or UTF-8 read as Windows-1252 and saved again."""


def _bears_names(column: Column) -> bool:
    """Whether the column holds names or words of the three languages."""
    return column.type == "text" and re.match(r"name|label_|region_", column.name) is not None


_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.0+)?")
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_YEAR: Final = re.compile(r"(?:19|20|21)[0-9]{2}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def parse_date(text: str) -> dt.date | None:
    """Return the date of `2026-07-03` or of 1 January for `2026`; None for anything else."""
    if _YEAR.fullmatch(text):
        return dt.date(int(text), 1, 1)
    if not _DATE.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def split_list(text: str) -> tuple[str, ...]:
    """Return the items of a list cell, without blanks and repeats, in their order."""
    return tuple(dict.fromkeys(item.strip() for item in text.split(LIST_SEPARATOR) if item.strip()))


def is_line(text: str) -> bool:
    """Whether the text is the WKT of a line with finite coordinates."""
    line = shapely.from_wkt(text, on_invalid="ignore")
    if line is None or line.geom_type != "LineString" or line.is_empty:
        return False
    return bool(np.isfinite(shapely.get_coordinates(line)).all())


_TESTS: Final[dict[str, Callable[[str], Any]]] = {
    "text": lambda _: True,
    "id": lambda text: not _CONTROL.search(text),
    "integer": _INTEGER.fullmatch,
    "number": _NUMBER.fullmatch,
    "boolean": lambda text: text.casefold() in {"true", "false"},
    "date_or_year": parse_date,
    "list": lambda text: bool(split_list(text)),
    "wkt": is_line,
}


def is_allowed(column: Column, text: str) -> bool:
    """Whether a cell of the right type lies in the allowed range or among the allowed words."""
    limits = column.limits
    if limits is not None:
        return limits[0] <= float(text) <= limits[1]
    if column.type == "boolean" or column.open:
        return True
    items = split_list(text) if column.type == "list" else (text,)
    return set(items) <= set(column.words)
