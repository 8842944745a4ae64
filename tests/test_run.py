"""The main job on the shipped data: sums, rules of the mission and determinism."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from geoplan.analysis.coverage import band_states
from geoplan.scenario import load_scenario
from geoplan.stage import offers, operating

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.result import Result

HOME_OF_DISPLACED = {"AZ-ZAN", "AZ-KAL", "AZ-LAC", "AZ-XVD", "AZ-CAB", "AZ-SUS", "AZ-XCI", "AZ-QBI"}


def summary(result: Result) -> pd.DataFrame:
    return result.coverage_summary.set_index(["service", "level", "id"]).sort_index()


def test_bands_add_up_to_the_population_everywhere(baseline: Result) -> None:
    table = baseline.coverage_by_district
    people = baseline.years[0].demand.groupby("district_id")["population"].sum()
    for service in baseline.scenario.services:
        rows = table[table["service"] == service.id]
        assert len(rows) == 75 * len(band_states(service.bands_minutes))
        totals = rows.groupby("district_id")["population"].sum()
        assert totals.to_dict() == people.reindex(totals.index, fill_value=0).to_dict()
        assert (rows["on_assumed"] <= rows["population"]).all()


def test_settlement_district_and_summary_agree_to_the_person(baseline: Result) -> None:
    rows = baseline.coverage_by_settlement
    by = summary(baseline)
    for service in baseline.scenario.services:
        mine = rows[rows["service"] == service.id]
        near = mine[(mine["status"] == "reached") & (mine["minutes"] <= service.target_minutes)]
        assert by.loc[(service.id, "nation", "AZ"), "within_target"] == near["population"].sum()
        districts = by.loc[(service.id, "district")]
        for column in (
            "population",
            "assessed",
            "within_target",
            "unreachable",
            "on_assumed",
            "beyond_target",
        ):
            assert districts[column].sum() == by.loc[(service.id, "nation", "AZ"), column]
            assert by.loc[(service.id, "region")][column].sum() == districts[column].sum()


def test_nakhchivan_reaches_no_pci_and_its_own_hospitals(baseline: Result) -> None:
    by = summary(baseline)
    region = by.loc[("cardiology_pci", "region", "nakhchivan")]
    assert region["unreachable"] == region["population"] > 400_000
    assert by.loc[("emergency_hospital", "region", "nakhchivan"), "unreachable"] == 0


def test_without_the_unverified_centre_nobody_is_nearer(baseline: Result) -> None:
    rows = baseline.coverage_by_settlement.set_index(["service", "demand_id"])
    every, verified = rows.loc["cardiology_pci", "minutes"], rows.loc["cardiology_pci_verified", "minutes"]
    far = 1e9
    assert (verified.fillna(far) >= every.fillna(far)).all()
    assert (verified.fillna(far) > every.fillna(far)).any()
    assert "f-markazi-klinika-ganca" not in set(rows.loc["cardiology_pci_verified", "facility_id"])


def test_primary_care_is_assessed_only_in_the_liberated_territories(baseline: Result) -> None:
    rows = baseline.coverage_by_settlement
    rows = rows[rows["service"] == "primary_care"]
    assert (rows.loc[~rows["liberated"], "status"] == "not_assessed").all()
    assert rows.loc[~rows["liberated"], "minutes"].isna().all()
    assert not (rows.loc[rows["liberated"], "status"] == "not_assessed").any()
    nation = summary(baseline).loc[("primary_care", "nation", "AZ")]
    assert nation["assessed"] == rows.loc[rows["liberated"], "population"].sum() < nation["population"]


def test_no_hospital_of_a_liberated_district_stands_elsewhere(baseline: Result) -> None:
    facilities = baseline.years[0].facilities
    counted = facilities[facilities["counts"]]
    displaced = counted[counted["serves_district_id"].isin(HOME_OF_DISPLACED)]
    assert len(displaced)
    assert (displaced["district_id"] != displaced["serves_district_id"]).all()
    liberated = baseline.districts["liberated"]
    full = counted[counted["district_id"].map(liberated) == "full"]
    hospitals = full[full["services"].str.contains("emergency_hospital")]
    assert not hospitals["source"].str.startswith("rule").any()


def test_facilities_count_by_status_date_and_owner(baseline: Result) -> None:
    scenario = baseline.scenario
    table = baseline.years[0].facilities
    assert not table.loc[table["counts"], "status"].isin(["planned", "construction"]).any()
    military = table["owner"] == "military"
    assert table.loc[military, "counts"].any()
    civil_only = scenario.model_copy(
        update={"facilities": scenario.facilities.model_copy(update={"military": False})}
    )
    assert not operating(table, civil_only, 2026)[military].any()
    assert operating(table, scenario, 2026).sum() >= operating(table, scenario, 2022).sum()
    ganja = table.index.get_loc("f-markazi-klinika-ganca")
    services = {s.id: offers(table, s)[ganja] for s in scenario.services}
    assert services["cardiology_pci"]
    assert not services["cardiology_pci_verified"]


def test_regional_centres_scenario_shortens_and_never_lengthens(baseline: Result) -> None:
    from geoplan.run import run

    other = run(load_scenario("regional-centres-assumed"))
    far = 1e9
    for service in ("cardiology_pci", "oncology_radiotherapy", "emergency_hospital"):
        a = baseline.coverage_by_settlement.query("service == @service").set_index("demand_id")["minutes"]
        b = other.coverage_by_settlement.query("service == @service").set_index("demand_id")["minutes"]
        assert (b.fillna(far) <= a.fillna(far)).all()
    here, there = summary(baseline), summary(other)
    key = ("cardiology_pci", "nation", "AZ")
    assert there.loc[key, "within_target"] > here.loc[key, "within_target"] + 1_000_000
    low = other.years[0].facilities.query("confidence == 'low' and counts")
    assert len(low)
    assert not (baseline.years[0].facilities.query("counts")["confidence"] == "low").any()


def test_road_kilometres_against_published_distances(baseline: Result) -> None:
    """The aim is 5.5 %; the graph stands at 6.3 %, and no length may be set by this list to mend that."""
    table = baseline.check_distances
    assert table["network_km"].notna().sum() >= 85
    counted = table[table["district_centres"] & (table["not_counted_because"] == "")].dropna()
    assert len(counted) >= 60
    error = counted["error_percent"]
    assert error.abs().mean() <= 6.5
    assert error.abs().median() <= 5.5
    assert abs(error.mean()) <= 2
    assert error[counted["mountain"]].abs().mean() <= 10


def test_a_scenario_of_two_years_has_both(tmp_path: Path) -> None:
    from geoplan.run import run

    text = load_scenario("baseline").path.read_text(encoding="utf-8")
    path = tmp_path / "two.toml"
    path.write_text(text.replace("years = [2026]", "years = [2025, 2026]"), encoding="utf-8")
    result = run(load_scenario(path))
    assert [y.year for y in result.years] == [2025, 2026]
    assert sorted(result.coverage_by_settlement["year"].unique()) == [2025, 2026]
    opened = result.years[1].open_roads & ~result.years[0].open_roads
    assert np.flatnonzero(opened).size > 0


def test_a_second_run_gives_the_same_bytes(baseline_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "baseline"
    command = [sys.executable, "-m", "geoplan.cli", "run", "baseline", "--out", str(out), "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "12345"})
    names = sorted(p.relative_to(out) for p in out.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(baseline_dir) for p in baseline_dir.rglob("*") if p.is_file())
    for name in names:
        if name.name != "run.json":
            assert (out / name).read_bytes() == (baseline_dir / name).read_bytes(), name
    one, two = (json.loads((d / "run.json").read_text(encoding="utf-8")) for d in (baseline_dir, out))
    for record in (one, two):
        del record["started_at"], record["timings"]
    assert one == two


def test_shuffled_rows_give_the_same_result_and_hash(baseline: Result, tmp_path: Path) -> None:
    from geoplan.output.copying import copy_scenario
    from geoplan.run import run

    written = copy_scenario("copy", parent="baseline", folder=tmp_path, with_data=True, overwrite=False)
    for path in written:
        if path.suffix == ".csv":
            head, *rows = path.read_text(encoding="utf-8").splitlines()
            assert not any(row.count('"') % 2 for row in rows)
            path.write_text("\n".join([head, *rows[::-1]]) + "\n", encoding="utf-8")
    result = run(load_scenario(written[0]))
    for name in ("coverage_by_settlement", "coverage_by_district", "coverage_summary", "snapping"):
        left, right = (getattr(r, name).drop(columns="scenario_id") for r in (baseline, result))
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("name", ["districts", "settlements", "roads", "facilities", "routes"])
def test_layers_of_the_geopackage(baseline_dir: Path, name: str) -> None:
    import geopandas as gpd

    layer = gpd.read_file(baseline_dir / "result.gpkg", layer=name)
    assert len(layer) > 50
    assert layer.crs.to_epsg() == 4326
    assert layer.geometry.notna().all()


def test_every_finding_fills_the_sentence_that_the_page_has_for_it(baseline: Result) -> None:
    """Also whether a target share is met, which only a scenario with such a target says."""
    import re

    from geoplan.output.page.vendored import catalogue
    from geoplan.run import _share_notes, _YearPart

    services = tuple(s.model_copy(update={"target_share": 0.9}) for s in baseline.scenario.services)
    asked = baseline.scenario.model_copy(update={"services": services})
    (state,) = baseline.years
    tables = (baseline.coverage_by_settlement, baseline.coverage_by_district, baseline.coverage_summary)
    notes = _share_notes(asked, _YearPart(state, None, tables, baseline.snapping))
    assert {n.code for n in notes} == {"target-share-met", "target-share-missed"}
    sentences = catalogue()
    for finding in (*baseline.findings, *notes):
        for language in sentences:
            sentence = sentences[language].get(f"finding.{finding.code}", "")
            places = set(re.findall(r"{(\w+)}", sentence))
            assert places <= set(dict(finding.params)), (finding.code, language)
    assert all(f"finding.{n.code}" in sentences["az"] for n in notes)
