"""What the books say: the statement of an account, and the trial balance of all.

Only what is posted is in them; what is pending stands beside, in ``Book.balance``. Both go by the day of a
transfer, not by the moment at which it was written, so that the closing balance of one statement is the
opening balance of the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from voltoken.errors import TransferRefused
from voltoken.ledger.accounts import Account
from voltoken.ledger.periods import balance_at, balances_at
from voltoken.ledger.storage import Storage
from voltoken.ledger.transfers import DAY_MIN, check_date


class StatementLine(NamedTuple):
    """One posting.

    number: of its entry. at: when its transfer was made, in UTC. day: the day it is booked on.
    counter: the accounts of its currency on the other side. amount, balance: as the owner of the account
    counts them: growth is positive; balance is what there is after it.
    """

    number: int
    at: datetime
    day: date
    transfer_id: str
    kind: str
    reference: str
    counter: tuple[str, ...]
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of an account from the first day to the last, both inclusive.

    opening, closing: its own balance before the first line and after the last, in its smallest coin.
    """

    account: Account
    first: date
    last: date
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int


class TrialRow(NamedTuple):
    """An account in a trial balance: its net balance stands on the side it is on, the other is 0."""

    account: Account
    debit: int
    credit: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts that are not zero at the end of a day, by code.

    totals: for each currency the sums of both columns, which are equal in every book.
    """

    day: date
    rows: tuple[TrialRow, ...]
    totals: Mapping[str, tuple[int, int]]


def statement(storage: Storage, code: str, first: date, last: date) -> Statement:
    """Return the statement of an account from first to last, both inclusive.

    Raises TransferRefused: unknown_account, or day when the days are no dates or in the wrong order.
    """
    check_date(first, last)
    account = storage.account(code)
    if account is None:
        raise TransferRefused("unknown_account", f"There is no account {code}.", account=code)
    if not DAY_MIN < first <= last:
        raise TransferRefused(
            "day", f"A statement runs from a day after {DAY_MIN} to the same or a later one.", account=code
        )
    opening = running = account.own(balance_at(storage, account, first - timedelta(days=1)))
    lines = []
    for entry in storage.postings(code, first, last):
        transfer = entry.transfer
        amount = next(leg.amount for leg in transfer.legs if leg.account == code)
        counter = tuple(
            leg.account
            for leg in transfer.legs
            if leg.currency == account.currency and (leg.amount > 0) != (amount > 0)
        )
        own = account.own(amount)
        running += own
        lines.append(
            StatementLine(
                *(entry.number, transfer.at, transfer.day, transfer.id, transfer.kind, transfer.reference),
                *(counter, own, running),
            )
        )
    return Statement(account, first, last, opening, tuple(lines), running)


def trial_balance(storage: Storage, day: date) -> TrialBalance:
    """Return the trial balance at the end of a day. Raises TransferRefused: day, when it is no date."""
    nets = balances_at(storage, day)
    rows = []
    totals: dict[str, tuple[int, int]] = {}
    for account in storage.accounts():
        if net := nets.get(account.code, 0):
            row = TrialRow(account, max(net, 0), max(-net, 0))
            debit, credit = totals.get(account.currency.code, (0, 0))
            totals[account.currency.code] = debit + row.debit, credit + row.credit
            rows.append(row)
    return TrialBalance(day, tuple(rows), totals)
