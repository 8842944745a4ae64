"""A small made-up country with every state that the page can show, and a plain engine that gives it a Result."""

from __future__ import annotations

import heapq
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.result import Provenance, Result, RouteForest, YearState
from geoplan.tables.terrain import Terrain

SPEED_KMH = 60
LEG_KMH = 20


def words(az, ru=None, en=None):
    return {"az": az, "ru": ru or az, "en": en or az}


SERVICES = (
    SimpleNamespace(
        id="cardiology_pci",
        name=words("Kardiologiya (PCI)", "Кардиология (ЧКВ)", "Cardiology (PCI)"),
        counts="cardiology_pci",
        bands_minutes=[30, 60, 90, 120],
        target_minutes=60,
        exclude_status=[],
        assessed="everywhere",
        variant_of="",
    ),
    SimpleNamespace(
        id="cardiology_pci_verified",
        name=words(
            "Təsdiqlənməmiş Gəncə mərkəzi olmadan",
            "Без неподтверждённого центра в Гяндже",
            "Without the unverified Ganja centre",
        ),
        counts="cardiology_pci",
        bands_minutes=[30, 60, 90, 120],
        target_minutes=60,
        exclude_status=["unverified"],
        assessed="everywhere",
        variant_of="cardiology_pci",
    ),
    SimpleNamespace(
        id="oncology_radiotherapy",
        name=words("Şüa terapiyası", "Лучевая терапия", "Radiotherapy"),
        counts="oncology_radiotherapy",
        bands_minutes=[45, 60, 120],
        target_minutes=60,
        exclude_status=[],
        assessed="everywhere",
        variant_of="",
    ),
    SimpleNamespace(
        id="emergency_hospital",
        name=words("Xəstəxana", "Больница", "Hospital"),
        counts="emergency_hospital",
        bands_minutes=[30, 60],
        target_minutes=60,
        exclude_status=[],
        assessed="everywhere",
        variant_of="",
    ),
    SimpleNamespace(
        id="primary_care",
        name=words("İlkin tibbi yardım", "Первичная помощь", "Primary care"),
        counts="primary_care",
        bands_minutes=[15, 30],
        target_minutes=30,
        exclude_status=[],
        assessed="liberated",
        variant_of="",
    ),
)


def scenario(**changes):
    base = {
        "id": "toy",
        "title": words("Oyuncaq ölkə", "Игрушечная страна", "Toy country"),
        "description": words("Sınaq ssenarisi.", "Проверочный сценарий.", "A scenario for tests."),
        "season": "summer",
        "vehicle": "car",
        "years": [2026],
        "services": SERVICES,
        "table_paths": dict,
    }
    return SimpleNamespace(**base | changes)


# id, az, ru, en, region, liberated, confidence, west, south, east, north
DISTRICTS = [
    ("AZ-BA", "Bakı", "Баку", "Baku", "baku", "no", "high", 48.6, 39.8, 50.2, 41.2),
    ("AZ-SAK", "Şəki", "Шеки", "Shaki", "shaki", "no", "high", 47.0, 40.6, 48.6, 41.4),
    ("AZ-GA", "Gəncə", "Гянджа", "Ganja", "ganja", "no", "high", 46.0, 40.6, 47.0, 41.4),
    ("AZ-AGM", "Ağdam", "Агдам", "Aghdam", "karabakh", "part", "high", 47.0, 39.8, 48.6, 40.6),
    ("AZ-X-AGD", "Ağdərə", "Агдере", "Aghdara", "karabakh", "full", "assumed", 46.0, 40.2, 47.0, 40.6),
    ("AZ-LAC", "Laçın", "Лачин", "Lachin", "karabakh", "full", "high", 46.0, 39.4, 47.0, 40.2),
    ("AZ-NV", "Naxçıvan", "Нахичевань", "Nakhchivan", "nakhchivan", "no", "high", 44.8, 38.9, 45.6, 39.6),
    ("AZ-SIY", "İsmayıllı", "Исмаиллы", "Ismayilli", "baku", "no", "high", 47.0, 39.4, 48.6, 39.8),
]


