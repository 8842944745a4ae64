"""What many tests share: the baseline, run once, as a result and as a written folder."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result

# a busy machine is no error; what must pass before a landing must not depend on the draw
settings.register_profile("geoplan", deadline=None, derandomize="GEOPLAN_REQUIRE_BROWSER" in os.environ)
settings.load_profile("geoplan")


@pytest.fixture(scope="session")
def baseline() -> Result:
    """The shipped baseline, computed in this process."""
    from geoplan.run import run
    from geoplan.scenario import load_scenario

    return run(load_scenario("baseline"))


@pytest.fixture(scope="session")
def baseline_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `geoplan run baseline` writes, as a planner runs it."""
    out = tmp_path_factory.mktemp("runs") / "baseline"
    command = [sys.executable, "-m", "geoplan.cli", "run", "baseline", "--out", str(out), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return out
