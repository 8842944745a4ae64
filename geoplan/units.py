"""Physical constants, the rounding rule and the one projection, each with its source."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CRS_ON_DISK: Final = "EPSG:4326"

LAEA_LAT_DEG: Final = 40.2
LAEA_LON_DEG: Final = 47.5
CRS_METRES: Final = (
    f"+proj=laea +lat_0={LAEA_LAT_DEG} +lon_0={LAEA_LON_DEG} +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
)
"""Lambert azimuthal equal-area about the middle of the country: exact areas, linear scale 0.9998-1.0002."""

WGS84_A_M: Final = 6_378_137.0
WGS84_F: Final = 1 / 298.257223563
"""WGS 84 semi-major axis and flattening (NIMA TR8350.2, 2000)."""

TENTHS_PER_MINUTE: Final = 10
"""Times leave the engine as whole tenths of a minute, so that every table agrees to the person."""

UNREACHABLE_TENTHS: Final = -1
"""The code of `unreachable` in integer time arrays; never written to a table."""

LONGEST_MINUTES: Final = (2**31 - 1) // TENTHS_PER_MINUTE - 1
"""The longest time that fits into 32 bits as tenths."""

TOBLER_FLAT_KMH: Final = 6.0
TOBLER_SLOPE_SHIFT: Final = 0.05
TOBLER_DECAY: Final = 3.5
"""Hiking function W = 6 exp(-3.5 |s + 0.05|) km/h for slope s (Tobler 1993, NCGIA TR 93-1)."""


def _authalic_q(sin_lat: NDArray[np.float64] | float, e: float) -> NDArray[np.float64]:
    """Return q of the authalic latitude (Snyder 1987, USGS PP 1395, eq. 3-12)."""
    s = np.asarray(sin_lat, dtype=np.float64)
    es = e * s
    return (1 - e * e) * (s / (1 - es * es) - np.log((1 - es) / (1 + es)) / (2 * e))


def project_metres(
    lat_deg: ArrayLike, lon_deg: ArrayLike, *, centre_deg: tuple[float, float] = (LAEA_LAT_DEG, LAEA_LON_DEG)
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x, y in metres of `CRS_METRES` for latitudes and longitudes in degrees.

    `centre_deg` (lat, lon) puts the middle of the projection elsewhere, for roads of another country.

    The ellipsoidal Lambert azimuthal equal-area projection (Snyder 1987, USGS PP 1395, eq. 24-17 to 24-26),
    written out because it runs on arrays of points in the inner path, where building a PROJ pipeline costs
    more than the work; a test compares it with PROJ.
    """
    lat = np.radians(np.asarray(lat_deg, dtype=np.float64))
    lon = np.radians(np.asarray(lon_deg, dtype=np.float64))
    e = math.sqrt(WGS84_F * (2 - WGS84_F))
    qp = float(_authalic_q(1.0, e))
    lat0, lon0 = math.radians(centre_deg[0]), math.radians(centre_deg[1])
    sin0 = math.sin(lat0)
    beta0 = math.asin(float(_authalic_q(sin0, e)) / qp)
    beta = np.arcsin(np.clip(_authalic_q(np.sin(lat), e) / qp, -1, 1))
    rq = WGS84_A_M * math.sqrt(qp / 2)
    m0 = math.cos(lat0) / math.sqrt(1 - (e * sin0) ** 2)
    d = WGS84_A_M * m0 / (rq * math.cos(beta0))
    dlon = lon - lon0
    cos_c = math.sin(beta0) * np.sin(beta) + math.cos(beta0) * np.cos(beta) * np.cos(dlon)
    b = rq * np.sqrt(2 / (1 + cos_c))
    x = b * d * np.cos(beta) * np.sin(dlon)
    y = (b / d) * (math.cos(beta0) * np.sin(beta) - math.sin(beta0) * np.cos(beta) * np.cos(dlon))
    return x, y


def to_tenths(minutes: ArrayLike) -> NDArray[np.int64]:
    """Round minutes to whole tenths, half up; infinite becomes `UNREACHABLE_TENTHS`.

    Rounding happens here and nowhere else: once, when a time leaves the engine.

    Raises
    ------
    ValueError
        If a finite time does not fit into the 32-bit tables of the engine (400 years): with checked tables
        none does, so a length, speed or position is wrong.
    """
    values = np.asarray(minutes, dtype=np.float64)
    finite = np.isfinite(values)
    longest = float(np.max(np.abs(values), where=finite, initial=0.0))
    if longest > LONGEST_MINUTES:
        raise ValueError(
            f"a travel time of {longest:.3g} minutes is impossible: a length, speed or position is wrong"
        )
    # 1e-9 keeps 12.05 (stored as 12.0499999...) on the side that a reader expects
    tenths = np.floor(np.where(finite, values, 0.0) * TENTHS_PER_MINUTE + 0.5 + 1e-9).astype(np.int64)
    return np.where(finite, tenths, UNREACHABLE_TENTHS)
