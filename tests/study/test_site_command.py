"""`geoplan site SCENARIO` from the command line: files, options over the scenario, exit codes."""

from __future__ import annotations

import json
import sys

import geopandas
import pandas as pd
import pytest

from geoplan import cli
from geoplan.cli_siting import asked_scenario
from geoplan.errors import UsageError
from geoplan.output.page.page import render_page
from geoplan.output.workbook import dictionary
from geoplan.scenario import load_scenario
from geoplan.verify import verify

OWN = """
extends = "baseline"
title = "A study"
description = "For tests"
no_effect_because = "it only asks"
years = [2026, 2027]

[siting]
service = "oncology_radiotherapy"
open = 2
frontier = 2
frontier_money = 2
alternatives = 1
time_limit_s = 300

[[siting.kinds]]
kind = "new"
open_azn = 10_000_000

[siting.draws]
n = 3

[siting.regret]
seasons = ["winter"]

[siting.phasing]
years = [2026, 2027]
budgets_azn = [10_000_000, 10_000_000]
"""

TABLES = (
    "plan",
    "assignment",
    "gains",
    "by_district",
    "frontier",
    "frontier_by_money",
    "alternatives",
    "robustness",
    "regret",
    "phases",
)


def geoplan(monkeypatch, *words):
    """Run the command line in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["geoplan", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        assert geoplan(patch, "site", folder / "own.toml", "--out", folder / "out", "--quiet") == 0
    return folder


def test_it_writes_what_run_writes_and_the_files_of_the_plan(written):
    out = written / "out"
    for name in ("index.html", "run.json", "report.xlsx", "result.gpkg", "tables/coverage_summary.csv"):
        assert (out / name).is_file()
    known = dictionary().groupby("table")["column"].agg(list)
    for name in TABLES:
        columns = list(pd.read_csv(out / f"{name}.csv", nrows=0).columns)
        assert columns == [c for c in known[name] if c in columns], name
        assert set(known[name]) - set(columns) <= {"closed"}, name
    record = json.loads((out / "siting.json").read_text(encoding="utf-8"))
    plan = pd.read_csv(out / "plan.csv")
    assert record["status"] == "optimal"
    assert record["verified"]
    assert sorted(plan["site_id"]) == record["sites"]
    assert sorted(plan.loc[plan["status"] == "new", "site_id"]) == record["sites_new"]
    assert len(record["sites_new"]) == 2
    assert record["year"] == 2027
    assert record["assumed"] == ["money and capacity of new sites", "budgets of the years"]
    assert record["coverage"][0]["people_covered_after"] == record["people_covered"]
    assert record["unservable"] == ["gn585369", "h3-862c01b6fffffff"]
    assert list(record["phasing"]["plans"]) == ["nested", "last_year_first", "by_number"]
    given = pd.read_csv(out / "assignment.csv")
    assert given["weight"].sum() == record["coverage"][0]["population"]
    assert pd.read_csv(out / "phases.csv").query("plan == 'nested'")["year"].tolist() == [2026, 2027]


def test_workbook_and_layers_hold_the_plan_with_names_and_places(written):
    plan = pd.read_csv(written / "out" / "plan.csv").set_index("site_id")
    book = pd.read_excel(written / "out" / "report.xlsx", sheet_name=None)
    assert {"plan", "gains", "phases"} <= set(book)
    layer = geopandas.read_file(written / "out" / "result.gpkg", layer="plan").set_index("site_id")
    for table in (book["plan"].set_index("site_id"), layer):
        assert table["rank"].to_dict() == plan["rank"].to_dict()
        assert table.loc["f-milli-onkologiya-markazi", "name_en"] == "National Centre of Oncology"
        assert table["lat"].between(38, 42).all()


def test_the_record_of_the_run_holds_the_question_and_verify_answers_it_again(written):
    recorded = json.loads((written / "out" / "run.json").read_text(encoding="utf-8"))
    assert recorded["scenario"]["siting"]["open"] == 2
    verdict = verify(written / "out", render=render_page)
    assert verdict.ok, verdict


def test_an_output_is_never_replaced_unasked(written, monkeypatch):
    assert geoplan(monkeypatch, "site", written / "own.toml", "--out", written / "out", "--quiet") == 5


def test_no_plan_writes_why_and_exits_with_4(tmp_path, monkeypatch, capsys):
    words = ["site", "baseline", "--service", "oncology_radiotherapy", "--open", 1]
    words += ["--district-least", 0.3, "--out", tmp_path / "out", "--quiet"]
    assert geoplan(monkeypatch, *words) == 4
    assert "no plan satisfies the limits" in capsys.readouterr().err
    record = json.loads((tmp_path / "out" / "siting.json").read_text(encoding="utf-8"))
    assert record["status"] == "infeasible"
    assert record["infeasible"]["conflict_verified"]
    assert record["reason"].startswith("no plan satisfies the limits")
    assert (tmp_path / "out" / "index.html").is_file()
    assert (tmp_path / "out" / "gains.csv").is_file()
    assert not (tmp_path / "out" / "plan.csv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["baseline", "--service", "oncology_radiotherapy", "--matrix", "m.csv"],
            "--matrix beside a scenario",
        ),
        (["baseline", "--service", "oncology_radiotherapy", "--cost-column", "c"], "--cost-column beside"),
        (["--matrix", "m.csv", "--model", "mclp", "--out", "o", "--service", "x"], "--service with --matrix"),
        (["--matrix", "m.csv", "--model", "mclp", "--out", "o", "--closable"], "--closable with --matrix"),
        (["--matrix", "m.csv", "--model", "mclp"], "--out is missing"),
        ([], "--matrix, --model, --out is missing"),
        (["baseline"], "no service is named for baseline"),
        (
            ["baseline", "--service", "oncolgy_radiotherapy", "--open", "1"],
            "Did you mean 'oncology_radiotherapy'",
        ),
        (["baseline", "--service", "oncology_radiotherapy", "--open", "1", "--limit", "0"], "limit_minutes"),
        (["baseline", "--service", "oncology_radiotherapy"], "--open is missing"),
    ],
)
def test_wrong_use_is_2_with_a_hint(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert geoplan(monkeypatch, "site", *words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) > 1


def test_the_command_line_goes_over_the_scenario():
    scenario = load_scenario("siting-radiotherapy")
    given = {"open_": 2, "limit": 45.0, "frontier": 3, "draws": 7, "draws_weight_spread": 0.5, "bands": ()}
    siting = asked_scenario(scenario, given).siting
    assert (siting.open, siting.limit_minutes, siting.frontier) == (2, 45.0, 3)
    assert siting.kinds == scenario.siting.kinds
    assert siting.draws.n == 7
    assert siting.draws.speed_spread == scenario.siting.draws.speed_spread
    assert set(siting.draws.population_spread.model_dump().values()) == {0.5}
    assert asked_scenario(scenario, {"draws": 0}).siting.draws is None
    assert asked_scenario(scenario, {}).siting == scenario.siting
    with pytest.raises(UsageError, match="open"):
        asked_scenario(scenario, {"open_": -1})
