"""The tables of a centre's file, and how a file of an older version becomes one of this version.

A migration only adds: what was written stays as it was written, down to the byte, because it is hashed and
signed. A file is opened only when its tables are those of its version, character by character: a trigger or
a view that somebody added could undo what is written, behind its back.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from voltoken.errors import CentreFileError

APPLICATION_ID: Final = 0x56544B43
"""Stands in the header of the file: it is that of a key management centre."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    # 1: who the centre is and how its root key is kept; the chained log; signed heads of it.
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL)",
        (
            "CREATE TABLE heads (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, hash BLOB NOT NULL,"
            " signature BLOB NOT NULL)"
        ),
    ),
    # 2: secrets, sealed, each under its name.
    ("CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",),
    # 3: what was made for people to take away, so that a file that was lost can be fetched again.
    (
        (
            "CREATE TABLE papers (name TEXT PRIMARY KEY, request TEXT NOT NULL, content BLOB NOT NULL)"
            " WITHOUT ROWID"
        ),
    ),
)
"""What every version adds to the one before; the first begins with an empty file. Never edit one."""

VERSION: Final = len(MIGRATIONS)
"""The version of the tables that this program writes."""


def build(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file. Raises sqlite3.Error."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(connection, 0)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables from a version to this one, inside the caller's transaction. Raises sqlite3.Error."""
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def read_version(connection: sqlite3.Connection, name: str) -> int:
    """Return the version of a file's tables, which is 1 to ``VERSION``. name: of the file, for the message.

    Raises CentreFileError for what is no file of a centre, or of a later version; sqlite3.Error for what is
    not even a database.
    """
    (kind,) = connection.execute("PRAGMA application_id").fetchone()
    if kind != APPLICATION_ID:
        raise CentreFileError(f"{name} is not the file of a key management centre. Look at its name again.")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 1 <= version <= VERSION:
        raise CentreFileError(
            f"{name} is of version {version}, and this program reads versions 1 to {VERSION}. "
            "Install the program that made it, or a later one: pip install --upgrade voltoken"
        )
    return int(version)


def check_current(connection: sqlite3.Connection, name: str) -> None:
    """Raise CentreFileError unless a file has the tables of this version, and nothing else."""
    version = read_version(connection, name)
    if version < VERSION:
        raise CentreFileError(
            f"{name} is of version {version}, and this program writes version {VERSION}. "
            "Make a backup, then bring it up to date: voltoken kmc upgrade"
        )
    check_tables(connection, version, name)


def check_tables(connection: sqlite3.Connection, version: int, name: str) -> None:
    """Raise CentreFileError unless a file has the tables of a version, and nothing else."""
    missing = {statement for statements in MIGRATIONS[:version] for statement in statements}
    for kind, found, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if sql in missing:
            missing.remove(sql)
        else:
            raise CentreFileError(
                f"{name} was changed: it holds a {kind} {found!s:.40} that no centre has. "
                "Restore it from a backup."
            )
    if missing:
        what = min(missing).partition("(")[0].strip()
        raise CentreFileError(f"{name} was changed: it lacks this: {what}. Restore it from a backup.")
