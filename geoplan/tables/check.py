"""Checks between rows and tables: ids, references, totals, dates; each message says how to mend it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.errors import Finding, did_you_mean
from geoplan.tables.check_places import check_places
from geoplan.tables.check_roads import check_road_places
from geoplan.tables.contract import SPECS, load_contract, split_list
from geoplan.tables.names import NAME_COLUMNS, fold, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import pandas as pd

    from geoplan.errors import Severity
    from geoplan.tables.parse import Rows

    Tables = Mapping[str, Rows]

REFERENCES: Final = (
    ("settlements", "district_id", "districts"),
    ("facilities", "district_id", "districts"),
    ("facilities", "serves_district_id", "districts"),
    ("facilities", "settlement_id", "settlements"),
    ("candidates", "district_id", "districts"),
    ("candidates", "settlement_id", "settlements"),
    ("district_population", "district_id", "districts"),
    ("districts", "centre_settlement_id", "settlements"),
    ("population", "settlement_id", "settlements"),
    ("resettlement", "settlement_id", "settlements"),
    ("roads", "from", "road_nodes"),
    ("roads", "to", "road_nodes"),
)
"""Table, column and the table whose ids the column holds."""

ALMOST: Final = 0.86
"""Likeness (difflib) from which a service is taken for a slip of the pen and not for a service of its own."""

ONE_OF: Final = {
    "districts": "district",
    "settlements": "settlement",
    "road_nodes": "road node",
}


def check_tables(tables: Tables, *, own_roads: bool = False) -> list[Finding]:
    """Return all that is wrong between the rows of `tables`; a check whose tables are absent is left out.

    With `own_roads` the road graph may lie anywhere and need not serve the facilities.
    """
    findings: list[Finding] = []
    for name, rows in tables.items():
        findings += check_duplicate_keys(name, rows)
    for needs, check in CHECKS:
        if all(name in tables for name in needs):
            findings += check(tables)
    for name, column, target in REFERENCES:
        if name in tables and target in tables:
            findings += check_reference(tables[name], column, tables[target], target)
    found, country = check_places(tables, own_roads=own_roads)
    return findings + found + check_road_places(tables, country, own_roads=own_roads)


def check_duplicate_keys(name: str, rows: Rows) -> list[Finding]:
    """Return an error for each row that repeats the key of an earlier row; both are named."""
    key = SPECS[name].key
    if not key:
        return []
    first: dict[tuple[Any, ...], int] = {}
    findings = []
    for i, values in enumerate(zip(*(rows.frame[column].tolist() for column in key), strict=True)):
        if any(value is None or value == "" for value in values):
            continue
        earlier = first.setdefault(values, i)
        if earlier != i:
            words = ", ".join(str(value) for value in values)
            message = f"{' + '.join(key)} '{words}' stands already in {rows.places[earlier]}."
            hint = "Give one of the two another id, or take one out."
            findings.append(Finding("error", "duplicate-id", message, where=rows.where(i, key[0]), hint=hint))
    return findings


def check_reference(rows: Rows, column: str, target: Rows, target_name: str) -> list[Finding]:
    """Return an error for each cell that names no row of another table; empty cells are let through."""
    known = set(target.frame[target.key])
    cells = rows.frame[column].tolist()
    strange = [i for i, value in enumerate(cells) if value and value not in known]
    labels = _labels(target) if strange else {}
    findings = []
    for i in strange:
        value = cells[i]
        meant = labels.get(fold(value))
        hint = f"Did you mean '{meant}'?" if meant else suggest(value, known).strip()
        one = ONE_OF[target_name]
        message = (
            f"'{value}' is no {one} of {target.places[0].split(':')[0] if target.places else target_name}."
        )
        code = f"unknown-{one.replace(' ', '-')}"
        hint = hint or f"Write the id of a {one}, or add the {one} to its table."
        params = (("value", value),)
        where = rows.where(i, column)
        findings.append(Finding("error", code, message, where=where, hint=hint, params=params))
    return findings


def _labels(target: Rows) -> dict[str, str]:
    """Return the id by folded name, for names that belong to one row only."""
    owners: dict[str, set[str]] = {}
    for column in NAME_COLUMNS:
        for key, name in zip(target.frame[target.key], target.frame[column], strict=True):
            owners.setdefault(fold(name), set()).add(key)
    return {name: min(keys) for name, keys in owners.items() if len(keys) == 1 and name}


def check_liberated(tables: Tables) -> list[Finding]:
    """Return an error where a settlement's `liberated` contradicts its district's."""
    settlements = tables["settlements"]
    kind = district_column(tables, settlements, "liberated")
    must = {"full": True, "no": False}
    findings = []
    for i, (own, district) in enumerate(zip(settlements.frame["liberated"], kind, strict=True)):
        if district in must and own != must[district]:
            word = str(must[district]).lower()
            message = f"liberated is {str(bool(own)).lower()}, but its district has liberated = {district}."
            hint = f"Write {word}."
            where = settlements.where(i, "liberated")
            findings.append(Finding("error", "liberated-mismatch", message, where=where, hint=hint))
    return findings


def district_column(tables: Tables, rows: Rows, column: str) -> pd.Series[Any]:
    """Return a column of the districts, looked up by the `district_id` of `rows`; NaN where unknown."""
    districts = tables["districts"].frame.drop_duplicates("district_id").set_index("district_id")
    return rows.frame["district_id"].map(districts[column])


def check_population_place(tables: Tables) -> list[Finding]:
    """Return a warning for each census row in a fully liberated district, where it is not used."""
    settlements = tables["settlements"]
    kind = dict(
        zip(
            settlements.frame["settlement_id"],
            district_column(tables, settlements, "liberated"),
            strict=True,
        )
    )
    rows = tables["population"]
    message = "the settlement lies in a fully liberated district: only the resettlement table counts there."
    hint = "Take the row out, or move the people to the resettlement table."
    return [
        Finding("warning", "population-not-used", message, where=rows.where(i, "settlement_id"), hint=hint)
        for i, settlement in enumerate(rows.frame["settlement_id"])
        if kind.get(settlement) == "full"
    ]


def check_population_totals(tables: Tables) -> list[Finding]:
    """Return an error for each district whose settlements hold more people than the district."""
    settlements = tables["settlements"].frame.drop_duplicates("settlement_id").set_index("settlement_id")
    newest = _newest(tables["population"].frame, "settlement_id")
    by_district = newest["settlement_id"].map(settlements["district_id"])
    sums = newest["population"].astype("Float64").groupby(by_district).sum()
    rows = tables["district_population"]
    totals = _newest(rows.frame, "district_id")
    findings = []
    for i, district, total in zip(totals.index, totals["district_id"], totals["population"], strict=True):
        people = int(sums.get(district, 0))
        if people > total:
            message = f"the settlements of {district} hold {people:,} people, the district only {total:,}."
            hint = "Lower the settlements' numbers or raise the district's: a district holds its settlements."
            where = rows.where(i, "population")
            findings.append(Finding("error", "population-over-total", message, where=where, hint=hint))
    return findings


def _newest(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the row of the latest year for each id, without rows that lack a number."""
    whole = frame.dropna(subset=["year", "population"])
    return whole.sort_values("year", kind="stable").drop_duplicates(column, keep="last")


