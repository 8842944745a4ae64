"""The public API: a dozen names, each what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import geoplan

sys.path.insert(0, str(Path(__file__).resolve().parent / "sweep"))
from tiny import write_scenario


def test_every_public_name_is_there() -> None:
    for name in geoplan.__all__:
        assert getattr(geoplan, name) is not None
    with pytest.raises(AttributeError):
        _ = geoplan.no_such_name


def test_a_scenario_runs_through_the_api(baseline: geoplan.Result) -> None:
    result = geoplan.run_scenario(geoplan.load_scenario("baseline"))
    assert isinstance(result, geoplan.Result)
    assert result.provenance.run_hash == baseline.provenance.run_hash


def test_importing_geoplan_imports_nothing_heavy() -> None:
    """The names are there at once; what is behind them comes when it is asked for."""
    code = (
        "import sys, geoplan; assert 'run_scenario' in dir(geoplan);"
        "heavy = {'numpy', 'pandas', 'geopandas', 'scipy', 'folium', 'pydantic', 'typer'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_lines_of_the_docs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    unused = {name for name in geoplan.__all__ if name not in code}
    assert unused <= {"GeoplanError", "InputError", "Result", "Scenario", "site_scenario", "__version__"}
    assert all(f"`{name}" in text for name in geoplan.__all__ if not name.startswith("_"))
    write_scenario(tmp_path)
    (tmp_path / "plan.toml").write_text(
        'extends = "tiny.toml"\ntitle = "Plan"\n'
        '[[changes]]\nchange = "close_facility"\nfacility = "f-serq"\n',
        encoding="utf-8",
    )
    (tmp_path / "sweep.toml").write_text(
        'base = "tiny.toml"\n[vary]\ntravel.detour_factor = [1.2, 1.4]\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    code = code.replace('"baseline"', '"tiny.toml"')
    code = code.replace('verify_result("out/baseline")', 'verify_result("out/baseline", beside=".")')
    names: dict[str, object] = {}
    exec(compile(code, "python.md", "exec"), names)  # noqa: S102 - our own docs
    assert names["verdict"].ok
    assert names["done"].runs == 2
    assert (tmp_path / "out" / "compared" / "index.html").is_file()
    assert (tmp_path / "out" / "sweep" / "sweep.csv").is_file()
