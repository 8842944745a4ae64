"""Tables -> siting instance: every rule on matrix, demand and sites, and all problems said at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.analysis.siting_instance import Instance, Pairs, cost_scale
from geoplan.errors import Finding, did_you_mean, raise_on_errors, sort_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geoplan.analysis.siting_instance import BoolArray, FloatArray, IntArray

MANY: Final = 20
"""Findings of one kind that are listed one by one; the rest is counted."""

ROUTE_STATUS: Final = "reached"
NO_ROUTE_STATUSES: Final = ("unreachable", "not_snapped")


@dataclass(frozen=True)
class Tables:
    """What the user gave, with line numbers as index.

    Attributes
    ----------
    matrix
        `origin_id, destination_id`, the measure, and maybe `status` (reached, unreachable, not_snapped).
    demand
        `id, weight` and maybe `load, district`; None for p-dispersion.
    sites
        `id` and maybe `capacity, least_load, cost, fixed, existing, closed, region, place, place_cost`;
        None: the sites of the matrix.
    measure
        Column of the matrix that is the travel cost.
    from_site
        Origins are the sites.
    names
        What findings call matrix, demand and sites.
    """

    matrix: pd.DataFrame
    demand: pd.DataFrame | None
    sites: pd.DataFrame | None = None
    measure: str = "minutes"
    from_site: bool = False
    names: tuple[str, str, str] = ("matrix", "demand", "sites")


@dataclass(frozen=True)
class Choices:
    """What the command line says about sites and columns.

    Attributes
    ----------
    fixed, closed
        Sites kept open and sites that may not open, beside those of the table.
    capacity_column, cost_column
        Columns of the sites that mean capacity and money; empty: none.
    set_aside
        Demand without a route is set aside; else it is an error.
    """

    fixed: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    capacity_column: str = ""
    cost_column: str = ""
    set_aside: bool = False


@dataclass(frozen=True)
class Made:
    """An instance, what was found on the way, and the demand that is set aside."""

    instance: Instance
    findings: tuple[Finding, ...]
    unservable: tuple[str, ...]


@dataclass
class _Report:
    """Findings so far."""

    found: list[Finding] = field(default_factory=list)

    def add(
        self, code: str, message: str, where: Iterable[str], *, hint: str = "", severity: Any = "error"
    ) -> None:
        """Add one finding a place, and one that counts the rest."""
        places = list(where)
        self.found += [Finding(severity, code, message, where=w, hint=hint) for w in places[:MANY]]
        if len(places) > MANY:
            file = places[0].split(":")[0]
            more = f"{message} ({len(places) - MANY} more rows like these)"
            self.found.append(Finding(severity, code, more, where=file, hint=hint))


def make_instance(tables: Tables, choices: Choices | None = None) -> Made:
    """Return the instance of tables in canonical order.

    Raises
    ------
    InputError
        With every problem: missing or negative numbers, contradictory rows, unknown ids, no weight at all,
        demand without a route (unless it is set aside).
    """
    choices = choices or Choices()
    report = _Report()
    demand = _demand(tables, report)
    sites = _sites(tables, choices, report)
    raise_on_errors(report.found)
    pairs, scale = _pairs(tables, demand, sites, report)
    raise_on_errors(report.found)
    usable = ~sites["closed"].to_numpy(dtype=bool)
    pairs = pairs.where(usable[pairs.site])
    instance = _instance(tables, demand, sites, pairs, scale, usable)
    instance, unservable = _aside(instance, tables, choices, report)
    raise_on_errors(report.found)
    return Made(instance, sort_findings(report.found), unservable)


def _where(file: str, frame: pd.DataFrame, mask: BoolArray, column: str, name: str = "id") -> list[str]:
    """Return `file:line id:column` of the rows of a mask."""
    rows = frame[mask]
    return [f"{file}:{line} {key}:{column}" for line, key in zip(rows.index, rows[name], strict=True)]


def _checked_ids(frame: pd.DataFrame, file: str, report: _Report) -> None:
    """Report ids that stand twice."""
    twice = frame["id"].duplicated().to_numpy()
    report.add(
        "duplicate-id", "this id stands already above.", _where(file, frame, twice, "id"), hint="Keep one."
    )


def _numbers(
    frame: pd.DataFrame, column: str, file: str, report: _Report, *, default: float | None = None
) -> FloatArray:
    """Return a column of numbers that are there and not negative; `default` fills empty cells."""
    values = frame[column].to_numpy(dtype=float)
    if default is not None:
        values = np.where(np.isnan(values), default, values)
    missing = np.isnan(values) | (np.isinf(values) & (default != np.inf))
    report.add(f"{column}-missing", f"'{column}' is no number.", _where(file, frame, missing, column))
    negative = values < 0
    report.add(f"{column}-negative", f"'{column}' is negative.", _where(file, frame, negative, column))
    return np.where(missing | negative, 0.0, values)


def _demand(tables: Tables, report: _Report) -> pd.DataFrame:
    """Return the demand sorted by id, checked: id, weight, load, district."""
    if tables.demand is None:
        ids = sorted(_ids_in(tables.matrix, "origin_id") | _ids_in(tables.matrix, "destination_id"))
        if tables.sites is not None:
            ids = sorted(tables.sites["id"].astype(str))
        return pd.DataFrame({"id": ids, "weight": 1.0, "load": 1.0, "district": ""})
    frame, file = tables.demand, tables.names[1]
    _checked_ids(frame, file, report)
    weight = _numbers(frame, "weight", file, report)
    load = weight
    if "load" in frame:
        given = frame.assign(load=frame["load"].astype(float).fillna(frame["weight"].astype(float)))
        load = _numbers(given, "load", file, report)
    if not len(frame) or not weight.sum() > 0:
        report.add("zero-weight", "all weights are zero: there is nobody to serve.", [file])
    district = frame["district"].astype(str) if "district" in frame else ""
    out = pd.DataFrame({"id": frame["id"].astype(str), "weight": weight, "load": load, "district": district})
    return out.sort_values("id", kind="stable")


def _ids_in(matrix: pd.DataFrame, column: str) -> set[str]:
    """Return the ids of a column; rows are only counted, never turned into text one by one."""
    cells = matrix[column].astype("category").cat
    used = np.unique(cells.codes.to_numpy())
    return {str(cells.categories[k]) for k in used.tolist() if k >= 0}


def _sites(tables: Tables, choices: Choices, report: _Report) -> pd.DataFrame:
    """Return the sites sorted by id, checked, with every column filled."""
    file = tables.names[2]
    if tables.sites is None:
        column = "origin_id" if tables.from_site else "destination_id"
        ids = sorted(_ids_in(tables.matrix, column))
        if tables.demand is None:
            ids = sorted(set(ids) | _ids_in(tables.matrix, "origin_id"))
        frame, file = pd.DataFrame({"id": ids}), tables.names[0]
    else:
        frame = tables.sites
        _checked_ids(frame, file, report)
    out = pd.DataFrame({"id": frame["id"].astype(str)}, index=frame.index)
    out["capacity"] = _site_numbers(frame, choices.capacity_column, file, report, np.inf)
    out["money"] = _site_numbers(frame, choices.cost_column, file, report, None)
    out["least_load"] = _site_numbers(frame, "least_load" if "least_load" in frame else "", file, report, 0.0)
    out["place_cost"] = _site_numbers(frame, "place_cost" if "place_cost" in frame else "", file, report, 0.0)
    for name in ("fixed", "existing", "closed"):
        out[name] = frame[name].to_numpy(dtype=bool) if name in frame else False
    for name in ("region", "place"):
        out[name] = frame[name].astype(str) if name in frame else ""
    known = list(out["id"])
    for option, named in (("fixed", choices.fixed), ("closed", choices.closed)):
        _named(option, named, known, report)
        out[option] |= out["id"].isin(named)
    both = (out["fixed"] & out["closed"]).to_numpy()
    report.add("fixed-closed", "the site is both fixed and closed.", _where(file, out, both, "fixed"))
    return out.sort_values("id", kind="stable")


def _site_numbers(
    frame: pd.DataFrame, column: str, file: str, report: _Report, default: float | None
) -> FloatArray:
    """Return numbers of the sites; without a column the default, or zero."""
    if not column:
        return np.full(len(frame), 0.0 if default is None else default)
    if column not in frame:
        names = ", ".join(str(c) for c in frame.columns)
        report.add(
            "missing-column", f"there is no column '{column}'.", [f"{file}:1"], hint=f"Columns: {names}."
        )
        return np.zeros(len(frame))
    return _numbers(frame, column, file, report, default=default)


def _named(option: str, ids: Sequence[str], known: Sequence[str], report: _Report) -> None:
    """Report ids of an option that are no sites."""
    for name in sorted(set(ids) - set(known)):
        hint = did_you_mean(name, known).strip()
        report.add("unknown-site", f"'{name}' is no site.", [f"--{option}"], hint=hint)


def _pairs(tables: Tables, demand: pd.DataFrame, sites: pd.DataFrame, report: _Report) -> tuple[Pairs, int]:
    """Return the pairs with a route in canonical order, and the scale of their costs."""
    matrix, file = tables.matrix, tables.names[0]
    ends = ("destination_id", "origin_id") if tables.from_site else ("origin_id", "destination_id")
    who = _positions(
        matrix, ends[0], demand["id"], "demand" if tables.demand is not None else "site", file, report
    )
    where = _positions(matrix, ends[1], sites["id"], "site", file, report)
    cost, route = _costs(matrix, tables, report)
    known = (who >= 0) & (where >= 0)
    keep = route & known
    none = np.flatnonzero(~route & known)
    closed = who[none].astype(np.int64) * len(sites) + where[none]
    if tables.demand is None:
        keep &= who != where
    if not keep.all():
        who, where, cost = who[keep], where[keep], cost[keep]
    scale = cost_scale(cost)
    # in place where the cost is no longer the user's: a national matrix has tens of millions of pairs
    value = np.rint(np.multiply(cost, scale)) if scale > 1 else cost
    del cost
    if not _in_order(who, where):
        key = who.astype(np.int64) * len(sites) + where
        order = np.argsort(key, kind="stable")
        key, value, lines = key[order], value[order], np.asarray(matrix.index)[keep][order]
        again = np.concatenate([[False], key[1:] == key[:-1]])
        _repeated(again, value, lines, file, report)
        who, where = (v[order][~again] for v in (who, where))
        value = value[~again]
    if len(none):
        routed = np.isin(closed, who.astype(np.int64) * len(sites) + where)
        text = "this pair has a route in another row and none in this one."
        places = [f"{file}:{matrix.index[k]}" for k in none[routed].tolist()]
        report.add("contradictory-pair", text, places, hint="Keep the right one.")
    return Pairs(who, where, value), scale


def _in_order(who: NDArray[np.int32], where: NDArray[np.int32]) -> bool:
    """Whether the pairs are sorted by demand, then by site, and none stands twice."""
    later = who[1:] > who[:-1]
    return bool((later | ((who[1:] == who[:-1]) & (where[1:] > where[:-1]))).all())


def _repeated(again: BoolArray, value: FloatArray, lines: IntArray, file: str, report: _Report) -> None:
    """Report pairs that stand twice: an error where they contradict each other."""
    rows = np.flatnonzero(again)
    other = value[rows] != value[rows - 1]
    text = "this pair stands in another row with another cost."
    places = [f"{file}:{line}" for line in lines[rows[other]]]
    report.add("contradictory-pair", text, places, hint="Keep the right one.")
    same = [f"{file}:{line}" for line in lines[rows[~other]]]
    report.add("repeated-pair", "this pair stands twice and counts once.", same, severity="warning")


def _positions(
    matrix: pd.DataFrame, column: str, ids: pd.Series[str], kind: str, file: str, report: _Report
) -> NDArray[np.int32]:
    """Return the position of each row's id, -1 and a finding where it is unknown."""
    cells = matrix[column].astype("category")
    names = [str(c) for c in cells.cat.categories]
    place = pd.Index(ids).get_indexer(pd.Index(names, dtype="object"))
    codes = cells.cat.codes.to_numpy()
    place = np.append(place, -1).astype(np.int32)
    # an empty cell has the code -1: the last place
    found = place[codes].astype(np.int32, copy=False)
    strange = [k for k in range(len(names)) if place[k] < 0 and (codes == k).any()]
    for k in strange[:MANY]:
        line = matrix.index[int(np.argmax(codes == k))]
        hint = did_you_mean(names[k], ids).strip()
        message = f"'{names[k]}' is no id of the {'sites' if kind == 'site' else kind}."
        report.add(f"unknown-{kind}", message, [f"{file}:{line} {names[k]}:{column}"], hint=hint)
    if len(strange) > MANY:
        report.add(f"unknown-{kind}", f"{len(strange) - MANY} more ids of '{column}' are unknown.", [file])
    empty = np.flatnonzero(codes < 0)
    report.add("missing-value", f"'{column}' is empty.", [f"{file}:{matrix.index[int(i)]}" for i in empty])
    return found


