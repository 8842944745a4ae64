"""The command `geoplan site`: on a scenario, or on the user's own matrix; `geoplan.cli` registers it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoplan.cli_common import (
    BasemapOpt,
    DebugOpt,
    JsonOpt,
    OverwriteOpt,
    PublicOpt,
    QuietOpt,
    log,
    print_json,
    progress,
    say,
)
from geoplan.cli_siting import mixed_forms, site_scenario_command
from geoplan.errors import InfeasibleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geoplan.siting_answer import SiteAnswer

    Progress = Callable[[float, float], None]


class Model(StrEnum):
    """What is asked; see docs/siting.md."""

    lscp = "lscp"
    mclp = "mclp"
    p_median = "p-median"
    p_center = "p-center"
    p_dispersion = "p-dispersion"
    backup_cover = "backup-cover"
    gradual_cover = "gradual-cover"
    capacitated_mclp = "capacitated-mclp"
    capacitated_p_median = "capacitated-p-median"
    fixed_charge = "fixed-charge"


class Measure(StrEnum):
    """Which column of the matrix is the travel cost."""

    minutes = "minutes"
    km = "km"


class Direction(StrEnum):
    """Whether people travel to the site, or the service travels to them."""

    to_site = "to-site"
    from_site = "from-site"


class Count(StrEnum):
    """What backup-cover counts."""

    places = "places"
    people = "people"


class Area(StrEnum):
    """Everywhere, or the liberated territories alone."""

    everywhere = "everywhere"
    liberated = "liberated"


class Unservable(StrEnum):
    """What becomes of demand that reaches no candidate."""

    error = "error"
    set_aside = "set-aside"


ScenarioOpt = Annotated[
    str | None,
    typer.Argument(help="A shipped scenario's name or a TOML file; or none, and --matrix instead."),
]
MatrixOpt = Annotated[Path | None, typer.Option(help="CSV: origin_id,destination_id,minutes[,km][,status].")]
OutOpt = Annotated[
    Path | None, typer.Option(help="Folder to write; of a scenario out/site-<scenario> by default.")
]


def site_command(
    context: typer.Context,
    scenario: ScenarioOpt = None,
    service: Annotated[
        str, typer.Option(help="Scenario: id of the service to site, or two that share places: a,b.")
    ] = "",
    matrix: MatrixOpt = None,
    model: Annotated[
        Model | None, typer.Option(help="The location model; of a scenario its own, or mclp.")
    ] = None,
    out: OutOpt = None,
    year: Annotated[
        int | None, typer.Option(help="Scenario: plan for 1 January of this year.", min=1990, max=2100)
    ] = None,
    people: Annotated[Area, typer.Option(help="Scenario: whose way counts.")] = Area.everywhere,
    where: Annotated[Area, typer.Option(help="Scenario: where new sites may stand.")] = Area.everywhere,
    closable: Annotated[
        bool, typer.Option("--closable/--no-closable", help="Scenario: sites that stand may be closed.")
    ] = False,
    upgrade: Annotated[
        str, typer.Option(help="Scenario: facilities with one of these service tags may be upgraded: a,b.")
    ] = "",
    demand: Annotated[
        Path | None, typer.Option(help="CSV: id,weight[,load][,district]; none for p-dispersion.")
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option(
            help="CSV: id[,capacity,least_load,cost,fixed,existing,closed,region,place,place_cost]."
        ),
    ] = None,
    open_: Annotated[
        int | None,
        typer.Option(
            "--open", help="Number of open sites, fixed ones included; of a scenario the new ones.", min=0
        ),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(
            help="Largest travel cost that counts as served, inclusive; the service's target.", min=0
        ),
    ] = None,
    cover_share: Annotated[
        float | None, typer.Option(help="lscp: the share of all weight to cover.", min=0, max=1)
    ] = None,
    bands: Annotated[str, typer.Option(help="gradual-cover: cost:fraction, e.g. 30:1,60:0.5.")] = "",
    count: Annotated[Count, typer.Option(help="backup-cover: count places or people.")] = Count.places,
    measure: Annotated[Measure, typer.Option(help="Column of the matrix.")] = Measure.minutes,
    direction: Annotated[
        Direction, typer.Option(help="from-site: the origins of the matrix are the sites.")
    ] = Direction.to_site,
    fixed: Annotated[str, typer.Option(help="Sites that stay open: a,b.")] = "",
    closed: Annotated[str, typer.Option(help="Sites that may not open: a,b.")] = "",
    capacity_column: Annotated[str, typer.Option(help="Column of the sites that is capacity.")] = "",
    single_source: Annotated[
        bool, typer.Option("--single-source", help="Every demand goes to one site whole.")
    ] = False,
    cost_column: Annotated[str, typer.Option(help="Column of the sites that is money.")] = "",
    budget: Annotated[float | None, typer.Option(help="Most money of the open sites.", min=0)] = None,
    money_weight: Annotated[
        float, typer.Option(help="fixed-charge: one unit of money in weight x travel cost.", min=0)
    ] = 1.0,
    excludes: Annotated[str, typer.Option(help="Pairs not open together: a:b,c:d.")] = "",
    needs: Annotated[str, typer.Option(help="The first only with the second: a:b.")] = "",
    region_least: Annotated[str, typer.Option(help="Fewest open sites: region:1,other:2.")] = "",
    region_most: Annotated[str, typer.Option(help="Most open sites: region:1.")] = "",
    district_least: Annotated[
        float | None,
        typer.Option(help="Least share of each district's weight within the limit.", min=0, max=1),
    ] = None,
    equity_floor: Annotated[
        bool, typer.Option("--equity-floor", help="mclp: the best worst district first, then the total.")
    ] = False,
    evaluate: Annotated[str, typer.Option(help="Your own list a,b,c against the best of its size.")] = "",
    frontier: Annotated[int, typer.Option(help="Solve for every number of sites up to this.", min=0)] = 0,
    frontier_money: Annotated[int, typer.Option(help="Scenario: solve for so many budgets too.", min=0)] = 0,
    alternatives: Annotated[int, typer.Option(help="How many further plans.", min=0)] = 0,
    differ: Annotated[int, typer.Option(help="By how many sites further plans differ.", min=1)] = 1,
    draws: Annotated[int, typer.Option(help="Draw weights and travel costs anew so often.", min=0)] = 0,
    draws_weight_spread: Annotated[
        float, typer.Option(help="Spread of the log of each weight.", min=0, max=2)
    ] = 0.1,
    draws_cost_spread: Annotated[
        float, typer.Option(help="Spread of the log of all travel costs together.", min=0, max=2)
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the draws.", min=0)] = 1,
    unservable: Annotated[
        Unservable, typer.Option(help="Demand that reaches no candidate: stop, or set it aside.")
    ] = Unservable.error,
    gap: Annotated[float, typer.Option(help="Relative gap that is good enough.", min=0, max=1)] = 0.0,
    time_limit: Annotated[float, typer.Option(help="Seconds for the plan.", min=0.1)] = 60.0,
    max_iterations: Annotated[
        int | None, typer.Option(help="Most steps of the solver: stops at the same place anywhere.", min=1)
    ] = None,
    basemap: BasemapOpt = "",
    public: PublicOpt = False,
    open_page: Annotated[
        bool, typer.Option("--open-page", help="Scenario: open the page when done.")
    ] = False,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Choose where centres should stand, with proof: on a scenario, or on your own matrix."""
    given = _given(context, dict(locals()))
    mixed_forms(given, scenario=scenario is not None)
    if scenario is not None:
        show: dict[str, Any] = {
            "out": out,
            "overwrite": overwrite,
            "as_json": as_json,
            "quiet": quiet,
            "shown": _shown,
        }
        show |= {"basemap": basemap, "public": public, "open_page": open_page}
        site_scenario_command(scenario, given, show)
        return
    if matrix is None or model is None or out is None:
        missing = [n for n, v in (("--matrix", matrix), ("--model", model), ("--out", out)) if v is None]
        hint = (
            "Name a scenario, e.g. geoplan site baseline --service oncology_radiotherapy --open 3, or all of"
        )
        raise UsageError(f"{', '.join(missing)} is missing", hint=f"{hint} --matrix --model --out.")
    from geoplan.analysis.siting_ask import SiteOptions
    from geoplan.analysis.siting_decide import Draws
    from geoplan.analysis.siting_instance import Question
    from geoplan.analysis.siting_make import Choices
    from geoplan.output.files import check_free
    from geoplan.output.siting import write_siting
    from geoplan.siting_files import SiteFiles, site_from_files

    check_free(out, overwrite=overwrite)
    files = SiteFiles(matrix, demand, sites, measure.value, direction is Direction.from_site)
    question = Question(
        model.value,
        open=open_,
        limit=limit,
        cover_share=cover_share,
        bands=_numbers("--bands", bands),
        count=count.value,
        capacitated=bool(capacity_column),
        single_source=single_source,
        budget=budget,
        money_weight=money_weight,
        gap=gap,
        time_limit_s=time_limit,
        max_iterations=max_iterations,
        seed=seed,
    )
    options = SiteOptions(
        choices=Choices(
            fixed=_list(fixed),
            closed=_list(closed),
            capacity_column=capacity_column,
            cost_column=cost_column,
            set_aside=unservable is Unservable.set_aside,
        ),
        excludes=_pairs("--excludes", excludes),
        needs=_pairs("--needs", needs),
        region_least=_counts("--region-least", region_least),
        region_most=_counts("--region-most", region_most),
        district_least=district_least,
        equity_floor=equity_floor,
        evaluate=_list(evaluate),
        frontier=frontier,
        alternatives=alternatives,
        differ=differ,
        draws=Draws(draws, seed, draws_weight_spread, draws_cost_spread) if draws else None,
    )
    with progress(quiet=quiet or as_json) as step:
        answer = site_from_files(files, question, options, progress=_shown(step))
    written = write_siting(answer, out, overwrite=overwrite)
    if as_json:
        print_json(answer.record)
    elif not quiet:
        _print_answer(answer, written)
    if answer.reason:
        raise InfeasibleError(answer.reason, hint=f"The whole explanation stands in {written[0]}.")


