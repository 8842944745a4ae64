"""What may be asked of a page when it is built: a tile layer, a page for the public."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from browser import opened
from fixture import facilities, toy_result
from test_page_html import block, bulk

from geoplan.errors import Finding, UsageError
from geoplan.output.page.options import PageOptions, tile_origin
from geoplan.output.page.page import render_page
from geoplan.output.page.public import for_everybody
from geoplan.result import ChangeRow

TILES = "https://tiles.example.org:8443/a/{z}/{x}/{y}.png?k=1"

# one grey pixel
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

OTHER_IMAGE = """() => {
  const image = new Image();
  image.src = "https://other.example.org/x.png";
  document.body.append(image);
}"""


def policy(text):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]


def test_the_origin_of_a_tile_layer_is_scheme_host_and_port():
    assert tile_origin(TILES) == "https://tiles.example.org:8443"
    assert PageOptions().origin == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",
        "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org/{z}/{x}/{y}/{z}.png",
        "https://tiles.example.org/{z}/{x}/{y}{r}.png",
        "https://tiles.example.org/{z}/{x}/{y}.png; script-src *",
        "https://tiles.example.org/{z}/{x}/{y}.png#a",
        "https://user:word@example.org/{z}/{x}/{y}.png",
        'https://tiles.example.org/{z}/{x}/{y}.png" onload="x',
        "https://tiles.example.org;img-src */{z}/{x}/{y}.png",
        "https://[/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "file:///{z}/{x}/{y}.png",
        "tiles",
    ],
)
def test_an_address_that_is_no_tile_layer_is_refused(address):
    with pytest.raises(UsageError, match="tile"):
        PageOptions(basemap=address)


def test_a_page_without_a_tile_layer_has_no_code_for_one(text):
    assert "gp.tiles = " not in text
    assert "img-src data:;" in policy(text)


def test_the_policy_names_exactly_the_origin_of_the_tiles(toy):
    text = render_page(toy, PageOptions(basemap=TILES))
    assert "img-src data: https://tiles.example.org:8443;" in policy(text)
    assert policy(text).count("http") == 1
    assert "gp.tiles = " in text


@pytest.mark.browser
def test_tiles_come_from_their_origin_alone_and_the_page_says_so(chromium, toy, tmp_path):
    file = tmp_path / "tiles.html"
    file.write_text(render_page(toy, PageOptions(basemap=TILES)), encoding="utf-8", newline="")
    context = chromium.new_context()
    context.route(re.compile("^https://"), lambda r: r.fulfill(body=PNG, content_type="image/png"))
    page = context.new_page()
    asked, problems = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: problems.append(m.text))
    page.goto(f"file://{file}")
    page.locator("img.leaflet-tile-loaded").nth(3).wait_for(state="attached", timeout=10_000)
    outside = [url for url in asked if url.startswith("http")]
    assert outside
    assert all(url.startswith("https://tiles.example.org:8443/a/") for url in outside)
    assert problems == []
    assert "tiles.example.org" in page.inner_text("[data-gp-basemap]")
    # any other address stays shut
    page.evaluate(
        "() => { const i = new Image(); i.src = 'https://other.example.org/x.png'; document.body.append(i); }"
    )
    page.wait_for_timeout(200)
    assert any("Content Security Policy" in text for text in problems)
    context.close()


def with_secrets():
    """A result in which every thing that is not for everybody has a number or a word of its own."""
    places = facilities().assign(staff=4321.0)
    places.loc["f-lacin", "beds"] = 7777.0
    places.loc["f-seki", "name_az"] = "Doubtful Clinic"
    findings = (
        Finding("warning", "odd", "Doubtful Clinic has no source.", "", "", ()),
        Finding("note", "plain", "Nothing special.", "", "", ()),
    )
    result = toy_result(places=places, findings=findings)
    rows = [
        ChangeRow(("f-lacin", "beds", ""), "f-lacin", "beds", "", "7777", "8888", ""),
        ChangeRow(("f-naxcivan", "staff", ""), "f-naxcivan", "staff", "", "4321", "5", ""),
        ChangeRow(("f-naxcivan", "level", ""), "f-naxcivan", "level", "", "regional", "national", ""),
    ]
    return replace(result, changes_log=tuple(rows))


def test_the_public_page_does_not_hold_what_it_hides():
    text = render_page(with_secrets(), PageOptions(public=True))
    said = block(text, "geoplan-head") + str(bulk(text))
    for secret in ("7777", "8888", "4321", "Doubtful Clinic", "f-seki", "h3-86", "x-agd-talis"):
        assert secret not in said
    assert "Nothing special." in said
    assert "f-naxcivan" in said
    assert "f-lacin" in said


def test_the_figures_of_the_public_page_are_those_of_the_run(toy):
    shown, left = for_everybody(toy)
    assert shown.coverage_summary is toy.coverage_summary
    assert left.military_beds == 1
    assert left.facilities == ("f-seki",)
    assert set(left.points) == set(toy.years[0].demand.query("population_confidence != 'medium'").index)
    assert left.sections[0] == "what_if"


@pytest.mark.browser
def test_the_public_page_lists_what_was_left_out(chromium, tmp_path):
    file = tmp_path / "public.html"
    file.write_text(render_page(with_secrets(), PageOptions(public=True)), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        seen.set(lang="en", tab="assumptions")
        said = seen.text('[data-gp-section="public"]')
        for wanted in (
            "What-if",
            "Staff",
            "Beds of 1 military",
            "1 facilities of low",
            "places whose people",
        ):
            assert wanted in said
        # the legend counts everybody, also whom the page does not draw
        seen.set(theme="settlements")
        counted = [int(n.replace(",", "")) for n in seen.page.locator(".gp-legend-people").all_inner_texts()]
        assert sum(counted) == seen.say("geoplan.model.nation().population")
        for i in range(seen.say("geoplan.bulk.points.id.length")):
            seen.set(selection={"kind": "point", "i": i})
            assert "undefined" not in seen.text("#gp-card")
        seen.clean()
