"""One Chromium and one written page for all tests of the page."""

from __future__ import annotations

import pytest
from browser import launch, opened
from fixture import toy_result
from rich_fixture import everything_result

from geoplan.output.page.page import render_page


@pytest.fixture(scope="session")
def toy():
    return toy_result()


@pytest.fixture(scope="session")
def text(toy):
    return render_page(toy)


@pytest.fixture(scope="session")
def file(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """The page that shows everything: the country, a plan beside its parent, two years, all sections."""
    folder = tmp_path_factory.mktemp("everything")
    path = folder / "index.html"
    path.write_text(render_page(everything_result(folder)), encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="session")
def chromium():
    with launch() as browser:
        yield browser


@pytest.fixture
def seen(chromium, file):
    with opened(chromium, file) as page:
        yield page
