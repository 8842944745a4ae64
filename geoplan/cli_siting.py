"""The scenario form of `geoplan site`: options over the section `[siting]`, run, files, a few lines."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from geoplan.cli_common import print_finding_counts, print_json, progress, say
from geoplan.errors import InfeasibleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geoplan.result import Result
    from geoplan.scenario import Scenario, Siting
    from geoplan.sections import PhasingSection, SitingSection

    Progress = Callable[[float, float], None]

MATRIX_ONLY: Final = (
    "matrix",
    "demand",
    "sites",
    "measure",
    "direction",
    "capacity_column",
    "cost_column",
)
"""Options that mean something only with a matrix of one's own."""

SCENARIO_ONLY: Final = (
    "service",
    "year",
    "people",
    "where",
    "closable",
    "upgrade",
    "frontier_money",
    "basemap",
    "public",
    "open_page",
)
"""Options that mean something only with a scenario."""

KEYS: Final = {
    "open_": "open",
    "limit": "limit_minutes",
    "budget": "budget_azn",
    "time_limit": "time_limit_s",
}
"""Options whose key in `[siting]` has another name."""

SAME: Final = (
    "service",
    "model",
    "cover_share",
    "bands",
    "count",
    "year",
    "people",
    "where",
    "closable",
    "upgrade",
    "fixed",
    "closed",
    "excludes",
    "needs",
    "region_least",
    "region_most",
    "district_least",
    "equity_floor",
    "single_source",
    "money_weight",
    "evaluate",
    "frontier",
    "frontier_money",
    "alternatives",
    "differ",
    "unservable",
    "gap",
    "max_iterations",
)
"""Options whose key in `[siting]` has the same name."""


def mixed_forms(given: Mapping[str, Any], *, scenario: bool) -> None:
    """Raise where options of one form of the command stand beside the other form."""
    wrong = MATRIX_ONLY if scenario else SCENARIO_ONLY
    names = [f"--{name.replace('_', '-')}" for name in wrong if name in given]
    if not names:
        return
    if scenario:
        hint = "A scenario has its own people, sites and minutes: leave the option out, or the scenario."
        raise UsageError(f"{', '.join(names)} beside a scenario", hint=hint)
    hint = "Name a scenario (see 'geoplan list') in place of --matrix, or leave the option out."
    raise UsageError(f"{', '.join(names)} with --matrix", hint=hint)


def asked_scenario(scenario: Scenario, given: Mapping[str, Any]) -> Scenario:
    """Return the scenario with what the command line says over its section `[siting]`.

    Raises
    ------
    UsageError
        If neither says which service, the service is not there, or a value cannot stand.
    """
    from pydantic import ValidationError

    from geoplan.errors import did_you_mean
    from geoplan.scenario import Siting
    from geoplan.scenario.wording import plain_words

    written = scenario.siting.model_dump() if scenario.siting is not None else {}
    asked = {**written, **{key: given[key] for key in SAME if key in given}}
    asked |= {key: given[name] for name, key in KEYS.items() if name in given}
    asked |= _draws(written.get("draws"), given)
    if "service" not in asked:
        hint = f"Add --service ID. Services: {', '.join(s.id for s in scenario.services)}."
        raise UsageError(f"no service is named for {scenario.id}", hint=hint)
    try:
        siting = Siting.model_validate(asked)
    except ValidationError as error:
        detail = error.errors()[0]
        words, guess = plain_words(detail)
        raise UsageError(f"{'.'.join(str(k) for k in detail['loc'])}: {words}", hint=guess) from error
    known = [s.id for s in scenario.services]
    for name in siting.service:
        if name not in known:
            guess = did_you_mean(name, known).strip() or f"Services: {', '.join(known)}."
            raise UsageError(f"there is no service '{name}'", hint=guess)
    return scenario.model_copy(update={"siting": siting})


