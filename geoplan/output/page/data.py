"""Result -> the numbers and names of the page: a small head that is read at once and a packed bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.output.page import geometry, notes, places
from geoplan.output.page.options import PageOptions
from geoplan.output.page.pack import coded, column, names, position, text_column, trilingual
from geoplan.output.page.schema import SCHEMA
from geoplan.output.page.sections_data import sections
from geoplan.output.page.vendored import LANGUAGES, catalogue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.travel import RouteForest
    from geoplan.output.page.public import LeftOut
    from geoplan.result import Result, YearState

NOT_ASSESSED: Final = -2
UNREACHABLE: Final = -1
"""Codes of the states in the column `tenths` of the page data."""

_GROUPS: Final = ("nation", "group", "region", "district")


def head(
    result: Result,
    shapes: geometry.Geometries,
    *,
    options: PageOptions | None = None,
    shown: Result | None = None,
    left: LeftOut | None = None,
) -> dict[str, Any]:
    """Return what the page needs for its first picture: titles, services, districts, totals, sentences.

    Parameters
    ----------
    result
        What a run found: the figures of districts, regions and groups.
    shapes
        The districts as the page draws them.
    options
        How the page is built.
    shown, left
        The rows that a public page may show, and what it does not hold.
    """
    options, shown = options or PageOptions(), shown or result
    return {
        "schema": SCHEMA,
        "languages": list(LANGUAGES),
        "catalogue": catalogue(),
        "scenario": scenario_words(result),
        "years": [state.year for state in result.years],
        "services": [service_words(result, service) for service in result.scenario.services],
        "first": _first(result),
        "districts": _districts(result, shapes),
        "regions": _regions(result),
        "views": _views(result, shapes),
        "outlines": _outlines(result, shapes),
        "neighbours": _neighbours(result),
        "summary": summary(result),
        "bands": bands(result),
        "confidence": _confidence(result),
        "check": _check_distances(result),
        "findings": notes.findings(shown),
        "changes": notes.changes(shown),
        "barriers": notes.barriers(shown),
        "snapping": notes.snapping(result, left.gone if left is not None else frozenset()),
        "provenance": notes.provenance(result),
        "basemap": {"url": options.basemap, "origin": options.origin} if options.basemap else None,
        "public": left.as_dict() if left is not None else None,
    }


def _first(result: Result) -> dict[str, int]:
    """Return which service and year the page opens with: those that are sited, else the first ones."""
    sited = result.siting
    if sited is None:
        return {"service": 0, "year": 0}
    services = [service.id for service in result.scenario.services]
    years = [state.year for state in result.years]
    return {"service": services.index(sited.service.split("+")[0]), "year": years.index(sited.year)}


def bulk(result: Result) -> dict[str, Any]:
    """Return the long columns: demand points, facilities, roads, minutes and coded routes."""
    ids, facilities = point_ids(result), facility_ids(result)
    points, *points_later = places.point_columns(result, ids, beside=result.base)
    first, *facilities_later = places.facility_columns(result, facilities, beside=result.base)
    return {
        "points": points,
        "points_later": points_later,
        "coverage": [coverage(result, state, ids, facilities) for state in result.years],
        "facilities": first,
        "facilities_later": facilities_later,
        "roads": _roads(result),
        "routes": [routes(result, state, ids, facilities) for state in result.years],
        **sections(result),
    }


def scenario_words(result: Result) -> dict[str, Any]:
    """Return id, titles and travel setting of the scenario."""
    scenario = result.scenario
    return {
        "id": str(scenario.id),
        "title": trilingual(scenario.title),
        "description": trilingual(scenario.description),
        "season": str(scenario.season),
        "vehicle": str(scenario.vehicle),
    }


def service_words(result: Result, service: Any) -> dict[str, Any]:
    """Return one service with its bands, each with its norm if a published one stands behind it."""
    rows = result.standards
    own = rows[rows["service"].isin([service.id, service.counts])]

    def norm(kind: str, minutes: float) -> dict[str, Any]:
        hit = own[(own["kind"] == kind) & (own["minutes"] == minutes)]
        if hit.empty:
            return {"minutes": minutes, "published": False, "label": None}
        row = hit.iloc[0]
        label = {key: str(row[f"label_{key}"]) for key in LANGUAGES}
        return {"minutes": minutes, "published": bool(row["published"]), "label": trilingual(label)}

    return {
        "id": str(service.id),
        "name": trilingual(service.name),
        "counts": str(service.counts),
        "bands": [norm("band", m) for m in service.bands_minutes],
        "target": norm("target", service.target_minutes),
        "assessed": str(service.assessed),
        "variantOf": str(service.variant_of or ""),
        "excludeStatus": [str(status) for status in service.exclude_status],
        "mobileDaysLeast": int(service.mobile_days_least or 0),
    }


def _districts(result: Result, shapes: geometry.Geometries) -> dict[str, Any]:
    """Return the districts as columns, in the order of their polygons."""
    frame = result.districts
    return {
        "id": [str(key) for key in frame.index],
        "name": names(frame),
        "kind": text_column(frame["kind"]),
        "region": position(frame["region_id"], _region_order(result)),
        "liberated": text_column(frame["liberated"]),
        "confidence": text_column(frame["confidence"]),
        "note": text_column(frame["note"]) if "note" in frame else [""] * len(frame),
        "label": geometry.label_points(shapes),
    }


def _region_order(result: Result) -> list[str]:
    """Return the region ids, sorted."""
    return sorted({str(key) for key in result.districts["region_id"]})


def _regions(result: Result) -> dict[str, Any]:
    """Return the economic regions as columns."""
    first = result.districts.drop_duplicates("region_id").set_index("region_id")
    rows = first.loc[_region_order(result)].rename(
        columns={f"region_{key}": f"region_name_{key}" for key in LANGUAGES}
    )
    plain = pd.DataFrame({f"name_{key}": rows[f"region_name_{key}"] for key in LANGUAGES})
    return {"id": _region_order(result), "name": names(plain)}


def _views(result: Result, shapes: geometry.Geometries) -> dict[str, Any]:
    """Return the boxes behind the view buttons."""
    liberated = result.districts["liberated"].to_numpy() != "no"
    nakhchivan = result.districts["region_id"].to_numpy() == "nakhchivan"
    return {
        "country": geometry.bounds(shapes),
        "liberated": geometry.bounds(shapes[liberated]),
        "nakhchivan": geometry.bounds(shapes[nakhchivan]),
    }


def _outlines(result: Result, shapes: geometry.Geometries) -> dict[str, Any]:
    """Return the country's edge and the edge of the fully liberated districts."""
    full = result.districts["liberated"].to_numpy() == "full"
    return {"country": geometry.outline(shapes), "liberated": geometry.outline(shapes[full])}


