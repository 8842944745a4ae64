"""Every model against exhaustive search on small random worlds."""

# ruff: noqa: S311 - worlds are drawn, not secrets

from __future__ import annotations

import random

import pytest
import siting_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_instance import MODELS, Question, Side
from geoplan.analysis.siting_make import Choices, Tables, make_instance
from geoplan.errors import InputError

LARGEST = {"mclp", "gradual-cover", "backup-cover", "p-dispersion", "capacitated-mclp"}


def world(seed, *, n=7, m=6, missing=0.15, ties=True):
    draw = random.Random(seed)
    demand, sites = [f"d{i}" for i in range(n)], [f"s{j}" for j in range(m)]
    high = 12 if ties else 900
    costs = {
        (d, s): draw.randint(0, high) * (5 if ties else 0.1)
        for d in demand
        for s in sites
        if draw.random() > missing
    }
    for d in demand:
        costs.setdefault((d, draw.choice(sites)), 30.0)
    for s in sites:
        costs.setdefault((draw.choice(demand), s), 30.0)
    costs = {k: round(v, 1) for k, v in costs.items()}
    weights = {d: draw.choice([0, 1, 2, 5, 40]) for d in demand}
    weights["d0"] = 3
    return costs, weights, sites


def make(costs, weights, *, set_aside=False, choices=None, **more):
    matrix, demand, sites = oracle.tables_of(costs, weights, **more)
    chosen = choices or Choices(
        capacity_column="capacity" if "capacities" in more else "",
        cost_column="cost" if "money" in more else "",
        set_aside=set_aside,
    )
    return make_instance(Tables(matrix, demand, sites), chosen).instance


def names(instance, plan):
    return tuple(instance.site_ids[s] for s in plan.sites)


def agree(instance, plan, best, plans):
    if best is None:
        assert plan.status == "infeasible"
        return
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, abs=1e-6)
    assert plan.bound == plan.objective
    assert plan.gap == 0
    assert names(instance, plan) in plans
    assert plan.unique in {"unknown", "yes" if len(plans) == 1 else "no"}


PLAIN = ["lscp", "mclp", "p-median", "p-center", "backup-cover", "gradual-cover"]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.integers(1, 5), model=st.sampled_from(PLAIN), ties=st.booleans())
def test_uncapacitated_models_are_exact(seed, p, model, ties) -> None:
    costs, weights, sites = world(seed, ties=ties)
    instance = make(costs, weights)
    bands = ((15.0, 1.0), (35.0, 0.4))
    limit = 35.0
    question = Question(
        model,
        open=None if model == "lscp" else p,
        limit=limit if model not in {"p-median", "p-center", "gradual-cover"} else None,
        bands=bands if model == "gradual-cover" else (),
        count="people" if seed % 2 else "places",
    )
    score = lambda plan: oracle.value(  # noqa: E731
        model, costs, weights, plan, limit=limit, bands=bands, count=question.count
    )
    sizes = range(1, len(sites) + 1) if model == "lscp" else [p]
    best, plans = oracle.best_plan(sites, sizes, score, largest=model in LARGEST)
    plan = solve_siting(instance, question)
    agree(instance, plan, best, plans)
    if p == 1 and best is not None and model != "lscp":
        assert names(instance, plan) == plans[0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.integers(2, 5))
def test_dispersion_is_exact(seed, p) -> None:
    draw = random.Random(seed)
    sites = [f"s{j}" for j in range(7)]
    costs = {(a, b): draw.randint(1, 30) * 1.0 for a in sites for b in sites if draw.random() > 0.1}
    matrix, _, table = oracle.tables_of(costs, {"s0": 1}, capacities=dict.fromkeys(sites, 1))
    made = make_instance(Tables(matrix, None, table))
    score = lambda plan: min(  # noqa: E731
        costs.get((a, b), float("inf")) for a in plan for b in plan if a != b
    )
    best, plans = oracle.best_plan(sites, [p], score, largest=True)
    plan = solve_siting(made.instance, Question("p-dispersion", open=p))
    assert plan.status == "optimal"
    assert plan.objective == best
    assert names(made.instance, plan) in plans


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    p=st.integers(1, 4),
    model=st.sampled_from(["capacitated-mclp", "capacitated-p-median", "fixed-charge", "lscp"]),
)
def test_capacitated_models_are_exact(seed, p, model) -> None:
    costs, weights, sites = world(seed, n=6, m=5)
    draw = random.Random(seed + 1)
    loads = {d: draw.choice([1, 2, 7]) for d in weights}
    capacities = {s: draw.choice([4, 9, 15]) for s in sites}
    money = {s: draw.choice([10, 50, 300]) for s in sites}
    instance = make(costs, weights, capacities=capacities, loads=loads, money=money)
    limit = 35.0

    def score(plan):
        if model == "lscp":
            got = oracle.transport(costs, weights, loads, capacities, plan, limit=limit)
            return None if got is None else len(plan)
        cover = model == "capacitated-mclp"
        got = oracle.transport(
            costs, weights, loads, capacities, plan, cover=cover, limit=limit if cover else None
        )
        return got + sum(money[s] for s in plan) if got is not None and model == "fixed-charge" else got

    free = model in {"lscp", "fixed-charge"}
    best, plans = oracle.best_plan(
        sites, range(1, 6) if free else [p], score, largest=model == "capacitated-mclp"
    )
    question = Question(
        model,
        open=None if free else p,
        limit=limit if model in {"lscp", "capacitated-mclp"} else None,
        capacitated=True,
    )
    plan = solve_siting(instance, question)
    agree(instance, plan, best, plans)
    if plan.allocation is not None:
        used = dict.fromkeys(range(instance.m), 0.0)
        for d, s, share in zip(
            plan.allocation.demand, plan.allocation.site, plan.allocation.share, strict=True
        ):
            used[s] += share * instance.load[d]
        assert all(used[s] <= instance.capacity[s] + 1e-9 for s in used)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.integers(1, 3), charge=st.booleans())
