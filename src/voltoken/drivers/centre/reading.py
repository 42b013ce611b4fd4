"""Reading a centre's file from its first line to its last, and believing none of it unproved.

The lines are chained; the last head is signed with the centre's own key; and every line that changed a
register follows from a request and approvals that people signed with theirs (``voltoken.kmc.Replay``).
So whoever can write the file, and even whoever has the root key and makes chain and head anew, cannot put
a line there that lets him do more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from voltoken import canonical
from voltoken.drivers.centre.lines import ROOT_CHANGED, hash_of, read_line
from voltoken.drivers.centre.store import End
from voltoken.drivers.journal.chain import Faults, Walk
from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.errors import CentreFileError
from voltoken.kmc import CARRIED, CREATED, Replay, State

ALL_HEADS: Final = "SELECT seq, at, hash, signature FROM heads ORDER BY seq"
LAST_HEAD: Final = "SELECT seq, at, hash, signature FROM heads ORDER BY seq DESC LIMIT 1"
_RESTORE: Final = "Restore the centre from a backup, and find out who wrote there."


@dataclass(slots=True)
class Found:
    """What a file amounts to. public_key: checks its heads.

    root, root_seq: hash of how the root key is kept, and the line that says so.
    papers: hash of what was made for people, by file name.
    """

    state: State = field(default_factory=State)
    end: End = field(default_factory=End)
    public_key: bytes = b""
    root: str = ""
    root_seq: int = 0
    papers: dict[str, str] = field(default_factory=dict)


def read_all(connection: sqlite3.Connection, version: int) -> Found:
    """Return what a file amounts to. version: of its tables.

    Raises CentreFileError, which names the first line that is not as the centre wrote it, and BROKEN.
    """
    found = read_lines(connection)
    check_heads(connection, found)
    if hash_of(read_meta(connection, "root")) != found.root:
        raise CentreFileError(
            f"How the root key is kept is not what the log says: it was changed. {_RESTORE}"
        )
    if version >= 2:
        _check_secrets(connection, found)
    return found


def read_lines(connection: sqlite3.Connection, until: int | None = None) -> Found:
    """Return what the lines of a file amount to, by the chain and by the signatures of people.

    until: the last line to read, of a file that was read before; None for all.
    Raises CentreFileError and BROKEN.
    """
    found, faults = Found(), Faults()
    replay = Replay(found.state)
    for walked in Walk(connection, faults).lines():
        if named := faults.named():
            raise CentreFileError(f"{named[0]} {_RESTORE}")
        if until is not None and walked.seq > until:
            break
        event, at = read_line(walked.line, walked.seq)
        if at < found.end.at:
            raise CentreFileError(f"Line {walked.seq} is older than the one before: inserted. {_RESTORE}")
        try:
            replay.take(event, at)
        except CentreFileError as error:
            raise CentreFileError(f"{error.message} {_RESTORE}") from None
        found.end = End(walked.seq, walked.hash, at)
        _note(found, event.kind, event.facts)
    if not found.end.seq:
        raise CentreFileError(f"The log is empty: its first line was deleted. {_RESTORE}")
    try:
        replay.finish()
    except CentreFileError as error:
        raise CentreFileError(f"{error.message} {_RESTORE}") from None
    return found


def _note(found: Found, kind: str, facts: Any) -> None:
    """Take down what the centre itself needs to know of a line."""
    if kind == CREATED:
        try:
            found.public_key = bytes.fromhex(facts["public_key"])
        except (KeyError, TypeError, ValueError):
            raise CentreFileError(f"Line 1 names no key of the centre's log: edited. {_RESTORE}") from None
    if kind in {CREATED, ROOT_CHANGED}:
        found.root, found.root_seq = str(facts.get("root")), found.end.seq
    if kind == CARRIED and isinstance(facts.get("files"), dict):
        found.papers.update(facts["files"])


def check_heads(connection: sqlite3.Connection, found: Found) -> None:
    """Check the last signed head of a file against its lines. Raises CentreFileError and BROKEN."""
    head = None
    for head in heads(connection, found, LAST_HEAD):
        check_head(connection, found, head)
    if head is None:
        raise CentreFileError(f"The log has no signed head: it was removed. {_RESTORE}")
    if head.seq < found.root_seq:  # only an unsealed centre writes such a line, and it signs the head
        raise CentreFileError(f"Line {found.root_seq} was inserted: the centre did not sign it. {_RESTORE}")


def heads(connection: sqlite3.Connection, found: Found, statement: str) -> Iterator[Checkpoint]:
    """Yield signed heads that a file keeps. statement: ``ALL_HEADS`` or ``LAST_HEAD``.

    Raises CentreFileError and BROKEN.
    """
    for seq, at, digest, signature in connection.execute(statement):
        moment = canonical.read_moment(at)
        if moment is None or not isinstance(digest, bytes) or not isinstance(signature, bytes):
            raise CentreFileError(f"The signed head of line {seq} cannot be read: it was changed. {_RESTORE}")
        yield Checkpoint(found.state.centre_id, seq, digest, moment, signature)


def check_head(connection: sqlite3.Connection, found: Found, head: Checkpoint) -> None:
    """Check one signed head against the lines. Raises CentreFileError and BROKEN."""
    if not head.is_signed_by(found.public_key):
        raise CentreFileError(f"The head of line {head.seq} is not signed by this centre: forged. {_RESTORE}")
    row = connection.execute("SELECT hash FROM log WHERE seq = ?", (head.seq,)).fetchone()
    if row is None:
        raise CentreFileError(
            f"The log ends with line {found.end.seq}, and had {head.seq}: its tail was cut off. {_RESTORE}"
        )
    if row[0] != head.hash:
        raise CentreFileError(f"Line {head.seq} is not the one that was signed: rewritten. {_RESTORE}")


def _check_secrets(connection: sqlite3.Connection, found: Found) -> None:
    """Compare the secrets that are kept with the lines. Raises CentreFileError and BROKEN."""
    kept = {}
    for name, sealed in connection.execute("SELECT name, sealed FROM secrets"):
        kept[name] = hash_of(sealed) if isinstance(sealed, bytes) else ""
    for name in sorted({*kept, *found.state.secrets}):
        if kept.get(name) != found.state.secrets.get(name):
            raise CentreFileError(f"The secret {name!s:.60} is not the one that the log names. {_RESTORE}")


def read_meta(connection: sqlite3.Connection, name: str) -> str:
    """Return a text that was kept when the centre was made. Raises CentreFileError and BROKEN."""
    value = _meta(connection, name)
    if not isinstance(value, str):
        raise CentreFileError(f"The centre's file does not say its {name}: it is damaged. {_RESTORE}")
    return value


def read_signing(connection: sqlite3.Connection) -> bytes:
    """Return the sealed signing key. Raises CentreFileError and BROKEN."""
    value = _meta(connection, "signing")
    if not isinstance(value, bytes):
        raise CentreFileError(f"The centre's file has no signing key: it is damaged. {_RESTORE}")
    return value


def _meta(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]
