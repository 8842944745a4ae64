"""Travel times and kilometres between snapped points: matrices, single routes, coded routes for the page."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.network.access import AccessRule, Ground
from geoplan.network.direct import Side, quicker_directly, take_direct
from geoplan.network.engine import KEPT, Engine, choose_engine, coarser, hierarchy_parts, scipy_parts
from geoplan.network.sweep import BY_FROM, BY_TO, NO_ROUTE, SAME_EDGE, find_ends, join, sweep
from geoplan.units import TOBLER_FLAT_KMH, UNREACHABLE_TENTHS, to_tenths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.network import finishing
    from geoplan.network.engine import Part
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping

    Progress = Callable[[int, int], None]

KM_DIGITS: Final = 6
"""Kilometres leave the engine to the millimetre: the roads are whole decimetres, the legs are not."""


@dataclass(frozen=True)
class ODMatrix:
    """Times and lengths from origins (rows) to destinations (columns).

    Attributes
    ----------
    origin_ids, destination_ids
        Labels.
    tenths
        int32, minutes x 10, rounded once; -1: no way.
    km
        float64, legs included, of the route that minimises the weight; nan: no way.
    direct
        bool: the direct path off the roads is quicker.
    findings
        What is worth saying of how it was computed.
    engine
        `scipy` or `hierarchy`: which has computed it. Both give the same matrix.
    """

    origin_ids: tuple[str, ...]
    destination_ids: tuple[str, ...]
    tenths: NDArray[np.int32]
    km: NDArray[np.float64]
    direct: NDArray[np.bool_]
    findings: tuple[Finding, ...] = ()
    engine: str = "scipy"


@dataclass(frozen=True)
class Leg:
    """The off-road leg at one end of a route."""

    km: float
    minutes: float


@dataclass(frozen=True)
class Step:
    """A stretch of one road, from one share of its drawn line to another, in the order of travel."""

    road_id: str
    ref: str
    name: str
    share_from: float
    share_to: float
    km: float
    minutes: float


@dataclass(frozen=True)
class Route:
    """One way from an origin to a destination.

    Attributes
    ----------
    tenths
        Minutes x 10, -1: no way; the same number as in the matrix.
    km
        Legs included; nan: no way.
    direct
        The direct path off the roads is quicker; then there are no steps and the legs are empty.
    access, egress
        Legs at the origin and at the destination.
    steps
        Roads in the order of travel.
    coordinates
        lon, lat, (n, 2), from the origin to the destination, legs as straight pieces.
    """

    tenths: int
    km: float
    direct: bool
    access: Leg
    egress: Leg
    steps: tuple[Step, ...]
    coordinates: NDArray[np.float64]

    @property
    def reached(self) -> bool:
        """Whether there is a way at all."""
        return self.tenths != UNREACHABLE_TENTHS

    @property
    def road_ids(self) -> tuple[str, ...]:
        """Road ids in order, repeats in a row merged."""
        return _merged([s.road_id for s in self.steps])

    @property
    def refs(self) -> tuple[str, ...]:
        """Road numbers in order (the name where a road has none), repeats in a row merged."""
        return _merged([s.ref or s.name for s in self.steps])


@dataclass(frozen=True)
class RouteForest:
    """Fastest routes of one year, coded so that a page can draw any of them by following pointers.

    Roads and nodes are numbered by their places in the tables that `build_network` was given.
    A route from demand point d to facility f starts on road `demand_road[d]` at share
    `demand_share[d]` of its drawn line, leaves that road at node `entry_node[d, f]` (-1: d and f lie on
    the same road and the route stays on it; -2: no route or a direct path off the roads), then follows
    `next_road[f, node]` until that is -1, and from there runs along `facility_road[f]` to share
    `facility_share[f]`.

    Attributes
    ----------
    demand_ids, facility_ids
        Row and column labels.
    demand_road, demand_share, facility_road, facility_share
        int32 and float64, one a point; road -1: not snapped.
    entry_node
        int32, (demand, facility).
    next_road
        int32, (facility, node).
    direct
        bool, (demand, facility): the direct path off the roads is quicker.
    """

    demand_ids: tuple[str, ...]
    facility_ids: tuple[str, ...]
    demand_road: NDArray[np.int32]
    demand_share: NDArray[np.float64]
    facility_road: NDArray[np.int32]
    facility_share: NDArray[np.float64]
    entry_node: NDArray[np.int32]
    next_road: NDArray[np.int32]
    direct: NDArray[np.bool_]


def od_matrix(
    network: RoadNetwork,
    origins: Snapping,
    destinations: Snapping,
    *,
    ground: Ground | None = None,
    rule: AccessRule | None = None,
    progress: Progress | None = None,
    engine: Engine = "auto",
) -> ODMatrix:
    """Return times and kilometres from every origin to every destination.

    Legs count in both. Memory beside the result stays flat: the work is done in chunks.

    Parameters
    ----------
    ground, rule
        The same as the points were snapped with.
    progress
        Called with pairs done and pairs in all (those of points that meet no road may be left out).
    engine
        `scipy`: Dijkstra's method from whichever side has fewer points. `hierarchy`: a contraction
        hierarchy, much faster once it is made (extra `fast`). `auto`: whichever should be done first. The
        answers are the same.

    Raises
    ------
    MissingExtraError
        The hierarchy is asked for without the extra `fast`.
    """
    points = _Points(origins, destinations, ground or Ground(), rule or AccessRule(), progress)
    chosen, findings = choose_engine(network, origins, destinations, engine)
    if chosen == "hierarchy":
        with contextlib.suppress(OverflowError):  # SciPy then decides about the units
            made = _filled_fast(network, points, hierarchy_parts(network, origins, destinations))
            return replace(made, engine=chosen, findings=(*findings, *_cache_findings(network)))
    while True:
        try:
            made = _filled(network, points, scipy_parts(network, origins, destinations))
            return replace(made, findings=findings)
        except OverflowError:
            network, note = coarser(network)
            findings = (*findings, note)


@dataclass(frozen=True)
class _Points:
    """Both sides of a matrix, by which rules they move off the roads, and whom to tell."""

    origins: Snapping
    destinations: Snapping
    ground: Ground
    rule: AccessRule
    progress: Progress | None


def _filled(network: RoadNetwork, points: _Points, parts: Iterator[Part]) -> ODMatrix:
    """Return the matrix of costs by road that come in parts."""
    origins, destinations = points.origins, points.destinations
    shape = (len(origins), len(destinations))
    tenths = np.full(shape, UNREACHABLE_TENTHS, dtype=np.int32)
    km, direct = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    pairs = 0
    for o, d, cost in parts:
        minutes, length = with_legs(network, cost, (origins, o), (destinations, d))
        sides = (origins, o), (destinations, d)
        straight = take_direct(network, minutes, length, *sides, points.ground, points.rule)
        cells = np.ix_(o, d)
        tenths[cells] = to_tenths(minutes)
        km[cells] = np.round(np.where(np.isfinite(minutes), length, np.nan), KM_DIGITS)
        direct[cells] = straight
        pairs += cost.size
        if points.progress is not None:
            points.progress(pairs, tenths.size)
    return ODMatrix(origins.ids, destinations.ids, tenths, km, direct)


def _filled_fast(
    network: RoadNetwork, points: _Points, parts: Iterator[tuple[NDArray[np.intp], NDArray[Any]]]
) -> ODMatrix:
    """Return the matrix of whole costs by road that come in parts: `_filled` in one compiled pass."""
    from geoplan.network.finishing import finish_pairs  # noqa: PLC0415 - an extra

    o, d = points.origins, points.destinations
    shape = (len(o), len(d))
    tenths, km, direct = np.empty(shape, np.int32), np.empty(shape), np.zeros(shape, dtype=bool)
    every, done = np.arange(len(d)), 0
    for rows, cost in parts:
        begin, end = int(rows[0]), int(rows[-1]) + 1
        given = units_of(network), legs_between((o, rows), (d, every)), *_places(points, rows)
        pair, *roads = finish_pairs(cost, *given, (tenths[begin:end], km[begin:end]))
        i, j = np.divmod(pair, max(len(d), 1))
        pairs = o, i + begin, d, j
        by_road = roads[0], roads[1]
        better, minutes, length = quicker_directly(network, pairs, by_road, points.ground, points.rule)
        cells = i[better] + begin, j[better]
        tenths[cells], km[cells], direct[cells] = to_tenths(minutes), np.round(length, KM_DIGITS), True
        done += cost.size
        if points.progress is not None:
            points.progress(done, tenths.size)
    return ODMatrix(o.ids, d.ids, tenths, km, direct)


def units_of(network: RoadNetwork) -> finishing.Units:
    """Return how the compiled kernels read costs."""
    from geoplan.network.finishing import Units  # noqa: PLC0415 - an extra

    units = network.packing
    return Units(units.other_bits, float(units.per_minute), float(units.per_km), units.weight == "time")


def legs_between(origin: Side, destination: Side) -> finishing.Legs:
    """Return the legs of travel from origins (rows) to destinations."""
    from geoplan.network.finishing import Legs  # noqa: PLC0415 - an extra

    (o, rows), (d, columns) = origin, destination
    return Legs(o.out_minutes[rows], o.leg_km[rows], d.in_minutes[columns], d.leg_km[columns])


def _places(points: _Points, rows: NDArray[np.intp]) -> tuple[finishing.Places, finishing.Least]:
    """Return where the points lie, and the bound on direct paths."""
    from geoplan.network.finishing import Least, Places  # noqa: PLC0415 - an extra

    o, d, rule = points.origins, points.destinations, points.rule
    places = Places(
        (o.base_x_m[rows], o.base_y_m[rows]), (d.base_x_m, d.base_y_m), o.extra_m[rows], d.extra_m
    )
    least = Least(
        rule.snap_limit_km * 1000, rule.detour_factor / 1000, float(rule.access_km),
        60 / rule.access_speed_kmh, 60 / TOBLER_FLAT_KMH,
    )  # fmt: skip
    return places, least


def _cache_findings(network: RoadNetwork) -> tuple[Finding, ...]:
    """Return what happened to the cache when the hierarchy was made, once."""
    state = network.prepared[KEPT]
    network.prepared[KEPT] = replace(state, findings=())
    return tuple(state.findings)


def with_legs(
    network: RoadNetwork,
    cost: NDArray[np.float64],
    origin: Side,
    destination: Side,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes and km, (origins, destinations), of the ways by road with both legs.

    `cost` is that of `sweep.join`, origins in rows; both results are infinite: no way.
    """
    minutes, km = network.packing.unpack(cost)
    (o, rows), (d, columns) = origin, destination
    minutes += o.out_minutes[rows][:, None] + d.in_minutes[columns][None, :]
    km += o.leg_km[rows][:, None] + d.leg_km[columns][None, :]
    return minutes, km


