"""Where points meet the roads, with the people who can be reached from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from geoplan.result import Result


def test_the_people_on_a_component_are_those_who_reach_each_other(baseline: Result) -> None:
    (state,) = baseline.years
    demand = state.demand
    table = baseline.snapping.set_index("point_id").loc[demand.index]
    snapped = (table["road_id"] != "").to_numpy()
    exclave = (demand["region_id"] == "nakhchivan").to_numpy()
    total = demand["population"].sum()
    for part in (exclave, ~exclave):
        expected = demand["population"][part & snapped].sum() / total
        shares = table["component_population_share"][part & snapped]
        assert shares.max() == pytest.approx(expected, abs=6e-5)
        assert (shares == shares.max()).mean() > 0.99
    assert (table["component_population_share"][~snapped] == 0).all()
    care = baseline.snapping[baseline.snapping["point_kind"] == "facility"]
    assert care["component_population_share"].between(0, 1).all()
