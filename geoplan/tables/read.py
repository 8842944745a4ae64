"""Files -> one checked `TableSet`; every problem of every table is found before anything is said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import shipped
from geoplan.errors import Finding, InputError, UsageError, did_you_mean, raise_on_errors, sort_findings
from geoplan.tables.check import check_duplicate_keys, check_tables
from geoplan.tables.contract import SPECS, TEXT_TYPES, load_contract
from geoplan.tables.csv_text import read_csv_text
from geoplan.tables.layers import read_layer_text
from geoplan.tables.parse import Rows, parse_table
from geoplan.tables.terrain import Terrain, load_terrain
from geoplan.units import CRS_ON_DISK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class TableSet:
    """All tables of a run, checked, typed and sorted by id.

    Attributes
    ----------
    districts, settlements, road_nodes, roads, facilities
        Index = id. Columns as in the contract of the table (`geoplan schema NAME`), absent optional ones
        with their defaults; empty texts are "", empty numbers NaN or <NA>, empty dates None. `services` is
        text, items joined by `;`. `roads.geometry` is WKT, a straight line where none was given.
        `districts` is a GeoDataFrame in EPSG:4326.
    population, district_population, resettlement, speeds, standards
        Plain index; sorted by their key.
    candidates
        The planner's own candidate sites, index = id; no rows where no file is named.
    neighbours
        GeoDataFrame in EPSG:4326, sorted by kind and name.
    terrain
        Ground heights.
    findings
        Warnings and notes.
    paths
        The files read, by table.
    raw_sha256
        Hash of each file's bytes, by `table/file name`.
    """

    districts: gpd.GeoDataFrame
    settlements: pd.DataFrame
    road_nodes: pd.DataFrame
    roads: pd.DataFrame
    terrain: Terrain
    neighbours: gpd.GeoDataFrame
    facilities: pd.DataFrame
    candidates: pd.DataFrame
    population: pd.DataFrame
    district_population: pd.DataFrame
    resettlement: pd.DataFrame
    speeds: pd.DataFrame
    standards: pd.DataFrame
    findings: tuple[Finding, ...]
    paths: Mapping[str, tuple[Path, ...]]
    raw_sha256: dict[str, str]


NAMES: Final = tuple(f.name for f in fields(TableSet) if f.name not in {"findings", "paths", "raw_sha256"})
"""The tables of a run, in the order of `TableSet`."""

OPTIONAL: Final = frozenset({"candidates"})
"""Tables that do not ship and may be absent."""


def read_tables(paths: Mapping[str, Sequence[Path]], *, own_roads: bool = False) -> TableSet:
    """Return the tables of a run, read and checked.

    Parameters
    ----------
    paths
        Files by table name; the rows of several files are joined. A table that is not named is the
        shipped one.
    own_roads
        The roads are the user's own and may lie anywhere: nodes outside the country and facilities off the
        network are in order, and without a table of nodes the ends of the drawn lines are the nodes.

    Raises
    ------
    InputError
        With every problem of every table, if one of them is an error.
    UsageError
        If a name is no table.
    """
    for name in paths:
        if name not in NAMES:
            hint = "Tables: " + ", ".join(sorted(NAMES))
            raise UsageError(f"no table is called '{name}'.{did_you_mean(name, NAMES)}", hint=hint)
    files = {name: _files(name, paths.get(name)) for name in NAMES}
    terrain, findings = _read_terrain(files["terrain"])
    from_lines = own_roads and "roads" in paths and "road_nodes" not in paths
    read: dict[str, Rows] = {}
    for name in NAMES:
        if name == "terrain" or (name == "road_nodes" and from_lines) or not files[name]:
            continue
        rows, found = read_rows(name, files[name])
        findings += found
        if rows is not None:
            read[name] = rows
    if from_lines and "roads" in read:
        read["road_nodes"], files["road_nodes"] = nodes_from_lines(read["roads"]), ()
    findings += check_tables(read, own_roads=own_roads)
    raise_on_errors(findings)
    if terrain is None:
        raise InputError(findings)
    finished = {name: _absent(name) for name in OPTIONAL if not files[name]}
    finished |= {name: _finished(name, rows) for name, rows in read.items()}
    finished["roads"], found = _with_lines(finished["roads"], finished["road_nodes"], read["roads"])
    return TableSet(
        terrain=terrain,
        findings=sort_findings(findings + found),
        paths=files,
        raw_sha256=_raw_hashes(files),
        **finished,
    )


def _files(name: str, given: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return the files of a table: those given, else the shipped one, none of an optional table."""
    if not given and name in OPTIONAL:
        return ()
    return tuple(Path(p) for p in given or (shipped.table(name),))


