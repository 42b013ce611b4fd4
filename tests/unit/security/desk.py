"""A security module on a desk: an engine, its memory and a clock that stands still, made in one line.

Keys are made of their names, so that two keys are never alike; all of them are test keys. What a decision
wants on the disk goes into the desk's memory at once, as a journal would do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from voltoken.meter import PROFILES, Meter
from voltoken.security import (
    Act,
    Answer,
    Client,
    CreditRequest,
    Decision,
    Engine,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyDeleted,
    KeyLoaded,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MemoryVault,
    MeterId,
    MeterTestRequest,
    ModuleRole,
    ModuleSettings,
    Overlay,
    Record,
    Refusal,
    Verified,
    VerifyRequest,
    Wanted,
    approve,
    fetch,
    request_hash,
    verify,
)
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    SAMPLE_TABLES,
    TCT,
    TI,
    TID,
    BaseDate,
    InitiateMeterTestDisplay,
    KeyType,
    MeterPAN,
    Service,
    STATables,
    key_check_value,
)

NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
LONG_AGO, FAR_OFF = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
PAN, OTHER_PAN = MeterPAN("600727000000000009"), MeterPAN("600727580000795237")
KEY = KeyRef.parse("123456/1")
NEW_KEY = KeyRef.parse("123456/2")
THIRD_KEY = KeyRef.parse("123456/3")
STEPS_OF_A_KWH = 10
METER = MeterId(PAN, EA.MISTY1, TCT("02"), TI("01"), test=True)
STA_METER = replace(METER, ea=EA.STA)
DEA_METER = replace(METER, ea=EA.DEA)
LICENSED = STATables(
    SAMPLE_TABLES.substitution_2, SAMPLE_TABLES.substitution_1, SAMPLE_TABLES.permutation, "made up"
)
ALL_ACTS = frozenset(Act)


def secret_of(ref: KeyRef, bits: int = 160) -> bytes:
    """Return the bytes of a key, made of its name."""
    return hashlib.sha256(f"test key {ref}".encode()).digest()[: bits // 8]


def register(ref: KeyRef | str = KEY, bits: int = 160, **changes: Any) -> KeyRegister:
    """Return what is known about a unique key that may do everything, but for changes."""
    ref = KeyRef.parse(ref) if isinstance(ref, str) else ref
    plain = KeyRegister(
        ref,
        KeyType.DUTK,
        DKGA.DKGA04 if bits == 160 else DKGA.DKGA02,
        frozenset({EA.STA, EA.MISTY1} if bits == 160 else {EA.STA, EA.DEA}),
        BaseDate.BD2014,
        KEN(255),
        bits,
        key_check_value(secret_of(ref, bits)),
        LONG_AGO,
        FAR_OFF,
        ulm=1_000_000,
        clm=1_000_000_000,
        services=frozenset(Service),
        test=True,
    )
    return replace(plain, **changes)


def first_key(ref: KeyRef | str = "999999/1", ea: EA = EA.MISTY1, **changes: Any) -> KeyRegister:
    """Return the register of a first key (DITK)."""
    bits = ea.key_bits
    given = {"kt": KeyType.DITK, "dkga": None, "eas": frozenset({ea})} | changes
    return register(ref, bits, **given)


def client(name: str = "till", **changes: Any) -> Client:
    """Return a client that may do everything, but for changes."""
    plain = Client(name, ALL_ACTS, frozenset({"*"}), rate=1_000_000, burst=1_000_000)
    return replace(plain, **changes)


def tid_at(minutes: int = 0, now: datetime = NOW, base_date: BaseDate = BaseDate.BD2014) -> TID:
    """Return the TID so many minutes after a time."""
    return TID((now - base_date.instant) // timedelta(minutes=1) + minutes)


def credit(request_id: str = "v1:1", minutes: int = 0, **changes: Any) -> CreditRequest:
    """Return a request for 1 kWh with the TID so many minutes from ``NOW``, but for changes."""
    plain = CreditRequest(request_id, METER, KEY, Service.ELECTRICITY, STEPS_OF_A_KWH, tid_at(minutes))
    return replace(plain, **changes)


def money(request_id: str = "v1:1", minutes: int = 0, **changes: Any) -> CreditRequest:
    """Return a request for 5.00 of the currency, but for changes."""
    return credit(
        request_id, minutes, **({"service": Service.ELECTRICITY_CURRENCY, "steps": 500_000} | changes)
    )


def management(request_id: str = "m1:1", minutes: int = 0, **changes: Any) -> ManagementRequest:
    """Return a request to clear the tamper condition, but for changes."""
    return replace(ManagementRequest(request_id, METER, KEY, 5, 0, tid_at(minutes)), **changes)


def change(request_id: str = "k1:1", **changes: Any) -> KeyChangeRequest:
    """Return a request to bring the meter from ``KEY`` to ``NEW_KEY``, but for changes."""
    return replace(KeyChangeRequest(request_id, METER, KEY, NEW_KEY, TI("01"), 4), **changes)


def first_change(request_id: str = "k1:1", **changes: Any) -> InitialKeyChangeRequest:
    """Return a request to bring the meter from its first key to ``KEY``, but for changes."""
    old = KeyRef.parse("999999/1")
    return replace(InitialKeyChangeRequest(request_id, METER, old, KEY, TI("01"), 4), **changes)


def meter_test(request_id: str = "t1:1") -> MeterTestRequest:
    """Return a request for the public token that tests the load switch."""
    return MeterTestRequest(request_id, InitiateMeterTestDisplay(0, 1, 0))


@dataclass
class Desk:
    """An engine with its memory. registers: loaded keys; ``KEY`` and ``NEW_KEY`` when none are given.

    role, clients, tables, sealed, bounds: as the engine takes them; ``till`` may do everything.
    """

    registers: Sequence[KeyRegister] = ()
    role: ModuleRole = ModuleRole.VENDING
    clients: Iterable[Client] = (client(), client("other"))
    tables: STATables | None = SAMPLE_TABLES
    now: datetime = NOW
    sealed: bool = False
    bounds: dict[str, Any] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = {one.name: one for one in self.clients}
        settings = ModuleSettings("desk-1", self.role, clients=names, **self.bounds)
        self.engine = Engine(settings, MemoryVault(), self.tables)
        self.memory = Overlay()
        for one in self.registers or (register(KEY), register(NEW_KEY)):
            self.load(one)

    def load(self, one: KeyRegister) -> None:
        """Load a key as it is, or what is known about it anew, without asking custody."""
        secret = secret_of(one.ref, one.key_bits)
        self.memory.take((KeyLoaded(one, secret),))
        self.engine.vault.drop(one.ref)
        self.engine.vault.put(one, secret)

    def restrict(self, one: Client) -> None:
        """Give a client other rights."""
        clients = {**self.engine.settings.clients, one.name: one}
        self.engine.settings = replace(self.engine.settings, clients=clients)

    def delete(self, ref: KeyRef) -> None:
        """Delete a key."""
        self.memory.take((KeyDeleted(ref),))
        self.engine.vault.drop(ref)

    def approve(
        self, request: IssueRequest, lasting: timedelta = timedelta(hours=1), caller: str = "till"
    ) -> None:
        """Approve what a client asks with a request."""
        until, why = self.now + lasting, "the meter was swapped"
        granted = approve(
            request.request_id, request_hash(caller, request), until, self.now, by="ann", reason=why
        )
        self.memory.take((granted,))

    def decide(
        self, *requests: IssueRequest, caller: str = "till", chance: bytes | None = None
    ) -> list[Decision]:
        """Decide requests at once, and take what is to be kept into the memory."""
        asked = [(caller, one) for one in requests]
        chance = bytes(len(asked)) if chance is None else chance
        made = self.engine.decide(self.memory, asked, self.now, chance, sealed=self.sealed)
        for one in made:
            self.memory.take(one.records)
            self.records.extend(one.records)
        return made

    def ask(self, request: IssueRequest, caller: str = "till", rnd: int = 0) -> Answer | Refusal:
        """Return the answer to one request."""
        return self.decide(request, caller=caller, chance=bytes([rnd]))[0].answer

    def code(self, request: IssueRequest, caller: str = "till") -> str | None:
        """Return the code of the refusal of a request, None when it was issued."""
        answer = self.ask(request, caller)
        return answer.code if isinstance(answer, Refusal) else None

    def token(self, request: IssueRequest, caller: str = "till", rnd: int = 0) -> IssuedToken:
        """Return the token of a request that must be issued."""
        answer = self.ask(request, caller, rnd)
        assert isinstance(answer, IssuedToken), answer
        return answer

    def change(self, request: KeyChangeRequest, caller: str = "till") -> KeyChangeSet:
        """Return the set of a request that must be issued."""
        answer = self.ask(request, caller)
        assert isinstance(answer, KeyChangeSet), answer
        return answer

    def verify(self, request: VerifyRequest, caller: str = "till") -> Verified | Refusal:
        """Return what the module says of a token."""
        reply = verify(self.engine, self.memory, caller, request, self.now, sealed=self.sealed)
        self.memory.take(reply.records)
        self.records.extend(reply.records)
        return reply.answer

    def fetch(self, request_id: str, caller: str = "till") -> Answer | Refusal | None:
        """Return the kept answer to a request."""
        return fetch(self.engine, self.memory, caller, request_id, self.now, sealed=self.sealed)

    def meter(self, one: MeterId = METER, ref: KeyRef = KEY, profile: str = "single-phase") -> Meter:
        """Return a real meter with the decoder key that this module makes for it."""
        known = self.memory.register(ref)
        assert known is not None
        key = self.engine.vault.decoder_key(Wanted(known, one.ea, one.pan, one.ti))
        model = replace(PROFILES[profile], lockout=None, tct=one.tct)
        made = tid_at(-60 * 24 * 30, self.now, known.base_date)
        tables = self.tables if one.ea is EA.STA else None
        return Meter.new(one.pan, key, model, filled_with=made, sta_tables=tables)

    def remembered(self) -> dict[str, Any]:
        """Return everything that the memory holds but the lines of its log, to compare."""
        memory = cast(Any, self.memory)
        names = ("_usage", "_results", "_tokens", "_attempts", "_moves", "_move", "_approvals", "_issued")
        return {
            name: dict(found) if isinstance(found := getattr(memory, name), dict) else found for name in names
        }
