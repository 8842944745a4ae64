"""Terrain heights -> a faint hill shading as a small PNG: mountains explain slow roads."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.tables.terrain import Terrain

SUN_AZIMUTH_DEG: Final = 315.0
SUN_HEIGHT_DEG: Final = 45.0
EXAGGERATION: Final = 2.2
"""Heights are multiplied by it: at country scale true slopes are too gentle to see."""

LEVELS: Final = 12
"""Steps of darkness; a short palette keeps the picture small."""

MAX_ALPHA: Final = 120
FADE_SHARE: Final = 0.1
"""Share of the picture's width and height over which the shading fades at its edges."""

_METRES_PER_DEG: Final = 111_320.0


def shading(heights_m: NDArray[np.float64], north: float, step_deg: float) -> NDArray[np.float64]:
    """Return the shadow of each cell, 0 (facing the sun or flat) to 1 (Horn's slope, Lambert's cosine)."""
    rows = north - step_deg * (np.arange(heights_m.shape[0]) + 0.5)
    metres_east = step_deg * _METRES_PER_DEG * np.cos(np.radians(rows))[:, None]
    south, east = np.gradient(heights_m * EXAGGERATION)
    dz_dx, dz_dy = east / metres_east, -south / (step_deg * _METRES_PER_DEG)
    azimuth, height = np.radians(SUN_AZIMUTH_DEG), np.radians(SUN_HEIGHT_DEG)
    sun = np.cos(height) * np.sin(azimuth), np.cos(height) * np.cos(azimuth), np.sin(height)
    light = (sun[2] - dz_dx * sun[0] - dz_dy * sun[1]) / np.sqrt(1 + dz_dx**2 + dz_dy**2)
    flat = sun[2]
    shadow: NDArray[np.float64] = np.clip((flat - light) / flat, 0.0, 1.0)
    return shadow


def _to_mercator(values: NDArray[np.float64], north: float, step_deg: float) -> NDArray[np.float64]:
    """Return the rows respaced evenly in Mercator, as an image overlay on a web map is drawn."""
    n = values.shape[0]
    south = north - step_deg * n

    def mercator(lat_deg: Any) -> Any:
        return np.arcsinh(np.tan(np.radians(lat_deg)))

    even = mercator(north) - (np.arange(n) + 0.5) / n * (mercator(north) - mercator(south))
    lat = np.degrees(np.arctan(np.sinh(even)))
    nearest = np.clip(((north - lat) / step_deg).astype(int), 0, n - 1)
    rows: NDArray[np.float64] = values[nearest]
    return rows


def _faded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values fading to nothing towards the edges: the grid ends, the ground does not."""
    ramps = [
        np.clip(np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (n * FADE_SHARE), 0, 1)
        for n in values.shape
    ]
    ramps = [ramp * ramp * (3 - 2 * ramp) for ramp in ramps]  # no kink where the fading starts
    faded: NDArray[np.float64] = values * ramps[0][:, None] * ramps[1][None, :]
    return faded


def _chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(levels: NDArray[np.uint8]) -> bytes:
    """Return a 4-bit palette PNG of one ink whose opacity grows with the level (PNG specification, W3C)."""
    height, width = levels.shape
    ink = np.linspace(0, MAX_ALPHA, LEVELS).round().astype(np.uint8)
    padded = np.pad(levels, ((0, 0), (0, width % 2)))
    packed = (padded[:, 0::2] << 4) | padded[:, 1::2]
    raw = np.hstack([np.zeros((height, 1), np.uint8), packed]).tobytes()
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes([52, 58, 64]) * LEVELS),
            _chunk(b"tRNS", ink.tobytes()),
            _chunk(b"IDAT", zlib.compress(raw, 9)),
            _chunk(b"IEND", b""),
        ]
    )


def relief_image(terrain: Terrain) -> dict[str, Any]:
    """Return the shading as `{"src": data URI, "bounds": [[south, west], [north, east]]}`."""
    heights = np.asarray(terrain.elevation_m, dtype=np.float64)
    shadow = _faded(shading(heights, terrain.north, terrain.step_deg))
    shadow = _to_mercator(shadow, terrain.north, terrain.step_deg)
    levels = np.floor(np.sqrt(shadow) * (LEVELS - 0.01)).astype(np.uint8)
    src = "data:image/png;base64," + base64.b64encode(_png(levels)).decode("ascii")
    rows, columns = heights.shape
    south = round(terrain.north - rows * terrain.step_deg, 5)
    east = round(terrain.west + columns * terrain.step_deg, 5)
    return {"src": src, "bounds": [[south, round(terrain.west, 5)], [round(terrain.north, 5), east]]}
