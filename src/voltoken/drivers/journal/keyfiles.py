"""What a journal keeps of centres and their key files: whom the module trusts, what it loaded and asked for.

All of it decides what may be loaded next, so all of it is part of the standing that the head authenticates:
a list of trust that was put back, a file's number that was set back or a request that was slipped in is
noticed when the module is unsealed. Receipts are kept whole; who sends a file again gets the same one.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from voltoken.drivers.journal import canonical, lines
from voltoken.errors import JournalError
from voltoken.security import (
    REQUESTS_OPEN_MAX,
    KeyFileLoaded,
    LastFile,
    LoadRequested,
    TrustSet,
)


class Trusted(NamedTuple):
    """The list of trust in force. part: what stands for it in the hash of a standing, made once."""

    trust: TrustSet
    part: str

    @classmethod
    def of(cls, seq: int, trust: TrustSet) -> Trusted:
        """Return it. seq: the line that set it."""
        return cls(trust, trust_part(seq, trust.version, trust.document))


class Filed(NamedTuple):
    """The last file of a centre. part: as in ``Trusted``."""

    file: LastFile
    part: str

    @classmethod
    def of(cls, seq: int, centre_id: str, file: LastFile) -> Filed:
        """Return it. seq: the line that says that it was loaded."""
        receipt = hashlib.sha256(file.receipt).hexdigest()
        return cls(file, file_part(seq, centre_id, file.seq, file.digest, receipt))


class Asked(NamedTuple):
    """An open request for keys. seq: its line."""

    seq: int
    centre_id: str


def trust_part(seq: int, version: int, document: str) -> str:
    """Return what stands for a list of trust in the hash of a standing."""
    return f"trust|{seq}|{version}|{lines.text_hash(document)}"


def file_part(seq: int, centre_id: str, number: int, digest: str, receipt: str) -> str:
    """Return what stands for the last file of a centre. receipt: its SHA-256, in hex."""
    return f"file|{centre_id}|{seq}|{number}|{digest}|{receipt}"


def parts_of(trust: str | None, last: Mapping[str, str], requests: Mapping[str, Asked]) -> list[str]:
    """Return how a module stands with its centres, as texts to be hashed. last: parts of files by centre."""
    parts = [] if trust is None else [trust]
    parts += [part for _, part in sorted(last.items())]
    parts += [f"asked|{name}|{seq}|{centre}" for name, (seq, centre) in sorted(requests.items())]
    return parts


@dataclass(slots=True)
class Files:
    """How a module stands with its centres. last: by centre. requests: by id, oldest first."""

    trusted: Trusted | None = None
    last: dict[str, Filed] = field(default_factory=dict)
    requests: dict[str, Asked] = field(default_factory=dict)

    def copy(self) -> Files:
        """Return another that can be changed."""
        return Files(self.trusted, dict(self.last), dict(self.requests))

    def parts(self) -> list[str]:
        """Return what the hash of a standing is over."""
        trust = None if self.trusted is None else self.trusted.part
        return parts_of(trust, {centre: filed.part for centre, filed in self.last.items()}, self.requests)


class Target(Protocol):
    """What rows and lines are written to: one commit."""

    def line(self, line: lines.Line) -> int:
        """Add a line; return its number."""

    def step(self, statement: str, values: tuple[Any, ...]) -> None:
        """Add a change of a row."""


def take_trust(target: Target, files: Files, trust: TrustSet) -> None:
    """Write a new list of trust. Raises JournalError when its version is not higher."""
    if files.trusted is not None and trust.version <= files.trusted.trust.version:
        raise JournalError("A list of trust has a higher version than the one before. Nothing was written.")
    seq = target.line(lines.trust_line(trust))
    target.step(
        "INSERT INTO trust (seq, version, document, by) VALUES (?, ?, ?, ?)",
        (seq, trust.version, trust.document, trust.by),
    )
    files.trusted = Trusted.of(seq, trust)


def take_request(target: Target, files: Files, asked: LoadRequested) -> None:
    """Write a request for keys; too many open ones end the oldest. Raises JournalError for an open id."""
    if asked.request_id in files.requests:
        raise JournalError("A request for keys has an id that another one has. Nothing was written.")
    seq = target.line(lines.requested_line(asked))
    target.step(
        "INSERT INTO load_requests (seq, request_id, centre_id, by) VALUES (?, ?, ?, ?)",
        (seq, asked.request_id, asked.centre_id, asked.by),
    )
    files.requests[asked.request_id] = Asked(seq, asked.centre_id)
    while len(files.requests) > REQUESTS_OPEN_MAX:
        _end(target, files, next(iter(files.requests)), seq)


def take_file(target: Target, files: Files, loaded: KeyFileLoaded) -> None:
    """Write that a file was loaded. Raises JournalError when its number is not higher than the last one."""
    before = files.last.get(loaded.centre_id)
    if before is not None and loaded.seq <= before.file.seq:
        raise JournalError("A key file has a higher number than the one before. Nothing was written.")
    seq = target.line(lines.file_line(loaded))
    target.step(
        "INSERT INTO key_files (seq, centre_id, number, file_id, digest, receipt) VALUES (?, ?, ?, ?, ?, ?)",
        (seq, loaded.centre_id, loaded.seq, loaded.file_id, loaded.digest, loaded.receipt),
    )
    file = LastFile(loaded.seq, loaded.digest, loaded.receipt)
    files.last[loaded.centre_id] = Filed.of(seq, loaded.centre_id, file)
    if loaded.request_id is not None:
        _end(target, files, loaded.request_id, seq)


def _end(target: Target, files: Files, request_id: str, seq: int) -> None:
    if files.requests.pop(request_id, None) is None:
        raise JournalError("A key file answers a request that is not open. Nothing was written.")
    target.step(
        "UPDATE load_requests SET ended = ? WHERE request_id = ? AND ended IS NULL", (seq, request_id)
    )


def read_files(connection: sqlite3.Connection) -> Files:
    """Return how the module stands with its centres, by the tables.

    Raises JournalError for damaged rows, and sqlite3.Error. Nothing is authenticated here.
    """
    files = Files()
    found = connection.execute("SELECT seq, version, document, by FROM trust ORDER BY seq DESC LIMIT 1")
    for seq, version, document, by in found:
        files.trusted = Trusted.of(_count(seq), TrustSet(_count(version), _text(document), _text(by)))
    found = connection.execute(
        "SELECT seq, centre_id, number, digest, receipt FROM key_files"
        " WHERE seq IN (SELECT max(seq) FROM key_files GROUP BY centre_id)"
    )
    for seq, centre_id, number, digest, receipt in found:
        if not isinstance(receipt, bytes):
            raise _damaged()
        file = LastFile(_count(number), _text(digest), receipt)
        files.last[_text(centre_id)] = Filed.of(_count(seq), centre_id, file)
    found = connection.execute(
        "SELECT seq, request_id, centre_id FROM load_requests WHERE ended IS NULL ORDER BY seq"
    )
    for seq, request_id, centre_id in found:
        files.requests[_text(request_id)] = Asked(_count(seq), _text(centre_id))
    return files


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _damaged()
    return value


def _count(value: object) -> int:
    if not canonical.is_count(value):
        raise _damaged()
    return value


def _damaged() -> JournalError:
    return JournalError("What the journal keeps of key files is damaged. Restore the journal from a backup.")