def _given(context: typer.Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that stand on the command line, as the section `[siting]` writes them."""
    read: dict[str, Callable[[str], Any]] = {
        "service": _list,
        "upgrade": _list,
        "fixed": _list,
        "closed": _list,
        "evaluate": _list,
        "bands": lambda text: _numbers("--bands", text),
        "excludes": lambda text: _pairs("--excludes", text),
        "needs": lambda text: _pairs("--needs", text),
        "region_least": lambda text: dict(_counts("--region-least", text)),
        "region_most": lambda text: dict(_counts("--region-most", text)),
    }
    said = {}
    for name in context.params:
        source = context.get_parameter_source(name)
        # by name: some versions of typer bring a click of their own
        if source is not None and source.name == "COMMANDLINE":
            value = read[name](values[name]) if name in read else values[name]
            said[name] = value.value if isinstance(value, StrEnum) else value
    return said


def _list(text: str) -> tuple[str, ...]:
    """Return the items of a comma-separated option."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _pairs(option: str, text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of `a:b,c:d`."""
    pairs = []
    for item in _list(text):
        left, colon, right = item.rpartition(":")
        if not colon or not left.strip() or not right.strip():
            raise UsageError(f"{option} '{item}' is no pair", hint=f"Write {option} a:b,c:d.")
        pairs.append((left.strip(), right.strip()))
    return tuple(pairs)


def _counts(option: str, text: str) -> tuple[tuple[str, int], ...]:
    """Return the names and whole numbers of `name:1,other:2`."""
    pairs = _pairs(option, text)
    if not all(number.isdigit() for _, number in pairs):
        raise UsageError(f"{option} '{text}' has something that is no number", hint=f"Write {option} name:1.")
    return tuple((name, int(number)) for name, number in pairs)


def _numbers(option: str, text: str) -> tuple[tuple[float, float], ...]:
    """Return the numbers of `30:1,60:0.5`."""
    try:
        return tuple((float(a), float(b)) for a, b in _pairs(option, text))
    except ValueError as error:
        raise UsageError(
            f"{option} '{text}' has something that is no number", hint=f"Write {option} 30:1,60:0.5."
        ) from error


def _shown(step: Callable[[str], None]) -> Progress:
    """Return a progress that shows incumbent, bound and gap."""

    def show(objective: float, bound: float) -> None:
        gap = abs(bound - objective) / max(abs(objective), 1e-9)
        step(f"incumbent {objective:,.6g}  bound {bound:,.6g}  gap {gap:.3%}")

    return show


def _print_answer(answer: SiteAnswer, written: tuple[Path, ...]) -> None:
    """Print the plan in a few lines."""
    record = answer.record
    log(*answer.findings)
    lines = [f"{record['model']}: {record['status']} (stopped by {record['stopped_by']})"]
    if record["sites"]:
        lines.append(f"open: {', '.join(record['sites'])}")
        lines.append(f"objective {record['objective']}, bound {record['bound']}, gap {record['gap']:.3%}")
        lines.append(f"people covered {record['people_covered']:,.0f} in {record['places_covered']:,} places")
        lines.append(f"unique: {record['unique']}; checked again: {'yes' if record['verified'] else 'NO'}")
        if not record["reproducible"]:
            lines.append("Stopped by time: another run may give another plan.")
    lines.append(f"Wrote {', '.join(p.name for p in written)} to {written[0].parent}.")
    say(*lines)
