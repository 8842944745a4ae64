"""Phasing against every calendar of openings, tried in plain Python; its rules, tables and limits of time."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.analysis.phasing import (
    PhasingRule,
    case_of_instances,
    check_phases,
    make_case,
    phases_table,
    solve_phases,
    solve_phasing,
)
from geoplan.analysis.phasing_start import first_phases
from geoplan.analysis.siting_make import Choices, Tables, make_instance

SLOW = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

# --- the slow truth -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Years x demand x sites in dicts and lists; None is no way."""

    minutes: list
    people: list
    stands: list
    must: list
    shut: list
    price: list
    running: list

    @property
    def sites(self):
        return range(len(self.must))

    @property
    def years(self):
        return range(len(self.people))

    def may_open(self, site):
        return not self.shut[site] and not any(year[site] for year in self.stands)

    def case(self):
        n, m = len(self.people[0]), len(self.must)
        cost = [[[math.nan if c is None else c for c in row] for row in year] for year in self.minutes]
        return make_case(
            years=[2027 + k for k in self.years],
            demand_ids=[f"d{k}" for k in range(n)],
            site_ids=[f"s{k}" for k in range(m)],
            weight=self.people,
            cost=cost,
            existing=self.stands,
            fixed=self.must,
            closed=self.shut,
            open_cost=self.price,
            running_cost=self.running,
        )


def calendars(world):
    """Every way to open candidates: the year of each, or never (None)."""
    options = [[None, *world.years] if world.may_open(s) else [None] for s in world.sites]
    return itertools.product(*options)


def nearest(world, year, demand, sites):
    ways = [world.minutes[year][demand][s] for s in sites]
    return min((c for c in ways if c is not None), default=None)


def open_in(world, calendar, year):
    """Sites that are open in a year, standing ones included."""
    return [
        s for s in world.sites if world.stands[year][s] or (calendar[s] is not None and calendar[s] <= year)
    ]


def worth(world, rule, calendar):
    """Covered people, or people x minutes, of each year; and the places that are left without need."""
    values, left = [], set()
    for y in world.years:
        there = open_in(world, calendar, y)
        value = 0
        for d, people in enumerate(world.people[y]):
            best = nearest(world, y, d, there)
            could = nearest(world, y, d, [s for s in world.sites if world.stands[y][s] or world.may_open(s)])
            if rule.objective == "cover":
                value += people if best is not None and best <= rule.limit else 0
            elif best is not None:
                value += people * best
            elif people and could is not None:
                left.add(d)
        values.append(value)
    return values, left


def use(world, rule, calendar):
    """Money and number that a calendar uses in each year."""
    money, number = [], []
    for y in world.years:
        new = [s for s in world.sites if calendar[s] == y]
        runs = [s for s in world.sites if calendar[s] is not None and calendar[s] <= y]
        bill = sum(world.price[s] for s in new)
        money.append(bill + (sum(world.running[s] for s in runs) if rule.running_in_budget else 0))
        number.append(len(new))
    return money, number


def excess(used, limits, *, carry_over):
    """The least amount that every year's limit must grow by."""
    if limits is None:
        return 0
    grown = [0]
    for k in range(len(used)):
        if carry_over:
            grown.append((sum(used[: k + 1]) - sum(limits[: k + 1])) / (k + 1))
        else:
            grown.append(used[k] - limits[k])
    return max(grown)


def breaks(world, rule, calendar):
    """By limit, by how much a calendar breaks it."""
    money, number = use(world, rule, calendar)
    lost = sum(
        1
        for s in world.sites
        if world.must[s] and calendar[s] is None and not any(y[s] for y in world.stands)
    )
    return {
        "budgets": excess(money, rule.budgets, carry_over=rule.carry_over),
        "open_each": math.ceil(excess(number, rule.open_each, carry_over=rule.carry_over)),
        "open_total": max(0, sum(number) - rule.open_total) if rule.open_total is not None else 0,
        "fixed": lost,
        "unserved": len(worth(world, rule, calendar)[1]),
    }


