"""A small centre in memory, with two officers and a registrar, and the organisations of a small town."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from voltoken.access import Approval, BreakGlass, Verdict, approve_request, public_key_of, sign_request
from voltoken.kmc import (
    CREATED,
    REGISTERS,
    Entry,
    Event,
    Founder,
    State,
    approve,
    carry_out,
    file,
    founding_events,
    request_of,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = ("alice", "bob", "carol", "dave", "eve", "mallory", "lightco", "powerco", "box-1", "box-2")
SEEDS = {name: bytes([number]) * 32 for number, name in enumerate(NAMES, 1)}
PUBLIC = {name: public_key_of(seed) for name, seed in SEEDS.items()}
KEY = {name: public.hex() for name, public in PUBLIC.items()}
FOUNDERS = (
    Founder("alice", "Alice Achieng", frozenset({"officer", "emergency"}), PUBLIC["alice"]),
    Founder("bob", "Bob Baraka", frozenset({"officer"}), PUBLIC["bob"]),
    Founder("carol", "Carol Chebet", frozenset({"registrar"}), PUBLIC["carol"]),
    Founder("dave", "Dave Daudi", frozenset({"approver"}), PUBLIC["dave"]),
)
COMPANIES = {
    "lightco": "utility",
    "powerco": "utility",
    "meterco": "manufacturer",
    "boxco": "module_maker",
    "sellco": "vendor",
    "testco": "laboratory",
}


class Town:
    """A centre whose log is a list. now: the time of the next act; a minute later with each."""

    def __init__(self, founders: Iterable[Founder] = FOUNDERS, now: datetime = NOW) -> None:
        self.state = State()
        self.log: list[Event] = []
        self.now = now
        self.asked = 0
        self.take([Event(CREATED, {"centre_id": "C1", "rehearsal_days": 0})])
        self.take(founding_events(tuple(founders), now))

    def take(self, events: Iterable[Event]) -> None:
        """Write lines, and let the state take them in."""
        for event in events:
            self.log.append(event)
            self.state.take(event)
        self.now += timedelta(minutes=1)

    def ask(self, register: str, step: str, entry_id: str, by: str = "alice", **values: Any) -> str:
        """File a signed request, and return its id."""
        self.asked += 1
        request = request_of(
            self.state, by, register, step, entry_id, values, request_id=f"r{self.asked}", now=self.now
        )
        self.take(file(self.state, request, sign_request(request, SEEDS[by]), self.now))
        return request.request_id

    def approval(self, request_id: str, by: str, verdict: Verdict = Verdict.APPROVE) -> Approval:
        """Return what somebody says about a request, signed."""
        request = self.state.requests[request_id].request
        return approve_request(request, by, verdict, "looked at it", self.now, SEEDS[by])

    def approve(self, request_id: str, by: str = "bob", verdict: Verdict = Verdict.APPROVE) -> None:
        """Let somebody approve or reject a request."""
        self.take(approve(self.state, request_id, self.approval(request_id, by, verdict), self.now))

    def carry_out(
        self, request_id: str, facts: Mapping[str, Any] | None = None, glass: BreakGlass | None = None
    ) -> None:
        """Carry out a request."""
        self.take(carry_out(self.state, request_id, facts or {}, self.now, glass))

    def act(
        self,
        register: str,
        step: str,
        entry_id: str,
        *,
        by: str = "alice",
        facts: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Entry:
        """Ask for something, have it approved by another officer if it must be, and carry it out."""
        request_id = self.ask(register, step, entry_id, by, **values)
        if REGISTERS[register].step(step).approvals:
            self.approve(request_id, "alice" if by == "bob" else "bob")
        self.carry_out(request_id, facts)
        return self.entry(register, entry_id)

    def entry(self, register: str, entry_id: str) -> Entry:
        """Return an entry that is there."""
        found = self.state.entry(register, entry_id)
        assert found is not None, (register, entry_id)
        return found


def furnished() -> Town:
    """Return a centre with a country, and one member for each kind of organisation but two utilities."""
    town = Town()
    town.act("country", "add", "KE", name="Kenya", regulator="EPRA", currency="KES")
    for name, kind in COMPANIES.items():
        key: dict[str, Any] = {"owner_key": KEY[name]} if name in KEY else {}
        town.act("organisation", "add", name, name=name.title(), country="KE", kinds=kind, **key)
        town.act("organisation", "accept", name)
    return town