def check_resettlement_rows(tables: Tables) -> list[Finding]:
    """Return an error for each total without a number and each count of placed people without a place.

    A settlement may stand without a number: people returned there, how many is not published.
    """
    rows = tables["resettlement"]
    findings = []
    frame = rows.frame
    placed = frame["kind"].isin(["returned", "planned"])
    uncounted = ~placed & (frame["kind"] != "") & frame["persons"].isna() & frame["families"].isna()
    for i in np.flatnonzero(uncounted.to_numpy()):
        message, hint = "neither persons nor families are given.", "Fill in at least one of them."
        where = rows.where(int(i), "persons")
        findings.append(Finding("error", "missing-value", message, where=where, hint=hint))
    for i in np.flatnonzero((placed & (frame["settlement_id"] == "")).to_numpy()):
        message = f"kind is {frame['kind'].iloc[i]}, but no settlement is given."
        hint = "Name the settlement, or write kind place_unknown."
        where = rows.where(int(i), "settlement_id")
        findings.append(Finding("error", "missing-value", message, where=where, hint=hint))
    return findings


def check_open_dates(tables: Tables) -> list[Finding]:
    """Return an error where something closes before it opens."""
    findings = []
    for name in ("facilities", "roads"):
        if name not in tables:
            continue
        rows = tables[name]
        dates = zip(rows.frame["open_from"], rows.frame["open_until"], strict=True)
        for i, (begin, end) in enumerate(dates):
            if begin is not None and end is not None and end <= begin:
                message = f"open_until {end} is not after open_from {begin}."
                hint = "Write the first day it can no longer be used."
                where = rows.where(i, "open_until")
                findings.append(Finding("error", "dates-reversed", message, where=where, hint=hint))
    return findings


def check_services(tables: Tables) -> list[Finding]:
    """Return a warning for each service that is nearly, but not quite, one of the known words."""
    words = next(c for c in load_contract("facilities") if c.name == "services").words
    rows = tables["facilities"]
    findings = []
    for i, cell in enumerate(rows.frame["services"]):
        for service in split_list(cell):
            close = difflib.get_close_matches(service, words, n=1, cutoff=ALMOST)
            if close and service not in words:
                message = f"the service '{service}' is not among the known ones."
                hint = f"Did you mean '{close[0]}'? It counts as a service of its own."
                where = rows.where(i, "services")
                params = (("service", service), ("close", close[0]))
                findings.append(
                    Finding("warning", "unknown-service", message, where=where, hint=hint, params=params)
                )
    return findings


