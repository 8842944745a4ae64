"""Runs on an existing Dask cluster: tables travel once to each worker, lost workers are survived.

Dask sends Python objects between client, scheduler and workers and runs what it receives: name only the
scheduler of a cluster that you own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import distributed

from geoplan.errors import GeoplanError, UsageError
from geoplan.sweep.tasks import Outcome, Workshop, message_of, work
from geoplan.tables.pool import TablePool
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from geoplan.sweep.tasks import Task
    from geoplan.tables.read import TableSet

    Outcomes = Generator[Outcome, None, None]

AHEAD: Final = 3
"""Tasks that are handed over for each thread of the cluster."""

CONNECT_SECONDS: Final = 20

_workshops: dict[str, Workshop] = {}
"""On a worker: what it keeps for each sweep that is under way."""


class Tables(distributed.WorkerPlugin):  # type: ignore[misc] # distributed has no types
    """Brings the tables of a sweep to every worker once, also to one that joins later."""

    def __init__(self, sweep_id: str, tables: Mapping[str, TableSet]) -> None:
        self.name = f"geoplan-{sweep_id}"
        self.sweep_id = sweep_id
        self.tables = dict(tables)

    def setup(self, worker: Any) -> None:  # noqa: ARG002 - distributed calls it so
        """Keep the tables on the worker."""
        _workshops[self.sweep_id] = Workshop(TablePool(self.tables))

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - as above
        """Let them go."""
        _workshops.pop(self.sweep_id, None)


def _work(task: Task, sweep_id: str) -> Outcome:
    """Do one run on a worker."""
    return work(task, _workshops[sweep_id])


def _version() -> str:
    """Return the version of geoplan on a worker."""
    return __version__


def on_cluster(
    tasks: Sequence[Task], address: str, sweep_id: str, tables: Mapping[str, TableSet]
) -> Outcomes:
    """Yield the outcomes of `tasks` as the workers of the scheduler at `address` finish them.

    Raises
    ------
    UsageError
        If nobody answers there, there is no worker, or a worker has another geoplan.
    GeoplanError
        If the scheduler is lost: the journal keeps what was done.
    """
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler answers at '{address}' ({error})", hint="Start one: dask scheduler."
        ) from error
    try:
        _check_workers(client)
        client.register_plugin(Tables(sweep_id, tables))
        yield from _outcomes(client, tasks, sweep_id)
        client.unregister_worker_plugin(f"geoplan-{sweep_id}")
    except (distributed.client.FutureCancelledError, distributed.comm.CommClosedError) as error:
        raise GeoplanError(
            f"the scheduler at '{address}' was lost", hint="Start it again and add --resume."
        ) from error
    finally:
        client.close(timeout=5)


def _check_workers(client: Any) -> None:
    """Raise where the cluster cannot give what this process would."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        found = set(client.run(_version).values())
    except (TimeoutError, ImportError, AttributeError) as error:
        raise UsageError(
            f"the cluster has no worker that can run geoplan ({error})",
            hint=f"Install geoplan {__version__} on the workers and start: dask worker ADDRESS.",
        ) from error
    if found != {__version__}:
        raise UsageError(
            f"workers have geoplan {', '.join(sorted(found))}, this is {__version__}",
            hint="Install the same version everywhere.",
        )


def _outcomes(client: Any, tasks: Sequence[Task], sweep_id: str) -> Outcomes:
    """Yield outcomes as they come, with a bounded number of tasks handed over."""
    at_work: dict[Any, Task] = {}
    waiting = iter(tasks)
    finished = distributed.as_completed(loop=client.loop)

    def hand_over() -> None:
        room = AHEAD * max(sum(client.nthreads().values()), 1)
        while len(at_work) < room and (task := next(waiting, None)) is not None:
            future = client.submit(_work, task, sweep_id, key=f"geoplan-{sweep_id}-{task.number}", pure=False)
            at_work[future] = task
            finished.add(future)

    hand_over()
    while at_work:
        future = next(finished)
        task = at_work.pop(future)
        yield _outcome(future, task)
        hand_over()


def _outcome(future: Any, task: Task) -> Outcome:
    """Return the outcome of a finished future; Dask gives up on a task after several lost workers."""
    try:
        outcome: Outcome = future.result()
    except (distributed.client.FutureCancelledError, distributed.comm.CommClosedError):
        raise
    except distributed.KilledWorker:
        return Outcome(task.number, error="the workers that did this run died (killed, or out of memory).")
    except Exception as error:  # noqa: BLE001 - one bad run must not end a thousand good ones
        return Outcome(task.number, error=message_of(error))
    return outcome
