"""Result -> page data: states keep their codes, numbers their sense, routes their pointers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from fixture import districts, facilities, neighbours, toy_result

from geoplan.output.page import data, geometry, pack, places, relief
from geoplan.output.page.page import render_page


@pytest.fixture(scope="module")
def bulk(toy):
    return data.bulk(toy)


@pytest.fixture(scope="module")
def head(toy):
    return data.head(toy, geometry.light_districts(toy.districts.geometry))


def test_states_are_codes_of_their_own(toy, bulk):
    at = {key: i for i, key in enumerate(bulk["points"]["id"])}
    coverage = bulk["coverage"][0]
    assert coverage["cardiology_pci"]["tenths"][at["naxcivan"]] == data.UNREACHABLE
    assert coverage["primary_care"]["tenths"][at["baki"]] == data.NOT_ASSESSED
    assert coverage["primary_care"]["tenths"][at["lac-zabux"]] >= 0


def test_tenths_equal_the_table(toy, bulk):
    rows = toy.coverage_by_settlement
    for service in toy.scenario.services:
        part = rows[(rows["service"] == service.id) & (rows["status"] == "reached")].set_index("demand_id")
        for i, key in enumerate(bulk["points"]["id"]):
            if key in part.index:
                assert bulk["coverage"][0][service.id]["tenths"][i] == round(part.loc[key, "minutes"] * 10)


def test_people_are_split_into_three_parts(head):
    s = head["summary"]
    for within, beyond, unreachable, assessed in zip(
        s["within_target"], s["beyond_by_road"], s["unreachable"], s["assessed"], strict=True
    ):
        assert within + beyond + unreachable == assessed


def test_bands_add_up_to_the_district(toy, head):
    b = head["bands"]
    people = {}
    for district, service, population in zip(b["district"], b["service"]["at"], b["population"], strict=True):
        people[district, service] = people.get((district, service), 0) + population
    total = toy.years[0].demand.groupby("district_id")["population"].sum()
    for (district, _), population in people.items():
        assert population == total[head["districts"]["id"][district]]


def test_a_norm_is_published_only_where_the_table_says_so(head):
    by_id = {s["id"]: s for s in head["services"]}
    assert by_id["oncology_radiotherapy"]["target"]["published"] is False
    assert [b["published"] for b in by_id["oncology_radiotherapy"]["bands"]] == [True, False, False]
    assert by_id["cardiology_pci_verified"]["variantOf"] == "cardiology_pci"
    # the variant counts the same thing, so its parent's norms are its own
    assert by_id["cardiology_pci_verified"]["bands"][-1]["published"] is True


def test_the_check_of_distances_is_a_mean_of_absolute_errors(head):
    assert head["check"] == {"pairs": 2, "error": 5.0, "mountain_pairs": 1, "mountain_error": 7.0}


def test_no_clock_travels(toy, head):
    assert toy.provenance.started_at not in str(head)


def test_routes_end_at_their_facility(toy, bulk):
    """Follow the pointers as the page does: every reached point arrives at the road of its facility."""
    routes, roads = bulk["routes"][0], bulk["roads"]
    followed = 0
    for service, coverage in bulk["coverage"][0].items():
        for i, to in enumerate(coverage["facility"]):
            node = routes["entry"].get(service, {"node": [-2] * len(bulk["points"]["id"])})["node"][i]
            if to < 0 or node == -2:
                continue
            row = routes["facility"].index(to)
            steps = 0
            while node >= 0 and routes["next"][row][node] >= 0:
                road = routes["next"][row][node]
                node = roads["to"][road] if roads["from"][road] == node else roads["from"][road]
                steps += 1
                assert steps <= len(roads["id"])
            last = routes["facility_road"][row]
            assert node == -1 or node in (roads["from"][last], roads["to"][last])
            followed += 1
    assert followed > 30


def test_a_point_that_met_no_road_has_share_zero():
    assert data._shares(np.array([0.25, np.nan])) == [0.25, 0.0]


@pytest.mark.parametrize("part", ["no neighbours", "nothing counts", "no facilities"])
def test_a_poor_result_still_has_a_page(part):
    poor = {
        "no neighbours": {"around": neighbours().iloc[:0]},
        "nothing counts": {"places": facilities().assign(counts=False)},
        "no facilities": {"places": facilities().iloc[:0]},
    }[part]
    assert "geoplan-bulk" in render_page(toy_result(**poor))


def test_a_view_without_places_is_not_offered(toy):
    result = toy_result(area=districts().assign(liberated="no"))
    assert (
        data.head(result, geometry.light_districts(result.districts.geometry))["views"]["liberated"] is None
    )


def test_services_are_read_as_text_or_as_list():
    assert places._words("a;b;") == places._words(("a", "b")) == ["a", "b"]


def test_shared_borders_stay_shared():
    shapes = geometry.light_districts(districts().geometry)
    assert shapely.coverage_is_valid(shapes)


def test_overlapping_polygons_do_not_stop_the_page():
    shapes = geometry.light_districts([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    assert geometry.outline(shapes)["type"] == "Polygon"


def test_the_sheet_edge_is_no_border():
    borders = geometry.inner_borders(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    line = shapely.geometry.shape(borders)
    assert line.length == pytest.approx(1, abs=0.01)
    assert geometry.inner_borders(np.array([], dtype=object)) is None


def test_shapes_carry_only_their_number():
    out = geometry.feature_collection(np.array([shapely.box(0, 0, 1, 1), None], dtype=object))
    assert [f["properties"] for f in out["features"]] == [{"i": 0}]


def test_roads_are_read_from_text_or_from_lines():
    frame = pd.DataFrame({"geometry": ["LINESTRING (0 0, 1 1)"]})
    same = pd.DataFrame({"geometry": [shapely.LineString([(0, 0), (1, 1)])]})
    assert geometry.road_lines(frame)[0].equals(geometry.road_lines(same)[0])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (pd.NA, None),
        (float("nan"), None),
        (np.int64(3), 3),
        (pd.Timestamp("2026-01-02"), "2026-01-02"),
        (["a"], ["a"]),
    ],
)
def test_cells_become_what_json_knows(value, wanted):
    assert pack.plain(value) == wanted


def test_a_missing_name_is_said_in_azerbaijani():
    frame = facilities().head(1).assign(name_ru="")
    assert pack.names(frame)["ru"] == pack.names(frame)["az"]
    assert pack.trilingual({"az": "a", "en": "", "ru": None}) == {"az": "a", "ru": "a", "en": "a"}


def test_packed_data_have_no_clock():
    assert pack.packed({"a": [1]}) == pack.packed({"a": [1]})


def test_flat_ground_casts_no_shadow():
    flat = relief.shading(np.full((9, 9), 700.0), 41.0, 0.01)
    assert flat == pytest.approx(np.zeros((9, 9)), abs=1e-12)


def test_the_slope_away_from_the_sun_is_dark():
    y, x = np.mgrid[0:9, 0:9]
    down_to_southeast = relief.shading(-200.0 * (x + y), 41.0, 0.01)
    down_to_northwest = relief.shading(200.0 * (x + y), 41.0, 0.01)
    assert down_to_southeast[4, 4] > 0.5
    assert down_to_northwest[4, 4] == 0
