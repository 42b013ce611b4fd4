"""Errors of price lists and of the books: documents with faults, purchases and transfers that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from voltoken.errors.base import VoltokenError


class Fault(NamedTuple):
    """One fault of a document.

    line: of the document, from 1; 0 when it has no place, e.g. because something is missing altogether.
    where: the key, e.g. ``tax[2].rate``, empty for the document as a whole.
    reason: what is wrong, what is allowed and what to do.
    """

    line: int
    where: str
    reason: str

    def __str__(self) -> str:
        """Return it as one line of text."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.where}: {self.reason}" if self.where else f"{place}{self.reason}"


class TariffError(VoltokenError):
    """A price list, or what was to be done with one, is not in order."""

    code: ClassVar[str] = "tariff.error"


class TariffDocumentError(TariffError):
    """A tariff document has faults. All of them are told at once.

    faults: in the order of the document, at least one.
    """

    code: ClassVar[str] = "tariff.document"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        told = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"The tariff document has {count}:\n{told}", faults=len(self.faults))


class TariffStateError(TariffError):
    """A version of a tariff cannot take this step: wrong state, wrong hash, or the same person twice.

    reason: a stable word, e.g. ``state``, ``hash``, ``same_person``, ``too_late``.
    """

    code: ClassVar[str] = "tariff.state"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class PurchaseRefused(TariffError):
    """A tariff does not allow this purchase, or says nothing about it. Nothing was sold.

    reason: a stable word, e.g. ``amount_below``, ``units_above``, ``charge_unpaid``, ``not_in_force``.
    """

    code: ClassVar[str] = "tariff.purchase"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class LedgerError(VoltokenError):
    """The books, or what was to be written in them, are not in order. Nothing was written."""

    code: ClassVar[str] = "ledger.error"


class TransferRefused(LedgerError):
    """A transfer breaks a rule of the books. Nothing was written.

    reason: a stable word, e.g. ``unbalanced``, ``limit``, ``closed``, ``unknown_account``, ``state``.
    """

    code: ClassVar[str] = "ledger.refused"

    def __init__(self, reason: str, message: str, **detail: str | int | bool | None) -> None:
        super().__init__(message, reason=reason, **detail)
        self.reason = reason


class TransferConflict(LedgerError):
    """The id of a transfer has been used for another one, or an account exists with another meaning."""

    code: ClassVar[str] = "ledger.conflict"
