"""Make the demand and facility tables of scenarios/data from the counts that lie beside this script."""

from __future__ import annotations

import csv
import math
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from settlements import slug
from speed_table import speeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "scenarios" / "data"
Row = dict[str, str]

YEAR = 2026
STATE_DATE = "2026-01-01"
# Returned people on 21 January 2026; the issue lets this dated total stand for 1 January 2026.
RETURNED_TOTAL, RETURNED_FAMILIES = 26513, 6633
RETURNED_SOURCE = "https://www.aznews.az/news/return/363798.html"
SHARED_SOURCE = f"{RETURNED_SOURCE} ; share of the uncounted rest by the rule of SOURCES.md"
# All residents, President of Azerbaijan, 5 January 2026: returned people, workers and students together.
RESIDENTS_TOTAL = 70000
RESIDENTS_SOURCE = (
    "https://report.az/en/domestic-politics/"
    "president-ilham-aliyev-connecting-the-liberated-territories-with-each-other-is-our-main-task"
)
# A place whose last count is older than this may have grown unseen.
COUNT_IS_OLD_BEFORE = "2025-07-01"
# Displaced people registered in the three freed villages of Tartar district, October 2020.
TARTAR_DISPLACED = 114
TARTAR_SOURCE = (
    "https://ictimaixeber.az/isgaldan-azad-olunmus-%c9%99razil%c9%99rin-%c9%99halisinin-sayi-aciqlanib-foto"
)
BAKU_DISTRICT, BAKU_CITY = "AZ-BA", "gn587084"
# City units that are one town; Baku keeps a rest for its outer quarters.
CITY_UNITS = frozenset(["AZ-GA", "AZ-MI", "AZ-NA", "AZ-NV", "AZ-SM", "AZ-SR"])
# A settlement of these districts carries the one hospital that may be assumed on the never-occupied side.
PART_HOSPITALS = {"AZ-AGM": "Quzanlı", "AZ-FUZ": "Horadiz", "AZ-TAR": "Tərtər"}
LARGE_TOWNS = frozenset(
    ["Gəncə", "Lənkəran", "Mingəçevir", "Naxçıvan", "Sumqayıt", "Xırdalan", "Şirvan", "Şəki"],
)
RULE_SOURCE = "rule: one central hospital per district, assumed"
GEONAMES = "GeoNames (CC BY 4.0)"
# Largest share of a district's people that its listed settlements may hold before they are scaled down.
MAX_SETTLED_SHARE = 0.9


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV table as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Sequence[Row], *, key: Sequence[str]) -> None:
    """Write rows, sorted by the key columns, as UTF-8 CSV with LF."""
    ordered = sorted(rows, key=lambda row: tuple(row[column] for column in key))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ordered[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(ordered)


def district_population(counts: Sequence[Row]) -> list[Row]:
    """
    Return people where they live by district, in persons; fully liberated districts have no row.

    Census of 2019 by residence where it was read, else the estimate of October 2025; on the never-occupied
    side of Aghdam the census, of Fuzuli the share that Aghdam's census has in Aghdam's estimate, of Tartar
    the estimate without the displaced of its freed villages.
    """
    by_id = {row["district_id"]: row for row in counts}
    return [_district_row(row, by_id["AZ-AGM"]) for row in counts if row["liberated"] != "full"]


def _district_row(row: Row, aghdam: Row) -> Row:
    population, basis, source, confidence = _people(row, aghdam)
    return {
        "district_id": row["district_id"],
        "year": str(YEAR),
        "population": str(population),
        "basis": basis,
        "source": source,
        "confidence": confidence,
    }


def _people(row: Row, aghdam: Row) -> tuple[int, str, str, str]:
    estimate = int(row["estimate_2025_10"])
    if row["district_id"] == "AZ-FUZ":
        share = int(aghdam["census_2019_residence"]) / int(aghdam["estimate_2025_10"])
        basis = (
            f"never-occupied side, rule: the estimate of October 2025 ({estimate}, registered people) times "
            f"Aghdam's census of residents over Aghdam's estimate ({share:.4f})"
        )
        return round(estimate * share), basis, row["source"], "assumed"
    if row["district_id"] == "AZ-TAR":
        basis = (
            f"never-occupied side, rule: the estimate of October 2025 ({estimate}) without the "
            f"{TARTAR_DISPLACED} displaced registered in its freed villages; few of its people were displaced"
        )
        return estimate - TARTAR_DISPLACED, basis, f"{row['source']} ; {TARTAR_SOURCE}", "assumed"
    if row["census_2019_residence"]:
        side = "never-occupied side, " if row["liberated"] == "part" else ""
        return (
            int(row["census_2019_residence"]),
            f"{side}census of 2019 by residence",
            row["source"],
            "medium",
        )
    scaled = "estimate of October 2025: registered people scaled to the official regional shares"
    return estimate, scaled, row["source"], "medium" if row["confidence"] == "high" else "low"


def settlement_population(
    settlements: Sequence[Row], geonames: Sequence[Row], towns: Sequence[Row], districts: Mapping[str, int]
) -> list[Row]:
    """
    Return people by settlement outside the liberated territories, in persons, never above their district.

    District totals carried by a town are replaced by a sourced count of the town, cities counted again by
    their settlements are reduced by them; a city unit other than Baku is its town and leaves no rest. A place
    without any count has no row: its people are in the rural rest.
    """
    counted = {row["settlement_id"]: int(row["population"]) for row in geonames}
    sourced = {row["settlement_id"]: row for row in towns}
    places = [s for s in settlements if s["liberated"] == "false" and s["district_id"] in districts]
    by_district: dict[str, dict[str, int]] = defaultdict(dict)
    for place in places:
        key = place["settlement_id"]
        if key in sourced or key in counted:
            people_there = sourced[key]["population"] if key in sourced else counted[key]
            by_district[place["district_id"]][key] = int(people_there)
    people = {}
    for district_id, members in by_district.items():
        people.update(_within_district(district_id, members, districts[district_id]))
    return [_settlement_row(key, people[key], sourced.get(key)) for key in sorted(people)]


def _within_district(district_id: str, members: Mapping[str, int], total: int) -> dict[str, int]:
    if district_id == BAKU_DISTRICT:
        others = sum(n for key, n in members.items() if key != BAKU_CITY)
        return {**members, BAKU_CITY: members[BAKU_CITY] - others}
    town = max(members, key=lambda key: (members[key], key))
    if district_id in CITY_UNITS:
        others = sum(n for key, n in members.items() if key != town)
        return {**members, town: total - others}
    settled = sum(members.values())
    if settled <= total * MAX_SETTLED_SHARE:
        return dict(members)
    return {key: int(n * total * MAX_SETTLED_SHARE / settled) for key, n in members.items()}


def _settlement_row(settlement_id: str, people: int, sourced: Row | None) -> Row:
    source, confidence = f"{GEONAMES}, cleaned: SOURCES.md", "low"
    if sourced is not None:
        source, confidence = f"{sourced['source']}, as of {sourced['as_of']}", sourced["confidence"]
    return {
        "settlement_id": settlement_id,
        "year": str(YEAR),
        "population": str(people),
        "source": source,
        "confidence": confidence,
    }


def share_equally(amount: int, limits: Mapping[str, int]) -> dict[str, int]:
    """Return equal whole shares of the amount, none above its limit; what is cut off stays unshared."""
    if not limits:
        return {}
    equal = amount // len(limits)
    return {key: min(equal, limit) for key, limit in limits.items()}


def share_in_proportion(amount: int, rooms: Mapping[str, int]) -> dict[str, int]:
    """Return whole shares of the amount in proportion to the rooms (largest remainder), none above them."""
    room = sum(rooms.values())
    if amount >= room:
        return dict(rooms)
    exact = {key: amount * value / room for key, value in rooms.items()}
    shares = {key: math.floor(value) for key, value in exact.items()}
    ranked = sorted(exact, key=lambda key: (shares[key] - exact[key], key))
    for key in ranked[: amount - sum(shares.values())]:
        shares[key] += 1
    return shares


def resettlement(counts: Sequence[Row], kinds: Mapping[str, str]) -> list[Row]:
    """
    Return returned, planned and other people of the liberated territories, in persons.

    Sourced counts stay; the rest up to the dated total is shared among resettled places without a count or
    last counted before July 2025: first in proportion to the room left in sourced houses or plans, then
    equally among places without such a figure, a village never above the median counted village. What is
    left has no place. `kinds` maps settlement ids to city, settlement or village.
    """
    counted = _sums(row for row in counts if row["kind"] in {"count", "batch"})
    rest = RETURNED_TOTAL - sum(counted.values())
    open_places = _open_places(counts)
    rooms = {k: v for k, v in _rooms(counts, counted).items() if k in open_places}
    shares = share_in_proportion(rest, rooms)
    rest -= sum(shares.values())
    limits = _equal_limits(open_places - set(rooms), counted, kinds, rest)
    shares.update(share_equally(rest, limits))
    rest -= sum(shares[key] for key in limits)
    rows = [_count_row(row) for row in counts if row["kind"] in {"count", "batch", "planned"}]
    rows += [_assumed_row(key, "returned", n, SHARED_SOURCE) for key, n in sorted(shares.items()) if n]
    rows.append(_assumed_row("", "place_unknown", rest, f"{RETURNED_SOURCE} ; what could not be placed"))
    others = RESIDENTS_TOTAL - RETURNED_TOTAL
    rows.append(_assumed_row("", "other_residents", others, f"{RESIDENTS_SOURCE} ; less the returned"))
    return rows


def _sums(rows: Iterable[Row]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row["settlement_id"]] += int(row["persons"] or 0)
    return dict(sums)


def _open_places(counts: Sequence[Row]) -> set[str]:
    last: dict[str, str] = {}
    for row in counts:
        if row["kind"] in {"count", "confirmed"}:
            last[row["settlement_id"]] = max(last.get(row["settlement_id"], ""), row["date"])
    old = {key for key, date in last.items() if date < COUNT_IS_OLD_BEFORE}
    uncounted = {row["settlement_id"] for row in counts if row["kind"] == "none"}
    # Batches without a count (Suqovuşan) are a lower bound: such a place counts as uncounted.
    batches = {row["settlement_id"] for row in counts if row["kind"] == "batch"} - set(last)
    return old | uncounted | batches


def _rooms(counts: Sequence[Row], counted: Mapping[str, int]) -> dict[str, int]:
    per_family = RETURNED_TOTAL / RETURNED_FAMILIES
    rooms: dict[str, int] = {}
    for row in counts:
        if row["kind"] != "capacity":
            continue
        key = row["settlement_id"]
        capacity = int(row["persons"]) if row["persons"] else int(int(row["families"]) * per_family)
        room = max(0, capacity - counted.get(key, 0))
        rooms[key] = min(room, rooms.get(key, room))
    return rooms


def _equal_limits(
    places: set[str], counted: Mapping[str, int], kinds: Mapping[str, str], rest: int
) -> dict[str, int]:
    villages = [n for key, n in counted.items() if kinds[key] == "village"]
    median = int(statistics.median(villages))
    return {
        key: max(0, median - counted.get(key, 0)) if kinds[key] == "village" else rest
        for key in sorted(places)
    }


def _count_row(row: Row) -> Row:
    source = row["source"] + (f" ; {row['note']}" if row["note"] else "")
    kind = "planned" if row["kind"] == "planned" else "returned"
    return _resettlement_row(
        row["settlement_id"], row["date"], row["persons"], row["families"], kind, source, row["confidence"]
    )


def _assumed_row(settlement_id: str, kind: str, persons: int, source: str) -> Row:
    return _resettlement_row(settlement_id, STATE_DATE, str(persons), "", kind, source, "assumed")


def _resettlement_row(*values: str) -> Row:
    columns = ("settlement_id", "date", "persons", "families", "kind", "source", "confidence")
    return dict(zip(columns, values, strict=True))


def facilities(sourced: Sequence[Row], districts: Sequence[Row], settlements: Sequence[Row]) -> list[Row]:
    """
    Return the sourced facilities and one assumed central hospital where the rule asks for it.

    The rule: every district with liberated = no has a central hospital at its centre; a sourced general
    hospital of the district makes it needless, in Baku one at the centre is asked for besides those of its
    outer settlements. In part districts one stands in a named never-occupied town, in full ones none.
    """
    places = {(s["district_id"], s["name_az"]): s for s in settlements if s["liberated"] == "false"}
    has = {row["district_id"] for row in sourced if _is_central(row)} - {BAKU_DISTRICT}
    rows = [dict(row) for row in sourced]
    for district in districts:
        key = district["district_id"]
        if district["liberated"] == "no" and key not in has:
            rows.append(_central_hospital(district, places[key, district["centre"]], sourced[0]))
        elif district["liberated"] == "part":
            rows.append(_central_hospital(district, places[key, PART_HOSPITALS[key]], sourced[0]))
    return rows


def _is_central(row: Row) -> bool:
    general = "emergency_hospital" in row["services"].split(";")
    return general and row["status"] == "operating" and not row["serves_district_id"]


def _central_hospital(district: Row, place: Row, columns: Row) -> Row:
    city = district["kind"] == "city"
    part = district["liberated"] == "part"
    where = {lang: f" ({place[lang]})" if part else "" for lang in ("name_az", "name_en", "name_ru")}
    name_az = f"{district['name_az']} {'Şəhər' if city else 'Rayon'} Mərkəzi Xəstəxanası"
    name_en = f"{district['name_en']} {'City' if city else 'District'} Central Hospital"
    name_ru = f"Центральная {'городская' if city else 'районная'} больница, {district['name_ru']}"
    values = {
        "facility_id": f"f-{slug(district['name_az'])}-{'smx' if city else 'rmx'}",
        "name_az": name_az + where["name_az"],
        "name_en": name_en + where["name_en"],
        "name_ru": name_ru + where["name_ru"],
        "settlement_id": place["settlement_id"],
        "district_id": district["district_id"],
        "lat": place["lat"],
        "lon": place["lon"],
        "position_quality": "assumed",
        "position_radius_km": _radius_km(place),
        "owner": "civil",
        "operator": "TABIB",
        "level": "district",
        "services": "emergency_hospital;primary_care",
        "status": "operating",
        "source": f"{RULE_SOURCE}; place: town centre, {place['source']}",
        "confidence": "assumed",
        "note": f"never-occupied side, in {place['name_az']}" if part else "",
    }
    return {column: values.get(column, "") for column in columns}


def _radius_km(place: Row) -> str:
    if place["settlement_id"] == BAKU_CITY:
        return "8"
    if place["name_az"] in LARGE_TOWNS:
        return "3"
    return "2" if place["kind"] == "city" else "1.5"


def main() -> None:
    """Write the tables and say the sums."""
    settlements = read(HERE.parent / "settlements.csv")
    counts = read(HERE / "district_counts.csv")
    districts = district_population(counts)
    totals = {row["district_id"]: int(row["population"]) for row in districts}
    write(DATA / "district_population.csv", districts, key=["district_id", "year"])
    people = settlement_population(
        settlements, read(HERE / "geonames_population.csv"), read(HERE / "town_counts.csv"), totals
    )
    write(DATA / "population.csv", people, key=["settlement_id", "year"])
    kinds = {s["settlement_id"]: s["kind"] for s in settlements}
    returned = resettlement(read(HERE / "resettlement_counts.csv"), kinds)
    write(DATA / "resettlement.csv", returned, key=["settlement_id", "date", "kind"])
    sourced = read(HERE / "facilities_sourced.csv")
    write(DATA / "facilities.csv", facilities(sourced, counts, settlements), key=["facility_id"])
    write(DATA / "speeds.csv", speeds(), key=["class", "surface", "vehicle", "season"])
    print(f"districts {sum(totals.values())}, settlements {sum(int(r['population']) for r in people)}")
    print({kind: _kind_sum(returned, kind) for kind in ("returned", "place_unknown", "other_residents")})


def _kind_sum(rows: Sequence[Row], kind: str) -> int:
    return sum(int(row["persons"] or 0) for row in rows if row["kind"] == kind)


if __name__ == "__main__":
    main()