def districts():
    rows, shapes = [], []
    for key, az, ru, en, region, liberated, confidence, *box in DISTRICTS:
        # extra points where neighbours meet keep the coverage valid
        xs = sorted({x for d in DISTRICTS for x in (d[7], d[9]) if box[0] <= x <= box[2]})
        ys = sorted({y for d in DISTRICTS for y in (d[8], d[10]) if box[1] <= y <= box[3]})
        ring = [(x, ys[0]) for x in xs] + [(xs[-1], y) for y in ys[1:]]
        ring += [(x, ys[-1]) for x in xs[-2::-1]] + [(xs[0], y) for y in ys[-2:0:-1]]
        shapes.append(shapely.Polygon(ring))
        rows.append(
            {
                "district_id": key,
                "name_az": az,
                "name_ru": ru,
                "name_en": en,
                "kind": "district",
                "region_id": region,
                "region_az": region.title(),
                "region_ru": region.title(),
                "region_en": region.title(),
                "liberated": liberated,
                "centre_settlement_id": "",
                "confidence": confidence,
                "source": "made up",
                "note": "",
            }
        )
    frame = pd.DataFrame(rows).set_index("district_id")
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326").sort_index()


# node id, name, lat, lon
NODES = [
    ("agdam", "Ağdam", 40.1, 47.6),
    ("baki", "Bakı", 40.4, 49.8),
    ("gence", "Gəncə", 40.9, 46.4),
    ("kurdemir", "Kürdəmir", 40.3, 48.5),
    ("lacin", "Laçın", 39.6, 46.5),
    ("naxcivan", "Naxçıvan", 39.2, 45.2),
    ("ordubad", "Şərur", 39.4, 44.95),
    ("seki", "Şəki", 41.1, 47.4),
    ("yevlax", "Yevlax", 40.65, 47.1),
]

# ref, class, from, to, bend (degrees), status
ROADS = [
    ("M2", "motorway", "baki", "kurdemir", 0.05, "open"),
    ("M2", "motorway", "kurdemir", "yevlax", -0.05, "open"),
    ("M2", "trunk", "yevlax", "gence", 0.04, "open"),
    ("M5", "primary", "yevlax", "seki", 0.06, "open"),
    ("R18", "secondary", "yevlax", "agdam", -0.03, "open"),
    ("R18", "tertiary", "agdam", "lacin", 0.12, "open"),
    ("M8", "primary", "naxcivan", "ordubad", 0.03, "open"),
    ("X1", "secondary", "gence", "lacin", 0.1, "construction"),
]


def road_nodes():
    rows = [
        {"node_id": k, "name_az": n, "name_en": n, "name_ru": n, "kind": "town", "lat": lat, "lon": lon}
        for k, n, lat, lon in NODES
    ]
    return pd.DataFrame(rows).set_index("node_id").sort_index()


def roads():
    at = {k: (lon, lat) for k, _, lat, lon in NODES}
    rows = []
    for ref, kind, start, end, bend, status in ROADS:
        (x0, y0), (x1, y1) = at[start], at[end]
        line = [(x0 + (x1 - x0) * s, y0 + (y1 - y0) * s + bend * np.sin(np.pi * s)) for s in np.linspace(0, 1, 9)]
        shape = shapely.LineString(np.round(line, 5))
        rows.append(
            {
                "road_id": f"{ref.lower()}-{start}-{end}",
                "name": f"{start}-{end}",
                "from": start,
                "to": end,
                "ref": ref,
                "class": kind,
                "surface": "paved",
                "length_km": round(shape.length * 100, 1),
                "status": status,
                "open_from": None,
                "open_until": None,
                "closed_in_winter": False,
                "tunnel": False,
                "geometry": shape.wkt,
                "geometry_confidence": "assumed",
                "confidence": "medium",
            }
        )
    return pd.DataFrame(rows).set_index("road_id").sort_index()