def route_forest(
    network: RoadNetwork, demand: Snapping, facilities: Snapping, *, matrix: ODMatrix
) -> RouteForest:
    """Return the routes behind `matrix` (demand rows, facility columns), coded for the page.

    One reversed sweep per facility: every node knows the next road towards it.
    """
    nodes = len(network.node_ids)
    entry = np.full((len(demand), len(facilities)), NO_ROUTE, dtype=np.int32)
    next_road = np.full((len(facilities), nodes), -1, dtype=np.int32)
    road_row = np.append(network.road_row, -1).astype(np.int32)
    node = find_ends(network, demand, leaving=True).node
    for swept in sweep(network, facilities, outward=False, width=len(demand)):
        joined = join(network, swept, facilities, demand, outward=False)
        choice = joined.choice[swept.source].T
        by_node = np.where(choice == BY_TO, node[:, 1:], node[:, :1])
        entry[:, swept.points] = np.where(choice >= BY_FROM, network.node_row[by_node], choice)
        roads = np.empty((len(swept.points), nodes), dtype=np.int32)
        roads[:, network.node_row] = road_row[swept.edge[swept.source]]
        next_road[swept.points] = roads
    entry[matrix.direct] = NO_ROUTE
    return RouteForest(
        demand_ids=demand.ids,
        facility_ids=facilities.ids,
        demand_road=road_row[demand.edge],
        demand_share=np.nan_to_num(demand.share),
        facility_road=road_row[facilities.edge],
        facility_share=np.nan_to_num(facilities.share),
        entry_node=entry,
        next_road=next_road,
        direct=matrix.direct,
    )


