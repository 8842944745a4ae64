"""Write the answer to a siting question: record, plan, assignment and more; alone, or beside a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geoplan.output.files import whole_or_absent, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.errors import Finding
    from geoplan.result import Result
    from geoplan.siting_answer import SiteAnswer

RECORD = "siting.json"


def write_siting(answer: SiteAnswer, out: Path, *, overwrite: bool) -> tuple[Path, ...]:
    """Write `siting.json` and the tables of an answer to the folder `out`, and return the files.

    Raises
    ------
    OutputExistsError
        If `out` holds anything and `overwrite` is false.
    """
    record = answer.record | {"findings": [_finding(f) for f in answer.findings]}
    with whole_or_absent(out, overwrite=overwrite) as stage:
        _write_record(record, stage)
        for name, table in answer.tables.items():
            write_csv(table, stage / f"{name}.csv")
    return tuple(out / name for name in [RECORD, *(f"{name}.csv" for name in answer.tables)])


def sections_record(result: Result) -> dict[str, Any]:
    """Return `siting.json` of a run: the plan's record, and that of the phases where there are any."""
    record = dict(result.siting.record) if result.siting is not None else {}
    return record | ({"phasing": result.phasing.record} if result.phasing is not None else {})


def write_sections(result: Result, stage: Path) -> None:
    """Write `siting.json` and the tables of the sections of a run into a folder."""
    _write_record(sections_record(result), stage)
    for name, table in (result.siting.tables if result.siting is not None else {}).items():
        write_csv(table, stage / f"{name}.csv")
    if result.phasing is not None:
        write_csv(result.phasing.phases, stage / "phases.csv")


def _write_record(record: dict[str, Any], folder: Path) -> None:
    """Write `siting.json`."""
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8", newline="")


def _finding(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON wants it."""
    return {k: str(getattr(finding, k)) for k in ("severity", "code", "message", "where", "hint")}
