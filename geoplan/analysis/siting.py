"""Where centres should stand: one question to one plan, with its bound, and why the search ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from geoplan.analysis.allocation import Allocation, allocate, loaded, worth
from geoplan.analysis.siting_capacitated import packed_of
from geoplan.analysis.siting_capacitated_bound import Search
from geoplan.analysis.siting_cover import make_cover
from geoplan.analysis.siting_cover_exact import solve_cover
from geoplan.analysis.siting_dispersion import solve_dispersion
from geoplan.analysis.siting_instance import Instance, Question, cover_matrix, dense_costs
from geoplan.analysis.siting_milp import Clock, Outcome, Stop, solve
from geoplan.analysis.siting_models import bands_of, build_model
from geoplan.analysis.siting_pcenter import equal_center, solve_center
from geoplan.analysis.siting_pmedian import make_median
from geoplan.analysis.siting_pmedian_exact import solve_median
from geoplan.analysis.siting_setcover import smallest_cover
from geoplan.analysis.siting_share import asked_most, fewest_for_share, other_for_share
from geoplan.analysis.siting_sides import meets_sides, one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[float, float], None]

DENSE_CELLS: Final = 40_000_000
"""Largest demand x sites table that the median and center methods hold at once (320 MB)."""

PACKED_CELLS: Final = 60_000
"""Largest demand x sites table of the knapsack method: every step fills as many rows of a knapsack."""

ALTERNATIVE_S: Final = 10.0
"""Longest search for a second plan that is as good."""

NEAR_TIES: Final = 20
"""Plans within the solver's tolerance of the best that are counted out before nothing is said of others."""

EQUAL: Final = 1e-11
"""Relative difference of two plans that are as good: what rounding of sums may hide."""

SMALL_COVER: Final = 5_000
"""Entries of a covering problem up to which another plan as good is looked for by a program."""

CAPACITATED: Final = frozenset({"capacitated-mclp", "capacitated-p-median"})
SCALED: Final = frozenset({"p-median", "capacitated-p-median", "p-center", "p-dispersion"})
"""Models whose objective is measured in travel cost alone."""


@dataclass(frozen=True)
class Plan:
    """The answer to one question.

    Attributes
    ----------
    status
        optimal, feasible, infeasible, or unknown (the time ended before any plan was found).
    stopped_by
        proof, gap, time or iterations.
    objective, bound
        In the unit of the matrix (weight x minutes, weight, sites ...); NaN where there is none.
    gap
        |bound - objective| / max(|objective|, 1e-9).
    sites
        Positions of the open sites, sorted.
    allocation
        Who goes where; None without a plan.
    unique
        Whether another plan is as good: yes (none is), no, unknown.
    seconds
        Wall time.
    """

    status: str
    stopped_by: str
    objective: float
    bound: float
    gap: float
    sites: tuple[int, ...]
    allocation: Allocation | None
    unique: str
    seconds: float

    @property
    def reproducible(self) -> bool:
        """Whether the same input gives the same plan on any machine."""
        return self.stopped_by != "time"


@dataclass(frozen=True)
class _Found:
    """What a method found, in the units of the instance."""

    sites: tuple[int, ...] | None
    bound: float
    stopped_by: str
    unique: str = "unknown"
    infeasible: bool = False
    allocation: Allocation | None = None


def solve_siting(instance: Instance, question: Question, *, progress: Progress | None = None) -> Plan:
    """Return the best plan for a question.

    Small questions (one site) are enumerated; plain covering, median and center questions go to their own
    methods; everything else to HiGHS. `progress` gets incumbent and bound in the units of the instance.
    """
    clock = Clock(question.time_limit_s)
    question = _completed(instance, question, clock)
    found = _method(instance, question)(instance, question, clock, progress)
    return _plan(instance, question, found, clock)


def _completed(instance: Instance, question: Question, clock: Clock) -> Question:
    """Return the question with what its model implies."""
    if question.model in CAPACITATED:
        question = replace(question, capacitated=True)
    if question.model == "lscp" and question.total_weight <= 0:
        question = replace(question, total_weight=float(instance.weight.sum()))
    if question.model == "backup-cover" and question.open is None:
        fewest = _set_cover(instance, replace(question, model="lscp"), clock.part(0.5), None)
        if fewest.sites is not None:
            question = replace(question, open=len(fewest.sites))
    return question


