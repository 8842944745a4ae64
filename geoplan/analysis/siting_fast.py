"""Whether the compiled loops of siting are there and worth their start."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

WORTH_IT: Final = 200_000
"""Entries of a problem from which compiled loops save more than the import of numba costs."""


def kernels(entries: int) -> Any:
    """Return the module of compiled loops for a problem of this size, or None.

    Both ways give the same bits: sums are exact, or added in the same order.
    """
    if entries < WORTH_IT or importlib.util.find_spec("numba") is None:
        return None
    return importlib.import_module("geoplan.analysis.siting_kernels")
