"""What if, in the page: its figures are those of the command line, to the person."""

from __future__ import annotations

import pandas as pd
import pytest
from browser import opened

from geoplan.output.page.page import render_page
from geoplan.run import run_with_base
from geoplan.scenario import Siting, load_scenario
from geoplan.study import site_scenario

pytestmark = pytest.mark.browser

PARENT = """
extends = "baseline"
title = "Two years"
years = [2026, 2028]

[tables]
candidates = "own-sites.csv"

[[changes]]
change = "open_road"
road = "{road}"
start = 2027

[[changes]]
change = "resettlement"
envelope = "shipped:resettlement_middle"
start = 2027

[[changes]]
change = "standard"
service = "oncology_radiotherapy"
target_minutes = 50
"""

OWN = "own-1"
OWN_NAME = 'Yeni "mərkəz" \\ <img src=x onerror="window.hacked=1"> №1'
OWN_SITES = f"""site_id,name_az,district_id,lat,lon,position_radius_km
{OWN},"{OWN_NAME.replace('"', '""')}",AZ-AGC,40.123456789,47.987654321,3
"""

FIGURES = """() => {
  const m = geoplan.model, p = geoplan.bulk.points, f = geoplan.bulk.facilities;
  const out = { places: [], bands: [], totals: [] };
  geoplan.head.services.forEach(s => {
    const c = m.coverage(s.id);
    const near = i => (c.facility[i] >= 0 ? f.id[c.facility[i]] : "");
    const sure = i => geoplan.word(c.confidence, i);
    p.id.forEach((id, i) =>
      out.places.push([s.id, id, p.people[i], c.tenths[i], near(i), sure(i), c.error[i], c.assumed[i]]));
    geoplan.head.districts.id.forEach((id, d) =>
      m.bandsOfDistrict(d, s.id).forEach((n, band) => out.bands.push([s.id, id, band, n])));
    const levels = geoplan.head.summary.level.map((level, k) => level + "|" + geoplan.head.summary.id[k]);
    new Set(levels).forEach(key =>
      out.totals.push([s.id, ...key.split("|"), m.total(...key.split("|"), s.id)]));
  });
  return out;
}"""

