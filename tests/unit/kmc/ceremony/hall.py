"""A small centre in memory, with people who hold ceremonies in it: no files, and secrets in a dictionary."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voltoken.access import Verdict, approve_request, public_key_of, sign, sign_request
from voltoken.errors import ActRefused
from voltoken.kmc import engine
from voltoken.kmc.ceremony import (
    JOBS,
    RECORDED_BY,
    Action,
    Form,
    Turn,
    minutes,
    minutes_message,
    next_turn,
    practice_component,
    practice_shares,
    share_check_value,
)
from voltoken.kmc.founding import Founder, founding_events
from voltoken.kmc.plans import planned
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry, Event, entry_event
from voltoken.kmc.work import Tools, Work
from voltoken.security import Share
from voltoken.sts import key_check_value

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
KEY = "123456/2"
ROOT = bytes(range(0x40, 0x60))
CUSTODIANS = ("carol", "chris", "cleo")
PEOPLE = {
    "olga": ("Olga Officer", "officer"),
    "otto": ("Otto Officer", "officer"),
    "abdul": ("Abdul Auditor", "auditor"),
    "wanda": ("Wanda Witness", "auditor"),
    **{name: (f"{name.title()} Custodian", "custodian") for name in (*CUSTODIANS, "colin")},
}
PAPERS = tuple(hashlib.sha256(f"component {number}".encode()).digest()[:20] for number in (1, 2, 3))


def seed_of(person: str) -> bytes:
    """Return the private key of somebody."""
    return hashlib.sha256(person.encode()).digest()


def joined(components: tuple[bytes, ...]) -> bytes:
    """Return the XOR of components, byte by byte."""
    key = bytearray(len(components[0]))
    for component in components:
        for place, byte in enumerate(component):
            key[place] ^= byte
    return bytes(key)


@dataclass
class Hall:
    """A centre, its secrets, and a clock that goes on by a minute with every act."""

    state: State = field(default_factory=State)
    secrets: dict[str, bytes] = field(default_factory=lambda: {"root": ROOT})
    opened: list[str] = field(default_factory=list)
    now: datetime = NOW
    acts: int = 0
    work: Work = field(default_factory=Work)
    components: tuple[bytes, ...] = PAPERS
    shares: dict[str, str] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        """Found the centre."""
        self.log(Event("centre.created", {"centre_id": "C1", "rehearsal_days": 0}))
        founders = [
            Founder(person, name, frozenset({role}), public_key_of(seed_of(person)))
            for person, (name, role) in PEOPLE.items()
        ]
        self.log(*founding_events(founders, self.now))

    def log(self, *events: Event) -> None:
        """Take lines into the log."""
        for event in events:
            self.state.take(event)

    def put(self, register: str, entry_id: str, state: str, **values: Any) -> None:
        """Put an entry into a register past its rules."""
        before = self.state.entry(register, entry_id)
        values = {**(before.values if before else {}), **values}
        version = before.version + 1 if before else 1
        self.log(entry_event(Entry(register, entry_id, version, state, values, self.now, "olga"), "put", ""))

    def ask(self, person: str, step: str, entry_id: str, **values: Any) -> str:
        """File a request and return its id."""
        self.now += timedelta(minutes=1)
        self.acts += 1
        request = engine.request_of(
            self.state,
            person,
            "ceremony",
            step,
            entry_id,
            values,
            request_id=f"r{self.acts}",
            now=self.now,
        )
        self.log(*engine.file(self.state, request, sign_request(request, seed_of(person)), self.now))
        return request.request_id

    def approve(self, person: str, request_id: str) -> None:
        """Approve a request."""
        request = self.state.requests[request_id].request
        approval = approve_request(request, person, Verdict.APPROVE, "", self.now, seed_of(person))
        self.log(*engine.approve(self.state, request_id, approval, self.now))

    def carry_out(self, request_id: str, typed: str = "", facts: Mapping[str, Any] | None = None) -> Entry:
        """Carry a request out, as the driver of a centre does. facts: in place of what the job finds."""
        engine.ready(self.state, request_id, self.now)
        request = self.state.requests[request_id].request
        plan = planned(self.state, request, self.now)
        self.work = Work()
        if plan.step.job:
            tools = Tools(self.now, self.chance.randbytes, self._open, typed=typed)
            self.work = JOBS[plan.step.job](self.state, plan, tools)
        given = self.work.facts if facts is None else facts
        self.log(*engine.carry_out(self.state, request_id, given, self.now))
        for name in self.work.destroy:
            del self.secrets[name], self.state.secrets[name]
        for name, secret in self.work.keep.items():
            self.secrets[name], self.state.secrets[name] = secret, hashlib.sha256(secret).hexdigest()
        return self.entry(plan.after.entry_id)

    def act(self, person: str, step: str, entry_id: str, typed: str = "", **values: Any) -> Entry:
        """Ask for a step that needs no approval, and carry it out."""
        return self.carry_out(self.ask(person, step, entry_id, **values), typed)

    def entry(self, entry_id: str) -> Entry:
        """Return a ceremony."""
        entry = self.state.entry("ceremony", entry_id)
        assert entry is not None
        return entry

    def plan(self, entry_id: str = "k1", approver: str = "otto", **changes: Any) -> Entry:
        """Plan a ceremony of three custodians for a vending key, or another one, and let it be approved."""
        if self.state.entry("vending_key", KEY) is None:
            self.put("vending_key", KEY, "requested", origin="components", bits=160, test=False)
        given = {
            "script": "vending-key-components",
            "purpose": "The second key of the group",
            "vending_key": KEY,
            "bits": 160,
            "officer": "olga",
            "custodians": list(CUSTODIANS),
            "auditor": "abdul",
        } | changes
        request_id = self.ask("olga", "add", entry_id, **{k: v for k, v in given.items() if v is not None})
        self.approve(approver, request_id)
        return self.carry_out(request_id)

    def turn(self, entry_id: str) -> Turn:
        """Return the turn that comes next."""
        turn = next_turn(self.entry(entry_id))
        assert turn is not None
        return turn

    def typed(self, turn: Turn, entry_id: str) -> str:
        """Return what somebody types in a turn: a component or a share, nothing in others."""
        entry = self.entry(entry_id)
        if turn.action is Action.COMPONENT:
            if entry.get("dry_run"):
                return practice_component(turn.custodian, entry.get("bits")).hex()
            return self.components[turn.custodian - 1].hex()
        if turn.action is Action.SHARE:
            if turn.person not in self.shares:
                shares = practice_shares(entry.get("threshold"), len(entry.get("custodians")))
                self.shares[turn.person] = shares[turn.custodian - 1].text
            return self.shares[turn.person]
        return ""

    def evidence(self, turn: Turn, entry_id: str) -> dict[str, Any]:
        """Return what a turn has to show."""
        typed = self.typed(turn, entry_id)
        check = str(self.entry(entry_id).get("check_value"))
        if turn.action is Action.COMPONENT:
            check = key_check_value(bytes.fromhex(typed)).value
        if turn.action is Action.SHARE:
            check = share_check_value(Share.parse(typed))
        shown: dict[Form, Any] = {
            Form.TEXT: "none",
            Form.COUNT: 3,
            Form.CHECK_VALUE: check,
            Form.ENVELOPE: f"{entry_id.upper()}-{turn.number:03}",
            Form.CONFIRMED: True,
        }
        return {one.name: shown[one.form] for one in turn.evidence}

    def take(self, entry_id: str = "k1") -> Entry:
        """Take the next turn, rightly."""
        turn = self.turn(entry_id)
        entry = self.act(
            turn.person,
            RECORDED_BY[turn.action],
            entry_id,
            self.typed(turn, entry_id),
            number=turn.number,
            evidence=self.evidence(turn, entry_id),
        )
        if turn.action is Action.HAND_OUT:
            self.shares[turn.person] = self.work.told.splitlines()[0]
        return entry

    def run(self, entry_id: str = "k1", until: Action | None = None) -> Entry:
        """Begin a ceremony if need be, and take turns until one of a kind is next, or none is left."""
        if self.entry(entry_id).state == "planned":
            self.act("olga", "begin", entry_id)
        while (turn := next_turn(self.entry(entry_id))) is not None and turn.action is not until:
            self.take(entry_id)
        return self.entry(entry_id)

    def sign(self, person: str, entry_id: str = "k1") -> Entry:
        """Sign the minutes."""
        message = minutes_message(minutes("C1", self.entry(entry_id)))
        return self.act(person, "sign", entry_id, signature=sign(seed_of(person), message).hex())

    def finish(self, entry_id: str = "k1") -> Entry:
        """Close a ceremony, let everybody sign, and finish it."""
        entry = self.act("olga", "close", entry_id)
        for one in entry.get("people"):
            self.sign(one["person"], entry_id)
        return self.act("olga", "finish", entry_id)

    def _open(self, name: str) -> bytes:
        self.opened.append(name)
        return self.secrets[name]


def secrets_in(hall: Hall) -> list[str]:
    """Return the names of secrets other than the root key."""
    return sorted(set(hall.secrets) - {"root"})


def refused(act: Callable[..., object], *given: Any, **named: Any) -> ActRefused:
    """Return the refusal of an act."""
    with pytest.raises(ActRefused) as caught:
        act(*given, **named)
    return caught.value
