"""Matrix, demand and sites of a siting question: CSV files -> typed tables with line numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.errors import Finding, did_you_mean
from geoplan.tables.contract import load_contract
from geoplan.tables.csv_text import read_csv_text
from geoplan.tables.parse import parse_table
from geoplan.tables.read import read_rows

if TYPE_CHECKING:
    from pathlib import Path

STATUSES = frozenset({"reached", "unreachable", "not_snapped"})


def read_siting_points(
    name: str, path: Path, *, capacity_column: str = "", cost_column: str = ""
) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return demand or sites, typed, with line numbers as index; named columns stand in for standard ones."""
    contract = load_contract(name)
    text, findings = read_csv_text(path, path.name, known=[c.name for c in contract])
    if text is None:
        return None, findings
    if name == "sites":
        for standard, column in (("capacity", capacity_column), ("cost", cost_column)):
            if column and column != standard and column in text:
                text = text.drop(columns=standard, errors="ignore").rename(columns={column: standard})
            elif column and column not in text:
                hint = f"Columns: {', '.join(text.columns)}."
                message = f"there is no column '{column}'.{did_you_mean(column, text.columns)}"
                findings.append(
                    Finding("error", "missing-column", message, where=f"{path.name}:1", hint=hint)
                )
    lines = text.index
    rows, found = parse_table(text, contract, path.name)
    frame = rows.frame.set_axis(lines[: len(rows.frame)])
    kept = [c for c in frame.columns if c in text.columns or c == "id"]
    said = [f for f in found if f.code != "default-used" or dict(f.params).get("column") in text.columns]
    return frame[kept], findings + said


def read_matrix(path: Path, *, measure: str) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return the columns of a long-form matrix that siting uses, with line numbers as index.

    A clean file is read in one pass with ids as categories; whatever that stumbles over is read again as
    text, cell by cell, so that every problem is named with its row.
    """
    try:
        frame = _quick_matrix(path, measure)
    except (OSError, ValueError, UnicodeDecodeError, pd.errors.ParserError):
        frame = None
    if frame is not None:
        return frame, []
    rows, findings = read_rows("matrix", (path,))
    if rows is None:
        return None, findings
    if measure not in rows.frame or rows.frame[measure].isna().all():
        message = f"the column '{measure}' is missing or empty."
        findings.append(Finding("error", "missing-column", message, where=f"{path.name}:1"))
    lines = [int(place.rsplit(":", 1)[1]) for place in rows.places]
    frame = rows.frame.set_axis(pd.Index(lines))
    if "status" in frame:
        frame = frame.assign(status=frame["status"].astype(object))
    return frame, findings


def _quick_matrix(path: Path, measure: str) -> pd.DataFrame | None:
    """Return the matrix as pandas parses it, or None where a cell needs a closer look."""
    head = list(pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns)
    wanted = ["origin_id", "destination_id", measure] + (["status"] if "status" in head else [])
    if not set(wanted) <= set(head) or len(set(head)) != len(head):
        return None
    kinds: dict[str, Any] = {"origin_id": "category", "destination_id": "category", "status": "category"}
    frame = pd.read_csv(
        path,
        usecols=wanted,
        dtype={**{k: kinds[k] for k in wanted if k in kinds}, measure: "float64"},
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values={measure: [""]},
        skip_blank_lines=False,
    )
    if "status" in frame and not set(frame["status"].cat.categories) <= {
        "reached",
        "unreachable",
        "not_snapped",
    }:
        return None
    ids = [*frame["origin_id"].cat.categories, *frame["destination_id"].cat.categories]
    if not len(frame) or any(not name or name != name.strip() or name[0] == "'" for name in ids):
        return None
    if not frame[measure].dropna().between(0.0, 1e15).all():
        return None
    return frame.set_axis(pd.RangeIndex(2, len(frame) + 2))
