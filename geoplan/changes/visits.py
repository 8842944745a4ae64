"""What mobile units bring, in words: who gains visits, how often, and whether figures count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.outreach import Visits, visits
from geoplan.errors import Finding
from geoplan.units import TENTHS_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.result import YearState
    from geoplan.scenario import Scenario, Service


def visit_notes(
    scenario: Scenario, state: YearState, gives: Mapping[str, NDArray[np.bool_]]
) -> list[Finding]:
    """Return for each mobile unit and service of a year how many people gain visits, and how often.

    `gives` says by service which columns of `state.tenths` count for it; stops are told apart by their unit.
    A service's second readings are no services of their own here: the note names those that count stops.
    """
    facilities = state.facilities.loc[list(state.counting)]
    units = sorted({unit for unit in facilities["mobile_unit"] if unit})
    notes = []
    for unit in units:
        stops = facilities[facilities["mobile_unit"] == unit]
        tags = set(stops["services"].iloc[0].split(";"))
        services = [s for s in scenario.services if s.counts in tags and not s.variant_of]
        notes += [
            _note(unit, _visited(unit, s, facilities, state, gives), s, scenario, state.year)
            for s in services
        ]
        if not services:
            notes.append(_uncounted(unit, tags, state.year))
    return notes


def _visited(
    unit: str,
    service: Service,
    facilities: pd.DataFrame,
    state: YearState,
    gives: Mapping[str, NDArray[np.bool_]],
) -> Visits:
    """Return who gains visits of one unit for one service."""
    assessed = state.demand["liberated"].to_numpy(dtype=bool) | (service.assessed == "everywhere")
    mine = (facilities["mobile_unit"] == unit).to_numpy(dtype=bool)
    days = facilities["visit_days_a_month"].fillna(0).to_numpy(dtype=np.int64)
    return visits(
        state.tenths,
        np.where(assessed, state.demand["population"].to_numpy(dtype=np.int64), 0),
        standing=gives[service.id] & (facilities["mobile_unit"] == "").to_numpy(dtype=bool),
        days=np.where(mine, days, 0),
        target_tenths=service.target_minutes * TENTHS_PER_MINUTE,
    )


def _note(unit: str, found: Visits, service: Service, scenario: Scenario, year: int) -> Finding:
    """Return the note on one unit and service."""
    often = "; ".join(f"{people} on {days} days a month" for days, people in found.gaining) or "nobody"
    readings = [s for s in scenario.services if service.id in {s.id, s.variant_of} and s.mobile_days_least]
    counted = "".join(
        f" {s.id} counts stops of at least {s.mobile_days_least} days a month." for s in readings
    )
    out = "" if service in readings else f" The figures of {service.id} leave stops out."
    message = (
        f"{unit}, {year}: {found.people} people farther than {service.target_minutes} minutes from "
        f"{service.id} gain visits ({often}); {found.served} more near a stop have it anyway.{out}{counted}"
    )
    params = (
        ("unit", unit),
        ("year", str(year)),
        ("people", found.people),
        ("minutes", service.target_minutes),
        ("service", service.id),
        ("often", "; ".join(f"{people}: {days}" for days, people in found.gaining) or "-"),
        ("served", found.served),
        ("readings", ", ".join(f"{s.id} >= {s.mobile_days_least}" for s in readings) or "-"),
    )
    return Finding("note", "mobile-visits", message, where=unit, params=params)


def _uncounted(unit: str, tags: set[str], year: int) -> Finding:
    """Return the note on a unit whose services nobody counts."""
    what = ", ".join(sorted(tags))
    message = f"{unit}, {year}: no service of the scenario counts {what}: its visits stand in no figure."
    params = (("unit", unit), ("year", str(year)))
    return Finding("note", "mobile-visits-uncounted", message, where=unit, params=params)
