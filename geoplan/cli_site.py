"""The command `geoplan site` on the user's own matrix; `geoplan.cli` registers it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoplan.cli_common import DebugOpt, JsonOpt, OverwriteOpt, QuietOpt, log, print_json, progress, say
from geoplan.errors import InfeasibleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

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


class Unservable(StrEnum):
    """What becomes of demand that reaches no candidate."""

    error = "error"
    set_aside = "set-aside"


MatrixOpt = Annotated[Path, typer.Option(help="CSV: origin_id,destination_id,minutes[,km][,status].")]


def site_command(
    matrix: MatrixOpt,
    model: Annotated[Model, typer.Option(help="The location model.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
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
        int | None, typer.Option("--open", help="Number of open sites, fixed ones included.", min=1)
    ] = None,
    limit: Annotated[
        float | None, typer.Option(help="Largest travel cost that counts as served, inclusive.", min=0)
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
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Choose where centres should stand, with proof, on your own matrix."""
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
