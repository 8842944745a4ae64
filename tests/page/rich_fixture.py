"""Results with everything at once: years, service areas, siting, phasing; made up, and the real country."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
from fixture import rows, two_years

from geoplan.run import run_with_base
from geoplan.scenario import load_scenario
from geoplan.sections import PhasingSection, SitingSection

CANDIDATES = rows("""
c-seki, Şəki, Шеки, Shaki, AZ-SAK, 41.1, 47.4
c-ismayilli, İsmayıllı, Исмаиллы, Ismayilli, AZ-SIY, 39.6, 48.1
c-naxcivan, Naxçıvan, Нахичевань, Nakhchivan, AZ-NV, 39.2, 45.2
c-agm-agdam, Ağdam, Агдам, Aghdam, AZ-AGM, 40.05, 47.55
""")

CENTRES = {
    "cardiology_pci": [(49.85, 40.4), (46.4, 40.9)],
    "emergency_hospital": [(47.4, 41.1), (45.2, 39.2)],
}


def sites():
    """Return candidates and the facility that stands, as `YearState.sites` has them."""
    out = [("f-baki-kardio", "facility", "Kardio", "Кардио", "Kardio", "AZ-BA", 40.4, 49.85)]
    out += [(key, "candidate", az, ru, en, d, lat, lon) for key, az, ru, en, d, lat, lon in CANDIDATES]
    names = ["site_id", "site_kind", "name_az", "name_ru", "name_en", "district_id", "lat", "lon"]
    frame = pd.DataFrame(out, columns=names).set_index("site_id").sort_index()
    return frame.assign(settlement_id="", position_radius_km=1.0, confidence="medium")


def areas(services, grow=1.0):
    """Return discs around the centres of each service, one a band, a tenth of a degree for 30 minutes."""
    out = []
    for service in services:
        for band in service.bands_minutes:
            discs = [shapely.Point(at).buffer(grow * band / 300) for at in CENTRES.get(service.id, [])]
            area = shapely.union_all(discs)
            out.append((service.id, band, area))
    return gpd.GeoDataFrame(out, columns=["service", "band_upper_minutes", "geometry"], geometry="geometry")


def table(text, *columns):
    return pd.DataFrame(rows(text), columns=columns)


def siting():
    """Return an answer in which every table of a siting has rows."""
    tables = {
        "plan": table(
            """
            1, f-baki-kardio, existing, 1600000, 1600000, 0, 1500000.0, 0
            2, c-seki, new, 68900, 68900, 0, 129900.0, 4000000
            3, c-naxcivan, new, 112000, 112000, 0, 112000.0, 5500000
            """,
            "rank", "site_id", "status", "weight_assigned", "load", "capacity", "marginal_gain", "cost",
        ),
        "assignment": pd.DataFrame(columns=["demand_id", "site_id", "share", "cost", "weight", "status"]),
        "gains": table(
            """
            c-seki, Şəki, Shaki, Шеки, AZ-SAK, 129900, 12.31, 1
            c-naxcivan, Naxçıvan, Nakhchivan, Нахичевань, AZ-NV, 112000, 3.1, 2
            c-ismayilli, İsmayıllı, Ismayilli, Исмаиллы, AZ-SIY, 25000, 1.94, 3
            c-agm-agdam, Ağdam, Aghdam, Агдам, AZ-AGM, 12300, 0.42, 4
            """,
            "site_id", "name_az", "name_en", "name_ru", "district_id", "gain_people", "mean_minutes_saved",
            "rank",
        ),
        "frontier": frontier(
            """
            1, 1500000, 0, f-baki-kardio
            2, 1629900, 4000000, f-baki-kardio;c-seki
            3, 1741900, 9500000, f-baki-kardio;c-seki;c-naxcivan
            4, 1766900, 12500000, f-baki-kardio;c-seki;c-naxcivan;c-ismayilli
            """
        ),
        "frontier_by_money": frontier(
            """
            1, 1500000, 0, f-baki-kardio
            2, 1612000, 3000000, f-baki-kardio;c-ismayilli
            3, 1741900, 9500000, f-baki-kardio;c-seki;c-naxcivan
            """
        ),
        "alternatives": table(
            """
            1, optimal, 1741900.0, 1741900.0, 0.0, 0.0, 0, 9500000, f-baki-kardio;c-seki;c-naxcivan
            2, optimal, 1654900.0, 1654900.0, 0.0, 87000.0, 1, 7000000, f-baki-kardio;c-seki;c-ismayilli
            """,
            "rank", "status", "objective", "bound", "gap", "loss", "differs", "cost", "sites",
        ),
        "robustness": table(
            """
            f-baki-kardio, 1, 200, 200, 1.0, 0.981, 1.0
            c-seki, 1, 171, 200, 0.855, 0.8, 0.897
            c-naxcivan, 1, 120, 200, 0.6, 0.531, 0.665
            c-ismayilli, 0, 88, 200, 0.44, 0.373, 0.509
            """,
            "site_id", "in_plan", "chosen", "draws", "share", "share_low", "share_high",
        ),
        "by_district": table(
            """
            AZ-SAK, 129900, 0, 129900, 96.0, 14.5
            AZ-NV, 112000, 0, 112000, 0.0, 9.0
            AZ-SIY, 25000, 4000, 1000, 75.0, 77.5
            AZ-BA, 1590000, 1500000, 1500000, 15.0, 15.0
            """,
            "district_id", "population", "covered_before", "covered_after", "mean_minutes_before",
            "mean_minutes_after",
        ),
        "regret": table(
            """
            2026 winter, 1600000.0, 1620000.0, 20000.0, f-baki-kardio;c-seki;c-ismayilli
            2030 summer, 1700000.0, 1700000.0, 0.0, f-baki-kardio;c-seki;c-naxcivan
            """,
            "state", "objective_of_plan", "best_objective", "regret", "best_sites",
        ),
    }  # fmt: skip
    record = {"status": "optimal", "unique": "yes", "verified": True, "people_covered": 1741900.0}
    return SitingSection("cardiology_pci", 2026, "mclp", 60.0, record, tables)


def frontier(text):
    short = table(text, "open", "people_covered", "cost", "sites")
    return short.assign(
        status="optimal",
        stopped_by="proof",
        objective=short["people_covered"],
        bound=short["people_covered"],
        gap=0.0,
        places_covered=5,
    )


def phasing():
    """Return three plans of two years, one of which opens nothing in the first."""
    phases = table(
        """
        nested, 2026, 1, c-seki, opened, 4000000, 4000000, 5000000, 1629900, 2200000
        nested, 2030, 2, c-naxcivan, opened, 5500000, 5500000, 6000000, 1741900, 2200000
        last_year_first, 2026, 0, , , 0, 0, 5000000, 1500000, 2200000
        last_year_first, 2030, 1, c-seki, opened, 4000000, 9500000, 11000000, 1741900, 2200000
        last_year_first, 2030, 2, c-naxcivan, opened, 5500000, 9500000, 11000000, 1741900, 2200000
        by_number, 2026, 1, c-naxcivan, opened, 5500000, 5500000, 5000000, 1612000, 2200000
        by_number, 2030, 2, c-seki, opened, 4000000, 4000000, 6000000, 1741900, 2200000
        """,
        "plan", "year", "rank", "site_id", "status", "cost_azn", "spent_azn", "budget_azn", "people_covered",
        "population",
    )  # fmt: skip
    return PhasingSection("cardiology_pci", (2026, 2030), {}, phases)


def rich_result():
    """Return two years with service areas, a siting and a phasing."""
    first = two_years()
    services = first.scenario.services
    years = tuple(
        replace(state, sites=sites(), areas=areas(services, grow))
        for state, grow in zip(first.years, (1.0, 1.1), strict=True)
    )
    return replace(first, years=years, siting=siting(), phasing=phasing())


PLAN = """
extends = "baseline"
years = [2026, 2028]
title = { az = "Hamısı birlikdə", ru = "Всё вместе", en = "All together" }

