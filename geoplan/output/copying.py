"""Copy a scenario, with its tables if asked, as the start of a planner's own; the copy runs unchanged."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from geoplan.errors import UsageError
from geoplan.output.files import check_file_free
from geoplan.scenario import load_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from geoplan.scenario import Scenario

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def copy_scenario(
    name: str, *, parent: str, folder: Path, with_data: bool, overwrite: bool
) -> tuple[Path, ...]:
    """Write `folder/name.toml`, and with `with_data` its tables to `folder/name-data/`.

    Parameters
    ----------
    name
        The new scenario's name.
    parent
        A shipped scenario's name or a TOML file.
    folder
        Where to write; made if absent.
    with_data
        Copy the tables and point the copy to them; else a scenario file that uses own tables is refused
        elsewhere than in its folder, because its paths are relative to it.
    overwrite
        Replace files of the same name.

    Returns
    -------
    The files written, the scenario first.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' cannot be a scenario's name", hint="Use letters, digits, - and _, no folder."
        )
    loaded = load_scenario(parent)
    target = folder / f"{name}.toml"
    text = loaded.path.read_text(encoding="utf-8")
    # an envelope stays where the change names it: only the tables of [tables] are copied
    paths = loaded.model_copy(update={"changes": ()}).table_paths()
    pairs = _data_pairs(paths, folder / f"{name}-data") if with_data else []
    if folder.resolve() != loaded.path.parent and loaded.extends.endswith(".toml"):
        raise UsageError(
            f"'{parent}' extends a file beside itself",
            hint="Copy that file too, or print it by geoplan show.",
        )
    if with_data:
        text = _point_to(text, paths, f"{name}-data")
    elif folder.resolve() != loaded.path.parent and _has_own_tables(loaded):
        raise UsageError(
            f"'{parent}' uses tables beside its own file", hint="Add --with-data to copy them too."
        )
    for path in (target, *(to for _, to in pairs)):
        check_file_free(path, overwrite=overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    for source, to in pairs:
        to.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, to)
    target.write_text(text, encoding="utf-8", newline="\n")
    return (target, *(to for _, to in pairs))


def _data_pairs(paths: dict[str, tuple[Path, ...]], folder: Path) -> list[tuple[Path, Path]]:
    """Return every table file with its copy, each once."""
    files: Iterable[Path] = sorted({p for group in paths.values() for p in group})
    return [(p, folder / p.name) for p in files]


def _has_own_tables(scenario: Scenario) -> bool:
    """Whether the scenario names any table that does not ship."""
    return any(
        not file.startswith("shipped:") for files in scenario.tables.model_dump().values() for file in files
    )


def _point_to(text: str, paths: dict[str, tuple[Path, ...]], folder: str) -> str:
    """Return the scenario text with a `[tables]` section that names the copied files."""
    lines = ["[tables]"]
    for table, files in paths.items():
        names = [f'"{folder}/{p.name}"' for p in files]
        lines.append(f"{table} = {names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}")
    without = re.sub(r"^\[tables\]\s*$.*?(?=^\[|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    # a table must follow the top-level keys: put it before the first section
    first = re.search(r"^\[", without, flags=re.MULTILINE)
    at = first.start() if first else len(without)
    return without[:at] + "\n".join(lines) + "\n\n" + without[at:]
