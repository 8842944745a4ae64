"""Result and its base -> the columns of the base that differ: what the page compares the run with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.output.page import data, places
from geoplan.output.page.pack import position

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.network.travel import RouteForest
    from geoplan.result import Result


def head(result: Result) -> dict[str, Any] | None:
    """Return titles, services, totals and bands of the base; None where the run has none."""
    if result.base is None:
        return None
    # its districts are numbered as those of the page
    base = replace(result.base, districts=result.districts)
    known = {str(service.id) for service in result.scenario.services}
    return {
        "scenario": data.scenario_words(base),
        "hash": base.provenance.run_hash,
        "services": [data.service_words(base, s) for s in base.scenario.services if str(s.id) in known],
        "summary": data.summary(base),
        "bands": data.bands(base),
    }


def bulk(result: Result, own: dict[str, Any]) -> dict[str, Any] | None:
    """Return points, facilities, coverage and roads of the base that differ from the run's bulk `own`."""
    if result.base is None:
        return None
    base = replace(result.base, districts=result.districts)
    ids, facilities = data.point_ids(result), data.facility_ids(result)
    points = places.point_columns(base, ids, beside=result)
    centres = places.facility_columns(base, facilities, beside=result)
    return {
        "points": _other([own["points"], *own["points_later"]], points),
        "facilities": _other([own["facilities"], *own["facilities_later"]], centres),
        "coverage": [
            _other_services(mine, data.coverage(base, state, ids, facilities))
            for mine, state in zip(own["coverage"], base.years, strict=True)
        ],
        "roads_open": _roads_open(result, base),
        "routes": _routes(result, base, own["routes"]),
    }


def _other(own: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each year the columns of the base that differ from the run's.

    Both are whole for the first year and hold for later ones what differs from it.
    """
    mine = [own[0] | later for later in ({}, *own[1:])]
    theirs = [other[0] | later for later in ({}, *other[1:])]
    return [_differing(a, b) for a, b in zip(mine, theirs, strict=True)]


def _differing(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of `other` that are not those of `own`."""
    return {key: value for key, value in other.items() if own.get(key) != value}


def _other_services(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return for each service of both the columns that differ."""
    return {key: _differing(own[key], value) for key, value in other.items() if key in own}


def _routes(result: Result, base: Result, own: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Return the coded routes of the base in the numbers of the run, None for a year without difference."""
    ids, facilities = data.point_ids(result), data.facility_ids(result)
    road = _numbers(base.roads.index, result.roads.index)
    node = _numbers(base.road_nodes.index, result.road_nodes.index)
    out: list[dict[str, Any] | None] = []
    for mine, state in zip(own, base.years, strict=True):
        forest = renumbered(state.routes, road, node, len(result.road_nodes))
        theirs = data.routes(base, replace(state, routes=forest), ids, facilities)
        out.append(None if theirs == mine else theirs)
    return out


def _numbers(old: pd.Index[Any], new: pd.Index[Any]) -> NDArray[np.int32]:
    """Return the new place of each old row, -1 where it is gone; one more at the end for -1 itself."""
    places = position([str(key) for key in old], [str(key) for key in new])
    return np.array([*places, -1], dtype=np.int32)


def renumbered(
    forest: RouteForest, road: NDArray[np.int32], node: NDArray[np.int32], nodes: int
) -> RouteForest:
    """Return coded routes in the numbers of other tables of roads and nodes.

    `road` and `node` hold the new number of each old one and, last, that of -1; there are `nodes` of them.
    """
    next_road = np.full((len(forest.next_road), nodes), -1, dtype=np.int32)
    kept = np.flatnonzero(node[:-1] >= 0)
    next_road[:, node[kept]] = road[forest.next_road[:, kept]]
    entry = np.where(forest.entry_node >= 0, node[np.maximum(forest.entry_node, 0)], forest.entry_node)
    return replace(
        forest,
        demand_road=road[forest.demand_road],
        facility_road=road[forest.facility_road],
        next_road=next_road,
        entry_node=entry.astype(np.int32),
    )


def _roads_open(result: Result, base: Result) -> list[list[int]] | None:
    """Return which of the run's roads were open in each year of the base; None where all are the same."""
    row = np.array(position([str(k) for k in result.roads.index], [str(k) for k in base.roads.index]))
    opened = [np.where(row >= 0, np.asarray(state.open_roads)[row], False) for state in base.years]
    same = all(
        np.array_equal(now, np.asarray(state.open_roads))
        for now, state in zip(opened, result.years, strict=True)
    )
    return None if same else [now.astype(int).tolist() for now in opened]
