"""Errors of security modules. None of them ever holds key bytes."""

from __future__ import annotations

from typing import ClassVar

from voltoken.errors.base import VoltokenError


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