def best_of(world, rule, score):
    """The best score of all calendars that keep the rule, None without one."""
    scores = [
        score(worth(world, rule, c)[0]) for c in calendars(world) if not any(breaks(world, rule, c).values())
    ]
    return (max if rule.objective == "cover" else min)(scores, default=None)


# --- small worlds -------------------------------------------------------------------------------------------


@st.composite
def worlds(draw):
    years, places, sites = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    way = st.one_of(st.none(), st.integers(0, 9))
    table = st.lists(st.lists(way, min_size=sites, max_size=sites), min_size=places, max_size=places)
    minutes = draw(
        st.one_of(table.map(lambda t: [t] * years), st.lists(table, min_size=years, max_size=years))
    )
    people = draw(
        st.lists(
            st.lists(st.integers(0, 9), min_size=places, max_size=places), min_size=years, max_size=years
        )
    )
    people[-1][0] += 1
    flags = st.lists(st.sampled_from([False, False, False, True]), min_size=sites, max_size=sites)
    stands = draw(
        st.one_of(flags.map(lambda f: [f] * years), st.lists(flags, min_size=years, max_size=years))
    )
    shut = draw(flags)
    must = [m and not s for m, s in zip(draw(flags), shut, strict=True)]
    money = st.lists(st.integers(0, 6), min_size=sites, max_size=sites)
    world = World(minutes, people, stands, must, shut, draw(money), draw(money))
    each = lambda top: st.one_of(  # noqa: E731
        st.none(), st.lists(st.integers(0, top), min_size=years, max_size=years).map(tuple)
    )
    rule = PhasingRule(
        objective=draw(st.sampled_from(["cover", "cost"])),
        limit=draw(st.integers(0, 8)),
        budgets=draw(each(12)),
        open_each=draw(each(2)),
        open_total=draw(st.one_of(st.none(), st.integers(0, 3))),
        carry_over=draw(st.booleans()),
        running_in_budget=draw(st.booleans()),
    )
    return world, rule


@SLOW
@given(worlds())
def test_the_nested_plan_is_the_best_of_all_calendars(drawn):
    world, rule = drawn
    truth = best_of(world, rule, sum)
    plan = solve_phasing(world.case(), rule)
    if truth is None:
        assert (plan.status, plan.stopped_by, plan.checked) == ("infeasible", "proof", None)
        assert plan.opened == tuple(() for _ in world.years)
        return
    assert (plan.status, plan.stopped_by) == ("optimal", "proof")
    assert plan.objective == pytest.approx(truth, abs=1e-6)
    assert plan.bound == pytest.approx(truth, abs=1e-4)
    assert plan.verified == ()
    calendar = [next((k for k, new in enumerate(plan.opened) if f"s{s}" in new), None) for s in world.sites]
    values, left = worth(world, rule, calendar)
    assert not left
    assert sum(values) == pytest.approx(truth, abs=1e-6)
    assert not any(breaks(world, rule, calendar).values())
    money, _ = use(world, replace(rule, running_in_budget=False), calendar)
    assert list(plan.checked.opening) == money
    assert list(plan.checked.population) == [sum(year) for year in world.people]


@SLOW
@given(worlds())
def test_the_last_year_first_is_the_best_last_year_and_then_the_best_sum(drawn):
    world, rule = drawn
    sign = 1 if rule.objective == "cover" else -1
    truth = best_of(world, rule, lambda values: (values[-1], sum(values)))
    plans = solve_phases(world.case(), rule, by_number=True)
    if truth is None:
        assert [p.name for p in plans.plans] == ["nested"]
        return
    plan = plans.plan("last_year_first")
    found = plan.checked.covered if rule.objective == "cover" else plan.checked.travel
    assert (plan.status, plan.verified) == ("optimal", ())
    assert (found[-1], sum(found)) == (pytest.approx(truth[0], abs=1e-6), pytest.approx(truth[1], abs=1e-6))
    assert sign * plans.plan("nested").objective >= sign * plan.objective - 1e-6
    if rule.budgets is None:
        assert plans.plan("by_number") is None
        return
    numbers = rule.open_each or tuple(len(year) for year in plans.plan("nested").opened)
    free = replace(rule, budgets=None, open_each=numbers)
    assert plans.plan("by_number").objective == pytest.approx(best_of(world, free, sum), abs=1e-6)


