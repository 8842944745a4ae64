"""OSMnx graphs in and out: a MultiDiGraph or its GraphML file becomes a `RoadTable`, and back."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.errors import Finding, InputError, MissingExtraError
from geoplan.network.osm_sniff import HEAD_BYTES
from geoplan.network.osm_tags import NO_DAY, ROAD_CLASSES, STATUSES, SURFACES, VEHICLES, read_way
from geoplan.network.osm_ways import LEAST_KM, numbered, step_km
from geoplan.network.road_table import RoadTable

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

_COPIED_TAGS: Final = (
    "highway", "construction", "opening_date", "access", "vehicle", "motor_vehicle", "motorcar", "emergency",
    "maxspeed", "lanes", "surface", "tracktype", "tunnel", "bridge", "seasonal", "route",
)  # fmt: skip
_SAME_LINE_DEGREES: Final = 1e-6


def from_osmnx(graph: Any, *, vehicle: str = "car") -> RoadTable:
    """Return the roads of an OSMnx graph.

    Parameters
    ----------
    graph
        A MultiDiGraph in EPSG:4326 with node attributes `x`, `y` and edge attributes `osmid`, `highway`,
        `length` (metres) and maybe `geometry`; or the path of its `.graphml` file.
    vehicle
        For whom; tags of the edges are read as those of ways (`geoplan.network.osm_tags`).

    Notes
    -----
    The two edges of a two-way street become one road. OSMnx keeps neither barriers nor turn restrictions.

    Raises
    ------
    InputError
        If the file is no GraphML graph, the graph is projected, or it has no road for the vehicle.
    """
    source = "OSMnx graph"
    if isinstance(graph, str | Path):
        source = Path(graph).name
        graph = _load(Path(graph))
    _check_degrees(graph, source)
    nodes = sorted(graph.nodes, key=_node_key)
    number = {node: i for i, node in enumerate(nodes)}
    lon = np.array([float(graph.nodes[n]["x"]) for n in nodes])
    lat = np.array([float(graph.nodes[n]["y"]) for n in nodes])
    rows = _roads(graph, number, np.column_stack([lon, lat]), vehicle)
    if not rows:
        message = f"the graph has no road that a {vehicle} can use."
        raise InputError([Finding("error", "osm-no-roads", message, source, "Is it a graph of streets?")])
    ids = [_node_number(node, i) for i, node in enumerate(nodes)]
    return _table(rows, np.array(ids, dtype=np.int64), lon, lat, (source, vehicle))


def _load(path: Path) -> Any:
    """Return the graph of a GraphML file."""
    try:
        import networkx as nx  # noqa: PLC0415 - comes with osmnx, used here only
    except ImportError:
        raise MissingExtraError("networkx", "bench") from None
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise InputError([_no_graph(path, "it declares a document type or entities")])
        return nx.read_graphml(path, force_multigraph=True)
    except (OSError, SyntaxError, ValueError, KeyError, nx.NetworkXError) as error:
        raise InputError([_no_graph(path, str(error))]) from error


def _no_graph(path: Path, why: str) -> Finding:
    return Finding(
        "error", "no-graphml", f"this is no GraphML file of OSMnx: {why}.", path.name,
        "Write one with osmnx.save_graphml.",
    )  # fmt: skip


def _check_degrees(graph: Any, source: str) -> None:
    """Refuse a projected graph: its x and y are metres."""
    crs = str(graph.graph.get("crs", "epsg:4326")).lower()
    if "4326" not in crs and "wgs 84" not in crs:
        raise InputError([
            Finding("error", "graph-projected", f"the graph has the projection '{crs}', not degrees.", source,
                    "Use osmnx.project_graph(graph, to_latlong=True).")
        ])  # fmt: skip


def _node_key(node: Hashable) -> tuple[int, str]:
    text = str(node)
    return (int(text), text) if text.lstrip("-").isdigit() else (2**62, text)


def _node_number(node: Hashable, place: int) -> int:
    """Return the OpenStreetMap number of a node; other names are numbered below zero."""
    text = str(node)
    return int(text) if text.lstrip("-").isdigit() else -1 - place


def _value(data: dict[str, Any], key: str) -> Any:
    """Return an attribute; GraphML keeps lists as text, of several values the first counts."""
    value = data.get(key)
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return (value[0] if value else None) if isinstance(value, list) else value


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("true", "yes", "1")


_Road = dict[str, Any]


def _roads(graph: Any, number: dict[Any, int], places: NDArray[np.float64], vehicle: str) -> list[_Road]:
    """Return one record a road; the second edge of a two-way street is left out."""
    edges = sorted(graph.edges(keys=True), key=lambda e: (number[e[0]], number[e[1]], str(e[2])))
    waiting: dict[tuple[Any, ...], list[_Road]] = {}
    roads: list[_Road] = []
    for tail, head, key in edges:
        road = _road(graph.edges[tail, head, key], (number[tail], number[head]), places, vehicle)
        if road is None:
            continue
        if road["oneway"]:
            roads.append(road)
            continue
        twin = (road["to"], road["from"], road["way"], round(road["km"], 6))
        if waiting.get(twin):
            waiting[twin].pop()["oneway"] = False
            continue
        road["oneway"] = True  # until its twin turns up
        waiting.setdefault((road["from"], road["to"], *twin[2:]), []).append(road)
        roads.append(road)
    return sorted(roads, key=lambda r: (r["way"], r["from"], r["to"], r["km"]))


def _road(
    data: dict[str, Any], ends: tuple[int, int], places: NDArray[np.float64], vehicle: str
) -> _Road | None:
    """Return the record of an edge, None if the vehicle cannot use it."""
    tags = {key: str(value) for key in _COPIED_TAGS if (value := _value(data, key)) not in (None, "")}
    if tags.get("tunnel") == "None" or tags.get("bridge") == "None":
        tags = {k: v for k, v in tags.items() if v != "None"}
    facts = read_way(tags | {"oneway": "no"}, vehicle)
    if isinstance(facts, int):
        return None
    line = _line(data, places[list(ends)])
    km = float(data["length"]) / 1000 if "length" in data else float(step_km(*line.T).sum())
    way = _value(data, "osmid")
    return {
        "from": ends[0],
        "to": ends[1],
        "way": int(way) if str(way).lstrip("-").isdigit() else 0,
        "km": max(km, LEAST_KM),
        "oneway": _truth(data.get("oneway", False)),
        "line": line,
        "facts": facts,
        "name": str(_value(data, "name") or ""),
        "ref": str(_value(data, "ref") or ""),
    }


def _line(data: dict[str, Any], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lon lat of an edge from its tail to its head; straight where nothing is drawn."""
    shape = data.get("geometry")
    if isinstance(shape, str):
        shape = shapely.from_wkt(shape, on_invalid="ignore")
    if shape is None or shape.is_empty:
        return ends
    line = np.asarray(shapely.get_coordinates(shape))
    away = np.abs(line[0] - ends[0]).sum() - np.abs(line[-1] - ends[0]).sum()
    return line[::-1] if away > _SAME_LINE_DEGREES else line


