"""What is measured: for each work the ways to do it, geoplan's and its peers', made ready and then timed."""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from networks import EXTRACTS, FACILITIES, POINTS, World, extract
from scipy.sparse.csgraph import dijkstra

from geoplan.network.access import AccessRule, Ground
from geoplan.network.arcs import pack_arcs
from geoplan.network.curve import curve_order, numbers_of
from geoplan.network.field import World as Field
from geoplan.network.field import take_rows
from geoplan.network.hierarchy import Hierarchy, build_hierarchy
from geoplan.network.isochrone import AreaOptions, People, service_areas
from geoplan.network.metric import Metric, customise
from geoplan.network.nearest import Trials
from geoplan.network.osm import read_osm
from geoplan.network.prepared import prepare
from geoplan.network.snap import Snapping, snap_points
from geoplan.network.stops import Stops
from geoplan.network.travel import od_matrix
from geoplan.network.weights import CLOSED, pack_weights, unpack_costs
from geoplan.network.whatif import find_change, roads_on_trial, with_roads
from geoplan.units import CRS_METRES, project_metres

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

MATRICES: Final = {"od1500": (1500, 1500), "od5000": (5000, 500)}
PAIRS: Final = 20_000
AREA_MINUTES: Final = 30
FAR_MINUTES: Final = 1e5
CHANGES: Final = 101


@dataclass(frozen=True)
class Task:
    """Something ready to be timed.

    Attributes
    ----------
    run
        The work.
    scale
        What the time is multiplied with, where `run` does only a part.
    check
        Called with what `run` returned; raises where it is wrong.
    """

    run: Callable[[], Any]
    scale: float = 1.0
    check: Callable[[Any], None] | None = None


def hierarchy_of(world: World) -> Hierarchy:
    """Return the hierarchy of a network from its file, which is made at the first call."""
    file = world.folder / f"{world.name}-hierarchy.npz"
    if not file.is_file():
        made = build_hierarchy(world.nodes, world.tail, world.head, x=world.x_m, y=world.y_m)
        aside = file.with_name(f".{file.name}")
        np.savez(aside, **made.to_arrays())
        aside.replace(file)
    with np.load(file, allow_pickle=False) as arrays:
        return Hierarchy.from_arrays(dict(arrays))


def matrix_of(world: World, *, backwards: bool = False, curve: bool = False) -> tuple[csr_matrix, Any]:
    """Return SciPy's matrix and the new number of each node."""
    number = np.arange(world.nodes, dtype=np.int32)
    if curve:
        number = numbers_of(curve_order(world.x_m, world.y_m))
    ends = number[world.tail], number[world.head]
    tail, head = ends[::-1] if backwards else ends
    edge = np.arange(len(tail), dtype=np.int32)
    return pack_arcs(world.nodes, tail, head, world.time_ms.astype(np.float64), edge).matrix(), number


def _same(expected: NDArray[Any]) -> Callable[[Any], None]:
    """Return a check against SciPy's costs (infinite: none)."""

    def check(got: Any) -> None:
        whole = np.asarray(got, dtype=np.float64)
        whole = np.where(np.isfinite(whole) & (whole >= 0), whole, np.inf)
        if not np.array_equal(whole, expected):
            raise ValueError("other costs than SciPy's")

    return check


# nearest of 12 facilities, for every node


def nearest_geoplan(world: World) -> Task:
    """Time the hierarchy, nodes numbered by rank as geoplan numbers them."""
    made = hierarchy_of(world)
    metric = customise(made.renumbered(), world.time_ms)
    stops = Stops.at_nodes(made.rank[world.facilities])
    expected = dijkstra(matrix_of(world, backwards=True)[0], indices=world.facilities, min_only=True)
    return Task(lambda: metric.nearest(stops)[0], check=lambda got: _same(expected)(got[made.rank]))


def nearest_scipy(world: World) -> Task:
    """SciPy, nodes in the order of the file."""
    graph, _ = matrix_of(world, backwards=True)
    return Task(lambda: dijkstra(graph, indices=world.facilities, min_only=True))