def _absent(name: str) -> pd.DataFrame:
    """Return an optional table that nobody has given: its columns and no row."""
    columns = [column.name for column in load_contract(name)]
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns}).set_index(SPECS[name].index)


def nodes_from_lines(roads: Rows) -> Rows:
    """Return a node table made of the ends of the drawn lines; where roads differ, the first one counts."""
    ends: dict[str, tuple[float, float, str]] = {}
    columns = (roads.frame[c] for c in ("from", "to", "geometry"))
    for place, begin, end, text in zip(roads.places, *columns, strict=True):
        points = shapely.get_coordinates(shapely.from_wkt(text or None))
        for node, point in zip((begin, end), points[[0, -1]] if len(points) else (), strict=False):
            ends.setdefault(node, (float(point[1]), float(point[0]), place))
    nodes = pd.DataFrame(
        {
            "node_id": list(ends),
            **{f"name_{language}": list(ends) for language in ("az", "en", "ru")},
            "kind": "junction",
            "lat": [lat for lat, _, _ in ends.values()],
            "lon": [lon for _, lon, _ in ends.values()],
            "source": "ends of the drawn lines",
            "confidence": "low",
        }
    )
    return Rows(nodes, tuple(place for _, _, place in ends.values()), "node_id")


def read_points(path: Path) -> pd.DataFrame:
    """Return the points of a CSV file `id,lat,lon`: index id in the order of the file, columns lat, lon.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    rows, findings = read_rows("points", (path,))
    if rows is not None:
        findings += check_duplicate_keys("points", rows)
    raise_on_errors(findings)
    if rows is None:
        raise InputError(findings)
    return rows.frame.set_index("id")


def read_rows(name: str, paths: Sequence[Path]) -> tuple[Rows | None, list[Finding]]:
    """Return the typed rows of the files of one table and what is wrong with their cells.

    The rows are None where a file cannot be read at all, so that other tables are not blamed for it.
    """
    parts: list[Rows] = []
    findings: list[Finding] = []
    readable = True
    for path, file in zip(paths, _file_names(paths), strict=True):
        rows, found = _read_file(name, path, file)
        findings += found
        readable = readable and rows is not None
        parts += [rows] if rows is not None else []
    if not readable:
        return None, findings
    joined = parts[0] if len(parts) == 1 else _joined(parts)
    if not len(joined.frame):
        findings.append(_no_rows(name, _file_names(paths)[0]))
        return (joined if SPECS[name].may_be_empty else None), findings
    return joined, findings


def _file_names(paths: Sequence[Path]) -> list[str]:
    """Return how findings call each file: its name, with its folder where two files share it."""
    names = [path.name for path in paths]
    return [p.name if names.count(p.name) == 1 else f"{p.parent.name}/{p.name}" for p in paths]


def _read_file(name: str, path: Path, file: str) -> tuple[Rows | None, list[Finding]]:
    """Return the typed rows of one file."""
    if name == "roads" and (finding := _extract(path, file)) is not None:
        return None, [finding]
    contract = load_contract(name)
    known = [column.name for column in contract]
    shapes: NDArray[np.object_] | None = None
    if SPECS[name].layer:
        text, shapes, findings = read_layer_text(path, file, known=known)
    else:
        texts = [column.name for column in contract if column.type in TEXT_TYPES]
        text, findings = read_csv_text(path, file, known=known, texts=texts)
    if text is None:
        return None, findings
    rows, found = parse_table(text, contract, file)
    if shapes is not None:
        frame = rows.frame.assign(geometry=pd.Series(shapes, index=rows.frame.index, dtype=object))
        rows = Rows(frame, rows.places, rows.key)
    return rows, findings + found


EXTRACT_MARKS: Final = (b"OSMHeader", b"<osm", b"<graphml", b"\x1f\x8b", b"BZh")
"""What stands at the beginning of OpenStreetMap extracts and of graphs, plain or packed."""


def _extract(path: Path, file: str) -> Finding | None:
    """Return the error for an OpenStreetMap extract that is named as a road table."""
    try:
        with path.open("rb") as opened:
            head = opened.read(512)
    except OSError:
        return None  # said by whoever reads it
    if not any(mark in head[: 3 if len(mark) <= 3 else 512] for mark in EXTRACT_MARKS):
        return None
    message = "this is an extract or a graph; the roads of a scenario are a roads.csv."
    hint = (
        "Make one: geoplan roads build FILE --classes motorway,trunk,primary,secondary,tertiary --in-country"
        " --out DIR; then name roads.csv and road_nodes.csv under [tables]."
    )
    return Finding("error", "roads-extract", message, where=file, hint=hint)


def _joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several files under one another."""
    filled = [part for part in parts if len(part.frame)] or [parts[0]]
    frame = pd.concat([part.frame for part in filled], ignore_index=True)
    return Rows(frame, tuple(place for part in filled for place in part.places), parts[0].key)


