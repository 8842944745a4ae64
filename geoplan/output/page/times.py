"""Minutes from every point to every site -> compact blocks of bytes, one a road state, as differences.

A table of times over a country is smooth: neighbours in the order of a Hilbert curve differ by the same
minutes to most sites. What is stored is the second difference, down and across, folded so that small numbers
of either sign are small, all low bytes before all higher ones: gzip then finds long runs of zeros. A pair
without a way takes the time of the pair above it, and a bit says so.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.result import Result, YearState

    Tenths = NDArray[np.int32]

NONE: Final = -1
"""No way by road, as in the tables of the run."""

CURVE_BITS: Final = 12
"""The Hilbert curve runs through 4096 x 4096 cells."""

SHORT_BYTES: Final = 2
LONG_BYTES: Final = 4
"""Bytes a time takes: two hold 109 hours, four whatever the engine says."""

LEVEL: Final = 7
"""Of gzip: 9 takes six times as long for two percent less."""


@dataclass(frozen=True)
class Times:
    """Times of all years of a page.

    Attributes
    ----------
    point_order, site_order
        Row numbers in the order in which points and sites are stored.
    state
        For each year the number of its matrix.
    matrices
        int32 (point, site) in stored order, tenths of a minute, `NONE` without a way; no two are equal.
    """

    point_order: NDArray[np.int64]
    site_order: NDArray[np.int64]
    state: tuple[int, ...]
    matrices: tuple[Tenths, ...]

    @property
    def width(self) -> int:
        """Bytes a time takes."""
        longest = max((int(m.max(initial=0)) for m in self.matrices), default=0)
        return SHORT_BYTES if longest < 1 << (8 * SHORT_BYTES) else LONG_BYTES

    def blocks(self) -> list[str]:
        """Return each matrix as base64 of gzip; every one but the first is stored as a difference."""
        raws: list[bytes] = []
        before: Tenths | None = None
        for matrix in self.matrices:
            raws.append(encoded(matrix, before, width=self.width))
            before = filled(matrix, before)
        return [base64.b64encode(gzip.compress(raw, LEVEL, mtime=0)).decode("ascii") for raw in raws]

    def about(self) -> dict[str, Any]:
        """Return what the page must know to read the blocks."""
        return {"state": list(self.state), "blocks": len(self.matrices), "width": self.width}


def times_of(result: Result, points: Sequence[str], sites: Sequence[str]) -> Times | None:
    """Return the times of a result's years; None where a year has no times to sites.

    `points` and `sites` are all ids in the order of the page's rows. A pair that a year does not have counts
    as without a way.
    """
    if not points or not sites or any(state.site_tenths is None for state in result.years):
        return None
    whole = [_laid_out(state, points, sites) for state in result.years]
    point_order = _along_curve([s.demand for s in result.years], points)
    site_order = _along_curve([s.sites for s in result.years if s.sites is not None], sites)
    state: list[int] = []
    kept: list[Tenths] = []
    for matrix in whole:
        same = next((k for k, other in enumerate(kept) if np.array_equal(other, matrix)), len(kept))
        kept += [matrix] if same == len(kept) else []
        state.append(same)
    stored = tuple(np.ascontiguousarray(m[point_order][:, site_order]) for m in kept)
    return Times(point_order, site_order, tuple(state), stored)


def _laid_out(state: YearState, points: Sequence[str], sites: Sequence[str]) -> Tenths:
    """Return the times of one year with all points as rows and all sites as columns."""
    if state.sites is None or state.site_tenths is None:
        raise ValueError("the year has no times to sites")
    row = state.demand.index.get_indexer(pd.Index(points))
    column = state.sites.index.get_indexer(pd.Index(sites))
    found: Tenths = state.site_tenths[row][:, column].astype(np.int32)
    found[row < 0] = NONE
    found[:, column < 0] = NONE
    return found


def _along_curve(frames: Sequence[pd.DataFrame], ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the row numbers of `ids` along a Hilbert curve over their positions."""
    known: dict[str, tuple[float, float]] = {}
    for frame in frames:
        spots = zip(frame["lat"].tolist(), frame["lon"].tolist(), strict=True)
        known = dict(zip(map(str, frame.index), spots, strict=True)) | known
    middle = (0.0, 0.0)
    at = np.array([known.get(key, middle) for key in ids], dtype=np.float64)
    return np.argsort(hilbert(at[:, 1], at[:, 0]), kind="stable")


