"""Road tables of one year, season and vehicle -> `RoadNetwork`: arrays of nodes, edges and directed arcs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding
from geoplan.network import packing
from geoplan.network.arcs import Arcs, pack_arcs
from geoplan.network.byland import RoadPieces
from geoplan.network.edges import draw_shapes, speeds_kmh, texts, turn_rows, usable_roads, with_ends
from geoplan.network.lines import DrawnLines, centre_of, draw_lines
from geoplan.units import LAEA_LAT_DEG, LAEA_LON_DEG

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Weight = packing.Weight

COMPONENT_SHARE: Final = 0.01
"""A strongly connected component is acceptable if it holds this share of all edge kilometres."""

TREE_CAPACITY: Final = 4
"""Children of a node of the search trees: half the usual number finds the nearest line in half the time."""

COMPONENT_NODES: Final = 3
"""... and has at least this many nodes: a two-node island is never acceptable."""


class Directed(NamedTuple):
    """Directed arcs, int32, parallel ones and loops included: every edge on, then two-way ones back."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    edge: NDArray[np.int32]

    def take(self, chosen: NDArray[np.bool_]) -> Directed:
        """Return some of the arcs."""
        return Directed(*(array[chosen] for array in self))


@dataclass(frozen=True)
class RoadNetwork:
    """Usable roads as plain arrays; nodes and edges are sorted by their ids.

    Attributes
    ----------
    weight
        What routes minimise: `time` or `distance`.
    node_ids, node_row, node_lat, node_lon
        One a row of the node table: id, its place in the table as given, degrees.
    road_ids, road_row, road_ref, road_name, road_class
        One a usable edge; `road_row` is the place of the road in the table as given.
    edge_from, edge_to, edge_oneway
        Node numbers (int32); a one-way edge runs from `edge_from` to `edge_to` only.
    edge_back
        int32, (edges, 2): nodes where the way back begins and ends. These are `edge_to` and `edge_from` save
        at a junction with turn restrictions, where arrivals and departures are nodes of their own.
    edge_turn
        Whether an edge is no road but an allowed turn at such a junction; no point snaps to it.
    edge_closed
        Whether a what-if has closed an edge, see `whatif.with_roads`: as if it were not there.
    edge_km, edge_minutes
        The whole edge, by the table's `length_km` and the speed that applies.
    lines
        Drawn lines of the edges, from `edge_from` to `edge_to`.
    packing
        How costs hold minutes and kilometres.
    centre_deg
        Latitude and longitude of the middle of the projection that all metres are in.
    kept
        Nodes whose component is acceptable whatever its size, see `islands.keep_islands`; None: none is.
    prepared
        Results of slow work that are kept with the network, see `engine`.
    """

    weight: Weight
    node_ids: NDArray[np.object_]
    node_row: NDArray[np.int32]
    node_lat: NDArray[np.float64]
    node_lon: NDArray[np.float64]
    road_ids: NDArray[np.object_]
    road_row: NDArray[np.int32]
    road_ref: NDArray[np.object_]
    road_name: NDArray[np.object_]
    road_class: NDArray[np.object_]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_oneway: NDArray[np.bool_]
    edge_back: NDArray[np.int32]
    edge_turn: NDArray[np.bool_]
    edge_closed: NDArray[np.bool_]
    edge_km: NDArray[np.float64]
    edge_minutes: NDArray[np.float64]
    lines: DrawnLines
    packing: packing.Packing
    centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)
    kept: NDArray[np.bool_] | None = None

    prepared: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def components(self) -> Components:
        """Strongly connected components of the open roads, worked out when first asked for."""
        every, ends = self.directed, np.column_stack([self.edge_from, self.edge_to])
        km = self.edge_km
        if self.edge_closed.any():
            every = every.take(~self.edge_closed[every.edge])
            km = np.where(self.edge_closed, 0.0, km)
        found = find_components(len(self.node_ids), every, ends, self.edge_back, km)
        if self.kept is not None:
            found.ok[found.label[self.kept]] = True
        return found

    @cached_property
    def node_ok(self) -> NDArray[np.bool_]:
        """Whether the component of each node is acceptable."""
        return np.asarray(self.components.ok[self.components.label], dtype=bool)

    @cached_property
    def load(self) -> float:
        """What the roads ask of the units, see `packing.Packing.load`."""
        return self.packing.load(np.where(self.edge_closed, np.inf, self.edge_minutes), self.edge_km)

    @property
    def component(self) -> NDArray[np.int32]:
        """int32, one a node: its strongly connected component."""
        return self.components.label

    @property
    def component_nodes(self) -> NDArray[np.int32]:
        """Number of nodes of each component."""
        return self.components.nodes

    @property
    def component_km(self) -> NDArray[np.float64]:
        """Kilometres of the edges inside each component."""
        return self.components.km

    @property
    def component_ok(self) -> NDArray[np.bool_]:
        """Whether points may snap to each component."""
        return self.components.ok

    @cached_property
    def edge_cost(self) -> NDArray[np.float64]:
        """Cost of each edge as the arcs have it, infinite where it is closed."""
        minutes = np.where(self.edge_closed, np.inf, self.edge_minutes)
        return self.packing.pack(minutes, self.edge_km)

    def part_cost(self, edge: NDArray[Any], part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of parts of edges, each rounded once; the whole edge costs what its arc costs."""
        return self.packing.pack(part * self.edge_minutes[edge], part * self.edge_km[edge])

    @cached_property
    def directed(self) -> Directed:
        """Directed arcs as the edges have them, closed ones included: their numbers never change."""
        return directed_arcs(
            np.column_stack([self.edge_from, self.edge_to]), self.edge_back, self.edge_oneway
        )

    @cached_property
    def arc_back(self) -> NDArray[np.int32]:
        """int32, one an edge: its arc back, -1 where one-way; its arc on bears its own number."""
        back = np.cumsum(~self.edge_oneway, dtype=np.int32) + np.int32(len(self.edge_km) - 1)
        return np.where(self.edge_oneway, np.int32(-1), back)

    @cached_property
    def edge_plain(self) -> NDArray[np.bool_]:
        """Whether the way back along an edge joins the same two nodes: two-way, no restricted turns."""
        back = self.edge_back
        turned = (back[:, 0] == self.edge_to) & (back[:, 1] == self.edge_from)
        return np.asarray(turned & ~self.edge_oneway, dtype=bool)

    def arcs_of(self, edges: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the directed arcs of some edges."""
        back = self.arc_back[edges]
        return np.concatenate([edges, back[back >= 0]]).astype(np.int64)

    @cached_property
    def _by_road(self) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
        """Road ids in order, and the edge of each."""
        order = np.argsort(self.road_ids, kind="stable")
        return self.road_ids[order], order

    def edges_of(self, road: str) -> NDArray[np.intp]:
        """Return the edges that bear a road id, none if there is no such road."""
        ids, order = self._by_road
        begin, end = (int(np.searchsorted(ids, road, side=side)) for side in ("left", "right"))
        return order[begin:end]

    @cached_property
    def arcs(self) -> Arcs:
        """Directed arcs between the nodes, at most one a pair, without closed edges."""
        every = self.directed
        return pack_arcs(len(self.node_ids), every.tail, every.head, self.edge_cost[every.edge], every.edge)

    @cached_property
    def arcs_reversed(self) -> Arcs:
        """The arcs turned round, for travel towards few points."""
        return self.arcs.reversed()

    @cached_property
    def edge_component(self) -> NDArray[np.int32]:
        """Strongly connected component of each edge; -1 where the edge joins two of them.

        A point on an edge between two components could leave but not come back, or come and not leave.
        """
        inner = _inner_component(self.component, self.edge_from, self.edge_to, self.edge_back)
        return np.where(self.edge_closed, np.int32(-1), inner)

    @cached_property
    def edge_exits(self) -> NDArray[np.int32]:
        """Nodes by which an edge is left, (edges, 2): back by its beginning, on by its end."""
        return np.column_stack([self.edge_back[:, 1], self.edge_to])

    @cached_property
    def edge_entries(self) -> NDArray[np.int32]:
        """Nodes by which an edge is entered, (edges, 2): at its beginning, and at its end on the way back."""
        return np.column_stack([self.edge_from, self.edge_back[:, 0]])

    @cached_property
    def edge_ok(self) -> NDArray[np.bool_]:
        """Whether points may snap to each edge."""
        inside = (self.edge_component >= 0) & ~self.edge_turn
        return inside & self.component_ok[np.where(inside, self.edge_component, 0)]

    @cached_property
    def trees(
        self,
    ) -> tuple[tuple[shapely.STRtree, NDArray[np.intp]], tuple[shapely.STRtree, NDArray[np.intp]]]:
        """Search trees of the acceptable and of the other edges, each with its edge numbers."""
        good, bad = (
            np.flatnonzero(self.edge_ok),
            np.flatnonzero(~(self.edge_ok | self.edge_turn | self.edge_closed)),
        )
        shapes = self.lines.shapes
        return (
            (shapely.STRtree(shapes[good], TREE_CAPACITY), good),
            (shapely.STRtree(shapes[bad], TREE_CAPACITY), bad),
        )

    @cached_property
    def pieces(self) -> RoadPieces:
        """Acceptable edges in short straight pieces, for the search by land."""
        return RoadPieces.of(self)

    @property
    def open_km(self) -> float:
        """Kilometres of all edges that are not closed."""
        return float(self.edge_km[~self.edge_closed].sum())


def build_network(
    roads: pd.DataFrame,
    road_nodes: pd.DataFrame,
    speeds: pd.DataFrame,
    *,
    vehicle: str = "car",
    season: str = "summer",
    year: int = 2026,
    weight: Weight = "time",
) -> tuple[RoadNetwork, list[Finding]]:
    """Return the network of the roads usable on 1 January of `year`, and what is wrong with them.

    Parameters
    ----------
    roads, road_nodes
        Checked tables, index `road_id` and `node_id`; `geometry` is WKT or a LineString in EPSG:4326, a
        straight line where empty. `length_km` rules the cost, the drawn line only where a share lies.
    speeds
        Columns class, surface, vehicle, season, speed_kmh. A road's own `speed_kmh` wins; 0 closes it. Else
        car and offroad keep to the road's `limit_kmh`, if it has one.

    Returns
    -------
    The network without the roads that have errors, and findings; `missing-speed`, `road-length`,
    `unknown-node` and `no-usable-road` are errors.
    """
    findings: list[Finding] = []
    nodes = road_nodes.assign(_row=np.arange(len(road_nodes))).sort_index(kind="stable")
    table = roads.assign(_row=np.arange(len(roads))).sort_index(kind="stable")
    table = table[usable_roads(table, season=season, year=year)]
    table, ends = with_ends(table, nodes.index, findings)
    speed_kmh = speeds_kmh(table, speeds, vehicle=vehicle, season=season, findings=findings)
    drivable = speed_kmh > 0
    table, ends, speed_kmh = table[drivable], ends[drivable], speed_kmh[drivable]
    if table.empty:
        findings.append(
            Finding(
                "error", "no-usable-road", f"no road is usable by {vehicle} in {season} {year}.", "roads.csv",
                hint="Check status, open_from, open_until, closed_in_winter and the speeds.",
            )
        )  # fmt: skip
    centre_deg = centre_of(nodes["lat"].to_numpy(dtype=np.float64), nodes["lon"].to_numpy(dtype=np.float64))
    used = UsableRoads(
        node_ids=np.asarray(nodes.index, dtype=object),
        node_row=nodes["_row"].to_numpy(dtype=np.int32),
        node_lat=nodes["lat"].to_numpy(dtype=np.float64),
        node_lon=nodes["lon"].to_numpy(dtype=np.float64),
        road_ids=np.asarray(table.index, dtype=object),
        road_row=table["_row"].to_numpy(dtype=np.int32),
        road_ref=texts(table, "ref"),
        road_name=texts(table, "name"),
        road_class=texts(table, "class"),
        ends=ends[:, :2],
        back=ends[:, 2:],
        oneway=texts(table, "oneway") == "yes",
        turn=turn_rows(table),
        km=table["length_km"].to_numpy(dtype=np.float64),
        speed_kmh=speed_kmh,
        lines=draw_lines(draw_shapes(table, nodes, ends[:, :2], findings), centre_deg=centre_deg),
        centre_deg=centre_deg,
    )
    return assemble(used, weight, findings), findings


@dataclass(frozen=True)
class UsableRoads:
    """Checked roads of one state of a network, fields as in `RoadNetwork`; nodes and roads sorted by id.

    `ends` and `back` are node numbers, (roads, 2): of the way on and of the way back.
    """

    node_ids: NDArray[np.object_]
    node_row: NDArray[np.int32]
    node_lat: NDArray[np.float64]
    node_lon: NDArray[np.float64]
    road_ids: NDArray[np.object_]
    road_row: NDArray[np.int32]
    road_ref: NDArray[np.object_]
    road_name: NDArray[np.object_]
    road_class: NDArray[np.object_]
    ends: NDArray[np.int32]
    back: NDArray[np.int32]
    oneway: NDArray[np.bool_]
    turn: NDArray[np.bool_]
    km: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    lines: DrawnLines
    centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)


