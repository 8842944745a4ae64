"""A second look at the side constraints of a plan: pairs of sites, regions, districts, least loads.

Like `siting_verify` it reads the user's own rows and shares nothing with what built or solved the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

TOLERANCE = 1e-9
"""Relative: sums of many shares of a whole are off by less."""


@dataclass(frozen=True)
class Sides:
    """Side constraints as the user wrote them, in ids and names.

    Attributes
    ----------
    closed
        Sites that may not open.
    excludes, needs
        Pairs of sites: not both open; the first only with the second.
    region_least, region_most
        Region and how many open sites at least, at most.
    district_least
        Least share of each district's servable weight within the limit; capacitated-mclp: of its load.
    """

    closed: tuple[str, ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    region_least: tuple[tuple[str, int], ...] = ()
    region_most: tuple[tuple[str, int], ...] = ()
    district_least: float | None = None


def pairs_and_regions(sides: Sides, chosen: tuple[str, ...], sites: pd.DataFrame) -> Iterator[str]:
    """Yield what is wrong with the open sites among themselves.

    Parameters
    ----------
    sides
        What was asked.
    chosen
        Ids of the open sites.
    sites
        The user's table: `id` and maybe `region`.
    """
    is_open = set(chosen)
    yield from (f"{site} is open but may not be" for site in sorted(is_open & set(sides.closed)))
    yield from (f"{a} and {b} are both open" for a, b in sides.excludes if {a, b} <= is_open)
    yield from (f"{a} is open without {b}" for a, b in sides.needs if a in is_open and b not in is_open)
    if not sides.region_least and not sides.region_most:
        return
    counted = sites.loc[sites["id"].isin(chosen), "region"].astype(str).value_counts()
    for name, least in sides.region_least:
        if counted.get(name, 0) < least:
            yield f"{counted.get(name, 0)} sites are open in region {name}, not at least {least}"
    for name, most in sides.region_most:
        if counted.get(name, 0) > most:
            yield f"{counted.get(name, 0)} sites are open in region {name}, not at most {most}"


def districts(least: float | None, demand: pd.DataFrame, served: pd.Series[float]) -> Iterator[str]:
    """Yield the districts with less coverage than asked.

    Parameters
    ----------
    least
        Share of each district's base that must be served; None: nothing is asked.
    demand
        By id: `district`, and `base`, the weight or load that some candidate can reach.
    served
        How much of each demand's base is served, by id.
    """
    if least is None:
        return
    total = demand["base"].groupby(demand["district"]).sum()
    got = served.reindex(demand.index, fill_value=0.0).groupby(demand["district"]).sum()
    for name in total.index[got < least * total * (1 - TOLERANCE)]:
        yield f"district {name} has {got[name]:g} of {total[name]:g} served, not {least:g} of it"


def least_loads(used: pd.Series[float], sites: pd.DataFrame) -> Iterator[str]:
    """Yield the open sites whose load is below their least load; `used` by site id, 0 where nobody goes."""
    if "least_load" not in sites:
        return
    asked = sites.set_index("id")["least_load"].astype(float).fillna(0.0).reindex(used.index)
    under = used.to_numpy() < asked.to_numpy() * (1 - TOLERANCE) - 1e-6
    yield from (f"{site} is loaded below its least load" for site in used.index[np.asarray(under)])
