"""Scenario -> Result: the only room that knows the whole route."""

from __future__ import annotations

import hashlib
import importlib.metadata
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan.analysis import coverage
from geoplan.changes import apply_changes, is_half, unclosed, with_standards
from geoplan.changes.visits import visit_notes
from geoplan.errors import Finding, raise_on_errors, sort_findings
from geoplan.network.access import AccessRule
from geoplan.network.field import World
from geoplan.network.overview import AreasOf, KnownLattices, overview_areas
from geoplan.network.snap import Snapping, snapping_table
from geoplan.network.travel import ODMatrix, od_matrix, route_forest
from geoplan.result import Provenance, Result, YearState
from geoplan.roadcheck import check_distances
from geoplan.routing import country
from geoplan.scenario import parent_of
from geoplan.sources import attributions, left_out_findings
from geoplan.stage import Given, People, Place, Stage, make_stage, offers, operating, snapped
from geoplan.tables.candidates import COLUMNS as SITE_COLUMNS
from geoplan.tables.candidates import candidate_sites
from geoplan.tables.check import check_service_tags
from geoplan.tables.demand import build_demand
from geoplan.tables.read import read_tables, tables_hash
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from geoplan.network.graph import RoadNetwork
    from geoplan.result import ChangeRow
    from geoplan.scenario import Scenario, Service
    from geoplan.tables.read import TableSet

    Progress = Callable[[str], None]
    CoverageTables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

CAPITAL_ID: Final = "AZ-BA"
NATION_ID: Final = "AZ"

GROUP_NAMES: Final = {
    NATION_ID: ("Azərbaycan", "Azerbaijan", "Азербайджан"),
    "outside_baku": ("Bakıdan kənar", "Outside Baku city", "Вне города Баку"),
    "liberated": (
        "İşğaldan azad edilmiş ərazilər",
        "Liberated territories",
        "Освобождённые территории",
    ),
}
"""Names of the summary's groups in Azerbaijani, English and Russian."""

VERSIONED: Final = ("folium", "geopandas", "h3", "numpy", "pandas", "pyogrio", "scipy", "shapely")
"""Packages whose version may change a figure or a byte of the output."""

NAMES: Final = ("name_az", "name_en", "name_ru")


def run(
    scenario: Scenario,
    *,
    progress: Progress | None = None,
    tables: TableSet | None = None,
    figures_only: bool = False,
    with_sites: bool = False,
    people: People = build_demand,
) -> Result:
    """Return what `scenario` finds.

    Parameters
    ----------
    scenario
        The effective scenario, see `geoplan.scenario.load_scenario`.
    progress
        Called with the name of each step as it begins.
    tables
        What `read_tables(scenario.table_paths())` gave before: many runs over the same files read them once.
    figures_only
        Leave out what no figure of coverage rests on and one of many runs does not need: the check against
        published distances, attributions, the hash of the run, the times to candidate sites and the service
        areas that a page shows.
    with_sites
        Keep the times to candidate sites where only figures are asked.
    people
        Makes the demand points; a `DemandPool` keeps those of earlier runs.

    Raises
    ------
    InputError
        With all findings of all tables at once.
    """
    started = datetime.now(UTC).isoformat(timespec="seconds")
    clock = _Clock(progress)
    clock.step("read the tables")
    tables = read_tables(scenario.table_paths()) if tables is None else tables
    place = Place(country(tables), AccessRule(**scenario.travel.model_dump()))
    findings = [*tables.findings, *left_out_findings(tables)]
    asked = scenario
    scenario, log = with_standards(asked)
    clock.step("apply the changes")
    states, found = _states(scenario, tables)
    findings += found
    candidates, found = candidate_sites(tables, scenario.candidates.kinds)
    findings += found
    raise_on_errors(findings)
    parts, lattices = [], KnownLattices()
    for year, (state, _, _) in zip(scenario.years, states, strict=True):
        sites = candidates if with_sites or not figures_only else None
        given = Given(state, tables.roads, unclosed(scenario, tables, year))
        wanted = _Wanted(sites, None if figures_only else lattices, people)
        part, found = _year(scenario, given, place, year, wanted, clock)
        parts.append(part)
        findings += found
    checked = pd.DataFrame()
    if not figures_only:
        clock.step("check the roads against published distances")
        checked, found = check_distances(tables, ground=place.ground, rule=place.rule)
        findings += found
    raise_on_errors(findings)
    findings += [note for part in parts for note in _share_notes(scenario, part)]
    clock.step("")
    by_place, by_district, summary = (
        pd.concat([part.coverage[i] for part in parts], ignore_index=True) for i in range(3)
    )
    return Result(
        scenario=scenario,
        years=tuple(part.state for part in parts),
        districts=tables.districts,
        settlements=tables.settlements,
        road_nodes=parts[-1].tables.road_nodes,
        roads=parts[-1].tables.roads,
        neighbours=tables.neighbours,
        standards=tables.standards,
        terrain=tables.terrain,
        coverage_by_settlement=by_place,
        coverage_by_district=by_district,
        coverage_summary=summary,
        snapping=pd.concat([part.snapping for part in parts], ignore_index=True),
        check_distances=checked,
        findings=sort_findings(findings),
        provenance=(
            Provenance(__version__, "", {}, {}, (), started, clock.seconds)
            if figures_only
            else _provenance(scenario, asked, tables, started=started, seconds=clock.seconds)
        ),
        changes_log=tuple(dict.fromkeys([*log, *(row for _, rows, _ in states for row in rows)])),
    )


