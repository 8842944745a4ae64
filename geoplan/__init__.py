"""geoplan: who can reach which care, in how long, and what changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.version import __version__

__all__ = ["GeoplanError", "InputError", "Result", "Scenario", "__version__", "load_scenario", "run"]

if TYPE_CHECKING:
    from geoplan.errors import GeoplanError, InputError
    from geoplan.result import Result
    from geoplan.run import run
    from geoplan.scenario import Scenario, load_scenario

_HOME = {
    "GeoplanError": "geoplan.errors",
    "InputError": "geoplan.errors",
    "Result": "geoplan.result",
    "Scenario": "geoplan.scenario",
    "load_scenario": "geoplan.scenario",
    "run": "geoplan.run",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that `geoplan --help` answers at once."""
    import importlib  # noqa: PLC0415

    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(name)
