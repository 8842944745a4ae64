"""What a fresh reader must not misread: shares of whom, the same word for the same number, what counts."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from browser import opened
from fixture import facilities, scenario, toy_result, two_years

from geoplan.errors import Finding
from geoplan.output.page.page import render_page
from geoplan.output.page.vendored import catalogue
from geoplan.result import ChangeRow
from geoplan.sources import SHIPPED

pytestmark = pytest.mark.browser

LANGUAGES = ("az", "ru", "en")
BASIS = "census of 2019 by residence"
SPOKEN = (
    Finding("note", "population-basis", f"4399641 people of 13 districts are counted by: {BASIS}.", "", "",
            (("persons", 4_399_641), ("districts", 13), ("basis", BASIS))),
    Finding("note", "settlement-without-population", "1234 settlements have no population figure.", "", "",
            (("settlements", 1234),)),
    Finding("note", "rural-people-nowhere", "12345 people of AZ-SAK found no place.", "", "",
            (("district", "AZ-SAK"), ("persons", 12_345))),
    Finding("note", "place-unknown", "1498 returned people.", "", "", (("persons", 1498), ("year", 2026))),
    Finding("note", "place-unknown", "1498 returned people.", "", "", (("persons", 1498), ("year", 2027))),
)  # fmt: skip
SHEET = """() => {
  const all = L.latLngBounds([]);
  geoplan.map.eachLayer(l => {
    if (l.options.pane === "gp-neighbours" && l.getBounds) all.extend(l.getBounds());
  });
  return all.toBBoxString();
}"""
RIGHT = """Math.max(...[...document.querySelectorAll("#gp-services :is(button, label)")]
  .map(n => n.getBoundingClientRect().right))"""
OWN = ("resettlement: own table mine.csv", "© OpenStreetMap contributors, ODbL 1.0, data of 2026-01-01")


def change(thing, attribute, old, new, *, start=""):
    return ChangeRow((f"facility {thing}", "open", start), thing, attribute, start, old, new, "s.toml:3")


LOG = (
    change("f-agdam", "status", "construction", "operating", start="2030-01-01"),
    change("f-agdam", "services", "emergency_hospital", "emergency_hospital;cardiology_pci"),
    change("cardiology_pci", "target_minutes", "60", "45"),
    change("returned people", "persons on 2030-01-01", "25015", "75469"),
    change("<img src=x onerror=window.hacked=1>", "note", "<b>", "</script>"),
)


@pytest.fixture
def page(chromium, tmp_path):
    """Return a function that opens the page of a result; closed at the end of the test."""
    contexts = []

    def show(result, **size):
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(render_page(result), encoding="utf-8", newline="")
        contexts.append(opened(chromium, file, **size))
        return contexts[-1].__enter__()

    yield show
    for context in contexts:
        context.__exit__(None, None, None)


def district(seen, key):
    return seen.say("key => geoplan.head.districts.id.indexOf(key)", key)


def part_assessed(toy):
    """Return people of Aghdam by the toy's own table: all, and those assessed for primary care."""
    rows = toy.coverage_summary.set_index(["level", "id", "service"])
    row = rows.loc[("district", "AZ-AGM", "primary_care")]
    return int(row["population"]), int(row["assessed"])


def test_a_share_of_a_part_says_of_how_many(seen, toy):
    people, assessed = part_assessed(toy)
    assert 0 < assessed < people
    seen.page.click('[data-gp-service="primary_care"]')
    seen.set(lang="en", tab="districts")
    of_whom = f"of {assessed:,} assessed"
    assert of_whom in seen.text('tr[data-gp-row="AZ-AGM"]')
    assert "assessed" not in seen.text('tr[data-gp-row="AZ-LAC"]')
    assert seen.text('tr[data-gp-row="AZ-BA"] td.gp-num >> nth=1') == "Not assessed"
    assert of_whom.split(maxsplit=1)[0] in seen.page.get_attribute("[data-gp-map]", "aria-label")
    seen.set(service=0, selection={"kind": "district", "i": district(seen, "AZ-AGM")})
    assert of_whom in seen.text("#gp-card .gp-nearest")
    seen.set(selection={"kind": "district", "i": district(seen, "AZ-BA")}, service=4)
    assert re.search(r"Nobody is assessed \([\d,]+ people\)", seen.text("#gp-card"))


