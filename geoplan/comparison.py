"""Scenarios and results, side by side: what is compared with what, and what each change contributes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan import saved
from geoplan.analysis import difference
from geoplan.errors import Finding, InputError, UsageError
from geoplan.run import CAPITAL_ID, run, run_hash
from geoplan.scenario import Scenario, load_scenario
from geoplan.sources import attributions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    from geoplan.result import Result
    from geoplan.tables.pool import TablePool

    Progress = Callable[[str], None]

SETTINGS_KEY: Final = "settings"
"""The step from the base to the plan without its own changes: other tables, season, vehicle and so on."""


@dataclass(frozen=True)
class Side:
    """One thing that is compared.

    Attributes
    ----------
    id
        Name in tables, unique among the plans of a comparison.
    kind
        `scenario` (run now) or `folder` (read back).
    about
        The effective scenario as JSON: title, services and so on.
    run_hash, attributions
        As in the run's provenance.
    by_settlement, by_district, summary
        The coverage tables.
    districts
        Polygons, index district_id, sorted.
    places
        lat and lon of the demand points, index demand_id.
    scenario
        To run again, None where that cannot be done.
    """

    id: str
    kind: str
    about: dict[str, Any]
    run_hash: str
    attributions: tuple[str, ...]
    by_settlement: pd.DataFrame
    by_district: pd.DataFrame
    summary: pd.DataFrame
    districts: gpd.GeoDataFrame
    places: pd.DataFrame
    scenario: Scenario | None

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the result, ascending."""
        return tuple(sorted({int(y) for y in self.summary["year"]}))

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """The services by id, in the order of the scenario."""
        return {service["id"]: service for service in self.about["services"]}


@dataclass(frozen=True)
class Pair:
    """The base beside one plan.

    Attributes
    ----------
    plan
        The later side.
    years, services
        What both have.
    by_settlement, by_group, transitions
        See `geoplan.analysis.difference`.
    contributions
        See `step_table`; empty where no change could be told apart.
    notes
        What could not be compared, and why.
    """

    plan: Side
    years: tuple[int, ...]
    services: tuple[str, ...]
    by_settlement: pd.DataFrame
    by_group: pd.DataFrame
    transitions: pd.DataFrame
    contributions: pd.DataFrame
    notes: tuple[Finding, ...]


@dataclass(frozen=True)
class Comparison:
    """A base and one or more plans."""

    base: Side
    pairs: tuple[Pair, ...]


def load_side(what: str, *, pool: TablePool, progress: Progress | None = None) -> Side:
    """Return what a word of the command line names: a result folder, a TOML file or a shipped scenario.

    Raises
    ------
    UsageError
        If it is none of them.
    InputError
        If the scenario or the folder is not in order.
    """
    path = Path(what)
    if saved.is_result_folder(path):
        return side_of_folder(path)
    if path.is_dir():
        raise UsageError(
            f"{what} is no result folder", hint=f"It has no {saved.RECORD}: name what 'geoplan run' wrote."
        )
    return side_of_scenario(load_scenario(what), pool=pool, progress=progress)


def side_of_scenario(scenario: Scenario, *, pool: TablePool, progress: Progress | None = None) -> Side:
    """Return a scenario as a side; it is run now.

    Raises
    ------
    InputError
        If it or its tables are not in order.
    """
    tables = pool.read(scenario.table_paths())
    found = run(scenario, progress=progress, tables=tables, figures_only=True, people=pool.people)
    # the scenario as loaded: a run puts standards into its services, where no change could be taken away
    return replace(
        side_of_result(found),
        scenario=scenario,
        run_hash=run_hash(found.scenario, tables),
        attributions=attributions(tables),
    )


