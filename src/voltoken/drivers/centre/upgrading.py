"""Bringing a centre's file to the tables of this version; what is in it stays as it is."""

from __future__ import annotations

from pathlib import Path

from voltoken.drivers.centre import file, schema
from voltoken.drivers.centre.lines import UPGRADED
from voltoken.drivers.centre.reading import read_all
from voltoken.drivers.centre.store import WRITE_LINE, chain
from voltoken.drivers.centre.world import WORLD, World
from voltoken.drivers.clock import shifted
from voltoken.kmc import Event


def upgrade(folder: Path, *, patience_s: float = file.PATIENCE_S, world: World = WORLD) -> tuple[int, int]:
    """Bring a centre up to date, and return the versions of its tables before and after.

    All in one transaction; a line of the log says so. Nothing happens to one that is up to date.
    Raises CentreFileError for a file that is not as its centre wrote it.
    """
    path = file.check_private(folder)
    lock = file.take_lock(path, patience_s)
    try:
        with file.readable(path.name):
            connection = file.connect(path)
            try:
                version = schema.read_version(connection, path.name)
                schema.check_tables(connection, version, path.name)
                if version < schema.VERSION:
                    found = read_all(connection, version)
                    now = shifted(world.clock, found.state.rehearsal_days)()
                    at = max(now, found.end.at)
                    told = Event(UPGRADED, {"from": version, "to": schema.VERSION})
                    lines, _ = chain(found.end, [told], at)
                    connection.execute("BEGIN IMMEDIATE")
                    schema.migrate(connection, version)
                    connection.executemany(WRITE_LINE, lines)
                    connection.execute("COMMIT")
            finally:
                connection.close()
    finally:
        lock.release()
    return version, schema.VERSION
