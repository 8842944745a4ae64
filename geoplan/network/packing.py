"""Minutes and kilometres of a way in one whole number, so that sums are exact and every engine agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geoplan.network.weights import CLOSED, pack_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Weight = Literal["time", "distance"]

EXACT: Final = 2.0**53
"""Below this float64 holds every whole number: SciPy's sums are those of whole numbers."""

STEEPNESS: Final = 0.9
"""Share of the bits of the other quantity that ways may fill by their ratio; the rest is for short roads."""

PARTS: Final = 64
"""Allowance for rounding where a way begins and ends within a road."""


@dataclass(frozen=True)
class Packing:
    """How a cost holds both quantities: whole units of what is minimised x 2^other_bits + units of the other.

    So the least cost is the least weight, among its equals the least of the other, and it tells both sums.

    Attributes
    ----------
    weight
        What is minimised.
    per_minute, per_km
        Units in a minute and in a kilometre.
    other_bits
        Bits of the quantity that is not minimised.
    """

    weight: Weight
    per_minute: float
    per_km: float
    other_bits: int

    @property
    def coarse(self) -> bool:
        """Whether these are not the finest units."""
        return self != LADDERS[self.weight][0]

    def pack(self, minutes: Floats, km: Floats) -> Floats:
        """Return costs, rounded to units; infinite minutes (a closed road) stay infinite.

        Raises
        ------
        OverflowError
            One single road does not fit.
        """
        main, other = self._units(minutes, km)
        try:
            packed = pack_weights(main, other, other_bits=self.other_bits)
        except ValueError as error:
            raise OverflowError(str(error)) from error
        return np.where(packed == CLOSED, np.inf, packed.astype(np.float64))

    def unpack(self, cost: Floats) -> tuple[Floats, Floats]:
        """Return minutes and km of costs (both infinite: no way)."""
        none = ~np.isfinite(cost)
        whole = np.where(none, 0.0, cost)
        main = np.floor(whole * 2.0**-self.other_bits)
        other = whole - main * 2.0**self.other_bits
        for values in (main, other):
            values[none] = np.inf
        minutes, km = (main, other) if self.weight == "time" else (other, main)
        return minutes / self.per_minute, km / self.per_km

    def fits(self, minutes: Floats, km: Floats) -> bool:
        """Return whether no way over these roads, each at most once to and fro, can mix up the quantities.

        A way of less than `EXACT` has main units below 2^(53 - other_bits). Its other units are at most r x
        main + what single roads have beyond r, for any r; here r is such that the first part fills
        `STEEPNESS` of the bits.
        """
        return self.carries(self.load(minutes, km))

    def load(self, minutes: Floats, km: Floats) -> float:
        """Return by how much roads, each on its own, exceed r; infinite where one does not fit at all.

        Loads add up: that of many roads is the sum of those of its parts.
        """
        main, other = self._units(minutes, km)
        open_ = np.isfinite(main)
        main, other = main[open_], other[open_]
        most_main, most_other = 2.0 ** (53 - self.other_bits), 2.0**self.other_bits
        if main.max(initial=0.0) >= most_main or other.max(initial=0.0) >= most_other:
            return np.inf
        ratio = STEEPNESS * most_other / most_main
        return float(np.maximum(other - ratio * main, 0.0).sum())

    def carries(self, load: float) -> bool:
        """Return whether roads of this load fit, see `fits`."""
        return 2 * load + PARTS < (1 - STEEPNESS) * 2.0**self.other_bits

    def _units(self, minutes: Floats, km: Floats) -> tuple[Floats, Floats]:
        """Return whole units of what is minimised and of the other; nothing has the other for free."""
        time, length = np.rint(minutes * self.per_minute), np.rint(km * self.per_km)
        main, other = (time, length) if self.weight == "time" else (length, time)
        other = np.where(np.isfinite(minutes), other, 0.0)
        main = np.where(np.isfinite(minutes), np.maximum(main, other > 0), np.inf)
        return main, other


LADDERS: Final[dict[Weight, tuple[Packing, ...]]] = {
    "time": (
        Packing("time", 60_000, 10_000, 26),  # ms and dm: ways up to 37 hours and 6710 km at up to 162 km/h
        *(Packing("time", m, k, 26) for m, k in ((60_000, 1000), (6000, 100), (600, 10), (60, 1), (6, 0.1))),
    ),
    "distance": (
        Packing(
            "distance", 3600, 100_000, 26
        ),  # cm and 1/60 s: up to 1342 km and 310 hours at 5 km/h or more
        *(
            Packing("distance", m, k, 28)
            for m, k in ((6000, 10_000), (600, 10_000), (60, 1000), (6, 100), (0.6, 10), (0.06, 1))
        ),
    ),
}
"""Units from fine to coarse, by weight."""


def choose_packing(weight: Weight, minutes: Floats, km: Floats) -> Packing:
    """Return the finest units that fit roads of these minutes (infinite: closed) and kilometres."""
    for packing in LADDERS[weight]:
        if packing.fits(minutes, km):
            return packing
    return LADDERS[weight][-1]


def next_packing(packing: Packing) -> Packing:
    """Return the next coarser units.

    Raises
    ------
    OverflowError
        There are none: the roads are longer or slower than anything on earth.
    """
    steps = LADDERS[packing.weight]
    place = steps.index(packing) + 1
    if place == len(steps):
        raise OverflowError("the ways are too long to be added up: check lengths and speeds of the roads")
    return steps[place]
