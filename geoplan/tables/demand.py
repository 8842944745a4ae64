"""Demand points: settlements and rural cells with the people who live there on 1 January of a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.errors import Finding
from geoplan.tables import cells, residents
from geoplan.units import project_metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.tables.read import TableSet

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

OFFICIAL_NATIONAL_POPULATION: Final = 10_253_647
OFFICIAL_NATIONAL_DATE: Final = "2025-10-01"
"""State Statistical Committee, 1 October 2025."""

PART_REACH_KM: Final = 15.0
"""Assumed: in partly liberated districts rural people live within 15 km of a never-occupied settlement of
the district, and nearer to it than to any formerly occupied or resettled place."""

BAKU_DISTRICT_ID: Final = "AZ-BA"

COLUMNS: Final = (
    "demand_kind",
    "name_az",
    "name_en",
    "name_ru",
    "district_id",
    "region_id",
    "liberated",
    "lat",
    "lon",
    "position_radius_km",
    "population",
    "population_confidence",
    "planned",
    "planned_persons",
    "source",
)

CELL_SOURCE: Final = "district total less its settlements, spread by terrain, settlements and roads (assumed)"

CELL_NAMES: Final = {
    "district": {
        "name_az": "{district} rayonunun kənd yerləri ({place} yaxınlığında)",
        "name_en": "rural area of {district} (near {place})",
        "name_ru": "сельская местность района {district} (близ {place})",
    },
    "city": {
        "name_az": "{district} şəhərinin qalan hissəsi ({place} yaxınlığında)",
        "name_en": "rest of {district} city (near {place})",
        "name_ru": "остальная часть города {district} (близ {place})",
    },
}
"""Names are put in as they are, in the nominative: word forms of names are not ours to invent."""


def build_demand(
    tables: TableSet, *, year: int, other_residents: bool, resolution: int, resolution_baku: int
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the demand points of 1 January of `year`; the method is told in docs/demand.md.

    Parameters
    ----------
    tables
        The checked tables.
    year
        The state on 1 January of it.
    other_residents
        Count also students and workers in the liberated territories, at assumed places.
    resolution, resolution_baku
        H3 resolution of the rural cells outside and inside Baku.

    Returns
    -------
    demand
        Index `demand_id` (settlement_id or `h3-...`), sorted; columns `COLUMNS`: population in persons
        (int64), position_radius_km in km, lat/lon in degrees. In every district the people add up to the
        total of `district_population` plus the returned (plus the other residents, if counted).
    findings
        Errors where the tables contradict each other; notes on what is assumed or left out.
    """
    districts = tables.districts.sort_index()
    places, findings = residents.settled(
        tables.settlements, tables.population, tables.resettlement, year=year
    )
    totals, more = residents.district_totals(districts, tables.district_population, places, year=year)
    unplaced, unplaced_note = residents.place_unknown(tables.resettlement, year=year)
    places, others_note = residents.with_others(
        places, tables.resettlement, year=year, counted=other_residents
    )
    levels = [resolution_baku if d == BAKU_DISTRICT_ID else resolution for d in districts.index]
    rural, rural_notes = _rural(tables, districts, places, totals=totals, levels=levels)
    demand = pd.concat([_settlement_rows(places), _cell_rows(rural, districts, places)])
    demand["region_id"] = districts["region_id"].reindex(demand["district_id"]).to_numpy()
    demand = demand.loc[:, list(COLUMNS)].sort_index()
    national = _national_sum(demand, places, unplaced=unplaced, year=year)
    return demand, [*findings, *more, *unplaced_note, *others_note, *rural_notes, national]


@dataclass(frozen=True)
class _Rural:
    """Pieces of land with people; `place` is the row of the settlement that names a piece."""

    pieces: cells.LandPieces
    population: Ints
    place: Ints


