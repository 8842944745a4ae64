"""The toy country: minutes and kilometres written down by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from network_worlds import TOY

from geoplan.network import snap, travel

EXPECTED = pd.read_csv(TOY / "expected.csv")


def _snapped(network, table, ids):
    rows = table.loc[ids]
    return snap.snap_points(network, ids, rows["lat"], rows["lon"])


@pytest.mark.parametrize(
    "case", EXPECTED.to_dict("records"), ids=lambda c: f"{c['origin']}-{c['destination']}"
)
def test_hand_computed(case, toy, toy_network):
    network = toy_network(year=case["year"], season=case["season"], weight=case["weight"])
    origin = _snapped(network, toy["settlements"], [case["origin"]])
    destination = _snapped(network, toy["facilities"], [case["destination"]])
    way = travel.route(network, origin, destination)
    if case["status"] == "reached":
        assert way.tenths == round(case["minutes"] * 10)
        assert way.km == pytest.approx(case["km"], abs=0.005)
        assert way.road_ids == tuple(case["roads"].split())
    else:
        assert way.tenths == -1
        assert not way.reached
        assert origin.snapped[0] == (case["status"] == "unreachable")


def test_island_is_passed_over(toy, toy_network):
    network = toy_network()
    found = snap.snap_points(
        network, ["s-ada"], *toy["settlements"].loc[["s-ada"], ["lat", "lon"]].to_numpy().T
    )
    assert found.verdict[0] == "moved_component"
    assert found.road_id[0] == "m1-abad-bulaq"
    assert found.distance_m[0] == pytest.approx(11_100, rel=0.01)
    assert "x-ada-qerb-ada-serq" in found.note[0]


def test_exclave_of_three_nodes_is_acceptable(toy, toy_network):
    network = toy_network()
    found = _snapped(network, toy["settlements"], ["s-nax"])
    assert found.verdict[0] == "accepted"
    assert found.component_nodes[0] == 3
    assert found.component_share[0] == pytest.approx(50 / 370)


def test_too_far_says_so(toy, toy_network):
    table = snap.snapping_table(
        _snapped(toy_network(), toy["settlements"], ["s-uzaq"]), point_kind="settlement"
    )
    row = table.iloc[0]
    assert (row["verdict"], row["road_id"], row["point_kind"]) == ("too_far", "", "settlement")
    assert row["snap_m"] == pytest.approx(51_000, rel=0.01)
    assert "within 40 km" in row["note"]


def test_matrix_repeats_and_agrees_with_routes(toy, toy_network):
    network = toy_network()
    people = _snapped(network, toy["settlements"], list(toy["settlements"].index))
    care = _snapped(network, toy["facilities"], list(toy["facilities"].index))
    first, again = (travel.od_matrix(network, people, care) for _ in range(2))
    assert (first.tenths == again.tenths).all()
    for i, origin in enumerate(people.ids):
        for j, destination in enumerate(care.ids):
            way = travel.route(
                network,
                _snapped(network, toy["settlements"], [origin]),
                _snapped(network, toy["facilities"], [destination]),
            )
            assert way.tenths == first.tenths[i, j]
            assert way.km == pytest.approx(first.km[i, j], nan_ok=True)
