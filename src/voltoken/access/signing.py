"""Signatures of people: Ed25519 (RFC 8032), with a key that is the person's own and kept nowhere here.

A public key of small order is refused, because signatures that fit many messages can be made up for
it; so is one that is not written in its one form.
"""

from __future__ import annotations

import hashlib
from typing import Final

from voltoken.errors import HIDDEN, FieldError

SEED_BYTES: Final = 32
"""Length of a private key: the seed of RFC 8032."""
PUBLIC_KEY_BYTES: Final = 32
"""Length of a public key."""
SIGNATURE_BYTES: Final = 64
"""Length of a signature."""

_P: Final = (1 << 255) - 19
_SIGN_BIT: Final = 1 << 255
_OF_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = frozenset({0, 1, _P - 1, _OF_ORDER_8, _P - _OF_ORDER_8})
"""The y of every point whose order is 1, 2, 4 or 8."""


def public_key_of(seed: bytes) -> bytes:
    """Return the public key, 32 bytes, of a private one. seed: 32 bytes. Raises FieldError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_seed(seed)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the signature, 64 bytes, of a message. seed: 32 bytes. Raises FieldError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_seed(seed)
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature of a message was made with the private key of a public one.

    False, and no error, for keys and signatures that are none.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not is_public_key(public) or signature.__class__ is not bytes or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """Return what people compare of a public key: ``3f9a 01c4 77be 2d10``, of its SHA-256 (64 bits).

    Raises FieldError.
    """
    check_public_key(public)
    digits = hashlib.sha256(public).hexdigest()[:16]
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def is_public_key(public: object) -> bool:
    """Whether these are 32 bytes, in the one form of a public key, of no small order."""
    if not isinstance(public, bytes) or len(public) != PUBLIC_KEY_BYTES:
        return False
    y = int.from_bytes(public, "little") & ~_SIGN_BIT
    return y < _P and y not in _SMALL


def check_public_key(public: object) -> None:
    """Check a public key. Raises FieldError."""
    if not is_public_key(public):
        shown = public.hex() if isinstance(public, bytes) else public
        raise FieldError("public_key", shown, "32 bytes of an Ed25519 key, of no small order")


def _check_seed(seed: object) -> None:
    if not isinstance(seed, bytes) or len(seed) != SEED_BYTES:
        raise FieldError("seed", HIDDEN, f"{SEED_BYTES} bytes")
