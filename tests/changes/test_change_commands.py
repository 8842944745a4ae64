"""Scenarios with changes at the command line: show, one report of all problems, and what a run writes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import pandas as pd
import pytest

CHANGES = """\
[[changes]]
change = "add_road"
road = "new-susa-lacin"
nodes = ["susa", "lacin"]
length_km = 20.0
road_class = "primary"

[[changes]]
change = "close_road"
road = "x-tursu-yasil-tala"
reason = "slide"

[[changes]]
change = "open_facility"
facility = "f-agdam-rmx-yeni"

[[services]]
id = "primary_care"
target_share = 0.95
"""


def geoplan(*words):
    """Run the command line as a planner does."""
    command = [sys.executable, "-m", "geoplan.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_show_prints_the_effective_scenario(write):
    path = write(CHANGES)
    done = geoplan("show", path)
    assert done.returncode == 0, done.stderr
    assert "# mine, the effective scenario (extends baseline)" in done.stdout
    assert "[[changes]] # mine.toml:3" in done.stdout
    data = json.loads(geoplan("show", path, "--json").stdout)
    assert [c["change"] for c in data["changes"]] == ["add_road", "close_road", "open_facility"]
    assert len(data["services"]) == 5


def test_all_problems_of_all_changes_come_in_one_report(write):
    text = """
[[changes]]
change = "close_facility"
facility = "f-saki-rmz"

[[changes]]
change = "close_road"
inside = "POLYGON ((50 39, 50.1 39, 50.1 39.1, 50 39))"

[[changes]]
change = "growth"
district = "AZ-QQ"
percent_per_year = 1
"""
    path = write(text)
    done = geoplan("run", path, "--out", path.parent / "out")
    assert done.returncode == 3
    assert "the input has 3 problems" in done.stderr
    assert [line for line in done.stderr.splitlines() if "Traceback" in line] == []
    for words in ("mine.toml:4", "Nearest: f-saki-rmx", "mine.toml:8", "no road touches", "mine.toml:12"):
        assert words in done.stderr, words
    assert not (path.parent / "out").exists()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a run over changes of three kinds writes."""
    home = tmp_path_factory.mktemp("changed")
    path = home / "mine.toml"
    path.write_text('title = "Test"\nextends = "baseline"\n' + CHANGES, encoding="utf-8")
    done = geoplan("run", path, "--out", home / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    return home / "out"


def test_the_log_is_a_table_with_known_columns(folder):
    log = pd.read_csv(folder / "tables" / "changes.csv", keep_default_na=False)
    dictionary = resources.files("geoplan.output").joinpath("dictionary.csv").read_text(encoding="utf-8")
    known = [line.split(",")[1] for line in dictionary.splitlines() if line.startswith("changes,")]
    assert list(log.columns) == known
    assert set(log["thing"]) == {"new-susa-lacin", "x-tursu-yasil-tala", "f-agdam-rmx-yeni"}
    closed = log[log["thing"] == "x-tursu-yasil-tala"].iloc[0]
    assert (closed["attribute"], closed["old"], closed["new"]) == ("open_until", "", "2026-01-01")
    assert closed["where"] == "mine.toml:10"


def test_the_record_has_the_changes_and_findings_the_target_share(folder):
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert [c["change"] for c in record["scenario"]["changes"]] == ["add_road", "close_road", "open_facility"]
    (note,) = [f["message"] for f in record["findings"] if f["code"] == "target-share-missed"]
    assert "the target share of 95.0% is missed" in note


def test_lachin_takes_the_new_road(folder):
    # Shusha-Lachin new: 20 km of paved primary road at 68 km/h = 17.6 minutes in place of 54.7
    rows = pd.read_csv(folder / "tables" / "coverage_by_settlement.csv")
    pci = rows[rows["service"] == "cardiology_pci"].set_index("demand_id")["minutes"]
    assert pci["lac-lacin"] - pci["sus-susa"] == pytest.approx(17.6, abs=3)
