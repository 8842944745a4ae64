"""Write a comparison to a folder: page, record and tables; whole or absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.analysis import difference
from geoplan.output.files import whole_or_absent, write_csv
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from geoplan.comparison import Comparison, Pair, Side

RECORD: Final = "compare.json"

LARGEST: Final = 20

CONTRIBUTION_COLUMNS: Final = (
    "mode",
    "step",
    "change_key",
    "change_label",
    *difference.GROUP_KEY,
    "within_target_difference",
    "unreachable_difference",
    *(name for name in difference.PEOPLE_COLUMNS.values() if name != "people_same"),
    "gained_person_minutes",
    "lost_person_minutes",
)
"""Columns of contributions.csv behind the two ids: also where nothing could be told apart."""

_SETTLEMENT: Final = (
    "year",
    "demand_id",
    "demand_kind",
    "name_az",
    "name_en",
    "name_ru",
    "district_id",
    "region_id",
    "liberated",
    "service",
)


def comparison_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison by file name, all plans under one another."""
    pairs = comparison.pairs
    rows = [pair.by_settlement for pair in pairs]
    first = [*_SETTLEMENT, *(c for c in rows[0].columns if c not in _SETTLEMENT)]
    return {
        "difference_by_settlement": _labelled(comparison, [r[first] for r in rows]),
        "difference_by_district": _labelled(comparison, [pair.by_group for pair in pairs]),
        "transitions": _labelled(comparison, [pair.transitions for pair in pairs]),
        "contributions": _labelled(comparison, [_contributions(pair) for pair in pairs]),
    }


def _contributions(pair: Pair) -> pd.DataFrame:
    """Return the contributions of one plan with all columns, even if there are none."""
    return pair.contributions.reindex(columns=list(CONTRIBUTION_COLUMNS))


def _labelled(comparison: Comparison, tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all plans under one another, base and plan named in front."""
    parts = []
    for pair, table in zip(comparison.pairs, tables, strict=True):
        part = table.reset_index(drop=True)
        part.insert(0, "base_id", pd.Series([comparison.base.id] * len(part), dtype=object))
        part.insert(1, "scenario_id", pd.Series([pair.plan.id] * len(part), dtype=object))
        parts.append(part)
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Return what `compare.json` says: no clock, so that equal comparisons are equal to the byte."""
    return {
        "geoplan_version": __version__,
        "base": _side(comparison.base),
        "plans": [_plan(pair) for pair in comparison.pairs],
    }


def _side(side: Side) -> dict[str, Any]:
    """Return what identifies one side."""
    return {
        "id": side.id,
        "kind": side.kind,
        "title": side.about["title"],
        "run_hash": side.run_hash,
        "years": list(side.years),
        "services": list(side.services),
    }


def _plan(pair: Pair) -> dict[str, Any]:
    """Return the headline differences of one plan."""
    groups = pair.by_group[pair.by_group["level"].isin(["nation", "group"])]
    return {
        **_side(pair.plan),
        "years_compared": list(pair.years),
        "services_compared": list(pair.services),
        "identical": is_identical(pair),
        "notes": [{"code": n.code, "message": n.message} for n in pair.notes],
        "kpis": _rows(groups),
        "changes": _rows(_changes(pair)),
        "transitions": _rows(pair.transitions),
        **{
            f"largest_{word}_by_{by.removesuffix('_minutes')}": _rows(_largest(pair, by=by, gains=gains))
            for word, gains in (("gains", True), ("losses", False))
            for by in ("difference_minutes", "person_minutes")
        },
        "contributions": _rows(pair.contributions),
    }


def is_identical(pair: Pair) -> bool:
    """Whether no place's people, minutes or state differ."""
    rows = pair.by_settlement
    moved = rows["change"].isin([difference.SAME, difference.NOT_COMPARED])
    same = (rows["population_before"] == rows["population_after"]) & (
        rows["status_before"] == rows["status_after"]
    )
    return bool((moved & same).all())


def _changes(pair: Pair) -> pd.DataFrame:
    """Return places and people by year, service and what became of them."""
    keys = ["year", "service", "change"]
    table = pair.by_settlement[keys].assign(places=1, people=pair.by_settlement["population_after"])
    return table.groupby(keys, sort=True).sum().reset_index()


def _largest(pair: Pair, *, by: str, gains: bool) -> pd.DataFrame:
    """Return the places that gain or lose most, with the columns that a reader needs."""
    kept = ["year", "service", "demand_id", "name_az", "name_en", "name_ru", "district_id"]
    figures = ["population_after", "minutes_before", "minutes_after", "difference_minutes", "person_minutes"]
    return difference.largest(pair.by_settlement, by=by, gains=gains, count=LARGEST)[kept + figures]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON rows; empty is null."""
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", force_ascii=False))
    return rows


def write_comparison(
    comparison: Comparison, out: Path, *, overwrite: bool, render: Callable[[Comparison], str]
) -> tuple[Path, ...]:
    """Write page, record and tables to the folder `out` and return the files, the page first."""
    with whole_or_absent(out, overwrite=overwrite) as stage:
        (stage / "index.html").write_text(render(comparison), encoding="utf-8", newline="")
        (stage / "tables").mkdir()
        for name, table in comparison_tables(comparison).items():
            write_csv(table, stage / "tables" / f"{name}.csv")
        sources = dict.fromkeys(
            line
            for side in (comparison.base, *(p.plan for p in comparison.pairs))
            for line in side.attributions
        )
        text = "\n".join(["The tables of this folder are made from:", *sources])
        (stage / "tables" / "SOURCES.txt").write_text(text + "\n", encoding="utf-8", newline="\n")
        text = json.dumps(comparison_record(comparison), ensure_ascii=False, indent=1)
        (stage / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")
        names = sorted(p.relative_to(stage) for p in stage.rglob("*") if p.is_file())
    page = Path("index.html")
    return tuple(out / p for p in [page, *(n for n in names if n != page)])
