"""The page's data, described: what its blocks hold, field by field; docs/page-data.md is made from this.

A page carries a small head (`geoplan-head`, JSON), a bulk (`geoplan-bulk`, JSON, gzip, base64), the relief
and one block a road state of times for what-if. Tables travel as columns: one list a column, rows in the same
order. The classes are never filled: they name and type what `data`, `beside`, `whatif` and `sections_data`
write, and `misfits` tells where data and description part.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_origin

SCHEMA: Final = 2
"""Version of the page data; a page refuses another. Raised when a field changes its meaning or goes."""

Texts = list[str]
Wholes = list[int]
Numbers = list[float | None]
Flags = list[int]
Place = list[float]
GeoJson = dict[str, Any]
Node = Any
"""What differs from a reference, see `geoplan.output.page.patches`."""


class Absent:
    """Marks a field that a page has only where its run has it."""


MAY_BE_ABSENT: Final = Absent()


@dataclass(frozen=True)
class Words:
    """One text in three languages."""

    az: Annotated[str, "Azerbaijani"]
    ru: Annotated[str, "Russian"]
    en: Annotated[str, "English"]


@dataclass(frozen=True)
class Names:
    """A column of names in three languages."""

    az: Annotated[Texts, "Azerbaijani"]
    ru: Annotated[Texts, "Russian, Azerbaijani where there is none"]
    en: Annotated[Texts, "English, Azerbaijani where there is none"]


@dataclass(frozen=True)
class Coded:
    """A column that holds each text once."""

    words: Annotated[Texts, "the texts, in order of appearance"]
    at: Annotated[Wholes, "for each row the number of its text"]


@dataclass(frozen=True)
class Norm:
    """A band or a target in minutes."""

    minutes: Annotated[float, "upper end, inclusive"]
    published: Annotated[bool, "whether a published norm stands behind it"]
    label: Annotated[Words | None, "what stands behind it, in words"]


@dataclass(frozen=True)
class Service:
    """A kind of care."""

    id: Annotated[str, "id in the scenario"]
    name: Annotated[Words, "name"]
    counts: Annotated[str, "tag of the facilities that give it"]
    bands: Annotated[list[Norm], "bands, ascending"]
    target: Annotated[Norm, "target"]
    assessed: Annotated[str, "`everywhere` or `liberated`: where a register of its facilities is public"]
    variantOf: Annotated[str, "id of the service of which it is a second reading, or empty"]  # noqa: N815
    excludeStatus: Annotated[Texts, "status of facilities that do not count"]  # noqa: N815
    mobileDaysLeast: Annotated[float, "days a month from which a stop of a mobile unit counts, 0: never"]  # noqa: N815


@dataclass(frozen=True)
class ScenarioWords:
    """What the scenario is called and how one travels in it."""

    id: Annotated[str, "id"]
    title: Annotated[Words, "title"]
    description: Annotated[Words, "what it assumes"]
    season: Annotated[str, "`summer` or `winter`"]
    vehicle: Annotated[str, "`car`, `ambulance` or `offroad`"]


@dataclass(frozen=True)
class Districts:
    """Districts as columns, in the order of their polygons: their number is used everywhere else."""

    id: Annotated[Texts, "ISO code or our own"]
    name: Annotated[Names, "names"]
    kind: Annotated[Texts, "`city` or `district`"]
    region: Annotated[Wholes, "number of the region"]
    liberated: Annotated[Texts, "`full`, `part` or `no`"]
    confidence: Annotated[Texts, "confidence of the border"]
    note: Annotated[Texts, "note of the table"]
    label: Annotated[list[Place], "latitude and longitude of a place for the name"]


@dataclass(frozen=True)
class Regions:
    """Economic regions as columns, sorted by id."""

    id: Annotated[Texts, "id"]
    name: Annotated[Names, "names"]


@dataclass(frozen=True)
class Views:
    """Boxes of the views, [[south, west], [north, east]]; none where nothing lies there."""

    country: Annotated[list[Place] | None, "all districts"]
    liberated: Annotated[list[Place] | None, "districts liberated wholly or in part"]
    nakhchivan: Annotated[list[Place] | None, "Nakhchivan"]


@dataclass(frozen=True)
class Outlines:
    """Outlines as GeoJSON geometries."""

    country: Annotated[GeoJson | None, "edge of the country"]
    liberated: Annotated[GeoJson | None, "edge of the fully liberated districts"]


@dataclass(frozen=True)
class Neighbours:
    """The background as columns, in the order of its polygons."""

    kind: Annotated[Texts, "`country`, `sea` or `lake`"]
    name: Annotated[Names, "names"]
    label: Annotated[list[Place], "latitude and longitude of a place for the name"]
    borders: Annotated[GeoJson | None, "borders between countries"]


@dataclass(frozen=True)
class Summary:
    """Totals as columns; people."""

    year: Annotated[Wholes, "year"]
    level: Annotated[Texts, "`nation`, `group`, `region` or `district`"]
    id: Annotated[Texts, "id on that level"]
    service: Annotated[Texts, "id of the service"]
    population: Annotated[Wholes, "people"]
    assessed: Annotated[Wholes, "of them assessed"]
    within_target: Annotated[Wholes, "within the target"]
    beyond_by_road: Annotated[Wholes, "beyond the target by road, without the unreachable"]
    unreachable: Annotated[Wholes, "without a way by road"]
    on_assumed: Annotated[Wholes, "within the target of a facility without a source"]
    mean_minutes: Annotated[Numbers, "mean of the reached, minutes"]
    p50_minutes: Annotated[Numbers, "median, minutes"]
    p90_minutes: Annotated[Numbers, "90 % are nearer, minutes"]


@dataclass(frozen=True)
class Bands:
    """People by year, district, service and band as columns."""

    year: Annotated[Wholes, "year"]
    district: Annotated[Wholes, "number of the district"]
    service: Annotated[Coded, "id of the service"]
    band: Annotated[Coded, "`0-30`, ..., `>120`, `unreachable`, `not_assessed`"]
    population: Annotated[Wholes, "people"]


@dataclass(frozen=True)
class Confidence:
    """People by the confidence of what their minutes rest on, as columns."""

    year: Annotated[Wholes, "year"]
    service: Annotated[Texts, "id of the service"]
    confidence: Annotated[Texts, "`high`, `medium`, `low` or `assumed`"]
    population: Annotated[Wholes, "people"]


@dataclass(frozen=True)
class Check:
    """Network kilometres against published distances between district centres."""

    pairs: Annotated[int, "pairs"]
    error: Annotated[float | None, "mean absolute difference, %"]
    mountain_pairs: Annotated[int, "of them in the mountains"]
    mountain_error: Annotated[float | None, "their mean absolute difference, %"]


@dataclass(frozen=True)
class Finding:
    """A warning or note of the run."""

    severity: Annotated[str, "`error`, `warning` or `note`"]
    code: Annotated[str, "code: the page has its own sentence for known ones"]
    message: Annotated[str, "English message"]
    where: Annotated[str, "file, row and column"]
    hint: Annotated[str, "what to do"]
    params: Annotated[dict[str, Any], "words for the sentence"]


@dataclass(frozen=True)
class Change:
    """What a change of the scenario made different."""

    key: Annotated[str, "thing, attribute and start"]
    thing: Annotated[str, "id of what was changed"]
    attribute: Annotated[str, "column or figure"]
    start: Annotated[str, "first day, ISO; empty: in all years"]
    old: Annotated[str, "before"]
    new: Annotated[str, "after"]
    where: Annotated[str, "place in the scenario file"]


@dataclass(frozen=True)
class Barrier:
    """An area in which a change binds roads."""

    kind: Annotated[str, "the change, `close_road` for one"]
    reason: Annotated[str, "why, a word of the scenario; empty where the change has none"]
    start: Annotated[str, "first day, ISO; empty: always"]
    until: Annotated[str, "first day after it, ISO; empty: no end"]
    where: Annotated[str, "place in the scenario file"]
    line: Annotated[list[list[Place]], "rings as latitude and longitude"]
    label: Annotated[Place, "latitude and longitude of a place for the name"]


@dataclass(frozen=True)
class Snapping:
    """How points met roads."""

    counts: Annotated[list[list[Any]], "rows of year, kind of point, verdict, number of points"]
    list: Annotated[
        list[list[Any]], "rows of year, id, kind, verdict, metres, road: those not simply accepted"
    ]


@dataclass(frozen=True)
class Attribution:
    """A line on a source."""

    text: Annotated[str, "the line in English"]
    key: Annotated[str, "key of the page's own sentence, or empty"]
    params: Annotated[dict[str, str], "words for the sentence"]
    date: Annotated[str | Absent, "day on which the shipped table was made, ISO"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class Provenance:
    """Which run this is."""

    version: Annotated[str, "version of geoplan"]
    hash: Annotated[str, "hash of the run"]
    attributions: Annotated[list[Attribution], "sources"]
    data: Annotated[str, "day of the shipped tables, ISO; empty where none is used"]
    leaflet: Annotated[str, "version of Leaflet"]


@dataclass(frozen=True)
class Basemap:
    """A tile layer that was asked for."""

    url: Annotated[str, "address with `{z}`, `{x}`, `{y}`"]
    origin: Annotated[str, "the one origin that the page may load images from"]


@dataclass(frozen=True)
class Public:
    """What a page for everybody does not hold."""

    points: Annotated[int, "places taken out"]
    facilities: Annotated[int, "facilities taken out"]
    military_beds: Annotated[int, "military facilities without their beds"]
    sections: Annotated[Texts, "parts taken out"]


@dataclass(frozen=True)
class BaseHead:
    """The scenario that the run is compared with."""

    scenario: Annotated[ScenarioWords, "titles"]
    hash: Annotated[str, "hash of its run"]
    services: Annotated[list[Service], "its services, those that the run has too"]
    summary: Annotated[Summary, "its totals"]
    bands: Annotated[Bands, "its people by band"]


@dataclass(frozen=True)
class TimesHead:
    """How the blocks of times are laid out."""

    state: Annotated[Wholes, "for each year the number of its road state"]
    blocks: Annotated[int, "number of blocks"]
    width: Annotated[int, "bytes of a number"]


@dataclass(frozen=True)
class WhatIfHead:
    """What a what-if that is saved as a scenario extends."""

    extends: Annotated[str, "the parent: shipped name or file"]
    shipped: Annotated[bool, "whether the parent ships"]
    hash: Annotated[str, "hash of the run"]
    keys: Annotated[list[Texts], "thing, attribute and start of every change of the scenario"]
    standards: Annotated[dict[str, Any], "bands and target share of services that the scenario changes"]
    minutes_per_km: Annotated[float, "error of a time for each km of a position's radius"]
    times: Annotated[TimesHead, "layout of the times"]


@dataclass(frozen=True)
class First:
    """What is shown when the page opens."""

    service: Annotated[int, "number of the service"]
    year: Annotated[int, "number of the year"]


@dataclass(frozen=True)
class Head:
    """Block `geoplan-head`: what the first picture needs."""

    schema: Annotated[int, "version of this description"]
    languages: Annotated[Texts, "languages, the first is shown at the start"]
    catalogue: Annotated[dict[str, dict[str, str]], "sentences by language and key"]
    scenario: Annotated[ScenarioWords, "the scenario"]
    years: Annotated[Wholes, "years of the run"]
    services: Annotated[list[Service], "services in the order of the scenario"]
    first: Annotated[First, "what is shown first: the service and year of a siting, else the first ones"]
    districts: Annotated[Districts, "districts"]
    regions: Annotated[Regions, "economic regions"]
    views: Annotated[Views, "boxes of the views"]
    outlines: Annotated[Outlines, "outlines"]
    neighbours: Annotated[Neighbours, "background"]
    summary: Annotated[Summary, "totals"]
    bands: Annotated[Bands, "people by band"]
    confidence: Annotated[Confidence, "people by confidence"]
    check: Annotated[Check, "check of the roads"]
    findings: Annotated[list[Finding], "findings, those that read alike once"]
    changes: Annotated[list[Change], "what the scenario changes"]
    barriers: Annotated[list[Barrier], "areas in which roads change"]
    snapping: Annotated[Snapping, "how points met roads"]
    provenance: Annotated[Provenance, "which run this is"]
    basemap: Annotated[Basemap | None, "tile layer, if one was asked for"]
    public: Annotated[Public | None, "what a page for everybody does not hold"]
    base: Annotated[BaseHead | Absent, "what the run is compared with"] = MAY_BE_ABSENT
    whatif: Annotated[WhatIfHead | Absent, "what-if"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class Points:
    """Demand points of the first year as columns, sorted by id."""

    id: Annotated[Texts, "id of the settlement, or `h3-...` of a rural cell"]
    kind: Annotated[Coded, "`settlement` or `rural_cell`"]
    name: Annotated[Names, "names"]
    district: Annotated[Wholes, "number of the district"]
    lat: Annotated[Numbers, "latitude"]
    lon: Annotated[Numbers, "longitude"]
    radius_km: Annotated[Numbers, "radius within which it surely lies, km"]
    people: Annotated[Wholes, "people; 0 where it is not there in this year"]
    confidence: Annotated[Coded, "confidence of the people"]
    liberated: Annotated[Flags, "1: liberated territory"]
    planned: Annotated[Flags, "1: planned place"]
    planned_persons: Annotated[Numbers, "planned residents"]
    source: Annotated[Coded, "source of the people"]


@dataclass(frozen=True)
class Coverage:
    """One service in one year: a row a point."""

    tenths: Annotated[Wholes, "minutes x 10 to the nearest facility; -1 no way by road, -2 not assessed"]
    km: Annotated[Numbers, "kilometres of that way"]
    facility: Annotated[Wholes, "number of the facility, -1 none"]
    confidence: Annotated[Coded, "confidence of the figure"]
    error: Annotated[Numbers, "error of the minutes from both positions"]
    assumed: Annotated[Flags, "1: the facility has no source"]


@dataclass(frozen=True)
class CoverageByYear:
    """Coverage of all years: the first whole, variants and later years as nodes."""

    first: Annotated[dict[str, Coverage], "first year, by service"]
    variants: Annotated[dict[str, list[Any]], "by id of the variant: its parent's id, and its node beside it"]
    later: Annotated[list[Node], "a node a later year, beside the first"]


@dataclass(frozen=True)
class Facilities:
    """Facilities of the first year as columns, sorted by id."""

    id: Annotated[Texts, "id"]
    name: Annotated[Names, "names"]
    settlement: Annotated[Names, "name of the place"]
    district: Annotated[Wholes, "number of the district"]
    serves: Annotated[Wholes, "number of the district whose displaced hospital it is, -1 none"]
    lat: Annotated[Numbers, "latitude"]
    lon: Annotated[Numbers, "longitude"]
    radius_km: Annotated[Numbers, "radius within which it surely lies, km"]
    position_quality: Annotated[Texts, "what the position stands for"]
    owner: Annotated[Texts, "`civil` or `military`"]
    operator: Annotated[Texts, "who runs it"]
    level: Annotated[Texts, "level of care"]
    status: Annotated[Texts, "status"]
    confidence: Annotated[Texts, "confidence"]
    source: Annotated[Texts, "source"]
    note: Annotated[Texts, "note"]
    open_from: Annotated[Texts, "first day, ISO, or empty"]
    open_until: Annotated[Texts, "first day after it, ISO, or empty"]
    services: Annotated[list[Texts], "tags of the care it gives"]
    counts: Annotated[Flags, "1: operates in this year"]
    beds: Annotated[Numbers, "beds"]
    staff: Annotated[Numbers, "staff"]
    cost_azn: Annotated[Numbers, "money put into it, AZN"]
    running_cost_azn: Annotated[Numbers, "running cost, AZN a year"]
    ambulances: Annotated[Numbers, "ambulances"]
    cars: Annotated[Numbers, "cars"]
    offroad_vehicles: Annotated[Numbers, "off-road vehicles"]
    fleet_staff: Annotated[Numbers, "staff of the vehicles"]
    fleet_cost_azn: Annotated[Numbers, "money put into the vehicles, AZN"]
    fleet_running_cost_azn: Annotated[Numbers, "running cost of the vehicles, AZN a year"]
    visit_days_a_month: Annotated[Numbers, "days a month of a mobile unit at this stop"]


@dataclass(frozen=True)
class RoadNodes:
    """Places where roads meet, by number."""

    name: Annotated[Names, "names"]


@dataclass(frozen=True)
class Roads:
    """Roads as columns, in the order of their lines."""

    id: Annotated[Texts, "id"]
    name: Annotated[Coded, "name"]
    ref: Annotated[Coded, "road number"]
    class_: Annotated[Coded, "class"]
    surface: Annotated[Coded, "surface"]
    status: Annotated[Coded, "status of the table"]
    geometry_confidence: Annotated[Coded, "confidence of the line"]
    confidence: Annotated[Coded, "confidence"]
    from_: Annotated[Wholes, "number of the node at its begin"]
    to: Annotated[Wholes, "number of the node at its end"]
    km: Annotated[Numbers, "kilometres"]
    open_from: Annotated[Texts, "first day, ISO, or empty"]
    winter_closed: Annotated[Flags, "1: closed in winter"]
    tunnel: Annotated[Flags, "1: tunnel"]
    open: Annotated[list[Flags], "for each year: 1 usable"]
    nodes: Annotated[RoadNodes, "nodes"]


@dataclass(frozen=True)
class Entry:
    """Where the way of each point to its nearest facility begins."""

    node: Annotated[Wholes, "number of the first node; -1 on the facility's own road, -2 none"]
    direct: Annotated[Flags, "1: straight, off the roads"]


@dataclass(frozen=True)
class Routes:
    """Fastest ways as pointers: from the entry node follow `next` to the facility's road."""

    facility: Annotated[Wholes, "numbers of the facilities that are somebody's nearest"]
    facility_road: Annotated[Wholes, "number of the road of each"]
    facility_share: Annotated[Numbers, "place along that road"]
    next: Annotated[list[Wholes], "for each of them and each node the next road, -1 arrived or none"]
    road: Annotated[Wholes, "for each point the number of its road, -1 none"]
    share: Annotated[Numbers, "place along that road"]
    entry: Annotated[dict[str, Entry], "by service"]


