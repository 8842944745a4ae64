"""The models of a scenario file: their field docstrings are the documentation of its keys."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_serializer

from geoplan import shipped
from geoplan.errors import Finding, InputError, UsageError, did_you_mean
from geoplan.scenario.base import Minutes, Model, Positive, ServiceId, Share, Text, Trilingual, as_tuple
from geoplan.scenario.change_people import Resettlement
from geoplan.scenario.changes import Change
from geoplan.scenario.siting import Siting

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler

SHIPPED: Final = "shipped:"

Status = Literal["operating", "unverified", "construction", "planned"]
Files = Annotated[tuple[Text, ...], BeforeValidator(as_tuple), Field(min_length=1)]

LATER_KEYS: Final = frozenset(
    {
        "extends",
        "no_effect_because",
        "changes",
        "target_share",
        "calibration",
        "mobile_days_least",
        "siting",
        "expects",
    }
)
"""Keys that a record leaves out where they say nothing, so that older records stay as they were."""

Factor = Annotated[float, Field(ge=0.2, le=2, allow_inf_nan=False)]
"""Speeds beyond this are no calibration: give another speed table."""


def _without_silent(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a model says without the later keys that say nothing."""
    return {k: v for k, v in data.items() if k not in LATER_KEYS or v not in (None, "", (), [], {})}


class Tables(Model):
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
    candidates: Annotated[tuple[Text, ...], BeforeValidator(as_tuple)] = ()
    """Own candidate sites for new centres, beside those of the section `candidates`; none ships."""
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


class Population(Model):
    """Whom to count, and how finely the rural people are spread."""

    other_residents: bool = False
    """Count students and workers of the liberated territories beside the returned people."""
    hexagon_resolution: Annotated[int, Field(ge=4, le=8)] = 6
    """H3 resolution of rural cells."""
    hexagon_resolution_baku: Annotated[int, Field(ge=4, le=9)] = 7
    """H3 resolution of cells in Baku."""


class Facilities(Model):
    """Which facilities count."""

    military: bool = True
    """Count military hospitals that serve civilians."""


class Candidates(Model):
    """Where a centre could stand: what siting and the what-if of the page choose from."""

    kinds: tuple[Literal["district_centres", "return_programme"], ...] = (
        "district_centres",
        "return_programme",
    )
    """Settlements that are candidate sites: centres of districts, places of the return programme."""


class Travel(Model):
    """Constants of the way between a place and the road; names and meanings as in the engine."""

    detour_factor: Annotated[float, Field(ge=1, le=5, allow_inf_nan=False)] = 1.3
    """Length of an off-road leg for each straight kilometre."""
    access_speed_kmh: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] = 20.0
    """Speed on level ground on the local road assumed nearest the network, km/h."""
    access_km: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 15.0
    """Kilometres of a leg that run at that speed; what lies beyond is walked."""
    slope_decay: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 3.5
    """k of the slope adjustment: speed = access_speed_kmh x exp(-k |slope|)."""
    snap_limit_km: Positive = 40.0
    """A place farther from every usable road than this is unreachable."""
    outside_limit_km: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 5.0
    """A point farther than this outside the country is not joined to the roads."""


class Calibration(Model):
    """Factors on the speeds of the speed table by road class, all vehicles and seasons alike.

    A road's own speed stays as it is; a legal limit still caps the scaled speed.
    """

    motorway: Factor = 1.0
    """Of roads of the class motorway."""
    trunk: Factor = 1.0
    """Of roads of the class trunk."""
    primary: Factor = 1.0
    """Of roads of the class primary."""
    secondary: Factor = 1.0
    """Of roads of the class secondary."""
    tertiary: Factor = 1.0
    """Of roads of the class tertiary."""
    unclassified: Factor = 1.0
    """Of roads of the class unclassified."""
    residential: Factor = 1.0
    """Of roads of the class residential."""
    living_street: Factor = 1.0
    """Of roads of the class living_street."""
    service: Factor = 1.0
    """Of roads of the class service."""
    road: Factor = 1.0
    """Of roads of the class road."""
    track: Factor = 1.0
    """Of roads of the class track."""
    ferry: Factor = 1.0
    """Of roads of the class ferry."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, float]:
        return {name: factor for name, factor in handler(self).items() if factor != 1.0}


class Expects(Model):
    """What a file takes for granted, so that a change elsewhere does not pass unnoticed."""

    parent_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Hash of the run of the parent (`run_hash` in its run.json) for which the file was written; a finding
    says if the parent gives another now."""

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, str]:
        return {name: value for name, value in handler(self).items() if value}


