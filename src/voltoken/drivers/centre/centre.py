"""An open centre: what people ask of it, what they approve, what it carries out, and what it keeps.

Everything goes through signed requests (``voltoken.kmc``); this class adds what a pure room cannot have: the
file, the time, chance and secrets. Lines are on the disk before any answer. What is refused is a line of
the log as well, before the refusal is raised.

A centre is opened sealed. Sealed, it takes requests and approvals, and carries out what needs no secret.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from voltoken import canonical, kmc
from voltoken.access import Approval, BreakGlass, Request, Review
from voltoken.drivers.centre import file, schema
from voltoken.drivers.centre.acts import ROOT, Lent, Outcome, carry_out, expect
from voltoken.drivers.centre.lines import UNSEAL_FAILED, UNSEALED, as_read, hash_of
from voltoken.drivers.centre.papers import read_paper
from voltoken.drivers.centre.reading import read_all, read_meta, read_signing
from voltoken.drivers.centre.store import NOTHING, Beside, Store, sign_end
from voltoken.drivers.centre.strongroom import Strongroom
from voltoken.drivers.centre.world import WORLD, World
from voltoken.drivers.clock import shifted
from voltoken.drivers.custody import Progress, RootKey
from voltoken.drivers.journal import Checkpoint
from voltoken.drivers.journal.file import Lock
from voltoken.errors import ActRefused, CentreFileError, CentreSealed, ShareRefused, VoltokenError
from voltoken.kmc import Event, Filed, Plan, State

_ID_MAX: Final = 40


class Centre:
    """An open centre; for one thread at a time. ``open`` and ``look`` make it; use it in a ``with`` block.

    centre_id: its id. state: what it knows. public_key: checks the heads of its log.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: Lock | None, world: World) -> None:
        """Read and judge the whole file. Raises CentreFileError and BROKEN."""
        found = read_all(connection, schema.VERSION)
        self.path = path
        self.state: State = found.state
        self.centre_id = found.state.centre_id
        self.public_key = found.public_key
        self.strongroom = Strongroom(found.public_key, world.protect, world.token)
        self._store = Store(connection, found.state.centre_id, found.end, found.signed, world.probe)
        self._papers = found.papers
        self._lock = lock
        self._clock = shifted(world.clock, found.state.rehearsal_days)
        self._chance = world.chance
        self._here: set[str] = set()
        self._closed = False

    @classmethod
    def open(cls, folder: Path, *, patience_s: float = file.PATIENCE_S, world: World = WORLD) -> Self:
        """Open a centre, sealed, alone. patience_s: how long to wait for another process.

        Raises CentreFileError for a file that is none, is damaged or edited (it names the line), of another
        version, not ours alone, or open in another process.
        """
        path = file.check_private(folder)
        lock = file.take_lock(path, patience_s)
        try:
            with file.readable(path.name):
                return cls._of(path, file.connect(path), lock, world)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def look(cls, folder: Path, *, world: World = WORLD) -> Self:
        """Open a centre to look at it as it is now, without waiting for anybody. Raises CentreFileError."""
        path = file.check_private(folder)
        with file.readable(path.name):
            return cls._of(path, file.connect_to_look(path), None, world)

    @classmethod
    def _of(cls, path: Path, connection: sqlite3.Connection, lock: Lock | None, world: World) -> Self:
        try:
            schema.check_current(connection, path.name)
            return cls(path, connection, lock, world)
        except BaseException:
            connection.close()
            raise

    def __repr__(self) -> str:
        """Name the centre, and say how it is."""
        how = "closed" if self._closed else "sealed" if self.sealed else "unsealed"
        return f"<centre {self.centre_id}, {how}>"

    def __enter__(self) -> Self:
        """Return the centre itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Seal the centre and give its file back; it may be called again."""
        self.seal()
        if not self._closed:
            self._closed = True
            try:
                with suppress(*file.BROKEN):  # what was committed is on the disk already
                    self._store.connection.close()
            finally:
                if self._lock is not None:
                    self._lock.release()

    @property
    def sealed(self) -> bool:
        """Whether its keys are out of memory."""
        return self.strongroom.sealed

    @property
    def unsigned(self) -> int:
        """How many lines stand after the last signed head; unsealing the centre signs them."""
        return self._store.end.seq - self._store.signed

    @property
    def store(self) -> Store:
        """What writes its file: for backups and for the log. Raises CentreFileError when it is closed."""
        if self._closed:
            raise CentreFileError("This centre is closed. Open it again.")
        return self._store

    def now(self) -> datetime:
        """Tell the centre's time: shifted in a rehearsal, and never before the last line of the log.

        So a clock that is set back does not make good again what has expired.
        """
        return max(self._clock(), self._store.end.at)

    def root_record(self) -> dict[str, Any]:
        """Return how the root key is kept, ``provider`` among it; nothing in it is secret."""
        with file.readable(self.path.name):
            return canonical.read(read_meta(self.store.connection, "root").encode(), 1 << 20)

    def unseal(self, text: str) -> Progress:
        """Take a passphrase, a share or a PIN; the last one that is needed unseals the centre.

        Raises ShareRefused for a wrong one, which leaves a line in the log; CentreFileError when the keys in
        the file do not belong to it.
        """
        self._require_writing()
        record = self.root_record()
        told = {"provider": str(record["provider"])}
        try:
            progress = self.strongroom.offer(record, self._signing(), text)
        except ShareRefused:
            self.write([Event(UNSEAL_FAILED, told, alarm=True)], self.now())
            raise
        if progress.complete:
            self.write([Event(UNSEALED, told)], self.now())
        return progress

    def take_root(self, root: RootKey) -> None:
        """Unseal by a root key that somebody has in hand: out of a backup's own unsealing; it is copied.

        Raises CentreFileError when it is not this centre's.
        """
        self._require_writing()
        self.strongroom.take(RootKey(root.reveal(), root.module_id), self._signing())

    def seal(self) -> None:
        """Drop the keys; it may be called again."""
        self.strongroom.seal()
        self._here.clear()

    def draft(
        self, person_id: str, register: str, step: str, entry_id: str, values: Mapping[str, Any]
    ) -> Request:
        """Return a request for its maker to sign, not filed. Raises FieldError; ActRefused, on record."""
        # The number is for people; the rest lets two people prepare requests at the same time.
        name = f"r{len(self.state.requests) + 1}-{self._chance(3).hex()}"
        refusing = self._refusing(person_id, f"{register}.{step}", name, ActRefused)
        with refusing if self._lock is not None else nullcontext(self.now()) as now:
            return kmc.request_of(
                self.state, person_id, register, step, entry_id, values, request_id=name, now=now
            )

    def plan(self, request_id: str) -> Plan:
        """Return what an open request would do. Raises ActRefused, ApprovalRefused and FieldError."""
        filed = kmc.open_request(self.state, request_id)
        return kmc.planned(self.state, filed.request, self.now())

    def ask(self, request: Request, signature: bytes) -> Filed:
        """Take in a signed request. Raises what the engine refuses; a line of the log says so first.

        And CentreSealed, with nothing filed, for one that is to be carried out next or never.
        """
        with self._refusing(request.maker, request.act, request.request_id) as now:
            events = kmc.file(self.state, request, signature, now)
            expect(self._here, request, sealed=self.sealed)
            self.write(events, now)
        return self.state.requests[request.request_id]

    def approve(self, request_id: str, approval: Approval) -> Filed:
        """Take in an approval, a rejection, or a withdrawal by the maker. Raises as ``ask``."""
        with self._refusing(approval.person_id, self._asked(request_id)[1], request_id) as now:
            self.write(kmc.approve(self.state, request_id, approval, now), now)
        return self.state.requests[request_id]

    def carry_out(
        self,
        request_id: str,
        *,
        glass: BreakGlass | None = None,
        papers: Sequence[bytes] = (),
        typed: str = "",
    ) -> Outcome:
        """Carry out a request that is approved, and return what came of it, when it is on the disk.

        glass: in place of approvals. papers: files that are handed in. typed: what somebody types beside the
        request, a component or a share.
        Raises what engine and jobs refuse, as ``ask``; and CentreSealed, which leaves no trace: unseal, and
        call it again.
        """
        maker, act = self._asked(request_id)
        with self._refusing(maker if glass is None else glass.person_id, act, request_id) as now:
            lent = Lent(now, self._chance, self._lend, glass, papers, typed, self._here, self.sealed)
            done = carry_out(self.state, request_id, lent)
            sealed = {name: self.strongroom.keys.keep(name, secret) for name, secret in done.keep.items()}
            beside = Beside(sealed, done.destroy, done.outcome.files, request_id)
            self.write(done.lines(sealed), now, beside)
        self._papers |= {name: hash_of(content) for name, content in done.outcome.files.items()}
        return done.outcome

    def review(self, request_id: str, review: Review) -> None:
        """Close the review of a request that was carried out without its approvals. Raises as ``ask``."""
        with self._refusing(review.person_id, self._asked(request_id)[1], request_id) as now:
            self.write(kmc.review(self.state, request_id, review, now), now)

    def secret(self, name: str) -> bytes:
        """Return a secret. Raises CentreSealed, CentreFileError, and SealBroken."""
        row = self.store.row("SELECT sealed FROM secrets WHERE name = ?", name)
        keys = self.strongroom.keys
        if row is None:
            raise CentreFileError(f"There is no secret {name:.80} in this centre.")
        return keys.open(name, row[0])

    def head(self) -> Checkpoint:
        """Return the signed head of the log: what a witness keeps. Raises CentreSealed."""
        return sign_end(self.centre_id, self.store.end, self.strongroom.keys)

    def papers(self) -> Mapping[str, str]:
        """Return what was made for people: SHA-256 by file name."""
        return dict(self._papers)

    def paper(self, name: str) -> bytes:
        """Return a file that was made for people once more. Raises CentreFileError."""
        return read_paper(self.store, self._papers, name)

    def write(self, events: Sequence[Event], now: datetime, beside: Beside = NOTHING) -> None:
        """Write lines and take them in. Raises CentreFileError."""
        self._require_writing()
        self._store.commit(events, now, self.strongroom.signing, beside)
        for event in events:  # as they will be read: lists are no tuples then
            self.state.take(Event(event.kind, as_read(event.facts), event.alarm))

    @contextmanager
    def _refusing(
        self, by: str, act: str, request_id: str, only: type[VoltokenError] = VoltokenError
    ) -> Iterator[datetime]:
        """Give the one moment of an act; what is refused in it is a line of the log before it is raised."""
        self._require_writing()
        now = self.now()
        try:
            yield now
        except (CentreFileError, CentreSealed):
            raise  # nothing was refused to anybody: the file or the keys are not there
        except only as error:
            told = (text if len(text) <= _ID_MAX and text.isascii() else "" for text in (by, act, request_id))
            self.write([kmc.refused(error, *told)], now)
            raise

    def _lend(self, name: str) -> bytes:
        return self.strongroom.root.reveal() if name == ROOT else self.secret(name)

    def _signing(self) -> bytes:
        with file.readable(self.path.name):
            return read_signing(self.store.connection)

    def _asked(self, request_id: str) -> tuple[str, str]:
        filed = self.state.requests.get(request_id)
        return ("", "") if filed is None else (filed.request.maker, filed.request.act)

    def _require_writing(self) -> None:
        if self._lock is None:
            raise CentreFileError("This centre was opened to look at it. Open it for writing to change it.")
