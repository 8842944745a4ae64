"""The sweep itself: plan, journal, runs, tables; what is done is never done twice."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import importlib.util
import json
import os
import re
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.errors import GeoplanError, MissingExtraError, OutputExistsError, UsageError
from geoplan.locks import Lock
from geoplan.output.cells import as_text, disarm, is_empty
from geoplan.output.files import check_free
from geoplan.scenario import load_scenario
from geoplan.sweep import engines
from geoplan.sweep.draws import settings_of_runs
from geoplan.sweep.journal import NAME, Journal
from geoplan.sweep.plan import load_plan
from geoplan.sweep.tasks import check_keys, content_of, prepare
from geoplan.tables.pool import TablePool
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from geoplan.scenario import Scenario
    from geoplan.sweep.plan import SweepPlan
    from geoplan.sweep.tasks import Outcome, Task
    from geoplan.tables.read import TableSet

    Outcomes = Generator[Outcome, None, None]

RECORD: Final = "sweep.json"

OWN: Final = frozenset({NAME, RECORD, "sweep.csv", "failures.csv", "sweep.parquet"})
"""What a sweep leaves in its folder."""

LOCK: Final = ".lock"
"""Held in the folder while a process is at work on it."""

TABLE_SHARE: Final = 0.05
"""The tables are written anew while runs come in, but not more than this share of the time goes into it."""

ROW_KEY: Final = ("year", "level", "id", "service")


@dataclass(frozen=True)
class Where:
    """Where the runs are done: `workers` processes, or the Dask cluster at `scheduler`."""

    workers: int = 1
    scheduler: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is; `seconds_left` is None until it can be told."""

    done: int
    failed: int
    runs: int
    seconds_left: float | None


@dataclass(frozen=True)
class Summary:
    """What a sweep did.

    Attributes
    ----------
    runs, failed, repeated
        All runs, those that failed, and those found done in the journal.
    written
        The files.
    """

    runs: int
    failed: int
    repeated: int
    written: tuple[Path, ...]


@dataclass(frozen=True)
class _Sweep:
    """A plan made ready."""

    id: str
    plan: SweepPlan
    base: Scenario
    tasks: tuple[Task, ...]


def sweep(
    file: Path,
    out: Path,
    *,
    where: Where = Where(),
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Do the runs of a sweep file and write the folder `out`.

    Parameters
    ----------
    file
        The sweep file, see `geoplan.sweep.plan.SweepPlan`.
    out
        Folder for `sweep.csv`, `failures.csv`, `sweep.json` and the journal (`sweep.parquet` where pyarrow is
        installed).
    where
        In this process unless more workers or a scheduler are named.
    resume
        Go on with a sweep of the same plan that was broken off.
    overwrite
        Replace an earlier output of geoplan.
    progress
        Told after every run.

    Raises
    ------
    UsageError, InputError, OutputExistsError
        If the plan, the base or the folder is not in order. A run that fails does not raise: it is listed.
    """
    pool = TablePool()
    ready = _ready(file, pool)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with _folder(out, resume=resume, overwrite=overwrite), Journal(out / NAME, ready.id) as journal:
        repeated = len(journal.outcomes)
        if not (out / RECORD).exists():
            _write_record(ready, journal, out, started)
        tell = _Teller(ready, journal, out, progress or _silent)
        rest = [task for task in ready.tasks if task.number not in journal.outcomes]
        with contextlib.closing(_outcomes(ready, rest, where, pool)) as outcomes:
            for outcome in outcomes:
                journal.add(outcome)
                tell.after_a_run(outcome)
        written = write_tables(ready.plan, ready.tasks, journal.outcomes, out, parquet=True)
        _write_record(ready, journal, out, started)
        failed = sum(bool(o.error) for o in journal.outcomes.values())
    return Summary(len(ready.tasks), failed, repeated, (*written, out / RECORD))


def _silent(_progress: Progress) -> None:
    """Report nothing."""


def _ready(file: Path, pool: TablePool) -> _Sweep:
    """Return the plan with all its tasks and the name of its content."""
    plan = load_plan(file)
    beside = file.parent / plan.base
    base = load_scenario(beside if beside.is_file() else plan.base)
    check_keys(base, plan.keys, file=file.name)
    tasks = tuple(prepare(base, settings_of_runs(plan), keep=plan.keep, pool=pool))
    content = [
        __version__,
        plan.keep.model_dump(mode="json"),
        base.id,
        [[t.settings, t.tables_key, t.problem, t.scenario and content_of(t.scenario)] for t in tasks],
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return _Sweep(hashlib.sha256(text.encode()).hexdigest()[:32], plan, base, tasks)


@contextlib.contextmanager
def _folder(out: Path, *, resume: bool, overwrite: bool) -> Iterator[None]:
    """Make the folder, or take that of a sweep that was broken off, and hold it for this process.

    A sweep is not staged aside like a run: its results must outlive a kill. The record is there from the
    start and says whether the sweep is finished.
    """
    if not (out / NAME).is_file() and not _only_lock(out):
        check_free(out, overwrite=overwrite)
    lock = _held(out)
    try:
        _open_folder(out, resume=resume, overwrite=overwrite)
        yield
    finally:
        lock.release()


def _only_lock(out: Path) -> bool:
    """Whether a sweep was killed in this folder before it wrote anything."""
    return out.is_dir() and [path.name for path in out.iterdir()] == [LOCK]


def _held(out: Path) -> Lock:
    """Return the lock of a folder, which is made if absent."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = Lock.take(out / LOCK)
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror or error}", hint="Name another folder with --out."
        ) from error
    if lock is None:
        raise UsageError(f"another process is at work on the sweep in {out}", hint="Wait until it has ended.")
    return lock


