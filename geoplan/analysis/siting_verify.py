"""A second look at a plan, from the tables alone: nothing here is shared with what built or solved the model.

The check reads the user's own rows (not the instance), follows each demand to its site and counts again:
limits, capacities, numbers, money and the objective.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.analysis.siting_verify_sides import Sides, districts, least_loads, pairs_and_regions

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Claim:
    """What a plan says of itself, in ids and in the unit of the matrix.

    Attributes
    ----------
    model, objective, sites
        The model, the value claimed, the open sites.
    assignment
        `demand_id, site_id, share, cost, weight, status`.
    limit, cover_share, bands, count, money_weight
        As asked.
    open, open_is_most, budget, fixed
        Number of sites, money, and sites that must stand.
    capacity_column, cost_column
        Columns of the sites that bind loads and that are money; empty: none.
    single_source
        Every demand goes to one site whole.
    sides
        Side constraints.
    """

    model: str
    objective: float
    sites: tuple[str, ...]
    assignment: pd.DataFrame
    limit: float | None = None
    cover_share: float | None = None
    bands: tuple[tuple[float, float], ...] = ()
    count: str = "places"
    money_weight: float = 1.0
    open: int | None = None
    open_is_most: bool = False
    budget: float | None = None
    fixed: tuple[str, ...] = ()
    capacity_column: str = ""
    cost_column: str = ""
    single_source: bool = False
    sides: Sides = field(default_factory=Sides)


@dataclass(frozen=True)
class Ground:
    """The user's tables as they stand.

    Attributes
    ----------
    routes
        `demand_id, site_id, cost` of every route to an open site.
    routed
        Demand with a route to any candidate, open or not.
    demand, sites
        By id.
    """

    routes: pd.DataFrame
    routed: frozenset[str]
    demand: pd.DataFrame
    sites: pd.DataFrame


def verify(claim: Claim, ground: Ground) -> tuple[str, ...]:
    """Return what is wrong with a plan, in words; empty if it holds."""
    wrong = [*_check_sites(claim, ground), *_check_shares(claim, ground)]
    if not wrong:
        wrong += _check_loads(claim, ground)
        wrong += districts(claim.sides.district_least, *_by_district(claim, ground))
    value = _value(claim, ground)
    if value is None:
        return (*wrong, "somebody who must be served is not")
    if not np.isclose(value, claim.objective, rtol=TOLERANCE, atol=TOLERANCE):
        wrong.append(f"the objective is {value!r}, not {claim.objective!r}")
    return tuple(wrong)


def _check_sites(claim: Claim, ground: Ground) -> list[str]:
    """Return what is wrong with the number, the money and the names of the open sites."""
    wrong = []
    n = len(set(claim.sites))
    if n != len(claim.sites):
        wrong.append("a site is open twice")
    if claim.open is not None and (n > claim.open or (n < claim.open and not claim.open_is_most)):
        wrong.append(f"{n} sites are open, not {claim.open}")
    missing = sorted(set(claim.fixed) - set(claim.sites))
    if missing:
        wrong.append(f"fixed sites are closed: {', '.join(missing)}")
    known = set(ground.sites["id"])
    strange = sorted(set(claim.sites) - known)
    if strange:
        wrong.append(f"no such site: {', '.join(strange)}")
    wrong += pairs_and_regions(claim.sides, claim.sites, ground.sites)
    if claim.budget is not None and _money(claim, ground) > claim.budget * (1 + 1e-12):
        wrong.append(f"the plan costs {_money(claim, ground)}, the budget is {claim.budget}")
    return wrong


def _money(claim: Claim, ground: Ground) -> float:
    """Return what the open sites cost; the shared cost of a place once."""
    if not claim.cost_column:
        return 0.0
    rows = ground.sites[ground.sites["id"].isin(claim.sites)]
    own = float(rows[claim.cost_column].sum())
    if not {"place", "place_cost"} <= set(ground.sites.columns):
        return own
    every = ground.sites[ground.sites["place"] != ""].groupby("place")["place_cost"].max()
    return own + float(every[every.index.isin(rows["place"])].sum())


def _check_shares(claim: Claim, ground: Ground) -> list[str]:
    """Return what is wrong with the rows of the assignment."""
    rows = claim.assignment
    wrong = []
    total = rows.groupby("demand_id")["share"].sum()
    if set(total.index) != set(ground.demand["id"]) or not np.allclose(total, 1.0, atol=1e-6):
        wrong.append("the shares of some demand do not add up to one")
    given = rows[rows["status"] == "assigned"]
    if not set(given["site_id"]) <= set(claim.sites):
        wrong.append("somebody is sent to a closed site")
    key = ["demand_id", "site_id"]
    joined = given.merge(ground.routes, on=key, how="left", suffixes=("", "_true"))
    if len(joined) != len(given) or not np.allclose(joined["cost"], joined["cost_true"], equal_nan=False):
        wrong.append("the cost of some assignment is not that of the matrix")
    if claim.single_source and (given["share"] < 1 - TOLERANCE).any():
        wrong.append("some demand is split")
    if claim.limit is not None and claim.model in {"mclp", "lscp", "backup-cover", "capacitated-mclp"}:
        far = joined["cost_true"] > claim.limit
        if far.any():
            wrong.append("somebody is served beyond the limit")
    return wrong


def _check_loads(claim: Claim, ground: Ground) -> list[str]:
    """Return the sites whose load is above their capacity or below their least load."""
    if claim.model == "p-dispersion":
        return []
    given = claim.assignment[claim.assignment["status"] == "assigned"]
    load = ground.demand.set_index("id")["load"]
    # of no rows at all, mapped ids would still be text
    used = (given["share"] * given["demand_id"].map(load).astype(float)).groupby(given["site_id"]).sum()
    used = used.reindex(list(claim.sites), fill_value=0.0)
    wrong = list(least_loads(used, ground.sites))
    if claim.capacity_column:
        sites = ground.sites.set_index("id").loc[list(claim.sites)]
        capacity = sites[claim.capacity_column].fillna(np.inf)
        over = used > capacity * (1 + 1e-9) + 1e-9
        wrong += [f"{site} is loaded above its capacity" for site in used.index[over]]
    return wrong


def _by_district(claim: Claim, ground: Ground) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Return each demand's district and what of it can be served at all, and how much is."""
    demand = ground.demand.set_index("id")
    rows = claim.assignment[claim.assignment["status"] == "assigned"]
    near = ground.routes[ground.routes["site_id"].isin(claim.sites)]
    if claim.limit is not None:
        near = near[near["cost"] <= claim.limit]
    if claim.model == "capacitated-mclp":
        share, base = rows.groupby("demand_id")["share"].sum(), demand["load"]
    else:
        share, base = pd.Series(1.0, index=pd.Index(near["demand_id"].unique())), demand["weight"]
    base = base.where(demand.index.isin(ground.routed), 0.0)
    asked = pd.DataFrame({"district": demand.get("district", ""), "base": base}, index=demand.index)
    return asked, share * base.reindex(share.index)


