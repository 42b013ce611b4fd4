"""Where a module at work takes time and chance from; tests give it others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""What tells the time: aware, UTC."""
Chance = Callable[[int], bytes]
"""What gives so many random bytes."""


def utc_now() -> datetime:
    """Tell the time by the machine's clock."""
    return datetime.now(UTC)


def shifted(clock: Clock, days: int) -> Clock:
    """Return a clock that shows another day, and the same time of day: that of a module in rehearsal."""
    if not days:
        return clock
    shift = timedelta(days=days)
    return lambda: clock() + shift
