"""Print the lowest versions that pyproject.toml allows of what geoplan itself needs, as pip constraints."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

RUNTIME = ("fast", "osm")

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
needs = [*project["dependencies"], *(n for e in RUNTIME for n in project["optional-dependencies"][e])]
for need in needs:
    name, lowest = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", need).groups()
    print(f"{name}=={lowest}")
