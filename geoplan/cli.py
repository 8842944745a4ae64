"""The front door: commands, exit codes and progress; heavy imports stay inside the commands.

Exit codes: 0 done; 1 a defect; 2 wrong use or a missing extra; 3 the input must be fixed; 4 no feasible
plan; 5 the output exists.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoplan.cli_common import (
    BasemapOpt,
    DebugOpt,
    JsonOpt,
    OpenOpt,
    OverwriteOpt,
    PublicOpt,
    QuietOpt,
    ScenarioArg,
    Vehicle,
    finding_dict,
    log,
    print_finding_counts,
    print_json,
    print_table,
    progress,
    say,
)
from geoplan.cli_isochrones import isochrones_command
from geoplan.cli_print import print_command
from geoplan.cli_roads import cache_app, fetch_app, roads_app
from geoplan.cli_site import site_command
from geoplan.errors import GeoplanError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.comparison import Comparison
    from geoplan.errors import Finding
    from geoplan.result import Result

app = typer.Typer(
    name="geoplan",
    help="Who reaches which health care, in how long, and what changes it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(roads_app, name="roads")
app.add_typer(fetch_app, name="fetch")
app.add_typer(cache_app, name="cache")


class Weight(StrEnum):
    """What the fastest or shortest route minimises."""

    time = "time"
    distance = "distance"


class Engine(StrEnum):
    """Which engine computes a matrix; the answers are the same."""

    auto = "auto"
    scipy = "scipy"
    hierarchy = "hierarchy"


class Season(StrEnum):
    """In winter some passes are closed and speeds are lower."""

    summer = "summer"
    winter = "winter"


WeightOpt = Annotated[Weight, typer.Option(help="What a route minimises.")]
EngineOpt = Annotated[
    Engine, typer.Option(help="How to compute: the answers are the same, the hierarchy needs geoplan[fast].")
]
VehicleOpt = Annotated[Vehicle, typer.Option(help="Whose speeds count.")]
SeasonOpt = Annotated[Season, typer.Option(help="Winter closes passes and slows.")]
YearOpt = Annotated[int, typer.Option(help="The roads of 1 January of this year.", min=1990, max=2100)]
RoadsOpt = Annotated[
    str,
    typer.Option(
        help="'strategic' (the shipped graph), a roads.csv (with a road_nodes.csv beside it, if any), an"
        " OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) or a .graphml of OSMnx."
    ),
]


@app.command("run")
def run_command(
    scenario: ScenarioArg,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default out/<scenario>.")] = None,
    basemap: BasemapOpt = "",
    public: PublicOpt = False,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    open_page: OpenOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Compute who reaches which care and write the map page, the tables and the record."""
    from geoplan.output.files import check_free, write_result
    from geoplan.output.page.options import PageOptions
    from geoplan.output.page.page import render_page
    from geoplan.run import run_with_base
    from geoplan.scenario import load_scenario

    options = PageOptions(basemap=basemap, public=public)
    loaded = load_scenario(scenario)
    folder = out if out is not None else Path("out") / loaded.id
    check_free(folder, overwrite=overwrite)
    with progress(quiet=quiet or as_json) as step:
        result = run_with_base(loaded, progress=step)
        step("write the page and the tables")
        written = write_result(
            result,
            folder,
            overwrite=overwrite,
            render=partial(render_page, options=options),
            page=options.as_dict(),
        )
    if as_json:
        from geoplan.output.files import record

        print_json(record(result, page=options.as_dict()) | {"written": [str(p) for p in written]})
    elif not quiet:
        _print_headline(result)
        print_finding_counts(result.findings)
        say(f"Wrote {len(written)} files to {folder}. Open {written[0]} in a browser.")
        if result.scenario.siting is not None:
            say(f"It also asks where new sites should stand. Type: geoplan site {scenario}")
    if open_page:
        typer.launch(str(written[0]))


