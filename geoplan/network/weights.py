"""Whole-number weights: checks, the code for closed arcs, and minutes with kilometres in one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CLOSED: Final = int(np.iinfo(np.int64).max)
"""Weight of an arc that cannot be used, and cost of a way that does not exist."""

UNREACHED: Final = -1
"""Cost in results where there is no path."""

INFINITE: Final = {np.dtype(np.int32): 2**30 - 1, np.dtype(np.int64): 2**54 - 1}
"""Infinite inside the kernels: twice it fits the type, and half of it is the highest sum trusted.

For int64 half of it is 2^53, up to which float64 holds every whole number: SciPy gives the same sums.
"""

OTHER_BITS: Final = 26
"""A packed weight is main x 2^26 + other: as milliseconds and decimetres up to 37 hours and 6710 km."""


def whole_numbers(values: ArrayLike, *, what: str = "weights") -> NDArray[np.int64]:
    """Return weights as int64; `CLOSED` and, among floats, infinity mean closed.

    Raises
    ------
    ValueError
        A value is negative, NaN or no whole number, or too large to be added up safely.
    """
    given = np.asarray(values)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{what} must be whole numbers, not {given.dtype}")
    if given.dtype.kind == "f":
        given = _from_floats(given, what)
    whole = given.astype(np.int64)
    if (whole < 0).any():
        raise ValueError(f"{what} must not be negative; {int((whole < 0).sum())} of {whole.size} are")
    if ((whole >= INFINITE[np.dtype(np.int64)] // 2) & (whole != CLOSED)).any():
        raise ValueError(f"{what} must stay below 2^53, or be CLOSED")
    return whole


def _from_floats(given: NDArray[Any], what: str) -> NDArray[np.int64]:
    """Return floats as int64, infinity as `CLOSED`."""
    if np.isnan(given).any():
        raise ValueError(f"{what} hold NaN")
    open_ = np.isfinite(given)
    if (given == -np.inf).any() or (given[open_] != np.rint(given[open_])).any():
        raise ValueError(f"{what} must be whole numbers, such as milliseconds; round them first")
    whole = np.full(given.shape, CLOSED, dtype=np.int64)
    small = open_ & (np.abs(given) < 2.0**62)
    whole[small] = given[small].astype(np.int64)
    if (open_ & ~small).any():
        raise ValueError(f"{what} must stay below 2^53, or be infinite")
    return whole


def pack_weights(main: ArrayLike, other: ArrayLike, *, other_bits: int = OTHER_BITS) -> NDArray[np.int64]:
    """Return main x 2^26 + other: the best path by `main`, among its equals by `other`, carries both sums.

    Parameters
    ----------
    main, other
        Whole numbers, such as milliseconds and decimetres; `CLOSED` (or infinity) in `main` closes.
    other_bits
        Bits of `other`, where not 26.

    Raises
    ------
    ValueError
        As `whole_numbers`; or one single `other` fills its bits already.
    """
    first, second = whole_numbers(main), whole_numbers(other, what="other weights")
    open_ = first != CLOSED
    if (second[open_] >= 1 << other_bits).any() or (first[open_] >= 1 << (53 - other_bits)).any():
        raise ValueError(f"a weight does not fit: main below 2^{53 - other_bits}, other below 2^{other_bits}")
    packed = np.full(first.shape, CLOSED, dtype=np.int64)
    packed[open_] = (first[open_] << other_bits) + second[open_]
    return packed


def unpack_costs(packed: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both sums of packed costs, `UNREACHED` where the cost is.

    Sums of `other` beyond 2^26 would show up in `main`; `other_fits` tells beforehand that none can.
    """
    reached = packed != UNREACHED
    main = np.where(reached, packed >> OTHER_BITS, UNREACHED)
    other = np.where(reached, packed & ((1 << OTHER_BITS) - 1), UNREACHED)
    return main, other


def other_fits(main: NDArray[np.int64], other: NDArray[np.int64], longest: int) -> bool:
    """Return whether no path of cost up to `longest` can have a sum of `other` that fills its bits.

    By the greatest ratio of other to main (a top speed) over all open arcs.
    """
    open_ = (main != CLOSED) & (other > 0)
    if (main[open_] == 0).any():
        return False
    ratio = float((other[open_] / main[open_]).max(initial=0.0))
    return ratio * longest < 1 << OTHER_BITS
