"""Verify: the same bytes or not; kills are in test_kills."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from geoplan.cli import main
from geoplan.errors import UsageError
from geoplan.output.files import write_result
from geoplan.output.page.page import render_page
from geoplan.run import run, run_with_base
from geoplan.scenario import load_scenario
from geoplan.verify import verify

sys.path.insert(0, str(Path(__file__).resolve().parent / "sweep"))
from tiny import write_scenario


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the tiny scenario, its scenario beside it."""
    folder = tmp_path_factory.mktemp("verify")
    scenario = load_scenario(write_scenario(folder))
    write_result(run(scenario), folder / "out", overwrite=False, render=render_page)
    return folder / "out"


def again(folder: Path, written: Path):
    """Return the verdict about a folder."""
    return verify(folder, render=render_page, beside=written.parent)


def test_an_untouched_folder_is_the_same(written: Path) -> None:
    verdict = again(written, written)
    assert verdict.ok
    assert verdict.causes == ()
    assert {"index.html", "run.json", "report.xlsx", "result.gpkg"} <= set(verdict.same)


def test_what_was_printed_later_makes_no_difference(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "out")
    for name in ("print_az.pdf", "map_ru.svg"):
        (tmp_path / "out" / name).write_bytes(b"printed")
    verdict = again(tmp_path / "out", written)
    assert verdict.ok, verdict.added


def test_changes_of_roads_facilities_and_standards_run_again_alike(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written.parent, tmp_path / "all", ignore=shutil.ignore_patterns("out"))
    changes = (
        'extends = "tiny.toml"\ntitle = "Plan"\nyears = [2026, 2027]\n'
        '[[changes]]\nchange = "standard"\nservice = "cardiology_pci"\ntarget_minutes = 30\n'
        '[[changes]]\nchange = "close_facility"\nfacility = "f-serq"\nstart = 2026-06-01\n'
        '[[changes]]\nchange = "slow_road"\nroad = "m1-bati-serq"\nspeed_kmh = 40\n'
    )
    (tmp_path / "all" / "plan.toml").write_text(changes, encoding="utf-8")
    result = run(load_scenario(tmp_path / "all" / "plan.toml"))
    write_result(result, tmp_path / "all" / "out", overwrite=False, render=render_page)
    verdict = verify(tmp_path / "all" / "out", render=render_page, beside=tmp_path / "all")
    assert verdict.ok, verdict.different
    assert "tables/changes.csv" in verdict.same


def test_every_kind_of_difference_is_named(written: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(written, out)
    table = out / "tables" / "coverage_summary.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("9300", "9301", 1), encoding="utf-8")
    (out / "report.xlsx").unlink()
    (out / "notes.txt").write_text("mine")
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    record["started_at"], record["timings"] = "long ago", {}
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    verdict = again(out, written)
    assert not verdict.ok
    assert verdict.different == ("tables/coverage_summary.csv",)
    assert verdict.missing == ("report.xlsx",)
    assert verdict.added == ("notes.txt",)
    assert "run.json" in verdict.same


def test_a_plan_that_was_run_beside_its_parent_is_verified_so(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written.parent, tmp_path / "all", ignore=shutil.ignore_patterns("out"))
    plan = tmp_path / "all" / "plan.toml"
    plan.write_text(
        'extends = "tiny.toml"\ntitle = "Plan"\nyears = [2027]\n'
        '[[changes]]\nchange = "close_facility"\nfacility = "f-serq"\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    result = run_with_base(load_scenario(plan))
    assert result.base is not None
    write_result(result, out, overwrite=False, render=render_page)
    verdict = verify(out, render=render_page, beside=plan.parent)
    assert (verdict.ok, verdict.causes) == (True, ())
    page = out / "index.html"
    page.write_text(render_page(replace(result, base=None)), encoding="utf-8", newline="")
    assert verify(out, render=render_page, beside=plan.parent).different == ("index.html",)


def test_changed_inputs_and_versions_are_named_as_causes(written: Path, tmp_path: Path) -> None:
    shutil.copytree(written.parent, tmp_path / "all")
    table = tmp_path / "all" / "population.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("4000", "3900"), encoding="utf-8")
    path = tmp_path / "all" / "out" / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["versions"]["numpy"] = "0.1"
    path.write_text(json.dumps(record), encoding="utf-8")
    verdict = verify(path.parent, render=render_page, beside=path.parents[1])
    assert "the input 'population' has changed" in verdict.causes
    assert any(c.startswith("numpy was 0.1, is ") for c in verdict.causes)
    assert "run.json" in verdict.different


def test_own_tables_need_their_folder(written: Path) -> None:
    with pytest.raises(UsageError, match="cannot run again") as caught:
        verify(written, render=render_page)
    assert "--beside" in caught.value.hint
    with pytest.raises(UsageError, match="no result folder"):
        verify(written.parent, render=render_page)


def test_the_command_says_so_by_its_exit_code(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["geoplan", "verify", str(written), "--beside", str(written.parent)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {0, None}
    assert "files are the same." in capsys.readouterr().out
    shutil.copytree(written, tmp_path / "out")
    (tmp_path / "out" / "index.html").write_text("x")
    monkeypatch.setattr(sys, "argv", [*words[:2], str(tmp_path / "out"), *words[3:], "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert json.loads(capsys.readouterr().out)["different"] == ["index.html"]
