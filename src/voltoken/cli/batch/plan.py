"""A table to work on: its columns, and where it is cut into segments that can be done one by one.

A CSV file is cut at line ends outside quotes, a Parquet file into runs of rows of its row groups. All of
it is looked over once before any work begins, so that a file in another encoding, or of another kind, is
refused before the first token is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from voltoken.cli.batch.formats import arrow
from voltoken.cli.batch.plain import rows_of
from voltoken.cli.failures import FileTrouble, WrongFile, warn
from voltoken.cli.sources import shown_name

SEGMENT_BYTES: Final = 8 << 20
"""How much of a CSV file is worked on at once."""
BYTES_PER_ROW: Final = 64
"""What stands for a row of Parquet when a segment's size is turned into rows."""
_ROW_BYTES_MAX: Final = 64 << 20
_SAMPLE_BYTES: Final = 1 << 16
_BOM: Final = b"\xef\xbb\xbf"
_KEY_NAMES: Final = ("vending_key", "decoder_key", "key")
_KEY: Final = re.compile(r"\s*(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32}|[0-9a-fA-F]{40})\s*")

_ROW: Final = re.compile(rb'(?:[^"\n]++|(?<![^,\r\n])"(?:[^"]++|"")*+"|(?<=[^,\r\n])")*+\n')
"""A whole row: a quote opens a quoted cell only where a cell begins, and a line end inside it ends no row."""
_ROWS: Final = re.compile(b"(?:%b)++" % _ROW.pattern)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the table. start, end: bytes of a CSV file, or rows of a Parquet row group."""

    index: int
    start: int
    end: int
    group: int = 0

    @property
    def size(self) -> int:
        """How much there is to do, for the progress bar: bytes or rows."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Plan:
    """The table. kind: ``csv`` or ``parquet``. sample: its first rows, to look for what must not be there."""

    path: str
    kind: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    segments: tuple[Segment, ...]


