"""One state of a run as a siting problem: whose way counts, which sites stand, which may open, minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan.analysis.siting_effects import Ways
from geoplan.analysis.siting_make import Tables
from geoplan.stage import offers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.result import Result, YearState
    from geoplan.scenario import Service, Siting

JOINT: Final = "+"
"""Between a site or place and its service where two services are sited together."""


@dataclass(frozen=True)
class Ground:
    """One service in one state.

    Attributes
    ----------
    service
        The service.
    limit_minutes
        Within how many minutes people count as covered.
    demand
        Index `demand_id`, sorted; `population, district_id, population_confidence`: places with people whose
        way counts.
    sites
        Index `site_id`, sorted; columns of `YearState.sites` and `kind` (existing, new, upgrade),
        `region_id, open_azn, run_azn_a_year, capacity, least_load`.
    tenths
        int32 (demand, site).
    """

    service: Service
    limit_minutes: float
    demand: pd.DataFrame
    sites: pd.DataFrame
    tenths: NDArray[np.int32]

    @property
    def ways(self) -> Ways:
        """People and minutes for plain counting."""
        people = self.demand["population"].to_numpy(dtype=np.int64)
        return Ways(people, self.tenths, round(self.limit_minutes * 10))

    @property
    def standing(self) -> NDArray[np.bool_]:
        """Which sites give the service today."""
        return (self.sites["kind"] == "existing").to_numpy(dtype=bool)


def ground_of(result: Result, state: YearState, service: Service, siting: Siting) -> Ground:
    """Return the siting problem of one service in one state of a run."""
    if state.sites is None or state.site_tenths is None:
        raise ValueError("the run has no times to candidate sites")
    demand = state.demand
    counted = (demand["population"] > 0).to_numpy(dtype=bool)
    if service.assessed == "liberated" or siting.people == "liberated":
        counted = counted & demand["liberated"].to_numpy(dtype=bool)
    kind = _kinds(result, state, service, siting)
    keep = (kind != "").to_numpy(dtype=bool)
    sites = state.sites[keep].assign(kind=kind[keep])
    regions = result.districts["region_id"]
    sites["region_id"] = [str(regions.get(d, "")) for d in sites["district_id"]]
    limit = siting.limit_minutes if siting.limit_minutes is not None else service.target_minutes
    return Ground(
        service=service,
        limit_minutes=limit,
        demand=demand.loc[counted, ["population", "district_id", "population_confidence"]],
        sites=_priced(sites, siting),
        tenths=state.site_tenths[np.ix_(counted, keep)],
    )


def _kinds(result: Result, state: YearState, service: Service, siting: Siting) -> pd.Series[str]:
    """Return for every site whether it gives the service, may be opened or upgraded, or neither (empty)."""
    assert state.sites is not None  # noqa: S101 - for the type checker; `ground_of` checks it
    sites, facilities = state.sites, state.facilities
    counting = facilities["counts"].to_numpy(dtype=bool)
    given = counting & offers(facilities, service)
    tags = [set(cell.split(";")) for cell in facilities["services"]]
    upgraded = np.array([bool(t & set(siting.upgrade)) for t in tags], dtype=bool) & counting & ~given
    upgraded &= (facilities["mobile_unit"] == "").to_numpy(dtype=bool)
    kind = pd.Series("", index=sites.index, dtype=object)
    if "new" in siting.may_open:
        kind[sites["site_kind"] == "candidate"] = "new"
    if "upgrade" in siting.may_open:
        kind[facilities.index[upgraded]] = "upgrade"
    if siting.where == "liberated":
        kind[~_liberated(result, sites)] = ""
    kind[facilities.index[given]] = "existing"
    return kind


def _liberated(result: Result, sites: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which sites lie in the liberated territories: by their settlement, else by their district."""
    places = result.settlements["liberated"].astype(bool).to_dict()
    whole = set(result.districts.index[result.districts["liberated"] == "full"])
    pairs = zip(sites["settlement_id"], sites["district_id"], strict=True)
    return np.array([places.get(place, district in whole) for place, district in pairs], dtype=bool)


