"""Points -> positions on edges: the nearest acceptable road by land, with a verdict for each point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.network.access import AccessRule, Ground, Straight, straight_minutes, unproject_degrees
from geoplan.network.byland import Bases, Feet, pass_over_water
from geoplan.network.curve import curve_order
from geoplan.network.lines import HOME_DEG
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from geoplan.network.graph import RoadNetwork

VERDICTS: Final = ("accepted", "moved_component", "too_far", "outside")

FIRST_CIRCLE_M: Final = 250.0
LAST_CIRCLE_M: Final = 1e8
"""Where the nearest road is closed, the next is sought in circles from the one radius to the other."""

SHARE_DIGITS: Final = 9
"""Shares are kept to a billionth (0.03 mm on 30 km), so that equal positions are equal numbers."""


@dataclass(frozen=True)
class Snapping:
    """Where each point meets the network; one element of each array a point.

    Attributes
    ----------
    ids
        Point ids, in the order given.
    lat, lon
        Degrees, as given.
    base_x_m, base_y_m, base_lat, base_lon
        The point itself, or for a point just outside the outline the nearest point of the outline.
    extra_m
        Straight metres from the point to its base, 0 inside.
    bound
        Whether the point must stay on the land of `Ground`.
    edge, share
        Edge number (int32, -1: not snapped) and position as a share of its drawn line (0 at `edge_from`).
    foot_lat, foot_lon
        That position in degrees, nan if not snapped.
    distance_m
        Straight metres from the point to the nearest acceptable road, extra piece included; nan if unknown.
    leg_km, out_minutes, in_minutes
        The off-road leg: kilometres, minutes to the road and minutes from it; inf if not snapped.
    verdict
        One of `VERDICTS`; the first two are snapped.
    road_id, road_name, road_class, component_nodes, component_share, note
        What `snapping_table` shows: the road, nodes of its component and share of all road kilometres.
    """

    ids: tuple[str, ...]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    base_x_m: NDArray[np.float64]
    base_y_m: NDArray[np.float64]
    base_lat: NDArray[np.float64]
    base_lon: NDArray[np.float64]
    extra_m: NDArray[np.float64]
    bound: NDArray[np.bool_]
    edge: NDArray[np.int32]
    share: NDArray[np.float64]
    foot_lat: NDArray[np.float64]
    foot_lon: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    leg_km: NDArray[np.float64]
    out_minutes: NDArray[np.float64]
    in_minutes: NDArray[np.float64]
    verdict: NDArray[np.object_]
    road_id: NDArray[np.object_]
    road_name: NDArray[np.object_]
    road_class: NDArray[np.object_]
    component_nodes: NDArray[np.int32]
    component_share: NDArray[np.float64]
    note: NDArray[np.object_]

    @property
    def snapped(self) -> NDArray[np.bool_]:
        """Whether each point meets the network."""
        return self.edge >= 0

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.ids)


@dataclass(frozen=True)
class _Search:
    """A finished search: the points, where they met the network and by which rules."""

    network: RoadNetwork
    ids: tuple[str, ...]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    bases: Bases
    feet: Feet
    snapped: NDArray[np.bool_]
    moved: NDArray[np.int64]
    ground: Ground
    rule: AccessRule


def snap_points(
    network: RoadNetwork,
    ids: Sequence[str],
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    ground: Ground | None = None,
    rule: AccessRule | None = None,
) -> Snapping:
    """Return where each point meets the nearest acceptable edge that it reaches by land.

    The nearest position on the drawn line in `CRS_METRES`; equally near edges go to the smaller road id.
    An edge is acceptable if both its nodes lie in one acceptable strongly connected component, so that a
    point can always be left and come back to. A straight leg that leaves `ground` passes to the next
    position; a point outside the outline is measured from the nearest point of the outline.

    Parameters
    ----------
    ids, lat, lon
        Unique ids and degrees, one a point.
    """
    rule = rule or AccessRule()
    ground = ground or Ground()
    if network.centre_deg != HOME_DEG:
        ground = replace(ground, outline=None)  # the outline of this country binds nobody elsewhere
    lat_deg, lon_deg = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    bases = _bases((lat_deg, lon_deg), network.centre_deg, ground, rule)
    feet = _nearest(network, bases)
    pass_over_water(network, bases, feet, ground, rule)
    distance_m = feet.distance_m + bases.extra_m
    distance_m[bases.outside] = np.nan
    snapped = distance_m <= rule.snap_limit_km * 1000
    moved = _moved(network, bases, np.where(snapped, feet.distance_m, rule.snap_limit_km * 1000))
    return _written(_Search(network, tuple(ids), lat_deg, lon_deg, bases, feet, snapped, moved, ground, rule))


def _bases(
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    centre_deg: tuple[float, float],
    ground: Ground,
    rule: AccessRule,
) -> Bases:
    """Return the points, those just outside the outline moved onto it."""
    x_m, y_m = project_metres(*places, centre_deg=centre_deg)
    lat, lon = places[0].copy(), places[1].copy()
    outside_m = ground.distance_outside_m(x_m, y_m)
    bound = np.full(len(lat), ground.outline is not None)
    if ground.outside_is_free:
        bound &= outside_m == 0
        outside_m = np.zeros(len(lat))
    outside = outside_m > rule.outside_limit_km * 1000
    near = (outside_m > 0) & ~outside
    if near.any():
        x_m[near], y_m[near] = ground.nearest_inside_m(x_m[near], y_m[near])
        lat[near], lon[near] = unproject_degrees(x_m[near], y_m[near])
    return Bases(x_m, y_m, lat, lon, np.where(near, outside_m, 0.0), bound, outside)


def _nearest(network: RoadNetwork, bases: Bases) -> Feet:
    """Return the nearest position on any acceptable edge, whatever lies between."""
    count = len(bases.x_m)
    feet = Feet(
        edge=np.full(count, -1, dtype=np.int64),
        share=np.full(count, np.nan),
        x_m=np.full(count, np.nan),
        y_m=np.full(count, np.nan),
        distance_m=np.full(count, np.inf),
        passed_over=np.zeros(count, dtype=bool),
    )
    points = np.asarray(shapely.points(bases.x_m, bases.y_m))
    edge = _nearest_edge(network, points)
    near = edge >= 0
    points, edge = points[near], edge[near]
    lines = network.lines.shapes[edge]
    along_m = shapely.line_locate_point(lines, points)
    length_m = network.lines.length_m[edge]
    feet.edge[near] = edge
    feet.share[near] = along_m / np.where(length_m > 0, length_m, 1.0)
    feet.x_m[near], feet.y_m[near] = network.lines.at_m(edge, feet.share[near])
    feet.distance_m[near] = np.hypot(bases.x_m[near] - feet.x_m[near], bases.y_m[near] - feet.y_m[near])
    return feet


def _nearest_edge(network: RoadNetwork, points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the nearest acceptable edge of each point (of equally near ones the first), -1: there is none.

    The tree may hold edges that a what-if has closed since; these are passed over.
    """
    tree, edges = network.trees[0]
    found = np.full(len(points), -1, dtype=np.int64)
    if not len(edges) or not len(points):
        return found
    order = curve_order(shapely.get_x(points), shapely.get_y(points))  # neighbours find the tree in the cache
    point, item = tree.query_nearest(points[order], all_matches=True)
    point = order[point]
    missed = np.unique(point[network.edge_closed[edges[item]]])
    found[:] = len(network.road_ids)
    np.minimum.at(found, point, edges[item])
    if len(missed):
        found[missed] = _nearest_open(network, points[missed])
    return found


