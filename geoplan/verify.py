"""Run what a record says again and tell whether every output is the same, byte for byte."""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan import saved
from geoplan.errors import UsageError
from geoplan.output.files import RECORD, write_result
from geoplan.output.page.options import PageOptions
from geoplan.output.printing import LANGUAGES, file_names
from geoplan.output.siting import RECORD as SITING
from geoplan.output.siting import write_sections
from geoplan.run import VERSIONED, run_beside
from geoplan.study import site_scenario
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.result import Result
    from geoplan.scenario import Scenario

CLOCK_KEYS: Final = ("started_at", "timings", "seconds")
"""What the record says of the clock: it may differ."""


@dataclass(frozen=True)
class Verdict:
    """What a second run gave.

    Attributes
    ----------
    same, different, missing, added
        File names of the folder: equal to the byte (the record apart from the clock), not equal, there no
        more, and there though no run writes them.
    causes
        Why they may differ: other versions, other inputs.
    """

    same: tuple[str, ...]
    different: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    causes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every output is the same and none is missing or added."""
        return not (self.different or self.missing or self.added)


def verify(
    folder: Path,
    *,
    render: Callable[[Result, PageOptions], str],
    beside: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verdict:
    """Return whether a result folder is what its record says.

    The effective scenario of `run.json` is run again beside the folder's back, in a folder that goes away.

    Parameters
    ----------
    folder
        What `geoplan run` wrote; it is only read.
    render
        Makes the page of a result, as the record says that it was built.
    beside
        Folder of the scenario file, where a scenario uses tables of its own.
    progress
        Called with each step.

    Raises
    ------
    UsageError
        If it is no result folder, or the scenario cannot run again.
    InputError
        If its tables are no longer in order.
    """
    record = saved.read_record(folder)
    scenario = saved.recorded_scenario(record, beside)
    if scenario is None:
        raise UsageError(
            f"the scenario of {folder} cannot run again from its record alone",
            hint="If it uses tables of its own, name the folder of its file with --beside.",
        )
    parent = saved.recorded_scenario(record["base"], beside) if "base" in record else None
    causes = _causes(record, scenario)
    sited = scenario.siting is not None and (folder / SITING).is_file()
    beside_parent = partial(run_beside, parent=parent, progress=progress)
    result = site_scenario(scenario, step=progress, ran=beside_parent) if sited else beside_parent(scenario)
    with tempfile.TemporaryDirectory(prefix="geoplan-verify-") as aside:
        again = Path(aside) / "again"
        options = PageOptions.of(record)
        page = options.as_dict()
        more = partial(write_sections, result) if sited else None
        write_result(
            result, again, overwrite=False, render=lambda r: render(r, options), page=page, more=more
        )
        return _compared(folder, again, causes)


def _causes(record: dict[str, Any], scenario: Scenario) -> tuple[str, ...]:
    """Return what is no longer as it was when the record was written."""
    now = {"geoplan": __version__} | {name: importlib.metadata.version(name) for name in VERSIONED}
    then = {"geoplan": record.get("geoplan_version")} | dict(record.get("versions", {}))
    packages = [f"{k} was {then[k]}, is {now.get(k, 'absent')}" for k in then if then[k] != now.get(k)]
    tables = [f"the input '{name}' has changed" for name in saved.changed_inputs(record, scenario)]
    return (*packages, *tables)


def _compared(folder: Path, again: Path, causes: tuple[str, ...]) -> Verdict:
    """Return how two result folders differ."""
    old, new = (
        {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} for root in (folder, again)
    )
    # what was printed later comes with a clock of its own: no run makes it
    old -= set(file_names(LANGUAGES))
    equal = {name: _equal(folder / name, again / name) for name in sorted(old & new)}
    return Verdict(
        same=tuple(name for name, same in equal.items() if same),
        different=tuple(name for name, same in equal.items() if not same),
        missing=tuple(sorted(new - old)),
        added=tuple(sorted(old - new)),
        causes=causes,
    )


def _equal(one: Path, two: Path) -> bool:
    """Whether two files are the same; the records apart from the clock."""
    if one.name not in {RECORD, SITING}:
        return one.read_bytes() == two.read_bytes()
    records = [_timeless(json.loads(path.read_text(encoding="utf-8"))) for path in (one, two)]
    return bool(records[0] == records[1])


def _timeless(record: Any) -> Any:
    """Return a record without what it says of the clock."""
    if not isinstance(record, dict):
        return record
    return {k: _timeless(v) for k, v in record.items() if k not in CLOCK_KEYS}
