"""Where a book is kept: the port, and one that keeps it in memory.

The port is narrow on purpose. Each method is one question that an index answers, or the one write,
``commit``, which takes everything that a batch changes and writes all of it or nothing. Storage decides
nothing: what may be written is settled before (``book``), and it is the book alone that calls ``commit``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from voltoken.errors import LedgerError
from voltoken.ledger.accounts import Account, AccountKind, Balance
from voltoken.ledger.transfers import Entry, Standing, State
from voltoken.money import Currency


class BalanceRow(NamedTuple):
    """What an account was, and came to at the end of a day. net: in its smallest coin, a debit positive."""

    account: str
    kind: AccountKind
    currency: Currency
    net: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A period that was closed: everything up to and including its last day.

    day: the last day. at: when it was closed, in UTC. rows: the accounts that are not zero, and those that
        were posted to in the period, by code.
    digest: SHA-256 in hexadecimal over the closing before, the time, the entries of the period and the rows.
    """

    day: date
    at: datetime
    rows: tuple[BalanceRow, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """All that one write changes.

    after: the number of the entry that was the last when the write was checked. closed: the last day that
        was closed then, None when none was.
    accounts: new ones, and those with a new limit. entries: new ones, numbered from after + 1 on.
    balances: the new totals of every account that the entries touch.
    closing: a period that is closed.
    """

    after: int
    closed: date | None = None
    accounts: tuple[Account, ...] = ()
    entries: tuple[Entry, ...] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)
    closing: Closing | None = None


class Storage(Protocol):
    """What keeps a book. Days are inclusive at both ends."""

    def account(self, code: str) -> Account | None:
        """Return an account, None when there is none."""

    def namesake(self, code: str) -> Account | None:
        """Return the account whose code is this one when capitals do not count, None when there is none."""

    def currency(self, code: str) -> Currency | None:
        """Return the currency of this code, capitals aside, that accounts are kept in, None when none is."""

    def accounts(self) -> Iterable[Account]:
        """Return all accounts, sorted by code."""

    def balance(self, code: str) -> Balance:
        """Return the totals of an account, zeros when nothing has moved."""

    def standing(self, transfer_id: str) -> Standing | None:
        """Return where a transfer stands, None when there is none of this id."""

    def reversal(self, transfer_id: str) -> Standing | None:
        """Return the newest transfer that reverses this one, None when there is none."""

    def last_number(self) -> int:
        """Return the number of the last entry, 0 for an empty book."""

    def last_at(self) -> datetime | None:
        """Return the time of the last entry, None for an empty book."""

    def entries(self, first: date, last: date) -> Iterator[Entry]:
        """Give the entries of transfers booked on these days, by number."""

    def postings(self, code: str, first: date, last: date) -> Iterator[Entry]:
        """Give the entries that posted transfers with a leg on this account, by day and number."""

    def turnover(self, first: date, last: date) -> Mapping[str, int]:
        """Return what was posted on these days in each account that was posted to: debits less credits."""

    def pending(self, last: date) -> Sequence[Standing]:
        """Return the pending transfers booked up to a day, in the order of their entries."""

    def due(self, now: datetime) -> Sequence[Standing]:
        """Return the pending transfers that lapse by now, in the order of their entries."""

    def last_closing(self) -> Closing | None:
        """Return the newest closed period, None when none is."""

    def closings(self) -> Sequence[Closing]:
        """Return the closed periods, oldest first."""

    def commit(self, change: Change) -> None:
        """Write all of a change, or raise and write nothing.

        Raises LedgerError when what the write was checked against has changed since: another came in between.
        """


