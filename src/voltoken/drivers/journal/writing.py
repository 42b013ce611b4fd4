"""What one commit writes, put together before its transaction begins.

All that can go wrong without the disk goes wrong here: a record that is out of range, a secret that cannot
be sealed. Then the transaction only carries finished rows over.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, Protocol, get_args

from voltoken.drivers.journal import canonical, keyfiles, lines
from voltoken.drivers.journal.log import link
from voltoken.drivers.journal.registers import move_document, register_document
from voltoken.drivers.journal.standing import Gone, Granted, Kept, Standing
from voltoken.drivers.journal.transactions import Rows
from voltoken.errors import JournalError
from voltoken.security import (
    KINDS,
    ApprovalGranted,
    ApprovalUsed,
    Event,
    Issued,
    KeyDeleted,
    KeyFileLoaded,
    KeyLoaded,
    KeyMove,
    KeyRefreshed,
    KeyRevoked,
    LoadRequested,
    Record,
    Revoked,
    TrustSet,
    UnknownTried,
    Usage,
)

MARK_BYTES: Final = 16
"""Length of the keyed mark of a token."""

LOG: Final = "INSERT INTO log (seq, body, hash) VALUES (?, ?, ?)"
_ISSUED: Final = (
    "INSERT INTO issued (seq, request_id, client, kind, digest, pan, key, base_date, tid, attempt, units,"
    " money, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MARK: Final = "INSERT INTO marks (pan, mark, seq) VALUES (?, ?, ?)"
_COUNTER: Final = "INSERT OR REPLACE INTO counters (key, units, money) VALUES (?, ?, ?)"
_RECORDS: Final = frozenset(get_args(Record))
_KINDS: Final = frozenset(KINDS.values())


class Seals(Protocol):
    """What seals rows and marks tokens while the module is unsealed."""

    def seal_answer(self, request_id: str, client: str, digest: bytes, answer: bytes) -> bytes:
        """Return an answer as it is kept."""

    def seal_key(self, register: str, secret: bytes | None) -> bytes:
        """Return a key as it is kept, bound to its register."""

    def mark(self, pan: str, token: int) -> bytes:
        """Return the keyed mark of a meter's token, 16 bytes."""