def nearest_scipy_curve(world: World) -> Task:
    """SciPy, nodes in Morton order."""
    graph, number = matrix_of(world, backwards=True, curve=True)
    return Task(lambda: dijkstra(graph, indices=number[world.facilities], min_only=True))


def _swept(world: World) -> list[NDArray[Any]]:
    """Return arrays as large as what geoplan's sweep touches: arcs, keys, numbers, answers."""
    made = hierarchy_of(world)
    metric = customise(made.renumbered(), world.time_ms)
    key, answer = np.zeros(made.nodes), np.zeros((made.nodes, 3), dtype=np.int32)
    return [array + 0 for array in (made.tail, made.head, metric.up, key, made.rank, answer)]


def nearest_bandwidth(world: World) -> Task:
    """Time a copy of the arrays that geoplan's sweep touches into memory that is there: the harder bound."""
    arrays = _swept(world)
    into = [array.copy() for array in arrays]
    return Task(lambda: [np.copyto(there, here) for there, here in zip(into, arrays, strict=True)])


def nearest_bandwidth_new(world: World) -> Task:
    """Time the same copy into new memory, which the system must hand out first."""
    arrays = _swept(world)
    return Task(lambda: [array.copy() for array in arrays])


def _networkx(world: World, *, backwards: bool = False) -> Any:
    nx = importlib.import_module("networkx")
    graph = nx.DiGraph()
    graph.add_nodes_from(range(world.nodes))
    ends = (world.head, world.tail) if backwards else (world.tail, world.head)
    order = np.argsort(-world.time_ms, kind="stable")  # of parallel arcs the last stays: the quickest
    rows = zip(ends[0][order].tolist(), ends[1][order].tolist(), world.time_ms[order].tolist(), strict=True)
    graph.add_weighted_edges_from(rows, weight="time")
    return graph


def nearest_networkx(world: World) -> Task:
    """NetworkX, as OSMnx uses it."""
    nx, graph = importlib.import_module("networkx"), _networkx(world, backwards=True)
    places = set(world.facilities.tolist())
    return Task(lambda: nx.multi_source_dijkstra_path_length(graph, places, weight="time"))


def _igraph(world: World) -> Any:
    graph = importlib.import_module("igraph").Graph(
        n=world.nodes, edges=np.column_stack([world.tail, world.head]), directed=True
    )
    graph.es["time"] = world.time_ms.astype(float)
    return graph


def nearest_igraph(world: World) -> Task:
    """igraph: twelve searches, the least of them."""
    graph, places = _igraph(world), world.facilities.tolist()
    return Task(lambda: np.min(graph.distances(source=places, weights="time", mode="in"), axis=0))


def _rustworkx(world: World, extra: NDArray[Any], *, backwards: bool) -> Any:
    """Return the graph with one more node from which free arcs lead to `extra`."""
    graph = importlib.import_module("rustworkx").PyDiGraph()
    graph.add_nodes_from(range(world.nodes + 1))
    tail, head = (world.head, world.tail) if backwards else (world.tail, world.head)
    graph.add_edges_from(
        list(zip(tail.tolist(), head.tolist(), world.time_ms.astype(float).tolist(), strict=True))
    )
    graph.add_edges_from([(world.nodes, int(node), 0.0) for node in extra])
    return graph


def nearest_rustworkx(world: World) -> Task:
    """Rustworkx from a node that is joined to all facilities."""
    search = importlib.import_module("rustworkx").dijkstra_shortest_path_lengths
    graph = _rustworkx(world, world.facilities, backwards=True)
    return Task(lambda: search(graph, world.nodes, float))


def _pandana(world: World) -> Any:
    module, pd = importlib.import_module("pandana"), importlib.import_module("pandas")
    minutes = pd.DataFrame({"time": world.time_ms / 60_000})
    return module.Network(
        pd.Series(world.x_m), pd.Series(world.y_m), pd.Series(world.tail), pd.Series(world.head), minutes,
        twoway=False,
    )  # fmt: skip


