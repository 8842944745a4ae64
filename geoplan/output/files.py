"""Write a result to a folder: page, tables, workbook, layers and record; whole or absent."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.errors import GeoplanError, OutputExistsError, UsageError
from geoplan.output.cells import as_text, disarm, is_empty
from geoplan.output.layers import write_layers
from geoplan.output.staging import clear_leftovers, staged
from geoplan.output.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from geoplan.result import Result

RECORD = "run.json"

RECORDS = (RECORD, "compare.json", "sweep.json", "siting.json", "roads.json")
"""A folder that holds one of these was written by geoplan: a run, a comparison, a sweep, a siting, roads."""

MANIFEST = ".geoplan"
"""The list of the files that geoplan wrote into a folder, kept in it."""

PASSING = ("-wal", "-shm", "-journal", ".DS_Store", "Thumbs.db", "desktop.ini")
"""Endings of files that GIS programs and desktops leave beside ours; they may go."""

DECIMALS = {"minutes": 1, "km": 3, "share": 6, "lat": 5, "lon": 5}
"""Decimals by the word that a column name begins or ends with."""


@contextlib.contextmanager
def whole_or_absent(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a staging folder beside `out` and put it in place when the block ends without an error.

    Raises
    ------
    OutputExistsError
        If `out` holds anything and `overwrite` is false.
    UsageError
        If `out` is a file, cannot be written, or holds files that geoplan did not write: these are never
        replaced.
    GeoplanError
        If the old output cannot be moved away, e.g. because a file in it is open elsewhere.
    """
    check_free(out, overwrite=overwrite)
    with contextlib.ExitStack() as kept:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            stage, aside = kept.enter_context(staged(out))
            stage.mkdir()
        except OSError as error:
            raise UsageError(
                f"{out} cannot be written: {error.strerror or error}", hint="Name another folder with --out."
            ) from error
        yield stage
        write_manifest(stage)
        _put_in_place(stage, out, aside)


def write_manifest(folder: Path) -> None:
    """Write down which files of `folder` are ours, so that nobody else's is ever replaced with them."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    text = "\n".join(["# written by geoplan; --overwrite replaces these files", *names])
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def add_to_manifest(folder: Path, names: Iterable[str]) -> None:
    """Write down that files made later in a folder of ours are ours too."""
    listed = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    text = "\n".join([listed[0], *sorted({*listed[1:], *names})])
    stage = folder / f"{MANIFEST}.partial"
    stage.write_text(text + "\n", encoding="utf-8", newline="\n")
    stage.replace(folder / MANIFEST)


def _strangers(folder: Path) -> list[str]:
    """Return the files of an earlier output that geoplan did not write there."""
    if not (folder / MANIFEST).is_file():
        return []
    ours = {MANIFEST, *(folder / MANIFEST).read_text(encoding="utf-8").splitlines()}
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(n for n in names if n not in ours and not n.endswith(PASSING) and "~lock" not in n)


def check_free(out: Path, *, overwrite: bool) -> None:
    """Raise where writing the folder `out` would destroy something; call it before long work.

    What killed runs left beside it is cleared first.
    """
    clear_leftovers(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise UsageError(f"{out} is a file", hint="Name a folder with --out.")
    if not any((out / name).is_file() for name in RECORDS):
        raise UsageError(
            f"{out} holds files that geoplan did not write", hint="Name another folder with --out."
        )
    if not overwrite:
        raise OutputExistsError(
            f"{out} holds a result already", hint="Add --overwrite to replace it, or name another --out."
        )
    if strangers := _strangers(out):
        raise UsageError(
            f"{out} also holds files that geoplan did not write: {', '.join(strangers[:5])}",
            hint="Move them elsewhere first, or name another folder with --out.",
        )


def _put_in_place(stage: Path, out: Path, old: Path) -> None:
    """Swap the staged folder in, the old one to `old`; on failure the old one stands as it was."""
    try:
        if out.exists():
            out.replace(old)
        try:
            stage.replace(out)
        except OSError:
            if old.exists():
                old.replace(out)
            raise
    except OSError as error:
        raise GeoplanError(
            f"{out} cannot be replaced: {error.strerror or error}",
            hint="Close the programs that have a file of this folder open, then run again.",
        ) from error


def _decimals(column: str) -> int | None:
    """Return how many decimals a column shows, None for as many as it has."""
    for word, digits in DECIMALS.items():
        if column == word or column.startswith(word + "_") or column.endswith("_" + word):
            return digits
    return None


def _cells(values: pd.Series[Any], column: str) -> list[str]:
    """Return the text of every cell of one column."""
    digits = _decimals(column)
    if pd.api.types.is_bool_dtype(values):
        return ["true" if v else "false" for v in values]
    if pd.api.types.is_float_dtype(values) and digits is not None:
        return ["" if np.isnan(v) else f"{v:.{digits}f}" for v in values.to_numpy(dtype=float)]
    if pd.api.types.is_numeric_dtype(values):
        return [f"{v:.10g}" if isinstance(v, float) and not is_empty(v) else as_text(v) for v in values]
    # a text repeats in many rows: it is written out once
    code, unique = pd.factorize(values, use_na_sentinel=False)
    texts = np.array([disarm(as_text(v)) for v in unique], dtype=object)
    return list(texts[code]) if len(texts) else []


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write one table as UTF-8, comma, LF; text that would run as a formula is disarmed."""
    text = pd.DataFrame({c: _cells(table[c], str(c)) for c in table.columns}, columns=table.columns)
    text.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_table(table: pd.DataFrame, path: Path, *, overwrite: bool) -> None:
    """Write one CSV to a path of the user's: aside first, then put in place.

    Raises
    ------
    OutputExistsError
        If the file exists and `overwrite` is false.
    UsageError
        If the folder does not exist or the file cannot be replaced.
    """
    check_file_free(path, overwrite=overwrite)
    try:
        with staged(path) as (stage, _):
            write_csv(table, stage)
            stage.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Make the folder first, and close the programs that have the file open.",
        ) from error


