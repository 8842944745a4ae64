"""The section `[siting]` of a scenario -> one case of the siting core: ids, numbers, limits, money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_ask import SiteOptions, fitting
from geoplan.analysis.siting_instance import COVER_MODELS, Question
from geoplan.analysis.siting_make import Choices
from geoplan.errors import Finding, UsageError, did_you_mean, raise_on_errors
from geoplan.siting_answer import Case, make_case
from geoplan.study.ground import JOINT, Ground, ground_of, siting_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.analysis.siting_make import Tables
    from geoplan.result import Result, YearState
    from geoplan.scenario import Siting

CAPACITIES: Final = frozenset({"lscp", "fixed-charge", "capacitated-mclp", "capacitated-p-median"})
"""Models that know capacities."""

NEW: Final = "new"
"""Region of all sites that do not stand, where the number of new ones is counted apart."""


@dataclass(frozen=True)
class Study:
    """A scenario's siting question in one state.

    Attributes
    ----------
    siting
        The question.
    grounds
        One a service.
    case
        The same as a case of the core; its sites are those of all grounds.
    """

    siting: Siting
    grounds: tuple[Ground, ...]
    case: Case

    @property
    def standing(self) -> NDArray[np.bool_]:
        """Which sites of the case stand today."""
        return self.case.made.instance.existing

    @property
    def n_standing(self) -> int:
        """How many sites stand."""
        return int(self.standing.sum())

    def with_new(self, count: int, *, at_most: bool = False) -> Question:
        """Return the question with another number of new sites."""
        return numbered(self.case.question, self.siting, self.n_standing, count, at_most=at_most)


def study_of(result: Result, state: YearState, siting: Siting) -> Study:
    """Return the siting question of a scenario in one state of its run.

    Raises
    ------
    UsageError
        If options and model do not go together.
    InputError
        With every id that is no site, and numbers that do not fit.
    """
    _check_kinds(state, siting)
    services = {s.id: s for s in result.scenario.services}
    grounds = tuple(ground_of(result, state, services[name], siting) for name in siting.service)
    tables = siting_tables(grounds, siting)
    options = _options(siting, grounds)
    standing = int(sum(g.standing.sum() for g in grounds))
    question = fitting(_question(siting, grounds, options, standing), options, has_demand=True)
    if siting.closable and question.open is not None:
        if siting.region_least or siting.region_most:
            hint = "Leave one of them out."
            raise UsageError("closable with region_least or region_most", hint=hint)
        new = ((NEW, question.open - standing),)
        tables, options = _counted_apart(tables), replace(options, region_least=new, region_most=new)
        question = replace(question, open_is_most=True)
    case = make_case(tables, question, options)
    # a candidate that must open is fixed to the core, but it does not stand
    stands = dict(zip(tables.sites["id"], tables.sites["existing"], strict=True))  # type: ignore[index]
    existing = np.array([stands[name] for name in case.made.instance.site_ids], dtype=bool)
    made = replace(case.made, instance=replace(case.made.instance, existing=existing))
    return Study(siting, grounds, replace(case, made=made))


def _check_kinds(state: YearState, siting: Siting) -> None:
    """Raise for each site of `kinds` that is none, in this state or any."""
    known = [] if state.sites is None else state.sites.index.tolist()
    wrong = sorted({name for row in siting.kinds for name in row.sites} - set(known))
    raise_on_errors(
        [
            Finding(
                "error", "unknown-site", f"'{n}' is no site.{did_you_mean(n, known)}", where="siting.kinds"
            )
            for n in wrong
        ]
    )


def numbered(
    question: Question, siting: Siting, standing: int, new: int, *, at_most: bool = False
) -> Question:
    """Return a question for a number of new sites beside those that stand."""
    side = question.side
    if siting.closable:
        least = () if at_most else ((NEW, new),)
        side = replace(side, region_least=least, region_most=((NEW, new),))
    most = at_most or siting.closable or question.model == "fixed-charge"
    return replace(question, open=standing + new, open_is_most=most, side=side)


def _question(siting: Siting, grounds: tuple[Ground, ...], options: SiteOptions, standing: int) -> Question:
    """Return what is asked, in the words of the core; numbers of sites with those that stand."""
    new = siting.open
    if new is None and siting.evaluate:
        new = len(siting.evaluate)
    limits = [g.limit_minutes for g in grounds]
    known = siting.model in COVER_MODELS or len(set(limits)) == 1
    return Question(
        siting.model,
        open=None if new is None else standing + new,
        limit=None if siting.model == "gradual-cover" or not known else max(limits),
        cover_share=siting.cover_share,
        bands=siting.bands,
        count=siting.count,
        capacitated=bool(options.choices.capacity_column),
        single_source=siting.single_source,
        budget=siting.budget_azn,
        money_weight=siting.money_weight,
        gap=siting.gap,
        time_limit_s=siting.time_limit_s,
        max_iterations=siting.max_iterations,
    )


def _options(siting: Siting, grounds: tuple[Ground, ...]) -> SiteOptions:
    """Return everything beside the question, in ids of the case."""
    standing = [name for g in grounds for name in _ids(g, g.sites.index[g.standing].tolist(), grounds)]
    capacities = siting.model in CAPACITIES and any(k.capacity is not None for k in siting.kinds)
    costs = siting.shared_open_azn > 0 or any(k.open_azn or k.run_azn_a_year for k in siting.kinds)
    return SiteOptions(
        choices=Choices(
            fixed=_case_ids(siting.fixed, grounds),
            closed=_case_ids(siting.closed, grounds),
            capacity_column="capacity" if capacities else "",
            cost_column="cost" if costs else "",
            set_aside=siting.unservable == "set-aside",
        ),
        excludes=_pairs(siting.excludes, grounds),
        needs=_pairs(siting.needs, grounds),
        region_least=tuple(sorted(siting.region_least.items())),
        region_most=tuple(sorted(siting.region_most.items())),
        district_least=siting.district_least,
        equity_floor=siting.equity_floor,
        evaluate=(*standing, *_case_ids(siting.evaluate, grounds)) if siting.evaluate else (),
        alternatives=siting.alternatives,
        differ=siting.differ,
    )


def _ids(ground: Ground, names: Sequence[str], grounds: tuple[Ground, ...]) -> list[str]:
    """Return the ids of sites in the case; a plain id stands for every service it is written for."""
    if len(grounds) == 1:
        return [str(n) for n in names]
    end = JOINT + ground.service.id
    return [n if JOINT in n else n + end for n in names if JOINT not in n or n.endswith(end)]


def _case_ids(names: Sequence[str], grounds: tuple[Ground, ...]) -> tuple[str, ...]:
    """Return the ids in the case of sites that a scenario names, each for the services it is meant for."""
    own = {name for g in grounds for name in g.sites.index}
    if len(grounds) == 1 or any(n not in own and JOINT not in n for n in names):
        return tuple(names)
    return tuple(name for g in grounds for name in _ids(g, names, grounds))


def _pairs(pairs: Sequence[tuple[str, str]], grounds: tuple[Ground, ...]) -> tuple[tuple[str, str], ...]:
    """Return pairs of ids in the case, one for each service they are written for."""
    found = []
    for a, b in pairs:
        if JOINT in a or JOINT in b or len(grounds) == 1:
            found.append((a, b))
        else:
            found += [(a + JOINT + g.service.id, b + JOINT + g.service.id) for g in grounds]
    return tuple(found)


def _counted_apart(tables: Tables) -> Tables:
    """Return the tables with one region of all sites that do not stand, so that these can be counted."""
    sites = tables.sites
    assert sites is not None  # noqa: S101 - for the type checker; `siting_tables` makes them
    return replace(tables, sites=sites.assign(region=np.where(sites["existing"], "", NEW)))
