"""What a module sends a centre: a load request before a file, and a receipt after it. Both are signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.security.keyload.documents import (
    Members,
    check_signed,
    made,
    read_document,
    write_signed,
)
from voltoken.security.keyload.layout import DOCUMENTS, HELD, LOADED, RECEIPT_FORMAT, REQUEST_FORMAT
from voltoken.security.keyload.values import (
    HASH_HEX,
    Sign,
    check_file_id,
    check_hex,
    check_ident,
    check_moment,
    check_whole,
)
from voltoken.security.values import KeyRef

CHECK_DIGITS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Held:
    """A key that a module has. check_value: its digits. act, iut: from when on and until when it issues."""

    ref: KeyRef
    check_value: str
    act: datetime
    iut: datetime

    def __post_init__(self) -> None:
        """Check every attribute. Raises FieldError."""
        _check_value(self.check_value)
        check_moment("act", self.act)
        check_moment("iut", self.iut)


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What a module asks a centre for.

    wanted: the keys it asks for. last_seq: number of the last file of this centre that it loaded, or 0.
    held: what it has. Raises FieldError.
    """

    module_id: str
    centre_id: str
    request_id: str
    wanted: tuple[KeyRef, ...]
    last_seq: int
    held: tuple[Held, ...]
    made_at: datetime

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("module_id", self.module_id)
        check_ident("centre_id", self.centre_id)
        check_ident("request_id", self.request_id)
        _check_once("wanted", self.wanted)
        check_whole("last_seq", self.last_seq, 0)
        _check_once("held", tuple(one.ref for one in self.held))
        check_moment("made_at", self.made_at)


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key that a file has brought. check_value: as the module found it. iut: until when it issues."""

    ref: KeyRef
    check_value: str
    iut: datetime

    def __post_init__(self) -> None:
        """Check every attribute. Raises FieldError."""
        _check_value(self.check_value)
        check_moment("iut", self.iut)


@dataclass(frozen=True, slots=True)
class LoadReceipt:
    """That a module has loaded a file, whole.

    digest: SHA-256 of the file, in hex. seq: its number. keys, revoked: what it brought and took away.
    Raises FieldError.
    """

    module_id: str
    centre_id: str
    file_id: str
    seq: int
    digest: str
    loaded_at: datetime
    keys: tuple[LoadedKey, ...]
    revoked: tuple[KeyRef, ...]

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("module_id", self.module_id)
        check_ident("centre_id", self.centre_id)
        check_file_id(self.file_id)
        check_whole("seq", self.seq, 1)
        check_hex("digest", self.digest, HASH_HEX)
        check_moment("loaded_at", self.loaded_at)
        _check_once("keys", tuple(one.ref for one in self.keys))
        _check_once("revoked", self.revoked)


def make_request(request: LoadRequest, sign: Sign, public: bytes) -> bytes:
    """Return a signed request. sign, public: the module's signing key. Raises FieldError for another."""
    held = [
        {
            "act": canonical.write_moment(one.act),
            "check_value": one.check_value,
            "iut": canonical.write_moment(one.iut),
            "key": str(one.ref),
        }
        for one in request.held
    ]
    members = {
        "centre_id": request.centre_id,
        "held": held,
        "last_seq": request.last_seq,
        "made_at": canonical.write_moment(request.made_at),
        "module_id": request.module_id,
        "request_id": request.request_id,
        "wanted": [str(ref) for ref in request.wanted],
    }
    return write_signed(REQUEST_FORMAT, members, sign, public)


def read_request(data: bytes) -> LoadRequest:
    """Return a request as it stands, to see whose it is: nobody has verified it. Raises KeyFileError."""
    return _request(read_document(data, REQUEST_FORMAT, DOCUMENTS[REQUEST_FORMAT]))


def check_request(data: bytes, public: bytes) -> LoadRequest:
    """Return a request that a module has signed. public: its signing key. Raises KeyFileError."""
    members = read_document(data, REQUEST_FORMAT, DOCUMENTS[REQUEST_FORMAT])
    check_signed(REQUEST_FORMAT, members.found, public)
    return _request(members)


def make_receipt(receipt: LoadReceipt, sign: Sign, public: bytes) -> bytes:
    """Return a signed receipt. sign, public: the module's signing key. Raises FieldError for another."""
    keys = [
        {"check_value": one.check_value, "iut": canonical.write_moment(one.iut), "key": str(one.ref)}
        for one in receipt.keys
    ]
    members: dict[str, Any] = {
        "centre_id": receipt.centre_id,
        "digest": receipt.digest,
        "file_id": receipt.file_id,
        "keys": keys,
        "loaded_at": canonical.write_moment(receipt.loaded_at),
        "module_id": receipt.module_id,
        "revoked": [str(ref) for ref in receipt.revoked],
        "seq": receipt.seq,
    }
    return write_signed(RECEIPT_FORMAT, members, sign, public)


def read_receipt(data: bytes) -> LoadReceipt:
    """Return a receipt as it stands, to see whose it is: nobody has verified it. Raises KeyFileError."""
    return _receipt(read_document(data, RECEIPT_FORMAT, DOCUMENTS[RECEIPT_FORMAT]))


def check_receipt(data: bytes, public: bytes) -> LoadReceipt:
    """Return a receipt that a module has signed. public: its signing key. Raises KeyFileError."""
    members = read_document(data, RECEIPT_FORMAT, DOCUMENTS[RECEIPT_FORMAT])
    check_signed(RECEIPT_FORMAT, members.found, public)
    return _receipt(members)


def _request(members: Members) -> LoadRequest:
    wanted, held = members.refs("wanted"), tuple(_held(one) for one in members.list("held"))
    return made(
        lambda: LoadRequest(
            members.text("module_id"),
            members.text("centre_id"),
            members.text("request_id"),
            wanted,
            members.whole("last_seq"),
            held,
            members.moment("made_at"),
        )
    )


def _held(found: object) -> Held:
    one = Members.of(found, HELD, "A key that is held")
    return made(lambda: Held(one.ref("key"), one.text("check_value"), one.moment("act"), one.moment("iut")))


def _receipt(members: Members) -> LoadReceipt:
    keys = tuple(_loaded(one) for one in members.list("keys"))
    return made(
        lambda: LoadReceipt(
            members.text("module_id"),
            members.text("centre_id"),
            members.text("file_id"),
            members.whole("seq"),
            members.text("digest"),
            members.moment("loaded_at"),
            keys,
            members.refs("revoked"),
        )
    )


def _loaded(found: object) -> LoadedKey:
    one = Members.of(found, LOADED, "A key that was loaded")
    return made(lambda: LoadedKey(one.ref("key"), one.text("check_value"), one.moment("iut")))


def _check_value(value: object) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= CHECK_DIGITS_MAX or not value.isalnum():
        raise FieldError("check_value", value, f"1 to {CHECK_DIGITS_MAX} digits")


def _check_once(name: str, refs: tuple[KeyRef, ...]) -> None:
    if len(set(refs)) < len(refs):
        raise FieldError(name, len(refs), "keys, each named once")
