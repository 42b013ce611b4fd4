"""The key load file ``voltoken-klf``, version 1: what stands in it, and how it is read without any key.

One file is for one recipient. It has a header, records (the attributes of a key and the key, wrapped),
the names of revoked keys, and a signature over all of it. ``parse`` checks form and members, and shows what
the file says; whether that may be believed is for ``open_file``. The members stand in ``layout``.

It is a format of this project. It is not the STS Association's key load file, and makes no claim to be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NoReturn

from voltoken import canonical
from voltoken.errors import HIDDEN, FieldError, RuleError
from voltoken.security.keyload.documents import (
    Members,
    check_format,
    encode,
    made,
    read_any,
    read_signature,
)
from voltoken.security.keyload.identities import read_role
from voltoken.security.keyload.layout import ATTRIBUTES, LAYOUT, SUITE, SUITES
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import (
    HASH_HEX,
    NOTICE,
    POINT_BYTES,
    FileRole,
    check_bytes,
    check_file_id,
    check_hex,
    check_ident,
    check_span,
    check_text,
    check_whole,
)
from voltoken.security.register_documents import read_register, register_document
from voltoken.security.values import KeyRef, KeyRegister

KEY_FILE_FORMAT: Final = "voltoken-klf"
"""The format of a key load file."""
KEY_BITS: Final = (64, 128, 160)
"""Lengths of the keys that a record can carry."""
WRAPPED_BYTES: Final = 40
"""Length of a wrapped key: 32 bytes and 8 of the wrap."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself.

    The members of ``LAYOUT["header"]`` but format and version. issued_at, not_after: aware. seq: from 1.
    request_id: None for a file that nobody asked for. sm_key_fp, epk: left empty for ``build``, which
    fills them in. Raises FieldError.
    """

    file_id: str
    kmc_id: str
    sm_id: str
    role: FileRole
    seq: int
    issued_at: datetime
    not_after: datetime
    request_id: str | None = None
    notice: str = NOTICE
    kex: str = SUITE
    sm_key_fp: str = ""
    epk: bytes = b""

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_file_id(self.file_id)
        check_ident("kmc_id", self.kmc_id)
        check_ident("sm_id", self.sm_id)
        if self.role.__class__ is not FileRole:
            raise FieldError("role", self.role, ", ".join(FileRole))
        check_whole("seq", self.seq, 1)
        check_span(self.issued_at, self.not_after, "issued_at", "not_after")
        if self.request_id is not None:
            check_ident("request_id", self.request_id)
        check_text("notice", self.notice)
        if self.sm_key_fp or self.epk:
            check_hex("sm_key_fp", self.sm_key_fp, HASH_HEX)
            check_bytes("epk", self.epk, POINT_BYTES)

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "epk": encode(self.epk),
            "file_id": self.file_id,
            "format": KEY_FILE_FORMAT,
            "issued_at": canonical.write_moment(self.issued_at),
            "kex": self.kex,
            "kmc_id": self.kmc_id,
            "not_after": canonical.write_moment(self.not_after),
            "notice": self.notice,
            "request_id": self.request_id,
            "role": self.role.value,
            "seq": self.seq,
            "sm_id": self.sm_id,
            "sm_key_fp": self.sm_key_fp,
            "version": 1,
        }


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that goes into a file or came out of one.

    register: everything about it but its bytes; ``in_hardware`` does not travel. owner_auth: hash of the
    authorisation by the supply group's owner, 64 hexadecimal digits, or empty. secret: its bytes; never
    shown. Raises FieldError.
    """

    register: KeyRegister
    owner_auth: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check what can be checked without the check value."""
        if self.register.key_bits not in KEY_BITS:
            raise FieldError("key_bits", self.register.key_bits, "64, 128 or 160")
        if self.owner_auth:
            check_hex("owner_auth", self.owner_auth, HASH_HEX)
        if not isinstance(self.secret, bytes) or len(self.secret) * 8 != self.register.key_bits:
            raise FieldError("secret", HIDDEN, f"{self.register.key_bits // 8} bytes")

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied. Raises RuleError."""
        raise RuleError("secret_copied", "A record with a key is not pickled; it travels in a key load file.")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A record as it stands in a file. wrapped: the key under a key of its own, 40 bytes."""

    register: KeyRegister
    owner_auth: str
    wrapped: bytes

    def attributes(self) -> dict[str, Any]:
        """Return the member ``attrs``."""
        return attributes(self.register, self.owner_auth)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that was read; nothing in it may be believed before ``open_file``.

    kid: of the key that signed it. signature: 64 bytes. digest: SHA-256 of the whole file, in hex.
    """

    header: Header
    keys: tuple[WrappedKey, ...]
    revoked: tuple[KeyRef, ...]
    kid: str
    signature: bytes
    digest: str

    def body(self) -> dict[str, Any]:
        """Return what is signed, as plain values."""
        return body_of(self.header, self.keys, self.revoked)


