"""What the licences ask us to say, and what the shipped tables had to leave out."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from geoplan import shipped
from geoplan.errors import Finding
from geoplan.own_roads import osm_credits

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.tables.read import TableSet

SHIPPED: Final = {
    "districts": "Districts: Natural Earth (public domain), borders changed by geoplan",
    "settlements": "Settlements: GeoNames (CC BY 4.0), changed by geoplan, and the sources in each row",
    "terrain": "Terrain: NOAA GLOBE (Hastings and Dunbar 1999)",
    "neighbours": "Neighbouring countries and sea: Natural Earth (public domain)",
    "roads": "Roads: strategic graph drawn by geoplan (lines assumed), lengths by the source of each row",
    "facilities": "Facilities: the sources in each row",
    "population": "Settlement populations: GeoNames (CC BY 4.0), changed by geoplan",
    "district_population": "District populations: State Statistical Committee, as cited in each row",
    "resettlement": "Resettlement: the sources in each row",
}
"""One line for each shipped table that rests on the work of others."""


def attributions(tables: TableSet) -> tuple[str, ...]:
    """Return one line for each source that the result rests on, in the order of the tables.

    A planner's own table is named by its file. OpenStreetMap is named, with the date of the data where the
    rows say it, as soon as one row of any table names it as a source.
    """
    lines = []
    for name, text in SHIPPED.items():
        own = sorted(path.name for path in tables.paths[name] if not is_shipped(path, name))
        lines += [text] if len(own) < len(tables.paths[name]) else []
        lines += [f"{name}: own table {file}" for file in dict.fromkeys(own)]
    return (*lines, *osm_credits(*(getattr(tables, name) for name in SHIPPED)))


def is_shipped(path: Path, name: str) -> bool:
    """Whether a file is the shipped table `name`, or a copy of it with the same bytes."""
    home = shipped.table(name)
    if path == home:
        return True
    return path.stat().st_size == home.stat().st_size and path.read_bytes() == home.read_bytes()


def left_out_findings(tables: TableSet) -> list[Finding]:
    """Return a note for each sourced facility that the shipped table could not place."""
    if not any(is_shipped(path, "facilities") for path in tables.paths["facilities"]):
        return []
    path = shipped.table("facilities_left_out")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Finding(
                "note",
                "facility-left-out",
                f"{row['name']} is left out: {row['reason']}.",
                where=f"{path.name}:{number}",
                hint=row["source"],
                params=(("name", row["name"]),),
            )
            for number, row in enumerate(csv.DictReader(file), start=2)
        ]