def assemble(roads: UsableRoads, weight: Weight, findings: list[Finding]) -> RoadNetwork:
    """Return the network of checked roads; a note on islands joins the findings."""
    minutes = roads.km / roads.speed_kmh * 60
    units = packing.choose_packing(weight, minutes, roads.km)
    network = RoadNetwork(
        weight=weight,
        node_ids=roads.node_ids,
        node_row=roads.node_row,
        node_lat=roads.node_lat,
        node_lon=roads.node_lon,
        road_ids=roads.road_ids,
        road_row=roads.road_row,
        road_ref=roads.road_ref,
        road_name=roads.road_name,
        road_class=roads.road_class,
        edge_from=roads.ends[:, 0].copy(),
        edge_to=roads.ends[:, 1].copy(),
        edge_oneway=roads.oneway,
        edge_back=roads.back,
        edge_turn=roads.turn,
        edge_closed=np.zeros(len(roads.km), dtype=bool),
        edge_km=roads.km,
        edge_minutes=minutes,
        lines=roads.lines,
        packing=units,
        centre_deg=roads.centre_deg,
    )
    findings.extend(_island_findings(network))
    if units.coarse:
        findings.append(coarse_units(units))
    return network


def coarse_units(units: packing.Packing) -> Finding:
    """Return the note that times and lengths are kept less finely than usual."""
    seconds, metres = 60 / units.per_minute, 1000 / units.per_km
    return Finding(
        "note", "coarse-units",
        f"roads are so long, slow or fast that each is rounded to {seconds:g} s and {metres:g} m.",
        "roads.csv", "Check the lengths and speeds of the roads.",
        (("seconds", seconds), ("metres", metres)),
    )  # fmt: skip