def _costs(matrix: pd.DataFrame, tables: Tables, report: _Report) -> tuple[FloatArray, BoolArray]:
    """Return the travel cost of each row and whether it is a route."""
    column, file = tables.measure, tables.names[0]
    cost = matrix[column].to_numpy(dtype=float)
    route = np.ones(len(matrix), dtype=bool)
    if "status" in matrix:
        status = matrix["status"].astype(object).to_numpy()
        route = ~np.isin(status, NO_ROUTE_STATUSES)
    missing = route & ~np.isfinite(cost)
    text = f"'{column}' is no number, and no status says that there is no route."
    hint = "Leave the row out, or write unreachable in the column status."
    report.add("cost-missing", text, _pair_places(matrix, missing, column, file), hint=hint)
    negative = route & (cost < 0)
    report.add("cost-negative", f"'{column}' is negative.", _pair_places(matrix, negative, column, file))
    return cost, route & ~missing & ~negative


def _pair_places(matrix: pd.DataFrame, mask: BoolArray, column: str, file: str) -> list[str]:
    """Return where the rows of a mask stand."""
    rows = matrix[mask]
    ends = zip(rows.index, rows["origin_id"], rows["destination_id"], strict=True)
    return [f"{file}:{line} {a} to {b}:{column}" for line, a, b in ends]


