"""A hierarchy with weights: nearest of many, matrices, paths, and quick changes of single roads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from geoplan.network import kernels, sweeps
from geoplan.network.unpacking import climb_tree, trace, unpack_slots
from geoplan.network.weights import CLOSED, INFINITE, UNREACHED, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from geoplan.network.hierarchy import Hierarchy
    from geoplan.network.stops import Selection, Stops

Answer = TypeVar("Answer")

NARROW: Final = np.dtype(np.int32)
WIDE: Final = np.dtype(np.int64)

KEY_BITS: Final = {NARROW: 32, WIDE: 8}
"""Bits beside a cost that a 64-bit key has left for the number of a facility."""


class _TooNarrowError(OverflowError):
    """A sum came near the infinite value of its type."""


@dataclass(frozen=True)
class Path:
    """One best path.

    Attributes
    ----------
    cost
        Ways of both points included.
    arcs
        int32: road arcs in order of travel.
    origin_way, destination_way
        Places in the input of `Stops.from_ways` of the ways used at both ends.
    """

    cost: int
    arcs: NDArray[np.int32]
    origin_way: int
    destination_way: int


@dataclass(frozen=True, eq=False)
class _Change:
    """Other weights on some road arcs: the hierarchy arcs they lie on, and the nodes above those."""

    hierarchy: Hierarchy
    arcs: NDArray[np.int64]
    weights: NDArray[np.int64]
    touched: NDArray[np.int32]
    above: NDArray[np.int32]

    def work_into(self, metric: Metric) -> bool:
        """Change the arrays of a metric; return whether its type is wide enough."""
        metric.weight[self.arcs] = self.weights
        places = self.touched, self.above
        frame = self.hierarchy.frame
        peak = kernels.repair(frame, metric.weight, metric.up, metric.down, places, metric.infinite)
        return bool(peak <= metric.infinite // 2)

    def rows(self) -> NDArray[np.int64]:
        """Return the hierarchy arcs that can change: those of the nodes above."""
        begin = self.hierarchy.first[self.above].astype(np.int64)
        size = self.hierarchy.first[self.above + 1] - begin
        start = np.repeat(begin - (np.cumsum(size) - size), size)
        return np.asarray(start + np.arange(int(size.sum())), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Metric:
    """A hierarchy customised for one set of weights.

    Attributes
    ----------
    hierarchy
        The fixed part.
    weight
        One a road arc, in the type of `up`; closed arcs are infinite (`weights.INFINITE`).
    up, down
        int32 or int64, one a hierarchy arc: cost of the best way that stays below its ends, from the lower
        to the higher and back.
    """

    hierarchy: Hierarchy
    weight: NDArray[Any]
    up: NDArray[Any]
    down: NDArray[Any]

    @property
    def number(self) -> np.dtype[Any]:
        """Type of the weights: int32 where the sums allow it, else int64."""
        return self.up.dtype

    @property
    def infinite(self) -> int:
        """The value that stands for `no way` in the arrays."""
        return INFINITE[self.number]

    @cached_property
    def _wide(self) -> Metric:
        """The same weights in int64."""
        closed = self.weight == self.infinite
        return _customised(self.hierarchy, np.where(closed, CLOSED, self.weight.astype(WIDE)), WIDE)

    def changed(self, arcs: ArrayLike, weights: ArrayLike) -> Metric:
        """Return the metric with other weights on some road arcs; only what lies above them is computed.

        Equal to the bit to a full customisation. Closes (`CLOSED`), opens, slows or speeds up.

        Raises
        ------
        ValueError
            There is no such road arc, or a weight is none; see `customise`.
        OverflowError
            The sums go beyond 2^53.
        """
        change = self._change(arcs, weights)
        if change is None:
            return self._wide.changed(arcs, weights)
        made = replace(self, weight=self.weight.copy(), up=self.up.copy(), down=self.down.copy())
        return made if change.work_into(made) else _widened(made)

    @contextmanager
    def trial(self, arcs: ArrayLike, weights: ArrayLike) -> Iterator[Metric]:
        """Give the metric of `changed` for the length of a `with`: nothing large is copied.

        The change is worked into the arrays of this metric and taken back at the end. Until then this metric
        must not be asked, by no other thread either.
        """
        change = self._change(arcs, weights)
        if change is None:
            yield self._wide.changed(arcs, weights)
            return
        rows = change.rows()
        before = self.weight[change.arcs], self.up[rows], self.down[rows]
        made = replace(self)  # it widens by itself, should it have to
        try:
            yield made if change.work_into(made) else _widened(made)
        finally:
            # of an arc that is named twice every entry holds the same old weight
            self.weight[change.arcs], self.up[rows], self.down[rows] = before

    def _change(self, arcs: ArrayLike, weights: ArrayLike) -> _Change | None:
        """Return a checked change, None if a weight does not fit the type."""
        numbers, values = np.atleast_1d(np.asarray(arcs, dtype=np.int64)), whole_numbers(weights)
        values = np.broadcast_to(values, numbers.shape)
        if numbers.min(initial=0) < 0 or numbers.max(initial=-1) >= self.hierarchy.arcs:
            raise ValueError(f"road arcs are numbered 0..{self.hierarchy.arcs - 1}")
        if self.number == NARROW and (values[values != CLOSED] > INFINITE[NARROW] // 2).any():
            return None
        slots = self.hierarchy.arc_slot[numbers]
        touched = np.unique(slots[slots >= 0] >> 1).astype(np.int32)
        above = self.hierarchy.above(self.hierarchy.tail[touched])
        return _Change(self.hierarchy, numbers, np.minimum(values, self.infinite), touched, above)

    def nearest(self, facilities: Stops, *, towards: bool = True) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Return for every node the cost to its nearest facility and which that is.

        Parameters
        ----------
        facilities
            A tie goes to the facility that stands first.
        towards
            Travel from the nodes to the facility; False: from the facility to the nodes.

        Returns
        -------
        cost
            One a node, int32 or int64 as the weights are; `UNREACHED` where no facility is.
        facility
            int32, -1 likewise.
        """
        return self._safely(lambda metric: _nearest_nodes(metric, facilities, towards=towards))

    def nearest_of_points(
        self,
        facilities: Stops,
        points: Stops,
        *,
        towards: bool = True,
        within: Selection | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Return for each point the cost to its nearest facility and which that is.

        The sweep touches only what lies above the points.

        Parameters
        ----------
        within
            `hierarchy.select(points.node)`, if at hand from an earlier question.
        """
        if within is None:
            within = self.hierarchy.select(points.node)
        return self._safely(
            lambda metric: _nearest_points(metric, facilities, points, within, towards=towards)
        )

    def costs(self, point: Stops, *, towards: bool = False) -> NDArray[Any]:
        """Return the cost from one point to every node (`towards`: from every node to the point)."""
        return self.nearest(point.part(0, 1), towards=towards)[0]

    def reaches(self, tail: int, head: int) -> bool:
        """Return whether there is any way from one node to another."""
        hierarchy = self.hierarchy
        ends = int(hierarchy.rank[tail]), int(hierarchy.rank[head])
        return bool(kernels.meets(hierarchy.frame, self.up, self.down, *ends, self.infinite))

    def matrix(
        self,
        origins: Stops,
        destinations: Stops,
        *,
        threads: int = 1,
        within: tuple[Selection, Selection] | None = None,
    ) -> NDArray[Any]:
        """Return the costs of the best paths from all origins to all destinations.

        Sixteen at a time, over nothing but what lies above them; whichever side makes less work shares
        the lanes. Threads (at most 2) write rows of their own, so their number never shows in the result.

        Parameters
        ----------
        within
            `hierarchy.select(...)` of the nodes of both sides, if at hand from an earlier question.

        Returns
        -------
        (origins, destinations), int32 or int64 as the weights are; `UNREACHED` where there is no path.
        """
        above = within or (self.hierarchy.select(origins.node), self.hierarchy.select(destinations.node))
        return self._safely(lambda metric: _matrix(metric, (origins, destinations), above, threads))

    def from_each(
        self, sources: Stops, others: Stops, *, towards: bool, within: tuple[Selection, Selection]
    ) -> NDArray[Any]:
        """Return the costs between each source (rows) and the others; `towards`: of ways to the source.

        As `matrix`, but always with the sources in the lanes: for few sources and many others.
        """
        return self._safely(lambda metric: _filled(metric, (sources, others), within, 1, towards=towards))

    def path(self, origins: Stops, destinations: Stops, *, pair: tuple[int, int] = (0, 0)) -> Path | None:
        """Return the best path from one origin to one destination, None if there is none.

        Of paths that cost the same always the same one.
        """
        ends = origins.part(pair[0], pair[0] + 1), destinations.part(pair[1], pair[1] + 1)
        return self._safely(lambda metric: _path(metric, *ends))

    def _safely(self, ask: Callable[[Metric], Answer]) -> Answer:
        """Return the answer; once more with 64 bits where 32 turn out to be too few.

        Every finite value met is at most the limit, half of infinite; so no sum of two can have been taken
        for infinite.
        """
        if self.number == WIDE:
            return ask(self)
        try:
            return ask(self)
        except OverflowError:
            return ask(self._wide)

    def ways(self, *, towards: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the weights for climbing from facilities and for sweeping to the others."""
        return (self.down, self.up) if towards else (self.up, self.down)


def customise(hierarchy: Hierarchy, weights: ArrayLike) -> Metric:
    """Return the hierarchy with weights, in int32 where the sums allow it, else in int64.

    Parameters
    ----------
    weights
        One a road arc: whole numbers from 0 (milliseconds, decimetres, or both packed by `pack_weights`);
        `CLOSED` or infinity for an arc that cannot be used.

    Raises
    ------
    ValueError
        Negative, NaN, not whole, or not one a road arc.
    OverflowError
        The sums go beyond 2^53.
    """
    weight = whole_numbers(weights)
    if weight.shape != (hierarchy.arcs,):
        raise ValueError(f"{hierarchy.arcs} road arcs need as many weights, not {weight.shape}")
    if weight[weight != CLOSED].max(initial=0) <= INFINITE[NARROW] // 2:
        try:
            return _customised(hierarchy, weight, NARROW)
        except _TooNarrowError:
            pass
    return _customised(hierarchy, weight, WIDE)


def _customised(hierarchy: Hierarchy, weight: NDArray[np.int64], number: np.dtype[Any]) -> Metric:
    """Return the metric in one type."""
    infinite = INFINITE[number]
    whole = np.minimum(weight, infinite).astype(number)
    up = np.full(len(hierarchy.head), infinite, dtype=number)
    down = up.copy()
    kernels.set_base(hierarchy.frame, whole, up, down)
    kernels.close_triangles(hierarchy.frame, up, down)
    _guard(max(kernels.peak_of(up, infinite), kernels.peak_of(down, infinite)), infinite)
    return Metric(hierarchy, whole, up, down)


def _widened(metric: Metric) -> Metric:
    """Return a metric whose sums came near the limit in int64, or raise if they are int64 already."""
    if metric.number == WIDE:
        raise OverflowError("the sums of the weights go beyond 2^53")
    return metric._wide  # noqa: SLF001 - same module, same class


def _guard(peak: int, infinite: int) -> None:
    """Raise if a finite value came so near to infinite that a sum may have been lost."""
    if peak > infinite // 2:
        raise _TooNarrowError(
            f"sums of weights reach {peak}, more than {infinite // 2} can be told from none"
        )


def _climbed(
    metric: Metric, facilities: Stops, shift: int, *, towards: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return keys for all ranks after the climb from the facilities, and the ranks above them."""
    frame, rank = metric.hierarchy.frame, metric.hierarchy.rank
    infinite = metric.infinite << shift
    key = np.full(metric.hierarchy.nodes, infinite, dtype=np.int64)
    above = metric.hierarchy.above(rank[facilities.node])
    rows = sweeps.Rows(frame.first, frame.tail, frame.head, metric.ways(towards=towards)[0])
    sweeps.seed_keys(facilities.seeds(rank, metric.number), key, shift)
    peak = sweeps.climb_keys(rows, above, key, shift, infinite)
    _guard(peak >> shift, metric.infinite)
    return key, above


def _shift_for(count: int) -> int:
    """Return the bits that the numbers of `count` facilities need."""
    return max(count - 1, 0).bit_length()


def _in_groups(metric: Metric, facilities: Stops) -> list[tuple[int, Stops]]:
    """Return the facilities in groups that the keys can hold, each with its first number."""
    size = 1 << min(KEY_BITS[metric.number], 30)
    return [
        (begin, facilities.part(begin, min(begin + size, len(facilities))))
        for begin in range(0, max(len(facilities), 1), size)
    ]


def _merged(
    parts: list[tuple[int, NDArray[Any], NDArray[np.int32]]],
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return the better of the answers of several groups; a tie goes to the earlier group."""
    _, cost, label = parts[0]
    for begin, other, number in parts[1:]:
        better = (other != UNREACHED) & ((cost == UNREACHED) | (other < cost))
        cost = np.where(better, other, cost)
        label = np.where(better, number + np.int32(begin), label)
    return cost, label


def _nearest_nodes(
    metric: Metric, facilities: Stops, *, towards: bool
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return cost and number of the nearest facility of every node."""
    parts = []
    frame = metric.hierarchy.frame
    rows = sweeps.Rows(frame.first, frame.tail, frame.head, metric.ways(towards=towards)[1])
    for begin, group in _in_groups(metric, facilities):
        shift = _shift_for(len(group))
        key, _ = _climbed(metric, group, shift, towards=towards)
        sweeps.sweep_keys(rows, key, shift)
        parts.append((begin, *_split(metric, key, metric.hierarchy.rank, shift)))
    return _merged(parts)


def _nearest_points(
    metric: Metric, facilities: Stops, points: Stops, within: Selection, *, towards: bool
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return cost and number of the nearest facility of every point."""
    parts = []
    rows = within.rows(metric.ways(towards=towards)[1])
    seeds = points.seeds(metric.hierarchy.rank, metric.number, within.local)
    every = np.arange(len(points), dtype=np.int32)
    for begin, group in _in_groups(metric, facilities):
        shift = _shift_for(len(group))
        infinite = metric.infinite << shift
        key = _climbed(metric, group, shift, towards=towards)[0][within.ranks]
        sweeps.sweep_keys(rows, key, shift)
        _guard(kernels.peak_of(key, infinite) >> shift, metric.infinite)
        best = sweeps.best_keys(seeds, key, shift, infinite)
        parts.append((begin, *_split(metric, best, every, shift)))
    return _merged(parts)


def _split(
    metric: Metric, key: NDArray[np.int64], where: NDArray[np.int32], shift: int
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return costs, in the type of the weights, and numbers of keys."""
    cost = np.empty(len(where), dtype=metric.number)
    label, peak = sweeps.split_keys(key, where, shift, metric.infinite << shift, cost)
    _guard(peak, metric.infinite)
    return cost, label


def _matrix(
    metric: Metric, stops: tuple[Stops, Stops], above: tuple[Selection, Selection], threads: int
) -> NDArray[Any]:
    """Return the matrix, with the side in the lanes that makes less work."""
    turned = len(stops[0]) * len(above[1].head) > len(stops[1]) * len(above[0].head)
    if turned:
        back = _filled(metric, stops[::-1], above[::-1], threads, towards=True)
        return np.ascontiguousarray(back.T)
    return _filled(metric, stops, above, threads, towards=False)


def _filled(
    metric: Metric,
    stops: tuple[Stops, Stops],
    above: tuple[Selection, Selection],
    threads: int,
    *,
    towards: bool,
) -> NDArray[Any]:
    """Return costs between sources (rows) and targets; `towards`: of paths from target to source."""
    out = np.full((len(stops[0]), len(stops[1])), UNREACHED, dtype=metric.number)
    rise, fall = metric.ways(towards=towards)
    rank = metric.hierarchy.rank
    ways = above[0].rows(rise), above[1].rows(fall)
    points = (
        stops[0].seeds(rank, metric.number, above[0].local),
        stops[1].seeds(rank, metric.number, above[1].local),
    )
    link = above[1].local[above[0].ranks]
    infinite = metric.number.type(metric.infinite)

    def run(part: NDArray[np.int32]) -> int:
        return int(sweeps.run_lanes(ways, points, link, part, infinite, out))

    order = _by_rank(stops[0], rank)
    half = -(-len(order) // (2 * sweeps.LANES)) * sweeps.LANES
    if threads <= 1 or half >= len(order):
        peaks = [run(order)]
    else:
        with ThreadPoolExecutor(2) as pool:
            peaks = list(pool.map(run, [order[:half], order[half:]]))
    _guard(max(peaks), metric.infinite)
    return out


def _by_rank(stops: Stops, rank: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the points by the rank of their first node: lanes of one group then share their climb."""
    ranks = np.append(rank[stops.node], 0)
    return np.argsort(ranks[stops.first[:-1]], kind="stable").astype(np.int32)


def _path(metric: Metric, origin: Stops, destination: Stops) -> Path | None:
    """Return the best path between two points."""
    trees, tops = [], []
    for stops, weight in ((origin, metric.up), (destination, metric.down)):
        above = metric.hierarchy.select(stops.node)
        seeds = stops.seeds(metric.hierarchy.rank, metric.number, above.local)
        tree = climb_tree(above.rows(weight), seeds, 0, metric.infinite)
        _guard(kernels.peak_of(tree[0], metric.infinite), metric.infinite)
        trees.append(tree)
        tops.append(above)
    place = tops[1].local[tops[0].ranks]
    both = np.flatnonzero(place >= 0)
    total = trees[0][0][both] + trees[1][0][place[both]]
    if not len(total) or total.min() >= metric.infinite:
        return None
    best = both[np.argmin(total)]
    out_entries, out_way = trace(trees[0][1], trees[0][2], best)
    in_entries, in_way = trace(trees[1][1], trees[1][2], place[best])
    slots = np.concatenate([2 * tops[0].arc[out_entries][::-1], 2 * tops[1].arc[in_entries] + 1])
    arcs = unpack_slots(metric.hierarchy.frame, metric.weight, metric.up, metric.down, slots.astype(np.int32))
    return Path(int(total.min()), arcs, int(origin.way[out_way]), int(destination.way[in_way]))