def _method(  # noqa: PLR0911 - one line a method
    instance: Instance, question: Question
) -> Callable[[Instance, Question, Clock, Progress | None], _Found]:
    """Return the method for a question."""
    plain = question.plain and not loaded(instance, question) and not question.single_source
    if question.model == "p-dispersion":
        return _disperse
    if question.open == 1 and not question.open_is_most and not question.single_source:
        return _enumerate
    if question.model == "p-center":
        return _center if question.plain else _center_with_sides
    if plain and question.model in {"mclp", "gradual-cover"}:
        return _cover
    if plain and question.model == "lscp" and question.open is None:
        return _set_cover if question.cover_share is None else _share_cover
    if _median_shaped(instance, question):
        return _median
    if _packed_shaped(instance, question):
        return _packed
    return _program


def _packed_shaped(instance: Instance, question: Question) -> bool:
    """Whether the knapsack method can answer: whole demand, capacities, a number of sites, nothing else."""
    if question.model != "capacitated-p-median" or not question.single_source:
        return False
    asked = question.open is not None and question.open >= 1 and not question.open_is_most
    plain = question.side.empty and question.budget is None and not (instance.least_load > 0).any()
    return asked and plain and instance.n * instance.m <= PACKED_CELLS


def _median_shaped(instance: Instance, question: Question) -> bool:
    """Whether the median method can answer: numbers, fixed sites and opening costs, nothing else."""
    if question.model not in {"p-median", "fixed-charge"} or instance.n * instance.m > DENSE_CELLS:
        return False
    plain = question.side.empty and question.budget is None and not loaded(instance, question)
    shared = question.model == "fixed-charge" and bool(instance.shared)
    return plain and not shared


