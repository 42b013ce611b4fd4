"""A software or PKCS#11 module at work: one thread that decides, writes, and only then answers.

Whoever asks puts a job into a fair queue and waits. The one thread takes all jobs that wait, has the
engine decide them, brings every record of theirs to the disk in one commit, and gives the answers. So a
crash at any moment leaves either no answer and no record, or a record that answers the same request again.
When the journal cannot be written, nothing is answered but that. When the thread ends by a fault of ours,
the module is closed: it never goes on with a state that it does not know.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar

from voltoken.drivers.clock import Chance, Clock
from voltoken.drivers.custody.sealing import RootKey
from voltoken.drivers.journal import Journal
from voltoken.drivers.local.jobs import (
    Act,
    Issue,
    Job,
    Verify,
    collected_later,
    decide,
    give,
    perform,
    refuse_all,
)
from voltoken.drivers.local.witnessing import Witnessing
from voltoken.drivers.turns import Turns
from voltoken.errors import JournalError, ModuleUnavailable, ResultMissing, SecurityModuleError, VoltokenError
from voltoken.security import (
    Answer,
    Engine,
    Event,
    IssueRequest,
    Record,
    Refusal,
    Verified,
    VerifyRequest,
    fetch,
    refuse,
)

T = TypeVar("T")

KEEPER: Final = "(keeper)"
"""Under this name the keepers of a module wait in its queue; no client can have it."""
JOBS_TOGETHER: Final = 256
"""The most jobs that are written with one commit."""
REQUESTS_A_JOB: Final = 10_000
"""Longer batches are cut, so that others get their turn between the parts."""
LINES_A_CHECKPOINT: Final = 1_000
"""After so many lines of the log its head is signed and passed on, if time has not brought that about."""
SECONDS_A_CHECKPOINT: Final = 60
CLOCK_BACK: Final = timedelta(minutes=5)
"""How far the clock may stand before the last line of the log; beyond it nothing is made."""


class Worker:
    """The one thread of a module and the queue before it. Thread-safe.

    journal: open; this takes it over, and closes it. engine: decides; its vault is empty while sealed.
    clock, chance: time and random bytes. witnessing: takes the checkpoints, or None.
    """

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        clock: Clock,
        chance: Chance,
        witnessing: Witnessing | None = None,
    ) -> None:
        self.journal = journal
        self.engine = engine
        self.clock = clock
        self.sealed = True
        self._chance = chance
        self._witnessing = witnessing
        self._trouble = ""
        self._root: RootKey | None = None
        self._checkpointed = journal.head[0]
        self._turns: Turns[Job] = Turns()
        self._latest = journal.last_at()
        self._ended = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voltoken-module", daemon=True)
        self._ticker = threading.Thread(target=self._tick, name="voltoken-checkpoints", daemon=True)
        self._thread.start()
        self._ticker.start()

    def issue(self, client: str, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Return what the module answers to requests, in order."""
        answers: list[Answer | Refusal] = []
        for start in range(0, len(requests), REQUESTS_A_JOB):
            job = Issue(client, requests[start : start + REQUESTS_A_JOB])
            self._put(client, job)
            answers += job.future.result()
        return answers

    def verify(self, client: str, request: VerifyRequest) -> Verified | Refusal:
        """Return what the module says of a token."""
        job = Verify(client, request)
        self._put(client, job)
        return job.future.result()

    def fetch(self, client: str, request_id: str) -> Answer | Refusal:
        """Return again what a request was answered with. Raises ResultMissing when it was not."""

        def look() -> Answer | Refusal | None:
            now = self.clock()
            return fetch(self.engine, self.journal, client, request_id, now, sealed=self.sealed)

        found = self.alone(look, client)
        if found is None:
            raise ResultMissing(
                f"No request {request_id} of this client was answered. It may be sent, or sent again.",
                request_id=request_id,
            )
        return found

    def alone(self, act: Callable[[], T], client: str = KEEPER) -> T:
        """Have something done in the module's thread, with nothing else going on; return its result."""
        job = Act(client, act)
        self._put(client, job)
        result: T = job.future.result()
        return result

    def commit(self, records: Sequence[Record]) -> datetime:
        """Bring records to the disk; for what runs in ``alone``. Returns the time they carry.

        Raises JournalError.
        """
        now = max(self.clock(), self._latest)  # the log never goes back, whatever the clock does
        self.journal.commit(records, now)
        self._latest = now
        return now

    def unlock(self, root: RootKey, by: str) -> None:
        """Open the journal's secrets and fill the vault; for what runs in ``alone``.

        Raises SealBroken or JournalError when something in the journal was tampered with; nothing is
        unsealed then.
        """
        vault = self.engine.vault
        try:
            self.journal.unlock(root)
            for register, secret in self.journal.secrets():
                vault.put(register, secret or b"")
            # Whoever unseals answers for the clock: this is the only way back for it.
            back = max(self._latest - self.clock(), timedelta()) // timedelta(minutes=1)
            self._latest -= timedelta(minutes=back)
            facts = {"by": by} | ({"minutes_back": back} if back else {})
            self.commit([Event("unsealed", facts, alarm=bool(back))])
        except VoltokenError:
            self._forget(root)
            raise
        self._root = root
        self.sealed = False

    def lock(self, by: str) -> None:
        """Forget all keys, also when the log cannot be written; for what runs in ``alone``."""
        try:
            if not self.sealed:
                self.commit([Event("sealed", {"by": by})])
                self.checkpoint()
        finally:
            self._forget(self._root)

    def zeroise(self, by: str, reason: str) -> None:
        """Destroy all keys for good; for what runs in ``alone``."""
        if not self.sealed:  # a hardware token deletes its keys only while it is open
            for register in self.journal.registers():
                self.engine.vault.drop(register.ref)
        self._forget(self._root)
        self.journal.zeroise(max(self.clock(), self._latest), by=by, reason=reason)

    def checkpoint(self) -> None:
        """Sign the head of the log, if it is new, and pass it on; for what runs in ``alone``."""
        if self.sealed or self.journal.head[0] == self._checkpointed:
            return
        made = self.journal.checkpoint(max(self.clock(), self._latest))
        self._checkpointed = self.journal.head[0]
        if made is not None and self._witnessing is not None:
            self._witnessing.give(made)

    def alerts(self) -> tuple[str, ...]:
        """Return what a person should look at."""
        late = self._latest - self.clock()
        found = ["The clock stands before the last line of the log."] if late > CLOCK_BACK else []
        if self._trouble:
            found.append(self._trouble)
        return (*found, *(self._witnessing.alerts() if self._witnessing else ()))

    def _forget(self, root: RootKey | None) -> None:
        self.sealed = True
        self.engine.vault.wipe()
        self.journal.lock()
        if root is not None:
            root.wipe()
        self._root = None

    def close(self) -> None:
        """Finish what was begun, refuse what waits, forget all keys, and close the journal."""
        self._closing.set()
        self._turns.close()
        self._thread.join()
        self._ticker.join()
        if self._witnessing is not None:
            self._witnessing.close()

    def _tick(self) -> None:
        """The other thread: has the head of the log signed from time to time, until the module closes."""
        while not self._closing.wait(SECONDS_A_CHECKPOINT):
            with suppress(SecurityModuleError):  # busy, closing, or closed by a fault
                self.alone(self._sign)

    def check_open(self) -> None:
        """Raise ModuleUnavailable when the module is closed."""
        if self._ended:
            raise ModuleUnavailable("The module is closed.")

    def _put(self, client: str, job: Job) -> None:
        self.check_open()
        self._turns.put(client, job)

    def _run(self) -> None:
        """The thread. Ends when the queue is closed, or by a fault of ours; then nothing more is answered."""
        jobs: list[Job] = []
        try:
            while jobs := self._turns.take(JOBS_TOGETHER):
                self._serve(jobs)
            self._sign()  # or nobody could tell later that the end of the log was cut off
        finally:
            self._ended = True
            self._turns.close()
            for job in jobs:  # taken, and perhaps on the disk
                if not job.future.done():
                    job.future.set_exception(refuse("module.outcome_unknown").error())
            for job in self._turns.drain():
                job.future.set_exception(ModuleUnavailable("The module was closed before it came to this."))
            self._forget(self._root)
            self.journal.close()

    def _serve(self, jobs: Sequence[Job]) -> None:
        together = [job for job in jobs if not isinstance(job, Act)]
        if together:
            self._answer(together)
        for job in jobs:
            if isinstance(job, Act):
                perform(job)

    def _answer(self, jobs: Sequence[Issue | Verify]) -> None:
        """Decide jobs, write all their records at once, and answer."""
        now = self.clock()
        late = self._latest - now
        if late > CLOCK_BACK:
            refuse_all(jobs, refuse("module.clock", minutes=late // timedelta(minutes=1)))
            return
        if self.journal.failed:  # since an earlier commit: of these jobs nothing can have been written
            refuse_all(jobs, refuse("module.journal"))
            return
        try:
            with collected_later(jobs):
                issued, replies = self._decide(jobs, now)
        except JournalError:
            # Where even the rollback failed, the disk may have the records, and nobody may think otherwise.
            code = "module.outcome_unknown" if self.journal.failed else "module.journal"
            refuse_all(jobs, refuse(code))
            return
        self._latest = max(self._latest, now)
        give(jobs, issued, replies)
        if self.journal.head[0] - self._checkpointed >= LINES_A_CHECKPOINT:
            self._sign()

    def _decide(
        self, jobs: Sequence[Issue | Verify], now: datetime
    ) -> tuple[list[Answer | Refusal], list[Verified | Refusal]]:
        """Return the answers to jobs, when all that they hang on is on the disk. Raises JournalError."""
        with self.journal.together():
            issued, replies, records = decide(
                self.engine, self.journal, jobs, now, self._chance, sealed=self.sealed
            )
        if records:
            self.journal.commit(records, max(now, self._latest))
        return issued, replies

    def _sign(self) -> None:
        """Have the head of the log signed; a failure is an alert, and costs no sale."""
        try:
            self.checkpoint()
        except VoltokenError as error:
            self._trouble = f"The log could not be signed: {error.message}"
        else:
            self._trouble = ""
