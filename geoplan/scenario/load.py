"""Files -> one effective `Scenario`: parents first, the child over them, all problems with file and line."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from geoplan import shipped
from geoplan.errors import Finding, InputError, UsageError, did_you_mean
from geoplan.scenario.base import Model
from geoplan.scenario.change_people import Resettlement, Standard
from geoplan.scenario.changes import KINDS, AnyChange, Change
from geoplan.scenario.lines import Place, dotted, line_of
from geoplan.scenario.models import SHIPPED, Scenario, Tables, resolve_file, resolve_tables
from geoplan.scenario.wording import plain_words

NOT_KEYS: Final = frozenset({"id", "path"})
"""Fields of a scenario that are no keys of the file."""

OWN_WORDS: Final = ("expects", "title", "description", "no_effect_because", "changes", "extends")
"""Keys that a child does not take over; its changes are joined to the parent's."""

_CHANGE: TypeAdapter[AnyChange] = TypeAdapter(Change)


@dataclass(frozen=True)
class _File:
    """One file of the chain from the scenario up to its last parent."""

    path: Path
    text: str
    data: dict[str, Any]

    def finding(self, place: Place, message: str, *, code: str = "bad-value", hint: str = "") -> Finding:
        """Return an error with the line where `place` is written, as far as it is found."""
        line = line_of(self.text, place)[1]
        return Finding("error", code, message, where=self.at(line), hint=hint)

    def at(self, line: int) -> str:
        """Return the place of a line; the file alone where it is not known."""
        return f"{self.path.name}:{line}" if line else self.path.name


def load_scenario(scenario: str | Path) -> Scenario:
    """Return the effective scenario by the path of its TOML file or by the name of a shipped one.

    Raises
    ------
    UsageError
        If there is neither such a file nor such a shipped scenario.
    InputError
        With every problem of the file: not UTF-8, not TOML, unknown or missing keys, values out of range,
        paths that leave its folder, a circle of parents, changes that contradict each other.
    """
    files = _chain(_read(_find(scenario)))
    changes, problems = _joined_changes(files)
    problems += [
        _unknown_key(file, (key,), []) for file in files for key in sorted(NOT_KEYS) if key in file.data
    ]
    data, services = _merged(files)
    loaded = None
    try:
        loaded = Scenario.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        problems += [_explain(files, services, detail) for detail in error.errors()]
    problems += _table_problems(files, data.get("tables"))
    if loaded is not None:
        problems += _change_problems(changes, loaded, files[-1].path.parent)
        problems += _siting_problems(files, loaded)
    if problems or loaded is None:
        raise InputError(problems)
    leaf = files[-1]
    extends = str(leaf.data.get("extends", ""))
    own = {"id": leaf.path.stem, "path": leaf.path, "extends": extends, "changes": tuple(changes)}
    return loaded.model_copy(update=own)


def parent_of(scenario: Scenario) -> Scenario | None:
    """Return the scenario that `scenario` extends, None where it extends none.

    Raises
    ------
    InputError
        As `load_scenario`.
    """
    if not scenario.extends:
        return None
    return load_scenario(_parent(_read(scenario.path)))


# --- the chain of files -----------------------------------------------------------------------------


def _find(scenario: str | Path) -> Path:
    """Return the file that `scenario` names."""
    path = Path(scenario)
    if path.is_file():
        return path.resolve()
    known = shipped.scenarios()
    if str(scenario) in known:
        return known[str(scenario)]
    names = "Shipped scenarios: " + ", ".join(known)
    guess = did_you_mean(str(scenario), [*known, *(p.name for p in path.parent.glob("*.toml"))])
    raise UsageError(f"there is no scenario '{scenario}'.{guess}", hint=names)


