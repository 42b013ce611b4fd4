"""Opening a key load file: every check in its order, and then either all of it or nothing.

Signature, recipient, role, dates, number, suite, every key unwrapped and its check value found, no key
named twice. The order is part of the format: who cannot sign learns nothing from the later checks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from voltoken.errors import KeyFileError
from voltoken.security.keyload.building import check_key, check_lists, padded, wrapping_keys
from voltoken.security.keyload.container import (
    KEY_FILE_FORMAT,
    Header,
    KeyFile,
    KeyRecord,
    WrappedKey,
)
from voltoken.security.keyload.documents import check_dates, signed_message
from voltoken.security.keyload.layout import SUITE, SUITES
from voltoken.security.keyload.primitives import (
    agree,
    exchange_fingerprint,
    exchange_public,
    is_signed,
    unwrap,
)
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.trust import TrustList
from voltoken.security.keyload.values import FileRole
from voltoken.security.values import KeyRef, KeyRegister


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be loaded. records: with their keys. digest: SHA-256 of the whole file, in hex."""

    header: Header
    records: tuple[KeyRecord, ...]
    revoked: tuple[KeyRef, ...]
    digest: str


def open_file(
    file: KeyFile,
    *,
    recipient_id: str,
    exchange: bytes,
    role: FileRole,
    trust: TrustList,
    last_seq: int,
    now: datetime,
    request_ids: Collection[str] | None = None,
) -> Opened:
    """Return what is in a file, with the keys.

    recipient_id, role: who reads it. exchange: the private exchange key, 32 bytes. trust: the centres.
    last_seq: number of the last file of this centre that was loaded, 0 before the first.
    request_ids: the load requests that are open, None for any; a file that answers none is always taken.
    Raises KeyFileError with the reason of the first check that fails, and FieldError for a bad exchange key.
    Source: section 7.4 of the design; docs/reference/key-load-file.md.
    """
    header = file.header
    check_file_signature(file, trust, now)
    if header.sm_id != recipient_id:
        raise reject("recipient", f"It is for {header.sm_id}, and this is {recipient_id}.")
    if header.sm_key_fp != exchange_fingerprint(exchange_public(exchange)):
        raise reject(
            "recipient", f"The exchange key of {recipient_id} is another: send the centre this one's."
        )
    if header.role is not role:
        raise reject("role", f"It is for {header.role.value}, and {recipient_id} is {role.value}.")
    if header.request_id is not None and request_ids is not None and header.request_id not in request_ids:
        raise reject("request", f"Ask the centre again: {header.request_id} is not open.")
    check_dates(header.issued_at, header.not_after, now)
    if header.seq <= last_seq:
        raise reject("replayed", f"It is number {header.seq}, and {last_seq} was loaded.", seq=header.seq)
    if header.kex != SUITE:
        raise reject("suite", f"{header.kex}: {SUITES[header.kex]}.")
    kek_of = wrapping_keys(agree(exchange, header.epk), header)
    records = tuple(_record(key, unwrap(kek_of(key.attributes()), key.wrapped)) for key in file.keys)
    check_lists([key.register.ref for key in file.keys], file.revoked)
    return Opened(header, records, file.revoked, file.digest)


def check_file_signature(file: KeyFile, trust: TrustList, now: datetime) -> None:
    """Raise KeyFileError unless a trusted centre has signed a file with a key that is good.

    The centre and its key must be good when the file was made, and now.
    """
    key = trust.key(file.header.kmc_id, file.kid, file.header.issued_at, now)
    if not is_signed(key.public, signed_message(KEY_FILE_FORMAT, file.body()), file.signature):
        raise reject("signature", f"Ask {file.header.kmc_id} to send it again.")


def _record(key: WrappedKey, plain: bytes | None) -> KeyRecord:
    if plain is None:
        raise _changed(key.register)
    secret = plain[: key.register.key_bits // 8]
    if padded(secret) != plain:
        raise _changed(key.register)
    check_key(key.register, secret)
    return KeyRecord(key.register, key.owner_auth, secret)


def _changed(register: KeyRegister) -> KeyFileError:
    return reject("record", f"It is {register.ref}. Nothing was loaded.", key=str(register.ref))
