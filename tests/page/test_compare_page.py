"""The difference page in Chromium: what it shows, keyboard, saved tables, links, paper, no overlap."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import opened

from geoplan.comparison import compare, load_side
from geoplan.output.page.comparison import render_comparison
from geoplan.tables.pool import TablePool

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sweep"))
from tiny import write_scenario

PLAN = """\
extends = "tiny.toml"
title = "Plan <b>"
season = "summer"
[[changes]]
change = "add_service"
facility = "f-serq"
service = "cardiology_pci"
[[changes]]
change = "close_facility"
facility = "f-bati"
[[changes]]
change = "speed_up_road"
road = "m1-bati-serq"
speed_kmh = 110
"""


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory):
    """The tiny scenario beside a plan of three changes."""
    folder = tmp_path_factory.mktemp("plans")
    base = write_scenario(folder)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    pool = TablePool()
    return compare([load_side(str(p), pool=pool) for p in (base, folder / "plan.toml")], pool=pool)


@pytest.fixture(scope="module")
def page(comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The difference page as a file."""
    path = tmp_path_factory.mktemp("difference") / "index.html"
    path.write_text(render_comparison(comparison), encoding="utf-8", newline="")
    return path


@pytest.mark.browser
def test_the_page_in_a_browser(chromium, comparison, page: Path) -> None:
    with opened(chromium, page) as seen:
        assert seen.text("h1") == "Tiny → Plan <b>"
        nation = comparison.pairs[0].by_group.iloc[0]
        card = seen.text('[data-gp-kpi="nation"]')
        assert f"{nation['share_before'] * 100:.1f}".replace(".", ",") in card
        assert "Şərq" in seen.text('[data-gp-block="winners"]')
        assert "Batı" in seen.text('[data-gp-block="losers"]')
        for mode, steps in (("alone", 3), ("sequence", 4)):
            assert "müəssisə bağlanır, f-bati" in seen.text(f'[data-gp-block="{mode}"]')
            assert seen.page.locator(f'[data-gp-block="{mode}"] tbody tr').count() == steps
        seen.page.click('[data-gp-service="emergency_hospital"]')
        for language in ("ru", "en", "az"):
            seen.page.click(f'[data-gp-language="{language}"]')
            assert "⟦" not in seen.text("body")
        seen.page.click('[data-gp-theme="minutes"]')
        seen.page.select_option('[data-gp-focus="by"]', "person_minutes")
        fills = seen.say(
            "() => [...document.querySelectorAll('path.leaflet-interactive')].map(p => p.tagName)"
        )
        assert len(fills) == 2
        seen.clean()


@pytest.mark.browser
def test_a_place_is_selected_by_keyboard_and_every_table_can_be_saved(
    chromium, comparison, page: Path
) -> None:
    rows = comparison.pairs[0].by_settlement.set_index(["service", "demand_id"])
    with opened(chromium, page) as seen:
        first = seen.page.locator('[data-gp-block="losers"] [data-gp-place]').first
        place = first.get_attribute("data-gp-place")
        first.focus()
        seen.page.keyboard.press("Enter")
        chosen = seen.page.locator(f'[data-gp-chosen="{place}"]')
        row = rows.loc[("cardiology_pci", place)]
        assert row["name_az"] in chosen.inner_text()
        after = row["minutes_after"]
        assert f"{after:.1f}".replace(".", ",") in chosen.inner_text()
        for name in ("winners", "losers", "districts", "bands", "alone", "sequence"):
            with seen.page.expect_download() as saved:
                seen.page.press(f'[data-gp-csv="{name}"]', "Enter")
            assert saved.value.suggested_filename == f"{name}_plan_cardiology_pci_2026.csv"
        with seen.page.expect_download() as saved:
            seen.page.click('[data-gp-copy="places"]')
        table = pd.read_csv(saved.value.path()).set_index("demand_id")
        own = rows.loc["cardiology_pci"]
        assert sorted(table.index) == sorted(own.index)
        for name in ("minutes_before", "minutes_after", "difference_minutes"):
            np.testing.assert_allclose(table.loc[own.index, name], own[name].astype(float), atol=1e-9)
        assert table.loc[own.index, "change"].tolist() == own["change"].tolist()
        seen.page.press('[data-gp-focus="chosen-close"]', "Enter")
        assert seen.page.locator("[data-gp-chosen]").count() == 0
        seen.clean()


