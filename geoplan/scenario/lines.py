"""Where in a scenario file a key is written: TOML readers keep no line numbers."""

from __future__ import annotations

import re
from typing import Any, Final

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([\w.\-]+)\s*=")

Place = tuple[Any, ...]
"""The way to a key: `("services", 1, "name")`."""


def line_of(text: str, place: Place) -> tuple[int, int]:
    """Return how many parts of `place` were found, and the line that has them; 0, 0 where there is none.

    Section headers and keys at the start of a line are enough here.
    """
    best, best_line = 0, 0
    section: Place = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            name = header.group(2)
            section = tuple(name.split("."))
            if header.group(1) == "[[":
                section = (*section, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            here = section
        elif key:
            here = (*section, *key.group(1).split("."))
        else:
            continue
        if len(here) > best and place[: len(here)] == here:
            best, best_line = len(here), number
    return best, best_line


def dotted(place: Place) -> str:
    """Return `services[2].name` for a place in the file."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return words.removeprefix(".")
