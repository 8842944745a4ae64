"""Checks of roads on the map: lengths, drawn lines against nodes and country, facilities cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding
from geoplan.tables.check_places import OUTSIDE_LIMIT_KM, in_metres
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.errors import Severity
    from geoplan.tables.check_places import Country
    from geoplan.tables.parse import Rows

    Tables = Mapping[str, Rows]
    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]

END_LIMIT_KM: Final = 1.0
"""A road's drawn line that ends farther than this from its node gets a warning."""

END_ERROR_SHARE: Final = 0.2
END_ERROR_KM: Final = (2.0, 5.0)
"""A line that ends farther from its node than this share of the road's length, but at least and at most so
many kilometres, is an error: places would snap to a road that is not there."""

DETOUR_LIMIT: Final = 2.0
DETOUR_SLACK_KM: Final = 10.0
"""A line longer than this multiple of the road's length, and by more than so many kilometres, has a wrong
vertex."""

LENGTH_SLACK: Final = 1.02
"""A road may be this much shorter than the straight line or its drawn line: positions are rounded."""

COMPONENT_SHARE: Final = 0.01
COMPONENT_NODES: Final = 3
"""A part of the road graph is isolated if it has less than this share of all kilometres or fewer nodes: the
rule of `geoplan.network.graph`, here for roads of any year and direction (a test holds the two together)."""


def check_road_places(tables: Tables, country: Country | None, *, own_roads: bool = False) -> list[Finding]:
    """Return all that is wrong with the roads on the map.

    With `own_roads` they may lie anywhere and need not serve the facilities.
    """
    if "roads" not in tables or "road_nodes" not in tables:
        return []
    roads, nodes = tables["roads"], tables["road_nodes"]
    findings = check_roads(roads, nodes, country=None if own_roads else country)
    if "facilities" in tables and not own_roads:
        findings += check_isolated(tables["facilities"], roads, nodes)
    return findings


def check_roads(roads: Rows, nodes: Rows, *, country: Country | None = None) -> list[Finding]:
    """Return what is wrong with each road: no length, a loop, too short, a line that is not where it should.

    One finding a road, the gravest; with a `country` the drawn lines must keep to it, and a node far outside
    is not held against the roads that lead there: it is reported itself.
    """
    frame = roads.frame
    ends = road_ends(roads, nodes)
    lines = road_lines(roads, ends)
    ends = (_near(ends[0], country), _near(ends[1], country))
    straight_km = np.hypot(*(ends[1] - ends[0]).T) / 1000
    drawn_km = shapely.length(lines) / 1000
    found = _line_ends(roads, lines, *ends) | _outside_vertices(roads, lines, country)
    findings = []
    for i, (length, a, b) in enumerate(zip(frame["length_km"], frame["from"], frame["to"], strict=True)):
        if length == 0 or (a == b and a) or drawn_km[i] == 0:
            findings.append(_no_length(roads, i, float(length), same=bool(a == b and a)))
        elif i in found:
            findings.append(found[i])
        elif length * LENGTH_SLACK < straight_km[i]:
            message = f"length_km {length:g} is less than the straight line ({straight_km[i]:.1f} km)."
            hint = "Correct the length or the position of a node."
            where = roads.where(i, "length_km")
            findings.append(Finding("warning", "shorter-than-straight", message, where=where, hint=hint))
        elif length * LENGTH_SLACK < drawn_km[i]:
            findings.append(_shorter_than_line(roads, i, float(length), float(drawn_km[i])))
    return findings


def _near(points: Floats, country: Country | None) -> Floats:
    """Return the points in metres, NaN where they lie far outside the country."""
    if country is None:
        return points
    return np.where((_outside_km(points, country) <= OUTSIDE_LIMIT_KM)[:, None], points, np.nan)


def _outside_km(points: Floats, country: Country) -> Floats:
    """Return how far points in metres lie outside the country, 0 inside, infinite for no point at all."""
    away_km = np.full(len(points), np.inf)
    known = np.isfinite(points).all(axis=1)
    away_km[known & shapely.intersects_xy(country.outline, *points.T)] = 0.0
    out = known & (away_km > 0)
    away_km[out] = shapely.distance(country.outline, shapely.points(points[out])) / 1000
    return away_km


