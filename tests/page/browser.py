"""A headless Chromium without network: opens a page from a file and writes down all that it does wrong."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
OWN = ("file:", "data:", "blob:")

_RUNNING = []
"""The browser of this session, while one runs: Playwright starts only one a thread."""


@dataclass
class Opened:
    page: object
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def set(self, **changes):
        """Change the page's state and wait until it is drawn."""
        self.say("changes => geoplan.set(changes)", changes)
        self.say("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def clean(self):
        """No request but for its own file, no complaint of the browser."""
        assert self.problems == []
        assert [url for url in self.requests if not url.startswith(OWN)] == []

    def text(self, selector):
        return self.page.inner_text(selector)


def missing(reason):
    """Skip, or fail where a browser is promised (GEOPLAN_REQUIRE_BROWSER=1)."""
    if os.environ.get("GEOPLAN_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def chromium_path():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return path or missing("no Chromium found: apt-get install chromium")


@contextmanager
def launch():
    """Yield a Chromium, the one that runs already if there is one; skipped with its reason without any."""
    if _RUNNING:
        yield _RUNNING[0]
        return
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install 'geoplan[test]'")
    path = chromium_path()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        _RUNNING.append(browser)
        yield browser
        _RUNNING.clear()
        browser.close()


@contextmanager
def opened(browser, path, *, width=1366, height=768):
    """Yield the page of a file, ready; every request and problem is written down."""
    context = browser.new_context(
        offline=True, viewport={"width": width, "height": height}, accept_downloads=True
    )
    page = context.new_page()
    seen = Opened(page)
    page.on("request", lambda r: seen.requests.append(r.url))
    page.on("pageerror", lambda e: seen.problems.append(f"error: {e}"))
    page.on("console", lambda m: seen.problems.append(f"{m.type}: {m.text}") if m.type != "log" else None)
    page.goto(f"file://{path}")
    page.wait_for_function("() => window.geoplanReady", timeout=20_000)
    yield seen
    context.close()
