"""The one door to numba: a typed decorator for kernels, and a clear word when the extra `fast` is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from geoplan.errors import MissingExtraError

try:
    import numba
except ModuleNotFoundError as error:  # pragma: no cover - the test run of the extra has numba
    raise MissingExtraError("numba", "fast") from error

if TYPE_CHECKING:
    from collections.abc import Callable

Kernel = TypeVar("Kernel", bound="Callable[..., Any]")


Whole: TypeAlias = Any
"""A whole number inside a kernel, Python's or NumPy's: numba sees which, mypy need not."""


def compiled(function: Kernel) -> Kernel:
    """Return `function` compiled at its first call, kept on disk by numba, and free of the interpreter lock.

    Where no folder can be written to, it is compiled anew in every process. Integer arithmetic only, no
    fast-math: every kernel gives the same bits on every machine.
    """
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba finds no place for its cache
        made = numba.njit(nogil=True)(function)
    return cast("Kernel", made)
