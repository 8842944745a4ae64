"""Fewest columns that cover every row, as the tree sees it: relaxation, Lagrangian, covers near a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_milp import Builder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.analysis.siting_instance import FloatArray, IntArray
    from geoplan.analysis.siting_milp import Program

ROOT_TRIES: Final = 20
"""Covers drawn near the root of the relaxation; elsewhere there is one."""


@dataclass(frozen=True)
class SetCoverTree:
    """Cover every row of `cells` (rows x columns, 0/1) by as few columns as possible."""

    cells: NDArray[np.float32]

    @property
    def m(self) -> int:
        """Number of columns."""
        return int(self.cells.shape[1])

    @property
    def least(self) -> int:
        """Fewest open columns: nothing is known."""
        return 0

    @property
    def most(self) -> int:
        """Most open columns."""
        return self.m

    @property
    def step(self) -> float:
        """A number of columns is whole."""
        return 1.0

    @cached_property
    def program(self) -> Program:
        """At least one column a row."""
        build = Builder()
        build.columns(self.m, cost=1.0, whole=True)
        row, column = np.nonzero(self.cells)
        build.rows(len(self.cells), (row, column, 1.0), lower=1.0)
        return build.build()

    def price(self, dual: FloatArray) -> tuple[float, FloatArray]:
        """Return the constant and the price of each column for multipliers of the rows."""
        u = np.maximum(dual[: len(self.cells)], 0.0)
        return float(u.sum()), 1.0 - self._columns @ u

    @cached_property
    def _columns(self) -> FloatArray:
        """The columns, one a row."""
        return np.ascontiguousarray(self.cells.T, dtype=np.float64)

    def improved(self, x: FloatArray, *, root: bool) -> tuple[IntArray, float]:
        """Return the best of some covers that prefer columns with large values."""
        draw = np.random.default_rng(1)
        best = cover_near(self.cells, x)
        for _ in range(ROOT_TRIES if root else 0):
            other = cover_near(self.cells, x * draw.random(len(x)))
            best = other if len(other) < len(best) else best
        return best, float(len(best))

    def worth(self, chosen: IntArray) -> float:
        """Return the number of columns, infinite if some row is left out."""
        covered = self.cells[:, chosen].any(axis=1).all() if len(chosen) else not len(self.cells)
        return float(len(chosen)) if covered else np.inf


def cover_near(cells: NDArray[np.float32], x: FloatArray) -> IntArray:
    """Return a cover: columns by how many open rows they cover, times their value; then none too many."""
    open_rows = np.ones(len(cells), dtype=bool)
    gain = cells.sum(axis=0)
    liking = (x + 1e-3).astype(np.float32)
    chosen: list[int] = []
    while open_rows.any():
        best = int(np.argmax(gain * liking))
        chosen.append(best)
        fresh = open_rows & (cells[:, best] > 0)
        gain = gain - cells[fresh].sum(axis=0)
        open_rows &= ~fresh
    count = cells[:, chosen].sum(axis=1)
    for column in sorted(chosen, key=lambda c: (x[c], c)):
        if (count[cells[:, column] > 0] >= 2).all():
            chosen.remove(column)
            count = count - cells[:, column]
    return np.array(sorted(chosen), dtype=np.int64)
