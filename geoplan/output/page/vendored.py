"""The texts that travel inside the page: Leaflet, our scripts, styles and sentences, read and checked."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Final

from geoplan.output.page.html import ADDRESS, PageError

LANGUAGES: Final = ("az", "ru", "en")
"""Azerbaijani first: the page opens in it."""

SCRIPTS: Final = (
    "core.js",
    "format.js",
    "unpack.js",
    "model.js",
    "times.js",
    "changed.js",
    "figures.js",
    "whatif.js",
    "palette.js",
    "filter.js",
    "chart.js",
    "modes.js",
    "vector.js",
    "canvas.js",
    "basemap.js",
    "barriers.js",
    "labels.js",
    "districts.js",
    "regions.js",
    "points.js",
    "facilities.js",
    "route.js",
    "compare.js",
    "toml.js",
    "sites.js",
    "asking.js",
    "map.js",
    "areas.js",
    "flows.js",
    "siting.js",
    "phasing.js",
    "years.js",
    "header.js",
    "controls.js",
    "kpi.js",
    "legend.js",
    "card.js",
    "rows.js",
    "download.js",
    "tables.js",
    "changes.js",
    "assumptions.js",
    "sheet.js",
    "picture.js",
    "link.js",
    "main.js",
)
"""Our modules in the order in which they are joined: each uses only what stands before it."""

STYLES: Final = ("app.css", "whatif.css", "access.css", "paper.css")
"""Our styles in the order in which they are joined: of two that are equally strong the later one holds."""

TILES: Final = "tiles.js"
"""The one module that only a page with a tile layer carries; it is joined before `main.js`."""

_HERE: Final = Path(__file__).resolve().parent
_COMMENT: Final = re.compile(r"^[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*\n", re.MULTILINE)
_INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)
_IMAGE: Final = re.compile(r"url\(images/[^)]*\)")


def _read(path: str) -> str:
    """Return a text file beside this module, LF line ends."""
    return (_HERE / path).read_text(encoding="utf-8")


def _vendor(path: str) -> str:
    """Return a vendored text after checking its sha256 against the manifest."""
    known = {
        name: digest
        for package in json.loads(_read("vendor/manifest.json")).values()
        for name, digest in package["sha256"].items()
    }
    raw = (_HERE / "vendor" / path).read_bytes()
    if hashlib.sha256(raw).hexdigest() != known.get(path):
        raise PageError(f"vendored file '{path}' differs from its manifest")
    # a browser reads CRLF as LF, and the policy's hashes are taken over what it reads
    return raw.decode("utf-8").replace("\r\n", "\n")


def _leaflet_css() -> str:
    """Return Leaflet's style without its images and its Internet Explorer behaviour: we use neither."""
    return _IMAGE.sub("none", _vendor("leaflet/leaflet.css")).replace("behavior: url(#default#VML);", "")


def _leaflet_js() -> str:
    """Return Leaflet without the pointer to its source map, which a debugger would ask for."""
    return re.sub(r"//# sourceMappingURL=\S*", "", _vendor("leaflet/leaflet.js")).rstrip() + "\n"


def lean(script: str) -> str:
    """Return our script without its lines of comment and its indentation: a sixth of it.

    No text of a script may run over a line end; a test sees to it.
    """
    return _INDENT.sub("", _COMMENT.sub("", script))


@cache
def page_texts(*, tiles: bool = False) -> dict[str, str]:
    """Return the content behind every `geoplan:` address that a page may link to."""
    scripts = [*SCRIPTS[:-1], *([TILES] if tiles else []), SCRIPTS[-1]]
    return {
        f"{ADDRESS}leaflet.js": _leaflet_js(),
        f"{ADDRESS}leaflet.css": _leaflet_css(),
        f"{ADDRESS}app.js": lean("\n".join(_read(f"js/{name}") for name in scripts)),
        f"{ADDRESS}app.css": "\n".join(_read(name) for name in STYLES),
    }


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the page's own sentences by language and key."""
    return {language: json.loads(_read(f"i18n/{language}.json")) for language in LANGUAGES}


def leaflet_version() -> str:
    """Return the version of the vendored Leaflet."""
    return str(json.loads(_read("vendor/manifest.json"))["leaflet"]["version"])


@cache
def frame_texts() -> tuple[str, str]:
    """Return the markup above and below the map."""
    above, mark, below = _read("frame.html").partition("<!--map-->")
    if not mark:
        raise PageError("frame.html has no place for the map")
    return above, below
