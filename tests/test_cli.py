"""The command line as a planner uses it: answers, exit codes, nothing half-written."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest

from geoplan import cli
from geoplan.cli import main
from geoplan.errors import UsageError


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def geoplan(*words: str) -> Answer:
    """Run the command line in this process, through the same door as the installed program."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["geoplan", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def answer(*words: str) -> dict[str, object]:
    """Return the JSON answer of a command that must succeed."""
    done = geoplan(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_names_every_command() -> None:
    done = geoplan("--help")
    assert done.returncode == 0
    for command in ("run", "matrix", "route", "check", "schema", "new", "list"):
        assert command in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, geoplan.cli; print([m for m in ('pandas', 'numpy', 'folium') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_writes_everything_and_refuses_to_do_it_twice(baseline_dir: Path) -> None:
    for name in ("index.html", "run.json", "report.xlsx", "result.gpkg", "tables/coverage_by_settlement.csv"):
        assert (baseline_dir / name).stat().st_size > 0
    before = (baseline_dir / "run.json").read_bytes()
    done = geoplan("run", "baseline", "--out", str(baseline_dir))
    assert done.returncode == 5
    assert "--overwrite" in done.stderr
    assert (baseline_dir / "run.json").read_bytes() == before


def test_messages_are_never_turned_into_pictures_or_markup(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "x"\n":date:" = 1\n"[bold]:id:" = 2\n', encoding="utf-8")
    done = geoplan("check", str(path))
    assert done.returncode == 3
    assert "unknown key ':date:'" in done.stdout
    assert "unknown key '[bold]:id:'" in done.stdout
    done = geoplan("run", str(path), "--out", str(tmp_path / "out"))
    assert "':date:'" in done.stderr
    assert "'[bold]:id:'" in done.stderr


def test_no_console_knows_pictures() -> None:
    package = Path(cli.__file__).parent
    lines = [line for path in package.rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    consoles = [line for line in lines if re.search(r"\bConsole\(", line)]
    assert consoles
    assert [line for line in consoles if "emoji=False" not in line] == []


def test_tables_read_back_as_written(baseline_dir: Path) -> None:
    table = pd.read_csv(baseline_dir / "tables" / "coverage_by_settlement.csv")
    head = (
        "scenario_id,year,demand_id,demand_kind,name_az,name_en,name_ru,district_id,liberated,population,"
        "service,minutes,km,facility_id,band,status,confidence"
    ).split(",")
    assert list(table.columns[: len(head)]) == head
    reached = table["status"] == "reached"
    assert table.loc[reached, ["minutes", "km", "facility_id"]].notna().all(axis=None)
    assert table.loc[~reached, ["minutes", "km", "facility_id"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("origin", "destination"), [("Bakı", "Lənkəran"), ("Baku", "Lankaran"), ("Баку", "Ленкорань")]
)
def test_route_speaks_three_languages(origin: str, destination: str) -> None:
    route = answer("route", origin, destination)
    assert route["status"] == "reached"
    assert 230 <= route["km"] <= 300
    assert "M3" in route["refs"]


def test_the_new_shusha_road_shortens_from_2026() -> None:
    now = answer("route", "Əhmədbəyli@AZ-FUZ", "Şuşa")
    before = answer("route", "Əhmədbəyli@AZ-FUZ", "Şuşa", "--year", "2025")
    assert now["km"] == pytest.approx(82, abs=2)
    assert before["km"] == pytest.approx(101, abs=2)


def test_nakhchivan_is_unreachable_and_says_so() -> None:
    assert answer("route", "Bakı", "Naxçıvan")["status"] == "unreachable"
    assert "unreachable" in geoplan("route", "Bakı", "Naxçıvan").stdout


def test_an_ambiguous_or_unknown_place_lists_candidates() -> None:
    done = geoplan("route", "Əhmədbəyli", "Atlantis")
    assert done.returncode == 3
    assert "Əhmədbəyli@AZ-FUZ" in done.stderr
    assert "Əhmədbəyli@AZ-SAT" in done.stderr
    assert "'Atlantis' names no place" in done.stderr


def test_route_takes_coordinates_and_refuses_nonsense() -> None:
    assert answer("route", "40.4,49.8", "Sumqayıt")["status"] == "reached"
    assert geoplan("route", "140.4,49.8", "Sumqayıt").returncode == 3


def points(path: Path, text: str) -> Path:
    path.write_text("id,lat,lon\n" + text, encoding="utf-8")
    return path


def test_matrix_has_one_row_a_pair_in_file_order(tmp_path: Path) -> None:
    a = points(tmp_path / "a.csv", "baku,40.37767,49.89201\nnakh,39.20889,45.41222\nsea,39.9,50.6\n")
    b = points(tmp_path / "b.csv", "lankaran,38.75428,48.85062\nbaku,40.37767,49.89201\n")
    out = tmp_path / "m.csv"
    done = geoplan("matrix", "--origins", str(a), "--destinations", str(b), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "sea: more than 5 km outside the country" in done.stderr
    table = pd.read_csv(out)
    assert list(table.columns) == (
        "origin_id,destination_id,minutes,km,status,origin_snap_m,destination_snap_m".split(",")
    )
    assert table["status"].tolist() == ["reached"] * 2 + ["unreachable"] * 2 + ["not_snapped"] * 2
    assert table["minutes"].iloc[1] == 0
    assert table.loc[2:, ["minutes", "km"]].isna().all(axis=None)
    assert geoplan("matrix", "--origins", str(a), "--destinations", str(b), "--out", str(out)).returncode == 5
    winter = answer(
        "matrix",
        "--origins",
        str(a),
        "--destinations",
        str(b),
        "--out",
        str(tmp_path / "w.csv"),
        "--season",
        "winter",
    )
    assert winter["pairs"] == 6
    slow = pd.read_csv(tmp_path / "w.csv")
    assert slow["minutes"].iloc[0] > table["minutes"].iloc[0]


def test_swapped_coordinates_are_told(tmp_path: Path) -> None:
    done = geoplan("route", "49.9,40.4", "Laçın")
    assert done.returncode == 3
    assert "Did you mean lat 40.4, lon 49.9?" in done.stderr
    a = points(tmp_path / "a.csv", "ok,40.37767,49.89201\nturned,49.89,40.37\n")
    out = tmp_path / "m.csv"
    done = geoplan("matrix", "--origins", str(a), "--destinations", str(a), "--out", str(out))
    assert done.returncode == 3
    assert "turned: lat 49.89 and lon 40.37 are swapped" in done.stderr
    assert not out.exists()
    london = geoplan("route", "51.5,-0.1", "Laçın")
    assert "more than 5 km outside the country" in london.stderr


def test_matrix_refuses_a_file_that_is_no_road_table(tmp_path: Path) -> None:
    a = points(tmp_path / "a.csv", "baku,40.37767,49.89201\n")
    done = geoplan(
        "matrix",
        "--origins",
        str(a),
        "--destinations",
        str(a),
        "--out",
        str(tmp_path / "m.csv"),
        "--roads",
        "x.doc",
    )
    assert done.returncode == 2
    assert "no road table" in done.stderr


def test_check_of_the_baseline_is_clean_and_strict_is_not() -> None:
    assert answer("check", "baseline")["ok"] is True
    assert geoplan("check", "baseline", "--strict", "--quiet").returncode == 3


def test_a_broken_table_stops_everything_and_names_the_cell(tmp_path: Path) -> None:
    assert geoplan("new", "mine", "--out", str(tmp_path), "--with-data").returncode == 0
    path = tmp_path / "mine-data" / "facilities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("AZ-", "AX-", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = geoplan("run", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out"))
    assert done.returncode == 3
    assert "facilities.csv:2" in done.stderr
    assert not (tmp_path / "out").exists()
    checked = geoplan("check", str(tmp_path / "mine.toml"), "--json")
    assert checked.returncode == 3
    assert json.loads(checked.stdout)["ok"] is False


@pytest.mark.parametrize("with_data", [True, False])
def test_a_copy_runs_unchanged(tmp_path: Path, baseline_dir: Path, with_data: bool) -> None:
    words = ["new", "mine", "--out", str(tmp_path)] + (["--with-data"] if with_data else [])
    assert geoplan(*words).returncode == 0
    assert geoplan(*words).returncode == 5
    out = tmp_path / "out"
    done = geoplan("run", str(tmp_path / "mine.toml"), "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    name = "tables/coverage_summary.csv"
    mine = pd.read_csv(out / name).drop(columns="scenario_id")
    pd.testing.assert_frame_equal(mine, pd.read_csv(baseline_dir / name).drop(columns="scenario_id"))


def test_new_refuses_a_path_as_a_name(tmp_path: Path) -> None:
    done = geoplan("new", "../evil", "--out", str(tmp_path))
    assert done.returncode == 2


def test_schema_and_list() -> None:
    columns = {c["name"] for c in answer("schema", "facilities")["columns"]}
    assert {"facility_id", "services", "lat", "lon"} <= columns
    assert "facilities" in answer("schema")["tables"]
    assert set(answer("list")["scenarios"]) >= {"baseline", "regional-centres-assumed"}
    done = geoplan("schema", "facilites")
    assert done.returncode == 2
    assert "Did you mean 'facilities'" in done.stderr


def test_an_unknown_scenario_offers_the_nearest() -> None:
    done = geoplan("run", "basline")
    assert done.returncode == 2
    assert "Did you mean 'baseline'" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UsageError):
        geoplan("run", "basline", "--debug")


def test_json_of_a_run_is_one_object_on_standard_output(tmp_path: Path) -> None:
    record = answer("run", "baseline", "--out", str(tmp_path / "o"))
    assert record["scenario_id"] == "baseline"
    assert record["kpis"]
    assert len(record["run_hash"]) == 64
