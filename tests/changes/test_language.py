"""The scenario language: parents, overrides, keys of changes, and what wrong files are told."""

from __future__ import annotations

import tomllib

import pytest
from pydantic import BaseModel

from geoplan import shipped
from geoplan.errors import InputError
from geoplan.scenario import KINDS, Scenario, load_scenario, scenario_toml

CLOSE = '[[changes]]\nchange = "close_facility"\nfacility = "f-saki-rmx"\n'
ROAD = '[[changes]]\nchange = "close_road"\n'


def problems(path):
    """Return the words of all problems of a scenario file."""
    with pytest.raises(InputError) as error:
        load_scenario(path)
    return [str(f) for f in error.value.findings]


# --- parents ------------------------------------------------------------------------------------------------


def test_a_child_says_only_what_differs(write):
    baseline = load_scenario("baseline")
    child = load_scenario(write('season = "winter"\n[travel]\naccess_km = 10\n'))
    assert (child.season, child.travel.access_km) == ("winter", 10)
    assert child.travel.snap_limit_km == baseline.travel.snap_limit_km
    assert child.services == baseline.services
    assert child.extends == "baseline"
    assert child.description is None


def test_services_are_joined_by_id(write):
    child = load_scenario(
        write(
            '[[services]]\nid = "primary_care"\ntarget_minutes = 20\n'
            '[[services]]\nid = "dialysis"\nname = "Dialysis"\ncounts = "dialysis"\n'
            "bands_minutes = [30]\ntarget_minutes = 30\ntarget_share = 0.9\n"
        )
    )
    by = {s.id: s for s in child.services}
    assert [s.id for s in child.services][-2:] == ["primary_care", "dialysis"]
    assert (by["primary_care"].target_minutes, by["primary_care"].bands_minutes) == (20, (15, 30))
    assert by["dialysis"].target_share == 0.9


def test_parents_of_any_depth_and_their_tables(write):
    write('[tables]\nroads = "roads.csv"\n' + CLOSE, name="inside/first.toml")
    write('vehicle = "ambulance"\n', name="second.toml", head='title = "2"\nextends = "inside/first.toml"\n')
    path = write(head='title = "3"\nextends = "second.toml"\n')
    leaf = load_scenario(path)
    assert leaf.vehicle == "ambulance"
    assert leaf.table_paths()["roads"] == (path.parent.resolve() / "inside" / "roads.csv",)
    assert [c.where for c in leaf.changes] == ["first.toml:5"]


@pytest.mark.parametrize("name", [n for n in shipped.scenarios() if n != "baseline"])
def test_every_shipped_scenario_can_be_a_parent(write, name):
    parent = load_scenario(name)
    child = load_scenario(write(head=f'title = "x"\nextends = "{name}"\nyears = {list(parent.years)}\n'))
    assert [c.key for c in child.changes] == [c.key for c in parent.changes]
    assert child.envelope == parent.envelope
    assert child.table_paths() == parent.table_paths()


def test_changes_of_the_parent_come_first_and_are_replaced_only_on_purpose(write):
    write(CLOSE + "start = 2026\n", name="parent.toml")
    head = 'title = "x"\nextends = "parent.toml"\n'
    both = load_scenario(write("years = [2026, 2030]\n" + CLOSE + "start = 2028\n", head=head))
    assert [c.key.start for c in both.changes] == ["2026-01-01", "2028-01-01"]
    found = problems(write(CLOSE + "start = 2026\n", head=head))
    assert found[0].startswith(
        "error: mine.toml:3: 'facility f-saki-rmx, open, 2026-01-01' is changed already"
    )
    assert "parent.toml:3" in found[0]
    assert "override = true" in found[0]
    opened = '[[changes]]\nchange = "open_facility"\nfacility = "f-saki-rmx"\nstart = 2026\noverride = true\n'
    (only,) = load_scenario(write(opened, head=head)).changes
    assert only.label() == "open f-saki-rmx from 2026-01-01"
    assert "nothing to override" in problems(write(CLOSE + "override = true\n"))[0]


def test_one_key_once_in_a_file_but_with_other_starts(write):
    twice = CLOSE + "start = 2026\n" + CLOSE + "start = 2026-01-01\n"
    (found,) = problems(write(twice))
    assert found.startswith("error: mine.toml:7: 'facility f-saki-rmx, open, 2026-01-01' is changed twice")
    again = '[[changes]]\nchange = "open_facility"\nfacility = "f-saki-rmx"\nstart = 2028\n'
    years = "years = [2026, 2027, 2028]\n"
    assert len(load_scenario(write(years + CLOSE + "start = 2027\n" + again)).changes) == 2


def test_subsets_of_changes_and_the_record_are_scenarios_again(write):
    scenario = load_scenario(write(CLOSE + ROAD + 'ref = "M2"\n'))
    half = scenario.model_copy(update={"changes": scenario.changes[:1]})
    assert half.content_hash() != scenario.content_hash()
    text = scenario.model_dump_json(exclude={"id"})
    assert Scenario.model_validate_json(text, strict=True).changes == scenario.changes