def _nearest_open(network: RoadNetwork, points: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the same for points whose nearest edge is closed: within circles that grow."""
    tree, edges = network.trees[0]
    found = np.full(len(points), -1, dtype=np.int64)
    radius_m = FIRST_CIRCLE_M
    while radius_m <= LAST_CIRCLE_M and (found < 0).any():
        waiting = np.flatnonzero(found < 0)
        point, item = tree.query(points[waiting], predicate="dwithin", distance=radius_m)
        open_ = ~network.edge_closed[edges[item]]
        point, edge = waiting[point[open_]], edges[item[open_]]
        apart_m = shapely.distance(network.lines.shapes[edge], points[point])
        order = np.lexsort((edge, apart_m, point))
        first = np.unique(point[order], return_index=True)[1]
        found[point[order][first]] = edge[order][first]
        radius_m *= 4
    return found


def _moved(network: RoadNetwork, bases: Bases, distance_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the unacceptable edge that lies nearer than `distance_m`, -1 where none does."""
    moved = np.full(len(distance_m), -1, dtype=np.int64)
    tree, edges = network.trees[1]
    if not len(edges) or not len(distance_m):
        return moved
    points = np.asarray(shapely.points(bases.x_m, bases.y_m))
    point, item = tree.query(points, predicate="dwithin", distance=distance_m)
    edge = edges[item]
    apart_m = shapely.distance(network.lines.shapes[edge], points[point])
    nearer = apart_m < distance_m[point] - 1e-6
    point, edge, apart_m = point[nearer], edge[nearer], apart_m[nearer]
    order = np.lexsort((edge, apart_m, point))[::-1]
    moved[point[order]] = edge[order]  # of several the last written, the nearest, stays
    moved[bases.outside] = -1
    return moved


def _written(search: _Search) -> Snapping:
    """Return the `Snapping` of a finished search."""
    network, bases, feet, snapped = search.network, search.bases, search.feet, search.snapped
    edge = np.where(snapped, feet.edge, -1).astype(np.int32)
    share = np.where(snapped, np.round(np.clip(feet.share, 0.0, 1.0), SHARE_DIGITS), np.nan)
    foot_lat, foot_lon = np.full(len(edge), np.nan), np.full(len(edge), np.nan)
    foot_lat[snapped], foot_lon[snapped] = network.lines.at(edge[snapped], share[snapped])
    distance_m = feet.distance_m + bases.extra_m
    distance_m[bases.outside | ~np.isfinite(distance_m)] = np.nan
    out_minutes, in_minutes = _leg_minutes(search, foot_lat, foot_lon)
    cases = [bases.outside, ~snapped, search.moved >= 0]
    verdict = np.select(cases, ["outside", "too_far", "moved_component"], "accepted").astype(object)
    shown = np.where(snapped, edge, 0)
    component = _pick(network.edge_component, shown).astype(np.int32)
    total_km = max(network.open_km, 1e-9)
    return Snapping(
        ids=search.ids,
        lat=search.lat,
        lon=search.lon,
        base_x_m=bases.x_m,
        base_y_m=bases.y_m,
        base_lat=bases.lat,
        base_lon=bases.lon,
        extra_m=bases.extra_m,
        bound=bases.bound,
        edge=edge,
        share=share,
        foot_lat=foot_lat,
        foot_lon=foot_lon,
        distance_m=distance_m,
        leg_km=np.where(snapped, search.rule.leg_km(distance_m), np.inf),
        out_minutes=out_minutes,
        in_minutes=in_minutes,
        verdict=verdict,
        road_id=_where(snapped, network.road_ids, shown),
        road_name=_where(snapped, network.road_name, shown),
        road_class=_where(snapped, network.road_class, shown),
        component_nodes=np.where(snapped, _pick(network.component_nodes, component), 0).astype(np.int32),
        component_share=np.where(snapped, _pick(network.component_km, component) / total_km, 0.0),
        note=_notes(search),
    )


def _where(
    known: NDArray[np.bool_], values: NDArray[np.object_], number: NDArray[Any]
) -> NDArray[np.object_]:
    """Return `values[number]`, `""` where not known."""
    return np.where(known, _pick(values, number), "").astype(object)


def _pick(values: NDArray[Any], number: NDArray[Any]) -> NDArray[Any]:
    """Return `values[number]`, zeros if there are no values at all."""
    return values[number] if len(values) else np.zeros(len(number))


def _leg_minutes(
    search: _Search, foot_lat: NDArray[np.float64], foot_lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes to the road and from it, infinite where not snapped."""
    bases, feet, rule, s = search.bases, search.feet, search.rule, search.snapped
    out_minutes, in_minutes = np.full(len(s), np.inf), np.full(len(s), np.inf)
    offset_km = np.zeros(int(s.sum()))
    leg = Straight(bases.lat[s], bases.lon[s], foot_lat[s], foot_lon[s], feet.distance_m[s], offset_km)
    out_minutes[s], in_minutes[s] = straight_minutes(leg, ground=search.ground, rule=rule)
    e = s & (bases.extra_m > 0)
    offset_km = rule.leg_km(feet.distance_m[e])
    extra = Straight(search.lat[e], search.lon[e], bases.lat[e], bases.lon[e], bases.extra_m[e], offset_km)
    out_extra, in_extra = straight_minutes(extra, ground=search.ground, rule=rule)
    out_minutes[e] += out_extra
    in_minutes[e] += in_extra
    return out_minutes, in_minutes


def _notes(search: _Search) -> NDArray[np.object_]:
    """Return one sentence a point where something is worth saying, else an empty string."""
    bases, moved = search.bases, search.moved
    note = np.full(len(moved), "", dtype=object)
    for i in np.flatnonzero(bases.outside | ~search.snapped | (moved >= 0) | (bases.extra_m > 0)):
        note[i] = "; ".join(_remarks(search, int(i)))
    for i in np.flatnonzero(search.feet.passed_over & ~bases.outside):
        across = "a nearer road lies across water or the border"
        note[i] = f"{note[i]}; {across}" if note[i] else across
    return note


def _remarks(search: _Search, i: int) -> list[str]:
    """Return what is worth saying of point `i`, save for water."""
    bases, rule = search.bases, search.rule
    remarks = []
    if bases.outside[i]:
        remarks.append(f"more than {rule.outside_limit_km:g} km outside the country")
    elif not search.snapped[i]:
        remarks.append(f"no acceptable road within {rule.snap_limit_km:g} km by land")
    if bases.extra_m[i] > 0:
        remarks.append(
            f"{bases.extra_m[i] / 1000:.1f} km outside the outline, measured from its nearest point"
        )
    if search.moved[i] >= 0:
        island = search.network.road_ids[search.moved[i]]
        remarks.append(f"nearer road '{island}' belongs to an island of the network")
    return remarks


def snapping_table(
    snapping: Snapping, *, point_kind: str | NDArray[np.object_] | None = None
) -> pd.DataFrame:
    """Return one row a point: where it met the network and why there.

    Columns `point_id, point_kind` (if given)`, snap_m, road_id, road_name, road_class, component_nodes,
    component_share, verdict, note`; `snap_m` is straight, without the detour factor.
    """
    columns: dict[str, Any] = {"point_id": np.asarray(snapping.ids, dtype=object)}
    if point_kind is not None:
        columns["point_kind"] = point_kind
    columns |= {
        "snap_m": np.round(snapping.distance_m, 1),
        "road_id": snapping.road_id,
        "road_name": snapping.road_name,
        "road_class": snapping.road_class,
        "component_nodes": snapping.component_nodes,
        "component_share": np.round(snapping.component_share, 4),
        "verdict": snapping.verdict,
        "note": snapping.note,
    }
    return pd.DataFrame(columns)


def snapping_findings(snapping: Snapping, *, where: str) -> list[Finding]:
    """Return one warning for each point that is not snapped or was moved off an island of the network.

    Parameters
    ----------
    where
        The table that the points come from, e.g. `facilities.csv`.
    """
    hints = {
        "moved_component": "Check the roads near the point: are they joined to the rest on the ground?",
        "too_far": "It reaches nothing. Check its coordinates, or add the road to it.",
        "outside": "It reaches nothing. Check its coordinates.",
    }
    findings = []
    for i in np.flatnonzero(snapping.verdict != "accepted"):
        verdict = str(snapping.verdict[i])
        findings.append(
            Finding("warning", f"snap-{verdict.replace('_', '-')}", f"{snapping.ids[i]}: {snapping.note[i]}.",
                    f"{where}: {snapping.ids[i]}:lat", hints[verdict], (("point", snapping.ids[i]),))
        )  # fmt: skip
    return findings