TOTALS = {
    "population": "population",
    "assessed": "assessed",
    "within_target": "within_target",
    "unreachable": "unreachable",
    "on_assumed": "on_assumed",
    "mean_minutes": "mean_minutes",
    "p50_minutes": "p50_minutes",
    "p90_minutes": "p90_minutes",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("whatif")


@pytest.fixture(scope="module")
def written(folder):
    """A page of a planner's own file: two years, a road that opens, a target and a site of its own."""
    (folder / "own.toml").write_text(PARENT.format(road="x-susa-lacin"), encoding="utf-8")
    (folder / "own-sites.csv").write_text(OWN_SITES, encoding="utf-8")
    path = folder / "index.html"
    result = run_with_base(load_scenario(folder / "own.toml"))
    path.write_text(render_page(result), encoding="utf-8", newline="")
    return path


@pytest.fixture
def asked(chromium, written):
    with opened(chromium, written) as page:
        page.say("async () => { await geoplan.times.load(); }")
        yield page


def do(page, script, argument=None):
    """Do something that changes figures and wait until it is in force."""
    page.say(f"async argument => {{ await ({script})(argument); }}", argument)


def switch(page, site, services=None):
    do(page, "([site, tags]) => geoplan.whatif.toggle(geoplan.model.siteRow(site), tags)", [site, services])


def saved(page, folder, name):
    """Download the file that the page offers, and return what the command line finds with it."""
    page.set(tab="whatif")
    page.page.fill("[data-gp-name]", name)
    with page.page.expect_download() as waiting:
        page.page.click('[data-gp-act="save"]')
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return run_with_base(load_scenario(path))


def numbers(value):
    return None if value is None or pd.isna(value) else float(value)


def assert_equal(page, result, year):
    """Every settlement row, district row and total of the page is the command line's."""
    shown = page.say(FIGURES)
    rows = result.coverage_by_settlement
    rows = rows[rows["year"] == year]
    tenths = (rows["minutes"].fillna(0) * 10).round().astype(int)
    tenths = tenths.where(
        rows["status"] == "reached", rows["status"].map({"unreachable": -1, "not_assessed": -2})
    )
    facility = rows["facility_id"].fillna("")
    wanted = {
        (s, d): (n, int(t), f, c, numbers(e), int(a))
        for s, d, n, t, f, c, e, a in zip(
            rows["service"],
            rows["demand_id"],
            rows["population"],
            tenths,
            facility,
            rows["confidence"],
            rows["error_minutes"],
            rows["on_assumed"],
            strict=True,
        )
    }
    found = {(s, d): (n, t, f, c, numbers(e), a) for s, d, n, t, f, c, e, a in shown["places"]}
    assert {k: (found[k], wanted[k]) for k in wanted if found[k] != wanted[k]} == {}
    bands = result.coverage_by_district
    bands = bands[(bands["year"] == year) & (bands["population"] > 0)]
    people = {(r.service, r.district_id, r.band): r.population for r in bands.itertuples()}
    assert {(s, d, b): n for s, d, b, n in shown["bands"] if n} == people
    summary = result.coverage_summary
    summary = summary[summary["year"] == year].set_index(["service", "level", "id"])
    for service, level, key, total in shown["totals"]:
        row = summary.loc[(service, level, key)]
        for here, there in TOTALS.items():
            assert numbers(total[here]) == numbers(row[there]), (service, level, key, here)


def later(page, year):
    years = page.say("geoplan.head.years")
    page.set(year=years.index(year))
    return year


ROW = "id => geoplan.model.siteRow(id)"

SERVICES = ("cardiology_pci", "oncology_radiotherapy", "emergency_hospital")

OFF = "f-markazi-klinika-ganca"
PLANNED = "f-zangilan-rmx-yeni"
ON = "c-gn584649"


def set_target(page, service, minutes):
    page.set(service=page.say("s => geoplan.head.services.findIndex(x => x.id === s)", service), tab="whatif")
    page.page.fill("[data-gp-target]", str(minutes))
    page.page.press("[data-gp-target]", "Tab")
    page.page.wait_for_selector(f'[data-gp-asked="target"] >> text={minutes}')


def choose_plan(page, name):
    page.set(tab="whatif")
    page.page.select_option("[data-gp-plan]", name)
    page.page.wait_for_selector('[data-gp-asked="plan"]')


def test_an_empty_list_gives_the_figures_of_the_run(asked):
    """Times that travelled, read back and added up by the page, are the tables of the run."""
    differs = """() => {
      const none = geoplan.figures.make([]), own = geoplan.model.own, out = [];
      geoplan.head.services.forEach(s => {
        const c = none.coverage(s.id), o = own.coverage(s.id);
        ["tenths", "facility", "error", "assumed", "km"].forEach(k =>
          o[k].forEach((v, i) => v === c[k][i] || out.push([s.id, k, i, v, c[k][i]])));
        const sure = (x, i) => geoplan.word(x.confidence, i);
        o.confidence.at.forEach((_, i) => sure(o, i) === sure(c, i) || out.push([s.id, "confidence", i]));
        geoplan.head.summary.id.forEach((id, k) => {
          const level = geoplan.head.summary.level[k];
          const a = own.total(level, id, s.id), b = none.total(level, id, s.id);
          Object.keys(a).forEach(n => a[n] === b[n] || out.push([s.id, id, n, a[n], b[n]]));
        });
      });
      return out.slice(0, 9);
    }"""
    for year in (0, 1):
        asked.set(year=year)
        assert asked.say(differs) == []


def test_a_centre_off(asked, folder):
    switch(asked, OFF)
    result = saved(asked, folder, "Gəncəsiz")
    assert result.scenario.id == "gencesiz"
    for year in (2026, 2028):
        assert_equal(asked, result, later(asked, year))


def test_a_candidate_and_a_planned_hospital_on_from_a_later_year(asked, folder):
    later(asked, 2028)
    switch(asked, ON, list(SERVICES))
    switch(asked, PLANNED)
    result = saved(asked, folder, "on")
    for year in (2026, 2028):
        assert_equal(asked, result, later(asked, year))
    counts = result.years[1].facilities["counts"]
    assert counts[ON]
    assert counts[PLANNED]
    assert ON in set(result.coverage_by_settlement.query("year == 2028")["facility_id"])


def test_another_target(asked, folder):
    set_target(asked, "cardiology_pci", 45)
    set_target(asked, "oncology_radiotherapy", 90)
    result = saved(asked, folder, "target")
    targets = {s.id: s.target_minutes for s in result.scenario.services}
    assert targets["cardiology_pci"] == targets["cardiology_pci_verified"] == 45
    assert targets["oncology_radiotherapy"] == 90
    assert_equal(asked, result, later(asked, 2026))


def test_another_resettlement(asked, folder):
    later(asked, 2028)
    before = asked.say("geoplan.model.nation().population")
    assert asked.say("geoplan.bulk.whatif.envelopes.now") == "middle"
    choose_plan(asked, "high")
    result = saved(asked, folder, "plan")
    assert result.scenario.envelope == "shipped:resettlement_high"
    for year in (2026, 2028):
        assert_equal(asked, result, later(asked, year))
    assert asked.say("geoplan.model.nation().population") > before


def test_all_four_together(asked, folder):
    switch(asked, OFF)
    later(asked, 2028)
    switch(asked, ON, list(SERVICES))
    set_target(asked, "oncology_radiotherapy", 45)
    choose_plan(asked, "low")
    assert asked.say("geoplan.whatif.list.map(c => c.kind)") == ["close", "add", "target", "plan"]
    result = saved(asked, folder, "all")
    assert not [f for f in result.findings if f.code == "parent-changed"]
    for year in (2026, 2028):
        assert_equal(asked, result, later(asked, year))
    asked.clean()


# --- the best next site -------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "year"), [("cardiology_pci", 2026), ("emergency_hospital", 2028)])
def test_the_best_next_site_is_the_command_lines(asked, written, service, year):
    asked.set(
        service=asked.say("s => geoplan.head.services.findIndex(x => x.id === s)", service),
        year=[2026, 2028].index(year),
        tab="whatif",
    )
    shown = asked.say("""() => [...document.querySelectorAll("[data-gp-best]")].map(n =>
      [n.dataset.gpBest, Number(n.dataset.gpGain), Number(n.dataset.gpSaved)])""")
    scenario = load_scenario(written.parent / "own.toml")
    question = Siting(service=(service,), model="mclp", open=1, year=year)
    section = site_scenario(scenario.model_copy(update={"siting": question})).siting
    assert section.record["sites_new"] == [shown[0][0]]
    gains = section.tables["gains"].sort_values("rank").head(len(shown))
    assert list(gains["site_id"]) == [site for site, _, _ in shown]
    assert list(gains["gain_people"]) == [people for _, people, _ in shown]
    assert [minutes for _, _, minutes in shown] == pytest.approx(list(gains["mean_minutes_saved"]), abs=0.006)


# --- the saved file -----------------------------------------------------------------------------------


def test_no_name_gets_out_of_its_quotes(asked, folder):
    hostile = 'x"\nyears = [1999]\n[[changes]]\t\\u0022 """ \x7f ə 😀 \\'
    switch(asked, OWN, ["cardiology_pci"])
    text = asked.say("name => geoplan.toml.of(geoplan.whatif.list, name)", hostile)
    (folder / "hostile.toml").write_text(text, encoding="utf-8")
    scenario = load_scenario(folder / "hostile.toml")
    assert scenario.title.az == hostile.strip()
    assert scenario.years == (2026, 2028)
    change = scenario.changes[-1]
    assert (change.facility, change.name, change.lat, change.lon) == (
        OWN,
        OWN_NAME,
        40.123456789,
        47.987654321,
    )
    assert len(scenario.changes) == 4


def test_a_site_of_the_planners_own_list_counts_as_in_the_page(asked, folder):
    asked.set(candidates=True, selection={"kind": "facilities", "rows": [asked.say(ROW, OWN)]})
    assert OWN_NAME in asked.text("#gp-card h2")
    switch(asked, OWN, ["cardiology_pci", "oncology_radiotherapy"])
    assert_equal(asked, saved(asked, folder, "own site"), 2026)
    assert OWN_NAME in asked.text('[data-gp-asked="add"]')
    assert asked.say("window.hacked === undefined")


def test_a_parent_that_has_changed_is_said(asked, folder):
    switch(asked, OFF)
    text = asked.say("geoplan.toml.of(geoplan.whatif.list, 'later')")
    (folder / "later.toml").write_text(text, encoding="utf-8")
    own = folder / "own.toml"
    before = own.read_text(encoding="utf-8")
    own.write_text(before.replace("target_minutes = 50", "target_minutes = 55"), encoding="utf-8")
    try:
        codes = [f.code for f in run_with_base(load_scenario(folder / "later.toml")).findings]
    finally:
        own.write_text(before, encoding="utf-8")
    assert "parent-changed" in codes


# --- the list -----------------------------------------------------------------------------------------


def test_undo_remove_and_reset(asked):
    share = asked.say("geoplan.model.nation().within_target")
    switch(asked, OFF)
    switch(asked, ON)
    asked.set(tab="whatif")
    asked.page.click('[data-gp-remove="0"]')
    assert asked.say("geoplan.whatif.list.map(c => c.site)") == [ON]
    asked.page.click('[data-gp-act="undo"]')
    assert asked.say("geoplan.whatif.list.map(c => c.site)") == [OFF, ON]
    asked.page.click('[data-gp-act="reset"]')
    assert asked.say("geoplan.model.nation().within_target") == share
    assert asked.say("geoplan.model.isChanged()") is False
    assert asked.text("#gp-banner") == ""


def test_the_banner_says_what_it_is_on_screen_and_paper(asked):
    assert not asked.page.is_visible("#gp-banner")
    switch(asked, OFF)
    asked.set(lang="en")
    assert "nobody's plan" in asked.text("#gp-banner")
    asked.page.emulate_media(media="print")
    assert asked.page.is_visible("#gp-banner p")
    assert "closed from 2026" in asked.text("#gp-banner")


def test_two_kept_what_ifs_side_by_side(asked):
    asked.set(tab="whatif")
    shares = {}
    for name, site in (("one", OFF), ("two", ON)):
        do(asked, "() => geoplan.whatif.reset()")
        switch(asked, site)
        asked.page.fill("[data-gp-name]", name)
        asked.page.click('[data-gp-act="keep"]')
        shares[name] = asked.say("geoplan.percent(geoplan.model.share(geoplan.model.nation()), 1)")
    head = asked.say("[...document.querySelectorAll('.gp-kept thead th')].map(n => n.textContent)")
    row = asked.say("[...document.querySelectorAll('[data-gp-kept-row=nation] td')].map(n => n.textContent)")
    assert head[2:] == ["one", "two"]
    assert row[1:] == [shares["one"], shares["two"]]
    assert shares["one"] != shares["two"]
    asked.page.click('[data-gp-kept="0"]')
    asked.page.wait_for_selector('[data-gp-asked="close"]')
    assert asked.say("geoplan.whatif.list.map(c => c.site)") == [OFF]


def test_a_link_brings_the_changes_back_and_nothing_unknown(asked):
    data = [
        {"kind": "close", "site": OFF, "year": 2026},
        {"kind": "add", "site": ON, "services": ["cardiology_pci", "evil"], "year": 2028},
        {"kind": "target", "service": "cardiology_pci", "minutes": 45},
        {"kind": "plan", "plan": "__proto__"},
        {"kind": "close", "site": "nowhere", "year": 2026},
        {"kind": "target", "service": "cardiology_pci", "minutes": "45"},
        None,
    ]
    do(asked, "data => geoplan.whatif.restore(data)", data)
    assert asked.say("geoplan.whatif.data()") == [
        data[0],
        {"kind": "add", "site": ON, "services": ["cardiology_pci"], "year": 2028},
        data[2],
    ]


# --- modes --------------------------------------------------------------------------------------------


def test_modes_of_a_plan_beside_its_parent(asked):
    """The scenario has a parent, so the four modes are there from the start; current is the parent itself."""
    modes = asked.say("[...document.querySelectorAll('[data-gp-mode]')].map(n => n.dataset.gpMode)")
    assert modes == ["current", "plan", "compare", "difference"]
    asked.set(year=1, service=2)
    plan = asked.text('[data-gp-kpi="nation"] .gp-kpi-share')
    asked.page.click('[data-gp-mode="current"]')
    assert asked.text('[data-gp-kpi="nation"] .gp-kpi-share') != plan
    assert asked.say("geoplan.model.service().target.minutes") == 60
    asked.page.click('[data-gp-mode="plan"]')
    assert asked.say("geoplan.model.service().target.minutes") == 50
    assert asked.page.get_attribute('[data-gp-kpi="nation"] [data-gp-change]', "data-gp-change") == "worse"
    asked.clean()


def test_the_page_of_the_parent_alone_has_no_modes_until_something_changes(chromium, toy_file):
    with opened(chromium, toy_file) as page:
        assert page.say("document.querySelectorAll('[data-gp-mode], [data-gp-tab=whatif]').length") == 0


@pytest.fixture
def toy_file(file):
    return file


def test_the_difference_is_brown_where_a_centre_is_lost(asked):
    switch(asked, OFF)
    asked.page.click('[data-gp-mode="difference"]')
    fill = """id => geoplan.districts.layers[geoplan.head.districts.id.indexOf(id)].options.fillColor"""
    for measure in ("minutes", "gap"):
        asked.page.click(f'[data-gp-measure="{measure}"]')
        colours = asked.say("m => geoplan.modes.SCALES[m].colours", measure)
        assert asked.say(fill, "AZ-GA") in colours[4:]
        assert asked.say(fill, "AZ-BA") == colours[3]
        assert asked.page.locator("[data-gp-difference]").count() == 7
        assert asked.page.get_attribute(f'[data-gp-measure="{measure}"]', "aria-pressed") == "true"
    asked.clean()


def test_compare_has_both_sides_and_a_handle_for_keys(asked):
    switch(asked, OFF)
    asked.page.click('[data-gp-mode="compare"]')
    for theme in ("districts", "settlements"):
        asked.set(theme=theme)
        colours = asked.say("""() => {
          const i = geoplan.head.districts.id.indexOf("AZ-GA");
          return [geoplan.compare.layers[i].options.fillColor, geoplan.districts.layers[i].options.fillColor];
        }""")
        assert (colours[0] != colours[1]) == (theme == "districts")
    cut = "name => geoplan.map.getPane(name).style.clipPath"
    before = asked.say(cut, "gp-points")
    asked.page.focus("[data-gp-swipe]")
    asked.page.keyboard.press("ArrowLeft")
    asked.page.keyboard.press("PageDown")
    assert asked.page.get_attribute("[data-gp-swipe]", "aria-valuenow") == "38"
    assert asked.say(cut, "gp-points") != before
    asked.page.keyboard.press("Home")
    assert asked.page.get_attribute("[data-gp-swipe]", "aria-valuenow") == "0"
    box = asked.page.locator(".folium-map").bounding_box()
    asked.page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    asked.page.mouse.down()
    asked.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 200)
    asked.page.mouse.up()
    assert asked.page.get_attribute("[data-gp-swipe]", "aria-valuenow") == "70"
    asked.page.click('[data-gp-mode="plan"]')
    assert asked.say(cut, "gp-points") == ""
    assert not asked.page.is_visible("[data-gp-swipe]")
    asked.clean()


