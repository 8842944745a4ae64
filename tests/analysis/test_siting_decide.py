"""Explanation of the infeasible, frontier, alternatives, equity, draws, and the independent check."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import siting_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from test_siting_models import make, names, world

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_decide import (
    Draws,
    alternatives,
    drawn,
    evaluate,
    frontier,
    marginal_gains,
    robustness,
    wilson,
)
from geoplan.analysis.siting_equity import solve_equity
from geoplan.analysis.siting_explain import explain
from geoplan.analysis.siting_instance import Question, Side
from geoplan.analysis.siting_tables import assignment_table, plan_table
from geoplan.analysis.siting_verify import Claim, ground_of, verify
from geoplan.analysis.siting_verify_sides import Sides


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_frontier_is_solved_point_by_point(seed) -> None:
    costs, weights, sites = world(seed)
    instance = make(costs, weights)
    question = Question("mclp", open=3, limit=30.0)
    points = frontier(instance, question, len(sites))
    assert [p for p, _ in points] == list(range(len(sites) + 1))
    for p, plan in points:
        score = lambda s: oracle.value("mclp", costs, weights, s, limit=30.0)  # noqa: E731
        best, _ = oracle.best_plan(sites, [p], score, largest=True)
        assert plan.objective == (best or 0)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), differ=st.integers(1, 2))
def test_alternatives_are_the_next_best(seed, differ) -> None:
    costs, weights, sites = world(seed, m=6)
    instance = make(costs, weights)
    question = Question("mclp", open=3, limit=30.0)
    best = solve_siting(instance, question)
    plans = (best, *alternatives(instance, question, best, k=3, differ=differ))
    seen: list[set[str]] = []
    for plan in plans:
        allowed = [
            s
            for s in itertools.combinations(sites, 3)
            if all(len(known - set(s)) >= differ for known in seen)
        ]
        top = max(oracle.value("mclp", costs, weights, s, limit=30.0) for s in allowed)
        assert plan.objective == top
        assert names(instance, plan) in allowed
        seen.append(set(names(instance, plan)))


def test_marginal_gain_is_the_loss_without_the_site() -> None:
    costs, weights, _ = world(4)
    instance = make(costs, weights)
    question = Question("p-median", open=3)
    plan = solve_siting(instance, question)
    chosen = names(instance, plan)
    for name, gain in zip(chosen, marginal_gains(instance, question, plan), strict=True):
        rest = tuple(s for s in chosen if s != name)
        without = oracle.value("p-median", costs, weights, rest)
        assert np.isnan(gain) if without is None else gain == pytest.approx(without - plan.objective)
    table = plan_table(instance, question, plan)
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["weight_assigned"].sum() == sum(weights.values())


def test_own_list_is_worth_what_it_is() -> None:
    costs, weights, _ = world(5)
    instance = make(costs, weights)
    value, _ = evaluate(instance, Question("mclp", open=2, limit=30.0), [1, 4])
    assert value == oracle.value("mclp", costs, weights, ("s1", "s4"), limit=30.0)


def two_islands():
    costs = {(f"d{i}", f"s{j}"): 10.0 + i + j for i in range(3) for j in range(3) if i // 2 == j // 2}
    return costs, {"d0": 1, "d1": 2, "d2": 3}


def test_conflict_is_irreducible_and_the_least_number_named() -> None:
    costs, weights = two_islands()
    instance = make(costs, weights)
    question = Question("p-median", open=1)
    assert solve_siting(instance, question).status == "infeasible"
    why = explain(instance, question)
    assert why.verified
    assert "exactly 1 open sites" in why.conflict
    assert len(why.conflict) == 3
    assert why.relaxations == (("open", 1.0, 2.0),)


def test_demand_out_of_range_is_listed_with_the_limit_that_would_do() -> None:
    costs, weights, _ = world(3)
    costs = {k: v for k, v in costs.items() if k[0] != "d2"} | {("d2", "s1"): 77.5}
    instance = make(costs, weights)
    question = Question("lscp", limit=60.0)
    assert solve_siting(instance, question).status == "infeasible"
    why = explain(instance, question)
    assert why.out_of_range == ("d2",)
    assert why.conflict == ("serve d2",)
    assert ("limit", 60.0, 77.5) in why.relaxations


def test_budget_number_and_capacity_relaxations() -> None:
    costs = {("d0", "s0"): 1.0, ("d0", "s1"): 1.0, ("d1", "s0"): 2.0, ("d1", "s1"): 2.0}
    weights = {"d0": 6, "d1": 6}
    instance = make(costs, weights, money={"s0": 5, "s1": 7}, capacities={"s0": 8, "s1": 10})
    why = explain(instance, Question("mclp", open=2, limit=5.0, budget=9.0))
    assert set(why.conflict) == {"exactly 2 open sites", "budget 9"}
    assert set(why.relaxations) == {("open", 2.0, 1.0), ("budget", 9.0, 12.0)}
    why = explain(instance, Question("capacitated-p-median", open=1))
    assert ("capacity", 1.0, 1.2) in why.relaxations
    assert ("open", 1.0, 2.0) in why.relaxations


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_equity_floor_in_two_stages(seed) -> None:
    costs, weights, sites = world(seed, n=8)
    districts = {d: "xyz"[k % 3] for k, d in enumerate(sorted(weights))}
    instance = make(costs, weights, districts=districts)
    limit, p = 25.0, 2
    heavy = {n for d, n in districts.items() if weights[d] > 0}
    served = {districts[d] for (d, s), c in costs.items() if c <= limit and weights[d] > 0}

    def worst(plan):
        shares = []
        for name in sorted(heavy & served):
            own = {d: w for d, w in weights.items() if districts[d] == name}
            got = sum(w for d, w in own.items() if oracle.in_range(costs, d, plan, limit))
            shares.append(got / sum(own.values()))
        return min(shares, default=0.0)

    plans = list(itertools.combinations(sites, p))
    floor = max(worst(plan) for plan in plans)
    total = max(
        oracle.value("mclp", costs, weights, plan, limit=limit)
        for plan in plans
        if worst(plan) >= floor - 1e-9
    )
    answer = solve_equity(instance, Question("mclp", open=p, limit=limit))
    if heavy & served:
        assert answer.floor == pytest.approx(floor)
        assert answer.floor_bound == pytest.approx(floor, abs=1e-6)
    assert answer.plan.objective == pytest.approx(total)
    assert set(answer.unserved_districts) == heavy - served


def test_places_share_an_opening_cost() -> None:
    costs = {("d0", "s0"): 1.0, ("d1", "s1"): 1.0, ("d1", "s2"): 0.5, ("d0", "s2"): 90.0}
    instance = make(costs, {"d0": 10, "d1": 10}, money={"s0": 10, "s1": 10, "s2": 10})
    together = replace(instance, place=("a", "a", "b"), place_cost=np.array([100.0, 100.0, 100.0]))
    plan = solve_siting(together, Question("fixed-charge"))
    assert names(together, plan) == ("s0", "s1")
    assert plan.objective == 100 + 20 + 20
    apart = solve_siting(instance, Question("fixed-charge"))
    assert names(instance, apart) == ("s0", "s2")
    dear = Question("mclp", open=2, limit=5.0, budget=130.0)
    assert names(together, solve_siting(together, dear)) == ("s0", "s1")


def test_draws_are_the_same_whatever_their_number() -> None:
    costs, weights, _ = world(6)
    instance = make(costs, weights)
    question = Question("mclp", open=2, limit=30.0)
    few, many = (robustness(instance, question, Draws(n, seed=3)) for n in (5, 10))
    assert few.solved == 5
    assert (many.chosen >= few.chosen).all()
    assert many.chosen.sum() == 20
    again = drawn(instance, Draws(5, seed=3), 4)
    assert np.array_equal(again.weight, drawn(instance, Draws(9, seed=3), 4).weight)
    assert not np.array_equal(again.weight, drawn(instance, Draws(9, seed=4), 4).weight)


def test_wilson_interval() -> None:
    low, high = wilson(np.array([0, 5, 10]), 10)
    assert low.round(4).tolist() == [0.0, 0.2366, 0.7225]
    assert high.round(4).tolist() == [0.2775, 0.7634, 1.0]


def test_least_load_keeps_units_busy() -> None:
    costs = {("d0", "s0"): 1.0, ("d1", "s1"): 1.0, ("d0", "s1"): 9.0, ("d1", "s0"): 9.0}
    instance = make(costs, {"d0": 10, "d1": 2}, capacities={"s0": 20, "s1": 20})
    busy = replace(instance, least_load=np.array([0.0, 5.0]))
    plan = solve_siting(busy, Question("capacitated-p-median", open=2))
    load = np.bincount(
        plan.allocation.site, weights=plan.allocation.share * busy.load[plan.allocation.demand]
    )
    assert load.tolist() == [7.0, 5.0]
    assert plan.objective == 7 + 2 + 3 * 9


def claimed(model="mclp", **more):
    costs, weights, sites = world(7)
    matrix, demand, table = oracle.tables_of(costs, weights)
    instance = make(costs, weights)
    limit = 30.0 if model == "mclp" else None
    question = Question(model, open=2, limit=limit)
    plan = solve_siting(instance, question)
    claim = Claim(
        model,
        plan.objective,
        names(instance, plan),
        assignment_table(instance, question, plan),
        limit=limit,
        open=2,
    )
    ground = ground_of(
        matrix,
        demand.assign(load=demand["weight"]),
        table,
        measure="minutes",
        from_site=False,
        candidates=sites,
        chosen=claim.sites,
    )
    return claim, ground


@pytest.mark.parametrize("model", ["mclp", "p-median"])
def test_the_check_finds_every_lie(model) -> None:
    claim, ground = claimed(model)
    assert verify(claim, ground) == ()
    assert verify(replace(claim, objective=claim.objective + 1), ground)
    assert verify(replace(claim, open=3), ground)
    assert verify(replace(claim, fixed=("zz",)), ground)
    assert verify(replace(claim, sites=(*claim.sites, "zz")), ground)
    rows = claim.assignment
    assert verify(replace(claim, assignment=rows.iloc[1:]), ground)
    assert verify(replace(claim, assignment=rows.assign(cost=rows["cost"] + 1)), ground)
    assert verify(replace(claim, assignment=rows.assign(share=0.5)), ground)


def test_the_check_looks_at_every_side_constraint() -> None:
    claim, ground = claimed("mclp")
    first, second = claim.sites
    other = next(s for s in ground.sites["id"] if s not in claim.sites)
    sites = ground.sites.assign(region=["r" if s == first else "q" for s in ground.sites["id"]])
    demand = ground.demand.assign(district=["a" if k % 2 else "b" for k in range(len(ground.demand))])
    ground = replace(ground, sites=sites, demand=demand)
    holds = Sides(
        closed=(other,),
        excludes=((first, other),),
        needs=((first, second),),
        region_least=(("r", 1),),
        region_most=(("r", 1), ("q", 1)),
        district_least=0.0,
    )
    assert verify(replace(claim, sides=holds), ground) == ()
    for lie, word in (
        (Sides(closed=(first,)), "may not be"),
        (Sides(excludes=((second, first),)), "both open"),
        (Sides(needs=((second, other),)), "without"),
        (Sides(region_least=(("r", 2),)), "at least 2"),
        (Sides(region_most=(("q", 0),)), "at most 0"),
        (Sides(district_least=1.01), "district"),
    ):
        wrong = verify(replace(claim, sides=lie), ground)
        assert wrong
        assert word in wrong[0]
    used = claim.assignment.groupby("site_id")["weight"].sum()
    least = sites.assign(least_load=[1e6 if s == first else np.nan for s in sites["id"]])
    assert "least load" in verify(claim, replace(ground, sites=least))[0]
    enough = sites.assign(least_load=[used.get(s, 0.0) for s in sites["id"]])
    assert verify(claim, replace(ground, sites=enough)) == ()


def test_side_constraints_that_conflict_are_named() -> None:
    costs, weights, _ = world(9)
    instance = make(costs, weights)
    side = Side(needs=((0, 1),), excludes=((0, 1),))
    instance = replace(instance, fixed=np.array([True, *[False] * 5]))
    why = explain(instance, Question("mclp", open=3, limit=30.0, side=side))
    assert set(why.conflict) == {"fixed site s0", "s0 needs s1", "s0 excludes s1"}
    assert why.verified
