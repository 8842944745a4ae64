"""Where the runs of a sweep are done: in this process, or on several that may die."""

from __future__ import annotations

import multiprocessing
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Final

from geoplan.sweep.tasks import Outcome, work
from geoplan.tables.pool import TablePool

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from geoplan.sweep.tasks import Task

    Outcomes = Generator[Outcome, None, None]

AHEAD: Final = 2
"""Tasks that are handed over for each process: one at work, one waiting."""

DEATHS_ALONE: Final = 2
"""A run during which a process died this often, with nothing else at work, has failed."""


def in_process(tasks: Sequence[Task], pool: TablePool) -> Outcomes:
    """Yield the outcomes of `tasks` one after another."""
    for task in tasks:
        yield work(task, pool)


_pools: dict[str, TablePool] = {}
"""The tables of this process, if it is one of those of `on_processes`; made by `_start`."""


def _start() -> None:
    """Make the table pool of a new process: each reads the tables once, whatever it runs."""
    _pools["own"] = TablePool()


def _work(task: Task) -> Outcome:
    """Do one run in a process of `on_processes`."""
    return work(task, _pools["own"])


def on_processes(tasks: Sequence[Task], workers: int) -> Outcomes:
    """Yield the outcomes of `tasks` as `workers` processes finish them.

    A process that dies (killed, out of memory) takes down its fellows. All runs then at work are done again
    one by one, so that only the run that kills its process fails.
    """
    waiting = deque(tasks)
    while waiting:
        suspects = yield from _until_a_death(waiting, workers)
        for task in suspects:
            yield from _alone(task)


def _until_a_death(waiting: deque[Task], workers: int) -> Generator[Outcome, None, list[Task]]:
    """Yield outcomes until all tasks are done or a process dies; return the tasks that were at work."""
    at_work: dict[Future[Outcome], Task] = {}
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start)
    try:
        while waiting or at_work:
            while waiting and len(at_work) < AHEAD * workers:
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


def _alone(task: Task) -> Outcomes:
    """Yield the outcome of a task that runs by itself, a failure if its process dies again and again."""
    for _ in range(DEATHS_ALONE):
        left = yield from _until_a_death(deque([task]), 1)
        if not left:
            return
    yield Outcome(task.number, error="the process that did this run died (killed, or out of memory).")
