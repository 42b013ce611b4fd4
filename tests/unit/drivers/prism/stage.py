"""A PrismToken server and client without sockets: the real ones, joined by a wire that tests can cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.drivers.prism.samples import make
from tests.unit.security.desk import KEY, METER, NOW, Desk
from voltoken.drivers.prism import link
from voltoken.drivers.prism.client import PrismModule
from voltoken.drivers.prism.connection import Address
from voltoken.drivers.prism.link import PrismSettings
from voltoken.drivers.prism.listener import Peer
from voltoken.drivers.prism.messages import Call, read_call, read_reply, write_call
from voltoken.drivers.prism.server import PrismHandler
from voltoken.drivers.prism.tls import Trust
from voltoken.errors import ModuleOutcomeUnknown, ModuleUnavailable, ResultMissing
from voltoken.security import (
    NOT_CERTIFIED,
    Answer,
    ByTheBatch,
    IssueRequest,
    KeyRegister,
    ModuleInfo,
    ModuleKind,
    ModuleStatus,
    Refusal,
    Verified,
    VerifyRequest,
    refuse,
)
from voltoken.sts import BaseDate, MeterPAN

TILL = Peer("127.0.0.1", 4000, "till")


@dataclass
class DeskModule(ByTheBatch):
    """A desk as one client's module."""

    desk: Desk
    caller: str = "till"

    def info(self) -> ModuleInfo:
        return ModuleInfo(
            "desk-1", ModuleKind.SOFTWARE, self.desk.role, "v0", NOT_CERTIFIED, "EA07 (sample tables)", {}
        )

    def status(self) -> ModuleStatus:
        state = "sealed" if self.desk.sealed else "ready"
        return ModuleStatus("desk-1", state, self.desk.now, self.desk.memory.issued(), ("look here",))

    def list_keys(self) -> tuple[KeyRegister, ...]:
        return self.desk.memory.registers()

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        return [one.answer for one in self.desk.decide(*requests, caller=self.caller)]

    def verify(self, request: VerifyRequest) -> Verified:
        return cast(Verified, raised(self.desk.verify(request, self.caller)))

    def fetch_result(self, request_id: str) -> Answer:
        found = self.desk.fetch(request_id, self.caller)
        if found is None:
            raise ResultMissing(f"There is no result for {request_id}.")
        return cast(Answer, raised(found))


def raised(answer: object) -> object:
    """Return an answer, or raise the refusal."""
    if isinstance(answer, Refusal):
        raise answer.error()
    return answer


@dataclass
class DeskBook:
    """The TIDs that a desk has used. floor: one that somebody else has used."""

    desk: Desk
    floor: int | None = None

    def last(self, pan: MeterPAN, base_date: BaseDate) -> int | None:
        used = [tid for number, base, tid in self.desk.memory._attempts if (number, base) == (pan, base_date)]
        return max([*used, *([] if self.floor is None else [self.floor])], default=None)