def _priced(sites: pd.DataFrame, siting: Siting) -> pd.DataFrame:
    """Return the sites with money and capacity of their kind; the last row that fits holds."""
    sites = sites.assign(open_azn=0.0, run_azn_a_year=0.0, capacity=np.nan, least_load=0.0)
    for row in siting.kinds:
        fits = (sites["kind"] == row.kind).to_numpy(dtype=bool)
        if row.sites:
            fits = fits & sites.index.isin(row.sites)
        capacity = np.nan if row.capacity is None else row.capacity
        values = [row.open_azn, row.run_azn_a_year, capacity, row.least_load]
        sites.loc[fits, ["open_azn", "run_azn_a_year", "capacity", "least_load"]] = values
    return sites


def money(sites: pd.DataFrame, siting: Siting) -> pd.Series[float]:
    """Return what an open site costs: opening once and running for the years that count.

    What stands is paid for; its running counts only where it may be closed, else every plan would hold it.
    """
    standing = sites["kind"] == "existing"
    running = siting.run_years * sites["run_azn_a_year"]
    paid = running if siting.closable else 0.0 * running
    return (sites["open_azn"] + running).where(~standing, paid)


def siting_tables(grounds: tuple[Ground, ...], siting: Siting) -> Tables:
    """Return matrix, demand and sites of one service, or of two that share places.

    Two services are one problem whose ids end in `+service`; no pair joins the two. Where a model asks who is
    within a limit, the minutes of the service with the smaller limit are moved up by the difference, so that
    one limit serves both: `shift_minutes` takes it back.
    """
    ends = [JOINT + g.service.id if len(grounds) > 1 else "" for g in grounds]
    shifts = [shift_minutes(grounds, g, siting) for g in grounds]
    demand = pd.concat([_demand(g, siting, end) for g, end in zip(grounds, ends, strict=True)])
    sites = pd.concat([_sites(g, siting, end) for g, end in zip(grounds, ends, strict=True)])
    matrix = pd.concat([_matrix(g, e, s) for g, e, s in zip(grounds, ends, shifts, strict=True)])
    matrix, demand, sites = (t.reset_index(drop=True) for t in (matrix, demand, sites))
    return Tables(matrix, demand, sites, names=("travel times", "demand", "sites"))


def shift_minutes(grounds: tuple[Ground, ...], ground: Ground, siting: Siting) -> float:
    """Return by how many minutes the times of a service are moved up, see `siting_tables`."""
    if siting.model not in {"lscp", "mclp", "backup-cover", "capacitated-mclp"}:
        return 0.0
    return max(g.limit_minutes for g in grounds) - ground.limit_minutes


def _demand(ground: Ground, siting: Siting, end: str) -> pd.DataFrame:
    """Return `id, weight, load, district` of one service."""
    people = ground.demand["population"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "id": ground.demand.index + end,
            "weight": people,
            "load": people * siting.load_per_person,
            "district": ground.demand["district_id"].to_numpy(),
        }
    )


def _sites(ground: Ground, siting: Siting, end: str) -> pd.DataFrame:
    """Return the sites of one service with every column that siting knows."""
    sites = ground.sites
    ids = sites.index.to_numpy()
    standing = ground.standing
    place = [p or i for p, i in zip(sites["settlement_id"].fillna(""), ids, strict=True)]
    return pd.DataFrame(
        {
            "id": ids + end,
            "capacity": sites["capacity"].to_numpy(),
            "least_load": sites["least_load"].to_numpy(),
            "cost": money(sites, siting).to_numpy(),
            "fixed": standing & (not siting.closable),
            "existing": standing,
            "region": sites["region_id"].to_numpy(),
            "place": np.where(standing, "", place),
            "place_cost": np.where(standing, 0.0, siting.shared_open_azn if end else 0.0),
        }
    )


def _matrix(ground: Ground, end: str, shift: float) -> pd.DataFrame:
    """Return the pairs with a route of one service, in the order of demand and sites."""
    who, where = np.nonzero(ground.tenths >= 0)
    return pd.DataFrame(
        {
            "origin_id": pd.Categorical.from_codes(who, ground.demand.index + end),
            "destination_id": pd.Categorical.from_codes(where, ground.sites.index + end),
            "minutes": ground.tenths[who, where] / 10 + shift,
        }
    )