def _cover(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer maximal and gradual covering."""
    bands = bands_of(question)
    rows = sparse.vstack(
        [cover_matrix(instance.within(limit), instance.n, instance.m) for limit, _ in bands], format="csr"
    )
    weight = np.concatenate([step * instance.weight for _, step in bands])
    fixed = np.flatnonzero(instance.fixed & instance.usable)
    free = np.flatnonzero(instance.usable & ~instance.fixed)
    assert question.open is not None  # noqa: S101 - for the type checker; cli and make check it
    p = question.open - len(fixed)
    if p < 0 or p > len(free):
        return _Found(None, -np.inf, "proof", infeasible=True)
    done = np.asarray(rows[:, fixed].sum(axis=1)).ravel() > 0
    settled = float(weight[done].sum())
    problem = make_cover(rows[~done][:, free].tocsr(), weight[~done], p)
    if p in {0, len(free)}:
        sites = (*fixed.tolist(), *(free.tolist() if p else []))
        total = settled + (float(problem.weight.sum()) if p else 0.0)
        return _Found(tuple(sorted(sites)), total, "proof", "yes")
    shown = None if progress is None else _shifted(progress, settled)
    plan = solve_cover(
        problem, clock, gap=question.gap, max_iterations=question.max_iterations, progress=shown
    )
    sites = tuple(sorted([*fixed.tolist(), *free[plan.chosen].tolist()]))
    unique = plan.unique
    if unique == "unknown" and plan.stopped_by == "proof" and rows.nnz <= SMALL_COVER:
        # where dominance leaves no choice no tree was grown
        unique = _another(instance, question, sites, -settled - plan.covered, clock)
    return _Found(sites, settled + plan.bound, plan.stopped_by, unique)


def _shifted(progress: Progress, by: float) -> Progress:
    """Return a progress call that adds a constant."""
    return lambda primal, dual: progress(primal + by, dual + by)


def _set_cover(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer with the fewest sites that cover all demand that has a route."""
    cover = cover_matrix(instance.within(question.limit), instance.n, instance.m)
    fixed = np.flatnonzero(instance.fixed & instance.usable)
    free = np.flatnonzero(instance.usable & ~instance.fixed)
    covered = np.asarray(cover[:, fixed].sum(axis=1)).ravel() > 0
    needed = np.flatnonzero(instance.reached & ~covered)
    cells = np.asarray(cover[needed][:, free].todense()) > 0
    best = smallest_cover(np.unique(cells, axis=0), clock)
    if progress is not None and best.columns is not None:
        progress(float(len(fixed) + len(best.columns)), len(fixed) + best.bound)
    if best.columns is None:
        return _Found(None, np.inf, "proof", infeasible=True)
    sites = tuple(sorted([*fixed.tolist(), *free[best.columns].tolist()]))
    proven = best.bound >= len(best.columns)
    found = _Found(sites, len(fixed) + best.bound, "proof" if proven else "time")
    return (
        replace(found, unique=_another(instance, question, sites, float(len(sites)), clock))
        if proven
        else found
    )


def _share_cover(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer with the fewest sites that cover a share of all weight."""

    def most(open_: int, part: Clock) -> tuple[tuple[int, ...] | None, float]:
        found = _cover(instance, asked_most(question, open_, part), part, None)
        return found.sites, found.bound

    best = fewest_for_share(instance, question, clock, most)
    if best.sites is None:
        return _Found(None, np.inf, "proof", infeasible=True)
    if progress is not None:
        progress(float(len(best.sites)), best.bound)
    if best.bound < len(best.sites):
        return _Found(best.sites, best.bound, "time")
    if other_for_share(instance, question, best.sites):
        return _Found(best.sites, best.bound, "proof", "no")
    unique = _another(instance, question, best.sites, float(len(best.sites)), clock)
    return _Found(best.sites, best.bound, "proof", unique)


def _median(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer the p-median and the uncapacitated fixed-charge model."""
    charge = question.model == "fixed-charge"
    usable = np.flatnonzero(instance.usable)
    fixed = instance.fixed[usable]
    needed = instance.needed(question.model)
    cost = dense_costs(instance.pairs, instance.n, instance.m)[needed][:, usable]
    weight = instance.weight[needed]
    # money stands beside travel in the unit of the matrix: both are taken in the finer unit here
    opening = (
        instance.scale * question.money_weight * instance.money[usable] if charge else np.zeros(len(usable))
    )
    most = len(usable) if question.open is None else min(question.open, len(usable))
    least = 1 if charge and (question.open is None or question.open_is_most) else most
    if int(fixed.sum()) > most or ((question.open or 0) > len(usable) and not charge):
        return _Found(None, np.inf, "proof", infeasible=True)
    whole = all(bool(np.all(v == np.rint(v))) for v in (weight, instance.pairs.cost, opening))
    problem = make_median(cost, weight, opening, forced=fixed, least=least, most=most, whole=whole)
    unit = 1.0 / instance.scale if charge else 1.0
    shown = None if progress is None else _stretched(progress, unit)
    plan = solve_median(
        problem, clock, gap=question.gap, max_iterations=question.max_iterations, progress=shown
    )
    if plan.cost >= problem.no_route:
        # no plan known that serves everybody: too few sites, or only the whole program can tell
        reach = smallest_cover(np.unique(np.isfinite(cost[weight > 0]), axis=0), clock, target=most)
        if reach.bound > most:
            return _Found(None, np.inf, "proof", infeasible=True)
        return _program(instance, question, clock, progress)
    sites = tuple(usable[plan.chosen].tolist())
    return _Found(sites, plan.bound * unit, plan.stopped_by, plan.unique)


def _packed(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer the single-source capacitated p-median."""
    problem, rows, columns = packed_of(instance, question.open or 0)
    if problem.p > problem.m or problem.p < int(problem.forced.sum()):
        return _Found(None, np.inf, "proof", infeasible=True)
    if not problem.n:
        return _program(instance, question, clock, progress)
    proof = Search(problem, clock, progress).run(gap=question.gap, max_nodes=question.max_iterations)
    plan = proof.plan
    if plan is None:
        if proof.bound == np.inf:
            return _Found(None, np.inf, "proof", infeasible=True)
        return _program(instance, question, clock, progress)
    sites = tuple(columns[plan.sites].tolist())
    to = columns[plan.site]
    cost = dense_costs(instance.pairs, instance.n, instance.m)[rows, to]
    allocation = Allocation(rows, to, np.ones(len(rows)), cost)
    found = _Found(sites, proof.bound, "proof", allocation=allocation)
    if proof.bound < plan.cost:
        near = question.max_iterations is None or plan.cost - proof.bound <= question.gap * abs(plan.cost)
        halted = "gap" if near else "iterations"
        return replace(found, stopped_by="time" if clock.over else halted)
    return replace(found, unique=_another(instance, question, sites, plan.cost, _short(clock)))


def _stretched(progress: Progress, by: float) -> Progress:
    """Return a progress call that multiplies by a constant."""
    return lambda primal, dual: progress(primal * by, dual * by)


def _center(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer the p-center."""
    usable = np.flatnonzero(instance.usable)
    fixed = instance.fixed[usable]
    needed = np.flatnonzero(instance.needed("p-center"))
    cost = dense_costs(instance.pairs, instance.n, instance.m)[needed][:, usable]
    p = question.open or 0
    if p < int(fixed.sum()) or p > len(usable):
        return _Found(None, np.inf, "proof", infeasible=True)
    plan = solve_center(cost, p, fixed, clock, progress=progress)
    if plan.sites is None:
        return _Found(None, plan.bound, "proof" if plan.proven else "time", infeasible=plan.proven)
    sites = tuple(usable[plan.sites].tolist())
    if not plan.proven:
        return _Found(sites, plan.bound, "time")
    unique = "no" if equal_center(cost, plan, fixed) else ""
    unique = unique or _another(instance, question, sites, plan.radius, _short(clock))
    return _Found(sites, plan.bound, "proof", unique)


def _short(clock: Clock) -> Clock:
    """Return a clock for the look for equal plans: about as long as the plan itself took."""
    return Clock(min(ALTERNATIVE_S, clock.left_s, 0.5 + clock.used_s))


def _center_with_sides(
    instance: Instance, question: Question, clock: Clock, progress: Progress | None
) -> _Found:
    """Answer the p-center under side constraints: bisection, each radius a program with all of them."""
    needed = instance.needed("p-center")
    levels = np.unique(instance.pairs.cost[needed[instance.pairs.demand]])
    low, high, best = 0, len(levels), None
    while low < high and not clock.over:
        middle = (low + high) // 2
        sites, excluded = _within_radius(instance, question, float(levels[middle]), clock)
        if sites is not None:
            best, high = sites, middle
        elif excluded:
            low = middle + 1
        else:
            break
    if best is None:
        return _Found(None, np.inf, "proof" if low >= high else "time", infeasible=low >= high)
    if progress is not None:
        progress(float(levels[high]), float(levels[low]))
    if low < high:
        return _Found(best, float(levels[low]), "time")
    return _Found(
        best, float(levels[low]), "proof", _another(instance, question, best, float(levels[low]), clock)
    )


def _within_radius(
    instance: Instance, question: Question, radius: float, clock: Clock
) -> tuple[tuple[int, ...] | None, bool]:
    """Return a plan whose largest cost is at most `radius` (instance units), and whether there is none."""
    program = build_model(instance, replace(question, radius=radius)).program
    outcome = solve(program, Stop(clock, reached=np.inf))
    if outcome.x is not None:
        return _sites_of(outcome, instance), False
    return None, outcome.state == "infeasible"


def _disperse(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer p-dispersion."""
    p = question.open or 0
    if p < max(2, int(instance.fixed.sum())) or p > int(instance.usable.sum()):
        return _Found(None, np.inf, "proof", infeasible=True)
    plan = solve_dispersion(instance, p, clock, progress=progress)
    sites = None if plan.sites is None else tuple(int(s) for s in plan.sites)
    return _Found(sites, plan.bound, "proof" if plan.proven else "time")


def _enumerate(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Try every candidate for one open site; an equal objective goes to the smaller id."""
    best: tuple[float, int] | None = None
    equal = 0
    sign = -1.0 if question.largest else 1.0
    candidates = np.flatnonzero(instance.usable)
    if instance.fixed.any():
        candidates = np.flatnonzero(instance.fixed) if instance.fixed.sum() == 1 else candidates[:0]
    for site, own in one_by_one(instance, candidates):
        value = worth(own, question, (site,), allocate(own, question, (site,), clock))
        if value is None or not meets_sides(own, question, (site,)):
            continue
        key = sign * value
        equal = equal + 1 if best is not None and key == best[0] else equal
        if best is None or key < best[0]:
            best, equal = (key, site), 1
    if best is None:
        return _Found(None, np.inf, "proof", infeasible=True)
    if progress is not None:
        progress(sign * best[0], sign * best[0])
    return _Found((best[1],), sign * best[0], "proof", "yes" if equal == 1 else "no")


def _program(instance: Instance, question: Question, clock: Clock, progress: Progress | None) -> _Found:
    """Answer any model as one program."""
    sign = -1.0 if question.largest else 1.0
    shown = None if progress is None else _stretched(progress, sign)
    stop = Stop(clock, gap=question.gap, max_nodes=question.max_iterations)
    outcome = solve(build_model(instance, question).program, stop, progress=shown)
    if outcome.state == "infeasible":
        return _Found(None, np.inf, "proof", infeasible=True)
    if outcome.x is None:
        return _Found(None, sign * outcome.bound, "time")
    sites = _sites_of(outcome, instance)
    proven = outcome.state == "optimal"
    why = "time" if clock.over or question.max_iterations is None else "iterations"
    closed = outcome.objective - outcome.bound <= 1e-7 * max(1.0, abs(outcome.objective))
    stopped = ("proof" if closed else "gap") if proven else why
    if stopped != "proof":
        return _Found(sites, sign * outcome.bound, stopped)
    unique = _another(instance, question, sites, outcome.objective, clock)
    return _Found(sites, sign * outcome.bound, "proof", unique)


def _sites_of(outcome: Outcome, instance: Instance) -> tuple[int, ...]:
    """Return the open sites of a program's plan."""
    assert outcome.x is not None  # noqa: S101 - asked only where there is a plan
    return tuple(np.flatnonzero(outcome.x[: instance.m] > 0.5).tolist())


def _another(
    instance: Instance, question: Question, sites: tuple[int, ...], objective: float, clock: Clock
) -> str:
    """Return whether no other set of sites is as good: yes, no or unknown.

    `objective` is that of the program (to be small).
    """
    need = objective + 1e-7 * max(1.0, abs(objective))
    if question.model == "p-center":
        question, need = replace(question, radius=objective), np.inf
    clock = Clock(min(ALTERNATIVE_S, clock.left_s))
    best: float | None = None
    others = [sites]
    while len(others) <= NEAR_TIES and not clock.over:
        apart = tuple((other, 1) for other in others)
        asked = replace(question, side=replace(question.side, apart=(*question.side.apart, *apart)))
        outcome = solve(build_model(instance, asked).program, Stop(clock, reached=need, beyond=need))
        if outcome.x is None or outcome.objective > need:
            return "yes" if outcome.state == "infeasible" or outcome.bound > need else "unknown"
        if question.model == "p-center":
            return "no"
        # within the solver's tolerance: whether it is as good to the last person is counted
        best = _counted(instance, question, sites, clock) if best is None else best
        others.append(_sites_of(outcome, instance))
        value = _counted(instance, question, others[-1], clock)
        if best is None or value is None:
            return "unknown"
        if abs(value - best) <= EQUAL * max(1.0, abs(best)):
            return "no"
    return "unknown"


def _counted(instance: Instance, question: Question, sites: tuple[int, ...], clock: Clock) -> float | None:
    """Return what a set of sites is worth, worked out from the sites alone."""
    return worth(instance, question, sites, allocate(instance, question, sites, clock))


def shown_value(instance: Instance, question: Question, value: float) -> float:
    """Return an objective in the unit of the matrix."""
    return value / instance.scale if question.model in SCALED else value


def _plan(instance: Instance, question: Question, found: _Found, clock: Clock) -> Plan:
    """Return the plan with its objective worked out anew from its sites."""
    if found.sites is None:
        status = "infeasible" if found.infeasible else "unknown"
        return Plan(status, found.stopped_by, np.nan, np.nan, np.nan, (), None, "unknown", clock.used_s)
    allocation = found.allocation
    if allocation is None:
        allocation = allocate(instance, question, found.sites, Clock(max(10.0, clock.left_s)))
    value = worth(instance, question, found.sites, allocation)
    if value is None:
        # the solver's plan is off by its tolerances: better none than a wrong one
        return Plan("unknown", "time", np.nan, np.nan, np.nan, (), None, "unknown", clock.used_s)
    bound, stopped = found.bound, found.stopped_by
    if stopped == "proof":
        stopped, bound = _proof(value, bound)
    objective, bound = (shown_value(instance, question, v) for v in (value, bound))
    gap = 0.0 if objective == bound else abs(bound - objective) / max(abs(objective), 1e-9)
    status = "optimal" if stopped == "proof" else "feasible"
    return Plan(status, stopped, objective, bound, gap, found.sites, allocation, found.unique, clock.used_s)


def _proof(value: float, bound: float) -> tuple[str, float]:
    """Return proof and the objective as bound, or `gap` where the plan's true worth is off the bound."""
    close = value == bound or abs(value - bound) <= 1e-6 * max(1.0, abs(value))
    return ("proof", value) if close else ("gap", bound)
