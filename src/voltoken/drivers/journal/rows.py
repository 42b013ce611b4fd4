"""The rows of a table, read beside the lines of the log: every row bears the number of its line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from voltoken.drivers.journal.chain import Faults


class Rows:
    """The rows of one table, read beside the log. what: one of them, in words."""

    def __init__(self, connection: sqlite3.Connection, statement: str, what: str, faults: Faults) -> None:
        self._rows: Iterator[tuple[Any, ...]] = iter(connection.execute(statement))
        self._what = what
        self._faults = faults
        self._next = next(self._rows, None)

    def take(self, seq: int) -> tuple[Any, ...] | None:
        """Return what stands in the row of a line, None when there is no row. Older rows are faults."""
        row = self._next
        while row is not None and row[0] < seq:
            self._faults.add(f"Line {row[0]} is not that of {self._what}, and there is one: added.")
            row = self._next = next(self._rows, None)
        if row is None or row[0] != seq:
            self._faults.add(f"Line {seq} is that of {self._what}, and there is none: removed.")
            return None
        self._next = next(self._rows, None)
        return row[1:]

    def rest(self) -> None:
        """Report the rows after the last line."""
        while self._next is not None:
            self._faults.add(f"Line {self._next[0]} is not that of {self._what}, and there is one: added.")
            self._next = next(self._rows, None)

    def compare(self, seq: int, wanted: tuple[Any, ...], what: str) -> None:
        """Report a row that says otherwise than its line. wanted: what the line says. what: in words."""
        row = self.take(seq)
        if row is not None and row != wanted:
            self._faults.add(f"Line {seq} says otherwise than its {what}: that was changed.")
