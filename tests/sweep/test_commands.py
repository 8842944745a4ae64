"""compare and sweep on the command line: answers, exit codes, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tiny import write_scenario, write_sweep

from geoplan.cli import main


@pytest.fixture
def geoplan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a function that runs the command line and gives exit code, stdout and stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["geoplan", *(str(w) for w in words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_compare_writes_says_and_refuses(geoplan, tmp_path: Path) -> None:
    tiny = write_scenario(tmp_path)
    (tmp_path / "plan.toml").write_text(
        'extends = "tiny.toml"\ntitle = "Plan"\n'
        '[[changes]]\nchange = "close_facility"\nfacility = "f-serq"\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    code, said, _ = geoplan("compare", tiny, tmp_path / "plan.toml", "--out", out)
    assert code == 0
    assert "tiny -> plan" in said
    assert (out / "index.html").is_file()
    assert geoplan("compare", tiny, tmp_path / "plan.toml", "--out", out)[0] == 5
    code, said, _ = geoplan("compare", tiny, tiny, "--out", out, "--overwrite", "--json")
    answer = json.loads(said)
    assert (code, answer["plans"][0]["identical"]) == (0, True)
    code, _, error = geoplan("compare", tiny, "--out", tmp_path / "x")
    assert (code, "at least two" in error) == (2, True)
    code, _, error = geoplan("compare", tiny, "basline", "--out", tmp_path / "x")
    assert (code, "Did you mean 'baseline'" in error) == (2, True)
    assert not (tmp_path / "x").exists()


def test_sweep_writes_says_and_goes_on(geoplan, tmp_path: Path) -> None:
    file = write_sweep(tmp_path, "[vary]\ntravel.detour_factor = [1.3, 0.2]\n")
    out = tmp_path / "out"
    code, said, _ = geoplan("sweep", file, "--out", out)
    assert code == 0
    assert "2 runs, 1 failed (see failures.csv)" in said
    code, _, error = geoplan("sweep", file, "--out", out)
    assert (code, "--resume" in error) == (5, True)
    code, said, _ = geoplan("sweep", file, "--out", out, "--resume", "--json")
    answer = json.loads(said)
    assert (code, answer["runs"], answer["failed"], answer["found_done"]) == (0, 2, 1, 2)
    (tmp_path / "bad.toml").write_text('base = "tiny.toml"\n[vary]\ntravel.detour = [1]\n', encoding="utf-8")
    code, _, error = geoplan("sweep", tmp_path / "bad.toml", "--out", tmp_path / "x")
    assert (code, "detour_factor" in error) == (3, True)
