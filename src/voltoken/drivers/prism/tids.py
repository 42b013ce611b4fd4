"""Which TID a call gets: its own, or one that the server makes for clients that have none.

With ``TID_ADJUST_BDT`` the caller gives minutes since 1993 and its TID is taken as it is. Otherwise the
server takes the next free one of the meter, from the module's clock or the caller's, and 00:01 of the day for
special tokens. Two that make TIDs for one meter will one day make the same one, so the server makes none for
supply groups that a vending database of ours serves.

Source: the flags as public descriptions of the interface have them; IEC 62055-41 clause 6.3.5 for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Final, Protocol

from voltoken.drivers.prism.codes import PERMISSION, fault
from voltoken.errors import FieldError
from voltoken.security import KeyRegister
from voltoken.sts import TID, BaseDate, MeterPAN, TIDClock

_MINUTE: Final = timedelta(minutes=1)
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)


class IssueFlags(IntFlag):
    """How ``tokenTime`` is meant; 0 is the module's clock."""

    EXTERNAL_CLOCK = 1
    """It is the time, in seconds since 1970."""
    TID_ADJUST_BDT = 2
    """It is the TID, in minutes since 1993 whatever the base date; goes with no other flag."""
    SPECIAL_RESERVED = 4
    """The token gets the reserved minute of the day."""


@dataclass(frozen=True, slots=True)
class TokenTime:
    """The time of a call. flags, value: as on the wire; raises FieldError for flags that exclude another."""

    flags: IssueFlags
    value: int

    def __post_init__(self) -> None:
        """Check the flags."""
        if self.is_own and self.flags != IssueFlags.TID_ADJUST_BDT:
            raise FieldError("flags", int(self.flags), "TID_ADJUST_BDT (2) alone, or a sum of the others")

    @property
    def is_own(self) -> bool:
        """Whether the caller brings its own TID."""
        return IssueFlags.TID_ADJUST_BDT in self.flags

    @property
    def is_special(self) -> bool:
        """Whether the reserved minute is asked for."""
        return IssueFlags.SPECIAL_RESERVED in self.flags

    def moment(self, now: datetime) -> datetime:
        """Return the time to count from. Raises FieldError for one that no calendar has."""
        if IssueFlags.EXTERNAL_CLOCK not in self.flags:
            return now
        try:
            return _UNIX + timedelta(seconds=self.value)
        except OverflowError:
            raise FieldError("tokenTime", self.value, "seconds since 1970") from None


def to_token_time(tid: TID, base_date: BaseDate) -> int:
    """Return a TID as minutes since 1993."""
    return _offset(base_date) + int(tid)


def own_tid(minutes: int, base_date: BaseDate) -> TID:
    """Return the TID that minutes since 1993 are on a base date. Raises FieldError outside its range."""
    tid = minutes - _offset(base_date)
    if not TID.LOW <= tid <= TID.HIGH:
        begin = _offset(base_date)
        raise FieldError(
            "tokenTime",
            minutes,
            f"{begin} to {begin + TID.HIGH}: the key counts from {base_date.instant.year}",
        )
    return TID(tid)


class TIDBook(Protocol):
    """Knows all TIDs that were used; the journal of a module does. Thread-safe."""

    def last(self, pan: MeterPAN, base_date: BaseDate) -> int | None:
        """Return the greatest TID that a meter was given under a base date by anyone, None when none was."""


@dataclass(frozen=True, slots=True)
class TIDSource:
    """Makes TIDs for clients that have none. own_sgcs: the supply groups it makes none for."""

    book: TIDBook
    clock: Callable[[], datetime]
    own_sgcs: frozenset[str]

    def next_tid(self, time: TokenTime, pan: MeterPAN, register: KeyRegister) -> TID:
        """Return the TID for a call without one; the caller lets in one call for a meter at a time.

        Raises ModuleRefused for a supply group that others make TIDs for; FieldError, KeyRefused and
        RuleError as ``TIDClock`` does.
        """
        if register.ref.sgc in self.own_sgcs:
            raise fault(
                PERMISSION,
                f"Supply group {register.ref.sgc} has a vending database that makes its TIDs. Send "
                "TID_ADJUST_BDT with one of them.",
            )
        clock, moment = TIDClock(register.base_date), time.moment(self.clock())
        if time.is_special:
            return clock.special_tid_on(moment)
        return clock.next_tid(self.book.last(pan, register.base_date), moment)


def _offset(base_date: BaseDate) -> int:
    return (base_date.instant - BaseDate.BD1993.instant) // _MINUTE
