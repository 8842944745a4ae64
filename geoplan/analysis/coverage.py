"""Who reaches which service, in how long: nearest facility, bands and shares from a matrix of times.

All sums are over whole people and whole tenths of a minute, so that bands, totals and shares agree to
the person in every table. For each district, service and year the bands, `unreachable` and
`not_assessed` add up to the population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.units import TENTHS_PER_MINUTE, UNREACHABLE_TENTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

REACHED: Final = "reached"
UNREACHABLE: Final = "unreachable"
NOT_ASSESSED: Final = "not_assessed"

CONFIDENCE_ORDER: Final = ("high", "medium", "low", "assumed")
"""From best to worst; the confidence of a combination is the worst of its parts."""

SETTLEMENT_COLUMNS: Final = (
    "demand_id",
    "demand_kind",
    "name_az",
    "name_en",
    "name_ru",
    "district_id",
    "liberated",
    "population",
)

EXTRA_COLUMNS: Final = ("region_id", "population_confidence")
"""Columns of the demand points that stand behind the figures."""


@dataclass(frozen=True)
class ServiceRule:
    """How one service is counted.

    Attributes
    ----------
    id
        Service id, e.g. `cardiology_pci`.
    bands_minutes
        Upper ends of the bands in minutes, rising; the upper end belongs to the band.
    target_minutes
        Travel time within which the service counts as reached in time.
    """

    id: str
    bands_minutes: tuple[int, ...]
    target_minutes: int


@dataclass(frozen=True)
class Access:
    """The nearest facility of one service for every demand point.

    Attributes
    ----------
    tenths
        int64 minutes x 10, `UNREACHABLE_TENTHS` where nothing is reached.
    facility
        int64 column of the nearest facility, -1 where nothing is reached.
    km
        float64 kilometres of that route, nan where nothing is reached.
    assessed
        bool: a register of such facilities exists for this demand point.
    """

    tenths: NDArray[np.int64]
    facility: NDArray[np.int64]
    km: NDArray[np.float64]
    assessed: NDArray[np.bool_]

    def part(self, mask: NDArray[np.bool_]) -> Access:
        """Return the rows where `mask` holds."""
        return Access(self.tenths[mask], self.facility[mask], self.km[mask], self.assessed[mask])

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Where the service is assessed and reached."""
        return self.assessed & (self.facility >= 0)


def nearest(
    tenths: NDArray[np.int32],
    km: NDArray[np.float64],
    *,
    allowed: NDArray[np.bool_],
    assessed: NDArray[np.bool_],
) -> Access:
    """Return the nearest allowed facility for every row.

    Parameters
    ----------
    tenths, km
        (demand, facility) minutes x 10, `UNREACHABLE_TENTHS` for no route, and kilometres; columns
        sorted by facility id.
    allowed
        (facility,) which columns count.
    assessed
        (demand,) where the service is assessed.

    Notes
    -----
    Of equal times the smaller id wins, because columns are sorted and the first minimum is taken.
    """
    columns = np.flatnonzero(allowed)
    if len(columns) == 0 or len(tenths) == 0:
        none = np.full(len(tenths), -1, dtype=np.int64)
        return Access(none, none, np.full(len(tenths), np.nan), assessed)
    far = np.iinfo(np.int32).max
    times = np.where(tenths[:, columns] == UNREACHABLE_TENTHS, far, tenths[:, columns])
    row = np.arange(len(times))
    best = times.argmin(axis=1)
    shortest = times[row, best].astype(np.int64)
    reached = shortest < far
    return Access(
        np.where(reached, shortest, UNREACHABLE_TENTHS),
        np.where(reached, columns[best], -1),
        np.where(reached, km[row, columns[best]], np.nan),
        assessed,
    )


def band_labels(bands_minutes: Sequence[int]) -> tuple[str, ...]:
    """Return the labels of the bands from nearest to farthest, e.g. `0-30, 30-60, >60`."""
    lower = (0, *bands_minutes[:-1])
    inner = tuple(f"{a}-{b}" for a, b in zip(lower, bands_minutes, strict=True))
    return (*inner, f">{bands_minutes[-1]}")


def band_states(bands_minutes: Sequence[int]) -> tuple[str, ...]:
    """Return the labels of the bands and the two states that have no minutes."""
    return (*band_labels(bands_minutes), UNREACHABLE, NOT_ASSESSED)


