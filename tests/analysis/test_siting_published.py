"""Optima that are published or follow from a proof, on instances that a rule generates."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import siting_oracle as oracle
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csgraph

from geoplan.analysis.siting import solve_siting
from geoplan.analysis.siting_instance import Question, cost_scale
from geoplan.analysis.siting_make import Tables, make_instance


def instance_of(costs, weights):
    return make_instance(Tables(*oracle.tables_of(costs, weights))).instance


def steiner(triples, n):
    """The tripled Steiner system on 3n points (Hall 1967): three copies, and one point of each at a time."""
    made = [tuple(x + c * n for x in t) for t in triples for c in range(3)]
    made += [(x, x + n, x + 2 * n) for x in range(n)]
    for t in triples:
        made += [(p[0], p[1] + n, p[2] + 2 * n) for p in itertools.permutations(t)]
    return made


PLANE = [
    (0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8),
    (0, 4, 8), (1, 5, 6), (2, 3, 7), (0, 5, 7), (1, 3, 8), (2, 4, 6),
]  # fmt: skip


@pytest.mark.parametrize(("points", "best"), [(9, 5), (27, 18)])
def test_steiner_triple_covers(points, best) -> None:
    # Fulkerson, Nemhauser & Trotter (1974), Math. Prog. Study 2: A9 needs 5, A27 needs 18
    triples = PLANE if points == 9 else steiner(PLANE, 9)
    assert len(triples) == points * (points - 1) // 6
    costs = {(f"t{k:03d}", f"s{x:02d}"): 1.0 for k, t in enumerate(triples) for x in t}
    instance = instance_of(costs, {f"t{k:03d}": 1 for k in range(len(triples))})
    plan = solve_siting(instance, Question("lscp", limit=1.0))
    assert (plan.status, plan.objective) == ("optimal", best)
    if points == 9:
        fewer = solve_siting(instance, Question("mclp", open=best - 1, limit=1.0))
        assert fewer.objective < len(triples)


@pytest.mark.parametrize(("n", "p"), [(24, 3), (24, 4), (25, 6)])
def test_cycle_has_known_center_and_median(n, p) -> None:
    # on a cycle each of p sites serves an arc of n/p points: radius and sum follow by counting
    gap = [[min((i - j) % n, (j - i) % n) for j in range(n)] for i in range(n)]
    costs = {(f"d{i:02d}", f"s{j:02d}"): float(gap[i][j]) for i in range(n) for j in range(n)}
    instance = instance_of(costs, {f"d{i:02d}": 1 for i in range(n)})
    arcs = [n // p + (k < n % p) for k in range(p)]
    assert solve_siting(instance, Question("p-center", open=p)).objective == math.ceil((max(arcs) - 1) / 2)
    total = sum(sum(abs(k - (a - 1) // 2) for k in range(a)) for a in arcs)
    assert solve_siting(instance, Question("p-median", open=p)).objective == total


@pytest.mark.parametrize(("p", "apart"), [(4, 7), (9, 3), (16, 2)])
def test_kings_on_a_board_are_far_apart(p, apart) -> None:
    # Chebyshev distance k between all: at most ceil(8 / k) squared kings on 8 x 8
    squares = list(itertools.product(range(8), repeat=2))
    costs = {
        (f"s{a}{b}", f"s{c}{d}"): float(max(abs(a - c), abs(b - d)))
        for a, b in squares
        for c, d in squares
        if (a, b) != (c, d)
    }
    matrix, _, _ = oracle.tables_of(costs, {"s00": 1})
    made = make_instance(Tables(matrix, None))
    plan = solve_siting(made.instance, Question("p-dispersion", open=p, time_limit_s=20))
    assert (plan.status, plan.objective) == ("optimal", apart)


def random_case(n, m, seed):
    draw = np.random.default_rng(seed)
    a, b = draw.random((n, 2)) * 100, draw.random((m, 2)) * 100
    cost = np.rint(10 * np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))) / 10
    weight = draw.integers(0, 200, n)
    costs = {(f"d{i:03d}", f"s{j:03d}"): float(cost[i, j]) for i in range(n) for j in range(m)}
    return cost, weight, instance_of(costs, {f"d{i:03d}": int(weight[i]) for i in range(n)})


def test_median_and_charge_agree_with_scipy() -> None:
    cost, weight, instance = random_case(70, 25, 3)
    n, m = cost.shape
    money = np.random.default_rng(1).integers(100, 900, m).astype(float)
    instance = replace(instance, money=money)
    serve = sparse.hstack([sparse.csr_matrix((n, m)), sparse.kron(sparse.eye(n), np.ones((1, m)))])
    link = sparse.hstack([sparse.kron(np.ones((n, 1)), -sparse.eye(m)), sparse.eye(n * m)])
    count = sparse.hstack([sparse.csr_matrix(np.ones((1, m))), sparse.csr_matrix((1, n * m))])
    base = [LinearConstraint(serve, 1, 1), LinearConstraint(link, -np.inf, 0)]
    for p, charge in ((3, False), (7, False), (None, True)):
        first = money if charge else np.zeros(m)
        price = np.concatenate([first, (weight[:, None] * cost).ravel()])
        rows = base if charge else [*base, LinearConstraint(count, p, p)]
        truth = milp(
            price,
            constraints=rows,
            integrality=np.r_[np.ones(m), np.zeros(n * m)],
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0},
        )
        plan = solve_siting(instance, Question("fixed-charge" if charge else "p-median", open=p))
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(truth.fun, rel=1e-9)


@pytest.mark.parametrize(("limit", "p"), [(12.0, 4), (20.0, 9), (30.0, 3)])
def test_cover_agrees_with_scipy(limit, p) -> None:
    cost, weight, instance = random_case(200, 60, 5)
    n, m = cost.shape
    near = sparse.csr_matrix((cost <= limit).astype(float))
    link = sparse.hstack([near, -sparse.eye(n)])
    count = sparse.hstack([sparse.csr_matrix(np.ones((1, m))), sparse.csr_matrix((1, n))])
    truth = milp(
        np.concatenate([np.zeros(m), -weight.astype(float)]),
        constraints=[LinearConstraint(link, 0, np.inf), LinearConstraint(count, p, p)],
        integrality=np.ones(m + n),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    plan = solve_siting(instance, Question("mclp", open=p, limit=limit))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(-truth.fun)


def test_center_bracket_holds_when_time_runs_out() -> None:
    _, _, instance = random_case(150, 60, 8)
    best = solve_siting(instance, Question("p-center", open=7))
    assert best.status == "optimal"
    hurried = solve_siting(instance, Question("p-center", open=7, time_limit_s=0.02))
    if hurried.sites:
        assert hurried.bound <= best.objective <= hurried.objective


@pytest.mark.parametrize("model", ["mclp", "p-median"])
def test_iteration_limit_keeps_a_true_bracket(model) -> None:
    _, _, instance = random_case(200, 60, 9)
    question = Question(model, open=8, limit=15.0 if model == "mclp" else None)
    best = solve_siting(instance, question)
    early = [solve_siting(instance, replace(question, max_iterations=2)) for _ in range(2)]
    assert early[0].sites == early[1].sites
    low, high = sorted([early[0].objective, early[0].bound])
    assert low - 1e-6 <= best.objective <= high + 1e-6
    assert early[0].gap == pytest.approx(
        abs(early[0].bound - early[0].objective) / max(abs(early[0].objective), 1e-9)
    )


def test_costs_are_whole_tenths_or_left_alone() -> None:
    assert cost_scale(np.array([0.1, 12.3, 999.9])) == 10
    assert cost_scale(np.array([0.125, 3.0])) == 1000
    assert cost_scale(np.array([math.pi])) == 1


def graph_case(n, edges, seed):
    """A graph in the manner of the pmed files (Beasley 1985, EJOR 21): a path, then random edges."""
    draw = np.random.default_rng(seed)
    ends = [(i, i + 1) for i in range(n - 1)] + [tuple(draw.integers(0, n, 2)) for _ in range(edges - n + 1)]
    table = np.full((n, n), np.inf)
    for a, b in ends:
        # of parallel edges the last one counts, as the files of pmed want it
        table[a, b] = table[b, a] = float(draw.integers(1, 101))
    np.fill_diagonal(table, 0.0)
    gap = csgraph.floyd_warshall(np.where(np.isinf(table), 0.0, table), directed=False)
    costs = {(f"d{i:03d}", f"s{j:03d}"): float(gap[i, j]) for i in range(n) for j in range(n)}
    return gap, instance_of(costs, {f"d{i:03d}": 1 for i in range(n)})


@pytest.mark.parametrize(("n", "p"), [(50, 5), (60, 10)])
def test_graphs_in_the_manner_of_pmed_agree_with_scipy(n, p) -> None:
    gap, instance = graph_case(n, 2 * n, n)
    serve = sparse.hstack([sparse.csr_matrix((n, n)), sparse.kron(sparse.eye(n), np.ones((1, n)))])
    link = sparse.hstack([sparse.kron(np.ones((n, 1)), -sparse.eye(n)), sparse.eye(n * n)])
    count = sparse.hstack([sparse.csr_matrix(np.ones((1, n))), sparse.csr_matrix((1, n * n))])
    truth = milp(
        np.concatenate([np.zeros(n), gap.ravel()]),
        constraints=[
            LinearConstraint(serve, 1, 1),
            LinearConstraint(link, -np.inf, 0),
            LinearConstraint(count, p, p),
        ],
        integrality=np.r_[np.ones(n), np.zeros(n * n)],
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    plan = solve_siting(instance, Question("p-median", open=p))
    assert (plan.status, plan.objective) == ("optimal", round(truth.fun))
    center = solve_siting(instance, Question("p-center", open=p))
    assert center.status == "optimal"
    radii = np.unique(gap)
    for radius, fits in ((center.objective, True), (radii[radii < center.objective].max(), False)):
        cover = milp(
            np.ones(n),
            constraints=LinearConstraint((gap <= radius).astype(float), 1, np.inf),
            integrality=np.ones(n),
            bounds=Bounds(0, 1),
        )
        assert (round(cover.fun) <= p) is fits


def test_costs_of_five_decimals_add_up_exactly() -> None:
    # as in the uncapopt files: a cost is that of serving a whole customer, with five decimals
    draw = np.random.default_rng(71)
    n, m = 25, 9
    cents = draw.integers(10**8, 10**9, (n, m))
    costs = {(f"d{i:02d}", f"s{j}"): float(cents[i, j]) / 1e5 for i in range(n) for j in range(m)}
    instance = replace(instance_of(costs, {f"d{i:02d}": 1 for i in range(n)}), money=np.full(m, 7500.0))
    plan = solve_siting(instance, Question("fixed-charge"))
    best = min(
        7500 * 10**5 * len(c) + int(cents[:, list(c)].min(axis=1).sum())
        for k in range(1, m + 1)
        for c in itertools.combinations(range(m), k)
    )
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best / 1e5, rel=1e-14)
