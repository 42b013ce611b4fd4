"""The simplest whole security module: an engine over a memory. IT KEEPS NOTHING.

It decides by the same rules as every module and gives the same tokens, but what it has made is forgotten
with it: counters, limits and request ids begin anew, and the same TID can be sold again. Use it where a test
needs a module, and never where anybody enters the tokens into a real meter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from voltoken.errors import ResultMissing
from voltoken.security import (
    ANY_SUPPLY_GROUP,
    NOT_CERTIFIED,
    Act,
    Answer,
    ByTheBatch,
    Client,
    Engine,
    Issued,
    IssueRequest,
    KeyDeleted,
    KeyRef,
    KeyRegister,
    MemoryVault,
    ModuleInfo,
    ModuleKind,
    ModuleRole,
    ModuleSettings,
    ModuleStatus,
    Overlay,
    Record,
    Refusal,
    Verified,
    VerifyRequest,
    approve,
    fetch,
    load_key,
    request_hash,
    verify,
)
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    BaseDate,
    KeyType,
    Service,
    STATables,
    key_check_value,
)

YEAR: Final = timedelta(days=365)
LIMIT: Final = 10**15


def sample_key(sgc: str, krn: int, now: datetime) -> tuple[KeyRegister, bytes]:
    """Return a made-up 160-bit unique key with its register: for EA07 and EA11, good for a year from now.

    The same name always gives the same bytes, so that several modules can have the same key. Its tokens
    are worth nothing.
    Raises FieldError.
    """
    ref = KeyRef(SGC(sgc), KRN(krn))
    secret = sha256(f"voltoken sample key {ref}".encode()).digest()[:20]
    register = KeyRegister(
        ref,
        KeyType.DUTK,
        DKGA.DKGA04,
        frozenset({EA.STA, EA.MISTY1}),
        BaseDate.BD2014,
        KEN(255),
        160,
        key_check_value(secret),
        now - YEAR,
        now + YEAR,
        ulm=LIMIT,
        clm=LIMIT,
        services=frozenset(Service),
        test=True,
    )
    return register, secret


class FakeModule(ByTheBatch):
    """A security module in memory, for one client: implements ``voltoken.security.SecurityModule``.

    clock: aware. chance: gives so many random bytes; zeros when it is not given. client: has every right
    when it is not given. sealed: set it, and the module refuses as a sealed one does. records: everything it
    decided, in order, as a journal would have it. Thread-safe.
    """

    def __init__(
        self,
        module_id: str,
        clock: Callable[[], datetime],
        chance: Callable[[int], bytes] = bytes,
        *,
        client: Client | None = None,
        role: ModuleRole = ModuleRole.VENDING,
        tables: STATables | None = SAMPLE_TABLES,
    ) -> None:
        self.client = client or _anybody()
        self.clock = clock
        self.sealed = False
        self.records: list[Record] = []
        self._chance = chance
        settings = ModuleSettings(module_id, role, clients={self.client.name: self.client})
        self._engine = Engine(settings, MemoryVault(), tables)
        self._memory = Overlay()
        self._alone = threading.RLock()

    @property
    def made(self) -> tuple[Issued, ...]:
        """All requests that were answered with tokens, each once, in order."""
        with self._alone:
            return tuple(record for record in self.records if isinstance(record, Issued))

    def load_key(self, register: KeyRegister, secret: bytes) -> KeyRegister:
        """Load a key, such as one of ``sample_key``. Raises as ``Custody.load_key``."""
        with self._alone:
            loaded = load_key(self._engine.settings, self._memory, register, [secret])
            if isinstance(loaded, Refusal):
                raise loaded.error()
            self._engine.vault.put(loaded[0].register, loaded[1])
            self._take((loaded[0],))
            return loaded[0].register

    def delete_key(self, ref: KeyRef) -> None:
        """Delete a key, if it is there."""
        with self._alone:
            self._engine.vault.drop(ref)
            self._take((KeyDeleted(ref),))

    def approve(self, request: IssueRequest, lasting: timedelta = timedelta(hours=1)) -> None:
        """Approve, once, what a rule about recoveries forbids. Raises FieldError."""
        with self._alone:
            now, mark = self.clock(), request_hash(self.client.name, request)
            until, why = now + lasting, "a test wants it"
            self._take((approve(request.request_id, mark, until, now, by="test", reason=why),))

    def info(self) -> ModuleInfo:
        """Return what the module is."""
        settings, tables = self._engine.settings, self._engine.tables
        return ModuleInfo(
            settings.module_id,
            ModuleKind.SOFTWARE,
            settings.role,
            "fake",
            f"{NOT_CERTIFIED}; keeps nothing",
            "no tables" if tables is None else tables.label,
            {"journal": "none: everything is forgotten"},
        )

    def status(self) -> ModuleStatus:
        """Return how the module is now."""
        state = "sealed" if self.sealed else "ready"
        with self._alone:
            issued = self._memory.issued()
        return ModuleStatus(self._engine.settings.module_id, state, self.clock(), issued, ())

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return everything about the keys that the client may use, but their bytes."""
        with self._alone:
            return tuple(one for one in self._memory.registers() if self.client.may_use(one.ref.sgc))

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many."""
        with self._alone:
            decisions = self._engine.decide(
                self._memory,
                [(self.client.name, request) for request in requests],
                self.clock(),
                self._chance(len(requests)),
                sealed=self.sealed,
            )
            for decision in decisions:
                self._take(decision.records)
        return [decision.answer for decision in decisions]

    def verify(self, request: VerifyRequest) -> Verified:
        """Say what is known about a token."""
        with self._alone:
            name, now = self.client.name, self.clock()
            reply = verify(self._engine, self._memory, name, request, now, sealed=self.sealed)
            self._take(reply.records)
        if isinstance(reply.answer, Refusal):
            raise reply.answer.error()
        return reply.answer

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request was answered with. Raises ResultMissing."""
        with self._alone:
            name, now = self.client.name, self.clock()
            found = fetch(self._engine, self._memory, name, request_id, now, sealed=self.sealed)
        if found is None:
            raise ResultMissing(f"No request {request_id} was answered.", request_id=request_id)
        return _or_raise(found)

    def _take(self, records: tuple[Record, ...]) -> None:
        self._memory.take(records)
        self.records += records


def _anybody() -> Client:
    return Client("test", frozenset(Act), frozenset({ANY_SUPPLY_GROUP}), rate=1_000_000, burst=1_000_000)


def _or_raise(answer: Answer | Refusal) -> Answer:
    if isinstance(answer, Refusal):
        raise answer.error()
    return answer
