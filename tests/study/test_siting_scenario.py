"""The siting question on the shipped baseline: brute force, identities between questions, every option."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geoplan.errors import InputError, UsageError
from geoplan.scenario import Siting
from geoplan.siting_answer import solve_case
from geoplan.stage import offers
from geoplan.study.ask import study_of
from geoplan.study.beside import frontier_by_money, frontier_by_number
from geoplan.study.figures import districts_table, gains_table, people_before_and_after
from geoplan.study.siting import new_sites_only, site_scenario
from geoplan.study.uncertain import regret_table, robustness_of

FAR = 10**9


def silent(_step: str) -> None:
    pass


@pytest.fixture(scope="module")
def ask(baseline):
    def study(**asked):
        return study_of(baseline, baseline.years[-1], Siting.model_validate(asked))

    return study


@pytest.fixture(scope="module")
def answer(ask):
    def solved(**asked):
        study = ask(**asked)
        found, plan = solve_case(study.case)
        return study, found, plan

    return solved


class Plain:
    """The same question from the result's own tables, by counting."""

    def __init__(self, result, service_id):
        state = result.years[-1]
        service = next(s for s in result.scenario.services if s.id == service_id)
        rows = result.coverage_by_settlement
        rows = rows[(rows["service"] == service_id) & (rows["status"] != "not_assessed")]
        weight = rows.set_index("demand_id")["population"].reindex(state.demand.index).fillna(0)
        self.people = weight.to_numpy(dtype=np.int64)
        self.tenths = np.where(state.site_tenths < 0, FAR, state.site_tenths)
        self.ids = list(state.sites.index)
        given = state.facilities["counts"].to_numpy(dtype=bool) & offers(state.facilities, service)
        self.standing = [self.ids.index(f) for f in state.facilities.index[given]]
        self.candidates = [k for k, kind in enumerate(state.sites["site_kind"]) if kind == "candidate"]
        self.before = self.tenths[:, self.standing].min(axis=1)
        self.target = service.target_minutes

    def covered(self, sites, minutes=None):
        limit = 10 * (self.target if minutes is None else minutes)
        least = np.minimum(self.before, self.tenths[:, list(sites)].min(axis=1, initial=FAR))
        return int(self.people[least <= limit].sum())


# --- against brute force ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "service",
    [
        "cardiology_pci",
        "cardiology_pci_verified",
        "oncology_radiotherapy",
        "emergency_hospital",
        "primary_care",
    ],
)
def test_the_best_next_site_is_that_of_brute_force(baseline, answer, service):
    plain = Plain(baseline, service)
    best = min(plain.candidates, key=lambda k: (-plain.covered([k]), plain.ids[k]))
    study, found, _ = answer(service=service, open=1)
    assert found.record["sites_new"] == [plain.ids[best]]
    assert found.record["people_covered"] == plain.covered([best])
    assert sorted(found.record["sites_existing"]) == sorted(plain.ids[k] for k in plain.standing)
    assert found.record["status"] == "optimal"
    assert found.record["verified"]
    gains = gains_table(study)
    assert gains["site_id"][0] == plain.ids[best]
    assert gains["gain_people"].tolist() == sorted(
        (plain.covered([k]) - plain.covered([]) for k in plain.candidates), reverse=True
    )


def test_two_sites_are_those_of_all_pairs(baseline, answer):
    plain = Plain(baseline, "oncology_radiotherapy")
    near = plain.tenths[:, plain.candidates] <= 600
    left = near[plain.before > 600]
    people = plain.people[plain.before > 600]
    both = (left * people[:, None]).T @ left
    alone = np.diag(both)
    union = alone[:, None] + alone[None, :] - both
    _, found, _ = answer(service="oncology_radiotherapy", open=2)
    assert found.record["people_covered"] - plain.covered([]) == union.max()


def test_the_frontier_is_nested_in_its_own_plans_and_in_brute_force(baseline, ask, answer):
    study = ask(service="oncology_radiotherapy", open=3, frontier=3)
    table = new_sites_only(study, frontier_by_number(study, silent))
    plain = Plain(baseline, "oncology_radiotherapy")
    assert table["open_new"].tolist() == [0, 1, 2, 3]
    assert table["open"].tolist() == [1, 2, 3, 4]
    assert table["people_covered"].is_monotonic_increasing
    assert table["people_covered"][0] == plain.covered([])
    for row in table.itertuples():
        sites = [plain.ids.index(s) for s in row.sites.split(";") if s]
        assert len(sites) == row.open_new
        assert plain.covered(sites) == row.people_covered
    _, found, _ = answer(service="oncology_radiotherapy", open=3)
    assert table["objective"][3] == found.record["objective"]


