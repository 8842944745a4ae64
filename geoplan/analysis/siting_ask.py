"""What may be asked together: the options of a siting question, and which model knows which."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from geoplan.analysis.siting_make import Choices
from geoplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.analysis.siting_decide import Draws
    from geoplan.analysis.siting_instance import Question

NEEDS_OPEN: Final = frozenset(
    {
        "mclp",
        "p-median",
        "p-center",
        "p-dispersion",
        "gradual-cover",
        "capacitated-mclp",
        "capacitated-p-median",
    }
)
NEEDS_LIMIT: Final = frozenset({"lscp", "mclp", "backup-cover", "capacitated-mclp"})
SPLITS: Final = frozenset({"capacitated-p-median", "fixed-charge"})
"""Models that know --single-source."""

NO_FRONTIER: Final = frozenset({"lscp"})


@dataclass(frozen=True)
class SiteOptions:
    """Everything asked beside the model, in ids as the user writes them.

    Attributes
    ----------
    choices
        Fixed and closed sites, capacity and money columns, what to do with demand without a route.
    excludes, needs, region_least, region_most, district_least
        Side constraints.
    equity_floor
        Best worst district first.
    evaluate
        A planner's own list of sites; empty: none.
    frontier
        Solve for every number of sites up to this; 0: none.
    alternatives, differ
        How many more plans, and by how many sites they differ.
    draws
        How to draw the input anew; None: not at all.
    """

    choices: Choices = field(default_factory=Choices)
    excludes: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    region_least: tuple[tuple[str, int], ...] = ()
    region_most: tuple[tuple[str, int], ...] = ()
    district_least: float | None = None
    equity_floor: bool = False
    evaluate: tuple[str, ...] = ()
    frontier: int = 0
    alternatives: int = 0
    differ: int = 1
    draws: Draws | None = None


def fitting(question: Question, options: SiteOptions, *, has_demand: bool) -> Question:
    """Return the question, or raise `UsageError` where options and model do not go together."""
    model = question.model
    for option, wrong in _misfits(question, options, has_demand=has_demand):
        if wrong:
            raise UsageError(f"{option} with --model {model}", hint=_HINTS.get(option.split()[0], ""))
    return replace(question, open_is_most=model == "fixed-charge" and question.open is not None)


_HINTS: Final = {
    "--bands": "Write --bands 30:1,60:0.5: rising costs, falling fractions between 0 and 1.",
    "--cost-column": "Name the column of the sites that is money.",
}


def _misfits(question: Question, options: SiteOptions, *, has_demand: bool) -> list[tuple[str, bool]]:
    """Return what may be wrong with a question and whether it is."""
    model, limit = question.model, question.limit
    money = bool(options.choices.cost_column)
    return [
        ("--demand is missing", not has_demand and model != "p-dispersion"),
        ("--demand has no meaning", has_demand and model == "p-dispersion"),
        ("--open is missing", question.open is None and model in NEEDS_OPEN and not options.evaluate),
        ("--open has no meaning", question.open is not None and model == "lscp"),
        ("--open is less than two", model == "p-dispersion" and (question.open or 2) < 2),
        ("--limit is missing", limit is None and model in NEEDS_LIMIT),
        ("--limit is not finite", limit is not None and not math.isfinite(limit)),
        ("--budget is not finite", question.budget is not None and not math.isfinite(question.budget)),
        ("--money-weight is not finite", not math.isfinite(question.money_weight)),
        ("--limit has no meaning", limit is not None and model in {"gradual-cover", "p-dispersion"}),
        ("--bands is missing or wrong", model == "gradual-cover" and not _good_bands(question.bands)),
        ("--bands has no meaning", model != "gradual-cover" and bool(question.bands)),
        ("--cover-share has no meaning", model != "lscp" and question.cover_share is not None),
        (
            "--cover-share has no meaning under capacities",
            question.cover_share is not None and question.capacitated,
        ),
        ("--capacity-column has no meaning", question.capacitated and model not in _CAPACITIES),
        (
            "--capacity-column is missing",
            model in _CAPACITIES - {"lscp", "fixed-charge"} and not question.capacitated,
        ),
        ("--single-source has no meaning", question.single_source and model not in SPLITS),
        ("--cost-column is missing", not money and (model == "fixed-charge" or question.budget is not None)),
        ("--frontier has no meaning", options.frontier > 0 and model in NO_FRONTIER),
        ("--equity-floor has no meaning", options.equity_floor and model != "mclp"),
        ("--district-least needs --limit", options.district_least is not None and limit is None),
        ("p-dispersion takes no side constraints", model == "p-dispersion" and _has_sides(question, options)),
    ]


_CAPACITIES: Final = frozenset({"lscp", "capacitated-mclp", "capacitated-p-median", "fixed-charge"})


def _has_sides(question: Question, options: SiteOptions) -> bool:
    """Whether any side constraint or budget is asked."""
    sides = (options.excludes, options.needs, options.region_least, options.region_most, options.alternatives)
    return any(sides) or question.budget is not None or options.district_least is not None


def _good_bands(bands: Sequence[tuple[float, float]]) -> bool:
    """Whether costs rise and fractions fall within 0 and 1."""
    costs, fractions = [b for b, _ in bands], [f for _, f in bands]
    return bool(
        bands
        and all(math.isfinite(c) and c >= 0 for c in costs)
        and costs == sorted(set(costs))
        and fractions == sorted(fractions, reverse=True)
        and all(0 <= f <= 1 for f in fractions)
    )
