"""Writing to a centre's file: lines and what belongs to them, in one transaction or not at all.

When ``commit`` returns, everything is on the disk; when it raises, nothing is, or, where that cannot be
known, nothing is written any more until the centre is opened again and reads what is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.drivers.centre.file import BROKEN, readable
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.centre.lines import write_line
from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.drivers.journal.log import GENESIS, link
from voltoken.errors import CentreFileError, CentreSealed
from voltoken.kmc import Event

Probe = Callable[[str], None]
"""Called in a commit at ``POINTS``, for tests."""
POINTS: Final = ("begin", "lines", "secrets", "before_commit", "after_commit")
"""The named points of a commit."""

WRITE_META: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
WRITE_LINE: Final = "INSERT INTO log (seq, body, hash) VALUES (?, ?, ?)"
WRITE_HEAD: Final = "INSERT INTO heads (seq, at, hash, signature) VALUES (?, ?, ?, ?)"
_KEEP: Final = "INSERT OR REPLACE INTO secrets (name, sealed) VALUES (?, ?)"
_DROP: Final = "DELETE FROM secrets WHERE name = ?"
_FILE_PAPER: Final = "INSERT OR REPLACE INTO papers (name, request, content) VALUES (?, ?, ?)"


def no_probe(name: str) -> None:
    """Do nothing at a named point."""


@dataclass(frozen=True, slots=True)
class End:
    """The last line of a log: its number, its hash, and when it was written."""

    seq: int = 0
    hash: bytes = GENESIS
    at: datetime = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept beside the lines of one act.

    destroyed: names of secrets that are dropped. sealed: secrets by name, sealed. papers: what was made for
    people, by file name, by which request. meta: texts that say how the root key is kept.
    """

    sealed: Mapping[str, bytes] = field(default_factory=dict)
    destroyed: Sequence[str] = ()
    papers: Mapping[str, bytes] = field(default_factory=dict)
    request: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


NOTHING: Final = Beside()
"""Lines alone."""


GENESIS_END: Final = End()
"""Before the first line."""


class Store:
    """One connection that writes. failed: why nothing is written any more; empty when all is well.

    end: the last line. signed: the number of the last one that a signed head vouches for.
    """

    def __init__(
        self, connection: sqlite3.Connection, centre_id: str, end: End, signed: int, probe: Probe
    ) -> None:
        self.connection = connection
        self.centre_id = centre_id
        self.end = end
        self.signed = signed
        self.failed = ""
        self._probe = probe

    def commit(
        self, events: Sequence[Event], at: datetime, keys: Keys | None, beside: Beside = NOTHING
    ) -> None:
        """Write lines and what belongs to them. keys: sign the new head; None while the centre is sealed.

        The head is in the same transaction: secrets and the root record are never on the disk without one.
        Raises CentreFileError, and CentreSealed for what needs a head without keys that sign it.
        """
        if self.failed:
            raise CentreFileError(f"The centre is not written any more: {self.failed}. Open it again.")
        if keys is None and (beside.sealed or beside.destroyed or beside.meta):
            raise CentreSealed(
                "The centre is sealed, and what keeps or destroys a secret takes its signature. Unseal it: "
                "offer what opens it."
            )
        lines, end = chain(self.end, events, at)
        heads = [] if keys is None else [head_row(self.centre_id, end, keys)]
        committing = False
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            self._probe("begin")
            self.connection.executemany(WRITE_LINE, lines)
            self._probe("lines")
            self._write_beside(beside)
            self._probe("secrets")
            self.connection.executemany(WRITE_HEAD, heads)
            self._probe("before_commit")
            committing = True
            self.connection.execute("COMMIT")
        except BaseException as error:
            self._undo(committing=committing)
            if isinstance(error, BROKEN):
                raise CentreFileError(
                    f"The centre's file cannot be written: {ascii(str(error))[1:-1]}. Look at its disk."
                ) from None
            raise
        self.end = end
        self.signed = self.signed if keys is None else end.seq
        self._probe("after_commit")

    def row(self, statement: str, *values: object) -> Any:
        """Return the first row of a question, None when there is none. Raises CentreFileError."""
        with readable("The centre's file"):
            return self.connection.execute(statement, values).fetchone()

    def _write_beside(self, beside: Beside) -> None:
        self.connection.executemany(_DROP, [(name,) for name in beside.destroyed])
        self.connection.executemany(_KEEP, beside.sealed.items())
        papers = [(name, beside.request, content) for name, content in beside.papers.items()]
        self.connection.executemany(_FILE_PAPER, papers)
        self.connection.executemany(WRITE_META, beside.meta.items())

    def _undo(self, *, committing: bool) -> None:
        """Take an unfinished transaction back. committing: the disk may have it already."""
        if committing:
            self.failed = "its last commit may be on the disk or not"
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except BROKEN:
            self.failed = self.failed or "an unfinished commit could not be taken back"


def chain(end: End, events: Sequence[Event], at: datetime) -> tuple[list[tuple[int, str, bytes]], End]:
    """Return the rows of lines that follow a last one, and the new last one. Raises CanonicalError."""
    rows = []
    for event in events:
        body = write_line(event, end.seq + 1, at)
        end = End(end.seq + 1, link(end.hash, body), at)
        rows.append((end.seq, body, end.hash))
    return rows, end


def head_row(centre_id: str, end: End, keys: Keys) -> tuple[Any, ...]:
    """Return the row of a signed head. Raises CentreSealed."""
    signed = sign_end(centre_id, end, keys)
    return signed.seq, canonical.write_moment(signed.at), signed.hash, signed.signature


def sign_end(centre_id: str, end: End, keys: Keys) -> Checkpoint:
    """Return the signed head of a log that ends so: what a witness keeps. Raises CentreSealed."""
    plain = Checkpoint(centre_id, end.seq, end.hash, end.at)
    return Checkpoint(plain.module_id, plain.seq, plain.hash, plain.at, keys.sign(plain.message()))