@dataclass
class Server:
    """A handler at a desk, and a client that speaks to it byte by byte, signed in as ``till``."""

    desk: Desk = field(default_factory=Desk)
    own_sgcs: tuple[str, ...] = ()
    bind: bool = True
    modules: Callable[[str], Any] | None = None
    used: int | None = None

    def __post_init__(self) -> None:
        self.handler = PrismHandler(
            self.modules or self.module_of,
            lambda user, password: (user, password) in {("till", "secret"), ("other", "secret2")},
            DeskBook(self.desk, self.used),
            lambda: self.desk.now,
            own_sgcs=self.own_sgcs,
            bind_certificates=self.bind,
        )
        self.token = ""

    def module_of(self, name: str) -> DeskModule:
        """Return the desk as a client reaches it."""
        if name not in self.desk.engine.settings.clients:
            raise refuse("client.unknown", client=name).error()
        return DeskModule(self.desk, name)

    def call(self, name: str, *, peer: Peer = TILL, **arguments: Any) -> Any:
        """Make a call with exactly these arguments."""
        return read_reply(self.handler.answer(write_call(name, arguments, 9), peer), name, 9)

    def ask(self, name: str, message_id: str = "m1", **arguments: Any) -> Any:
        """Make a call with a session."""
        if not self.token:
            self.token = self.sign_in().accessToken
        return self.call(name, messageId=message_id, accessToken=self.token, **arguments)

    def sign_in(self, *, peer: Peer = TILL, options: Any = None, **changes: Any) -> Any:
        """Sign in, right but for changes."""
        given = {"messageId": "s1", "realm": "local", "username": "till", "password": "secret"} | changes
        return self.call(
            "signInWithPassword", peer=peer, sessionOpts=options or make("SessionOptions"), **given
        )

    def credit(self, message_id: str = "m1", **changes: Any) -> Any:
        """Ask for 1 kWh by the module's clock, but for changes."""
        given = {"subclass": 0, "transferAmount": 10.0, "tokenTime": 0, "flags": 0, "meterConfig": config()}
        return self.ask("issueCreditToken", message_id, **(given | changes))


def config(**changes: Any) -> Any:
    """Return the desk's meter as the interface writes it, but for changes."""
    plain = {"drn": str(METER.pan), "ea": 11, "tct": 2, "sgc": int(KEY.sgc), "krn": 1, "ti": 1, "ken": 255}
    return make("MeterConfigIn", **(plain | changes))


class Wire:
    """Connections between a client and a server without sockets. faults: what happens to the calls to come.

    ``before``: lost before it is carried out. ``after``: carried out, and the answer is lost. ``late``:
    carried out when the next call has been answered. ``junk``: the answer is no message. ``refused``: no
    connection. Calls without a fault, ping and sign-in are answered.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.faults: list[str] = []
        self.calls: list[Call] = []
        self.late: list[bytes] = []
        self.mend: Callable[[Call, Any], Any] | None = None
        self.delay: Callable[[Call], object] = lambda _: None

    def names(self) -> list[str]:
        """Return the methods that were called, but for ping and sign-in."""
        return [call.method.name for call in self.calls]

    def exchange(self, payload: bytes) -> bytes:
        """Carry a call to the server and its answer back, or not."""
        call = read_call(payload)
        assert isinstance(call, Call)
        if call.method.name in ("ping", "signInWithPassword"):
            return self.server.handler.answer(payload, TILL)
        self.calls.append(call)
        self.delay(call)
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("before", "late"):
            if fault == "late":
                self.late.append(payload)
            raise ModuleOutcomeUnknown("lost")
        answer = self.server.handler.answer(payload, TILL)
        while self.late and fault != "after":
            self.server.handler.answer(self.late.pop(), TILL)
        if fault == "after":
            raise ModuleOutcomeUnknown("lost")
        if self.mend is not None:
            answer = self.mend(call, answer)
        return b"junk" if fault == "junk" else answer

    def open(self, *_: object) -> Any:
        """Stand in for ``open_connection``."""
        if self.faults[:1] == ["refused"]:
            self.faults.pop(0)
            raise ModuleUnavailable("no connection")
        wire = self

        class _Connection:
            is_sound = False  # each call opens another one, so that "refused" is met

            def exchange(self, payload: bytes) -> bytes:
                return wire.exchange(payload)

            def close(self) -> None:
                pass

        return _Connection()


def joined(
    monkeypatch: pytest.MonkeyPatch, server: Server, clock: Callable[[], datetime] = lambda: NOW
) -> tuple[PrismModule, Wire]:
    """Return a client of a server, and the wire between them."""
    wire = Wire(server)
    monkeypatch.setattr(link, "open_connection", wire.open)
    settings = PrismSettings(Address("module"), Trust(authority=Path("a.pem")), "till", "secret")
    return PrismModule(settings, server.desk.memory.registers(), clock), wire