def _table(
    rows: list[_Road],
    node_ids: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    origin: tuple[str, str],
) -> RoadTable:
    """Return the table of road records."""
    words = {"": 0}
    for row in rows:
        for key in ("name", "ref"):
            words.setdefault(row[key].replace("\0", ""), len(words))
    way = np.array([r["way"] for r in rows], dtype=np.int64)
    lines = np.concatenate([r["line"] for r in rows])
    size = np.array([len(r["line"]) for r in rows], dtype=np.int64)
    begin, end = (np.array([r[k] for r in rows], dtype=np.int32) for k in ("from", "to"))

    def fact(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(r["facts"], name) for r in rows], dtype=dtype)

    return RoadTable(
        node_osm_id=node_ids,
        node_copy=np.zeros(len(node_ids), dtype=np.int32),
        node_lat=lat,
        node_lon=lon,
        way_id=way,
        piece=numbered(way),
        road_class=fact("road_class", np.int8),
        surface=fact("surface", np.int8),
        status=fact("status", np.int8),
        from_node=begin,
        to_node=end,
        back_from=end,
        back_to=begin,
        oneway=np.array([r["oneway"] for r in rows], dtype=bool),
        tunnel=fact("tunnel", bool),
        bridge=fact("bridge", bool),
        closed_in_winter=fact("closed_in_winter", bool),
        length_km=np.array([r["km"] for r in rows], dtype=np.float64),
        speed_kmh=np.full(len(rows), np.nan),
        limit_kmh=fact("limit_kmh", np.float64),
        lanes=fact("lanes", np.int16),
        open_from_day=np.maximum(fact("open_from_day", np.int64), NO_DAY).astype(np.int32),
        name=np.array([words[r["name"].replace("\0", "")] for r in rows], dtype=np.int32),
        ref=np.array([words[r["ref"].replace("\0", "")] for r in rows], dtype=np.int32),
        line_start=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        line_lon=lines[:, 0].copy(),
        line_lat=lines[:, 1].copy(),
        turn_from=np.empty(0, dtype=np.int32),
        turn_to=np.empty(0, dtype=np.int32),
        words=tuple(words),
        vehicle=origin[1] if origin[1] in VEHICLES else "car",
        source=origin[0],
    )


