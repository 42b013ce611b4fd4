"""What every error of ours has, and the errors that belong to no single room."""

from __future__ import annotations

from typing import ClassVar, Final

HIDDEN: Final = object()
"""Stands for a value that an error must not show: pass it to FieldError in place of key material."""


class VoltokenError(Exception):
    """Base of every error raised by this package; catch it to catch them all.

    message: an English sentence that is safe to show to anyone.
    detail: the parameters of the message, for machines and translators; values are str, int, bool or None.
    """

    code: ClassVar[str] = "voltoken.error"

    def __init__(self, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class FieldError(VoltokenError, ValueError):
    """A value is outside the range of the field it is meant for.

    field: the standard's name of the field, e.g. ``krn``.
    value: what was given, as short text; None when it was passed as ``HIDDEN`` (key material).
    allowed: what the field takes, as text.
    """

    code: ClassVar[str] = "field.invalid"

    def __init__(self, field: str, value: object, allowed: str, advice: str = "") -> None:
        shown = None if value is HIDDEN else _shorten(value)
        said = "the given value" if shown is None else shown
        message = f"{field}: {said} is not allowed; it must be {allowed}."
        if advice:
            message = f"{message} {advice}"
        super().__init__(message, field=field, value=shown, allowed=allowed)
        self.field = field
        self.value = shown
        self.allowed = allowed


class RuleError(VoltokenError, ValueError):
    """Things that are legal one by one are not permitted together.

    rule: the name of the rule, as in ``voltoken.sts.rules``, e.g. ``key_type_change``.
    """

    code: ClassVar[str] = "rule.violated"

    def __init__(self, rule: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, rule=rule, **detail)
        self.rule = rule


class CanonicalError(VoltokenError, ValueError):
    """A document that is hashed or signed has not the one form that it must have.

    reason: ``size``, ``json``, ``duplicate``, ``number``, ``depth``, ``value`` or ``form``.
    """

    code: ClassVar[str] = "document.form"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class PeerError(VoltokenError):
    """Another party broke the protocol that was agreed with it."""

    code: ClassVar[str] = "peer.error"


class MissingExtra(VoltokenError):
    """A library is not installed that only one part of Voltoken needs.

    purpose: the part, as the beginning of a sentence, e.g. ``Labels``.
    library: the name of the library.
    extra: the extra of the distribution that brings it, e.g. ``print``.
    """

    code: ClassVar[str] = "extra.missing"

    def __init__(self, purpose: str, library: str, extra: str) -> None:
        super().__init__(
            f"{purpose} need the library {library}: pip install 'voltoken[{extra}]'",
            library=library,
            extra=extra,
        )
        self.library = library
        self.extra = extra


def _shorten(value: object) -> str:
    """Return value as short printable text, so that no message carries a flood or control characters."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python does not write out whole numbers of thousands of digits
        text = f"a huge {type(value).__name__}"
    text = text if len(text) <= 40 else f"{text[:36]}..."
    return ascii(text) if isinstance(value, str) else ascii(text)[1:-1]
