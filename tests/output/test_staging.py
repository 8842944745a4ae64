"""What killed runs leave is cleared by the next one; strangers' files and live neighbours' stages stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from geoplan import locks
from geoplan.errors import OutputExistsError, UsageError
from geoplan.locks import Lock
from geoplan.output import files
from geoplan.output.staging import clear_leftovers, staged

HOLD = """
import sys
from pathlib import Path
from geoplan.output.staging import staged
with staged(Path(sys.argv[1])) as (stage, aside):
    stage.mkdir()
    (stage / "half").write_text("x")
    if "moved" in sys.argv:
        Path(sys.argv[1]).replace(aside)
    print(stage.name, flush=True)
    sys.stdin.read()
"""


def neighbour(out: Path, *words: str) -> tuple[subprocess.Popen[str], Path]:
    """Return a process that is making `out`, and its stage."""
    command = [sys.executable, "-c", HOLD, str(out), *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, out.parent / process.stdout.readline().strip()


def names(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(p.name for p in folder.iterdir())


def test_a_live_neighbours_stage_stays_and_a_dead_ones_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process, stage = neighbour(out)
    (tmp_path / ".out.12.partial").mkdir()  # no lock beside it: not ours
    (tmp_path / ".outer.12.lock").write_text("")
    (tmp_path / ".out.x.lock").write_text("mine")
    with files.whole_or_absent(out, overwrite=False) as mine:
        (mine / "run.json").write_text("{}")
        assert (stage / "half").is_file()
    assert (stage / "half").is_file()
    process.kill()
    process.communicate()
    assert stage.is_dir()
    clear_leftovers(out)
    assert names(tmp_path) == [".out.12.partial", ".out.x.lock", ".outer.12.lock", "out"]
    assert names(out) == [".geoplan", "run.json"]


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path) -> None:
    process, _ = neighbour(tmp_path / "out")
    process.communicate("")
    assert names(tmp_path) == []


def test_an_output_that_a_killed_run_had_moved_away_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with files.whole_or_absent(out, overwrite=False) as stage:
        (stage / "run.json").write_text("{}")
    process, _ = neighbour(out, "moved")
    assert not out.exists()
    process.kill()
    process.communicate()
    with pytest.raises(OutputExistsError):
        files.check_free(out, overwrite=False)
    assert names(tmp_path) == ["out"]


def test_a_stage_of_the_same_number_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: 7)
    (tmp_path / ".out.7.partial").write_text("a stranger's")
    with staged(tmp_path / "out") as (stage, _), staged(tmp_path / "out") as (other, _):
        assert (stage.name, other.name) == (".out.8.partial", ".out.9.partial")
    assert names(tmp_path) == [".out.7.partial"]


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    files.write_table(pd.DataFrame({"a": [1]}), tmp_path / "a.csv", overwrite=False)
    with pytest.raises(UsageError):
        files.write_table(pd.DataFrame({"a": [1]}), tmp_path / "none" / "b.csv", overwrite=False)
    assert names(tmp_path) == ["a.csv"]


def test_one_process_has_a_lock_and_it_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock.take(path):
        assert Lock.take(path) is None
    assert not path.exists()
    path.write_text("of a process that was killed")
    with Lock.take(path):
        assert Lock.take(path) is None


def test_who_opens_the_file_just_before_it_goes_gets_no_second_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fcntl", reason="Windows removes no open file")
    path = tmp_path / "lock"
    first = Lock.take(path)
    real = locks._locked

    def late(handle: int) -> bool:
        monkeypatch.setattr(locks, "_locked", real)
        first.release()  # between the opening of the file and its locking
        return real(handle)

    monkeypatch.setattr(locks, "_locked", late)
    with Lock.take(path):
        assert path.exists()
        assert Lock.take(path) is None


class Windows:
    """`msvcrt` as far as locks need it: one holder a file, whoever asks again is refused."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: dict[int, int] = {}

    def locking(self, handle: int, mode: int, size: int) -> None:
        """Lock as Windows does."""
        assert (mode, size) == (self.LK_NBLCK, 1)
        file = os.fstat(handle).st_ino
        if self.held.get(file, handle) != handle:
            raise PermissionError(13, "locked")
        self.held[file] = handle


def test_windows_locks_its_own_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Windows()
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", system)
    lock = Lock.take(tmp_path / "lock")
    assert Lock.take(tmp_path / "lock") is None
    system.held.clear()  # the system lets go when the file is closed
    lock.release()
    assert names(tmp_path) == []
    with Lock.take(tmp_path / "lock"):
        assert names(tmp_path) == ["lock"]
