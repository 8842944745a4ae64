"""Names in three languages: one key for all spellings, and the search for a place."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.tables.names import fold, match_place, place_label, suggest

SPELLINGS = [
    ("Şəki", "Sheki", "Shaki", "Шеки", "seki", "ŞƏKİ", "Şeki"),
    ("Bakı", "BAKI", "baki", "Баки"),
    ("Yevlax", "Yevlakh", "Евлах"),
    ("Gəncə", "Ganja", "Гянджа", "Gence"),
    ("Xocalı", "Khojaly", "Ходжалы", "Xocali"),
    ("Laçın", "Lachin", "Лачин", "lacin"),
    ("Ağdam", "Aghdam", "Агдам", "Agdam"),
    ("Cəlilabad", "Jalilabad", "Джалилабад"),
    ("Kəlbəcər", "Kalbajar", "Kelbajar", "Кельбаджар"),
    ("İsmayıllı", "Ismayilli", "Исмаиллы", "ismayıllı", "ISMAYILLI"),
    ("Qəbələ", "Gabala", "Габала", "Qebele"),
    ("Göygöl", "Goygol", "Гёйгёль"),
    ("Sumqayıt", "Sumgait", "Сумгаит"),
    ("Biləsuvar", "Bilasuvar", "Билясувар"),
    ("Daş Salahlı", "Dash-Salahly", "Даш Салахлы", "daş  salahlı"),
    ("Бакы", "Bakı"),
    ("Ҝәнҹә", "Gəncə"),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda names: names[0])
def test_spellings_share_one_key(spellings):
    assert len({fold(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bakı", "Batı"),
        ("Şəki", "Şuşa"),
        ("Qax", "Qazax"),
        ("Quba", "Qusar"),
        ("Lerik", "Ləki"),
        ("Oğuz", "Ağsu"),
    ],
)
def test_different_places_have_different_keys(one, other):
    assert fold(one) != fold(other)


@given(st.text())
def test_neither_case_nor_blanks_nor_hyphens_count(name):
    assert fold(name.casefold()) == fold(name)
    assert fold(f" {name} -") == fold(name)
    assert not any(c.isspace() for c in fold(name))


def test_suggestions_look_through_case_and_spelling():
    assert suggest("az-ba", ["AZ-BA", "AZ-QBA"]) == " Did you mean 'AZ-BA'?"
    assert suggest("Shaki", ["Şəki", "Şamaxı"]) == " Did you mean 'Şəki'?"
    assert suggest("lattitude", ["latitude", "lon"]) == " Did you mean 'latitude'?"
    assert suggest("??", ["lat"]) == ""


@pytest.fixture(scope="module")
def places():
    """Return a few settlements, two of one name."""
    rows = [
        ("gn1", "Bakı", "Baku", "Баку", "AZ-BA"),
        ("gn2", "Lənkəran", "Lankaran", "Ленкорань", "AZ-LAN"),
        ("gn3", "Ağalı", "Aghali", "Агалы", "AZ-ZAN"),
        ("gn4", "Ağalı", "Aghali", "Агалы", "AZ-AGA"),
        ("gn5", "Agali", "Agali", "Агали", "AZ-FUZ"),
    ]
    columns = ["settlement_id", "name_az", "name_en", "name_ru", "district_id"]
    return pd.DataFrame(rows, columns=columns).set_index("settlement_id")


@pytest.mark.parametrize("query", ["Bakı", "Baku", "Баку", "BAKI", "baki", "  bakı ", "gn1", "БАКУ"])
def test_a_place_is_found_in_three_languages(places, query):
    assert match_place(query, places).found == ("gn1",)


def test_exact_spelling_goes_before_folded(places):
    assert match_place("Ağalı", places).found == ("gn3", "gn4")
    assert match_place("Agali", places).found == ("gn5",)
    assert match_place("Ağali", places).found == ("gn3", "gn4", "gn5")


@pytest.mark.parametrize("query", ["Ağalı@AZ-ZAN", "Агалы@az-zan", "aghali @ ZAN", "gn3@AZ-ZAN"])
def test_a_district_settles_which(places, query):
    assert match_place(query, places).found == ("gn3",)


def test_nothing_found_offers_the_nearest(places):
    found = match_place("Lənkaram", places)
    assert found.found == ()
    assert found.near[0] == "gn2"
    assert match_place("Bakı@AZ-LAN", places).found == ()
    assert match_place("", places).found == ()
    assert match_place("@AZ-BA", places).found == ()


def test_label_finds_its_own_place(places):
    assert place_label(places, "gn4") == "Ağalı@AZ-AGA"
    assert all(match_place(place_label(places, i), places).found == (i,) for i in places.index)
