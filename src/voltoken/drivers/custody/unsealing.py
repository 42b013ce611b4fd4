"""How the root key of a sealed module comes back: by a passphrase, by shares, or by the PIN of a token.

Each class collects what is offered for one root record. Nothing here waits after a wrong offer;
``failures`` counts them for the caller, who has a clock. What is typed is text, which CPython cannot
overwrite; what is kept between two offers is overwritten when it is no longer needed: see ``hardening.wipe``.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from voltoken.drivers.custody.root_records import CHECK_BYTES, RootRecord
from voltoken.drivers.custody.sealing import ROOT_BYTES, Guarded, RootKey, same
from voltoken.drivers.hardening import wipe
from voltoken.errors import FieldError, ModuleUnavailable, RuleError, SealBroken, ShareRefused
from voltoken.security import Share, combine

NONCE_BYTES: Final = 12
"""Length of the nonce before a root key that a passphrase wraps."""

PASSPHRASE_MOST: Final = 1024
"""The longest passphrase, in characters."""

_NO_ARGON2: Final = "The library cryptography has no Argon2id: it takes version 44 with OpenSSL 3.2 or newer."
_ATTEMPTS: Final = 2000  # ways to choose shares that are tried when a forged one may be among them


class WrappingToken(Protocol):
    """A key that stays inside a hardware token and wraps others."""

    def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate plain together with context."""
        ...

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Return what was wrapped with this context. Raises SealBroken."""
        ...


TokenOpener = Callable[[str], WrappingToken]
"""Logs in to a token with a PIN; raises ShareRefused when it is wrong. For a token that is open already,
a function that takes no notice of the PIN."""


@dataclass(frozen=True, slots=True)
class Progress(Guarded):
    """How far an unsealing is: have of need offers were accepted; root is the key once it is there."""

    have: int
    need: int
    root: RootKey | None = field(default=None, repr=False)

    @property
    def complete(self) -> bool:
        """Whether the root key is there."""
        return self.root is not None


class Unsealing(Protocol):
    """Collects what is offered until the root key is there. For one thread at a time.

    provider: ``passphrase``, ``shamir`` or ``pkcs11``. failures: how many offers were wrong so far.
    """

    provider: str
    failures: int

    @property
    def progress(self) -> Progress:
        """How far it is, without the root key."""
        ...

    def offer(self, text: str) -> Progress:
        """Take a share, a passphrase or a PIN; the last one needed brings the root key.

        Raises ShareRefused when it is wrong, with what was accepted before kept; SealBroken when the record
        and the key in the token do not belong together; ModuleUnavailable when token or library fail.
        """
        ...

    def reset(self) -> None:
        """Forget and overwrite what was accepted so far."""
        ...


class PassphraseUnsealing(Guarded):
    """Waits for the passphrase of a record; see ``Unsealing``."""

    __slots__ = ("_record", "failures", "provider")

    def __init__(self, record: RootRecord) -> None:
        self.provider = record.provider
        self.failures = 0
        self._record = record

    @property
    def progress(self) -> Progress:
        """Nothing of one."""
        return Progress(0, 1)

    def offer(self, text: str) -> Progress:
        """Take the passphrase. Raises ShareRefused, SealBroken or ModuleUnavailable."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        record = self._record
        passphrase = text.rstrip("\r\n") if isinstance(text, str) else ""
        wrapped = record.octets["wrapped"]
        try:
            if not is_passphrase(passphrase, least=1):
                raise InvalidTag
            key = AESGCM(stretch(passphrase, record))
            material = key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], record.context)
        except InvalidTag:
            self.failures += 1
            raise ShareRefused(
                "The passphrase is wrong, or the root record is damaged. Look at the keyboard's layout and "
                "at capitals, and try again."
            ) from None
        return Progress(1, 1, _genuine(record, material))

    def reset(self) -> None:
        """Nothing is kept between offers."""


class TokenUnsealing(Guarded):
    """Waits for the PIN of the token that wrapped a record's key; see ``Unsealing``."""

    __slots__ = ("_open", "_record", "failures", "provider")

    def __init__(self, record: RootRecord, token: TokenOpener) -> None:
        self.provider = record.provider
        self.failures = 0
        self._record = record
        self._open = token

    @property
    def progress(self) -> Progress:
        """Nothing of one."""
        return Progress(0, 1)

    def offer(self, text: str) -> Progress:
        """Take the PIN. Raises ShareRefused, SealBroken or ModuleUnavailable."""
        try:
            token = self._open(text)
        except ShareRefused:
            self.failures += 1
            raise
        material = token.unwrap(self._record.octets["wrapped"], self._record.context)
        return Progress(1, 1, _genuine(self._record, material))

    def reset(self) -> None:
        """Nothing is kept between offers."""


