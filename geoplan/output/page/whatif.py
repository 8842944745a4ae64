"""Result -> what the page needs to answer "what if": sites, who may be switched, times, people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan import shipped
from geoplan.changes import with_standards
from geoplan.output.page.envelopes import envelopes
from geoplan.output.page.pack import names, position, text_column
from geoplan.output.page.times import Times, times_of
from geoplan.scenario import load_scenario
from geoplan.scenario.change_facilities import FacilityChange
from geoplan.scenario.change_people import Standard
from geoplan.stage import OPERATING, offers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.result import Result, YearState
    from geoplan.scenario import Scenario

TOWN_RADIUS_KM: Final = 0.5
"""A facility that a scenario adds at a settlement lies at least this uncertainly (`add_facility`)."""

SPOT_RADIUS_KM: Final = 1.0
"""And one that it adds at a position of its own."""


@dataclass(frozen=True)
class WhatIf:
    """What a page carries for changes made in it.

    Attributes
    ----------
    head
        The small part, read at once.
    bulk
        Long columns: candidates behind the facilities, orders of rows and columns, what each year allows.
    blocks
        The times, one text a road state.
    """

    head: dict[str, Any]
    bulk: dict[str, Any]
    blocks: list[str]


def what_if(result: Result, points: Sequence[str], facilities: Sequence[str]) -> WhatIf | None:
    """Return what-if of a result whose rows of points and facilities have these ids; None without times.

    The numbers of candidate sites follow those of the facilities.
    """
    candidates = _candidates(result, facilities)
    times = times_of(result, points, [*facilities, *map(str, candidates.index)])
    if times is None:
        return None
    return WhatIf(_head(result, times), _bulk(result, times, points, facilities, candidates), times.blocks())


def _candidates(result: Result, facilities: Sequence[str]) -> pd.DataFrame:
    """Return the sites of all years that are facilities in none, sorted by id."""
    frames = [state.sites for state in result.years if state.sites is not None]
    every = pd.concat(frames) if frames else pd.DataFrame()
    every = every[~every.index.duplicated() & ~every.index.isin(list(facilities))]
    return every.sort_index()


def _head(result: Result, times: Times) -> dict[str, Any]:
    """Return what names the run that a saved what-if extends, and how a position's error grows."""
    scenario, travel = result.scenario, result.scenario.travel
    ships = _ships(scenario)
    return {
        "extends": scenario.id if ships else scenario.path.name,
        "shipped": ships,
        "hash": result.provenance.run_hash,
        "keys": [list(change.key) for change in scenario.changes],
        "standards": {s.id: _standard(s) for s in scenario.services if _has_standard(scenario, s.id)},
        "minutes_per_km": travel.detour_factor * 60 / travel.access_speed_kmh,
        "times": times.about(),
    }


def _ships(scenario: Scenario) -> bool:
    """Whether a child may name the scenario by its id: one of that name ships and says the same.

    Asked of what it says and not of its file, so that a page made again from a record is the same page.
    """
    if scenario.id not in shipped.scenarios():
        return False
    return with_standards(load_scenario(scenario.id))[0].content_hash() == scenario.content_hash()


def _has_standard(scenario: Scenario, service: str) -> bool:
    """Whether a change of the scenario sets the bands or the target of a service."""
    return any(isinstance(c, Standard) and c.service == service for c in scenario.changes)


def _standard(service: Any) -> dict[str, Any]:
    """Return what a change that replaces another must say again."""
    return {"bands_minutes": list(service.bands_minutes), "target_share": service.target_share}


def _bulk(
    result: Result, times: Times, points: Sequence[str], facilities: Sequence[str], candidates: pd.DataFrame
) -> dict[str, Any]:
    """Return the long columns."""
    order = list(facilities)
    return {
        "points": times.point_order.tolist(),
        "sites": times.site_order.tolist(),
        "candidates": _candidate_columns(result, candidates),
        "years": _only_new([_year(result, state, order) for state in result.years]),
        "envelopes": envelopes(result, points),
    }


def _only_new(years: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Return each year's rules, None where they are those of the year before."""
    return [year if k == 0 or year != years[k - 1] else None for k, year in enumerate(years)]


def _candidate_columns(result: Result, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the candidate sites as columns: where they are, and as what a facility there would count.

    Positions are not rounded: a saved scenario must mean the same place.
    """
    at = result.settlements.reindex(rows["settlement_id"])
    same = (at["lat"].to_numpy() == rows["lat"].to_numpy()) & (at["lon"].to_numpy() == rows["lon"].to_numpy())
    radius = at["position_radius_km"].clip(lower=TOWN_RADIUS_KM).to_numpy()
    return {
        "id": [str(key) for key in rows.index],
        "name": names(rows),
        "place": [
            key if fits else "" for key, fits in zip(rows["settlement_id"], same.tolist(), strict=True)
        ],
        "district": position(rows["district_id"], [str(key) for key in result.districts.index]),
        "lat": [float(v) for v in rows["lat"]],
        "lon": [float(v) for v in rows["lon"]],
        "radius_km": [
            float(r) if fits else SPOT_RADIUS_KM for r, fits in zip(radius, same.tolist(), strict=True)
        ],
    }


def _year(result: Result, state: YearState, facilities: list[str]) -> dict[str, Any]:
    """Return for one year which rows give each service while they work, and which may be switched.

    A row is in `gives` of a service if it has its tag and the service does not leave it out: a facility that
    works by its status, another as if it did.
    """
    rows = state.facilities
    works = rows["status"].isin(OPERATING)
    as_working = rows.assign(status=rows["status"].where(works, "operating"))
    where = dict(zip(facilities, range(len(facilities)), strict=True))
    row_of = [where[str(key)] for key in rows.index]

    def marked(flags: Sequence[bool]) -> list[int]:
        return [row for row, flag in zip(row_of, flags, strict=True) if flag]

    free = _free(result.scenario, state)
    return {
        "gives": {str(s.id): marked(offers(as_working, s).tolist()) for s in result.scenario.services},
        "closable": marked([f and bool(c) for f, c in zip(free, rows["counts"], strict=True)]),
        "openable": marked([f and not o for f, o in zip(free, _open(state), strict=True)]),
    }


def _open(state: YearState) -> list[bool]:
    """Return which facilities work on the year's day by status and dates, whoever owns them."""
    day = dt.date(state.year, 1, 1)
    spans = zip(state.facilities["open_from"], state.facilities["open_until"], strict=True)
    dates = [(a is None or a <= day) and (b is None or day < b) for a, b in spans]
    status = state.facilities["status"].isin(OPERATING)
    return [d and bool(s) for d, s in zip(dates, status, strict=True)]


def _free(scenario: Scenario, state: YearState) -> list[bool]:
    """Return which facilities a child of the scenario may open or close on the year's day.

    A stop of a mobile unit is no facility of its own. One that a change opens, closes or adds on that day or
    later is not free either: a child cannot say another thing of the same day, and what comes later would
    undo it.
    """
    day = dt.date(state.year, 1, 1)
    bound = {
        c.facility
        for c in scenario.changes
        if isinstance(c, FacilityChange)
        and c.attribute == "open"
        and (c.starts is None or c.starts >= day or (c.ends is not None and c.ends > day))
    }
    stops = text_column(state.facilities["mobile_unit"]) if "mobile_unit" in state.facilities else None
    ids = [str(key) for key in state.facilities.index]
    return [key not in bound and not (stops and stops[k]) for k, key in enumerate(ids)]
