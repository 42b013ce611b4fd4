"""The tables of a journal, why each is there, and the check that a file has these and nothing else.

Every row that a decision leaves bears the number of its line in the log, so that rows and lines can be
compared one by one. What is secret stands in a row sealed only; tokens stand nowhere, their keyed marks do.

A trigger or a view that somebody added could undo what a commit does, behind its back. So a file is opened
only when its schema is this one, character by character.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from voltoken.errors import JournalError

APPLICATION_ID: Final = 0x56545341
"""Stands in the header of the file: it is a journal."""

BROKEN: Final = (sqlite3.Error, OverflowError, UnicodeError)
"""What the library raises for a damaged file. Unicode: where its own message quotes damaged text."""

VERSION: Final = 2
"""The version of the tables and of the log."""

_TABLES: Final = (
    # Who the module is, its public keys for signing and for key files, the sealed private ones, and how its
    # root key is kept. Written once, but for the last.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    # The hash-chained log; hash is over the hash before and body.
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL)",
    # One row: how things stood after the last commit of the unsealed module, under a code of its root key.
    (
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL,"
        " hash BLOB NOT NULL, issued INTEGER NOT NULL, state BLOB NOT NULL, mac BLOB NOT NULL)"
    ),
    # Answers, for those who ask again, and what was made, so that nothing is made twice.
    (
        "CREATE TABLE issued (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL, client TEXT NOT NULL,"
        " kind TEXT NOT NULL, digest BLOB NOT NULL, pan TEXT, key TEXT, base_date TEXT, tid INTEGER,"
        " attempt INTEGER NOT NULL, units INTEGER NOT NULL, money INTEGER NOT NULL, answer BLOB NOT NULL)"
    ),
    # Keyed marks of tokens, by which a token is found again. The meter comes first: a batch is mostly in
    # order of its meters, and then its rows lie together. The same sections may be made twice for a meter.
    (
        "CREATE TABLE marks (pan TEXT NOT NULL, mark BLOB NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (pan, mark, seq)) WITHOUT ROWID"
    ),
    # How much was made under each key. A key that is deleted keeps its row.
    (
        "CREATE TABLE counters (key TEXT PRIMARY KEY, units INTEGER NOT NULL, money INTEGER NOT NULL)"
        " WITHOUT ROWID"
    ),
    # Vending keys, sealed together with everything that is known about them. centre: whose file brought it.
    (
        "CREATE TABLE keys (key TEXT PRIMARY KEY, seq INTEGER NOT NULL, register TEXT NOT NULL,"
        " sealed BLOB NOT NULL, centre TEXT) WITHOUT ROWID"
    ),
    # What keys were that a file took away, so that no later file makes more of their names.
    "CREATE TABLE revoked (key TEXT PRIMARY KEY, seq INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID",
    # Key changes: no way back across a roll-over, no second set while one is outstanding.
    (
        "CREATE TABLE moves (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL, pan TEXT NOT NULL,"
        " move TEXT NOT NULL)"
    ),
    # What people approved. used: the line that used it up.
    (
        "CREATE TABLE approvals (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL,"
        " request_hash TEXT NOT NULL, until TEXT NOT NULL,"
        " by TEXT NOT NULL, reason TEXT NOT NULL, used INTEGER)"
    ),
    # Unknown tokens that were decrypted for somebody: they are capped by meter and by client.
    (
        "CREATE TABLE tried (seq INTEGER PRIMARY KEY, pan TEXT NOT NULL, client TEXT NOT NULL,"
        " day TEXT NOT NULL)"
    ),
    # Which centres the module trusts: every list that was ever set, the last of which counts.
    (
        "CREATE TABLE trust (seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,"
        " by TEXT NOT NULL)"
    ),
    # Which key files were loaded, and the receipts, for those who send a file again.
    (
        "CREATE TABLE key_files (seq INTEGER PRIMARY KEY, centre_id TEXT NOT NULL, number INTEGER NOT NULL,"
        " file_id TEXT NOT NULL, digest TEXT NOT NULL, receipt BLOB NOT NULL)"
    ),
    # Requests for keys: only an open one is answered by a file. ended: the line that ended it.
    (
        "CREATE TABLE load_requests (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL,"
        " centre_id TEXT NOT NULL, by TEXT NOT NULL, ended INTEGER)"
    ),
    # Signed heads of the log, in case the witness loses them.
    (
        "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, hash BLOB NOT NULL,"
        " signature BLOB NOT NULL)"
    ),
)

_INDEXES: Final = (
    # A repeated request, and its uniqueness: State.result.
    "CREATE UNIQUE INDEX issued_request ON issued (request_id)",
    # State.attempts, last_tid; one token for a meter, base date, TID and attempt.
    "CREATE UNIQUE INDEX issued_tid ON issued (pan, base_date, tid, attempt) WHERE tid IS NOT NULL",
    # State.move.
    "CREATE UNIQUE INDEX moves_request ON moves (request_id)",
    # State.moves.
    "CREATE INDEX moves_pan ON moves (pan, seq)",
    # Marking an approval as used.
    "CREATE INDEX approvals_open ON approvals (request_id) WHERE used IS NULL",
    # The last file of each centre; no number of one centre twice.
    "CREATE UNIQUE INDEX key_files_number ON key_files (centre_id, number)",
    # Ending a request for keys.
    "CREATE INDEX load_requests_open ON load_requests (request_id) WHERE ended IS NULL",
    # State.unknown_on_meter.
    "CREATE INDEX tried_pan ON tried (pan, day)",
    # State.unknown_by_client.
    "CREATE INDEX tried_client ON tried (client, day)",
)

_SCHEMA: Final = (*_TABLES, *_INDEXES)


def build(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file. Raises sqlite3.Error."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in _SCHEMA:
        connection.execute(statement)


def check_kind(connection: sqlite3.Connection, name: str) -> None:
    """Raise JournalError unless the file is a journal of this version. name: of the file, for the message.

    Raises sqlite3.Error when it is not even a database.
    """
    (kind,) = connection.execute("PRAGMA application_id").fetchone()
    if kind != APPLICATION_ID:
        raise JournalError(f"{name} is not a journal of a security module. Look at its name again.")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < VERSION:
        raise JournalError(
            f"{name} is a journal of version {version}, and this program reads version {VERSION}. "
            "No released version made such journals: restore it from a backup."
        )
    if version > VERSION:
        raise JournalError(
            f"{name} is a journal of version {version}, and this program reads version {VERSION}. "
            "Install the program that made it, or a later one: pip install --upgrade voltoken"
        )


def schema_faults(connection: sqlite3.Connection) -> list[str]:
    """Say what in the file's schema is not ours, or not there; one sentence each. Raises sqlite3.Error."""
    ours = set(_SCHEMA)
    faults = []
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if sql in ours:
            ours.remove(sql)
        elif kind != "index" or sql is not None:  # an index without text belongs to a primary key
            faults.append(f"The file holds a {kind} {name!s:.40} that no journal has.")
    faults += [f"The file lacks this: {sql.partition('(')[0].strip()}." for sql in sorted(ours)]
    return faults
