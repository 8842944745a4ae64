"""Which engine answers: SciPy at once, or a hierarchy that must be made first and then is much faster."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from geoplan.errors import Finding, InputError
from geoplan.network.graph import coarse_units
from geoplan.network.packing import EXACT, next_packing
from geoplan.network.sweep import find_ends, join, pairs_on_edge, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping

    Part = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]

Engine = Literal["auto", "scipy", "hierarchy"]

KEPT: Final = "hierarchy"
"""Under this name a network keeps its hierarchy, see `RoadNetwork.prepared`."""

SCIPY_NODE_SECONDS: Final = 0.3e-6
"""What SciPy takes for one node from one source; measured on 100,000 to 1,000,000 nodes."""

START_SECONDS: Final = 3.0
MAKE_NODE_SECONDS: Final = 10e-6
"""What a process takes to load the compiled code, and per node to order, join and weigh the hierarchy."""

LANE_NODE_SECONDS: Final = 3e-9
PAIR_SECONDS: Final = 20e-9
"""What the hierarchy takes for one node from one source, and for one pair."""

MARGIN: Final = 1.5
"""The hierarchy must be expected to be this much faster, for estimates are rough."""

MATRIX_CELLS: Final = 4_000_000
"""Pairs of one chunk: about 200 MB of working memory."""


def choose_engine(
    network: RoadNetwork, origins: Snapping, destinations: Snapping, engine: Engine
) -> tuple[Engine, tuple[Finding, ...]]:
    """Return `scipy` or `hierarchy`, and a note where the better of them is not installed."""
    if engine != "auto" or not _worth_it(network, origins, destinations):
        return ("hierarchy" if engine == "hierarchy" else "scipy"), ()
    if has_fast():
        return "hierarchy", ()
    return "scipy", _slow_note(network)


def has_fast() -> bool:
    """Return whether the extra `fast` is there."""
    return importlib.util.find_spec("numba") is not None


def _worth_it(network: RoadNetwork, origins: Snapping, destinations: Snapping) -> bool:
    """Return whether the hierarchy should be done first, its making included unless it is there already."""
    nodes, sizes = len(network.node_ids), (int(origins.snapped.sum()), int(destinations.snapped.sum()))
    sources = min(sizes)
    scipy_seconds = sources * nodes * SCIPY_NODE_SECONDS
    seconds = sources * nodes * LANE_NODE_SECONDS + sizes[0] * sizes[1] * PAIR_SECONDS
    if KEPT not in network.prepared:
        seconds += START_SECONDS + nodes * MAKE_NODE_SECONDS
    return scipy_seconds > MARGIN * seconds


def _slow_note(network: RoadNetwork) -> tuple[Finding, ...]:
    """Return the note that the extra is missing, once a network."""
    if "slow-note" in network.prepared:
        return ()
    network.prepared["slow-note"] = True
    return (
        Finding(
            "note", "engine-slow",
            "travel times are computed with SciPy: right, but slower than the contraction hierarchy.",
            hint="Type: pip install 'geoplan[fast]'",
        ),
    )  # fmt: skip


def scipy_parts(network: RoadNetwork, origins: Snapping, destinations: Snapping) -> Iterator[Part]:
    """Yield origins, destinations and the costs between them, chunk by chunk, by Dijkstra's method.

    It runs from whichever side has fewer points (on the reversed graph for destinations). Points that
    meet no road may be left out.

    Raises
    ------
    OverflowError
        A path costs more than sums are exact for; see `coarser`.
    """
    outward = len(origins) <= len(destinations)
    near, far = (origins, destinations) if outward else (destinations, origins)
    every = np.arange(len(far))
    for swept in sweep(network, near, outward=outward, width=len(far), trees=False):
        cost = join(network, swept, near, far, outward=outward).cost
        if cost.max(initial=0.0, where=np.isfinite(cost)) >= EXACT:
            raise OverflowError("a way is too long for these units")
        cost = cost[swept.source]
        yield (swept.points, every, cost) if outward else (every, swept.points, cost.T)


def hierarchy_parts(
    network: RoadNetwork, origins: Snapping, destinations: Snapping
) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
    """Yield origins and whole costs from them to all destinations (-1: no way), by the hierarchy.

    It is made if there is none yet. The costs are those of `scipy_parts`.

    Raises
    ------
    MissingExtraError
        Without the extra `fast`.
    OverflowError
        A path costs more than sums are exact for.
    """
    from geoplan.network.prepared import prepare  # noqa: PLC0415 - an extra, and a second to load

    state = prepare(network)
    begin_at = state.stops(find_ends(network, origins, leaving=True))
    end_at = state.stops(find_ends(network, destinations, leaving=False))
    above = state.metric.hierarchy.select(end_at.node)
    size = max(MATRIX_CELLS // max(len(destinations), 1), 1)
    for begin in range(0, len(origins), size):
        rows = np.arange(begin, min(begin + size, len(origins)))
        part = begin_at.part(begin, int(rows[-1]) + 1)
        within = state.metric.hierarchy.select(part.node), above
        cost = state.metric.matrix(part, end_at, within=within)
        row, column, along = pairs_on_edge(network, (origins, rows), destinations, outward=True)
        if len(row):
            cost = cost.astype(np.int64, copy=False)
            before, along = cost[row, column], along.astype(np.int64)
            cost[row, column] = np.where((before < 0) | (along < before), along, before)
        yield rows, cost


def coarser(network: RoadNetwork) -> tuple[RoadNetwork, Finding]:
    """Return the network with coarser units of time and length, and the note on them.

    Raises
    ------
    InputError
        There are none left: lengths or speeds of the roads are absurd.
    """
    try:
        units = next_packing(network.packing)
    except OverflowError as error:
        raise InputError([Finding("error", "roads-too-long", f"{error}.", "roads.csv")]) from error
    return replace(network, packing=units, prepared={}), coarse_units(units)