def _no_rows(name: str, file: str) -> Finding:
    """Return the finding for a table that has a header and nothing else."""
    message = "the table has a header but no rows."
    if SPECS[name].may_be_empty:
        return Finding("warning", "no-rows", message, where=file, hint="Nothing of it counts in this run.")
    return Finding("error", "empty-file", message, where=file, hint="Add rows, or name another file.")


def _read_terrain(paths: Sequence[Path]) -> tuple[Terrain | None, list[Finding]]:
    """Return the terrain, or why there is none."""
    if len(paths) != 1:
        hint = "Name one file."
        message = f"the terrain is one file, not {len(paths)}."
        return None, [Finding("error", "bad-terrain", message, where=paths[0].name, hint=hint)]
    try:
        return load_terrain(paths[0]), []
    except InputError as error:
        return None, list(error.findings)


def _finished(name: str, rows: Rows) -> Any:
    """Return the table sorted by its key, with its id as the index."""
    spec = SPECS[name]
    by = list(spec.key) or ["kind", "name_az"]
    order = rows.frame[by].astype(str) if not spec.index else rows.frame[by]
    frame = rows.frame.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)
    if spec.layer:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS_ON_DISK)
    return frame.set_index(spec.index) if spec.index else frame


def _with_lines(roads: pd.DataFrame, nodes: pd.DataFrame, rows: Rows) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the roads with a straight line where none is drawn, and a note that says so."""
    bare = (roads["geometry"] == "").to_numpy()
    if not bare.any():
        return roads, []
    ends = [nodes.loc[roads.loc[bare, side], ["lon", "lat"]].to_numpy() for side in ("from", "to")]
    lines = shapely.to_wkt(shapely.linestrings(np.stack(ends, axis=1)), rounding_precision=5)
    drawn = roads["geometry"].to_numpy(dtype=object, copy=True)
    drawn[bare] = lines
    first = int(np.flatnonzero((rows.frame["geometry"] == "").to_numpy())[0])
    message = f"'geometry' is empty in {int(bare.sum())} of {len(roads)} roads: a straight line is drawn."
    hint = "The length of the table counts; only snapping and the map follow the line."
    where = rows.where(first, "geometry")
    note = Finding("note", "straight-line", message, where=where, hint=hint)
    return roads.assign(geometry=pd.Series(drawn, index=roads.index, dtype="str")), [note]


def _raw_hashes(files: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    """Return sha256 of each file's bytes, keyed by `table/file name`, sorted."""
    hashes = {}
    for name, paths in files.items():
        for path, file in zip(paths, _file_names(paths), strict=True):
            hashes[f"{name}/{file}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return dict(sorted(hashes.items()))


def tables_hash(tables: TableSet) -> str:
    """Return sha256 over what the tables say, not how their files are written.

    Cells are taken after parsing, columns by name and rows sorted, so that the order of rows and columns,
    line ends, quotes and a byte order mark make no difference.
    """
    digest = hashlib.sha256()
    for name in NAMES:
        digest.update(f"\x1d{name}\x1d".encode())
        table = getattr(tables, name)
        if isinstance(table, Terrain):
            digest.update(np.ascontiguousarray(table.elevation_m, dtype="<i2").tobytes())
            digest.update(f"{table.elevation_m.shape} {table.north} {table.west} {table.step_deg}".encode())
        else:
            digest.update("\x1e".join(_row_texts(table)).encode())
    return digest.hexdigest()


def _row_texts(table: pd.DataFrame) -> list[str]:
    """Return one text a row, sorted, with the header first."""
    plain = table.reset_index() if table.index.name else table
    names = sorted(str(column) for column in plain.columns)
    columns = [
        shapely.to_wkt(np.asarray(plain[n]), rounding_precision=7).tolist()
        if isinstance(plain[n], gpd.GeoSeries)
        else [str(value) for value in plain[n].tolist()]
        for n in names
    ]
    return ["\x1f".join(names), *sorted("\x1f".join(row) for row in zip(*columns, strict=True))]
