"""Two coverage tables -> who gains, who loses, by how much: exact to the person and the tenth of a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan.analysis.coverage import NOT_ASSESSED, REACHED, UNREACHABLE
from geoplan.units import TENTHS_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

SHORTER: Final = "shorter"
LONGER: Final = "longer"
SAME: Final = "same"
BECAME_REACHABLE: Final = "became_reachable"
BECAME_UNREACHABLE: Final = "became_unreachable"
NOT_COMPARED: Final = "not_compared"
ONLY_BEFORE: Final = "only_before"
ONLY_AFTER: Final = "only_after"

CHANGES: Final = (
    SHORTER,
    LONGER,
    SAME,
    BECAME_REACHABLE,
    BECAME_UNREACHABLE,
    NOT_COMPARED,
    ONLY_BEFORE,
    ONLY_AFTER,
)
"""What may become of a place; `not_compared`: not assessed before, after or both."""

ABSENT: Final = "absent"
"""The band of a place that one side does not have."""

KEY: Final = ("year", "service", "demand_id")

PLACE_COLUMNS: Final = (
    "demand_kind",
    "name_az",
    "name_en",
    "name_ru",
    "district_id",
    "region_id",
    "liberated",
)
"""What a place is, the same in both tables; of two readings the later counts."""

FIGURES: Final = ("population", "minutes", "band", "status", "facility_id", "on_assumed")
"""Columns that stand once for before and once for after."""

GROUP_KEY: Final = ("year", "level", "id", "service")

PEOPLE_COLUMNS: Final = {
    SHORTER: "people_shorter",
    LONGER: "people_longer",
    SAME: "people_same",
    BECAME_REACHABLE: "people_became_reachable",
    BECAME_UNREACHABLE: "people_became_unreachable",
}

SUMMARY_PEOPLE: Final = ("population", "assessed", "within_target", "unreachable", "on_assumed")
SUMMARY_SHARES: Final = ("share",)
SUMMARY_MINUTES: Final = ("mean", "p50", "p90")


def settlement_difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return one row a year, service and place that either table has, in that order.

    Parameters
    ----------
    before, after
        Tables with the columns of `coverage_by_settlement`: `KEY`, `PLACE_COLUMNS` and `FIGURES`. Minutes
        are whole tenths. Only years and services of both should be given.

    Returns
    -------
    `KEY`, `PLACE_COLUMNS`, each of `FIGURES` with `_before` and `_after`, then `change` (of `CHANGES`),
    `difference_minutes` (after - before, empty unless reached in both) and `person_minutes`: that difference
    times the people of the place after, who are the ones that travel.
    """
    rows = _joined(before, after)
    change = _change(rows)
    both = ((rows["status_before"] == REACHED) & (rows["status_after"] == REACHED)).to_numpy(dtype=bool)
    tenths = _tenths(rows["minutes_after"]) - _tenths(rows["minutes_before"])
    people = rows["population_after"].to_numpy(dtype=np.int64)
    return rows.assign(
        change=change,
        difference_minutes=np.where(both, tenths / TENTHS_PER_MINUTE, np.nan),
        person_minutes=np.where(both, tenths * people / TENTHS_PER_MINUTE, np.nan),
    )


