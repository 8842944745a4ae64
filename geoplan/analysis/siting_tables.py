"""A plan as tables: sites, who goes where, frontier, alternatives, robustness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.analysis.siting_decide import marginal_gains, people_within, ranks
from geoplan.analysis.siting_instance import COVER_MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.allocation import Allocation
    from geoplan.analysis.siting import Plan
    from geoplan.analysis.siting_decide import Robustness
    from geoplan.analysis.siting_instance import FloatArray, Instance, Question

SHARE_LEFT = 1e-9
"""A share below this is rounding, not somebody without a place."""


def plan_table(instance: Instance, question: Question, plan: Plan) -> pd.DataFrame:
    """Return `rank, site_id, status, weight_assigned, load, capacity, marginal_gain, cost`, by rank."""
    sites = np.array(plan.sites, dtype=np.int64)
    weight, load = _by_site(instance, plan.allocation)
    gains = marginal_gains(instance, question, plan)
    ids = [instance.site_ids[s] for s in plan.sites]
    table = pd.DataFrame(
        {
            "rank": ranks(gains, weight[sites], ids),
            "site_id": ids,
            "status": np.where(instance.existing[sites], "existing", "new"),
            "weight_assigned": weight[sites],
            "load": load[sites],
            "capacity": np.where(np.isfinite(instance.capacity[sites]), instance.capacity[sites], np.nan),
            "marginal_gain": gains,
            "cost": instance.money[sites],
        }
    )
    return table.sort_values("rank").reset_index(drop=True)


def _by_site(instance: Instance, allocation: Allocation | None) -> tuple[FloatArray, FloatArray]:
    """Return the weight and the load that each site serves."""
    if allocation is None:
        return np.zeros(instance.m), np.zeros(instance.m)
    weight = allocation.share * instance.weight[allocation.demand]
    load = allocation.share * instance.load[allocation.demand]
    return (
        np.bincount(allocation.site, weights=weight, minlength=instance.m).astype(np.float64),
        np.bincount(allocation.site, weights=load, minlength=instance.m).astype(np.float64),
    )


def assignment_table(instance: Instance, question: Question, plan: Plan) -> pd.DataFrame:
    """Return `demand_id, site_id, share, cost, weight, status`, sorted; the shares of a demand add up to one.

    `site_id` and `cost` (unit of the matrix) are empty where nobody serves the share; `status` is assigned,
    beyond_limit (an open site can be reached, but not within the limit), unreachable (no open site can be
    reached) or no_capacity.
    """
    columns = ["demand_id", "site_id", "share", "cost", "weight", "status"]
    rows = plan.allocation
    if rows is None or question.model == "p-dispersion":
        return pd.DataFrame({c: pd.Series(dtype=object) for c in columns})
    ids, sites = np.array(instance.demand_ids, dtype=object), np.array(instance.site_ids, dtype=object)
    served = pd.DataFrame(
        {
            "demand_id": ids[rows.demand],
            "site_id": sites[rows.site],
            "share": rows.share,
            "cost": rows.cost / instance.scale,
            "weight": instance.weight[rows.demand],
            "status": "assigned",
        }
    )
    left = 1.0 - np.bincount(rows.demand, weights=rows.share, minlength=instance.n)
    rest = np.flatnonzero(left > SHARE_LEFT)
    reason = _reasons(instance, question, plan)
    unserved = pd.DataFrame(
        {
            "demand_id": ids[rest],
            "site_id": "",
            "share": left[rest],
            "cost": np.nan,
            "weight": instance.weight[rest],
            "status": reason[rest],
        }
    )
    parts = [part for part in (served, unserved) if len(part)]
    return (
        pd.concat(parts).sort_values(["demand_id", "site_id"], kind="stable")[columns].reset_index(drop=True)
    )


def _reasons(instance: Instance, question: Question, plan: Plan) -> np.ndarray:
    """Return for each demand why a share of it is not served."""
    mask = np.zeros(instance.m, dtype=bool)
    mask[list(plan.sites)] = True
    routed, near = np.zeros(instance.n, dtype=bool), np.zeros(instance.n, dtype=bool)
    pairs = instance.pairs
    routed[pairs.demand[mask[pairs.site]]] = True
    limit = question.bands[-1][0] if question.model == "gradual-cover" else question.limit
    close = instance.within(limit if question.model in COVER_MODELS else None)
    near[close.demand[mask[close.site]]] = True
    words = np.where(routed, np.where(near, "no_capacity", "beyond_limit"), "unreachable")
    return np.asarray(words, dtype=object)


def frontier_table(
    instance: Instance, question: Question, points: Sequence[tuple[int, Plan]]
) -> pd.DataFrame:
    """Return one row a number of open sites: objective, bound, gap, what is covered, cost, sites."""
    rows = []
    for p, plan in points:
        people, places = people_within(instance, plan.sites, _reach(question)) if plan.sites else (0.0, 0)
        rows.append(
            {
                "open": p,
                "status": plan.status,
                "stopped_by": plan.stopped_by,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "people_covered": people,
                "places_covered": places,
                "cost": instance.money_of(plan.sites),
                "sites": ";".join(instance.site_ids[s] for s in plan.sites),
            }
        )
    return pd.DataFrame(rows)


def _reach(question: Question) -> float | None:
    """Return the cost that counts as covered."""
    return question.bands[-1][0] if question.model == "gradual-cover" else question.limit


def alternatives_table(instance: Instance, question: Question, plans: Sequence[Plan]) -> pd.DataFrame:
    """Return one row a plan, the best first.

    `loss` is what the plan is worse than the best one, `differs` how many sites it does not share with it.
    """
    best = plans[0]
    rows = []
    for k, plan in enumerate(plans):
        loss = best.objective - plan.objective if question.largest else plan.objective - best.objective
        rows.append(
            {
                "rank": k + 1,
                "status": plan.status,
                "objective": plan.objective,
                "bound": plan.bound,
                "gap": plan.gap,
                "loss": loss,
                "differs": len(set(best.sites) - set(plan.sites)),
                "cost": instance.money_of(plan.sites),
                "sites": ";".join(instance.site_ids[s] for s in plan.sites),
            }
        )
    return pd.DataFrame(rows)


def robustness_table(instance: Instance, drawn: Robustness, plan: Plan) -> pd.DataFrame:
    """Return every site that a draw or the plan chose: in how many of the draws, the share, its interval."""
    wanted = np.flatnonzero((drawn.chosen > 0) | np.isin(np.arange(instance.m), plan.sites))
    order = wanted[np.lexsort((wanted, -drawn.chosen[wanted]))]
    return pd.DataFrame(
        {
            "site_id": np.array(instance.site_ids, dtype=object)[order],
            "in_plan": np.isin(order, plan.sites),
            "chosen": drawn.chosen[order],
            "draws": drawn.solved,
            "share": drawn.chosen[order] / max(drawn.solved, 1),
            "share_low": drawn.low[order],
            "share_high": drawn.high[order],
        }
    )


def exact_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Return the assignment with shares as text in full: six decimals would overload a site by a hair."""
    return table.assign(share=["1" if v == 1 else repr(float(v)) for v in table["share"]])
