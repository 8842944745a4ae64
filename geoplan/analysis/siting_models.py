"""The location models as integer programs: every model and side constraint beyond the fast methods.

Formulations: set covering (Toregas et al. 1971), maximal covering (Church & ReVelle 1974), backup coverage
(Hogan & ReVelle 1986), p-median and fixed charge with strong linking rows (Daskin 2013, Network and Discrete
Location). Rows that say the same are merged; each row block bears the name of the limit it stands for.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.analysis.siting_instance import Pairs, cover_matrix, merge_rows
from geoplan.analysis.siting_milp import INFINITY, Builder, Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy import sparse

    from geoplan.analysis.siting_instance import FloatArray, Instance, IntArray, Question


@dataclass(frozen=True)
class Built:
    """A program and what its columns mean.

    Attributes
    ----------
    program
        Minimisation; for models whose objective is to be large the sign is turned.
    m
        The first m columns say which sites are open.
    money
        What each column costs in money.
    pairs, x
        Pairs that may carry a share and the position of the first share; None for cover models.
    """

    program: Program
    m: int
    money: FloatArray
    pairs: Pairs | None = None
    x: int = 0


def build_model(instance: Instance, question: Question) -> Built:
    """Return the program of a question; p-center and p-dispersion have their own search."""
    build = Builder()
    upper = instance.usable.astype(float)
    build.columns(instance.m, lower=(instance.fixed & instance.usable).astype(float), upper=upper, whole=True)
    add_number(build, question, instance.m)
    pairs, x = _MODEL_ROWS[question.model](build, instance, question)
    add_sides(build, instance, question)
    shared = _add_money(build, instance, question)
    program = build.build()
    money = np.zeros(len(program.cost))
    money[: instance.m] = instance.money
    money[shared : shared + len(instance.shared)] = [once for _, once in instance.shared]
    return Built(program, instance.m, money, pairs, x)


def add_number(build: Builder, question: Question, m: int) -> None:
    """Add the row on how many sites are open."""
    if question.open is None:
        return
    lower = -INFINITY if question.open_is_most else question.open
    build.rows(1, (0, np.arange(m), 1.0), lower=lower, upper=question.open)


def add_sides(build: Builder, instance: Instance, question: Question) -> None:
    """Add the side constraints on open sites, regions, districts and known plans."""
    side = question.side
    if side.excludes:
        k = len(side.excludes)
        build.rows(k, (np.repeat(np.arange(k), 2), np.ravel(side.excludes), 1.0), upper=1.0)
    if side.needs:
        k = len(side.needs)
        signs = np.tile([1.0, -1.0], k)
        build.rows(k, (np.repeat(np.arange(k), 2), np.ravel(side.needs), signs), upper=0.0)
    region = np.array(instance.region, dtype=object)
    for name, least in side.region_least:
        build.rows(1, (0, np.flatnonzero(region == name), 1.0), lower=least)
    for name, most in side.region_most:
        build.rows(1, (0, np.flatnonzero(region == name), 1.0), upper=most)
    if question.model != "capacitated-mclp":
        add_district_cover(build, instance, question)
    for sites, differ in side.apart:
        _add_apart(build, instance, question, np.array(sites, dtype=np.int64), differ)


def _add_money(build: Builder, instance: Instance, question: Question) -> int:
    """Add shared opening costs and the budget, and return the first column of shared costs."""
    factor = question.money_weight if question.model == "fixed-charge" else 0.0
    shared = instance.shared
    once = np.array([money for _, money in shared])
    first = build.columns(len(shared), cost=factor * once, whole=False) if shared else build.n_columns
    for k, (sites, _) in enumerate(shared):
        rows = np.arange(len(sites))
        build.rows(len(sites), (rows, np.array(sites), 1.0), (rows, first + k, -1.0), upper=0.0)
    if question.budget is not None:
        entries = [(0, np.arange(instance.m), instance.money)]
        entries += [(0, first + np.arange(len(shared)), once)] if shared else []
        build.rows(1, *entries, upper=question.budget)
    return first


def _add_apart(build: Builder, instance: Instance, question: Question, known: IntArray, differ: int) -> None:
    """Add the row that keeps a plan at least `differ` sites away from a known one.

    With a fixed number open, that many sites of the known plan are left out; else that many are exchanged,
    opened or closed.
    """
    if question.open is not None and not question.open_is_most:
        build.rows(1, (0, known, 1.0), upper=len(known) - differ)
        return
    sign = np.ones(instance.m)
    sign[known] = -1.0
    build.rows(1, (0, np.arange(instance.m), sign), lower=differ - len(known))


def district_groups(instance: Instance) -> tuple[tuple[str, ...], IntArray]:
    """Return the districts, sorted, and the position of each demand's district."""
    names = tuple(sorted(set(instance.district)))
    place = {name: k for k, name in enumerate(names)}
    return names, np.array([place[name] for name in instance.district], dtype=np.int64)


