"""Checking a journal from its first line to its last, without any key, on the module's disk or a copy.

What is found is a list of sentences that name lines. An empty list says: no line was edited, deleted,
inserted or reordered since the checkpoints that are at hand; all rows that count agree with their lines;
the counters are the sums of the lines. It cannot say that the last lines, after the last checkpoint that a
witness has, are all there: cutting a log and its checkpoints leaves no trace in the file. The module itself
notices that when it is unsealed, unless the whole file is an old copy; so keep a witness.

All is read as it was at one moment. A module that works meanwhile is not held up, but its write-ahead log
grows until the check is through.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from voltoken.drivers.journal import canonical, lines, schema
from voltoken.drivers.journal.chain import Faults, Walk, Walked
from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.drivers.journal.file import reader
from voltoken.drivers.journal.identity import read_identity, read_meta
from voltoken.drivers.journal.replay import Replay
from voltoken.drivers.journal.standing import Head, read_head
from voltoken.drivers.journal.store import Journal
from voltoken.drivers.journal.witness import read_witness
from voltoken.errors import JournalError
from voltoken.security import AuditReport

_STEP: Final = 1000
Advance = Callable[[int, int], None]
"""Told how many lines of how many are checked."""


def verify_journal(
    journal: Journal | Path | str,
    *,
    witness: Path | None = None,
    public_key: str | None = None,
    advance: Advance | None = None,
) -> AuditReport:
    """Check a whole journal, in constant memory.

    journal: an open one or a file. witness: the file of a FileWitness. public_key: the module's, in hex, as
        it was written down when the module was made. advance: called now and then.
    Raises JournalError when the file is no journal, or cannot be read at all.
    """
    path = journal.path if isinstance(journal, Journal) else Path(journal)
    pinned = None if public_key is None else _key(public_key)
    with reader(path) as connection:
        check = _Check(connection, pinned, advance)
        try:
            check.run(witness)
        except schema.BROKEN as error:
            check.faults.add(
                f"After line {check.walk.last} the file is so damaged that it cannot be read: {error}."
            )
        return AuditReport(
            check.identity.module_id,
            check.entries,
            check.end.hex(),
            check.checkpoints,
            check.faults.named(),
        )


class _Check:
    """One check of one journal."""

    def __init__(self, connection: sqlite3.Connection, pinned: bytes | None, advance: Advance | None) -> None:
        self.connection = connection
        self.faults = Faults()
        self.identity = read_identity(connection)
        self.key = pinned or self.identity.public_key
        self.walk = Walk(connection, self.faults)
        self.advance = advance
        self.entries = 0
        self.checkpoints = 0
        self.end = b""

    def run(self, witness: Path | None) -> None:
        """Check everything. Raises sqlite3.Error."""
        if alien := schema.schema_faults(self.connection):
            for fault in alien:
                self.faults.add(fault)
            self.faults.add("Nothing else was checked: what such tables say has no meaning.")
            return
        if self.key != self.identity.public_key:
            self.faults.add("The journal's public key is not the pinned one: made anew, or another's.")
        self._read_log()
        for checkpoint in self._kept():
            self._compare(checkpoint, "The journal's checkpoint", "a checkpoint in the journal")
        if witness is not None:
            self._hear(witness)
        for (found,) in self.connection.execute("PRAGMA integrity_check(10)"):
            if found != "ok":
                self.faults.add(f"The file is damaged: {found!s:.200}.")

    def _read_log(self) -> None:
        """Check the lines, and the rows by the lines."""
        head = self._head()
        replay = Replay(self.connection, self.faults)
        for walked in self._lines():
            self._first(walked)
            replay.take(walked)
            if head is not None:
                self._at_head(head, walked, replay)
        replay.finish()
        if replay.root != lines.text_hash(read_meta(self.connection, "root")):
            self.faults.add("How the root key is kept is not what the log says: it was changed.")
        if head is not None and head.seq > self.walk.last:
            self.faults.add(self._cut(head.seq, "the module's head"))

    def _head(self) -> Head | None:
        try:
            return read_head(self.connection)
        except JournalError as error:
            self.faults.add(error.message)
            return None

    def _lines(self) -> Iterator[Walked]:
        """Yield all lines, and say how far it is."""
        (total,) = self.connection.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
        for walked in self.walk.lines():
            yield walked
            self.entries += 1
            self.end = walked.hash
            if self.advance is not None and self.entries % _STEP == 0:
                self.advance(min(self.entries, total), total)
        if self.advance is not None:
            self.advance(total, total)
        if not total:
            self.faults.add("The log is empty: its first line was deleted.")

    def _first(self, walked: Walked) -> None:
        """Compare the first line with what the journal says of itself."""
        if walked.seq != 1 or walked.line is None:
            return
        said = walked.line.get("facts")
        identity = self.identity
        wanted = dict(identity.rows())
        if not isinstance(said, dict) or {name: said.get(name) for name in wanted} != wanted:
            self.faults.add("Line 1 is not the beginning of this module's log: module, role or keys differ.")

    def _at_head(self, head: Head, walked: Walked, replay: Replay) -> None:
        """Compare the line that the head names with it, and see that only events follow it."""
        if walked.seq == head.seq:
            if walked.hash != head.hash:
                self.faults.add(f"Line {head.seq} is not the one that the module's head names: rewritten.")
            elif (replay.issued, replay.state()) != (head.issued, head.state):
                self.faults.add(f"Up to line {head.seq} the log amounts to something else than its head.")
        elif walked.seq > head.seq and walked.line is not None:
            kind = walked.line.get("kind")
            if isinstance(kind, str) and lines.is_reserved(kind) and kind not in lines.SEALED_TOO:
                self.faults.add(f"Line {walked.seq} was inserted: a sealed module makes no such line.")

    def _kept(self) -> Iterator[Checkpoint]:
        """Yield the checkpoints that the journal keeps."""
        rows = self.connection.execute("SELECT seq, at, hash, signature FROM checkpoints ORDER BY seq")
        for seq, at, digest, signature in rows:
            self.checkpoints += 1
            moment = canonical.read_moment(at)
            if moment is None or not isinstance(digest, bytes) or not isinstance(signature, bytes):
                self.faults.add(f"The journal's checkpoint of line {seq} cannot be read: it was changed.")
            else:
                yield Checkpoint(self.identity.module_id, seq, digest, moment, signature)

    def _hear(self, witness: Path) -> None:
        """Compare what the witness has taken."""
        last = 0
        for number, heard in read_witness(witness):
            what = f"Line {number} of the witness"
            if not isinstance(heard, Checkpoint):
                self.faults.add(f"{what} cannot be used: {heard}")
            elif heard.module_id != self.identity.module_id:
                self.faults.add(f"{what} is of the module {heard.module_id:.40}, not of this one.")
            else:
                if heard.seq < last:
                    self.faults.add(f"{what} goes back from line {last} of the log to line {heard.seq}.")
                last = heard.seq
                self._compare(heard, what, "the witness")

    def _compare(self, checkpoint: Checkpoint, what: str, source: str) -> None:
        seq, day = checkpoint.seq, canonical.write_moment(checkpoint.at)
        if not checkpoint.is_signed_by(self.key):
            self.faults.add(f"{what}, of line {seq}, has a signature that is not this module's.")
            return
        found = self.connection.execute("SELECT hash FROM log WHERE seq = ?", (seq,)).fetchone()
        if found is None and seq > self.walk.last:
            self.faults.add(self._cut(seq, source))
        elif found is None or found[0] != checkpoint.hash:
            self.faults.add(
                f"Line {seq} is not the one that was signed on {day}, by {source}: the log was rewritten."
            )

    def _cut(self, seq: int, source: str) -> str:
        return f"The log ends with line {self.walk.last}, and by {source} it had {seq}: its tail was cut off."


def _key(public_key: str) -> bytes:
    try:
        found = bytes.fromhex(public_key)
    except (ValueError, TypeError):
        found = b""
    if len(found) != 32:
        raise JournalError("A module's public key has 64 hex digits. Look it up where you wrote it down.")
    return found
