"""Optional sections of a result: what a capability beside the coverage found, as frozen tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SitingSection:
    """Where new centres should stand, see docs/siting.md.

    Attributes
    ----------
    service
        Id of the service that is sited; `+` between two that are sited together.
    year
        The state of 1 January of this year is planned for.
    model
        The location model, e.g. mclp.
    limit_minutes
        Within how many minutes people count as covered, inclusive; None where the model has no limit.
    record
        What `siting.json` holds.
    tables
        File stem -> table: `plan`, `assignment`, and where asked `frontier`, `frontier_by_money`,
        `alternatives`, `robustness`, `gains`, `by_district`, `regret`; their columns stand in docs/tables.md.
    """

    service: str
    year: int
    model: str
    limit_minutes: float | None
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class PhasingSection:
    """Which sites open in which year.

    Attributes
    ----------
    service
        Id of the service that is sited.
    years
        The years planned, ascending.
    record
        Objectives, bounds and money of the plans, as in `siting.json` under `phasing`.
    phases
        `plan` (nested, last_year_first, by_number), `year, rank, site_id, status` (existing, opened, open),
        `cost_azn, spent_azn, budget_azn, people_covered, population`; one row a site opened in a year, and a
        year that opens nothing has one row with an empty `site_id`.
    """

    service: str
    years: tuple[int, ...]
    record: dict[str, Any]
    phases: pd.DataFrame