def directed_arcs(ends: NDArray[np.int32], back: NDArray[np.int32], oneway: NDArray[np.bool_]) -> Directed:
    """Return one arc for a one-way edge, two for any other."""
    edge = np.arange(len(ends), dtype=np.int32)
    two_way = edge[~oneway]
    return Directed(
        np.concatenate([ends[:, 0], back[two_way, 0]]),
        np.concatenate([ends[:, 1], back[two_way, 1]]),
        np.concatenate([edge, two_way]),
    )


class Components(NamedTuple):
    """Component of each node; nodes, kilometres and acceptability of each component."""

    label: NDArray[np.int32]
    nodes: NDArray[np.int32]
    km: NDArray[np.float64]
    ok: NDArray[np.bool_]


def _inner_component(
    label: NDArray[np.int32], begin: NDArray[np.int32], end: NDArray[np.int32], back: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the component that holds both nodes of an edge on the way on, or else back; -1 if none does."""
    on = np.where(label[begin] == label[end], label[begin], -1)
    home = np.where(label[back[:, 0]] == label[back[:, 1]], label[back[:, 0]], -1)
    return np.where(on >= 0, on, home).astype(np.int32)


def find_components(
    nodes: int, every: Directed, ends: NDArray[np.int32], back: NDArray[np.int32], km: NDArray[np.float64]
) -> Components:
    """Return the strongly connected components of directed arcs.

    Acceptable: at least `COMPONENT_SHARE` of all kilometres, or the largest (by kilometres, then nodes,
    then first node); never fewer than `COMPONENT_NODES` nodes unless no component has as many.

    Parameters
    ----------
    every
        The arcs that are open.
    ends, back, km
        Of all edges; a closed one has 0 km.
    """
    links = csr_matrix((np.ones(len(every.tail)), every[:2]), shape=(nodes, nodes))
    count, label = connected_components(links, directed=True, connection="strong")
    size = np.bincount(label, minlength=count).astype(np.int32)
    within = _inner_component(label, ends[:, 0], ends[:, 1], back)
    inside = within >= 0
    inner_km = np.bincount(within[inside], km[inside], minlength=count).astype(np.float64)
    big = size >= COMPONENT_NODES
    ok = big & (inner_km >= COMPONENT_SHARE * km.sum()) & (inner_km > 0)
    eligible = np.where(big if big.any() else True, inner_km, -1.0)
    if count and eligible.max() > 0:
        ok[np.lexsort((np.arange(count), -size, -eligible))[0]] = True
    return Components(label.astype(np.int32), size, inner_km, np.asarray(ok, dtype=bool))


def _island_findings(network: RoadNetwork) -> list[Finding]:
    """Return one note on the roads to which no point snaps."""
    left = ~network.edge_ok & ~network.edge_turn
    if not left.any():
        return []
    km, roads = round(float(network.edge_km[left].sum()), 1), int(left.sum())
    return [
        Finding(
            "note", "road-islands",
            f"{roads} roads ({km} km, first '{network.road_ids[left][0]}') lie on islands of the road network"
            " or can be left but not entered; no point snaps to them.",
            "roads.csv", "Join them to the network if they are joined on the ground.",
            (("roads", roads), ("km", km)),
        )
    ]  # fmt: skip