def _rural(
    tables: TableSet,
    districts: Any,
    places: pd.DataFrame,
    *,
    totals: pd.Series[Any],
    levels: Sequence[int],
) -> tuple[_Rural, list[Finding]]:
    """Spread what each district has beyond its settlements over its pieces of land."""
    rest = (totals - residents.by_district(places["residents"], places, districts)).clip(lower=0).to_numpy()
    lakes = tables.neighbours.geometry[(tables.neighbours["kind"] == "lake").to_numpy()]
    water = np.asarray(lakes.to_numpy(), dtype=object)
    pieces = cells.land_pieces(
        list(districts.index), _outlines(districts, places), resolutions=levels, water=water
    )
    pieces = pieces.take(rest[pieces.district] > 0)
    pieces = pieces.take(_inhabited(pieces, districts, places))
    never_occupied = ~places["liberated"].to_numpy(dtype=bool)
    weights = cells.habitability(
        pieces,
        tables.terrain,
        settlements=_metres(places[never_occupied]),
        roads=cells.road_points(_open_lines(tables.roads)),
        in_city=(districts["kind"] == "city").to_numpy()[pieces.district],
    )
    population = np.zeros(len(pieces.ids), dtype=np.int64)
    findings = []
    for row in np.flatnonzero(rest):
        here = np.flatnonzero(pieces.district == row)
        if len(here):
            population[here] = residents.apportion(int(rest[row]), weights[here])
        else:
            findings.append(_nowhere(str(districts.index[int(row)]), int(rest[row])))
    lived = np.flatnonzero(population)
    pieces, population = pieces.take(lived), population[lived]
    findings.append(_rural_note(len(lived), int(population.sum())))
    return _Rural(pieces, population, _naming_place(pieces, districts, places)), findings


def _outlines(districts: Any, places: pd.DataFrame) -> NDArray[Any]:
    """Return the districts' polygons without detached parts that have no settlement."""
    lat, lon = places["lat"].to_numpy(), places["lon"].to_numpy()
    owner = districts.index.get_indexer(pd.Index(places["district_id"]))
    outlines = np.empty(len(districts), dtype=object)
    for row, polygon in enumerate(districts.geometry):
        outlines[row] = cells.parts_with_places(polygon, lat[owner == row], lon[owner == row])
    return outlines


def _inhabited(pieces: cells.LandPieces, districts: pd.DataFrame, places: pd.DataFrame) -> NDArray[np.bool_]:
    """Return where rural people may live: all land, in `part` districts only near never-occupied places.

    If no piece of a `part` district passes, the piece nearest to a never-occupied place of it does.
    """
    allowed = np.ones(len(pieces.ids), dtype=bool)
    freed = places["liberated"].to_numpy(dtype=bool)
    back = _metres(places[freed])
    for row in np.flatnonzero((districts["liberated"] == "part").to_numpy()):
        here = np.flatnonzero(pieces.district == row)
        kept = places[~freed & (places["district_id"] == districts.index[int(row)]).to_numpy()]
        to_kept, _ = cells.nearest_km(pieces.lat[here], pieces.lon[here], _metres(kept))
        to_back, _ = cells.nearest_km(pieces.lat[here], pieces.lon[here], back)
        near = (to_kept <= PART_REACH_KM) & (to_kept < to_back)
        if len(here) and len(kept) and not near.any():
            near[int(np.argmin(to_kept))] = True
        allowed[here] = near
    return allowed


def _naming_place(pieces: cells.LandPieces, districts: pd.DataFrame, places: pd.DataFrame) -> Ints:
    """Return for each piece the row of the nearest settlement, of its own district where that has one."""
    named = np.full(len(pieces.ids), -1, dtype=np.int64)
    owner = districts.index.get_indexer(pd.Index(places["district_id"]))
    metres = _metres(places)
    for row in np.unique(pieces.district):
        here = np.flatnonzero(pieces.district == row)
        own = np.flatnonzero(owner == row)
        own = own if len(own) else np.arange(len(places))
        _, nearest = cells.nearest_km(pieces.lat[here], pieces.lon[here], metres[own])
        named[here] = own[nearest] if len(own) else -1
    return named


def _metres(places: pd.DataFrame) -> Floats:
    """Return the settlements' positions in metres, (n, 2)."""
    return np.column_stack(project_metres(places["lat"].to_numpy(), places["lon"].to_numpy()))


def _open_lines(roads: pd.DataFrame) -> NDArray[Any]:
    """Return the drawn lines of the roads whose status is open, whatever the year.

    A road that a scenario builds must not move people, so neither year nor plan counts here.
    """
    drawn = roads.loc[(roads["status"] == "open").to_numpy(), "geometry"].to_numpy(dtype=object, copy=True)
    texts = np.array([isinstance(line, str) for line in drawn], dtype=bool)
    if texts.any():
        drawn[texts] = shapely.from_wkt(drawn[texts])
    return drawn


