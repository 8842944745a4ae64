"""Sweeps: the same table in process and on processes, resumed, killed, with runs that fail."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from tiny import write_scenario, write_sweep

from geoplan.errors import InputError, OutputExistsError, UsageError
from geoplan.locks import Lock
from geoplan.run import run
from geoplan.scenario import load_scenario
from geoplan.sweep import engines
from geoplan.sweep import sweep as sweeping
from geoplan.sweep.journal import NAME, Journal
from geoplan.sweep.plan import Keep
from geoplan.sweep.sweep import Where, sweep
from geoplan.sweep.tasks import Outcome, Task, Workshop, changed, work


def same_tables(one: Path, two: Path) -> None:
    """Both folders hold the same tables to the byte."""
    for name in ("sweep.csv", "failures.csv"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def runs_in(out: Path) -> list[int]:
    """Return the runs of a journal in the order in which they were written."""
    lines = (out / NAME).read_text(encoding="utf-8").splitlines()[1:]
    return [json.loads(line)["run"] for line in lines]


def test_the_table_has_what_single_runs_give(done) -> None:
    assert done.summary.runs == 8
    assert done.summary.failed == 4
    table = pd.read_csv(done.out / "sweep.csv")
    assert list(table.columns[:8]) == [
        "run",
        "travel.detour_factor",
        "services.cardiology_pci.target_minutes",
        "travel.access_speed_kmh",
        "year",
        "level",
        "id",
        "service",
    ]
    assert sorted(table["run"].unique()) == list(range(1, 5))
    row = table[(table["run"] == 3) & (table["level"] == "nation")].iloc[0]
    base = load_scenario(done.file.parent / "tiny.toml")
    keys = ["travel.detour_factor", "services.cardiology_pci.target_minutes", "travel.access_speed_kmh"]
    settings = {k: row[k].item() for k in keys}
    alone = run(changed(base, settings)).coverage_summary.iloc[0]
    for name in ("within_target", "unreachable", "mean_minutes", "p90_minutes", "share_within_target"):
        assert row[name] == alone[name], name


def test_failed_runs_are_named_and_the_rest_goes_on(done) -> None:
    failures = pd.read_csv(done.out / "failures.csv")
    assert failures["run"].tolist() == [5, 6, 7, 8]
    assert failures["travel.detour_factor"].eq(0.5).all()
    assert failures["error"].str.contains("greater than or equal to 1").all()
    record = json.loads((done.out / "sweep.json").read_text(encoding="utf-8"))
    assert (record["finished"], record["runs"], record["failed"]) == (True, 8, 4)


def test_parquet_holds_the_same(done) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow writes sweep.parquet: pip install 'geoplan[parquet]'")
    table = pd.read_parquet(done.out / "sweep.parquet")
    pd.testing.assert_frame_equal(table, pd.read_csv(done.out / "sweep.csv"), check_dtype=False)


def test_two_processes_give_the_same_table(done, tmp_path: Path) -> None:
    sweep(done.file, tmp_path / "out", where=Where(2))
    same_tables(done.out, tmp_path / "out")


def test_progress_tells_runs_failures_and_time(done, tmp_path: Path) -> None:
    told = []
    sweep(done.file, tmp_path / "out", progress=told.append)
    assert [p.done for p in told] == list(range(1, 9))
    assert told[-1].failed == 4
    assert told[-1].seconds_left == 0
    assert all(p.seconds_left is not None and p.seconds_left >= 0 for p in told)


def test_a_finished_sweep_is_refused_or_found_done(done, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    with pytest.raises(OutputExistsError, match="holds a sweep"):
        sweep(done.file, out)
    assert sweep(done.file, out, resume=True).repeated == 8
    same_tables(done.out, out)


def test_another_plan_or_table_is_no_resume(done, tmp_path: Path) -> None:
    file = write_sweep(tmp_path, done.file.read_text(encoding="utf-8").split("\n", 1)[1])
    shutil.copytree(done.out, tmp_path / "out")
    path = tmp_path / "population.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("4000", "4001"), encoding="utf-8")
    with pytest.raises(UsageError, match="another sweep"):
        sweep(file, tmp_path / "out", resume=True)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "mine.doc").write_text("x")
    with pytest.raises(UsageError, match="did not write"):
        sweep(file, tmp_path / "thesis", overwrite=True)


def test_a_strangers_file_in_the_folder_is_never_swept_away(done, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    (out / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        sweep(done.file, out, overwrite=True)
    assert (out / "thesis.doc").read_text() == "mine"
    (out / "thesis.doc").unlink()
    assert sweep(done.file, out, overwrite=True).repeated == 0
    same_tables(done.out, out)


@pytest.mark.parametrize("cut", [1, 17, 400])
def test_a_half_written_last_line_is_done_again(done, tmp_path: Path, cut: int) -> None:
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    path = out / NAME
    path.write_bytes(path.read_bytes()[:-cut])
    repeated = sweep(done.file, out, resume=True).repeated
    assert repeated == 7 if cut < 200 else 4 <= repeated < 7
    same_tables(done.out, out)
    assert sorted(runs_in(out)) == list(range(1, 9))


def test_two_processes_do_not_write_one_journal(done, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    half = out / ".sweep.csv.1.partial"
    half.write_text("of the process that is at work")
    for choice in ({"resume": True}, {"overwrite": True}):
        with Lock.take(out / ".lock"), pytest.raises(UsageError, match="another process"):
            sweep(done.file, out, **choice)
        assert half.exists()
    (out / ".mine.partial").write_text("a stranger's")
    assert sweep(done.file, out, resume=True).repeated == 8
    assert sorted(p.name for p in out.glob(".*")) == [".mine.partial"]
    same_tables(done.out, out)
    assert sweep(done.file, out, resume=True).repeated == 8


def test_a_broken_line_in_the_middle_was_no_kill(done, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(done.out, out)
    lines = (out / NAME).read_bytes().split(b"\n")
    lines[3] = lines[3][:20]
    (out / NAME).write_bytes(b"\n".join(lines))
    with pytest.raises(InputError, match=r"journal\.jsonl:4"):
        sweep(done.file, out, resume=True)


def test_the_journal_writes_no_run_twice(tmp_path: Path) -> None:
    with Journal(tmp_path / NAME, "x") as journal:
        journal.add(Outcome(1, ((2026, "a", None, 0.1),)))
        journal.add(Outcome(1, error="again"))
    with Journal(tmp_path / NAME, "x") as journal:
        assert journal.outcomes == {1: Outcome(1, ((2026, "a", None, 0.1),))}


COMMAND = (sys.executable, "-m", "geoplan.cli", "sweep")


@pytest.mark.parametrize(("workers", "kills"), [(1, (0,)), (2, (1,))])
def test_a_killed_sweep_is_finished_by_resume(
    done, tmp_path: Path, workers: int, kills: tuple[int, ...]
) -> None:
    out = tmp_path / "out"
    words = [*COMMAND, str(done.file), "--out", str(out), "--resume", "--quiet", "--workers", str(workers)]
    moments = random.Random(workers)  # noqa: S311 - when to kill, not what to hide
    seen = 0
    for wanted in kills:
        process = subprocess.Popen(words, start_new_session=True)
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            if (out / NAME).exists() and (out / NAME).read_bytes().count(b"\n") > max(wanted, seen):
                break
            time.sleep(0.005)
        time.sleep(moments.random() * 0.3)
        # the parent alone: its processes must notice and end
        process.kill()
        process.wait()
        until = time.monotonic() + 20
        while alive(process.pid) and time.monotonic() < until:
            time.sleep(0.02)
        assert not alive(process.pid)
        seen = len(runs_in_whole_lines(out))
    assert subprocess.run(words, check=False).returncode == 0
    same_tables(done.out, out)
    assert sorted(runs_in(out)) == list(range(1, 9))
    assert not list(out.glob(".*.partial"))


def alive(session: int) -> bool:
    """Whether any process of a session still runs; one that only waits to be reaped does not (Linux)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, own = path.read_text().rsplit(")", 1)[1].split()[:4]
            if own == str(session) and state != "Z":
                return True
    return False