def to_osmnx(table: RoadTable) -> Any:
    """Return the open roads as a MultiDiGraph with the attributes that OSMnx gives its graphs.

    A two-way road becomes two edges. Junctions split for turn restrictions are one node again, since OSMnx
    knows no restrictions; the sides of a barrier stay apart (copies have numbers below zero).
    """
    try:
        import networkx as nx  # noqa: PLC0415 - comes with osmnx, used here only
    except ImportError:
        raise MissingExtraError("networkx", "bench") from None
    graph: Any = nx.MultiDiGraph(crs="epsg:4326", created_with="geoplan", attribution=table.credit)
    names = _graph_nodes(table)
    shapes = table.lines()
    for i in np.unique(np.concatenate([table.from_node, table.to_node, table.back_from, table.back_to])):
        graph.add_node(names[i], x=float(table.node_lon[i]), y=float(table.node_lat[i]), street_count=0)
    texts = {key: table.texts(key) for key in ("name", "ref")}
    for i in np.flatnonzero(table.status == STATUSES.index("open")).tolist():
        data = {
            "osmid": int(table.way_id[i]),
            "highway": ROAD_CLASSES[table.road_class[i]],
            "length": float(table.length_km[i]) * 1000,
            "oneway": bool(table.oneway[i]),
            "surface": SURFACES[table.surface[i]],
            **{key: "yes" for key in ("tunnel", "bridge") if getattr(table, key)[i]},
            **{key: str(values[i]) for key, values in texts.items() if values[i]},
        }
        if not math.isnan(table.limit_kmh[i]):
            data["maxspeed"] = f"{table.limit_kmh[i]:g}"
        tail, head = names[table.from_node[i]], names[table.to_node[i]]
        graph.add_edge(tail, head, reversed=False, geometry=shapes[i], **data)
        if not table.oneway[i]:
            graph.add_edge(head, tail, reversed=True, geometry=shapely.reverse(shapes[i]), **data)
    return graph


def _graph_nodes(table: RoadTable) -> NDArray[np.int64]:
    """Return the number of each node in an OSMnx graph: copies joined by turns are one node."""
    nodes = len(table.node_osm_id)
    joined = np.zeros(nodes, dtype=bool)
    joined[table.turn_from] = joined[table.turn_to] = True
    own = (table.node_copy == 0) | joined
    return np.where(own, table.node_osm_id, -1 - np.arange(nodes))