# --- rows ------------------------------------------------------------------------------------------


def _settlement_rows(places: pd.DataFrame) -> pd.DataFrame:
    """Return the settlements as demand points."""
    rows = places.assign(
        demand_kind="settlement",
        liberated=places["liberated"].to_numpy(dtype=bool),
        population=places["residents"] + places["returned"] + places["others"],
    )
    rows.index = rows.index.rename("demand_id")
    return rows


def _cell_rows(rural: _Rural, districts: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the rural pieces as demand points; none of them is liberated."""
    pieces = rural.pieces
    size = len(pieces.ids)
    return pd.DataFrame(
        {
            "demand_kind": "rural_cell",
            **_cell_names(rural, districts, places),
            "district_id": districts.index.to_numpy()[pieces.district],
            "liberated": np.zeros(size, dtype=bool),
            "lat": pieces.lat,
            "lon": pieces.lon,
            "position_radius_km": np.round(pieces.radius_km(), 2),
            "population": rural.population,
            "population_confidence": "assumed",
            "planned": np.zeros(size, dtype=bool),
            "planned_persons": pd.array([pd.NA] * size, dtype="Int64"),
            "source": CELL_SOURCE,
        },
        index=pd.Index(pieces.ids, name="demand_id", dtype=object),
    )


def _cell_names(rural: _Rural, districts: pd.DataFrame, places: pd.DataFrame) -> dict[str, list[str]]:
    """Return `name_az`, `name_en`, `name_ru` of the pieces: district and nearest settlement."""
    kinds = ["city" if k == "city" else "district" for k in districts["kind"]]
    out = {}
    for column in ("name_az", "name_en", "name_ru"):
        units = [_plain(name) for name in districts[column]]
        near = places[column].tolist()
        out[column] = [
            CELL_NAMES[kinds[d]][column].format(district=units[d], place=near[p] if p >= 0 else units[d])
            for d, p in zip(rural.pieces.district, rural.place, strict=True)
        ]
    return out


def _plain(name: str) -> str:
    """Return a district's name without ` (şəhər)` or ` city`, which the cell's own name says."""
    return name.split(" (", 1)[0].removesuffix(" city")


# --- findings --------------------------------------------------------------------------------------


def _nowhere(district: str, persons: int) -> Finding:
    """Return the error of rural people without land to live on."""
    return Finding(
        severity="error",
        code="rural-people-nowhere",
        message=f"{district} has {persons} rural people and no land where they could live.",
        where=f"district_population.csv: {district}",
        hint="A partly liberated district needs a never-occupied settlement (liberated=false).",
        params=(("district", district), ("persons", persons)),
    )


def _rural_note(points: int, persons: int) -> Finding:
    """Return the note on people at assumed places."""
    return Finding(
        severity="note",
        code="rural-cells-assumed",
        message=f"{persons} people outside the listed settlements live in {points} rural cells (assumed).",
        params=(("persons", persons), ("cells", points)),
    )


def _national_sum(demand: pd.DataFrame, places: pd.DataFrame, *, unplaced: int, year: int) -> Finding:
    """Return the note that sets the sum of all demand beside the official national population."""
    total = int(demand["population"].sum())
    difference = total - OFFICIAL_NATIONAL_POPULATION
    returned, others = int(places["returned"].sum()), int(places["others"].sum())
    return Finding(
        severity="note",
        code="population-national-sum",
        message=(
            f"The demand adds up to {total} people on 1 January {year}, {difference:+d} against the "
            f"official {OFFICIAL_NATIONAL_POPULATION} of {OFFICIAL_NATIONAL_DATE}. That figure counts "
            "displaced people in their districts of origin; here everybody is counted where they live: by "
            "residence in the 2019 census where it is published, else the October 2025 estimate, and in "
            f"the liberated territories only the returned ({returned} placed; {unplaced} of unknown "
            "place are left out)."
        ),
        params=(
            ("total", total),
            ("official", OFFICIAL_NATIONAL_POPULATION),
            ("official_date", OFFICIAL_NATIONAL_DATE),
            ("difference", difference),
            ("year", year),
            ("returned", returned),
            ("place_unknown", unplaced),
            ("other_residents", others),
        ),
    )