def _read(path: Path) -> _File:
    """Return the text of a scenario file and what it says."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "Save it as UTF-8 in your editor (Notepad: Save as > Encoding > UTF-8)."
        message = f"the file is not UTF-8 (byte {error.start} cannot stand there)."
        raise InputError([Finding("error", "not-utf8", message, where=path.name, hint=hint)]) from error
    try:
        return _File(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path.name}:{line.group(1) if line else len(text.splitlines())}"
        hint = "A scenario is written in TOML: key = value, texts in double quotes, sections in [brackets]."
        message = f"the file is not TOML ({error})."
        raise InputError([Finding("error", "not-toml", message, where=where, hint=hint)]) from error


def _chain(leaf: _File) -> list[_File]:
    """Return the files from the last parent down to the scenario itself."""
    files = [leaf]
    while "extends" in files[0].data:
        child = files[0]
        parent = _parent(child)
        if parent in [file.path for file in files]:
            names = " -> ".join(f.path.name for f in reversed(files)) + f" -> {parent.name}"
            message = f"the parents go round in a circle: {names}."
            hint = "Let one of them extend nothing, or another."
            raise InputError([child.finding(("extends",), message, code="extends-circle", hint=hint)])
        files.insert(0, _read(parent))
    return files


def _parent(child: _File) -> Path:
    """Return the file that `extends` names: shipped, or a TOML file inside the child's folder."""
    name = child.data["extends"]
    known = shipped.scenarios()
    if isinstance(name, str) and name in known:
        return known[name].resolve()
    beside = [p.name for p in sorted(child.path.parent.glob("*.toml"))]
    message, hint = f"there is no scenario '{name}' to extend.", ""
    if not isinstance(name, str):
        message, hint = "extends: must be a text in double quotes.", "Name one scenario."
    elif name.endswith(".toml") and not name.startswith(SHIPPED):
        try:
            if (path := resolve_file(name, child.path.parent)).is_file():
                return path
        except UsageError as error:
            message, hint = str(error), error.hint
    if not hint:
        hint = did_you_mean(str(name), [*known, *beside]).strip() or f"Shipped: {', '.join(known)}."
    raise InputError([child.finding(("extends",), message, code="unknown-parent", hint=hint)])


# --- the child over its parents ---------------------------------------------------------------------


def _merged(files: list[_File]) -> tuple[dict[str, Any], list[list[tuple[_File, int]]]]:
    """Return what the files say together, and for each service the files and numbers that write it."""
    data: dict[str, Any] = {}
    services: list[list[tuple[_File, int]]] = []
    for file in files:
        own = {k: v for k, v in file.data.items() if k not in NOT_KEYS | {"changes", "extends"}}
        own = _moved_tables(own, file.path.parent, files[-1].path.parent)
        for key in OWN_WORDS:
            data.pop(key, None)
        items = own.pop("services", None)
        data = {k: _over(data.get(k), own.get(k, data.get(k))) for k in [*data, *own]}
        if isinstance(items, list):
            data["services"] = _joined_services(data.get("services"), items, services, file)
        elif items is not None:
            data["services"] = items
    return data, services


def _over(parent: Any, child: Any) -> Any:
    """Return the child's value; of a section, its keys over the parent's."""
    both = isinstance(parent, dict) and isinstance(child, dict) and not set(child) & {"az", "ru", "en"}
    return {**parent, **child} if both else child


def _joined_services(
    before: Any, items: list[Any], origins: list[list[tuple[_File, int]]], file: _File
) -> list[Any]:
    """Return the services with the child's over those of the same id; new ones come last."""
    joined = list(before) if isinstance(before, list) else []
    inherited = {s["id"]: n for n, s in enumerate(joined) if isinstance(s, dict) and "id" in s}
    for number, item in enumerate(items):
        place = inherited.get(item.get("id")) if isinstance(item, dict) else None
        if place is None:
            joined.append(item)
            origins.append([(file, number)])
        else:
            joined[place] = {**joined[place], **item}
            origins[place].append((file, number))
    return joined


def _moved_tables(data: dict[str, Any], home: Path, folder: Path) -> dict[str, Any]:
    """Return what a file says with its table paths as seen from `folder`, the scenario's own."""
    tables = data.get("tables")
    if not isinstance(tables, dict) or not home.is_relative_to(folder):
        return data
    moved = {key: _moved(entry, home, folder) for key, entry in tables.items()}
    return {**data, "tables": moved}


def _moved(entry: Any, home: Path, folder: Path) -> Any:
    """Return one table entry as seen from `folder`."""
    if isinstance(entry, list):
        return [_moved(one, home, folder) for one in entry]
    if not isinstance(entry, str) or entry.startswith((SHIPPED, "/", "\\")) or ":" in entry:
        return entry
    if not home.is_relative_to(folder) or home == folder:
        return entry  # a shipped parent lies elsewhere and names shipped files alone
    return str(PurePosixPath(home.relative_to(folder).as_posix()) / entry)


