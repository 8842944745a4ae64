"""Parts of a network that a closure cuts off keep their places: cut off is not moved elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geoplan.network.graph import RoadNetwork


def keep_islands(network: RoadNetwork, before: RoadNetwork) -> RoadNetwork:
    """Return `network` in which points may snap wherever they might in `before`, the network unclosed.

    A part that was joined to the rest and is not any more is small, and points would leave it over land for
    the next road; they stay, and what lies outside the part is unreachable.
    """
    good = before.node_ids[before.component_ok[before.component]]
    return replace(network, kept=np.isin(network.node_ids.astype(str), good.astype(str)))