def kind_of(path: str) -> str:
    """Return ``csv`` or ``parquet`` by the end of a name. Raises WrongFile for others."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("csv", "parquet"):
        raise WrongFile(f"{shown_name(path)}: the name of a table ends in .csv or .parquet.")
    return kind


def plan_of(path: str, segment_bytes: int) -> Plan:
    """Look over a table and cut it. Raises FileTrouble or WrongFile for what cannot be one."""
    kind = kind_of(path)
    try:
        if kind == "parquet":
            columns, sample, spans = arrow().parquet_plan(path, max(1, segment_bytes // BYTES_PER_ROW))
        else:
            with Path(path).open("rb") as file:
                columns, sample, spans = _csv_plan(file, segment_bytes, shown_name(path))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"table {shown_name(path)}: {reason}.") from None
    segments = tuple(Segment(index, *span) for index, span in enumerate(spans))
    return Plan(path, kind, tuple(columns), tuple(map(tuple, sample)), segments)


Spans = list[tuple[int, int, int]]


def _csv_plan(file: BinaryIO, size: int, name: str) -> tuple[list[str], list[list[str]], Spans]:
    """Return header, first rows and byte ranges of a CSV file."""
    header: list[str] = []
    sample: list[list[str]] = []
    spans: Spans = []
    lines = 0
    for chunk, offset in _chunks(file, 3 if file.read(3) == _BOM else 0, size, name):
        _check_text(chunk, lines, name)
        lines += chunk.count(b"\n")
        begin = 0
        if not header:
            begin = _end_of_header(chunk)
            header = next(rows_of(chunk[:begin].decode()), [])
            sample = list(islice(rows_of(chunk[begin : begin + _SAMPLE_BYTES].decode(errors="ignore")), 20))
        if begin < len(chunk):
            spans.append((offset + begin, offset + len(chunk), 0))
    if not header:
        raise WrongFile(f"table {name}: it is empty; its first line names the columns.")
    return [cell.strip() for cell in header], sample, spans


def _chunks(file: BinaryIO, offset: int, size: int, name: str) -> Iterator[tuple[bytes, int]]:
    """Yield a file in runs of whole rows of about size bytes, each with the place where it begins."""
    wanted = size
    while True:
        file.seek(offset)
        chunk = file.read(wanted)
        if not chunk:
            return
        end = len(chunk) if len(chunk) < wanted else _end_of_rows(chunk)
        if end:
            yield chunk[:end], offset
            offset, wanted = offset + end, size
        elif wanted < _ROW_BYTES_MAX:
            wanted *= 2  # a row that is longer than a segment
        else:
            raise WrongFile(
                f"table {name}: a row is longer than {_ROW_BYTES_MAX >> 20} MB. A quote that opens a cell is "
                "probably never closed."
            )


def _end_of_rows(chunk: bytes) -> int:
    """Return where the last whole row of a chunk ends; 0 when there is none."""
    if b'"' not in chunk:
        return chunk.rfind(b"\n") + 1
    found = _ROWS.match(chunk)
    return found.end() if found else 0


def _end_of_header(chunk: bytes) -> int:
    """Return where the first row that is not blank ends."""
    blank = len(chunk) - len(chunk.lstrip(b"\r\n"))
    found = _ROW.match(chunk, blank)
    return found.end() if found else len(chunk)


def _check_text(chunk: bytes, lines: int, name: str) -> None:
    """Raise WrongFile when a chunk is no text in UTF-8. lines: how many stand before it."""
    if chunk.isascii():
        return
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        line = lines + chunk.count(b"\n", 0, error.start) + 1
        raise WrongFile(
            f"table {name}: line {line} is not text in UTF-8. Save the table as CSV in UTF-8, or as Parquet."
        ) from None


def check_columns(plan: Plan, required: Sequence[str], known: Sequence[str], added: Sequence[str]) -> None:
    """Refuse a table that lacks a column, has one twice, one that is added, or one that holds keys.

    Raises WrongFile. Warns of names that look like a slip of the pen, because other columns are just
    carried over.
    """
    where, columns = f"table {shown_name(plan.path)}", plan.columns
    expected = f"Expected are {', '.join(known)}; other columns are carried over."
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise WrongFile(f'{where}: the column "{shown_name(twice[0])}" is there twice.')
    taken = [name for name in added if name in columns]
    if taken:
        raise WrongFile(f'{where}: the column "{taken[0]}" is there already, and would be added: rename it.')
    _refuse_keys(plan, where)
    others = [name for name in columns if name not in known]
    for name in others:
        if name.strip().lower() in known:
            raise WrongFile(f'{where}: write "{name.strip().lower()}" for the column "{name}". {expected}')
    missing = [name for name in required if name not in columns]
    if missing:
        found = ", ".join(map(shown_name, columns[:20]))
        tip = " Columns are separated by commas." if len(columns) == 1 else ""
        raise WrongFile(f'{where}: there is no column "{missing[0]}", only {found}.{tip} {expected}')
    for name in others:
        close = get_close_matches(name.lower(), [one for one in known if one not in columns], 1, 0.8)
        if close:
            warn(
                f'the column "{shown_name(name)}" is only carried over; did you mean "{close[0]}"? {expected}'
            )


def _refuse_keys(plan: Plan, where: str) -> None:
    """Refuse a table with a column of keys: tables are sent about, and key material stays in key files."""
    for place, name in enumerate(plan.columns):
        bare = name.lower().replace(" ", "_").replace("-", "_")
        cells = [row[place] for row in plan.sample if place < len(row)]
        if bare in _KEY_NAMES or ("key" in bare and any(map(_KEY.fullmatch, cells))):
            raise WrongFile(
                f'{where}: the column "{shown_name(name)}" is for keys. Keys never stand in a table, which '
                "is copied and sent about: put them in a key file and name it with --keys."
            )
