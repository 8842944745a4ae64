"""The kinds of change that a scenario may list; the key `change` says which one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, get_args

from pydantic import Field

from geoplan.scenario.change_facilities import (
    AddFacility,
    AddService,
    CloseFacility,
    MoveFacility,
    OpenFacility,
    UpgradeFacility,
)
from geoplan.scenario.change_mobile import Fleet, MobileUnit
from geoplan.scenario.change_people import Growth, OtherResidents, Resettlement, Standard
from geoplan.scenario.change_roads import (
    AddRoad,
    CloseRoad,
    OpenRoad,
    PassCalendar,
    SlowRoad,
    SpeedUpRoad,
)

if TYPE_CHECKING:
    from geoplan.scenario.base import Model

AnyChange = (
    OpenFacility
    | CloseFacility
    | UpgradeFacility
    | MoveFacility
    | AddFacility
    | AddService
    | OpenRoad
    | CloseRoad
    | SlowRoad
    | SpeedUpRoad
    | PassCalendar
    | AddRoad
    | MobileUnit
    | Fleet
    | Resettlement
    | Growth
    | OtherResidents
    | Standard
)
Change = Annotated[AnyChange, Field(discriminator="change")]
"""One change; the key `change` says which kind."""

KINDS: Final[dict[str, type[Model]]] = {
    get_args(kind.model_fields["change"].annotation)[0]: kind for kind in get_args(AnyChange)
}
"""The kinds of change by the word of the key `change`."""
