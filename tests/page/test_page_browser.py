"""The page in Chromium, from a file, without a network: what a planner does with it."""

from __future__ import annotations

import json

import pytest
from browser import opened
from fixture import (
    DISTRICTS,
    PLACES,
    demand,
    toy_result,
    two_years,
)

from geoplan.output.page.page import render_page
from geoplan.output.page.schema import SCHEMA

pytestmark = pytest.mark.browser

COLOURS = """() => geoplan.districts.layers.map(layer => layer.options.fillColor)"""

PLACE_OF = """i => {
  const p = geoplan.bulk.points, box = geoplan.map.getContainer().getBoundingClientRect();
  const at = geoplan.map.latLngToContainerPoint([p.lat[i], p.lon[i]]);
  return [box.x + at.x, box.y + at.y];
}"""

UNNAMED = """() => [...document.querySelectorAll("button, input, select, [role=region], [role=tabpanel]")]
  .filter(n => n.checkVisibility())
  .filter(n => !n.textContent.trim() && !n.getAttribute("aria-label") && !n.getAttribute("aria-labelledby"))
  .filter(n => !(n.labels && n.labels.length))
  .map(n => n.outerHTML.slice(0, 80))"""

TOPS = """[".folium-map", "#gp-kpi", "#gp-legend", "#gp-tabs"]
  .map(s => document.querySelector(s).getBoundingClientRect().top)"""

INJECTION = """() => {
  const s = document.createElement("script");
  s.textContent = "window.hacked = 1";
  document.body.append(s);
}"""

SHARE = '[data-gp-kpi="nation"] .gp-kpi-share'


def point(seen, key):
    return seen.say("key => geoplan.bulk.points.id.indexOf(key)", key)


def test_it_opens_without_a_request_or_a_complaint(seen):
    ready = seen.say("window.geoplanReady")
    assert ready["districts"] == len(DISTRICTS)
    assert seen.text("h1") == "Oyuncaq ölkə"
    seen.clean()


def test_the_districts_are_painted_before_all_else_is_ready(seen):
    marks = seen.say("performance.getEntriesByType('mark').map(m => [m.name, m.startTime])")
    assert dict(marks)["gp-districts"] < dict(marks)["gp-ready"]
    paths = seen.say("document.querySelectorAll('.leaflet-gp-districts-pane path[fill^=\"rgb\"]').length")
    assert paths > 0


def test_languages_switch_and_no_sentence_is_missing(seen):
    for language, title, state in [
        ("ru", "Игрушечная страна", "1 января 2026"),
        ("en", "Toy country", "1 January 2026"),
        ("az", "Oyuncaq ölkə", "1 yanvar 2026"),
    ]:
        seen.page.click(f'[data-gp-language="{language}"]')
        for tab in ("settlements", "districts", "assumptions"):
            seen.set(tab=tab)
            assert "⟦" not in seen.text("body")
        assert seen.text("h1") == title
        assert state in seen.text("header")
        assert seen.say("document.documentElement.lang") == language
        pressed = seen.page.get_attribute(f'[data-gp-language="{language}"]', "aria-pressed")
        assert pressed == "true"
    seen.clean()


def test_every_card_is_whole_in_every_language(seen):
    chosen = [{"kind": "point", "i": i} for i in range(seen.say("geoplan.bulk.points.id.length"))]
    chosen += [{"kind": "district", "i": i} for i in range(len(DISTRICTS))]
    chosen += [
        {"kind": "facilities", "rows": [i]} for i in range(seen.say("geoplan.bulk.facilities.id.length"))
    ]
    for language in ("az", "ru", "en"):
        for selection in chosen:
            seen.say("changes => geoplan.set(changes)", {"lang": language, "selection": selection})
            assert "⟦" not in seen.say("document.getElementById('gp-card').textContent"), selection
    seen.clean()


def test_a_service_changes_colours_and_figures(seen):
    first, share = seen.say(COLOURS), seen.text(SHARE)
    seen.page.click('[data-gp-service="emergency_hospital"]')
    assert seen.say(COLOURS) != first
    assert seen.text(SHARE) != share
    seen.page.click('[data-gp-service="primary_care"]')
    assert "url(#gp-not-assessed)" in seen.say(COLOURS)
    seen.clean()


