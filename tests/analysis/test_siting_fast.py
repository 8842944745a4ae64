"""The compiled loops against the NumPy code beside them; the tree and the searches against plain truth."""

from __future__ import annotations

import importlib.util
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geoplan.analysis import siting_fast, siting_pmedian, siting_swaps
from geoplan.analysis.siting_cover import covered_weight, greedy, lagrange, make_cover
from geoplan.analysis.siting_cover_tree import CoverTree, undominated
from geoplan.analysis.siting_milp import Clock
from geoplan.analysis.siting_pmedian import kicked, make_median
from geoplan.analysis.siting_pmedian import lagrange as median_bound
from geoplan.analysis.siting_setcover import quick_cover, reduce, search_cover, smallest_cover
from geoplan.analysis.siting_swaps import Swaps
from geoplan.analysis.siting_tree import Growth, Limits, penalties

HAS_NUMBA = importlib.util.find_spec("numba") is not None


def cover_of(seed, n=60, m=18, p=4, *, whole=True):
    draw = np.random.default_rng(seed)
    near = sparse.csr_matrix((draw.random((n, m)) < 0.15).astype(float))
    weight = draw.integers(0, 50, n).astype(float) if whole else draw.random(n) * 50
    return make_cover(near, weight, p)


def best_cover(problem):
    """Every plan of p columns: the most weight covered and the plans that reach it."""
    worth = {
        c: covered_weight(problem, np.array(c)) for c in itertools.combinations(range(problem.m), problem.p)
    }
    most = max(worth.values())
    return most, [c for c, v in worth.items() if v >= most - 1e-9]


def with_loops(monkeypatch, module, *, on):
    monkeypatch.setattr(module, "kernels", lambda _: siting_fast.kernels(10**9) if on else None)


@pytest.mark.skipif(not HAS_NUMBA, reason="the compiled loops need numba (extra `fast`)")
@pytest.mark.parametrize("whole", [True, False])
def test_compiled_swaps_are_the_same_to_the_bit(monkeypatch, whole) -> None:
    problem = cover_of(3, 300, 60, 7, whole=whole)
    seen = []
    for on in (True, False):
        with_loops(monkeypatch, siting_swaps, on=on)
        search = Swaps(problem, np.arange(problem.p))
        first = [search.fresh.copy(), search.kept.copy(), search.lost.copy()]
        plan = siting_swaps.kicked(
            problem, search.descend(Clock(60)), np.arange(problem.m), Clock(60), rounds=20, seed=5
        )
        seen.append([*first, search.fresh, search.kept, search.lost, plan])
    assert all(np.array_equal(a, b) for a, b in zip(*seen, strict=True))


def median_of(seed, n=80, m=25, p=5, *, whole=True):
    draw = np.random.default_rng(seed)
    cost = np.rint(draw.random((n, m)) * 900) if whole else draw.random((n, m)) * 900
    cost[draw.random((n, m)) < 0.05] = np.inf
    weight = draw.integers(1, 80, n).astype(float) if whole else draw.random(n) * 80
    free = np.zeros(m, dtype=bool)
    return make_median(cost, weight, np.zeros(m), forced=free, least=p, most=p, whole=whole)


@pytest.mark.skipif(not HAS_NUMBA, reason="the compiled loops need numba (extra `fast`)")
@pytest.mark.parametrize("whole", [True, False])
def test_compiled_medians_are_the_same_to_the_bit(monkeypatch, whole) -> None:
    seen = []
    for on in (True, False):
        problem = median_of(4, whole=whole)
        with_loops(monkeypatch, siting_pmedian, on=on)
        plan = siting_pmedian.interchange(problem, siting_pmedian.greedy(problem), Clock(60))
        dual = median_bound(problem, plan, Clock(60), rounds=200)
        best = kicked(problem, plan, dual.value, Clock(60), rounds=20, seed=2)
        seen.append([plan, dual.multiplier, dual.value, np.array(dual.bound), best])
    assert all(np.array_equal(a, b) for a, b in zip(*seen, strict=True))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), whole=st.booleans())
