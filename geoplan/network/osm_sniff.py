"""What kind of file this is: OpenStreetMap data as PBF or XML, plain or packed, or nothing to be opened."""

from __future__ import annotations

import bz2
import re
import zlib
from typing import TYPE_CHECKING, Final

from geoplan.errors import Finding, InputError

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES: Final = 1 << 16
"""How much of a file is looked at to know what it is."""

BLOCK_BYTES: Final = 1 << 20
"""How much of it is read: a block of bzip2 holds 900 kB and can be unpacked only whole."""

_THINGS: Final = re.compile(r"<(?:node|way|relation)\b")
_DATE: Final = re.compile(r'(?:osm_base|timestamp)\s*=\s*"(\d{4}-\d\d-\d\d[T\d:.Z+-]*)"')
_TYPES_ALLOWED: Final = "Name a .osm.pbf, .osm, .osm.gz or .osm.bz2 file, e.g. an extract of Geofabrik."


def sniff(path: Path) -> tuple[str, str]:
    """Return the format that pyosmium shall read (`pbf`, `osm`, `osm.gz`, `osm.bz2`) and a date in the head.

    The content decides, not the name. A document type in the XML is refused: OpenStreetMap files have none,
    and it is where entities that swell to gigabytes are declared.
    """
    try:
        with path.open("rb") as file:
            head = file.read(BLOCK_BYTES)
    except OSError as error:
        raise InputError([
            Finding("error", "osm-unreadable", f"the file cannot be read: {error.strerror}.", str(path),
                    _TYPES_ALLOWED)
        ]) from error  # fmt: skip
    if head[4:].find(b"OSMHeader", 0, 32) >= 0:
        return "pbf", ""
    kind, text = "osm", head[:HEAD_BYTES]
    for magic, suffix, unpack in ((b"\x1f\x8b", "osm.gz", _gunzip), (b"BZh", "osm.bz2", _bunzip)):
        if head.startswith(magic):
            kind, text = suffix, unpack(head)
    words = text.replace(b"\0", b"").decode("utf-8", errors="replace")
    if re.search(r"<!(DOCTYPE|ENTITY)", words, re.IGNORECASE):
        raise InputError([
            Finding("error", "osm-doctype", "the XML declares a document type or entities; it is not read.",
                    path.name, "OpenStreetMap files have none. Fetch the file from a place you trust.")
        ])  # fmt: skip
    if not re.search(r"<osm[\s>]", words):
        raise InputError([
            Finding("error", "not-osm", "this is no OpenStreetMap file.", path.name, _TYPES_ALLOWED)
        ])  # fmt: skip
    found = _DATE.search(_THINGS.split(words, maxsplit=1)[0])  # things have dates of their own
    return kind, found[1] if found else ""


def _gunzip(head: bytes) -> bytes:
    """Return the beginning of gzip data, at most `HEAD_BYTES`."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _bunzip(head: bytes) -> bytes:
    """Return the beginning of bzip2 data, as far as whole blocks of the head allow."""
    try:
        return bz2.BZ2Decompressor().decompress(head, HEAD_BYTES)
    except OSError:
        return b""
