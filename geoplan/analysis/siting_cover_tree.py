"""Maximal covering as the tree sees it: its relaxation, its Lagrangian, and plans near a fractional point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_cover import covered_weight, interchange, largest
from geoplan.analysis.siting_milp import Builder
from geoplan.analysis.siting_swaps import kicked

if TYPE_CHECKING:
    from geoplan.analysis.siting_cover import Cover
    from geoplan.analysis.siting_instance import FloatArray, IntArray
    from geoplan.analysis.siting_milp import Clock, Program

ROOT_KICKS: Final = 10
"""Kicks from the rounded root: the columns that the relaxation uses are few, the best plan is near them."""

DOMINANCE_WORK: Final = 3_000_000_000
"""Most products of a search for dominated columns: about a second."""


@dataclass(frozen=True)
class CoverTree:
    """Cover the most weight with p columns, as a minimisation of what is not gained (negative weight)."""

    cover: Cover
    clock: Clock

    @property
    def m(self) -> int:
        """Number of columns."""
        return self.cover.m

    @property
    def least(self) -> int:
        """Number of open columns."""
        return self.cover.p

    @property
    def most(self) -> int:
        """Number of open columns."""
        return self.cover.p

    @property
    def step(self) -> float:
        """Differences of the objective are multiples of this."""
        return self.cover.step

    @cached_property
    def program(self) -> Program:
        """Open y, covered z: sum y = p, z <= sum of y in range."""
        rows, p = self.cover.rows, self.cover.p
        n, m = rows.shape
        build = Builder()
        build.columns(m, whole=True)
        z = build.columns(n, cost=-self.cover.weight, whole=False)
        row = np.repeat(np.arange(n), np.diff(rows.indptr))
        build.rows(n, (row, rows.indices, 1.0), (np.arange(n), z + np.arange(n), -1.0), lower=0.0)
        build.rows(1, (np.zeros(m), np.arange(m), 1.0), lower=p, upper=p)
        return build.build()

    def price(self, dual: FloatArray) -> tuple[float, FloatArray]:
        """Return the constant and the price of each column for multipliers of the cover rows."""
        weight = self.cover.weight
        u = np.clip(dual[: len(weight)], 0.0, weight)
        return -float((weight - u).sum()), -(self.cover.columns @ u)

    def improved(self, x: FloatArray, *, root: bool) -> tuple[IntArray, float]:
        """Return a plan from the largest values of a point on: interchange, at the root also kicks."""
        chosen = interchange(self.cover, np.sort(largest(x, self.cover.p)), self.clock)
        if root and 0 < self.cover.p < self.m:
            pool = np.flatnonzero(x > 0)
            chosen = kicked(self.cover, chosen, pool, self.clock, rounds=ROOT_KICKS, seed=1)
        return chosen, self.worth(chosen)

    def worth(self, chosen: IntArray) -> float:
        """Return minus the weight covered."""
        return -covered_weight(self.cover, chosen)


def undominated(cover: Cover) -> IntArray:
    """Return the columns that cover something no other column covers as well; of equal columns the first.

    A plan loses nothing by taking the larger column instead. All columns, where the search would take long.
    """
    n, m = cover.rows.shape
    if m * m * n > DOMINANCE_WORK:
        return np.arange(m)
    cells = np.asarray(cover.columns.todense(), dtype=np.float32)
    size = cells.sum(axis=1)
    inside = (cells @ cells.T) == size[:, None]
    np.fill_diagonal(inside, val=False)
    first = np.tri(m, k=-1, dtype=bool)
    return np.flatnonzero(~(inside & (~inside.T | first)).any(axis=1))
