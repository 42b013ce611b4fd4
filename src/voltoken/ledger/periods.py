"""Periods: closing the books up to a day, and moving the result of a period to the owners.

A closing keeps the balance of every account and a digest over the period and the closing before, with which
``proofs`` shows later that nothing behind it was touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from voltoken.errors import TransferRefused
from voltoken.ledger.accounts import Account, AccountKind
from voltoken.ledger.proofs import ONE_DAY, closing_digest, rows_of, start_after
from voltoken.ledger.storage import Change, Closing, Storage
from voltoken.ledger.transfers import DAY_MIN, LEGS_MAX, Leg, Transfer, check_date
from voltoken.money import Currency

NAMED_MAX: Final = 5
"""How many pending transfers a message names before it only counts them."""


def close_period(storage: Storage, day: date, at: datetime, today: date) -> Closing:
    """Close everything up to and including a day; see ``Book.close``, which is the way to call it."""
    check_date(day, today)
    if not at.date() - ONE_DAY <= today <= at.date() + ONE_DAY:
        raise TransferRefused(
            "day",
            f"Nowhere is it {today} at {at:%Y-%m-%dT%H:%MZ}; say which day it is in the utility's zone.",
        )
    if not DAY_MIN <= day < today:
        raise TransferRefused(
            "day", f"A period ends with a date from {DAY_MIN} to the day before today, which is {today}."
        )
    after = storage.last_number()
    before = storage.last_closing()
    if before is not None and day <= before.day:
        if day == before.day:
            return before
        raise TransferRefused(
            "day", f"Everything up to {before.day} is closed already; close a later day than that."
        )
    _check_nothing_pends(storage, day)
    rows = rows_of(balances_at(storage, day), storage.accounts())
    digest = closing_digest(before, day, at, storage.entries(start_after(before), day), rows)
    closing = Closing(day, at, rows, digest)
    storage.commit(Change(after, None if before is None else before.day, closing=closing))
    return closing


def _check_nothing_pends(storage: Storage, day: date) -> None:
    pending = storage.pending(day)
    if not pending:
        return
    named = ", ".join(standing.transfer.id for standing in pending[:NAMED_MAX])
    others = f" and {len(pending) - NAMED_MAX} more" if len(pending) > NAMED_MAX else ""
    raise TransferRefused(
        "pending",
        f"Transfers booked up to {day} are still pending: {named}{others}. Post them, void them or let them "
        "expire first.",
        count=len(pending),
    )


def balances_at(storage: Storage, day: date) -> dict[str, int]:
    """Return what every account came to at the end of a day: debits less credits, posted only.

    Accounts that nothing was posted to are left out. Raises TransferRefused: day, when it is no date.
    """
    check_date(day)
    closing = _closing_before(storage, day)
    nets = {} if closing is None else {row.account: row.net for row in closing.rows if row.net}
    for account, amount in storage.turnover(start_after(closing), day).items():
        nets[account] = nets.get(account, 0) + amount
    return nets


def balance_at(storage: Storage, account: Account, day: date) -> int:
    """Return what one account came to at the end of a day: debits less credits, posted only."""
    closing = _closing_before(storage, day)
    start = start_after(closing)
    rows = () if closing is None else closing.rows
    carried = sum(row.net for row in rows if row.account == account.code)
    return carried + sum(
        leg.amount
        for entry in storage.postings(account.code, start, day)
        for leg in entry.transfer.legs
        if leg.account == account.code
    )


def closing_transfers(
    storage: Storage, *, new_id: str, at: datetime, day: date, results: Mapping[str, str]
) -> tuple[Transfer, ...]:
    """Make the transfers that move income and expense, as they are at the end of a day, to the result.

    Write them together, before the day is closed. There is one, or several where there are more legs than a
    transfer may have; none when there is nothing to move. new_id, at: of the first; the others have ``.2``,
    ``.3`` and so on behind it. day: the last of the period.
    results: the account of equity for each currency, e.g. ``{"ZAR": "result"}``. A currency whose income and
    expense cancel, as those of energy do, needs none.
    Raises TransferRefused: result_account, when one is missing or is not equity; day, when it is no date.
    """
    nets = balances_at(storage, day)
    lasting: dict[Currency, list[Leg]] = {}
    for account in storage.accounts():
        net = nets.get(account.code, 0)
        if account.kind.is_result and net:
            lasting.setdefault(account.currency, []).append(Leg(account.code, -net, account.currency))
    parts: list[tuple[Leg, ...]] = []
    for currency, legs in lasting.items():
        for balanced in _balanced(storage, currency, legs, results):
            if parts and len(parts[-1]) + len(balanced) <= LEGS_MAX:
                parts[-1] += balanced
            else:
                parts.append(balanced)
    ids = (new_id if number == 1 else f"{new_id}.{number}" for number in range(1, len(parts) + 1))
    return tuple(
        Transfer(part_id, "period_result", at, day, part) for part_id, part in zip(ids, parts, strict=True)
    )


def _balanced(
    storage: Storage, currency: Currency, legs: list[Leg], results: Mapping[str, str]
) -> Iterable[tuple[Leg, ...]]:
    """Cut legs into pieces that fit a transfer, each closed by a leg of one account.

    That is the result. Where all of it cancels, the account that has the most closes every piece, and is
    empty after the last.
    """
    if sum(leg.amount for leg in legs):
        closing_account = _result_account(storage, currency, results)
    else:
        closing_account = max(legs, key=_size).account
        legs = [leg for leg in legs if leg.account != closing_account]
    for start in range(0, len(legs), LEGS_MAX - 1):
        piece = tuple(legs[start : start + LEGS_MAX - 1])
        rest = sum(leg.amount for leg in piece)
        yield (*piece, Leg(closing_account, -rest, currency)) if rest else piece


def _size(leg: Leg) -> int:
    return abs(leg.amount)


def _result_account(storage: Storage, currency: Currency, results: Mapping[str, str]) -> str:
    result = storage.account(results.get(currency.code, ""))
    if result is None or result.currency != currency or result.kind is not AccountKind.EQUITY:
        raise TransferRefused(
            "result_account",
            f"The result in {currency.code} needs an account of equity kept in {currency.code}; name it.",
            currency=currency.code,
        )
    return result.code


def _closing_before(storage: Storage, day: date) -> Closing | None:
    """Return the newest closing up to a day."""
    last = storage.last_closing()
    if last is None or last.day <= day:
        return last
    return max((each for each in storage.closings() if each.day <= day), key=_day_of, default=None)


def _day_of(closing: Closing) -> date:
    return closing.day
