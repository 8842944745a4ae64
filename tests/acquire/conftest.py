"""A server on this machine that answers as Overpass and Nominatim do, and a guard on every other socket."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

DATE = "2026-11-01T12:00:00Z"

NODES = {
    1: (41.0, 47.0, {}),
    2: (41.0, 47.01, {}),
    3: (41.0, 47.02, {}),
    4: (41.01, 47.01, {"barrier": "bollard"}),
    5: (41.02, 47.01, {}),
}
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "name": "Küçə & 'A' <1>"}),
    11: ([2, 4, 5], {"highway": "residential"}),
    12: ([5, 3], {"highway": "tertiary", "oneway": "yes"}),
    13: ([3, 5], {"highway": "secondary", "access": "private"}),
}
AREA = {
    "place_id": 1,
    "osm_type": "relation",
    "osm_id": 77,
    "lat": "41.0",
    "lon": "47.0",
    "class": "boundary",
    "type": "administrative",
    "importance": 0.5,
    "name": "Test",
    "display_name": "Test, Azərbaycan",
    "boundingbox": ["40.9", "41.1", "46.9", "47.1"],
    "geojson": {
        "type": "Polygon",
        "coordinates": [[[46.9, 40.9], [47.1, 40.9], [47.1, 41.1], [46.9, 41.1], [46.9, 40.9]]],
    },
}


def overpass_answer():
    """Return what Overpass answers: the small world above."""
    things = [
        {"type": "node", "id": i, "lat": lat, "lon": lon} | ({"tags": tags} if tags else {})
        for i, (lat, lon, tags) in NODES.items()
    ]
    things += [{"type": "way", "id": i, "nodes": refs, "tags": tags} for i, (refs, tags) in WAYS.items()]
    return {
        "version": 0.6,
        "generator": "Overpass API",
        "osm3s": {"timestamp_osm_base": DATE, "copyright": "ODbL"},
        "elements": things,
    }


@dataclass
class Server:
    """What the server was asked, and what it shall answer."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    body: object = None
    places: list[dict] = field(default_factory=lambda: [AREA])
    restrictions: list[dict] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch):
    """Run the server on 127.0.0.1 for one test; no proxy, no other host."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(urlsplit(self.path).path, urlsplit(self.path).query)

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self._answer(self.path, self.rfile.read(length).decode())

        def _answer(self, path, query):
            state.asked.append(f"{path} {parse_qs(query)}")
            status = state.status.pop(0) if state.status else 200
            if path == "/api/interpreter":
                answer = overpass_answer()
                if "restriction" in query:
                    answer["elements"] = state.restrictions
                body = answer if state.body is None else state.body
            elif path == "/search":
                body = state.places
            else:
                status, body = 404, {}
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{running.server_port}"
    yield state
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch, tmp_path):
    """Refuse every socket to another machine; a cache of its own; no minute-long waits."""
    real = socket.socket.connect

    def connect(self, address):
        assert address[0] == "127.0.0.1", f"a socket to {address}"
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "cache"))
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept
