"""A headless Firefox of our own, driven through Marionette: own profile, no network, ended with the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import warnings
from contextlib import contextmanager

from browser import missing

START_S = 60
READY_S = 30

PREFS = {
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # whatever asks for the network finds nobody at home
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}

COMPLAINTS = """
  return Services.console.getMessageArray()
    .filter(m => m instanceof Ci.nsIScriptError && String(m.sourceName).includes(arguments[0]))
    .map(m => m.toString())
    // Leaflet copies every property of a mouse event, the old ones of Firefox too
    .filter(text => !/MouseEvent\\.moz\\w+ is deprecated/.test(text));
"""


class Firefox:
    """What a test does with the page; every script sees the page's own `geoplan`."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path):
        self.path = path
        self.driver.navigate(path.as_uri())
        self.wait("!!window.wrappedJSObject.geoplanReady")

    def say(self, expression, *arguments):
        """Return the value of an expression of the page as JSON carries it; `a` are the arguments."""
        # the policy of the page forbids eval: the script is made here and sees the page past its wrapper
        script = (
            "const geoplan = window.wrappedJSObject.geoplan, a = JSON.parse(arguments[0]);"
            f"return JSON.stringify(({expression}) ?? null);"
        )
        return json.loads(self.driver.execute_script(script, [json.dumps(arguments)]))

    def wait(self, expression, *arguments):
        end = time.monotonic() + READY_S
        while not self.say(expression, *arguments):
            assert time.monotonic() < end, f"Firefox waited {READY_S} s for: {expression}"
            time.sleep(0.05)

    def text(self, selector):
        return self.say("document.querySelector(a[0]).textContent", selector)

    def click(self, selector):
        self.driver.find_element("css selector", selector).click()

    def write(self, selector, text):
        self.driver.find_element("css selector", selector).send_keys(text)

    def complaints(self):
        """Return what the browser's console says against the page."""
        with self.driver.using_context("chrome"):
            return self.driver.execute_script(COMPLAINTS, [self.path.name])


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _driver_class():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, not of ours
        try:
            from marionette_driver.marionette import Marionette
        except ImportError:
            missing("marionette-driver is not installed: pip install 'geoplan[test]'")
    return Marionette


def _firefox_path():
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    return path or missing("no Firefox found: apt-get install firefox-esr")


def _session(driver_class, process, port):
    """Return a session once the browser listens; a browser that ended is an error at once."""
    end = time.monotonic() + START_S
    while True:
        assert process.poll() is None, f"Firefox ended at its start with code {process.returncode}"
        assert time.monotonic() < end, f"Firefox did not listen within {START_S} s"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
            continue
        driver = driver_class(host="127.0.0.1", port=port, socket_timeout=START_S)
        driver.start_session()
        return driver


@contextmanager
def launch_firefox(folder):
    """Yield a Firefox with a profile in `folder`; skipped with its reason where there is none."""
    driver_class, path, port = _driver_class(), _firefox_path(), _free_port()
    prefs = PREFS | {"marionette.port": port}
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in prefs.items()]
    (folder / "user.js").write_text("".join(lines), encoding="utf-8")
    command = [path, "-headless", "-marionette", "-remote-allow-system-access", "-no-remote"]
    with (folder / "firefox.log").open("w") as log:
        process = subprocess.Popen([*command, "-profile", folder], stdout=log, stderr=log)
    try:
        driver = _session(driver_class, process, port)
        driver.timeout.page_load = driver.timeout.script = READY_S
        driver.set_window_rect(width=1366, height=900)
        yield Firefox(driver)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
