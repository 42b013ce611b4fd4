"""One encrypted file that holds a whole centre; the root key and nothing else brings it back.

    line 1      voltoken-kmc-backup/1
    line 2      the header, as JSON in its one form: whose it is, of which line of the log, the fingerprint of
                the registers, and how the root key is kept
    rest        nonce (12 bytes), and the centre's file with a tag under AES-256-GCM; both lines are
                authenticated with it

The key is the root key's for backups. So a backup opens with the shares or the passphrase that unsealed the
centre when it was made. A nonce of 96 random bits serves for far more backups than anybody makes.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.drivers.centre import schema
from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.file import readable
from voltoken.drivers.centre.lines import BACKED_UP, hash_of
from voltoken.drivers.custody import Purpose, RootKey, TokenOpener, Unsealing, unsealer
from voltoken.errors import CanonicalError, CentreFileError, JournalError
from voltoken.kmc import NOTICE, Event

FORMAT: Final = "voltoken-kmc-backup/1"
"""The first line of a backup."""
BACKUP_MAX: Final = 1 << 30
"""The greatest length of a backup, in bytes."""

_HEADER_MAX: Final = 1 << 16
_NONCE: Final = 12
_TAG: Final = 16
_MEMBERS: Final = frozenset(
    {"at", "centre", "fingerprint", "format", "head", "notice", "root", "schema", "seq"}
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup, as it says of itself; what it says is believed when it opens.

    seq, head: the last line of the log, and its hash. fingerprint: of the registers. root: how the root key
    is kept. schema: the version of the tables.
    """

    centre_id: str
    at: datetime
    seq: int
    head: str
    fingerprint: str
    schema: int
    root: dict[str, Any] = field(repr=False)
    authenticated: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    def unsealing(self, token: TokenOpener | None = None) -> Unsealing:
        """Return what collects offers until the root key is there.

        Raises CentreFileError, and ModuleUnavailable for a token that is not given.
        """
        try:
            return unsealer(self.root, token)
        except JournalError as error:
            raise CentreFileError(error.message) from None

    def open(self, root: RootKey) -> bytes:
        """Return the centre's file. Raises CentreFileError when it does not open with this root key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if root.module_id != self.centre_id:
            raise CentreFileError(f"The root key is that of {root.module_id}, not of {self.centre_id}.")
        nonce, sealed = self.sealed[:_NONCE], self.sealed[_NONCE:]
        try:
            return AESGCM(root.derive(Purpose.BACKUP)).decrypt(nonce, sealed, self.authenticated)
        except InvalidTag:
            raise CentreFileError(
                "The backup does not open: it is damaged or was changed. Take another copy of it."
            ) from None


def make_backup(centre: Centre) -> bytes:
    """Return an encrypted backup of an unsealed centre, as it is now; a line of its log says so.

    Raises CentreSealed and CentreFileError.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    keys = centre.strongroom.keys
    now = centre.now()
    with readable("The centre's file"):
        plain = _copy(centre.store.connection)
    end = centre.store.end
    header = {
        "at": canonical.write_moment(now),
        "centre": centre.centre_id,
        "fingerprint": centre.state.fingerprint(),
        "format": FORMAT,
        "head": end.hash.hex(),
        "notice": NOTICE,
        "root": centre.root_record(),
        "schema": schema.VERSION,
        "seq": end.seq,
    }
    clear = f"{FORMAT}\n{canonical.write(header)}\n".encode("ascii")
    nonce = os.urandom(_NONCE)
    made = clear + nonce + AESGCM(keys.backup_key()).encrypt(nonce, plain, clear)
    told = {"seq": end.seq, "digest": hash_of(made), "fingerprint": header["fingerprint"]}
    centre.write([Event(BACKED_UP, told)], now)
    return made


def read_backup(data: bytes) -> Backup:
    """Return a backup, unopened. Raises CentreFileError, and nothing else, for what is none."""
    if len(data) > BACKUP_MAX:
        raise CentreFileError(f"A backup has at most {BACKUP_MAX} bytes, and this file has {len(data)}.")
    first, _, rest = data.partition(b"\n")
    if first != FORMAT.encode():
        raise CentreFileError(f"This is no backup of a centre, whose first line is {FORMAT}.")
    line, _, sealed = rest.partition(b"\n")
    try:
        header = canonical.read(line, _HEADER_MAX)
    except CanonicalError as error:
        raise CentreFileError(f"The header of the backup is damaged. {error.message}") from None
    at = canonical.read_moment(header.get("at"))
    texts = [header.get(name) for name in ("centre", "head", "fingerprint")]
    numbers = [header.get(name) for name in ("seq", "schema")]
    root = header.get("root")
    if (
        header.keys() != _MEMBERS
        or header["format"] != FORMAT
        or at is None
        or not isinstance(root, dict)
        or not all(isinstance(text, str) for text in texts)
        or not all(number.__class__ is int for number in numbers)
    ):
        raise CentreFileError("The header of the backup is damaged. Take another copy of it.")
    if len(sealed) < _NONCE + _TAG:
        raise CentreFileError("The backup is cut off. Take another copy of it.")
    centre_id, head, fingerprint = map(str, texts)
    authenticated = data[: len(data) - len(sealed)]
    return Backup(
        *(centre_id, at, header["seq"], head, fingerprint, header["schema"], root, authenticated, sealed)
    )


def _copy(connection: sqlite3.Connection) -> bytes:
    """Return a database as the bytes of its file, as it is between two transactions."""
    with closing(sqlite3.connect(":memory:")) as copy:
        connection.backup(copy)
        return copy.serialize()