def runs_in_whole_lines(out: Path) -> list[int]:
    """Return the runs of a journal whose last line may be half-written."""
    text = (out / NAME).read_text(encoding="utf-8")
    return [json.loads(line)["run"] for line in text[: text.rfind("\n") + 1].splitlines()[1:]]


def test_a_process_that_dies_costs_its_own_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [Task(n, {}, None, "", f"problem {n}", Keep()) for n in range(1, 6)]
    monkeypatch.setattr(engines, "_work", dies_on_three)
    monkeypatch.setattr(engines, "DEATHS_ALONE", 1)
    outcomes = sorted(engines.on_processes(tasks, 1), key=lambda o: o.number)
    assert [o.number for o in outcomes] == [1, 2, 3, 4, 5]
    assert [o.error for o in outcomes if o.number != 3] == [f"problem {n}" for n in (1, 2, 4, 5)]
    assert "died" in outcomes[2].error


def dies_on_three(task: Task) -> Outcome:
    """Do a run, or kill the process."""
    if task.number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return work(task, Workshop())


def test_a_defect_in_one_run_is_its_outcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scenario = load_scenario(write_scenario(tmp_path))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("geoplan.sweep.tasks.run", broken)
    outcome = work(Task(1, {}, scenario, "", "", Keep()), Workshop())
    assert outcome.error == "defect: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("travel.detour_facto", "Did you mean 'detour_factor'"),
        ("services.x.target_minutes", "Known here: cardiology_pci, emergency_hospital"),
        ("services[9].target_minutes", "no key"),
        ("season.x", "no key"),
    ],
)
def test_an_unknown_key_is_refused_before_anything_runs(tmp_path: Path, key: str, said: str) -> None:
    file = write_sweep(tmp_path, f'[vary]\n"{key}" = [1]')
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        sweep(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_years_tables_and_numbers_of_list_items_vary_too(tmp_path: Path) -> None:
    file = write_sweep(
        tmp_path,
        '[vary]\nyears = [[2026], [2027, 2028]]\n"services[2].target_minutes" = [30]\n'
        'tables.population = [["population.csv"], ["absent.csv"]]\n',
    )
    summary = sweep(file, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "sweep.csv")
    assert sorted(set(zip(table["years"], table["year"], strict=True))) == [
        ("2026", 2026),
        ("2027;2028", 2027),
        ("2027;2028", 2028),
    ]
    assert summary.failed == 2
    failures = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert failures["error"].str.contains("absent.csv").all()


def test_tables_are_read_once_for_all_runs(done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geoplan.tables import pool

    calls = []
    real = pool.read_tables
    monkeypatch.setattr(pool, "read_tables", lambda paths: (calls.append(1), real(paths))[1])
    sweep(done.file, tmp_path / "out")
    assert len(calls) == 1


def test_no_worker_is_no_sweep(done, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one worker"):
        sweep(done.file, tmp_path / "out", where=Where(0))


def test_texts_are_disarmed_and_numbers_are_not(tmp_path: Path) -> None:
    path = sweeping._write_rows(tmp_path / "x.csv", ["=a", "b"], [["=1+1", -1.5], [True, None], ["-x", -2]])
    assert path.read_text().splitlines() == ["'=a,b", "'=1+1,-1.5", "true,", "'-x,-2"]
