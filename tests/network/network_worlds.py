"""Small networks written out by hand, and the reader of the toy tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from geoplan.network import graph

TOY = Path(__file__).parents[1] / "toy"


def _day(cell):
    if cell == "":
        return None
    return date(int(cell), 1, 1) if cell.isdigit() else date.fromisoformat(cell)


def read_roads(path):
    """Return a road table typed as the tables room types it."""
    roads = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("road_id")
    for column in ("length_km", "speed_kmh"):
        roads[column] = pd.to_numeric(roads[column].replace("", None))
    for column in ("closed_in_winter", "tunnel"):
        roads[column] = roads[column] == "true"
    for column in ("open_from", "open_until"):
        roads[column] = pd.Series([_day(c) for c in roads[column]], index=roads.index, dtype=object)
    return roads


def country(places, roads, **choices):
    """Return the network of `places` {id: (east km, north km)} and `roads` [(from, to, km, ...options)].

    Options of a road: `kmh` (60), `oneway` (False), `via` (list of (east, north)), any other column.
    """
    nodes = pd.DataFrame(
        {"lat": [lat(n) for _, n in places.values()], "lon": [lon(e) for e, _ in places.values()]},
        index=pd.Index(list(places), name="node_id"),
    )
    rows = [_road(places, number, *road) for number, road in enumerate(roads)]
    table = pd.DataFrame(rows).set_index("road_id")
    speeds = pd.DataFrame(columns=["class", "surface", "vehicle", "season", "speed_kmh"])
    return graph.build_network(table, nodes, speeds, **choices)


def _road(places, number, tail, head, km, options=None):
    options = dict(options or {})
    via = options.pop("via", [])
    line = [places.get(tail, (0, 0)), *via, places.get(head, (1, 1))]
    row = {
        "road_id": f"r{number:02d}", "name": f"Road {number}", "from": tail, "to": head, "ref": f"R{number}",
        "class": "primary", "surface": "paved", "length_km": float(km), "speed_kmh": options.pop("kmh", 60.0),
        "oneway": "yes" if options.pop("oneway", False) else "no", "status": "open", "open_from": None,
        "open_until": None, "closed_in_winter": False,
        "geometry": "LINESTRING (" + ", ".join(f"{lon(e):.9f} {lat(n):.9f}" for e, n in line) + ")",
    }  # fmt: skip
    return row | options


def lat(north_km):
    """Return the latitude `north_km` north of the middle of the projection."""
    return 40.2 + north_km / 111.0367


def lon(east_km):
    """Return the longitude `east_km` east of the middle of the projection."""
    return 47.5 + east_km / 85.1454


def place(points):
    """Return ids, latitudes and longitudes of {id: (east km, north km)}."""
    xy = np.array(list(points.values()), dtype=float).reshape(-1, 2)
    return list(points), lat(xy[:, 1]), lon(xy[:, 0])
