"""The single-source capacitated p-median against every assignment and against HiGHS on the whole program."""

# ruff: noqa: S311 - worlds are drawn, not secrets

from __future__ import annotations

import importlib.util
import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis import siting, siting_fast
from geoplan.analysis import siting_capacitated_bound as module
from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_capacitated import checked, improved, make_packed
from geoplan.analysis.siting_capacitated_bound import Search, _fill, _served, units_of
from geoplan.analysis.siting_instance import Instance, Pairs, Question
from geoplan.analysis.siting_milp import Clock


def drawn(seed, n, m, *, missing=0.0, whole=True, capacities=(30,), most=12):
    draw = np.random.default_rng(seed)
    price = draw.integers(0, 40, (n, m)).astype(float)
    load = draw.integers(0, most, n).astype(float)
    if not whole:
        price, load = price + draw.random((n, m)), load + draw.random(n)
    price[draw.random((n, m)) < missing] = np.inf
    return price, load, draw.choice(capacities, m).astype(float)


def best_of_all(price, load, room, p, forced):
    """Every set of sites, every assignment; demand after demand, cut where a capacity is broken."""
    n, m = price.shape
    best = np.inf

    def go(i, left, cost, sites):
        nonlocal best
        if cost >= best:
            return
        if i == n:
            best = cost
            return
        for s in sites:
            if load[i] <= left[s] + 1e-9 and np.isfinite(price[i, s]):
                left[s] -= load[i]
                go(i + 1, left, cost + price[i, s], sites)
                left[s] += load[i]

    for sites in itertools.combinations(range(m), p):
        if all(s in sites for s in np.flatnonzero(forced)):
            go(0, room.copy(), 0.0, sites)
    return best


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    p=st.integers(1, 4),
    missing=st.sampled_from([0.0, 0.3]),
    whole=st.booleans(),
    forced=st.integers(0, 2),
    small=st.integers(0, 1),
)
def test_search_finds_and_proves_the_best_of_all_assignments(seed, p, missing, whole, forced, small) -> None:
    capacities = (9, 16, 21) if small else (15, 30, np.inf)
    price, load, room = drawn(seed, 6, 5, missing=missing, whole=whole, capacities=capacities)
    must = np.zeros(5, dtype=bool)
    must[: min(forced, p)] = True
    problem = make_packed(price, load, room, p, must)
    proof = Search(problem, Clock(30.0)).run()
    best = best_of_all(price, load, room, p, must)
    assert proof.bound <= best + 1e-6
    if proof.plan is None:
        # then either nothing holds, or the whole program has to look
        assert best == np.inf or proof.bound < np.inf
        return
    assert proof.plan.cost == pytest.approx(best, abs=1e-6)
    assert proof.bound == pytest.approx(best, abs=1e-6)
    assert len(proof.plan.sites) == p
    assert set(np.flatnonzero(must)) <= set(proof.plan.sites.tolist())
    used = np.bincount(proof.plan.site, weights=load, minlength=5)
    assert (used <= room + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), whole=st.booleans())
def test_knapsacks_are_never_below_the_best_choice(seed, whole) -> None:
    price, load, room = drawn(seed, 7, 3, whole=whole, capacities=(11, 19, 30))
    sacks = units_of(make_packed(price, load, room, 1, np.zeros(3, dtype=bool)))
    gain = 20.0 - price
    filled = _fill(sacks, gain)
    for s in range(3):
        got = filled.best[s, sacks.room[s]]
        best = max(
            float(gain[list(own), s].sum())
            for k in range(8)
            for own in itertools.combinations(range(7), k)
            if load[list(own)].sum() <= room[s]
        )
        assert got >= best - 1e-9
        if whole:
            assert got == pytest.approx(best)


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the compiled loops need numba")
@pytest.mark.parametrize("capacities", [(30,), (11, 19, 30)])
def test_compiled_knapsacks_are_the_same_to_the_bit(capacities, monkeypatch) -> None:
    price, load, room = drawn(8, 30, 6, capacities=capacities)
    sacks = units_of(make_packed(price, load, room, 2, np.zeros(6, dtype=bool)))
    got = []
    for on in (True, False):
        monkeypatch.setattr(module, "kernels", lambda _, on=on: siting_fast.kernels(10**9) if on else None)
        filled = _fill(sacks, 21.5 - price)
        got.append((filled.best, _served(sacks, filled, np.arange(6))))
    held = np.arange(got[0][0].shape[1])[None, :] <= sacks.room[:, None]
    assert np.array_equal(got[0][0][held], got[1][0][held])
    assert np.array_equal(got[0][1], got[1][1])
    assert got[0][1].sum() > 0


