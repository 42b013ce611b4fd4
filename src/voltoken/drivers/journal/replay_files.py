"""What the lines about centres and key files amount to, compared with their tables row by row."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Any, Final

from voltoken.drivers.journal import canonical, lines
from voltoken.drivers.journal.chain import Faults
from voltoken.drivers.journal.keyfiles import Asked, file_part, parts_of, trust_part
from voltoken.drivers.journal.rows import Rows
from voltoken.security import REQUESTS_OPEN_MAX

_TRUST: Final = "SELECT seq, version, document, by FROM trust ORDER BY seq"
_FILES: Final = "SELECT seq, centre_id, number, file_id, digest, receipt FROM key_files ORDER BY seq"
_REQUESTS: Final = "SELECT seq, request_id, centre_id, by FROM load_requests ORDER BY seq"


class FilesReplay:
    """The lines about centres so far. Raises what damaged lines bring about; ``Replay`` reports that."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        """Begin. Raises sqlite3.Error, as everything here."""
        self._connection = connection
        self._faults = faults
        self._trust = Rows(connection, _TRUST, "a list of trust", faults)
        self._files = Rows(connection, _FILES, "a key file", faults)
        self._asked = Rows(connection, _REQUESTS, "a request for keys", faults)
        self._ended = 0
        self.trust: str | None = None
        self.last: dict[str, str] = {}
        self.requests: dict[str, Asked] = {}
        self.takes: dict[str, Callable[[int, dict[str, Any]], None]] = {
            lines.TRUST_SET: self._take_trust,
            lines.LOAD_REQUESTED: self._take_request,
            lines.FILE_LOADED: self._take_file,
        }

    def _take_trust(self, seq: int, facts: dict[str, Any]) -> None:
        document = canonical.write(facts["list"])
        self._trust.compare(seq, (facts["version"], document, facts["by"]), "list of trust")
        self.trust = trust_part(seq, int(facts["version"]), document)

    def _take_request(self, seq: int, facts: dict[str, Any]) -> None:
        name, centre = facts["request_id"], facts["centre_id"]
        self._asked.compare(seq, (name, centre, facts["by"]), "request for keys")
        self.requests[str(name)] = Asked(seq, str(centre))
        while len(self.requests) > REQUESTS_OPEN_MAX:
            self._end(seq, next(iter(self.requests)))

    def _take_file(self, seq: int, facts: dict[str, Any]) -> None:
        centre, number, digest = str(facts["centre_id"]), int(facts["number"]), str(facts["digest"])
        row, receipt = self._files.take(seq), str(facts["receipt"])
        if row is not None:
            *columns, kept = row
            same = isinstance(kept, bytes) and hashlib.sha256(kept).hexdigest() == receipt
            if not same or columns != [centre, number, facts["file_id"], digest]:
                self._faults.add(f"Line {seq} says otherwise than its key file: that was changed.")
        self.last[centre] = file_part(seq, centre, number, digest, receipt)
        if facts["request_id"] is not None:
            self._end(seq, str(facts["request_id"]))

    def _end(self, seq: int, name: str) -> None:
        """A request ends: its row must say with which line."""
        asked = self.requests.pop(name, None)
        if asked is None:
            return
        self._ended += 1
        found = self._connection.execute("SELECT ended FROM load_requests WHERE seq = ?", (asked.seq,))
        for (ended,) in found:
            if ended != seq:
                self._faults.add(
                    f"Line {asked.seq} is a request for keys that ended with line {seq}: its row was changed."
                )

    def parts(self) -> list[str]:
        """Return what ``Files.parts`` gives when the tables agree with the lines so far."""
        return parts_of(self.trust, self.last, self.requests)

    def finish(self) -> None:
        """Report what stands in the tables and in no line."""
        for rows in (self._trust, self._files, self._asked):
            rows.rest()
        (ended,) = self._connection.execute(
            "SELECT count(*) FROM load_requests WHERE ended IS NOT NULL"
        ).fetchone()
        if ended != self._ended:
            self._faults.add(f"{self._ended} requests for keys ended by the log, and {ended} by their table.")
