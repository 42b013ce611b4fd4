"""What people sign: a request, and the approval or rejection of it.

A request says everything about one act. Its hash is what the others sign, so that an approval is worth
nothing for any other request, nor for the same one with another amount. Signatures are over documents in
their one form (``voltoken.canonical``); bytes stand in them as hexadecimal digits in lower case.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from voltoken import canonical
from voltoken.access.documents import (
    Sign,
    bytes_of,
    check_hash,
    check_signature,
    frozen,
    make,
    read_fields,
)
from voltoken.access.signing import SIGNATURE_BYTES, sign
from voltoken.access.values import check_action, check_ident, check_moment, check_text
from voltoken.errors import FieldError

REQUEST_DOMAIN: Final = "voltoken-request/1"
"""Stands before a request that is hashed, and before the hash that its maker signs."""
APPROVAL_DOMAIN: Final = "voltoken-approval/1"
"""Stands before an approval that is signed."""
REQUEST_SPAN_MAX: Final = timedelta(days=7)
"""How long a request may be open."""
REQUEST_BYTES_MAX: Final = 1 << 20
"""How long the document of a request may be, in bytes."""
APPROVAL_BYTES_MAX: Final = 8192
"""How long the document of an approval may be, in bytes."""
NEEDS_MAX: Final = 20
"""How many approvals a request may need."""
REASON_MAX: Final = 500
"""How long a reason that somebody gives may be, in characters."""

_DOMAIN_MAX: Final = 100


class Verdict(enum.Enum):
    """What somebody says about a request."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Request:
    """One act that somebody wants done, whole.

    domain: the place it is for, such as ``kmc/C1``, up to 100 printable characters. Whoever judges a request
    makes it with its own domain, so that one for another place bears a forged signature.
    request_id: unique there, never used again. act: the action. body: all that the act
    depends on; the texts and whole numbers at its top are the facts that limits of rights see.
    maker: who wants it. made_at, until: in UTC, at most seven days apart. needs: how many others
    must approve, 0 to 20.
    Raises FieldError; CanonicalError for a body that has no one form, or more than 1 MiB.
    """

    domain: str
    request_id: str
    act: str
    body: Mapping[str, Any]
    maker: str
    made_at: datetime
    until: datetime
    needs: int

    def __post_init__(self) -> None:
        """Check every attribute, and take the body over so that nobody can change it."""
        check_text("domain", self.domain, _DOMAIN_MAX)
        check_ident("request_id", self.request_id)
        check_action("act", self.act)
        check_ident("maker", self.maker)
        check_moment("made_at", self.made_at)
        check_moment("until", self.until)
        if not timedelta(0) < self.until - self.made_at <= REQUEST_SPAN_MAX:
            raise FieldError("until", self.until, "after the request is made, within seven days")
        if self.needs.__class__ is not int or not 0 <= self.needs <= NEEDS_MAX:
            raise FieldError("needs", self.needs, f"a whole number 0 to {NEEDS_MAX}")
        if not isinstance(self.body, Mapping):
            raise FieldError("body", self.body, "an object")
        written = canonical.write(self.document()).encode("ascii")
        object.__setattr__(self, "body", frozen(canonical.read(written, REQUEST_BYTES_MAX)["body"]))

    def document(self) -> dict[str, Any]:
        """Return the request as a document: what is hashed, shown and stored."""
        return {
            "act": self.act,
            "body": self.body,
            "domain": self.domain,
            "made_at": canonical.write_moment(self.made_at),
            "maker": self.maker,
            "needs": self.needs,
            "request_id": self.request_id,
            "until": canonical.write_moment(self.until),
        }

    @property
    def hash(self) -> str:
        """SHA-256 of the document in its one form, 64 hexadecimal digits: what approvals are for."""
        return canonical.digest(self.document(), REQUEST_DOMAIN)

    def signed_bytes(self) -> bytes:
        """Return what the maker signs."""
        return f"{REQUEST_DOMAIN}|{self.hash}".encode("ascii")

    @property
    def facts(self) -> Mapping[str, str | int]:
        """The texts and whole numbers at the top of the body, by name."""
        return {name: value for name, value in self.body.items() if value.__class__ in (str, int)}

    @classmethod
    def read(cls, data: bytes) -> Request:
        """Read the document of a request, in its one form.

        Raises ApprovalRefused (``form``), and nothing else, whatever data is.
        """
        fields = read_fields(data, REQUEST_BYTES_MAX, cls.__slots__, "request")
        moments = {name: canonical.read_moment(fields[name]) for name in ("made_at", "until")}
        return make(cls, {**fields, **moments}, "request")


@dataclass(frozen=True, slots=True)
class Approval:
    """What one person says about one request, signed with the person's own key.

    request_hash: of the request. at: in UTC. reason: why, up to 500 characters; it may be empty.
    signature: over all the rest. To hold one proves nothing: ``judge`` does that.
    Raises FieldError.
    """

    request_hash: str
    person_id: str
    verdict: Verdict
    at: datetime
    reason: str
    signature: bytes

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_hash("request_hash", self.request_hash)
        check_ident("person_id", self.person_id)
        if not isinstance(self.verdict, Verdict):
            raise FieldError("verdict", self.verdict, "one of Verdict")
        check_moment("at", self.at)
        if self.reason != "":
            check_text("reason", self.reason, REASON_MAX)
        check_signature(self.signature)

    def signed_bytes(self) -> bytes:
        """Return what the person signs: the document without the signature."""
        said = self.document()
        del said["signature"]
        return f"{APPROVAL_DOMAIN}|{canonical.write(said)}".encode("ascii")

    def document(self) -> dict[str, Any]:
        """Return the approval as a document, its signature with it."""
        return {
            "at": canonical.write_moment(self.at),
            "person_id": self.person_id,
            "reason": self.reason,
            "request_hash": self.request_hash,
            "signature": self.signature.hex(),
            "verdict": self.verdict.value,
        }

    @classmethod
    def read(cls, data: bytes) -> Approval:
        """Read the document of an approval, in its one form.

        Raises ApprovalRefused (``form``), and nothing else, whatever data is.
        """
        fields = read_fields(data, APPROVAL_BYTES_MAX, cls.__slots__, "approval")
        known = {
            "verdict": next((each for each in Verdict if each.value == fields["verdict"]), None),
            "at": canonical.read_moment(fields["at"]),
            "signature": bytes_of(fields["signature"]),
        }
        return make(cls, {**fields, **known}, "approval")

    @classmethod
    def signed(
        cls, request: Request, person_id: str, verdict: Verdict, reason: str, at: datetime, by: Sign
    ) -> Approval:
        """Return what a person says about a request, signed. Raises FieldError, and what ``by`` raises."""
        said = cls(request.hash, person_id, verdict, at, reason, bytes(SIGNATURE_BYTES))
        return replace(said, signature=by(said.signed_bytes()))


def sign_request(request: Request, seed: bytes) -> bytes:
    """Return the maker's signature of a request. seed: the private key, 32 bytes. Raises FieldError."""
    return sign(seed, request.signed_bytes())


def approve_request(
    request: Request, person_id: str, verdict: Verdict, reason: str, at: datetime, seed: bytes
) -> Approval:
    """Return what a person says about a request, signed with a private key of 32 bytes. Raises FieldError."""
    return Approval.signed(request, person_id, verdict, reason, at, partial(sign, seed))