def hilbert(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the place of each point along a Hilbert curve over their box (Hilbert 1891)."""
    size = 1 << CURVE_BITS
    h, v = (
        np.minimum((size * (a - a.min()) / max(float(np.ptp(a)), 1e-9)).astype(np.int64), size - 1)
        for a in (x, y)
    )
    place = np.zeros(len(x), dtype=np.int64)
    side = size >> 1
    while side:
        right, up = (h & side) > 0, (v & side) > 0
        place += side * side * ((3 * right) ^ up)
        turn = ~up
        flip = turn & right
        h, v = np.where(flip, size - 1 - h, h), np.where(flip, size - 1 - v, v)
        h, v = np.where(turn, v, h), np.where(turn, h, v)
        side >>= 1
    return place


# --- bytes ------------------------------------------------------------------------------------------------


def filled(matrix: Tenths, before: Tenths | None = None) -> Tenths:
    """Return the matrix with a time in every cell: what `before` has there, else the cell above, else 0."""
    out = matrix.copy()
    if before is not None:
        return np.where(matrix == NONE, before, out).astype(np.int32)
    for row in range(len(out)):
        gaps = out[row] == NONE
        out[row, gaps] = out[row - 1, gaps] if row else 0
    return out


def encoded(matrix: Tenths, before: Tenths | None, *, width: int) -> bytes:
    """Return a matrix as bytes.

    Parameters
    ----------
    matrix
        int32 (point, site), `NONE` without a way.
    before
        The filled matrix that it differs from, None for the first.
    width
        Bytes a time takes, 2 or 4.

    Returns
    -------
    `width` planes of bytes, the lowest first, each site by site; then one bit a pair, site by site, set where
    there is no way.
    """
    bits = 8 * width
    cells = filled(matrix, before).astype(np.int64)
    if before is not None:
        cells = cells - before
    cells = np.diff(np.diff(cells, axis=0, prepend=0), axis=1, prepend=0)
    # numbers wrap round at the width, so that a difference is as wide as a time
    half = 1 << (bits - 1)
    wrapped = (cells + half) % (1 << bits) - half
    folded = np.where(wrapped >= 0, 2 * wrapped, -2 * wrapped - 1).T
    planes = [((folded >> (8 * k)) & 255).astype(np.uint8).tobytes() for k in range(width)]
    return b"".join([*planes, np.packbits((matrix == NONE).T).tobytes()])


def decoded(raw: bytes, before: Tenths | None, *, shape: tuple[int, int], width: int) -> Tenths:
    """Return the matrix that `encoded` wrote; the page does the same in `times.js`.

    Raises
    ------
    ValueError
        If the bytes are not as many as a matrix of this shape takes.
    """
    size = shape[0] * shape[1]
    if len(raw) != width * size + -(-size // 8):
        raise ValueError("the block of times has another size than its matrix")
    planes = np.frombuffer(raw, dtype=np.uint8, count=width * size).reshape(width, shape[1], shape[0])
    folded = sum(planes[k].astype(np.int64) << (8 * k) for k in range(width))
    cells = np.where(folded & 1, -(folded >> 1) - 1, folded >> 1).T
    cells = np.cumsum(np.cumsum(cells, axis=0), axis=1)
    if before is not None:
        cells = cells + before
    cells %= 1 << (8 * width)
    away = np.unpackbits(np.frombuffer(raw, dtype=np.uint8, offset=width * size), count=size)
    out: Tenths = np.where(away.reshape(shape[1], shape[0]).T == 1, NONE, cells).astype(np.int32)
    return out
