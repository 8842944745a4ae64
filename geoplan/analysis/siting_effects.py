"""What sites do for people: gains of each candidate alone, and districts before and after a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.analysis.siting_instance import BoolArray, FloatArray

NO_ROUTE: Final = np.iinfo(np.int32).max
"""Stands for unreachable inside this module, larger than any time; it leaves it as an empty cell."""


@dataclass(frozen=True)
class Ways:
    """People and their times to sites.

    Attributes
    ----------
    people
        int64 (demand,).
    tenths
        int32 (demand, site): minutes x 10, -1 unreachable.
    limit_tenths
        Largest time that counts as covered, inclusive.
    """

    people: NDArray[np.int64]
    tenths: NDArray[np.int32]
    limit_tenths: int

    def least(self, sites: BoolArray) -> NDArray[np.int32]:
        """Return the least time to any site of a mask, shape (demand,); `NO_ROUTE` where there is none."""
        known = np.where(self.tenths[:, sites] < 0, NO_ROUTE, self.tenths[:, sites])
        least: NDArray[np.int32] = known.min(axis=1, initial=NO_ROUTE).astype(np.int32)
        return least

    def covered(self, least: NDArray[np.int32]) -> int:
        """Return the number of people within the limit."""
        return int(self.people[least <= self.limit_tenths].sum())


def candidate_gains(ways: Ways, standing: BoolArray, candidates: BoolArray) -> pd.DataFrame:
    """Return what each candidate adds if it alone opens beside what stands, one row a candidate in order.

    Columns: `gain_people` (people who come within the limit), `newly_reached_people` (people who had no route
    to any site), `mean_minutes_saved` (mean over everybody who had a route before; empty if nobody had one).
    """
    before = ways.least(standing)
    routed = before < NO_ROUTE
    base = int(ways.people[routed].sum())
    rows = []
    for site in np.flatnonzero(candidates):
        own = np.where(ways.tenths[:, site] < 0, NO_ROUTE, ways.tenths[:, site])
        near = (own <= ways.limit_tenths) & (before > ways.limit_tenths)
        saved = np.maximum(before - own, 0)[routed].astype(np.int64) @ ways.people[routed]
        rows.append(
            (
                int(ways.people[near].sum()),
                int(ways.people[~routed & (own < NO_ROUTE)].sum()),
                float(saved) / (10 * base) if base else np.nan,
            )
        )
    return pd.DataFrame(rows, columns=["gain_people", "newly_reached_people", "mean_minutes_saved"])


def gain_ranks(gain: Sequence[int], ids: Sequence[str]) -> NDArray[np.int64]:
    """Return ranks from 1 by gain, an equal gain by id (code points)."""
    order = sorted(range(len(ids)), key=lambda k: (-gain[k], ids[k]))
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(1, len(ids) + 1)
    return rank


def by_group(
    ways: Ways, groups: Sequence[str], standing: BoolArray, opened: BoolArray, names: Sequence[str]
) -> pd.DataFrame:
    """Return population, people covered and mean minutes of each group before and after a plan.

    The two means are over the same people, those who reach a site before and after, so that a mean does not
    rise because somebody far away is reached for the first time; empty where there is nobody.
    """
    before, after = ways.least(standing), ways.least(opened)
    place = {name: k for k, name in enumerate(names)}
    of = np.array([place[g] for g in groups], dtype=np.int64)
    both = (before < NO_ROUTE) & (after < NO_ROUTE)

    def total(keep: BoolArray, factor: NDArray[np.int64] | None = None) -> FloatArray:
        weight = ways.people * (1 if factor is None else factor)
        return np.bincount(of[keep], weights=weight[keep], minlength=len(names)).astype(np.float64)

    everybody = np.ones(len(of), dtype=bool)
    base = total(both)
    share = np.where(base > 0, base, np.nan) * 10
    within = ways.limit_tenths
    return pd.DataFrame(
        {
            "population": total(everybody).astype(np.int64),
            "covered_before": total(before <= within).astype(np.int64),
            "covered_after": total(after <= within).astype(np.int64),
            "mean_minutes_before": total(both, before.astype(np.int64)) / share,
            "mean_minutes_after": total(both, after.astype(np.int64)) / share,
            "newly_reached_people": total((before == NO_ROUTE) & (after < NO_ROUTE)).astype(np.int64),
        }
    )
