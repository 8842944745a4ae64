"""Services of a scenario held against the facilities: a slip of the pen is told, not counted as nobody."""

from __future__ import annotations

import pytest

from geoplan.errors import InputError
from geoplan.run import run
from geoplan.scenario import load_scenario
from geoplan.tables.check import check_service_tags

CELLS = ("cardiology_pci;emergency_hospital", "primary_care", "dialysis")


def told(tag, *, years=(2026,), given=()):
    """Return what is said of a service `heart` that counts `tag`."""
    by_year = {year: ["heart"] if year in given else [] for year in years}
    return [str(f) for f in check_service_tags(CELLS, {"heart": tag}, by_year, file="mine.toml")]


def test_a_mistyped_tag_is_an_error_with_a_guess():
    assert told("dialisis") == [
        "error: mine.toml heart:counts: no facility gives the service 'dialisis'. Did you mean 'dialysis'?"
    ]
    (said,) = told("xyz")
    assert said.startswith("error: mine.toml heart:counts: no facility gives the service 'xyz'. Services of")


def test_a_known_service_that_nobody_gives_is_a_warning():
    (said,) = told("oncology_radiotherapy")
    assert said.startswith("warning: mine.toml heart:counts: no facility gives the service 'oncology_radio")
    assert "Nobody reaches it" in said


def test_a_service_that_nobody_gives_in_one_year_is_a_warning():
    (said,) = told("cardiology_pci", years=(2026, 2030), given=(2026,))
    assert "no facility that gives 'cardiology_pci' operates on 1 January 2030." in said
    assert said.startswith("warning")
    assert told("cardiology_pci", given=(2026,)) == []


CHILD = 'extends = "baseline"\ntitle = "Slip"\n[[services]]\nid = "cardiology_pci"\n'


def child(tmp_path, line):
    """Return the baseline with one line for its cardiology."""
    path = tmp_path / "mine.toml"
    path.write_text(CHILD + line + "\n", encoding="utf-8")
    return load_scenario(path)


def test_a_run_stops_at_a_mistyped_tag(tmp_path):
    with pytest.raises(InputError, match=r"'cardiology_pcl'\. Did you mean 'cardiology_pci'") as error:
        run(child(tmp_path, 'counts = "cardiology_pcl"'))
    assert [f.code for f in error.value.findings if f.severity == "error"] == ["service-not-given"]


def test_a_service_that_nobody_gives_is_told_with_the_result(tmp_path):
    scenario = child(tmp_path, 'exclude_status = ["operating", "unverified"]')
    found = [f for f in run(scenario, figures_only=True).findings if f.code == "service-not-open"]
    assert [f.where for f in found] == ["mine.toml cardiology_pci:counts"]
