"""The toy country, read once."""

from __future__ import annotations

import pandas as pd
import pytest
from network_worlds import TOY, read_roads

from geoplan.network import graph


@pytest.fixture(scope="session")
def toy():
    """Return the tables of the toy country by name."""
    tables = {
        name: pd.read_csv(TOY / f"{name}.csv").set_index(key)
        for name, key in (
            ("road_nodes", "node_id"),
            ("settlements", "settlement_id"),
            ("facilities", "facility_id"),
        )
    }
    tables["roads"] = read_roads(TOY / "roads.csv")
    tables["speeds"] = pd.read_csv(TOY / "speeds.csv")
    return tables


@pytest.fixture(scope="session")
def toy_network(toy):
    """Return a function that builds the toy network by year, season and weight."""

    def build(**choices):
        network, findings = graph.build_network(toy["roads"], toy["road_nodes"], toy["speeds"], **choices)
        assert [f for f in findings if f.severity == "error"] == []
        return network

    return build