def test_show_is_a_scenario_that_needs_no_parent(write):
    scenario = load_scenario(write(CLOSE + "start = 2026\n" + ROAD + 'between = ["a", "b"]\n'))
    text = scenario_toml(scenario)
    assert "[[changes]] # mine.toml:3" in text
    assert "extends" not in tomllib.loads(text)
    alone = load_scenario(write(text, name="alone.toml", head=""))
    assert alone.content_hash() == scenario.content_hash()


def test_every_key_of_every_kind_is_documented():
    for kind, model in KINDS.items():
        assert issubclass(model, BaseModel)
        assert model.__doc__, kind
        assert [n for n, field in model.model_fields.items() if not field.description] == [], kind


def test_labels_are_one_line_for_people():
    labels = [c.label() for name in shipped.scenarios() for c in load_scenario(name).changes]
    assert "open f-agdam-rmx-yeni from 2027-01-01" in labels
    assert any(label.startswith("close roads inside the polygon about 39.67 N, 46.6") for label in labels)
    assert "move f-susa-rmx-bakida to sus-susa" in labels
    assert all(label and "\n" not in label and "POLYGON" not in label for label in labels)


# --- wrong files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("baselin", "there is no scenario 'baselin' to extend. Did you mean 'baseline'?"),
        ("../other.toml", "leads out of the scenario's folder"),
        ("/tmp/other.toml", "is an absolute path"),
        ("absent.toml", "there is no scenario 'absent.toml' to extend"),
    ],
)
def test_parents_that_cannot_be(write, name, words):
    (found,) = problems(write(head=f'title = "x"\nextends = "{name}"\n'))
    assert found.startswith("error: mine.toml:2: ")
    assert words in found


def test_a_circle_of_parents(write):
    write(head='title = "a"\nextends = "b.toml"\n', name="a.toml")
    path = write(head='title = "b"\nextends = "a.toml"\n', name="b.toml")
    (found,) = problems(path)
    assert found.startswith("error: a.toml:2: the parents go round in a circle: b.toml -> a.toml -> b.toml.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROAD.replace("close_road", "clos_road"), "mine.toml:4: there is no kind of change 'clos_road'."),
        (ROAD.replace("close_road", "telemedicine"), "there is no kind of change 'telemedicine'. Kinds: "),
        ("[[changes]]\nroad = 'x'\n", "mine.toml:3: the key 'changes[1].change' is missing. Kinds:"),
        (ROAD + 'raod = "x"\n', "mine.toml:5: unknown key 'changes[1].raod'. Did you mean 'road'?"),
        (ROAD + 'where = "x"\n', "mine.toml:5: unknown key 'changes[1].where'. Take it out."),
        (ROAD, "give exactly one of road, ref, between, inside (found: none of them)"),
        (ROAD + 'road = "x"\nref = "M2"\n', "(found: road and ref)"),
        (ROAD + 'inside = "POLYGON ((1 2"\n', "write a shape such as 'POLYGON (("),
        (CLOSE + "start = 2028\nuntil = 2027\n", "until (2027-01-01) must lie after start (2028-01-01)"),
        (CLOSE + 'start = "soon"\n', "mine.toml:6: changes[1].start: write a year (2027) or a date"),
        (CLOSE + "start = 1066\n", "write a year from 1990 to 2100"),
        (CLOSE + "start = 2031\n", "mine.toml:3: the change never holds: the plan's days are 2026-01-01."),
        (CLOSE + "until = 2020\n", "the change never holds"),
        ('changes = "x"\n', "changes: must be a list of sections"),
        (
            '[[changes]]\nchange = "standard"\nservice = "primary_car"\ntarget_minutes = 5\n',
            "there is no service 'primary_car'. Did you mean 'primary_care'?",
        ),
        (
            '[[changes]]\nchange = "resettlement"\nenvelope = "../people.csv"\n',
            "'../people.csv' leads out of the scenario's folder",
        ),
        (
            '[[changes]]\nchange = "slow_road"\nroad = "x"\nfactor = 1.5\n',
            "mine.toml:6: changes[1].factor: must be less than 1, not 1.5",
        ),
        (
            '[[changes]]\nchange = "move_facility"\nfacility = "x"\nlat = 40.1\n',
            "give either settlement, or lat, lon and district",
        ),
    ],
)
def test_wrong_changes_and_their_lines(write, text, words):
    found = problems(write(text))
    assert any(words in p for p in found), found


def test_problems_of_child_and_changes_come_together(write):
    text = "yeras = [2026]\n" + ROAD + 'raod = "x"\n' + CLOSE + "start = 2040\n"
    found = problems(write(text))
    assert len(found) == 2  # which days the plan has is not known while a key is wrong
