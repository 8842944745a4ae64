"""Mobile units, fleets, staff and money: what the language takes, what tables and notes make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis.outreach import visits
from geoplan.errors import InputError
from geoplan.run import run, run_with_base
from geoplan.scenario import load_scenario
from geoplan.stage import offers, operating

UNIT = """
[[changes]]
change = "mobile_unit"
unit = "m1"
name = "Unit 1"
services = ["primary_care"]
stops = [{ settlement = "xvd-sos", days_a_month = 8 }, { settlement = "lac-sus", days_a_month = 2 }]
staff = 4
cost_azn = 1000
running_cost_azn = 200
"""

FLEET = """
[[changes]]
change = "fleet"
facility = "f-saki-rmx"
ambulances = 4
staff = 12
cost_azn = 600
"""


def rows(applied, text, **options):
    """Return the facilities, the log by thing and attribute, and the codes of findings."""
    state, log, findings = applied(text, **options)
    told = {(r.thing, r.attribute): (r.old, r.new) for r in log}
    return state.facilities, told, [(f.severity, f.code) for f in findings]


# --- mobile units -------------------------------------------------------------------------------------------


def test_stops_are_rows_of_their_own_kind(applied, shipped_tables):
    table, log, found = rows(applied, UNIT)
    assert found == []
    stops = table[table["mobile_unit"] != ""]
    assert list(stops.index) == ["m1@lac-sus", "m1@xvd-sos"]
    assert stops["visit_days_a_month"].tolist() == [2, 8]
    assert stops["district_id"].tolist() == ["AZ-LAC", "AZ-XVD"]
    assert stops["name_en"].tolist() == ["Unit 1, Sus", "Unit 1, Sos"]
    assert stops["confidence"].tolist() == ["assumed"] * 2
    assert stops["cost_azn"].isna().all()  # money of the unit, not of each stop
    assert len(table) == len(shipped_tables.facilities) + 2
    assert log["m1", "cost_azn"] == ("", "1000")
    assert log["m1", "running_cost_azn"] == ("", "200")
    assert log["m1@xvd-sos", "visit_days_a_month"] == ("", "8")


def test_a_later_change_replaces_the_stops_and_an_end_ends_them(applied):
    later = UNIT.replace(
        'settlement = "xvd-sos", days_a_month = 8', 'settlement = "xvd-sos", days_a_month = 5'
    )
    later = later.replace('{ settlement = "lac-sus", days_a_month = 2 }', "").replace(
        "staff = 4", "staff = 6"
    )
    text = UNIT + later + "start = 2027\nuntil = 2028\n"
    years = "[2026, 2027, 2028]"
    days = {}
    for year in (2026, 2027, 2028):
        table, log, _ = rows(applied, text, year=year, years=years)
        stops = table[table["mobile_unit"] == "m1"]
        days[year] = dict(zip(stops["settlement_id"], stops["visit_days_a_month"], strict=True))
        if year == 2027:
            assert log["m1@lac-sus", "visit_days_a_month"] == ("2", "")
            assert log["m1", "staff"] == ("4", "6")
    assert days == {
        2026: {"lac-sus": 2, "xvd-sos": 8}, 2027: {"xvd-sos": 5}, 2028: {"lac-sus": 2, "xvd-sos": 8},
    }  # fmt: skip


def test_a_stop_counts_only_for_a_service_that_says_so(applied):
    table, _, _ = rows(applied, UNIT)
    baseline = load_scenario("baseline")
    assert operating(table, baseline, 2026)[table["mobile_unit"] != ""].all()
    care = next(s for s in baseline.services if s.id == "primary_care")
    counted = {}
    for least in (None, 1, 2, 3, 8, 9):
        given_ = offers(table, care.model_copy(update={"mobile_days_least": least}))
        counted[least] = sorted(table.index[given_ & (table["mobile_unit"] != "")])
    assert counted[None] == counted[9] == []
    assert counted[1] == counted[2] == ["m1@lac-sus", "m1@xvd-sos"]
    assert counted[3] == counted[8] == ["m1@xvd-sos"]


def test_the_note_says_who_gains_and_that_figures_leave_stops_out(write, shipped_tables):
    result = run(load_scenario(write(UNIT)), tables=shipped_tables, figures_only=True)
    (note,) = [f for f in result.findings if f.code == "mobile-visits"]
    told = dict(note.params)
    # Sos (360 people) is 43 minutes from Shusha; Khojavend's village (94) 40 from Fuzuli and next to Sos.
    assert told["people"] >= 360 + 94
    assert told["often"].startswith(f"{told['people'] - _people(told, 2)}: 8")
    assert "The figures of primary_care leave stops out." in note.message
    assert told["readings"] == "-"
    counting = '[[services]]\nid = "primary_care"\nmobile_days_least = 4\n' + UNIT
    result = run(load_scenario(write(counting)), tables=shipped_tables, figures_only=True)
    (note,) = [f for f in result.findings if f.code == "mobile-visits"]
    assert "leave stops out" not in note.message
    assert "primary_care counts stops of at least 4 days a month" in note.message
    assert dict(note.params)["people"] == told["people"]
    care = result.coverage_by_settlement.query("service == 'primary_care'").set_index("demand_id")
    assert care.loc["xvd-sos", ["minutes", "facility_id", "on_assumed"]].tolist() == [0, "m1@xvd-sos", True]


def test_a_new_reading_has_a_base_to_be_compared_with():
    result = run_with_base(load_scenario("mobile-units-assumed"))
    within = {}
    for name, side in (("plan", result), ("base", result.base)):
        rows = side.coverage_summary.query("id == 'liberated'").set_index("service")["within_target"]
        within[name] = (int(rows["primary_care"]), int(rows["primary_care_with_visits"]))
    assert within["base"][0] == within["base"][1] == within["plan"][0]
    # all that gain visits of 4 days a month and more, see test_shipped_scenarios: all but Badara's 154
    assert within["plan"][1] - within["base"][1] == 1041 + 482 + 120 + 777
    assert [f for f in result.findings if f.code == "parent-changed"] == []


def _people(told, days):
    """Return the people of a note who gain visits of so many days."""
    parts = dict(part.split(": ")[::-1] for part in told["often"].split("; "))
    return int(parts.get(str(days), 0))


def test_a_unit_whose_service_nobody_counts_is_named(write, shipped_tables):
    text = UNIT.replace('"primary_care"', '"vaccination"')
    result = run(load_scenario(write(text)), tables=shipped_tables, figures_only=True)
    (note,) = [f for f in result.findings if f.code == "mobile-visits-uncounted"]
    assert "vaccination" in note.message


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('settlement = "xvd-sos"', 'settlement = "xvd-soss"', "unknown-settlement", "Nearest: xvd-sos"),
        ("days_a_month = 8", "days_a_month = 31", "mobile-unit-busy", "33 days of a month"),
    ],
)
def test_stops_that_cannot_be(applied, old, new, code, words):
    findings = applied(UNIT.replace(old, new))[2]
    assert [f.code for f in findings] == [code]
    assert words in str(findings[0])
    assert findings[0].where == "mine.toml:5"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (UNIT.replace("lac-sus", "xvd-sos"), "'xvd-sos' is a stop twice"),
        (UNIT.replace("days_a_month = 8", "days_a_month = 0"), "must be at least 1, not 0"),
        (UNIT.replace("days_a_month = 8", "days = 8"), "unknown key"),
        (UNIT.replace('name = "Unit 1"\n', ""), "the key 'changes[1].name' is missing"),
        (UNIT + UNIT, "'mobile unit m1, stops' is changed twice"),
        (FLEET.replace("ambulances = 4\n", ""), "give one of ambulances, cars, offroad_vehicles"),
        (FLEET.replace("ambulances = 4", "helicopters = 4"), "unknown key"),
    ],
)
def test_what_the_language_refuses(write, text, words):
    with pytest.raises(InputError) as error:
        load_scenario(write(text))
    assert any(words in str(f) for f in error.value.findings), error.value.findings


@st.composite
def small_worlds(draw):
    people, sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    times = st.lists(st.integers(-1, 5), min_size=sites, max_size=sites)
    tenths = draw(st.lists(times, min_size=people, max_size=people))
    standing = draw(st.lists(st.booleans(), min_size=sites, max_size=sites))
    days = [0 if s else draw(st.integers(0, 3)) for s in standing]
    crowd = draw(st.lists(st.integers(0, 9), min_size=people, max_size=people))
    return tenths, standing, days, crowd


@settings(deadline=None, derandomize=True)
@given(small_worlds())
def test_visits_are_those_counted_person_by_person(world):
    tenths, standing, days, crowd = world
    gaining, served = {}, 0
    for row, number in zip(tenths, crowd, strict=True):
        near = [k for k, t in enumerate(row) if 0 <= t <= 3]
        best = max((days[k] for k in near), default=0)
        if best and any(standing[k] for k in near):
            served += number
        elif best and number:
            gaining[best] = gaining.get(best, 0) + number
    found = visits(
        np.array(tenths, dtype=np.int32),
        np.array(crowd, dtype=np.int64),
        standing=np.array(standing),
        days=np.array(days, dtype=np.int64),
        target_tenths=3,
    )
    assert dict(found.gaining) == gaining
    assert (found.people, found.served) == (sum(gaining.values()), served)
    assert [d for d, _ in found.gaining] == sorted(gaining, reverse=True)


# --- fleets, staff and money --------------------------------------------------------------------------------


def test_a_fleet_stands_at_its_station_and_moves_no_minutes(applied, shipped_tables):
    more = FLEET.replace("ambulances = 4", "offroad_vehicles = 1").replace("staff = 12", "staff = 14")
    table, log, found = rows(applied, FLEET + more + "start = 2027\n", year=2027, years="[2026, 2027]")
    row = table.loc["f-saki-rmx"]
    assert (row["ambulances"], row["offroad_vehicles"], row["fleet_staff"], row["fleet_cost_azn"]) == (
        4,
        1,
        14,
        1200,
    )
    assert pd.isna(row["cars"])
    assert pd.isna(row["staff"])
    assert log["f-saki-rmx", "ambulances"] == ("", "4")
    assert log["f-saki-rmx", "fleet_cost_azn"] == ("600", "1200")
    assert found == [("note", "fleet-not-dispatched")] * 2
    same = [c for c in shipped_tables.facilities.columns if not c.startswith(("ambul", "offroad", "fleet"))]
    pd.testing.assert_frame_equal(table[same], shipped_tables.facilities[same])


def test_a_fleet_needs_a_station_and_vehicles_that_are_new(applied):
    assert rows(applied, FLEET.replace("f-saki-rmx", "f-saki-rmz"))[2] == [("error", "unknown-facility")]
    assert ("warning", "change-without-effect") in rows(applied, FLEET + FLEET + "start = 2026\n")[2]


def test_staff_and_money_are_columns_and_money_adds_up(applied):
    text = """
