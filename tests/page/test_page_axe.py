"""WCAG 2.2 AA by machine: axe-core finds nothing on the page with everything in any mode, tab, language."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from browser import opened

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).parent / "vendor"
LANGUAGES = ("az", "ru", "en")
MODES = ("current", "plan", "compare", "difference")
TABS = ("settlements", "districts", "regions", "whatif", "siting", "phasing", "assumptions")

RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const told = (v) => v.nodes.slice(0, 3).map(n => n.target.join(" ") + " | " + n.failureSummary);
  return found.violations.map(v => [v.id, ...told(v)]);
}"""

BROKEN = """() => {
  const image = new Image();
  image.id = "broken";
  document.querySelector("main").append(image);
}"""

CHOSEN = """kind => {
  const p = geoplan.bulk.points, m = geoplan.model;
  const at = p.id.findIndex((_, i) => m.isSettlement(i) && p.people[i] > 0);
  const rows = m.facilitiesShown().slice(0, 2), i = kind === "point" ? at : 0;
  geoplan.set({ selection: kind === "facilities" ? { kind, rows, key: rows.join() } : { kind, i } });
}"""

CONTRAST = """() => [...document.querySelectorAll("[aria-pressed=true], [role=tab][aria-selected=true]")]
  .filter(n => n.checkVisibility())
  .filter(n => {
    const own = getComputedStyle(n), like = n.parentElement.querySelector("button:not([aria-pressed=true])");
    if (!like || !like.checkVisibility() || like.getAttribute("aria-selected") === "true") return false;
    const other = getComputedStyle(like);
    const same = (name) => own[name] === other[name];
    return ["backgroundColor", "borderBottomColor", "color", "textDecorationLine"].every(same);
  }).map(n => n.outerHTML.slice(0, 120))"""

MOVES = """() => document.getAnimations().filter(a => a.effect.getTiming().duration > 0).length"""


def axe_text():
    """Return the vendored axe-core after checking its sha256."""
    raw = (VENDOR / "axe-core" / "axe.min.js").read_bytes()
    known = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["axe-core"]["sha256"]
    assert hashlib.sha256(raw).hexdigest() == known["axe-core/axe.min.js"]
    return raw.decode("utf-8")


@pytest.fixture(scope="module")
def asked(chromium, everything):
    with opened(chromium, everything) as page:
        page.say(axe_text())
        yield page


def test_axe_would_see_a_fault(asked):
    asked.say(BROKEN)
    found = [rule for rule, *_ in asked.say(RUN)]
    asked.say("document.getElementById('broken').remove()")
    assert "image-alt" in found


@pytest.mark.parametrize("mode", MODES)
def test_no_violation_in_any_mode_language_and_tab(asked, mode):
    """Every mode in every language; the tabs take turns, so that each is seen at least once."""
    asked.set(selection=None)
    for k, language in enumerate(LANGUAGES):
        tab = TABS[(3 * MODES.index(mode) + k) % len(TABS)]
        asked.set(tab=tab, lang=language, mode=mode)
        assert asked.page.is_visible(f'[data-gp-tab="{tab}"][aria-selected="true"]')
        assert asked.say(RUN) == [], (tab, language, mode)


@pytest.mark.parametrize("kind", ["point", "district", "facilities"])
def test_no_violation_with_a_card_and_every_layer(asked, kind):
    layers = {"areas": True, "flows": True, "barriers": True, "candidates": True, "theme": "settlements"}
    asked.set(mode="plan", lang="az", tab="settlements", **layers)
    asked.say(CHOSEN, kind)
    assert asked.page.is_visible("#gp-card h2")
    assert asked.say(RUN) == []
    asked.set(selection=None, areas=False, flows=False, barriers=False, candidates=False, theme="districts")


def test_no_violation_in_a_what_if_with_its_banner(asked):
    asked.say("async () => { await geoplan.times.load(); }")
    asked.set(mode="plan", lang="ru", tab="whatif", service=0)
    asked.say(
        """async () => {
             const near = geoplan.model.coverage().facility.find(i => i >= 0);
             await geoplan.whatif.toggle(near);
           }"""
    )
    try:
        assert asked.page.is_visible("#gp-banner")
        assert asked.say(RUN) == []
    finally:
        asked.say("async () => { await geoplan.whatif.reset(); }")


def test_no_violation_on_a_phone(chromium, everything):
    with opened(chromium, everything, width=390, height=844) as page:
        page.say(axe_text())
        for tab, language in (("settlements", "az"), ("siting", "ru"), ("phasing", "en")):
            page.set(tab=tab, lang=language)
            assert page.say(RUN) == [], (tab, language)


def test_what_is_chosen_is_seen_in_forced_colours(asked):
    asked.set(mode="plan", tab="siting", lang="en")
    asked.page.emulate_media(forced_colors="active")
    try:
        assert asked.say("matchMedia('(forced-colors: active)').matches")
        assert asked.say(CONTRAST) == []
        # what the map and charts say by colour keeps its own colours
        assert (
            asked.say("getComputedStyle(document.querySelector('.gp-chart svg')).forcedColorAdjust") == "none"
        )
        assert asked.say("getComputedStyle(geoplan.map.getContainer()).forcedColorAdjust") == "none"
    finally:
        asked.page.emulate_media(forced_colors="none")


def test_nothing_moves_for_those_who_want_no_motion(asked):
    asked.page.emulate_media(reduced_motion="reduce")
    try:
        asked.page.click("[data-gp-theme='settlements']")
        asked.say("geoplan.mapView.show('nakhchivan', true)")
        assert asked.say(MOVES) == 0
        assert not asked.say("geoplan.map._animatingZoom || (geoplan.map._panAnim || {})._inProgress")
    finally:
        asked.page.emulate_media(reduced_motion="no-preference")
        asked.set(theme="districts")


def test_more_contrast_darkens_soft_words(asked):
    soft = "getComputedStyle(document.querySelector('.gp-soft')).color"
    plain = asked.say(soft)
    asked.page.emulate_media(contrast="more")
    try:
        assert asked.say(soft) != plain
    finally:
        asked.page.emulate_media(contrast="no-preference")