@SLOW
@given(worlds())
def test_what_cannot_be_is_explained_by_the_least_break_of_each_limit(drawn):
    world, rule = drawn
    plans = solve_phases(world.case(), rule)
    if plans.plan("nested").checked is not None:
        assert plans.explained is None
        return
    every = [breaks(world, rule, c) for c in calendars(world)]
    truth = {}
    for name in every[0]:
        alone = [b[name] for b in every if not any(v for other, v in b.items() if other != name)]
        if alone:
            truth[name] = min(alone)
    assert plans.explained.proven
    assert plans.explained.relaxations == pytest.approx(truth, abs=0.011)
    assert plans.explained.reasons
    assert len(phases_table(plans)) == 0


@SLOW
@given(worlds())
def test_greed_keeps_the_rule(drawn):
    world, rule = drawn
    case = world.case()
    plan = first_phases(case, rule)
    if plan is not None:
        opened = [[case.site_ids[s] for s in year] for year in plan]
        assert check_phases(case, rule, opened)[1] == ()


@SLOW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(drawn, random):
    world, rule = drawn
    case = world.case()
    d, s = list(range(len(case.demand_ids))), list(range(len(case.site_ids)))
    random.shuffle(d)
    random.shuffle(s)
    cost = np.array(
        [[[math.nan if c is None else c for c in row] for row in year] for year in world.minutes], dtype=float
    )
    mixed = make_case(
        years=case.years,
        demand_ids=[f"d{k}" for k in d],
        site_ids=[f"s{k}" for k in s],
        weight=np.array(world.people)[:, d],
        cost=cost[:, d][:, :, s],
        existing=np.array(world.stands)[:, s],
        fixed=np.array(world.must)[s],
        closed=np.array(world.shut)[s],
        open_cost=np.array(world.price)[s],
        running_cost=np.array(world.running)[s],
    )
    first, second = (replace(solve_phasing(c, rule), seconds=0.0) for c in (case, mixed))
    assert repr(first) == repr(second)


# --- a case by hand -----------------------------------------------------------------------------------------


def by_hand(**changes):
    """Old town A has 100 people and shrinks, new town B grows from 10 to 300; one site each, one a year."""
    given_ = {
        "years": [2027, 2028],
        "demand_ids": ["A", "B"],
        "site_ids": ["at-a", "at-b", "between"],
        "weight": [[100, 10], [50, 300]],
        "cost": [[5, math.inf, 30], [math.inf, 5, 30]],
        "open_cost": [2e6, 3e6, 9e6],
        "running_cost": [1e5, 1e5, 1e5],
    }
    return make_case(**(given_ | changes))


def test_a_case_by_hand():
    # 2027 at-a (100 people), 2028 at-b too (350): 450 people-years; at-b first would give 10 + 350.
    plans = solve_phases(by_hand(), PhasingRule(limit=10, budgets=(3e6, 3e6)), by_number=True)
    nested = plans.plan("nested")
    assert nested.opened == (("at-a",), ("at-b",))
    assert (nested.objective, nested.bound, nested.gap) == (450, 450, 0)
    table = phases_table(plans)
    rows = table[table["plan"] == "nested"].drop(columns="plan").to_numpy(dtype=object).tolist()
    assert rows == [
        [2027, 1, "at-a", "opened", 2e6, 2e6, 3e6, 100.0, 110.0],
        [2028, 1, "at-b", "opened", 3e6, 3e6, 3e6, 350.0, 350.0],
    ]
    assert list(table.columns) == [
        "plan", "year", "rank", "site_id", "status", "cost_azn", "spent_azn", "budget_azn", "people_covered",
        "population",
    ]  # fmt: skip
    # at the limit of 30 the site between serves both: 460, for money that two years have not
    assert solve_phasing(by_hand(), PhasingRule(limit=30, open_each=(1, 0))).opened == (("between",), ())
    assert solve_phasing(by_hand(), PhasingRule(limit=29.9, open_each=(1, 0))).opened[0] == ("at-b",)


