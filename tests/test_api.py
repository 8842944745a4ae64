"""The public API: a dozen names, each what it says."""

from __future__ import annotations

import pytest

import geoplan


def test_every_public_name_is_there() -> None:
    for name in geoplan.__all__:
        assert getattr(geoplan, name) is not None
    with pytest.raises(AttributeError):
        _ = geoplan.no_such_name


def test_a_scenario_runs_through_the_api(baseline: geoplan.Result) -> None:
    result = geoplan.run_scenario(geoplan.load_scenario("baseline"))
    assert isinstance(result, geoplan.Result)
    assert result.provenance.run_hash == baseline.provenance.run_hash
