"""Who gains visits of a mobile unit: people beyond the target of a service who live near one of its stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Visits:
    """The people near the stops of one unit.

    Attributes
    ----------
    gaining
        People within the target of a stop who have no standing facility within it, by days of visits a
        month, most days first. Who lives near several stops counts once, with the days of the stop that is
        visited most.
    served
        People within the target of a stop who have a standing facility within it too.
    """

    gaining: tuple[tuple[int, int], ...]
    served: int

    @property
    def people(self) -> int:
        """People who gain visits."""
        return sum(people for _, people in self.gaining)


def visits(
    tenths: NDArray[np.int32],
    people: NDArray[np.int64],
    *,
    standing: NDArray[np.bool_],
    days: NDArray[np.int64],
    target_tenths: int,
) -> Visits:
    """Return who gains visits of one unit.

    Parameters
    ----------
    tenths
        (demand, facility) minutes x 10, negative where there is no way.
    people
        (demand,) people; 0 where nobody is to be counted.
    standing
        (facility,) which columns are facilities that give the service every day.
    days
        (facility,) days of visits a month at the stops of the unit, 0 for all other columns.
    target_tenths
        Within how many tenths of a minute the service should be, inclusive.
    """
    within = (tenths >= 0) & (tenths <= target_tenths)
    near = np.where(within, days[np.newaxis, :], 0).max(axis=1, initial=0)
    has = (within & standing[np.newaxis, :]).any(axis=1)
    levels = sorted({int(d) for d in near[(near > 0) & ~has & (people > 0)]}, reverse=True)
    gaining = tuple((d, int(people[(near == d) & ~has].sum())) for d in levels)
    return Visits(gaining, int(people[(near > 0) & has].sum()))