def side_of_result(result: Result) -> Side:
    """Return a result as a side."""
    demand = pd.concat([state.demand[["lat", "lon"]] for state in result.years])
    return Side(
        id=result.scenario.id,
        kind="scenario",
        about=result.scenario.model_dump(mode="json"),
        run_hash=result.provenance.run_hash,
        attributions=result.provenance.attributions,
        by_settlement=result.coverage_by_settlement,
        by_district=result.coverage_by_district,
        summary=result.coverage_summary,
        districts=result.districts.sort_index(),
        places=demand[~demand.index.duplicated()].sort_index(),
        scenario=result.scenario,
    )


def side_of_folder(folder: Path) -> Side:
    """Return a written result as a side; it runs again only where its tables ship and are still the same."""
    read = saved.read_saved(folder)
    scenario = saved.recorded_scenario(read.record)
    same = scenario is not None and saved.runs_alike(read.record, scenario)
    return Side(
        id=str(read.record["scenario_id"]),
        kind="folder",
        about=read.record["scenario"],
        run_hash=str(read.record["run_hash"]),
        attributions=tuple(read.record.get("attributions", ())),
        by_settlement=read.tables["coverage_by_settlement"],
        by_district=read.tables["coverage_by_district"],
        summary=read.tables["coverage_summary"],
        districts=saved.read_districts(folder),
        places=saved.read_places(folder),
        scenario=scenario if same else None,
    )


def compare(sides: Sequence[Side], *, pool: TablePool, progress: Progress | None = None) -> Comparison:
    """Return the first side beside each other one.

    Raises
    ------
    UsageError
        If there are fewer than two sides, or two that share no year or no service.
    """
    if len(sides) < 2:
        raise UsageError("a comparison needs at least two scenarios or results", hint="Name the base first.")
    base, *plans = _uniquely_named(sides)
    return Comparison(base, tuple(_pair(base, plan, pool, progress or _silent) for plan in plans))


def _silent(_step: str) -> None:
    """Report nothing."""


def _uniquely_named(sides: Sequence[Side]) -> list[Side]:
    """Return the sides; a plan whose name stands already gets a number behind it."""
    out: list[Side] = [sides[0]]
    for side in sides[1:]:
        same = sum(s.id == side.id or s.id.startswith(f"{side.id}-") for s in out[1:])
        out.append(replace(side, id=f"{side.id}-{same + 1}") if same else side)
    return out


def _pair(base: Side, plan: Side, pool: TablePool, progress: Progress) -> Pair:
    """Return the base beside one plan."""
    years = tuple(y for y in base.years if y in plan.years)
    services = tuple(s for s in base.services if s in plan.services)
    for word, common, one, two in (
        ("year", years, base.years, plan.years),
        ("service", services, tuple(base.services), tuple(plan.services)),
    ):
        if not common:
            shown = f"'{base.id}' has {_listed(one)}, '{plan.id}' has {_listed(two)}"
            raise UsageError(
                f"'{base.id}' and '{plan.id}' share no {word}: {shown}",
                hint=f"Give one of the two scenarios a {word} of the other.",
            )
    rows, groups = _differences(base, plan, years, services)
    contributions, notes = _contributions(base, plan, years, services, pool, progress)
    return Pair(
        plan=plan,
        years=years,
        services=services,
        by_settlement=rows,
        by_group=groups,
        transitions=difference.transition_table(rows),
        contributions=contributions,
        notes=(*_unlike(base, plan, years, services), *notes),
    )


def _listed(values: Sequence[object]) -> str:
    """Return `a, b, c`."""
    return ", ".join(str(v) for v in values)


