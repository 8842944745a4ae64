"""Sections of a result -> page data: areas, siting and phasing; what a result has not leaves no trace."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import shapely

from geoplan.output.page.pack import column, names, position, text_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from geoplan.result import Result, YearState
    from geoplan.sections import PhasingSection, SitingSection

PLACE_STEPS: Final = 1000
"""Corners of areas are whole thousandths of a degree, some 100 m: their lattice is 3 km wide."""

_RECORD: Final = (
    "status",
    "stopped_by",
    "unique",
    "verified",
    "people_covered",
    "places_covered",
    "money",
    "draws",
    "unservable_weight",
    "coverage",
)
"""What the page says of the record of a siting."""


def sections(result: Result) -> dict[str, Any]:
    """Return `areas`, `siting` and `phasing`, those that the result has."""
    found = {"areas": _areas(result), "siting": _siting(result), "phasing": _phasing(result)}
    return {key: value for key, value in found.items() if value is not None}


# --- service areas ----------------------------------------------------------------------------------------


def _areas(result: Result) -> dict[str, Any] | None:
    """Return, for each year, service -> bands -> rings; `base` the same for the parent, where it differs.

    A year whose areas are those of the year before is the number of that year.
    """
    own = [_areas_of_year(state) for state in result.years]
    if not any(own):
        return None
    out: dict[str, Any] = {"steps": PLACE_STEPS, "years": _repeated(own)}
    if result.base is not None:
        out["base"] = [
            None if side == here else side
            for side, here in zip((_areas_of_year(s) for s in result.base.years), own, strict=True)
        ]
    return out


def _repeated(years: list[dict[str, Any]]) -> list[dict[str, Any] | int]:
    """Return the years with a number in place of one that is like an earlier one."""
    return [years.index(year) if years.index(year) < k else year for k, year in enumerate(years)]


def _areas_of_year(state: YearState) -> dict[str, Any]:
    """Return service -> one list of polygons a band; a polygon is a list of rings of steps."""
    if state.areas is None:
        return {}
    return {
        str(service): [_polygons(shape) for shape in part["geometry"]]
        for service, part in state.areas.groupby("service", sort=False, observed=True)
    }


def _polygons(shape: shapely.Geometry) -> list[list[list[int]]]:
    """Return polygons as rings `[lat, lon, step, ...]`: the first corner, then the steps to the next."""
    polygons = shapely.get_parts(shape)
    return [rings for p in polygons if (rings := [r for ring in _rings(p) if (r := _steps(ring))])]


def _rings(polygon: shapely.Polygon) -> list[shapely.LinearRing]:
    """Return the rings of a polygon, the outer one first; none where the outer one is smaller than a step."""
    return [polygon.exterior, *polygon.interiors] if _steps(polygon.exterior) else []


def _steps(ring: shapely.LinearRing) -> list[int]:
    """Return a ring as differences of whole steps, without its last corner; empty where nothing is left."""
    whole = (shapely.get_coordinates(ring)[:, ::-1] * PLACE_STEPS).round().astype(int).tolist()
    corners = [c for k, c in enumerate(whole[:-1]) if k == 0 or c != whole[k - 1]]
    if len(corners) < 3:
        return []
    out = list(corners[0])
    for before, after in itertools.pairwise(corners):
        out += [after[0] - before[0], after[1] - before[1]]
    return out


# --- siting -----------------------------------------------------------------------------------------------


class _Sites:
    """The sites that a section names, each once: the page knows them by number."""

    def __init__(self, result: Result, year: int) -> None:
        self._states = sorted(result.years, key=lambda state: abs(state.year - year))
        self._districts = [str(key) for key in result.districts.index]
        self._ids: dict[str, int] = {}

    def number(self, site_id: str) -> int:
        """Return the number of a site, -1 for an empty id."""
        return self._ids.setdefault(site_id, len(self._ids)) if site_id else -1

    def numbers(self, ids: Iterable[Any]) -> list[int]:
        """Return the numbers of many sites."""
        return [self.number(str(key)) for key in ids]

    def lists(self, texts: Iterable[Any]) -> list[list[int]]:
        """Return the numbers of ids in `a;b` texts."""
        return [self.numbers(t for t in str(text).split(";") if t) for text in texts]

    def columns(self) -> dict[str, Any]:
        """Return ids, names and places; a site that no table knows has its id for a name and no place."""
        ids = list(self._ids)
        rows = self._rows(ids)
        named = {key: [n or i for n, i in zip(texts, ids, strict=True)] for key, texts in names(rows).items()}
        return {
            "id": ids,
            "name": named,
            "lat": column(rows["lat"], 5),
            "lon": column(rows["lon"], 5),
            "district": position(text_column(rows["district_id"]), self._districts),
        }

    def _rows(self, ids: list[str]) -> pd.DataFrame:
        """Return the row of each site from the nearest year that knows it; `site+service` is the site's."""
        wanted = ["name_az", "name_en", "name_ru", "lat", "lon", "district_id"]
        frames = [s.facilities if s.sites is None else s.sites for s in self._states]
        bare = [name.partition("+")[0] for name in ids]
        rows = frames[0][wanted].reindex(bare).set_axis(ids)
        for frame in frames[1:]:
            rows = rows.fillna(frame[wanted].reindex(bare).set_axis(ids))
        return rows


