"""One year made ready: its people and facilities placed on its roads, before any time is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from geoplan.changes import counts_others
from geoplan.errors import raise_on_errors
from geoplan.network.graph import build_network
from geoplan.network.islands import keep_islands
from geoplan.network.snap import snap_points, snapping_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.network.access import AccessRule, Ground
    from geoplan.network.graph import RoadNetwork
    from geoplan.network.snap import Snapping
    from geoplan.scenario import Scenario, Service
    from geoplan.tables.read import TableSet

OPERATING: Final = frozenset({"operating", "unverified"})
"""Facilities of any other status are drawn hollow and never count."""


class People(Protocol):
    """What makes demand points: `geoplan.tables.demand.build_demand`, or a pool that keeps them."""

    def __call__(
        self, tables: TableSet, *, year: int, other_residents: bool, resolution: int, resolution_baku: int
    ) -> tuple[pd.DataFrame, list[Finding]]:
        """Return the demand points of one year and what is worth saying of them."""


@dataclass(frozen=True)
class Place:
    """Land and rules of the off-road legs: the same for all years."""

    ground: Ground
    rule: AccessRule


@dataclass(frozen=True)
class Given:
    """The tables of one year, and the roads before any change: where people live does not follow plans.

    `unclosed` are the tables as if no change had closed a road, None where none has.
    """

    year: TableSet
    roads_before: pd.DataFrame
    unclosed: TableSet | None


@dataclass(frozen=True)
class Stage:
    """People and facilities of 1 January of one year on its roads.

    Attributes
    ----------
    year, tables, place
        The year, its tables, and the rules of the legs.
    demand
        Demand points.
    facilities
        All facilities, with `settlement_name_az` and `counts`.
    network
        Roads that can be used.
    origins, goals
        The demand points and the facilities that count, snapped.
    """

    year: int
    tables: TableSet
    place: Place
    demand: pd.DataFrame
    facilities: pd.DataFrame
    network: RoadNetwork
    origins: Snapping
    goals: Snapping

    @property
    def counting(self) -> pd.DataFrame:
        """The facilities that count."""
        return self.facilities[self.facilities["counts"]]


def make_stage(
    scenario: Scenario,
    given: Given,
    place: Place,
    year: int,
    *,
    people: People,
    tell: Callable[[str], None] = lambda _step: None,
) -> tuple[Stage, list[Finding]]:
    """Return one year made ready, and its findings.

    Raises
    ------
    InputError
        If the people or the roads are not in order.
    """
    tables = given.year
    tell(f"{year}: people")
    demand, found = people(
        replace(tables, roads=given.roads_before),
        year=year,
        other_residents=counts_others(scenario, year),
        resolution=scenario.population.hexagon_resolution,
        resolution_baku=scenario.population.hexagon_resolution_baku,
    )
    findings = list(found)
    tell(f"{year}: road network")
    network, found = year_network(scenario, tables, year)
    findings += found
    raise_on_errors(findings)
    if given.unclosed is not None:
        network = keep_islands(network, year_network(scenario, given.unclosed, year)[0])
    tell(f"{year}: snapping")
    facilities = _facilities(tables, scenario, year)
    origins, found = snapped(network, demand, place, where="demand")
    findings += found
    goals, found = snapped(network, facilities[facilities["counts"]], place, where="facilities.csv")
    findings += found
    return Stage(year, tables, place, demand, facilities, network, origins, goals), findings


def year_network(scenario: Scenario, tables: TableSet, year: int) -> tuple[RoadNetwork, list[Finding]]:
    """Return the network of 1 January of `year` in the scenario's season, for its vehicle."""
    return build_network(
        tables.roads,
        tables.road_nodes,
        tables.speeds,
        vehicle=scenario.vehicle,
        season=scenario.season,
        year=year,
    )


def _facilities(tables: TableSet, scenario: Scenario, year: int) -> pd.DataFrame:
    """Return all facilities with the name of their settlement and whether they count."""
    names = tables.settlements["name_az"]
    towns = [names.get(place, "") for place in tables.facilities["settlement_id"]]
    counts = operating(tables.facilities, scenario, year)
    return tables.facilities.assign(settlement_name_az=towns, counts=counts)


def operating(facilities: pd.DataFrame, scenario: Scenario, year: int) -> NDArray[np.bool_]:
    """Return which facilities count on 1 January of `year` in `scenario`.

    A facility counts if its status says that it operates, it has opened by and not closed before that day,
    and it is civil or the scenario counts military ones.
    """
    day = date(year, 1, 1)
    opened = np.array([d is None or d <= day for d in facilities["open_from"]], dtype=bool)
    closed = np.array([d is not None and d <= day for d in facilities["open_until"]], dtype=bool)
    works = facilities["status"].isin(OPERATING).to_numpy(dtype=bool)
    civil = (facilities["owner"] != "military").to_numpy(dtype=bool)
    counts: NDArray[np.bool_] = works & opened & ~closed & (civil | scenario.facilities.military)
    return counts


def offers(facilities: pd.DataFrame, service: Service) -> NDArray[np.bool_]:
    """Return which facilities give `service`: they have its tag and no status that it leaves out.

    A stop of a mobile unit does only if the service counts stops that are visited so often.
    """
    tagged = [service.counts in services.split(";") for services in facilities["services"]]
    left_out = facilities["status"].isin(service.exclude_status).to_numpy(dtype=bool)
    given: NDArray[np.bool_] = np.array(tagged, dtype=bool) & ~left_out
    stops = (facilities["mobile_unit"] != "").to_numpy(dtype=bool)
    if stops.any():
        days = facilities["visit_days_a_month"].fillna(0).to_numpy(dtype=np.int64)
        given &= ~stops | (service.mobile_days_least is not None and days >= service.mobile_days_least)
    return given


def snapped(
    network: RoadNetwork, points: pd.DataFrame, place: Place, *, where: str
) -> tuple[Snapping, list[Finding]]:
    """Return where demand points or facilities meet the network."""
    found = snap_points(
        network, list(points.index), points["lat"], points["lon"], ground=place.ground, rule=place.rule
    )
    return found, snapping_findings(found, where=where)
