"""Errors of key management centres and of the files they send. None of them ever holds key bytes."""

from __future__ import annotations

from typing import ClassVar

from voltoken.errors.base import VoltokenError


class KeyFileError(VoltokenError):
    """A key load file, or another signed document between centre and module, was rejected as a whole.

    reason: a stable word of ``voltoken.security.keyload.REASONS``, e.g. ``signature``, ``recipient``.
    """

    code: ClassVar[str] = "keyfile.rejected"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class CentreError(VoltokenError):
    """A key management centre did not do what was asked of it."""

    code: ClassVar[str] = "centre.error"


class ActRefused(CentreError):
    """A rule of the centre forbids an act. Nothing was done.

    reason: a stable word of ``voltoken.kmc.REASONS``, e.g. ``state``, ``exists``, ``unknown``.
    """

    code: ClassVar[str] = "centre.refused"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class CentreFileError(CentreError):
    """The file of a centre, or a backup of one, is damaged, foreign, too open, or of another version."""

    code: ClassVar[str] = "centre.file"


class CentreSealed(CentreError):
    """The act needs keys of the centre, and it is sealed: offer shares or the passphrase."""

    code: ClassVar[str] = "centre.sealed"
