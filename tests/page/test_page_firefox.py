"""The page in Firefox, from a file, without a network: the figures of Chromium, nothing to complain of."""

from __future__ import annotations

import pytest
from browser import opened
from firefox import launch_firefox

pytestmark = pytest.mark.browser

SERVICES = ("cardiology_pci", "oncology_radiotherapy", "emergency_hospital", "primary_care")
FIGURES = "document.querySelector('#gp-kpi').textContent"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    with launch_firefox(tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


@pytest.fixture
def fox(firefox, file):
    firefox.open(file)
    return firefox


def test_it_opens_from_a_file_without_a_complaint(fox):
    assert fox.text("h1") == "Oyuncaq ölkə"
    assert fox.say("document.querySelectorAll('.leaflet-gp-districts-pane path').length") == 8
    assert fox.say("performance.getEntriesByType('resource').map(e => e.name)") == []
    assert fox.complaints() == []


def test_the_figures_are_those_of_chromium(fox, chromium, file):
    with opened(chromium, file) as seen:
        for language in ("az", "ru", "en"):
            fox.click(f'[data-gp-language="{language}"]')
            seen.page.click(f'[data-gp-language="{language}"]')
            for service in SERVICES:
                fox.click(f'[data-gp-service="{service}"]')
                seen.page.click(f'[data-gp-service="{service}"]')
                assert fox.say(FIGURES) == seen.say(FIGURES)
    assert fox.complaints() == []


def test_a_settlement_is_found_and_shows_its_card_and_route(fox):
    fox.click('[data-gp-language="ru"]')
    fox.write("#gp-search", "ishigli")
    assert fox.text("#gp-tabs tbody tr:first-child th") == "Ишыглы"
    fox.click("#gp-tabs tbody tr:first-child th button")
    assert fox.text("#gp-card h2") == "Ишыглы"
    assert "мин" in fox.text('#gp-card [data-gp-minutes="cardiology_pci"]')
    assert "M5" in fox.text(".gp-way")
    assert fox.say("geoplan.route.layer.getLayers().length") >= 4
    fox.click('[data-gp-route="oncology_radiotherapy"]')
    assert "M2" in fox.text(".gp-way")
    fox.click('[data-gp-service="emergency_hospital"]')
    assert not fox.say("document.getElementById('gp-card').hidden")
    fox.click(".gp-close")
    assert fox.say("document.getElementById('gp-card').hidden")
    assert fox.complaints() == []


def test_a_click_on_the_map_opens_the_card_of_a_district(fox):
    fox.click('[data-gp-language="en"]')
    fox.say("geoplan.set({theme: 'districts', selection: null, facilities: false}), 1")
    path = "geoplan.districts.layers[geoplan.head.districts.id.indexOf(a[0])].getElement()"
    fox.say(f"{path}.setAttribute('id', 'chosen-district'), 1", "AZ-SIY")
    fox.click("#chosen-district")
    assert fox.text("#gp-card h2") == "Ismayilli"
    assert fox.complaints() == []
