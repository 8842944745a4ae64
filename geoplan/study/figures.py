"""Who gains by a plan: every candidate alone, and districts before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.analysis.siting_effects import by_group, candidate_gains, gain_ranks
from geoplan.study.ground import JOINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.study.ask import Study
    from geoplan.study.ground import Ground

NAMES = ["name_az", "name_en", "name_ru", "district_id"]


def gains_table(study: Study) -> pd.DataFrame:
    """Return what each candidate would add if it alone opened beside what stands, by service and rank."""
    parts = []
    for ground in study.grounds:
        allowed = _allowed(study, ground)
        table = candidate_gains(ground.ways, ground.standing, allowed)
        sites = ground.sites[allowed]
        ids = [str(i) for i in sites.index]
        named = sites[NAMES].reset_index()
        named.insert(0, "service", ground.service.id)
        table.insert(0, "rank", gain_ranks(table["gain_people"].tolist(), ids))
        parts.append(pd.concat([named, sites[["kind"]].reset_index(drop=True), table], axis=1))
    whole = pd.concat(parts, ignore_index=True)
    whole["order"] = whole["service"].map({g.service.id: k for k, g in enumerate(study.grounds)})
    return whole.sort_values(["order", "rank"]).drop(columns="order").reset_index(drop=True)


def _allowed(study: Study, ground: Ground) -> NDArray[np.bool_]:
    """Return which sites of a ground may open and do not stand."""
    shut = {name.partition(JOINT)[0] for name in study.siting.closed}
    return ~ground.standing & ~ground.sites.index.isin(shut)


def districts_table(study: Study, sites: Sequence[str], districts: pd.DataFrame) -> pd.DataFrame:
    """Return population, people covered and mean minutes of each district before and after a plan.

    `sites` are the ids of the plan in the case; only districts with people whose way counts have a row.
    """
    parts = []
    for ground in study.grounds:
        names = sorted(set(ground.demand["district_id"]))
        table = by_group(
            ground.ways,
            ground.demand["district_id"].tolist(),
            ground.standing,
            opened(study, ground, sites),
            names,
        )
        named = districts.loc[names, ["name_az", "name_en", "name_ru"]].reset_index()
        named.insert(0, "service", ground.service.id)
        parts.append(pd.concat([named, table], axis=1))
    return pd.concat(parts, ignore_index=True)


def opened(study: Study, ground: Ground, sites: Sequence[str]) -> NDArray[np.bool_]:
    """Return which sites of a ground a plan opens, by the ids of the case."""
    end = JOINT + ground.service.id if len(study.grounds) > 1 else ""
    return np.isin((ground.sites.index + end).to_numpy(dtype=object), list(sites))


def people_before_and_after(study: Study, sites: Sequence[str]) -> list[dict[str, Any]]:
    """Return for each service how many people there are and how many a plan brings within the limit."""
    rows = []
    for ground in study.grounds:
        ways = ground.ways
        rows.append(
            {
                "service": ground.service.id,
                "limit_minutes": shown(ground.limit_minutes),
                "population": int(ways.people.sum()),
                "people_covered_before": ways.covered(ways.least(ground.standing)),
                "people_covered_after": ways.covered(ways.least(opened(study, ground, sites))),
            }
        )
    return rows


def shown(minutes: float) -> float | int:
    """Return minutes as a whole number where they are one."""
    return int(minutes) if minutes == int(minutes) else minutes
