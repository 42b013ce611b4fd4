"""What a module remembers, read from its journal: the ``State`` that its decisions ask.

Keys, counters and open approvals come from memory, everything else from the tables, each by an index that
``schema`` names. Sealed, the journal still says what keys there are and what was used up; answers, marks
and secrets need the root key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from voltoken.drivers.journal import canonical
from voltoken.drivers.journal.registers import read_move
from voltoken.drivers.journal.schema import BROKEN
from voltoken.drivers.journal.seals import Sealing
from voltoken.drivers.journal.standing import Standing
from voltoken.errors import JournalError, ModuleUnavailable
from voltoken.security import (
    ApprovalGranted,
    KeyMove,
    KeyRef,
    KeyRegister,
    LastFile,
    Result,
    Revoked,
    TrustSet,
    Usage,
)


class Recall:
    """The reading side of an open journal; implements ``State``. Used by one thread at a time.

    Every method raises JournalError when the file cannot be read.
    """

    _connection: sqlite3.Connection
    _standing: Standing
    _sealing: Sealing | None

    def register(self, ref: KeyRef) -> KeyRegister | None:
        """Return what is known about a key, None when it is not loaded."""
        kept = self._standing.keys.get(str(ref))
        return None if kept is None else kept.register

    # Any thread may ask for registers, usage and issued: what they read is replaced as a whole by a commit.

    def registers(self) -> tuple[KeyRegister, ...]:
        """Return all keys that are loaded, in order of their names."""
        return tuple(kept.register for _, kept in sorted(self._standing.keys.items()))

    def owner(self, ref: KeyRef) -> str | None:
        """Return the centre to which a loaded key belongs; None for one of keepers, or none at all."""
        kept = self._standing.keys.get(str(ref))
        return None if kept is None else kept.centre

    def revoked(self, ref: KeyRef) -> Revoked | None:
        """Return what is remembered of a key that a file took away; None unless that is how it went."""
        gone = self._standing.revoked.get(str(ref))
        return None if gone is None else gone.revoked

    def all_revoked(self) -> tuple[Revoked, ...]:
        """Return all keys that are remembered so, in order of their names."""
        return tuple(gone.revoked for _, gone in sorted(self._standing.revoked.items()))

    def usage(self, ref: KeyRef) -> Usage:
        """Return what was made under a key, also under one that was deleted since."""
        return self._standing.counters.get(str(ref)) or Usage()

    def result(self, request_id: str) -> Result | None:
        """Return what a request was answered with.

        Raises ModuleUnavailable while the module is sealed, when there is an answer; and SealBroken.
        """
        found = self._one("SELECT client, digest, answer FROM issued WHERE request_id = ?", request_id)
        if found is None:
            return None
        client, digest, sealed = found
        if not isinstance(digest, bytes):
            raise _changed()
        return Result(digest, client, self._open().open_answer(request_id, client, digest, sealed))

    def request_of(self, pan: str, token: int) -> str | None:
        """Return the id of the request that made a token for a meter; the last one, if several did.

        Raises ModuleUnavailable while the module is sealed.
        """
        found = self._one(
            "SELECT issued.request_id FROM marks JOIN issued ON issued.seq = marks.seq"
            " WHERE marks.pan = ? AND marks.mark = ? ORDER BY marks.seq DESC LIMIT 1",
            pan,
            self._open().mark(pan, token),
        )
        return None if found is None else found[0]

    def attempts(self, pan: str, base_date: str, tid: int) -> int:
        """Return how many different tokens one meter, base date and TID have."""
        found = self._one(
            "SELECT attempt FROM issued WHERE pan = ? AND base_date = ? AND tid = ?"
            " ORDER BY attempt DESC LIMIT 1",
            pan,
            base_date,
            int(tid),
        )
        return 0 if found is None else _whole(found[0]) + 1

    def last_tid(self, pan: str, base_date: str) -> int | None:
        """Return the greatest TID that a meter has a token for, None when it has none on this base date."""
        found = self._one(
            "SELECT tid FROM issued WHERE pan = ? AND base_date = ? AND tid IS NOT NULL"
            " ORDER BY tid DESC LIMIT 1",
            pan,
            base_date,
        )
        return None if found is None else _whole(found[0])

    def moves(self, pan: str) -> tuple[KeyMove, ...]:
        """Return the key changes of a meter, oldest first."""
        rows = self._all("SELECT move FROM moves WHERE pan = ? ORDER BY seq", pan)
        return tuple(read_move(move) for (move,) in rows)

    def move(self, request_id: str) -> KeyMove | None:
        """Return the key change that a request made."""
        found = self._one("SELECT move FROM moves WHERE request_id = ?", request_id)
        return None if found is None else read_move(found[0])

    def unknown_on_meter(self, pan: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a meter on a day."""
        return self._count("SELECT count(*) FROM tried WHERE pan = ? AND day = ?", pan, day.isoformat())

    def unknown_by_client(self, client: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a client on a day."""
        return self._count("SELECT count(*) FROM tried WHERE client = ? AND day = ?", client, day.isoformat())

    def approval(self, request_id: str) -> ApprovalGranted | None:
        """Return the approval for a request, None when there is none or it was used."""
        found = self._standing.approvals.get(request_id)
        return None if found is None else found.approval

    def issued(self) -> int:
        """Return how many requests were answered with tokens."""
        return self._standing.issued

    def trust(self) -> TrustSet | None:
        """Return the list of centres that are trusted, None when no list was ever set."""
        found = self._standing.files.trusted
        return None if found is None else found.trust

    def last_file(self, centre_id: str) -> LastFile | None:
        """Return the last key file of a centre, None when none was loaded."""
        found = self._standing.files.last.get(centre_id)
        return None if found is None else found.file

    def load_requests(self) -> Mapping[str, str]:
        """Return the open requests for keys: of which centre, by their ids."""
        return {name: asked.centre_id for name, asked in self._standing.files.requests.items()}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all reads of a block in one transaction of the database, which halves what each costs.

        Nothing can be committed meanwhile. Raises JournalError.
        """
        self._one("BEGIN")
        try:
            yield
        finally:
            self._one("COMMIT")

    def last_at(self) -> datetime:
        """Return the moment of the last line of the log: a clock that stands before it was set back."""
        found = self._one("SELECT body FROM log ORDER BY seq DESC LIMIT 1")
        line = None if found is None else canonical.read(found[0])
        moment = None if line is None else canonical.read_moment(line.get("at"))
        if moment is None:
            raise JournalError("The last line of the log cannot be read. Verify the log.")
        return moment

    def secrets(self) -> Iterator[tuple[KeyRegister, bytes | None]]:
        """Return all keys with their bytes, for filling a vault; None for one in a hardware token.

        Raises ModuleUnavailable while the module is sealed, and SealBroken.
        """
        sealing = self._open()
        for name, register, sealed in self._all("SELECT key, register, sealed FROM keys ORDER BY key"):
            kept = self._standing.keys.get(name)
            if kept is None or not isinstance(register, str):
                raise _changed()
            yield kept.register, sealing.open_key(register, sealed)

    def secret(self, ref: KeyRef) -> bytes | None:
        """Return the bytes of a key that is loaded, for comparing; None for one in a hardware token.

        Raises ModuleUnavailable while the module is sealed, SealBroken, and JournalError when it is gone.
        """
        sealing, found = self._open(), self._one("SELECT register, sealed FROM keys WHERE key = ?", str(ref))
        if found is None or not isinstance(found[0], str):
            raise _changed()
        return sealing.open_key(*found)

    def key_mark(self, ref: KeyRef, secret: bytes | None = None) -> bytes:
        """Return the code by which the bytes of a key are known again, 32 bytes.

        secret: the bytes; None takes those of the key that is loaded, and gives nothing for one in a hardware
        token. Raises as ``secret``.
        """
        found = self.secret(ref) if secret is None else secret
        return b"" if found is None else self._open().key_mark(str(ref), found)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of the module, 64 bytes. Raises ModuleUnavailable while sealed."""
        return self._open().sign(message)

    def exchange(self) -> bytes:
        """Return the private key that key files are made for, for one use. Raises as ``secret``."""
        return self._open().exchange()

    def _open(self) -> Sealing:
        if self._sealing is None:
            raise ModuleUnavailable("The journal is sealed. Unseal the module.")
        return self._sealing

    def _one(self, statement: str, *values: str | int | bytes) -> Any:
        try:
            return self._connection.execute(statement, values).fetchone()
        except BROKEN as error:
            raise _unread(error) from None

    def _all(self, statement: str, *values: str | int | bytes) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except BROKEN as error:
            raise _unread(error) from None

    def _count(self, statement: str, *values: str | int | bytes) -> int:
        return int(self._one(statement, *values)[0])


def _unread(error: Exception) -> JournalError:
    return JournalError(f"The journal cannot be read: {error}. Look at its disk, and verify its log.")


def _changed() -> JournalError:
    return JournalError(
        "A row of the journal was changed while it was open. Seal the module and verify its log."
    )


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise _changed()
    return value
