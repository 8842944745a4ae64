"""Who may be switched in the page, and the same switches in Firefox."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from browser import opened
from firefox import launch_firefox

from geoplan.output.page import whatif
from geoplan.scenario import load_scenario

FIGURES = "document.querySelector('#gp-kpi').textContent"
OFF = "f-markazi-klinika-ganca"
ON = "c-gn584649"

PLAN = """
extends = "baseline"
title = "Openings"
years = [2026, 2027, 2028]

[[changes]]
change = "open_facility"
facility = "f-later"
start = 2027

[[changes]]
change = "close_facility"
facility = "f-always"

[[changes]]
change = "upgrade_facility"
facility = "f-upgraded"
beds = 9
start = 2027
"""


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    return load_scenario(tmp_path / "plan.toml")


def free(scenario, year):
    ids = ["f-always", "f-free", "f-later", "f-upgraded", "u-bus@aga"]
    stops = [""] * 4 + ["u-bus"]
    rows = pd.DataFrame({"mobile_unit": stops}, index=ids)
    flags = whatif._free(scenario, SimpleNamespace(year=year, facilities=rows))
    return {key for key, flag in zip(ids, flags, strict=True) if flag}


def test_what_the_scenario_itself_switches_has_no_switch_until_it_is_done(scenario):
    assert free(scenario, 2026) == {"f-free", "f-upgraded"}
    assert free(scenario, 2027) == {"f-free", "f-upgraded"}
    assert free(scenario, 2028) == {"f-free", "f-later", "f-upgraded"}


def test_a_shipped_parent_is_named_and_another_is_a_file(scenario):
    times = SimpleNamespace(about=dict)
    for given, name, shipped in (
        (load_scenario("baseline"), "baseline", True),
        (scenario, "plan.toml", False),
    ):
        result = SimpleNamespace(scenario=given, provenance=SimpleNamespace(run_hash="a" * 64))
        head = whatif._head(result, times)
        assert (head["extends"], head["shipped"]) == (name, shipped)
        assert head["minutes_per_km"] == 1.3 * 60 / 20


@pytest.mark.browser
def test_firefox_finds_the_figures_of_chromium_whatever_is_switched(chromium, everything, tmp_path):
    with launch_firefox(tmp_path) as fox, opened(chromium, everything) as seen:
        fox.open(everything)
        toggle = "geoplan.whatif.toggle(geoplan.model.siteRow(%r))"
        for n, site in enumerate((OFF, ON, OFF)):
            seen.say(f"async () => {{ await {toggle % site}; }}")
            fox.say(f"({toggle % site}, 1)")
            fox.wait("geoplan.state.whatif === a[0]", n + 1)
            for mode in ("current", "plan", "difference", "compare"):
                seen.page.click(f'[data-gp-mode="{mode}"]')
                fox.click(f'[data-gp-mode="{mode}"]')
                assert fox.say(FIGURES) == seen.say(FIGURES), (site, mode)
        assert fox.say("geoplan.toml.of(geoplan.whatif.list, 'x')") == seen.say(
            "geoplan.toml.of(geoplan.whatif.list, 'x')"
        )
        assert fox.complaints() == []
