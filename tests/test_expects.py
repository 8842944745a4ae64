"""`[expects]`: a file that was written for another run of its parent is told so, and runs on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from geoplan.errors import InputError
from geoplan.run import parent_findings, run_hash
from geoplan.scenario import load_scenario, parent_of
from geoplan.tables.read import read_tables

CHILD = """
extends = "parent.toml"
title = "Child"
years = {years}

[expects]
parent_sha256 = "{hash}"
"""

PARENT = """
extends = "baseline"
title = "Parent"

[[services]]
id = "primary_care"
target_minutes = {minutes}
"""


@pytest.fixture(scope="module")
def tables():
    return read_tables(load_scenario("baseline").table_paths())


@pytest.fixture
def child(tmp_path, tables):
    """Return what writes a parent, a child that expects it as it is then, and loads the child."""

    def write(minutes=20, expected=None, years=(2026,)):
        (tmp_path / "parent.toml").write_text(PARENT.format(minutes=minutes), encoding="utf-8")
        if expected is None:
            expected = run_hash(load_scenario(tmp_path / "parent.toml"), tables)
        text = CHILD.format(hash=expected, years=list(years))
        (tmp_path / "child.toml").write_text(text, encoding="utf-8")
        return load_scenario(tmp_path / "child.toml")

    return write


def found(scenario, tables):
    """Return the findings beside a base whose hash is that of the parent for the scenario's years."""
    parent = parent_of(scenario)
    digest = run_hash(parent.model_copy(update={"years": scenario.years}), tables)
    return parent_findings(scenario, parent, SimpleNamespace(provenance=SimpleNamespace(run_hash=digest)))


def test_the_parent_as_expected_is_no_finding(child, tables):
    assert found(child(), tables) == []


def test_years_of_its_own_make_no_other_parent(child, tables):
    assert found(child(years=(2027, 2028)), tables) == []


def test_another_parent_is_a_warning_with_both_hashes(child, tables):
    before = child().expects.parent_sha256
    later = child(minutes=25, expected=before)
    findings = found(later, tables)
    assert [(f.severity, f.code, f.where) for f in findings] == [("warning", "parent-changed", "child.toml")]
    params = dict(findings[0].params)
    assert params == {"parent": "parent", "found": run_hash(parent_of(later), tables), "expected": before}
    assert params["found"] != before


def test_another_row_of_a_table_is_another_parent(child, tables):
    places = tables.facilities.assign(beds=tables.facilities["beds"].fillna(0) + 1)
    assert len(found(child(), replace(tables, facilities=places))) == 1


def test_nothing_expected_is_no_finding(child, tables):
    assert found(child(expected=""), tables) == []


def test_what_is_expected_moves_no_hash_and_is_not_inherited(child, tmp_path, tables):
    one, other = child(), child(expected="0" * 64)
    assert run_hash(one, tables) == run_hash(other, tables)
    grand = tmp_path / "grand.toml"
    grand.write_text('extends = "child.toml"\ntitle = "Grandchild"\n', encoding="utf-8")
    assert load_scenario(grand).expects.parent_sha256 == ""


def test_a_hash_has_sixty_four_digits(child):
    with pytest.raises(InputError, match="parent_sha256"):
        child(expected="882edaf2")
