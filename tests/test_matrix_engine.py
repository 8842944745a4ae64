"""`geoplan matrix --engine`: the same file by either engine, and a clear word where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture
def points(tmp_path):
    """A file of points about the country; one lies outside."""
    rows = [
        "baku,40.38,49.85",
        "ganja,40.68,46.36",
        "naxcivan,39.21,45.41",
        "far,45.0,60.0",
        "guba,41.36,48.51",
    ]
    file = tmp_path / "points.csv"
    file.write_text("\n".join(["id,lat,lon", *rows]) + "\n", encoding="utf-8")
    return file


def ask(points, engine, out):
    command = [sys.executable, "-m", "geoplan.cli", "matrix", "--origins", points, "--destinations", points]
    return subprocess.run(
        [*map(str, command), "--out", str(out), "--engine", engine, "--overwrite"],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_every_engine_writes_the_same_file(points, tmp_path):
    written = []
    for engine in ("auto", "scipy", "hierarchy"):
        out = tmp_path / f"{engine}.csv"
        done = ask(points, engine, out)
        assert done.returncode == 0, done.stderr
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2]
    assert b"unreachable" in written[0]
    assert b"not_snapped" in written[0]


def test_an_unknown_engine_is_a_usage_error(points, tmp_path):
    done = ask(points, "warp", tmp_path / "out.csv")
    assert done.returncode == 2
    assert "warp" in done.stderr
    assert not (tmp_path / "out.csv").exists()