def district_cover(
    build: Builder, instance: Instance, limit: float | None
) -> tuple[tuple[str, ...], FloatArray, tuple[IntArray, IntArray, FloatArray]]:
    """Add columns for covered rows and return districts, their servable weight, and entries of coverage.

    The entries (district, column, weight) add up to the weight of a district within the limit.
    """
    names, of = district_groups(instance)
    heavy = np.flatnonzero((instance.weight > 0) & instance.reached)
    base = np.bincount(of[heavy], weights=instance.weight[heavy], minlength=len(names)).astype(np.float64)
    cover = cover_matrix(instance.within(limit), instance.n, instance.m)
    entries: list[tuple[IntArray, IntArray, FloatArray]] = []
    for k in range(len(names)):
        own = heavy[of[heavy] == k]
        rows, weight, _ = merge_rows(cover[own], instance.weight[own])
        z = add_cover_rows(build, rows)
        entries.append((np.full(len(weight), k), z + np.arange(len(weight)), weight))
    district, column, weight = (np.concatenate([e[i] for e in entries]) for i in range(3))
    return names, base, (district.astype(np.int64), column.astype(np.int64), weight)


def add_cover_rows(build: Builder, rows: sparse.csr_matrix, *, cost: FloatArray | float = 0.0) -> int:
    """Add columns z with z <= sum of the open sites of each row, and return the first."""
    n = rows.shape[0]
    z = build.columns(n, cost=cost, whole=False)
    row = np.repeat(np.arange(n), np.diff(rows.indptr))
    build.rows(n, (row, rows.indices, 1.0), (np.arange(n), z + np.arange(n), -1.0), lower=0.0)
    return z


def district_shares(question: Question, names: tuple[str, ...]) -> FloatArray:
    """Return the least share of each district, zero where none is asked."""
    own = dict(question.side.district_least)
    return np.array([own.get(name, question.side.district_least_share or 0.0) for name in names])


def add_district_cover(build: Builder, instance: Instance, question: Question) -> None:
    """Add the least coverage of each district."""
    if question.side.district_least_share is None and not question.side.district_least:
        return
    names, base, (district, column, weight) = district_cover(build, instance, question.limit)
    share = district_shares(question, names)
    # a hair below the product, so that 0.9 x 10 people are 9 and not 9.000000000000002
    build.rows(len(names), (district, column, weight), lower=share * base * (1 - 1e-12))


