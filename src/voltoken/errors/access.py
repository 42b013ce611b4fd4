"""Errors about people: who they are, what they may do, and what must be approved."""

from __future__ import annotations

from typing import ClassVar

from voltoken.errors.base import VoltokenError


class AccessError(VoltokenError):
    """Somebody is not known, or may not do what was asked.

    reason: a stable word; each error lists its own in ``voltoken.access``.
    """

    code: ClassVar[str] = "access.error"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class SignInRefused(AccessError):
    """Name, password, second factor, session or API key: which of them is wrong is not told apart to others.

    reason: for the log of the server, never for the face: there, all of them read alike.
    """

    code: ClassVar[str] = "access.sign_in"


class AccessDenied(AccessError):
    """Somebody who is known may not do this: no right, or beyond the limit of the right."""

    code: ClassVar[str] = "access.denied"


class ApprovalRefused(AccessError):
    """An approval is missing, forged, expired, used before, or of the wrong person."""

    code: ClassVar[str] = "access.approval"
