"""Mixed-integer programs for HiGHS: a small builder, and a solve with clock, progress and a read status."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import highspy
import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    Progress = Callable[[float, float], None]
    """Called with incumbent and bound, in the sense of the model."""

State = Literal["optimal", "feasible", "infeasible", "unknown"]

OBJECTIVE_SIZE: Final = 1e5
"""The largest objective coefficient given to the solver: its tolerances are absolute."""

INFINITY: Final = highspy.kHighsInf


@dataclass(frozen=True)
class Clock:
    """How much time is left; started when made."""

    limit_s: float
    start_s: float = field(default_factory=time.perf_counter)

    @property
    def used_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.start_s

    @property
    def left_s(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.limit_s - self.used_s)

    @property
    def over(self) -> bool:
        """Whether the time is used up."""
        return self.left_s <= 0

    def part(self, share: float) -> Clock:
        """Return a clock that runs out after this share of what is left."""
        return Clock(share * self.left_s)


class Builder:
    """Columns and rows of a program, added block by block; always a minimisation."""

    def __init__(self) -> None:
        self._cost: list[FloatArray] = []
        self._lower: list[FloatArray] = []
        self._upper: list[FloatArray] = []
        self._whole: list[NDArray[np.bool_]] = []
        self._entries: list[tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]] = []
        self._row_lower: list[FloatArray] = []
        self._row_upper: list[FloatArray] = []
        self.n_columns = 0
        self.n_rows = 0

    def columns(
        self, n: int, *, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0, upper: ArrayLike = 1.0, whole: bool
    ) -> int:
        """Add n columns and return the position of the first."""
        first = self.n_columns
        self._cost.append(_vector(cost, n))
        self._lower.append(_vector(lower, n))
        self._upper.append(_vector(upper, n))
        self._whole.append(np.full(n, whole))
        self.n_columns += n
        return first

    def rows(
        self,
        n: int,
        *entries: tuple[ArrayLike, ArrayLike, ArrayLike],
        lower: ArrayLike = -INFINITY,
        upper: ArrayLike = INFINITY,
    ) -> int:
        """Add n rows with entries (row within the block, column, value) and return the first's position."""
        first = self.n_rows
        for row, column, value in entries:
            rows = np.atleast_1d(np.asarray(row, dtype=np.int64))
            columns = np.atleast_1d(np.asarray(column, dtype=np.int64))
            size = max(len(rows), len(columns)) if len(rows) and len(columns) else 0
            rows, columns = (np.broadcast_to(v, (size,)) if size else v[:0] for v in (rows, columns))
            self._entries.append((rows + first, columns, _vector(value, size)))
        self._row_lower.append(_vector(lower, n))
        self._row_upper.append(_vector(upper, n))
        self.n_rows += n
        return first

    def build(self) -> Program:
        """Return the finished program."""
        entries = self._entries or [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        rows, columns, values = (np.concatenate([e[i] for e in entries]) for i in range(3))
        matrix = sparse.csr_matrix((values, (rows, columns)), shape=(self.n_rows, self.n_columns))
        return Program(
            cost=np.concatenate(self._cost),
            lower=np.concatenate(self._lower),
            upper=np.concatenate(self._upper),
            whole=np.concatenate(self._whole),
            matrix=matrix,
            row_lower=np.concatenate([*self._row_lower, np.zeros(0)]),
            row_upper=np.concatenate([*self._row_upper, np.zeros(0)]),
        )


def _vector(values: ArrayLike, n: int) -> FloatArray:
    """Return n numbers, repeated from one where needed."""
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (n,)).copy()


@dataclass(frozen=True)
class Program:
    """Minimise cost x, row_lower <= matrix x <= row_upper, lower <= x <= upper, some x whole."""

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    whole: NDArray[np.bool_]
    matrix: sparse.csr_matrix
    row_lower: FloatArray
    row_upper: FloatArray


