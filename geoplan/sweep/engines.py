"""Where the runs of a sweep are done: in this process, or on several that may die."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Final

from geoplan.sweep.tasks import Outcome, Workshop, work

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from geoplan.sweep.tasks import Task
    from geoplan.tables.pool import TablePool

    Outcomes = Generator[Outcome, None, None]

AHEAD: Final = 2
"""Tasks that are handed over for each process: one at work, one waiting."""

DEATHS_ALONE: Final = 2
"""A run during which a process died this often, with nothing else at work, has failed."""


def in_process(tasks: Sequence[Task], pool: TablePool) -> Outcomes:
    """Yield the outcomes of `tasks` one after another."""
    workshop = Workshop(pool)
    for task in tasks:
        yield work(task, workshop)


_workshops: dict[str, Workshop] = {}
"""That of this process, if it is one of those of `on_processes`; made by `_start`."""


def _start() -> None:
    """Make the workshop of a new process: each reads the tables once, whatever it runs."""
    _workshops["own"] = Workshop()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the parent and follow it: a killed parent tells its processes nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(task: Task) -> Outcome:
    """Do one run in a process of `on_processes`."""
    return work(task, _workshops["own"])


def on_processes(tasks: Sequence[Task], workers: int) -> Outcomes:
    """Yield the outcomes of `tasks` as `workers` processes finish them.

    A process that dies (killed, out of memory) takes down its fellows. All runs then at work are done again
    one by one, so that only the run that kills its process fails.
    """
    waiting = deque(tasks)
    while waiting:
        at_work = yield from _until_a_death(waiting, workers, ahead=AHEAD * workers)
        yield from _one_by_one(deque(at_work))


def _one_by_one(suspects: deque[Task]) -> Outcomes:
    """Yield the outcomes of tasks that run alone, a failure for one whose process dies again and again."""
    deaths: Counter[int] = Counter()
    while suspects:
        for task in (yield from _until_a_death(suspects, 1, ahead=1)):
            deaths[task.number] += 1
            if deaths[task.number] < DEATHS_ALONE:
                suspects.appendleft(task)
            else:
                yield Outcome(task.number, error="its process died (killed, or out of memory).")


def _until_a_death(waiting: deque[Task], workers: int, *, ahead: int) -> Generator[Outcome, None, list[Task]]:
    """Yield outcomes until all tasks are done or a process dies; return the tasks that were at work."""
    at_work: dict[Future[Outcome], Task] = {}
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start)
    try:
        while waiting or at_work:
            while waiting and len(at_work) < ahead:
                task = waiting.popleft()
                at_work[executor.submit(_work, task)] = task
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: at_work[f].number):
                outcome = future.result()
                del at_work[future]
                yield outcome
    except BrokenProcessPool:
        return sorted(at_work.values(), key=lambda t: t.number)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return []
