"""What a closed road cuts off, found near the road: components are not worked out anew for each closure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.network.engine import KEPT
from geoplan.network.graph import COMPONENT_SHARE
from geoplan.network.whatif import carried

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork
    from geoplan.network.prepared import Prepared
    from geoplan.network.whatif import RoadChange

    Arcs = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]

NEAR_NODES: Final = 300
"""Where more nodes must be tried, all components are worked out instead."""

SAFE: Final = 1 + 1e-9
"""Sums of kilometres may differ by their order."""


@dataclass(frozen=True, eq=False)
class ComingApart:
    """Which edges take points while roads of one network are closed, see `nearest.Trials`.

    An edge takes points if its ends lie in one strongly connected component. A two-way edge always does, so
    only closed edges and one-way ones (or ones at restricted turns) can stop. Let the anchor be a node in the
    thick of the component. Where both ends of an edge still reach it and are reached from it, nothing has
    changed; the other nodes hang together, from the ends of the closed edges on, and are few as a rule: a
    dead end, a slip road. Were the anchor itself cut off, they would be many, and all is worked out.
    """

    network: RoadNetwork
    kept: dict[str, Any] = field(default_factory=dict)

    def takers(self, changed: RoadNetwork, change: RoadChange) -> RoadNetwork | None:
        """Return the roads that points snap to: all others are closed here.

        Needs the hierarchy of `changed`. None where it cannot be told without all components, or where some
        edges may take points that did not before.
        """
        state = changed.prepared.get(KEPT)
        if state is None:
            return None
        near = self._near(changed, state, self._missed(state, change))
        closed_km = float(self.network.edge_km[change.closed].sum())
        if near is None or not self._keeps_its_islands(closed_km, float(self.network.edge_km[near].sum())):
            return None
        lost = changed.edge_closed.copy()
        for edge in np.unique(near[~self.network.edge_plain[near]]):
            lost[edge] |= not _still_taken(self.network, state, int(edge))
        return self._made(changed, lost)

    def _missed(self, state: Prepared, change: RoadChange) -> NDArray[np.int64]:
        """Return the arcs of closed edges whose tail reaches their head no more, though it did."""
        network = self.network
        every, label = network.directed, network.component
        arcs = network.arcs_of(change.closed)
        tail, head = every.tail[arcs], every.head[arcs]
        inside = (label[tail] == label[head]) & network.node_ok[tail]
        reached = [_reaches(state, int(t), int(h)) for t, h in zip(tail[inside], head[inside], strict=True)]
        return np.asarray(arcs[inside][~np.array(reached, dtype=bool)], dtype=np.int64)

    def _near(
        self, changed: RoadNetwork, state: Prepared, missed: NDArray[np.int64]
    ) -> NDArray[np.int32] | None:
        """Return the edges at nodes that lost the anchor through missed arcs, None if they are many."""
        from geoplan.network.kernels import cut_off  # noqa: PLC0415 - an extra

        metric, every = state.metric, self.network.directed
        fixed = metric.hierarchy.frame, (metric.up, metric.down)
        found = [np.empty(0, dtype=np.int32)]
        for arc in missed:
            anchor = self._anchor(state, int(self.network.component[every.tail[arc]]))
            for onwards, end in ((True, every.head[arc]), (False, every.tail[arc])):
                rows = self._rows(state)[0 if onwards else 1]
                ends, limits = (int(state.rank[end]), anchor), (metric.infinite, NEAR_NODES)
                edges, few = cut_off(*fixed, rows, changed.edge_closed, ends, limits, onwards)
                if not few:
                    return None
                found.append(edges)
        return np.concatenate(found)

    def _anchor(self, state: Prepared, component: int) -> int:
        """Return the highest rank of a component: what most ways pass."""
        anchors: dict[int, int] = self.kept.setdefault("anchors", {})
        if component not in anchors:
            anchors[component] = int(state.rank[self.network.component == component].max())
        return anchors[component]

    def _rows(self, state: Prepared) -> tuple[Arcs, Arcs]:
        """Return the road arcs by rank, onwards and backwards."""
        if "rows" not in self.kept:
            every = self.network.directed
            tail, head = state.rank[every.tail], state.rank[every.head]
            nodes = len(self.network.node_ids)
            self.kept["rows"] = _rows(nodes, tail, head, every.edge), _rows(nodes, head, tail, every.edge)
        rows: tuple[Arcs, Arcs] = self.kept["rows"]
        return rows

    def _keeps_its_islands(self, closed_km: float, part_km: float) -> bool:
        """Return whether no part that took no points can become acceptable."""
        least_km = COMPONENT_SHARE * (self.network.open_km - closed_km)
        return self._left_km < min(least_km, self._largest_km - closed_km - part_km)

    def _made(self, changed: RoadNetwork, lost: NDArray[np.bool_]) -> RoadNetwork:
        """Return the roads for snapping, with the components and search trees of before."""
        made = carried(changed, replace(changed, edge_closed=lost))
        made.__dict__["components"] = self.network.components
        made.__dict__["trees"] = self.network.trees
        return made

    @cached_property
    def _left_km(self) -> float:
        """Kilometres of the largest part that takes no points."""
        parts = self.network.components
        return float(parts.km.max(initial=0.0, where=~parts.ok)) * SAFE

    @cached_property
    def _largest_km(self) -> float:
        return float(self.network.components.km.max(initial=0.0))


def _rows(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], edge: NDArray[np.int32]) -> Arcs:
    """Return compressed rows of arcs, parallel ones included: where each node's begin, heads, edges."""
    order = np.argsort(tail, kind="stable")
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return first, head[order], edge[order]


def _still_taken(network: RoadNetwork, state: Prepared, edge: int) -> bool:
    """Return whether both ends of an open edge lie in one component, by the way on or by the way back."""
    begin, end = int(network.edge_from[edge]), int(network.edge_to[edge])
    if _reaches(state, end, begin):
        return True
    if network.edge_oneway[edge]:
        return False
    back = network.edge_back[edge]
    return _reaches(state, int(back[1]), int(back[0]))


def _reaches(state: Prepared, tail: int, head: int) -> bool:
    return state.metric.reaches(int(state.rank[tail]), int(state.rank[head]))