def _draws(written: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section `draws` with what the command line says; `--draws 0` takes it out."""
    names = {"draws": "n", "seed": "seed", "draws_cost_spread": "speed_spread"}
    said = {key: given[name] for name, key in names.items() if name in given}
    if "draws_weight_spread" in given:
        levels = ("high", "medium", "low", "assumed")
        said["population_spread"] = dict.fromkeys(levels, given["draws_weight_spread"])
    if not said or (written is None and "draws" not in given):
        return {}
    return {"draws": None if said.get("n") == 0 else {**(written or {}), **said}}


def site_scenario_command(name: str, given: Mapping[str, Any], show: Mapping[str, Any]) -> None:
    """Answer the siting question of a scenario and write all that `run` writes beside it.

    `given` are the options that stand on the command line; `show` is how to answer: `out, overwrite,
    as_json, quiet, basemap, public, open_page` and `shown`, which makes a progress of a step.
    """
    from geoplan.output.files import check_free, record, write_result
    from geoplan.output.page.options import PageOptions
    from geoplan.output.page.page import render_page
    from geoplan.output.siting import write_sections
    from geoplan.scenario import load_scenario
    from geoplan.study import site_scenario

    options = PageOptions(basemap=show["basemap"], public=show["public"])
    scenario = asked_scenario(load_scenario(name), given)
    folder = show["out"] if show["out"] is not None else Path("out") / f"site-{scenario.id}"
    check_free(folder, overwrite=show["overwrite"])
    with progress(quiet=show["quiet"] or show["as_json"]) as step:
        result = site_scenario(scenario, step=step, progress=show["shown"](step))
        step("write the page and the tables")
        written = write_result(
            result,
            folder,
            overwrite=show["overwrite"],
            render=partial(render_page, options=options),
            page=options.as_dict(),
            more=partial(write_sections, result),
        )
    if show["as_json"]:
        head = record(result, page=options.as_dict())
        print_json(head | {"siting": siting_record(result), "written": [str(p) for p in written]})
    elif not show["quiet"]:
        _print(result, folder, written)
    if show["open_page"]:
        typer.launch(str(written[0]))
    sections = [s for s in (result.siting, result.phasing) if s is not None]
    if reasons := [s.record["reason"] for s in sections if s.record["reason"]]:
        hint = f"The whole explanation stands in {folder / 'siting.json'}."
        raise InfeasibleError("; ".join(reasons), hint=hint)


def siting_record(result: Result) -> dict[str, Any]:
    """Return `siting.json` of a result, for `--json`."""
    from geoplan.output.siting import sections_record

    return sections_record(result)


def _print(result: Result, folder: Path, written: tuple[Path, ...]) -> None:
    """Print the plan, who gains and what was written."""
    if result.siting is not None:
        say(*_plan_lines(result.siting, result.scenario.siting))
    if result.phasing is not None:
        say(*_phase_lines(result.phasing))
    print_finding_counts(result.findings)
    say(f"Wrote {len(written)} files to {folder}. Open {written[0]} in a browser.")


def _plan_lines(section: SitingSection, siting: Siting | None) -> list[str]:
    """Return the plan in a few lines."""
    record = section.record
    head = f"{section.service}, {section.year}, {record['model']}: {record['status']}"
    lines = [f"{head} (stopped by {record['stopped_by']})"]
    if not record["sites"]:
        return lines
    names = section.tables["gains"].drop_duplicates("site_id").set_index("site_id")["name_en"]
    named = [f"{names.get(n.partition('+')[0], n)} ({n})" for n in record["sites_new"]]
    lines.append(f"new: {', '.join(named) or 'none'}; beside {len(record['sites_existing'])} that stand")
    for row in record.get("coverage", []):
        before, after = row["people_covered_before"], row["people_covered_after"]
        lines.append(
            f"{row['service']} within {row['limit_minutes']} minutes: {before:,} -> {after:,}"
            f" of {row['population']:,} people ({before / row['population']:.1%} ->"
            f" {after / row['population']:.1%})"
        )
    if record.get("money") is not None:
        lines.append(f"money: {record['money']:,.0f} AZN" + (" (assumed)" if record["assumed"] else ""))
    lines.append(
        f"objective {record['objective']:,.10g}, bound {record['bound']:,.10g}, gap {record['gap']:.3%};"
        f" unique: {record['unique']}; checked again: {'yes' if record['verified'] else 'NO'}"
    )
    if record["unservable"]:
        lines.append(
            f"set aside: {len(record['unservable'])} places with {record['unservable_weight']:,.0f} people"
            " reach no site"
        )
    return lines


def _phase_lines(section: PhasingSection) -> list[str]:
    """Return what each year opens in the nested plan."""
    rows = section.phases[section.phases["plan"] == "nested"]
    lines = ["phases:"]
    for year, part in rows.groupby("year"):
        opened = [s for s, t in zip(part["site_id"], part["status"], strict=True) if s and t == "opened"]
        lines.append(f"  {year}: {', '.join(opened) or 'nothing opens'}")
    return lines