def test_the_fewest_sites_for_a_share_stand_on_the_frontier(baseline, ask, answer):
    plain = Plain(baseline, "cardiology_pci")
    study, found, plan = answer(service="cardiology_pci", model="lscp", cover_share=0.75, limit_minutes=90)
    number = len(found.record["sites_new"])
    frontier = frontier_by_number(
        ask(service="cardiology_pci", model="lscp", cover_share=0.75, limit_minutes=90, frontier=number),
        silent,
    )
    share = frontier["people_covered"] / plain.people.sum()
    assert (share < 0.75).tolist() == [True] * number + [False]
    sites = [plain.ids.index(s) for s in found.record["sites_new"]]
    assert plain.covered(sites, 90) == found.record["people_covered"] == frontier["people_covered"][number]
    assert plan.objective == study.n_standing + number


# --- options --------------------------------------------------------------------------------------


def test_fixed_and_closed_candidates_count_among_the_new(answer):
    free = answer(service="oncology_radiotherapy", open=2)[1].record["sites_new"]
    study, found, _ = answer(service="oncology_radiotherapy", open=2, fixed="c-gn586523", closed=free[0])
    assert "c-gn586523" in found.record["sites_new"]
    assert free[0] not in found.record["sites_new"]
    assert len(found.record["sites_new"]) == 2
    assert found.record["sites_existing"] == ["f-milli-onkologiya-markazi"]
    assert free[0] not in set(gains_table(study)["site_id"])


def test_unknown_ids_are_named(ask):
    for key, value in (("fixed", "c-gn1"), ("closed", "c-gn1"), ("evaluate", ["c-gn1"])):
        with pytest.raises(InputError) as error:
            ask(service="oncology_radiotherapy", open=1, **{key: value})
        assert [f.code for f in error.value.findings if f.severity == "error"] == ["unknown-site"]
    with pytest.raises(InputError, match="c-gn58464"):
        ask(service="oncology_radiotherapy", open=1, kinds=[{"kind": "new", "sites": ["c-gn58464"]}])


def test_closable_sites_make_room_only_where_it_pays(answer):
    kept = answer(service="cardiology_pci", open=2)[1].record
    study, found, _ = answer(service="cardiology_pci", open=2, closable=True)
    assert found.record["objective"] == kept["objective"]
    assert len(found.record["sites_new"]) == 2
    # six centres cost 6 million a year for ten years, a new one 10: only by closing some the budget holds two
    kinds = [
        {"kind": "existing", "run_azn_a_year": 1e6},
        {"kind": "new", "open_azn": 5e6, "run_azn_a_year": 5e5},
    ]
    asked = {"service": "cardiology_pci", "open": 2, "closable": True, "kinds": kinds, "budget_azn": 4e7}
    study, found, plan = answer(**asked)
    record = found.record
    assert len(record["sites_new"]) == 2
    assert record["money"] == 2 * 1e7 + len(record["sites_existing"]) * 1e7 <= 4e7
    assert record["verified"]
    assert record["objective"] <= kept["objective"]
    table = new_sites_only(study, pd.DataFrame({"sites": [";".join(record["sites"])]}))
    assert len(table["closed"][0].split(";")) == 6 - len(record["sites_existing"])
    assert plan.status == "optimal"


def test_upgraded_hospitals_stand_beside_candidates(answer):
    study, found, _ = answer(
        service="cardiology_pci", open=3, upgrade="emergency_hospital", may_open="upgrade"
    )
    assert all(name.startswith("f-") for name in found.record["sites_new"])
    assert set(gains_table(study)["kind"]) == {"upgrade"}
    both = answer(service="cardiology_pci", open=3, upgrade="emergency_hospital")[1].record
    assert both["objective"] >= found.record["objective"]


def test_liberated_people_and_places_alone(baseline, answer):
    study, found, _ = answer(
        service="emergency_hospital", open=2, people="liberated", where="liberated", limit_minutes=30
    )
    demand = baseline.years[-1].demand
    assert study.case.tables.demand["weight"].sum() == demand.loc[demand["liberated"], "population"].sum()
    settlements = baseline.settlements
    for name in found.record["sites_new"]:
        assert settlements.loc[name.removeprefix("c-"), "liberated"]