def test_the_variant_is_a_switch_beside_its_parent(seen):
    box = '[data-gp-service="cardiology_pci_verified"]'
    assert not seen.page.is_checked(box)
    share = seen.text(SHARE)
    seen.page.check(box)
    assert seen.text(SHARE) != share
    assert seen.page.get_attribute('[data-gp-service="cardiology_pci"]', "aria-pressed") == "true"
    seen.page.uncheck(box)
    assert seen.text(SHARE) == share


def test_figures_equal_the_tables(seen, toy):
    rows = toy.coverage_summary.set_index(["level", "id", "service"])
    seen.set(lang="en")
    for service in ("cardiology_pci", "emergency_hospital"):
        seen.page.click(f'[data-gp-service="{service}"]')
        for level, key, card in [
            ("nation", "AZ", "nation"),
            ("group", "outside_baku", "outside_baku"),
            ("group", "liberated", "liberated"),
        ]:
            row = rows.loc[(level, key, service)]
            beyond = row["assessed"] - row["within_target"] - row["unreachable"]
            shown = f'[data-gp-kpi="{card}"] [data-gp-figure='
            assert seen.text(f'{shown}"beyond"] dd') == f"{beyond:,}"
            assert seen.text(f'{shown}"unreachable"] dd') == f"{row['unreachable']:,}"


def test_unreachable_and_not_assessed_are_not_only_colours(seen):
    naxcivan = seen.say("geoplan.head.districts.id.indexOf('AZ-NV')")
    assert seen.say(COLOURS)[naxcivan] == "url(#gp-unreachable)"
    seen.set(theme="settlements")
    assert "Yol yoxdur" in seen.text("#gp-legend")
    assert "Qiymətləndirilməyib" in seen.text("#gp-legend")


def test_part_and_assumed_districts_are_marked(seen):
    assert seen.say("document.querySelectorAll('path[fill=\"url(#gp-part)\"]').length") == 1
    at = seen.say("geoplan.head.districts.id.indexOf('AZ-X-AGD')")
    assert seen.say("i => geoplan.districts.layers[i].options.dashArray", at) == "5 4"


def test_clicking_a_settlement_shows_its_card_and_route(seen):
    seen.set(theme="settlements", lang="en")
    place = seen.say(PLACE_OF, point(seen, "isiqli"))
    seen.page.mouse.click(*place)
    assert seen.text("#gp-card h2") == "Ishigli"
    assert "min" in seen.text('#gp-card [data-gp-minutes="cardiology_pci"]')
    assert seen.say("geoplan.route.layer.getLayers().length") >= 4
    assert "M5" in seen.text(".gp-way")
    seen.page.click('[data-gp-route="oncology_radiotherapy"]')
    assert "M2" in seen.text(".gp-way")
    seen.page.keyboard.press("Escape")
    assert not seen.page.is_visible("#gp-card")
    seen.clean()


def test_a_route_runs_from_the_place_to_the_facility(seen):
    far = seen.say(
        """() => geoplan.bulk.points.id.flatMap((_, i) => geoplan.head.services.map(s => {
             const r = geoplan.route.of(i, s.id); if (!r || !r.line.length) return 0;
             const gaps = r.line.slice(1).map((p, k) => Math.hypot(p[0] - r.line[k][0], p[1] - r.line[k][1]));
             return Math.max(...gaps); })).reduce((a, b) => Math.max(a, b), 0)"""
    )
    assert 0 < far < 0.3  # no jump: pieces of roads meet


def test_less_than_the_error_is_said(seen):
    i = point(
        seen, "lac-lacin"
    )  # place and hospital are known to 1 and 2 km: 3 x 1.3 km at 20 km/h = 11.7 minutes
    assert seen.say("i => geoplan.points.verdict(i, 'emergency_hospital')", i) == "<\u00a015 dəq"


@pytest.mark.parametrize("query", ["Баку", "baki", "Bakı", "BAKI", "baku"])
def test_search_finds_every_spelling(seen, query):
    seen.page.fill("#gp-search", query)
    assert seen.page.get_attribute("[data-gp-count]", "data-gp-count") != "0"
    assert seen.text("#gp-tabs tbody tr:first-child th") == "Bakı"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("isiqli", "Işıqlı"),
        ("ishigli", "Işıqlı"),
        ("ишыглы", "Işıqlı"),
        ("gence", "Gəncə"),
        ("ganca", "Gəncə"),
        ("lachin zabukh", "Zabux"),
    ],
)
def test_search_knows_dots_tails_and_districts(seen, query, name):
    seen.page.fill("#gp-search", query)
    assert seen.text("#gp-tabs tbody tr:first-child th") == name
    seen.page.fill("#gp-search", "zzz")
    assert seen.page.get_attribute("[data-gp-count]", "data-gp-count") == "0"
    assert "Heç nə tapılmadı" in seen.text("#gp-tabs tbody")