def _joined(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return both tables side by side; what one side lacks is absent, with nobody in it."""
    kept = [*KEY, *PLACE_COLUMNS, *FIGURES]
    one, two = (t[kept].set_index(list(KEY)) for t in (before, after))
    services = pd.Index(dict.fromkeys([*before["service"], *after["service"]]))
    index = one.index.union(two.index, sort=False)
    order = np.lexsort(
        (
            index.get_level_values("demand_id").to_numpy(dtype=str),
            services.get_indexer(index.get_level_values("service")),
            index.get_level_values("year").to_numpy(dtype=np.int64),
        )
    )
    index = index[order]
    one, two = one.reindex(index), two.reindex(index)
    place = two[list(PLACE_COLUMNS)].where(two["status"].notna(), one[list(PLACE_COLUMNS)])
    sides = {
        f"{name}_{side}": _filled(table[name], name)
        for name in FIGURES
        for side, table in (("before", one), ("after", two))
    }
    return pd.concat([place, pd.DataFrame(sides, index=index)], axis=1).reset_index()


def _filled(values: pd.Series, name: str) -> pd.Series:
    """Return a column with the word for `not there` where a side lacks the place."""
    if name == "minutes":
        return values.astype(float)
    if name == "population":
        return values.fillna(0).astype(np.int64)
    if name == "on_assumed":
        return values.astype(object).where(values.notna(), other=False).astype(bool)
    rest = "" if name == "facility_id" else ABSENT
    return values.astype(object).where(values.notna(), other=rest)


def _tenths(minutes: pd.Series) -> NDArray[np.int64]:
    """Return minutes as whole tenths, 0 where empty."""
    tenths = np.rint(minutes.fillna(0).to_numpy(dtype=float) * TENTHS_PER_MINUTE)
    return np.asarray(tenths, dtype=np.int64)


def _change(rows: pd.DataFrame) -> NDArray[np.object_]:
    """Return what became of each place, see `CHANGES`."""
    was, now = rows["status_before"].to_numpy(dtype=object), rows["status_after"].to_numpy(dtype=object)
    step = np.sign(_tenths(rows["minutes_after"]) - _tenths(rows["minutes_before"]))
    both = (was == REACHED) & (now == REACHED)
    cases = [
        (was == ABSENT, ONLY_AFTER),
        (now == ABSENT, ONLY_BEFORE),
        ((was == NOT_ASSESSED) | (now == NOT_ASSESSED), NOT_COMPARED),
        ((was == UNREACHABLE) & (now == REACHED), BECAME_REACHABLE),
        ((was == REACHED) & (now == UNREACHABLE), BECAME_UNREACHABLE),
        (both & (step < 0), SHORTER),
        (both & (step > 0), LONGER),
    ]
    words = np.select([case for case, _ in cases], [word for _, word in cases], default=SAME)
    out: NDArray[np.object_] = words.astype(object)
    return out


def group_difference(
    rows: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, *, capital_id: str
) -> pd.DataFrame:
    """Return one row a year, level, group and service: figures before and after, winners and losers.

    Parameters
    ----------
    rows
        A `settlement_difference`.
    before, after
        Tables with the columns of `coverage_summary`, in the order wanted.
    capital_id
        The district that the group `outside_baku` leaves out.

    Returns
    -------
    `GROUP_KEY`, names, the people and minutes of the summaries with `_before`, `_after` and `_difference`,
    people by what became of them (`PEOPLE_COLUMNS`; people after), and `gained_person_minutes`,
    `lost_person_minutes` (both at least 0) over the places reached before and after.
    """
    both = _summaries(before, after)
    moves = pd.concat([_moves(_grouped(rows, level, capital_id)) for level in _LEVELS])
    found = moves.reindex(pd.MultiIndex.from_frame(both[list(GROUP_KEY)]))
    people = {name: found[name].fillna(0).to_numpy().astype(np.int64) for name in PEOPLE_COLUMNS.values()}
    gained, lost = (
        found[name].fillna(0).to_numpy().astype(np.int64) / TENTHS_PER_MINUTE for name in ("gained", "lost")
    )
    return both.assign(**people, gained_person_minutes=gained, lost_person_minutes=lost)


_LEVELS: Final = ("nation", "outside_baku", "liberated", "region", "district")


def _grouped(rows: pd.DataFrame, level: str, capital_id: str) -> pd.DataFrame:
    """Return the rows of one level with the columns `level` and `id` of their group."""
    if level == "nation":
        return rows.assign(level="nation", id="AZ")
    if level == "outside_baku":
        return rows[rows["district_id"] != capital_id].assign(level="group", id="outside_baku")
    if level == "liberated":
        return rows[rows["liberated"].astype(bool)].assign(level="group", id="liberated")
    return rows.assign(level=level, id=rows[f"{level}_id"])


def _moves(rows: pd.DataFrame) -> pd.DataFrame:
    """Return people by change and tenths of person-minutes gained and lost of each group."""
    people = rows["population_after"].to_numpy(dtype=np.int64)
    tenths = np.rint(rows["person_minutes"].fillna(0).to_numpy() * TENTHS_PER_MINUTE).astype(np.int64)
    columns = {name: np.where(rows["change"] == change, people, 0) for change, name in PEOPLE_COLUMNS.items()}
    columns |= {"gained": np.where(tenths < 0, -tenths, 0), "lost": np.where(tenths > 0, tenths, 0)}
    return rows[list(GROUP_KEY)].assign(**columns).groupby(list(GROUP_KEY), sort=False).sum()


def _summaries(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the two summaries side by side with their differences; groups of one side alone are kept."""
    one, two = (t.set_index(list(GROUP_KEY)) for t in (before, after))
    index = two.index.append(one.index.difference(two.index, sort=False))
    one, two = one.reindex(index), two.reindex(index)
    names = two[["name_az", "name_en", "name_ru"]]
    out = names.where(two["population"].notna(), one[names.columns])
    columns: dict[str, pd.Series] = {}
    for name in SUMMARY_PEOPLE:
        was, now = (t[name].fillna(0).astype(np.int64) for t in (one, two))
        columns |= {f"{name}_before": was, f"{name}_after": now, f"{name}_difference": now - was}
    for name in SUMMARY_SHARES:
        low, high = (t[f"{name}_within_target"].astype(float) for t in (one, two))
        columns |= {f"{name}_before": low, f"{name}_after": high}
        columns |= {f"{name}_difference": (high - low).round(6)}
    for name in SUMMARY_MINUTES:
        low, high = (t[f"{name}_minutes"].astype(float).round(1) for t in (one, two))
        columns |= {f"{name}_before_minutes": low, f"{name}_after_minutes": high}
        columns |= {f"{name}_difference_minutes": (high - low).round(1)}
    return pd.concat([out, pd.DataFrame(columns)], axis=1).reset_index()


def transition_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many people went from which band to which, by year and service.

    Columns `year, service, band_before, band_after, people, places`; people are those after, or before where
    the place is gone. Pairs that nobody took are left out, places without people too.
    """
    gone = rows["change"] == ONLY_BEFORE
    people = rows["population_after"].where(~gone, rows["population_before"])
    keys = ["year", "service", "band_before", "band_after"]
    table = rows[keys].assign(people=people, places=1)[people > 0]
    return table.groupby(keys, sort=True).sum().reset_index()


def largest(rows: pd.DataFrame, *, by: str, gains: bool, count: int = 20) -> pd.DataFrame:
    """Return the `count` largest gains or losses of every year and service among places with people.

    `by` is `difference_minutes` or `person_minutes`. Ties go by the other measure, then by id.
    """
    other = {"difference_minutes": "person_minutes", "person_minutes": "difference_minutes"}[by]
    chosen = rows[(rows["change"] == (SHORTER if gains else LONGER)) & (rows["population_after"] > 0)]
    order = chosen.sort_values(
        ["year", by, other, "demand_id"], ascending=[True, gains, gains, True], kind="stable"
    )
    return order.groupby(["year", "service"], sort=False).head(count).reset_index(drop=True)


def step_table(steps: Sequence[tuple[Mapping[str, object], pd.DataFrame]]) -> pd.DataFrame:
    """Return what each step contributes to nation and groups, one row a step, year, group and service.

    `steps` holds, in order, what names the step and its `group_difference`. The columns are those that may
    be added up over a sequence of steps: people within the target, unreachable people, person-minutes of
    the places reached on both sides of the step, and people by what became of them.
    """
    parts = []
    for labels, table in steps:
        rows = table[table["level"].isin(["nation", "group"])]
        figures = {
            "within_target_difference": rows["within_target_difference"],
            "unreachable_difference": rows["unreachable_difference"],
            **{name: rows[name] for name in PEOPLE_COLUMNS.values() if name != "people_same"},
            "gained_person_minutes": rows["gained_person_minutes"],
            "lost_person_minutes": rows["lost_person_minutes"],
        }
        part = rows[list(GROUP_KEY)].assign(**figures)
        for place, (name, value) in enumerate(labels.items()):
            part.insert(place, name, [value] * len(part))
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
