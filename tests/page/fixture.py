"""A small made-up country with every state that the page can show."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from plain_engine import assemble

from geoplan.errors import Finding
from geoplan.tables.terrain import Terrain

PEOPLE = ("population", "assessed", "within_target", "beyond_target", "unreachable", "on_assumed")


def words(az, ru=None, en=None):
    return {"az": az, "ru": ru or az, "en": en or az}


def rows(text):
    """Return lines of comma-separated cells as tuples; numbers as numbers."""
    return [tuple(_cell(c.strip()) for c in line.split(",")) for line in text.strip().splitlines()]


def _cell(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


SERVICES = (
    SimpleNamespace(
        id="cardiology_pci",
        name=words("Kardiologiya (PCI)", "Кардиология (ЧКВ)", "Cardiology (PCI)"),
        counts="cardiology_pci",
        bands_minutes=[30, 60, 90, 120],
        target_minutes=60,
        mobile_days_least=None,
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
        mobile_days_least=None,
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
        mobile_days_least=None,
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
        mobile_days_least=None,
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
        mobile_days_least=None,
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
DISTRICTS = rows("""
AZ-BA, Bakı, Баку, Baku, baku, no, high, 48.6, 39.8, 50.2, 41.2
AZ-SAK, Şəki, Шеки, Shaki, shaki, no, high, 47.0, 40.6, 48.6, 41.4
AZ-GA, Gəncə, Гянджа, Ganja, ganja, no, high, 46.0, 40.6, 47.0, 41.4
AZ-AGM, Ağdam, Агдам, Aghdam, karabakh, part, high, 47.0, 39.8, 48.6, 40.6
AZ-X-AGD, Ağdərə, Агдере, Aghdara, karabakh, full, assumed, 46.0, 40.2, 47.0, 40.6
AZ-LAC, Laçın, Лачин, Lachin, karabakh, full, high, 46.0, 39.4, 47.0, 40.2
AZ-NV, Naxçıvan, Нахичевань, Nakhchivan, nakhchivan, no, high, 44.8, 38.9, 45.6, 39.6
AZ-SIY, İsmayıllı, Исмаиллы, Ismayilli, baku, no, high, 47.0, 39.4, 48.6, 39.8
""")


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
NODES = rows("""
agdam, Ağdam, 40.1, 47.6
baki, Bakı, 40.4, 49.8
gence, Gəncə, 40.9, 46.4
kurdemir, Kürdəmir, 40.3, 48.5
lacin, Laçın, 39.6, 46.5
naxcivan, Naxçıvan, 39.2, 45.2
ordubad, Şərur, 39.4, 44.95
seki, Şəki, 41.1, 47.4
yevlax, Yevlax, 40.65, 47.1
""")

# ref, class, from, to, bend (degrees), status
ROADS = rows("""
M2, motorway, baki, kurdemir, 0.05, open
M2, motorway, kurdemir, yevlax, -0.05, open
M2, trunk, yevlax, gence, 0.04, open
M5, primary, yevlax, seki, 0.06, open
R18, secondary, yevlax, agdam, -0.03, open
R18, tertiary, agdam, lacin, 0.12, open
M8, primary, naxcivan, ordubad, 0.03, open
X1, secondary, gence, lacin, 0.1, construction
""")


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
        line = [
            (x0 + (x1 - x0) * s, y0 + (y1 - y0) * s + bend * np.sin(np.pi * s)) for s in np.linspace(0, 1, 9)
        ]
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
PLACES = rows("""
baki, Bakı, Баку, Baku, AZ-BA, 40.4, 49.85, 1200000, 1, 0
sumqayit, Sumqayıt, Сумгаит, Sumgayit, AZ-BA, 40.59, 49.67, 350000, 1, 0
gence, Gəncə, Гянджа, Ganja, AZ-GA, 40.9, 46.4, 330000, 1, 0
seki, Şəki, Шеки, Shaki, AZ-SAK, 41.1, 47.4, 68000, 1, 0
isiqli, Işıqlı, Ишыглы, Ishigli, AZ-SAK, 41.0, 47.6, 900, 1, 0
naxcivan, Naxçıvan, Нахичевань, Nakhchivan, AZ-NV, 39.2, 45.2, 82000, 1, 0
lac-lacin, Laçın, Лачин, Lachin, AZ-LAC, 39.6, 46.5, 2200, 1, 0
lac-zabux, Zabux, Забух, Zabukh, AZ-LAC, 39.59, 46.6, 823, 1, 0
lac-qorcu, Qorçu, Горчу, Gorchu, AZ-LAC, 39.9, 46.3, 0, 5, 400
x-agd-talis, Talış, Талыш, Talish, AZ-X-AGD, 40.38, 46.78, 90, 0.5, 0
x-agd-uzaq, Uzaq, Узак, Uzaq, AZ-X-AGD, 40.42, 46.2, 40, 5, 0
agm-agdam, Ağdam, Агдам, Aghdam, AZ-AGM, 40.05, 47.55, 1300, 1, 20000
agm-quzanli, Quzanlı, Гузанлы, Guzanli, AZ-AGM, 40.15, 47.8, 11000, 1, 0
ismayilli, İsmayıllı, Исмаиллы, Ismayilli, AZ-SIY, 39.6, 48.1, 16000, 1, 0
""")
UNREACHED = {"x-agd-uzaq"}


def demand():
    region = {d[0]: d[4] for d in DISTRICTS}
    full = {d[0] for d in DISTRICTS if d[5] == "full"}
    rows = []
    for key, az, ru, en, district, lat, lon, people, radius, planned in PLACES:
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
        [
            ("AZ-BA", 40.2, 49.2, 40_000),
            ("AZ-SAK", 40.9, 48.0, 61_000),
            ("AZ-GA", 41.1, 46.6, 20_000),
            ("AZ-SIY", 39.55, 47.4, 9_000),
            ("AZ-NV", 39.3, 45.1, 30_000),
        ]
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


# id, name, place, level, services, status, owner, confidence
FACILITIES = rows("""
f-baki-kardio, Kardio, baki, national, cardiology_pci;cardiac_surgery, operating, civil, high
f-baki-neft, Neftçilər, baki, national, cardiology_pci;emergency_hospital, operating, civil, medium
f-baki-onko, Onkoloji, baki, national, oncology_radiotherapy;oncology_chemotherapy, operating, civil, high
f-gence, Gəncə Klinikası, gence, regional, cardiology_pci;emergency_hospital, unverified, civil, medium
f-seki, Şəki Xəstəxanası, seki, district, emergency_hospital;primary_care, operating, civil, assumed
f-agdam, Ağdam, agm-agdam, regional, cardiology_pci;emergency_hospital, construction, civil, high
f-lacin, Laçın Hərbi, lac-lacin, district, emergency_hospital;primary_care, operating, military, high
f-zabux, Zabux həkim məntəqəsi, lac-zabux, primary, primary_care, operating, civil, high
f-naxcivan, Naxçıvan, naxcivan, regional, emergency_hospital, operating, civil, medium
f-talis, Talış Sağlamlıq Mərkəzi, x-agd-talis, primary, primary_care, planned, civil, medium
""")


def facilities():
    spots = {place[0]: place[4:7] for place in PLACES}
    out = []
    for key, name, place, level, services, status, owner, confidence in FACILITIES:
        district, lat, lon = spots[place]
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
                "staff": 300.0 if level == "national" else None,
                **dict.fromkeys(EMPTY_FIGURES),
                "mobile_unit": "",
                "serves_district_id": "AZ-LAC" if key == "f-seki" else "",
                "source": "made up",
                "confidence": confidence,
                "note": "",
                "counts": status in ("operating", "unverified"),
            }
        )
    return pd.DataFrame(out).set_index("facility_id").sort_index()


EMPTY_FIGURES = (
    "cost_azn", "running_cost_azn", "ambulances", "cars", "offroad_vehicles", "fleet_staff", "fleet_cost_azn",
    "fleet_running_cost_azn", "visit_days_a_month",
)  # fmt: skip


def neighbours():
    frame = pd.DataFrame(
        {
            "kind": ["country", "sea"],
            "name_az": ["Gürcüstan", "Xəzər dənizi"],
            "name_en": ["Georgia", "Caspian Sea"],
            "name_ru": ["Грузия", "Каспийское море"],
        }
    )
    return gpd.GeoDataFrame(
        frame, geometry=[shapely.box(43, 41.4, 48.6, 43), shapely.box(50.2, 37, 53, 43)], crs="EPSG:4326"
    )


def standards():
    rows = [
        ("cardiology_pci", "band", 120, True, "120 dəqiqə (ESC)"),
        ("cardiology_pci", "target", 60, False, "planlaşdırma hədəfi"),
        ("oncology_radiotherapy", "band", 45, True, "45 dəqiqə (NRAG)"),
        ("oncology_radiotherapy", "target", 60, False, "planlaşdırma hədəfi"),
        ("primary_care", "target", 30, True, "30 dəqiqə (2SFCA)"),
    ]
    frame = pd.DataFrame(rows, columns=["service", "kind", "minutes", "published", "label_az"])
    return frame.assign(
        label_ru=frame["label_az"], label_en=frame["label_az"], source="made up", confidence="medium"
    )


FINDINGS = (
    Finding(
        "warning",
        "road-assumed",
        "7 roads are drawn by judgement.",
        "roads.csv:3 m2-baki-kurdemir",
        "",
        (("n", 7),),
    ),
    Finding(
        "note",
        "national-sum",
        "The people of all districts add up to 2,222,353.",
        "",
        "",
        (("people", 2_222_353),),
    ),
)


def terrain():
    """A cone of 3000 m over the toy country."""
    y, x = np.mgrid[0:30, 0:60]
    heights = np.maximum(0, 3000 - 150 * np.hypot(y - 15, x - 20)).astype(np.int16)
    return Terrain(heights, 42.0, 44.5, 0.12, "made up")


def toy_result(**changes):
    """Return the made-up country's Result; any part can be replaced."""
    parts = {
        "area": districts(),
        "places": facilities(),
        "people": demand(),
        "roads": roads(),
        "nodes": road_nodes(),
        "around": neighbours(),
        "norms": standards(),
        "plan": scenario(),
        "ground": terrain(),
        "findings": FINDINGS,
        "unreached": UNREACHED,
    }
    return assemble(**parts | changes)


def two_years():
    """Return the toy's Result with a second year in which a tenth of the people have left and X1 is open."""
    first = toy_result()
    state = first.years[0]
    fewer = state.demand.assign(population=state.demand["population"] * 9 // 10)
    later = replace(state, year=2030, demand=fewer, open_roads=np.ones_like(state.open_roads))

    def both(table):
        people = [c for c in table.columns if c in PEOPLE]
        then = table.assign(year=2030, **{c: table[c] * 9 // 10 for c in people})
        return pd.concat([table, then], ignore_index=True)

    names = ("coverage_by_settlement", "coverage_by_district", "coverage_summary")
    return replace(first, years=(state, later), **{name: both(getattr(first, name)) for name in names})