def run_with_base(scenario: Scenario, *, progress: Progress | None = None) -> Result:
    """Return what `scenario` finds, and in `base` what its parent finds for the same years.

    This is what a planner sees: the plan beside what it changes. Raises as `run`.
    """
    return run_beside(scenario, parent_of(scenario), progress=progress)


def run_beside(scenario: Scenario, parent: Scenario | None, *, progress: Progress | None = None) -> Result:
    """Return what `scenario` finds, and in `base` what `parent` finds for the years of `scenario`.

    Second readings that the scenario adds are read in the parent too, so that they have something to be
    compared with. A warning says if the parent is not the one that the scenario was written for.
    """
    result = run(scenario, progress=progress)
    if parent is None:
        return result
    told = None if progress is None else lambda step: progress(f"the parent: {step}")
    services = (*parent.services, *_new_readings(scenario, parent))
    base = run(parent.model_copy(update={"years": scenario.years, "services": services}), progress=told)
    findings = [*result.findings, *parent_findings(scenario, parent, base)]
    return replace(result, base=base, findings=sort_findings(findings))


def _new_readings(scenario: Scenario, parent: Scenario) -> list[Service]:
    """Return the services of `scenario` that are second readings of a service of `parent`, new to it."""
    tags = {service.id: service.counts for service in parent.services}
    return [s for s in scenario.services if s.id not in tags and tags.get(s.variant_of) == s.counts]


def _states(
    scenario: Scenario, tables: TableSet
) -> tuple[list[tuple[TableSet, tuple[ChangeRow, ...], list[Finding]]], list[Finding]]:
    """Return the tables of each year with the log of changes, and all that is wrong with them."""
    states = [apply_changes(scenario, tables, year) for year in scenario.years]
    findings = [finding for _, _, found in states for finding in found]
    return states, findings + _service_findings(scenario, tables, [s.facilities for s, _, _ in states])


def make_stages(scenario: Scenario, tables: TableSet, *, people: People = build_demand) -> list[Stage]:
    """Return the years of a scenario made ready: what a run begins with, to be asked many times.

    Raises
    ------
    InputError
        With what would end a run.
    """
    place = Place(country(tables), AccessRule(**scenario.travel.model_dump()))
    scenario, _ = with_standards(scenario)
    states, findings = _states(scenario, tables)
    raise_on_errors([*tables.findings, *findings])
    stages = []
    for year, (state, _, _) in zip(scenario.years, states, strict=True):
        given = Given(state, tables.roads, unclosed(scenario, tables, year))
        stage, found = make_stage(scenario, given, place, year, people=people)
        raise_on_errors(found)
        stages.append(stage)
    return stages


