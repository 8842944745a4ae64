"""The effective scenario as TOML text: what a run really asks, with the file and line of each change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoplan.scenario.models import Scenario


def scenario_toml(scenario: Scenario) -> str:
    """Return the effective scenario: parents and child in one file that needs neither.

    Each change has the place it comes from as a comment; table paths are as seen from the scenario's folder.
    """
    data = scenario.model_dump(mode="json", exclude={"id", "extends", "expects"})
    sections = {k: v for k, v in data.items() if isinstance(v, dict) and k not in {"title", "description"}}
    lists = {k: data.get(k, []) for k in ("services", "changes")}
    lines = [f"# {scenario.id}, the effective scenario" + _of(scenario), ""]
    lines += _pairs({k: v for k, v in data.items() if k not in sections and k not in lists})
    for name, section in sections.items():
        lines += ["", f"[{name}]", *_pairs(section)]
    for name, items in lists.items():
        for item in items:
            place = item.pop("where", "")
            item.pop("override", None)
            lines += ["", f"[[{name}]]" + (f" # {place}" if place else ""), *_pairs(item)]
    return "\n".join([*lines, ""])


def _of(scenario: Scenario) -> str:
    """Return the parent's name in words."""
    return f" (extends {scenario.extends})" if scenario.extends else ""


def _pairs(values: dict[str, Any]) -> list[str]:
    """Return `key = value` lines; what is empty is left out."""
    return [f"{key} = {_value(value)}" for key, value in values.items() if value not in (None, "", [])]


def _value(value: Any) -> str:
    """Return a value in TOML; a JSON text is a TOML text too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
