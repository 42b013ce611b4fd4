"""What the lines of a log amount to, compared with the tables row by row.

The log is replayed: which rows there must be, what the counters add up to, which keys and approvals there
are. Every row of a table bears the number of its line, so both are read side by side, in constant memory
but for keys, counters and open approvals, of which there are few.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any, Final

from voltoken.drivers.journal import canonical, lines
from voltoken.drivers.journal.chain import Faults, Walked
from voltoken.drivers.journal.replay_files import FilesReplay
from voltoken.drivers.journal.rows import Rows
from voltoken.errors import JournalError

_ISSUED: Final = (
    "SELECT seq, request_id, client, kind, digest, pan, key, base_date, tid, attempt, units, money, answer"
    " FROM issued ORDER BY seq"
)
_MOVES: Final = "SELECT seq, request_id, pan, move FROM moves ORDER BY seq"
_TRIED: Final = "SELECT seq, pan, client, day FROM tried ORDER BY seq"
_APPROVALS: Final = "SELECT seq, request_id, request_hash, until, by, reason FROM approvals ORDER BY seq"


class Replay:
    """The log so far. ``take`` every line in order, then ``finish``."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        """Begin. Raises sqlite3.Error, as everything here."""
        self._connection = connection
        self._faults = faults
        self._issued = Rows(connection, _ISSUED, "an answered request", faults)
        self._moves = Rows(connection, _MOVES, "a key change", faults)
        self._tried = Rows(connection, _TRIED, "an unknown token", faults)
        self._approvals = Rows(connection, _APPROVALS, "an approval", faults)
        self._files = FilesReplay(connection, faults)
        self.issued = 0
        self.root = ""
        self.marks = 0
        self.counters: dict[str, tuple[int, int]] = {}
        self.keys: dict[str, tuple[int, str]] = {}
        self.revoked: dict[str, tuple[int, str]] = {}
        self.approvals: dict[str, tuple[int, str]] = {}
        self.used = 0

    def take(self, walked: Walked) -> None:
        """Take in a line and compare its row."""
        line = walked.line
        kind = None if line is None else line.get("kind")
        facts = None if line is None else line.get("facts")
        if not isinstance(kind, str) or not isinstance(facts, dict) or not lines.is_reserved(kind):
            return
        try:
            self._take(walked.seq, kind, facts)
        except (KeyError, TypeError, ValueError, OverflowError, sqlite3.ProgrammingError, JournalError):
            self._faults.add(f"Line {walked.seq} was edited: it does not say what a line of its kind says.")

    def _take(self, seq: int, kind: str, facts: dict[str, Any]) -> None:
        if kind.startswith(lines.ISSUED):
            self._take_issued(seq, kind.removeprefix(lines.ISSUED), facts)
        elif kind == lines.KEY_MOVED:
            move = facts["request_id"], facts["pan"], canonical.write(facts)
            self._moves.compare(seq, move, "key change")
        elif kind == lines.TRIED:
            tried = facts["pan"], facts["client"], facts["day"]
            self._tried.compare(seq, tried, "unknown token")
        elif kind == lines.GRANTED:
            granted = tuple(facts[name] for name in ("request_id", "request_hash", "until", "by", "reason"))
            self._approvals.compare(seq, granted, "approval")
            self._end_approval(seq, _text(facts["request_id"]))
            self.approvals[facts["request_id"]] = seq, canonical.write(facts)
        elif kind == lines.USED:
            self._end_approval(seq, _text(facts["request_id"]))
        elif kind in (lines.KEY_LOADED, lines.KEY_REFRESHED):
            self.keys[_text(facts["key"])] = seq, _text(facts["row"])
            self.revoked.pop(facts["key"], None)
        elif kind == lines.KEY_DELETED:
            del (self.keys if facts["key"] in self.keys else self.revoked)[facts["key"]]
        elif kind == lines.KEY_REVOKED:
            del self.keys[facts["key"]]
            self.revoked[facts["key"]] = seq, canonical.write(facts)
        elif kind in self._files.takes:
            self._files.takes[kind](seq, facts)
        else:
            self._take_own(seq, kind, facts)

    def _take_own(self, seq: int, kind: str, facts: dict[str, Any]) -> None:
        """Take in a line of the journal about itself."""
        if (kind == lines.CREATED) != (seq == 1):
            self._faults.add(f"Line {seq} says that the journal was made, which only the first line may say.")
        self.root = _text(facts["root"])

    def _take_issued(self, seq: int, kind: str, facts: dict[str, Any]) -> None:
        self.issued += 1
        key, units, money = facts["key"], _count(facts["units"]), _count(facts["money"])
        if key is not None and (units or money):
            before = self.counters.get(_text(key), (0, 0))
            self.counters[key] = before[0] + units, before[1] + money
        marks = {bytes.fromhex(mark) for mark in facts["marks"]} if facts["pan"] is not None else set()
        self.marks += len(marks)
        row = self._issued.take(seq)
        if row is None:
            return
        *columns, answer = row
        digest = bytes.fromhex(facts["digest"])
        where = facts["pan"], key, facts["base_date"], facts["tid"], facts["attempt"], units, money
        same = columns == [facts["request_id"], facts["client"], kind, digest, *where]
        if not same or hashlib.sha256(answer).hexdigest() != facts["answer"]:
            self._faults.add(f"Line {seq} says otherwise than its answered request: that was changed.")
        for mark in marks:
            found = "SELECT 1 FROM marks WHERE pan = ? AND mark = ? AND seq = ?"
            if not self._connection.execute(found, (facts["pan"], mark, seq)).fetchone():
                self._faults.add(f"Line {seq} has a mark that is not in the table of marks: removed.")

    def _end_approval(self, seq: int, request_id: str) -> None:
        """An approval ends: its row must say with which line."""
        granted = self.approvals.pop(request_id, None)
        if granted is None:
            return
        self.used += 1
        found = self._connection.execute("SELECT used FROM approvals WHERE seq = ?", (granted[0],)).fetchone()
        if found is not None and found[0] != seq:
            self._faults.add(
                f"Line {granted[0]} is an approval that ended with line {seq}: its row was changed."
            )

    def state(self) -> bytes:
        """Return what ``Standing.digest`` gives when the tables agree with the lines so far."""
        parts = [f"root|{self.root}", f"issued|{self.issued}"]
        parts += [f"key|{name}|{seq}|{row}" for name, (seq, row) in sorted(self.keys.items())]
        parts += [f"revoked|{seq}|{facts}" for _, (seq, facts) in sorted(self.revoked.items())]
        parts += [f"counter|{name}|{units}|{money}" for name, (units, money) in sorted(self.counters.items())]
        parts += [f"approval|{seq}|{facts}" for _, (seq, facts) in sorted(self.approvals.items())]
        parts += self._files.parts()
        return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).digest()

    def finish(self) -> None:
        """Report what stands in the tables and in no line, and what does not add up."""
        for rows in (self._issued, self._moves, self._tried, self._approvals):
            rows.rest()
        self._files.finish()
        self._finish_counts()
        self._finish_counters()
        self._finish_keys()
        self._finish_revoked()

    def _finish_counts(self) -> None:
        (marks,) = self._connection.execute("SELECT count(*) FROM marks").fetchone()
        if marks > self.marks:
            self._faults.add(f"The table of marks has {marks - self.marks} that no line has: added.")
        (used,) = self._connection.execute("SELECT count(*) FROM approvals WHERE used IS NOT NULL").fetchone()
        if used != self.used:
            self._faults.add(f"{self.used} approvals ended by the log, and {used} by their table: changed.")

    def _finish_counters(self) -> None:
        found = {
            name: (units, money)
            for name, units, money in self._connection.execute("SELECT key, units, money FROM counters")
        }
        for name in sorted({str(name) for name in found} | self.counters.keys()):
            summed, kept = self.counters.get(name, (0, 0)), found.get(name, (0, 0))
            if summed != kept:
                self._faults.add(
                    f"The counters of {_shown(name)} are {kept[0]} units and {kept[1]} money; "
                    f"the lines add up to {summed[0]} and {summed[1]}."
                )

    def _finish_keys(self) -> None:
        found = {}
        rows = self._connection.execute("SELECT key, seq, register, sealed, centre FROM keys")
        for name, seq, register, sealed, centre in rows:
            whole = isinstance(register, str) and isinstance(sealed, bytes) and isinstance(centre, str | None)
            found[str(name)] = seq, lines.row_hash(register, sealed, centre) if whole else ""
        for name in sorted(found.keys() | self.keys.keys()):
            wanted, shown = self.keys.get(name), _shown(name)
            if wanted is None:
                self._faults.add(f"No line loaded the key {shown}: it was added.")
            elif name not in found:
                self._faults.add(f"Line {wanted[0]} loaded the key {shown}, and it is gone: removed.")
            elif found[name] != wanted:
                self._faults.add(f"Line {wanted[0]} loaded the key {shown} otherwise: its row was changed.")

    def _finish_revoked(self) -> None:
        rows = self._connection.execute("SELECT key, seq, facts FROM revoked")
        found = {str(name): (seq, facts) for name, seq, facts in rows}
        for name in sorted(found.keys() | self.revoked.keys()):
            wanted, shown = self.revoked.get(name), _shown(name)
            if wanted is None:
                self._faults.add(f"No line says that a file revoked the key {shown}: its row was added.")
            elif name not in found:
                self._faults.add(f"Line {wanted[0]} revoked the key {shown}, and its row is gone: removed.")
            elif found[name] != wanted:
                self._faults.add(f"Line {wanted[0]} revoked the key {shown} otherwise: its row was changed.")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if not canonical.is_count(value):
        raise TypeError
    return value


def _shown(name: str) -> str:
    """Return a name that somebody may have put in, fit to be shown."""
    return ascii(name[:40])[1:-1]