# --- by hand, on the map ------------------------------------------------------------------------------


def test_a_centre_is_switched_off_and_on_from_its_card_by_keys(asked):
    row = asked.say(ROW, OFF)
    asked.set(selection={"kind": "facilities", "rows": [row]})
    button = f'[data-gp-switch="{OFF}"]'
    before = asked.say("geoplan.model.nation().within_target")
    asked.page.focus(button)
    asked.page.keyboard.press("Enter")
    asked.page.wait_for_selector(f'{button}[data-gp-act="back"]')
    assert asked.say("geoplan.model.nation().within_target") < before
    assert asked.say("document.activeElement.getAttribute('data-gp-switch')") == OFF
    asked.page.keyboard.press("Enter")
    asked.page.wait_for_selector(f'{button}[data-gp-act="close"]')
    assert asked.say("geoplan.model.nation().within_target") == before


def test_a_possible_site_is_switched_on_from_the_map(asked):
    assert asked.page.locator(".gp-site").count() == 0
    asked.set(candidates=True)
    asked.page.locator(f'.gp-site[data-gp-site="{ON}"]').press("Enter")
    asked.page.check('[data-gp-kind="oncology_radiotherapy"]')
    asked.page.click(f'[data-gp-switch="{ON}"]')
    asked.page.wait_for_selector(f'[data-gp-switch="{ON}"][data-gp-act="back"]')
    assert asked.say("geoplan.whatif.list[0].services") == ["cardiology_pci", "oncology_radiotherapy"]
    assert asked.page.locator(f'.gp-site[data-gp-site="{ON}"]').count() == 0
    assert asked.page.locator(f'[data-gp-site~="{ON}"]').count() == 1
    asked.clean()


