"""The journal of a sweep: one line a finished run, on the disk at once; a kill loses nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Self

from geoplan.errors import Finding, InputError, UsageError
from geoplan.sweep.tasks import Outcome

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAME = "journal.jsonl"


class Journal:
    """An append-only file: a head that names the sweep, then one line a run, on the disk at once.

    A line that a kill left half-written is dropped when the file is opened again; the run of that line is
    simply done again. One process at a time: the sweep holds the lock of its folder.
    """

    def __init__(self, path: Path, sweep_id: str) -> None:
        """Open a new or an old journal.

        Raises
        ------
        UsageError
            If it belongs to another sweep.
        InputError
            If a line before the last is broken: that was no kill.
        """
        self.outcomes: dict[int, Outcome] = {}
        self._file = path.open("ab")
        try:
            self._begin(path, sweep_id)
        except BaseException:
            self._file.close()
            raise

    def _begin(self, path: Path, sweep_id: str) -> None:
        """Read what stands in it or write the head of a new one."""
        lines = _whole_lines(path)
        if lines:
            self._read(path, lines, sweep_id)
        else:
            self._write({"sweep": sweep_id})

    def _read(self, path: Path, lines: list[bytes], sweep_id: str) -> None:
        """Take the outcomes of an old journal."""
        entries = []
        for number, line in enumerate(lines, start=1):
            try:
                entries.append(dict(json.loads(line)))
            except ValueError as error:
                message = "this line of the journal is broken."
                where, hint = f"{path.name}:{number}", "Start the sweep anew with --overwrite."
                raise InputError(
                    [Finding("error", "journal-broken", message, where=where, hint=hint)]
                ) from error
        if entries[0].get("sweep") != sweep_id:
            raise UsageError(
                f"{path.parent} holds another sweep: the plan, the scenario, a table or geoplan has changed",
                hint="Name another --out, or start anew with --overwrite.",
            )
        for entry in entries[1:]:
            rows = tuple(tuple(row) for row in entry["rows"])
            self.outcomes[int(entry["run"])] = Outcome(int(entry["run"]), rows, str(entry["error"]))

    def add(self, outcome: Outcome) -> None:
        """Write one run through to the disk; a run that is there already is not written twice."""
        if outcome.number in self.outcomes:
            return
        self._write({"run": outcome.number, "error": outcome.error, "rows": outcome.rows})
        self.outcomes[outcome.number] = outcome

    def _write(self, entry: dict[str, Any]) -> None:
        """Append one line and wait until the disk has it."""
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._file.write(text.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()


def _whole_lines(path: Path) -> list[bytes]:
    """Return the whole lines of a journal and cut a half-written one off the file."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
            os.fsync(file.fileno())
    return whole.split(b"\n")[:-1]
