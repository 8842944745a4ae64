"""Where the nearest road lies across water or the border: the search for the nearest one by land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.access import AccessRule, Ground
    from geoplan.network.graph import RoadNetwork

PIECE_M: Final = 1000.0
"""Where the nearest road lies across water, roads are tried in pieces of at most this length."""

FIRST_RADIUS_M: Final = 2500.0
"""First radius of that search; it doubles until a piece is found or the limit is reached."""


@dataclass(frozen=True)
class Bases:
    """Points with their place on the land, see `geoplan.network.snap.Snapping`."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    extra_m: NDArray[np.float64]
    bound: NDArray[np.bool_]
    outside: NDArray[np.bool_]


@dataclass
class Feet:
    """Candidate positions, filled in as the search goes on."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    passed_over: NDArray[np.bool_]


def pass_over_water(network: RoadNetwork, bases: Bases, feet: Feet, ground: Ground, rule: AccessRule) -> None:
    """Give each point whose nearest position lies across water or the border the next one by land."""
    limit_m = rule.snap_limit_km * 1000
    near = np.flatnonzero(bases.bound & ~bases.outside & (feet.distance_m <= limit_m))
    free = ground.allows((bases.x_m[near], bases.y_m[near]), (feet.x_m[near], feet.y_m[near]))
    waiting = near[~free]
    if not len(waiting):
        return
    feet.passed_over[waiting] = True
    feet.distance_m[waiting] = np.inf
    pieces = network.pieces
    radius_m = FIRST_RADIUS_M
    while len(waiting):
        waiting = pieces.search(waiting, min(radius_m, limit_m), bases, feet, ground)
        if radius_m >= limit_m:
            break
        radius_m *= 2


@dataclass(frozen=True)
class RoadPieces:
    """Acceptable edges cut into straight pieces of at most `PIECE_M`."""

    edge: NDArray[np.int64]
    start_m: NDArray[np.float64]
    xy_m: NDArray[np.float64]
    step_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    line_m: NDArray[np.float64]
    tree: shapely.STRtree

    @classmethod
    def of(cls, network: RoadNetwork) -> RoadPieces:
        """Return the pieces of all acceptable edges; `start_m` is measured along the drawn line."""
        lines = network.lines
        owner = np.repeat(np.arange(len(lines.start) - 1), np.diff(lines.start))
        first = np.flatnonzero((owner[:-1] == owner[1:]) & network.edge_ok[owner[:-1]])
        xy = np.column_stack([lines.x_m, lines.y_m])
        span_m = lines.along_m[first + 1] - lines.along_m[first]
        parts = np.maximum(np.ceil(span_m / PIECE_M), 1).astype(np.int64)
        vertex = np.repeat(first, parts)
        order = np.arange(len(vertex)) - np.repeat(np.cumsum(parts) - parts, parts)
        step = ((xy[first + 1] - xy[first]) / parts[:, None]).repeat(parts, axis=0)
        start = xy[vertex] + order[:, None] * step
        length_m = np.repeat(span_m / parts, parts)
        edge = owner[vertex]
        start_m = lines.along_m[vertex] - lines.along_m[lines.start[edge]] + order * length_m
        shapes = shapely.linestrings(np.stack([start, start + step], axis=1))
        tree = shapely.STRtree(np.asarray(shapes, dtype=object))
        return cls(edge, start_m, start, step, length_m, lines.length_m[edge], tree)

    def search(
        self, waiting: NDArray[np.intp], radius_m: float, bases: Bases, feet: Feet, ground: Ground
    ) -> NDArray[np.intp]:
        """Fill `feet` of the waiting points from the pieces within `radius_m`; return those still waiting."""
        xy = np.column_stack([bases.x_m[waiting], bases.y_m[waiting]])
        row, piece = self.tree.query(shapely.points(xy), predicate="dwithin", distance=radius_m)
        away = xy[row] - self.xy_m[piece]
        along = (away * self.step_m[piece]).sum(axis=1)
        length_m = self.length_m[piece]
        part = np.clip(along / np.where(length_m > 0, length_m**2, 1.0), 0.0, 1.0)
        foot = self.xy_m[piece] + part[:, None] * self.step_m[piece]
        distance_m = np.hypot(*(xy[row] - foot).T)
        allowed = ground.allows((xy[row, 0], xy[row, 1]), (foot[:, 0], foot[:, 1]))
        order = np.lexsort((piece, self.edge[piece], distance_m, row))
        order = order[allowed[order]]
        chosen = order[np.unique(row[order], return_index=True)[1]]
        point, best = waiting[row[chosen]], piece[chosen]
        feet.edge[point] = self.edge[best]
        feet.share[point] = (self.start_m[best] + part[chosen] * length_m[chosen]) / np.maximum(
            self.line_m[best], 1e-9
        )
        feet.x_m[point], feet.y_m[point] = foot[chosen].T
        feet.distance_m[point] = distance_m[chosen]
        return np.setdiff1d(waiting, point)
