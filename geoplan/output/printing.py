"""The page of a result -> one sheet of paper as PDF, and the map for a slide as PNG and SVG."""

from __future__ import annotations

import base64
import json
import os
import shutil
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import GeoplanError, OutputExistsError, UsageError, did_you_mean
from geoplan.output.chromium import find_chromium, opened
from geoplan.output.files import MANIFEST, RECORD, add_to_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from geoplan.output.chromium import Tab

LANGUAGES: Final = ("az", "ru", "en")

PAGE: Final = "index.html"

DENSITY: Final = 2
"""Dots of the PNG for each pixel of the map: 2560 x 1440 for a slide."""


def file_names(languages: Sequence[str]) -> list[str]:
    """Return the names of the files that are written for these languages."""
    return [
        name
        for language in languages
        for name in (f"print_{language}.pdf", f"map_{language}.png", f"map_{language}.svg")
    ]


def print_result(
    folder: Path,
    languages: Sequence[str],
    *,
    service: str = "",
    year: int | None = None,
    overwrite: bool = False,
    progress: Callable[[str], None] = lambda _step: None,
) -> tuple[Path, ...]:
    """Write `print_<language>.pdf`, `map_<language>.png` and `.svg` beside the page of a result.

    The PDF has exactly one page, A4 across; no letter is under 8 pt. All files are made before the first is
    put in place, and the folder's list of our own files names them, so that a later run may replace them.

    Parameters
    ----------
    folder
        What `geoplan run` has written.
    languages
        Of `LANGUAGES`.
    service, year
        What is shown; empty and None: what the page opens with.

    Raises
    ------
    UsageError
        If there is no page, no Chromium, or no such language, service or year.
    OutputExistsError
        If one of the files exists and `overwrite` is false.
    BrowserError
        If Chromium does not do what it is asked.
    """
    _check(folder, languages, overwrite=overwrite)
    find_chromium()
    stage = folder.with_name(f".{folder.name}.{os.getpid()}.print.partial")
    try:
        stage.mkdir()
        progress("open the page")
        with opened(folder / PAGE) as tab:
            _make_ready(tab, service, year)
            for language in languages:
                progress(f"print: {language}")
                for name, content in _made(tab, language):
                    (stage / name).write_bytes(content)
        names = file_names(languages)
        add_to_manifest(folder, names)
        for name in names:
            (stage / name).replace(folder / name)
    except OSError as error:
        raise GeoplanError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="Close the programs that have a file of this folder open, then print again.",
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return tuple(folder / name for name in names)


def _check(folder: Path, languages: Sequence[str], *, overwrite: bool) -> None:
    """Raise what can be known before a browser is started."""
    for language in languages:
        if language not in LANGUAGES:
            raise UsageError(
                f"the page does not speak '{language}'", hint=f"It speaks {', '.join(LANGUAGES)}."
            )
    if not languages:
        raise UsageError("no language is named", hint="Write e.g. --lang az,ru.")
    if not all((folder / name).is_file() for name in (PAGE, RECORD, MANIFEST)):
        raise UsageError(
            f"{folder} is no folder of a run",
            hint="Name the folder that 'geoplan run' has written, e.g. out/baseline.",
        )
    there = [name for name in file_names(languages) if (folder / name).exists()]
    ours = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    if strangers := [name for name in there if name not in ours]:
        raise UsageError(
            f"{folder / strangers[0]} was not written by geoplan", hint="Move it elsewhere first."
        )
    if there and not overwrite:
        raise OutputExistsError(f"{folder / there[0]} exists already", hint="Add --overwrite to replace it.")


def _make_ready(tab: Tab, service: str, year: int | None) -> None:
    """Wait for the page and show what is asked for."""
    tab.wait_for("window.geoplanReady")
    if not tab.say("Boolean(window.geoplan && geoplan.sheet && geoplan.picture)"):
        raise UsageError(
            "the page was written by another version of geoplan", hint="Run the scenario again, then print."
        )
    if service:
        _choose(tab, "service", service, tab.say("geoplan.head.services.map(s => s.id)"))
    if year is not None:
        _choose(tab, "year", year, tab.say("geoplan.head.years"))


def _choose(tab: Tab, key: str, wanted: Any, known: list[Any]) -> None:
    """Show a service or a year of the page."""
    if wanted not in known:
        names = [str(k) for k in known]
        raise UsageError(
            f"the page has no {key} '{wanted}'.{did_you_mean(str(wanted), names)}",
            hint=f"It has {', '.join(names)}.",
        )
    tab.say(f"geoplan.set({json.dumps({key: known.index(wanted)})})")


def _made(tab: Tab, language: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of one language."""
    tab.say(f"geoplan.set({json.dumps({'lang': language})})")
    yield f"print_{language}.pdf", _pdf(tab)
    yield f"map_{language}.svg", str(tab.say("geoplan.picture.svg()")).encode("utf-8")
    address = str(tab.say(f"geoplan.picture.png({DENSITY})"))
    yield f"map_{language}.png", base64.b64decode(address.partition(",")[2])


def _pdf(tab: Tab) -> bytes:
    """Return the sheet as PDF."""
    tab.say("document.documentElement.classList.add('gp-sheet-only')")
    try:
        answer = tab.ask("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
        if not tab.say("geoplan.sheet.fits"):
            raise GeoplanError("the sheet has more text than one page of A4 holds at 8 pt")
    finally:
        tab.say("document.documentElement.classList.remove('gp-sheet-only')")
    return base64.b64decode(answer["data"])
