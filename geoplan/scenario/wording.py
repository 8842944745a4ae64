"""Plain words for what pydantic says of a value that cannot stand in a scenario file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN: Final = 40
"""A longer value is cut in messages."""

_KINDS: Final = {
    "string_type": "a text in double quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "model_type": "a section of keys",
    "dict_type": "a section of keys",
}
"""What a value must be, by pydantic's type of error."""

_LIMITS: Final = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
"""Words of a limit, and under which name pydantic gives it."""


def plain_words(detail: Mapping[str, Any]) -> tuple[str, str]:
    """Return in plain words what is wrong with a value, and what was probably meant or ''.

    Parameters
    ----------
    detail
        One error of `ValidationError.errors()`.
    """
    kind, context, value = detail["type"], detail.get("ctx") or {}, detail.get("input")
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}, not {_shown(value)}", ""
    if kind in _LIMITS:
        words, name = _LIMITS[kind]
        return f"must be {words} {context[name]:g}, not {_shown(value)}", ""
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        guess = did_you_mean(value, known).strip() if isinstance(value, str) else ""
        return f"must be {context['expected']}, not {_shown(value)}", guess
    if kind in {"too_short", "string_too_short"}:
        return "is empty", "Fill it in."
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} does not fit the pattern {context['pattern']}", ""
    return str(detail["msg"]).removeprefix("Value error, "), ""


def _shown(value: Any) -> str:
    """Return a value as its file has it, cut where it is long."""
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
