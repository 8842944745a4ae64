"""Tables read once for many runs, known by the content of their files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from geoplan.tables.read import TableSet, read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Paths = Mapping[str, Sequence[Path]]


class TablePool:
    """Checked tables by the content of their files; read when first asked for."""

    def __init__(self, known: Mapping[str, TableSet] | None = None) -> None:
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
