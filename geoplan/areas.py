"""A scenario's service areas: which places reach a facility of one service within its bands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.changes import apply_changes, counts_others, with_standards
from geoplan.errors import UsageError, did_you_mean, raise_on_errors, sort_findings
from geoplan.network.access import AccessRule
from geoplan.network.field import World
from geoplan.network.graph import build_network
from geoplan.network.isochrone import RESOLUTION_M, UNION, AreaOptions, People, service_areas
from geoplan.network.snap import snap_points, snapping_findings
from geoplan.routing import country
from geoplan.sources import attributions
from geoplan.stage import offers, operating
from geoplan.tables.demand import build_demand
from geoplan.tables.read import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from geoplan.errors import Finding
    from geoplan.network.field import Direction
    from geoplan.scenario import Scenario, Service
    from geoplan.tables.read import TableSet

    Progress = Callable[[str], None]


@dataclass(frozen=True)
class AreaQuestion:
    """Which areas are asked for.

    Attributes
    ----------
    service
        Id of a service of the scenario.
    facility
        Id of one facility; empty: all that give the service, and all together.
    bands_minutes
        Upper ends of the bands; empty: those of the service.
    direction
        `to`: travel to the facility; `from`: from it.
    year
        A year; None: the first of the scenario.
    resolution_m
        Step of the lattice where a limit runs.
    """

    service: str
    facility: str = ""
    bands_minutes: tuple[int, ...] = ()
    direction: Direction = "to"
    year: int | None = None
    resolution_m: float = RESOLUTION_M


@dataclass(frozen=True)
class Areas:
    """Service areas of a scenario.

    Attributes
    ----------
    table
        The columns of `geoplan.network.isochrone.service_areas` with `scenario_id, year` in front and the
        names of the facility behind its id.
    findings
        What a reader must know of the roads, the people and the facilities.
    attributions
        What the licences of the tables ask to be said.
    """

    table: pd.DataFrame
    findings: tuple[Finding, ...]
    attributions: tuple[str, ...]


def isochrones(scenario: Scenario, question: AreaQuestion, *, progress: Progress) -> Areas:
    """Return the areas within which people reach a service, with the people in them.

    Population counts whom the coverage tables count: where a service is assessed in the liberated
    territories only, people elsewhere are left out.

    Raises
    ------
    UsageError
        If the service or the facility is unknown, or the facility does not give the service in that year.
    InputError
        With all findings of all tables at once.
    """
    progress("read the tables")
    scenario, _ = with_standards(scenario)
    service = _service(scenario, question.service)
    year = scenario.years[0] if question.year is None else question.year
    options = AreaOptions(
        question.bands_minutes or tuple(service.bands_minutes),
        service=service.id,
        direction=question.direction,
        resolution_m=question.resolution_m,
        union=not question.facility,
    )
    before = read_tables(scenario.table_paths())
    tables, _, findings = apply_changes(scenario, before, year)
    raise_on_errors(findings)
    chosen = _facilities(scenario, tables, service, year, question.facility)
    progress("people and roads")
    world, found = _world(scenario, tables, year)
    findings = [*tables.findings, *findings, *found]
    people, found = _people(scenario, replace(tables, roads=before.roads), world, service, year)
    findings += found
    goals = snap_points(
        world.network, list(chosen.index), chosen["lat"], chosen["lon"], ground=world.ground, rule=world.rule
    )
    findings += snapping_findings(goals, where="facilities.csv")
    areas = service_areas(
        world, goals, people, options, progress=lambda done, of: progress(f"areas: {done} of {of}")
    )
    return Areas(_named(areas, chosen, scenario, year), tuple(sort_findings(findings)), attributions(tables))


def _service(scenario: Scenario, service_id: str) -> Service:
    """Return a service by its id."""
    for service in scenario.services:
        if service.id == service_id:
            return service
    known = [service.id for service in scenario.services]
    raise UsageError(
        f"scenario {scenario.id} has no service '{service_id}'.{did_you_mean(service_id, known)}",
        hint=f"Its services: {', '.join(known)}",
    )


def _facilities(
    scenario: Scenario, tables: TableSet, service: Service, year: int, facility_id: str
) -> pd.DataFrame:
    """Return the facilities that give the service in that year, sorted, or the one that is asked for."""
    every = tables.facilities.sort_index()
    giving = every[operating(every, scenario, year) & offers(every, service)]
    if not facility_id:
        if giving.empty:
            raise UsageError(f"no facility gives {service.id} on 1 January {year}")
        return giving
    if facility_id not in every.index:
        raise UsageError(f"no facility is called '{facility_id}'.{did_you_mean(facility_id, every.index)}")
    if facility_id not in giving.index:
        raise UsageError(
            f"{facility_id} does not give {service.id} on 1 January {year}",
            hint=f"These do: {', '.join(giving.index)}",
        )
    return giving.loc[[facility_id]]


def _world(scenario: Scenario, tables: TableSet, year: int) -> tuple[World, list[Finding]]:
    """Return the roads of 1 January of `year` with land and rules."""
    network, findings = build_network(
        tables.roads,
        tables.road_nodes,
        tables.speeds,
        vehicle=scenario.vehicle,
        season=scenario.season,
        year=year,
    )
    raise_on_errors(findings)
    return World(network, country(tables), AccessRule(**scenario.travel.model_dump())), findings


def _people(
    scenario: Scenario, tables: TableSet, world: World, service: Service, year: int
) -> tuple[People, list[Finding]]:
    """Return where people live; nobody is counted where the service is not assessed."""
    demand, findings = build_demand(
        tables,
        year=year,
        other_residents=counts_others(scenario, year),
        resolution=scenario.population.hexagon_resolution,
        resolution_baku=scenario.population.hexagon_resolution_baku,
    )
    places = snap_points(
        world.network, list(demand.index), demand["lat"], demand["lon"], ground=world.ground, rule=world.rule
    )
    assessed = demand["liberated"].to_numpy(dtype=bool) | (service.assessed == "everywhere")
    population = np.where(assessed, demand["population"].to_numpy(dtype=np.int64), 0)
    return People(places, population), findings + snapping_findings(places, where="demand")


def _named(areas: pd.DataFrame, facilities: pd.DataFrame, scenario: Scenario, year: int) -> pd.DataFrame:
    """Return the table with scenario and year in front and the names of each facility."""
    table = areas.copy()
    together = table["facility_id"] == UNION
    for place, language in enumerate(("az", "en", "ru"), start=1):
        names = facilities[f"name_{language}"].reindex(table["facility_id"]).fillna("").to_numpy(dtype=object)
        table.insert(place, f"name_{language}", np.where(together, "", names))
    table.insert(0, "scenario_id", scenario.id)
    table.insert(1, "year", year)
    return table