class _Clock:
    """Names the step under way to the caller and keeps the seconds of each."""

    def __init__(self, report: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._report = report
        self._name = ""
        self._since = 0.0

    def step(self, name: str) -> None:
        """Close the step under way and begin `name`; an empty name only closes."""
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = round(self.seconds.get(self._name, 0.0) + now - self._since, 3)
        self._name, self._since = name, now
        if name and self._report is not None:
            self._report(name)


@dataclass(frozen=True)
class _YearPart:
    """What one year adds to the result."""

    state: YearState
    tables: TableSet
    coverage: CoverageTables
    snapping: pd.DataFrame


@dataclass(frozen=True)
class _Wanted:
    """What a run is to find beside the figures.

    `candidates` are the candidate sites, None where nobody asks for them; `lattices` are what the service
    areas are drawn on, None where no page will show them; `people` makes the demand points.
    """

    candidates: pd.DataFrame | None
    lattices: KnownLattices | None
    people: People


def _year(
    scenario: Scenario, given: Given, place: Place, year: int, wanted: _Wanted, clock: _Clock
) -> tuple[_YearPart, list[Finding]]:
    """Return the state and coverage of 1 January of one year, and its findings."""
    tables = given.year
    stage, findings = make_stage(scenario, given, place, year, people=wanted.people, tell=clock.step)
    network, demand, facilities, counting = stage.network, stage.demand, stage.facilities, stage.counting
    clock.step(f"{year}: travel times")
    matrix = od_matrix(network, stage.origins, stage.goals, ground=place.ground, rule=place.rule)
    findings += matrix.findings
    forest = route_forest(network, stage.origins, stage.goals, matrix=matrix)
    sites, site_tenths, areas = None, None, None
    if wanted.candidates is not None:
        sites = _sites(facilities, wanted.candidates)
        site_tenths = _site_tenths(network, stage.origins, sites, matrix, place)
    if wanted.lattices is not None:
        clock.step(f"{year}: service areas")
        world = World(network, place.ground, place.rule)
        asked = [AreasOf(s.id, offers(counting, s), tuple(s.bands_minutes)) for s in scenario.services]
        areas = overview_areas(world, stage.goals, asked, known=wanted.lattices)
    clock.step(f"{year}: coverage")
    opened = np.zeros(len(tables.roads), dtype=bool)
    opened[network.road_row] = True
    opened &= ~is_half(tables.roads)
    state = YearState(
        year=year,
        demand=demand,
        facilities=facilities,
        tenths=matrix.tenths,
        km=matrix.km,
        counting=tuple(counting.index),
        open_roads=opened,
        routes=forest,
        sites=sites,
        site_tenths=site_tenths,
        areas=areas,
    )
    findings += visit_notes(scenario, state, {s.id: offers(counting, s) for s in scenario.services})
    part = _YearPart(
        state,
        tables,
        _coverage(scenario, tables, state, matrix),
        _labelled(_snapping(stage), scenario, year),
    )
    return part, findings


def _snapping(stage: Stage) -> pd.DataFrame:
    """Return where every demand point and every facility that counts met the network."""
    kinds = [stage.demand["demand_kind"].to_numpy(dtype=object), np.full(len(stage.goals), "facility")]
    table = pd.concat([snapping_table(stage.origins), snapping_table(stage.goals)], ignore_index=True)
    table.insert(1, "point_kind", np.concatenate(kinds))
    people = _component_people(stage.network, stage.demand["population"], stage.origins, stage.goals)
    table.insert(list(table.columns).index("component_share") + 1, "component_population_share", people)
    return table


def _sites(facilities: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return every facility and every candidate as one table of sites, sorted by id.

    A candidate at which the scenario opens a facility of its id is that facility.
    """
    candidates = candidates[~candidates.index.isin(facilities.index)]
    parts = []
    for kind, frame in (("facility", facilities), ("candidate", candidates)):
        part = frame[[*SITE_COLUMNS]].rename_axis("site_id")
        part.insert(0, "site_kind", kind)
        parts += [part] if len(part) else []
    return pd.concat(parts).sort_index(kind="stable")


def _site_tenths(
    network: RoadNetwork, origins: Snapping, sites: pd.DataFrame, matrix: ODMatrix, place: Place
) -> NDArray[np.int32]:
    """Return the times to all sites; those to facilities that count are in the matrix already."""
    known = sites.index.isin(matrix.destination_ids)
    others, _ = snapped(network, sites[~known], place, where="candidates")
    more = od_matrix(network, origins, others, ground=place.ground, rule=place.rule)
    tenths = np.empty((len(matrix.origin_ids), len(sites)), dtype=np.int32)
    tenths[:, known] = matrix.tenths
    tenths[:, ~known] = more.tenths
    return tenths


def _component_people(
    network: RoadNetwork, population: pd.Series[int], origins: Snapping, goals: Snapping
) -> NDArray[np.float64]:
    """Return for each demand point, then each facility, the share of all people who live on its component.

    From and to all of them there is a way; 0 for points that are not snapped.
    """
    home, goal = (
        np.where(s.snapped, network.edge_component[np.maximum(s.edge, 0)], -1) for s in (origins, goals)
    )
    count = population.to_numpy(dtype=np.float64)
    there = home >= 0
    people = np.bincount(home[there], count[there], minlength=len(network.component_nodes))
    every = np.concatenate([home, goal])
    share = people[np.maximum(every, 0)] / max(float(count.sum()), 1.0)
    return np.asarray(np.round(np.where(every >= 0, share, 0.0), 4), dtype=np.float64)


def _share_notes(scenario: Scenario, part: _YearPart) -> list[Finding]:
    """Return for each service with a target share whether the nation meets it in one year."""
    summary = part.coverage[2]
    nation = summary[summary["level"] == "nation"].set_index("service")["share_within_target"]
    notes = []
    for service in scenario.services:
        if service.target_share is not None:
            share, target = float(nation[service.id]), service.target_share
            result = "met" if share >= target else "missed"
            message = (
                f"{service.id}, {part.state.year}: {share:.1%} of the people are within "
                f"{service.target_minutes} minutes, the target share of {target:.1%} is {result}."
            )
            params: tuple[tuple[str, str | int | float], ...] = (
                ("service", service.id),
                ("year", part.state.year),
                ("minutes", service.target_minutes),
                ("share", round(share * 100, 1)),
                ("target", round(target * 100, 1)),
            )
            notes.append(Finding("note", f"target-share-{result}", message, where=service.id, params=params))
    return notes


def _service_findings(scenario: Scenario, tables: TableSet, facilities: list[pd.DataFrame]) -> list[Finding]:
    """Return what is wrong with the scenario's services, held against the facilities of its years."""
    given = {}
    for year, rows in zip(scenario.years, facilities, strict=True):
        open_rows = rows[operating(rows, scenario, year)]
        given[year] = [s.id for s in scenario.services if offers(open_rows, s).any()]
    cells = [cell for rows in (tables.facilities, *facilities) for cell in rows["services"]]
    wanted = {service.id: service.counts for service in scenario.services}
    return check_service_tags(cells, wanted, given, file=scenario.path.name)


def _coverage(scenario: Scenario, tables: TableSet, state: YearState, matrix: ODMatrix) -> CoverageTables:
    """Return the three coverage tables of one year."""
    facilities = state.facilities.loc[list(state.counting)]
    districts = tables.districts.sort_index()
    groups = _groups(state.demand, districts)
    rule = scenario.travel
    per_km = rule.detour_factor * 60 / rule.access_speed_kmh
    rows, bands, summary = [], [], []
    for service in scenario.services:
        norm, access, figures = _summary(service, state.demand, facilities, matrix, groups)
        table = coverage.settlement_table(state.demand, facilities, access, norm, error_minutes_per_km=per_km)
        rows.append(table)
        bands.append(coverage.district_table(table, norm, list(districts.index)))
        summary.append(figures)
    return (
        _labelled(pd.concat(rows, ignore_index=True), scenario, state.year),
        _labelled(_named_districts(pd.concat(bands, ignore_index=True), districts), scenario, state.year),
        _labelled(_named_groups(pd.concat(summary, ignore_index=True), districts), scenario, state.year),
    )


def _groups(demand: pd.DataFrame, districts: pd.DataFrame) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return the groups of the summary."""
    regions = sorted(set(districts["region_id"]))
    return coverage.summary_groups(
        demand, district_ids=list(districts.index), region_ids=regions, capital_id=CAPITAL_ID
    )


def _summary(
    service: Service,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    matrix: ODMatrix,
    groups: list[tuple[str, str, NDArray[np.bool_]]],
) -> tuple[coverage.ServiceRule, coverage.Access, pd.DataFrame]:
    """Return the rule of a service, the nearest facility of every demand point, and the groups' figures."""
    norm = coverage.ServiceRule(service.id, tuple(service.bands_minutes), service.target_minutes)
    assessed = demand["liberated"].to_numpy(dtype=bool) | (service.assessed == "everywhere")
    sourced = (facilities["confidence"] != "assumed").to_numpy(dtype=bool)
    given = offers(facilities, service)
    access = coverage.nearest(matrix.tenths, matrix.km, allowed=given, assessed=assessed)
    sure = coverage.nearest(matrix.tenths, matrix.km, allowed=given & sourced, assessed=assessed)
    return norm, access, coverage.summary_table(demand, access, sure, norm, groups)


def year_summary(
    scenario: Scenario,
    stage: Stage,
    matrix: ODMatrix,
    *,
    levels: Collection[str] = (),
    services: Collection[str] = (),
) -> pd.DataFrame:
    """Return the rows of `coverage_summary` of one year, without names.

    Parameters
    ----------
    matrix
        From the demand points of the stage to its facilities that count.
    levels, services
        What is wanted; empty: all.
    """
    scenario, _ = with_standards(scenario)
    groups = [
        g for g in _groups(stage.demand, stage.tables.districts.sort_index()) if not levels or g[0] in levels
    ]
    tables = [
        _summary(service, stage.demand, stage.counting, matrix, groups)[2]
        for service in scenario.services
        if not services or service.id in services
    ]
    return _labelled(pd.concat(tables, ignore_index=True), scenario, stage.year)


def _labelled(table: pd.DataFrame, scenario: Scenario, year: int) -> pd.DataFrame:
    """Return the table with scenario and year in front."""
    table.insert(0, "scenario_id", scenario.id)
    table.insert(1, "year", year)
    return table


def _named_districts(table: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the names of each district behind its id, region and kind at the end."""
    rows = districts.loc[table["district_id"]].reset_index(drop=True)
    figures = table.drop(columns="district_id")
    return pd.concat(
        [table[["district_id"]], rows[[*NAMES]], figures, rows[["region_id", "liberated"]]], axis=1
    )


def _named_groups(table: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with the names of nation, groups, regions and districts at the end."""
    regions = districts.groupby("region_id")[["region_az", "region_en", "region_ru"]].first()
    names = (
        GROUP_NAMES
        | {str(key): tuple(row) for key, row in zip(regions.index, regions.to_numpy(), strict=True)}
        | {
            str(key): tuple(row)
            for key, row in zip(districts.index, districts[[*NAMES]].to_numpy(), strict=True)
        }
    )
    named = pd.DataFrame([names[key] for key in table["id"]], columns=[*NAMES])
    return pd.concat([table, named], axis=1)


def run_hash(scenario: Scenario, tables: TableSet) -> str:
    """Return the hash of a run of `scenario` on its `tables`: of what it says and of the parsed rows."""
    text = f"{with_standards(scenario)[0].content_hash()} {tables_hash(tables)}"
    return hashlib.sha256(text.encode()).hexdigest()


def parent_findings(scenario: Scenario, parent: Scenario, base: Result) -> list[Finding]:
    """Return a warning if `parent` is not what `scenario` was written for (`[expects] parent_sha256`).

    `base` is the parent run for the years of the scenario. The hash may be that run's or, where the scenario
    has years of its own, that of the parent as its file has it.
    """
    wanted, found = scenario.expects.parent_sha256, base.provenance.run_hash
    if not wanted or wanted == found:
        return []
    if parent.years != scenario.years or _new_readings(scenario, parent):
        found = run_hash(parent, read_tables(parent.table_paths()))
    if found == wanted:
        return []
    message = (
        f"'{parent.id}' gives another run than the one that this file was written for "
        f"({found[:12]}, expected {wanted[:12]}): its figures may differ from those seen then."
    )
    hint = "Compare the two, then write the new hash under [expects], or take the key out."
    params = (("parent", parent.id), ("found", found), ("expected", wanted))
    return [Finding("warning", "parent-changed", message, where=scenario.path.name, hint=hint, params=params)]


def _provenance(
    scenario: Scenario, asked: Scenario, tables: TableSet, *, started: str, seconds: dict[str, float]
) -> Provenance:
    """Return where the result comes from."""
    return Provenance(
        geoplan_version=__version__,
        run_hash=run_hash(scenario, tables),
        input_sha256=dict(tables.raw_sha256),
        versions={name: importlib.metadata.version(name) for name in VERSIONED},
        attributions=attributions(tables),
        started_at=started,
        timings_s=seconds,
        asked={} if asked is scenario else asked.model_dump(mode="json"),
    )
