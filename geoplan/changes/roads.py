"""Roads of one day: opened, closed, slower, faster, other seasons, added."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.changes.halves import with_halves
from geoplan.changes.log import error, no_effect, row, unknown
from geoplan.network.edges import speeds_kmh
from geoplan.scenario.change_roads import (
    AddRoad,
    CloseRoad,
    OpenRoad,
    PassCalendar,
    RoadChange,
    SlowRoad,
    SpeedUpRoad,
)
from geoplan.tables.check_roads import check_roads
from geoplan.tables.parse import Rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.result import ChangeRow
    from geoplan.scenario import AnyChange, Scenario
    from geoplan.tables.read import TableSet

    Columns = dict[str, NDArray[Any]]
    Tables = dict[str, pd.DataFrame]

EDITED: Final = (
    "status",
    "open_from",
    "open_until",
    "closed_in_winter",
    "speed_kmh",
    "surface",
    "confidence",
)
"""Columns that changes of roads write."""

WINTER: Final = "winter"
UNFINISHED: Final = ("construction", "planned")


@dataclass
class _Roads:
    """The roads while changes are applied one after the other; its arrays are its own."""

    table: pd.DataFrame
    tables: TableSet
    scenario: Scenario
    day: dt.date
    cells: Columns
    log: list[ChangeRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    halves: dict[int, tuple[int, int]] = field(default_factory=dict)
    done: dict[tuple[int, str, str], tuple[RoadChange, tuple[Any, ...]]] = field(default_factory=dict)

    def set(self, change: AnyChange, number: int, column: str, value: Any) -> None:
        """Write one cell and log it."""
        old = self.cells[column][number]
        if old is value or old == value:
            return
        self.cells[column][number] = value
        self.log.append(row(change, str(self.table.index[number]), column, old, value))

    def divide(self, number: int, *, apart: bool) -> None:
        """Let the halves of a closed road be used, or no longer."""
        for half in self.halves.get(number, ()):
            self.cells["status"][half] = "open" if apart else "planned"

    def is_open(self, day: dt.date) -> NDArray[np.bool_]:
        """Return which roads can be used on `day` by status and dates, whatever the season."""
        begin, end = self.cells["open_from"], self.cells["open_until"]
        begun = np.array([d is None or d <= day for d in begin], dtype=bool)
        ended = np.array([d is not None and d <= day for d in end], dtype=bool)
        dated = np.array([d is not None for d in begin], dtype=bool)
        unfinished = np.isin(self.cells["status"].astype(str), UNFINISHED) & ~dated
        opened: NDArray[np.bool_] = begun & ~ended & ~unfinished
        return opened


def changed_roads(
    changes: Sequence[AnyChange], tables: TableSet, day: dt.date, *, scenario: Scenario
) -> tuple[Tables, list[ChangeRow], list[Finding]]:
    """Return roads and nodes as they are on `day`, the log and the findings; `changes` by start."""
    mine = [change for change in changes if isinstance(change, RoadChange)]
    table, log, findings = with_added([c for c in changes if isinstance(c, AddRoad)], tables, day)
    if findings or not (mine or winter_closes(scenario, tables)):
        return {"roads": table}, log, findings
    roads = _Roads(table, tables, scenario, day, {}, log=log)
    named = [_named(change, roads) for change in mine]
    numbers = _ever_closed(mine, named, roads)
    roads.table, nodes, roads.halves = with_halves(table, tables.road_nodes, numbers)
    roads.cells = {name: roads.table[name].to_numpy(dtype=object, copy=True) for name in EDITED}
    for change, rows in zip(mine, named, strict=True):
        if len(rows) and change.holds(day) and _agree(change, rows, roads):
            _CHANGING[type(change)](change, rows, roads)
    return {"roads": _finished(roads), "road_nodes": nodes}, roads.log, roads.findings


def winter_closes(scenario: Scenario, tables: TableSet) -> bool:
    """Whether the season of the scenario closes any road of the table."""
    return scenario.season == WINTER and bool(tables.roads["closed_in_winter"].any())


def _ever_closed(changes: Sequence[RoadChange], named: list[NDArray[np.intp]], roads: _Roads) -> list[int]:
    """Return the numbers of the roads that a change closes in any year, or the scenario's winter."""
    snow = roads.scenario.season == WINTER
    closing = {
        number
        for change, rows in zip(changes, named, strict=True)
        for number in rows.tolist()
        if isinstance(change, CloseRoad) or (snow and isinstance(change, PassCalendar))
    }
    always = np.flatnonzero(roads.table["closed_in_winter"].to_numpy(dtype=bool)).tolist() if snow else []
    return sorted(closing | set(always))


