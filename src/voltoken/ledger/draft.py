"""What a batch would write, and every rule that it has to keep.

A draft lies over the storage like a sheet of glass: it reads through to what is there, and keeps what is new
to itself. Each step is checked against both. When all steps have passed, ``change`` is the one write; when
one is refused the draft is dropped, and nothing has happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from voltoken.errors import TransferConflict, TransferRefused
from voltoken.ledger.accounts import TOTAL_MAX, Account, Balance
from voltoken.ledger.limits import check_limit
from voltoken.ledger.storage import Change, Storage
from voltoken.ledger.transfers import Entry, Standing, State, Transfer
from voltoken.money import Currency

STEP_BACK_MAX: Final = timedelta(minutes=5)
"""How far the time of an outcome may lie before that of the last entry: what clocks differ by."""

_MOVES: Final = {
    State.POSTED: (1, -1),
    State.VOIDED: (0, -1),
    State.EXPIRED: (0, -1),
}
"""What the end of a pending transfer does to the posted and the pending totals."""


class Draft:
    """A batch in the making, over a storage. One that has raised is to be dropped."""

    __slots__ = (
        *("_accounts", "_after", "_at", "_balances", "_closed", "_currencies", "_entries"),
        *("_folded", "_reversals", "_stands", "_storage"),
    )

    def __init__(self, storage: Storage) -> None:
        closing = storage.last_closing()
        self._storage = storage
        self._closed = None if closing is None else closing.day
        self._after = storage.last_number()
        self._at = storage.last_at()
        self._accounts: dict[str, Account] = {}
        self._folded: dict[str, Account] = {}
        self._currencies: dict[str, Currency] = {}
        self._balances: dict[str, Balance] = {}
        self._entries: list[Entry] = []
        self._stands: dict[str, Standing] = {}
        self._reversals: dict[str, str] = {}

    def change(self) -> Change:
        """Return the one write that this draft comes to."""
        return Change(
            *(self._after, self._closed, tuple(self._accounts.values()), tuple(self._entries)),
            dict(self._balances),
        )

    def open(self, account: Account) -> Account:
        """Open an account, or return the one that is there.

        Raises TransferConflict when one is there under the same code, capitals aside, that is not the same:
        another code, kind or currency, or another limit than one that is given.
        """
        there = self._folded.get(account.code.lower()) or self._storage.namesake(account.code)
        if there is None:
            self._check_currency(account)
            self._accounts[account.code] = self._folded[account.code.lower()] = account
            return account
        if (there.code, there.kind, there.currency) != (account.code, account.kind, account.currency):
            raise TransferConflict(
                f"The account {account.code} ({account.kind.value}, {account.currency.code}) cannot be "
                f"opened: {there.code} exists ({there.kind.value}, {there.currency.code} with "
                f"{there.currency.places} decimals). Choose another code.",
                account=account.code,
            )
        if account.limit is not None and account.limit != there.limit:
            raise TransferConflict(
                f"The account {account.code} exists with another limit. Change the limit by itself.",
                account=account.code,
            )
        return there

    def _check_currency(self, account: Account) -> None:
        """Refuse a currency that is known with other decimals, or in other capitals: sums would mix them."""
        folded = account.currency.code.lower()
        known = self._currencies.get(folded) or self._storage.currency(folded)
        if known is not None and known != account.currency:
            raise TransferConflict(
                f"The account {account.code} is to be kept in {account.currency.code} with "
                f"{account.currency.places} decimals; others are in {known.code} with {known.places}. "
                "Use that.",
                account=account.code,
            )
        self._currencies[folded] = account.currency

    def limit(self, account: Account) -> None:
        """Put an account with a new limit in the place of the one of its code, which exists."""
        self._accounts[account.code] = account

    def bring(self, transfer: Transfer, state: State, expires: datetime | None) -> tuple[Standing, bool]:
        """Write a new transfer as pending or posted, or find it when it has been sent before.

        Returns where it stands, and whether it is new. Raises TransferConflict, TransferRefused.
        """
        there = self.find(transfer.id)
        if there is not None:
            first = there.first
            if first.transfer != transfer or first.state is not state or first.expires != expires:
                raise TransferConflict(
                    f"The id {transfer.id} has been used for another transfer, or for the same one in "
                    f"another way: entry {first.number}, {first.state.value}. Send exactly what was sent, or "
                    "make a new id.",
                    id=transfer.id,
                    entry=first.number,
                )
            return there, False
        if expires is not None and expires <= transfer.at:
            raise _refused("expiry", transfer.id, "it must expire after it was made, or never")
        if transfer.corrects is not None:
            self._check_reversal(transfer, transfer.corrects)
        self._check_day(transfer)
        moves = (1, 0) if state is State.POSTED else (0, 1)
        self._balances.update(self._moved(transfer, *moves))
        if transfer.corrects is not None:
            self._reversals[transfer.corrects] = transfer.id
        entry = self._append(transfer, state, transfer.at, expires)
        return Standing(entry, entry), True

    def settle(self, transfer_id: str, state: State, at: datetime) -> tuple[Standing, bool]:
        """End a pending transfer: post it, void it or let it expire; or find that this is how it stands.

        Returns where it stands, and whether this was new. Raises TransferRefused.
        """
        there = self.find(transfer_id)
        if there is None:
            raise _refused(
                "unknown_transfer",
                transfer_id,
                "there is none in the book; reserve it first, or check the id",
            )
        if there.state is state or (state is State.VOIDED and there.state is State.EXPIRED):
            return there, False
        if there.state is not State.PENDING:
            raise _refused(
                "state",
                transfer_id,
                f"it is {there.state.value} since entry {there.latest.number}; only a pending one can be "
                f"{state.value}. What is posted is put right by its reversal",
            )
        if state is State.POSTED and there.lapsed(at):
            raise _refused(
                "expired", transfer_id, f"it lapsed at {there.expires:%Y-%m-%dT%H:%M:%SZ}; make a new one"
            )
        self._check_time(there.transfer, at)
        self._check_day(there.transfer)
        return self._end(there, state, at), True

    def _end(self, there: Standing, state: State, at: datetime) -> Standing:
        """Write the outcome of a pending transfer."""
        for account, amount, _ in there.transfer.legs:
            self._balances[account] = self._balance(account).moved(amount, *_MOVES[state])
        return Standing(there.first, self._append(there.transfer, state, at, None))

    def find(self, transfer_id: str) -> Standing | None:
        """Return where a transfer stands, with what this draft adds."""
        return self._stands.get(transfer_id) or self._storage.standing(transfer_id)

    def _find(self, code: str) -> Account | None:
        return self._accounts.get(code) or self._storage.account(code)

    def _balance(self, code: str) -> Balance:
        return self._balances.get(code) or self._storage.balance(code)

    def _append(self, transfer: Transfer, state: State, at: datetime, expires: datetime | None) -> Entry:
        entry = Entry(self._after + len(self._entries) + 1, transfer, state, at, expires)
        self._entries.append(entry)
        self._at = at
        there = self.find(transfer.id)
        self._stands[transfer.id] = Standing(entry if there is None else there.first, entry)
        return entry

    def _check_day(self, transfer: Transfer) -> None:
        """Refuse what is booked in a closed period. This is asked of every entry, whatever its state."""
        if self._closed is not None and transfer.day <= self._closed:
            raise _refused(
                "closed",
                transfer.id,
                f"it is booked on {transfer.day}, and everything up to {self._closed} is closed; book "
                "it on a later day",
            )

    def _check_time(self, transfer: Transfer, at: datetime) -> None:
        """Refuse an outcome before its transfer, or long before what is in the book already.

        Transfers themselves may come late, with the time at which they were made: they are sent again as
        they were, or come from a till that was cut off. An outcome is written when it is known; one with an
        earlier time could post what has lapsed. Clocks of several machines differ a little, hence minutes.
        """
        earliest = transfer.at
        if self._at is not None and self._at - STEP_BACK_MAX > earliest:
            earliest = self._at - STEP_BACK_MAX
        if at < earliest:
            raise _refused(
                "at",
                transfer.id,
                f"its outcome is of {at:%Y-%m-%dT%H:%M:%SZ}, and may not be before "
                f"{earliest:%Y-%m-%dT%H:%M:%SZ}: when it was made, or five minutes before the last entry; "
                "look at the clock",
            )

    def _check_reversal(self, transfer: Transfer, corrected: str) -> None:
        """Refuse a correction that is not the one reversal of a posted transfer.

        An earlier reversal that has lapsed by now makes room: it expires here, as it would have by itself.
        """
        there = self.find(corrected)
        if there is None or there.state is not State.POSTED:
            stands = "not in the book" if there is None else there.state.value
            raise _refused(
                "corrects", transfer.id, f"{corrected}, which it reverses, is {stands}, not posted"
            )
        if there.transfer.corrects is not None:
            raise _refused(
                "corrects",
                transfer.id,
                f"{corrected} is a reversal itself; write what it took back as a new transfer",
            )
        if {leg.account: -leg.amount for leg in there.transfer.legs} != {
            leg.account: leg.amount for leg in transfer.legs
        }:
            raise _refused(
                "corrects",
                transfer.id,
                f"it must be the exact opposite of {corrected}; reverse that one and write what "
                "is right as a new one",
            )
        earlier = self._reversal(corrected)
        if earlier is not None and earlier.lapsed(transfer.at):
            earlier = self._end(earlier, State.EXPIRED, transfer.at)
        if earlier is not None and earlier.state in {State.PENDING, State.POSTED}:
            raise _refused(
                "reversed", transfer.id, f"{corrected} is reversed by {earlier.transfer.id}; once is enough"
            )

    def _reversal(self, corrected: str) -> Standing | None:
        """Return the newest reversal of a transfer, as this draft leaves it."""
        known = self._reversals.get(corrected)
        if known is not None:
            return self.find(known)
        there = self._storage.reversal(corrected)
        return None if there is None else self.find(there.transfer.id)

    def _moved(self, transfer: Transfer, posted: int, pending: int) -> dict[str, Balance]:
        """Return the totals of all accounts after a new transfer. Raises TransferRefused."""
        moved = {}
        for code, amount, currency in transfer.legs:
            account = self._find(code)
            if account is None:
                raise _refused(
                    "unknown_account", transfer.id, f"there is no account {code}; open it, or check the code"
                )
            if account.currency is not currency and account.currency != currency:
                raise _refused(
                    "currency",
                    transfer.id,
                    f"{code} is kept in {account.currency.code} with {account.currency.places} decimals, not "
                    f"in {currency.code} with {currency.places}",
                )
            balance = self._balance(code).moved(amount, posted, pending)
            if max(balance) > TOTAL_MAX:
                raise _refused("total", transfer.id, f"the totals of {code} would not fit in 64 bits")
            if account.limit is not None:
                check_limit(transfer, account, account.limit, amount, balance)
            moved[code] = balance
        return moved


def _refused(reason: str, transfer_id: str, rule: str) -> TransferRefused:
    return TransferRefused(reason, f"Transfer {transfer_id}: {rule}.", id=transfer_id)
