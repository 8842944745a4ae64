"""The commands `geoplan roads`, `geoplan fetch` and `geoplan cache`; `geoplan.cli` registers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoplan.cli_common import (
    DebugOpt,
    JsonOpt,
    OverwriteOpt,
    QuietOpt,
    Vehicle,
    finding_dict,
    log,
    print_json,
    progress,
    say,
)
from geoplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.errors import Finding
    from geoplan.network.road_table import RoadTable

roads_app = typer.Typer(
    help="Roads from OpenStreetMap: what a file holds, and road tables made of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
fetch_app = typer.Typer(
    help="Data from the Internet; the only commands that need it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
cache_app = typer.Typer(
    help="The folder where results of slow work are kept.", no_args_is_help=True, rich_markup_mode=None
)


FileArg = Annotated[Path, typer.Argument(help=".osm.pbf, .osm, .osm.gz or .osm.bz2, or a .graphml of OSMnx.")]
VehicleOpt = Annotated[Vehicle, typer.Option(help="offroad takes tracks too; ambulance goes by 'emergency'.")]


@roads_app.command("build")
def build_command(
    file: FileArg,
    out: Annotated[
        Path | None, typer.Option(help="Folder for roads.csv and road_nodes.csv; without it, only the cache.")
    ] = None,
    vehicle: VehicleOpt = Vehicle.car,
    classes: Annotated[
        str, typer.Option(help="Only these classes, e.g. motorway,trunk,primary,secondary.")
    ] = "",
    bbox: Annotated[str, typer.Option(help="Only roads in this box: west,south,east,north in degrees.")] = "",
    in_country: Annotated[
        bool, typer.Option("--in-country", help="Only roads inside the shipped border, as a scenario needs.")
    ] = False,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Read the roads of a file into the cache; with --out write them as tables that a scenario can use."""
    from geoplan.output.files import check_free
    from geoplan.output.roads import write_roads
    from geoplan.own_roads import Choice, choose_roads, file_origin, read_extract

    choice = Choice.parse(classes, bbox, in_country=in_country)
    if out is None and choice.any:
        raise UsageError("--classes, --bbox and --in-country need --out", hint="Add --out DIR.")
    if out is not None:
        check_free(out, overwrite=overwrite)
    written: list[Path] = []
    with progress(quiet=quiet or as_json) as step:
        table = read_extract(file, vehicle=vehicle.value, progress=step)
        findings = list(table.findings)
        if out is not None:
            table, found = choose_roads(table, choice, progress=step)
            findings += found
            step("write the tables")
            origin = file_origin(file)
            written = write_roads(table, out, overwrite=overwrite, origin=origin, findings=findings)
    _answer_build(table, findings, written, as_json=as_json, quiet=quiet)


def _answer_build(
    table: RoadTable, findings: Sequence[Finding], written: Sequence[Path], *, as_json: bool, quiet: bool
) -> None:
    """Print what was made."""
    if as_json:
        print_json(
            {
                "roads": len(table),
                "km": round(float(table.length_km.sum()), 3),
                "attribution": table.credit,
                "written": [str(path) for path in written],
                "findings": [finding_dict(f) for f in findings],
            }
        )
    elif not quiet:
        log(*findings)
        where = f"Wrote {written[0].parent}" if written else "Kept in the cache"
        km = float(table.length_km.sum())
        say(f"{len(table):,} roads, {km:,.1f} km. {where}.", table.credit)


