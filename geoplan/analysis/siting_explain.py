"""Why there is no plan: demand out of range, and a smallest set of limits that conflict.

The conflicting set is found by QuickXplain (Junker 2004, AAAI) over named limits and then verified: it is
infeasible, and leaving out any one of its members makes it feasible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.analysis.siting import CAPACITATED
from geoplan.analysis.siting_instance import Instance, Question, Side
from geoplan.analysis.siting_milp import Clock
from geoplan.analysis.siting_relax import as_cover, feasible, relaxations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True)
class Limit:
    """One limit that can be left out: its name in words, and its key."""

    name: str
    key: tuple[Any, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a question has no plan.

    Attributes
    ----------
    out_of_range
        Demand that no candidate reaches within the limit.
    conflict
        Limits that cannot hold together; none can be left out. Empty if not found in time.
    verified
        Whether the conflict was checked by solving again with each of its limits left out.
    relaxations
        (limit, its value now, the least change that makes a plan possible), each with all else unchanged.
    """

    out_of_range: tuple[str, ...]
    conflict: tuple[str, ...]
    verified: bool
    relaxations: tuple[tuple[str, float, float], ...]


def explain(instance: Instance, question: Question, *, time_limit_s: float = 30.0) -> Explanation:
    """Return why a question that is infeasible is so, as far as the time allows."""
    clock = Clock(time_limit_s)
    if question.model in CAPACITATED:
        question = replace(question, capacitated=True)
    far = out_of_range(instance, question)
    conflict, verified = _conflict(instance, question, clock.part(0.5))
    relaxed = tuple(relaxations(instance, question, clock))
    return Explanation(far, tuple(limit.name for limit in conflict), verified, relaxed)


def out_of_range(instance: Instance, question: Question) -> tuple[str, ...]:
    """Return the demand that must be covered and that no usable site reaches within the limit."""
    if question.model not in {"lscp", "backup-cover"} or question.cover_share is not None:
        return ()
    near = np.zeros(instance.n, dtype=bool)
    near[instance.within(question.limit).demand] = True
    return tuple(np.array(instance.demand_ids, dtype=object)[instance.reached & ~near])


def _limits(instance: Instance, question: Question) -> tuple[Limit, ...]:
    """Return every limit of a question that can be left out, demand last."""
    side = question.side
    most = "at most" if question.open_is_most else "exactly"
    found = []
    if question.open is not None:
        found.append(Limit(f"{most} {question.open} open sites", ("open",)))
    if question.budget is not None:
        found.append(Limit(f"budget {question.budget:g}", ("budget",)))
    if question.capacitated:
        found.append(Limit("capacities", ("capacity",)))
    if (instance.least_load > 0).any():
        found.append(Limit("least loads", ("least_load",)))
    ids = instance.site_ids
    found += [Limit(f"fixed site {ids[s]}", ("fixed", s)) for s in np.flatnonzero(instance.fixed).tolist()]
    found += [Limit(f"{ids[a]} excludes {ids[b]}", ("excludes", (a, b))) for a, b in side.excludes]
    found += [Limit(f"{ids[a]} needs {ids[b]}", ("needs", (a, b))) for a, b in side.needs]
    found += [Limit(f"at least {k} in region {r}", ("region_least", (r, k))) for r, k in side.region_least]
    found += [Limit(f"at most {k} in region {r}", ("region_most", (r, k))) for r, k in side.region_most]
    if side.district_least_share is not None or side.district_least:
        found.append(Limit("least coverage of districts", ("districts",)))
    if question.cover_share is not None:
        found.append(Limit(f"cover {question.cover_share:g} of all weight", ("share",)))
        return tuple(found)
    must = np.flatnonzero(_must_serve(instance, question))
    if question.capacitated and len(must):
        # loads add up: the conflict would name everybody, one by one
        found.append(Limit("serve all demand", ("serve", "all")))
    else:
        found += [Limit(f"serve {instance.demand_ids[d]}", ("serve", d)) for d in must.tolist()]
    return tuple(found)


