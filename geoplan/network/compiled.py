"""The door to numba, as the kernels of the network know it."""

from __future__ import annotations

from geoplan.compiled import Whole, compiled

__all__ = ["Whole", "compiled"]
