"""Write docs/commands.md and docs/tables.md from the program itself, so that they cannot rot.

Run from the root of a clone: python docs/generate.py
"""

from __future__ import annotations

import os
import typing
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def commands_text() -> str:
    """Return the command reference: the `--help` of every command."""
    os.environ.update({"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"})
    import typer.main
    from typer.testing import CliRunner

    from geoplan.cli import app

    runner = CliRunner()
    names = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    parts = ["# Commands", "", "Made from `--help` by `docs/generate.py`; do not edit.", ""]
    for words in ([], *([n] for n in names)):
        title = " ".join(["geoplan", *words])
        text = runner.invoke(app, [*words, "--help"], prog_name="geoplan").stdout
        body = "\n".join(line.rstrip() for line in text.strip().splitlines())
        parts += [f"## {title}", "", "```", body, "```", ""]
    return "\n".join(parts)


def tables_text() -> str:
    """Return the reference of input tables, output tables and scenario keys."""
    from geoplan.output.workbook import dictionary
    from geoplan.scenario import Scenario
    from geoplan.tables.contract import SPECS, load_contract

    parts = ["# Tables and scenario keys", "", "Made by `docs/generate.py`; do not edit.", ""]
    parts += ["## Input tables", ""]
    for name in SPECS:
        parts += [f"### {name}", "", "| column | type | unit | required | allowed | description |"]
        parts += ["|---|---|---|---|---|---|"]
        for c in load_contract(name):
            required = "yes" if c.required else ""
            allowed = c.allowed.replace("|", ", ")
            parts.append(f"| `{c.name}` | {c.type} | {c.unit} | {required} | {allowed} | {c.description} |")
        parts.append("")
    parts += ["## Output tables", ""]
    for name, rows in dictionary().groupby("table", sort=False):
        parts += [f"### {name}", "", "| column | unit | description |", "|---|---|---|"]
        parts += [f"| `{r.column}` | {r.unit} | {r.description} |" for r in rows.itertuples()]
        parts.append("")
    parts += ["## Scenario keys", "", "| key | meaning |", "|---|---|"]
    parts += [f"| `{key}` | {text} |" for key, text in scenario_keys(Scenario)]
    return "\n".join([*parts, ""])


def scenario_keys(model: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return every key of a scenario file with the docstring of its field, sections by their dots."""
    rows = []
    for name, field in model.model_fields.items():
        if not prefix and name in {"id", "path"}:
            continue
        rows.append((prefix + name, (field.description or "").replace("\n", " ")))
        inner = [a for a in (field.annotation, *walk(field.annotation)) if hasattr(a, "model_fields")]
        many = "[]" if inner and inner[0] is not field.annotation and "tuple" in str(field.annotation) else ""
        rows += scenario_keys(inner[0], f"{prefix}{name}{many}.") if inner else []
    return rows


def walk(annotation: Any) -> list[Any]:
    """Return every type inside an annotation."""
    inside = list(typing.get_args(annotation))
    return [*inside, *(deeper for a in inside for deeper in walk(a))]


def main() -> None:
    """Write both files."""
    (HERE / "commands.md").write_text(commands_text(), encoding="utf-8", newline="\n")
    (HERE / "tables.md").write_text(tables_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
