"""Kill -9 at ten random moments of runs and ten of a sweep: whole or absent, resumed, equal to an unbroken.

The children are forks of one process that has geoplan loaded (`forker.py`), so that a kill costs no start.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "sweep"))
from tiny import write_scenario, write_sweep

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks and kills")

KILLS = 10

SWEEP = """\
[vary]
travel.detour_factor = [1.1, 1.2, 1.3, 1.4, 1.5]
"services.cardiology_pci.target_minutes" = [30, 60]
"""

Command = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def command() -> Iterator[Command]:
    """Return a function that runs a command in a fork and may kill it after some seconds."""
    forker = Path(__file__).with_name("forker.py")
    with subprocess.Popen(
        [sys.executable, str(forker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def run(*words: object, kill_after_s: float | None = None) -> dict[str, Any]:
            asked = {"words": [str(w) for w in words], "kill_after_s": kill_after_s}
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            return dict(json.loads(process.stdout.readline()))

        assert process.stdout.readline() == "ready\n"
        yield run
        process.stdin.close()


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder; the record without its clock."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    out = {name: path.read_bytes() for name, path in files.items() if name != "run.json"}
    if "run.json" in files:
        record = json.loads(files["run.json"].read_text(encoding="utf-8"))
        kept = {k: v for k, v in record.items() if k not in {"started_at", "timings"}}
        out["run.json"] = json.dumps(kept).encode()
    return out


def test_a_run_killed_at_ten_moments_is_whole_or_absent(command: Command, tmp_path: Path) -> None:
    words = ("run", write_scenario(tmp_path), "--quiet", "--overwrite", "--out")
    command(*words, tmp_path / "whole")  # warm: files are in memory now
    seconds = command(*words, tmp_path / "whole")["seconds"]
    whole = content(tmp_path / "whole")
    place = tmp_path / "place"
    place.mkdir()
    (place / ".out.1.partial").mkdir()
    out = place / "out"
    moments = random.Random(11)  # noqa: S311 - when to kill, not what to hide
    killed, seen = 0, set()
    for number in range(KILLS):
        if number % 2 and out.exists():
            shutil.rmtree(out)
        # the moments lie densest about the end, where the output is put in place
        share = moments.uniform(0, 1) if number % 2 else moments.uniform(0.7, 1.05)
        ended = command(*words, out, kill_after_s=seconds * share)
        killed += ended["code"] is None
        seen |= {p.suffix for p in place.iterdir()}
        if out.exists():
            assert content(out) == whole
    assert killed >= KILLS // 2
    assert ".lock" in seen or killed < KILLS
    assert command(*words, out)["code"] == 0
    assert content(out) == whole
    assert sorted(p.name for p in place.iterdir()) == [".out.1.partial", "out"]


def test_a_sweep_killed_at_ten_moments_is_finished_by_resume(command: Command, tmp_path: Path) -> None:
    file = write_sweep(tmp_path, SWEEP)
    words = ("sweep", file, "--quiet", "--resume", "--out")
    command(*words, tmp_path / "whole")
    shutil.rmtree(tmp_path / "whole")
    seconds = command(*words, tmp_path / "whole")["seconds"]
    whole = content(tmp_path / "whole")
    out = tmp_path / "out"
    moments = random.Random(12)  # noqa: S311 - as above
    runs_before, killed = 0, 0
    for _ in range(KILLS):
        ended = command(*words, out, kill_after_s=seconds * moments.uniform(0, 0.6))
        killed += ended["code"] is None
        runs = len(finished_runs(out))
        assert runs >= runs_before
        runs_before = runs
    assert killed >= KILLS // 2
    assert command(*words, out)["code"] == 0
    done = content(out)
    assert sorted(finished_runs(out)) == list(range(1, 11))
    assert done.keys() == whole.keys()
    for name in ("sweep.csv", "failures.csv"):
        assert done[name] == whole[name], name


def finished_runs(out: Path) -> list[int]:
    """Return the runs of the whole lines of a journal, each as often as it stands there."""
    path = out / "journal.jsonl"
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line)["run"] for line in lines[1:]]
