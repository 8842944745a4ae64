"""From points inside and outside to polygons: the line between them, cell by cell, joined to rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.network.lattice import Crossings

SOUTH, EAST, NORTH, WEST = range(4)

TURNS: Final = {
    1: ((SOUTH, WEST),),
    2: ((EAST, SOUTH),),
    3: ((EAST, WEST),),
    4: ((NORTH, EAST),),
    5: ((SOUTH, WEST), (NORTH, EAST)),
    6: ((NORTH, SOUTH),),
    7: ((NORTH, WEST),),
    8: ((WEST, NORTH),),
    9: ((SOUTH, NORTH),),
    10: ((EAST, SOUTH), (WEST, NORTH)),
    11: ((EAST, NORTH),),
    12: ((WEST, EAST),),
    13: ((SOUTH, EAST),),
    14: ((WEST, SOUTH),),
}
"""For the corners that are inside (1 south-west, 2 south-east, 4 north-east, 8 north-west): from which side
of the cell to which the line runs, the inside on its left. Two opposite corners are kept apart: an area
never leaks through a corner."""


def areas_inside(inside: NDArray[np.bool_], lines: Crossings) -> NDArray[np.object_]:
    """Return the polygons around the points that are `inside`, with holes, in the metres of `lines`.

    Marching squares (Lorensen and Cline 1987 in two dimensions), except that the line does not cross the
    lattice where a straight-line interpolation would put it but where `lines` found it.

    Parameters
    ----------
    inside
        (rows, columns); no point of the outermost rows and columns may be inside.
    lines
        One crossing for every two neighbours of which one is inside.
    """
    begin, end = _segments(inside)
    if not len(begin):
        return np.empty(0, dtype=object)
    after = np.empty(len(lines.key), dtype=np.int64)
    after[np.searchsorted(lines.key, begin)] = np.searchsorted(lines.key, end)
    rings, owner = _rings(after)
    shapes = np.asarray(shapely.linearrings(lines.xy_m[rings], indices=owner), dtype=object)
    return _with_holes(shapes[shapely.area(shapely.polygons(shapes)) > 0])


def _segments(inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys of the crossings from which and to which the line runs, cell by cell."""
    i = inside.astype(np.int8)
    case = i[:-1, :-1] + 2 * i[:-1, 1:] + 4 * i[1:, 1:] + 8 * i[1:, :-1]
    width = inside.shape[1]
    side = np.array([0, 3, 2 * width, 1])  # keys of the four sides, counted from that of the southern one
    row, column = np.nonzero((case > 0) & (case < 15))
    south, case = 2 * (row * width + column), case[row, column]
    begin, end = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for number, turns in TURNS.items():
        for a, b in turns:
            begin.append(south[case == number] + side[a])
            end.append(south[case == number] + side[b])
    return np.concatenate(begin), np.concatenate(end)


def _rings(after: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points of every ring, first to last, and the number of the ring each belongs to."""
    following = after.tolist()
    seen = [False] * len(following)
    points: list[int] = []
    lengths: list[int] = []
    for start in range(len(following)):
        if seen[start]:
            continue
        before, point = len(points), start
        while not seen[point]:
            seen[point] = True
            points.append(point)
            point = following[point]
        lengths.append(len(points) - before)
    return np.array(points), np.repeat(np.arange(len(lengths)), lengths)


def _with_holes(rings: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return polygons of rings that do not cross: every second ring inside another is a hole."""
    if not len(rings):
        return np.empty(0, dtype=object)
    area = shapely.build_area(shapely.geometrycollections(rings))
    return np.asarray(shapely.get_parts(area), dtype=object)