# id, az, ru, en, district, lat, lon, people, radius km, planned persons
PLACES = [
    ("baki", "Bakı", "Баку", "Baku", "AZ-BA", 40.4, 49.85, 1_200_000, 1, 0),
    ("sumqayit", "Sumqayıt", "Сумгаит", "Sumgayit", "AZ-BA", 40.59, 49.67, 350_000, 1, 0),
    ("gence", "Gəncə", "Гянджа", "Ganja", "AZ-GA", 40.9, 46.4, 330_000, 1, 0),
    ("seki", "Şəki", "Шеки", "Shaki", "AZ-SAK", 41.1, 47.4, 68_000, 1, 0),
    ("isiqli", "Işıqlı", "Ишыглы", "Ishigli", "AZ-SAK", 41.0, 47.6, 900, 1, 0),
    ("naxcivan", "Naxçıvan", "Нахичевань", "Nakhchivan", "AZ-NV", 39.2, 45.2, 82_000, 1, 0),
    ("lac-lacin", "Laçın", "Лачин", "Lachin", "AZ-LAC", 39.6, 46.5, 2_200, 1, 0),
    ("lac-zabux", "Zabux", "Забух", "Zabukh", "AZ-LAC", 39.59, 46.6, 823, 1, 0),
    ("lac-qorcu", "Qorçu", "Горчу", "Gorchu", "AZ-LAC", 39.9, 46.3, 0, 5, 400),
    ("x-agd-talis", "Talış", "Талыш", "Talish", "AZ-X-AGD", 40.38, 46.78, 90, 0.5, 0),
    ("x-agd-uzaq", "Uzaq", "Узак", "Uzaq", "AZ-X-AGD", 40.42, 46.2, 40, 5, 0),
    ("agm-agdam", "Ağdam", "Агдам", "Aghdam", "AZ-AGM", 40.05, 47.55, 1_300, 1, 20_000),
    ("agm-quzanli", "Quzanlı", "Гузанлы", "Guzanli", "AZ-AGM", 40.15, 47.8, 11_000, 1, 0),
    ("ismayilli", "İsmayıllı", "Исмаиллы", "Ismayilli", "AZ-SIY", 39.6, 48.1, 16_000, 1, 0),
]
UNREACHED = {"x-agd-uzaq"}


def demand(places=PLACES):
    region = {d[0]: d[4] for d in DISTRICTS}
    full = {d[0] for d in DISTRICTS if d[5] == "full"}
    rows = []
    for key, az, ru, en, district, lat, lon, people, radius, planned in places:
        rows.append(
            {
                "demand_id": key,
                "demand_kind": "settlement",
                "name_az": az,
                "name_en": en,
                "name_ru": ru,
                "district_id": district,
                "region_id": region[district],
                "liberated": district in full or key == "agm-agdam",
                "lat": lat,
                "lon": lon,
                "position_radius_km": float(radius),
                "population": people,
                "population_confidence": "medium" if people > 1000 else "low",
                "planned": people == 0,
                "planned_persons": planned or None,
                "source": "made up",
            }
        )
    for n, (district, lat, lon, people) in enumerate(
        [("AZ-BA", 40.2, 49.2, 40_000), ("AZ-SAK", 40.9, 48.0, 61_000), ("AZ-GA", 41.1, 46.6, 20_000), ("AZ-SIY", 39.55, 47.4, 9_000), ("AZ-NV", 39.3, 45.1, 30_000)]
    ):
        rows.append(
            {
                "demand_id": f"h3-86{n:013d}",
                "demand_kind": "rural_cell",
                "name_az": "Kənd",
                "name_en": "Rural",
                "name_ru": "Село",
                "district_id": district,
                "region_id": region[district],
                "liberated": False,
                "lat": lat,
                "lon": lon,
                "position_radius_km": 3.0,
                "population": people,
                "population_confidence": "assumed",
                "planned": False,
                "planned_persons": None,
                "source": "rest of the district",
            }
        )
    frame = pd.DataFrame(rows).set_index("demand_id").sort_index()
    return frame.astype({"population": "int64", "planned_persons": "Int64"})


# id, name, place, district, lat, lon, level, services, status, owner, confidence
FACILITIES = [
    ("f-baki-kardio", "Kardiologiya İnstitutu", "baki", "AZ-BA", 40.4, 49.85, "national", "cardiology_pci;cardiac_surgery", "operating", "civil", "high"),
    ("f-baki-neft", "Neftçilər Xəstəxanası", "baki", "AZ-BA", 40.4, 49.85, "national", "cardiology_pci;emergency_hospital", "operating", "civil", "medium"),
    ("f-baki-onko", "Milli Onkologiya Mərkəzi", "baki", "AZ-BA", 40.42, 49.8, "national", "oncology_radiotherapy;oncology_chemotherapy", "operating", "civil", "high"),
    ("f-gence", "Gəncə Mərkəzi Klinikası", "gence", "AZ-GA", 40.9, 46.4, "regional", "cardiology_pci;emergency_hospital", "unverified", "civil", "medium"),
    ("f-seki", "Şəki Xəstəxanası", "seki", "AZ-SAK", 41.1, 47.4, "district", "emergency_hospital;primary_care", "operating", "civil", "assumed"),
    ("f-agdam", "Ağdam Mərkəzi Xəstəxanası", "agm-agdam", "AZ-AGM", 40.05, 47.55, "regional", "cardiology_pci;emergency_hospital", "construction", "civil", "high"),
    ("f-lacin", "Laçın Hərbi Hospitalı", "lac-lacin", "AZ-LAC", 39.6, 46.5, "district", "emergency_hospital;primary_care", "operating", "military", "high"),
    ("f-zabux", "Zabux həkim məntəqəsi", "lac-zabux", "AZ-LAC", 39.59, 46.6, "primary", "primary_care", "operating", "civil", "high"),
    ("f-naxcivan", "Naxçıvan Xəstəxanası", "naxcivan", "AZ-NV", 39.2, 45.2, "regional", "emergency_hospital", "operating", "civil", "medium"),
    ("f-talis", "Talış Sağlamlıq Mərkəzi", "x-agd-talis", "AZ-X-AGD", 40.38, 46.78, "primary", "primary_care", "planned", "civil", "medium"),
]


