"""Text cells -> typed tables: every cell that fails its contract becomes a finding that names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa

from geoplan.errors import Finding
from geoplan.tables.contract import (
    FREE_COLUMN,
    LIST_SEPARATOR,
    Column,
    Contract,
    build_schema,
    parse_date,
    split_list,
)
from geoplan.tables.hints import cell_finding
from geoplan.tables.names import suggest

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Rows:
    """A table in the order of its file, typed, with the place of every row.

    Attributes
    ----------
    frame
        Typed columns of the contract; index 0, 1, ...
    places
        `file:line` of each row.
    key
        Column whose value names a row in findings, or empty.
    """

    frame: pd.DataFrame
    places: tuple[str, ...]
    key: str = ""

    def where(self, row: int, column: str = "") -> str:
        """Return `file:line id:column` of one cell."""
        name = str(self.frame[self.key].iloc[row]) if self.key else ""
        tail = f"{name}:{column}" if name and column else name or column
        return f"{self.places[row]} {tail}" if tail else self.places[row]


def parse_table(text: pd.DataFrame, contract: Contract, file: str) -> tuple[Rows, list[Finding]]:
    """Return the typed rows of a table of text cells, and all that is wrong with its cells.

    Parameters
    ----------
    text
        Text cells, index = line number in the file.
    contract
        The table's data dictionary.
    file
        The name by which findings call the file.

    Returns
    -------
    Typed columns in the order of the contract: text and id str (empty: ""), list str with `;`, integer
    int64 (Int64 with <NA> where cells are empty), number float64 (NaN), boolean bool, date_or_year
    `datetime.date` or None, wkt str. A cell with an error reads as empty.
    """
    columns = [c for c in contract if c.type != "geometry"]
    cells = text.reindex(columns=[c.name for c in columns], fill_value="").reset_index(drop=True)
    key = columns[0].name if columns[0].type == "id" else ""
    naming = Rows(cells, tuple(f"{file}:{line}" for line in text.index), key)
    findings = column_findings(text, contract, file)
    bad = _failures(cells[[c.name for c in columns if c.name in text.columns]], contract)
    failed: dict[str, list[int]] = {}
    for row, name in bad:
        failed.setdefault(name, []).append(row)
    by_name = {c.name: c for c in columns}
    findings += [
        cell_finding(by_name[name], str(cells[name].iloc[row]), naming.where(row, name)) for row, name in bad
    ]
    filled: dict[str, pd.Series[str]] = {}
    for column in columns:
        sound = _blanked(cells[column.name], failed.get(column.name, []))
        filled[column.name], found = _with_default(column, sound, filled, naming)
        findings += found
    typed = {c.name: typed_column(c, filled[c.name]) for c in columns}
    return Rows(pd.DataFrame(typed, index=cells.index), naming.places, key), findings


def _blanked(cells: pd.Series[str], rows: list[int]) -> pd.Series[str]:
    """Return the cells with those of `rows` empty."""
    if not rows:
        return cells
    copy = cells.copy()
    copy.iloc[rows] = ""
    return copy


def column_findings(text: pd.DataFrame, contract: Contract, file: str) -> list[Finding]:
    """Return what is wrong with the header: missing and unknown columns."""
    names = [c.name for c in contract if c.type != "geometry"]
    unknown = sorted(set(text.columns) - set(names) - {FREE_COLUMN})
    missing = [c for c in contract if c.type != "geometry" and c.name not in text.columns]
    findings = [_missing_column(c, unknown, file) for c in missing if c.required]
    return findings + [_unknown_column(name, [c.name for c in missing], names, file) for name in unknown]


def _missing_column(column: Column, unknown: list[str], file: str) -> Finding:
    """Return the error for a column that must be there."""
    close = suggest(column.name, unknown).strip().replace("Did you mean", "Is it the column").rstrip("?")
    hint = f"{close}? Then rename it." if close else f"Add it: {column.description}."
    message = f"the column '{column.name}' is missing."
    params = (("column", column.name),)
    return Finding("error", "missing-column", message, where=f"{file}:1", hint=hint, params=params)


def _unknown_column(name: str, free: list[str], names: list[str], file: str) -> Finding:
    """Return the warning for a column that the contract does not know."""
    hint = suggest(name, free).strip() or f"Columns of this table: {', '.join(names)}."
    message = f"the column '{name}' is not known and is ignored."
    params = (("column", name),)
    return Finding("warning", "unknown-column", message, where=f"{file}:1", hint=hint, params=params)


def _failures(cells: pd.DataFrame, contract: Contract) -> list[tuple[int, str]]:
    """Return row and column of every failing cell, sorted by row."""
    try:
        build_schema(contract).validate(cells, lazy=True)
    except pa.errors.SchemaErrors as error:
        found = zip(error.failure_cases["index"], error.failure_cases["column"], strict=True)
        return sorted((int(row), str(column)) for row, column in found)
    return []


def _with_default(
    column: Column, cells: pd.Series[str], filled: dict[str, pd.Series[str]], naming: Rows
) -> tuple[pd.Series[str], list[Finding]]:
    """Return the cells with the default where they are empty, and a note that says so."""
    empty = np.flatnonzero(cells.str.strip() == "")
    if not column.default or not len(empty):
        return cells, []
    source = column.default.removeprefix("@")
    copied = column.default.startswith("@")
    cells = cells.where(cells.str.strip() != "", filled[source] if copied else source)
    taken = f"that of '{source}'" if copied else f"'{column.default}'"
    many = f"all {len(cells)} rows" if len(empty) == len(cells) else f"{len(empty)} of {len(cells)} rows"
    message = f"'{column.name}' is empty in {many}: {taken} is taken."
    hint = f"Fill it in if that is not so: {column.description}."
    params = (("column", column.name), ("default", column.default), ("rows", len(empty)))
    where = naming.where(int(empty[0]), column.name)
    return cells, [Finding("note", "default-used", message, where=where, hint=hint, params=params)]


def typed_column(column: Column, cells: pd.Series[str]) -> Any:
    """Return the values of sound text cells in the column's own type."""
    if column.type == "text":
        return cells.astype("str")
    stripped = [cell.strip() for cell in cells.tolist()]
    convert = _TYPED.get(column.type)
    if convert:
        return convert(stripped)
    if column.type == "list":
        stripped = [LIST_SEPARATOR.join(split_list(cell)) for cell in stripped]
    return pd.Series(stripped, index=cells.index, dtype="str")


def _integers(cells: list[str]) -> Any:
    """Return int64, or Int64 where cells are empty."""
    if all(cells):
        return np.array([int(float(cell)) for cell in cells], dtype=np.int64)
    return pd.array([int(float(cell)) if cell else pd.NA for cell in cells], dtype="Int64")


def _numbers(cells: list[str]) -> Any:
    """Return float64, NaN where cells are empty."""
    return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)


def _booleans(cells: list[str]) -> Any:
    """Return bool; an empty cell is false (contracts give every boolean a default, so it is said)."""
    return np.array([cell.casefold() == "true" for cell in cells], dtype=bool)


def _dates(cells: list[str]) -> Any:
    """Return dates, None where cells are empty."""
    dates = np.empty(len(cells), dtype=object)
    dates[:] = [parse_date(cell) for cell in cells]
    return dates


_TYPED: Final[dict[str, Callable[[list[str]], Any]]] = {
    "integer": _integers,
    "number": _numbers,
    "boolean": _booleans,
    "date_or_year": _dates,
}
