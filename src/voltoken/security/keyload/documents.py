"""What all documents between centre and module have in common: one form, a format, and who signed.

A document names its ``format`` and ``version``, has the members that the version knows and no others, and
is exactly its canonical form. ``sig`` holds algorithm, key id and signature; what is signed is the format
and version, a word, and all other members in their one form, so that a signature under one kind of
document is worth nothing under another. Bytes are base64 in the standard alphabet with padding, in the
one way that encoding gives; hashes and key ids are lower-case hexadecimal.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from voltoken import canonical
from voltoken.errors import CanonicalError, FieldError, KeyFileError
from voltoken.security.keyload.layout import SIGNATURE
from voltoken.security.keyload.primitives import SIGNATURE_BYTES, is_signed, key_id
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import FILE_MAX, Sign
from voltoken.security.values import KeyRef

VERSION: Final = 1
ALGORITHM: Final = "Ed25519"
CLOCK_LEEWAY: Final = timedelta(minutes=5)
"""How much the clock of whoever made a document may be ahead of the reader's."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object from outside, read one by one; KeyFileError (``fields``) for bad ones."""

    found: Mapping[str, Any]

    @classmethod
    def of(cls, found: object, names: Iterable[str], where: str) -> Members:
        """Take an object that must have these members and no others."""
        wanted = set(names)
        if not isinstance(found, dict) or found.keys() != wanted:
            raise reject("fields", f"{where} has exactly the members {', '.join(sorted(wanted))}.")
        return cls(found)

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.found[name]
        if not isinstance(value, str):
            raise _bad(name, "a text")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number."""
        value = self.found[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise _bad(name, "a whole number")
        return value

    def data(self, name: str) -> bytes:
        """Return bytes from base64."""
        return decode(self.text(name), name)

    def moment(self, name: str) -> datetime:
        """Return a moment."""
        moment = canonical.read_moment(self.found[name])
        if moment is None:
            raise _bad(name, "a moment in UTC such as 2026-11-21T08:00:00.000000Z")
        return moment

    def list(self, name: str) -> list[Any]:
        """Return a list of anything."""
        value = self.found[name]
        if not isinstance(value, list):
            raise _bad(name, "a list")
        return value

    def ref(self, name: str) -> KeyRef:
        """Return the name of a key."""
        return read_ref(self.found[name])

    def refs(self, name: str) -> tuple[KeyRef, ...]:
        """Return the names of keys."""
        return tuple(read_ref(one) for one in self.list(name))


def encode(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str, name: str) -> bytes:
    """Return the bytes of base64. Raises KeyFileError (``form``) unless ``encode`` writes it so."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if encode(data) != text:
        raise reject("form", f"{name} is not base64 in its one form.", member=name)
    return data


def read_ref(text: object) -> KeyRef:
    """Return the name of a key. Raises KeyFileError (``fields``)."""
    if isinstance(text, str):
        return made(lambda: KeyRef.parse(text))
    raise _bad("key", "the name of a key such as 123456/1")


def made(make: Callable[[], _T]) -> _T:
    """Return a value that checks itself. Raises KeyFileError (``fields``) where it raises FieldError."""
    try:
        return make()
    except FieldError as error:
        raise reject("fields", error.message, member=error.field) from None


def read_any(data: bytes) -> dict[str, Any]:
    """Return the object that data holds in its one form. Raises KeyFileError, and nothing else."""
    try:
        return canonical.read(data, FILE_MAX)
    except CanonicalError as error:
        raise reject(error.reason, error.message) from None


def read_document(data: bytes, format_name: str, names: Iterable[str]) -> Members:
    """Return the members of a document of one format. names: all but format and version.

    Raises KeyFileError.
    """
    found = read_any(data)
    check_format(found, format_name)
    return Members.of(found, {"format", "version", *names}, f"A document {format_name}")


def check_format(found: Mapping[str, Any], format_name: str) -> None:
    """Raise KeyFileError unless an object says that it has this format, in the version that is known."""
    said, version = found.get("format"), found.get("version")
    if said != format_name:
        raise reject("format", f"The member format must be {format_name}.", expected=format_name)
    if version.__class__ is not int or version != VERSION:
        raise reject("version", f"This program reads version {VERSION} of {format_name}.", known=VERSION)


def write_signed(format_name: str, members: Mapping[str, Any], sign: Sign, public: bytes) -> bytes:
    """Return a signed document. members: all but format, version and signature.

    Raises FieldError when what sign returned is not the signature of this key.
    """
    body = {**members, "format": format_name, "version": VERSION}
    body["sig"] = signature_of(format_name, body, sign, public)
    return canonical.write(body).encode("ascii")


def signature_of(format_name: str, body: Mapping[str, Any], sign: Sign, public: bytes) -> dict[str, str]:
    """Return the member ``sig`` of a document. body: everything else.

    Raises FieldError when what sign returned is not the signature of this key.
    """
    message = signed_message(format_name, body)
    signature = sign(message)
    if not is_signed(public, message, signature):
        raise FieldError("sign", None, "what signs with the key that is named")
    return {"alg": ALGORITHM, "kid": key_id(public), "value": encode(signature)}


def signed_message(format_name: str, body: Mapping[str, Any]) -> bytes:
    """Return what is signed. body: the document without its signature."""
    return f"{format_name}/{VERSION}|sig|{canonical.write(body)}".encode("ascii")


def read_signature(value: object) -> tuple[str, bytes]:
    """Return key id and signature of a member ``sig``. Raises KeyFileError."""
    members = Members.of(value, SIGNATURE, "sig")
    if members.text("alg") != ALGORITHM:
        raise reject("algorithm", f"It must be {ALGORITHM}.")
    signature = members.data("value")
    if len(signature) != SIGNATURE_BYTES:
        raise _bad("value", f"{SIGNATURE_BYTES} bytes")
    return members.text("kid"), signature


def check_signed(format_name: str, found: Mapping[str, Any], public: bytes) -> None:
    """Raise KeyFileError unless a document is signed by this key. found: with its signature."""
    kid, signature = read_signature(found["sig"])
    if kid != key_id(public):
        raise reject("signing_key", f"It is signed by key {kid[:16]!a}, and {key_id(public)} is expected.")
    body = {name: value for name, value in found.items() if name != "sig"}
    if not is_signed(public, signed_message(format_name, body), signature):
        raise reject("signature", "Ask whoever made it to send it again.")


def check_dates(issued_at: datetime, end: datetime, now: datetime) -> None:
    """Raise KeyFileError when a document is over (``expired``), or from the future (``not_yet``)."""
    if now >= end:
        raise reject("expired", f"It was good until {end.isoformat()}. Ask for another.")
    if issued_at > now + CLOCK_LEEWAY:
        raise reject("not_yet", f"It was made at {issued_at.isoformat()}, and it is {now.isoformat()}.")


def _bad(name: str, allowed: str) -> KeyFileError:
    return reject("fields", f"{name} must be {allowed}.", member=name)
