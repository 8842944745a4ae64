"""The hierarchy of a road network with its weights: made once, kept in the cache, quick to change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from geoplan import cache
from geoplan.network.engine import KEPT
from geoplan.network.hierarchy import Hierarchy, build_hierarchy, hierarchy_key
from geoplan.network.metric import Metric, customise
from geoplan.network.stops import Stops
from geoplan.units import project_metres

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.sweep import Ends

CACHE_KIND: Final = "hierarchy"

CACHE_NODES: Final = 20_000
"""A smaller hierarchy is made as fast as it is read."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the hierarchy engine keeps with a network.

    Attributes
    ----------
    rank
        int32, one a node of the network: its number in the hierarchy, which is numbered by rank.
    metric
        The hierarchy with the costs of the network, one a directed arc (`RoadNetwork.directed`).
    findings
        What happened to the cache.
    """

    rank: NDArray[np.int32]
    metric: Metric
    findings: tuple[Finding, ...] = ()

    def stops(self, ends: Ends) -> Stops:
        """Return positions on the roads as the hierarchy takes them."""
        return Stops.from_ways(self.rank[ends.node], ends.cost)

    def changed(self, arcs: NDArray[np.intp], cost: NDArray[np.float64]) -> Prepared:
        """Return the same with other costs on some directed arcs (infinite: closed), only these worked in.

        Raises
        ------
        OverflowError
            Sums of costs are not exact any more.
        """
        return replace(self, metric=self.metric.changed(arcs, cost), findings=())


def prepare(network: RoadNetwork) -> Prepared:
    """Return the hierarchy of a network with its costs; it stays with the network.

    Raises
    ------
    OverflowError
        Sums of costs are not exact.
    """
    kept = network.prepared.get(KEPT)
    if isinstance(kept, Prepared):
        return kept
    hierarchy, findings = find_hierarchy(network)
    metric = customise(hierarchy.renumbered(), network.edge_cost[network.directed.edge])
    made = Prepared(hierarchy.rank, metric, findings)
    network.prepared[KEPT] = made
    return made


def find_hierarchy(network: RoadNetwork) -> tuple[Hierarchy, tuple[Finding, ...]]:
    """Return the hierarchy of a network from the cache, or else a new one, and what went wrong there.

    It depends only on which nodes the roads join, not on speeds, seasons or closures. Runs side by side
    may both make it and keep it: entries are renamed into place, and both are the same.
    """
    every, nodes = network.directed, len(network.node_ids)
    if nodes < CACHE_NODES:
        return _built(network), ()
    key = cache.key_of(hierarchy_key(nodes, every.tail, every.head))
    made, problem = _cached(key)
    if made is not None and made.nodes == nodes and made.arcs == len(every.tail):
        return made, ()
    made = _built(network)
    problems = [problem, cache.store(CACHE_KIND, key, made.to_arrays())]
    return made, tuple(f for f in problems if f is not None)


def _cached(key: str) -> tuple[Hierarchy | None, Finding | None]:
    """Return the hierarchy of the cache, None if there is none, and what was wrong with it."""
    arrays: dict[str, NDArray[Any]] | None
    arrays, problem = cache.load(CACHE_KIND, key)
    if arrays is None:
        return None, problem
    try:
        return Hierarchy.from_arrays(arrays), None
    except (ValueError, TypeError, IndexError) as error:
        return None, cache.discard(CACHE_KIND, key, str(error))


def _built(network: RoadNetwork) -> Hierarchy:
    """Return a new hierarchy."""
    x_m, y_m = project_metres(network.node_lat, network.node_lon, centre_deg=network.centre_deg)
    every = network.directed
    return build_hierarchy(len(network.node_ids), every.tail, every.head, x=x_m, y=y_m)
