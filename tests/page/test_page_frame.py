"""The frame of the page: years, views, levels, the legend as a filter, barriers, links and copies."""

from __future__ import annotations

import itertools

import geopandas as gpd
import pytest
import shapely
from browser import opened
from fixture import demand, facilities, scenario, toy_result, two_years

from geoplan.output.page.page import render_page
from geoplan.scenario.change_roads import CloseRoad

pytestmark = pytest.mark.browser

COLOURS = "() => geoplan.districts.layers.map(layer => layer.options.fillColor)"


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
    page.wait_for_function("() => window.geoplanReady")
    assert page.get_attribute("[data-gp-play]", "aria-label") == "Növbəti il"
    for wanted in (1, 0):
        page.click("[data-gp-play]")
        assert page.evaluate("geoplan.state.year") == wanted
        assert page.evaluate("geoplan.years.timer") == 0
    context.close()


def test_the_legend_hides_a_class_on_map_and_table(seen):
    seen.set(theme="settlements", tab="settlements")
    rows = int(seen.page.get_attribute("[data-gp-count]", "data-gp-count"))
    within = seen.say("geoplan.filter.peopleOfBands().b0")
    assert f"{within:,}".replace(",", ".") in seen.text('[data-gp-legend="b0"]')
    seen.page.focus('[data-gp-legend="unreachable"]')
    seen.page.keyboard.press("Enter")
    assert seen.page.get_attribute('[data-gp-legend="unreachable"]', "aria-pressed") == "false"
    assert seen.say("document.activeElement.getAttribute('data-gp-legend')") == "unreachable"
    left = int(seen.page.get_attribute("[data-gp-count]", "data-gp-count"))
    lost = seen.say("geoplan.model.coverage().tenths.filter(t => t === -1).length")
    assert left == rows - lost
    assert seen.page.locator('[data-gp-row="naxcivan"]').count() == 0
    seen.page.click("[data-gp-legend-all]")
    assert int(seen.page.get_attribute("[data-gp-count]", "data-gp-count")) == rows
    seen.clean()


def test_the_people_of_the_legend_add_up(seen):
    people = seen.say("geoplan.bulk.points.people.reduce((a, b) => a + b, 0)")
    for theme in ("settlements", "districts", "regions"):
        seen.set(theme=theme)
        shown = seen.say("""() => [...document.querySelectorAll('.gp-legend-people')]
            .map(n => Number(n.textContent.replace(/\\D/g, ''))).reduce((a, b) => a + b, 0)""")
        assert shown == people, theme


def test_a_hidden_class_of_districts_loses_its_colour(seen):
    at = seen.say("geoplan.head.districts.id.indexOf('AZ-BA')")
    key = seen.say("i => geoplan.filter.keyOfRow(geoplan.model.districtRow(i))", at)
    before = seen.say("i => geoplan.districts.layers[i].options.fillColor", at)
    seen.page.click(f'[data-gp-legend="{key}"]')
    assert seen.say("i => geoplan.districts.layers[i].options.fillColor", at) != before
    # bands and classes belong to a service: another one starts whole
    seen.page.click('[data-gp-service="emergency_hospital"]')
    assert seen.say("geoplan.state.hidden") == ""
    seen.clean()


def test_regions_are_a_level_of_their_own(seen):
    seen.page.click('[data-gp-theme="regions"]')
    by_region = {}
    for region, colour in zip(seen.say("geoplan.head.districts.region"), seen.say(COLOURS), strict=True):
        by_region.setdefault(region, set()).add(colour)
    assert all(len(found) == 1 for found in by_region.values())
    assert seen.say("geoplan.map.hasLayer(geoplan.regions.lines)")
    seen.page.click('[data-gp-tab="regions"]')
    assert seen.page.locator("#gp-tabs tbody tr").count() == seen.say("geoplan.head.regions.id.length")
    seen.page.focus('[data-gp-row="karabakh"] button')
    seen.page.keyboard.press("Enter")
    assert seen.text("#gp-card h2") == "Karabakh"
    assert seen.page.locator("#gp-card [data-gp-target]").count() == 5
    seen.set(theme="districts")
    assert not seen.say("geoplan.map.hasLayer(geoplan.regions.lines)")
    seen.clean()