def route(
    network: RoadNetwork,
    origin: Snapping,
    destination: Snapping,
    *,
    ground: Ground | None = None,
    rule: AccessRule | None = None,
) -> Route:
    """Return the way from the one point of `origin` to the one point of `destination`.

    It has the minutes and km of `od_matrix` for the pair.
    """
    matrix = od_matrix(network, origin, destination, ground=ground, rule=rule, engine="scipy")
    tenths, km, direct = int(matrix.tenths[0, 0]), float(matrix.km[0, 0]), bool(matrix.direct[0, 0])
    nothing = Leg(0.0, 0.0)
    if tenths == UNREACHABLE_TENTHS:
        return Route(tenths, km, direct, nothing, nothing, (), np.empty((0, 2)))
    begin, end = _off_road(origin, foot=not direct), _off_road(destination, foot=not direct)[::-1]
    if direct:
        return Route(tenths, km, direct, nothing, nothing, (), _line([begin, end]))
    pieces = _pieces(network, origin, destination)
    return Route(
        tenths,
        km,
        direct,
        Leg(float(origin.leg_km[0]), float(origin.out_minutes[0])),
        Leg(float(destination.leg_km[0]), float(destination.in_minutes[0])),
        tuple(_step(network, *piece) for piece in pieces),
        _line([begin, *(network.lines.cut(*piece) for piece in pieces), end]),
    )


def _pieces(network: RoadNetwork, origin: Snapping, destination: Snapping) -> list[tuple[int, float, float]]:
    """Return edge, share at the start and share at the end of each stretch of road, in order."""
    swept = next(sweep(network, origin, outward=True))
    choice = int(join(network, swept, origin, destination, outward=True).choice[0, 0])
    o_edge, o_share = int(origin.edge[0]), float(origin.share[0])
    d_edge, d_share = int(destination.edge[0]), float(destination.share[0])
    if choice == SAME_EDGE:
        return [(o_edge, o_share, d_share)]
    node = int(find_ends(network, destination, leaving=False).node[0, choice])
    last = (d_edge, float(choice == BY_TO), d_share)
    inner: list[tuple[int, float, float]] = []
    while (before := int(swept.before[0, node])) >= 0:
        edge = int(swept.edge[0, node])
        inner.append((edge, *_direction(network, edge, before)))
        node = before
    ends = find_ends(network, origin, leaving=True)
    cost = np.where(ends.node[0] == node, ends.cost[0], np.inf)
    pieces = [(o_edge, o_share, float(np.argmin(cost))), *inner[::-1], last]
    return [p for p in pieces if p[1] != p[2]]


def _direction(network: RoadNetwork, edge: int, tail: int) -> tuple[float, float]:
    """Return the shares at which an edge entered at node `tail` begins and ends."""
    return (0.0, 1.0) if int(network.edge_from[edge]) == tail else (1.0, 0.0)


def _step(network: RoadNetwork, edge: int, share_from: float, share_to: float) -> Step:
    """Return a stretch of road with its km and minutes."""
    part = np.array([abs(share_to - share_from)])
    minutes, km = network.packing.unpack(network.part_cost(np.array([edge]), part))
    return Step(
        str(network.road_ids[edge]),
        str(network.road_ref[edge]),
        str(network.road_name[edge]),
        share_from,
        share_to,
        float(km[0]),
        float(minutes[0]),
    )


def _off_road(point: Snapping, *, foot: bool) -> NDArray[np.float64]:
    """Return lon, lat from the point by its base to its foot (or only to its base)."""
    places = [(point.lon[0], point.lat[0]), (point.base_lon[0], point.base_lat[0])]
    if foot:
        places.append((point.foot_lon[0], point.foot_lat[0]))
    return np.array(places, dtype=np.float64)


def _line(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the parts end to end without repeated vertices; at least two remain."""
    points = np.concatenate(parts)
    new = np.ones(len(points), dtype=bool)
    new[1:] = (np.abs(np.diff(points, axis=0)) > 1e-9).any(axis=1)
    line = points[new]
    return line if len(line) > 1 else points[[0, -1]]


def _merged(words: Sequence[Any]) -> tuple[str, ...]:
    """Return the words without empty ones and without repeats in a row."""
    merged: list[str] = []
    for word in words:
        if word and (not merged or merged[-1] != word):
            merged.append(str(word))
    return tuple(merged)
