"""Opening a facility never makes anyone's time longer, closing a road never shorter: random changes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
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
from geoplan.scenario.change_facilities import AddFacility, AddService, OpenFacility, UpgradeFacility
from geoplan.scenario.change_mobile import Fleet, MobileUnit, Stop
from geoplan.scenario.change_roads import CloseRoad, SlowRoad
from geoplan.stage import offers, operating

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


def worse(data, world):
    """Draw roads that are closed (by id or by a square across one), slower, or behind a checkpoint."""
    roads = data.draw(st.lists(st.sampled_from(world.roads), min_size=2, max_size=5, unique=True))
    first, *rest = roads
    line = shapely.from_wkt(world.tables.roads.loc[first, "geometry"])
    middle = line.interpolate(0.5, normalized=True)
    square = shapely.to_wkt(middle.buffer(0.01, cap_style="square"), rounding_precision=4)
    made = [CloseRoad(change="close_road", inside=square)]
    kinds = st.sampled_from(
        [
            ("close_road", {}),
            ("slow_road", {"factor": 0.3}),
            ("slow_road", {"speed_kmh": 20}),
            ("slow_road", {"delay_minutes": 45}),
        ]
    )
    for road in rest:
        kind, measure = data.draw(kinds)
        model = CloseRoad if kind == "close_road" else SlowRoad
        made.append(model(change=kind, road=road, **measure))
    return made


@BOUND
@given(data=st.data())
def test_worse_roads_never_make_a_way_shorter(world, data):
    changes = worse(data, world)
    after = times(world, changes)
    assert list(after) == list(world.before)
    for facility, minutes in world.before.items():
        assert (after[facility] >= minutes - 1).all(), (changes, facility)


def better(data, world):
    """Draw changes of facilities: new and opened ones, larger ones, more services, visits, vehicles."""
    table = world.tables.facilities
    planned = sorted(table.index[table["status"].isin(["planned", "construction"])])
    known = sorted(table.index)
    place = data.draw(st.sampled_from(world.places))
    tag = data.draw(st.sampled_from(["emergency_hospital", "cardiology_pci", "primary_care"]))
    options = [
        AddFacility(change="add_facility", facility="f-new", name="New", services=(tag,), settlement=place),
        OpenFacility(change="open_facility", facility=data.draw(st.sampled_from(planned))),
        UpgradeFacility(change="upgrade_facility", facility=data.draw(st.sampled_from(known)), beds=9999),
        AddService(change="add_service", facility=data.draw(st.sampled_from(known)), service=tag),
        Fleet(change="fleet", facility=data.draw(st.sampled_from(known)), cars=1),
        MobileUnit(
            change="mobile_unit",
            unit="m",
            name="M",
            services=(tag,),
            stops=(Stop(settlement=place, days_a_month=9),),
        ),
    ]
    return data.draw(st.lists(st.sampled_from(options), min_size=1, max_size=6, unique_by=lambda c: c.change))


@BOUND
@given(data=st.data(), least=st.sampled_from([None, 4]))
def test_more_facilities_never_make_a_service_farther(world, data, least):
    changes = better(data, world)
    services = tuple(s.model_copy(update={"mobile_days_least": least}) for s in world.scenario.services)
    scenario = world.scenario.model_copy(update={"changes": tuple(changes), "services": services})
    state, _, findings = apply_changes(scenario, world.tables, 2026)
    assert [f for f in findings if f.severity == "error"] == []
    after, facilities = times(world, changes), state.facilities
    old = world.tables.facilities
    for service in services:
        before = [world.before[f] for f in old.index[offers(old, service)] if f in world.before]
        now = [after[f] for f in facilities.index[offers(facilities, service)] if f in after]
        assert (np.minimum.reduce(now) <= np.minimum.reduce(before)).all(), (changes, service.id)


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
