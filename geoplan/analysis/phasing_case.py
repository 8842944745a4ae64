"""What phasing works on: sites, people and ways of each year in canonical order, and what a plan may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from geoplan.analysis.siting_instance import Pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, Instance

Objective = Literal["cover", "cost"]


@dataclass(frozen=True)
class PhasingCase:
    """Sites and people over some years; demand and sites are sorted by id (code points).

    Attributes
    ----------
    years
        Ascending.
    demand_ids, site_ids
        Ids in order.
    weight
        People (or any weight, never negative), shape (years, demand).
    ways
        Of each year the demand-site pairs that have a way, their cost in the unit of the limit.
    existing
        Sites that stand in a year and are no choice, shape (years, sites).
    usable, fixed
        Sites that may open; sites that must be open in the last year. Shape (sites,).
    open_cost, running_cost
        Money to open a site, once, and to run it, a year; zero where unknown. Shape (sites,).
    """

    years: tuple[int, ...]
    demand_ids: tuple[str, ...]
    site_ids: tuple[str, ...]
    weight: FloatArray
    ways: tuple[Pairs, ...]
    existing: BoolArray
    usable: BoolArray
    fixed: BoolArray
    open_cost: FloatArray
    running_cost: FloatArray

    @property
    def n_years(self) -> int:
        """Number of years."""
        return len(self.years)

    @property
    def candidates(self) -> NDArray[np.int64]:
        """Positions of the sites that may open, ascending."""
        return np.flatnonzero(self.usable).astype(np.int64)

    @property
    def whole(self) -> bool:
        """Whether all weights are whole numbers, so that what is covered is one too."""
        return bool(np.all(self.weight == np.rint(self.weight))) and float(self.weight.sum()) < 2**52


@dataclass(frozen=True)
class PhasingRule:
    """What a plan may do.

    Attributes
    ----------
    objective
        `cover`: most weight within the limit of an open site, added up over the years; `cost`: least weight
        x cost to the nearest open site, added up, where everybody who has a way to any site must have one to
        an open site.
    limit
        Largest cost that counts as covered, inclusive; with `cost` only for the figures of the years.
    budgets
        Money of each year; None: money does not bind.
    open_each
        Most sites to open in each year; None: as many as the money allows.
    open_total
        Most sites to open in all years together; None: no such limit.
    carry_over
        What a year leaves of its money and its number may be used later.
    running_in_budget
        The budget of a year also pays for running the new sites in it, the year of opening included.
    """

    objective: Objective = "cover"
    limit: float | None = None
    budgets: tuple[float, ...] | None = None
    open_each: tuple[int, ...] | None = None
    open_total: int | None = None
    carry_over: bool = False
    running_in_budget: bool = False

    @property
    def reach(self) -> float:
        """The limit, infinite without one."""
        return np.inf if self.limit is None else self.limit

    def check(self, case: PhasingCase) -> None:
        """Raise ValueError if the rule does not fit the case or itself."""
        if self.objective == "cover" and self.limit is None:
            raise ValueError("covering needs a limit: within which cost somebody counts as covered")
        if self.limit is not None and not np.isfinite(self.limit):
            raise ValueError(f"the limit must be a finite number, not {self.limit}")
        for name in ("budgets", "open_each"):
            values = getattr(self, name)
            if values is not None and len(values) != case.n_years:
                raise ValueError(
                    f"{name} has {len(values)} numbers for {case.n_years} years: give one a year"
                )
            if values is not None and not all(np.isfinite(v) and v >= 0 for v in values):
                raise ValueError(f"{name} must be numbers of 0 or more")
        if self.open_total is not None and self.open_total < 0:
            raise ValueError("open_total must be 0 or more")


def make_case(  # noqa: PLR0913 - one table each, by name
    *,
    years: Sequence[int],
    demand_ids: Sequence[str],
    site_ids: Sequence[str],
    weight: ArrayLike,
    cost: ArrayLike,
    existing: ArrayLike = False,
    fixed: ArrayLike = False,
    closed: ArrayLike = False,
    open_cost: ArrayLike = 0.0,
    running_cost: ArrayLike = 0.0,
) -> PhasingCase:
    """Return the case of dense tables, in canonical order.

    Parameters
    ----------
    years
        Ascending, each once.
    demand_ids, site_ids
        Ids of rows and columns, each once, in any order.
    weight
        (demand,) or (years, demand), 0 or more.
    cost
        (demand, sites), or (years, demand, sites) where ways differ by year; NaN or infinite: no way.
    existing, fixed, closed
        (sites,), `existing` also (years, sites): stands; must be open in the last year; may not open. A site
        that stands in any year is no choice in the others: it opens by itself.
    open_cost, running_cost
        (sites,) money, 0 or more.

    Raises
    ------
    ValueError
        On NaN, negative or infinite weights and money, negative costs, repeated ids, wrong shapes, years that
        do not ascend, or no weight at all.
    """
    _check_names(years, demand_ids, site_ids)
    y, n, m = len(years), len(demand_ids), len(site_ids)
    weights = _numbers("weight", weight, (y, n))
    if not weights.sum() > 0:
        raise ValueError("the weight of all demand is zero: nobody to plan for")
    costs = np.broadcast_to(np.asarray(cost, dtype=np.float64), (y, n, m))
    if (costs < 0).any():
        raise ValueError("a cost is negative")
    d, s = (
        np.array(sorted(range(len(ids)), key=lambda k: ids[k]), dtype=np.int64)
        for ids in (demand_ids, site_ids)
    )
    stands = np.broadcast_to(np.asarray(existing, dtype=bool), (y, m))[:, s]
    must, never = (np.broadcast_to(np.asarray(v, dtype=bool), (m,))[s] for v in (fixed, closed))
    return PhasingCase(
        years=tuple(int(v) for v in years),
        demand_ids=tuple(demand_ids[k] for k in d),
        site_ids=tuple(site_ids[k] for k in s),
        weight=weights[:, d],
        ways=tuple(_pairs(costs[k][np.ix_(d, s)]) for k in range(y)),
        existing=stands.copy(),
        usable=~stands.any(axis=0) & ~never,
        fixed=must & ~stands.any(axis=0),
        open_cost=_numbers("open_cost", open_cost, (m,))[s],
        running_cost=_numbers("running_cost", running_cost, (m,))[s],
    )


def case_of_instances(
    instances: Mapping[int, Instance],
    *,
    open_cost: Mapping[str, float] | None = None,
    running_cost: Mapping[str, float] | None = None,
) -> PhasingCase:
    """Return the case of one siting instance a year: people, ways and standing sites of each.

    Demand and sites that an instance lacks have no weight and no way in its year. Money is by site id, since
    `Instance.money` mixes opening and running.

    Raises
    ------
    ValueError
        As `make_case`; the years are sorted.
    """
    years = tuple(sorted(instances))
    every = [instances[y] for y in years]
    demand_ids = tuple(sorted({d for i in every for d in i.demand_ids}))
    site_ids = tuple(sorted({s for i in every for s in i.site_ids}))
    _check_names(years, demand_ids, site_ids)
    n, m = len(demand_ids), len(site_ids)
    at_demand, at_site = ({name: k for k, name in enumerate(ids)} for ids in (demand_ids, site_ids))
    rows = [np.array([at_demand[d] for d in i.demand_ids], dtype=np.int64) for i in every]
    columns = [np.array([at_site[s] for s in i.site_ids], dtype=np.int64) for i in every]
    weight, existing = np.zeros((len(years), n)), np.zeros((len(years), m), dtype=bool)
    usable, fixed = np.ones(m, dtype=bool), np.zeros(m, dtype=bool)
    ways = []
    for k, instance in enumerate(every):
        weight[k, rows[k]] = instance.weight
        existing[k, columns[k]] = instance.existing
        usable[columns[k]] &= instance.usable
        fixed[columns[k]] |= instance.fixed & ~instance.existing
        ways.append(_moved(instance, rows[k], columns[k]))
    if not weight.sum() > 0:
        raise ValueError("the weight of all demand is zero: nobody to plan for")
    return PhasingCase(
        years=years,
        demand_ids=demand_ids,
        site_ids=site_ids,
        weight=weight,
        ways=tuple(ways),
        existing=existing,
        usable=usable & ~existing.any(axis=0),
        fixed=fixed & ~existing.any(axis=0),
        open_cost=_by_id("open_cost", open_cost, site_ids),
        running_cost=_by_id("running_cost", running_cost, site_ids),
    )


def _moved(instance: Instance, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Pairs:
    """Return the pairs of an instance in the numbers of the case and the unit of its matrix."""
    pairs = instance.pairs
    demand, site = rows[pairs.demand], columns[pairs.site]
    order = np.lexsort((site, demand))
    cost = pairs.cost / instance.scale
    return Pairs(demand[order].astype(np.int32), site[order].astype(np.int32), cost[order])


def _pairs(costs: FloatArray) -> Pairs:
    """Return the pairs of a dense table that have a way."""
    demand, site = np.nonzero(np.isfinite(costs))
    return Pairs(demand.astype(np.int32), site.astype(np.int32), costs[demand, site].astype(np.float64))


def _numbers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Return numbers of 0 or more in a shape."""
    given = np.asarray(values, dtype=np.float64)
    try:
        numbers = np.broadcast_to(given, shape).copy()
    except ValueError as error:
        raise ValueError(f"{name} has the shape {given.shape}, not {shape}") from error
    if not np.isfinite(numbers).all() or (numbers < 0).any():
        raise ValueError(f"{name} must be finite numbers of 0 or more")
    return numbers


def _by_id(name: str, values: Mapping[str, float] | None, ids: Sequence[str]) -> FloatArray:
    """Return numbers by id in the order of ids, zero where none is given."""
    return _numbers(name, [float((values or {}).get(i, 0.0)) for i in ids], (len(ids),))


def _check_names(years: Sequence[int], demand_ids: Sequence[Any], site_ids: Sequence[Any]) -> None:
    """Raise ValueError if years do not ascend or ids repeat or are missing."""
    if not years or list(years) != sorted(set(years)):
        raise ValueError("years must ascend, each once")
    for name, ids in (("demand", demand_ids), ("site", site_ids)):
        if not len(ids) or len(set(ids)) != len(ids):
            raise ValueError(f"{name} ids must be there, each once")
