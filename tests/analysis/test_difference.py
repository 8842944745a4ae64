"""Differences: hand-made cases, a thing against itself, sums that agree between places and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis import difference as diff

NAN = float("nan")


def rows_of(places: list[tuple[str, int, float | None, str]], *, district: str = "D1") -> pd.DataFrame:
    """Return coverage rows: id, people, minutes, status of each place."""
    table = pd.DataFrame(places, columns=["demand_id", "population", "minutes", "status"])
    return table.assign(
        year=2026,
        service="pci",
        demand_kind="settlement",
        name_az="a",
        name_en="e",
        name_ru="r",
        district_id=district,
        region_id="r1",
        liberated=[p[0] > "c" for p in places],
        minutes=table["minutes"].astype(float),
        band=["0-60" if s == "reached" else s for s in table["status"]],
        facility_id=["f" if s == "reached" else "" for s in table["status"]],
        on_assumed=False,
    )


BEFORE = rows_of(
    [
        ("a", 100, 30.1, "reached"),
        ("b", 200, 30.0, "reached"),
        ("c", 50, None, "unreachable"),
        ("d", 10, 12.0, "reached"),
        ("e", 7, None, "not_assessed"),
        ("f", 5, 1.0, "reached"),
        ("h", 0, 90.0, "reached"),
    ]
)
AFTER = rows_of(
    [
        ("a", 110, 30.0, "reached"),
        ("b", 200, 45.5, "reached"),
        ("c", 50, 70.0, "reached"),
        ("d", 10, None, "unreachable"),
        ("e", 7, None, "not_assessed"),
        ("g", 9, 2.0, "reached"),
        ("h", 0, 20.0, "reached"),
    ]
)


def summary_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a coverage summary of the nation alone."""
    assessed = rows[rows["status"] != "not_assessed"]
    near = assessed[assessed["minutes"] <= 60]["population"].sum()
    row = {
        "year": 2026,
        "level": "nation",
        "id": "AZ",
        "service": "pci",
        "population": rows["population"].sum(),
        "assessed": assessed["population"].sum(),
        "within_target": near,
        "share_within_target": round(near / assessed["population"].sum(), 6),
        "unreachable": rows[rows["status"] == "unreachable"]["population"].sum(),
        "mean_minutes": 30.0,
        "p50_minutes": 20.0,
        "p90_minutes": NAN,
        "on_assumed": 0,
        "name_az": "A",
        "name_en": "E",
        "name_ru": "R",
    }
    return pd.DataFrame([row])


def test_every_kind_of_change_by_hand() -> None:
    rows = diff.settlement_difference(BEFORE, AFTER).set_index("demand_id")
    assert rows["change"].to_dict() == {
        "a": "shorter",
        "b": "longer",
        "c": "became_reachable",
        "d": "became_unreachable",
        "e": "not_compared",
        "f": "only_before",
        "g": "only_after",
        "h": "shorter",
    }
    assert rows.loc["a", "difference_minutes"] == -0.1
    assert rows.loc["a", "person_minutes"] == -11.0
    assert rows.loc["b", "person_minutes"] == 15.5 * 200
    assert rows.loc[["c", "d", "e", "f", "g"], "difference_minutes"].isna().all()
    assert rows.loc["f", ["population_before", "population_after", "band_after"]].tolist() == [5, 0, "absent"]
    assert rows["liberated"].tolist() == [False, False, False, True, True, True, True, True]


def test_groups_by_hand() -> None:
    rows = diff.settlement_difference(BEFORE, AFTER)
    groups = diff.group_difference(rows, summary_of(BEFORE), summary_of(AFTER), capital_id="AZ-BA")
    (nation,) = groups.to_dict("records")
    assert nation["people_shorter"] == 110
    assert nation["people_longer"] == 200
    assert nation["people_became_reachable"] == 50
    assert nation["people_became_unreachable"] == 10
    assert (nation["gained_person_minutes"], nation["lost_person_minutes"]) == (11.0, 3100.0)
    assert nation["within_target_difference"] == (110 + 200 + 9) - (100 + 200 + 10 + 5)
    assert nation["p50_difference_minutes"] == 0
    assert np.isnan(nation["p90_difference_minutes"])


