"""Siting input as arrays: demand, candidate sites and the pairs that have a route, in canonical order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.integer[Any]]
    BoolArray = NDArray[np.bool_]

MODELS: Final = (
    "lscp",
    "mclp",
    "p-median",
    "p-center",
    "p-dispersion",
    "backup-cover",
    "gradual-cover",
    "capacitated-mclp",
    "capacitated-p-median",
    "fixed-charge",
)

COVER_MODELS: Final = frozenset({"lscp", "mclp", "backup-cover", "gradual-cover", "capacitated-mclp"})
"""Models that ask whether a site is in range; the others add up or bound what a trip costs."""

LARGEST_MODELS: Final = frozenset(
    {"mclp", "p-dispersion", "backup-cover", "gradual-cover", "capacitated-mclp"}
)
"""Models whose objective is to be as large as possible."""


CHUNK: Final = 1_000_000
"""Costs looked at in one go: tens of millions at once would need copies of them all."""


@dataclass(frozen=True)
class Pairs:
    """The demand-site pairs that have a route, sorted by demand, then by site.

    Attributes
    ----------
    demand, site
        Positions in the instance, shape (pairs,).
    cost
        Travel cost in units of 1/scale of the matrix column (tenths of a minute for 10), shape (pairs,).
    """

    demand: NDArray[np.int32]
    site: NDArray[np.int32]
    cost: FloatArray

    def where(self, keep: BoolArray) -> Pairs:
        """Return the pairs of a mask."""
        if keep.all():
            return self
        return Pairs(self.demand[keep], self.site[keep], self.cost[keep])

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.cost)


@dataclass(frozen=True)
class Instance:
    """One siting problem without its question.

    Demand and sites are sorted by id (code points), so that the same rows in another order are the same
    instance.

    Attributes
    ----------
    demand_ids, site_ids
        Ids in order.
    weight, load
        Of each demand: what the cost is multiplied by, and what uses capacity.
    capacity, least_load, money
        Of each site; capacity is infinite and money zero where none is given.
    fixed, existing, usable
        Of each site: kept open whatever comes; stands today; may be open at all.
    district, region
        Of each demand its district, of each site its region; empty where unknown.
    reached
        Of each demand: it has a route to a usable site, whatever the cost.
    pairs
        Routes between demand and usable sites (for p-dispersion between sites).
    place, place_cost
        Of each site the place it would stand at, and the money that is paid once for this place if any of
        its sites is open; empty and zero where nothing is shared.
    scale
        Units of `pairs.cost` in one unit of the matrix; 1 where the costs are no round decimals.
    """

    demand_ids: tuple[str, ...]
    site_ids: tuple[str, ...]
    weight: FloatArray
    load: FloatArray
    capacity: FloatArray
    least_load: FloatArray
    money: FloatArray
    fixed: BoolArray
    existing: BoolArray
    usable: BoolArray
    district: tuple[str, ...]
    region: tuple[str, ...]
    reached: BoolArray
    pairs: Pairs
    scale: int
    place: tuple[str, ...]
    place_cost: FloatArray

    @property
    def n(self) -> int:
        """Number of demand points."""
        return len(self.demand_ids)

    @property
    def m(self) -> int:
        """Number of sites, usable or not."""
        return len(self.site_ids)

    def units(self, value: float) -> float:
        """Return a cost of the matrix's unit in the units of `pairs.cost`, exact for round decimals."""
        scaled = value * self.scale
        near = round(scaled)
        return float(near) if abs(scaled - near) <= 1e-9 * max(1.0, abs(scaled)) else scaled

    def within(self, limit: float | None) -> Pairs:
        """Return the pairs that cost at most `limit` (unit of the matrix, inclusive)."""
        if limit is None:
            return self.pairs
        return self.pairs.where(self.pairs.cost <= self.units(limit))

    def needed(self, model: str) -> BoolArray:
        """Return which demand a plan must serve: with a route, and for costs also with weight or load.

        Covering counts places, so that a place without people counts there.
        """
        if model == "p-center":
            return self.reached & (self.weight > 0)
        if model in {"p-median", "capacitated-p-median", "fixed-charge"}:
            return self.reached & ((self.weight > 0) | (self.load > 0))
        return self.reached

    def with_usable(self, usable: BoolArray) -> Instance:
        """Return the instance with other candidates; pairs of closed sites are left out."""
        return replace(self, usable=usable, pairs=self.pairs.where(usable[self.pairs.site]))

    def money_of(self, sites: Sequence[int]) -> float:
        """Return what the sites cost together, shared costs of a place once."""
        chosen = np.array(sorted(sites), dtype=np.int64)
        return float(self.money[chosen].sum()) + sum(
            once for group, once in self.shared if set(group) & set(sites)
        )

    @property
    def shared(self) -> tuple[tuple[tuple[int, ...], float], ...]:
        """The sites of each place with a shared opening cost, and that cost: the largest of its rows."""
        groups: dict[str, list[int]] = {}
        for k, name in enumerate(self.place):
            if name:
                groups.setdefault(name, []).append(k)
        costs = {name: float(self.place_cost[group].max()) for name, group in groups.items()}
        return tuple((tuple(groups[name]), costs[name]) for name in sorted(groups) if costs[name] > 0)


