"""Errors of tokens and of the keys they are made under."""

from __future__ import annotations

from typing import ClassVar

from voltoken.errors.base import VoltokenError


class TokenError(VoltokenError):
    """What was presented as a token is not one, or cannot be read."""

    code: ClassVar[str] = "token.error"


class CarrierError(TokenError):
    """The carrier is malformed: wrong characters, wrong length, or a number beyond 66 bits."""

    code: ClassVar[str] = "token.carrier"


class IntegrityError(TokenError):
    """The checksum does not match.

    The token is mistyped or damaged, or it was made for another meter or under another key. The
    checksum cannot tell these apart, and neither does this error.
    """

    code: ClassVar[str] = "token.integrity"


class TokenRangeError(TokenError):
    """The checksum matches, but a field holds a value that the standard does not allow."""

    code: ClassVar[str] = "token.range"


class UnsupportedToken(TokenError):
    """An authentic token of a class or subclass whose content is reserved, proprietary or not public.

    token_class: 0 to 3.
    subclass: 0 to 15, or None for class 3, where even the subclass is undefined.
    status: ``reserved``, ``proprietary``, ``not public``, or ``for 128-bit keys`` under a key of 64 bits.
    payload: the 44 bits between subclass and checksum as an integer, None for class 3.
    """

    code: ClassVar[str] = "token.unsupported"

    def __init__(
        self, message: str, token_class: int, subclass: int | None, status: str, payload: int | None
    ) -> None:
        super().__init__(message, token_class=token_class, subclass=subclass, status=status)
        self.token_class = token_class
        self.subclass = subclass
        self.status = status
        self.payload = payload


class KeyRefused(VoltokenError):
    """A key may not be used for what was asked: expired, not yet active, or of the wrong type.

    reason: a stable word, e.g. ``expired``, ``before_base_date``, ``key_type``.
    """

    code: ClassVar[str] = "key.refused"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason
