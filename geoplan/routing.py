"""Questions about the roads alone: a matrix between points of a file, or one route between two places."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding, InputError, raise_on_errors
from geoplan.network.access import AccessRule, Ground
from geoplan.network.graph import build_network
from geoplan.network.osm_info import fit_findings
from geoplan.network.snap import Snapping, snap_points, snapping_findings
from geoplan.network.table_network import build_table_network
from geoplan.network.travel import Route, od_matrix
from geoplan.network.travel import route as fastest
from geoplan.own_roads import osm_credits, read_extract
from geoplan.tables.names import PlaceMatch, match_place, place_label
from geoplan.tables.read import read_points, read_tables
from geoplan.units import CRS_METRES, TENTHS_PER_MINUTE, UNREACHABLE_TENTHS, project_metres

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geoplan.network.engine import Engine
    from geoplan.network.graph import RoadNetwork, Weight
    from geoplan.network.road_table import RoadTable
    from geoplan.own_roads import RoadFiles
    from geoplan.tables.read import TableSet

    Progress = Callable[[str], None]

LAT_LON: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")

REACHED, UNREACHABLE, NOT_SNAPPED = "reached", "unreachable", "not_snapped"


@dataclass(frozen=True)
class RoadState:
    """Which roads, whose speeds, what a route minimises, and which engine looks for it."""

    weight: Weight = "time"
    vehicle: str = "car"
    season: str = "summer"
    year: int = 2026
    engine: Engine = "auto"


@dataclass(frozen=True)
class RouteAnswer:
    """One route with the names of its ends."""

    origin: str
    destination: str
    state: RoadState
    route: Route
    findings: tuple[Finding, ...] = ()
    attributions: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as one JSON object."""
        route = self.route
        found = route.reached
        return {
            "from": self.origin,
            "to": self.destination,
            "status": REACHED if found else UNREACHABLE,
            "minutes": route.tenths / TENTHS_PER_MINUTE if found else None,
            "km": round(route.km, 3) if found else None,
            "direct": route.direct,
            "refs": list(route.refs),
            "steps": [
                {"road_id": s.road_id, "ref": s.ref, "name": s.name, "km": round(s.km, 3)}
                for s in route.steps
            ],
            "access_km": round(route.access.km, 3),
            "egress_km": round(route.egress.km, 3),
            "coordinates": [[round(x, 5), round(y, 5)] for x, y in route.coordinates],
            "attributions": list(self.attributions),
        }

    def lines(self) -> list[str]:
        """Return the answer as lines of text; what licences ask to be said at the end."""
        return [*self._lines(), *self.attributions]

    def _lines(self) -> list[str]:
        state, route = self.state, self.route
        head = f"{self.origin} - {self.destination} ({state.vehicle}, {state.season}, 1 January {state.year})"
        if not route.reached:
            return [head, "unreachable: no road inside the country or the extract joins them"]
        minutes = route.tenths / TENTHS_PER_MINUTE
        hours, rest = divmod(round(minutes), 60)
        lines = [head, f"{minutes:.1f} minutes ({hours} h {rest:02d} min), {route.km:.1f} km"]
        if route.direct:
            return [*lines, "off the roads, straight"]
        lines.append("by " + " - ".join(route.refs))
        legs = route.access.km + route.egress.km
        if legs >= 0.1:
            lines.append(f"{legs:.1f} km of it on local roads to and from the road graph (assumed)")
        return lines


def country(tables: TableSet, *, own_roads: bool = False) -> Ground:
    """Return the land of the country with its heights.

    With `own_roads` the outline binds only points inside it.
    """
    land = tables.districts.geometry.to_crs(CRS_METRES)
    return Ground(shapely.union_all(land.to_numpy()), tables.terrain, outside_is_free=own_roads)


@dataclass(frozen=True)
class MatrixAnswer:
    """Times and kilometres between two lists of points.

    Attributes
    ----------
    table
        One row a pair, origins and destinations in the order of their files: `origin_id, destination_id,
        minutes, km, status, origin_snap_m, destination_snap_m`; `status` is reached, unreachable or
        not_snapped; minutes and km are empty unless reached.
    findings
        What a reader must know of the roads and of where the points met them.
    attributions
        What the licences of the roads ask to be said of the table.
    """

    table: pd.DataFrame
    findings: tuple[Finding, ...]
    attributions: tuple[str, ...]


@dataclass(frozen=True)
class _Roads:
    """The network of a question, and what must be said of it; `table` where it was read from an extract."""

    network: RoadNetwork
    findings: list[Finding]
    attributions: tuple[str, ...]
    table: RoadTable | None = None

    def fit(self, points: pd.DataFrame, where: str, limit_km: float) -> list[Finding]:
        """Return what is wrong with asking these roads about these points."""
        if self.table is None:
            return []
        ids = [str(i) for i in points.index]
        return fit_findings(self.table, ids, points["lat"], points["lon"], limit_km=limit_km, where=where)


def matrix(
    origins: Path, destinations: Path, *, roads: RoadFiles, state: RoadState, progress: Progress
) -> MatrixAnswer:
    """Return minutes and kilometres between all pairs of the points of two files.

    Raises
    ------
    InputError
        With all findings of points and roads; also if all points of a file lie far from the roads.
    """
    progress("read the points and the tables")
    starts, ends = _both(origins, destinations)
    tables = read_tables(roads.tables, own_roads=roads.own)
    ground, rule = country(tables, own_roads=roads.own), AccessRule()
    used = _roads(tables, roads, state, progress)
    findings = [*used.findings]
    for points, file in ((starts, origins), (ends, destinations)):
        findings += used.fit(points, file.name, rule.snap_limit_km)
        findings += [] if roads.own else _swapped(points, file.name, ground, rule)
    raise_on_errors(findings)
    progress("snap the points")
    near = _snapped(used.network, starts, ground, rule)
    far = _snapped(used.network, ends, ground, rule)
    findings += snapping_findings(near, where=origins.name) + snapping_findings(far, where=destinations.name)
    progress("travel times")
    od = od_matrix(
        used.network,
        near,
        far,
        ground=ground,
        rule=rule,
        progress=lambda done, of: progress(f"travel times: {done} of {of} pairs"),
        engine=state.engine,
    )
    findings += od.findings
    table = _long(near, far, od.tenths.ravel(), od.km.ravel())
    return MatrixAnswer(table, tuple(dict.fromkeys(findings)), used.attributions)


def _both(origins: Path, destinations: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points of both files; the problems of both are said at once."""
    points: list[pd.DataFrame] = []
    findings: list[Finding] = []
    for path in (origins, destinations):
        try:
            points.append(read_points(path))
        except InputError as error:
            findings += error.findings
    raise_on_errors(findings)
    return points[0], points[1]


def _roads(tables: TableSet, files: RoadFiles, state: RoadState, progress: Progress) -> _Roads:
    """Return the network of the asked state, of tables or of an extract."""
    chosen: dict[str, Any] = {
        "vehicle": state.vehicle, "season": state.season, "year": state.year, "weight": state.weight
    }  # fmt: skip
    if files.extract is None:
        network, findings = build_network(tables.roads, tables.road_nodes, tables.speeds, **chosen)
        raise_on_errors(findings)
        return _Roads(network, findings, osm_credits(tables.roads, tables.road_nodes))
    table = read_extract(files.extract, vehicle=state.vehicle, progress=progress)
    progress("build the road network")
    network, findings = build_table_network(table, tables.speeds, **chosen)
    # the engine calls every road table roads.csv
    findings = [replace(f, where=table.source) if f.where == "roads.csv" else f for f in findings]
    raise_on_errors(findings)
    return _Roads(network, findings, (table.credit,), table)


def _snapped(network: RoadNetwork, points: pd.DataFrame, ground: Ground, rule: AccessRule) -> Snapping:
    """Return where the points of a table meet the network."""
    return snap_points(network, list(points.index), points["lat"], points["lon"], ground=ground, rule=rule)


def _long(
    near: Snapping, far: Snapping, tenths: np.ndarray[Any, Any], km: np.ndarray[Any, Any]
) -> pd.DataFrame:
    """Return the matrix in long form, row by row."""
    origin = np.repeat(np.arange(len(near)), len(far))
    destination = np.tile(np.arange(len(far)), len(near))
    reached = tenths != UNREACHABLE_TENTHS
    both = near.snapped[origin] & far.snapped[destination]
    return pd.DataFrame(
        {
            "origin_id": np.array(near.ids, dtype=object)[origin],
            "destination_id": np.array(far.ids, dtype=object)[destination],
            "minutes": np.where(reached, tenths / TENTHS_PER_MINUTE, np.nan),
            "km": np.where(reached, km, np.nan),
            "status": np.where(both, np.where(reached, REACHED, UNREACHABLE), NOT_SNAPPED).astype(object),
            "origin_snap_m": near.distance_m.round(1)[origin],
            "destination_snap_m": far.distance_m.round(1)[destination],
        }
    )


def route(
    origin: str,
    destination: str,
    *,
    roads: RoadFiles,
    state: RoadState,
    progress: Progress = lambda _step: None,
) -> RouteAnswer:
    """Return the route between two places, each a name, `name@district_id`, an id or `lat,lon`.

    Names are those of the shipped settlements; with roads of another country write `lat,lon`.

    Raises
    ------
    InputError
        If a name is unknown or ambiguous (the candidates are listed), or both places lie far from the roads.
    """
    progress("read the tables")
    tables = read_tables(roads.tables, own_roads=roads.own)
    places: list[pd.DataFrame] = []
    findings: list[Finding] = []
    for query in (origin, destination):
        place, problem = _find(query, tables)
        places.append(place)
        findings += [problem] if problem else []
    raise_on_errors(findings)
    ground, rule = country(tables, own_roads=roads.own), AccessRule()
    used = _roads(tables, roads, state, progress)
    both = pd.concat(places)
    findings = [*used.findings, *used.fit(both, "the two places", rule.snap_limit_km)]
    findings += [] if roads.own else _swapped(both, "route", ground, rule)
    raise_on_errors(findings)
    near, far = (_snapped(used.network, place, ground, rule) for place in places)
    for end in (near, far):
        findings += snapping_findings(end, where="route")
    return RouteAnswer(
        str(places[0].index[0]),
        str(places[1].index[0]),
        state,
        fastest(used.network, near, far, ground=ground, rule=rule),
        tuple(dict.fromkeys(findings)),
        used.attributions,
    )


def _swapped(points: pd.DataFrame, where: str, ground: Ground, rule: AccessRule) -> list[Finding]:
    """Return an error for each point far outside the country that lies in it with lat and lon swapped."""
    lat, lon = points["lat"].to_numpy(dtype=float), points["lon"].to_numpy(dtype=float)
    limit_m = rule.outside_limit_km * 1000
    far = ground.distance_outside_m(*project_metres(lat, lon)) > limit_m
    near = ground.distance_outside_m(*project_metres(lon, lat)) <= limit_m
    return [
        Finding(
            "error",
            "lat-lon-swapped",
            f"{points.index[i]}: lat {lat[i]:g} and lon {lon[i]:g} are swapped: the point lies far outside"
            " the country.",
            where=where,
            hint=f"Did you mean lat {lon[i]:g}, lon {lat[i]:g}?",
        )
        for i in np.flatnonzero(far & near).tolist()
    ]


def find_place(query: str, tables: TableSet) -> tuple[pd.DataFrame, PlaceMatch]:
    """Return the table that `query` was found in and what it matched there.

    Settlements come first; junctions, passes and other nodes of the road table count where no settlement
    bears the name.
    """
    match = match_place(query, tables.settlements)
    if match.found:
        return tables.settlements, match
    nodes = tables.road_nodes.assign(district_id="")
    at_node = match_place(query, nodes)
    return (nodes, at_node) if at_node.found else (tables.settlements, match)


def _find(query: str, tables: TableSet) -> tuple[pd.DataFrame, Finding | None]:
    """Return the one point that `query` names, labelled for people, or what is wrong with it."""
    if given := LAT_LON.fullmatch(query):
        lat, lon = float(given[1]), float(given[2])
        if abs(lat) > 90 or abs(lon) > 180:
            return _nowhere(), _problem(query, "is no latitude and longitude", "Write lat,lon in degrees.")
        return pd.DataFrame({"lat": [lat], "lon": [lon]}, index=[query.strip()]), None
    places, match = find_place(query, tables)
    if len(match.found) == 1:
        row = places.loc[[match.found[0]]]
        return row[["lat", "lon"]].set_axis([str(row["name_az"].iloc[0])]), None
    if match.found:
        names = ", ".join(place_label(places, p) for p in match.found)
        return _nowhere(), _problem(query, "names several places", f"Write one of: {names}")
    near = ", ".join(place_label(places, p) for p in match.near)
    return _nowhere(), _problem(
        query, "names no place", f"Near: {near}" if near else "Write lat,lon instead."
    )


def _nowhere() -> pd.DataFrame:
    """Return an empty table of points."""
    return pd.DataFrame({"lat": [], "lon": []})


def _problem(query: str, what: str, hint: str) -> Finding:
    """Return the finding for a query that names no single place."""
    return Finding("error", "place", f"'{query}' {what}.", hint=hint)
