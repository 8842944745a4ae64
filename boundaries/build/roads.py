"""Make the shipped road graph from the two authored tables: check them, lay the lines, set the lengths.

Run from the repository: `python boundaries/build/roads.py` writes `road_nodes.csv` and `roads.csv`;
`--check` judges the shipped files instead; `--modelled` prints modelled beside sourced lengths, and how the
length model does on each project when it is set on the others.

Lengths: an authored length stands (road projects); the edges of a road of `road_lengths.csv` share its
sourced length; every other edge is modelled (`roads_terrain`).

Class in the authored tables: motorway for dual roads without level crossings, trunk for M roads of four lanes
and for the new M3 that passes no town, primary for two-lane M roads and for R roads, secondary and tertiary
for the rest. Every line is drawn by judgement between places of known position: geometry is `assumed`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from roads_check import problems
from roads_lengths import Share, judge, read_lengths, shares
from roads_terrain import (
    LENGTHS,
    MAX_SPACING_KM,
    MOUNTAIN_SLOPE,
    LengthModel,
    Terrain,
    climb_m_per_km,
    densify,
    distances_km,
    least_cost_line,
    mean_slope,
    read_terrain,
    road_km,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

BOUNDARIES = Path(__file__).resolve().parent.parent
PARTS = ("national", "liberated")
NODE_COLUMNS = ("node_id", "name_az", "name_en", "name_ru", "kind", "lat", "lon", "source", "confidence")
ROAD_COLUMNS = (
    "road_id", "name", "from", "to", "ref", "class", "surface", "lanes", "length_km", "speed_kmh", "oneway",
    "status", "open_from", "open_until", "closed_in_winter", "tunnel", "via", "geometry",
    "geometry_confidence", "source", "confidence", "climb_m_per_km",
)  # fmt: skip
LENGTH_NOTES = {
    "sourced": "length: sourced",
    "own": "length: own knowledge (assumed)",
    "modelled": "length: drawn line x terrain rule (assumed)",
}
SHORT_LEG_KM = 3.0  # shorter legs lie within three cells of the grid: nothing to gain

Row = dict[str, str]


class AuthoredTableError(ValueError):
    """The authored tables contradict themselves; the message lists every finding."""


@dataclass(frozen=True)
class Line:
    """One authored line, drawn."""

    row: Row
    points: np.ndarray  # (n, 2) lon, lat, 5 decimals
    legs: tuple[np.ndarray, ...]  # as laid, before they are cut and rounded
    modelled_km: float


def read_rows(folder: Path, stem: str) -> list[Row]:
    """Rows of both authored files of one kind; a part that is not there yet is left out."""
    rows: list[Row] = []
    for part in PARTS:
        path = folder / f"{stem}_{part}.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as stream:
                rows.extend(
                    {key: (value or "").strip() for key, value in row.items()}
                    for row in csv.DictReader(stream)
                )
    return rows


def check_authored(nodes: list[Row], lines: list[Row]) -> None:
    """Raise AuthoredTableError for duplicate or isolated nodes, unknown ends and lines of no length."""
    counts = Counter(row["node_id"] for row in nodes)
    used = {line[end] for line in lines for end in ("from", "to")}
    found = [f"duplicate node: {key}" for key, count in sorted(counts.items()) if count > 1]
    found += [f"node without a road: {key}" for key in sorted(counts) if key not in used]
    for line in lines:
        ends = f"{line['from']} - {line['to']}"
        found += [f"unknown node {line[end]}: {ends}" for end in ("from", "to") if line[end] not in counts]
        if line["from"] == line["to"]:
            found.append(f"a line from a node to itself: {ends}")
        if line["length_km"] and not float(line["length_km"]) > 0:
            found.append(f"length not positive: {ends}")
    if found:
        raise AuthoredTableError("\n".join(found))


def waypoints(line: Row, places: dict[str, tuple[float, float]]) -> np.ndarray:
    """Return ends and authored waypoints of a line in order, (n, 2) lon, lat."""
    via = [tuple(map(float, item.split())) for item in line["via"].split(";") if item.strip()]
    chain = [places[line["from"]], *via, places[line["to"]]]
    return np.array([(lon, lat) for lat, lon in chain])


def alignment_class(line: Row) -> str:
    """Class by which a road is aligned: an M road bends like a trunk road even where it has two lanes."""
    return "trunk" if line["ref"].startswith("M") and line["class"] == "primary" else line["class"]


def modelled_km(
    terrain: Terrain, line: Row, legs: Iterable[np.ndarray], *, model: LengthModel = LENGTHS
) -> float:
    """Length of a line by the length model."""
    road_class, climb = alignment_class(line), line["tunnel"] != "true"
    return sum(road_km(terrain, leg, road_class=road_class, climb=climb, model=model) for leg in legs)


def draw(terrain: Terrain, line: Row, places: dict[str, tuple[float, float]]) -> Line:
    """Lay one line: legs straight in the plain, along the terrain in the mountains, tunnels straight."""
    chain = waypoints(line, places)
    tunnel = line["tunnel"] == "true"
    legs, laid = [chain[:1]], []
    for start, end in pairwise(chain):
        leg = np.vstack([start, end])
        mountain = mean_slope(terrain, leg) >= MOUNTAIN_SLOPE
        if mountain and not tunnel and distances_km(leg)[0] >= SHORT_LEG_KM:
            leg = least_cost_line(terrain, leg)
        laid.append(leg)
        if mountain:
            leg = densify(leg, spacing_km=MAX_SPACING_KM)
        leg = np.round(leg, 5)
        legs.append(leg[1:])
    return Line(line, np.vstack(legs), tuple(laid), modelled_km(terrain, line, laid))


def road_ids(lines: list[Row]) -> list[str]:
    """Ids `<ref or x>-<from>-<to>`; parallel roads of one pair get -2, -3 in order of opening and name."""
    order = sorted(
        range(len(lines)), key=lambda i: (lines[i]["open_from"], lines[i]["name"], lines[i]["via"])
    )
    seen: Counter[str] = Counter()
    ids = [""] * len(lines)
    for i in order:
        line = lines[i]
        stem = f"{line['ref'].lower() or 'x'}-{line['from']}-{line['to']}"
        seen[stem] += 1
        ids[i] = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
    return ids


def length_basis(row: Row) -> str:
    """Tell where a length comes from: a source, own knowledge, or the drawn line and the terrain rule."""
    if not row["length_km"]:
        return "modelled"
    return "own" if row["source"].startswith("own knowledge") else "sourced"


def road_row(road_id: str, line: Line, share: Share | None, terrain: Terrain) -> Row:
    """Make the shipped row: authored, else its share of a sourced road, else modelled; tunnels are level."""
    km = float(line.row["length_km"]) if line.row["length_km"] else line.modelled_km
    note = LENGTH_NOTES[length_basis(line.row)]
    if share is not None:
        km, note = share.km, f"length: share of {share.road_km:g} km {share.road} ({share.source})"
    text = ", ".join(f"{lon:.5f} {lat:.5f}" for lon, lat in line.points)
    climb = climb_m_per_km(terrain, line.points, km=km, road_class=alignment_class(line.row))
    return {
        **line.row,
        "climb_m_per_km": f"{0.0 if line.row['tunnel'] == 'true' else climb:.0f}",
        "road_id": road_id,
        "length_km": f"{km:.2f}",
        "geometry": f"LINESTRING ({text})",
        "source": f"{line.row['source']} ; {note}",
    }


def write_rows(path: Path, rows: list[Row], columns: tuple[str, ...]) -> None:
    """Write rows sorted by id (the first column), UTF-8, LF."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row[columns[0]]))