def _siting(result: Result) -> dict[str, Any] | None:
    """Return the section on siting; of its tables those that are there."""
    section = result.siting
    if section is None:
        return None
    sites = _Sites(result, section.year)
    makers = {
        "plan": _plan,
        "gains": _gains,
        "frontier": _frontier,
        "frontier_by_money": _frontier,
        "alternatives": _alternatives,
        "robustness": _robustness,
        "regret": _regret,
    }
    tables = {key: make(section.tables[key], sites) for key, make in makers.items() if key in section.tables}
    if "by_district" in section.tables:
        tables["by_district"] = _by_district(section.tables["by_district"], result)
    return {**_head(section), **tables, "sites": sites.columns()}


def _head(section: SitingSection) -> dict[str, Any]:
    """Return what the section is about, and what its record says."""
    return {
        "services": section.service.split("+"),
        "year": section.year,
        "model": section.model,
        "limit": section.limit_minutes,
        "share": (section.record.get("asked") or {}).get("cover_share"),
        "record": {key: section.record[key] for key in _RECORD if key in section.record},
    }


def _numbers(table: pd.DataFrame, digits: dict[str, int]) -> dict[str, Any]:
    """Return number columns rounded, those that the table has."""
    return {key: column(table[key], n) for key, n in digits.items() if key in table}


def _service(table: pd.DataFrame) -> dict[str, Any]:
    """Return the service of each row where services are sited together."""
    return {"service": text_column(table["service"])} if "service" in table else {}


def _plan(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return the plan, by rank."""
    figures = {"rank": 0, "weight_assigned": 0, "load": 0, "capacity": 0, "marginal_gain": 1, "cost": 0}
    return {
        "site": sites.numbers(table["site_id"]),
        "status": text_column(table["status"]),
        **_numbers(table, figures),
    }


def _gains(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return what each candidate gains alone."""
    figures = {"rank": 0, "gain_people": 0, "mean_minutes_saved": 2}
    return {"site": sites.numbers(table["site_id"]), **_service(table), **_numbers(table, figures)}


def _frontier(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return the best plan of each number of sites, or of each budget."""
    figures = {"open": 0, "open_new": 0, "people_covered": 0, "places_covered": 0, "cost": 0, "objective": 1}
    figures |= {"budget_azn": 0}
    return {
        "sites": sites.lists(table["sites"]),
        "status": text_column(table["status"]),
        **_numbers(table, figures),
    }


def _alternatives(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return plans that are nearly as good."""
    figures = {"rank": 0, "objective": 1, "loss": 1, "differs": 0, "cost": 0}
    return {
        "sites": sites.lists(table["sites"]),
        "status": text_column(table["status"]),
        **_numbers(table, figures),
    }


def _robustness(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return in which share of the draws each site was chosen, with its interval."""
    figures = {"chosen": 0, "draws": 0, "share": 4, "share_low": 4, "share_high": 4}
    return {
        "site": sites.numbers(table["site_id"]),
        "in_plan": [int(bool(v)) for v in table["in_plan"]],
        **_numbers(table, figures),
    }


def _regret(table: pd.DataFrame, sites: _Sites) -> dict[str, Any]:
    """Return how the plan does in other years and seasons beside the best plan of each."""
    figures = {"objective_of_plan": 1, "best_objective": 1, "regret": 1}
    return {
        "state": text_column(table["state"]),
        "best_sites": sites.lists(table["best_sites"]),
        **_numbers(table, figures),
    }


def _by_district(table: pd.DataFrame, result: Result) -> dict[str, Any]:
    """Return people covered and mean minutes of each district before and after the plan."""
    figures = {
        "population": 0,
        "covered_before": 0,
        "covered_after": 0,
        "mean_minutes_before": 1,
        "mean_minutes_after": 1,
    }
    order = [str(key) for key in result.districts.index]
    return {
        "district": position(text_column(table["district_id"]), order),
        **_service(table),
        **_numbers(table, figures),
    }


# --- phasing ----------------------------------------------------------------------------------------------


def _phasing(result: Result) -> dict[str, Any] | None:
    """Return the section on phasing: one row a site opened in a year of a plan."""
    section: PhasingSection | None = result.phasing
    if section is None:
        return None
    sites = _Sites(result, section.years[0])
    table = section.phases
    figures = {"year": 0, "rank": 0, "cost_azn": 0, "spent_azn": 0, "budget_azn": 0}
    people = {"people_covered": 0, "population": 0}
    phases = {
        "plan": text_column(table["plan"]),
        "site": sites.numbers(text_column(table["site_id"])),
        "status": text_column(table["status"]),
        **_numbers(table, figures | people),
    }
    return {
        "services": section.service.split("+"),
        "years": list(section.years),
        "phases": phases,
        "sites": sites.columns(),
    }
