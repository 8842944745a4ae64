"""A lock that a process holds until it ends, however it ends: by `flock`, on Windows by `msvcrt.locking`."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


def _module(name: str) -> Any:
    """Return a module that only some systems have, None elsewhere."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


fcntl = _module("fcntl")
msvcrt = _module("msvcrt")


class Lock:
    """A small file of its own that one process holds; the system lets go when the process ends.

    Nothing but the lock is read from the file, and it goes away when the lock is released. After a kill it
    stays and is taken over by the next who asks.
    """

    def __init__(self, path: Path, handle: int) -> None:
        """Keep an open file that is locked; see `take`."""
        self.path = path
        self._handle = handle

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Return the lock on a file, which is made if absent; None where another process has it.

        Raises
        ------
        OSError
            If the file cannot be opened.
        """
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _locked(handle):
                os.close(handle)
                return None
            if _is_still(path, handle):
                return cls(path, handle)
            os.close(handle)  # whoever had it removed the file before letting go: there is a new one

    def release(self) -> None:
        """Remove the file and let go. Windows removes no open file: there it goes the other way round."""
        if fcntl is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            return
        os.close(self._handle)
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Return the lock itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go."""
        self.release()


def _locked(handle: int) -> bool:
    """Lock an open file without waiting; False where another process has it."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Whether an open file is the one that its path names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
