"""Token identifier (TID): the minute a token was issued in, which is what makes it usable only once.

24 bits of whole minutes since the base date of the vending key (IEC 62055-41 clause 6.3.5). Edition 3
counts in UTC; older sites counted local wall-clock time, which a fixed offset expresses. No time zone
rules and no daylight saving exist here. The minute 00:01 of each day is reserved for special tokens (such
as a free monthly allowance): an ordinary token asked for then takes 00:02.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from voltoken.errors import FieldError, KeyRefused, RuleError
from voltoken.sts.fields import BaseDate, BoundedInt

TID_MAX: Final = 0xFFFFFF
"""The last TID of a base date, reached on 24 November 2024, 2045 and 2066 at 20:15."""

MINUTES_PER_DAY: Final = 1440
RESERVED_MINUTE: Final = 1
"""Minute of the day whose TID is reserved for special tokens: 00:01."""

LEAD_DEFAULT: Final = timedelta(days=1)
"""How far the next TID may run ahead of the clock before issuing is refused."""

_MINUTE: Final = timedelta(minutes=1)
_ZERO: Final = timedelta()
_OFFSET_MAX: Final = timedelta(hours=14)


def _is_reserved(minutes: int) -> bool:
    """Whether a count of minutes since a base date falls on 00:01."""
    return minutes % MINUTES_PER_DAY == RESERVED_MINUTE


class TID(BoundedInt):
    """Token identifier: 0 to 16 777 215 minutes since a base date."""

    __slots__ = ()
    FIELD = "tid"
    LOW = 0
    HIGH = TID_MAX

    @property
    def is_reserved(self) -> bool:
        """Whether this is the 00:01 value of a day, kept for special tokens."""
        return _is_reserved(self)


@dataclass(frozen=True, slots=True)
class TIDClock:
    """How one site counts TIDs: base date, offset from UTC, and the least TID it may issue.

    base_date: of the vending key.
    utc_offset: 0 for UTC (the rule of edition 3); a fixed number of whole minutes, at most 14 hours
        either way, for a legacy site that counts local standard time.
    floor: least TID that may still be issued. Set it to one more than the last TID issued when a site
        moves its offset (for example from +2 h to UTC), because its clock then repeats minutes.
    Raises FieldError for an offset that is not whole minutes or too large, or a base date of another type.
    """

    base_date: BaseDate
    utc_offset: timedelta = _ZERO
    floor: TID = TID(0)

    def __post_init__(self) -> None:
        if self.base_date.__class__ is not BaseDate:
            raise FieldError("base_date", self.base_date, "a BaseDate")
        if self.utc_offset % _MINUTE or abs(self.utc_offset) > _OFFSET_MAX:
            raise FieldError("utc_offset", str(self.utc_offset), "whole minutes between -14:00 and +14:00")

    def tid_at(self, moment: datetime) -> TID:
        """Return the TID of an ordinary token issued at moment.

        moment: aware datetime; seconds are dropped. The reserved minute gives the TID of 00:02.
        The floor is not looked at; ``next_tid`` does.
        Raises FieldError for a naive moment; KeyRefused (``before_base_date``, ``tid_exhausted``) outside
        the range of the base date.
        """
        minutes = self._minutes(moment)
        if _is_reserved(minutes):
            minutes += 1
        return self._checked(minutes)

    def special_tid_on(self, moment: datetime) -> TID:
        """Return the reserved TID (00:01) of the day moment lies in, for a special token.

        One meter can accept at most one such token per day. Raises as ``tid_at`` does.
        """
        minutes = self._minutes(moment)
        self._checked(minutes)
        return self._checked(minutes - minutes % MINUTES_PER_DAY + RESERVED_MINUTE)

    def moment_of(self, tid: int) -> datetime:
        """Return the minute that tid stands for, as an aware datetime at the site's offset."""
        zone = timezone(self.utc_offset)
        return self.base_date.instant.replace(tzinfo=zone) + TID(tid) * _MINUTE

    @property
    def last_moment(self) -> datetime:
        """The last minute this base date can number."""
        return self.moment_of(TID_MAX)

    def next_tid(self, last: int | None, now: datetime, lead_max: timedelta = LEAD_DEFAULT) -> TID:
        """Return the TID for the next token of a meter: ``max(now, last + 1, floor)``, never 00:01.

        last: greatest TID ever given to this meter under this base date by anyone, or None.
        now: aware datetime.
        lead_max: how far the answer may lie ahead of the clock (or of the floor, while that is ahead).
            A greater lead means a wrong clock, now or earlier; going on would keep it wrong for ever.
        Raises RuleError (``tid_lead``) beyond the lead; otherwise as ``tid_at``.
        """
        earliest = max(self.tid_at(now), self.floor)
        wanted = earliest if last is None else max(earliest, TID(last) + 1)
        if _is_reserved(wanted):
            wanted += 1
        if (wanted - earliest) * _MINUTE > lead_max:
            raise RuleError(
                "tid_lead",
                f"The next TID of this meter, {wanted}, lies {wanted - earliest} minutes ahead of the "
                f"clock; at most {lead_max // _MINUTE} are allowed. A clock is or was wrong: check it, "
                "and the meter's last token, before selling on.",
                tid=wanted,
                lead_minutes=wanted - earliest,
            )
        return self._checked(wanted)

    def _minutes(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            raise FieldError(
                "moment",
                moment.isoformat(),
                "a datetime with a time zone",
                "Use datetime.now(UTC) or give one its tzinfo.",
            )
        return (moment - self.base_date.instant + self.utc_offset) // _MINUTE

    def _checked(self, minutes: int) -> TID:
        if minutes < 0:
            raise KeyRefused(
                "before_base_date",
                f"The time lies before the base date 1 January {self.base_date.instant.year} of the "
                "vending key; use a key with an earlier base date or check the clock.",
                base_date=self.base_date.value,
            )
        if minutes > TID_MAX:
            raise KeyRefused(
                "tid_exhausted",
                f"Base date {self.base_date.instant.year} ran out of TIDs on "
                f"{self.last_moment:%d %B %Y at %H:%M}; move the meter to a vending key with a later base "
                "date by key change tokens with the roll-over bit.",
                base_date=self.base_date.value,
            )
        return TID(minutes)
