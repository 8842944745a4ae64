"""Write scenarios/data/resettlement_{low,middle,high}.csv: assumed envelopes of return, by settlement.

They are assumptions of the authors: no plan of a government and no forecast. What is sourced:

- 26,513 returned people on 21 January 2026 and 7,901 on 31 July 2024 (the totals cited below); by the
  stated exception of resettlement.csv the first stands for 1 January 2026;
- one target: 140,000 people by the end of 2026 (first State Programme). No official figure for 2030 is known.

Rules, all assumed:

1. People in all. low: half the pace from 31 July 2024 to 21 January 2026 goes on. middle: that pace goes on.
   high: the target is reached on its date, the end of 2026, and held, since no later figure is known.
2. The returned people of unknown place stay apart (resettlement.csv, kind place_unknown), so the
   settlements of a file add up to the people in all less those.
3. Dates are 1 January 2026 (the counted people), the ends of 2026 and of 2030. Between, a run interpolates
   by days and rounds to whole persons.
4. What is above the counted people is shared by weight. The weight of a settlement is the largest of: its
   counted people; its sourced plan less those (below, or the planned rows of resettlement.csv, a family as
   four persons); 407 for a village (the median of the counted resettled ones), 2,000 for a town. Khankendi
   has the plan of Aghdam: the President named both as the main cities.
5. Settlements: those of resettlement.csv, and the centres of the liberated districts. Where else people will
   return by 2030 is not known.
6. Shares are rounded down; the few persons left go to the settlement of the largest weight.
7. Figures of 1 January 2026 are counts with the source and confidence of their row in resettlement.csv (a
   settlement without one has nobody, assumed); every later figure is assumed.

Run from the root of a clone: python boundaries/build/resettlement_plans.py
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "scenarios" / "data"

TOTALS_SOURCE = (
    "https://www.aznews.az/news/return/363798.html ; "
    "https://caliber.az/en/post/azerbaijan-resettles-over-2-000-families-in-liberated-territories"
)
TARGET_SOURCE = "https://en.trend.az/azerbaijan/politics/3672327.html"

RETURNED = 26_513
FIRST_COUNT = (dt.date(2024, 7, 31), 7_901)
LAST_COUNT = (dt.date(2026, 1, 21), RETURNED)
TARGET = 140_000

BEGIN = dt.date(2026, 1, 1)
ANCHORS = (dt.date(2026, 12, 31), dt.date(2030, 12, 31))

PERSONS_PER_FAMILY = 4
VILLAGE_WEIGHT = 407
TOWN_WEIGHT = 2_000

FUZULI_PLAN = (
    "https://news.az/news/president-ilham-aliyev-at-end-of-first-stage-of-great-return-program-140000-people-"
    "will-live-in-garabagh-and-eastern-zangezur (for the whole district)"
)
KANGARLI_PLAN = "https://polise.az/en/2626-people-are-planned-to-be-settled-in-azerbaijans-kangarli-village"
SOURCED_PLANS = {
    "agm-agdam": (20_000, "https://www.trend.az/azerbaijan/politics/4134158.html"),
    "agm-kangarli": (2_626, KANGARLI_PLAN),
    "fuz-fuzuli": (22_000, FUZULI_PLAN),
    "sus-susa": (1_500, "https://news.am/eng/news/761871.html"),
    "xa-xankandi": (20_000, "assumed: as large as Aghdam, the other main city"),
}
"""Persons planned for a settlement, with the page; planned rows of resettlement.csv are added."""


def pace_per_day() -> float:
    """Return the people who came back each day between the two counts."""
    days = (LAST_COUNT[0] - FIRST_COUNT[0]).days
    return (LAST_COUNT[1] - FIRST_COUNT[1]) / days


def people_in_all(level: str, day: dt.date) -> int:
    """Return the people of an envelope on a day, by rule 1."""
    if level == "high":
        return TARGET
    share = {"low": 0.5, "middle": 1.0}[level]
    return round(RETURNED + share * pace_per_day() * (day - BEGIN).days)


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of scenarios/data."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def persons_of(row: dict[str, str]) -> int:
    """Return the persons of a row, by families where they are not given."""
    return int(row["persons"]) if row["persons"] else PERSONS_PER_FAMILY * int(row["families"] or 0)


def counted(rows: list[dict[str, str]]) -> dict[str, int]:
    """Return the returned people by settlement on 1 January 2026."""
    people: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "returned" and row["settlement_id"] and row["date"] <= BEGIN.isoformat():
            people[row["settlement_id"]] = people.get(row["settlement_id"], 0) + persons_of(row)
    return people


CONFIDENCES = ("assumed", "low", "medium", "high")
"""From worst to best."""


def sources_of_counts(rows: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    """Return source and confidence of the counted people of 1 January 2026 by settlement, by rule 7."""
    told: dict[str, tuple[str, str]] = {}
    for row in rows:
        place = row["settlement_id"]
        if row["kind"] == "returned" and place and row["date"] <= BEGIN.isoformat():
            before = [told[place]] if place in told else []
            every = [*before, (row["source"], row["confidence"])]
            joined = " ; ".join(dict.fromkeys(source for source, _ in every))
            told[place] = (joined, min((c for _, c in every), key=CONFIDENCES.index))
    return told


def weights(rows: list[dict[str, str]], people: dict[str, int]) -> dict[str, tuple[int, str]]:
    """Return weight and its reason by settlement, by rules 4 and 5."""
    with (ROOT / "boundaries" / "settlements.csv").open(encoding="utf-8", newline="") as file:
        kinds = {row["settlement_id"]: row["kind"] for row in csv.DictReader(file)}
    layer = json.loads((ROOT / "boundaries" / "districts.geojson").read_text(encoding="utf-8"))
    units = [feature["properties"] for feature in layer["features"]]
    centres = {unit["centre_settlement_id"] for unit in units if unit["liberated"] == "full"}
    plans = {
        r["settlement_id"]: (persons_of(r), r["source"]) for r in rows if r["kind"] == "planned"
    } | SOURCED_PLANS
    places = {row["settlement_id"] for row in rows if row["kind"] in {"returned", "planned"}} | centres
    out = {}
    for place in sorted(places & set(kinds)):
        kind = "village" if kinds[place] == "village" else "town"
        options = [
            (people.get(place, 0), "the counted people"),
            (VILLAGE_WEIGHT if kind == "village" else TOWN_WEIGHT, f"default of a {kind}"),
        ]
        if place in plans:
            options.insert(
                0,
                (
                    plans[place][0] - people.get(place, 0),
                    f"persons planned and not counted yet: {plans[place][1].split(' ; ')[0]}",
                ),
            )
        out[place] = max(options, key=lambda option: option[0])
    return out


def shared(more: int, weight: dict[str, tuple[int, str]]) -> dict[str, int]:
    """Return `more` persons shared by weight, by rule 6."""
    total = sum(w for w, _ in weight.values())
    share = {place: more * w // total for place, (w, _) in weight.items()}
    share[max(weight, key=lambda place: weight[place][0])] += more - sum(share.values())
    return share


def envelope(level: str) -> list[list[str]]:
    """Return the rows of one file."""
    rows = rows_of("resettlement")
    people = counted(rows)
    weight = weights(rows, people)
    strange = sorted(set(people) - set(weight))
    if strange:
        raise ValueError(f"settlements without a row in settlements.csv: {strange}")
    unplaced = sum(persons_of(row) for row in rows if row["kind"] == "place_unknown")
    base = sum(people.values())
    if base + unplaced != RETURNED:
        raise ValueError(f"resettlement.csv holds {base + unplaced} returned people, not {RETURNED}")
    days = {day: shared(people_in_all(level, day) - RETURNED, weight) for day in ANCHORS}
    totals = f"in all: {TARGET_SOURCE if level == 'high' else TOTALS_SOURCE}"
    counts = sources_of_counts(rows)
    out = []
    for place, (_, reason) in weight.items():
        head = (
            f"assumed envelope '{level}', no plan and no forecast, by boundaries/build/resettlement_plans.py"
        )
        source = f"{head} ; {totals} ; weight: {reason}"
        origin, confidence = counts.get(place, ("assumed: no count of returned people", "assumed"))
        origin = f"counted, {origin}" if place in counts else origin
        out.append([place, BEGIN.isoformat(), str(people.get(place, 0)), "", "envelope", origin, confidence])
        for day, share in days.items():
            later = str(people.get(place, 0) + share[place])
            out.append([place, day.isoformat(), later, "", "envelope", source, "assumed"])
    return out


def main() -> None:
    """Write the three files."""
    for level in ("low", "middle", "high"):
        with (DATA / f"resettlement_{level}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["settlement_id", "date", "persons", "families", "kind", "source", "confidence"])
            writer.writerows(envelope(level))


if __name__ == "__main__":
    main()
