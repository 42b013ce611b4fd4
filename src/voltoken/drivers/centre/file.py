"""The folder and the file of a centre: who may look into them, who has them open, how they reach the disk.

One process has a centre open for writing at a time. It says so by a lock beside the file, which the system
takes away when the process ends, however it ends; another one waits a little, and is refused then. Whoever
only looks needs no lock: it sees the centre as it was when it began.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voltoken.drivers.centre import schema
from voltoken.drivers.journal import file as journal_file
from voltoken.errors import CentreFileError, JournalError

FILE: Final = "centre.db"
"""The file in a centre's folder."""
PATIENCE_S: Final = 10.0
"""So long a process waits for another one that has the centre open, in seconds."""
BROKEN: Final = (sqlite3.Error, OverflowError, UnicodeError)
"""What the library raises for a damaged file. Unicode: where its own message quotes damaged text."""

_STEP_S: Final = 0.05
_SETTINGS: Final = (
    "synchronous = FULL",  # every commit waits for the disk
    "fullfsync = ON",  # and on macOS really for the disk
    "checkpoint_fullfsync = ON",
    "secure_delete = ON",  # a secret that is destroyed leaves no page behind
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "temp_store = MEMORY",
)


def check_private(folder: Path) -> Path:
    """Return the file of a centre's folder, when folder and file belong to us and to us alone.

    Raises CentreFileError.
    """
    folder = folder.absolute()
    path = folder / FILE
    try:
        path.lstat()
        found = folder.stat()
    except OSError:
        raise CentreFileError(f"There is no centre in {folder.name}. Make one: voltoken kmc init") from None
    if os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & 0o077):
        raise CentreFileError(
            f"{folder.name} belongs to another user, or others may look into it. A centre's folder is its "
            f"own: chmod -R go= {folder.name}; and ask who had a copy."
        )
    with centre_words():
        journal_file.check_owner(path)
    return path


def take_lock(path: Path, patience_s: float = PATIENCE_S) -> journal_file.Lock:
    """Return the right to have a centre open alone, until it is released or the process ends.

    patience_s: how long to wait for another process, in seconds.
    Raises CentreFileError when the other one is not done by then.
    """
    until = time.monotonic() + patience_s
    while True:
        try:
            return journal_file.Lock(path)
        except JournalError as error:
            if not error.message.startswith("Another process"):
                raise CentreFileError(error.message) from None
        if time.monotonic() >= until:
            raise CentreFileError(
                "Another process has this centre open. Wait until it is done, and try again; to look without "
                "changing anything, no waiting is needed."
            )
        time.sleep(_STEP_S)


def connect(path: Path) -> sqlite3.Connection:
    """Open a centre's file for writing, whatever its version. Raises CentreFileError, BROKEN and OSError."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        schema.read_version(connection, path.name)
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise CentreFileError("The centre's disk takes no write-ahead log: choose a local disk.")
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_look(path: Path) -> sqlite3.Connection:
    """Open a centre's file so that it can only be read, and stays as it is now until it is closed.

    Raises CentreFileError, BROKEN and OSError.
    """
    # A file on a medium that cannot be written has no files beside it, and needs none.
    beside = path.with_name(path.name + "-wal")
    alone = not os.access(path.absolute().parent, os.W_OK) and not beside.exists()
    options = "mode=ro&immutable=1" if alone else "mode=ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("BEGIN")
        schema.read_version(connection, path.name)
    except BaseException:
        connection.close()
        raise
    return connection


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn what SQLite and the system say about a file that cannot be read into CentreFileError."""
    try:
        yield
    except (*BROKEN, OSError) as error:
        raise CentreFileError(
            f"{name} cannot be read as a centre's file: {ascii(str(error))[1:-1]}. Restore it from a backup."
        ) from None


@contextlib.contextmanager
def centre_words() -> Iterator[None]:
    """Turn what the parts of a journal refuse into CentreFileError."""
    try:
        yield
    except JournalError as error:
        raise CentreFileError(error.message) from None