def read_land(path: Path) -> shapely.Geometry:
    """Union of the district polygons: the land a road may cross."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return shapely.union_all([shapely.make_valid(shapely.geometry.shape(f["geometry"])) for f in features])


def drawn_lines(arguments: argparse.Namespace, terrain: Terrain) -> tuple[list[Row], list[Line]]:
    """Read, check and draw everything the authored tables hold."""
    nodes, lines = (read_rows(arguments.authored, stem) for stem in ("nodes", "lines"))
    check_authored(nodes, lines)
    places = {row["node_id"]: (float(row["lat"]), float(row["lon"])) for row in nodes}
    return nodes, [draw(terrain, line, places) for line in lines]


def print_modelled(terrain: Terrain, lines: list[Line], whole: list[Row]) -> None:
    """Print how the length model does on projects and roads whose length has a source."""
    sourced = [i for i, line in enumerate(lines) if length_basis(line.row) == "sourced"]
    rows = [line.row for line in lines]

    def model_km(i: int, model: LengthModel) -> float:
        return modelled_km(terrain, rows[i], lines[i].legs, model=model)

    slopes = [mean_slope(terrain, line.points) for line in lines]
    print("\n".join(judge(rows, sourced, whole, slopes=slopes, model_km=model_km)))


def build(arguments: argparse.Namespace) -> int:
    """Write both shipped tables."""
    terrain = read_terrain(arguments.terrain, land=read_land(arguments.districts))
    nodes, lines = drawn_lines(arguments, terrain)
    whole = read_lengths(arguments.authored / "road_lengths.csv")
    rows = [line.row for line in lines]
    if arguments.modelled:
        print_modelled(terrain, lines, whole)
        return 0
    drawn_km = [float(distances_km(line.points).sum()) for line in lines]
    shared = shares(rows, drawn_km, [line.modelled_km for line in lines], whole)
    shipped = [
        road_row(key, line, shared.get(i), terrain)
        for i, (key, line) in enumerate(zip(road_ids(rows), lines, strict=True))
    ]
    ordered = [{**row, "lat": f"{float(row['lat']):.5f}", "lon": f"{float(row['lon']):.5f}"} for row in nodes]
    write_rows(arguments.out / "road_nodes.csv", ordered, NODE_COLUMNS)
    write_rows(arguments.out / "roads.csv", shipped, ROAD_COLUMNS)
    total_km = sum(float(row["length_km"]) for row in shipped)
    print(f"{len(nodes)} nodes, {len(shipped)} roads, {total_km:.0f} km")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Build, or judge what is shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authored", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--terrain", type=Path, default=BOUNDARIES / "terrain.npz")
    parser.add_argument("--districts", type=Path, default=BOUNDARIES / "districts.geojson")
    parser.add_argument("--out", type=Path, default=BOUNDARIES)
    parser.add_argument("--modelled", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args(argv)
    if not arguments.check:
        return build(arguments)
    found = problems(BOUNDARIES)
    print("\n".join(found) or "no problem found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