def _joined_changes(files: list[_File]) -> tuple[list[AnyChange], list[Finding]]:
    """Return the changes of all files, parents first, each with its place, and what is wrong with them."""
    joined: list[AnyChange] = []
    problems: list[Finding] = []
    for file in files:
        own, found = _own_changes(file, files[-1].path.parent)
        problems += found
        before = {change.key: n for n, change in enumerate(joined)}
        for change in own:
            twin = before.get(change.key)
            if twin is None and not change.override:
                joined.append(change)
            elif twin is not None and change.override:
                joined[twin] = change
            else:
                problems.append(_override_problem(change, joined[twin] if twin is not None else None))
    return joined, problems


def _override_problem(change: AnyChange, twin: AnyChange | None) -> Finding:
    """Return the error for a change that repeats its parent's, or replaces nothing."""
    what = ", ".join(filter(None, change.key))
    if twin is None:
        message = f"there is nothing to override: no parent changes '{what}'."
        hint = "Take override out, or correct the thing or the start."
        return Finding("error", "override-nothing", message, where=change.where, hint=hint)
    message = f"'{what}' is changed already in {twin.where}."
    hint = "Write override = true to replace that change, or give another start."
    return Finding("error", "change-inherited", message, where=change.where, hint=hint)


def _own_changes(file: _File, folder: Path) -> tuple[list[AnyChange], list[Finding]]:
    """Return the changes that one file lists, and what is wrong with them."""
    items = file.data.get("changes", [])
    if not isinstance(items, list):
        hint = "Write each change as a section of its own: [[changes]]."
        return [], [file.finding(("changes",), "changes: must be a list of sections.", hint=hint)]
    changes: list[AnyChange] = []
    problems: list[Finding] = []
    for number, item in enumerate(items):
        change, found = _one_change(file, number, item)
        if isinstance(change, Resettlement):
            moved = _moved(change.envelope, file.path.parent, folder)
            change = change.model_copy(update={"envelope": moved})
        twin = next((c for c in changes if change is not None and c.key == change.key), None)
        if change is not None and twin is not None:
            what = ", ".join(filter(None, change.key))
            message = f"'{what}' is changed twice, first in {twin.where}."
            hint = "Take one out, or give it another start."
            found = [Finding("error", "change-twice", message, where=change.where, hint=hint)]
        elif change is not None:
            changes.append(change)
        problems += found
    return changes, problems


def _one_change(file: _File, number: int, item: Any) -> tuple[AnyChange | None, list[Finding]]:
    """Return one change with its place, or what is wrong with it."""
    place: Place = ("changes", number)
    if isinstance(item, dict) and "where" in item:
        return None, [_unknown_key(file, (*place, "where"), [])]
    try:
        change = _CHANGE.validate_json(json.dumps(item, default=str), strict=True)
    except ValidationError as error:
        return None, [_explain_change(file, place, item, detail) for detail in error.errors()]
    return change.model_copy(update={"where": file.at(line_of(file.text, place)[1])}), []


# --- problems ---------------------------------------------------------------------------------------


def _change_problems(changes: list[AnyChange], loaded: Scenario, folder: Path) -> list[Finding]:
    """Return what is wrong with changes beside each other, the years and the services."""
    days = [f"{year}-01-01" for year in loaded.years]
    services = [service.id for service in loaded.services]
    problems = _envelope_problems([c for c in changes if isinstance(c, Resettlement)], folder)
    for change in changes:
        if not any(change.holds(dt.date(year, 1, 1)) for year in loaded.years):
            message = f"the change never holds: the plan's days are {', '.join(days)}."
            hint = "Each year means its 1 January: change start, until or the years of the scenario."
            problems.append(Finding("error", "year-outside-plan", message, where=change.where, hint=hint))
        if isinstance(change, Standard) and change.service not in services:
            hint = did_you_mean(change.service, services).strip() or f"Services: {', '.join(services)}."
            message = f"there is no service '{change.service}'."
            problems.append(Finding("error", "unknown-service", message, where=change.where, hint=hint))
    return problems


def _siting_problems(files: list[_File], loaded: Scenario) -> list[Finding]:
    """Return an error for each service that is sited and not there."""
    services = [service.id for service in loaded.services]
    file, place = _origin(files, [], ("siting", "service"))
    return [
        file.finding(
            place,
            f"there is no service '{name}'.",
            code="unknown-service",
            hint=did_you_mean(name, services).strip() or f"Services: {', '.join(services)}.",
        )
        for name in (loaded.siting.service if loaded.siting is not None else ())
        if name not in services
    ]


