"""Roads from an Overpass server, asked through osmnx; the answer becomes an ordinary OpenStreetMap file."""

from __future__ import annotations

import contextlib
import socket
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import numpy as np

from geoplan import cache
from geoplan.errors import Finding, InputError, UsageError
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[str], None]
    Bounds = tuple[float, float, float, float]

OVERPASS_URL: Final = "https://overpass-api.de/api"
NOMINATIM_URL: Final = "https://nominatim.openstreetmap.org"
CACHE_KIND: Final = "overpass"
COPYRIGHT: Final = "OpenStreetMap and contributors"
LICENCE_URL: Final = "https://opendatacommons.org/licenses/odbl/1-0/"

WAY_FILTERS: Final = (
    '["highway"~"^(motorway|trunk|primary|secondary|tertiary)(_link)?$"]',
    '["highway"~"^(unclassified|residential|living_street|service|road|track|construction)$"]["area"!="yes"]',
    '["route"="ferry"]',
)
"""Every way that a vehicle of the road table may use; who uses which is decided when the file is read."""

BUSY_CODES: Final = frozenset({429, 504})
BUSY_TRIES: Final = 3
"""osmnx waits a minute and asks again where a server is busy; after so many answers we give up."""

BY_HAND: Final = (
    "By hand: on a computer with access download an extract of the area (.osm.pbf, e.g. from"
    " download.geofabrik.de), copy the file to this one and name it:"
    " geoplan roads build FILE --out DIR, or --roads FILE of geoplan matrix and geoplan route."
)


RESTRICTIONS: Final = '[out:json][timeout:{seconds}];way(id:{ways});rel(bw)["type"="restriction"];out;'
"""osmnx asks for ways and their nodes; this asks for the turn restrictions that hold on ways."""

WAYS_AT_ONCE: Final = 5000
"""Numbers in one question of the kind: 50 kB."""

WAIT_S: Final = 60.0


@dataclass(frozen=True)
class AreaRequest:
    """What to ask for: all roads of a named area or of a box, and whom to ask.

    Attributes
    ----------
    area
        Name of a place with a border; the geocoder finds it.
    bbox
        West, south, east, north in degrees, where no area is named.
    endpoint, geocoder
        Addresses of an Overpass and of a Nominatim server.
    timeout_s
        Seconds that a server may take for an answer.
    """

    area: str = ""
    bbox: Bounds | None = None
    endpoint: str = OVERPASS_URL
    geocoder: str = NOMINATIM_URL
    timeout_s: int = 180

    @property
    def key(self) -> str:
        """Name of the answer in the cache."""
        where = [self.area, self.geocoder] if self.bbox is None else [f"{v:.7f}" for v in self.bbox]
        return cache.key_of(self.endpoint, *where, *WAY_FILTERS, RESTRICTIONS)


@dataclass(frozen=True)
class Extract:
    """The roads of an area as an OpenStreetMap file.

    Attributes
    ----------
    xml
        The file; the date of the data is in its head.
    fetched_on
        Day of the answer (ISO).
    endpoint
        Who answered.
    from_cache
        Whether the cache held it.
    findings
        What an answer lacks, and notes on the cache.
    """

    xml: bytes
    fetched_on: str
    endpoint: str
    from_cache: bool = False
    findings: tuple[Finding, ...] = ()


def fetch_roads(
    request: AreaRequest, *, offline: bool = False, refresh: bool = False, progress: Progress
) -> Extract:
    """Return the roads that `request` asks for, from the cache or from the server.

    Parameters
    ----------
    offline
        Refuse: nothing is asked and nothing returned.
    refresh
        Ask anew even if the cache holds an answer.

    Raises
    ------
    UsageError
        If `offline`, if area and box are both given or both missing, or if a server does not answer; the
        hint says what to put where by hand.
    InputError
        If the area is unknown or has no border.
    """
    if bool(request.area) == (request.bbox is not None):
        raise UsageError("give either an area or a box", hint="Write --area NAME or --bbox W,S,E,N.")
    if offline:
        raise UsageError(f"--offline: {_host(request.endpoint)} is not asked", hint=BY_HAND)
    found, broken = (None, None) if refresh else _cached(request)
    if found is not None:
        progress("found in the cache")
        return found
    day = datetime.now(UTC).date().isoformat()
    xml = as_xml(_ask(request, progress))
    store = cache.store(CACHE_KIND, request.key, {"xml": _bytes(zlib.compress(xml)), "day": _bytes(day)})
    findings = tuple(f for f in (broken, store) if f is not None)
    return Extract(xml, day, request.endpoint, findings=findings)


