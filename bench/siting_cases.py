"""Made-up countries for the siting benchmark, and the questions asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.analysis.siting_cover import covered_weight, greedy, interchange, make_cover
from geoplan.analysis.siting_instance import Instance, Pairs, Question, cover_matrix
from geoplan.analysis.siting_milp import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

SIDE_KM: Final = 400.0
TENTHS_A_KM: Final = 13.0
"""46 km/h as the crow flies: 60 km/h on roads that are 1.3 times as long."""

SHARES: Final = {"easy": 0.95, "medium": 0.70, "hard": 0.40}
"""Share of people covered at the optimum."""

KINDS: Final = {
    "country": "60 towns, town k 1/k as large as the first (Zipf); 60 % of places and sites lie around them",
    "towns": "40 towns of equal size, half of all places and sites around them; weights log-normal",
    "uniform": "places and sites anywhere; weights log-normal",
}


def country(n: int, m: int, *, kind: str = "country", seed: int = 0) -> tuple[Floats, Floats]:
    """Return minutes (n x m, whole tenths) and people of a made-up country of 400 x 400 km."""
    draw = np.random.default_rng(seed)
    k, share, spread = {"country": (60, 0.6, 15.0), "towns": (40, 0.5, 12.0), "uniform": (1, 0.0, 0.0)}[kind]
    towns = draw.random((k, 2)) * SIDE_KM
    size = 1.0 / np.arange(1, k + 1) if kind == "country" else np.ones(k)

    def places(count: int) -> tuple[Floats, NDArray[np.int64]]:
        near = round(share * count)
        of = draw.choice(k, near, p=size / size.sum())
        around = towns[of] + draw.normal(0.0, spread, (near, 2))
        anywhere = draw.random((count - near, 2)) * SIDE_KM
        return np.vstack([around, anywhere]), np.concatenate([of, np.full(count - near, -1)])

    demand, of = places(n)
    sites, _ = places(m)
    people = np.exp(draw.normal(5.3, 1.3, n))
    if kind == "country":
        people = people * np.where(of >= 0, 1.0 + 40.0 * size[of], 1.0)
    tenths = np.empty((n, m), dtype=np.float32)
    for i, point in enumerate(demand):
        tenths[i] = np.rint(np.hypot(*(sites - point).T) * TENTHS_A_KM)
    return tenths, np.rint(people)


def instance_of(tenths: Floats, people: Floats, *, most: float = np.inf) -> Instance:
    """Return the instance of a matrix in tenths of a minute; pairs above `most` tenths are left out."""
    n, m = tenths.shape
    demand, site = np.nonzero(tenths <= most)
    pairs = Pairs(demand.astype(np.int32), site.astype(np.int32), tenths[demand, site].astype(np.float64))
    ones, none = np.ones(m, dtype=bool), np.zeros(m)
    return Instance(
        demand_ids=tuple(f"d{i:05d}" for i in range(n)),
        site_ids=tuple(f"s{j:05d}" for j in range(m)),
        weight=people,
        load=people,
        capacity=np.full(m, np.inf),
        least_load=none,
        money=none,
        fixed=~ones,
        existing=~ones,
        usable=ones,
        district=("",) * n,
        region=("",) * m,
        reached=np.ones(n, dtype=bool),
        pairs=pairs,
        scale=10,
        place=("",) * m,
        place_cost=none,
    )


def limit_for(tenths: Floats, people: Floats, p: int, share: float) -> float:
    """Return the limit in minutes at which p sites cover about this share of people (local search)."""
    low, high = 1.0, 400.0
    for _ in range(12):
        middle = (low + high) / 2
        near = instance_of(tenths, people, most=middle * 10)
        problem = make_cover(cover_matrix(near.pairs, near.n, near.m), people, p)
        got = covered_weight(problem, interchange(problem, greedy(problem), Clock(5.0)))
        low, high = (low, middle) if got >= share * people.sum() else (middle, high)
    return round(high, 1)


@dataclass(frozen=True)
class Case:
    """One question: the model, the size and kind of the country, sites to open, and who answers it.

    `limit` is minutes or one of `SHARES`, `goal_s` within how many seconds which gap is wanted.
    """

    model: str
    n: int
    m: int
    kind: str
    p: int
    limit: float | str | None
    time_s: float
    tools: tuple[str, ...] = ("geoplan",)
    goal: str = ""

    @property
    def name(self) -> str:
        """The case in one line."""
        limit = (
            "" if self.limit is None else f" {self.limit}" + ("" if isinstance(self.limit, str) else " min")
        )
        return f"{self.model} {self.n}x{self.m} {self.kind} p={self.p}{limit}"

    def made(self) -> tuple[Floats, Floats, Question]:
        """Return minutes, people and the question."""
        tenths, people = country(self.n, self.m, kind=self.kind)
        limit = self.limit
        if isinstance(limit, str):
            limit = limit_for(tenths, people, self.p, SHARES[limit])
        return tenths, people, Question(self.model, open=self.p, limit=limit, time_limit_s=self.time_s)


ALL: Final = ("geoplan", "HiGHS alone", "spopt CBC", "spopt HiGHS")
OWN: Final = ALL[:2]


def cases() -> tuple[Case, ...]:
    """Return every case, the shortest first."""
    found = []
    for kind in KINDS:
        for name in SHARES:
            goal = "proof in 0.5 s, 30x spopt CBC" if (kind, name) == ("country", "easy") else ""
            tools = ALL if kind == "country" else OWN
            found.append(Case("mclp", 1500, 500, kind, 20, name, 60.0, tools, goal))
    found += [Case("p-median", 300, 100, "country", 10, None, 30.0, ALL)]
    found += [Case("p-center", 300, 100, "country", 10, None, 30.0, ("geoplan", *ALL[2:]))]
    for kind, seconds in (("country", 60.0), ("uniform", 30.0)):
        for p in (5, 10, 20, 50):
            goal = "proof in 60 s" if kind == "country" else ""
            found.append(Case("p-median", 1500, 500, kind, p, None, seconds, goal=goal))
            goal = ("proof in 5 s" if p in {5, 50} else "proof in 60 s") if kind == "country" else ""
            found.append(Case("p-center", 1500, 500, kind, p, None, seconds, goal=goal))
    for kind in ("country", "uniform"):
        goal = "0.1 % in 20 s" if kind == "country" else ""
        found += [Case("p-median", 5000, 500, kind, p, None, 20.0, goal=goal) for p in (10, 50)]
    for limit in (30.0, 60.0, 90.0):
        for p in (5, 20, 50):
            goal = "0.5 % in 60 s, 1.5 GB"
            found.append(Case("mclp", 20_000, 2_000, "towns", p, limit, 60.0, goal=goal))
    return tuple(found)
