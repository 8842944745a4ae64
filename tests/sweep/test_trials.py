"""Road what-ifs by trial give what runs anew give, figure for figure, by both engines; else they decline."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny import write_scenario, write_sweep

from geoplan.errors import InputError
from geoplan.network.engine import has_fast
from geoplan.run import run
from geoplan.scenario import Scenario, load_scenario
from geoplan.scenario.change_roads import AddRoad, CloseRoad, OpenRoad, SlowRoad, SpeedUpRoad
from geoplan.sweep import tasks, trials
from geoplan.sweep.sweep import Where, sweep
from geoplan.sweep.trials import RoadTrials, without_trials
from geoplan.tables.pool import DemandPool, TablePool

needs_fast = pytest.mark.skipif(not has_fast(), reason="the hierarchy needs geoplan[fast]")
ENGINES = ["scipy", pytest.param("hierarchy", marks=needs_fast)]

POOL, PEOPLE = TablePool(), DemandPool()


def anew(scenario: Scenario) -> pd.DataFrame | None:
    """Return the summary of a run, None where the changes are not in order."""
    try:
        tables = POOL.read(scenario.table_paths())
        return run(scenario, tables=tables, figures_only=True, people=PEOPLE).coverage_summary
    except InputError:
        return None


def with_changes(scenario: Scenario, *changes: object) -> Scenario:
    """Return the scenario with more changes, each with a place of its own."""
    placed = [c.model_copy(update={"where": f"x:{i}"}) for i, c in enumerate(changes)]
    return scenario.model_copy(update={"changes": (*scenario.changes, *placed)})


def same(trial: pd.DataFrame, run_anew: pd.DataFrame) -> None:
    """Both say the same of the same rows."""
    pd.testing.assert_frame_equal(trial, run_anew[list(trial.columns)], check_exact=True)


def drawn(scenario: Scenario, draw: random.Random) -> Scenario:
    """Return the scenario with one to three random trials."""
    roads = POOL.read(scenario.table_paths()).roads
    refs = sorted(set(roads["ref"]) - {""})
    kinds = [
        lambda road: CloseRoad(change="close_road", road=road),
        lambda road: CloseRoad(change="close_road", road=road),
        lambda road: SlowRoad(change="slow_road", road=road, factor=draw.choice([0.5, 0.37])),
        lambda road: SlowRoad(change="slow_road", road=road, delay_minutes=17.3),
        lambda road: SpeedUpRoad(change="speed_up_road", road=road, speed_kmh=97),
        lambda _: CloseRoad(change="close_road", ref=draw.choice(refs)),
    ]
    count = draw.choice([1, 1, 2, 3])
    return with_changes(scenario, *(draw.choice(kinds)(draw.choice(list(roads.index))) for _ in range(count)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["baseline", "winter", "slide-shusha-lachin"])
def test_random_closures_and_speeds_give_what_a_run_gives(name: str, engine: str) -> None:
    scenario = load_scenario(name)
    ready = RoadTrials(scenario, POOL.read(scenario.table_paths()), people=PEOPLE, engine=engine)
    draw = random.Random(f"{name} {engine}")  # noqa: S311 - which roads, nothing to hide
    tried, differs, bare = 0, 0, anew(without_trials(scenario))
    for _ in range(7):
        asked = drawn(scenario, draw)
        by_trial, by_run = ready.summary(asked), anew(asked)
        if by_run is None:
            assert by_trial is None
        elif by_trial is not None:
            same(by_trial, by_run)
            tried += 1
            differs += not by_run.equals(bare)
    assert tried >= 3
    assert differs >= 1
    # and all roads are as before
    same(ready.summary(without_trials(scenario)), bare)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """The tiny country in two years, with a closed road that opens later and a new one."""
    path = write_scenario(tmp_path_factory.mktemp("trials"))
    text = path.read_text(encoding="utf-8").replace("[2026]", "[2026, 2028]")
    path.write_text(
        f'{text}[[changes]]\nchange = "add_road"\nroad = "new"\nnodes = ["bati", "serq"]\nlength_km = 150\n'
        'road_class = "secondary"\nstart = 2027\n',
        encoding="utf-8",
    )
    return load_scenario(path)


def test_dates_levels_and_services(plan: Scenario) -> None:
    ready = RoadTrials(plan, POOL.read(plan.table_paths()), people=PEOPLE)
    road = str(POOL.read(plan.table_paths()).roads.index[0])
    close = CloseRoad(change="close_road", road=road, start="2027-05-01")
    asked = with_changes(plan, close)
    by_run = anew(asked)
    same(ready.summary(asked), by_run)
    assert by_run[by_run["year"] == 2026].equals(anew(plan).query("year == 2026"))
    part = ready.summary(asked, levels=("nation", "district"), services=("emergency_hospital",))
    chosen = by_run["level"].isin(["nation", "district"]) & (by_run["service"] == "emergency_hospital")
    same(part, by_run[chosen].reset_index(drop=True))
    slow = SlowRoad(change="slow_road", road="new", factor=0.5)
    same(ready.summary(with_changes(plan, slow)), anew(with_changes(plan, slow)))


def test_what_is_no_certain_trial_is_left_to_a_run(plan: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = POOL.read(plan.table_paths())
    ready = RoadTrials(plan, tables, people=PEOPLE)
    unknown = CloseRoad(change="close_road", road="nowhere")
    assert ready.summary(with_changes(plan, unknown)) is None
    road = str(tables.roads.index[0])
    close = CloseRoad(change="close_road", road=road)
    twice = [close, CloseRoad(change="close_road", road=road, start="2027-01-01")]
    assert ready.summary(with_changes(plan, *twice)) is None or anew(with_changes(plan, *twice)) is not None
    monkeypatch.setattr(trials, "SPARE_NODES", 0)
    few = RoadTrials(plan, tables, people=PEOPLE)
    on_it = few._stages[0].origins.road_id == road
    assert on_it.any()
    assert few.summary(with_changes(plan, close)) is None


def test_which_changes_are_trials(plan: Scenario) -> None:
    kinds = [
        CloseRoad(change="close_road", road="a"),
        SlowRoad(change="slow_road", road="a", factor=0.5),
        SpeedUpRoad(change="speed_up_road", road="a", factor=2),
    ]
    others = [
        SpeedUpRoad(change="speed_up_road", road="a", surface="paved"),
        OpenRoad(change="open_road", road="a"),
        *plan.changes,
    ]
    assert isinstance(plan.changes[0], AddRoad)
    assert [trials.is_trial(c) for c in (*kinds, *others)] == [True] * 3 + [False] * len(others)


def test_the_hierarchy_is_taken_where_it_pays(plan: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = RoadTrials(plan, POOL.read(plan.table_paths()), people=PEOPLE, runs=10)
    assert ready.engine == "scipy"
    stage = ready._stages[0]
    large = replace(stage, network=replace(stage.network, node_ids=np.empty(300_000, dtype=object)))
    monkeypatch.setattr(trials, "has_fast", lambda: True)
    assert trials._engine([large], 200) == "hierarchy"
    assert trials._engine([large], 1) == "scipy"
    monkeypatch.setattr(trials, "has_fast", lambda: False)
    assert trials._engine([large], 200) == "scipy"


ROADS = """\
[vary]
changes.1.road = ["m1-bati-serq", "nowhere"]
changes.1.factor = [0.2, 0.3, 0.4, 0.5]
travel.detour_factor = [1.2, 1.3]
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_over_roads_is_the_same_by_trials_and_by_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    file = write_sweep(tmp_path, ROADS)
    with (tmp_path / "tiny.toml").open("a", encoding="utf-8") as text:
        text.write('[[changes]]\nchange = "slow_road"\nroad = "m1-bati-serq"\nfactor = 0.9\n')
    asked = []
    real = RoadTrials.summary
    monkeypatch.setattr(RoadTrials, "summary", lambda *a, **k: (asked.append(1), real(*a, **k))[1])
    summary = sweep(file, tmp_path / "trials", where=Where(workers))
    assert (summary.runs, summary.failed) == (16, 8)
    if workers == 1:
        assert len(asked) == 16
    monkeypatch.setattr(tasks, "ALIKE", 1000)
    sweep(file, tmp_path / "runs")
    for name in ("sweep.csv", "failures.csv"):
        assert (tmp_path / "trials" / name).read_bytes() == (tmp_path / "runs" / name).read_bytes()


