"""Scenario files: what a sound one says, and what each broken one is told, with its line."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from geoplan import scenario as room
from geoplan import shipped
from geoplan.errors import InputError, UsageError
from geoplan.network.access import AccessRule
from geoplan.scenario import Scenario, Travel, load_scenario

SMALL = """\
title = "Sınaq"
years = [2026]

[tables]
facilities = "mine.csv"

[travel]
access_km = 10

[[services]]
id = "cardiology_pci"
name = { az = "PCI", ru = "ЧКВ", en = "PCI" }
counts = "cardiology_pci"
bands_minutes = [30, 60]
target_minutes = 60

[[services]]
id = "primary_care"
name = "Primary care"
counts = "primary_care"
bands_minutes = [15, 30]
target_minutes = 30
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a scenario with one text replaced and returns its path."""

    def written(old="", new="", name="mine.toml"):
        assert old in SMALL
        path = tmp_path / name
        path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
        return path

    return written


def problems(path):
    """Return the words of all problems of a scenario file."""
    with pytest.raises(InputError) as error:
        load_scenario(path)
    return [str(f) for f in error.value.findings]


# --- sound files --------------------------------------------------------------------------------------------


def test_a_small_scenario(write):
    path = write()
    scenario = load_scenario(path)
    assert scenario.id == "mine"
    assert scenario.path == path.resolve()
    assert scenario.title.ru == scenario.title.en == "Sınaq"
    assert scenario.travel.access_km == 10
    assert scenario.services[0].bands_minutes == (30, 60)
    paths = scenario.table_paths()
    assert paths["facilities"] == (path.parent.resolve() / "mine.csv",)
    assert paths["roads"] == (shipped.table("roads"),)
    assert list(paths) == list(room.Tables.model_fields)


def test_several_files_for_one_table(write):
    path = write('"mine.csv"', '["shipped:facilities", "data/mine.csv"]')
    expected = (shipped.table("facilities"), path.parent.resolve() / "data" / "mine.csv")
    assert load_scenario(path).table_paths()["facilities"] == expected


def test_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + SMALL, encoding="utf-8")
    assert load_scenario(path).id == "mine"


def test_models_are_frozen(write):
    scenario = load_scenario(write())
    with pytest.raises(ValidationError):
        scenario.years = (2030,)


def test_the_record_of_a_scenario_names_no_place_of_this_machine(write):
    path = write()
    dumped = json.dumps(load_scenario(path).model_dump(mode="json"))
    assert str(path.parent) not in dumped
    assert '"id": "mine"' in dumped


def test_content_hash_sees_what_the_file_says_and_not_its_name_or_layout(write):
    first = load_scenario(write()).content_hash()
    assert (
        load_scenario(write("\n[travel]", "\n\n# walking\n[travel]", name="other.toml")).content_hash()
        == first
    )
    assert load_scenario(write("access_km = 10", "access_km = 10.0")).content_hash() == first
    assert load_scenario(write("access_km = 10", "access_km = 11")).content_hash() != first
    assert load_scenario(write("[2026]", "[2027]")).content_hash() != first


def test_every_field_is_documented():
    models = [m for m in vars(room).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    for model in models:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_travel_is_the_engines_rule():
    ours = {name: field.default for name, field in Travel.model_fields.items()}
    assert ours == {f.name: f.default for f in dataclasses.fields(AccessRule)}


# --- shipped scenarios --------------------------------------------------------------------------------------


def test_shipped_scenarios_load_by_name_and_by_path():
    for name, path in shipped.scenarios().items():
        scenario = load_scenario(name)
        assert scenario == load_scenario(path)
        assert scenario.id == name
        assert scenario.title.az != scenario.title.ru != scenario.title.en
        assert all(file.is_file() for files in scenario.table_paths().values() for file in files)


def test_baseline_asks_what_the_issue_asks():
    baseline = load_scenario("baseline")
    asked = {s.id: (s.bands_minutes, s.target_minutes, s.assessed) for s in baseline.services}
    assert asked == {
        "cardiology_pci": ((30, 60, 90, 120), 60, "everywhere"),
        "cardiology_pci_verified": ((30, 60, 90, 120), 60, "everywhere"),
        "oncology_radiotherapy": ((45, 60, 120), 60, "everywhere"),
        "emergency_hospital": ((30, 60), 60, "everywhere"),
        "primary_care": ((15, 30), 30, "liberated"),
    }
    verified = baseline.services[1]
    assert verified.exclude_status == ("unverified",)
    assert verified.variant_of == "cardiology_pci"
    assert (baseline.years, baseline.season, baseline.vehicle) == ((2026,), "summer", "car")
    assert baseline.facilities.military
    assert not baseline.population.other_residents


def test_assumed_centres_differ_from_the_baseline_in_facilities_only():
    baseline, assumed = load_scenario("baseline"), load_scenario("regional-centres-assumed")
    tables = baseline.tables.model_copy(update={"facilities": assumed.tables.facilities})
    words = {
        "id": assumed.id,
        "path": assumed.path,
        "title": assumed.title,
        "description": assumed.description,
        "extends": "baseline",
    }
    assert baseline.model_copy(update={"tables": tables, **words}) == assumed
    assert assumed.tables.facilities == ("shipped:facilities", "shipped:facilities_regional_assumed")
    assert all(
        w in t for w, t in zip(("Fərziyyə", "Предположение", "Assumed"), _titles(assumed), strict=True)
    )


def _titles(scenario: Scenario):
    return (scenario.title.az, scenario.title.ru, scenario.title.en)


# --- broken files -------------------------------------------------------------------------------------------


def test_no_such_scenario(tmp_path):
    with pytest.raises(UsageError, match=r"no scenario 'baselin'\. Did you mean 'baseline'"):
        load_scenario("baselin")
    with pytest.raises(UsageError, match="no scenario"):
        load_scenario(tmp_path / "absent.toml")


def test_a_file_that_is_not_toml(write):
    found = problems(write("years = [2026]", "years = 2026]"))
    assert len(found) == 1
    assert found[0].startswith("error: mine.toml:2: the file is not TOML")
    assert "key = value" in found[0]


def test_a_text_that_does_not_end(write):
    assert problems(write('"Sınaq"', '"Sınaq'))[0].startswith("error: mine.toml:1: the file is not TOML")


def test_a_table_file_given_as_scenario(tmp_path):
    path = tmp_path / "facilities.csv"
    path.write_text("facility_id,name_az\nf-1,Bir\n", encoding="utf-8")
    assert "facilities.csv:1: the file is not TOML" in problems(path)[0]


def test_another_encoding(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(SMALL.replace("Sınaq", "Şuşa").encode("cp1254", "replace"))
    assert "mine.toml: the file is not UTF-8" in problems(path)[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("years =", "yeras =", "mine.toml:2: unknown key 'yeras'. Did you mean 'years'?"),
        ("[travel]", "[travl]", "mine.toml:7: unknown key 'travl'. Did you mean 'travel'?"),
        ("access_km", "acces_km", "mine.toml:8: unknown key 'travel.acces_km'. Did you mean 'access_km'?"),
        (
            'facilities = "',
            'facilites = "',
            "mine.toml:5: unknown key 'tables.facilites'. Did you mean 'facilities'?",
        ),
        (
            'counts = "primary',
            'count = "primary',
            "mine.toml:20: unknown key 'services[2].count'. Did you mean 'counts'?",
        ),
        ("years = [2026]", 'id = "x"', "mine.toml:2: unknown key 'id'. Take it out."),
        ("ЧКВ", "", "mine.toml:12: services[1].name.ru: is empty. Fill it in."),
    ],
)
def test_unknown_keys_and_their_lines(write, old, new, words):
    assert any(words in p for p in problems(write(old, new))), problems(write(old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Sınaq"\n', "", "mine.toml: the key 'title' is missing."),
        ("target_minutes = 60\n", "", "mine.toml:10: the key 'services[1].target_minutes' is missing."),
        ("target_minutes = 60", "target_minutes = 0", "mine.toml:15: services[1].target_minutes"),
        ("target_minutes = 60", 'target_minutes = "60"', "mine.toml:15: services[1].target_minutes"),
        ("[30, 60]", "[60, 30]", "bands must ascend, each once: write [30, 60]"),
        ("[30, 60]", "[30, 30]", "bands must ascend, each once: write [30]"),
        ("[30, 60]", "[]", "services[1].bands_minutes"),
        ("[2026]", "[2027, 2026]", "mine.toml:2: years: years must ascend, each once: write [2026, 2027]."),
        ("[2026]", "[]", "mine.toml:2: years"),
        ("[2026]", "2026", "mine.toml:2: years"),
        ("access_km = 10", "access_km = nan", "mine.toml:8: travel.access_km"),
        ("access_km = 10", "detour_factor = 0.9", "mine.toml:8: travel.detour_factor"),
        (
            "years = [2026]",
            'season = "sumer"',
            "mine.toml:2: season: must be 'summer' or 'winter', not 'sumer'. Did you mean",
        ),
        ('id = "primary_care"', 'id = "cardiology_pci"', "the id 'cardiology_pci' occurs twice"),
        ('id = "primary_care"', 'id = "Primary care"', "mine.toml:18: services[2].id"),
        (
            'id = "primary_care"',
            'id = "primary_care"\nvariant_of = "cardiology"',
            "variant_of 'cardiology' is no other service of this file. Did you mean 'cardiology_pci'?",
        ),
        ("[tables]", 'population = "x"\n[tables]', "mine.toml:4: population"),
    ],
)
def test_wrong_values(write, old, new, words):
    assert any(words in p for p in problems(write(old, new))), problems(write(old, new))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("../mine.csv", "'../mine.csv' leads out of the scenario's folder"),
        ("a/../../mine.csv", "leads out of the scenario's folder"),
        ("/etc/hosts", "'/etc/hosts' is an absolute path"),
        ("C:/mine.csv", "'C:/mine.csv' is an absolute path"),
        ("//server/mine.csv", "is an absolute path"),
        ("shipped:facilites", "no shipped table is called 'facilites'. Did you mean 'facilities'?"),
        ("", "tables.facilities"),
    ],
)
def test_table_paths_stay_inside(write, table, words):
    found = problems(write("mine.csv", table))
    assert len(found) == 1
    assert found[0].startswith("error: mine.toml:5: ")
    assert words in found[0]


def test_a_link_does_not_lead_out_either(write, tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x", encoding="utf-8")
    (folder / "mine.csv").symlink_to(tmp_path / "secret.csv")
    path = Path(write()).rename(folder / "mine.toml")
    assert "leads out of the scenario's folder" in problems(path)[0]


def test_all_problems_at_once(write):
    path = write()
    text = path.read_text(encoding="utf-8").replace("[30, 60]", "[60, 30]").replace("years", "yeras")
    path.write_text(text.replace("mine.csv", "/x.csv").replace("access_km", "acces_km"), encoding="utf-8")
    assert len(problems(path)) == 4