class SharesUnsealing(Guarded):
    """Collects the shares of a record; see ``Unsealing``.

    A share that is mistyped, of another set or given twice is refused at once. A forged one is noticed when
    the last is there, and which it is cannot be told: all are kept, and every further share is tried with
    all choices of the others, so that enough genuine ones succeed.
    """

    __slots__ = ("_pool", "_record", "failures", "provider")

    def __init__(self, record: RootRecord) -> None:
        self.provider = record.provider
        self.failures = 0
        self._record = record
        self._pool: dict[int, bytearray] = {}

    @property
    def progress(self) -> Progress:
        """How many different shares were accepted, of how many."""
        return Progress(len(self._pool), self._record.numbers["threshold"])

    def offer(self, text: str) -> Progress:
        """Take a share as text. Raises ShareRefused."""
        try:
            share = self._parse(text)
        except ShareRefused:
            self.failures += 1
            raise
        self._pool[share.number] = bytearray(share.y)
        if len(self._pool) < share.threshold:
            return self.progress
        root = self._recover(share)
        if root is None:
            self.failures += 1
            raise ShareRefused(
                "These shares do not recover the root key: at least one is not genuine, and which one cannot "
                "be told. Offer further shares, or begin again."
            )
        self.reset()
        return Progress(share.threshold, share.threshold, root)

    def reset(self) -> None:
        """Forget and overwrite the shares accepted so far."""
        for y in self._pool.values():
            wipe(y)
        self._pool.clear()

    def _parse(self, text: str) -> Share:
        """Read a share and see whether it belongs to the record. Raises ShareRefused."""
        try:
            share = Share.parse(text)
        except FieldError as error:
            raise ShareRefused(error.message) from None
        numbers = self._record.numbers
        expected = (self._record.octets["set"], numbers["threshold"], ROOT_BYTES)
        if (share.set_id, share.threshold, share.secret_bytes) != expected or share.number > numbers["count"]:
            raise ShareRefused(
                f"The share is of another set. Take those of the set {self._record.octets['set'].hex()}.",
                set=self._record.octets["set"].hex(),
            )
        if share.number in self._pool:
            raise ShareRefused(
                f"Share number {share.number} was offered already. Offer another one, or begin again.",
                number=share.number,
            )
        return share

    def _recover(self, last: Share) -> RootKey | None:
        """Try the last share with all choices of the others, up to a limit."""
        others = [
            Share(last.set_id, last.threshold, number, bytes(y))
            for number, y in self._pool.items()
            if number != last.number
        ]
        choices = itertools.combinations(others, last.threshold - 1)
        for chosen in itertools.islice(choices, _ATTEMPTS):
            try:
                return _genuine(self._record, combine((*chosen, last)))
            except (RuleError, SealBroken):
                continue
        return None


def is_passphrase(text: str, *, least: int) -> bool:
    """Whether text has at least that many characters, at most 1024, and all are printable."""
    return isinstance(text, str) and least <= len(text) <= PASSPHRASE_MOST and text.isprintable()


def stretch(passphrase: str, record: RootRecord) -> bytes:
    """Return the 32 bytes that Argon2id makes of a passphrase with a record's salt and cost.

    The passphrase is taken in the Unicode form NFC, so that it does not matter how accents were typed.
    Raises ModuleUnavailable when the library has no Argon2id, or the machine no memory for it.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    except ImportError:
        raise ModuleUnavailable(_NO_ARGON2) from None
    try:
        kdf = Argon2id(
            salt=record.octets["salt"],
            length=32,
            iterations=record.numbers["passes"],
            lanes=record.numbers["lanes"],
            memory_cost=record.numbers["memory_kib"],
        )
        return kdf.derive(unicodedata.normalize("NFC", passphrase).encode("utf-8"))
    except UnsupportedAlgorithm:
        raise ModuleUnavailable(_NO_ARGON2) from None
    except MemoryError:
        needed = record.numbers["memory_kib"] // 1024
        raise ModuleUnavailable(f"Argon2id found no {needed} MiB of free memory. Make room.") from None


def check_value(root: RootKey) -> bytes:
    """Return the 16 bytes by which a root key is recognised, from which nothing about it follows."""
    return root.derive_for("check")[:CHECK_BYTES]


def _genuine(record: RootRecord, material: bytes) -> RootKey:
    """Return the root key if it is the record's. Raises SealBroken."""
    if len(material) == ROOT_BYTES:
        root = RootKey(material, record.module_id)
        if same(check_value(root), record.check):
            return root
        root.wipe()
    raise SealBroken("What was unwrapped is not the root key of this record. Restore the module's files.")
