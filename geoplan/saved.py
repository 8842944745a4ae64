"""A written result folder -> its record and tables again, cell for cell as they were."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from pydantic import ValidationError

from geoplan.errors import Finding, InputError, UsageError
from geoplan.scenario import FILE_KEYS, Scenario
from geoplan.scenario.models import SHIPPED
from geoplan.tables.csv_text import unescape_text
from geoplan.version import __version__

if TYPE_CHECKING:
    import geopandas as gpd

RECORD: Final = "run.json"

TABLES: Final = ("coverage_by_settlement", "coverage_by_district", "coverage_summary")

_WHOLE: Final = frozenset(
    {"year", "population", "assessed", "within_target", "unreachable", "beyond_target", "on_assumed"}
)
_REAL: Final = frozenset(
    {"minutes", "km", "error_minutes", "share_within_target", "mean_minutes", "p50_minutes", "p90_minutes"}
)
_FLAGS: Final = {"coverage_by_settlement": frozenset({"liberated", "on_assumed"})}
"""Columns of true and false, by table; elsewhere these names hold words or people."""


@dataclass(frozen=True)
class Saved:
    """A result folder read back.

    Attributes
    ----------
    folder
        Where it lies.
    record
        What `run.json` says.
    tables
        The tables of `TABLES` by name, typed as the run had them.
    """

    folder: Path
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def is_result_folder(path: Path) -> bool:
    """Whether `path` is a folder that `geoplan run` wrote."""
    return path.is_dir() and (path / RECORD).is_file()


def read_record(folder: Path) -> dict[str, Any]:
    """Return the record of a result folder.

    Raises
    ------
    UsageError
        If there is none.
    InputError
        If it is not what a run writes.
    """
    if not is_result_folder(folder):
        raise UsageError(f"{folder} is no result folder", hint=f"It has no {RECORD}: name what --out named.")
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        whole = isinstance(record, dict) and {"scenario", "scenario_id", "run_hash"} <= set(record)
    except ValueError:
        whole = False
    if not whole:
        raise _broken(folder / RECORD, "is not what 'geoplan run' writes")
    return dict(record)


def read_saved(folder: Path) -> Saved:
    """Return record and coverage tables of a result folder.

    Raises
    ------
    UsageError, InputError
        As `read_record`, or if a table is missing or changed beyond reading.
    """
    record = read_record(folder)
    return Saved(folder, record, {name: read_table(folder, name) for name in TABLES})


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return one coverage table of a result folder: numbers as numbers, texts without the disarming mark."""
    path = folder / "tables" / f"{name}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = list(csv.reader(file, strict=True))
        columns = zip(*rows, strict=True) if rows else ([] for _ in head)
        typed = {c: _typed(name, c, list(v)) for c, v in zip(head, columns, strict=True)}
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise _broken(path, f"cannot be read ({error})") from error
    return pd.DataFrame(typed)


def _typed(table: str, column: str, cells: list[str]) -> Any:
    """Return the cells of one column with its type."""
    if column in _FLAGS.get(table, ()):
        return np.array([{"true": True, "false": False}[c] for c in cells], dtype=bool)
    if column in _WHOLE:
        return np.array([int(c) for c in cells], dtype=np.int64)
    if column in _REAL:
        return np.array([float(c) if c else np.nan for c in cells], dtype=float)
    return pd.Series([unescape_text(c) for c in cells], dtype=object)


def _broken(path: Path, why: str) -> InputError:
    """Return the error for a file of a result folder that is not as it was written."""
    hint = "Run the scenario again."
    return InputError([Finding("error", "result-broken", f"the file {why}.", where=path.name, hint=hint)])


def read_districts(folder: Path) -> gpd.GeoDataFrame:
    """Return the district polygons of a result folder, as `Result.districts`: index district_id, sorted."""
    import geopandas as gpd  # noqa: PLC0415 - slow, and only the page needs polygons

    layer = gpd.read_file(folder / "result.gpkg", layer="districts")
    first = layer.drop_duplicates("district_id").set_index("district_id").sort_index()
    return first[[c for c in first.columns if c != "year"]]


def read_places(folder: Path) -> pd.DataFrame:
    """Return lat and lon of every demand point of a result folder, index demand_id, sorted."""
    import pyogrio  # noqa: PLC0415 - as above

    columns = ["demand_id", "lat", "lon"]
    layer = pyogrio.read_dataframe(
        folder / "result.gpkg", layer="settlements", columns=columns, read_geometry=False
    )
    places = pd.DataFrame(layer).drop_duplicates("demand_id").set_index("demand_id")
    return places.sort_index()[["lat", "lon"]]


def recorded_scenario(record: dict[str, Any], beside: Path | None = None) -> Scenario | None:
    """Return the scenario of a record as it was given, to run again, or None where it cannot.

    Tables that do not ship lie beside a scenario file, whose place no record tells: `beside` names that
    folder. Without it only scenarios whose tables all ship can run again.
    """
    asked = record.get("scenario_asked", record["scenario"])
    content = {k: v for k, v in asked.items() if k in FILE_KEYS}
    try:
        scenario = Scenario.model_validate_json(json.dumps(content), strict=True)
    except ValidationError:
        return None
    envelopes = [str(getattr(change, "envelope", SHIPPED)) for change in scenario.changes]
    files = [file for group in scenario.tables.model_dump().values() for file in group]
    if beside is None and not all(file.startswith(SHIPPED) for file in [*files, *envelopes]):
        return None
    folder = Path() if beside is None else beside
    name = str(record["scenario_id"])
    return scenario.model_copy(update={"id": name, "path": folder / f"{name}.toml"})


def changed_inputs(record: dict[str, Any], scenario: Scenario) -> tuple[str, ...]:
    """Return the tables whose files are no longer those that the record names, sorted."""
    changed = []
    for table, paths in scenario.table_paths().items():
        now = sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file())
        then = sorted(v for k, v in record.get("input_sha256", {}).items() if k.split("/")[0] == table)
        changed += [table] if now != then else []
    return tuple(sorted(changed))


def runs_alike(record: dict[str, Any], scenario: Scenario) -> bool:
    """Whether running `scenario` now should give what the record says: same geoplan, same inputs."""
    return record.get("geoplan_version") == __version__ and not changed_inputs(record, scenario)
