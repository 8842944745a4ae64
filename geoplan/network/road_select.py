"""`RoadTable` -> a smaller one: chosen classes, a box, pieces of one road joined where nothing else meets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.errors import Finding, InputError, UsageError, did_you_mean
from geoplan.network.osm_tags import ROAD_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.network.road_table import RoadTable

ROAD_ARRAYS: Final = (
    "way_id", "piece", "road_class", "surface", "status", "from_node", "to_node", "back_from", "back_to",
    "oneway", "tunnel", "bridge", "closed_in_winter", "length_km", "speed_kmh", "limit_kmh", "lanes",
    "open_from_day", "name", "ref",
)  # fmt: skip
END_ARRAYS: Final = ("from_node", "to_node", "back_from", "back_to", "turn_from", "turn_to")
NODE_ARRAYS: Final = ("node_osm_id", "node_copy", "node_lat", "node_lon")
SAME_ARRAYS: Final = (
    "road_class", "surface", "status", "oneway", "tunnel", "closed_in_winter", "limit_kmh", "speed_kmh",
    "open_from_day", "name", "ref",
)  # fmt: skip
"""Pieces of road are joined only if all of these agree."""

FIRST_CUT: Final = 100_000
"""Halves of rings and the nodes between them are numbered from here: no way has so many pieces."""

ISLAND_SHARE: Final = 0.01
"""Roads joined to less than this share of all kilometres are an island."""


def check_classes(names: Sequence[str]) -> tuple[str, ...]:
    """Return the road classes, each known.

    Raises
    ------
    UsageError
        With the nearest known name.
    """
    for name in names:
        if name not in ROAD_CLASSES:
            raise UsageError(
                f"no road class is called '{name}'.{did_you_mean(name, ROAD_CLASSES)}",
                hint="Classes: " + ", ".join(ROAD_CLASSES),
            )
    return tuple(names)


def select_roads(
    table: RoadTable,
    *,
    classes: Sequence[str] = (),
    bbox: tuple[float, float, float, float] | None = None,
) -> RoadTable:
    """Return the roads of the given classes with an end in the box; without either, all.

    Turns at junctions stay where both their nodes are still ends of roads.

    Parameters
    ----------
    classes
        Road classes, links included.
    bbox
        West, south, east, north in degrees.

    Raises
    ------
    InputError
        If no road is left.
    """
    keep = np.ones(len(table), dtype=bool)
    if classes:
        keep &= np.isin(table.road_class, [ROAD_CLASSES.index(name) for name in check_classes(classes)])
    if bbox is not None:
        west, south, east, north = bbox
        inside = (table.node_lon >= west) & (table.node_lon <= east)
        inside &= (table.node_lat >= south) & (table.node_lat <= north)
        keep &= inside[table.from_node] | inside[table.to_node]
    if not keep.any():
        message = "no road of these classes lies in this box."
        hint = "See what the file holds: geoplan roads info FILE."
        raise InputError([Finding("error", "no-roads-chosen", message, table.source, hint)])
    return _taken(table, np.flatnonzero(keep))


def _taken(table: RoadTable, road: NDArray[np.intp]) -> RoadTable:
    """Return the chosen roads with the turns between them; unused nodes are left out."""
    ends = np.concatenate([getattr(table, name)[road] for name in END_ARRAYS[:2]])
    two_way = road[~table.oneway[road]]
    ends = np.concatenate([ends, table.back_from[two_way], table.back_to[two_way]])
    used = np.zeros(len(table.node_osm_id), dtype=bool)
    used[ends] = True
    turn = np.flatnonzero(used[table.turn_from] & used[table.turn_to])
    size = np.diff(table.line_start)[road]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    vertex = np.repeat(table.line_start[:-1][road] - start[:-1], size) + np.arange(start[-1])
    number = np.cumsum(used) - 1
    arrays: dict[str, Any] = {name: getattr(table, name)[road] for name in ROAD_ARRAYS}
    arrays |= {name: getattr(table, name)[turn] for name in END_ARRAYS[4:]}
    arrays |= {name: number[arrays[name]].astype(np.int32) for name in END_ARRAYS}
    # the way back of a one-way road means nothing, but must name a node that is there
    one_way = arrays["oneway"]
    arrays["back_from"] = np.where(one_way, arrays["to_node"], arrays["back_from"]).astype(np.int32)
    arrays["back_to"] = np.where(one_way, arrays["from_node"], arrays["back_to"]).astype(np.int32)
    arrays |= {name: getattr(table, name)[used] for name in NODE_ARRAYS}
    lines = {name: getattr(table, name)[vertex] for name in ("line_lon", "line_lat")}
    return replace(table, line_start=start, **arrays, **lines)


@dataclass(frozen=True)
class _Link:
    """A road in a chain; `turned`: it runs against the chain."""

    road: int
    turned: bool


def join_roads(table: RoadTable) -> RoadTable:
    """Return the table with pieces of alike roads joined at nodes where nothing else meets.

    Lengths add up and drawn lines follow each other, so that no way between two remaining nodes changes.
    A joined road has the number of its first piece; lanes that differ are unknown. Nodes of turns and
    barriers stay.
    """
    chains = _Chains(table).all()
    first = np.array([chain[0].road for chain in chains], dtype=np.int64)
    order = np.argsort(first, kind="stable")
    chains = [chains[i] for i in order]
    first = first[order]
    arrays: dict[str, Any] = {name: getattr(table, name)[first].copy() for name in ROAD_ARRAYS}
    lines: list[NDArray[np.float64]] = []
    for i, chain in enumerate(chains):
        lines.append(_line(table, chain))
        if len(chain) > 1 or chain[0].turned:
            _write(table, chain, arrays, i)
    flat = np.concatenate(lines)
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    joined = replace(table, **arrays, line_start=start, line_lon=flat[:, 0], line_lat=flat[:, 1])
    return _taken(joined, np.arange(len(joined)))


def _write(table: RoadTable, chain: list[_Link], arrays: dict[str, Any], i: int) -> None:
    """Put the ends, length and lanes of a chain into row `i`."""
    begin, end = (_ends(table, chain[k])[k] for k in (0, -1))
    roads = [link.road for link in chain]
    arrays["from_node"][i] = arrays["back_to"][i] = begin
    arrays["to_node"][i] = arrays["back_from"][i] = end
    arrays["length_km"][i] = table.length_km[roads].sum()
    arrays["bridge"][i] = table.bridge[roads].any()
    if len(set(table.lanes[roads].tolist())) > 1:
        arrays["lanes"][i] = 0


def _ends(table: RoadTable, link: _Link) -> tuple[int, int]:
    """Return the nodes where a chain enters and leaves a road."""
    ends = int(table.from_node[link.road]), int(table.to_node[link.road])
    return ends[::-1] if link.turned else ends


def _line(table: RoadTable, chain: list[_Link]) -> NDArray[np.float64]:
    """Return lon, lat along a chain."""
    parts: list[NDArray[np.float64]] = []
    for link in chain:
        own = slice(int(table.line_start[link.road]), int(table.line_start[link.road + 1]))
        line = np.column_stack([table.line_lon[own], table.line_lat[own]])
        line = line[::-1] if link.turned else line
        parts.append(line[1:] if parts else line)
    return np.concatenate(parts)


class _Chains:
    """Finds the chains of a table, each road in one."""

    def __init__(self, table: RoadTable) -> None:
        self.table = table
        self.done = np.zeros(len(table), dtype=bool)
        self.through = self._through()

    def _through(self) -> dict[int, tuple[int, int]]:
        """Return the nodes where exactly two roads meet that may be one, with these roads."""
        table = self.table
        fixed = np.zeros(len(table.node_osm_id), dtype=bool)
        fixed[np.concatenate([table.turn_from, table.turn_to])] = True
        # a two-way road between an arrival and a departure is no plain road
        odd = ~table.oneway & ((table.back_from != table.to_node) | (table.back_to != table.from_node))
        for name in END_ARRAYS[:4]:
            fixed[getattr(table, name)[odd]] = True
        every = np.arange(len(table))
        node = np.concatenate([table.from_node, table.to_node])
        road = np.concatenate([every, every])
        order = np.argsort(node, kind="stable")
        node, road = node[order], road[order]
        first = np.flatnonzero(np.diff(node, prepend=-1))
        two = first[(np.diff(np.append(first, len(node))) == 2) & ~fixed[node[first]]]
        a, b = road[two], road[two + 1]
        same = (a != b) & self._alike(a, b)
        pairs = zip(node[two[same]].tolist(), a[same].tolist(), b[same].tolist(), strict=True)
        return {at: (one, other) for at, one, other in pairs}

    def _alike(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which roads could be pieces of one; one-way ones must follow each other."""
        table = self.table
        same = np.ones(len(a), dtype=bool)
        for name in SAME_ARRAYS:
            values = getattr(table, name)
            unknown = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
            same &= (values[a] == values[b]) | (unknown[a] & unknown[b])
        follow = (table.to_node[a] == table.from_node[b]) | (table.to_node[b] == table.from_node[a])
        return np.asarray(same & (~table.oneway[a] | follow), dtype=bool)

    def all(self) -> list[list[_Link]]:
        """Return the chains in the order of their smallest road; each runs as that road does."""
        found = []
        for road in range(len(self.table)):
            if not self.done[road]:
                self.done[road] = True
                seed = _Link(road, turned=False)
                begin, end = _ends(self.table, seed)
                ahead = self._walk(seed, begin)
                end = _ends(self.table, ahead[-1])[1] if ahead else end
                back = self._walk(_Link(road, turned=True), end)
                before = [_Link(link.road, not link.turned) for link in reversed(back)]
                found.append([*before, seed, *ahead])
        return found

    def _walk(self, link: _Link, stop: int) -> list[_Link]:
        """Return the roads that follow a road, none twice and none that ends at `stop`: no ring."""
        chain: list[_Link] = []
        while True:
            node = _ends(self.table, link)[1]
            pair = self.through.get(node)
            if pair is None:
                return chain
            road = pair[1] if pair[0] == link.road else pair[0]
            link = _Link(road, turned=int(self.table.to_node[road]) == node)
            if self.done[road] or _ends(self.table, link)[1] == stop:
                return chain
            self.done[road] = True
            chain.append(link)


