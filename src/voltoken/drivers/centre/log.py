"""The log of a centre as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.file import readable
from voltoken.drivers.centre.lines import read_line
from voltoken.drivers.journal import canonical


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. facts: what it says. alarm: a person should look at it."""

    seq: int
    at: datetime
    kind: str
    facts: Mapping[str, Any]
    alarm: bool


def read_log(centre: Centre, from_seq: int = 1) -> Iterator[LogLine]:
    """Yield the lines of an open centre's log from one on, in order. Raises CentreFileError."""
    with readable("The centre's file"):
        rows = centre.store.connection.execute(
            "SELECT seq, body FROM log WHERE seq >= ? ORDER BY seq", (from_seq,)
        )
        for seq, body in rows:
            event, at = read_line(canonical.read(body), seq)
            yield LogLine(seq, at, event.kind, event.facts, event.alarm)
