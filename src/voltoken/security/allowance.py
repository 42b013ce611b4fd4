"""How fast each client may ask: a token bucket in whole numbers.

This is the one thing a module does not keep on the disk. A restart fills the buckets; the limits and caps
that protect money survive it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_MICROSECOND: Final = timedelta(microseconds=1)
_BETWEEN_LINES: Final = timedelta(minutes=1)
_ONE: Final = 1_000_000
"""What one request takes out of a bucket; a client's rate is what flows in every microsecond."""


@dataclass(slots=True)
class Allowance:
    """What a client may still ask for.

    level: millionths of a request, at a moment. refused: requests since the last line of the log about
    them, which was told_at.
    """

    level: int
    at: datetime
    refused: int = 0
    told_at: datetime | None = None

    def take(self, now: datetime, rate: int, burst: int) -> bool:
        """Take one request out of the bucket. rate: requests a second. burst: what the bucket holds."""
        passed = max((now - self.at) // _MICROSECOND, 0)  # a clock that goes back gives nothing
        self.level = min(self.level + passed * rate, burst * _ONE)
        self.at = now
        if self.level < _ONE:
            return False
        self.level -= _ONE
        return True


class Allowances:
    """The buckets of all clients, each full when the client is first seen."""

    def __init__(self) -> None:
        self._buckets: dict[str, Allowance] = {}

    def take(self, client: str, now: datetime, rate: int, burst: int) -> bool:
        """Take one request out of a client's bucket; False when there is none left."""
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = Allowance(burst * _ONE, now)
        return bucket.take(now, rate, burst)

    def refuse(self, client: str, now: datetime) -> int:
        """Count a refused request. Returns 0, or how many a line of the log is now to tell of.

        A flood of refusals must not become a flood of lines: there is one at once, then one a minute.
        """
        bucket = self._buckets[client]
        bucket.refused += 1
        if bucket.told_at is not None and abs(now - bucket.told_at) < _BETWEEN_LINES:
            return 0
        count, bucket.refused, bucket.told_at = bucket.refused, 0, now
        return count
