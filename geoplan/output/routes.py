"""Turn the coded routes of a result into drawn lines, point to facility, off-road legs included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geoplan.units import project_metres

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.network.travel import RouteForest


@dataclass(frozen=True)
class RoadLines:
    """Drawn roads: coordinates, cumulated length in metres and both end nodes by number."""

    lonlat: tuple[NDArray[np.float64], ...]
    metres: tuple[NDArray[np.float64], ...]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def cut(self, road: int, share_from: float, share_to: float) -> NDArray[np.float64]:
        """Return lon, lat of the stretch between two shares of the drawn line, in that direction."""
        line, along = self.lonlat[road], self.metres[road]
        low, high = sorted((share_from * along[-1], share_to * along[-1]))
        inner = line[(along > low) & (along < high)]
        ends = [[np.interp(m, along, line[:, 0]), np.interp(m, along, line[:, 1])] for m in (low, high)]
        stretch = np.vstack([ends[:1], inner, ends[1:]])
        return stretch if share_from <= share_to else stretch[::-1]

    def whole(self, road: int, from_node: int) -> NDArray[np.float64]:
        """Return lon, lat of a whole road as driven from `from_node`."""
        return self.lonlat[road] if self.start[road] == from_node else self.lonlat[road][::-1]

    def far_end(self, road: int, from_node: int) -> int:
        """Return the node at the other end of `road`."""
        return int(self.end[road] if self.start[road] == from_node else self.start[road])


def road_lines(roads: pd.DataFrame, road_nodes: pd.DataFrame) -> RoadLines:
    """Return the drawn lines of a road table with WKT `geometry` and node ids in `from` and `to`."""
    lonlat = tuple(shapely.get_coordinates(g) for g in shapely.from_wkt(roads["geometry"].to_numpy()))
    metres = []
    for line in lonlat:
        x, y = project_metres(line[:, 1], line[:, 0])
        metres.append(np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()]))
    place = {node: i for i, node in enumerate(road_nodes.index)}
    ends = [np.array([place[n] for n in roads[c]], dtype=np.int64) for c in ("from", "to")]
    return RoadLines(lonlat, tuple(metres), ends[0], ends[1])


def route_coordinates(
    forest: RouteForest,
    lines: RoadLines,
    demand: int,
    facility: int,
    *,
    start: tuple[float, float],
    end: tuple[float, float],
) -> NDArray[np.float64] | None:
    """Return lon, lat of the fastest route from a demand point to a facility, or None without one.

    `start` and `end` are (lon, lat) of the two points; the legs to and from the road are straight pieces.
    """
    if forest.direct[demand, facility]:
        return np.array([start, end])
    entry = int(forest.entry_node[demand, facility])
    if entry == -2:
        return None
    first, last = int(forest.demand_road[demand]), int(forest.facility_road[facility])
    share, goal = float(forest.demand_share[demand]), float(forest.facility_share[facility])
    if entry == -1:
        return np.vstack([[start], lines.cut(first, share, goal), [end]])
    pieces = [np.array([start]), lines.cut(first, share, 0.0 if lines.start[first] == entry else 1.0)]
    node = entry
    while (road := int(forest.next_road[facility, node])) >= 0:
        pieces.append(lines.whole(road, node))
        node = lines.far_end(road, node)
    pieces += [lines.cut(last, 0.0 if lines.start[last] == node else 1.0, goal), np.array([end])]
    joined = np.vstack(pieces)
    moved = np.any(np.diff(joined, axis=0) != 0, axis=1)
    line: NDArray[np.float64] = joined[np.concatenate([[True], moved])]
    return line
