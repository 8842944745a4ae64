"""A linear program kept warm in HiGHS: solved again and again with other bounds of its first columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from geoplan.analysis.siting_milp import Stop, objective_scale, prepared

if TYPE_CHECKING:
    from geoplan.analysis.siting_instance import BoolArray, FloatArray
    from geoplan.analysis.siting_milp import Clock, Program

PRIMAL_SIMPLEX, DUAL_SIMPLEX = 4, 1
UNLIMITED = 2**31 - 1


@dataclass(frozen=True)
class Relaxed:
    """What one solve says.

    Attributes
    ----------
    x
        Values of the first columns (the sites).
    dual
        Duals of the rows, in the unit of the objective. Any duals give a valid bound once they are judged by
        the Lagrangian they belong to, so that a solve that was cut short is still of use.
    solved
        Whether it is the optimum.
    empty
        Whether no point satisfies the bounds.
    basis
        Where a solve with other bounds starts.
    """

    x: FloatArray
    dual: FloatArray
    solved: bool
    empty: bool
    basis: Any


class WarmProgram:
    """One program, whose first `m` columns change their bounds from solve to solve."""

    def __init__(self, program: Program, m: int, clock: Clock) -> None:
        loose = replace(program, whole=np.zeros_like(program.whole))
        self.m, self.clock = m, clock
        self._scale = objective_scale(program.cost)
        self._highs: Any = prepared(loose, self._scale, Stop(clock))
        self._highs.setOptionValue("presolve", "off")
        # from no basis at all the primal simplex is about twice as fast on these programs
        self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        self._columns = np.arange(m, dtype=np.int32)
        self._fresh = True

    def solve(
        self, low: BoolArray, high: BoolArray, basis: Any = None, *, steps: int | None = None
    ) -> Relaxed:
        """Solve with column j between low[j] and high[j], from `basis` on, in at most so many steps."""
        highs = self._highs
        highs.changeColsBounds(self.m, self._columns, low.astype(np.float64), high.astype(np.float64))
        if basis is not None:
            highs.setBasis(basis)
        if not self._fresh:
            highs.setOptionValue("simplex_strategy", DUAL_SIMPLEX)
        self._fresh = False
        highs.setOptionValue("simplex_iteration_limit", UNLIMITED if steps is None else steps)
        # the solver's own clock runs through all solves
        highs.setOptionValue("time_limit", float(highs.getRunTime() + self.clock.left_s))
        highs.run()
        return self._read()

    def _read(self) -> Relaxed:
        """Return what the solver found."""
        status = self._highs.getModelStatus()
        solution = self._highs.getSolution()
        x = np.array(solution.col_value, dtype=np.float64)[: self.m]
        dual = np.array(solution.row_dual, dtype=np.float64) / self._scale
        kinds = highspy.HighsModelStatus
        solved, empty = status == kinds.kOptimal, status == kinds.kInfeasible
        return Relaxed(x, dual, solved, empty, self._highs.getBasis())
