"""What people sign as lines of the log, and back. What is read may have been edited, and is checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from voltoken import canonical
from voltoken.access import Approval, BreakGlass, Request, Review, Verdict
from voltoken.errors import CentreFileError, VoltokenError


def request_facts(request: Request, signature: bytes) -> dict[str, Any]:
    """Return a request with its maker's signature as a line holds it."""
    return {
        "domain": request.domain,
        "request": request.request_id,
        "act": request.act,
        "body": dict(request.body),
        "maker": request.maker,
        "made_at": canonical.write_moment(request.made_at),
        "until": canonical.write_moment(request.until),
        "needs": request.needs,
        "signature": signature.hex(),
    }


def read_request(facts: Mapping[str, Any]) -> tuple[Request, bytes]:
    """Return the request of a line, and its maker's signature. Raises CentreFileError."""
    try:
        request = Request(
            domain=canonical.as_text(facts["domain"]),
            request_id=canonical.as_text(facts["request"]),
            act=canonical.as_text(facts["act"]),
            body=_object(facts["body"]),
            maker=canonical.as_text(facts["maker"]),
            made_at=_moment(facts["made_at"]),
            until=_moment(facts["until"]),
            needs=facts["needs"],
        )
        return request, bytes.fromhex(canonical.as_text(facts["signature"]))
    except (KeyError, TypeError, ValueError, VoltokenError):
        raise CentreFileError("A line of the log is no request. Restore the centre's file.") from None


def approval_facts(request_id: str, approval: Approval) -> dict[str, Any]:
    """Return an approval as a line holds it."""
    return {
        "request": request_id,
        "hash": approval.request_hash,
        "by": approval.person_id,
        "verdict": approval.verdict.value,
        "at": canonical.write_moment(approval.at),
        "reason": approval.reason,
        "signature": approval.signature.hex(),
    }


def read_approval(facts: Mapping[str, Any]) -> Approval:
    """Return the approval of a line. Raises CentreFileError."""
    try:
        return Approval(
            request_hash=canonical.as_text(facts["hash"]),
            person_id=canonical.as_text(facts["by"]),
            verdict=Verdict(facts["verdict"]),
            at=_moment(facts["at"]),
            reason=canonical.as_text(facts["reason"]),
            signature=bytes.fromhex(canonical.as_text(facts["signature"])),
        )
    except (KeyError, TypeError, ValueError, VoltokenError):
        raise CentreFileError("A line of the log is no approval. Restore the centre's file.") from None


def said_facts(request_id: str, said: BreakGlass | Review) -> dict[str, Any]:
    """Return a broken glass, or the review of one, as a line holds it."""
    return {
        "request": request_id,
        "hash": said.request_hash,
        "by": said.person_id,
        "at": canonical.write_moment(said.at),
        "reason": said.reason,
        "signature": said.signature.hex(),
    }


def read_glass(facts: Mapping[str, Any]) -> BreakGlass:
    """Return the broken glass of a line. Raises CentreFileError."""
    return _read_said(BreakGlass, facts)


def read_review(facts: Mapping[str, Any]) -> Review:
    """Return the review of a line. Raises CentreFileError."""
    return _read_said(Review, facts)


_Said = TypeVar("_Said", BreakGlass, Review)


def _read_said(kind: type[_Said], facts: Mapping[str, Any]) -> _Said:
    try:
        return kind(
            request_hash=canonical.as_text(facts["hash"]),
            person_id=canonical.as_text(facts["by"]),
            reason=canonical.as_text(facts["reason"]),
            at=_moment(facts["at"]),
            signature=bytes.fromhex(canonical.as_text(facts["signature"])),
        )
    except (KeyError, TypeError, ValueError, VoltokenError):
        raise CentreFileError(
            "A line of the log is no broken glass, or no review of one. Restore the centre's file."
        ) from None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    return dict(value)


def _moment(value: object) -> datetime:
    moment = canonical.read_moment(value)
    if moment is None:
        raise ValueError
    return moment
