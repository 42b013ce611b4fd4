"""The four primitives of suite S1, and Ed25519. The only file of the room that calls ``cryptography``.

Key agreement on P-256 (SP 800-56A), the key derivation of ANSI X9.63 with SHA-256, AES-256 key wrap
(RFC 3394), signatures by Ed25519 (RFC 8032). Each takes bytes and gives bytes; nothing is remembered.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from voltoken.errors import HIDDEN, FieldError
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import POINT_BYTES, PUBLIC_BYTES, SCALAR_BYTES, Sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

SIGNATURE_BYTES: Final = 64
"""Length of a signature."""
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-5, P-256
_SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def signing_public(seed: bytes) -> bytes:
    """Return the public key, 32 bytes, of a signing key. seed: 32 bytes. Raises FieldError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_secret("seed", seed)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def signing_with(seed: bytes) -> Sign:
    """Return what signs with a key. seed: 32 bytes. Raises FieldError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_secret("seed", seed)
    return Ed25519PrivateKey.from_private_bytes(seed).sign


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is right. public: 32 bytes. Never raises for bytes of any content."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(public: bytes) -> str:
    """Return the name of a signing key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def exchange_public(scalar: bytes) -> bytes:
    """Return the point, 65 bytes, of an exchange key. scalar: 32 bytes, a number below the order.

    Raises FieldError. One random scalar in 2**32 is refused: take another.
    """
    return _point(_private("exchange", scalar))


def exchange_fingerprint(point: bytes) -> str:
    """Return the SHA-256 of an exchange key as SubjectPublicKeyInfo (RFC 5480), in hex."""
    return hashlib.sha256(_SPKI_HEAD + point).hexdigest()


def agree(scalar: bytes, point: bytes) -> bytes:
    """Return what two parties have in common: the x coordinate, 32 bytes. scalar: mine; point: the other's.

    Raises KeyFileError (``point``) when it is none of the curve, and FieldError for a bad scalar.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import ECDH

    mine = _private("exchange", scalar)
    try:
        other = _public(point)
    except ValueError:
        raise reject("point", "Public exchange keys are uncompressed points of P-256.") from None
    return mine.exchange(ECDH(), other)


def derive(shared: bytes, purpose: bytes) -> bytes:
    """Return 32 bytes for one purpose from what was agreed."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

    return X963KDF(SHA256(), 32, purpose).derive(shared)


def wrap(kek: bytes, plain: bytes) -> bytes:
    """Return plain wrapped under a key, 8 bytes longer. plain: a multiple of 8 bytes."""
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    return aes_key_wrap(kek, plain)


def unwrap(kek: bytes, wrapped: bytes) -> bytes | None:
    """Return what was wrapped, None where it was not under this key or was changed."""
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    try:
        return aes_key_unwrap(kek, wrapped)
    except (InvalidUnwrap, ValueError):
        return None


def check_point(name: str, point: object) -> None:
    """Raise FieldError unless this is an uncompressed point of P-256."""
    try:
        _public(point)
    except ValueError:
        raise FieldError(name, point, f"a point of P-256, uncompressed: {POINT_BYTES} bytes") from None


def _private(name: str, scalar: bytes) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

    _check_secret(name, scalar)
    number = int.from_bytes(scalar, "big")
    if not 0 < number < _ORDER:
        raise FieldError(name, HIDDEN, "a number from 1 to the order of P-256", "Take other random bytes.")
    return derive_private_key(number, SECP256R1())


def _public(point: object) -> EllipticCurvePublicKey:
    """Return the public key that a point is. Raises ValueError unless it is uncompressed and on the curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    if not isinstance(point, bytes) or len(point) != POINT_BYTES:  # other lengths: compressed ones
        raise ValueError
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


def _point(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _check_secret(name: str, secret: object) -> None:
    if secret.__class__ is not bytes or not isinstance(secret, bytes) or len(secret) != SCALAR_BYTES:
        raise FieldError(name, HIDDEN, f"{PUBLIC_BYTES} bytes")
