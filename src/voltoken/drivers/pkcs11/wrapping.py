"""Small secrets sealed under a key that a token made and keeps: AES-256-GCM, inside the token.

For the root key of a module: at rest it is useless without the token. Not for keys of the token itself,
which never leave it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import pkcs11
from pkcs11 import GCMParams, Mechanism

from voltoken.drivers.pkcs11.sessions import Seat
from voltoken.drivers.pkcs11.templates import TokenKey, find_sealing_key
from voltoken.errors import SealBroken

Result = TypeVar("Result")

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16

_BAD_TAG: Final = (
    pkcs11.EncryptedDataInvalid,
    pkcs11.EncryptedDataLenRange,
    pkcs11.FunctionFailed,
    pkcs11.GeneralError,  # SoftHSM
    pkcs11.SignatureInvalid,
)


class Lender(Protocol):
    """Who lends sessions: an open token."""

    def run(self, doing: str, work: Callable[[Seat], Result]) -> Result:
        """Do work in a session; see ``SessionPool.run``."""
        ...


@dataclass(frozen=True, slots=True)
class Pkcs11Wrapping:
    """Seals and opens under the key of a token with a label, with a nonce of 96 random bits for each secret.

    Random nonces bound the number of secrets under one key: at most 2**32 of them (NIST SP 800-38D, 8.3).
    """

    token: Lender
    label: str

    def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Return plain, sealed: a version byte, 12 bytes of nonce, the ciphertext and 16 bytes of tag.

        context: where it belongs; not in the result, and needed to unwrap.
        Raises ModuleUnavailable when there is no such key, or the token cannot.
        """

        def encrypt(seat: Seat) -> bytes:
            nonce = os.urandom(_NONCE_BYTES)  # inside: work that is done again gets a new one
            return _VERSION + nonce + _encrypt(find_sealing_key(seat, self.label), nonce, plain, context)

        return self.token.run("wrap", encrypt)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Return what ``wrap`` sealed in the same context.

        Raises SealBroken when blob is damaged, or from another key or context; ModuleUnavailable when there
        is no such key, or the token cannot.
        """
        if blob[:1] != _VERSION or len(blob) < len(_VERSION) + _NONCE_BYTES + _TAG_BYTES:
            raise _broken()
        nonce, sealed = blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :]

        def decrypt(seat: Seat) -> bytes | None:
            key = find_sealing_key(seat, self.label)
            try:
                return _decrypt(key, nonce, sealed, context)
            except _BAD_TAG:
                # A token that is out of order says the same. It is the blob if the key works otherwise.
                probe = os.urandom(_NONCE_BYTES)
                _decrypt(key, probe, _encrypt(key, probe, bytes(16), b"probe"), b"probe")
                return None

        plain = self.token.run("unwrap", decrypt)
        if plain is None:
            raise _broken()
        return plain


def _encrypt(key: TokenKey, nonce: bytes, plain: bytes, context: bytes) -> bytes:
    return bytes(key.encrypt(plain, mechanism=Mechanism.AES_GCM, mechanism_param=_param(nonce, context)))


def _decrypt(key: TokenKey, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
    return bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_param(nonce, context)))


def _param(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce, _VERSION + context, 8 * _TAG_BYTES)


def _broken() -> SealBroken:
    return SealBroken(
        "What the security token should unwrap is damaged, or was wrapped under another key or for another "
        "place. Restore it from a backup, and use the token that wrapped it."
    )
