"""The book: the one place where anything is written, all of a batch or nothing of it.

    reserve --> pending --> posted      post: the outcome is known and good
                        |-> voided      void: it is known and bad
                        `-> expired     expire: nobody said in time
    record  --> posted

Every write is a batch of commands, checked one after the other against what is there and what came before in
the batch. A command that was carried out before is answered with where its transfer stands, and writes
nothing, so that a caller who never got the answer sends the same again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from voltoken.errors import FieldError, TransferRefused
from voltoken.ledger.accounts import Account, Balance, Limit
from voltoken.ledger.draft import Draft
from voltoken.ledger.periods import close_period
from voltoken.ledger.storage import Closing, Storage
from voltoken.ledger.transfers import Standing, State, Transfer, check_id, check_moment


@dataclass(frozen=True, slots=True)
class Reserve:
    """Write a transfer as pending. expires: when it lapses unless it was posted, in UTC; None for never."""

    transfer: Transfer
    expires: datetime | None = None

    def __post_init__(self) -> None:
        """Check both."""
        _check_transfer(self.transfer)
        if self.expires is not None:
            check_moment(self.expires, self.transfer.id)


@dataclass(frozen=True, slots=True)
class Record:
    """Write a transfer as posted at once."""

    transfer: Transfer

    def __post_init__(self) -> None:
        """Check it."""
        _check_transfer(self.transfer)


@dataclass(frozen=True, slots=True)
class Post:
    """Post a pending transfer. at: when, in UTC."""

    transfer_id: str
    at: datetime

    def __post_init__(self) -> None:
        """Check both."""
        check_id(self.transfer_id)
        check_moment(self.at, self.transfer_id)


@dataclass(frozen=True, slots=True)
class Void:
    """Give up a pending transfer. at: when, in UTC."""

    transfer_id: str
    at: datetime

    def __post_init__(self) -> None:
        """Check both."""
        check_id(self.transfer_id)
        check_moment(self.at, self.transfer_id)


Command = Reserve | Record | Post | Void
"""What can be asked of a book. A command that is not well formed is refused when it is made."""


class Outcome(NamedTuple):
    """The answer to a command.

    standing: where its transfer stands now. written: whether it wrote anything; False when it had been
        carried out before.
    """

    standing: Standing
    written: bool

    @property
    def state(self) -> State:
        """The state of the transfer now, which after a resend may be further than the command went."""
        return self.standing.state


class Book:
    """A book of accounts over a storage.

    Whatever is refused raises TransferRefused or TransferConflict, and nothing was written; the same holds
    when the storage raises. ``TransferRefused.reason`` is one of the words on the page of errors.
    """

    __slots__ = ("storage",)

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def write(self, commands: Iterable[Command], *, accounts: Iterable[Account] = ()) -> tuple[Outcome, ...]:
        """Open accounts and carry out commands, all of them or none; return an outcome for each command.

        accounts: opened before the first command where they are not there yet.
        Raises FieldError for what is no command or no account.
        """
        draft = Draft(self.storage)
        for account in accounts:
            if not isinstance(account, Account):
                raise FieldError("account", repr(account), "an Account")
            draft.open(account)
        outcomes = tuple(Outcome(*_carry_out(draft, command)) for command in commands)
        self._commit(draft)
        return outcomes

    def open(self, *accounts: Account) -> None:
        """Open accounts; one that is there already stays as it is. TransferConflict if it is another."""
        self.write((), accounts=accounts)

    def reserve(self, transfer: Transfer, *, expires: datetime | None = None) -> Outcome:
        """Write a transfer as pending: it weighs on limits, and is in no balance."""
        return self.write((Reserve(transfer, expires),))[0]

    def record(self, transfer: Transfer) -> Outcome:
        """Write a transfer as posted."""
        return self.write((Record(transfer),))[0]

    def post(self, transfer_id: str, at: datetime) -> Outcome:
        """Post a pending transfer, before it lapses. Posting it again answers the same."""
        return self.write((Post(transfer_id, at),))[0]

    def void(self, transfer_id: str, at: datetime) -> Outcome:
        """Give up a pending transfer. Voiding it again, or when it has lapsed, answers where it stands."""
        return self.write((Void(transfer_id, at),))[0]

    def expire(self, now: datetime) -> tuple[Standing, ...]:
        """Let everything lapse that is due; return what lapsed, in the order in which it was reserved."""
        check_moment(now, "")
        draft = Draft(self.storage)
        lapsed = tuple(
            draft.settle(standing.transfer.id, State.EXPIRED, now)[0] for standing in self.storage.due(now)
        )
        self._commit(draft)
        return lapsed

    def change_limit(self, code: str, limit: Limit | None) -> Account:
        """Give an account another limit, and return the account as it is then.

        What is beyond the new limit already may stay; it can only get nearer to it.
        Raises TransferRefused for an unknown account.
        """
        account = replace(self.account(code), limit=limit)
        draft = Draft(self.storage)
        draft.limit(account)
        self.storage.commit(draft.change())
        return account

    def close(self, day: date, at: datetime, today: date) -> Closing:
        """Close everything up to and including a day. Nothing can be booked there any more.

        at: when it is closed, in UTC. today: the same moment's day in the utility's zone, which the book
        does not know; the running day stays open. Closing the same day again answers the same.
        Raises TransferRefused: pending, while transfers booked there are; day, when a later day is closed,
        this one is not over, or today is no day that anybody has at that time.
        """
        check_moment(at, "")
        return close_period(self.storage, day, at, today)

    def account(self, code: str) -> Account:
        """Return an account. Raises TransferRefused when there is none."""
        account = self.storage.account(code)
        if account is None:
            raise TransferRefused("unknown_account", f"There is no account {code}.", account=code)
        return account

    def balance(self, code: str) -> Balance:
        """Return the four totals of an account. Raises TransferRefused when there is none."""
        return self.storage.balance(self.account(code).code)

    def standing(self, transfer_id: str) -> Standing | None:
        """Return where a transfer stands, None when there is none of this id."""
        return self.storage.standing(transfer_id)

    def _commit(self, draft: Draft) -> None:
        change = draft.change()
        if change.entries or change.accounts:
            self.storage.commit(change)


def _carry_out(draft: Draft, command: Command) -> tuple[Standing, bool]:
    if isinstance(command, Reserve):
        return draft.bring(command.transfer, State.PENDING, command.expires)
    if isinstance(command, Record):
        return draft.bring(command.transfer, State.POSTED, None)
    if isinstance(command, Post):
        return draft.settle(command.transfer_id, State.POSTED, command.at)
    if isinstance(command, Void):
        return draft.settle(command.transfer_id, State.VOIDED, command.at)
    raise FieldError("command", repr(command), "a Reserve, Record, Post or Void")


def _check_transfer(transfer: object) -> None:
    if not isinstance(transfer, Transfer):
        raise FieldError("transfer", repr(transfer), "a Transfer")