class MemoryStorage:
    """A book in memory, for tests, simulations and reckoning ahead."""

    __slots__ = (
        *("_accounts", "_balances", "_closings", "_currencies", "_entries", "_folded"),
        *("_pending", "_posted", "_reversals", "_stands"),
    )

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._folded: dict[str, str] = {}
        self._currencies: dict[str, Currency] = {}
        self._balances: dict[str, Balance] = {}
        self._entries: list[Entry] = []
        self._stands: dict[str, Standing] = {}
        self._pending: dict[str, Standing] = {}
        self._posted: dict[str, list[Entry]] = {}
        self._reversals: dict[str, str] = {}
        self._closings: list[Closing] = []

    def account(self, code: str) -> Account | None:
        """Return an account, None when there is none."""
        return self._accounts.get(code)

    def namesake(self, code: str) -> Account | None:
        """Return the account whose code is this one when capitals do not count, None when there is none."""
        return self._accounts.get(self._folded.get(code.lower(), ""))

    def currency(self, code: str) -> Currency | None:
        """Return the currency of this code, capitals aside, that accounts are kept in, None when none is."""
        return self._currencies.get(code.lower())

    def accounts(self) -> Iterable[Account]:
        """Return all accounts, sorted by code."""
        return [self._accounts[code] for code in sorted(self._accounts)]

    def balance(self, code: str) -> Balance:
        """Return the totals of an account, zeros when nothing has moved."""
        return self._balances.get(code, _NOTHING)

    def standing(self, transfer_id: str) -> Standing | None:
        """Return where a transfer stands, None when there is none of this id."""
        return self._stands.get(transfer_id)

    def reversal(self, transfer_id: str) -> Standing | None:
        """Return the newest transfer that reverses this one, None when there is none."""
        return self._stands.get(self._reversals.get(transfer_id, ""))

    def last_number(self) -> int:
        """Return the number of the last entry, 0 for an empty book."""
        return len(self._entries)

    def last_at(self) -> datetime | None:
        """Return the time of the last entry, None for an empty book."""
        return self._entries[-1].at if self._entries else None

    def entries(self, first: date, last: date) -> Iterator[Entry]:
        """Give the entries of transfers booked on these days, by number."""
        return (entry for entry in self._entries if first <= entry.transfer.day <= last)

    def postings(self, code: str, first: date, last: date) -> Iterator[Entry]:
        """Give the entries that posted transfers with a leg on this account, by day and number."""
        within = [entry for entry in self._posted.get(code, ()) if first <= entry.transfer.day <= last]
        return iter(sorted(within, key=lambda entry: entry.transfer.day))

    def turnover(self, first: date, last: date) -> Mapping[str, int]:
        """Return what was posted on these days in each account that was posted to: debits less credits."""
        sums: dict[str, int] = {}
        for entry in self.entries(first, last):
            if entry.state is State.POSTED:
                for account, amount, _ in entry.transfer.legs:
                    sums[account] = sums.get(account, 0) + amount
        return sums

    def pending(self, last: date) -> Sequence[Standing]:
        """Return the pending transfers booked up to a day, in the order of their entries."""
        return [standing for standing in self._pending.values() if standing.transfer.day <= last]

    def due(self, now: datetime) -> Sequence[Standing]:
        """Return the pending transfers that lapse by now, in the order of their entries."""
        return [standing for standing in self._pending.values() if standing.lapsed(now)]

    def last_closing(self) -> Closing | None:
        """Return the newest closed period, None when none is."""
        return self._closings[-1] if self._closings else None

    def closings(self) -> Sequence[Closing]:
        """Return the closed periods, oldest first."""
        return tuple(self._closings)

    def commit(self, change: Change) -> None:
        """Write all of a change, or raise LedgerError and write nothing."""
        closed = self._closings[-1].day if self._closings else None
        if change.after != len(self._entries) or change.closed != closed:
            raise LedgerError(
                "Another write came in between, and nothing was written. Read again and repeat it.",
                after=change.after,
                last=len(self._entries),
            )
        for account in change.accounts:
            self._accounts[account.code] = account
            self._folded[account.code.lower()] = account.code
            self._currencies[account.currency.code.lower()] = account.currency
        self._balances.update(change.balances)
        for entry in change.entries:
            self._append(entry)
        if change.closing is not None:
            self._closings.append(change.closing)

    def _append(self, entry: Entry) -> None:
        transfer, state = entry.transfer, entry.state
        self._entries.append(entry)
        before = self._stands.get(transfer.id)
        standing = Standing(entry if before is None else before.first, entry)
        self._stands[transfer.id] = standing
        if transfer.corrects is not None:
            self._reversals[transfer.corrects] = transfer.id
        if state is State.PENDING:
            self._pending[transfer.id] = standing
        else:
            self._pending.pop(transfer.id, None)
        if state is State.POSTED:
            for leg in transfer.legs:
                self._posted.setdefault(leg.account, []).append(entry)


_NOTHING = Balance()
