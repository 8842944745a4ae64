"""Write a road table as the two tables of a scenario, with the record and what the licence asks to say."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.network.osm_info import roads_info
from geoplan.network.road_table import contract_tables
from geoplan.output.cells import disarm
from geoplan.output.files import whole_or_absent
from geoplan.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geoplan.errors import Finding
    from geoplan.network.road_table import RoadTable

SOURCES: Final = "SOURCES.txt"
EXTRACT: Final = "roads.osm"
RECORD: Final = "roads.json"
LICENCE_URL: Final = "https://opendatacommons.org/licenses/odbl/1-0/"


def write_roads(
    table: RoadTable,
    out: Path,
    *,
    overwrite: bool,
    origin: Mapping[str, str],
    findings: Sequence[Finding] = (),
    extract: bytes = b"",
) -> list[Path]:
    """Write `roads.csv`, `road_nodes.csv`, `roads.json` and `SOURCES.txt`, all or none; return the paths.

    Parameters
    ----------
    table
        The roads; none may end where it begins.
    origin
        Where they come from, by name: file, hash, server, day.
    findings
        What a reader must know; kept in the record.
    extract
        The OpenStreetMap file itself, written as `roads.osm` if given.
    """
    roads, nodes = contract_tables(table)
    with whole_or_absent(out, overwrite=overwrite) as stage:
        _write_exact(roads, stage / "roads.csv")
        _write_exact(nodes, stage / "road_nodes.csv")
        (stage / SOURCES).write_text(
            "\n".join(["roads.csv, road_nodes.csv", *sources_lines((table.credit,), origin)]),
            encoding="utf-8", newline="\n",
        )  # fmt: skip
        if extract:
            (stage / EXTRACT).write_bytes(extract)
        record = _record(table, origin, findings, stage)
        text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)
        (stage / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")
        names = sorted(path.name for path in stage.iterdir())
    return [out / name for name in names]


def sources_lines(attributions: Sequence[str], origin: Mapping[str, str]) -> list[str]:
    """Return the lines of a `SOURCES.txt`: what to say, under which licence, and where the data come from."""
    lines = [*attributions, f"Licence: {LICENCE_URL}"]
    lines += [f"{name}: {value}" for name, value in origin.items() if value]
    return [*lines, f"Made by geoplan {__version__}", ""]


def write_sources(beside: Path, attributions: Sequence[str]) -> Path | None:
    """Write `<file>.SOURCES.txt` beside a table made of OpenStreetMap, or remove one of an earlier table.

    A table in CSV has no place for what the licence asks to say. Return the path, None where nothing is to
    be said.
    """
    path = sources_path(beside)
    text = "\n".join([beside.name, *sources_lines(attributions, {})])
    try:
        if attributions:
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}", hint="Make the folder first."
        ) from error
    return path if attributions else None


def sources_path(beside: Path) -> Path:
    """Return the path of the note on sources beside a table."""
    return beside.with_name(f"{beside.name}.{SOURCES}")


def _write_exact(table: pd.DataFrame, path: Path) -> None:
    """Write a table with every digit: a turn at a junction is a millimetre long."""
    texts = {str(name): [_cell(value) for value in table[name].tolist()] for name in table.columns}
    pd.DataFrame(texts).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _cell(value: Any) -> str:
    """Return the text of a cell."""
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if np.isnan(value) else np.format_float_positional(value, trim="-")
    return disarm(value) if isinstance(value, str) else str(value)


def _record(
    table: RoadTable, origin: Mapping[str, str], findings: Sequence[Finding], stage: Path
) -> dict[str, Any]:
    """Return the record of the roads: version, origin, report, findings, hashes."""
    return {
        "geoplan_version": __version__,
        "origin": dict(origin),
        "info": roads_info(table).as_dict(),
        "findings": [str(finding) for finding in findings],
        "sha256": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(stage.iterdir())
        },
    }