def _ask_pandana(net: Any, world: World) -> Any:
    pd, at = importlib.import_module("pandas"), world.facilities
    net.set_pois("f", FAR_MINUTES, 1, pd.Series(world.x_m[at]), pd.Series(world.y_m[at]))
    return net.nearest_pois(FAR_MINUTES, "f", num_pois=1)


def nearest_pandana(world: World) -> Task:
    """Pandana; its preparation is not counted."""
    net = _pandana(world)
    return Task(lambda: _ask_pandana(net, world))


def _cch(world: World) -> tuple[Any, Any]:
    module = importlib.import_module("routingkit_cch")
    tail, head = world.tail.tolist(), world.head.tolist()
    order = module.compute_order_inertial(world.nodes, tail, head, world.lat.tolist(), world.lon.tolist())
    cch = module.CCH(order, tail, head, False)
    return cch, module.CCHMetric(cch, world.time_ms.tolist())


def nearest_cch(world: World) -> Task:
    """RoutingKit: all nodes pinned, one search."""
    _, metric = _cch(world)
    every = importlib.import_module("routingkit_cch").CCHManyToOne(metric, list(range(world.nodes)))
    places = [(int(node), 0) for node in world.facilities]
    return Task(lambda: every.distances_to_multi(places))


# matrices


