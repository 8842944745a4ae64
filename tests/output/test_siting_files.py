"""Siting from files: rules of the input, columns of the output, exit codes, shuffled rows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from geoplan.analysis.siting_ask import SiteOptions
from geoplan.analysis.siting_instance import Question
from geoplan.analysis.siting_make import Choices
from geoplan.cli_site import site_command
from geoplan.errors import InfeasibleError, InputError, OutputExistsError, UsageError
from geoplan.output.siting import write_siting
from geoplan.siting_files import SiteFiles, site_from_files

PLAN = ["rank", "site_id", "status", "weight_assigned", "load", "capacity", "marginal_gain", "cost"]
ASSIGNMENT = ["demand_id", "site_id", "share", "cost", "weight", "status"]
app = typer.Typer()
app.command()(site_command)


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(2)
    demand, sites = [f"d{i:02d}" for i in range(30)], [f"s{j}" for j in range(8)]
    minutes = draw.integers(10, 900, (30, 8)) / 10
    rows = [(d, s, minutes[i, j]) for i, d in enumerate(demand) for j, s in enumerate(sites)]
    matrix = pd.DataFrame(rows, columns=["origin_id", "destination_id", "minutes"])
    matrix["km"] = matrix["minutes"] / 2
    matrix["status"] = "reached"
    matrix.to_csv(tmp_path / "m.csv", index=False)
    weight = draw.integers(1, 90, 30)
    pd.DataFrame({"id": demand, "weight": weight, "load": weight // 9 + 1}).to_csv(
        tmp_path / "d.csv", index=False
    )
    pd.DataFrame(
        {"id": sites, "beds": 60, "azn": draw.integers(1, 9, 8) * 100, "region": list("aabbccdd")}
    ).to_csv(tmp_path / "s.csv", index=False)
    return tmp_path


def run(folder, *options, code=0):
    args = ["--matrix", folder / "m.csv", "--demand", folder / "d.csv", "--sites", folder / "s.csv"]
    args += ["--out", folder / "out", "--overwrite", "--quiet", *options]
    result = CliRunner().invoke(app, [str(a) for a in args])
    if code:
        assert result.exception is not None
        assert getattr(result.exception, "exit_code", result.exit_code) == code
        return result.exception
    assert result.exception is None, result.exception
    return json.loads((folder / "out" / "siting.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "lscp", "--limit", "60"],
        ["--model", "lscp", "--limit", "40", "--cover-share", "0.8"],
        ["--model", "lscp", "--limit", "70", "--capacity-column", "beds"],
        ["--model", "mclp", "--limit", "20", "--open", "3"],
        ["--model", "p-median", "--open", "3", "--limit", "20"],
        ["--model", "p-median", "--open", "3", "--measure", "km"],
        ["--model", "p-center", "--open", "3"],
        ["--model", "backup-cover", "--limit", "60"],
        ["--model", "backup-cover", "--limit", "60", "--open", "6", "--count", "people"],
        ["--model", "gradual-cover", "--open", "3", "--bands", "10:1,30:0.5"],
        ["--model", "capacitated-mclp", "--open", "3", "--limit", "30", "--capacity-column", "beds"],
        ["--model", "capacitated-p-median", "--open", "4", "--capacity-column", "beds"],
        ["--model", "capacitated-p-median", "--open", "4", "--capacity-column", "beds", "--single-source"],
        ["--model", "fixed-charge", "--cost-column", "azn"],
        ["--model", "fixed-charge", "--cost-column", "azn", "--open", "2", "--money-weight", "0.1"],
        ["--model", "mclp", "--limit", "20", "--open", "3", "--cost-column", "azn", "--budget", "1000"],
        [
            "--model",
            "mclp",
            "--limit",
            "20",
            "--open",
            "3",
            "--region-most",
            "a:1,b:0",
            "--excludes",
            "s4:s6",
        ],
    ],
)
def test_every_model_writes_a_checked_plan(folder, options) -> None:
    record = run(folder, *options)
    assert record["status"] == "optimal"
    assert record["stopped_by"] == "proof"
    assert record["verified"] is True
    assert record["gap"] == 0
    plan, given = (pd.read_csv(folder / "out" / f"{n}.csv") for n in ("plan", "assignment"))
    assert list(plan.columns) == PLAN
    assert list(given.columns) == ASSIGNMENT
    assert sorted(plan["site_id"]) == record["sites"] == record["sites_new"]
    assert np.allclose(given.groupby("demand_id")["share"].sum(), 1.0)
    assert len(set(given["demand_id"])) == 30
    served = given[given["status"] == "assigned"]
    assert plan["weight_assigned"].sum() == pytest.approx((served["weight"] * served["share"]).sum())
    assert served["site_id"].isin(record["sites"]).all()
    assert (plan["load"] <= plan["capacity"].fillna(np.inf) + 1e-9).all()


def test_shuffled_files_give_the_same_bytes(folder) -> None:
    options = ["--model", "p-median", "--open", "3", "--frontier", "4", "--alternatives", "2", "--draws", "5"]
    first = run(folder, *options)
    names = ["plan", "assignment", "frontier", "alternatives", "robustness"]
    before = [(folder / "out" / f"{n}.csv").read_bytes() for n in names]
    for name in ("m", "d", "s"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str)
        table.sample(frac=1, random_state=4).to_csv(folder / f"{name}.csv", index=False)
    second = run(folder, *options)
    assert before == [(folder / "out" / f"{n}.csv").read_bytes() for n in names]
    assert {k: v for k, v in first.items() if k != "seconds"} == {
        k: v for k, v in second.items() if k != "seconds"
    }


def test_direction_turns_the_matrix_round(folder) -> None:
    straight = run(folder, "--model", "p-median", "--open", "2")
    table = pd.read_csv(folder / "m.csv")
    table.rename(columns={"origin_id": "destination_id", "destination_id": "origin_id"}).to_csv(
        folder / "m.csv", index=False
    )
    turned = run(folder, "--model", "p-median", "--open", "2", "--direction", "from-site")
    assert turned["sites"] == straight["sites"]
    assert turned["objective"] == straight["objective"]


def test_fixed_sites_count_and_stay(folder) -> None:
    record = run(folder, "--model", "mclp", "--limit", "20", "--open", "3", "--fixed", "s0,s7")
    assert len(record["sites"]) == 3
    assert record["sites_existing"] == ["s0", "s7"]
    assert len(record["sites_new"]) == 1


def test_unservable_demand_stops_or_is_set_aside(folder) -> None:
    table = pd.read_csv(folder / "m.csv")
    table.loc[table["origin_id"] == "d05", "status"] = "unreachable"
    table.to_csv(folder / "m.csv", index=False)
    error = run(folder, "--model", "p-median", "--open", "3", code=3)
    assert [f.code for f in error.findings] == ["unservable"]
    record = run(folder, "--model", "p-median", "--open", "3", "--unservable", "set-aside")
    assert record["unservable"] == ["d05"]
    given = pd.read_csv(folder / "out" / "assignment.csv").set_index("demand_id")
    assert given.loc["d05", "status"] == "unreachable"


def test_a_cell_that_is_no_number_is_named_by_its_row(folder) -> None:
    lines = (folder / "m.csv").read_text(encoding="utf-8").splitlines()
    lines[4] = "d00,s3,soon,1.0,reached"
    (folder / "m.csv").write_text("\n".join(lines), encoding="utf-8")
    error = run(folder, "--model", "p-median", "--open", "3", code=3)
    assert any(f.where.startswith("m.csv:5") for f in error.findings)


@pytest.mark.parametrize(
    ("cell", "code"),
    [("-4.0", "negative"), ("", "cost-missing"), ("nan", "wrong-type")],
)
def test_bad_costs_stop(folder, cell, code) -> None:
    table = pd.read_csv(folder / "m.csv", dtype=str)
    table.loc[3, "minutes"] = cell
    table.to_csv(folder / "m.csv", index=False)
    error = run(folder, "--model", "p-median", "--open", "3", code=3)
    assert code in {f.code for f in error.findings}


def test_a_route_and_none_for_one_pair_stop(folder) -> None:
    with (folder / "m.csv").open("a", encoding="utf-8") as file:
        file.write("d00,s3,,,unreachable\n")
    error = run(folder, "--model", "p-median", "--open", "3", code=3)
    assert [(f.code, f.where) for f in error.findings] == [("contradictory-pair", "m.csv:242")]


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "mclp", "--open", "0", "--limit", "20"),
        ("--model", "mclp", "--open", "2", "--limit", "0.5"),
        ("--model", "capacitated-mclp", "--open", "2", "--limit", "0.5", "--capacity-column", "beds"),
    ],
)
def test_a_plan_that_serves_nobody_is_checked_too(folder, options) -> None:
    record = run(folder, *options)
    assert record["objective"] == 0
    assert record["verified"]


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "mclp", "--open", "2", "--limit", "inf"),
        ("--model", "mclp", "--open", "2", "--limit", "9", "--cost-column", "azn", "--budget", "inf"),
        ("--model", "gradual-cover", "--open", "2", "--bands", "inf:1"),
    ],
)
def test_numbers_without_end_are_wrong_use(folder, options) -> None:
    assert isinstance(run(folder, *options, code=2), UsageError)


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "mclp"),
        ("--model", "mclp", "--cost-column", "azn", "--budget", "9"),
        ("--model", "capacitated-mclp", "--capacity-column", "beds"),
    ],
)
def test_one_person_less_is_not_as_good(folder, options) -> None:
    pd.DataFrame(
        [(f"d{i}", f"s{i}", 5) for i in range(4)], columns=["origin_id", "destination_id", "minutes"]
    ).to_csv(folder / "m.csv", index=False)
    weight = [100_000_000, 3_000_000, 3_000_001, 3_000_002]
    pd.DataFrame({"id": [f"d{i}" for i in range(4)], "weight": weight}).to_csv(folder / "d.csv", index=False)
    pd.DataFrame({"id": [f"s{i}" for i in range(4)], "beds": 10**9, "azn": 1}).to_csv(
        folder / "s.csv", index=False
    )
    record = run(folder, *options, "--open", "2", "--limit", "60")
    assert record["sites"] == ["s0", "s3"]
    assert record["unique"] == "yes"


def test_dominance_does_not_hide_that_a_plan_is_the_only_one(tmp_path) -> None:
    rows = [("a", "x", 10), ("a", "y", 40), ("b", "x", 60), ("c", "y", 5), ("c", "z", 61)]
    pd.DataFrame(rows, columns=["origin_id", "destination_id", "minutes"]).to_csv(
        tmp_path / "m.csv", index=False
    )
    pd.DataFrame({"id": list("abc"), "weight": [100, 50, 30]}).to_csv(tmp_path / "d.csv", index=False)
    files = SiteFiles(tmp_path / "m.csv", tmp_path / "d.csv")
    answer = site_from_files(files, Question("mclp", open=2, limit=60.0), SiteOptions())
    assert answer.record["sites"] == ["x", "y"]
    assert answer.record["unique"] == "yes"


def test_exit_codes(folder) -> None:
    assert isinstance(run(folder, "--model", "mclp", "--open", "3", code=2), UsageError)
    assert isinstance(run(folder, "--model", "mclp", "--open", "9", "--limit", "9", code=3), InputError)
    assert isinstance(
        run(folder, "--model", "mclp", "--open", "2", "--limit", "9", "--fixed", "q", code=3), InputError
    )
    error = run(folder, "--model", "lscp", "--limit", "2", code=4)
    assert isinstance(error, InfeasibleError)
    assert "no candidate in range" in str(error)
    record = json.loads((folder / "out" / "siting.json").read_text(encoding="utf-8"))
    assert record["status"] == "infeasible"
    assert record["infeasible"]["out_of_range"]
    assert record["infeasible"]["conflict_verified"]


def test_existing_output_is_kept(folder) -> None:
    answer = site_from_files(
        SiteFiles(folder / "m.csv", folder / "d.csv"), Question("p-median", open=1), SiteOptions()
    )
    write_siting(answer, folder / "o", overwrite=False)
    with pytest.raises(OutputExistsError):
        write_siting(answer, folder / "o", overwrite=False)
    write_siting(answer, folder / "o", overwrite=True)


def test_one_open_site_is_the_smaller_id_of_equals(tmp_path) -> None:
    pd.DataFrame(
        [(d, s, 5) for d in "xy" for s in ("b", "a", "c")], columns=["origin_id", "destination_id", "minutes"]
    ).to_csv(tmp_path / "m.csv", index=False)
    pd.DataFrame({"id": ["x", "y"], "weight": [1, 2]}).to_csv(tmp_path / "d.csv", index=False)
    answer = site_from_files(
        SiteFiles(tmp_path / "m.csv", tmp_path / "d.csv"),
        Question("mclp", open=1, limit=5.0),
        SiteOptions(choices=Choices()),
    )
    assert answer.record["sites"] == ["a"]
    assert answer.record["unique"] == "no"


def test_dispersion_needs_no_demand(tmp_path) -> None:
    place = {"a": 0, "b": 4, "c": 10, "d": 11}
    pd.DataFrame(
        [(p, q, abs(place[p] - place[q])) for p in place for q in place if p != q],
        columns=["origin_id", "destination_id", "minutes"],
    ).to_csv(tmp_path / "m.csv", index=False)
    answer = site_from_files(SiteFiles(tmp_path / "m.csv"), Question("p-dispersion", open=3), SiteOptions())
    assert answer.record["sites"] == ["a", "b", "d"]
    assert answer.record["objective"] == 4
    assert answer.record["verified"]
    with pytest.raises(UsageError):
        site_from_files(SiteFiles(tmp_path / "m.csv"), Question("p-dispersion", open=1), SiteOptions())


def test_own_list_beside_the_best(folder) -> None:
    record = run(folder, "--model", "mclp", "--limit", "20", "--evaluate", "s0,s1,s2")
    assert record["evaluate"]["sites"] == ["s0", "s1", "s2"]
    best, own = record["evaluate"]["best_objective"], record["evaluate"]["objective"]
    assert best == record["objective"]
    assert record["evaluate"]["loss_against_best"] == best - own >= 0
