"""Parts of a profile that a meter has or has not: lockout, emergency credit, friendly hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from voltoken.meter.ranges import check_types, check_whole, check_within


@dataclass(frozen=True, slots=True)
class Lockout:
    """The waiting time after wrong tokens: after so many in a row, first_s seconds, doubled by each more.

    after: 1 to 255. first_s, max_s: seconds. ends_with_power: a power cycle ends it, as with meters that
    count in volatile memory; false is the safer choice. counts_authentic: used, old and otherwise refused
    tokens of this meter count as well as wrong digits do. Raises FieldError outside these ranges.
    Source: one manufacturer's guide (3, 10 s, 1280 s, ends with power).
    """

    after: int = 3
    first_s: int = 10
    max_s: int = 1280
    ends_with_power: bool = True
    counts_authentic: bool = True

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(self, ("after", 1, 255), ("first_s", 1, 86_400))
        check_whole(self, ("max_s", self.first_s, 86_400))
        check_types(self, bool, "ends_with_power", "counts_authentic")

    def delay_s(self, failures: int) -> int:
        """Return the seconds to wait after so many failures in a row."""
        if failures < self.after:
            return 0
        return min(self.first_s << min(failures - self.after, 20), self.max_s)


@dataclass(frozen=True, slots=True)
class Emergency:
    """Credit lent at the press of a code. amount: counts lent. threshold: counts from which it is offered."""

    amount: int
    threshold: int

    def __post_init__(self) -> None:
        """Check both values."""
        check_whole(self, ("amount", 1, 10**15), ("threshold", 0, 10**15))


@dataclass(frozen=True, slots=True)
class FriendlyHours:
    """Hours in which the supply is not cut for want of credit.

    days: ISO weekdays, 1 Monday to 7 Sunday, on which they begin. start, end: minutes of the day, 0 to
    1440; an end not after the start lies on the next day. Raises FieldError outside these ranges.
    """

    days: tuple[int, ...]
    start: int
    end: int

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(self, ("start", 0, 1440), ("end", 0, 1440))
        check_within("days", self.days, range(1, 8))

    def cover(self, local: datetime) -> bool:
        """Whether a local time lies within them."""
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return local.isoweekday() in self.days and self.start <= minute < self.end
        if minute >= self.start:
            return local.isoweekday() in self.days
        return minute < self.end and (local - timedelta(days=1)).isoweekday() in self.days
