"""How the root key of a module is kept while the module is sealed.

A provider turns a root key into a *root record*, which may lie beside the journal, and whatever has to lie
elsewhere: nothing (a passphrase is in somebody's head), shares (in safes), or a key inside a hardware
token. ``unsealer`` reads a record and says who collects what brings the root key back (``unsealing``).

A passphrase is for development: whoever has the record can try passphrases as fast as Argon2id lets him.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

from voltoken.drivers.custody.root_records import RootKind, RootRecord
from voltoken.drivers.custody.sealing import ROOT_BYTES, Guarded, RootKey
from voltoken.drivers.custody.unsealing import (
    NONCE_BYTES,
    PASSPHRASE_MOST,
    PassphraseUnsealing,
    Progress,
    SharesUnsealing,
    TokenOpener,
    TokenUnsealing,
    Unsealing,
    WrappingToken,
    check_value,
    is_passphrase,
    stretch,
)
from voltoken.errors import HIDDEN, FieldError, ModuleUnavailable
from voltoken.security import randomness_bytes, split

__all__ = [
    "Argon2Cost",
    "Created",
    "PassphraseProvider",
    "Progress",
    "RootProvider",
    "SharesProvider",
    "TokenOpener",
    "TokenProvider",
    "Unsealing",
    "WrappingToken",
    "unsealer",
]

_PASSPHRASE_LEAST: Final = 12


class Argon2Cost(NamedTuple):
    """What one try of a passphrase costs.

    memory_kib: 19 456 to 1 048 576. passes: 2 to 16. lanes: 1 to 16.
    """

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class Created(Guarded):
    """What a provider made of a root key.

    record: for the disk, as a document for JSON. shares: texts, each for another holder; never shown.
    """

    record: dict[str, str | int]
    shares: tuple[str, ...] = field(default=(), repr=False)


class RootProvider(Protocol):
    """A way to keep a root key."""

    def create(self, root: RootKey) -> Created:
        """Make the record, and what has to lie elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class PassphraseProvider(Guarded):
    """Keeps a root key under a passphrase: for development.

    passphrase: 12 to 1024 printable characters; accents may be typed either way. cost: of one try.
    Raises FieldError.
    """

    passphrase: str = field(repr=False)
    cost: Argon2Cost = Argon2Cost()

    def __post_init__(self) -> None:
        """Check the passphrase."""
        if not is_passphrase(self.passphrase, least=_PASSPHRASE_LEAST):
            allowed = f"{_PASSPHRASE_LEAST} to {PASSPHRASE_MOST} printable characters"
            raise FieldError("passphrase", HIDDEN, allowed)

    def create(self, root: RootKey) -> Created:
        """Make the record. Raises FieldError for a cost out of range."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        octets = {"salt": secrets.token_bytes(16), "wrapped": bytes(60)}
        empty = RootRecord(RootKind.ARGON2ID, root.module_id, check_value(root), self.cost._asdict(), octets)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(stretch(self.passphrase, empty)).encrypt(nonce, root.reveal(), empty.context)
        record = replace(empty, octets={**octets, "wrapped": nonce + sealed})
        return Created(record.document)


@dataclass(frozen=True, slots=True)
class SharesProvider:
    """Keeps a root key as shares in several hands: threshold (2 to count) of count (2 to 255) recover it."""

    threshold: int
    count: int

    def create(self, root: RootKey) -> Created:
        """Make the record and the shares. Raises FieldError for numbers out of range."""
        numbers = {"threshold": self.threshold, "count": self.count}
        empty = RootRecord(RootKind.SHAMIR, root.module_id, check_value(root), numbers, {"set": bytes(4)})
        randomness = secrets.token_bytes(randomness_bytes(ROOT_BYTES, self.threshold))
        shares = split(root.reveal(), self.threshold, self.count, randomness)
        record = replace(empty, octets={"set": shares[0].set_id})
        return Created(record.document, tuple(share.text for share in shares))


@dataclass(frozen=True, slots=True)
class TokenProvider:
    """Keeps a root key wrapped by a key that never leaves a hardware token."""

    token: WrappingToken = field(repr=False)

    def create(self, root: RootKey) -> Created:
        """Make the record. Raises what the token raises."""
        empty = RootRecord(RootKind.PKCS11, root.module_id, check_value(root), {}, {"wrapped": bytes(32)})
        wrapped = self.token.wrap(root.reveal(), empty.context)
        return Created(replace(empty, octets={"wrapped": wrapped}).document)


def unsealer(record: object, token: TokenOpener | None = None) -> Unsealing:
    """Return what collects offers for a root record.

    record: the document that a provider made. token: needed for the provider ``pkcs11`` only.
    Raises JournalError when the record is damaged or of another version, ModuleUnavailable when it needs a
    token and none is configured.
    """
    parsed = RootRecord.parse(record)
    if parsed.provider == RootKind.ARGON2ID:
        return PassphraseUnsealing(parsed)
    if parsed.provider == RootKind.SHAMIR:
        return SharesUnsealing(parsed)
    if token is None:
        raise ModuleUnavailable(
            "The root key is wrapped by a hardware token, and none is configured. Name it in the settings."
        )
    return TokenUnsealing(parsed, token)
