"""Judge the shipped road graph by the shipped files alone: lengths, components, outline, reach, routes."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.geometry
from roads_terrain import MOUNTAIN_SLOPE, Terrain, distances_km, mean_slope, read_terrain
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Row = dict[str, str]

YEAR = "2026-01-01"
KM_PER_DEGREE = np.array([84.9, 111.2])  # at latitude 40.3: one flat frame, good to 2 % for tolerances
OUTLINE_TOLERANCE_KM = (
    1.1  # border rivers and the 1:10m outline differ by that much from where the towns stand
)
OUTSIDE_BY_NATURE = {"x-gurgan-pirallahi": "a bridge over the sea"}
REACH_KM = 3.0
LARGE_SETTLEMENT = 5000
MAX_SPACING_KM = 5.0
MAX_RATIO_PLAIN = 1.35  # length over straight distance of the ends
MAX_RATIO_MOUNTAIN = 3.3
MAX_LENGTH_PER_DRAWN = {True: 2.1, False: 1.25}  # in mountains, in the plain
SHORT_ROAD_KM = 3.0  # below this, ratios say nothing
NAKHCHIVAN = "nakhchivan"
NAKHCHIVAN_DISTRICTS = 8

# Towns joined by two roads of their own: each route is forced through its named node.
TWO_ROUTES = (
    ("baki", "ganca", "kurdamir", "agsu"),
    ("baki", "saki", "qabala", "xaldan"),
    ("baki", "zaqatala", "qabala", "xaldan"),
    ("baki", "kurdamir", "haciqabul", "agsu"),
    ("baki", "qabala", "ismayilli", "agdas"),
    ("baki", "quba", "gandob", "xacmaz-odanisli"),
    ("baki", "masalli", "bilasuvar-yolayrici", "calilabad"),
    ("baki", "imisli", "sabirabad", "kurdamir"),
    ("baki", "agcabadi", "zardab", "beylaqan"),
    ("ganca", "barda", "qizilhacili", "aran"),
    ("yevlax", "goycay", "agdas", "ucar"),
    ("saki", "zaqatala", "qax", "qax-yolayrici"),
    ("ahmadbayli", "susa", "tug-dairasi", "alxanli"),
)


@dataclass(frozen=True)
class Graph:
    """The shipped tables, read."""

    nodes: dict[str, Row]
    roads: list[Row]
    lines: list[shapely.geometry.base.BaseGeometry]
    districts: list[dict[str, str]]
    outline: shapely.geometry.base.BaseGeometry
    settlements: list[Row]
    population: dict[str, int]
    terrain: Terrain


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _population(folder: Path) -> dict[str, int]:
    shipped = folder.parent / "scenarios" / "data" / "population.csv"
    path = shipped if shipped.exists() else folder / "build" / "geonames_population.csv"
    return {row["settlement_id"]: int(row["population"] or 0) for row in _rows(path)}


def read_graph(folder: Path) -> Graph:
    """Read everything the checks need from `boundaries/` (and the populations beside it)."""
    features = json.loads((folder / "districts.geojson").read_text(encoding="utf-8"))["features"]
    outline = shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in features])
    roads = _rows(folder / "roads.csv")
    return Graph(
        nodes={row["node_id"]: row for row in _rows(folder / "road_nodes.csv")},
        roads=roads,
        lines=[shapely.from_wkt(row["geometry"]) for row in roads],
        districts=[feature["properties"] for feature in features],
        outline=outline,
        settlements=_rows(folder / "settlements.csv"),
        population=_population(folder),
        terrain=read_terrain(folder / "terrain.npz", land=outline),
    )


def usable(road: Row, day: str = YEAR) -> bool:
    """Whether a road is open on a day (ISO; a year counts from its 1 January)."""
    starts, ends = (
        road[key] + "-01-01" if len(road[key]) == 4 else road[key] for key in ("open_from", "open_until")
    )
    return road["status"] == "open" and (not starts or starts <= day) and (not ends or ends > day)


def _flat(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(geometry, lambda points: points * KM_PER_DEGREE)


def table_problems(graph: Graph) -> list[str]:
    """Ids, ends and lengths."""
    found = []
    ids = [road["road_id"] for road in graph.roads]
    if ids != sorted(set(ids)):
        found.append("road ids are not unique and sorted")
    for road, line in zip(graph.roads, graph.lines, strict=True):
        missing = [road[end] for end in ("from", "to") if road[end] not in graph.nodes]
        if missing:
            found.append(f"{road['road_id']}: unknown node {missing}")
            continue
        ends = [[float(graph.nodes[road[end]][key]) for key in ("lon", "lat")] for end in ("from", "to")]
        if not np.allclose(ends, [line.coords[0], line.coords[-1]], atol=1e-5):
            found.append(f"{road['road_id']}: the line does not end at its nodes")
        if not float(road["length_km"]) > 0:
            found.append(f"{road['road_id']}: length not positive")
    return found


def ratio_problems(graph: Graph) -> list[str]:
    """Length against the straight distance and against the drawn line, by terrain."""
    found = []
    for road, line in zip(graph.roads, graph.lines, strict=True):
        points = np.asarray(line.coords)
        km, drawn = float(road["length_km"]), float(distances_km(points).sum())
        straight = float(distances_km(points[[0, -1]])[0])
        mountain = mean_slope(graph.terrain, points) >= MOUNTAIN_SLOPE
        most = MAX_RATIO_MOUNTAIN if mountain or drawn / straight > MAX_RATIO_PLAIN else MAX_RATIO_PLAIN
        if km < straight * 0.995 or (km > SHORT_ROAD_KM and km > straight * most):
            found.append(f"{road['road_id']}: {km:.1f} km over {straight:.1f} km straight")
        if km > SHORT_ROAD_KM and not 0.97 <= km / drawn <= MAX_LENGTH_PER_DRAWN[mountain]:
            found.append(f"{road['road_id']}: {km:.1f} km on a drawn line of {drawn:.1f} km")
    return found


def spacing_problems(graph: Graph) -> list[str]:
    """At least one vertex per 5 km where the ground is mountainous."""
    found = []
    for road, line in zip(graph.roads, graph.lines, strict=True):
        for chord in pairwise(np.asarray(line.coords)):
            points = np.array(chord)
            long = distances_km(points)[0] > MAX_SPACING_KM
            if long and mean_slope(graph.terrain, points) >= MOUNTAIN_SLOPE:
                found.append(f"{road['road_id']}: no vertex on {distances_km(points)[0]:.1f} km of mountain")
    return found


def outline_problems(graph: Graph) -> list[str]:
    """Lines that leave the country by more than the tolerance."""
    allowed = shapely.buffer(_flat(graph.outline), OUTLINE_TOLERANCE_KM)
    shapely.prepare(allowed)
    return [
        f"{road['road_id']}: leaves the outline by more than {OUTLINE_TOLERANCE_KM} km"
        for road, line in zip(graph.roads, graph.lines, strict=True)
        if road["road_id"] not in OUTSIDE_BY_NATURE and not shapely.covers(allowed, _flat(line))
    ]


def components(graph: Graph, day: str = YEAR) -> dict[str, int]:
    """Component of every node over the roads usable on a day."""
    index = {key: i for i, key in enumerate(graph.nodes)}
    pairs = np.array([(index[r["from"]], index[r["to"]]) for r in graph.roads if usable(r, day)])
    shape = (len(index), len(index))
    _, label = connected_components(coo_array((np.ones(len(pairs)), pairs.T), shape=shape), directed=False)
    return {key: int(label[i]) for key, i in index.items()}


def _nearest(graph: Graph, lon: float, lat: float) -> tuple[float, Row]:
    point = shapely.Point(np.array([lon, lat]) * KM_PER_DEGREE)
    open_lines = [
        (road, _flat(line)) for road, line in zip(graph.roads, graph.lines, strict=True) if usable(road)
    ]
    gaps = shapely.distance(point, np.array([line for _, line in open_lines]))
    return float(gaps.min()), open_lines[int(gaps.argmin())][0]


def component_problems(graph: Graph) -> list[str]:
    """All mainland district centres in one component, the eight of Nakhchivan in another."""
    label = components(graph)
    places = {row["settlement_id"]: row for row in graph.settlements}
    found, seen = [], {True: set[int](), False: set[int]()}
    counts = {True: 0, False: 0}
    for district in graph.districts:
        centre = places.get(district["centre_settlement_id"])
        if centre is None:
            found.append(f"{district['district_id']}: no centre in settlements.csv")
            continue
        gap, road = _nearest(graph, float(centre["lon"]), float(centre["lat"]))
        if gap > REACH_KM:
            found.append(f"centre of {district['name_az']}: {gap:.1f} km from a drawn line")
        exclave = district["region_id"] == NAKHCHIVAN
        seen[exclave].add(label[road["from"]])
        counts[exclave] += 1
    if len(seen[True]) != 1 or len(seen[False]) != 1 or seen[True] & seen[False]:
        found.append(f"components of the centres: Nakhchivan {seen[True]}, mainland {seen[False]}")
    if counts[True] != NAKHCHIVAN_DISTRICTS:
        found.append(f"{counts[True]} districts of Nakhchivan")
    return found


def reach_problems(graph: Graph) -> list[str]:
    """Settlements of more than 5,000 people further than 3 km from a drawn line."""
    found = []
    for row in graph.settlements:
        if graph.population.get(row["settlement_id"], 0) > LARGE_SETTLEMENT:
            gap, _ = _nearest(graph, float(row["lon"]), float(row["lat"]))
            if gap > REACH_KM:
                found.append(f"{row['name_az']}: {gap:.1f} km from a drawn line")
    return found


def _weights(graph: Graph) -> tuple[dict[str, int], coo_array]:
    index = {key: i for i, key in enumerate(graph.nodes)}
    best: dict[tuple[int, int], float] = {}
    for road in filter(usable, graph.roads):
        a, b = sorted((index[road["from"]], index[road["to"]]))
        best[a, b] = min(float(road["length_km"]), best.get((a, b), np.inf))
    pairs = np.array(list(best))
    return index, coo_array((list(best.values()), pairs.T), shape=(len(index), len(index)))


def route_km(graph: Graph, *stops: str) -> float:
    """Kilometres of the shortest way over the stops, on the roads usable on 1 January 2026."""
    index, weights = _weights(graph)
    numbers = [index[stop] for stop in stops]
    km: NDArray[np.float64] = dijkstra(weights.tocsr(), directed=False, indices=numbers)
    return float(sum(km[i, numbers[i + 1]] for i in range(len(stops) - 1)))


def second_routes(graph: Graph) -> list[tuple[str, str, float, float]]:
    """Town pairs with the km of both routes; a pair counts while the longer is below 1.7 of the shorter."""
    rows = []
    for start, end, first, second in TWO_ROUTES:
        km = route_km(graph, start, first, end), route_km(graph, start, second, end)
        if max(km) < 1.7 * min(km) and abs(km[0] - km[1]) > 0:
            rows.append((f"{start}-{end}", f"{first} | {second}", *km))
    return rows


def problems(folder: Path) -> list[str]:
    """Every problem found in the shipped graph, empty if none."""
    graph = read_graph(folder)
    found = table_problems(graph)
    if found:
        return found
    checks = (ratio_problems, spacing_problems, outline_problems, component_problems, reach_problems)
    found = [problem for check in checks for problem in check(graph)]
    if len(second_routes(graph)) < 10:
        found.append("fewer than 10 town pairs with two routes")
    return found
