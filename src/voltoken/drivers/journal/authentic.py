"""What is checked by the root key when a journal is unlocked: that it is as the module left it.

Not the whole log, which ``verify`` reads, but everything that decides what may be made next.
"""

from __future__ import annotations

import sqlite3

from voltoken.drivers.journal import canonical, lines
from voltoken.drivers.journal.log import link
from voltoken.drivers.journal.seals import Sealing
from voltoken.drivers.journal.standing import Head, Standing, read_head
from voltoken.errors import JournalError


def authenticate(
    connection: sqlite3.Connection, standing: Standing, sealing: Sealing, module_id: str
) -> bool:
    """Check the head, what it stands for, and the lines that were written since.

    standing: as the tables say. Returns whether there are lines that the head does not cover yet.
    Raises JournalError that says what was changed, and sqlite3.Error.
    """
    head = read_head(connection)
    if not sealing.is_head_code(head.message(module_id), head.mac):
        raise _changed("its head was not written by this module")
    (issued,) = connection.execute("SELECT count(*) FROM issued").fetchone()
    if issued != head.issued:
        raise _changed(f"{head.issued} requests were answered, and {issued} are there")
    if standing.digest() != head.state:
        raise _changed("its keys, counters or approvals are not those that this module wrote")
    _follow(connection, head, standing)
    return standing.seq != head.seq


def _follow(connection: sqlite3.Connection, head: Head, standing: Standing) -> None:
    """Follow the chain from the head to the last line: only events may stand there."""
    rows = connection.execute("SELECT seq, body, hash FROM log WHERE seq >= ? ORDER BY seq", (head.seq,))
    first = rows.fetchone()
    if first is None or first[0] != head.seq or first[2] != head.hash:
        raise _changed(f"line {head.seq} of its log is gone or is another one")
    seq, before = head.seq, head.hash
    for number, body, digest in rows:
        line = canonical.read(body)
        seq += 1
        if number != seq or line is None or line.get("seq") != seq or link(before, body) != digest:
            raise _changed(f"line {number} of its log does not follow from the one before")
        kind = line.get("kind")
        if not isinstance(kind, str) or lines.is_reserved(kind):
            raise _changed(f"line {number} of its log was not written by this module")
        before = digest
    if (seq, before) != (standing.seq, standing.hash):
        raise _changed("the end of its log is another one")


def _changed(what: str) -> JournalError:
    return JournalError(f"The journal was changed: {what}. Verify its log, and restore it from a backup.")