def _neighbours(result: Result) -> dict[str, Any]:
    """Return kind, name and a place for the name of each background polygon."""
    frame = result.neighbours
    shapes = geometry.light_neighbours(frame.geometry)
    return {
        "kind": text_column(frame["kind"]),
        "name": names(frame),
        "label": geometry.label_points(shapes),
        "borders": geometry.inner_borders(geometry.beyond_the_sheet(shapes)),
    }


def summary(result: Result) -> dict[str, Any]:
    """Return the totals of nation, groups, regions and districts as columns."""
    rows = result.coverage_summary
    rows = rows[rows["level"].isin(_GROUPS)]
    # the page shows three exclusive parts: within the target, beyond it by road, and no way by road
    beyond = rows["assessed"] - rows["within_target"] - rows["unreachable"]
    whole = ["year", "population", "assessed", "within_target", "unreachable", "on_assumed"]
    out: dict[str, Any] = {key: column(rows[key], 0) for key in whole}
    # a name of its own: `beyond_target` of the tables holds the unreachable too
    out["beyond_by_road"] = column(beyond, 0)
    for key in ("mean_minutes", "p50_minutes", "p90_minutes"):
        out[key] = column(rows[key], 1)
    for key in ("level", "id", "service"):
        out[key] = text_column(rows[key])
    return out


def bands(result: Result) -> dict[str, Any]:
    """Return people by district, service, year and band as columns."""
    rows = result.coverage_by_district
    rows = rows[rows["population"] > 0]
    return {
        "year": column(rows["year"], 0),
        "district": position(rows["district_id"], [str(key) for key in result.districts.index]),
        "service": coded(text_column(rows["service"])),
        "band": coded(text_column(rows["band"])),
        "population": column(rows["population"], 0),
    }


def _confidence(result: Result) -> dict[str, Any]:
    """Return, for each year and service, how many people's figures rest on which confidence, as columns."""
    rows = result.coverage_by_settlement
    keys = ["year", "service", "confidence"]
    rows = rows[rows["status"] != "not_assessed"]
    sums = rows.groupby(keys, observed=True)["population"].sum().reset_index().sort_values(keys)
    return {
        "year": column(sums["year"], 0),
        "service": text_column(sums["service"]),
        "confidence": text_column(sums["confidence"]),
        "population": column(sums["population"], 0),
    }


def _check_distances(result: Result) -> dict[str, Any]:
    """Return the mean error against published distances between district centres, in percent."""
    rows = result.check_distances
    if rows.empty or "error_percent" not in rows:
        return {"pairs": len(rows), "error": None, "mountain_pairs": 0, "mountain_error": None}
    counted = rows[rows["not_counted_because"] == ""]
    known = counted[counted["error_percent"].notna() & counted["district_centres"].astype(bool)]
    mountain = known[known["mountain"].astype(bool)]

    def mean(part: pd.DataFrame) -> float | None:
        return None if part.empty else round(float(part["error_percent"].abs().mean()), 1)

    return {
        "pairs": len(known),
        "error": mean(known),
        "mountain_pairs": len(mountain),
        "mountain_error": mean(mountain),
    }


