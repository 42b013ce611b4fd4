"""Making a key load file: wrap every key for one recipient, and sign.

The key of each record is wrapped under a key of its own, which is derived from what the ephemeral key and
the recipient's key agree on, and from the hashes of header and attributes. Attributes that were changed
give another wrapping key, so that the unwrap fails, whoever has signed the change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from voltoken import canonical
from voltoken.security.keyload.container import (
    KEY_FILE_FORMAT,
    Header,
    KeyRecord,
    WrappedKey,
    attributes,
    body_of,
)
from voltoken.security.keyload.documents import signature_of
from voltoken.security.keyload.layout import SUITE
from voltoken.security.keyload.primitives import (
    agree,
    check_point,
    derive,
    exchange_fingerprint,
    exchange_public,
    wrap,
)
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import FILE_MAX, Sign
from voltoken.security.values import KeyRef, KeyRegister
from voltoken.sts import key_check_value

_PURPOSE: Final = b"voltoken-klf/1|kek|"
_PADDED_BYTES: Final = 32


def build(
    header: Header,
    records: Sequence[KeyRecord],
    revoked: Sequence[KeyRef],
    *,
    recipient_key: bytes,
    ephemeral: bytes,
    sign: Sign,
    public: bytes,
) -> bytes:
    """Return a key load file.

    header: with sm_key_fp and epk empty; they are filled in. records, revoked: at least one of either, no
    key twice, none in both. recipient_key: the point of the recipient, 65 bytes. ephemeral: 32 random
    bytes, of which nothing is kept. sign, public: a signing key of the centre.
    Raises FieldError for keys that are none; KeyFileError: ``empty``, ``twice``, ``both``,
    ``check_value`` (a key is not the one that its register describes), ``size`` (over 1 MiB: make two files),
    ``suite``.
    """
    check_lists([record.register.ref for record in records], revoked)
    if header.kex != SUITE:
        raise reject("suite", f"Only {SUITE} can be made.")
    check_point("recipient_key", recipient_key)
    shared = agree(ephemeral, recipient_key)
    whole = replace(header, sm_key_fp=exchange_fingerprint(recipient_key), epk=exchange_public(ephemeral))
    kek_of = wrapping_keys(shared, whole)
    keys = [_wrap(record, kek_of) for record in records]
    body = body_of(whole, keys, revoked)
    body["sig"] = signature_of(KEY_FILE_FORMAT, body, sign, public)
    data = canonical.write(body).encode("ascii")
    if len(data) > FILE_MAX:
        raise reject("size", f"{len(records)} keys give {len(data)} bytes. Make two files.", bytes=len(data))
    return data


def check_lists(loaded: Sequence[KeyRef], revoked: Sequence[KeyRef]) -> None:
    """Raise KeyFileError unless there is something to do, no key is named twice, and none both ways."""
    if not loaded and not revoked:
        raise reject("empty", "A file has at least one key to load or to revoke.")
    for refs in (loaded, revoked):
        seen: set[KeyRef] = set()
        for ref in refs:
            if ref in seen:
                raise reject("twice", f"It is {ref}.", key=str(ref))
            seen.add(ref)
    for ref in sorted(set(loaded) & set(revoked)):
        raise reject("both", f"It is {ref}.", key=str(ref))


def wrapping_keys(shared: bytes, header: Header) -> Callable[[Mapping[str, Any]], bytes]:
    """Return what gives the wrapping key, 32 bytes, for the attributes of a record.

    shared: what was agreed. header: as it stands in the file.
    """
    head = hashlib.sha256(canonical.write(header.document()).encode("ascii")).digest()

    def kek(attrs: Mapping[str, Any]) -> bytes:
        bound = hashlib.sha256(head + canonical.write(attrs).encode("ascii")).digest()
        return derive(shared, _PURPOSE + bound)

    return kek


def padded(secret: bytes) -> bytes:
    """Return the 32 bytes that are wrapped: the key, twice where it has 64 bits, and zeros."""
    whole = secret * 2 if len(secret) == 8 else secret  # usable as a two-key DES key inside a token
    return whole.ljust(_PADDED_BYTES, b"\x00")


def check_key(register: KeyRegister, secret: bytes) -> None:
    """Raise KeyFileError (``check_value``) unless a key is the one that its register describes."""
    found = key_check_value(secret)
    if found != register.check_value:
        raise reject(
            "check_value",
            f"{register.ref}: {found} by {found.algorithm}, and {register.check_value} is expected.",
            key=str(register.ref),
        )


def _wrap(record: KeyRecord, kek_of: Callable[[Mapping[str, Any]], bytes]) -> WrappedKey:
    check_key(record.register, record.secret)
    kek = kek_of(attributes(record.register, record.owner_auth))
    return WrappedKey(record.register, record.owner_auth, wrap(kek, padded(record.secret)))
