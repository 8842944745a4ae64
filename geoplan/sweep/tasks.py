"""One run of a sweep: a scenario with some keys changed, run on shared tables, and the figures it gives."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from geoplan.errors import Finding, GeoplanError, InputError, did_you_mean
from geoplan.run import run
from geoplan.scenario import Scenario
from geoplan.scenario.models import LATER_KEYS
from geoplan.sweep.plan import FIGURES
from geoplan.sweep.trials import RoadTrials, without_trials
from geoplan.tables.pool import TablePool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from geoplan.sweep.plan import Keep
    from geoplan.tables.read import TableSet

    Rows = tuple[tuple[Any, ...], ...]

WHOLE: Final = frozenset(FIGURES[:3]) | frozenset(FIGURES[4:5]) | frozenset(FIGURES[8:])
"""Figures that count people."""


ALIKE: Final = 8
"""From so many runs on that differ only in road what-ifs, the country is made ready for them once."""


@dataclass(frozen=True)
class Task:
    """One run that is still to be done; small, because it travels.

    Attributes
    ----------
    number
        From 1, in the order of the plan.
    settings
        Values of the varying keys.
    scenario
        The effective scenario, None where the settings make none.
    tables_key
        Which tables it runs on, see `TablePool.key`.
    problem
        Why there is no scenario.
    keep
        What is kept of the result.
    alike
        A name for what it has in common with all tasks that differ only in road what-ifs (see `trials`), and
        how many these are; no name where it has no such what-if.
    """

    number: int
    settings: dict[str, Any]
    scenario: Scenario | None
    tables_key: str
    problem: str
    keep: Keep
    alike: tuple[str, int] = ("", 1)


@dataclass(frozen=True)
class Outcome:
    """What came of one run: rows of figures, or why it failed."""

    number: int
    rows: tuple[tuple[Any, ...], ...] = ()
    error: str = ""


def content_of(scenario: Scenario) -> dict[str, Any]:
    """Return the effective scenario as plain data, without its name and place."""
    content: dict[str, Any] = scenario.model_dump(mode="json", exclude={"id", "path"})
    return content


def check_keys(scenario: Scenario, keys: Sequence[str], *, file: str) -> None:
    """Raise one `InputError` for all keys that the scenario does not have, nearest names offered."""
    content = content_of(scenario)
    problems = []
    for key in keys:
        try:
            _place(content, key)
        except KeyError as error:
            known, word = error.args
            hint = did_you_mean(word, known).strip() or f"Known here: {', '.join(known)}."
            message = f"the scenario has no key '{key}' ('{word}' is unknown)."
            problems.append(Finding("error", "unknown-key", message, where=file, hint=hint))
    if problems:
        raise InputError(problems)


def _place(content: Any, key: str) -> tuple[Any, Any]:
    """Return the container and the last step of a dotted key; `KeyError(known, word)` where it leads nowhere.

    An element of a list is named by its `id` or by its number from 1; `LATER_KEYS` may be absent.
    """
    *steps, last = [word for word in re.split(r"[.\[\]]+", key) if word] or [""]
    for word in steps:
        content = content[_step(content, word)]
    return content, _step(content, last)


def _step(content: Any, word: str) -> Any:
    """Return the key or position that one word names."""
    if isinstance(content, dict):
        if word in content or word in LATER_KEYS:
            return word
        raise KeyError(sorted(content), word)
    if isinstance(content, list):
        ids = {str(e.get("id")): i for i, e in enumerate(content) if isinstance(e, dict) and e.get("id")}
        if word in ids:
            return ids[word]
        if word.isdigit() and 1 <= int(word) <= len(content):
            return int(word) - 1
        raise KeyError(sorted(ids) or [str(i + 1) for i in range(len(content))], word)
    raise KeyError([], word)


def changed(scenario: Scenario, settings: dict[str, Any]) -> Scenario:
    """Return the scenario with the values of `settings` in place of its own, checked as a file is.

    Raises
    ------
    InputError
        If a value is not allowed.
    """
    content = content_of(scenario)
    for key, value in settings.items():
        container, step = _place(content, key)
        container[step] = value
    try:
        other = Scenario.model_validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        found = [(".".join(str(p) for p in d["loc"]), str(d["msg"])) for d in error.errors()]
        raise InputError(
            [
                Finding("error", "bad-value", f"{place}: {message.removeprefix('Value error, ')}.")
                for place, message in found
            ]
        ) from error
    return other.model_copy(update={"id": scenario.id, "path": scenario.path})


def prepare(
    scenario: Scenario, settings: Sequence[dict[str, Any]], *, keep: Keep, pool: TablePool
) -> list[Task]:
    """Return the tasks of all runs; one whose values are not allowed carries the reason."""
    keys: dict[tuple[tuple[str, tuple[Path, ...]], ...], str] = {}
    tasks = []
    for number, values in enumerate(settings, start=1):
        try:
            own = changed(scenario, values)
            paths = own.table_paths()
        except GeoplanError as error:
            tasks.append(Task(number, values, None, "", message_of(error), keep))
            continue
        known = tuple(sorted(paths.items()))
        if known not in keys:
            keys[known] = pool.key(paths)
        tasks.append(Task(number, values, own, keys[known], "", keep, (_likeness(own, keys[known]), 1)))
    count = Counter(task.alike[0] for task in tasks)
    return [replace(task, alike=(task.alike[0], count[task.alike[0]])) for task in tasks]


def _likeness(scenario: Scenario, tables_key: str) -> str:
    """Return one text for a scenario without its road what-ifs on its tables; empty where it has none."""
    bare = without_trials(scenario)
    if len(bare.changes) == len(scenario.changes):
        return ""
    text = json.dumps([tables_key, content_of(bare)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def message_of(error: BaseException) -> str:
    """Return what went wrong in one line: all findings of an input error, the type of a defect."""
    if isinstance(error, InputError):
        return "; ".join(str(f) for f in error.findings if f.severity == "error")
    if isinstance(error, GeoplanError):
        return str(error)
    return f"defect: {type(error).__name__}: {error}"


class Workshop:
    """What a process keeps between the runs that it does: tables, people, and countries ready for trials."""

    def __init__(self, tables: TablePool | None = None) -> None:
        self.tables = TablePool() if tables is None else tables
        self._trials: tuple[str, RoadTrials | None] = ("", None)
        self._one_at_a_time = threading.Lock()  # workers of a cluster may have threads

    def figures(self, task: Task, scenario: Scenario) -> Rows:
        """Return the figures of one run: by trial where many runs are alike, else by a run anew.

        Raises
        ------
        InputError
            As a run.
        """
        tables = self._tables(task, scenario)
        summary = self._tried(task, scenario, tables)
        if summary is not None:
            return figures(summary, task.keep)
        result = run(scenario, tables=tables, figures_only=True, people=self.tables.people)
        return figures(result.coverage_summary, task.keep)

    def _tried(self, task: Task, scenario: Scenario, tables: TableSet) -> pd.DataFrame | None:
        """Return the summary by trial, None where there is to be a run anew."""
        with self._one_at_a_time:
            trials = self._ready(task, scenario, tables)
            if trials is None:
                return None
            return trials.summary(scenario, levels=task.keep.levels, services=task.keep.services)

    def _ready(self, task: Task, scenario: Scenario, tables: TableSet) -> RoadTrials | None:
        """Return the country of a task ready for trials; the last one is kept, runs alike come together."""
        name, count = task.alike
        if not name or count < ALIKE:
            return None
        if self._trials[0] != name:
            try:
                made = RoadTrials(scenario, tables, people=self.tables.people, runs=count)
            except GeoplanError:  # the run says what is wrong
                made = None
            self._trials = name, made
        return self._trials[1]

    def _tables(self, task: Task, scenario: Scenario) -> TableSet:
        """Return the tables of a task: those that travelled here, else read from their files."""
        known = self.tables.known(task.tables_key)
        return self.tables.read(scenario.table_paths()) if known is None else known


def work(task: Task, workshop: Workshop) -> Outcome:
    """Return what one run gives; an error of any kind is its outcome, never the end of the sweep."""
    if task.scenario is None:
        return Outcome(task.number, error=task.problem)
    try:
        return Outcome(task.number, rows=workshop.figures(task, task.scenario))
    except Exception as error:  # noqa: BLE001 - one bad run must not end a thousand good ones
        return Outcome(task.number, error=message_of(error))


def figures(table: pd.DataFrame, keep: Keep) -> Rows:
    """Return `(year, level, id, service, figure, figure, ...)` of every row of the summary that is kept."""
    chosen = table["level"].isin(keep.levels)
    for column, wanted in (("id", keep.ids), ("service", keep.services)):
        chosen &= table[column].isin(wanted) if wanted else True
    rows = table[chosen]
    columns = [
        [None if v != v else int(v) if name in WHOLE else float(v) for v in rows[name].tolist()]  # noqa: PLR0124 - NaN
        for name in keep.figures
    ]
    names = [[str(v) for v in rows[name]] for name in ("level", "id", "service")]
    return tuple(zip((int(y) for y in rows["year"]), *names, *columns, strict=True))
