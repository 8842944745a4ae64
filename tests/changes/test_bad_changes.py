"""What a planner may get wrong in a scenario: one report, exit 3, nothing written, each with its place."""

from __future__ import annotations

import contextlib
import io
import sys
from unittest import mock

import pytest

from geoplan.cli import main

FACILITY = '[[changes]]\nchange = "{}"\nfacility = "{}"\n'
CLOSE = FACILITY.format("close_facility", "f-saki-rmx")
ROAD = '[[changes]]\nchange = "close_road"\n'
UNIT = '[[changes]]\nchange = "mobile_unit"\nunit = "m"\nname = "M"\nservices = ["primary_care"]\n'
NOWHERE = 'inside = "POLYGON ((50 39, 50.1 39, 50.1 39.1, 50 39))"\n'
CLOSED = 'inside = "POLYGON ((46.24 40.28, 46.25 40.28, 46.25 40.29, 46.24 40.29, 46.24 40.28))"\n'
"""Over the Murovdag tunnel alone, which is under construction."""

WRONG = {
    "unknown key": ("yeras = [2026]\n", "mine.toml:3: unknown key 'yeras'. Did you mean 'years'?"),
    "unknown key of a change": (ROAD + 'raod = "x"\n', "unknown key 'changes[1].raod'. Did you mean 'road'?"),
    "unknown kind": (
        ROAD.replace("close", "clos"),
        "no kind of change 'clos_road'. Did you mean 'close_road'?",
    ),
    "unknown facility": (FACILITY.format("close_facility", "f-saki-rmz"), "Nearest: f-saki-rmx"),
    "unknown road": (ROAD + 'road = "x-susa-tursi"\n', "Nearest: x-susa-tursu"),
    "unknown station": (FACILITY.format("fleet", "f-saki-rmz") + "cars = 1\n", "Nearest: f-saki-rmx"),
    "unknown stop": (UNIT + 'stops = [{ settlement = "sus-suse", days_a_month = 1 }]\n', "Nearest: sus-susa"),
    "closing before opening": (
        FACILITY.format("close_facility", "f-agdam-rmx-yeni"),
        "closes on 2026-01-01, but does not work then: it is construction",
    ),
    "year outside the plan": (
        CLOSE + "start = 2031\n",
        "the change never holds: the plan's days are 2026-01-01",
    ),
    "the same change twice": (
        CLOSE + CLOSE,
        "'facility f-saki-rmx, open' is changed twice, first in mine.toml:3",
    ),
    "changes that contradict": (
        ROAD + 'ref = "R29"\n[[changes]]\nchange = "open_road"\nroad = "r29-tartar-agdara"\n',
        "'r29-tartar-agdara' is changed otherwise in mine.toml:3",
    ),
    "a path out of the folder": ('[tables]\nroads = "../roads.csv"\n', "leads out of the scenario's folder"),
    "an absolute path": ('[tables]\nroads = "/roads.csv"\n', "is an absolute path"),
    "an envelope out of the folder": (
        '[[changes]]\nchange = "resettlement"\nenvelope = "../people.csv"\n',
        "'../people.csv' leads out of the scenario's folder",
    ),
    "a polygon beside all roads": (ROAD + NOWHERE, "no road touches the polygon"),
    "a polygon over closed roads": (ROAD + CLOSED, "the change closes nothing"),
}


def geoplan(*words):
    """Run the command line in this process; return exit code and what it said on stderr."""
    err, code = io.StringIO(), 0
    argv = ["geoplan", *map(str, words)]
    quiet = contextlib.redirect_stdout(io.StringIO())
    with mock.patch.object(sys, "argv", argv), quiet, contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return code, err.getvalue()


@pytest.mark.parametrize("what", WRONG)
def test_one_report_and_exit_3(write, what):
    text, words = WRONG[what]
    path = write(text)
    code, said = geoplan("run", path, "--out", path.parent / "out", "--quiet")
    assert code == 3, said
    assert words in " ".join(said.split()), said
    assert "Traceback" not in said
    assert not (path.parent / "out").exists()


def test_a_circle_of_parents_is_one_report(write):
    write(head='title = "a"\nextends = "b.toml"\n', name="a.toml")
    path = write(head='title = "b"\nextends = "a.toml"\n', name="b.toml")
    code, said = geoplan("run", path, "--out", path.parent / "out", "--quiet")
    assert code == 3
    assert "the parents go round in a circle: b.toml -> a.toml -> b.toml" in " ".join(said.split())


def test_all_that_is_wrong_in_a_file_comes_at_once(write):
    """What the file alone shows wrong is said together; then what the tables show wrong, together too."""
    names = ("unknown key", "unknown kind", "the same change twice", "an absolute path")
    own = ("unknown key", "an absolute path", "unknown kind")
    path = write("".join(WRONG[name][0] for name in own) + CLOSE + CLOSE)
    code, said = geoplan("run", path, "--out", path.parent / "out", "--quiet")
    flat = " ".join(said.split())
    assert code == 3
    assert f"the input has {len(names)} problems" in flat
    for part in ("unknown key 'yeras'", "no kind of change", "is changed twice", "is an absolute path"):
        assert part in flat, part
    names = (
        "unknown facility",
        "unknown road",
        "unknown stop",
        "closing before opening",
        "a polygon beside all roads",
    )
    path = write("".join(WRONG[name][0] for name in names))
    code, said = geoplan("run", path, "--out", path.parent / "out", "--quiet")
    flat = " ".join(said.split())
    assert code == 3
    assert f"the input has {len(names)} problems" in flat
    for name in names:
        assert WRONG[name][1] in flat, name
