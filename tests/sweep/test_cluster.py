"""A real Dask scheduler and two worker processes on loopback: one is killed, the table is the local one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from geoplan.errors import MissingExtraError, UsageError
from geoplan.sweep.sweep import Where, sweep

ENVIRONMENT = {**os.environ, "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}


def distributed():
    """Skip with a reason where Dask is absent."""
    return pytest.importorskip("distributed", reason="needs Dask: pip install 'geoplan[cluster]'")


@contextmanager
def started(*words: str):
    """Yield a process that is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def scheduler(folder: Path):
    """Yield the address of a scheduler on loopback."""
    note = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(note))
    with started("distributed.cli.dask_scheduler", *words):
        until = time.monotonic() + 40
        while not note.exists() or not note.stat().st_size:
            assert time.monotonic() < until, "the scheduler does not start"
            time.sleep(0.05)
        yield json.loads(note.read_text(encoding="utf-8"))["address"]


def worker(address: str):
    """Return a worker process of one thread, without a nanny that would start it again."""
    words = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    return started("distributed.cli.dask_worker", address, *words)


@pytest.mark.cluster
def test_a_lost_worker_changes_nothing(done, tmp_path: Path) -> None:
    distributed()
    killed = []
    with scheduler(tmp_path) as address, worker(address) as first, worker(address):

        def kill_one(progress) -> None:
            if progress.done >= 2 and not killed:
                first.kill()
                killed.append(progress.done)

        summary = sweep(done.file, tmp_path / "out", where=Where(scheduler=address), progress=kill_one)
    assert killed
    assert (summary.runs, summary.failed, summary.repeated) == (8, 4, 0)
    for name in ("sweep.csv", "failures.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (done.out / name).read_bytes(), name


@pytest.mark.cluster
def test_nobody_at_the_address(done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed()
    from geoplan.sweep import cluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        sweep(done.file, tmp_path / "out", where=Where(scheduler="tcp://127.0.0.1:9"))


def test_the_extra_is_named_where_it_is_absent(done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        sweep(done.file, tmp_path / "out", where=Where(scheduler="tcp://127.0.0.1:9"))
    assert "geoplan[cluster]" in caught.value.hint
