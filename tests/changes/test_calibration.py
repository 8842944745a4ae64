"""Factors on the speeds of road classes: minutes scale, older records and hashes stay as they were."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.changes import calibrated
from geoplan.errors import InputError
from geoplan.scenario import load_scenario, scenario_toml
from geoplan.tables.read import read_tables


def own(folder, text):
    path = folder / "own.toml"
    title = 'title = { az = "a", en = "a", ru = "a" }'
    path.write_text(f'extends = "baseline"\n{title}\n{text}\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tables():
    return read_tables({})


def test_speeds_of_the_class_are_scaled_and_no_others(tmp_path, tables):
    scenario = load_scenario(own(tmp_path, "[calibration]\nprimary = 0.5\nmotorway = 1.1"))
    speeds, before = calibrated(scenario, tables).speeds, tables.speeds
    factor = before["class"].map({"primary": 0.5, "motorway": 1.1}).fillna(1.0)
    pd.testing.assert_series_equal(speeds["speed_kmh"], before["speed_kmh"] * factor, check_names=False)
    assert tables.speeds is before


def test_without_factors_nothing_changes_and_nothing_is_said(tmp_path, tables):
    base = load_scenario("baseline")
    same = load_scenario(own(tmp_path, "[calibration]\nprimary = 1.0"))
    assert calibrated(base, tables) is tables
    assert "calibration" not in base.model_dump()
    other = load_scenario(own(tmp_path, "[calibration]\nprimary = 0.9"))
    assert other.content_hash() != same.content_hash()
    assert "calibration" not in same.model_dump()
    assert "[calibration]\nprimary = 0.9" in scenario_toml(other)


def test_half_the_speed_of_every_class_is_twice_the_time_on_the_road(tmp_path, tables):
    from geoplan.network.graph import build_network

    roads = tables.roads.assign(
        speed_kmh=float("nan"), climb_m_per_km=0.0
    )  # what a climb takes off is no share
    classes = sorted(set(roads["class"]))
    lines = "\n".join(f"{name} = 0.5" for name in classes)
    slow = calibrated(load_scenario(own(tmp_path, f"[calibration]\n{lines}")), tables)
    fast, _ = build_network(roads, tables.road_nodes, tables.speeds)
    half, _ = build_network(roads, tables.road_nodes, slow.speeds)
    assert half.edge_minutes == pytest.approx(2 * fast.edge_minutes)


@pytest.mark.parametrize(("text", "words"), [("primry = 0.9", "primary"), ("primary = 3.0", "2")])
def test_wrong_factors_are_told(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        load_scenario(own(tmp_path, f"[calibration]\n{text}"))
