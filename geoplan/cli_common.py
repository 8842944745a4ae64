"""What all commands share at the terminal: options, progress, and how answers and findings are printed."""

from __future__ import annotations

import contextlib
import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from geoplan.errors import Finding

# emoji=False: a finding at row 7, column id, must not turn into a picture of an identity card
_OUT = Console(highlight=False, soft_wrap=True, emoji=False)
_LOG = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class Vehicle(StrEnum):
    """Who drives."""

    car = "car"
    ambulance = "ambulance"
    offroad = "offroad"


ScenarioArg = Annotated[
    str, typer.Argument(help="A shipped scenario's name (see 'geoplan list') or a TOML file.")
]
JsonOpt = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
OpenOpt = Annotated[bool, typer.Option("--open", help="Open the page when done.")]
QuietOpt = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
DebugOpt = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
BasemapOpt = Annotated[
    str,
    typer.Option(
        help="Address of map tiles beneath the page's map: https://HOST/{z}/{x}/{y}.png. Only then does"
        " the page ask anything of the Internet."
    ),
]
PublicOpt = Annotated[
    bool,
    typer.Option(
        "--public",
        help="A page for everybody: without what-if, staff, beds of military hospitals, and places and"
        " facilities of low or assumed confidence. The tables beside it stay whole.",
    ),
]
OverwriteOpt = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier output.")]


def say(*lines: object, end: str = "\n") -> None:
    """Print lines on standard output as they are: data, never markup."""
    for line in lines:
        _OUT.print(str(line), markup=False, end=end)


def log(*lines: object) -> None:
    """Print lines on standard error as they are."""
    for line in lines:
        _LOG.print(str(line), markup=False)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on standard output, nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Print a plain table; cells are data, never markup."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _OUT.print(table)


def finding_dict(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON wants it."""
    return {k: getattr(finding, k) for k in ("severity", "code", "message", "where", "hint")}


def print_finding_counts(findings: Sequence[Finding]) -> None:
    """Print how many findings of each severity there are."""
    counts = [(s, sum(f.severity == s for f in findings)) for s in ("error", "warning", "note")]
    shown = ", ".join(f"{n} {s}{'s' if n != 1 else ''}" for s, n in counts if n)
    say(f"Findings: {shown or 'none'}.")


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show the step under way on standard error."""
    if quiet:
        yield lambda _step: None
        return
    with _LOG.status("start") as status:
        yield status.update