def _instance(
    tables: Tables,
    demand: pd.DataFrame,
    sites: pd.DataFrame,
    pairs: Pairs,
    scale: int,
    usable: BoolArray,
) -> Instance:
    """Return the instance of checked parts."""
    reached = np.zeros(len(demand), dtype=bool)
    reached[pairs.demand] = True
    if tables.demand is None:
        reached[:] = True
    return Instance(
        demand_ids=tuple(demand["id"]),
        site_ids=tuple(sites["id"]),
        weight=demand["weight"].to_numpy(dtype=float),
        load=demand["load"].to_numpy(dtype=float),
        capacity=sites["capacity"].to_numpy(dtype=float),
        least_load=sites["least_load"].to_numpy(dtype=float),
        money=sites["money"].to_numpy(dtype=float),
        fixed=sites["fixed"].to_numpy(dtype=bool),
        existing=(sites["existing"] | sites["fixed"]).to_numpy(dtype=bool),
        usable=usable,
        district=tuple(demand["district"]),
        region=tuple(sites["region"]),
        reached=reached,
        pairs=pairs,
        scale=scale,
        place=tuple(sites["place"]),
        place_cost=sites["place_cost"].to_numpy(dtype=float),
    )


def _aside(
    instance: Instance, tables: Tables, choices: Choices, report: _Report
) -> tuple[Instance, tuple[str, ...]]:
    """Return the instance without useless candidates, and the demand that has no route."""
    if tables.demand is None:
        return instance, ()
    unservable = tuple(np.array(instance.demand_ids, dtype=object)[~instance.reached])
    severity = "warning" if choices.set_aside else "error"
    hint = "Add its routes to the matrix, take it out, or say --unservable set-aside."
    if choices.set_aside:
        hint = "It is set aside: counted and listed in siting.json."
    places = [f"{tables.names[1]}: {name}" for name in unservable]
    report.add("unservable", "no candidate can be reached from here.", places, hint=hint, severity=severity)
    serves = np.zeros(instance.m, dtype=bool)
    serves[instance.pairs.site] = True
    idle = instance.usable & ~serves & ~instance.fixed
    names = [f"{tables.names[2]}: {name}" for name in np.array(instance.site_ids, dtype=object)[idle]]
    text = "the site reaches no demand and is no candidate."
    report.add("site-without-demand", text, names, severity="warning")
    return instance.with_usable(instance.usable & ~idle), unservable
