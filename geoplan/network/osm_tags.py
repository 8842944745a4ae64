"""OpenStreetMap tags -> what geoplan knows of a road: class, access, direction, limits, surface, dates."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ROAD_CLASSES: Final = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street",
    "service", "road", "track", "ferry",
)  # fmt: skip
SURFACES: Final = ("paved", "gravel", "unpaved")
STATUSES: Final = ("open", "construction", "planned")
VEHICLES: Final = ("car", "ambulance", "offroad")

CLOSED: Final = frozenset({"no", "private"})
"""Access values that close a road; any other (destination, customers ...) leaves it open."""

_CAR_KEYS: Final = ("motorcar", "motor_vehicle", "vehicle", "access")
ACCESS_KEYS: Final = {"car": _CAR_KEYS, "offroad": _CAR_KEYS, "ambulance": ("emergency", *_CAR_KEYS)}
"""Keys that decide who may drive, the most specific first; the first one present decides."""

_ACCESS_WORDS: Final = frozenset({"yes", "no", "private", "designated", "official", "permissive"})
"""`emergency` is also the key of hydrants and the like: only these values are about access."""

OPEN_BARRIERS: Final = frozenset(
    {
        "border_control", "bump_gate", "cattle_grid", "coupure", "entrance", "gate", "height_restrictor",
        "kerb", "lift_gate", "no", "sally_port", "toll_booth",
    }
)  # fmt: skip
"""Barriers that a car passes unless an access tag closes them; others stop it unless one opens."""

_LINK: Final = "_link"
_GRAVEL: Final = frozenset({"gravel", "fine_gravel", "compacted", "pebblestone", "grade2"})
_UNPAVED: Final = frozenset(
    {
        "unpaved", "ground", "dirt", "earth", "mud", "sand", "grass", "clay", "rock", "rocks", "stone",
        "soil", "grass_paver", "woodchips", "snow", "ice", "salt", "grade3", "grade4", "grade5",
    }
)  # fmt: skip

LEAST_LIMIT_KMH: Final = 5.0
GREATEST_LIMIT_KMH: Final = 160.0
"""A `maxspeed` outside of these is a slip of the pen."""

KMH_PER_MPH: Final = 1.609344
KMH_PER_KNOT: Final = 1.852
WALK_KMH: Final = 7.0

_ZONE_KMH: Final = {"living_street": 20.0, "urban": 50.0, "rural": 90.0, "trunk": 110.0, "motorway": 120.0}
_COUNTRY_ZONE_KMH: Final = {
    "AM:rural": 90.0, "AM:urban": 60.0, "AT:rural": 100.0, "AT:trunk": 100.0, "AT:motorway": 130.0,
    "AZ:urban": 60.0, "AZ:rural": 90.0, "AZ:motorway": 110.0, "CH:rural": 80.0, "CH:trunk": 100.0,
    "DE:rural": 100.0, "DE:living_street": 7.0, "FR:rural": 80.0, "FR:motorway": 130.0, "GB:motorway": 112.7,
    "GB:nsl_single": 96.6, "GB:nsl_dual": 112.7, "GE:urban": 60.0, "GE:rural": 90.0, "GE:motorway": 110.0,
    "IT:motorway": 130.0, "PT:trunk": 100.0, "RU:urban": 60.0, "RU:rural": 90.0, "RU:motorway": 110.0,
    "TR:rural": 90.0, "UA:urban": 50.0, "UA:rural": 90.0, "UA:motorway": 130.0,
}  # fmt: skip
"""Legal limits behind zone values (road traffic acts; OpenStreetMap wiki, page Default speed limits)."""

_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|kmph|mph|knots?)?")
_ZONE: Final = re.compile(r"([A-Z]{2}):(?:zone:?)?([a-z_]+|\d+)")
_WORDS_WITHOUT_LIMIT: Final = frozenset({"none", "no", "signals", "variable", "unposted", "implicit"})
_WINTER_WORDS: Final = ("winter", "snow", "ice", "jan", "dec", "feb")


class WayFacts(NamedTuple):
    """What the tags of one kept way say; numbers index the word lists of this module."""

    road_class: int
    surface: int
    status: int
    direction: int
    """1 along the way only, -1 against it only, 0 both."""
    limit_kmh: float
    """nan: none tagged."""
    duration_minutes: float
    """Of the whole way, ferries only; nan: none tagged."""
    lanes: int
    tunnel: bool
    bridge: bool
    closed_in_winter: bool
    open_from_day: int
    """Days since 1970-01-01; `NO_DAY`: none tagged."""
    odd_limit: bool
    """The tagged limit cannot be."""


NO_DAY: Final = -(2**31)
SKIP_NOT_A_ROAD, SKIP_CLOSED, SKIP_REVERSIBLE, SKIP_WINTER_ONLY = range(4)


def read_way(tags: Mapping[str, str], vehicle: str) -> WayFacts | int:
    """Return what the tags say of a way, or why the vehicle cannot use it (one of `SKIP_...`)."""
    kind = road_kind(tags, vehicle)
    if kind is None:
        return SKIP_NOT_A_ROAD
    if not may_drive(tags, vehicle):
        return SKIP_CLOSED
    road_class, status = kind
    direction = way_direction(tags)
    if direction is None:
        return SKIP_REVERSIBLE
    if "yes" in (tags.get("winter_road"), tags.get("ice_road")) or tags.get("seasonal") == "winter":
        return SKIP_WINTER_ONLY
    limit_kmh, odd = way_limit_kmh(tags, direction)
    name = ROAD_CLASSES[road_class]
    return WayFacts(
        road_class,
        SURFACES.index(surface_of(tags, name)),
        STATUSES.index(status),
        direction,
        limit_kmh,
        minutes_of(tags.get("duration", "")) if name == "ferry" else float("nan"),
        lanes_of(tags.get("lanes", "")),
        tags.get("tunnel", "no") != "no",
        tags.get("bridge", "no") != "no",
        closed_in_winter(tags),
        day_of(tags.get("opening_date", "")) if status == "construction" else NO_DAY,
        odd,
    )


def road_kind(tags: Mapping[str, str], vehicle: str) -> tuple[int, str] | None:
    """Return class number and status of a way, None if it is no road for the vehicle.

    A link has the class of its road; a road under construction that of the road to be.
    """
    word, status = tags.get("highway", ""), "open"
    if word == "construction":
        word, status = tags.get("construction", ""), "construction"
    if not word and tags.get("route") == "ferry":
        word = "ferry"
    elif word == "ferry" or tags.get("area") == "yes":
        return None
    word = word.removesuffix(_LINK)
    if word not in ROAD_CLASSES or (word == "track" and vehicle != "offroad"):
        return None
    return ROAD_CLASSES.index(word), status


def may_drive(tags: Mapping[str, str], vehicle: str) -> bool:
    """Return whether the tags of access let the vehicle pass; the most specific tag decides."""
    return _access(tags, vehicle) not in CLOSED


def _access(tags: Mapping[str, str], vehicle: str) -> str:
    """Return the deciding access value, `""` if nothing is tagged."""
    for key in ACCESS_KEYS[vehicle]:
        value = tags.get(key)
        if value and (key != "emergency" or value in _ACCESS_WORDS):
            return value
    return ""


def barrier_stops(tags: Mapping[str, str], vehicle: str) -> bool:
    """Return whether a node with these tags stops the vehicle."""
    kind = tags.get("barrier", "")
    if not kind:
        return False
    value = _access(tags, vehicle)
    return value in CLOSED if value else kind not in OPEN_BARRIERS


def way_direction(tags: Mapping[str, str]) -> int | None:
    """Return 1 (along the way), -1 (against it) or 0 (both); None if it changes with the hour.

    A tag for motor traffic rules over `oneway`; roundabouts and motorways run one way unless tagged.
    """
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        value = tags.get(key)
        if value in ("yes", "true", "1"):
            return 1
        if value in ("-1", "reverse"):
            return -1
        if value == "reversible":
            return None
        if value in ("no", "false", "0", "alternating"):
            return 0
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return int(implied)


def way_limit_kmh(tags: Mapping[str, str], direction: int) -> tuple[float, bool]:
    """Return the legal limit in km/h (nan: none) and whether a tagged one cannot be.

    Without `maxspeed` the limits by direction count, the lower where both apply; then zone tags.
    """
    if "maxspeed" in tags:
        return limit_kmh(tags["maxspeed"])
    keys = {1: ("maxspeed:forward",), -1: ("maxspeed:backward",)}.get(
        direction, ("maxspeed:forward", "maxspeed:backward")
    )
    found = [limit_kmh(tags[key]) for key in keys if key in tags]
    if not found:
        zones = (tags.get(key, "") for key in ("maxspeed:type", "source:maxspeed", "zone:maxspeed"))
        found = [limit_kmh(zone) for zone in zones if _ZONE.fullmatch(zone)]
    limits = [kmh for kmh, _ in found if kmh == kmh]  # noqa: PLR0124 - NaN
    return min(limits, default=float("nan")), any(odd for _, odd in found)


@lru_cache(maxsize=4096)
def limit_kmh(value: str) -> tuple[float, bool]:
    """Return a `maxspeed` value in km/h (nan: no limit or unreadable) and whether it cannot be.

    Numbers are km/h unless a unit follows; of several (`50;30`) the lowest counts.
    """
    limits, odd = [], False
    for part in re.split(r"[;|]", value):
        kmh = _one_limit_kmh(part.strip())
        odd |= kmh is None
        limits += [kmh] if kmh else []
    return min(limits, default=float("nan")), odd


def _one_limit_kmh(word: str) -> float | None:
    """Return one limit in km/h, 0 for `no limit`, None for what cannot be."""
    if word in _WORDS_WITHOUT_LIMIT:
        return 0.0
    if word in ("walk", "foot"):
        return WALK_KMH
    if zone := _ZONE.fullmatch(word):
        return _zone_kmh(word, zone[2])
    number = _NUMBER.fullmatch(word)
    if number is None:
        return None
    unit = number[2] or ""
    factor = KMH_PER_MPH if unit == "mph" else KMH_PER_KNOT if unit.startswith("knot") else 1.0
    kmh = float(number[1]) * factor
    return kmh if LEAST_LIMIT_KMH <= kmh <= GREATEST_LIMIT_KMH else None


def _zone_kmh(word: str, kind: str) -> float | None:
    """Return the limit of a zone value such as `AZ:rural` or `DE:zone:30`; 0: none, None: unknown."""
    if kind.isdigit():
        kmh = float(kind)
        return kmh if LEAST_LIMIT_KMH <= kmh <= GREATEST_LIMIT_KMH else None
    if word == "DE:motorway":
        return 0.0
    kind = kind.removeprefix("zone")
    if kind.isdigit():
        return float(kind)
    return _COUNTRY_ZONE_KMH.get(word, _ZONE_KMH.get(kind))


def surface_of(tags: Mapping[str, str], road_class: str) -> str:
    """Return paved, gravel or unpaved; untagged roads count as paved, untagged tracks as unpaved."""
    if road_class == "ferry":
        return "paved"
    word = tags.get("surface", "").split(";")[0].split(":")[0].strip()
    if not word and road_class == "track":
        word = tags.get("tracktype", "grade3")
    if word in _GRAVEL:
        return "gravel"
    return "unpaved" if word in _UNPAVED else "paved"


def closed_in_winter(tags: Mapping[str, str]) -> bool:
    """Return whether tags say that the road cannot be used in winter."""
    if tags.get("seasonal") in ("yes", "summer", "dry_season", "spring;summer;autumn"):
        return True
    return any(_closes_in_winter(tags.get(f"{key}:conditional", "")) for key in (*_CAR_KEYS, "winter_road"))


@lru_cache(maxsize=1024)
def _closes_in_winter(value: str) -> bool:
    """Return whether a conditional value such as `no @ (Nov-Apr)` closes the road about January."""
    for rule in re.split(r";\s*(?![^(]*\))", value.lower()):
        word, _, condition = rule.partition("@")
        if word.strip() in CLOSED and _in_january(condition):
            return True
    return False


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_RANGE: Final = re.compile(r"\b([a-z]{3})[a-z]*\s*\d*\s*-\s*([a-z]{3})[a-z]*")


def _in_january(condition: str) -> bool:
    """Return whether a condition holds in January: a range of months over it, or a word of winter."""
    for first, last in _MONTH_RANGE.findall(condition):
        if first in _MONTHS and last in _MONTHS:
            begin, end = _MONTHS.index(first), _MONTHS.index(last)
            return begin == 0 or end < begin
    return any(word in condition for word in _WINTER_WORDS)


@lru_cache(maxsize=1024)
def day_of(value: str) -> int:
    """Return a date (`2027`, `2027-05` or `2027-05-01`) as days since 1970-01-01, `NO_DAY` if unreadable."""
    parts = value.strip().split("-")
    if not all(p.isdigit() for p in parts) or len(parts) > 3:
        return NO_DAY
    numbers = [int(p) for p in parts] + [1, 1]
    try:
        return (date(*numbers[:3]) - date(1970, 1, 1)).days
    except ValueError:
        return NO_DAY


@lru_cache(maxsize=1024)
def minutes_of(value: str) -> float:
    """Return a `duration` (`1:30`, `0:20:00`, `25`, `PT1H30M`) in minutes, nan if unreadable."""
    text = value.strip()
    if iso := re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text):
        hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return (hours * 60 + minutes + seconds / 60) or float("nan")
    parts = text.split(":")
    if not all(p.isdigit() for p in parts) or len(parts) > 3:
        return float("nan")
    numbers = [int(p) for p in parts]
    if len(numbers) == 1:
        return float(numbers[0]) or float("nan")
    hours, minutes, seconds = [*numbers, 0][:3]
    return (hours * 60 + minutes + seconds / 60) or float("nan")


def lanes_of(value: str) -> int:
    """Return the number of lanes, 0 where unknown."""
    return int(value) if value.isdigit() and 1 <= int(value) <= 12 else 0