def test_single_source_keeps_every_demand_whole(seed, p, charge) -> None:
    costs, weights, sites = world(seed, n=5, m=4)
    draw = random.Random(seed + 1)
    loads = {d: draw.choice([1, 2, 7]) for d in weights}
    capacities = {s: draw.choice([5, 9, 15]) for s in sites}
    money = {s: draw.choice([10, 50, 300]) for s in sites}
    instance = make(costs, weights, capacities=capacities, loads=loads, money=money)

    def score(plan):
        got = oracle.single_source(costs, weights, loads, capacities, plan)
        return got + sum(money[s] for s in plan) if got is not None and charge else got

    best, plans = oracle.best_plan(sites, [p], score, largest=False)
    model = "fixed-charge" if charge else "capacitated-p-median"
    question = Question(model, open=p, single_source=True, capacitated=True)
    plan = solve_siting(instance, question)
    agree(instance, plan, best, plans)
    if plan.allocation is not None:
        assert set(plan.allocation.share.tolist()) <= {1.0}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), most=st.integers(0, 4), factor=st.sampled_from([0.5, 1.0, 4.0]))
def test_fixed_charge_without_capacities(seed, most, factor) -> None:
    costs, weights, sites = world(seed)
    money = {s: random.Random(seed + k).choice([0, 10, 50, 300]) for k, s in enumerate(sites)}
    instance = make(costs, weights, money=money)

    def score(plan):
        travel = oracle.value("p-median", costs, weights, plan)
        return None if travel is None else travel + factor * sum(money[s] for s in plan)

    sizes = range(1, (most or len(sites)) + 1)
    best, plans = oracle.best_plan(sites, sizes, score, largest=False)
    question = Question("fixed-charge", open=most or None, open_is_most=bool(most), money_weight=factor)
    agree(instance, solve_siting(instance, question), best, plans)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), model=st.sampled_from(PLAIN), p=st.integers(2, 4))
def test_side_constraints_are_exact(seed, model, p) -> None:
    costs, weights, sites = world(seed)
    draw = random.Random(seed + 1)
    money = {s: draw.choice([1, 2, 5]) for s in sites}
    regions = {s: draw.choice("AB") for s in sites}
    districts = {d: draw.choice("xy") for d in weights}
    budget = draw.choice([None, 6, 9])
    side = Side(
        excludes=((0, 1),) if draw.random() < 0.5 else (),
        needs=((2, 3),) if draw.random() < 0.5 else (),
        region_least=(("A", 1),) if draw.random() < 0.5 else (),
        region_most=(("B", 2),) if draw.random() < 0.5 else (),
        district_least_share=draw.choice([None, 0.5]),
    )
    choices = Choices(cost_column="cost", fixed=("s4",) if draw.random() < 0.4 else ())
    instance = make(costs, weights, money=money, regions=regions, districts=districts, choices=choices)
    limit = 35.0

    def allowed(plan):
        chosen = set(plan)
        shares = []
        for name in "xy":
            own = {d: w for d, w in weights.items() if districts[d] == name}
            got = sum(w for d, w in own.items() if oracle.in_range(costs, d, plan, limit))
            shares.append(got >= (side.district_least_share or 0) * sum(own.values()) - 1e-12)
        return (
            all(shares)
            and (budget is None or sum(money[s] for s in plan) <= budget)
            and not (side.excludes and {"s0", "s1"} <= chosen)
            and not (side.needs and "s2" in chosen and "s3" not in chosen)
            and (not side.region_least or any(regions[s] == "A" for s in plan))
            and (not side.region_most or sum(regions[s] == "B" for s in plan) <= 2)
            and (not choices.fixed or "s4" in chosen)
        )

    bands = ((15.0, 1.0), (35.0, 0.4))
    score = lambda plan: (  # noqa: E731
        oracle.value(model, costs, weights, plan, limit=limit, bands=bands) if allowed(plan) else None
    )
    sizes = range(1, len(sites) + 1) if model == "lscp" else [p]
    best, plans = oracle.best_plan(sites, sizes, score, largest=model in LARGEST)
    question = Question(
        model,
        open=None if model == "lscp" else p,
        limit=limit,
        bands=bands if model == "gradual-cover" else (),
        budget=budget,
        side=side,
    )
    agree(instance, solve_siting(instance, question), best, plans)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.5, 0.9, 1.0]))
