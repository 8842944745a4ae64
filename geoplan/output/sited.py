"""The open sites of a plan with their names and places, for the workbook and the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from geoplan.result import Result

PLACED = ["name_az", "name_en", "name_ru", "settlement_id", "district_id", "lat", "lon"]


def placed_plan(result: Result) -> pd.DataFrame | None:
    """Return the plan with the name and place of each open site, None where there is none."""
    if result.siting is None or "plan" not in result.siting.tables:
        return None
    plan = result.siting.tables["plan"]
    state = next(s for s in result.years if s.year == result.siting.year)
    if state.sites is None:
        return None
    bare = [name.partition("+")[0] for name in plan["site_id"]]
    rows = state.sites[PLACED].reindex(bare).reset_index(drop=True)
    return plan.assign(**{name: rows[name].to_numpy() for name in PLACED})


def siting_sheets(result: Result) -> dict[str, pd.DataFrame]:
    """Return the sheets of siting and phases: the plan, what each candidate gains, which opens when."""
    plan = placed_plan(result)
    gains = {} if result.siting is None else {"gains": result.siting.tables["gains"]}
    phases = {} if result.phasing is None else {"phases": result.phasing.phases}
    return ({} if plan is None else {"plan": plan}) | gains | phases
