"""Assumed resettlement envelopes that ship -> how many people more each brings to the points of a page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan import shipped
from geoplan.changes import counts_others
from geoplan.changes.people import ENVELOPE, people_on_day
from geoplan.scenario.change_people import Resettlement
from geoplan.scenario.models import SHIPPED
from geoplan.tables.read import read_rows
from geoplan.tables.residents import arrived

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from geoplan.result import Result
    from geoplan.scenario import Scenario

PLANS: Final = ("low", "middle", "high")
"""The envelopes `shipped:resettlement_NAME`, from fewest to most people."""

OWN_TABLE: Final = ("shipped:resettlement",)


def envelopes(result: Result, points: Sequence[str]) -> dict[str, Any] | None:
    """Return what each shipped envelope would add to the people of the points in each year of a result.

    None where the scenario reads another table of resettlement, counts other residents (whose places follow
    the returned), has an envelope that does not ship, or where no envelope says anything of its years.

    Returns
    -------
    `plans`: for each name one pair a year, row numbers and people more than the counted, `now`: the name of
    the scenario's own envelope or empty, `start` and `until` of its change (ISO, empty without).
    """
    scenario = result.scenario
    own = next((c for c in scenario.changes if isinstance(c, Resettlement)), None)
    now = own.envelope.removeprefix(f"{SHIPPED}resettlement_") if own is not None else ""
    others = any(counts_others(scenario, state.year) for state in result.years)
    if others or scenario.tables.resettlement != OWN_TABLE or now not in ("", *PLANS):
        return None
    counted = _rows("resettlement")
    rows = {key: i for i, key in enumerate(points)}
    plans = {name: _years(scenario, own, _rows(f"resettlement_{name}"), counted, rows) for name in PLANS}
    if not any(part[0] for plan in plans.values() for part in plan):
        return None
    return {
        "plans": plans,
        "now": now,
        "start": own.start.isoformat() if own is not None and own.start else "",
        "until": own.until.isoformat() if own is not None and own.until else "",
    }


def _rows(name: str) -> pd.DataFrame:
    """Return a shipped table of resettlement."""
    rows, _ = read_rows("resettlement", [shipped.table(name)])
    if rows is None:
        raise ValueError(f"the shipped table {name} cannot be read")
    return rows.frame


def _years(
    scenario: Scenario,
    own: Resettlement | None,
    envelope: pd.DataFrame,
    counted: pd.DataFrame,
    rows: dict[str, int],
) -> list[list[list[int]]]:
    """Return for each year row numbers and people whom an envelope has above the counted."""
    out: list[list[list[int]]] = []
    expected_rows = envelope[envelope["kind"] == ENVELOPE]
    for year in scenario.years:
        day = dt.date(year, 1, 1)
        if own is not None and not own.holds(day):
            out.append([[], []])
            continue
        expected = people_on_day(expected_rows, day)
        there = arrived(counted, "returned", day)["persons"].reindex(expected.index).fillna(0)
        more = (expected - there.astype(np.int64)).clip(lower=0)
        more = more[(more > 0) & more.index.isin(list(rows))]
        out.append([[rows[str(k)] for k in more.index], [int(v) for v in more]])
    return out
