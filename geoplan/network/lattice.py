"""On which side of each travel-time limit the map lies: a lattice that is refined where a limit runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ask = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    AskCoarse = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float64]]

COARSE: Final = 4
"""The survey begins on every fourth row and column of the lattice."""

GOOD_MINUTES: Final = 0.1
"""A crossing is found well enough when the minutes there are this near the limit: 26 m on level ground."""

HALVINGS: Final = 3
"""Halvings of a step across which minutes jump, after one guess by proportion."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the lattice whose rows and columns are whole steps from the middle of the projection.

    Attributes
    ----------
    step_m
        Distance of neighbouring points.
    row, column
        Numbers of the southernmost row and westernmost column, multiples of `COARSE`.
    shape
        Rows and columns of points, each `COARSE` x k + 1.
    """

    step_m: float
    row: int
    column: int
    shape: tuple[int, int]

    @classmethod
    def around(cls, bounds_m: tuple[float, float, float, float], *, step_m: float) -> Window:
        """Return the smallest window around west, south, east, north with a coarse cell to spare."""
        coarse_m = step_m * COARSE
        west, south = (int(np.floor(v / coarse_m)) - 1 for v in bounds_m[:2])
        east, north = (int(np.ceil(v / coarse_m)) + 1 for v in bounds_m[2:])
        shape = ((north - south) * COARSE + 1, (east - west) * COARSE + 1)
        return cls(step_m, south * COARSE, west * COARSE, shape)

    def places_m(
        self, row: NDArray[np.intp], column: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x, y of points of the window."""
        east, north = column + self.column, row + self.row
        return east.astype(np.float64) * self.step_m, north.astype(np.float64) * self.step_m

    def keys(self, row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return a number for each point that is the same in every window."""
        return (row + self.row).astype(np.int64) * 2**31 + (column + self.column)

    def cells(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], *, size: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return row and column of the cell, `size` steps wide, that holds each point of the plane."""
        row = np.floor((y_m / self.step_m - self.row) / size).astype(np.intp)
        column = np.floor((x_m / self.step_m - self.column) / size).astype(np.intp)
        return row, column


@dataclass(frozen=True)
class Seeds:
    """Positions whose levels are known beforehand (roads, places) and must not be lost between points."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    level: NDArray[np.int8]


@dataclass(frozen=True)
class Survey:
    """The lattice when the survey is done.

    Attributes
    ----------
    window, limits
        Where, and the limits in minutes, rising.
    level
        int8: how many of the limits each point exceeds.
    minutes
        nan where a point was not asked because all points around it agree.
    """

    window: Window
    limits: NDArray[np.float64]
    level: NDArray[np.int8]
    minutes: NDArray[np.float64]


def level_of(minutes: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return how many of the limits (rising) each time reaches or exceeds."""
    return np.searchsorted(limits, minutes, side="right").astype(np.int8)


def survey(
    window: Window, limits: NDArray[np.float64], seeds: Seeds, *, ask_coarse: AskCoarse, ask: Ask
) -> Survey:
    """Return minutes and levels on the lattice, fine where a limit runs and filled in elsewhere.

    Every `COARSE`-th point is asked. A cell whose corners, or a seed inside it, disagree is halved, and so
    on down to single steps; there, points beside a disagreement are asked until nothing more changes.

    Parameters
    ----------
    ask_coarse
        Takes rows and columns of the window and returns minutes.
    ask
        Takes x, y in metres and returns minutes.
    """
    level = np.full(window.shape, len(limits), dtype=np.int8)
    minutes = np.full(window.shape, np.nan)
    done = Survey(window, limits, level, minutes)
    rows, columns = (np.arange(0, n, COARSE) for n in window.shape)
    row, column = (a.ravel() for a in np.meshgrid(rows, columns, indexing="ij"))
    _enter(done, row, column, ask_coarse(row, column))
    size = COARSE
    while size > 1:
        _halve(done, size, _mixed(done, size, seeds), ask)
        size //= 2
    _settle(done, ask)
    return done


def _enter(
    done: Survey, row: NDArray[np.intp], column: NDArray[np.intp], minutes: NDArray[np.float64]
) -> None:
    """Write answers into the survey."""
    done.minutes[row, column] = minutes
    done.level[row, column] = level_of(minutes, done.limits)


def _mixed(done: Survey, size: int, seeds: Seeds) -> NDArray[np.bool_]:
    """Return which cells of `size` steps hold more than one level."""
    at = done.level[::size, ::size]
    low = at[:-1, :-1]
    mixed = (low != at[1:, :-1]) | (low != at[:-1, 1:]) | (low != at[1:, 1:])
    row, column = done.window.cells(seeds.x_m, seeds.y_m, size=size)
    inside = (row >= 0) & (column >= 0) & (row < mixed.shape[0]) & (column < mixed.shape[1])
    row, column = row[inside], column[inside]
    other = low[row, column] != seeds.level[inside]
    mixed[row[other], column[other]] = True
    return np.asarray(mixed)


def _halve(done: Survey, size: int, mixed: NDArray[np.bool_], ask: Ask) -> None:
    """Ask the points half-way in mixed cells; in other cells they have the level of the corners."""
    half = size // 2
    coarse, fine = done.level[::size, ::size].copy(), done.level[::half, ::half]
    fine[:] = coarse.repeat(2, axis=0).repeat(2, axis=1)[: fine.shape[0], : fine.shape[1]]
    need = np.zeros(fine.shape, dtype=bool)
    rows, columns = mixed.shape
    for i in range(3):
        for j in range(3):
            need[i : i + 2 * rows : 2, j : j + 2 * columns : 2] |= mixed
    need &= np.isnan(done.minutes[::half, ::half])
    row, column = np.nonzero(need)
    _ask_at(done, row * half, column * half, ask)


def _settle(done: Survey, ask: Ask) -> None:
    """Ask every point that is filled in and has a neighbour of another level, until there is none."""
    level = done.level
    while True:
        beside = np.zeros(level.shape, dtype=bool)
        for one, other in (
            ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
            ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ):
            differ = level[one] != level[other]
            beside[one] |= differ
            beside[other] |= differ
        row, column = np.nonzero(beside & np.isnan(done.minutes))
        if not len(row):
            return
        _ask_at(done, row, column, ask)


def _ask_at(done: Survey, row: NDArray[np.intp], column: NDArray[np.intp], ask: Ask) -> None:
    """Ask points of the window and write the answers down."""
    _enter(done, row, column, ask(*done.window.places_m(row, column)))


@dataclass(frozen=True)
class Crossings:
    """Where a limit crosses the lines of the lattice, one point on each line between unlike neighbours.

    Attributes
    ----------
    key
        int64, rising: `2 x (row x columns + column)` of the lower left end, + 1 if the line runs north.
    xy_m
        (n, 2) metres.
    """

    key: NDArray[np.int64]
    xy_m: NDArray[np.float64]


def crossings(done: Survey, inside: NDArray[np.bool_], limit: float, ask: Ask) -> Crossings:
    """Return where `limit` lies between neighbours of which one is `inside`.

    The first guess is in proportion to the minutes at both ends, which is right where both lead to the
    same road. Where it is not within `GOOD_MINUTES` - the limit lies at a jump, e.g. half-way to another
    road that is far from the facility, or at the water - the rest is halved.
    """
    width = done.level.shape[1]
    ends = [np.nonzero(inside[:, 1:] != inside[:, :-1]), np.nonzero(inside[1:] != inside[:-1])]
    row, column = (np.concatenate([e[i] for e in ends]) for i in (0, 1))
    north = np.repeat([0, 1], [len(ends[0][0]), len(ends[1][0])])
    a, b = (row, column), (row + north, column + 1 - north)
    first = inside[a]
    start = np.column_stack(done.window.places_m(row, column))
    step = np.column_stack([1 - north, north]) * done.window.step_m
    near, far = (
        np.where(first, done.minutes[a], done.minutes[b]),
        np.where(first, done.minutes[b], done.minutes[a]),
    )
    origin = np.where(first[:, None], start, start + step)
    part = _parts(origin, np.where(first[:, None], step, -step), (near, far), limit, ask)
    xy = origin + part[:, None] * np.where(first[:, None], step, -step)
    key = 2 * (row * width + column).astype(np.int64) + north
    order = np.argsort(key)
    return Crossings(key[order], xy[order])


def _parts(
    origin: NDArray[np.float64],
    step: NDArray[np.float64],
    minutes: tuple[NDArray[np.float64], NDArray[np.float64]],
    limit: float,
    ask: Ask,
) -> NDArray[np.float64]:
    """Return how far along each step from an inner to an outer point the limit lies, between 0 and 1."""
    near, far = minutes
    low, high = np.zeros(len(near)), np.ones(len(near))
    rise = np.where(np.isfinite(far), far - near, np.inf)
    part = np.clip((limit - near) / np.where(rise > 0, rise, np.inf), 0.05, 0.95)
    part[~np.isfinite(rise)] = 0.5
    open_ = np.arange(len(near))
    for _ in range(HALVINGS + 1):
        found = ask(*(origin[open_] + part[open_, None] * step[open_]).T)
        inner = found < limit
        low[open_[inner]], high[open_[~inner]] = part[open_[inner]], part[open_[~inner]]
        open_ = open_[~(np.abs(found - limit) <= GOOD_MINUTES)]
        part[open_] = (low[open_] + high[open_]) / 2
    return part
