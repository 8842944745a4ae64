"""The plainest engine that keeps the contract of Result: one speed, straight legs, every pair by hand."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
import shapely

from geoplan.network.travel import RouteForest
from geoplan.result import Provenance, Result, YearState

SPEED_KMH = 60
LEG_KMH = 20


class _Net:
    """Keeps the contract of RouteForest: undirected roads, one speed, straight legs."""

    def __init__(self, roads, nodes):
        self.roads, self.nodes = roads, list(nodes.index)
        at = {k: i for i, k in enumerate(self.nodes)}
        self.ends = [(at[a], at[b]) for a, b in zip(roads["from"], roads["to"], strict=True)]
        self.minutes = roads["length_km"].to_numpy(float) / SPEED_KMH * 60
        self.lines = shapely.from_wkt(roads["geometry"].tolist())
        self.open = (roads["status"] == "open").to_numpy()
        self.usable = np.flatnonzero(self.open)

    def snap(self, lat, lon):
        p = shapely.Point(lon, lat)
        distance = shapely.distance(self.lines[self.usable], p)
        road = int(self.usable[int(np.argmin(distance))])
        share = float(shapely.line_locate_point(self.lines[road], p, normalized=True))
        return road, share, float(distance.min()) * 100 * 1.3

    def tree(self, road, share):
        best = np.full(len(self.nodes), np.inf)
        via = np.full(len(self.nodes), -1, dtype=np.int32)
        a, b = self.ends[road]
        heap = [(share * self.minutes[road], a, -1), ((1 - share) * self.minutes[road], b, -1)]
        arcs = {}
        for r in self.usable:
            for x, y in (self.ends[r], self.ends[r][::-1]):
                arcs.setdefault(x, []).append((y, int(r)))
        while heap:
            cost, node, road_used = heapq.heappop(heap)
            if cost >= best[node]:
                continue
            best[node], via[node] = cost, road_used
            for other, r in arcs.get(node, ()):
                heapq.heappush(heap, (cost + self.minutes[r], other, r))
        return best, via


def travel(people, places, roads, nodes, unreached):
    net = _Net(roads, nodes)
    counting = tuple(places.index[places["counts"]])
    spots = [net.snap(r.lat, r.lon) for r in people.itertuples()]
    goals = [net.snap(places.loc[k, "lat"], places.loc[k, "lon"]) for k in counting]
    trees = [net.tree(road, share) for road, share, _ in goals]
    shape = (len(people), len(counting))
    minutes, entry = np.full(shape, np.inf), np.full(shape, -2, dtype=np.int32)
    for i, (road, share, leg) in enumerate(spots):
        for j, (goal_road, goal_share, goal_leg) in enumerate(goals):
            best, _ = trees[j]
            a, b = net.ends[road]
            ways = [(best[a] + share * net.minutes[road], a), (best[b] + (1 - share) * net.minutes[road], b)]
            if road == goal_road:
                ways.append((abs(share - goal_share) * net.minutes[road], -1))
            cost, node = min(ways)
            minutes[i, j], entry[i, j] = cost + (leg + goal_leg) / LEG_KMH * 60, node
    lost = ~np.isfinite(minutes) | people.index.isin(unreached)[:, None]
    entry[lost] = -2
    tenths = np.where(lost, -1, np.floor(np.where(lost, 0, minutes) * 10 + 0.5)).astype(np.int32)
    forest = RouteForest(
        tuple(people.index),
        counting,
        np.array([s[0] for s in spots], dtype=np.int32),
        np.array([s[1] for s in spots]),
        np.array([g[0] for g in goals], dtype=np.int32),
        np.array([g[1] for g in goals]),
        entry,
        np.array([t[1] for t in trees]),
        np.zeros(shape, dtype=bool),
    )
    return tenths, np.where(lost, np.nan, minutes), counting, forest, net.open


def band_of(tenths, ends):
    if tenths < 0:
        return "unreachable"
    for low, high in zip([0, *ends[:-1]], ends, strict=True):
        if tenths <= high * 10:
            return f"{low}-{high}"
    return f">{ends[-1]}"


def coverage(year, people, places, tenths, km, counting, services):
    rows = []
    for service in services:
        fits = [
            j
            for j, key in enumerate(counting)
            if service.counts in places.loc[key, "services"].split(";")
            and places.loc[key, "status"] not in service.exclude_status
        ]
        for i, point in enumerate(people.itertuples()):
            skipped = service.assessed == "liberated" and not point.liberated
            reached = [] if skipped else [(tenths[i, j], j) for j in fits if tenths[i, j] >= 0]
            near = min(reached) if reached else (-1, -1)
            status = "not_assessed" if skipped else "reached" if reached else "unreachable"
            key = counting[near[1]] if reached else None
            sure = places.loc[key, "confidence"] if reached else ""
            rows.append(
                {
                    "scenario_id": "toy",
                    "year": year,
                    "demand_id": point.Index,
                    "demand_kind": point.demand_kind,
                    "name_az": point.name_az,
                    "name_en": point.name_en,
                    "name_ru": point.name_ru,
                    "district_id": point.district_id,
                    "liberated": point.liberated,
                    "population": point.population,
                    "service": service.id,
                    "minutes": near[0] / 10 if reached else np.nan,
                    "km": km[i, near[1]] if reached else np.nan,
                    "facility_id": key,
                    "band": "not_assessed" if skipped else band_of(near[0], service.bands_minutes),
                    "status": status,
                    "confidence": "assumed" if sure == "assumed" else point.population_confidence,
                    "error_minutes": (point.position_radius_km + 2) * 1.3 * 3,
                    "on_assumed": sure == "assumed",
                    "facility_confidence": sure,
                    "region_id": point.region_id,
                }
            )
    return pd.DataFrame(rows)


def totals(rows, services, level, key, names):
    out = []
    for service in services:
        part = rows[rows["service"] == service.id]
        reached, known = part[part["status"] == "reached"], part[part["status"] != "not_assessed"]
        within = reached[reached["minutes"] <= service.target_minutes]
        weight, minutes = reached["population"].to_numpy(), reached["minutes"].to_numpy()
        order = np.argsort(minutes)
        upto = np.cumsum(weight[order])
        has = weight.sum() > 0
        unreachable = int(part.loc[part["status"] == "unreachable", "population"].sum())
        assessed, good = int(known["population"].sum()), int(within["population"].sum())
        pick = lambda q: float(minutes[order][np.searchsorted(upto, q * upto[-1])]) if has else np.nan  # noqa: E731, B023
        out.append(
            {
                "scenario_id": "toy",
                "year": int(part["year"].iloc[0]) if len(part) else 2026,
                "level": level,
                "id": key,
                "service": service.id,
                "population": int(part["population"].sum()),
                "assessed": assessed,
                "within_target": good,
                "share_within_target": good / assessed if assessed else np.nan,
                "unreachable": unreachable,
                "beyond_target": assessed - good - unreachable,
                "mean_minutes": float(np.average(minutes, weights=weight)) if has else np.nan,
                "p50_minutes": pick(0.5),
                "p90_minutes": pick(0.9),
                "on_assumed": int(within.loc[within["on_assumed"], "population"].sum()),
                **names,
            }
        )
    return out


def summary(rows, area, services):
    def named(az, ru, en):
        return {"name_az": az, "name_ru": ru, "name_en": en}

    plain = named("", "", "")
    out = totals(rows, services, "nation", "AZ", plain)
    out += totals(rows[rows["district_id"] != "AZ-BA"], services, "group", "outside_baku", plain)
    out += totals(rows[rows["liberated"]], services, "group", "liberated", plain)
    for region in sorted(area["region_id"].unique()):
        out += totals(rows[rows["region_id"] == region], services, "region", region, plain)
    for key, row in area.iterrows():
        names = named(row["name_az"], row["name_ru"], row["name_en"])
        out += totals(rows[rows["district_id"] == key], services, "district", key, names)
    return pd.DataFrame(out)


def assemble(
    *,
    area,
    ground,
    places,
    people,
    roads,
    nodes,
    around,
    norms,
    plan,
    findings=(),
    attributions=("Natural Earth (public domain)", "GeoNames, CC BY 4.0"),
    unreached=frozenset(),
    settlements=None,
):
    """Return a Result over any tables: the toy country's or the shipped ones."""
    year, services = plan.years[0], plan.services
    tenths, km, counting, forest, opened = travel(people, places, roads, nodes, unreached)
    rows = coverage(year, people, places, tenths, km, counting, services)
    by_band = (
        rows.groupby(["scenario_id", "year", "district_id", "service", "band"], sort=True)["population"]
        .sum()
        .reset_index()
    )
    state = YearState(year, people, places, tenths, km, counting, opened, forest)
    return Result(
        scenario=plan,
        years=(state,),
        districts=area,
        settlements=people if settlements is None else settlements,
        road_nodes=nodes,
        roads=roads,
        neighbours=around,
        standards=norms,
        terrain=ground,
        coverage_by_settlement=rows,
        coverage_by_district=by_band,
        coverage_summary=summary(rows, area, services),
        snapping=pd.DataFrame(),
        check_distances=pd.DataFrame(
            {
                "from": ["a", "b"],
                "error_percent": [3.0, -7.0],
                "mountain": [False, True],
                "district_centres": True,
                "not_counted_because": "",
            }
        ),
        findings=tuple(findings),
        provenance=Provenance(
            "0.1.0",
            "5" * 64,
            {"roads/roads.csv": "ab" * 32},
            {"python": "3.11"},
            tuple(attributions),
            "2026-11-21T00:00:00Z",
        ),
    )