class Service(Model):
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
    target_share: Share | None = None
    """Share of the people who should be within the target, 0 to 1; a finding says whether they are."""
    exclude_status: tuple[Status, ...] = ()
    """Facilities of these states do not count."""
    assessed: Literal["everywhere", "liberated"] = "everywhere"
    """Where a register of these facilities exists; elsewhere the answer is `not_assessed`."""
    mobile_days_least: Annotated[int, Field(ge=1, le=31)] | None = None
    """Stops of mobile units that are visited on at least so many days a month count too; without it none."""
    variant_of: str = ""
    """Id of the service of which this is a second reading, or empty."""

    @field_validator("bands_minutes")
    @classmethod
    def _ascending(cls, bands: tuple[int, ...]) -> tuple[int, ...]:
        if list(bands) != sorted(set(bands)):
            ordered = ", ".join(str(b) for b in sorted(set(bands)))
            raise ValueError(f"bands must ascend, each once: write [{ordered}]")
        return bands

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_silent(handler(self))


class Scenario(Model):
    """A question to geoplan: which tables, which year, which travel, which services."""

    id: str = Field(default="", exclude=False)
    """Name of the file without its ending; not a key of the file."""
    path: Path = Field(default=Path(), exclude=True, repr=False)
    """The file; not a key of the file, and not part of any output."""
    extends: str = ""
    """The parent, by shipped name or a path inside the file's folder; only what differs is written here."""
    expects: Expects = Expects()
    """What the file takes for granted of its parent; never the parent's."""
    title: Trilingual
    """Title on the page; never the parent's."""
    description: Trilingual | None = None
    """What the scenario assumes, in a sentence or two; never the parent's."""
    no_effect_because: str = ""
    """Why nobody's minutes differ from the parent's, if they are not meant to."""
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
    candidates: Candidates = Candidates()
    """Where a centre could stand."""
    travel: Travel = Travel()
    """Constants of the way to the road."""
    calibration: Calibration = Calibration()
    """Factors that bring the speeds of classes to times measured on the road."""
    services: Annotated[tuple[Service, ...], Field(min_length=1)]
    """The kinds of care, in the order of tables and page; a child names those it changes or adds, by id."""
    siting: Siting | None = None
    """Where new sites should stand: `geoplan site` answers it, `geoplan run` leaves it alone."""
    changes: tuple[Change, ...] = ()
    """What differs from the tables, the parent's changes first; each has a key `change` for its kind."""

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

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_silent(handler(self))

    @property
    def envelope(self) -> str:
        """The resettlement envelope that a change names, or empty."""
        return next((c.envelope for c in self.changes if isinstance(c, Resettlement)), "")

    def table_paths(self) -> dict[str, tuple[Path, ...]]:
        """Return the files of every table, absolute and resolved, in the order of `Tables`.

        The envelope of a change `resettlement` is read with the table of that name.

        Raises
        ------
        InputError
            If a path leaves the scenario's folder or a shipped table does not exist.
        """
        tables = self.tables
        if self.envelope:
            files = (*tables.resettlement, self.envelope)
            tables = tables.model_copy(update={"resettlement": tuple(dict.fromkeys(files))})
        paths, problems = resolve_tables(tables, self.path.parent)
        if problems:
            raise InputError(
                [Finding("error", "bad-value", message, where=self.path.name) for _, message in problems]
            )
        return paths

    def content_hash(self) -> str:
        """Return sha256 of the effective scenario as canonical JSON, without its name and place."""
        content = self.model_dump(mode="json", exclude={"id", "path", "extends", "expects"})
        for change in content.get("changes", ()):
            del change["where"], change["override"]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


FILE_KEYS: Final = tuple(name for name in Scenario.model_fields if name not in {"id", "path"})
"""The keys that may stand at the top of a scenario file."""


def resolve_tables(tables: Tables, folder: Path) -> tuple[dict[str, tuple[Path, ...]], list[tuple[str, str]]]:
    """Return the files of every table, and table and message of every path that is not allowed."""
    paths, problems = {}, []
    for name in Tables.model_fields:
        files = []
        for file in getattr(tables, name):
            try:
                files.append(resolve_file(file, folder))
            except UsageError as error:
                problems.append((name, f"{error} {error.hint}".strip()))
        paths[name] = tuple(files)
    return paths, problems


def resolve_file(file: str, folder: Path) -> Path:
    """Return the file that an entry names: shipped, or inside the scenario's folder.

    Symbolic links are followed before the test, so that none leads out of the folder.
    """
    if file.startswith(SHIPPED):
        return shipped.table(file.removeprefix(SHIPPED))
    hint = "Put the file beside the scenario file and name it by a relative path."
    if Path(file).is_absolute() or PureWindowsPath(file).anchor:
        raise UsageError(f"'{file}' is an absolute path.", hint=hint)
    base = folder.resolve()
    path = (base / file).resolve()
    if not path.is_relative_to(base):
        raise UsageError(f"'{file}' leads out of the scenario's folder.", hint=hint)
    return path
