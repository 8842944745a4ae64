"""Panels and layers that a section of the result brings: there with data that show it, or not at all."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from browser import opened
from fixture import toy_result
from rich_fixture import areas, phasing, rich_result, siting

from geoplan.output.page.page import render_page
from geoplan.output.page.sections_data import PLACE_STEPS, sections

pytestmark = pytest.mark.browser

TABLE = """key => {
  const box = document.querySelector(`[data-gp-chart="${key}"]`);
  return {
    points: [...box.querySelectorAll("svg [role=img]")].map(n => n.getAttribute("aria-label")),
    titles: [...box.querySelectorAll("svg title")].map(n => n.textContent),
    rows: [...box.querySelectorAll("tbody tr")].map(r => [...r.children].map(c => c.textContent)),
    axis: [...box.querySelectorAll(".gp-chart-label, .gp-chart-unit")].map(n => n.textContent),
  };
}"""

BARS = """key => [...document.querySelectorAll(`[data-gp-chart="${key}"] .gp-chart-row`)].map(row => {
  const box = row.querySelector("rect"), at = name => Number(box.getAttribute(name));
  const ends = (row.querySelector(".gp-chart-interval") || { getAttribute: () => "" }).getAttribute("d");
  const found = (ends.match(/M([\\d.]+) /g) || []).map(t => Number(t.slice(1)));
  return { x: at("x"), width: at("width"), ends: [...new Set(found)] };
})"""

FOCUSED = """() => [...document.querySelectorAll("#gp-tabpanel [tabindex='0']")]
.filter(n => n.checkVisibility()).map(n => {
  n.focus();
  return document.activeElement === n && Boolean(n.getAttribute("aria-label"));
})"""

RINGS = """service => {
  geoplan.set({ service, theme: "settlements", areas: true });
  const drawn = geoplan.serviceAreas.drawn[0].getLayers().slice().reverse();
  return drawn.map(layer => layer.getLatLngs().map(p => p.map(ring => ring.map(c => [c.lng, c.lat]))));
}"""

CELLS = """() => [...document.querySelectorAll("[data-gp-phases] tbody tr")]
  .map(row => [...row.children].map(cell => cell.textContent))"""

CLOSE_ONE = """async () => {
  await geoplan.whatif.toggle(geoplan.model.coverage().facility.find(i => i >= 0));
}"""

LAYERS = {
    "roads": ".leaflet-gp-roads-pane path",
    "facilities": ".gp-icon:not(.gp-star)",
    "proposed": ".gp-star",
    "areas": ".leaflet-pane.leaflet-gp-areas-pane path, .leaflet-gp-areas-pane path",
    "flows": ".leaflet-gp-flows-pane canvas",
}


@pytest.fixture(scope="module")
def rich(chromium, tmp_path_factory):
    file = tmp_path_factory.mktemp("rich") / "index.html"
    file.write_text(render_page(rich_result()), encoding="utf-8", newline="")
    with opened(chromium, file) as page:
        page.set(lang="en")
        yield page


def number(text):
    return float(re.sub(r"[^\d.-]", "", text.replace("\u2212", "-")))


# --- absent: no trace -------------------------------------------------------------------------------------


def test_a_result_without_sections_has_no_trace_of_them(seen, toy):
    assert sections(toy) == {}
    for tab in ("siting", "phasing"):
        assert not seen.page.query_selector(f'[data-gp-tab="{tab}"]')
    for layer in ("areas", "proposed"):
        assert not seen.page.query_selector(f'[data-gp-layer="{layer}"]')
    assert seen.say("document.querySelectorAll('.gp-star').length") == 0
    seen.set(tab="siting")  # as a link to another page may ask
    assert seen.say("geoplan.state.tab") == "settlements"
    seen.clean()


# --- siting -----------------------------------------------------------------------------------------------


def test_each_chart_says_what_its_table_says(rich):
    rich.set(tab="siting")
    for key in ("gains", "frontier", "frontier_by_money", "robustness", "by_district"):
        chart = rich.say(TABLE, key)
        assert chart["points"] == chart["titles"]
        assert len(chart["points"]) >= 3, key
        assert all(chart["axis"]), key
        for words in chart["points"]:
            # every number that a point tells stands in the table
            cells = {
                number(c)
                for row in chart["rows"]
                for cell in row
                for c in re.split(r"[;–→]", cell)
                if re.search(r"\d", c)
            }
            told = [number(n) for n in re.findall(r"[+\u2212-]?\d[\d,.]*", words.replace("95 %:", ""))]
            assert set(told) <= cells, (key, words)
    rich.clean()


def test_the_tables_are_those_of_the_answer(rich):
    rich.set(tab="siting")
    gains = siting().tables["gains"]
    shown = rich.say(TABLE, "gains")["rows"]
    assert [row[0] for row in shown] == list(gains["name_en"])
    assert [number(row[1]) for row in shown] == list(gains["gain_people"])
    assert [number(row[2]) for row in shown] == [round(v, 1) for v in gains["mean_minutes_saved"]]
    frontier = siting().tables["frontier"]
    shown = rich.say(TABLE, "frontier")["rows"]
    assert [[number(c) for c in row[:3]] for row in shown] == frontier[
        ["open", "people_covered", "cost"]
    ].to_numpy().tolist()
    change = siting().tables["by_district"].set_index("district_id")
    shown = {row[0]: number(row[3]) for row in rich.say(TABLE, "by_district")["rows"]}
    assert shown["Shaki"] == change.loc["AZ-SAK", "covered_after"]
    assert shown["Ismayilli"] == -3000


def test_bars_are_as_long_as_their_numbers_and_intervals_hold_them(rich):
    rich.set(tab="siting")
    robust = siting().tables["robustness"]
    bars = rich.say(BARS, "robustness")
    scale = bars[0]["width"] / robust["share"][0]
    for bar, row in zip(bars, robust.itertuples(), strict=True):
        assert bar["width"] == pytest.approx(row.share * scale, abs=0.3)
        low, high = ((end - bar["x"]) / scale for end in (min(bar["ends"]), max(bar["ends"])))
        # drawn to a tenth of a pixel; the end at the mean line is the low one again
        assert low == pytest.approx(row.share_low, abs=0.002)
        assert high == pytest.approx(row.share_high, abs=0.002)
    gain, *_, loss = rich.say(BARS, "by_district")
    assert gain["x"] > loss["x"]  # zero stands to the right of a loss


@pytest.mark.parametrize("tab", ["siting", "phasing"])
def test_points_of_charts_take_the_focus(rich, tab):
    rich.set(tab=tab)
    held = rich.say(FOCUSED)
    assert len(held) > 5
    assert all(held)


def test_alternatives_regret_and_proof_are_said(rich):
    rich.set(tab="siting")
    said = rich.text("#gp-tabpanel")
    for words in (
        "this is proven",
        "Checked independently",
        "87,000",
        "20,000",
        "most people within the limit",
    ):
        assert words in said
    assert "assumed" in rich.text('[data-gp-siting="plan"]').lower()
    assert "1 existing centres stay" in rich.text('[data-gp-siting="plan"]')


def test_new_sites_stand_on_the_map_of_their_service_only(rich):
    rich.set(service=0, proposed=True)
    stars = rich.say(
        "[...document.querySelectorAll('[data-gp-star]')].map(n => n.getAttribute('data-gp-star'))"
    )
    assert sorted(stars) == ["c-naxcivan", "c-seki"]
    label = rich.page.get_attribute('[data-gp-star="c-seki"]', "aria-label")
    assert label == "Shaki, new site no. 1, opens in 2026"
    rich.set(tab="settlements")
    rich.page.focus('[data-gp-star="c-seki"]')
    rich.page.keyboard.press("Enter")
    assert rich.say("geoplan.state.tab") == "siting"
    rich.set(service=3)
    assert rich.say("document.querySelectorAll('[data-gp-star]').length") == 0
    rich.set(service=0, proposed=False)
    assert rich.say("document.querySelectorAll('[data-gp-star]').length") == 0
    rich.set(proposed=True)


# --- phasing ----------------------------------------------------------------------------------------------


def test_the_plans_stand_side_by_side_and_costs_are_called_assumed(rich):
    rich.set(tab="phasing")
    heads = rich.say("[...document.querySelectorAll('[data-gp-phases] thead th')].map(n => n.textContent)")
    assert heads == ["Year", "By money, step by step", "By money, last year first", "By number"]
    cells = rich.say(CELLS)
    assert [row[0] for row in cells] == ["2026", "2030"]
    assert cells[0][1].startswith("Shaki")
    assert cells[0][2].startswith("nothing opens")
    assert cells[1][2].startswith("Shaki, Nakhchivan")
    assert all("(assumed)" in cell for row in cells for cell in row[1:])
    assert "no figures of a ministry" in rich.text("#gp-tabpanel")
    chart = rich.say(TABLE, "phasing")
    assert len(chart["points"]) == 6
    covered = {(p.plan, p.year): p.people_covered for p in phasing().phases.itertuples()}
    assert number(chart["rows"][0][2].split("(")[0]) == covered["last_year_first", 2026]


# --- layers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_can_be_switched_and_shows_something(rich, layer):
    rich.set(tab="settlements", theme="settlements", service=0, **dict.fromkeys(LAYERS, True))
    assert rich.say("s => document.querySelectorAll(s).length", LAYERS[layer]) > 0
    rich.set(**{layer: False})
    assert rich.say("s => document.querySelectorAll(s).length", LAYERS[layer]) == 0
    rich.set(areas=False, flows=False, roads=True, facilities=True, proposed=True, theme="districts")
    rich.clean()


def test_service_areas_are_those_of_the_run(rich):
    wanted = areas(rich_result().scenario.services)
    wanted = wanted[wanted["service"] == "cardiology_pci"].set_index("band_upper_minutes")["geometry"]
    for polygons, (band, shape) in zip(rich.say(RINGS, 0), wanted.items(), strict=True):
        drawn = shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])
        assert shapely.area(drawn ^ shape) < 0.02 * shape.area, band
        corners = shapely.get_coordinates(drawn)
        assert np.allclose(corners * PLACE_STEPS, np.round(corners * PLACE_STEPS), atol=1e-6)
    assert rich.say("geoplan.state.theme") == "settlements"
    rich.set(theme="districts")
    assert rich.say("geoplan.state.areas") is False
    assert rich.say("geoplan.serviceAreas.drawn.length") == 0


def test_a_year_like_an_earlier_one_travels_once():
    result = rich_result()
    assert len(sections(result)["areas"]["years"]) == 2
    same = toy_result()
    years = tuple(result.years[0] for _ in range(2))
    packed = sections(type(same)(**{**vars(result), "years": years}))["areas"]["years"]
    assert packed[1] == 0


def test_flows_carry_everybody_who_reaches_a_centre(rich, toy):
    rich.set(service=0, year=0, mode="plan")
    lines = rich.say("geoplan.flows.lines()")
    rows = toy.coverage_by_settlement
    rows = rows[(rows["service"] == "cardiology_pci") & (rows["status"] == "reached")]
    assert sum(line["people"] for line in lines) == rows["population"].sum()
    baku = rich.say("geoplan.bulk.facilities.id.indexOf('f-baki-kardio')")
    people = rows[rows["facility_id"] == "f-baki-kardio"]["population"].sum()
    assert sum(line["people"] for line in lines if line["to"] == baku) == people
    # the rural people of a district are one line
    assert len(lines) < (rows["population"] > 0).sum() + 1


# --- everything -------------------------------------------------------------------------------------------


def test_what_if_hides_the_areas_and_says_why(chromium, everything):
    with opened(chromium, everything) as page:
        page.say("async () => { await geoplan.times.load(); }")
        page.set(lang="en", theme="settlements", areas=True, mode="plan")
        assert page.say("geoplan.serviceAreas.drawn.length") == 1
        page.say(CLOSE_ONE)
        assert page.say("geoplan.serviceAreas.drawn.length") == 0
        note = page.say("document.querySelector('.gp-layer-note').textContent")
        assert "only the engine can draw them" in note
        page.set(mode="compare")
        assert page.say("geoplan.serviceAreas.drawn.length") == 1  # the side before is that of the run
        page.say("async () => { await geoplan.whatif.reset(); }")
        assert page.say("geoplan.serviceAreas.drawn.length") == 2
        assert page.say("document.querySelector('.gp-layer-note')") is None
        page.clean()


HOSTILE = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "${window.hacked=1}`\\1",
)


def test_names_of_sites_are_words_and_never_markup(chromium, tmp_path):
    result = rich_result()
    names = {f"name_{language}": HOSTILE * 2 for language in ("az", "ru", "en")}
    frame = result.years[0].sites
    frame = frame.assign(**{column: values[: len(frame)] for column, values in names.items()})
    years = tuple(replace(state, sites=frame) for state in result.years)
    file = tmp_path / "hostile.html"
    file.write_text(render_page(replace(result, years=years)), encoding="utf-8", newline="")
    with opened(chromium, file) as page:
        for tab in ("siting", "phasing"):
            page.set(tab=tab)
            shown = page.say("document.getElementById('gp-tabpanel').textContent")
            assert any(name in shown for name in HOSTILE)
        for star in page.page.locator(".gp-star").all():
            star.hover()
        drawn = page.say("geoplan.picture.svg()")
        assert "<img" not in drawn
        page.say("geoplan.sheet.turn(true)")
        page.say("geoplan.sheet.turn(false)")
        assert page.say("window.hacked") is None
        assert page.say("document.querySelectorAll('img[src=x], svg[onload]').length") == 0
        page.clean()


def test_a_plan_of_sites_that_a_what_if_does_not_know_says_that_the_figures_leave_it_out(rich):
    rich.set(tab="siting", lang="en")
    assert "leave these sites out" in rich.page.locator("[data-gp-siting=plan]").inner_text()
    assert rich.page.locator("[data-gp-siting-whatif]").count() == 0
