"""The roads that a user names: the shipped graph, a road table in CSV, or an OpenStreetMap extract."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan import cache, shipped
from geoplan.errors import Finding, InputError, UsageError
from geoplan.network.osm import is_osm_file, read_osm
from geoplan.network.osm_sniff import sniff
from geoplan.network.road_select import (
    check_classes,
    drop_islands,
    join_roads,
    keep_near,
    open_rings,
    select_roads,
)
from geoplan.network.road_table import OSM_ATTRIBUTION
from geoplan.units import CRS_METRES, project_metres

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.network.road_table import RoadTable

    Progress = Callable[[str], None]

STRATEGIC: Final = "strategic"
NODES_FILE: Final = "road_nodes.csv"
GRAPH_SUFFIX: Final = ".graphml"
OSM_MARK: Final = "OpenStreetMap"

BORDER_KM: Final = 2.0
"""How far outside the shipped border a road may end to lie in the country: borders are drawn roughly."""


@dataclass(frozen=True)
class RoadFiles:
    """The files of the roads to use.

    Attributes
    ----------
    tables
        CSV tables that stand in for the shipped ones.
    extract
        An OpenStreetMap extract or OSMnx graph that stands in for the shipped graph.
    """

    tables: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    extract: Path | None = None

    @property
    def own(self) -> bool:
        """Whether the roads are the user's own, so that they may lie anywhere."""
        return bool(self.tables) or self.extract is not None


def road_files(roads: str) -> RoadFiles:
    """Return the files that `--roads` names: `strategic`, a `roads.csv`, an extract or a graph of OSMnx.

    Nodes of a CSV are those of `road_nodes.csv` beside the file, or the ends of its lines where there is
    none. What is no CSV and no `.graphml` is an extract if its content says so, whatever its name.

    Raises
    ------
    UsageError
        If the file is none of these.
    InputError
        If it bears the name of an extract and cannot be read as one.
    """
    if roads == STRATEGIC:
        return RoadFiles()
    path = Path(roads)
    if path.suffix.lower() != ".csv":
        if not is_graph_file(path):
            check_extract(path)
        return RoadFiles(extract=path)
    nodes = path.with_name(NODES_FILE)
    with_nodes = {"road_nodes": (nodes,)} if nodes.is_file() else {}
    return RoadFiles({"roads": (path,), **with_nodes})


def is_graph_file(path: Path) -> bool:
    """Return whether the name of a file is that of an OSMnx graph."""
    return path.suffix.lower() == GRAPH_SUFFIX


def check_extract(path: Path) -> None:
    """Raise unless a file is an OpenStreetMap extract; its content decides."""
    try:
        sniff(path)
    except InputError as error:
        codes = {finding.code for finding in error.findings}
        if is_osm_file(path) or not codes & {"not-osm", "osm-unreadable"}:
            raise
        raise UsageError(
            f"{path} is no road table",
            hint="Name a roads.csv (see 'geoplan schema roads'), an OpenStreetMap extract (.osm.pbf, .osm,"
            " .osm.gz, .osm.bz2), a .graphml of OSMnx, or 'strategic'.",
        ) from error


def read_extract(path: Path, *, vehicle: str, progress: Progress) -> RoadTable:
    """Return the roads of an extract or of an OSMnx graph that `vehicle` can use.

    Raises
    ------
    UsageError
        If the file is neither.
    InputError
        If it cannot be read or holds no road for the vehicle.
    """
    if is_graph_file(path):
        from geoplan.network.osm_graph import from_osmnx  # noqa: PLC0415 - for graphs alone

        progress("read the graph")
        return from_osmnx(path, vehicle=vehicle)
    check_extract(path)
    return read_osm(path, vehicle=vehicle, progress=progress)


def osm_credits(*tables: pd.DataFrame) -> tuple[str, ...]:
    """Return what the licence of OpenStreetMap asks to be said of tables whose rows name it as a source.

    One line for each date of data; nothing if no row names it.
    """
    cells = {
        text
        for table in tables
        if "source" in getattr(table, "columns", ())
        for text in table["source"].astype(str).unique().tolist()
        if OSM_MARK in text
    }
    dated = sorted(text for text in cells if text.startswith(OSM_ATTRIBUTION))
    return tuple(dated) or ((OSM_ATTRIBUTION,) if cells else ())


@dataclass(frozen=True)
class Choice:
    """Which roads of a file to take.

    Attributes
    ----------
    classes
        Only these; empty: all.
    bbox
        Only with an end in west, south, east, north; None: anywhere.
    in_country
        Only inside the shipped border, `BORDER_KM` allowed.
    """

    classes: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    in_country: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is chosen at all."""
        return bool(self.classes) or self.bbox is not None or self.in_country

    @classmethod
    def parse(cls, classes: str, bbox: str, *, in_country: bool) -> Choice:
        """Return the choice of two texts, `class,class` and `W,S,E,N`; empty: all.

        Raises
        ------
        UsageError
            If a class is unknown or the box is none.
        """
        names = [name.strip() for name in classes.split(",") if name.strip()]
        return cls(check_classes(names), parse_bbox(bbox) if bbox else None, in_country)


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north of `W,S,E,N` in degrees.

    Raises
    ------
    UsageError
        If it is no box on the globe.
    """
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UsageError(
            f"'{text}' is no box", hint="Write west,south,east,north in degrees, e.g. 49.7,40.3,50.1,40.5."
        )
    return west, south, east, north


def choose_roads(table: RoadTable, choice: Choice, *, progress: Progress) -> tuple[RoadTable, list[Finding]]:
    """Return the chosen roads as a road table in CSV can hold them, and a note on what was left out.

    Pieces of alike roads are joined where nothing else meets, rings are cut in two, islands left out: ways
    between the remaining nodes and times to any place that snaps stay the same.
    """
    progress("choose the roads")
    table = select_roads(table, classes=choice.classes, bbox=choice.bbox)
    if choice.in_country:
        table = keep_near(table, _in_country(table))
    table, count, km = drop_islands(table)
    progress("join the pieces")
    table = open_rings(join_roads(table))
    if not count:
        return table, []
    return table, [
        Finding(
            "note", "roads-islands-left-out",
            f"{count} roads ({km:.1f} km) joined to nothing else are left out.", table.source,
            "No place would snap to them.", (("roads", count), ("km", round(km, 1))),
        )
    ]  # fmt: skip


def _in_country(table: RoadTable) -> NDArray[np.bool_]:
    """Return which nodes lie inside the shipped border or near it."""
    import geopandas as gpd  # noqa: PLC0415 - half a second that most callers do not need
    import shapely  # noqa: PLC0415

    land = shapely.union_all(gpd.read_file(shipped.table("districts")).geometry.to_crs(CRS_METRES).to_numpy())
    shapely.prepare(land)
    places = shapely.points(*project_metres(table.node_lat, table.node_lon))
    return np.asarray(shapely.dwithin(land, places, BORDER_KM * 1000), dtype=bool)


def file_origin(path: Path) -> dict[str, str]:
    """Return name and SHA-256 of a file, for a record."""
    return {"File": path.name, "SHA-256": cache.file_hash(path)}