def band_codes(access: Access, bands_minutes: Sequence[int]) -> NDArray[np.int64]:
    """Return for every demand point the place of its state in `band_states`."""
    edges = np.asarray(bands_minutes, dtype=np.int64) * TENTHS_PER_MINUTE
    codes = np.searchsorted(edges, access.tenths, side="left")
    codes = np.where(~access.reached, len(edges) + 1, codes)
    return np.where(access.assessed, codes, len(edges) + 2).astype(np.int64)


def worst_confidence(first: NDArray[np.object_], second: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return, element by element, the worse of two confidences."""
    rank = {name: i for i, name in enumerate(CONFIDENCE_ORDER)}
    a = np.array([rank[c] for c in first], dtype=np.int64)
    b = np.array([rank[c] for c in second], dtype=np.int64)
    return np.asarray(CONFIDENCE_ORDER, dtype=object)[np.maximum(a, b)]


def settlement_table(
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    access: Access,
    rule: ServiceRule,
    *,
    error_minutes_per_km: float,
) -> pd.DataFrame:
    """Return one row a demand point for one service.

    Parameters
    ----------
    demand
        Demand points with `SETTLEMENT_COLUMNS` (id as index), `EXTRA_COLUMNS` and `position_radius_km`.
    facilities
        Counting facilities in column order: `position_radius_km`, `confidence`; index = id.
    access
        Nearest facilities; `facility` counts rows of `facilities`.
    rule
        Bands and target.
    error_minutes_per_km
        Minutes that one kilometre of position error may hide (detour factor at local-road speed).

    Returns
    -------
    Columns of the architecture plus `error_minutes`, `facility_confidence` and `on_assumed` (the nearest
    facility is itself assumed). Minutes, kilometres and facility are empty unless reached. `confidence`
    is that of the facility, and at best `low` where the position error crosses the target; a place that
    reaches nothing has `medium`, the word of the road table.
    """
    shown = access.reached
    facility = facilities.iloc[np.where(shown, access.facility, -1)[shown]]
    radius = _spread(shown, facility["position_radius_km"].to_numpy(dtype=float), 0.0)
    error = (demand["position_radius_km"].to_numpy(dtype=float) + radius) * error_minutes_per_km
    minutes = access.tenths / TENTHS_PER_MINUTE
    crosses = shown & (np.abs(minutes - rule.target_minutes) < error)
    facility_confidence = _spread(shown, facility["confidence"].to_numpy(dtype=object), "medium")
    confidence = worst_confidence(facility_confidence, np.where(crosses, "low", "high").astype(object))
    states = np.asarray(band_states(rule.bands_minutes), dtype=object)
    return (
        demand.reset_index()[list(SETTLEMENT_COLUMNS)]
        .assign(
            service=rule.id,
            minutes=np.where(shown, minutes, np.nan),
            km=np.where(shown, access.km, np.nan),
            facility_id=_spread(shown, facility.index.to_numpy(dtype=object), ""),
            band=states[band_codes(access, rule.bands_minutes)],
            status=np.where(access.assessed, np.where(shown, REACHED, UNREACHABLE), NOT_ASSESSED),
            confidence=np.where(access.assessed, confidence, ""),
            error_minutes=np.where(shown, np.round(error, 1), np.nan),
            facility_confidence=np.where(shown, facility_confidence, ""),
            on_assumed=shown & (facility_confidence == "assumed"),
            **{name: demand[name].to_numpy() for name in EXTRA_COLUMNS},
        )
        .astype({"status": object, "confidence": object, "facility_confidence": object})
    )


def _spread(mask: NDArray[np.bool_], values: NDArray[Any], rest: str | float) -> NDArray[Any]:
    """Return `values` laid out where `mask` holds and `rest` elsewhere."""
    out = np.full(len(mask), rest, dtype=values.dtype)
    out[mask] = values
    return out


def district_table(rows: pd.DataFrame, rule: ServiceRule, district_ids: Sequence[str]) -> pd.DataFrame:
    """Return people by district and band, every state of every district, zeros included.

    Parameters
    ----------
    rows
        One service of `settlement_table`.
    rule
        Bands.
    district_ids
        All districts, in the order wanted.

    Returns
    -------
    Columns `district_id, service, band, population, on_assumed`; the bands of a district add up to its
    population, `on_assumed` counts those whose nearest facility is assumed.
    """
    states = band_states(rule.bands_minutes)
    index = pd.MultiIndex.from_product([district_ids, states], names=["district_id", "band"])
    people = rows["population"].to_numpy()
    sums = (
        pd.DataFrame(
            {
                "district_id": rows["district_id"].to_numpy(),
                "band": rows["band"].to_numpy(),
                "population": people,
                "on_assumed": np.where(rows["on_assumed"], people, 0),
            }
        )
        .groupby(["district_id", "band"], sort=False)
        .sum()
        .reindex(index, fill_value=0)
        .reset_index()
    )
    return sums.assign(service=rule.id)[["district_id", "service", "band", "population", "on_assumed"]]


def weighted_quantile_tenths(tenths: NDArray[np.int64], people: NDArray[np.int64], share: float) -> int:
    """Return the least time, in tenths of a minute, within which at least `share` of `people` are.

    Raises
    ------
    ValueError
        If there is nobody.
    """
    total = int(people.sum())
    if total <= 0:
        msg = "a quantile needs at least one person"
        raise ValueError(msg)
    order = np.argsort(tenths, kind="stable")
    reached = np.cumsum(people[order])
    # in whole people: the smallest count that is at least the share
    need = int(np.ceil(share * total - 1e-9))
    return int(tenths[order][np.searchsorted(reached, max(need, 1), side="left")])


def summary_row(
    people: NDArray[np.int64], access: Access, without_assumed: Access, rule: ServiceRule
) -> dict[str, float | int | None]:
    """Return the figures of one group of demand points for one service.

    `without_assumed` is the access when facilities of confidence `assumed` do not count; `on_assumed` is
    the number of people who are within the target only thanks to those.
    """
    target = rule.target_minutes * TENTHS_PER_MINUTE
    reached = access.reached
    within = reached & (access.tenths <= target)
    sure = without_assumed.reached & (without_assumed.tenths <= target)
    assessed = int(people[access.assessed].sum())
    in_time = int(people[within].sum())
    row: dict[str, float | int | None] = {
        "population": int(people.sum()),
        "assessed": assessed,
        "within_target": in_time,
        "share_within_target": round(in_time / assessed, 6) if assessed else None,
        "unreachable": int(people[access.assessed & (access.facility < 0)].sum()),
        **_time_figures(access.tenths[reached], people[reached]),
        "on_assumed": int(people[within & ~sure].sum()),
        "beyond_target": assessed - in_time,
    }
    return row


def _time_figures(tenths: NDArray[np.int64], people: NDArray[np.int64]) -> dict[str, float | None]:
    """Return mean, median and 90th percentile minutes of the people who reach the service."""
    total = int(people.sum())
    if total == 0:
        return {"mean_minutes": None, "p50_minutes": None, "p90_minutes": None}
    mean = int((tenths * people).sum()) / total / TENTHS_PER_MINUTE
    return {
        "mean_minutes": round(mean, 1),
        "p50_minutes": weighted_quantile_tenths(tenths, people, 0.5) / TENTHS_PER_MINUTE,
        "p90_minutes": weighted_quantile_tenths(tenths, people, 0.9) / TENTHS_PER_MINUTE,
    }


def summary_table(
    demand: pd.DataFrame,
    access: Access,
    without_assumed: Access,
    rule: ServiceRule,
    groups: Sequence[tuple[str, str, NDArray[np.bool_]]],
) -> pd.DataFrame:
    """Return one row a group `(level, id, mask over demand)` for one service, in the order given."""
    people = demand["population"].to_numpy(dtype=np.int64)
    rows = [
        {"level": level, "id": key, "service": rule.id}
        | summary_row(people[mask], access.part(mask), without_assumed.part(mask), rule)
        for level, key, mask in groups
    ]
    return pd.DataFrame(rows)


def summary_groups(
    demand: pd.DataFrame, *, district_ids: Sequence[str], region_ids: Sequence[str], capital_id: str
) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return the groups of the summary: nation, outside the capital, liberated, regions, districts."""
    district = demand["district_id"].to_numpy(dtype=object)
    region = demand["region_id"].to_numpy(dtype=object)
    return [
        ("nation", "AZ", np.ones(len(demand), dtype=bool)),
        ("group", "outside_baku", district != capital_id),
        ("group", "liberated", demand["liberated"].to_numpy(dtype=bool)),
        *(("region", r, region == r) for r in region_ids),
        *(("district", d, district == d) for d in district_ids),
    ]