def test_people_are_made_once_for_runs_that_do_not_change_them(
    plan: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geoplan.tables import pool

    made = []
    real = pool.build_demand
    monkeypatch.setattr(pool, "build_demand", lambda *a, **k: (made.append(k["year"]), real(*a, **k))[1])
    people, tables = DemandPool(), POOL.read(plan.table_paths())

    def summary(scenario: Scenario) -> pd.DataFrame:
        return run(scenario, tables=tables, figures_only=True, people=people).coverage_summary

    first = summary(plan)
    faster = plan.model_copy(update={"travel": plan.travel.model_copy(update={"access_speed_kmh": 30.0})})
    same(summary(faster), anew(faster))
    same(summary(plan), first)
    assert made == [2026, 2028]
    finer = plan.population.model_copy(update={"hexagon_resolution": 7})
    summary(plan.model_copy(update={"population": finer}))
    assert made == [2026, 2028, 2026, 2028]
    # the same cells in another object are the same people, other cells are not
    copied = replace(tables, population=tables.population.copy())
    run(plan, tables=copied, figures_only=True, people=people)
    assert len(made) == 4
    grown = copied.population.assign(population=copied.population["population"] + 1)
    run(plan, tables=replace(tables, population=grown), figures_only=True, people=people)
    assert len(made) == 6
