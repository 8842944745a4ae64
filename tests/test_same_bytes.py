"""Another order of rows and another PYTHONHASHSEED change no byte, and no figure of any shipped scenario."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from geoplan import shipped
from geoplan.run import run, run_hash
from geoplan.scenario import load_scenario
from geoplan.tables.pool import TablePool

sys.path.insert(0, str(Path(__file__).resolve().parent / "sweep"))
from tiny import write_scenario

PLAN = """\
extends = "tiny.toml"
title = "Plan"
years = [2026, 2027]
[[changes]]
change = "add_service"
facility = "f-serq"
service = "cardiology_pci"
start = 2027
[[changes]]
change = "close_road"
road = "m1-bati-serq"
"""

EXEMPT = ("started_at", "timings", "input_sha256")
"""What `run.json` may say otherwise; and row numbers in findings."""


def reversed_rows(path: Path, to: Path) -> Path:
    """Write a CSV with its rows in the opposite order."""
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    assert not any(row.count('"') % 2 for row in rows), path
    to.write_text("\n".join([head, *rows[::-1]]) + "\n", encoding="utf-8")
    return to


@pytest.fixture(scope="module")
def pools() -> tuple[TablePool, TablePool]:
    """Tables in their own order, and in the opposite one."""
    return TablePool(), TablePool()


@pytest.mark.parametrize("name", sorted(shipped.scenarios()))
def test_a_shipped_scenario_is_the_same_with_shuffled_rows(
    name: str, pools: tuple[TablePool, TablePool], tmp_path_factory: pytest.TempPathFactory
) -> None:
    scenario = load_scenario(name)
    paths = scenario.table_paths()
    folder = tmp_path_factory.getbasetemp() / "reversed"
    folder.mkdir(exist_ok=True)
    turned = {
        table: tuple(reversed_rows(p, folder / p.name) if p.suffix == ".csv" else p for p in files)
        for table, files in paths.items()
    }
    tables = pools[0].read(paths), pools[1].read(turned)
    one, two = (
        run(scenario, tables=t, figures_only=True, people=pool.people)
        for t, pool in zip(tables, pools, strict=True)
    )
    for table in ("coverage_by_settlement", "coverage_by_district", "coverage_summary", "snapping"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(two, table), check_exact=True)
    assert run_hash(scenario, tables[0]) == run_hash(scenario, tables[1])
    assert one.changes_log == two.changes_log


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a result; of the record and of findings what must be the same."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    record = json.loads(files["run.json"])
    record["findings"] = sorted([f["code"], f["message"]] for f in record["findings"])
    kept = {k: v for k, v in record.items() if k not in EXEMPT}
    if "base" in kept:
        kept["base"] = {k: v for k, v in kept["base"].items() if k not in EXEMPT}
    return files | {"run.json": json.dumps(kept, sort_keys=True).encode()}


def test_a_plan_and_its_parent_are_the_same_to_the_byte(tmp_path: Path) -> None:
    outs = []
    for seed in ("1", "777"):
        folder = tmp_path / seed
        scenario = write_scenario(folder)
        (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
        if seed == "777":
            for path in folder.glob("*.csv"):
                reversed_rows(path, path)
        words = [sys.executable, "-m", "geoplan.cli", "run", str(scenario.with_name("plan.toml")), "--quiet"]
        out = folder / "out"
        subprocess.run([*words, "--out", str(out)], check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        outs.append(files_of(out))
    one, two = outs
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
