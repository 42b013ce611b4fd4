"""The file of a journal: who may own it, who holds it open, and how it reaches the disk.

One process holds a journal open at a time. It says so by a lock on a file beside it, which the system takes
away when the process ends, however it ends. Locking the journal itself would not do: SQLite keeps its own
locks there, and closing any other descriptor of the file drops them.

Readers (``reader``) need no lock: they see the journal as it was when they began.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from voltoken.drivers.journal import schema
from voltoken.errors import JournalError

_ASIDE: Final = ("", "-wal", "-shm", ".lock")
_WAL_PAGES: Final = 8192
"""After so many pages SQLite carries the log of writes over: a batch of ten thousand fits in."""
_PATIENCE_MS: Final = 500
"""How long a commit waits for another program that writes the file, which none should."""
_CACHE_KIB: Final = 64 * 1024


def check_owner(path: Path) -> None:
    """Raise JournalError unless the journal and the files beside it belong to us, and to us alone."""
    if os.name != "posix":
        raise JournalError("A journal needs a system with owners and locks of files: Linux or macOS.")
    for ending in _ASIDE:
        each = path.with_name(path.name + ending)
        try:
            found = each.lstat()
        except FileNotFoundError:
            if ending:
                continue
            raise JournalError(f"There is no journal {path.name}. Make one: voltoken sm init") from None
        except OSError as error:
            raise _unreadable(path, error) from None
        if not stat.S_ISREG(found.st_mode):
            raise JournalError(f"{each.name} is not a regular file. Name the journal itself.")
        if found.st_uid != os.geteuid():
            raise JournalError(
                f"{each.name} belongs to the user with number {found.st_uid}, and this process runs as "
                f"{os.geteuid()}. Run the module as the user who owns its journal."
            )
        if found.st_mode & 0o077:
            raise JournalError(
                f"{each.name} may be read or written by others than its owner. "
                f"Close it: chmod 600 {each.name}; and ask who had a copy."
            )


class Lock:
    """The right to have a journal open, held until ``release`` or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Take it. Raises JournalError when another process has it, or when there is no writing beside it."""
        import fcntl

        try:
            # Not inherited by programs that are started: they would hold it after our end.
            self._descriptor = os.open(
                path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600
            )
        except OSError as error:
            raise _unreadable(path, error) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise JournalError(
                f"Another process has {path.name} open. One module serves one journal: stop the other first."
            ) from None

    def release(self) -> None:
        """Give it back; it may be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def connect(path: Path) -> sqlite3.Connection:
    """Open the database of a journal for writing. Raises JournalError for what is none, or is damaged."""
    with readable(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            schema.check_kind(connection, path.name)
            _tune(connection)
            if faults := schema.schema_faults(connection):
                raise JournalError(f"{path.name} was changed. {faults[0]} Restore it from a backup.")
        except BaseException:
            connection.close()
            raise
        return connection


def _tune(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalError("The disk of the journal takes no write-ahead log: choose a local disk.")
    for setting in (
        "synchronous = FULL",  # every commit waits for the disk
        "fullfsync = ON",  # and on macOS really for the disk
        "checkpoint_fullfsync = ON",
        f"wal_autocheckpoint = {_WAL_PAGES}",
        f"cache_size = -{_CACHE_KIB}",
        "secure_delete = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {setting}")


def create(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a journal: whole and on the disk, or not at all. fill: writes its first rows.

    Raises JournalError when there is such a file, or it cannot be written.
    """
    if os.name != "posix":
        raise JournalError("A journal needs a system with owners and locks of files: Linux or macOS.")
    staged = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        os.close(os.open(staged, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _fill(staged, fill)
            path.hardlink_to(staged)  # unlike a move, this never takes the place of another file
        finally:
            for ending in _ASIDE:
                staged.with_name(staged.name + ending).unlink(missing_ok=True)
        _sync_folder(path.absolute().parent)
    except FileExistsError:
        raise JournalError(f"There is a file {path.name} already. A journal never takes its place.") from None
    except (*schema.BROKEN, OSError) as error:
        raise _unwritable(path.name, error) from None


def _fill(staged: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    connection = sqlite3.connect(staged, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("BEGIN IMMEDIATE")
        schema.build(connection)
        fill(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    descriptor = os.open(staged, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def reader(path: Path | str) -> Iterator[sqlite3.Connection]:
    """Give a connection that only reads, and sees one state of the journal as long as it is used.

    Works on a copy and while the module runs. Raises JournalError for what is no journal of this version,
    or is so damaged that SQLite gives up, also inside the block.
    """
    path = Path(path)
    if not path.exists():
        raise JournalError(f"There is no journal {path.name}. Name a module's folder, or its journal.")
    with readable(path):
        # A journal that is on a medium which cannot be written has no files beside it, and needs none.
        beside = path.with_name(path.name + "-wal")
        alone = not os.access(path.absolute().parent, os.W_OK) and not beside.exists()
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}",
            uri=True,
            isolation_level=None,
        )
        try:
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("BEGIN")
            schema.check_kind(connection, path.name)
            yield connection
        finally:
            connection.close()


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say about a file that cannot be read into JournalError."""
    try:
        yield
    except (*schema.BROKEN, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> JournalError:
    return JournalError(
        f"{path.name} cannot be read as a journal: {ascii(str(error))[1:-1]}. Restore it from a backup."
    )


def _unwritable(name: str, error: Exception) -> JournalError:
    return JournalError(f"The journal {name} cannot be written: {ascii(str(error))[1:-1]}. Look at its disk.")