def test_the_keyboard_reaches_a_row_and_enter_zooms(seen):
    seen.page.fill("#gp-search", "zabux")
    zoom = seen.say("geoplan.map.getZoom()")
    seen.page.focus("#gp-tabs tbody tr:first-child th button")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_function("z => geoplan.map.getZoom() > z", arg=zoom)
    assert seen.text("#gp-card h2") == "Zabux"
    assert seen.page.get_attribute('tr[data-gp-row="lac-zabux"]', "aria-selected") == "true"
    assert seen.say("document.activeElement.getAttribute('data-gp-focus')") == "row-lac-zabux"


def test_arrows_move_between_rows_and_tabs(seen):
    seen.page.focus("#gp-tabs tbody tr:first-child th button")
    seen.page.keyboard.press("ArrowDown")
    second = seen.page.get_attribute("#gp-tabs tbody tr:nth-child(2)", "data-gp-row")
    assert seen.say("document.activeElement.closest('tr').getAttribute('data-gp-row')") == second
    seen.page.focus("#gp-tab-settlements")
    seen.page.keyboard.press("ArrowRight")
    assert seen.say("document.activeElement.id") == "gp-tab-districts"


def test_tab_visits_controls_in_the_order_of_the_page(seen):
    visited = []
    for _ in range(24):
        seen.page.keyboard.press("Tab")
        visited.append(
            seen.say(
                "document.activeElement.getAttribute('data-gp-focus') || document.activeElement.className"
            )
        )
    assert visited[0] == "gp-skip"
    order = [
        visited.index(k)
        for k in ("language-az", "service-cardiology_pci", "service-cardiology_pci_verified", "zoom.in")
    ]
    assert order == sorted(order)


def test_focus_stays_on_the_control_that_was_used(seen):
    seen.page.focus('[data-gp-language="en"]')
    seen.page.keyboard.press("Enter")
    assert seen.say("document.activeElement.getAttribute('data-gp-language')") == "en"


def test_tables_sort_by_the_alphabet_of_the_language(seen):
    seen.page.click('[data-gp-sort="name"]')
    shown = [name for name in seen.page.locator("#gp-tabs tbody th").all_inner_texts() if name]
    assert (
        shown.index("Gəncə")
        < shown.index("Işıqlı")
        < shown.index("İsmayıllı")
        < shown.index("Qorçu")
        < shown.index("Laçın")
    )
    seen.page.click('[data-gp-sort="name"]')
    assert seen.page.get_attribute("th:has([data-gp-sort='name'])", "aria-sort") == "descending"


def test_the_language_has_its_own_numbers(seen):
    for language, wanted in [("az", "1.234.567,5"), ("ru", "1\u00a0234\u00a0567,5"), ("en", "1,234,567.5")]:
        seen.set(lang=language)
        assert seen.say("geoplan.number(1234567.5, 1)") == wanted
    assert seen.say("geoplan.percent(0.99999, 1)") == "99.9%"
    assert seen.say("geoplan.percent(0.00001, 1)") == "0.1%"
    assert seen.say("geoplan.percent(1, 1)") == "100.0%"


