"""Walking the chain of a log, and saying what a break in it looks like."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from voltoken.drivers.journal import canonical
from voltoken.drivers.journal.log import GENESIS, link

FAULTS_MAX: Final = 100
"""So many faults are named; one is enough to distrust a log, and the first is the one that matters."""


class Faults:
    """What is wrong, as sentences in the order in which it was found."""

    def __init__(self) -> None:
        self._named: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Add a fault."""
        if len(self._named) < FAULTS_MAX:
            self._named.append(sentence)
        else:
            self._more += 1

    def named(self) -> tuple[str, ...]:
        """Return all of them, the last of which says how many more there are."""
        return (*self._named, f"There are {self._more} more faults.") if self._more else tuple(self._named)


class Walked(NamedTuple):
    """A line of the log as it stands. line: what it says, None where that cannot be read."""

    seq: int
    line: dict[str, Any] | None
    hash: bytes


class Walk:
    """One walk over the log from its first line; ``faults`` takes what does not fit."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        self._connection = connection
        self._faults = faults
        self._before: bytes | None = GENESIS
        self._shift = 0
        self.last = 0

    def lines(self) -> Iterator[Walked]:
        """Yield all lines in order of their numbers. Raises sqlite3.Error."""
        for seq, body, digest in self._connection.execute("SELECT seq, body, hash FROM log ORDER BY seq"):
            self._number(seq)
            line = canonical.read(body)
            if not isinstance(body, str) or not isinstance(digest, bytes):
                self._faults.add(f"Line {seq} was edited: it is no text with a hash.")
                self._before = None
            else:
                self._judge(seq, line, body, digest)
                self._before = digest
            self.last = max(self.last, seq)
            yield Walked(seq, line, digest if isinstance(digest, bytes) else b"")

    def _number(self, seq: int) -> None:
        """Look for a gap before a line."""
        wanted = self.last + 1
        if seq < 1:
            self._faults.add(f"A line with the number {seq} was inserted before the first.")
        elif seq > wanted:
            gone = f"Line {wanted} is" if seq == wanted + 1 else f"Lines {wanted} to {seq - 1} are"
            self._faults.add(f"{gone} missing: deleted.")
            self._before = None  # what the next one follows from is gone

    def _judge(self, seq: int, line: dict[str, Any] | None, body: str, digest: bytes) -> None:
        """Compare a line with its number, its hash and the line before it."""
        own = None if line is None else line.get("seq")
        shift = own - seq if canonical.is_count(own) else 0
        if shift != self._shift and shift:
            self._faults.add(self._misplaced(seq, seq + shift))
        moved, self._shift = shift != self._shift, shift
        if moved or self._before is None or link(self._before, body) == digest:
            if line is None or (own != seq and not shift):
                self._faults.add(f"Line {seq} was edited: it is no line of a log.")
            return
        before = f", or line {seq - 1} was replaced together with its hash" if seq > 1 else ""
        self._faults.add(f"Line {seq} was edited{before}: its hash does not fit.")

    def _misplaced(self, seq: int, own: int) -> str:
        """Say how a line that was written under another number may have come here."""
        found = self._connection.execute("SELECT body FROM log WHERE seq = ?", (own,)).fetchone()
        there = None if found is None else canonical.read(found[0])
        if there is not None and there.get("seq") == seq:
            return f"Line {seq} holds what was line {own}, and the other way round: they were reordered."
        if own > seq:
            return f"Line {seq} holds what was line {own}: lines before it were deleted, the rest renumbered."
        return f"Line {seq} holds what was line {own}: a line was inserted before it."