def test_borders_of_regions_run_only_where_two_regions_meet(seen, toy):
    seen.set(theme="regions")
    drawn = shapely.MultiLineString(
        seen.say("geoplan.regions.lines.getLayers()[0].getLayers()[0].feature.geometry.coordinates")
    )
    regions = toy.districts.geometry.groupby(toy.districts["region_id"]).agg(shapely.union_all)
    wanted = [a.boundary.intersection(b.boundary) for a, b in itertools.combinations(regions, 2)]
    assert drawn.length == pytest.approx(shapely.union_all(wanted).length, abs=0.01)


def test_the_menu_of_views_opens_goes_and_closes(seen):
    seen.page.click('[data-gp-menu="views"]')
    before = seen.say("geoplan.map.getCenter().lng")
    seen.page.click('[data-gp-region="nakhchivan"]')
    seen.page.wait_for_function("() => geoplan.map.getCenter().lng < 46")
    assert before > 46
    assert not seen.page.is_visible(".gp-menu-list")
    seen.page.click('[data-gp-menu="views"]')
    seen.page.keyboard.press("Escape")
    assert not seen.page.is_visible(".gp-menu-list")
    seen.clean()


def test_the_rural_rest_is_one_row_a_district(seen, toy):
    seen.set(lang="en")
    cells = toy.coverage_by_settlement.query(
        "demand_kind == 'rural_cell' and district_id == 'AZ-SAK' and service == 'cardiology_pci'"
    )
    mean = (cells["minutes"] * cells["population"]).sum() / cells["population"].sum()
    row = seen.page.locator('[data-gp-row="rest-AZ-SAK"]')
    assert row.locator("td").all_inner_texts()[:2] == ["Shaki", f"{cells['population'].sum():,}"]
    assert row.locator("td").nth(2).inner_text() == f"{mean:.0f}"
    row.locator("button").press("Enter")
    assert seen.text("#gp-card h2") == "Shaki"


def test_the_card_of_a_district_names_the_places_that_wait_longest(seen):
    at = seen.say("geoplan.head.districts.id.indexOf('AZ-SAK')")
    seen.set(selection={"kind": "district", "i": at})
    worst = seen.page.locator("[data-gp-worst]")
    assert worst.first.get_attribute("data-gp-worst") in ("seki", "isiqli")
    worst.first.click()
    assert seen.say("geoplan.state.selection.kind") == "point"
    seen.clean()


def test_the_card_of_a_facility_counts_whom_it_is_nearest_to(seen, toy):
    rows = toy.coverage_by_settlement
    people = rows[(rows["facility_id"] == "f-gence") & (rows["service"] == "cardiology_pci")][
        "population"
    ].sum()
    at = seen.say("geoplan.bulk.facilities.id.indexOf('f-gence')")
    seen.set(lang="en", selection={"kind": "facilities", "rows": [at]})
    assert seen.text('[data-gp-catchment="cardiology_pci"] dd') == f"{people:,}"


def address(seen):
    return seen.say("geoplan.link.address()")


def test_a_link_brings_back_what_was_shown(chromium, years):
    years.page.press("[data-gp-year]", "ArrowRight")
    years.set(
        lang="ru",
        theme="settlements",
        tab="districts",
        service=2,
        hidden="unreachable",
        roads=False,
        selection={"kind": "point", "i": point_of(years, "seki")},
    )
    years.say("geoplan.map.setView([40.2, 47.1], 9, {animate: false})")
    link = address(years)
    assert link.startswith("file://")
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(link)
    page.wait_for_function("() => window.geoplanReady")
    state = page.evaluate("geoplan.state")
    wanted = {
        "lang": "ru",
        "theme": "settlements",
        "tab": "districts",
        "service": 2,
        "year": 1,
        "roads": False,
    }
    assert {key: state[key] for key in wanted} == wanted
    assert state["hidden"] == "unreachable"
    assert "Шеки" in page.inner_text("#gp-card h2")
    assert page.evaluate("geoplan.map.getZoom()") == 9
    assert abs(page.evaluate("geoplan.map.getCenter().lat") - 40.2) < 0.01
    assert page.locator("[data-gp-notice]").count() == 0
    context.close()


def point_of(seen, key):
    return seen.say("key => geoplan.bulk.points.id.indexOf(key)", key)


def test_the_address_follows_and_asks_nothing(seen):
    seen.set(lang="en")
    seen.page.wait_for_function("() => location.hash.includes('lang=en')")
    seen.set(hidden="b0")
    seen.page.wait_for_function("() => location.hash.includes('hide=b0')")
    seen.clean()


