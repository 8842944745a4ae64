"""Opening a facility never makes anyone's time longer, closing a road never shorter: random changes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.changes import apply_changes, unclosed
from geoplan.network.access import AccessRule
from geoplan.network.graph import build_network
from geoplan.network.islands import keep_islands
from geoplan.network.snap import snap_points
from geoplan.network.travel import od_matrix
from geoplan.routing import country
from geoplan.scenario import load_scenario
from geoplan.scenario.change_facilities import AddFacility
from geoplan.scenario.change_roads import CloseRoad
from geoplan.stage import operating

NEVER = 10**6
"""Tenths of minutes that stand for `unreachable`."""

BOUND = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def world(baseline, shipped_tables):
    """Every fifth demand point of the baseline, its land, and the times without changes."""
    scenario = load_scenario("baseline")
    demand = baseline.years[0].demand.iloc[::5]
    roads = np.asarray(shipped_tables.roads.index)[baseline.years[0].open_roads]
    made = SimpleNamespace(
        scenario=scenario,
        tables=shipped_tables,
        demand=demand,
        ground=country(shipped_tables),
        rule=AccessRule(**scenario.travel.model_dump()),
        roads=sorted(roads),
        places=sorted(shipped_tables.settlements.index),
    )
    made.before = times(made, ())
    return made


def times(world, changes):
    """Return tenths of minutes by demand point and facility, as a run has them."""
    scenario = world.scenario.model_copy(update={"changes": tuple(changes)})
    state, _, findings = apply_changes(scenario, world.tables, 2026)
    assert [f for f in findings if f.severity == "error"] == []
    network = build_network(state.roads, state.road_nodes, state.speeds)[0]
    open_state = unclosed(scenario, world.tables, 2026)
    if open_state is not None:
        before = build_network(open_state.roads, open_state.road_nodes, open_state.speeds)[0]
        network = keep_islands(network, before)
    facilities = state.facilities[operating(state.facilities, scenario, 2026)]
    both = [
        snap_points(network, list(p.index), p["lat"], p["lon"], ground=world.ground, rule=world.rule)
        for p in (world.demand, facilities)
    ]
    tenths = od_matrix(network, *both, ground=world.ground, rule=world.rule).tenths.astype(np.int64)
    return dict(zip(facilities.index, np.where(tenths < 0, NEVER, tenths).T, strict=True))


@BOUND
@given(data=st.data())
def test_closing_roads_never_makes_a_way_shorter(world, data):
    closed = data.draw(st.lists(st.sampled_from(world.roads), min_size=1, max_size=6, unique=True))
    after = times(world, [CloseRoad(change="close_road", road=road) for road in closed])
    assert list(after) == list(world.before)
    for facility, minutes in world.before.items():
        # a tenth may flip where the same minutes are added up in another order
        assert (after[facility] >= minutes - 1).all(), (closed, facility)


@BOUND
@given(data=st.data())
def test_opening_a_facility_never_makes_a_time_longer(world, data):
    place = data.draw(st.sampled_from(world.places))
    new = AddFacility(
        change="add_facility",
        facility="f-new",
        name="New",
        services=("emergency_hospital",),
        settlement=place,
    )
    after = times(world, [new])
    nearest = np.minimum.reduce(list(after.values()))
    assert (nearest <= np.minimum.reduce(list(world.before.values()))).all()
    for facility, minutes in world.before.items():
        assert np.array_equal(after[facility], minutes)
    assert (after["f-new"] < NEVER).any()
