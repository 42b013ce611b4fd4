"""Judging approvals: whether a request may go ahead, and who has said so.

Nothing in a database is believed. The maker's signature and every approval are checked against the keys in
the directory; rights are those of this moment, not those of the moment of signing. One approval that is not
in order stops the request: a row that somebody has edited is reported, not passed over.

Whoever calls ``judge`` says whether the request has been used, and notes its use with the act itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from voltoken.access.gate import permit
from voltoken.access.requests import Approval, Request, Verdict
from voltoken.access.signing import verify
from voltoken.access.values import Actor, Directory, Person, Via, check_moment
from voltoken.errors import AccessDenied, ApprovalRefused


def judge(
    request: Request,
    maker_signature: bytes,
    approvals: Iterable[Approval],
    directory: Directory,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    used: bool,
) -> tuple[str, ...]:
    """Return who has approved a request that may go ahead now, in the order given.

    maker_signature: over ``request.signed_bytes()``. facts: of the act, as limits of rights name them, such
    as ``request.facts``; with them the maker needs the right to the act, and every approver that to
    ``<act>.approve``. now: in UTC. used: whether the request has led to its act already.
    Raises ApprovalRefused; its reason is one of ``APPROVAL_REASONS``, its detail ``person`` says whose
    approval it is about.
    """
    maker = check_request(request, maker_signature, directory, facts, now, used=used)
    approvers: list[Person] = []
    for approval in approvals:
        person = _approver(request, approval, maker, directory, facts, now)
        if any(is_same(person, other) for other in approvers):
            raise refuse("twice", f"{person.person_id} has approved twice, and counts once.", request, person)
        if approval.verdict is Verdict.REJECT:
            raise refuse("rejected", f"{person.person_id} has rejected it.", request, person)
        approvers.append(person)
    if len(approvers) < request.needs:
        raise ApprovalRefused(
            "missing",
            f"Request {request.request_id}: it needs {request.needs} approvals, and has {len(approvers)}. "
            "Ask others to approve it.",
            request=request.request_id,
            have=len(approvers),
            need=request.needs,
        )
    return tuple(person.person_id for person in approvers)


def check_request(
    request: Request,
    maker_signature: bytes,
    directory: Directory,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    used: bool,
) -> Person:
    """Check all of a request but its approvals, as ``judge`` does, and return its maker.

    Raises ApprovalRefused.
    """
    maker = find_person(request.maker, request, directory)
    if not is_signed(maker, request.signed_bytes(), maker_signature):
        raise refuse(
            "maker_forged",
            f"this is not what {maker.person_id} has signed: it was changed, or made up.",
            request,
            maker,
        )
    if used:
        raise refuse("used", "it was used, and is good for once. Make a new request.", request)
    check_open(request, now)
    check_right(request, maker, request.act, Via.KEY, directory, facts, now)
    return maker


def check_approval(
    request: Request, approval: Approval, directory: Directory, facts: Mapping[str, Any], now: datetime
) -> None:
    """Check all of one approval, or rejection, but what others have said: to refuse a bad one as it comes in.

    facts: as for ``judge``. The request is open; its maker's signature is not looked at.
    Raises ApprovalRefused.
    """
    check_open(request, now)
    maker = find_person(request.maker, request, directory)
    _approver(request, approval, maker, directory, facts, now)


def _approver(
    request: Request,
    approval: Approval,
    maker: Person,
    directory: Directory,
    facts: Mapping[str, Any],
    now: datetime,
) -> Person:
    """Return whose approval this is, when it is in order. Raises ApprovalRefused."""
    signed = approval.signed_bytes()
    person = check_signed(
        approval.person_id, approval.request_hash, signed, approval.signature, request, directory
    )
    if is_same(person, maker):
        raise refuse("self", f"{person.person_id} has made it, and never approves it.", request, person)
    check_span(approval.at, request, person, now)
    check_right(request, person, f"{request.act}.approve", Via.KEY, directory, facts, now)
    return person


def check_open(request: Request, now: datetime) -> None:
    """Check that a request is open. Raises ApprovalRefused; FieldError for a moment that is not in UTC."""
    check_moment("now", now)
    if now < request.made_at:
        raise refuse("not_yet", "it is dated later than now. Look at the clocks.", request)
    if now >= request.until:
        raise refuse("expired", "it has expired. Make a new request.", request)


def check_signed(
    person_id: str, request_hash: str, signed: bytes, signature: bytes, request: Request, directory: Directory
) -> Person:
    """Check that a person has signed something about this request, and return the person.

    Raises ApprovalRefused: ``other_request``, ``unknown``, ``forged``.
    """
    if request_hash != request.hash:
        raise ApprovalRefused(
            "other_request",
            f"Request {request.request_id}: what {person_id} has signed is for another request, or for this "
            "one before it was changed.",
            request=request.request_id,
            person=person_id,
        )
    person = find_person(person_id, request, directory)
    if not is_signed(person, signed, signature):
        raise refuse(
            "forged", f"this is not what {person_id} has signed: it was changed, or made up.", request, person
        )
    return person


def check_span(at: datetime, request: Request, person: Person, now: datetime) -> None:
    """Check that something was signed while the request was open. Raises ApprovalRefused."""
    if at < request.made_at:
        raise refuse("too_early", f"{person.person_id} signed before it was made.", request, person)
    if at >= request.until:
        raise refuse("after_until", f"{person.person_id} signed after it had expired.", request, person)
    if at > now:
        raise refuse(
            "not_yet", f"{person.person_id} signed later than now. Look at the clocks.", request, person
        )


def check_right(
    request: Request,
    person: Person,
    action: str,
    via: Via,
    directory: Directory,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    """Ask the gate for a right about a request.

    Raises ApprovalRefused: ``inactive``, or ``no_right`` for everything else.
    """
    try:
        permit(directory, Actor(person.person_id, via, person.roles), action, facts, now)
    except AccessDenied as error:
        reason = "inactive" if error.reason == "inactive" else "no_right"
        raise refuse(reason, error.message, request, person) from error


def find_person(person_id: str, request: Request, directory: Directory) -> Person:
    """Return a person of the directory. Raises ApprovalRefused: ``unknown``."""
    person = directory.person(person_id)
    if person is None or person.person_id != person_id:
        raise ApprovalRefused(
            "unknown",
            f"Request {request.request_id}: nobody is known as {person_id}.",
            request=request.request_id,
            person=person_id,
        )
    return person


def is_signed(person: Person, signed: bytes, signature: bytes) -> bool:
    """Whether a person has signed something with the key that the directory has."""
    return person.public_key is not None and verify(person.public_key, signed, signature)


def is_same(one: Person, other: Person) -> bool:
    """Whether two people are one: of the same name, or with the same key."""
    same_key = one.public_key is not None and one.public_key == other.public_key
    return same_key or one.person_id == other.person_id


def refuse(reason: str, why: str, request: Request, person: Person | None = None) -> ApprovalRefused:
    """Return the refusal of a request. why: a sentence that goes on after the request's id."""
    name = None if person is None else person.person_id
    return ApprovalRefused(
        reason, f"Request {request.request_id}: {why}", request=request.request_id, person=name
    )
