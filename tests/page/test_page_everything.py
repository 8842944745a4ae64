"""Every layer and panel that the page promises is there, with data that show it."""

from __future__ import annotations

import pytest
from browser import opened

pytestmark = pytest.mark.browser

PATHS = "name => geoplan.map.getPane(name).querySelectorAll('path').length"

WORDS = (
    """() => Array.from(geoplan.labels.layer.asLines().querySelectorAll("text")).map(n => n.textContent)"""
)

INKED = """name => {
  const canvas = geoplan.map.getPane(name).querySelector("canvas"), c = canvas.getContext("2d");
  return c.getImageData(0, 0, canvas.width, canvas.height).data.filter((v, k) => k % 4 === 3 && v > 0).length;
}"""

FILLS = "() => geoplan.districts.layers.map(layer => layer.options.fillColor)"

POINT = """name => {
  const p = geoplan.bulk.points, m = geoplan.model;
  const i = p.name.az.findIndex((n, k) => n === name && m.isSettlement(k));
  geoplan.set({ selection: { kind: "point", i } });
}"""

SECTIONS = """() => [...document.querySelectorAll("[data-gp-section]")]
  .map(n => [n.dataset.gpSection, n.textContent.length])"""

FACILITY = """id => {
  const i = geoplan.bulk.facilities.id.indexOf(id);
  geoplan.set({ selection: { kind: "facilities", rows: [i], key: String(i) } });
}"""

STROKES = """() => [...document.querySelectorAll(".leaflet-gp-roads-pane path")]
  .map(n => n.getAttribute("stroke"))"""


@pytest.fixture(scope="module")
def page(chromium, everything):
    with opened(chromium, everything) as seen:
        seen.set(lang="en", mode="plan", tab="settlements")
        yield seen


def count(page, selector):
    return page.say("s => document.querySelectorAll(s).length", selector)


def test_the_ground_neighbours_relief_districts_roads_and_marks(page):
    page.set(theme="settlements")
    assert page.say(PATHS, "gp-neighbours") >= 5
    assert page.say("geoplan.map.getPane('gp-relief').querySelector('img').naturalWidth") > 100
    assert page.say(PATHS, "gp-districts") == 75
    assert page.say(PATHS, "gp-roads") > 300
    assert page.say(PATHS, "gp-outline") >= 3
    assert page.text(".leaflet-control-scale-line").endswith("km")
    assert page.text(".gp-north") == "N"
    strokes = page.say(STROKES)
    assert len(set(strokes)) >= 4  # classes, casings and what is not open


def test_names_fade_in_by_zoom_and_roads_have_numbers(page):
    far = page.say(WORDS)
    assert {"Georgia", "Shaki"} <= set(far)
    page.say("geoplan.map.setView([40.4, 47.2], 9.5, { animate: false })")
    near = page.say(WORDS)
    assert any(word.startswith(("M1", "M2", "M3", "R")) and word[1:].isdigit() for word in near)
    assert set(near) - set(far)
    page.say("geoplan.mapView.show('country', false)")


def test_districts_by_coverage_and_points_by_minutes(page):
    page.set(theme="districts", mode="plan")
    assert len(set(page.say(FILLS))) >= 4
    page.set(theme="regions")
    assert count(page, ".leaflet-gp-districts-pane path") >= 75
    page.set(theme="settlements")
    assert page.say(INKED, "gp-points") > 5_000
    page.set(theme="districts")


def test_facilities_have_their_states(page):
    page.set(proposed=False)
    page.say("geoplan.set({ service: geoplan.head.services.findIndex(s => s.id === 'emergency_hospital') })")
    icons = page.say("document.querySelector('.leaflet-marker-pane').innerHTML")
    assert "url(#gp-assumed)" in icons  # assumed: hatched
    assert 'fill="#ffffff"' in icons  # planned or being built: hollow
    assert "stroke-dasharray" in icons
    page.set(service=0, proposed=True)


def test_isochrones_flows_barriers_and_new_sites(page):
    page.set(areas=True, flows=True, barriers=True, proposed=True, candidates=True)
    assert page.say(PATHS, "gp-areas") == 4
    assert page.say(INKED, "gp-flows") > 5_000
    assert page.say(PATHS, "gp-barriers") == 1
    assert count(page, ".gp-star") >= 1
    assert page.say("geoplan.layers.every(layer => layer.there())")
    page.set(areas=False, flows=False, candidates=False, theme="districts")


