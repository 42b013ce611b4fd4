"""Every error Voltoken raises, in one tree.

    VoltokenError                 .code (stable, dotted)  .message (safe to show)  .detail
    |-- FieldError                a value outside its range: .field .value .allowed (also a ValueError)
    |-- RuleError                 values legal alone that the standard forbids together (also a ValueError)
    |-- TokenError                something presented as a token is none, or cannot be read
    |   |-- CarrierError          wrong digits, length or record form
    |   |-- IntegrityError        checksum: damaged, or made under another key (not told apart)
    |   |-- TokenRangeError       authentic, but a field holds a value the standard does not allow
    |   `-- UnsupportedToken      authentic, but reserved, proprietary or without a public layout
    |-- KeyRefused                a key may not be used for this act
    |-- MissingExtra              a library that only one part needs is not installed
    |-- MeterError                a virtual meter cannot do what was asked of it
    |   |-- MeterOff              it has no power
    |   |-- MeterFileError        what was given as a meter's state is none, or of another version
    |   `-- ScenarioError         what was given as a scenario is none
    |-- SecurityModuleError       a security module did not do what was asked: .retry_safe
    |   |-- ModuleUnavailable     sealed, busy, away, or its journal cannot be written: nothing was done
    |   |-- ModuleRefused         a rule of its policy forbids it: .refusal
    |   |-- ModuleLimit           a cap or a rate is used up: .refusal
    |   |-- ModuleOutcomeUnknown  the answer was lost: fetch the result before anything else
    |   |-- ResultMissing         no result is kept under this request id
    |   |-- JournalError          its journal or another of its files is damaged, foreign, too open or too old
    |   |-- ShareRefused          what was offered to unseal with is wrong
    |   `-- SealBroken            a sealed record is damaged or belongs elsewhere
    `-- PeerError                 another party broke its protocol

``code`` and ``detail`` are for machines and translators, ``message`` is the English sentence. Messages
say what was wrong, what is allowed and what to do. No message, ``repr`` or detail ever holds key bytes.

A meter's refusal of a token is not an exception: it is one of ``registry.TOKEN_RESULTS``.
"""

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


class MeterError(VoltokenError):
    """A virtual meter cannot do what was asked of it. A refused token is no such error."""

    code: ClassVar[str] = "meter.error"


class MeterOff(MeterError):
    """The meter has no power: no key, no display, no load does anything."""

    code: ClassVar[str] = "meter.off"


class MeterFileError(MeterError):
    """What was given as a meter's state is damaged, of another version, or something else."""

    code: ClassVar[str] = "meter.file"


class ScenarioError(MeterError):
    """What was given as a scenario is none: a step that does not exist, a field that is wrong."""

    code: ClassVar[str] = "meter.scenario"


class SecurityModuleError(VoltokenError):
    """A security module did not do what was asked of it.

    retry_safe: the same request may be sent again, under the same request id, and nothing can happen
        twice. False says only that this is not promised.
    """

    code: ClassVar[str] = "module.error"

    def __init__(self, message: str, *, retry_safe: bool = False, **detail: str | int | bool | None) -> None:
        super().__init__(message, **detail)
        self.retry_safe = retry_safe


class ModuleUnavailable(SecurityModuleError):
    """The module is sealed, busy or away, or cannot write its journal. Nothing was done."""

    code: ClassVar[str] = "module.unavailable"

    def __init__(self, message: str, *, retry_safe: bool = True, **detail: str | int | bool | None) -> None:
        super().__init__(message, retry_safe=retry_safe, **detail)


class ModuleRefused(SecurityModuleError):
    """A rule of the module's policy forbids what was asked. Nothing was done.

    refusal: the stable dotted code of the rule, also in ``detail``.
    """

    code: ClassVar[str] = "module.refused"

    def __init__(
        self, refusal: str, message: str, *, retry_safe: bool = False, **detail: str | int | bool | None
    ) -> None:
        super().__init__(message, retry_safe=retry_safe, refusal=refusal, **detail)
        self.refusal = refusal


class ModuleLimit(SecurityModuleError):
    """A cap or a rate of the module is used up. Nothing was done.

    refusal: the stable dotted code of the limit, also in ``detail``.
    """

    code: ClassVar[str] = "module.limit"

    def __init__(
        self, refusal: str, message: str, *, retry_safe: bool = False, **detail: str | int | bool | None
    ) -> None:
        super().__init__(message, retry_safe=retry_safe, refusal=refusal, **detail)
        self.refusal = refusal


class ModuleOutcomeUnknown(SecurityModuleError):
    """The module's answer was lost: a token may exist. Fetch the result before anything else."""

    code: ClassVar[str] = "module.outcome_unknown"


class ResultMissing(SecurityModuleError):
    """The module keeps no result under this request id."""

    code: ClassVar[str] = "module.result_missing"


class JournalError(SecurityModuleError):
    """A module's journal or one of its files is damaged, foreign, too open, or of another version."""

    code: ClassVar[str] = "module.journal"


class ShareRefused(SecurityModuleError):
    """What was offered to unseal a module with is wrong. What was offered before is kept."""

    code: ClassVar[str] = "module.share"


class SealBroken(SecurityModuleError):
    """A sealed record is damaged, belongs elsewhere, or was sealed under another key (not told apart)."""

    code: ClassVar[str] = "module.seal"


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
