"""Scenario files: TOML -> frozen models whose field docstrings are the documentation; errors name lines."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from geoplan import shipped
from geoplan.errors import Finding, InputError, UsageError, did_you_mean

SHIPPED: Final = "shipped:"

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ServiceId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Status = Literal["operating", "unverified", "construction", "planned"]


class _Model(BaseModel):
    """Base of all models: frozen, closed to unknown keys, strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Words(_Model):
    """A text in the three languages of the page; one plain text stands for all three."""

    az: Text
    """Azerbaijani."""
    ru: Text
    """Russian."""
    en: Text
    """English."""


def _in_all_languages(value: Any) -> Any:
    """Return one plain text as the same text in three languages."""
    return {"az": value, "ru": value, "en": value} if isinstance(value, str) else value


Trilingual = Annotated[Words, BeforeValidator(_in_all_languages)]


def _as_tuple(value: Any) -> Any:
    """Return a single file as one of its kind; strict models take no lists after a validator of ours."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Files = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class Tables(_Model):
    """Where each table comes from: `shipped:NAME`, a path, or a list of them whose rows are joined.

    A path is relative to the scenario file and stays inside its folder.
    """

    districts: Files = ("shipped:districts",)
    """Polygons of districts and cities."""
    settlements: Files = ("shipped:settlements",)
    """Identity and position of settlements."""
    road_nodes: Files = ("shipped:road_nodes",)
    """Towns, junctions and passes where roads meet."""
    roads: Files = ("shipped:roads",)
    """The road graph."""
    terrain: Files = ("shipped:terrain",)
    """Ground heights; one file."""
    neighbours: Files = ("shipped:neighbours",)
    """Countries and seas around, for the map."""
    facilities: Files = ("shipped:facilities",)
    """Hospitals, centres and posts with their services."""
    population: Files = ("shipped:population",)
    """People of settlements outside the liberated territories."""
    district_population: Files = ("shipped:district_population",)
    """People of districts, where they live."""
    resettlement: Files = ("shipped:resettlement",)
    """Returned and planned people by settlement and date."""
    speeds: Files = ("shipped:speeds",)
    """Speeds by road class, surface, vehicle and season."""
    standards: Files = ("shipped:standards",)
    """Norms behind bands and targets, with their sources."""


class Population(_Model):
    """Whom to count, and how finely the rural people are spread."""

    other_residents: bool = False
    """Count students and workers of the liberated territories beside the returned people."""
    hexagon_resolution: Annotated[int, Field(ge=4, le=8)] = 6
    """H3 resolution of rural cells."""
    hexagon_resolution_baku: Annotated[int, Field(ge=4, le=9)] = 7
    """H3 resolution of cells in Baku."""


class Facilities(_Model):
    """Which facilities count."""

    military: bool = True
    """Count military hospitals that serve civilians."""


class Travel(_Model):
    """Constants of the way between a place and the road; names and meanings as in the engine."""

    detour_factor: Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)] = 1.3
    """Length of an off-road leg for each straight kilometre."""
    access_speed_kmh: Positive = 20.0
    """Speed on level ground on the local road assumed nearest the network, km/h."""
    access_km: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 15.0
    """Kilometres of a leg that run at that speed; what lies beyond is walked."""
    slope_decay: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 3.5
    """k of the slope adjustment: speed = access_speed_kmh x exp(-k |slope|)."""
    snap_limit_km: Positive = 40.0
    """A place farther from every usable road than this is unreachable."""
    outside_limit_km: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 5.0
    """A point farther than this outside the country is not joined to the roads."""


class Service(_Model):
    """One kind of care whose reach is measured."""

    id: ServiceId
    """Id in tables and on the page: small letters, digits and underscores."""
    name: Trilingual
    """Name on the page."""
    counts: Text
    """The facility service that counts (column `services` of the facilities)."""
    bands_minutes: Annotated[tuple[Minutes, ...], Field(min_length=1)]
    """Upper ends of the bands in minutes, ascending."""
    target_minutes: Minutes
    """Within how many minutes people should reach it."""
    exclude_status: tuple[Status, ...] = ()
    """Facilities of these states do not count."""
    assessed: Literal["everywhere", "liberated"] = "everywhere"
    """Where a register of these facilities exists; elsewhere the answer is `not_assessed`."""
    variant_of: str = ""
    """Id of the service of which this is a second reading, or empty."""

    @field_validator("bands_minutes")
    @classmethod
    def _ascending(cls, bands: tuple[int, ...]) -> tuple[int, ...]:
        if list(bands) != sorted(set(bands)):
            ordered = ", ".join(str(b) for b in sorted(set(bands)))
            raise ValueError(f"bands must ascend, each once: write [{ordered}]")
        return bands


class Scenario(_Model):
    """A question to geoplan: which tables, which year, which travel, which services."""

    id: str = Field(default="", exclude=False)
    """Name of the file without its ending; not a key of the file."""
    path: Path = Field(default=Path(), exclude=True, repr=False)
    """The file; not a key of the file, and not part of any output."""
    title: Trilingual
    """Title on the page."""
    description: Trilingual | None = None
    """What the scenario assumes, in a sentence or two."""
    years: Annotated[tuple[Annotated[int, Field(ge=1990, le=2100)], ...], Field(min_length=1)] = (2026,)
    """Each year means the state on its 1 January; ascending."""
    season: Literal["summer", "winter"] = "summer"
    """Winter closes passes and has speeds of its own."""
    vehicle: Literal["car", "ambulance", "offroad"] = "car"
    """Whose speeds hold."""
    tables: Tables = Tables()
    """Where the tables come from."""
    population: Population = Population()
    """Whom to count."""
    facilities: Facilities = Facilities()
    """Which facilities count."""
    travel: Travel = Travel()
    """Constants of the way to the road."""
    services: Annotated[tuple[Service, ...], Field(min_length=1)]
    """The kinds of care, in the order of tables and page."""

    @field_validator("years")
    @classmethod
    def _years_ascend(cls, years: tuple[int, ...]) -> tuple[int, ...]:
        if list(years) != sorted(set(years)):
            raise ValueError(f"years must ascend, each once: write {sorted(set(years))}")
        return years

    @field_validator("services")
    @classmethod
    def _services_agree(cls, services: tuple[Service, ...]) -> tuple[Service, ...]:
        ids = [service.id for service in services]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"the id '{twice[0]}' occurs twice: give one of the two services another id")
        for service in services:
            others = [i for i in ids if i != service.id]
            if service.variant_of and service.variant_of not in others:
                hint = did_you_mean(service.variant_of, others)
                raise ValueError(f"variant_of '{service.variant_of}' is no other service of this file.{hint}")
        return services

    def table_paths(self) -> dict[str, tuple[Path, ...]]:
        """Return the files of every table, absolute and resolved, in the order of `Tables`.

        Raises
        ------
        InputError
            If a path leaves the scenario's folder or a shipped table does not exist.
        """
        paths, problems = _resolve_tables(self.tables, self.path.parent)
        if problems:
            raise InputError(
                [_finding(self.path.name, "", ("tables", name), message) for name, message in problems]
            )
        return paths

    def content_hash(self) -> str:
        """Return sha256 of the effective scenario as canonical JSON, without its name and place."""
        content = self.model_dump(mode="json", exclude={"id", "path"})
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


FILE_KEYS: Final = tuple(name for name in Scenario.model_fields if name not in {"id", "path"})
"""The keys that may stand at the top of a scenario file."""


def load_scenario(scenario: str | Path) -> Scenario:
    """Return a scenario by the path of its TOML file or by the name of a shipped one.

    Raises
    ------
    UsageError
        If there is neither such a file nor such a shipped scenario.
    InputError
        With every problem of the file: not UTF-8, not TOML, unknown or missing keys, values out of range,
        table paths that leave its folder.
    """
    path = _find(scenario)
    text, data = _read_toml(path)
    own = [key for key in ("id", "path") if data.pop(key, None) is not None]
    problems = [
        _finding(path.name, text, (key,), f"unknown key '{key}'.", code="unknown-key", hint="Take it out.")
        for key in own
    ]
    loaded = None
    try:
        loaded = Scenario.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        problems += [_explain(path.name, text, detail) for detail in error.errors()]
    problems += _table_problems(path, text, data.get("tables"))
    if problems or loaded is None:
        raise InputError(problems)
    return loaded.model_copy(update={"id": path.stem, "path": path})


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


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a scenario file and what it says."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "Save it as UTF-8 in your editor (Notepad: Save as > Encoding > UTF-8)."
        message = f"the file is not UTF-8 (byte {error.start} cannot stand there)."
        raise InputError([Finding("error", "not-utf8", message, where=path.name, hint=hint)]) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path.name}:{line.group(1) if line else len(text.splitlines())}"
        hint = "A scenario is written in TOML: key = value, texts in double quotes, sections in [brackets]."
        message = f"the file is not TOML ({error})."
        raise InputError([Finding("error", "not-toml", message, where=where, hint=hint)]) from error


def _explain(file: str, text: str, detail: Any) -> Finding:
    """Return the finding for one problem that pydantic found."""
    place = tuple(detail["loc"])
    key = _dotted(place)
    if detail["type"] == "extra_forbidden":
        known = [k for k in _keys_at(place[:-1]) if k not in {"id", "path"} or len(place) > 1]
        hint = did_you_mean(str(place[-1]), known).strip() or f"Known keys here: {', '.join(known)}."
        return _finding(file, text, place, f"unknown key '{key}'.", code="unknown-key", hint=hint)
    if detail["type"] == "missing":
        return _finding(file, text, place[:-1], f"the key '{key}' is missing.", code="missing-key")
    message = str(detail["msg"]).removeprefix("Value error, ")
    guess = ""
    if detail["type"] == "literal_error" and isinstance(detail["input"], str):
        guess = did_you_mean(detail["input"], re.findall(r"'([^']*)'", message)).strip()
    return _finding(file, text, place, f"{key}: {message}.", code="bad-value", hint=guess)


def _dotted(place: tuple[Any, ...]) -> str:
    """Return `services[2].name` for a place in the file."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return words.removeprefix(".")


