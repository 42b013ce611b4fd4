"""Whose journal a file is: what was written once, when it was made."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from voltoken.errors import JournalError
from voltoken.security import ModuleRole

_POINT_BYTES: Final = 65
WRITE_META: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"


class Identity(NamedTuple):
    """What a journal says of its module. role: its fixed use.

    public_key: of its checkpoints and its documents, 32 bytes. exchange_key: what key files for it are made
    with, a point of P-256 of 65 bytes.
    """

    module_id: str
    role: ModuleRole
    public_key: bytes
    exchange_key: bytes

    def rows(self) -> list[tuple[str, str]]:
        """Return the rows of the table meta that say so."""
        return [
            ("module_id", self.module_id),
            ("role", self.role.value),
            ("public_key", self.public_key.hex()),
            ("exchange_key", self.exchange_key.hex()),
        ]


class Private(NamedTuple):
    """The private keys of a module as they are kept, sealed: for signing, and for key files."""

    signing: bytes
    exchange: bytes

    def rows(self) -> list[tuple[str, bytes]]:
        """Return the rows of the table meta that keep them."""
        return [("signing", self.signing), ("exchange", self.exchange)]


def read_identity(connection: sqlite3.Connection) -> Identity:
    """Return whose journal it is. Raises JournalError when that is damaged, and sqlite3.Error."""
    try:
        role = ModuleRole(read_meta(connection, "role"))
        public_key = bytes.fromhex(read_meta(connection, "public_key"))
        exchange_key = bytes.fromhex(read_meta(connection, "exchange_key"))
    except ValueError:
        raise _damaged() from None
    if len(public_key) != 32 or len(exchange_key) != _POINT_BYTES:
        raise _damaged()
    return Identity(read_meta(connection, "module_id"), role, public_key, exchange_key)


def read_meta(connection: sqlite3.Connection, name: str) -> str:
    """Return a text of the table meta. Raises JournalError when it is not there, and sqlite3.Error."""
    found = _value(connection, name)
    if not isinstance(found, str):
        raise _damaged()
    return found


def read_private(connection: sqlite3.Connection) -> Private:
    """Return the sealed private keys; empty after zeroising. Raises as ``read_meta``."""
    signing, exchange = _value(connection, "signing"), _value(connection, "exchange")
    if not isinstance(signing, bytes) or not isinstance(exchange, bytes):
        raise _damaged()
    return Private(signing, exchange)


def _value(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]


def _damaged() -> JournalError:
    return JournalError("The journal does not say whose it is: it is damaged. Restore it from a backup.")
