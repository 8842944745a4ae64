"""What many runs share: tables read once, known by the content of their files, and people counted once."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.tables.demand import build_demand
from geoplan.tables.read import TableSet, read_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from geoplan.errors import Finding

    Paths = Mapping[str, Sequence[Path]]


class TablePool:
    """Checked tables by the content of their files; read when first asked for. `people` are those of runs."""

    def __init__(self, known: Mapping[str, TableSet] | None = None) -> None:
        self.people = DemandPool()
        self._known = dict(known or {})
        self._hashes: dict[tuple[str, int, int], str] = {}

    def key(self, paths: Paths) -> str:
        """Return one text for names and content of all files; the same files give the same text.

        A file that cannot be read has no content here: reading the tables says what is wrong with it.
        """
        digest = hashlib.sha256()
        for table, files in sorted(paths.items()):
            for path in files:
                digest.update(f"{table}\x1f{path.name}\x1f{self._hash(path)}\x1e".encode())
        return digest.hexdigest()

    def _hash(self, path: Path) -> str:
        """Return sha256 of a file's bytes, again only if its size or time has changed."""
        try:
            state = path.stat()
            key = (str(path), state.st_size, state.st_mtime_ns)
            if key not in self._hashes:
                self._hashes[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            return ""
        return self._hashes[key]

    def read(self, paths: Paths) -> TableSet:
        """Return the tables behind `paths`.

        Raises
        ------
        InputError
            As `read_tables`.
        """
        key = self.key(paths)
        if key not in self._known:
            self._known[key] = read_tables(paths)
        return self._known[key]

    def known(self, key: str) -> TableSet | None:
        """Return the tables of a key of `key`, None where they were not read here."""
        return self._known.get(key)


WHOLE: Final = ("districts", "neighbours", "terrain", "roads")
"""Tables under the people that no change of people writes: known by being the same object."""

CHANGING: Final = ("settlements", "population", "district_population", "resettlement")
"""Tables under the people that a run may make anew: known by their content."""

MOST_KEPT: Final = 32
"""Years and variants of the people that are kept: 1 MB each for 5,000 points."""


MOST_HELD: Final = 128
"""Tables that are known by their object."""


class DemandPool:
    """Demand points by what they are made from; made when first asked for, then the same table again."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], tuple[pd.DataFrame, tuple[Finding, ...]]] = {}
        self._held: dict[int, tuple[Any, str]] = {}
        self._numbers = itertools.count()

    def __call__(
        self, tables: TableSet, *, year: int, other_residents: bool, resolution: int, resolution_baku: int
    ) -> tuple[pd.DataFrame, list[Finding]]:
        """Return what `build_demand` does."""
        key = (
            year, other_residents, resolution, resolution_baku,
            *(self._mark(getattr(tables, name), self._number) for name in WHOLE),
            *(self._mark(getattr(tables, name), _content) for name in CHANGING),
        )  # fmt: skip
        if key not in self._known:
            demand, findings = build_demand(
                tables,
                year=year,
                other_residents=other_residents,
                resolution=resolution,
                resolution_baku=resolution_baku,
            )
            if len(self._known) >= MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[key] = demand, tuple(findings)
        kept, found = self._known[key]
        return kept.copy(), list(found)

    def _number(self, _table: Any) -> str:
        """Return a number that no other table ever gets."""
        return str(next(self._numbers))

    def _mark(self, table: Any, make: Callable[[Any], str]) -> str:
        """Return what a table is known by; it is held, so that its address stays its own."""
        if id(table) not in self._held:
            if len(self._held) >= MOST_HELD:
                del self._held[next(iter(self._held))]
            self._held[id(table)] = table, make(table)
        return self._held[id(table)][1]


def _content(table: pd.DataFrame) -> str:
    """Return one text for the cells of a table in their order, whatever object it is."""
    texts = table.astype(str) if len(table.columns) else table
    digest = hashlib.sha256("\x1f".join(map(str, table.columns)).encode())
    digest.update(pd.util.hash_pandas_object(texts, index=True).to_numpy().tobytes())
    return digest.hexdigest()
