"""The section `[siting]` of a scenario: where new sites of a service should stand."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_serializer, model_validator

from geoplan.scenario.base import Model, ServiceId, Share, Text, as_tuple

LocationModel = Literal[
    "lscp",
    "mclp",
    "p-median",
    "p-center",
    "backup-cover",
    "gradual-cover",
    "capacitated-mclp",
    "capacitated-p-median",
    "fixed-charge",
]
Year = Annotated[int, Field(ge=1990, le=2100)]
Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Ids = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]
Pair = Annotated[tuple[Text, Text], BeforeValidator(as_tuple)]
Pairs = Annotated[tuple[Pair, ...], BeforeValidator(as_tuple)]
Numbers = dict[str, Annotated[int, Field(ge=0)]]
Limit = Annotated[float, Field(gt=0, le=1440, allow_inf_nan=False)]
Bands = Annotated[
    tuple[Annotated[tuple[Limit, Fraction], BeforeValidator(as_tuple)], ...], BeforeValidator(as_tuple)
]


class SiteKind(Model):
    """What the sites of one kind cost and can do; of several rows that fit a site the last one holds."""

    kind: Literal["new", "upgrade", "existing"]
    """new: a candidate site; upgrade: a facility without the service yet; existing: one that gives it."""
    sites: Ids = ()
    """Only these sites of the kind; without the key all of them."""
    open_azn: Money = 0.0
    """Money to open or upgrade it, once."""
    run_azn_a_year: Money = 0.0
    """Money to run it, a year."""
    capacity: Amount | None = None
    """Most load it can serve a year; without the key no limit."""
    least_load: Amount = 0.0
    """Least load an open site must have: below it the work is unsafe."""
    confidence: Literal["high", "medium", "low", "assumed"] = "assumed"
    """How sure the figures are; an example without a source is `assumed`, and the page says so."""
    source: str = ""
    """Where the figures come from; needed unless they are assumed."""

    @model_validator(mode="after")
    def _sourced(self) -> SiteKind:
        if self.confidence != "assumed" and not self.source.strip():
            raise ValueError(
                "figures without a source are assumed: give a source or write confidence = 'assumed'"
            )
        return self


class PopulationSpread(Model):
    """How unsure the people of a district are: spread of the logarithm, by the confidence of their count."""

    high: Spread = 0.02
    """Of counts of high confidence."""
    medium: Spread = 0.05
    """Of counts of medium confidence."""
    low: Spread = 0.15
    """Of counts of low confidence."""
    assumed: Spread = 0.3
    """Of assumed counts."""


class Draws(Model):
    """From which distributions population, speed and year are drawn."""

    n: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Number of draws; fewer than 100 say little, and a note says so."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the generator; draw k is the same whatever the number of draws."""
    population_spread: PopulationSpread = PopulationSpread()
    """One log-normal factor a district and confidence on the number of people."""
    speed_spread: Spread = 0.1
    """Spread of the logarithm of one factor on all minutes."""
    years: Annotated[tuple[Year, ...], BeforeValidator(as_tuple)] = ()
    """Years of which one is drawn, all as likely; without the key the year that is planned for."""


class Regret(Model):
    """Other states in which the plan is held against the best plan of that state."""

    years: Annotated[tuple[Year, ...], BeforeValidator(as_tuple)] = ()
    """Other years, in the scenario's season."""
    seasons: Annotated[tuple[Literal["summer", "winter"], ...], BeforeValidator(as_tuple)] = ()
    """Other seasons, in the year that is planned for."""


class Phasing(Model):
    """Which sites open in which year; what is open stays open."""

    years: Annotated[tuple[Year, ...], BeforeValidator(as_tuple), Field(min_length=1)]
    """Years in which sites may open, ascending; each means its 1 January."""
    budgets_azn: Annotated[tuple[Money, ...], BeforeValidator(as_tuple)] = ()
    """Money of each year for opening and upgrading; without the key money does not bind."""
    open_each: Annotated[
        tuple[Annotated[int, Field(ge=0, le=1000)], ...] | None, BeforeValidator(as_tuple)
    ] = None
    """Most sites to open in each year; the number `open` binds all years together."""
    carry_over: bool = False
    """What a year leaves of its money and its number may be used later."""
    running_in_budget: bool = False
    """The budget of a year also pays for running the new sites in it."""
    confidence: Literal["high", "medium", "low", "assumed"] = "assumed"
    """How sure the budgets are."""
    source: str = ""
    """Where the budgets come from."""

    @model_validator(mode="after")
    def _one_a_year(self) -> Phasing:
        if list(self.years) != sorted(set(self.years)):
            raise ValueError(f"years must ascend, each once: write {sorted(set(self.years))}")
        for name in ("budgets_azn", "open_each"):
            given = getattr(self, name)
            if given and len(given) != len(self.years):
                raise ValueError(
                    f"{name} has {len(given)} numbers for {len(self.years)} years: give one a year"
                )
        return self


