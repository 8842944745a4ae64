"""The only place that knows where shipped boundaries and scenarios lie: wheel, sdist, editable or clone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from geoplan.errors import UsageError, did_you_mean

_PACKAGE: Final = Path(__file__).resolve().parent

BOUNDARY_FILES: Final = {
    "districts": "boundaries/districts.geojson",
    "settlements": "boundaries/settlements.csv",
    "road_nodes": "boundaries/road_nodes.csv",
    "roads": "boundaries/roads.csv",
    "terrain": "boundaries/terrain.npz",
    "neighbours": "boundaries/neighbours.geojson",
    "published_distances": "boundaries/build/published_distances.csv",
}


def root() -> Path:
    """Return the folder that holds `boundaries/` and `scenarios/`.

    A wheel carries them in `geoplan/_shipped`; a clone, an unpacked sdist and an editable install have
    them beside the package.
    """
    inside = _PACKAGE / "_shipped"
    return inside if inside.is_dir() else _PACKAGE.parent


def table(name: str) -> Path:
    """Return the path of the shipped table `name`: a boundary layer or a file of `scenarios/data`.

    Raises
    ------
    UsageError
        If nothing of that name ships; the nearest name is offered.
    """
    known = tables()
    if name not in known:
        raise UsageError(
            f"no shipped table is called '{name}'.{did_you_mean(name, known)}",
            hint="Shipped tables: " + ", ".join(sorted(known)),
        )
    return known[name]


def tables() -> dict[str, Path]:
    """Return every shipped table by name, sorted."""
    base = root()
    found = {name: base / path for name, path in BOUNDARY_FILES.items()}
    found.update({p.stem: p for p in sorted((base / "scenarios" / "data").glob("*.csv"))})
    return dict(sorted(found.items()))


def scenarios() -> dict[str, Path]:
    """Return every shipped scenario file by name, sorted."""
    return {p.stem: p for p in sorted((root() / "scenarios").glob("*.toml"))}
