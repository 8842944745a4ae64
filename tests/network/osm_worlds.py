"""OpenStreetMap files written by hand, and an independent way through them: own parsing, own Dijkstra."""

from __future__ import annotations

import heapq
import itertools
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd
import pyproj

GEOD = pyproj.Geod(ellps="WGS84")
DATE = "2026-10-01T00:00:00Z"
DRIVABLE = (
    "motorway trunk primary secondary tertiary unclassified residential living_street service road".split()
)
SPEEDS = Path(__file__).parents[2] / "scenarios" / "data" / "speeds.csv"


def speeds():
    """Return the shipped speed table."""
    return pd.read_csv(SPEEDS)


def osm_xml(nodes, ways, relations=(), *, head=""):
    """Return XML of nodes {id: (lat, lon, tags?)}, ways {id: (refs, tags)}, relations [(members, tags)]."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head, f'<osm version="0.6" timestamp="{DATE}">']
    for i, (lat, lon, *tags) in nodes.items():
        inner = _tags(tags[0] if tags else {})
        lines.append(f'<node id="{i}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{inner}</node>')
    for i, (refs, tags) in ways.items():
        inner = "".join(f'<nd ref="{r}"/>' for r in refs) + _tags(tags)
        lines.append(f'<way id="{i}" version="1">{inner}</way>')
    for i, (members, tags) in enumerate(relations, start=1):
        inner = "".join(f'<member type="{t}" ref="{r}" role="{role}"/>' for t, r, role in members)
        lines.append(f'<relation id="{i}" version="1">{inner}{_tags(tags)}</relation>')
    return "\n".join([*lines, "</osm>"]) + "\n"


def _tags(tags):
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def turn(from_way, via, to_way, kind, **tags):
    """Return a turn restriction over a node."""
    members = [("way", from_way, "from"), ("node", via, "via"), ("way", to_way, "to")]
    return members, {"type": "restriction", "restriction": kind} | tags


def write(folder, *args, name="world.osm", **kwargs):
    """Write an OSM XML file and return its path."""
    path = folder / name
    path.write_text(osm_xml(*args, **kwargs), encoding="utf-8")
    return path


class Oracle:
    """Shortest ways over the raw XML: a state is a stretch between two nodes, driven one way.

    Turning round is allowed where ways end or meet, as on any graph of nodes, unless a `no_u_turn` forbids
    it; barriers of kind bollard stop.
    """

    def __init__(self, path):
        root = ET.parse(path).getroot()  # noqa: S314 - written by the test itself
        self.at = {int(n.get("id")): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
        self.blocked = {int(n.get("id")) for n in root.iter("node") if _tag(n, "barrier") == "bollard"}
        self.after = {}
        uses = {}
        self.stretches = {}
        for way in root.iter("way"):
            if _tag(way, "highway") not in DRIVABLE or _tag(way, "access") in ("no", "private"):
                continue
            self._add(way, uses)
        self.turning = {n for n, count in uses.items() if count >= 2}
        self.rules = list(self._rules(root))

    def _add(self, way, uses):
        refs = [int(n.get("ref")) for n in way.iter("nd")]
        for n in refs:
            uses[n] = uses.get(n, 0) + 1
        for n in (refs[0], refs[-1]):
            uses[n] += 1
        oneway = _tag(way, "oneway") or ("yes" if _tag(way, "junction") == "roundabout" else "no")
        for k, (a, b) in enumerate(itertools.pairwise(refs)):
            _, _, metres = GEOD.inv(*self.at[a], *self.at[b])
            ident = int(way.get("id"))
            for tail, head, banned in ((a, b, "-1"), (b, a, "yes")):
                if oneway != banned:
                    self.stretches[ident, k, tail, head] = metres / 1000
                    self.after.setdefault(tail, []).append((ident, k, tail, head))

    def _rules(self, root):
        for relation in root.iter("relation"):
            ends = {m.get("role"): int(m.get("ref")) for m in relation.iter("member")}
            yield _tag(relation, "restriction"), ends["from"], ends["via"], ends["to"]

    def allowed(self, first, second):
        """Return whether stretch `second` may follow `first`."""
        node = first[3]
        turning_round = first[:2] == second[:2]
        if node in self.blocked or (turning_round and node not in self.turning):
            return node in self.blocked and turning_round
        for kind, from_way, via, to_way in self.rules:
            if via != node or from_way != first[0]:
                continue
            if kind == "no_u_turn":
                if turning_round and from_way == to_way:
                    return False
            elif (second[0] == to_way) == kind.startswith("no_"):
                return False
        return True

    def km(self, origin, destination):
        """Return the shortest way between two places (way, number of stretch, share of the stretch)."""
        best, queue = {}, self._begin(origin, destination)
        while queue:
            done, stretch = heapq.heappop(queue)
            if not stretch:
                return done
            if best.setdefault(stretch, done) < done:
                continue
            for following in self.after.get(stretch[3], ()):
                if not self.allowed(stretch, following) or following in best:
                    continue
                length = self.stretches[following]
                if following[:2] == destination[:2]:
                    heapq.heappush(queue, (done + self._share(following, destination) * length, ()))
                heapq.heappush(queue, (done + length, following))
        return float("inf")

    def _begin(self, origin, destination):
        """Return the queue at the start: off along the stretch both ways, or straight to the destination."""
        queue = []
        for stretch, km in self.stretches.items():
            if stretch[:2] == origin[:2]:
                share = self._share(stretch, origin)
                goal = self._share(stretch, destination) if stretch[:2] == destination[:2] else -1.0
                if goal >= share:
                    heapq.heappush(queue, ((goal - share) * km, ()))
                heapq.heappush(queue, ((1 - share) * km, stretch))
        return queue

    def _share(self, stretch, place):
        """Return how far along a stretch, in its direction of travel, a place lies."""
        way, number, tail, _ = stretch
        forward = self._first(way, number) == tail
        return place[2] if forward else 1 - place[2]

    def _first(self, way, number):
        return self.drawn[way][number]

    @property
    def drawn(self):
        """Nodes of each way as drawn."""
        return self._drawn

    def with_drawn(self, ways):
        """Remember how the ways are drawn; return self."""
        self._drawn = {i: refs for i, (refs, _) in ways.items()}
        return self


def _tag(thing, key):
    return next((t.get("v") for t in thing.iter("tag") if t.get("k") == key), None)
