"""What the licences ask us to say, and what the shipped tables had to leave out."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from geoplan import shipped
from geoplan.errors import Finding

if TYPE_CHECKING:
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

OSM_MARK: Final = "OpenStreetMap"
OSM: Final = "© OpenStreetMap contributors, ODbL 1.0"


def attributions(tables: TableSet) -> tuple[str, ...]:
    """Return one line for each source that the result rests on, in the order of the tables.

    A planner's own table is named by its file. OpenStreetMap is named as soon as one row of any table
    names it as a source.
    """
    lines = []
    for name, text in SHIPPED.items():
        home = shipped.table(name)
        lines += [text] if home in tables.paths[name] else []
        own = sorted({path.name for path in tables.paths[name] if path != home})
        lines += [f"{name}: own table {file}" for file in own]
    return (*lines, OSM) if _names_osm(tables) else tuple(lines)


def _names_osm(tables: TableSet) -> bool:
    """Whether any row of any table names OpenStreetMap as its source."""
    sourced = (getattr(tables, name) for name in SHIPPED)
    return any(
        "source" in getattr(table, "columns", ()) and table["source"].str.contains(OSM_MARK).any()
        for table in sourced
    )


def left_out_findings(tables: TableSet) -> list[Finding]:
    """Return a note for each sourced facility that the shipped table could not place."""
    if shipped.table("facilities") not in tables.paths["facilities"]:
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