def check_service_tags(
    cells: Iterable[str], wanted: Mapping[str, str], given: Mapping[int, Collection[str]], *, file: str
) -> list[Finding]:
    """Return what is wrong with the services that a scenario counts, held against its facilities.

    Parameters
    ----------
    cells
        Column `services` of all facilities, of the tables and of changes.
    wanted
        The tag that each service of the scenario counts, by the service's id.
    given
        By year, the ids of the services that at least one operating facility gives.
    file
        The scenario's file name.

    Returns
    -------
    An error for a tag that no facility has and no contract knows; a warning for a service that nobody
    gives, in one year or at all.
    """
    tags = {tag for cell in dict.fromkeys(cells) for tag in split_list(cell)}
    known = {word for c in load_contract("facilities") if c.name == "services" for word in c.words}
    findings = []
    for service, tag in wanted.items():
        where = f"{file} {service}:counts"
        absent = [str(year) for year in sorted(given) if service not in given[year]]
        if tag not in tags:
            message = f"no facility gives the service '{tag}'."
            names = ", ".join(sorted(tags | known))
            hint = did_you_mean(tag, tags | known).strip() or f"Services of the facilities: {names}."
            severity: Severity = "warning" if tag in known else "error"
            hint = "Nobody reaches it; add facilities." if tag in known else hint
            findings.append(Finding(severity, "service-not-given", message, where=where, hint=hint))
        elif absent:
            message = f"no facility that gives '{tag}' operates on 1 January {', '.join(absent)}."
            hint = "Nobody reaches it then; look at status, open_from and open_until, and at exclude_status."
            params = (("tag", tag), ("years", ", ".join(absent)))
            findings.append(
                Finding("warning", "service-not-open", message, where=where, hint=hint, params=params)
            )
    return findings


def check_stops(tables: Tables) -> list[Finding]:
    """Return an error for each stop of a mobile unit without days of visits, and for days without a unit."""
    rows = tables["facilities"]
    unit, days = (rows.frame["mobile_unit"] != ""), rows.frame["visit_days_a_month"].notna()
    findings = []
    for i in np.flatnonzero((unit & ~days).to_numpy()):
        message = "it is a stop of a mobile unit, but no days of visits are given."
        hint = "Write on how many days of a month the unit is there."
        where = rows.where(int(i), "visit_days_a_month")
        findings.append(Finding("error", "missing-value", message, where=where, hint=hint))
    for i in np.flatnonzero((days & ~unit).to_numpy()):
        message = "days of visits are given, but no mobile unit."
        hint = "Name the unit, or empty the cell: a facility that stands has no days of visits."
        where = rows.where(int(i), "mobile_unit")
        findings.append(Finding("error", "missing-value", message, where=where, hint=hint))
    return findings


def check_twin_facilities(tables: Tables) -> list[Finding]:
    """Return a warning where two facilities of one district have one name in whatever spelling."""
    rows = tables["facilities"]
    seen: dict[tuple[str, str], int] = {}
    findings = {}
    for i, record in enumerate(rows.frame[["district_id", *NAME_COLUMNS]].itertuples(index=False)):
        district, *names = record
        for name in dict.fromkeys(fold(str(n)) for n in names if fold(str(n))):
            earlier = seen.setdefault((str(district), name), i)
            if earlier != i:
                twin = rows.frame["facility_id"].iloc[earlier]
                message = f"it has the name of '{twin}' ({rows.places[earlier]}) in the same district."
                hint = "If both are one facility, take one row out."
                where = rows.where(i, "name_az")
                params = (("facility", str(twin)),)
                findings[i] = Finding(
                    "warning", "twin-facility", message, where=where, hint=hint, params=params
                )
    return list(findings.values())


def check_speeds(tables: Tables) -> list[Finding]:
    """Return an error for each kind of road that has neither an own speed nor one in the speed table."""
    speeds = tables["speeds"].frame
    known = set(zip(speeds["class"], speeds["surface"], speeds["vehicle"], speeds["season"], strict=True))
    modes = sorted({(vehicle, season) for _, _, vehicle, season in known})
    roads = tables["roads"]
    needy = roads.frame[roads.frame["speed_kmh"].isna()]
    findings = []
    for kind, group in needy.groupby(["class", "surface"], sort=True):
        lacking = [mode for mode in modes if (*kind, *mode) not in known]
        if lacking and "" not in kind:
            ways = ", ".join(f"{vehicle} in {season}" for vehicle, season in lacking)
            message = f"there is no speed for class {kind[0]}, surface {kind[1]} ({ways})."
            hint = "Add it to the speeds table, or give the road its own speed_kmh."
            where = roads.where(int(group.index[0]), "class")
            findings.append(Finding("error", "unknown-speed", message, where=where, hint=hint))
    return findings


CHECKS: Final[tuple[tuple[tuple[str, ...], Callable[[Tables], list[Finding]]], ...]] = (
    (("settlements", "districts"), check_liberated),
    (("population", "settlements", "districts"), check_population_place),
    (("population", "settlements", "district_population"), check_population_totals),
    (("resettlement",), check_resettlement_rows),
    ((), check_open_dates),
    (("facilities",), check_services),
    (("facilities",), check_stops),
    (("facilities",), check_twin_facilities),
    (("speeds", "roads"), check_speeds),
)
