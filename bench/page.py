"""The planner's page under load: size, writing, opening, and how long each gesture takes in Chromium.

    python bench/page.py                   5,000 points x 300 sites, 5 years, plan and parent, 4 services
    python bench/page.py --points 20000 --years 1

Every gesture is timed 20 times from the event to the second frame after it; the table says median, 95 % and
the least, which is nearest to the truth where other work shares the machine.
Roads, districts and engine are real, places and people are drawn. Needs Chromium and Playwright; no test.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from page_country import YEARS, make_result
from playwright.sync_api import Error, sync_playwright

from geoplan.output.page.page import render_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUNDS: Final = 20
FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip

TIMER: Final = """async ([text, round]) => {
  const act = window[text];
  const start = performance.now();
  await act(round);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""

GESTURES: Final = """() => {
  const click = text => document.querySelector(text).click();
  const g = window.geoplan, some = k => (k * 97 + 13) % g.bulk.points.id.length;
  const languages = ["ru", "en", "az"], modes = ["current", "difference", "compare", "plan"];
  const themes = ["settlements", "districts", "regions"], kinds = g.head.services.filter(s => !s.variantOf);
  const words = ["q", "qa", "qar", "qara", "bə"], columns = ["name", "minutes", "people", "district"];
  const f = g.bulk.facilities, tag = g.head.services[0].counts;
  const sites = f.id.map((_, i) => i).filter(i => f.counts[i] === 1 && f.services[i].includes(tag));
  window.language = k => click(`[data-gp-language="${languages[k % 3]}"]`);
  window.service = k => click(`[data-gp-service="${kinds[(k + 1) % kinds.length].id}"]`);
  window.year = k => g.set({ year: (k + 1) % g.head.years.length });
  window.mode = k => g.set({ mode: modes[k % 4] });
  window.level = k => click(`[data-gp-theme="${themes[k % 3]}"]`);
  window.target = k => g.whatif.setTarget(30 + 5 * (k % 12));
  window.site = k => g.whatif.toggle(sites[(k >> 1) % sites.length]);
  window.key = k => {
    const box = document.querySelector("#gp-search");
    box.value = words[k % 5];
    box.dispatchEvent(new Event("input"));
  };
  window.sort = k => click(`[data-gp-sort="${columns[k % 4]}"]`);
  window.legend = k => click(`[data-gp-legend="${["b0", "b1", "b2"][k % 3]}"]`);
  window.selection = k => g.set({ selection: { kind: "point", i: some(k) } });
  window.pan = k => g.map.panBy([k % 2 ? 120 : -120, 40 * (k % 3 - 1)], { animate: false });
  window.zoom = k => g.map.setZoom(7.5 + (k % 4) * 0.75, { animate: false });
  window.nothing = () => {};
}"""

ORDER: Final = (
    "nothing", "language", "service", "year", "level", "key", "sort", "legend", "selection", "pan", "zoom",
    "mode", "target", "site",
)  # fmt: skip

START: Final = """() => {
  geoplan.set({ selection: null, theme: 'settlements', tab: 'settlements', hidden: '', mode: 'plan' });
  geoplan.mapView.show('country', false);
}"""


def measure(browser: Browser, file: Path) -> dict[str, Any]:
    """Return ready time and the times of every gesture on a fresh page each."""
    record: dict[str, Any] = {"ready_ms": [], "gestures": {}}
    for _ in range(5):
        page = _open(browser, file)
        record["ready_ms"].append(page.evaluate("window.geoplanReady.ms"))
        page.context.close()
    page = _open(browser, file)
    page.evaluate(GESTURES)
    for name in ORDER:
        page.evaluate(START)
        if name in ("target", "site"):
            page.evaluate("() => geoplan.times.load()")
        try:
            record["gestures"][name] = [page.evaluate(TIMER, [name, k]) for k in range(ROUNDS)]
        except Error as error:  # a gesture that fails is a line of the table, not the end of it
            record["gestures"][name] = str(error).splitlines()[0]
    page.context.close()
    return record


def _open(browser: Browser, file: Path) -> Any:
    """Return the page, ready."""
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"file://{file}")
    page.wait_for_function("() => window.geoplanReady", timeout=60_000)
    return page


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--points", type=int, default=5000)
    ask.add_argument("--sites", type=int, default=300)
    ask.add_argument("--years", type=int, default=len(YEARS))
    ask.add_argument("--page", type=Path, help="measure this page instead of a made-up one")
    ask.add_argument("--keep", type=Path, help="keep the made-up page here")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        file = (given.page or Path(aside) / "index.html").resolve()
        if not given.page:
            years = YEARS[: given.years]
            result = make_result(
                Path(aside) / "scenario", points=given.points, sites=given.sites, years=years
            )
            start = time.perf_counter()
            text = render_page(result)
            print(f"written in {time.perf_counter() - start:.2f} s")
            file.write_text(text, encoding="utf-8", newline="")
            if given.keep:
                shutil.copy(file, given.keep)
        print(f"size {file.stat().st_size / 1e6:.2f} MB")
        with sync_playwright() as driver:
            path = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            record = measure(browser, file)
    print(f"ready {statistics.median(record['ready_ms']):.0f} ms of {json.dumps(record['ready_ms'])}")
    for name, times in record["gestures"].items():
        if isinstance(times, str):
            print(f"{name:<10} {times}")
        else:
            late = sorted(times)[int(0.95 * len(times)) - 1]
            print(
                f"{name:<10} median {statistics.median(times):5.0f} ms   95 % {late:5.0f} ms"
                f"   least {min(times):5.0f} ms"
            )


if __name__ == "__main__":
    main()
