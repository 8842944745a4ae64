"""The assumed envelopes of return: made by their script, ordered, rising, and saying what they are."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("low", "middle", "high")


@pytest.fixture(scope="module")
def builder():
    """boundaries/build/resettlement_plans.py as a module; an sdist carries it too."""
    path = ROOT / "boundaries" / "build" / "resettlement_plans.py"
    spec = importlib.util.spec_from_file_location("resettlement_plans", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def envelopes():
    """The three files side by side, persons by settlement and date."""
    files = {n: pd.read_csv(ROOT / "scenarios" / "data" / f"resettlement_{n}.csv") for n in LEVELS}
    return {n: f.set_index(["settlement_id", "date"]) for n, f in files.items()}


@pytest.mark.parametrize("level", LEVELS)
def test_the_script_makes_the_shipped_files(builder, level):
    path = ROOT / "scenarios" / "data" / f"resettlement_{level}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert rows == builder.envelope(level), "run: python boundaries/build/resettlement_plans.py"


def test_people_only_come_and_low_is_below_middle_is_below_high(envelopes):
    persons = pd.DataFrame({n: e["persons"] for n, e in envelopes.items()})
    assert persons.notna().all().all()
    assert (persons["low"] <= persons["middle"]).all()
    assert (persons["middle"] <= persons["high"]).all()
    for level in LEVELS:
        by_date = (
            persons[[level]].reset_index().pivot_table(index="settlement_id", columns="date", values=level)
        )
        assert list(by_date.columns) == ["2026-01-01", "2026-12-31", "2030-12-31"]
        assert (by_date.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_the_only_target_is_met_by_the_high_envelope_and_by_no_other(envelopes):
    sums = {n: e["persons"].groupby("date").sum() for n, e in envelopes.items()}
    unplaced = 26_513 - int(sums["low"]["2026-01-01"])
    assert sums["high"]["2026-12-31"] == sums["high"]["2030-12-31"] == 140_000 - unplaced
    assert sums["middle"]["2030-12-31"] < 140_000 - unplaced
    assert len({int(s["2026-01-01"]) for s in sums.values()}) == 1


def test_every_figure_has_a_source_or_says_that_it_is_assumed(envelopes):
    counts = pd.read_csv(ROOT / "scenarios" / "data" / "resettlement.csv")
    counts = counts[(counts["kind"] == "returned") & (counts["date"] <= "2026-01-01")]
    for level, table in envelopes.items():
        rows = table.reset_index()
        assert set(rows["kind"]) == {"envelope"}
        first = rows[rows["date"] == "2026-01-01"].set_index("settlement_id")
        later = rows[rows["date"] > "2026-01-01"]
        assert set(later["confidence"]) == {"assumed"}
        assert later["source"].str.startswith(f"assumed envelope '{level}', no plan and no forecast").all()
        assert later["source"].str.contains("weight: ").all()
        counted = first[first["source"].str.startswith("counted, ")]
        assert set(counted.index) == set(counts["settlement_id"])
        for place, row in counted.iterrows():
            own = counts[counts["settlement_id"] == place]
            assert all(source in row["source"] for source in own["source"]), place
            assert row["confidence"] in set(own["confidence"]), place
        bare = first.drop(counted.index)
        assert set(bare["persons"]) == {0}
        assert set(bare["confidence"]) == {"assumed"}
        assert bare["source"].str.startswith("assumed: ").all()
