"""Sweep files: values, draws and what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoplan import shipped
from geoplan.errors import InputError, UsageError
from geoplan.scenario import load_scenario
from geoplan.sweep.draws import settings_of_runs
from geoplan.sweep.plan import load_plan
from geoplan.sweep.tasks import check_keys


def plan(tmp_path: Path, text: str):
    path = tmp_path / "s.toml"
    path.write_text('base = "baseline"\n' + text, encoding="utf-8")
    return load_plan(path)


def test_lists_and_ranges_give_every_combination(tmp_path: Path) -> None:
    read = plan(
        tmp_path,
        '[vary]\nseason = ["summer", "winter"]\ntravel.detour_factor = {from=1.1, to=1.3, step=0.1}\n',
    )
    runs = settings_of_runs(read)
    assert read.keys == ("season", "travel.detour_factor")
    assert len(runs) == 6
    assert runs[1] == {"season": "summer", "travel.detour_factor": 1.2}
    assert [r["travel.detour_factor"] for r in runs[:3]] == [1.1, 1.2, 1.3]


def test_whole_ranges_stay_whole(tmp_path: Path) -> None:
    read = plan(tmp_path, '[vary]\n"population.hexagon_resolution" = { from = 4, to = 6, step = 1 }\n')
    assert settings_of_runs(read) == [{"population.hexagon_resolution": v} for v in (4, 5, 6)]


def drawn(tmp_path: Path, method: str, keys: str, *, runs: int = 200, seed: int = 1):
    text = f'seed = {seed}\n[[draw]]\nmethod = "{method}"\nruns = {runs}\n[draw.keys]\n{keys}\n'
    return settings_of_runs(plan(tmp_path, text))


def test_draws_are_the_same_for_the_same_seed_and_differ_for_another(tmp_path: Path) -> None:
    keys = "travel.access_speed_kmh = { low = 10, high = 30 }"
    one = drawn(tmp_path, "monte_carlo", keys)
    assert one == drawn(tmp_path, "monte_carlo", keys)
    assert one != drawn(tmp_path, "monte_carlo", keys, seed=2)


def test_a_latin_hypercube_has_one_draw_in_every_slice(tmp_path: Path) -> None:
    keys = 'a = { low = 0, high = 1 }\n"b.c" = { low = 100, high = 200 }'
    runs = drawn(tmp_path, "latin_hypercube", keys, runs=50)
    for key, low, high in (("a", 0, 1), ("b.c", 100, 200)):
        values = np.array([r[key] for r in runs])
        assert sorted(np.floor((values - low) / (high - low) * 50).astype(int)) == list(range(50))


def test_spreads_have_their_shape(tmp_path: Path) -> None:
    keys = """
    n = { mean = 20, sd = 2, low = 15 }
    t = { low = 0, mode = 3, high = 10 }
    w = { low = 1, high = 6, whole = true }
    c = { choices = ["x", "y"] }
    """
    runs = drawn(tmp_path, "latin_hypercube", keys, runs=600)
    n, t, w = (np.array([r[k] for r in runs]) for k in "ntw")
    assert n.mean() == pytest.approx(20, abs=0.2)
    assert n.std() == pytest.approx(2, abs=0.2)
    assert n.min() >= 15
    assert t.mean() == pytest.approx(13 / 3, abs=0.1)
    assert {int(v): int((w == v).sum()) for v in np.unique(w)} == dict.fromkeys(range(1, 7), 100)
    assert {type(v) for v in (r["w"] for r in runs)} == {int}
    assert sum(r["c"] == "x" for r in runs) == 300


def test_two_blocks_and_a_list_are_crossed(tmp_path: Path) -> None:
    block = '[[draw]]\nmethod = "monte_carlo"\nruns = {n}\nkeys = {{ {k} = {{ low = 0, high = 1 }} }}\n'
    text = "[vary]\nz = [1, 2]\n" + block.format(n=3, k="a") + block.format(n=5, k="b")
    runs = settings_of_runs(plan(tmp_path, text))
    assert len(runs) == 30
    assert len({tuple(r.values()) for r in runs}) == 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing varies"),
        ("[varry]\na = [1]", "Did you mean 'vary'"),
        ("[vary]\na = []", "at least 1 item"),
        ("[vary]\na = { from = 1, to = 2 }", "step"),
        ("[vary]\na = { from = 1, to = 2, step = 0 }", "greater than 0"),
        ("[vary]\na = { from = 3, to = 2, step = 1 }", "at least 1 item"),
        ('[[draw]]\nmethod = "sobol"\nruns = 2\nkeys = { a = { low = 0, high = 1 } }', "latin_hypercube"),
        (
            '[[draw]]\nmethod = "monte_carlo"\nruns = 2\nkeys = { a = { low = 2, high = 1 } }',
            "low must be below",
        ),
        ('[[draw]]\nmethod = "monte_carlo"\nruns = 2\nkeys = { a = { mean = 2 } }', "mean and sd"),
        ('[[draw]]\nmethod = "monte_carlo"\nruns = 2\nkeys = { a = { low = 2 } }', "low and high"),
        ("[vary]\na = [1]\n[keep]\nfigures = []", "at least 1 item"),
        ("[vary]\na = [1]\n[keep]\nfigures = ['minutes']", "keep.figures"),
        (
            "[vary]\na = [1]\n[[draw]]\nmethod = 'monte_carlo'\nruns = 1\nkeys = {a = {low=0, high=1}}",
            "two",
        ),
        ("not toml", "not TOML"),
    ],
)
def test_bad_plans_say_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan(tmp_path, text)


def test_a_place_in_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"s\.toml:3"):
        plan(tmp_path, "# a sweep\nseeed = 1\n[vary]\na = [1]")


def test_too_many_runs_and_no_file(tmp_path: Path) -> None:
    wide = "a = { from = 1, to = 2000, step = 1 }\nb = { from = 1, to = 2000, step = 1 }"
    with pytest.raises(InputError, match="4,000,000"):
        settings_of_runs(plan(tmp_path, f"[vary]\n{wide}"))
    with pytest.raises(UsageError, match=r"Did you mean 's\.toml'"):
        load_plan(tmp_path / "ss.toml")


def test_the_example_of_the_docs_is_a_sweep_over_the_baseline(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    example, closures = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    path = tmp_path / "example.toml"
    path.write_text(example, encoding="utf-8")
    read = load_plan(path)
    check_keys(load_scenario("baseline"), read.keys, file=path.name)
    assert len(settings_of_runs(read)) == 2 * 3 * 2 * 50
    path.write_text(closures, encoding="utf-8")
    roads = pd.read_csv(shipped.table("roads"))["road_id"]
    assert set(load_plan(path).vary["changes.1.road"]) <= set(roads)
