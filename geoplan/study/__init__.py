"""A siting question on a scenario: what `geoplan site SCENARIO` answers."""

from geoplan.study.siting import site_scenario

__all__ = ["site_scenario"]