def test_the_last_year_first_buys_what_is_best_in_the_end():
    # 2028 money for one site only: the last year wants at-b (300), the sum at-a would lose 250
    rule = PhasingRule(limit=10, open_total=1)
    plans = solve_phases(by_hand(weight=[[100, 10], [100, 150]]), rule)
    assert plans.plan("nested").opened == (("at-a",), ())  # 200 against 160
    assert plans.plan("last_year_first").opened == (("at-b",), ())  # 150 against 100 in 2028
    assert [plan.objective for plan in plans.plans] == [200, 160]
    table = phases_table(plans)
    empty = table[(table["plan"] == "nested") & (table["year"] == 2028)].iloc[0]
    assert (empty["site_id"], empty["rank"], empty["status"], empty["people_covered"]) == ("", 0, "", 100)
    assert math.isnan(empty["budget_azn"])


def test_plans_that_are_as_good_have_the_same_sites():
    # two sites for the same people: a tie must not look like another answer
    case = by_hand(cost=[[5, 5, 30], [math.inf, math.inf, 5]])
    plans = solve_phases(case, PhasingRule(limit=10, budgets=(9e6, 9e6)), by_number=True)
    assert len({plan.opened for plan in plans.plans}) == 1
    assert [plan.objective for plan in plans.plans] == [100 + 350] * 3


def test_money_may_be_carried_over_and_pay_for_running():
    dear = by_hand(open_cost=[5e6, 5e6, 9e6])
    rule = PhasingRule(limit=10, budgets=(3e6, 3e6))
    assert solve_phasing(dear, rule).opened == ((), ())
    assert solve_phasing(dear, replace(rule, carry_over=True)).opened == ((), ("at-b",))
    tight = PhasingRule(limit=10, budgets=(2e6, 3e6), running_in_budget=True)
    assert solve_phasing(by_hand(), tight).opened == ((), ("at-a",))  # 2.1 million in the first year


def test_sites_that_open_by_themselves_are_no_choice():
    case = by_hand(existing=[[False, False, False], [False, True, False]])
    plan = solve_phasing(case, PhasingRule(limit=10, open_each=(1, 1)))
    assert plan.opened[0] == ("at-a",)
    assert "at-b" not in sum(plan.opened, ())
    assert plan.objective == 100 + 350


def test_idle_sites_stay_closed():
    plan = solve_phasing(by_hand(), PhasingRule(limit=10))
    assert sorted(sum(plan.opened, ())) == ["at-a", "at-b"]


# --- instances of several years -------------------------------------------------------------------------


def instance(people, stands=()):
    """A siting instance of one year."""
    ways = {("A", "at-a"): 5.0, ("B", "at-b"): 59.9, ("B", "between"): 60.1}
    matrix = pd.DataFrame(
        [(d, s, c) for (d, s), c in ways.items()], columns=["origin_id", "destination_id", "minutes"]
    )
    demand = pd.DataFrame({"id": list(people), "weight": [float(v) for v in people.values()]})
    sites = pd.DataFrame({"id": ["at-a", "at-b", "between"]})
    sites["existing"] = sites["id"].isin(stands)
    tables = Tables(matrix=matrix[matrix["origin_id"].isin(people)], demand=demand, sites=sites)
    return make_instance(tables, Choices(set_aside=True)).instance


def test_a_case_of_one_instance_a_year():
    years = {2028: instance({"A": 50, "B": 300}, stands=["at-a"]), 2027: instance({"B": 10})}
    case = case_of_instances(years, open_cost={"at-b": 2e6})
    assert (case.years, case.demand_ids) == ((2027, 2028), ("A", "B"))
    assert case.weight.tolist() == [[0, 10], [50, 300]]
    assert case.existing.tolist() == [[False] * 3, [True, False, False]]
    assert case.usable.tolist() == [False, True, True]
    assert case.open_cost.tolist() == [0, 2e6, 0]
    plan = solve_phasing(case, PhasingRule(limit=59.9, open_each=(1, 1)))
    assert plan.opened == (("at-b",), ())
    assert plan.checked.covered == (10, 350)
    assert solve_phasing(case, PhasingRule(limit=59.8, open_each=(1, 1))).checked.covered == (0, 50)


