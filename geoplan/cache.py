"""The user's cache folder: results of slow work under hashed names, never needed and never trusted."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

FOLDER_VARIABLE: Final = "GEOPLAN_CACHE"
SIZE_VARIABLE: Final = "GEOPLAN_CACHE_MB"

DEFAULT_SIZE_MB: Final = 2000.0
"""The folder is kept below this; the entries used longest ago go first."""

STALE_SECONDS: Final = 24 * 3600.0
"""A file written aside and never renamed is the rest of a run that was killed; after this it is removed."""

CHUNK_BYTES: Final = 1 << 20
SUFFIX: Final = ".npz"
ASIDE: Final = ".aside-"
KEY_NAME: Final = "cache_key"


@dataclass(frozen=True)
class CacheInfo:
    """What lies in the cache.

    Attributes
    ----------
    folder
        Where it is (it need not exist).
    limit_bytes, size_bytes
        How large it may be and is.
    entries
        Kind, bytes and age in days of the last use, the latest first.
    """

    folder: Path
    limit_bytes: int
    size_bytes: int
    entries: tuple[tuple[str, int, float], ...]


def folder() -> Path:
    """Return the cache folder: `GEOPLAN_CACHE`, else the one that the system gives to programs."""
    own = os.environ.get(FOLDER_VARIABLE)
    if own:
        return Path(own).expanduser()
    import platformdirs  # noqa: PLC0415 - not needed when the folder is given

    return Path(platformdirs.user_cache_path("geoplan", appauthor=False))


def limit_bytes() -> int:
    """Return how large the folder may grow: `GEOPLAN_CACHE_MB`, else `DEFAULT_SIZE_MB`."""
    try:
        megabytes = float(os.environ.get(SIZE_VARIABLE, DEFAULT_SIZE_MB))
    except ValueError:
        megabytes = DEFAULT_SIZE_MB
    return int(max(megabytes, 0.0) * 1e6)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of the bytes of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_of(*parts: str) -> str:
    """Return one name for an entry that depends on all of `parts`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def load(kind: str, key: str) -> tuple[dict[str, NDArray[Any]] | None, Finding | None]:
    """Return the arrays of an entry, None if there is none, and a finding if it is there but broken.

    A broken entry is removed. Nothing is ever unpickled.
    """
    path = _path(kind, key)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if arrays.pop(KEY_NAME).tobytes().decode() != key:
            return None, _discard(path, "it belongs to something else")
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        return None, _discard(path, str(error) or type(error).__name__)
    with contextlib.suppress(OSError):
        os.utime(path)
    return arrays, None


def _discard(path: Path, why: str) -> Finding:
    """Remove a broken entry and return the finding about it."""
    with contextlib.suppress(OSError):
        path.unlink()
    return Finding(
        "note",
        "cache-corrupt",
        f"a file of the cache could not be used ({why}) and was made again.",
        path.name,
    )


def discard(kind: str, key: str, why: str) -> Finding:
    """Remove an entry that was readable but made no sense, and return the finding about it."""
    return _discard(_path(kind, key), why)


def store(kind: str, key: str, arrays: Mapping[str, NDArray[Any]]) -> Finding | None:
    """Keep arrays under a name; return a finding if they could not be kept.

    The file is written aside and renamed, so that a run beside this one sees all of it or nothing; of two
    runs that write the same entry the later stays, and both are right.
    """
    home = folder()
    aside: Path | None = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix=ASIDE, suffix=SUFFIX, delete=False) as file:
            aside = Path(file.name)
            np.savez(file, allow_pickle=False, **{KEY_NAME: _key_bytes(key)}, **arrays)
        aside.replace(_path(kind, key))
    except OSError as error:
        if aside is not None:
            with contextlib.suppress(OSError):
                aside.unlink()
        return Finding(
            "warning",
            "cache-not-written",
            f"the cache could not be written ({error.strerror or error}); the next run does the work again.",
            str(home),
            f"Free some space, or set {FOLDER_VARIABLE} to a folder that can be written.",
        )
    _trim(home, keep=_path(kind, key))
    return None


def _key_bytes(key: str) -> NDArray[np.uint8]:
    return np.frombuffer(key.encode(), dtype=np.uint8)


def info() -> CacheInfo:
    """Return what lies in the cache."""
    now = time.time()
    found = sorted(_entries(folder()), key=lambda e: (-e[2], e[0].name))
    entries = tuple((p.name.rsplit("-", 1)[0], size, (now - used) / 86400) for p, size, used in found)
    return CacheInfo(folder(), limit_bytes(), sum(size for _, size, _ in entries), entries)


def clear() -> tuple[int, int]:
    """Remove every entry and every rest of a killed run; return how many files and bytes went."""
    return _remove([*_entries(folder()), *_asides(folder(), older_than_seconds=0.0)])


def _path(kind: str, key: str) -> Path:
    return folder() / f"{kind}-{key}{SUFFIX}"


def _entries(home: Path) -> list[tuple[Path, int, float]]:
    """Return path, bytes and time of last use of each entry."""
    return _listed(p for p in home.glob(f"*{SUFFIX}") if not p.name.startswith(ASIDE))


def _asides(home: Path, *, older_than_seconds: float) -> list[tuple[Path, int, float]]:
    """Return the files written aside and not touched for so long."""
    before = time.time() - older_than_seconds
    return [e for e in _listed(home.glob(f"{ASIDE}*")) if e[2] <= before]


def _listed(paths: Iterable[Path]) -> list[tuple[Path, int, float]]:
    """Return path, bytes and time of last use; a file that a run beside this one removed is left out."""
    found = []
    for path in sorted(paths):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((path, state.st_size, state.st_mtime))
    return found


def _remove(files: Iterable[tuple[Path, int, float]]) -> tuple[int, int]:
    """Remove files; return how many and how many bytes went."""
    count = freed_bytes = 0
    for path, size_bytes, _ in files:
        with contextlib.suppress(OSError):
            path.unlink()
            count, freed_bytes = count + 1, freed_bytes + size_bytes
    return count, freed_bytes


def _trim(home: Path, *, keep: Path) -> None:
    """Remove the entries used longest ago until the folder is below its limit, and stale rests."""
    _remove(_asides(home, older_than_seconds=STALE_SECONDS))
    entries = sorted(_entries(home), key=lambda e: (e[2], e[0].name))
    over = sum(size for _, size, _ in entries) - limit_bytes()
    for entry in entries:
        if over <= 0:
            return
        if entry[0] != keep:
            over -= _remove([entry])[1]
