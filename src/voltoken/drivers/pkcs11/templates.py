"""What a key in the token may do, and may not: the attributes that keys are made with and found by.

Tokens are robbed through keys that may do two things. A key that wraps and decrypts takes other keys out of
the token in the clear; a key that derives gives itself away byte by byte. So every key here has one use, is
sensitive and cannot be extracted, and its attributes cannot be changed afterwards. A key of the right name
that may do more was made by somebody else, and is not used.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from voltoken.drivers.pkcs11.sessions import Seat
from voltoken.errors import ModuleUnavailable

TokenKey: TypeAlias = Any
"""A key in the token. python-pkcs11 gives it methods by what the token lets it do, so no type has them."""

HMAC: Final = Mechanism.SHA256_HMAC
HMAC_KEY_BYTES: Final = 32
"""Shortest key that tokens take for HMAC-SHA-256; HMAC itself pads with zeros, so padding changes nothing."""

_USES: Final = (
    Attribute.DECRYPT,
    Attribute.DERIVE,
    Attribute.ENCRYPT,
    Attribute.SIGN,
    Attribute.UNWRAP,
    Attribute.VERIFY,
    Attribute.WRAP,
)
_HMAC_USES: Final = frozenset({Attribute.SIGN})
_SEALING_USES: Final = frozenset({Attribute.DECRYPT, Attribute.ENCRYPT})


def hmac_key(label: str, *, stays: bool) -> dict[Attribute, object]:
    """Return the attributes of a key for HMAC, without its value. stays: in the token, not the session."""
    return _secret(KeyType.GENERIC_SECRET, label, _HMAC_USES, stays=stays)


def sealing_key(label: str, *, stays: bool) -> dict[Attribute, object]:
    """Return the attributes of an AES key that encrypts and decrypts data, without its value."""
    return _secret(KeyType.AES, label, _SEALING_USES, stays=stays)


def _secret(kind: KeyType, label: str, uses: frozenset[Attribute], *, stays: bool) -> dict[Attribute, object]:
    return {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: kind,
        Attribute.LABEL: label,
        Attribute.TOKEN: stays,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.MODIFIABLE: False,
        **{use: use in uses for use in _USES},
    }


def find_hmac_key(seat: Seat, label: str) -> TokenKey:
    """Return the key for HMAC with this label, from the seat or the token.

    Raises ModuleUnavailable when there is none, there are several, or it may do more than it should.
    """
    return _find(seat, KeyType.GENERIC_SECRET, label, _HMAC_USES)


def find_sealing_key(seat: Seat, label: str) -> TokenKey:
    """Return the AES key with this label, from the seat or the token; errors as ``find_hmac_key``."""
    return _find(seat, KeyType.AES, label, _SEALING_USES)


def named(session: pkcs11.Session, label: str) -> list[pkcs11.Object]:
    """Return all secret keys of the token with this label; keys of the session alone do not count."""
    session.generate_random(64)  # fails cleanly in a dead session; a search there also makes noise on stderr
    return list(
        session.get_objects(
            {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: True, Attribute.LABEL: label}
        )
    )


def may_be_read(key: pkcs11.Object) -> bool:
    """Say whether the token gives the value of a key away, by asking for it."""
    try:
        return bool(key[Attribute.VALUE])
    except (pkcs11.AttributeSensitive, pkcs11.AttributeTypeInvalid):
        return False


def _find(seat: Seat, kind: KeyType, label: str, uses: frozenset[Attribute]) -> TokenKey:
    if (known := seat.keys.get(label)) is not None:
        return known
    found = named(seat.session, label)
    if len(found) != 1:
        many = "no key" if not found else f"{len(found)} keys"
        raise ModuleUnavailable(
            f"The security token holds {many} with the label {label!r}; exactly one is needed. Import the "
            "key, or restore the token from its backup.",
            label=label,
        )
    key = found[0]
    wanted = _secret(kind, label, uses, stays=True)
    del wanted[Attribute.CLASS], wanted[Attribute.LABEL], wanted[Attribute.MODIFIABLE]
    is_so = key.get_attributes(list(wanted))
    if not isinstance(key, pkcs11.SecretKey) or any(is_so.get(name) != wanted[name] for name in wanted):
        raise ModuleUnavailable(
            f"The key {label!r} of the security token is of another kind, can be taken out, or may be used "
            "for more than it should: somebody else made it. Nothing was done with it; import the key anew.",
            label=label,
        )
    seat.keys[label] = key
    return key
