"""Write docs/commands.md, tables.md and page-data.md from the program itself, so that they cannot rot.

Run from the root of a clone: python docs/generate.py
"""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def commands_text() -> str:
    """Return the command reference: what `--help` says, without the layout of one typer version."""
    import typer.main

    from geoplan.cli import app

    parts = ["# Commands", "", "Made from the program by `docs/generate.py`; do not edit."]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in _flat(commands):
        parts += ["", f"## geoplan {name}", "", " ".join((command.help or "").split()), ""]
        parts += ["| argument or option | default | meaning |", "|---|---|---|"]
        parts += [_parameter_row(parameter) for parameter in command.params]
    return "\n".join([*parts, ""])


def _flat(commands: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return every command by its full name, those of a group under the group's."""
    found = []
    for name, command in sorted(commands.items()):
        inner = getattr(command, "commands", None)
        found += [(f"{name} {n}", c) for n, c in _flat(inner)] if inner else [(name, command)]
    return found


def _parameter_row(parameter: Any) -> str:
    """Return one row of the reference for an argument or option."""
    argument = parameter.param_type_name == "argument"
    name = parameter.name.upper() if argument else ", ".join(parameter.opts)
    default = parameter.default
    given = isinstance(default, str | int | Path) and not isinstance(default, bool) and str(default)
    shown = "required" if parameter.required else str(default) if given else ""
    return f"| `{name}` | {shown} | {' '.join((parameter.help or '').split())} |"


def tables_text() -> str:
    """Return the reference of input tables, output tables and scenario keys."""
    from geoplan.output.workbook import dictionary
    from geoplan.scenario import KINDS, Scenario
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
    parts += [
        "",
        "## Changes",
        "",
        "Each `[[changes]]` section of a scenario has a key `change`, its kind.",
        "",
    ]
    for kind, model in KINDS.items():
        parts += [
            f"### {kind}",
            "",
            (model.__doc__ or "").split("\n")[0],
            "",
            "| key | meaning |",
            "|---|---|",
        ]
        parts += [f"| `{key}` | {text} |" for key, text in scenario_keys(model, "changes[].")]
        parts.append("")
    return "\n".join([*parts, ""])


def scenario_keys(model: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return every key of a scenario file with the docstring of its field, sections by their dots."""
    rows = []
    for name, field in model.model_fields.items():
        if name in ({"where", "change"} if prefix == "changes[]." else set() if prefix else {"id", "path"}):
            continue
        rows.append((prefix + name, (field.description or "").replace("\n", " ")))
        inner = [a for a in (field.annotation, *walk(field.annotation)) if hasattr(a, "model_fields")]
        many = "[]" if inner and inner[0] is not field.annotation and "tuple" in str(field.annotation) else ""
        rows += scenario_keys(inner[0], f"{prefix}{name}{many}.") if inner and name != "changes" else []
    return rows


def walk(annotation: Any) -> list[Any]:
    """Return every type inside an annotation."""
    inside = list(typing.get_args(annotation))
    return [*inside, *(deeper for a in inside for deeper in walk(a))]


def page_data_text() -> str:
    """Return the reference of the page's data: every class of the schema with its fields."""
    from geoplan.output.page import patches, schema

    parts = ["# Data of the page", "", "Made by `docs/generate.py`; do not edit.", ""]
    parts += [(schema.__doc__ or "").split("\n\n", 1)[1].replace("\n", " ").strip(), ""]
    parts += [
        f"This is version {schema.SCHEMA}. A field in brackets is absent where the run has nothing for it.",
        "",
    ]
    parts += ["## Nodes", "", (patches.__doc__ or "").split("\n\n", 1)[1].strip(), ""]
    for model in dict.fromkeys(m for block in schema.BLOCKS for m in schema.models(block)):
        parts += [f"## {model.__name__}", "", (model.__doc__ or "").strip(), ""]
        parts += ["| field | type | meaning |", "|---|---|---|"]
        parts += [_field_row(note, schema.words(note.kind)) for note in schema.fields(model)]
        parts.append("")
    return "\n".join(parts)


def _field_row(note: Any, kind: str) -> str:
    """Return one row of the reference for a field."""
    name = f"`{note.name}`" if note.required else f"[`{note.name}`]"
    return f"| {name} | {kind} | {note.meaning} |"


def main() -> None:
    """Write all files."""
    (HERE / "commands.md").write_text(commands_text(), encoding="utf-8", newline="\n")
    (HERE / "tables.md").write_text(tables_text(), encoding="utf-8", newline="\n")
    (HERE / "page-data.md").write_text(page_data_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