SILENT: Final[tuple[Any, ...]] = (None, "", (), [], {})
"""Values that say nothing and are left out of records."""


class Siting(Model):
    """Where new sites should stand: the question of `geoplan site SCENARIO`."""

    service: Annotated[tuple[ServiceId, ...], BeforeValidator(as_tuple), Field(min_length=1, max_length=2)]
    """Id of the service to site, or two that share places."""
    model: LocationModel = "mclp"
    """The location model, see docs/siting.md."""
    open: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Number of new sites, upgraded ones included; sites that stand stay open unless `closable`."""
    limit_minutes: Limit | None = None
    """Within how many minutes people count as covered, inclusive; without the key the service's target."""
    cover_share: Share | None = None
    """lscp: the share of all people to cover."""
    bands: Bands = ()
    """gradual-cover: minutes and the fraction that counts within them, `[[30, 1.0], [60, 0.5]]`."""
    count: Literal["places", "people"] = "people"
    """What backup-cover counts."""
    year: Year | None = None
    """The state of 1 January of this year; without the key the scenario's last year."""
    people: Literal["everywhere", "liberated"] = "everywhere"
    """Whose way counts."""
    where: Literal["everywhere", "liberated"] = "everywhere"
    """Where new sites may stand."""
    may_open: Annotated[
        tuple[Literal["new", "upgrade"], ...], BeforeValidator(as_tuple), Field(min_length=1)
    ] = ("new", "upgrade")
    """new: candidate sites; upgrade: facilities that `upgrade` names."""
    closable: bool = False
    """Sites that stand may be closed."""
    upgrade: Ids = ()
    """Service tags: facilities that work and give one of these may be given the service too."""
    fixed: Ids = ()
    """Candidates that must open; they count among the new ones."""
    closed: Ids = ()
    """Candidates that may not open."""
    excludes: Pairs = ()
    """Pairs of sites that are not open together."""
    needs: Pairs = ()
    """Pairs: the first only with the second."""
    region_least: Numbers = Field(default_factory=dict)
    """Fewest open sites of a region (id), standing ones included."""
    region_most: Numbers = Field(default_factory=dict)
    """Most open sites of a region (id), standing ones included."""
    district_least: Fraction | None = None
    """Least share of each district's people who have a route, within the limit."""
    equity_floor: bool = False
    """mclp: the best worst district first, then the total."""
    load_per_person: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0
    """Load that one person makes a year, for capacities."""
    single_source: bool = False
    """Every demand goes to one site whole."""
    kinds: tuple[SiteKind, ...] = ()
    """Money and capacity by kind of site."""
    run_years: Annotated[int, Field(ge=0, le=100)] = 10
    """Years of running that the money of a site holds beside its opening."""
    shared_open_azn: Money = 0.0
    """Two services: what the first of them at a place pays for both, once, on top of each one's own cost."""
    budget_azn: Money | None = None
    """Most money of all open sites."""
    money_weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """fixed-charge: one manat in people x minutes."""
    evaluate: Ids = ()
    """A planner's own list of new sites, held against the best of its size."""
    frontier: Annotated[int, Field(ge=0, le=100)] = 0
    """Solve for every number of new sites up to this."""
    frontier_money: Annotated[int, Field(ge=0, le=100)] = 0
    """Solve for so many budgets, in equal steps up to the money of the last plan of the frontier."""
    alternatives: Annotated[int, Field(ge=0, le=100)] = 0
    """How many further plans."""
    differ: Annotated[int, Field(ge=1, le=100)] = 1
    """By how many sites further plans differ from each other."""
    unservable: Literal["set-aside", "error"] = "set-aside"
    """People who reach no site at all: set aside, counted and listed, or an error."""
    gap: Fraction = 0.0
    """Relative gap that is good enough."""
    time_limit_s: Annotated[float, Field(ge=0.1, le=1e6)] = 60.0
    """Seconds for the plan, and again for each of the parts beside it."""
    max_iterations: Annotated[int, Field(ge=1)] | None = None
    """Most steps of the solver: stops at the same place anywhere."""
    draws: Draws | None = None
    """Draw people, speed and year anew."""
    regret: Regret | None = None
    """Hold the plan against other years and seasons."""
    phasing: Phasing | None = None
    """Open the sites over several years."""

    @field_validator("service")
    @classmethod
    def _two_services(cls, service: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(service)) != len(service):
            raise ValueError("the same service stands twice: name two, or one")
        return service

    @model_serializer(mode="wrap")
    def _said(self, handler: Any) -> dict[str, Any]:
        return {k: v for k, v in handler(self).items() if v not in SILENT}