@dataclass(frozen=True)
class RoutesByYear:
    """Ways of all years: the first whole, later years as nodes."""

    first: Annotated[Routes, "first year"]
    later: Annotated[list[Node], "a node a later year, beside the first"]


@dataclass(frozen=True)
class BaseBulk:
    """What differs in the base."""

    points: Annotated[list[dict[str, Any]], "a year: the columns of points that differ"]
    facilities: Annotated[list[dict[str, Any]], "a year: the columns of facilities that differ"]
    coverage: Annotated[list[dict[str, Node]], "a year: by service a node beside that of the run"]
    routes: Annotated[list[Node], "a year: ways in the numbers of the run, a node beside its own"]
    roads_open: Annotated[list[Flags] | None, "for each year: 1 usable; none where all are the same"]


@dataclass(frozen=True)
class Candidates:
    """Candidate sites as columns: their numbers follow those of the facilities."""

    id: Annotated[Texts, "id"]
    name: Annotated[Names, "names"]
    place: Annotated[Texts, "id of the settlement"]
    district: Annotated[Wholes, "number of the district"]
    lat: Annotated[Numbers, "latitude"]
    lon: Annotated[Numbers, "longitude"]
    radius_km: Annotated[Numbers, "radius within which it surely lies, km"]


@dataclass(frozen=True)
class Envelopes:
    """Resettlement envelopes that may be chosen."""

    plans: Annotated[dict[str, Any], "by name, for each year: numbers of points and people more"]
    now: Annotated[str, "the one of the scenario, or empty"]
    start: Annotated[str, "its first day, ISO, or empty"]
    until: Annotated[str, "first day after it, ISO, or empty"]


