"""Checking a whole centre without any key, while it works or on a copy: chain, heads, signatures of people.

An empty list of faults says: no line was edited, deleted, inserted or reordered since the heads that are at
hand, and everything in the registers follows from what people signed. It cannot say that the last lines,
after the last head that a witness has, are all there: so keep a witness.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from voltoken.drivers.centre import schema
from voltoken.drivers.centre.file import BROKEN, FILE, connect_to_look, readable
from voltoken.drivers.centre.lines import hash_of
from voltoken.drivers.centre.reading import ALL_HEADS, Found, check_head, heads, read_all
from voltoken.drivers.journal.chain import Faults, Walk
from voltoken.drivers.journal.witness import read_witness
from voltoken.errors import CentreFileError, FieldError


@dataclass(frozen=True, slots=True)
class Report:
    """What a check has found. faults: as sentences; none is what it should be.

    lines, heads, requests: how many were checked. fingerprint: of the registers, empty with faults.
    """

    centre_id: str
    lines: int
    heads: int
    requests: int
    fingerprint: str
    faults: tuple[str, ...]


def verify_centre(place: Path, *, witness: Path | None = None, public_key: str | None = None) -> Report:
    """Check a centre from its first line to its last.

    place: its folder, or a copy of its file. witness: the file of a FileWitness. public_key: of the centre's
    log, in hex, as it was written down when the centre was made.
    Raises CentreFileError when it is no centre's file, or of another version; FieldError for public_key.
    """
    pinned = None if public_key is None else _key(public_key)
    path = place / FILE if place.is_dir() else place
    if not path.exists():
        raise CentreFileError(f"There is no centre in {place.name}. Name its folder, or its file.")
    with readable(path.name), closing(connect_to_look(path)) as connection:
        schema.check_current(connection, path.name)
        check = _Check(connection)
        try:
            check.run(witness, pinned)
        except BROKEN as error:
            check.faults.add(f"The file is so damaged that it cannot be read: {ascii(str(error))[1:-1]}.")
        return check.report()


class _Check:
    """One check of one centre."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.faults = Faults()
        self.found = Found()
        self.lines = 0
        self.heads = 0

    def run(self, witness: Path | None, pinned: bytes | None) -> None:
        for _ in Walk(self.connection, self.faults).lines():
            self.lines += 1
        if not self.faults.named():
            self._judge(witness, pinned)
        for (found,) in self.connection.execute("PRAGMA integrity_check(10)"):
            if found != "ok":
                self.faults.add(f"The file is damaged: {found!s:.200}.")

    def report(self) -> Report:
        faults, state = self.faults.named(), self.found.state
        fingerprint = "" if faults else state.fingerprint()
        return Report(state.centre_id, self.lines, self.heads, len(state.requests), fingerprint, faults)

    def _judge(self, witness: Path | None, pinned: bytes | None) -> None:
        """Check what a sound chain says."""
        try:
            self.found = read_all(self.connection, schema.VERSION)
            for head in heads(self.connection, self.found, ALL_HEADS):
                check_head(self.connection, self.found, head)
                self.heads += 1
        except CentreFileError as error:
            self.faults.add(error.message)
            return
        if pinned is not None and pinned != self.found.public_key:
            self.faults.add("The centre's public key is not the pinned one: made anew, or another's.")
        for fault in self._papers():
            self.faults.add(fault)
        if witness is not None:
            for fault in self._hear(witness):
                self.faults.add(fault)

    def _papers(self) -> Iterator[str]:
        """Compare what was made for people with what the log says of it."""
        rows = self.connection.execute("SELECT name, request, content FROM papers")
        kept = {name: (request, content) for name, request, content in rows}
        for name in sorted({*kept, *self.found.papers}):
            request, content = kept.get(name, (None, None))
            made = isinstance(content, bytes) and hash_of(content) == self.found.papers.get(name)
            if not made or request != self.found.makers.get(name):
                yield f"The file {name!s:.80} is not the one that was made: it was changed, added or removed."

    def _hear(self, witness: Path) -> Iterator[str]:
        """Compare what the witness has taken."""
        for number, heard in read_witness(witness):
            what = f"Line {number} of the witness"
            if isinstance(heard, str):
                yield f"{what} cannot be used: {heard}"
            elif heard.module_id != self.found.state.centre_id:
                yield f"{what} is of {heard.module_id:.40}, not of this centre."
            else:
                try:
                    check_head(self.connection, self.found, heard)
                except CentreFileError as error:
                    yield f"{what}: {error.message}"


def _key(public_key: str) -> bytes:
    try:
        found = bytes.fromhex(public_key)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise FieldError("public_key", public_key, "64 hexadecimal digits, as they were written down")
    return found