def _shorter_than_line(roads: Rows, i: int, length_km: float, drawn_km: float) -> Finding:
    """Return the finding for a road shorter than its line; an error where the line must be wrong."""
    message = f"length_km {length_km:g} is less than the drawn line ({drawn_km:.1f} km)."
    if drawn_km > DETOUR_LIMIT * length_km and drawn_km > length_km + DETOUR_SLACK_KM:
        hint = "Correct the length, or the point of the line that lies far off ('lon lat', longitude first)."
        return Finding("error", "line-too-long", message, where=roads.where(i, "geometry"), hint=hint)
    hint = "The table's length counts. Correct it or the line."
    return Finding("warning", "shorter-than-line", message, where=roads.where(i, "length_km"), hint=hint)


def _outside_vertices(roads: Rows, lines: Shapes, country: Country | None) -> dict[int, Finding]:
    """Return, by road, the error for a drawn line with a point far outside the country."""
    if country is None:
        return {}
    drawn = (roads.frame["geometry"] != "").to_numpy() & ~shapely.is_missing(lines)
    number = np.flatnonzero(drawn)
    points, line = shapely.get_coordinates(lines[number], return_index=True)
    away_km = _outside_km(points, country)
    found: dict[int, Finding] = {}
    for i in np.unique(line[away_km > OUTSIDE_LIMIT_KM]).tolist():
        own = away_km[line == i]
        worst = int(np.argmax(own))
        row = int(number[i])
        found[row] = _far_vertex(roads, row, worst, float(own[worst]))
    return found


def _far_vertex(roads: Rows, row: int, vertex: int, away_km: float) -> Finding:
    """Return the error for a point of a drawn line, numbered from 0, that lies far outside the country."""
    lon, lat = shapely.get_coordinates(shapely.from_wkt(roads.frame["geometry"].iloc[row]))[vertex]
    message = f"point {vertex + 1} of the line ({lon:g} {lat:g}) lies {away_km:,.1f} km outside the country."
    hint = "Correct it; longitude comes first."
    return Finding("error", "line-outside-country", message, where=roads.where(row, "geometry"), hint=hint)


def road_lines(roads: Rows, ends: tuple[Floats, Floats]) -> Shapes:
    """Return the lines in metres: drawn, else straight between the ends, None where an end is unknown."""
    cells = roads.frame["geometry"].to_numpy(dtype=object)
    lines = np.asarray(in_metres(shapely.from_wkt([cell or None for cell in cells])), dtype=object)
    straight = np.stack(ends, axis=1)
    bare = shapely.is_missing(lines) & np.isfinite(straight).all(axis=(1, 2))
    lines[bare] = shapely.linestrings(straight[bare])
    return lines


def road_ends(roads: Rows, nodes: Rows) -> tuple[Floats, Floats]:
    """Return positions in metres, (n, 2), of both ends of each road; NaN where a node is unknown."""
    points = nodes.frame.drop_duplicates("node_id").set_index("node_id")
    begin, end = (_node_metres(roads.frame[side], points) for side in ("from", "to"))
    return begin, end