@roads_app.command("info")
def info_command(
    file: FileArg,
    vehicle: VehicleOpt = Vehicle.car,
    as_json: JsonOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Show what a file holds: km by class, parts, one-way share, turn restrictions, box, dates."""
    from geoplan.network.osm_info import roads_info
    from geoplan.own_roads import read_extract

    with progress(quiet=as_json) as step:
        table = read_extract(file, vehicle=vehicle.value, progress=step)
    info = roads_info(table)
    if as_json:
        print_json(info.as_dict() | {"findings": [finding_dict(f) for f in table.findings]})
        return
    say(*info.lines())
    log(*table.findings)


@fetch_app.command("roads")
def fetch_roads_command(
    out: Annotated[Path, typer.Option(help="Folder for roads.osm, the tables made of it and their sources.")],
    area: Annotated[str, typer.Option(help="A place with a border, e.g. 'Quba, Azerbaijan'.")] = "",
    bbox: Annotated[str, typer.Option(help="West,south,east,north in degrees instead.")] = "",
    vehicle: VehicleOpt = Vehicle.car,
    endpoint: Annotated[
        str, typer.Option(help="Address of an Overpass server; default the public one.")
    ] = "",
    geocoder: Annotated[
        str, typer.Option(help="Address of a Nominatim server; default the public one.")
    ] = "",
    timeout: Annotated[int, typer.Option(help="Seconds that a server may take.", min=1)] = 180,
    offline: Annotated[bool, typer.Option("--offline", help="Refuse to use the Internet.")] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask anew, also where the cache has an answer.")
    ] = False,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Fetch the roads of an area from OpenStreetMap through osmnx, with licence and date.

    A server that does not answer, and --offline, give exit code 2 and say what to put where by hand.
    """
    import tempfile

    from geoplan.acquire.overpass import NOMINATIM_URL, OVERPASS_URL, AreaRequest, fetch_roads
    from geoplan.output.files import check_free
    from geoplan.output.roads import write_roads
    from geoplan.own_roads import Choice, choose_roads, parse_bbox, read_extract

    box = parse_bbox(bbox) if bbox else None
    request = AreaRequest(area, box, endpoint or OVERPASS_URL, geocoder or NOMINATIM_URL, timeout)
    check_free(out, overwrite=overwrite)
    with progress(quiet=quiet or as_json) as step, tempfile.TemporaryDirectory() as folder:
        fetched = fetch_roads(request, offline=offline, refresh=refresh, progress=step)
        file = Path(folder) / "roads.osm"
        file.write_bytes(fetched.xml)
        table = read_extract(file, vehicle=vehicle.value, progress=step)
        table, found = choose_roads(table, Choice(), progress=step)
        findings = [*fetched.findings, *table.findings, *found]
        origin = {"Asked": fetched.endpoint, "Area": area or bbox, "Fetched": fetched.fetched_on}
        written = write_roads(
            table, out, overwrite=overwrite, origin=origin, findings=findings, extract=fetched.xml
        )
    _answer_build(table, findings, written, as_json=as_json, quiet=quiet)


@cache_app.command("info")
def cache_info_command(as_json: JsonOpt = False, debug: DebugOpt = False) -> None:
    """Show where the cache is, how large it is and what lies in it."""
    from geoplan import cache

    info = cache.info()
    if as_json:
        entries = [{"kind": k, "bytes": size, "days": round(days, 3)} for k, size, days in info.entries]
        known = {"folder": str(info.folder), "limit_bytes": info.limit_bytes, "size_bytes": info.size_bytes}
        print_json(known | {"entries": entries})
        return
    say(f"{info.folder}: {_megabytes(info.size_bytes)} of at most {_megabytes(info.limit_bytes)}")
    say(
        *(
            f"  {kind:<16}{_megabytes(size):>12}  used {days:.1f} days ago"
            for kind, size, days in info.entries
        )
    )


@cache_app.command("clear")
def cache_clear_command(as_json: JsonOpt = False, debug: DebugOpt = False) -> None:
    """Remove everything from the cache; it is made again when needed."""
    from geoplan import cache

    count, freed_bytes = cache.clear()
    if as_json:
        print_json({"folder": str(cache.folder()), "files": count, "freed_bytes": freed_bytes})
    else:
        say(f"Removed {count} files, {_megabytes(freed_bytes)}, from {cache.folder()}.")


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
