"""Standards of a scenario: services with the bands and targets that its changes set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.changes.log import row
from geoplan.scenario.change_people import STANDARD_KEYS, Standard

if TYPE_CHECKING:
    from geoplan.result import ChangeRow
    from geoplan.scenario import Scenario


def with_standards(scenario: Scenario) -> tuple[Scenario, tuple[ChangeRow, ...]]:
    """Return the scenario whose services have the bands and targets of its changes, and the log.

    A standard holds in all years: bands of different years could not stand in one table. Applied twice, the
    second time changes nothing.
    """
    services = {service.id: service for service in scenario.services}
    log = []
    for change in scenario.changes:
        if not isinstance(change, Standard) or change.service not in services:
            continue
        old = services[change.service]
        new = {name: getattr(change, name) for name in STANDARD_KEYS if getattr(change, name) is not None}
        services[change.service] = old.model_copy(update=new)
        log += [row(change, old.id, name, getattr(old, name), value) for name, value in new.items()]
    if not log:
        return scenario, ()
    return scenario.model_copy(update={"services": tuple(services.values())}), tuple(log)