[[changes]]
change = "open_facility"
facility = "f-agdam-rmx-yeni"
start = 2027
beds = 210
source = "made up for this test"

[[changes]]
change = "add_service"
facility = "f-naxcivan-respublika-xastaxanasi"
service = "cardiology_pci"
start = 2026
source = "made up for this test"

[[changes]]
change = "close_road"
inside = "POLYGON ((46.640 39.666, 46.650 39.666, 46.650 39.672, 46.640 39.672, 46.640 39.666))"
reason = "slide"
"""


_MADE = []


def everything_result(folder):
    """Return the shipped country with a plan that opens and closes, beside its parent, and made-up sections.

    It takes a while: it is made once a session.
    """
    if not _MADE:
        _MADE.append(_everything(folder))
    return _MADE[0]


def _everything(folder):
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    result = run_with_base(load_scenario(folder / "plan.toml"))
    candidates = result.years[0].sites.query("site_kind == 'candidate'").index[::40]
    stands = str(result.years[0].counting[0])
    real = dict(zip([row[0] for row in CANDIDATES], candidates, strict=False)) | {"f-baki-kardio": stands}

    def renamed(frame):
        frame = frame.copy()
        for name in ("site_id", "sites", "best_sites"):
            if name in frame:
                frame[name] = [";".join(real.get(key, key) for key in str(v).split(";")) for v in frame[name]]
        return frame

    plan, phases = siting(), phasing()
    tables = {name: renamed(frame) for name, frame in plan.tables.items()}
    years = {2026: 2026, 2030: 2028}
    steps = renamed(phases.phases)
    steps = steps.assign(year=steps["year"].map(years))
    return replace(
        result,
        siting=replace(plan, tables=tables),
        phasing=replace(phases, years=(2026, 2028), phases=steps),
    )
