"""Transfers: amounts that move between accounts together, made once and never changed.

A transfer has any number of legs, which add up to zero in each currency. Its caller makes its id, so that it
can be sent again after a lost answer. What becomes of it stands beside it, in entries that are only ever
added: it is reserved and then posted, voided or expired, or it is posted at once. A mistake is put right by
another transfer, the opposite of the first.

The two phases, the caller's id and the answer to a resend follow what TigerBeetle documents of its own data
model; legs are ours, where that has pairs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

from voltoken.errors import TransferRefused
from voltoken.money import Currency, Money

AMOUNT_MAX: Final = 10**17
"""Largest amount of one leg, in the smallest coin."""

DAY_MIN: Final = date(1970, 1, 1)
"""The first day that can be booked on."""

ID_MAX: Final = 64
"""Longest id of a transfer, in characters."""

LEGS_MAX: Final = 1000
"""Most legs of a transfer."""

TEXT_MAX: Final = 200
"""Longest reference or note, in characters."""

_ID: Final = re.compile(r"[!-~]{1,64}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ZERO: Final = timedelta(0)


class State(Enum):
    """What has become of a transfer."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class Leg(NamedTuple):
    """One side of a transfer. amount: in the smallest coin of currency, a debit positive, never 0."""

    account: str
    amount: int
    currency: Currency

    @classmethod
    def debit(cls, account: str, money: Money) -> Leg:
        """Make a leg that debits an account."""
        return cls(account, money.minor, money.currency)

    @classmethod
    def credit(cls, account: str, money: Money) -> Leg:
        """Make a leg that credits an account."""
        return cls(account, -money.minor, money.currency)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Amounts that move together.

    id: made by the caller, 1 to 64 printable ASCII characters without blanks; unique in the book for ever.
    kind: what it is, e.g. ``credit_vend``: a small letter, then up to 39 small letters, digits and ``_``.
    at: when, in UTC. day: the day in the utility's zone, which decides the period.
    legs: 2 to 1000; no amount is 0, no account comes twice, and each currency adds up to zero.
    reference, note: printable text of at most 200 characters: the caller's own number, and words.
    corrects: the id of the transfer that this one reverses.
    Raises TransferRefused with the reasons id, kind, at, day, text, legs, amount, account_twice, unbalanced.
    """

    id: str
    kind: str
    at: datetime
    day: date
    legs: tuple[Leg, ...]
    reference: str = ""
    note: str = ""
    corrects: str | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_id(self.id)
        if not isinstance(self.kind, str) or not _KIND.fullmatch(self.kind):
            raise _refused(
                "kind", self.id, "its kind must be a word such as credit_vend, of at most 40 characters"
            )
        check_moment(self.at, self.id)
        if self.day.__class__ is not date or self.day < DAY_MIN:
            raise _refused(
                "day", self.id, f"its day must be a date, from {DAY_MIN} on, in the utility's zone"
            )
        for text in (self.reference, self.note):
            if not isinstance(text, str) or len(text) > TEXT_MAX or not text.isprintable():
                raise _refused(
                    "text", self.id, f"reference and note must be printable, of at most {TEXT_MAX} characters"
                )
        if self.corrects is not None:
            check_id(self.corrects)
        self._check_legs()

    def _check_legs(self) -> None:
        legs = self.legs
        if legs.__class__ is not tuple or not 2 <= len(legs) <= LEGS_MAX:
            raise _refused("legs", self.id, f"it must have 2 to {LEGS_MAX} legs, in a tuple")
        sums: dict[tuple[str, int], int] = {}
        seen = set()
        for leg in legs:
            if leg.__class__ is not Leg or leg[0].__class__ is not str or leg[2].__class__ is not Currency:
                raise _refused("legs", self.id, "each leg must be a Leg with an account and a currency")
            account, amount, currency = leg
            if amount.__class__ is not int or amount == 0 or not -AMOUNT_MAX <= amount <= AMOUNT_MAX:
                raise _refused(
                    "amount",
                    self.id,
                    f"the amount of {account} must be a whole number other than 0, at most {AMOUNT_MAX}; "
                    "leave out what does not move",
                )
            seen.add(account)
            key = currency.code, currency.places
            sums[key] = sums.get(key, 0) + amount
        if len(seen) != len(legs):
            raise _refused("account_twice", self.id, "an account has two legs; add them up to one")
        for (code, places), total in sums.items():
            if total:
                shown = f"{Currency(code, places).decimal(total):+f} {code}"
                raise _refused(
                    "unbalanced",
                    self.id,
                    f"its legs must add up to zero in each currency, and come to {shown}; look for a leg "
                    "that is missing or has the wrong sign",
                )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the book: a transfer took a state. Entries are numbered without gaps and never changed.

    number: from 1. at: when it was written, in UTC. expires: of a pending one, None for never.
    """

    number: int
    transfer: Transfer
    state: State
    at: datetime
    expires: datetime | None = None


class Standing(NamedTuple):
    """Where a transfer stands. first: the entry it came with. latest: the entry that is true now."""

    first: Entry
    latest: Entry

    @property
    def transfer(self) -> Transfer:
        """The transfer."""
        return self.first.transfer

    @property
    def state(self) -> State:
        """Its state now."""
        return self.latest.state

    @property
    def expires(self) -> datetime | None:
        """When it lapses if it is still pending by then; None for never."""
        return self.first.expires

    def lapsed(self, at: datetime) -> bool:
        """Return whether it is still pending, and due to expire by then."""
        return self.state is State.PENDING and self.expires is not None and self.expires <= at


def reversal_of(
    transfer: Transfer, *, new_id: str, at: datetime, day: date, note: str = "", kind: str = "reversal"
) -> Transfer:
    """Return the opposite of a transfer, which takes back all it did.

    new_id, at, day: of the new one; it is booked on a day that is still open, whenever the first one was.
    """
    legs = tuple(Leg(leg.account, -leg.amount, leg.currency) for leg in transfer.legs)
    return Transfer(new_id, kind, at, day, legs, transfer.reference, note, transfer.id)


def check_id(transfer_id: object) -> None:
    """Check the id of a transfer. Raises TransferRefused with the reason id."""
    if not isinstance(transfer_id, str) or not _ID.fullmatch(transfer_id):
        raise TransferRefused(
            "id",
            f"The id of a transfer must be 1 to {ID_MAX} printable ASCII characters without blanks; "
            "make one and keep it, so that you can send the same transfer again.",
        )


def check_moment(at: object, transfer_id: str) -> None:
    """Check that a time is in UTC. Raises TransferRefused with the reason at."""
    if not isinstance(at, datetime) or (at.tzinfo is not UTC and at.utcoffset() != _ZERO):
        raise TransferRefused(
            "at", "Times in the book must be datetimes in UTC, with their zone.", id=transfer_id
        )


def check_date(*days: object) -> None:
    """Check that days are dates without a time. Raises TransferRefused with the reason day."""
    for day in days:
        if day.__class__ is not date:
            raise TransferRefused("day", "A day of the book is a date, without a time and a zone.")


def _refused(reason: str, transfer_id: str, rule: str) -> TransferRefused:
    return TransferRefused(reason, f"Transfer {transfer_id}: {rule}.", id=transfer_id)
