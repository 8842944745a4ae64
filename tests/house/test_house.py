"""The house: layers, style, types, what a wheel holds, and what must never be in a commit."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

TEXT = {".py", ".md", ".toml", ".csv", ".json", ".js", ".css", ".html", ".geojson", ""}


def tracked() -> list[Path]:
    """Return the files of the project; without git (an sdist), every file that is not a cache."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout:
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not any(x.startswith(".") for x in p.parts)]


def passes(*words: str) -> None:
    """Run a checker of this environment; its output is the message of a failure."""
    done = subprocess.run(
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_data_flows_one_way() -> None:
    passes(BIN / "lint-imports", "--no-cache")


def test_style() -> None:
    passes(BIN / "ruff", "check", "--no-cache", ".")


def test_format() -> None:
    passes(BIN / "ruff", "format", "--no-cache", "--check", ".")


def test_types() -> None:
    passes(sys.executable, "-m", "mypy", "--no-incremental", "-p", "geoplan")


def imports(path: Path) -> set[str]:
    """Return the names of the packages that a module imports anywhere, also inside functions."""
    found = re.findall(
        r"^\s*(?:from|import)\s+([\w.]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    # urllib.parse takes texts apart, it opens nothing
    return {name.split(".")[0] for name in found if name != "urllib.parse"}


def test_rooms_keep_to_their_doors() -> None:
    for path in sorted((ROOT / "geoplan").rglob("*.py")):
        room = path.relative_to(ROOT / "geoplan").as_posix()
        used = imports(path)
        if not room.startswith("output/page/"):
            assert "folium" not in used, room
        if not room.startswith("acquire/"):
            assert not used & {"socket", "urllib", "http", "requests", "httpx", "osmnx"}, room
        assert not used & {"pickle", "shelve", "joblib", "dill"}, room
        text = path.read_text(encoding="utf-8")
        assert "allow_pickle=True" not in text, room
        if not room.startswith("cli"):
            assert not re.search(r"(?<![\w.])print\(", text), room


def test_no_machine_path_and_no_registry_host_in_the_project() -> None:
    hosts = [
        "pypi" + ".org",
        "files.python" + "hosted",
        "registry.npm" + "js",
        "un" + "pkg.com",
        "js" + "delivr.net",
    ]
    paths = ["/work" + "/main", "/ro" + "ot/", "/home" + "/", "C:\\" + "Users"]
    for path in tracked():
        if path.suffix in TEXT and "vendor" not in path.parts and path.name != "LICENSE":
            text = path.read_text(encoding="utf-8")
            for word in (*hosts, *paths):
                assert word not in text, f"{path.relative_to(ROOT)} names {word}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in a wheel built from this tree."""
    hatchling = pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    assert hatchling
    out = tmp_path_factory.mktemp("wheel")
    passes(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out)
    (built,) = out.glob("*.whl")
    return zipfile.ZipFile(built).namelist()


def test_a_wheel_carries_what_ships_and_nothing_else(wheel: list[str]) -> None:
    from geoplan import shipped

    root = shipped.root()
    for path in (*shipped.tables().values(), *shipped.scenarios().values()):
        assert f"geoplan/_shipped/{path.relative_to(root).as_posix()}" in wheel
    for part in ("contracts/roads.csv", "dictionary.csv", "i18n/az.json", "leaflet/leaflet.js", "app.css"):
        assert any(name.endswith(part) for name in wheel), part
    tops = {name.split("/")[0] for name in wheel}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"geoplan"}
    assert not any(name.endswith(".pyc") or ("/build/" in name and name.endswith(".py")) for name in wheel)


def test_the_version_is_said_once() -> None:
    import tomllib

    import geoplan

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == geoplan.__version__
