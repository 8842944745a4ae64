"""The nearest facility of many points, also while roads are closed or slower, thousands of times over."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.network.access import AccessRule, Ground
from geoplan.network.direct import DirectPaths, direct_paths
from geoplan.network.engine import KEPT, Engine, choose_engine, has_fast
from geoplan.network.parting import ComingApart
from geoplan.network.snap import snap_points
from geoplan.network.sweep import find_ends, pairs_on_edge
from geoplan.network.travel import ODMatrix, od_matrix, units_of
from geoplan.network.whatif import RoadChange, altered, find_change, roads_on_trial
from geoplan.units import UNREACHABLE_TENTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from geoplan.network import finishing
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.prepared import Prepared
    from geoplan.network.snap import Snapping
    from geoplan.network.stops import Selection, Stops

KM_DIGITS: Final = 6


@dataclass(frozen=True)
class Nearest:
    """The nearest facility of each point; of those equally near to the tenth of a minute the smaller id.

    Attributes
    ----------
    tenths
        int32, minutes x 10; -1: none is reached.
    facility
        int32, its place among the facilities; -1: none.
    km
        float64, legs included; nan: none.
    direct
        bool: by the direct path off the roads.
    """

    tenths: NDArray[np.int32]
    facility: NDArray[np.int32]
    km: NDArray[np.float64]
    direct: NDArray[np.bool_]


def nearest_facilities(
    network: RoadNetwork,
    points: Snapping,
    facilities: Snapping,
    *,
    ground: Ground | None = None,
    rule: AccessRule | None = None,
    towards: bool = True,
    engine: Engine = "auto",
) -> Nearest:
    """Return the nearest facility of each point: what `od_matrix` says, read row by row.

    Parameters
    ----------
    ground, rule
        The same as the points were snapped with.
    towards
        Travel from the points to the facility; False: from the facility to the points.
    engine
        As in `od_matrix`; both give the same answer.
    """
    chosen, _ = choose_engine(network, points, facilities, engine)
    return Trials(network, points, facilities, ground, rule, towards, chosen).nearest()


@dataclass(frozen=True, eq=False)
class Trials:
    """One question asked of many states of the roads: how far from each point to the facilities.

    Roads are closed or slowed for one answer and are as before for the next. Points keep their places; only
    those on a closed road, or where a closed road leaves no way back, are snapped anew. A part that is cut
    off keeps its points, as in a run (`islands.keep_islands`). The first answer takes the time to make the
    hierarchy; do not ask from two threads.

    Attributes
    ----------
    network, points, facilities
        The roads as they are, and both sides snapped to them.
    ground, rule
        The same as the points were snapped with.
    towards
        Travel from the points to the facility; False: from the facility to the points.
    engine
        `auto`: the hierarchy wherever the extra `fast` is there. Both give the same answers.
    """

    network: RoadNetwork
    points: Snapping
    facilities: Snapping
    ground: Ground | None = None
    rule: AccessRule | None = None
    towards: bool = True
    engine: Engine = "auto"

    def nearest(self, *, closed: Iterable[str] = (), factor: Mapping[str, float] | None = None) -> Nearest:
        """Return the nearest facility of each point while some roads are closed or slower.

        Parameters
        ----------
        closed
            Road ids; all parts of a road that bear the id.
        factor
            By road id, what its minutes are multiplied with.

        Raises
        ------
        UsageError
            There is no such road, or a factor is none.
        """
        found: Nearest = self._answer(closed, factor, self._nearest_of_costs, self._nearest_of_matrix)
        return found

    def tenths(
        self, *, closed: Iterable[str] = (), factor: Mapping[str, float] | None = None
    ) -> NDArray[np.int32]:
        """Return minutes x 10 between all points (rows) and facilities, -1: no way; see `nearest`."""
        found: NDArray[np.int32] = self._answer(closed, factor, self._tenths_of_costs, self._times_of_matrix)
        return found

    def _answer(
        self,
        closed: Iterable[str],
        factor: Mapping[str, float] | None,
        of_costs: Callable[[RoadNetwork, _Sides], Any],
        of_matrix: Callable[[ODMatrix], Any],
    ) -> Any:
        """Return an answer by the hierarchy, or by SciPy where it is asked for or sums are too long."""
        change = find_change(self.network, closed, factor)
        if self._fast:
            try:
                return self._by_hierarchy(change, of_costs)
            except OverflowError:  # SciPy then takes coarser units
                pass
        changed = _staying(self.network, change)
        sides = self._placed(changed, change)
        pair = (sides.points, sides.facilities)[:: 1 if self.towards else -1]
        matrix = od_matrix(changed, *pair, ground=self.ground, rule=self.rule, engine="scipy")
        return of_matrix(matrix)

    @cached_property
    def _fast(self) -> bool:
        return self.engine == "hierarchy" or (self.engine == "auto" and has_fast())

    def _by_hierarchy(self, change: RoadChange, of_costs: Callable[[RoadNetwork, _Sides], Any]) -> Any:
        """Return the answer by the hierarchy, which is made at the first time."""
        from geoplan.network.prepared import prepare  # noqa: PLC0415 - an extra, and a second to load

        prepare(self.network)
        if not len(change.edges):
            return of_costs(self.network, self._base)
        with roads_on_trial(self.network, change, stay=True) as changed:
            prepare(changed)
            return of_costs(changed, self._placed(changed, change))

    @cached_property
    def _base(self) -> _Sides:
        return _Sides(self.points, self.facilities)

    def _placed(self, changed: RoadNetwork, change: RoadChange) -> _Sides:
        """Return both sides on the changed roads: points anew where they cannot stay."""
        one, two = self.points, self.facilities
        if len(change.closed):
            takers = self._takers(changed, change)
            one, two = (self._snapped_anew(side, *takers) for side in (one, two))
        if one is not self.points or two is not self.facilities or changed.packing != self.network.packing:
            return _Sides(one, two)
        touched = np.isin(one.edge, change.edges).any() or np.isin(two.edge, change.edges).any()
        return _Sides(one, two, like=self._base) if touched else self._base

    def _takers(
        self, changed: RoadNetwork, change: RoadChange
    ) -> tuple[RoadNetwork, NDArray[np.bool_] | None]:
        """Return the roads to snap to and which edges take no points (any more).

        None where edges take points that did not before: then every point is snapped anew.
        """
        takers = self._coming_apart.takers(changed, change)
        if takers is not None:
            return takers, takers.edge_closed
        if (changed.node_ok & ~self.network.node_ok).any():
            return changed, None
        return changed, changed.edge_closed | (changed.edge_component < 0)

    @cached_property
    def _coming_apart(self) -> ComingApart:
        return ComingApart(self.network)

    def _snapped_anew(self, side: Snapping, takers: RoadNetwork, lost: NDArray[np.bool_] | None) -> Snapping:
        """Return one side, its points on lost edges (None: all) snapped to the roads that take them."""
        rows = np.arange(len(side)) if lost is None else np.flatnonzero(side.snapped & lost[side.edge])
        if not len(rows):
            return side
        ids = [side.ids[i] for i in rows]
        new = snap_points(takers, ids, side.lat[rows], side.lon[rows], ground=self.ground, rule=self.rule)
        return _with_rows(side, rows, new)

    @cached_property
    def _direct(self) -> DirectPaths:
        """All direct paths, from facilities (rows) to points."""
        ground, rule = self.ground or Ground(), self.rule or AccessRule()
        if self.towards:
            paths = direct_paths(self.points, self.facilities, ground, rule)
            return replace(paths, row=paths.column, column=paths.row)
        paths = direct_paths(self.facilities, self.points, ground, rule)
        order = np.lexsort((paths.column, paths.row))
        return DirectPaths(*(getattr(paths, f.name)[order] for f in fields(paths)))

    @cached_property
    def _direct_rows(self) -> finishing.Direct:
        from geoplan.network.finishing import Direct  # noqa: PLC0415 - an extra

        paths = self._direct
        first = np.searchsorted(paths.row, np.arange(len(self.facilities) + 1))
        return Direct(first.astype(np.int64), paths.column.astype(np.int64), paths.minutes, paths.km)

    @cached_property
    def _by_id(self) -> NDArray[np.int64]:
        """Facilities by id: of equally near ones the first of these wins."""
        return np.argsort(np.array(self.facilities.ids, dtype=object), kind="stable").astype(np.int64)

    def _nearest_of_costs(self, network: RoadNetwork, sides: _Sides) -> Nearest:
        from geoplan.network.finishing import nearest_columns  # noqa: PLC0415 - an extra

        count = len(self.points)
        found = Nearest(
            np.full(count, UNREACHABLE_TENTHS, dtype=np.int32), np.full(count, -1, dtype=np.int32),
            np.full(count, np.nan), np.zeros(count, dtype=bool),
        )  # fmt: skip
        cost, legs = sides.costs(network, towards=self.towards), sides.legs(towards=self.towards)
        filled = found.tenths, found.facility, found.km, found.direct
        nearest_columns(cost, self._by_id, units_of(network), legs, self._direct_rows, filled)
        np.round(found.km, KM_DIGITS, out=found.km)
        return found

    def _tenths_of_costs(self, network: RoadNetwork, sides: _Sides) -> NDArray[np.int32]:
        from geoplan.network.finishing import all_tenths  # noqa: PLC0415 - an extra

        tenths = np.empty((len(self.points), len(self.facilities)), dtype=np.int32)
        cost, legs = sides.costs(network, towards=self.towards), sides.legs(towards=self.towards)
        all_tenths(cost, units_of(network), legs, self._direct_rows, tenths)
        return tenths

    def _times_of_matrix(self, matrix: ODMatrix) -> NDArray[np.int32]:
        return matrix.tenths if self.towards else np.ascontiguousarray(matrix.tenths.T)

    def _nearest_of_matrix(self, matrix: ODMatrix) -> Nearest:
        parts = [a if self.towards else a.T for a in (matrix.tenths, matrix.km, matrix.direct)]
        tenths, km, direct = (a[:, self._by_id] for a in parts)
        every = np.arange(len(tenths))
        if not tenths.shape[1]:
            none = np.full(len(every), -1, dtype=np.int32)
            return Nearest(none, none.copy(), np.full(len(every), np.nan), np.zeros(len(every), dtype=bool))
        best = np.where(tenths < 0, np.iinfo(np.int32).max, tenths).argmin(axis=1)
        reached = tenths[every, best] >= 0
        return Nearest(
            tenths[every, best],
            np.where(reached, self._by_id[best], -1).astype(np.int32),
            km[every, best],
            direct[every, best],
        )


@dataclass(frozen=True, eq=False)
class _Sides:
    """Both sides as the hierarchy takes them; `like` has the same places on roads of other speeds."""

    points: Snapping
    facilities: Snapping
    like: _Sides | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def costs(self, network: RoadNetwork, *, towards: bool) -> NDArray[Any]:
        """Return costs by road, facilities in rows, points in columns; -1: no way."""
        state: Prepared = network.prepared[KEPT]
        lanes, many = self._stops(network, state, towards=towards)
        above = self._above(state, lanes, many)
        pairs = self._on_edge(network, towards=towards)
        cost = state.metric.from_each(lanes, many, towards=towards, within=above)
        row, column, along = pairs
        if len(row):
            cost = cost.astype(np.int64, copy=False)
            before = cost[row, column]
            cost[row, column] = np.where((before < 0) | (along < before), along, before)
        return cost

    def _stops(self, network: RoadNetwork, state: Prepared, *, towards: bool) -> tuple[Stops, Stops]:
        if "stops" not in self.kept:
            self.kept["stops"] = (
                state.stops(find_ends(network, self.facilities, leaving=not towards)),
                state.stops(find_ends(network, self.points, leaving=towards)),
            )
        stops: tuple[Stops, Stops] = self.kept["stops"]
        return stops

    def _above(self, state: Prepared, lanes: Stops, many: Stops) -> tuple[Selection, Selection]:
        if self.like is not None and "above" in self.like.kept:
            self.kept["above"] = self.like.kept["above"]
        if "above" not in self.kept:
            hierarchy = state.metric.hierarchy
            self.kept["above"] = hierarchy.select(lanes.node), hierarchy.select(many.node)
        above: tuple[Selection, Selection] = self.kept["above"]
        return above

    def _on_edge(
        self, network: RoadNetwork, *, towards: bool
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
        """Return facility, point and cost of the pairs on one edge."""
        if "pairs" not in self.kept:
            source = self.facilities, np.arange(len(self.facilities))
            row, column, along = pairs_on_edge(network, source, self.points, outward=not towards)
            self.kept["pairs"] = row, column, along.astype(np.int64)
        pairs: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]] = self.kept["pairs"]
        return pairs

    def legs(self, *, towards: bool) -> finishing.Legs:
        """Return the legs, facilities in rows."""
        from geoplan.network.finishing import Legs  # noqa: PLC0415 - an extra

        f, p = self.facilities, self.points
        ways = (f.in_minutes, p.out_minutes) if towards else (f.out_minutes, p.in_minutes)
        return Legs(ways[0], f.leg_km, ways[1], p.leg_km)


def _staying(network: RoadNetwork, change: RoadChange) -> RoadNetwork:
    """Return the changed roads; what they cut off keeps its points."""
    if not len(change.edges):
        return network
    return altered(network, change, stay=True)


def _with_rows(side: Snapping, rows: NDArray[np.intp], new: Snapping) -> Snapping:
    """Return a snapping with some of its points replaced."""
    arrays = {}
    for name in (f.name for f in fields(side) if f.name != "ids"):
        arrays[name] = getattr(side, name).copy()
        arrays[name][rows] = getattr(new, name)
    return replace(side, **arrays)
