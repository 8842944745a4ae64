"""Words for a cell that fails its contract: what is wrong with it and what was probably meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from geoplan.errors import Finding
from geoplan.tables.contract import cell_problem, is_allowed, is_line, parse_date, split_list
from geoplan.tables.names import suggest

if TYPE_CHECKING:
    from geoplan.tables.contract import Column

LAT_SPAN: Final = (38, 42)
LON_SPAN: Final = (44, 52)
"""Whole degrees that hold Azerbaijan and its sea: only to guess where a lost decimal point stood."""

SHOWN: Final = 60
"""A longer cell is cut in messages."""

_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]+,[0-9]+")
_GROUPED: Final = re.compile(r"[0-9]{1,3}([ \u00a0\u202f.,'][0-9]{3})+")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_YEAR_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")

_TYPE_WORDS: Final = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date_or_year": "a date (2026-07-03) or a year (2026)",
    "list": "a list of words separated by semicolons",
    "wkt": "a line such as LINESTRING (49.86 40.38, 49.67 40.59), longitude first",
    "id": "an id without tabs or line breaks",
    "text": "a text",
}

_YES: Final = {"1", "yes", "y", "bəli", "hə", "да"}
_NO: Final = {"0", "no", "n", "xeyr", "yox", "нет"}


def cell_finding(column: Column, cell: str, where: str) -> Finding:
    """Return the error for one cell.

    Parameters
    ----------
    column
        The column's contract.
    cell
        The text as it stands in the file.
    where
        `file:line id:column`.
    """
    text = cell.strip()
    code, message, hint = _WORDS[cell_problem(column, text)](column, text)
    params = (("column", column.name), ("value", _short(text)))
    return Finding("error", code, message, where=where, hint=hint, params=params)


def _short(text: str) -> str:
    """Return the text, cut where it is long."""
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _missing(column: Column, _: str) -> tuple[str, str, str]:
    """Return code, message and hint for an empty cell that must be filled."""
    return "missing-value", f"'{column.name}' is empty.", f"Fill it in: {column.description}."


def _wrong_type(column: Column, text: str) -> tuple[str, str, str]:
    """Return code, message and hint for a cell that is not of the column's type."""
    message = f"'{_short(text)}' is not {_TYPE_WORDS[column.type]}."
    if column.type in {"number", "integer"}:
        return _not_a_number(column, text, message)
    if column.type == "date_or_year":
        return "wrong-type", message, _date_hint(text)
    if column.type == "boolean":
        word = "true" if text.casefold() in _YES else "false" if text.casefold() in _NO else "true or false"
        return "wrong-type", message, f"Write {word}."
    if column.type == "wkt" and text.upper().startswith("LINESTRING") and not is_line(text):
        return "wrong-type", message, "A line needs at least two points: 'lon lat' pairs separated by commas."
    return "wrong-type", message, f"Write {_TYPE_WORDS[column.type]}."


def _not_a_number(column: Column, text: str, message: str) -> tuple[str, str, str]:
    """Return code, message and hint for a cell that should be a number."""
    grouped, comma = _GROUPED.fullmatch(text), _DECIMAL_COMMA.fullmatch(text)
    digits = re.sub("[^0-9]", "", text)
    if grouped and (column.type == "integer" or not comma):
        return "wrong-type", message, f"Leave out thousands separators. Write the digits only: {digits}."
    if comma and column.type == "integer":
        return "wrong-type", message, "Write digits only, without a comma."
    if comma:
        message = f"'{text}' has a decimal comma."
        thousands = (
            f" If the comma separates thousands: {digits}." if grouped and not column.is_coordinate else ""
        )
        return "decimal-comma", message, f"Write a decimal point: {text.replace(',', '.')}.{thousands}"
    if text.startswith("'"):
        return "wrong-type", message, f"Take the apostrophe off: {text[1:]}."
    return "wrong-type", message, "Write digits with a decimal point, or leave out what is not known."


def _date_hint(text: str) -> str:
    """Return what to write instead of a date in another form."""
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first:
        day, month, year = day_first.groups()
        written = f"{year}-{int(month):02d}-{int(day):02d}"
        if parse_date(written):
            return f"Write {written}."
    if _YEAR_MONTH.fullmatch(text):
        return f"Write a day of that month: {text}-01."
    return "Write year-month-day, for example 2026-07-03, or a year."


def _not_allowed(column: Column, text: str) -> tuple[str, str, str]:
    """Return code, message and hint for a cell outside the allowed range or words."""
    if column.limits is not None:
        return _out_of_range(column, text)
    items = split_list(text) if column.type == "list" else (text,)
    strange = next(item for item in items if not is_allowed(column, item))
    message = f"'{_short(strange)}' is not one of {', '.join(column.words)}."
    return "not-allowed", message, suggest(strange, column.words).strip() or f"{column.description}."


def _out_of_range(column: Column, text: str) -> tuple[str, str, str]:
    """Return code, message and hint for a number outside its range."""
    low, high = column.limits or (0.0, 0.0)
    if column.is_coordinate:
        meant = with_point(text, LAT_SPAN if column.name == "lat" else LON_SPAN)
        hint = f"Did you mean {meant}?" if meant else "Write degrees with a decimal point, such as 40.37767."
        code = "no-decimal-point" if meant else "out-of-range"
        return (
            code,
            f"{text} is not a {'latitude' if column.name == 'lat' else 'longitude'} in degrees.",
            hint,
        )
    if low == 0 and float(text) < 0:
        return "negative", f"{column.name} is {text}: it cannot be negative.", "Write zero or more."
    limits = f"{low:g} or more" if high == float("inf") else f"between {low:g} and {high:g}"
    unit = f" {column.unit}" if column.unit else ""
    return "out-of-range", f"{column.name} is {text}: it must be {limits}{unit}.", f"{column.description}."


def with_point(text: str, span: tuple[int, int]) -> str:
    """Return `text` with a decimal point after two digits where that falls within `span`, else ''."""
    digits = text.removesuffix(".0").lstrip("+")
    if not digits.isdigit() or len(digits) < 3:
        return ""
    return f"{digits[:2]}.{digits[2:]}" if span[0] <= int(digits[:2]) <= span[1] else ""


def _broken_letters(_: Column, text: str) -> tuple[str, str, str]:
    """Return code, message and hint for a name that lost its letters on the way."""
    message = f"'{_short(text)}': letters such as ə were lost when the file was saved."
    hint = "Type the name again and save the file as UTF-8 (Excel: 'CSV UTF-8 (Comma delimited)')."
    return "broken-letters", message, hint


_WORDS: Final = {
    "missing-value": _missing,
    "wrong-type": _wrong_type,
    "not-allowed": _not_allowed,
    "broken-letters": _broken_letters,
}
