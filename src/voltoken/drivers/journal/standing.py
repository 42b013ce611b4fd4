"""How a module stands: what every commit starts from, and what its head authenticates.

The journal's one writer keeps this in memory, and replaces it by the next when a commit is on the disk. It
is small: keys, counters and open approvals, not answers. ``digest`` is a hash over all of it. The head of
the journal holds that hash under a code of the root key, so that a counter that was set back in the file,
a key whose limits were raised or an approval that was slipped in is noticed when the module is unsealed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from voltoken.drivers.journal import canonical, lines
from voltoken.drivers.journal.keyfiles import Files, read_files
from voltoken.drivers.journal.log import GENESIS
from voltoken.drivers.journal.registers import read_register, read_revoked
from voltoken.errors import JournalError
from voltoken.security import ApprovalGranted, KeyRegister, Revoked, Usage

_HEAD: Final = b"voltoken-journal-head/1|"


class Kept(NamedTuple):
    """A key in the journal. seq: the line that loaded it. row: hash of its row, in hex.

    centre: to whom it belongs, None for keepers.
    """

    register: KeyRegister
    seq: int
    row: str
    centre: str | None


class Gone(NamedTuple):
    """A key that a file took away. seq: the line that says so. facts: of that line, which its row holds."""

    revoked: Revoked
    seq: int
    facts: str


class Granted(NamedTuple):
    """An approval that was not used yet. seq: the line that granted it."""

    seq: int
    approval: ApprovalGranted


@dataclass(slots=True)
class Standing:
    """How things stand after a line.

    seq, hash: of that line. issued: requests answered so far. root: hash of the root record, in hex.
    counters, keys, revoked, approvals: by the name of the key, and by the request the approval is for. files:
    what it has from which centres.
    """

    root: str
    seq: int = 0
    hash: bytes = GENESIS
    issued: int = 0
    counters: dict[str, Usage] = field(default_factory=dict)
    keys: dict[str, Kept] = field(default_factory=dict)
    revoked: dict[str, Gone] = field(default_factory=dict)
    approvals: dict[str, Granted] = field(default_factory=dict)
    files: Files = field(default_factory=Files)

    def copy(self) -> Standing:
        """Return another that can be changed."""
        return replace(
            self,
            counters=dict(self.counters),
            keys=dict(self.keys),
            revoked=dict(self.revoked),
            approvals=dict(self.approvals),
            files=self.files.copy(),
        )

    def digest(self) -> bytes:
        """Return the hash over everything but seq and hash, 32 bytes."""
        parts = [f"root|{self.root}", f"issued|{self.issued}"]
        parts += [f"key|{name}|{kept.seq}|{kept.row}" for name, kept in sorted(self.keys.items())]
        parts += [f"revoked|{gone.seq}|{gone.facts}" for _, gone in sorted(self.revoked.items())]
        parts += [f"counter|{name}|{used.units}|{used.money}" for name, used in sorted(self.counters.items())]
        for _, (seq, approval) in sorted(self.approvals.items()):
            parts.append(f"approval|{seq}|{lines.granted_line(approval).facts}")
        parts += self.files.parts()
        return hashlib.sha256("\n".join(parts).encode()).digest()


class Head(NamedTuple):
    """The row that says how things stood after the last commit of the unsealed module.

    state: ``Standing.digest``. mac: the code of the root key over all the others and the module's id.
    """

    seq: int
    hash: bytes
    issued: int
    state: bytes
    mac: bytes

    def message(self, module_id: str) -> bytes:
        """Return what the code is over."""
        return b"|".join(
            (_HEAD + module_id.encode("ascii"), b"%d" % self.seq, b"%d" % self.issued, self.hash, self.state)
        )


def make_head(standing: Standing, code: Callable[[bytes], bytes], module_id: str) -> Head:
    """Return the row that says how things stand. code: of the root key."""
    plain = Head(standing.seq, standing.hash, standing.issued, standing.digest(), b"")
    return plain._replace(mac=code(plain.message(module_id)))


def read_head(connection: sqlite3.Connection) -> Head:
    """Return the head. Raises JournalError when there is none, and sqlite3.Error."""
    found = connection.execute("SELECT seq, hash, issued, state, mac FROM head").fetchone()
    if found is not None:
        head = Head(*found)
        if (
            isinstance(head.seq, int)
            and isinstance(head.issued, int)
            and all(isinstance(each, bytes) for each in (head.hash, head.state, head.mac))
        ):
            return head
    raise JournalError("The journal has lost its head. Restore it from a backup.")


def read_standing(connection: sqlite3.Connection, root_record: str) -> Standing:
    """Return how things stand by the tables. Raises JournalError for damaged rows, and sqlite3.Error.

    Nothing is authenticated here.
    """
    head = read_head(connection)
    last = connection.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    if last is None or not isinstance(last[1], bytes):
        raise JournalError("The journal's log is empty or damaged. Restore it from a backup.")
    standing = Standing(lines.text_hash(root_record), last[0], last[1], head.issued)
    _read_keys(connection, standing)
    for name, units, money in connection.execute("SELECT key, units, money FROM counters"):
        standing.counters[_text(name)] = Usage(_count(units), _count(money))
    open_ones = connection.execute(
        "SELECT seq, request_id, request_hash, until, by, reason FROM approvals WHERE used IS NULL"
    )
    for seq, request_id, request_hash, until, by, reason in open_ones:
        moment = canonical.read_moment(until)
        if moment is None:
            raise JournalError("An approval of the journal is damaged. Restore it from a backup.")
        approval = ApprovalGranted(_text(request_id), _text(request_hash), moment, _text(by), _text(reason))
        standing.approvals[approval.request_id] = Granted(_count(seq), approval)
    standing.files = read_files(connection)
    return standing


def _read_keys(connection: sqlite3.Connection, standing: Standing) -> None:
    """Take in the keys that are there, and those that files took away."""
    rows = connection.execute("SELECT key, seq, register, sealed, centre FROM keys")
    for name, seq, register, sealed, centre in rows:
        read = read_register(register)
        if str(read.ref) != name or not isinstance(sealed, bytes) or not isinstance(seq, int):
            raise JournalError("A key of the journal is damaged. Restore it from a backup.")
        owner = None if centre is None else _text(centre)
        standing.keys[name] = Kept(read, seq, lines.row_hash(register, sealed, owner), owner)
    for name, seq, facts in connection.execute("SELECT key, seq, facts FROM revoked"):
        revoked = read_revoked(facts)
        if str(revoked.register.ref) != name:
            raise JournalError("A revoked key of the journal is damaged. Restore it from a backup.")
        standing.revoked[name] = Gone(revoked, _count(seq), facts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise JournalError("A row of the journal is damaged. Restore it from a backup.")
    return value


def _count(value: object) -> int:
    if not canonical.is_count(value):
        raise JournalError("A row of the journal is damaged. Restore it from a backup.")
    return value
