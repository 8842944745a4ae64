"""The border repair: give every settlement back to its own district by small lobes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from planar import Units, parts, polygonal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry as Geometry

OUTSIDE_LIMIT_KM = 1.0  # the outer border may move by this much, on coast and river
OUTSIDE_MARGIN_KM = 0.05
LOBE_RADIUS_KM = {"city": 1.2, "settlement": 0.9, "village": 0.7}
GUARD_RADIUS_KM = 0.6  # kept by the giver around each of its own settlements
SMOOTH_KM = 1.5  # lobes nearer to each other than twice this are joined
HORN_HALF_WIDTH_KM = 0.7  # a horn narrower than twice this, left beside a lobe, goes with it
HORN_KM2 = 0.2
HORN_REACH_KM = 2.5
SCRAP_KM2 = 8.0  # a piece cut off from its district up to this size goes with the lobe


class RepairError(RuntimeError):
    """The repair would break one of its own rules."""


@dataclass(frozen=True)
class Place:
    """A settlement in the working plane (km)."""

    settlement_id: str
    district_id: str
    kind: str
    point: Geometry


def misplaced(units: Mapping[str, Geometry], places: Sequence[Place]) -> list[Place]:
    """Return the places that do not lie inside their own unit, by id."""
    ordered = sorted(places, key=lambda p: p.settlement_id)
    return [p for p in ordered if not units[p.district_id].contains(p.point)]


def lobe(place: Place, *, unit: Geometry, outline: Geometry) -> Geometry:
    """
    Return the shape that joins a place to its unit: the hull of a disc there and a wider one at the border.

    Outside the country the lobe is cut at the distance that the outer border may move. The lobe overlaps its
    unit, so that joining the two never leaves a hair between them.
    """
    radius_km = LOBE_RADIUS_KM[place.kind]
    near = shapely.get_point(shapely.shortest_line(place.point, unit), -1)
    base_km = max(radius_km, 0.7 * place.point.distance(unit))
    discs = [place.point.buffer(radius_km), near.buffer(base_km)]
    shape = shapely.convex_hull(shapely.union_all(discs))
    if outline.contains(place.point):
        return shape.intersection(outline)
    return shape.intersection(outline.buffer(OUTSIDE_LIMIT_KM - OUTSIDE_MARGIN_KM))


def repair(units: Mapping[str, Geometry], places: Sequence[Place], *, excepted: frozenset[str]) -> Units:
    """
    Return the units with every misplaced place joined to its own unit, save the excepted ones.

    Units are taken in turn (by id); their lobes are joined where they nearly touch, the giver keeps a disc
    around each of its own places, and a scrap or narrow horn that a lobe leaves goes with it.

    Raises
    ------
    RepairError
        When a lobe would detach a large piece of a unit.
    """
    outline = polygonal(shapely.union_all(list(units.values())))
    todo = [p for p in misplaced(units, places) if p.settlement_id not in excepted]
    current: Units = dict(units)
    for taker in sorted({p.district_id for p in todo}):
        unit = current[taker]
        lobes = [lobe(p, unit=unit, outline=outline) for p in todo if p.district_id == taker]
        claim = _joined(unit, lobes, outline=outline)
        guards = [p.point.buffer(_guard_km(p, todo)) for p in places if p.district_id != taker]
        claim = claim.difference(shapely.union_all(guards))
        others = [current[key] for key in sorted(current) if key != taker]
        claim = shapely.union_all([claim, *_horns(claim, others, guards=guards)])
        current = _give(current, claim, taker=taker)
    return current


def _guard_km(place: Place, todo: Sequence[Place]) -> float:
    """Return the guard radius: at most half the way to the nearest place that is to be given back."""
    ways_km = [place.point.distance(p.point) for p in todo if p.district_id != place.district_id]
    return min([GUARD_RADIUS_KM, *(way / 2 for way in ways_km)])


def _joined(unit: Geometry, lobes: Sequence[Geometry], *, outline: Geometry) -> Geometry:
    """Return the lobes as one smooth claim: the corners between lobes and border are filled."""
    whole = shapely.union_all(lobes)
    closed = shapely.union_all([unit, whole]).buffer(SMOOTH_KM).buffer(-SMOOTH_KM)
    fill = closed.intersection(whole.buffer(SMOOTH_KM)).intersection(outline)
    return shapely.union_all([whole, fill])


def _horns(claim: Geometry, others: Sequence[Geometry], *, guards: Sequence[Geometry]) -> list[Geometry]:
    """Return the narrow horns that the claim would leave of other units, save those that hold a place."""
    kept, out = shapely.union_all(guards), []
    for rest in (unit.difference(claim) for unit in others if unit.intersects(claim)):
        open_part = rest.buffer(-HORN_HALF_WIDTH_KM).buffer(1.1 * HORN_HALF_WIDTH_KM)
        narrow = parts(rest.difference(open_part).intersection(claim.buffer(HORN_REACH_KM)))
        near = shapely.union_all([rest, claim])
        beside = [h for h in narrow if h.area > HORN_KM2 and h.distance(claim) < 0.05]
        horns = [h.buffer(0.06).intersection(near) for h in beside]
        out += [h for h in horns if not h.intersects(kept) and not _splits(rest, h)]
    return out


def _splits(unit: Geometry, piece: Geometry) -> bool:
    return len(parts(unit.difference(piece))) > len(parts(unit))


def _give(units: Units, claim: Geometry, *, taker: str) -> Units:
    """Return the units after the taker got the claim, scraps included."""
    out = dict(units)
    taken = [claim]
    for giver in sorted(units):
        if giver == taker or not units[giver].intersects(claim):
            continue
        pieces = [parts(part.difference(claim)) for part in parts(units[giver])]
        scraps = [scrap for piece in pieces for scrap in piece[1:]]
        if any(scrap.area > SCRAP_KM2 for scrap in scraps):
            raise RepairError(f"{taker} would cut {giver} in two")
        out[giver] = shapely.union_all([piece[0] for piece in pieces if piece])
        taken += scraps
    grown = parts(shapely.union_all([units[taker], *taken]))
    out[taker] = shapely.union_all(grown[: len(parts(units[taker]))])
    if len(grown) > len(parts(units[taker])):
        lost = sum(part.area for part in grown[len(parts(units[taker])) :])
        raise RepairError(f"{taker} would gain a detached part of {lost:.3f} km2")
    return out
