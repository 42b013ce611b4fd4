"""Making a centre: its folder, its root key, its first lines and its first people."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from voltoken import canonical
from voltoken.drivers.centre import schema
from voltoken.drivers.centre.file import BROKEN, FILE, check_private, sync
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.centre.lines import hash_of
from voltoken.drivers.centre.store import GENESIS_END, WRITE_HEAD, WRITE_LINE, WRITE_META, chain, head_row
from voltoken.drivers.custody import Guarded, RootKey, RootProvider, check_module_id
from voltoken.errors import CentreFileError, FieldError
from voltoken.kmc import CREATED, NOTICE, SECRET, Event, Founder, founders_digest, founding_events

EXCHANGE: Final = "exchange"
"""The secret by which a centre opens files that other centres make for it."""
REHEARSAL_DAYS_MAX: Final = 36_525
"""By so many days the clock of a rehearsal may be shifted, either way."""


@dataclass(frozen=True, slots=True)
class Made(Guarded):
    """What came of making a centre. shares: for their holders, shown once and kept nowhere.

    public_key: checks the heads of its log, in hex; write it down and pin it when you verify.
    """

    folder: Path
    shares: tuple[str, ...] = field(repr=False)
    public_key: str


def create_centre(
    folder: Path,
    *,
    centre_id: str,
    provider: RootProvider,
    founders: Sequence[Founder],
    now: datetime,
    rehearsal_days: int = 0,
) -> Made:
    """Make a centre, with the built-in roles and its first people; nothing is overwritten.

    centre_id: 1 to 40 letters, digits and ``_ . -``. provider: keeps the root key. founders: two officers at
    least. now: the time, aware; the log begins on the shifted day in a rehearsal. rehearsal_days: by which
    its clock is shifted for good, -36525 to 36525.
    What fails leaves nothing behind.
    Raises FieldError, ActRefused for founders that cannot found one, CentreFileError for the folder.
    """
    check_module_id(centre_id)
    if rehearsal_days.__class__ is not int or abs(rehearsal_days) > REHEARSAL_DAYS_MAX:
        raise FieldError(
            "rehearsal_days", rehearsal_days, f"whole days, at most {REHEARSAL_DAYS_MAX} either way"
        )
    if now.tzinfo is None:
        raise FieldError("now", now, "a moment with a time zone")
    begun = now + timedelta(days=rehearsal_days)
    people = tuple(founding_events(founders, begun))
    folder = folder.resolve()
    check_empty(folder)
    staged = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.new")
    with RootKey.generate(centre_id) as root:
        created = provider.create(root)
        record = canonical.write(created.record)
        signing, keys = Keys.begin(root)
        try:
            staged.mkdir(mode=0o700, parents=True)
            _write(staged / FILE, keys, signing, record, people, (centre_id, begun, rehearsal_days))
            staged.replace(folder)
            sync(folder.absolute().parent)
        except (*BROKEN, OSError) as error:
            raise CentreFileError(f"{folder.name} cannot be made: {ascii(str(error))[1:-1]}.") from None
        finally:
            keys.wipe()
            shutil.rmtree(staged, ignore_errors=True)
    check_private(folder)
    return Made(folder, created.shares, keys.public_key.hex())


def check_empty(folder: Path) -> None:
    """Raise CentreFileError unless a centre can be made in a folder: it is empty, or not there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CentreFileError(f"{folder.name} is not empty. A centre is made in a folder of its own.")


def _write(
    path: Path,
    keys: Keys,
    signing: bytes,
    record: str,
    people: Sequence[Event],
    born: tuple[str, datetime, int],
) -> None:
    """Write a file with its first lines, whole and on the disk. Raises BROKEN and OSError."""
    centre_id, begun, rehearsal_days = born
    scalar, point = _exchange_key()
    sealed = keys.keep(EXCHANGE, scalar)
    founding = (*people, Event(SECRET, {"name": EXCHANGE, "sealed": hash_of(sealed)}))
    created = {
        "centre_id": centre_id,
        "exchange_key": point.hex(),
        "founders": founders_digest(founding),
        "founding": len(founding),
        "notice": NOTICE,
        "public_key": keys.public_key.hex(),
        "rehearsal_days": rehearsal_days,
        "root": hash_of(record),
        "signing": hash_of(signing),
    }
    lines, end = chain(GENESIS_END, (Event(CREATED, created), *founding), begun)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        schema.build(connection)
        connection.executemany(WRITE_META, [("root", record), ("signing", signing)])
        connection.executemany(WRITE_LINE, lines)
        connection.execute("INSERT INTO secrets (name, sealed) VALUES (?, ?)", (EXCHANGE, sealed))
        connection.execute(WRITE_HEAD, head_row(centre_id, end, keys))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    sync(path)


def _exchange_key() -> tuple[bytes, bytes]:
    """Return a new private key for files from other centres, 32 bytes, and its point, 65 bytes."""
    from voltoken.security.keyload import exchange_public

    while True:
        scalar = os.urandom(32)
        try:
            return scalar, exchange_public(scalar)
        except FieldError:
            continue  # one of 2**32 is no private key of the curve
