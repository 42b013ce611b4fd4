"""Reading a centre's file from its first line to its last, and believing none of it unproved.

The lines are chained; the last head is signed with the centre's own key; and every line that changed a
register follows from a request and approvals that people signed with theirs. What else a line says, the
centre's own key vouches for, or anybody can work it out again; ``voltoken.kmc.replay`` says exactly what
that leaves to whoever can write the file, and to whoever has the root key and makes chain and head anew.
Neither can act in anybody's name, nor send keys to a module that people did not approve.

All secrets and files of the centre are compared with the lines that name them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from voltoken import canonical
from voltoken.drivers.centre.lines import ASIDE, FILE_NAME, KEYED, ROOT_CHANGED, hash_of, read_line
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

    root: hash of how the root key is kept. keyed: the last line that takes the centre's keys to write.
    signed: the last line that a signed head vouches for.
    signing: hash of the sealed signing key. papers: hash of what was made for people, by file name.
    makers: the request that each of these came from.
    """

    state: State = field(default_factory=State)
    end: End = field(default_factory=End)
    public_key: bytes = b""
    root: str = ""
    keyed: int = 0
    signed: int = 0
    signing: str = ""
    papers: dict[str, str] = field(default_factory=dict)
    makers: dict[str, str] = field(default_factory=dict)


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
    if hash_of(read_signing(connection)) != found.signing:
        raise CentreFileError(f"The sealed signing key is not the one that line 1 names: changed. {_RESTORE}")
    for (name,) in connection.execute("SELECT name FROM meta"):
        if name not in {"root", "signing"}:
            raise CentreFileError(f"The file holds {name!s:.40}, which no centre has: inserted. {_RESTORE}")
    if version >= 2:
        _check_secrets(connection, found)
    return found


def read_lines(connection: sqlite3.Connection, until: int | None = None) -> Found:
    """Return what the lines of a file amount to, by the chain and by the signatures of people.

    until: the last line to read, of a file that was read before; None for all.
    Raises CentreFileError and BROKEN.
    """
    found, faults = Found(), Faults()
    # Believed for now: a head that is not the centre's own is refused when all lines are read.
    (found.signed,) = connection.execute("SELECT coalesce(max(seq), 0) FROM heads").fetchone()
    if found.signed < 1:
        raise CentreFileError(f"The log has no signed head: it was removed. {_RESTORE}")
    replay = Replay(found.state, signed=found.signed, aside=ASIDE)
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
        found.signing = str(facts.get("signing"))
    if kind in {CREATED, ROOT_CHANGED}:
        found.root = str(facts.get("root"))
    if kind in KEYED:
        found.keyed = found.end.seq
    if kind == CARRIED:
        _note_papers(found, facts.get("files"), facts.get("request"))


def _note_papers(found: Found, files: object, request: object) -> None:
    """Take down what was made for people in an act. Raises CentreFileError for what is no file's name."""
    if not isinstance(files, dict) or not all(map(FILE_NAME.fullmatch, files)):
        raise CentreFileError(
            f"Line {found.end.seq} of the log names a file that no centre makes. {_RESTORE}"
        )
    found.papers.update(files)
    found.makers.update(dict.fromkeys(files, str(request)))


def check_heads(connection: sqlite3.Connection, found: Found) -> None:
    """Check the last signed head of a file against its lines. Raises CentreFileError and BROKEN."""
    for head in heads(connection, found, LAST_HEAD):
        check_head(connection, found, head)
    if found.signed < found.keyed:
        raise CentreFileError(f"Line {found.keyed} was inserted: the centre did not sign it. {_RESTORE}")


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