def test_a_way_that_did_not_travel_is_a_straight_line_and_says_so(asked):
    switch(asked, ON)
    i = asked.say("id => geoplan.bulk.points.id.indexOf(id)", ON.removeprefix("c-"))
    asked.set(selection={"kind": "point", "i": i}, lang="en")
    assert asked.say("i => geoplan.route.of(i, 'cardiology_pci').straight", i) is True
    assert "Straight line" in asked.text("[data-gp-straight]")
    asked.page.click('[data-gp-mode="current"]')
    assert asked.say("i => Boolean(geoplan.route.of(i, 'cardiology_pci').straight)", i) is False


def test_winners_and_losers_are_everybody_whose_minutes_differ(asked):
    switch(asked, OFF)
    asked.set(tab="whatif")
    told = asked.say("""() => ["winners", "losers"].map(k => {
      const n = document.querySelector("[data-gp-" + k + "]");
      return n ? [Number(n.getAttribute("data-gp-" + k)), Number(n.dataset.gpPeople)] : [0, 0];
    })""")
    found = asked.say("""() => {
      const a = geoplan.model.coverage(null, "base").tenths;
      const b = geoplan.model.coverage(null, "plan").tenths;
      const worse = geoplan.bulk.points.people.map((n, i) => [n, a[i], b[i]])
        .filter(([n, x, y]) => n && x >= 0 && (y < 0 || y > x));
      return [worse.length, worse.reduce((sum, [n]) => sum + n, 0)];
    }""")
    assert told[1] == found
    assert told[1][0] > 0