def test_money_binds_and_the_plan_by_number_stands_beside(answer):
    first = answer(service="oncology_radiotherapy", open=1)[1].record["sites_new"][0]
    kinds = [{"kind": "new", "open_azn": 1e7}, {"kind": "new", "sites": [first], "open_azn": 9e7}]
    study, found, _ = answer(service="oncology_radiotherapy", open=2, kinds=kinds, budget_azn=2e7)
    assert first not in found.record["sites_new"]
    assert found.record["money"] == 2e7
    wider = replace(study, siting=study.siting.model_copy(update={"frontier": 2, "frontier_money": 4}))
    number = frontier_by_number(wider, silent)
    assert first in number["sites"][2]
    money = frontier_by_money(wider, number, silent)
    assert (money["cost"] <= money["budget_azn"] + 1e-6).all()
    assert money["people_covered"].is_monotonic_increasing
    assert money["people_covered"].iloc[-1] == number["people_covered"].iloc[-1]


def test_no_plan_says_why(answer):
    _, found, _ = answer(service="oncology_radiotherapy", open=1, district_least=0.3)
    assert found.status == "infeasible"
    assert "least coverage of districts" in found.reason
    assert not found.tables


def test_models_and_options_that_do_not_fit(ask):
    with pytest.raises(UsageError, match="--open is missing"):
        ask(service="oncology_radiotherapy")
    with pytest.raises(UsageError, match="--cover-share has no meaning"):
        ask(service="oncology_radiotherapy", open=1, cover_share=0.9)
    with pytest.raises(UsageError, match="closable"):
        ask(service="oncology_radiotherapy", open=1, closable=True, region_most={"karabakh": 1})


# --- two services ---------------------------------------------------------------------------------


def test_two_services_without_money_are_the_best_split_of_two_questions(ask, answer):
    asked = {"service": ["oncology_radiotherapy", "cardiology_pci"], "open": 3}
    study, found, _ = answer(**asked)
    single = [
        frontier_by_number(ask(service=name, open=1, frontier=3), silent)["objective"].tolist()
        for name in asked["service"]
    ]
    assert found.record["objective"] == max(single[0][k] + single[1][3 - k] for k in range(4))
    figures = people_before_and_after(study, found.record["sites"])
    assert [row["service"] for row in figures] == asked["service"]
    assert sum(row["people_covered_after"] for row in figures) == found.record["objective"]


def test_a_shared_opening_cost_draws_two_services_to_one_place(answer):
    kinds = [{"kind": "new", "open_azn": 1e6}]
    asked = {"service": ["oncology_radiotherapy", "cardiology_pci"], "open": 2, "kinds": kinds}
    _, apart, _ = answer(**asked)
    _, found, _ = answer(**asked, shared_open_azn=1e7, budget_azn=1.3e7)
    places = {name.split("+")[0] for name in found.record["sites_new"]}
    assert len(places) == 1
    assert len(found.record["sites_new"]) == 2
    assert found.record["money"] == 2e6 + 1e7
    assert found.record["objective"] <= apart.record["objective"]


def test_two_limits_hold_each_for_its_own_service(baseline, answer):
    study, found, plan = answer(service=["primary_care", "oncology_radiotherapy"], open=2)
    figures = {row["service"]: row for row in people_before_and_after(study, found.record["sites"])}
    assert figures["primary_care"]["limit_minutes"] == 30
    assert sum(row["people_covered_after"] for row in figures.values()) == found.record["objective"]
    assert plan.status == "optimal"


# --- who gains, draws, regret -----------------------------------------------------------------------


def test_districts_add_up_to_the_nation(baseline, answer):
    study, found, _ = answer(service="oncology_radiotherapy", open=2)
    table = districts_table(study, found.record["sites"], baseline.districts)
    (nation,) = people_before_and_after(study, found.record["sites"])
    assert table["population"].sum() == nation["population"]
    assert table["covered_before"].sum() == nation["people_covered_before"]
    assert table["covered_after"].sum() == nation["people_covered_after"] == found.record["people_covered"]
    assert (table["covered_after"] >= table["covered_before"]).all()
    minutes = table.dropna(subset=["mean_minutes_before"])
    assert (minutes["mean_minutes_after"] <= minutes["mean_minutes_before"] + 1e-9).all()


def draws(**said):
    still = dict.fromkeys(("high", "medium", "low", "assumed"), 0.0)
    return {"n": 6, "seed": 3, "speed_spread": 0.0, "population_spread": still, **said}


def test_draws_without_spread_choose_the_plan_each_time(answer):
    study, found, plan = answer(service="oncology_radiotherapy", open=2, draws=draws())
    drawn = robustness_of({2026: study}, 2026, plan, study.siting.draws, silent)
    assert drawn.table["site_id"].tolist() == found.record["sites_new"]
    assert (drawn.table["chosen"] == 6).all()
    share = found.record["people_covered"] / study.case.made.instance.weight.sum()
    assert drawn.record["share_covered_by_plan"] == dict.fromkeys(
        ("low", "median", "high"), pytest.approx(share, abs=1e-6)
    )


