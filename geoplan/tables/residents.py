"""Who lives in which settlement on 1 January of a year: residents, returned people and other residents."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

KHANKENDI_ID: Final = "AZ-XA"
KARABAKH_THREE: Final = (KHANKENDI_ID, "AZ-X-AGD", "AZ-XCI")
KARABAKH_THREE_RESIDENTS: Final = 22_000
"""More than 22,000 people in all live in Khankendi, Aghdara and Khojaly (report.az, 31 October 2025)."""

CONFIDENCES: Final = ("assumed", "low", "medium", "high")
"""From worst to best."""

PERSONS_PER_FAMILY: Final = 4
"""Assumed where a row counts families only: 26,513 people in 6,633 families on 21 January 2026 are 4.0."""

APPORTION_MAX_PERSONS: Final = 10**12
"""Above this, quotas in float64 could no longer be told apart from whole persons."""


def apportion(total: int, weights: Floats | Ints) -> Ints:
    """Share `total` whole persons by `weights`, conserving the sum (largest remainder, Hamilton's method).

    Equal remainders go to the earlier row, so callers sort by id. Weights that are all zero count as equal.

    Raises
    ------
    ValueError
        If `total` is negative or absurdly large, a weight is negative or not finite, or nobody can take.
    """
    w = np.asarray(weights, dtype=np.float64)
    sound = np.isfinite(w).all() and (w >= 0).all() and 0 <= total <= APPORTION_MAX_PERSONS
    if not sound or (total > 0 and not len(w)):
        raise ValueError("apportion needs a total of 0 to 1e12 persons and finite weights >= 0")
    if not len(w):
        return np.zeros(0, dtype=np.int64)
    top = float(w.max())
    w = w / top if top > 0 else np.ones(len(w))
    quota = total * (w / w.sum())
    share: Ints = np.floor(quota).astype(np.int64)
    # rounding the remainders keeps ties between equal weights ties, whatever the order of summation
    order = np.argsort(-np.round(quota - share, 9), kind="stable")
    share[order[: total - int(share.sum())]] += 1
    return share


def of_year(table: pd.DataFrame, key: str, year: int, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return per `key` the row of `year` or the latest before it; where there is none, the earliest after.

    `table` has the columns `key`, `year`, `population`, `confidence`, `source`; two rows of one place and
    year are an error, a place known only later is a warning.
    """
    rows = table.sort_values([key, "year", "population"], kind="stable")
    twice = rows.loc[rows.duplicated([key, "year"]), [key, "year"]].itertuples(index=False)
    findings = [
        Finding(
            severity="error",
            code="duplicate-year",
            message=f"{place} has more than one population for {when}.",
            where=f"{file}: {place}:year",
            hint="Keep one row for each place and year.",
        )
        for place, when in twice
    ]
    known = rows[rows["year"] <= year].drop_duplicates(key, keep="last").set_index(key)
    later = rows[~rows[key].isin(known.index)].drop_duplicates(key).set_index(key)
    if not len(later):
        return known, findings
    findings.append(
        Finding(
            severity="warning",
            code="population-year-later",
            message=f"{len(later)} places have no population for {year} or before: the earliest holds.",
            where=f"{file}: {', '.join(later.index[:5])}",
            params=(("places", len(later)), ("year", year)),
        )
    )
    return pd.concat([known, later]), findings


def settled(
    settlements: pd.DataFrame, population: pd.DataFrame, resettlement: pd.DataFrame, *, year: int
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return `settlements` (sorted) with who lives there on 1 January of `year`.

    New columns: `residents` (outside the liberated territories), `returned`, `others` (0 here), all int64
    persons; `planned_persons` (Int64), `planned` (bool: liberated, nobody there yet, return planned or come
    later), `population_confidence`, and `source` of the figure.
    """
    day = dt.date(year, 1, 1)
    out = settlements.sort_index()
    residents, findings = of_year(population, "settlement_id", year, file="population.csv")
    returned, plans = arrived(resettlement, "returned", day), _plans(resettlement)
    registered = residents.index.isin(out.index[out["liberated"].to_numpy(dtype=bool)])
    findings += _not_used(residents[registered])
    residents = residents[~registered]
    people = residents["population"].reindex(out.index)
    findings += _without_figure(out, people)
    out["residents"] = people.fillna(0).astype(np.int64)
    out["returned"] = _persons(returned, out.index)
    out["others"] = np.int64(0)
    out["planned_persons"] = plans["persons"].reindex(out.index)
    coming = resettlement.loc[resettlement["kind"] == "returned", "settlement_id"].dropna()
    expected = out.index.isin(plans.index) | out.index.isin(coming)
    empty = (out["residents"] + out["returned"] == 0).to_numpy()
    out["planned"] = out["liberated"].to_numpy(dtype=bool) & empty & expected
    layers = (residents, returned, plans)
    out["population_confidence"] = _first(layers, "confidence", out.index).fillna("assumed")
    out["source"] = _first(layers, "source", out.index).fillna(out["source"])
    return out, findings


def _first(layers: Sequence[pd.DataFrame], column: str, ids: pd.Index[Any]) -> pd.Series[Any]:
    """Return `column` of the first layer that has the id."""
    found = layers[0][column].reindex(ids)
    for layer in layers[1:]:
        found = found.fillna(layer[column].reindex(ids))
    return found


def arrived(resettlement: pd.DataFrame, kind: str, day: dt.date) -> pd.DataFrame:
    """Return per settlement the persons of all rows of `kind` dated on or before `day`, added up.

    Each row counts people who came; the sum has the worst confidence and all sources of its rows.
    """
    rows = _by_day(resettlement, kind, day)
    rows = rows[rows["settlement_id"] != ""]
    by_place = rows.groupby("settlement_id")
    rank = rows["confidence"].map({name: n for n, name in enumerate(CONFIDENCES)})
    worst = rank.groupby(rows["settlement_id"]).min()
    return pd.DataFrame(
        {
            "persons": by_place["persons"].sum(),
            "confidence": worst.map(dict(enumerate(CONFIDENCES))),
            "source": by_place["source"].agg(lambda texts: " | ".join(dict.fromkeys(texts))),
        }
    )


def _persons(rows: pd.DataFrame, ids: pd.Index[Any]) -> pd.Series[Any]:
    """Return `rows.persons` for `ids`, int64, 0 where there is none."""
    return rows["persons"].reindex(ids).fillna(0).astype(np.int64)


def _plans(resettlement: pd.DataFrame) -> pd.DataFrame:
    """Return per settlement the latest plan; its date is a target, so it holds whatever the year.

    `persons` (Int64) is empty where neither persons nor families are planned.
    """
    rows = _counted(resettlement, "planned")
    return rows.drop_duplicates("settlement_id", keep="last").set_index("settlement_id")


def _by_day(resettlement: pd.DataFrame, kind: str, day: dt.date) -> pd.DataFrame:
    """Return the rows of `kind` that hold on `day`, persons as int64."""
    rows = _counted(resettlement, kind)
    rows = rows[np.array([d <= day for d in rows["date"]], dtype=bool)]
    return rows.assign(persons=rows["persons"].fillna(0).astype(np.int64))


def _counted(resettlement: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of `kind`, sorted: empty ids as '', undated rows at the beginning of time.

    `persons` (Int64) comes from `PERSONS_PER_FAMILY` where only families are counted (then assumed).
    """
    rows = resettlement[resettlement["kind"] == kind].copy()
    rows["settlement_id"] = rows["settlement_id"].fillna("").astype(str)
    rows["date"] = [dt.date.min if pd.isna(d) else d for d in rows["date"]]
    rows["persons"] = rows["persons"].astype("Int64")
    by_family = (rows["persons"].isna() & rows["families"].notna()).to_numpy(dtype=bool)
    rows["persons"] = rows["persons"].fillna(rows["families"].astype("Int64") * PERSONS_PER_FAMILY)
    rows.loc[by_family, "confidence"] = "assumed"
    return rows.sort_values(["settlement_id", "date", "persons", "source"], kind="stable")


def _not_used(registered: pd.DataFrame) -> list[Finding]:
    """Return a warning on residents' figures of liberated places: they count displaced people at home."""
    warning = Finding(
        severity="warning",
        code="population-liberated-not-used",
        message=f"{len(registered)} liberated places stand in population.csv: only returned people count.",
        where=f"population.csv: {', '.join(registered.index.sort_values()[:5])}",
        hint="Take the rows out, or put the returned people into resettlement.csv (kind returned).",
        params=(("places", len(registered)),),
    )
    return [warning] if len(registered) else []


def _without_figure(settlements: pd.DataFrame, people: pd.Series[Any]) -> list[Finding]:
    """Return a note on settlements whose people are unknown and so counted in the rural rest."""
    missing = int((people.isna() & ~settlements["liberated"].to_numpy(dtype=bool)).sum())
    note = Finding(
        severity="note",
        code="settlement-without-population",
        message=f"{missing} settlements have no population figure: their people are in the rural cells.",
        where="population.csv",
        params=(("settlements", missing),),
    )
    return [note] if missing else []


def district_totals(
    districts: pd.DataFrame, district_population: pd.DataFrame, places: pd.DataFrame, *, year: int
) -> tuple[pd.Series[Any], list[Finding]]:
    """Return residents by district (0 in `full` ones), and an error for every contradiction.

    `places` is the table of `settled`; `districts` is sorted and has `liberated` (full, part, no).
    """
    file = "district_population.csv"
    rows, findings = of_year(district_population, "district_id", year, file=file)
    findings += _bases(rows)
    totals = rows["population"].reindex(districts.index)
    full = (districts["liberated"] == "full").to_numpy()
    findings += [_de_jure(d) for d in districts.index[full & (totals > 0).to_numpy()]]
    findings += [_no_total(d) for d in districts.index[~full & totals.isna().to_numpy()]]
    totals = totals.where(~full, 0).fillna(0).astype(np.int64)
    over = by_district(places["residents"], places, districts) - totals
    findings += [_too_many(str(d), int(n)) for d, n in over[over > 0].items()]
    return totals, findings


def _bases(rows: pd.DataFrame) -> list[Finding]:
    """Return one note for each basis of the district totals: how many people rest on it."""
    groups = rows.groupby("basis")["population"].agg(["sum", "size"]).sort_index()
    return [
        Finding(
            severity="note",
            code="population-basis",
            message=f"{people} people of {size} districts are counted by: {basis}.",
            where="district_population.csv",
            params=(("persons", int(people)), ("districts", int(size)), ("basis", str(basis))),
        )
        for basis, people, size in groups.itertuples()
    ]


def by_district(people: pd.Series[Any], places: pd.DataFrame, districts: pd.DataFrame) -> pd.Series[Any]:
    """Return the sum of `people` of settlements by district, int64, in the order of `districts`."""
    sums = people.groupby(places["district_id"]).sum()
    return sums.reindex(districts.index).fillna(0).astype(np.int64)


def _de_jure(district: Any) -> Finding:
    """Return the error of registered people in a fully liberated district."""
    return Finding(
        severity="error",
        code="de-jure-district",
        message=f"{district} is fully liberated: its registered population does not live there.",
        where=f"district_population.csv: {district}:population",
        hint="Remove the row; returned people stand in resettlement.csv.",
    )


def _no_total(district: Any) -> Finding:
    """Return the error of a district without people."""
    return Finding(
        severity="error",
        code="district-total-missing",
        message=f"{district} has no population.",
        where=f"district_population.csv: {district}",
        hint="Add a row for the district.",
    )


def _too_many(district: str, persons: int) -> Finding:
    """Return the error of settlements that hold `persons` more than their district."""
    return Finding(
        severity="error",
        code="settlements-exceed-district",
        message=f"The settlements of {district} hold {persons} people more than the district.",
        where=f"population.csv: {district}",
        hint="Lower the settlement figures or correct district_population.csv.",
        params=(("district", district), ("persons", persons)),
    )


def place_unknown(resettlement: pd.DataFrame, *, year: int) -> tuple[int, list[Finding]]:
    """Return returned people whose place no source names, with a note on them."""
    day = dt.date(year, 1, 1)
    persons = _standing(_by_day(resettlement, "place_unknown", day))
    note = Finding(
        severity="note",
        code="place-unknown",
        message=f"{persons} returned people have no known place: they are not put into any village.",
        where="resettlement.csv",
        params=(("persons", persons), ("date", day.isoformat())),
    )
    return persons, [note] if persons else []


def _standing(rows: pd.DataFrame) -> int:
    """Return the persons of the latest date of rows that are totals."""
    if not len(rows):
        return 0
    return int(rows.loc[rows["date"] == max(rows["date"]), "persons"].sum())


def with_others(
    places: pd.DataFrame, resettlement: pd.DataFrame, *, year: int, counted: bool
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return `places` with students and workers in `others` if `counted`, and a note on them in either case.

    Rows with a settlement stand there; the latest row without one is a total and is shared by `_spread`.
    """
    day = dt.date(year, 1, 1)
    placed = arrived(resettlement, "other_residents", day)
    rows = _by_day(resettlement, "other_residents", day)
    loose = _standing(rows[rows["settlement_id"] == ""])
    persons = int(placed["persons"].sum()) + loose
    if not persons:
        return places, []
    if not counted:
        return places, [_others_note(persons, "other-residents-left-out", "are left out")]
    out = places.copy()
    out["others"] = _persons(placed, out.index) + _spread(out, loose)
    here = (out["others"] > 0).to_numpy()
    out.loc[here, "population_confidence"] = "assumed"
    out.loc[here, "planned"] = False
    return out, [_others_note(persons, "other-residents-counted", "are counted, at assumed places")]


def _others_note(persons: int, code: str, done: str) -> Finding:
    """Return the note on other residents."""
    return Finding(
        severity="note",
        code=code,
        message=f"{persons} students, workers and other residents of the liberated territories {done}.",
        where="resettlement.csv",
        params=(("persons", persons),),
    )


def _spread(places: pd.DataFrame, persons: int) -> Ints:
    """Share people without a place among resettled places by their returned people (assumed).

    Khankendi, with its suburbs, takes what brings it, Aghdara and Khojaly to the 22,000 residents sourced for
    the three together; the rest goes to the resettled places of the other districts.
    """
    back = places["returned"].to_numpy()
    taker = (back > 0) & places["liberated"].to_numpy(dtype=bool)
    three = places["district_id"].isin(KARABAKH_THREE).to_numpy()
    capital = taker & (places["district_id"] == KHANKENDI_ID).to_numpy()
    elsewhere = taker & ~three
    if not (capital.any() and elsewhere.any()):
        capital = elsewhere = taker
    room = max(KARABAKH_THREE_RESIDENTS - int(back[three].sum()), 0)
    first = min(persons, room)
    share = np.zeros(len(places), dtype=np.int64)
    for rows, part in ((capital, first), (elsewhere, persons - first)):
        share[rows] += apportion(part if rows.any() else 0, back[rows])
    return share
