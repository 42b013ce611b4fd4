"""Lists of meters and of tokens as files: read line by line, with a bar, every bad row told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import click

from voltoken.cli.failures import FileTrouble, WrongFile, warn
from voltoken.cli.progress import progress
from voltoken.cli.sources import parse_json, read_text, shown_name
from voltoken.errors import FieldError
from voltoken.kmc.planning import (
    Faults,
    MeterList,
    TokenList,
    WavePlan,
    plan_of,
    read_meters,
    read_tokens,
)

FAULTS_SHOWN: Final = 20
"""How many bad rows of a list are shown; all are counted."""
_LINE_MAX: Final = 1 << 20
"""Characters of a line; what is longer is read as several, and none of them is a row."""
_STEP: Final = 5_000
"""So many lines are read between two looks at the bar."""


def meters_of(path: str, window_days: int) -> MeterList:
    """Return the list of meters of a file, its bad rows shown. Raises FileTrouble and WrongFile."""
    try:
        found = read_meters(_lines(path, "list of meters"), window_days)
    except FieldError as error:
        raise WrongFile(f"list of meters {shown_name(path)}: {error.message}") from None
    _tell(found.faults, f"list of meters {shown_name(path)}")
    return found


def tokens_of(path: str) -> TokenList:
    """Return the list of tokens of a file, its bad rows shown. Raises FileTrouble and WrongFile."""
    try:
        found = read_tokens(_lines(path, "list of tokens"))
    except FieldError as error:
        raise WrongFile(f"list of tokens {shown_name(path)}: {error.message}") from None
    _tell(found.faults, f"list of tokens {shown_name(path)}")
    return found


def waves_of(path: str) -> WavePlan:
    """Return the wave plan of a JSON file. Raises FileTrouble, WrongFile and FieldError."""
    return plan_of(parse_json(read_text(path, "wave plan"), f"wave plan {shown_name(path)}"))


def _lines(path: str, what: str) -> Iterator[str]:
    """Yield the lines of a file; ``-`` is standard input. Raises FileTrouble that says what it is for."""
    try:
        if path == "-":
            yield from _counted(sys.stdin, 0)
            return
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            yield from _counted(file, Path(path).stat().st_size)
    except UnicodeDecodeError:
        raise FileTrouble(f"{what} {shown_name(path)}: it is not a text file in UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"{what} {shown_name(path)}: {reason}.") from None


def _counted(file: TextIO, size: int) -> Iterator[str]:
    """Yield lines, and show how far they have come where the size is known."""
    if not size:
        yield from iter(lambda: file.readline(_LINE_MAX), "")
        return
    with progress(size, title="Reading") as step:
        done = 0
        for number, line in enumerate(iter(lambda: file.readline(_LINE_MAX), ""), 1):
            done += len(line)
            if number % _STEP == 0:
                step(done)
                done = 0
            yield line


def _tell(faults: Faults, what: str) -> None:
    """Show the rows that are not in what was read."""
    if not faults.count:
        return
    for fault in faults.shown[:FAULTS_SHOWN]:
        column = f", {fault.column}" if fault.column else ""
        click.echo(f"  line {fault.line:,}{column}: {fault.reason}", err=True)
    rows = "1 row is" if faults.count == 1 else f"{faults.count:,} rows are"
    first = f" The first {FAULTS_SHOWN} are shown." if faults.count > FAULTS_SHOWN else ""
    warn(f"{what}: {rows} wrong, and in no figure below.{first}")