def attributes(register: KeyRegister, owner_auth: str) -> dict[str, Any]:
    """Return the member ``attrs`` of a record."""
    found = register_document(register)
    del found["in_hardware"]
    return found | {"owner_auth": owner_auth}


def body_of(header: Header, keys: Iterable[WrappedKey], revoked: Iterable[KeyRef]) -> dict[str, Any]:
    """Return a file without its signature, as plain values."""
    return {
        "header": header.document(),
        "records": [{"attrs": key.attributes(), "wrapped": encode(key.wrapped)} for key in keys],
        "revoked": [str(ref) for ref in revoked],
    }


def parse(data: bytes) -> KeyFile:
    """Return what a file says. Raises KeyFileError, and nothing else, whatever data is.

    Nothing is verified but the form, so this needs no key; see ``open_file``.
    """
    members = Members.of(read_any(data), {"header", "records", "revoked", "sig"}, "A key load file")
    header = _header(members.found["header"])
    keys = tuple(_wrapped(one) for one in members.list("records"))
    kid, signature = read_signature(members.found["sig"])
    return KeyFile(header, keys, members.refs("revoked"), kid, signature, hashlib.sha256(data).hexdigest())


def _header(found: object) -> Header:
    if not isinstance(found, dict):
        raise reject("fields", "header is an object.", member="header")
    check_format(found, KEY_FILE_FORMAT)
    members = Members.of(found, LAYOUT["header"], "header")
    kex = members.text("kex")
    if kex not in SUITES:
        raise reject("suite", f"{kex[:16]!a} is none of {', '.join(SUITES)}.")
    request_id = members.found["request_id"]
    header = made(
        lambda: Header(
            file_id=members.text("file_id"),
            kmc_id=members.text("kmc_id"),
            sm_id=members.text("sm_id"),
            role=read_role(members.text("role")),
            seq=members.whole("seq"),
            issued_at=members.moment("issued_at"),
            not_after=members.moment("not_after"),
            request_id=None if request_id is None else members.text("request_id"),
            notice=members.text("notice"),
            kex=kex,
            sm_key_fp=members.text("sm_key_fp"),
            epk=members.data("epk"),
        )
    )
    if not header.epk:
        raise reject("fields", "epk and sm_key_fp are not empty in a file.", member="epk")
    return header


def _wrapped(found: object) -> WrappedKey:
    members = Members.of(found, LAYOUT["records"], "A record")
    attrs = Members.of(members.found["attrs"], ATTRIBUTES, "attrs")
    wrapped = members.data("wrapped")
    if len(wrapped) != WRAPPED_BYTES:
        raise reject("fields", f"wrapped must be {WRAPPED_BYTES} bytes.", member="wrapped")
    owner_auth = attrs.text("owner_auth")
    if owner_auth:
        made(lambda: check_hex("owner_auth", owner_auth, HASH_HEX))
    plain = {name: value for name, value in attrs.found.items() if name != "owner_auth"}
    try:
        register = read_register(plain | {"in_hardware": False})
    except FieldError:
        raise reject("attributes", "Ask the centre for another file.") from None
    # What is wrapped is bound to attrs as they are written: only the one way to write them counts.
    if register.key_bits not in KEY_BITS or attributes(register, owner_auth) != attrs.found:
        raise reject("attributes", "Ask the centre for another file.", key=str(register.ref))
    return WrappedKey(register, owner_auth, wrapped)