def _finished(roads: _Roads) -> pd.DataFrame:
    """Return the table with the cells that changes wrote; halves are as fast as their road."""
    snowed = roads.is_open(roads.day) & roads.cells["closed_in_winter"].astype(bool)
    for number, halves in roads.halves.items():
        if snowed[number] and roads.scenario.season == WINTER:
            roads.divide(number, apart=True)
        for half in halves:
            roads.cells["closed_in_winter"][half] = False
            for name in ("speed_kmh", "surface"):
                roads.cells[name][half] = roads.cells[name][number]
    table = roads.table
    same = {n: pd.Series(v, index=table.index, dtype=table[n].dtype) for n, v in roads.cells.items()}
    return table.assign(**same)


# --- which roads --------------------------------------------------------------------------------------


def _named(change: RoadChange, roads: _Roads) -> NDArray[np.intp]:
    """Return the numbers of the roads that a change names; none, and an error, where there is none."""
    rows = rows_named(change, roads.table)
    if not len(rows):
        roads.findings.append(_nothing_named(change, roads))
    return rows


def rows_named(change: RoadChange, table: pd.DataFrame) -> NDArray[np.intp]:
    """Return the numbers of the roads of a table that a change names."""
    if change.inside is not None:
        lines = shapely.from_wkt(table["geometry"].to_numpy(dtype=object))
        return np.flatnonzero(shapely.intersects(shapely.from_wkt(change.inside), lines))
    if change.between is not None:
        ends = {frozenset(change.between)}
        pairs = zip(table["from"], table["to"], strict=True)
        return np.flatnonzero([frozenset(pair) in ends for pair in pairs])
    if change.ref:
        return np.flatnonzero((table["ref"].str.casefold() == change.ref.casefold()).to_numpy())
    return np.flatnonzero(np.asarray(table.index) == change.road)


def _nothing_named(change: RoadChange, roads: _Roads) -> Finding:
    """Return the error for a change that names no road."""
    table, nodes = roads.table, roads.tables.road_nodes
    if change.inside is not None:
        hint = "Longitude comes first: POLYGON ((46.7 39.8, ...)). Draw it across a road of the map."
        return error(change, "polygon-without-roads", "no road touches the polygon.", hint)
    if change.between is None:
        if change.ref:
            return unknown(
                change, "road number", change.ref, ((r, ()) for r in sorted(set(table["ref"]) - {""}))
            )
        return unknown(change, "road", change.road, zip(table.index, table[["name"]].to_numpy(), strict=True))
    for node in change.between:
        if node not in nodes.index:
            names = nodes[["name_az", "name_en", "name_ru"]].to_numpy()
            return unknown(change, "road node", node, zip(nodes.index, names, strict=True))
    first, second = change.between
    far = [*table.loc[table["from"] == first, "to"], *table.loc[table["to"] == first, "from"]]
    message = f"no road joins {first} and {second} directly."
    hint = f"From {first} roads lead to {', '.join(sorted(set(far)))}." if far else ""
    return error(change, "no-road-between", message, hint)


def _agree(change: RoadChange, rows: NDArray[np.intp], roads: _Roads) -> bool:
    """Whether no other change with the same start does something else to the same road; else an error."""
    start = change.key.start
    effect = tuple(getattr(change, name) for name in type(change).model_fields if name in _MEASURES)
    effect = (type(change).__name__, *effect)
    for number in rows.tolist():
        other, theirs = roads.done.setdefault((number, change.attribute, start), (change, effect))
        if theirs != effect:
            road = roads.table.index[number]
            message = f"'{road}' is changed otherwise in {other.where}, from the same day on."
            hint = "Give one of the two another start, or name other roads."
            roads.findings.append(error(change, "change-conflict", message, hint))
            return False
    return True


