"""The small country of tests/tables as a scenario that runs in a blink, with sweeps over it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCENARIO = """\
title = "Tiny"
years = [2026]
[tables]
{tables}
[[services]]
id = "cardiology_pci"
name = "PCI"
counts = "cardiology_pci"
bands_minutes = [30, 60]
target_minutes = 60
[[services]]
id = "emergency_hospital"
name = "Hospital"
counts = "emergency_hospital"
bands_minutes = [30]
target_minutes = 30
"""


def small_country(folder: Path):
    """Return the files of the small country, see tests/tables/small_country.py."""
    path = Path(__file__).resolve().parents[1] / "tables" / "small_country.py"
    spec = importlib.util.spec_from_file_location("small_country_of_sweeps", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SmallCountry(folder)


def write_scenario(folder: Path, name: str = "tiny") -> Path:
    """Write scenario and tables to `folder` and return the scenario file."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = small_country(folder).paths()
    lines = [f'{table} = "{files[0].name}"' for table, files in paths.items()]
    path = folder / f"{name}.toml"
    path.write_text(SCENARIO.format(tables="\n".join(lines)), encoding="utf-8")
    return path


def write_sweep(folder: Path, text: str, name: str = "sweep") -> Path:
    """Write a sweep over the tiny scenario beside it."""
    write_scenario(folder)
    path = folder / f"{name}.toml"
    path.write_text('base = "tiny.toml"\n' + text, encoding="utf-8")
    return path
