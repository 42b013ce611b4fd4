"""Whose journal a file is: what was written once, when it was made."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from voltoken.errors import JournalError
from voltoken.security import ModuleRole

WRITE_META: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"


class Identity(NamedTuple):
    """What a journal says of its module. role: its fixed use. public_key: of its checkpoints, 32 bytes."""

    module_id: str
    role: ModuleRole
    public_key: bytes

    def rows(self) -> list[tuple[str, str]]:
        """Return the rows of the table meta that say so."""
        return [
            ("module_id", self.module_id),
            ("role", self.role.value),
            ("public_key", self.public_key.hex()),
        ]


def read_identity(connection: sqlite3.Connection) -> Identity:
    """Return whose journal it is. Raises JournalError when that is damaged, and sqlite3.Error."""
    try:
        role = ModuleRole(read_meta(connection, "role"))
        public_key = bytes.fromhex(read_meta(connection, "public_key"))
    except ValueError:
        raise _damaged() from None
    if len(public_key) != 32:
        raise _damaged()
    return Identity(read_meta(connection, "module_id"), role, public_key)


def read_meta(connection: sqlite3.Connection, name: str) -> str:
    """Return a text of the table meta. Raises JournalError when it is not there, and sqlite3.Error."""
    found = _value(connection, name)
    if not isinstance(found, str):
        raise _damaged()
    return found


def read_signing(connection: sqlite3.Connection) -> bytes:
    """Return the sealed signing key; empty after zeroising. Raises as ``read_meta``."""
    found = _value(connection, "signing")
    if not isinstance(found, bytes):
        raise _damaged()
    return found


def _value(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]


def _damaged() -> JournalError:
    return JournalError("The journal does not say whose it is: it is damaged. Restore it from a backup.")
