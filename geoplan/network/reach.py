"""Which stretches of the roads lie within a travel time of a facility, cut exactly where the limit falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.units import project_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.field import Field
    from geoplan.network.graph import RoadNetwork

LEAST_MINUTES = 1e-12
"""A road that takes no time at all is cut as if it took this long."""


@dataclass(frozen=True)
class Stretches:
    """Stretches of roads: edge numbers and the shares of the drawn line between which each lies.

    Sorted by edge and share; the stretches of one edge neither touch nor overlap.
    """

    edge: NDArray[np.int64]
    share_from: NDArray[np.float64]
    share_to: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of stretches."""
        return len(self.edge)


@dataclass(frozen=True)
class RoadSamples:
    """Positions on the acceptable edges, close enough together that none is missed by a cell of the map."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]


def sample_roads(network: RoadNetwork, *, spacing_m: float) -> RoadSamples:
    """Return positions at most `spacing_m` apart along the drawn line of every acceptable edge."""
    good = np.flatnonzero(network.edge_ok)
    lines = network.lines
    parts = np.maximum(np.ceil(lines.length_m[good] / spacing_m), 1).astype(np.int64)
    edge = np.repeat(good, parts + 1)
    order = np.arange(len(edge)) - np.repeat(np.cumsum(parts + 1) - (parts + 1), parts + 1)
    share = order / np.repeat(parts, parts + 1)
    x_m, y_m = project_metres(*lines.at(edge, share), centre_deg=network.centre_deg)
    return RoadSamples(edge, share, x_m, y_m)


def road_minutes(field: Field, edge: NDArray[Any], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return minutes between positions on the roads and the facility of `field`, infinite: no way."""
    network = field.world.network
    to, minutes = field.direction == "to", network.edge_minutes[edge]
    forward, oneway = field.node_minutes, network.edge_oneway[edge]
    node = (network.edge_exits if to else network.edge_entries)[edge]
    by_head = forward[node[:, 1]] + (1 - share) * minutes
    by_tail = forward[node[:, 0]] + share * minutes
    # against one-way traffic only the very end of an edge is open: there the position is the node
    by_head[oneway & (not to) & (share < 1)] = np.inf
    by_tail[oneway & to & (share > 0)] = np.inf
    best = np.minimum(by_head, by_tail)
    own = np.flatnonzero(edge == field.facilities.edge[field.number])
    ahead = float(field.facilities.share[field.number]) - share[own]
    open_ = ~oneway[own] | ((ahead if to else -ahead) >= 0)
    along = np.where(open_, np.abs(ahead) * minutes[own] + field.leg_minutes, np.inf)
    best[own] = np.minimum(best[own], along)
    return np.asarray(best, dtype=np.float64)


def reached_stretches(field: Field, limit_minutes: float) -> Stretches:
    """Return the stretches of acceptable edges from which the facility is at most `limit_minutes` away.

    (With direction `from`: to which it is.) Minutes grow evenly along an edge from each of its ends, so
    the cut is a division; an edge may be reached from both ends and hold a gap between. One-way edges are
    reached along their direction only. The facility's own leg counts; legs of places do not.
    """
    network, to = field.world.network, field.direction == "to"
    good = np.flatnonzero(network.edge_ok)
    minutes = np.maximum(network.edge_minutes[good], LEAST_MINUTES)
    both = ~network.edge_oneway[good]
    node = (network.edge_exits if to else network.edge_entries)[good]
    from_head = (limit_minutes - field.node_minutes[node[:, 1]]) / minutes
    from_tail = (limit_minutes - field.node_minutes[node[:, 0]]) / minutes
    by_head, by_tail = (from_head >= 0) & (both | to), (from_tail >= 0) & (both | (not to))
    own, own_from, own_to = _own_stretch(field, limit_minutes)
    edge = np.concatenate([good[by_head], good[by_tail], own])
    share_from = np.concatenate([1 - from_head[by_head], np.zeros(int(by_tail.sum())), own_from])
    share_to = np.concatenate([np.ones(int(by_head.sum())), from_tail[by_tail], own_to])
    return _merged(edge, np.clip(share_from, 0.0, 1.0), np.clip(share_to, 0.0, 1.0))


def _own_stretch(
    field: Field, limit_minutes: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return edge and shares of the stretch around the facility itself, none if its leg is too long."""
    network = field.world.network
    edge = int(field.facilities.edge[field.number])
    share = float(field.facilities.share[field.number])
    reach = (limit_minutes - field.leg_minutes) / max(float(network.edge_minutes[edge]), LEAST_MINUTES)
    if reach < 0:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    oneway, to = bool(network.edge_oneway[edge]), field.direction == "to"
    before = 0.0 if oneway and not to else reach
    after = 0.0 if oneway and to else reach
    return np.array([edge]), np.array([share - before]), np.array([share + after])


def _merged(
    edge: NDArray[np.int64], share_from: NDArray[np.float64], share_to: NDArray[np.float64]
) -> Stretches:
    """Return the stretches sorted, those of one edge that touch made one."""
    order = np.lexsort((share_to, share_from, edge))
    edge, share_from, share_to = edge[order], share_from[order], share_to[order]
    # the farthest end so far on the same edge: edges are whole numbers, shares at most 1
    farthest = np.maximum.accumulate(edge * 2.0 + share_to) - edge * 2.0 if len(edge) else share_to
    new = np.ones(len(edge), dtype=bool)
    new[1:] = (edge[1:] != edge[:-1]) | (share_from[1:] > farthest[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(edge))[: len(first)] - 1
    return Stretches(edge[first], share_from[first], np.minimum(farthest[last], 1.0))
