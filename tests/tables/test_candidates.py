"""Candidate sites: which settlements, a planner's own list, and their times in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from geoplan.errors import InputError
from geoplan.run import run, run_with_base
from geoplan.scenario import load_scenario
from geoplan.tables.candidates import candidate_sites
from geoplan.tables.read import read_tables, tables_hash

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result

OWN = """site_id,name_az,district_id,lat,lon,confidence
mine,Mənim yerim,AZ-MI,40.764,47.062,assumed
"""


@pytest.fixture(scope="module")
def shipped():
    return read_tables({})


def test_kinds_choose_the_settlements(shipped) -> None:
    centres, _ = candidate_sites(shipped, ["district_centres"])
    returned, _ = candidate_sites(shipped, ["return_programme"])
    both, findings = candidate_sites(shipped, ["district_centres", "return_programme"])
    assert set(centres["settlement_id"]) == set(shipped.districts["centre_settlement_id"])
    assert shipped.settlements.loc[returned["settlement_id"], "return_programme"].all()
    assert set(both.index) == set(centres.index) | set(returned.index)
    assert list(both.index) == sorted(both.index)
    assert findings == []
    assert candidate_sites(shipped, [])[0].empty


def test_own_sites_stand_beside_and_their_faults_are_named(shipped, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(OWN, encoding="utf-8")
    tables = read_tables({"candidates": (file,)})
    sites, findings = candidate_sites(tables, ["district_centres"])
    assert findings == []
    assert tables_hash(tables) != tables_hash(replace(tables, candidates=tables.candidates.iloc[1:]))
    assert sites.loc["mine", ["name_en", "district_id"]].tolist() == ["Mənim yerim", "AZ-MI"]
    file.write_text(OWN.replace("AZ-MI,40.764", "AZ-XX,60.764"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tables({"candidates": (file,)})
    wrong = {f.code: f.where for f in caught.value.findings if f.severity == "error"}
    assert wrong == {
        "unknown-district": "own.csv:2 mine:district_id",
        "outside-country": "own.csv:2 mine:lat",
    }
    twin = replace(tables, candidates=tables.candidates.rename(index={"mine": "f-agali-asm"}))
    _, findings = candidate_sites(twin, ["district_centres"])
    assert [f.code for f in findings] == ["duplicate-id"]
    assert "own.csv f-agali-asm" in findings[0].where


def test_times_to_sites_are_the_matrix_and_more(baseline: Result) -> None:
    state = baseline.years[0]
    kinds = state.sites["site_kind"]
    assert set(kinds[kinds == "facility"].index) == set(state.facilities.index)
    assert state.site_tenths.shape == (len(state.demand), len(state.sites))
    known = [state.sites.index.get_loc(name) for name in state.counting]
    assert np.array_equal(state.site_tenths[:, known], state.tenths)
    # a candidate at the door: the settlement itself is the demand point
    place = state.demand.index.get_loc("zan-agali")
    assert state.site_tenths[place, state.sites.index.get_loc("c-zan-agali")] <= 10


def test_a_child_stands_beside_its_parent() -> None:
    child = load_scenario("winter")
    result = run_with_base(child)
    parent = run(load_scenario("baseline"))
    assert result.base is not None
    assert result.base.provenance.run_hash == parent.provenance.run_hash
    pd.testing.assert_frame_equal(result.base.coverage_summary, parent.coverage_summary)
    assert run_with_base(load_scenario("baseline")).base is None
