"""Changes on the shipped tables: what they make of facilities, roads and people, and what cannot be."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from geoplan.changes import apply_changes, counts_others, with_standards
from geoplan.scenario import load_scenario
from geoplan.stage import operating
from geoplan.tables.read import read_tables
from geoplan.tables.residents import arrived

SAKI = 'facility = "f-saki-rmx"\n'
AGDAM = 'facility = "f-agdam-rmx-yeni"\n'
TUNNEL = "r19-murov-simal-murov-canub"


def change(kind, *lines):
    """Return one change as TOML."""
    return "\n".join(["[[changes]]", f'change = "{kind}"', *lines, ""])


def codes(findings):
    """Return severity and code of findings."""
    return [(f.severity, f.code) for f in findings]


def working(state, year=2026):
    """Return the ids of the facilities that count."""
    return set(state.facilities.index[operating(state.facilities, load_scenario("baseline"), year)])


def test_without_changes_the_tables_are_returned_themselves(shipped_tables):
    state, log, findings = apply_changes(load_scenario("baseline"), shipped_tables, 2026)
    assert (state is shipped_tables, log, findings) == (True, (), [])


def test_nothing_happens_in_place(applied, shipped_tables):
    before = shipped_tables.facilities.copy(), shipped_tables.roads.copy()
    applied(change("close_facility", SAKI) + change("close_road", 'ref = "M2"'))
    pd.testing.assert_frame_equal(before[0], shipped_tables.facilities)
    pd.testing.assert_frame_equal(before[1], shipped_tables.roads)


# --- facilities ---------------------------------------------------------------------------------------------


def test_a_facility_closes_in_2027_and_opens_again_in_2028(applied):
    text = change("close_facility", SAKI, "start = 2027") + change("open_facility", SAKI, "start = 2028")
    years = "[2026, 2027, 2028]"
    counted = ["f-saki-rmx" in working(applied(text, year=y, years=years)[0], y) for y in (2026, 2027, 2028)]
    assert counted == [True, False, True]


def test_opening_upgrading_and_serving_are_logged_old_to_new(applied):
    state, log, findings = applied(
        change("open_facility", AGDAM, "staff = 400", "cost_azn = 1000")
        + change("upgrade_facility", AGDAM, "beds = 250")
        + change("add_service", AGDAM, 'service = "cardiology_pci"')
    )
    assert findings == []
    row = state.facilities.loc["f-agdam-rmx-yeni"]
    assert (row["status"], row["beds"], row["confidence"]) == ("operating", 250, "assumed")
    assert "cardiology_pci" in row["services"].split(";")
    rows = {r.attribute: (r.old, r.new, r.where) for r in log}
    assert rows["status"] == ("construction", "operating", "mine.toml:4")
    assert rows["beds"] == ("210", "250", "mine.toml:10")
    assert rows["staff"] == ("", "400", "mine.toml:4")
    assert rows["cost_azn"][:2] == ("", "1000")


def test_a_facility_moves_and_a_new_one_opens(applied, shipped_tables):
    state, _, findings = applied(
        change("move_facility", 'facility = "f-susa-rmx-bakida"', 'settlement = "sus-susa"')
        + change(
            "add_facility", 'facility = "new"', 'name = "New"', 'services = ["cardiology_pci"]', "lat = 40.1",
            "lon = 47.5", 'district = "AZ-AGC"',
        )
    )  # fmt: skip
    assert findings == []
    moved, new = state.facilities.loc["f-susa-rmx-bakida"], state.facilities.loc["new"]
    assert moved["district_id"] == "AZ-SUS"
    assert (moved["lat"], moved["lon"]) == tuple(shipped_tables.settlements.loc["sus-susa", ["lat", "lon"]])
    assert (new["services"], new["lat"], new["confidence"]) == ("cardiology_pci", 40.1, "assumed")
    assert "new" in working(state)
    assert state.facilities.dtypes.equals(shipped_tables.facilities.dtypes)
    assert state.facilities.index.is_monotonic_increasing


# --- roads --------------------------------------------------------------------------------------------------


def test_roads_named_in_four_ways(applied):
    line = "x-tursu-yasil-tala"
    square = "POLYGON ((46.640 39.666, 46.650 39.666, 46.650 39.672, 46.640 39.672, 46.640 39.666))"
    ways = (f'road = "{line}"', 'between = ["yasil-tala", "tursu"]', f'inside = "{square}"', 'ref = "r29"')
    closed = []
    for way in ways:
        roads = applied(change("close_road", way))[0].roads
        closed.append(set(roads.index[[d == dt.date(2026, 1, 1) for d in roads["open_until"]]]))
    assert closed[:3] == [{line}] * 3
    assert {road.split("-")[0] for road in closed[3]} == {"r29"}


def test_slow_and_fast_and_paved_roads(applied, shipped_tables):
    def speed(text, road="r19-omar-asirimi-murov-canub"):
        state, log, findings = applied(text)
        assert findings == []
        return state.roads.loc[road, "speed_kmh"], log

    name = 'road = "r19-omar-asirimi-murov-canub"'  # tertiary, gravel, 16.3 km in 28.8 minutes
    kinds = shipped_tables.speeds.set_index(["class", "surface", "vehicle", "season"])["speed_kmh"]
    climb = shipped_tables.roads.loc["r19-omar-asirimi-murov-canub", "climb_m_per_km"]
    gravel, paved = (kinds["tertiary", s, "car", "summer"] - 0.14 * climb for s in ("gravel", "paved"))
    half, log = speed(change("slow_road", name, "factor = 0.5"))
    assert half == pytest.approx(gravel / 2)
    assert log[-1].attribute == "speed_kmh"
    assert (float(log[-1].old), float(log[-1].new)) == pytest.approx((gravel, gravel / 2))
    assert speed(change("speed_up_road", name, 'surface = "paved"'))[0] == pytest.approx(paved)
    km = shipped_tables.roads.loc["r19-omar-asirimi-murov-canub", "length_km"]
    late = speed(change("slow_road", name, "delay_minutes = 30"))[0]
    assert km / late * 60 == pytest.approx(km / gravel * 60 + 30)
    assert np.isnan(speed(change("slow_road", name, "speed_kmh = 150"))[0])  # never faster
    assert np.isnan(speed(change("speed_up_road", name, "speed_kmh = 5"))[0])  # never slower


def test_an_added_road_is_a_row_in_every_year_but_open_only_in_its_own(applied):
    new = ('road = "new"', 'nodes = ["susa", "lacin"]', "length_km = 20.0", 'road_class = "primary"')
    text = change("add_road", *new, "start = 2028")
    tables = [applied(text, year=y, years="[2026, 2028]")[0].roads for y in (2026, 2028)]
    pd.testing.assert_frame_equal(*tables)
    assert tables[0].index.is_monotonic_increasing
    row = tables[0].loc["new"]
    assert (row["open_from"], row["class"], row["confidence"]) == (dt.date(2028, 1, 1), "primary", "assumed")
    assert row["geometry"].startswith("LINESTRING")


def test_a_closed_road_leaves_two_dead_ends(applied, shipped_tables):
    road = "x-tursu-yasil-tala"
    for year, apart in ((2026, False), (2027, True), (2028, False)):
        text = change("close_road", f'road = "{road}"', "start = 2027", "until = 2028")
        state = applied(text, year=year, years="[2026, 2027, 2028]")[0]
        halves = state.roads.loc[[f"{road}~1", f"{road}~2"]]
        assert list(halves["status"]) == ["open" if apart else "planned"] * 2
        assert halves["length_km"].sum() == pytest.approx(shipped_tables.roads.loc[road, "length_km"])
        assert (halves["from"].iloc[0], halves["to"].iloc[1]) == ("tursu", "yasil-tala")
        assert {f"{road}~1", f"{road}~2"} <= set(state.road_nodes.index)


def test_the_season_of_a_pass(applied):
    text = change("pass_calendar", 'ref = "R29"', "closed_in_winter = true")
    roads = applied(text)[0].roads
    assert roads.loc[roads["ref"] == "R29", "closed_in_winter"].all()


# --- people -------------------------------------------------------------------------------------------------


def test_growth_is_compound_and_conserves_districts(applied, shipped_tables):
    text = change("growth", "percent_per_year = 2.0", "start = 2026")
    state, log, findings = applied(text, year=2030, years="[2026, 2030]")
    assert findings == []
    old = shipped_tables.district_population.set_index("district_id")["population"]
    rows = state.district_population
    new = rows[rows["year"] == 2030].set_index("district_id")["population"]
    assert (new - old * 1.02**4).abs().max() <= 0.5
    places = state.population[state.population["year"] == 2030].set_index("settlement_id")["population"]
    inside = places.groupby(shipped_tables.settlements["district_id"]).sum()
    assert (inside <= new.reindex(inside.index)).all()
    assert (log[-1].old, log[-1].new) == (str(old.sum()), str(new.sum()))


def test_growth_of_one_district_leaves_the_others(applied, shipped_tables):
    text = change("growth", "percent_per_year = -1", 'district = "AZ-LER"', "start = 2026")
    rows = applied(text, year=2027, years="[2026, 2027]")[0].district_population
    new = rows[rows["year"] == 2027].set_index("district_id")["population"]
    old = shipped_tables.district_population.set_index("district_id")["population"]
    assert set(new.index[new != old.reindex(new.index)]) == {"AZ-LER"}


def test_other_residents_from_a_year_on(write, applied):
    text = change("other_residents", "counted = true", "start = 2027")
    scenario = load_scenario(write("years = [2026, 2027]\n" + text))
    assert [counts_others(scenario, y) for y in (2026, 2027)] == [False, True]
    (row,) = applied(text, year=2027, years="[2026, 2027]")[1]
    assert (row.attribute, row.old, row.new, row.start) == ("counted", "false", "true", "2027-01-01")


def test_an_envelope_is_interpolated_by_days_and_never_below_the_counted(write):
    text = "years = [2026, 2027, 2030]\n" + change("resettlement", 'envelope = "people.csv"')
    path = write(text)
    rows = ["settlement_id,date,persons,kind,source,confidence"]
    rows += [
        f"zan-zangilan,{d},{n},envelope,test,assumed" for d, n in (("2026-01-01", 0), ("2028-01-01", 731))
    ]
    rows += ["zan-agali,2026-01-01,10,envelope,test,assumed"]
    (path.parent / "people.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    scenario = load_scenario(path)
    tables = read_tables(scenario.table_paths())
    people = {}
    for year in scenario.years:
        state, _, findings = apply_changes(scenario, tables, year)
        assert codes(findings) == [("note", "resettlement-envelope")]
        people[year] = arrived(state.resettlement, "returned", dt.date(year, 1, 1))["persons"]
    # 365 of the 730 days: 365.5, half up 366; after the last date the last figure holds
    assert [int(p.get("zan-zangilan", 0)) for p in people.values()] == [0, 366, 731]
    assert len({int(p["zan-agali"]) for p in people.values()}) == 1
    assert people[2026]["zan-agali"] > 10


def test_standards_hold_in_all_years(write):
    text = change("standard", 'service = "primary_care"', "target_minutes = 20", "bands_minutes = [10, 20]")
    scenario, log = with_standards(load_scenario(write(text)))
    care = next(s for s in scenario.services if s.id == "primary_care")
    assert (care.target_minutes, care.bands_minutes) == (20, (10, 20))
    assert [(r.attribute, r.old, r.new) for r in log][1] == ("target_minutes", "30", "20")
    assert with_standards(scenario)[0].services == scenario.services


# --- what cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (change("close_facility", 'facility = "f-saki-rmz"'), "unknown-facility", "Nearest: f-saki-rmx"),
        (change("close_facility", 'facility = "Şəki Rayon Mərkəzi Xəstəxana"'), "unknown-facility", "f-saki"),
        (change("close_facility", AGDAM), "closing-before-opening", "it is construction"),
        (
            change("close_facility", 'facility = "f-horovlu-hakim-mantaqasi"'),
            "closing-before-opening",
            "it opens on 2026-02",
        ),
        (
            change("move_facility", SAKI, 'settlement = "sus-suse"'),
            "unknown-settlement",
            "Nearest: sus-susa",
        ),
        (
            change(
                "add_facility", SAKI, 'name = "x"', 'services = ["a"]', 'settlement = "sus-susa"'
            ),
            "facility-exists",
            "open_facility",
        ),
        (change("close_road", 'road = "x-susa-tursi"'), "unknown-road", "Nearest: x-susa-tursu"),
        (change("close_road", 'ref = "M22"'), "unknown-road-number", "Nearest: M2"),
        (change("close_road", 'between = ["susa", "qence"]'), "unknown-road-node", "Nearest: ganca"),
        (change("close_road", 'between = ["susa", "baki"]'), "no-road-between", "From susa roads lead to"),
        (
            change("close_road", 'inside = "POLYGON ((50 39, 50.1 39, 50.1 39.1, 50 39))"'),
            "polygon-without-roads",
            "no road touches the polygon",
        ),
        (change("close_road", f'road = "{TUNNEL}"'), "closes-nothing", "closes nothing"),
        (
            change("close_road", 'ref = "R29"') + change("open_road", 'road = "r29-tartar-agdara"'),
            "change-conflict",
            "changed otherwise in mine.toml:4",
        ),
        (
            change(
                "add_road", 'road = "r29-tartar-agdara"', 'nodes = ["susa", "lacin"]', "length_km = 1.0",
                'road_class = "primary"',
            ),
            "road-exists",
            "open_road",
        ),
        (
            change(
                "add_road", 'road = "new"', 'nodes = ["susa", "lacin"]', "length_km = 30.0",
                'road_class = "primary"', 'line = "LINESTRING (4.67 39.76, 46.55 39.64)"',
            ),
            "line-misses-node",
            "longitude",
        ),
        (
            change("growth", "percent_per_year = 1", 'district = "AZ-LAC"'),
            "growth-of-liberated",
            "resettlement",
        ),
        (change("growth", "percent_per_year = 1", 'district = "AZ-XX"'), "unknown-district", "AZ-X"),
        (
            change("growth", "percent_per_year = 1")
            + change("growth", "percent_per_year = 2", 'district = "AZ-LER"'),
            "change-conflict",
            "grow otherwise in mine.toml:4",
        ),
        (change("resettlement", 'envelope = "shipped:population"'), "bad-envelope", "no rows of the kind"),
    ],
)  # fmt: skip
def test_what_cannot_be(applied, text, code, words):
    found = applied(text)[2]
    assert ("error", code) in codes(found), found
    assert any(words in str(f) and f.where.startswith("mine.toml:") for f in found), found


@pytest.mark.parametrize(
    "text",
    [
        change("open_facility", SAKI),
        change("open_road", 'road = "x-susa-tursu"'),
        change("add_service", SAKI, 'service = "emergency_hospital"'),
        change("pass_calendar", 'road = "x-susa-tursu"', "closed_in_winter = false"),
    ],
)
def test_a_change_that_does_nothing_is_a_warning(applied, text):
    _, log, findings = applied(text)
    assert codes(findings) == [("warning", "change-without-effect")]
    assert log == ()
