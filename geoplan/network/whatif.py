"""What if roads were closed or slower: a network changed in little time, equal to one built anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.errors import UsageError, did_you_mean
from geoplan.network.engine import KEPT
from geoplan.network.graph import Components, Directed, find_components
from geoplan.network.packing import choose_packing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork


def with_roads(
    network: RoadNetwork, *, closed: Iterable[str] = (), factor: Mapping[str, float] | None = None
) -> RoadNetwork:
    """Return the network with some roads closed, or slower or faster.

    Where the network has its hierarchy (`prepared.prepare`), only what lies above the changed roads is
    worked out anew. A closed road is as if it were not in the table: what it cut off is an island, and
    points must be snapped again, which no answer does by itself: a point on a closed road reaches nothing.
    Slower roads move no point.

    Parameters
    ----------
    closed
        Road ids; all parts of a road that bear the id.
    factor
        By road id, what its minutes are multiplied with: 2 is half as fast. Above 0 and finite.

    Raises
    ------
    UsageError
        A road is not in the network, or a factor is none.
    """
    factor = dict(factor or {})
    shut = _edges_of(network, sorted(set(closed)))
    times = _times(network, factor)
    edge_closed = network.edge_closed.copy()
    edge_closed[shut] = True
    minutes = network.edge_minutes * times
    units = choose_packing(network.weight, np.where(edge_closed, np.inf, minutes), network.edge_km)
    made = replace(network, edge_closed=edge_closed, edge_minutes=minutes, packing=units, prepared={})
    if (edge_closed != network.edge_closed).any():
        parts = _components(made)
        made = replace(
            made,
            component=parts.label,
            component_nodes=parts.nodes,
            component_km=parts.km,
            component_ok=parts.ok,
        )
    _keep_hierarchy(network, made, np.flatnonzero((times != 1) | (edge_closed != network.edge_closed)))
    return made


def _times(network: RoadNetwork, factor: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the factor of each edge."""
    times = np.ones(len(network.road_ids))
    for road in sorted(factor):
        value = float(factor[road])
        if not (np.isfinite(value) and value > 0):
            raise UsageError(
                f"the factor of road '{road}' is {value:g}", hint="Give one above 0, or close the road."
            )
        times[_edges_of(network, [road])] = value
    return times


def _edges_of(network: RoadNetwork, roads: list[str]) -> NDArray[np.intp]:
    """Return the edges with some ids; all must be there."""
    if not roads:
        return np.empty(0, dtype=np.intp)
    found = np.isin(network.road_ids, np.array(roads, dtype=object))
    known = set(network.road_ids[found].tolist())
    unknown = [road for road in roads if road not in known]
    if unknown:
        near = did_you_mean(unknown[0], [str(road) for road in network.road_ids])
        raise UsageError(f"the network has no road '{unknown[0]}'.{near}")
    return np.flatnonzero(found)


def _components(network: RoadNetwork) -> Components:
    """Return the components of the open roads."""
    every, ends = network.directed, np.column_stack([network.edge_from, network.edge_to])
    open_ = ~network.edge_closed[every.edge]
    arcs = Directed(*(array[open_] for array in every))
    km = np.where(network.edge_closed, 0.0, network.edge_km)
    return find_components(len(network.node_ids), arcs, ends, network.edge_back, km)


def _keep_hierarchy(before: RoadNetwork, after: RoadNetwork, edges: NDArray[np.intp]) -> None:
    """Give the network the hierarchy of the one before it, the costs of changed edges worked in."""
    state = before.prepared.get(KEPT)
    if state is None or after.packing != before.packing:
        return
    arcs = np.flatnonzero(np.isin(after.directed.edge, edges))
    cost = after.edge_cost[after.directed.edge[arcs]]
    try:
        after.prepared[KEPT] = state.changed(arcs, cost)
    except OverflowError:  # it is tried anew when it is asked for, and SciPy answers
        return