def test_a_link_of_another_run_is_refused_with_a_word(chromium, file):
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(f"file://{file}#run=000011112222&lang=en&service=emergency_hospital")
    page.wait_for_function("() => window.geoplanReady")
    said = page.inner_text('[data-gp-notice="link.other"]')
    assert "000011112222" in said
    assert "5" * 12 in said
    assert page.evaluate("[geoplan.state.lang, geoplan.state.service]") == ["az", 0]
    context.close()


@pytest.mark.parametrize(
    "piece",
    [
        "service=nothing", "year=1900", "select=point:nobody", "select=odd", "hide=<img src=x>", "map=a,b,c",
        "mode=odd", "tab=__proto__", "changes=[1", "odd=1", "level=world",
    ],
)  # fmt: skip
def test_an_unknown_piece_of_a_link_is_named_and_the_rest_holds(chromium, file, piece):
    context = chromium.new_context(offline=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(f"file://{file}#run={'5' * 12}&lang=en&{piece}")
    page.wait_for_function("() => window.geoplanReady")
    assert piece.partition("=")[0] in page.inner_text('[data-gp-notice="link.part"]')
    assert page.evaluate("geoplan.state.lang") == "en"
    assert errors == []
    context.close()


def test_the_link_is_copied_or_shown_to_be_copied(seen):
    seen.set(lang="en")
    seen.say(
        "() => { navigator.clipboard.writeText = async text => { window.copied = text; }; }",
    )
    seen.page.click('[data-gp-copy="link"]')
    assert "run=555555555555" in seen.say("window.copied")
    assert seen.text("#gp-say") == "Link copied"
    # a page of a file without a clipboard
    seen.say("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    seen.say("() => { document.execCommand = () => false; }")
    seen.page.click('[data-gp-copy="figures"]')
    assert "Azerbaijan" in seen.page.input_value("[data-gp-copy-dialog] textarea")
    seen.page.keyboard.press("Escape")
    seen.page.locator("[data-gp-copy-dialog]").wait_for(state="detached", timeout=5000)
    seen.clean()


def test_the_figures_are_copied_as_the_cards_say_them(seen):
    seen.set(lang="en")
    said = seen.say("geoplan.download.figures()")
    assert seen.text("h1") in said
    assert seen.text('[data-gp-kpi="nation"] .gp-kpi-share') in said
    assert seen.text('[data-gp-kpi="liberated"] [data-gp-figure="unreachable"] dd') in said
    assert "5" * 12 in said


AREA = "POLYGON ((47 40.2, 47.4 40.2, 47.4 40.5, 47 40.5, 47 40.2))"


def barriers():
    """A mined area that is cleared in 2028, a flood yet to come, and a road that a polygon does not name."""
    return (
        CloseRoad(change="close_road", inside=AREA, reason="mines", until=2028, where="s.toml:3"),
        CloseRoad(change="close_road", inside=AREA.replace("47.4", "47.3"), reason="flood", start=2030),
        CloseRoad(change="close_road", road="m2-baki-kurdemir"),
    )


def test_areas_that_bind_roads_are_hatched_with_name_and_dates(chromium, tmp_path):
    file = tmp_path / "barriers.html"
    text = render_page(toy_result(plan=scenario(changes=barriers())))
    file.write_text(text, encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        seen.set(lang="en")
        paths = seen.page.locator(".leaflet-gp-barriers-pane path")
        assert paths.count() == 2
        assert paths.nth(0).get_attribute("fill") == "url(#gp-barrier)"
        assert paths.nth(1).get_attribute("fill") == "none"
        assert seen.say("geoplan.barriers.labels().map(l => l.text)") == [
            "Mined area",
            "until 1 January 2028",
        ]
        seen.page.click('[data-gp-menu="layers"]')
        seen.page.uncheck('[data-gp-layer="barriers"]')
        assert paths.count() == 0
        seen.clean()


def test_a_run_without_such_areas_offers_no_layer(seen):
    assert seen.page.locator('[data-gp-layer="barriers"]').count() == 0


def test_where_nobody_lives_the_page_says_so(chromium, tmp_path):
    people = demand().assign(population=0, planned_persons=0)
    file = tmp_path / "nobody.html"
    file.write_text(render_page(toy_result(people=people)), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        seen.set(lang="en")
        assert "nobody lives" in seen.text("#gp-kpi").lower()
        for theme in ("settlements", "regions"):
            seen.set(theme=theme)
        assert "⟦" not in seen.text("body")
        seen.clean()


def test_a_service_without_a_facility_says_so(chromium, tmp_path):
    file = tmp_path / "none.html"
    result = toy_result(places=facilities().assign(services="oncology_surgery"))
    file.write_text(render_page(result), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        seen.set(lang="en")
        assert seen.page.locator('[data-gp-state="no-facility"]').count() == 1
        assert "No facility gives this service" in seen.text("#gp-kpi")
        seen.clean()


def test_a_table_of_twenty_thousand_rows_draws_those_in_sight(seen):
    seen.say("""() => { geoplan.rows.sorted = () => Array.from({ length: 20000 },
        (_, k) => ({ kind: "point", i: k % 14, k })); }""")
    seen.set(lang="en")
    drawn = seen.page.locator("#gp-tabs tbody tr[data-gp-row]")
    assert seen.text("[data-gp-count]") == "20,000 in all"
    assert 20 < drawn.count() < 120
    seen.say("() => { const box = document.querySelector('.gp-scroll'); box.scrollTop = box.scrollHeight; }")
    seen.page.locator('#gp-tabs tr[aria-rowindex="20001"]').wait_for(timeout=5000)
    assert drawn.count() < 120
    assert seen.page.get_attribute("#gp-tabs table", "aria-rowcount") == "20001"
    seen.clean()


def test_the_table_is_saved_as_geojson(seen, toy, tmp_path):
    seen.set(lang="en")
    for tab, kinds in [
        ("settlements", {"Point"}),
        ("districts", {"Polygon", "MultiPolygon"}),
        ("regions", {"MultiPolygon"}),
    ]:
        seen.set(tab=tab)
        with seen.page.expect_download() as waiting:
            seen.page.click("[data-gp-geojson]")
        waiting.value.save_as(tmp_path / f"{tab}.geojson")
        found = gpd.read_file(tmp_path / f"{tab}.geojson")
        assert len(found) == int(seen.page.get_attribute("[data-gp-count]", "data-gp-count"))
        assert set(found.geometry.geom_type) <= kinds
        assert found.geometry.is_valid.all()
    districts = gpd.read_file(tmp_path / "districts.geojson").set_index("district_id")
    assert districts.loc["AZ-SAK", "name"] == "Shaki"
    regions = gpd.read_file(tmp_path / "regions.geojson").set_index("region_id").geometry
    wanted = toy.districts.geometry.groupby(toy.districts["region_id"]).agg(shapely.union_all)
    for region, shape in regions.items():
        assert shape.symmetric_difference(wanted[region]).area == pytest.approx(0, abs=1e-3)
    seen.clean()


def test_what_the_legend_hides_is_not_saved(seen, tmp_path):
    seen.set(hidden="unreachable")
    with seen.page.expect_download() as waiting:
        seen.page.click("[data-gp-csv]")
    waiting.value.save_as(tmp_path / "table.csv")
    assert ",unreachable," not in (tmp_path / "table.csv").read_text(encoding="utf-8")


def test_the_alphabet_and_the_months_are_those_of_the_language(seen):
    words = ["Zaqatala", "Çıraq", "Cəlil", "Xızı", "Həsən", "İmişli", "Işıqlı", "Qax", "Kür", "Əli", "Elçin"]
    ordered = [
        "Cəlil",
        "Çıraq",
        "Elçin",
        "Əli",
        "Həsən",
        "Xızı",
        "Işıqlı",
        "İmişli",
        "Kür",
        "Qax",
        "Zaqatala",
    ]
    assert seen.say("words => words.sort(geoplan.collator())", words) == ordered
    said = []
    for language in ("az", "ru", "en"):
        seen.set(lang=language)
        said.append(seen.say("[geoplan.day('2026-05-01'), geoplan.day('soon')]"))
    assert [day for day, _ in said] == ["1 may 2026", "1 мая 2026 г.", "1 May 2026"]
    assert {other for _, other in said} == {"soon"}


def test_icons_are_named_in_the_language_shown(seen):
    seen.set(lang="en")
    names = seen.say(
        "() => [...document.querySelectorAll('.gp-icon')].map(n => n.getAttribute('aria-label'))"
    )
    assert "2 facilities here" in names
    seen.set(lang="ru")
    assert not seen.page.locator('.gp-icon[aria-label="2 facilities here"]').count()
    seen.clean()
