"""No text or control overlaps another or is cut off: in every mode, tab, language, on three screens."""

from __future__ import annotations

import itertools

import pytest
from browser import opened
from layout import PROBLEMS

pytestmark = pytest.mark.browser

SCREENS = ((1366, 768), (1920, 1080), (390, 844))
LANGUAGES = ("az", "ru", "en")
MODES = ("current", "plan", "compare", "difference")
TABS = ("settlements", "districts", "regions", "whatif", "siting", "phasing", "assumptions")

CHOSEN = """kind => {
  const p = geoplan.bulk.points, m = geoplan.model;
  const at = p.id.findIndex((_, i) => m.isSettlement(i) && p.people[i] > 0);
  const rows = m.facilitiesShown().slice(0, 2), i = kind === "point" ? at : 0;
  geoplan.set({ selection: kind === "facilities" ? { kind, rows, key: rows.join() } : { kind, i } });
}"""

CLOSE_ONE = """async () => {
  await geoplan.times.load();
  await geoplan.whatif.toggle(geoplan.model.coverage().facility.find(i => i >= 0));
}"""

STYLE = """([selector, styles]) => Object.entries(styles).forEach(([name, value]) =>
  document.querySelector(selector).style.setProperty(name, value))"""

FAULTS = {
    "texts overlap": ["[data-gp-kpi] .gp-facts", {"margin-top": "-40px"}],
    "cut off": [".gp-kpi-head", {"overflow": "hidden", "height": "6px"}],
    "controls overlap": ["[data-gp-tab=districts]", {"margin-left": "-60px"}],
    "beyond the window": ["h1", {"margin-left": "-60px"}],
    "blocks overlap": ["#gp-legend", {"margin-right": "900px"}],
}


@pytest.fixture(scope="module", params=SCREENS, ids=[f"{w}x{h}" for w, h in SCREENS])
def screen(request, chromium, everything):
    width, height = request.param
    with opened(chromium, everything, width=width, height=height) as page:
        yield page


def problems(screen, **state):
    """Return what is wrong with the page in a state."""
    screen.set(**state)
    return [(*state.values(), problem) for problem in screen.say(PROBLEMS)]


def test_every_mode_and_tab_in_every_language(screen):
    """Each tab in each language with the modes in turn, and each mode in each language."""
    wrong = []
    for k, (language, tab) in enumerate(itertools.product(LANGUAGES, TABS)):
        wrong += problems(screen, lang=language, tab=tab, mode=MODES[k % 4], year=k % 2)
    for language, mode in itertools.product(LANGUAGES, MODES):
        wrong += problems(screen, lang=language, mode=mode, tab="settlements")
    assert wrong == []


def test_cards_in_every_language(screen):
    wrong = []
    for language, kind in itertools.product(LANGUAGES, ("point", "district", "facilities")):
        screen.set(lang=language, mode="plan", tab="districts")
        screen.say(CHOSEN, kind)
        wrong += [(language, kind, problem) for problem in screen.say(PROBLEMS)]
    screen.set(selection=None)
    assert wrong == []


def test_a_what_if_with_its_banner(screen):
    screen.set(mode="plan", lang="en", tab="whatif", service=0, year=0)
    screen.say(CLOSE_ONE)
    assert screen.page.is_visible("#gp-banner")
    wrong = []
    for k, language in enumerate(LANGUAGES):
        wrong += problems(screen, lang=language, tab="whatif", mode=MODES[1 + k])
    screen.say("async () => { await geoplan.whatif.reset(); }")
    screen.set(mode="plan")
    assert wrong == []


def test_an_open_menu(screen):
    wrong = []
    for language in LANGUAGES:
        screen.set(lang=language, areas=True, theme="settlements")
        screen.say("document.querySelectorAll('#gp-tools [data-gp-menu] summary').forEach(n => n.click())")
        wrong += [(language, problem) for problem in screen.say(PROBLEMS)]
        screen.page.keyboard.press("Escape")
    screen.set(areas=False, theme="districts")
    assert wrong == []


@pytest.mark.parametrize("kind", FAULTS)
def test_the_script_would_see_a_fault(seen, kind):
    seen.set(lang="en")
    assert seen.say(PROBLEMS) == []
    seen.say(STYLE, FAULTS[kind])
    assert any(problem.startswith(kind) for problem in seen.say(PROBLEMS))
