"""The exception tree and `Finding`: how geoplan says that something is wrong, assumed or worth knowing.

GeoplanError            exit code 1: a defect of geoplan itself or an unforeseen state
|-- UsageError          2: wrong use of a command or of the public API
|   `-- MissingExtraError   2: an optional dependency is not installed; names the line to type
|-- InputError          3: the input must be fixed; carries all findings at once
|-- InfeasibleError     4: no plan satisfies the limits; names the binding reason
`-- OutputExistsError   5: the output is there already and --overwrite was not given
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader of the input or of the result must know.

    Parameters
    ----------
    severity
        `error` stops the run; `warning` and `note` travel with the result to page and tables.
    code
        Stable slug, e.g. `missing-column`; the page translates by it.
    message
        What is wrong or assumed, in one English sentence.
    where
        `file:row id:column` as far as known, e.g. `facilities.csv:12 f-quba:lat`.
    hint
        What to do about it.
    params
        Named values for the page's own sentence in Azerbaijani or Russian.
    """

    severity: Severity
    code: str
    message: str
    where: str = ""
    hint: str = ""
    params: tuple[tuple[str, str | int | float], ...] = ()

    def __str__(self) -> str:
        """Return `severity: where: message Hint`."""
        place = f"{self.where}: " if self.where else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.severity}: {place}{self.message}{hint}"


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` without repeats, errors first, then by place, code and message."""
    return tuple(
        sorted(
            set(findings),
            key=lambda f: (SEVERITIES.index(f.severity), _place_key(f.where), f.code, f.message, f.params),
        )
    )


def _place_key(where: str) -> tuple[str, int, str]:
    """Sort `file:12 ...` by file, then by row as a number."""
    file, _, rest = where.partition(":")
    row = rest.split(" ", 1)[0]
    return (file, int(row) if row.isdigit() else 0, rest)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the closest of `known`, or an empty string."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


class GeoplanError(Exception):
    """Root of all errors that geoplan raises on purpose."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(GeoplanError):
    """The command or function was called in a way that cannot work."""

    exit_code = 2


class MissingExtraError(UsageError):
    """An optional dependency is needed and absent."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package '{package}', which is not installed",
            hint=f"Type: pip install 'geoplan[{extra}]'",
        )


class InputError(GeoplanError):
    """The input must be fixed; `findings` lists every problem, errors first."""

    exit_code = 3

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = sort_findings(findings)
        errors = [f for f in self.findings if f.severity == "error"]
        what = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        super().__init__(f"the input has {what}:\n" + "\n".join(f"  {f}" for f in self.findings))


class InfeasibleError(GeoplanError):
    """No plan satisfies the limits; the message names what binds."""

    exit_code = 4


class OutputExistsError(GeoplanError):
    """The output exists and must not be replaced without being asked."""

    exit_code = 5


def raise_on_errors(findings: Sequence[Finding]) -> None:
    """Raise one `InputError` with all `findings` if any of them is an error."""
    if any(f.severity == "error" for f in findings):
        raise InputError(findings)
