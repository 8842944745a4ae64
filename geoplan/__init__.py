"""geoplan: who can reach which care, in how long, and what changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.version import __version__

__all__ = [
    "GeoplanError",
    "InputError",
    "Result",
    "Scenario",
    "__version__",
    "compare_scenarios",
    "load_scenario",
    "run_scenario",
    "site_scenario",
    "sweep_scenario",
    "verify_result",
    "write_comparison",
    "write_result",
]

if TYPE_CHECKING:
    from geoplan.api import (
        compare_scenarios,
        sweep_scenario,
        verify_result,
        write_comparison,
        write_result,
    )
    from geoplan.errors import GeoplanError, InputError
    from geoplan.result import Result
    from geoplan.run import run as run_scenario
    from geoplan.scenario import Scenario, load_scenario
    from geoplan.study import site_scenario

_HOME = {
    "GeoplanError": ("geoplan.errors", "GeoplanError"),
    "InputError": ("geoplan.errors", "InputError"),
    "Result": ("geoplan.result", "Result"),
    "Scenario": ("geoplan.scenario", "Scenario"),
    "compare_scenarios": ("geoplan.api", "compare_scenarios"),
    "load_scenario": ("geoplan.scenario", "load_scenario"),
    "run_scenario": ("geoplan.run", "run"),
    "site_scenario": ("geoplan.study", "site_scenario"),
    "sweep_scenario": ("geoplan.api", "sweep_scenario"),
    "verify_result": ("geoplan.api", "verify_result"),
    "write_comparison": ("geoplan.api", "write_comparison"),
    "write_result": ("geoplan.api", "write_result"),
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that `geoplan --help` answers at once."""
    import importlib  # noqa: PLC0415

    if name in _HOME:
        module, attribute = _HOME[name]
        return getattr(importlib.import_module(module), attribute)
    raise AttributeError(name)


def __dir__() -> list[str]:
    """Name what is public, also before it is imported."""
    return sorted(__all__)
