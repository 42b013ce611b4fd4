"""The journal of a security module: one SQLite file, written before any answer leaves.

``commit`` writes all records of a decision, or of many, in one transaction, with one line of the hash
chain for each. When it returns, everything is on the disk; when it raises, nothing is, or, where that
cannot be known, the journal refuses every further commit until it is opened again and reads what is there.

A journal is opened sealed. ``unlock`` authenticates it by the root key: its head, its keys, its counters
and the lines that were written while it was sealed. It does not read the whole log; ``verify_journal``
does, without any key. Lines written since the last commit of the unsealed module are chained, but whoever
can write the file could have written them as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from voltoken.drivers.custody.sealing import RootKey
from voltoken.drivers.journal import canonical, file, lines
from voltoken.drivers.journal.authentic import authenticate
from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.drivers.journal.founding import found
from voltoken.drivers.journal.identity import (
    WRITE_META,
    Private,
    read_identity,
    read_meta,
    read_private,
)
from voltoken.drivers.journal.reading import Recall
from voltoken.drivers.journal.schema import BROKEN
from voltoken.drivers.journal.seals import Sealing
from voltoken.drivers.journal.standing import Standing, make_head, read_standing
from voltoken.drivers.journal.transactions import Probe, Rows, Transactions, no_probe
from voltoken.drivers.journal.writing import Writing
from voltoken.errors import JournalError
from voltoken.security import ModuleRole, Record

_NO_ROOT: Final = {"provider": "none", "version": 1}


class Journal(Recall):
    """An open journal; also the ``State`` of the module. Used by one thread at a time.

    path: of the file. identity: whose journal it is. ``open`` and ``create`` make it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: file.Lock, probe: Probe) -> None:
        """Take an open file. Raises JournalError and sqlite3.Error."""
        self.path = path
        self._connection = connection
        self._lock = lock
        self._transactions = Transactions(connection, probe)
        self._sealing = None
        self._closed = False
        self.identity = read_identity(connection)
        self._root_record = read_meta(connection, "root")
        self._private = read_private(connection)
        self._standing = read_standing(connection, self._root_record)

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        module_id: str,
        role: ModuleRole,
        root: RootKey,
        root_record: Mapping[str, Any],
        at: datetime,
    ) -> None:
        """Make the journal of a new module, with new private keys; nothing is ever overwritten.

        root: its new root key. root_record: how that is kept, plain values. at: now, aware.
        Raises JournalError.
        """
        found(Path(path), module_id, role, root, canonical.write(root_record), canonical.write_moment(at))

    @classmethod
    def open(cls, path: Path | str, *, probe: Probe = no_probe) -> Self:
        """Open a journal, sealed.

        Raises JournalError for a file that is none, is damaged, of another version, not ours alone, or open
        in another process.
        """
        path = Path(path)
        file.check_owner(path)
        lock = file.Lock(path)
        try:
            connection = file.connect(path)
            try:
                with file.readable(path):
                    return cls(path, connection, lock, probe)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise

    def __repr__(self) -> str:
        """Name the module, and say how its journal stands."""
        state = "closed" if self._closed else "unlocked" if self.unlocked else "sealed"
        return f"<journal of {self.identity.module_id}, {'failed' if self.failed else state}>"

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def unlocked(self) -> bool:
        """Whether the root key's sealers are there."""
        return self._sealing is not None

    @property
    def failed(self) -> str:
        """Why nothing is written any more until the journal is opened again; empty when all is well."""
        return self._transactions.failed

    @property
    def head(self) -> tuple[int, bytes]:
        """The number and the hash of the last line."""
        return self._standing.seq, self._standing.hash

    @property
    def zeroised(self) -> bool:
        """Whether all keys were destroyed for good."""
        return self._root_record == canonical.write(_NO_ROOT)

    def root_record(self) -> dict[str, Any]:
        """Return how the root key is kept. Raises JournalError when that is damaged."""
        found = canonical.read(self._root_record)
        if found is None:
            raise JournalError("How the root key is kept cannot be read. Restore the journal from a backup.")
        return found

    def unlock(self, root: RootKey) -> None:
        """Authenticate the journal by its root key, and be ready to write and read everything.

        Raises SealBroken when the root key is another one or a sealed record is damaged, JournalError when
        the file is not as the module left it. Then it stays sealed.
        """
        self.lock()
        self._require_usable()
        module_id = self.identity.module_id
        if root.module_id != module_id:
            raise JournalError(f"The root key belongs to the module {root.module_id}, not to {module_id}.")
        sealing = Sealing(root, self._private)
        try:
            with file.readable(self.path):
                own = sealing.public_key, sealing.exchange_key
                if own != (self.identity.public_key, self.identity.exchange_key):
                    raise JournalError(
                        "The journal names a public key that is not its own. Restore it from a backup."
                    )
                standing = read_standing(self._connection, self._root_record)
                behind = authenticate(self._connection, standing, sealing, module_id)
                self._standing, self._sealing = standing, sealing
                for _ in self.secrets():
                    pass  # each was opened, which is the proof of its register
                if behind:
                    self._write([], standing)
        except BaseException:
            self.lock()
            sealing.wipe()
            raise

    def lock(self) -> None:
        """Drop the sealers; events can still be written. It may be called again."""
        if self._sealing is not None:
            self._sealing.wipe()
            self._sealing = None

    def close(self) -> None:
        """Lock the journal and give the file back; it may be called again."""
        self.lock()
        if not self._closed:
            self._closed = True
            try:
                with suppress(*BROKEN):  # what was committed is on the disk already
                    self._connection.close()
            finally:
                self._lock.release()

    def commit(self, records: Sequence[Record], at: datetime) -> int:
        """Write all records, or none, and return the number of the last line. at: now, aware.

        While the journal is sealed it takes events only. Raises JournalError.
        """
        writing = self._begin(at)
        writing.add(records)
        if records:
            self._write(writing.rows(), writing.standing)
        return writing.standing.seq

    def checkpoint(self, at: datetime) -> Checkpoint | None:
        """Sign the head of the log and keep the signature; None when the last line is signed already.

        at: now, aware. Give it to the witnesses then.
        Raises JournalError, and ModuleUnavailable while sealed.
        """
        self._require_usable()
        sealing, (seq, digest) = self._open(), self.head
        if self._one("SELECT 1 FROM checkpoints WHERE seq = ?", seq):
            return None
        plain = Checkpoint(self.identity.module_id, seq, digest, at)
        signed = Checkpoint(plain.module_id, seq, digest, at, sealing.sign(plain.message()))
        row = (seq, canonical.write_moment(at), digest, signed.signature)
        statement = "INSERT INTO checkpoints (seq, at, hash, signature) VALUES (?, ?, ?, ?)"
        self._write([(statement, [row])], self._standing)
        return signed

    def last_checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint that was signed. Raises JournalError."""
        found = self._one("SELECT seq, at, hash, signature FROM checkpoints ORDER BY seq DESC LIMIT 1")
        at = canonical.read_moment(found[1]) if found else None
        return None if at is None else Checkpoint(self.identity.module_id, found[0], found[2], at, found[3])

    def replace_root(self, root_record: Mapping[str, Any], at: datetime, *, by: str, reason: str) -> None:
        """Keep the same root key another way from now on: by new shares, or by another provider.

        root_record: how it is kept, plain values. Prove first that it gives the root key back. at: now.
        Raises JournalError, and ModuleUnavailable while sealed.
        """
        self._open()
        self._replace_root(lines.ROOT_CHANGED, canonical.write(root_record), self._begin(at), by, reason)

    def zeroise(self, at: datetime, *, by: str, reason: str) -> None:
        """Destroy all keys, the private keys and the way to the root key, for good; sealed or not.

        The log and the counters stay, and the log can be verified. Raises JournalError.
        """
        writing = self._begin(at)
        for name in sorted(writing.standing.keys):
            writing.delete_key(name)
        gone = Private(b"", b"")
        for row in gone.rows():
            writing.step(WRITE_META, row)
        self._replace_root(lines.ZEROISED, canonical.write(_NO_ROOT), writing, by, reason)
        self.lock()
        self._private = gone
        with suppress(*BROKEN):  # a reader may keep the pages alive; the keys in them are sealed
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _replace_root(self, kind: str, record: str, writing: Writing, by: str, reason: str) -> None:
        writing.line(lines.root_line(kind, record, by, reason))
        writing.step(WRITE_META, ("root", record))
        writing.standing.root = lines.text_hash(record)
        self._write(writing.rows(), writing.standing)
        self._root_record = record

    def _begin(self, at: datetime) -> Writing:
        self._require_usable()
        return Writing(self._standing, self._sealing, canonical.write_moment(at))

    def _write(self, rows: Rows, after: Standing) -> None:
        """Write rows, and the head where it can be authenticated. after: how things stand then."""

        def written() -> None:
            self._standing = after

        sealing = self._sealing
        head = [] if sealing is None else [make_head(after, sealing.head_code, self.identity.module_id)]
        self._transactions.write(rows, head, written)

    def _require_usable(self) -> None:
        if self._closed:
            raise JournalError("The journal is closed. Open it again.")
        self._transactions.check()
