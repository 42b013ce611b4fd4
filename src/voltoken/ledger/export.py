"""The books as text that other programs read: journals for hledger and beancount, and CSV.

All of them are generators of lines, line ends included, so that a million rows need no memory; the same book
gives the same text. Only what is posted is exported. An export that does not begin with the first day begins
with one transaction of the balances before it, so that balances in the other program are right.

Journals follow the manuals of hledger 1.25 and Beancount 2; CSV follows RFC 4180. A cell that a spreadsheet
would take for a formula gets an apostrophe in front; amounts are plain numbers and get none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from voltoken.ledger.accounts import Account, AccountKind
from voltoken.ledger.periods import balances_at
from voltoken.ledger.storage import Storage
from voltoken.ledger.transfers import DAY_MIN, Leg, State, check_date
from voltoken.money import Currency

CSV_COLUMNS: Final = (
    *("number", "day", "at", "transfer", "kind", "reference", "note", "corrects"),
    *("account", "currency", "amount"),
)
"""The columns of the CSV: one row for each leg, amount with its sign, a debit positive."""

_HLEDGER_TYPES: Final = {
    AccountKind.ASSET: "A",
    AccountKind.LIABILITY: "L",
    AccountKind.EQUITY: "E",
    AccountKind.INCOME: "R",
    AccountKind.EXPENSE: "X",
}
_BEANCOUNT_ROOTS: Final = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.EQUITY: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet takes for a formula; the wide forms work in East Asian settings."""


class _Booked(NamedTuple):
    """What a journal says of one transfer."""

    number: int
    day: date
    kind: str
    tags: tuple[tuple[str, str], ...]
    legs: tuple[Leg, ...]


def hledger_lines(storage: Storage, first: date = DAY_MIN, last: date = date.max) -> Iterator[str]:
    """Give the journal for hledger: commodities, accounts with their types, then the transactions.

    Codes in parentheses are the numbers of the entries; everything else is in tags, where ``%``, ``,``, ``[``
    and ``]`` are written as in URLs, because hledger ends a tag at a comma.
    """
    accounts = list(storage.accounts())
    for currency in _currencies(accounts):
        whole = "1000." if currency.places == 0 else f"{currency.decimal(1000 * currency.scale):f}"
        yield f"commodity {whole} {_symbol(currency)}\n"
    for account in accounts:
        yield f"account {account.code}  ; type:{_HLEDGER_TYPES[account.kind]}\n"
    for booked in _booked(storage, first, last):
        yield "\n"
        yield f"{booked.day.isoformat()} * ({booked.number}) {booked.kind}\n"
        for name, value in booked.tags:
            yield f"    ; {name}:{_tag(value)}\n"
        for leg in booked.legs:
            yield f"    {leg.account}  {_amount(leg)} {_symbol(leg.currency)}\n"


def beancount_lines(storage: Storage, first: date = DAY_MIN, last: date = date.max) -> Iterator[str]:
    """Give the journal for Beancount: open directives, then the transactions.

    Names of accounts begin with their kind, as Beancount wants it; see ``beancount_name``. Currencies are in
    capitals, kWh as ``KWH``.
    """
    names = {}
    for account in storage.accounts():
        names[account.code] = name = beancount_name(account)
        yield f"{DAY_MIN.isoformat()} open {name} {account.currency.code.upper()}\n"
        yield f'  code: "{account.code}"\n'
    for booked in _booked(storage, first, last):
        yield "\n"
        yield f'{booked.day.isoformat()} * "{booked.kind}"\n'
        yield f'  entry: "{booked.number}"\n'
        for tag, value in booked.tags:
            yield f"  {tag}: {_quoted(value)}\n"
        for leg in booked.legs:
            yield f"  {names[leg.account]}  {_amount(leg)} {leg.currency.code.upper()}\n"


def beancount_name(account: Account) -> str:
    """Return the name of an account in Beancount, e.g. ``Liabilities:Vendor:V17:Float``.

    Each part begins with a capital or a digit. Of the other characters Beancount takes only hyphens: ``-`` is
    written ``--``, ``.`` is ``-p`` and ``_`` is ``-u``, so that different accounts have different names.
    """
    parts = [_BEANCOUNT_ROOTS[account.kind]]
    for part in account.code.split(":"):
        plain = part.replace("-", "--").replace(".", "-p").replace("_", "-u")
        parts.append(plain[0].upper() + plain[1:])
    return ":".join(parts)


def csv_lines(storage: Storage, first: date = DAY_MIN, last: date = date.max) -> Iterator[str]:
    """Give the postings as CSV in the columns of ``CSV_COLUMNS``, with a heading."""
    yield ",".join(CSV_COLUMNS) + "\r\n"
    for booked in _booked(storage, first, last):
        tags = dict(booked.tags)
        texts = [tags.get(name, "") for name in ("at", "transfer")]
        more = [tags.get(name, "") for name in ("reference", "note", "corrects")]
        start = [str(booked.number), booked.day.isoformat(), *map(_cell, (*texts, booked.kind, *more))]
        for leg in booked.legs:
            yield ",".join((*start, _cell(leg.account), leg.currency.code, _amount(leg))) + "\r\n"


def _booked(storage: Storage, first: date, last: date) -> Iterator[_Booked]:
    """Give what was posted, by number, after the balances before the first day."""
    check_date(first, last)
    if first > DAY_MIN:
        before = first - timedelta(days=1)
        nets = balances_at(storage, before)
        legs = tuple(
            Leg(account.code, net, account.currency)
            for account in storage.accounts()
            if (net := nets.get(account.code, 0))
        )
        if legs:
            yield _Booked(0, before, "opening_balances", (), legs)
    for entry in storage.entries(first, last):
        if entry.state is State.POSTED:
            transfer = entry.transfer
            tags = (
                ("transfer", transfer.id),
                ("at", f"{transfer.at:%Y-%m-%dT%H:%M:%S.%fZ}"),
                ("reference", transfer.reference),
                ("note", transfer.note),
                ("corrects", transfer.corrects or ""),
            )
            present = tuple((name, value) for name, value in tags if value)
            yield _Booked(entry.number, transfer.day, transfer.kind, present, transfer.legs)


def _currencies(accounts: Iterable[Account]) -> list[Currency]:
    return sorted({account.currency for account in accounts})


def _amount(leg: Leg) -> str:
    return f"{leg.currency.decimal(leg.amount):f}"


def _symbol(currency: Currency) -> str:
    """Return the code of a currency as hledger reads it: in quotes when it has digits."""
    return currency.code if currency.code.isalpha() else f'"{currency.code}"'


def _tag(value: str) -> str:
    for character in "%,[]":
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _cell(value: str) -> str:
    """Return a text as a cell of RFC 4180 that no spreadsheet takes for a formula."""
    if value.startswith(_FORMULA):
        value = f"'{value}"
    if any(character in value for character in ',"\r\n'):
        doubled = value.replace('"', '""')
        return f'"{doubled}"'
    return value
