"""OpenStreetMap file -> the ways that a vehicle can use, as flat arrays; streamed, never held whole."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.errors import Finding, InputError, MissingExtraError
from geoplan.network import osm_tags
from geoplan.network.osm_sniff import sniff
from geoplan.network.osm_tags import WayFacts, barrier_stops, read_way

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Progress = Callable[[str], None]

BATCH_WAYS: Final = 5000
"""Coordinates of this many ways are turned into arrays at once."""

_VEHICLE_WORDS: Final = {
    "car": frozenset({"motorcar", "motor_vehicle", "vehicle"}),
    "offroad": frozenset({"motorcar", "motor_vehicle", "vehicle"}),
    "ambulance": frozenset({"motorcar", "motor_vehicle", "vehicle", "emergency"}),
}


@dataclass(frozen=True)
class Restriction:
    """One turn restriction at a node; ways are numbers of the source.

    `only`: of all ways out only `to_ways` may be taken; else exactly those may not.
    """

    relation_id: int
    via: int
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    only: bool
    u_turn: bool


@dataclass(frozen=True)
class RawWays:
    """Kept ways, sorted by number, with their nodes in flat arrays.

    Attributes
    ----------
    way_id
        int64, one a way.
    facts
        Columns of `WayFacts` by name, one value a way.
    name, ref
        int32, places in `words`.
    start
        int64, (ways + 1): way i owns nodes `start[i]` to `start[i + 1] - 1`.
    node_id, lon, lat
        One a node of a way; nan where the file does not hold the node.
    stops
        int64, sorted: nodes with a barrier that stops the vehicle.
    restrictions
        Turn restrictions at nodes that bind the vehicle.
    counts
        Named whole numbers about the reading.
    odd_limits
        Ways whose `maxspeed` cannot be, with its value; the first few.
    data_date
        ISO text, `""`: unknown.
    """

    way_id: NDArray[np.int64]
    facts: dict[str, NDArray[Any]]
    name: NDArray[np.int32]
    ref: NDArray[np.int32]
    words: tuple[str, ...]
    start: NDArray[np.int64]
    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    stops: NDArray[np.int64]
    restrictions: tuple[Restriction, ...]
    counts: dict[str, int]
    odd_limits: tuple[tuple[int, str], ...]
    data_date: str


def read_ways(path: Path, *, vehicle: str, progress: Progress | None = None) -> RawWays:
    """Return the ways of a file that `vehicle` can use.

    Raises
    ------
    MissingExtraError
        Without the package osmium.
    InputError
        If the file is absent, no OpenStreetMap file, damaged, or declares a document type.
    """
    kind, date = sniff(path)
    try:
        import osmium  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("osmium", "osm") from None
    reading = _Reading(vehicle, path.name, progress or _silent)
    try:
        file = osmium.io.File(str(path), kind)
        reading.run(osmium, file, None)
        if reading.counts["missing_nodes"] and reading.unsorted:
            # the nodes may stand behind the ways: read them all first, then the ways again
            storage = osmium.index.create_map("flex_mem")
            osmium.apply(file, _ignoring(osmium.NodeLocationsForWays(storage)))
            drafts = _draft_nodes(osmium, file) if min(reading.node_id) < 0 else {}
            reading = _Reading(vehicle, path.name, progress or _silent, drafts)
            reading.run(osmium, file, storage)
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError([_damaged(path, error)]) from error
    return reading.finish(date)


def _silent(_step: str) -> None:
    """Show nothing."""


def _draft_nodes(osmium: Any, file: Any) -> dict[int, tuple[float, float]]:
    """Return lon, lat of the nodes with numbers below zero: drawn in an editor and not uploaded yet.

    pyosmium keeps places of numbers above zero only.
    """
    nodes = osmium.FileProcessor(file, osmium.osm.NODE)
    return {node.id: (node.location.lon, node.location.lat) for node in nodes if node.id < 0}


def _ignoring(handler: Any) -> Any:
    """Return a location handler that passes over missing nodes."""
    handler.ignore_errors()
    return handler


def _damaged(path: Path, error: Exception) -> Finding:
    """Return the finding for a file that could not be read to its end."""
    return Finding(
        "error", "osm-damaged", f"the file cannot be read to its end: {error}.", path.name,
        "It may be cut off: fetch it again and compare its size with the original.",
    )  # fmt: skip


@dataclass
class _Reading:
    """What has been read so far."""

    vehicle: str
    file: str
    progress: Progress
    drafts: dict[int, tuple[float, float]] = field(default_factory=dict)
    way_id: array[int] = field(default_factory=lambda: array("q"))
    facts: list[WayFacts] = field(default_factory=list)
    name: array[int] = field(default_factory=lambda: array("i"))
    ref: array[int] = field(default_factory=lambda: array("i"))
    words: dict[str, int] = field(default_factory=lambda: {"": 0})
    node_id: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    shapes: list[Any] = field(default_factory=list)
    coordinates: list[NDArray[np.float64]] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    odd_limits: list[tuple[int, str]] = field(default_factory=list)
    header_date: str = ""
    latest: Any = None
    unsorted: bool = False
    gaps: tuple[type[Exception], ...] = (RuntimeError,)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "ways_read", "ways_kept", "ways_closed", "ways_reversible", "ways_winter_only",
                "ways_one_node", "missing_nodes", "odd_limits", "restrictions_via_way",
                "restrictions_conditional", "restrictions_broken",
            ),
            0,
        )
    )  # fmt: skip

    def run(self, osmium: Any, file: Any, storage: Any) -> None:
        """Stream the file once."""
        f, kinds = osmium.filter, osmium.osm
        self.gaps = (RuntimeError, osmium.InvalidLocationError)
        source = osmium.FileProcessor(file)
        self.header_date = _header_date(source.header)
        self.unsorted = source.header.get("sorting") != "Type_then_ID"
        source = source.with_locations(storage) if storage is not None else source.with_locations()
        source = (
            source.with_filter(f.KeyFilter("barrier").enable_for(kinds.NODE))
            .with_filter(f.KeyFilter("highway", "route").enable_for(kinds.WAY))
            .with_filter(f.TagFilter(("type", "restriction")).enable_for(kinds.RELATION))
        )
        line = osmium.geom.WKBFactory().create_linestring
        for thing in source:
            if thing.is_way():
                self._way(thing, line, osmium.geom.use_nodes.ALL)
            elif thing.is_node():
                self._node(thing)
            elif thing.is_relation():
                self._relation(thing)
        self._flush()

    def _node(self, node: Any) -> None:
        """Keep a barrier that stops the vehicle."""
        if barrier_stops(dict(node.tags), self.vehicle):
            self.stops.append(node.id)

    def _way(self, way: Any, line: Any, every: Any) -> None:
        """Keep a way that the vehicle can use."""
        counts = self.counts
        counts["ways_read"] += 1
        tags = dict(way.tags)
        facts = read_way(tags, self.vehicle)
        if isinstance(facts, int):
            self._skip(facts)
            return
        refs = array("q", map(_NUMBER_OF_NODE, way.nodes))
        if len(refs) < 2:
            counts["ways_one_node"] += 1
            return
        if facts.odd_limit:
            counts["odd_limits"] += 1
            self.odd_limits.append((way.id, tags.get("maxspeed", "")))
        self.shapes.append(self._shape(way, line, every))
        self.way_id.append(way.id)
        self.facts.append(facts)
        self.name.append(self._word(tags.get("name", "")))
        self.ref.append(self._word(tags.get("ref", "")))
        self.node_id.extend(refs)
        self.size.append(len(refs))
        counts["ways_kept"] += 1
        if not self.header_date and (self.latest is None or way.timestamp > self.latest):
            self.latest = way.timestamp
        if len(self.shapes) == BATCH_WAYS:
            self._flush()

    def _skip(self, why: int) -> None:
        """Count a way that is left out."""
        names = {
            osm_tags.SKIP_CLOSED: "ways_closed",
            osm_tags.SKIP_REVERSIBLE: "ways_reversible",
            osm_tags.SKIP_WINTER_ONLY: "ways_winter_only",
        }
        if why in names:
            self.counts[names[why]] += 1

    def _shape(self, way: Any, line: Any, every: Any) -> Any:
        """Return the line of a way: as WKB, or lon lat rows where the file does not hold all its nodes."""
        try:
            return line(way, every)
        except self.gaps:
            places = [self._place(node) for node in way.nodes]
            self.counts["missing_nodes"] += sum(place is _NOWHERE for place in places)
            return np.array(places)

    def _place(self, node: Any) -> tuple[float, float]:
        """Return lon, lat of a node of a way, `_NOWHERE` where the file does not hold it."""
        if node.location.valid():
            return node.lon, node.lat
        return self.drafts.get(node.ref, _NOWHERE)

    def _word(self, text: str) -> int:
        """Return the place of a word in the list, which grows by it if it is new."""
        return self.words.setdefault(text.replace("\0", ""), len(self.words))

    def _flush(self) -> None:
        """Turn the lines of a batch into coordinates."""
        if not self.shapes:
            return
        whole = np.array([isinstance(s, str) for s in self.shapes])
        lines = np.array([s if ok else None for s, ok in zip(self.shapes, whole, strict=True)], dtype=object)
        flat, owner = shapely.get_coordinates(shapely.from_wkb(lines), return_index=True)
        if whole.all():
            self.coordinates.append(flat)
        else:
            begin = np.searchsorted(owner, np.arange(len(lines) + 1))
            self.coordinates.extend(
                flat[begin[i] : begin[i + 1]] if whole[i] else shape for i, shape in enumerate(self.shapes)
            )
        self.shapes.clear()
        self.progress(f"read {self.file}: {len(self.way_id):,} roads")

    def _relation(self, relation: Any) -> None:
        """Keep a turn restriction that binds the vehicle."""
        tags = dict(relation.tags)
        word = restriction_word(tags, self.vehicle)
        if word is None:
            if any(key.startswith("restriction") and key.endswith(":conditional") for key in tags):
                self.counts["restrictions_conditional"] += 1
            return
        members = [(m.type, int(m.ref), m.role) for m in relation.members]
        if any(kind == "w" and role == "via" for kind, _, role in members):
            self.counts["restrictions_via_way"] += 1
            return
        ways = {
            wanted: tuple(ref for kind, ref, role in members if kind == "w" and role == wanted)
            for wanted in ("from", "to")
        }
        via = [ref for kind, ref, role in members if kind == "n" and role == "via"]
        if len(via) != 1 or not ways["from"] or not ways["to"]:
            self.counts["restrictions_broken"] += 1
            return
        self.restrictions.append(
            Restriction(
                relation.id, via[0], ways["from"], ways["to"], word.startswith("only_"), word == "no_u_turn"
            )
        )

    def finish(self, head_date: str) -> RawWays:
        """Return what was read as arrays, sorted by way."""
        coordinates = np.concatenate(self.coordinates) if self.coordinates else np.empty((0, 2))
        way_id, size = _array(self.way_id, np.int64), _array(self.size, np.int64)
        start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(size)])
        columns = zip(*self.facts, strict=True) if self.facts else ([] for _ in WayFacts._fields)
        facts = {name: np.array(values) for name, values in zip(WayFacts._fields, columns, strict=True)}
        latest = self.latest.strftime("%Y-%m-%dT%H:%M:%SZ") if self.latest and self.latest.year > 2000 else ""
        raw = RawWays(
            way_id=way_id,
            facts=facts,
            name=_array(self.name, np.int32),
            ref=_array(self.ref, np.int32),
            words=tuple(self.words),
            start=start,
            node_id=_array(self.node_id, np.int64),
            lon=coordinates[:, 0].copy(),
            lat=coordinates[:, 1].copy(),
            stops=np.unique(np.array(self.stops, dtype=np.int64)),
            restrictions=tuple(sorted(self.restrictions, key=lambda r: r.relation_id)),
            counts=self.counts,
            odd_limits=tuple(sorted(self.odd_limits)),
            data_date=self.header_date or head_date or latest,
        )
        return raw if (np.diff(way_id) > 0).all() else _sorted(raw)


_NUMBER_OF_NODE: Final = attrgetter("ref")
_NOWHERE: Final = (np.nan, np.nan)


def _array(values: array[int], dtype: Any) -> NDArray[Any]:
    """Return a growing array as a fixed one."""
    return np.frombuffer(values, dtype=dtype).copy() if len(values) else np.empty(0, dtype=dtype)


def _sorted(raw: RawWays) -> RawWays:
    """Return the ways in the order of their numbers; of ways with one number the first."""
    _, order = np.unique(raw.way_id, return_index=True)
    size = np.diff(raw.start)[order]
    start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(size)])
    place = np.repeat(raw.start[order] - start[:-1], size) + np.arange(start[-1])
    return RawWays(
        raw.way_id[order],
        {name: values[order] for name, values in raw.facts.items()},
        raw.name[order],
        raw.ref[order],
        raw.words,
        start,
        raw.node_id[place],
        raw.lon[place],
        raw.lat[place],
        raw.stops,
        raw.restrictions,
        raw.counts,
        raw.odd_limits,
        raw.data_date,
    )


def restriction_word(tags: Mapping[str, str], vehicle: str) -> str | None:
    """Return the `no_...` or `only_...` that binds a vehicle, None if none does.

    A restriction for the vehicle's kind rules over the general one; `except` frees the kinds it names.
    Restrictions at certain hours are not applied (they are counted).
    """
    words = _VEHICLE_WORDS[vehicle]
    if words & {w.strip() for w in tags.get("except", "").split(";")}:
        return None
    if any(key in tags for key in ("hour_on", "hour_off", "day_on", "day_off")):
        return None
    keys = [f"restriction:{w}" for w in ("motorcar", "motor_vehicle", "vehicle")] + ["restriction"]
    word = next((tags[key] for key in keys if key in tags), "")
    return word if word.startswith(("no_", "only_")) else None


def _header_date(header: Any) -> str:
    """Return the date of the data as the file's header has it."""
    for key in ("osmosis_replication_timestamp", "timestamp"):
        if value := header.get(key):
            return str(value)
    return ""
