"""Docs: short, made from the program where they can be, every command, column and key explained."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generator() -> object:
    """docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("file", "function"),
    [("commands.md", "commands_text"), ("tables.md", "tables_text"), ("page-data.md", "page_data_text")],
)
def test_generated_docs_are_current(generator: object, file: str, function: str) -> None:
    text = (ROOT / "docs" / file).read_text(encoding="utf-8")
    assert text == getattr(generator, function)(), f"run: python docs/generate.py ({file})"


def test_every_output_column_is_in_the_dictionary(baseline_dir: Path) -> None:
    from geoplan.output.workbook import dictionary
    from geoplan.tables.contract import load_contract

    known = dictionary().groupby("table")["column"].agg(set)
    for path in sorted((baseline_dir / "tables").glob("*.csv")):
        extra = {c.name for c in load_contract("facilities")} if path.stem == "facilities" else set()
        columns = set(pd.read_csv(path, nrows=0).columns)
        assert columns == known[path.stem] | (columns & extra), path.stem


def test_every_scenario_key_has_words(generator: object) -> None:
    from geoplan.scenario import Scenario

    keys = generator.scenario_keys(Scenario)
    assert len(keys) > 30
    assert [key for key, words in keys if len(words) < 7] == []


def test_every_column_of_every_contract_has_words() -> None:
    from geoplan.tables.contract import SPECS, load_contract

    assert [(n, c.name) for n in SPECS for c in load_contract(n) if len(c.description) < 6] == []


def test_readme_is_short_and_names_every_command() -> None:
    import typer.main

    from geoplan.cli import app

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    for name in typer.main.get_command(app).commands:
        assert f"geoplan {name}" in text, name
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).exists(), link