def test_the_table_is_saved_as_csv(seen, tmp_path):
    with seen.page.expect_download() as waiting:
        seen.page.click("[data-gp-csv]")
    waiting.value.save_as(tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("demand_id,name,district_id,population,service,minutes")
    rural = [line for line in lines if line.startswith("rest-")]
    assert len(rural) == 5  # one row a district with rural cells
    assert len(lines) == 1 + len(PLACES) + len(rural)
    seen.clean()


def test_views_and_layers(seen):
    seen.page.click('[data-gp-menu="views"]')
    seen.page.click('[data-gp-view="liberated"]')
    seen.page.wait_for_function("() => geoplan.map.getBounds().getEast() < 50")
    assert seen.say("geoplan.state.theme") == "settlements"
    before = seen.say("document.querySelectorAll('.gp-icon').length")
    seen.page.click('[data-gp-menu="layers"]')
    seen.page.uncheck('[data-gp-layer="facilities"]')
    assert before > 0
    assert seen.say("document.querySelectorAll('.gp-icon').length") == 0
    seen.page.uncheck('[data-gp-layer="roads"]')
    assert seen.say("geoplan.map.hasLayer(geoplan.basemap.roads)") is False
    seen.clean()


def test_facilities_at_one_place_share_an_icon_that_lists_them(seen):
    seen.page.locator(".gp-icon").filter(has_text="2").first.focus()
    seen.page.keyboard.press("Enter")
    assert len(seen.page.locator("#gp-card .gp-facility").all()) == 2
    seen.clean()


def test_the_assumptions_say_what_the_figures_rest_on(seen, toy):
    seen.set(lang="en", tab="assumptions")
    said = seen.text("#gp-tabpanel")
    for wanted in (
        "planning target of this scenario",
        "published norm",
        "GeoNames, CC BY 4.0",
        "5.0 %",
        "The people of all districts add up",
    ):
        assert wanted in said
    seen.page.click('[data-gp-section="run"] summary')
    assert toy.provenance.run_hash in seen.text('[data-gp-section="run"]')


def test_a_finding_without_our_own_sentence_is_marked_as_english(seen):
    seen.set(tab="assumptions")
    assert seen.page.get_attribute('[data-gp-finding="road-assumed"] span', "lang") == "en"


def test_the_phone_has_one_column_and_no_sideways_scroll(chromium, file):
    with opened(chromium, file, width=390, height=844) as seen:
        assert seen.say("document.documentElement.scrollWidth") <= 390
        seen.clean()


def test_on_paper_the_map_comes_before_the_table(seen):
    seen.say("window.dispatchEvent(new Event('beforeprint'))")
    seen.page.emulate_media(media="print")
    tops = seen.say(TOPS)
    assert tops[0] < tops[2] < tops[3]
    assert tops[1] < tops[3]
    assert not seen.page.is_visible("#gp-tools")
    assert "5555" in seen.text("#gp-credit")
    seen.page.emulate_media(media="screen")
    seen.say("window.dispatchEvent(new Event('afterprint'))")
    assert seen.page.is_visible("#gp-tools")
    assert seen.say("document.querySelectorAll('.folium-map img[style*=absolute]').length") == 0
    seen.clean()


def test_the_page_prints_to_a_short_pdf(seen):
    pdf = seen.page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") <= 3


def test_everything_has_a_name_for_a_screen_reader(seen):
    unnamed = seen.say(UNNAMED)
    assert unnamed == []
    assert "60 dəqiqə" in seen.page.get_attribute("[data-gp-map]", "aria-label")


def test_a_scenario_that_reaches_nothing_says_so(chromium, tmp_path):
    result = toy_result(unreached=set(demand().index))
    file = tmp_path / "nothing.html"
    file.write_text(render_page(result), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        assert "Heç bir mərkəzə çatmaq mümkün deyil" in seen.text("#gp-kpi")
        seen.clean()


def test_another_year_changes_figures_and_roads(chromium, tmp_path):
    file = tmp_path / "years.html"
    file.write_text(render_page(two_years()), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        beyond = '[data-gp-kpi="nation"] [data-gp-figure="beyond"] dd'
        closed = "() => geoplan.basemap.roads.getLayers().filter(l => l.options.dashArray).length"
        before = seen.text(beyond)
        assert seen.say(closed) == 1
        seen.page.press("[data-gp-year]", "ArrowRight")
        assert seen.text(beyond) != before
        assert seen.say(closed) == 0
        assert "2030" in seen.text("header")
        seen.clean()


def test_the_policy_stops_what_is_not_ours(seen):
    seen.say(INJECTION)
    assert seen.say("window.hacked") is None
    assert any("Content Security Policy" in problem for problem in seen.problems)


def test_another_schema_is_refused(text, tmp_path, chromium):
    head = json.dumps({"schema": SCHEMA})[1:-1].replace(" ", "")
    file = tmp_path / "other.html"
    file.write_text(text.replace(head, '"schema":99', 1), encoding="utf-8", newline="")
    context = chromium.new_context(offline=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(f"file://{file}")
    page.wait_for_timeout(300)
    assert any("schema 99" in e for e in errors)
    context.close()