def test_the_tree_finds_the_best_cover_and_knows_whether_it_is_alone(seed, whole) -> None:
    problem = cover_of(seed, 25, 10, 3, whole=whole)
    if problem.m < problem.p or not problem.rows.shape[0]:
        return
    most, plans = best_cover(problem)
    clock = Clock(60)
    growth = Growth(CoverTree(problem, clock), greedy(problem), Limits(clock, alike_s=60))
    growth.plant()
    tree = growth.run()
    assert -tree.cost == pytest.approx(most, abs=1e-9)
    assert tree.bound == tree.cost
    assert tuple(tree.chosen.tolist()) in plans
    assert tree.unique == ("yes" if len(plans) == 1 else "no")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_volume_bound_is_a_bound(seed) -> None:
    problem = cover_of(seed, 30, 12, 3)
    most, _ = best_cover(problem)
    dual = lagrange(problem, covered_weight(problem, greedy(problem)), Clock(60), rounds=300)
    assert dual.bound >= most - 1e-6
    u = dual.multiplier
    value = problem.columns @ u
    again = (problem.weight - u).sum() + np.sort(value)[-problem.p :].sum()
    assert dual.bound == pytest.approx(again)
    assert dual.open.sum() == pytest.approx(problem.p)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), least=st.integers(0, 4), more=st.integers(0, 4))
def test_penalties_are_what_one_column_changes(seed, least, more) -> None:
    draw = np.random.default_rng(seed)
    value = draw.integers(-9, 9, 8).astype(float)
    low = draw.random(8) < 0.15
    high = low | (draw.random(8) < 0.9)
    most = min(max(least + more, int(low.sum()), 1), int(high.sum()))
    least = min(least, most)

    def cheapest(low, high):
        sums = [
            value[list(c)].sum()
            for k in range(least, most + 1)
            for c in itertools.combinations(np.flatnonzero(high), k)
            if set(np.flatnonzero(low)) <= set(c)
        ]
        return min(sums, default=np.inf)

    total, enter, leave = penalties(value, low, high, least, most)
    assert total == cheapest(low, high)
    for column in np.flatnonzero(high & ~low):
        one = np.zeros(8, dtype=bool)
        one[column] = True
        assert enter[column] <= cheapest(low | one, high)
        assert leave[column] <= cheapest(low, high & ~one)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_smallest_cover_is_smallest(seed) -> None:
    draw = np.random.default_rng(seed)
    cells = draw.random((18, 9)) < 0.3
    cells[np.arange(18), draw.integers(0, 9, 18)] = True
    least = next(
        k
        for k in range(1, 10)
        if any(cells[:, list(c)].any(axis=1).all() for c in itertools.combinations(range(9), k))
    )
    found = smallest_cover(cells, Clock(60))
    assert found.columns is not None
    assert (len(found.columns), found.bound) == (least, least)
    assert cells[:, found.columns].any(axis=1).all()
    assert smallest_cover(cells, Clock(60), target=least - 1).bound > least - 1
    reduced = reduce(cells)
    assert reduced is not None
    assert quick_cover(reduced, Clock(60), target=least).bound <= least


def test_the_weighting_search_keeps_its_word() -> None:
    draw = np.random.default_rng(7)
    cells = (draw.random((200, 60)) < 0.08).astype(np.float32)
    cells[np.arange(200), draw.integers(0, 60, 200)] = 1.0
    plan = np.flatnonzero(cells.any(axis=0))
    found = search_cover(cells, plan, 24, Clock(60))
    assert found is not None
    assert len(found) == 24
    assert cells[:, found].any(axis=1).all()
    assert search_cover(cells, plan, 3, Clock(60), steps=50) is None


def test_dominated_columns_go_and_equal_ones_leave_the_first() -> None:
    cells = np.array([[1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], dtype=float)
    problem = make_cover(sparse.csr_matrix(cells), np.array([1.0, 2.0, 4.0]), 2)
    assert undominated(problem).tolist() == [0, 3]


def test_exact_grid_makes_sums_independent_of_their_order() -> None:
    draw = np.random.default_rng(1)
    values = draw.random(5000) * 1e4
    grid = siting_fast.exact_grid(values.sum())
    kept = siting_fast.on_grid(values, grid)
    assert np.abs(kept - values).max() <= grid / 2
    assert kept.sum() == kept[::-1].cumsum()[-1] == kept[draw.permutation(5000)].cumsum()[-1]
