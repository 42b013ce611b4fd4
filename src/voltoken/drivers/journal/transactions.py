"""One transaction at a time, and what is known when one fails.

Before COMMIT a transaction that fails is taken back, and nothing is on the disk. When COMMIT itself fails,
SQLite may have written all of it and only not heard from the disk: nobody can say what a restart will find.
Then nothing is written any more until the journal is opened again, which reads what is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from voltoken.drivers.journal.schema import BROKEN
from voltoken.errors import JournalError

Probe = Callable[[str], None]
"""Called in a commit at ``begin``, ``rows``, ``before_commit``, ``after_commit``, for tests."""

Rows = list[tuple[str, Sequence[tuple[Any, ...]]]]
"""Statements, each with the values of all its rows."""


def no_probe(name: str) -> None:
    """Do nothing at a named point."""


class Transactions:
    """Writes to one connection. failed: why nothing is written any more; empty when all is well."""

    def __init__(self, connection: sqlite3.Connection, probe: Probe) -> None:
        self._connection = connection
        self._probe = probe
        self.failed = ""

    def check(self) -> None:
        """Raise JournalError when nothing is written any more."""
        if self.failed:
            raise JournalError(f"The journal is not written any more: {self.failed}. Open it again.")

    def write(self, rows: Rows, head: Sequence[tuple[Any, ...]], written: Callable[[], None]) -> None:
        """Carry out rows and then the head in one transaction. written: called when they are on the disk.

        head: the values of one row, or none while the module is sealed. Raises JournalError.
        """
        self.check()
        committing = False
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._probe("begin")
            for statement, values in rows:
                self._connection.executemany(statement, values)
            self._probe("rows")
            self._connection.executemany(WRITE_HEAD, head)
            self._probe("before_commit")
            committing = True
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._undo(committing=committing)
            if isinstance(error, BROKEN):
                raise _unwritten(error) from None
            raise
        written()
        self._probe("after_commit")

    def _undo(self, *, committing: bool) -> None:
        """Take an unfinished transaction back. committing: the disk may have it already."""
        if committing:
            self.failed = "its last commit may be on the disk or not"
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except BROKEN:
            self.failed = self.failed or "an unfinished commit could not be taken back"


WRITE_HEAD = "INSERT OR REPLACE INTO head (one, seq, hash, issued, state, mac) VALUES (1, ?, ?, ?, ?, ?)"

_TWICE = {
    "issued.request_id": "a request id that has an answer already",
    "issued.pan": "a second token for one meter, base date, TID and attempt",
    "moves.request_id": "a second key change under one request id",
}


def _unwritten(error: sqlite3.Error | OverflowError | UnicodeError) -> JournalError:
    """Say what was not written, and why."""
    if isinstance(error, sqlite3.IntegrityError):
        for column, what in _TWICE.items():
            if column in str(error):
                return JournalError(f"Nothing was written: {what}. The module has decided on an old state.")
        return JournalError(f"Nothing was written: {error}. Another program has changed the journal.")
    if isinstance(error, UnicodeError):
        return JournalError("Nothing was written: a text holds characters that are none.")
    return JournalError(f"The journal cannot be written: {error}. Look at its disk.")
