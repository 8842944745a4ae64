"""Road what-ifs of a sweep: closures and speeds tried on one country that stays ready, equal to new runs.

A run anew builds its roads, places everybody on them and finds all times. Here only the changed roads are
read again, as two or three rows of the table; people stay where they are, save those on a closed road, who
go to its halves as in a run (`geoplan.changes.halves`); and the hierarchy, where it pays, is customised for
the changed roads alone. Whatever is not certain to come out the same is left to a run anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.changes import calibrated
from geoplan.changes.halves import MARK
from geoplan.changes.roads import changed_roads, rows_named, with_added
from geoplan.errors import GeoplanError
from geoplan.network.engine import (
    LANE_NODE_SECONDS,
    MAKE_NODE_SECONDS,
    MARGIN,
    SCIPY_NODE_SECONDS,
    START_SECONDS,
    has_fast,
)
from geoplan.network.parting import ComingApart
from geoplan.network.snap import snap_points
from geoplan.network.travel import od_matrix
from geoplan.network.whatif import RoadChange as EdgeChange
from geoplan.network.whatif import roads_on_trial
from geoplan.run import make_stages, year_summary
from geoplan.scenario.change_roads import AddRoad, CloseRoad, RoadChange, SlowRoad, SpeedUpRoad
from geoplan.stage import year_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.network.engine import Engine
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping
    from geoplan.network.travel import ODMatrix
    from geoplan.scenario import Scenario
    from geoplan.stage import People, Stage
    from geoplan.tables.read import TableSet

    Keys = tuple[str, ...]

SPARE_NODES: Final = 200
"""Nodes without roads that the ready network has: where the halves of closed roads end."""

SAME_M: Final = 0.001
SAME_DEG: Final = 1e-8
"""A point on a closed road is as far from a half of it; at a junction it may be a half of another road."""

EDGE_ARRAYS: Final = (
    "road_ids",
    "road_row",
    "road_ref",
    "road_name",
    "road_class",
    "edge_from",
    "edge_to",
    "edge_oneway",
    "edge_back",
    "edge_turn",
    "edge_closed",
    "edge_km",
    "edge_minutes",
)
"""What a network has of each edge, its drawn line apart."""

IGNORED: Final = ("no-usable-road", "road-islands")
"""What is said of a table of two or three roads and would not be said of the whole."""


class _RunAnewError(Exception):
    """The trial cannot promise what a run finds."""


def is_trial(change: Any) -> bool:
    """Whether a change only closes roads or makes them slower or faster, by numbers of its own."""
    return isinstance(change, CloseRoad | SlowRoad) or (
        isinstance(change, SpeedUpRoad) and change.surface is None
    )


def without_trials(scenario: Scenario) -> Scenario:
    """Return the scenario as if no road were closed, slower or faster: what its trials have in common."""
    return scenario.model_copy(update={"changes": tuple(c for c in scenario.changes if not is_trial(c))})


class RoadTrials:
    """One scenario without its road what-ifs, ready for thousands of them."""

    def __init__(
        self, scenario: Scenario, tables: TableSet, *, people: People, runs: int = 1, engine: str = "auto"
    ) -> None:
        """Make the years of the scenario ready.

        Parameters
        ----------
        scenario
            Its trials are left out, see `without_trials`.
        runs
            How many runs are expected: many make the hierarchy worth its time.
        engine
            `scipy` or `hierarchy`; `auto`: what is expected to be done first.

        Raises
        ------
        InputError
            If the scenario without its trials is not in order.
        """
        bare = without_trials(scenario)
        self._tables = tables
        self._stages = [_with_spare_nodes(stage) for stage in make_stages(bare, tables, people=people)]
        added = [change for change in bare.changes if isinstance(change, AddRoad)]
        self._roads = [with_added(added, tables, dt.date(stage.year, 1, 1))[0] for stage in self._stages]
        self._apart = [ComingApart(stage.network) for stage in self._stages]
        self.engine = _engine(self._stages, runs) if engine == "auto" else engine
        if self.engine == "hierarchy":
            from geoplan.network.prepared import prepare  # noqa: PLC0415 - an extra, and a second to load

            for stage in self._stages:
                prepare(stage.network)

    def summary(self, scenario: Scenario, *, levels: Keys = (), services: Keys = ()) -> pd.DataFrame | None:
        """Return `coverage_summary` of a run of `scenario`, None where only a run anew can tell.

        Parameters
        ----------
        scenario
            This one with other trials.
        levels, services
            Rows that are wanted, see `geoplan.run.year_summary`.
        """
        try:
            parts = [
                year_summary(scenario, stage, self._times(scenario, number), levels=levels, services=services)
                for number, stage in enumerate(self._stages)
            ]
        except (_RunAnewError, GeoplanError):
            return None
        return pd.concat(parts, ignore_index=True)

    def _times(self, scenario: Scenario, number: int) -> ODMatrix:
        """Return the times of one year while the trials of `scenario` hold."""
        stage, place = self._stages[number], self._stages[number].place
        tried = _tried_roads(scenario, self._roads[number], self._tables, stage.year)
        change = _difference(stage.network, tried)
        with roads_on_trial(stage.network, change, stay=True) as roads:
            _set_minutes(roads, change, tried)
            lost = self._lost(number, roads, change)
            network, origins, goals = _placed(stage, roads, lost, tried.network)
            engine: Engine = "hierarchy" if self.engine == "hierarchy" else "scipy"
            return od_matrix(network, origins, goals, ground=place.ground, rule=place.rule, engine=engine)

    def _lost(self, number: int, roads: RoadNetwork, change: EdgeChange) -> NDArray[np.bool_]:
        """Return the edges that took points and take none while roads are closed.

        Closed roads must be such that their halves take the points: those of islands are left to a new run.
        """
        network = self._stages[number].network
        if not len(change.closed):
            return np.zeros(len(network.road_ids), dtype=bool)
        if not network.edge_ok[change.closed].all():
            raise _RunAnewError("a road of an island is closed")
        takers = self._apart[number].takers(roads, change)
        if takers is not None:
            return np.asarray(network.edge_ok & takers.edge_closed)
        if (roads.edge_ok & ~network.edge_ok).any():
            raise _RunAnewError("points may stand on roads that took none")
        return np.asarray(network.edge_ok & ~roads.edge_ok)


def _engine(stages: Sequence[Stage], runs: int) -> str:
    """Return the engine that is expected to have done all runs first."""
    scipy_s, hierarchy_s = 0.0, START_SECONDS
    for stage in stages:
        nodes = len(stage.network.node_ids)
        sources = min(len(stage.origins), len(stage.goals))
        scipy_s += runs * sources * nodes * SCIPY_NODE_SECONDS
        hierarchy_s += nodes * MAKE_NODE_SECONDS + runs * sources * nodes * LANE_NODE_SECONDS
    return "hierarchy" if has_fast() and scipy_s > MARGIN * hierarchy_s else "scipy"


def _with_spare_nodes(stage: Stage) -> Stage:
    """Return the stage with nodes that no road joins yet, all at the place of the first one."""
    network, more = stage.network, SPARE_NODES
    spare = {
        "node_ids": np.array([f"{MARK}{i}" for i in range(more)], dtype=object),
        "node_row": np.full(more, -1, dtype=np.int32),
        "node_lat": np.repeat(network.node_lat[:1], more),
        "node_lon": np.repeat(network.node_lon[:1], more),
    }
    kept = None if network.kept is None else np.append(network.kept, np.zeros(more, dtype=bool))
    arrays: dict[str, Any] = {n: np.concatenate([getattr(network, n), new]) for n, new in spare.items()}
    return replace(stage, network=replace(network, **arrays, kept=kept, prepared={}))


# --- which roads are how ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tried:
    """The roads that trials name.

    Attributes
    ----------
    names
        Ids of all of them, halves included.
    network
        A network of those that can be used.
    edge
        Number of its edge by id.
    """

    names: tuple[str, ...]
    network: RoadNetwork
    edge: dict[str, int]


def _tried_roads(scenario: Scenario, table: pd.DataFrame, tables: TableSet, year: int) -> _Tried:
    """Return the roads that the trials of a scenario name, as they are on 1 January of a year.

    All changes of the scenario are applied to these rows of the table alone: no change of a road looks at
    another one.
    """
    rows = [rows_named(c, table) for c in scenario.changes if isinstance(c, RoadChange) and is_trial(c)]
    if not all(len(found) for found in rows):
        raise _RunAnewError("a change names no road: the run says which are near")
    few = table.iloc[np.unique(np.concatenate([np.empty(0, dtype=np.intp), *rows]))]
    ends = {name for column in ("from", "to", "back_from", "back_to") for name in few[column]} - {""}
    nodes = tables.road_nodes.loc[sorted(ends)]
    given = replace(calibrated(scenario, tables), roads=few, road_nodes=nodes)
    in_order = sorted(scenario.changes, key=lambda change: change.starts or dt.date.min)
    changes = [c for c in in_order if isinstance(c, RoadChange) and len(rows_named(c, few))]
    state, _, found = changed_roads(changes, given, dt.date(year, 1, 1), scenario=scenario)
    _check(found)
    network, found = year_network(scenario, replace(given, **state), year)  # type: ignore[arg-type]
    _check(found)
    names = tuple(str(name) for name in state["roads"].index)
    return _Tried(names, network, {str(road): i for i, road in enumerate(network.road_ids)})


def _check(findings: Sequence[Finding]) -> None:
    """Leave it to a run to say what is wrong."""
    if any(f.severity == "error" and f.code not in IGNORED for f in findings):
        raise _RunAnewError("the changes are not in order")


def _difference(network: RoadNetwork, tried: _Tried) -> EdgeChange:
    """Return which edges are closed, slower or faster than in a network that no trial has touched."""
    closed, slower, times = [], [], []
    for name in tried.names:
        edges, there = network.edges_of(name), tried.edge.get(name)
        if len(edges) > 1 or (not len(edges) and there is not None and MARK not in name):
            raise _RunAnewError("a road has several parts, or is opened")
        if not len(edges):
            continue
        edge = int(edges[0])
        if there is None:
            closed.append(edge)
        elif (wanted := float(tried.network.edge_minutes[there])) != network.edge_minutes[edge]:
            slower.append(edge)
            times.append(wanted / network.edge_minutes[edge])
    numbers = np.array(closed, dtype=np.intp), np.array(slower, dtype=np.intp)
    return EdgeChange(*numbers, np.array(times, dtype=np.float64))


def _set_minutes(roads: RoadNetwork, change: EdgeChange, tried: _Tried) -> None:
    """Let the changed roads have the minutes of the table to the last bit; see that their costs are these.

    The trial has multiplied the old minutes; its array of minutes is its own.
    """
    if roads.packing.coarse or tried.network.packing != roads.packing:
        raise _RunAnewError("times are kept in other units")
    if not len(change.slower):
        return
    there = [tried.edge[str(road)] for road in roads.road_ids[change.slower]]
    wanted, km = tried.network.edge_minutes[there], roads.edge_km[change.slower]
    cost = roads.packing.pack(wanted, km)
    if not np.array_equal(cost, roads.packing.pack(roads.edge_minutes[change.slower], km)):
        raise _RunAnewError("the cost of a road differs in its last bit")
    roads.edge_minutes[change.slower] = wanted


# --- people and facilities of closed roads ------------------------------------------------------------------


def _placed(
    stage: Stage, roads: RoadNetwork, lost: NDArray[np.bool_], tried: RoadNetwork
) -> tuple[RoadNetwork, Snapping, Snapping]:
    """Return the roads, with halves where points stand on closed ones, and both sides of the matrix."""
    sides = stage.origins, stage.goals
    moved = [np.flatnonzero(side.snapped & lost[side.edge]) for side in sides]
    if not any(len(rows) for rows in moved):
        return roads, *sides
    halves = np.flatnonzero(
        [MARK in str(road) and not len(roads.edges_of(str(road))) for road in tried.road_ids]
    )
    network = _with_halves(roads, tried, halves)
    only = _only(tried, halves)
    made = [_on_halves(side, rows, roads, only, stage) for side, rows in zip(sides, moved, strict=True)]
    place = np.full(len(tried.road_ids), -1, dtype=np.int32)
    place[halves] = len(roads.road_ids) + np.arange(len(halves))
    one, two = (
        _with_rows(side, rows, replace(new, edge=place[new.edge]))
        for side, rows, new in zip(sides, moved, made, strict=True)
    )
    return network, one, two


def _only(tried: RoadNetwork, halves: NDArray[np.intp]) -> RoadNetwork:
    """Return a network of nothing but halves, all of which take points."""
    closed = np.ones(len(tried.road_ids), dtype=bool)
    closed[halves] = False
    return replace(tried, edge_closed=closed, kept=np.ones(len(tried.node_ids), dtype=bool), prepared={})


def _on_halves(
    side: Snapping, rows: NDArray[np.intp], roads: RoadNetwork, halves: RoadNetwork, stage: Stage
) -> Snapping:
    """Return the points of closed roads on the halves of these."""
    if halves.centre_deg != roads.centre_deg:
        raise _RunAnewError("metres are measured about another middle")
    if roads.edge_turn.any() and not ((side.share[rows] > 0) & (side.share[rows] < 1)).all():
        raise _RunAnewError("a point stands at a junction, and not all turns are allowed")
    ids = [side.ids[i] for i in rows]
    place = stage.place
    made = snap_points(halves, ids, side.lat[rows], side.lon[rows], ground=place.ground, rule=place.rule)
    road = np.array([name.rpartition(MARK)[0] for name in made.road_id], dtype=object)
    here = np.hypot(made.foot_lat - side.foot_lat[rows], made.foot_lon - side.foot_lon[rows]) <= SAME_DEG
    stays = (np.abs(made.distance_m - side.distance_m[rows]) <= SAME_M) & (
        (road == side.road_id[rows]) | here
    )
    if not (made.snapped & stays).all():
        raise _RunAnewError("a point does not stay on the halves of its road")
    return made


def _with_halves(roads: RoadNetwork, tried: RoadNetwork, halves: NDArray[np.intp]) -> RoadNetwork:
    """Return the network with the halves of closed roads, which end at spare nodes.

    Nobody passes a half, so the arcs between the nodes stay what they are: only points on it use it. Its
    drawn line is left out, for nothing snaps to this network.
    """
    nodes = len(roads.node_ids) - SPARE_NODES
    known = np.searchsorted(roads.node_ids[:nodes], tried.node_ids)
    dead_end = roads.node_ids[np.minimum(known, nodes - 1)] != tried.node_ids
    if dead_end.sum() > SPARE_NODES:
        raise _RunAnewError("more roads are closed than there are spare nodes")
    known[dead_end] = nodes + np.arange(int(dead_end.sum()))
    arrays: dict[str, Any] = {}
    for name in EDGE_ARRAYS:
        new = getattr(tried, name)[halves]
        if name in {"edge_from", "edge_to", "edge_back"}:
            new = known[new].astype(np.int32)
        arrays[name] = np.concatenate([getattr(roads, name), new])
    made = replace(roads, **arrays, prepared=dict(roads.prepared))
    made.__dict__["directed"] = roads.directed
    return made


def _with_rows(side: Snapping, rows: NDArray[np.intp], new: Snapping) -> Snapping:
    """Return a snapping with some of its points replaced."""
    arrays: dict[str, Any] = {}
    for name in (field.name for field in fields(side) if field.name != "ids"):
        arrays[name] = getattr(side, name).copy()
        arrays[name][rows] = getattr(new, name)
    return replace(side, **arrays)
