"""Scenarios written for a test, the shipped tables read once, and changes applied to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geoplan.changes import apply_changes
from geoplan.scenario import load_scenario
from geoplan.tables.read import read_tables

if TYPE_CHECKING:
    from geoplan.tables.read import TableSet

HEAD = 'title = "Test"\nextends = "baseline"\n'


@pytest.fixture(scope="session")
def shipped_tables() -> TableSet:
    """The tables of the baseline."""
    return read_tables(load_scenario("baseline").table_paths())


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a scenario file, a child of the baseline unless told otherwise."""

    def written(text="", *, name="mine.toml", head=HEAD):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def applied(write, shipped_tables):
    """Return a function that applies changes, as TOML, to the shipped tables of a year."""

    def apply(text, *, year=2026, years="[2026]"):
        scenario = load_scenario(write(f"years = {years}\n{text}"))
        return apply_changes(scenario, shipped_tables, year)

    return apply