def _bytes(data: bytes | str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(data if isinstance(data, bytes) else data.encode(), dtype=np.uint8)


def _cached(request: AreaRequest) -> tuple[Extract | None, Finding | None]:
    """Return the answer that the cache holds, or what was wrong with it."""
    arrays, finding = cache.load(CACHE_KIND, request.key)
    if arrays is None:
        return None, finding
    try:
        xml, day = zlib.decompress(arrays["xml"].tobytes()), arrays["day"].tobytes().decode()
    except (KeyError, zlib.error, UnicodeDecodeError) as error:
        return None, cache.discard(CACHE_KIND, request.key, f"unexpected content: {error}")
    return Extract(xml, day, request.endpoint, from_cache=True), None


class _Listener:
    """Sees every answer that osmnx gets: keeps those of Overpass, speaks where a server refuses."""

    def __init__(self, progress: Progress) -> None:
        self.answers: list[dict[str, Any]] = []
        self._busy = 0
        self._progress = progress

    def __call__(self, response: Any, *_args: Any, **_kwargs: Any) -> None:
        """Take one answer; a hook of the package requests."""
        if response.is_redirect:
            return
        host, code = _host(response.url), int(response.status_code)
        if code in BUSY_CODES and self._busy < BUSY_TRIES:
            self._busy += 1
            self._progress(f"{host} is busy ({code}); asked again in a minute")
            return
        if code != 200:
            words = "is still busy" if code in BUSY_CODES else "refuses"
            raise UsageError(f"{host} {words}: HTTP {code} {response.reason}", hint=BY_HAND)
        try:
            answer = response.json()
        except ValueError:
            raise UsageError(f"{host} answers something that is not JSON", hint=BY_HAND) from None
        if isinstance(answer, dict):
            if "remark" in answer:
                # a half answer: the server ran out of time or memory
                raise UsageError(f"{host} gave up: {answer['remark']}", hint="Ask for a smaller area.")
            self.answers.append(answer)
            self._progress(f"{len(self.answers)} answers of {host}")


def _ask(request: AreaRequest, progress: Progress) -> list[dict[str, Any]]:
    """Return what Overpass answers, part by part."""
    progress("load osmnx")
    import osmnx  # noqa: PLC0415 - a second that only this command needs
    import shapely  # noqa: PLC0415

    listener = _Listener(progress)
    own = {
        "overpass_url": request.endpoint,
        "nominatim_url": request.geocoder,
        "requests_timeout": request.timeout_s,
        "requests_kwargs": {"hooks": {"response": listener}},
        "http_user_agent": f"geoplan {__version__}",
        "use_cache": False,
        "cache_only_mode": True,
        "overpass_rate_limit": False,
        "doh_url_template": None,
        "log_file": False,
        "log_console": False,
    }
    with _osmnx_settings(osmnx.settings, own):
        shape = shapely.box(*request.bbox) if request.bbox else _outline(osmnx, request, progress)
        progress(f"ask {_host(request.endpoint)}")
        with _spoken(request.endpoint), contextlib.suppress(InterruptedError):
            # cache_only_mode: osmnx asks for every part and then interrupts itself, before it makes a graph
            osmnx.graph_from_polygon(shape, custom_filter=list(WAY_FILTERS))
    with _spoken(request.endpoint):
        _ask_restrictions(request, listener)
    return listener.answers


def _ask_restrictions(request: AreaRequest, listener: _Listener) -> None:
    """Ask for the turn restrictions of all ways in the answers; the listener keeps what comes."""
    import requests  # noqa: PLC0415 - comes with osmnx

    things = [t for answer in listener.answers for t in answer.get("elements", []) if isinstance(t, dict)]
    ways = sorted({int(t["id"]) for t in things if t.get("type") == "way" and str(t.get("id")).isdigit()})
    for begin in range(0, len(ways), WAYS_AT_ONCE):
        numbers = ",".join(str(way) for way in ways[begin : begin + WAYS_AT_ONCE])
        query = RESTRICTIONS.format(seconds=request.timeout_s, ways=numbers)
        before = len(listener.answers)
        while len(listener.answers) == before:
            requests.post(
                f"{request.endpoint.rstrip('/')}/interpreter",
                data={"data": query},
                timeout=request.timeout_s,
                headers={"User-Agent": f"geoplan {__version__}"},
                hooks={"response": listener},
            )
            if len(listener.answers) == before:  # busy: the listener has said so, and gives up in the end
                time.sleep(WAIT_S)


def _outline(osmnx: Any, request: AreaRequest, progress: Progress) -> Any:
    """Return the border of a named area."""
    progress(f"ask {_host(request.geocoder)} for {request.area}")
    try:
        with _spoken(request.geocoder):
            shape = osmnx.geocode_to_gdf(request.area).geometry.iloc[0]
    except (TypeError, ValueError) as error:
        raise InputError([
            Finding("error", "area-unknown", f"'{request.area}' names no area with a border.",
                    hint=f"Write more of the name ('Quba, Azerbaijan'), or --bbox W,S,E,N. ({error})")
        ]) from error  # fmt: skip
    return shape


@contextlib.contextmanager
def _spoken(url: str) -> Iterator[None]:
    """Turn a connection that fails into words."""
    try:
        yield
    except InterruptedError:
        raise
    except OSError as error:
        why = str(error).split("(Caused by")[-1].strip(" ()")
        raise UsageError(f"{_host(url)} does not answer: {why}", hint=BY_HAND) from error


@contextlib.contextmanager
def _osmnx_settings(settings: Any, own: dict[str, Any]) -> Iterator[None]:
    """Set settings of osmnx, which are global, and put them back; also the resolver that it replaces."""
    before, resolver = {name: getattr(settings, name) for name in own}, socket.getaddrinfo
    try:
        for name, value in own.items():
            setattr(settings, name, value)
        yield
    finally:
        socket.getaddrinfo = resolver
        for name, value in before.items():
            setattr(settings, name, value)


def _host(url: str) -> str:
    return urlsplit(url).netloc or url


def as_xml(answers: list[dict[str, Any]]) -> bytes:
    """Return answers of Overpass as one OpenStreetMap file: nodes, ways, relations, each once, by number.

    The date is that of the oldest answer.

    Raises
    ------
    UsageError
        If an answer is not in the form of Overpass.
    """
    nodes: dict[int, str] = {}
    ways: dict[int, str] = {}
    relations: dict[int, str] = {}
    dates: list[str] = []
    try:
        for answer in answers:
            dates += [str(answer["osm3s"]["timestamp_osm_base"])] if answer.get("osm3s") else []
            for thing in answer["elements"]:
                if thing["type"] == "node":
                    nodes[int(thing["id"])] = _node(thing)
                elif thing["type"] == "way":
                    ways[int(thing["id"])] = _way(thing)
                elif thing["type"] == "relation":
                    relations[int(thing["id"])] = _relation(thing)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"the answer is not that of an Overpass server: {error!r}", hint=BY_HAND) from error
    date = f" osm_base={quoteattr(min(dates))}" if dates and all(dates) else ""
    said = f'copyright="{COPYRIGHT}" license="{LICENCE_URL}"'
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<osm version="0.6" generator="geoplan {__version__}" {said}>',
        f"<note>{COPYRIGHT}, ODbL 1.0</note><meta{date}/>",
    ]
    things = [table[number] for table in (nodes, ways, relations) for number in sorted(table)]
    return "\n".join([*head, *things, "</osm>", ""]).encode()


def _node(thing: dict[str, Any]) -> str:
    lat, lon = float(thing["lat"]), float(thing["lon"])
    return f'<node id="{int(thing["id"])}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{_tags(thing)}</node>'


def _way(thing: dict[str, Any]) -> str:
    refs = "".join(f'<nd ref="{int(ref)}"/>' for ref in thing["nodes"])
    return f'<way id="{int(thing["id"])}" version="1">{refs}{_tags(thing)}</way>'


def _relation(thing: dict[str, Any]) -> str:
    members = "".join(
        f'<member type={quoteattr(str(m["type"]))} ref="{int(m["ref"])}" role={quoteattr(str(m["role"]))}/>'
        for m in thing["members"]
    )
    return f'<relation id="{int(thing["id"])}" version="1">{members}{_tags(thing)}</relation>'


def _tags(thing: dict[str, Any]) -> str:
    tags = {str(k): str(v) for k, v in (thing.get("tags") or {}).items()}
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(tags[k])}/>" for k in sorted(tags))