def test_cover_share_counts_all_weight(seed, share) -> None:
    costs, weights, sites = world(seed)
    weights["alone"] = 4
    instance = make(costs, weights, set_aside=True)
    total = sum(weights.values())

    def score(plan):
        got = oracle.value("mclp", costs, weights, plan, limit=30.0)
        return len(plan) if got >= share * total - 1e-9 else None

    best, plans = oracle.best_plan(sites, range(1, len(sites) + 1), score, largest=False)
    question = Question("lscp", limit=30.0, cover_share=share, total_weight=total)
    agree(instance, solve_siting(instance, question), best, plans)


@pytest.mark.parametrize("model", [m for m in MODELS if m != "p-dispersion"])
def test_shuffled_rows_give_the_same_plan(model) -> None:
    costs, weights, sites = world(11, n=12, m=8)
    money = dict.fromkeys(sites, 20)
    capacities = dict.fromkeys(sites, 200)
    question = Question(
        model,
        open=None if model == "lscp" else 3,
        limit=50.0 if "cover" in model or "mclp" in model or model == "lscp" else None,
        bands=((20.0, 1.0), (40.0, 0.5)) if model == "gradual-cover" else (),
    )
    plans = set()
    for seed in range(3):
        mixed, people = list(costs.items()), list(weights.items())
        random.Random(seed).shuffle(mixed)
        random.Random(seed).shuffle(people)
        instance = make(dict(mixed), dict(people), money=money, capacities=capacities)
        plans.add(names(instance, solve_siting(instance, question)))
    assert len(plans) == 1


def problems(costs, weights, **more):
    with pytest.raises(InputError) as error:
        make(costs, weights, **more)
    return {f.code for f in error.value.findings if f.severity == "error"}


def test_input_rules() -> None:
    costs = {("d0", "s0"): 10.0, ("d1", "s0"): 20.0, ("d1", "s1"): 5.0}
    ok = {"d0": 1, "d1": 2}
    assert "weight-missing" in problems(costs, {"d0": float("nan"), "d1": 1})
    assert "weight-negative" in problems(costs, {"d0": -1, "d1": 1})
    assert "zero-weight" in problems(costs, {"d0": 0, "d1": 0})
    assert "unknown-demand" in problems(costs, {"d0": 1})
    assert "cost-missing" in problems(costs | {("d0", "s1"): float("nan")}, ok)
    assert "cost-negative" in problems(costs | {("d0", "s1"): -3.0}, ok)
    assert "unservable" in problems(costs, ok | {"far": 3})
    assert "unknown-site" in problems(costs, ok, choices=Choices(fixed=("s9",)))


def test_contradictory_rows_are_an_error_and_repeated_ones_a_warning() -> None:
    matrix, demand, sites = oracle.tables_of({("d0", "s0"): 10.0}, {"d0": 1})
    twice = matrix.loc[[2, 2]].set_axis([2, 3])
    assert {f.code for f in make_instance(Tables(twice, demand, sites)).findings} == {"repeated-pair"}
    twice.loc[3, "minutes"] = 11.0
    with pytest.raises(InputError) as error:
        make_instance(Tables(twice, demand, sites))
    assert error.value.findings[0].code == "contradictory-pair"
    assert error.value.findings[0].where == "matrix:3"


def test_limits_are_inclusive_and_have_no_tolerance() -> None:
    weights = {"d0": 1, "d1": 1, "d2": 1}
    costs = {("d0", "s0"): 30.1, ("d1", "s0"): 30.0999999, ("d2", "s0"): 30.1000001}
    instance = make(costs, weights)
    assert solve_siting(instance, Question("mclp", open=1, limit=30.1)).objective == 2


def test_no_route_is_no_route_whatever_its_number() -> None:
    matrix, demand, sites = oracle.tables_of(
        {("d0", "s0"): 10.0, ("d1", "s1"): 5.0, ("d0", "s1"): 1.0}, {"d0": 1, "d1": 1}
    )
    matrix["status"] = ["reached", "reached", "unreachable"]
    instance = make_instance(Tables(matrix, demand, sites)).instance
    assert solve_siting(instance, Question("p-median", open=1)).status == "infeasible"
    assert solve_siting(instance, Question("p-median", open=2)).objective == 15
