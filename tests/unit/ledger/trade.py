"""Transactions for tests: booked by their rule, and told by what the accounts say afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.unit.ledger.books import DAY, NOW, ZAR
from voltoken.ledger import Book, Chart, Facts, MemoryStorage, PaidBy, Transfer, accounts_for, transfer_for

CHART = Chart(ZAR)
VENDOR = {"vendor": "V17", "tariff": "DOM"}
CUSTOMER = {"customer": "C9"}


def transfer(kind: str, new_id: str = "T1", **facts: Any) -> Transfer:
    """Return the transfer of a transaction."""
    return transfer_for(kind, Facts(currency=ZAR, **facts), CHART, new_id=new_id, at=NOW, day=DAY)


def booked(kind: str, ledger: Book | None = None, new_id: str = "T1", **facts: Any) -> Book:
    """Return a book in which a transaction is booked, with the accounts it needs."""
    ledger = Book(MemoryStorage()) if ledger is None else ledger
    ledger.open(*accounts_for(kind, Facts(currency=ZAR, **facts), CHART))
    ledger.record(transfer(kind, new_id, **facts))
    return ledger


def says(ledger: Book) -> Mapping[str, int]:
    """Return every account that is not zero, as its owner counts it."""
    own = {
        account.code: account.own(ledger.balance(account.code).net) for account in ledger.storage.accounts()
    }
    return {code: amount for code, amount in own.items() if amount}


SALE: dict[str, Any] = {
    "names": VENDOR,
    "paid_by": PaidBy.FLOAT,
    "tender": 11500,
    "energy": 10000,
    "taxes": {"VAT": 1500},
    "units": 477,
}
