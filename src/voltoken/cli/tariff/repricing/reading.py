"""A table of purchases as columns: CSV, Parquet or Arrow in, every fault of it told at once.

Columns by their header: ``meter``, ``at``, ``amount``, ``units`` and, where customers have any, ``marks``.
Whole columns are read at once; only cells of an unusual form are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import click
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from voltoken.cli.batch.arrow import Table
from voltoken.cli.batch.vector import I64, Bool, Cells, decimals, minutes
from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.progress import progress
from voltoken.cli.sources import shown_name
from voltoken.cli.tariff.repricing.tables import check_columns, tables_of
from voltoken.tariff.batch import Purchases

FAULTS_SHOWN: Final = 20
"""How many faults of a file are shown; all are counted."""

_NUMBER: Final = re.compile(r"\d{1,13}(?:\.\d{1,13})?", re.ASCII)
_MARKS: Final = re.compile(r"[\s;|]+")
_METER_MAX: Final = 64
_WIDTH_MAX: Final = 13
"""Longer numbers are looked at one by one."""
_QUARTER: Final = 15
"""Minutes; clocks are set forward and back at whole quarters of an hour."""
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a local time, like those that are counted from it
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(slots=True)
class Given:
    """A table that was read. meters: their names, by number."""

    purchases: Purchases
    meters: list[str]


class Terms(NamedTuple):
    """How cells are read. places: decimals of the currency; unit_places: of the units of a token."""

    places: int
    unit_places: int
    zone: ZoneInfo


@dataclass(slots=True)
class Faults:
    """What is wrong with a table. shown: the first faults; count: of all of them."""

    shown: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, column: str, reason: str) -> None:
        """Note a fault. row: from 1, without the header."""
        self.count += 1
        if len(self.shown) < FAULTS_SHOWN:
            self.shown.append(f"row {row:,}, {column}: {reason}" if column else f"row {row:,}: {reason}")

    def tell(self, where: str) -> None:
        """Show them, and raise WrongFile if there are any."""
        if not self.count:
            return
        for fault in self.shown:
            click.echo(f"  {fault}", err=True)
        more = self.count - len(self.shown)
        also = f" The first {len(self.shown)} are shown." if more else ""
        faults = "1 fault" if self.count == 1 else f"{self.count:,} faults"
        raise WrongFile(f"{where} has {faults}, and nothing was priced.{also}")


def read_purchases(path: str, terms: Terms) -> Given:
    """Return the purchases of a table.

    Raises FileTrouble or WrongFile for a table that is none, WrongFile once all faults of its rows are shown.
    """
    where, faults = f"purchases {shown_name(path)}", Faults()
    reader = _Reader(terms, faults)
    with _explained(where):
        columns, size, tables = tables_of(path)
        check_columns(columns, where)
        with progress(size, title="Reading") as step:
            for table, part in tables:
                reader.read(table)
                step(part)
    faults.tell(where)
    if not reader.rows:
        raise WrongFile(f"{where} has no rows.")
    return reader.given()


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        said = str(error).splitlines()[0][:200] if str(error) else "it cannot be read"
        raise WrongFile(f"{where}: {said}.") from None
    except OSError as error:
        raise FileTrouble(f"{where}: {error.strerror or 'it cannot be opened'}.") from None


class _Reader:
    """Reads one part of a table after the other."""

    def __init__(self, terms: Terms, faults: Faults) -> None:
        self.terms = terms
        self.faults = faults
        self.rows = 0
        self.columns: list[tuple[I64, ...]] = []
        self.meters: dict[str, int] = {}
        self.customers: dict[frozenset[str], int] = {_NONE: 0}
        self.offsets: dict[int, int] = {}

    def given(self) -> Given:
        """Return all that was read."""
        meter, at, tender, units, marks = (np.concatenate(parts) for parts in zip(*self.columns, strict=True))
        return Given(Purchases(meter, at, tender, units, marks, list(self.customers)), list(self.meters))

    def read(self, table: Table) -> None:
        """Take in some rows."""
        for row, wrong in table.bad.items():
            self.faults.add(self.rows + row + 1, "", wrong)
        marks = np.zeros(table.rows, np.int64)
        if table.has("marks"):
            texts, index = table.distinct("marks")
            marks = np.array([self._customer(text) for text in texts], np.int64)[index]
        self.columns.append(
            (
                self._meters(table),
                self._times(table),
                self._numbers(table, "amount", self.terms.places, "whole coins of the currency"),
                self._numbers(table, "units", self.terms.unit_places, "the steps of a token"),
                marks,
            )
        )
        self.rows += table.rows

    def _customer(self, text: str) -> int:
        marks = frozenset(mark for mark in _MARKS.split(text) if mark)
        return self.customers.setdefault(marks, len(self.customers))

    def _meters(self, table: Table) -> I64:
        texts, index = table.distinct("meter")
        found = np.array([self.meters.setdefault(text, len(self.meters)) for text in texts], np.int64)
        wrong = np.array([not text or len(text) > _METER_MAX for text in texts], np.bool_)
        for row in np.flatnonzero(wrong[index]).tolist():
            self._fault(table, row, "meter", f"a name of 1 to {_METER_MAX} characters is needed.")
        return np.asarray(found[index], np.int64)

    def _numbers(self, table: Table, column: str, places: int, what: str) -> I64:
        """Return a column of decimals as whole numbers of the last place."""
        cells = table.cells(column)
        values, good = decimals(cells, places)
        for row in np.flatnonzero(~good | (_decimals_of(cells) > places)).tolist():
            text = cells.text(row).strip()
            exact = Decimal(text).scaleb(places) if _NUMBER.fullmatch(text) else None
            if exact is None:
                self._fault(table, row, column, f"{_quoted(text)} is no number such as 12.50.")
            elif exact != exact.to_integral_value() or exact >= 1 << 62:
                self._fault(
                    table, row, column, f"{_quoted(text)} has more than {places} decimals; these are {what}."
                )
            else:
                values[row] = int(exact)
        return values

    def _times(self, table: Table) -> I64:
        """Return the column of times as seconds on the clock of the tariff's zone."""
        cells = table.cells("at")
        found, in_utc, good = minutes(cells)
        for row in np.flatnonzero(~good).tolist():
            text = cells.text(row).strip()
            moment = _moment(text)
            if moment is None:
                self._fault(
                    table,
                    row,
                    "at",
                    f"{_quoted(text)} is no time such as 2026-03-01T13:00:00Z or 2026-03-01 13:00.",
                )
                continue
            in_utc[row] = moment.tzinfo is not None
            found[row] = _minute(moment)
        found[in_utc] += self._offset(found[in_utc])
        return found * 60

    def _offset(self, minute: I64) -> I64:
        """Return how far the clock of the zone is ahead of UTC, in minutes, at minutes of UTC since 1970."""
        quarters, index = np.unique(minute // _QUARTER, return_inverse=True)
        for quarter in quarters.tolist():
            if quarter not in self.offsets:
                moment = (_EPOCH + timedelta(minutes=quarter * _QUARTER)).replace(tzinfo=ZoneInfo("UTC"))
                offset = moment.astimezone(self.terms.zone).utcoffset() or timedelta(0)
                self.offsets[quarter] = offset // timedelta(minutes=1)
        return np.asarray(np.array([self.offsets[one] for one in quarters.tolist()], np.int64)[index])

    def _fault(self, table: Table, row: int, column: str, reason: str) -> None:
        if row not in table.bad:
            self.faults.add(self.rows + row + 1, column, reason)


def _decimals_of(cells: Cells) -> I64:
    """Return how many signs follow a point in each cell."""
    found, lengths = np.zeros(len(cells), np.int64), cells.lengths
    for place in range(min(int(lengths.max(initial=0)), _WIDTH_MAX)):
        is_point: Bool = (lengths > place) & (
            cells.data[np.minimum(cells.starts + place, len(cells.data) - 1)] == 46
        )
        found = np.where(is_point, lengths - place - 1, found)
    return found


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if "-" in text and 1 < moment.year < 9999 else None


def _minute(moment: datetime) -> int:
    """Return the minute since 1970, of UTC if the time says how far it is from it."""
    since: timedelta = moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta(0)) - _EPOCH
    return since // timedelta(minutes=1)


def _quoted(text: str) -> str:
    shown = text if len(text) <= 24 else f"{text[:20]}..."
    return ascii(shown) if shown else "nothing"
