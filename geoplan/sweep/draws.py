"""A sweep plan -> the list of its runs: which key takes which value, the same on every machine."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import special
from scipy.stats import qmc

from geoplan.errors import Finding, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.sweep.plan import Draw, Spread, SweepPlan

MOST_RUNS: Final = 1_000_000

DIGITS: Final = 6
"""Significant digits of a drawn number: the table shows exactly what was run."""


def settings_of_runs(plan: SweepPlan) -> list[dict[str, Any]]:
    """Return the values of the varying keys of every run, in order.

    All combinations of the lists, the last key changing fastest, each with every combination of the draws of
    the blocks.

    Raises
    ------
    InputError
        If there are more than `MOST_RUNS`.
    """
    count = 1
    for size in [len(v) for v in plan.vary.values()] + [block.runs for block in plan.draw]:
        count *= size
    if count > MOST_RUNS:
        message = f"the sweep has {count:,} runs, more than {MOST_RUNS:,}."
        raise InputError([Finding("error", "too-many-runs", message, hint="Take fewer values or draws.")])
    lists = [[{key: value} for value in values] for key, values in plan.vary.items()]
    blocks = [drawn(block, plan.seed + n) for n, block in enumerate(plan.draw)]
    combinations = itertools.product(*lists, *blocks)
    return [{k: v for part in parts for k, v in part.items()} for parts in combinations]


def drawn(block: Draw, seed: int) -> list[dict[str, Any]]:
    """Return the draws of one block; `seed` counts where the block has none of its own."""
    rng = np.random.default_rng(seed if block.seed is None else block.seed)
    keys = list(block.keys)
    unit = _unit(block, len(keys), rng)
    columns = [_spread(block.keys[key], unit[:, i]) for i, key in enumerate(keys)]
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def _unit(block: Draw, dimensions: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the draws in the unit cube, (runs, keys).

    Latin hypercube: McKay, Beckman and Conover (1979, Technometrics 21).
    """
    if block.method == "monte_carlo":
        return rng.random((block.runs, dimensions))
    cube: NDArray[np.float64] = qmc.LatinHypercube(dimensions, seed=rng).random(block.runs)
    return cube


def _spread(spread: Spread, unit: NDArray[np.float64]) -> list[Any]:
    """Return the values of one key at given shares of its distribution (inverse distribution function)."""
    if spread.kind == "choices":
        place = np.minimum((unit * len(spread.choices)).astype(int), len(spread.choices) - 1)
        return [spread.choices[i] for i in place]
    values = {"uniform": _uniform, "triangular": _triangular, "normal": _normal}[spread.kind](spread, unit)
    if spread.whole:
        return [int(v) for v in np.rint(values)]
    return [float(f"{v:.{DIGITS}g}") for v in values]


def _ends(spread: Spread) -> tuple[float, float]:
    """Return both ends; the file was checked to have them."""
    return (
        -np.inf if spread.low is None else spread.low,
        np.inf if spread.high is None else spread.high,
    )


def _uniform(spread: Spread, unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return uniform values; whole numbers include both ends with the same weight as the rest."""
    low, high = _ends(spread)
    if spread.whole:
        return np.minimum(np.floor(low + unit * (high - low + 1)), high)
    return low + unit * (high - low)


def _triangular(spread: Spread, unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of a triangular distribution."""
    low, high = _ends(spread)
    mode = low if spread.mode is None else spread.mode
    cut = (mode - low) / (high - low)
    rising = low + np.sqrt(unit * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - unit) * (high - low) * (high - mode))
    return np.where(unit < cut, rising, falling)


def _normal(spread: Spread, unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of a normal distribution, cut at the ends that are given."""
    mean, sd = spread.mean or 0.0, spread.sd or 1.0
    low, high = (special.ndtr((end - mean) / sd) for end in _ends(spread))
    values: NDArray[np.float64] = mean + sd * special.ndtri(low + unit * (high - low))
    return values