def instance_of(price, load, room, fixed=()):
    n, m = price.shape
    demand, site = np.nonzero(np.isfinite(price))
    closed, ones = np.zeros(m, dtype=bool), np.ones(m, dtype=bool)
    stand = closed.copy()
    stand[list(fixed)] = True
    return Instance(
        demand_ids=tuple(f"d{i:03d}" for i in range(n)),
        site_ids=tuple(f"s{j:03d}" for j in range(m)),
        weight=np.ones(n),
        load=load,
        capacity=room,
        least_load=np.zeros(m),
        money=np.zeros(m),
        fixed=stand,
        existing=stand,
        usable=ones,
        district=("",) * n,
        region=("",) * m,
        reached=np.isfinite(price).any(axis=1),
        pairs=Pairs(demand.astype(np.int32), site.astype(np.int32), price[demand, site] * 10),
        scale=10,
        place=("",) * m,
        place_cost=np.zeros(m),
    )


def towns(seed, n, p):
    """Points and loads as the published pack draws them: whole distances rounded down, capacity 120."""
    draw = random.Random(seed)
    while True:
        xy = np.array([[draw.randint(1, 100), draw.randint(1, 100)] for _ in range(n)])
        load = np.array([draw.randint(1, 20) for _ in range(n)], dtype=float)
        if 0.82 <= load.sum() / (120 * p) <= 0.92:
            break
    return np.floor(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))), load, np.full(n, 120.0)


@pytest.mark.parametrize(("seed", "fixed"), [(1, ()), (2, ()), (3, (4,)), (4, ())])
def test_same_optimum_as_the_whole_program(seed, fixed, monkeypatch) -> None:
    price, load, room = towns(seed, 22, 2)
    question = Question("capacitated-p-median", open=2, capacitated=True, single_source=True)
    instance = instance_of(price, load, room, fixed)
    plan = solve_siting(instance, question)
    monkeypatch.setattr(siting, "_packed_shaped", lambda *_: False)
    whole = solve_siting(instance, question)
    assert (plan.status, whole.status) == ("optimal", "optimal")
    assert plan.objective == whole.objective == plan.bound
    assert set(fixed) <= set(plan.sites)
    assert plan.unique in {whole.unique, "unknown"}
    split = solve_siting(instance, replace(question, single_source=False))
    assert split.objective <= plan.objective


def test_time_that_is_up_claims_nothing() -> None:
    price, load, room = towns(5, 60, 6)
    question = Question(
        "capacitated-p-median", open=6, capacitated=True, single_source=True, time_limit_s=1.0
    )
    instance = instance_of(price, load, room)
    plan = solve_siting(instance, question)
    assert plan.seconds < 5
    assert plan.bound <= plan.objective
    if plan.status != "optimal":
        assert plan.stopped_by == "time"
        assert plan.unique == "unknown"


def test_too_much_load_is_infeasible() -> None:
    price, load, room = towns(6, 12, 1)
    question = Question("capacitated-p-median", open=1, capacitated=True, single_source=True)
    plan = solve_siting(instance_of(price, load, room / 3), question)
    assert (plan.status, plan.stopped_by, plan.sites) == ("infeasible", "proof", ())


def test_a_plan_over_capacity_is_none() -> None:
    price, load, room = towns(7, 12, 1)
    problem = make_packed(price, load, room, 2, np.zeros(12, dtype=bool))
    plan = improved(problem, np.array([0, 5]))
    assert plan is not None
    tight = replace(problem, room=np.full(12, np.bincount(plan.site, weights=load).max() - 1))
    assert checked(tight, plan.site, plan.sites) is None
    again = checked(problem, plan.site, plan.sites)
    assert again is not None
    assert again.cost == plan.cost