def _must_serve(instance: Instance, question: Question) -> Any:
    """Return the demand that a plan must serve whatever it is worth."""
    if question.model in {"mclp", "gradual-cover", "capacitated-mclp", "p-dispersion"}:
        return np.zeros(instance.n, dtype=bool)
    return instance.needed(question.model)


def _feasible(instance: Instance, question: Question, kept: Iterable[Limit], clock: Clock) -> bool | None:
    """Whether a plan keeps these limits and no others; None if the time is not enough."""
    keys = {limit.key for limit in kept}
    near, asked = _with_only(instance, question, keys)
    return feasible(near, asked, clock)


def _with_only(
    instance: Instance, question: Question, keys: set[tuple[Any, ...]]
) -> tuple[Instance, Question]:
    """Return the instance and the question with only the limits of some keys."""
    side = question.side
    served = np.array([("serve", d) in keys for d in range(instance.n)], dtype=bool)
    if ("serve", "all") in keys:
        served = _must_serve(instance, question)
    fixed = np.array([("fixed", s) in keys for s in range(instance.m)], dtype=bool)
    districts = ("districts",) in keys
    kept = Side(
        excludes=tuple(p for p in side.excludes if ("excludes", p) in keys),
        needs=tuple(p for p in side.needs if ("needs", p) in keys),
        region_least=tuple(p for p in side.region_least if ("region_least", p) in keys),
        region_most=tuple(p for p in side.region_most if ("region_most", p) in keys),
        district_least_share=side.district_least_share if districts else None,
        district_least=side.district_least if districts else (),
    )
    base = question.model in {"mclp", "gradual-cover", "capacitated-mclp"} or question.cover_share is not None
    near = replace(
        instance,
        fixed=fixed,
        reached=instance.reached if base else served,
        weight=instance.weight if base else np.where(served, np.maximum(instance.weight, 1.0), 0.0),
        load=instance.load if base else np.where(served, instance.load, 0.0),
        least_load=instance.least_load if ("least_load",) in keys else np.zeros(instance.m),
    )
    asked = replace(
        question,
        open=question.open if ("open",) in keys else None,
        budget=question.budget if ("budget",) in keys else None,
        capacitated=question.capacitated and ("capacity",) in keys,
        cover_share=question.cover_share if ("share",) in keys else (None if not base else 0.0),
        side=kept,
    )
    asked = as_cover(near, asked)
    return near, asked if question.cover_share is not None else replace(asked, cover_share=None)


def _conflict(instance: Instance, question: Question, clock: Clock) -> tuple[tuple[Limit, ...], bool]:
    """Return a smallest set of limits that conflict, and whether that was checked."""
    if question.model == "p-dispersion":
        return _few_sites(instance, question)
    limits = _limits(instance, question)

    def broken(kept: tuple[Limit, ...]) -> bool:
        answer = _feasible(instance, question, kept, clock)
        if answer is None:
            raise TimeoutError
        return not answer

    try:
        if not broken(limits):
            return (), False
        found = _quick(broken, (), (), limits)
        alone = all(not broken(tuple(o for o in found if o is not limit)) for limit in found)
        return found, alone and broken(found)
    except TimeoutError:
        return (), False


def _few_sites(instance: Instance, question: Question) -> tuple[tuple[Limit, ...], bool]:
    """Return the conflict of p-dispersion: more sites asked for than there are."""
    there = int(instance.usable.sum())
    return (Limit(f"exactly {question.open} open sites of {there} candidates", ("open",)),), True


def _quick(
    broken: Callable[[tuple[Limit, ...]], bool],
    base: tuple[Limit, ...],
    added: tuple[Limit, ...],
    rest: tuple[Limit, ...],
) -> tuple[Limit, ...]:
    """Return the members of `rest` that with `base` make a smallest conflict (QuickXplain)."""
    if added and broken(base):
        return ()
    if len(rest) == 1:
        return rest
    half = len(rest) // 2
    first, second = rest[:half], rest[half:]
    from_second = _quick(broken, base + first, first, second)
    from_first = _quick(broken, base + from_second, from_second, first)
    return from_first + from_second
