"""A centre for tests: three people with keys of their own, a clock that waits, shares that open it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from voltoken.access import Approval, BreakGlass, Request, Review, Verdict, public_key_of, sign
from voltoken.drivers.centre import Centre, Outcome, World, create_centre
from voltoken.drivers.centre.store import Probe, no_probe
from voltoken.drivers.custody import SharesProvider
from voltoken.kmc import Founder

CENTRE = "C1"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OFFICER = frozenset({"officer"})
PEOPLE: Mapping[str, frozenset[str]] = {
    "ada": OFFICER | {"emergency"},
    "ben": OFFICER,
    "cem": OFFICER,
    "dot": frozenset({"auditor"}),
}


def seed_of(person: str) -> bytes:
    """Return the private key of a person of the tests."""
    return hashlib.sha256(b"a person of the tests|" + person.encode()).digest()


def signed_by(person: str, message: bytes) -> bytes:
    """Sign as a person."""
    return sign(seed_of(person), message)


def founders() -> list[Founder]:
    """Return the first people of a centre."""
    return [
        Founder(name, name.title(), roles, public_key_of(seed_of(name))) for name, roles in PEOPLE.items()
    ]


@dataclass(slots=True)
class Time:
    """A clock that stands still until it is told to go on."""

    moment: datetime = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.moment

    def pass_(self, **much: int) -> None:
        """Let time pass."""
        self.moment += timedelta(**much)


@dataclass(slots=True)
class Place:
    """A centre's folder, its shares, and the clock on its wall."""

    folder: Path
    shares: tuple[str, ...]
    public_key: str
    time: Time = field(default_factory=Time)
    hardened: int = 0
    probe: Probe = no_probe

    @property
    def file(self) -> Path:
        """The centre's file."""
        return self.folder / "centre.db"

    def world(self) -> World:
        """Return what the centre takes from outside."""

        def protect() -> None:
            self.hardened += 1

        return World(clock=self.time, protect=protect, probe=self.probe)

    def open(self, patience_s: float = 0.0) -> Centre:
        """Open the centre, sealed."""
        return Centre.open(self.folder, patience_s=patience_s, world=self.world())

    def unsealed(self) -> Centre:
        """Open the centre and unseal it."""
        centre = self.open()
        for share in self.shares[:2]:
            centre.unseal(share)
        return centre


def make(folder: Path, *, centre_id: str = CENTRE, rehearsal_days: int = 0) -> Place:
    """Make a centre."""
    made = create_centre(
        folder,
        centre_id=centre_id,
        provider=SharesProvider(2, 3),
        founders=founders(),
        now=START,
        rehearsal_days=rehearsal_days,
    )
    return Place(folder, made.shares, made.public_key)


def draft(
    centre: Centre, act: str, entry_id: str, values: Mapping[str, Any] | None = None, by: str = "ada"
) -> Request:
    """Return a request, unsigned."""
    register, step = act.split(".")
    return centre.draft(by, register, step, entry_id, values or {})


def ask(
    centre: Centre, act: str, entry_id: str, values: Mapping[str, Any] | None = None, by: str = "ada"
) -> str:
    """File a request and return its id."""
    request = draft(centre, act, entry_id, values, by)
    centre.ask(request, signed_by(by, request.signed_bytes()))
    return request.request_id


def said(
    request: Request, person: str, at: datetime, verdict: Verdict = Verdict.APPROVE, by: str = ""
) -> Approval:
    """Return what a person says of a request. by: who really signs it."""
    reason = "" if verdict is Verdict.APPROVE else "not like this"
    return Approval.signed(
        request, person, verdict, reason, at, lambda message: signed_by(by or person, message)
    )


def approve(centre: Centre, request_id: str, person: str = "ben", verdict: Verdict = Verdict.APPROVE) -> None:
    """Approve a request."""
    request = centre.state.requests[request_id].request
    centre.approve(request_id, said(request, person, centre.now(), verdict))


def act(
    centre: Centre,
    name: str,
    entry_id: str,
    values: Mapping[str, Any] | None = None,
    *,
    by: str = "ada",
    approvers: tuple[str, ...] = ("ben",),
    typed: str = "",
) -> Outcome:
    """Ask for an act, have it approved, and carry it out."""
    request_id = ask(centre, name, entry_id, values, by)
    needs = centre.state.requests[request_id].request.needs
    for person in approvers[:needs]:
        approve(centre, request_id, person)
    return centre.carry_out(request_id, typed=typed)


SPAN = {"begin": "2026-01-01T00:00:00+00:00", "end": "2028-01-01T00:00:00+00:00"}


def signing_key(centre: Centre, name: str = "first") -> Outcome:
    """Make a signing key of the centre: an act that keeps a secret, with one approval."""
    return act(centre, "centre_key.add", name, SPAN)


def trust_list(centre: Centre, version: int = 1) -> Outcome:
    """Make a list of trusted centres: an act that makes a file for people."""
    return act(centre, "trust_list.add", str(version))


def fill(place: Place) -> None:
    """Let a centre do something of every sort."""
    with place.unsealed() as centre:
        country(centre)
        signing_key(centre)
        signing_key(centre, "second")
        trust_list(centre)
        approve(centre, ask(centre, "role.withdraw", "custodian"), verdict=Verdict.REJECT)
        withdrawn = ask(centre, "role.withdraw", "custodian", by="ben")
        approve(centre, withdrawn, "ben", Verdict.REJECT)
        act(centre, "centre_key.retire", "second", {"note": "not needed"})
        approve(centre, ask(centre, "role.withdraw", "approver"))


def country(centre: Centre, code: str = "KE") -> Outcome:
    """Register a country: an act without secrets."""
    return act(centre, "country.add", code, {"name": "Kenya"})


def glass(request: Request, person: str, at: datetime) -> BreakGlass:
    """Break glass for a request."""
    return BreakGlass.signed(request, person, "the building burns", at, lambda text: signed_by(person, text))


def looked(request: Request, person: str, at: datetime) -> Review:
    """Review a broken glass."""
    return Review.signed(request, person, "it did burn", at, lambda text: signed_by(person, text))


def kinds(centre: Centre) -> list[str]:
    """Return the kinds of all lines."""
    from voltoken.drivers.centre import read_log

    return [line.kind for line in read_log(centre)]


@contextmanager
def by_hand(file: Path) -> Iterator[sqlite3.Connection]:
    """Give the file to somebody who writes in it by hand, in one transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
