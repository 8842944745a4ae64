"""A process that has geoplan loaded and forks one child a line of its input: commands start in no time.

A line is `{"words": [...], "kill_after_s": 0.2}`; the answer `{"code": 0, "seconds": 0.5}`, code None where
the child was killed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time

from geoplan.cli import main

HEAVY = ("geoplan.output.files", "geoplan.output.page.page", "geoplan.run", "geoplan.sweep.sweep")


def child(words: list[str]) -> int:
    """Run a command in a forked process and return its exit code."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    sys.argv = ["geoplan", *words]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def forked(words: list[str], kill_after_s: float | None) -> dict[str, float | None]:
    """Return how a child ended."""
    begun = time.monotonic()
    number = os.fork()
    if not number:
        os._exit(child(words))
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(
            number, signal.SIGKILL
        )  # one that has ended already waits to be reaped: nobody else has its id
    _, status = os.waitpid(number, 0)
    code = None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    return {"code": code, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    for name in HEAVY:
        importlib.import_module(name)
    vendored = importlib.import_module("geoplan.output.page.vendored")
    for kept in (vendored.page_texts, vendored.catalogue, vendored.frame_texts):
        kept()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(forked(**json.loads(line))) + "\n")
        sys.stdout.flush()
