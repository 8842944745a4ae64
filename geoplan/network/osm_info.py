"""Reports on a road table read from a file: what it holds, and whether it fits the points asked about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding
from geoplan.network.osm_tags import ROAD_CLASSES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    from geoplan.network.road_table import RoadTable

KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True)
class RoadsInfo:
    """What `geoplan roads info` shows.

    Attributes
    ----------
    source, vehicle, data_date, credit
        File, for whom, date of the data, what the licence asks to say.
    west, south, east, north
        Degrees.
    roads, nodes, total_km
        Between junctions; copies of nodes and turns not counted; open roads and roads under construction.
    km_by_class
        Open roads only, in the order of the classes.
    construction_km
        Roads under construction.
    oneway_share
        Share of the kilometres of open roads.
    components, largest_component_share
        Strongly connected parts of the open roads and the share of kilometres in the largest.
    limit_share
        Share of kilometres of open roads with a legal limit.
    tunnel_km, bridge_km, winter_closed_km
        Of open roads.
    restrictions
        Turn restrictions: applied, without effect, over a way, at certain hours, unclear.
    barriers
        Nodes where a barrier stops the vehicle.
    counts
        All counts of the reading.
    """

    source: str
    vehicle: str
    data_date: str
    credit: str
    west: float
    south: float
    east: float
    north: float
    roads: int
    nodes: int
    total_km: float
    km_by_class: dict[str, float]
    construction_km: float
    oneway_share: float
    components: int
    largest_component_share: float
    limit_share: float
    tunnel_km: float
    bridge_km: float
    winter_closed_km: float
    restrictions: dict[str, int]
    barriers: int
    counts: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        classes = [f"  {name:<14}{km:>12,.1f} km" for name, km in self.km_by_class.items()]
        turns = ", ".join(f"{count} {word}" for word, count in self.restrictions.items())
        return [
            f"{self.source}: roads for {self.vehicle}",
            self.credit,
            f"from {self.west:.4f} {self.south:.4f} to {self.east:.4f} {self.north:.4f} (lon lat)",
            f"{self.roads:,} roads between {self.nodes:,} nodes, {self.total_km:,.1f} km",
            *classes,
            f"under construction {self.construction_km:,.1f} km",
            f"one-way {self.oneway_share:.1%} of the km, with a speed limit {self.limit_share:.1%}",
            f"tunnels {self.tunnel_km:,.1f} km, bridges {self.bridge_km:,.1f} km",
            f"closed in winter {self.winter_closed_km:,.1f} km",
            f"strongly connected parts {self.components:,}, largest {self.largest_component_share:.1%} of km",
            f"turn restrictions: {turns}",
            f"barriers that stop a {self.vehicle}: {self.barriers}",
        ]


def roads_info(table: RoadTable) -> RoadsInfo:
    """Return the report on a road table."""
    is_open = table.status == STATUSES.index("open")
    km = np.where(is_open, table.length_km, 0.0)
    total = max(float(km.sum()), 1e-12)
    by_class = np.bincount(table.road_class, km, minlength=len(ROAD_CLASSES))
    parts, largest = _components(table, km)
    west, south, east, north = table.bounds
    counts = table.counts
    unclear = counts.get("restrictions_unclear", 0) + counts.get("restrictions_broken", 0)
    return RoadsInfo(
        source=table.source,
        vehicle=table.vehicle,
        data_date=table.data_date,
        credit=table.credit,
        west=west,
        south=south,
        east=east,
        north=north,
        roads=len(table),
        nodes=int((table.node_copy == 0).sum()),
        total_km=_km(table.length_km.sum()),
        km_by_class={n: _km(v) for n, v in zip(ROAD_CLASSES, by_class, strict=True) if v > 0},
        construction_km=_km(table.length_km[~is_open].sum()),
        oneway_share=_share(km[table.oneway].sum() / total),
        components=parts,
        largest_component_share=_share(largest / total),
        limit_share=_share(km[np.isfinite(table.limit_kmh)].sum() / total),
        tunnel_km=_km(km[table.tunnel].sum()),
        bridge_km=_km(km[table.bridge].sum()),
        winter_closed_km=_km(km[table.closed_in_winter].sum()),
        restrictions={
            "applied": counts.get("restrictions_applied", 0),
            "without effect": counts.get("restrictions_void", 0),
            "over a way (not applied)": counts.get("restrictions_via_way", 0),
            "at certain hours (not applied)": counts.get("restrictions_conditional", 0),
            "unclear (not applied)": unclear,
        },
        barriers=counts.get("barriers", 0),
        counts=dict(counts),
    )


def _km(value: float) -> float:
    return round(float(value), 3)


def _share(value: float) -> float:
    return round(float(value), 4)


def _components(table: RoadTable, km: NDArray[np.float64]) -> tuple[int, float]:
    """Return how many strongly connected parts the open roads have, and the km of the largest.

    A road counts to a part if one of its directions begins and ends there.
    """
    used = km > 0
    back = used & ~table.oneway
    tail = np.concatenate([table.from_node[used], table.back_from[back], table.turn_from])
    head = np.concatenate([table.to_node[used], table.back_to[back], table.turn_to])
    nodes = len(table.node_osm_id)
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    _, label = connected_components(graph.tocsr(), directed=True, connection="strong")
    inside = used & (label[table.from_node] == label[table.to_node])
    inside_back = back & ~inside & (label[table.back_from] == label[table.back_to])
    part = np.where(inside, label[table.from_node], label[table.back_from])
    some = inside | inside_back
    part_km = np.bincount(part[some], km[some], minlength=1)
    return int(np.count_nonzero(part_km)), float(part_km.max())


def fit_findings(
    table: RoadTable,
    ids: Sequence[str],
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    limit_km: float,
    where: str,
) -> list[Finding]:
    """Return what is wrong with asking a road table about points that lie beside it.

    Parameters
    ----------
    ids, lat, lon
        Points in degrees.
    limit_km
        How far from the roads' bounding box a point may lie.
    where
        Name of the table of points.

    Returns
    -------
    An error if no point lies in or near the box, a warning if some do not, else nothing.
    """
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    west, south, east, north = table.bounds
    away_x = np.maximum(np.maximum(west - x, x - east), 0.0) * np.cos(np.radians(y))
    away_y = np.maximum(np.maximum(south - y, y - north), 0.0)
    far = np.flatnonzero(np.hypot(away_x, away_y) * KM_PER_DEGREE > limit_km)
    if not len(far):
        return []
    box = f"{west:.2f} {south:.2f} to {east:.2f} {north:.2f} (lon lat)"
    first = f"first '{ids[int(far[0])]}' at {x[far[0]]:.3f} {y[far[0]]:.3f}"
    every = len(far) == len(y)
    who = "every point lies" if every else f"{len(far)} of {len(y)} points lie"
    return [
        Finding(
            "error" if every else "warning",
            "roads-elsewhere",
            f"{who} more than {limit_km:g} km off the roads of {table.source}, which cover {box}; {first}.",
            where,
            "Is it the extract of another country, or are latitude and longitude swapped?",
            (("points", len(far)),),
        )
    ]