def _envelope_problems(envelopes: list[Resettlement], folder: Path) -> list[Finding]:
    """Return what is wrong with the resettlement envelopes: more than one, or a path that is not allowed."""
    problems = []
    for change in envelopes[1:]:
        message = f"there is one envelope already, in {envelopes[0].where}."
        hint = "An envelope tells the people of all dates: keep one."
        problems.append(Finding("error", "change-conflict", message, where=change.where, hint=hint))
    for change in envelopes:
        try:
            resolve_file(change.envelope, folder)
        except UsageError as error:
            message, hint = str(error), error.hint
            problems.append(Finding("error", "bad-path", message, where=change.where, hint=hint))
    return problems


def _explain(files: list[_File], services: list[list[tuple[_File, int]]], detail: Any) -> Finding:
    """Return the finding for one problem that pydantic found in the merged scenario."""
    place = tuple(detail["loc"])
    file, written = _origin(files, services, place)
    key = dotted(written)
    if detail["type"] == "extra_forbidden":
        known = [k for k in _keys_at(written[:-1]) if k not in NOT_KEYS or len(written) > 1]
        return _unknown_key(file, written, known)
    if detail["type"] == "missing":
        return file.finding(written[:-1], f"the key '{key}' is missing.", code="missing-key")
    return _bad_value(file, written, key, detail)


def _origin(files: list[_File], services: list[list[tuple[_File, int]]], place: Place) -> tuple[_File, Place]:
    """Return the file that writes most of `place`, the nearest to the scenario first, and the place there."""
    options = [(file, place) for file in reversed(files)]
    if place[:1] == ("services",) and len(place) > 1 and place[1] < len(services):
        options = [(f, ("services", n, *place[2:])) for f, n in reversed(services[place[1]])]
    found = [line_of(file.text, there)[0] for file, there in options]
    return options[found.index(max(found))]


def _explain_change(file: _File, place: Place, item: Any, detail: Any) -> Finding:
    """Return the finding for one problem of one change."""
    kinds = {f"'{kind}'": kind for kind in KINDS}
    kind = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "union_tag_invalid":
        wrong = str(item.get("change"))
        hint = did_you_mean(wrong, KINDS).strip() or f"Kinds: {', '.join(KINDS)}."
        message = f"there is no kind of change '{wrong}'."
        return file.finding((*place, "change"), message, code="unknown-kind", hint=hint)
    if detail["type"] == "union_tag_not_found":
        message = f"the key '{dotted((*place, 'change'))}' is missing."
        return file.finding(place, message, code="missing-key", hint=f"Kinds: {', '.join(kinds.values())}.")
    written: Place = (*place, *detail["loc"][1:])
    key = dotted(written)
    if detail["type"] == "extra_forbidden":
        return _unknown_key(file, written, [k for k in KINDS[kind].model_fields if k != "where"])
    if detail["type"] == "missing":
        return file.finding(place, f"the key '{key}' is missing.", code="missing-key")
    return _bad_value(file, written, key, detail)


def _unknown_key(file: _File, place: Place, known: list[str]) -> Finding:
    """Return the error for a key that nobody knows there."""
    listed = f"Known keys here: {', '.join(known)}." if known else "Take it out."
    hint = did_you_mean(str(place[-1]), known).strip() or listed
    return file.finding(place, f"unknown key '{dotted(place)}'.", code="unknown-key", hint=hint)


def _bad_value(file: _File, place: Place, key: str, detail: Any) -> Finding:
    """Return the error for a value that cannot stand there."""
    message, guess = plain_words(detail)
    return file.finding(place, f"{key}: {message}.", code="bad-value", hint=guess)


def _keys_at(place: Place) -> list[str]:
    """Return the keys that may stand at a place of the file."""
    model: Any = Scenario
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation)
    return list(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """Return the model inside an annotation such as `tuple[Service, ...]`, or an empty one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_model_in(arg) for arg in get_args(annotation) if arg is not Ellipsis]
    return next((m for m in inner if m is not Model), Model)


def _table_problems(files: list[_File], tables: Any) -> list[Finding]:
    """Return an error for each table path that is not allowed; badly formed sections are pydantic's."""
    try:
        parsed = Tables.model_validate_json(json.dumps(tables or {}, default=str), strict=True)
    except ValidationError:
        return []
    _, problems = resolve_tables(parsed, files[-1].path.parent)
    found = []
    for name, message in problems:
        file, written = _origin(files, [], ("tables", name))
        found.append(file.finding(written, message, code="bad-path"))
    return found