def _differences(
    base: Side, plan: Side, years: tuple[int, ...], services: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the differences by place and by group."""
    before, after = (_common(s.by_settlement, years, services) for s in (base, plan))
    rows = difference.settlement_difference(before, after)
    totals = (_common(s.summary, years, services) for s in (base, plan))
    return rows, difference.group_difference(rows, *totals, capital_id=CAPITAL_ID)


def _common(table: pd.DataFrame, years: tuple[int, ...], services: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of the years and services that are compared."""
    return table[table["year"].isin(years) & table["service"].isin(services)]


def _unlike(base: Side, plan: Side, years: tuple[int, ...], services: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return a note for everything that stands on one side only or means something else on the other."""
    notes = []
    for side in (base, plan):
        for word, every, common in (("year", side.years, years), ("service", side.services, services)):
            rest = [v for v in every if v not in common]
            if rest:
                message = f"without another side: {word} {_listed(rest)} of '{side.id}'."
                notes.append(_note(f"compare-only-one-{word}", message, ids=_listed(rest), side=side.id))
    for service in services:
        one, two = base.services[service], plan.services[service]
        for key in ("target_minutes", "bands_minutes", "counts", "exclude_status", "assessed"):
            if one.get(key) != two.get(key):
                message = (
                    f"'{service}': {key} is {one.get(key)} in '{base.id}' and {two.get(key)} in '{plan.id}'."
                )
                notes.append(_note("compare-service-differs", message, service=service, key=key))
    return tuple(notes)


def _note(code: str, message: str, **params: str) -> Finding:
    """Return a note."""
    return Finding("note", code, message, params=tuple(params.items()))


def _contributions(
    base: Side,
    plan: Side,
    years: tuple[int, ...],
    services: tuple[str, ...],
    pool: TablePool,
    progress: Progress,
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return what each change of the plan contributes, alone and in sequence, and why it cannot be told."""
    if base.scenario is None or plan.scenario is None:
        which = base.id if base.scenario is None else plan.id
        message = (
            f"no contributions: the folder '{which}' cannot be run again on the tables that it was made from."
        )
        return pd.DataFrame(), (_note("compare-no-contributions", message, side=which),)
    shared, own = _split_changes(base.scenario, plan.scenario)
    if not own:
        message = f"no contributions: '{plan.id}' has no changes of its own beside '{base.id}'."
        return pd.DataFrame(), (_note("compare-no-changes", message, side=plan.id),)

    def state(changes: Sequence[Any], step: str) -> Side:
        progress(f"contributions: {step}")
        part = plan.scenario.model_copy(update={"changes": tuple(changes)})  # type: ignore[union-attr]
        tables = pool.read(part.table_paths())
        return side_of_result(run(part, tables=tables, figures_only=True, people=pool.people))

    def effect(one: Side, two: Side) -> pd.DataFrame:
        return _differences(one, two, years, services)[1]

    bare = state(shared, "without its own changes")
    steps = [(_labels("sequence", 0, SETTINGS_KEY, SETTINGS_KEY), effect(base, bare))]
    before, notes = bare, []
    for number, change in enumerate(own, start=1):
        label = str(change.label())
        key = _key(change)
        last = number == len(own)
        after = plan if last and plan.kind == "scenario" else state([*shared, *own[:number]], label)
        try:
            alone = after if number == 1 else state([*shared, change], f"{label} alone")
            steps.append((_labels("alone", number, key, label), effect(bare, alone)))
        except InputError:
            message = (
                f"'{label}' makes no sense without the changes before it: only its part in sequence is given."
            )
            notes.append(_note("compare-change-not-alone", message, change=label))
        steps.append((_labels("sequence", number, key, label), effect(before, after)))
        before = after
    steps.sort(key=lambda s: (s[0]["mode"] != "alone", s[0]["step"]))
    return difference.step_table(steps), tuple(notes)


def _labels(mode: str, step: int, key: str, label: str) -> dict[str, Any]:
    """Return what names a step."""
    return {"mode": mode, "step": step, "change_key": key, "change_label": label}


def _key(change: Any) -> str:
    """Return the key of a change as one text."""
    return " ".join(word for word in change.key if word)


def _split_changes(base: Scenario, plan: Scenario) -> tuple[list[Any], list[Any]]:
    """Return the changes of the plan that the base has too, and its own."""
    old = [_bare(c) for c in base.changes]
    every = [(c, _bare(c) in old) for c in plan.changes]
    return [c for c, known in every if known], [c for c, known in every if not known]


def _bare(change: Any) -> Any:
    """Return what a change does, without where it is written."""
    return change.model_copy(update={"where": "", "source": "", "override": False})
