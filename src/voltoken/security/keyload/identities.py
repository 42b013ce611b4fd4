"""Who a centre is and who a module is, as documents that they sign themselves.

A signature over oneself proves that whoever wrote the document has the keys that stand in it. It does not
prove who that is: a person compares the fingerprint with one that came on another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.security.keyload.documents import (
    VERSION,
    Members,
    check_format,
    check_signed,
    encode,
    made,
    read_any,
    read_document,
    signature_of,
    write_signed,
)
from voltoken.security.keyload.layout import CENTRE_FORMAT, DATED_KEY, DOCUMENTS, MODULE_FORMAT
from voltoken.security.keyload.primitives import check_point, exchange_fingerprint, key_id
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import (
    NOTICE,
    PUBLIC_BYTES,
    FileRole,
    Sign,
    check_bytes,
    check_ident,
    check_span,
    check_text,
)
from voltoken.security.values import NOT_CERTIFIED, ModuleKind

KEYS_MAX: Final = 16
"""The most signing keys of one centre at a time."""


@dataclass(frozen=True, slots=True)
class DatedKey:
    """A public signing key of a centre and the time in which it signs.

    public: 32 bytes, Ed25519. begin, end: it is good from begin on, and no longer at end; aware.
    Raises FieldError.
    """

    public: bytes
    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_bytes("public", self.public, PUBLIC_BYTES)
        check_span(self.begin, self.end)

    @property
    def kid(self) -> str:
        """The key's name: the first 16 hexadecimal digits of its SHA-256."""
        return key_id(self.public)

    def valid(self, at: datetime) -> bool:
        """Whether it is good at a moment."""
        return self.begin <= at < self.end

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "begin": canonical.write_moment(self.begin),
            "end": canonical.write_moment(self.end),
            "public": encode(self.public),
        }


@dataclass(frozen=True, slots=True)
class CentreIdentity:
    """What a centre says of itself.

    keys: its public signing keys, 1 to 16, each once. exchange_key: the point for files that other centres
    send it; None where it takes none. notice: what it is not. Raises FieldError.
    """

    centre_id: str
    keys: tuple[DatedKey, ...]
    notice: str = NOTICE
    exchange_key: bytes | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("centre_id", self.centre_id)
        check_keys(self.keys)
        check_text("notice", self.notice)
        if self.exchange_key is not None:
            check_point("exchange_key", self.exchange_key)

    @property
    def exchange_fp(self) -> str:
        """SHA-256 of its exchange key as SubjectPublicKeyInfo, in hex; empty where it has none."""
        return "" if self.exchange_key is None else exchange_fingerprint(self.exchange_key)

    @property
    def fingerprint(self) -> str:
        """What people compare: 32 hexadecimal digits in groups of four, over everything it says."""
        return grouped(canonical.digest(_centre(self), CENTRE_FORMAT))


@dataclass(frozen=True, slots=True)
class ModuleIdentity:
    """What a security module says of itself.

    role: vending or manufacturing. exchange_key: the point under which keys are wrapped for it, 65 bytes.
    signing_key: 32 bytes; signs its requests and receipts. Raises FieldError.
    """

    module_id: str
    kind: ModuleKind
    role: FileRole
    firmware: str
    exchange_key: bytes
    signing_key: bytes
    notice: str = NOT_CERTIFIED

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("module_id", self.module_id)
        if self.kind.__class__ is not ModuleKind:
            raise FieldError("kind", self.kind, "a kind of module")
        if self.role not in (FileRole.VENDING, FileRole.MANUFACTURING):
            raise FieldError("role", self.role, "vending or manufacturing")
        check_text("firmware", self.firmware)
        check_point("exchange_key", self.exchange_key)
        check_bytes("signing_key", self.signing_key, PUBLIC_BYTES)
        check_text("notice", self.notice)

    @property
    def exchange_fp(self) -> str:
        """SHA-256 of its exchange key as SubjectPublicKeyInfo, in hex: ``sm_key_fp`` of a file for it."""
        return exchange_fingerprint(self.exchange_key)

    @property
    def fingerprint(self) -> str:
        """What people compare: 32 hexadecimal digits in groups of four, over everything it says."""
        return grouped(canonical.digest(_module(self), MODULE_FORMAT))


def grouped(digest: str) -> str:
    """Return the first 32 digits of a hash in groups of four, for people."""
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))