def test_the_parent_has_its_own_ways(asked):
    """Where a road of the plan makes the way shorter, Current draws the way of the parent, without it."""
    later(asked, 2028)
    found = asked.say(
        """async road => {
      const m = geoplan.model, base = m.coverage(null, "base"), plan = m.coverage(null, "plan");
      const opened = geoplan.bulk.roads.id.indexOf(road), at = [...geoplan.bulk.points.id.keys()];
      const both = i => ["plan", "current"].map(mode => {
        geoplan.set({ mode });
        const way = geoplan.route.of(i, "cardiology_pci");
        return { straight: Boolean(way.straight), uses: way.roads.includes(opened), roads: way.roads.length };
      });
      return at.filter(i => m.saved(base.tenths[i], plan.tenths[i]) > 0).map(both);
    }""",
        "x-susa-lacin",
    )
    assert found
    for plan, current in found:
        assert not plan["straight"]
        assert not current["straight"]
        assert current["roads"] > 1
        assert not current["uses"]
    assert any(plan["uses"] for plan, _ in found)
    drawn = """road => {
      const i = geoplan.bulk.roads.id.indexOf(road), look = layer => layer.feature.properties.i === i;
      return geoplan.basemap.roads.getLayers().find(look).options.dashArray;
    }"""
    asked.set(mode="plan")
    assert asked.say(drawn, "x-susa-lacin") is None
    asked.set(mode="current")
    assert asked.say(drawn, "x-susa-lacin") is not None