def check_file_free(path: Path, *, overwrite: bool) -> None:
    """Raise `OutputExistsError` if `path` exists and must not be replaced, `UsageError` if it is a folder."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="Name a file.")
    if path.exists() and not overwrite:
        raise OutputExistsError(
            f"{path} exists already", hint="Add --overwrite to replace it, or name another file."
        )


def facilities_table(result: Result) -> pd.DataFrame:
    """Return every facility row of every year with whether it counts."""
    parts = [y.facilities.reset_index().assign(year=y.year) for y in result.years]
    table = pd.concat(parts, ignore_index=True).assign(scenario_id=result.scenario.id)
    first = ["scenario_id", "year", "facility_id"]
    return table[[*first, *(c for c in table.columns if c not in first and not c.startswith("_"))]]


def findings_table(result: Result) -> pd.DataFrame:
    """Return the findings, one a row."""
    columns = ["severity", "code", "message", "where", "hint"]
    return pd.DataFrame([[getattr(f, c) for c in columns] for f in result.findings], columns=columns)


def changes_table(result: Result) -> pd.DataFrame:
    """Return what the changes of the scenario made different, one row a thing and attribute."""
    columns = ["thing", "attribute", "start", "old", "new", "where"]
    rows = [[" | ".join(filter(None, r.key)), *(getattr(r, c) for c in columns)] for r in result.changes_log]
    table = pd.DataFrame(rows, columns=["change", *columns])
    table.insert(0, "scenario_id", result.scenario.id)
    return table


def tables_of(result: Result) -> dict[str, pd.DataFrame]:
    """Return the tables of a result by file name; `changes` only where the scenario lists changes."""
    changes = {"changes": changes_table(result)} if result.scenario.changes else {}
    return {
        "coverage_by_settlement": result.coverage_by_settlement,
        "coverage_by_district": result.coverage_by_district,
        "coverage_summary": result.coverage_summary,
        "snapping": result.snapping,
        "facilities": facilities_table(result),
        "findings": findings_table(result),
        "check_distances": result.check_distances,
        **changes,
    }


def record(result: Result, *, page: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the signed record of a run: what went in, with what, and the headline figures.

    `page` holds how the page was built, where it was asked for otherwise than plain.
    """
    p = result.provenance
    kpis = result.coverage_summary[result.coverage_summary["level"].isin(["nation", "group"])]
    return {
        "geoplan_version": p.geoplan_version,
        "scenario_id": result.scenario.id,
        "run_hash": p.run_hash,
        "scenario": result.scenario.model_dump(mode="json"),
        **({"scenario_asked": p.asked} if p.asked else {}),
        **({"base": _base_record(result.base)} if result.base else {}),
        **({"page": dict(page)} if page else {}),
        "input_sha256": p.input_sha256,
        "versions": p.versions,
        "attributions": list(p.attributions),
        "kpis": json.loads(kpis.to_json(orient="records")),
        "findings": json.loads(findings_table(result).to_json(orient="records", force_ascii=False)),
        "started_at": p.started_at,
        "timings": p.timings_s,
    }


def _base_record(base: Result) -> dict[str, Any]:
    """Return what was run as the base: enough to run it again."""
    p = base.provenance
    return {
        "scenario_id": base.scenario.id,
        "run_hash": p.run_hash,
        "scenario": p.asked or base.scenario.model_dump(mode="json"),
        "input_sha256": p.input_sha256,
    }


def write_record(result: Result, path: Path, *, page: Mapping[str, Any] | None = None) -> None:
    """Write `run.json`."""
    text = json.dumps(record(result, page=page), ensure_ascii=False, indent=1, sort_keys=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_credits(result: Result, path: Path) -> None:
    """Write the attributions that the licences ask for beside the tables, which have no room for them."""
    lines = ["The tables of this folder are made from:", *result.provenance.attributions]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_result(
    result: Result,
    out: Path,
    *,
    overwrite: bool,
    render: Callable[[Result], str],
    page: Mapping[str, Any] | None = None,
    more: Callable[[Path], None] | None = None,
) -> tuple[Path, ...]:
    """Write page, record, tables, workbook and layers of `result` to the folder `out`.

    Parameters
    ----------
    result
        What a run found.
    out
        The folder; made if absent, replaced as a whole if `overwrite`.
    overwrite
        Replace an earlier result.
    render
        Makes the page's HTML of a result.
    page
        How it builds the page, for the record.
    more
        Writes further files into the folder it is given.

    Returns
    -------
    The files written, the page first.
    """
    with whole_or_absent(out, overwrite=overwrite) as stage:
        (stage / "index.html").write_text(render(result), encoding="utf-8", newline="")
        tables = tables_of(result)
        (stage / "tables").mkdir()
        for name, table in tables.items():
            write_csv(table, stage / "tables" / f"{name}.csv")
        _write_credits(result, stage / "tables" / "SOURCES.txt")
        write_workbook(result, tables, stage / "report.xlsx")
        write_layers(result, stage / "result.gpkg")
        write_record(result, stage / RECORD, page=page)
        if more is not None:
            more(stage)
        names = sorted(p.relative_to(stage) for p in stage.rglob("*") if p.is_file())
    first = Path("index.html")
    return tuple(out / p for p in [first, *(n for n in names if n != first)])