@dataclass(frozen=True)
class Side:
    """Side constraints beside number, limit and capacity.

    Attributes
    ----------
    excludes, needs
        Pairs of sites: not both open; the first only with the second.
    region_least, region_most
        Region -> how many open sites at least, at most.
    district_least_share
        Share of each district's servable weight that must be within the limit; None for no such rule.
    district_least
        District -> its own share, instead of the common one.
    apart
        Plans already known and by how many sites a new plan differs from each: (sites, differ).
    """

    excludes: tuple[tuple[int, int], ...] = ()
    needs: tuple[tuple[int, int], ...] = ()
    region_least: tuple[tuple[str, int], ...] = ()
    region_most: tuple[tuple[str, int], ...] = ()
    district_least_share: float | None = None
    district_least: tuple[tuple[str, float], ...] = ()
    apart: tuple[tuple[tuple[int, ...], int], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked beside the model's own limits."""
        return self == Side()


@dataclass(frozen=True)
class Question:
    """What is asked of an instance.

    Attributes
    ----------
    model
        One of `MODELS`.
    open
        Number of open sites, fixed ones included; None where the model finds it.
    open_is_most
        `open` is an upper limit, not the exact number.
    limit
        Largest cost that counts as served, unit of the matrix, inclusive.
    cover_share
        lscp: share of all weight (set-aside demand included) that must be within the limit.
    total_weight
        All weight, set-aside demand included; the base of `cover_share`.
    bands
        gradual-cover: (cost, fraction) with rising costs and falling fractions.
    count
        backup-cover: `places` or `people`.
    capacitated, single_source
        Capacities bind; every demand goes to one site whole.
    budget, money_weight
        Most money of the open sites; the factor of money in `fixed-charge`.
    radius
        p-center: the largest cost that is being tried, in units of the instance.
    any_plan
        Only whether there is a plan counts: rows that merely make the bound better are left out.
    gap
        Relative gap at which the solver may stop.
    time_limit_s, max_iterations, seed
        When to stop, in seconds and in steps of the solver; the seed of everything random.
    """

    model: str
    open: int | None = None
    open_is_most: bool = False
    limit: float | None = None
    cover_share: float | None = None
    total_weight: float = 0.0
    bands: tuple[tuple[float, float], ...] = ()
    count: str = "places"
    capacitated: bool = False
    single_source: bool = False
    budget: float | None = None
    money_weight: float = 1.0
    side: Side = field(default_factory=Side)
    radius: float | None = None
    any_plan: bool = False
    gap: float = 0.0
    time_limit_s: float = 60.0
    max_iterations: int | None = None
    seed: int = 1

    @property
    def largest(self) -> bool:
        """Whether the objective is to be as large as possible."""
        return self.model in LARGEST_MODELS

    @property
    def plain(self) -> bool:
        """Whether only the number of sites and the fixed ones bind, so that the fast methods apply."""
        return self.side.empty and self.budget is None and not self.capacitated and not self.open_is_most


def cost_scale(cost: FloatArray) -> int:
    """Return the power of ten, at least 10, that makes all costs whole numbers; 1 if none up to 10^6 does."""
    for power in range(1, 7):
        if all(_whole(cost[k : k + CHUNK], 10.0**power) for k in range(0, len(cost), CHUNK)):
            return int(10**power)
    return 1


def _whole(cost: FloatArray, factor: float) -> bool:
    """Whether costs times a factor are whole numbers, up to the last bits of a decimal."""
    scaled = cost * factor
    return bool(np.all(np.abs(scaled - np.rint(scaled)) <= 4 * np.spacing(np.abs(scaled) + 1)))


def cover_matrix(pairs: Pairs, n: int, m: int) -> sparse.csr_matrix:
    """Return the n x m matrix with 1.0 where a pair stands."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(pairs.demand, minlength=n))])
    ones = np.ones(len(pairs))
    return sparse.csr_matrix((ones, pairs.site, starts), shape=(n, m))


def dense_costs(pairs: Pairs, n: int, m: int) -> FloatArray:
    """Return the n x m matrix of costs, infinite where there is no route."""
    dense = np.full((n, m), np.inf)
    dense[pairs.demand, pairs.site] = pairs.cost
    return dense


def merge_rows(cover: sparse.csr_matrix, weight: FloatArray) -> tuple[sparse.csr_matrix, FloatArray, Any]:
    """Return the distinct non-empty rows of a cover matrix with their summed weight, and each row's group.

    Rows that the same sites cover are one row to the solver. The group is -1 for rows that no site covers.
    Two keys of 38 random bits a site tell rows apart; equal keys are then compared cell by cell.
    """
    n = cover.shape[0]
    group = np.full(n, -1, dtype=np.int64)
    filled = np.flatnonzero(np.diff(cover.indptr) > 0)
    if not len(filled):
        return cover[:0], np.zeros(0), group
    keys = _row_keys(cover)[filled]
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()
    if not _rows_agree(cover, filled, filled[first][inverse]):
        return cover[filled], weight[filled], _numbered(group, filled)
    rank = np.empty(len(first), dtype=np.int64)
    order = np.argsort(first, kind="stable")
    rank[order] = np.arange(len(first))
    group[filled] = rank[inverse]
    merged = np.bincount(group[filled], weights=weight[filled], minlength=len(first)).astype(np.float64)
    return cover[filled[first[order]]], merged, group


def _numbered(group: IntArray, filled: IntArray) -> IntArray:
    """Return a group of its own for each filled row."""
    group[filled] = np.arange(len(filled))
    return group


def _row_keys(cover: sparse.csr_matrix) -> FloatArray:
    """Return two sums of random whole numbers of the columns of each row, exact below 2^53."""
    draw = np.random.default_rng(20261121).integers(0, 2**38, size=(cover.shape[1], 2))
    keys: FloatArray = cover @ draw.astype(np.float64)
    return keys


def _rows_agree(cover: sparse.csr_matrix, left: IntArray, right: IntArray) -> bool:
    """Whether each row of `left` has the columns of its partner in `right`."""
    different = left != right
    a, b = cover[left[different]], cover[right[different]]
    return bool(np.array_equal(a.indptr, b.indptr) and np.array_equal(a.indices, b.indices))