_MEASURES: Final = ("factor", "speed_kmh", "delay_minutes", "surface", "closed_in_winter")


# --- what each kind makes of roads ----------------------------------------------------------------------


def _open(change: Any, rows: NDArray[np.intp], roads: _Roads) -> None:
    """Let roads be used."""
    begin = change.start or roads.day
    shut = rows[~roads.is_open(begin)[rows]]
    if not len(shut):
        roads.findings.append(no_effect(change, f"{change.which()} can be used already on {begin}"))
    for number in shut.tolist():
        roads.set(change, number, "status", "open")
        roads.set(change, number, "open_from", change.start)
        roads.set(change, number, "open_until", change.until)
        roads.set(change, number, "confidence", "assumed")
        roads.divide(number, apart=False)


def _close(change: Any, rows: NDArray[np.intp], roads: _Roads) -> None:
    """Let roads no longer be used; closing nothing is an error."""
    begin = change.start or roads.day
    usable = rows[roads.is_open(begin)[rows]]
    for number in usable.tolist():
        roads.set(change, number, "open_until", begin)
        roads.divide(number, apart=True)
    if len(usable):
        return
    opens = sorted({d for d in roads.cells["open_from"][rows] if d is not None and d > begin})
    if opens:
        message = f"{change.which()}: closed on {begin}, but open only from {opens[0]} on."
        roads.findings.append(error(change, "closing-before-opening", message, "Close it later."))
        return
    message = f"the change closes nothing: no road of {change.which()} is open on {begin}."
    roads.findings.append(error(change, "closes-nothing", message, "Name roads that are open on that day."))


def _slow(change: Any, rows: NDArray[np.intp], roads: _Roads) -> None:
    """Lower speeds; none rises."""
    now = _speeds(roads)
    km = roads.table["length_km"].to_numpy(dtype=np.float64)
    for number in rows[now[rows] > 0].tolist():
        if change.factor is not None:
            new = now[number] * change.factor
        elif change.speed_kmh is not None:
            new = min(now[number], change.speed_kmh)
        else:
            new = km[number] / (km[number] / now[number] + change.delay_minutes / 60)
        _set_speed(change, number, (float(now[number]), float(new)), roads)


def _speed_up(change: Any, rows: NDArray[np.intp], roads: _Roads) -> None:
    """Raise speeds; none falls."""
    now = _speeds(roads)
    if change.surface is not None:
        for number in rows.tolist():
            roads.set(change, number, "surface", change.surface)
    paved = _speeds(roads, own=False)
    for number in rows[now[rows] > 0].tolist():
        if change.factor is not None:
            new = now[number] * change.factor
        else:
            new = max(now[number], change.speed_kmh or paved[number])
        _set_speed(change, number, (float(now[number]), float(new)), roads)


def _set_speed(change: RoadChange, number: int, old_new: tuple[float, float], roads: _Roads) -> None:
    """Write the own speed of a road and log it beside the speed that held before."""
    old, new = old_new
    if old != new:
        roads.cells["speed_kmh"][number] = new
        road = str(roads.table.index[number])
        roads.log.append(row(change, road, "speed_kmh", round(old, 3), round(new, 3)))


def _season(change: Any, rows: NDArray[np.intp], roads: _Roads) -> None:
    """Set in which season roads are closed."""
    if all(bool(roads.cells["closed_in_winter"][n]) == change.closed_in_winter for n in rows.tolist()):
        roads.findings.append(no_effect(change, f"{change.which()} has that season already"))
    for number in rows.tolist():
        roads.set(change, number, "closed_in_winter", change.closed_in_winter)


_CHANGING: Final[dict[type, Callable[[Any, NDArray[np.intp], _Roads], None]]] = {
    OpenRoad: _open,
    CloseRoad: _close,
    SlowRoad: _slow,
    SpeedUpRoad: _speed_up,
    PassCalendar: _season,
}


