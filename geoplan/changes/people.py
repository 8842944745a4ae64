"""People of one day: an assumed resettlement envelope, growth of districts, and who is counted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.changes.log import error, row, unknown
from geoplan.errors import Finding
from geoplan.scenario.change_people import Growth, OtherResidents, Resettlement
from geoplan.tables.residents import apportion, arrived, of_year, place_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.result import ChangeRow
    from geoplan.scenario import AnyChange, Scenario
    from geoplan.tables.read import TableSet

    Tables = dict[str, pd.DataFrame]

ENVELOPE: Final = "envelope"
"""Kind of the resettlement rows that say how many people live in a place on a day, by assumption."""

DAYS_A_YEAR: Final = 365.25


def counts_others(scenario: Scenario, year: int) -> bool:
    """Return whether students and workers are counted on 1 January of `year`: the latest change decides."""
    day = dt.date(year, 1, 1)
    mine = [c for c in scenario.changes if isinstance(c, OtherResidents) and c.holds(day)]
    latest = max(mine, key=lambda change: change.start or dt.date.min, default=None)
    return scenario.population.other_residents if latest is None else latest.counted


def changed_people(
    changes: Sequence[AnyChange], tables: TableSet, day: dt.date, *, scenario: Scenario
) -> tuple[Tables, list[ChangeRow], list[Finding]]:
    """Return the tables of people that hold on `day`, the log and the findings."""
    out: Tables = {}
    log: list[ChangeRow] = []
    findings: list[Finding] = []
    counted = scenario.population.other_residents
    for change in changes:
        if isinstance(change, Resettlement) and change.holds(day):
            out["resettlement"], more, found = _resettled(change, tables, day)
            log, findings = log + more, findings + found
        if isinstance(change, OtherResidents) and change.holds(day):
            log.append(row(change, "other residents", "counted", counted, change.counted))
            counted = change.counted
    grown, more, found = _grown([c for c in changes if isinstance(c, Growth)], tables, day, scenario.years[0])
    return out | grown, log + more, findings + found


# --- the resettlement envelope --------------------------------------------------------------------------


def _resettled(
    change: Resettlement, tables: TableSet, day: dt.date
) -> tuple[pd.DataFrame, list[ChangeRow], list[Finding]]:
    """Return the resettlement with what the envelope has above the counted people on `day`.

    Between two dates of the envelope the people of a settlement are interpolated by days and rounded half
    up; after its last date the last figure holds, before its first only the counted people.
    """
    table = tables.resettlement
    rows = table[table["kind"] == ENVELOPE]
    strange = sorted(set(rows["settlement_id"]) - set(tables.settlements.index))
    if not len(rows) or strange:
        what = f"names no settlement '{strange[0]}'" if strange else f"has no rows of the kind '{ENVELOPE}'"
        message = f"the table of the change {what}."
        return table, [], [error(change, "bad-envelope", message, "See 'geoplan schema resettlement'.")]
    expected = people_on_day(rows, day)
    counted = arrived(table, "returned", day)["persons"].reindex(expected.index).fillna(0).astype(np.int64)
    more = (expected - counted).clip(lower=0)
    more = more[more > 0]
    sources = rows.drop_duplicates("settlement_id", keep="last").set_index("settlement_id")["source"]
    new = pd.DataFrame(
        {
            "settlement_id": more.index,
            "date": day,
            "persons": more.to_numpy(),
            "families": pd.NA,
            "kind": "returned",
            "source": [sources[place] for place in more.index],
            "confidence": "assumed",
        }
    ).astype({c: t for c, t in table.dtypes.items() if c != "date"})
    joined = pd.concat([table[table["kind"] != ENVELOPE], new[list(table.columns)]], ignore_index=True)
    before = int(arrived(table, "returned", day)["persons"].sum())
    after = before + int(more.sum())
    log = [row(change, "returned people", f"persons on {day}", before, after)]
    unplaced = place_unknown(table, year=day.year)[0]
    return joined, log, [_envelope_note(change, before, after, unplaced, day)]


def people_on_day(rows: pd.DataFrame, day: dt.date) -> pd.Series[Any]:
    """Return the people of each settlement of an envelope on `day`, whole persons, sorted by id."""
    persons = {}
    for place, part in rows.sort_values(["settlement_id", "date"]).groupby("settlement_id", sort=True):
        days = np.array([d.toordinal() for d in part["date"]], dtype=np.float64)
        people = part["persons"].fillna(0).to_numpy(dtype=np.float64)
        value = np.interp(day.toordinal(), days, people, left=0.0)
        persons[str(place)] = int(np.floor(value + 0.5))
    return pd.Series(persons, dtype=np.int64)


def _envelope_note(change: Resettlement, before: int, after: int, unplaced: int, day: dt.date) -> Finding:
    """Return the note that says what the figure is and what it is not."""
    name = change.envelope.removeprefix("shipped:")
    return Finding(
        severity="note",
        code="resettlement-envelope",
        message=(
            f"On {day} {after} people have returned to known places by the assumed envelope '{name}' "
            f"({before} counted; {unplaced} more of unknown place). It is an assumption of ours, "
            "no plan of a government and no forecast."
        ),
        where=change.where,
        params=(("envelope", name), ("date", day.isoformat()), ("persons", after), ("counted", before)),
    )


# --- growth -------------------------------------------------------------------------------------------------


def _grown(
    changes: Sequence[Growth], tables: TableSet, day: dt.date, first_year: int
) -> tuple[Tables, list[ChangeRow], list[Finding]]:
    """Return settlement and district populations of `day` after compound growth, whole persons."""
    districts = tables.district_population
    known = sorted(set(districts["district_id"]))
    findings = [_no_district(c, tables) for c in changes if c.district and c.district not in known]
    findings += _growth_conflicts(changes)
    factors = {d: _factor(d, changes, day, first_year) for d in known}
    factors = {d: f for d, f in factors.items() if f != 1.0}
    if findings or not factors:
        return {}, [], findings
    totals = of_year(districts, "district_id", day.year, file="district_population.csv")[0]
    places = of_year(tables.population, "settlement_id", day.year, file="population.csv")[0]
    owner = tables.settlements["district_id"].reindex(places.index)
    before = {str(d): int(n) for d, n in totals["population"].items()}
    new_totals, new_places = totals["population"].copy(), places["population"].copy()
    for district, factor in factors.items():
        total = int(np.floor(before[district] * factor + 0.5))
        inside = places.index[(owner == district).to_numpy()].sort_values()
        people = places.loc[inside, "population"].to_numpy(dtype=np.int64)
        new_totals[district] = total
        if people.sum():
            share = min(total, int(np.floor(int(people.sum()) * factor + 0.5)))
            new_places[inside] = apportion(share, people)
    changed = {
        "district_population": _of_day(districts, totals.assign(population=new_totals), day.year),
        "population": _of_day(tables.population, places.assign(population=new_places), day.year),
    }
    return changed, _growth_log(changes, totals["population"], new_totals, day), []


def _factor(district: str, changes: Sequence[Growth], day: dt.date, first_year: int) -> float:
    """Return by how much the people of a district have grown until `day`.

    From its start on a rate holds until another one of the district or of all districts starts, or its end.
    """
    mine = [c for c in changes if c.district in {"", district}]
    starts = [c.start or dt.date(first_year, 1, 1) for c in mine]
    factor = 1.0
    for change, start in zip(mine, starts, strict=True):
        ends = [s for s in starts if s > start] + [day] + ([change.until] if change.until else [])
        years = (min(ends) - start).days / DAYS_A_YEAR
        if years > 0:
            factor *= (1 + change.percent_per_year / 100) ** round(years, 2)
    return factor


def _growth_conflicts(changes: Sequence[Growth]) -> list[Finding]:
    """Return an error for each growth of one district that starts with a growth of all districts."""
    findings = []
    for change in changes:
        other = next((c for c in changes if not c.district and c.start == change.start), None)
        if change.district and other is not None:
            message = (
                f"the people of {change.district} grow otherwise in {other.where}, from the same day on."
            )
            hint = "Give one of the two another start."
            findings.append(error(change, "change-conflict", message, hint))
    return findings


def _no_district(change: Growth, tables: TableSet) -> Finding:
    """Return the error for a growth of a district without residents' figures."""
    if change.district in tables.districts.index:
        message = f"district {change.district} has no residents' figure that could grow."
        hint = "People of the liberated territories come from the resettlement table or an envelope."
        return error(change, "growth-of-liberated", message, hint)
    rows = tables.districts[["name_az", "name_en", "name_ru"]]
    return unknown(change, "district", change.district, zip(rows.index, rows.to_numpy(), strict=True))


def _of_day(table: pd.DataFrame, rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the table with the figures of `year` as its newest; older years stay."""
    new = rows.assign(year=year, confidence="assumed").reset_index()[list(table.columns)]
    old = table[table["year"] < year]
    return pd.concat([old, new.astype(table.dtypes.to_dict())], ignore_index=True)


def _growth_log(
    changes: Sequence[Growth], old: pd.Series[Any], new: pd.Series[Any], day: dt.date
) -> list[ChangeRow]:
    """Return one row a growth in force by `day`: the people of its districts before and after."""
    log = []
    for change in changes:
        if change.start is not None and change.start >= day:
            continue
        mine = [change.district] if change.district else list(old.index)
        before, after = int(old[mine].sum()), int(new[mine].sum())
        log.append(row(change, change.district or "districts", f"persons on {day}", before, after))
    return log
