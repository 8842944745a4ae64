"""What if roads were closed or slower: a network changed in little time, equal to one built anew."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.errors import UsageError, did_you_mean
from geoplan.network.engine import KEPT
from geoplan.network.packing import choose_packing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork
    from geoplan.network.packing import Packing

CARRIED = ("directed", "arc_back", "_by_road", "edge_exits", "edge_entries")
"""What a network has worked out that closed and slower roads do not change."""


@dataclass(frozen=True, eq=False)
class RoadChange:
    """Closed and slower roads of one network.

    Attributes
    ----------
    closed
        Edges.
    slower
        Edges, and what the minutes of each are multiplied with.
    """

    closed: NDArray[np.intp]
    slower: NDArray[np.intp]
    times: NDArray[np.float64]

    @property
    def edges(self) -> NDArray[np.intp]:
        """All edges that change, ascending."""
        return np.union1d(self.closed, self.slower)


def with_roads(
    network: RoadNetwork, *, closed: Iterable[str] = (), factor: Mapping[str, float] | None = None
) -> RoadNetwork:
    """Return the network with some roads closed, or slower or faster.

    Where the network has its hierarchy (`prepared.prepare`), only what lies above the changed roads is
    worked out anew, in a copy of the weights: `roads_on_trial` spares that too. A closed road is as if it
    were not in the table: what it cut off is an island, and points must be snapped again, which no answer
    does by itself: a point on a closed road reaches nothing. Slower roads move no point.

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
    change = find_change(network, closed, factor)
    made = altered(network, change)
    state = _state(network, made)
    if state is not None:
        with suppress(OverflowError):  # it is tried anew when it is asked for, and SciPy answers
            made.prepared[KEPT] = state.changed(*_costs(made, change))
    return made


@contextmanager
def roads_on_trial(network: RoadNetwork, change: RoadChange, *, stay: bool = False) -> Iterator[RoadNetwork]:
    """Give the network of `with_roads` for the length of a `with`: no weights are copied.

    The hierarchy of `network`, if there is one, is changed in place and put back at the end; until then
    `network` itself must not be asked, by no other thread either. What was given must not be kept.

    Parameters
    ----------
    stay
        Points may stay on parts that the closed roads cut off, as `islands.keep_islands` has it.
    """
    made = altered(network, change, stay=stay)
    state = _state(network, made)
    if state is None:
        yield made
        return
    arcs, cost = _costs(made, change)
    with state.metric.trial(arcs, cost) as metric:
        made.prepared[KEPT] = replace(state, metric=metric, findings=())
        try:
            yield made
        finally:
            made.prepared.clear()


def find_change(
    network: RoadNetwork, closed: Iterable[str], factor: Mapping[str, float] | None
) -> RoadChange:
    """Return the edges of roads that are closed or slower; see `with_roads`."""
    factor = factor or {}
    shut = [_edges_of(network, road) for road in sorted(set(closed))]
    slow = [_edges_of(network, road) for road in sorted(factor)]
    times = [float(factor[road]) for road in sorted(factor)]
    for road, value in zip(sorted(factor), times, strict=True):
        if not (np.isfinite(value) and value > 0):
            raise UsageError(
                f"the factor of road '{road}' is {value:g}", hint="Give one above 0, or close the road."
            )
    none = np.empty(0, dtype=np.intp)
    return RoadChange(
        np.concatenate([none, *shut]),
        np.concatenate([none, *slow]),
        np.repeat(np.array(times, dtype=np.float64), [len(edges) for edges in slow]),
    )


def _edges_of(network: RoadNetwork, road: str) -> NDArray[np.intp]:
    """Return the edges of a road, which must be there."""
    edges = network.edges_of(road)
    if not len(edges):
        near = did_you_mean(road, [str(known) for known in network.road_ids])
        raise UsageError(f"the network has no road '{road}'.{near}")
    return edges


def altered(network: RoadNetwork, change: RoadChange, *, stay: bool = False) -> RoadNetwork:
    """Return the network with other times and closures, without a hierarchy; `stay`: `roads_on_trial`."""
    edge_closed, minutes = network.edge_closed, network.edge_minutes
    if len(change.closed):
        edge_closed = edge_closed.copy()
        edge_closed[change.closed] = True
    if len(change.slower):
        minutes = minutes.copy()
        np.multiply.at(minutes, change.slower, change.times)
    units = _units(network, change, edge_closed, minutes)
    kept = network.node_ok if stay else network.kept
    made = replace(
        network, edge_closed=edge_closed, edge_minutes=minutes, packing=units, kept=kept, prepared={}
    )
    carried(network, made)
    if not len(change.closed) and "components" in network.__dict__:
        made.__dict__["components"] = network.components
    return made


def carried(before: RoadNetwork, after: RoadNetwork) -> RoadNetwork:
    """Hand over what `before` has worked out and `after` would find likewise; return `after`."""
    known = before.__dict__
    _ = before.arc_back  # every change asks for it
    after.__dict__.update({name: known[name] for name in CARRIED if name in known})
    return after


def _units(
    network: RoadNetwork, change: RoadChange, edge_closed: NDArray[np.bool_], minutes: NDArray[np.float64]
) -> Packing:
    """Return the units in which the changed roads are kept; the finest stay where only little changes."""
    edges = change.slower[~edge_closed[change.slower]]
    if not network.packing.coarse:
        if not len(edges):
            return network.packing
        added = network.packing.load(minutes[edges], network.edge_km[edges])
        if network.packing.carries(network.load + added):
            return network.packing
    return choose_packing(network.weight, np.where(edge_closed, np.inf, minutes), network.edge_km)


def _state(network: RoadNetwork, made: RoadNetwork) -> Any:
    """Return the hierarchy of `network` if it serves the changed one, else None."""
    return network.prepared.get(KEPT) if made.packing == network.packing else None


def _costs(made: RoadNetwork, change: RoadChange) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the directed arcs of the changed edges and their costs."""
    edges = change.edges
    minutes = np.where(made.edge_closed[edges], np.inf, made.edge_minutes[edges])
    cost = made.packing.pack(minutes, made.edge_km[edges])
    back = made.arc_back[edges]
    return made.arcs_of(edges), np.concatenate([cost, cost[back >= 0]])