def _sides(world: World, work: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    origins, destinations = MATRICES[work]
    return world.points[:origins], world.points[::-1][:destinations]


def _sampled(world: World, work: str, sources: int) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Return a few of the nodes of the smaller side, the other side, and the share that they are."""
    one, two = sorted(_sides(world, work), key=len)
    return one[:sources], two, len(one) / min(sources, len(one))


def matrix_geoplan(world: World, work: str) -> Task:
    """Time the hierarchy, minutes only."""
    metric = customise(hierarchy_of(world), world.time_ms)
    return _matrix_task(world, metric, work)


def matrix_geoplan_km(world: World, work: str) -> Task:
    """Time the hierarchy, minutes and kilometres packed."""
    metric = customise(hierarchy_of(world), pack_weights(world.time_ms, world.length_dm))
    task = _matrix_task(world, metric, work)
    return replace(task, check=lambda got: task.check and task.check(unpack_costs(got)[0]))


def _matrix_task(world: World, metric: Metric, work: str) -> Task:
    origins, destinations = _sides(world, work)
    expected = dijkstra(matrix_of(world)[0], indices=origins[:4])[:, destinations]
    stops = Stops.at_nodes(origins), Stops.at_nodes(destinations)
    return Task(lambda: metric.matrix(*stops), check=lambda got: _same(expected)(got[:4]))


def matrix_full(world: World, work: str) -> Task:
    """`od_matrix` as a user calls it: positions on roads, legs, kilometres, direct paths, tenths."""
    network = world.network()
    prepare(network)
    origins, destinations = (_snapped(world, network, nodes) for nodes in _sides(world, work))
    return Task(lambda: od_matrix(network, origins, destinations, engine="hierarchy"))


def _snapped(world: World, network: Any, nodes: NDArray[Any]) -> Snapping:
    ids = [str(i) for i in range(len(nodes))]
    return snap_points(network, ids, world.lat[nodes] + 1e-4, world.lon[nodes] + 1e-4)


def matrix_scipy(world: World, work: str) -> Task:
    """SciPy, file order; some sources, scaled."""
    few, _, scale = _sampled(world, work, 12)
    graph, _ = matrix_of(world)
    return Task(lambda: dijkstra(graph, indices=few), scale)


def matrix_scipy_curve(world: World, work: str) -> Task:
    """SciPy, Morton order; some sources, scaled."""
    few, _, scale = _sampled(world, work, 12)
    graph, number = matrix_of(world, curve=True)
    return Task(lambda: dijkstra(graph, indices=number[few]), scale)


def matrix_networkx(world: World, work: str) -> Task:
    """NetworkX; one source, scaled."""
    few, _, scale = _sampled(world, work, 1)
    nx, graph = importlib.import_module("networkx"), _networkx(world)
    return Task(lambda: nx.single_source_dijkstra_path_length(graph, int(few[0]), weight="time"), scale)


def matrix_igraph(world: World, work: str) -> Task:
    """Igraph; some sources, scaled."""
    few, many, scale = _sampled(world, work, 4)
    graph, targets = _igraph(world), many.tolist()
    targets = sorted(set(targets))
    return Task(lambda: graph.distances(source=few.tolist(), target=targets, weights="time"), scale)


def matrix_rustworkx(world: World, work: str) -> Task:
    """Rustworkx; one source, scaled."""
    few, _, scale = _sampled(world, work, 1)
    search = importlib.import_module("rustworkx").dijkstra_shortest_path_lengths
    graph = _rustworkx(world, few[:0], backwards=False)
    return Task(lambda: search(graph, int(few[0]), float), scale)


def matrix_pandana(world: World, work: str) -> Task:
    """Pandana; some pairs, scaled; its preparation is not counted."""
    origins, destinations = _sides(world, work)
    net, rng = _pandana(world), np.random.default_rng(3)
    one, two = rng.choice(origins, PAIRS), rng.choice(destinations, PAIRS)
    scale = len(origins) * len(destinations) / PAIRS
    return Task(lambda: net.shortest_path_lengths(one, two), scale)


def matrix_cch(world: World, work: str) -> Task:
    """RoutingKit, targets pinned; some sources, scaled."""
    origins, destinations = _sides(world, work)
    _, metric = _cch(world)
    many = importlib.import_module("routingkit_cch").CCHOneToMany(metric, destinations.tolist())
    few = origins[:100].tolist()
    return Task(lambda: [many.distances_from(source) for source in few], len(origins) / len(few))


# service areas


def areas_geoplan(world: World) -> Task:
    """`service_areas`: exact to the lattice, roads and walking included."""
    network = world.network()
    whole = Field(network, Ground(), AccessRule())
    places = _snapped(world, network, world.facilities)
    people = People(take_rows(places, np.arange(0)), np.zeros(0, dtype=np.int64))
    options = AreaOptions((AREA_MINUTES,), union=False)
    return Task(lambda: service_areas(whole, places, people, options))


def areas_networkx(world: World) -> Task:
    """Time the recipe of the OSMnx examples: ego graph, a buffer round its edges; two facilities, scaled."""
    nx, shapely, graph = (
        *map(importlib.import_module, ("networkx", "shapely")),
        _networkx(world, backwards=True),
    )
    xy = np.column_stack([world.x_m, world.y_m])

    def area(node: int) -> Any:
        part = nx.ego_graph(graph, node, radius=AREA_MINUTES * 60_000, distance="time")
        lines = shapely.linestrings(xy[np.array(list(part.edges()), dtype=np.int64).reshape(-1, 2)])
        return shapely.union_all(shapely.buffer(lines, 250, quad_segs=2))

    return Task(lambda: [area(int(node)) for node in world.facilities[:2]], FACILITIES / 2)


# snapping


def _beside(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(11)
    return tuple(c[world.points] + rng.normal(0, 2e-3, len(world.points)) for c in (world.lat, world.lon))  # type: ignore[return-value]


def snap_geoplan(world: World) -> Task:
    """`snap_points`: nearest acceptable edge, verdicts, legs; the search tree is kept with the network."""
    network, (lat, lon) = world.network(), _beside(world)
    ids = [str(i) for i in range(len(lat))]
    return Task(lambda: snap_points(network, ids, lat, lon))


def snap_geoplan_cold(world: World) -> Task:
    """Time the same with the search tree made every time."""
    network, (lat, lon) = world.network(), _beside(world)
    ids = [str(i) for i in range(len(lat))]

    def run() -> Any:
        network.__dict__.pop("trees", None)
        return snap_points(network, ids, lat, lon)

    return Task(run)


def snap_osmnx(world: World) -> Task:
    """Time OSMnx `nearest_edges` on a projected graph; it makes its tree every time."""
    search, lat_lon = importlib.import_module("osmnx").distance.nearest_edges, _beside(world)
    if world.name not in EXTRACTS:
        x_m, y_m = project_metres(*lat_lon)
        graph = _metric_graph(world)
        return Task(lambda: search(graph, x_m, y_m))
    osmnx, read = importlib.import_module("osmnx"), importlib.import_module("geoplan.network.osm_graph")
    graph = osmnx.projection.project_graph(read.to_osmnx(read_osm(extract(world.name))))
    shapely, geopandas = map(importlib.import_module, ("shapely", "geopandas"))
    places = geopandas.GeoSeries(shapely.points(*lat_lon[::-1]), crs="epsg:4326").to_crs(graph.graph["crs"])
    x_m, y_m = places.x.to_numpy(), places.y.to_numpy()
    return Task(lambda: search(graph, x_m, y_m))


def _metric_graph(world: World) -> Any:
    """Return the network as OSMnx has it, in metres."""
    graph = importlib.import_module("networkx").MultiDiGraph(crs=CRS_METRES)
    x_m, y_m = world.x_m.tolist(), world.y_m.tolist()
    graph.add_nodes_from((i, {"x": x_m[i], "y": y_m[i]}) for i in range(world.nodes))
    metres = (world.length_dm / 10).tolist()
    graph.add_edges_from(
        (u, v, {"length": m, "osmid": i})
        for i, (u, v, m) in enumerate(zip(world.tail.tolist(), world.head.tolist(), metres, strict=True))
    )
    return graph


# reading an extract


def read_geoplan(world: World) -> Task:
    """`read_osm` of the .osm.pbf without the cache."""
    return Task(lambda: read_osm(extract(world.name), use_cache=False))


def read_geoplan_xml(world: World) -> Task:
    """`read_osm` of the same as XML, which is all that OSMnx reads."""
    file = _xml(world)
    return Task(lambda: read_osm(file, use_cache=False))


def read_osmnx(world: World) -> Task:
    """`osmnx.graph_from_xml` of the XML."""
    osmnx, file = importlib.import_module("osmnx"), _xml(world)
    return Task(lambda: osmnx.graph_from_xml(file, bidirectional=False, simplify=True))


def _xml(world: World) -> Any:
    """Return the extract as XML, written at the first call."""
    file = world.folder / f"{world.name}.osm"
    if not file.is_file():
        osmium = importlib.import_module("osmium")
        aside = world.folder / f"aside-{world.name}.osm"
        aside.unlink(missing_ok=True)
        writer = osmium.SimpleWriter(str(aside))
        for thing in osmium.FileProcessor(str(extract(world.name))):
            writer.add(thing)
        writer.close()
        aside.replace(file)
    return file


# one road closed


def _arcs(world: World) -> Any:
    return itertools.cycle(np.random.default_rng(5).integers(0, len(world.tail), CHANGES))


def _roads(network: Any) -> Any:
    """Return ids of the same number of roads, again and again."""
    roads = np.flatnonzero(~network.edge_turn)
    return itertools.cycle(network.road_ids[np.random.default_rng(5).choice(roads, CHANGES)].tolist())


def change_full(world: World) -> Task:
    """All weights of the hierarchy worked out, minutes and kilometres packed."""
    network = world.network()
    made, cost = prepare(network).metric.hierarchy, network.edge_cost[network.directed.edge]
    return Task(lambda: customise(made, cost))


def change_partial(world: World) -> Task:
    """Time one road closed for a while in a network that has its hierarchy; the mean over 101 roads."""
    network = world.network()
    prepare(network)
    turn = _roads(network)

    def run() -> None:
        for _ in range(CHANGES):
            with roads_on_trial(network, find_change(network, [next(turn)], None), stay=True):
                pass

    return Task(run, 1 / CHANGES)


def change_copy(world: World) -> Task:
    """Time one road closed in a network of its own, which stays; the mean over 101 roads."""
    network = world.network()
    prepare(network)
    turn = _roads(network)
    return Task(lambda: [with_roads(network, closed=[next(turn)]) for _ in range(CHANGES)], 1 / CHANGES)


def change_arc(world: World) -> Task:
    """Time one bare arc closed and opened again, minutes only; the mean over 101 arcs."""
    metric = customise(hierarchy_of(world), world.time_ms)
    turn = _arcs(world)

    def run() -> None:
        for _ in range(CHANGES):
            with metric.trial([next(turn)], [CLOSED]):
                pass

    return Task(run, 1 / CHANGES)


def closed_geoplan(world: World) -> Task:
    """`Trials`: a road closed, then the nearest of 12 for 3,000 places on roads; the mean over 25 roads."""
    network = world.network()
    sides = (_snapped(world, network, nodes) for nodes in (world.points[:POINTS], world.facilities))
    trials = Trials(network, *sides, engine="hierarchy")
    turn = _roads(network)
    return Task(lambda: [trials.nearest(closed=[next(turn)]) for _ in range(25)], 1 / 25)


def closed_arc(world: World) -> Task:
    """Bare arcs and nodes, minutes only: an arc closed, then the nearest of 12 for 3,000; mean over 25."""
    made = hierarchy_of(world)
    metric = customise(made, world.time_ms)
    facilities, points = Stops.at_nodes(world.facilities), Stops.at_nodes(world.points[:POINTS])
    within, turn = made.select(points.node), _arcs(world)

    def run() -> Any:
        with metric.trial([next(turn)], [CLOSED]) as changed:
            return changed.nearest_of_points(facilities, points, within=within)[0]

    return Task(lambda: [run() for _ in range(25)], 1 / 25)


def closed_scipy(world: World) -> Task:
    """Time the same by SciPy: arrays made anew, then a search."""
    turn = _arcs(world)

    def run() -> Any:
        time_ms = world.time_ms.copy()
        time_ms[next(turn)] = 2**40
        graph, _ = matrix_of(replace(world, time_ms=time_ms), backwards=True)
        return dijkstra(graph, indices=world.facilities, min_only=True)[world.points[:POINTS]]

    return Task(run)


def closed_pandana(world: World) -> Task:
    """Time the same by pandana, which must be made anew."""
    return Task(lambda: _ask_pandana(_pandana(world), world))


def closed_cch(world: World) -> Task:
    """Time the same by RoutingKit: partial update (the road opened again at once), 3,000 points pinned."""
    module = importlib.import_module("routingkit_cch")
    cch, metric = _cch(world)
    updater, turn = module.CCHMetricPartialUpdater(cch), _arcs(world)
    points, places = world.points[:POINTS].tolist(), [(int(node), 0) for node in world.facilities]

    def run() -> Any:
        arc = int(next(turn))
        updater.apply(metric, {arc: 2**31 - 1})
        found = module.CCHManyToOne(metric, points).distances_to_multi(places)
        updater.apply(metric, {arc: int(world.time_ms[arc])})
        return found

    return Task(run)


# making ready, and being right


def prepare_geoplan(world: World) -> Task:
    """Order, hierarchy, weights (minutes and km), a first answer: from arrays, without any cache."""

    def run() -> Any:
        made = build_hierarchy(world.nodes, world.tail, world.head, x=world.x_m, y=world.y_m)
        metric = customise(made, pack_weights(world.time_ms, world.length_dm))
        return metric.nearest(Stops.at_nodes(world.facilities))

    return Task(run)


def prepare_network(world: World) -> Task:
    """Time the whole network with lines and search tree, hierarchy, weights, and a matrix of 12 x 3,000."""

    def run() -> Any:
        network = world.network()
        prepare(network)
        near, far = (_snapped(world, network, n) for n in (world.facilities, world.points[:POINTS]))
        return od_matrix(network, near, far, engine="hierarchy")

    return Task(run)


def equal_pairs(world: World) -> Task:
    """2,000 random pairs by both engines of `od_matrix`: tenths, km and flags must be the same."""
    network = world.network()
    near, far = (_snapped(world, network, n) for n in (world.points[:20], world.points[20:120]))

    def run() -> Any:
        return [od_matrix(network, near, far, engine=name) for name in ("scipy", "hierarchy")]

    def check(got: Any) -> None:
        one, two = got
        for name in ("tenths", "km", "direct"):
            if not np.array_equal(getattr(one, name), getattr(two, name), equal_nan=name == "km"):
                raise ValueError(f"{name} differ")

    return Task(run, check=check)


WORKS: Final[dict[str, tuple[str, dict[str, Callable[..., Task]]]]] = {
    "nearest": (
        "Nearest of 12 facilities, for every node",
        {
            "geoplan": nearest_geoplan, "scipy, file order": nearest_scipy,
            "scipy, Morton order": nearest_scipy_curve, "bandwidth bound": nearest_bandwidth,
            "the same, new memory": nearest_bandwidth_new,
            "routingkit-cch": nearest_cch, "rustworkx": nearest_rustworkx, "networkx": nearest_networkx,
            "igraph": nearest_igraph, "pandana": nearest_pandana,
        },
    ),
    "od1500": ("Matrix 1,500 x 1,500", {}),
    "od5000": ("Matrix 5,000 x 500", {}),
    "areas": (
        "12 service areas of 30 minutes",
        {"geoplan": areas_geoplan, "networkx ego graph + buffer": areas_networkx},
    ),
    "snap": (
        "5,000 points to their nearest edge",
        {"geoplan": snap_geoplan, "geoplan, tree made anew": snap_geoplan_cold, "osmnx": snap_osmnx},
    ),
    "read": (
        "Reading the extract",
        {"geoplan, .osm.pbf": read_geoplan, "geoplan, .osm": read_geoplan_xml, "osmnx, .osm": read_osmnx},
    ),
    "change": (
        "Weights after one closed road", {
            "geoplan, all": change_full, "geoplan, partial": change_partial,
            "geoplan, with_roads (a copy)": change_copy, "geoplan, a bare arc": change_arc,
        }
    ),
    "closed": (
        "One closed road + nearest of 12 for 3,000 points",
        {
            "geoplan": closed_geoplan, "geoplan, a bare arc": closed_arc,
            "scipy, arrays made anew": closed_scipy, "routingkit-cch": closed_cch,
            "pandana, made anew": closed_pandana,
        },
    ),
    "prepare": (
        "Making ready", {"geoplan, hierarchy": prepare_geoplan, "geoplan, whole network": prepare_network}
    ),
    "equal": ("2,000 pairs by both engines", {"geoplan": equal_pairs}),
}  # fmt: skip

for _work in MATRICES:
    WORKS[_work][1].update(
        {
            "geoplan": matrix_full, "geoplan, bare nodes": matrix_geoplan,
            "geoplan, bare nodes with km": matrix_geoplan_km,
            "scipy, file order": matrix_scipy, "scipy, Morton order": matrix_scipy_curve,
            "routingkit-cch": matrix_cch, "rustworkx": matrix_rustworkx, "networkx": matrix_networkx,
            "igraph": matrix_igraph, "pandana": matrix_pandana,
        }
    )  # fmt: skip


def task_of(world: World, work: str, peer: str) -> Task:
    """Return a work by one of its peers, made ready."""
    make = WORKS[work][1][peer]
    return make(world, work) if work in MATRICES else make(world)


def asked(network: str, work: str, peer: str) -> bool:
    """Return whether a work is measured on a network by a peer: reading and OSMnx need an extract."""
    if network in EXTRACTS:
        return True
    if work == "read" or (peer == "osmnx" and network != "s300k"):
        return False
    if network in ("s300k", "s1m"):
        slow = {"pandana", "networkx", "igraph", "rustworkx", "pandana, made anew"}
        return network == "s300k" or (peer not in slow and work != "areas")
    return peer.startswith("geoplan") and work in ("nearest", "od1500", "change", "prepare")
