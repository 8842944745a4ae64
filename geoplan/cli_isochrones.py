"""The command `geoplan isochrones`; `geoplan.cli` registers it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoplan.cli_common import (
    DebugOpt,
    JsonOpt,
    OverwriteOpt,
    QuietOpt,
    ScenarioArg,
    finding_dict,
    print_json,
    progress,
    say,
)
from geoplan.errors import UsageError

if TYPE_CHECKING:
    from geoplan.areas import Areas

SUMMARY = ("facility_id", "band_upper_minutes", "population", "area_km2")
"""The columns that a terminal shows."""


class Direction(StrEnum):
    """Whether people travel to the facility, or help travels from it."""

    to = "to"
    from_ = "from"


OutOpt = Annotated[Path, typer.Option(help="File to write: .gpkg or .geojson.")]


def isochrones_command(
    scenario: ScenarioArg,
    service: Annotated[str, typer.Option(help="A service of the scenario, e.g. emergency_hospital.")],
    out: OutOpt,
    facility: Annotated[
        str, typer.Option(help="One facility's id; without it, every one and all together.")
    ] = "",
    bands: Annotated[
        str, typer.Option(help="Minutes, e.g. 30,60; without it, the bands of the service.")
    ] = "",
    direction: Annotated[Direction, typer.Option(help="Travel to the facility, or from it.")] = Direction.to,
    year: Annotated[
        int | None,
        typer.Option(help="1 January of this year; default the scenario's first.", min=1990, max=2100),
    ] = None,
    resolution: Annotated[
        float, typer.Option(help="Metres between the points asked where a limit runs.", min=10)
    ] = 250.0,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Write the areas from which a service is reached within its bands, with the people in them."""
    from geoplan.areas import AreaQuestion, isochrones
    from geoplan.output.areas import check_areas_path, write_areas
    from geoplan.scenario import load_scenario

    check_areas_path(out, overwrite=overwrite)
    question = AreaQuestion(service, facility, _minutes(bands), direction.value, year, resolution)
    loaded = load_scenario(scenario)
    with progress(quiet=quiet or as_json) as step:
        areas = isochrones(loaded, question, progress=step)
        step("write the areas")
        write_areas(areas.table, out, attributions=areas.attributions, overwrite=overwrite)
    if as_json:
        _print_record(areas, out)
    elif not quiet:
        _print_summary(areas, out)


def _minutes(bands: str) -> tuple[int, ...]:
    """Return the minutes of `30,60`; an empty text gives none."""
    words = [word.strip() for word in bands.split(",")] if bands.strip() else []
    if not all(word.isdecimal() for word in words):
        raise UsageError(f"'{bands}' is no list of minutes", hint="Write e.g. --bands 30,60.")
    return tuple(int(word) for word in words)


def _print_record(areas: Areas, out: Path) -> None:
    """Print everything but the shapes as one JSON object."""
    rows = areas.table.drop(columns="geometry").to_dict("records")
    findings = [finding_dict(f) for f in areas.findings]
    shown = {
        "written": str(out),
        "areas": rows,
        "attributions": list(areas.attributions),
        "findings": findings,
    }
    print_json(shown)


def _print_summary(areas: Areas, out: Path) -> None:
    """Print one line an area: those of all facilities together, or of the one that was asked for."""
    table = areas.table
    last = table[table["facility_id"] == table["facility_id"].iloc[-1]] if len(table) else table
    for facility, band, people, km2 in last[list(SUMMARY)].to_numpy(dtype=object).tolist():
        say(f"{facility} <= {band} min: {people:,} people, {km2:,.0f} km2")
    say(f"Wrote {len(table)} areas to {out}.")