class Writing:
    """The rows of one commit. standing: how things stand when they are on the disk."""

    def __init__(self, standing: Standing, seals: Seals | None, at: str) -> None:
        """Begin after a standing. seals: None while the module is sealed. at: the moment of all lines."""
        self.standing = standing.copy()
        self._seals = seals
        self._at = at
        self._log: list[tuple[int, str, bytes]] = []
        self._issued: list[tuple[Any, ...]] = []
        self._marks: list[tuple[str, bytes, int]] = []
        self._steps: list[tuple[str, tuple[Any, ...]]] = []
        self._used: set[str] = set()

    def add(self, records: Sequence[Record]) -> None:
        """Take in records, one line each. Raises JournalError for one that cannot be written."""
        try:
            for record in records:
                self._add(record)
        except UnicodeError:
            raise JournalError(
                "A record holds a text whose characters are none, and cannot be written."
            ) from None

    def _add(self, record: Record) -> None:
        if record.__class__ not in _RECORDS:
            raise JournalError(f"The journal has no line for a {record.__class__.__name__}.")
        match record:
            case Issued():
                self._take_issued(record)
            case Event():
                self.line(lines.event_line(record))
            case KeyMove():
                self._take_move(record)
            case UnknownTried():
                self._take_tried(record)
            case ApprovalGranted():
                self._take_granted(record)
            case ApprovalUsed():
                self._take_used(record)
            case KeyLoaded() | KeyRefreshed():
                self._take_loaded(record)
            case KeyDeleted() | KeyRevoked():
                self._take_gone(record)
            case _:
                self._take_file(record)

    def line(self, line: lines.Line) -> int:
        """Add a line; return its number."""
        standing = self.standing
        seq = standing.seq + 1
        body = line.body(seq, self._at)
        standing.seq, standing.hash = seq, link(standing.hash, body)
        self._log.append((seq, body, standing.hash))
        return seq

    def step(self, statement: str, values: tuple[Any, ...]) -> None:
        """Add a change of a row."""
        self._steps.append((statement, values))

    def rows(self) -> Rows:
        """Return all statements with their values, in the order in which they are to be carried out."""
        counters = self.standing.counters
        changed = [(name, counters[name].units, counters[name].money) for name in sorted(self._used)]
        many: Rows = [
            (LOG, self._log),
            (_ISSUED, self._issued),
            (_MARK, sorted(self._marks)),  # neighbours together: each page is changed once
            (_COUNTER, changed),
        ]
        return [(statement, values) for statement, values in many if values] + [
            (statement, [values]) for statement, values in self._steps
        ]

    def _unsealed(self) -> Seals:
        if self._seals is None:
            raise JournalError("The journal is sealed, and takes events only. Unseal the module first.")
        return self._seals

    def _take_issued(self, one: Issued) -> None:
        seals = self._unsealed()
        _check_issued(one)
        pan = one.pan
        sealed = seals.seal_answer(one.request_id, one.client, one.digest, one.answer)
        marks = [] if pan is None else [seals.mark(pan, token) for token in one.tokens]
        seq = self.line(lines.issued_line(one, sealed, marks))
        key = None if one.key is None else str(one.key)
        what = (seq, one.request_id, one.client, one.kind, one.digest, pan, key, one.base_date, one.tid)
        self._issued.append((*what, one.attempt, one.units, one.money, sealed))
        if pan is not None:
            self._marks += [(pan, mark, seq) for mark in dict.fromkeys(marks)]
        if key is not None and (one.units or one.money):
            self._count(key, one.units, one.money)
        self.standing.issued += 1

    def _count(self, key: str, units: int, money: int) -> None:
        used = self.standing.counters.get(key) or Usage()
        total = Usage(used.units + units, used.money + money)
        if max(total.units, total.money) > canonical.INTEGER_MAX:
            raise JournalError(f"The counters of {key} are full. Use another key.")
        self.standing.counters[key] = total
        self._used.add(key)

    def _take_move(self, move: KeyMove) -> None:
        self._unsealed()
        seq = self.line(lines.move_line(move))
        self.step(
            "INSERT INTO moves (seq, request_id, pan, move) VALUES (?, ?, ?, ?)",
            (seq, move.request_id, str(move.meter.pan), canonical.write(move_document(move))),
        )

    def _take_tried(self, tried: UnknownTried) -> None:
        self._unsealed()
        seq = self.line(lines.tried_line(tried))
        self.step(
            "INSERT INTO tried (seq, pan, client, day) VALUES (?, ?, ?, ?)",
            (seq, tried.pan, tried.client, tried.day.isoformat()),
        )

    def _take_granted(self, granted: ApprovalGranted) -> None:
        self._unsealed()
        seq = self.line(lines.granted_line(granted))
        self._end_approval(granted.request_id, seq)  # the later one counts
        until = canonical.write_moment(granted.until)
        self.step(
            "INSERT INTO approvals (seq, request_id, request_hash, until, by, reason)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (seq, granted.request_id, granted.request_hash, until, granted.by, granted.reason),
        )
        self.standing.approvals[granted.request_id] = Granted(seq, granted)

    def _take_used(self, used: ApprovalUsed) -> None:
        self._unsealed()
        if used.request_id not in self.standing.approvals:
            raise JournalError("An approval was to be used that is not there, or was used before.")
        self._end_approval(used.request_id, self.line(lines.used_line(used)))

    def _end_approval(self, request_id: str, seq: int) -> None:
        if self.standing.approvals.pop(request_id, None) is not None:
            self.step(
                "UPDATE approvals SET used = ? WHERE request_id = ? AND used IS NULL", (seq, request_id)
            )

    def _take_file(self, record: Record) -> None:
        self._unsealed()
        files = self.standing.files
        match record:
            case TrustSet():
                keyfiles.take_trust(self, files, record)
            case LoadRequested():
                keyfiles.take_request(self, files, record)
            case KeyFileLoaded():
                keyfiles.take_file(self, files, record)
            case _:  # ``_add`` has taken all others
                pass

    def _take_loaded(self, loaded: KeyLoaded | KeyRefreshed) -> None:
        seals = self._unsealed()
        key = str(loaded.register.ref)
        if isinstance(loaded, KeyLoaded) and key in self.standing.keys:
            raise JournalError(f"{key} is in the journal already. Delete it first.")
        if isinstance(loaded, KeyRefreshed) and key not in self.standing.keys:
            raise JournalError(f"{key} is not in the journal, so it cannot be refreshed.")
        register = canonical.write(register_document(loaded.register))
        sealed, centre = seals.seal_key(register, loaded.secret), loaded.centre
        seq = self.line(lines.loaded_line(loaded, register, sealed))
        statement = "INSERT OR REPLACE INTO keys (key, seq, register, sealed, centre) VALUES (?, ?, ?, ?, ?)"
        self.step(statement, (key, seq, register, sealed, centre))
        row = lines.row_hash(register, sealed, centre)
        self.standing.keys[key] = Kept(loaded.register, seq, row, centre)
        self._forget(key)

    def _take_gone(self, gone: KeyDeleted | KeyRevoked) -> None:
        self._unsealed()
        key = str(gone.ref)
        if isinstance(gone, KeyRevoked):
            self._take_revoked(key, gone)
        elif key in self.standing.keys:
            self.delete_key(key)
        elif key in self.standing.revoked:
            self.line(lines.deleted_line(key))
            self._forget(key)
        else:
            raise JournalError(f"{key} is not in the journal, so it cannot be deleted.")

    def _take_revoked(self, key: str, gone: KeyRevoked) -> None:
        kept = self.standing.keys.pop(key, None)
        if kept is None:
            raise JournalError(f"{key} is not in the journal, so it cannot be revoked.")
        revoked = Revoked(kept.register, gone.centre, gone.mark)
        line = lines.revoked_line(revoked)
        seq = self.line(line)
        self.step("DELETE FROM keys WHERE key = ?", (key,))
        self.step("INSERT INTO revoked (key, seq, facts) VALUES (?, ?, ?)", (key, seq, line.facts))
        self.standing.revoked[key] = Gone(revoked, seq, line.facts)

    def _forget(self, key: str) -> None:
        """Remember a key no more that a file took away, if one did."""
        if self.standing.revoked.pop(key, None) is not None:
            self.step("DELETE FROM revoked WHERE key = ?", (key,))

    def delete_key(self, key: str) -> None:
        """Delete a key, in a sealed journal too. key: its name."""
        del self.standing.keys[key]
        self.line(lines.deleted_line(key))
        self.step("DELETE FROM keys WHERE key = ?", (key,))


def _check_issued(one: Issued) -> None:
    """Raise JournalError where the row would not hold what the line says."""
    numbers = (one.attempt, one.units, one.money, one.tid or 0)
    if one.kind not in _KINDS or len(one.digest) != 32:
        raise JournalError(f"An answered request has a digest of 32 bytes and a kind of {', '.join(_KINDS)}.")
    if min(numbers) < 0 or max(numbers) > canonical.INTEGER_MAX:
        raise JournalError("The numbers of an answered request are 0 to 2**63 - 1.")


def token_bytes(pan: str, token: int) -> bytes:
    """Return what the mark of a meter's token is made of."""
    return pan.encode() + b"|" + struct.pack(">QI", token >> 32, token & 0xFFFFFFFF)
