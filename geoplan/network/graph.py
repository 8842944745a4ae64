"""Road tables of one year, season and vehicle -> `RoadNetwork`: arrays of nodes, edges and directed arcs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding
from geoplan.network.arcs import TIE_WEIGHT, Arcs, pack_arcs
from geoplan.network.edges import draw_shapes, speeds_kmh, texts, turn_rows, usable_roads, with_ends
from geoplan.network.lines import DrawnLines, centre_of, draw_lines
from geoplan.units import LAEA_LAT_DEG, LAEA_LON_DEG

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Weight = Literal["time", "distance"]

COMPONENT_SHARE: Final = 0.01
"""A strongly connected component is acceptable if it holds this share of all edge kilometres."""

COMPONENT_NODES: Final = 3
"""... and has at least this many nodes: a two-node island is never acceptable."""


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
    edge_km, edge_minutes
        The whole edge, by the table's `length_km` and the speed that applies.
    lines
        Drawn lines of the edges, from `edge_from` to `edge_to`.
    arcs
        Directed arcs between the nodes.
    component
        int32, one a node: its strongly connected component.
    component_nodes, component_km, component_ok
        Size of each component, kilometres of the edges inside it, and whether points may snap to it.
    centre_deg
        Latitude and longitude of the middle of the projection that all metres are in.
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
    edge_km: NDArray[np.float64]
    edge_minutes: NDArray[np.float64]
    lines: DrawnLines
    arcs: Arcs
    component: NDArray[np.int32]
    component_nodes: NDArray[np.int32]
    component_km: NDArray[np.float64]
    component_ok: NDArray[np.bool_]
    centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)

    @cached_property
    def edge_cost(self) -> NDArray[np.float64]:
        """Cost of each edge as the arcs have it."""
        return _cost(self.weight, self.edge_minutes, self.edge_km)[0]

    @property
    def edge_other(self) -> NDArray[np.float64]:
        """What is not minimised: km under weight `time`, minutes under `distance`."""
        return self.edge_km if self.weight == "time" else self.edge_minutes

    @cached_property
    def arcs_reversed(self) -> Arcs:
        """The arcs turned round, for travel towards few points."""
        return self.arcs.reversed()

    @cached_property
    def edge_component(self) -> NDArray[np.int32]:
        """Strongly connected component of each edge; -1 where the edge joins two of them.

        A point on an edge between two components could leave but not come back, or come and not leave.
        """
        return _inner_component(self.component, self.edge_from, self.edge_to, self.edge_back)

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
        good, bad = np.flatnonzero(self.edge_ok), np.flatnonzero(~self.edge_ok & ~self.edge_turn)
        shapes = self.lines.shapes
        return (shapely.STRtree(shapes[good]), good), (shapely.STRtree(shapes[bad]), bad)

    def split_cost(
        self, cost: NDArray[np.float64], other: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return minutes and km of paths from their cost and other quantity (both infinite: no path)."""
        weight = cost - TIE_WEIGHT * np.where(np.isfinite(other), other, 0.0)
        return (weight, other) if self.weight == "time" else (other, weight)


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


def _cost(
    weight: Weight, minutes: NDArray[np.float64], km: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cost and other quantity of edges for the weight to minimise."""
    main, other = (minutes, km) if weight == "time" else (km, minutes)
    return main + TIE_WEIGHT * other, other


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
    arcs = _two_way_arcs(len(roads.node_ids), roads, _cost(weight, minutes, roads.km))
    component, size, inner_km, ok = _components(arcs, roads)
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
        edge_km=roads.km,
        edge_minutes=minutes,
        lines=roads.lines,
        arcs=arcs,
        component=component,
        component_nodes=size,
        component_km=inner_km,
        component_ok=ok,
        centre_deg=roads.centre_deg,
    )
    findings.extend(_island_findings(network))
    return network


def _two_way_arcs(
    nodes: int, roads: UsableRoads, cost_other: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> Arcs:
    """Return one arc for a one-way edge, two for any other."""
    cost, other = cost_other
    edge = np.arange(len(roads.ends), dtype=np.int32)
    back = edge[~roads.oneway]
    every = np.concatenate([edge, back])
    tail = np.concatenate([roads.ends[:, 0], roads.back[back, 0]])
    head = np.concatenate([roads.ends[:, 1], roads.back[back, 1]])
    return pack_arcs(nodes, tail, head, cost[every], other[every], every)


def _inner_component(
    label: NDArray[np.int32], begin: NDArray[np.int32], end: NDArray[np.int32], back: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the component that holds both nodes of an edge on the way on, or else back; -1 if none does."""
    on = np.where(label[begin] == label[end], label[begin], -1)
    home = np.where(label[back[:, 0]] == label[back[:, 1]], label[back[:, 0]], -1)
    return np.where(on >= 0, on, home).astype(np.int32)


def _components(
    arcs: Arcs, roads: UsableRoads
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
    """Return component of each node, and nodes, kilometres and acceptability of each component.

    Acceptable: at least `COMPONENT_SHARE` of all kilometres, or the largest (by kilometres, then nodes,
    then first node); never fewer than `COMPONENT_NODES` nodes unless no component has as many.
    """
    count, label = connected_components(arcs.matrix(), directed=True, connection="strong")
    size = np.bincount(label, minlength=count).astype(np.int32)
    within = _inner_component(label, roads.ends[:, 0], roads.ends[:, 1], roads.back)
    inside = within >= 0
    inner_km = np.bincount(within[inside], roads.km[inside], minlength=count).astype(np.float64)
    big = size >= COMPONENT_NODES
    ok = big & (inner_km >= COMPONENT_SHARE * roads.km.sum()) & (inner_km > 0)
    eligible = np.where(big if big.any() else True, inner_km, -1.0)
    if count and eligible.max() > 0:
        ok[np.lexsort((np.arange(count), -size, -eligible))[0]] = True
    return label.astype(np.int32), size, inner_km, np.asarray(ok, dtype=bool)


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
