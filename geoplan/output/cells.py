"""How one value becomes one cell: what is empty, what is text, what a spreadsheet must not run."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

ARMED: Final = ("=", "+", "-", "@", "\t")
"""A text cell that begins with one of these would run as a formula in a spreadsheet."""


def is_empty(value: Any) -> bool:
    """Whether a value of a table means nothing: None, NaN, NaT or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def as_text(value: Any) -> str:
    """Return a value as plain text, nothing for an empty one; lists are joined by semicolons."""
    if is_empty(value):
        return ""
    return ";".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def disarm(text: str) -> str:
    """Return `text` with a leading apostrophe where a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(ARMED) else text
