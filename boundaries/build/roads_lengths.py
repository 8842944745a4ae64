"""Sourced lengths of whole roads: shared among their edges, and used to judge the length model."""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from roads_terrain import LENGTHS, LengthModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Row = dict[str, str]
PLAIN_BELOW, HILLS_BELOW = 0.012, 0.04  # mean terrain slope along the project
LARGEST_ERROR = 0.25  # a line drawn wrong must not steer the model
# Models among which each left-out project's is chosen.
WINDINGS_PRIMARY = (0.05, 0.08, 0.11, 0.14)
WINDINGS_OTHER = (0.14, 0.18, 0.22, 0.26)
HIDDEN_PRIMARY = (0.05, 0.07, 0.09)


class RoadLengthError(ValueError):
    """A row of road_lengths.csv does not fit the authored lines; the message says which."""


@dataclass(frozen=True)
class Share:
    """The length an edge gets from the sourced length of its road."""

    km: float
    road: str
    road_km: float
    source: str


def read_lengths(path: Path) -> list[Row]:
    """Rows of road_lengths.csv."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def chain(rows: list[Row], road: Row) -> list[int]:
    """Return the positions of the lines of a road, in order along it."""
    out = []
    for ends in pairwise(road["chain"].split()):
        found = [
            i
            for i, row in enumerate(rows)
            if {row["from"], row["to"]} == set(ends) and row["name"] == road["name"]
        ]
        if len(found) != 1:
            raise RoadLengthError(f"{road['road']}: {len(found)} lines {' - '.join(ends)}")
        out.append(found[0])
    return out


def shares(
    rows: list[Row], drawn_km: list[float], modelled_km: list[float], roads: list[Row]
) -> dict[int, Share]:
    """Share every road with `use = sum` among its lines.

    Each line gets its drawn length and, of what the road is longer, a part in proportion to what the model
    adds to it: so no road gets shorter than its line.
    """
    out: dict[int, Share] = {}
    for road in (road for road in roads if road["use"] == "sum"):
        lines = chain(rows, road)
        taken = [i for i in lines if i in out or rows[i]["length_km"]]
        if taken:
            raise RoadLengthError(f"{road['road']}: {rows[taken[0]]['from']} has a length of its own")
        km, drawn = float(road["km"]), sum(drawn_km[i] for i in lines)
        if km < drawn:
            raise RoadLengthError(f"{road['road']}: {km:g} km, drawn {drawn:.1f} km")
        scale = (km - drawn) / sum(modelled_km[i] - drawn_km[i] for i in lines)
        out |= {
            i: Share(drawn_km[i] + (modelled_km[i] - drawn_km[i]) * scale, road["road"], km, road["source"])
            for i in lines
        }
    return out


def _projects(rows: list[Row], sourced: list[int], roads: list[Row]) -> dict[str, tuple[float, list[int]]]:
    """Return sourced length and lines of each project: lines of one name and status, roads of the list.

    Tunnels are left out: they say nothing on bends. Mughanli-Ismayilli counts as one: its sum is known.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for i in sourced:
        row = rows[i]
        if row["tunnel"] != "true":
            piece = "Muğanlı-İsmayıllı" if "(Mughanli-Ismayilli" in row["source"] else row["name"]
            groups[f"{piece} ({row['status']})"].append(i)
    out = {key: (sum(float(rows[i]["length_km"]) for i in lines), lines) for key, lines in groups.items()}
    return out | {r["road"]: (float(r["km"]), chain(rows, r)) for r in roads if r["use"] == "sum"}


def _models() -> list[LengthModel]:
    return [
        replace(LENGTHS, winding_primary=a, winding_other=b, hidden_primary=h, hidden_other=h + 0.01)
        for a, b, h in itertools.product(WINDINGS_PRIMARY, WINDINGS_OTHER, HIDDEN_PRIMARY)
    ]


def _terrain(slope: float) -> str:
    return "plain" if slope < PLAIN_BELOW else "hills" if slope < HILLS_BELOW else "mountain"


def _score(modelled: Floats, km: Floats, kinds: NDArray[np.str_], keep: NDArray[np.bool_]) -> Floats:
    """Judge each model (row): mean squared log error, and the squared bias in each kind of ground."""
    error = np.clip(np.log(modelled / km), -LARGEST_ERROR, LARGEST_ERROR)
    weight = np.sqrt(km) * keep
    score = (weight * error**2).sum(axis=1) / weight.sum()
    for kind in np.unique(kinds[keep]):
        part = weight * (kinds == kind)
        score += ((part * error).sum(axis=1) / part.sum()) ** 2
    return np.asarray(score)


def _summary(label: str, modelled: Floats, km: Floats, kinds: NDArray[np.str_]) -> list[str]:
    lines = []
    for kind in ("plain", "hills", "mountain", "all"):
        at = (kinds == kind) | (kind == "all")
        error = modelled[at] / km[at] - 1
        bias = modelled[at].sum() / km[at].sum() - 1
        lines.append(
            f"{label} {kind}: {at.sum()} projects, sum {bias:+.1%}, mean error {np.abs(error).mean():.1%}"
        )
    return lines


def judge(
    rows: list[Row],
    sourced: list[int],
    roads: list[Row],
    *,
    slopes: list[float],
    model_km: Callable[[int, LengthModel], float],
) -> list[str]:
    """Tell how the model does on sourced lengths, as set, and on each project when set on the others."""
    projects = _projects(rows, sourced, roads)
    names = sorted(projects)
    km = np.array([projects[name][0] for name in names])
    kinds = np.array([_terrain(float(np.mean([slopes[i] for i in projects[name][1]]))) for name in names])

    def lengths(model: LengthModel) -> list[float]:
        return [sum(model_km(i, model) for i in projects[name][1]) for name in names]

    set_km = np.array(lengths(LENGTHS))
    tried = np.array([lengths(model) for model in _models()])
    others = ~np.eye(len(names), dtype=bool)
    left_out = np.array([tried[_score(tried, km, kinds, keep).argmin(), j] for j, keep in enumerate(others)])
    out = [
        f"{name:58} {kind:8} sourced {a:6.1f} modelled {b:6.1f} {b / a - 1:+.0%}"
        for name, kind, a, b in zip(names, kinds, km, set_km, strict=True)
    ]
    return out + _summary("as set:", set_km, km, kinds) + _summary("left out:", left_out, km, kinds)
