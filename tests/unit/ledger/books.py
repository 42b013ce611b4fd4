"""A small book for tests: a vendor with a float, a bank, sales and tax, and units of energy."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    Book,
    Leg,
    Limit,
    MemoryStorage,
    Storage,
    Transfer,
)
from voltoken.money import Currency

ZAR = Currency.of("ZAR")
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)

FLOAT = "vendor:V17:float"
ACCOUNTS = (
    Account("bank:main", AccountKind.ASSET, ZAR),
    Account(FLOAT, AccountKind.LIABILITY, ZAR, limit=Limit(at_least=0)),
    Account("sales:DOM", AccountKind.INCOME, ZAR),
    Account("tax:VAT", AccountKind.LIABILITY, ZAR),
    Account("fees", AccountKind.EXPENSE, ZAR),
    Account("result", AccountKind.EQUITY, ZAR),
    Account("energy:sold", AccountKind.EXPENSE, KWH),
    Account("energy:issued", AccountKind.INCOME, KWH),
)


def book(storage: Storage | None = None) -> Book:
    """Return a book with the accounts and nothing in them."""
    made = Book(MemoryStorage() if storage is None else storage)
    made.open(*ACCOUNTS)
    return made


def deposit(amount: int, transfer_id: str = "dep-1", day: date = DAY) -> Transfer:
    """Return a deposit of cents into the float."""
    legs = Leg("bank:main", amount, ZAR), Leg(FLOAT, -amount, ZAR)
    return Transfer(transfer_id, "vendor_deposit", NOW, day, legs)


def sale(transfer_id: str = "V1", day: date = DAY, *, at: datetime = NOW) -> Transfer:
    """Return a sale of 115.00, with VAT of 15.00, for 47.7 kWh."""
    legs = (
        *(Leg(FLOAT, 11500, ZAR), Leg("sales:DOM", -10000, ZAR), Leg("tax:VAT", -1500, ZAR)),
        *(Leg("energy:sold", 477, KWH), Leg("energy:issued", -477, KWH)),
    )
    return Transfer(transfer_id, "credit_vend", at, day, legs, reference="till-4/000123")


def funded(amount: int = 50000) -> Book:
    """Return a book whose vendor has paid in this many cents."""
    made = book()
    made.record(deposit(amount))
    return made


def own(ledger: Book, code: str) -> int:
    """Return what an account has as its owner counts it, posted only."""
    return ledger.account(code).own(ledger.balance(code).net)


def by_hand(lines: list[list[object]]) -> str:
    """Compute a digest from its description, without the room."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
