"""Assumed resettlement envelopes that ship -> how many people more each brings to the points of a page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

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
    days = [dt.date(year, 1, 1) for year in scenario.years]
    counted = _rows("resettlement")
    there = {
        day: arrived(counted, "returned", day)["persons"] for day in days if own is None or own.holds(day)
    }
    rows = {key: i for i, key in enumerate(points)}
    plans = {}
    for name in PLANS:
        envelope = _rows(f"resettlement_{name}")
        expected = envelope[envelope["kind"] == ENVELOPE]
        plans[name] = [_more(expected, day, there.get(day), rows) for day in days]
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


def _more(
    expected: pd.DataFrame, day: dt.date, there: pd.Series[Any] | None, rows: dict[str, int]
) -> list[list[int]]:
    """Return row numbers and people whom an envelope has above those counted on a day; none without these."""
    if there is None:
        return [[], []]
    counted = there.to_dict()
    wanted = people_on_day(expected, day).to_dict()
    more = {key: int(people) - int(counted.get(key, 0)) for key, people in wanted.items() if key in rows}
    gain = {key: people for key, people in more.items() if people > 0}
    return [[rows[key] for key in gain], list(gain.values())]