def _lscp(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """Fewest sites: everything in range, or a share of all weight, or within capacities."""
    if question.capacitated:
        return _assigned(build, instance, question, price=0.0, count_sites=True)
    cover = cover_matrix(instance.within(question.limit), instance.n, instance.m)
    count_open(build, instance.m)
    if question.cover_share is None:
        rows, _, _ = _required(cover, instance)
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        build.rows(rows.shape[0], (row, rows.indices, 1.0), lower=1.0)
        return None, 0
    rows, weight, _ = merge_rows(cover, instance.weight)
    z = add_cover_rows(build, rows)
    need = question.cover_share * question.total_weight * (1 - 1e-12)
    build.rows(1, (0, z + np.arange(len(weight)), weight), lower=need)
    return None, 0


def count_open(build: Builder, m: int) -> None:
    """Make the number of open sites the objective, by one column that equals it."""
    total = build.columns(1, cost=1.0, upper=m, whole=True)
    build.rows(1, (0, np.arange(m), 1.0), (0, total, -1.0), lower=0.0, upper=0.0)


def _required(cover: sparse.csr_matrix, instance: Instance) -> tuple[sparse.csr_matrix, FloatArray, IntArray]:
    """Return the distinct rows of demand that has a route; an empty row makes the model infeasible."""
    needed = np.flatnonzero(instance.reached)
    empty = np.diff(cover.indptr)[needed] == 0
    rows, weight, group = merge_rows(cover[needed], instance.weight[needed])
    if empty.any():
        rows = cover[np.concatenate([needed[~empty], needed[empty][:1]])]
    return rows, weight, group


def _mclp(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """Most weight in range."""
    for limit, fraction in bands_of(question):
        cover = cover_matrix(instance.within(limit), instance.n, instance.m)
        heavy = np.flatnonzero(instance.weight > 0)
        rows, weight, _ = merge_rows(cover[heavy], instance.weight[heavy])
        add_cover_rows(build, rows, cost=-fraction * weight)
    return None, 0


def bands_of(question: Question) -> tuple[tuple[float | None, float], ...]:
    """Return (limit, fraction gained by being within it): one for mclp, the steps of the bands else.

    The nearest open site's fraction is the sum of the steps whose limit it meets, so that gradual cover is
    maximal cover on the rows of all bands together.
    """
    if question.model != "gradual-cover":
        return ((question.limit, 1.0),)
    fractions = [fraction for _, fraction in question.bands] + [0.0]
    steps = [a - b for a, b in itertools.pairwise(fractions)]
    return tuple((limit, step) for (limit, _), step in zip(question.bands, steps, strict=True) if step > 0)


def _backup(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """All covered once, most of them twice by two distinct sites."""
    cover = cover_matrix(instance.within(question.limit), instance.n, instance.m)
    rows, _, _ = _required(cover, instance)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    build.rows(rows.shape[0], (row, rows.indices, 1.0), lower=1.0)
    twice = np.flatnonzero((np.diff(cover.indptr) >= 2) & instance.reached)
    counted = instance.weight if question.count == "people" else np.ones(instance.n)
    rows, weight, _ = merge_rows(cover[twice], counted[twice])
    n = rows.shape[0]
    u = build.columns(n, cost=-weight, whole=False)
    row = np.repeat(np.arange(n), np.diff(rows.indptr))
    # as all are covered once, sum >= 1 + u is the stronger form of sum >= 2 u
    build.rows(n, (row, rows.indices, 1.0), (np.arange(n), u + np.arange(n), -1.0), lower=1.0)
    return None, 0


def _assigned(
    build: Builder, instance: Instance, question: Question, *, price: float = 1.0, count_sites: bool = False
) -> tuple[Pairs | None, int]:
    """All demand with a route goes to open sites at least cost, within capacities where they bind."""
    limited = question.model == "lscp"
    pairs = instance.within(question.limit) if limited else instance.pairs
    if count_sites:
        count_open(build, instance.m)
    must = instance.needed(question.model)
    pairs = pairs.where(must[pairs.demand])
    x = _shares(build, instance, question, pairs, price * instance.weight[pairs.demand] * pairs.cost)
    rows = np.arange(len(pairs))
    needed = np.flatnonzero(must)
    place = np.full(instance.n, -1)
    place[needed] = np.arange(len(needed))
    build.rows(len(needed), (place[pairs.demand], x + rows, 1.0), lower=1.0, upper=1.0)
    return pairs, x


def _fixed_charge(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """Least opening cost plus travel cost."""
    total = build.columns(1, cost=1.0, upper=INFINITY, whole=False)
    money = question.money_weight * instance.money
    build.rows(1, (0, np.arange(instance.m), money), (0, total, -1.0), lower=0.0, upper=0.0)
    return _assigned(build, instance, question, price=1.0 / instance.scale)


def _capacitated_cover(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """Most load served in range, within capacities."""
    pairs = instance.within(question.limit)
    pairs = pairs.where(instance.load[pairs.demand] > 0)
    x = _shares(build, instance, question, pairs, -instance.load[pairs.demand])
    build.rows(instance.n, (pairs.demand, x + np.arange(len(pairs)), 1.0), upper=1.0)
    side = question.side
    if side.district_least_share is not None or side.district_least:
        names, of = district_groups(instance)
        base = np.bincount(of, weights=instance.load * instance.reached, minlength=len(names))
        share = district_shares(question, names)
        entry = (of[pairs.demand], x + np.arange(len(pairs)), instance.load[pairs.demand])
        build.rows(len(names), entry, lower=share * base * (1 - 1e-12))
    return pairs, x


def _shares(build: Builder, instance: Instance, question: Question, pairs: Pairs, cost: FloatArray) -> int:
    """Add the shares of demand that go to sites, linked to open sites and capacities."""
    k = len(pairs)
    x = build.columns(k, cost=cost, whole=question.single_source)
    rows = np.arange(k)
    sites = np.arange(instance.m)
    load = instance.load[pairs.demand]
    # a capacity row alone already keeps load from a closed site
    bare = (load > 0) & np.isfinite(instance.capacity[pairs.site]) & question.capacitated & question.any_plan
    linked = np.flatnonzero(~bare)
    at = np.arange(len(linked))
    build.rows(len(linked), (at, x + linked, 1.0), (at, pairs.site[linked], -1.0), upper=0.0)
    if question.capacitated and np.isfinite(instance.capacity).any():
        bound = np.flatnonzero(np.isfinite(instance.capacity))
        own = np.isin(pairs.site, bound)
        place = np.searchsorted(bound, pairs.site[own])
        room = (np.arange(len(bound)), bound, -instance.capacity[bound])
        build.rows(len(bound), (place, x + rows[own], load[own]), room, upper=0.0)
    if (instance.least_load > 0).any():
        build.rows(instance.m, (pairs.site, x + rows, load), (sites, sites, -instance.least_load), lower=0.0)
    return x


def _within_radius(build: Builder, instance: Instance, question: Question) -> tuple[Pairs | None, int]:
    """Everybody with weight within a radius: one step of the p-center."""
    near = instance.pairs.where(instance.pairs.cost <= (question.radius or 0.0))
    cover = cover_matrix(near, instance.n, instance.m)
    rows, _, _ = _required(cover, replace(instance, reached=instance.needed("p-center")))
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    build.rows(rows.shape[0], (row, rows.indices, 1.0), lower=1.0)
    return None, 0


_MODEL_ROWS: dict[str, Callable[[Builder, Instance, Question], tuple[Pairs | None, int]]] = {
    "lscp": _lscp,
    "mclp": _mclp,
    "gradual-cover": _mclp,
    "backup-cover": _backup,
    "p-median": _assigned,
    "capacitated-p-median": _assigned,
    "fixed-charge": _fixed_charge,
    "p-center": _within_radius,
    "capacitated-mclp": _capacitated_cover,
}
