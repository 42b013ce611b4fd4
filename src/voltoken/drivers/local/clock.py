"""Where a module at work takes time and chance from; tests give it others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""What tells the time: aware, UTC."""
Chance = Callable[[int], bytes]
"""What gives so many random bytes."""


def utc_now() -> datetime:
    """Tell the time by the machine's clock."""
    return datetime.now(UTC)
