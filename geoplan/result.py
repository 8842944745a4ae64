"""What a run found, as frozen tables: the one thing that run hands to page, files and comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.errors import Finding
    from geoplan.network.travel import RouteForest
    from geoplan.scenario import Scenario
    from geoplan.sections import PhasingSection, SitingSection
    from geoplan.tables.terrain import Terrain


@dataclass(frozen=True)
class YearState:
    """The state of 1 January of one year: people, facilities, roads and the times between them.

    Attributes
    ----------
    year
        The year.
    demand
        Demand points, see `geoplan.tables.demand.build_demand`.
    facilities
        All facility rows with the columns of the table plus `counts` (bool: operates in this year and
        scenario), `settlement_name_az`.
    tenths
        int32 (demand, facility): minutes x 10 from each demand point to each facility that counts,
        -1 unreachable; rows follow `demand.index`, columns `counting`.
    km
        float64 (demand, facility), nan where unreachable.
    counting
        Ids of the facilities that count, sorted: the columns of `tenths`.
    open_roads
        bool, one a row of `Result.roads`: usable in this year and season.
    routes
        Coded fastest routes.
    sites
        Every facility, also those that do not count, and every candidate site: index `site_id`, sorted;
        columns `site_kind` (facility, candidate), `settlement_id, district_id, lat, lon,
        position_radius_km, name_az, name_en, name_ru, confidence`. None where only figures were asked.
    site_tenths
        int32 (demand, site), as `tenths`; the columns of facilities that count are the same.
    areas
        From where the nearest facility of each service lies within each band: `service,
        band_upper_minutes, geometry`, see `geoplan.network.overview`. None where only figures were asked.
    """

    year: int
    demand: pd.DataFrame
    facilities: pd.DataFrame
    tenths: NDArray[np.int32]
    km: NDArray[np.float64]
    counting: tuple[str, ...]
    open_roads: NDArray[np.bool_]
    routes: RouteForest
    sites: pd.DataFrame | None = None
    site_tenths: NDArray[np.int32] | None = None
    areas: pd.DataFrame | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from: versions, inputs, hash and how long it took.

    `run_hash` is taken over the effective scenario and the parsed tables sorted by id, not over file bytes.
    `asked` is the scenario as it was given, where changes of standards made the effective one another;
    empty elsewhere.
    """

    geoplan_version: str
    run_hash: str
    input_sha256: dict[str, str]
    versions: dict[str, str]
    attributions: tuple[str, ...]
    started_at: str
    timings_s: dict[str, float] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that a change of the scenario made different.

    Attributes
    ----------
    key
        Thing, attribute and start of the change, see `geoplan.scenario.ChangeKey`.
    thing, attribute, start
        Id of what was changed, the column or figure, and the first day (ISO, empty: in all years).
    old, new
        Before and after, as texts; empty where there was nothing.
    where
        The change in its file, `file.toml:12`.
    """

    key: tuple[str, str, str]
    thing: str
    attribute: str
    start: str
    old: str
    new: str
    where: str


@dataclass(frozen=True)
class Result:
    """Everything that a run found.

    Attributes
    ----------
    scenario
        The effective scenario.
    years
        One `YearState` a year, in order.
    districts, settlements, road_nodes, roads, neighbours, standards, terrain
        The checked tables (index = id; EPSG:4326). `districts` is a GeoDataFrame.
    coverage_by_settlement, coverage_by_district, coverage_summary
        Long tables with the columns of the architecture, see `geoplan.analysis.coverage`.
    snapping
        One row a snapped point: `point_id, point_kind` (settlement, rural_cell, facility), `snap_m`,
        `road_id, road_name, road_class, component_nodes, component_share, component_population_share,
        verdict, note`, with `year`.
    check_distances
        The independent list of published road distances beside the network's own kilometres.
    findings
        Warnings and notes of all rooms, sorted.
    provenance
        Versions, hashes, timings.
    changes_log
        What the changes of the scenario made different in any year, in the order of years and changes.
    base
        What the scenario is read against: its parent, run for the same years. None where it extends none.
    siting, phasing
        Where new centres should stand and when they open; None where the scenario does not ask.
    """

    scenario: Scenario
    years: tuple[YearState, ...]
    districts: gpd.GeoDataFrame
    settlements: pd.DataFrame
    road_nodes: pd.DataFrame
    roads: pd.DataFrame
    neighbours: gpd.GeoDataFrame
    standards: pd.DataFrame
    terrain: Terrain
    coverage_by_settlement: pd.DataFrame
    coverage_by_district: pd.DataFrame
    coverage_summary: pd.DataFrame
    snapping: pd.DataFrame
    check_distances: pd.DataFrame
    findings: tuple[Finding, ...]
    provenance: Provenance
    changes_log: tuple[ChangeRow, ...] = ()
    base: Result | None = None
    siting: SitingSection | None = None
    phasing: PhasingSection | None = None