def facilities(rows=FACILITIES):
    out = []
    for key, name, place, district, lat, lon, level, services, status, owner, confidence in rows:
        out.append(
            {
                "facility_id": key,
                "name_az": name,
                "name_en": name,
                "name_ru": name,
                "settlement_id": place,
                "settlement_name_az": place,
                "district_id": district,
                "lat": lat,
                "lon": lon,
                "position_quality": "town_centre",
                "position_radius_km": 2.0,
                "owner": owner,
                "operator": "TABIB",
                "level": level,
                "services": services,
                "status": status,
                "open_from": None,
                "open_until": None,
                "beds": 120.0 if level == "district" else None,
                "serves_district_id": "AZ-LAC" if key == "f-seki" else "",
                "source": "made up",
                "confidence": confidence,
                "note": "",
                "counts": status in ("operating", "unverified"),
            }
        )
    return pd.DataFrame(out).set_index("facility_id").sort_index()


def neighbours():
    frame = pd.DataFrame(
        {
            "kind": ["country", "sea"],
            "name_az": ["Gürcüstan", "Xəzər dənizi"],
            "name_en": ["Georgia", "Caspian Sea"],
            "name_ru": ["Грузия", "Каспийское море"],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=[shapely.box(43, 41.4, 48.6, 43), shapely.box(50.2, 37, 53, 43)], crs="EPSG:4326")


def standards():
    rows = [
        ("cardiology_pci", "band", 120, True, "120 dəqiqə (ESC)"),
        ("cardiology_pci", "target", 60, False, "planlaşdırma hədəfi"),
        ("oncology_radiotherapy", "band", 45, True, "45 dəqiqə (NRAG)"),
        ("oncology_radiotherapy", "target", 60, False, "planlaşdırma hədəfi"),
        ("primary_care", "target", 30, True, "30 dəqiqə (2SFCA)"),
    ]
    frame = pd.DataFrame(rows, columns=["service", "kind", "minutes", "published", "label_az"])
    return frame.assign(label_ru=frame["label_az"], label_en=frame["label_az"], source="made up", confidence="medium")


FINDINGS = (
    Finding("warning", "road-assumed", "7 roads are drawn by judgement.", "roads.csv:3 m2-baki-kurdemir", "", (("n", 7),)),
    Finding("note", "national-sum", "The people of all districts add up to 2,222,353.", "", "", (("people", 2_222_353),)),
)


class _Net:
    """The plainest engine that keeps the contract of RouteForest: undirected roads, one speed, straight legs."""

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


def travel(people, places, roads, nodes, unreached=UNREACHED):
    net = _Net(roads, nodes)
    counting = tuple(places.index[places["counts"]])
    spots = [net.snap(r.lat, r.lon) for r in people.itertuples()]
    goals = [net.snap(places.at[k, "lat"], places.at[k, "lon"]) for k in counting]
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
        tuple(people.index), counting,
        np.array([s[0] for s in spots], dtype=np.int32), np.array([s[1] for s in spots]),
        np.array([g[0] for g in goals], dtype=np.int32), np.array([g[1] for g in goals]),
        entry, np.array([t[1] for t in trees]), np.zeros(shape, dtype=bool),
    )
    return tenths, np.where(lost, np.nan, minutes), counting, forest, net.open


def band_of(tenths, ends):
    if tenths < 0:
        return "unreachable"
    for low, high in zip([0, *ends[:-1]], ends, strict=True):
        if tenths <= high * 10:
            return f"{low}-{high}"
    return f">{ends[-1]}"