def _node_metres(ids: Any, points: Any) -> Floats:
    """Return (n, 2) positions in metres of node ids, NaN where unknown."""
    lat, lon = (ids.map(points[c]).to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    return np.column_stack(project_metres(lat, lon))


def _no_length(roads: Rows, i: int, length_km: float, *, same: bool) -> Finding:
    """Return the error for a road that has no length or goes nowhere."""
    if same:
        message, hint = (
            "the road begins and ends at the same node.",
            "Correct 'from' or 'to', or take it out.",
        )
        return Finding("error", "loop-road", message, where=roads.where(i, "to"), hint=hint)
    column = "length_km" if length_km == 0 else "geometry"
    message = "the road has no length."
    hint = "Write its length in kilometres." if length_km == 0 else "Draw a line with two different points."
    return Finding("error", "zero-length", message, where=roads.where(i, column), hint=hint)


def _line_ends(roads: Rows, lines: Shapes, begin: Floats, end: Floats) -> dict[int, Finding]:
    """Return, by road, what is wrong with a drawn line that does not begin at `from` and end at `to`."""
    first, last = (
        np.column_stack([shapely.get_x(p), shapely.get_y(p)])
        for p in (shapely.get_point(lines, 0), shapely.get_point(lines, -1))
    )
    as_drawn = np.maximum(_gap_km(first, begin), _gap_km(last, end))
    turned = np.maximum(_gap_km(first, end), _gap_km(last, begin))
    length_km = roads.frame["length_km"].fillna(0.0).to_numpy(dtype=np.float64)
    limit_km = np.clip(END_ERROR_SHARE * length_km, *END_ERROR_KM)
    found = {}
    for i in np.flatnonzero(as_drawn > END_LIMIT_KM).tolist():
        where = roads.where(i, "geometry")
        if turned[i] <= END_LIMIT_KM:
            message, hint = "the line runs from 'to' to 'from'.", "Swap 'from' and 'to', or turn the line."
            found[i] = Finding("error", "line-reversed", message, where=where, hint=hint)
        else:
            message = f"the line ends {as_drawn[i]:,.1f} km away from its node."
            hint = "Let the line begin at 'from' and end at 'to'; longitude comes before latitude."
            severity: Severity = "error" if as_drawn[i] > limit_km[i] else "warning"
            found[i] = Finding(severity, "line-misses-node", message, where=where, hint=hint)
    return found


def _gap_km(a: Floats, b: Floats) -> Floats:
    """Return distances in km between points, 0 where one is unknown."""
    return np.asarray(np.nan_to_num(np.hypot(*(a - b).T) / 1000), dtype=np.float64)


def check_isolated(facilities: Rows, roads: Rows, nodes: Rows) -> list[Finding]:
    """Return an error for each facility whose nearest road is cut off from the rest of the graph."""
    lines = road_lines(roads, road_ends(roads, nodes))
    drawn = np.flatnonzero(~shapely.is_missing(lines))
    lat, lon = (facilities.frame[c].to_numpy(dtype=np.float64) for c in ("lat", "lon"))
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if not len(drawn) or not len(known):
        return []
    size, share = components(roads.frame)
    points = shapely.points(*project_metres(lat[known], lon[known]))
    nearest = drawn[shapely.STRtree(lines[drawn]).nearest(points)]
    hint = "Join that road to the network by adding the missing road, or correct the facility's position."
    findings = []
    for i, road in zip(known.tolist(), nearest.tolist(), strict=True):
        if size[road] < COMPONENT_NODES or share[road] < COMPONENT_SHARE:
            name = f"'{roads.frame['road_id'].iloc[road]}' ({roads.places[road]})"
            message = f"its nearest road {name} is cut off: it is joined to {size[road]} nodes only."
            where = facilities.where(i, "lat")
            findings.append(Finding("error", "isolated-facility", message, where=where, hint=hint))
    return findings


def components(roads: pd.DataFrame) -> tuple[NDArray[np.int64], Floats]:
    """Return, for each road, how many nodes its part of the graph has, and that part's share of all km."""
    names = np.unique(np.concatenate([roads["from"].to_numpy(dtype=str), roads["to"].to_numpy(dtype=str)]))
    begin, end = (np.searchsorted(names, roads[side].to_numpy(dtype=str)) for side in ("from", "to"))
    graph = coo_array((np.ones(len(roads)), (begin, end)), shape=(len(names), len(names)))
    _, label = connected_components(graph, directed=False)
    length_km = roads["length_km"].fillna(0.0).to_numpy(dtype=np.float64)
    km = np.bincount(label[begin], weights=length_km, minlength=int(label.max()) + 1)
    total_km = max(float(km.sum()), 1e-9)
    return np.bincount(label)[label[begin]].astype(np.int64), km[label[begin]] / total_km
