"""The page as text: nothing outside, steady bytes, a policy that fits, no way out of a data block."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re

import pytest
from fixture import scenario, toy_result, words

from geoplan.output.page import html, vendored
from geoplan.output.page.html import PageError
from geoplan.output.page.page import render_page
from geoplan.output.page.schema import SCHEMA
from geoplan.output.page.vendored import page_texts


def block(text, name):
    return re.search(rf'<script type="[^"]*" id="{name}">(.*?)</script>', text, re.DOTALL)[1]


def bulk(text):
    return json.loads(gzip.decompress(base64.b64decode(block(text, "geoplan-bulk"))))


def test_two_renders_are_byte_identical(toy, text):
    assert render_page(toy) == text


def test_no_element_points_outside(text):
    frame = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"\s(src|href)=\"(?!#)", frame)
    assert "<link" not in text
    assert not re.search(r"<script[^>]*\ssrc=", text)


def test_no_registry_or_tile_server_is_named(text):
    assert not re.search(r"cdn\.|unpkg|jsdelivr|tile\.openstreetmap|cdnjs", text)


def test_the_size_is_that_of_a_small_page(text):
    assert len(text.encode()) < 600_000


def test_policy_lists_exactly_the_scripts_and_styles(text):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    frame = text[: text.index('<script type="application/json"')] + text[text.index("</body>") :]
    for tag, attributes, body in re.findall(r"<(script|style)([^>]*)>(.*?)</\1>", frame, re.DOTALL):
        assert "src" not in attributes
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy, tag
    assert "\r" not in text


def test_the_policy_stands_before_everything_that_it_binds(text):
    assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<style"))


def test_people_may_zoom_and_the_language_is_named(text):
    assert '<html lang="az">' in text
    assert "user-scalable" not in text


def test_data_blocks_are_json(text):
    head = json.loads(block(text, "geoplan-head"))
    assert head["schema"] == SCHEMA
    assert head["services"][0]["target"] == {
        "minutes": 60,
        "published": False,
        "label": words("planlaşdırma hədəfi"),
    }
    assert len(bulk(text)["points"]["id"]) == 19


@pytest.mark.parametrize("nasty", ["</script><b>", "<!--", "\u2028", "\u2029", "<script>"])
def test_json_cannot_leave_its_block(nasty):
    written = html.json_for_script({"x": nasty})
    assert "<" not in written
    assert "\u2028" not in written
    assert json.loads(written) == {"x": nasty}


def test_json_refuses_what_no_browser_reads():
    with pytest.raises(ValueError, match="Out of range float"):
        html.json_for_script(float("nan"))


def test_unknown_address_is_an_error():
    page = '<script src="https://example.org/x.js"></script>'
    with pytest.raises(PageError, match=r"links to 'https://example\.org/x\.js'"):
        html.inline_links(page, {})
    with pytest.raises(PageError, match="does not travel with geoplan"):
        html.inline_links('<link rel="stylesheet" href="geoplan:other.css"/>', page_texts())


def test_inlined_text_keeps_its_backslashes():
    page = html.inline_links('<script src="geoplan:a"></script>', {"geoplan:a": r"'\1\n'"})
    assert page == r"<script>'\1\n'</script>"


def test_inlined_text_must_not_end_its_block():
    with pytest.raises(PageError, match="ends its own <script> block"):
        html.inline_links('<script src="geoplan:a"></script>', {"geoplan:a": "'</script>'"})


def test_ids_are_numbered_in_order_of_appearance():
    first, second = "a" * 32, "b" * 32
    text = f"map_{second} geo_json_{first}_styler map_{second}"
    assert html.renumber_ids(text) == "map_gp1 geo_json_gp2_styler map_gp1"
    assert html.renumber_ids("c" * 64) == "c" * 64


@pytest.mark.parametrize(
    "line",
    [
        "<img alt='' src='x.png'>",
        "<style>a { background: url(x.png) }</style>",
        "<style>@import 'x.css';</style>",
        '<script async src="x.js"></script>',
    ],
)
def test_what_could_fetch_is_found(line):
    with pytest.raises(PageError, match="points outside"):
        html.check_self_contained(f"<head></head>{line}")


def test_a_page_without_a_head_has_no_policy():
    with pytest.raises(PageError, match="no <head>"):
        html.add_policy("<p>")


def test_a_changed_frame_is_noticed():
    with pytest.raises(PageError, match="frame has changed"):
        html.set_language_and_viewport("<html><head></head></html>", "az")


def test_folium_sees_no_word_of_the_user():
    marked = render_page(toy_result(plan=scenario(title=words("QWERTZ"))))
    outside = re.sub(r'<script type="application/json".*?</script>', "", marked, flags=re.DOTALL)
    assert outside.count("QWERTZ") == 1  # the title of the document, escaped


def test_a_changed_vendored_file_is_refused(monkeypatch):
    monkeypatch.setattr(vendored, "_read", lambda _: '{"leaflet": {"sha256": {"leaflet/leaflet.js": "0"}}}')
    with pytest.raises(PageError, match="differs from its manifest"):
        vendored._vendor("leaflet/leaflet.js")


def test_scripts_lose_comments_and_indentation_but_no_code():
    script = "/* why\n * and how */\n  const a = 1; // kept\n  /* one line */\n\tf(a); /* beside */\n"
    assert vendored.lean(script) == "const a = 1; // kept\nf(a); /* beside */\n"


def test_no_text_of_a_script_runs_over_a_line_end():
    """Indentation is taken out of scripts, so it must not be part of a text."""
    for name in (*vendored.SCRIPTS, vendored.TILES):
        code = re.sub(r"/\*.*?\*/", "", vendored._read(f"js/{name}"), flags=re.DOTALL)
        assert not [line for line in code.splitlines() if line.count("`") % 2 or line.endswith("\\\\")], name


def test_blanks_between_numbers_go_and_others_stay():
    assert html.tight_positions("[[1.5, -2], [3, 4]], 'a, b', [x, 1]") == "[[1.5,-2],[3,4]], 'a, b', [x, 1]"
