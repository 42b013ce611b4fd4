"""Breaking glass: one act without the approvals of others, loudly, and looked at afterwards by somebody else.

Whoever calls ``judge_glass`` has decided that the act is of a kind for which glass may be broken at all. Then
it takes a right that no ``.*`` gives, ``<act>.break_glass``, and a signature over the very request. It is
good for that one request, for one hour. It always raises an alarm, and it stays open until another person
has closed its review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from voltoken import canonical
from voltoken.access.approvals import (
    check_open,
    check_right,
    check_signed,
    check_span,
    find_person,
    is_same,
    refuse,
)
from voltoken.access.documents import (
    Sign,
    bytes_of,
    check_hash,
    check_signature,
    make,
    read_fields,
)
from voltoken.access.events import AuditEvent
from voltoken.access.requests import APPROVAL_BYTES_MAX, REASON_MAX, Request
from voltoken.access.signing import SIGNATURE_BYTES, sign
from voltoken.access.values import BREAK_GLASS, Directory, Person, Via, check_ident, check_moment, check_text

BREAK_GLASS_DOMAIN: Final = "voltoken-break-glass/1"
"""Stands before the breaking of glass that is signed."""
REVIEW_DOMAIN: Final = "voltoken-review/1"
"""Stands before a review that is signed."""
GLASS_SPAN: Final = timedelta(hours=1)
"""How long a broken glass is good."""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """One person's signed word that one request must go ahead now, without approvals.

    request_hash: of the request. reason: 1 to 500 characters. at: in UTC. signature: over all the rest.
    Raises FieldError.
    """

    request_hash: str
    person_id: str
    reason: str
    at: datetime
    signature: bytes

    def __post_init__(self) -> None:
        """Check every attribute."""
        _check_said(self)

    def signed_bytes(self) -> bytes:
        """Return what the person signs: the document without the signature."""
        return _signed_bytes(BREAK_GLASS_DOMAIN, self.document())

    def document(self) -> dict[str, Any]:
        """Return it as a document, its signature with it."""
        return _document(self)

    @classmethod
    def read(cls, data: bytes) -> BreakGlass:
        """Read the document of a broken glass. Raises ApprovalRefused (``form``), and nothing else."""
        return make(cls, _fields(data, "broken glass"), "broken glass")

    @classmethod
    def signed(cls, request: Request, person_id: str, reason: str, at: datetime, by: Sign) -> BreakGlass:
        """Break glass for a request. Raises FieldError, and what ``by`` raises."""
        said = cls(request.hash, person_id, reason, at, bytes(SIGNATURE_BYTES))
        return replace(said, signature=by(said.signed_bytes()))


@dataclass(frozen=True, slots=True)
class Review:
    """What another person has found about a broken glass, signed; it closes the review.

    request_hash: of the request. reason: what was found, 1 to 500 characters. at: in UTC.
    Raises FieldError.
    """

    request_hash: str
    person_id: str
    reason: str
    at: datetime
    signature: bytes

    def __post_init__(self) -> None:
        """Check every attribute."""
        _check_said(self)

    def signed_bytes(self) -> bytes:
        """Return what the person signs: the document without the signature."""
        return _signed_bytes(REVIEW_DOMAIN, self.document())

    def document(self) -> dict[str, Any]:
        """Return it as a document, its signature with it."""
        return _document(self)

    @classmethod
    def read(cls, data: bytes) -> Review:
        """Read the document of a review. Raises ApprovalRefused (``form``), and nothing else."""
        return make(cls, _fields(data, "review"), "review")

    @classmethod
    def signed(cls, request: Request, person_id: str, reason: str, at: datetime, by: Sign) -> Review:
        """Review a broken glass. Raises FieldError, and what ``by`` raises."""
        said = cls(request.hash, person_id, reason, at, bytes(SIGNATURE_BYTES))
        return replace(said, signature=by(said.signed_bytes()))


def break_glass(request: Request, person_id: str, reason: str, at: datetime, seed: bytes) -> BreakGlass:
    """Break glass for a request with a private key of 32 bytes. Raises FieldError."""
    return BreakGlass.signed(request, person_id, reason, at, partial(sign, seed))


def review_glass(request: Request, person_id: str, reason: str, at: datetime, seed: bytes) -> Review:
    """Review a broken glass with a private key of 32 bytes. Raises FieldError."""
    return Review.signed(request, person_id, reason, at, partial(sign, seed))


def judge_glass(
    request: Request, glass: BreakGlass, directory: Directory, facts: Mapping[str, Any], now: datetime
) -> AuditEvent:
    """Return the alarm with which a request may go ahead now without its approvals.

    Ask ``check_request`` first: the maker's signature, and whether the request was used, are not looked at
    here. facts: of the act, as limits of rights name them. Who broke the glass may be the maker. The caller
    keeps the alarm and an open review with the act itself.
    Raises ApprovalRefused, with the reasons of ``judge``.
    """
    check_open(request, now)
    person = _signer(request, glass, directory)
    check_span(glass.at, request, person, now)
    if now - glass.at >= GLASS_SPAN:
        raise refuse(
            "expired", "glass is broken for an hour, and that is over. Break it anew.", request, person
        )
    check_right(request, person, f"{request.act}.{BREAK_GLASS}", Via.BREAK_GLASS, directory, facts, now)
    told = {
        "act": request.act,
        "maker": request.maker,
        "reason": glass.reason,
        "request": request.request_id,
        "request_hash": request.hash,
    }
    return AuditEvent("access.break_glass", person.person_id, told, alarm=True)


def judge_review(
    request: Request,
    glass: BreakGlass,
    review: Review,
    directory: Directory,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    closed: bool,
    breaker: Person | None = None,
) -> AuditEvent:
    """Return the event that closes the review of a broken glass.

    The one who closes it is neither who broke the glass nor who made the request, and has the right to
    ``<act>.review``. closed: whether the review is closed already. breaker: who broke the glass, with the key
    of that time, where the caller knows it for certain; else the directory's key of now counts, and one that
    was replaced since makes the glass look forged.
    Raises ApprovalRefused: ``used`` when it is closed, ``self``, and the reasons of a signature and a right.
    """
    check_moment("now", now)
    then = _signer(request, glass, directory) if breaker is None else breaker
    person = _signer(request, review, directory)
    maker = find_person(request.maker, request, directory)
    if closed:
        raise refuse("used", "this review is closed already.", request, person)
    if person.person_id == glass.person_id or is_same(person, then) or is_same(person, maker):
        raise refuse("self", "who broke the glass or made the request does not review it.", request, person)
    if review.at < glass.at:
        raise refuse("too_early", "the review is dated before the glass was broken.", request, person)
    if review.at > now:
        raise refuse("not_yet", "the review is dated later than now. Look at the clocks.", request, person)
    check_right(request, person, f"{request.act}.review", Via.KEY, directory, facts, now)
    told = {
        "act": request.act,
        "broken_by": glass.person_id,
        "reason": review.reason,
        "request": request.request_id,
    }
    return AuditEvent("access.review", person.person_id, told, alarm=False)


def _signer(request: Request, said: BreakGlass | Review, directory: Directory) -> Person:
    signed = said.signed_bytes()
    return check_signed(said.person_id, said.request_hash, signed, said.signature, request, directory)


def _check_said(said: BreakGlass | Review) -> None:
    check_hash("request_hash", said.request_hash)
    check_ident("person_id", said.person_id)
    check_text("reason", said.reason, REASON_MAX)
    check_moment("at", said.at)
    check_signature(said.signature)


def _document(said: BreakGlass | Review) -> dict[str, Any]:
    return {
        "at": canonical.write_moment(said.at),
        "person_id": said.person_id,
        "reason": said.reason,
        "request_hash": said.request_hash,
        "signature": said.signature.hex(),
    }


def _signed_bytes(domain: str, document: dict[str, Any]) -> bytes:
    said = {name: value for name, value in document.items() if name != "signature"}
    return f"{domain}|{canonical.write(said)}".encode("ascii")


def _fields(data: bytes, what: str) -> dict[str, Any]:
    fields = read_fields(data, APPROVAL_BYTES_MAX, BreakGlass.__slots__, what)
    known = {"at": canonical.read_moment(fields["at"]), "signature": bytes_of(fields["signature"])}
    return {**fields, **known}