@app.command("compare")
def compare_command(
    sides: Annotated[
        list[str],
        typer.Argument(help="The base, then one or more plans: shipped names, TOML files or result folders."),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    open_page: OpenOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Show who gains and who loses between a base and other plans, and what each change contributes."""
    from geoplan.comparison import compare, load_side
    from geoplan.output.comparing import comparison_record, write_comparison
    from geoplan.output.files import check_free
    from geoplan.output.page.comparison import render_comparison
    from geoplan.tables.pool import TablePool

    check_free(out, overwrite=overwrite)
    pool = TablePool()
    with progress(quiet=quiet or as_json) as step:
        loaded = [load_side(side, pool=pool, progress=step) for side in sides]
        comparison = compare(loaded, pool=pool, progress=step)
        step("write the page and the tables")
        written = write_comparison(comparison, out, overwrite=overwrite, render=render_comparison)
    if as_json:
        print_json(comparison_record(comparison) | {"written": [str(p) for p in written]})
    elif not quiet:
        _print_differences(comparison)
        say(f"Wrote {len(written)} files to {out}. Open {written[0]} in a browser.")
    if open_page:
        typer.launch(str(written[0]))


@app.command("sweep")
def sweep_command(
    file: Annotated[Path, typer.Argument(help="TOML file: base scenario, keys that vary, figures to keep.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    workers: Annotated[int, typer.Option(help="Processes on this machine.", min=1)] = 1,
    scheduler: Annotated[
        str, typer.Option(help="Address of your own Dask cluster, e.g. tcp://10.0.0.5:8786.")
    ] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a sweep that was broken off.")] = False,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Run a scenario many times with other values of its keys; failed runs are listed, the rest goes on."""
    from geoplan.sweep.sweep import Where, sweep

    with progress(quiet=quiet or as_json) as step:
        summary = sweep(
            file,
            out,
            where=Where(workers, scheduler),
            resume=resume,
            overwrite=overwrite,
            progress=lambda p: step(
                f"{p.done} of {p.runs} runs, {p.failed} failed, about {_duration(p.seconds_left)} left"
            ),
        )
    answer = {"runs": summary.runs, "failed": summary.failed, "found_done": summary.repeated}
    if as_json:
        print_json(answer | {"written": [str(p) for p in summary.written]})
    elif not quiet:
        found = f", {summary.repeated} found done" if summary.repeated else ""
        failed = f", {summary.failed} failed (see failures.csv)" if summary.failed else ""
        say(f"{summary.runs} runs{found}{failed}. Wrote {out}.")


@app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(help="A folder that 'geoplan run' wrote.")],
    beside: Annotated[
        Path | None, typer.Option(help="Folder of the scenario file, if it uses tables of its own.")
    ] = None,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Run a result's scenario again and say whether every output is the same; exit code 3 if not."""
    from geoplan.output.page.page import render_page
    from geoplan.verify import verify

    with progress(quiet=quiet or as_json) as step:
        verdict = verify(folder, render=render_page, beside=beside, progress=step)
    names = ("same", "different", "missing", "added", "causes")
    if as_json:
        print_json({"ok": verdict.ok} | {name: list(getattr(verdict, name)) for name in names})
    elif not quiet:
        lines = [f"{name}: {item}" for name in names[1:] for item in getattr(verdict, name)]
        same = f"{len(verdict.same)} files are the same"
        say("\n".join([*lines, same + ("." if verdict.ok else ", others are not.")]))
    if not verdict.ok:
        raise typer.Exit(InputError.exit_code)


@app.command("check")
def check_command(
    scenario: ScenarioArg,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Check a scenario and all its tables, and list every finding; nothing is written."""
    from geoplan.run import run
    from geoplan.scenario import load_scenario

    try:
        with progress(quiet=quiet or as_json) as step:
            findings: Sequence[Finding] = run(load_scenario(scenario), progress=step).findings
    except InputError as error:
        findings = error.findings
    bad = [f for f in findings if f.severity == "error" or (strict and f.severity == "warning")]
    if as_json:
        print_json({"scenario": scenario, "ok": not bad, "findings": [finding_dict(f) for f in findings]})
    elif not quiet:
        say(*findings)
        print_finding_counts(findings)
    if bad:
        raise typer.Exit(InputError.exit_code)


@app.command("show")
def show_command(
    scenario: ScenarioArg,
    as_json: JsonOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Print the effective scenario: its parents and itself in one file, each change with its place."""
    from geoplan.scenario import load_scenario, scenario_toml

    loaded = load_scenario(scenario)
    if as_json:
        print_json(loaded.model_dump(mode="json"))
    else:
        say(scenario_toml(loaded), end="")


@app.command("matrix")
def matrix_command(
    origins: Annotated[Path, typer.Option(help="CSV with id,lat,lon.")],
    destinations: Annotated[Path, typer.Option(help="CSV with id,lat,lon.")],
    out: Annotated[Path, typer.Option(help="CSV to write: one row a pair.")],
    roads: RoadsOpt = "strategic",
    weight: WeightOpt = Weight.time,
    vehicle: VehicleOpt = Vehicle.car,
    season: SeasonOpt = Season.summer,
    year: YearOpt = 2026,
    engine: EngineOpt = Engine.auto,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Write minutes and kilometres between all pairs of two lists of points."""
    from geoplan import routing
    from geoplan.output.files import check_file_free, write_table
    from geoplan.output.roads import write_sources
    from geoplan.own_roads import road_files

    check_file_free(out, overwrite=overwrite)
    with progress(quiet=quiet or as_json) as step:
        state = routing.RoadState(weight.value, vehicle.value, season.value, year, engine.value)
        found = routing.matrix(origins, destinations, roads=road_files(roads), state=state, progress=step)
        table, findings = found.table, found.findings
        note = write_sources(out, found.attributions)
        write_table(table, out, overwrite=overwrite)
    counts = {str(k): int(v) for k, v in table["status"].value_counts().sort_index().items()}
    if as_json:
        print_json(
            {
                "written": str(out),
                "pairs": len(table),
                "status": counts,
                "findings": [finding_dict(f) for f in findings],
                "attributions": list(found.attributions),
                "sources": str(note) if note else "",
            }
        )
    elif not quiet:
        log(*findings)
        for line in found.attributions:
            say(line)
        shown = ", ".join(f"{n} {status}" for status, n in counts.items())
        say(f"Wrote {len(table)} pairs to {out}: {shown}.")


@app.command("route")
def route_command(
    origin: Annotated[
        str, typer.Argument(help="A place (in any of three languages), name@district_id, or lat,lon.")
    ],
    destination: Annotated[str, typer.Argument(help="Likewise.")],
    roads: RoadsOpt = "strategic",
    weight: WeightOpt = Weight.time,
    vehicle: VehicleOpt = Vehicle.car,
    season: SeasonOpt = Season.summer,
    year: YearOpt = 2026,
    as_json: JsonOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Show the fastest (or shortest) route between two places: minutes, km and roads.

    A latitude below zero begins with a minus: put -- before the places then.
    """
    from geoplan import routing
    from geoplan.own_roads import road_files

    state = routing.RoadState(weight=weight.value, vehicle=vehicle.value, season=season.value, year=year)
    with progress(quiet=as_json) as step:
        answer = routing.route(origin, destination, roads=road_files(roads), state=state, progress=step)
    if as_json:
        print_json(answer.as_dict() | {"findings": [finding_dict(f) for f in answer.findings]})
    else:
        for finding in answer.findings:
            log(finding)
        for line in answer.lines():
            say(line)


@app.command("schema")
def schema_command(
    table: Annotated[str, typer.Argument(help="A table's name; without it, all names.")] = "",
    as_json: JsonOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Show which columns a table must have: its contract."""
    from geoplan.tables.contract import SPECS, load_contract

    if not table:
        names = list(SPECS)
        if as_json:
            print_json({"tables": names})
        else:
            say("\n".join([*names, "", "Type: geoplan schema NAME"]))
        return
    columns = load_contract(table)
    rows = [{f: getattr(c, f) for f in c.__dataclass_fields__} for c in columns]
    if as_json:
        print_json({"table": table, "columns": rows})
    else:
        print_table(list(rows[0]), [[_cell(v) for v in r.values()] for r in rows])


@app.command("new")
def new_command(
    name: Annotated[str, typer.Argument(help="The new scenario's name: letters, digits, - and _.")],
    parent: Annotated[str, typer.Option("--from", help="The scenario to copy.")] = "baseline",
    out: Annotated[Path, typer.Option(help="Folder to put it into.")] = Path(),
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Copy its tables too, to edit them.")
    ] = False,
    overwrite: OverwriteOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Copy a scenario to start your own from; the copy runs unchanged."""
    from geoplan.output.copying import copy_scenario

    written = copy_scenario(name, parent=parent, folder=out, with_data=with_data, overwrite=overwrite)
    if not quiet:
        for path in written:
            say(f"Wrote {path}")
        say(f"Edit it, then type: geoplan run {written[0]}")


@app.command("list")
def list_command(as_json: JsonOpt = False, debug: DebugOpt = False) -> None:
    """List the scenarios and tables that ship with geoplan."""
    from geoplan import shipped
    from geoplan.scenario import load_scenario

    titles = {name: load_scenario(name).title.en for name in shipped.scenarios()}
    tables = list(shipped.tables())
    if as_json:
        print_json({"scenarios": titles, "tables": tables})
        return
    print_table(["scenario", "title"], [[k, v] for k, v in titles.items()])
    say("Tables (shipped:NAME): " + ", ".join(tables))
    say("Type: geoplan run NAME")


app.command("isochrones")(isochrones_command)
app.command("print")(print_command)
app.command("site")(site_command)


def _cell(value: object) -> str:
    """Return a cell's text; flags as yes or no."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _print_headline(result: Result) -> None:
    """Print the share of people within the target by service, for nation and groups."""
    table = result.coverage_summary
    rows = {(r["year"], r["service"], r["id"]): r for r in table.to_dict("records")}
    lines = [
        [str(year), f"{service.id} <= {service.target_minutes} min"]
        + [_share(rows[year, service.id, group]) for group in ("AZ", "outside_baku", "liberated")]
        for year in result.scenario.years
        for service in result.scenario.services
    ]
    print_table(["year", "people within the target", "nation", "outside Baku", "liberated"], lines)


def _duration(seconds: float | None) -> str:
    """Return seconds as a planner reads them."""
    if seconds is None:
        return "?"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _print_differences(comparison: Comparison) -> None:
    """Print for each plan what differs for the nation, by service and year, and what was not compared."""
    for pair in comparison.pairs:
        rows = pair.by_group[pair.by_group["level"] == "nation"].to_dict("records")
        head = [f"{comparison.base.id} -> {pair.plan.id}", "within target", "people nearer", "people farther"]
        lines = [
            [
                f"{r['year']} {r['service']}",
                f"{r['within_target_difference']:+,}",
                f"{r['people_shorter']:,}",
                f"{r['people_longer']:,}",
            ]
            for r in rows
        ]
        print_table(head, lines)
        for note in pair.notes:
            say(note)


def _share(row: dict[Any, Any]) -> str:
    """Return a share for people; a dash where nobody is assessed, the number where not all are."""
    share, assessed = row["share_within_target"], row["assessed"]
    if not assessed:
        return "-"
    return f"{share:.1%}" + (f" of {assessed:,}" if assessed < row["population"] else "")


def main() -> None:
    """Run the command line; every known error is one line and a hint."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a Windows console may not know ə: print a mark instead of failing
            stream.reconfigure(errors="replace")
    try:
        app()
    except GeoplanError as error:
        if "--debug" in sys.argv:
            raise
        _print_error(error)
        sys.exit(error.exit_code)


def _print_error(error: GeoplanError) -> None:
    """Print what is wrong and what to do on standard error."""
    log(f"geoplan: {error}")
    if error.hint:
        log(error.hint)
    elif isinstance(error, UsageError):
        log("Type: geoplan --help")


if __name__ == "__main__":
    main()
