"""`RoadTable`: a road network of any size as flat arrays, and the same as the two tables of the contract."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.errors import Finding
from geoplan.network.osm_tags import NO_DAY, ROAD_CLASSES, STATUSES, SURFACES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

OSM_ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"

TURN_KM: Final = 1e-6
"""Length of the connection that stands for an allowed turn at a junction with a restriction: a millimetre."""

TURN_DEGREES: Final = 1e-8
TURN_KMH: Final = 150.0
TURN_PREFIX: Final = "turn-"


@dataclass(frozen=True)
class RoadTable:
    """Roads between junctions, their nodes and the turns at restricted junctions.

    A two-way road runs forward from `from_node` to `to_node` and back from `back_from` to `back_to`. These
    are the same two nodes save at a junction with a turn restriction: there arrivals and departures are
    nodes of their own, joined by one connection for each turn that is allowed, so that plain shortest paths
    between nodes keep the restriction and a place on a road is still one place.

    Attributes
    ----------
    node_osm_id, node_copy
        int64 and int32, one a node: the number in the source, and 0 for the node itself, 1 ... for its copies
        (arrivals and departures at restricted junctions, the sides of a barrier).
    node_lat, node_lon
        Degrees.
    way_id, piece
        int64 and int32, one a road: way of the source and number of the road along it; sorted by both.
    road_class, surface, status
        int8, places in `ROAD_CLASSES`, `SURFACES`, `STATUSES`.
    from_node, to_node, back_from, back_to
        int32 node numbers; the last two mean nothing on one-way roads.
    oneway, tunnel, bridge, closed_in_winter
        bool.
    length_km
        float64, above 0, along the ellipsoid.
    speed_kmh
        float64, the road's own speed (ferries with a duration); nan: the speed table's.
    limit_kmh
        float64, the legal limit; nan: none known.
    lanes
        int16; 0 unknown.
    open_from_day
        int32, days since 1970-01-01; `NO_DAY`: none.
    name, ref
        int32, places in `words`; `words[0]` is empty.
    line_start, line_lon, line_lat
        Vertices of the drawn lines end to end: road i owns `line_start[i]` to `line_start[i + 1] - 1`, in the
        order from `from_node` to `to_node`.
    turn_from, turn_to
        int32 node numbers of the allowed turns at restricted junctions.
    words
        Names and road numbers.
    vehicle
        For whom the roads were chosen.
    source, attribution, data_date
        File name, what the licence asks to say, and the date of the data (ISO, `""`: unknown).
    counts
        Named whole numbers about the reading, for `roads info`.
    findings
        What is wrong, left out or assumed.
    """

    node_osm_id: NDArray[np.int64]
    node_copy: NDArray[np.int32]
    node_lat: NDArray[np.float64]
    node_lon: NDArray[np.float64]
    way_id: NDArray[np.int64]
    piece: NDArray[np.int32]
    road_class: NDArray[np.int8]
    surface: NDArray[np.int8]
    status: NDArray[np.int8]
    from_node: NDArray[np.int32]
    to_node: NDArray[np.int32]
    back_from: NDArray[np.int32]
    back_to: NDArray[np.int32]
    oneway: NDArray[np.bool_]
    tunnel: NDArray[np.bool_]
    bridge: NDArray[np.bool_]
    closed_in_winter: NDArray[np.bool_]
    length_km: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    limit_kmh: NDArray[np.float64]
    lanes: NDArray[np.int16]
    open_from_day: NDArray[np.int32]
    name: NDArray[np.int32]
    ref: NDArray[np.int32]
    line_start: NDArray[np.int64]
    line_lon: NDArray[np.float64]
    line_lat: NDArray[np.float64]
    turn_from: NDArray[np.int32]
    turn_to: NDArray[np.int32]
    words: tuple[str, ...] = ("",)
    vehicle: str = "car"
    source: str = ""
    attribution: str = OSM_ATTRIBUTION
    data_date: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        """Return the number of roads."""
        return len(self.way_id)

    @property
    def credit(self) -> str:
        """What the licence asks to say, with the date of the data."""
        return f"{self.attribution}, data of {self.data_date}" if self.data_date else self.attribution

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the drawn lines in degrees."""
        lon, lat = self.line_lon, self.line_lat
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def node_ids(self) -> NDArray[np.object_]:
        """Return `n<number>`, with `.<copy>` for copies, one a node."""
        pairs = zip(self.node_osm_id.tolist(), self.node_copy.tolist(), strict=True)
        return np.array([f"n{i}.{c}" if c else f"n{i}" for i, c in pairs], dtype=object)

    def road_ids(self) -> NDArray[np.object_]:
        """Return `w<way>-<piece>`, one a road."""
        pairs = zip(self.way_id.tolist(), self.piece.tolist(), strict=True)
        return np.array([f"w{w}-{p}" for w, p in pairs], dtype=object)

    def texts(self, column: str) -> NDArray[np.object_]:
        """Return a coded column (`name`, `ref`, `road_class`, `surface`, `status`) as text."""
        known = {"road_class": ROAD_CLASSES, "surface": SURFACES, "status": STATUSES}
        words = np.array(known.get(column, self.words), dtype=object)
        place: NDArray[np.intp] = getattr(self, column).astype(np.intp)
        return words[place]

    def lines(self) -> NDArray[np.object_]:
        """Return the drawn lines as shapely LineStrings in EPSG:4326."""
        import shapely  # noqa: PLC0415 - half a second that most callers do not need

        owner = np.repeat(np.arange(len(self)), np.diff(self.line_start))
        return np.asarray(
            shapely.linestrings(np.column_stack([self.line_lon, self.line_lat]), indices=owner), dtype=object
        )

    def frame(self) -> pd.DataFrame:
        """Return the roads as the table of the contract `roads`, geometry as LineStrings.

        Turns at restricted junctions follow as one-way roads of `TURN_KM` whose ids begin with `turn-`.
        """
        import pandas as pd  # noqa: PLC0415 - the arrays alone do without

        nodes = self.node_ids()
        table = pd.DataFrame(self._columns(nodes), index=pd.Index(self.road_ids(), name="road_id"))
        turns = self._turn_rows(nodes)
        return pd.concat([table, turns]) if len(turns) else table

    def _columns(self, nodes: NDArray[np.object_]) -> dict[str, Any]:
        """Return the columns of the roads by name."""
        opens = self.open_from_day != NO_DAY
        days = np.full(len(self), None, dtype=object)
        days[opens] = self.open_from_day[opens].astype("datetime64[D]").astype(object)
        certain = np.full(len(self), "high", dtype=object)
        return {
            "name": self.texts("name"),
            "from": nodes[self.from_node],
            "to": nodes[self.to_node],
            "back_from": np.where(self.oneway, "", nodes[self.back_from]),
            "back_to": np.where(self.oneway, "", nodes[self.back_to]),
            "ref": self.texts("ref"),
            "class": self.texts("road_class"),
            "surface": self.texts("surface"),
            "lanes": self.lanes,
            "length_km": self.length_km,
            "speed_kmh": self.speed_kmh,
            "limit_kmh": self.limit_kmh,
            "oneway": np.where(self.oneway, "yes", "no").astype(object),
            "status": self.texts("status"),
            "open_from": days,
            "open_until": np.full(len(self), None, dtype=object),
            "closed_in_winter": self.closed_in_winter,
            "tunnel": self.tunnel,
            "bridge": self.bridge,
            "via": np.full(len(self), "", dtype=object),
            "geometry": self.lines(),
            "geometry_confidence": certain,
            "source": np.full(len(self), self.credit, dtype=object),
            "confidence": certain,
        }

    def _turn_rows(self, nodes: NDArray[np.object_]) -> pd.DataFrame:
        """Return the turns as one-way roads; at the end, so that no point snaps to them in a tie."""
        import pandas as pd  # noqa: PLC0415 - the arrays alone do without
        import shapely  # noqa: PLC0415

        count = len(self.turn_from)
        place = np.column_stack([self.node_lon, self.node_lat])[self.turn_from]
        dots = np.empty(0, dtype=object)
        if count:
            # a millimetre: a written line must have two different points
            dots = np.asarray(
                shapely.linestrings(np.stack([place, place + np.array([TURN_DEGREES, 0.0])], axis=1))
            )
        fixed: dict[str, Any] = {
            "name": "", "back_from": "", "back_to": "", "ref": "", "class": "service", "surface": "paved",
            "lanes": 0, "length_km": TURN_KM, "speed_kmh": TURN_KMH, "limit_kmh": np.nan, "oneway": "yes",
            "status": "open", "open_from": None, "open_until": None, "closed_in_winter": False,
            "tunnel": False, "bridge": False, "via": "turn", "geometry_confidence": "high",
            "source": self.credit, "confidence": "high",
        }  # fmt: skip
        columns = {"from": nodes[self.turn_from], "to": nodes[self.turn_to], "geometry": dots} | fixed
        index = pd.Index([f"{TURN_PREFIX}{k:07d}" for k in range(count)], name="road_id")
        return pd.DataFrame(columns, index=index)

    def node_frame(self) -> pd.DataFrame:
        """Return the nodes as the table of the contract `road_nodes`."""
        import pandas as pd  # noqa: PLC0415 - the arrays alone do without

        ids = self.node_ids()
        return pd.DataFrame(
            {
                "name_az": ids,
                "name_en": ids,
                "name_ru": ids,
                "kind": "junction",
                "lat": self.node_lat,
                "lon": self.node_lon,
                "source": self.credit,
                "confidence": "high",
            },
            index=pd.Index(ids, name="node_id"),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as plain arrays without objects, for a cache file."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        plain["texts"] = _packed([self.vehicle, self.source, self.attribution, self.data_date, *self.words])
        plain["count_names"] = _packed(list(self.counts))
        plain["count_values"] = np.array(list(self.counts.values()), dtype=np.int64)
        plain["finding_texts"] = _packed([text for f in self.findings for text in _finding_texts(f)])
        return plain

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> RoadTable:
        """Return the table that `arrays` was made of.

        Raises
        ------
        KeyError, ValueError
            If the arrays are not those of a road table.
        """
        vehicle, source, attribution, data_date, *words = _unpacked(arrays["texts"])
        counts = zip(_unpacked(arrays["count_names"]), arrays["count_values"].tolist(), strict=True)
        texts = _unpacked(arrays["finding_texts"])
        findings = [texts[i : i + FINDING_TEXTS] for i in range(0, len(texts), FINDING_TEXTS)]
        plain = {f.name: arrays[f.name] for f in fields(cls) if f.name not in _NOT_ARRAYS}
        return cls(
            **plain,
            words=tuple(words),
            vehicle=vehicle,
            source=source,
            attribution=attribution,
            data_date=data_date,
            counts=dict(counts),
            findings=tuple(_finding(*cells) for cells in findings),
        )


_NOT_ARRAYS: Final = frozenset(
    {"words", "vehicle", "source", "attribution", "data_date", "counts", "findings"}
)
FINDING_TEXTS: Final = 5


def _finding_texts(finding: Finding) -> tuple[str, str, str, str, str]:
    """Return the texts of a finding; its named values are in its message as well."""
    return finding.severity, finding.code, finding.message, finding.where, finding.hint


def _finding(severity: str, code: str, message: str, where: str, hint: str) -> Finding:
    """Return the finding of `_finding_texts`."""
    if severity not in ("error", "warning", "note"):
        raise ValueError(severity)
    return Finding("warning" if severity == "warning" else "note", code, message, where, hint)


def _packed(texts: list[str]) -> NDArray[np.uint8]:
    """Return texts as bytes, each ended by a zero: an array of fixed-width strings would be far larger."""
    return np.frombuffer("".join(f"{t}\0" for t in texts).encode(), dtype=np.uint8)


def _unpacked(data: NDArray[np.uint8]) -> list[str]:
    """Return the texts of `_packed`."""
    return data.tobytes().decode().split("\0")[:-1]


def contract_tables(table: RoadTable) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return roads and nodes as `roads.csv` and `road_nodes.csv` hold them, ids in the first column.

    Geometry is WKT with eight decimals; a turn is drawn a millimetre long. Bridges have no column.
    """
    import shapely  # noqa: PLC0415 - half a second that most callers do not need

    roads = table.frame().drop(columns="bridge")
    shapes = roads["geometry"].to_numpy(dtype=object, copy=True)
    dots = shapely.length(shapes) < 0.9 * TURN_DEGREES
    ends = shapely.get_coordinates(shapely.get_point(shapes[dots], 0))
    if dots.any():
        # two nodes at one place: a written line must have two different points
        shapes[dots] = shapely.linestrings(np.stack([ends, ends + np.array([TURN_DEGREES, 0.0])], axis=1))
    roads["geometry"] = shapely.to_wkt(shapes, rounding_precision=8)
    roads["lanes"] = roads["lanes"].astype("Int64").where(roads["lanes"] > 0)
    roads["length_km"] = roads["length_km"].round(7)
    for column in ("closed_in_winter", "tunnel"):
        roads[column] = np.where(roads[column].to_numpy(dtype=bool), "true", "false")
    nodes: pd.DataFrame = table.node_frame()
    return roads.reset_index(), nodes.reset_index()
