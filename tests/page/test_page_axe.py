"""WCAG 2.2 AA by machine: axe-core finds nothing on the page with everything in any mode, tab, language."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from browser import opened

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).parent / "vendor"
LANGUAGES = ("az", "ru", "en")
MODES = ("current", "plan", "compare", "difference")
TABS = ("settlements", "districts", "regions", "whatif", "siting", "phasing", "assumptions")

RUN = """async () => {
  // off by themselves, and asked by WCAG 2.2 AA
  const rules = { "target-size": { enabled: true }, "css-orientation-lock": { enabled: true } };
  const found = await axe.run(document, { resultTypes: ["violations"], rules, elementRef: true });
  const told = (v) => v.nodes.slice(0, 3).map(n => n.target.join(" ") + " | " + n.failureSummary);
  // marks of a map stand where their places are: WCAG 2.5.8 calls that essential
  const pins = (v, n) => v.id === "target-size" && n.element.closest(".leaflet-map-pane");
  const wrong = found.violations.map(v => Object.assign(v, { nodes: v.nodes.filter(n => !pins(v, n)) }));
  return wrong.filter(v => v.nodes.length).map(v => [v.id, ...told(v)]);
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


# Machado, Oliveira and Fernandes 2009, severity 1: what eyes without one kind of cone see, in linear RGB
BLIND = {
    "protan": "0.152286 1.052583 -0.204868 0.114503 0.786281 0.099216 -0.003882 -0.048116 1.051998",
    "deutan": "0.367322 0.860646 -0.227968 0.280085 0.672501 0.047413 -0.01182 0.04294 0.968881",
    "tritan": "1.255528 -0.076749 -0.178779 -0.078411 0.930809 0.147602 0.004733 0.691367 0.3039",
}
APART = 10  # differences in CIE L*a*b*; about 2 are just seen side by side

PALETTES = """() => {
  const chart = name => getComputedStyle(document.querySelector(name)).fill;
  const seen = c => { const n = document.createElement("i"); n.style.color = c; document.body.append(n);
    const out = getComputedStyle(n).color; n.remove(); return out; };
  geoplan.set({ tab: "siting" });
  const bars = [chart(".gp-chart-gain rect"), chart(".gp-chart-loss rect"), chart(".gp-chart-other rect")];
  const scales = Object.fromEntries(Object.entries(geoplan.modes.SCALES).map(([k, v]) => [k, v.colours]));
  const all = { shares: geoplan.palette.steps(5), bars, ...scales };
  return Object.fromEntries(Object.entries(all).map(([k, v]) => [k, v.map(seen)]));
}"""


def lab(rgb):
    """Return CIE L*a*b* (D65) of linear RGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    share = np.clip(xyz / np.array([0.9505, 1.0, 1.089]), 0, None)
    f = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_colours_are_told_apart_without_a_kind_of_cone(asked):
    for name, colours in asked.say(PALETTES).items():
        values = np.array([[int(v) for v in re.findall(r"\d+", c)[:3]] for c in colours]) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        for kind, matrix in BLIND.items():
            cones = np.array(matrix.split(), dtype=float).reshape(3, 3)
            seen = [lab(np.clip(cones @ rgb, 0, 1)) for rgb in linear]
            nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
            assert nearest > APART, (name, kind, nearest)


def test_the_map_is_told_in_words(asked):
    asked.set(lang="en", mode="plan", service=0, year=0, tab="settlements")
    told = asked.page.get_attribute("[data-gp-map]", "aria-label")
    share = asked.text('[data-gp-kpi="nation"] .gp-kpi-share')
    assert f"{share} of people arrive within 60 minutes" in told
    assert "Before it was 50.3%" in told
    assert "Most people beyond the target: Shaki" in told
    asked.set(mode="current")
    assert "Before" not in asked.page.get_attribute("[data-gp-map]", "aria-label")