def _keys_at(place: tuple[Any, ...]) -> list[str]:
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
    return next((m for m in inner if m is not _Model), _Model)


def _finding(
    file: str, text: str, place: tuple[Any, ...], message: str, *, code: str = "bad-value", hint: str = ""
) -> Finding:
    """Return an error with the line of the file where `place` is written, as far as it is found."""
    line = _line_of(text, place)
    where = f"{file}:{line}" if line else file
    return Finding("error", code, message, where=where, hint=hint)


_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([\w.\-]+)\s*=")


def _line_of(text: str, place: tuple[Any, ...]) -> int:
    """Return the line on which the longest part of `place` is written, 0 where none of it is.

    TOML readers keep no line numbers; section headers and keys at the start of a line are enough here.
    """
    best, best_line = 0, 0
    section: tuple[Any, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            name = header.group(2)
            section = tuple(name.split("."))
            if header.group(1) == "[[":
                section = (*section, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            here = section
        elif key:
            here = (*section, *key.group(1).split("."))
        else:
            continue
        if len(here) > best and place[: len(here)] == here:
            best, best_line = len(here), number
    return best_line


def _table_problems(path: Path, text: str, tables: Any) -> list[Finding]:
    """Return an error for each table path that is not allowed; badly formed sections are pydantic's."""
    try:
        parsed = Tables.model_validate_json(json.dumps(tables or {}, default=str), strict=True)
    except ValidationError:
        return []
    _, problems = _resolve_tables(parsed, path.parent)
    return [
        _finding(path.name, text, ("tables", name), message, code="bad-path") for name, message in problems
    ]


def _resolve_tables(
    tables: Tables, folder: Path
) -> tuple[dict[str, tuple[Path, ...]], list[tuple[str, str]]]:
    """Return the files of every table, and table and message of every path that is not allowed."""
    paths, problems = {}, []
    for name in Tables.model_fields:
        files = []
        for file in getattr(tables, name):
            try:
                files.append(_resolve(file, folder))
            except UsageError as error:
                problems.append((name, f"{error} {error.hint}".strip()))
        paths[name] = tuple(files)
    return paths, problems


def _resolve(file: str, folder: Path) -> Path:
    """Return the file that a table entry names: shipped, or inside the scenario's folder.

    Symbolic links are followed before the test, so that none leads out of the folder.
    """
    if file.startswith(SHIPPED):
        return shipped.table(file.removeprefix(SHIPPED))
    hint = "Put the table beside the scenario file and name it by a relative path."
    if Path(file).is_absolute() or PureWindowsPath(file).anchor:
        raise UsageError(f"'{file}' is an absolute path.", hint=hint)
    base = folder.resolve()
    path = (base / file).resolve()
    if not path.is_relative_to(base):
        raise UsageError(f"'{file}' leads out of the scenario's folder.", hint=hint)
    return path