[[changes]]
change = "add_facility"
facility = "new"
name = "New"
services = ["primary_care"]
settlement = "xvd-sos"
beds = 10
staff = 20
cost_azn = 5000
running_cost_azn = 700

[[changes]]
change = "upgrade_facility"
facility = "new"
staff = 30
cost_azn = 1000
start = 2027

[[changes]]
change = "add_service"
facility = "new"
service = "emergency_hospital"
cost_azn = 200
running_cost_azn = 900
start = 2027
"""
    figures = ["beds", "staff", "cost_azn", "running_cost_azn"]
    told = {}
    for year in (2026, 2027):
        table, log, found = rows(applied, text, year=year, years="[2026, 2027]")
        assert found == []
        told[year] = table.loc["new", figures].tolist()
    assert told == {2026: [10, 20, 5000, 700], 2027: [10, 30, 6200, 900]}
    assert log["new", "cost_azn"] == ("6000", "6200")
    assert (table["cost_azn"].dtype, table["beds"].dtype) == ("Int64", "Int64")


def test_a_table_that_knows_all_beds_takes_a_facility_without(write, shipped_tables):
    from dataclasses import replace

    from geoplan.changes import apply_changes

    known = shipped_tables.facilities.assign(beds=np.int64(5))
    text = UNIT + '[[changes]]\nchange = "close_facility"\nfacility = "f-saki-rmx"\n'
    state = apply_changes(load_scenario(write(text)), replace(shipped_tables, facilities=known), 2026)[0]
    beds = state.facilities["beds"]
    assert beds.isna().sum() == 2
    assert beds.dropna().eq(5).all()