def open_rings(table: RoadTable) -> RoadTable:
    """Return the table with roads that end where they begin cut in two at a vertex in the middle.

    A road table in CSV has no such roads. Rings are cut into a first half, which keeps the id, and a second.
    """
    ring = np.flatnonzero(table.from_node == table.to_node)
    if not len(ring):
        return table
    size = np.diff(table.line_start)
    cut = table.line_start[:-1][ring] + np.maximum(size[ring] // 2, 1)
    share = _shares_before(table, ring, cut)
    nodes = len(table.node_osm_id) + np.arange(len(ring), dtype=np.int32)
    arrays: dict[str, Any] = {
        n: np.concatenate([getattr(table, n), getattr(table, n)[ring]]) for n in ROAD_ARRAYS
    }
    arrays["node_osm_id"] = np.append(table.node_osm_id, table.node_osm_id[table.from_node[ring]])
    arrays["node_copy"] = np.append(table.node_copy, FIRST_CUT + np.arange(len(ring))).astype(np.int32)
    arrays["node_lat"] = np.append(table.node_lat, table.line_lat[cut])
    arrays["node_lon"] = np.append(table.node_lon, table.line_lon[cut])
    half = len(table) + np.arange(len(ring))
    arrays["piece"][half] = FIRST_CUT + np.arange(len(ring))
    for begins, ends in (("from_node", "to_node"), ("back_to", "back_from")):
        arrays[ends][ring] = nodes
        arrays[begins][half] = nodes
    arrays["length_km"][half] = table.length_km[ring] * (1 - share)
    arrays["length_km"][ring] = table.length_km[ring] * share
    begin = np.append(table.line_start[:-1], cut)
    end = np.append(table.line_start[1:], table.line_start[1:][ring])
    end[ring] = cut + 1
    order = np.lexsort((arrays["piece"], arrays["way_id"]))
    size = (end - begin)[order]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    vertex = np.repeat(begin[order] - start[:-1], size) + np.arange(start[-1])
    arrays |= {name: arrays[name][order] for name in ROAD_ARRAYS}
    return replace(
        table, line_start=start, line_lon=table.line_lon[vertex], line_lat=table.line_lat[vertex], **arrays
    )


def _shares_before(table: RoadTable, road: NDArray[Any], cut: NDArray[Any]) -> NDArray[np.float64]:
    """Return the share of each road's drawn line that lies before vertex `cut`."""
    scale = np.cos(np.radians(table.line_lat))
    step = np.hypot(np.diff(table.line_lon) * scale[1:], np.diff(table.line_lat))
    along = np.append(0.0, np.cumsum(step))
    first, last = table.line_start[:-1][road], table.line_start[1:][road] - 1
    whole = np.maximum(along[last] - along[first], 1e-15)
    return np.asarray(np.clip((along[cut] - along[first]) / whole, 0.01, 0.99), dtype=np.float64)


def drop_islands(table: RoadTable, *, least_share: float = ISLAND_SHARE) -> tuple[RoadTable, int, float]:
    """Return the table without roads that are joined to little else, how many went and their kilometres.

    An island holds less than `least_share` of all kilometres; the largest part always stays. No point would
    snap to an island.
    """
    nodes = len(table.node_osm_id)
    tail = np.concatenate([table.from_node, table.back_from, table.turn_from])
    head = np.concatenate([table.to_node, table.back_to, table.turn_to])
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    count, label = connected_components(graph.tocsr(), directed=False)
    part = label[table.from_node]
    km = np.bincount(part, table.length_km, minlength=count)
    keep = km >= least_share * km.sum()
    keep[int(np.argmax(km))] = True
    left = ~keep[part]
    if not left.any():
        return table, 0, 0.0
    return _taken(table, np.flatnonzero(~left)), int(left.sum()), float(table.length_km[left].sum())


def keep_near(table: RoadTable, near: NDArray[np.bool_]) -> RoadTable:
    """Return the roads all of whose nodes are marked in `near`, one flag a node.

    Raises
    ------
    InputError
        If no road is left.
    """
    keep = near[table.from_node] & near[table.to_node]
    if not keep.any():
        message = "no road of the file lies in the country."
        hint = "Leave --in-country out, or take an extract of the country."
        raise InputError([Finding("error", "no-roads-chosen", message, table.source, hint)])
    return _taken(table, np.flatnonzero(keep))