def check_keys(keys: tuple[DatedKey, ...]) -> None:
    """Raise FieldError unless these are 1 to 16 signing keys, each once."""
    if not 0 < len(keys) <= KEYS_MAX or len({key.public for key in keys}) < len(keys):
        raise FieldError("keys", len(keys), f"1 to {KEYS_MAX} signing keys, each once")


def read_keys(members: Members) -> tuple[DatedKey, ...]:
    """Return the signing keys of a document. Raises KeyFileError."""
    return tuple(_key(one) for one in members.list("keys"))


def write_centre(identity: CentreIdentity, signs: Mapping[str, Sign]) -> bytes:
    """Return the document of a centre, signed by every key that stands in it.

    signs: by key id, what signs with each. Raises FieldError when one is missing or signs with another key.
    """
    body = {**_centre(identity), "format": CENTRE_FORMAT, "version": VERSION}
    missing = [key.kid for key in identity.keys if key.kid not in signs]
    if missing:
        raise FieldError("signs", missing[0], "what signs, for every key of the centre")
    body["sigs"] = [signature_of(CENTRE_FORMAT, body, signs[key.kid], key.public) for key in identity.keys]
    return canonical.write(body).encode("ascii")


def read_centre(data: bytes) -> CentreIdentity:
    """Return what a centre says of itself, with all its signatures checked. Raises KeyFileError."""
    members = read_document(data, CENTRE_FORMAT, DOCUMENTS[CENTRE_FORMAT])
    keys, point = read_keys(members), members.found["exchange_key"]
    identity = made(
        lambda: CentreIdentity(
            members.text("centre_id"),
            keys,
            members.text("notice"),
            None if point is None else members.data("exchange_key"),
        )
    )
    signatures = members.list("sigs")
    if len(signatures) != len(keys):
        raise reject("signature", "Every key of a centre signs its document.")
    body = {name: value for name, value in members.found.items() if name != "sigs"}
    for key, signature in zip(keys, signatures, strict=True):
        check_signed(CENTRE_FORMAT, body | {"sig": signature}, key.public)
    return identity


def write_module(identity: ModuleIdentity, sign: Sign) -> bytes:
    """Return the document of a module, signed by its signing key. Raises FieldError for another key."""
    return write_signed(MODULE_FORMAT, _module(identity), sign, identity.signing_key)


def read_module(data: bytes) -> ModuleIdentity:
    """Return what a module says of itself, with its signature checked. Raises KeyFileError."""
    return module_of(read_any(data))


def module_of(found: object) -> ModuleIdentity:
    """Return the identity that an object is, with its signature checked. Raises KeyFileError."""
    if not isinstance(found, dict):
        raise reject("fields", "The identity of a module is an object.", member="identity")
    check_format(found, MODULE_FORMAT)
    members = Members.of(
        found, {"format", "version", *DOCUMENTS[MODULE_FORMAT]}, f"A document {MODULE_FORMAT}"
    )
    identity = made(
        lambda: ModuleIdentity(
            members.text("module_id"),
            read_kind(members.text("kind")),
            read_role(members.text("role")),
            members.text("firmware"),
            members.data("exchange_key"),
            members.data("signing_key"),
            members.text("notice"),
        )
    )
    check_signed(MODULE_FORMAT, found, identity.signing_key)
    return identity


def read_role(text: str) -> FileRole:
    """Return the role that a text names. Raises FieldError."""
    try:
        return FileRole(text)
    except ValueError:
        raise FieldError("role", text, ", ".join(FileRole)) from None


def read_kind(text: str) -> ModuleKind:
    """Return the kind of module that a text names. Raises FieldError."""
    try:
        return ModuleKind(text)
    except ValueError:
        raise FieldError("kind", text, ", ".join(ModuleKind)) from None


def _centre(identity: CentreIdentity) -> dict[str, Any]:
    return {
        "centre_id": identity.centre_id,
        "exchange_key": None if identity.exchange_key is None else encode(identity.exchange_key),
        "keys": [key.document() for key in identity.keys],
        "notice": identity.notice,
    }


def _module(identity: ModuleIdentity) -> dict[str, Any]:
    return {
        "exchange_key": encode(identity.exchange_key),
        "firmware": identity.firmware,
        "kind": identity.kind.value,
        "module_id": identity.module_id,
        "notice": identity.notice,
        "role": identity.role.value,
        "signing_key": encode(identity.signing_key),
    }


def _key(found: object) -> DatedKey:
    key = Members.of(found, DATED_KEY, "A signing key")
    return made(lambda: DatedKey(key.data("public"), key.moment("begin"), key.moment("end")))
