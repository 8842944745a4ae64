"""Comparing, sweeping, writing and verifying from Python: what the commands of the same words do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoplan import comparison, verify
from geoplan.comparison import side_of_result, side_of_scenario
from geoplan.output import comparing, files
from geoplan.output.page.comparison import render_comparison
from geoplan.output.page.page import render_page
from geoplan.result import Result
from geoplan.scenario import Scenario
from geoplan.sweep.sweep import Where, sweep
from geoplan.tables.pool import TablePool

if TYPE_CHECKING:
    from geoplan.comparison import Comparison, Side
    from geoplan.sweep.sweep import Summary
    from geoplan.verify import Verdict

    Thing = str | Path | Scenario | Result


def write_result(result: Result, out: Path | str, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write page, tables, workbook, layers and record of a result; return the files, the page first.

    Raises
    ------
    OutputExistsError
        If there is a result already and `overwrite` is false.
    """
    return files.write_result(result, Path(out), overwrite=overwrite, render=render_page)


def compare_scenarios(base: Thing, *plans: Thing) -> Comparison:
    """Return a base beside one or more plans.

    Parameters
    ----------
    base, plans
        Names of shipped scenarios, TOML files, folders that a run wrote, scenarios or results.

    Raises
    ------
    UsageError
        If one is none of these, or two share no year or no service.
    InputError
        If a scenario or its tables are not in order.
    """
    pool = TablePool()
    return comparison.compare([_side(thing, pool) for thing in (base, *plans)], pool=pool)


def _side(thing: Thing, pool: TablePool) -> Side:
    """Return one thing to compare."""
    if isinstance(thing, Result):
        return side_of_result(thing)
    if isinstance(thing, Scenario):
        return side_of_scenario(thing, pool=pool)
    return comparison.load_side(str(thing), pool=pool)


def write_comparison(found: Comparison, out: Path | str, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write page, record and tables of a comparison; return the files, the page first.

    Raises
    ------
    OutputExistsError
        If there is one already and `overwrite` is false.
    """
    return comparing.write_comparison(found, Path(out), overwrite=overwrite, render=render_comparison)


def sweep_scenario(
    file: Path | str,
    out: Path | str,
    *,
    workers: int = 1,
    scheduler: str = "",
    resume: bool = False,
    overwrite: bool = False,
) -> Summary:
    """Do the runs of a sweep file and write the folder `out`; failed runs are listed there.

    With more than one worker call it under `if __name__ == "__main__":`, for each process imports the caller.

    Parameters
    ----------
    workers
        Processes on this machine.
    scheduler
        Address of a Dask scheduler of your own, instead.
    resume
        Go on with a sweep that was broken off.

    Raises
    ------
    UsageError, InputError, OutputExistsError
        If the plan, its base or the folder is not in order.
    """
    where = Where(workers, scheduler)
    return sweep(Path(file), Path(out), where=where, resume=resume, overwrite=overwrite)


def verify_result(folder: Path | str, *, beside: Path | str | None = None) -> Verdict:
    """Run what a result folder says again and return whether every file is the same.

    Parameters
    ----------
    beside
        Folder of the scenario file, where a scenario uses tables of its own.

    Raises
    ------
    UsageError
        If it is no result folder, or the scenario cannot run again.
    """
    return verify.verify(Path(folder), render=render_page, beside=None if beside is None else Path(beside))
