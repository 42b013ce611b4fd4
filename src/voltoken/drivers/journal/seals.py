"""What the root key lets a journal do: seal and open rows, mark tokens, authenticate its head, sign.

Each sealed row is bound to what stands beside it in clear: an answer to its request, its client and the
digest that decides whether a request is the same; a key to everything that is known about it. A row that
was copied to another place, or whose neighbours were edited, does not open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from voltoken.drivers.custody.sealing import Purpose, RootKey, Sealer, same
from voltoken.drivers.journal.identity import Private
from voltoken.drivers.journal.writing import MARK_BYTES, token_bytes
from voltoken.errors import ModuleUnavailable, SealBroken
from voltoken.security.keyload import exchange_public

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_IN_HARDWARE: Final = b"\x00"
_BYTES: Final = b"\x01"
_SIGNING: Final = b"signing key"
_EXCHANGE: Final = b"exchange key"
_KEY_MARK: Final = b"voltoken-journal-key/1|"
_SCALAR_BYTES: Final = 32


class Sealing:
    """The sealers of one unsealed journal, and its private keys. ``wipe`` drops them."""

    __slots__ = (
        *("_exchange", "_keystore", "_marks", "_private", "_results", "_signing", "_state"),
        *("exchange_key", "public_key"),
    )
    exchange_key: bytes
    public_key: bytes

    def __init__(self, root: RootKey, private: Private) -> None:
        """Derive the keys of all purposes. private: the private keys, sealed.

        Raises SealBroken when root is not the root key of this journal, or a private key is damaged.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        with _once(root, Purpose.SIGNING) as sealer:
            seed = sealer.open(private.signing, _SIGNING)
        if len(seed) != 32:
            raise SealBroken("The signing key has not the length of one. Restore the journal from a backup.")
        self._signing: Ed25519PrivateKey | None = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._signing.public_key().public_bytes_raw()
        self._keystore = Sealer(root, Purpose.KEYSTORE)
        self._results = Sealer(root, Purpose.RESULTS)
        self._marks = Sealer(root, Purpose.MARKS)
        self._state = Sealer(root, Purpose.STATE)
        self._exchange = Sealer(root, Purpose.EXCHANGE)
        self._private = private
        self.exchange_key = exchange_public(self.exchange())

    @classmethod
    def begin(cls, root: RootKey) -> tuple[Private, Sealing]:
        """Make new private keys; return them sealed, and the sealers."""
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        with _once(root, Purpose.SIGNING) as sealer:
            signing = sealer.seal(Ed25519PrivateKey.generate().private_bytes_raw(), _SIGNING)
        scalar = generate_private_key(SECP256R1()).private_numbers().private_value
        with _once(root, Purpose.EXCHANGE) as sealer:
            exchange = sealer.seal(scalar.to_bytes(_SCALAR_BYTES, "big"), _EXCHANGE)
        private = Private(signing, exchange)
        return private, cls(root, private)

    def __repr__(self) -> str:
        """Show nothing of the keys."""
        return "<sealing of a journal>"

    def wipe(self) -> None:
        """Drop all keys; every call that needs one raises ModuleUnavailable from now on."""
        self._signing = None
        for sealer in (self._keystore, self._results, self._marks, self._state, self._exchange):
            sealer.wipe()

    def seal_answer(self, request_id: str, client: str, digest: bytes, answer: bytes) -> bytes:
        """Return an answer as it is kept."""
        return self._results.seal(answer, f"{request_id}|{client}|".encode() + digest)

    def open_answer(self, request_id: str, client: str, digest: bytes, sealed: bytes) -> bytes:
        """Return an answer again. Raises SealBroken."""
        return self._results.open(sealed, f"{request_id}|{client}|".encode() + digest)

    def seal_key(self, register: str, secret: bytes | None) -> bytes:
        """Return a key as it is kept. secret: None for one that lives in a hardware token."""
        plain = _IN_HARDWARE if secret is None else _BYTES + secret
        return self._keystore.seal(plain, b"key|" + register.encode())

    def open_key(self, register: str, sealed: bytes) -> bytes | None:
        """Return a key's bytes, None for one that lives in a hardware token. Raises SealBroken."""
        plain = self._keystore.open(sealed, b"key|" + register.encode())
        return plain[1:] if plain[:1] == _BYTES else None

    def exchange(self) -> bytes:
        """Return the private key that key files are made for, for one use.

        Raises SealBroken, and ModuleUnavailable when the keys were wiped.
        """
        scalar = self._exchange.open(self._private.exchange, _EXCHANGE)
        if len(scalar) != _SCALAR_BYTES:
            raise SealBroken("The exchange key has not the length of one. Restore the journal from a backup.")
        return scalar

    def mark(self, pan: str, token: int) -> bytes:
        """Return the keyed mark of a meter's token, 16 bytes."""
        return self._marks.mac(token_bytes(pan, token))[:MARK_BYTES]

    def key_mark(self, name: str, secret: bytes) -> bytes:
        """Return the code of a vending key's bytes, which says nothing without the root key; 32 bytes."""
        return self._state.mac(_KEY_MARK + name.encode() + b"|" + secret)

    def head_code(self, message: bytes) -> bytes:
        """Return the code of a head."""
        return self._state.mac(message)

    def is_head_code(self, message: bytes, code: bytes) -> bool:
        """Whether this is the code of a head."""
        return same(self._state.mac(message), code)

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message, 64 bytes."""
        if self._signing is None:
            raise ModuleUnavailable("The signing key is gone from memory: the module was sealed. Unseal it.")
        return self._signing.sign(message)


@contextlib.contextmanager
def _once(root: RootKey, purpose: Purpose) -> Iterator[Sealer]:
    """Give a sealer for one use."""
    sealer = Sealer(root, purpose)
    try:
        yield sealer
    finally:
        sealer.wipe()
