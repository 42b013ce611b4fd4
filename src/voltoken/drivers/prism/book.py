"""What a server has to remember beside the module: the meter of each message, and the last TID of a meter.

The interface asks for both: ``fetchTokenResult`` names a message and wants the meter told again, and clients
without a TID of their own want one that nobody had. The module's journal knows the TIDs; whoever wires a
server gives it a ``Book`` that lasts as long as the journal.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, Protocol

from voltoken.security import MeterId
from voltoken.sts import TID, BaseDate, MeterPAN

_KEPT: Final = 100_000


class Book(Protocol):
    """What a server remembers; thread-safe."""

    def last_tid(self, pan: MeterPAN, base_date: BaseDate) -> int | None:
        """Return the greatest TID that a meter was given under a base date by anyone, None when none was."""

    def took_tid(self, pan: MeterPAN, base_date: BaseDate, tid: TID) -> None:
        """Note that a token with this TID was made. A book that reads the journal knows it already."""

    def note(self, client: str, message_id: str, meter: MeterId) -> None:
        """Note, before anything is made, which meter a message is about; on the disk, where there is one."""

    def meter_of(self, client: str, message_id: str) -> MeterId | None:
        """Return which meter a client's message was about, None when there is no note."""


class MemoryBook:
    """A book that ends with its process: for tests and demonstrations. It keeps the last 100 000 messages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._meters: OrderedDict[tuple[str, str], MeterId] = OrderedDict()
        self._tids: dict[tuple[str, str], int] = {}

    def last_tid(self, pan: MeterPAN, base_date: BaseDate) -> int | None:
        """Return the greatest TID noted."""
        with self._lock:
            return self._tids.get((pan, base_date))

    def took_tid(self, pan: MeterPAN, base_date: BaseDate, tid: TID) -> None:
        """Note a TID."""
        with self._lock:
            self._tids[pan, base_date] = max(self._tids.get((pan, base_date), 0), int(tid))

    def note(self, client: str, message_id: str, meter: MeterId) -> None:
        """Note a message; the oldest makes room."""
        with self._lock:
            self._meters[client, message_id] = meter
            if len(self._meters) > _KEPT:
                self._meters.popitem(last=False)

    def meter_of(self, client: str, message_id: str) -> MeterId | None:
        """Return the meter of a message."""
        with self._lock:
            return self._meters.get((client, message_id))