def _value(claim: Claim, ground: Ground) -> float | None:
    """Return the objective, worked out from the routes of the open sites."""
    near = ground.routes[ground.routes["site_id"].isin(claim.sites)]
    if claim.model == "p-dispersion":
        both = near[near["demand_id"].isin(claim.sites) & (near["demand_id"] != near["site_id"])]
        return float(both["cost"].min()) if len(both) else float("inf")
    best = near.groupby("demand_id")["cost"].min()
    demand = ground.demand.set_index("id")
    demand = demand.assign(best=best.reindex(demand.index).fillna(np.inf).to_numpy())
    return _VALUES[claim.model](claim, ground, demand)


def _value_cover(claim: Claim, _ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return the weight within the limit, or with bands each weight times its fraction."""
    if claim.model == "mclp":
        return float(demand.loc[demand["best"] <= claim.limit, "weight"].sum())
    fraction = pd.Series(0.0, index=demand.index)
    for limit, part in sorted(claim.bands, reverse=True):
        fraction[demand["best"] <= limit] = part
    return float((demand["weight"] * fraction).sum())


def _value_lscp(claim: Claim, ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return the number of sites if all, or the asked share, are within the limit."""
    served = demand["best"] <= claim.limit
    if claim.cover_share is not None:
        enough = demand.loc[served, "weight"].sum() >= claim.cover_share * demand["weight"].sum() * (1 - 1e-9)
        return float(len(claim.sites)) if enough else None
    need = demand.index.isin(ground.routed)
    if claim.capacity_column:
        rows = claim.assignment
        left = demand.index.isin(rows.loc[rows["status"] != "assigned", "demand_id"])
        return None if left[need].any() else float(len(claim.sites))
    return float(len(claim.sites)) if served[need].all() else None


def _value_backup(claim: Claim, ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return the places or people with two open sites in range, if all have one."""
    near = ground.routes[ground.routes["site_id"].isin(claim.sites) & (ground.routes["cost"] <= claim.limit)]
    count = near.groupby("demand_id")["site_id"].nunique().reindex(demand.index, fill_value=0)
    if (count[demand.index.isin(ground.routed)] < 1).any():
        return None
    twice = count >= 2
    return float(demand.loc[twice, "weight"].sum() if claim.count == "people" else twice.sum())


def _value_center(_claim: Claim, ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return the largest cost of demand that has weight and a route."""
    heavy = demand[(demand["weight"] > 0) & demand.index.isin(ground.routed)]
    worst = float(heavy["best"].max())
    return worst if np.isfinite(worst) else None


def _value_median(claim: Claim, ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return weight x cost, by nearest site or by the assignment's shares, plus money for fixed charge."""
    rows = claim.assignment[claim.assignment["status"] == "assigned"]
    part = rows.groupby("demand_id")["share"].sum().reindex(demand.index, fill_value=0.0)
    must = demand.index.isin(ground.routed) & ((demand["weight"] > 0) | (demand["load"] > 0))
    if (part[must] < 1 - TOLERANCE).any():
        return None
    if claim.capacity_column or claim.single_source or "least_load" in ground.sites:
        cost = ground.routes.set_index(["demand_id", "site_id"])["cost"]
        true = cost.reindex(pd.MultiIndex.from_frame(rows[["demand_id", "site_id"]])).to_numpy()
        travel = float((rows["demand_id"].map(demand["weight"]).astype(float) * rows["share"] * true).sum())
    else:
        heavy = demand[must & (demand["weight"] > 0).to_numpy()]
        travel = float((heavy["weight"] * heavy["best"]).sum())
    return travel + (claim.money_weight * _money(claim, ground) if claim.model == "fixed-charge" else 0.0)


def _value_load(claim: Claim, _ground: Ground, demand: pd.DataFrame) -> float | None:
    """Return the load that is served."""
    rows = claim.assignment[claim.assignment["status"] == "assigned"]
    return float((rows["share"] * rows["demand_id"].map(demand["load"]).astype(float)).sum())


_VALUES = {
    "mclp": _value_cover,
    "gradual-cover": _value_cover,
    "lscp": _value_lscp,
    "backup-cover": _value_backup,
    "p-center": _value_center,
    "p-median": _value_median,
    "capacitated-p-median": _value_median,
    "fixed-charge": _value_median,
    "capacitated-mclp": _value_load,
}


def ground_of(
    matrix: pd.DataFrame,
    demand: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    measure: str,
    from_site: bool,
    candidates: Sequence[str],
    chosen: Sequence[str],
) -> Ground:
    """Return the ground on which a plan of the sites `chosen` is checked; repeated rows count once."""
    rows = matrix[matrix[measure].notna()]
    if "status" in rows:
        rows = rows[~rows["status"].isin(["unreachable", "not_snapped"])]
    names = {"origin_id": "demand_id", "destination_id": "site_id"}
    if from_site:
        names = {"origin_id": "site_id", "destination_id": "demand_id"}
    rows = rows.rename(columns={**names, measure: "cost"})[["demand_id", "site_id", "cost"]]
    routed = frozenset(str(d) for d in rows.loc[rows["site_id"].isin(candidates), "demand_id"].unique())
    near = rows[rows["site_id"].isin(chosen)].astype({"demand_id": str, "site_id": str})
    return Ground(near.drop_duplicates(["demand_id", "site_id"]), routed, demand, sites)
