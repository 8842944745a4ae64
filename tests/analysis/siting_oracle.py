"""Every subset of sites, tried in plain Python on dicts: the slow truth that the models are held against."""

from __future__ import annotations

import itertools
import math

import pandas as pd
from scipy.optimize import linprog


def tables_of(costs, weights, capacities=None, money=None, regions=None, districts=None, loads=None):
    """costs: {(demand, site): minutes}; ids are d0.. and s0.."""
    matrix = pd.DataFrame(
        [(d, s, c) for (d, s), c in costs.items()], columns=["origin_id", "destination_id", "minutes"]
    )
    matrix.index = matrix.index + 2
    demand = pd.DataFrame({"id": list(weights), "weight": [float(w) for w in weights.values()]})
    if loads is not None:
        demand["load"] = [float(loads[d]) for d in weights]
    if districts is not None:
        demand["district"] = [districts[d] for d in weights]
    demand.index = demand.index + 2
    ids = sorted({s for _, s in costs} | set(capacities or money or regions or {}))
    sites = pd.DataFrame({"id": ids})
    for name, values in (("capacity", capacities), ("cost", money)):
        if values is not None:
            sites[name] = [float(values[s]) for s in ids]
    if regions is not None:
        sites["region"] = [regions[s] for s in ids]
    sites.index = sites.index + 2
    return matrix, demand, sites


def nearest(costs, demand, sites):
    return min((costs[demand, s] for s in sites if (demand, s) in costs), default=math.inf)


def in_range(costs, demand, sites, limit):
    return [s for s in sites if costs.get((demand, s), math.inf) <= limit]


def value(model, costs, weights, sites, *, limit=None, bands=(), count="places"):  # noqa: PLR0911
    """The worth of a plan, None where it breaks the model."""
    reach = {d: nearest(costs, d, sites) for d in weights}
    if model == "mclp":
        return sum(w for d, w in weights.items() if reach[d] <= limit)
    if model == "gradual-cover":
        best = {d: max([f for b, f in bands if reach[d] <= b], default=0.0) for d in weights}
        return sum(w * best[d] for d, w in weights.items())
    if model == "lscp":
        return len(sites) if all(r <= limit for r in reach.values()) else None
    if model == "backup-cover":
        if any(r > limit for r in reach.values()):
            return None
        twice = [d for d in weights if len(in_range(costs, d, sites, limit)) >= 2]
        return len(twice) if count == "places" else sum(weights[d] for d in twice)
    if model == "p-median":
        if any(reach[d] == math.inf for d, w in weights.items() if w > 0):
            return None
        return sum(w * reach[d] for d, w in weights.items() if w > 0)
    if model == "p-center":
        worst = max(reach[d] for d, w in weights.items() if w > 0)
        return None if worst == math.inf else worst
    raise ValueError(model)


def best_plan(sites, sizes, score, *, largest):
    """The best objective and all the plans that have it."""
    best, plans = None, []
    for size in sizes:
        for plan in itertools.combinations(sorted(sites), size):
            got = score(plan)
            if got is None:
                continue
            if best is None or (got != best and (got > best + 1e-9 if largest else got < best - 1e-9)):
                best, plans = got, [plan]
            elif got == best or abs(got - best) <= 1e-9:
                plans.append(plan)
    return best, plans


def transport(costs, weights, loads, capacities, sites, *, limit=None, cover=False):
    """The worth of a capacitated plan by scipy's LP: served load, or weight x cost with all served."""
    pairs = [(d, s) for (d, s), c in sorted(costs.items()) if s in sites and (limit is None or c <= limit)]
    if not pairs:
        return 0.0 if cover else None
    price = [-loads[d] if cover else weights[d] * costs[d, s] for d, s in pairs]
    capacity = [[loads[d] * (t == s) for d, t in pairs] for s in sites]
    demand = [[float(e == d) for e, _ in pairs] for d in weights]
    room = [capacities[s] for s in sites]
    if cover:
        result = linprog(price, A_ub=capacity + demand, b_ub=room + [1.0] * len(weights), bounds=(0, 1))
    else:
        result = linprog(
            price, A_ub=capacity, b_ub=room, A_eq=demand, b_eq=[1.0] * len(weights), bounds=(0, 1)
        )
    if result.status == 2:
        return None
    return -result.fun if cover else result.fun


def single_source(costs, weights, loads, capacities, sites, *, limit=None):
    """Least weight x cost with every demand whole at one site, by trying all assignments."""
    best = None
    choices = [
        [s for s in sites if (d, s) in costs and (limit is None or costs[d, s] <= limit)] for d in weights
    ]
    for picks in itertools.product(*choices):
        used = dict.fromkeys(sites, 0.0)
        for d, s in zip(weights, picks, strict=True):
            used[s] += loads[d]
        if all(used[s] <= capacities[s] + 1e-9 for s in sites):
            total = sum(w * costs[d, s] for (d, w), s in zip(weights.items(), picks, strict=True))
            best = total if best is None or total < best else best
    return best
