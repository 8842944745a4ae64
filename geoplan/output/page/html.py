"""Text of a Folium map -> one self-contained page: texts in place of links, steady ids, a strict policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import GeoplanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADDRESS: Final = "geoplan:"
"""Prefix of the links that the page builder writes and `inline_links` takes out again."""

_SCRIPT_LINK: Final = re.compile(r'<script[^>]*\ssrc="([^"]*)"[^>]*>\s*</script>')
_STYLE_LINK: Final = re.compile(r'<link[^>]*\shref="([^"]*)"[^>]*/?>')
_FOLIUM_ID: Final = re.compile(r"\b([a-z][a-z_]*)_([0-9a-f]{32})(?![0-9a-f])")
_BETWEEN_NUMBERS: Final = re.compile(r"(?<=[0-9\]]), (?=\[*-?[0-9])")
_BLOCK: Final = re.compile(r"<(script|style)([^>]*)>(.*?)</\1>", re.DOTALL)
_VIEWPORT: Final = re.compile(r'<meta name="viewport"[^>]*/>', re.DOTALL)
_OUTSIDE: Final = re.compile(
    r"""<(?:script|link|img|iframe|source|object|embed|audio|video|use)\b[^>]*?\s(?:src|href|data|srcset)\s*=""",
    re.IGNORECASE,
)
_CSS_OUTSIDE: Final = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)


class PageError(GeoplanError):
    """The page would not be self-contained: a defect of the page builder, never of the input."""


def inline_links(text: str, texts: Mapping[str, str]) -> str:
    """Put the text of each linked script or style in place of its link.

    `texts` maps an address such as `geoplan:app.js` to its content.

    Raises
    ------
    PageError
        If the page links to an address that is not in `texts`.
    """

    def find(address: str) -> str:
        if address not in texts:
            raise PageError(f"the page links to '{address}', which does not travel with geoplan")
        return texts[address]

    # a function as replacement: backslashes of the inlined text must not be read as group references
    text = _SCRIPT_LINK.sub(lambda m: f"<script>{_closed(find(m[1]), 'script')}</script>", text)
    return _STYLE_LINK.sub(lambda m: f"<style>{_closed(find(m[1]), 'style')}</style>", text)


def _closed(text: str, tag: str) -> str:
    """Return `text`, refused if it would end its own block early."""
    if f"</{tag}" in text.lower() or "<!--" in text:
        raise PageError(f"an inlined text ends its own <{tag}> block")
    return text


def renumber_ids(text: str) -> str:
    """Replace Folium's random ids by their number in order of appearance: rebuilds are byte-identical."""
    numbers: dict[str, str] = {}

    def steady(match: re.Match[str]) -> str:
        number = numbers.setdefault(match[2], f"gp{len(numbers) + 1}")
        return f"{match[1]}_{number}"

    return _FOLIUM_ID.sub(steady, text)


def tight_positions(text: str) -> str:
    """Take the blanks out of lists of numbers: the shapes that Folium writes get a tenth shorter."""
    return _BETWEEN_NUMBERS.sub(",", text)


def json_for_script(value: Any) -> str:
    """Return `value` as JSON that cannot leave a `<script>` block: `<`, U+2028 and U+2029 are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in ("<", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def data_block(block_id: str, content: str, kind: str = "application/json") -> str:
    """Return a `<script>` block of data that no browser executes."""
    return f'<script type="{kind}" id="{block_id}">{content}</script>'


def add_policy(text: str, *, image_origin: str = "") -> str:
    """Add the Content-Security-Policy: nothing from outside, and only the scripts and styles of this page.

    The policy lists the sha256 of every script and style block, so neither an injected script nor an
    injected style attribute runs. Images may only be `data:` (the relief), or come from `image_origin` where
    the planner asked for tiles; downloads are `blob:` links.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, attributes, body in _BLOCK.findall(text):
        if tag == "style" or "type=" not in attributes:
            hashes[tag].append(_hash_source(body))
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_sources(hashes['script'])}",
            f"style-src {_sources(hashes['style'])}",
            "img-src data:" + (f" {image_origin}" if image_origin else ""),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    # right after the charset: a policy does not bind what stands before it
    head, mark, rest = text.partition("<head>")
    if not mark:
        raise PageError("the page has no <head> to carry its policy")
    return f'{head}{mark}\n<meta charset="utf-8">\n{meta}{rest}'


def _hash_source(body: str) -> str:
    """Return the CSP source expression of one inline block."""
    digest = hashlib.sha256(body.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _sources(hashes: Iterable[str]) -> str:
    """Return the hashes once each in order, or 'none'."""
    return " ".join(dict.fromkeys(hashes)) or "'none'"


def set_language_and_viewport(text: str, language: str) -> str:
    """Name the language on `<html>` and let people zoom: Folium's viewport forbids it."""
    if not _VIEWPORT.search(text) or "<html>" not in text:
        raise PageError("Folium's frame has changed: no <html> or viewport to replace")
    text = _VIEWPORT.sub(
        '<meta name="viewport" content="width=device-width, initial-scale=1">', text, count=1
    )
    return text.replace("<html>", f'<html lang="{language}">', 1)


def check_self_contained(text: str) -> None:
    """Raise `PageError` if an element or a style of the page could fetch anything."""
    styles = "".join(body for tag, _, body in _BLOCK.findall(text) if tag == "style")
    if hit := _CSS_OUTSIDE.search(styles):
        raise PageError(f"a style of the page points outside: {styles[hit.start() : hit.start() + 80]!r}")
    frame = _BLOCK.sub("", text)
    opened = _OUTSIDE.search(frame) or re.search(r"<script[^>]*\ssrc=", text)
    if opened:
        raise PageError(f"an element of the page points outside: {opened[0]!r}")