def test_transitions_count_everybody_once() -> None:
    table = diff.transition_table(diff.settlement_difference(BEFORE, AFTER))
    steps = {(r.band_before, r.band_after): (r.people, r.places) for r in table.itertuples()}
    assert steps == {
        ("0-60", "0-60"): (310, 2),
        ("unreachable", "0-60"): (50, 1),
        ("0-60", "unreachable"): (10, 1),
        ("not_assessed", "not_assessed"): (7, 1),
        ("0-60", "absent"): (5, 1),
        ("absent", "0-60"): (9, 1),
    }


def test_the_largest_leave_out_places_without_people() -> None:
    rows = diff.settlement_difference(BEFORE, AFTER)
    assert diff.largest(rows, by="difference_minutes", gains=True)["demand_id"].tolist() == ["a"]
    assert diff.largest(rows, by="person_minutes", gains=False)["demand_id"].tolist() == ["b"]


def test_the_largest_are_cut_and_ties_go_by_people_then_id() -> None:
    places = [(f"p{i:02d}", 10 + i % 2, 50.0, "reached") for i in range(30)]
    before = rows_of(places)
    after = before.assign(minutes=40.0)
    found = diff.largest(diff.settlement_difference(before, after), by="difference_minutes", gains=True)
    assert len(found) == 20
    assert found["demand_id"].tolist()[:2] == ["p01", "p03"]


places = st.lists(
    st.tuples(
        st.sampled_from([f"p{i}" for i in range(12)]),
        st.integers(0, 10_000),
        st.integers(0, 3000),
        st.sampled_from(["reached", "reached", "unreachable", "not_assessed"]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda p: p[0],
)


def table_of(drawn: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    return rows_of([(i, n, t / 10 if s == "reached" else None, s) for i, n, t, s in drawn])


@settings(max_examples=25, deadline=None)
@given(places)
def test_a_thing_against_itself_is_zero_everywhere(drawn: list[tuple[str, int, int, str]]) -> None:
    table = table_of(drawn)
    rows = diff.settlement_difference(table, table)
    assert set(rows["change"]) <= {"same", "not_compared"}
    assert not rows["difference_minutes"].fillna(0).any()
    assert not rows["person_minutes"].fillna(0).any()
    steps = diff.transition_table(rows)
    assert (steps["band_before"] == steps["band_after"]).all()


@settings(max_examples=25, deadline=None)
@given(places, places)
def test_sums_and_reversal(
    one: list[tuple[str, int, int, str]], two: list[tuple[str, int, int, str]]
) -> None:
    before, after = table_of(one), table_of(two)
    rows = diff.settlement_difference(before, after)
    assert len(rows) == len({p[0] for p in one} | {p[0] for p in two})
    assert rows["population_before"].sum() == before["population"].sum()
    assert rows["population_after"].sum() == after["population"].sum()
    back = diff.settlement_difference(after, before)
    np.testing.assert_array_equal(back["difference_minutes"], -rows["difference_minutes"])
    whole = rows["difference_minutes"] * 10
    np.testing.assert_array_equal(whole.round(6), whole.round(0))


def test_steps_keep_their_order_and_names() -> None:
    rows = diff.settlement_difference(BEFORE, AFTER)
    group = diff.group_difference(rows, summary_of(BEFORE), summary_of(AFTER), capital_id="AZ-BA")
    table = diff.step_table([({"mode": "alone", "step": 1}, group), ({"mode": "sequence", "step": 0}, group)])
    assert table["mode"].tolist() == ["alone", "sequence"]
    assert table["people_shorter"].tolist() == [110, 110]
    assert diff.step_table([]).empty


@pytest.mark.parametrize("by", ["difference_minutes", "person_minutes"])
def test_no_change_has_no_largest(by: str) -> None:
    rows = diff.settlement_difference(BEFORE, BEFORE)
    assert diff.largest(rows, by=by, gains=True).empty
