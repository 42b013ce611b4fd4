"""Making a journal: its identity with new private keys, its first line, and its first head."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from voltoken.drivers.custody.sealing import RootKey
from voltoken.drivers.journal import file, lines
from voltoken.drivers.journal.identity import WRITE_META, Identity
from voltoken.drivers.journal.seals import Sealing
from voltoken.drivers.journal.standing import Standing, make_head
from voltoken.drivers.journal.transactions import WRITE_HEAD
from voltoken.drivers.journal.writing import Writing
from voltoken.errors import JournalError
from voltoken.security import ModuleRole


def found(path: Path, module_id: str, role: ModuleRole, root: RootKey, record: str, moment: str) -> None:
    """Make the file of a new journal; nothing is ever overwritten.

    root: the module's new root key. record, moment: how that is kept, and when, in the form of the journal.
    Raises JournalError.
    """
    if root.module_id != module_id:
        raise JournalError("The root key belongs to another module. Make one for this module.")
    private, sealing = Sealing.begin(root)
    identity = Identity(module_id, role, sealing.public_key, sealing.exchange_key)
    first = Writing(Standing(lines.text_hash(record)), sealing, moment)
    first.line(lines.created_line(dict(identity.rows()), record))

    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany(WRITE_META, [*identity.rows(), ("root", record), *private.rows()])
        for statement, values in first.rows():
            connection.executemany(statement, values)
        connection.execute(WRITE_HEAD, make_head(first.standing, sealing.head_code, module_id))

    try:
        file.create(path, fill)
    finally:
        sealing.wipe()
