"""Every sentence of the page stands in the catalogue, in three languages, with the same places to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geoplan.output.page import vendored

SCRIPTS = Path(vendored.__file__).parent / "js"
CODE = "\n".join((SCRIPTS / name).read_text(encoding="utf-8") for name in (*vendored.SCRIPTS, vendored.TILES))
FAMILIES = (
    "month.", "season.", "vehicle.", "theme.", "layer.", "view.", "group.", "state.", "liberated.",
    "confidence.", "status.", "level.", "position.", "service.", "tab.", "search.", "caption.", "column.",
    "section.", "severity.", "finding.", "basis.", "facility.", "attribution.", "change.", "snapping.",
    "public.", "difference.",
)  # fmt: skip


def catalogues():
    return vendored.catalogue()


def test_all_modules_are_joined():
    assert sorted([*vendored.SCRIPTS, vendored.TILES]) == sorted(p.name for p in SCRIPTS.glob("*.js"))


def test_the_three_languages_have_the_same_keys():
    keys = {language: set(sentences) for language, sentences in catalogues().items()}
    assert keys["az"] == keys["ru"] == keys["en"]


def test_no_sentence_is_empty():
    assert all(text.strip() for sentences in catalogues().values() for text in sentences.values())


def test_the_same_places_are_filled_in_every_language():
    for key, sentence in catalogues()["en"].items():
        wanted = sorted(re.findall(r"\{(\w+)\}", sentence))
        for language in ("az", "ru"):
            assert sorted(re.findall(r"\{(\w+)\}", catalogues()[language][key])) == wanted, (language, key)


def test_every_key_that_the_scripts_ask_for_is_there():
    asked = set(re.findall(r'gp\.t\("([^"]+)"\s*[,)]', CODE))
    asked |= set(re.findall(r'data-gp-(?:text|label)="([^"]+)"', vendored._read("frame.html")))
    assert asked - set(catalogues()["az"]) == set()


def test_every_key_is_asked_for():
    direct = set(re.findall(r'"([a-z]+(?:[._-][a-z0-9_.-]+)*)"', CODE))
    direct |= set(re.findall(r'data-gp-(?:text|label)="([^"]+)"', vendored._read("frame.html")))
    # a key put together of a beginning or an end and a word of the data
    begins = tuple(re.findall(r'"([a-z]+(?:[._-][a-z_]+)*\.)" \+', CODE)) + FAMILIES
    ends = tuple(re.findall(r'\+ "(\.[a-z.]+)"', CODE))
    left = {k for k in catalogues()["az"] if k not in direct}
    unused = {k for k in left if not k.startswith(begins) and not k.endswith(ends)}
    assert unused == {"noscript"}


def test_no_sentence_stands_in_a_script():
    """Texts that reach the reader come from the catalogue: no literal with a blank between two words."""
    without = re.sub(r"/\*.*?\*/|//[^\n]*", "", CODE, flags=re.DOTALL)
    literals = re.findall(r'"([A-Za-zƏ-я]{3,} [A-Za-zƏ-я]{2,}[^"]*)"', without)
    allowed = (
        "use strict", "page data of schema", "Noto", "gp-", "system-ui", "Leaflet ", "click keypress",
        "move zoom ",
    )  # fmt: skip
    assert [text for text in literals if not text.startswith(allowed)] == []


@pytest.mark.parametrize("word", ["standard", "стандарт", "standart"])
def test_a_target_is_never_called_a_standard(word):
    for sentences in catalogues().values():
        assert not [k for k, text in sentences.items() if word in text.lower()]


def test_no_markup_is_ever_written_from_a_string():
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", CODE
    )


def test_russian_uses_no_latin_sentence():
    for key, text in catalogues()["ru"].items():
        if key.startswith("toml."):  # comments of a file that the English program reads
            continue
        assert re.search("[а-яё]", text.lower()) or re.fullmatch(r"[\W\d{}a-z]*(AZN)?", text), key
