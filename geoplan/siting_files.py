"""The files of a siting question: matrix, demand and sites in, a plan with its proof out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoplan.analysis.siting_ask import SiteOptions, fitting
from geoplan.analysis.siting_make import Choices, Tables
from geoplan.errors import Finding, InputError, raise_on_errors
from geoplan.siting_answer import SiteAnswer, make_case, solve_case
from geoplan.tables.siting_input import read_matrix, read_siting_points

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from geoplan.analysis.siting_instance import Question

    Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class SiteFiles:
    """Where the tables lie and which column of the matrix is the travel cost."""

    matrix: Path
    demand: Path | None = None
    sites: Path | None = None
    measure: str = "minutes"
    from_site: bool = False


def site_from_files(
    files: SiteFiles, question: Question, options: SiteOptions, *, progress: Progress | None = None
) -> SiteAnswer:
    """Return the plan for a question on files.

    Raises
    ------
    UsageError
        If the question does not fit its model (exit code 2).
    InputError
        With every problem of the files, sites that are no sites, more sites asked for than there are (3).
    """
    question = fitting(question, options, has_demand=files.demand is not None)
    tables, findings = _read(files, options.choices)
    answer, _ = solve_case(make_case(tables, question, options), findings, progress=progress)
    return answer


def _read(files: SiteFiles, choices: Choices) -> tuple[Tables, list[Finding]]:
    """Return the tables of the files; problems of all of them are said at once."""
    findings: list[Finding] = []
    matrix, found = read_matrix(files.matrix, measure=files.measure)
    findings += found
    frames: dict[str, pd.DataFrame | None] = {"demand": None, "sites": None}
    for name, path in (("demand", files.demand), ("sites", files.sites)):
        if path is not None:
            columns = (choices.capacity_column, choices.cost_column)
            frames[name], found = read_siting_points(
                name, path, capacity_column=columns[0], cost_column=columns[1]
            )
            findings += found
    raise_on_errors(findings)
    if matrix is None:
        raise InputError(findings)
    names = tuple(
        p.name if p else n for p, n in ((files.matrix, ""), (files.demand, "demand"), (files.sites, "sites"))
    )
    tables = Tables(
        matrix,
        frames["demand"],
        frames["sites"],
        files.measure,
        files.from_site,
        (names[0], names[1], names[2]),
    )
    return tables, findings
