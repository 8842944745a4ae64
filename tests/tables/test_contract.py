"""The data dictionaries themselves, and the rules by which single cells are read."""

from __future__ import annotations

import csv
import datetime as dt

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geoplan.errors import UsageError
from geoplan.output.files import disarm
from geoplan.tables import hints
from geoplan.tables.contract import (
    CONTRACTS,
    SPECS,
    build_schema,
    cell_problem,
    load_contract,
    parse_date,
    split_list,
)
from geoplan.tables.csv_text import ARMED, read_csv_text, unescape_text
from geoplan.tables.parse import parse_table

TYPES = {"text", "id", "integer", "number", "boolean", "date_or_year", "list", "wkt", "geometry"}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_dictionaries_are_whole(name):
    contract = load_contract(name)
    names = [column.name for column in contract]
    assert len(set(names)) == len(names)
    for column in contract:
        assert column.type in TYPES
        assert column.description
        assert not (column.required and column.default)
        assert column.unit or column.type != "number"
        if column.type == "boolean":
            assert column.default in {"true", "false"}
        if column.default.startswith("@"):
            assert names.index(column.default[1:]) < names.index(column.name)
        elif column.default:
            assert cell_problem(column, column.default) == ""
    assert set(SPECS[name].key) <= set(names)
    assert build_schema(contract) is build_schema(contract)


def test_every_file_is_a_table():
    assert {path.stem for path in CONTRACTS.glob("*.csv")} == set(SPECS)


def test_unknown_table():
    with pytest.raises(UsageError, match="Did you mean 'facilities'"):
        load_contract("facilitys")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026", dt.date(2026, 1, 1)),
        ("2025-07-03", dt.date(2025, 7, 3)),
        ("2025-02-30", None),
        ("26", None),
        ("20260703", None),
        ("2026-W01-1", None),
        ("", None),
    ],
)
def test_dates(text, date):
    assert parse_date(text) == date


def test_lists_lose_blanks_and_repeats_and_keep_their_order():
    assert split_list(" b; a;;b ;") == ("b", "a")


@given(st.text())
def test_what_is_written_is_read_back(text):
    assume(not (text.startswith("'") and text[1:2] in ARMED))  # the one text that the rule cannot carry
    assert unescape_text(disarm(text)) == text


@given(st.text(alphabet="='+-@\tab"))
def test_exactly_one_apostrophe_is_taken_off_and_only_before_a_formula(text):
    read = unescape_text(text)
    if text.startswith("'") and text[1:2] in ARMED and len(text) > 1:
        assert read == text[1:]
    else:
        assert read == text


CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_any_csv_comes_back_cell_by_cell(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows((f"r{i}{a}", b) for i, (a, b) in enumerate(rows))
    cells, findings = read_csv_text(path, "t.csv", known=["id", "text"])
    assert findings == []
    assert cells["id"].tolist() == [f"r{i}{a}" for i, (a, _) in enumerate(rows)]
    assert cells["text"].tolist() == [b for _, b in rows]
    assert cells.index.tolist() == list(range(2, len(rows) + 2))


@given(st.dictionaries(st.sampled_from(["lat", "lon", "id", "x"]), CELLS, min_size=1))
def test_no_cell_is_so_strange_that_reading_breaks(row):
    text = pd.DataFrame({name: [cell] for name, cell in row.items()}, index=[2], dtype="str")
    rows, findings = parse_table(text, load_contract("points"), "t.csv")
    assert rows.frame["lat"].dtype == float
    sound = all(
        name in row and cell_problem(c, row[name].strip()) == ""
        for c in load_contract("points")
        for name in [c.name]
    )
    assert sound == (not [f for f in findings if f.severity == "error"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [("4037767", "40.37767"), ("40", ""), ("9912345", ""), ("40377.5", ""), ("4037767.0", "40.37767")],
)
def test_lost_decimal_points(text, meant):
    assert hints.with_point(text, hints.LAT_SPAN) == meant