@pytest.mark.browser
def test_a_link_shows_the_same_and_one_of_another_comparison_is_refused(chromium, page: Path) -> None:
    with opened(chromium, page) as seen:
        seen.page.click('[data-gp-language="en"]')
        seen.page.click('[data-gp-service="emergency_hospital"]')
        seen.page.click('[data-gp-theme="minutes"]')
        seen.set(selection={"kind": "district", "i": 0})
        link = seen.say("() => geoplan.link.text()")
        seen.page.wait_for_timeout(600)
        assert seen.say("() => location.hash") == link
        shown = seen.text("#gp-panel")
        seen.clean()
    with opened(chromium, f"{page}{link}") as seen:
        assert seen.text("#gp-panel") == shown
        assert seen.say("() => geoplan.link.text()") == link
        seen.clean()
    own = re.search(r"run=(\w+)", link)[1]
    with opened(chromium, f"{page}{link.replace(own, 'f' * 12)}") as seen:
        assert own in seen.text('[data-gp-notice="link.other"]')
        assert seen.say("() => geoplan.model.service().id") == "cardiology_pci"
        seen.page.click("#gp-notice button")
        assert seen.page.locator("[data-gp-notice]").count() == 0
        seen.clean()
    with opened(chromium, f"{page}#run={own}&service=no-such&select=point:nobody&map=1") as seen:
        assert seen.text('[data-gp-notice="link.part"]')
        assert seen.say("() => geoplan.model.service().id") == "cardiology_pci"
        seen.clean()


OVERLAPS = """() => {
  const parts = ["#gp-header", "#gp-services", "#gp-tools > *", "#gp-legend", "#gp-credit", "#gp-panel",
    ".leaflet-control-zoom"];
  const boxes = parts.map((s) => [s, document.querySelector(s)])
    .filter(([, n]) => n && n.getClientRects().length).map(([s, n]) => [s, n.getBoundingClientRect()]);
  const out = [];
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    const w = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const h = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (w > 1 && h > 1) out.push(a + " over " + b);
  }));
  if (document.documentElement.scrollWidth > window.innerWidth + 1) out.push("wider than the window");
  document.querySelectorAll("#gp-kpi .gp-kpi, .gp-copies button").forEach((n) => {
    if (n.scrollWidth > n.clientWidth + 1) out.push("cut: " + n.textContent);
  });
  return out;
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_nothing_lies_over_anything_else(chromium, page: Path, width: int, height: int) -> None:
    with opened(chromium, page, width=width, height=height) as seen:
        for language in ("az", "ru", "en"):
            seen.page.click(f'[data-gp-language="{language}"]')
            assert seen.say(OVERLAPS) == []


@pytest.mark.browser
def test_on_paper_every_table_is_whole_and_no_control_is_left(chromium, page: Path) -> None:
    with opened(chromium, page, width=718, height=1000) as seen:
        seen.page.emulate_media(media="print")
        for hidden in (
            ".gp-copies",
            "[data-gp-csv]",
            ".gp-header-side",
            "#gp-tools",
            ".leaflet-control-zoom",
        ):
            assert not seen.page.locator(hidden).first.is_visible(), hidden
        for shown in (
            "h1",
            ".folium-map",
            "#gp-legend",
            '[data-gp-kpi="nation"]',
            '[data-gp-block="sequence"]',
        ):
            assert seen.page.locator(shown).first.is_visible(), shown
        cut = "() => [...document.querySelectorAll('.gp-scroll')].map(n => n.scrollHeight - n.clientHeight)"
        assert max(seen.say(cut)) <= 1
        assert seen.say("() => document.documentElement.scrollWidth <= window.innerWidth + 1")