@dataclass(frozen=True)
class Stop:
    """When a solve may end before its proof.

    Attributes
    ----------
    clock
        Time left.
    gap
        Relative gap that is good enough.
    reached
        An objective that is good enough (at most this).
    beyond
        A bound that makes going on useless (above this).
    max_nodes
        Most nodes of the search tree.
    """

    clock: Clock
    gap: float = 0.0
    reached: float | None = None
    beyond: float | None = None
    max_nodes: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What the solver says.

    `bound` is -inf where nothing is proven; `objective` is inf and `x` None where there is no plan.
    """

    state: State
    objective: float
    bound: float
    x: FloatArray | None
    nodes: int = 0


def solve(
    program: Program, stop: Stop, *, start: FloatArray | None = None, progress: Progress | None = None
) -> Outcome:
    """Solve a program on one thread with a fixed seed; status and bound are read, never assumed."""
    if stop.clock.over:
        return Outcome("unknown", np.inf, -np.inf, None)
    scale = objective_scale(program.cost)
    highs = prepared(program, scale, stop)
    if start is not None:
        _set_start(highs, start)
    _listen(highs, stop, scale, progress)
    highs.run()
    return _outcome(highs, program, scale)


def objective_scale(cost: FloatArray) -> float:
    """Return the power of two that brings the largest coefficient to about `OBJECTIVE_SIZE` or below."""
    largest = float(np.max(np.abs(cost), initial=0.0))
    return 1.0 if largest <= OBJECTIVE_SIZE else float(2.0 ** -np.ceil(np.log2(largest / OBJECTIVE_SIZE)))


def prepared(program: Program, scale: float, stop: Stop) -> Any:
    """Return a solver that holds the program and the options."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 1,
        "mip_rel_gap": stop.gap,
        "mip_abs_gap": 1e-7,
        "time_limit": float(stop.clock.left_s),
    }
    if stop.max_nodes is not None:
        options["mip_max_nodes"] = stop.max_nodes
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(_highs_lp(program, scale))
    return highs


def _highs_lp(program: Program, scale: float) -> Any:
    """Return the program as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.cost), len(program.row_lower)
    lp.col_cost_ = program.cost * scale
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = program.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = program.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if program.whole.any():
        lp.integrality_ = [kinds[int(w)] for w in program.whole]
    return lp


def _set_start(highs: Any, start: FloatArray) -> None:
    """Give the solver a first plan; values that are NaN are left to it."""
    known = np.flatnonzero(np.isfinite(start)).astype(np.int32)
    highs.setSolution(len(known), known, start[known])


def _listen(highs: Any, stop: Stop, scale: float, progress: Progress | None) -> None:
    """Interrupt the search when the stop says so, and pass incumbent and bound on."""

    def check(event: Any) -> None:
        primal, dual = event.data_out.mip_primal_bound / scale, event.data_out.mip_dual_bound / scale
        if progress is not None:
            progress(primal, dual)
        enough = stop.reached is not None and np.isfinite(primal) and primal <= stop.reached
        hopeless = stop.beyond is not None and dual > stop.beyond
        if enough or hopeless or stop.clock.over:
            event.data_in.user_interrupt = True

    highs.cbMipInterrupt.subscribe(check)


def _outcome(highs: Any, program: Program, scale: float) -> Outcome:
    """Read status, bound and plan."""
    status = highs.getModelStatus()
    kinds = highspy.HighsModelStatus
    if status in {kinds.kInfeasible, kinds.kUnboundedOrInfeasible}:
        return Outcome("infeasible", np.inf, np.inf, None)
    if status == kinds.kModelEmpty:
        return Outcome("optimal", 0.0, 0.0, np.zeros(len(program.cost)))
    info = highs.getInfo()
    whole = bool(program.whole.any())
    x = np.array(highs.getSolution().col_value, dtype=np.float64)
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible and len(x) > 0
    objective = float(program.cost @ x) if found else np.inf
    if status == kinds.kOptimal:
        bound = float(info.mip_dual_bound) / scale if whole else objective
        return Outcome("optimal", objective, min(bound, objective), x, int(info.mip_node_count))
    bound = float(info.mip_dual_bound) / scale if whole else -np.inf
    if not found:
        return Outcome("unknown", np.inf, bound, None, int(info.mip_node_count))
    return Outcome("feasible", objective, min(bound, objective), x, int(info.mip_node_count))
