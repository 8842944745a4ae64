"""OpenStreetMap extract -> `RoadTable`, kept in the user's cache: the second start reads arrays only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan import cache
from geoplan.errors import Finding, InputError, UsageError, did_you_mean
from geoplan.network.osm_findings import reading_findings
from geoplan.network.osm_read import RawWays, read_ways
from geoplan.network.osm_sniff import sniff
from geoplan.network.osm_tags import NO_DAY, ROAD_CLASSES, STATUSES, VEHICLES
from geoplan.network.osm_turns import BACK, FORWARD, RoadEnds, Split, split_nodes
from geoplan.network.osm_ways import Cut, cut_ways, turn_lines
from geoplan.network.road_table import RoadTable
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Progress = Callable[[str], None]

CACHE_KIND: Final = "osm-roads"
OSM_SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".xml")

FERRY_KMH: Final = (1.0, 100.0)
"""A ferry slower or faster than this has a wrong duration."""


def is_osm_file(path: str | Path) -> bool:
    """Return whether the name of a file is that of an OpenStreetMap extract."""
    return str(path).lower().endswith(OSM_SUFFIXES)


def read_osm(
    path: str | Path, *, vehicle: str = "car", use_cache: bool = True, progress: Progress | None = None
) -> RoadTable:
    """Return the roads of an OpenStreetMap extract that `vehicle` can use.

    Parameters
    ----------
    path
        A `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2` file; its content decides, not its name.
    vehicle
        `car` (motorway to service, living_street, road, links, ferries), `ambulance` (the same, opened and
        closed by `emergency`), `offroad` (tracks too).
    use_cache
        Whether to look into the user's cache first and keep the result there.
    progress
        Called with the step under way.

    Returns
    -------
    The roads; `findings` says what is wrong, left out or assumed, and whether the cache failed.

    Raises
    ------
    UsageError
        For an unknown vehicle; `MissingExtraError` without osmium.
    InputError
        If the file cannot be read or holds no road for the vehicle.
    """
    path = Path(path)
    if vehicle not in VEHICLES:
        raise UsageError(f"no vehicle is called '{vehicle}'.{did_you_mean(vehicle, VEHICLES)}")
    if not use_cache:
        return build_table(read_ways(path, vehicle=vehicle, progress=progress), path.name, vehicle)
    sniff(path)
    key = cache.key_of(cache.file_hash(path), vehicle, code_version())
    table, finding = _cached(key)
    if table is not None:
        return replace(table, source=path.name)
    table = build_table(read_ways(path, vehicle=vehicle, progress=progress), path.name, vehicle)
    problems = [finding, cache.store(CACHE_KIND, key, table.arrays())]
    return replace(table, findings=(*table.findings, *(f for f in problems if f is not None)))


def _cached(key: str) -> tuple[RoadTable | None, Finding | None]:
    """Return the table of the cache, if there is one, or what was wrong with it."""
    arrays, finding = cache.load(CACHE_KIND, key)
    if arrays is None:
        return None, finding
    try:
        return RoadTable.from_arrays(arrays), None
    except (KeyError, ValueError, TypeError, IndexError) as error:
        return None, cache.discard(CACHE_KIND, key, f"unexpected content: {error}")


def code_version() -> str:
    """Return a name of the code that makes the table: a change of it makes old cache entries useless."""
    here = Path(__file__).parent
    files = sorted([*here.glob("osm*.py"), here / "road_table.py"])
    try:
        return cache.key_of(__version__, *(cache.file_hash(file) for file in files))
    except OSError:
        # run from an archive: the version has to do
        return __version__


def build_table(raw: RawWays, source: str, vehicle: str) -> RoadTable:
    """Return the road table of read ways.

    Raises
    ------
    InputError
        If there is no road that is open.
    """
    cut = cut_ways(raw)
    facts = {name: values[cut.way] for name, values in raw.facts.items()}
    if not len(cut.way) or not (facts["status"] == STATUSES.index("open")).any():
        raise InputError([_no_roads(raw, source, vehicle)])
    ends, order = _directed(cut, facts["direction"], raw)
    split = _split(cut, ends, raw)
    own_kmh, odd_ferries = _ferry_kmh(cut, facts, raw)
    copy_of = np.array(split.copy_of, dtype=np.int64)
    counts = raw.counts | split.counts | {"ferries_odd_duration": len(odd_ferries)}
    examples = {
        "osm-maxspeed": [f"{way} '{value}'" for way, value in raw.odd_limits],
        "osm-ferry-duration": [str(way) for way in odd_ferries],
    }
    return RoadTable(
        node_osm_id=np.append(cut.node_osm_id, cut.node_osm_id[copy_of]),
        node_copy=np.append(np.zeros(len(cut.node_osm_id)), split.copy_number).astype(np.int32),
        node_lat=np.append(cut.node_lat, cut.node_lat[copy_of]),
        node_lon=np.append(cut.node_lon, cut.node_lon[copy_of]),
        way_id=raw.way_id[cut.way],
        piece=cut.piece,
        road_class=facts["road_class"].astype(np.int8),
        surface=facts["surface"].astype(np.int8),
        status=facts["status"].astype(np.int8),
        from_node=split.tail[FORWARD],
        to_node=split.head[FORWARD],
        back_from=np.where(ends.oneway, split.head[FORWARD], split.tail[BACK]),
        back_to=np.where(ends.oneway, split.tail[FORWARD], split.head[BACK]),
        oneway=ends.oneway,
        tunnel=facts["tunnel"].astype(bool),
        bridge=facts["bridge"].astype(bool),
        closed_in_winter=facts["closed_in_winter"].astype(bool),
        length_km=cut.length_km,
        speed_kmh=own_kmh,
        limit_kmh=facts["limit_kmh"].astype(np.float64),
        lanes=facts["lanes"].astype(np.int16),
        open_from_day=np.maximum(facts["open_from_day"], NO_DAY).astype(np.int32),
        name=raw.name[cut.way],
        ref=raw.ref[cut.way],
        line_start=cut.line_start,
        line_lon=cut.line_lon[order],
        line_lat=cut.line_lat[order],
        turn_from=np.array(split.turn_from, dtype=np.int32),
        turn_to=np.array(split.turn_to, dtype=np.int32),
        words=raw.words,
        vehicle=vehicle,
        source=source,
        data_date=raw.data_date[:10],
        counts=counts,
        findings=reading_findings(counts, examples=examples, date=raw.data_date, source=source),
    )


def _no_roads(raw: RawWays, source: str, vehicle: str) -> Finding:
    """Return the error for an extract without a road."""
    read = raw.counts["ways_read"]
    return Finding(
        "error", "osm-no-roads",
        f"the file has no road that a {vehicle} can use ({read} ways with highway or route were read).",
        source, "Take an extract with all roads; one cut down to something else (borders, rivers) has none.",
    )  # fmt: skip


def _directed(
    cut: Cut, direction: NDArray[np.integer[Any]], raw: RawWays
) -> tuple[RoadEnds, NDArray[np.int64]]:
    """Return the roads with one-way ones in their direction of travel, and the order of their vertices."""
    back = direction < 0
    return (
        RoadEnds(
            np.where(back, cut.to_node, cut.from_node).astype(np.int32),
            np.where(back, cut.from_node, cut.to_node).astype(np.int32),
            direction != 0,
            raw.way_id[cut.way],
        ),
        turn_lines(cut.line_start, back),
    )


def _split(cut: Cut, ends: RoadEnds, raw: RawWays) -> Split:
    """Return the roads with barriers and restrictions built in."""
    via = np.array([r.via for r in raw.restrictions], dtype=np.int64)
    place = np.searchsorted(cut.node_osm_id, via)
    rules = [
        (int(node), rule)
        for node, rule in zip(place, raw.restrictions, strict=True)
        if node < len(cut.node_osm_id) and cut.node_osm_id[node] == rule.via
    ]
    barriers = np.flatnonzero(np.isin(cut.node_osm_id, raw.stops)).tolist()
    return split_nodes(ends, len(cut.node_osm_id), barriers=barriers, restrictions=rules)


def _ferry_kmh(
    cut: Cut, facts: dict[str, NDArray[Any]], raw: RawWays
) -> tuple[NDArray[np.float64], list[int]]:
    """Return the own speed of each road (nan but for ferries with a duration), and ways whose cannot be."""
    way_km = np.bincount(cut.way, cut.length_km, minlength=len(raw.way_id))
    minutes = facts["duration_minutes"].astype(np.float64)
    with np.errstate(invalid="ignore"):
        kmh = way_km[cut.way] / minutes * 60
    timed = np.isfinite(kmh) & (facts["road_class"] == ROAD_CLASSES.index("ferry"))
    fit = timed & (kmh >= FERRY_KMH[0]) & (kmh <= FERRY_KMH[1])
    return np.where(fit, kmh, np.nan), np.unique(raw.way_id[cut.way[timed & ~fit]]).tolist()