def coverage(year, people, places, tenths, km, counting, services=SERVICES):
    rows = []
    for service in services:
        fits = [
            j for j, key in enumerate(counting)
            if service.counts in places.at[key, "services"].split(";") and places.at[key, "status"] not in service.exclude_status
        ]
        for i, point in enumerate(people.itertuples()):
            skipped = service.assessed == "liberated" and not point.liberated
            reached = [] if skipped else [(tenths[i, j], j) for j in fits if tenths[i, j] >= 0]
            near = min(reached) if reached else (-1, -1)
            status = "not_assessed" if skipped else "reached" if reached else "unreachable"
            key = counting[near[1]] if reached else None
            sure = places.at[key, "confidence"] if reached else ""
            rows.append(
                {
                    "scenario_id": "toy", "year": year, "demand_id": point.Index, "demand_kind": point.demand_kind,
                    "name_az": point.name_az, "name_en": point.name_en, "name_ru": point.name_ru,
                    "district_id": point.district_id, "liberated": point.liberated, "population": point.population,
                    "service": service.id, "minutes": near[0] / 10 if reached else np.nan,
                    "km": km[i, near[1]] if reached else np.nan, "facility_id": key,
                    "band": "not_assessed" if skipped else band_of(near[0], service.bands_minutes), "status": status,
                    "confidence": "assumed" if sure == "assumed" else point.population_confidence,
                    "error_minutes": (point.position_radius_km + 2) * 1.3 * 3, "on_assumed": sure == "assumed",
                    "facility_confidence": sure, "region_id": point.region_id,
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
                "scenario_id": "toy", "year": int(part["year"].iloc[0]) if len(part) else 2026, "level": level, "id": key,
                "service": service.id, "population": int(part["population"].sum()), "assessed": assessed,
                "within_target": good, "share_within_target": good / assessed if assessed else np.nan,
                "unreachable": unreachable, "beyond_target": assessed - good - unreachable,
                "mean_minutes": float(np.average(minutes, weights=weight)) if has else np.nan,
                "p50_minutes": pick(0.5), "p90_minutes": pick(0.9),
                "on_assumed": int(within.loc[within["on_assumed"], "population"].sum()), **names,
            }
        )
    return out


def summary(rows, area, services=SERVICES):
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


def terrain():
    """A cone of 3000 m over the toy country."""
    y, x = np.mgrid[0:30, 0:60]
    heights = np.maximum(0, 3000 - 150 * np.hypot(y - 15, x - 20)).astype(np.int16)
    return Terrain(heights, 42.0, 44.5, 0.12, "made up")


def assemble(*, area, ground=None, places, people, roads, nodes, around, norms, plan, findings=FINDINGS, attributions=("Natural Earth (public domain)", "GeoNames, CC BY 4.0"), unreached=UNREACHED, settlements=None, services=SERVICES):
    """Return a Result over any tables: the toy country's or the shipped ones."""
    year = plan.years[0]
    tenths, km, counting, forest, opened = travel(people, places, roads, nodes, unreached)
    rows = coverage(year, people, places, tenths, km, counting, services)
    by_band = rows.groupby(["scenario_id", "year", "district_id", "service", "band"], sort=True)["population"].sum().reset_index()
    state = YearState(year, people, places, tenths, km, counting, opened, forest)
    return Result(
        scenario=plan, years=(state,), districts=area, settlements=people if settlements is None else settlements,
        road_nodes=nodes, roads=roads, neighbours=around, standards=norms, terrain=ground or terrain(), coverage_by_settlement=rows,
        coverage_by_district=by_band, coverage_summary=summary(rows, area, services), snapping=pd.DataFrame(),
        check_distances=pd.DataFrame({"from": ["a", "b"], "error_percent": [3.0, -7.0], "mountain": [False, True]}),
        findings=tuple(findings),
        provenance=Provenance("0.1.0", "5" * 64, {"roads/roads.csv": "ab" * 32}, {"python": "3.11"}, tuple(attributions), "2026-11-21T00:00:00Z"),
    )


def toy_result(**changes):
    """Return the made-up country's Result; any part can be replaced."""
    parts = {
        "area": districts(), "places": facilities(), "people": demand(), "roads": roads(), "nodes": road_nodes(),
        "around": neighbours(), "norms": standards(), "plan": scenario(),
    }
    return assemble(**parts | changes)