def _open_folder(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Clear a folder that this process holds for a new sweep, or of what a kill left half-written."""
    begun = (out / NAME).is_file()
    if begun and resume:
        for rest in _halves(out):
            rest.unlink(missing_ok=True)
        return
    if begun and not overwrite:
        raise OutputExistsError(
            f"{out} holds a sweep already", hint="Add --resume to go on with it or --overwrite to start anew."
        )
    if begun:
        _remove_own(out)
        return
    for path in sorted(out.iterdir()):
        if path.name != LOCK:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _halves(out: Path) -> list[Path]:
    """Return the files that a killed sweep was about to put in place."""
    known = re.compile(rf"\.({'|'.join(map(re.escape, sorted(OWN)))})\.\d+\.partial")
    return [path for path in sorted(out.iterdir()) if known.fullmatch(path.name)]


def _remove_own(out: Path) -> None:
    """Remove the files of an earlier sweep; a folder that holds anything else is left alone."""
    ours = [*(p for p in sorted(out.iterdir()) if p.name in OWN), *_halves(out)]
    strangers = [p.name for p in sorted(out.iterdir()) if p not in ours and p.name != LOCK]
    if strangers:
        raise UsageError(
            f"{out} also holds files that geoplan did not write: {', '.join(strangers[:5])}",
            hint="Move them elsewhere first, or name another folder with --out.",
        )
    for path in ours:
        path.unlink()


def _outcomes(ready: _Sweep, tasks: Sequence[Task], where: Where, pool: TablePool) -> Outcomes:
    """Yield the outcomes of `tasks` in the order in which they come."""
    if where.scheduler:
        yield from _on_cluster(ready, tasks, where.scheduler, pool)
    elif where.workers > 1:
        yield from engines.on_processes(tasks, where.workers)
    elif where.workers == 1:
        yield from engines.in_process(tasks, pool)
    else:
        raise UsageError("a sweep needs at least one worker", hint="Give --workers 1 or more.")


def _on_cluster(ready: _Sweep, tasks: Sequence[Task], scheduler: str, pool: TablePool) -> Outcomes:
    """Yield the outcomes of `tasks` from a Dask cluster."""
    if importlib.util.find_spec("distributed") is None:
        raise MissingExtraError("distributed", "cluster")
    from geoplan.sweep.cluster import on_cluster  # noqa: PLC0415 - an extra

    if tasks:
        yield from on_cluster(tasks, scheduler, ready.id, _all_tables(tasks, pool))


def _all_tables(tasks: Sequence[Task], pool: TablePool) -> dict[str, TableSet]:
    """Return every set of tables that the tasks run on, by its key; a set that is not in order is left out.

    The runs on such a set fail on the workers with the same message as here.
    """
    first = {task.tables_key: task.scenario for task in tasks if task.scenario is not None}
    tables = {}
    for key, scenario in first.items():
        with contextlib.suppress(GeoplanError):
            tables[key] = pool.read(scenario.table_paths())
    return tables


class _Teller:
    """Tells how far the sweep is, and writes the tables now and then."""

    def __init__(
        self, ready: _Sweep, journal: Journal, out: Path, report: Callable[[Progress], None]
    ) -> None:
        self._ready, self._journal, self._out, self._report = ready, journal, out, report
        self._began = time.monotonic()
        self._before = len(journal.outcomes)
        self._failed = sum(bool(o.error) for o in journal.outcomes.values())
        self._writing_s = 0.0

    def after_a_run(self, outcome: Outcome) -> None:
        """Report the last run; write the tables if that has not taken too much time so far."""
        outcomes = self._journal.outcomes
        done, runs = len(outcomes), len(self._ready.tasks)
        now = time.monotonic()
        each_s = (now - self._began) / max(done - self._before, 1)
        self._failed += bool(outcome.error)
        self._report(Progress(done, self._failed, runs, each_s * (runs - done)))
        if done < runs and self._writing_s <= TABLE_SHARE * (now - self._began):
            write_tables(self._ready.plan, self._ready.tasks, outcomes, self._out, parquet=False)
            self._writing_s += time.monotonic() - now


def write_tables(
    plan: SweepPlan, tasks: Sequence[Task], outcomes: dict[int, Outcome], out: Path, *, parquet: bool
) -> tuple[Path, ...]:
    """Write the runs done so far, by number: `sweep.csv`, `failures.csv`, with pyarrow `sweep.parquet`."""
    done = [(task, outcomes[task.number]) for task in tasks if task.number in outcomes]
    settings = list(plan.keys)
    head = ["run", *settings, *ROW_KEY, *plan.keep.figures]
    rows = [[task.number, *(task.settings[k] for k in settings), *row] for task, o in done for row in o.rows]
    failures = [[task.number, *(task.settings[k] for k in settings), o.error] for task, o in done if o.error]
    written = [
        _write_rows(out / "sweep.csv", head, rows),
        _write_rows(out / "failures.csv", ["run", *settings, "error"], failures),
    ]
    if parquet and importlib.util.find_spec("pyarrow") is not None:
        written.append(_write_parquet(out / "sweep.parquet", head, rows, settings))
    return tuple(written)


def _write_rows(path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """Write one CSV aside and put it in place; numbers as they are, texts disarmed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([disarm(name) for name in head])
        writer.writerows([[_cell(value) for value in row] for row in rows])
    aside.replace(path)
    return path


def _cell(value: Any) -> str:
    """Return one cell; a number is never disarmed."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value) if isinstance(value, int) else disarm(as_text(value))


def _write_parquet(
    path: Path, head: Sequence[str], rows: Sequence[Sequence[Any]], texts: Sequence[str]
) -> Path:
    """Write the same rows as Parquet; a key whose values are of several kinds becomes text."""
    table = pd.DataFrame(rows, columns=list(head))
    kinds = {k: {type(v) for v in table[k]} for k in texts}
    mixed = [k for k, kind in kinds.items() if len(kind) > 1 or list in kind]
    table = table.assign(**{k: [as_text(v) for v in table[k]] for k in mixed})
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    table.to_parquet(aside, engine="pyarrow", index=False)
    aside.replace(path)
    return path


def _write_record(ready: _Sweep, journal: Journal, out: Path, started: str) -> None:
    """Write `sweep.json`: what was asked, of what, and how far it is."""
    done = journal.outcomes
    text = json.dumps(
        {
            "geoplan_version": __version__,
            "sweep_id": ready.id,
            "finished": len(done) == len(ready.tasks),
            "runs": len(ready.tasks),
            "done": len(done),
            "failed": sum(bool(o.error) for o in done.values()),
            "plan": ready.plan.model_dump(mode="json"),
            "base": ready.base.model_dump(mode="json"),
            "started_at": started,
        },
        ensure_ascii=False,
        indent=1,
    )
    aside = out / f".{RECORD}.{os.getpid()}.partial"
    aside.write_text(text + "\n", encoding="utf-8", newline="\n")
    aside.replace(out / RECORD)
