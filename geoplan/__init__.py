"""geoplan: who can reach which care, in how long, and what changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.version import __version__

__all__ = ["GeoplanError", "InputError", "Result", "Scenario", "__version__", "load_scenario", "run_scenario"]

if TYPE_CHECKING:
    from geoplan.errors import GeoplanError, InputError
    from geoplan.result import Result
    from geoplan.run import run as run_scenario
    from geoplan.scenario import Scenario, load_scenario

_HOME = {
    "GeoplanError": ("geoplan.errors", "GeoplanError"),
    "InputError": ("geoplan.errors", "InputError"),
    "Result": ("geoplan.result", "Result"),
    "Scenario": ("geoplan.scenario", "Scenario"),
    "load_scenario": ("geoplan.scenario", "load_scenario"),
    "run_scenario": ("geoplan.run", "run"),
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that `geoplan --help` answers at once."""
    import importlib  # noqa: PLC0415

    if name in _HOME:
        module, attribute = _HOME[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(name)