def test_a_route_has_minutes_km_and_road_names(page):
    page.set(service=0)
    page.say(POINT, "Şəki")
    assert page.say("geoplan.route.layer.getLayers().length") >= 4
    card = page.text("#gp-card")
    assert "min" in card
    assert "km" in card
    assert "→" in page.text(".gp-way")
    assert "confidence" in card
    page.set(selection=None)


def test_cards_of_a_facility_and_a_district(page):
    page.say(FACILITY, "f-agdam-rmx-yeni")
    card = page.text("#gp-card")
    for word in ("Services", "Beds", "Confidence"):
        assert word in card
    page.say(
        "geoplan.set({ selection: { kind: 'district', i: geoplan.head.districts.id.indexOf('AZ-SAK') } })"
    )
    assert page.text("#gp-card h2") == "Shaki"
    assert count(page, "#gp-card .gp-nearest-row") >= 5
    page.set(selection=None)


@pytest.mark.parametrize("tab", ["settlements", "districts", "regions"])
def test_tables_have_rows_search_and_downloads(page, tab):
    page.set(tab=tab)
    assert count(page, "#gp-tabs tbody tr[data-gp-row]") >= 10
    for hook in ("data-gp-search", "data-gp-csv", "data-gp-geojson", "data-gp-sort"):
        assert count(page, f"#gp-tabs [{hook}]") >= 1, hook


def test_figures_show_base_plan_and_direction(page):
    page.set(service=0, mode="plan", year=0)
    for key in ("nation", "outside_baku"):
        assert "→" in page.text(f'[data-gp-kpi="{key}"]')
    assert count(page, "[data-gp-legend]") >= 5


def test_modes_years_languages_levels_and_views_have_controls(page):
    assert count(page, "[data-gp-mode]") == 4
    assert count(page, "[data-gp-language]") == 3
    assert count(page, "[data-gp-year]") == 1
    assert count(page, "[data-gp-play]") == 1
    assert count(page, "[data-gp-theme]") == 3
    views = page.say("[...document.querySelectorAll('[data-gp-view]')].map(n => n.dataset.gpView)")
    assert {"country", "liberated", "nakhchivan"} <= set(views)
    page.set(mode="compare")
    assert page.page.is_visible("[data-gp-swipe]")
    page.set(mode="difference", theme="districts")
    assert len(set(page.say(FILLS))) >= 2
    page.set(mode="plan")


def test_what_if_siting_and_phasing_panels(page):
    page.say("async () => { await geoplan.times.load(); }")
    page.set(tab="whatif")
    for hook in ("data-gp-best", "data-gp-target", "data-gp-plan", "data-gp-moved"):
        assert count(page, f"#gp-tabpanel [{hook}]") >= 1, hook
    page.set(tab="siting")
    shown = page.say("[...document.querySelectorAll('[data-gp-siting]')].map(n => n.dataset.gpSiting)")
    wanted = [
        "plan",
        "gains",
        "frontier",
        "frontier_by_money",
        "robustness",
        "alternatives",
        "regret",
        "by_district",
    ]
    assert shown == wanted
    page.set(tab="phasing")
    assert count(page, "[data-gp-chart=phasing] [role=img]") == 6
    assert count(page, "[data-gp-phases] tbody tr") == 2


def test_assumptions_have_every_section_with_words(page):
    page.set(tab="assumptions")
    lengths = dict(page.say(SECTIONS))
    wanted = ("method", "changes", "confidence", "findings", "snapping", "sources", "run")
    assert all(lengths[key] > 60 for key in wanted)
    page.clean()


def test_a_plan_of_possible_sites_can_be_shown_in_the_figures(page):
    sites = page.say(
        """(() => {
          const d = geoplan.bulk.siting;
          const known = geoplan.bulk.facilities.id.filter((_, i) => geoplan.model.isCandidate(i));
          d.plan.site.forEach((site, k) => { d.sites.id[site] = known[k]; });
          geoplan.set({ tab: "settlements" });
          geoplan.set({ tab: "siting" });
          return d.plan.site.filter((_, k) => d.plan.status[k] !== "existing").map(i => d.sites.id[i]);
        })()"""
    )
    page.page.locator("[data-gp-siting-whatif]").click()
    page.page.wait_for_function("() => geoplan.whatif.isActive()")
    assert sorted(c["site"] for c in page.say("geoplan.whatif.data()")) == sorted(sites)
    page.page.evaluate("() => geoplan.whatif.reset()")
