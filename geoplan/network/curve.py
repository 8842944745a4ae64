"""Numbers nodes along a space-filling curve, so that neighbours on the ground are neighbours in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS: Final = 24
"""Halvings of each side: cells of 3 cm for a country 500 km wide."""


def curve_order(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the nodes in Morton order: quarter by quarter, each quarter likewise.

    Parameters
    ----------
    x, y
        Finite coordinates in any unit; nodes in one place keep the order of their numbers.

    Returns
    -------
    int32: the node at each place of the order. `numbers_of` turns it round.
    """
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1e-300) if len(x) else 1.0
    cell_x, cell_y = (
        np.minimum((c - c.min(initial=np.inf)) / side * 2**LEVELS, 2**LEVELS - 1).astype(np.uint64)
        for c in (x, y)
    )
    key = _spread(cell_x) | (_spread(cell_y) << np.uint64(1))
    return np.argsort(key, kind="stable").astype(np.int32)


def numbers_of(order: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the place of each node in an order: `numbers_of(numbers_of(order))` is `order` again."""
    number = np.empty_like(order)
    number[order] = np.arange(len(order), dtype=order.dtype)
    return number


def _spread(cell: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the bits of each number moved apart: bit i goes to bit 2 i, by halving blocks of bits."""
    for shift in (16, 8, 4, 2, 1):
        block = sum(((1 << shift) - 1) << start for start in range(0, 64, 2 * shift))
        cell = (cell | (cell << np.uint64(shift))) & np.uint64(block)
    return cell