def _speeds(roads: _Roads, *, own: bool = True) -> NDArray[np.float64]:
    """Return km/h of each road in the scenario's season and for its vehicle; 0 where none is known."""
    table = roads.table.assign(
        speed_kmh=roads.cells["speed_kmh"].astype(np.float64) if own else np.nan,
        surface=roads.cells["surface"],
    )
    scenario = roads.scenario
    return speeds_kmh(
        table, roads.tables.speeds, vehicle=scenario.vehicle, season=scenario.season, findings=[]
    )


# --- new roads ------------------------------------------------------------------------------------------


def with_added(
    changes: Sequence[AddRoad], tables: TableSet, day: dt.date
) -> tuple[pd.DataFrame, list[ChangeRow], list[Finding]]:
    """Return the roads with those that changes add in any year, dated, the log and the findings."""
    if not changes:
        return tables.roads, [], []
    nodes = tables.road_nodes
    findings = []
    for change in changes:
        if change.road in tables.roads.index:
            message = f"there is a road '{change.road}' already."
            findings.append(error(change, "road-exists", message, "Write open_road, or give another id."))
        for node in change.nodes:
            if node not in nodes.index:
                names = nodes[["name_az", "name_en", "name_ru"]].to_numpy()
                findings.append(unknown(change, "road node", node, zip(nodes.index, names, strict=True)))
        if change.nodes[0] == change.nodes[1]:
            message = f"road '{change.road}' leads from a node to itself."
            findings.append(error(change, "road-to-itself", message, "Name two nodes."))
    if findings:
        return tables.roads, [], findings
    new = pd.DataFrame([_new_road(c, tables) for c in changes], index=[c.road for c in changes])
    new = new[list(tables.roads.columns)].astype(tables.roads.dtypes.to_dict())
    if wrong := _wrong_lines(new, changes, nodes):
        return tables.roads, [], wrong
    table = pd.concat([tables.roads, new]).sort_index(kind="stable")
    table.index = pd.Index(table.index, name=tables.roads.index.name, dtype=tables.roads.index.dtype)
    log = [row(c, c.road, "open", None, f"{c.length_km:g} km") for c in changes if c.holds(day)]
    return table, log, []


def _wrong_lines(new: pd.DataFrame, changes: Sequence[AddRoad], nodes: pd.DataFrame) -> list[Finding]:
    """Return the errors of drawn lines that are not where their nodes are, as the table of roads has them."""
    roads = Rows(new.rename_axis("road_id").reset_index(), tuple(c.where for c in changes), "road_id")
    ends = Rows(nodes.rename_axis("node_id").reset_index(), ("",) * len(nodes), "node_id")
    return [finding for finding in check_roads(roads, ends) if finding.severity == "error"]


def _new_road(change: AddRoad, tables: TableSet) -> dict[str, Any]:
    """Return the cells of a new road; its dates say when it can be used."""
    ends = tables.road_nodes.loc[list(change.nodes), ["lon", "lat"]].to_numpy(dtype=np.float64)
    straight = shapely.to_wkt(shapely.linestrings(ends), rounding_precision=5)
    empty: dict[str, Any] = {"lanes": pd.NA, "limit_kmh": np.nan, "via": "", "back_from": "", "back_to": ""}
    empty["climb_m_per_km"] = np.nan
    return empty | {
        "name": change.name,
        "from": change.nodes[0],
        "to": change.nodes[1],
        "ref": change.ref,
        "class": change.road_class,
        "surface": change.surface,
        "length_km": change.length_km,
        "speed_kmh": np.nan if change.speed_kmh is None else change.speed_kmh,
        "oneway": "no",
        "status": "open",
        "open_from": change.start,
        "open_until": change.until,
        "closed_in_winter": change.closed_in_winter,
        "tunnel": change.tunnel,
        "geometry": change.line or straight,
        "geometry_confidence": "assumed",
        "source": change.source or f"scenario, {change.where}",
        "confidence": change.confidence,
    }