def test_draw_k_is_the_same_whatever_their_number(answer):
    asked = {"service": "oncology_radiotherapy", "open": 2}
    wide = {"speed_spread": 0.3, "population_spread": {"assumed": 0.5}}
    few = answer(**asked, draws=draws(n=5, **wide))
    more = answer(**asked, draws=draws(n=9, **wide))
    one, two = (robustness_of({2026: s}, 2026, p, s.siting.draws, silent) for s, _, p in (few, more))
    again = robustness_of({2026: few[0]}, 2026, few[2], few[0].siting.draws, silent)
    pd.testing.assert_frame_equal(one.table, again.table)
    counts = [dict(zip(d.table["site_id"], d.table["chosen"], strict=True)) for d in (one, two)]
    assert all(counts[1].get(site, 0) >= hits for site, hits in counts[0].items())
    assert sum(counts[0].values()) == 2 * 5
    assert sum(counts[1].values()) == 2 * 9
    assert len(counts[1]) > 2
    assert (one.table["share_low"] <= one.table["share"]).all()
    assert (one.table["share"] <= one.table["share_high"]).all()


def test_faster_roads_cover_more(answer):
    study, _, plan = answer(service="oncology_radiotherapy", open=2, draws=draws(n=12, speed_spread=0.3))
    spread = robustness_of({2026: study}, 2026, plan, study.siting.draws, silent).record[
        "share_covered_by_plan"
    ]
    assert spread["low"] < spread["median"] < spread["high"]


def test_regret_is_nothing_at_home_and_something_against_a_worse_plan(answer):
    study, found, _ = answer(service="oncology_radiotherapy", open=2)
    table = regret_table([("2026 summer", study)], found.record["sites_new"], silent)
    assert table["regret"].tolist() == [0.0]
    assert table["best_sites"].tolist() == [";".join(found.record["sites_new"])]
    gains = gains_table(study)
    worst = gains["site_id"].iloc[-2:].tolist()
    table = regret_table([("2026 summer", study)], worst, silent)
    assert table["regret"][0] == table["best_objective"][0] - table["objective_of_plan"][0] > 0


def test_every_alternative_differs_and_is_no_better(answer):
    study, found, _ = answer(service="oncology_radiotherapy", open=3, alternatives=3, differ=2)
    plans = [set(cell.split(";")) for cell in new_sites_only(study, found.tables["alternatives"])["sites"]]
    assert len(plans) == 4
    assert all(len(a - b) >= 2 for a, b in itertools.combinations(plans, 2))
    assert found.tables["alternatives"]["objective"].is_monotonic_decreasing


# --- own list, phases ---------------------------------------------------------------------------------------


def test_an_own_list_stands_beside_the_best_of_its_size(baseline, answer):
    plain = Plain(baseline, "oncology_radiotherapy")
    own = ["c-gn586523", "c-gn147622"]
    study, found, _ = answer(service="oncology_radiotherapy", open=2, evaluate=own)
    told = found.record["evaluate"]
    assert told["sites"] == sorted([*own, "f-milli-onkologiya-markazi"])
    assert told["objective"] == plain.covered([plain.ids.index(s) for s in own])
    assert told["best_objective"] == found.record["objective"]
    assert told["loss_against_best"] == told["best_objective"] - told["objective"] > 0
    assert study.n_standing == 1


def test_phases_that_know_not_what_is_asked_say_so_before_any_run(baseline):
    phases = {"years": [2026]}
    for asked, said in (
        ({"model": "p-center"}, "model p-center"),
        ({"closable": True}, "closable"),
        ({"budget_azn": 1.0}, "budget_azn"),
        ({"region_most": {"karabakh": 1}}, "limits by pair, region or district"),
    ):
        siting = Siting.model_validate(
            {"service": "oncology_radiotherapy", "open": 1, **asked, "phasing": phases}
        )
        scenario = baseline.scenario.model_copy(update={"siting": siting})
        with pytest.raises(UsageError, match=said):
            site_scenario(scenario, ran=lambda _: pytest.fail("it ran"))
    with pytest.raises(UsageError, match="asks for no sites"):
        site_scenario(baseline.scenario)


def test_phases_of_one_year_are_the_plan_of_that_year(baseline):
    asked = {"service": "oncology_radiotherapy", "open": 2, "phasing": {"years": [2026]}}
    scenario = baseline.scenario.model_copy(update={"siting": Siting.model_validate(asked)})
    result = site_scenario(scenario, ran=lambda _: baseline)
    plan = result.phasing.record["plans"]["nested"]
    assert sorted(plan["opened"]["2026"]) == result.siting.record["sites_new"]
    assert plan["objective"] == result.siting.record["objective"]
    assert plan["verified"]
    assert result.phasing.years == (2026,)
