"""Comparison: itself is zero, folders read back exactly, contributions add up, files and page."""

from __future__ import annotations

import csv
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoplan import saved
from geoplan.comparison import compare, load_side, side_of_folder, side_of_result
from geoplan.errors import GeoplanError, InputError, UsageError
from geoplan.output.comparing import comparison_record, comparison_tables, write_comparison
from geoplan.output.files import check_free, write_result
from geoplan.output.page.comparison import catalogue, render_comparison
from geoplan.run import run
from geoplan.scenario import KINDS, load_scenario
from geoplan.tables.pool import TablePool

sys.path.insert(0, str(Path(__file__).resolve().parent / "sweep"))
from tiny import small_country, write_scenario

PLAN = """\
extends = "tiny.toml"
title = "Plan <b>"
season = "summer"
[[changes]]
change = "add_service"
facility = "f-serq"
service = "cardiology_pci"
[[changes]]
change = "close_facility"
facility = "f-bati"
[[changes]]
change = "speed_up_road"
road = "m1-bati-serq"
speed_kmh = 110
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny scenario, a plan that extends it, and a scenario of other years."""
    folder = tmp_path_factory.mktemp("plans")
    path = write_scenario(folder)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    (folder / "later.toml").write_text(text.replace("[2026]", "[2026, 2027]"), encoding="utf-8")
    (folder / "far.toml").write_text(text.replace("[2026]", "[2030]"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pool() -> TablePool:
    """Tables that all tests share."""
    return TablePool()


@pytest.fixture(scope="module")
def comparison(folder: Path, pool: TablePool):
    """The tiny scenario beside its plan."""
    sides = [load_side(str(folder / name), pool=pool) for name in ("tiny.toml", "plan.toml")]
    return compare(sides, pool=pool)


def zero(pair) -> None:
    """Nothing differs anywhere."""
    rows = pair.by_settlement
    assert set(rows["change"]) <= {"same", "not_compared"}
    assert not rows["difference_minutes"].fillna(0).any()
    assert not rows["person_minutes"].fillna(0).any()
    steps = [c for c in pair.by_group.columns if "difference" in c or c.endswith("person_minutes")]
    assert len(steps) == 11
    assert not pair.by_group[steps].fillna(0).any(axis=None)
    moved = ["people_shorter", "people_longer", "people_became_reachable", "people_became_unreachable"]
    assert not pair.by_group[moved].any(axis=None)
    assert (pair.transitions["band_before"] == pair.transitions["band_after"]).all()


def test_the_baseline_against_itself_and_its_own_folder_is_zero(baseline, baseline_dir: Path) -> None:
    here, there = side_of_result(baseline), side_of_folder(baseline_dir)
    pool = TablePool()
    for one, two in ((here, here), (here, there), (there, here)):
        (pair,) = compare([one, two], pool=pool).pairs
        zero(pair)
        assert len(pair.by_settlement) == len(baseline.coverage_by_settlement)
        assert [n.code for n in pair.notes] == ["compare-no-changes"]
    record = comparison_record(compare([here, there], pool=pool))
    assert record["plans"][0]["identical"] is True
    assert record["plans"][0]["largest_gains_by_difference"] == []


def test_a_folder_reads_back_exactly(baseline, baseline_dir: Path) -> None:
    read = saved.read_saved(baseline_dir)
    for name, table in read.tables.items():
        own = getattr(baseline, name)
        figures = {c: [float(f"{v:.3f}") for v in own[c]] for c in own.columns if c == "km"}
        pd.testing.assert_frame_equal(table, own.assign(**figures), check_dtype=False, check_exact=True)
        kinds = {c: own[c].dtype.kind for c in own.columns if own[c].dtype.kind in "ifb"}
        assert {c: table[c].dtype.kind for c in kinds} == kinds
    districts = saved.read_districts(baseline_dir)
    assert list(districts.index) == list(baseline.districts.sort_index().index)
    assert list(districts["name_az"]) == list(baseline.districts.sort_index()["name_az"])
    places = saved.read_places(baseline_dir)
    demand = baseline.years[0].demand
    pd.testing.assert_frame_equal(places, demand[["lat", "lon"]], check_names=False)


def test_texts_that_a_spreadsheet_would_run_come_back(tmp_path: Path) -> None:
    land = small_country(tmp_path)
    land.change("settlements", "s-dag,Dağ,", 's-dag,"=Dağ, +1",')
    path = write_scenario(tmp_path)
    land.paths()
    result = run(load_scenario(path))
    write_result(result, tmp_path / "out", overwrite=False, render=lambda _: "")
    table = saved.read_table(tmp_path / "out", "coverage_by_settlement")
    assert "=Dağ, +1" in set(result.coverage_by_settlement["name_az"])
    assert list(table["name_az"]) == list(result.coverage_by_settlement["name_az"])
    (pair,) = compare([side_of_result(result), side_of_folder(tmp_path / "out")], pool=TablePool()).pairs
    zero(pair)


def test_the_plan_moves_people_as_it_must(comparison) -> None:
    (pair,) = comparison.pairs
    pci = pair.by_settlement[pair.by_settlement["service"] == "cardiology_pci"].set_index("demand_id")
    # the west loses its hospital, the east gets its own: 90 km at 110 km/h instead of 80
    assert pci.loc["s-serq", "change"] == "shorter"
    assert pci.loc["s-bati", "change"] == "longer"
    assert pci.loc["s-bati", "minutes_after"] == pytest.approx(90 / 110 * 60, abs=6)
    nation = pair.by_group.set_index(["service", "level", "id"]).loc[("cardiology_pci", "nation", "AZ")]
    assert nation["people_longer"] + nation["people_shorter"] > 8000
    assert (
        nation["within_target_difference"] == nation["within_target_after"] - nation["within_target_before"]
    )


def test_levels_add_up(comparison) -> None:
    (pair,) = comparison.pairs
    table = pair.by_group
    whole = ["within_target_difference", "people_shorter", "people_longer", "lost_person_minutes"]
    for service in pair.services:
        rows = table[table["service"] == service]
        nation = rows[rows["level"] == "nation"][whole].sum()
        for level in ("region", "district"):
            np.testing.assert_allclose(rows[rows["level"] == level][whole].sum(), nation)


def test_contributions_in_sequence_add_up_to_the_difference(comparison) -> None:
    (pair,) = comparison.pairs
    table = pair.contributions
    assert table["mode"].unique().tolist() == ["alone", "sequence"]
    assert table.loc[table["mode"] == "sequence", "step"].unique().tolist() == [0, 1, 2, 3]
    assert table.loc[table["mode"] == "alone", "step"].unique().tolist() == [1, 2, 3]
    keys = ["year", "level", "id", "service"]
    sums = (
        table[table["mode"] == "sequence"]
        .groupby(keys)[["within_target_difference", "unreachable_difference"]]
        .sum()
    )
    total = pair.by_group.set_index(keys).loc[sums.index, list(sums.columns)]
    pd.testing.assert_frame_equal(sums, total)
    nation = table[(table["id"] == "AZ") & (table["service"] == "cardiology_pci")].set_index(["mode", "step"])
    assert nation.loc[("sequence", 0), "people_longer"] == 0
    assert nation.loc[("alone", 1), "people_shorter"] > 0
    assert nation.loc[("alone", 2), "people_became_unreachable"] > 0


def test_a_folder_of_own_tables_gives_no_contributions_and_says_so(folder: Path, pool: TablePool) -> None:
    result = run(load_scenario(folder / "plan.toml"))
    write_result(result, folder / "written", overwrite=True, render=lambda _: "")
    sides = [load_side(str(folder / name), pool=pool) for name in ("tiny.toml", "written")]
    (pair,) = compare(sides, pool=pool).pairs
    assert pair.contributions.empty
    assert [n.code for n in pair.notes] == ["compare-no-contributions"]


def test_years_of_one_side_are_named_and_none_in_common_is_refused(folder: Path, pool: TablePool) -> None:
    tiny, later, far = (load_side(str(folder / f"{n}.toml"), pool=pool) for n in ("tiny", "later", "far"))
    (pair,) = compare([tiny, later], pool=pool).pairs
    assert pair.years == (2026,)
    assert "2027" in next(n.message for n in pair.notes if n.code == "compare-only-one-year")
    with pytest.raises(UsageError, match="share no year"):
        compare([tiny, far], pool=pool)
    with pytest.raises(UsageError, match="at least two"):
        compare([tiny], pool=pool)


def test_two_plans_of_one_name_keep_apart(comparison, pool: TablePool) -> None:
    plan = replace(comparison.pairs[0].plan, scenario=None)
    three = compare([comparison.base, plan, plan], pool=pool)
    assert [p.plan.id for p in three.pairs] == ["plan", "plan-2"]
    tables = comparison_tables(three)
    sizes = tables["difference_by_settlement"].groupby("scenario_id").size()
    assert sizes["plan"] == sizes["plan-2"] == len(comparison.pairs[0].by_settlement)


def test_files_are_whole_and_equal_on_a_second_time(comparison, tmp_path: Path) -> None:
    from geoplan.output.workbook import dictionary

    known = dictionary().groupby("table")["column"].agg(list)
    for name in ("one", "two"):
        write_comparison(comparison, tmp_path / name, overwrite=False, render=render_comparison)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert [p.as_posix() for p in files if p.suffix in {".json", ".html", ".csv"}] == [
        "compare.json",
        "index.html",
        "tables/contributions.csv",
        "tables/difference_by_district.csv",
        "tables/difference_by_settlement.csv",
        "tables/transitions.csv",
    ]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
        if file.suffix == ".csv":
            with (tmp_path / "one" / file).open(encoding="utf-8", newline="") as text:
                head = next(csv.reader(text))
            assert sorted(head) == sorted(known[file.stem]), file
    with pytest.raises(GeoplanError, match="holds a result"):
        check_free(tmp_path / "one", overwrite=False)
    check_free(tmp_path / "one", overwrite=True)


def test_a_broken_or_foreign_folder_is_refused(tmp_path: Path, pool: TablePool) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="no result folder"):
        load_side(str(tmp_path / "x"), pool=pool)
    (tmp_path / "x" / "run.json").write_text('{"scenario": 1}')
    with pytest.raises(InputError, match=r"run\.json"):
        load_side(str(tmp_path / "x"), pool=pool)
    record = {"scenario": {}, "scenario_id": "x", "run_hash": ""}
    (tmp_path / "x" / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"coverage_by_settlement\.csv"):
        load_side(str(tmp_path / "x"), pool=pool)


def test_the_page_is_self_contained_and_carries_names_as_data_only(comparison) -> None:
    text = render_comparison(comparison)
    frame = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"\s(src|href)=\"(?!#)", frame)
    assert "Plan <b>" not in text
    assert "Content-Security-Policy" in text
    assert "unsafe" not in re.search(r'Policy" content="([^"]*)"', text)[1]


def test_sentences_stand_in_all_languages() -> None:
    words = catalogue()
    assert set(words["az"]) == set(words["ru"]) == set(words["en"])
    holes = {k: set(re.findall(r"{(\w+)}", v)) for k, v in words["en"].items()}
    for language in ("az", "ru"):
        assert {k: set(re.findall(r"{(\w+)}", v)) for k, v in words[language].items()} == holes
    used = {"copy.link", "copy.places", "copy.print", "note.alone", "note.sequence"}
    page = Path(__file__).resolve().parents[1] / "geoplan" / "output" / "page" / "compare"
    for path in page.glob("*.js"):
        used |= set(re.findall(r'gp\.t\("([\w.]+[\w])"', path.read_text(encoding="utf-8")))
    assert used <= set(words["en"])
    assert {f"kind.{kind}" for kind in KINDS} == {key for key in words["en"] if key.startswith("kind.")}
