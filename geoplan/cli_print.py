"""The command `geoplan print`; `geoplan.cli` registers it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoplan.cli_common import DebugOpt, JsonOpt, OverwriteOpt, QuietOpt, print_json, progress, say

FolderArg = Annotated[
    Path, typer.Argument(help="Folder that 'geoplan run' has written.", metavar="DIR", show_default=False)
]


def print_command(
    folder: FolderArg,
    lang: Annotated[str, typer.Option(help="Languages of the sheets: az, ru, en.")] = "az,ru,en",
    service: Annotated[str, typer.Option(help="Service to show; default the first of the scenario.")] = "",
    year: Annotated[
        int | None, typer.Option(help="Year to show; default the first of the scenario.", min=1990, max=2100)
    ] = None,
    overwrite: OverwriteOpt = False,
    as_json: JsonOpt = False,
    quiet: QuietOpt = False,
    debug: DebugOpt = False,
) -> None:
    """Write one sheet of paper (PDF, A4 across) and the map for a slide (PNG, SVG), in each language."""
    from geoplan.output.printing import print_result

    languages = list(dict.fromkeys(word for part in lang.split(",") if (word := part.strip().lower())))
    with progress(quiet=quiet or as_json) as step:
        written = print_result(
            folder, languages, service=service, year=year, overwrite=overwrite, progress=step
        )
    if as_json:
        print_json({"written": [str(path) for path in written]})
    elif not quiet:
        say(f"Wrote {len(written)} files to {folder}.", *written)
