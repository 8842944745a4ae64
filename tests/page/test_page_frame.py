"""The frame of the page: years, views, levels, the legend as a filter, barriers, links and copies."""

from __future__ import annotations

import pytest
from browser import opened
from fixture import two_years

from geoplan.output.page.page import render_page

pytestmark = pytest.mark.browser



@pytest.fixture(scope="session")
def years_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("years") / "index.html"
    path.write_text(render_page(two_years()), encoding="utf-8", newline="")
    return path


@pytest.fixture
def years(chromium, years_file):
    with opened(chromium, years_file) as seen:
        yield seen


def test_the_slider_is_moved_by_keys_and_stays_in_place(years):
    years.page.focus("[data-gp-year]")
    years.say("() => { window.slider = document.querySelector('[data-gp-year]'); }")
    years.page.keyboard.press("ArrowRight")
    assert years.say("geoplan.state.year") == 1
    assert years.say("document.activeElement === window.slider")
    assert years.page.get_attribute("[data-gp-year]", "aria-valuetext") == "2030"
    assert years.text(".gp-year-shown") == "2030"
    assert "1 yanvar 2030" in years.text("header")
    years.page.keyboard.press("Home")
    assert years.say("geoplan.state.year") == 0
    years.clean()


def test_play_goes_on_to_the_last_year_and_stops(years):
    years.page.click("[data-gp-play]")
    assert years.say("geoplan.state.year") == 1
    assert years.page.get_attribute("[data-gp-play]", "aria-label") == "Dayandır"
    years.page.click("[data-gp-play]")
    assert years.page.get_attribute("[data-gp-play]", "aria-label") == "İlləri göstər"
    years.clean()


def test_who_wants_no_motion_gets_one_year_a_press(chromium, years_file):
    context = chromium.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"file://{years_file}")
    page.wait_for_function("window.geoplanReady")
    assert page.get_attribute("[data-gp-play]", "aria-label") == "Növbəti il"
    for wanted in (1, 0):
        page.click("[data-gp-play]")
        assert page.evaluate("geoplan.state.year") == wanted
        assert page.evaluate("geoplan.years.timer") == 0
    context.close()
