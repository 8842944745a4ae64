"""Rows of the change log, and the findings that all changes share."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.errors import Finding
from geoplan.result import ChangeRow
from geoplan.tables.names import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.scenario.change_base import BaseChange

NEAREST = 3
"""How many names an unknown one is told."""


def row(change: BaseChange, thing: str, attribute: str, old: object, new: object) -> ChangeRow:
    """Return one row of the log: what `change` made of one attribute of one thing."""
    return ChangeRow(
        key=(change.key.thing, change.key.attribute, change.key.start),
        thing=thing,
        attribute=attribute,
        start=change.key.start,
        old=words(old),
        new=words(new),
        where=change.where,
    )


def words(value: object) -> str:
    """Return a value as text; empty where there is none."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def error(change: BaseChange, code: str, message: str, hint: str = "") -> Finding:
    """Return an error at the place of the change."""
    return Finding("error", code, message, where=change.where, hint=hint)


def no_effect(change: BaseChange, why: str) -> Finding:
    """Return the warning that a change in force changes nothing."""
    message = f"the change does nothing: {why}."
    hint = "Take it out, or change its start."
    return Finding("warning", "change-without-effect", message, where=change.where, hint=hint)


def unknown(change: BaseChange, what: str, value: str, names: Iterable[tuple[str, Iterable[Any]]]) -> Finding:
    """Return the error for a thing that does not exist, with the nearest ids; `names` are ids with names."""
    keys: dict[str, str] = {}
    for identity, others in names:
        for name in (identity, *others):
            keys.setdefault(fold(str(name)), identity)
    close = difflib.get_close_matches(fold(value), sorted(keys), n=2 * NEAREST, cutoff=0.5)
    near = list(dict.fromkeys(keys[key] for key in close))[:NEAREST]
    hint = f"Nearest: {', '.join(near)}." if near else "Look for its id in the table."
    return error(change, f"unknown-{what.replace(' ', '-')}", f"there is no {what} '{value}'.", hint)
