"""A made-up run for the benchmark of the page: thousands of places, hundreds of sites, two scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.run import run_with_base
from geoplan.scenario import load_scenario
from geoplan.shipped import table
from geoplan.tables.read import read_tables

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result

YEARS: Final = (2026, 2027, 2028, 2029, 2030)
SERVICES: Final = {
    "cardiology_pci": 20,
    "oncology_radiotherapy": 10,
    "emergency_hospital": 120,
    "primary_care": 220,
}
"""How many of the facilities give each kind of care."""

_HEAD: Final = """
title = {{ az = "{title}", ru = "{title}", en = "{title}" }}
years = [{years}]
"""

_BASE: Final = """extends = "baseline"
[tables]
settlements = ["shipped:settlements", "settlements.csv"]
population = "population.csv"
district_population = "district_population.csv"
facilities = "facilities.csv"
candidates = "candidates.csv"
[candidates]
kinds = []
"""


def make_result(
    folder: Path, *, points: int = 5000, sites: int = 300, years: tuple[int, ...] = YEARS
) -> Result:
    """Return a run of `points` settlements and `sites` facilities and candidates, beside its parent.

    The shipped settlements are among the points. Roads, districts, ground and engine are real; people, places
    and hospitals are drawn. The plan and its parent close other roads in each year. The files are written
    to `folder`.
    """
    draw = np.random.default_rng(20260101)
    places = _places(points - len(pd.read_csv(table("settlements"))), draw)
    standing = sites * 5 // 6
    _write(folder, "settlements", places.drop(columns=["population"]))
    people = places[["settlement_id", "population"]].assign(year=2026, source="made up", confidence="medium")
    _write(folder, "population", people[["settlement_id", "year", "population", "source", "confidence"]])
    sums = places.groupby("district_id", as_index=False)["population"].sum()
    sums = sums.assign(year=2026, basis="made up", source="made up", confidence="medium")
    _write(folder, "district_population", sums)
    _write(folder, "facilities", _facilities(places, standing, draw))
    _write(folder, "candidates", _candidates(places, sites - standing, draw))
    text = ", ".join(map(str, years))
    closed = _roads_to_close(draw, 4 * len(years))
    half = len(closed) // 2
    parent, plan = folder / "bench-base.toml", folder / "bench-plan.toml"
    _scenario(parent, _HEAD.format(title="Made-up country", years=text), _BASE, closed[:half], years)
    child = 'extends = "bench-base.toml"\n'
    _scenario(plan, _HEAD.format(title="Made-up plan", years=text), child, closed[half:], years)
    return run_with_base(load_scenario(plan))


def _write(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def _scenario(path: Path, head: str, body: str, roads: list[str], years: tuple[int, ...]) -> None:
    """Write a scenario that closes a share of the roads from each year on."""
    first, _, rest = body.partition("\n")
    parts = [first, head, rest]
    for k, road in enumerate(roads):
        start = years[k * len(years) // len(roads)]
        parts.append(f'[[changes]]\nchange = "close_road"\nroad = "{road}"\nstart = {start}\n')
    path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def _roads_to_close(draw: np.random.Generator, n: int) -> list[str]:
    """Return ids of open secondary roads."""
    roads = pd.read_csv(table("roads"))
    minor = roads[(roads["status"] == "open") & roads["class"].isin(["secondary", "tertiary"])]
    return sorted(draw.choice(minor["road_id"].to_numpy(), n, replace=False).tolist())


def _places(n: int, draw: np.random.Generator) -> pd.DataFrame:
    """Return settlements inside districts that are not wholly liberated, few large and many small."""
    tables = read_tables(load_scenario("baseline").table_paths())
    districts = tables.districts[tables.districts["liberated"] != "full"]
    share = districts.to_crs(32639).area.to_numpy()
    counts = np.maximum(1, np.floor(share / share.sum() * (n - len(districts))).astype(int))
    counts[: n - int(counts.sum())] += 1
    rows = []
    for (key, district), count in zip(districts.iterrows(), counts, strict=True):
        for k, (lon, lat) in enumerate(_inside(district.geometry, int(count), draw)):
            rows.append((f"b-{str(key).lower()}-{k:04d}", key, round(lat, 5), round(lon, 5)))
    frame = pd.DataFrame(rows, columns=["settlement_id", "district_id", "lat", "lon"])
    population = np.rint(np.exp(draw.normal(6.2, 1.3, len(frame)))).astype(int)
    names = [f"{_word(draw)} {k}" for k in range(len(frame))]
    return frame.assign(
        population=population, name_az=names, name_en=names, name_ru=names, name_ru_confidence="medium",
        kind="village", position_radius_km=0.5, liberated="false", return_programme="false", geonames_id="",
        source="made up", confidence="medium",
    )  # fmt: skip


def _word(draw: np.random.Generator) -> str:
    """Return a word that reads like a village."""
    return "".join(draw.choice(["qa", "ra", "bə", "li", "şe", "ki", "du", "ğan", "zı", "to"], 3)).capitalize()


def _inside(shape: shapely.Geometry, n: int, draw: np.random.Generator) -> list[tuple[float, float]]:
    """Return `n` points of a polygon, a little off its border."""
    inner = shape.buffer(-0.01) if not shape.buffer(-0.01).is_empty else shape
    west, south, east, north = inner.bounds
    found: list[tuple[float, float]] = []
    while len(found) < n:
        x, y = draw.uniform(west, east, 4 * n), draw.uniform(south, north, 4 * n)
        keep = shapely.contains_xy(inner, x, y)
        found += list(zip(x[keep].tolist(), y[keep].tolist(), strict=True))
    return found[:n]


def _facilities(places: pd.DataFrame, n: int, draw: np.random.Generator) -> pd.DataFrame:
    """Return hospitals at some of the settlements, each kind of care at its share of them."""
    at = places.iloc[np.sort(draw.choice(len(places), n, replace=False))].reset_index(drop=True)
    tags = [[] for _ in range(n)]
    for service, count in SERVICES.items():
        for k in draw.choice(n, min(count, n), replace=False):
            tags[k].append(service)
    return pd.DataFrame({
        "facility_id": [f"f-bench-{k:04d}" for k in range(n)],
        "name_az": [f"Xəstəxana {k}" for k in range(n)],
        "settlement_id": at["settlement_id"], "district_id": at["district_id"],
        "lat": at["lat"], "lon": at["lon"],
        "position_quality": "village", "position_radius_km": 0.5,
        "services": [";".join(t) or "emergency_hospital" for t in tags],
        "beds": draw.integers(20, 400, n), "source": "made up", "confidence": "medium",
    })  # fmt: skip


def _candidates(places: pd.DataFrame, n: int, draw: np.random.Generator) -> pd.DataFrame:
    """Return candidate sites at other settlements."""
    at = places.iloc[np.sort(draw.choice(len(places), n, replace=False))].reset_index(drop=True)
    columns = ["settlement_id", "district_id", "lat", "lon", "name_az"]
    ids = [f"c-bench-{k:03d}" for k in range(n)]
    return at[columns].assign(site_id=ids, confidence="medium", source="made up")