# --- what is refused, and how long it takes -------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight": [[math.nan, 1], [1, 1]]}, "weight must be finite"),
        ({"weight": [[0, 0], [0, 0]]}, "weight of all demand is zero"),
        ({"weight": [1, 2, 3]}, "weight has the shape"),
        ({"cost": [[-1, 1, 1], [1, 1, 1]]}, "a cost is negative"),
        ({"open_cost": [1, -1, 0]}, "open_cost must be finite numbers of 0 or more"),
        ({"years": [2028, 2027]}, "years must ascend"),
        ({"site_ids": ["a", "a", "b"]}, "site ids must be there, each once"),
    ],
)
def test_wrong_tables_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        by_hand(**changes)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (PhasingRule(), "covering needs a limit"),
        (PhasingRule(limit=math.nan), "the limit must be a finite number"),
        (PhasingRule(limit=1, budgets=(1.0,)), "budgets has 1 numbers for 2 years"),
        (PhasingRule(limit=1, open_each=(1, -1)), "open_each must be numbers of 0 or more"),
        (PhasingRule(limit=1, open_total=-1), "open_total must be 0 or more"),
    ],
)
def test_wrong_rules_are_refused(rule, words):
    with pytest.raises(ValueError, match=words):
        solve_phasing(by_hand(), rule)


def test_a_second_look_finds_what_is_wrong():
    rule = PhasingRule(limit=10, budgets=(2e6, 2e6), open_each=(1, 1), open_total=1)
    case = by_hand(fixed=[True, False, False], closed=[False, False, True])
    found = check_phases(case, rule, (("at-b", "between", "x"), ("at-b",)))[1]
    for words in (
        "no such site: x", "at-b opens twice", "between may not open", "at-a must open and does not",
        "2027 opens 3, more than 1", "2027 spends 1.2e+07, more than 2e+06", "4 sites open, more than 1",
    ):  # fmt: skip
        assert words in found, (words, found)
    left = check_phases(by_hand(), PhasingRule("cost"), (("at-a",), ()))[1]
    assert left == (
        "in 2027 a weight of 10 reaches no open site",
        "in 2028 a weight of 300 reaches no open site",
    )


def hard(seed=1, n=400, m=60):
    """A case that takes longer than a test has."""
    draw = np.random.default_rng(seed)
    return make_case(
        years=[2027, 2028, 2029, 2030],
        demand_ids=[f"d{k:03}" for k in range(n)],
        site_ids=[f"s{k:02}" for k in range(m)],
        weight=draw.integers(1, 500, n) * np.array([[1], [2], [3], [4]]),
        cost=draw.integers(1, 100, (n, m)),
        open_cost=draw.integers(1, 9, m) * 1e6,
    )


def test_the_time_limit_holds_and_the_plan_says_so():
    begin = time.perf_counter()
    plans = solve_phases(
        hard(), PhasingRule("cost", budgets=(9e6, 9e6, 9e6, 9e6)), by_number=True, time_limit_s=6
    )
    assert time.perf_counter() - begin < 6 * 1.1 + 2
    nested = plans.plan("nested")
    assert (nested.status, nested.stopped_by, nested.verified) == ("feasible", "time", ())
    assert nested.bound <= nested.objective
    assert nested.gap == pytest.approx(abs(nested.bound - nested.objective) / nested.objective)
    assert len(plans.plans) == 3


def test_progress_has_incumbent_and_bound_in_the_sense_of_the_question():
    seen = []
    plan = solve_phasing(
        hard(n=120, m=25), PhasingRule(limit=10, open_each=(1, 1, 1, 1)),
        progress=lambda incumbent, bound: seen.append((incumbent, bound)),
    )  # fmt: skip
    assert plan.status == "optimal"
    assert seen
    assert all(incumbent <= bound + 1e-3 for incumbent, bound in seen if math.isfinite(incumbent))
    assert seen[-1][1] >= plan.objective - 1e-3
