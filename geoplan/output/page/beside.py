"""Result and its base -> the columns of the base that differ: what the page compares the run with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.output.page import data, places
from geoplan.output.page.pack import position

if TYPE_CHECKING:
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


def bulk(result: Result) -> dict[str, Any] | None:
    """Return points, facilities, coverage, roads and routes of the base, as far as they differ."""
    if result.base is None:
        return None
    base = replace(result.base, districts=result.districts)
    ids, facilities = data.point_ids(result), data.facility_ids(result)
    return {
        "points": _other(places.point_columns(result, ids), places.point_columns(base, ids, beside=result)),
        "facilities": _other(
            places.facility_columns(result, facilities),
            places.facility_columns(base, facilities, beside=result),
        ),
        "coverage": [
            _other_services(
                data.coverage(result, own, ids, facilities), data.coverage(base, state, ids, facilities)
            )
            for own, state in zip(result.years, base.years, strict=True)
        ],
        "roads_open": _roads_open(result, base),
    }


def _other(own: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each year the columns of the base that differ from the run's."""
    mine = [own[0] | later for later in ({}, *own[1:])]
    theirs = [other[0] | later for later in ({}, *other[1:])]
    return [_differing(a, b) for a, b in zip(mine, theirs, strict=True)]


def _differing(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of `other` that are not those of `own`."""
    return {key: value for key, value in other.items() if own.get(key) != value}


def _other_services(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return for each service of both the columns that differ."""
    return {key: _differing(own[key], value) for key, value in other.items() if key in own}


def _roads_open(result: Result, base: Result) -> list[list[int]] | None:
    """Return which of the run's roads were open in each year of the base; None where all are the same."""
    row = np.array(position([str(k) for k in result.roads.index], [str(k) for k in base.roads.index]))
    opened = [np.where(row >= 0, np.asarray(state.open_roads)[row], False) for state in base.years]
    same = all(
        np.array_equal(now, np.asarray(state.open_roads))
        for now, state in zip(opened, result.years, strict=True)
    )
    return None if same else [now.astype(int).tolist() for now in opened]
