"""Write the answer to a siting question: record, plan, assignment and more; whole or absent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geoplan.output.files import whole_or_absent, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.errors import Finding
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
        text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
        (stage / RECORD).write_text(text + "\n", encoding="utf-8", newline="")
        for name, table in answer.tables.items():
            write_csv(table, stage / f"{name}.csv")
    return tuple(out / name for name in [RECORD, *(f"{name}.csv" for name in answer.tables)])


def _finding(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON wants it."""
    return {k: str(getattr(finding, k)) for k in ("severity", "code", "message", "where", "hint")}
