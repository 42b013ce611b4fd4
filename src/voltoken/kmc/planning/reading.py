"""Lists of meters and of tokens, read line by line: CSV with a header, or one JSON object a line.

A row that cannot be read is left out and told with its line and the reason; whoever plans with the list has
to know how many meters are not in it. A list that is none raises FieldError, and nothing else is ever raised,
whatever the lines are. Columns are in ``voltoken.kmc.planning.columns``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NoReturn, TypeVar

from voltoken.errors import FieldError
from voltoken.kmc.planning.columns import (
    CADENCE_COLUMNS,
    METER_COLUMNS,
    PAN_COLUMN,
    SETUP_COLUMNS,
    TOKEN_COLUMNS,
    WINDOW_DEFAULT,
    Column,
)
from voltoken.kmc.planning.values import (
    Cadence,
    Fault,
    Faults,
    Issued,
    Meter,
    MeterList,
    Setup,
    TokenList,
)

FAULTS_KEPT: Final = 1_000
"""How many faults are kept to be shown; all are counted."""

_CACHE_MAX: Final = 1 << 18
"""So many different setups and cadences are remembered while a list is read."""
_DELIMITERS: Final = (",", ";", "\t")

_Row = TypeVar("_Row")
_Make = Callable[[Sequence[str], int], _Row]


def read_meters(lines: Iterable[str], window_days: int = WINDOW_DEFAULT) -> MeterList:
    """Return the meters of a list. window_days: what its purchases count, where the list does not say.

    Raises FieldError for what is no list of meters.
    """
    rows = _Rows(lines, METER_COLUMNS, "list of meters")
    meters = tuple(rows.read(_Meters(window_days).row))
    return MeterList(meters, rows.faults(), rows.digest())


def read_tokens(lines: Iterable[str]) -> TokenList:
    """Return the tokens of a list. Raises FieldError for what is no list of tokens."""
    rows = _Rows(lines, TOKEN_COLUMNS, "list of tokens")
    tokens = tuple(rows.read(_token))
    return TokenList(tokens, rows.faults(), rows.digest())


class _Rows:
    """The rows of a list: texts in the order of the columns of a table, empty where there is none."""

    def __init__(self, lines: Iterable[str], columns: Sequence[Column], what: str) -> None:
        self.columns, self.what, self.lines = columns, what, lines
        self.line = 0
        self.kept: list[Fault] = []
        self.count = 0
        self.hash = hashlib.sha256()

    def faults(self) -> Faults:
        """Return what was left out."""
        return Faults(tuple(self.kept), self.count)

    def digest(self) -> str:
        """Return SHA-256 of all that was read."""
        return self.hash.hexdigest()

    def read(self, make: _Make[_Row]) -> Iterator[_Row]:
        """Yield what make returns for each row; a row for which it raises FieldError is left out."""
        lines = self._numbered()
        first = next((line for line in lines if line.strip()), "")
        rows = self._objects if first.lstrip().startswith("{") else self._cells
        for cells, line in rows(first, lines):
            try:
                yield make(cells, line)
            except FieldError as error:
                self._fault(line, error.field, error.message)

    def _numbered(self) -> Iterator[str]:
        """Yield the lines, counting and hashing them."""
        take = self.hash.update
        for line in self.lines:
            self.line += 1
            take(line.encode("utf-8", "surrogatepass"))
            yield line

    def _fault(self, line: int, column: str, reason: str) -> None:
        self.count += 1
        if len(self.kept) < FAULTS_KEPT:
            self.kept.append(Fault(line, column, reason))

    def _cells(self, first: str, lines: Iterator[str]) -> Iterator[tuple[Sequence[str], int]]:
        """Yield the rows of a CSV table. first: its header. Raises FieldError for a header that is none."""
        delimiter = max(_DELIMITERS, key=first.count)
        rows = csv.reader(chain([first], lines), delimiter=delimiter, skipinitialspace=True)
        try:
            header = [name.strip().lower() for name in next(rows)]
        except csv.Error:
            header = []
        take = itemgetter(*self._places(header))
        width = len(header)
        line = self.line
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                self._fault(line + 1, "", f"The row cannot be read, down to line {self.line}.")
                line = self.line
                continue
            start, line = line + 1, self.line
            if len(row) == width and start == line:
                row.append("")
                yield take(row), line
            elif row and start < line:
                self._fault(start, "", f"A cell goes on to line {line}: is a quotation mark open?")
            elif any(cell.strip() for cell in row):
                self._fault(line, "", f"The row has {len(row)} cells; the header has {width}.")

    def _places(self, header: Sequence[str]) -> list[int]:
        """Return where the columns are; one that is not there is behind the last."""
        for column in self.columns:
            if header.count(column.name) > 1:
                raise FieldError("columns", column.name, "each there once")
            if column.needed and column.name not in header:
                raise self._no_list(f"There is no column {column.name}.")
        found = {name: place for place, name in enumerate(header)}
        return [found.get(column.name, len(header)) for column in self.columns]

    def _no_list(self, why: str) -> FieldError:
        needed = ", ".join(column.name for column in self.columns if column.needed)
        also = ", ".join(column.name for column in self.columns if not column.needed)
        more = f"; known are also {also}" if also else ""
        allowed = f"CSV or lines of JSON with the columns {needed}{more}"
        return FieldError(self.what, "the first line", allowed, why)

    def _objects(self, first: str, lines: Iterator[str]) -> Iterator[tuple[Sequence[str], int]]:
        """Yield the rows of lines of JSON."""
        for text in chain([first], lines):
            if not text.strip():
                continue
            try:
                row = json.loads(
                    text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object
                )
                cells = [_text(column, row.get(column.name)) for column in self.columns]
            except FieldError as error:
                self._fault(self.line, error.field, error.message)
            except (ValueError, ArithmeticError, RecursionError, AttributeError):
                self._fault(self.line, "", "The line is no JSON object.")
            else:
                yield cells, self.line


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _text(column: Column, value: object) -> str:
    """Return a value of JSON as the text of a cell. Raises FieldError for a number that should be text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if column.number and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise FieldError(
        column.name,
        value,
        "a text in quotation marks",
        "A number loses its leading zeros and its last digits.",
    )


class _Meters:
    """Reads rows of a list of meters, remembering what many of them have in common."""

    def __init__(self, window_days: int) -> None:
        self.window_days = window_days
        self.setups: dict[Sequence[str], Setup] = {}
        self.cadences: dict[Sequence[str], Cadence] = {}
        self.seen: dict[str, int] = {}

    def row(self, cells: Sequence[str], line: int) -> Meter:
        """Return the meter of a row. Raises FieldError."""
        pan: str = _cell(PAN_COLUMN, cells[0])
        key = tuple(cells[1:9])
        setup = self.setups.get(key)
        if setup is None:
            values = (_cell(column, text) for column, text in zip(SETUP_COLUMNS, key, strict=True))
            setup = Setup._make("" if value is None else value for value in values)
            _remember(self.setups, key, setup)
        bought = tuple(cells[9:])
        cadence = self.cadences.get(bought)
        if cadence is None:
            cadence = self._cadence(bought)
            _remember(self.cadences, bought, cadence)
        before = self.seen.setdefault(pan, line)
        if before != line:
            raise FieldError("pan", pan, "in the list once", f"It stands in line {before} as well.")
        return Meter(pan, setup, cadence)

    def _cadence(self, cells: Sequence[str]) -> Cadence:
        values = [_cell(column, text) for column, text in zip(CADENCE_COLUMNS, cells, strict=True)]
        last, purchases, window, interval = values
        if interval is not None and purchases is not None:
            raise FieldError("interval_days", str(interval), "left out where there are purchases")
        if interval is not None:
            purchases, window = interval.denominator, interval.numerator
        return Cadence(last.toordinal() if last else 0, purchases or 0, window or self.window_days)


def _token(cells: Sequence[str], _: int) -> Issued:
    """Return the token of a row. Raises FieldError."""
    return Issued._make(_cell(column, text) for column, text in zip(TOKEN_COLUMNS, cells, strict=True))


def _cell(column: Column, text: str) -> Any:
    """Return the value of a cell, None for an empty one that may be. Raises FieldError of its column."""
    if not text:
        if column.needed:
            raise FieldError(column.name, "", column.text)
        return None
    try:
        return column.read(text)
    except FieldError as error:
        if error.field == column.name:
            raise
        raise FieldError(column.name, text, error.allowed, "Is a digit mistyped?") from None


def _remember(known: dict[Sequence[str], Any], key: Sequence[str], value: object) -> None:
    """Remember a value, so that the same text is read once; all of them when there are too many."""
    if len(known) >= _CACHE_MAX:
        known.clear()
    known[key] = value
