"""Whether the compiled loops of siting are there and worth their start; numbers whose sums are exact."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

WORTH_IT: Final = 200_000
"""Entries of a problem from which compiled loops save more than the import of numba costs."""


def kernels(entries: int) -> Any:
    """Return the module of compiled loops for a problem of this size, or None.

    Both ways give the same bits: sums are exact, or added in the same order.
    """
    if entries < WORTH_IT or importlib.util.find_spec("numba") is None:
        return None
    return importlib.import_module("geoplan.analysis.siting_kernels")


def exact_grid(most: float) -> float:
    """Return the power of two whose multiples up to `most` a float holds exactly, with a bit to spare."""
    return float(2.0 ** (np.ceil(np.log2(max(most, 1e-300))) - 52))


def on_grid(values: FloatArray, grid: float) -> FloatArray:
    """Return values as multiples of a grid; whole numbers stay as they are where the grid is 1 or finer."""
    return np.asarray(np.rint(values / grid) * grid, dtype=np.float64)
