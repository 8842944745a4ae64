"""Where a centre could stand: district centres, places of the return programme, a planner's own list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    from geoplan.tables.read import TableSet

PREFIX: Final = "c-"
"""A settlement `zan-agali` is the candidate site `c-zan-agali`."""

COLUMNS: Final = (
    "settlement_id",
    "district_id",
    "lat",
    "lon",
    "position_radius_km",
    "name_az",
    "name_en",
    "name_ru",
    "confidence",
)


def candidate_sites(tables: TableSet, kinds: Collection[str]) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the candidate sites, and an error for each id that stands twice.

    Parameters
    ----------
    tables
        The checked tables; `tables.candidates` holds the planner's own sites.
    kinds
        Settlements that are candidates: `district_centres`, `return_programme`.

    Returns
    -------
    Index `site_id`, sorted by code point; columns `COLUMNS`. The confidence of a settlement is that of its
    position: nothing says that a centre is meant to stand there.
    """
    settlements = tables.settlements
    wanted: set[str] = set()
    if "district_centres" in kinds:
        wanted |= set(tables.districts["centre_settlement_id"])
    if "return_programme" in kinds:
        wanted |= set(settlements.index[settlements["return_programme"].to_numpy(dtype=bool)])
    places = settlements.loc[settlements.index.isin(wanted)].reset_index()
    places.insert(0, "site_id", PREFIX + places["settlement_id"])
    own = tables.candidates.reset_index()
    parts = [part[["site_id", *COLUMNS]] for part in (places, own) if len(part)]
    sites = pd.concat(parts, ignore_index=True) if parts else own[["site_id", *COLUMNS]]
    taken = [*places["site_id"], *tables.facilities.index]
    findings = [
        Finding(
            "error",
            "duplicate-id",
            f"the candidate site '{name}' has the id of another site.",
            where=f"{tables.paths['candidates'][0].name} {name}",
            hint="Give the candidate another id.",
        )
        for name in sorted(set(own["site_id"]) & set(taken))
    ]
    return sites.sort_values("site_id", kind="stable").set_index("site_id"), findings
