"""Scenario files: TOML -> frozen models whose field docstrings are the documentation; errors name lines."""

from geoplan.scenario.base import Trilingual, Words
from geoplan.scenario.change_base import ChangeKey
from geoplan.scenario.changes import KINDS, AnyChange, Change
from geoplan.scenario.load import load_scenario, parent_of
from geoplan.scenario.models import (
    FILE_KEYS,
    Candidates,
    Facilities,
    Population,
    Scenario,
    Service,
    Tables,
    Travel,
)
from geoplan.scenario.show import scenario_toml
from geoplan.scenario.siting import Siting

__all__ = [
    "FILE_KEYS",
    "KINDS",
    "AnyChange",
    "Candidates",
    "Change",
    "ChangeKey",
    "Facilities",
    "Population",
    "Scenario",
    "Service",
    "Siting",
    "Tables",
    "Travel",
    "Trilingual",
    "Words",
    "load_scenario",
    "parent_of",
    "scenario_toml",
]