@dataclass(frozen=True)
class WhatIfBulk:
    """What a change in the page needs."""

    points: Annotated[Wholes, "order of the rows of times"]
    sites: Annotated[Wholes, "order of their columns: facilities, then candidates"]
    candidates: Annotated[Candidates, "candidate sites"]
    years: Annotated[list[Any], "a year: which sites give which service, which can be closed or opened"]
    envelopes: Annotated[Envelopes, "resettlement"]


@dataclass(frozen=True)
class Areas:
    """Service areas: bands of travel time as polygons."""

    steps: Annotated[int, "steps of a degree"]
    years: Annotated[
        list[Any],
        "a year: by service, for each band polygons as rings of whole steps; or the number of a like year",
    ]
    base: Annotated[list[Any] | Absent, "the same of the base"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class SectionSites:
    """The sites that a section names; its tables know them by number."""

    id: Annotated[Texts, "ids of facilities and candidates"]
    name: Annotated[Names, "names, the id where no table knows the site"]
    lat: Annotated[Numbers, "latitude"]
    lon: Annotated[Numbers, "longitude"]
    district: Annotated[Wholes, "number of the district, -1 unknown"]


@dataclass(frozen=True)
class SitingPlan:
    """The open sites of a plan, by rank."""

    site: Annotated[Wholes, "number of the site"]
    status: Annotated[Texts, "`existing` or `new`"]
    rank: Annotated[Numbers, "rank by marginal gain"]
    weight_assigned: Annotated[Numbers, "people nearest to it"]
    load: Annotated[Numbers, "load it serves"]
    capacity: Annotated[Numbers, "capacity, none without a limit"]
    marginal_gain: Annotated[Numbers, "what the plan loses without it, none where people would have no way"]
    cost: Annotated[Numbers, "cost, AZN, assumed"]


@dataclass(frozen=True)
class SitingGains:
    """What each candidate gains alone, opened beside what stands."""

    site: Annotated[Wholes, "number of the site"]
    rank: Annotated[Numbers, "rank"]
    gain_people: Annotated[Numbers, "more people within the limit"]
    mean_minutes_saved: Annotated[Numbers, "minutes saved in the mean"]
    service: Annotated[Texts | Absent, "id of the service"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class SitingFrontier:
    """The best plan of each number of centres, or of each sum of money."""

    sites: Annotated[list[Wholes], "numbers of its sites"]
    status: Annotated[Texts, "status of the solver"]
    open: Annotated[Numbers, "open sites"]
    people_covered: Annotated[Numbers, "people within the limit"]
    places_covered: Annotated[Numbers, "demand points within the limit"]
    cost: Annotated[Numbers, "money spent, AZN, assumed"]
    objective: Annotated[Numbers, "objective of the model"]
    open_new: Annotated[Numbers | Absent, "new sites"] = MAY_BE_ABSENT
    budget_azn: Annotated[Numbers | Absent, "money that may be spent, AZN, assumed"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class SitingAlternatives:
    """Plans that are nearly as good, the best first."""

    sites: Annotated[list[Wholes], "numbers of its sites"]
    status: Annotated[Texts, "status of the solver"]
    rank: Annotated[Numbers, "rank"]
    objective: Annotated[Numbers, "objective of the model"]
    loss: Annotated[Numbers, "what it is worse than the best"]
    differs: Annotated[Numbers, "sites that the best has not"]
    cost: Annotated[Numbers, "cost, AZN, assumed"]


@dataclass(frozen=True)
class SitingRobustness:
    """In which share of the draws each site was chosen."""

    site: Annotated[Wholes, "number of the site"]
    in_plan: Annotated[Flags, "1 where the plan has it"]
    chosen: Annotated[Numbers, "draws that chose it"]
    draws: Annotated[Numbers, "draws solved"]
    share: Annotated[Numbers, "share of the draws"]
    share_low: Annotated[Numbers, "lower end of the 95 % interval"]
    share_high: Annotated[Numbers, "upper end"]


@dataclass(frozen=True)
class SitingRegret:
    """The plan in other years and seasons, beside the best plan of each."""

    state: Annotated[Texts, "year and season"]
    best_sites: Annotated[list[Wholes], "numbers of the best plan's sites"]
    objective_of_plan: Annotated[Numbers, "objective of the plan there"]
    best_objective: Annotated[Numbers, "the best objective there"]
    regret: Annotated[Numbers, "the difference"]


@dataclass(frozen=True)
class SitingDistricts:
    """Districts before and after the plan."""

    district: Annotated[Wholes, "number of the district"]
    population: Annotated[Numbers, "people"]
    covered_before: Annotated[Numbers, "people within the limit before"]
    covered_after: Annotated[Numbers, "and after"]
    mean_minutes_before: Annotated[Numbers, "mean minutes before, of those with a way"]
    mean_minutes_after: Annotated[Numbers, "and after"]
    service: Annotated[Texts | Absent, "id of the service"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class Siting:
    """Where new centres should stand."""

    services: Annotated[Texts, "ids of the services that are sited"]
    year: Annotated[int, "year that is planned for"]
    model: Annotated[str, "location model"]
    limit: Annotated[float | None, "minutes within which people count, none without a limit"]
    share: Annotated[float | None, "share of people to cover, where that is asked"]
    record: Annotated[dict[str, Any], "of `siting.json`: status, proof, people covered, draws"]
    sites: Annotated[SectionSites, "the sites that the tables name"]
    plan: Annotated[SitingPlan | Absent, "the plan; absent where none holds"] = MAY_BE_ABSENT
    gains: Annotated[SitingGains | Absent, "candidates one by one"] = MAY_BE_ABSENT
    frontier: Annotated[SitingFrontier | Absent, "by number of centres"] = MAY_BE_ABSENT
    frontier_by_money: Annotated[SitingFrontier | Absent, "by money"] = MAY_BE_ABSENT
    alternatives: Annotated[SitingAlternatives | Absent, "nearly as good"] = MAY_BE_ABSENT
    robustness: Annotated[SitingRobustness | Absent, "how sure the choice is"] = MAY_BE_ABSENT
    regret: Annotated[SitingRegret | Absent, "other years and seasons"] = MAY_BE_ABSENT
    by_district: Annotated[SitingDistricts | Absent, "who gains and who loses"] = MAY_BE_ABSENT


@dataclass(frozen=True)
class Phases:
    """One row a site opened in a year of a plan; a year that opens nothing has one row without a site."""

    plan: Annotated[Texts, "`nested`, `last_year_first` or `by_number`"]
    site: Annotated[Wholes, "number of the site, -1 none"]
    status: Annotated[Texts, "`existing`, `opened`, `open`, or empty"]
    year: Annotated[Numbers, "year"]
    rank: Annotated[Numbers, "order within the year"]
    cost_azn: Annotated[Numbers, "cost, AZN, assumed"]
    spent_azn: Annotated[Numbers, "money spent in the year, AZN, assumed"]
    budget_azn: Annotated[Numbers, "money of the year, AZN, assumed"]
    people_covered: Annotated[Numbers, "people within the limit in the year"]
    population: Annotated[Numbers, "of so many people"]


@dataclass(frozen=True)
class Phasing:
    """Which centre opens when."""

    services: Annotated[Texts, "ids of the services that are sited"]
    years: Annotated[Wholes, "years planned, ascending"]
    phases: Annotated[Phases, "openings"]
    sites: Annotated[SectionSites, "the sites that they name"]


@dataclass(frozen=True)
class Bulk:
    """Block `geoplan-bulk`: the long columns."""

    points: Annotated[Points, "demand points of the first year"]
    points_later: Annotated[list[dict[str, Any]], "a later year: the columns that differ"]
    coverage: Annotated[CoverageByYear, "minutes and nearest facilities"]
    facilities: Annotated[Facilities, "facilities of the first year"]
    facilities_later: Annotated[list[dict[str, Any]], "a later year: the columns that differ"]
    roads: Annotated[Roads, "roads"]
    routes: Annotated[RoutesByYear, "fastest ways"]
    base: Annotated[BaseBulk | Absent, "what the run is compared with"] = MAY_BE_ABSENT
    whatif: Annotated[WhatIfBulk | Absent, "what-if"] = MAY_BE_ABSENT
    areas: Annotated[Areas | Absent, "service areas"] = MAY_BE_ABSENT
    siting: Annotated[Siting | Absent, "the answer of a siting"] = MAY_BE_ABSENT
    phasing: Annotated[Phasing | Absent, "openings by year"] = MAY_BE_ABSENT


BLOCKS: Final = (Head, Bulk)


@dataclass(frozen=True)
class FieldNote:
    """One field of a class: its name on the page, its type and what it means."""

    name: str
    kind: Any
    meaning: str
    required: bool


def fields(model: type) -> list[FieldNote]:
    """Return the fields of a class in order."""
    hints = typing.get_type_hints(model, include_extras=True)
    out = []
    for field in dataclasses.fields(model):
        kind, meaning = get_args(hints[field.name])
        out.append(FieldNote(field.name.rstrip("_"), kind, meaning, field.default is not MAY_BE_ABSENT))
    return out


def models(model: type) -> list[type]:
    """Return a class and every class inside it, in the order of first mention."""
    found = [model]
    for note in fields(model):
        for inner in _inside(note.kind):
            found += [m for m in models(inner) if m not in found]
    return list(dict.fromkeys(found))


def _inside(kind: Any) -> list[type]:
    """Return the classes that a type mentions."""
    if dataclasses.is_dataclass(kind):
        return [typing.cast("type", kind)]
    return [model for part in get_args(kind) for model in _inside(part)]


def misfits(value: Any, kind: Any, where: str = "") -> list[str]:
    """Return the places at which data is not of a type, as paths with what is wrong."""
    if dataclasses.is_dataclass(kind):
        return _misfits_of_model(value, typing.cast("type", kind), where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {UnionType, typing.Union}:
        ways = [misfits(value, part, where) for part in parts if part is not Absent]
        return [] if any(not way for way in ways) else ways[0]
    if origin is list:
        return _misfits_of_list(value, parts[0], where)
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: no mapping"]
        return [wrong for key, part in value.items() for wrong in misfits(part, parts[1], f"{where}.{key}")]
    return [] if _is(value, kind) else [f"{where}: {value!r:.40} is no {_word(kind)}"]


def _misfits_of_model(value: Any, model: type, where: str) -> list[str]:
    """Return what is missing, what nobody described, and what is wrong inside."""
    if not isinstance(value, dict):
        return [f"{where}: no mapping"]
    notes = {note.name: note for note in fields(model)}
    wrong = [f"{where}.{key}: not described" for key in value if key not in notes]
    wrong += [f"{where}.{key}: missing" for key, note in notes.items() if note.required and key not in value]
    inside = (misfits(value[key], notes[key].kind, f"{where}.{key}") for key in value if key in notes)
    return wrong + [line for lines in inside for line in lines]


def _misfits_of_list(value: Any, part: Any, where: str) -> list[str]:
    """Return the first cell of a list that is not of its type."""
    if not isinstance(value, list):
        return [f"{where}: no list"]
    for i, cell in enumerate(value):
        if wrong := misfits(cell, part, f"{where}[{i}]"):
            return wrong
    return []


def _is(value: Any, kind: Any) -> bool:
    """Whether a plain value is of a plain type; whole numbers are numbers, truth values are none."""
    if kind is Any:
        return True
    if kind in {NoneType, None}:
        return value is None
    if kind in {int, float}:
        return not isinstance(value, bool) and isinstance(value, int if kind is int else (int, float))
    return isinstance(value, kind)


def _word(kind: Any) -> str:
    """Return a plain type in a word."""
    return {int: "whole number", float: "number", str: "text", bool: "truth value"}.get(kind, str(kind))


def words(kind: Any) -> str:
    """Return a type as people read it: `list of number or none`."""
    if dataclasses.is_dataclass(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"  # type: ignore[union-attr]
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {UnionType, typing.Union}:
        return " or ".join(words(part) for part in parts if part is not Absent)
    if origin is list:
        return f"list of {words(parts[0])}"
    if origin is dict:
        return f"mapping to {words(parts[1])}"
    if kind is Any:
        return "anything"
    return "none" if kind is NoneType else _word(kind)
