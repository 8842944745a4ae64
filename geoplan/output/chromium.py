"""An installed Chromium, headless, without a network, spoken to over a pipe: opens one page of a file."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import GeoplanError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names under which systems install it, the first that is found is taken."""

VARIABLE: Final = "GEOPLAN_CHROMIUM"
"""Environment variable that names another one, or its path."""

PATIENCE_S: Final = 60.0
"""Seconds that any answer may take."""

_FLAGS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-default-browser-check",
    "--no-first-run",
    "--hide-scrollbars",
    "--window-size=1600,1000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

_READ_FD, _WRITE_FD = 3, 4

_SHIM: Final = (
    "import os, sys; a, b = int(sys.argv[1]), int(sys.argv[2]); "
    f"os.dup2(a, {_READ_FD}); os.dup2(b, {_WRITE_FD}); os.execv(sys.argv[3], sys.argv[3:])"
)
"""Puts the two ends of the pipes where Chromium looks for them, then becomes Chromium."""


class BrowserError(GeoplanError):
    """Chromium is there and does not do what it is asked."""


def find_chromium() -> str:
    """Return the path of the installed Chromium.

    Raises
    ------
    UsageError
        If there is none, with the package to install.
    """
    wanted = os.environ.get(VARIABLE, "")
    for name in (wanted,) if wanted else NAMES:
        if path := shutil.which(name):
            return path
    if wanted:
        raise UsageError(f"{VARIABLE} names '{wanted}', which cannot be run", hint="Unset it, or correct it.")
    raise UsageError(
        "printing needs Chromium, which is not installed",
        hint=f"Install the package 'chromium' (apt-get install chromium), or name one in {VARIABLE}.",
    )


@contextmanager
def opened(page: Path) -> Iterator[Tab]:
    """Yield the page of a file in a browser of its own; the browser ends with the block.

    Raises
    ------
    UsageError
        If no Chromium is installed, or on a system whose pipes it does not speak.
    BrowserError
        If it ends or does not answer.
    """
    path = find_chromium()
    if sys.platform == "win32":
        raise UsageError(
            "printing by command needs Linux or macOS", hint="Open index.html and print: Ctrl+P."
        )
    with tempfile.TemporaryDirectory(prefix="geoplan-", ignore_cleanup_errors=True) as profile:
        pipe = _Pipe(path, profile)
        try:
            yield _open(pipe, page)
        finally:
            pipe.end()


def _open(pipe: _Pipe, page: Path) -> Tab:
    """Open a tab with the page."""
    target = pipe.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
    session = pipe.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
    tab = Tab(pipe, session)
    tab.ask("Page.enable")
    tab.ask("Network.enable")
    tab.ask(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    tab.ask("Page.navigate", {"url": page.resolve().as_uri()})
    return tab


class Tab:
    """One open page."""

    def __init__(self, pipe: _Pipe, session: str) -> None:
        self._pipe, self._session = pipe, session

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one command of the DevTools protocol and return its answer."""
        return self._pipe.ask(method, params or {}, self._session)

    def say(self, expression: str) -> Any:
        """Return the value of an expression in the page; a promise is awaited.

        Raises
        ------
        BrowserError
            With the page's own words if it throws.
        """
        answer = self.ask(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
        )
        if problem := answer.get("exceptionDetails"):
            words = problem.get("exception", {}).get("description", problem.get("text", ""))
            raise BrowserError(f"the page complains: {words}")
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true.

        Raises
        ------
        BrowserError
            If that takes longer than `PATIENCE_S`.
        """
        end = time.monotonic() + PATIENCE_S
        while not self.say(f"Boolean({expression})"):
            if time.monotonic() > end:
                raise BrowserError(f"the page was not ready within {PATIENCE_S:g} s")
            time.sleep(0.05)


class _Pipe:
    """A running Chromium and the two pipes to it: JSON, each message closed by a zero byte."""

    def __init__(self, path: str, profile: str) -> None:
        import fcntl  # not on Windows  # noqa: PLC0415

        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # high numbers: none of them is in the way of 3 and 4
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]
        # root has no sandbox to give; the page is our own file
        rights = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [sys.executable, "-c", _SHIM, *map(str, ends), path, *_FLAGS, *rights]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._number, self._rest = 0, b""

    def ask(self, method: str, params: dict[str, Any], session: str = "") -> dict[str, Any]:
        """Send a command and return its answer; events in between are passed over."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        try:
            _write_all(self._out, json.dumps(message).encode() + b"\0")
        except BrokenPipeError as error:
            raise self._ended() from error
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(end)
            if answer.get("id") != self._number:
                continue
            if "error" in answer:
                raise BrowserError(f"Chromium refuses {method}: {answer['error'].get('message')}")
            found: dict[str, Any] = answer["result"]
            return found

    def _next(self, end: float) -> dict[str, Any]:
        """Return the next message."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise BrowserError(f"Chromium did not answer within {PATIENCE_S:g} s")
            chunk = os.read(self._in, 1 << 20)
            if not chunk:
                raise self._ended()
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

    def _ended(self) -> BrowserError:
        """Return what to say of a browser that has gone."""
        code = self._process.poll()
        return BrowserError(
            f"Chromium ended by itself{'' if code is None else f' with code {code}'}",
            hint=f"Try it by hand: {find_chromium()} --headless --dump-dom about:blank",
        )

    def end(self) -> None:
        """End the browser: close its pipe, which it takes as a word, and its process if it stays."""
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _write_all(fd: int, data: bytes) -> None:
    """Write everything to a pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
