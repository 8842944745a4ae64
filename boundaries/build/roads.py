"""Make the shipped road graph from the two authored tables: check them, lay the lines, set the lengths.

Run from the repository: `python boundaries/build/roads.py` writes `road_nodes.csv` and `roads.csv`;
`--check` judges the shipped files instead; `--modelled` prints modelled beside sourced lengths.

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

import numpy as np
import shapely
from roads_check import problems
from roads_terrain import (
    MAX_SPACING_KM,
    MOUNTAIN_SLOPE,
    Terrain,
    densify,
    distances_km,
    least_cost_line,
    mean_slope,
    read_terrain,
    road_km,
)

BOUNDARIES = Path(__file__).resolve().parent.parent
PARTS = ("national", "liberated")
NODE_COLUMNS = ("node_id", "name_az", "name_en", "name_ru", "kind", "lat", "lon", "source", "confidence")
ROAD_COLUMNS = (
    "road_id", "name", "from", "to", "ref", "class", "surface", "lanes", "length_km", "speed_kmh", "oneway",
    "status", "open_from", "open_until", "closed_in_winter", "tunnel", "via", "geometry",
    "geometry_confidence", "source", "confidence",
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


def draw(terrain: Terrain, line: Row, places: dict[str, tuple[float, float]]) -> Line:
    """Lay one line: legs straight in the plain, along the terrain in the mountains, tunnels straight."""
    chain = waypoints(line, places)
    tunnel = line["tunnel"] == "true"
    legs, km = [chain[:1]], 0.0
    for start, end in pairwise(chain):
        leg = np.vstack([start, end])
        mountain = mean_slope(terrain, leg) >= MOUNTAIN_SLOPE
        if mountain and not tunnel and distances_km(leg)[0] >= SHORT_LEG_KM:
            leg = least_cost_line(terrain, leg)
        km += road_km(terrain, leg, road_class=alignment_class(line), climb=not tunnel)
        if mountain:
            leg = densify(leg, spacing_km=MAX_SPACING_KM)
        leg = np.round(leg, 5)
        legs.append(leg[1:])
    return Line(line, np.vstack(legs), km)


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


def road_row(road_id: str, line: Line) -> Row:
    """Make the shipped row: an authored length stands, any other is modelled."""
    km = float(line.row["length_km"]) if line.row["length_km"] else line.modelled_km
    text = ", ".join(f"{lon:.5f} {lat:.5f}" for lon, lat in line.points)
    return {
        **line.row,
        "road_id": road_id,
        "length_km": f"{km:.2f}",
        "geometry": f"LINESTRING ({text})",
        "source": f"{line.row['source']} ; {LENGTH_NOTES[length_basis(line.row)]}",
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


def drawn_lines(arguments: argparse.Namespace) -> tuple[list[Row], list[Line]]:
    """Read, check and draw everything the authored tables hold."""
    nodes, lines = (read_rows(arguments.authored, stem) for stem in ("nodes", "lines"))
    check_authored(nodes, lines)
    places = {row["node_id"]: (float(row["lat"]), float(row["lon"])) for row in nodes}
    terrain = read_terrain(arguments.terrain, land=read_land(arguments.districts))
    return nodes, [draw(terrain, line, places) for line in lines]


def print_modelled(lines: list[Line]) -> None:
    """Print how the length model does on lines whose length has a source."""
    for line in lines:
        if line.row["length_km"]:
            sourced, ends = float(line.row["length_km"]), f"{line.row['from']} - {line.row['to']}"
            note = " tunnel" if line.row["tunnel"] == "true" else ""
            error = f"{line.modelled_km / sourced - 1:+.0%}{note}"
            print(f"{ends:50} sourced {sourced:7.1f} modelled {line.modelled_km:7.1f} {error}")


def build(arguments: argparse.Namespace) -> int:
    """Write both shipped tables."""
    nodes, lines = drawn_lines(arguments)
    if arguments.modelled:
        print_modelled(lines)
        return 0
    rows = [
        road_row(key, line) for key, line in zip(road_ids([line.row for line in lines]), lines, strict=True)
    ]
    ordered = [{**row, "lat": f"{float(row['lat']):.5f}", "lon": f"{float(row['lon']):.5f}"} for row in nodes]
    write_rows(arguments.out / "road_nodes.csv", ordered, NODE_COLUMNS)
    write_rows(arguments.out / "roads.csv", rows, ROAD_COLUMNS)
    print(f"{len(nodes)} nodes, {len(rows)} roads, {sum(float(row['length_km']) for row in rows):.0f} km")
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
