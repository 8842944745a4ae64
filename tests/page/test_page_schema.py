"""The page's data and their description: neither holds what the other does not."""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from functools import cache
from pathlib import Path

import pytest
from fixture import scenario, toy_result, two_years
from rich_fixture import everything_result, rich_result
from test_page_frame import barriers
from test_page_html import block
from test_page_options import TILES

from geoplan.output.page import schema
from geoplan.output.page.options import PageOptions
from geoplan.output.page.page import render_page


@cache
def everything():
    """A real run with a base, sites and service areas."""
    with tempfile.TemporaryDirectory() as folder:
        return everything_result(Path(folder))


PAGES = {
    "toy": lambda: render_page(toy_result()),
    "years": lambda: render_page(two_years()),
    "sections": lambda: render_page(rich_result()),
    "everything": lambda: render_page(everything()),
    "barriers": lambda: render_page(toy_result(plan=scenario(changes=barriers()))),
    "tiles and public": lambda: render_page(toy_result(), PageOptions(basemap=TILES, public=True)),
}


def blocks(text):
    packed = json.loads(gzip.decompress(base64.b64decode(block(text, "geoplan-bulk"))))
    return json.loads(block(text, "geoplan-head")), packed


@pytest.mark.parametrize("name", PAGES)
def test_data_are_as_described(name):
    head, bulk = blocks(PAGES[name]())
    assert schema.misfits(head, schema.Head, "head") == []
    assert schema.misfits(bulk, schema.Bulk, "bulk") == []


def test_every_described_part_is_on_some_page():
    """A description of what no page holds would be a rumour."""
    seen = set()
    for make in PAGES.values():
        head, bulk = blocks(make())
        for value, kind in ((head, schema.Head), (bulk, schema.Bulk)):
            seen |= {f"{kind.__name__}.{key}" for key, part in value.items() if part is not None}
    wanted = {f"{kind.__name__}.{note.name}" for kind in schema.BLOCKS for note in schema.fields(kind)}
    assert wanted - seen == set()


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda head: head | {"odd": 1}, "head.odd: not described"),
        (lambda head: {k: v for k, v in head.items() if k != "years"}, "head.years: missing"),
        (lambda head: head | {"years": ["2026"]}, "head.years[0]: '2026' is no whole number"),
        (lambda head: head | {"regions": []}, "head.regions: no mapping"),
        (lambda head: head | {"services": {}}, "head.services: no list"),
        (lambda head: head | {"catalogue": 1}, "head.catalogue: no mapping"),
        (lambda head: head | {"schema": True}, "head.schema: True is no whole number"),
    ],
)
def test_what_parts_from_the_description_is_named(text, change, wrong):
    head, _ = blocks(text)
    assert schema.misfits(change(head), schema.Head, "head") == [wrong]


def test_types_read_like_words():
    notes = {note.name: schema.words(note.kind) for note in schema.fields(schema.Head)}
    assert notes["years"] == "list of whole number"
    assert notes["base"] == "[BaseHead](#basehead)"
    assert notes["basemap"] == "[Basemap](#basemap) or none"
    assert notes["catalogue"] == "mapping to mapping to text"
