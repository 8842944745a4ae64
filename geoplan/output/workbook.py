"""Write a result as an Excel workbook: one sheet a question."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import xlsxwriter

from geoplan.output.cells import as_text, is_empty
from geoplan.output.sited import siting_sheets

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result

FIXED_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed date of making keeps equal results equal to the byte."""

WIDEST_CHARACTERS: Final = 60


def dictionary() -> pd.DataFrame:
    """Return the dictionary of all output tables: `table, column, unit, description`."""
    text = resources.files("geoplan.output").joinpath("dictionary.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return pd.DataFrame(rows, columns=["table", "column", "unit", "description"])


def write_workbook(result: Result, tables: dict[str, pd.DataFrame], path: Path) -> None:
    """Write the sheets summary, districts, settlements, facilities, assumptions, findings, dictionary.

    A result with the sections of siting and phases has the sheets plan, gains and phases too.

    Text is written as text: nothing that came from a table can run as a formula or become a link.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": f"geoplan: {result.scenario.id}", "created": FIXED_DATE})
        head = book.add_format({"bold": True, "bg_color": "#E8EEF2", "text_wrap": True, "valign": "top"})
        for name, table in sheets(result, tables).items():
            _write_sheet(book.add_worksheet(name), table, head)


def sheets(result: Result, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the sheets in order."""
    return {
        "summary": _summary(result),
        "districts": _wide_districts(result),
        "settlements": _wide_settlements(result),
        "facilities": tables["facilities"],
        **siting_sheets(result),
        "assumptions": _assumptions(result),
        "findings": tables["findings"],
        "dictionary": dictionary(),
    }


def _summary(result: Result) -> pd.DataFrame:
    """Return the figures of nation, groups and regions."""
    table = result.coverage_summary
    return table[table["level"] != "district"].reset_index(drop=True)


def _wide_districts(result: Result) -> pd.DataFrame:
    """Return one row a district and year: people, then share within target and people beyond, by service."""
    table = result.coverage_summary[result.coverage_summary["level"] == "district"]
    names = ["year", "id", "name_az", "name_en", "name_ru", "population"]
    figures = ["share_within_target", "beyond_target", "unreachable", "p50_minutes", "on_assumed"]
    return _wide(table, names, figures, [s.id for s in result.scenario.services])


def _wide_settlements(result: Result) -> pd.DataFrame:
    """Return one row a settlement and year: minutes, km, facility and confidence by service."""
    table = result.coverage_by_settlement
    table = table[table["demand_kind"] == "settlement"]
    names = ["year", "demand_id", "name_az", "name_en", "name_ru", "district_id", "liberated", "population"]
    figures = ["minutes", "km", "facility_id", "status", "confidence"]
    return _wide(table, names, figures, [s.id for s in result.scenario.services])


def _wide(table: pd.DataFrame, names: list[str], figures: list[str], services: list[str]) -> pd.DataFrame:
    """Return a long table with one block of columns a service."""
    base = table[table["service"] == services[0]][names].reset_index(drop=True)
    blocks = [
        table[table["service"] == s][figures].reset_index(drop=True).add_suffix(f" | {s}") for s in services
    ]
    return pd.concat([base, *blocks], axis=1)


def _assumptions(result: Result) -> pd.DataFrame:
    """Return what the figures rest on: rules, norms and sources."""
    rules = [
        ("rule", f"travel.{key}", value, "scenario", "assumed")
        for key, value in result.scenario.travel.model_dump().items()
    ]
    norms = [
        (
            "norm" if row["published"] else "planning target of this scenario",
            f"{row['service']} {row['kind']}",
            f"{row['minutes']:g} minutes",
            row["source"],
            row["confidence"],
        )
        for _, row in result.standards.iterrows()
    ]
    sources = [("source", "attribution", text, "", "") for text in result.provenance.attributions]
    return pd.DataFrame([*rules, *norms, *sources], columns=["kind", "what", "value", "source", "confidence"])


def _write_sheet(sheet: Any, table: pd.DataFrame, head: Any) -> None:
    """Write one table with a frozen, filtered head and fitting columns."""
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, str(name), head)
        values = table[name].tolist()
        for row, value in enumerate(values, start=1):
            _write_cell(sheet, row, column, value)
        longest = max([len(str(name)), *(len(str(v)) for v in values[:500])])
        sheet.set_column(column, column, min(longest + 2, WIDEST_CHARACTERS))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    """Write one cell by its kind; empty stays empty."""
    if is_empty(value):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, as_text(value))
