"""CSV files as text cells with their line numbers; encoding, separators and ragged rows are checked here."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan.errors import Finding
from geoplan.tables.names import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

ARMED: Final = ("=", "+", "-", "@", "\t")
"""A spreadsheet runs a text cell that begins so; what `geoplan.output` writes has an apostrophe before it."""

SAVE_AS_UTF8: Final = (
    "Save it as UTF-8: in Excel File > Save As > 'CSV UTF-8 (Comma delimited) (*.csv)'; in LibreOffice "
    "Save As > Text CSV > Edit filter settings > Character set 'Unicode (UTF-8)', Field delimiter ','."
)
USE_COMMAS: Final = (
    "Columns are separated by commas and decimals by points. In LibreOffice save as Text CSV with the field "
    "delimiter ','; in Excel set the list separator to ',' and the decimal symbol to '.' "
    "(Windows: Region > Additional settings), then save as 'CSV UTF-8 (Comma delimited)'."
)

ALIKE: Final = 10
"""More rows of one wrong width than this are told in one finding."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DIGITS: Final = re.compile(r"\s*-?[0-9]+\s*")


def unescape_text(cell: str) -> str:
    """Return a text cell as it was meant: one leading `'` before `= + - @` or a tab is taken off.

    Exactly that and no more: an apostrophe before anything else belongs to the text.
    """
    return cell[1:] if cell.startswith("'") and cell[1:2] in ARMED and len(cell) > 1 else cell


def read_csv_text(
    path: Path, file: str, *, known: Sequence[str], texts: Sequence[str] = ()
) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return the cells of a CSV file as text, index = line number of the row (the header is line 1).

    Parameters
    ----------
    path
        The file.
    file
        The name by which findings call it.
    known
        Column names of the table, to tell a wrong separator.
    texts
        Columns that hold texts, not numbers: only their cells are unescaped.

    Returns
    -------
    The cells (None where the file cannot be read at all) and what is wrong with the file. Rows whose
    number of cells differs from the header are reported and left out; blank rows are skipped.
    """
    text, findings = read_utf8(path, file)
    if text is None:
        return None, findings
    findings = _wrong_separator(text, file, known)
    if findings:
        return None, findings
    cells, findings = _cells(text, file)
    return (None if cells is None else _unescaped(cells, texts)), findings


def _unescaped(cells: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """Return the cells with the columns `texts` unescaped."""
    marked = [c for c in texts if c in cells.columns and cells[c].str.startswith("'").any()]
    return cells.assign(**{c: cells[c].map(unescape_text).astype("str") for c in marked})


def read_utf8(path: Path, file: str) -> tuple[str | None, list[Finding]]:
    """Return the text of a UTF-8 file, with or without byte order mark, or what is wrong with it."""
    raw, findings = read_bytes(path, file)
    return (None, findings) if raw is None else _decode(raw, file)


def read_bytes(path: Path, file: str) -> tuple[bytes | None, list[Finding]]:
    """Return the bytes of a file that is there and not empty, or what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, [file_missing(path, file, error)]
    if not raw.strip(b"\xef\xbb\xbf \t\r\n,;\x00"):
        hint = "Put the header and the rows back, or name another file."
        return None, [Finding("error", "empty-file", "the file is empty.", where=file, hint=hint)]
    return raw, []


def file_missing(path: Path, file: str, error: OSError) -> Finding:
    """Return the error for a file that cannot be opened; only files of its own folder are offered."""
    if not isinstance(error, FileNotFoundError):
        hint = "Close it in other programs, and check that you may read it."
        message = f"the file cannot be read ({error.strerror})."
        return Finding("error", "file-missing", message, where=file, hint=hint)
    hint = "Check its path where it is named: under [tables] in the scenario, or on the command line."
    if not path.parent.is_dir():
        hint = f"There is no folder '{path.parent.name}' either. {hint}"
    others = sorted(p.name for p in path.parent.glob("*") if p.is_file() and not p.name.startswith("."))
    message = "the file is not there."
    guess = suggest(path.name, others)
    return Finding("error", "file-missing", message, where=file, hint=f"{hint}{guess}")


def _decode(raw: bytes, file: str) -> tuple[str | None, list[Finding]]:
    """Return the text of UTF-8 bytes, with or without byte order mark."""
    if raw.startswith(_UTF16_MARKS) or b"\x00" in raw:
        message = "the file is not UTF-8 but looks like UTF-16 ('Unicode text')."
        return None, [Finding("error", "not-utf8", message, where=file, hint=SAVE_AS_UTF8)]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 (byte 0x{raw[error.start]:02X} cannot stand here)."
        return None, [Finding("error", "not-utf8", message, where=f"{file}:{line}", hint=SAVE_AS_UTF8)]


