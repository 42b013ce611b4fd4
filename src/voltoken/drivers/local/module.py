"""A module of this process as its users see it: the port for a client, and the port for its keepers.

``LocalModule`` opens a module's journal and starts its thread; ``client`` gives the port bound to one
client's name, ``keeper`` the port for the people who answer for the keys. Who may have which of them is
decided by whoever holds the module: the TLS server by certificate and password, the administration door
by the owner of the process that calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from voltoken import __version__
from voltoken.drivers.clock import Chance, Clock
from voltoken.drivers.custody.roots import Progress, Unsealing
from voltoken.drivers.journal import Journal, Witness
from voltoken.drivers.local.keeper import KeeperDoor
from voltoken.drivers.local.witnessing import Witnessing
from voltoken.drivers.local.worker import Worker
from voltoken.errors import FieldError, ShareRefused
from voltoken.security import (
    NOT_CERTIFIED,
    Answer,
    ByTheBatch,
    Engine,
    Event,
    IssueRequest,
    KeyRegister,
    ModuleInfo,
    ModuleKind,
    ModuleStatus,
    Refusal,
    Unsealed,
    Verified,
    VerifyRequest,
    refuse,
)
from voltoken.sts import BaseDate, MeterPAN

_SAMPLE_ALERT: Final = "EA07 runs on the sample tables: real meters refuse such tokens."


class LocalModule:
    """A software or PKCS#11 module in this process.

    journal: open, taken over. engine: with the vault that the keys go into. kind: by that vault.
    unsealing: makes what collects shares, passphrase or PIN for the journal's root record.
    clock, chance: time and random bytes. witnesses: get the checkpoints.
    measures: what hardening has done, for ``info``.
    """

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        *,
        kind: ModuleKind,
        unsealing: Callable[[], Unsealing],
        clock: Clock,
        chance: Chance,
        witnesses: Sequence[Witness] = (),
        measures: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = engine.settings
        self._kind = kind
        self._engine = engine
        self._new_unsealing = unsealing
        self._unsealing = unsealing()  # first: it may raise, and then no thread may have the journal
        self._worker = Worker(journal, engine, clock, chance, Witnessing(witnesses))
        self._measures = dict(measures or {})

    def client(self, name: str) -> ClientDoor:
        """Return the port for a client; whoever calls has made sure that it is that client."""
        return ClientDoor(self, self._worker, name)

    @property
    def keeper(self) -> KeeperDoor:
        """The port for the keepers."""
        return KeeperDoor(self._worker, self._offer, self._begin_again, self.info)

    @property
    def clock(self) -> Clock:
        """The module's clock; that of one in rehearsal is not the time."""
        return self._worker.clock

    @property
    def sealed(self) -> bool:
        """Whether the module waits to be unsealed."""
        return self._worker.sealed

    def last(self, pan: MeterPAN, base_date: BaseDate) -> int | None:
        """Return the greatest TID that this module has used for a meter, None when it has used none."""
        journal = self._worker.journal
        return self._worker.alone(lambda: journal.last_tid(pan, base_date.value))

    def close(self) -> None:
        """Finish what was begun, forget all keys, and close the journal."""
        self._worker.close()

    def info(self) -> ModuleInfo:
        """Return what the module is."""
        tables = self._engine.tables
        return ModuleInfo(
            self.settings.module_id,
            self._kind,
            self.settings.role,
            f"voltoken {__version__}",
            "; ".join(part for part in (NOT_CERTIFIED, self.settings.rehearsal) if part),
            tables.label if tables else "no tables",
            self._measures,
        )

    def status(self) -> ModuleStatus:
        """Return how the module is now."""
        worker = self._worker
        worker.check_open()
        alerts = [*worker.alerts(), *([_SAMPLE_ALERT] if self._engine.sample else [])]
        if self.settings.rehearsal:
            alerts.insert(0, f"The module is {self.settings.rehearsal}. What it makes is worth nothing.")
        state = "failed" if worker.journal.failed else "sealed" if worker.sealed else "ready"
        return ModuleStatus(
            self.settings.module_id, state, worker.clock(), worker.journal.issued(), tuple(alerts)
        )

    def _begin_again(self) -> None:
        """Forget what was offered to unseal with so far."""
        self._unsealing.reset()
        self._unsealing = self._new_unsealing()

    def _offer(self, offered: str, by: str) -> Unsealed:
        """Take a share, passphrase or PIN; runs in the module's thread."""
        worker = self._worker
        if not worker.sealed:
            return Unsealed(1, 1)
        if worker.journal.zeroised:
            raise refuse("custody.zeroised").error()
        try:
            progress = self._collect(offered)
        except ShareRefused:
            refused = Event("unseal.refused", {"by": by, "failures": self._unsealing.failures}, alarm=True)
            worker.commit([refused])
            raise
        if progress.root is None:
            worker.commit([Event("unseal.offered", {"by": by, "have": progress.have})])
            return Unsealed(progress.have, progress.need)
        worker.unlock(progress.root, by)
        self._begin_again()
        return Unsealed(progress.need, progress.need)

    def _collect(self, offered: str) -> Progress:
        """Take what is offered. Raises ShareRefused also for what no token takes for a PIN."""
        try:
            return self._unsealing.offer(offered)
        except FieldError as error:
            self._unsealing.failures += 1
            raise ShareRefused(error.message) from None


class ClientDoor(ByTheBatch):
    """The port of a module for one client: implements ``voltoken.security.SecurityModule``."""

    def __init__(self, module: LocalModule, worker: Worker, name: str) -> None:
        self._module = module
        self._worker = worker
        self.name = name

    def info(self) -> ModuleInfo:
        """Return what the module is."""
        return self._module.info()

    def status(self) -> ModuleStatus:
        """Return how the module is now."""
        return self._module.status()

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return everything about the keys this client may use, but their bytes."""
        client = self._module.settings.clients.get(self.name)
        self._worker.check_open()
        found = self._worker.journal.registers()
        return tuple(one for one in found if client is not None and client.may_use(one.ref.sgc))

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many, with one write to the disk."""
        return self._worker.issue(self.name, requests)

    def verify(self, request: VerifyRequest) -> Verified:
        """Say what is known about a token."""
        answer = self._worker.verify(self.name, request)
        if isinstance(answer, Refusal):
            raise answer.error()
        return answer

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request of this client was answered with."""
        answer = self._worker.fetch(self.name, request_id)
        if isinstance(answer, Refusal):
            raise answer.error()
        return answer