def coverage(result: Result, state: YearState, ids: list[str], facilities: list[str]) -> dict[str, Any]:
    """Return, for each service, minutes (tenths), km, facility and confidence of every point."""
    rows = result.coverage_by_settlement
    rows = rows[rows["year"] == state.year]
    return {
        str(service): _service_columns(part.set_index("demand_id").reindex(ids), facilities)
        for service, part in rows.groupby("service", sort=False, observed=True)
    }


def _service_columns(rows: pd.DataFrame, facilities: list[str]) -> dict[str, Any]:
    """Return the columns of one service; a point that is not there in this year is not assessed."""
    status = rows["status"].astype(object).fillna("not_assessed")
    minutes = pd.to_numeric(rows["minutes"], errors="coerce")
    tenths = np.where(status == "unreachable", UNREACHABLE, NOT_ASSESSED)
    tenths = np.where(status == "reached", (minutes * 10).round().fillna(0).astype("int64"), tenths)
    return {
        "tenths": tenths.tolist(),
        "km": column(rows["km"], 1),
        "facility": position(text_column(rows["facility_id"]), facilities),
        "confidence": coded(text_column(rows["confidence"])),
        "error": column(rows["error_minutes"], 1),
        "assumed": rows["on_assumed"].eq(other=True).astype(int).tolist(),
    }


def point_ids(result: Result) -> list[str]:
    """Return the ids of all demand points of a result and its base, sorted."""
    return sorted({str(key) for state in _states(result) for key in state.demand.index})


def facility_ids(result: Result) -> list[str]:
    """Return the ids of all facility rows of a result and its base, sorted."""
    return sorted({str(key) for state in _states(result) for key in state.facilities.index})


def _states(result: Result) -> tuple[YearState, ...]:
    """Return the years of a result and of its base."""
    return result.years if result.base is None else (*result.years, *result.base.years)


def _roads(result: Result) -> dict[str, Any]:
    """Return the roads as columns, in the order of their lines; nodes by number."""
    rows = result.roads
    nodes = [str(key) for key in result.road_nodes.index]
    coded_columns = ("name", "ref", "class", "surface", "status", "geometry_confidence", "confidence")
    out: dict[str, Any] = {key: coded(text_column(rows[key])) for key in coded_columns}
    return out | {
        "id": [str(key) for key in rows.index],
        "from": position(rows["from"], nodes),
        "to": position(rows["to"], nodes),
        "km": column(rows["length_km"], 1),
        "open_from": text_column(rows["open_from"]),
        "winter_closed": column(rows["closed_in_winter"].astype(int)),
        "tunnel": column(rows["tunnel"].astype(int)),
        "open": [np.asarray(state.open_roads).astype(int).tolist() for state in result.years],
        "nodes": {"name": names(result.road_nodes)},
    }


def routes(result: Result, state: YearState, ids: list[str], facilities: list[str]) -> dict[str, Any]:
    """Return the pointers of the routes to the nearest facilities (see `RouteForest`)."""
    forest = state.routes
    rows = result.coverage_by_settlement
    rows = rows[(rows["year"] == state.year) & (rows["status"] == "reached")]
    used = sorted(set(rows["facility_id"].astype(str)) & set(forest.facility_ids))
    at = np.array(position(used, forest.facility_ids), dtype=np.int64)
    place = np.array(position(ids, forest.demand_ids), dtype=np.int64)
    known = place >= 0
    return {
        "facility": position(used, facilities),
        "facility_road": forest.facility_road[at].tolist(),
        "facility_share": _shares(forest.facility_share[at]),
        "next": forest.next_road[at].tolist(),
        "road": np.where(known, forest.demand_road[place], -1).tolist(),
        "share": _shares(np.where(known, forest.demand_share[place], 0.0)),
        "entry": {
            str(service): _entries(forest, part.set_index("demand_id")["facility_id"], ids)
            for service, part in rows.groupby("service", sort=False, observed=True)
        },
    }


def _shares(values: NDArray[np.float64]) -> list[float]:
    """Return places along roads as shares; 0 for a point that met no road (its road is -1)."""
    return [round(v, 4) for v in np.nan_to_num(values, nan=0.0).tolist()]


def _entries(forest: RouteForest, nearest: pd.Series, ids: list[str]) -> dict[str, Any]:
    """Return the entry node of every point towards its nearest facility, and where it goes direct."""
    to = nearest.reindex(ids)
    row = np.array(position(ids, forest.demand_ids), dtype=np.int64)
    col = np.array(position(text_column(to), forest.facility_ids), dtype=np.int64)
    known = (row >= 0) & (col >= 0)
    return {
        "node": np.where(known, forest.entry_node[row, col], -2).tolist(),
        "direct": np.where(known, forest.direct[row, col], False).astype(int).tolist(),
    }
