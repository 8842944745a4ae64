"""A sweep over the tiny country and what it gives in one process, run once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny import write_sweep

from geoplan.sweep.sweep import Summary, sweep

TEXT = """\
seed = 3
[vary]
travel.detour_factor = [1.2, 0.5]
"services.cardiology_pci.target_minutes" = [30, 60]
[[draw]]
method = "latin_hypercube"
runs = 2
keys = { "travel.access_speed_kmh" = { low = 10, high = 30 } }
[keep]
levels = ["nation", "district"]
"""
"""Eight runs, of which four fail: a detour factor of 0.5 is not allowed."""


@dataclass(frozen=True)
class Done:
    """A finished sweep."""

    file: Path
    out: Path
    summary: Summary


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The sweep in one process."""
    folder = tmp_path_factory.mktemp("sweep")
    file = write_sweep(folder, TEXT)
    return Done(file, folder / "out", sweep(file, folder / "out"))