def _wrong_separator(text: str, file: str, known: Sequence[str]) -> list[Finding]:
    """Return a finding if semicolons or tabs, not commas, separate the columns."""
    header = text.lstrip("\r\n").splitlines()[0]
    by_comma = _count_known(header.split(","), known)
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if _count_known(header.split(separator), known) > by_comma:
            message = f"the columns are separated by {word}, not by commas."
            return [Finding("error", "wrong-separator", message, where=f"{file}:1", hint=USE_COMMAS)]
    return []


def _count_known(cells: Iterable[str], known: Sequence[str]) -> int:
    """Return how many header cells name a column of the table."""
    return len({c.strip().strip('"').casefold() for c in cells} & set(known))


def _cells(text: str, file: str) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return the rows of a decoded CSV text."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        hint = 'A text that holds a comma, a quote or a line break stands in double quotes: "a ""b"", c".'
        message = f"this row is not CSV ({error})."
        return None, [Finding("error", "not-csv", message, where=f"{file}:{line}", hint=hint)]
    header = [cell.strip() for cell in rows[0]]
    findings = _header_findings(header, file)
    good, found = _straight_rows(rows[1:], lines[1:], len(header), file)
    if found and not good:
        return None, findings + found
    frame = pd.DataFrame(
        {name: [row[i] for _, row in good] for i, name in reversed(list(enumerate(header))) if name},
        index=pd.Index([line for line, _ in good], dtype="int64", name="line"),
        dtype="str",
    )
    return frame[[name for name in dict.fromkeys(header) if name]], findings + found


def _header_findings(header: list[str], file: str) -> list[Finding]:
    """Return a finding per column name that occurs twice."""
    twice = sorted({name for name in header if name and header.count(name) > 1})
    hint = "Keep one of them."
    return [
        Finding(
            "error", "duplicate-column", f"the column '{name}' occurs twice.", where=f"{file}:1", hint=hint
        )
        for name in twice
    ]


def _straight_rows(
    rows: list[list[str]], lines: list[int], width: int, file: str
) -> tuple[list[tuple[int, list[str]]], list[Finding]]:
    """Return the rows that are as wide as the header, and a finding for each other row.

    Where no row is, or many are alike, the header or the way the file was saved is at fault: one finding
    for each wrong width, and no rows, so that other tables are not blamed for those that lack.
    """
    good: list[tuple[int, list[str]]] = []
    wrong: dict[int, list[tuple[int, list[str]]]] = {}
    for line, row in zip(lines, rows, strict=True):
        surplus = [cell for cell in row[width:] if cell.strip()]
        if len(row) >= width and not surplus:
            good.append((line, row[:width]))
        else:
            wrong.setdefault(len(row), []).append((line, row))
    findings = []
    many = [alike for alike in wrong.values() if len(alike) > ALIKE or (len(alike) > 1 and not good)]
    for alike in wrong.values():
        if alike in many:
            findings.append(_wrong_header(alike, len(rows), width, f"{file}:1"))
        else:
            findings += [_ragged(row, width, f"{file}:{line}") for line, row in alike]
    return ([] if many else good), findings


def _wrong_header(alike: list[tuple[int, list[str]]], rows: int, width: int, where: str) -> Finding:
    """Return the one finding for many rows of one wrong width."""
    line, row = alike[0]
    many = f"all {rows} rows" if len(alike) == rows else f"{len(alike)} of {rows} rows"
    message = f"the header has {width} cells, but {many} have {len(row)} (first in line {line})."
    if len(row) < width:
        hint = (
            "Take the surplus column out of the header, or fill it in: an empty cell still needs its comma."
        )
    else:
        hint = f"Add the missing column to the header. {_ragged(row, width, where).hint}"
    code = "too-few-cells" if len(row) < width else "too-many-cells"
    return Finding("error", code, message, where=where, hint=hint)


def _ragged(row: list[str], width: int, where: str) -> Finding:
    """Return the finding for a row with more or fewer cells than the header."""
    message = f"the row has {len(row)} cells, the header {width}."
    if len(row) < width:
        hint = "Add the missing commas: an empty cell still needs its comma."
        return Finding("error", "too-few-cells", message, where=where, hint=hint)
    hint = "Put a text that holds a comma in double quotes."
    pair = next((p for p in itertools.pairwise(row) if all(_DIGITS.fullmatch(c) for c in p)), None)
    if pair:
        hint = (
            f"If {pair[0].strip()},{pair[1].strip()} is a decimal comma, write {pair[0].strip()}."
            f"{pair[1].strip()}. {hint}"
        )
    return Finding("error", "too-many-cells", message, where=where, hint=hint)
