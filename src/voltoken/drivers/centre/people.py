"""The key file of a person: an Ed25519 key as PKCS 8 in PEM, under a passphrase or not.

It belongs to the person, not to the centre: to a card, a stick, or a folder of his own. Whoever has it acts
in his name, so a file without a passphrase is for rehearsals. Any program that reads PKCS 8 reads it.

The passphrase goes through what the library cryptography takes for PKCS 8 (PBKDF2 and AES-256), which is
slower to try than a hash and faster than Argon2id: take a long one.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from voltoken.access import fingerprint
from voltoken.drivers.custody import Guarded
from voltoken.errors import HIDDEN, CentreFileError, FieldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE_LEAST: Final = 12
"""The shortest passphrase of a key file, in characters."""
PASSPHRASE_MOST: Final = 1024
"""The longest one."""

_BYTES_MAX: Final = 16_384
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


class PersonKey(Guarded):
    """The private key of a person, in memory. public_key: 32 bytes, as it is registered."""

    __slots__ = ("_key", "public_key")
    public_key: bytes

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the system's generator."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @property
    def fingerprint(self) -> str:
        """What people compare of it: ``3f9a 01c4 77be 2d10``."""
        return fingerprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._key.sign(message)

    def pem(self, passphrase: str | None) -> bytes:
        """Return the key as the content of a file. Raises FieldError for a passphrase that is too short."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            KeySerializationEncryption,
            NoEncryption,
            PrivateFormat,
        )

        lock: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            if not PASSPHRASE_LEAST <= len(passphrase) <= PASSPHRASE_MOST or not passphrase.isprintable():
                allowed = f"{PASSPHRASE_LEAST} to {PASSPHRASE_MOST} printable characters"
                raise FieldError("passphrase", HIDDEN, allowed)
            lock = BestAvailableEncryption(_typed(passphrase))
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    def __repr__(self) -> str:
        """Show the fingerprint."""
        return f"<key of a person, {self.fingerprint}>"


def make_person_key(path: Path, passphrase: str | None) -> PersonKey:
    """Make a new key and its file, which only its owner can read; nothing is overwritten.

    passphrase: 12 to 1024 printable characters; None for none.
    Raises FieldError for the passphrase, CentreFileError when the file cannot be made.
    """
    key = PersonKey.generate()
    content = key.pem(passphrase)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        raise CentreFileError(f"There is a file {path.name} already. A key never takes its place.") from None
    except OSError as error:
        raise CentreFileError(f"{path.name} cannot be written: {error.strerror or 'unknown'}.") from None
    return key


def read_person_key(path: Path, passphrase: str | None) -> PersonKey:
    """Return the key of a file.

    Raises FieldError when the passphrase is wrong or missing, and CentreFileError when the file cannot be
    read, is open to others than its owner, or holds no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    needed = _ENCRYPTED in content
    if needed and passphrase is None:
        raise FieldError("passphrase", HIDDEN, f"that of {path.name}", "The key file is under one.")
    typed = _typed(passphrase) if needed and passphrase is not None else None
    try:
        key = load_pem_private_key(content, typed)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if needed:
            raise FieldError(
                "passphrase", HIDDEN, f"that of {path.name}", "Or the file is damaged."
            ) from None
        raise _none(path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _none(path)
    return PersonKey(key)


def person_key_needs_passphrase(path: Path) -> bool:
    """Whether a key file is under a passphrase. Raises CentreFileError when it cannot be read."""
    return _ENCRYPTED in _read(path)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            found = os.fstat(source.fileno())
            if os.name == "posix" and stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                raise CentreFileError(
                    f"{path.name} may be read or written by others than its owner. Close it: "
                    f"chmod 600 {path.name}; and ask who had a copy."
                )
            return source.read(_BYTES_MAX)
    except OSError as error:
        raise CentreFileError(f"{path.name} cannot be read: {error.strerror or 'unknown'}.") from None


def _typed(passphrase: str) -> bytes:
    """Return a passphrase as bytes, in the Unicode form NFC: accents may be typed either way."""
    return unicodedata.normalize("NFC", passphrase.rstrip("\r\n")).encode("utf-8", "surrogatepass")


def _none(path: Path) -> CentreFileError:
    return CentreFileError(
        f"{path.name} is no key of a person, which is an Ed25519 key as PKCS 8 in PEM. "
        "Make one: voltoken kmc key"
    )
