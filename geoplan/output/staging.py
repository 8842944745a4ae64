"""Where outputs are made before they are put in place, and what killed runs left there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from geoplan.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK: Final = "lock"
STAGE: Final = "partial"
ASIDE: Final = "old"
"""`.NAME.NUMBER.lock` is held while `.NAME.NUMBER.partial` is made and `.NAME.NUMBER.old` is moved away."""


@contextlib.contextmanager
def staged(out: Path) -> Iterator[tuple[Path, Path]]:
    """Give two free names beside `out`: one to make the new output under, one to move the old one to.

    What lies under them is removed at the end. So is, at the beginning, what earlier runs for the same
    output left when they were killed: known by their locks, which nobody holds any more. What a run that
    is still at work has there stays, and so does what has no lock beside it: it is not ours.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    clear_leftovers(out)
    with _own_lock(out) as lock:
        stage, aside = _names(lock.path)
        try:
            yield stage, aside
        finally:
            for path in (stage, aside):
                _remove(path)


def clear_leftovers(out: Path) -> None:
    """Remove what killed runs left beside `out`; an old output that was just moved away comes back."""
    pattern = re.compile(rf"\.{re.escape(out.name)}\.\d+\.{LOCK}")
    with contextlib.suppress(OSError):  # it can wait until the next run
        for path in sorted(out.parent.iterdir()):
            if pattern.fullmatch(path.name) and (lock := Lock.take(path)) is not None:
                with lock:
                    _clear(out, *_names(path))


def _clear(out: Path, stage: Path, aside: Path) -> None:
    """Remove a stage, and the old output unless it is the only one."""
    _remove(stage)
    if aside.exists() and not out.exists():
        aside.replace(out)
    _remove(aside)


def _own_lock(out: Path) -> Lock:
    """Return a lock beside `out` whose names are free: its number is that of the process, or a later one."""
    number = os.getpid()
    while True:
        path = out.with_name(f".{out.name}.{number}.{LOCK}")
        lock = None if any(os.path.lexists(p) for p in _names(path)) else Lock.take(path)
        if lock is not None:
            return lock
        number += 1


def _names(lock: Path) -> tuple[Path, Path]:
    """Return the names of the stage and of the old output that belong to a lock."""
    return lock.with_suffix(f".{STAGE}"), lock.with_suffix(f".{ASIDE}")


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