def test_the_same_words_mean_the_same_number():
    for language in LANGUAGES:
        words = catalogue()[language]
        assert words["kpi.unreachable"] == words["state.unreachable"]
    assert catalogue()["en"]["kpi.beyond"] == "Beyond the target by road"


def test_the_saved_table_has_a_name_of_its_own_for_beyond_by_road(seen, toy, tmp_path):
    seen.set(tab="districts")
    with seen.page.expect_download() as waiting:
        seen.page.click("[data-gp-csv]")
    waiting.value.save_as(tmp_path / "table.csv")
    raw = (tmp_path / "table.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    heads = raw.decode("utf-8").splitlines()[0].split(",")
    assert "beyond_target_by_road" in heads
    assert "beyond_target" not in heads  # the tables of the run mean more by it


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_saved_table_is_a_formula(chromium, tmp_path, start):
    from fixture import demand

    people = demand()
    people["name_az"] = f"{start}1+1"
    file = tmp_path / "page.html"
    file.write_text(render_page(toy_result(people=people)), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        with seen.page.expect_download() as waiting:
            seen.page.click("[data-gp-csv]")
        waiting.value.save_as(tmp_path / "table.csv")
        text = (tmp_path / "table.csv").read_bytes().decode("utf-8")
        assert f"'{start}1+1" in text
        assert f",{start}1+1" not in text


def test_what_does_not_count_here_is_faint_and_says_so(seen):
    i = seen.say("geoplan.bulk.facilities.id.indexOf('f-gence')")
    faint = "i => geoplan.facilities.iconOf(i, 1).querySelector('g').getAttribute('opacity')"
    seen.set(lang="en")
    assert seen.say(faint, i) is None
    assert "not counted here" not in seen.say("i => geoplan.facilities.describe(i)", i)
    seen.page.check('[data-gp-service="cardiology_pci_verified"]')
    assert float(seen.say(faint, i)) < 1
    assert "not counted here" in seen.say("i => geoplan.facilities.describe(i)", i)
    assert "not counted here" in seen.say("document.getElementById('gp-legend').textContent")
    icon = seen.page.locator(".gp-icon[aria-label*='not counted here']", has_text="?")
    icon.hover()
    assert "not counted here" in seen.text(".leaflet-tooltip")
    icon.click()
    assert "not counted here" in seen.text("#gp-card")
    seen.clean()


def test_no_district_is_a_silent_tab_stop(seen):
    stops = []
    for _ in range(90):
        seen.page.keyboard.press("Tab")
        stops.append(seen.say("document.activeElement.tagName.toLowerCase()"))
    assert "body" in stops  # all the way round
    assert "path" not in stops


def test_a_tooltip_does_not_stay_in_the_old_language(seen):
    at = seen.say(
        """() => { const box = geoplan.map.getContainer().getBoundingClientRect();
           const p = geoplan.map.latLngToContainerPoint([40.0, 49.0]); return [box.x + p.x, box.y + p.y]; }"""
    )
    seen.page.mouse.move(*at)
    assert "Bakı" in seen.text(".leaflet-tooltip")
    seen.set(lang="en")
    seen.page.wait_for_selector(".leaflet-tooltip", state="detached", timeout=5000)
    seen.page.mouse.move(at[0] + 2, at[1])
    assert "Baku" in seen.text(".leaflet-tooltip")
    seen.clean()


@pytest.mark.parametrize("language", ["az", "ru"])
def test_findings_and_sources_are_said_in_the_language(page, language):
    result = toy_result(findings=SPOKEN, attributions=(*SHIPPED.values(), *OWN))
    seen = page(result)
    seen.set(lang=language, tab="assumptions")
    assert seen.say("document.querySelectorAll('#gp-tabpanel [data-gp-finding] [lang=en]').length") == 0
    said = seen.say("document.getElementById('gp-tabpanel').textContent")
    foreign = (BASIS, "public domain", "the sources in each row", "own table", "data of", "contributors")
    assert [words for words in foreign if words in said] == []
    assert seen.say("geoplan.number(4399641)") in said
    assert seen.say("geoplan.number(1234)") in said
    assert "mine.csv" in said
    assert "AZ-SAK" not in said
    assert seen.say("document.querySelectorAll('[data-gp-finding=place-unknown]').length") == 1
    paper = seen.say("document.querySelector('#gp-credit .gp-paper-only').textContent")
    assert "public domain" not in paper
    seen.clean()


def test_every_shipped_source_has_its_sentence():
    for name, text in SHIPPED.items():
        assert catalogue()["en"][f"attribution.{name}"] == text


def test_every_shipped_basis_has_its_sentence():
    import csv

    from geoplan import shipped

    with shipped.table("district_population").open(encoding="utf-8", newline="") as file:
        bases = {row["basis"] for row in csv.DictReader(file)}
    assert {b for b in bases if f"basis.{b}" not in catalogue()["az"]} == set()


def test_a_facility_stands_in_a_place_with_the_name_of_the_language(seen):
    i = seen.say("geoplan.bulk.facilities.id.indexOf('f-gence')")
    for language, name in [("az", "Gəncə"), ("ru", "Гянджа"), ("en", "Ganja")]:
        seen.set(lang=language, selection={"kind": "facilities", "rows": [i]})
        assert f"{name}, {name}" in seen.text("#gp-card .gp-facts")  # place, district


def test_all_follows_the_year(page):
    """A hospital that opens, people who leave, a road that opens: each year shows its own."""
    result = two_years()
    now, later = result.years
    open_now = later.facilities.assign(
        status=later.facilities["status"].where(later.facilities.index != "f-agdam", "operating"),
        counts=later.facilities["counts"] | (later.facilities.index == "f-agdam"),
    )
    seen = page(replace(result, years=(now, replace(later, facilities=open_now))))
    i = seen.say("geoplan.bulk.facilities.id.indexOf('f-agdam')")
    place = seen.say("geoplan.bulk.points.id.indexOf('seki')")
    seen.set(lang="en", selection={"kind": "facilities", "rows": [i]})
    assert "under construction" in seen.text("#gp-card")
    seen.page.press("[data-gp-year]", "ArrowRight")
    assert "operating" in seen.text("#gp-card")
    assert "2030" in seen.text("header")
    seen.set(selection={"kind": "point", "i": place})
    assert "61,200" in seen.text("#gp-card")
    assert "61,200" in seen.text('tr[data-gp-row="seki"]')
    seen.page.press("[data-gp-year]", "ArrowLeft")
    assert "68,000" in seen.text("#gp-card")
    assert "68,000" in seen.text('tr[data-gp-row="seki"]')
    assert seen.say("i => geoplan.bulk.facilities.status[i]", i) == "construction"
    seen.clean()


def test_a_single_year_offers_no_choice(seen):
    assert seen.page.locator("[data-gp-year]").count() == 0


def test_what_the_scenario_changes_is_listed(page):
    seen = page(replace(toy_result(), changes_log=LOG))
    seen.set(lang="en", tab="assumptions")
    said = seen.text('[data-gp-section="changes"]')
    for wanted in (
        "Ağdam", "from 1 January 2030", "status: under construction → operating", "target, min: 60 → 45",
        "people on 1 January 2030: 25,015 → 75,469", "s.toml:3", "<img src=x onerror=window.hacked=1>",
        "hospital", "<b> → </script>",
    ):  # fmt: skip
        assert wanted.lower() in said.lower()
    assert seen.say("window.hacked") is None
    for language in ("az", "ru"):
        seen.set(lang=language)
        assert "⟦" not in seen.text("#gp-tabpanel")
    seen.clean()


def test_a_scenario_without_changes_has_no_such_section(seen):
    seen.set(tab="assumptions")
    assert seen.page.locator('[data-gp-section="changes"]').count() == 0


def test_less_than_is_explained(seen):
    seen.set(tab="assumptions", lang="en")
    assert "may cross it" in seen.text('[data-gp-section="method"]')


def test_the_whole_row_answers(seen):
    seen.page.click('tr[data-gp-row="lac-zabux"] td:last-child')
    assert seen.text("#gp-card h2") == "Zabux"
    seen.set(tab="districts")
    seen.page.click('tr[data-gp-row="AZ-LAC"] td:last-child')
    assert seen.text("#gp-card h2") == "Laçın"
    assert seen.say("getComputedStyle(document.querySelector('tr[data-gp-row] td')).cursor") == "pointer"


def test_on_a_phone_a_chosen_place_is_shown_on_the_map(chromium, file):
    with opened(chromium, file, width=390, height=844) as seen:
        seen.page.emulate_media(reduced_motion="reduce")
        row = seen.page.locator('tr[data-gp-row="seki"] th button')
        row.scroll_into_view_if_needed()
        assert seen.say("window.scrollY") > 100
        row.click()
        seen.page.wait_for_timeout(400)
        place = seen.say("document.querySelector('.folium-map').getBoundingClientRect().top")
        assert abs(place) < 5
        card = seen.say("document.getElementById('gp-card').getBoundingClientRect().top")
        ends = seen.say(
            """() => { const b = geoplan.map.getContainer().getBoundingClientRect();
               return [geoplan.route.bounds.getNorthWest(), geoplan.route.bounds.getSouthEast()]
                 .map(p => geoplan.map.latLngToContainerPoint(p)).map(p => [p.x + b.x, p.y + b.y]); }"""
        )
        for x, y in ends:
            assert 0 <= x <= 390
            assert 0 <= y <= card
        seen.clean()


def test_the_background_fills_a_phone(chromium, file):
    with opened(chromium, file, width=390, height=844) as seen:
        box = seen.say("geoplan.map.getBounds().toBBoxString()").split(",")
        sheet = seen.say(SHEET).split(",")
        box, sheet = np.array(box, float), np.array(sheet, float)
        assert sheet[1] < box[1]
        assert sheet[3] > box[3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_at_a_middling_width(chromium, file, language):
    with opened(chromium, file, width=1024, height=768) as seen:
        seen.set(lang=language)
        right = seen.say(RIGHT)
        assert right <= 1024
        seen.clean()


@pytest.mark.parametrize("language", LANGUAGES)
def test_paper_says_whose_route_it_is_and_keeps_its_sources_on_page_one(page, language):
    result = toy_result(attributions=(*SHIPPED.values(), *OWN), plan=scenario())
    seen = page(result, width=1047, height=718)  # A4 landscape less 10 mm on each side
    place = seen.say("geoplan.bulk.points.id.indexOf('isiqli')")
    seen.set(lang=language, theme="settlements", selection={"kind": "point", "i": place})
    title = seen.say("i => geoplan.points.title(i)", place)
    for service in range(5):
        seen.set(service=service)
        seen.say("window.dispatchEvent(new Event('beforeprint'))")
        seen.page.emulate_media(media="print")
        if service == 0:
            said = seen.text("#gp-chosen")
            assert title in said
            assert "km" in said or "км" in said
        bottom = seen.say("document.getElementById('gp-credit').getBoundingClientRect().bottom")
        assert bottom <= 718
        seen.page.emulate_media(media="screen")
        seen.say("window.dispatchEvent(new Event('afterprint'))")
    assert not seen.page.is_visible("#gp-chosen")
    seen.clean()


def test_a_year_costs_only_what_differs():
    from geoplan.output.page import data

    result = two_years()
    bulk = data.bulk(result)
    assert set(bulk["points_later"][0]) == {"people"}
    assert bulk["facilities_later"] == [{}]
    assert len(bulk["facilities"]["id"]) == len(facilities())
