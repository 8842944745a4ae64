"""`geoplan print`: one sheet of paper and pictures for a slide, whole or absent, in every language."""

from __future__ import annotations

import contextlib
import io
import struct
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace
from unittest import mock

import pytest
from browser import chromium_path, opened
from rich_fixture import rich_result

from geoplan.cli import main
from geoplan.errors import UsageError
from geoplan.output.chromium import NAMES, VARIABLE
from geoplan.output.files import MANIFEST, check_free, write_manifest
from geoplan.output.page.page import render_page
from geoplan.output.page.vendored import catalogue

pytestmark = pytest.mark.browser

A4_POINTS = (841.9, 595.3)
LEAST_POINTS = 8.0
LANGUAGES = ("az", "ru", "en")
TITLES = {"az": "Oyuncaq ölkə", "ru": "Игрушечная страна", "en": "Toy country"}
DISTRICTS = {"az": "Naxçıvan", "ru": "Нахичевань", "en": "Nakhchivan"}
SVG = "{http://www.w3.org/2000/svg}"


def geoplan(*words):
    """Run the command line in this process, through the same door as the installed program."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["geoplan", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def fill(folder):
    """Make a folder as `geoplan run` leaves it, with the page alone."""
    folder.mkdir()
    (folder / "index.html").write_text(render_page(rich_result()), encoding="utf-8", newline="")
    (folder / "run.json").write_text("{}", encoding="utf-8")
    write_manifest(folder)
    return folder


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    chromium_path()
    folder = fill(tmp_path_factory.mktemp("prints") / "out")
    done = geoplan("print", folder, "--quiet")
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "out")


def letters(page):
    """Return (points, text) of every piece of text of a PDF page."""
    found = []

    def visit(text, matrix, text_matrix, _font, size):
        if text.strip():
            grow = [abs(m[0] * m[3] - m[1] * m[2]) ** 0.5 for m in (matrix, text_matrix)]
            found.append((size * grow[0] * grow[1], text.strip()))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_is_one_page_across_with_all_that_a_sheet_needs(printed, language):
    from pypdf import PdfReader

    pages = PdfReader(printed / f"print_{language}.pdf").pages
    assert len(pages) == 1
    size = (float(pages[0].mediabox.width), float(pages[0].mediabox.height))
    assert size == pytest.approx(A4_POINTS, abs=1.5)
    found = letters(pages[0])
    small = [(round(points, 1), text) for points, text in found if points < LEAST_POINTS]
    assert small == []
    words, said = catalogue()[language], " ".join(pages[0].extract_text().split())
    for key in ("group.liberated", "tab.assumptions", "sheet.beyond", "method.states"):
        assert words[key] in said, key
    for name in (TITLES[language], DISTRICTS[language], "GeoNames"):
        assert name in said
    assert any(DISTRICTS[language] in text for _, text in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_svg_is_a_map_of_lines_and_letters(printed, language):
    root = ET.parse(printed / f"map_{language}.svg").getroot()  # noqa: S314 - our own file
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == ("1280", "720")
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert DISTRICTS[language] in texts
    assert any("100" in text and "%" in text for text in texts)  # the legend
    assert len(list(root.iter(f"{SVG}path"))) > 30
    assert not list(root.iter(f"{SVG}script"))
    links = [v for node in root.iter() for k, v in node.attrib.items() if k.endswith("href")]
    assert all(link.startswith("data:image/") for link in links)


def test_the_png_is_large_enough_for_a_slide(printed):
    raw = (printed / "map_az.png").read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", raw[16:24]) == (2560, 1440)


def test_what_was_printed_is_ours_for_a_later_run(printed):
    check_free(printed, overwrite=True)
    listed = (printed / MANIFEST).read_text(encoding="utf-8").splitlines()
    assert {"index.html", "print_ru.pdf", "map_en.svg", "map_az.png"} <= set(listed)
    (printed / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        check_free(printed, overwrite=True)
    (printed / "mine.txt").unlink()


def test_an_earlier_print_is_not_replaced_unasked(printed):
    before = (printed / "print_az.pdf").stat().st_mtime_ns
    done = geoplan("print", printed, "--lang", "az")
    assert (done.code, (printed / "print_az.pdf").stat().st_mtime_ns) == (5, before)
    assert "--overwrite" in done.err


def test_one_language_service_and_year_can_be_asked_for(folder):
    from pypdf import PdfReader

    words = ("--lang", "EN, en", "--service", "emergency_hospital", "--year", "2030", "--json")
    done = geoplan("print", folder, *words)
    assert done.code == 0, done.err
    assert sorted(p.name for p in folder.iterdir() if p.suffix in {".pdf", ".png", ".svg"}) == [
        "map_en.png",
        "map_en.svg",
        "print_en.pdf",
    ]
    said = PdfReader(folder / "print_en.pdf").pages[0].extract_text()
    assert "Hospital" in said
    assert "2030" in said


def test_without_chromium_the_package_is_named(folder, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    done = geoplan("print", folder)
    assert done.code == 2
    assert "apt-get install chromium" in done.err
    assert sorted(p.name for p in folder.parent.iterdir()) == ["out"]


def test_a_browser_that_does_not_speak_is_an_error_without_leftovers(folder, monkeypatch, tmp_path):
    dumb = tmp_path / "dumb"
    dumb.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    dumb.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(dumb))
    done = geoplan("print", folder)
    assert done.code == 1
    assert "ended by itself" in done.err
    assert sorted(p.name for p in folder.iterdir()) == [".geoplan", "index.html", "run.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dumb", "out"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lang", "de"), "'de'"),
        (("--lang", ","), "no language"),
        (("--service", "emergency_hospitl"), "Did you mean 'emergency_hospital'"),
        (("--year", "2031"), "no year '2031'"),
    ],
)
def test_wrong_use_says_what_there_is(folder, words, said):
    done = geoplan("print", folder, *words)
    assert done.code == 2
    assert said in done.err
    assert sorted(p.name for p in folder.iterdir()) == [".geoplan", "index.html", "run.json"]


def test_only_folders_of_ours_and_files_of_ours(folder, tmp_path):
    (tmp_path / "other").mkdir()
    assert geoplan("print", tmp_path / "other").code == 2
    (folder / "map_az.png").write_bytes(b"a picture of somebody else")
    done = geoplan("print", folder, "--lang", "az", "--overwrite")
    assert done.code == 2
    assert "not written by geoplan" in done.err
    assert (folder / "map_az.png").read_bytes() == b"a picture of somebody else"


def test_a_variable_that_names_nothing_is_said(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, "no-such-browser")
    done = geoplan("print", folder)
    assert done.code == 2
    assert "no-such-browser" in done.err
    assert NAMES[0] == "chromium"


LAID = """lines => {
  const line = "and so many words that a line of the list is full of them at every size of letters";
  if (lines) geoplan.assumptions.inShort = () => Array.from({ length: lines }, () => line);
  const few = geoplan.sheet.kept = geoplan.sheet.kept || geoplan.sheet.worst();
  geoplan.sheet.worst = () => Array.from({ length: 30 }, (_, k) => few[k % few.length]);
  geoplan.sheet.turn(true);
  const size = parseFloat(document.body.style.getPropertyValue("--sheet-letters"));
  const tall = document.body.getBoundingClientRect().height;
  const out = { size, rows: geoplan.sheet.rows, fits: geoplan.sheet.fits, tall };
  geoplan.sheet.turn(false);
  return out;
}"""


def test_the_list_shortens_before_the_letters_shrink(chromium, tmp_path):
    file = tmp_path / "rich.html"
    file.write_text(render_page(rich_result()), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        seen.say("document.documentElement.classList.add('gp-sheet-only')")
        *laid, too_much = [seen.say(LAID, lines) for lines in (8, 16, 24, 32, 60)]
        rows = [one["rows"] for one in laid]
        assert rows == sorted(set(rows), reverse=True)
        assert [one["size"] for one in laid[:3]] == [12, 12, 12]
        assert laid[3]["size"] < 12
        assert all(one["fits"] and one["tall"] <= 718 for one in laid)  # 190 mm
        assert not too_much["fits"]
        assert too_much["size"] >= LEAST_POINTS * 96 / 72
        seen.clean()
