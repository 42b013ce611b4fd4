"""Lines of a centre's log as they are hashed, and the lines that the centre writes about itself.

A line is JSON in its one form: ``seq``, ``at``, ``kind``, ``facts``, and ``alarm`` where a person should
look. The chain is that of the journals of security modules.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import CentreFileError
from voltoken.kmc import Event

UNSEALED: Final = "centre.unsealed"
"""Somebody brought the root key."""
UNSEAL_FAILED: Final = "centre.unseal_failed"
"""A wrong passphrase or share was offered."""
ROOT_CHANGED: Final = "centre.root_changed"
"""The root key is kept another way; the facts have the hash of the new record."""
BACKED_UP: Final = "centre.backed_up"
"""A backup was made; the facts say of which line, and the hash of the file."""
RESTORED: Final = "centre.restored"
"""This file came out of a backup; the facts say which."""
UPGRADED: Final = "centre.upgraded"
"""The tables were brought to another version."""

ASIDE: Final = frozenset({UNSEALED, UNSEAL_FAILED, ROOT_CHANGED, BACKED_UP, RESTORED, UPGRADED})
"""The lines that a centre writes about itself; no register changes by them."""
KEYED: Final = frozenset({UNSEALED, ROOT_CHANGED, BACKED_UP, RESTORED})
"""Those of them that only an unsealed centre writes, which signs the head with them."""

FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,-]{0,159}")
"""What a file that a centre makes for people may be called: it is never a path."""

_MEMBERS: Final = frozenset({"at", "facts", "kind", "seq"})


def write_line(event: Event, seq: int, at: datetime) -> str:
    """Return a line as it is hashed. Raises CanonicalError for facts that have no form."""
    line: dict[str, Any] = {
        "at": canonical.write_moment(at),
        "facts": event.facts,
        "kind": event.kind,
        "seq": seq,
    }
    if event.alarm:
        line["alarm"] = True
    return canonical.write(line)


def read_line(line: Mapping[str, Any] | None, seq: int) -> tuple[Event, datetime]:
    """Return what a line says, and when it was written. Raises CentreFileError."""
    if line is not None and line.keys() - {"alarm"} == _MEMBERS:
        at, kind, facts = canonical.read_moment(line["at"]), line["kind"], line["facts"]
        alarm = line.get("alarm", False)
        if at is not None and isinstance(kind, str) and isinstance(facts, dict) and isinstance(alarm, bool):
            return Event(kind, facts, alarm), at
    raise CentreFileError(f"Line {seq} of the log is no line of a centre. Restore it from a backup.")


def as_read(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they are when a line that holds them is read. Raises CanonicalError."""
    text = canonical.write(facts)
    return canonical.read(text.encode(), len(text))


def hash_of(data: bytes | str) -> str:
    """Return SHA-256 in 64 hexadecimal digits: how a line names what is kept beside it."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
