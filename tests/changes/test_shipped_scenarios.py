"""Each shipped scenario answers its question: direction and rough size of its effect, derived by hand.

The derivations use kilometres of boundaries/roads.csv and km/h of scenarios/data/speeds.csv (car, summer
unless said). Sizes are checked to a sixth, so that better lengths and speeds do not break the meaning.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from geoplan import shipped
from geoplan.output.page import data, geometry, vendored
from geoplan.run import run
from geoplan.scenario import load_scenario

if TYPE_CHECKING:
    from geoplan.result import Result

ROUGH = 1 / 6

TITLES = ("Fərziyyə", "Предположение", "Assumed")


class Effects:
    """Runs of shipped scenarios over tables that are read once, beside the baseline of the same year."""

    def __init__(self, baseline, tables):
        self.runs = {"baseline": baseline}
        self.tables = tables

    def run(self, name, **update) -> Result:
        if name not in self.runs:
            scenario = load_scenario(name).model_copy(update=update)
            same = scenario.table_paths() == load_scenario("baseline").table_paths()
            self.runs[name] = run(scenario, tables=self.tables if same else None)
        return self.runs[name]

    def minutes(self, name, service, year=2026) -> pd.Series:
        rows = self.run(name).coverage_by_settlement
        rows = rows[(rows["service"] == service) & (rows["year"] == year)]
        return rows.set_index("demand_id")["minutes"]

    def change(self, name, service, place, year=2026) -> tuple[float, float]:
        return (
            float(self.minutes("baseline", service)[place]),
            float(self.minutes(name, service, year)[place]),
        )

    def liberated(self, name, year) -> int:
        rows = self.run(name).coverage_summary
        return int(rows[(rows["year"] == year) & (rows["id"] == "liberated")]["population"].iloc[0])


@pytest.fixture(scope="session")
def effects(baseline, shipped_tables):
    return Effects(baseline, shipped_tables)


def about(minutes):
    return pytest.approx(minutes, rel=ROUGH)


# --- all of them ------------------------------------------------------------------------------------------


def test_there_are_ten_and_more_each_in_three_languages():
    names = shipped.scenarios()
    assert len(names) >= 10
    for name in names:
        scenario = load_scenario(name)
        for words in (scenario.title, scenario.description):
            assert len({words.az, words.ru, words.en}) == 3, name
        if name != "baseline":
            assert scenario.extends == "baseline"
            assert len(scenario.path.read_text(encoding="utf-8").splitlines()) < 70, name


@pytest.mark.parametrize("name", [n for n in shipped.scenarios() if n != "baseline"])
def test_a_scenario_changes_minutes_or_says_why_not(effects, name):
    if name.startswith("resettlement"):
        effects.run(name, years=(2026, 2030))
    result = effects.run(name)
    first = result.years[0].year
    moved = 0
    known = {service.id for service in load_scenario("baseline").services}
    for service in result.scenario.services:
        old = service.id if service.id in known else service.variant_of  # a new reading of an old service
        for year in {first, result.years[-1].year}:
            now = effects.minutes(name, service.id, year).fillna(-1)
            if year == 2026:
                before = effects.minutes("baseline", old).fillna(-1)
                moved += int((now != before.reindex(now.index)).sum())
            else:  # a facility that opens by its own date is no effect of the scenario
                same_year = effects.minutes(name, service.id, first).fillna(-1)
                moved += int((now != same_year.reindex(now.index)).sum()) - (service.id == "primary_care")
    assert bool(moved) != bool(result.scenario.no_effect_because), moved
    assert not [f for f in result.findings if f.code == "change-without-effect"]
    assert bool(result.changes_log) == bool(result.scenario.changes)


@pytest.mark.parametrize("name", [n for n in shipped.scenarios() if n not in {"baseline", "winter"}])
def test_what_is_assumed_is_titled_so(name):
    title = load_scenario(name).title
    example = ("nümunə" in title.az.lower(), "пример" in title.ru.lower(), "n e" in title.en.lower())
    assumed = tuple(word in text for word, text in zip(TITLES, (title.az, title.ru, title.en), strict=True))
    assert all(assumed) or all(example), title


# --- one by one ---------------------------------------------------------------------------------------------


def test_winter_closes_the_omar_pass_for_kalbajar(effects):
    # Summer: Kalbajar-Ganja over the Omar pass (16.3 + 15.2 km at 34 km/h less 0.14 for each of 66 and 59
    # metres of climb a kilometre, 24.8 and 25.7: 39.5 + 35.4 = 74.9 min) and 82 km of better road (21.0 +
    # 15.2 + 16.4 + 11.1 + 23.6 + 11.0 = 98.3): 173 min. Winter: by Aghdara and Tartar, 223 km, of which 117
    # km at 30 to 36 km/h (200 min), 18 at 47 (23) and 88 at 47 to 74 (90), and 8 % more for the climbs:
    # about 338.
    assert effects.change("winter", "cardiology_pci", "kal-kalbacar") == (about(173), about(338))
    # Nobody gains by snow.
    for service in ("cardiology_pci", "emergency_hospital", "oncology_radiotherapy"):
        summer, winter = effects.minutes("baseline", service), effects.minutes("winter", service)
        assert (winter.fillna(9999) >= summer.fillna(9999) - 0.1001).all()
    # Ganja's own people do not care for passes: the town's centre stays where it is.
    before, after = effects.change("winter", "cardiology_pci", "gn586523")
    assert before == after == 0


def test_assumed_regional_centres_bring_pci_to_guba_and_gusar(effects):
    # The candidate stands in Guba's centre: 0 minutes, where Baku was 131 away. Gusar is 12.0 km of
    # secondary road from Guba at 68 km/h: 10.6 minutes.
    assert effects.change("regional-centres-assumed", "cardiology_pci", "gn585221") == (about(131), 0)
    assert effects.change("regional-centres-assumed", "cardiology_pci", "gn585220")[1] == about(10.6)


def test_aghdam_gets_pci_in_2027_and_khankendi_is_half_an_hour_away(effects):
    name, service = "agdam-pci-2027", "cardiology_pci"
    assert effects.change(name, service, "agm-agdam", 2026) == (about(114), about(114))
    assert effects.change(name, service, "agm-agdam", 2027)[1] == 0
    # Khankendi-Aghdam: 11.6 + 5.1 + 5.2 + 5.9 km at 50 km/h = 13.9 + 6.1 + 6.2 + 7.1 = 33.3 minutes.
    assert effects.change(name, service, "xa-xankandi", 2027) == (about(147), about(33.3))
    # Lachin's way to Ganja runs through Aghdam: it saves Aghdam-Ganja, 136 km and 114 minutes.
    before, after = effects.change(name, service, "lac-lacin", 2027)
    assert before - after == about(114)
    # Baku is far from all this.
    assert effects.change(name, service, "gn587084", 2027)[1] == 0


def test_the_murovdag_tunnel_saves_kalbajar_an_hour(effects):
    # 11.7 km of tunnel at 56 km/h = 12.5 minutes in place of 31.5 km over the pass = 74.9: 62 minutes less.
    before, after = effects.change("murovdag-kalbajar-lachin", "cardiology_pci", "kal-kalbacar")
    assert before - after == about(62)
    # Lachin-Kalbajar: 35.8 + 34.5 + 5.5 km new at 56 km/h = 81 minutes in place of 65 + 38 + 6 km at 27
    # to 46 = 237. Then 12.8 km (15.2), the tunnel (12.5) and 51.5 km to Ganja (62.1): 171, where it was
    # 217 by Aghdam.
    assert effects.change("murovdag-kalbajar-lachin", "cardiology_pci", "lac-lacin") == (
        about(217), about(171),
    )  # fmt: skip
    # Its own hospital is not nearer.
    assert effects.change("murovdag-kalbajar-lachin", "emergency_hospital", "kal-kalbacar") == (0, 0)


def test_the_new_m6_saves_zangilan_an_hour_to_pci(effects):
    # Zangilan-Ahmadbayli new: 9.8 km at 56 km/h (10.4) + 25.0 + 28.3 + 24.1 + 24.3 km at 95 km/h (64.2)
    # = 74.6 minutes; old: 90.2 km at 46 to 50 km/h (110.4) + 23.5 km at 68 (20.7) = 131.1: 56.5 less.
    before, after = effects.change("horadiz-zangilan-lachin", "cardiology_pci", "zan-zangilan")
    assert before - after == about(56.5)
    # Gubadli gains more: its old road to Khanlig was gravel.
    before, after = effects.change("horadiz-zangilan-lachin", "cardiology_pci", "qbi-qubadli")
    assert before - after > 56.5
    # Jabrayil-Horadiz: Shukurbayli-Horadiz new 24.1 km at 95 (15.2) in place of 26.0 km at 50 (31.3):
    # 16 less.
    before, after = effects.change("horadiz-zangilan-lachin", "emergency_hospital", "cab-cabrayil")
    assert before - after == about(16)


def test_the_programmes_hospitals_stand_in_their_towns(effects):
    # Each stands in the town itself: 0 minutes. Before, Jabrayil and Fuzuli went to Horadiz, Gubadli to
    # Zangilan.
    for place, minutes in (("cab-cabrayil", 42), ("fuz-fuzuli", 34), ("qbi-qubadli", 72)):
        change = effects.change("programme-hospitals", "emergency_hospital", place)
        assert change == (about(minutes), 0), place
    # Shusha has a modular hospital already, and PCI is not what these hospitals give.
    assert effects.change("programme-hospitals", "emergency_hospital", "sus-susa") == (0, 0)
    before = effects.minutes("baseline", "cardiology_pci")
    pd.testing.assert_series_equal(before, effects.minutes("programme-hospitals", "cardiology_pci"))


def test_displaced_hospitals_at_home_would_flatter_gubadli(effects):
    # Gubadli's hospital works in Sumgayit: counted at home it takes 72 minutes off, Jabrayil's
    # (Bilasuvar) 42.
    name = "displaced-hospitals-home"
    assert effects.change(name, "emergency_hospital", "qbi-qubadli") == (about(72), 0)
    assert effects.change(name, "emergency_hospital", "cab-cabrayil") == (about(42), 0)
    # Bilasuvar, Ganja, Baku and Sumgayit have hospitals of their own and lose nothing.
    for place in ("gn148340", "gn586523", "gn587084", "gn584923"):
        assert effects.change(name, "emergency_hospital", place)[1] == 0, place


def test_a_slide_sends_lachin_round_by_kalbajar(effects):
    # Closed: by Kalbajar, 65.0 + 38.4 km at 27 km/h (229.7) + 5.7 km (7.4) + 12.8 (15.2) + Omar pass
    # (74.9) + 51.5 km (62.1) = 389 minutes, where it was 217 by Shusha and Aghdam.
    name = "slide-shusha-lachin"
    assert effects.change(name, "cardiology_pci", "lac-lacin") == (about(217), about(389))
    # Its own hospital is where it was, and on the other side of the slide nothing changes.
    assert effects.change(name, "emergency_hospital", "lac-lacin") == (0, 0)
    assert len(set(effects.change(name, "cardiology_pci", "sus-susa"))) == 1
    # Turshsu lies at the end of the closed road and keeps its way to Shusha: 18.7 km at 45 km/h.
    assert effects.change(name, "emergency_hospital", "sus-turssu")[1] == about(24.9)
    # Nobody gains.
    for service in ("cardiology_pci", "emergency_hospital", "oncology_radiotherapy"):
        before, after = effects.minutes("baseline", service), effects.minutes(name, service)
        assert (after.fillna(9999) >= before.fillna(9999) - 0.1001).all()


def test_mobile_units_reach_1643_and_777_people_and_open_no_centre(effects):
    name = "mobile-units-assumed"
    # No centre opens: primary care is where it was.
    before, after = effects.minutes("baseline", "primary_care"), effects.minutes(name, "primary_care")
    pd.testing.assert_series_equal(before, after)
    # The reading counts stops of 4 days a month and more: such a village has 0 minutes in place of 86
    # (Hasanriz to Aghdara), 46 (Sos to Shusha) and 39 (Khojavend to Fuzuli); Badara, visited on 2 days,
    # keeps its 39 to Khankendi.
    read = effects.minutes(name, "primary_care_with_visits")
    places = {"x-agd-hasanriz": 86, "xvd-sos": 46, "xvd-xocavand": 39, "xci-badara": 39}
    assert {p: float(before[p]) for p in places} == {p: about(m) for p, m in places.items()}
    assert [float(read[p]) for p in places] == [0, 0, 0, float(before["xci-badara"])]
    # People of resettlement.csv on 1 January 2026: Hasanriz 1,041 on 8 days, Vangli 482 on 6 and Kolatagh 120
    # on 4; Sos 360, Khojavend 194, its village 94 and Girmizi Bazar 129 on 6 (Sos's stop is within 30
    # minutes of the last two), Badara 154 on 2.
    notes = {f.where: dict(f.params) for f in effects.run(name).findings if f.code == "mobile-visits"}
    assert notes["mobile-agdara"]["often"] == "1041: 8; 482: 6; 120: 4"
    assert notes["mobile-xocavand"]["often"] == f"{360 + 194 + 94 + 129}: 6; 154: 2"


def test_return_by_the_three_envelopes(effects):
    # low: 26,513 + 1,461 days x 34.53 / 2 = 51,738; middle: 26,513 + 1,461 x 34.53 = 76,964 (the pace is
    # (26,513 - 7,901) / 539 days); high: 140,000; each less those of unknown place.
    for level, people in (("low", 51_738), ("middle", 76_964), ("high", 140_000)):
        result = effects.run(f"resettlement-2030-{level}", years=(2026, 2030))
        unplaced = result.scenario and _unplaced(result)
        assert effects.liberated(f"resettlement-2030-{level}", 2030) == pytest.approx(
            people - unplaced, abs=60
        )
        assert effects.liberated(f"resettlement-2030-{level}", 2026) == effects.liberated("baseline", 2026)
        notes = [f.message for f in result.findings if f.code == "resettlement-envelope"]
        assert len(notes) == 2
        assert all("assum" in note and "no plan of a government and no forecast" in note for note in notes)
    outside = [
        effects.run(name).years[-1].demand.query("not liberated")["population"].sum()
        for name in ("baseline", "resettlement-2030-high")
    ]
    assert outside[0] == outside[1]


DENIED = {
    "forecast": r"no forecast",
    "прогноз": r"не прогноз",
    "proqnoz": r"nə də proqnoz",
    "plan of a government|government'?s? plan": r"no plan of a government",
    "план[а-я]* правительств": r"не план правительства",
    "hökumətin plan": r"nə hökumətin plan",
}
"""What an assumed envelope is never called, and the one way in which a page may say the words."""


@pytest.mark.parametrize("level", ["low", "middle", "high"])
def test_the_page_never_calls_an_envelope_a_plan_of_government_or_a_forecast(effects, level):
    result = effects.run(f"resettlement-2030-{level}", years=(2026, 2030))
    shapes = geometry.light_districts(result.districts.geometry)
    parts = (data.head(result, shapes), data.bulk(result), vendored.catalogue())
    text = "\n".join(json.dumps(part, ensure_ascii=False) for part in parts)
    for words, denial in DENIED.items():
        said = len(re.findall(words, text, re.IGNORECASE))
        assert said == len(re.findall(denial, text, re.IGNORECASE)), words
        assert said, words
    assert "assumption of ours" in text


def _unplaced(result) -> int:
    (note,) = {dict(f.params)["persons"] for f in result.findings if f.code == "place-unknown"}
    return int(note)
