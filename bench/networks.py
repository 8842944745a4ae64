"""Networks of the benchmark as files of plain arrays: OpenStreetMap extracts and synthetic countries."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from synthetic import make_country

from geoplan import shipped
from geoplan.network.access import unproject_degrees
from geoplan.network.graph import RoadNetwork, UsableRoads, assemble
from geoplan.network.lines import centre_of, lay_lines
from geoplan.network.osm import read_osm
from geoplan.network.table_network import build_table_network
from geoplan.units import project_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRACTS: Final = {"liechtenstein": "liechtenstein-latest.osm.pbf", "porto": "porto_portugal.osm.pbf"}
SYNTHETIC: Final = {f"s{k}k": k * 1000 for k in (100, 200, 300, 500)} | {"s1m": 1_000_000}
TITLES: Final = {"liechtenstein": "Liechtenstein", "porto": "Porto"} | {
    name: f"synthetic, {nodes:,} nodes" for name, nodes in SYNTHETIC.items()
}
FACILITIES, POINTS, LARGE = 12, 3000, 5000


@dataclass(frozen=True)
class World:
    """A network and the questions asked on it; all points lie in its largest strongly connected part.

    Attributes
    ----------
    name, folder
        Which network, and where its files lie.
    x_m, y_m, lat, lon
        One a node, in file order.
    tail, head, time_ms, length_dm
        One a directed arc.
    facilities, points
        Nodes: 12 facilities, 5,000 points.
    """

    name: str
    folder: Path
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]
    facilities: NDArray[np.int64]
    points: NDArray[np.int64]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.x_m)

    def network(self) -> RoadNetwork:
        """Return the network as geoplan has it; its nodes and directed arcs are those of the arrays."""
        return osm_network(self.name) if self.name in EXTRACTS else _synthetic_network(self)


def extract(name: str) -> Path:
    """Return the path of an extract in the folder `GEOPLAN_OSM_DIR`."""
    return Path(os.environ.get("GEOPLAN_OSM_DIR", "osm")) / EXTRACTS[name]


def is_there(name: str) -> bool:
    """Return whether a network can be made."""
    return name in SYNTHETIC or extract(name).is_file()


def osm_network(name: str) -> RoadNetwork:
    """Return the network of an extract."""
    table = read_osm(extract(name))
    return build_table_network(table, pd.read_csv(shipped.table("speeds")))[0]


def make_world(name: str, folder: Path) -> World:
    """Return a network from its file, which is made at the first call."""
    file = folder / f"{name}.npz"
    if not file.is_file():
        aside = folder / f".{name}.npz"
        np.savez(aside, **(_extract_arrays(name) if name in EXTRACTS else _synthetic_arrays(name)))
        aside.replace(file)
    with np.load(file, allow_pickle=False) as arrays:
        return World(name, folder, **{key: arrays[key] for key in arrays.files})


def _asked(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> dict[str, Any]:
    """Return facilities and points: nodes of the largest strongly connected part."""
    graph = csr_matrix((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes))
    label = connected_components(graph, directed=True, connection="strong")[1]
    inside = np.flatnonzero(label == np.bincount(label).argmax())
    rng = np.random.default_rng(7)
    return {"facilities": rng.choice(inside, FACILITIES), "points": rng.choice(inside, LARGE)}


def _extract_arrays(name: str) -> dict[str, Any]:
    network = osm_network(name)
    every = network.directed
    minutes, km = network.packing.unpack(network.edge_cost[every.edge])
    x_m, y_m = project_metres(network.node_lat, network.node_lon, centre_deg=network.centre_deg)
    return {
        "x_m": x_m, "y_m": y_m, "lat": network.node_lat, "lon": network.node_lon,
        "tail": every.tail, "head": every.head,
        "time_ms": np.rint(minutes * 60_000).astype(np.int64),
        "length_dm": np.rint(km * 10_000).astype(np.int64),
    } | _asked(len(x_m), every.tail, every.head)  # fmt: skip


def _synthetic_arrays(name: str) -> dict[str, Any]:
    made = make_country(SYNTHETIC[name])
    x_m, y_m = made.x_m - made.x_m.mean(), made.y_m - made.y_m.mean()
    lat, lon = unproject_degrees(x_m, y_m)
    return {
        "x_m": x_m, "y_m": y_m, "lat": lat, "lon": lon, "tail": made.tail, "head": made.head,
        "time_ms": made.time_ms, "length_dm": made.length_dm,
    } | _asked(made.nodes, made.tail, made.head)  # fmt: skip


def _synthetic_network(world: World) -> RoadNetwork:
    """Return the network of a synthetic country: two arcs between the same nodes are one road."""
    low, high = np.minimum(world.tail, world.head), np.maximum(world.tail, world.head)
    _, first, count = np.unique(low * np.int64(world.nodes) + high, return_index=True, return_counts=True)
    order = np.argsort(first)
    arc, oneway = first[order], count[order] == 1
    ends = np.column_stack([world.tail, world.head])[arc].astype(np.int32)
    km, hours = world.length_dm[arc] / 10_000, world.time_ms[arc] / 3_600_000
    blank = np.full(len(arc), "", dtype=object)
    centre_deg = centre_of(world.lat, world.lon)
    both = ends.ravel()
    roads = UsableRoads(
        node_ids=np.array([f"n{i}" for i in range(world.nodes)], dtype=object),
        node_row=np.arange(world.nodes, dtype=np.int32),
        node_lat=world.lat,
        node_lon=world.lon,
        road_ids=np.array([f"r{i}" for i in range(len(arc))], dtype=object),
        road_row=np.arange(len(arc), dtype=np.int32),
        road_ref=blank,
        road_name=blank,
        road_class=blank,
        ends=ends,
        back=ends[:, ::-1].copy(),
        oneway=oneway,
        turn=np.zeros(len(arc), dtype=bool),
        km=km,
        speed_kmh=km / hours,
        lines=lay_lines(
            np.arange(0, len(both) + 1, 2), world.lon[both], world.lat[both], centre_deg=centre_deg
        ),
        centre_deg=centre_deg,
    )
    return assemble(roads, "time", [])
