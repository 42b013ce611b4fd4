"""The chain of the log: each hash is over the one before and the line, so that no line changes alone.

    hash of line 0 (there is none)   32 zero bytes
    hash of line n                   SHA-256(hash of line n-1 || body of line n)

Whoever can write the file can write a new chain as well. What he cannot do is make it agree with the code
of the head, which the root key makes, with the signed checkpoints, or with a witness elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voltoken.drivers.journal import canonical
from voltoken.drivers.journal.file import reader
from voltoken.drivers.journal.schema import schema_faults
from voltoken.errors import JournalError
from voltoken.security import LogEntry

GENESIS: Final = bytes(32)
"""Stands for the hash before the first line."""


def link(before: bytes, body: str) -> bytes:
    """Return the hash of a line."""
    return hashlib.sha256(before + body.encode()).digest()


def export(path: Path | str, from_seq: int = 1) -> Iterator[LogEntry]:
    """Return the lines of a journal's log from one on, in order, while the module goes on.

    Read-only; needs no key. The lines are as they stand in the file: verify it before you rely on them.
    Raises JournalError when the file cannot be read, also while it is being read.
    """
    with reader(path) as connection:
        if faults := schema_faults(connection):
            raise JournalError(f"The log cannot be read. {faults[0]} Restore the journal from a backup.")
        rows = connection.execute("SELECT seq, body, hash FROM log WHERE seq >= ? ORDER BY seq", (from_seq,))
        for seq, body, digest in rows:
            line = canonical.read(body)
            at = None if line is None else canonical.read_moment(line.get("at"))
            if at is None or not isinstance(digest, bytes):
                raise JournalError(f"Line {seq} of the log cannot be read: it was changed. Verify the log.")
            yield LogEntry(seq, at, body, digest)
